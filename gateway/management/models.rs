//! Every model that clients can ask for, who serves it now, and what it costs.

use modelgate_ledger::Prices;
use modelgate_management::accounts::State as Standing;
use modelgate_management::models::{Model, Models, OtherNames, Price, Server};
use modelgate_providers::{Moment, Route};

use super::views::{at, reason, standing};
use crate::state::State;

/// Accounts that are listed of a model.
const LISTED: usize = 32;

/// The models, in the order in which clients see them.
pub(super) fn models(state: &State) -> Models {
    let snapshot = state.snapshot();
    let catalog = &snapshot.catalog;
    let prices = state.telemetry.prices();
    let now = Moment::now();
    let models = catalog.models().iter().map(|listing| {
        let route = catalog.route(&listing.id);
        let route = route.as_deref();
        let servers = route.map_or_else(Vec::new, |route| servers(route, now));
        let count = route.map_or(0, Route::len);
        Model {
            id: listing.id.to_string(),
            providers: listing.providers.iter().map(ToString::to_string).collect(),
            max_output: listing.max_output,
            context_window: listing.context_window,
            price: route.and_then(|route| price(route, &prices)),
            more_servers: count.saturating_sub(servers.len()),
            servers,
        }
    });
    let other_names = catalog
        .other_names()
        .map(|(provider, patterns)| OtherNames {
            provider: provider.to_string(),
            patterns: patterns.iter().map(ToString::to_string).collect(),
        });
    Models {
        models: models.collect(),
        other_names: other_names.collect(),
    }
}

fn servers(route: &Route, now: Moment) -> Vec<Server> {
    let members = route.members().take(LISTED);
    let servers = members.map(|member| {
        let bar = member.credential.health.bar(&member.target.model);
        let bar = bar.as_ref();
        Server {
            credential: member.credential.id.to_string(),
            model: member.target.model.to_string(),
            state: bar.map_or(Standing::Ready, |bar| standing(bar, now)),
            reason: bar.map(reason),
            next_try: bar.and_then(|bar| at(bar.until, now)),
        }
    });
    servers.collect()
}

/// By the one that is listed first.
fn price(route: &Route, prices: &Prices) -> Option<Price> {
    let first = route.members().next()?;
    let rates = prices.rates(Some(&first.credential.provider), &first.target.model)?;
    Some(Price {
        input: rates.input,
        output: rates.output,
        cache_read: rates.cache_read,
    })
}
