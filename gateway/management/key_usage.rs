//! What became of the calls of single provider keys: `GET /api-key-usage` (`management-api.md` 2.4), and the index by which
//! the lists of keys name the credential of each entry (1.8).
//!
//! Credentials of the file are named by the place of their entry, so that an entry finds its own.

use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use modelgate_providers::health::{STRETCH, STRETCHES, Stretch};
use modelgate_providers::{Credential, Source};
use serde_json::{Map, Value as Json, json};
use warp::reply::Response;

use super::settings::{INDEX, KeyList, key_lists};
use crate::reply;
use crate::state::{Snapshot, State};

/// Calls that were answered and that were not, since the start and of late.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    succeeded: u64,
    failed: u64,
    recent: Vec<Stretch>,
}

/// `GET /api-key-usage`: by provider, address and key as the file has them. The keys are told in clear, as in their lists.
pub(super) fn answer(state: &State, document: &Map<String, Json>) -> Response {
    let (snapshot, now) = (state.snapshot(), SystemTime::now());
    let mut providers: Map<String, Json> = Map::new();
    let mut counted: Vec<(String, String, Calls)> = Vec::new();
    for (list, entries) in key_lists(document) {
        for (place, entry) in entries.iter().enumerate() {
            for one in keys(list, entry, place) {
                let Some(credential) = one.credential(&snapshot) else {
                    continue;
                };
                let address = text(entry, "base-url");
                let name = format!("{address}|{}", one.secret);
                let calls = Calls::of(credential, now);
                let same = counted
                    .iter_mut()
                    .find(|(provider, known, _)| *provider == one.provider && *known == name);
                match same {
                    Some((_, _, known)) => known.add(&calls),
                    None => counted.push((one.provider, name, calls)),
                }
            }
        }
    }
    let zone = TimeZone::system();
    for (provider, name, calls) in counted {
        let keys = providers
            .entry(provider)
            .or_insert_with(|| Map::new().into());
        keys[name] = calls.told(&zone);
    }
    reply::json(StatusCode::OK, Json::from(providers).to_string())
}

/// Adds to every entry of a list's answer the index of its credential, where it has one.
pub(super) fn mark(state: &State, list: KeyList, told: &mut Json) {
    let snapshot = state.snapshot();
    let entries = told.as_array_mut().into_iter().flatten();
    for (place, entry) in entries.enumerate() {
        let found: Vec<(Option<usize>, String)> = keys(list, entry, place)
            .into_iter()
            .filter_map(|key| Some((key.within, key.credential(&snapshot)?.key.to_string())))
            .collect();
        for (within, index) in found {
            match within {
                Some(within) => entry["api-key-entries"][within][INDEX] = index.into(),
                None => entry[INDEX] = index.into(),
            }
        }
    }
}

/// One key of an entry.
struct Key {
    /// What the family calls the provider.
    provider: String,
    secret: String,
    /// The name of its credential.
    id: String,
    /// Its place among the keys of the entry, where that may have several.
    within: Option<usize>,
}

impl Key {
    fn credential<'s>(&self, snapshot: &'s Snapshot) -> Option<&'s Credential> {
        let mut all = snapshot.catalog.credentials().iter();
        let own =
            |one: &&Arc<Credential>| one.source == Source::Config && one.id.as_str() == self.id;
        Some(all.find(own)?)
    }
}

/// The keys of an entry at a place of a list; a server that wants none has one that is empty.
fn keys(list: KeyList, entry: &Json, place: usize) -> Vec<Key> {
    if let KeyList::Of(name) = list {
        return vec![Key {
            provider: name.trim_end_matches("-api-key").to_owned(),
            secret: text(entry, "api-key"),
            id: format!("{name}[{place}]"),
            within: None,
        }];
    }
    let name = text(entry, "name");
    let own = entry["api-key-entries"].as_array();
    let key = |secret, number, within| Key {
        provider: name.to_lowercase(),
        secret,
        id: format!("{name}[{number}]"),
        within,
    };
    match own.filter(|own| !own.is_empty()) {
        None => vec![key(String::new(), 0, None)],
        Some(own) => {
            let own = own.iter().enumerate();
            let own = own.map(|(number, one)| key(text(one, "api-key"), number, Some(number)));
            own.collect()
        }
    }
}

fn text(entry: &Json, field: &str) -> String {
    let text = entry[field].as_str().unwrap_or_default();
    text.trim().to_owned()
}

impl Calls {
    pub(super) fn of(credential: &Credential, now: SystemTime) -> Self {
        let report = credential.health.report();
        Self {
            succeeded: report.succeeded,
            failed: report.failed,
            recent: credential.health.recent(now).to_vec(),
        }
    }

    /// Adds those of the same time.
    pub(super) fn add(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.recent.resize(
            STRETCHES,
            Stretch {
                begin: SystemTime::UNIX_EPOCH,
                succeeded: 0,
                failed: 0,
            },
        );
        for (own, other) in self.recent.iter_mut().zip(&other.recent) {
            own.begin = other.begin;
            own.succeeded += other.succeeded;
            own.failed += other.failed;
        }
    }

    fn told(&self, zone: &TimeZone) -> Json {
        json!({
            "success": self.succeeded,
            "failed": self.failed,
            "recent_requests": self.stretches(zone),
        })
    }

    /// The stretches of time, each by the clock of the zone.
    pub(super) fn stretches(&self, zone: &TimeZone) -> Vec<Json> {
        let clock = |time: SystemTime| {
            let time = Timestamp::try_from(time).unwrap_or_default();
            time.to_zoned(zone.clone()).strftime("%H:%M").to_string()
        };
        let told = self.recent.iter().map(|stretch| {
            let (begin, end) = (stretch.begin, stretch.begin + STRETCH);
            json!({
                "time": format!("{}-{}", clock(begin), clock(end)),
                "success": stretch.succeeded,
                "failed": stretch.failed,
            })
        });
        told.collect()
    }
}
