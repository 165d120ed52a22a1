//! The README's table of what does not cross from one dialect to another is what the encoders report of the fixtures.
//!
//! `UPDATE_README=1 cargo test -p modelgate-dialects --test dialects readme` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use modelgate_dialects::losses::Action;
use modelgate_dialects::{Dialect, decode_request, encode_request};

use crate::golden::fixtures;
use crate::support::{drive, targets};

const BEGIN: &str = "<!-- losses: begin -->\n";
const END: &str = "<!-- losses: end -->";

/// Fields whose names are invented by the fixtures.
const INVENTED: [&str; 6] = [
    "new_",
    "future",
    "extra",
    "unknown",
    "vendor_",
    "part_field",
];

/// The name of a field without places in lists, and without the way to it where that is a list.
fn field(path: &str) -> String {
    let mut name = String::new();
    let mut depth = 0;
    for char in path.chars() {
        match char {
            '[' => depth += 1,
            ']' => depth -= 1,
            char if depth == 0 => name.push(char),
            _ => {}
        }
    }
    name
}

/// The fields that are dropped and those that are changed on the way between two dialects.
fn lost(from: Dialect, to: Dialect) -> [BTreeSet<String>; 2] {
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    let plain = fixtures("requests")
        .into_iter()
        .filter(|fixture| fixture.dialect == from && fixture.profile.is_empty());
    for fixture in plain {
        let Ok(request) = decode_request(from, &drive::document(&fixture.bytes)) else {
            continue;
        };
        let Ok(encoded) = encode_request(to, &request, &targets::plain(to)) else {
            continue;
        };
        for loss in encoded.losses.iter().filter(|loss| !loss.quiet) {
            let name = field(&loss.path);
            if name.is_empty() || INVENTED.iter().any(|word| name.contains(word)) {
                continue;
            }
            let kind = usize::from(loss.action != Action::Dropped);
            found[kind].insert(name);
        }
    }
    let [dropped, changed] = &mut found;
    changed.retain(|name| !dropped.contains(name));
    found
}

fn table() -> String {
    let mut out = String::from(
        "| client → provider | dropped | changed or brought into range |\n|---|---|---|\n",
    );
    for from in Dialect::CLIENT {
        for to in drive::upstreams(from) {
            let cell = |names: &BTreeSet<String>| {
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                quoted.join(", ")
            };
            let [dropped, changed] = lost(from, to);
            let (dropped, changed) = (cell(&dropped), cell(&changed));
            writeln!(out, "| {from} → {to} | {dropped} | {changed} |").unwrap();
        }
    }
    out
}

#[test]
fn the_table_of_losses_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("a place for the table");
    let (table_then, after) = rest.split_once(END).expect("an end of the table");
    let table_now = table();
    if table_then != table_now && std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, [before, BEGIN, &table_now, END, after].concat()).unwrap();
        return;
    }
    assert!(
        table_then == table_now,
        "the table of losses in README.md is out of date: UPDATE_README=1 cargo test -p modelgate-dialects --test dialects readme"
    );
}
