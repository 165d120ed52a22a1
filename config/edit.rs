//! Edits of the text of a file that keep comments, order and every byte they do not touch.
//!
//! `yaml-edit` changes the text; `serde_yaml`, an independent parser, then reads the result, and the edit is
//! refused unless it means exactly what was intended. Paths are written as in messages:
//! `api-keys[2].name`, a dot inside a key as `\.`. Both spellings of a key reach it; a new key is written
//! as given.

mod merge;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;
use serde_yaml::{Mapping, Value};
use yaml_edit::path::{AliasPolicy, PathSegment, YamlPath, try_parse_path};
use yaml_edit::{Document, YamlFile, YamlNode};

use crate::error::Report;
use crate::schema::same_key;
use crate::tree;

pub use merge::merge;

/// Why a text was not edited.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The path cannot be understood.
    #[error("`{0}` is not the path of a key")]
    Path(String),
    /// There is nothing at the path, or something of another kind.
    #[error("there is no {kind} at `{path}`")]
    Missing {
        /// The path.
        path: String,
        /// What was looked for.
        kind: &'static str,
    },
    /// The text is no valid YAML to begin with.
    #[error("the file is not valid YAML; correct it before changing it from here")]
    Unreadable,
    /// The value cannot be written as YAML.
    #[error("the value for `{0}` cannot be written as YAML")]
    Value(String),
    /// The edit would have changed something else too.
    #[error("`{0}` cannot be changed without harm to the rest of the file; change it in an editor")]
    Refused(String),
}

/// What is done at the path.
enum Action {
    Set(Value),
    Push(Value),
    Remove,
}

/// Gives the key at `path` a value. Missing mappings on the way are made.
pub fn set<T: Serialize + ?Sized>(text: &str, path: &str, value: &T) -> Result<String, EditError> {
    edit(text, path, &Action::Set(to_value(path, value)?))
}

/// Appends an item to the list at `path`, which is made if it does not exist.
pub fn push<T: Serialize + ?Sized>(text: &str, path: &str, value: &T) -> Result<String, EditError> {
    edit(text, path, &Action::Push(to_value(path, value)?))
}

/// Removes a key (`tls`) or a list item (`api-keys[0]`).
pub fn remove(text: &str, path: &str) -> Result<String, EditError> {
    edit(text, path, &Action::Remove)
}

fn to_value<T: Serialize + ?Sized>(path: &str, value: &T) -> Result<Value, EditError> {
    serde_yaml::to_value(value).map_err(|_| EditError::Value(path.to_owned()))
}

fn edit(text: &str, path: &str, action: &Action) -> Result<String, EditError> {
    let steps = try_parse_path(path).map_err(|_| EditError::Path(path.to_owned()))?;
    if steps.is_empty() {
        return Err(EditError::Path(path.to_owned()));
    }
    edit_at(text, steps, action)
}

fn edit_at(text: &str, mut steps: Vec<PathSegment>, action: &Action) -> Result<String, EditError> {
    let path = written(&steps);
    let refused = || EditError::Refused(path.clone());
    let before = meaning(text).ok_or(EditError::Unreadable)?;
    use_spelling_of_file(&mut steps, &before);
    let mut intended = before.clone();
    apply(&mut intended, &steps, action).ok_or_else(|| missing(&path, action))?;
    if intended == before {
        return Ok(text.to_owned());
    }
    let edited = if before.is_null() {
        append(text, &intended)
    } else {
        // The syntax tree is edited by a young crate: should it panic, the edit is refused and the gateway lives on.
        catch_unwind(AssertUnwindSafe(|| rewrite(text, &steps, action, &before)))
            .ok()
            .flatten()
    };
    let edited = edited.ok_or_else(refused)?;
    let as_intended = meaning(&edited).as_ref() == Some(&intended);
    let tidy = matches!(action, Action::Remove) || comments(text) == comments(&edited);
    if as_intended && (tidy || replaces_block(&before, &steps)) {
        Ok(edited)
    } else {
        Err(refused())
    }
}

/// What a text means to `serde_yaml`; the tree guards against texts that multiply themselves.
fn meaning(text: &str) -> Option<Value> {
    let mut report = Report::new(Path::new(""));
    tree::parse(text, &mut report)?;
    if report.has_problems() {
        None
    } else {
        serde_yaml::from_str(text).ok()
    }
}

fn missing(path: &str, action: &Action) -> EditError {
    let kind = match action {
        Action::Set(_) => "place for a value",
        Action::Push(_) => "list",
        Action::Remove => "value",
    };
    EditError::Missing {
        path: path.to_owned(),
        kind,
    }
}

/// Keys on the way get the spelling the file has: `api-keys` finds `api_keys`.
fn use_spelling_of_file(steps: &mut [PathSegment], root: &Value) {
    let mut value = Some(root);
    for step in steps {
        value = match step {
            PathSegment::Index(index) => value.and_then(|value| value.get(*index)),
            PathSegment::Key(key) => {
                let mapping = value.and_then(Value::as_mapping);
                let same = |(known, _): &(&Value, &Value)| {
                    known.as_str().is_some_and(|known| same_key(known, key))
                };
                match mapping.and_then(|mapping| mapping.iter().find(same)) {
                    Some((known, below)) => {
                        known.as_str().unwrap_or_default().clone_into(key);
                        Some(below)
                    }
                    None => None,
                }
            }
        };
    }
}

