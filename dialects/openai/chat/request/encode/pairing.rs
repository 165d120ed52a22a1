//! Which result answers which call.
//!
//! Chat wants the results of an assistant message directly after it, one for each call (`dialects.md` 1.1 and 2.2); other
//! dialects and careless clients put them elsewhere, twice, or nowhere.

use std::collections::{HashMap, HashSet};

use crate::error::EncodeError;
use crate::ir::{Part, Request};
use crate::openai::scope::Scope;

/// Turn and part.
pub(super) type Place = (usize, usize);

/// Where every result goes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// For each turn, the results to write behind it, in the client's order.
    pub(super) behind: Vec<Vec<Place>>,
    /// Results that are not written where they stand: written elsewhere, or repeated.
    moved: HashSet<Place>,
}

impl Plan {
    /// Whether a result is written behind its call, or not at all.
    pub(super) fn is_moved(&self, place: Place) -> bool {
        self.moved.contains(&place)
    }
}

#[derive(Default)]
struct Slot {
    calls: Vec<Place>,
    results: Vec<Place>,
}

/// Pairs calls and results by id. An id may be used again in a later turn: a result belongs to the latest call before it.
pub(super) fn plan(scope: &mut Scope<'_>) -> Result<Plan, EncodeError> {
    let request = scope.request;
    let mut slots: HashMap<&str, Slot> = HashMap::new();
    let mut order = Vec::new();
    for (turn, part, id, is_call) in mentions(request) {
        let slot = slots.entry(id).or_insert_with(|| {
            order.push(id);
            Slot::default()
        });
        if is_call {
            slot.calls.push((turn, part));
        } else {
            slot.results.push((turn, part));
        }
    }
    let mut plan = Plan {
        behind: vec![Vec::new(); request.turns.len()],
        moved: HashSet::new(),
    };
    let mut unanswered: Option<Place> = None;
    for id in order {
        let Some(slot) = slots.get(id) else { continue };
        if let Some(place) = pair(scope, slot, &mut plan) {
            unanswered = Some(unanswered.map_or(place, |earlier| earlier.min(place)));
        }
    }
    if let Some((turn, part)) = unanswered {
        let Some(Part::ToolCall(call)) = request.turns[turn].parts.get(part) else {
            return Ok(plan);
        };
        return Err(EncodeError::new(
            request.part_path(turn, part),
            format_args!("the tool call `{}` has no result", call.id),
        ));
    }
    plan.behind
        .iter_mut()
        .for_each(|results| results.sort_unstable());
    Ok(plan)
}

fn mentions(request: &Request) -> impl Iterator<Item = (usize, usize, &str, bool)> {
    request.turns.iter().enumerate().flat_map(|(turn, said)| {
        said.parts
            .iter()
            .enumerate()
            .filter_map(move |(part, what)| match what {
                Part::ToolCall(call) => Some((turn, part, &*call.id, true)),
                Part::ToolResult(result) => Some((turn, part, &*result.call_id, false)),
                _ => None,
            })
    })
}

/// Pairs the calls of one id with its results; gives the first call that has none.
fn pair(scope: &mut Scope<'_>, slot: &Slot, plan: &mut Plan) -> Option<Place> {
    let mut unanswered = None;
    let mut results = slot.results.iter().copied().peekable();
    let mut calls = slot.calls.as_slice();
    while let Some(&first) = calls.first() {
        let turn = first.0;
        let same = calls.iter().take_while(|call| call.0 == turn).count();
        calls = &calls[same..];
        let until = calls.first().map_or(usize::MAX, |next| next.0);
        while results.next_if(|result| result.0 <= turn).is_some() {}
        let mut found: Vec<Place> = Vec::new();
        while let Some(result) = results.next_if(|result| result.0 < until) {
            found.push(result);
        }
        if found.len() < same {
            unanswered = unanswered.or(Some(first));
        }
        // Trap 14: of several results for one call the last one counts.
        let repeated = found.len().saturating_sub(same);
        for (index, place) in found.into_iter().enumerate() {
            plan.moved.insert(place);
            if index < repeated {
                let path = scope.request.part_path(place.0, place.1);
                scope
                    .losses
                    .dropped(path, "a later result answers the same call");
            } else {
                plan.behind[turn].push(place);
            }
        }
    }
    unanswered
}
