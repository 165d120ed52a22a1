//! From events to a client's frames.
//!
//! Whatever the order of the events, the frames obey `dialects.md` 1.1: the role first, calls counted from zero, one
//! finish for each choice with nothing after it, usage behind that, `[DONE]` last. So the finish waits for the end of the
//! stream; text and arguments never wait, but for those of free-text calls that went upstream as functions.

mod items;

use std::collections::HashMap;

use crate::ir::{Event, Extensions, Opaque, Stop, StopReason};
use crate::json::{RawJson, Writer};
use crate::openai::chat::wire;
use crate::openai::envelope::{Chunks, Form, one_line_frame};
use crate::target::Reply;

/// Writes a stream.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    chunks: Chunks,
    choices: Vec<Choice>,
    items: Vec<Item>,
    /// Place in `items` of each number; a number used again names the newer item.
    places: HashMap<u32, usize>,
}

/// One answer.
#[derive(Debug)]
struct Choice {
    index: u32,
    /// Its role was written.
    begun: bool,
    stop: Option<Stop>,
    calls: usize,
    /// Characters of visible text so far, for the span of citations.
    length: usize,
    refused: bool,
    /// Entries of `reasoning_details` so far.
    details: usize,
}

/// One piece of an answer.
#[derive(Debug)]
struct Item {
    /// Place in `choices`.
    choice: usize,
    kind: Kind,
    /// Bytes that came in deltas.
    length: usize,
    /// It ended, and what waits for the end was written.
    ended: bool,
}

#[derive(Debug)]
enum Kind {
    Text {
        /// Where it begins in the visible text, in characters.
        start: usize,
        citations: Vec<RawJson>,
    },
    Reasoning {
        text: String,
        opaque: Option<Opaque>,
        redacted: bool,
    },
    Call {
        index: usize,
        custom: bool,
        /// Free text that the upstream wrote as a JSON object: it can be told only from the whole.
        held: Option<String>,
    },
    Refusal,
    Other,
}

impl Encoder {
    /// An encoder at the beginning of a stream.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        let form = Form {
            id: "chatcmpl",
            object: "chat.completion.chunk",
        };
        Self {
            chunks: Chunks::new(form, &reply),
            reply,
            choices: Vec::new(),
            items: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Takes an event and appends the frames it amounts to.
    pub fn on(&mut self, event: Event, out: &mut Vec<u8>) {
        if self.chunks.is_done() {
            return;
        }
        match event {
            Event::Start {
                usage, extensions, ..
            } => {
                if let Some(usage) = usage {
                    self.chunks.count(*usage);
                }
                self.start(&extensions);
            }
            Event::ItemStart(start) => self.item_start(start, out),
            Event::Delta { item, delta } => self.delta(item, delta, out),
            Event::ItemEnd { item, full } => {
                if let Some(&place) = self.places.get(&item) {
                    if let Some(full) = full {
                        self.complete(place, *full, out);
                    }
                    self.item_end(place, out);
                }
            }
            Event::Usage(usage) => self.chunks.count(usage),
            Event::Stop { choice, stop } => {
                let place = self.choice(choice);
                self.choices[place].stop = Some(stop);
            }
            Event::Ping => {}
            Event::Error(error) => self.chunks.fail(&error, out),
            Event::End => self.end(out),
        }
    }

    /// Appends a comment, which every reader of the format skips.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        self.chunks.keep_alive(out);
    }

    /// What the upstream says once (`system_fingerprint`, `service_tier`) is on every chunk.
    fn start(&mut self, extensions: &Extensions) {
        self.chunks
            .say(|writer| wire::write_extensions(writer, extensions, &[]));
    }

    /// The place of a choice.
    fn choice(&mut self, index: u32) -> usize {
        let found = self.choices.iter().position(|choice| choice.index == index);
        found.unwrap_or_else(|| {
            self.choices.push(Choice {
                index,
                begun: false,
                stop: None,
                calls: 0,
                length: 0,
                refused: false,
                details: 0,
            });
            self.choices.len() - 1
        })
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        for place in 0..self.items.len() {
            self.item_end(place, out);
            self.call_end(place, out);
        }
        if self.choices.is_empty() {
            self.choice(0);
        }
        for choice in 0..self.choices.len() {
            self.finish_choice(choice, out);
        }
        self.chunks.end(out);
    }

    fn finish_choice(&mut self, place: usize, out: &mut Vec<u8>) {
        if !self.choices[place].begun {
            self.chunk(place, out, |writer| writer.field("content", ""));
        }
        let choice = &self.choices[place];
        let held = wire::Held {
            refusal: choice.refused,
            calls: choice.calls > 0,
            legacy: self.reply.names.has_legacy_functions(),
        };
        let reason = choice.stop.as_ref().map(|stop| &stop.reason);
        let reason = wire::finish_reason(reason.unwrap_or(&StopReason::End), held);
        let index = choice.index;
        self.chunks.choice(out, |writer| {
            writer.field("index", &index);
            writer.object_field("delta", |_| {});
            writer.null_field("logprobs");
            writer.field("finish_reason", reason);
        });
    }

    fn logprobs(&mut self, choice: usize, raw: &RawJson, out: &mut Vec<u8>) {
        let from = out.len();
        self.piece(choice, out, |_| {}, Some(raw));
        one_line_frame(out, from);
    }

    /// A chunk with a delta.
    fn chunk(&mut self, choice: usize, out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
        self.piece(choice, out, fill, None);
    }

    /// A chunk of a choice that goes on; the first says the role (trap 17).
    fn piece(
        &mut self,
        choice: usize,
        out: &mut Vec<u8>,
        delta: impl FnOnce(&mut Writer<'_>),
        logprobs: Option<&RawJson>,
    ) {
        let begun = std::mem::replace(&mut self.choices[choice].begun, true);
        let index = self.choices[choice].index;
        self.chunks.choice(out, |writer| {
            writer.field("index", &index);
            writer.object_field("delta", |writer| {
                if !begun {
                    writer.field("role", "assistant");
                }
                delta(writer);
            });
            match logprobs {
                Some(raw) => writer.field("logprobs", raw),
                None => writer.null_field("logprobs"),
            }
            writer.null_field("finish_reason");
        });
    }
}
