//! From an upstream's frames to events.
//!
//! Every frame is a whole answer of its own, whose parts are added to those before; nothing says that a stream is over
//! but its end. So the reason is given there, and only a reason tells an answer that is complete from one that was cut.

use std::collections::HashSet;

use crate::claude::wire::path::At;
use crate::framing::sse::Frame;
use crate::gemini::response::decode::{answer_rest, blocked, candidate_parts, late_state};
use crate::gemini::response::decode_error;
use crate::gemini::wire::parts::Parts;
use crate::gemini::wire::pieces::Pieces;
use crate::gemini::wire::{self, citations, field, logprobs, text_of};
use crate::ir::{
    Delta, Error, Event, ItemKind, ItemStart, Opaque, Part, Stop, StopReason, ToolCall, Usage,
};
use crate::json::{Document, RawJson, Str, Value};

/// Reads a stream.
#[derive(Debug)]
pub struct Decoder {
    provider: Str,
    /// Kept for its memory.
    document: Document,
    parts: Parts,
    started: bool,
    over: bool,
    items: u32,
    usage: Option<Usage>,
    choices: Vec<Choice>,
}

/// One candidate of the stream.
#[derive(Debug, Default)]
struct Choice {
    index: u32,
    /// The open item of text or thinking.
    open: Option<(Said, u32)>,
    /// The latest item of text, which citations belong to.
    text_item: Option<u32>,
    /// All text, which the spans of citations count in.
    text: String,
    cited: HashSet<RawJson>,
    called: bool,
    /// The call whose arguments are still coming.
    pieces: Pieces,
    stop: Option<Stop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Text,
    Thinking,
}

impl Decoder {
    /// A decoder at the beginning of a stream; `provider` is the tag of its reasoning state.
    #[must_use]
    pub fn new(provider: Str) -> Self {
        Self {
            parts: Parts::of_upstream(provider.clone()),
            provider,
            document: Document::default(),
            started: false,
            over: false,
            items: 0,
            usage: None,
            choices: Vec::new(),
        }
    }

    /// Takes a frame and appends the events it amounts to.
    pub fn on_frame(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        let data = frame.data.trim();
        // Some compatible servers end like OpenAI does.
        if self.over || data.is_empty() || data == "[DONE]" {
            return;
        }
        let mut document = std::mem::take(&mut self.document);
        match document.reparse(frame.data.clone()) {
            Ok(()) if document.root().is_array() => {
                for item in document.root().items() {
                    self.answer(item, events);
                }
            }
            Ok(()) => self.answer(document.root(), events),
            Err(_) => {
                self.fail(Error::not_json(), events);
            }
        }
        self.document = document;
    }

    /// Ends the stream: a clean end counts when every candidate said why it ended.
    pub fn finish(&mut self, clean: bool, events: &mut Vec<Event>) {
        if self.over {
            return;
        }
        let complete =
            !self.choices.is_empty() && self.choices.iter().all(|choice| choice.stop.is_some());
        if clean && complete {
            self.end(events);
        } else {
            self.fail(Error::cut_short(), events);
        }
    }

    fn answer(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        if self.over || !root.is_object() {
            return;
        }
        let body = wire::unwrapped(root);
        for failed in [root, body] {
            if failed.field("error").is_some() {
                let error = decode_error(200, &failed.raw().to_text().into_bytes());
                return self.fail(error, events);
            }
        }
        self.start(body, events);
        let candidates = body.field("candidates").into_iter().flat_map(Value::items);
        for (place, candidate) in candidates.enumerate() {
            if let Err(error) = self.candidate(candidate, place, events) {
                return self.fail(error, events);
            }
        }
        if let Some(message) = blocked(body).filter(|_| self.choices.is_empty()) {
            self.block(message, events);
        }
        let usage = field(body, "usageMetadata").filter(|usage| usage.is_object());
        let usage = usage.map(wire::usage).filter(|usage| !usage.is_empty());
        if usage.is_some() && self.usage != usage {
            self.usage.clone_from(&usage);
            events.extend(usage.map(Event::Usage));
        }
    }

