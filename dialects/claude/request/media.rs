//! Images and documents for Claude: which sources it takes (`dialects.md` 2.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::marks;
use super::messages::{Block, Content, Origin};
use crate::Dialect;
use crate::claude::wire::media::{Form, SEARCH_SOURCE, Source, canonical, data_url, sniff};
use crate::error::EncodeError;
use crate::ir::{Media, MediaKind, MediaSource, Part, Request, Text};
use crate::json::Str;
use crate::losses::Losses;

/// The image types Claude takes.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/// A medium as a block. What Claude cannot see is refused: an answer that ignores it would be wrong.
pub(super) fn content<'r>(
    media: &'r Media,
    request: &Request,
    origin: Origin,
    losses: &mut Losses,
) -> Result<Content<'r>, EncodeError> {
    let path = || request.part_path(origin.turn, origin.part);
    let refuse = |reason| Err(EncodeError::new(path(), reason));
    match media.kind {
        MediaKind::Audio => return refuse("Claude takes no sound; send a transcript"),
        MediaKind::Video => return refuse("Claude takes no films; send single images"),
        MediaKind::Image | MediaKind::Document => {}
    }
    if let Some(detail) = media.detail.as_ref().filter(|detail| *detail != "auto") {
        let why = format!("Claude has no setting for the detail of images (`{detail}`)");
        let field = match request.dialect {
            Dialect::Responses => "detail",
            Dialect::Gemini => "mediaResolution",
            Dialect::Chat | Dialect::Completions | Dialect::Kiro | Dialect::Claude => {
                "image_url.detail"
            }
        };
        losses.dropped(format!("{}.{field}", path()), why);
    }
    let is_image = media.kind == MediaKind::Image;
    let form = if is_image {
        Form::Image
    } else if media
        .extensions
        .get(Dialect::Claude, SEARCH_SOURCE)
        .is_some()
    {
        Form::SearchResult
    } else {
        Form::Document
    };
    let (form, source) = match &media.source {
        MediaSource::Base64 { mime, data } => base64(form, canonical(mime), data.clone(), &path)?,
        MediaSource::Text { text, .. } => (form, Source::Text(text.clone())),
        MediaSource::Url(url) => address(form, url, &path)?,
        MediaSource::FileId(id) if request.dialect == Dialect::Claude => {
            (form, Source::File(id.clone()))
        }
        MediaSource::FileId(_) => {
            return refuse("file ids are known to one provider only; send the file itself");
        }
        MediaSource::Parts(parts) => (
            form,
            Source::Blocks(blocks(parts, request, origin, losses)?),
        ),
        MediaSource::Raw(Dialect::Claude, raw) => (form, Source::Raw(raw)),
        MediaSource::Raw(..) => return refuse("Claude has no such source"),
    };
    Ok(Content::Media {
        media,
        form,
        source,
    })
}

fn base64<'r>(
    form: Form,
    mime: Str,
    data: Str,
    path: &impl Fn() -> String,
) -> Result<(Form, Source<'r, Block<'r>>), EncodeError> {
    let vague = mime.is_empty() || mime == "application/octet-stream" || mime == "image/*";
    let mime = match sniff(&data) {
        Some(sniffed) if vague => Str::from_static(sniffed),
        _ => mime,
    };
    if IMAGES.contains(&&*mime) {
        return Ok((Form::Image, Source::Base64 { mime, data }));
    }
    if form == Form::Image {
        let reason = format!("Claude takes JPEG, PNG, GIF and WebP images, not `{mime}`");
        return Err(EncodeError::new(path(), reason));
    }
    if mime == "application/pdf" {
        return Ok((Form::Document, Source::Base64 { mime, data }));
    }
    let is_text = mime.starts_with("text/")
        || ["json", "xml", "yaml", "javascript"]
            .iter()
            .any(|kind| mime.ends_with(kind));
    let bytes = is_text
        .then(|| STANDARD.decode(data.as_bytes()).ok())
        .flatten();
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => Ok((Form::Document, Source::Text(Str::from(text)))),
        None => {
            let reason = format!("Claude takes PDF and plain text files, not `{mime}`");
            Err(EncodeError::new(path(), reason))
        }
    }
}

fn address<'r>(
    form: Form,
    url: &Str,
    path: &impl Fn() -> String,
) -> Result<(Form, Source<'r, Block<'r>>), EncodeError> {
    if let Some(inline) = data_url(url) {
        return match inline.base64 {
            true => base64(form, inline.mime, inline.data, path),
            false => Ok((Form::Document, Source::Text(inline.data))),
        };
    }
    let is_web = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if is_web {
        return Ok((form, Source::Url(url.clone())));
    }
    let reason = "expected a web address or a `data:` address with base64";
    Err(EncodeError::new(path(), reason))
}

fn blocks<'r>(
    parts: &'r [Part],
    request: &Request,
    origin: Origin,
    losses: &mut Losses,
) -> Result<Vec<Block<'r>>, EncodeError> {
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts {
        let (content, cache) = match part {
            Part::Text(text) if text.text.is_blank() => continue,
            Part::Text(text) => (text_content(text), text.cache.as_ref()),
            Part::Media(media) => (
                content(media, request, origin, losses)?,
                media.cache.as_ref(),
            ),
            Part::Server(block) if block.dialect == Dialect::Claude => {
                (Content::Raw(&block.raw), None)
            }
            Part::Unknown(block) if block.dialect == Dialect::Claude => {
                (Content::Raw(&block.raw), None)
            }
            _ => {
                let path = request.part_path(origin.turn, origin.part);
                losses.dropped(path, "Claude's documents hold texts and images");
                continue;
            }
        };
        blocks.push(Block {
            content,
            cache: cache.map(marks::fit),
            origin,
        });
    }
    Ok(blocks)
}

fn text_content(text: &Text) -> Content<'_> {
    Content::Text {
        text: text.text.clone(),
        of: Some(text),
    }
}
