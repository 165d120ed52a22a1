//! Documents as text, for upstreams that take no other form of them.

use crate::Dialect;
use crate::ir::Media;

/// Where Claude's search results have the address they were found at.
pub(crate) const SEARCH_SOURCE: &str = "source";

/// A text document as text, with what is known about it.
pub(crate) fn document(media: &Media, text: &str) -> String {
    format!("{}>\n{text}\n</document>", opening(media))
}

/// The beginning of it, but for the closing bracket.
pub(crate) fn opening(media: &Media) -> String {
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
