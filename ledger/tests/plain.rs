//! Ordinary rows, also for a process that is to be killed.

use std::path::Path;
use std::time::Duration;

use modelgate_ledger::{Attempt, ClientKey, Cost, Outcome, RequestId, Row, Settings, Tokens};

/// 2026-11-20T00:00:00Z.
pub(crate) const BEGINNING: u64 = 1_795_132_800_000;

/// The settings of a ledger in a folder; nothing in it grows old.
pub(crate) fn settings(directory: &Path) -> Settings {
    Settings {
        row_days: None,
        sum_days: None,
        ..Settings::new(directory.join("ledger.db"))
    }
}

pub(crate) fn id(millis: u64, number: u64) -> RequestId {
    RequestId::parse(&format!("{millis:012x}7000{number:016x}")).expect("32 digits")
}

/// An ordinary request of a time.
pub(crate) fn row(millis: u64, number: u64) -> Row {
    Row {
        id: id(millis, number),
        key: Some(ClientKey {
            id: "key-1".into(),
            name: Some("laptop".into()),
        }),
        credential: Some("claude-1".into()),
        provider: Some("claude".into()),
        requested_model: Some("sonnet".into()),
        served_model: Some("claude-sonnet-5".into()),
        client_dialect: Some("chat".into()),
        upstream_dialect: Some("claude".into()),
        stream: true,
        status: 200,
        outcome: Outcome::Completed,
        error: None,
        tokens: Tokens {
            input: Some(100),
            cache_read: Some(20),
            output: Some(10),
            reasoning: Some(5),
            ..Tokens::default()
        },
        latency: Duration::from_millis(1_500),
        first_byte: Some(Duration::from_millis(300)),
        upstream: Some(Duration::from_millis(1_480)),
        cost: Cost::Exact(354_000),
        bytes_in: 2_000,
        bytes_out: 9_000,
        losses: 0,
        attempts: vec![Attempt {
            credential: "claude-1".into(),
            provider: "claude".into(),
            status: 200,
            error: None,
            after: Duration::from_millis(1),
            took: Some(Duration::from_millis(280)),
        }],
        imported: None,
    }
}
