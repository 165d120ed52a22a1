//! `content` and `output`: from parts to a string or a list.

use crate::Dialect;
use crate::ir::{CacheMark, Extensions, Media, MediaKind, MediaSource, Part, Text};
use crate::json::{RawJson, Str, Writer};
use crate::openai::responses::wire::{self, citation};
use crate::openai::scope::Scope;
use crate::openai::{document, parts};

/// Who speaks: an assistant's text has a type of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Assistant,
    Client,
}

/// One entry of `content`, ready to be written.
pub(super) struct Piece<'a> {
    what: What<'a>,
    cache: Option<&'a CacheMark>,
    extensions: Option<&'a Extensions>,
}

enum What<'a> {
    Text(Str, Option<&'a RawJson>),
    Media(&'a Media),
    Refusal(&'a Str),
    Raw(&'a RawJson),
}

impl<'a> Piece<'a> {
    pub(super) fn text(text: Str) -> Self {
        Self {
            what: What::Text(text, None),
            cache: None,
            extensions: None,
        }
    }

    fn of(what: What<'a>) -> Self {
        Self {
            what,
            cache: None,
            extensions: None,
        }
    }

    /// Sets a cache mark, unless it has its own.
    pub(super) fn mark(&mut self, mark: &'a CacheMark) {
        self.cache.get_or_insert(mark);
    }

    /// The text, when there is nothing else to it.
    fn plain(&self) -> Option<&Str> {
        match &self.what {
            What::Text(text, None) if self.cache.is_none() && self.extensions.is_none() => {
                Some(text)
            }
            _ => None,
        }
    }
}

/// The pieces that a part amounts to, with its losses reported; `path` is where it stands.
pub(super) fn pieces<'a>(
    scope: &mut Scope<'_>,
    part: &'a Part,
    voice: Voice,
    path: impl Fn() -> String,
    pieces: &mut Vec<Piece<'a>>,
) {
    match part {
        // Others refuse empty texts and leave them out; here they only say nothing.
        Part::Text(text) if text.text.is_empty() && !scope.native => {}
        Part::Text(text) => pieces.push(self::text(scope, text, voice, &path)),
        Part::Media(_) if voice == Voice::Assistant && !scope.native => {
            let why = "Responses takes no media in assistant messages";
            scope.losses.dropped(path(), why);
        }
        Part::Media(media) => self::media(scope, media, &path, pieces),
        Part::Refusal(text) if voice == Voice::Assistant => {
            pieces.push(Piece::of(What::Refusal(text)));
        }
        Part::Refusal(text) => pieces.push(Piece::text(text.clone())),
        Part::Unknown(unknown) if unknown.dialect == Dialect::Responses => {
            pieces.push(Piece::of(What::Raw(&unknown.raw)));
        }
        Part::Unknown(unknown) => {
            let why = format!("Responses has no block of type `{}`", unknown.kind);
            scope.losses.dropped(path(), why);
        }
        Part::Server(block) => {
            let why = format!("a `{}` block means nothing to another vendor", block.kind);
            scope.losses.dropped(path(), why);
        }
        Part::Reasoning(_) | Part::ToolCall(_) | Part::ToolResult(_) => {}
    }
}

fn text<'a>(
    scope: &mut Scope<'_>,
    text: &'a Text,
    voice: Voice,
    path: &impl Fn() -> String,
) -> Piece<'a> {
    let citations = text
        .citations
        .as_ref()
        .filter(|_| scope.native && voice == Voice::Assistant);
    if text.citations.is_some() && citations.is_none() {
        let path = format!("{}.citations", path());
        let why = "citations of another vendor mean nothing in a request";
        scope.losses.dropped(path, why);
    }
    scope.foreign(&text.extensions, path);
    let has_own = text.extensions.of(Dialect::Responses).next().is_some();
    Piece {
        what: What::Text(text.text.clone(), citations),
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
                document::Piece::Words(words) => pieces.push(Piece::text(Str::from(words))),
                document::Piece::Text(text) => {
                    pieces.push(self::text(scope, text, Voice::Client, path));
                }
                document::Piece::Media(inner) => self::media(scope, inner, path, pieces),
                document::Piece::Lost => parts::lose_part(scope, path),
            }
        }
        return;
    }
    match (&media.source, media.kind) {
        (MediaSource::Raw(Dialect::Responses, raw), _) => pieces.push(Piece::of(What::Raw(raw))),
        (MediaSource::Raw(..), _) => scope
            .losses
            .dropped(path(), "Responses has no such source of a file"),
        (MediaSource::FileId(_), _) if !scope.native => scope.refuse(
            path(),
            "a file id is known only to the provider that gave it; send the file itself",
        ),
        (MediaSource::Url(_) | MediaSource::FileId(_), MediaKind::Audio) => scope.refuse(
            path(),
            "Responses takes no sound by address; send the sound itself",
        ),
        (_, MediaKind::Video) => scope.refuse(path(), "Responses takes no video"),
        _ => {
            parts::lose_context(scope, media, path);
            let has_own = media.extensions.of(Dialect::Responses).next().is_some();
            pieces.push(Piece {
                what: What::Media(media),
                cache: scope.mark(media.cache.as_ref(), path),
                extensions: has_own.then_some(&media.extensions),
            });
        }
    }
}

