//! From an upstream's frames to events.

use super::calls::Calls;
use crate::Dialect;
use crate::framing::sse::Frame;
use crate::ir::{
    Delta, Error, Event, Extensions, ItemKind, ItemStart, Part, StopReason, Unknown, Usage,
};
use crate::json::{Document, Str, Value};
use crate::openai::chat::response;
use crate::openai::chat::response::{made_up_id, origin, settled};
use crate::openai::chat::wire::{self, message};

/// Reads a stream.
#[derive(Debug)]
pub struct Decoder {
    provider: Str,
    /// Kept for its memory.
    document: Document,
    /// The answer's id, part of the ids of calls that have none.
    id: Str,
    started: bool,
    done: bool,
    items: u32,
    calls: usize,
    usage: Option<Usage>,
    choices: Vec<Choice>,
}

/// One answer of the stream.
#[derive(Debug, Default)]
struct Choice {
    index: u32,
    /// The open item of text, thinking or refusal.
    open: Option<(Said, u32)>,
    calls: Calls,
    /// Its latest item.
    last: Option<u32>,
    /// Its thinking comes as text, so that `reasoning_details` only repeat it.
    thinks_plainly: bool,
    refused: bool,
    called: bool,
    reason: Option<StopReason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Text,
    Thinking,
    Refusal,
}

impl Decoder {
    /// A decoder at the beginning of a stream; `provider` is the tag of its reasoning state.
    #[must_use]
    pub fn new(provider: Str) -> Self {
        Self {
            provider,
            document: Document::default(),
            id: Str::new(),
            started: false,
            done: false,
            items: 0,
            calls: 0,
            usage: None,
            choices: Vec::new(),
        }
    }

    /// Takes a frame and appends the events it amounts to.
    pub fn on_frame(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        let data = frame.data.trim();
        if self.done || data.is_empty() {
            return;
        }
        if data == "[DONE]" {
            self.end(events);
            return;
        }
        let mut document = std::mem::take(&mut self.document);
        match document.reparse(frame.data.clone()) {
            Ok(()) => self.frame(document.root(), &frame.event == "error", events),
            Err(_) => {
                self.fail(Error::not_json(), events);
            }
        }
        self.document = document;
    }

    /// Ends the stream: a clean end counts when every choice said why it ended.
    pub fn finish(&mut self, clean: bool, events: &mut Vec<Event>) {
        if self.done {
            return;
        }
        let complete =
            !self.choices.is_empty() && self.choices.iter().all(|choice| choice.reason.is_some());
        if clean && complete {
            self.end(events);
        } else {
            self.fail(Error::cut_short(), events);
        }
    }

    fn frame(&mut self, root: Value<'_>, named_error: bool, events: &mut Vec<Event>) {
        if named_error || is_failure(root) {
            self.fail(response::in_stream(root), events);
            return;
        }
        if !root.is_object() {
            return;
        }
        self.start(root, events);
        for choice in root.field("choices").into_iter().flat_map(Value::items) {
            self.choice(choice, events);
            if self.done {
                return;
            }
            // Kimi has it here.
            self.usage(choice.field("usage"), events);
        }
        self.usage(root.field("usage"), events);
    }

    fn start(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        if self.id.is_empty() {
            self.id = root.text_of("id").unwrap_or_default();
        }
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let mut extensions = Extensions::default();
        let known = [
            "id",
            "object",
            "created",
            "model",
            "choices",
            "usage",
            "obfuscation",
        ];
        wire::keep_unknown(&mut extensions, root, "", &known);
        events.push(Event::Start {
            id: self.id.clone(),
            model: root.text_of("model").unwrap_or_default(),
            created: root.field("created").and_then(Value::as_u64),
            usage: None,
            extensions,
        });
    }

    /// Counts may come on any chunk, and on every one.
    fn usage(&mut self, usage: Option<Value<'_>>, events: &mut Vec<Event>) {
        let usage = usage.filter(|usage| usage.is_object()).map(wire::usage);
        let Some(usage) = usage.filter(|usage| !usage.is_empty()) else {
            return;
        };
        if self.usage.as_ref() != Some(&usage) {
            self.usage = Some(usage.clone());
            events.push(Event::Usage(usage));
        }
    }

