//! Changes to the text of an account file that leave everything else in it as it is.

use std::time::SystemTime;

use bytes::Bytes;
use modelgate_config::Secret;
use modelgate_dialects::json::edit::{self, Step};
use modelgate_dialects::json::{Document, JsonError, Kind, Value, write_string};

use super::account::Tokens;
use super::expiry;
use super::read::{EXPIRY, LAST_REFRESH, levels, lookup, same, tokens};

/// The text of an account file that is being changed. Names of fields are found in any of their spellings, and those
/// that are new are written as they are given. A value is never replaced by an empty one: [`Edit::remove`] says so.
pub struct Edit {
    text: Bytes,
    document: Document,
    refused: Option<String>,
}

impl Edit {
    pub(super) fn new(text: Bytes) -> Result<Self, JsonError> {
        Ok(Self {
            document: Document::parse(text.clone())?,
            text,
            refused: None,
        })
    }

    /// The text, or which change could not be made.
    pub(super) fn finish(self) -> Result<Bytes, String> {
        match self.refused {
            Some(reason) => Err(reason),
            None => Ok(self.text),
        }
    }

    /// The whole object, as it is now.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        self.document.root()
    }

    /// Sets a field, or one within nested objects, which are made where they are missing. `json` is one value; an empty
    /// text, list or object and `null` change nothing.
    pub fn set(&mut self, path: &[&str], json: &str) {
        if matches!(json.trim(), "" | "\"\"" | "null" | "{}" | "[]") {
            return;
        }
        let path = self.spelt(path);
        let steps: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        let text = edit::set(&self.document, &steps, json);
        if !text.is_some_and(|text| self.replace(text)) {
            self.refused = Some(format!("`{}` cannot be set to this", path.join(".")));
        }
    }

    /// As [`Edit::set`], to a text.
    pub fn set_text(&mut self, path: &[&str], text: &str) {
        let mut json = Vec::new();
        write_string(&mut json, text);
        self.set(path, &String::from_utf8_lossy(&json));
    }

    /// Removes a field, if it is there.
    pub fn remove(&mut self, path: &[&str]) {
        let path = self.spelt(path);
        let steps: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        if let Some(text) = edit::remove(&self.document, &steps) {
            self.replace(text);
        }
    }

    /// The tokens, as they are now.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        tokens(self.root())
    }

    /// A field that may be secret, at every place where the file has it, else in the object itself.
    pub fn set_secret(&mut self, name: &str, value: &Secret) {
        self.put_secret(&[], name, value);
    }

    /// New tokens, at every place where the file has the old ones, in the spelling that it has. What is `None` stays.
    pub fn set_tokens(
        &mut self,
        access: &Secret,
        refresh: Option<&Secret>,
        expires: SystemTime,
        now: SystemTime,
    ) {
        let home = self.home();
        self.put_secret(home, "access_token", access);
        if let Some(refresh) = refresh {
            self.put_secret(home, "refresh_token", refresh);
        }
        let default = if home.is_empty() { "expired" } else { "expiry" };
        self.set_moment(home, &EXPIRY, default, expires);
        self.set_moment(&[], &LAST_REFRESH, "last_refresh", now);
        for level in self.places("expires_in") {
            let seconds = expires.duration_since(now).unwrap_or_default().as_secs();
            self.set(&join(level, "expires_in"), &seconds.to_string());
        }
        for level in self.places("timestamp") {
            let path = join(level, "timestamp");
            let spelt = expiry::spell_like(self.at(&path), now);
            self.set(&path, &spelt);
        }
    }

    fn put_secret(&mut self, home: &[&str], name: &str, value: &Secret) {
        let mut places = self.places(name);
        if places.is_empty() {
            places.push(home);
        }
        for level in places {
            self.set_text(&join(level, name), value.expose());
        }
    }

    fn set_moment(&mut self, home: &[&str], names: &[&str], default: &str, moment: SystemTime) {
        let mut found = false;
        for name in names {
            for level in self.places(name) {
                let path = join(level, name);
                let spelt = expiry::spell_like(self.at(&path), moment);
                self.set(&path, &spelt);
                found = true;
            }
        }
        if !found {
            self.set(&join(home, default), &expiry::spell_like(None, moment));
        }
    }

    /// Where the file has its tokens: in itself or in `token`.
    fn home(&self) -> &'static [&'static str] {
        let places = self.places("access_token");
        let nested = self.root().field("token").is_some_and(Value::is_object);
        match places.first() {
            Some(place) => place,
            None if nested => &["token"],
            None => &[],
        }
    }

    /// The levels that have a field.
    fn places(&self, name: &str) -> Vec<&'static [&'static str]> {
        const LEVELS: [&[&str]; 2] = [&[], &["token"]];
        let has = |level: Value<'_>| lookup(level, name).is_some();
        let pairs = levels(self.root()).zip(LEVELS);
        pairs
            .filter(|(level, _)| has(*level))
            .map(|(_, path)| path)
            .collect()
    }

    fn at(&self, path: &[&str]) -> Option<Value<'_>> {
        path.iter()
            .try_fold(self.root(), |value, key| lookup(value, key))
    }

    /// The path as the file spells it, as far as it has it.
    fn spelt(&self, path: &[&str]) -> Vec<String> {
        let mut value = Some(self.root());
        let mut spelt = Vec::with_capacity(path.len());
        for (depth, key) in path.iter().enumerate() {
            let object = value.filter(|value| value.kind() == Kind::Object);
            // Deeper names, such as those of headers, are the owner's own words.
            let ours = depth == 0 || path[0] == "token";
            let matches = |name: &str| name == *key || ours && same(name, key);
            let found =
                object.and_then(|object| object.entries().filter(|(name, _)| matches(name)).last());
            value = found.as_ref().map(|(_, value)| *value);
            spelt.push(found.map_or_else(|| (*key).to_owned(), |(name, _)| name.into_owned()));
        }
        spelt
    }

    fn replace(&mut self, text: Bytes) -> bool {
        match Document::parse(text.clone()) {
            Ok(document) => {
                (self.text, self.document) = (text, document);
                true
            }
            Err(_) => false,
        }
    }
}

fn join<'p>(level: &[&'p str], name: &'p str) -> Vec<&'p str> {
    level.iter().copied().chain([name]).collect()
}

#[cfg(test)]
mod tests;
