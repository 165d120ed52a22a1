//! What is read from a document; `serde_json` reads the same.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value as Oracle;

use super::*;
use crate::json::samples::any_json;

fn document(text: &str) -> Document {
    Document::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

fn same(ours: Value<'_>, oracle: &Oracle) {
    match oracle {
        Oracle::Null => assert!(ours.is_null()),
        Oracle::Bool(value) => assert_eq!(ours.as_bool(), Some(*value)),
        Oracle::Number(number) => same_number(ours, number),
        Oracle::String(text) => {
            assert_eq!(ours.as_str().as_deref(), Some(text.as_str()));
            assert_eq!(ours.text().as_deref(), Some(text.as_str()));
        }
        Oracle::Array(items) => {
            assert!(ours.is_array());
            assert_eq!(ours.items().count(), items.len());
            ours.items()
                .zip(items)
                .for_each(|(ours, oracle)| same(ours, oracle));
        }
        Oracle::Object(entries) => {
            assert!(ours.is_object());
            assert!(ours.entries().all(|(key, _)| entries.contains_key(&*key)));
            for (key, oracle) in entries {
                same(ours.get(key).unwrap(), oracle);
            }
        }
    }
}

fn same_number(ours: Value<'_>, oracle: &serde_json::Number) {
    if let Some(whole) = oracle.as_u64() {
        assert_eq!(ours.as_u64(), Some(whole));
    }
    if let Some(whole) = oracle.as_i64() {
        assert_eq!(ours.as_i64(), Some(whole));
    }
    // The oracle's fast float parser may be one unit off in the last place; the standard library's is exact.
    let exact: f64 = ours.source().parse().unwrap();
    assert_eq!(ours.as_f64(), Some(exact));
    let theirs = oracle.as_f64().unwrap();
    assert!(
        exact == theirs || ((exact - theirs) / exact).abs() < 1e-14,
        "{exact} {theirs}"
    );
}

#[test]
fn numbers_keep_their_text_and_are_read_when_they_fit() {
    type Row = (&'static str, Option<u64>, Option<i64>, Option<f64>);
    let rows: &[Row] = &[
        ("0", Some(0), Some(0), Some(0.0)),
        ("-0", Some(0), Some(0), Some(-0.0)),
        ("5.0", Some(5), Some(5), Some(5.0)),
        ("5e0", Some(5), Some(5), Some(5.0)),
        ("-1.0", None, Some(-1), Some(-1.0)),
        ("1.5", None, None, Some(1.5)),
        (
            "18446744073709551615",
            Some(u64::MAX),
            None,
            Some(18_446_744_073_709_551_615.0),
        ),
        (
            "-9223372036854775808",
            None,
            Some(i64::MIN),
            Some(-9_223_372_036_854_775_808.0),
        ),
        (
            "18446744073709551616",
            None,
            None,
            Some(18_446_744_073_709_551_616.0),
        ),
        ("1e400", None, None, None),
        ("-1e400", None, None, None),
        ("1e-400", Some(0), Some(0), Some(0.0)),
        (
            "123456789012345678901234567890",
            None,
            None,
            Some(123_456_789_012_345_678_901_234_567_890.0),
        ),
    ];
    for (text, whole, signed, float) in rows {
        let document = document(text);
        let value = document.root();
        assert_eq!(value.as_u64(), *whole, "{text}");
        assert_eq!(value.as_i64(), *signed, "{text}");
        assert_eq!(value.as_f64(), *float, "{text}");
        assert_eq!(value.raw().as_str(), *text);
    }
}

#[test]
fn other_kinds_are_not_numbers_strings_or_truths() {
    let document = document(r#"["5", true, null, [], {}, 5]"#);
    let values: Vec<Value<'_>> = document.root().items().collect();
    assert_eq!(values[0].as_u64(), None);
    assert_eq!(values[0].as_f64(), None);
    assert_eq!(values[1].as_str(), None);
    assert_eq!(values[2].as_bool(), None);
    assert_eq!(values[5].text(), None);
    assert_eq!(
        values[3].entries().count() + values[4].items().count() + values[5].items().count(),
        0
    );
    assert!(values[5].get("a").is_none() && values[3].field("a").is_none());
}

#[test]
fn surrogates_without_a_partner_become_replacement_characters() {
    for (text, expected) in [
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ude00""#, "\u{fffd}"),
        (r#""a\ud83db""#, "a\u{fffd}b"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\ud83dA""#, "\u{fffd}A"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\uDBFF\uDFFF""#, "\u{10ffff}"),
    ] {
        assert_eq!(document(text).root().as_str().unwrap(), expected, "{text}");
    }
}

#[test]
fn of_a_repeated_key_the_last_value_counts_and_all_are_listed() {
    let document = document(r#"{"a":1,"b":2,"\u0061":3}"#);
    assert_eq!(document.root().get("a").unwrap().as_u64(), Some(3));
    let entries: Vec<(String, Option<u64>)> = document
        .root()
        .entries()
        .map(|(key, value)| (key.into_owned(), value.as_u64()))
        .collect();
    assert_eq!(
        entries,
        [
            ("a".to_owned(), Some(1)),
            ("b".to_owned(), Some(2)),
            ("a".to_owned(), Some(3))
        ]
    );
}

#[test]
fn null_is_absent_for_field_and_present_for_get() {
    let document = document(r#"{"a":null,"b":"x","c":1}"#);
    let root = document.root();
    assert!(root.get("a").unwrap().is_null());
    assert!(root.field("a").is_none() && root.field("d").is_none());
    assert_eq!(root.text_of("b").as_deref(), Some("x"));
    assert_eq!(root.text_of("c"), None);
}

#[test]
fn a_span_is_the_place_of_the_value_in_the_text() {
    let text = "\u{feff} {\"é\": [1 , \"x\\n\"] }";
    let document = document(text);
    let list = document.root().get("é").unwrap();
    assert_eq!(&text[list.span()], "[1 , \"x\\n\"]");
    assert_eq!(&text[list.items().nth(1).unwrap().span()], "\"x\\n\"");
}

#[test]
fn views_share_the_bytes_of_the_document() {
    let body = Bytes::from_static(br#"{"plain":"text","raw":{"a":[1]}}"#);
    let range = body.as_ptr_range();
    let document = Document::parse(body).unwrap();
    let text = document.root().text_of("plain").unwrap();
    let raw = document.root().get("raw").unwrap().raw();
    drop(document);
    assert!(range.contains(&text.as_bytes().as_ptr()));
    assert!(range.contains(&raw.as_str().as_bytes().as_ptr()));
    assert_eq!((&*text, raw.as_str()), ("text", r#"{"a":[1]}"#));
}

#[test]
fn compact_keeps_numbers_and_drops_white_space() {
    let document = document(
        " { \"a\" : [ 1.0 , 1e5 , -0 ] ,\n\t\"b c\" : { } , \"d\" : [ ] , \"e\" : \" x \" } ",
    );
    let mut out = Vec::new();
    document.root().write_compact(&mut Writer::new(&mut out));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"a":[1.0,1e5,-0],"b c":{},"d":[],"e":" x "}"#
    );
}

proptest! {
    #[test]
    fn values_are_read_as_the_oracle_reads_them(text in any_json()) {
        let document = document(&text);
        // The oracle refuses numbers beyond the range of a float; they are in the table above.
        if let Ok(oracle) = serde_json::from_str(&text) {
            same(document.root(), &oracle);
        }
    }

    #[test]
    fn compact_text_has_the_same_value_and_no_white_space_between_tokens(text in any_json()) {
        let document = document(&text);
        let mut out = Vec::new();
        document.root().write_compact(&mut Writer::new(&mut out));
        let compact = String::from_utf8(out).unwrap();
        let again = super::tests::document(&compact);
        prop_assert_eq!(document.nodes.len(), again.nodes.len());
        let leaves = |document: &Document| -> Vec<(Kind, Option<String>)> {
            document.nodes.iter().enumerate()
                .map(|(at, node)| (node.kind, Value::new(document, at as u32).as_str().map(Cow::into_owned)))
                .collect()
        };
        prop_assert_eq!(leaves(&document), leaves(&again));
        let mut twice = Vec::new();
        again.root().write_compact(&mut Writer::new(&mut twice));
        prop_assert_eq!(compact.into_bytes(), twice);
    }

    #[test]
    fn every_span_is_a_valid_text_of_its_own(text in any_json()) {
        let document = document(&text);
        for at in 0..document.nodes.len() {
            let value = Value::new(&document, at as u32);
            prop_assert_eq!(&text[value.span()], value.source());
            prop_assert!(RawJson::parse(value.raw().to_text()).is_ok_and(|raw| raw == value.raw()));
        }
    }
}
