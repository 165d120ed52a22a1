//! From the answer to a client's message.

use crate::Dialect;
use crate::claude::wire::media::{self, Form, Source, data_url};
use crate::claude::wire::{
    self, says_something, signature, write_citation, write_line, write_rest,
};
use crate::ir::{
    Media, MediaKind, MediaSource, Opaque, Part, Reasoning, Response, Stop, StopReason, Text,
    ToolCall, Usage,
};
use crate::json::{RawJson, Str, Writer};
use crate::names::Names;
use crate::target::Reply;
use crate::{ids, opaque};

/// Writes an answer. Claude's has one choice.
pub fn encode(response: &Response, reply: &Reply, out: &mut Vec<u8>) {
    let choice = response.choices.first();
    let parts = choice.map_or(&[][..], |choice| &choice.parts);
    let mut said = Said::default();
    Writer::new(out).object(|writer| {
        write_head(writer, reply);
        writer.array_field("content", |writer| {
            for part in &parts[..without_late_state(parts)] {
                said.note(part);
                write_part(writer, part, &reply.names);
            }
        });
        let stop = choice.and_then(|choice| choice.stop.clone());
        write_stop(writer, &said.settled(stop));
        writer.object_field("usage", |writer| match &response.usage {
            Some(usage) => wire::usage::write(writer, usage),
            None => wire::usage::write(writer, &Usage::default()),
        });
        write_rest(writer, &response.extensions);
    });
}

/// How many parts there are without state at their end that has no text. Clients take the last block for what was said: Claude
/// Code answers with nothing where it is thinking. Gemini alone signs there, and asks for none of it back.
fn without_late_state(parts: &[Part]) -> usize {
    let is_state = |part: &Part| matches!(part, Part::Reasoning(reasoning) if reasoning.text.is_empty() && !reasoning.redacted);
    let last = parts.iter().rposition(|part| !is_state(part));
    last.map_or(parts.len(), |last| last + 1)
}

/// What the blocks of an answer say about how it ended.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::claude) struct Said {
    pub(in crate::claude) calls: bool,
    pub(in crate::claude) refused: bool,
}

impl Said {
    fn note(&mut self, part: &Part) {
        self.calls |= matches!(part, Part::ToolCall(_));
        self.refused |= matches!(part, Part::Refusal(text) if !text.is_empty());
    }

    /// The stop in line with the blocks (trap 35): calls want to be answered, and a refusal's text is one.
    pub(in crate::claude) fn settled(self, stop: Option<Stop>) -> Stop {
        let stop = stop.unwrap_or_else(|| Stop::new(StopReason::End));
        let mut stop = stop.settled(self.calls);
        if self.refused && stop.reason == StopReason::End {
            stop.reason = StopReason::Refusal;
        }
        stop
    }
}

/// Writes the fields that begin a message.
pub(in crate::claude) fn write_head(writer: &mut Writer<'_>, reply: &Reply) {
    writer.field("id", &["msg_", &reply.unique].concat());
    writer.field("type", "message");
    writer.field("role", "assistant");
    writer.field("model", &reply.model);
}

/// Writes the fields that end a message.
pub(in crate::claude) fn write_stop(writer: &mut Writer<'_>, stop: &Stop) {
    writer.field("stop_reason", wire::stop_word(&stop.reason));
    match &stop.sequence {
        Some(sequence) => writer.field("stop_sequence", sequence),
        None => writer.null_field("stop_sequence"),
    }
    // Another vendor's details are of another form.
    let is_own = |details: &&RawJson| details.document().root().text_of("type").is_some();
    if let Some(details) = stop.details.as_ref().filter(is_own) {
        writer.key("stop_details");
        write_line(writer, details);
    }
}

/// Writes a part as a block; nothing for a part that says nothing or that Claude has no block for.
pub(in crate::claude) fn write_part(writer: &mut Writer<'_>, part: &Part, names: &Names) {
    match part {
        Part::Text(text) if text.text.is_empty() => {}
        Part::Text(text) => write_text(writer, text),
        Part::Refusal(text) if text.is_empty() => {}
        Part::Refusal(text) => writer.object(|writer| {
            writer.field("type", "text");
            writer.field("text", text);
        }),
        Part::Reasoning(reasoning) if !says_something(reasoning) => {}
        Part::Reasoning(reasoning) => write_reasoning(writer, reasoning),
        Part::ToolCall(call) => write_call(writer, call, names),
        Part::Media(media) => write_media(writer, media),
        Part::Server(block) if block.dialect == Dialect::Claude => write_line(writer, &block.raw),
        Part::Unknown(block) if block.dialect == Dialect::Claude => write_line(writer, &block.raw),
        Part::Server(_) | Part::Unknown(_) | Part::ToolResult(_) => {}
    }
}

fn write_text(writer: &mut Writer<'_>, text: &Text) {
    writer.object(|writer| {
        writer.field("type", "text");
        writer.field("text", &text.text);
        if let Some(citations) = &text.citations {
            let document = citations.document();
            writer.array_field("citations", |writer| {
                for citation in document.root().items() {
                    write_citation(writer, citation, &text.text);
                }
            });
        }
        write_rest(writer, &text.extensions);
    });
}

/// Writes the whole block of thinking.
pub(in crate::claude) fn write_reasoning(writer: &mut Writer<'_>, reasoning: &Reasoning) {
    let signature = signature(reasoning.opaque.as_ref());
    writer.object(|writer| {
        if reasoning.redacted {
            writer.field("type", "redacted_thinking");
            writer.field("data", &signature);
        } else {
            writer.field("type", "thinking");
            writer.field("thinking", &reasoning.text);
            writer.field("signature", &signature);
        }
        write_rest(writer, &reasoning.extensions);
    });
}

fn write_call(writer: &mut Writer<'_>, call: &ToolCall, names: &Names) {
    writer.object(|writer| {
        write_call_head(writer, &call.id, call.opaque.as_ref(), &call.name, names);
        writer.field("input", &call.object());
        write_rest(writer, &call.extensions);
    });
}

/// Writes the fields that begin a call.
pub(in crate::claude) fn write_call_head(
    writer: &mut Writer<'_>,
    id: &Str,
    state: Option<&Opaque>,
    name: &Str,
    names: &Names,
) {
    writer.field("type", "tool_use");
    let id = ids::sanitise(id, ids::CALL_ID_LIMIT);
    writer.field("id", &opaque::into_id(&id, state));
    writer.field("name", &names.client(name));
}

/// Images that other vendors' models draw. Claude has no such answers; its clients keep blocks they do not know.
fn write_media(writer: &mut Writer<'_>, media: &Media) {
    let source: Source<'_, ()> = match &media.source {
        MediaSource::Base64 { mime, data } => Source::Base64 {
            mime: mime.clone(),
            data: data.clone(),
        },
        MediaSource::Url(url) => match data_url(url) {
            Some(inline) => Source::Base64 {
                mime: inline.mime,
                data: inline.data,
            },
            None => Source::Url(url.clone()),
        },
        MediaSource::FileId(id) => Source::File(id.clone()),
        MediaSource::Text { text, .. } => Source::Text(text.clone()),
        MediaSource::Raw(Dialect::Claude, raw) => Source::Raw(raw),
        MediaSource::Parts(_) | MediaSource::Raw(..) => return,
    };
    let form = match media.kind {
        MediaKind::Image => Form::Image,
        MediaKind::Document => Form::Document,
        MediaKind::Audio | MediaKind::Video => return,
    };
    writer.object(|writer| {
        media::write(writer, media, form, &source, |_, ()| {});
        write_rest(writer, &media.extensions);
    });
}
