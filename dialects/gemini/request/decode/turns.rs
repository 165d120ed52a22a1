//! `contents`: one turn for each, one part for each, so that paths can be told by counting; but for what the model said in
//! pieces, and thoughts of another vendor among them.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::claude::wire::path::{self, At};
use crate::error::DecodeError;
use crate::gemini::wire::parts::Parts;
use crate::gemini::wire::{PROVIDER, field, keep_rest, text_of};
use crate::ids;
use crate::ir::{Opaque, Part, Reasoning, Role, Text, ToolResult, Turn};
use crate::json::{Str, Value};

/// Reads the conversation.
pub(super) fn turns(contents: Value<'_>) -> Result<Vec<Turn>, DecodeError> {
    let at = At::key("contents");
    let mut reader = Reader {
        parts: Parts::of_client(),
        calls: Calls::default(),
        after_model: false,
    };
    if contents.is_array() {
        let mut turns = Vec::new();
        for (index, content) in contents.items().enumerate() {
            let mut turn = reader.turn(content, &mut turns, &at.item(index))?;
            turn.place.first = index;
            add(turn, &mut turns);
        }
        return Ok(turns);
    }
    // One content, or the text of one, is what SDKs take for a list of it.
    if let Some(text) = contents.text() {
        return Ok(vec![Turn::new(
            Role::User,
            vec![Part::Text(Text::new(text))],
        )]);
    }
    Ok(vec![reader.turn(contents, &mut [], &at)?])
}

/// Adds a turn. Google's SDKs keep every event of a stream as a content of its own, in their chats and where they call
/// functions by themselves: what the model said without a break is one turn.
fn add(turn: Turn, turns: &mut Vec<Turn>) {
    let goes_on = |last: &Turn| {
        (last.role, turn.role) == (Role::Assistant, Role::Assistant) && turn.extensions.is_empty()
    };
    match turns.last_mut() {
        Some(last) if goes_on(last) => last.parts.extend(turn.parts),
        _ => turns.push(turn),
    }
}

struct Reader {
    parts: Parts,
    calls: Calls,
    after_model: bool,
}

/// The calls that wait for their results.
#[derive(Default)]
struct Calls {
    open: Vec<(Str, bool)>,
    /// Places in `open` of each name, in order.
    by_name: HashMap<Str, VecDeque<usize>>,
    by_id: HashMap<Str, usize>,
    /// All before it have a result.
    next: usize,
}

impl Reader {
    fn turn(
        &mut self,
        content: Value<'_>,
        before: &mut [Turn],
        at: &At<'_>,
    ) -> Result<Turn, DecodeError> {
        if !content.is_object() {
            return Err(DecodeError::shape(at, "expected an object"));
        }
        let role = match path::optional_text(content, "role", at.field("role"))?.as_deref() {
            None | Some("user" | "function" | "tool" | "") => Role::User,
            Some("model" | "assistant") => Role::Assistant,
            Some("system") => Role::System,
            Some("developer") => Role::Developer,
            Some(_) => {
                return Err(DecodeError::shape(
                    at.field("role"),
                    "expected `user` or `model`",
                ));
            }
        };
        let mut turn = Turn::new(role, Vec::new());
        keep_rest(content, &["role", "parts"], &mut turn.extensions);
        if role == Role::Assistant && !std::mem::replace(&mut self.after_model, true) {
            self.calls = Calls::default();
        }
        self.after_model = role == Role::Assistant;
        let Some(parts) = content.field("parts") else {
            return Ok(turn);
        };
        let at_parts = at.field("parts");
        if !parts.is_array() && !parts.is_object() {
            return Err(DecodeError::shape(at_parts, "expected a list"));
        }
        let single = parts.is_object().then_some(parts);
        let listed = || single.into_iter().chain(parts.items());
        let named = self.calls.named(listed());
        turn.parts.reserve_exact(Part::room_for(listed()));
        for (index, part) in listed().enumerate() {
            let mut part = self.parts.part(part, &at_parts.item(index))?;
            match &mut part {
                Part::ToolCall(call) => self.calls.open(&call.id, &call.name),
                Part::ToolResult(result) => self.pair(result, &named),
                _ => {}
            }
            if let Part::Reasoning(thought) = &mut part {
                gather(thought, before, &mut turn);
            }
            turn.parts.push(part);
        }
        Ok(turn)
    }

