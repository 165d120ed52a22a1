//! Text from outside, made harmless before it reaches a terminal.

use std::borrow::Cow;

/// The text with everything visible that could move the cursor, change colours, break the line or reorder
/// what is read: control characters, line separators and marks of writing direction.
pub(crate) fn inert(text: &str) -> Cow<'_, str> {
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

/// The same for text of several lines: ends of lines and tabs stay.
pub(crate) fn inert_lines(text: &str) -> Cow<'_, str> {
    let is_layout = |char: char| matches!(char, '\n' | '\t');
    if !text.contains(|char| is_active(char) && !is_layout(char)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_active(char) && !is_layout(char) {
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
            '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
        )
        || matches!(char, '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
        assert!(matches!(inert_lines("a\nb"), Cow::Borrowed(_)));
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(inert("plain"), Cow::Borrowed(_)));
    }
}
