//! What the `content` of a message, or the `output` of a tool, holds.

use std::fmt::Arguments;

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Extensions, Media, MediaKind, MediaSource, Part, Text};
use crate::json::{Str, Value};
use crate::openai::parts;
use crate::openai::responses::wire;

/// What parts of text are called. Whose message it is does not matter: an assistant's text may be called `input_text` and a
/// user's `output_text` (trap 88).
const TEXTS: [&str; 3] = ["input_text", "output_text", "text"];

/// Appends the parts of `content`; true when it was no list.
pub(super) fn content(
    value: Option<Value<'_>>,
    path: Arguments<'_>,
    parts: &mut Vec<Part>,
) -> Result<bool, DecodeError> {
    let Some(value) = value else {
        return Ok(false);
    };
    parts::read(value, path, parts, part)
}

fn part(value: Value<'_>, path: &dyn Fn() -> String) -> Result<Part, DecodeError> {
    if let Some(text) = parts::read_plain(value, &TEXTS) {
        return Ok(text);
    }
    let kind = value.text_of("type").unwrap_or_default();
    let found = match &*kind {
        kind if TEXTS.contains(&kind) => {
            let text = parts::read_text(value, path)?;
            Some(Part::Text(self::text(value, text)))
        }
        "refusal" => value.text_of("refusal").map(Part::Refusal),
        "input_image" => image(value),
        "input_file" => file(value),
        "input_audio" => audio(value),
        _ => None,
    };
    let known = ["input_image", "input_file", "input_audio", "refusal"];
    found.map_or_else(
        || parts::read_unknown(Dialect::Responses, value, &known, path),
        Ok,
    )
}

fn text(value: Value<'_>, text: Str) -> Text {
    let mut extensions = unknown(value, &["text", "annotations", "logprobs"], "");
    let filled = |key: &str| {
        let list = value.field(key)?;
        list.items().next().is_some().then(|| list.raw())
    };
    if let Some(logprobs) = filled("logprobs") {
        extensions.push(Dialect::Responses, "logprobs", logprobs);
    }
    Text {
        text,
        citations: filled("annotations"),
        cache: parts::read_mark(value),
        extensions,
    }
}

/// The unknown fields of a part and of the object `inner` in it.
fn unknown(value: Value<'_>, known: &[&str], inner: &str) -> Extensions {
    let mut extensions = Extensions::default();
    let common = ["type", "cache_control", "prompt_cache_breakpoint"];
    wire::keep_unknown(&mut extensions, value, "", &[&common, known].concat());
    if let Some(object) = value.field(inner) {
        wire::keep_unknown(&mut extensions, object, inner, known);
    }
    extensions
}

/// `image_url` is a string; Chat's object is understood (trap 95).
fn image(value: Value<'_>) -> Option<Part> {
    let inner = value.field("image_url");
    let url = inner.and_then(|inner| inner.text().or_else(|| inner.text_of("url")));
    let source = match url {
        Some(url) => parts::located(url),
        None => MediaSource::FileId(value.text_of("file_id")?),
    };
    let nested = inner.and_then(|inner| inner.text_of("detail"));
    Some(Part::Media(Box::new(Media {
        detail: value.text_of("detail").or(nested),
        cache: parts::read_mark(value),
        extensions: unknown(value, &["image_url", "file_id", "detail"], ""),
        ..Media::new(MediaKind::Image, source)
    })))
}

fn file(value: Value<'_>) -> Option<Part> {
    let source = if let Some(data) = value.text_of("file_data") {
        parts::read_file_data(data)
    } else if let Some(url) = value.text_of("file_url") {
        MediaSource::Url(url)
    } else {
        MediaSource::FileId(value.text_of("file_id")?)
    };
    let name = value.text_of("filename");
    let kind = parts::file_kind(&source, name.as_ref());
    let known = ["file_data", "file_url", "file_id", "filename", "detail"];
    Some(Part::Media(Box::new(Media {
        name,
        detail: value.text_of("detail"),
        cache: parts::read_mark(value),
        extensions: unknown(value, &known, ""),
        ..Media::new(kind, source)
    })))
}

fn audio(value: Value<'_>) -> Option<Part> {
    let inner = value.field("input_audio")?;
    let source = parts::read_sound(inner)?;
    let known = ["input_audio", "data", "format"];
    Some(Part::Media(Box::new(Media {
        cache: parts::read_mark(value),
        extensions: unknown(value, &known, "input_audio"),
        ..Media::new(MediaKind::Audio, source)
    })))
}
