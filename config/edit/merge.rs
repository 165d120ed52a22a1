//! Making a file say something else with as few edits as possible, so that comments stay with what they are about.

use std::path::Path;

use serde_json::{Map, Value as Json};
use yaml_edit::path::{PathSegment, try_parse_path};

use super::{Action, EditError, edit_at, written};
use crate::document;

/// With more edits than this, the whole value is written anew.
const MOST: usize = 16;
/// What an item of a list is known by: the first of these that it has.
const NAMES: [&str; 8] = [
    "name",
    "api-key",
    "key",
    "key-hash",
    "from",
    "upstream-api-key",
    "alias",
    "status",
];

/// One edit of a text.
enum Edit {
    Set(Vec<PathSegment>, Json),
    Push(Vec<PathSegment>, Json),
    Remove(Vec<PathSegment>),
}

/// Makes the value at `path` be `value`, and changes only where it says something else; null removes it. Comments of what
/// stays are kept, those of what goes go with it.
///
/// # Errors
/// See [`EditError`]; nothing is changed then.
pub fn merge(text: &str, path: &str, value: &Json) -> Result<String, EditError> {
    let steps = try_parse_path(path).map_err(|_| EditError::Path(path.to_owned()))?;
    let Some(PathSegment::Key(_)) = steps.first() else {
        return Err(EditError::Path(path.to_owned()));
    };
    let file = document::clear(text, Path::new("")).map_err(|_| EditError::Unreadable)?;
    let old = document::find(&file, path).unwrap_or(&Json::Null);
    let mut plan = Vec::new();
    compare(&steps, old, value, &mut plan);
    let whole = |text: &str| {
        edit_at(
            text,
            steps.clone(),
            &Action::Set(super::to_value(path, value)?),
        )
    };
    if plan.len() > MOST {
        return whole(text);
    }
    let single = plan.len() == 1;
    match plan
        .into_iter()
        .try_fold(text.to_owned(), |text, edit| carry_out(&text, edit))
    {
        // What is too intricate piece by piece may be simple as a whole.
        Err(EditError::Refused(_)) if !single && !value.is_null() => whole(text),
        edited => edited,
    }
}

fn carry_out(text: &str, edit: Edit) -> Result<String, EditError> {
    let (steps, action) = match edit {
        Edit::Set(steps, value) => {
            let value = super::to_value(&written(&steps), &value)?;
            (steps, Action::Set(value))
        }
        Edit::Push(steps, value) => {
            let value = super::to_value(&written(&steps), &value)?;
            (steps, Action::Push(value))
        }
        Edit::Remove(steps) => (steps, Action::Remove),
    };
    edit_at(text, steps, &action)
}

fn compare(at: &[PathSegment], old: &Json, new: &Json, plan: &mut Vec<Edit>) {
    match (old, new) {
        _ if old == new => {}
        (_, Json::Null) => plan.push(Edit::Remove(at.to_vec())),
        (Json::Object(old), Json::Object(new)) if !old.is_empty() && !new.is_empty() => {
            members(at, old, new, plan);
        }
        (Json::Array(old), Json::Array(new)) if !old.is_empty() && !new.is_empty() => {
            let start = plan.len();
            if items(at, old, new, plan).is_none() {
                plan.truncate(start);
                plan.push(Edit::Set(at.to_vec(), Json::from(new.clone())));
            }
        }
        _ => plan.push(Edit::Set(at.to_vec(), new.clone())),
    }
}

fn members(
    at: &[PathSegment],
    old: &Map<String, Json>,
    new: &Map<String, Json>,
    plan: &mut Vec<Edit>,
) {
    let below = |key: &String| [at, &[PathSegment::Key(key.clone())]].concat();
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        plan.push(Edit::Remove(below(key)));
    }
    for (key, value) in new {
        compare(
            &below(key),
            old.get(key).unwrap_or(&Json::Null),
            value,
            plan,
        );
    }
}

