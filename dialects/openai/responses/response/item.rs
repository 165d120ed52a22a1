//! The items of an answer, the same in whole answers and in streams.

use crate::Dialect;
use crate::ir::{
    CallKind, Extensions, Media, MediaKind, MediaSource, Opaque, Part, Text, ToolCall,
};
use crate::json::{RawJson, Str, Value, Writer};
use crate::names::Names;
use crate::openai::responses::wire::{self, citation};
use crate::target::Reply;
use crate::{ids, opaque};

/// One item of `output`.
#[derive(Debug)]
pub(in crate::openai::responses) enum Item {
    Message {
        id: Str,
        parts: Vec<Content>,
    },
    Reasoning {
        id: Str,
        /// Of its summary.
        parts: Vec<Str>,
        state: Option<Str>,
        extensions: Extensions,
    },
    Call {
        id: Str,
        call_id: Str,
        name: Str,
        /// Namespace and name, where the client knows the tool by those.
        space: Option<(Str, Str)>,
        custom: bool,
        text: Str,
        extensions: Extensions,
    },
    Image {
        id: Str,
        mime: Str,
        data: Str,
    },
    /// As its own dialect wrote it.
    Raw(RawJson),
}

/// One part of a message.
#[derive(Debug)]
pub(in crate::openai::responses) enum Content {
    Text {
        text: Str,
        annotations: Vec<RawJson>,
        logprobs: Vec<RawJson>,
        extensions: Extensions,
    },
    Refusal(Str),
    /// As its own dialect wrote it.
    Raw(RawJson),
}

/// The id of an item, by its kind and its place in the answer.
pub(in crate::openai::responses) fn item_id(prefix: &str, reply: &Reply, place: usize) -> Str {
    let mut digits = itoa::Buffer::new();
    Str::from([prefix, &reply.unique, "_", digits.format(place)].concat())
}

/// The beginning of the id of a call.
pub(in crate::openai::responses) fn words(
    custom: bool,
) -> (&'static str, &'static str, &'static str) {
    match custom {
        true => ("ctc_", "custom_tool_call", "input"),
        false => ("fc_", "function_call", "arguments"),
    }
}

/// Citations that can be annotations, in the order they are written: those that know their place first.
pub(in crate::openai::responses) fn cited(list: &RawJson) -> (Vec<RawJson>, Vec<RawJson>) {
    let document = list.document();
    let raw = document
        .root()
        .items()
        .filter(|value| citation::is_annotation(*value))
        .map(|value| (citation::knows_its_place(value), value.raw()));
    let (at_once, later): (Vec<_>, Vec<_>) = raw.partition(|(known, _)| *known);
    let plain = |list: Vec<(bool, RawJson)>| list.into_iter().map(|(_, raw)| raw).collect();
    (plain(at_once), plain(later))
}

/// The entries of token probabilities in Chat's form.
pub(in crate::openai::responses) fn logprobs(raw: &RawJson) -> Vec<RawJson> {
    let document = raw.document();
    let list = document.root().field("content");
    let entries = list.into_iter().flat_map(Value::items);
    entries.map(Value::raw).collect()
}

impl Item {
    /// The items that the parts of an answer amount to. `cut` when the last of them was cut off.
    pub(super) fn all(
        parts: &[Part],
        tokens: Option<&RawJson>,
        reply: &Reply,
        cut: bool,
    ) -> Vec<Self> {
        let mut items: Vec<Self> = Vec::new();
        let is_text = |part: &Part| matches!(part, Part::Text(text) if !text.text.is_empty());
        let last_text = parts.iter().rposition(is_text);
        let last = parts.iter().rposition(shows);
        for (index, part) in parts.iter().enumerate() {
            let tokens = tokens.filter(|_| Some(index) == last_text);
            if let Some(content) = Content::of(part, tokens) {
                match items.last_mut() {
                    Some(Self::Message { parts, .. }) => parts.push(content),
                    _ => items.push(Self::Message {
                        id: item_id("msg_", reply, items.len()),
                        parts: vec![content],
                    }),
                }
                continue;
            }
            let place = items.len();
            let is_cut = cut && Some(index) == last;
            items.extend(Self::of(part, reply, place, is_cut));
        }
        items
    }

