//! JSON that is carried keeps its spelling.

use super::*;

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
