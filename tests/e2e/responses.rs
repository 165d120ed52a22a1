//! OpenAI Responses on either side. Its clients and upstreams are played here, beside the harness: requests are JSON,
//! answers are read by [`Said`], and every stream is held to the rules of strict clients.

mod client;
mod same;
pub(crate) mod socket;
mod upstream;

use crate::harness::settings::SCRIPTED;
use crate::harness::{Answer, Gateway, Settings};
use modelgate_test_upstream::{SCENARIOS, Upstream};
use serde_json::{Value, json};
use std::collections::HashMap;

const PATH: &str = "/v1/responses";
const THOUGHT: &str = "The user asks; I first think about it – carefully.";

/// An upstream that speaks Responses, with the gateway in front of it.
struct Scene {
    upstream: Upstream,
    gateway: Gateway,
}

impl Scene {
    async fn start() -> Self {
        let upstream = Upstream::start().await;
        let gateway = Settings::new().line(&provider(&upstream)).start().await;
        Self { upstream, gateway }
    }
}

/// The lines of a provider that speaks Responses and serves every scenario.
fn provider(upstream: &Upstream) -> String {
    let models: String = SCENARIOS
        .iter()
        .chain(&[SCRIPTED])
        .map(|name| format!("{{name: {name}}}, "))
        .collect();
    format!(
        "codex-api-key:\n  - api-key: sk-good\n    base-url: {}/v1\n    models: [{models}]",
        upstream.url()
    )
}

/// What an answer to a Responses client says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The response, whole.
    pub(crate) response: Value,
    pub(crate) text: String,
    thinking: String,
    /// Names and payloads.
    calls: Vec<(String, String)>,
}

/// A short question.
fn question(model: &str, stream: bool) -> Value {
    json!({
        "model": model,
        "stream": stream,
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "What is the weather?"}]}],
    })
}

/// A question with two tools.
fn tool_question(model: &str, stream: bool) -> Value {
    let mut body = question(model, stream);
    let schema = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}},
    });
    let tool = |name: &str| json!({"type": "function", "name": name, "description": "Looks it up.", "parameters": schema, "strict": false});
    body["tools"] = json!([tool("forecast"), tool("history")]);
    body
}

/// The same conversation, continued with everything that was said and the results of its calls.
fn continued(mut body: Value, said: &Said, result: &str) -> Value {
    let output = said.response["output"].as_array().unwrap();
    let input = body["input"].as_array_mut().unwrap();
    input.extend(output.iter().cloned());
    for item in output {
        let kind = item["type"].as_str().unwrap();
        if kind.ends_with("_call") {
            input.push(json!({"type": format!("{kind}_output"), "call_id": item["call_id"], "output": result}));
        }
    }
    body
}

async fn ask(gateway: &Gateway, body: &Value) -> Answer {
    post(gateway, PATH, body.to_string()).await
}

async fn post(gateway: &Gateway, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = gateway
        .request("POST", path)
        .header("content-type", "application/json");
    Answer::read(request.body(body)).await
}

impl Said {
    /// Reads an answer that succeeded.
    #[track_caller]
    pub(crate) fn read(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let response = if answer.is_stream() {
            let last = events(answer).pop().unwrap();
            let kind = last["type"].as_str().unwrap();
            assert!(
                matches!(kind, "response.completed" | "response.incomplete"),
                "{last}"
            );
            assert_eq!(
                kind.strip_prefix("response."),
                last["response"]["status"].as_str()
            );
            last["response"].clone()
        } else {
            answer.json()
        };
        assert_eq!(response["object"], "response");
        assert!(response["id"].as_str().unwrap().starts_with("resp_"));
        assert_eq!(response["error"], Value::Null);
        Self::of(response)
    }

