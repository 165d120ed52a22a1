//! One `response.create`: what it asks for, and the body of the request that it becomes.

use bytes::Bytes;
use modelgate_dialects::json::{Document, Kind, RawJson, Value, Writer};
use modelgate_dialects::{DecodeError, Str};

use crate::error::Failure;

/// Longest `stream_id`.
const LONGEST_ID: usize = 256;
/// What belongs to the message and not to the request in it.
const ENVELOPE: [&str; 5] = ["type", "stream_id", "generate", "background", "stream"];

/// A request for an answer.
#[derive(Debug)]
pub(super) struct Turn {
    /// The lane it is for.
    pub(super) stream_id: Option<Str>,
    /// The answer it goes on from.
    pub(super) previous: Option<Str>,
    /// False for one that only prepares a conversation.
    pub(super) generate: bool,
    /// False where the upstream is to keep nothing.
    pub(super) store: bool,
    pub(super) model: Str,
    /// Bytes of the message.
    pub(super) size: usize,
    document: Document,
}

/// Why a message is refused, and on which lane.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    pub(super) stream_id: Option<Str>,
}

impl Turn {
    /// Reads a message; none where it asks for nothing.
    pub(super) fn read(text: Bytes) -> Result<Option<Self>, Refusal> {
        let size = text.len();
        let plain = |failure| Refusal {
            failure,
            stream_id: None,
        };
        let document =
            Document::outline(text).map_err(|error| plain(DecodeError::from(error).into()))?;
        let root = document.root();
        let stream_id = stream_id(root).map_err(plain)?;
        let kind = root.text_of("type").unwrap_or_default();
        match &*kind {
            "response.create" => {}
            // Codex tells that it has worked an answer in.
            "response.processed" => return Ok(None),
            _ => {
                return Err(Refusal {
                    failure: Failure::unknown_message(&kind),
                    stream_id,
                });
            }
        }
        let flag = |name| root.field(name).and_then(Value::as_bool).unwrap_or(true);
        Ok(Some(Self {
            stream_id,
            previous: root.text_of("previous_response_id"),
            generate: flag("generate"),
            store: flag("store"),
            model: root.text_of("model").unwrap_or_default(),
            size,
            document,
        }))
    }

    /// The items of its own input.
    pub(super) fn items(&self) -> Vec<RawJson> {
        let Some(input) = self.document.root().field("input") else {
            return Vec::new();
        };
        match input.kind() {
            // Copied, so that the message as a whole need not be kept.
            Kind::Array => input.items().map(copied).collect(),
            Kind::String => vec![message(input)],
            _ => Vec::new(),
        }
    }

    /// The body of the request, with the items of the conversation `before` it in front of its own.
    pub(super) fn body(&self, before: Option<&[RawJson]>) -> Bytes {
        let body = RawJson::build(|writer| {
            writer.object(|writer| {
                for (key, value) in self.document.root().entries() {
                    match (&*key, before) {
                        (key, _) if ENVELOPE.contains(&key) => {}
                        ("previous_response_id" | "input", Some(_)) => {}
                        (key, _) => writer.foreign_field(key, &value.raw()),
                    }
                }
                writer.field("stream", &true);
                if let Some(before) = before {
                    writer.array_field("input", |writer| {
                        before.iter().for_each(|item| writer.value(item));
                        self.write_input(writer);
                    });
                }
            });
        });
        body.to_text().into_bytes()
    }

    fn write_input(&self, writer: &mut Writer<'_>) {
        match self.document.root().field("input") {
            Some(input) if input.is_array() => {
                input.items().for_each(|item| writer.value(&item.raw()));
            }
            Some(input) if input.kind() == Kind::String => writer.value(&message(input)),
            _ => {}
        }
    }
}

fn stream_id(root: Value<'_>) -> Result<Option<Str>, Failure> {
    let Some(id) = root.field("stream_id") else {
        return Ok(None);
    };
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    id.text()
        .filter(|id| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(is_allowed))
        .map(Some)
        .ok_or_else(Failure::odd_stream_id)
}

fn copied(value: Value<'_>) -> RawJson {
    RawJson::build(|writer| writer.value(&value.raw()))
}

/// A text as an item.
fn message(text: Value<'_>) -> RawJson {
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("type", "message");
            writer.field("role", "user");
            writer.field("content", &text.raw());
        });
    })
}

