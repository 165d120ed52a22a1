//! Compares a file with the schema: wrong types, keys given twice, keys nobody knows.

use crate::error::Report;
use crate::schema::{Field, Shape, fields, same_key};
use crate::tree::{Entry, Node, Value, shown_key};

/// A name at least this similar is suggested.
const SIMILAR: f64 = 0.6;

/// Reports everything below `node` that does not fit `shape`. `key` is the path of `node`, and left as it came.
pub(crate) fn check(node: &Node, shape: &Shape, key: &mut String, report: &mut Report) {
    match (shape, &node.value) {
        (_, Value::Null)
        | (Shape::Any, _)
        | (Shape::Text | Shape::Secret | Shape::SecretOrMap(_), Value::Scalar(_)) => {}
        (Shape::Bool, Value::Scalar(text)) if boolean(text).is_some() => {}
        (Shape::Integer, Value::Scalar(text)) => check_integer(node, text, key, report),
        (Shape::List(inner), Value::List(items)) => {
            for (index, item) in items.iter().enumerate() {
                below(key, &format!("[{index}]"), |key| {
                    check(item, inner, key, report);
                });
            }
        }
        (Shape::Table(inner), Value::Map(entries)) => {
            for entry in entries {
                below(key, &format!(".{}", entry.key), |key| {
                    check(&entry.value, inner, key, report);
                });
            }
        }
        (Shape::Map(fields) | Shape::SecretOrMap(fields), Value::Map(entries)) => {
            check_fields(entries, fields, key, report);
        }
        _ => {
            let (message, hint) = wrong_type(shape, &node.value, key);
            report.mistyped(node.position, key, message, hint);
        }
    }
}

/// `true` and `false`, and the other words the family's files use for them.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A whole number, decimal or with `0x` or `0o`.
pub(crate) fn integer(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok();
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok();
    }
    text.trim().parse().ok()
}

fn check_integer(node: &Node, text: &str, key: &str, report: &mut Report) {
    if integer(text).is_some() {
        return;
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let too_large = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let message = if too_large {
        "this number is too large"
    } else {
        "must be a whole number"
    };
    report.mistyped(
        node.position,
        key,
        message.to_owned(),
        format!("for example `{}: 3`", last(key)),
    );
}

fn check_fields(
    entries: &[Entry],
    fields: &'static [Field],
    key: &mut String,
    report: &mut Report,
) {
    let mut seen: Vec<Option<usize>> = vec![None; fields.len()];
    for entry in entries {
        let same = |field: &Field| same_key(&entry.key, field.key);
        let Some(index) = fields.iter().position(same) else {
            unknown(entry, fields, key, report);
            continue;
        };
        let field = &fields[index];
        below(key, &format!(".{}", field.key), |key| {
            if let Some(line) = seen[index].replace(entry.position.line) {
                let message = format!("`{}` is already set on line {line}", field.key);
                let hint = "keep one of the two spellings";
                report.problem(entry.position, key, message, hint);
            } else {
                check(&entry.value, &field.shape, key, report);
            }
        });
    }
}

fn unknown(entry: &Entry, fields: &'static [Field], key: &mut String, report: &mut Report) {
    let name = shown_key(&entry.key);
    if key.is_empty() && name.starts_with("x-") {
        // Holds anchors for the rest of the file, as in other YAML formats.
        return;
    }
    if report.has_enough_warnings() {
        return;
    }
    let message = format!("unknown key `{name}`; it has no effect");
    let hint = suggestion(&entry.key, fields);
    below(key, &format!(".{name}"), |key| {
        report.warning(entry.position, key, message, hint);
    });
}

fn suggestion(written: &str, fields: &[Field]) -> String {
    let plain = written.replace('_', "-").to_lowercase();
    let best = fields
        .iter()
        .map(|field| {
            (
                strsim::normalized_damerau_levenshtein(&plain, field.key),
                field.key,
            )
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match (best, nested(&plain, fields)) {
        (Some((score, name)), _) if score >= SIMILAR => format!("did you mean `{name}`?"),
        (_, Some(path)) => format!("did you mean `{path}`?"),
        _ => String::new(),
    }
}

/// The place of a key that stands one level too high.
fn nested(written: &str, known: &[Field]) -> Option<String> {
    known.iter().find_map(|outer| {
        let inner = fields(&outer.shape)?
            .iter()
            .find(|inner| inner.key == written)?;
        Some(format!("{}.{}", outer.key, inner.key))
    })
}

fn wrong_type(shape: &Shape, found: &Value, key: &str) -> (String, String) {
    let name = last(key);
    let (wanted, hint) = match shape {
        Shape::Bool => ("true or false", format!("for example `{name}: true`")),
        Shape::Integer => ("a whole number", format!("for example `{name}: 3`")),
        Shape::Text | Shape::Secret | Shape::Any => (
            "a single value",
            format!("write it after the colon: `{name}: value`"),
        ),
        Shape::List(_) => ("a list", "write one `- item` per line".to_owned()),
        Shape::Map(fields) => {
            let names: Vec<_> = fields
                .iter()
                .take(3)
                .map(|field| format!("`{}:`", field.key))
                .collect();
            (
                "a mapping",
                format!(
                    "write its keys one per line, indented: {}…",
                    names.join(", ")
                ),
            )
        }
        Shape::Table(_) => (
            "a mapping",
            "write `name: value` lines, indented".to_owned(),
        ),
        Shape::SecretOrMap(_) => ("text or a mapping", String::new()),
    };
    let found = match found {
        Value::Null => "empty",
        Value::Scalar(_) => "a single value",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    };
    let message = match shape {
        Shape::Bool if found == "a single value" => format!("must be {wanted}"),
        _ => format!("must be {wanted}, but is {found}"),
    };
    (message, hint)
}

/// Runs `then` with a longer path.
fn below(key: &mut String, step: &str, then: impl FnOnce(&mut String)) {
    let length = key.len();
    key.push_str(if length == 0 {
        step.trim_start_matches('.')
    } else {
        step
    });
    then(key);
    key.truncate(length);
}

fn last(key: &str) -> &str {
    let name = key.rsplit('.').next().unwrap_or(key);
    name.split('[').next().unwrap_or(name)
}
