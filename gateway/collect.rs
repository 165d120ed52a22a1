//! Whole answers: read to their end, understood whatever their form, and written for the client.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use modelgate_dialects::framing::Framer;
use modelgate_dialects::ir::fold::fold;
use modelgate_dialects::ir::{Error, ErrorKind, Response, Usage};
use modelgate_dialects::json::{Document, Value};
use modelgate_dialects::{
    Asked, Dialect, EventDecoder, Str, decode_response_for, decode_stream_error, passthrough,
};
use modelgate_providers::{CallError, Upstream};
use tokio::time::timeout;

/// What a body is, told by its first byte: servers answer plain requests with streams, streams with JSON, and both with
/// HTML (`providers.md` 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Events,
    /// HTML or something else that is no answer.
    Foreign,
}

/// The form of a body that begins with `bytes`; `None` while there is nothing but white space.
pub(crate) fn form(dialect: Dialect, bytes: &[u8]) -> Option<Form> {
    // A binary frame begins with its length, which is less than 16 MiB or just that (`providers.md` 9.4).
    if dialect == Dialect::Kiro && matches!(bytes.first(), Some(0 | 1)) {
        return Some(Form::Events);
    }
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    Some(match text.first()? {
        b'{' | b'[' => Form::Json,
        b':' => Form::Events,
        _ => {
            let fields: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];
            let known = fields
                .iter()
                .any(|field| text.starts_with(field) || field.starts_with(text));
            if known { Form::Events } else { Form::Foreign }
        }
    })
}

/// Who answers, and the limits on it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) provider: Str,
    /// Tag of the provider's reasoning state.
    pub(crate) tag: Str,
    pub(crate) dialect: Dialect,
    /// What the client speaks.
    pub(crate) client: Dialect,
    /// Longest silence.
    pub(crate) idle: Duration,
    /// Largest body or event.
    pub(crate) limit: usize,
}

impl Source {
    /// The next bytes; `None` at the end of the body.
    pub(crate) async fn next(&self, upstream: &mut Upstream) -> Result<Option<Bytes>, CallError> {
        match timeout(self.idle, upstream.body.next()).await {
            Ok(chunk) => chunk.transpose(),
            Err(_) => Err(CallError::timed_out(
                self.provider.clone(),
                "sent nothing",
                self.idle,
            )),
        }
    }

    /// The rest of the body behind what was read already.
    pub(crate) async fn read(
        &self,
        upstream: &mut Upstream,
        head: Bytes,
    ) -> Result<Bytes, CallError> {
        let mut rest = BytesMut::new();
        let mut first = head;
        while let Some(chunk) = self.next(upstream).await? {
            if first.len() + rest.len() + chunk.len() > self.limit {
                return Err(self.broken(format!("sent more than {} bytes", self.limit)));
            }
            if first.is_empty() && rest.is_empty() {
                first = chunk;
            } else {
                if rest.is_empty() {
                    rest.extend_from_slice(&std::mem::take(&mut first));
                }
                rest.extend_from_slice(&chunk);
            }
        }
        Ok(if rest.is_empty() {
            first
        } else {
            rest.freeze()
        })
    }

    /// A body that must be JSON, and no error in disguise.
    pub(crate) fn json(&self, body: &Bytes) -> Result<Document, CallError> {
        let document = Document::parse(body.clone())
            .map_err(|error| self.broken(format!("sent no valid JSON: {error}")))?;
        // Some servers answer 200 with an error inside.
        if is_error(self.dialect, document.root()) {
            let error = decode_stream_error(self.dialect, body);
            return Err(CallError::answered(self.provider.clone(), error));
        }
        Ok(document)
    }

    /// An answer in either form; `asked` is what its decoder must know of the request.
    pub(crate) fn response(&self, body: &Bytes, asked: Asked) -> Result<Response, CallError> {
        match form(self.dialect, body) {
            Some(Form::Json) => {
                let document = self.json(body)?;
                let read = decode_response_for(self.client, self.dialect, &document, &self.tag);
                read.map_err(|error| {
                    self.broken(format!("sent an answer that cannot be read: {error}"))
                })
            }
            Some(Form::Events) => self.folded(body, asked),
            Some(Form::Foreign) => Err(self.foreign()),
            None => Err(self.broken("sent an empty answer")),
        }
    }

