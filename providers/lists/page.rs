//! One page of a list, in the shapes that providers have (`providers.md` 2.1, 3.1, 3.3, 5, 8).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Longest name of a model, in bytes.
const LONGEST: usize = 200;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) models: Vec<Listing>,
    /// What to ask for the next one with: the name of a parameter of the query and its value.
    pub(super) next: Option<(&'static str, String)>,
}

/// A model on it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listing {
    pub(super) name: String,
    /// It is served in Responses only.
    pub(super) in_responses_only: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    List(List),
    /// Antigravity: the names are keys.
    Named {
        models: BTreeMap<String, IgnoredAny>,
    },
    /// Some servers send the list alone.
    Bare(Vec<Item>),
}

#[derive(Deserialize)]
struct List {
    #[serde(alias = "models")]
    data: Vec<Item>,
    /// Claude.
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    last_id: Option<String>,
    /// Gemini.
    #[serde(default, rename = "nextPageToken")]
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Model(Model),
    Name(String),
}

#[derive(Deserialize)]
struct Model {
    /// OpenAI and Claude say `id`, ChatGPT's backend `slug`, Kiro `modelId`, Gemini `name`.
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    slug: Option<String>,
    #[serde(default, rename = "modelId")]
    model_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// Gemini: what the model can do.
    #[serde(default, rename = "supportedGenerationMethods")]
    methods: Option<Vec<String>>,
    /// Copilot: where it is served.
    #[serde(default)]
    supported_endpoints: Vec<String>,
}

/// Reads a page; none when it is no list.
pub(super) fn read(body: &[u8]) -> Option<Page> {
    let (items, next) = match serde_json::from_slice(body).ok()? {
        Body::Bare(items) => (items, None),
        Body::Named { models } => (models.into_keys().map(Item::Name).collect(), None),
        Body::List(list) => {
            let after = list.last_id.filter(|_| list.has_more);
            let after = after.map(|id| ("after_id", id));
            let token = list.next_page_token.map(|token| ("pageToken", token));
            let next = after.or(token).filter(|(_, value)| !value.is_empty());
            (list.data, next)
        }
    };
    Some(Page {
        models: items.into_iter().filter_map(Item::listing).collect(),
        next,
    })
}

impl Item {
    /// What it says; none for a model that no request can name.
    fn listing(self) -> Option<Listing> {
        let (name, in_responses_only) = match self {
            Self::Name(name) => (name, false),
            Self::Model(model) => {
                let answers = |method: &String| {
                    matches!(&**method, "generateContent" | "embedContent" | "predict")
                };
                if model
                    .methods
                    .is_some_and(|methods| !methods.iter().any(answers))
                {
                    return None;
                }
                let at = |end: &str| {
                    let mut endpoints = model.supported_endpoints.iter();
                    endpoints.any(|endpoint| endpoint.ends_with(end))
                };
                let in_responses_only = at("/responses") && !at("/chat/completions");
                let named = model.id.or(model.slug).or(model.model_id);
                (named.or(model.name)?, in_responses_only)
            }
        };
        let name = match name.strip_prefix("models/") {
            Some(name) => name.to_owned(),
            None => name,
        };
        let plain = |char: char| !char.is_control() && !char.is_whitespace();
        let is_name = !name.is_empty() && name.len() <= LONGEST && name.chars().all(plain);
        is_name.then_some(Listing {
            name,
            in_responses_only,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, models: &[&str], next: Option<(&'static str, &str)>) {
        let page = read(body.as_bytes()).unwrap();
        let names: Vec<&str> = page.models.iter().map(|model| &*model.name).collect();
        assert_eq!(names, models, "{body}");
        assert_eq!(
            page.next,
            next.map(|(name, value)| (name, value.to_owned()))
        );
    }

    #[test]
    fn every_shape_is_read() {
        check(
            r#"{"object":"list","data":[{"id":"gpt-5","object":"model","owned_by":"openai"},{"id":"o3"}]}"#,
            &["gpt-5", "o3"],
            None,
        );
        check(
            r#"{"data":[{"type":"model","id":"claude-x"}],"has_more":true,"first_id":"claude-x","last_id":"claude-x"}"#,
            &["claude-x"],
            Some(("after_id", "claude-x")),
        );
        check(
            r#"{"data":[{"id":"claude-y"}],"has_more":false,"last_id":"claude-y"}"#,
            &["claude-y"],
            None,
        );
        check(
            r#"{"models":[{"name":"models/gemini-x","supportedGenerationMethods":["generateContent"]},{"name":"models/aqa","supportedGenerationMethods":["generateAnswer"]},{"name":"models/imagen-x","supportedGenerationMethods":["predict"]}],"nextPageToken":"t"}"#,
            &["gemini-x", "imagen-x"],
            Some(("pageToken", "t")),
        );
        check(
            r#"{"models":[{"slug":"gpt-5-codex"}]}"#,
            &["gpt-5-codex"],
            None,
        );
        check(
            r#"{"models":{"gemini-3-pro-high":{"displayName":"x","maxTokens":1},"chat_1":{}},"webSearchModelIds":[]}"#,
            &["chat_1", "gemini-3-pro-high"],
            None,
        );
        check(r#"[{"id":"a"},"b"]"#, &["a", "b"], None);
    }

    #[test]
    fn where_a_model_is_served_is_read() {
        let body = r#"{"data":[{"id":"both","supported_endpoints":["/chat/completions","/responses"]},
            {"id":"only","supported_endpoints":["/responses","ws:/responses"]},{"id":"claude","supported_endpoints":["/v1/messages"]},{"id":"unsaid"}]}"#;
        let page = read(body.as_bytes()).unwrap();
        let only = page.models.iter().filter(|model| model.in_responses_only);
        let only: Vec<&str> = only.map(|model| &*model.name).collect();
        assert_eq!(only, ["only"]);
    }

    #[test]
    fn what_cannot_be_a_name_is_left_out() {
        let long = "x".repeat(LONGEST + 1);
        let body = format!(r#"["ok/1:2","","a b","a\u001b[31m","{long}",{{"id":null}}]"#);
        check(&body, &["ok/1:2"], None);
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"data":3}"#,
            r#"{"error":{"message":"no"}}"#,
        ] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }
}
