//! A request as the ledger has it: what it was, and not why.

use std::sync::Arc;

use modelgate_ledger::{Outcome, Row, record};
use modelgate_management::requests::{Attempt, Served, Times, Usage};
use modelgate_management::time::Timestamp;
use modelgate_management::{RequestDetail, RequestSummary};

use super::millis;
use crate::telemetry::amount;

/// A request in a line.
pub(super) fn summary(row: &Row) -> RequestSummary {
    RequestSummary::from(&detail(row))
}

/// Everything that is written down of a request.
pub(super) fn detail(row: &Row) -> RequestDetail {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    let tokens = &row.tokens;
    RequestDetail {
        id: row.id.to_string(),
        time: millisecond(row.time()),
        client_key: row.key.as_ref().map(|key| key.id.to_string()),
        client_name: row.key.as_ref().and_then(|key| text(&key.name)),
        dialect: text(&row.client_dialect).unwrap_or_default(),
        model: text(&row.requested_model)
            .or_else(|| text(&row.served_model))
            .unwrap_or_default(),
        stream: row.stream,
        status: row.status,
        complete: row.outcome != Outcome::Aborted,
        error: text(&row.error),
        served: served(row),
        affinity: None,
        candidates: Vec::new(),
        more_candidates: 0,
        attempts: row.attempts.iter().map(|one| attempt(row, one)).collect(),
        losses: Vec::new(),
        times: Times {
            total_ms: millis(row.latency),
            own_us: row
                .attempts
                .first()
                .map(|first| u64::try_from(first.after.as_micros()).unwrap_or(u64::MAX)),
            queue_ms: None,
            first_byte_ms: row.first_byte.map(millis),
            stream_ms: row
                .first_byte
                .map(|first| millis(row.latency.saturating_sub(first))),
        },
        usage: Usage {
            input: tokens.total_input(),
            cached: tokens.cache_read,
            output: tokens.total_output(),
        },
        cost: Some(amount(row.cost)),
    }
}

/// Who answered, if anybody did.
fn served(row: &Row) -> Option<Served> {
    let text = |text: &Option<Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
    let credential = row.credential.as_deref().filter(|_| row.status == 200)?;
    Some(Served {
        credential: credential.to_owned(),
        provider: text(&row.provider),
        dialect: text(&row.upstream_dialect),
        model: text(&row.served_model),
    })
}

/// Of the model that was asked for the ledger keeps the last one.
fn attempt(row: &Row, attempt: &record::Attempt) -> Attempt {
    Attempt {
        credential: attempt.credential.to_string(),
        model: row.served_model.as_deref().unwrap_or_default().to_owned(),
        status: (attempt.status > 0).then_some(attempt.status),
        kind: attempt.error.as_deref().map(str::to_owned),
        message: None,
        retry_after_ms: None,
        ms: attempt.took.map_or(0, millis),
    }
}

fn millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