/// `None` when items are to be put between others, for which there is no edit.
fn items(at: &[PathSegment], old: &[Json], new: &[Json], plan: &mut Vec<Edit>) -> Option<()> {
    let below = |index: usize| [at, &[PathSegment::Index(index)]].concat();
    if let Some(gone) = only_removed(old, new) {
        plan.extend(
            gone.into_iter()
                .rev()
                .map(|index| Edit::Remove(below(index))),
        );
        return Some(());
    }
    let pairs = || old.iter().zip(new);
    let head = pairs().take_while(|(old, new)| old == new).count();
    let rest = usize::min(old.len(), new.len()) - head;
    let ends = old.iter().rev().zip(new.iter().rev());
    let tail = ends.take(rest).take_while(|(old, new)| old == new).count();
    let (old, more) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    if more.len() > old.len() && tail > 0 {
        return None;
    }
    for (index, (old, new)) in old.iter().zip(more).enumerate() {
        if same(old, new) {
            compare(&below(head + index), old, new, plan);
        } else {
            plan.push(Edit::Set(below(head + index), new.clone()));
        }
    }
    for index in (more.len()..old.len()).rev() {
        plan.push(Edit::Remove(below(head + index)));
    }
    for value in more.iter().skip(old.len()) {
        plan.push(Edit::Push(at.to_vec(), value.clone()));
    }
    Some(())
}

/// The places of the items that are missing in the new list, if that is all the difference.
fn only_removed(old: &[Json], new: &[Json]) -> Option<Vec<usize>> {
    let mut kept = new.iter().peekable();
    let gone = |(index, item): (usize, &Json)| {
        kept.next_if(|next| *next == item)
            .is_none()
            .then_some(index)
    };
    let gone: Vec<usize> = old.iter().enumerate().filter_map(gone).collect();
    (old.len() - gone.len() == new.len()).then_some(gone)
}

