//! `traps.md` names a test or a fixture for every trap and for every rule of Kiro's, and each of them exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::golden::fixtures;

/// The names between backquotes in the second column, by the number of the trap or of the section.
fn table() -> Vec<(String, Vec<String>, String)> {
    let text = fs::read_to_string(root().join("tests/traps.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (trap, shown) = (cells.next()?, cells.next()?);
        let number = trap.split(' ').next()?.to_owned();
        number.parse::<f32>().ok()?;
        let names = shown
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        Some((number, names, shown.to_owned()))
    });
    rows.collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names of all functions in the sources of a folder.
fn functions(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                functions(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let names = text
                .split("fn ")
                .skip(1)
                .filter_map(|rest| rest.split('(').next());
            into.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_trap_of_these_dialects_is_in_the_table() {
    let rows = table().into_iter();
    let numbers: Vec<u32> = rows
        .filter_map(|(number, ..)| number.parse().ok())
        .collect();
    let expected: Vec<u32> = (1..=107).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn every_section_on_kiros_wire_is_in_the_table() {
    let rows = table().into_iter();
    let sections: BTreeSet<String> = rows
        .map(|(number, ..)| number)
        .filter(|number| number.starts_with("9."))
        .collect();
    assert_eq!(Vec::from_iter(sections), ["9.3", "9.4", "9.5", "9.6"]);
}

#[test]
fn every_named_test_and_fixture_exists() {
    let mut known = BTreeSet::new();
    functions(root(), &mut known);
    for kind in ["requests", "responses", "streams", "errors"] {
        for fixture in fixtures(kind) {
            let at = if fixture.profile.is_empty() { "" } else { "@" };
            known.insert(format!(
                "{kind}/{}/{}{at}{}",
                fixture.dialect, fixture.name, fixture.profile
            ));
        }
    }
    for (number, names, shown) in table() {
        let elsewhere = shown.starts_with("the ");
        assert!(
            elsewhere || !names.is_empty(),
            "nothing shows trap {number}"
        );
        for name in names {
            assert!(known.contains(&name), "trap {number}: there is no {name}");
        }
    }
}
