//! Values of the file as JSON.

use serde_json::Value as Json;

use super::JsonText;
use crate::tree::{Node, Position, Value};
use crate::values::Complaint;

/// Deepest nesting of one value; leaves a request far below what readers of JSON accept.
const DEEPEST: usize = 32;

/// Why a value is not taken, and where.
pub(super) struct Refusal {
    pub(super) at: Position,
    pub(super) complaint: Complaint,
}

/// A YAML value as JSON, by the rules of YAML: what is quoted is text, `true` and numbers are not. `room` is
/// how many bytes all values together may still take.
pub(super) fn from_yaml(node: &Node, room: &mut usize) -> Result<JsonText, Refusal> {
    let mut text = String::new();
    write(node, 0, room, &mut text)?;
    Ok(JsonText(text))
}

/// Text that must be JSON itself. A list or a mapping is taken as by [`from_yaml`].
pub(super) fn from_raw(node: &Node, room: &mut usize) -> Result<JsonText, Refusal> {
    let Value::Scalar(text) = &node.value else {
        return from_yaml(node, room);
    };
    let text = text.trim();
    take(node, text.len(), room)?;
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => {
            let hint = "write it in single quotes, such as `'{\"type\": \"enabled\"}'`; a YAML value goes to the key without `-raw`";
            return refuse(node, format!("this is not valid JSON: {error}"), hint);
        }
    };
    if depth(&json) > DEEPEST {
        return too_deep(node);
    }
    Ok(JsonText(text.to_owned()))
}

