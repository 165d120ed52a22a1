//! Calls, which come in pieces: the arguments are raw text, and complete when their call says so or the stream ends.

use std::collections::HashSet;

use crate::ids;
use crate::ir::{Delta, Error, Event, ItemKind, ItemStart};
use crate::json::{RawJson, Str, Value};

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: Vec<Call>,
    /// Ids of the calls that are complete: some events tell them once more.
    done: HashSet<Str>,
    count: usize,
}

/// A call whose arguments are still coming.
#[derive(Debug)]
struct Call {
    id: Str,
    item: u32,
    arguments: String,
}

impl Calls {
    /// Whether there were any.
    pub(super) fn any(&self) -> bool {
        self.count > 0
    }

    /// The call that a piece belongs to: by its id, or the latest one where it has none. `None` begins another.
    fn of(&self, id: Option<&Str>) -> Option<usize> {
        match id {
            Some(id) => self.open.iter().position(|call| call.id == *id),
            None => self.open.len().checked_sub(1),
        }
    }

    /// Whether a piece begins a call.
    pub(super) fn begins(&self, piece: Value<'_>) -> bool {
        let id = id(piece);
        self.of(id.as_ref()).is_none() && id.is_none_or(|id| !self.done.contains(&id))
    }

    /// Takes a piece, or a whole call; `next` is the number of the item where it [begins](Self::begins) one. `input` is a
    /// piece of the arguments as text, or all of them as a value.
    ///
    /// # Errors
    /// A call without a name, and one that ends with arguments that are no JSON: nobody could have meant it.
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    pub(super) fn take(
        &mut self,
        piece: Value<'_>,
        next: u32,
        whole: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let id = id(piece);
        let at = match self.of(id.as_ref()) {
            Some(at) => at,
            None if id.as_ref().is_some_and(|id| self.done.contains(id)) => return Ok(()),
            None => self.begin(piece, id, next, events)?,
        };
        let call = &mut self.open[at];
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
            let delta = Delta::Arguments(fragment);
            let item = call.item;
            events.push(Event::Delta { item, delta });
        }
        if whole || piece.field("stop").and_then(Value::as_bool) == Some(true) {
            let call = self.open.remove(at);
            self.end(call, events)?;
        }
        Ok(())
    }

    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn begin(
        &mut self,
        piece: Value<'_>,
        id: Option<Str>,
        item: u32,
        events: &mut Vec<Event>,
    ) -> Result<usize, Error> {
        let name = piece.text_of("name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(Error::nameless_call)?;
        self.count += 1;
        let id = id.unwrap_or_else(|| ids::generated(&name, self.count));
        events.push(Event::ItemStart(ItemStart {
            item,
            choice: 0,
            kind: ItemKind::ToolCall {
                id: id.clone(),
                name,
                custom: false,
                opaque: None,
            },
        }));
        self.open.push(Call {
            id,
            item,
            arguments: String::new(),
        });
        Ok(self.open.len() - 1)
    }

    /// Arguments that were cut off are not completed by guessing.
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    fn end(&mut self, call: Call, events: &mut Vec<Event>) -> Result<(), Error> {
        let blank = call.arguments.trim().is_empty();
        if !blank && RawJson::parse(Str::from(call.arguments)).is_err() {
            let what = "the upstream ended a call whose arguments are not whole";
            return Err(Error::of_upstream(what));
        }
        self.done.insert(call.id);
        let item = call.item;
        events.push(Event::ItemEnd { item, full: None });
        Ok(())
    }

    /// Ends the calls that the stream has left open.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    pub(super) fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Error> {
        let mut open = std::mem::take(&mut self.open).into_iter();
        open.try_for_each(|call| self.end(call, events))
    }
}

fn id(piece: Value<'_>) -> Option<Str> {
    piece.text_of("toolUseId").filter(|id| !id.is_empty())
}
