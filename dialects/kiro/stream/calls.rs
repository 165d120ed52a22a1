//! Calls, which come in pieces: the arguments are raw text, and complete when their call says so or the stream ends.

use std::collections::HashMap;

use crate::ids;
use crate::ir::{Delta, Error, Event, ItemKind, ItemStart};
use crate::json::{RawJson, Str, Value};

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// All of them, in the order they began.
    list: Vec<Call>,
    by_id: HashMap<Str, usize>,
}

#[derive(Debug)]
struct Call {
    item: u32,
    arguments: String,
    /// It is complete; some events tell it once more.
    over: bool,
}

impl Calls {
    /// Whether there were any.
    pub(super) fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// The call that a piece belongs to: by its id, or the latest one that goes on where it has none. A piece of no call
    /// begins one.
    pub(super) fn of(&self, piece: Value<'_>) -> Option<usize> {
        match id(piece) {
            Some(id) => self.by_id.get(&id).copied(),
            None => {
                let latest = self.list.len().checked_sub(1)?;
                (!self.list[latest].over).then_some(latest)
            }
        }
    }

    /// Begins a call with its first piece, as an item of this number.
    ///
    /// # Errors
    /// A call without a name, which nobody could answer.
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    pub(super) fn begin(
        &mut self,
        piece: Value<'_>,
        item: u32,
        events: &mut Vec<Event>,
    ) -> Result<usize, Error> {
        let name = piece.text_of("name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(Error::nameless_call)?;
        let at = self.list.len();
        let id = id(piece).unwrap_or_else(|| ids::generated(&name, at + 1));
        self.by_id.insert(id.clone(), at);
        self.list.push(Call {
            item,
            arguments: String::new(),
            over: false,
        });
        events.push(Event::ItemStart(ItemStart {
            item,
            choice: 0,
            kind: ItemKind::ToolCall {
                id,
                name,
                custom: false,
                opaque: None,
            },
        }));
        Ok(at)
    }

    /// Takes a piece of the call at `at`; `whole` where nothing more of it follows. `input` is a piece of the arguments as
    /// text, or all of them as a value.
    ///
    /// # Errors
    /// When the call ends with arguments that are no JSON.
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    pub(super) fn take(
        &mut self,
        at: usize,
        piece: Value<'_>,
        whole: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let Some(call) = self.list.get_mut(at).filter(|call| !call.over) else {
            return Ok(());
        };
        let fragment = piece.field("input").and_then(|input| match input.text() {
            Some(text) => Some(text),
            // The object that a call begins with is a placeholder; later ones repeat what the pieces said.
            None if call.arguments.is_empty() && input.entries().next().is_some() => {
                Some(input.raw().to_text())
            }
            None => None,
        });
        if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
            call.arguments.push_str(&fragment);
            let (item, delta) = (call.item, Delta::Arguments(fragment));
            events.push(Event::Delta { item, delta });
        }
        if whole || piece.field("stop").and_then(Value::as_bool) == Some(true) {
            call.end(events)?;
        }
        Ok(())
    }

    /// Ends the calls that the stream has left open.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    pub(super) fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Error> {
        let mut open = self.list.iter_mut().filter(|call| !call.over);
        open.try_for_each(|call| call.end(events))
    }
}

impl Call {
    /// Arguments that were cut off are not completed by guessing.
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Error> {
        let arguments = std::mem::take(&mut self.arguments);
        if !arguments.trim().is_empty() && RawJson::parse(Str::from(arguments)).is_err() {
            let what = "the upstream ended a call whose arguments are not whole";
            return Err(Error::of_upstream(what));
        }
        self.over = true;
        let item = self.item;
        events.push(Event::ItemEnd { item, full: None });
        Ok(())
    }
}

fn id(piece: Value<'_>) -> Option<Str> {
    piece.text_of("toolUseId").filter(|id| !id.is_empty())
}
