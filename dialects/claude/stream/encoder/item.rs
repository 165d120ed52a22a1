//! One item of a client's stream, and what it has not said yet.

use super::{signature, write_delta, write_end, write_start};
use crate::claude::response::encode::{write_call_head, write_part, write_reasoning};
use crate::claude::wire::{says_something, write_citation};
use crate::framing::sse;
use crate::ir::{CallKind, Delta, ItemKind, Opaque, PARAGRAPH, Part, Reasoning};
use crate::json::{RawJson, Str, Writer};
use crate::names::Names;

/// An item that has not ended, or whose turn has not come.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    /// Nothing more is to come.
    pub(super) ended: bool,
    /// It stands in the queue.
    pub(super) queued: bool,
    /// Its block, once open.
    pub(super) block: Option<u32>,
    pub(super) opaque: Option<Opaque>,
    /// Text or arguments that wait.
    pending: String,
    citations: Vec<RawJson>,
    /// Some of its text was written, or waits.
    spoke: bool,
    cited: bool,
}

impl Item {
    pub(super) fn new(kind: ItemKind) -> Self {
        Self {
            kind,
            ended: false,
            queued: false,
            block: None,
            opaque: None,
            pending: String::new(),
            citations: Vec::new(),
            spoke: false,
            cited: false,
        }
    }

    pub(super) fn is_call(&self) -> bool {
        matches!(self.kind, ItemKind::ToolCall { .. })
    }

