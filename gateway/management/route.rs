//! Who would be asked for a model next, and why. Nothing is asked, and no turn is taken.

use std::sync::Arc;

use modelgate_management::RouteDecision;
use modelgate_management::requests::{Considered, Outcome};
use modelgate_providers::{Bound, Choice, Choosing, Moment, Route, Standing};

use super::views::{at, reason};
use crate::error::Failure;
use crate::session::Session;
use crate::state::{Snapshot, State};
use crate::suffix::Suffix;

/// Candidates that are listed of a decision.
const LISTED: usize = 100;

/// The decision for a model, and for a session if one is named.
pub(crate) fn route(
    state: &State,
    model: &str,
    session: Option<&str>,
) -> Result<RouteDecision, Failure> {
    let snapshot = state.snapshot();
    let route = find(&snapshot, model)?;
    let now = Moment::now();
    let routing = &snapshot.config.routing;
    let choosing = Choosing {
        strategy: routing.strategy,
        bound: session.and_then(|name| bound(state, &snapshot, model, name, now)),
        tried: &[],
        fits: &|_| true,
        dry: true,
        now,
    };
    let (chosen, why, retry_at) = match route.choose(&choosing) {
        Choice::Member { index, why } => (Some(index), why.in_words_ahead(), None),
        Choice::Nobody { retry_at } => (None, "every account that serves it rests", retry_at),
    };
    Ok(RouteDecision {
        model: model.to_owned(),
        strategy: routing.strategy.name().to_owned(),
        session: session.map(str::to_owned),
        chosen: chosen.map(|index| route.member(index).credential.id.to_string()),
        why: why.to_owned(),
        candidates: candidates(&route, chosen, now),
        retry_at: retry_at.and_then(|moment| at(moment, now)),
    })
}

/// The route of a model. The brackets at the end of a name say how much to think, unless it is listed with them.
fn find(snapshot: &Snapshot, model: &str) -> Result<Arc<Route>, Failure> {
    let catalog = &snapshot.catalog;
    let bare = Suffix::split(model).map_or(model, |(name, _)| name);
    let route = catalog.route(model).or_else(|| catalog.route(bare));
    route.ok_or_else(|| Failure::unknown_model(model, &catalog.nearest(bare)))
}

/// Where a session is, whoever of the callers it belongs to and however it was named.
fn bound(
    state: &State,
    snapshot: &Snapshot,
    model: &str,
    name: &str,
    now: Moment,
) -> Option<Bound> {
    let ttl = snapshot.config.routing.session_affinity?;
    let callers = snapshot.access.names();
    let mut sessions = callers.flat_map(|caller| Session::named(name, caller, model));
    sessions.find_map(|session| state.affinity.look(&session, ttl, now))
}

fn candidates(route: &Route, chosen: Option<usize>, now: Moment) -> Vec<Considered> {
    let members = route.members().enumerate().take(LISTED);
    let considered = members.map(|(index, member)| {
        let bar = member.credential.health.bar(&member.target.model);
        let rests = matches!(
            route.standing(index, now),
            Standing::Barred { .. } | Standing::OnTrial
        );
        Considered {
            credential: member.credential.id.to_string(),
            model: member.target.model.to_string(),
            outcome: match chosen {
                Some(chosen) if chosen == index => Outcome::Tried,
                _ if rests => Outcome::Skipped,
                _ => Outcome::Reserve,
            },
            reason: bar.as_ref().map(reason),
            next_try: bar.and_then(|bar| at(bar.until, now)),
        }
    });
    considered.collect()
}
