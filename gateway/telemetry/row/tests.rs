use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use modelgate_config::{Environment, Overrides, Store, parse};
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::{Dialect, Str};
use modelgate_providers::{CallError, Candidate, Why};

use super::*;
use crate::record::Record;
use crate::request::RequestId as Id;
use crate::state::State;

const FILE: &str = "api-keys: [{key: sk-test-0123456789abcdef, name: laptop}]
claude-api-key: [{api-key: sk-ant-0123456789}, {api-key: sk-ant-9876543210}]
";
const MODEL: &str = "claude-sonnet-4-5";

/// A record of a request that was let in, and who could serve it.
fn begun() -> (State, Record, [Candidate; 2]) {
    let loaded = parse(FILE, Path::new("f.yaml"), &Environment::default()).unwrap();
    let state = State::new(Store::new(loaded, Overrides::default()).unwrap());
    let snapshot = state.snapshot();
    let key = snapshot.config.client_keys[0].clone();
    let route = snapshot.catalog.route(MODEL).unwrap();
    let candidates = [0, 1].map(|index| route.member(index).to_candidate());
    let telemetry = Arc::clone(&state.telemetry);
    let mut record = Record::new(Id::new(), Instant::now(), Dialect::Chat, telemetry);
    record.called_by(&Caller::Key(Arc::new(key)));
    record.received(12);
    record.asked(&MODEL.into(), true);
    (state, record, candidates)
}

/// The row of a record that is over.
fn row(state: &State, record: Record) -> Option<Row> {
    drop(record);
    let sheet = state.telemetry.recent.newest(1).remove(0);
    of(&sheet, Prices::bundled(), &mut Names::default())
}

fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input: Some(input),
        output: Some(output),
        ..Usage::default()
    }
}

#[test]
fn an_answer_after_a_failure_is_one_row_with_both_attempts() {
    let (state, mut record, [first, second]) = begun();
    record.attempt(&first, Why::Turn);
    record.attempted(Some(&CallError::broken(
        Str::from("claude"),
        "sent nonsense",
    )));
    record.attempt(&second, Why::Turn);
    record.attempted(None);
    record.began();
    record.used(usage(1_000, 100));
    record.sent(40);
    record.sent(2);
    record.completed();
    let row = row(&state, record).unwrap();
    assert_eq!(row.outcome, Outcome::Completed);
    assert_eq!((row.status, row.bytes_in, row.bytes_out), (200, 12, 42));
    assert_eq!(row.key.as_ref().unwrap().label().as_ref(), "laptop");
    assert_eq!(row.credential.as_deref(), Some("claude-api-key[1]"));
    assert_eq!(row.served_model.as_deref(), Some(MODEL));
    assert_eq!(row.client_dialect.as_deref(), Some("chat"));
    assert_eq!(row.upstream_dialect.as_deref(), Some("claude"));
    // Three dollars a million for the input, fifteen for the output.
    assert_eq!(row.cost, Cost::Exact(3_000_000 + 1_500_000));
    let attempts: Vec<_> = row
        .attempts
        .iter()
        .map(|a| (&*a.credential, a.status))
        .collect();
    assert_eq!(
        attempts,
        [("claude-api-key[0]", 0), ("claude-api-key[1]", 200)]
    );
    assert!(row.attempts[0].error.is_some() && row.attempts[1].error.is_none());
    assert!(row.upstream.is_some() && row.first_byte.is_some());
}

#[test]
fn the_model_that_was_asked_for_and_the_one_that_answered_are_both_told() {
    let (state, mut record, [first, _]) = begun();
    record.asked(&"best".into(), true);
    record.attempt(&first, Why::Turn);
    let aliased = row(&state, record).unwrap();
    assert_eq!(aliased.requested_model.as_deref(), Some("best"));
    assert_eq!(aliased.served_model.as_deref(), Some(MODEL));
    let (state, mut record, [first, _]) = begun();
    record.attempt(&first, Why::Turn);
    let plain = row(&state, record).unwrap();
    assert_eq!(plain.requested_model.as_deref(), Some(MODEL));
    assert_eq!(plain.served_model.as_deref(), Some(MODEL));
}

#[test]
fn a_client_that_leaves_has_used_what_came_until_then() {
    let (state, mut record, [first, _]) = begun();
    record.attempt(&first, Why::Turn);
    record.attempted(None);
    record.began();
    record.used(usage(1_000, 1));
    let row = row(&state, record).unwrap();
    assert_eq!((row.outcome, row.status), (Outcome::Aborted, 200));
    assert_eq!(row.cost, Cost::Estimated(3_015_000));
}

#[test]
fn what_fails_after_its_beginning_is_no_failed_request() {
    let (state, mut record, [first, _]) = begun();
    record.attempt(&first, Why::Turn);
    record.attempted(None);
    record.began();
    record.failed(&Error::new(ErrorKind::Timeout, "silent"));
    let row = row(&state, record).unwrap();
    assert_eq!((row.outcome, row.status), (Outcome::Partial, 200));
    assert_eq!(row.error.as_deref(), Some("timeout"));
    assert_eq!(row.cost, Cost::Unpriced);
}

#[test]
fn a_refusal_is_a_row_without_anybody_who_served() {
    let (state, mut record, _) = begun();
    record.failed(&Error::new(ErrorKind::RateLimit, "too many"));
    let row = row(&state, record).unwrap();
    assert_eq!((row.outcome, row.status), (Outcome::Failed, 429));
    assert_eq!(
        (row.credential, row.provider, row.served_model),
        (None, None, None)
    );
    assert_eq!(row.requested_model.as_deref(), Some(MODEL));
    assert_eq!(row.upstream, None);
}

#[test]
fn who_was_not_let_in_and_what_is_free_leave_no_row() {
    let (state, mut record, _) = begun();
    record.free();
    record.answered(2);
    assert_eq!(row(&state, record), None);
    let telemetry = Arc::clone(&state.telemetry);
    let record = Record::new(Id::new(), Instant::now(), Dialect::Chat, telemetry);
    assert_eq!(row(&state, record), None);
}

#[test]
fn callers_without_a_key_are_nobody() {
    let (state, mut record, _) = begun();
    record.called_by(&Caller::Loopback);
    assert_eq!(row(&state, record).unwrap().key, None);
}

#[test]
fn names_that_lie_together_hardly_ever_share_a_slot() {
    for step in [4, 6, 8, 16, 24, 32, 48, 64, 512, 4096] {
        let addresses = (0..8).map(|place| 0x7f3a_1200_0040 + place * step);
        let slots: HashSet<usize> = addresses.map(slot).collect();
        assert!(slots.len() >= 7, "{step} bytes apart");
    }
}
