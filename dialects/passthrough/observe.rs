//! Watching an answer that is forwarded as it is: usage, its end, its failure; and the model's name where an alias asks.

use std::sync::LazyLock;

use bytes::Bytes;

use crate::framing::sse::{self, Frame, FrameTooLarge, Framer};
use crate::gemini::wire::{field, stop as gemini_stop, unwrapped};
use crate::ir::{Error, ErrorKind, Usage};
use crate::json::{Document, Str, Value, write_string};
use crate::openai::responses;
use crate::{Dialect, codec};

use super::key::Key;
use super::output::Output;

static USAGE: LazyLock<Key> = LazyLock::new(|| Key::new("\"usage\""));
static FINISH: LazyLock<Key> = LazyLock::new(|| Key::new("\"finish_reason\""));
static FINISH_REASON: LazyLock<Key> = LazyLock::new(|| Key::new("\"finishReason\""));
static BLOCK_REASON: LazyLock<Key> = LazyLock::new(|| Key::new("\"blockReason\""));
static USAGE_METADATA: LazyLock<Key> = LazyLock::new(|| Key::new("\"usageMetadata\""));
static ERROR: LazyLock<Key> = LazyLock::new(|| Key::new("\"error\""));
static MODEL_VERSION: LazyLock<Key> = LazyLock::new(|| Key::new("\"modelVersion\""));
static MODEL: LazyLock<Key> = LazyLock::new(|| Key::new("\"model\""));

/// How far a stream has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It goes on.
    Open,
    /// It said that it is complete.
    Complete,
    /// It said that it failed.
    Failed(Box<Error>),
}

/// Watches one stream.
#[derive(Debug)]
pub struct Observer {
    dialect: Dialect,
    /// The client's name of the model, when it must replace the upstream's.
    rename: Option<Str>,
    /// The event that holds nothing but usage was not asked for by the client.
    hides_usage: bool,
    /// What the last event of a Responses stream may leave out, where such streams are mended.
    output: Option<Output>,
    framer: Framer,
    frames: Vec<Frame>,
    document: Document,
    usage: Usage,
    /// Events that have come.
    count: u64,
    /// Content was seen: an event that is more than a greeting.
    began: bool,
    /// The answer's last content was seen, though perhaps not the terminal event.
    finished: bool,
    outcome: Outcome,
    /// The latest event of a Responses stream, which numbers its events.
    last: Str,
    /// The beginning of an event whose end has not come yet: only whole events are forwarded, so that a stream that breaks
    /// can still end in an event that says so.
    held: Vec<Bytes>,
}

impl Observer {
    /// An observer at the beginning of a stream; `rename` replaces the upstream's model name, `limit` is the size of
    /// the largest event in bytes.
    #[must_use]
    pub fn new(dialect: Dialect, rename: Option<Str>, limit: usize) -> Self {
        Self {
            dialect,
            rename,
            hides_usage: false,
            output: None,
            framer: Framer::new(limit),
            frames: Vec::new(),
            document: Document::default(),
            usage: Usage::default(),
            count: 0,
            began: false,
            finished: false,
            outcome: Outcome::Open,
            last: Str::new(),
            held: Vec::new(),
        }
    }

    /// The same, which keeps usage from a client that has not asked for it: some take every event of a Chat stream for one
    /// with a choice.
    #[must_use]
    pub fn hiding_usage(mut self) -> Self {
        self.hides_usage = true;
        self
    }

    /// The same for an upstream whose Responses streams keep to their dialect only so far: what the last event leaves out of the
    /// output is told there, and events of no dialect are left out. Clients refuse a stream that begins with one.
    #[must_use]
    pub fn mending(mut self) -> Self {
        self.output = Some(Output::default());
        self
    }

    /// Takes the next bytes from the upstream and gives those for the client: the same ones, unless the model is
    /// renamed or the stream is over already.
    ///
    /// # Errors
    /// When an event outgrows the limit.
    pub fn on_chunk(&mut self, chunk: Bytes) -> Result<Bytes, FrameTooLarge> {
        if self.outcome != Outcome::Open {
            return Ok(Bytes::new());
        }
        let mut frames = std::mem::take(&mut self.frames);
        self.framer.feed(chunk.clone(), &mut frames)?;
        self.count += frames.len() as u64;
        let forward = if self.rename.is_some() {
            self.rewritten(&frames)
        } else {
            let alters = self.alters_any(&frames);
            if !alters {
                frames.iter().for_each(|frame| self.on_frame(frame));
            }
            let events = self.whole_events(chunk);
            if alters {
                self.rewritten(&frames)
            } else {
                events
            }
        };
        frames.clear();
        self.frames = frames;
        Ok(forward)
    }

