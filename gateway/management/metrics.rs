//! `GET /metrics`, for Prometheus. Whoever may manage the gateway may read it.

use std::collections::BTreeMap;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method};
use modelgate_dialects::Dialect;
use modelgate_management::accounts::State as AccountState;
use warp::reply::Response;

use super::{gate, views};
use crate::error::{self, Failure};
use crate::request::Incoming;
use crate::state::State;
use crate::telemetry::Now;

const TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

pub(crate) async fn metrics(state: &State, incoming: Box<Incoming>) -> Response {
    if let Err(refusal) = gate::admit(state, &incoming.headers, incoming.peer).await {
        return error::not_admitted(refusal);
    }
    if incoming.method != Method::GET && incoming.method != Method::HEAD {
        let failure = Failure::wrong_method(&incoming.path, "GET");
        return error::answer(Dialect::Chat, &failure);
    }
    let mut response = Response::new(state.telemetry.metrics.text(&now(state)).into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, TEXT);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn now(state: &State) -> Now {
    let mut accounts: BTreeMap<&str, u64> = BTreeMap::new();
    for account in views::accounts(state).accounts {
        *accounts.entry(name(account.state)).or_default() += 1;
    }
    let ledger = state
        .telemetry
        .ledger()
        .map(modelgate_ledger::Ledger::status);
    let ledger = ledger.unwrap_or_default();
    Now {
        accounts: accounts.into_iter().collect(),
        ledger_queued: ledger.queued,
        ledger_lost: ledger.lost,
        watchers: state.telemetry.feed.watchers() as u64,
    }
}

fn name(state: AccountState) -> &'static str {
    match state {
        AccountState::Ready => "ready",
        AccountState::Cooling => "cooling",
        AccountState::OnTrial => "on_trial",
        AccountState::Disabled => "disabled",
        AccountState::LogInAgain => "log_in_again",
        AccountState::Unknown => "unknown",
    }
}
