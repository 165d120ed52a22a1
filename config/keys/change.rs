//! New client keys and the end of old ones, as changes of the text of a file.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::{key_digest, new_client_key};
use crate::document;
use crate::edit::{self, EditError};
use crate::error::ConfigError;
use crate::model::ClientKey;
use crate::secret::Secret;
use crate::setting;

const LIST: &str = "api-keys";

/// What a new client key may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewKey {
    /// Whose it is.
    pub name: Option<String>,
    /// Patterns of the models it may use; empty: all.
    pub models: Vec<String>,
    /// From when it is refused, as [`setting::moment`] reads it.
    pub expires: Option<String>,
}

/// What of a client key becomes otherwise; the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// Another name; empty: none.
    pub name: Option<String>,
    /// Other patterns of the models it may use; empty: all.
    pub models: Option<Vec<String>>,
    /// Another end, as [`setting::moment`] reads it; empty: none.
    pub expires: Option<String>,
    /// Whether it is refused until somebody enables it.
    pub disabled: Option<bool>,
}

/// Why client keys were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No key has this id or name.
    #[error("there is no client key `{0}`")]
    Unknown(String),
    /// Several keys have this name.
    #[error("{count} client keys are called `{name}`; name one by its id")]
    Ambiguous {
        /// The name.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// The name of a new key is taken.
    #[error("there is already a client key `{0}`")]
    Taken(String),
    /// What was wanted of a new key makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The file could not be changed.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl From<EditError> for KeyError {
    fn from(error: EditError) -> Self {
        Self::Config(error.into())
    }
}

/// Adds a new random key; what is given back are the changed text and the key.
///
/// # Errors
/// When the text cannot be changed, or the name is taken.
pub fn add(text: &str, new: &NewKey) -> Result<(String, Secret), KeyError> {
    let entries = entries(text)?;
    if let Some(name) = &new.name {
        if name.trim().is_empty() {
            return Err(KeyError::Invalid(
                "a name has at least one letter".to_owned(),
            ));
        }
        not_taken(&entries, name)?;
    }
    if let Some(expires) = &new.expires {
        setting::moment(expires).map_err(KeyError::Invalid)?;
    }
    let key = new_client_key();
    let mut entry = Map::new();
    entry.insert("key".to_owned(), json!(key.expose()));
    if let Some(name) = &new.name {
        entry.insert("name".to_owned(), json!(name.trim()));
    }
    if !new.models.is_empty() {
        entry.insert("models".to_owned(), json!(new.models));
    }
    if let Some(expires) = &new.expires {
        entry.insert("expires".to_owned(), json!(expires));
    }
    let entry = match entry.len() {
        1 => json!(key.expose()),
        _ => Json::Object(entry),
    };
    let text = edit::push(text, LIST, &entry)?;
    Ok((text, key))
}

/// Changes what a key may do, or its name; the key itself stays. Tells its id.
///
/// # Errors
/// When there is no such key, or several; when the name is another's, or the end is no time.
pub fn change(text: &str, who: &str, change: &KeyChange) -> Result<(String, String), KeyError> {
    let entries = entries(text)?;
    let entry = find(&entries, who)?;
    if let Some(name) = change.name.as_deref().map(str::trim)
        && entry.name.as_deref() != Some(name)
    {
        not_taken(&entries, name)?;
    }
    let expires = change.expires.as_deref().map(str::trim);
    if let Some(expires) = expires.filter(|expires| !expires.is_empty()) {
        setting::moment(expires).map_err(KeyError::Invalid)?;
    }
    let text_or_none = |text: &str| Some(json!(text)).filter(|_| !text.is_empty());
    let fields = [
        (
            "name",
            change.name.as_deref().map(|name| text_or_none(name.trim())),
        ),
        (
            "models",
            change
                .models
                .as_ref()
                .map(|models| Some(json!(models)).filter(|_| !models.is_empty())),
        ),
        ("expires", expires.map(text_or_none)),
        (
            "disabled",
            change
                .disabled
                .map(|disabled| disabled.then(|| json!(true))),
        ),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(field, value)| Some((field, value?)));
    let text = match &entry.value {
        Json::Object(map) => {
            fields
                .into_iter()
                .try_fold(text.to_owned(), |text, (field, value)| {
                    let path = format!("{}.{field}", entry.path());
                    match value {
                        Some(value) if map.get(field) != Some(&value) => {
                            edit::set(&text, &path, &value)
                        }
                        None if map.contains_key(field) => edit::remove(&text, &path),
                        _ => Ok(text),
                    }
                })?
        }
        key => {
            let mut map = Map::from_iter([("key".to_owned(), key.clone())]);
            map.extend(fields.filter_map(|(field, value)| Some((field.to_owned(), value?))));
            match map.len() {
                1 => text.to_owned(),
                _ => edit::set(text, &entry.path(), &Json::Object(map))?,
            }
        }
    };
    Ok((text, entry.id.clone()))
}