/// Writes `content` or `output`, as a string where one says it all and `bare` allows it.
pub(super) fn write(
    writer: &mut Writer<'_>,
    key: &'static str,
    pieces: &[Piece<'_>],
    bare: bool,
    voice: Voice,
) {
    writer.key(key);
    match pieces {
        [] if bare => writer.value(""),
        [piece] if bare && piece.plain().is_some() => {
            writer.value(piece.plain().unwrap_or(&Str::new()));
        }
        _ => writer.array(|writer| {
            pieces
                .iter()
                .for_each(|piece| write_piece(writer, piece, voice));
        }),
    }
}

fn write_piece(writer: &mut Writer<'_>, piece: &Piece<'_>, voice: Voice) {
    if let What::Raw(raw) = piece.what {
        writer.value(raw);
        return;
    }
    writer.object(|writer| {
        match &piece.what {
            What::Text(text, citations) => write_text(writer, text, *citations, voice),
            What::Refusal(text) => {
                writer.field("type", "refusal");
                writer.field("refusal", *text);
            }
            What::Media(media) => write_media(writer, media),
            What::Raw(_) => {}
        }
        if let Some(mark) = piece.cache {
            wire::write_cache_mark(writer, mark);
        }
        if let Some(extensions) = piece.extensions {
            wire::write_extensions(writer, extensions, &["input_audio"]);
        }
    });
}

/// An assistant's text has its annotations, if only an empty list of them.
fn write_text(writer: &mut Writer<'_>, text: &str, citations: Option<&RawJson>, voice: Voice) {
    if voice == Voice::Client {
        writer.field("type", "input_text");
        writer.field("text", text);
        return;
    }
    writer.field("type", "output_text");
    writer.field("text", text);
    writer.array_field("annotations", |writer| {
        if let Some(citations) = citations {
            let document = citations.document();
            let length = text.chars().count();
            for value in document.root().items() {
                citation::write(writer, value, length);
            }
        }
    });
}

fn write_media(writer: &mut Writer<'_>, media: &Media) {
    match media.kind {
        MediaKind::Image if media.name.is_none() => {
            writer.field("type", "input_image");
            match &media.source {
                MediaSource::FileId(id) => writer.field("file_id", id),
                source => writer.field("image_url", &parts::Address(source)),
            }
            writer.field_opt("detail", media.detail.as_ref());
        }
        MediaKind::Audio => write_audio(writer, media),
        MediaKind::Image | MediaKind::Document | MediaKind::Video => write_file(writer, media),
    }
}

fn write_file(writer: &mut Writer<'_>, media: &Media) {
    writer.field("type", "input_file");
    parts::write_file(writer, media);
    writer.field_opt("detail", media.detail.as_ref());
}

fn write_audio(writer: &mut Writer<'_>, media: &Media) {
    if let MediaSource::Base64 { mime, data } = &media.source {
        writer.field("type", "input_audio");
        writer.object_field("input_audio", |writer| {
            parts::write_sound(writer, mime, data);
            wire::write_inner(writer, &media.extensions, "input_audio");
        });
    }
}
