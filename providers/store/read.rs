//! From the text of an account file to an [`Account`].

use std::sync::Arc;

use bytes::Bytes;
use modelgate_config::model::{ErrorRule, ModelEntry};
use modelgate_config::{Pattern, Secret, setting};
use modelgate_dialects::json::{Document, Kind, RawJson, Value};

use super::account::{Account, AccountKind, Settings, Tokens};
use super::expiry;
use super::file::Stamp;

/// When the access token ends; the first that can be read counts (`providers.md` 1.2).
pub(super) const EXPIRY: [&str; 5] = ["expired", "expire", "expires_at", "expiry", "expires"];

/// When the tokens were renewed (`management-api.md` 4.1).
pub(super) const LAST_REFRESH: [&str; 2] = ["last_refresh", "last_refreshed_at"];

/// Fields that are read into [`Settings`] or [`Tokens`]; all others stay as they are.
const KNOWN: [&str; 22] = [
    "type",
    "email",
    "label",
    "disabled",
    "prefix",
    "priority",
    "weight",
    "proxy_url",
    "headers",
    "excluded_models",
    "model_aliases",
    "request_scoped_errors",
    "note",
    "request_retry",
    "disable_cooling",
    "fetch_models",
    "base_url",
    "project_id",
    "access_token",
    "refresh_token",
    "timestamp",
    "expires_in",
];

/// The family's files spell names with `_`, with `-` and in camelCase; all of them are the same.
pub(crate) fn same(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    let bytes = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    bytes.map(|byte| byte.to_ascii_lowercase())
}

/// The value of a name in any spelling; the last one counts.
pub(crate) fn lookup<'d>(object: Value<'d>, name: &str) -> Option<Value<'d>> {
    let found = object.entries().filter(|(key, _)| same(key, name));
    found.last().map(|(_, value)| value)
}

/// Reads a file. The sentence of an error never repeats a value.
pub(super) fn account(file: Arc<str>, text: Bytes, stamp: Stamp) -> Result<Account, String> {
    let document = Document::parse(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let root = document.root();
    if !root.is_object() {
        return Err("it is not a JSON object".to_owned());
    }
    let fields = Fields(root);
    let Some(name) = fields.text("type")? else {
        return Err("it has no `type`, which says whose account it is".to_owned());
    };
    let Some(kind) = AccountKind::from_name(&name.to_ascii_lowercase()) else {
        return Err(format!("accounts of the type `{name}` are not known"));
    };
    Ok(Account {
        file,
        kind,
        settings: settings(fields)?,
        tokens: tokens(root),
        extra: extra(root),
        stamp,
    })
}

/// The fields of an account file. Absent, `null` and blank are the same.
#[derive(Clone, Copy)]
struct Fields<'d>(Value<'d>);

impl<'d> Fields<'d> {
    fn get(self, name: &str) -> Option<Value<'d>> {
        lookup(self.0, name).filter(|value| !value.is_null())
    }

    fn text(self, name: &str) -> Result<Option<Box<str>>, String> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let text = scalar(value).ok_or_else(|| format!("`{name}` is not a text"))?;
        Ok((!text.is_empty()).then_some(text))
    }

    fn bool(self, name: &str) -> Result<Option<bool>, String> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("false" | "0") => Ok(Some(false)),
            Some("true" | "1") => Ok(Some(true)),
            Some(_) => Err(format!("`{name}` is neither true nor false")),
        }
    }

    fn number<N: TryFrom<i64>>(self, name: &str) -> Result<Option<N>, String> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let number = text.parse::<i64>().ok().and_then(|all| all.try_into().ok());
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(format!("`{name}` is not a whole number of a fitting size")),
        }
    }

    fn read<T>(
        self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let text = self.text(name)?;
        let value = text.as_deref().map(read).transpose();
        value.map_err(|reason| format!("`{name}`: {reason}"))
    }
}

