//! The few fields of a request that routing needs.

use std::ops::Range;

use bytes::Bytes;

use crate::body::{Body, Draft, LONG};
use crate::error::DecodeError;
use crate::json::{Document, Kind, Str, Value};
use crate::opaque;

/// What routing needs of a request body.
#[derive(Debug, Clone)]
pub struct Peek {
    /// The model as the client named it.
    pub model: Str,
    /// Where the model's value stands in the body, quotes included; empty where it stands in the URL (Gemini).
    pub model_span: Range<usize>,
    /// The client wants a stream.
    pub stream: bool,
    /// The client wants usage at the end of a stream (Chat).
    pub include_usage: bool,
    /// The body holds reasoning state of another dialect's provider, or thinking under an id of the gateway's own, which
    /// only a translation can take out again.
    pub foreign_state: bool,
}

/// Reads what routing needs.
///
/// # Errors
/// When the body is no object, `model` is missing, or one of the fields read here stands twice: which one counts would
/// be the upstream's guess.
pub fn peek(body: &Document) -> Result<Peek, DecodeError> {
    let root = body.root();
    if !root.is_object() {
        return Err(DecodeError::shape("body", "expected a JSON object"));
    }
    let (mut model, mut stream): (Option<Value<'_>>, Option<Value<'_>>) = (None, None);
    let mut include_usage = false;
    for (key, value) in root.entries() {
        let place = match &*key {
            "stream_options" => {
                include_usage = value.field("include_usage").and_then(Value::as_bool) == Some(true);
                continue;
            }
            "model" => &mut model,
            "stream" => &mut stream,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(DecodeError::shape(
                key,
                "this field stands twice in the body; send it once",
            ));
        }
    }
    let model = model
        .ok_or_else(|| DecodeError::shape("model", "missing; name a model, see GET /v1/models"))?;
    let name = model.text().filter(|name| !name.trim().is_empty());
    let name = name
        .ok_or_else(|| DecodeError::shape("model", "expected the name of a model as a string"))?;
    Ok(Peek {
        model: name,
        model_span: model.span(),
        stream: stream_flag(stream)?,
        include_usage,
        foreign_state: opaque::is_in(body),
    })
}

/// The same for a dialect whose body names neither: Gemini's URL says the model and whether to stream
/// (`/v1beta/models/{model}:streamGenerateContent`), so the caller reads them there. [`splice_model`] then has nothing to
/// replace.
///
/// # Errors
/// When the body is no object.
pub fn peek_beside_url(body: &Document, model: Str, stream: bool) -> Result<Peek, DecodeError> {
    let root = body.root();
    if !root.is_object() {
        return Err(DecodeError::shape("body", "expected a JSON object"));
    }
    Ok(Peek {
        model,
        model_span: 0..0,
        stream,
        include_usage: false,
        foreign_state: opaque::is_in(body),
    })
}

fn stream_flag(value: Option<Value<'_>>) -> Result<bool, DecodeError> {
    match value {
        None => Ok(false),
        Some(value) if value.kind() == Kind::Null => Ok(false),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| DecodeError::shape("stream", "expected true or false")),
    }
}

/// `body` with another model name at `span`; nothing else changes, and nothing at all where the span is empty.
#[must_use]
pub fn splice_model(body: &Bytes, span: Range<usize>, model: &str) -> Body {
    if span.is_empty() {
        return body.clone().into();
    }
    let mut name = Vec::new();
    crate::json::write_string(&mut name, model);
    spliced(body, [(span, &name)])
}

/// `body` with other bytes in some places, which stand in their order.
fn spliced<const N: usize>(body: &Bytes, changes: [(Range<usize>, &[u8]); N]) -> Body {
    let mut draft = Draft::with_capacity(body.len().min(4 * LONG) + 128);
    let mut at = 0;
    for (span, new) in changes {
        draft.add(body.slice(at..span.start));
        draft.written.extend_from_slice(new);
        at = span.end;
    }
    draft.add(body.slice(at..));
    draft.finish()
}

/// What makes a body ask for usage at the end of its stream: a text, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageWish {
    span: Range<usize>,
    text: &'static str,
}

