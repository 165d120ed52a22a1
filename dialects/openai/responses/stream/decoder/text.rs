//! The texts of an upstream's messages.

use super::Decoder;
use super::item::{Kind, push};
use crate::ir::{Delta, Event, ItemKind, Part};
use crate::json::{Str, Value};
use crate::openai::responses::response::token_list;

/// A text of a message.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) piece: Option<u32>,
    pub(super) told: usize,
    pub(super) refusal: bool,
    pub(super) cited: bool,
    pub(super) closed: bool,
    pub(super) probable: bool,
    /// The whole, where the upstream repeated it.
    pub(super) full: Option<Box<Part>>,
}

impl Decoder {
    /// The text at a place of a message.
    pub(super) fn text(&mut self, at: usize, place: usize) -> &mut Text {
        let item = &mut self.items[at];
        if matches!(item.kind, Kind::Unknown) {
            item.kind = Kind::Message;
        }
        // A hostile number makes no list of that length: it names the last text.
        let place = place.min(item.texts.len());
        if place == item.texts.len() {
            item.texts.push(Text::default());
        }
        &mut item.texts[place]
    }

    pub(super) fn open_text(
        &mut self,
        at: usize,
        place: usize,
        refusal: bool,
        events: &mut Vec<Event>,
    ) -> u32 {
        if let Some(piece) = self.text(at, place).piece {
            return piece;
        }
        let kind = match refusal {
            true => ItemKind::Refusal,
            false => ItemKind::Text,
        };
        self.refused |= refusal;
        self.tell_end(at, events);
        let piece = self.begin(kind, events);
        let text = self.text(at, place);
        text.piece = Some(piece);
        text.refusal = refusal;
        piece
    }

    /// Text is opened by its first character.
    pub(super) fn text_delta(
        &mut self,
        at: usize,
        root: Value<'_>,
        refusal: bool,
        events: &mut Vec<Event>,
    ) {
        let place = content_index(root);
        let delta = root.text_of("delta").filter(|delta| !delta.is_empty());
        if self.items[at].closed || self.text(at, place).closed {
            return;
        }
        if let Some(delta) = delta {
            let piece = self.open_text(at, place, refusal, events);
            self.text(at, place).told += delta.len();
            push(piece, Delta::Text(delta), events);
        }
        self.tokens(at, place, root, events);
    }

    /// Token probabilities, from the deltas or, where those have none, from the whole.
    pub(super) fn tokens(
        &mut self,
        at: usize,
        place: usize,
        root: Value<'_>,
        events: &mut Vec<Event>,
    ) {
        let Some(list) = root.field("logprobs") else {
            return;
        };
        if list.items().next().is_none() {
            return;
        }
        let whole = root.field("delta").is_none();
        let text = self.text(at, place);
        if let (Some(piece), false) = (text.piece, whole && text.probable) {
            text.probable = true;
            push(piece, Delta::Logprobs(token_list(list.items())), events);
        }
    }

    /// What a whole text has beyond its deltas (traps 82 and 83).
    pub(super) fn text_rest(
        &mut self,
        at: usize,
        place: usize,
        whole: &Str,
        refusal: bool,
        events: &mut Vec<Event>,
    ) {
        if self.items[at].closed || self.text(at, place).closed {
            return;
        }
        let told = self.text(at, place).told;
        let Some(rest) = whole.get(told..).filter(|rest| !rest.is_empty()) else {
            return;
        };
        let rest = whole.slice_ref(rest);
        let piece = self.open_text(at, place, refusal, events);
        self.text(at, place).told = whole.len();
        push(piece, Delta::Text(rest), events);
    }

    pub(super) fn close_part(
        &mut self,
        at: usize,
        place: usize,
        part: Value<'_>,
        events: &mut Vec<Event>,
    ) {
        if self.items[at].closed || self.text(at, place).closed {
            return;
        }
        match self.reader.content(part) {
            Some(Part::Text(whole)) => {
                self.text_rest(at, place, &whole.text, false, events);
                self.tokens(at, place, part, events);
                self.end_text(at, place, Some(Part::Text(whole)), events);
            }
            Some(Part::Refusal(whole)) => {
                self.text_rest(at, place, &whole, true, events);
                self.end_text(at, place, None, events);
            }
            Some(unknown) => {
                self.text(at, place).closed = true;
                let kind = ItemKind::Whole(Box::new(unknown));
                let item = self.begin(kind, events);
                events.push(Event::ItemEnd { item, full: None });
            }
            None => self.end_text(at, place, None, events),
        }
    }

    pub(super) fn end_text(
        &mut self,
        at: usize,
        place: usize,
        full: Option<Part>,
        events: &mut Vec<Event>,
    ) {
        self.tell_end(at, events);
        let text = self.text(at, place);
        text.closed = true;
        text.full = full.filter(|_| !text.refusal).map(Box::new);
        self.items[at].waiting = Some(place);
    }

    /// Tells the end of the text that waits for it.
    pub(super) fn tell_end(&mut self, at: usize, events: &mut Vec<Event>) {
        let Some(place) = self.items[at].waiting.take() else {
            return;
        };
        let text = self.text(at, place);
        let full = text.full.take();
        if let Some(item) = text.piece {
            events.push(Event::ItemEnd { item, full });
        }
    }
}

/// The place of a text in its message.
pub(super) fn content_index(root: Value<'_>) -> usize {
    let index = root.field("content_index").and_then(Value::as_u64);
    index.map_or(0, |index| usize::try_from(index).unwrap_or(usize::MAX))
}
