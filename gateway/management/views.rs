//! What the management API tells, put together from what the gateway knows.

use std::sync::Arc;

use modelgate_management::accounts::{self, Account};
use modelgate_management::requests::{Considered, Outcome};
use modelgate_management::{
    AccountAction, Accounts, ActionDone, RequestDetail, RequestSummary, Requests, RouteDecision,
};
use modelgate_providers::{Candidate, Credential, ProviderKind};

use super::{not_possible, unknown_account, unknown_request};
use crate::error::Failure;
use crate::state::State;
use crate::suffix::Suffix;

/// Candidates that are listed of a decision.
const LISTED: usize = 100;

/// Every account and how it is.
pub(crate) fn accounts(state: &State) -> Accounts {
    let snapshot = state.snapshot();
    let credentials = snapshot.catalog.credentials().iter();
    Accounts {
        accounts: credentials.map(|credential| account(credential)).collect(),
    }
}

fn account(credential: &Credential) -> Account {
    Account {
        id: credential.id.to_string(),
        provider: credential.provider.to_string(),
        kind: credential.kind.name().to_owned(),
        source: match credential.kind {
            ProviderKind::Demo => accounts::Source::BuiltIn,
            _ => accounts::Source::Config,
        },
        label: None,
        email: None,
        file: None,
        state: accounts::State::Ready,
        reason: None,
        next_try: None,
        priority: credential.priority,
        weight: None,
        prefix: None,
        succeeded: None,
        failed: None,
        token_expires: None,
        quota: Vec::new(),
        models: Vec::new(),
    }
}

/// Does something with an account.
pub(crate) async fn act(
    state: &State,
    id: &str,
    action: AccountAction,
) -> Result<ActionDone, Failure> {
    let snapshot = state.snapshot();
    let credentials = snapshot.catalog.credentials();
    let credential = credentials
        .iter()
        .find(|credential| credential.id.as_str() == id)
        .ok_or_else(|| unknown_account(id))?;
    Err(not_possible(format!(
        "this version cannot {} the account {}, which comes from {}",
        in_words(action),
        credential.id,
        account(credential).source.name()
    )))
}

fn in_words(action: AccountAction) -> &'static str {
    match action {
        AccountAction::ClearCooldown => "clear the cooldown of",
        other => other.name(),
    }
}

/// The latest requests, at most so many.
pub(crate) fn requests(state: &State, limit: usize) -> Requests {
    let latest = state.recent.latest(limit);
    Requests {
        requests: latest
            .iter()
            .map(|request| RequestSummary::from(&**request))
            .collect(),
    }
}

/// Everything that is remembered of a request.
pub(crate) fn request(state: &State, id: &str) -> Result<Arc<RequestDetail>, Failure> {
    state.recent.find(id).ok_or_else(|| unknown_request(id))
}

/// Who would be asked for a model next, and why.
pub(crate) fn route(
    state: &State,
    model: &str,
    session: Option<&str>,
) -> Result<RouteDecision, Failure> {
    let snapshot = state.snapshot();
    let catalog = &snapshot.catalog;
    let mut candidates = catalog.candidates(model);
    // The brackets at the end of a name say how much to think, unless the name is listed with them.
    let bare = Suffix::split(model).map_or(model, |(name, _)| name);
    if candidates.is_empty() {
        candidates = catalog.candidates(bare);
    }
    if candidates.is_empty() {
        return Err(Failure::unknown_model(model, &catalog.nearest(bare)));
    }
    let first = candidates.first();
    Ok(RouteDecision {
        model: model.to_owned(),
        strategy: "fill-first".to_owned(),
        session: session.map(str::to_owned),
        chosen: first.map(|first| first.credential.id.to_string()),
        why: why(&candidates).to_owned(),
        candidates: candidates
            .iter()
            .take(LISTED)
            .enumerate()
            .map(|(index, candidate)| considered(index, candidate))
            .collect(),
        retry_at: None,
    })
}

fn why(candidates: &[Candidate]) -> &'static str {
    let priority = |candidate: &Candidate| candidate.credential.priority;
    match candidates {
        [_] => "nobody else serves the model",
        [first, second, ..] if priority(first) > priority(second) => "it has the highest priority",
        _ => "of those with the highest priority it comes first in the configuration",
    }
}

fn considered(index: usize, candidate: &Candidate) -> Considered {
    Considered {
        credential: candidate.credential.id.to_string(),
        model: candidate.target.model.to_string(),
        outcome: if index == 0 {
            Outcome::Tried
        } else {
            Outcome::Reserve
        },
        reason: None,
        next_try: None,
    }
}