/// Whether two items are about the same thing, so that one can be made into the other.
fn same(old: &Json, new: &Json) -> bool {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
        return false;
    };
    let name = NAMES.iter().find(|name| old.contains_key(**name));
    name.is_none_or(|name| old.get(*name) == new.get(*name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const FILE: &str = "\
# The gateway of the team.
debug: false   # quiet

api_keys:
  # Ann's
  - mg-ann   # until June
  # Bob's
  - mg-bob
  # Eve's
  - key: mg-eve   # a guest
    name: eve

claude-api-key:
  # ours
  - api-key: sk-1   # paid by the team
    base-url: https://a.example   # near
    priority: 1
  # theirs
  - api-key: sk-2
    headers: {X-A: b}   # needed

# The end.
";

    /// Merging changes the file by these replacements, each of a text that stands once in it.
    #[track_caller]
    fn check(path: &str, value: &Json, changes: &[(&str, &str)]) {
        let edited = merge(FILE, path, value).unwrap();
        let mut expected = FILE.to_owned();
        for (old, new) in changes {
            assert_eq!(expected.matches(old).count(), 1, "{old}");
            expected = expected.replace(old, new);
        }
        assert_eq!(edited, expected);
        let said = document::clear(&edited, Path::new("")).unwrap();
        assert_eq!(document::find(&said, path).unwrap_or(&Json::Null), value);
    }

    fn keys(new: &[&str]) -> Json {
        let eve = json!({"key": "mg-eve", "name": "eve"});
        new.iter()
            .map(|key| {
                if *key == "eve" {
                    eve.clone()
                } else {
                    json!(key)
                }
            })
            .collect()
    }

    #[test]
    fn what_is_said_already_changes_nothing() {
        check("debug", &json!(false), &[]);
        check("api-keys", &keys(&["mg-ann", "mg-bob", "eve"]), &[]);
        check("routing", &Json::Null, &[]);
        let entry = json!({"api-key": "sk-2", "headers": {"X-A": "b"}});
        check("claude-api-key[1]", &entry, &[]);
    }

    #[test]
    fn lists_are_changed_item_by_item() {
        let eve = "  - key: mg-eve   # a guest\n    name: eve\n";
        check(
            "api-keys",
            &keys(&["mg-ann", "mg-bob", "eve", "mg-new"]),
            &[(eve, &format!("{eve}  - mg-new\n"))],
        );
        check(
            "api-keys",
            &keys(&["mg-ann", "mg-other", "eve"]),
            &[("mg-bob", "mg-other")],
        );
        let edited = merge(FILE, "api-keys", &keys(&["mg-ann", "eve"])).unwrap();
        for stays in [
            "# until June",
            "# Eve's",
            "# a guest",
            "# quiet",
            "# theirs",
            "# The end.",
        ] {
            assert!(edited.contains(stays), "{stays}: {edited}");
        }
        assert!(!edited.contains("mg-bob"), "{edited}");
    }

    #[test]
    fn mappings_are_changed_key_by_key() {
        let entry = json!([
            {"api-key": "sk-1", "base-url": "https://b.example", "priority": 1},
            {"api-key": "sk-2", "headers": {"X-A": "c"}},
        ]);
        check(
            "claude-api-key",
            &entry,
            &[
                ("https://a.example", "https://b.example"),
                ("X-A: b", "X-A: c"),
            ],
        );
        check(
            "claude-api-key[0]",
            &json!({"api-key": "sk-1", "base-url": "https://a.example"}),
            &[("    priority: 1\n", "")],
        );
    }

    #[test]
    fn lists_and_mappings_come_and_go_as_a_whole() {
        for (path, value) in [
            ("api-keys", json!([])),
            ("api-keys", Json::Null),
            ("api-keys", keys(&["mg-new", "mg-ann", "mg-bob", "eve"])),
            ("claude-api-key", json!([{"api-key": "sk-9"}])),
            (
                "oauth-excluded-models",
                json!({"claude": ["a", "b"], "x.y": ["*"]}),
            ),
            (
                "oauth-model-alias",
                json!({"codex": [{"name": "a", "alias": "b", "fork": true}]}),
            ),
            ("ampcode.upstream-url", json!("https://amp.example")),
        ] {
            let edited = merge(FILE, path, &value).unwrap();
            let said = document::clear(&edited, Path::new("")).unwrap();
            let found = document::find(&said, path).unwrap_or(&Json::Null);
            assert_eq!(found, &value, "{path}: {edited}");
            assert!(
                edited.contains("# The gateway") && edited.contains("# The end."),
                "{edited}"
            );
        }
    }

    fn any_item() -> impl Strategy<Value = Json> {
        let text =
            prop::sample::select(vec!["mg-a", "mg-b", "mg-c", "x: y", "# z", "", "7", "true"]);
        let name = prop::sample::select(vec!["a", "b", "'"]);
        prop_oneof![
            text.clone().prop_map(Json::from),
            (text, name).prop_map(|(key, name)| json!({"key": key, "name": name})),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever lists there are, the one becomes the other, and what stands around them stays.
        #[test]
        fn any_list_becomes_any_other(old in prop::collection::vec(any_item(), 0..6), new in prop::collection::vec(any_item(), 0..6)) {
            let text = format!("# top\ndebug: true   # d\n{}# end\nport: 1\n", serde_yaml::to_string(&json!({"api-keys": old})).unwrap());
            let edited = merge(&text, "api-keys", &json!(new)).unwrap();
            let said = document::clear(&edited, Path::new("")).unwrap();
            prop_assert_eq!(&said["api-keys"], &json!(new));
            for stays in ["# top\ndebug: true   # d\n", "# end", "port: 1\n"] {
                prop_assert!(edited.contains(stays), "{}: {}", stays, edited);
            }
        }
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        for path in ["", "[0]", "api-keys[7]", "debug.more"] {
            assert!(merge(FILE, path, &json!(1)).is_err(), "{path}");
        }
        assert!(merge("a: [", "debug", &json!(true)).is_err());
    }
}
