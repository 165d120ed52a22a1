//! The settings of the configuration file as resources: one table says what there is, and each kind what may be done with
//! it (`management-api.md` 1.4 to 1.9).
//!
//! Nothing here touches a file. What a request changes is computed from what the file says and told as [`Changes`];
//! `change.rs` carries them out.

mod ampcode;
mod channels;
mod client_keys;
mod config;
mod entries;
mod older;
mod scalar;

use bytes::Bytes;
use modelgate_config::document::Document;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value as Json};

use self::ampcode::AmpList;
use self::channels::Channels;
use self::entries::Entries;
use self::scalar::Scalar;
use super::refused::Refused;

pub(super) use self::entries::INDEX;
pub(super) use config::{patch_config, put_config, whole_config};

/// What a request makes of the file: new values by their paths; null removes one.
pub(super) type Changes = Vec<(String, Json)>;

/// A setting, or a list of them.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its path in the file; with `/` for `.` it is that of the resource.
    at: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Scalar(Scalar),
    ClientKeys,
    Entries(Entries),
    Channels(Channels),
    Ampcode,
    AmpList(AmpList),
}

/// A list of provider keys.
#[derive(Debug, Clone, Copy)]
pub(super) enum KeyList {
    /// Each entry is one key; this is the list's name.
    Of(&'static str),
    /// Each entry is a server that may have several.
    Servers,
}

/// How a setting is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Put,
    Patch,
    Delete,
}

/// What is asked, beside the path.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) query: Option<String>,
    pub(super) body: Bytes,
}

const fn scalar(at: &'static str, scalar: Scalar) -> Setting {
    let kind = Kind::Scalar(scalar);
    Setting { at, kind }
}

const fn entries(at: &'static str, entries: Entries) -> Setting {
    let kind = Kind::Entries(entries);
    Setting { at, kind }
}

const fn channels(at: &'static str, channels: Channels) -> Setting {
    let kind = Kind::Channels(channels);
    Setting { at, kind }
}

/// Every setting that has a resource of its own.
const SETTINGS: &[Setting] = &[
    scalar("debug", Scalar::flag(false)),
    scalar("logging-to-file", Scalar::flag(false)),
    scalar("logs-max-total-size-mb", Scalar::number(0).negative(0)),
    scalar("error-logs-max-files", Scalar::number(10).negative(10)),
    scalar("usage-statistics-enabled", Scalar::flag(true)),
    scalar("request-log", Scalar::flag(false)),
    // Clients of the websocket need a key here, unless somebody says otherwise.
    scalar("ws-auth", Scalar::flag(true)),
    scalar("proxy-url", Scalar::text().deletable()),
    scalar("request-retry", Scalar::number(0)),
    scalar("max-retry-credentials", Scalar::number(0)),
    scalar("max-retry-interval", Scalar::number(0)),
    scalar("quota-exceeded.switch-project", Scalar::flag(false)),
    scalar("quota-exceeded.switch-preview-model", Scalar::flag(false)),
    scalar("routing.strategy", Scalar::strategy()),
    scalar("force-model-prefix", Scalar::flag(false)),
    Setting {
        at: "api-keys",
        kind: Kind::ClientKeys,
    },
    entries("gemini-api-key", Entries::of_keys("api-key")),
    entries("claude-api-key", Entries::of_keys("")),
    entries("codex-api-key", Entries::of_keys("base-url")),
    entries("xai-api-key", Entries::of_keys("base-url")),
    entries("vertex-api-key", Entries::of_keys("api-key")),
    entries("interactions-api-key", Entries::of_keys("api-key")),
    entries("openai-compatibility", Entries::of_servers()),
    channels("oauth-excluded-models", Channels::PATTERNS),
    channels("oauth-model-alias", Channels::ALIASES),
    channels("oauth-request-scoped-errors", Channels::RULES),
    Setting {
        at: "ampcode",
        kind: Kind::Ampcode,
    },
    scalar("ampcode.upstream-url", Scalar::text().deletable()),
    scalar("ampcode.upstream-api-key", Scalar::text().deletable()),
    scalar(
        "ampcode.restrict-management-to-localhost",
        Scalar::flag(true),
    ),
    scalar("ampcode.force-model-mappings", Scalar::flag(false)),
    Setting {
        at: "ampcode.model-mappings",
        kind: Kind::AmpList(AmpList::Mappings),
    },
    Setting {
        at: "ampcode.upstream-api-keys",
        kind: Kind::AmpList(AmpList::Keys),
    },
];

/// The setting of a resource.
pub(super) fn find(path: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.at.split('.').eq(path.split('/')))
}

/// Every list of provider keys, as it is told.
pub(super) fn key_lists(document: &Document) -> impl Iterator<Item = (KeyList, Vec<Json>)> {
    let lists = SETTINGS.iter();
    lists.filter_map(|setting| {
        let list = setting.key_list()?;
        Some((list, items(Some(&setting.value(document)))))
    })
}

