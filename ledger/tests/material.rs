//! Ledgers and rows to try things with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use modelgate_ledger::{Attempt, ClientKey, Cost, Filter, Ledger, Outcome, Row, Settings, Tokens};
use proptest::prelude::*;

pub(crate) use crate::plain::{BEGINNING, id, row, settings};

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A ledger in a folder of its own. It is closed before the folder is removed, or it would begin a new one.
pub(crate) struct Bed {
    pub(crate) ledger: Open,
    pub(crate) directory: tempfile::TempDir,
}

/// A ledger that is closed in the end.
pub(crate) struct Open(Ledger);

impl Bed {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ledger = open(directory.path());
        Self { ledger, directory }
    }

    pub(crate) fn with(rows: &[Row]) -> Self {
        let bed = Self::new();
        bed.record(rows);
        bed
    }

    pub(crate) fn record(&self, rows: &[Row]) {
        for row in rows {
            self.ledger.record(row.clone());
        }
        assert!(self.ledger.flush(LONG));
    }
}

impl std::ops::Deref for Open {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.0
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.0.close(LONG);
    }
}

pub(crate) fn open(directory: &Path) -> Open {
    open_with(settings(directory))
}

pub(crate) fn open_with(settings: Settings) -> Open {
    Open(Ledger::open(settings).unwrap())
}

/// All rows, the newest first.
pub(crate) fn all(ledger: &Ledger) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut cursor = None;
    loop {
        let page = ledger.requests(&Filter::default(), cursor, 1_000).unwrap();
        rows.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            return rows;
        }
    }
}

fn name(names: &'static [&'static str]) -> impl Strategy<Value = Option<Arc<str>>> {
    prop::option::weighted(0.9, prop::sample::select(names)).prop_map(|name| name.map(Into::into))
}

fn count() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(prop_oneof![
        0..10_u64,
        0..200_000_u64,
        0..=10_000_000_000_u64
    ])
}

fn millis() -> impl Strategy<Value = Duration> {
    (0..=u64::from(u32::MAX)).prop_map(Duration::from_millis)
}

fn tokens() -> impl Strategy<Value = Tokens> {
    let counts = (
        count(),
        count(),
        count(),
        count(),
        count(),
        count(),
        count(),
        count(),
        any::<bool>(),
    );
    counts.prop_map(|(a, b, c, d, e, f, g, h, estimated)| Tokens {
        input: a,
        cache_read: b,
        cache_write: c,
        cache_write_5m: d,
        cache_write_1h: e,
        output: f,
        reasoning: g,
        tool_use: h,
        estimated,
    })
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let parts = (
        prop::sample::select(&["c1", "c2", "c3"][..]),
        any::<u16>(),
        name(&["rate_limited", "overloaded"]),
        millis(),
        prop::option::of(millis()),
    );
    parts.prop_map(|(credential, status, error, after, took)| Attempt {
        credential: credential.into(),
        provider: "p".into(),
        status,
        error,
        after,
        took,
    })
}

/// Rows of a week, no two with one id, with every field used.
pub(crate) fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let who = (
        name(&["k1", "k2", "k3"]),
        name(&["c1", "c2", "c3"]),
        name(&["claude", "codex"]),
        name(&["gpt-5", "sonnet", "=evil", "a,b"]),
        name(&["gpt-5", "claude-sonnet-5", "unknown"]),
        name(&["chat", "claude"]),
    );
    let what = (
        prop::sample::select(&Outcome::ALL[..]),
        any::<u16>(),
        any::<bool>(),
        tokens(),
        prop_oneof![
            Just(Cost::Unpriced),
            (0..10_000_000_000_000_u64).prop_map(Cost::Exact),
            (0..10_000_000_000_u64).prop_map(Cost::Estimated),
        ],
        prop::collection::vec(attempt(), 0..5),
    );
    let times = (
        millis(),
        prop::option::of(millis()),
        prop::option::of(millis()),
    );
    let bytes = (0..100_000_000_000_u64, 0..10_000_u64, any::<u32>());
    let row = (0..7 * 86_400_000_u64, who, what, times, bytes);
    prop::collection::vec(row, 0..most).prop_map(|rows| {
        let rows = rows.into_iter().zip(0..);
        let rows = rows.map(|((time, who, what, times, bytes), number)| {
            let (key, credential, provider, requested_model, served_model, dialect) = who;
            let (outcome, status, stream, tokens, cost, attempts) = what;
            Row {
                id: id(BEGINNING + time, number),
                key: key.map(|id| ClientKey {
                    name: (&*id != "k3").then(|| format!("name of {id}").into()),
                    id,
                }),
                credential,
                provider,
                requested_model,
                served_model,
                client_dialect: Some("chat".into()),
                upstream_dialect: dialect,
                stream,
                status,
                outcome,
                error: (outcome == Outcome::Failed).then(|| "overloaded".into()),
                tokens,
                latency: times.0,
                first_byte: times.1,
                upstream: times.2,
                cost,
                bytes_in: bytes.0,
                bytes_out: bytes.1,
                losses: bytes.2,
                attempts,
                imported: None,
            }
        });
        rows.collect()
    })
}
