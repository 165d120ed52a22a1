//! Images and documents.

use super::blocks::{Blocks, rest};
use super::cache_mark;
use super::path::{self, At};
use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Media, MediaKind, MediaSource, Part, Text};
use crate::json::{RawJson, Str, Value, Writer};

/// The field that tells a search result from a document: the address it was found at.
pub(crate) const SEARCH_SOURCE: &str = "source";

/// Reads an `image` block.
pub(super) fn image(block: Value<'_>, at: &At<'_>) -> Result<Media, DecodeError> {
    let from = source(block, at)?;
    let source = simple_source(from, &at.field("source"), "image/png")?;
    Ok(Media {
        cache: cache_mark(block, at)?,
        extensions: rest(block, &["type", "source", "cache_control"]),
        ..Media::new(MediaKind::Image, source)
    })
}

/// Reads a `document` block.
pub(super) fn document(
    blocks: &mut Blocks,
    block: Value<'_>,
    at: &At<'_>,
) -> Result<Media, DecodeError> {
    let from = source(block, at)?;
    let at_source = at.field("source");
    let source = match from.field("content") {
        Some(content) => MediaSource::Parts(content_parts(blocks, content, &at_source)?),
        None => simple_source(from, &at_source, "application/pdf")?,
    };
    let known = [
        "type",
        "source",
        "title",
        "context",
        "citations",
        "cache_control",
    ];
    Ok(Media {
        title: path::optional_text(block, "title", at.field("title"))?,
        context: path::optional_text(block, "context", at.field("context"))?,
        citations: block.field("citations").map(Value::raw),
        cache: cache_mark(block, at)?,
        extensions: rest(block, &known),
        ..Media::new(MediaKind::Document, source)
    })
}

/// Reads a `search_result` block: a document of texts, with its address kept as an extension.
pub(super) fn search_result(
    blocks: &mut Blocks,
    block: Value<'_>,
    at: &At<'_>,
) -> Result<Media, DecodeError> {
    let parts = match block.field("content") {
        Some(content) => content_parts(blocks, content, at)?,
        None => Vec::new(),
    };
    Ok(Media {
        title: path::optional_text(block, "title", at.field("title"))?,
        citations: block.field("citations").map(Value::raw),
        cache: cache_mark(block, at)?,
        extensions: rest(
            block,
            &["type", "title", "content", "citations", "cache_control"],
        ),
        ..Media::new(MediaKind::Document, MediaSource::Parts(parts))
    })
}

fn source<'d>(block: Value<'d>, at: &At<'_>) -> Result<Value<'d>, DecodeError> {
    let source = path::optional_object(block, "source", at.field("source"))?;
    source.ok_or_else(|| DecodeError::shape(at.field("source"), "expected an object"))
}

fn content_parts(
    blocks: &mut Blocks,
    content: Value<'_>,
    at: &At<'_>,
) -> Result<Vec<Part>, DecodeError> {
    if let Some(text) = content.text() {
        return Ok(vec![Part::Text(Text::new(text))]);
    }
    if !content.is_array() {
        return Err(DecodeError::shape(
            at.field("content"),
            "expected a string or a list",
        ));
    }
    blocks.read(content, &at.field("content"))
}

/// A source that holds no blocks. Kinds we do not know are kept as they are.
fn simple_source(
    source: Value<'_>,
    at: &At<'_>,
    default_mime: &'static str,
) -> Result<MediaSource, DecodeError> {
    let mime = |default| {
        let given = path::optional_text(source, "media_type", at.field("media_type"))?;
        Ok::<Str, DecodeError>(given.map_or(Str::from_static(default), |mime| canonical(&mime)))
    };
    Ok(match &*path::required_text(source, "type", at)? {
        "base64" => MediaSource::Base64 {
            mime: mime(default_mime)?,
            data: path::required_text(source, "data", at)?,
        },
        "text" => MediaSource::Text {
            mime: mime("text/plain")?,
            text: path::required_text(source, "data", at)?,
        },
        "url" => MediaSource::Url(path::required_text(source, "url", at)?),
        "file" => MediaSource::FileId(path::required_text(source, "file_id", at)?),
        _ => MediaSource::Raw(Dialect::Claude, source.raw()),
    })
}

/// A media type in lower case, without parameters, by its registered name.
pub(crate) fn canonical(mime: &Str) -> Str {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("image/jpg") {
        Str::from_static("image/jpeg")
    } else if essence.len() == mime.len() && !essence.bytes().any(|byte| byte.is_ascii_uppercase())
    {
        mime.clone()
    } else {
        Str::from(essence.to_ascii_lowercase())
    }
}