    /// The bytes up to the end of the last whole event; the rest is held.
    fn whole_events(&mut self, chunk: Bytes) -> Bytes {
        let pending = self.framer.pending();
        if pending > chunk.len() {
            self.held.push(chunk);
            return Bytes::new();
        }
        let mut events = chunk;
        let rest = events.split_off(events.len() - pending);
        if !self.held.is_empty() {
            self.held.push(events);
            events = self.held.concat().into();
            self.held.clear();
        }
        if !rest.is_empty() {
            self.held.push(rest);
        }
        events
    }

    /// Ends the stream; gives bytes that the client must still get: an event without its blank line, or the failure of
    /// a stream that was cut. `clean` is false when the connection broke.
    pub fn finish(&mut self, clean: bool) -> Bytes {
        if self.outcome != Outcome::Open {
            return Bytes::new();
        }
        let mut frames = std::mem::take(&mut self.frames);
        self.framer.finish(&mut frames);
        let last = if self.rename.is_some() || self.alters_any(&frames) {
            self.rewritten(&frames)
        } else {
            frames.iter().for_each(|frame| self.on_frame(frame));
            self.held.concat().into()
        };
        if self.outcome == Outcome::Open && clean && self.finished {
            self.outcome = Outcome::Complete;
        }
        match self.outcome {
            Outcome::Open => self.abort(cut()),
            Outcome::Complete | Outcome::Failed(_) => last,
        }
    }

    /// Ends the stream with a failure of ours (a time limit, an event too large); gives the bytes that tell the client.
    pub fn abort(&mut self, error: Error) -> Bytes {
        let mut out = Vec::new();
        if self.outcome == Outcome::Open {
            match self.dialect {
                Dialect::Chat
                | Dialect::Completions
                | Dialect::Claude
                | Dialect::Gemini
                | Dialect::Kiro => {
                    codec::encode_error_frame(self.dialect, &error, &mut out);
                }
                Dialect::Responses => {
                    let number = self.next_sequence();
                    responses::response::encode_error_event(&error, number, &mut out);
                }
            }
            self.outcome = Outcome::Failed(Box::new(error));
        }
        Bytes::from(out)
    }

    /// The token counts seen so far.
    #[must_use]
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// How many events have come.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether content was seen: an event that is more than a greeting.
    #[must_use]
    pub fn began(&self) -> bool {
        self.began
    }

