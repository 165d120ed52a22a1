//! One snapshot at a time, and never a broken one.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::{edit, load};

fn store(text: &str) -> (TempDir, PathBuf, Store) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("modelgate.yaml");
    fs::write(&path, text).unwrap();
    let loaded = load(&path, &Environment::default()).unwrap();
    (
        directory,
        path,
        Store::new(loaded, Overrides::default()).unwrap(),
    )
}

#[test]
fn a_reload_replaces_the_snapshot_and_tells_subscribers() {
    let (_directory, path, store) = store("debug: false\n");
    let mut subscriber = store.subscribe();
    let old = store.snapshot();
    assert!(!subscriber.has_changed().unwrap());

    fs::write(&path, "debug: true\nprot: 1\n").unwrap();
    let reloaded = store.reload().unwrap();
    assert!(reloaded.changed && reloaded.needs_restart.is_empty());
    assert_eq!(reloaded.warnings.len(), 1);
    assert_eq!(store.warnings(), reloaded.warnings);
    assert_eq!((old.debug, store.snapshot().debug), (false, true));
    assert!(subscriber.has_changed().unwrap());
    assert!(Arc::ptr_eq(
        &subscriber.borrow_and_update(),
        &store.snapshot()
    ));
}

#[test]
fn an_unchanged_file_changes_nothing() {
    let (_directory, _, store) = store("debug: true\n");
    let (subscriber, old) = (store.subscribe(), store.snapshot());
    assert!(!store.reload().unwrap().changed);
    assert!(Arc::ptr_eq(&old, &store.snapshot()) && !subscriber.has_changed().unwrap());
}

#[test]
fn a_bad_edit_keeps_the_old_snapshot() {
    let (_directory, path, store) = store("debug: true\n");
    let old = store.snapshot();
    for bad in ["port: x\n", "debug: [\n", "host: 0.0.0.0\n"] {
        fs::write(&path, bad).unwrap();
        let error = store.reload().unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("{}:", path.display())),
            "{error}"
        );
        assert!(Arc::ptr_eq(&old, &store.snapshot()));
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(store.reload(), Err(ConfigError::Read { .. })));
    assert!(Arc::ptr_eq(&old, &store.snapshot()));
    assert_eq!(store.text(), "debug: true\n");
}

#[test]
fn the_command_line_survives_a_reload() {
    let (_directory, path, _) = store("port: 1\n");
    let loaded = load(&path, &Environment::default()).unwrap();
    let store = Store::new(
        loaded,
        Overrides {
            port: Some(2),
            ..Overrides::default()
        },
    )
    .unwrap();
    fs::write(&path, "port: 3\ndebug: true\n").unwrap();
    let reloaded = store.reload().unwrap();
    assert_eq!(
        (
            store.snapshot().server.address.port(),
            store.snapshot().debug
        ),
        (2, true)
    );
    assert!(reloaded.needs_restart.is_empty());
}

#[test]
fn what_needs_a_restart_is_named() {
    let (_directory, path, store) = store("");
    fs::write(
        &path,
        "host: ::1\nport: 1\ntls: {enable: true, cert: c, key: k}\nledger: {keep-days: 1, prices: p.json}\n",
    )
    .unwrap();
    assert_eq!(
        store.reload().unwrap().needs_restart,
        ["host", "port", "tls", "ledger"]
    );
}

#[test]
fn prices_need_no_restart() {
    let (_directory, path, store) = store("");
    fs::write(&path, "ledger: {prices: p.json}\n").unwrap();
    assert!(store.reload().unwrap().needs_restart.is_empty());
    assert!(store.snapshot().ledger.prices.is_some());
}

#[test]
fn an_open_door_is_refused_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("modelgate.yaml");
    fs::write(&path, "host: \"\"\n").unwrap();
    let loaded = load(&path, &Environment::default()).unwrap();
    let overrides = Overrides {
        host: Some("127.0.0.1".into()),
        ..Overrides::default()
    };
    assert!(Store::new(loaded.clone(), Overrides::default()).is_err());
    assert!(Store::new(loaded, overrides).is_ok());
}

#[test]
fn an_edit_is_saved_and_used() {
    let (_directory, path, store) = store("# mine\nport: 1\n");
    fs::write(&path, "# mine\nport: 2\n").unwrap();
    let reloaded = store.edit(|text| edit::set(text, "debug", &true)).unwrap();
    assert!(reloaded.changed);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "# mine\nport: 2\ndebug: true\n"
    );
    assert_eq!(
        (
            store.snapshot().debug,
            store.snapshot().server.address.port()
        ),
        (true, 2)
    );
    assert!(!store.reload().unwrap().changed);
}

#[test]
fn a_bad_edit_is_not_saved() {
    let (_directory, path, store) = store("port: 1\n");
    let old = store.snapshot();
    assert!(matches!(
        store.edit(|text| edit::set(text, "port", "x")),
        Err(ConfigError::Invalid { .. })
    ));
    assert!(matches!(
        store.edit(|text| edit::remove(text, "tls")),
        Err(ConfigError::Edit(_))
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "port: 1\n");
    assert!(Arc::ptr_eq(&old, &store.snapshot()));
}

#[test]
fn without_a_file_there_is_nothing_to_reload() {
    let store = Store::new(Loaded::from_config(Config::default()), Overrides::default()).unwrap();
    assert!(matches!(store.reload(), Err(ConfigError::NoFile)));
    assert!(matches!(
        store.edit(|text| Ok(text.to_owned())),
        Err(ConfigError::NoFile)
    ));
}

#[test]
fn unreadable_files_say_why() {
    let (_directory, path, store) = store("");
    fs::write(&path, b"port: 1\n\xff\n").unwrap();
    let error = store.reload().unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read {}", path.display()));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "line 2 is not UTF-8 text; save the file as UTF-8");
    fs::File::create(&path).unwrap().set_len(30 << 20).unwrap();
    let error = store.reload().unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        source.contains("too large") && source.contains("30 MB"),
        "{source}"
    );
}
