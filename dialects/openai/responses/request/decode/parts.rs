//! What the `content` of a message, or the `output` of a tool, holds.

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{CacheMark, Extensions, Media, MediaKind, MediaSource, Part, Text, Unknown};
use crate::json::{Str, Value};
use crate::openai::data_url;
use crate::openai::responses::wire;

/// Appends the parts of `content`; true when it was no list.
pub(super) fn content(
    value: Option<Value<'_>>,
    path: &str,
    parts: &mut Vec<Part>,
) -> Result<bool, DecodeError> {
    let Some(value) = value else {
        return Ok(false);
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

/// Paths are built only when something is wrong. Whose message it is does not matter: an assistant's text may be called
/// `input_text` and a user's `output_text` (trap 88).
fn part(value: Value<'_>, path: impl Fn() -> String) -> Result<Part, DecodeError> {
    if !value.is_object() {
        return Err(wire::expected(path(), "an object"));
    }
    let kind = value.text_of("type").unwrap_or_default();
    let found = match &*kind {
        "input_text" | "output_text" | "text" => {
            let text = value
                .text_of("text")
                .ok_or_else(|| wire::expected(format_args!("{}.text", path()), "a string"))?;
            Some(Part::Text(self::text(value, text)))
        }
        "refusal" => value.text_of("refusal").map(Part::Refusal),
        "input_image" => image(value),
        "input_file" => file(value),
        "input_audio" => audio(value),
        _ => None,
    };
    match (found, &*kind) {
        (Some(part), _) => Ok(part),
        (None, "input_image" | "input_file" | "input_audio" | "refusal") => {
            let reason = format!("expected what a part of type `{kind}` holds");
            Err(DecodeError::shape(path(), reason))
        }
        (None, _) => Ok(Part::Unknown(Unknown {
            dialect: Dialect::Responses,
            kind,
            raw: value.raw(),
        })),
    }
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
        cache: mark(value),
        extensions,
    }
}

fn mark(value: Value<'_>) -> Option<CacheMark> {
    ["cache_control", "prompt_cache_breakpoint"]
        .into_iter()
        .find_map(|key| wire::cache_mark(key, value.field(key)?))
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

fn located(url: Str) -> MediaSource {
    match data_url::parse(&url) {
        Some((mime, data)) => MediaSource::Base64 { mime, data },
        None => MediaSource::Url(url),
    }
}

/// `image_url` is a string; Chat's object is understood (trap 95).
fn image(value: Value<'_>) -> Option<Part> {
    let inner = value.field("image_url");
    let url = inner.and_then(|inner| inner.text().or_else(|| inner.text_of("url")));
    let source = match url {
        Some(url) => located(url),
        None => MediaSource::FileId(value.text_of("file_id")?),
    };
    let nested = inner.and_then(|inner| inner.text_of("detail"));
    Some(Part::Media(Media {
        detail: value.text_of("detail").or(nested),
        cache: mark(value),
        extensions: unknown(value, &["image_url", "file_id", "detail"], ""),
        ..Media::new(MediaKind::Image, source)
    }))
}

fn file(value: Value<'_>) -> Option<Part> {
    let source = if let Some(data) = value.text_of("file_data") {
        let (mime, data) =
            data_url::parse(&data).unwrap_or((Str::from_static("application/pdf"), data));
        MediaSource::Base64 { mime, data }
    } else if let Some(url) = value.text_of("file_url") {
        MediaSource::Url(url)
    } else {
        MediaSource::FileId(value.text_of("file_id")?)
    };
    // A picture under a file name is a picture to everyone else.
    let name = value.text_of("filename");
    let picture = matches!(&source, MediaSource::Base64 { mime, .. } if mime.starts_with("image/"));
    let kind = match picture && name.is_some() {
        true => MediaKind::Image,
        false => MediaKind::Document,
    };
    let known = ["file_data", "file_url", "file_id", "filename", "detail"];
    Some(Part::Media(Media {
        name,
        detail: value.text_of("detail"),
        cache: mark(value),
        extensions: unknown(value, &known, ""),
        ..Media::new(kind, source)
    }))
}

fn audio(value: Value<'_>) -> Option<Part> {
    let inner = value.field("input_audio")?;
    let data = inner.text_of("data")?;
    let source = match data_url::parse(&data) {
        Some((mime, data)) => MediaSource::Base64 { mime, data },
        None => MediaSource::Base64 {
            mime: data_url::canonical(&format!("audio/{}", inner.text_of("format")?)),
            data,
        },
    };
    let known = ["input_audio", "data", "format"];
    Some(Part::Media(Media {
        cache: mark(value),
        extensions: unknown(value, &known, "input_audio"),
        ..Media::new(MediaKind::Audio, source)
    }))
}
