//! The parts of `content` that Chat and Responses have alike.

use std::fmt::Arguments;

use super::data_url;
use super::document::SEARCH_SOURCE;
use super::scope::Scope;
use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{CacheMark, Media, MediaKind, MediaSource, Part, Text, Unknown};
use crate::json::{Str, ToJson, Value, Writer};
use crate::openai::chat::wire;

/// Appends the parts of `content`, which `read` reads one by one; true when it was no list. Paths are built only when
/// something is wrong.
pub(crate) fn read(
    value: Value<'_>,
    path: Arguments<'_>,
    parts: &mut Vec<Part>,
    read: impl Fn(Value<'_>, &dyn Fn() -> String) -> Result<Part, DecodeError>,
) -> Result<bool, DecodeError> {
    parts.reserve_exact(Part::room_for(value.items()).max(1));
    if let Some(text) = value.text() {
        parts.push(Part::Text(Text::new(text)));
        return Ok(true);
    }
    if !value.is_array() {
        return Err(wire::expected(path, "a string or a list of parts"));
    }
    for (index, item) in value.items().enumerate() {
        let path = || format!("{path}[{index}]");
        if !item.is_object() {
            return Err(wire::expected(path(), "an object"));
        }
        parts.push(read(item, &path)?);
    }
    Ok(false)
}

/// A part that is a text and nothing else, as most are, if its type is one of `kinds`.
pub(crate) fn read_plain(value: Value<'_>, kinds: &[&str]) -> Option<Part> {
    let [kind, text] = value.exactly(["type", "text"])?;
    let kind = kind.as_str()?;
    let text = text.text().filter(|_| kinds.contains(&&*kind))?;
    Some(Part::Text(Text::new(text)))
}

/// The text of a part of text.
pub(crate) fn read_text(value: Value<'_>, path: &dyn Fn() -> String) -> Result<Str, DecodeError> {
    value
        .text_of("text")
        .ok_or_else(|| wire::expected(format_args!("{}.text", path()), "a string"))
}

/// A part that was not understood: wrong where its type is one of `known`, else kept as it is.
pub(crate) fn read_unknown(
    dialect: Dialect,
    value: Value<'_>,
    known: &[&str],
    path: &dyn Fn() -> String,
) -> Result<Part, DecodeError> {
    let kind = value.text_of("type").unwrap_or_default();
    if known.contains(&&*kind) {
        let reason = format!("expected what a part of type `{kind}` holds");
        return Err(DecodeError::shape(path(), reason));
    }
    Ok(Part::Unknown(Unknown {
        dialect,
        kind,
        raw: value.raw(),
    }))
}

/// The cache mark of a part.
pub(crate) fn read_mark(value: Value<'_>) -> Option<CacheMark> {
    ["cache_control", "prompt_cache_breakpoint"]
        .into_iter()
        .find_map(|key| wire::cache_mark(key, value.field(key)?))
}

/// What an address leads to, which may be the data itself.
pub(crate) fn located(url: Str) -> MediaSource {
    match data_url::parse(&url) {
        Some((mime, data)) => MediaSource::Base64 { mime, data },
        None => MediaSource::Url(url),
    }
}

/// What `input_audio` holds.
pub(crate) fn read_sound(inner: Value<'_>) -> Option<MediaSource> {
    let data = inner.text_of("data")?;
    // Some clients send a data URL where the bare base64 belongs.
    Some(match data_url::parse(&data) {
        Some((mime, data)) => MediaSource::Base64 { mime, data },
        None => MediaSource::Base64 {
            mime: data_url::canonical(&format!("audio/{}", inner.text_of("format")?)),
            data,
        },
    })
}

/// What `file_data` holds.
pub(crate) fn read_file_data(data: Str) -> MediaSource {
    let pdf = Str::from_static("application/pdf");
    let (mime, data) = data_url::parse(&data).unwrap_or((pdf, data));
    MediaSource::Base64 { mime, data }
}

/// What a file is to everyone else: a picture under a file name is a picture.
pub(crate) fn file_kind(source: &MediaSource, name: Option<&Str>) -> MediaKind {
    match source {
        MediaSource::Base64 { mime, .. } if mime.starts_with("image/") && name.is_some() => {
            MediaKind::Image
        }
        _ => MediaKind::Document,
    }
}

/// Reports the fields of media that have no place.
pub(crate) fn lose_fields(scope: &mut Scope<'_>, media: &Media, path: &impl Fn() -> String) {
    let name = scope.side.name;
    for extension in media.extensions.foreign(scope.side.dialect) {
        // The address of a search result goes into its text.
        if extension.key != SEARCH_SOURCE {
            let path = format!("{}.{}", path(), extension.key);
            scope
                .losses
                .dropped(path, format!("{name} has no such field"));
        }
    }
    let enabled = media.citations.as_ref().is_some_and(|citations| {
        let document = citations.document();
        document.root().field("enabled").and_then(Value::as_bool) != Some(false)
    });
    if enabled {
        let path = format!("{}.citations", path());
        scope
            .losses
            .dropped(path, format!("{name} cites no documents"));
    }
}

/// Reports the context of a file, which is written as a file.
pub(crate) fn lose_context(scope: &mut Scope<'_>, media: &Media, path: &impl Fn() -> String) {
    if media.context.is_some() {
        let path = format!("{}.context", path());
        let why = format!("{} has no context for a file", scope.side.name);
        scope.losses.dropped(path, why);
    }
}

/// Reports a part of a document.
pub(crate) fn lose_part(scope: &mut Scope<'_>, path: &impl Fn() -> String) {
    let name = scope.side.name;
    let why = format!("a part of the document has no place in {name}");
    scope.losses.dropped(path(), why);
}

/// Media as an address.
pub(crate) struct Address<'m>(pub(crate) &'m MediaSource);

impl ToJson for Address<'_> {
    fn write_json(&self, writer: &mut Writer<'_>) {
        match self.0 {
            MediaSource::Base64 { mime, data } => writer.joined(&data_url::head(mime), data),
            MediaSource::Url(url) => writer.value(url),
            _ => writer.value(""),
        }
    }
}

/// Writes where a file is, and its name.
pub(crate) fn write_file(writer: &mut Writer<'_>, media: &Media) {
    let name = media.name.as_ref().or(media.title.as_ref());
    match &media.source {
        MediaSource::FileId(id) => writer.field("file_id", id),
        MediaSource::Url(url) => writer.field("file_url", url),
        MediaSource::Base64 { mime, .. } => {
            writer.field("file_data", &Address(&media.source));
            if name.is_none() {
                // The vendor refuses data without a name.
                let name = match &**mime {
                    "application/pdf" => "document.pdf",
                    _ => "document",
                };
                writer.field("filename", name);
            }
        }
        _ => {}
    }
    writer.field_opt("filename", name);
}

/// Writes what `input_audio` holds.
pub(crate) fn write_sound(writer: &mut Writer<'_>, mime: &str, data: &Str) {
    let format = match mime {
        "audio/mpeg" => "mp3",
        other => other.strip_prefix("audio/").unwrap_or(other),
    };
    writer.field("data", data);
    writer.field("format", format);
}