fn not_taken(entries: &[Entry], name: &str) -> Result<(), KeyError> {
    if entries.iter().any(|entry| entry.is_called(name)) {
        return Err(KeyError::Taken(name.to_owned()));
    }
    Ok(())
}

/// Removes a key by its id (or the beginning of it, from six digits) or its name, and tells which id it had.
///
/// # Errors
/// When there is none, or several.
pub fn revoke(text: &str, who: &str) -> Result<(String, String), KeyError> {
    let entries = entries(text)?;
    let entry = find(&entries, who)?;
    let text = match entries.len() {
        1 => edit::set(text, LIST, &Json::Array(Vec::new()))?,
        _ => edit::remove(text, &entry.path())?,
    };
    Ok((text, entry.id.clone()))
}

/// Replaces a key by a new random one that may do the same.
///
/// # Errors
/// As [`revoke`].
pub fn rotate(text: &str, who: &str) -> Result<(String, Secret, String), KeyError> {
    let entries = entries(text)?;
    let entry = find(&entries, who)?;
    let key = new_client_key();
    let text = match &entry.value {
        Json::Object(map) => {
            let mut map = map.clone();
            let old = if map.contains_key("key") {
                "key"
            } else {
                "key-hash"
            };
            if old == "key" {
                map.insert(old.to_owned(), json!(key.expose()));
            } else {
                // Whoever keeps hashes only shall go on so.
                map.insert(
                    old.to_owned(),
                    json!(ClientKey::new(key.expose()).key_hash()),
                );
            }
            edit::set(text, &format!("{}.{old}", entry.path()), &map[old])?
        }
        _ => edit::set(text, &entry.path(), key.expose())?,
    };
    Ok((text, key, entry.id.clone()))
}

/// An item of the list.
struct Entry {
    index: usize,
    id: String,
    name: Option<String>,
    value: Json,
}

impl Entry {
    fn path(&self) -> String {
        format!("{LIST}[{}]", self.index)
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name.trim())
    }
}

fn entries(text: &str) -> Result<Vec<Entry>, KeyError> {
    let document = document::clear(text, Path::new(LIST))?;
    let list = document.get(LIST).and_then(Json::as_array);
    let items = list.into_iter().flatten().enumerate();
    let entry = |(index, value): (usize, &Json)| Entry {
        index,
        id: id(value).unwrap_or_default(),
        name: value["name"].as_str().map(|name| name.trim().to_owned()),
        value: value.clone(),
    };
    Ok(items.map(entry).collect())
}

fn id(entry: &Json) -> Option<String> {
    let key = entry.as_str().or_else(|| entry["key"].as_str());
    let digest = match key {
        Some(key) => key_digest(key.trim()),
        None => super::parse_hash(entry["key-hash"].as_str()?.trim()).ok()?,
    };
    Some(ClientKey::from_digest(digest).id)
}

