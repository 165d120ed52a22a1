//! A file of an older version is taken over whole.

use std::path::Path;
use std::time::Duration;

use modelgate_ledger::record::{Counts, Origin};
use modelgate_ledger::{
    Attempt, By, ClientKey, Cost, Filter, Outcome, Range, RequestId, Row, Tokens,
};

use crate::material::{BEGINNING, Bed, LONG, all, open, row};

/// What was in a file of version 1: a plain request; a stream with all counts; one that failed at a second attempt; one that
/// was left, whose counts are a guess; one of another gateway; one of which nothing is known. Then their sums.
const ROWS: &str = "
INSERT INTO name (id, text) VALUES (1, 'claude-1'), (2, 'claude'), (3, 'sonnet'), (4, 'claude-sonnet-5'), (5, 'chat'),
    (6, 'rate_limited'), (7, 'claude-2'), (8, 'index-1');
INSERT INTO client_key (id, key, name) VALUES (1, 'key-1', 'laptop'), (2, 'key-2', NULL);
INSERT INTO request VALUES
(X'01a1f640bc0070000000000000000001', 8, 1, 1, 2, 3, 4, 5, 2, 200, NULL,
    100, NULL, NULL, NULL, NULL, 10, NULL, NULL,
    1500, NULL, 1480, 354000, 2000, 9000, 0, X'010200c801019902', NULL, NULL, NULL),
(X'01a1f640bc0070000000000000000002', 9, 1, 1, 2, 3, 4, 5, 2, 200, NULL,
    1, 2, 12, 4, 8, 5, 0, 7,
    4294967295, 300, 4294967295, 10000000000000, 100000000000, 0, 4294967295, X'010200c801019902', NULL, NULL, NULL),
(X'01a1f640bc0070000000000000000003', 2, 1, 1, 2, 3, 4, 5, 2, 429, 6,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    70, NULL, 61, NULL, 10, 20, 3, X'070206ad030133010206003c00', NULL, NULL, NULL),
(X'01a1f640bc0070000000000000000004', 53, NULL, 1, 2, 3, 4, 5, 2, 200, NULL,
    0, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    5, 0, 4, 0, 0, 0, 0, NULL, NULL, NULL, NULL),
(X'01a1f640bc0080000000000000000005', 48, 2, 1, NULL, 3, NULL, NULL, NULL, 0, NULL,
    100, 60, NULL, NULL, NULL, 50, 20, NULL,
    9, NULL, NULL, 77, 0, 0, 0, NULL, 150, 456789, 8),
