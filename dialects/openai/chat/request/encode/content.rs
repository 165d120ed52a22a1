//! `content`: from parts to a string or a list.

use crate::Dialect;
use crate::ir::{CacheMark, Extensions, Media, MediaKind, MediaSource, Part, Text};
use crate::json::{RawJson, Str, Writer};
use crate::openai::chat::wire;
use crate::openai::scope::Scope;
use crate::openai::{document, parts};

/// One entry of `content`, ready to be written.
pub(super) enum Piece<'a> {
    Text {
        text: Str,
        cache: Option<&'a CacheMark>,
        extensions: Option<&'a Extensions>,
    },
    Media {
        media: &'a Media,
        cache: Option<&'a CacheMark>,
    },
    Refusal(&'a Str),
    Raw(&'a RawJson),
}

impl Piece<'_> {
    pub(super) fn text(text: impl Into<Str>) -> Self {
        Self::Text {
            text: text.into(),
            cache: None,
            extensions: None,
        }
    }

    fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Text {
                cache: None,
                extensions: None,
                ..
            }
        )
    }
}

/// The pieces that a part amounts to, with its losses reported; `path` is where it stands.
pub(super) fn pieces<'a>(
    scope: &mut Scope<'_>,
    part: &'a Part,
    path: impl Fn() -> String,
    pieces: &mut Vec<Piece<'a>>,
) {
    match part {
        Part::Text(text) => pieces.push(self::text(scope, text, &path)),
        Part::Media(media) => self::media(scope, media, &path, pieces),
        Part::Refusal(text) => pieces.push(Piece::Refusal(text)),
        Part::Unknown(unknown) if unknown.dialect == Dialect::Chat => {
            pieces.push(Piece::Raw(&unknown.raw));
        }
        Part::Unknown(unknown) => {
            let why = format!("Chat has no block of type `{}`", unknown.kind);
            scope.losses.dropped(path(), why);
        }
        Part::Server(block) => {
            let why = format!("a `{}` block means nothing to another vendor", block.kind);
            scope.losses.dropped(path(), why);
        }
        Part::Reasoning(_) | Part::ToolCall(_) | Part::ToolResult(_) => {}
    }
}

fn text<'a>(scope: &mut Scope<'_>, text: &'a Text, path: &impl Fn() -> String) -> Piece<'a> {
    if text.citations.is_some() {
        let field = match scope.request.dialect {
            Dialect::Responses => "annotations",
            Dialect::Chat
            | Dialect::Completions
            | Dialect::Kiro
            | Dialect::Claude
            | Dialect::Gemini => "citations",
        };
        scope.losses.dropped(
            format!("{}.{field}", path()),
            "Chat takes no citations in a request",
        );
    }
    scope.foreign(&text.extensions, path);
    let has_own = text.extensions.of(Dialect::Chat).next().is_some();
    Piece::Text {
        text: text.text.clone(),
        cache: scope.mark(text.cache.as_ref(), path),
        extensions: has_own.then_some(&text.extensions),
    }
}

fn media<'a>(
    scope: &mut Scope<'_>,
    media: &'a Media,
    path: &impl Fn() -> String,
    pieces: &mut Vec<Piece<'a>>,
) {
    parts::lose_fields(scope, media, path);
    if let Some(words) = document::pieces(media) {
        scope.losses.changed(path(), "the document is sent as text");
        for piece in words {
            match piece {
                document::Piece::Words(words) => pieces.push(Piece::text(words)),
                document::Piece::Text(text) => pieces.push(self::text(scope, text, path)),
                document::Piece::Media(inner) => self::media(scope, inner, path, pieces),
                document::Piece::Lost => parts::lose_part(scope, path),
            }
        }
        return;
    }
    match (&media.source, media.kind) {
        (MediaSource::Raw(Dialect::Chat, raw), _) => pieces.push(Piece::Raw(raw)),
        (MediaSource::Raw(..), _) => scope
            .losses
            .dropped(path(), "Chat has no such source of a file"),
        (MediaSource::FileId(_), _) if !scope.native => scope.refuse(
            path(),
            "a file id is known only to the provider that gave it; send the file itself",
        ),
        (MediaSource::Url(_), MediaKind::Document) if !scope.native => scope.refuse(
            path(),
            "Chat takes no documents by address; send the document itself",
        ),
        (MediaSource::Url(_) | MediaSource::FileId(_), MediaKind::Audio) => {
            scope.refuse(
                path(),
                "Chat takes no sound by address; send the sound itself",
            );
        }
        (_, MediaKind::Video) if !scope.native => {
            scope.refuse(path(), "Chat takes no video");
        }
        _ => {
            parts::lose_context(scope, media, path);
            let cache = scope.mark(media.cache.as_ref(), path);
            pieces.push(Piece::Media { media, cache });
        }
    }
}

