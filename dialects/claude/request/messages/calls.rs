//! The calls of an assistant message and the results that belong to them.

use std::collections::{HashMap, HashSet};

use super::Origin;
use crate::ids;
use crate::json::Str;

/// The calls of the last assistant message, and the ids used so far.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) open: Vec<OpenCall>,
    /// The client's id to the calls that bear it, in order, and how many of them have a result.
    waiting: HashMap<Str, (Vec<usize>, usize)>,
    /// The message that holds their results.
    pub(super) answers: Option<usize>,
    used: HashSet<Str>,
    repeated: HashMap<Str, usize>,
}

pub(super) struct OpenCall {
    pub(super) id: Str,
    pub(super) origin: Origin,
    /// Position of its result.
    pub(super) answer: Option<usize>,
}

impl Calls {
    /// An id for a call: legal (trap 2), and not used by an earlier call, as some clients begin anew in every turn.
    pub(super) fn unique_id(&mut self, id: &Str) -> Str {
        let base = ids::sanitise(id, ids::CALL_ID_LIMIT);
        let mut unique = base.clone();
        while !self.used.insert(unique.clone()) {
            let count = self.repeated.entry(base.clone()).or_insert(1);
            *count += 1;
            let text = Str::from(format!("{base}_{count}"));
            unique = ids::sanitise(&text, ids::CALL_ID_LIMIT);
        }
        unique
    }

    pub(super) fn open(&mut self, client_id: &Str, id: Str, origin: Origin) {
        let (calls, _) = self.waiting.entry(client_id.clone()).or_default();
        calls.push(self.open.len());
        self.open.push(OpenCall {
            id,
            origin,
            answer: None,
        });
    }

    /// Forgets the open calls, and gives the first that has no result.
    pub(super) fn settle(&mut self) -> Option<OpenCall> {
        self.answers = None;
        self.waiting.clear();
        self.open.drain(..).find(|call| call.answer.is_none())
    }

    /// The call a result belongs to: the first with its id that waits, else the last one.
    pub(super) fn of_result(&mut self, client_id: &Str) -> Option<usize> {
        let (calls, answered) = self.waiting.get_mut(client_id)?;
        let call = calls.get(*answered).or(calls.last()).copied();
        *answered += 1;
        call
    }
}
