//! `messages`.

use super::content::{self, Piece, Spelling};
use super::pairing::{Place, Plan};
use crate::Dialect;
use crate::ids;
use crate::ir::{
    CallKind, Extensions, Media, MediaKind, Part, Role, SystemBlock, SystemRole, ToolCall,
    ToolResult, Turn,
};
use crate::json::{RawJson, Str, Writer};
use crate::openai::chat::wire::{self, BILLING_BLOCK};
use crate::openai::scope::Scope;

/// Writes the whole conversation; `hint` is one more system text.
pub(super) fn write(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    plan: &Plan,
    hint: Option<String>,
) {
    let request = scope.request;
    writer.array_field("messages", |writer| {
        system(scope, writer);
        if let Some(hint) = hint {
            writer.object(|writer| {
                writer.field("role", "system");
                writer.field("content", &hint);
            });
        }
        // Turns up to here stood between a call and its results.
        let mut between = 0;
        for (index, turn) in request.turns.iter().enumerate() {
            let results = &plan.behind[index];
            if turn.role == Role::Assistant {
                assistant(scope, writer, index, turn);
            } else if said(scope, writer, plan, index, turn) && index < between {
                let path = request.turn_path(index);
                let why = "moved behind the results of the tool calls before it";
                scope.losses.changed(path, why);
            }
            if let Some(last) = results.last() {
                between = last.0;
                self::results(scope, writer, results);
            }
        }
        continuation(scope, writer);
    });
}

fn system_word(
    scope: &mut Scope<'_>,
    developer: bool,
    path: impl FnOnce() -> String,
) -> &'static str {
    if developer && scope.target.chat.developer_role {
        return "developer";
    }
    if developer {
        let why = "written as `system`, which means the same";
        scope
            .losses
            .quietly_dropped(format!("{}.role", path()), why);
    }
    "system"
}

/// The leading system prompt. A Claude request has one, however many blocks; Chat clients may have sent several messages.
fn system(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let mut rest = request.system.as_slice();
    let (mut at, mut message) = (0, 0);
    while !rest.is_empty() {
        let one = request.dialect == Dialect::Claude;
        let more = |block: &SystemBlock| one || !block.starts_message;
        let length = 1 + rest[1..].iter().take_while(|block| more(block)).count();
        system_message(scope, writer, (message, at), &rest[..length]);
        message += 1;
        at += length;
        rest = &rest[length..];
    }
}

fn system_message(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    (message, at): (usize, usize),
    blocks: &[SystemBlock],
) {
    let native = scope.native;
    let scope_request = scope.request;
    let path = |index: usize| match native {
        true => format!("messages[{message}].content[{index}]"),
        false => scope_request.system_block_path(at + index, message, index),
    };
    let bare = blocks[0].bare && blocks.len() == 1;
    let mut pieces = Vec::new();
    let mut own_mark = None;
    for (index, block) in blocks.iter().enumerate() {
        if !native && block.text.begins_with(BILLING_BLOCK) {
            // Trap 42.
            let why = "the billing block is for its own vendor only";
            scope.losses.quietly_dropped(path(index), why);
            continue;
        }
        scope.foreign(&block.extensions, || path(index));
        let mut cache = scope.mark(block.cache.as_ref(), || path(index));
        if bare && native {
            own_mark = cache.take();
        }
        let has_own = !bare && block.extensions.of(Dialect::Chat).next().is_some();
        pieces.push(Piece::Text {
            text: block.text.clone(),
            cache,
            extensions: has_own.then_some(&block.extensions),
        });
    }
    if pieces.is_empty() {
        return;
    }
    let developer = blocks[0].role == SystemRole::Developer;
    let role = system_word(scope, developer, || scope_request.system_path(at, message));
    writer.object(|writer| {
        writer.field("role", role);
        writer.field_opt("name", blocks[0].name.as_ref());
        content::write(writer, &pieces, spelling(scope, bare));
        if let Some(mark) = own_mark {
            wire::write_cache_mark(writer, mark);
        }
        if bare {
            wire::write_extensions(writer, &blocks[0].extensions, &[]);
        }
    });
}

fn spelling(scope: &Scope<'_>, bare: bool) -> Spelling {
    Spelling {
        bare,
        native: scope.native,
        lists: scope.target.chat.text_parts,
    }
}