    fn is_reasoning(&self) -> bool {
        matches!(self.kind, ItemKind::Reasoning { .. })
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, ItemKind::Text | ItemKind::Refusal)
    }

    /// Calls and whole blocks say something by being there.
    pub(super) fn begins_at_once(&self) -> bool {
        matches!(self.kind, ItemKind::ToolCall { .. } | ItemKind::Whole(_))
    }

    /// Whether a delta is the text of a refusal.
    pub(super) fn refuses(&self, delta: &Delta) -> bool {
        matches!((&self.kind, delta), (ItemKind::Refusal, Delta::Text(text)) if !text.is_empty())
    }

    /// Whether there is a reason to open a block. Citations wait for their text: Claude refuses blocks without any.
    pub(super) fn says_something(&self) -> bool {
        let state = self.opaque.as_ref();
        self.begins_at_once()
            || !self.pending.is_empty()
            || state.is_some_and(|state| !state.data.is_empty())
    }

    /// Whether there is state and nothing else, so far.
    pub(super) fn is_bare_state(&self) -> bool {
        matches!(self.kind, ItemKind::Reasoning { redacted: false })
            && self.block.is_none()
            && !self.spoke
    }

    /// Keeps a delta for later.
    pub(super) fn hold(&mut self, delta: Delta) {
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Arguments(text) => {
                self.spoke |= !text.is_empty();
                self.pending.push_str(&text);
            }
            Delta::Paragraph => self.hold(Delta::Reasoning(Str::from_static(PARAGRAPH))),
            Delta::Opaque(opaque) if self.is_reasoning() => self.opaque = Some(opaque),
            Delta::Citation(citation) if self.is_text() => {
                self.cited = true;
                self.citations.push(citation);
            }
            // State of calls and citations of anything but text have no place, and token probabilities nowhere.
            Delta::Opaque(_) | Delta::Citation(_) | Delta::Logprobs(_) => {}
        }
    }

    /// Writes a delta of the open block. State is held back: a signature is the last delta of its block.
    pub(super) fn write_delta(&mut self, delta: Delta, out: &mut Vec<u8>) {
        let paragraph = Str::from_static(PARAGRAPH);
        let at_once = match &delta {
            Delta::Paragraph => Some(&paragraph),
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Arguments(text) => Some(text),
            _ => None,
        };
        match (self.block, at_once, self.delta_words()) {
            (Some(block), Some(text), Some((kind, key))) if self.pending.is_empty() => {
                if !text.is_empty() {
                    self.spoke = true;
                    write_delta(out, block, kind, key, text);
                }
            }
            _ => {
                self.hold(delta);
                self.flush(out);
            }
        }
    }

    /// The type of this item's deltas and their field; `None` where all is said at once.
    fn delta_words(&self) -> Option<(&'static str, &'static str)> {
        match &self.kind {
            ItemKind::Text | ItemKind::Refusal => Some(("text_delta", "text")),
            ItemKind::Reasoning { redacted: false } => Some(("thinking_delta", "thinking")),
            ItemKind::ToolCall { custom: false, .. } => Some(("input_json_delta", "partial_json")),
            ItemKind::Reasoning { redacted: true }
            | ItemKind::ToolCall { custom: true, .. }
            | ItemKind::Whole(_) => None,
        }
    }

    /// Takes over what the whole item has and no delta said.
    pub(super) fn complete(&mut self, full: Part) {
        match full {
            Part::Text(text) => {
                if !self.spoke {
                    self.hold(Delta::Text(text.text));
                }
                if let Some(citations) = text.citations.filter(|_| !self.cited) {
                    let document = citations.document();
                    let citations = document.root().items();
                    citations.for_each(|citation| self.hold(Delta::Citation(citation.raw())));
                }
            }
            Part::Refusal(text) if !self.spoke => self.hold(Delta::Text(text)),
            Part::Reasoning(reasoning) => {
                if !self.spoke {
                    self.hold(Delta::Reasoning(reasoning.text));
                }
                self.opaque = self.opaque.take().or(reasoning.opaque);
            }
            Part::ToolCall(call) if !self.spoke => {
                if call.kind == CallKind::Custom
                    && let ItemKind::ToolCall { custom, .. } = &mut self.kind
                {
                    *custom = true;
                }
                self.hold(Delta::Arguments(call.arguments.0));
            }
            _ => {}
        }
    }

    /// Opens the block; false when it is open already, or when Claude has none for the item.
    pub(super) fn open(&mut self, block: u32, names: &Names, out: &mut Vec<u8>) -> bool {
        if self.block.is_some() {
            return false;
        }
        match &self.kind {
            ItemKind::Text | ItemKind::Refusal => write_start(out, block, |writer| {
                writer.object(|writer| {
                    writer.field("type", "text");
                    writer.field("text", "");
                });
            }),
            ItemKind::Reasoning { redacted: false } => write_start(out, block, |writer| {
                writer.object(|writer| {
                    writer.field("type", "thinking");
                    writer.field("thinking", "");
                    writer.field("signature", "");
                });
            }),
            ItemKind::Reasoning { redacted: true } => {
                let reasoning = Reasoning {
                    opaque: self.opaque.clone(),
                    redacted: true,
                    ..Reasoning::default()
                };
                if !says_something(&reasoning) {
                    return false;
                }
                write_start(out, block, |writer| write_reasoning(writer, &reasoning));
            }
            ItemKind::ToolCall {
                id, name, opaque, ..
            } => write_start(out, block, |writer| {
                writer.object(|writer| {
                    write_call_head(writer, id, opaque.as_ref(), name, names);
                    writer.object_field("input", |_| {});
                });
            }),
            ItemKind::Whole(part) => {
                let mut content = Vec::new();
                write_part(&mut Writer::new(&mut content), part, names);
                if content.is_empty() {
                    return false;
                }
                write_start(out, block, |writer| write_part(writer, part, names));
            }
        }
        self.block = Some(block);
        true
    }

    /// Writes what waits, as far as it can be said in pieces.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        let (Some(block), Some((kind, key))) = (self.block, self.delta_words()) else {
            return;
        };
        if !self.pending.is_empty() {
            write_delta(out, block, kind, key, &self.pending);
            self.pending.clear();
        }
        for citation in self.citations.drain(..) {
            write_citations_delta(out, block, &citation);
        }
    }

    /// Closes the block, with what must be said last.
    pub(super) fn close(&mut self, out: &mut Vec<u8>) {
        let Some(block) = self.block else {
            return;
        };
        match &self.kind {
            ItemKind::Reasoning { redacted: false } => {
                let signature = signature(self);
                write_delta(out, block, "signature_delta", "signature", &signature);
            }
            ItemKind::ToolCall { custom: true, .. } => {
                let input = RawJson::build(|writer| {
                    writer.object(|writer| writer.field("input", &self.pending));
                });
                write_delta(
                    out,
                    block,
                    "input_json_delta",
                    "partial_json",
                    input.as_str(),
                );
            }
            _ => {}
        }
        write_end(out, block);
    }
}

fn write_citations_delta(out: &mut Vec<u8>, block: u32, citation: &RawJson) {
    let document = citation.document();
    sse::write_event(out, "content_block_delta", |out| {
        Writer::new(out).object(|writer| {
            writer.field("type", "content_block_delta");
            writer.field("index", &block);
            writer.object_field("delta", |writer| {
                writer.field("type", "citations_delta");
                writer.key("citation");
                write_citation(writer, document.root(), "");
            });
        });
    });
}
