//! An edit changes what it is asked to change, and nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::TEMPLATE;

const FILE: &str = "\
# The gateway of the team.

port: 8317   # restart after a change
host: '127.0.0.1'

api_keys:
  # Ann's
  - mg-ann   # until June
  - key: mg-bob
    name: bob

claude-api-key:
- api-key: sk-1
  headers: {X-A: b, \"X.B\": c}   # both needed

# The end.
";

/// The edited text differs from the old one in exactly this replacement.
#[track_caller]
fn check(edited: Result<String, EditError>, old: &str, new: &str) {
    assert_eq!(
        FILE.matches(old).count(),
        1,
        "{old} must stand once in the file"
    );
    assert_eq!(edited.unwrap(), FILE.replace(old, new));
}

#[test]
fn scalars_are_set_in_place() {
    check(set(FILE, "port", &9000), "port: 8317   #", "port: 9000   #");
    check(
        set(FILE, "api-keys[0]", "mg-eve"),
        "mg-ann   #",
        "mg-eve   #",
    );
    check(
        set(FILE, "api-keys[1].name", "Bob B."),
        "name: bob",
        "name: Bob B.",
    );
    check(
        set(FILE, "claude-api-key[0].headers.X-A", "d"),
        "X-A: b,",
        "X-A: d,",
    );
    check(
        set(FILE, r"claude-api-key[0].headers.X\.B", "d"),
        "\"X.B\": c",
        "\"X.B\": d",
    );
}

#[test]
fn words_that_are_not_text_in_yaml_are_quoted() {
    for text in [
        "yes",
        "null",
        "1",
        "1.5",
        "",
        " a ",
        "a: b",
        "# a",
        "'",
        "\"",
        "é\n",
        "*a",
        "2027-01-31",
        "~",
        "0x1f",
    ] {
        let edited = set(FILE, "api-keys[1].name", text).unwrap();
        let meaning: Value = serde_yaml::from_str(&edited).unwrap();
        assert_eq!(
            meaning["api_keys"][1]["name"],
            Value::from(text),
            "{text:?}"
        );
    }
}

#[test]
fn new_keys_are_added() {
    check(
        set(FILE, "claude-api-key[0].priority", &3),
        "# both needed\n",
        "# both needed\n  priority: 3\n",
    );
    let edited = set(FILE, "tls.enable", &true).unwrap();
    assert_eq!(edited.replace("tls:\n  enable: true\n", ""), FILE);
}

#[test]
fn items_are_pushed_and_removed() {
    check(
        push(FILE, "api-keys", "mg-new"),
        "    name: bob\n",
        "    name: bob\n  - mg-new\n",
    );
    let entry = BTreeMap::from([("key", "mg-new"), ("name", "new")]);
    check(
        push(FILE, "api-keys", &entry),
        "    name: bob\n",
        "    name: bob\n  - key: mg-new\n    name: new\n",
    );
    check(
        remove(FILE, "api-keys[1]"),
        "  - key: mg-bob\n    name: bob\n",
        "",
    );
    check(remove(FILE, "host"), "host: '127.0.0.1'\n", "");
    check(remove(FILE, "api-keys[1].name"), "    name: bob\n", "");
    let edited = remove(&remove(FILE, "api-keys[0]").unwrap(), "api-keys[0]").unwrap();
    assert!(
        edited.starts_with("# The gateway") && edited.ends_with("# The end.\n"),
        "{edited}"
    );
}

#[test]
fn lists_are_made_when_there_are_none() {
    for text in [
        "port: 1\n",
        "port: 1\napi-keys:\n",
        "port: 1\napi-keys: []\n",
        "# only words\n",
        "",
        "# no end",
    ] {
        let edited = push(text, "api-keys", "mg-1").unwrap();
        let meaning: Value = serde_yaml::from_str(&edited).unwrap();
        assert_eq!(
            meaning["api-keys"],
            serde_yaml::to_value(["mg-1"]).unwrap(),
            "{text:?}"
        );
        assert!(
            text.lines()
                .filter(|line| line.starts_with('#'))
                .all(|comment| edited.contains(comment))
        );
    }
}

#[test]
fn the_first_key_goes_into_the_template() {
    let edited = push(TEMPLATE, "api-keys", "mg-first").unwrap();
    let (before, after) = TEMPLATE.split_once("api-keys: []\n").unwrap();
    assert_eq!(edited, format!("{before}api-keys:\n  - mg-first\n{after}"));
    let loaded = crate::parse(&edited, Path::new("x"), &crate::Environment::default()).unwrap();
    assert_eq!(
        loaded.config.client_keys[0].digest,
        crate::key_digest("mg-first")
    );
}

#[test]
fn line_ends_and_a_missing_last_one_stay() {
    assert_eq!(
        set("a: 1\r\nport: 2\r\n", "port", &3).unwrap(),
        "a: 1\r\nport: 3\r\n"
    );
    assert_eq!(set("a: 1\nport: 2", "port", &3).unwrap(), "a: 1\nport: 3");
    assert_eq!(set(FILE, "port", &8317).unwrap(), FILE);
}

#[test]
fn what_is_not_there_is_not_changed() {
    let missing = |path: &str, kind| {
        Err(EditError::Missing {
            path: path.to_owned(),
            kind,
        })
    };
    assert_eq!(remove(FILE, "tls"), missing("tls", "value"));
    assert_eq!(remove(FILE, "api-keys[2]"), missing("api-keys[2]", "value"));
    assert_eq!(push(FILE, "port", "x"), missing("port", "list"));
    assert_eq!(
        set(FILE, "port.x", "x"),
        missing("port.x", "place for a value")
    );
    assert_eq!(
        set(FILE, "api-keys[7]", "x"),
        missing("api-keys[7]", "place for a value")
    );
    for path in ["", "a..b", "a[", "a[x]"] {
        assert_eq!(set(FILE, path, "x"), Err(EditError::Path(path.to_owned())));
    }
    assert_eq!(set("a: [", "a", "x"), Err(EditError::Unreadable));
    assert_eq!(set("a: 1\na: 2\n", "a", "x"), Err(EditError::Unreadable));
}

#[test]
fn shared_values_are_not_changed_behind_the_back() {
    let text = "x-a: &a\n  priority: 1\nclaude-api-key:\n  - *a\n  - *a\n";
    assert_eq!(
        set(text, "claude-api-key[0].priority", &2),
        Err(EditError::Refused("claude-api-key[0].priority".into()))
    );
    let edited = set(text, "x-a.priority", &2);
    assert_eq!(edited, Err(EditError::Refused("x-a.priority".into())));
}

/// A line of a file with the comment that may follow it.
fn line() -> impl Strategy<Value = String> {
    let comment = prop_oneof![
        Just(""),
        Just("  # why"),
        Just(" # 'quoted' \"words\": [x]")
    ];
    let gap = prop_oneof![
        Just(""),
        Just("\n"),
        Just("# above\n"),
        Just("\n\n# a\n# b\n")
    ];
    let value = prop_oneof![
        Just("1"),
        Just("'a # b'"),
        Just("\"x: y\""),
        Just("[a, b]"),
        Just("{k: v}"),
        Just("\n  - i\n  - j"),
        Just("\n- i"),
        Just("\n    k: v\n    l: w"),
        Just("~")
    ];
    (gap, value, comment).prop_map(|(gap, value, comment)| format!("{gap}KEY: {value}{comment}\n"))
}

fn file() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 1..8).prop_map(|lines| {
        let named = lines
            .iter()
            .enumerate()
            .map(|(index, line)| line.replacen("KEY", &format!("key{index}"), 1));
        named.collect::<String>().replace("KEY", "key")
    })
}

