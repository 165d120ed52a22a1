//! One block of an upstream's stream.

use crate::claude::wire::is_server_block;
use crate::ir::{Delta, Event, ItemKind, ItemStart, Opaque, Part, ServerBlock, Unknown};
use crate::json::{RawJson, Str, Value};
use crate::{Dialect, ids};

/// A block that has begun.
#[derive(Debug)]
pub(super) struct Block {
    item: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Text,
    Thinking {
        /// It comes with the last delta, sometimes with the start.
        signature: Str,
    },
    Redacted {
        data: Str,
    },
    Call {
        /// Arguments that came with the start; deltas win over them.
        input: Option<Str>,
    },
    /// A block that only Claude's clients understand: given whole at its end, since some are streamed all the same.
    Whole {
        kind: Str,
        raw: RawJson,
        /// Texts of deltas by their field.
        added: Vec<(Str, String)>,
    },
}

impl Block {
    /// Begins a block with what `content_block_start` says; `None` where it does not say what begins.
    pub(super) fn start(
        content: Value<'_>,
        item: u32,
        calls: &mut usize,
        events: &mut Vec<Event>,
    ) -> Option<Self> {
        let word = content.text_of("type").or_else(|| guessed(content))?;
        let kind = match &*word {
            "text" => Kind::Text,
            "thinking" => Kind::Thinking {
                signature: content.text_of("signature").unwrap_or_default(),
            },
            "redacted_thinking" => Kind::Redacted {
                data: content.text_of("data").unwrap_or_default(),
            },
            "tool_use" => Kind::Call {
                input: content
                    .field("input")
                    .filter(|input| !input.is_object() || input.entries().next().is_some())
                    .map(|input| input.raw().to_text()),
            },
            _ => Kind::Whole {
                kind: word,
                raw: content.raw(),
                added: Vec::new(),
            },
        };
        let begun = begun(&kind, content, calls);
        events.extend(begun.map(|kind| started(item, kind)));
        let block = Self { item, kind };
        // Compatible servers put whole texts at the start.
        match block.kind {
            Kind::Text => {
                block.text(content.text_of("text"), Delta::Text, events);
                let citations = content.field("citations").into_iter();
                for citation in citations.flat_map(Value::items) {
                    block.push(Delta::Citation(citation.raw()), events);
                }
            }
            Kind::Thinking { .. } => {
                block.text(content.text_of("thinking"), Delta::Reasoning, events);
            }
            _ => {}
        }
        Some(block)
    }

    /// Begins a block whose start was never sent, where the delta tells what it is.
    pub(super) fn start_by_delta(
        delta: Value<'_>,
        item: u32,
        events: &mut Vec<Event>,
    ) -> Option<Self> {
        let (kind, start) = match delta.text_of("type").as_deref()? {
            "text_delta" => (Kind::Text, ItemKind::Text),
            "thinking_delta" => (
                Kind::Thinking {
                    signature: Str::new(),
                },
                ItemKind::Reasoning { redacted: false },
            ),
            _ => return None,
        };
        events.push(started(item, start));
        Some(Self { item, kind })
    }

    /// Takes a delta.
    pub(super) fn delta(&mut self, delta: Value<'_>, events: &mut Vec<Event>) {
        let word = delta.field("type").and_then(Value::as_str);
        let word = word.as_deref().unwrap_or_default();
        match &mut self.kind {
            Kind::Text if word == "citations_delta" => {
                if let Some(citation) = delta.field("citation") {
                    self.push(Delta::Citation(citation.raw()), events);
                }
            }
            Kind::Text => self.text(delta.text_of("text"), Delta::Text, events),
            Kind::Thinking { signature } if word == "signature_delta" => {
                if let Some(given) = delta.text_of("signature") {
                    *signature = given;
                }
            }
            Kind::Thinking { .. } => {
                self.text(delta.text_of("thinking"), Delta::Reasoning, events);
            }
            Kind::Call { input } => {
                let piece = delta.text_of("partial_json");
                let piece = piece.filter(|piece| !piece.is_empty());
                if piece.is_some() {
                    *input = None;
                }
                self.text(piece, Delta::Arguments, events);
            }
            Kind::Whole { added, .. } => {
                for (key, value) in delta.entries().filter(|(key, _)| key != "type") {
                    if let Some(piece) = value.as_str() {
                        add(added, &key, &piece);
                    }
                }
            }
            Kind::Redacted { .. } => {}
        }
    }

