//! Codex, over HTTP and over one connection.

use super::Heard;
use crate::harness::{Answer, Gateway};
use crate::responses::Said;
use crate::responses::socket::Socket;
use serde_json::{Value, json};

const THREAD: &str = "019a7c1e-1111-7a70-8f4d-000000000001";

pub(super) fn body(model: &str, history: &[Value]) -> Value {
    json!({
        "model": model,
        "instructions": "You are a coding agent.",
        "input": history,
        "tools": tools(),
        "tool_choice": "auto",
        "parallel_tool_calls": true,
        "reasoning": {"effort": "high", "summary": "auto"},
        "store": false,
        "stream": true,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": THREAD,
        "client_metadata": {"x-codex-installation-id": "i0", "session_id": THREAD},
    })
}

fn tools() -> Value {
    let place = json!({"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}});
    let tool = |name: &str| {
        json!({"type": "function", "name": name, "description": "Looks it up.", "strict": false,
               "parameters": {"type": "object", "properties": place, "additionalProperties": false}})
    };
    json!([
        tool("exec_command"),
        tool("write_stdin"),
        {"type": "namespace", "name": "multi_agent_v1", "description": "Agents.", "tools": [tool("spawn_agent")]},
        {"type": "web_search", "external_web_access": true},
    ])
}

pub(super) fn request(gateway: &Gateway, body: &Value) -> reqwest::RequestBuilder {
    gateway
        .request("POST", "/v1/responses")
        .header("content-type", "application/json")
        .header("accept", "text/event-stream")
        .header("originator", "codex_exec")
        .header("session-id", THREAD)
        .header("thread-id", THREAD)
        .header("x-client-request-id", THREAD)
        .header("x-codex-window-id", format!("{THREAD}:0"))
        .body(body.to_string())
}

pub(super) fn words(text: &str, is_first: bool) -> Vec<Value> {
    let message = |role: &str, text: &str| json!({"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]});
    let mut words = Vec::new();
    if is_first {
        words.push(message(
            "developer",
            "<permissions instructions>All is allowed.</permissions instructions>",
        ));
        words.push(message(
            "user",
            "<environment_context><cwd>/home/ada</cwd></environment_context>",
        ));
    }
    words.push(message("user", text));
    words
}

pub(super) fn results(results: &[(&(Value, Value), String)], words: Option<&str>) -> Vec<Value> {
    let results = results.iter().map(
        |((id, _), text)| json!({"type": "function_call_output", "call_id": id, "output": text}),
    );
    let mut items: Vec<Value> = results.collect();
    items.extend(
        words
            .into_iter()
            .flat_map(|words| self::words(words, false)),
    );
    items
}

pub(super) fn hear(answer: &Answer) -> Heard {
    if answer.status == 200 {
        crate::responses::events(answer);
    }
    heard(Said::read(answer), super::dropped(answer))
}

/// Items come back as they are, without their ids, which nobody has stored.
fn heard(said: Said, dropped: String) -> Heard {
    let mut turn = said.response["output"].as_array().unwrap().clone();
    for item in &mut turn {
        item.as_object_mut().unwrap().remove("id");
        item.as_object_mut().unwrap().remove("status");
    }
    let calls = turn.iter().filter(|item| item["type"] == "function_call");
    Heard {
        calls: calls
            .map(|item| (item["call_id"].clone(), item["name"].clone()))
            .collect(),
        text: said.text,
        turn,
        dropped,
    }
}

/// A connection, and how much of the conversation its last answer covers.
pub(super) struct Line {
    socket: Socket,
    last: Option<(Value, usize)>,
}

impl Line {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, last: None }
    }

    /// Only what is new is sent, with the id of the answer before.
    pub(super) async fn hear(&mut self, mut body: Value, history: &[Value]) -> Heard {
        if let Some((id, known)) = &self.last {
            body["previous_response_id"] = id.clone();
            body["input"] = json!(history[*known..]);
        }
        self.socket.create(body).await;
        let last = self.socket.events().await.pop().unwrap();
        assert_eq!(last["type"], "response.completed", "{last}");
        let heard = heard(Said::of(last["response"].clone()), String::new());
        self.last = Some((
            last["response"]["id"].clone(),
            history.len() + heard.turn.len(),
        ));
        heard
    }
}
