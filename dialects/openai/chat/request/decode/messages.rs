//! `messages`.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use super::parts;
use crate::error::DecodeError;
use crate::ir::{
    Arguments, CacheMark, CallKind, Extensions, Part, Place, Reasoning, Request, Role, SystemBlock,
    SystemRole, Text, ToolCall, ToolResult, Turn,
};
use crate::json::{RawJson, Str, Value};
use crate::openai::chat::wire;
use crate::{Dialect, ids, opaque};

/// Which generation of tool calls a history speaks of.
#[derive(Default)]
pub(super) struct History {
    pub(super) legacy: bool,
    pub(super) modern: bool,
}

/// Reads the messages: those of the system before any other become `request.system`, the rest turns.
pub(super) fn decode(request: &mut Request, value: Value<'_>) -> Result<History, DecodeError> {
    if !value.is_array() {
        return Err(wire::expected("messages", "a list"));
    }
    let mut reader = Reader {
        request,
        history: History::default(),
        ordinal: 0,
        open: VecDeque::new(),
        answered: HashSet::new(),
        function: None,
    };
    for (index, message) in value.items().enumerate() {
        reader.message(message, format_args!("messages[{index}]"))?;
    }
    Ok(reader.history)
}

struct Reader<'r> {
    request: &'r mut Request,
    history: History,
    /// Number of the next call, for ids of calls that have none.
    ordinal: usize,
    /// Ids of the latest calls, but for those that a result without an id was given to.
    open: VecDeque<Str>,
    /// Ids of results since the latest calls.
    answered: HashSet<Str>,
    /// Id and name of the latest `function_call`.
    function: Option<(Str, Str)>,
}

/// The fields of one message.
#[derive(Default)]
struct Message<'d> {
    content: Option<Value<'d>>,
    name: Option<Str>,
    cache: Option<CacheMark>,
    tool_call_id: Option<Str>,
    tool_calls: Option<Value<'d>>,
    function_call: Option<Value<'d>>,
    refusal: Option<Str>,
    reasoning_content: Option<Value<'d>>,
    reasoning: Option<Value<'d>>,
    reasoning_details: Option<Value<'d>>,
    extensions: Extensions,
}

impl<'d> Message<'d> {
    fn read(value: Value<'d>, role: Role) -> Self {
        let mut message = Self::default();
        for (key, value) in value.entries() {
            if value.is_null() {
                continue;
            }
            match (&*key, role) {
                ("role", _) => {}
                ("content", _) => message.content = Some(value),
                ("name", _) => message.name = value.text(),
                ("cache_control" | "prompt_cache_breakpoint", _) => {
                    message.cache = wire::cache_mark(&key, value);
                }
                ("tool_call_id", Role::Tool) => message.tool_call_id = value.text(),
                ("tool_calls", Role::Assistant) => message.tool_calls = Some(value),
                ("function_call", Role::Assistant) => message.function_call = Some(value),
                ("refusal", Role::Assistant) => message.refusal = value.text(),
                ("reasoning_content", Role::Assistant) => message.reasoning_content = Some(value),
                ("reasoning", Role::Assistant) => message.reasoning = Some(value),
                ("reasoning_details", Role::Assistant) => message.reasoning_details = Some(value),
                _ => message.extensions.push(Dialect::Chat, &key, value.raw()),
            }
        }
        message
    }

    fn into_turn(self, role: Role, parts: Vec<Part>, bare: bool) -> Turn {
        Turn {
            role,
            name: self.name,
            parts,
            bare,
            item_id: None,
            place: Place::default(),
            cache: self.cache,
            extensions: self.extensions,
        }
    }
}

