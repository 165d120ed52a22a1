//! From the record of a request to its row in the ledger.

use std::sync::Arc;
use std::time::Duration;

use modelgate_dialects::ir::Usage;
use modelgate_ledger::{Attempt, ClientKey, Cost, Outcome, Prices, RequestId, Row, Tokens};

use crate::access::Caller;
use crate::record::{self, Sheet};

/// The row of a request; none where there is nothing to account for: nobody was let in, or what was asked for is free.
pub(super) fn of(sheet: &Sheet, prices: &Prices) -> Option<Row> {
    let caller = sheet.caller.as_ref().filter(|_| !sheet.free)?;
    let served = sheet.served();
    // The last one is who served: its names are shared, and so is that of a model that is called the same on both sides.
    let attempts: Vec<Attempt> = sheet.attempts.iter().map(attempt).collect();
    let last = attempts.last();
    let credential = last.map(|last| Arc::clone(&last.credential));
    let provider = last.map(|last| Arc::clone(&last.provider));
    let requested_model = (!sheet.model.is_empty()).then(|| name(&sheet.model));
    let served_model = served.map(|served| {
        let model = &*served.candidate.target.model;
        let same = requested_model.as_ref().filter(|asked| &***asked == model);
        same.map_or_else(|| name(model), Arc::clone)
    });
    let client_dialect = name(sheet.dialect.name());
    let upstream_dialect = served.map(|served| {
        if served.dialect == sheet.dialect {
            Arc::clone(&client_dialect)
        } else {
            name(served.dialect.name())
        }
    });
    let (outcome, tokens) = (outcome(sheet), tokens(&sheet.usage));
    let cost = served_model.as_deref().map_or(Cost::Unpriced, |model| {
        prices.cost(provider.as_deref(), model, &tokens, outcome)
    });
    Some(Row {
        id: RequestId::parse(sheet.id.as_str())?,
        key: key(caller),
        credential,
        provider,
        requested_model,
        served_model,
        client_dialect: Some(client_dialect),
        upstream_dialect,
        stream: sheet.stream,
        status: status(sheet),
        outcome,
        error: sheet.failure.as_ref().map(|failure| name(failure.kind)),
        tokens,
        latency: sheet.total,
        first_byte: sheet.first_byte,
        upstream: upstream(&sheet.attempts),
        cost,
        bytes_in: sheet.bytes_in,
        bytes_out: sheet.bytes_out,
        losses: u32::try_from(sheet.losses.len()).unwrap_or(u32::MAX),
        attempts,
        imported: None,
    })
}

fn name(text: &str) -> Arc<str> {
    Arc::from(text)
}

fn key(caller: &Caller) -> Option<ClientKey> {
    match caller {
        Caller::Key(key) => Some(ClientKey {
            id: name(&key.id),
            name: key.name.as_deref().map(name),
        }),
        Caller::Loopback => None,
    }
}

/// What the client was answered: a failure after the first byte has changed nothing of that.
fn status(sheet: &Sheet) -> u16 {
    match sheet.first_byte {
        Some(_) => 200,
        None => sheet.status,
    }
}

fn outcome(sheet: &Sheet) -> Outcome {
    match (&sheet.failure, sheet.first_byte) {
        (Some(_), Some(_)) => Outcome::Partial,
        (Some(_), None) => Outcome::Failed,
        (None, _) if sheet.complete => Outcome::Completed,
        (None, _) => Outcome::Aborted,
    }
}

fn tokens(usage: &Usage) -> Tokens {
    Tokens {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write: usage.cache_write,
        cache_write_5m: usage.cache_write_5m,
        cache_write_1h: usage.cache_write_1h,
        output: usage.output,
        reasoning: usage.reasoning,
        // The codecs count what tools bring in as input.
        tool_use: None,
        estimated: usage.estimated,
    }
}

fn upstream(attempts: &[record::Attempt]) -> Option<Duration> {
    let waits = attempts.iter().filter_map(|attempt| attempt.took);
    waits.reduce(Duration::saturating_add)
}

fn attempt(attempt: &record::Attempt) -> Attempt {
    let failure = attempt.failure.as_ref();
    let answered = attempt.took.is_some() && failure.is_none();
    let status = failure.and_then(|failure| failure.status);
    let credential = &attempt.candidate.credential;
    Attempt {
        credential: name(credential.id.as_str()),
        provider: name(&credential.provider),
        status: status.unwrap_or(if answered { 200 } else { 0 }),
        error: failure.map(|failure| name(failure.kind)),
        after: attempt.after,
        took: attempt.took,
    }
}

#[cfg(test)]
mod tests;
