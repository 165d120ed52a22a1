//! Every fixture below `golden/`, through the codecs, beside what came out: a new fixture is a new file.
//!
//! `requests/<dialect>/*.json` are clients' requests, encoded for an upstream of every other dialect that upstreams speak;
//! `responses/<dialect>/*.json`, `streams/<dialect>/*.sse` (of Kiro `*.frames`, see `support/kiro_stream.rs`) and
//! `errors/<dialect>/<status>_*` are upstreams' answers, encoded for a client of every other dialect. `name@profile` picks a profile of `support/targets.rs`; `@broken` is a
//! stream whose connection broke. What came out stands beside the fixture, in `name.<other dialect>.snap`.
//!
//! `INSTA_UPDATE=always cargo test -p modelgate-dialects --test dialects golden` writes them anew, for `git diff`.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::json::Document;
use modelgate_dialects::{
    Dialect, Losses, decode_error, decode_request, decode_response, encode_error, encode_request,
    encode_response,
};

use crate::support::{drive, kiro_stream, pretty::pretty, targets};

/// One file of the folder.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) dialect: Dialect,
    pub(crate) name: String,
    pub(crate) profile: String,
    pub(crate) bytes: Vec<u8>,
    path: PathBuf,
}

impl Fixture {
    /// The name of its file without the ending.
    fn stem(&self) -> &str {
        stem(&self.path)
    }

    /// The frames of a stream.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        self.frames_of([&*self.bytes])
    }

    /// The same in chunks.
    pub(crate) fn frames_of<'c>(&self, chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<Frame> {
        drive::upstream_frames(self.dialect, chunks).0
    }

    /// The dialects that a fixture of this kind is encoded in.
    fn others(&self, kind: &str) -> Vec<Dialect> {
        match kind {
            "requests" => drive::upstreams(self.dialect).collect(),
            _ => drive::clients(self.dialect).collect(),
        }
    }
}

/// The name of a file up to its first dot.
fn stem(path: &Path) -> &str {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.split('.').next().unwrap()
}

/// The fixtures of one kind: `requests`, `responses`, `streams`, `errors`.
pub(crate) fn fixtures(kind: &str) -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(kind);
    let mut fixtures = Vec::new();
    let dialects: &[Dialect] = match kind {
        "requests" => &Dialect::CLIENT,
        // Kiro answers with streams only.
        "responses" => &Dialect::BOTH,
        _ => &Dialect::UPSTREAM,
    };
    for &dialect in dialects {
        let folder = fs::read_dir(root.join(dialect.name())).unwrap();
        let mut paths: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            path.extension()
                .is_none_or(|extension| extension != "snap" && extension != "new")
        });
        paths.sort();
        fixtures.extend(paths.into_iter().map(|path| {
            let stem = stem(&path);
            let (name, profile) = stem.split_once('@').unwrap_or((stem, ""));
            Fixture {
                dialect,
                name: name.to_owned(),
                profile: profile.to_owned(),
                bytes: match path.extension().is_some_and(|ending| ending == "frames") {
                    true => kiro_stream::bytes(&fs::read_to_string(&path).unwrap()),
                    false => fs::read(&path).unwrap(),
                },
                path,
            }
        }));
    }
    fixtures
}

/// Compares what `show` makes of every fixture for every other dialect with the snapshot beside it, and names all that
/// differ.
fn compare(kind: &str, show: impl Fn(&Fixture, Dialect) -> String) {
    let fixtures = fixtures(kind);
    let mut differing = Vec::new();
    for fixture in &fixtures {
        for to in fixture.others(kind) {
            let compared = AssertUnwindSafe(|| compare_one(fixture, to, &show(fixture, to)));
            if catch_unwind(compared).is_err() {
                differing.push(format!("{} to {to}", fixture.path.display()));
            }
        }
    }
    assert!(
        differing.is_empty(),
        "{} of {} fixtures differ:\n{}",
        differing.len(),
        fixtures.len(),
        differing.join("\n")
    );
}

fn compare_one(fixture: &Fixture, to: Dialect, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(fixture.path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = format!("{}.{to}", fixture.stem());
    settings.bind(|| insta::assert_snapshot!(name, shown));
}

fn json(body: &[u8]) -> String {
    match Document::parse(Bytes::copy_from_slice(body)) {
        Ok(document) => pretty(&document),
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(body)),
    }
}

fn lines(losses: &Losses) -> String {
    let line = |loss: &modelgate_dialects::Loss| {
        let quiet = if loss.quiet { " (quiet)" } else { "" };
        format!("- {loss}{quiet}\n")
    };
    losses.iter().map(line).collect()
}

#[test]
fn requests() {
    compare("requests", |fixture, to| {
        let request = match decode_request(fixture.dialect, &drive::document(&fixture.bytes)) {
            Ok(request) => request,
            Err(error) => return format!("not a request: {error}"),
        };
        match encode_request(to, &request, &targets::named(to, &fixture.profile)) {
            Ok(encoded) => format!(
                "{}\n{}",
                json(&encoded.body.to_bytes()),
                lines(&encoded.losses)
            ),
            Err(error) => format!("refused: {error}"),
        }
    });
}

#[test]
fn responses() {
    compare("responses", |fixture, to| {
        let provider = targets::provider(fixture.dialect);
        match decode_response(fixture.dialect, &drive::document(&fixture.bytes), &provider) {
            Ok(response) => json(&encode_response(
                to,
                &response,
                &targets::reply_named(&fixture.profile),
            )),
            Err(error) => format!("not a response: {error}"),
        }
    });
}

#[test]
fn streams() {
    compare("streams", |fixture, to| {
        let clean = fixture.profile != "broken";
        let events = drive::events(fixture.dialect, &fixture.frames(), clean);
        let out = drive::stream(to, events, targets::reply_named(&fixture.profile));
        String::from_utf8(out).unwrap()
    });
}

#[test]
fn errors() {
    compare("errors", |fixture, to| {
        let status = fixture.name.split('_').next().unwrap().parse().unwrap();
        let error = decode_error(
            fixture.dialect,
            status,
            &Bytes::copy_from_slice(&fixture.bytes),
        );
        let body = encode_error(to, &error);
        let retry = error
            .retry_after
            .map(|after| format!("\nretry after {after:?}"));
        format!(
            "{} {:?}\n{}{}",
            error.status,
            error.kind,
            json(&body),
            retry.unwrap_or_default()
        )
    });
}

#[test]
fn every_snapshot_belongs_to_a_fixture() {
    for kind in ["requests", "responses", "streams", "errors"] {
        let fixtures = fixtures(kind);
        let mut expected = BTreeSet::new();
        let mut folders = BTreeSet::new();
        for fixture in &fixtures {
            for to in fixture.others(kind) {
                let snapshot = format!("{}.{to}.snap", fixture.stem());
                let is_new = expected.insert(fixture.path.with_file_name(snapshot));
                assert!(is_new, "{} is there twice", fixture.path.display());
            }
            folders.insert(fixture.path.parent().unwrap());
        }
        for folder in folders {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let is_snapshot = path.extension().is_some_and(|ending| ending == "snap");
                assert!(
                    !is_snapshot || expected.contains(&path),
                    "{} has no fixture",
                    path.display()
                );
            }
        }
    }
}
