//! A request that is over, in a line.

use std::time::Duration;

use modelgate_ledger::Cost;
use modelgate_management::RequestSummary;
use modelgate_management::requests::{Cost as Amount, Usage};
use modelgate_management::time::timestamp;

use crate::record::Sheet;

/// The line of a request; `cost` is what it cost, if it is accounted for.
pub(super) fn summary<'s, Text: From<&'s str>>(
    sheet: &'s Sheet,
    cost: Option<Amount>,
) -> RequestSummary<Text> {
    let served = sheet.served().filter(|_| sheet.status == 200);
    RequestSummary {
        id: sheet.id.as_str().into(),
        time: timestamp(sheet.time),
        client_key: Some(sheet.caller().into()),
        client_name: sheet.client_name().map(Text::from),
        dialect: sheet.dialect.name().into(),
        model: (*sheet.model).into(),
        stream: sheet.stream,
        status: sheet.status,
        complete: sheet.complete,
        credential: served.map(|served| served.candidate.credential.id.as_str().into()),
        provider: served.map(|served| (*served.candidate.credential.provider).into()),
        upstream_dialect: served.map(|served| served.dialect.name().into()),
        upstream_model: served.map(|served| (*served.candidate.target.model).into()),
        attempts: sheet.attempt_count as usize,
        first_byte_ms: sheet.first_byte.map(millis),
        total_ms: millis(sheet.total),
        usage: usage(sheet),
        cost,
        error: sheet.failure.as_ref().map(|told| (*told.message).into()),
    }
}

/// What it used.
pub(crate) fn usage(sheet: &Sheet) -> Usage {
    Usage {
        input: sheet.usage.total_input(),
        cached: sheet.usage.cache_read,
        output: sheet.usage.total_output(),
    }
}

/// An amount, and how it is known.
pub(crate) fn amount(cost: Cost) -> Amount {
    Amount {
        nanodollars: cost.nanodollars(),
        basis: cost.basis().into(),
        parts: Vec::new(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