    fn start(&mut self, body: Value<'_>, events: &mut Vec<Event>) {
        let id = text_of(body, "responseId").unwrap_or_default();
        self.parts.of_answer(&id);
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        events.push(Event::Start {
            id,
            model: text_of(body, "modelVersion").unwrap_or_default(),
            created: None,
            usage: None,
            extensions: answer_rest(body),
        });
    }

    /// A blocked prompt is a refusal, and no candidate follows (trap 73).
    fn block(&mut self, message: Str, events: &mut Vec<Event>) {
        let at = self.choice(0);
        let item = self.begin(at, ItemKind::Refusal, events);
        let delta = Delta::Text(message);
        events.push(Event::Delta { item, delta });
        events.push(Event::ItemEnd { item, full: None });
        self.choices[at].stop = Some(Stop::new(StopReason::Filter));
    }

    fn choice(&mut self, index: u32) -> usize {
        let found = self.choices.iter().position(|choice| choice.index == index);
        found.unwrap_or_else(|| {
            self.choices.push(Choice {
                index,
                ..Choice::default()
            });
            self.choices.len() - 1
        })
    }

    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn candidate(
        &mut self,
        candidate: Value<'_>,
        place: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let index = field(candidate, "index").and_then(wire::count);
        let index = index.unwrap_or(place as u64);
        let at = self.choice(u32::try_from(index).unwrap_or(u32::MAX));
        let content = candidate.field("content");
        let parts = content.and_then(|content| content.field("parts"));
        for value in parts.into_iter().flat_map(Value::items) {
            let mut whole = Vec::new();
            let pieces = &mut self.choices[at].pieces;
            let is_read = pieces.take(value, &mut whole).map_err(|_| unreadable())?;
            for call in whole {
                self.read(at, call.document().root(), events)?;
            }
            if is_read {
                self.read(at, value, events)?;
            }
        }
        self.cite(at, candidate, events);
        for part in candidate_parts(candidate) {
            self.whole(at, part, events);
        }
        // Behind the field itself, by which Google's own clients are told.
        if let (Some(item), Some(tokens)) = (self.choices[at].text_item, logprobs::read(candidate))
        {
            let delta = Delta::Logprobs(tokens);
            events.push(Event::Delta { item, delta });
        }
        if let Some(stop) = wire::stop(candidate) {
            self.choices[at].stop = Some(stop);
        }
        Ok(())
    }

    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn read(&mut self, at: usize, value: Value<'_>, events: &mut Vec<Event>) -> Result<(), Error> {
        let part = self.parts.part(value, &At::key("parts"));
        let part = part.map_err(|_| unreadable())?;
        let signed = late_state(&self.parts, &part, value);
        self.part(at, part, events);
        if let Some(state) = signed {
            self.late(at, state, events);
        }
        Ok(())
    }

    /// A call that nothing ended but the answer itself. One that was cut off is not to be made.
    fn last_call(&mut self, at: usize, events: &mut Vec<Event>) {
        let choice = &mut self.choices[at];
        let ended = matches!(
            choice.stop.as_ref().map(|stop| &stop.reason),
            Some(StopReason::End | StopReason::ToolUse)
        );
        if let Some(call) = choice.pieces.finish().filter(|_| ended)
            && let Err(error) = self.read(at, call.document().root(), events)
        {
            self.fail(error, events);
        }
    }

    fn part(&mut self, at: usize, part: Part, events: &mut Vec<Event>) {
        match part {
            Part::Text(text) => {
                self.choices[at].text.push_str(&text.text);
                self.say(at, Said::Text, text.text, events);
            }
            Part::Reasoning(reasoning) => {
                self.say(at, Said::Thinking, reasoning.text, events);
                let state = reasoning.opaque.filter(|state| !state.data.is_empty());
                if let Some(state) = state {
                    self.late(at, state, events);
                }
            }
            Part::ToolCall(call) => self.call(at, call, events),
            part => {
                self.close(at, events);
                self.whole(at, part, events);
            }
        }
    }