/// How a Chat body that streams is made to ask for usage; `None` where it does so already, or has no place for it.
#[must_use]
pub fn usage_wish(body: &Document) -> Option<UsageWish> {
    const OPTIONS: &str = r#"{"include_usage":true}"#;
    let wish = |span, text| Some(UsageWish { span, text });
    let root = body.root();
    let Some(options) = root.get("stream_options") else {
        // An object that names a model is not empty.
        let start = root.span().start + 1;
        return wish(start..start, r#""stream_options":{"include_usage":true},"#);
    };
    let span = options.span();
    match (options.kind(), options.get("include_usage")) {
        (Kind::Null, _) => wish(span, OPTIONS),
        (Kind::Object, Some(include)) if include.as_bool() != Some(true) => {
            wish(include.span(), "true")
        }
        (Kind::Object, None) if options.entries().next().is_none() => wish(span, OPTIONS),
        (Kind::Object, None) => {
            let start = span.start + 1;
            wish(start..start, r#""include_usage":true,"#)
        }
        _ => None,
    }
}

/// `body` asking for usage, and with another model name at `span` where there is one; nothing else changes.
#[must_use]
pub fn splice_usage(body: &Bytes, wish: &UsageWish, model: Option<(Range<usize>, &str)>) -> Body {
    let wish = (wish.span.clone(), wish.text.as_bytes());
    let Some((span, model)) = model else {
        return spliced(body, [wish]);
    };
    let mut name = Vec::new();
    crate::json::write_string(&mut name, model);
    let name = (span, &name[..]);
    match name.0.start < wish.0.start {
        true => spliced(body, [name, wish]),
        false => spliced(body, [wish, name]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: &'static str) -> Document {
        Document::parse(Bytes::from_static(json.as_bytes())).unwrap_or_default()
    }

    #[test]
    fn what_the_url_says_is_not_looked_for_in_the_body() {
        let body = document(r#"{"contents":[],"stream":"no","model":7}"#);
        let peek = peek_beside_url(&body, Str::from_static("m"), true).map(|peek| {
            assert!(peek.stream && !peek.foreign_state && peek.model == "m");
            peek.model_span
        });
        assert_eq!(peek, Ok(0..0));
        assert!(peek_beside_url(&document("[]"), Str::new(), false).is_err());
        let bytes = Bytes::from_static(b"{}");
        assert_eq!(splice_model(&bytes, 0..0, "other").to_bytes(), bytes);
    }

    #[test]
    fn usage_is_asked_for_and_nothing_else_changes() {
        for (body, expected) in [
            (
                r#"{ "model":"m","stream":true}"#,
                Some(r#"{"stream_options":{"include_usage":true}, "model":"m","stream":true}"#),
            ),
            (
                r#"{"model":"m","stream_options":null}"#,
                Some(r#"{"model":"m","stream_options":{"include_usage":true}}"#),
            ),
            (
                r#"{"model":"m","stream_options":{ }}"#,
                Some(r#"{"model":"m","stream_options":{"include_usage":true}}"#),
            ),
            (
                r#"{"stream_options":{"a":1},"model":"m"}"#,
                Some(r#"{"stream_options":{"include_usage":true,"a":1},"model":"m"}"#),
            ),
            (
                r#"{"stream_options":{"include_usage": false},"model":"m"}"#,
                Some(r#"{"stream_options":{"include_usage": true},"model":"m"}"#),
            ),
            (
                r#"{"stream_options":{"include_usage":true},"model":"m"}"#,
                None,
            ),
            (r#"{"stream_options":7,"model":"m"}"#, None),
        ] {
            let bytes = Bytes::from_static(body.as_bytes());
            let document = document(body);
            let wish = usage_wish(&document);
            let asked = wish
                .as_ref()
                .map(|wish| splice_usage(&bytes, wish, None).to_bytes());
            assert_eq!(asked.as_deref(), expected.map(str::as_bytes), "{body}");
            let Some(wish) = wish else { continue };
            let span = document.root().get("model").map(Value::span);
            let both = splice_usage(&bytes, &wish, span.map(|span| (span, "other"))).to_bytes();
            let expected = expected.map(|text| text.replace(r#""m""#, r#""other""#));
            assert_eq!(Some(&*both), expected.as_deref().map(str::as_bytes));
        }
    }

    #[test]
    fn foreign_state_is_found_in_every_form() {
        for body in [
            r#"{"signature":"modelgate~1.YQ.YQ"}"#,
            r#"{"id":"modelgate1-2-2-YQYQcall_1"}"#,
            r#"{"thoughtSignature":"bW9kZWxnYXRlfjEuWVEuWVE="}"#,
        ] {
            let peek = peek_beside_url(&document(body), Str::new(), false);
            assert!(peek.is_ok_and(|peek| peek.foreign_state), "{body}");
        }
    }
}
