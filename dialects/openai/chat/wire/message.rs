//! What an answer says, the same in whole messages and in deltas.

use std::borrow::Cow;

use crate::ir::{Arguments, Media, MediaKind, MediaSource};
use crate::json::{RawJson, Str, Value, Writer};
use crate::openai::parts::Address;

/// The fields of a message that have a typed place.
pub(crate) const FIELDS: [&str; 8] = [
    "role",
    "content",
    "refusal",
    "tool_calls",
    "function_call",
    "reasoning_content",
    "reasoning",
    "annotations",
];

/// Thinking, in whichever field the server has it.
pub(crate) fn thinking(message: Value<'_>) -> Option<Str> {
    plain_thinking(message).or_else(|| detailed_thinking(message))
}

/// Thinking that comes as text.
pub(crate) fn plain_thinking(message: Value<'_>) -> Option<Str> {
    ["reasoning_content", "reasoning"]
        .into_iter()
        .filter_map(|key| message.text_of(key))
        .find(|text| !text.is_empty())
}

/// The text of `reasoning_details`.
pub(crate) fn detailed_thinking(message: Value<'_>) -> Option<Str> {
    let details = message.field("reasoning_details")?;
    let texts = details
        .items()
        .filter_map(|entry| entry.text_of("text").or_else(|| entry.text_of("summary")));
    joined(texts)
}

/// Visible text. Mistral's list of parts is understood; its thinking is given apart.
pub(crate) fn content(message: Value<'_>) -> (Option<Str>, Option<Str>) {
    let Some(content) = message.field("content") else {
        return (None, None);
    };
    if !content.is_array() {
        return (content.text(), None);
    }
    let text = content.items().filter_map(|part| part.text_of("text"));
    let thoughts = content
        .items()
        .filter_map(|part| part.field("thinking"))
        .filter_map(|thinking| match thinking.text() {
            Some(text) => Some(text),
            None => joined(thinking.items().filter_map(|part| part.text_of("text"))),
        });
    (joined(text), joined(thoughts))
}

fn joined(texts: impl Iterator<Item = Str>) -> Option<Str> {
    let texts: Vec<Str> = texts.collect();
    match texts.as_slice() {
        [] => None,
        [text] => Some(text.clone()),
        texts => Some(Str::from(texts.concat())),
    }
}

/// A call or a piece of one.
pub(crate) struct CallPiece {
    pub(crate) id: Option<Str>,
    pub(crate) name: Option<Str>,
    pub(crate) arguments: Str,
    pub(crate) custom: bool,
}

/// Reads an entry of `tool_calls`.
pub(crate) fn call(entry: Value<'_>) -> CallPiece {
    let custom = entry.field("custom");
    let inner = entry.field("function").or(custom).unwrap_or(entry);
    CallPiece {
        id: entry.text_of("id").filter(|id| !id.is_empty()),
        custom: entry.field("function").is_none() && custom.is_some(),
        ..function(inner)
    }
}

/// Reads `{name, arguments}` or `{name, input}`. Some servers send the arguments as an object.
pub(crate) fn function(inner: Value<'_>) -> CallPiece {
    let arguments = inner.field("arguments").or_else(|| inner.field("input"));
    let arguments = arguments.map(|arguments| {
        arguments
            .text()
            .unwrap_or_else(|| arguments.raw().to_text())
    });
    CallPiece {
        id: None,
        name: inner.text_of("name").filter(|name| !name.is_empty()),
        arguments: arguments.unwrap_or_default(),
        custom: false,
    }
}

/// The free text of a call of a custom tool that went upstream as a function with one `input`.
pub(crate) fn free_text(arguments: &Arguments) -> Str {
    let input = RawJson::parse(arguments.0.clone())
        .ok()
        .and_then(|object| object.document().root().text_of("input"));
    input.unwrap_or_else(|| arguments.0.clone())
}

/// Writes a citation as an annotation, where it can be one; `start` and `end` are the cited text in the answer.
pub(crate) fn write_annotation(
    writer: &mut Writer<'_>,
    citation: Value<'_>,
    start: usize,
    end: usize,
) {
    if citation.field("url_citation").is_some() {
        citation.write_compact(writer);
        return;
    }
    let Some(url) = citation.text_of("url") else {
        return;
    };
    // Responses' annotations know their place in their text.
    let position = |key: &str| citation.field(key).and_then(Value::as_u64);
    let offset = |index: u64| start.saturating_add(usize::try_from(index).unwrap_or(usize::MAX));
    let from = position("start_index").map_or(start, offset);
    let to = position("end_index").map_or(end, offset);
    writer.object(|writer| {
        writer.field("type", "url_citation");
        writer.object_field("url_citation", |writer| {
            writer.field("start_index", &from);
            writer.field("end_index", &to);
            writer.field("title", &citation.text_of("title").unwrap_or_default());
            writer.field("url", &url);
        });
    });
}

/// Whether [`write_annotation`] would write anything.
pub(crate) fn is_annotation(citation: Value<'_>) -> bool {
    citation.field("url_citation").is_some() || citation.text_of("url").is_some()
}

/// Whether [`write_images`] can write a medium.
pub(crate) fn is_image(media: &Media) -> bool {
    let source = &media.source;
    media.kind == MediaKind::Image
        && matches!(source, MediaSource::Base64 { .. } | MediaSource::Url(_))
}

/// Writes the pictures that a model drew, in the field that compatible servers have for them (`dialects.md` 2.3).
pub(crate) fn write_images(writer: &mut Writer<'_>, images: &[&Media]) {
    writer.array_field("images", |writer| {
        for media in images {
            writer.object(|writer| {
                writer.field("type", "image_url");
                writer.object_field("image_url", |writer| {
                    writer.field("url", &Address(&media.source));
                });
            });
        }
    });
}

/// Several pieces of text as one.
pub(crate) fn concat<'t>(mut texts: impl Iterator<Item = &'t str>) -> Cow<'t, str> {
    let first = texts.next().unwrap_or_default();
    match texts.next() {
        None => Cow::Borrowed(first),
        Some(second) => {
            let mut all = String::from(first);
            all.push_str(second);
            texts.for_each(|text| all.push_str(text));
            Cow::Owned(all)
        }
    }
}