fn write(node: &Node, depth: usize, room: &mut usize, out: &mut String) -> Result<(), Refusal> {
    match &node.value {
        Value::Null => {
            take(node, 4, room)?;
            out.push_str("null");
        }
        Value::Scalar(text) => {
            take(node, text.len() + 2, room)?;
            match (node.quoted, plain(text)) {
                (false, Ok(Some(json))) => out.push_str(&json),
                (false, Err(complaint)) => {
                    let at = node.position;
                    return Err(Refusal { at, complaint });
                }
                _ => string(text, out),
            }
        }
        Value::List(_) | Value::Map(_) if depth == DEEPEST => return too_deep(node),
        Value::List(items) => {
            take(node, items.len() + 2, room)?;
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                write(item, depth + 1, room, out)?;
            }
            out.push(']');
        }
        Value::Map(entries) => {
            take(node, 2 * entries.len() + 2, room)?;
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                separate(index, out);
                take(node, entry.key.len() + 2, room)?;
                string(&entry.key, out);
                out.push(':');
                write(&entry.value, depth + 1, room, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn string(text: &str, out: &mut String) {
    out.push_str(&Json::from(text).to_string());
}

/// The JSON of a scalar without quotes that is no text; `None` when it is.
pub(crate) fn plain(text: &str) -> Result<Option<String>, Complaint> {
    match text {
        "true" | "True" | "TRUE" => return Ok(Some("true".to_owned())),
        "false" | "False" | "FALSE" => return Ok(Some("false".to_owned())),
        _ => {}
    }
    let (_, unsigned) = signed(text);
    if matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        return complain("JSON has no such number", "put it in quotes if it is text");
    }
    if let Some(number) = radix(text) {
        return number.map(Some);
    }
    decimal(text).transpose()
}

/// `0x1f`, `0o17` and `0b11`, also with a sign.
fn radix(text: &str) -> Option<Result<String, Complaint>> {
    let (sign, unsigned) = signed(text);
    let (digits, radix) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(start, radix)| Some((unsigned.strip_prefix(start)?, radix)))?;
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some(match u64::from_str_radix(digits, radix) {
        Ok(number) => Ok(format!("{sign}{number}")),
        Err(_) => complain("this number is too large", "put it in quotes if it is text"),
    })
}

/// A minus, and what follows the sign.
fn signed(text: &str) -> (&str, &str) {
    match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A decimal number keeps its digits, however many.
fn decimal(text: &str) -> Option<Result<String, Complaint>> {
    let (sign, unsigned) = signed(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.map(|text| text[1..].strip_prefix(['-', '+']).unwrap_or(&text[1..]));
    let number = digits(whole)
        && fraction.is_none_or(digits)
        && !(whole.is_empty() && fraction.is_none_or(str::is_empty))
        && power.is_none_or(|power| !power.is_empty() && digits(power));
    if !number {
        return None;
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Some(complain(
            "a number does not start with 0",
            "put it in quotes if it is text, or remove the 0",
        ));
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = match fraction {
        Some("") => ".0".to_owned(),
        Some(digits) => format!(".{digits}"),
        None => String::new(),
    };
    let json = format!("{sign}{whole}{fraction}{}", exponent.unwrap_or_default());
    if !json.parse::<f64>().is_ok_and(f64::is_finite) {
        return Some(complain(
            "this number is too large",
            "put it in quotes if it is text",
        ));
    }
    Some(Ok(json))
}

/// Levels of lists and objects. The parser has bounded them.
fn depth(json: &Json) -> usize {
    match json {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Uses up some of the room; what is too much once stays so.
fn take(node: &Node, bytes: usize, room: &mut usize) -> Result<(), Refusal> {
    let left = room.checked_sub(bytes);
    *room = left.unwrap_or(0);
    match left {
        Some(_) => Ok(()),
        None => refuse(
            node,
            "the values of all payload rules together are too large".to_owned(),
            "write less, or repeat less with `*name`",
        ),
    }
}

fn too_deep<T>(node: &Node) -> Result<T, Refusal> {
    let message = format!("this value is nested more than {DEEPEST} levels deep");
    refuse(node, message, "")
}

fn refuse<T>(node: &Node, message: String, hint: &str) -> Result<T, Refusal> {
    Err(Refusal {
        at: node.position,
        complaint: Complaint {
            message,
            hint: hint.to_owned(),
        },
    })
}

fn complain<T>(message: &str, hint: &str) -> Result<T, Complaint> {
    Err(Complaint {
        message: message.to_owned(),
        hint: hint.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::error::Report;

    fn read(
        text: &str,
        convert: fn(&Node, &mut usize) -> Result<JsonText, Refusal>,
        room: usize,
    ) -> Result<String, String> {
        let node = crate::tree::parse(text, &mut Report::new(Path::new(""))).unwrap();
        let shown = |refusal: Refusal| {
            let (at, complaint) = (refusal.at, refusal.complaint);
            format!("{}:{} {}", at.line, at.column, complaint.message)
        };
        convert(&node, &mut { room })
            .map(|json| json.to_string())
            .map_err(shown)
    }

    #[test]
    fn yaml_values_become_json() {
        let rows = [
            ("high", r#""high""#),
            ("\"32768\"", r#""32768""#),
            ("'true'", r#""true""#),
            ("!!str 12", r#""12""#),
            ("32768", "32768"),
            ("-1", "-1"),
            ("+7", "7"),
            ("0", "0"),
            ("-0", "-0"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("0.70", "0.70"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("1.", "1.0"),
            ("1e3", "1e3"),
            ("1.5E+3", "1.5E+3"),
            ("0x1F", "31"),
            ("-0x1F", "-31"),
            ("0o17", "15"),
            ("+0b11", "3"),
            ("true", "true"),
            ("FALSE", "false"),
            ("yes", r#""yes""#),
            ("1_000", r#""1_000""#),
            ("1.2.3", r#""1.2.3""#),
            ("e5", r#""e5""#),
            ("1e", r#""1e""#),
            (".", r#"".""#),
            ("+", r#""+""#),
            ("0x", r#""0x""#),
            ("2027-01-31", r#""2027-01-31""#),
            ("~", "null"),
            ("''", r#""""#),
            ("|-\n  a\n  b", r#""a\nb""#),
            ("\"\\e\\\"\"", r#""\u001b\"""#),
            ("[]", "[]"),
            ("{}", "{}"),
            (
                "a: [1, x, ~]\n'2': {b: {}}",
                r#"{"a":[1,"x",null],"2":{"b":{}}}"#,
            ),
        ];
        for (text, expected) in rows {
            let json =
                read(text, from_yaml, 1000).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(json, expected, "{text}");
            assert!(serde_json::from_str::<Json>(&json).is_ok(), "{text}");
        }
    }

    #[test]
    fn yaml_that_json_cannot_say_is_refused_where_it_stands() {
        let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
        let rows = [
            ("-.inf", "1:1 JSON has no such number"),
            ("[1, .nan]", "1:5 JSON has no such number"),
            ("{a: {b: 007}}", "1:9 a number does not start with 0"),
            ("1e999", "1:1 this number is too large"),
            ("0xfffffffffffffffff", "1:1 this number is too large"),
            (&deep, "1:33 this value is nested more than 32 levels deep"),
        ];
        for (text, expected) in rows {
            assert_eq!(
                read(text, from_yaml, 1000),
                Err(expected.to_owned()),
                "{text}"
            );
        }
        assert!(read(&deep[1..65], from_yaml, 1000).is_ok());
    }

    #[test]
    fn raw_text_must_be_json() {
        let rows = [
            ("'{\"a\": [1.0, 2]}'", "{\"a\": [1.0, 2]}"),
            ("' true '", "true"),
            ("'\"text\"'", "\"text\""),
            ("5", "5"),
            ("null", "null"),
            ("{a: 1}", "{\"a\":1}"),
            ("|\n  {\"a\":\n   1}\n", "{\"a\":\n 1}"),
        ];
        for (text, expected) in rows {
            assert_eq!(
                read(text, from_raw, 1000).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
        let deep = format!("'{}{}'", "[".repeat(33), "]".repeat(33));
        let deeper = format!("'{}'", "[".repeat(1000));
        for (text, expected) in [
            (
                "high",
                "1:1 this is not valid JSON: expected value at line 1 column 1",
            ),
            ("''", "1:1 this is not valid JSON: EOF"),
            (
                "'{\"a\":}'",
                "1:1 this is not valid JSON: expected value at line 1 column 6",
            ),
            ("'{} {}'", "1:1 this is not valid JSON: trailing characters"),
            (
                "'{a: 1}'",
                "1:1 this is not valid JSON: key must be a string",
            ),
            (&deep, "1:1 this value is nested more than 32"),
            (&deeper, "1:1 this is not valid JSON: recursion limit"),
        ] {
            let error = read(text, from_raw, 10_000).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn all_values_share_one_room() {
        for text in ["aaaaaaaaaa", "[aaaa, b]", "{aaaaaaaa: 1}"] {
            for convert in [from_yaml, from_raw] {
                let refused =
                    read(text, convert, 9).is_err_and(|error| error.contains("too large"));
                assert!(refused, "{text}");
            }
        }
        let node = crate::tree::parse("aaaa", &mut Report::new(Path::new(""))).unwrap();
        let mut room = 9;
        assert!(from_yaml(&node, &mut room).is_ok());
        assert!(from_yaml(&node, &mut room).is_err());
        assert_eq!(room, 0);
    }
}
