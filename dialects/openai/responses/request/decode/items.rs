//! `input`: items grouped into turns.
//!
//! What the assistant did between two words of its client (thinking, a message, calls) is one turn, as others have it
//! (trap 86); every other item is a turn of its own. A turn has one message at most, and a message that follows a call
//! begins a new turn, so that it can be told behind the call's result (trap 87).

use std::collections::HashMap;

use super::parts;
use crate::error::DecodeError;
use crate::ir::{
    Arguments, CallKind, Extensions, Part, Place, Reasoning, Request, Role, ServerBlock,
    SystemBlock, SystemRole, Text, ToolCall, ToolResult, Turn,
};
use crate::json::{Str, Value};
use crate::openai::extensions;
use crate::openai::responses::wire;
use crate::{Dialect, ids, opaque};

/// Reads `input`: messages of the system before any other item become `request.system`, the rest turns.
pub(super) fn decode(request: &mut Request, value: Value<'_>) -> Result<(), DecodeError> {
    if let Some(text) = value.text() {
        request.turns_bare = true;
        let mut turn = Turn::new(Role::User, vec![Part::Text(Text::new(text))]);
        turn.bare = true;
        turn.place.message = 0..1;
        request.turns.push(turn);
        return Ok(());
    }
    if !value.is_array() {
        return Err(wire::expected("input", "a string or a list of items"));
    }
    let mut reader = Reader {
        request,
        ordinal: 0,
        open: None,
        called: false,
        kinds: HashMap::new(),
    };
    for (index, item) in value.items().enumerate() {
        reader.item(item, index)?;
    }
    Ok(())
}

struct Reader<'r> {
    request: &'r mut Request,
    /// Number of the next call, for ids of calls that have none.
    ordinal: usize,
    /// The turn that the assistant's next item belongs to.
    open: Option<usize>,
    /// A call is in that turn.
    called: bool,
    /// How each call was called.
    kinds: HashMap<Str, CallKind>,
}

/// The fields of one message.
struct Message<'d> {
    role: Str,
    content: Option<Value<'d>>,
    id: Option<Str>,
    extensions: Extensions,
}

impl<'d> Message<'d> {
    fn read(value: Value<'d>) -> Self {
        let keys = ["type", "role", "content", "id"];
        let ([_, role, content, id], extensions) =
            extensions::split(Dialect::Responses, value, keys);
        Self {
            role: role.and_then(Value::text).unwrap_or_default(),
            content,
            id: id.and_then(Value::text),
            extensions,
        }
    }
}