impl Reader<'_> {
    fn message(&mut self, value: Value<'_>, path: fmt::Arguments<'_>) -> Result<(), DecodeError> {
        if !value.is_object() {
            return Err(wire::expected(path, "an object"));
        }
        let role = value.text_of("role").unwrap_or_default();
        match &*role {
            "system" => self.system(value, path, SystemRole::System),
            "developer" => self.system(value, path, SystemRole::Developer),
            "user" => self.plain(value, path, Role::User),
            "assistant" => self.assistant(value, path),
            "tool" => self.tool(value, path),
            "function" => self.function(value, path),
            _ => Err(wire::expected(
                format_args!("{path}.role"),
                "`system`, `developer`, `user`, `assistant` or `tool`",
            )),
        }
    }

    fn system(
        &mut self,
        value: Value<'_>,
        path: fmt::Arguments<'_>,
        word: SystemRole,
    ) -> Result<(), DecodeError> {
        if !self.request.turns.is_empty() {
            let role = match word {
                SystemRole::System | SystemRole::Instructions => Role::System,
                SystemRole::Developer => Role::Developer,
            };
            return self.plain(value, path, role);
        }
        let message = Message::read(value, Role::System);
        let mut parts = Vec::new();
        let bare = parts::content(message.content, format_args!("{path}.content"), &mut parts)?;
        if parts.is_empty() {
            parts.push(Part::Text(Text::default()));
        }
        let first = self.request.system.len();
        for (index, part) in parts.into_iter().enumerate() {
            let Part::Text(text) = part else {
                let path = format!("{path}.content[{index}]");
                return Err(wire::expected(path, "a part of type `text`"));
            };
            self.request.system.push(SystemBlock {
                text: text.text,
                role: word,
                starts_message: index == 0,
                bare,
                name: message.name.clone().filter(|_| index == 0),
                cache: text.cache,
                extensions: text.extensions,
            });
        }
        // A mark on the message counts for its last block, unless that has its own.
        if let Some(last) = self.request.system.last_mut() {
            last.cache = last.cache.take().or(message.cache);
        }
        for extension in message.extensions.of(Dialect::Chat) {
            self.request.system[first].extensions.push(
                Dialect::Chat,
                &extension.key,
                extension.value.clone(),
            );
        }
        Ok(())
    }

    /// A message that is nothing but its content.
    fn plain(
        &mut self,
        value: Value<'_>,
        path: fmt::Arguments<'_>,
        role: Role,
    ) -> Result<(), DecodeError> {
        let message = Message::read(value, role);
        let mut parts = Vec::new();
        let bare = parts::content(message.content, format_args!("{path}.content"), &mut parts)?;
        self.request
            .turns
            .push(message.into_turn(role, parts, bare));
        Ok(())
    }

    fn assistant(&mut self, value: Value<'_>, path: fmt::Arguments<'_>) -> Result<(), DecodeError> {
        let mut message = Message::read(value, Role::Assistant);
        let mut parts = reasoning(&mut message);
        let bare = parts::content(message.content, format_args!("{path}.content"), &mut parts)?;
        parts.extend(message.refusal.take().map(Part::Refusal));
        self.open.clear();
        self.answered.clear();
        if let Some(calls) = message.tool_calls {
            if !calls.is_array() {
                return Err(wire::expected(format_args!("{path}.tool_calls"), "a list"));
            }
            for (index, call) in calls.items().enumerate() {
                let call = self.call(call, format_args!("{path}.tool_calls[{index}]"))?;
                self.history.modern = true;
                parts.push(Part::ToolCall(call));
            }
        }
        if let Some(call) = message.function_call {
            let call = self.finish_call(call, format_args!("{path}.function_call"), None)?;
            self.history.legacy = true;
            self.function = Some((call.id.clone(), call.name.clone()));
            parts.push(Part::ToolCall(call));
        }
        self.request
            .turns
            .push(message.into_turn(Role::Assistant, parts, bare));
        Ok(())
    }

    fn call(
        &mut self,
        value: Value<'_>,
        path: fmt::Arguments<'_>,
    ) -> Result<ToolCall, DecodeError> {
        let custom = value.field("custom").filter(|inner| inner.is_object());
        let (key, inner) = match (value.field("function"), custom) {
            (Some(inner), _) => ("function", inner),
            (None, Some(inner)) => ("custom", inner),
            (None, None) => {
                return Err(wire::expected(
                    path,
                    "a call with a `function` or a `custom` object",
                ));
            }
        };
        let path = format_args!("{path}.{key}");
        let mut call = self.finish_call(inner, path, value.text_of("id"))?;
        if key == "custom" {
            call.kind = CallKind::Custom;
        }
        call.cache = value
            .field("cache_control")
            .and_then(|mark| wire::cache_mark("cache_control", mark));
        let known = ["id", "type", "index", key, "cache_control"];
        wire::keep_unknown(&mut call.extensions, value, "", &known);
        let known = ["name", "arguments", "input"];
        wire::keep_unknown(&mut call.extensions, inner, key, &known);
        Ok(call)
    }

    /// `{name, arguments}` or `{name, input}`, with an id made up where there is none.
    fn finish_call(
        &mut self,
        inner: Value<'_>,
        path: fmt::Arguments<'_>,
        id: Option<Str>,
    ) -> Result<ToolCall, DecodeError> {
        let name = inner
            .text_of("name")
            .ok_or_else(|| wire::expected(format_args!("{path}.name"), "a string"))?;
        let arguments = inner.field("arguments").or_else(|| inner.field("input"));
        // An object instead of its text is understood.
        let arguments = arguments.map(|arguments| {
            arguments
                .text()
                .unwrap_or_else(|| arguments.raw().to_text())
        });
        let (id, opaque) = match id.filter(|id| !id.is_empty()) {
            Some(id) => opaque::from_id(&id),
            None => (ids::generated(&name, self.ordinal), None),
        };
        self.ordinal += 1;
        self.open.push_back(id.clone());
        Ok(ToolCall {
            id,
            name,
            kind: CallKind::Function,
            arguments: Arguments(arguments.unwrap_or_default()),
            opaque,
            cache: None,
            extensions: Extensions::default(),
        })
    }

    fn tool(&mut self, value: Value<'_>, path: fmt::Arguments<'_>) -> Result<(), DecodeError> {
        let mut message = Message::read(value, Role::Tool);
        self.history.modern = true;
        let id = message.tool_call_id.take().filter(|id| !id.is_empty());
        let call_id = match id {
            Some(id) => opaque::from_id(&id).0,
            // Without an id, results are taken in the order of the calls.
            None => self
                .next_open()
                .ok_or_else(|| wire::expected(format_args!("{path}.tool_call_id"), "a string"))?,
        };
        self.answered.insert(call_id.clone());
        self.result(message, path, call_id)
    }

    fn next_open(&mut self) -> Option<Str> {
        while let Some(id) = self.open.pop_front() {
            if !self.answered.contains(&id) {
                return Some(id);
            }
        }
        None
    }

    fn function(&mut self, value: Value<'_>, path: fmt::Arguments<'_>) -> Result<(), DecodeError> {
        let message = Message::read(value, Role::Tool);
        self.history.legacy = true;
        let name = message
            .name
            .clone()
            .ok_or_else(|| wire::expected(format_args!("{path}.name"), "a string"))?;
        let call = self.function.take_if(|(_, called)| *called == name);
        let call_id = match call {
            Some((id, _)) => id,
            None => ids::generated(&name, self.ordinal),
        };
        self.result(message, path, call_id)
    }

    fn result(
        &mut self,
        mut message: Message<'_>,
        path: fmt::Arguments<'_>,
        call_id: Str,
    ) -> Result<(), DecodeError> {
        let mut parts = Vec::new();
        let bare = match message.content {
            // Trap 29: an object where text belongs is its text.
            Some(content) if !content.is_array() && content.text().is_none() => {
                parts.push(Part::Text(Text::new(content.raw().to_text())));
                true
            }
            content => parts::content(content, format_args!("{path}.content"), &mut parts)?,
        };
        let result = ToolResult {
            call_id,
            name: message.name.take(),
            parts,
            bare,
            is_error: None,
            cache: message.cache.take(),
            extensions: Extensions::default(),
        };
        let turn = message.into_turn(Role::Tool, vec![Part::ToolResult(result)], false);
        self.request.turns.push(turn);
        Ok(())
    }
}

