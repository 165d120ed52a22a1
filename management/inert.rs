//! Text from outside, made harmless before it reaches a terminal.

use std::borrow::Cow;

/// The text with everything visible that could move the cursor, change colours, break the line, hide, or reorder what is
/// read: control characters, line separators, marks of writing direction, and characters that take no place.
#[must_use]
pub fn inert(text: &str) -> Cow<'_, str> {
    written_out(text, |char| acts(char) || hides(char))
}

/// The same for prose of several lines: ends of lines and tabs stay, and so does what holds letters and signs together.
#[must_use]
pub fn inert_lines(text: &str) -> Cow<'_, str> {
    written_out(text, |char| acts(char) && !matches!(char, '\n' | '\t'))
}

/// The same for JSON that somebody else will read: what acts or hides is written as JSON itself would, so that it still
/// says the same.
#[must_use]
pub fn inert_json(json: &str) -> Cow<'_, str> {
    // What ASCII has of it is escaped in a text of JSON already, but for one; elsewhere it only gives JSON its form.
    let active = |char: char| char > '~' && (acts(char) || hides(char));
    replaced(json, active, |char, safe| {
        for unit in char.encode_utf16(&mut [0; 2]) {
            safe.push_str(&format!("\\u{unit:04x}"));
        }
    })
}

fn written_out(text: &str, active: impl Fn(char) -> bool) -> Cow<'_, str> {
    replaced(text, active, |char, safe| {
        safe.extend(char.escape_default());
    })
}

fn replaced(
    text: &str,
    active: impl Fn(char) -> bool,
    write: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.contains(&active) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if active(char) {
            write(char, &mut safe);
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

/// What a terminal would obey.
fn acts(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
        )
        || matches!(char, '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What takes no place, or may take another one than it seems.
fn hides(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
    ) || matches!(char, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}')
        || matches!(char, '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_characters_are_written_out() {
        for (text, expected) in [
            ("gpt-5", "gpt-5"),
            ("grüße 模型 🙂", "grüße 模型 🙂"),
            ("a\u{1b}[31mb", r"a\u{1b}[31mb"),
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{9b}2J\u{7f}\0", r"\u{9b}2J\u{7f}\u{0}"),
            ("\u{202e}txt", r"\u{202e}txt"),
            ("a\u{2028}b", r"a\u{2028}b"),
            ("ad\u{200b}min\u{200d}", r"ad\u{200b}min\u{200d}"),
            ("x\u{fe0f}\u{e0041}", r"x\u{fe0f}\u{e0041}"),
            ("שלום e\u{301}", "שלום e\u{301}"),
        ] {
            assert_eq!(inert(text), expected);
        }
    }

    #[test]
    fn lines_keep_their_ends_and_nothing_else() {
        assert_eq!(
            inert_lines("a\n\tb\u{1b}[2J\rc\u{202e}"),
            "a\n\tb\\u{1b}[2J\\rc\\u{202e}"
        );
        assert_eq!(inert_lines("\u{2764}\u{fe0f}"), "\u{2764}\u{fe0f}");
        assert!(matches!(inert_lines("a\nb"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_says_the_same_and_nothing_in_it_acts() {
        let text = "a\u{1b}\n\u{7f}\u{9b}2J\u{202e}\u{200b}\u{e0041}é\u{301}🙂";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let safe = inert_json(&json);
        assert_eq!(
            safe,
            "[\n  \"a\\u001b\\n\\u007f\\u009b2J\\u202e\\u200b\\udb40\\udc41é\u{301}🙂\"\n]"
        );
        assert_eq!(serde_json::from_str::<[String; 1]>(&safe).unwrap(), [text]);
        assert!(matches!(inert_json("{\"a\": 1}\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(inert("plain"), Cow::Borrowed(_)));
    }
}
