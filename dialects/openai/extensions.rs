//! Unknown fields. Those of an object below a level are kept at the level, as `object.key`.

use crate::Dialect;
use crate::ir::Extensions;
use crate::json::{RawJson, Value};

/// Keeps the fields of `value` that are not in `known`, under `object.key` when it is a level below.
pub(crate) fn keep(
    dialect: Dialect,
    extensions: &mut Extensions,
    value: Value<'_>,
    object: &str,
    known: &[&str],
) {
    for (key, value) in value.rest(known) {
        if value.is_null() {
            continue;
        }
        if object.is_empty() {
            extensions.push(dialect, &key, value.raw());
        } else {
            extensions.push(dialect, &format!("{object}.{key}"), value.raw());
        }
    }
}

/// The values of `keys`, each as by [`Value::field`], and the fields beside them, in one pass.
pub(crate) fn split<'d, const N: usize>(
    dialect: Dialect,
    value: Value<'d>,
    keys: [&str; N],
) -> ([Option<Value<'d>>; N], Extensions) {
    let mut extensions = Extensions::default();
    let found = value.fields_beside(keys, |key, value| {
        if !value.is_null() {
            extensions.push(dialect, &key.as_str().unwrap_or_default(), value.raw());
        }
    });
    (found, extensions)
}

/// Those that the dialect wrote at this level, without those of the objects `below`.
pub(crate) fn outer<'e>(
    dialect: Dialect,
    extensions: &'e Extensions,
    below: &'e [&str],
) -> impl Iterator<Item = (&'e str, &'e RawJson)> {
    let own = extensions.of(dialect);
    own.map(|extension| (&*extension.key, &extension.value))
        .filter(|(key, _)| !below.iter().any(|object| inner_key(key, object).is_some()))
}

/// Those that it wrote in the object `object` below this level.
pub(crate) fn inner<'e>(
    dialect: Dialect,
    extensions: &'e Extensions,
    object: &'e str,
) -> impl Iterator<Item = (&'e str, &'e RawJson)> {
    let own = extensions.of(dialect);
    own.filter_map(move |extension| Some((inner_key(&extension.key, object)?, &extension.value)))
}

fn inner_key<'k>(key: &'k str, object: &str) -> Option<&'k str> {
    key.strip_prefix(object)?.strip_prefix('.')
}