    pub(crate) fn of(response: Value) -> Self {
        let mut said = Self {
            text: String::new(),
            thinking: String::new(),
            calls: Vec::new(),
            response,
        };
        for item in said.response["output"].as_array().unwrap() {
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            match item["type"].as_str().unwrap() {
                "message" => {
                    for part in item["content"].as_array().unwrap() {
                        said.text.push_str(&word(&part["text"]));
                    }
                }
                "reasoning" => {
                    let shown = ["summary", "content"].map(|key| item[key].as_array());
                    for part in shown.into_iter().flatten().flatten() {
                        said.thinking.push_str(&word(&part["text"]));
                    }
                }
                "function_call" => said
                    .calls
                    .push((word(&item["name"]), word(&item["arguments"]))),
                "custom_tool_call" => said.calls.push((word(&item["name"]), word(&item["input"]))),
                kind => panic!("{kind}"),
            }
        }
        said
    }

    /// The arguments of the call at a place, as JSON.
    fn arguments(&self, place: usize) -> Value {
        serde_json::from_str(&self.calls[place].1).unwrap()
    }
}

/// The events of a stream that follows the rules (`dialects.md` 1.3), however it ended.
#[track_caller]
pub(crate) fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert!(!answer.broken, "{}", answer.text());
    let frames = answer.frames();
    let events: Vec<Value> = frames.iter().map(|frame| frame.json()).collect();
    let mut items: Vec<(Value, Option<Value>)> = Vec::new();
    let mut said: HashMap<String, String> = HashMap::new();
    for (number, (event, frame)) in events.iter().zip(&frames).enumerate() {
        let kind = event["type"].as_str().unwrap();
        assert_eq!(kind, frame.event, "SDKs go by both names");
        assert_eq!(event["sequence_number"], number, "{event}");
        let last = number + 1 == events.len();
        let terminal = matches!(
            kind,
            "response.completed" | "response.incomplete" | "response.failed" | "error"
        );
        assert_eq!(terminal, last, "{}", answer.text());
        match kind {
            "response.created" => assert_eq!(number, 0),
            "response.output_item.added" => {
                assert_eq!(event["output_index"], items.len());
                items.push((event["item"]["id"].clone(), None));
            }
            "response.output_item.done" => {
                let index = usize::try_from(event["output_index"].as_u64().unwrap()).unwrap();
                assert_eq!(event["item"]["id"], items[index].0);
                let before = items[index].1.replace(event["item"].clone());
                assert_eq!(before, None, "an item is done once");
            }
            _ if event.get("item_id").is_some() => {
                let index = usize::try_from(event["output_index"].as_u64().unwrap()).unwrap();
                assert_eq!(event["item_id"], items[index].0, "{event}");
                assert!(items[index].1.is_none(), "words after the end of an item");
                fold(&mut said, index, event);
            }
            _ => {}
        }
    }
    let last = events.last().unwrap();
    if matches!(
        last["type"].as_str(),
        Some("response.completed" | "response.incomplete")
    ) {
        let done: Vec<Value> = items.into_iter().map(|item| item.1.unwrap()).collect();
        assert_eq!(last["response"]["output"], json!(done));
        // Unknown, or whole.
        let usage = &last["response"]["usage"];
        for key in ["input_tokens_details", "output_tokens_details"] {
            assert!(usage.is_null() || usage[key].is_object(), "{last}");
        }
    }
    events
}

/// Collects deltas, and compares them with what is done.
fn fold(said: &mut HashMap<String, String>, index: usize, event: &Value) {
    let kind = event["type"].as_str().unwrap();
    let (stem, end) = kind.rsplit_once('.').unwrap();
    let part = format!(
        "{stem} {index} {} {}",
        event["content_index"], event["summary_index"]
    );
    match end {
        "delta" => said
            .entry(part)
            .or_default()
            .push_str(event["delta"].as_str().unwrap()),
        "done" if !stem.ends_with("_part") => {
            let texts = ["text", "refusal", "arguments", "input"];
            let text = texts.iter().find_map(|key| event[key].as_str()).unwrap();
            assert_eq!(said.remove(&part).unwrap_or_default(), text, "{event}");
        }
        _ => {}
    }
}
