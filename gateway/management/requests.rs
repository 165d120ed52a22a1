//! What became of requests: of those that ended last from memory, which knows why, and of all from the ledger.

mod row;
mod sheet;

use std::time::Duration;

use jiff::tz::TimeZone;
use modelgate_ledger::{Filter, LedgerError, Outcome, Page, RequestId};
use modelgate_management::{RequestDetail, RequestSummary, Requests};

use super::range::range;
use super::refused::Refused;
use super::usage::{Asking, ledger};
use super::{Trouble, misused, parameter, unknown_request};
use crate::state::State;
use crate::telemetry::CAPACITY;

/// How many requests are listed when nobody says how many.
const LISTED: usize = 100;
/// Pages that are looked through for one answer.
const PAGES: usize = 16;

/// A page of requests, the latest first.
pub(super) async fn requests(state: &State, query: Option<&str>) -> Result<Requests, Trouble> {
    let limit = limit(query)?;
    let filter = filter(query)?;
    let before = parameter(query, "before");
    let before = before.map(|id| RequestId::parse(&id).ok_or_else(no_id));
    let before = before.transpose()?;
    let mut listed = match before {
        None if filter == Filter::default() => remembered(state, limit),
        _ => Vec::new(),
    };
    let last = listed.last().and_then(|last| RequestId::parse(&last.id));
    let cursor = last.or(before);
    if listed.len() == limit {
        let next = last.map(|id| id.to_string());
        return Ok(Requests {
            requests: listed,
            next,
        });
    }
    let Some(asking) = ledger(state).await else {
        return Ok(Requests {
            requests: listed,
            next: None,
        });
    };
    let missing = limit - listed.len();
    let page = match page(asking, filter, cursor, missing).await {
        // Why the ledger cannot be read is in the log; what is remembered is still an answer.
        Err(_) if before.is_none() && !listed.is_empty() => Page::default(),
        page => page?,
    };
    listed.extend(page.rows.iter().map(row::summary));
    Ok(Requests {
        requests: listed,
        next: page.next.map(|id| id.to_string()),
    })
}

/// Everything that is known of a request.
pub(super) async fn request(state: &State, id: &str) -> Result<RequestDetail, Trouble> {
    if let Some(sheet) = state.telemetry.recent.find(id) {
        return Ok(sheet::detail(&state.telemetry, &sheet));
    }
    let asking = ledger(state).await.ok_or_else(|| unknown_request(id))?;
    let wanted = id.to_owned();
    let found = asking.ask(move |ledger| ledger.request(&wanted)).await?;
    Ok(row::detail(&found.ok_or_else(|| unknown_request(id))?))
}

/// Those that ended last, in the order in which they began.
fn remembered(state: &State, limit: usize) -> Vec<RequestSummary> {
    let telemetry = &state.telemetry;
    let mut sheets = telemetry.recent.newest(CAPACITY);
    sheets.sort_unstable_by(|a, b| b.id.as_str().cmp(a.id.as_str()));
    let latest = sheets.iter().take(limit);
    latest.map(|sheet| telemetry.summary(sheet)).collect()
}

/// A page may be empty although more follow, which nobody who asked for requests would understand.
async fn page(
    asking: Asking,
    filter: Filter,
    cursor: Option<RequestId>,
    limit: usize,
) -> Result<Page, Refused> {
    asking
        .ask(move |ledger| -> Result<Page, LedgerError> {
            let mut all = Page::default();
            let mut cursor = cursor;
            for _ in 0..PAGES {
                let page = ledger.requests(&filter, cursor, limit - all.rows.len())?;
                all.rows.extend(page.rows);
                all.next = page.next;
                if all.next.is_none() || all.rows.len() >= limit {
                    break;
                }
                cursor = all.next;
            }
            Ok(all)
        })
        .await
}

fn filter(query: Option<&str>) -> Result<Filter, Trouble> {
    let outcome = parameter(query, "outcome").map(|name| {
        let mut known = Outcome::ALL.into_iter();
        known.find(|outcome| outcome.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Outcome::ALL.map(Outcome::name).into();
            misused(
                "outcome",
                &format!("`outcome` is one of {}", names.join(", ")),
            )
        })
    });
    Ok(Filter {
        range: range(query, &TimeZone::system())?,
        key: parameter(query, "key"),
        provider: parameter(query, "provider"),
        credential: parameter(query, "credential"),
        model: parameter(query, "model"),
        error: parameter(query, "error"),
        outcome: outcome.transpose()?,
    })
}

fn limit(query: Option<&str>) -> Result<usize, Trouble> {
    let Some(text) = parameter(query, "limit") else {
        return Ok(LISTED);
    };
    match text.parse() {
        Ok(limit @ 1..) => Ok(usize::min(limit, CAPACITY)),
        _ => Err(misused("limit", "`limit` is a number from 1").into()),
    }
}

fn no_id() -> Trouble {
    misused("before", "`before` is the `next` of an answer").into()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
