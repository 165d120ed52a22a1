//! Features under trial that a client of Claude's dialect names in the body of its request. Their place is a header, and the
//! body has no field for them (`providers.md` 2.1).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_dialects::json::Document;
use modelgate_dialects::json::edit::{Step, remove};

const HEADER: HeaderName = HeaderName::from_static("anthropic-beta");
const FIELD: &str = "betas";

/// Takes the features out of a body and puts them beside those that the headers name; gives the body without them. `None`
/// where the body names none, or none that a header can name: then it stays as it is, and the provider says what is wrong.
pub(crate) fn lift(body: &Document, headers: &mut Arc<HeaderMap>) -> Option<Bytes> {
    let field = body.root().field(FIELD).filter(|field| field.is_array())?;
    let names: Option<Vec<_>> = field.items().map(|name| name.as_str()).collect();
    let named = HeaderValue::from_str(&names?.join(",")).ok()?;
    let rest = remove(body, &[Step::Key(FIELD)])?;
    if !named.is_empty() {
        Arc::make_mut(headers).append(HEADER, named);
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifted(body: &'static str) -> (Option<String>, Vec<String>) {
        let body = Document::outline(Bytes::from_static(body.as_bytes())).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static("a-1"));
        let mut headers = Arc::new(headers);
        let rest = lift(&body, &mut headers);
        let named = headers.get_all(HEADER).iter();
        let named = named.map(|value| value.to_str().unwrap().to_owned());
        let rest = rest.map(|rest| String::from_utf8(rest.to_vec()).unwrap());
        (rest, named.collect())
    }

    #[test]
    fn features_of_the_body_go_into_the_header_and_nothing_else_changes() {
        let (rest, named) = lifted(r#"{"model":"m", "betas": ["b-2","c-3"],"x" : 1.0}"#);
        assert_eq!(rest.as_deref(), Some(r#"{"model":"m","x" : 1.0}"#));
        assert_eq!(named, ["a-1", "b-2,c-3"]);
        let (rest, named) = lifted(r#"{"betas":[],"model":"m"}"#);
        assert_eq!(rest.as_deref(), Some(r#"{"model":"m"}"#));
        assert_eq!(named, ["a-1"]);
    }

    #[test]
    fn what_no_header_can_name_stays_where_it_is() {
        for body in [
            r#"{"model":"m"}"#,
            r#"{"betas":"b-2"}"#,
            r#"{"betas":["b-2",3]}"#,
            r#"{"betas":["b\n2"]}"#,
            r#"{"messages":[{"betas":["b-2"]}]}"#,
        ] {
            assert_eq!(lifted(body), (None, vec!["a-1".to_owned()]), "{body}");
        }
    }
}