/// A text without the white space around it, or a number or truth value as it is spelt.
pub(super) fn scalar(value: Value<'_>) -> Option<Box<str>> {
    match value.kind() {
        Kind::String => value.as_str().map(|text| text.trim().into()),
        Kind::Number | Kind::Bool => Some(value.source().into()),
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

fn settings(fields: Fields<'_>) -> Result<Settings, String> {
    Ok(Settings {
        email: fields.text("email")?,
        label: fields.text("label")?,
        disabled: fields.bool("disabled")?.unwrap_or_default(),
        prefix: fields
            .read("prefix", setting::prefix)?
            .flatten()
            .map(String::into_boxed_str),
        priority: fields.number("priority")?.unwrap_or_default(),
        weight: fields.number("weight")?,
        proxy: fields
            .read("proxy_url", setting::proxy)?
            .unwrap_or_default(),
        headers: headers(fields)?,
        excluded_models: patterns(fields)?,
        model_aliases: aliases(fields)?,
        error_rules: error_rules(fields)?,
        note: fields.text("note")?,
        // A negative number is the family's word for "not set".
        request_retry: fields
            .number::<i64>("request_retry")?
            .and_then(|count| u32::try_from(count).ok()),
        disable_cooling: fields.bool("disable_cooling")?,
        fetch_models: fields.bool("fetch_models")?,
        base_url: fields.read("base_url", setting::base_url)?,
        project_id: fields.text("project_id")?,
    })
}

fn headers(fields: Fields<'_>) -> Result<Vec<(Box<str>, Secret)>, String> {
    let Some(headers) = fields.get("headers") else {
        return Ok(Vec::new());
    };
    if !headers.is_object() {
        return Err("`headers` is not an object".to_owned());
    }
    let mut read = Vec::new();
    for (name, value) in headers.entries() {
        let value = scalar(value).unwrap_or_default();
        if name.trim().is_empty() || value.is_empty() {
            continue;
        }
        setting::header(&name, &value).map_err(|reason| format!("`headers`: {reason}"))?;
        read.push((name.into_owned().into_boxed_str(), Secret::from(&*value)));
    }
    Ok(read)
}

/// A list of texts, or one text with commas.
fn patterns(fields: Fields<'_>) -> Result<Vec<Pattern>, String> {
    let Some(value) = fields.get("excluded_models") else {
        return Ok(Vec::new());
    };
    let texts: Option<Vec<Box<str>>> = match value.kind() {
        Kind::Array => value.items().map(scalar).collect(),
        _ => scalar(value).map(|all| all.split(',').map(Box::from).collect()),
    };
    let texts = texts.ok_or("`excluded_models` is not a list of model names")?;
    let filled = texts.iter().filter(|text| !text.trim().is_empty());
    Ok(filled.map(|text| Pattern::new(text)).collect())
}

/// `{"alias": "name"}`, or a list of `{"name", "alias"}` as in the global table.
fn aliases(fields: Fields<'_>) -> Result<Vec<ModelEntry>, String> {
    let Some(value) = fields.get("model_aliases") else {
        return Ok(Vec::new());
    };
    let entry = |name: Option<Box<str>>, alias: Option<Box<str>>| {
        let name = name.filter(|name| !name.is_empty())?;
        let alias = alias.filter(|alias| !alias.is_empty());
        Some(ModelEntry {
            alias: String::from(alias.unwrap_or_else(|| name.clone())),
            name: String::from(name),
            responses: None,
        })
    };
    let part = |item: Value<'_>, key: &str| item.field(key).and_then(scalar);
    let entries: Option<Vec<ModelEntry>> = match value.kind() {
        Kind::Array => value
            .items()
            .map(|item| entry(part(item, "name"), part(item, "alias")))
            .collect(),
        Kind::Object => value
            .entries()
            .map(|(alias, name)| entry(scalar(name), Some(alias.trim().into())))
            .collect(),
        _ => None,
    };
    entries.ok_or_else(|| "`model_aliases` is not a table of names and aliases".to_owned())
}

/// What failures of this account mean, as the global tables spell it.
fn error_rules(fields: Fields<'_>) -> Result<Vec<ErrorRule>, String> {
    let Some(rules) = fields.get("request_scoped_errors") else {
        return Ok(Vec::new());
    };
    let rules = setting::error_rules(rules.source());
    rules.map_err(|reason| format!("`request_scoped_errors`: {reason}"))
}

/// The object itself, then the `token` object within.
pub(super) fn levels(root: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let nested = root.field("token").filter(|token| token.is_object());
    [Some(root), nested].into_iter().flatten()
}

/// The tokens of a file.
pub(crate) fn tokens(root: Value<'_>) -> Tokens {
    let secret = |name: &str| {
        let values = levels(root).filter_map(|level| lookup(level, name));
        let mut texts = values.filter_map(scalar).filter(|text| !text.is_empty());
        texts.next().map(|text| Secret::from(&*text))
    };
    let moment = |names: &[&str]| {
        let values = levels(root).flat_map(|level| names.iter().map(move |name| (level, *name)));
        let mut moments =
            values.filter_map(|(level, name)| lookup(level, name).and_then(expiry::moment));
        moments.next()
    };
    let sum = |level| {
        let (timestamp, seconds) = (lookup(level, "timestamp")?, lookup(level, "expires_in")?);
        expiry::sum(timestamp, seconds)
    };
    let access = secret("access_token");
    let expires = moment(&EXPIRY).or_else(|| levels(root).find_map(sum));
    Tokens {
        expires: expires.or_else(|| expiry::of_jwt(access.as_ref()?.expose())),
        access,
        refresh: secret("refresh_token"),
        last_refresh: moment(&LAST_REFRESH),
    }
}

/// Every other field, those of `token` first: the last one of a name counts.
fn extra(root: Value<'_>) -> Secret {
    let other = |key: &str| {
        let mut known = KNOWN.iter().chain(&EXPIRY).chain(&LAST_REFRESH);
        !known.any(|name| same(name, key))
    };
    let json = RawJson::build(|writer| {
        writer.object(|writer| {
            for level in levels(root).collect::<Vec<_>>().into_iter().rev() {
                for (key, value) in level.entries() {
                    if other(&key) && !(key == "token" && value.is_object()) {
                        writer.foreign_key(&key);
                        value.write_compact(writer);
                    }
                }
            }
        });
    });
    Secret::from(json.as_str())
}

#[cfg(test)]
mod tests;