/// The block a medium becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Image,
    Document,
    SearchResult,
}

/// Where a block has its bytes from; `B` is a block inside a document.
#[derive(Debug)]
pub(crate) enum Source<'r, B> {
    Base64 { mime: Str, data: Str },
    Text(Str),
    Url(Str),
    File(Str),
    Blocks(Vec<B>),
    Raw(&'r RawJson),
}

/// Writes the fields of an image, document or search result; `inner` writes a block inside.
pub(crate) fn write<B>(
    writer: &mut Writer<'_>,
    media: &Media,
    form: Form,
    source: &Source<'_, B>,
    mut inner: impl FnMut(&mut Writer<'_>, &B),
) {
    let mut blocks = |writer: &mut Writer<'_>, blocks: &[B]| {
        writer.array_field("content", |writer| {
            blocks.iter().for_each(|block| inner(writer, block));
        });
    };
    match (form, source) {
        (Form::SearchResult, Source::Blocks(content)) => {
            writer.field("type", "search_result");
            blocks(writer, content);
        }
        (form, source) => {
            let word = match form {
                Form::Image => "image",
                Form::Document | Form::SearchResult => "document",
            };
            writer.field("type", word);
            writer.key("source");
            match source {
                Source::Blocks(content) => writer.object(|writer| {
                    writer.field("type", "content");
                    blocks(writer, content);
                }),
                simple => write_source(writer, simple),
            }
        }
    }
    if form != Form::Image {
        writer.field_opt("title", media.title.as_ref().or(media.name.as_ref()));
        writer.field_opt("context", media.context.as_ref());
        writer.field_opt("citations", media.citations.as_ref());
    }
}

fn write_source<B>(writer: &mut Writer<'_>, source: &Source<'_, B>) {
    let (kind, key, value) = match source {
        Source::Raw(raw) => return writer.value(*raw),
        Source::Blocks(_) => return writer.object(|_| {}),
        Source::Base64 { mime, data } => {
            return writer.object(|writer| {
                writer.field("type", "base64");
                writer.field("media_type", mime);
                writer.field("data", data);
            });
        }
        Source::Text(text) => {
            return writer.object(|writer| {
                writer.field("type", "text");
                writer.field("media_type", "text/plain");
                writer.field("data", text);
            });
        }
        Source::Url(url) => ("url", "url", url),
        Source::File(id) => ("file", "file_id", id),
    };
    writer.object(|writer| {
        writer.field("type", kind);
        writer.field(key, value);
    });
}

/// What a `data:` address holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataUrl {
    /// Media type, canonical; empty when there is none.
    pub(crate) mime: Str,
    /// `data` is base64 (without white space), else text.
    pub(crate) base64: bool,
    pub(crate) data: Str,
}

/// Reads a `data:` address the way browsers do, and a bit more leniently: parameters are skipped, case does not matter,
/// and bytes that cannot be text are base64 even when nothing says so.
pub(crate) fn data_url(url: &Str) -> Option<DataUrl> {
    let scheme = url.get(..5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let comma = 5 + memchr::memchr(b',', &url.as_bytes()[5..])?;
    let mut head = url[5..comma].split(';').map(str::trim);
    let mime = canonical(&url.slice_ref(head.next().unwrap_or_default()));
    let flagged = head.any(|parameter| parameter.eq_ignore_ascii_case("base64"));
    let is_text = mime.is_empty() || mime.starts_with("text/") || mime == "application/json";
    let base64 = flagged || !is_text;
    let data = url.slice_ref(&url[comma + 1..]);
    let data = if data.contains('%') {
        Str::from(percent_decoded(&data)?)
    } else {
        data
    };
    let data = match base64 {
        true if data.bytes().any(|byte| byte.is_ascii_whitespace()) => {
            Str::from(data.split_ascii_whitespace().collect::<String>())
        }
        _ => data,
    };
    Some(DataUrl { mime, base64, data })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).filter(|_| *first == b'%');
        let byte = escape
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).ok()
}

/// The type of bytes by how their base64 begins, where the sender says nothing useful.
pub(crate) fn sniff(base64: &str) -> Option<&'static str> {
    const BEGINNINGS: [(&str, &str); 5] = [
        ("iVBORw0KGgo", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
        ("UklGR", "image/webp"),
        ("JVBERi", "application/pdf"),
    ];
    let found = BEGINNINGS
        .iter()
        .find(|(beginning, _)| base64.starts_with(beginning))?;
    Some(found.1)
}
