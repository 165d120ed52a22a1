//! The pieces of an answer, from their beginning to their end.

use super::{Encoder, Item, Kind};
use crate::gemini::response::encode::{
    candidate_field, has_block_reason, is_thought, write_call, write_part, write_thought,
};
use crate::gemini::wire::{logprobs, signature, write_line};
use crate::ir::{
    Arguments, CallKind, Delta, Extensions, ItemKind, ItemStart, PARAGRAPH, Part, ToolCall,
};
use crate::json::{Str, Value, Writer};

impl Encoder {
    pub(super) fn item_start(&mut self, start: ItemStart, out: &mut Vec<u8>) {
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
            self.choices[choice].said.note_field(part);
            return self.frame(choice, out, |writer| {
                writer.foreign_key(key);
                write_line(writer, raw);
            });
        }
        let said = &mut self.choices[choice].said;
        said.calls |= matches!(part, Part::ToolCall(_));
        said.refused |= matches!(part, Part::Refusal(text) if !text.is_empty());
        let mut content = Vec::new();
        write_part(&mut Writer::new(&mut content), part, &self.reply.names);
        if !content.is_empty() {
            let names = &self.reply.names;
            self.parts(choice, out, |writer| write_part(writer, part, names));
        }
    }

    pub(super) fn delta(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        let Some(place) = self.place(number, &delta) else {
            return;
        };
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Arguments(text) => {
                self.add(place, &text, out);
            }
            Delta::Paragraph => self.add(place, PARAGRAPH, out),
            Delta::Opaque(state) => match &mut self.items[place].kind {
                Kind::Thought { opaque, .. } | Kind::Call { opaque, .. } => *opaque = Some(state),
                Kind::Text | Kind::Refusal | Kind::Other => {}
            },
            Delta::Citation(raw) => {
                let choice = self.items[place].choice;
                self.choices[choice].said.citations.push(raw);
            }
            Delta::Logprobs(raw) => {
                let choice = self.items[place].choice;
                // Google's own are out already, as a field of the candidate.
                if !self.choices[choice].said.rated && logprobs::is_some(&raw) {
                    self.frame(choice, out, |writer| logprobs::write(writer, &raw));
                }
            }
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
    pub(super) fn complete(&mut self, place: usize, full: Part, out: &mut Vec<u8>) {
        let seen = self.items[place].length;
        let rest = |text: &Str| text.get(seen..).map(str::to_owned).unwrap_or_default();
        match full {
            Part::Text(text) => {
                self.add(place, &rest(&text.text), out);
                let choice = self.items[place].choice;
                let known = &mut self.choices[choice].said.citations;
                if let Some(list) = text.citations.filter(|_| known.is_empty()) {
                    let document = list.document();
                    known.extend(document.root().items().map(Value::raw));
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

    pub(super) fn item_end(&mut self, place: usize, out: &mut Vec<u8>) {
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
            let names = &self.reply.names;
            self.parts(choice, out, |writer| write_call(writer, &call, names));
        }
    }
}
