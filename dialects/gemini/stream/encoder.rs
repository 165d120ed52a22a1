//! From events to a client's frames.
//!
//! Every frame is a whole answer of its own with whole parts: text goes out as it comes, a call when its arguments are
//! complete and all calls before it are out. The last frame says why the answer ended and what it cost; there is no other
//! sign that it is over.

use std::collections::HashMap;

use crate::framing::sse;
use crate::gemini::response::encode::{
    Said, candidate_field, has_block_reason, is_source, is_thought, write_call, write_head,
    write_part, write_sources, write_stop, write_thought,
};
use crate::gemini::response::encode_error;
use crate::gemini::wire::{self, signature, write_line, write_rest};
use crate::ir::{
    Arguments, CallKind, Delta, Error, Event, Extensions, ItemKind, ItemStart, Opaque, Part, Stop,
    ToolCall, Usage,
};
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
    calls: std::collections::VecDeque<usize>,
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
            sse::write_comment(out, "ping");
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
                calls: std::collections::VecDeque::new(),
            });
            self.choices.len() - 1
        })
    }

    fn item_start(&mut self, start: ItemStart, out: &mut Vec<u8>) {
        if let Some(&place) = self.places.get(&start.item) {
            self.item_end(place, out);
        }
        let choice = self.choice(start.choice);
        let place = self.items.len();
        let mut ended = false;
        let kind = match start.kind {
            ItemKind::Text => Kind::Text,
            ItemKind::Refusal => Kind::Refusal,
            ItemKind::Reasoning { redacted } => Kind::Thought {
                opaque: None,
                redacted,
            },
            ItemKind::ToolCall {
                id,
                name,
                custom,
                opaque,
            } => {
                self.choices[choice].said.calls = true;
                self.choices[choice].calls.push_back(place);
                Kind::Call {
                    id,
                    name,
                    custom,
                    opaque,
                    arguments: String::new(),
                }
            }
            ItemKind::Whole(part) => {
                self.whole(choice, &part, out);
                ended = true;
                Kind::Other
            }
        };
        self.places.insert(start.item, place);
        self.items.push(Item {
            choice,
            kind,
            length: 0,
            ended,
        });
    }

    fn whole(&mut self, choice: usize, part: &Part, out: &mut Vec<u8>) {
        if let Some((key, raw)) = candidate_field(part) {
            self.choices[choice].said.sourced |= is_source(part);
            return self.frame(choice, out, |writer| {
                writer.key(key);
                write_line(writer, raw);
            });
        }
        let said = &mut self.choices[choice].said;
        said.calls |= matches!(part, Part::ToolCall(_));
        said.refused |= matches!(part, Part::Refusal(text) if !text.is_empty());
        let mut content = Vec::new();
        write_part(&mut Writer::new(&mut content), part, &self.reply.names);
        if !content.is_empty() {
            let names = self.reply.names.clone();
            self.parts(choice, out, |writer| write_part(writer, part, &names));
        }
    }

    fn delta(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        let Some(place) = self.place(number, &delta) else {
            return;
        };
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Arguments(text) => {
                self.add(place, &text, out);
            }
            Delta::Opaque(state) => match &mut self.items[place].kind {
                Kind::Thought { opaque, .. } | Kind::Call { opaque, .. } => *opaque = Some(state),
                Kind::Text | Kind::Refusal | Kind::Other => {}
            },
            Delta::Citation(raw) => {
                let choice = self.items[place].choice;
                self.choices[choice].said.citations.push(raw);
            }
            // Google's own travel as fields of the candidate; others' have another form.
            Delta::Logprobs(_) => {}
        }
    }

    /// The place of an item. Text of an item that never began is not lost: it begins with it.
    fn place(&mut self, number: u32, delta: &Delta) -> Option<usize> {
        if let Some(&place) = self.places.get(&number) {
            return Some(place);
        }
        let kind = match delta {
            Delta::Text(_) => Kind::Text,
            Delta::Reasoning(_) => Kind::Thought {
                opaque: None,
                redacted: false,
            },
            _ => return None,
        };
        let choice = self.choice(0);
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

    /// Text goes out at once, arguments wait until they are whole.
    fn add(&mut self, place: usize, text: &str, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        item.length += text.len();
        let choice = item.choice;
        match &mut item.kind {
            Kind::Call { arguments, .. } => return arguments.push_str(text),
            _ if text.is_empty() => return,
            Kind::Thought { .. } => {
                return self.parts(choice, out, |writer| {
                    write_thought(writer, text, true, None, |_| {});
                });
            }
            Kind::Refusal => {
                // Google's own clients are told by `promptFeedback`.
                if has_block_reason(&self.extensions) {
                    return;
                }
                self.choices[choice].said.refused = true;
            }
            Kind::Text | Kind::Other => {}
        }
        self.choices[choice].said.text.push_str(text);
        self.parts(choice, out, |writer| {
            writer.object(|writer| writer.field("text", text));
        });
    }

    /// What the whole piece has beyond its deltas.
    fn complete(&mut self, place: usize, full: Part, out: &mut Vec<u8>) {
        let seen = self.items[place].length;
        let rest = |text: &Str| text.get(seen..).map(str::to_owned).unwrap_or_default();
        match full {
            Part::Text(text) => {
                self.add(place, &rest(&text.text), out);
                let choice = self.items[place].choice;
                let known = &mut self.choices[choice].said.citations;
                if let Some(list) = text.citations.filter(|_| known.is_empty()) {
                    let document = list.document();
                    known.extend(document.root().items().map(crate::json::Value::raw));
                }
            }
            Part::Refusal(text) => self.add(place, &rest(&text), out),
            Part::Reasoning(reasoning) => {
                self.add(place, &rest(&reasoning.text), out);
                if let Kind::Thought { opaque, .. } = &mut self.items[place].kind {
                    *opaque = reasoning.opaque.or(opaque.take());
                }
            }
            Part::ToolCall(call) => {
                self.add(place, &rest(&call.arguments.0), out);
                if let Kind::Call { opaque, .. } = &mut self.items[place].kind {
                    *opaque = call.opaque.or(opaque.take());
                }
            }
            _ => {}
        }
    }

    fn item_end(&mut self, place: usize, out: &mut Vec<u8>) {
        let item = &mut self.items[place];
        if std::mem::replace(&mut item.ended, true) {
            return;
        }
        let choice = item.choice;
        match &mut item.kind {
            Kind::Thought { opaque, redacted } => {
                let (state, redacted) = (opaque.take(), *redacted);
                let spoke = item.length > 0;
                let signed = state.as_ref().and_then(|state| signature(state, redacted));
                // State that says no more than whose thinking it was follows only where there was some.
                let empty = state.as_ref().is_none_or(|state| state.data.is_empty());
                if signed.is_some() && (spoke || !empty) {
                    let thought = spoke || is_thought("", state.as_ref());
                    self.parts(choice, out, |writer| {
                        write_thought(writer, "", thought, signed.as_ref(), |_| {});
                    });
                }
            }
            Kind::Call { .. } => self.release(choice, out),
            Kind::Text | Kind::Refusal | Kind::Other => {}
        }
    }

    /// Writes the calls that are complete, in the order they began.
    fn release(&mut self, choice: usize, out: &mut Vec<u8>) {
        while let Some(&place) = self.choices[choice].calls.front() {
            if !self.items[place].ended {
                return;
            }
            self.choices[choice].calls.pop_front();
            let kind = std::mem::replace(&mut self.items[place].kind, Kind::Other);
            let Kind::Call {
                id,
                name,
                custom,
                opaque,
                arguments,
            } = kind
            else {
                continue;
            };
            let call = ToolCall {
                id,
                name,
                kind: if custom {
                    CallKind::Custom
                } else {
                    CallKind::Function
                },
                arguments: Arguments(Str::from(arguments)),
                opaque,
                cache: None,
                extensions: Extensions::default(),
            };
            let names = self.reply.names.clone();
            self.parts(choice, out, |writer| write_call(writer, &call, &names));
        }
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
