//! What holds for all accounts of a provider: tables by its name (`management-api.md` 1.8).

use modelgate_config::document::Document;
use serde_json::{Map, Value as Json};

use super::{Ask, Verb, patterns};
use crate::management::refused::Refused;

/// One of the tables.
#[derive(Debug)]
pub(super) struct Channels {
    /// What a row is called.
    noun: &'static str,
    /// What is in it.
    items: &'static str,
}

impl Channels {
    /// Models that are not served.
    pub(super) const PATTERNS: Self = Self {
        noun: "provider",
        items: "models",
    };
    /// Other names of models.
    pub(super) const ALIASES: Self = Self {
        noun: "channel",
        items: "aliases",
    };
    /// What failures mean.
    pub(super) const RULES: Self = Self {
        noun: "channel",
        items: "rules",
    };

    /// Null where nothing is left.
    pub(super) fn changed(
        &self,
        verb: Verb,
        ask: &Ask,
        said: Option<&Json>,
    ) -> Result<Json, Refused> {
        let mut table = said.and_then(Json::as_object).cloned().unwrap_or_default();
        match verb {
            Verb::Put => table = self.put(ask.object()?)?,
            Verb::Patch => self.patch(&ask.object()?, &mut table)?,
            Verb::Delete => {
                let name = ask
                    .parameter(self.noun)
                    .or_else(|| ask.parameter("provider"));
                let name = name.ok_or_else(|| Refused::bad(format!("missing {}", self.noun)))?;
                self.remove(&mut table, &name)?;
            }
        }
        Ok(if table.is_empty() {
            Json::Null
        } else {
            table.into()
        })
    }

    fn put(&self, mut body: Document) -> Result<Document, Refused> {
        let wrapped = body.len() == 1 && body.get("items").is_some_and(Json::is_object);
        if wrapped && let Some(Json::Object(items)) = body.remove("items") {
            body = items;
        }
        let mut table = Map::new();
        for (name, row) in body {
            let (name, row) = (normal(&name), self.row(&row)?);
            let full = row.as_array().is_some_and(|row| !row.is_empty());
            if !name.is_empty() && full {
                table.insert(name, row);
            }
        }
        Ok(table)
    }

    fn patch(&self, body: &Document, table: &mut Document) -> Result<(), Refused> {
        let name = body.get(self.noun).or_else(|| body.get("provider"));
        let name = name.and_then(Json::as_str).map(normal).unwrap_or_default();
        if name.is_empty() {
            return Err(Refused::bad(format!("invalid {}", self.noun)));
        }
        let row = match body.get(self.items) {
            None | Some(Json::Null) => Json::Array(Vec::new()),
            Some(row) => self.row(row)?,
        };
        if row.as_array().is_some_and(Vec::is_empty) {
            return self.remove(table, &name);
        }
        let known = spelling(table, &name).unwrap_or(name);
        table.insert(known, row);
        Ok(())
    }

    fn remove(&self, table: &mut Document, name: &str) -> Result<(), Refused> {
        let known = spelling(table, &normal(name));
        let known = known.ok_or_else(|| Refused::not_found(format!("{} not found", self.noun)))?;
        table.shift_remove(&known);
        Ok(())
    }

    /// A row as the family stores it.
    fn row(&self, row: &Json) -> Result<Json, Refused> {
        match self.items {
            "models" => patterns(row),
            "aliases" => aliases(row),
            _ if row.is_array() => Ok(row.clone()),
            _ => Err(Refused::body()),
        }
    }
}

/// Aliases that say nothing are left out, and so is one that is given again.
fn aliases(row: &Json) -> Result<Json, Refused> {
    let mut kept: Vec<Json> = Vec::new();
    for entry in row.as_array().ok_or_else(Refused::body)? {
        let mut entry = entry.as_object().ok_or_else(Refused::body)?.clone();
        let mut text = |field: &str| {
            let text = entry.get(field).and_then(Json::as_str).unwrap_or_default();
            let text = text.trim().to_owned();
            entry.insert(field.to_owned(), text.clone().into());
            text
        };
        let (name, alias) = (text("name"), text("alias"));
        let says_nothing =
            name.is_empty() || alias.is_empty() || name.to_lowercase() == alias.to_lowercase();
        let again = |known: &Json| {
            known["alias"]
                .as_str()
                .is_some_and(|known| known.eq_ignore_ascii_case(&alias))
        };
        if !says_nothing && !kept.iter().any(again) {
            kept.push(entry.into());
        }
    }
    Ok(kept.into())
}

fn normal(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The name of a row as the file has it.
fn spelling(table: &Document, name: &str) -> Option<String> {
    table.keys().find(|known| normal(known) == name).cloned()
}
