//! Text from outside, made harmless before it reaches a terminal.

use std::borrow::Cow;

/// The text with everything visible that could move the cursor, change colours, break the line, hide, or reorder what is
/// read: control characters, line separators, marks of writing direction, and characters that take no place.
#[must_use]
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_active(char) {
            safe.extend(char.escape_default());
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

fn is_active(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{feff}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{3164}'
                | '\u{ffa0}'
        )
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
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
    fn ordinary_text_is_not_copied() {
        assert!(matches!(inert("plain"), Cow::Borrowed(_)));
    }
}
