//! From events to a client's frames.
//!
//! Whatever the order of the events, the frames obey `dialects.md` 1.2: one finish for each choice with nothing after it,
//! usage behind that where it was asked for, `[DONE]` last. So the finish waits for the end of the stream; text never waits.

use std::collections::{BTreeMap, HashMap};

use crate::ir::{Delta, Event, Extensions, ItemKind, ItemStart, Part, Stop};
use crate::json::RawJson;
use crate::openai::completions::wire;
use crate::openai::envelope::{Chunks, Form, one_line_frame};
use crate::target::Reply;

/// Writes a stream.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    chunks: Chunks,
    choices: BTreeMap<u32, Choice>,
    /// By number; one that is used again names the newer item.
    items: HashMap<u32, Item>,
}

/// One answer.
#[derive(Debug, Default)]
struct Choice {
    /// The prompt was repeated, where the client wants that.
    begun: bool,
    stop: Option<Stop>,
    /// Place of the next token in the text, in characters.
    offset: usize,
}

/// One piece of an answer.
#[derive(Debug, Clone, Copy)]
struct Item {
    choice: u32,
    /// Its text is part of the answer's.
    visible: bool,
    /// Bytes that came in deltas.
    length: usize,
}

impl Encoder {
    /// An encoder at the beginning of a stream.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        let form = Form {
            id: "cmpl",
            object: "text_completion",
        };
        Self {
            chunks: Chunks::new(form, &reply),
            reply,
            choices: BTreeMap::new(),
            items: HashMap::new(),
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
                if let Some(full) = full {
                    self.complete(item, &full, out);
                }
            }
            Event::Usage(usage) => self.chunks.count(usage),
            Event::Stop { choice, stop } => self.choice(choice).stop = Some(stop),
            Event::Ping => {}
            Event::Error(error) => self.chunks.fail(&error, out),
            Event::End => self.end(out),
        }
    }

    /// Appends a comment, which every reader of the format skips.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        self.chunks.keep_alive(out);
    }

    /// What the upstream says once is on every chunk.
    fn start(&mut self, extensions: &Extensions) {
        self.chunks
            .say(|writer| wire::write_fingerprint(writer, extensions));
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        self.choices.entry(index).or_default()
    }

    fn item_start(&mut self, start: ItemStart, out: &mut Vec<u8>) {
        self.choice(start.choice);
        let visible = matches!(start.kind, ItemKind::Text | ItemKind::Refusal);
        self.items.insert(
            start.item,
            Item {
                choice: start.choice,
                visible,
                length: 0,
            },
        );
        if let ItemKind::Whole(part) = start.kind
            && let Some(text) = wire::visible(&part)
        {
            self.text(start.choice, text, out);
        }
    }

    fn delta(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text(text) => {
                // Text of an item that never began is not lost: it begins with it.
                let item = self.items.entry(number).or_insert(Item {
                    choice: 0,
                    visible: true,
                    length: 0,
                });
                item.length += text.len();
                let item = *item;
                if item.visible {
                    self.text(item.choice, &text, out);
                }
            }
            Delta::Logprobs(raw) => {
                if let Some(item) = self.items.get(&number).copied() {
                    self.logprobs(item.choice, &raw, out);
                }
            }
            // What has no place in the text has none at all.
            Delta::Reasoning(_)
            | Delta::Paragraph
            | Delta::Arguments(_)
            | Delta::Opaque(_)
            | Delta::Citation(_) => {}
        }
    }

    /// What the whole piece has beyond its deltas.
    fn complete(&mut self, number: u32, full: &Part, out: &mut Vec<u8>) {
        let Some(item) = self.items.get_mut(&number).filter(|item| item.visible) else {
            return;
        };
        let rest = wire::visible(full).and_then(|text| text.get(item.length..));
        let rest = rest.unwrap_or_default();
        item.length += rest.len();
        let choice = item.choice;
        self.text(choice, rest, out);
    }

    fn text(&mut self, choice: u32, text: &str, out: &mut Vec<u8>) {
        if !text.is_empty() {
            self.begin(choice, out);
            self.chunk(choice, text, None, out);
        }
    }

    fn logprobs(&mut self, choice: u32, raw: &RawJson, out: &mut Vec<u8>) {
        self.begin(choice, out);
        let mut offset = self.choice(choice).offset;
        let from = out.len();
        self.chunks.choice(out, |writer| {
            writer.field("text", "");
            writer.field("index", &choice);
            wire::write_logprobs(writer, Some(raw), &mut offset);
            writer.null_field("finish_reason");
        });
        one_line_frame(out, from);
        self.choice(choice).offset = offset;
    }

    /// Begins a choice with the prompt, where the client wants to read it again.
    fn begin(&mut self, index: u32, out: &mut Vec<u8>) {
        let echo = self.reply.echo.clone().unwrap_or_default();
        let choice = self.choice(index);
        if std::mem::replace(&mut choice.begun, true) || echo.is_empty() {
            return;
        }
        choice.offset = echo.chars().count();
        self.chunk(index, &echo, None, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.choices.is_empty() {
            self.choice(0);
        }
        let indexes: Vec<u32> = self.choices.keys().copied().collect();
        for index in indexes {
            self.begin(index, out);
            let reason = wire::finish_reason(self.choice(index).stop.as_ref());
            self.chunk(index, "", Some(reason), out);
        }
        self.chunks.end(out);
    }

    fn chunk(&self, choice: u32, text: &str, reason: Option<&str>, out: &mut Vec<u8>) {
        self.chunks.choice(out, |writer| {
            writer.field("text", text);
            writer.field("index", &choice);
            writer.null_field("logprobs");
            match reason {
                Some(reason) => writer.field("finish_reason", reason),
                None => writer.null_field("finish_reason"),
            }
        });
    }
}
