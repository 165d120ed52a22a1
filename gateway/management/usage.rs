//! What requests used and cost, from the ledger (`management-api.md` 2.1 and 2.3), and sums of our own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use jiff::tz::TimeZone;
use modelgate_ledger::transfer::Details;
use modelgate_ledger::{By, Group, ImportError, Imported, Ledger, LedgerError, Range, Totals};
use modelgate_management::usage::{
    LedgerState, UsageGroup, UsageImported, UsageSummary, UsageTotals,
};
use tokio::sync::{Semaphore, SemaphorePermit};
use warp::reply::Response;

use super::gate::Manager;
use super::range::{range, zone};
use super::refused::Refused;
use super::settings::Ask;
use super::spill::spilled;
use super::{Trouble, json, misused, parameter};
use crate::state::State;

/// Requests that `GET /usage` lists one by one when nobody says how many.
const DETAILED: u64 = 10_000;
/// How long an answer waits for what was recorded just before.
const FRESH: Duration = Duration::from_secs(1);
/// Questions of the ledger that are answered at a time; more wait.
static ASKING: Semaphore = Semaphore::const_new(4);

/// The methods of a resource below `usage`; `None`: there is none.
pub(super) fn allow(tail: &[&str]) -> Option<&'static str> {
    match tail {
        [] | ["summary" | "export"] => Some("GET"),
        ["import"] => Some("POST"),
        _ => None,
    }
}

pub(super) async fn answer(
    state: &State,
    manager: &Manager,
    tail: &[&str],
    ask: Ask,
) -> Result<Response, Trouble> {
    let query = ask.query.as_deref();
    match tail {
        ["import"] => import(state, manager, ask.body).await,
        ["summary"] => summary(state, query).await,
        ["export"] => export(state, query).await,
        _ => usage(state, query).await,
    }
}

/// The ledger, with everything in it that is over, and leave to ask it.
pub(super) struct Asking {
    ledger: Ledger,
    _permit: SemaphorePermit<'static>,
}

/// The ledger; `None` where there is none.
pub(super) async fn ledger(state: &State) -> Option<Asking> {
    let ledger = state.telemetry.ledger()?.clone();
    let permit = ASKING.acquire().await.ok()?;
    let flushed = ledger.clone();
    // Without the very latest an answer is still an answer.
    let _ = tokio::task::spawn_blocking(move || flushed.flush(FRESH)).await;
    Some(Asking {
        ledger,
        _permit: permit,
    })
}

impl Asking {
    /// Asks on a thread that may block.
    pub(super) async fn ask<T, E>(
        self,
        ask: impl FnOnce(&Ledger) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Refused>
    where
        T: Send + 'static,
        E: Into<Refused> + Send + 'static,
    {
        let asked = tokio::task::spawn_blocking(move || ask(&self.ledger)).await?;
        asked.map_err(Into::into)
    }
}

fn unavailable() -> Refused {
    Refused::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "usage statistics unavailable",
    )
}

async fn summary(state: &State, query: Option<&str>) -> Result<Response, Trouble> {
    let zone = zone(query)?;
    let range = range(query, &zone)?;
    let by = by(query)?;
    let asking = ledger(state).await.ok_or_else(unavailable)?;
    let summary = asking.ask(move |ledger| ledger.summary(&range, by, &zone));
    let summary = summary.await?;
    Ok(json(&UsageSummary {
        since: summary.range.since,
        until: summary.range.until,
        by: by.name().to_owned(),
        total: totals(&summary.total),
        groups: summary.groups.iter().map(group).collect(),
        ledger: ledger_state(state),
    })?)
}

fn by(query: Option<&str>) -> Result<By, Trouble> {
    let Some(name) = parameter(query, "by") else {
        return Ok(By::Model);
    };
    let mut known = By::ALL.into_iter();
    known.find(|by| by.name() == name).ok_or_else(|| {
        let names: Vec<&str> = By::ALL.map(By::name).into();
        misused("by", &format!("`by` is one of {}", names.join(", "))).into()
    })
}

