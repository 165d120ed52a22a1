//! What a file says, as JSON: under the names of the schema, whatever their spelling, and of the types of the schema.
//!
//! Defaults and the environment are not in it. Whoever looks at single settings or changes them starts here; what the
//! program uses is a [`crate::Config`].

use std::path::Path;

use serde_json::{Map, Value as Json};
use yaml_edit::path::{PathSegment, try_parse_path};

use crate::check::{boolean, integer};
use crate::error::{ConfigError, Report};
use crate::payload::plain_json;
use crate::schema::{self, Field, Shape, same_key};
use crate::secret::Secret;
use crate::tree::{self, Entry, Node, Value};

/// The settings of a file by their names.
pub type Document = Map<String, Json>;

/// What a text says, secrets in clear. `path` only names it in messages.
///
/// # Errors
/// When the text is no YAML. Whether it is a valid configuration is not asked.
pub fn clear(text: &str, path: &Path) -> Result<Document, ConfigError> {
    read(text, path, Secrets::Clear)
}

/// What a text says, secrets masked.
///
/// # Errors
/// As [`clear`].
pub fn masked(text: &str, path: &Path) -> Result<Document, ConfigError> {
    read(text, path, Secrets::Masked)
}

/// The value at a path as messages write it: `claude-api-key[0].models`, a dot inside a key as `\.`. `None`: it is not set,
/// or the path cannot be understood.
#[must_use]
pub fn find<'d>(document: &'d Document, path: &str) -> Option<&'d Json> {
    let steps = try_parse_path(path).ok()?;
    let (PathSegment::Key(first), rest) = steps.split_first()? else {
        return None;
    };
    walk(member(document, first)?, rest)
}

/// Whether the schema has a key at a path; free keys below it count.
#[must_use]
pub fn is_known(path: &str) -> bool {
    let Ok(steps) = try_parse_path(path) else {
        return false;
    };
    let mut shape = &schema::ROOT;
    for step in &steps {
        shape = match (step, shape) {
            (_, Shape::Any) => return true,
            (PathSegment::Key(key), shape) => match (shape, schema::fields(shape)) {
                (Shape::Table(inner), _) => inner,
                (_, Some(fields)) => match named(fields, key) {
                    Some(field) => &field.shape,
                    None => return false,
                },
                _ => return false,
            },
            (PathSegment::Index(_), Shape::List(inner)) => inner,
            (PathSegment::Index(_), _) => return false,
        };
    }
    !steps.is_empty()
}

pub(crate) fn walk<'d>(value: &'d Json, steps: &[PathSegment]) -> Option<&'d Json> {
    steps.iter().try_fold(value, |value, step| match step {
        PathSegment::Index(index) => value.get(*index),
        PathSegment::Key(key) => member(value.as_object()?, key),
    })
}

fn member<'d>(map: &'d Document, key: &str) -> Option<&'d Json> {
    map.get(key).or_else(|| {
        map.iter()
            .find(|(known, _)| same_key(key, known))
            .map(|(_, value)| value)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Clear,
    Masked,
}

fn read(text: &str, path: &Path, secrets: Secrets) -> Result<Document, ConfigError> {
    let mut report = Report::new(path);
    let root = tree::parse(text, &mut report);
    report.finish()?;
    match root.map(|root| value(&root, &schema::ROOT, secrets)) {
        Some(Json::Object(document)) => Ok(document),
        _ => Ok(Document::new()),
    }
}

/// The tree was bounded in depth and size when it was read, aliases expanded.
fn value(node: &Node, shape: &Shape, secrets: Secrets) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(text) => scalar(text, node.quoted, shape, secrets),
        Value::List(items) => {
            let inner = match shape {
                Shape::List(inner) => inner,
                _ => &Shape::Any,
            };
            items
                .iter()
                .map(|item| value(item, inner, secrets))
                .collect()
        }
        Value::Map(entries) => Json::Object(map(entries, shape, secrets)),
    }
}

fn map(entries: &[Entry], shape: &Shape, secrets: Secrets) -> Document {
    let fields = schema::fields(shape);
    let member = |entry: &Entry| {
        let known = fields.and_then(|fields| named(fields, &entry.key));
        let (key, shape) = match (known, shape) {
            (Some(field), _) => (field.key, &field.shape),
            (None, Shape::Table(inner)) => (&*entry.key, *inner),
            (None, _) => (&*entry.key, &Shape::Any),
        };
        // Null stands for "not set" where the schema knows the key.
        let unset = known.is_some() && matches!(entry.value.value, Value::Null);
        (!unset).then(|| (key.to_owned(), value(&entry.value, shape, secrets)))
    };
    entries.iter().filter_map(member).collect()
}