impl Reader<'_> {
    fn item(&mut self, value: Value<'_>, index: usize) -> Result<(), DecodeError> {
        if !value.is_object() {
            return Err(wire::expected(format_args!("input[{index}]"), "an object"));
        }
        let kind = value.text_of("type").unwrap_or_default();
        match &*kind {
            "message" => self.message(value, index),
            "" if value.field("role").is_some() => self.message(value, index),
            "" => Err(wire::expected(
                format_args!("input[{index}].type"),
                "the type of an item, or a `role`",
            )),
            "reasoning" => self.reasoning(value, index),
            "function_call" => self.call(value, index, CallKind::Function),
            "custom_tool_call" => self.call(value, index, CallKind::Custom),
            "function_call_output" => self.result(value, index, CallKind::Function),
            "custom_tool_call_output" => self.result(value, index, CallKind::Custom),
            _ => {
                let part = Part::Server(ServerBlock {
                    dialect: Dialect::Responses,
                    raw: value.raw(),
                    kind: kind.clone(),
                });
                if wire::is_clients(&kind) {
                    self.single(Role::User, vec![part], index);
                } else {
                    self.assistant(part, index);
                }
                Ok(())
            }
        }
    }

    /// A turn of one item that is no message.
    fn single(&mut self, role: Role, parts: Vec<Part>, index: usize) {
        self.open = None;
        let mut turn = Turn::new(role, parts);
        turn.place.first = index;
        self.request.turns.push(turn);
    }

    /// An item of the assistant's turn.
    fn assistant(&mut self, part: Part, index: usize) {
        let is_call = matches!(part, Part::ToolCall(_));
        self.called = is_call || (self.called && self.open.is_some());
        match self.open {
            Some(open) => self.request.turns[open].parts.push(part),
            None => {
                self.single(Role::Assistant, vec![part], index);
                self.open = Some(self.request.turns.len() - 1);
            }
        }
    }

    fn message(&mut self, value: Value<'_>, index: usize) -> Result<(), DecodeError> {
        let message = Message::read(value);
        let role = match &*message.role {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            "developer" => Role::Developer,
            _ => {
                return Err(wire::expected(
                    format_args!("input[{index}].role"),
                    "`system`, `developer`, `user` or `assistant`",
                ));
            }
        };
        let mut parts = Vec::new();
        let path = format_args!("input[{index}].content");
        let bare = parts::content(message.content, path, &mut parts)?;
        let leads = self.request.turns.is_empty();
        if leads && matches!(role, Role::System | Role::Developer) && all_text(&parts) {
            self.system(message, parts, bare, role == Role::Developer);
            return Ok(());
        }
        if role == Role::Assistant && !parts.is_empty() {
            self.reply(message, parts, bare, index);
            return Ok(());
        }
        self.open = None;
        self.request.turns.push(Turn {
            bare,
            item_id: message.id,
            place: Place {
                first: index,
                message: 0..parts.len(),
            },
            extensions: message.extensions,
            ..Turn::new(role, parts)
        });
        Ok(())
    }

    /// The message of an assistant's turn. It joins what came before it, unless that has a message or a call.
    fn reply(&mut self, message: Message<'_>, mut parts: Vec<Part>, bare: bool, index: usize) {
        let joins = self.open.filter(|open| {
            let turn = &self.request.turns[*open];
            turn.place.message.is_empty() && !self.called
        });
        let at = joins.unwrap_or_else(|| {
            self.single(Role::Assistant, Vec::new(), index);
            self.called = false;
            self.request.turns.len() - 1
        });
        self.open = Some(at);
        let turn = &mut self.request.turns[at];
        let first = turn.parts.len();
        turn.parts.append(&mut parts);
        turn.place.message = first..turn.parts.len();
        turn.bare = bare;
        turn.item_id = message.id;
        turn.extensions = message.extensions;
    }

    fn system(&mut self, message: Message<'_>, mut parts: Vec<Part>, bare: bool, developer: bool) {
        if parts.is_empty() {
            parts.push(Part::Text(Text::default()));
        }
        let first = self.request.system.len();
        let texts = parts.into_iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            _ => None,
        });
        let blocks = texts.enumerate().map(|(index, text)| SystemBlock {
            text: text.text,
            role: match developer {
                true => SystemRole::Developer,
                false => SystemRole::System,
            },
            starts_message: index == 0,
            bare,
            name: None,
            cache: text.cache,
            extensions: text.extensions,
        });
        self.request.system.extend(blocks);
        let extensions = &mut self.request.system[first].extensions;
        for extension in message.extensions.of(Dialect::Responses) {
            let key = format!("message.{}", extension.key);
            extensions.push(Dialect::Responses, &key, extension.value.clone());
        }
        if let Some(id) = message.id {
            let id = crate::json::RawJson::build(|writer| writer.value(&id));
            extensions.push(Dialect::Responses, "message.id", id);
        }
    }

    /// Thinking. Everything beside its text is kept as it came: an encrypted item that was reshaped is refused (trap 91).
    fn reasoning(&mut self, value: Value<'_>, index: usize) -> Result<(), DecodeError> {
        let path = || format!("input[{index}].encrypted_content");
        let state = value.field("encrypted_content");
        let state = state.map(|state| wire::text(state, &path())).transpose()?;
        let (opaque, redacted) = match state.filter(|state| !state.is_empty()) {
            Some(state) => {
                let (opaque, redacted) = wire::state_of_client(&state);
                (Some(opaque), redacted)
            }
            None => (None, false),
        };
        let mut extensions = Extensions::default();
        let known = ["type", "id", "encrypted_content"];
        wire::keep_unknown(&mut extensions, value, "", &known);
        let (text, paragraphs) = wire::thinking(value);
        let part = Part::Reasoning(Reasoning {
            text,
            paragraphs,
            opaque,
            redacted,
            item_id: value.text_of("id"),
            extensions,
        });
        self.assistant(part, index);
        Ok(())
    }

    fn call(&mut self, value: Value<'_>, index: usize, kind: CallKind) -> Result<(), DecodeError> {
        let field = match kind {
            CallKind::Function => "arguments",
            CallKind::Custom => "input",
        };
        let name = value
            .text_of("name")
            .ok_or_else(|| wire::expected(format_args!("input[{index}].name"), "a string"))?;
        let name = match value.text_of("namespace") {
            Some(space) => {
                let taken = Default::default();
                self.request.namespaces.flatten(&space, &name, &taken)
            }
            None => name,
        };
        // An object instead of its text is understood.
        let arguments = value.field(field).map(|arguments| {
            arguments
                .text()
                .unwrap_or_else(|| arguments.raw().to_text())
        });
        let present = |id: &Str| !id.is_empty();
        let id = value
            .text_of("call_id")
            .filter(present)
            .or_else(|| value.text_of("id").filter(present))
            .unwrap_or_else(|| ids::generated(&name, self.ordinal));
        let (id, opaque) = opaque::from_id(&id);
        self.ordinal += 1;
        let mut extensions = Extensions::default();
        let known = ["type", "call_id", "name", "namespace", field];
        wire::keep_unknown(&mut extensions, value, "", &known);
        self.kinds.insert(id.clone(), kind);
        let part = Part::ToolCall(ToolCall {
            id,
            name,
            kind,
            arguments: Arguments(arguments.unwrap_or_default()),
            opaque,
            cache: None,
            extensions,
        });
        self.assistant(part, index);
        Ok(())
    }

    fn result(
        &mut self,
        value: Value<'_>,
        index: usize,
        kind: CallKind,
    ) -> Result<(), DecodeError> {
        let call_id = value
            .text_of("call_id")
            .filter(|id| !id.is_empty())
            .ok_or_else(|| wire::expected(format_args!("input[{index}].call_id"), "a string"))?;
        let call_id = opaque::from_id(&call_id).0;
        let mut parts = Vec::new();
        let bare = match value.field("output") {
            // Trap 29: an object where text belongs is its text.
            Some(output) if !output.is_array() && output.text().is_none() => {
                parts.push(Part::Text(Text::new(output.raw().to_text())));
                true
            }
            output => parts::content(output, format_args!("input[{index}].output"), &mut parts)?,
        };
        let mut extensions = Extensions::default();
        let known = ["call_id", "output"];
        // The type is that of the call, which may be stored at the provider.
        let expected = self.kinds.get(&call_id).copied().unwrap_or_default() == kind;
        wire::keep_unknown(&mut extensions, value, "", &known);
        if expected {
            extensions.take(Dialect::Responses, "type");
        }
        let result = ToolResult {
            call_id,
            name: None,
            parts,
            bare,
            is_error: None,
            cache: None,
            extensions,
        };
        self.single(Role::Tool, vec![Part::ToolResult(result)], index);
        Ok(())
    }
}

fn all_text(parts: &[Part]) -> bool {
    parts.iter().all(|part| matches!(part, Part::Text(_)))
}