    fn choice(&mut self, value: Value<'_>, events: &mut Vec<Event>) {
        let index = value.field("index").and_then(Value::as_u64).unwrap_or(0);
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let at = self
            .choices
            .iter()
            .position(|choice| choice.index == index)
            .unwrap_or_else(|| {
                self.choices.push(Choice {
                    index,
                    ..Choice::default()
                });
                self.choices.len() - 1
            });
        // A whole message where a delta belongs is understood.
        let delta = value.field("delta").or_else(|| value.field("message"));
        if let Some(delta) = delta {
            self.delta(at, delta, events);
        }
        if let (Some(raw), Some(item)) = (value.field("logprobs"), self.choices[at].last) {
            let delta = Delta::Logprobs(raw.raw());
            events.push(Event::Delta { item, delta });
        }
        let word = value.text_of("finish_reason");
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            if word == "error" {
                self.fail(
                    Error::of_upstream("the upstream failed in its stream"),
                    events,
                );
                return;
            }
            self.close(at, events);
            self.choices[at].reason = Some(wire::stop_reason(&word));
        }
    }

    fn delta(&mut self, at: usize, delta: Value<'_>, events: &mut Vec<Event>) {
        let (text, thoughts) = message::content(delta);
        let plain = message::plain_thinking(delta);
        self.choices[at].thinks_plainly |= plain.is_some();
        // Where the server has both, the details say the same again.
        let thinking = match self.choices[at].thinks_plainly {
            true => plain,
            false => message::detailed_thinking(delta),
        };
        let thinking = thinking.or(thoughts);
        self.say(at, Said::Thinking, thinking, events);
        self.say(at, Said::Text, text, events);
        self.say(at, Said::Refusal, delta.text_of("refusal"), events);
        for citation in delta
            .field("annotations")
            .into_iter()
            .flat_map(Value::items)
        {
            let item = self.open(at, Said::Text, events);
            let delta = Delta::Citation(citation.raw());
            events.push(Event::Delta { item, delta });
        }
        self.others(at, delta, events);
        if let Some(calls) = delta.field("tool_calls") {
            // Trap 32: an empty list says nothing.
            let count = calls.items().count();
            for (place, entry) in calls.items().enumerate() {
                let (call, arguments) = self.choices[at].calls.take(entry, place, count);
                self.call(at, call, arguments, events);
            }
        }
        if let Some(value) = delta.field("function_call") {
            let name = value.text_of("name").unwrap_or_default();
            let id = made_up_id(&name, &self.id, self.calls);
            let (call, arguments) = self.choices[at].calls.take_function(value, &id);
            self.call(at, call, arguments, events);
        }
    }

    /// Text is opened by its first character (trap 36).
    fn say(&mut self, at: usize, said: Said, text: Option<Str>, events: &mut Vec<Event>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        let item = self.open(at, said, events);
        let delta = match said {
            Said::Thinking => Delta::Reasoning(text),
            Said::Text | Said::Refusal => Delta::Text(text),
        };
        events.push(Event::Delta { item, delta });
    }

    /// The open item of a kind, opened if need be.
    fn open(&mut self, at: usize, said: Said, events: &mut Vec<Event>) -> u32 {
        if let Some((open, item)) = self.choices[at].open
            && open == said
        {
            return item;
        }
        self.settle(at, events);
        let kind = match said {
            Said::Text => ItemKind::Text,
            Said::Thinking => ItemKind::Reasoning { redacted: false },
            Said::Refusal => ItemKind::Refusal,
        };
        let item = self.begin(at, kind, events);
        let choice = &mut self.choices[at];
        choice.open = Some((said, item));
        choice.refused |= said == Said::Refusal;
        item
    }

    fn begin(&mut self, at: usize, kind: ItemKind, events: &mut Vec<Event>) -> u32 {
        let item = self.items;
        self.items = self.items.saturating_add(1);
        self.choices[at].last = Some(item);
        let choice = self.choices[at].index;
        events.push(Event::ItemStart(ItemStart { item, choice, kind }));
        item
    }

    /// Fields of a delta without a typed place (`audio`, `images`) go through whole.
    fn others(&mut self, at: usize, delta: Value<'_>, events: &mut Vec<Event>) {
        for (key, value) in delta.entries() {
            if value.is_null() || message::FIELDS.contains(&&*key) {
                continue;
            }
            let part = Part::Unknown(Unknown {
                dialect: Dialect::Chat,
                kind: Str::from(&*key),
                raw: value.raw(),
            });
            let last = self.choices[at].last;
            let item = self.begin(at, ItemKind::Whole(Box::new(part)), events);
            events.push(Event::ItemEnd { item, full: None });
            self.choices[at].last = last;
        }
    }

    fn call(&mut self, at: usize, call: usize, arguments: Option<Str>, events: &mut Vec<Event>) {
        if self.choices[at].calls.list[call].is_ready() {
            self.settle(at, events);
            self.begin_call(at, call, events);
        }
        if let (Some(text), Some(item)) = (arguments, self.choices[at].calls.list[call].item) {
            let delta = Delta::Arguments(text);
            events.push(Event::Delta { item, delta });
        }
    }

    fn begin_call(&mut self, at: usize, call: usize, events: &mut Vec<Event>) {
        let begun = &mut self.choices[at].calls.list[call];
        let kind = ItemKind::ToolCall {
            id: begun.id.clone(),
            name: begun.name.clone(),
            custom: begun.custom,
            opaque: None,
        };
        let held = std::mem::take(&mut begun.held);
        self.calls += 1;
        let item = self.begin(at, kind, events);
        let choice = &mut self.choices[at];
        choice.called = true;
        choice.calls.list[call].item = Some(item);
        if !held.is_empty() {
            let delta = Delta::Arguments(Str::from(held));
            events.push(Event::Delta { item, delta });
        }
    }

    /// Ends what is over because something else begins: the open text, and calls whose arguments are complete. Other calls
    /// may go on, interleaved.
    fn settle(&mut self, at: usize, events: &mut Vec<Event>) {
        self.close_open(at, events);
        let calls = &mut self.choices[at].calls.list;
        // Calls complete in order, but for a few: looking at the latest is enough, the rest are ended at the end.
        let recent = calls.len().saturating_sub(8);
        for call in &mut calls[recent..] {
            if let Some(item) = call.item.filter(|_| !call.closed && call.is_complete()) {
                call.closed = true;
                events.push(Event::ItemEnd { item, full: None });
            }
        }
    }

    fn close_open(&mut self, at: usize, events: &mut Vec<Event>) {
        let Some((said, item)) = self.choices[at].open.take() else {
            return;
        };
        if said == Said::Thinking {
            // Whose thinking it was, for clients that send it back.
            let delta = Delta::Opaque(origin(&self.provider));
            events.push(Event::Delta { item, delta });
        }
        events.push(Event::ItemEnd { item, full: None });
    }

    /// Ends everything of a choice. Calls that never got an id are given one; without a name and
    /// without arguments there is no call.
    fn close(&mut self, at: usize, events: &mut Vec<Event>) {
        self.close_open(at, events);
        for call in 0..self.choices[at].calls.list.len() {
            let pending = &mut self.choices[at].calls.list[call];
            if pending.closed {
                continue;
            }
            if pending.item.is_none() {
                if pending.name.is_empty() {
                    continue;
                }
                if pending.id.is_empty() {
                    pending.id = made_up_id(&pending.name, &self.id, self.calls);
                }
                self.begin_call(at, call, events);
            }
            let ended = &mut self.choices[at].calls.list[call];
            ended.closed = true;
            if let Some(item) = ended.item {
                events.push(Event::ItemEnd { item, full: None });
            }
        }
    }

    /// The reason is given last, when all that was said is known, also what came after it.
    fn end(&mut self, events: &mut Vec<Event>) {
        if !self.started {
            // Trap 40.
            self.fail(
                Error::of_upstream("the upstream's stream held no answer"),
                events,
            );
            return;
        }
        if self.choices.iter().any(Choice::has_nameless_call) {
            let error = Error::nameless_call();
            self.fail(error, events);
            return;
        }
        if self.choices.is_empty() {
            self.choices.push(Choice::default());
        }
        for at in 0..self.choices.len() {
            self.close(at, events);
            let choice = &mut self.choices[at];
            let reason = choice.reason.take().unwrap_or(StopReason::End);
            events.push(Event::Stop {
                choice: choice.index,
                stop: settled(reason, choice.refused, choice.called),
            });
        }
        events.push(Event::End);
        self.done = true;
    }

    fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        self.done = true;
        events.push(Event::Error(error));
    }
}

impl Choice {
    /// Whether there is a call with arguments but without a name: nobody could answer it, and without it the answer would
    /// look complete.
    fn has_nameless_call(&self) -> bool {
        let calls = self.calls.list.iter();
        let mut nameless = calls.filter(|call| call.name.is_empty());
        nameless.any(|call| !call.held.trim().is_empty())
    }
}

/// Whether a frame is a failure (`providers.md` 4): an `error`, or something that is no chunk and has a message.
fn is_failure(root: Value<'_>) -> bool {
    let error = root.field("error").is_some_and(|error| {
        error.entries().next().is_some() || error.as_str().is_some_and(|text| !text.is_empty())
    });
    let is_chunk = root.field("choices").is_some() || root.field("usage").is_some();
    let has_message = ["message", "detail"]
        .iter()
        .any(|key| root.field(key).is_some());
    error || root.text_of("object").as_deref() == Some("error") || (has_message && !is_chunk)
}