fn named(fields: &'static [Field], key: &str) -> Option<&'static Field> {
    fields.iter().find(|field| same_key(key, field.key))
}

fn scalar(text: &str, quoted: bool, shape: &Shape, secrets: Secrets) -> Json {
    match shape {
        Shape::Bool => boolean(text).map(Json::from),
        Shape::Integer => integer(text).map(Json::from),
        Shape::Secret | Shape::SecretOrMap(_) if secrets == Secrets::Masked => {
            Some(Json::from(mask(text)))
        }
        Shape::Text | Shape::Secret | Shape::SecretOrMap(_) => None,
        Shape::Any | Shape::List(_) | Shape::Map(_) | Shape::Table(_) => {
            (!quoted).then(|| plain_json(text)).flatten()
        }
    }
    .unwrap_or_else(|| Json::from(text))
}

/// The mask of a secret. Words that let nobody in are shown: nothing at all, `direct`, and the address of a proxy without
/// a password.
fn mask(text: &str) -> String {
    let open = text.is_empty()
        || matches!(text, "direct" | "none")
        || (text.contains("://") && !text.contains('@'));
    if open {
        text.to_owned()
    } else {
        Secret::from(text).mask()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FILE: &str = "\
port: 8317
debug: yes
api_keys: [12345, {key: mg-0123456789abcdef, name: 7}]
proxy-url: http://user:password@proxy.example:3128
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    headers: {X-Team: header-0123456789abcdef}
    proxy-url: direct
    priority: 0x10
    models:
payload:
  default: [{params: {a.b: 7, c: '7', d: null, e: [true, x]}}]
host:
";

    #[test]
    fn names_and_types_are_those_of_the_schema() {
        let document = clear(FILE, Path::new("c.yaml")).unwrap();
        assert_eq!(
            Json::Object(document),
            json!({
                "port": 8317,
                "debug": true,
                "api-keys": ["12345", {"key": "mg-0123456789abcdef", "name": "7"}],
                "proxy-url": "http://user:password@proxy.example:3128",
                "claude-api-key": [{
                    "api-key": "sk-ant-0123456789abcdef",
                    "headers": {"X-Team": "header-0123456789abcdef"},
                    "proxy-url": "direct",
                    "priority": 16,
                }],
                "payload": {"default": [{"params": {"a.b": 7, "c": "7", "d": null, "e": [true, "x"]}}]},
            })
        );
    }

    #[test]
    fn no_secret_is_in_the_masked_one() {
        let document = Json::Object(masked(FILE, Path::new("c.yaml")).unwrap()).to_string();
        for secret in ["12345", "0123456789abcdef", "password"] {
            assert!(!document.contains(secret), "{secret} in {document}");
        }
        assert!(
            document.contains("sk-a…cdef") && document.contains("direct"),
            "{document}"
        );
    }

    #[test]
    fn values_are_found_by_either_spelling() {
        let document = clear(FILE, Path::new("c.yaml")).unwrap();
        for (path, expected) in [
            ("port", Some(json!(8317))),
            ("api_keys[1].name", Some(json!("7"))),
            ("claude-api-key[0].proxy_url", Some(json!("direct"))),
            (r"payload.default[0].params.a\.b", Some(json!(7))),
            ("api-keys[2]", None),
            ("host", None),
            ("[0]", None),
            ("", None),
        ] {
            assert_eq!(find(&document, path), expected.as_ref(), "{path}");
        }
    }

    #[test]
    fn known_paths_are_those_of_the_schema() {
        for (path, expected) in [
            ("debug", true),
            ("routing.strategy", true),
            ("remote_management.secret_key", true),
            ("claude-api-key[0].headers.X-Any", true),
            ("payload.default[0].params.a.b.c", true),
            ("api-keys[0].name", true),
            ("prot", false),
            ("routing.strategi", false),
            ("debug[0]", false),
            ("", false),
        ] {
            assert_eq!(is_known(path), expected, "{path}");
        }
    }

    #[test]
    fn only_what_is_no_yaml_is_refused() {
        assert!(clear("a: [", Path::new("c.yaml")).is_err());
        assert!(clear("- a\n", Path::new("c.yaml")).unwrap().is_empty());
        assert!(clear("", Path::new("c.yaml")).unwrap().is_empty());
        assert_eq!(
            clear("port: x\n", Path::new("c.yaml")).unwrap()["port"],
            "x"
        );
    }

    #[test]
    fn aliases_that_multiply_themselves_are_refused_at_once() {
        let mut bomb = String::from("x-a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            let items = [alias.as_str(); 10].join(",");
            bomb.push_str(&format!("x-a{level}: &a{level} [{items}]\n"));
        }
        assert!(clear(&bomb, Path::new("c.yaml")).is_err());
    }
}
