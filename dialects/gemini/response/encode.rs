//! From the answer to a client's body.

use crate::Dialect;
use crate::gemini::wire::parts::SIGNATURE;
use crate::gemini::wire::{
    self, CANDIDATE, PROVIDER, camel, citations, field, logprobs, signature, write_line, write_rest,
};
use crate::ir::{
    Choice, Extensions, Media, MediaSource, Opaque, Part, Response, Stop, StopReason, Text,
    ToolCall,
};
use crate::json::{RawJson, Str, Value, Writer};
use crate::names::Names;
use crate::openai::data_url;
use crate::target::Reply;

/// Writes an answer.
pub fn encode(response: &Response, reply: &Reply, out: &mut Vec<u8>) {
    let empty = [Choice::default()];
    let choices = match &response.choices[..] {
        [] => &empty[..],
        choices => choices,
    };
    Writer::new(out).object(|writer| {
        if !is_blocked(&response.extensions, choices) {
            writer.array_field("candidates", |writer| {
                for choice in choices {
                    write_choice(writer, choice, &reply.names);
                }
            });
        }
        if let Some(usage) = &response.usage {
            writer.object_field("usageMetadata", |writer| wire::usage::write(writer, usage));
        }
        write_head(writer, reply);
        write_rest(writer, &response.extensions);
    });
}

/// Writes the fields that every frame of an answer has.
pub(in crate::gemini) fn write_head(writer: &mut Writer<'_>, reply: &Reply) {
    writer.field("modelVersion", &reply.model);
    writer.field("responseId", &reply.unique);
}

/// Whether the prompt was blocked by Google itself: its clients are told by `promptFeedback`, not by a candidate.
fn is_blocked(extensions: &Extensions, choices: &[Choice]) -> bool {
    let said = choices.iter().flat_map(|choice| &choice.parts);
    has_block_reason(extensions) && said.clone().count() == 1 && said.clone().all(is_refusal)
}

fn is_refusal(part: &Part) -> bool {
    matches!(part, Part::Refusal(_))
}

pub(in crate::gemini) fn has_block_reason(extensions: &Extensions) -> bool {
    let feedback = extensions.get(Dialect::Gemini, "promptFeedback");
    feedback.is_some_and(|raw| field(raw.document().root(), "blockReason").is_some())
}

fn write_choice(writer: &mut Writer<'_>, choice: &Choice, names: &Names) {
    let mut said = Said::default();
    writer.object(|writer| {
        writer.object_field("content", |writer| {
            writer.array_field("parts", |writer| {
                for part in &choice.parts {
                    said.note(part);
                    write_part(writer, part, names);
                }
            });
            writer.field("role", "model");
        });
        write_stop(writer, &said.settled(choice.stop.clone()));
        writer.field("index", &choice.index);
        for (key, raw) in choice.parts.iter().filter_map(candidate_field) {
            writer.foreign_key(key);
            write_line(writer, raw);
        }
        if !said.sourced {
            write_sources(writer, &said.citations, &said.text);
        }
        if let Some(tokens) = choice.logprobs.as_ref().filter(|_| !said.rated) {
            logprobs::write(writer, tokens);
        }
    });
}

/// What the parts of a candidate say about how it ended, and where they have it from.
#[derive(Debug, Default)]
pub(in crate::gemini) struct Said {
    pub(in crate::gemini) calls: bool,
    pub(in crate::gemini) refused: bool,
    /// Google's own sources are among its fields.
    pub(in crate::gemini) sourced: bool,
    /// So are Google's own token probabilities.
    pub(in crate::gemini) rated: bool,
    pub(in crate::gemini) citations: Vec<RawJson>,
    /// All text, which the spans of citations count in.
    pub(in crate::gemini) text: String,
}

impl Said {
    fn note(&mut self, part: &Part) {
        self.calls |= matches!(part, Part::ToolCall(_));
        self.refused |= matches!(part, Part::Refusal(text) if !text.is_empty());
        match part {
            Part::Text(text) => self.note_text(text),
            part => self.note_field(part),
        }
    }

    /// A field of the candidate.
    pub(in crate::gemini) fn note_field(&mut self, part: &Part) {
        self.sourced |= is_source(part);
        let field = candidate_field(part);
        self.rated |= field.is_some_and(|(key, _)| key == logprobs::FIELD);
    }

    fn note_text(&mut self, text: &Text) {
        self.text.push_str(&text.text);
        if let Some(list) = &text.citations {
            let document = list.document();
            self.citations
                .extend(document.root().items().map(Value::raw));
        }
    }

    /// The stop in line with what was said: a refusal's text is one.
    pub(in crate::gemini) fn settled(&self, stop: Option<Stop>) -> Stop {
        let stop = stop.unwrap_or_else(|| Stop::new(StopReason::End));
        let mut stop = stop.settled(self.calls);
        if self.refused && stop.reason == StopReason::End {
            stop.reason = StopReason::Refusal;
        }
        stop
    }
}

/// Whether a field of a candidate names sources.
fn is_source(part: &Part) -> bool {
    let field = candidate_field(part);
    field.is_some_and(|(key, _)| matches!(key, "groundingMetadata" | "citationMetadata"))
}

/// A field of a candidate that travels as a part.
pub(in crate::gemini) fn candidate_field(part: &Part) -> Option<(&str, &RawJson)> {
    match part {
        Part::Unknown(unknown) if unknown.dialect == Dialect::Gemini => {
            Some((unknown.kind.strip_prefix(CANDIDATE)?, &unknown.raw))
        }
        _ => None,
    }
}

