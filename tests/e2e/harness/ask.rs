//! Requests in both dialects.

use super::answer::Answer;
use super::process::Gateway;
use serde_json::{Value, json};
use std::sync::Once;
use std::time::Duration;

/// The dialect of a client or of an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Chat,
    Claude,
}

/// An HTTP client that does nothing by itself: no proxy, no redirect, no decompression.
pub(crate) fn client(builder: reqwest::ClientBuilder) -> reqwest::Client {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    builder
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

impl Speaks {
    pub(crate) const BOTH: [Self; 2] = [Self::Chat, Self::Claude];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Chat => Self::Claude,
            Self::Claude => Self::Chat,
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Claude => "/v1/messages",
        }
    }

    /// A short question.
    pub(crate) fn question(self, model: &str, stream: bool) -> Value {
        let mut body = json!({
            "model": model,
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": "What is the weather?"}],
        });
        if stream {
            body["stream"] = json!(true);
            if self == Self::Chat {
                body["stream_options"] = json!({"include_usage": true});
            }
        }
        body
    }

    /// A question with two tools.
    pub(crate) fn tool_question(self, model: &str, stream: bool) -> Value {
        let mut body = self.question(model, stream);
        let schema = json!({
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}},
        });
        let tool = |name: &str| match self {
            Self::Chat => {
                json!({"type": "function", "function": {"name": name, "description": "Looks it up.", "parameters": schema}})
            }
            Self::Claude => {
                json!({"name": name, "description": "Looks it up.", "input_schema": schema})
            }
        };
        body["tools"] = json!([tool("forecast"), tool("history")]);
        body
    }

    /// Switches thinking on.
    pub(crate) fn thinking(self, mut body: Value) -> Value {
        match self {
            Self::Chat => body["reasoning_effort"] = json!("low"),
            Self::Claude => {
                body["thinking"] = json!({"type": "enabled", "budget_tokens": 2048});
            }
        }
        body
    }

    /// The same conversation, continued with an answer and the results of its calls.
    pub(crate) fn continued(self, mut body: Value, answer: &Answer, result: &str) -> Value {
        let turn = answer.turn(self);
        let ids: Vec<Value> = match self {
            Self::Chat => ids(&turn["tool_calls"]),
            Self::Claude => ids(&turn["content"]),
        };
        assert!(!ids.is_empty(), "nothing was called: {turn}");
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(turn);
        match self {
            Self::Chat => messages.extend(
                ids.into_iter()
                    .map(|id| json!({"role": "tool", "tool_call_id": id, "content": result})),
            ),
            Self::Claude => {
                let results: Vec<Value> = ids
                    .into_iter()
                    .map(|id| json!({"type": "tool_result", "tool_use_id": id, "content": result}))
                    .collect();
                messages.push(json!({"role": "user", "content": results}));
            }
        }
        body
    }
}

/// The ids of calls among tool calls or content blocks.
fn ids(calls: &Value) -> Vec<Value> {
    let calls = calls.as_array().into_iter().flatten();
    calls
        .filter(|call| matches!(call["type"].as_str(), Some("function" | "tool_use")))
        .map(|call| call["id"].clone())
        .collect()
}

impl Gateway {
    /// Sends a body as a client of the dialect does.
    pub(crate) fn post(
        &self,
        dialect: Speaks,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::RequestBuilder {
        let request = self
            .request("POST", dialect.path())
            .header("content-type", "application/json");
        let request = match dialect {
            Speaks::Chat => request,
            Speaks::Claude => request.header("anthropic-version", "2023-06-01"),
        };
        request.body(body)
    }

    /// Asks and reads the whole answer.
    pub(crate) async fn ask(&self, dialect: Speaks, body: &Value) -> Answer {
        Answer::read(self.post(dialect, body.to_string())).await
    }

    /// Asks a short question.
    pub(crate) async fn question(&self, dialect: Speaks, model: &str, stream: bool) -> Answer {
        self.ask(dialect, &dialect.question(model, stream)).await
    }
}
