//! The items of an upstream's stream.

use super::Decoder;
use super::text::{Text, content_index};
use crate::ir::{Delta, Event, ItemKind, ItemStart, PARAGRAPH, Part};
use crate::json::{RawJson, Str, Value};
use crate::openai::responses::response::{CallHead, arguments, message_rest, whole};

/// One item of the answer.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// Its texts, by their place in it.
    pub(super) texts: Vec<Text>,
    /// The text that is whole but whose end was not told: the end of the message may say more of it.
    pub(super) waiting: Option<usize>,
    /// Nothing more is to come.
    pub(super) closed: bool,
}

#[derive(Debug, Default)]
pub(super) enum Kind {
    /// Only its deltas will tell.
    #[default]
    Unknown,
    Message,
    Reasoning {
        piece: Option<u32>,
        /// Bytes told so far.
        told: usize,
        /// The part of the summary that is told.
        part: u64,
    },
    Call {
        head: Option<CallHead>,
        piece: Option<u32>,
        told: usize,
        /// Arguments that came before the name.
        held: String,
    },
    /// An item that only Responses' clients understand: told whole at its end.
    Whole(RawJson),
}

/// A call that nobody could answer.
pub(super) struct Nameless;

impl Decoder {
    /// An event of an item. Those of servers' own tools say nothing that their items do not.
    pub(super) fn on_item(&mut self, kind: &str, root: Value<'_>, events: &mut Vec<Event>) {
        match kind {
            "response.output_item.added" => self.on_added(root, events),
            "response.output_item.done" => {
                if let Some(item) = root.field("item") {
                    let at = self.at(root, Some(item));
                    self.close_with(at, item, events);
                }
            }
            "response.output_text.delta" | "response.refusal.delta" => {
                let at = self.at(root, None);
                let refusal = kind == "response.refusal.delta";
                self.text_delta(at, root, refusal, events);
            }
            "response.output_text.done" | "response.refusal.done" => {
                let at = self.at(root, None);
                let refusal = kind == "response.refusal.done";
                let field = if refusal { "refusal" } else { "text" };
                let text = root.text_of(field).unwrap_or_default();
                self.text_rest(at, content_index(root), &text, refusal, events);
                self.tokens(at, content_index(root), root, events);
            }
            "response.output_text.annotation.added" => {
                let at = self.at(root, None);
                if let Some(annotation) = root.field("annotation") {
                    let piece = self.open_text(at, content_index(root), false, events);
                    self.text(at, content_index(root)).cited = true;
                    push(piece, Delta::Citation(annotation.raw()), events);
                }
            }
            "response.content_part.done" => {
                let at = self.at(root, None);
                if let Some(part) = root.field("part") {
                    self.close_part(at, content_index(root), part, events);
                }
            }
            "response.reasoning_summary_text.delta"
            | "response.reasoning_text.delta"
            | "response.reasoning_summary.delta" => {
                let at = self.at(root, None);
                let text = root.text_of("delta").unwrap_or_default();
                self.thinking(at, part_index(root), text, events);
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                let at = self.at(root, None);
                let text = root.text_of("delta").unwrap_or_default();
                self.argument(at, text, events);
            }
            "response.function_call_arguments.done" | "response.custom_tool_call_input.done" => {
                let at = self.at(root, None);
                if let Some(whole) = arguments(root) {
                    self.argument_rest(at, &whole, events);
                }
            }
            _ => {}
        }
    }

    /// The place of the item that an event speaks of, which may not have been added.
    fn at(&mut self, root: Value<'_>, item: Option<Value<'_>>) -> usize {
        let id = item
            .and_then(|item| item.text_of("id"))
            .or_else(|| root.text_of("item_id"))
            .filter(|id| !id.is_empty());
        let index = root.field("output_index").and_then(Value::as_u64);
        let found = index
            .and_then(|index| self.by_index.get(&index).copied())
            .or_else(|| self.by_id.get(id.as_ref()?).copied());
        // Without a number and an id it is the latest item.
        let latest = self.items.len().checked_sub(1);
        let nameless = index.is_none() && id.is_none() && item.is_none();
        let at = found
            .or_else(|| latest.filter(|at| nameless && !self.items[*at].closed))
            .unwrap_or_else(|| {
                self.items.push(Item::default());
                self.items.len() - 1
            });
        if let Some(index) = index {
            self.by_index.entry(index).or_insert(at);
        }
        if let Some(id) = id {
            self.by_id.entry(id).or_insert(at);
        }
        at
    }

    fn on_added(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        let Some(item) = root.field("item") else {
            return;
        };
        let at = self.at(root, Some(item));
        self.learn(at, item, events);
    }

