use bytes::Bytes;

use super::Step::{self, End, Index, Key};
use super::{at, remove, set};
use crate::json::Document;

const BODY: &str =
    r#"{ "a": {"b" : 1.0, "l":[1, [2],{"x":true}]}, "7":"s", "e":{}, "n":null ,"a\u0062":[] }"#;

fn document(text: &str) -> Document {
    Document::parse(Bytes::from(text.to_owned())).unwrap()
}

#[track_caller]
fn check_set(path: &[Step<'_>], expected: Option<(&str, &str)>) {
    let changed = set(&document(BODY), path, "[9]");
    let expected = expected.map(|(old, new)| {
        assert_eq!(BODY.matches(old).count(), 1, "{old}");
        BODY.replace(old, new)
    });
    assert_eq!(
        changed,
        expected.as_deref().map(|text| Bytes::from(text.to_owned()))
    );
    if let Some(changed) = changed {
        let changed = Document::parse(changed).unwrap();
        assert_eq!(at(&changed, path).unwrap().source(), "[9]");
    }
}

#[test]
fn only_the_place_that_is_set_changes() {
    check_set(&[Key("a"), Key("b")], Some(("1.0", "[9]")));
    check_set(&[Key("ab")], Some(("[] }", "[9] }")));
    check_set(&[Key("7")], Some(("\"s\"", "[9]")));
    check_set(&[Index(7)], Some(("\"s\"", "[9]")));
    check_set(&[Key("a"), Key("l"), Index(1)], Some(("[2]", "[9]")));
    check_set(
        &[Key("a"), Key("l"), Index(2), Key("x")],
        Some(("true", "[9]")),
    );
}

#[test]
fn what_is_missing_on_the_way_is_made() {
    check_set(&[Key("e"), Key("k")], Some(("{}", r#"{"k":[9]}"#)));
    check_set(&[Key("n"), Key("k\"")], Some(("null", r#"{"k\"":[9]}"#)));
    check_set(
        &[Key("a"), Key("c"), Key("d")],
        Some(("}]}", r#"}],"c":{"d":[9]}}"#)),
    );
    check_set(
        &[Key("a"), Key("l"), Index(4)],
        Some(("}]}", r#"},null,[9]]}"#)),
    );
    check_set(&[Key("a"), Key("l"), End], Some(("}]}", r#"},[9]]}"#)));
    check_set(
        &[Key("a"), Key("l"), End, Key("k")],
        Some(("}]}", r#"},{"k":[9]}]}"#)),
    );
    check_set(
        &[Key("e"), Key("k"), Index(1)],
        Some(("{}", r#"{"k":[null,[9]]}"#)),
    );
    check_set(&[Key("e"), Key("k"), End], Some(("{}", r#"{"k":[[9]]}"#)));
}

#[test]
fn a_path_through_another_value_changes_nothing() {
    check_set(&[Key("7"), Key("k")], None);
    check_set(&[Key("a"), Key("b"), Index(0)], None);
    check_set(&[Key("a"), Key("l"), Key("k")], None);
    check_set(&[Key("a"), End], None);
}

#[track_caller]
fn check_removed(text: &str, path: &[Step<'_>], expected: Option<&str>) {
    let changed = remove(&document(text), path);
    assert_eq!(changed.as_deref(), expected.map(str::as_bytes), "{path:?}");
}

#[test]
fn a_removed_value_takes_its_comma_along() {
    let text = r#"{"a": 1, "b" : [1 ,2,3], "a":2,"c":{"d":null}}"#;
    check_removed(
        text,
        &[Key("a")],
        Some(r#"{"b" : [1 ,2,3],"c":{"d":null}}"#),
    );
    check_removed(
        text,
        &[Key("b"), Index(0)],
        Some(r#"{"a": 1, "b" : [2,3], "a":2,"c":{"d":null}}"#),
    );
    check_removed(
        text,
        &[Key("b"), End],
        Some(r#"{"a": 1, "b" : [1,2], "a":2,"c":{"d":null}}"#),
    );
    check_removed(
        text,
        &[Key("c"), Key("d")],
        Some(r#"{"a": 1, "b" : [1 ,2,3], "a":2,"c":{}}"#),
    );
    check_removed("[1]", &[End], Some("[]"));
    for path in [
        &[Key("z")][..],
        &[Key("b"), Index(3)],
        &[Key("a"), Key("z")],
        &[Key("c"), End],
        &[],
    ] {
        check_removed(text, path, None);
    }
    check_removed("[]", &[End], None);
}
