//! From an upstream's frames to events.
//!
//! Nothing says that a stream is over but its end, and a reason to stop is often left out (`providers.md` 9.4): a stream that
//! ended between two frames is whole. HTTP tells one that was cut.

use super::calls::Calls;
use super::tags::{Piece, Tags};
use crate::framing::event_stream::{ERROR, EXCEPTION};
use crate::framing::sse::Frame;
use crate::ir::{
    Delta, Error, Event, Extensions, ItemKind, ItemStart, Opaque, Stop, StopReason, Usage,
};
use crate::json::{Document, Str, Value};
use crate::kiro::response::{decode_named_error, of_event};
use crate::kiro::wire::{self, Kind};
use crate::target::Asked;
use crate::tokens::Estimate;

/// Reads a stream.
#[derive(Debug)]
pub struct Decoder {
    provider: Str,
    asked: Asked,
    /// Kept for its memory.
    document: Document,
    started: bool,
    /// Something of an answer was seen.
    answered: bool,
    over: bool,
    items: u32,
    /// The open item of text or thinking.
    open: Option<(Said, u32)>,
    tags: Tags,
    calls: Calls,
    stop: Option<Stop>,
    /// What the upstream counted, and what was said.
    usage: Usage,
    output: Estimate,
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
            provider,
            asked: Asked::default(),
            document: Document::default(),
            started: false,
            answered: false,
            over: false,
            items: 0,
            open: None,
            tags: Tags::default(),
            calls: Calls::default(),
            stop: None,
            usage: Usage::default(),
            output: Estimate::default(),
        }
    }

    /// Takes what is known of the request, before the first frame.
    pub(crate) fn asked(&mut self, asked: Asked) {
        self.asked = asked;
    }

    /// Takes a frame and appends the events it amounts to.
    pub fn on_frame(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        if self.over {
            return;
        }
        let failed = [EXCEPTION, ERROR];
        let name = failed
            .into_iter()
            .find_map(|prefix| frame.event.strip_prefix(prefix));
        if let Some(name) = name {
            let error = decode_named_error(200, frame.data.as_bytes(), Some(name));
            return self.fail(error, events);
        }
        let mut document = std::mem::take(&mut self.document);
        let parsed = document.reparse(frame.data.clone());
        let read = match parsed {
            Ok(()) => self.on_payload(&frame.event, document.root(), events),
            // What does not concern the answer may be anything.
            Err(_) if Kind::of(&frame.event).is_none() => Ok(()),
            Err(_) => Err(Error::not_json()),
        };
        self.document = document;
        if let Err(error) = read {
            self.fail(error, events);
        }
    }

    /// Ends the stream: well when something of an answer was seen, all calls are whole and the connection did not break.
    pub fn finish(&mut self, clean: bool, events: &mut Vec<Event>) {
        if self.over {
            return;
        }
        if !clean || !self.answered {
            return self.fail(Error::cut_short(), events);
        }
        self.close(events);
        if let Err(error) = self.calls.finish(events) {
            return self.fail(error, events);
        }
        self.count(events);
        let stop = self.stop.take();
        let stop = stop.unwrap_or_else(|| Stop::new(StopReason::End));
        events.push(Event::Stop {
            choice: 0,
            stop: stop.settled(self.calls.any()),
        });
        events.push(Event::End);
        self.over = true;
    }

    /// The payload of an event, which may be nested under the event's name.
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn on_payload(
        &mut self,
        event: &str,
        root: Value<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        self.start(events);
        let first = root.entries().next();
        let named = first.filter(|(key, body)| body.is_object() && Kind::of(key).is_some());
        let (kind, body) = match named {
            Some((key, body)) if event.is_empty() || event == key => (Kind::of(&key), body),
            _ => (Kind::of(event), root),
        };
        if let Some(error) = of_event(root).or_else(|| of_event(body)) {
            return Err(error);
        }
        let Some(kind) = kind else {
            events.push(Event::Ping);
            return Ok(());
        };
        match kind {
            Kind::Answer => self.answer(body, events)?,
            Kind::Call => self.call(body, false, events)?,
            Kind::Thinking => self.thinking(body, events),
            Kind::Stop => {}
            Kind::Counts => {
                self.usage.merge(wire::usage(body));
                return Ok(());
            }
            Kind::Invalid => return Err(invalid(body)),
        }
        self.answered = true;
        let stop = ["stopReason", "stop_reason"]
            .into_iter()
            .find_map(|key| body.text_of(key));
        if let Some(word) = stop {
            self.stop = Some(Stop::new(wire::stop_reason(&word)));
        }
        Ok(())
    }

    fn start(&mut self, events: &mut Vec<Event>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let usage = self.asked.input.map(|input| {
            Box::new(Usage {
                input: Some(input),
                estimated: true,
                ..Usage::default()
            })
        });
        events.push(Event::Start {
            id: Str::new(),
            model: Str::new(),
            created: None,
            usage,
            extensions: Extensions::default(),
        });
    }

    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn answer(&mut self, body: Value<'_>, events: &mut Vec<Event>) -> Result<(), Error> {
        if let Some(text) = body.text_of("content") {
            self.output.add(&text);
            if self.asked.thinking {
                let mut pieces = Vec::new();
                self.tags.feed(text, &mut pieces);
                self.pieces(pieces, events);
            } else {
                self.say(Said::Text, text, events);
            }
        }
        let calls = body.field("toolUses");
        let mut calls = calls.into_iter().flat_map(Value::items);
        calls.try_for_each(|call| self.call(call, true, events))
    }

    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn call(
        &mut self,
        piece: Value<'_>,
        whole: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let told = events.len();
        let at = match self.calls.of(piece) {
            Some(at) => at,
            None => {
                self.close(events);
                let at = self.calls.begin(piece, self.items, events)?;
                self.items = self.items.saturating_add(1);
                self.output.add(&piece.text_of("name").unwrap_or_default());
                at
            }
        };
        self.calls.take(at, piece, whole, events)?;
        for event in &events[told..] {
            if let Event::Delta {
                delta: Delta::Arguments(text),
                ..
            } = event
            {
                self.output.add(text);
            }
        }
        Ok(())
    }

    fn thinking(&mut self, body: Value<'_>, events: &mut Vec<Event>) {
        // What was held of the text before comes first.
        if matches!(self.open, Some((Said::Text, _))) {
            self.close(events);
        }
        if let Some(text) = body.text_of("text") {
            self.output.add(&text);
            self.say(Said::Thinking, text, events);
        }
        let signature = body.text_of("signature");
        if let Some(data) = signature.filter(|data| !data.is_empty()) {
            let item = match self.open.take_if(|(said, _)| *said == Said::Thinking) {
                Some((_, item)) => item,
                None => {
                    self.close(events);
                    self.begin(ItemKind::Reasoning { redacted: false }, events)
                }
            };
            self.end_thinking(item, data, events);
        }
    }

    fn pieces(&mut self, pieces: Vec<Piece>, events: &mut Vec<Event>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.say(Said::Text, text, events),
                Piece::Thinking(text) => self.say(Said::Thinking, text, events),
            }
        }
    }

    /// An item is opened by its first character.
    fn say(&mut self, said: Said, text: Str, events: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        let open = self.open.filter(|(open, _)| *open == said);
        let item = match open {
            Some((_, item)) => item,
            None => {
                self.end_item(events);
                let kind = match said {
                    Said::Text => ItemKind::Text,
                    Said::Thinking => ItemKind::Reasoning { redacted: false },
                };
                let item = self.begin(kind, events);
                self.open = Some((said, item));
                item
            }
        };
        let delta = match said {
            Said::Text => Delta::Text(text),
            Said::Thinking => Delta::Reasoning(text),
        };
        events.push(Event::Delta { item, delta });
    }

    fn begin(&mut self, kind: ItemKind, events: &mut Vec<Event>) -> u32 {
        let item = self.items;
        self.items = self.items.saturating_add(1);
        events.push(Event::ItemStart(ItemStart {
            item,
            choice: 0,
            kind,
        }));
        item
    }

    /// Ends the open item; what was held of its text is said first.
    fn close(&mut self, events: &mut Vec<Event>) {
        let mut pieces = Vec::new();
        self.tags.finish(&mut pieces);
        self.pieces(pieces, events);
        self.end_item(events);
    }

    fn end_item(&mut self, events: &mut Vec<Event>) {
        match self.open.take() {
            None => {}
            Some((Said::Text, item)) => events.push(Event::ItemEnd { item, full: None }),
            // Whose thinking it was, for clients that send it back.
            Some((Said::Thinking, item)) => self.end_thinking(item, Str::new(), events),
        }
    }

    fn end_thinking(&mut self, item: u32, data: Str, events: &mut Vec<Event>) {
        let provider = self.provider.clone();
        let delta = Delta::Opaque(Opaque { data, provider });
        events.push(Event::Delta { item, delta });
        events.push(Event::ItemEnd { item, full: None });
    }

    /// The counts of the upstream; what it has not counted is estimated, and marked.
    fn count(&mut self, events: &mut Vec<Event>) {
        let mut usage = std::mem::take(&mut self.usage);
        if usage.total_input().is_none() && self.asked.input.is_some() {
            usage.input = self.asked.input;
            usage.estimated = true;
        }
        if usage.total_output().is_none() {
            usage.output = Some(self.output.tokens());
            usage.estimated = true;
        }
        events.push(Event::Usage(usage));
    }

    fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        self.over = true;
        events.push(Event::Error(error));
    }
}

fn invalid(body: Value<'_>) -> Error {
    let mut error = Error::of_upstream("the upstream's conversation is in an invalid state");
    if let Some(message) = body
        .text_of("message")
        .filter(|message| !message.is_empty())
    {
        error.message = message.chars().take(2000).collect::<String>().into();
    }
    error.code = body.text_of("reason");
    error
}
