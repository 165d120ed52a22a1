//! Pictures and documents: which of them Kiro can see (`providers.md` 9.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::encode::Scope;
use super::messages::Image;
use crate::Dialect;
use crate::claude::wire::media::sniff;
use crate::error::EncodeError;
use crate::ir::{Media, MediaKind, MediaSource};
use crate::json::Str;
use crate::openai::{data_url, document};

/// What a medium becomes.
#[derive(Debug)]
pub(super) enum Form {
    Text(Str),
    Image(Image),
}

/// The forms of a medium: one, or those of a document of parts. What Kiro cannot see is refused: an answer that ignores it
/// would be wrong.
pub(super) fn forms(
    scope: &mut Scope<'_>,
    media: &Media,
    path: &dyn Fn() -> String,
) -> Result<Vec<Form>, EncodeError> {
    scope.foreign(&media.extensions, path);
    scope.unmark(media.cache.is_some(), path);
    let refuse = |reason: &str| Err(EncodeError::new(path(), reason));
    match media.kind {
        MediaKind::Audio => return refuse("Kiro takes no sound; send a transcript"),
        MediaKind::Video => return refuse("Kiro takes no films; send single images"),
        MediaKind::Image | MediaKind::Document => {}
    }
    report_detail(scope, media, path);
    if let Some(pieces) = document::pieces(media) {
        scope.losses.changed(path(), "the document is sent as text");
        return inner(scope, pieces, path);
    }
    report_details(scope, media, path);
    let (mime, data) = match &media.source {
        MediaSource::Base64 { mime, data } => (data_url::canonical(mime), data.clone()),
        MediaSource::Url(url) => match data_url::parse(url) {
            Some(inline) => inline,
            None => {
                return refuse("Kiro opens no addresses; send the bytes in a `data:` address");
            }
        },
        MediaSource::FileId(_) => {
            return refuse("file ids are known to one provider only; send the file itself");
        }
        MediaSource::Raw(..) | MediaSource::Text { .. } | MediaSource::Parts(_) => {
            return refuse("Kiro has no such source");
        }
    };
    Ok(vec![inline(media, &mime, data, path)?])
}

fn inline(
    media: &Media,
    mime: &str,
    data: Str,
    path: &dyn Fn() -> String,
) -> Result<Form, EncodeError> {
    let vague = mime == "application/octet-stream" || mime.ends_with("/*");
    let mime = match sniff(&data) {
        Some(sniffed) if vague => sniffed,
        _ => mime,
    };
    let format = match mime {
        "image/png" => "png",
        "image/jpeg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ if media.kind == MediaKind::Image => {
            let reason = format!("Kiro takes JPEG, PNG, GIF and WebP images, not `{mime}`");
            return Err(EncodeError::new(path(), reason));
        }
        _ => {
            let bytes = STANDARD.decode(data.as_bytes()).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            return text
                .filter(|_| is_text(mime))
                .map(|text| Form::Text(Str::from(text)))
                .ok_or_else(|| {
                    let reason = format!("Kiro takes images and plain text files, not `{mime}`");
                    EncodeError::new(path(), reason)
                });
        }
    };
    Ok(Form::Image(Image { format, data }))
}

fn is_text(mime: &str) -> bool {
    let kinds = ["json", "xml", "yaml", "javascript"];
    mime.starts_with("text/") || kinds.iter().any(|kind| mime.ends_with(kind))
}

/// A document in words, with the pictures in it.
fn inner(
    scope: &mut Scope<'_>,
    pieces: Vec<document::Piece<'_>>,
    path: &dyn Fn() -> String,
) -> Result<Vec<Form>, EncodeError> {
    let mut forms = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            document::Piece::Words(words) => forms.push(Form::Text(Str::from(words))),
            document::Piece::Text(text) => {
                scope.foreign(&text.extensions, path);
                scope.unmark(text.cache.is_some(), path);
                forms.push(Form::Text(text.text.clone()));
            }
            document::Piece::Media(media) => forms.append(&mut self::forms(scope, media, path)?),
            document::Piece::Lost => {
                let why = "Kiro's documents hold texts and images";
                scope.losses.dropped(path(), why);
            }
        }
    }
    Ok(forms)
}

fn report_detail(scope: &mut Scope<'_>, media: &Media, path: &dyn Fn() -> String) {
    let Some(detail) = media.detail.as_ref().filter(|detail| *detail != "auto") else {
        return;
    };
    let field = match scope.request.dialect {
        Dialect::Responses => "detail",
        Dialect::Gemini => "mediaResolution",
        Dialect::Chat | Dialect::Completions | Dialect::Claude | Dialect::Kiro => {
            "image_url.detail"
        }
    };
    let why = format!("Kiro has no setting for the detail of images (`{detail}`)");
    scope.losses.dropped(format!("{}.{field}", path()), why);
}

/// What is known of a medium that does not become words.
fn report_details(scope: &mut Scope<'_>, media: &Media, path: &dyn Fn() -> String) {
    let fields = [
        ("title", media.title.is_some()),
        ("context", media.context.is_some()),
        ("citations", media.citations.is_some()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, given)| *given) {
        let path = format!("{}.{field}", path());
        scope
            .losses
            .dropped(path, "Kiro's images have no such field");
    }
    if media.name.is_some() {
        let field = match scope.request.dialect {
            Dialect::Chat => "file.filename",
            _ => "filename",
        };
        let path = format!("{}.{field}", path());
        let why = "Kiro's images have no name";
        scope.losses.quietly_dropped(path, why);
    }
}