/// Thinking on an assistant turn. What the gateway itself wrote into `reasoning_details` wins over the plain text; entries
/// of other makers are kept as they are.
fn reasoning(message: &mut Message<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(details) = message.reasoning_details {
        let mut foreign: Vec<RawJson> = Vec::new();
        for entry in details.items() {
            match wrapped(entry) {
                Some(reasoning) => parts.push(Part::Reasoning(reasoning)),
                None => foreign.push(entry.raw()),
            }
        }
        if parts.is_empty() {
            message
                .extensions
                .push(Dialect::Chat, "reasoning_details", details.raw());
        } else if !foreign.is_empty() {
            let kept = RawJson::build(|writer| {
                writer.array(|writer| foreign.iter().for_each(|entry| writer.value(entry)));
            });
            message
                .extensions
                .push(Dialect::Chat, "reasoning_details", kept);
        }
    }
    if !parts.is_empty() {
        return parts;
    }
    for field in [message.reasoning_content, message.reasoning] {
        if let Some(text) = field.and_then(Value::text).filter(|text| !text.is_empty()) {
            parts.push(Part::Reasoning(Reasoning {
                text,
                ..Reasoning::default()
            }));
            break;
        }
    }
    parts
}

fn wrapped(entry: Value<'_>) -> Option<Reasoning> {
    let text = entry.text_of("text").unwrap_or_default();
    let redacted = entry.text_of("type").as_deref() == Some("reasoning.encrypted");
    let state = entry.text_of(if redacted { "data" } else { "signature" })?;
    if !state.starts_with(opaque::PREFIX) {
        return None;
    }
    let opaque = opaque::unwrap(&state, &Str::new());
    (!opaque.provider.is_empty()).then(|| Reasoning {
        text,
        opaque: Some(opaque),
        redacted,
        ..Reasoning::default()
    })
}
