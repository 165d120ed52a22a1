//! A provider that means harm: in its list of models, its answers and its errors.

use super::text::{HARM, hostile};
use crate::harness::stand_in::{Asked, Said, StandIn};
use serde_json::{Value, json};

/// A model that answers.
pub(super) const ANSWERED: &str = "answered";
/// A model whose requests are refused as wrong.
pub(super) const REFUSED: &str = "refused";
/// A model whose provider answers with bytes that are no JSON and no text.
pub(super) const FAULT: &str = "fault";
/// A model that has been asked too often.
pub(super) const LIMITED: &str = "limited";

pub(super) async fn start() -> StandIn {
    StandIn::start(|asked| {
        if asked.path.ends_with("/models") {
            return listed();
        }
        let model = asked.json()["model"].as_str().unwrap_or_default().to_owned();
        let error = json!({"error": {"message": hostile("sorry"), "type": hostile("type"), "code": hostile("code")}});
        match &model {
            model if model.starts_with(REFUSED) => Said::json(400, &error),
            model if model.starts_with(LIMITED) => Said::json(429, &error),
            model if model.starts_with(FAULT) => {
                let harm = HARM.replace('\n', " ");
                let page = [b"<h1>broken\x9b5m\xff", harm.as_bytes()].concat();
                Said::bytes("text/html", page).with_status(502)
            }
            _ => answered(asked),
        }
    })
    .await
}

/// Names with control characters or blanks are not taken from a list; the rest is as bad as it can be.
fn listed() -> Said {
    let plain = |char: &char| !char.is_control() && !char.is_whitespace();
    let id: String = hostile("listed").chars().filter(plain).collect();
    Said::json(
        200,
        &json!({"object": "list", "data": [{"id": id, "object": "model", "owned_by": HARM}]}),
    )
}

/// An answer, its text and its thoughts split where an escape sequence is.
fn answered(asked: &Asked) -> Said {
    let asked = asked.json();
    let (text, model) = (hostile("said"), hostile("who"));
    if asked["stream"] != true {
        let message = json!({"role": "assistant", "content": text});
        let choices = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
        let usage = json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5});
        return Said::json(
            200,
            &json!({"id": HARM, "object": "chat.completion", "created": 1, "model": model, "choices": choices, "usage": usage}),
        );
    }
    let chunk = |delta: Value, finish: Value| {
        let choices = json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices});
        format!("data: {chunk}\n\n")
    };
    let mut body = chunk(
        json!({"role": "assistant", "reasoning_content": hostile("thought")}),
        Value::Null,
    );
    for char in text.chars() {
        body.push_str(&chunk(json!({"content": char}), Value::Null));
    }
    body.push_str(&chunk(json!({}), json!("length")));
    body.push_str(&format!(
        "data: {{\"choices\": [], \"model\": {}}}\n\ndata: [DONE]\n\n",
        json!(HARM)
    ));
    Said::bytes("text/event-stream", body.into_bytes())
}
