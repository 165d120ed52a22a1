//! `GET /usage-queue`: what every call of an upstream used, each told once (`management-api.md` 2.4).
//!
//! The queue is the requests that ended last, seen from where the last answer stopped; so it costs nothing while nobody asks.
//! Keys and tokens are not told: clients are named by the public ids of their keys.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use modelgate_management::time::timestamp;
use serde_json::{Value, json};
use warp::reply::Response;

use super::refused::Refused;
use super::settings::Ask;
use crate::record::{Attempt, Sheet};
use crate::reply;
use crate::state::State;

pub(super) fn answer(state: &State, ask: &Ask) -> Result<Response, Refused> {
    let count = match ask.parameter("count") {
        None => 1,
        Some(text) => text
            .trim()
            .parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or_else(|| Refused::bad("count must be a positive integer"))?,
    };
    let retention = state.snapshot().config.ledger.queue;
    let oldest = SystemTime::now().checked_sub(retention);
    let kept = state.telemetry.is_recording() && !retention.is_zero();
    let told = state.telemetry.take(count, |sheet| {
        let ended = sheet.time + sheet.total;
        let fresh = kept && oldest.is_none_or(|oldest| ended >= oldest);
        if fresh { records(sheet) } else { Vec::new() }
    });
    Ok(reply::json(StatusCode::OK, Value::Array(told).to_string()))
}

/// One record for each call, and one for a request that came to none.
fn records(sheet: &Sheet) -> Vec<Value> {
    if sheet.caller.is_none() || sheet.free {
        return Vec::new();
    }
    let Some((last, before)) = sheet.attempts.split_last() else {
        return vec![record(sheet, None, true)];
    };
    let mut records: Vec<Value> = before
        .iter()
        .map(|attempt| record(sheet, Some(attempt), false))
        .collect();
    records.push(record(sheet, Some(last), true));
    records
}

/// What a call used; the counts of a request are those of its last call.
fn record(sheet: &Sheet, attempt: Option<&Attempt>, last: bool) -> Value {
    let failure = attempt.and_then(|attempt| attempt.failure.as_ref());
    let told = sheet.failure.as_ref().filter(|_| last);
    let failed = failure.is_some() || told.is_some();
    let status = match (failure, told) {
        (Some(failure), _) => failure.status.unwrap_or(0),
        (None, Some(_)) => sheet.status,
        (None, None) => 200,
    };
    let message = failure.map(|failure| &failure.message);
    let message = message.or(told.map(|told| &told.message));
    let credential = attempt.map(|attempt| &attempt.candidate.credential);
    let took = attempt.and_then(|attempt| attempt.took);
    let latency = if last { Some(sheet.total) } else { took };
    let caller = sheet.caller.as_ref().map(|_| sheet.caller());
    json!({
        "timestamp": timestamp(sheet.time).to_string(),
        "request_id": sheet.id.as_str(),
        "latency_ms": latency.map_or(0, millis),
        "ttft_ms": sheet.first_byte.filter(|_| last).map_or(0, millis),
        "source": credential.map_or("", |credential| credential.id.as_str()),
        "auth_index": credential.map(|credential| credential.key.to_string()),
        "provider": credential.map(|credential| &*credential.provider),
        "model": attempt.map_or(&*sheet.model, |attempt| &*attempt.candidate.target.model),
        "alias": &*sheet.model,
        "endpoint": sheet.dialect.name(),
        "api_key": caller.unwrap_or(""),
        "failed": failed,
        "fail": { "status_code": status, "body": message.map_or("", |message| message) },
        "tokens": tokens(sheet, last),
    })
}

/// In the meaning of the family: the input contains what was cached, the output the thinking.
fn tokens(sheet: &Sheet, last: bool) -> Value {
    let usage = &sheet.usage;
    let count = |count: Option<u64>| count.filter(|_| last).unwrap_or(0);
    let (input, output) = (count(usage.total_input()), count(usage.total_output()));
    json!({
        "input_tokens": input,
        "output_tokens": output,
        "reasoning_tokens": count(usage.reasoning),
        "cached_tokens": count(usage.cache_read),
        "cache_read_tokens": count(usage.cache_read),
        "cache_read_tokens_present": last && usage.cache_read.is_some(),
        "cache_creation_tokens": count(usage.cache_write),
        "total_tokens": input.saturating_add(output),
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