(X'01a1f640bc0090000000000000000006', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    0, NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO sums VALUES (0, 0, 498648, 0, 0, 6, 1, 1, 2, 2, 2, 141, 62, 12, 45, 20, 7, 287,
    10000000354077, 4294968879, 300, 2, 100000002010, 9020);
INSERT INTO sums SELECT 3, 1, 20777, 2, 1, requests, failed, aborted, uncounted, unpriced, estimated, input, cache_read,
    cache_write, output, reasoning, tool_use, tokens, cost, latency, first_byte, first_bytes, bytes_in, bytes_out FROM sums;
PRAGMA application_id = 0x6d676c64;
PRAGMA user_version = 1;
";

fn old_file(directory: &Path) {
    let file = rusqlite::Connection::open(directory.join("ledger.db")).unwrap();
    let tables = include_str!("../sqlite/version_1.sql");
    file.execute_batch(tables).unwrap();
    file.execute_batch(ROWS).unwrap();
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What the old file says.
fn meant() -> Vec<Row> {
    let id = |text: &str| RequestId::parse(&format!("01a1f640bc00{text:0>20}")).unwrap();
    let plain = Row {
        id: id("70000000000000000001"),
        stream: false,
        tokens: Tokens {
            input: Some(100),
            output: Some(10),
            ..Tokens::default()
        },
        first_byte: None,
        ..row(BEGINNING, 1)
    };
    let longest = millis(u32::MAX.into());
    let counted = Row {
        id: id("70000000000000000002"),
        stream: true,
        tokens: Tokens {
            input: Some(1),
            cache_read: Some(2),
            cache_write: Some(12),
            cache_write_5m: Some(4),
            cache_write_1h: Some(8),
            output: Some(5),
            reasoning: Some(0),
            tool_use: Some(7),
            estimated: false,
        },
        latency: longest,
        first_byte: Some(millis(300)),
        upstream: Some(longest),
        cost: Cost::Exact(10_000_000_000_000),
        bytes_in: 100_000_000_000,
        bytes_out: 0,
        losses: u32::MAX,
        ..plain.clone()
    };
    let first = Attempt {
        credential: "claude-2".into(),
        provider: "claude".into(),
        status: 429,
        error: Some("rate_limited".into()),
        after: millis(1),
        took: Some(millis(50)),
    };
    let second = Attempt {
        credential: "claude-1".into(),
        status: 0,
        after: millis(60),
        took: None,
        ..first.clone()
    };
    let failed = Row {
        id: id("70000000000000000003"),
        status: 429,
        outcome: Outcome::Failed,
        error: Some("rate_limited".into()),
        tokens: Tokens::default(),
        latency: millis(70),
        upstream: Some(millis(61)),
        cost: Cost::Unpriced,
        bytes_in: 10,
        bytes_out: 20,
        losses: 3,
        attempts: vec![first, second],
        ..plain.clone()
    };
    let left = Row {
        id: id("70000000000000000004"),
        key: None,
        stream: true,
        outcome: Outcome::Aborted,
        tokens: Tokens {
            input: Some(0),
            estimated: true,
            ..Tokens::default()
        },
        latency: millis(5),
        first_byte: Some(Duration::ZERO),
        upstream: Some(millis(4)),
        cost: Cost::Estimated(0),
        bytes_in: 0,
        bytes_out: 0,
        attempts: Vec::new(),
        ..plain.clone()
    };
    let nothing = Row {
        id: id("90000000000000000006"),
        credential: None,
        provider: None,
        requested_model: None,
        served_model: None,
        client_dialect: None,
        upstream_dialect: None,
        stream: false,
        status: 0,
        outcome: Outcome::Completed,
        tokens: Tokens::default(),
        latency: Duration::ZERO,
        first_byte: None,
        upstream: None,
        cost: Cost::Unpriced,
        ..left.clone()
    };
    let imported = Row {
        id: id("80000000000000000005"),
        key: Some(ClientKey {
            id: "key-2".into(),
            name: None,
        }),
        credential: Some("claude-1".into()),
        requested_model: Some("sonnet".into()),
        tokens: Tokens {
            input: Some(40),
            cache_read: Some(60),
            output: Some(30),
            reasoning: Some(20),
            estimated: true,
            ..Tokens::default()
        },
        latency: millis(9),
        cost: Cost::Estimated(77),
        imported: Some(Origin {
            nanos: 456_789,
            auth_index: Some("index-1".into()),
            counts: Counts {
                input: 100,
                output: 50,
                reasoning: 20,
                cached: 60,
                total: 150,
            },
        }),
        ..nothing.clone()
    };
    vec![plain, counted, failed, left, imported, nothing]
}

#[test]
fn rows_of_version_1_mean_what_they_meant() {
    let directory = tempfile::tempdir().unwrap();
    old_file(directory.path());
    let ledger = open(directory.path());
    assert!(ledger.flush(LONG));
    let mut found = all(&ledger);
    found.reverse();
    assert_eq!(found, meant());
    let failed = Filter {
        error: Some("rate_limited".to_owned()),
        ..Filter::default()
    };
    let page = ledger.requests(&failed, None, 10).unwrap();
    assert_eq!(page.rows, [meant().remove(2)]);
    assert!(ledger.status().set_aside.is_none());
}

#[test]
fn sums_of_version_1_stay_and_grow() {
    let directory = tempfile::tempdir().unwrap();
    old_file(directory.path());
    let ledger = open(directory.path());
    assert!(ledger.flush(LONG));
    let range = Range::default();
    // What the same rows would have come to here.
    let sums = Bed::with(&meant()).ledger.totals(&range).unwrap();
    assert_eq!(ledger.totals(&range).unwrap(), sums);
    // A row that is there already does not count, another one does.
    ledger.record(meant().remove(0));
    ledger.record(row(BEGINNING, 9));
    assert!(ledger.flush(LONG));
    let grown = ledger.totals(&range).unwrap();
    assert_eq!((grown.requests, grown.input), (7, sums.input + 100));
    let summary = ledger.summary(&range, By::Credential, &jiff::tz::TimeZone::UTC);
    let groups = summary.unwrap().groups;
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].name.as_deref(), Some("claude-1"));
    assert_eq!(groups[0].totals, grown);
}
