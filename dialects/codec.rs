//! The eight functions, by dialect.

use bytes::Bytes;

use crate::error::{DecodeError, EncodeError};
use crate::framing::sse::{self, Frame};
use crate::ir::{Error, ErrorKind, Event, Request, Response, Usage};
use crate::json::{Document, Str, Value};
use crate::openai::{chat, completions, responses};
use crate::target::{Asked, Encoded, Reply, Target};
use crate::{Dialect, claude, gemini, kiro};

/// Reads a client's request; no client speaks Kiro ([`Dialect::CLIENT`]). Gemini's body says neither the model nor whether
/// to stream: its caller sets [`Request::model`] and [`Request::stream`] by the URL afterwards.
///
/// # Errors
/// What is wrong with it, for a 400.
pub fn decode_request(dialect: Dialect, body: &Document) -> Result<Request, DecodeError> {
    let mut request = match dialect {
        Dialect::Chat => chat::request::decode(body.root()),
        Dialect::Claude => claude::request::decode(body.root()),
        Dialect::Gemini => gemini::request::decode(body.root()),
        Dialect::Responses => responses::request::decode(body.root()),
        Dialect::Completions => completions::request::decode(body.root()),
        Dialect::Kiro => kiro::request::decode(body.root()),
    }?;
    request.size = body.root().source_bytes().len();
    Ok(request)
}

/// Writes a request for an upstream.
///
/// # Errors
/// What the dialect cannot say without a wrong answer, for a 400; and always where no upstream speaks it
/// ([`Dialect::UPSTREAM`]).
pub fn encode_request(
    dialect: Dialect,
    request: &Request,
    target: &Target,
) -> Result<Encoded, EncodeError> {
    let abroad = request.dialect != dialect;
    if abroad {
        refuse_elsewhere(request)?;
    }
    let encoded = match dialect {
        Dialect::Chat => chat::request::encode(request, target),
        Dialect::Claude => claude::request::encode(request, target),
        Dialect::Gemini => gemini::request::encode(request, target),
        Dialect::Responses => responses::request::encode(request, target),
        Dialect::Completions => completions::request::encode(request, target),
        Dialect::Kiro => kiro::request::encode(request, target),
    };
    let mut encoded = match request.dialect {
        Dialect::Gemini if abroad => gemini::request::respelt(encoded),
        Dialect::Completions => completions::request::respelt(request, encoded),
        _ => encoded,
    }?;
    if request.legacy_functions {
        encoded.names.mark_legacy_functions();
    }
    if dialect != Dialect::Responses || !target.chat.openai_tools {
        for space in request.namespaces.declared() {
            let path = |field: &str| format!("tools[{}].{field}", space.place);
            let why = "the tools of a namespace are told one by one";
            if space.description.is_some() {
                encoded.losses.dropped(path("description"), why);
            }
            for extension in space.extensions.of(request.dialect) {
                encoded.losses.dropped(path(&extension.key), why);
            }
        }
    }
    if request.dialect == Dialect::Responses {
        for (name, inner) in request.namespaces.names() {
            encoded.names.mark_space(name, inner);
        }
        encoded.names.set_echo(responses::request::echo(request));
    }
    Ok(encoded)
}

/// Refuses what only an upstream of the request's own dialect can answer.
fn refuse_elsewhere(request: &Request) -> Result<(), EncodeError> {
    responses::request::refuse_foreign(request)?;
    match request.dialect {
        Dialect::Claude => claude::request::refuse_elsewhere(request),
        Dialect::Gemini => gemini::request::refuse_elsewhere(request),
        Dialect::Chat | Dialect::Completions | Dialect::Responses | Dialect::Kiro => Ok(()),
    }
}

