//! From events to a client's frames.
//!
//! Whatever the order of the events, the frames obey `dialects.md` 1.1: the role first, calls counted from zero, one
//! finish for each choice with nothing after it, usage behind that, `[DONE]` last. So the finish waits for the end of the
//! stream; text and arguments never wait, but for those of free-text calls that went upstream as functions.

use std::collections::HashMap;

use crate::Dialect;
use crate::framing::sse;
use crate::ids;
use crate::ir::{
    Arguments, Delta, Error, Event, Extensions, ItemKind, ItemStart, Opaque, Part, Reasoning, Stop,
    StopReason, Usage,
};
use crate::json::{RawJson, Str, Writer};
use crate::openai::chat::response;
use crate::openai::chat::response::{has_state, write_details};
use crate::openai::chat::wire::{self, message, usage};
use crate::target::Reply;

/// Writes a stream.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    /// The beginning of every chunk, up to `"choices":`.
    head: Vec<u8>,
    choices: Vec<Choice>,
    items: Vec<Item>,
    /// Place in `items` of each number; a number used again names the newer item.
    places: HashMap<u32, usize>,
    usage: Usage,
    done: bool,
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
        let mut head = Vec::with_capacity(160);
        Writer::new(&mut head).object(|writer| {
            writer.field("id", &format!("chatcmpl-{}", reply.unique));
            writer.field("object", "chat.completion.chunk");
            writer.field("created", &reply.created);
            writer.field("model", &reply.model);
        });
        head.pop();
        Self {
            reply,
            head,
            choices: Vec::new(),
            items: Vec::new(),
            places: HashMap::new(),
            usage: Usage::default(),
            done: false,
        }
    }

    /// Takes an event and appends the frames it amounts to.
    pub fn on(&mut self, event: Event, out: &mut Vec<u8>) {
        if self.done {
            return;
        }
        match event {
            Event::Start {
                usage, extensions, ..
            } => {
                if let Some(usage) = usage {
                    self.usage.merge(*usage);
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
        if !self.done {
            sse::write_comment(out, "ping");
        }
    }

    /// What the upstream says once (`system_fingerprint`, `service_tier`) is on every chunk.
    fn start(&mut self, extensions: &Extensions) {
        for extension in extensions.of(Dialect::Chat) {
            self.head.push(b',');
            json_string(&mut self.head, &extension.key);
            self.head.push(b':');
            self.head
                .extend_from_slice(extension.value.as_str().as_bytes());
        }
        wire::on_one_line(&mut self.head);
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

    fn item_start(&mut self, start: ItemStart, out: &mut Vec<u8>) {
        let choice = self.choice(start.choice);
        let kind = match start.kind {
            ItemKind::Text => self.text_kind(choice),
            ItemKind::Reasoning { redacted } => Kind::Reasoning {
                text: String::new(),
                opaque: None,
                redacted,
            },
            ItemKind::ToolCall { id, name, custom } => {
                self.begin_call(choice, &id, &name, custom, out)
            }
            ItemKind::Refusal => Kind::Refusal,
            ItemKind::Whole(part) => self.whole(choice, *part, out),
        };
        self.places.insert(start.item, self.items.len());
        self.items.push(Item {
            choice,
            kind,
            length: 0,
            ended: false,
        });
    }

    fn text_kind(&self, choice: usize) -> Kind {
        Kind::Text {
            start: self.choices[choice].length,
            citations: Vec::new(),
        }
    }

    /// Id, type and name come once, with the first delta of a call; calls are counted, not items (trap 15).
    fn begin_call(
        &mut self,
        choice: usize,
        id: &Str,
        name: &Str,
        custom: bool,
        out: &mut Vec<u8>,
    ) -> Kind {
        let name = self.reply.names.client(name);
        let mapped = !custom && self.reply.names.is_custom(&name);
        let index = self.choices[choice].calls;
        self.choices[choice].calls += 1;
        let kind = Kind::Call {
            index,
            custom: custom || mapped,
            held: mapped.then(String::new),
        };
        if self.reply.names.has_legacy_functions() {
            if index == 0 {
                self.chunk(choice, out, |writer| {
                    writer.object_field("function_call", |writer| {
                        writer.field("name", &name);
                        writer.field("arguments", "");
                    });
                });
            }
            return kind;
        }
        let (key, field) = call_words(custom || mapped);
        let id = ids::sanitise(id, ids::CALL_ID_LIMIT);
        self.chunk(choice, out, |writer| {
            writer.array_field("tool_calls", |writer| {
                writer.object(|writer| {
                    writer.field("index", &index);
                    writer.field("id", &id);
                    writer.field("type", key);
                    writer.object_field(key, |writer| {
                        writer.field("name", &name);
                        writer.field(field, "");
                    });
                });
            });
        });
        kind
    }

    fn whole(&mut self, choice: usize, part: Part, out: &mut Vec<u8>) -> Kind {
        match part {
            Part::Unknown(unknown) if unknown.dialect == Dialect::Chat => {
                let from = out.len();
                self.chunk(choice, out, |writer| {
                    writer.field(&unknown.kind, &unknown.raw);
                });
                one_line_frame(out, from);
            }
            Part::Text(text) => self.content(choice, &text.text, out),
            _ => {}
        }
        Kind::Other
    }

    fn delta(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        let Some(place) = self.place(number, &delta) else {
            return;
        };
        let choice = self.items[place].choice;
        match delta {
            Delta::Text(text) => self.text(place, &text, out),
            Delta::Reasoning(text) => self.reasoning(place, &text, out),
            Delta::Arguments(text) => self.arguments(place, &text, out),
            Delta::Opaque(state) => {
                if let Kind::Reasoning { opaque, .. } = &mut self.items[place].kind {
                    *opaque = Some(state);
                }
            }
            Delta::Citation(raw) => self.citation(place, raw, out),
            Delta::Logprobs(raw) => self.logprobs(choice, &raw, out),
        }
    }

    /// The place of an item. Text of an item that never began is not lost: it begins with it.
    fn place(&mut self, number: u32, delta: &Delta) -> Option<usize> {
        if let Some(&place) = self.places.get(&number) {
            return Some(place);
        }
        let choice = match delta {
            Delta::Text(_) | Delta::Reasoning(_) => self.choice(0),
            _ => return None,
        };
        let kind = match delta {
            Delta::Reasoning(_) => Kind::Reasoning {
                text: String::new(),
                opaque: None,
                redacted: false,
            },
            _ => self.text_kind(choice),
        };
        let place = self.items.len();
        self.places.insert(number, place);
        self.items.push(Item {
            choice,
            kind,
            length: 0,
            ended: false,
        });
        Some(place)
    }

    fn text(&mut self, place: usize, text: &str, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        item.length += text.len();
        let choice = item.choice;
        match &item.kind {
            Kind::Reasoning { .. } => self.reasoning(place, text, out),
            Kind::Call { .. } => self.arguments(place, text, out),
            Kind::Refusal if !text.is_empty() => {
                self.choices[choice].refused = true;
                self.chunk(choice, out, |writer| writer.field("refusal", text));
            }
            _ => self.content(choice, text, out),
        }
    }

    fn content(&mut self, choice: usize, text: &str, out: &mut Vec<u8>) {
        if !text.is_empty() {
            self.choices[choice].length += text.chars().count();
            self.chunk(choice, out, |writer| writer.field("content", text));
        }
    }

    fn reasoning(&mut self, place: usize, text: &str, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        item.length += text.len();
        if let Kind::Reasoning { text: whole, .. } = &mut item.kind {
            whole.push_str(text);
        }
        if !text.is_empty() {
            let choice = item.choice;
            self.chunk(choice, out, |writer| {
                writer.field("reasoning_content", text)
            });
        }
    }

    fn arguments(&mut self, place: usize, text: &str, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        item.length += text.len();
        let choice = item.choice;
        match &mut item.kind {
            Kind::Call {
                held: Some(held), ..
            } => held.push_str(text),
            Kind::Call { index, custom, .. } => {
                let (index, custom) = (*index, *custom);
                if !text.is_empty() {
                    self.fragment(choice, index, custom, text, out);
                }
            }
            _ => {}
        }
    }

    fn fragment(
        &mut self,
        choice: usize,
        index: usize,
        custom: bool,
        text: &str,
        out: &mut Vec<u8>,
    ) {
        if self.reply.names.has_legacy_functions() {
            if index == 0 {
                self.chunk(choice, out, |writer| {
                    writer.object_field("function_call", |writer| {
                        writer.field("arguments", text);
                    });
                });
            }
            return;
        }
        let (key, field) = call_words(custom);
        self.chunk(choice, out, |writer| {
            writer.array_field("tool_calls", |writer| {
                writer.object(|writer| {
                    writer.field("index", &index);
                    writer.object_field(key, |writer| writer.field(field, text));
                });
            });
        });
    }

    /// Chat's own annotations know their span; those of others cite the text they stand in, whose end is not known yet.
    fn citation(&mut self, place: usize, raw: RawJson, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        let choice = item.choice;
        let Kind::Text { citations, .. } = &mut item.kind else {
            return;
        };
        if raw.document().root().field("url_citation").is_none() {
            citations.push(raw);
            return;
        }
        let from = out.len();
        self.chunk(choice, out, |writer| {
            writer.array_field("annotations", |writer| writer.value(&raw));
        });
        one_line_frame(out, from);
    }

    /// What the whole piece has beyond its deltas.
    fn complete(&mut self, place: usize, full: Part, out: &mut Vec<u8>) {
        let seen = self.items[place].length;
        let rest = |text: &Str| text.get(seen..).map(str::to_owned).unwrap_or_default();
        match full {
            Part::Text(text) => {
                self.text(place, &rest(&text.text), out);
                if let (Some(list), Kind::Text { citations, .. }) =
                    (text.citations, &self.items[place].kind)
                    && citations.is_empty()
                {
                    for citation in list.document().root().items() {
                        self.citation(place, citation.raw(), out);
                    }
                }
            }
            Part::Refusal(text) => self.text(place, &rest(&text), out),
            Part::Reasoning(reasoning) => {
                self.reasoning(place, &rest(&reasoning.text), out);
                if let Kind::Reasoning { opaque, .. } = &mut self.items[place].kind {
                    *opaque = reasoning.opaque.or(opaque.take());
                }
            }
            Part::ToolCall(call) => self.arguments(place, &rest(&call.arguments.0), out),
            _ => {}
        }
    }

    /// What can be told only at the end of an item: thinking with its state, citations with their span. Arguments may still
    /// come from a careless upstream, so calls are ended with the stream.
    fn item_end(&mut self, place: usize, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        let choice = item.choice;
        if std::mem::replace(&mut item.ended, true) {
            return;
        }
        match &mut item.kind {
            Kind::Reasoning {
                text,
                opaque,
                redacted,
            } => {
                let thought = Reasoning {
                    text: Str::from(std::mem::take(text)),
                    opaque: opaque.take(),
                    redacted: *redacted,
                    ..Reasoning::default()
                };
                if has_state(&thought) {
                    let index = self.choices[choice].details;
                    self.choices[choice].details += 1;
                    self.chunk(choice, out, |writer| {
                        writer.array_field("reasoning_details", |writer| {
                            write_details(writer, &thought, index);
                        });
                    });
                }
            }
            Kind::Text { start, citations } => {
                let (start, citations) = (*start, std::mem::take(citations));
                self.annotations(choice, start, &citations, out);
            }
            Kind::Call { .. } | Kind::Refusal | Kind::Other => {}
        }
    }

    fn annotations(
        &mut self,
        choice: usize,
        start: usize,
        citations: &[RawJson],
        out: &mut Vec<u8>,
    ) {
        let end = self.choices[choice].length;
        for raw in citations {
            let document = raw.document();
            if message::is_annotation(document.root()) {
                let from = out.len();
                self.chunk(choice, out, |writer| {
                    writer.array_field("annotations", |writer| {
                        message::write_annotation(writer, document.root(), start, end);
                    });
                });
                one_line_frame(out, from);
            }
        }
    }

    /// Ends a call: free text is told from its object, and arguments are `{}` when there were none (trap 16).
    fn call_end(&mut self, place: usize, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        let (choice, length) = (item.choice, item.length);
        let Kind::Call {
            index,
            custom,
            held,
        } = &mut item.kind
        else {
            return;
        };
        let (index, custom) = (*index, *custom);
        match held.take() {
            Some(held) => {
                let text = message::free_text(&Arguments(Str::from(held)));
                if !text.is_empty() {
                    self.fragment(choice, index, custom, &text, out);
                }
            }
            None if length == 0 && !custom => self.fragment(choice, index, custom, "{}", out),
            None => {}
        }
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
        if self.reply.include_usage && !self.usage.is_empty() {
            let (head, counts) = (&self.head, &self.usage);
            let from = out.len();
            sse::write_data(out, |out| {
                out.extend_from_slice(head);
                out.extend_from_slice(b",\"choices\":[]");
                usage::write(&mut Writer::new(out), counts);
                out.push(b'}');
            });
            one_line_frame(out, from);
        }
        sse::write_data(out, |out| out.extend_from_slice(b"[DONE]"));
        self.done = true;
    }

    fn finish_choice(&mut self, place: usize, out: &mut Vec<u8>) {
        if !self.choices[place].begun {
            self.chunk(place, out, |writer| writer.field("content", ""));
        }
        let choice = &mut self.choices[place];
        let stop = choice
            .stop
            .take()
            .unwrap_or_else(|| Stop::new(StopReason::End))
            .settled(choice.calls > 0);
        let legacy = self.reply.names.has_legacy_functions();
        let reason = wire::finish_reason(&stop.reason, choice.refused, legacy);
        let index = choice.index;
        self.frame(out, |writer| {
            writer.field("index", &index);
            writer.object_field("delta", |_| {});
            writer.null_field("logprobs");
            writer.field("finish_reason", reason);
        });
    }

    fn logprobs(&mut self, choice: usize, raw: &RawJson, out: &mut Vec<u8>) {
        let from = out.len();
        let begun = std::mem::replace(&mut self.choices[choice].begun, true);
        let index = self.choices[choice].index;
        self.frame(out, |writer| {
            writer.field("index", &index);
            writer.object_field("delta", |writer| {
                if !begun {
                    writer.field("role", "assistant");
                }
            });
            writer.field("logprobs", raw);
            writer.null_field("finish_reason");
        });
        one_line_frame(out, from);
    }

    /// A chunk with a delta; the first of a choice says the role (trap 17).
    fn chunk(&mut self, choice: usize, out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
        let begun = std::mem::replace(&mut self.choices[choice].begun, true);
        let index = self.choices[choice].index;
        self.frame(out, |writer| {
            writer.field("index", &index);
            writer.object_field("delta", |writer| {
                if !begun {
                    writer.field("role", "assistant");
                }
                fill(writer);
            });
            writer.null_field("logprobs");
            writer.null_field("finish_reason");
        });
    }

    fn frame(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
        sse::write_data(out, |out| {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b",\"choices\":[");
            Writer::new(out).object(fill);
            out.extend_from_slice(if self.reply.include_usage {
                b"],\"usage\":null}"
            } else {
                b"]}"
            });
        });
    }

    /// A failure is the last frame, and no success follows it (trap 23).
    fn fail(&mut self, error: &Error, out: &mut Vec<u8>) {
        sse::write_data(out, |out| response::encode_error(error, out));
        self.done = true;
    }
}

fn call_words(custom: bool) -> (&'static str, &'static str) {
    if custom {
        ("custom", "input")
    } else {
        ("function", "arguments")
    }
}

fn json_string(out: &mut Vec<u8>, text: &str) {
    crate::json::write_string(out, text);
}

/// Brings a frame that holds raw JSON on one line; its own line ends stay.
fn one_line_frame(out: &mut [u8], from: usize) {
    let end = out.len().saturating_sub(2).max(from);
    wire::on_one_line(&mut out[from..end]);
}