    fn of(part: &Part, reply: &Reply, place: usize, is_cut: bool) -> Option<Self> {
        Some(match part {
            Part::Reasoning(reasoning) => {
                let state = wire::state(reasoning);
                if reasoning.text.is_empty() && !has_state(reasoning) {
                    return None;
                }
                Self::Reasoning {
                    id: item_id(ids::REASONING_PREFIX, reply, place),
                    parts: reasoning.parts(),
                    state,
                    extensions: reasoning.extensions.clone(),
                }
            }
            Part::ToolCall(call) => Self::call(call, reply, place, is_cut),
            Part::Server(block) if block.dialect == Dialect::Responses => {
                Self::Raw(block.raw.clone())
            }
            Part::Media(media) => Self::image(media, reply, place)?,
            _ => return None,
        })
    }

    fn call(call: &ToolCall, reply: &Reply, place: usize, is_cut: bool) -> Self {
        let name = reply.names.client(&call.name);
        let mapped = call.kind == CallKind::Function && reply.names.is_custom(&name);
        let custom = mapped || call.kind == CallKind::Custom;
        let text = match call.kind {
            CallKind::Function if mapped => wire::free_text(&call.arguments),
            CallKind::Function if !is_cut => call.arguments.to_text(),
            _ => call.arguments.0.clone(),
        };
        Self::Call {
            id: item_id(words(custom).0, reply, place),
            call_id: call_id(&call.id, call.opaque.as_ref()),
            space: space(&reply.names, &name),
            name,
            custom,
            text,
            extensions: call.extensions.clone(),
        }
    }

    /// A picture that another vendor's model drew.
    pub(in crate::openai::responses) fn image(
        media: &Media,
        reply: &Reply,
        place: usize,
    ) -> Option<Self> {
        match (&media.source, media.kind) {
            (MediaSource::Base64 { mime, data }, MediaKind::Image) => Some(Self::Image {
                id: item_id("ig_", reply, place),
                mime: mime.clone(),
                data: data.clone(),
            }),
            _ => None,
        }
    }

    /// Writes the item with its status.
    pub(in crate::openai::responses) fn write(&self, writer: &mut Writer<'_>, status: &str) {
        if let Self::Raw(raw) = self {
            return wire::write_line(writer, raw);
        }
        writer.object(|writer| match self {
            Self::Message { id, parts } => {
                writer.field("id", id);
                writer.field("type", "message");
                writer.field("status", status);
                writer.field("role", "assistant");
                writer.array_field("content", |writer| {
                    parts.iter().for_each(|part| part.write(writer));
                });
                for part in parts {
                    if let Content::Text { extensions, .. } = part
                        && wire::has_inner(extensions, "message")
                    {
                        wire::write_inner(writer, extensions, "message");
                        break;
                    }
                }
            }
            Self::Reasoning {
                id,
                parts,
                state,
                extensions,
            } => {
                writer.field("id", id);
                writer.field("type", "reasoning");
                writer.field("status", status);
                writer.array_field(wire::SUMMARY, |writer| {
                    let parts = parts
                        .iter()
                        .filter(|text| parts.len() > 1 || !text.is_empty());
                    parts.for_each(|text| write_summary(writer, text));
                });
                writer.field_opt("encrypted_content", state.as_ref());
                wire::write_extensions(writer, extensions, &[]);
            }
            Self::Call {
                id,
                call_id,
                name,
                space,
                custom,
                text,
                extensions,
            } => {
                let (_, kind, field) = words(*custom);
                writer.field("id", id);
                writer.field("type", kind);
                writer.field("status", status);
                writer.field("call_id", call_id);
                match space {
                    Some((space, inner)) => {
                        writer.field("namespace", space);
                        writer.field("name", inner);
                    }
                    None => writer.field("name", name),
                }
                writer.field(field, text);
                wire::write_extensions(writer, extensions, &[]);
            }
            Self::Image { id, mime, data } => {
                writer.field("id", id);
                writer.field("type", "image_generation_call");
                writer.field("status", status);
                let format = mime.strip_prefix("image/").unwrap_or(mime);
                writer.field("output_format", format);
                writer.field("result", data);
            }
            Self::Raw(_) => {}
        });
    }
}

