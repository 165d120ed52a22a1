//! The JSON of both dialects: what the clients ask, what the upstream answers.

use std::time::Duration;

use serde_json::{Value, json};

/// The model answered at once.
pub(crate) const MODEL: &str = "bench-model";
/// The model whose stream rests for [`PAUSE`] after its first chunk.
pub(crate) const MODEL_PAUSED: &str = "bench-model-paused";
/// The model whose stream stops after one chunk and stays open.
pub(crate) const MODEL_HELD: &str = "bench-model-held";
/// The model that is reached in the Claude dialect.
pub(crate) const MODEL_CLAUDE: &str = "bench-claude";
/// Long enough that a first chunk which waits for the second is seen to wait.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
/// Text chunks of a stream.
pub(crate) const CHUNKS: usize = 64;
/// The text that every chunk carries once, and a whole answer [`CHUNKS`] times.
pub(crate) const MARKER: &str = "lorem";

const CREATED: u64 = 1_760_000_000;

/// A client and upstream API shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/messages`
    Claude,
}

impl Dialect {
    /// Where requests of this dialect go.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Claude => "/v1/messages",
        }
    }

    /// What the last frame of a complete stream is.
    pub(crate) fn stream_end(self) -> &'static str {
        match self {
            Self::Chat => "data: [DONE]\n\n",
            Self::Claude => "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        }
    }
}

/// The upstream's whole answer.
pub(crate) fn answer(dialect: Dialect) -> String {
    let text = format!("The answer is {MARKER}, as it was before.");
    match dialect {
        Dialect::Chat => json!({
            "id": "chatcmpl-bench0123456789", "object": "chat.completion", "created": CREATED,
            "model": MODEL,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": null},
                         "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 57, "completion_tokens": 11, "total_tokens": 68,
                      "prompt_tokens_details": {"cached_tokens": 0},
                      "completion_tokens_details": {"reasoning_tokens": 0}},
            "system_fingerprint": "fp_bench",
        }),
        Dialect::Claude => json!({
            "id": "msg_bench0123456789", "type": "message", "role": "assistant", "model": MODEL_CLAUDE,
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 57, "cache_creation_input_tokens": 0,
                      "cache_read_input_tokens": 0, "output_tokens": 11, "service_tier": "standard"},
        }),
    }
    .to_string()
}

/// The upstream's streamed answer, frame by frame.
pub(crate) fn stream(dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Chat => chat_stream(),
        Dialect::Claude => claude_stream(),
    }
}

fn chat_stream() -> Vec<String> {
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({
            "id": "chatcmpl-bench0123456789", "object": "chat.completion.chunk", "created": CREATED,
            "model": MODEL, "service_tier": "default", "system_fingerprint": "fp_bench",
            "choices": choices, "usage": usage,
        });
        format!("data: {chunk}\n\n")
    };
    let step = |delta: Value, finish: Value| {
        let choice =
            json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
        chunk(choice, Value::Null)
    };
    let mut frames: Vec<String> = (0..CHUNKS)
        .map(|index| match index {
            0 => step(json!({"role": "assistant", "content": MARKER}), Value::Null),
            _ => step(json!({"content": format!(" {MARKER}")}), Value::Null),
        })
        .collect();
    frames.push(step(json!({}), json!("stop")));
    frames.push(chunk(
        json!([]),
        json!({"prompt_tokens": 57, "completion_tokens": CHUNKS, "total_tokens": 57 + CHUNKS,
               "prompt_tokens_details": {"cached_tokens": 0},
               "completion_tokens_details": {"reasoning_tokens": 0}}),
    ));
    frames.push(Dialect::Chat.stream_end().to_owned());
    frames
}

