//! `api-keys`: for the family's programs a list of texts. Entries that say more about their key are known by it, and keep
//! what else they say.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Ask, Verb, items, place};
use crate::management::refused::Refused;

/// `PATCH`; the first pair wins.
#[derive(Deserialize)]
struct Patch {
    index: Option<i64>,
    value: Option<Json>,
    old: Option<String>,
    new: Option<Json>,
}

pub(super) fn value(said: Option<&Json>) -> Json {
    let entries = items(said);
    entries
        .iter()
        .map(|entry| Json::from(shown(entry)))
        .collect()
}

pub(super) fn changed(verb: Verb, ask: &Ask, said: Option<&Json>) -> Result<Json, Refused> {
    let mut entries = items(said);
    match verb {
        Verb::Put => {
            let new = ask.list()?;
            let entries: Result<Vec<Json>, Refused> =
                new.into_iter().map(|new| known(new, &entries)).collect();
            return Ok(entries?.into());
        }
        Verb::Patch => patch(ask, &mut entries)?,
        Verb::Delete => delete(ask, &mut entries)?,
    }
    Ok(entries.into())
}

fn patch(ask: &Ask, entries: &mut Vec<Json>) -> Result<(), Refused> {
    let patch: Patch = ask.json()?;
    if let (Some(index), Some(value)) = (place(patch.index, entries.len()), patch.value) {
        entries[index] = replaced(&entries[index], value)?;
        return Ok(());
    }
    let (Some(old), Some(new)) = (patch.old, patch.new) else {
        return Err(Refused::bad("missing fields"));
    };
    match entries.iter_mut().find(|entry| shown(entry) == old.trim()) {
        Some(entry) => *entry = replaced(entry, new)?,
        // The family adds what was meant to take the place of a key that is not there.
        None if !old.trim().is_empty() => return Err(Refused::not_found("item not found")),
        None => entries.push(checked(new)?),
    }
    Ok(())
}

fn delete(ask: &Ask, entries: &mut Vec<Json>) -> Result<(), Refused> {
    let index = ask.parameter("index").and_then(|index| index.parse().ok());
    if let Some(index) = place(index, entries.len()) {
        entries.remove(index);
        return Ok(());
    }
    let before = entries.len();
    match ask.parameter("value") {
        Some(value) => entries.retain(|entry| shown(entry) != value.trim()),
        None if index.is_none() => return Err(Refused::bad("missing index or value")),
        None => {}
    }
    if entries.len() == before {
        return Err(Refused::not_found("item not found"));
    }
    Ok(())
}

/// The key of an entry, or its hash where that is all there is.
fn shown(entry: &Json) -> &str {
    let key = entry.as_str().or_else(|| entry["key"].as_str());
    key.or_else(|| entry["key-hash"].as_str())
        .unwrap_or_default()
        .trim()
}

/// A key, or an object with one.
fn checked(new: Json) -> Result<Json, Refused> {
    match new {
        Json::String(key) => Ok(Json::from(key.trim())),
        Json::Object(_) => Ok(new),
        _ => Err(Refused::body()),
    }
}

/// The entry that has this key already, else a new one.
fn known(new: Json, entries: &[Json]) -> Result<Json, Refused> {
    let new = checked(new)?;
    let same = |entry: &&Json| new.is_string() && shown(entry) == shown(&new);
    Ok(entries.iter().find(same).cloned().unwrap_or(new))
}

/// An entry with another key.
fn replaced(entry: &Json, new: Json) -> Result<Json, Refused> {
    let new = checked(new)?;
    let (Json::Object(entry), Json::String(_)) = (entry, &new) else {
        return Ok(new);
    };
    let mut entry = entry.clone();
    entry.remove("key-hash");
    entry.insert("key".to_owned(), new);
    Ok(entry.into())
}
