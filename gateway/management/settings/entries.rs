//! The lists of provider keys and of OpenAI-compatible servers (`management-api.md` 1.8).

use modelgate_config::document::Document;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Ask, Verb, items, patterns, place};
use crate::management::refused::Refused;

/// The field by which an answer names the credential of an entry.
pub(in crate::management) const INDEX: &str = "auth-index";

/// One of the lists.
#[derive(Debug)]
pub(super) struct Entries {
    /// What an entry is known by.
    by: &'static str,
    /// The field without which there is no entry; a change that empties it removes the entry. Empty: none.
    mandatory: &'static str,
    /// The fields that an answer always has, in this order.
    shown: &'static [&'static str],
}

/// `PATCH`: some fields of one entry.
#[derive(Deserialize)]
struct Patch {
    index: Option<i64>,
    #[serde(rename = "match")]
    api_key: Option<String>,
    name: Option<String>,
    value: Option<Document>,
}

impl Entries {
    /// A list of keys.
    pub(super) const fn of_keys(mandatory: &'static str) -> Self {
        Self {
            by: "api-key",
            mandatory,
            shown: &["api-key", "base-url", "proxy-url"],
        }
    }

    /// The list of servers.
    pub(super) const fn of_servers() -> Self {
        Self {
            by: "name",
            mandatory: "base-url",
            shown: &["name", "base-url", "api-key-entries"],
        }
    }

    pub(super) fn is_of_servers(&self) -> bool {
        self.by == "name"
    }

    pub(super) fn value(&self, said: Option<&Json>) -> Json {
        let shown = |entry: &Json| {
            let mut entry = match entry {
                Json::Object(entry) => normal(entry.clone()).unwrap_or_else(|_| entry.clone()),
                _ => Map::new(),
            };
            let always = self.shown.iter().map(|field| {
                let empty = match *field {
                    "api-key-entries" => Json::Array(Vec::new()),
                    _ => Json::from(""),
                };
                (
                    (*field).to_owned(),
                    entry.shift_remove(*field).unwrap_or(empty),
                )
            });
            let mut whole: Document = always.collect();
            whole.append(&mut entry);
            Json::Object(whole)
        };
        items(said).iter().map(shown).collect()
    }

    pub(super) fn changed(
        &self,
        verb: Verb,
        ask: &Ask,
        said: Option<&Json>,
    ) -> Result<Json, Refused> {
        let mut entries = items(said);
        match verb {
            Verb::Put => return self.put(ask.list()?, entries),
            Verb::Patch => self.patch(ask, &mut entries)?,
            Verb::Delete => self.delete(ask, &mut entries)?,
        }
        Ok(entries.into())
    }

    /// Entries that say what they said before stay as they are written.
    fn put(&self, new: Vec<Json>, mut old: Vec<Json>) -> Result<Json, Refused> {
        let mut entries: Vec<Json> = Vec::new();
        for entry in new {
            let Json::Object(entry) = entry else {
                return Err(Refused::body());
            };
            let entry = normal(entry)?;
            if !self.counts(&entry) {
                continue;
            }
            let same = |known: &Json| {
                known
                    .as_object()
                    .is_some_and(|known| normal(known.clone()).is_ok_and(|known| known == entry))
            };
            let entry = match old.iter().position(same) {
                Some(place) => old.remove(place),
                None => entry.into(),
            };
            // The list of the family has each key once for every address, proxy and prefix.
            if !entries.iter().any(|known| self.twice(known, &entry)) {
                entries.push(entry);
            }
        }
        Ok(entries.into())
    }

    fn patch(&self, ask: &Ask, entries: &mut Vec<Json>) -> Result<(), Refused> {
        let patch: Patch = ask.json()?;
        let value = patch.value.ok_or_else(Refused::body)?;
        let name = match self.by {
            "name" => patch.name,
            _ => patch.api_key,
        };
        let place = match (place(patch.index, entries.len()), name) {
            (Some(place), _) => place,
            (None, Some(name)) => {
                let address = ask.parameter("base-url");
                let several = "multiple items match; index is required";
                self.find(entries, &name, address.as_deref(), several)?
            }
            (None, None) => return Err(Refused::not_found("item not found")),
        };
        let emptied = value.get(self.mandatory).is_some_and(is_blank);
        if emptied {
            entries.remove(place);
            return Ok(());
        }
        let mut entry = match &entries[place] {
            Json::Object(entry) => entry.clone(),
            _ => Map::new(),
        };
        for (field, value) in normal_fields(value)? {
            if field == "api-key-entries" {
                // The older form of the same.
                entry.remove("api-keys");
            }
            if value.is_null() {
                entry.remove(&field);
            } else {
                entry.insert(field, value);
            }
        }
        entries[place] = entry.into();
        Ok(())
    }

