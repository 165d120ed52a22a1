//! From the record of a request to its row in the ledger.

use std::sync::Arc;
use std::time::Duration;

use modelgate_dialects::ir::Usage;
use modelgate_ledger::{Attempt, ClientKey, Cost, Outcome, Part, Prices, RequestId, Row, Tokens};

use crate::access::Caller;
use crate::record::{self, Sheet};

/// Names of rows that are made once for many of them.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 8;

/// Names of the last rows, each in the slot that the address of its text leads to. Most requests have the names of one of
/// those before them.
#[derive(Debug)]
pub(super) struct Names([Option<Arc<str>>; SLOTS]);

impl Default for Names {
    fn default() -> Self {
        Self([const { None }; SLOTS])
    }
}

impl Names {
    /// The address only leads to where the name may be: something else may stand there by now.
    fn name(&mut self, text: &str) -> Arc<str> {
        let slot = &mut self.0[slot(text.as_ptr().addr())];
        match slot {
            Some(name) if **name == *text => Arc::clone(name),
            _ => Arc::clone(slot.insert(Arc::from(text))),
        }
    }
}

/// The slot of an address. Addresses of names lie close together or evenly apart: two of one request in the same slot would push
/// each other out with every request, so they are spread (Fibonacci hashing).
fn slot(address: usize) -> usize {
    let spread = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread >> (u64::BITS - SLOT_BITS)) as usize
}

/// What a request cost; none where there is nothing to account for.
pub(super) fn cost(sheet: &Sheet, prices: &Prices) -> Option<Cost> {
    sheet.caller.as_ref().filter(|_| !sheet.free)?;
    let (outcome, tokens) = (outcome(sheet), tokens(&sheet.usage));
    let cost =
        served(sheet).map(|(provider, model)| prices.cost(Some(provider), model, &tokens, outcome));
    Some(cost.unwrap_or(Cost::Unpriced))
}

/// What its cost was added up from, likewise.
pub(super) fn bill(sheet: &Sheet, prices: &Prices) -> Vec<Part> {
    let served = served(sheet).filter(|_| sheet.caller.is_some() && !sheet.free);
    served.map_or_else(Vec::new, |(provider, model)| {
        prices.parts(Some(provider), model, &tokens(&sheet.usage))
    })
}

/// The provider that was asked last, and its name of the model.
fn served(sheet: &Sheet) -> Option<(&str, &str)> {
    let candidate = &sheet.served()?.candidate;
    Some((&candidate.credential.provider, &candidate.target.model))
}

/// The row of a request; none where there is nothing to account for: nobody was let in, or what was asked for is free.
pub(super) fn of(sheet: &Sheet, prices: &Prices, names: &mut Names) -> Option<Row> {
    let caller = sheet.caller.as_ref().filter(|_| !sheet.free)?;
    let cost = cost(sheet, prices)?;
    let mut name = |text: &str| names.name(text);
    let served = sheet.served();
    // The last one is who served: its names are shared, and so is that of a model that is called the same on both sides.
    let attempts = sheet.attempts.iter();
    let attempts: Vec<Attempt> = attempts.map(|one| attempt(one, &mut name)).collect();
    let last = attempts.last();
    let credential = last.map(|last| Arc::clone(&last.credential));
    let provider = last.map(|last| Arc::clone(&last.provider));
    let served_model = served.map(|served| name(&served.candidate.target.model));
    let requested_model = (!sheet.model.is_empty()).then(|| {
        let same = served_model.as_ref();
        let same = same.filter(|served| ***served == *sheet.model);
        same.map_or_else(|| name(&sheet.model), Arc::clone)
    });
    let client_dialect = name(sheet.dialect.name());
    let upstream_dialect = served.map(|served| {
        if served.dialect == sheet.dialect {
            Arc::clone(&client_dialect)
        } else {
            name(served.dialect.name())
        }
    });
    Some(Row {
        id: RequestId::from_bytes(sheet.id.bytes()),
        key: key(caller, &mut name),
        credential,
        provider,
        requested_model,
        served_model,
        client_dialect: Some(client_dialect),
        upstream_dialect,
        stream: sheet.stream,
        status: status(sheet),
        outcome: outcome(sheet),
        error: sheet.failure.as_ref().map(|failure| name(failure.kind)),
        tokens: tokens(&sheet.usage),
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

fn key(caller: &Caller, name: &mut impl FnMut(&str) -> Arc<str>) -> Option<ClientKey> {
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

fn attempt(attempt: &record::Attempt, name: &mut impl FnMut(&str) -> Arc<str>) -> Attempt {
    let failure = attempt.failure.as_ref();
    let status = failure.and_then(|failure| failure.status);
    let credential = &attempt.candidate.credential;
    Attempt {
        credential: name(credential.id.as_str()),
        provider: name(&credential.provider),
        status: status.unwrap_or(if attempt.is_answered() { 200 } else { 0 }),
        error: failure.map(|failure| name(failure.kind)),
        after: attempt.after,
        took: attempt.took,
    }
}

#[cfg(test)]
mod tests;