    /// How far the stream has come.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    fn on_frame(&mut self, frame: &Frame) {
        if self.outcome != Outcome::Open {
            return;
        }
        match self.dialect {
            Dialect::Chat | Dialect::Completions => self.on_chat(frame),
            Dialect::Claude => self.on_claude(frame),
            Dialect::Gemini => self.on_gemini(frame),
            Dialect::Responses => self.on_responses(frame),
            // No client takes its frames.
            Dialect::Kiro => {}
        }
    }

    fn on_chat(&mut self, frame: &Frame) {
        let data = frame.data.as_bytes();
        if data.trim_ascii() == b"[DONE]" {
            self.outcome = Outcome::Complete;
        } else if frame.event == "error" || data.starts_with(b"{\"error\"") {
            self.on_error(frame);
        } else {
            self.began = true;
            let mut reasons = FINISH.values(data);
            self.finished |= reasons.any(|reason| reason.starts_with(b"\""));
            if USAGE.is_set(data) {
                self.read_usage(frame, |root| root.field("usage"));
            }
        }
    }

    fn on_claude(&mut self, frame: &Frame) {
        match &*frame.event {
            "message_start" => self.read_usage(frame, |root| root.field("message")?.field("usage")),
            "message_delta" => {
                self.began = true;
                self.finished = true;
                self.read_usage(frame, |root| root.field("usage"));
            }
            "message_stop" => self.outcome = Outcome::Complete,
            "error" => self.on_error(frame),
            "ping" => {}
            _ => self.began = true,
        }
    }

    /// Nothing says that the stream is over but its end; a reason to finish, or a blocked prompt, tells that it is whole.
    fn on_gemini(&mut self, frame: &Frame) {
        let data = frame.data.as_bytes();
        if data.trim_ascii() == b"[DONE]" {
            return;
        }
        let is_error = |root: Value<'_>| root.field("error").is_some();
        // An answer may speak of errors: only the outermost key says that it is one.
        if ERROR.is_set(data)
            && self.document.reparse(frame.data.clone()).is_ok()
            && (is_error(self.document.root()) || self.document.root().items().any(is_error))
        {
            return self.on_error(frame);
        }
        self.began = true;
        let ends = [&*FINISH_REASON, &*BLOCK_REASON];
        let speaks_of_end = ends.iter().any(|reason| reason.is_set(data));
        if speaks_of_end && self.document.reparse(frame.data.clone()).is_ok() {
            let root = unwrapped(self.document.root());
            let candidates = root.field("candidates");
            let mut candidates = candidates.into_iter().flat_map(Value::items);
            self.finished |= candidates.any(|candidate| gemini_stop(candidate).is_some())
                || field(root, "promptFeedback")
                    .is_some_and(|feedback| field(feedback, "blockReason").is_some());
        }
        if USAGE_METADATA.is_set(data) {
            self.read_usage(frame, |root| field(unwrapped(root), "usageMetadata"));
        }
    }

    fn on_responses(&mut self, frame: &Frame) {
        self.last = frame.data.clone();
        match &*self.kind(frame) {
            "response.created" | "response.in_progress" | "response.queued" | "" => {}
            "response.completed" | "response.incomplete" => {
                self.began = true;
                self.read_usage(frame, |root| root.field("response")?.field("usage"));
                self.outcome = Outcome::Complete;
            }
            "response.failed" | "response.cancelled" => {
                self.read_usage(frame, |root| root.field("response")?.field("usage"));
                self.on_error(frame);
            }
            "error" => self.on_error(frame),
            "response.output_item.done" => {
                self.began = true;
                if let Some(output) = &mut self.output
                    && self.document.reparse(frame.data.clone()).is_ok()
                {
                    output.keep(self.document.root());
                }
            }
            // Others are greetings, or of no dialect: ChatGPT tells the state of a plan first.
            kind => self.began |= kind.starts_with("response."),
        }
    }

    /// The kind of an event of a Responses stream; some compatible servers leave out the names.
    fn kind(&mut self, frame: &Frame) -> Str {
        match frame.event.is_empty() {
            false => frame.event.clone(),
            true if self.document.reparse(frame.data.clone()).is_ok() => {
                self.document.root().text_of("type").unwrap_or_default()
            }
            true => Str::new(),
        }
    }

    /// The number that the next event of a Responses stream would have.
    fn next_sequence(&mut self) -> u64 {
        let parsed = self.document.reparse(std::mem::take(&mut self.last));
        let number = parsed.ok().and_then(|()| {
            let last = self.document.root().field("sequence_number")?;
            last.as_u64()
        });
        number.map_or(0, |last| last.saturating_add(1))
    }

    fn read_usage(
        &mut self,
        frame: &Frame,
        find: impl for<'d> FnOnce(Value<'d>) -> Option<Value<'d>>,
    ) {
        if self.document.reparse(frame.data.clone()).is_ok()
            && let Some(usage) = find(self.document.root())
        {
            self.usage.merge(codec::decode_usage(self.dialect, usage));
        }
    }

    fn on_error(&mut self, frame: &Frame) {
        let error = codec::decode_stream_error(self.dialect, frame.data.as_bytes());
        self.outcome = Outcome::Failed(Box::new(error));
    }

    /// Whether one of the frames cannot be forwarded as it is.
    fn alters_any(&mut self, frames: &[Frame]) -> bool {
        let hides = self.hides_usage && frames.iter().any(|frame| self.is_usage(frame));
        let mends = self.output.is_some();
        let mut frames = frames.iter();
        hides || (mends && frames.any(|frame| self.is_foreign(frame) || self.lacks_output(frame)))
    }

    /// Whether an event is one of no dialect.
    fn is_foreign(&mut self, frame: &Frame) -> bool {
        let kind = self.kind(frame);
        !(kind.is_empty() || &*kind == "error" || kind.starts_with("response."))
    }

    fn lacks_output(&mut self, frame: &Frame) -> bool {
        Output::is_missing(frame, &mut self.document)
    }

    /// What a frame tells, with the output that it leaves out.
    fn completed(&mut self, frame: &Frame) -> Str {
        let lacks = self.output.is_some() && self.lacks_output(frame);
        let output = self.output.as_mut().filter(|_| lacks);
        let restored = output.and_then(|output| output.restored(&self.document));
        restored.unwrap_or_else(|| frame.data.clone())
    }

    /// Whether an event of a Chat stream holds usage and no choice.
    fn is_usage(&mut self, frame: &Frame) -> bool {
        let data = &frame.data;
        if !USAGE.is_set(data.as_bytes()) || self.document.reparse(data.clone()).is_err() {
            return false;
        }
        let root = self.document.root();
        let chosen = root.field("choices").into_iter().flat_map(Value::items);
        root.field("usage").is_some_and(Value::is_object) && chosen.count() == 0
    }

    /// The frames with the client's model name and all of the output, without what is not for the client. Comments are not kept.
    fn rewritten(&mut self, frames: &[Frame]) -> Bytes {
        let mut out = Vec::new();
        for frame in frames {
            if self.outcome != Outcome::Open {
                break;
            }
            self.on_frame(frame);
            let hidden = self.hides_usage && self.is_usage(frame);
            if hidden || (self.output.is_some() && self.is_foreign(frame)) {
                continue;
            }
            let data = self.completed(frame);
            let write = |out: &mut Vec<u8>| self.write_renamed(&data, out);
            if frame.event.is_empty() {
                sse::write_data(&mut out, write);
            } else {
                sse::write_event(&mut out, &frame.event, write);
            }
        }
        Bytes::from(out)
    }

    fn write_renamed(&mut self, data: &Str, out: &mut Vec<u8>) {
        let model = self.rename.clone();
        let one_line = !data.contains(['\n', '\r']);
        let key = match self.dialect {
            Dialect::Chat
            | Dialect::Completions
            | Dialect::Claude
            | Dialect::Responses
            | Dialect::Kiro => &MODEL,
            Dialect::Gemini => &MODEL_VERSION,
        };
        let model = model.filter(|_| {
            key.stands_in(data.as_bytes()) && self.document.reparse(data.clone()).is_ok()
        });
        match (model, one_line) {
            (Some(model), _) => {
                let span = model_value(self.dialect, self.document.root()).map(Value::span);
                write_spliced(data, span, &model, out);
            }
            (None, true) => out.extend_from_slice(data.as_bytes()),
            (None, false) => out.extend_from_slice(data.replace(['\n', '\r'], " ").as_bytes()),
        }
    }
}

