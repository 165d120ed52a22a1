//! `traps.md` names a test or a fixture for every trap of a provider, and each of them exists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A trap, its section, and what shows that it is avoided.
struct Row {
    trap: String,
    section: u32,
    shown: Vec<String>,
}

fn table() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traps.md");
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (trap, shown) = (cells.next()?, cells.next()?);
        let number = trap.split(['.', ' ']).next()?;
        let names = shown.split('`').skip(1).step_by(2);
        Some(Row {
            trap: trap.to_owned(),
            section: number.parse().ok()?,
            shown: names.map(str::to_owned).collect(),
        })
    });
    rows.collect()
}

/// The folder of a crate, or that of the tests of the whole program.
fn folder(room: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join(match room {
        "e2e" => "tests/e2e",
        room => room,
    })
}

/// The names of all tests in the sources of a folder.
fn tests(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let marked = text.split("#[test]").skip(1);
            let marked = marked.chain(text.split("#[tokio::test").skip(1));
            let names = marked.filter_map(|rest| rest.split_once("fn ")?.1.split('(').next());
            into.extend(names.map(str::to_owned));
        }
    }
}

/// Whether there is a fixture of this name, whatever its form.
fn is_fixture(name: &str) -> bool {
    let path = folder("dialects").join("tests/golden").join(name);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return false;
    };
    let beginning = format!("{}.", name.to_string_lossy());
    let files = fs::read_dir(folder).into_iter().flatten();
    files.flatten().any(|entry| {
        let file = entry.file_name();
        let file = file.to_string_lossy();
        file.starts_with(&beginning) && !file.ends_with(".snap")
    })
}

#[test]
fn every_section_has_its_traps() {
    let sections: BTreeSet<u32> = table().iter().map(|row| row.section).collect();
    assert_eq!(sections, (2..=15).collect());
}

#[test]
fn every_named_test_and_fixture_exists() {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Row { trap, shown, .. } in table() {
        assert!(!shown.is_empty(), "nothing shows {trap:?}");
        for name in shown {
            let (room, test) = name.split_once('/').unwrap();
            let found = known.entry(room.to_owned()).or_insert_with(|| {
                let mut found = BTreeSet::new();
                tests(&folder(room), &mut found);
                found
            });
            let is_there = match test.contains('/') {
                true => room == "dialects" && is_fixture(test),
                false => found.contains(test),
            };
            assert!(is_there, "{trap:?}: there is no {name}");
        }
    }
}
