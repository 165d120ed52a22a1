//! What is JSON and what is not; `serde_json` decides.

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;
use crate::json::Str;
use crate::json::samples::any_json;

/// What the oracle says. `IgnoredAny` checks the grammar alone: it has no depth limit, no number range and no opinion
/// on surrogates, and neither has [`Document`], the depth limit apart.
fn oracle_accepts(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).is_ok_and(|text| {
        serde_json::from_str::<IgnoredAny>(text).is_ok() && depth(text) <= MAX_DEPTH
    })
}

/// Nesting of a valid text.
fn depth(text: &str) -> usize {
    let (mut open, mut deepest, mut in_string, mut escape) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escape => escape = false,
            b'\\' if in_string => escape = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn parse(text: &[u8]) -> Result<Document, JsonError> {
    Document::parse(Bytes::copy_from_slice(text))
}

#[track_caller]
fn agrees(text: &[u8]) {
    assert_eq!(
        parse(text).is_ok(),
        oracle_accepts(text),
        "{:?}: {:?}",
        String::from_utf8_lossy(text),
        parse(text).err()
    );
}

#[track_caller]
fn refused(text: &str, line: usize, column: usize, reason: &str) {
    let error = parse(text.as_bytes()).unwrap_err();
    assert_eq!(
        (error.line, error.column, error.reason),
        (line, column, reason),
        "{text:?}"
    );
}

#[test]
fn the_oracle_and_the_parser_agree_on_the_corners_of_the_grammar() {
    for text in [
        "",
        " ",
        "null",
        "nul",
        "nullx",
        "null null",
        "true",
        "tru e",
        "falsee",
        "0",
        "-0",
        "00",
        "01",
        "-",
        "-a",
        "+1",
        "1.",
        ".5",
        "1.e1",
        "1e",
        "1e+",
        "1E-2",
        "1e400",
        "-1e-400",
        "1.5.2",
        "0x10",
        "NaN",
        "Infinity",
        "-01",
        "123456789012345678901234567890",
        "\"\"",
        "\"",
        "\"\\\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12G4\"",
        "\"\\u+123\"",
        "\"\\uD800\"",
        "\"\\uD83D\\uDE00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\uDE00\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\u{7f}\"",
        "\"\u{2028}\"",
        "\"\\/\"",
        "'a'",
        "[]",
        "[ ]",
        "[,]",
        "[1,]",
        "[1,,2]",
        "[1 2]",
        "[1}",
        "[",
        "]",
        "{}",
        "{ }",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{1:1}",
        "{\"a\"::1}",
        "{\"a\":1]",
        "{\"a\":1}}",
        "{\"a\":1,\"a\":2}",
        "\u{feff}{}",
        "\u{feff}",
        "{}\u{feff}",
        "\u{feff}\u{feff}{}",
        "\u{a0}1",
        "\u{b}1",
        "\u{c}1",
        "// a\n1",
        "1//",
        "\0",
        "1\0",
        "[1]\r\n\t ",
        "{\"\":0}",
    ] {
        agrees(text.as_bytes());
    }
    for bytes in [
        b"\"\xff\"".as_slice(),
        b"\"\xed\xa0\x80\"",
        b"\xef\xbb",
        b"{\"a\":\"\xc3\"}",
        b"\xfe\xff",
    ] {
        agrees(bytes);
    }
}

#[test]
fn a_refusal_names_the_first_wrong_byte() {
    refused("", 1, 1, "expected a JSON value, found nothing");
    refused("{\"a\":1,}", 1, 8, "expected a key in double quotes");
    refused("[1,\n 2,\n  x]", 3, 3, "expected a JSON value");
    refused("{\"a\" 1}", 1, 6, "expected `:` after the key");
    refused("{\"a\":1 \"b\":2}", 1, 8, "expected `,` or `}`");
    refused("[1 2]", 1, 4, "expected `,` or `]`");
    refused("1 2", 1, 3, "unexpected text after the JSON value");
    refused("[1", 1, 3, "the JSON text ends too early");
    refused("[\"ab", 1, 5, "the JSON text ends inside a string");
    refused("\"a\nb\"", 1, 3, "control character in a string");
    refused("\"a\\x\"", 1, 4, "unknown escape in a string");
    refused("\"\\u12\"", 1, 3, "`\\u` needs four hexadecimal digits");
    refused("[-x]", 1, 3, "expected a digit");
    refused("[01]", 1, 3, "expected `,` or `]`");
    refused("[tru]", 1, 2, "expected a JSON value");
    refused("\r\n\r\n!", 3, 1, "expected a JSON value");
}

#[test]
fn a_refusal_for_encoding_points_behind_the_valid_text() {
    let error = parse(b"{\n\"a\": \"b\xff\"}").unwrap_err();
    assert_eq!((error.line, error.column), (2, 8));
    assert_eq!(
        error.to_string(),
        "the text is not UTF-8 at line 2 column 8"
    );
}

#[test]
fn nesting_is_accepted_to_the_limit_and_no_further() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    refused(
        &nested(MAX_DEPTH + 1),
        1,
        MAX_DEPTH + 1,
        "the JSON text is nested too deeply",
    );
    let objects = format!("{}1{}", "{\"a\":".repeat(MAX_DEPTH), "}".repeat(MAX_DEPTH));
    assert!(parse(objects.as_bytes()).is_ok());
    assert!(parse(format!("[{objects}]").as_bytes()).is_err());
}

