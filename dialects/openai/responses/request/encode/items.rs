//! `instructions` and `input`.

use super::content::{self, Piece, Voice};
use super::pairing::{Place, Plan};
use crate::Dialect;
use crate::ids;
use crate::ir::{
    CallKind, Part, Reasoning, Role, SystemBlock, SystemRole, ToolCall, ToolResult, Turn,
};
use crate::json::{RawJson, Str, Writer};
use crate::openai::responses::wire::{self, BILLING_BLOCK};
use crate::openai::scope::Scope;

/// Writes the system prompt and the conversation; `hint` is one more text of the system.
pub(super) fn write(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    plan: &Plan,
    hint: Option<&str>,
) {
    let request = scope.request;
    let apart = instructions(scope, hint);
    writer.field_opt("instructions", apart.as_ref());
    let native = scope.native;
    if let (true, true, [turn]) = (native, request.turns_bare, request.turns.as_slice())
        && let [Part::Text(text)] = turn.parts.as_slice()
    {
        writer.field("input", &text.text);
        return;
    }
    let apart = |block: &SystemBlock| block.role == SystemRole::Instructions;
    if native && request.turns.is_empty() && request.system.iter().all(apart) {
        return;
    }
    writer.array_field("input", |writer| {
        if native {
            system(scope, writer);
        }
        for (index, turn) in request.turns.iter().enumerate() {
            self::turn(scope, writer, plan, index, turn);
        }
        ending(scope, writer);
    });
}

/// The system prompt that stands beside the conversation. That of other dialects stands there whole.
fn instructions(scope: &mut Scope<'_>, hint: Option<&str>) -> Option<String> {
    let request = scope.request;
    let mut texts: Vec<&str> = Vec::new();
    for (index, message, part, block) in request.system_blocks() {
        if scope.native {
            if block.role == SystemRole::Instructions {
                texts.push(&block.text);
            }
            continue;
        }
        let path = || request.system_block_path(index, message, part);
        if block.text.begins_with(BILLING_BLOCK) {
            // Trap 42.
            let why = "the billing block is for its own vendor only";
            scope.losses.quietly_dropped(path(), why);
            continue;
        }
        if block.name.is_some() {
            let why = "Responses' messages have no name";
            let path = format!("{}.name", request.system_path(index, message));
            scope.losses.dropped(path, why);
        }
        scope.foreign(&block.extensions, path);
        // A field of its own has no room for a mark.
        if block.cache.is_some() {
            let why = "instructions take no cache marks";
            let path = format!("{}.cache_control", path());
            scope.losses.quietly_dropped(path, why);
        }
        if !block.text.is_empty() {
            texts.push(&block.text);
        }
    }
    texts.extend(hint);
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// The messages of the system before any other, of a client that speaks Responses.
fn system(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let mut rest = request.system.as_slice();
    while let [first, ..] = rest {
        let more = |block: &SystemBlock| !block.starts_message;
        let length = 1 + rest[1..].iter().take_while(|block| more(block)).count();
        let (blocks, after) = rest.split_at(length);
        rest = after;
        if first.role == SystemRole::Instructions {
            continue;
        }
        let role = match first.role {
            SystemRole::Developer => "developer",
            SystemRole::System | SystemRole::Instructions => "system",
        };
        writer.object(|writer| {
            writer.field("type", "message");
            writer.field("role", role);
            if first.bare {
                writer.field("content", &first.text);
            } else {
                writer.array_field("content", |writer| {
                    for block in blocks {
                        writer.object(|writer| {
                            writer.field("type", "input_text");
                            writer.field("text", &block.text);
                            if let Some(mark) = &block.cache {
                                wire::write_cache_mark(writer, mark);
                            }
                            wire::write_extensions(writer, &block.extensions, &["message"]);
                        });
                    }
                });
            }
            wire::write_inner(writer, &first.extensions, "message");
        });
    }
}

/// The items of a turn: its parts are messages where they are content, and items of their own where they are not.
fn turn(scope: &mut Scope<'_>, writer: &mut Writer<'_>, plan: &Plan, index: usize, turn: &Turn) {
    let request = scope.request;
    if turn.name.is_some() {
        let path = format!("{}.name", request.turn_path(index));
        scope
            .losses
            .dropped(path, "Responses' messages have no name");
    }
    scope.foreign(&turn.extensions, || request.turn_path(index));
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut envelope = Some(turn);
    if turn.parts.is_empty() && scope.native {
        message(scope, writer, turn.role, &mut pieces, &mut envelope);
    }
    let last_item = turn.parts.iter().rposition(|part| !is_thinking(part));
    for (part, what) in turn.parts.iter().enumerate() {
        let path = || request.part_path(index, part);
        let is_content = matches!(
            what,
            Part::Text(_) | Part::Media(_) | Part::Refusal(_) | Part::Unknown(_)
        );
        if is_content {
            content::pieces(scope, what, voice(turn.role), path, &mut pieces);
            continue;
        }
        if let Part::ToolResult(result) = what {
            let place = (index, part);
            if plan.get(place).is_none() && !scope.native {
                let why = "answers no tool call; sent as text of the user";
                scope.losses.changed(path(), why);
                orphan(scope, result, path, &mut pieces);
                continue;
            }
        }
        flush(scope, writer, turn.role, &mut pieces, &mut envelope);
        match what {
            Part::ToolCall(call) => self::call(scope, writer, plan, (index, part), call),
            Part::ToolResult(result) => self::result(scope, writer, plan, (index, part), result),
            Part::Reasoning(reasoning) => {
                let followed = last_item.is_some_and(|last| last > part);
                self::reasoning(scope, writer, reasoning, followed, path);
            }
            Part::Server(block) if block.dialect == Dialect::Responses => writer.value(&block.raw),
            Part::Server(block) => {
                let why = format!("a `{}` block means nothing to another vendor", block.kind);
                scope.losses.dropped(path(), why);
            }
            Part::Text(_) | Part::Media(_) | Part::Refusal(_) | Part::Unknown(_) => {}
        }
    }
    if let (Some(mark), Some(piece)) = (&turn.cache, pieces.last_mut()) {
        // A mark on a message counts for its last part, unless that has its own.
        if let Some(mark) = scope.mark(Some(mark), || request.turn_path(index)) {
            piece.mark(mark);
        }
    }
    flush(scope, writer, turn.role, &mut pieces, &mut envelope);
}

fn is_thinking(part: &Part) -> bool {
    matches!(part, Part::Reasoning(_))
}

fn voice(role: Role) -> Voice {
    match role {
        Role::Assistant => Voice::Assistant,
        Role::User | Role::System | Role::Developer | Role::Tool => Voice::Client,
    }
}

fn flush<'a>(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    role: Role,
    pieces: &mut Vec<Piece<'a>>,
    envelope: &mut Option<&'a Turn>,
) {
    if !pieces.is_empty() {
        message(scope, writer, role, pieces, envelope);
    }
}