/// Writes the request for an upstream that counts the tokens of a prompt.
///
/// # Errors
/// As [`encode_request`]; and always where the dialect has no such call.
pub fn encode_count_request(
    dialect: Dialect,
    request: &Request,
    target: &Target,
) -> Result<Encoded, EncodeError> {
    if dialect != request.dialect {
        refuse_elsewhere(request)?;
    }
    let from_gemini = request.dialect == Dialect::Gemini && dialect != Dialect::Gemini;
    let encoded = match dialect {
        Dialect::Chat | Dialect::Completions | Dialect::Kiro => {
            Err(EncodeError::new("model", "its upstream counts no tokens"))
        }
        Dialect::Claude => claude::request::encode_count(request, target),
        Dialect::Gemini => gemini::request::encode_count(request, target),
        Dialect::Responses => responses::request::encode_count(request, target),
    };
    if from_gemini {
        gemini::request::respelt(encoded)
    } else {
        encoded
    }
}

/// Reads an upstream's answer; `provider` is the tag of its reasoning state. Kiro answers with streams only, which
/// [`Framer`](crate::framing::Framer), [`EventDecoder`] and [`fold`](crate::ir::fold::fold) make an answer of.
///
/// # Errors
/// What is wrong with it, for a 502.
pub fn decode_response(
    dialect: Dialect,
    body: &Document,
    provider: &Str,
) -> Result<Response, DecodeError> {
    decode_response_for(dialect, dialect, body, provider)
}

/// The same for a client that speaks `client`: the settings that Responses repeats in every answer, for which no other dialect
/// has a word, are read for its own clients only.
///
/// # Errors
/// As [`decode_response`].
pub fn decode_response_for(
    client: Dialect,
    dialect: Dialect,
    body: &Document,
    provider: &Str,
) -> Result<Response, DecodeError> {
    match dialect {
        Dialect::Chat => chat::response::decode(body.root(), provider),
        Dialect::Claude => claude::response::decode(body.root(), provider),
        Dialect::Gemini => gemini::response::decode(body.root(), provider),
        Dialect::Responses => {
            let repeated = client == dialect;
            responses::response::decode(body.root(), provider, repeated)
        }
        Dialect::Completions => completions::response::decode(body.root(), provider),
        Dialect::Kiro => kiro::response::decode(body.root(), provider),
    }
}

/// Writes an answer for a client.
#[must_use]
pub fn encode_response(dialect: Dialect, response: &Response, reply: &Reply) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    match dialect {
        Dialect::Chat => chat::response::encode(response, reply, &mut out),
        Dialect::Claude => claude::response::encode(response, reply, &mut out),
        Dialect::Gemini => gemini::response::encode(response, reply, &mut out),
        Dialect::Responses => responses::response::encode(response, reply, &mut out),
        Dialect::Completions => completions::response::encode(response, reply, &mut out),
        Dialect::Kiro => kiro::response::encode(response, reply, &mut out),
    }
    Bytes::from(out)
}

/// Reads the number of input tokens that an upstream counted; nothing where the body holds none.
#[must_use]
pub fn decode_count(dialect: Dialect, body: &Document) -> Option<u64> {
    match dialect {
        Dialect::Chat | Dialect::Completions | Dialect::Kiro => None,
        Dialect::Claude | Dialect::Responses => body.root().field("input_tokens")?.as_u64(),
        Dialect::Gemini => gemini::response::decode_count(body.root()),
    }
}

