//! From events to a client's frames.
//!
//! Every frame is a whole answer of its own with whole parts: text goes out as it comes, a call when its arguments are
//! complete and all calls before it are out. The last frame says why the answer ended and what it cost; there is no other
//! sign that it is over.

mod items;

use std::collections::{HashMap, VecDeque};

use crate::Dialect;
use crate::framing::sse;
use crate::gemini::response::encode::{
    Said, has_block_reason, write_head, write_sources, write_stop,
};
use crate::gemini::response::encode_error;
use crate::gemini::wire::{self, write_rest};
use crate::ir::{Error, Event, Extensions, Opaque, Stop, Usage};
use crate::json::{Str, Writer};
use crate::target::Reply;

/// Writes a stream.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    /// What the upstream says once, for the last frame.
    extensions: Extensions,
    usage: Usage,
    choices: Vec<Choice>,
    items: Vec<Item>,
    /// Place in `items` of each number; a number used again names the newer item.
    places: HashMap<u32, usize>,
    over: bool,
}

/// One candidate.
#[derive(Debug)]
struct Choice {
    index: u32,
    said: Said,
    stop: Option<Stop>,
    /// Places of the calls that are not out, in the order they began.
    calls: VecDeque<usize>,
}

/// One piece of an answer.
#[derive(Debug)]
struct Item {
    /// Place in `choices`.
    choice: usize,
    kind: Kind,
    /// Bytes that came in deltas.
    length: usize,
    ended: bool,
}

#[derive(Debug)]
enum Kind {
    Text,
    Refusal,
    Thought {
        opaque: Option<Opaque>,
        redacted: bool,
    },
    Call {
        id: Str,
        name: Str,
        custom: bool,
        opaque: Option<Opaque>,
        arguments: String,
    },
    Other,
}

impl Encoder {
    /// An encoder at the beginning of a stream.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        Self {
            reply,
            extensions: Extensions::default(),
            usage: Usage::default(),
            choices: Vec::new(),
            items: Vec::new(),
            places: HashMap::new(),
            over: false,
        }
    }

    /// Takes an event and appends its frames. After `End` or `Error` nothing more is written.
    pub fn on(&mut self, event: Event, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        match event {
            Event::Start {
                usage, extensions, ..
            } => {
                if let Some(usage) = usage {
                    self.usage.merge(*usage);
                }
                if self.extensions.is_empty() {
                    self.extensions = extensions;
                }
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
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Stop { choice, stop } => {
                let place = self.choice(choice);
                self.choices[place].stop = Some(stop);
            }
            Event::Ping => {}
            Event::Error(error) => self.fail(&error, out),
            Event::End => self.end(out),
        }
    }

    /// Appends a comment, which every reader of the format skips.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        if !self.over {
            sse::write_keep_alive(out, Dialect::Gemini);
        }
    }

    /// The place of a choice.
    fn choice(&mut self, index: u32) -> usize {
        let found = self.choices.iter().position(|choice| choice.index == index);
        found.unwrap_or_else(|| {
            self.choices.push(Choice {
                index,
                said: Said::default(),
                stop: None,
                calls: VecDeque::new(),
            });
            self.choices.len() - 1
        })
    }

    /// A frame with a part of one candidate.
    fn parts(&self, choice: usize, out: &mut Vec<u8>, part: impl FnOnce(&mut Writer<'_>)) {
        self.frame(choice, out, |writer| {
            writer.object_field("content", |writer| {
                writer.array_field("parts", part);
                writer.field("role", "model");
            });
        });
    }

    /// A frame with fields of one candidate.
    fn frame(&self, choice: usize, out: &mut Vec<u8>, fields: impl FnOnce(&mut Writer<'_>)) {
        let index = self.choices[choice].index;
        sse::write_data(out, |out| {
            Writer::new(out).object(|writer| {
                writer.array_field("candidates", |writer| {
                    writer.object(|writer| {
                        fields(writer);
                        writer.field("index", &index);
                    });
                });
                write_head(writer, &self.reply);
            });
        });
    }

    /// The last frame: every candidate's reason, and the usage.
    fn end(&mut self, out: &mut Vec<u8>) {
        for place in 0..self.items.len() {
            self.item_end(place, out);
        }
        self.over = true;
        let blocked = has_block_reason(&self.extensions)
            && self
                .choices
                .iter()
                .all(|choice| choice.said.text.is_empty() && !choice.said.calls);
        if self.choices.is_empty() {
            self.choice(0);
        }
        sse::write_data(out, |out| {
            Writer::new(out).object(|writer| {
                if !blocked {
                    writer.array_field("candidates", |writer| {
                        self.choices
                            .iter()
                            .for_each(|choice| choice.write_end(writer));
                    });
                }
                if !self.usage.is_empty() {
                    writer.object_field("usageMetadata", |writer| {
                        wire::usage::write(writer, &self.usage);
                    });
                }
                write_head(writer, &self.reply);
                write_rest(writer, &self.extensions);
            });
        });
    }

    /// A failure ends the stream, and nothing says that the answer is complete.
    fn fail(&mut self, error: &Error, out: &mut Vec<u8>) {
        self.over = true;
        sse::write_data(out, |out| encode_error(error, out));
    }
}

impl Choice {
    fn write_end(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| {
            // SDKs look for a part.
            writer.object_field("content", |writer| {
                writer.array_field("parts", |writer| {
                    writer.object(|writer| writer.field("text", ""));
                });
                writer.field("role", "model");
            });
            write_stop(writer, &self.said.settled(self.stop.clone()));
            writer.field("index", &self.index);
            if !self.said.sourced {
                write_sources(writer, &self.said.citations, &self.said.text);
            }
        });
    }
}