impl Setting {
    /// Which list of provider keys it is, if it is one.
    pub(super) fn key_list(&self) -> Option<KeyList> {
        match &self.kind {
            Kind::Entries(entries) if entries.is_of_servers() => Some(KeyList::Servers),
            Kind::Entries(_) => Some(KeyList::Of(self.at)),
            _ => None,
        }
    }

    /// Its name in answers.
    pub(super) fn name(&self) -> &'static str {
        self.at.rsplit('.').next().unwrap_or(self.at)
    }

    /// The methods it has.
    pub(super) fn allow(&self) -> &'static str {
        match &self.kind {
            Kind::Ampcode => "GET",
            Kind::Scalar(scalar) if !scalar.is_deletable() => "GET, PUT, PATCH",
            _ => "GET, PUT, PATCH, DELETE",
        }
    }

    /// Its answer: the value under its name.
    pub(super) fn read(&self, document: &Document) -> Json {
        Map::from_iter([(self.name().to_owned(), self.value(document))]).into()
    }

    fn value(&self, document: &Document) -> Json {
        let said = older::said(self.at, document);
        let said = said.as_deref();
        match &self.kind {
            Kind::Scalar(scalar) => scalar.value(said),
            Kind::ClientKeys => client_keys::value(said),
            Kind::Entries(entries) => entries.value(said),
            Kind::Channels(_) => said.cloned().unwrap_or_else(|| Map::new().into()),
            Kind::Ampcode => ampcode::value(document),
            Kind::AmpList(_) => said.cloned().unwrap_or_else(|| Json::Array(Vec::new())),
        }
    }

    /// What a request makes of it. The method must be one of [`Setting::allow`].
    pub(super) fn change(
        &self,
        verb: Verb,
        ask: &Ask,
        document: &Document,
    ) -> Result<Changes, Refused> {
        let said = older::said(self.at, document);
        let said = said.as_deref();
        let value = match &self.kind {
            Kind::Scalar(scalar) => {
                let value = scalar.changed(verb, ask)?;
                // A default that nobody wrote stays unwritten.
                if said.is_none() && value == scalar.value(None) {
                    return Ok(Changes::new());
                }
                value
            }
            Kind::ClientKeys => client_keys::changed(verb, ask, said)?,
            Kind::Entries(entries) => entries.changed(verb, ask, said)?,
            Kind::Channels(channels) => channels.changed(verb, ask, said)?,
            Kind::AmpList(list) => list.changed(verb, ask, said)?,
            Kind::Ampcode => return Err(Refused::body()),
        };
        let empty = value.as_array().is_some_and(Vec::is_empty);
        if said.is_none() && (empty || value.is_null()) || said == Some(&value) {
            return Ok(Changes::new());
        }
        let mut changes = vec![(self.at.to_owned(), value)];
        older::moved(self.at, document, &mut changes);
        Ok(changes)
    }
}

impl Ask {
    /// A parameter of the query; blank counts as absent.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        super::parameter(self.query.as_deref(), name)
    }

    /// Every value of a parameter that may be repeated.
    pub(super) fn parameters(&self, name: &str) -> Vec<String> {
        let query = self.query.as_deref().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let values = pairs.filter(|(key, value)| key == name && !value.trim().is_empty());
        values.map(|(_, value)| value.into_owned()).collect()
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // The words of the error may quote a secret.
            let what = match error.classify() {
                Category::Data => "a value of the wrong kind",
                Category::Io | Category::Syntax | Category::Eof => "no JSON",
            };
            let (line, column) = (error.line(), error.column());
            Refused::body().message(format!("{what}, at line {line}, column {column}"))
        })
    }

    /// An object.
    fn object(&self) -> Result<Document, Refused> {
        self.json()
    }

    /// The `value` of the body.
    fn value(&self) -> Result<Json, Refused> {
        let value = self.object()?.remove("value");
        value
            .filter(|value| !value.is_null())
            .ok_or_else(Refused::body)
    }

    /// A list, bare or as `items`, where it must not be empty: a program that forgot to fill it in should not clear it.
    fn list(&self) -> Result<Vec<Json>, Refused> {
        match self.json()? {
            Json::Array(items) => Ok(items),
            Json::Object(mut map) => match map.remove("items") {
                Some(Json::Array(items)) if !items.is_empty() => Ok(items),
                _ => Err(Refused::body()),
            },
            _ => Err(Refused::body()),
        }
    }
}

/// The items of what should be a list.
fn items(said: Option<&Json>) -> Vec<Json> {
    said.and_then(Json::as_array).cloned().unwrap_or_default()
}

/// The place of an item that a request names, if there is one.
fn place(index: Option<i64>, length: usize) -> Option<usize> {
    usize::try_from(index?).ok().filter(|index| *index < length)
}

/// Trimmed texts in lower case, each once, none empty.
fn patterns(value: &Json) -> Result<Json, Refused> {
    let items = value.as_array().ok_or_else(Refused::body)?;
    let mut patterns: Vec<Json> = Vec::new();
    for item in items {
        let pattern = item.as_str().ok_or_else(Refused::body)?;
        let pattern = Json::from(pattern.trim().to_lowercase());
        if pattern != "" && !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    Ok(patterns.into())
}
