//! Where an answer has its words from: Google counts bytes, the others characters.

use super::{count, field, text_of};
use crate::json::{RawJson, Value, Writer};

/// The sources of a candidate as annotations of Chat's form, which every dialect's encoder reads. `text` is what the
/// candidate has said so far.
pub(crate) fn read(candidate: Value<'_>, text: &str) -> Vec<RawJson> {
    let mut found = Vec::new();
    if let Some(grounding) = field(candidate, "groundingMetadata") {
        grounded(grounding, text, &mut found);
    }
    let sources = field(candidate, "citationMetadata").and_then(|metadata| {
        // Google's own API has one name, Vertex another.
        field(metadata, "citationSources").or_else(|| metadata.field("citations"))
    });
    for source in sources.into_iter().flat_map(Value::items) {
        if let Some(uri) = text_of(source, "uri") {
            let title = text_of(source, "title").unwrap_or_default();
            found.push(annotation(span(source, text), &title, &uri));
        }
    }
    found
}

fn grounded(grounding: Value<'_>, text: &str, found: &mut Vec<RawJson>) {
    let chunks = field(grounding, "groundingChunks");
    let pages: Vec<Option<Value<'_>>> = chunks
        .into_iter()
        .flat_map(Value::items)
        .map(|chunk| {
            chunk
                .field("web")
                .or_else(|| field(chunk, "retrievedContext"))
        })
        .collect();
    let mut cite = |page: Value<'_>, span| {
        if let Some(uri) = text_of(page, "uri") {
            let title = text_of(page, "title").unwrap_or_default();
            found.push(annotation(span, &title, &uri));
        }
    };
    let supports =
        field(grounding, "groundingSupports").filter(|list| list.items().next().is_some());
    let Some(supports) = supports else {
        pages.iter().flatten().for_each(|page| cite(*page, (0, 0)));
        return;
    };
    for support in supports.items() {
        let span = support
            .field("segment")
            .map_or((0, 0), |segment| span(segment, text));
        let indices = field(support, "groundingChunkIndices");
        for index in indices.into_iter().flat_map(Value::items).filter_map(count) {
            let page = usize::try_from(index)
                .ok()
                .and_then(|index| *pages.get(index)?);
            if let Some(page) = page {
                cite(page, span);
            }
        }
    }
}

/// A span of bytes as one of characters.
fn span(object: Value<'_>, text: &str) -> (usize, usize) {
    let at = |key| {
        let bytes = field(object, key).and_then(count).unwrap_or(0);
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).min(text.len());
        let inner = text.bytes().take(bytes);
        // Every character has one byte that does not go on.
        inner.filter(|byte| byte & 0xc0 != 0x80).count()
    };
    (at("startIndex"), at("endIndex"))
}

fn annotation((start, end): (usize, usize), title: &str, uri: &str) -> RawJson {
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("type", "url_citation");
            writer.object_field("url_citation", |writer| {
                writer.field("start_index", &start);
                writer.field("end_index", &end);
                writer.field("title", title);
                writer.field("url", uri);
            });
        });
    })
}

/// Writes one citation of another dialect as a source, where it names an address. `text` is the whole text.
pub(crate) fn write_source(writer: &mut Writer<'_>, citation: Value<'_>, text: &str) {
    let cited = citation.field("url_citation").unwrap_or(citation);
    let Some(uri) = cited.text_of("url") else {
        return;
    };
    let bytes = |key| {
        let characters = cited.field(key).and_then(Value::as_u64)?;
        let characters = usize::try_from(characters).ok()?;
        let found = text.char_indices().nth(characters);
        Some(found.map_or(text.len(), |(at, _)| at))
    };
    writer.object(|writer| {
        writer.field_opt("startIndex", bytes("start_index").as_ref());
        writer.field_opt("endIndex", bytes("end_index").as_ref());
        writer.field("uri", &uri);
        writer.field_opt("title", cited.text_of("title").as_ref());
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Str;

    #[test]
    fn spans_count_characters() {
        let candidate = RawJson::parse(Str::from_static(
            r#"{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a","title":"A"}}],
            "groundingSupports":[{"segment":{"startIndex":2,"endIndex":4},"groundingChunkIndices":[0,7]}]}}"#,
        ))
        .expect("JSON");
        let found = read(candidate.document().root(), "é漢x");
        assert_eq!(found.len(), 1);
        let expected = r#"{"type":"url_citation","url_citation":{"start_index":1,"end_index":2,"title":"A","url":"https://a"}}"#;
        assert_eq!(found[0].as_str(), expected);
        let mut out = Vec::new();
        write_source(
            &mut Writer::new(&mut out),
            found[0].document().root(),
            "é漢x",
        );
        let expected = r#"{"startIndex":2,"endIndex":5,"uri":"https://a","title":"A"}"#;
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