    /// Gives a result the id of its call: by its own id, else the first of its name that waits, else the first that
    /// waits (trap 75).
    fn pair(&mut self, result: &mut ToolResult, named: &HashSet<Str>) {
        if self.calls.by_id.contains_key(&result.call_id) {
            return;
        }
        let name = result.name.clone().unwrap_or_default();
        let call = self.calls.take(&name, named);
        match call {
            Some(id) => result.call_id = id,
            None if result.call_id.is_empty() => {
                result.call_id = ids::generated(&name, self.parts.calls().saturating_add(1));
            }
            None => {}
        }
    }
}

/// A thought that was streamed comes back in pieces, of which only the last one has the state. Another vendor's state
/// belongs to the whole text. Clients may keep every frame as a content of its own, so the pieces before it may stand in
/// the turns `before`, which may be left without a part.
fn gather(thought: &mut Reasoning, before: &mut [Turn], turn: &mut Turn) {
    let own = |state: &Opaque| *state.provider == *PROVIDER;
    if thought.redacted || thought.opaque.as_ref().is_none_or(own) {
        return;
    }
    let mut texts = vec![std::mem::take(&mut thought.text)];
    let is_models = |turn: &Turn| turn.role == Role::Assistant;
    let mut earlier = before.iter_mut().rev().take_while(|turn| is_models(turn));
    let mut next = Some(turn);
    while let Some(turn) = next {
        let pieces = turn.parts.iter().rev().take_while(|part| is_piece(part));
        let kept = turn.parts.len() - pieces.count();
        let found = turn.parts.drain(kept..).rev();
        texts.extend(found.filter_map(|part| match part {
            Part::Reasoning(piece) => Some(piece.text),
            _ => None,
        }));
        next = earlier.next().filter(|_| kept == 0 && is_models(turn));
    }
    texts.reverse();
    thought.text = match texts.as_slice() {
        [text] => text.clone(),
        texts => Str::from(texts.concat()),
    };
}

/// Whether a part may be a piece of a thought whose state comes later.
fn is_piece(part: &Part) -> bool {
    matches!(part, Part::Reasoning(piece) if piece.opaque.is_none())
}

impl Calls {
    fn open(&mut self, id: &Str, name: &Str) {
        let at = self.open.len();
        self.open.push((id.clone(), false));
        self.by_name.entry(name.clone()).or_default().push_back(at);
        self.by_id.insert(id.clone(), at);
    }

    /// The ids that the results of a content name: their calls are nobody else's.
    fn named<'d>(&self, parts: impl Iterator<Item = Value<'d>>) -> HashSet<Str> {
        let ids = parts.filter_map(|part| text_of(field(part, "functionResponse")?, "id"));
        ids.filter(|id| self.by_id.contains_key(id)).collect()
    }

    fn take(&mut self, name: &Str, named: &HashSet<Str>) -> Option<Str> {
        let waiting = self.by_name.get_mut(name);
        if let Some(waiting) = waiting {
            while let Some(at) = waiting.pop_front() {
                if let Some(id) = claim(&mut self.open, at, named) {
                    return Some(id);
                }
            }
        }
        // Nobody of that name waits: the wrong name at the right place.
        while self.next < self.open.len() {
            self.next += 1;
            if let Some(id) = claim(&mut self.open, self.next - 1, named) {
                return Some(id);
            }
        }
        None
    }
}

fn claim(open: &mut [(Str, bool)], at: usize, named: &HashSet<Str>) -> Option<Str> {
    let (id, taken) = open.get_mut(at)?;
    let free = !*taken && !named.contains(id);
    *taken = true;
    free.then(|| id.clone())
}
