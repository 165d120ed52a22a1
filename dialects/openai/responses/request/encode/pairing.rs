//! Which result answers which call.
//!
//! Responses wants every call answered once, somewhere behind it (`dialects.md` 2.2). What its own clients send is left
//! alone: calls and results may be stored at the provider.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::error::EncodeError;
use crate::ids;
use crate::ir::{CallKind, Part};
use crate::json::Str;
use crate::openai::scope::Scope;

/// Turn and part.
pub(super) type Place = (usize, usize);

/// The ids of calls and results as the upstream gets them.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Id of every call, and of every result that answers one, with the kind of the call.
    paired: HashMap<Place, (Str, CallKind)>,
    /// Results that are not written, as a later one answers the same call.
    repeated: HashSet<Place>,
}

impl Plan {
    /// The id of a call or a result; `None` for a result that answers nothing.
    pub(super) fn get(&self, place: Place) -> Option<&(Str, CallKind)> {
        self.paired.get(&place)
    }

    /// Whether a later result answers the same call.
    pub(super) fn is_repeated(&self, place: Place) -> bool {
        self.repeated.contains(&place)
    }
}

/// The calls of one id.
#[derive(Default)]
struct Slot {
    waiting: VecDeque<(Place, Str, CallKind)>,
    /// The latest answer.
    answer: Option<(Place, Str, CallKind)>,
}

/// Pairs calls and results by id. An id may be used again: a result belongs to the first call before it that waits.
pub(super) fn plan(scope: &mut Scope<'_>) -> Result<Plan, EncodeError> {
    let request = scope.request;
    let mut plan = Plan::default();
    let mut slots: HashMap<&str, Slot> = HashMap::new();
    let mut used: HashMap<Str, usize> = HashMap::new();
    for (turn, said) in request.turns.iter().enumerate() {
        for (part, what) in said.parts.iter().enumerate() {
            let place = (turn, part);
            match what {
                Part::ToolCall(call) => {
                    let id = match scope.native {
                        true => ids::sanitise(&call.id, ids::CALL_ID_LIMIT),
                        false => unique(&mut used, &call.id),
                    };
                    plan.paired.insert(place, (id.clone(), call.kind));
                    let slot = slots.entry(&call.id).or_default();
                    slot.waiting.push_back((place, id, call.kind));
                }
                Part::ToolResult(result) => {
                    let slot = slots.entry(&result.call_id).or_default();
                    answer(scope, slot, place, &mut plan);
                }
                _ => {}
            }
        }
    }
    let waiting = slots.values().flat_map(|slot| &slot.waiting);
    let first = waiting.map(|(place, ..)| *place).min();
    match first.filter(|_| !scope.native) {
        None => Ok(plan),
        Some((turn, part)) => Err(EncodeError::new(
            request.part_path(turn, part),
            "this tool call has no result; every call needs one",
        )),
    }
}

fn answer(scope: &mut Scope<'_>, slot: &mut Slot, place: Place, plan: &mut Plan) {
    if let Some((_, id, kind)) = slot.waiting.pop_front() {
        plan.paired.insert(place, (id.clone(), kind));
        slot.answer = Some((place, id, kind));
        return;
    }
    // Trap 14: of several results for one call the last one counts.
    if let Some((earlier, id, kind)) = slot.answer.take().filter(|_| !scope.native) {
        let path = scope.request.part_path(earlier.0, earlier.1);
        let why = "a later result answers the same call";
        scope.losses.dropped(path, why);
        plan.repeated.insert(earlier);
        plan.paired.insert(place, (id.clone(), kind));
        slot.answer = Some((place, id, kind));
    }
}

/// An id that is legal (trap 90) and not that of an earlier call, as some clients begin anew in every turn.
fn unique(used: &mut HashMap<Str, usize>, id: &Str) -> Str {
    let base = ids::sanitise(id, ids::CALL_ID_LIMIT);
    let mut unique = base.clone();
    while used.contains_key(&unique) {
        let count = used.entry(base.clone()).or_insert(1);
        *count += 1;
        let text = Str::from(format!("{base}_{count}"));
        unique = ids::sanitise(&text, ids::CALL_ID_LIMIT);
    }
    used.insert(unique.clone(), 1);
    unique
}