/// Carries the action out on the meaning. `None`: there is no such place.
fn apply(root: &mut Value, steps: &[PathSegment], action: &Action) -> Option<()> {
    let (last, way) = steps.split_last()?;
    let mut value = root;
    for step in way {
        value = descend(value, step, !matches!(action, Action::Remove))?;
    }
    match action {
        Action::Remove => match last {
            PathSegment::Key(key) => value.as_mapping_mut()?.shift_remove(key.as_str()).map(drop),
            PathSegment::Index(index) => {
                let items = value.as_sequence_mut()?;
                (*index < items.len()).then(|| drop(items.remove(*index)))
            }
        },
        Action::Set(new) => {
            *descend(value, last, true)? = new.clone();
            Some(())
        }
        Action::Push(new) => {
            let list = descend(value, last, true)?;
            if list.is_null() {
                *list = Value::Sequence(Vec::new());
            }
            list.as_sequence_mut()?.push(new.clone());
            Some(())
        }
    }
}

fn descend<'a>(value: &'a mut Value, step: &PathSegment, make: bool) -> Option<&'a mut Value> {
    match step {
        PathSegment::Index(index) => value.as_sequence_mut()?.get_mut(*index),
        PathSegment::Key(key) => {
            if make && value.is_null() {
                *value = Value::Mapping(Mapping::new());
            }
            let mapping = value.as_mapping_mut()?;
            if make && !mapping.contains_key(key.as_str()) {
                mapping.insert(Value::String(key.clone()), Value::Null);
            }
            mapping.get_mut(key.as_str())
        }
    }
}

/// A file of comments only: the first key goes below them.
fn append(text: &str, value: &Value) -> Option<String> {
    let gap = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    Some(format!("{text}{gap}{}", serde_yaml::to_string(value).ok()?))
}

fn rewrite(text: &str, steps: &[PathSegment], action: &Action, before: &Value) -> Option<String> {
    let file = YamlFile::from_str(text).ok()?;
    let document = file.document()?;
    let path = written(steps);
    match action {
        Action::Remove => take_out(&document, steps)?,
        Action::Set(value) => put(&document, &path, value)?,
        Action::Push(value) => match at(before, steps) {
            Some(Value::Sequence(items)) if !items.is_empty() => {
                let list = document
                    .try_get_path_with(&path, AliasPolicy::Refuse)
                    .ok()?;
                push_node(list.as_sequence()?, value)?;
            }
            _ => put(&document, &path, &Value::Sequence(vec![value.clone()]))?,
        },
    }
    Some(file.to_string())
}

fn take_out(document: &Document, steps: &[PathSegment]) -> Option<()> {
    let (PathSegment::Index(index), way) = steps.split_last()? else {
        return document.try_remove_path(&written(steps)).ok().map(drop);
    };
    let list = document
        .try_get_path_with(&written(way), AliasPolicy::Refuse)
        .ok()?;
    list.as_sequence()?.remove(*index).map(drop)
}

fn put(document: &Document, path: &str, value: &Value) -> Option<()> {
    match value {
        Value::String(text) => document.try_set_path(path, text.as_str()).ok(),
        Value::Bool(flag) => document.try_set_path(path, *flag).ok(),
        other => document.try_set_path(path, node(other)?).ok(),
    }
}

fn push_node(list: &yaml_edit::Sequence, value: &Value) -> Option<()> {
    match value {
        Value::String(text) => list.push(text.as_str()),
        Value::Bool(flag) => list.push(*flag),
        other => list.push(node(other)?),
    }
    Some(())
}

/// A value as a piece of syntax.
fn node(value: &Value) -> Option<YamlNode> {
    let holder = Mapping::from_iter([(Value::from("value"), value.clone())]);
    let document = Document::from_str(&serde_yaml::to_string(&holder).ok()?).ok()?;
    document.get("value")
}

fn written(steps: &[PathSegment]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            PathSegment::Index(index) => path.push_str(&format!("[{index}]")),
            PathSegment::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                let digits = key.bytes().all(|byte| byte.is_ascii_digit());
                for (index, letter) in key.chars().enumerate() {
                    if matches!(letter, '.' | '[' | '\\') || (digits && index == 0) {
                        path.push('\\');
                    }
                    path.push(letter);
                }
            }
        }
    }
    path
}

fn at<'a>(root: &'a Value, steps: &[PathSegment]) -> Option<&'a Value> {
    steps.iter().try_fold(root, |value, step| match step {
        PathSegment::Index(index) => value.get(*index),
        PathSegment::Key(key) => value.get(key.as_str()),
    })
}

/// Comments inside a list or mapping go with it when it is replaced.
fn replaces_block(before: &Value, steps: &[PathSegment]) -> bool {
    matches!(
        at(before, steps),
        Some(Value::Sequence(_) | Value::Mapping(_))
    )
}

fn comments(text: &str) -> Vec<String> {
    let Ok(file) = YamlFile::from_str(text) else {
        return Vec::new();
    };
    file.comments()
        .map(|comment| comment.text().to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
