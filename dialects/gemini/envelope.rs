//! The envelope of Google's Code Assist (`/v1internal`, `providers.md`): `{"model","project","request":{…}}` goes in, and
//! `{"response":{…}}` comes out, for whole answers and for every frame of a stream.

use bytes::Bytes;

use crate::error::DecodeError;
use crate::framing::sse::{self, Frame};
use crate::gemini::wire;
use crate::ir::Request;
use crate::json::{Document, RawJson, Str, Value, Writer};

/// What an envelope says beside its request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The model as the client named it; it stands here and not in the URL.
    pub model: Str,
    /// The cloud project that is billed.
    pub project: Option<Str>,
    /// `user_prompt_id` and whatever else stands beside the request, by name.
    pub rest: Vec<(Str, RawJson)>,
}

impl Envelope {
    /// An envelope for a model of a project.
    #[must_use]
    pub fn new(model: Str, project: Option<Str>) -> Self {
        Self {
            model,
            project,
            rest: Vec::new(),
        }
    }

    /// How whoever wrote it calls the prompt, where they do.
    #[must_use]
    pub fn prompt_id(&self) -> Option<Str> {
        let (_, id) = self.rest.iter().find(|(name, _)| name == PROMPT_ID)?;
        let id = id.document().root().text()?;
        (!id.is_blank()).then_some(id)
    }
}

/// The field beside the request that tells the prompt from others.
pub const PROMPT_ID: &str = "user_prompt_id";

/// Opens a client's body: the envelope and the request in it. The caller sets [`Request::stream`], which the URL says.
///
/// # Errors
/// When there is no envelope, or what it holds is no request.
pub fn decode_request(body: &Document) -> Result<(Envelope, Request), DecodeError> {
    let (envelope, inner) = open(body.root())?;
    let mut request = super::request::decode(inner)?;
    request.model = envelope.model.clone();
    Ok((envelope, request))
}

/// The envelope, and the body in it.
///
/// # Errors
/// When there is none.
pub fn open(body: Value<'_>) -> Result<(Envelope, Value<'_>), DecodeError> {
    let request = body.field("request").filter(|request| request.is_object());
    let request = request.ok_or_else(|| DecodeError::shape("request", "expected an object"))?;
    let mut envelope = Envelope::default();
    for (key, value) in body.entries().filter(|(_, value)| !value.is_null()) {
        match &*key {
            "request" => {}
            "model" => {
                let model = value.text();
                envelope.model =
                    model.ok_or_else(|| DecodeError::shape("model", "expected a string"))?;
            }
            "project" => envelope.project = value.text(),
            key => envelope.rest.push((Str::from(key), value.raw())),
        }
    }
    Ok((envelope, request))
}

/// Puts a body in an envelope.
#[must_use]
pub fn wrap_request(envelope: &Envelope, body: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(body.len() + 128);
    Writer::new(&mut out).object(|writer| {
        writer.field("model", &envelope.model);
        writer.field_opt("project", envelope.project.as_ref());
        for (key, value) in &envelope.rest {
            writer.foreign_field(key, value);
        }
        writer.key("request");
        put(writer, body);
    });
    Bytes::from(out)
}

/// Puts an answer in its envelope; a failure has none.
#[must_use]
pub fn wrap_response(body: &[u8]) -> Bytes {
    if body.starts_with(br#"{"error""#) {
        return Bytes::copy_from_slice(body);
    }
    let mut out = Vec::with_capacity(body.len() + 16);
    Writer::new(&mut out).object(|writer| {
        writer.key("response");
        put(writer, body);
    });
    Bytes::from(out)
}

/// Takes an answer out of its envelope; what has none stays as it is.
#[must_use]
pub fn unwrap_response(body: &Bytes) -> Bytes {
    let Ok(document) = Document::outline(body.clone()) else {
        return body.clone();
    };
    body.slice(wire::unwrapped(document.root()).span())
}

/// The same for one frame of an upstream's stream. [`EventDecoder`](crate::EventDecoder) opens envelopes by itself: this is
/// for frames that are forwarded.
pub fn unwrap_frame(frame: &Frame, out: &mut Vec<u8>) {
    let body = unwrap_response(frame.data.as_bytes());
    sse::write_data(out, |out| {
        // A frame is one line.
        let line = |byte: &u8| {
            if matches!(byte, b'\n' | b'\r') {
                b' '
            } else {
                *byte
            }
        };
        out.extend(body.iter().map(line));
    });
}

/// Puts every frame of `frames`, which an [`EventEncoder`](crate::EventEncoder) wrote, in its envelope.
pub fn wrap_frames(frames: &[u8], out: &mut Vec<u8>) {
    for line in frames.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"data: ") {
            Some(data) if !data.starts_with(br#"{"error""#) => {
                let data = data.strip_suffix(b"\n").unwrap_or(data);
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(&wrap_response(data));
                out.push(b'\n');
            }
            _ => out.extend_from_slice(line),
        }
    }
}

/// A body that one of our own encoders wrote, or that was read before.
fn put(writer: &mut Writer<'_>, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(body) => writer.verbatim(body),
        Err(_) => writer.object(|_| {}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: &'static str) -> Document {
        Document::parse(Bytes::from_static(json.as_bytes())).expect("JSON")
    }

    #[test]
    fn a_request_is_found_in_its_envelope() {
        let body = document(
            r#"{"model":"gemini-3-pro","project":"p","user_prompt_id":"u","request":{"contents":[
            {"role":"user","parts":[{"text":"hi"}]}],"session_id":"s"}}"#,
        );
        let (envelope, request) = decode_request(&body).expect("a request");
        assert_eq!(request.model, "gemini-3-pro");
        assert_eq!(envelope.project.as_deref(), Some("p"));
        assert_eq!(envelope.prompt_id().as_deref(), Some("u"));
        assert_eq!(request.turns.len(), 1);
        let again = wrap_request(&envelope, br#"{"contents":[]}"#);
        let expected = r#"{"model":"gemini-3-pro","project":"p","user_prompt_id":"u","request":{"contents":[]}}"#;
        assert_eq!(again, expected.as_bytes());
    }

    #[test]
    fn a_body_without_an_envelope_is_refused() {
        let error = decode_request(&document(r#"{"contents":[]}"#)).expect_err("no envelope");
        assert_eq!(error.path(), Some("request"));
    }

    #[test]
    fn answers_and_frames_are_put_in_and_taken_out() {
        let body = Bytes::from_static(br#"{"candidates":[]}"#);
        let wrapped = wrap_response(&body);
        assert_eq!(wrapped, br#"{"response":{"candidates":[]}}"#.as_slice());
        assert_eq!(unwrap_response(&wrapped), body);
        assert_eq!(unwrap_response(&body), body);
        let failure = br#"{"error":{"code":500}}"#;
        assert_eq!(wrap_response(failure), failure.as_slice());
        let mut out = Vec::new();
        wrap_frames(
            b": ping\n\ndata: {\"a\":1}\n\ndata: {\"error\":{}}\n\n",
            &mut out,
        );
        let expected = "data: {\"response\":{\"a\":1}}\n\ndata: {\"error\":{}}\n\n";
        assert_eq!(
            String::from_utf8_lossy(&out),
            format!(": ping\n\n{expected}")
        );
        let mut out = Vec::new();
        let frame = Frame {
            event: Str::new(),
            data: Str::from_static("{\"response\":{\"a\":\n1}}"),
        };
        unwrap_frame(&frame, &mut out);
        assert_eq!(out, b"data: {\"a\": 1}\n\n");
    }
}