    /// Ends the block. Thinking says whose it is, even without a signature.
    pub(super) fn close(self, provider: &Str, events: &mut Vec<Event>) {
        let Self { item, kind } = self;
        let state = |data| {
            let provider = provider.clone();
            Delta::Opaque(Opaque { data, provider })
        };
        let last = match kind {
            Kind::Text | Kind::Call { input: None } => None,
            Kind::Thinking { signature: data } | Kind::Redacted { data } => Some(state(data)),
            Kind::Call { input: Some(input) } => Some(Delta::Arguments(input)),
            Kind::Whole { kind, raw, added } => {
                let part = Box::new(whole(kind, raw, &added));
                events.push(started(item, ItemKind::Whole(part)));
                None
            }
        };
        events.extend(last.map(|delta| Event::Delta { item, delta }));
        events.push(Event::ItemEnd { item, full: None });
    }

    fn text(&self, text: Option<Str>, delta: fn(Str) -> Delta, events: &mut Vec<Event>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.push(delta(text), events);
        }
    }

    fn push(&self, delta: Delta, events: &mut Vec<Event>) {
        let item = self.item;
        events.push(Event::Delta { item, delta });
    }
}

/// The type of a block that has none, by its fields.
fn guessed(content: Value<'_>) -> Option<Str> {
    let fields = [
        ("text", "text"),
        ("thinking", "thinking"),
        ("name", "tool_use"),
    ];
    let (_, word) = fields
        .into_iter()
        .find(|(field, _)| content.text_of(field).is_some())?;
    Some(Str::from_static(word))
}

/// What begins at once; whole blocks wait for their end.
fn begun(kind: &Kind, content: Value<'_>, calls: &mut usize) -> Option<ItemKind> {
    Some(match kind {
        Kind::Text => ItemKind::Text,
        Kind::Thinking { .. } => ItemKind::Reasoning { redacted: false },
        Kind::Redacted { .. } => ItemKind::Reasoning { redacted: true },
        Kind::Call { .. } => {
            *calls += 1;
            let name = content.text_of("name").unwrap_or_default();
            let id = content.text_of("id").filter(|id| !id.is_empty());
            ItemKind::ToolCall {
                id: id.unwrap_or_else(|| ids::generated(&name, *calls)),
                name,
                custom: false,
                opaque: None,
            }
        }
        Kind::Whole { .. } => return None,
    })
}

fn started(item: u32, kind: ItemKind) -> Event {
    Event::ItemStart(ItemStart {
        item,
        choice: 0,
        kind,
    })
}

fn add(added: &mut Vec<(Str, String)>, key: &str, piece: &str) {
    // Argument text belongs to `input`, everything else to the field of its own name.
    let key = if key == "partial_json" { "input" } else { key };
    match added.iter_mut().find(|(known, _)| known == key) {
        Some((_, text)) => text.push_str(piece),
        None => added.push((Str::from(key), piece.to_owned())),
    }
}

/// The block with the texts of its deltas put in.
fn whole(kind: Str, raw: RawJson, added: &[(Str, String)]) -> Part {
    let raw = if added.iter().all(|(_, text)| text.is_empty()) {
        raw
    } else {
        with_added(&raw, added)
    };
    let dialect = Dialect::Claude;
    if is_server_block(&kind) {
        Part::Server(ServerBlock { dialect, kind, raw })
    } else {
        Part::Unknown(Unknown { dialect, kind, raw })
    }
}

fn with_added(raw: &RawJson, added: &[(Str, String)]) -> RawJson {
    let document = raw.document();
    let is_added = |key: &str| added.iter().any(|(known, _)| known == key);
    RawJson::build(|writer| {
        writer.object(|writer| {
            for (key, value) in document.root().entries() {
                if !is_added(&key) {
                    writer.foreign_field(&key, &value.raw());
                }
            }
            for (key, text) in added {
                match RawJson::parse(Str::from(text.as_str())) {
                    Ok(input) if key == "input" => writer.field("input", &input),
                    _ => writer.foreign_field(key, text),
                }
            }
        });
    })
}