#[test]
fn closed_containers_do_not_count_as_depth() {
    let wide = format!("[{}[]]", "[[]],".repeat(10_000));
    assert!(parse(wide.as_bytes()).is_ok());
}

#[test]
fn a_hundred_thousand_open_brackets_cost_nothing() {
    let mut nodes = Vec::new();
    for opening in ["[", "{\"a\":"] {
        let text = opening.repeat(100_000);
        let outcome = Parser {
            bytes: text.as_bytes(),
            at: 0,
            nodes: &mut nodes,
            open: [0; MAX_DEPTH],
            depth: 0,
            strict: true,
            failure: (0, EARLY),
        }
        .run();
        assert!(outcome.is_err());
        assert!(nodes.len() <= 2 * MAX_DEPTH, "parsing stopped at the limit");
        nodes.clear();
    }
}

#[test]
fn a_document_that_failed_to_reparse_is_empty_and_usable_again() {
    let mut document = parse(b"[1,2]").unwrap();
    assert!(document.reparse(Str::from_static("[1,")).is_err());
    assert!(document.nodes.is_empty() && document.bytes.is_empty());
    document.reparse(Str::from_static("{\"a\":3}")).unwrap();
    assert_eq!(document.root().get("a").unwrap().as_u64(), Some(3));
}

/// Texts that are nearly JSON: pieces of JSON in any order.
fn near_json() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b"\"",
        b"\"a\"",
        b"\"\\u00e9\"",
        b"\\",
        b"\\u",
        b"d83d",
        b"0",
        b"1",
        b"-",
        b".",
        b"e",
        b"+",
        b"12",
        b"true",
        b"false",
        b"null",
        b"nul",
        b" ",
        b"\n",
        b"\r",
        b"\t",
        b"\0",
        b"\x7f",
        b"\xc3\xa9",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x98\x80",
        b"{\"k\":",
        b"[1,",
        b"/",
        b"a",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

