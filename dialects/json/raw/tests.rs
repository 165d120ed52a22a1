//! JSON that is carried keeps its spelling.

use bytes::Bytes;

use super::*;
use crate::json::Value;

fn raw(text: &'static str) -> RawJson {
    RawJson::parse(Str::from_static(text)).unwrap()
}

#[test]
fn the_spelling_inside_is_kept_and_the_space_around_is_not() {
    assert_eq!(
        raw(" \n{ \"b\" : 1.0, \"a\": 1e0 }\t").as_str(),
        "{ \"b\" : 1.0, \"a\": 1e0 }"
    );
    assert_eq!(raw("\u{feff}[]").as_str(), "[]");
    assert_ne!(raw("1.0"), raw("1"));
}

#[test]
fn text_that_is_not_json_is_refused_with_its_place() {
    let error = RawJson::parse(Str::from_static("{\"a\":\n}")).unwrap_err();
    assert_eq!((error.line, error.column), (2, 1));
}

#[test]
fn objects_are_told_from_other_values() {
    assert!(raw("{}").is_object() && RawJson::empty_object().is_object());
    for other in ["[]", "null", "\"{\"", "1"] {
        assert!(!raw(other).is_object(), "{other}");
    }
}

#[test]
fn a_built_text_can_be_opened() {
    let raw = RawJson::build(|writer| writer.object(|writer| writer.field("a", "x\"y")));
    assert_eq!(raw.as_str(), r#"{"a":"x\"y"}"#);
    assert_eq!(raw.document().root().text_of("a").as_deref(), Some("x\"y"));
}

#[test]
fn a_part_of_an_outline_can_be_opened_and_spoils_it_when_it_is_read() {
    for string in ["\\x", "\\u12", "a\\\u{1}"] {
        let text = format!(r#"{{"a":{{"b":"{string}","c":1}}}}"#);
        let outline = Document::outline(Bytes::from(text)).unwrap();
        let raw = outline.root().get("a").unwrap().raw();
        let opened = raw.document();
        assert_eq!(opened.root().get("c").and_then(Value::as_u64), Some(1));
        assert!(!outline.is_spoiled(), "nobody has read it");
        assert_eq!(opened.root().text_of("b"), None);
        assert!(outline.is_spoiled(), "{string:?}");
    }
}

#[test]
fn a_line_break_inside_of_a_string_leaves_its_line_unbroken() {
    for string in ["a\nb", "a\\t\nb"] {
        let text = format!("{{\"a\":\r\n\"{string}\"}}");
        let outline = Document::outline(Bytes::from(text)).unwrap();
        let raw = outline.root().raw();
        assert!(!raw.is_one_line());
        let line = raw.on_one_line();
        assert!(line.is_one_line() && RawJson::parse(line.to_text()).is_ok());
    }
}

#[test]
fn what_is_no_text_and_a_document_without_one_are_null() {
    let outline = Document::outline(Bytes::from_static(b"{\"a\":\"\xff\"}")).unwrap();
    assert_eq!(outline.root().raw().as_str(), "null");
    assert!(outline.is_spoiled());
    let nothing = Document::default();
    assert!(nothing.root().is_null() && nothing.root().get("a").is_none());
    assert_eq!(nothing.root().raw().as_str(), "null");
}