    fn delete(&self, ask: &Ask, entries: &mut Vec<Json>) -> Result<(), Refused> {
        if let Some(name) = ask.parameter(self.by) {
            let address = ask.parameter("base-url");
            let several = format!("multiple items match {}; base-url is required", self.by);
            let place = self.find(entries, &name, address.as_deref(), &several)?;
            entries.remove(place);
            return Ok(());
        }
        let index = ask.parameter("index").and_then(|index| index.parse().ok());
        if index.is_none() {
            return Err(Refused::bad(format!("missing {} or index", self.by)));
        }
        let place = place(index, entries.len());
        entries.remove(place.ok_or_else(|| Refused::not_found("item not found"))?);
        Ok(())
    }

    /// The place of the entry with this name, at this address if one is told.
    fn find(
        &self,
        entries: &[Json],
        name: &str,
        address: Option<&str>,
        several: &str,
    ) -> Result<usize, Refused> {
        let is = |entry: &Json, field: &str, text: &str| {
            entry[field].as_str().unwrap_or_default().trim() == text.trim()
        };
        let mut places = (0..entries.len()).filter(|place| {
            let entry = &entries[*place];
            is(entry, self.by, name) && address.is_none_or(|address| is(entry, "base-url", address))
        });
        match (places.next(), places.next()) {
            (None, _) => Err(Refused::not_found("item not found")),
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(Refused::bad(several)),
        }
    }

    /// Whether there is enough of an entry to be one. Where an address has a default, the key is enough.
    fn counts(&self, entry: &Document) -> bool {
        let has = |field: &str| entry.get(field).is_some_and(|value| !is_blank(value));
        self.mandatory.is_empty() || has(self.mandatory) || (self.by == "api-key" && has("api-key"))
    }

    fn twice(&self, one: &Json, other: &Json) -> bool {
        let fields = ["api-key", "base-url", "proxy-url", "prefix", "headers"];
        self.by == "api-key"
            && self.mandatory == "api-key"
            && fields.iter().all(|field| one[field] == other[field])
    }
}

fn is_blank(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// An entry as the family stores it: texts trimmed, what is blank left out.
fn normal(entry: Document) -> Result<Document, Refused> {
    let mut entry = normal_fields(entry)?;
    entry.retain(|_, value| !is_blank(value));
    Ok(entry)
}

/// Fields as the family stores them; what becomes blank is null.
fn normal_fields(mut fields: Document) -> Result<Document, Refused> {
    // Told in answers, never stored.
    fields.remove(INDEX);
    if let Some(keys) = fields.remove("api-keys") {
        let keys = keys.as_array().ok_or_else(Refused::body)?.iter();
        let mut entries: Vec<Json> = keys
            .map(|key| serde_json::json!({"api-key": key}))
            .collect();
        let mut known = items(fields.get("api-key-entries"));
        known.append(&mut entries);
        fields.insert("api-key-entries".to_owned(), known.into());
    }
    let normal = |(name, value): (String, Json)| {
        let value = match (&*name, value) {
            (_, Json::Null) => Json::Null,
            ("prefix", Json::String(text)) => {
                let prefix = text.trim().trim_matches('/').trim();
                Json::from(if prefix.contains('/') { "" } else { prefix })
            }
            ("excluded-models", value) => patterns(&value)?,
            ("headers", value) => headers(value)?,
            ("models", value) => models(value)?,
            ("api-key-entries", value) => key_entries(value)?,
            (_, Json::String(text)) => Json::from(text.trim()),
            (_, value) => value,
        };
        let value = if is_blank(&value) { Json::Null } else { value };
        Ok((name, value))
    };
    fields.into_iter().map(normal).collect()
}

/// Pairs with a blank name or value are left out.
fn headers(value: Json) -> Result<Json, Refused> {
    let Json::Object(headers) = value else {
        return Err(Refused::body());
    };
    let mut kept = Map::new();
    for (name, value) in headers {
        let value = value.as_str().ok_or_else(Refused::body)?.trim();
        if !name.trim().is_empty() && !value.is_empty() {
            kept.insert(name.trim().to_owned(), value.into());
        }
    }
    Ok(kept.into())
}

/// Models without a name and without an alias are left out.
fn models(value: Json) -> Result<Json, Refused> {
    objects(value, |model| {
        ["name", "alias"]
            .iter()
            .any(|field| model.contains_key(*field))
    })
}

/// An entry without a key asks without one.
fn key_entries(value: Json) -> Result<Json, Refused> {
    objects(value, |_| true)
}

/// A list of objects with their texts trimmed and without what is blank.
fn objects(value: Json, keep: impl Fn(&Document) -> bool) -> Result<Json, Refused> {
    let Json::Array(items) = value else {
        return Err(Refused::body());
    };
    let mut objects: Vec<Json> = Vec::new();
    for item in items {
        let Json::Object(object) = item else {
            return Err(Refused::body());
        };
        let told = |(name, _): &(String, Json)| name != INDEX;
        let trimmed = object
            .into_iter()
            .filter(told)
            .map(|(name, value)| match value {
                Json::String(text) => (name, Json::from(text.trim())),
                value => (name, value),
            });
        let object: Document = trimmed.filter(|(_, value)| !is_blank(value)).collect();
        if keep(&object) {
            objects.push(object.into());
        }
    }
    Ok(objects.into())
}