/// A message. Its id and its unknown fields are those of the turn, whose first message it is.
fn message<'a>(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    role: Role,
    pieces: &mut Vec<Piece<'a>>,
    envelope: &mut Option<&'a Turn>,
) {
    let turn = envelope.take().filter(|_| scope.native);
    let bare = turn.is_none_or(|turn| turn.bare);
    let word = match role {
        Role::Assistant => "assistant",
        Role::System => "system",
        Role::Developer => "developer",
        Role::User | Role::Tool => "user",
    };
    writer.object(|writer| {
        writer.field("type", "message");
        if let Some(turn) = turn {
            writer.field_opt("id", turn.item_id.as_ref());
        }
        writer.field("role", word);
        content::write(writer, "content", pieces, bare, voice(role));
        if let Some(turn) = turn {
            wire::write_extensions(writer, &turn.extensions, &[]);
        }
    });
    pieces.clear();
}

fn call(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    plan: &Plan,
    place: Place,
    call: &ToolCall,
) {
    let request = scope.request;
    let path = || request.part_path(place.0, place.1);
    if call.cache.is_some() {
        let path = format!("{}.cache_control", path());
        let why = "calls take no cache marks";
        scope.losses.quietly_dropped(path, why);
    }
    scope.foreign(&call.extensions, path);
    let id = plan.get(place).map_or(&call.id, |(id, _)| id);
    let told_as_function = call.kind == CallKind::Custom && !scope.target.chat.openai_tools;
    let (kind, field, text) = match call.kind {
        CallKind::Function => ("function_call", "arguments", call.arguments.to_text()),
        CallKind::Custom if told_as_function => {
            let object = RawJson::build(|writer| {
                writer.object(|writer| writer.field("input", &call.arguments.0));
            });
            ("function_call", "arguments", object.to_text())
        }
        CallKind::Custom => ("custom_tool_call", "input", call.arguments.0.clone()),
    };
    writer.object(|writer| {
        writer.field("type", kind);
        writer.field("call_id", id);
        super::write_name(scope, writer, &call.name);
        writer.field(field, &text);
        // The id of a call of free text is none of a function's.
        if !told_as_function {
            wire::write_extensions(writer, &call.extensions, &[]);
        }
    });
}

