//! The directory as it is in life: written by hand, by other programs and by several of us at once.

use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// A slow machine may take a while; a machine that works does not.
const LIMIT: Duration = Duration::from_secs(20);

const CLAUDE: &str = r#"{"type":"claude","access_token":"A","n":0}"#;

fn open(directory: &TempDir) -> Accounts {
    Accounts::open(directory.path()).unwrap()
}

fn files(accounts: &Accounts) -> Vec<String> {
    let snapshot = accounts.snapshot();
    snapshot
        .accounts()
        .iter()
        .map(|account| account.file.to_string())
        .collect()
}

fn private(path: &Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

fn visible(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn there_is_more_than_one_thing_to_renew_tokens_with() {
    let directory = tempfile::tempdir().unwrap();
    let accounts = open(&directory);
    for (file, expected) in [
        (CLAUDE, false),
        (
            r#"{"type":"claude","access_token":"A","refresh_token":"R"}"#,
            true,
        ),
        (
            r#"{"type":"claude","access_token":"A","refresh_token":" "}"#,
            false,
        ),
        (r#"{"type":"github-copilot","access_token":"A"}"#, true),
        (
            r#"{"type":"iflow","api_key":"K","cookie":"BXAuth=a;"}"#,
            true,
        ),
        (r#"{"type":"iflow","api_key":"K"}"#, false),
    ] {
        let account = accounts.add("a.json", file.as_bytes()).unwrap();
        assert_eq!(account.is_renewable(), expected, "{file}");
    }
}

#[test]
fn a_bad_file_is_reported_and_hides_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["b.json", "a.json", ".hidden.json", "c.txt"] {
        private(&path(name), CLAUDE);
    }
    private(&path("broken.json"), "{\n\"type\": }");
    private(&path("unknown.json"), r#"{"type":"myspace"}"#);
    private(&path("large.json"), vec![b' '; (1 << 20) + 1]);
    fs::create_dir(path("folder.json")).unwrap();
    fs::create_dir(path("below")).unwrap();
    private(&path("below/d.json"), CLAUDE);
    let accounts = open(&directory);
    assert_eq!(files(&accounts), ["a.json", "b.json"]);
    let snapshot = accounts.snapshot();
    let troubles: Vec<String> = snapshot
        .troubles()
        .iter()
        .map(|trouble| format!("{} {}", trouble.file, trouble.reason))
        .collect();
    let expected = ["broken.json", "folder.json", "large.json", "unknown.json"];
    for (trouble, expected) in troubles.iter().zip(expected) {
        assert!(trouble.starts_with(expected), "{troubles:?}");
    }
    assert!(troubles[0].contains("line 2 column 9"), "{troubles:?}");
    assert_eq!(troubles.len(), expected.len());
    assert_eq!(snapshot.get("a.json").unwrap().id(), "a");
    assert!(snapshot.get("broken.json").is_none());
}

#[cfg(unix)]
#[test]
fn broad_modes_are_a_warning_until_they_are_narrowed() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.json");
    fs::write(&path, CLAUDE).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let accounts = open(&directory);
    let trouble = Arc::clone(&accounts.snapshot().troubles()[0]);
    assert!(
        trouble.usable && trouble.reason.contains("644"),
        "{trouble:?}"
    );
    assert_eq!(files(&accounts), ["a.json"]);
    accounts.set_disabled("a.json", true).unwrap();
    assert_eq!(accounts.snapshot().troubles(), []);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_are_neither_read_nor_written() {
    use std::os::unix::fs::symlink;
    let (outside, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = outside.path().join("target.json");
    private(&target, CLAUDE);
    symlink(&target, directory.path().join("out.json")).unwrap();
    fs::create_dir(directory.path().join("..data")).unwrap();
    private(&directory.path().join("..data/real.json"), CLAUDE);
    symlink("..data/real.json", directory.path().join("in.json")).unwrap();
    symlink("nowhere.json", directory.path().join("dangling.json")).unwrap();
    let accounts = open(&directory);
    assert_eq!(files(&accounts), ["in.json"]);
    assert_eq!(accounts.snapshot().troubles().len(), 2);
    assert!(accounts.add("out.json", CLAUDE.as_bytes()).is_err());
    assert!(accounts.set_disabled("out.json", true).is_err());
    assert_eq!(fs::read_to_string(&target).unwrap(), CLAUDE);
    accounts.set_disabled("in.json", true).unwrap();
    let real = fs::read_to_string(directory.path().join("..data/real.json")).unwrap();
    assert!(real.contains("true"), "{real}");
    accounts.remove("out.json").unwrap();
    assert!(target.exists());
}

/// The way Kubernetes replaces a mounted secret.
#[cfg(unix)]
#[test]
fn files_behind_a_link_that_was_turned_are_read_again() {
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for (version, kind) in [("..1", "claude"), ("..2", "codex")] {
        fs::create_dir(path(version)).unwrap();
        private(
            &path(version).join("a.json"),
            format!(r#"{{"type":"{kind}"}}"#),
        );
    }
    symlink("..1", path("..data")).unwrap();
    symlink("..data/a.json", path("a.json")).unwrap();
    let accounts = open(&directory);
    symlink("..2", path("draft")).unwrap();
    fs::rename(path("draft"), path("..data")).unwrap();
    accounts.notice(&Changes::Files(["..data".into()].into()));
    assert_eq!(
        accounts.snapshot().get("a.json").unwrap().kind,
        AccountKind::Codex
    );
}

#[test]
fn an_update_is_on_the_disk_and_in_the_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.json");
    private(&path, CLAUDE);
    let accounts = open(&directory);
    let mut changes = accounts.subscribe();
    let account = accounts.set_disabled("a.json", true).unwrap();
    assert!(account.settings.disabled);
    assert!(changes.has_changed().unwrap());
    assert!(accounts.snapshot().get("a.json").unwrap().settings.disabled);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        r#"{"type":"claude","access_token":"A","n":0,"disabled":true}"#
    );
    assert_eq!(visible(directory.path()), ["a.json"]);
    changes.mark_unchanged();
    accounts.set_disabled("a.json", true).unwrap();
    accounts.notice(&Changes::Unknown);
    assert!(!changes.has_changed().unwrap(), "nothing was new");
}

#[test]
fn a_change_that_would_break_the_account_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.json");
    private(&path, CLAUDE);
    private(&directory.path().join("b.json"), r#"{"type":"myspace"}"#);
    let accounts = open(&directory);
    let error = accounts
        .update("a.json", |edit| {
            edit.set_text(&["proxy_url"], "ftp://user:hush@x");
        })
        .unwrap_err();
    assert!(error.to_string().contains("proxy_url") && !error.to_string().contains("hush"));
    assert_eq!(fs::read_to_string(&path).unwrap(), CLAUDE);
    assert!(
        accounts.set_disabled("b.json", true).is_err(),
        "never touched"
    );
    for name in ["c.json", "../a.json", "a", ""] {
        let error = accounts.set_disabled(name, true).unwrap_err();
        assert!(
            matches!(error, StoreError::NotFound { .. }),
            "{name}: {error}"
        );
        assert!(accounts.remove(name).is_err(), "{name}");
    }
    assert_eq!(visible(directory.path()), ["a.json", "b.json"]);
}

#[test]
fn accounts_are_added_replaced_and_removed() {
    let parent = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(&parent.path().join("auth")).unwrap();
    assert_eq!(files(&accounts), [""; 0]);
    let account = accounts.add("../evil/claude", CLAUDE.as_bytes()).unwrap();
    assert_eq!(&*account.file, "_evil_claude.json");
    for bad in ["{", r#"{"type":"myspace"}"#, "{}"] {
        assert!(
            accounts.add("_evil_claude.json", bad.as_bytes()).is_err(),
            "{bad}"
        );
    }
    assert_eq!(accounts.snapshot().accounts().len(), 1);
    let replaced = accounts
        .add("_evil_claude.json", br#"{"type":"codex"}"#)
        .unwrap();
    assert_eq!(replaced.kind, AccountKind::Codex);
    accounts.remove("_evil_claude.json").unwrap();
    assert_eq!(files(&accounts), [""; 0]);
    accounts.add("a.json", CLAUDE.as_bytes()).unwrap();
    fs::remove_dir_all(accounts.directory()).unwrap();
    accounts.notice(&Changes::Unknown);
    assert_eq!(files(&accounts), [""; 0]);
    fs::create_dir(accounts.directory()).unwrap();
    assert_eq!(visible(parent.path()), ["auth"]);
    assert_eq!(visible(&parent.path().join("auth")), [""; 0]);
}

#[test]
fn only_files_that_changed_are_read_again() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["a.json", "b.json"] {
        private(&directory.path().join(name), CLAUDE);
    }
    let accounts = open(&directory);
    let before = accounts.snapshot();
    private(&directory.path().join("b.json"), r#"{"type":"codex"}"#);
    accounts.notice(&Changes::Unknown);
    let after = accounts.snapshot();
    let same = |file| Arc::ptr_eq(before.get(file).unwrap(), after.get(file).unwrap());
    assert!(same("a.json"));
    assert!(!same("b.json"));
}

#[test]
fn an_emptied_file_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.json");
    private(&path, CLAUDE);
    let accounts = open(&directory);
    private(&path, "");
    accounts.notice(&Changes::Unknown);
    assert_eq!(files(&accounts), ["a.json"]);
    private(&path, "{");
    accounts.notice(&Changes::Unknown);
    assert_eq!(files(&accounts), [""; 0]);
    private(&path, CLAUDE);
    accounts.notice(&Changes::Unknown);
    assert_eq!(files(&accounts), ["a.json"]);
    assert_eq!(accounts.snapshot().troubles(), []);
}

#[test]
fn changes_from_outside_are_followed() {
    let parent = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(&parent.path().join("auth")).unwrap();
    let _watcher = accounts.follow().unwrap();
    let path = accounts.directory().join("a.json");
    let waiting = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut changes = accounts.subscribe();
    let mut wait = |what: &str, seen: &dyn Fn(&Snapshot) -> bool| {
        waiting.block_on(async {
            let wait = changes.wait_for(|snapshot| seen(snapshot));
            let seen = tokio::time::timeout(LIMIT, wait).await;
            seen.unwrap_or_else(|_| panic!("{what}"))
                .unwrap()
                .accounts()
                .len()
        })
    };
    private(&path, CLAUDE);
    wait("a new file", &|snapshot| snapshot.get("a.json").is_some());
    let draft = accounts.directory().join("draft");
    private(&draft, r#"{"type":"codex"}"#);
    fs::rename(&draft, &path).unwrap();
    // Had it been away for a moment, this would be seen first.
    wait("a replaced file", &|snapshot| {
        snapshot
            .get("a.json")
            .is_none_or(|account| account.kind == AccountKind::Codex)
    });
    assert_eq!(
        accounts.snapshot().get("a.json").unwrap().kind,
        AccountKind::Codex
    );
    fs::remove_file(&path).unwrap();
    wait("a removed file", &|snapshot| snapshot.accounts().is_empty());
}

#[test]
fn changes_at_the_same_time_are_all_kept() {
    let directory = tempfile::tempdir().unwrap();
    private(&directory.path().join("a.json"), CLAUDE);
    // Handles of their own, as two processes have them.
    let handles = [open(&directory), open(&directory)];
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let accounts = &handles[writer % 2];
            scope.spawn(move || {
                for round in 0..5 {
                    let field = format!("w{writer}r{round}");
                    accounts
                        .update("a.json", |edit| {
                            let count: u64 = edit.root().field("n").unwrap().as_u64().unwrap();
                            edit.set(&["n"], &(count + 1).to_string());
                            edit.set(&[&field], "1");
                        })
                        .unwrap();
                }
            });
        }
    });
    let account = handles[0].reload("a.json").unwrap();
    assert_eq!(account.extra("n").unwrap().expose(), "20");
    assert_eq!(account.extra("w3r4").unwrap().expose(), "1");
    assert_eq!(visible(directory.path()), ["a.json"]);
}
