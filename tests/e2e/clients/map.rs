//! `clients.md` names a test, a fixture or a suite of the SDKs for every fact, and each of them exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A fact, its section, and what shows it.
struct Row {
    fact: String,
    section: u32,
    shown: Vec<String>,
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(folder("e2e").join("clients.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (fact, shown) = (cells.next()?, cells.next()?);
        let number = fact.split(['.', ' ']).next()?;
        let names = shown.split('`').skip(1).step_by(2);
        Some(Row {
            fact: fact.to_owned(),
            section: number.parse().ok()?,
            shown: names.map(str::to_owned).collect(),
        })
    });
    rows.collect()
}

/// The folder of a crate, or that of tests of the whole program.
fn folder(room: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(match room {
        "e2e" => "tests/e2e",
        "sdk" => "tests/sdk",
        room => room,
    })
}

/// The names of all tests in the sources of a folder.
fn tests(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                tests(&path, into);
            }
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
    ["json", "sse"].iter().any(|form| {
        let mut path = path.clone().into_os_string();
        path.push(format!(".{form}"));
        Path::new(&path).exists()
    })
}

#[test]
fn every_section_has_its_facts() {
    let sections: BTreeSet<u32> = table().iter().map(|row| row.section).collect();
    assert_eq!(sections, (1..=3).collect());
}

#[test]
fn every_named_test_and_fixture_exists() {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Row { fact, shown, .. } in table() {
        assert!(!shown.is_empty(), "nothing shows {fact:?}");
        for name in shown {
            let (room, test) = name.split_once('/').unwrap();
            let is_there = match (room, test.contains('/')) {
                ("sdk", _) => folder("sdk").join(test).exists(),
                ("dialects", true) => is_fixture(test),
                (_, true) => false,
                _ => {
                    let found = known.entry(room.to_owned()).or_insert_with(|| {
                        let mut found = BTreeSet::new();
                        tests(&folder(room), &mut found);
                        found
                    });
                    found.contains(test)
                }
            };
            assert!(is_there, "{fact:?}: there is no {name}");
        }
    }
}