/// The fields beside `content` that any message may have.
fn envelope(scope: &mut Scope<'_>, writer: &mut Writer<'_>, index: usize, turn: &Turn) {
    let request = scope.request;
    let path = || request.turn_path(index);
    if let Some(mark) = scope.mark(turn.cache.as_ref(), path) {
        wire::write_cache_mark(writer, mark);
    }
    scope.extensions(writer, &turn.extensions, &[], path);
}

/// A user or system message without the results in it, which are written behind their calls (trap 26). False when
/// nothing else was in it.
fn said(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    plan: &Plan,
    index: usize,
    turn: &Turn,
) -> bool {
    let request = scope.request;
    let mut pieces = Vec::new();
    for (part, what) in turn.parts.iter().enumerate() {
        let path = || request.part_path(index, part);
        match what {
            Part::ToolResult(_) if plan.is_moved((index, part)) => {}
            Part::ToolResult(result) => {
                scope
                    .losses
                    .changed(path(), "answers no tool call; sent as text of the user");
                orphan(scope, result, path, &mut pieces);
            }
            _ => content::pieces(scope, what, path, &mut pieces),
        }
    }
    if pieces.is_empty() && (!turn.parts.is_empty() || turn.role == Role::Tool) {
        return false;
    }
    let role = match turn.role {
        Role::System => "system",
        Role::Developer => system_word(scope, true, || request.turn_path(index)),
        Role::User | Role::Assistant | Role::Tool => "user",
    };
    writer.object(|writer| {
        writer.field("role", role);
        writer.field_opt("name", turn.name.as_ref());
        content::write(writer, &pieces, spelling(scope, turn.bare));
        envelope(scope, writer, index, turn);
    });
    true
}

fn orphan<'a>(
    scope: &mut Scope<'_>,
    result: &'a ToolResult,
    path: impl Fn() -> String,
    pieces: &mut Vec<Piece<'a>>,
) {
    pieces.push(Piece::text(format!(
        "[result of the tool call {}]",
        result.call_id
    )));
    for part in &result.parts {
        content::pieces(scope, part, &path, pieces);
    }
}

fn assistant(scope: &mut Scope<'_>, writer: &mut Writer<'_>, index: usize, turn: &Turn) {
    let request = scope.request;
    let mut pieces = Vec::new();
    let mut calls = Vec::new();
    let mut refusal = None;
    let mut thoughts = Vec::new();
    for (part, what) in turn.parts.iter().enumerate() {
        let path = || request.part_path(index, part);
        match what {
            Part::ToolCall(call) => calls.push((part, call)),
            Part::Refusal(text) if turn.bare || !scope.native => refusal = Some(text),
            Part::Reasoning(reasoning) if scope.target.chat.replay_reasoning => {
                thoughts.push(&*reasoning.text);
            }
            Part::Reasoning(_) => {
                let why = "the upstream takes no earlier thinking";
                scope.losses.quietly_dropped(path(), why);
            }
            _ => content::pieces(scope, what, path, &mut pieces),
        }
    }
    let silent = pieces.is_empty() && calls.is_empty() && refusal.is_none();
    if silent && !scope.native {
        return;
    }
    writer.object(|writer| {
        writer.field("role", "assistant");
        writer.field_opt("name", turn.name.as_ref());
        let nothing = pieces.is_empty() && turn.bare | !scope.native;
        if nothing && (!silent || turn.parts.is_empty()) {
            writer.null_field("content");
        } else {
            content::write(writer, &pieces, spelling(scope, turn.bare));
        }
        if thoughts.iter().any(|text| !text.is_empty()) {
            writer.field("reasoning_content", &thoughts.concat());
        }
        writer.field_opt("refusal", refusal);
        write_calls(scope, writer, index, &calls);
        envelope(scope, writer, index, turn);
    });
}

fn write_calls(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    index: usize,
    calls: &[(usize, &ToolCall)],
) {
    if let (true, &[(_, call)]) = (scope.request.legacy_functions, calls) {
        let name = scope.name(&call.name);
        writer.object_field("function_call", |writer| {
            writer.field("name", &name);
            writer.field("arguments", &call.arguments.to_text());
        });
        return;
    }
    if calls.is_empty() {
        return;
    }
    let request = scope.request;
    writer.array_field("tool_calls", |writer| {
        for &(part, call) in calls {
            let name = scope.name(&call.name);
            let path = || request.part_path(index, part);
            writer.object(|writer| {
                writer.field("id", &ids::sanitise(&call.id, ids::CHAT_CALL_ID_LIMIT));
                write_call(writer, call, &name, scope.target.chat.custom_tools);
                if let Some(mark) = scope.mark(call.cache.as_ref(), path) {
                    wire::write_cache_mark(writer, mark);
                }
                let below = ["function", "custom"];
                scope.extensions(writer, &call.extensions, &below, path);
            });
        }
    });
}