/// How `content` was spelt, and whether it may be joined.
#[derive(Clone, Copy)]
pub(super) struct Spelling {
    /// It was one bare string.
    pub(super) bare: bool,
    /// A single text of another dialect is a bare string in Chat.
    pub(super) native: bool,
    /// The upstream takes lists of texts.
    pub(super) lists: bool,
}

/// Writes `content`, which is a string when it can be one (`dialects.md` 2.1: a spelling, not a difference).
pub(super) fn write(writer: &mut Writer<'_>, pieces: &[Piece<'_>], spelling: Spelling) {
    writer.key("content");
    match pieces {
        [] if spelling.bare || !spelling.native => writer.value(""),
        [piece @ Piece::Text { text, .. }]
            if piece.is_plain() && (spelling.bare || !spelling.native) =>
        {
            writer.value(text);
        }
        _ => match (!spelling.lists).then(|| joined(pieces)).flatten() {
            Some(text) => writer.value(&text),
            None => writer.array(|writer| {
                pieces.iter().for_each(|piece| write_piece(writer, piece));
            }),
        },
    }
}

/// All texts as one, when there is nothing else.
fn joined(pieces: &[Piece<'_>]) -> Option<String> {
    let texts: Option<Vec<&str>> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text { text, .. } => Some(&**text),
            _ => None,
        })
        .collect();
    Some(texts?.join("\n\n"))
}

fn write_piece(writer: &mut Writer<'_>, piece: &Piece<'_>) {
    match piece {
        Piece::Text {
            text,
            cache,
            extensions,
        } => writer.object(|writer| {
            writer.field("type", "text");
            writer.field("text", text);
            if let Some(mark) = cache {
                wire::write_cache_mark(writer, mark);
            }
            if let Some(extensions) = extensions {
                wire::write_extensions(writer, extensions, &[]);
            }
        }),
        Piece::Refusal(text) => writer.object(|writer| {
            writer.field("type", "refusal");
            writer.field("refusal", *text);
        }),
        Piece::Raw(raw) => writer.value(*raw),
        Piece::Media { media, cache } => {
            writer.object(|writer| write_media(writer, media, *cache));
        }
    }
}

fn write_media(writer: &mut Writer<'_>, media: &Media, cache: Option<&CacheMark>) {
    let key = match media.kind {
        MediaKind::Image if media.name.is_some() => "file",
        MediaKind::Image => "image_url",
        MediaKind::Video => "video_url",
        MediaKind::Audio => "input_audio",
        MediaKind::Document => "file",
    };
    writer.field("type", key);
    writer.object_field(key, |writer| {
        match key {
            "file" => parts::write_file(writer, media),
            "input_audio" => {
                if let MediaSource::Base64 { mime, data } = &media.source {
                    parts::write_sound(writer, mime, data);
                }
            }
            _ => {
                writer.field("url", &parts::Address(&media.source));
                writer.field_opt("detail", media.detail.as_ref());
            }
        }
        wire::write_inner(writer, &media.extensions, key);
    });
    if let Some(mark) = cache {
        wire::write_cache_mark(writer, mark);
    }
    wire::write_extensions(writer, &media.extensions, &[key]);
}
