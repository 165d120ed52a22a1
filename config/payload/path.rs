//! Dotted paths into a JSON body.

use std::fmt;

use crate::values::Complaint;

/// Most steps of a path.
const DEEPEST: usize = 32;
/// Longest path, in bytes.
const LONGEST: usize = 1024;
/// Setting an index beyond the end of a list fills it up to there.
const LARGEST_INDEX: usize = 9_999;

/// A path in the words of gjson and sjson, without their queries and wildcards: keys separated by dots,
/// `\` before a dot or another sign that belongs to a key, whole numbers for the places of a list, `-1`
/// for its end. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PayloadPath {
    text: String,
    segments: Vec<PathSegment>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathSegment {
    /// A key of an object.
    Key(String),
    /// A place of a list, counted from 0; at most 9,999. In an object, the key of these digits.
    Index(usize),
    /// `-1`: a new place at the end of a list where something is set, the last one where it is removed.
    End,
}

impl PayloadPath {
    /// The steps; at least one, at most 32.
    #[must_use]
    pub fn segments(&self) -> &[PathSegment] {
        &self.segments
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Complaint> {
        let text = text.trim();
        if text.is_empty() {
            return complain("this path is empty", "write it like `reasoning.effort`");
        }
        if text.len() > LONGEST {
            return complain(
                format!("a path has at most {LONGEST} bytes"),
                "write the keys from the root of the body, separated by dots",
            );
        }
        let mut segments = Vec::new();
        for piece in pieces(text)? {
            segments.push(segment(piece)?);
        }
        if segments.len() > DEEPEST {
            return complain(
                format!("a path has at most {DEEPEST} steps"),
                "write `\\.` for a dot that belongs to a key",
            );
        }
        Ok(Self {
            text: text.to_owned(),
            segments,
        })
    }
}

/// As it stands in the file.
impl fmt::Display for PayloadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Cuts at the dots and carries out the escapes.
fn pieces(text: &str) -> Result<Vec<String>, Complaint> {
    let mut pieces = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '.' => {
                pieces.push(String::new());
                continue;
            }
            '*' | '?' | '#' | '|' | '@' => {
                return complain(
                    format!("`{letter}` has no meaning in this path; it names exactly one place"),
                    format!("write `\\{letter}` if it belongs to a key"),
                );
            }
            '\\' => match letters.next() {
                Some(escaped) => escaped,
                None => {
                    return complain(
                        "nothing follows the `\\` at the end of this path",
                        "write `\\\\` if it belongs to a key",
                    );
                }
            },
            letter => letter,
        };
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    Ok(pieces)
}

fn segment(piece: String) -> Result<PathSegment, Complaint> {
    if piece.is_empty() {
        return complain(
            "a step of this path is empty",
            "remove the dot at the start, at the end or before another one",
        );
    }
    if piece == "-1" {
        return Ok(PathSegment::End);
    }
    let number = piece.bytes().all(|byte| byte.is_ascii_digit());
    if !number || (piece.len() > 1 && piece.starts_with('0')) {
        return Ok(PathSegment::Key(piece));
    }
    match piece.parse() {
        Ok(index @ ..=LARGEST_INDEX) => Ok(PathSegment::Index(index)),
        _ => complain(
            "no list is that long",
            format!("write a place from 0 to {LARGEST_INDEX}, or `-1` for the end"),
        ),
    }
}

fn complain<T>(message: impl Into<String>, hint: impl Into<String>) -> Result<T, Complaint> {
    Err(Complaint {
        message: message.into(),
        hint: hint.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> PathSegment {
        PathSegment::Key(text.to_owned())
    }

    #[test]
    fn paths_are_cut_at_dots() {
        let rows = [
            ("effort", vec![key("effort")]),
            (" reasoning.effort ", vec![key("reasoning"), key("effort")]),
            (
                "tools.0.name",
                vec![key("tools"), PathSegment::Index(0), key("name")],
            ),
            ("stop.-1", vec![key("stop"), PathSegment::End]),
            ("a\\.b.c", vec![key("a.b"), key("c")]),
            ("a\\\\.b", vec![key("a\\"), key("b")]),
            ("\\*.\\#x\\@", vec![key("*"), key("#x@")]),
            ("é.日本", vec![key("é"), key("日本")]),
            ("-2.01.1a", vec![key("-2"), key("01"), key("1a")]),
            ("9999.a b", vec![PathSegment::Index(9999), key("a b")]),
        ];
        for (text, expected) in rows {
            let path = PayloadPath::parse(text).unwrap();
            assert_eq!(path.segments(), expected, "{text}");
            assert_eq!(path.to_string(), text.trim());
        }
    }

    #[test]
    fn what_names_no_single_place_is_refused() {
        let long = ["a"; 33].join(".");
        let rows = [
            ("", "empty"),
            (" ", "empty"),
            (".a", "step of this path is empty"),
            ("a.", "step of this path is empty"),
            ("a..b", "step of this path is empty"),
            ("a\\", "nothing follows"),
            ("tools.#.name", "`#` has no meaning"),
            ("tools.#(a==\"b\")", "`#` has no meaning"),
            ("a*", "`*` has no meaning"),
            ("a?", "`?` has no meaning"),
            ("a|b", "`|` has no meaning"),
            ("@this", "`@` has no meaning"),
            ("a.10000", "no list is that long"),
            ("a.99999999999999999999999", "no list is that long"),
            (&long, "at most 32 steps"),
            (&"a".repeat(1025), "at most 1024 bytes"),
        ];
        for (text, expected) in rows {
            let complaint = PayloadPath::parse(text).unwrap_err();
            assert!(
                complaint.message.contains(expected),
                "{text}: {complaint:?}"
            );
            assert!(!complaint.hint.is_empty(), "{text}");
        }
        assert!(PayloadPath::parse(&["a"; 32].join(".")).is_ok());
    }
}