fn cut() -> Error {
    Error::new(
        ErrorKind::Server,
        "the upstream's answer ended before it was complete; the text so far is not the whole",
    )
    .with_code("upstream_cut")
}

/// Where an answer (or its first streamed event) names the model.
fn model_value(dialect: Dialect, root: Value<'_>) -> Option<Value<'_>> {
    match dialect {
        Dialect::Chat | Dialect::Completions => root.get("model"),
        Dialect::Claude => root
            .get("model")
            .or_else(|| root.field("message")?.get("model")),
        Dialect::Gemini => unwrapped(root).get("modelVersion"),
        Dialect::Responses => root
            .get("model")
            .or_else(|| root.field("response")?.get("model")),
        Dialect::Kiro => None,
    }
}

/// Writes JSON on one line, with the value at `span` replaced. A line end outside of strings is white space.
fn write_spliced(data: &str, span: Option<std::ops::Range<usize>>, model: &str, out: &mut Vec<u8>) {
    let start = out.len();
    match span {
        Some(span) => {
            out.extend_from_slice(&data.as_bytes()[..span.start]);
            write_string(out, model);
            out.extend_from_slice(&data.as_bytes()[span.end..]);
        }
        None => out.extend_from_slice(data.as_bytes()),
    }
    for byte in &mut out[start..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// The token counts of a whole answer.
#[must_use]
pub fn usage_of_body(dialect: Dialect, body: &Document) -> Option<Usage> {
    let usage = match dialect {
        Dialect::Chat | Dialect::Completions | Dialect::Claude | Dialect::Responses => {
            body.root().field("usage")?
        }
        Dialect::Gemini => field(unwrapped(body.root()), "usageMetadata")?,
        Dialect::Kiro => return None,
    };
    Some(codec::decode_usage(dialect, usage))
}

/// A whole answer with the client's model name; the same bytes when it names none.
#[must_use]
pub fn rename_model(dialect: Dialect, bytes: &Bytes, body: &Document, model: &str) -> Bytes {
    match model_value(dialect, body.root()).map(Value::span) {
        Some(span) => super::splice_model(bytes, span, model).to_bytes(),
        None => bytes.clone(),
    }
}