    /// Text is opened by its first character (trap 68).
    fn say(&mut self, at: usize, said: Said, text: Str, events: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        let open = self.choices[at].open.filter(|(open, _)| *open == said);
        let item = match open {
            Some((_, item)) => item,
            None => {
                self.close(at, events);
                let kind = match said {
                    Said::Text => ItemKind::Text,
                    Said::Thinking => ItemKind::Reasoning { redacted: false },
                };
                let item = self.begin(at, kind, events);
                self.choices[at].open = Some((said, item));
                item
            }
        };
        let delta = match said {
            Said::Text => {
                self.choices[at].text_item = Some(item);
                Delta::Text(text)
            }
            Said::Thinking => Delta::Reasoning(text),
        };
        events.push(Event::Delta { item, delta });
    }

    /// State belongs to the thought that is open; any other is told as thinking without text.
    fn late(&mut self, at: usize, state: Opaque, events: &mut Vec<Event>) {
        let item = match self.choices[at].open {
            Some((Said::Thinking, item)) => {
                self.choices[at].open = None;
                item
            }
            _ => {
                self.close(at, events);
                self.begin(at, ItemKind::Reasoning { redacted: false }, events)
            }
        };
        let delta = Delta::Opaque(state);
        events.push(Event::Delta { item, delta });
        events.push(Event::ItemEnd { item, full: None });
    }

    /// Calls come whole.
    fn call(&mut self, at: usize, call: ToolCall, events: &mut Vec<Event>) {
        self.close(at, events);
        self.choices[at].called = true;
        let kind = ItemKind::ToolCall {
            id: call.id,
            name: call.name,
            custom: false,
            opaque: call.opaque,
        };
        let item = self.begin(at, kind, events);
        let delta = Delta::Arguments(call.arguments.0);
        events.push(Event::Delta { item, delta });
        events.push(Event::ItemEnd { item, full: None });
    }

    fn whole(&mut self, at: usize, part: Part, events: &mut Vec<Event>) {
        let item = self.begin(at, ItemKind::Whole(Box::new(part)), events);
        events.push(Event::ItemEnd { item, full: None });
    }

    /// Sources are told again in later frames; each counts once.
    fn cite(&mut self, at: usize, candidate: Value<'_>, events: &mut Vec<Event>) {
        let choice = &mut self.choices[at];
        let Some(item) = choice.text_item else {
            return;
        };
        for citation in citations::read(candidate, &choice.text) {
            if choice.cited.insert(citation.clone()) {
                let delta = Delta::Citation(citation);
                events.push(Event::Delta { item, delta });
            }
        }
    }

    fn begin(&mut self, at: usize, kind: ItemKind, events: &mut Vec<Event>) -> u32 {
        let item = self.items;
        self.items = self.items.saturating_add(1);
        let choice = self.choices[at].index;
        events.push(Event::ItemStart(ItemStart { item, choice, kind }));
        item
    }

    fn close(&mut self, at: usize, events: &mut Vec<Event>) {
        let Some((said, item)) = self.choices[at].open.take() else {
            return;
        };
        if said == Said::Thinking {
            // Whose thinking it was, for clients that send it back.
            let provider = self.provider.clone();
            let data = Str::new();
            let delta = Delta::Opaque(Opaque { data, provider });
            events.push(Event::Delta { item, delta });
        }
        events.push(Event::ItemEnd { item, full: None });
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        for at in 0..self.choices.len() {
            self.last_call(at, events);
            if self.over {
                return;
            }
            self.close(at, events);
            let choice = &mut self.choices[at];
            let stop = choice.stop.take();
            let stop = stop.unwrap_or_else(|| Stop::new(StopReason::End));
            events.push(Event::Stop {
                choice: choice.index,
                stop: stop.settled(choice.called),
            });
        }
        events.push(Event::End);
        self.over = true;
    }

    fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        self.over = true;
        events.push(Event::Error(error));
    }
}

fn unreadable() -> Error {
    Error::of_upstream("the upstream sent a part that cannot be read")
}
