//! The shape of the workspace: small files, imports along the arrows, and one room that prints.
//!
//! What Cargo and clippy cannot enforce by themselves (`ARCHITECTURE.md` draws the arrows).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// No file is longer.
const CEILING: usize = 600;

/// Which rooms a room may import. Tools for developers may import what they like, and nobody may import them.
const ARROWS: &[(&str, &[&str])] = &[
    ("", &["commands"]),
    (
        "commands",
        &["gateway", "tui", "providers", "management", "config"],
    ),
    (
        "gateway",
        &["providers", "dialects", "ledger", "management", "config"],
    ),
    ("tui", &["management"]),
    ("providers", &["dialects", "config"]),
    ("management", &["config"]),
    ("config", &[]),
    ("dialects", &[]),
    ("ledger", &[]),
];
const TOOLS: &[&str] = &["bench", "tests/upstream", "dialects/fuzz"];

/// Where words may be printed.
const MAY_PRINT: &[&str] = &["commands/", "tui/", "bench/", "tests/", "ledger/benches/"];
const PRINTING: &[&str] = &["println!", "print!", "eprintln!", "eprint!", "dbg!"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below the root with a suffix, as paths relative to it. Build output and hidden directories are left out.
fn files(suffix: &str) -> Vec<String> {
    fn walk(directory: &Path, suffix: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let skipped = name.starts_with('.') || name == "target" || name == "node_modules";
            if entry.file_type().unwrap().is_dir() {
                if !skipped {
                    walk(&entry.path(), suffix, found);
                }
            } else if name.ends_with(suffix) {
                found.push(entry.path());
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), suffix, &mut found);
    let relative = |path: PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    let mut found: Vec<String> = found.into_iter().map(relative).collect();
    found.sort();
    assert!(!found.is_empty(), "nothing ends with {suffix}");
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The folder of a manifest, and the rooms it imports, for its own code and for its tests.
#[derive(Debug, Default)]
struct Imports {
    code: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// Reads the dependency tables of a manifest as far as they name our crates.
fn imports(manifest: &str, rooms: &BTreeMap<String, String>) -> Imports {
    let mut imports = Imports::default();
    let mut section = String::new();
    for line in manifest.lines().map(str::trim) {
        let name = if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            section.rsplit('.').next().unwrap_or_default()
        } else {
            line.split(['.', '=', ' ']).next().unwrap_or_default()
        };
        let (Some(room), true) = (
            rooms.get(name.trim_matches('"')),
            section.contains("dependencies"),
        ) else {
            continue;
        };
        if section.starts_with("workspace") {
            continue;
        }
        if section.contains("dev-dependencies") {
            imports.tests.insert(room.clone());
        } else {
            imports.code.insert(room.clone());
        }
    }
    imports
}

/// Our crates by name, each with its folder.
fn rooms() -> BTreeMap<String, String> {
    let manifests = files("Cargo.toml");
    let room = |path: &String| {
        let text = read(path);
        let name = text
            .lines()
            .find_map(|line| line.strip_prefix("name = \""))?
            .trim_end_matches('"');
        let folder = path.trim_end_matches("Cargo.toml").trim_end_matches('/');
        Some((name.to_owned(), folder.to_owned()))
    };
    manifests.iter().filter_map(room).collect()
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = files(".rs")
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > CEILING)
        .map(|(lines, path)| format!("{path} has {lines} lines"))
        .collect();
    assert!(long.is_empty(), "split by noun: {long:#?}");
}

#[test]
fn no_module_hides_in_mod_rs() {
    let hidden: Vec<String> = files(".rs")
        .into_iter()
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    assert!(hidden.is_empty(), "write foo.rs beside foo/: {hidden:#?}");
}

#[test]
fn imports_follow_the_arrows() {
    let rooms = rooms();
    assert!(rooms.len() >= 7, "{rooms:?}");
    for (name, folder) in &rooms {
        if TOOLS.contains(&folder.as_str()) {
            continue;
        }
        let allowed = ARROWS
            .iter()
            .find(|(room, _)| room == folder)
            .unwrap_or_else(|| panic!("{name} is in no room of ARCHITECTURE.md"))
            .1;
        let manifest = Path::new(folder).join("Cargo.toml");
        let imports = imports(&read(&manifest.to_string_lossy()), &rooms);
        for room in &imports.code {
            assert!(
                allowed.contains(&room.as_str()),
                "{name} must not import {room}; it may import {allowed:?}"
            );
        }
        for room in &imports.tests {
            // The root's tests are the ones of the whole product.
            let known = folder.is_empty() || TOOLS.contains(&room.as_str());
            assert!(
                known || allowed.contains(&room.as_str()),
                "the tests of {name} must not import {room}"
            );
        }
    }
}

#[test]
fn the_reader_of_manifests_sees_every_spelling() {
    let rooms: BTreeMap<String, String> = ["a", "b", "c", "d", "e"]
        .map(|room| (format!("modelgate-{room}"), room.to_owned()))
        .into();
    let manifest = "\
[workspace.dependencies]
modelgate-a = { path = \"a\" }
[package]
name = \"modelgate-a\"
[dependencies]
modelgate-b.workspace = true
modelgate-c = { path = \"c\" }
serde = \"1\"
[target.'cfg(unix)'.dependencies.modelgate-d]
path = \"d\"
[dev-dependencies]
\"modelgate-e\" = { path = \"e\" }
";
    let imports = imports(manifest, &rooms);
    let expected = ["b", "c", "d"].map(str::to_owned);
    assert_eq!(imports.code, expected.into());
    assert_eq!(imports.tests, ["e".to_owned()].into());
}

#[test]
fn only_rooms_at_the_terminal_print() {
    let mut printing = Vec::new();
    for path in files(".rs") {
        if MAY_PRINT.iter().any(|room| path.starts_with(room)) {
            continue;
        }
        let text = read(&path);
        // Tests may print, and stand in files of their own or at the end of a file.
        if path.ends_with("tests.rs") || path.contains("/tests/") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for (index, line) in code.lines().enumerate() {
            let line = line.trim_start();
            if !line.starts_with("//") && PRINTING.iter().any(|word| calls(line, word)) {
                printing.push(format!("{path}:{}", index + 1));
            }
        }
    }
    assert!(printing.is_empty(), "return a value instead: {printing:#?}");
}

/// Whether the line calls the macro itself, not one whose name ends like it.
fn calls(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|char| char.is_alphanumeric() || char == '_')
    })
}
