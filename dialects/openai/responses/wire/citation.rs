//! Annotations of visible text.
//!
//! Responses has them flat, Chat nested, Claude's cite by address; what has no address has no place here
//! (`dialects.md` 2.2).

use crate::json::{Value, Writer};

/// The kinds of annotation that Responses has, flat.
fn is_own(citation: Value<'_>) -> bool {
    let kind = citation.text_of("type");
    matches!(
        kind.as_deref(),
        Some("url_citation" | "file_citation" | "container_file_citation" | "file_path")
    ) && citation.field("url_citation").is_none()
}

/// Whether the annotation says itself where it belongs, so that it need not wait for the end of its text.
pub(crate) fn knows_its_place(citation: Value<'_>) -> bool {
    is_own(citation) || citation.field("url_citation").is_some()
}

/// Whether [`write`] would write anything.
pub(crate) fn is_annotation(citation: Value<'_>) -> bool {
    knows_its_place(citation) || citation.text_of("url").is_some()
}

/// Writes a citation as an annotation, where it can be one, on one line; `length` is that of its text in characters, all of
/// which a citation without a span stands for.
pub(crate) fn write(writer: &mut Writer<'_>, citation: Value<'_>, length: usize) {
    if is_own(citation) {
        citation.write_compact(writer);
        return;
    }
    let inner = citation.field("url_citation").unwrap_or(citation);
    let Some(url) = inner.text_of("url") else {
        return;
    };
    let position = |key: &str| inner.field(key).and_then(Value::as_u64);
    let start = position("start_index").unwrap_or(0);
    let end = position("end_index").unwrap_or(length as u64);
    writer.object(|writer| {
        writer.field("type", "url_citation");
        writer.field("start_index", &start);
        writer.field("end_index", &end);
        writer.field("title", &inner.text_of("title").unwrap_or_default());
        writer.field("url", &url);
    });
}
