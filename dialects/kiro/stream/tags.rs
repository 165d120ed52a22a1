//! Thinking told apart from text by its tags (`providers.md` 9.5), wherever the text was cut.

use memchr::memmem;

use crate::json::Str;

const OPENING: &str = "<thinking>";
const CLOSING: &str = "</thinking>";

/// Tells thinking from text.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// Within thinking.
    inside: bool,
    /// White space behind a tag belongs to the tag.
    behind_tag: bool,
    /// The end of the text so far, which may be the beginning of a tag.
    held: Str,
}

/// A piece of what was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Str),
    Thinking(Str),
}

impl Tags {
    /// Takes the next text and appends the pieces it amounts to, without copying a text that has no tags.
    pub(super) fn feed(&mut self, text: Str, pieces: &mut Vec<Piece>) {
        let mut rest = match self.held.is_empty() {
            true => text,
            false => Str::from(format!("{}{text}", std::mem::take(&mut self.held))),
        };
        loop {
            let tag = if self.inside { CLOSING } else { OPENING };
            let Some(at) = memmem::find(rest.as_bytes(), tag.as_bytes()) else {
                let kept = rest.len() - begun(&rest, tag);
                self.push(rest.slice_ref(&rest[..kept]), pieces);
                self.held = rest.slice_ref(&rest[kept..]);
                return;
            };
            self.push(rest.slice_ref(&rest[..at]), pieces);
            self.inside = !self.inside;
            self.behind_tag = true;
            rest = rest.slice_ref(&rest[at + tag.len()..]);
        }
    }

    /// Nothing of this text follows: what was held is text as any other, and thinking is over.
    pub(super) fn finish(&mut self, pieces: &mut Vec<Piece>) {
        let held = std::mem::take(&mut self.held);
        self.push(held, pieces);
        *self = Self::default();
    }

    fn push(&mut self, text: Str, pieces: &mut Vec<Piece>) {
        let text = match self.behind_tag {
            true => text.slice_ref(text.trim_start()),
            false => text,
        };
        if text.is_empty() {
            return;
        }
        self.behind_tag = false;
        pieces.push(match self.inside {
            true => Piece::Thinking(text),
            false => Piece::Text(text),
        });
    }
}

/// Length of the longest end of `text` that `tag` begins with.
fn begun(text: &str, tag: &str) -> usize {
    let lengths = (1..tag.len().min(text.len() + 1)).rev();
    let mut begun = lengths.filter(|&length| text.ends_with(&tag[..length]));
    begun.next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said, run by run.
    fn runs(pieces: Vec<Piece>) -> Vec<(bool, String)> {
        let mut runs: Vec<(bool, String)> = Vec::new();
        for piece in pieces {
            let (thinks, text) = match piece {
                Piece::Thinking(text) => (true, text),
                Piece::Text(text) => (false, text),
            };
            match runs.last_mut() {
                Some((last, said)) if *last == thinks => said.push_str(&text),
                _ => runs.push((thinks, text.to_string())),
            }
        }
        runs
    }

    fn split<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<(bool, String)> {
        let (mut tags, mut pieces) = (Tags::default(), Vec::new());
        for text in texts {
            tags.feed(Str::from(text), &mut pieces);
        }
        tags.finish(&mut pieces);
        runs(pieces)
    }

    #[track_caller]
    fn check(text: &str, expected: &[(bool, &str)]) {
        let expected: Vec<(bool, String)> = expected
            .iter()
            .map(|(thinks, text)| (*thinks, (*text).to_owned()))
            .collect();
        assert_eq!(split([text]), expected, "{text:?}");
        for (at, _) in text.char_indices() {
            let (before, after) = text.split_at(at);
            assert_eq!(split([before, after]), expected, "{text:?} cut at {at}");
        }
        let single: Vec<String> = text.chars().map(String::from).collect();
        let single = split(single.iter().map(String::as_str));
        assert_eq!(single, expected, "{text:?} character by character");
    }

    #[test]
    fn thinking_is_told_from_text_wherever_it_is_cut() {
        check("", &[]);
        check("plain é漢😀", &[(false, "plain é漢😀")]);
        check(
            "<thinking>a < b</thinking>\n\nc",
            &[(true, "a < b"), (false, "c")],
        );
        check(
            "One <thinking>\ntwo</thinking> three<thinking>four</thinking>",
            &[
                (false, "One "),
                (true, "two"),
                (false, "three"),
                (true, "four"),
            ],
        );
        check("<thinking></thinking>x", &[(false, "x")]);
        check("<thinking>not closed", &[(true, "not closed")]);
        check("<thinking>not closed</thin", &[(true, "not closed</thin")]);
        check("a <thinki", &[(false, "a <thinki")]);
        check("a <<thinking>b", &[(false, "a <"), (true, "b")]);
        check("a <think>b", &[(false, "a <think>b")]);
        check("a</thinking>b", &[(false, "a</thinking>b")]);
        check(
            "<thinking><thinking>x</thinking>y",
            &[(true, "<thinking>x"), (false, "y")],
        );
    }

    #[test]
    fn only_what_may_be_a_tag_is_held() {
        let (mut tags, mut pieces) = (Tags::default(), Vec::new());
        tags.feed(Str::from_static("Hello <thi"), &mut pieces);
        assert_eq!(pieces, [Piece::Text(Str::from_static("Hello "))]);
    }
}
