//! What the upstream answers.

use serde_json::{Value, json};

use super::{CHUNKS, Dialect, MARKER, MODEL, MODEL_CLAUDE, MODEL_GEMINI, MODEL_RESPONSES};

const CREATED: u64 = 1_760_000_000;
/// What ends a stream of OpenAI's older dialects.
const DONE: &str = "data: [DONE]\n\n";

/// The upstream's whole answer.
pub(crate) fn whole(dialect: Dialect) -> String {
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
        Dialect::Completions => json!({
            "id": "cmpl-bench0123456789", "object": "text_completion", "created": CREATED,
            "model": MODEL,
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 57, "completion_tokens": 11, "total_tokens": 68},
        }),
        Dialect::Responses => responses_object("completed", &json!([responses_item("completed", &text)])),
        Dialect::Gemini => gemini_object(&text, Some(11)),
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
        Dialect::Completions => completions_stream(),
        Dialect::Responses => responses_stream(),
        Dialect::Gemini => gemini_stream(),
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
    frames.push(DONE.to_owned());
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
    frames.push(event("message_stop", json!({"type": "message_stop"})));
    frames
}

fn completions_stream() -> Vec<String> {
    let chunk = |text: &str, finish: Value| {
        let chunk = json!({
            "id": "cmpl-bench0123456789", "object": "text_completion", "created": CREATED, "model": MODEL,
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}],
        });
        format!("data: {chunk}\n\n")
    };
    let mut frames = vec![chunk(&format!(" {MARKER}"), Value::Null); CHUNKS];
    frames.push(chunk("", json!("stop")));
    frames.push(DONE.to_owned());
    frames
}

/// One chunk of a Gemini stream, or, with the count of output tokens, a whole answer or the last chunk.
fn gemini_object(text: &str, ended: Option<usize>) -> Value {
    let mut candidate =
        json!({"content": {"parts": [{"text": text}], "role": "model"}, "index": 0});
    let mut usage = json!({"promptTokenCount": 57, "totalTokenCount": 57});
    if let Some(tokens) = ended {
        candidate["finishReason"] = json!("STOP");
        usage["candidatesTokenCount"] = json!(tokens);
        usage["totalTokenCount"] = json!(57 + tokens);
    }
    json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODEL_GEMINI,
           "responseId": "bench0123456789"})
}

fn gemini_stream() -> Vec<String> {
    let chunk = |ended| {
        let chunk = gemini_object(&format!(" {MARKER}"), ended);
        format!("data: {chunk}\n\n")
    };
    let mut frames = vec![chunk(None); CHUNKS - 1];
    frames.push(chunk(Some(CHUNKS)));
    frames
}

/// A Responses object with what an official answer echoes.
fn responses_object(status: &str, output: &Value) -> Value {
    let usage = match status {
        "completed" => json!({
            "input_tokens": 57, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 11,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 68}),
        _ => Value::Null,
    };
    json!({
        "id": "resp_bench0123456789", "object": "response", "created_at": CREATED, "status": status,
        "error": null, "incomplete_details": null, "instructions": null, "max_output_tokens": 256,
        "model": MODEL_RESPONSES, "output": output, "parallel_tool_calls": true,
        "previous_response_id": null, "reasoning": {"effort": null, "summary": null},
        "service_tier": "default", "store": false, "temperature": 0.7,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0,
        "truncation": "disabled", "usage": usage, "user": null, "metadata": {},
    })
}

fn responses_item(status: &str, text: &str) -> Value {
    let content = match status {
        "completed" => json!([responses_part(text)]),
        _ => json!([]),
    };
    json!({"id": "msg_bench0123456789", "type": "message", "status": status, "role": "assistant",
           "content": content})
}

fn responses_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn responses_stream() -> Vec<String> {
    let mut number = 0;
    let mut event = |name: &str, mut data: Value| {
        data["type"] = json!(name);
        data["sequence_number"] = json!(number);
        number += 1;
        format!("event: {name}\ndata: {data}\n\n")
    };
    // Where in the answer the text stands.
    let part = |key: &str, value: Value| json!({"item_id": "msg_bench0123456789", "output_index": 0, "content_index": 0, key: value});
    let piece = format!(" {MARKER}");
    let text = piece.repeat(CHUNKS);
    let started = responses_object("in_progress", &json!([]));
    // Sent as one frame with the first text, so that a held stream has it too.
    let opening = [
        event("response.created", json!({"response": started})),
        event("response.in_progress", json!({"response": started})),
        event(
            "response.output_item.added",
            json!({"output_index": 0, "item": responses_item("in_progress", "")}),
        ),
        event(
            "response.content_part.added",
            part("part", responses_part("")),
        ),
    ]
    .concat();
    let mut frames: Vec<String> = (0..CHUNKS)
        .map(|_| event("response.output_text.delta", part("delta", json!(piece))))
        .collect();
    frames[0].insert_str(0, &opening);
    let item = responses_item("completed", &text);
    frames.extend([
        event("response.output_text.done", part("text", json!(text))),
        event(
            "response.content_part.done",
            part("part", responses_part(&text)),
        ),
        event(
            "response.output_item.done",
            json!({"output_index": 0, "item": item}),
        ),
        event(
            "response.completed",
            json!({"response": responses_object("completed", &json!([item]))}),
        ),
    ]);
    frames
}
