//! `ampcode` (`management-api.md` 1.9): the block as a whole, and its lists.

use modelgate_config::document::Document;
use serde_json::{Map, Value as Json};

use super::{Ask, SETTINGS, Verb, items};
use crate::management::refused::Refused;

/// One of its lists.
#[derive(Debug)]
pub(super) enum AmpList {
    /// `model-mappings`, known by `from`.
    Mappings,
    /// `upstream-api-keys`, known by `upstream-api-key`.
    Keys,
}

/// All of them together.
pub(super) fn value(document: &Document) -> Json {
    let below = SETTINGS
        .iter()
        .filter(|setting| setting.at.starts_with("ampcode."));
    let values = below.map(|setting| (setting.name().to_owned(), setting.value(document)));
    Json::Object(values.collect::<Map<_, _>>())
}

impl AmpList {
    const fn by(&self) -> &'static str {
        match self {
            Self::Mappings => "from",
            Self::Keys => "upstream-api-key",
        }
    }

    pub(super) fn changed(
        &self,
        verb: Verb,
        ask: &Ask,
        said: Option<&Json>,
    ) -> Result<Json, Refused> {
        let mut entries = items(said);
        match verb {
            Verb::Put => entries = self.entries(ask)?,
            Verb::Patch => {
                for new in self.entries(ask)? {
                    let same = |known: &&mut Json| self.name(known) == self.name(&new);
                    match entries.iter_mut().find(same) {
                        Some(known) => *known = new,
                        None => entries.push(new),
                    }
                }
            }
            Verb::Delete => match self.gone(ask)? {
                None => entries.clear(),
                Some(names) => {
                    let before = entries.len();
                    entries.retain(|entry| !names.contains(self.name(entry)));
                    if entries.len() == before {
                        return Err(Refused::not_found("item not found"));
                    }
                }
            },
        }
        Ok(entries.into())
    }

    fn name<'e>(&self, entry: &'e Json) -> &'e str {
        entry[self.by()].as_str().unwrap_or_default().trim()
    }

    fn entries(&self, ask: &Ask) -> Result<Vec<Json>, Refused> {
        let Json::Array(mut entries) = ask.value()? else {
            return Err(Refused::body());
        };
        if entries.iter().any(|entry| !entry.is_object()) {
            return Err(Refused::body());
        }
        entries.retain(|entry| !self.name(entry).is_empty());
        Ok(entries)
    }

    /// Who is to be removed; `None`: all. A body that cannot be read removes nobody.
    fn gone(&self, ask: &Ask) -> Result<Option<std::collections::HashSet<String>>, Refused> {
        let blank = ask.body.iter().all(u8::is_ascii_whitespace);
        let value = match (blank, self) {
            (true, Self::Mappings) => return Ok(None),
            (true, Self::Keys) => None,
            (false, _) => ask.object()?.remove("value"),
        };
        let names = match (value, self) {
            (None | Some(Json::Null), Self::Mappings) => return Ok(None),
            (None | Some(Json::Null), Self::Keys) => return Err(Refused::bad("missing value")),
            (Some(Json::Array(names)), _) => names,
            (Some(_), _) => return Err(Refused::body()),
        };
        if names.is_empty() {
            return Ok(None);
        }
        let texts = names
            .iter()
            .map(|name| name.as_str().map(|name| name.trim().to_owned()));
        let texts: Option<std::collections::HashSet<String>> = texts.collect();
        let mut texts = texts.ok_or_else(Refused::body)?;
        texts.remove("");
        match texts.is_empty() {
            true => Err(Refused::bad("empty value")),
            false => Ok(Some(texts)),
        }
    }
}
