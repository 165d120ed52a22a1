use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn key() -> ListKey {
    ListKey("claude https://host/v1/models".to_owned())
}

fn names(names: &[&str]) -> Names {
    let names = names.iter().map(|name| (*name).to_owned());
    Names {
        models: names.collect(),
        ..Names::default()
    }
}

fn failure() -> CallError {
    CallError::broken("p".into(), "it is down")
}

#[test]
fn accounts_whose_plans_differ_have_lists_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let accounts = crate::Accounts::open(directory.path()).unwrap();
    let listed = |kind: &str, name: &str| {
        let file = format!(r#"{{"type":"{kind}","access_token":"A"}}"#);
        let account = accounts.add(name, file.as_bytes()).unwrap();
        let config = modelgate_config::Config::default();
        let catalog = crate::Catalog::of_account(&config, &account);
        ListKey::of(&catalog.credentials()[0]).unwrap()
    };
    for (kind, own) in [
        ("antigravity", true),
        ("claude", false),
        ("codex", true),
        ("github-copilot", true),
        ("kiro", true),
        ("xai", true),
    ] {
        let (one, other) = (listed(kind, "a.json"), listed(kind, "b.json"));
        assert_eq!(one != other, own, "{kind}: {one} {other}");
    }
}

#[test]
fn only_a_list_that_changes_is_told_of() {
    let lists = ModelLists::default();
    let mut changes = lists.subscribe();
    let now = Moment::at(1_000);
    assert!(lists.is_due(&key(), now));
    assert_eq!((lists.of(&key()), lists.status(&key())), (None, None));
    lists.put(&key(), Ok(names(&["a", "b"])), now);
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    lists.put(&key(), Ok(names(&["a", "b"])), now);
    lists.put(&key(), Err(failure()), now);
    assert!(!changes.has_changed().unwrap());
    assert_eq!(
        *lists.of(&key()).unwrap(),
        *names(&["a", "b"]).models,
        "the old one stays"
    );
    let status = lists.status(&key()).unwrap();
    assert_eq!(
        (status.models, status.trouble.as_deref()),
        (2, Some("it is down"))
    );
    lists.put(&key(), Ok(names(&["a"])), now);
    assert!(changes.has_changed().unwrap());
    assert_eq!(lists.status(&key()).unwrap().trouble, None);
}

#[test]
fn a_list_is_fetched_every_few_hours_and_sooner_after_a_failure() {
    let lists = ModelLists::default();
    let now = Moment::at(1_000);
    let hour = Duration::from_secs(3600);
    let due_within = |least: Duration, most: Duration| {
        assert!(!lists.is_due(&key(), now.after(least)));
        assert!(lists.is_due(&key(), now.after(most)));
    };
    lists.put(&key(), Ok(names(&["a"])), now);
    due_within(hour * 6 - RETRY, hour * 8);
    lists.put(&key(), Err(failure()), now);
    due_within(RETRY - Duration::from_secs(1), RETRY * 2);
    lists.put(&key(), Err(failure()), now);
    due_within(RETRY * 2 - Duration::from_secs(1), RETRY * 3);
    (0..100).for_each(|_| lists.put(&key(), Err(failure()), now));
    due_within(hour - Duration::from_secs(1), hour * 2);
}

#[test]
fn lists_are_kept_for_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lists.json");
    assert_eq!(ModelLists::load(&path).unwrap().of(&key()), None);
    let lists = ModelLists::default();
    let said = Names {
        in_responses_only: vec!["b".to_owned()],
        ..names(&["a", "b"])
    };
    lists.put(&key(), Ok(said.clone()), Moment::now());
    lists.put(&ListKey("never".into()), Err(failure()), Moment::now());
    lists.store(&path).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let back = ModelLists::load(&path).unwrap();
    assert_eq!(*back.of(&key()).unwrap(), *said.models);
    assert_eq!(*back.in_responses_only(&key()), *said.in_responses_only);
    assert!(!back.is_due(&key(), Moment::now()), "it is fresh");
    assert_eq!(back.status(&ListKey("never".into())), None);
}

#[test]
fn an_old_list_is_due_at_once_and_an_ancient_one_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lists.json");
    let day = Duration::from_secs(24 * 60 * 60);
    for (days, known) in [(1, true), (40, false)] {
        let fetched = humantime::format_rfc3339_seconds(SystemTime::now() - day * days);
        let text = format!(
            r#"{{"version":1,"lists":{{"claude https://host/v1/models":{{"fetched":"{fetched}","models":["a"]}}}}}}"#
        );
        fs::write(&path, text).unwrap();
        let lists = ModelLists::load(&path).unwrap();
        assert_eq!(lists.of(&key()).is_some(), known);
        assert!(lists.is_due(&key(), Moment::now()));
    }
    for text in ["", r#"{"version":2,"lists":{}}"#] {
        fs::write(&path, text).unwrap();
        assert!(ModelLists::load(&path).is_err());
    }
}
