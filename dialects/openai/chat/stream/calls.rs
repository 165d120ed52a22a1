//! The calls of one choice, put together from deltas.
//!
//! Servers deviate in every way (`dialects.md` 1.1, traps 32 and 33): no index, the same index for every call, an id that
//! comes late or never, a name in every delta, the whole call in one delta.

use std::collections::HashMap;

use crate::json::{Str, Strings, Value};
use crate::openai::chat::wire::message::{self, CallPiece};

/// One call.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) id: Str,
    pub(super) name: Str,
    pub(super) custom: bool,
    /// Number of its item, once it has begun.
    pub(super) item: Option<u32>,
    /// It was ended.
    pub(super) closed: bool,
    /// Arguments that came before id and name.
    pub(super) held: String,
    end: JsonEnd,
}

impl Call {
    /// Adds a piece; the arguments it brought are returned when they can go out, else held.
    fn add(&mut self, piece: CallPiece) -> Option<Str> {
        if let Some(id) = piece.id.filter(|_| self.id.is_empty()) {
            self.id = id;
        }
        if let Some(name) = piece.name.filter(|_| self.name.is_empty()) {
            self.name = name;
        }
        self.custom |= piece.custom;
        self.end.feed(&piece.arguments);
        if self.item.is_some() {
            return Some(piece.arguments).filter(|text| !text.is_empty() && !self.closed);
        }
        self.held.push_str(&piece.arguments);
        None
    }

    /// Whether nothing can be added to the arguments.
    pub(super) fn is_complete(&self) -> bool {
        !self.custom && self.end.complete
    }

    pub(super) fn is_ready(&self) -> bool {
        self.item.is_none() && !self.id.is_empty() && !self.name.is_empty()
    }
}

/// The calls of one choice.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) list: Vec<Call>,
    by_index: HashMap<u64, usize>,
}

impl Calls {
    /// Takes an entry of `tool_calls`, the `place`th of `count` in its delta; gives the place of its call and the
    /// arguments to send on.
    pub(super) fn take(
        &mut self,
        entry: Value<'_>,
        place: usize,
        count: usize,
    ) -> (usize, Option<Str>) {
        let piece = message::call(entry);
        let index = entry.field("index").and_then(Value::as_u64);
        // Several calls in one delta without numbers are numbered by their order.
        let by_order = (count > 1 && piece.id.is_none()).then_some(place as u64);
        let at = match index.or(by_order) {
            Some(index) => self.numbered(index, &piece),
            None => self.unnumbered(&piece),
        };
        (at, self.list[at].add(piece))
    }

    /// Takes the deprecated `function_call`, of which there is one and which has no id.
    pub(super) fn take_function(&mut self, value: Value<'_>, id: &Str) -> (usize, Option<Str>) {
        let mut piece = message::function(value);
        piece.id = Some(id.clone());
        let at = self.numbered(u64::MAX, &piece);
        (at, self.list[at].add(piece))
    }

    fn numbered(&mut self, index: u64, piece: &CallPiece) -> usize {
        match self.by_index.get(&index) {
            Some(&at) if !is_another(&self.list[at], piece) => at,
            _ => {
                let at = self.begin();
                self.by_index.insert(index, at);
                at
            }
        }
    }

    fn unnumbered(&mut self, piece: &CallPiece) -> usize {
        let Some(last) = self.list.last() else {
            return self.begin();
        };
        let another = match &piece.id {
            Some(_) if last.id.is_empty() => piece.name.is_some() && !last.name.is_empty(),
            Some(id) => *id != last.id,
            None => piece.name.is_some() && last.is_complete(),
        };
        if another {
            self.begin()
        } else {
            self.list.len() - 1
        }
    }

    fn begin(&mut self) -> usize {
        self.list.push(Call::default());
        self.list.len() - 1
    }
}

/// A second call under the number of a complete one: some servers number every call 0.
fn is_another(call: &Call, piece: &CallPiece) -> bool {
    let other_id = piece
        .id
        .as_ref()
        .is_some_and(|id| !call.id.is_empty() && *id != call.id);
    other_id && piece.name.is_some() && (call.is_complete() || call.closed)
}

/// Finds the end of a JSON object in pieces, so that a call can be ended when the next one begins.
#[derive(Debug, Default)]
struct JsonEnd {
    depth: u32,
    strings: Strings,
    complete: bool,
}

impl JsonEnd {
    fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.strings.take(byte) {
                continue;
            }
            match byte {
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.complete = self.depth == 0;
                }
                _ => {}
            }
        }
    }
}