/// Writes a number of input tokens for a client that asked for it.
#[must_use]
pub fn encode_count(dialect: Dialect, count: u64) -> Bytes {
    Bytes::from(match dialect {
        Dialect::Chat | Dialect::Claude | Dialect::Completions | Dialect::Kiro => {
            format!(r#"{{"input_tokens":{count}}}"#)
        }
        Dialect::Gemini => format!(r#"{{"totalTokens":{count}}}"#),
        Dialect::Responses => {
            format!(r#"{{"object":"response.input_tokens","input_tokens":{count}}}"#)
        }
    })
}

/// Reads an upstream's failure: whatever the body is, there is an error to show.
#[must_use]
pub fn decode_error(dialect: Dialect, status: u16, body: &Bytes) -> Error {
    match dialect {
        Dialect::Chat => chat::response::decode_error(status, body),
        Dialect::Claude => claude::response::decode_error(status, body),
        Dialect::Gemini => gemini::response::decode_error(status, body),
        Dialect::Responses => responses::response::decode_error(status, body),
        Dialect::Completions => completions::response::decode_error(status, body),
        Dialect::Kiro => kiro::response::decode_error(status, body),
    }
}

/// Reads a failure that an upstream told inside of an answer whose status is 200.
#[must_use]
pub fn decode_stream_error(dialect: Dialect, body: &Bytes) -> Error {
    let mut error = decode_error(dialect, 502, body);
    if error.kind != ErrorKind::Server {
        error.status = error.kind.status();
    }
    error
}

/// Writes a failure for a client. The status goes beside it: [`Error::status`].
#[must_use]
pub fn encode_error(dialect: Dialect, error: &Error) -> Bytes {
    let mut out = Vec::with_capacity(256);
    match dialect {
        Dialect::Chat => chat::response::encode_error(error, &mut out),
        Dialect::Claude => claude::response::encode_error(error, &mut out),
        Dialect::Gemini => gemini::response::encode_error(error, &mut out),
        Dialect::Responses => responses::response::encode_error(error, &mut out),
        Dialect::Completions => completions::response::encode_error(error, &mut out),
        Dialect::Kiro => kiro::response::encode_error(error, &mut out),
    }
    Bytes::from(out)
}

/// Writes a failure as the last frame of a client's stream.
pub fn encode_error_frame(dialect: Dialect, error: &Error, out: &mut Vec<u8>) {
    match dialect {
        Dialect::Chat => sse::write_data(out, |out| chat::response::encode_error(error, out)),
        Dialect::Claude => sse::write_event(out, "error", |out| {
            claude::response::encode_error(error, out);
        }),
        Dialect::Gemini => sse::write_data(out, |out| gemini::response::encode_error(error, out)),
        // The number of the frame is not known here; where it is, the encoder and the observer write their own.
        Dialect::Responses => responses::response::encode_error_event(error, 0, out),
        Dialect::Completions => sse::write_data(out, |out| {
            completions::response::encode_error(error, out);
        }),
        Dialect::Kiro => sse::write_data(out, |out| kiro::response::encode_error(error, out)),
    }
}

/// Reads a `usage` object.
#[must_use]
pub fn decode_usage(dialect: Dialect, usage: Value<'_>) -> Usage {
    match dialect {
        Dialect::Chat => chat::wire::usage(usage),
        Dialect::Claude => claude::wire::usage(usage),
        Dialect::Gemini => gemini::wire::usage(usage),
        Dialect::Responses => responses::wire::usage(usage),
        Dialect::Completions => completions::wire::usage(usage),
        Dialect::Kiro => kiro::wire::usage(usage),
    }
}

/// Reads an upstream's stream, frame by frame.
#[derive(Debug)]
pub enum EventDecoder {
    /// Chat.
    Chat(Box<chat::stream::Decoder>),
    /// Claude.
    Claude(Box<claude::stream::Decoder>),
    /// Gemini.
    Gemini(Box<gemini::stream::Decoder>),
    /// Responses.
    Responses(Box<responses::stream::Decoder>),
    /// Completions, which no upstream speaks: it only fails.
    Completions(completions::stream::Decoder),
    /// Kiro.
    Kiro(Box<kiro::stream::Decoder>),
}

impl EventDecoder {
    /// A decoder at the beginning of a stream; `provider` is the tag of its reasoning state.
    #[must_use]
    pub fn new(dialect: Dialect, provider: Str) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat(Box::new(chat::stream::Decoder::new(provider))),
            Dialect::Claude => Self::Claude(Box::new(claude::stream::Decoder::new(provider))),
            Dialect::Gemini => Self::Gemini(Box::new(gemini::stream::Decoder::new(provider))),
            Dialect::Responses => {
                Self::Responses(Box::new(responses::stream::Decoder::new(provider)))
            }
            Dialect::Completions => Self::Completions(completions::stream::Decoder::new(provider)),
            Dialect::Kiro => Self::Kiro(Box::new(kiro::stream::Decoder::new(provider))),
        }
    }

    /// The same for the answer to a request, [`Encoded::asked`] of which is known: without it, thinking between tags stays
    /// text, and no input is estimated.
    #[must_use]
    pub fn asked(mut self, asked: Asked) -> Self {
        match &mut self {
            Self::Kiro(decoder) => decoder.asked(asked),
            Self::Chat(_)
            | Self::Claude(_)
            | Self::Gemini(_)
            | Self::Responses(_)
            | Self::Completions(_) => {}
        }
        self
    }

    /// Takes a frame and appends the events it amounts to. After `End` or `Error` nothing more is given.
    pub fn on_frame(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        match self {
            Self::Chat(decoder) => decoder.on_frame(frame, events),
            Self::Claude(decoder) => decoder.on_frame(frame, events),
            Self::Gemini(decoder) => decoder.on_frame(frame, events),
            Self::Responses(decoder) => decoder.on_frame(frame, events),
            Self::Completions(decoder) => decoder.on_frame(frame, events),
            Self::Kiro(decoder) => decoder.on_frame(frame, events),
        }
    }

    /// Ends the stream: `End` when the answer was complete, else `Error`. `clean` is false when the connection broke.
    pub fn finish(&mut self, clean: bool, events: &mut Vec<Event>) {
        match self {
            Self::Chat(decoder) => decoder.finish(clean, events),
            Self::Claude(decoder) => decoder.finish(clean, events),
            Self::Gemini(decoder) => decoder.finish(clean, events),
            Self::Responses(decoder) => decoder.finish(clean, events),
            Self::Completions(decoder) => decoder.finish(clean, events),
            Self::Kiro(decoder) => decoder.finish(clean, events),
        }
    }
}

/// Writes a client's stream, event by event.
#[derive(Debug)]
pub enum EventEncoder {
    /// Chat.
    Chat(Box<chat::stream::Encoder>),
    /// Claude.
    Claude(Box<claude::stream::Encoder>),
    /// Gemini.
    Gemini(Box<gemini::stream::Encoder>),
    /// Responses.
    Responses(Box<responses::stream::Encoder>),
    /// Completions.
    Completions(Box<completions::stream::Encoder>),
    /// Kiro, which no client speaks: it only fails.
    Kiro(kiro::stream::Encoder),
}

impl EventEncoder {
    /// An encoder at the beginning of a stream.
    #[must_use]
    pub fn new(dialect: Dialect, reply: Reply) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat(Box::new(chat::stream::Encoder::new(reply))),
            Dialect::Claude => Self::Claude(Box::new(claude::stream::Encoder::new(reply))),
            Dialect::Gemini => Self::Gemini(Box::new(gemini::stream::Encoder::new(reply))),
            Dialect::Responses => Self::Responses(Box::new(responses::stream::Encoder::new(reply))),
            Dialect::Completions => {
                Self::Completions(Box::new(completions::stream::Encoder::new(reply)))
            }
            Dialect::Kiro => Self::Kiro(kiro::stream::Encoder::new(reply)),
        }
    }

    /// Takes an event and appends the frames it amounts to. After `End` or `Error` nothing more is written.
    pub fn on(&mut self, event: Event, out: &mut Vec<u8>) {
        match self {
            Self::Chat(encoder) => encoder.on(event, out),
            Self::Claude(encoder) => encoder.on(event, out),
            Self::Gemini(encoder) => encoder.on(event, out),
            Self::Responses(encoder) => encoder.on(event, out),
            Self::Completions(encoder) => encoder.on(event, out),
            Self::Kiro(encoder) => encoder.on(event, out),
        }
    }

    /// Appends what keeps a silent line open (`dialects.md` 1.6).
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        match self {
            Self::Chat(encoder) => encoder.keep_alive(out),
            Self::Claude(encoder) => encoder.keep_alive(out),
            Self::Gemini(encoder) => encoder.keep_alive(out),
            Self::Responses(encoder) => encoder.keep_alive(out),
            Self::Completions(encoder) => encoder.keep_alive(out),
            Self::Kiro(encoder) => encoder.keep_alive(out),
        }
    }
}
