//! From an upstream's frames to events.
//!
//! Compatible servers leave out most of the events that OpenAI sends: what begins without being added is opened by its
//! first delta, and what was not told in deltas is taken from whatever holds it whole (traps 82 to 84).

mod item;
mod text;

use std::collections::HashMap;

use crate::framing::sse::Frame;
use crate::ir::{Error, Event};
use crate::json::{Document, Str, Value};
use crate::openai::responses::response::{Reader, answer_rest, in_stream, seconds};
use crate::openai::responses::wire;

use item::Item;

/// Reads a stream.
#[derive(Debug)]
pub struct Decoder {
    provider: Str,
    /// Kept for its memory.
    document: Document,
    reader: Reader,
    started: bool,
    over: bool,
    /// Items of the answer, in the order they were met.
    items: Vec<Item>,
    /// Place in `items` by the upstream's index and by the item's id.
    by_index: HashMap<u64, usize>,
    by_id: HashMap<Str, usize>,
    /// Number of the next piece.
    pieces: u32,
    called: bool,
    refused: bool,
}

impl Decoder {
    /// A decoder at the beginning of a stream; `provider` is the tag of its reasoning state.
    #[must_use]
    pub fn new(provider: Str) -> Self {
        Self {
            reader: Reader::new(provider.clone(), Str::new()),
            provider,
            document: Document::default(),
            started: false,
            over: false,
            items: Vec::new(),
            by_index: HashMap::new(),
            by_id: HashMap::new(),
            pieces: 0,
            called: false,
            refused: false,
        }
    }

    /// Takes a frame and appends the events it amounts to.
    pub fn on_frame(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        let data = frame.data.trim();
        // Some compatible servers end like Chat does; the answer has ended before, or was cut.
        if self.over || data.is_empty() || data == "[DONE]" {
            return;
        }
        let mut document = std::mem::take(&mut self.document);
        match document.reparse(frame.data.clone()) {
            Ok(()) => self.frame(document.root(), &frame.event, events),
            Err(_) => {
                self.fail(Error::not_json(), events);
            }
        }
        self.document = document;
    }

    /// Ends the stream: without its terminal event the answer was cut.
    pub fn finish(&mut self, _clean: bool, events: &mut Vec<Event>) {
        if !self.over {
            let error = Error::cut_short();
            self.fail(error.with_code("upstream_cut"), events);
        }
    }

    fn frame(&mut self, root: Value<'_>, name: &str, events: &mut Vec<Event>) {
        let kind = root.field("type").and_then(Value::as_str);
        let kind = kind.as_deref().unwrap_or(name);
        match kind {
            "response.completed" | "response.incomplete" | "response.done" => {
                self.on_end(root.field("response").unwrap_or(root), events);
            }
            "response.failed" | "response.cancelled" => {
                let answer = root.field("response").unwrap_or(root);
                let error = answer.field("error").unwrap_or(answer);
                self.fail(in_stream(error), events);
            }
            "error" => self.fail(in_stream(root), events),
            "response.created" | "response.in_progress" | "response.queued" => {
                self.start(root.field("response"), events);
            }
            _ if kind.starts_with("response.") => {
                self.start(None, events);
                self.on_item(kind, root, events);
            }
            _ if root.field("error").is_some() => self.fail(in_stream(root), events),
            _ => {}
        }
    }

    fn start(&mut self, answer: Option<Value<'_>>, events: &mut Vec<Event>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let text = |key| answer.and_then(|answer| answer.text_of(key));
        let id = text("id").unwrap_or_default();
        self.reader = Reader::new(self.provider.clone(), id.clone());
        let extensions = answer.map(|answer| answer_rest(answer, &[]));
        events.push(Event::Start {
            id,
            model: text("model").unwrap_or_default(),
            created: answer
                .and_then(|answer| answer.field("created_at"))
                .and_then(seconds),
            usage: None,
            extensions: extensions.unwrap_or_default(),
        });
    }

    /// The whole answer: what it holds beyond what was told, how it ended, and what it cost.
    fn on_end(&mut self, answer: Value<'_>, events: &mut Vec<Event>) {
        let status = answer.text_of("status").unwrap_or_default();
        if status == "failed" {
            let error = answer.field("error").unwrap_or(answer);
            return self.fail(in_stream(error), events);
        }
        self.start(Some(answer), events);
        let output = answer.field("output").into_iter().flat_map(Value::items);
        for (index, item) in output.enumerate() {
            self.on_whole_item(index, item, events);
        }
        if self.close_all(events).is_err() {
            let error = Error::nameless_call();
            return self.fail(error, events);
        }
        let usage = answer.field("usage").map(wire::usage);
        if let Some(usage) = usage.filter(|usage| !usage.is_empty()) {
            events.push(Event::Usage(usage));
        }
        let reason = wire::stop_reason(&status, answer.field("incomplete_details"));
        events.push(Event::Stop {
            choice: 0,
            stop: wire::settled(reason, self.refused, self.called),
        });
        events.push(Event::End);
        self.over = true;
    }

    fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        self.over = true;
        events.push(Event::Error(error));
    }
}