fn lines_without(text: &str, needle: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.contains(needle))
        .map(str::to_owned)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn setting_a_scalar_touches_one_line(before in file(), after in file(), value in "[ -~]{0,12}") {
        let after = after.replace("key", "other");
        let text = format!("{before}target: old   # stays\n{after}");
        let edited = set(&text, "target", value.as_str()).unwrap();
        let rest = edited.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
        let line = rest.unwrap_or_else(|| panic!("{edited}"));
        prop_assert!(line.starts_with("target: ") && line.ends_with("   # stays\n"), "{line}");
    }

    #[test]
    fn pushing_and_removing_an_item_is_as_if_nothing_had_been(before in file(), after in file(), item in "[a-z]{1,9}") {
        let after = after.replace("key", "other");
        let text = format!("{before}target:\n  - one  # first\n  - two\n{after}");
        let pushed = push(&text, "target", &item).unwrap();
        prop_assert!(pushed.starts_with(&format!("{before}target:\n  - one  # first\n  - two\n")), "{pushed}");
        prop_assert!(pushed.ends_with(&after), "{pushed}");
        prop_assert_eq!(remove(&pushed, "target[2]").unwrap(), text);
    }

    #[test]
    fn a_new_key_leaves_all_other_lines(text in file(), value in "[a-z]{1,9}") {
        let edited = set(&text, "fresh", value.as_str()).unwrap();
        prop_assert_eq!(lines_without(&edited, "fresh"), lines_without(&text, "fresh"));
    }

    #[test]
    fn no_edit_panics_or_does_something_else(text in "[-a:#\\[\\]{}&*'\"|>,\n ]{0,30}", path in "[a.\\[\\]0]{0,6}") {
        for edited in [set(&text, &path, "x"), push(&text, &path, "x"), remove(&text, &path)].into_iter().flatten() {
            prop_assert!(serde_yaml::from_str::<Value>(&edited).is_ok());
        }
    }
}
