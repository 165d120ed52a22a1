//! The one way in which text reaches the screen: harmless, and exactly as wide as its place.

use std::borrow::Cow;

use modelgate_management::inert;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

/// Marks that one character may carry. What carries more is no text of a language.
const MARKS: usize = 4;
/// Stands for what had no room.
const MORE: &str = "…";

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// A text without anything that could act on the terminal or hide in it.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    let text = inert(text);
    let laden = |grapheme: &str| grapheme.chars().count() > 1 + MARKS;
    if text.is_ascii() || !text.graphemes(true).any(laden) {
        return text;
    }
    let graphemes = text.graphemes(true);
    let lighter = graphemes.flat_map(|grapheme| grapheme.chars().take(1 + MARKS));
    Cow::Owned(lighter.collect())
}

/// At most so many columns of a text; an ellipsis stands for the rest.
pub(crate) fn clip(text: &str, room: usize) -> String {
    let text = safe(text);
    if width(&text) <= room {
        return text.into_owned();
    }
    let mut clipped = String::new();
    let mut left = room.saturating_sub(1);
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if wide > left {
            break;
        }
        clipped.push_str(grapheme);
        left -= wide;
    }
    if room > 0 {
        clipped.push_str(MORE);
    }
    clipped
}

/// The last columns of a text, at most so many. The text must be [`safe`].
pub(crate) fn end(text: &str, room: usize) -> String {
    let mut left = room;
    let mut from = text.len();
    for (index, grapheme) in text.grapheme_indices(true).rev() {
        let Some(rest) = left.checked_sub(grapheme.width()) else {
            break;
        };
        (left, from) = (rest, index);
    }
    text[from..].to_owned()
}

/// A text in lines that are full, whatever stands where they end: for what is copied as a whole.
pub(crate) fn broken(text: &str, room: usize, most: usize) -> Vec<String> {
    let text = safe(text);
    let mut lines = vec![String::new()];
    let mut left = room;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if wide > left {
            if lines.len() == most {
                break;
            }
            lines.push(String::new());
            left = room;
        }
        left = left.saturating_sub(wide);
        if let Some(line) = lines.last_mut() {
            line.push_str(grapheme);
        }
    }
    lines
}

/// Exactly so many columns of a text, at the left.
pub(crate) fn left(text: &str, room: usize) -> String {
    let mut text = clip(text, room);
    let missing = room.saturating_sub(width(&text));
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// Exactly so many columns of a text, at the right.
pub(crate) fn right(text: &str, room: usize) -> String {
    let text = clip(text, room);
    let missing = room.saturating_sub(width(&text));
    let mut padded = " ".repeat(missing);
    padded.push_str(&text);
    padded
}

/// A text in lines of at most so many columns, broken between words where that is possible. What had line ends keeps
/// them; at most `most` lines, of which the last may be clipped.
pub(crate) fn wrap(text: &str, room: usize, most: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let paragraph = safe(paragraph.trim_end_matches('\r'));
        let mut line = String::new();
        for word in paragraph.split_word_bounds() {
            if width(&line) + width(word) <= room {
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            for grapheme in word.trim_start().graphemes(true) {
                if width(&line) + grapheme.width() > room {
                    lines.push(std::mem::take(&mut line));
                }
                line.push_str(grapheme);
            }
            if lines.len() > most {
                break;
            }
        }
        lines.push(line.trim_end().to_owned());
        if lines.len() > most {
            break;
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = clip(&format!("{last} {MORE}"), room);
        }
    }
    lines
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a model, a client or a provider may say, each in another way of doing harm.
    pub(crate) const HOSTILE: [&str; 12] = [
        "gpt\u{1b}[31mred\u{1b}[2J",
        "a\u{1b}]8;;http://evil.example\u{1b}\\link",
        "b\u{1b}]52;c;aGVsbG8=\u{7}",
        "c\u{1b}P1$r0m\u{1b}\\",
        "d\u{9b}2J\u{9d}0;title\u{9c}",
        "e\u{202e}txt.exe\u{2066}x\u{2069}",
        "ad\u{200b}min\u{200d}\u{feff}",
        "f\r\n\tg\u{8}\u{7f}\0",
        "模型 model 🙂",
        "שלום עולם",
        "z\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}o",
        "x\u{fe0f}\u{e0041}\u{ad}",
    ];

    #[test]
    fn every_text_is_harmless_and_as_wide_as_its_place() {
        for text in HOSTILE {
            for room in 0..30 {
                for shown in [left(text, room), right(text, room)] {
                    assert_eq!(width(&shown), room, "{text:?} in {room}: {shown:?}");
                    assert!(!shown.contains(char::is_control), "{shown:?}");
                    assert_eq!(inert(&shown), shown, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn text_is_clipped_between_characters() {
        for (text, room, expected) in [
            ("模型", 4, "模型"),
            ("模型", 3, "模…"),
            ("模型", 2, "… "),
            ("abc", 2, "a…"),
            ("abc", 0, ""),
            ("e\u{301}bc", 2, "e\u{301}…"),
        ] {
            assert_eq!(left(text, room), expected, "{text} in {room}");
        }
        assert_eq!(right("7", 3), "  7");
    }

    #[test]
    fn what_is_copied_fills_its_lines_and_an_end_is_whole_characters() {
        assert_eq!(broken("https://a/b", 4, 9), ["http", "s://", "a/b"]);
        assert_eq!(broken("a模型b", 2, 9), ["a", "模", "型", "b"]);
        assert_eq!(broken("abcdef", 2, 2), ["ab", "cd"]);
        assert_eq!(broken("", 4, 9), [""]);
        assert_eq!(broken("模型", 0, 3).len(), 3);
        for (text, room, expected) in [
            ("abc", 5, "abc"),
            ("abc", 2, "bc"),
            ("a模", 2, "模"),
            ("a模", 1, ""),
            ("ae\u{301}", 1, "e\u{301}"),
        ] {
            assert_eq!(end(text, room), expected, "{text} in {room}");
        }
    }

    #[test]
    fn long_text_is_broken_between_words() {
        assert_eq!(wrap("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrap("one\ntwo", 7, 9), ["one", "two"]);
        assert_eq!(wrap("abcdefgh", 3, 9), ["abc", "def", "gh"]);
        assert_eq!(wrap("a b c d", 1, 2), ["a", "…"]);
        assert_eq!(wrap("a\u{1b}b", 20, 2), [r"a\u{1b}b"]);
    }
}