async fn usage(state: &State, query: Option<&str>) -> Result<Response, Trouble> {
    let zone = zone(query)?;
    let range = range(query, &zone)?;
    let details = match parameter(query, "details") {
        None => DETAILED,
        Some(text) => text
            .parse()
            .map_err(|_| misused("details", "`details` is a number of requests"))?,
    };
    let asking = ledger(state).await.ok_or_else(unavailable)?;
    let spilled = spilled("application/json", move |mut out| {
        asking
            .ledger
            .write_usage(&range, Details::Newest(details), &zone, &mut out)
    });
    Ok(spilled.await?)
}

async fn export(state: &State, query: Option<&str>) -> Result<Response, Trouble> {
    let zone = zone(query)?;
    let range = range(query, &zone)?;
    let asking = ledger(state).await.ok_or_else(unavailable)?;
    let format = parameter(query, "format").unwrap_or_else(|| "json".to_owned());
    let (content_type, write): (_, Export) = match &*format {
        "json" => ("application/json", |ledger, range, zone, mut out| {
            ledger.write_export(range, zone, &mut out)
        }),
        "jsonl" => ("application/x-ndjson", |ledger, range, _, mut out| {
            ledger.write_lines(range, &mut out)
        }),
        "csv" => ("text/csv; charset=utf-8", |ledger, range, _, mut out| {
            ledger.write_csv(range, &mut out)
        }),
        _ => return Err(misused("format", "`format` is json, jsonl or csv").into()),
    };
    let spilled = spilled(content_type, move |out| {
        write(&asking.ledger, &range, &zone, out)
    });
    Ok(spilled.await?)
}

type Export = fn(&Ledger, &Range, &TimeZone, &mut dyn std::io::Write) -> Result<(), LedgerError>;

async fn import(state: &State, manager: &Manager, file: Bytes) -> Result<Response, Trouble> {
    let asking = ledger(state).await.ok_or_else(unavailable)?;
    let prices = state.telemetry.prices();
    let imported = asking.ask(move |ledger| ledger.import(&file, &prices));
    let Imported {
        added,
        skipped,
        total_requests,
        failed_requests,
    } = imported.await?;
    let Manager { key, address } = manager;
    tracing::info!(added, skipped, by = key, %address, "usage was imported through the management API");
    Ok(json(&UsageImported {
        added,
        skipped,
        total_requests,
        failed_requests,
    })?)
}

/// How the ledger does.
pub(super) fn ledger_state(state: &State) -> LedgerState {
    let Some(ledger) = state.telemetry.ledger() else {
        return LedgerState::default();
    };
    let status = ledger.status();
    LedgerState {
        recording: state.telemetry.is_recording(),
        open: status.open,
        written: status.written,
        queued: status.queued,
        lost: status.lost,
        last_error: status.last_error.map(|failure| failure.message),
    }
}

fn group(group: &Group) -> UsageGroup {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    UsageGroup {
        name: text(&group.name),
        of: text(&group.of),
        totals: totals(&group.totals),
    }
}

fn totals(totals: &Totals) -> UsageTotals {
    UsageTotals {
        requests: totals.requests,
        failed: totals.failed,
        aborted: totals.aborted,
        uncounted: totals.uncounted,
        unpriced: totals.unpriced,
        estimated: totals.estimated,
        input: totals.input,
        cache_read: totals.cache_read,
        cache_write: totals.cache_write,
        output: totals.output,
        reasoning: totals.reasoning,
        tokens: totals.tokens,
        cost_nanodollars: totals.cost,
        latency_ms: totals.latency,
        first_byte_ms: totals.first_byte,
        first_bytes: totals.first_bytes,
        bytes_in: totals.bytes_in,
        bytes_out: totals.bytes_out,
    }
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the ledger cannot be asked"
        );
        unavailable().message(error.to_string())
    }
}

impl From<ImportError> for Refused {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Ledger(error) => error.into(),
            error => Self::bad(error.to_string()),
        }
    }
}
