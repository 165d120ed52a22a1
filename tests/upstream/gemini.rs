//! Google's Gemini API, by key and at Vertex AI's paths, as strict as the vendor.

mod answer;
mod content;
mod embed;
mod facts;
mod fields;
mod proto;
mod request;
mod route;
mod stream;
mod thinking;
mod tool;
mod turn;

pub(crate) use answer::whole;
pub(crate) use facts::facts;
pub(crate) use request::check;
pub(crate) use route::{Method, Route};
pub(crate) use stream::stream;

use crate::aside::Aside;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::json_schema;
use crate::scenario::SCENARIOS;
use crate::script::Script;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

/// What Google documents for calls that none of its models made.
const FOREIGN_SIGNATURES: [&str; 2] = [
    "skip_thought_signature_validator",
    "context_engineering_is_the_way_to_go",
];

/// One key, in the header or in the query; at Vertex AI also a token. A key `fail-<status>` is always answered with that
/// status; `fail-400` is how Google refuses a bad key.
pub(crate) fn authenticate(headers: &HeaderMap, query: &str) -> Result<(), Fault> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let asked = pairs.find_map(|(name, value)| (name == "key").then_some(value));
    let token = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let key = header("x-goog-api-key").or(asked).or(token);
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return Err(Fault::new(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
        ));
    };
    match key
        .strip_prefix("fail-")
        .and_then(|status| status.parse().ok())
    {
        Some(400) => Err(bad_key()),
        Some(status) => Err(Fault::new(status, "This key always fails.")),
        None => Ok(()),
    }
}

/// Google says 400 where others say 401.
pub(crate) fn bad_key() -> Fault {
    Fault::new(400, "API key not valid. Please pass a valid API key.").code("API_KEY_INVALID")
}

/// Answers `countTokens` with a quarter of the bytes of everything that counts: system, tools and contents.
pub(crate) fn count(body: &Bytes, route: &Route) -> Result<Aside, Fault> {
    let body = request::check_count(&json(body)?, route)?;
    let counted = ["systemInstruction", "tools", "contents"]
        .iter()
        .filter_map(|key| body.get(key));
    let bytes: usize = counted.map(|value| value.to_string().len()).sum();
    let total = bytes / 4;
    Ok(Aside::new(
        Dialect::Gemini,
        &json!(route.model),
        &json!({"totalTokens": total, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]}),
    ))
}

/// Answers the two methods that make vectors.
pub(crate) fn embed(body: &Bytes, route: &Route) -> Result<Aside, Fault> {
    let vectors = embed::answer(&json(body)?, route)?;
    Ok(Aside::new(Dialect::Gemini, &json!(route.model), &vectors))
}

/// The model list, in pages of at most 25.
pub(crate) fn models(headers: &HeaderMap, query: &str) -> Result<Script, Fault> {
    authenticate(headers, query)?;
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("pageToken="));
    let begin = match token.map(str::parse::<usize>) {
        None => 0,
        Some(Ok(begin)) if begin < SCENARIOS.len() => begin,
        Some(_) => return Err(Fault::invalid("The page token is invalid.")),
    };
    let end = SCENARIOS.len().min(begin + 25);
    let models: Vec<_> = SCENARIOS[begin..end]
        .iter()
        .map(|name| {
            json!({
                "name": format!("models/{name}"),
                "version": "001",
                "displayName": name,
                "inputTokenLimit": 1_048_576,
                "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            })
        })
        .collect();
    let mut list = json!({"models": models});
    if end < SCENARIOS.len() {
        list["nextPageToken"] = end.to_string().into();
    }
    Ok(Script::json(200, &list))
}

/// A body as JSON.
pub(crate) fn json(body: &Bytes) -> Result<Value, Fault> {
    serde_json::from_slice(body).map_err(|error| {
        invalid(format!(
            "Invalid JSON payload received. Parse error: {error}"
        ))
    })
}

/// Google's refusal of a request.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::invalid(message)
}

/// Refuses what is no JSON Schema.
fn check_json_schema(schema: &Value, path: &str) -> Result<(), Fault> {
    json_schema::check_for_google(schema, path).map_err(|why| invalid(format!("* {why}")))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What is signed under a text: what it says, and everything its turn said before it.
fn text_subject(before: &str, text: &str) -> String {
    format!("{before:?} {text:?}")
}

/// What is signed under a call: its name and its arguments, whatever the order of their keys.
fn call_subject(call: &Value) -> String {
    let mut args = call["args"].clone();
    args.sort_all_objects();
    if args.is_null() {
        args = json!({});
    }
    format!("{} {args}", call["name"].as_str().unwrap_or_default())
}

/// Google reads both alphabets of base64; its own SDK for Python writes the other one.
fn standard(base64: &str) -> String {
    base64.replace('-', "+").replace('_', "/")
}