/// Namespace and name of a tool that the client knows by those. A flat name that was never made up stays as it is.
pub(in crate::openai::responses) fn space(names: &Names, name: &Str) -> Option<(Str, Str)> {
    names.space(name).cloned()
}

/// Whether thinking has state that must come back.
pub(in crate::openai::responses) fn has_state(reasoning: &crate::ir::Reasoning) -> bool {
    let opaque = reasoning.opaque.as_ref();
    opaque.is_some_and(|opaque| !opaque.data.is_empty())
}

/// Whether a part is shown at all.
fn shows(part: &Part) -> bool {
    match part {
        Part::Text(text) => !text.text.is_empty(),
        Part::Refusal(text) => !text.is_empty(),
        Part::Reasoning(reasoning) => !reasoning.text.is_empty() || has_state(reasoning),
        Part::ToolCall(_) | Part::Media(_) => true,
        Part::Server(block) => block.dialect == Dialect::Responses,
        Part::Unknown(block) => block.dialect == Dialect::Responses,
        Part::ToolResult(_) => false,
    }
}

/// Writes a part of a summary.
pub(in crate::openai::responses) fn write_summary(writer: &mut Writer<'_>, text: &str) {
    writer.object(|writer| {
        writer.field("type", "summary_text");
        writer.field("text", text);
    });
}

impl Content {
    fn of(part: &Part, tokens: Option<&RawJson>) -> Option<Self> {
        match part {
            Part::Text(text) if !text.text.is_empty() => Some(Self::text(text, tokens)),
            Part::Refusal(text) if !text.is_empty() => Some(Self::Refusal(text.clone())),
            Part::Unknown(block) if block.dialect == Dialect::Responses => {
                Some(Self::Raw(block.raw.clone()))
            }
            _ => None,
        }
    }

    fn text(text: &Text, tokens: Option<&RawJson>) -> Self {
        let (mut annotations, mut later) = text.citations.as_ref().map(cited).unwrap_or_default();
        annotations.append(&mut later);
        Self::Text {
            text: text.text.clone(),
            annotations,
            logprobs: tokens.map(logprobs).unwrap_or_default(),
            extensions: text.extensions.clone(),
        }
    }

    /// Writes the part.
    pub(in crate::openai::responses) fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Raw(raw) => wire::write_line(writer, raw),
            Self::Refusal(text) => writer.object(|writer| {
                writer.field("type", "refusal");
                writer.field("refusal", text);
            }),
            Self::Text {
                text,
                annotations,
                logprobs,
                extensions,
            } => writer.object(|writer| {
                writer.field("type", "output_text");
                writer.field("text", text);
                writer.array_field("annotations", |writer| {
                    let length = match annotations.as_slice() {
                        [] => 0,
                        _ => text.chars().count(),
                    };
                    for raw in annotations {
                        citation::write(writer, raw.document().root(), length);
                    }
                });
                write_logprobs(writer, logprobs);
                wire::write_extensions(writer, extensions, &["message"]);
            }),
        }
    }
}

/// The id of a call, with the state that belongs to it.
pub(in crate::openai::responses) fn call_id(id: &Str, state: Option<&Opaque>) -> Str {
    opaque::into_id(&ids::sanitise(id, ids::CALL_ID_LIMIT), state)
}

/// Writes token probabilities, if only an empty list of them.
pub(in crate::openai::responses) fn write_logprobs(writer: &mut Writer<'_>, tokens: &[RawJson]) {
    writer.array_field("logprobs", |writer| {
        tokens
            .iter()
            .for_each(|token| wire::write_line(writer, token));
    });
}