/// An item of an answer as it is sent again. Of an answer that nobody has stored, an upstream knows neither the ids nor
/// any reasoning that is not in the item itself.
pub(super) fn said(item: Value<'_>, stored: bool) -> Option<RawJson> {
    if stored {
        return Some(copied(item));
    }
    if item.text_of("type").as_deref() == Some("reasoning") {
        return item.text_of("encrypted_content").map(|_| copied(item));
    }
    Some(RawJson::build(|writer| {
        writer.object(|writer| {
            for (key, value) in item.entries().filter(|(key, _)| key != "id") {
                writer.foreign_field(&key, &value.raw());
            }
        });
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Turn {
        Turn::read(Bytes::copy_from_slice(text.as_bytes()))
            .unwrap()
            .unwrap()
    }

    fn refused(text: &str) -> (String, Option<Str>) {
        let refusal = Turn::read(Bytes::copy_from_slice(text.as_bytes())).unwrap_err();
        let code = refusal.failure.error.code.as_deref();
        (code.unwrap_or_default().to_owned(), refusal.stream_id)
    }

    fn body(turn: &Turn, before: Option<&[RawJson]>) -> String {
        String::from_utf8(turn.body(before).to_vec()).unwrap()
    }

    #[test]
    fn the_envelope_is_taken_off_and_the_rest_stays_as_it_is() {
        let turn = read(
            r#"{"type":"response.create","stream_id":"main","model":"m","background":false,"x":1.0e2,"input":"hi","generate":true}"#,
        );
        assert_eq!(turn.stream_id.as_deref(), Some("main"));
        assert!(turn.generate && turn.store);
        assert_eq!(
            body(&turn, None),
            r#"{"model":"m","x":1.0e2,"input":"hi","stream":true}"#
        );
    }

    #[test]
    fn a_known_conversation_is_put_before_the_input() {
        let turn = read(
            r#"{"type":"response.create","model":"m","store":false,"previous_response_id":"resp_1","input":[{"role":"user","content":"b"}]}"#,
        );
        assert_eq!(turn.previous.as_deref(), Some("resp_1"));
        assert!(!turn.store);
        let before = read(r#"{"type":"response.create","input":"a"}"#).items();
        let joined = concat!(
            r#"{"model":"m","store":false,"stream":true,"input":["#,
            r#"{"type":"message","role":"user","content":"a"},{"role":"user","content":"b"}]}"#
        );
        assert_eq!(body(&turn, Some(&before)), joined);
        assert!(body(&turn, None).contains(r#""previous_response_id":"resp_1""#));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_reason() {
        assert_eq!(
            refused(r#"{"type":"response.steer","stream_id":"a"}"#),
            ("unknown_event_type".to_owned(), Some("a".into()))
        );
        assert_eq!(refused("{}").0, "unknown_event_type");
        for id in ["\"\"", "7", "\"a b\"", &format!("\"{}\"", "x".repeat(257))] {
            let text = format!(r#"{{"type":"response.create","stream_id":{id}}}"#);
            assert_eq!(refused(&text).0, "invalid_stream_id", "{id}");
        }
        assert!(Turn::read(Bytes::from_static(b"{")).is_err());
        assert!(Turn::read(Bytes::from_static(b"[]")).is_err());
        let processed = Bytes::from_static(br#"{"type":"response.processed","response_id":"r"}"#);
        assert!(Turn::read(processed).unwrap().is_none());
    }

    #[test]
    fn items_that_nobody_stored_are_sent_without_what_only_a_store_knows() {
        let item = |text: &str| Document::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap();
        let said = |text: &str, stored| {
            super::said(item(text).root(), stored).map(|item| item.as_str().to_owned())
        };
        let call = r#"{"type":"function_call","id":"fc_1","call_id":"c"}"#;
        assert_eq!(said(call, true).as_deref(), Some(call));
        let bare = r#"{"type":"function_call","call_id":"c"}"#;
        assert_eq!(said(call, false).as_deref(), Some(bare));
        let reasoning = r#"{"type":"reasoning","id":"rs_1","summary":[]}"#;
        assert_eq!(said(reasoning, true).as_deref(), Some(reasoning));
        assert_eq!(said(reasoning, false), None);
        let sealed = r#"{"type":"reasoning","id":"rs_1","encrypted_content":"x"}"#;
        assert_eq!(said(sealed, false).as_deref(), Some(sealed));
    }
}
