//! The pieces of an answer, from their beginning to their end.

use super::{Encoder, Item, Kind};
use crate::ir::{Arguments, Delta, ItemKind, ItemStart, PARAGRAPH, Part, Reasoning};
use crate::json::{RawJson, Str};
use crate::openai::chat::response::{has_state, write_details};
use crate::openai::chat::wire::message;
use crate::openai::envelope::one_line_frame;
use crate::{Dialect, ids, opaque};

impl Encoder {
    pub(super) fn item_start(&mut self, start: ItemStart, out: &mut Vec<u8>) {
        let choice = self.choice(start.choice);
        let kind = match start.kind {
            ItemKind::Text => self.text_kind(choice),
            ItemKind::Reasoning { redacted } => Kind::Reasoning {
                text: String::new(),
                opaque: None,
                redacted,
            },
            ItemKind::ToolCall {
                id,
                name,
                custom,
                opaque,
            } => {
                let id = opaque::into_id(&ids::sanitise(&id, ids::CALL_ID_LIMIT), opaque.as_ref());
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
        self.chunk(choice, out, |writer| {
            writer.array_field("tool_calls", |writer| {
                writer.object(|writer| {
                    writer.field("index", &index);
                    writer.field("id", id);
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
                    writer.foreign_field(&unknown.kind, &unknown.raw);
                });
                one_line_frame(out, from);
            }
            Part::Text(text) => self.content(choice, &text.text, out),
            Part::Media(media) if message::is_image(&media) => {
                self.chunk(choice, out, |writer| {
                    message::write_images(writer, &[&media]);
                });
            }
            _ => {}
        }
        Kind::Other
    }

    pub(super) fn delta(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        let Some(place) = self.place(number, &delta) else {
            return;
        };
        let choice = self.items[place].choice;
        match delta {
            Delta::Text(text) => self.text(place, &text, out),
            Delta::Reasoning(text) => self.reasoning(place, &text, out),
            Delta::Paragraph => self.reasoning(place, PARAGRAPH, out),
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
        let choice = item.choice;
        match &item.kind {
            Kind::Reasoning { .. } => return self.reasoning(place, text, out),
            Kind::Call { .. } => return self.arguments(place, text, out),
            Kind::Text { .. } | Kind::Refusal | Kind::Other => item.length += text.len(),
        }
        if !matches!(item.kind, Kind::Refusal) {
            self.content(choice, text, out);
        } else if !text.is_empty() {
            self.choices[choice].refused = true;
            self.chunk(choice, out, |writer| writer.field("refusal", text));
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
                writer.field("reasoning_content", text);
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
    pub(super) fn complete(&mut self, place: usize, full: Part, out: &mut Vec<u8>) {
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
    pub(super) fn item_end(&mut self, place: usize, out: &mut Vec<u8>) {
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
    pub(super) fn call_end(&mut self, place: usize, out: &mut Vec<u8>) {
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
}

fn call_words(custom: bool) -> (&'static str, &'static str) {
    if custom {
        ("custom", "input")
    } else {
        ("function", "arguments")
    }
}
