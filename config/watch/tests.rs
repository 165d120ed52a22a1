//! Changes are noticed however they are written. Every wait is for an event and has a limit.

use std::fs;
use std::sync::mpsc::{Receiver, sync_channel};

use tempfile::TempDir;

use super::*;
use crate::{Environment, Overrides, load};

/// A slow machine may take a while; a machine that works does not.
const LIMIT: Duration = Duration::from_secs(20);

struct Scene {
    directory: TempDir,
    path: PathBuf,
    store: Store,
    outcomes: Receiver<Result<Reloaded, ConfigError>>,
    _watcher: Watcher,
}

fn scene(path: impl Fn(&Path) -> PathBuf) -> Scene {
    let directory = tempfile::tempdir().unwrap();
    let path = path(directory.path());
    let store = Store::new(
        load(&path, &Environment::default()).unwrap(),
        Overrides::default(),
    )
    .unwrap();
    let (sender, outcomes) = sync_channel(16);
    let watcher = watch(&store, move |outcome| drop(sender.send(outcome))).unwrap();
    Scene {
        directory,
        path,
        store,
        outcomes,
        _watcher: watcher,
    }
}

fn plain() -> Scene {
    scene(|directory| {
        fs::write(directory.join("modelgate.yaml"), "port: 1\n").unwrap();
        directory.join("modelgate.yaml")
    })
}

impl Scene {
    #[track_caller]
    fn outcome(&self) -> Result<Reloaded, ConfigError> {
        self.outcomes
            .recv_timeout(LIMIT)
            .expect("the watcher says something")
    }

    /// What the watcher does, without waiting for the system.
    fn reaction(&self) -> Reaction {
        Reaction {
            store: self.store.clone(),
            path: self.path.clone(),
            names: None,
            refused: None,
        }
    }

    fn port(&self) -> u16 {
        self.store.snapshot().server.address.port()
    }
}

#[test]
fn an_atomic_rename_is_seen() {
    let scene = plain();
    for port in [2, 3] {
        let temporary = scene.directory.path().join("draft");
        fs::write(&temporary, format!("port: {port}\n")).unwrap();
        fs::rename(&temporary, &scene.path).unwrap();
        assert!(scene.outcome().unwrap().changed);
        assert_eq!(scene.port(), port);
    }
}

#[test]
fn our_own_save_and_a_write_in_place_are_seen() {
    let scene = plain();
    crate::save(&scene.path, "port: 2\n").unwrap();
    assert!(scene.outcome().unwrap().changed);
    fs::write(&scene.path, "port: 3\n").unwrap();
    assert!(scene.outcome().unwrap().changed);
    assert_eq!(scene.port(), 3);
}

#[test]
fn a_bad_edit_is_reported_and_a_good_one_heals() {
    let scene = plain();
    fs::write(&scene.path, "port: x\n").unwrap();
    assert_eq!(scene.outcome().unwrap_err().problems().len(), 1);
    assert_eq!(scene.port(), 1);
    fs::write(&scene.path, "port: 2\n").unwrap();
    assert!(scene.outcome().unwrap().changed);
    assert_eq!(scene.port(), 2);
}

#[cfg(unix)]
#[test]
fn the_file_behind_a_link_is_watched() {
    let scene = scene(|directory| {
        let (link, real) = (directory.join("modelgate.yaml"), directory.join("real"));
        fs::create_dir(&real).unwrap();
        fs::write(real.join("config.yaml"), "port: 1\n").unwrap();
        std::os::unix::fs::symlink("real/config.yaml", &link).unwrap();
        link
    });
    fs::write(scene.directory.path().join("real/config.yaml"), "port: 2\n").unwrap();
    assert!(scene.outcome().unwrap().changed);
    let next = scene.directory.path().join("next.yaml");
    fs::write(&next, "port: 3\n").unwrap();
    let link = scene.directory.path().join("link");
    std::os::unix::fs::symlink("next.yaml", &link).unwrap();
    fs::rename(&link, &scene.path).unwrap();
    assert!(scene.outcome().unwrap().changed);
    assert_eq!(scene.port(), 3);
}

#[test]
fn missing_empty_and_unchanged_files_are_left_alone() {
    let scene = plain();
    let mut reaction = scene.reaction();
    let events = || Changes::Unknown;
    assert!(reaction.react(&events()).is_none());
    for text in ["", " \n"] {
        fs::write(&scene.path, text).unwrap();
        assert!(reaction.react(&events()).is_none(), "{text:?}");
    }
    fs::remove_file(&scene.path).unwrap();
    assert!(reaction.react(&events()).is_none());
    assert_eq!(scene.port(), 1);
}

#[test]
fn the_same_broken_text_is_reported_once() {
    let scene = plain();
    let mut reaction = scene.reaction();
    fs::write(&scene.path, "port: x\n").unwrap();
    assert!(reaction.react(&Changes::Unknown).unwrap().is_err());
    assert!(reaction.react(&Changes::Unknown).is_none());
    fs::write(&scene.path, "port: y\n").unwrap();
    assert!(reaction.react(&Changes::Unknown).unwrap().is_err());
    fs::write(&scene.path, "port: 1\n").unwrap();
    let healed = reaction.react(&Changes::Unknown).unwrap().unwrap();
    assert!(!healed.changed);
    assert!(reaction.react(&Changes::Unknown).is_none());
}

#[test]
fn without_a_file_there_is_nothing_to_watch() {
    let loaded = crate::Loaded::from_config(crate::Config::default());
    let store = Store::new(loaded, Overrides::default()).unwrap();
    assert!(matches!(watch(&store, |_| {}), Err(ConfigError::NoFile)));
}

#[test]
fn what_changes_in_a_directory_is_told_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("below")).unwrap();
    fs::write(path("old"), "1").unwrap();
    let (sender, changes) = sync_channel(16);
    let told = move |changes| drop(sender.send(changes));
    let _watcher = watch_directory(directory.path(), told).unwrap();
    fs::read(path("old")).unwrap();
    fs::write(path("below/deep"), "1").unwrap();
    fs::write(path("draft"), "1").unwrap();
    fs::rename(path("draft"), path("new")).unwrap();
    let mut names = BTreeSet::new();
    while !names.contains(&OsString::from("new")) {
        match changes.recv_timeout(LIMIT).unwrap() {
            Changes::Files(files) => names.extend(files),
            Changes::Unknown => panic!("nothing was lost"),
        }
    }
    for silent in ["old", "deep"] {
        assert!(!names.contains(&OsString::from(silent)), "{names:?}");
    }
    assert!(watch_directory(&path("nowhere"), |_| {}).is_err());
}