fn write_call(writer: &mut Writer<'_>, call: &ToolCall, name: &Str, custom_tools: bool) {
    let (key, field, arguments) = match call.kind {
        CallKind::Custom if !custom_tools => {
            let object = RawJson::build(|writer| {
                writer.object(|writer| writer.field("input", &call.arguments.0));
            });
            ("function", "arguments", object.to_text())
        }
        CallKind::Function => ("function", "arguments", call.arguments.to_text()),
        CallKind::Custom => ("custom", "input", call.arguments.0.clone()),
    };
    writer.field("type", key);
    writer.object_field(key, |writer| {
        writer.field("name", name);
        writer.field(field, &arguments);
        wire::write_inner(writer, &call.extensions, key);
    });
}

/// The results behind an assistant message, then a user message with the pictures that a `tool` message cannot hold
/// (`dialects.md` 2.2, trap 28).
fn results(scope: &mut Scope<'_>, writer: &mut Writer<'_>, places: &[Place]) {
    let request = scope.request;
    let mut attached = Vec::new();
    for &(turn, part) in places {
        let said = &request.turns[turn];
        if let Some(Part::ToolResult(result)) = said.parts.get(part) {
            // A message of its own (Chat) may have fields of its own.
            let own = (said.role == Role::Tool).then_some(&said.extensions);
            self::result(scope, writer, (turn, part), result, own, &mut attached);
        }
    }
    if !attached.is_empty() {
        writer.object(|writer| {
            writer.field("role", "user");
            content::write(writer, &attached, spelling(scope, false));
        });
    }
}

fn result<'a>(
    scope: &mut Scope<'_>,
    writer: &mut Writer<'_>,
    place: Place,
    result: &'a ToolResult,
    own: Option<&Extensions>,
    attached: &mut Vec<Piece<'a>>,
) {
    let request = scope.request;
    let path = || request.part_path(place.0, place.1);
    if result.is_error == Some(true) {
        let why = "Chat has no mark for a failed tool; its message says so";
        scope.losses.dropped(format!("{}.is_error", path()), why);
    }
    let mut pieces = Vec::new();
    for part in &result.parts {
        content::pieces(scope, part, path, &mut pieces);
    }
    if !scope.target.chat.image_in_tool {
        for piece in &mut pieces {
            if let Piece::Media { media, .. } = piece {
                let note = Piece::text(attachment(media));
                attached.push(std::mem::replace(piece, note));
            }
        }
    }
    let own_mark = scope.mark(result.cache.as_ref(), path);
    writer.object(|writer| {
        if let (true, Some(name)) = (request.legacy_functions, &result.name) {
            writer.field("role", "function");
            writer.field("name", &scope.name(name));
        } else {
            let id = ids::sanitise(&result.call_id, ids::CHAT_CALL_ID_LIMIT);
            writer.field("role", "tool");
            writer.field("tool_call_id", &id);
            if scope.native {
                writer.field_opt("name", result.name.as_ref());
            }
        }
        content::write(writer, &pieces, spelling(scope, result.bare));
        if let Some(mark) = own_mark {
            wire::write_cache_mark(writer, mark);
        }
        if let Some(extensions) = own {
            scope.extensions(writer, extensions, &[], || request.turn_path(place.0));
        }
        scope.extensions(writer, &result.extensions, &[], path);
    });
}

fn attachment(media: &Media) -> &'static str {
    match media.kind {
        MediaKind::Image => "[image attached below]",
        _ => "[file attached below]",
    }
}

/// A request that ends with the assistant's words asks Claude to go on with them. A Chat upstream answers them instead,
/// unless its profile says otherwise; it is given something to answer, and the words are kept (`dialects.md` 2.1).
fn continuation(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let Some(last) = request.turns.last() else {
        return;
    };
    let has_calls = last
        .parts
        .iter()
        .any(|part| matches!(part, Part::ToolCall(_)));
    if scope.native
        || last.role != Role::Assistant
        || has_calls
        || scope.target.model_profile.prefill
    {
        return;
    }
    writer.object(|writer| {
        writer.field("role", "user");
        writer.field("content", "(continue)");
    });
    scope.losses.changed(
        request.turn_path(request.turns.len() - 1),
        "the model cannot go on with a begun answer; it is asked to continue",
    );
}
