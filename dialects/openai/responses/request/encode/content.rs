//! `content` and `output`: from parts to a string or a list.

use crate::Dialect;
use crate::ir::{CacheMark, Extensions, Media, MediaKind, MediaSource, Part, Text};
use crate::json::{RawJson, Str, Value, Writer};
use crate::openai::data_url;
use crate::openai::document::{SEARCH_SOURCE, document, opening};
use crate::openai::responses::wire::{self, citation};
use crate::openai::scope::Scope;

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
    for extension in media.extensions.foreign(Dialect::Responses) {
        // The address of a search result goes into its text.
        if extension.key != SEARCH_SOURCE {
            let path = format!("{}.{}", path(), extension.key);
            scope.losses.dropped(path, "Responses has no such field");
        }
    }
    let enabled = |citations: &RawJson| {
        let document = citations.document();
        document.root().field("enabled").and_then(Value::as_bool) != Some(false)
    };
    if media.citations.as_ref().is_some_and(enabled) {
        let path = format!("{}.citations", path());
        scope.losses.dropped(path, "Responses cites no documents");
    }
    match (&media.source, media.kind) {
        (MediaSource::Text { text, .. }, _) => {
            scope.losses.changed(path(), "the document is sent as text");
            pieces.push(Piece::text(Str::from(document(media, text))));
        }
        (MediaSource::Parts(parts), _) => {
            scope.losses.changed(path(), "the document is sent as text");
            self::parts(scope, media, parts, path, pieces);
        }
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
            if media.context.is_some() {
                let path = format!("{}.context", path());
                let why = "Responses has no context for a file";
                scope.losses.dropped(path, why);
            }
            let has_own = media.extensions.of(Dialect::Responses).next().is_some();
            pieces.push(Piece {
                what: What::Media(media),
                cache: scope.mark(media.cache.as_ref(), path),
                extensions: has_own.then_some(&media.extensions),
            });
        }
    }
}

/// A document of texts is one text; pictures in it stand between its texts. Documents hold no further documents, so this
/// does not go deeper.
fn parts<'a>(
    scope: &mut Scope<'_>,
    media: &'a Media,
    parts: &'a [Part],
    path: &impl Fn() -> String,
    pieces: &mut Vec<Piece<'a>>,
) {
    let texts: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(&*text.text),
            _ => None,
        })
        .collect();
    if let Some(texts) = texts {
        let text = document(media, &texts.join("\n"));
        pieces.push(Piece::text(Str::from(text)));
        return;
    }
    pieces.push(Piece::text(Str::from(format!("{}>", opening(media)))));
    for part in parts {
        match part {
            Part::Text(text) => pieces.push(self::text(scope, text, Voice::Client, path)),
            Part::Media(inner)
                if matches!(
                    inner.source,
                    MediaSource::Base64 { .. } | MediaSource::Url(_)
                ) =>
            {
                self::media(scope, inner, path, pieces);
            }
            _ => scope
                .losses
                .dropped(path(), "a part of the document has no place in Responses"),
        }
    }
    pieces.push(Piece::text(Str::from_static("</document>")));
}

/// Writes `content` or `output`, as a string where one says it all and `bare` allows it.
pub(super) fn write(
    writer: &mut Writer<'_>,
    key: &str,
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
                source => writer.field("image_url", &*address(source)),
            }
            writer.field_opt("detail", media.detail.as_ref());
        }
        MediaKind::Audio => write_audio(writer, media),
        MediaKind::Image | MediaKind::Document | MediaKind::Video => write_file(writer, media),
    }
}

fn address(source: &MediaSource) -> std::borrow::Cow<'_, str> {
    match source {
        MediaSource::Base64 { mime, data } => data_url::write(mime, data).into(),
        MediaSource::Url(url) => (&**url).into(),
        _ => "".into(),
    }
}

fn write_file(writer: &mut Writer<'_>, media: &Media) {
    writer.field("type", "input_file");
    let name = media.name.as_ref().or(media.title.as_ref());
    match &media.source {
        MediaSource::FileId(id) => writer.field("file_id", id),
        MediaSource::Url(url) => writer.field("file_url", url),
        MediaSource::Base64 { mime, .. } => {
            writer.field("file_data", &*address(&media.source));
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
    writer.field_opt("detail", media.detail.as_ref());
}

fn write_audio(writer: &mut Writer<'_>, media: &Media) {
    if let MediaSource::Base64 { mime, data } = &media.source {
        let format = match &**mime {
            "audio/mpeg" => "mp3",
            other => other.strip_prefix("audio/").unwrap_or(other),
        };
        writer.field("type", "input_audio");
        writer.object_field("input_audio", |writer| {
            writer.field("data", data);
            writer.field("format", format);
            wire::write_inner(writer, &media.extensions, "input_audio");
        });
    }
}
