use bytes::Bytes;
use proptest::prelude::*;

use crate::body::Draft;
use crate::json::{Document, Str, Writer, samples};

/// The text of a JSON string as an outline has it.
fn outlined(json: &str) -> Str {
    let document = Document::outline(Bytes::from(json.to_owned())).unwrap();
    document.root().text().unwrap()
}

fn written(text: &Str) -> String {
    let mut out = Vec::new();
    Writer::new(&mut out).value(text);
    String::from_utf8(out).unwrap()
}

/// Long enough to be kept as it is spelt.
fn long(inner: &str) -> String {
    format!("\"{}{inner}\"", "0123456789".repeat(10))
}

#[test]
fn a_long_text_is_copied_as_it_is_spelt() {
    for inner in [
        "",
        "a\\nb",
        "\\/ \\b \\\"",
        "größe",
        "\\\\u2028",
        "\\u0041\\u00FC\\u2028",
        "\\ud83d\\ude00\\uD83D\\uDE00\\n",
    ] {
        let json = long(inner);
        let text = outlined(&json);
        assert_eq!(written(&text), json);
        let oracle: String = serde_json::from_str(&json).unwrap();
        assert_eq!(text, oracle.as_str());
        assert_eq!(
            serde_json::from_str::<String>(&written(&text)).unwrap(),
            oracle
        );
    }
}

#[test]
fn what_cannot_stand_everywhere_is_spelt_anew() {
    for (inner, expected) in [
        ("\\ud800!", "\u{fffd}!"),
        ("\\udc00!", "\u{fffd}!"),
        ("\\ud83d\\ud83d", "\u{fffd}\u{fffd}"),
        ("\\ud83d\\u0041", "\u{fffd}A"),
        ("\\uD83D\\n", "\u{fffd}\\n"),
        ("\\u0041\\ud800", "A\u{fffd}"),
        // No first half: a backslash and letters.
        ("\\\\ud83d\\ude00", "\\\\ud83d\u{fffd}"),
        ("a\u{2028}b", "a\\u2028b"),
        ("a\u{201c}b\u{2029}", "a\u{201c}b\\u2029"),
    ] {
        let text = written(&outlined(&long(inner)));
        assert_eq!(text, long(expected));
    }
    let lines = long("a\u{2028}b");
    let mut body = Draft::with_capacity(64);
    Writer::of_body(&mut body).value(&outlined(&lines));
    let body = body.finish().to_bytes();
    assert_eq!(body, lines.as_bytes(), "no client reads it line by line");
    let quotes = long("a\u{201c}b\u{201d}");
    assert_eq!(written(&outlined(&quotes)), quotes);
}

#[test]
fn a_string_that_is_none_spoils_its_document_when_it_is_looked_into() {
    for inner in ["\\x", "\\u12", "a\\n\u{1}"] {
        let document = Document::outline(Bytes::from(long(inner))).unwrap();
        let text = document.root().text().unwrap();
        assert!(!document.is_spoiled(), "{inner:?}");
        assert_eq!(&*text, "");
        assert!(document.is_spoiled(), "{inner:?}");
    }
    let bytes = [b"\"".as_slice(), &[0xff; 100], b"\""].concat();
    let document = Document::outline(Bytes::from(bytes)).unwrap();
    assert_eq!(document.root().text().as_deref(), Some(""));
    assert!(document.is_spoiled());
}

#[test]
fn emptiness_and_blankness_are_told_without_a_look() {
    for inner in ["\\n", " ", "\\u0020", "x", "\u{a0}"] {
        let json = format!("\"{}\"", inner.repeat(100));
        let document = Document::outline(Bytes::from(json)).unwrap();
        let text = document.root().text().unwrap();
        assert!(!text.is_empty());
        assert_eq!(text.is_blank(), text.trim().is_empty(), "{inner:?}");
    }
    assert!(Str::new().is_empty() && Str::new().is_blank());
    assert!(Str::from_static(" \n").is_blank() && !Str::from_static(" x").is_blank());
}

#[test]
fn an_indented_text_is_told_from_a_blank_one_without_decoding_it() {
    for (inner, blank) in [
        (" ", true),
        ("\\n\\t\\r\\f ", true),
        ("    if a\\n", false),
        ("\\n\\n  \\\"a", false),
        (" \\b", false),
        (" \\\\", false),
    ] {
        let spelling = inner.repeat(100);
        assert_eq!(
            super::spelling_is_blank(spelling.as_bytes()),
            Some(blank),
            "{inner:?}"
        );
        let text = outlined(&format!("\"{spelling}\""));
        assert_eq!(text.is_blank(), text.trim().is_empty(), "{inner:?}");
        assert_eq!(text.is_blank(), blank, "{inner:?}");
    }
    for unknown in [" \\u0020", "\u{a0}"] {
        assert_eq!(super::spelling_is_blank(unknown.as_bytes()), None);
    }
}

#[test]
fn a_beginning_is_told_without_a_look_at_the_rest() {
    for (inner, prefix, begins) in [
        ("ab: c\\n", "ab:", true),
        ("ab; c\\n", "ab:", false),
        ("a\\u0062: c", "ab:", true),
        ("a\\n: c", "ab:", false),
        ("größe", "größ", true),
        ("größe", "gro", false),
        ("if \\n", "at", false),
        ("x", "", true),
    ] {
        let text = outlined(&format!("\"{inner}{}\"", " ".repeat(100)));
        assert_eq!(text.begins_with(prefix), begins, "{inner:?}");
        assert_eq!(text.starts_with(prefix), begins, "{inner:?}");
    }
    let text = outlined(&format!("\"{}\\x\"", "ab".repeat(50)));
    assert!(
        text.begins_with("ab") && !text.starts_with("ab"),
        "it was not decoded"
    );
    assert!(Str::from_static("ab").begins_with("a") && !Str::from_static("a").begins_with("ab"));
}

#[test]
fn texts_are_equal_whatever_their_spelling() {
    let (one, other) = (outlined(&long("\\u0041\\n")), outlined(&long("A\\u000a")));
    assert_eq!(one, other);
    assert_eq!(one.cmp(&other), std::cmp::Ordering::Equal);
    assert_ne!(one, outlined(&long("B")));
    assert_eq!(one.into_bytes(), other.as_bytes());
}

#[test]
fn an_excerpt_ends_between_characters() {
    let text = Str::from("a\u{e9}b");
    let excerpts = [0, 1, 2, 3, 4, 9].map(|bytes| text.excerpt(bytes));
    assert_eq!(
        excerpts.each_ref().map(|it| &**it),
        ["", "a", "a", "a\u{e9}", "a\u{e9}b", "a\u{e9}b"]
    );
}

proptest! {
    #[test]
    fn any_text_is_read_and_written_as_by_the_oracle(json in samples::any_string()) {
        let json = long(&json[1..json.len() - 1]);
        // The oracle takes no half characters.
        if let Ok(oracle) = serde_json::from_str::<String>(&json) {
            let text = outlined(&json);
            let written = written(&text);
            prop_assert_eq!(&*text, &oracle);
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), oracle);
        }
    }
}
