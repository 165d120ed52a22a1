//! `gemini-api-key`: keys of the Gemini API, or of a server that speaks it.

use super::GEMINI_URL;
use super::entry::{self, KeyEntry};
use crate::error::Report;
use crate::model::{GeminiKey, Proxy};
use crate::secret::Secret;
use crate::values;
use crate::view::View;

/// `bare` is the older list of keys alone; one that an entry of `list` has too is not read twice.
pub(crate) fn read(list: &View, bare: &View, report: &mut Report) -> Vec<GeminiKey> {
    let mut keys: Vec<GeminiKey> = list
        .items()
        .iter()
        .filter_map(|item| key(item, report))
        .collect();
    for item in bare.items() {
        let Some(key) = bare_key(&item) else { continue };
        let same = |known: &GeminiKey| {
            known.api_key == key.api_key && known.entry.base_url == key.entry.base_url
        };
        if !keys.iter().any(same) {
            keys.push(key);
        }
    }
    keys
}

/// `None` after a problem, and for an entry that is switched off.
fn key(item: &View, report: &mut Report) -> Option<GeminiKey> {
    entry::warn_of_version(item, report);
    let KeyEntry {
        entry,
        api_key,
        proxy,
    } = entry::read_key(item, GEMINI_URL, "AIza…", report)?;
    Some(GeminiKey {
        entry,
        api_key,
        proxy,
    })
}

fn bare_key(item: &View) -> Option<GeminiKey> {
    Some(GeminiKey {
        entry: entry::plain(&item.key, values::base_url(GEMINI_URL).ok()?),
        api_key: Secret::from(item.filled()?),
        proxy: Proxy::Inherit,
    })
}
