//! Changing one place of a document and leaving every other value as it is spelt.

use bytes::Bytes;

use super::value::{Kind, Value};
use super::{Document, write_string};

/// One step of the way to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'p> {
    /// A key of an object.
    Key(&'p str),
    /// A place in a list, counted from 0; in an object the key of these digits.
    Index(usize),
    /// The end of a list: a new place behind the last one where something is set, the last one otherwise.
    End,
}

/// The value at a path; of a repeated key the last one.
#[must_use]
pub fn at<'d>(document: &'d Document, path: &[Step<'_>]) -> Option<Value<'d>> {
    path.iter()
        .try_fold(document.root(), |value, step| child(value, *step))
}

/// The text with `json`, which is one value, at a path. Objects and lists that are missing on the way are made, and lists
/// filled up with `null`. `None` where the path leads through a value that is neither, or asks a list for a key.
#[must_use]
pub fn set(document: &Document, path: &[Step<'_>], json: &str) -> Option<Bytes> {
    let mut value = document.root();
    let mut rest = path;
    while let Some((step, behind)) = rest.split_first() {
        // A new place has no value yet.
        let found = (*step != Step::End).then(|| child(value, *step)).flatten();
        let Some(found) = found else { break };
        (value, rest) = (found, behind);
    }
    let span = value.span();
    let mut new = Vec::new();
    let Some((step, behind)) = rest.split_first() else {
        new.extend_from_slice(json.as_bytes());
        return Some(splice(&document.bytes, span, &new));
    };
    match (value.kind(), step) {
        (Kind::Null, _) => {
            build(rest, json, &mut new);
            return Some(splice(&document.bytes, span, &new));
        }
        (Kind::Array, Step::Index(index)) => {
            let length = value.items().count();
            (length..*index).for_each(|_| new.extend_from_slice(b"null,"));
            build(behind, json, &mut new);
        }
        (Kind::Array, Step::End) => build(behind, json, &mut new),
        (Kind::Object, Step::Key(_) | Step::Index(_)) => entry(*step, behind, json, &mut new),
        _ => return None,
    }
    let has_more = value.items().next().is_some() || value.entries().next().is_some();
    if has_more {
        new.insert(0, b',');
    }
    Some(splice(&document.bytes, span.end - 1..span.end - 1, &new))
}

/// The text without the value at a path, and without its key; of a repeated key every one. `None` where there is none.
#[must_use]
pub fn remove(document: &Document, path: &[Step<'_>]) -> Option<Bytes> {
    let (last, way) = path.split_last()?;
    let parent = at(document, way)?;
    let places = places(parent);
    let gone: Vec<bool> = match (parent.kind(), last) {
        (Kind::Object, step) => {
            let wanted = key(*step)?;
            parent.entries().map(|(key, _)| *key == *wanted).collect()
        }
        (Kind::Array, Step::Index(index)) => (0..places.len()).map(|at| at == *index).collect(),
        (Kind::Array, Step::End) => (1..=places.len()).map(|at| at == places.len()).collect(),
        _ => return None,
    };
    if !gone.contains(&true) {
        return None;
    }
    let kept: Vec<&[u8]> = places
        .into_iter()
        .zip(gone)
        .filter(|(_, gone)| !gone)
        .map(|(place, _)| &document.bytes[place])
        .collect();
    let span = parent.span();
    let inner = span.start + 1..span.end - 1;
    Some(splice(&document.bytes, inner, &kept.join(&b',')))
}

fn child<'d>(value: Value<'d>, step: Step<'_>) -> Option<Value<'d>> {
    match (value.kind(), step) {
        (Kind::Array, Step::Index(index)) => value.items().nth(index),
        (Kind::Array, Step::End) => value.items().last(),
        (Kind::Object, step) => value.get(&key(step)?),
        _ => None,
    }
}

fn key<'p>(step: Step<'p>) -> Option<std::borrow::Cow<'p, str>> {
    match step {
        Step::Key(key) => Some(key.into()),
        Step::Index(index) => Some(index.to_string().into()),
        Step::End => None,
    }
}

/// Where the entries of an object or the items of a list stand, without their commas.
fn places(value: Value<'_>) -> Vec<std::ops::Range<usize>> {
    if value.kind() == Kind::Array {
        return value.items().map(Value::span).collect();
    }
    let entries = value.spans();
    entries.map(|(key, value)| key.start..value.end).collect()
}

/// A value that holds `json` at a path, and nothing else.
fn build(path: &[Step<'_>], json: &str, out: &mut Vec<u8>) {
    let mut ends = Vec::new();
    for step in path {
        match step {
            Step::Key(key) => {
                out.push(b'{');
                write_string(out, key);
                out.push(b':');
                ends.push(b'}');
            }
            Step::Index(index) => {
                out.push(b'[');
                (0..*index).for_each(|_| out.extend_from_slice(b"null,"));
                ends.push(b']');
            }
            Step::End => {
                out.push(b'[');
                ends.push(b']');
            }
        }
    }
    out.extend_from_slice(json.as_bytes());
    out.extend(ends.into_iter().rev());
}

fn entry(step: Step<'_>, behind: &[Step<'_>], json: &str, out: &mut Vec<u8>) {
    write_string(out, &key(step).unwrap_or_default());
    out.push(b':');
    build(behind, json, out);
}

fn splice(bytes: &Bytes, span: std::ops::Range<usize>, new: &[u8]) -> Bytes {
    Bytes::from([&bytes[..span.start], new, &bytes[span.end..]].concat())
}

#[cfg(test)]
mod tests;
