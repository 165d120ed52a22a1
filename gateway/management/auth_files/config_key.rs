//! Keys of the configuration file that are switched off and on like accounts: by the pattern that excludes every model of
//! their entry (`management-api.md` 4.2).

use http::HeaderMap;
use modelgate_config::document::Document;
use modelgate_providers::{Credential, Source};
use serde_json::{Value as Json, json};
use warp::reply::Response;

use crate::management::change;
use crate::management::gate::Manager;
use crate::management::refused::Refused;
use crate::management::settings::{self, Ask, Changes, KeyList, Verb, key_lists};
use crate::state::State;

/// Excludes every model.
const EVERYTHING: &str = "*";

/// The key of a name or an index, as its credential is named; none where no entry of the file is meant.
pub(super) fn find(state: &State, name: &str, index: &str) -> Option<String> {
    let snapshot = state.snapshot();
    let mut all = snapshot.catalog.credentials().iter();
    let meant = |one: &Credential| {
        one.source == Source::Config && (one.id.as_str() == name || one.key.to_string() == index)
    };
    Some(all.find(|one| meant(one))?.id.to_string())
}

/// Switches a key off or on.
pub(super) async fn status(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    id: String,
    disabled: bool,
) -> Result<Response, Refused> {
    let plan = move |document: &Document| planned(document, &id, disabled);
    let body = json!({
        "status": "ok",
        "disabled": disabled,
        "via": "config:excluded-models",
        "excluded_pattern": EVERYTHING,
    });
    change::settings_with(state, manager, headers, body, plan).await
}

/// What is to be changed in the file.
fn planned(document: &Document, id: &str, disabled: bool) -> Result<Changes, Refused> {
    for (list, entries) in key_lists(document) {
        let KeyList::Of(name) = list else {
            continue;
        };
        let at = |place: &usize| format!("{name}[{place}]") == id;
        let Some(place) = (0..entries.len()).find(at) else {
            continue;
        };
        let before = entries[place]["excluded-models"].as_array();
        let mut patterns: Vec<Json> = before.cloned().unwrap_or_default();
        patterns.retain(|pattern| pattern != EVERYTHING);
        if disabled {
            patterns.push(EVERYTHING.into());
        }
        let patch = json!({ "index": place, "value": { "excluded-models": patterns } });
        let ask = Ask {
            query: None,
            body: patch.to_string().into(),
        };
        let setting = settings::find(name).ok_or_else(Refused::body)?;
        return setting.change(Verb::Patch, &ask, document);
    }
    Err(Refused::bad("invalid body").message(format!(
        "{id} is a key of a server; PATCH openai-compatibility with `disabled` switches the server off"
    )))
}