fn find<'e>(entries: &'e [Entry], who: &str) -> Result<&'e Entry, KeyError> {
    let named: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.is_called(who))
        .collect();
    let found = if named.is_empty() {
        let short = who.len() < 6 || !who.is_ascii();
        let begins = |entry: &&Entry| !short && entry.id.starts_with(who);
        entries.iter().filter(begins).collect()
    } else {
        named
    };
    match found[..] {
        [] => Err(KeyError::Unknown(who.to_owned())),
        [entry] => Ok(entry),
        _ => Err(KeyError::Ambiguous {
            name: who.to_owned(),
            count: found.len(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
api-keys:
  - mg-ann   # until June
  - key: mg-bob
    name: bob
  - key-hash: sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad   # abc
    name: carol
";

    #[test]
    fn a_new_key_is_added_with_what_it_may_do() {
        let plain = NewKey::default();
        let (text, key) = add(FILE, &plain).unwrap();
        assert_eq!(text, format!("{FILE}  - {}\n", key.expose()));
        let new = NewKey {
            name: Some("dora".to_owned()),
            models: vec!["gpt-*".to_owned()],
            expires: Some("2031-01-02".to_owned()),
        };
        let (text, key) = add("port: 1\n", &new).unwrap();
        let document = document::clear(&text, Path::new("")).unwrap();
        let expected = json!([{"key": key.expose(), "name": "dora", "models": ["gpt-*"], "expires": "2031-01-02"}]);
        assert_eq!(document["api-keys"], expected);
        let taken = NewKey {
            name: Some(" bob ".to_owned()),
            ..plain.clone()
        };
        assert!(matches!(add(FILE, &taken), Err(KeyError::Taken(_))));
        let late = NewKey {
            expires: Some("soon".to_owned()),
            ..plain
        };
        assert!(matches!(add(FILE, &late), Err(KeyError::Invalid(_))));
    }

    #[test]
    fn keys_are_revoked_by_name_or_id() {
        let (text, id) = revoke(FILE, "bob").unwrap();
        assert_eq!(text, FILE.replace("  - key: mg-bob\n    name: bob\n", ""));
        assert_eq!(id, ClientKey::new("mg-bob").id);
        let (text, _) = revoke(FILE, "ba7816bf8f01").unwrap();
        assert!(
            !text.contains("carol") && text.contains("# until June"),
            "{text}"
        );
        let (text, _) = revoke("api-keys: [mg-ann]\n", &ClientKey::new("mg-ann").id).unwrap();
        assert_eq!(text, "api-keys: []\n");
        for nobody in ["", "eve", "ba7", "ffffffffffff", "mg-ann"] {
            assert!(
                matches!(revoke(FILE, nobody), Err(KeyError::Unknown(_))),
                "{nobody}"
            );
        }
        let twice = FILE.replace("carol", "bob");
        assert!(matches!(
            revoke(&twice, "bob"),
            Err(KeyError::Ambiguous { count: 2, .. })
        ));
    }

    #[test]
    fn what_a_key_may_do_is_changed_and_the_rest_stays() {
        let with = |text: &str, who: &str, changes: &KeyChange| change(text, who, changes).unwrap();
        let said = |text: &str, index: usize| {
            let document = document::clear(text, Path::new("")).unwrap();
            document["api-keys"][index].clone()
        };
        let limits = KeyChange {
            models: Some(vec!["gpt-*".to_owned()]),
            expires: Some("2031-01-02".to_owned()),
            disabled: Some(true),
            ..KeyChange::default()
        };
        let (text, id) = with(FILE, "bob", &limits);
        assert_eq!(id, ClientKey::new("mg-bob").id);
        let expected = json!({"key": "mg-bob", "name": "bob", "models": ["gpt-*"], "expires": "2031-01-02", "disabled": true});
        assert_eq!(said(&text, 1), expected);
        assert!(text.contains("# until June") && text.contains("name: carol"));
        let free = KeyChange {
            name: Some(String::new()),
            models: Some(Vec::new()),
            expires: Some(String::new()),
            disabled: Some(false),
        };
        let (text, _) = with(&text, "bob", &free);
        assert_eq!(said(&text, 1), json!({"key": "mg-bob"}));
        // A key that says nothing of itself becomes one that does.
        let named = KeyChange {
            name: Some(" ann ".to_owned()),
            ..limits
        };
        let (text, _) = with(FILE, &ClientKey::new("mg-ann").id, &named);
        let expected = json!({"key": "mg-ann", "name": "ann", "models": ["gpt-*"], "expires": "2031-01-02", "disabled": true});
        assert_eq!(said(&text, 0), expected);
        assert!(text.contains("mg-bob"), "{text}");
        for same in [&free, &KeyChange::default()] {
            let (text, _) = with(FILE, &ClientKey::new("mg-ann").id, same);
            assert_eq!(text, FILE, "nothing is to be changed");
        }
        let own = KeyChange {
            name: Some("bob".to_owned()),
            ..KeyChange::default()
        };
        assert_eq!(with(FILE, "bob", &own).0, FILE);
        assert!(matches!(
            change(FILE, "carol", &own),
            Err(KeyError::Taken(_))
        ));
        assert!(matches!(
            change(FILE, "eve", &own),
            Err(KeyError::Unknown(_))
        ));
        let late = KeyChange {
            expires: Some("soon".to_owned()),
            ..KeyChange::default()
        };
        assert!(matches!(
            change(FILE, "bob", &late),
            Err(KeyError::Invalid(_))
        ));
    }

    #[test]
    fn a_rotated_key_keeps_its_rights() {
        let (text, key, _) = rotate(FILE, "bob").unwrap();
        assert_eq!(text, FILE.replace("mg-bob", key.expose()));
        let (text, key, id) = rotate(FILE, "carol").unwrap();
        assert!(!text.contains(key.expose()), "only its hash is kept");
        assert!(
            text.contains(&ClientKey::new(key.expose()).key_hash()),
            "{text}"
        );
        assert_eq!(id, "ba7816bf8f01");
        let (text, key, _) = rotate(FILE, &ClientKey::new("mg-ann").id).unwrap();
        assert_eq!(text, FILE.replace("mg-ann ", &format!("{} ", key.expose())));
    }
}
