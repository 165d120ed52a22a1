//! What is known of clients (`clients.md`) and the traps of providers (`providers/tests/traps.md`): each names a test, a fixture
//! or a suite of the SDKs that shows it, and all of them exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Where the maps are, and the sections of which they have facts.
const MAPS: [(&str, RangeInclusive<u32>); 2] = [
    ("tests/e2e/clients.md", 1..=3),
    ("providers/tests/traps.md", 2..=15),
];

/// A fact, its section, and what shows it.
struct Row {
    fact: String,
    section: u32,
    shown: Vec<String>,
}

fn rows(map: &str) -> Vec<Row> {
    let text = fs::read_to_string(root().join(map)).unwrap();
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

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of a crate, or that of tests of the whole program.
fn folder(room: &str) -> PathBuf {
    root().join(match room {
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
fn every_section_has_its_facts() {
    for (map, expected) in MAPS {
        let sections: BTreeSet<u32> = rows(map).iter().map(|row| row.section).collect();
        assert_eq!(sections, expected.collect(), "{map}");
    }
}

#[test]
fn every_named_test_and_fixture_exists() {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Row { fact, shown, .. } in MAPS.iter().flat_map(|(map, _)| rows(map)) {
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
