//! The whole configuration as one object (`management-api.md` 1.6).

use modelgate_config::document::{Document, is_known};
use serde_json::{Map, Value as Json};

use super::{Ask, Changes, Kind, SETTINGS, Verb, older};
use crate::management::refused::Refused;

/// What the object leaves out: how the gateway is reached, and how it is managed.
const HIDDEN: [&str; 4] = ["host", "port", "auth-dir", "remote-management"];

/// What the file says, with the defaults of the settings that have a resource of their own.
pub(in crate::management) fn whole_config(document: &Document) -> Document {
    let mut whole = Map::new();
    for setting in SETTINGS {
        let value = setting.value(document);
        let left_out = match setting.kind {
            Kind::Channels(_) => value.as_object().is_some_and(Map::is_empty),
            Kind::Ampcode => !speaks_of_amp(document),
            _ => false,
        };
        if !left_out {
            put(&mut whole, setting.at, value, document);
        }
    }
    for (key, value) in document {
        if HIDDEN.contains(&&**key) {
            continue;
        }
        match whole.get_mut(key) {
            None => drop(whole.insert(key.clone(), value.clone())),
            // A block of which some settings have a resource.
            Some(Json::Object(known)) => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    known.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            Some(_) => {}
        }
    }
    older::hide(&mut whole);
    whole
}

/// Puts the value of a setting in its block. Those of a block that the file does not have at all are left out with it.
fn put(whole: &mut Document, at: &str, value: Json, document: &Document) {
    match at.split_once('.') {
        None => drop(whole.insert(at.to_owned(), value)),
        Some(("ampcode", _)) if !speaks_of_amp(document) => {}
        Some((block, key)) => {
            let block = whole.entry(block).or_insert_with(|| Map::new().into());
            if let Json::Object(block) = block {
                block.insert(key.to_owned(), value);
            }
        }
    }
}

fn speaks_of_amp(document: &Document) -> bool {
    let mut keys = document.keys();
    keys.any(|key| key == "ampcode" || key.starts_with("amp-"))
}

/// `PUT`: the object takes the place of the one that is read, but for what that leaves out.
pub(in crate::management) fn put_config(
    ask: &Ask,
    document: &Document,
) -> Result<Changes, Refused> {
    let (old, new) = (whole_config(document), ask.object()?);
    if new.is_empty() {
        // A program that forgot to fill it in should not clear everything.
        return Err(Refused::body());
    }
    check(&new)?;
    let gone = old
        .keys()
        .filter(|key| !new.contains_key(*key) && document.contains_key(*key));
    let mut changes: Changes = gone.map(|key| (key.clone(), Json::Null)).collect();
    for (key, value) in &new {
        if old.get(key) == Some(value) {
            continue;
        }
        if let Some(list) = list(key, value, document) {
            changes.extend(list?);
            continue;
        }
        match (old.get(key), value) {
            // Within a block, what is not told and not changed stays unwritten.
            (Some(Json::Object(old)), Json::Object(new)) => {
                let before = document.get(key).and_then(Json::as_object);
                let mut block = before.cloned().unwrap_or_default();
                block.retain(|name, _| new.contains_key(name));
                for (name, value) in new
                    .iter()
                    .filter(|(name, value)| old.get(*name) != Some(value))
                {
                    block.insert(name.clone(), value.clone());
                }
                changes.push((key.clone(), block.into()));
            }
            _ => changes.push((key.clone(), value.clone())),
        }
    }
    Ok(changes)
}

/// `PATCH`: a merge patch (RFC 7396) of what the file says; null takes away.
pub(in crate::management) fn patch_config(
    ask: &Ask,
    document: &Document,
) -> Result<Changes, Refused> {
    let patch = ask.object()?;
    check(&patch)?;
    let mut changes = Changes::new();
    for (key, patch) in patch {
        if let Some(list) = list(&key, &patch, document) {
            changes.extend(list?);
            continue;
        }
        let old = document.get(&key);
        let new = merged(old, patch);
        if old.unwrap_or(&Json::Null) != &new {
            changes.push((key, new));
        }
    }
    Ok(changes)
}

/// A list is put as at its own resource, which knows what its entries keep.
fn list(key: &str, value: &Json, document: &Document) -> Option<Result<Changes, Refused>> {
    let setting = super::find(key)?;
    let known = matches!(setting.kind, Kind::ClientKeys | Kind::Entries(_));
    let items = value.as_array().filter(|_| known)?;
    let body = serde_json::to_vec(items).unwrap_or_default().into();
    let ask = Ask { query: None, body };
    Some(setting.change(Verb::Put, &ask, document))
}

fn merged(old: Option<&Json>, patch: Json) -> Json {
    let Json::Object(patch) = patch else {
        return patch;
    };
    let mut map = old.and_then(Json::as_object).cloned().unwrap_or_default();
    for (key, patch) in patch {
        let new = merged(map.get(&key), patch);
        if new.is_null() {
            map.shift_remove(&key);
        } else {
            map.insert(key, new);
        }
    }
    map.into()
}

/// A key that nobody knows would be stored and do nothing.
fn check(body: &Document) -> Result<(), Refused> {
    let unknown = |key: &&String| !key.starts_with("x-") && !is_known(&key.replace('.', "\\."));
    match body.keys().find(unknown) {
        None => Ok(()),
        Some(key) => {
            let shown = crate::error::shown(key);
            Err(Refused::body().message(format!("there is no setting `{shown}`")))
        }
    }
}
