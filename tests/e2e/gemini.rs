//! Google's dialect at either side: clients of the others in front of a Gemini upstream ([`upstream`]), Google's clients
//! in front of the others ([`client`]), one on both sides ([`exact`]), and accounts of Google's ([`accounts`], [`beside`], [`login`]).

mod accounts;
mod antigravity;
mod beside;
mod client;
mod exact;
mod families;
mod limits;
mod login;
mod pictures;
mod routes;
mod upstream;
mod vertex;

use crate::harness::settings::SCRIPTED;
use crate::harness::{Answer, Gateway, KEY, Settings};
use modelgate_test_upstream::{SCENARIOS, Upstream};
use serde_json::{Value, json};

const THOUGHT: &str = "The user asks; I first think about it – carefully.";

/// Scenarios by the names of generations, whose models differ in how they think and sign.
const THIRD: [&str; 4] = [
    "gemini-3-flash-up-tools",
    "gemini-3-flash-up-parallel",
    "gemini-3-flash-up-thinking-tools",
    "gemini-3-flash-up-text",
];

/// One model of each family that differs in how it thinks.
fn families() -> impl Iterator<Item = String> {
    let families = [
        "2.5-pro",
        "2.5-flash",
        "2.5-flash-lite",
        "2.5-flash-image",
        "3-pro-preview",
        "3.1-pro-preview",
        "3.1-flash-lite-preview",
        "3-flash",
    ];
    families
        .into_iter()
        .map(|family| format!("gemini-{family}-up-stop"))
}

/// A provider entry for a Gemini upstream: every scenario under its own name, and the third generation.
fn entry(upstream: &Upstream, key: &str) -> String {
    let names = SCENARIOS.iter().chain(&[SCRIPTED]).chain(&THIRD);
    let models: String = names.map(|name| format!("{{name: {name}}}, ")).collect();
    let url = upstream.url();
    format!("  - api-key: {key}\n    base-url: {url}\n    models: [{models}]\n")
}

/// A gateway with a Gemini upstream and these keys, tried in this order.
async fn start(keys: &[&str], lines: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let entries: String = keys.iter().map(|key| entry(&upstream, key)).collect();
    let settings = Settings::new()
        .line(lines)
        .line(&format!("gemini-api-key:\n{}", entries.trim_end()));
    (upstream, settings.start().await)
}

/// A request as Google's SDKs send it.
fn post(gateway: &Gateway, path: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    gateway
        .keyless("POST", path)
        .header("x-goog-api-key", KEY)
        .header("content-type", "application/json")
        .body(body)
}

/// How a Google client wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    Events,
    List,
}

impl Form {
    const ALL: [Self; 3] = [Self::Whole, Self::Events, Self::List];

    fn path(self, model: &str) -> String {
        let method = match self {
            Self::Whole => "generateContent",
            Self::Events => "streamGenerateContent?alt=sse",
            Self::List => "streamGenerateContent",
        };
        format!("/v1beta/models/{model}:{method}")
    }

    /// The responses in an answer: one, or the increments.
    fn responses(self, answer: &Answer) -> Vec<Value> {
        match self {
            Self::Whole => vec![answer.json()],
            Self::List => match answer.json() {
                Value::Array(items) => items,
                other => panic!("no list: {other}"),
            },
            Self::Events => {
                assert!(answer.is_stream(), "{:?}", answer.headers);
                let frames = answer.frames();
                assert!(frames.iter().all(|frame| frame.event.is_empty()));
                frames
                    .iter()
                    .map(|frame| serde_json::from_str(&frame.data).expect("every event is JSON"))
                    .collect()
            }
        }
    }

    async fn ask(self, gateway: &Gateway, model: &str, body: &Value) -> Answer {
        Answer::read(post(gateway, &self.path(model), body.to_string())).await
    }
}

/// What an answer says to a Google client.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    thinking: String,
    calls: Vec<(String, Value)>,
    /// The parts, as the client sends them back.
    pub(crate) parts: Vec<Value>,
    finish: String,
    usage: Value,
    model: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn read(form: Form, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert!(!answer.broken);
        let mut said = Self::default();
        for response in form.responses(answer) {
            assert!(response["error"].is_null(), "{response}");
            assert!(said.finish.is_empty() || response["candidates"].is_null());
            let candidate = &response["candidates"][0];
            for part in candidate["content"]["parts"]
                .as_array()
                .into_iter()
                .flatten()
            {
                said.part(part);
            }
            if let Some(finish) = candidate["finishReason"].as_str() {
                finish.clone_into(&mut said.finish);
            }
            if response["usageMetadata"].is_object() {
                said.usage = response["usageMetadata"].clone();
            }
            let model = response["modelVersion"].as_str().unwrap_or_default();
            model.clone_into(&mut said.model);
        }
        said
    }

    fn part(&mut self, part: &Value) {
        let text = part["text"].as_str().unwrap_or_default();
        if part["thought"] == true {
            self.thinking.push_str(text);
        } else {
            self.text.push_str(text);
        }
        if let Some(name) = part["functionCall"]["name"].as_str() {
            let args = part["functionCall"]["args"].clone();
            self.calls.push((name.to_owned(), args));
        }
        self.parts.push(part.clone());
    }
}

/// A short question.
fn question() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "What is the weather?"}]}]})
}

/// A question with two tools.
fn tool_question() -> Value {
    let schema = json!({
        "type": "OBJECT",
        "properties": {"city": {"type": "STRING"}, "days": {"type": "INTEGER"}, "exact": {"type": "BOOLEAN"}},
    });
    let tool =
        |name: &str| json!({"name": name, "description": "Looks it up.", "parameters": schema});
    let mut body = question();
    body["tools"] = json!([{"functionDeclarations": [tool("forecast"), tool("history")]}]);
    body
}

/// The same conversation with the answer and the results of its calls.
fn continued(mut body: Value, said: &Said, result: &str) -> Value {
    assert!(!said.calls.is_empty(), "nothing was called: {said:?}");
    let responses: Vec<Value> = said
        .parts
        .iter()
        .map(|part| &part["functionCall"])
        .filter(|call| call.is_object())
        .map(|call| {
            let mut response = json!({"name": call["name"], "response": {"output": result}});
            if let Some(id) = call.get("id") {
                response["id"] = id.clone();
            }
            json!({"functionResponse": response})
        })
        .collect();
    let contents = body["contents"].as_array_mut().unwrap();
    contents.push(json!({"role": "model", "parts": said.parts}));
    contents.push(json!({"role": "user", "parts": responses}));
    body
}

fn arguments() -> Value {
    json!({"city": "Zürich", "days": 3, "exact": true})
}

fn other_arguments() -> Value {
    json!({"city": "東京", "days": 1, "exact": false})
}

/// The calls of `up-tools`, or of `up-parallel`.
fn calls(model: &str) -> Vec<(String, Value)> {
    let mut calls = vec![("forecast".to_owned(), arguments())];
    if model.ends_with("up-parallel") {
        calls.push(("history".to_owned(), other_arguments()));
    }
    calls
}

/// Checks an error in Google's shape.
#[track_caller]
fn expect_error(answer: &Answer, status: u16, word: &str) -> Value {
    assert_eq!(answer.status, status, "{:?}", answer.body);
    let body = answer.json();
    let error = match &body {
        Value::Array(items) => &items[0]["error"],
        one => &one["error"],
    };
    assert_eq!(error["code"], status, "{body}");
    assert_eq!(error["status"], word, "{body}");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    body
}