    fn folded(&self, body: &Bytes, asked: Asked) -> Result<Response, CallError> {
        let mut framer = Framer::new(self.dialect, self.limit);
        let (mut frames, mut events) = (Vec::new(), Vec::new());
        framer
            .feed(body.clone(), &mut frames)
            .map_err(|error| self.broken(error.to_string()))?;
        let whole = framer.finish(&mut frames);
        let mut decoder = EventDecoder::new(self.dialect, self.tag.clone()).asked(asked);
        frames
            .iter()
            .for_each(|frame| decoder.on_frame(frame, &mut events));
        decoder.finish(whole, &mut events);
        fold(self.dialect, events)
            .map_err(|error| CallError::answered(self.provider.clone(), error))
    }

    pub(crate) fn foreign(&self) -> CallError {
        self.broken("sent something that is no answer (a web page?); is `base-url` right?")
    }

    pub(crate) fn broken(&self, what: impl fmt::Display) -> CallError {
        CallError::broken(self.provider.clone(), format!("{} {what}", self.provider))
    }
}

fn is_error(dialect: Dialect, root: Value<'_>) -> bool {
    match dialect {
        Dialect::Chat | Dialect::Completions => {
            // Some say it without an `error`.
            let told = |name| root.field(name).is_some();
            (told("error") || told("msg")) && !told("choices")
        }
        Dialect::Claude => root.text_of("type").is_some_and(|kind| kind == "error"),
        Dialect::Gemini => root.field("error").is_some() && root.field("candidates").is_none(),
        // The error of an answer that did not fail is null, which is as good as absent.
        Dialect::Responses => root.field("error").is_some(),
        // It answers with frames, and with JSON only where it fails.
        Dialect::Kiro => true,
    }
}

/// An answer that is forwarded as it is, but for the model's name.
pub(crate) fn forward(
    source: &Source,
    body: &Bytes,
    rename: Option<&Str>,
) -> Result<(Bytes, Usage), CallError> {
    let document = source.json(body)?;
    let usage = passthrough::usage_of_body(source.dialect, &document).unwrap_or_default();
    let bytes = match rename {
        Some(model) => passthrough::rename_model(source.dialect, body, &document, model),
        None => body.clone(),
    };
    Ok((bytes, usage))
}

/// The failure of a stream that ended before any content.
pub(crate) fn nothing_came() -> Error {
    let mut error = Error::new(
        ErrorKind::Server,
        Str::from_static("the upstream's stream ended before any content"),
    );
    error.status = 502;
    error.with_code("upstream_empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &str, expected: Option<Form>) {
        assert_eq!(form(Dialect::Chat, bytes.as_bytes()), expected, "{bytes:?}");
    }

    #[test]
    fn bodies_are_told_apart_by_their_beginning() {
        check("", None);
        check(" \r\n", None);
        check("\n {\"a\":1}", Some(Form::Json));
        check("[1]", Some(Form::Json));
        check("data: {}", Some(Form::Events));
        check("d", Some(Form::Events));
        check("event:x", Some(Form::Events));
        check(": ping", Some(Form::Events));
        check("retry: 5", Some(Form::Events));
        check("\u{feff}data: x", Some(Form::Events));
        check("<html>", Some(Form::Foreign));
        check("upstream error", Some(Form::Foreign));
        check("\0\0\u{1}", Some(Form::Foreign));
    }

    #[test]
    fn binary_frames_are_known_by_their_length() {
        let form = |bytes: &[u8]| form(Dialect::Kiro, bytes);
        assert_eq!(form(b""), None);
        assert_eq!(form(b"\0"), Some(Form::Events));
        assert_eq!(form(b"\x01\0\0\0"), Some(Form::Events));
        assert_eq!(form(b"{\"message\":\"no\"}"), Some(Form::Json));
        assert_eq!(form(b"<html>"), Some(Form::Foreign));
    }
}