/// Valid texts with a few bytes removed, doubled or replaced.
fn damaged_json() -> impl Strategy<Value = Vec<u8>> {
    let damage = prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 0..3);
    (any_json(), damage).prop_map(|(text, damage)| {
        let mut bytes = text.into_bytes();
        for (at, how, byte) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, bytes[at]),
                _ => bytes[at] = byte,
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_judged_as_the_oracle_judges_them(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        agrees(&bytes);
    }

    #[test]
    fn near_json_is_judged_as_the_oracle_judges_it(bytes in near_json()) {
        agrees(&bytes);
    }

    #[test]
    fn damaged_json_is_judged_as_the_oracle_judges_it(bytes in damaged_json()) {
        agrees(&bytes);
    }

    #[test]
    fn a_refused_position_lies_within_the_text_or_at_its_end(bytes in near_json()) {
        if let Err(error) = parse(&bytes) {
            let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            prop_assert!(error.line >= 1 && error.line <= lines.len());
            prop_assert!(error.column >= 1 && error.column <= lines[error.line - 1].len() + 1);
        }
    }
}

#[test]
fn an_outline_has_the_values_of_the_strict_reading() {
    let long = "a line\\n".repeat(40);
    let text = format!(
        r#"{{"model":"g\u0070t","\"quoted\\":[1,-2.5e3,true,null,"\\\"",{{}}],"long":"{long}","größe":"ö€𝄞"}}"#
    );
    let strict = parse(text.as_bytes()).unwrap();
    let outline = Document::outline(Bytes::from(text)).unwrap();
    let entries = |document: &Document| -> Vec<(String, String, Option<Str>)> {
        let entries = document.root().entries();
        entries
            .map(|(key, value)| (key.into_owned(), value.source().to_owned(), value.text()))
            .collect()
    };
    assert_eq!(entries(&outline), entries(&strict));
    assert_eq!(outline.root().text_of("model").as_deref(), Some("gpt"));
    let items = |document: &Document| -> Vec<Option<Str>> {
        let list = document.root().get("\"quoted\\").unwrap();
        list.items().map(Value::text).collect()
    };
    assert_eq!(items(&outline), items(&strict));
}

#[test]
fn an_outline_refuses_what_is_wrong_outside_of_strings() {
    for text in [
        "",
        "{",
        "[1,]",
        "{\"a\" 1}",
        "\"open",
        "\"open\\\"",
        "[1] 2",
        "{a:1}",
        "nul",
    ] {
        let strict = parse(text.as_bytes()).unwrap_err();
        let outline = Document::outline(Bytes::from(text)).unwrap_err();
        assert_eq!(outline, strict, "{text}");
    }
    let deep = "[".repeat(100_000);
    assert!(Document::outline(Bytes::from(deep)).is_err());
}

#[test]
fn what_is_wrong_inside_of_an_outlined_string_is_no_text() {
    let wrong: [&[u8]; 6] = [
        b"\\x",
        b"\\u12",
        b"\\u12\xc3\xb6",
        b"\xff",
        b"a\\n\nb",
        b"\\u+123",
    ];
    for inner in wrong {
        let text = [b"[\"", inner, b"\",\"fine\"]"].concat();
        let outline = Document::outline(Bytes::from(text.clone())).unwrap();
        assert!(!outline.is_spoiled(), "nothing was read yet");
        let texts: Vec<_> = outline.root().items().map(Value::text).collect();
        assert_eq!(texts, [None, Some(Str::from_static("fine"))], "{inner:?}");
        assert!(outline.is_spoiled(), "{inner:?}");
        assert!(Document::parse(Bytes::from(text)).is_err(), "{inner:?}");
    }
    let outline = Document::outline(Bytes::from_static(b"[\xff]")).map(|_| ());
    assert!(outline.is_err(), "outside of strings nothing is skipped");
}

#[test]
fn the_beginnings_of_texts_are_found_wherever_they_stand() {
    let document = parse(br#"{"x-1":["y-2",{"z":"a x-"}],"e":""}"#).unwrap();
    for prefix in ["x-", "x-1", "y-2", "z", "a x-", ""] {
        assert!(document.has_text_from(&["none", prefix]), "{prefix}");
    }
    for prefix in ["-", "x-1\"", "x-2", "y-22"] {
        assert!(!document.has_text_from(&["none", prefix]), "{prefix}");
    }
}
