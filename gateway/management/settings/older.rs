//! Older names of settings (`management-api.md` 5.2). What stands under them is told and changed under the newer name, and
//! moves there with the first change.

use std::borrow::Cow;

use modelgate_config::document::{Document, find};
use serde_json::{Map, Value as Json, json};

use super::Changes;

/// The newer name and the older one.
const NAMES: [(&str, &str); 6] = [
    ("gemini-api-key", "generative-language-api-key"),
    ("oauth-model-alias", "oauth-model-mappings"),
    ("ampcode.upstream-url", "amp-upstream-url"),
    ("ampcode.upstream-api-key", "amp-upstream-api-key"),
    (
        "ampcode.restrict-management-to-localhost",
        "amp-restrict-management-to-localhost",
    ),
    ("ampcode.model-mappings", "amp-model-mappings"),
];

/// What the file says of a setting under either name.
pub(super) fn said<'d>(at: &str, document: &'d Document) -> Option<Cow<'d, Json>> {
    let newer = find(document, at);
    let Some(older) = name(at).and_then(|older| document.get(older)) else {
        return newer.map(Cow::Borrowed);
    };
    if at.starts_with("ampcode.") {
        // One of the two counts.
        return Some(Cow::Borrowed(newer.unwrap_or(older)));
    }
    let mut both = newer.cloned().unwrap_or(Json::Null);
    match older {
        // Keys alone.
        Json::Array(keys) => {
            let entries = keys.iter().map(|key| json!({ "api-key": key }));
            let mut known = both.as_array().cloned().unwrap_or_default();
            known.extend(entries);
            both = known.into();
        }
        // Rows of the same channel count together.
        Json::Object(table) => {
            let mut known = both.as_object().cloned().unwrap_or_default();
            for (channel, row) in table {
                let row = row.as_array().cloned().unwrap_or_default();
                match known
                    .entry(channel.clone())
                    .or_insert_with(|| Json::Array(Vec::new()))
                {
                    Json::Array(known) => known.extend(row),
                    other => *other = row.into(),
                }
            }
            both = known.into();
        }
        _ => {}
    }
    Some(Cow::Owned(both))
}

/// Takes the older name out with a change of the newer one.
pub(super) fn moved(at: &str, document: &Document, changes: &mut Changes) {
    if let Some(older) = name(at).filter(|older| document.contains_key(*older)) {
        changes.push((older.to_owned(), Json::Null));
    }
}

/// The object without what is told under a newer name.
pub(super) fn hide(whole: &mut Map<String, Json>) {
    for (_, older) in NAMES {
        whole.shift_remove(older);
    }
}

fn name(at: &str) -> Option<&'static str> {
    let mut names = NAMES.iter();
    names
        .find(|(newer, _)| *newer == at)
        .map(|(_, older)| *older)
}
