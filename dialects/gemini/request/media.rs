//! Images, sound, films and documents for Gemini: which sources it takes (`dialects.md` 2.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::encode::Scope;
use crate::Dialect;
use crate::claude::wire::media::sniff;
use crate::error::EncodeError;
use crate::gemini::wire::media::{ending, is_public};
use crate::ir::{Media, MediaKind, MediaSource, Part};
use crate::json::{Str, Writer};
use crate::openai::data_url;

/// What a medium becomes.
pub(super) enum Form<'r> {
    Text(Str),
    Media(&'r Media, Source),
}

/// Where a part has its bytes from.
#[derive(Debug)]
pub(super) enum Source {
    Inline { mime: Str, data: Str },
    File { mime: Option<Str>, address: Str },
}

/// The parts of a medium: one, or those of a document of parts. What Gemini cannot open is refused: an answer that
/// ignores it would be wrong.
pub(super) fn forms<'r>(
    scope: &mut Scope<'r>,
    media: &'r Media,
    path: &dyn Fn() -> String,
) -> Result<Vec<Form<'r>>, EncodeError> {
    scope.foreign(&media.extensions, path);
    scope.unmark(media.cache.is_some(), path);
    report_details(scope, media, path);
    let refuse = |reason: &str| Err(EncodeError::new(path(), reason));
    let form = match &media.source {
        MediaSource::Base64 { mime, data } => inline(media, mime, data.clone()),
        MediaSource::Text { text, .. } => Form::Text(text.clone()),
        MediaSource::Url(url) => match data_url::parse(url) {
            Some((mime, data)) => inline(media, &mime, data),
            None => Form::Media(media, address(scope, media, url, path)?),
        },
        MediaSource::FileId(id) if scope.native => Form::Media(media, file(media, id)),
        MediaSource::FileId(_) => {
            return refuse("file ids are known to one provider only; send the file itself");
        }
        MediaSource::Parts(parts) => return inner(scope, parts, path),
        MediaSource::Raw(..) => return refuse("Gemini has no such source"),
    };
    Ok(vec![form])
}

fn report_details(scope: &mut Scope<'_>, media: &Media, path: &dyn Fn() -> String) {
    let taken = scope.native || scope.profile().media_resolution;
    if let Some(detail) = media
        .detail
        .as_ref()
        .filter(|detail| *detail != "auto" && !taken)
    {
        let why = format!("the model has no setting for the detail of images (`{detail}`)");
        scope
            .losses
            .dropped(format!("{}.image_url.detail", path()), why);
    }
    let dialect = scope.request.dialect;
    let fields = [
        ("title", media.title.is_some()),
        ("context", media.context.is_some()),
        ("citations", media.citations.is_some()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, given)| *given) {
        let path = format!("{}.{field}", path());
        scope
            .losses
            .dropped(path, "Gemini's files have no such field");
    }
    if media.name.is_some() && !scope.native {
        let field = if dialect == Dialect::Chat {
            "file.filename"
        } else {
            "filename"
        };
        let path = format!("{}.{field}", path());
        scope
            .losses
            .quietly_dropped(path, "Gemini's files have no name");
    }
}

fn inline<'r>(media: &'r Media, mime: &Str, data: Str) -> Form<'r> {
    let mime = data_url::canonical(mime);
    let vague = mime == "application/octet-stream" || mime.ends_with("/*");
    let mime = match sniff(&data) {
        Some(sniffed) if vague => Str::from_static(sniffed),
        _ => mime,
    };
    // Text is text, and Gemini takes it as such; all else by its type.
    if mime.starts_with("text/") && media.kind == MediaKind::Document && media.extensions.is_empty()
    {
        let bytes = STANDARD.decode(data.as_bytes()).ok();
        if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            return Form::Text(Str::from(text));
        }
    }
    Form::Media(media, Source::Inline { mime, data })
}

fn address(
    scope: &Scope<'_>,
    media: &Media,
    url: &Str,
    path: &dyn Fn() -> String,
) -> Result<Source, EncodeError> {
    let lower = url.to_ascii_lowercase();
    let is_video = lower.contains("://www.youtube.com/") || lower.contains("://youtu.be/");
    if scope.native || is_video {
        return Ok(file(media, url));
    }
    if !is_public(url) {
        let reason = "expected a web address or a `data:` address with base64";
        return Err(EncodeError::new(path(), reason));
    }
    if scope.profile().addresses && lower.starts_with("https://") {
        return Ok(file(media, url));
    }
    if scope.profile().addresses {
        let reason =
            "this model opens only `https:` addresses; send the bytes in a `data:` address";
        return Err(EncodeError::new(path(), reason));
    }
    let reason = "this model opens no public addresses; send the bytes in a `data:` address";
    Err(EncodeError::new(path(), reason))
}

/// A file by its address, with the type that the client gave or that its kind suggests.
fn file(media: &Media, address: &Str) -> Source {
    let own = media.extensions.get(Dialect::Gemini, "mimeType");
    let mime = own.and_then(|mime| mime.document().root().text());
    Source::File {
        mime: mime.or_else(|| guessed(media.kind, address)),
        address: address.clone(),
    }
}

fn guessed(kind: MediaKind, address: &str) -> Option<Str> {
    let mime = match (kind, &*ending(address)) {
        (MediaKind::Image, "png") => "image/png",
        (MediaKind::Image, "gif") => "image/gif",
        (MediaKind::Image, "webp") => "image/webp",
        (MediaKind::Image, "jpg" | "jpeg") => "image/jpeg",
        (MediaKind::Document, "pdf") => "application/pdf",
        (MediaKind::Video, "mp4") => "video/mp4",
        _ => return None,
    };
    Some(Str::from_static(mime))
}

/// The parts of a document that has some.
fn inner<'r>(
    scope: &mut Scope<'r>,
    parts: &'r [Part],
    path: &dyn Fn() -> String,
) -> Result<Vec<Form<'r>>, EncodeError> {
    let mut all = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let path = || format!("{}.source.content[{index}]", path());
        match part {
            Part::Text(text) => {
                scope.foreign(&text.extensions, path);
                scope.unmark(text.cache.is_some(), path);
                if !text.text.is_empty() {
                    all.push(Form::Text(text.text.clone()));
                }
            }
            Part::Media(media) => all.append(&mut forms(scope, media, &path)?),
            _ => scope
                .losses
                .dropped(path(), "Gemini's documents hold texts and files"),
        }
    }
    Ok(all)
}

/// Writes the fields of a part that holds a medium.
pub(super) fn write(writer: &mut Writer<'_>, media: &Media, source: &Source) {
    match source {
        Source::Inline { mime, data } => writer.object_field("inlineData", |writer| {
            writer.field("mimeType", mime);
            writer.field("data", data);
            write_name(writer, media);
        }),
        Source::File { mime, address } => writer.object_field("fileData", |writer| {
            writer.field_opt("mimeType", mime.as_ref());
            writer.field("fileUri", address);
            write_name(writer, media);
        }),
    }
    if media.extensions.get(Dialect::Gemini, "thought").is_some() {
        writer.field("thought", &true);
    }
    let level = match media.detail.as_deref() {
        Some("low") => "MEDIA_RESOLUTION_LOW",
        Some("high" | "original") => "MEDIA_RESOLUTION_HIGH",
        _ => return,
    };
    writer.object_field("mediaResolution", |writer| writer.field("level", level));
}

/// Google's own API takes no name of a file: only a client that has sent one anyway sends it on.
fn write_name(writer: &mut Writer<'_>, media: &Media) {
    let own = media.extensions.get(Dialect::Gemini, "displayName");
    writer.field_opt("displayName", own);
}