fn claude_stream() -> Vec<String> {
    let event = |name: &str, data: Value| format!("event: {name}\ndata: {data}\n\n");
    let start = json!({"type": "message_start", "message": {
        "id": "msg_bench0123456789", "type": "message", "role": "assistant", "model": MODEL_CLAUDE,
        "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 57, "cache_creation_input_tokens": 0,
                  "cache_read_input_tokens": 0, "output_tokens": 1}}});
    let open = json!({"type": "content_block_start", "index": 0,
                      "content_block": {"type": "text", "text": ""}});
    // Sent as one frame, so that a held stream has its first text too.
    let mut opening = event("message_start", start);
    opening.push_str(&event("content_block_start", open));
    let mut frames: Vec<String> = (0..CHUNKS)
        .map(|_| {
            let delta = json!({"type": "content_block_delta", "index": 0,
                               "delta": {"type": "text_delta", "text": format!(" {MARKER}")}});
            event("content_block_delta", delta)
        })
        .collect();
    opening.push_str(&frames[0]);
    frames[0] = opening;
    frames.push(event(
        "content_block_stop",
        json!({"type": "content_block_stop", "index": 0}),
    ));
    frames.push(event(
        "message_delta",
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
               "usage": {"output_tokens": CHUNKS}}),
    ));
    frames.push(Dialect::Claude.stream_end().to_owned());
    frames
}

/// A short question: a system prompt and one user message.
pub(crate) fn question(dialect: Dialect, model: &str, stream: bool) -> String {
    let system = "You are a helpful assistant. Answer briefly, in plain words, and say so when you do not know.";
    let user = "What did we say the answer was, the last time somebody asked this question?";
    let mut body = match dialect {
        Dialect::Chat => json!({
            "model": model, "temperature": 0.7, "max_completion_tokens": 256, "stream": stream,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        }),
        Dialect::Claude => json!({
            "model": model, "max_tokens": 256, "temperature": 0.7, "stream": stream, "system": system,
            "messages": [{"role": "user", "content": [{"type": "text", "text": user}]}],
        }),
    };
    ask_for_usage(&mut body, dialect, stream);
    body.to_string()
}

/// A long conversation: `messages` of them, the system prompt counted, that make about `bytes` of
/// JSON with code in them; the first and the last turn are the user's.
pub(crate) fn conversation(dialect: Dialect, model: &str, messages: usize, bytes: usize) -> String {
    let line =
        "    if left.name == \"größe\" { total += left.size; } // see §4\n\tThen we went on.\n";
    let escaped = json!(line).to_string().len() - 2;
    let text = line.repeat(bytes / messages / escaped);
    let turns = (1..messages).map(|index| {
        let role = if index % 2 == 1 { "user" } else { "assistant" };
        let content = match dialect {
            Dialect::Chat => json!(text),
            Dialect::Claude => json!([{"type": "text", "text": text}]),
        };
        json!({"role": role, "content": content})
    });
    match dialect {
        Dialect::Chat => {
            let system = json!({"role": "system", "content": text});
            let messages: Vec<Value> = std::iter::once(system).chain(turns).collect();
            json!({"model": model, "messages": messages})
        }
        Dialect::Claude => {
            let messages: Vec<Value> = turns.collect();
            json!({"model": model, "max_tokens": 1024, "system": text, "messages": messages})
        }
    }
    .to_string()
}

/// Chat clients that want the usage of a stream say so, as the official SDKs' users do.
fn ask_for_usage(body: &mut Value, dialect: Dialect, stream: bool) {
    if stream && dialect == Dialect::Chat {
        body["stream_options"] = json!({"include_usage": true});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_carry_every_marker_and_their_end() {
        for dialect in [Dialect::Chat, Dialect::Claude] {
            let body = stream(dialect).concat();
            assert_eq!(body.matches(MARKER).count(), CHUNKS);
            assert!(body.ends_with(dialect.stream_end()));
            assert!(stream(dialect)[0].contains(MARKER));
        }
    }

    #[test]
    fn a_conversation_has_its_size_and_ends_with_the_user() {
        for dialect in [Dialect::Chat, Dialect::Claude] {
            let body = conversation(dialect, MODEL, 200, 1 << 20);
            assert!(
                (1_000_000..1_100_000).contains(&body.len()),
                "{}",
                body.len()
            );
            let body: Value = serde_json::from_str(&body).unwrap();
            let messages = body["messages"].as_array().unwrap();
            let system = usize::from(dialect == Dialect::Chat);
            assert_eq!(messages.len(), 199 + system);
            assert_eq!(messages[system]["role"], "user");
            assert_eq!(messages.last().unwrap()["role"], "user");
        }
    }
}