/// Writes why a candidate ended.
pub(in crate::gemini) fn write_stop(writer: &mut Writer<'_>, stop: &Stop) {
    wire::write_stop(writer, stop);
}

/// Writes the sources that other dialects name in their texts.
pub(in crate::gemini) fn write_sources(writer: &mut Writer<'_>, found: &[RawJson], text: &str) {
    let documents: Vec<_> = found.iter().map(RawJson::document).collect();
    let has_url = |citation: Value<'_>| {
        let cited = citation.field("url_citation").unwrap_or(citation);
        cited.text_of("url").is_some()
    };
    if !documents.iter().any(|citation| has_url(citation.root())) {
        return;
    }
    writer.object_field("citationMetadata", |writer| {
        writer.array_field("citationSources", |writer| {
            for citation in &documents {
                citations::write_source(writer, citation.root(), text);
            }
        });
    });
}

/// Writes a part; nothing for one that says nothing or that Gemini has no part for.
pub(in crate::gemini) fn write_part(writer: &mut Writer<'_>, part: &Part, names: &Names) {
    match part {
        Part::Text(text) if text.text.is_empty() && text.extensions.is_empty() => {}
        Part::Text(text) => writer.object(|writer| {
            writer.field("text", &text.text);
            write_rest(writer, &text.extensions);
        }),
        Part::Refusal(text) if text.is_empty() => {}
        Part::Refusal(text) => writer.object(|writer| writer.field("text", text)),
        Part::Reasoning(reasoning) => {
            let state = reasoning.opaque.as_ref();
            let signed = state.and_then(|state| signature(state, reasoning.redacted));
            if reasoning.text.is_empty() && signed.is_none() {
                return;
            }
            let thought = is_thought(&reasoning.text, state);
            write_thought(
                writer,
                &reasoning.text,
                thought,
                signed.as_ref(),
                |writer| {
                    write_rest(writer, &reasoning.extensions);
                },
            );
        }
        Part::ToolCall(call) => write_call(writer, call, names),
        Part::Media(media) => write_media(writer, media),
        Part::Server(block) if block.dialect == Dialect::Gemini => write_raw(writer, &block.raw),
        Part::Unknown(block)
            if block.dialect == Dialect::Gemini && !block.kind.starts_with(CANDIDATE) =>
        {
            write_raw(writer, &block.raw);
        }
        Part::Server(_) | Part::Unknown(_) | Part::ToolResult(_) => {}
    }
}

/// Whether a part is a thought: all but Google's own state that belongs to the text before it.
pub(in crate::gemini) fn is_thought(text: &str, state: Option<&Opaque>) -> bool {
    !text.is_empty() || state.is_none_or(|state| state.provider != PROVIDER)
}

/// Writes a thought, or state alone.
pub(in crate::gemini) fn write_thought(
    writer: &mut Writer<'_>,
    text: &str,
    thought: bool,
    signature: Option<&Str>,
    rest: impl FnOnce(&mut Writer<'_>),
) {
    writer.object(|writer| {
        writer.field("text", text);
        if thought {
            writer.field("thought", &true);
        }
        writer.field_opt(SIGNATURE, signature);
        rest(writer);
    });
}

/// Writes a whole call.
pub(in crate::gemini) fn write_call(writer: &mut Writer<'_>, call: &ToolCall, names: &Names) {
    writer.object(|writer| {
        writer.object_field("functionCall", |writer| {
            writer.field("id", &call.id);
            writer.field("name", &names.client(&call.name));
            writer.key("args");
            write_line(writer, &call.object());
            write_rest(writer, &call.extensions);
        });
        let signed = call
            .opaque
            .as_ref()
            .and_then(|state| signature(state, false));
        writer.field_opt(SIGNATURE, signed.as_ref());
    });
}

fn write_media(writer: &mut Writer<'_>, media: &Media) {
    let inline = match &media.source {
        MediaSource::Base64 { mime, data } => Some((mime.clone(), data.clone())),
        MediaSource::Url(url) => data_url::parse(url),
        _ => None,
    };
    match (inline, &media.source) {
        (Some((mime, data)), _) => writer.object(|writer| {
            writer.object_field("inlineData", |writer| {
                writer.field("mimeType", &mime);
                writer.field("data", &data);
            });
            write_rest(writer, &media.extensions);
        }),
        (None, MediaSource::Url(address) | MediaSource::FileId(address)) => {
            writer.object(|writer| {
                writer.object_field("fileData", |writer| {
                    let mime = media.extensions.get(Dialect::Gemini, "mimeType");
                    writer.field_opt("mimeType", mime);
                    writer.field("fileUri", address);
                });
                write_rest(writer, &media.extensions);
            });
        }
        (None, MediaSource::Text { text, .. }) => {
            writer.object(|writer| writer.field("text", text));
        }
        (None, _) => {}
    }
}

/// A part of Google's own, its keys in the spelling that is written.
fn write_raw(writer: &mut Writer<'_>, raw: &RawJson) {
    let document = raw.document();
    if !document.root().is_object() {
        return;
    }
    writer.object(|writer| {
        for (key, value) in document.root().entries() {
            writer.foreign_key(&camel(&key));
            value.write_compact(writer);
        }
    });
}
