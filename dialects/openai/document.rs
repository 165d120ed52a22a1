//! Documents as text, for upstreams that take no other form of them.

use crate::Dialect;
use crate::ir::{Media, MediaSource, Part, Text};

/// Where Claude's search results have the address they were found at.
pub(crate) const SEARCH_SOURCE: &str = "source";

/// A text document as text, with what is known about it.
fn document(media: &Media, text: &str) -> String {
    format!("{}>\n{text}\n</document>", opening(media))
}

/// The beginning of it, but for the closing bracket.
fn opening(media: &Media) -> String {
    let mut head = String::from("<document");
    let source = media.extensions.get(Dialect::Claude, SEARCH_SOURCE);
    let source = source.and_then(|source| source.document().root().text());
    let known = [
        ("title", media.title.as_ref().or(media.name.as_ref())),
        ("source", source.as_ref()),
        ("context", media.context.as_ref()),
    ];
    for (key, value) in known {
        if let Some(value) = value {
            head.push_str(&format!(" {key}=\"{value}\""));
        }
    }
    head
}

/// What a document of several parts becomes.
pub(crate) enum Piece<'a> {
    /// Words about the document, or all of it.
    Words(String),
    Text(&'a Text),
    Media(&'a Media),
    /// A part that has no place.
    Lost,
}

/// What media become that are a text or several parts; `None` for others.
///
/// A document of texts is one text; pictures in it stand between its texts. Documents hold no further documents, so this
/// does not go deeper.
pub(crate) fn pieces(media: &Media) -> Option<Vec<Piece<'_>>> {
    let parts = match &media.source {
        MediaSource::Text { text, .. } => return Some(vec![Piece::Words(document(media, text))]),
        MediaSource::Parts(parts) => parts,
        _ => return None,
    };
    let texts: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(&*text.text),
            _ => None,
        })
        .collect();
    if let Some(texts) = texts {
        return Some(vec![Piece::Words(document(media, &texts.join("\n")))]);
    }
    let inner = parts.iter().map(|part| match part {
        Part::Text(text) => Piece::Text(text),
        Part::Media(inner) => match inner.source {
            MediaSource::Base64 { .. } | MediaSource::Url(_) => Piece::Media(inner),
            _ => Piece::Lost,
        },
        _ => Piece::Lost,
    });
    let opening = Piece::Words(format!("{}>", opening(media)));
    let closing = Piece::Words("</document>".to_owned());
    Some(
        [opening]
            .into_iter()
            .chain(inner)
            .chain([closing])
            .collect(),
    )
}