    /// What an item is, when it is first seen.
    fn learn(&mut self, at: usize, item: Value<'_>, events: &mut Vec<Event>) {
        let kind = item.text_of("type").unwrap_or_default();
        if let Kind::Call { head: None, .. } = self.items[at].kind {
            return self.name(at, item, events);
        }
        if !matches!(self.items[at].kind, Kind::Unknown) {
            return;
        }
        self.items[at].kind = match &*kind {
            "message" => Kind::Message,
            "reasoning" => thinking(),
            "function_call" | "custom_tool_call" => {
                self.items[at].kind = call();
                return self.name(at, item, events);
            }
            _ => Kind::Whole(item.raw()),
        };
    }

    /// Id and name of a call, once they are there; what was held goes out.
    fn name(&mut self, at: usize, item: Value<'_>, events: &mut Vec<Event>) {
        let Kind::Call {
            head: head @ None,
            held,
            ..
        } = &mut self.items[at].kind
        else {
            return;
        };
        let Some(known) = self.reader.call_head(item) else {
            return;
        };
        *head = Some(known.clone());
        let held = std::mem::take(held);
        self.called = true;
        let kind = ItemKind::ToolCall {
            id: known.id,
            name: known.name,
            custom: known.custom,
            opaque: None,
        };
        let number = self.begin(kind, events);
        if let Kind::Call { piece, .. } = &mut self.items[at].kind {
            *piece = Some(number);
        }
        if !held.is_empty() {
            push(number, Delta::Arguments(Str::from(held)), events);
        }
    }

    pub(super) fn begin(&mut self, kind: ItemKind, events: &mut Vec<Event>) -> u32 {
        let item = self.pieces;
        self.pieces = self.pieces.saturating_add(1);
        let choice = 0;
        events.push(Event::ItemStart(ItemStart { item, choice, kind }));
        item
    }

    fn thinking(&mut self, at: usize, part: u64, text: Str, events: &mut Vec<Event>) {
        if matches!(self.items[at].kind, Kind::Unknown) {
            self.items[at].kind = thinking();
        }
        if self.items[at].closed || text.is_empty() {
            return;
        }
        let piece = match self.items[at].kind {
            Kind::Reasoning { piece, .. } => piece,
            _ => return,
        };
        let number = piece.unwrap_or_else(|| {
            let kind = ItemKind::Reasoning { redacted: false };
            self.begin(kind, events)
        });
        if let Kind::Reasoning {
            piece,
            told,
            part: current,
        } = &mut self.items[at].kind
        {
            *piece = Some(number);
            if part > *current {
                *current = part;
                if *told > 0 {
                    *told += PARAGRAPH.len();
                    push(number, Delta::Paragraph, events);
                }
            }
            *told += text.len();
        }
        push(number, Delta::Reasoning(text), events);
    }

    fn argument(&mut self, at: usize, text: Str, events: &mut Vec<Event>) {
        if matches!(self.items[at].kind, Kind::Unknown) {
            self.items[at].kind = call();
        }
        if self.items[at].closed || text.is_empty() {
            return;
        }
        if let Kind::Call {
            piece, told, held, ..
        } = &mut self.items[at].kind
        {
            *told += text.len();
            match piece {
                Some(piece) => push(*piece, Delta::Arguments(text), events),
                None => held.push_str(&text),
            }
        }
    }

    fn argument_rest(&mut self, at: usize, whole: &Str, events: &mut Vec<Event>) {
        let told = match self.items[at].kind {
            Kind::Call { told, .. } => told,
            Kind::Unknown => 0,
            _ => return,
        };
        if let Some(rest) = whole.get(told..) {
            let rest = whole.slice_ref(rest);
            self.argument(at, rest, events);
        }
    }

    /// Ends an item with what it holds whole.
    fn close_with(&mut self, at: usize, item: Value<'_>, events: &mut Vec<Event>) {
        if self.items[at].closed {
            return;
        }
        self.learn(at, item, events);
        match &mut self.items[at].kind {
            Kind::Message => self.close_message(at, item, events),
            Kind::Reasoning { .. } => self.close_thinking(at, item, events),
            Kind::Call { .. } => self.close_call(at, item, events),
            Kind::Whole(raw) => {
                *raw = item.raw();
                self.close(at, events);
            }
            Kind::Unknown => {}
        }
    }

    fn close_message(&mut self, at: usize, item: Value<'_>, events: &mut Vec<Event>) {
        let parts = item.field("content").into_iter().flat_map(Value::items);
        for (place, part) in parts.enumerate() {
            if self.items[at]
                .texts
                .get(place)
                .is_none_or(|text| !text.closed)
            {
                self.close_part(at, place, part, events);
            }
        }
        // What only the message says (`phase`) belongs to its first text.
        if self.items[at].waiting == Some(0)
            && let Some(Part::Text(text)) = self.text(at, 0).full.as_deref_mut()
        {
            message_rest(item, text);
        }
        self.close(at, events);
    }

