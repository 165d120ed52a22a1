//! What the `content` of a message holds.

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{CacheMark, Extensions, Media, MediaKind, MediaSource, Part, Text, Unknown};
use crate::json::{Str, Value};
use crate::openai::chat::wire;
use crate::openai::data_url;

/// Appends the parts of `content`; true when it was no list.
pub(super) fn content(
    value: Option<Value<'_>>,
    path: &str,
    parts: &mut Vec<Part>,
) -> Result<bool, DecodeError> {
    let Some(value) = value else {
        return Ok(true);
    };
    if let Some(text) = value.text() {
        parts.push(Part::Text(Text::new(text)));
        return Ok(true);
    }
    if !value.is_array() {
        return Err(wire::expected(path, "a string or a list of parts"));
    }
    for (index, item) in value.items().enumerate() {
        parts.push(part(item, || format!("{path}[{index}]"))?);
    }
    Ok(false)
}

/// Paths are built only when something is wrong.
fn part(value: Value<'_>, path: impl Fn() -> String) -> Result<Part, DecodeError> {
    if !value.is_object() {
        return Err(wire::expected(path(), "an object"));
    }
    let kind = value.text_of("type").unwrap_or_default();
    let found = match &*kind {
        "text" => {
            let text = value
                .text_of("text")
                .ok_or_else(|| wire::expected(format_args!("{}.text", path()), "a string"))?;
            Some(Part::Text(Text {
                text,
                citations: None,
                cache: mark(value),
                extensions: unknown(value, "text", &[]),
            }))
        }
        "refusal" => value.text_of("refusal").map(Part::Refusal),
        "image_url" => located(value, &kind, MediaKind::Image),
        "video_url" => located(value, &kind, MediaKind::Video),
        "input_audio" => audio(value),
        "file" => file(value),
        _ => None,
    };
    match (found, &*kind) {
        (Some(part), _) => Ok(part),
        (None, "image_url" | "input_audio" | "refusal") => {
            let reason = format!("expected what a part of type `{kind}` holds");
            Err(DecodeError::shape(path(), reason))
        }
        (None, _) => Ok(Part::Unknown(Unknown {
            dialect: Dialect::Chat,
            kind,
            raw: value.raw(),
        })),
    }
}

fn mark(value: Value<'_>) -> Option<CacheMark> {
    ["cache_control", "prompt_cache_breakpoint"]
        .into_iter()
        .find_map(|key| wire::cache_mark(key, value.field(key)?))
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
    let source = match data_url::parse(&url) {
        Some((mime, data)) => MediaSource::Base64 { mime, data },
        None => MediaSource::Url(url),
    };
    Some(Part::Media(Media {
        detail: inner.text_of("detail"),
        cache: mark(value),
        extensions: unknown(value, kind, &["url", "detail"]),
        ..Media::new(media, source)
    }))
}

fn audio(value: Value<'_>) -> Option<Part> {
    let inner = value.field("input_audio")?;
    let data = inner.text_of("data")?;
    // Some clients send a data URL where the bare base64 belongs.
    let source = match data_url::parse(&data) {
        Some((mime, data)) => MediaSource::Base64 { mime, data },
        None => MediaSource::Base64 {
            mime: data_url::canonical(&format!("audio/{}", inner.text_of("format")?)),
            data,
        },
    };
    Some(Part::Media(Media {
        cache: mark(value),
        extensions: unknown(value, "input_audio", &["data", "format"]),
        ..Media::new(MediaKind::Audio, source)
    }))
}

fn file(value: Value<'_>) -> Option<Part> {
    let inner = value.field("file")?;
    let source = if let Some(data) = inner.text_of("file_data") {
        let (mime, data) =
            data_url::parse(&data).unwrap_or((Str::from_static("application/pdf"), data));
        MediaSource::Base64 { mime, data }
    } else if let Some(id) = inner.text_of("file_id") {
        MediaSource::FileId(id)
    } else {
        MediaSource::Url(inner.text_of("file_url")?)
    };
    let name = inner.text_of("filename");
    // A picture under a file name is a picture to everyone else.
    let picture = matches!(&source, MediaSource::Base64 { mime, .. } if mime.starts_with("image/"));
    let kind = if picture && name.is_some() {
        MediaKind::Image
    } else {
        MediaKind::Document
    };
    let known = ["file_data", "file_id", "file_url", "filename"];
    Some(Part::Media(Media {
        name,
        cache: mark(value),
        extensions: unknown(value, "file", &known),
        ..Media::new(kind, source)
    }))
}
