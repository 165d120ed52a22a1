//! The operator's `payload` rules, applied to the body of an upstream request (`management-api.md` 6.9).

use bytes::Bytes;
use modelgate_config::payload::{PathSegment, Payload, PayloadPath, PayloadProtocol};
use modelgate_dialects::json::Document;
use modelgate_dialects::json::edit::{self, Step};
use modelgate_dialects::{Body, Dialect};

/// The body after defaults, overrides and filters. `names` are the upstream's name of the model and the client's.
pub(crate) fn apply(payload: &Payload, dialect: Dialect, names: &[&str], body: Body) -> Body {
    if payload.is_empty() {
        return body;
    }
    let protocol = protocol(dialect);
    let mut body = Changing(body.to_bytes());
    for rule in payload
        .defaults
        .iter()
        .filter(|rule| rule.applies(protocol, names))
    {
        for set in &rule.params {
            body.change(&set.path, |document, path| {
                // The first default that sets a path wins over later ones.
                if edit::at(document, path).is_some() {
                    return None;
                }
                edit::set(document, path, set.value.as_str())
            });
        }
    }
    for rule in payload
        .overrides
        .iter()
        .filter(|rule| rule.applies(protocol, names))
    {
        for set in &rule.params {
            body.change(&set.path, |document, path| {
                edit::set(document, path, set.value.as_str())
            });
        }
    }
    for rule in payload
        .filters
        .iter()
        .filter(|rule| rule.applies(protocol, names))
    {
        for path in &rule.params {
            body.change(path, edit::remove);
        }
    }
    body.0.into()
}

fn protocol(dialect: Dialect) -> PayloadProtocol {
    match dialect {
        Dialect::Chat | Dialect::Completions => PayloadProtocol::Chat,
        Dialect::Claude => PayloadProtocol::Claude,
        Dialect::Gemini => PayloadProtocol::Gemini,
        Dialect::Responses => PayloadProtocol::Responses,
        // Nobody can write a rule for it.
        Dialect::Kiro => PayloadProtocol::Unspoken,
    }
}

/// A body in one piece.
struct Changing(Bytes);

impl Changing {
    fn change(
        &mut self,
        path: &PayloadPath,
        change: impl FnOnce(&Document, &[Step<'_>]) -> Option<Bytes>,
    ) {
        // A body that is no JSON is for the upstream to refuse.
        let Ok(document) = Document::outline(self.0.clone()) else {
            return;
        };
        let steps: Vec<Step<'_>> = path.segments().iter().map(step).collect();
        if let Some(changed) = change(&document, &steps) {
            self.0 = changed;
        }
    }
}

fn step(segment: &PathSegment) -> Step<'_> {
    match segment {
        PathSegment::Key(key) => Step::Key(key),
        PathSegment::Index(index) => Step::Index(*index),
        PathSegment::End => Step::End,
    }
}

#[cfg(test)]
mod tests {
    use modelgate_config::{Environment, parse};

    use super::*;

    const RULES: &str = r#"
payload:
  default:
    - models: [{name: "gpt-*", protocol: openai}]
      params: {"reasoning.effort": low, temperature: 0.5}
    - models: [{name: "*"}]
      params: {temperature: 1, "stop.-1": END}
  default-raw:
    - models: [{name: "*", protocol: openai}]
      params: {"response_format": '{"type":"text"}'}
  override:
    - models: [{name: "alias"}]
      params: {top_p: 0.1}
    - models: [{name: "gpt-5"}]
      params: {top_p: 0.2}
  filter:
    - models: [{name: "gpt-5"}]
      params: [user, "metadata.secret"]
"#;

    #[track_caller]
    fn check(dialect: Dialect, names: &[&str], body: &str, expected: &str) {
        let path = std::path::Path::new("config.yaml");
        let config = parse(RULES, path, &Environment::default()).unwrap().config;
        let changed = apply(
            &config.payload,
            dialect,
            names,
            Bytes::from(body.to_owned()).into(),
        );
        assert_eq!(String::from_utf8_lossy(&changed.to_bytes()), expected);
    }

    #[test]
    fn rules_apply_in_their_order_to_the_models_they_are_for() {
        check(
            Dialect::Chat,
            &["gpt-5", "alias"],
            r#"{"model":"gpt-5","user":"u","metadata":{"secret":1,"kept":2},"reasoning":{"effort":"high"}}"#,
            r#"{"model":"gpt-5","metadata":{"kept":2},"reasoning":{"effort":"high"},"temperature":0.5,"stop":["END"],"response_format":{"type":"text"},"top_p":0.2}"#,
        );
        check(
            Dialect::Claude,
            &["gpt-5", "gpt-5"],
            r#"{"temperature":0}"#,
            r#"{"temperature":0,"stop":["END"],"top_p":0.2}"#,
        );
        check(Dialect::Claude, &["other", "other"], "[1]", "[1]");
        check(Dialect::Chat, &["gpt-5"], "{broken", "{broken");
    }
}