fn result(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    plan: &Plan,
    place: Place,
    result: &ToolResult,
) {
    if plan.is_repeated(place) {
        return;
    }
    let request = scope.request;
    let path = || request.part_path(place.0, place.1);
    if result.is_error == Some(true) {
        let why = "Responses has no mark for a failed tool; its output says so";
        scope.losses.dropped(format!("{}.is_error", path()), why);
    }
    scope.foreign(&result.extensions, path);
    let mut pieces = Vec::new();
    for part in &result.parts {
        content::pieces(scope, part, Voice::Client, path, &mut pieces);
    }
    if let Some(mark) = scope.mark(result.cache.as_ref(), path)
        && let Some(piece) = pieces.last_mut()
    {
        piece.mark(mark);
    }
    let paired = plan.get(place);
    let id = match paired {
        Some((id, _)) => id.clone(),
        None => ids::sanitise(&result.call_id, ids::CALL_ID_LIMIT),
    };
    let own_type = result.extensions.get(Dialect::Responses, "type");
    let kind = match paired.map(|(_, kind)| kind) {
        Some(CallKind::Custom) if scope.target.chat.openai_tools => "custom_tool_call_output",
        _ => "function_call_output",
    };
    let bare = result.bare || !scope.native;
    writer.object(|writer| {
        if own_type.is_none() {
            writer.field("type", kind);
        }
        writer.field("call_id", &id);
        content::write(writer, "output", &pieces, bare, Voice::Client);
        wire::write_extensions(writer, &result.extensions, &[]);
    });
}

fn orphan<'a>(
    scope: &mut Scope<'_>,
    result: &'a ToolResult,
    path: impl Fn() -> String,
    pieces: &mut Vec<Piece<'a>>,
) {
    let intro = format!("[result of the tool call {}]", result.call_id);
    pieces.push(Piece::text(Str::from(intro)));
    for part in &result.parts {
        content::pieces(scope, part, Voice::Client, &path, pieces);
    }
}

/// Thinking, when its state is this provider's. An item of it must be followed by the one it led to, and comes back as it
/// was: without an id rather than with one the provider did not give (trap 91).
fn reasoning(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    reasoning: &Reasoning,
    followed: bool,
    path: impl Fn() -> String,
) {
    let usable = match &reasoning.opaque {
        Some(state) => state.provider == scope.target.provider && !state.data.is_empty(),
        None => scope.native,
    };
    if !usable || !(followed || scope.native) {
        let why = match usable {
            true => "thinking that nothing followed",
            false => "thinking of another provider or without its state",
        };
        scope.losses.quietly_dropped(path(), why);
        return;
    }
    let id = reasoning.item_id.as_ref().filter(|id| !wire::is_own_id(id));
    let own_summary = reasoning.extensions.get(Dialect::Responses, wire::SUMMARY);
    writer.object(|writer| {
        writer.field("type", "reasoning");
        writer.field_opt("id", id);
        if own_summary.is_none() {
            write_summary(writer, &reasoning.text);
        }
        if let Some(state) = &reasoning.opaque {
            writer.field("encrypted_content", &state.data);
        }
        wire::write_extensions(writer, &reasoning.extensions, &[]);
    });
}

fn write_summary(writer: &mut Writer<'_>, text: &str) {
    writer.array_field(wire::SUMMARY, |writer| {
        if !text.is_empty() {
            writer.object(|writer| {
                writer.field("type", "summary_text");
                writer.field("text", text);
            });
        }
    });
}

/// What a conversation of another dialect may lack at its end: a question (trap 6), or, behind the assistant's own words,
/// something to answer, where the model is known not to go on with them (`dialects.md` 2.1).
fn ending(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    if scope.native {
        return;
    }
    let Some(last) = request.turns.last() else {
        own_words(writer, ".");
        return;
    };
    let is_call = |part: &Part| matches!(part, Part::ToolCall(_));
    if last.role != Role::Assistant
        || last.parts.iter().any(is_call)
        || scope.target.model_profile.prefill
    {
        return;
    }
    own_words(writer, "(continue)");
    scope.losses.changed(
        request.turn_path(request.turns.len() - 1),
        "the model cannot go on with a begun answer; it is asked to continue",
    );
}

fn own_words(writer: &mut Writer<'_>, text: &str) {
    writer.object(|writer| {
        writer.field("type", "message");
        writer.field("role", "user");
        writer.field("content", text);
    });
}
