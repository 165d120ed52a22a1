//! What the `content` of a message holds.

use std::fmt::Arguments;

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Extensions, Media, MediaKind, MediaSource, Part, Text};
use crate::json::Value;
use crate::openai::chat::wire;
use crate::openai::parts;

/// Appends the parts of `content`; true when it was no list.
pub(super) fn content(
    value: Option<Value<'_>>,
    path: Arguments<'_>,
    parts: &mut Vec<Part>,
) -> Result<bool, DecodeError> {
    let Some(value) = value else {
        return Ok(true);
    };
    parts::read(value, path, parts, part)
}

fn part(value: Value<'_>, path: &dyn Fn() -> String) -> Result<Part, DecodeError> {
    if let Some(text) = parts::read_plain(value, &["text"]) {
        return Ok(text);
    }
    let kind = value.text_of("type").unwrap_or_default();
    let found = match &*kind {
        "text" => Some(Part::Text(Text {
            text: parts::read_text(value, path)?,
            citations: None,
            cache: parts::read_mark(value),
            extensions: unknown(value, "text", &[]),
        })),
        "refusal" => value.text_of("refusal").map(Part::Refusal),
        "image_url" => located(value, &kind, MediaKind::Image),
        "video_url" => located(value, &kind, MediaKind::Video),
        "input_audio" => audio(value),
        "file" => file(value),
        _ => None,
    };
    let known = ["image_url", "input_audio", "refusal"];
    found.map_or_else(
        || parts::read_unknown(Dialect::Chat, value, &known, path),
        Ok,
    )
}

/// The unknown fields of a part and of the object `inner` in it.
fn unknown(value: Value<'_>, inner: &str, inner_known: &[&str]) -> Extensions {
    let mut extensions = Extensions::default();
    let known = ["type", inner, "cache_control", "prompt_cache_breakpoint"];
    wire::keep_unknown(&mut extensions, value, "", &known);
    if let Some(object) = value.field(inner) {
        wire::keep_unknown(&mut extensions, object, inner, inner_known);
    }
    extensions
}

/// `image_url` and `video_url`; a bare string instead of the object is understood.
fn located(value: Value<'_>, kind: &str, media: MediaKind) -> Option<Part> {
    let inner = value.field(kind)?;
    let url = inner.text().or_else(|| inner.text_of("url"))?;
    let source = parts::located(url);
    Some(Part::Media(Box::new(Media {
        detail: inner.text_of("detail"),
        cache: parts::read_mark(value),
        extensions: unknown(value, kind, &["url", "detail"]),
        ..Media::new(media, source)
    })))
}

fn audio(value: Value<'_>) -> Option<Part> {
    let inner = value.field("input_audio")?;
    let source = parts::read_sound(inner)?;
    Some(Part::Media(Box::new(Media {
        cache: parts::read_mark(value),
        extensions: unknown(value, "input_audio", &["data", "format"]),
        ..Media::new(MediaKind::Audio, source)
    })))
}

fn file(value: Value<'_>) -> Option<Part> {
    let inner = value.field("file")?;
    let source = if let Some(data) = inner.text_of("file_data") {
        parts::read_file_data(data)
    } else if let Some(id) = inner.text_of("file_id") {
        MediaSource::FileId(id)
    } else {
        MediaSource::Url(inner.text_of("file_url")?)
    };
    let name = inner.text_of("filename");
    let kind = parts::file_kind(&source, name.as_ref());
    let known = ["file_data", "file_id", "file_url", "filename"];
    Some(Part::Media(Box::new(Media {
        name,
        cache: parts::read_mark(value),
        extensions: unknown(value, "file", &known),
        ..Media::new(kind, source)
    })))
}
