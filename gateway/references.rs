//! Items of earlier answers that a Responses client names by their ids and does not send again, as the AI SDK does unless it is
//! told that nothing is stored. Where such an answer is kept here, its items are put in their places.

use std::collections::HashSet;

use bytes::Bytes;
use modelgate_dialects::json::{Document, RawJson, Value};

const REFERENCE: &str = "item_reference";

/// The body with those items that are known; none where it names none of them. Each is put in once, so that a body grows by no
/// more than is kept.
pub(crate) fn resolve(body: &Document, known: impl Fn(&str) -> Option<RawJson>) -> Option<Bytes> {
    let root = body.root();
    if !body.has_text_from(&[REFERENCE]) {
        return None;
    }
    let input = root.field("input").filter(|input| input.is_array())?;
    let mut found = HashSet::new();
    let mut item = |item: Value<'_>| {
        let is_reference = item.text_of("type").as_deref() == Some(REFERENCE);
        let meant = item.text_of("id").filter(|_| is_reference);
        let kept = meant.filter(|id| !found.contains(id));
        let kept = kept.and_then(|id| Some((known(&id)?, id)));
        let Some((kept, id)) = kept else {
            return item.raw();
        };
        found.insert(id);
        kept
    };
    let items: Vec<RawJson> = input.items().map(&mut item).collect();
    (!found.is_empty()).then(|| {
        let body = RawJson::build(|writer| {
            writer.object(|writer| {
                for (key, value) in root.entries() {
                    match &*key {
                        "input" => writer.array_field("input", |writer| {
                            items.iter().for_each(|item| writer.value(item));
                        }),
                        key => writer.foreign_field(key, &value.raw()),
                    }
                }
            });
        });
        body.to_text().into_bytes()
    })
}

/// An item of an answer as clients send it for whom nobody has stored it. Thinking keeps its id: it tells whose it is.
pub(crate) fn unnamed(item: Value<'_>) -> RawJson {
    let is_thinking = item.text_of("type").as_deref() == Some("reasoning");
    RawJson::build(|writer| {
        writer.object(|writer| {
            let fields = item.entries();
            for (key, value) in fields {
                if key != "status" && (is_thinking || key != "id") {
                    writer.foreign_field(&key, &value.raw());
                }
            }
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
    }

    fn resolved(text: &str) -> Option<String> {
        let kept =
            document(r#"{"type":"message","id":"msg_1","role":"assistant","status":"completed"}"#);
        let known = |id: &str| (id == "msg_1").then(|| unnamed(kept.root()));
        let body = resolve(&document(text), known)?;
        Some(String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn what_is_known_takes_its_place_and_the_rest_stays() {
        let body = r#"{"model":"m","input":[{"role":"user","content":"1.0"},{"type":"item_reference","id":"msg_1"},{"type":"item_reference","id":"msg_2"}],"x":1.0}"#;
        let expected = r#"{"model":"m","input":[{"role":"user","content":"1.0"},{"type":"message","role":"assistant"},{"type":"item_reference","id":"msg_2"}],"x":1.0}"#;
        assert_eq!(resolved(body).as_deref(), Some(expected));
    }

    #[test]
    fn an_item_is_put_in_once() {
        let reference = r#"{"type":"item_reference","id":"msg_1"}"#;
        let body = format!(r#"{{"input":[{}]}}"#, [reference; 1000].join(","));
        let whole = resolved(&body).unwrap();
        assert_eq!(whole.matches("assistant").count(), 1);
        assert_eq!(whole.matches("item_reference").count(), 999);
    }

    #[test]
    fn a_body_that_names_nothing_known_stays_as_it_is() {
        for body in [
            r#"{"input":"item_reference"}"#,
            r#"{"input":[{"type":"item_reference","id":"msg_2"}]}"#,
            r#"{"input":[{"type":"message","id":"msg_1","content":"item_reference"}]}"#,
            r#"{"input":[{"type":"item_reference"}]}"#,
            r#"{"messages":[]}"#,
        ] {
            assert_eq!(resolved(body), None, "{body}");
        }
    }

    #[test]
    fn thinking_keeps_its_id() {
        let item = r#"{"type":"reasoning","id":"rs_1","summary":[]}"#;
        assert_eq!(unnamed(document(item).root()).as_str(), item);
    }
}