    fn close_thinking(&mut self, at: usize, item: Value<'_>, events: &mut Vec<Event>) {
        let whole = self.reader.reasoning(item);
        let state = self.reader.state(item);
        let (begun, told) = match self.items[at].kind {
            Kind::Reasoning { piece, told, .. } => (piece, told),
            _ => return,
        };
        if begun.is_none() && whole.text.is_empty() && state.data.is_empty() {
            self.items[at].closed = true;
            return;
        }
        let number = begun.unwrap_or_else(|| {
            let kind = ItemKind::Reasoning { redacted: false };
            self.begin(kind, events)
        });
        let rest = |delta: &Delta| !matches!(delta, Delta::Reasoning(text) if text.is_empty());
        let deltas = whole.deltas(told).into_iter().filter(rest);
        deltas.for_each(|delta| push(number, delta, events));
        push(number, Delta::Opaque(state), events);
        self.items[at].closed = true;
        let full = match whole.text.len() >= told {
            true => Some(Box::new(Part::Reasoning(whole))),
            false => None,
        };
        let item = number;
        events.push(Event::ItemEnd { item, full });
    }

    fn close_call(&mut self, at: usize, item: Value<'_>, events: &mut Vec<Event>) {
        if let Some(whole) = arguments(item) {
            self.argument_rest(at, &whole, events);
        }
        self.close(at, events);
    }

    /// Ends an item as far as it came.
    fn close(&mut self, at: usize, events: &mut Vec<Event>) {
        self.items[at].closed = true;
        match std::mem::take(&mut self.items[at].kind) {
            Kind::Unknown => {}
            Kind::Message => {
                self.items[at].kind = Kind::Message;
                for place in 0..self.items[at].texts.len() {
                    if !self.items[at].texts[place].closed {
                        self.end_text(at, place, None, events);
                    }
                }
                self.tell_end(at, events);
            }
            Kind::Reasoning { piece, .. } => {
                if let Some(item) = piece {
                    // Whose thinking it was, for clients that send it back.
                    let state = crate::ir::Opaque {
                        data: Str::new(),
                        provider: self.provider.clone(),
                    };
                    push(item, Delta::Opaque(state), events);
                    events.push(Event::ItemEnd { item, full: None });
                }
            }
            Kind::Call { piece, .. } => {
                if let Some(item) = piece {
                    events.push(Event::ItemEnd { item, full: None });
                }
            }
            Kind::Whole(raw) => {
                let document = raw.document();
                let item = document.root();
                let kind = item.text_of("type").unwrap_or_default();
                let part = ItemKind::Whole(Box::new(whole(kind, item)));
                let item = self.begin(part, events);
                events.push(Event::ItemEnd { item, full: None });
            }
        }
    }

    /// Takes an item of the whole answer: it ends the one that was told, or is told now where nothing was.
    pub(super) fn on_whole_item(&mut self, index: usize, item: Value<'_>, events: &mut Vec<Event>) {
        let id = item.text_of("id").filter(|id| !id.is_empty());
        let by_id = id.as_ref().and_then(|id| self.by_id.get(id).copied());
        let found = by_id.or_else(|| self.by_index.get(&(index as u64)).copied());
        let at = match found {
            Some(at) => at,
            // Ids and numbers that match nothing may be those of something that was told under others.
            None if self.items.len() > index => return,
            None => {
                self.items.push(Item::default());
                self.items.len() - 1
            }
        };
        self.by_index.entry(index as u64).or_insert(at);
        self.close_with(at, item, events);
    }

    /// Ends everything.
    pub(super) fn close_all(&mut self, events: &mut Vec<Event>) -> Result<(), Nameless> {
        for at in 0..self.items.len() {
            let item = &self.items[at];
            if let Kind::Call {
                head: None, held, ..
            } = &item.kind
                && !held.trim().is_empty()
            {
                return Err(Nameless);
            }
            if !item.closed {
                self.close(at, events);
            }
        }
        Ok(())
    }
}

fn thinking() -> Kind {
    Kind::Reasoning {
        piece: None,
        told: 0,
        part: 0,
    }
}

fn call() -> Kind {
    Kind::Call {
        head: None,
        piece: None,
        told: 0,
        held: String::new(),
    }
}

pub(super) fn push(item: u32, delta: Delta, events: &mut Vec<Event>) {
    events.push(Event::Delta { item, delta });
}

/// The number of a part of a summary.
fn part_index(root: Value<'_>) -> u64 {
    let index = root
        .field("summary_index")
        .or_else(|| root.field("content_index"));
    index.and_then(Value::as_u64).unwrap_or(0)
}
