//! Reads JSON the way Google's proto3 parser does: by field tables, camelCase or `snake_case`, `null` for absent.
//!
//! What comes out has camelCase keys only and no nulls, so that everything behind it needs one spelling.

use super::invalid;
use crate::fault::Fault;
use crate::shape::Object;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value};

/// The fields of a message by their camelCase names.
#[derive(Debug)]
pub(super) struct Message(pub(super) &'static [(&'static str, Kind)]);

/// What a field holds.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Bytes,
    /// A whole number, or one as text.
    Int,
    Number,
    Bool,
    /// Any object; what is in it is the client's own.
    Struct,
    /// Any value.
    Any,
    /// One of these words in any case.
    Enum(&'static [&'static str]),
    Of(&'static Message),
    Many(&'static Kind),
    /// An object whose keys are the client's own.
    Map(&'static Kind),
}

/// Reads a whole request body.
pub(super) fn read(body: &Value, message: &'static Message) -> Result<Value, Fault> {
    match body {
        Value::Object(object) => read_message(object, message, ""),
        _ => Err(invalid(
            "Invalid JSON payload received. Unknown name \"\": Root element must be a message.",
        )),
    }
}

fn read_message(object: &Object, message: &'static Message, path: &str) -> Result<Value, Fault> {
    let mut read = Map::new();
    for (key, value) in object {
        let name = camel(key);
        let Some((_, kind)) = message.0.iter().find(|(field, _)| *field == name) else {
            return Err(unknown(key, path));
        };
        if value.is_null() {
            continue;
        }
        let path = if path.is_empty() {
            snake(&name)
        } else {
            format!("{path}.{}", snake(&name))
        };
        let value = read_value(value, kind, &path)?;
        if read.insert(name, value).is_some() {
            return Err(invalid(format!(
                "Invalid value at '{path}' (oneof), Proto field is already set."
            )));
        }
    }
    Ok(Value::Object(read))
}

fn read_value(value: &Value, kind: &'static Kind, path: &str) -> Result<Value, Fault> {
    let wrong = |kind: &str| {
        Err(invalid(format!(
            "Invalid value at '{path}' ({kind}), {value}"
        )))
    };
    match (kind, value) {
        (Kind::Text, Value::String(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Struct, Value::Object(_))
        | (Kind::Any, _) => Ok(value.clone()),
        (Kind::Bytes, Value::String(text)) if is_base64(text) => Ok(value.clone()),
        (Kind::Int, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            Ok(value.clone())
        }
        // Trailing zeros are no fraction.
        (Kind::Int, Value::Number(number)) if number.as_f64().is_some_and(is_whole) => {
            Ok(Value::from(number.as_f64().unwrap_or_default() as i64))
        }
        (Kind::Int, Value::String(text)) => match text.parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => wrong("TYPE_INT32"),
        },
        (Kind::Enum(words), Value::String(word)) => {
            let upper = word.to_ascii_uppercase();
            if words.contains(&upper.as_str()) {
                Ok(Value::String(upper))
            } else {
                wrong("TYPE_ENUM")
            }
        }
        (Kind::Of(message), Value::Object(object)) => read_message(object, message, path),
        (Kind::Many(kind), Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| read_value(item, kind, &format!("{path}[{index}]")))
            .collect(),
        (Kind::Map(kind), Value::Object(object)) => object
            .iter()
            .map(|(key, value)| {
                Ok((
                    key.clone(),
                    read_value(value, kind, &format!("{path}[\"{key}\"]"))?,
                ))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        (Kind::Text, _) => wrong("TYPE_STRING"),
        (Kind::Bytes, _) => wrong("TYPE_BYTES"),
        (Kind::Int, _) => wrong("TYPE_INT32"),
        (Kind::Number, _) => wrong("TYPE_FLOAT"),
        (Kind::Bool, _) => wrong("TYPE_BOOL"),
        (Kind::Enum(_), _) => wrong("TYPE_ENUM"),
        (Kind::Struct | Kind::Of(_) | Kind::Map(_), _) => wrong("TYPE_MESSAGE"),
        // Google names a list's element here, not the list.
        (Kind::Many(_), _) => wrong("TYPE_LIST"),
    }
}

/// The vendor's words for a field that a message does not have.
pub(super) fn unknown(key: &str, path: &str) -> Fault {
    let place = if path.is_empty() {
        String::new()
    } else {
        format!(" at '{path}'")
    };
    invalid(format!(
        "Invalid JSON payload received. Unknown name \"{key}\"{place}: Cannot find field."
    ))
}

fn is_whole(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() < f64::from(i32::MAX)
}

fn is_base64(text: &str) -> bool {
    STANDARD.decode(text).is_ok() || URL_SAFE.decode(text).is_ok()
}

/// `inline_data` as `inlineData`; camelCase stays.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// `inlineData` as `inline_data`, the spelling of Google's messages.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    static INNER: Message = Message(&[("inlineData", Kind::Bytes), ("again", Kind::Of(&INNER))]);
    static OUTER: Message = Message(&[
        ("topK", Kind::Int),
        ("seed", Kind::Int),
        ("items", Kind::Many(&Kind::Of(&INNER))),
        ("mode", Kind::Enum(&["AUTO"])),
        ("free", Kind::Struct),
    ]);

    #[test]
    fn both_spellings_are_read_and_the_clients_own_keys_stay() {
        let body = json!({"top_k": "5", "seed": 7.0, "items": [{"inline_data": "QQ==", "again": null}], "mode": "auto", "free": {"a_b": null}});
        let read = read(&body, &OUTER).expect("it is legal");
        assert_eq!(
            read,
            json!({"topK": 5, "seed": 7, "items": [{"inlineData": "QQ=="}], "mode": "AUTO", "free": {"a_b": null}})
        );
    }

    #[test]
    fn mistakes_are_named_as_google_names_them() {
        for (body, words) in [
            (json!([]), "Root element"),
            (
                json!({"x_y": 1}),
                "Unknown name \"x_y\": Cannot find field.",
            ),
            (
                json!({"items": [{"again": {"z": 1}}]}),
                "Unknown name \"z\" at 'items[0].again'",
            ),
            (
                json!({"topK": 1.5}),
                "Invalid value at 'top_k' (TYPE_INT32), 1.5",
            ),
            (json!({"topK": 1, "top_k": 2}), "already set"),
            (
                json!({"items": [{"inlineData": "?"}]}),
                "'items[0].inline_data' (TYPE_BYTES)",
            ),
            (json!({"mode": "SOME"}), "TYPE_ENUM"),
            (json!({"free": "text"}), "TYPE_MESSAGE"),
        ] {
            let fault = read(&body, &OUTER).expect_err("it is refused");
            assert!(fault.message.contains(words), "{}", fault.message);
        }
    }
}
