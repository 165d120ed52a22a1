//! What the clients ask.

use serde_json::{Value, json};

use super::Dialect;

const SYSTEM: &str =
    "You are a helpful assistant. Answer briefly, in plain words, and say so when you do not know.";
const QUESTION: &str =
    "What did we say the answer was, the last time somebody asked this question?";

/// A short question: a system prompt and one user message.
pub(crate) fn question(dialect: Dialect, model: &str, stream: bool) -> String {
    let mut body = match dialect {
        Dialect::Chat => json!({
            "model": model, "temperature": 0.7, "max_completion_tokens": 256, "stream": stream,
            "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}],
        }),
        Dialect::Completions => json!({
            "model": model, "temperature": 0.7, "max_tokens": 256, "stream": stream,
            "prompt": format!("{SYSTEM}\n\n{QUESTION}"),
        }),
        Dialect::Responses => json!({
            "model": model, "temperature": 0.7, "max_output_tokens": 256, "stream": stream, "store": false,
            "instructions": SYSTEM, "input": [turn(dialect, "user", QUESTION)],
        }),
        Dialect::Claude => json!({
            "model": model, "max_tokens": 256, "temperature": 0.7, "stream": stream, "system": SYSTEM,
            "messages": [turn(dialect, "user", QUESTION)],
        }),
        Dialect::Gemini => json!({
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": [turn(dialect, "user", QUESTION)],
            "generationConfig": {"temperature": 0.7, "maxOutputTokens": 256},
        }),
    };
    // Chat clients that want the usage of a stream say so, as the official SDKs' users do.
    if stream && dialect == Dialect::Chat {
        body["stream_options"] = json!({"include_usage": true});
    }
    body.to_string()
}

/// A long conversation: `messages` of them, the system prompt counted, that make about `bytes` of
/// JSON with code in them, and so many `tools`; the first and the last turn are the user's. Where a
/// dialect knows neither, it is one prompt of the same size.
pub(crate) fn conversation(
    dialect: Dialect,
    model: &str,
    messages: usize,
    bytes: usize,
    tools: usize,
) -> String {
    let line =
        "    if left.name == \"größe\" { total += left.size; } // see §4\n\tThen we went on.\n";
    let escaped = json!(line).to_string().len() - 2;
    let text = line.repeat(bytes / messages / escaped);
    let turns: Vec<Value> = (1..messages)
        .map(|index| match index % 2 {
            1 => turn(dialect, "user", &text),
            _ => turn(dialect, "assistant", &text),
        })
        .collect();
    let mut body = match dialect {
        Dialect::Chat => {
            let system = json!({"role": "system", "content": text});
            let messages: Vec<Value> = std::iter::once(system).chain(turns).collect();
            json!({"model": model, "messages": messages})
        }
        Dialect::Completions => {
            json!({"model": model, "max_tokens": 1024, "prompt": text.repeat(messages)})
        }
        Dialect::Responses => {
            json!({"model": model, "store": false, "instructions": text, "input": turns})
        }
        Dialect::Claude => {
            json!({"model": model, "max_tokens": 1024, "system": text, "messages": turns})
        }
        Dialect::Gemini => {
            json!({"systemInstruction": {"parts": [{"text": text}]}, "contents": turns})
        }
    };
    let tools: Vec<Value> = (0..tools).map(|index| tool(dialect, index)).collect();
    if !tools.is_empty() && dialect != Dialect::Completions {
        body["tools"] = match dialect {
            Dialect::Gemini => json!([{"functionDeclarations": tools}]),
            _ => json!(tools),
        };
    }
    body.to_string()
}

/// A question about one picture of so many `bytes`, written in base64; `None` in a dialect that
/// takes no pictures.
pub(crate) fn picture(dialect: Dialect, model: &str, bytes: usize) -> Option<String> {
    // The signature of a PNG and some of its header: valid base64 without padding.
    let data = "iVBORw0KGgoAAAANSUhEUgAA".repeat(bytes / 18);
    let body = match dialect {
        Dialect::Completions => return None,
        Dialect::Chat => json!({"model": model, "messages": [{"role": "user", "content": [
            {"type": "text", "text": QUESTION},
            {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{data}")}}]}]}),
        Dialect::Responses => json!({"model": model, "store": false, "input": [
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": QUESTION},
                {"type": "input_image", "detail": "auto",
                 "image_url": format!("data:image/png;base64,{data}")}]}]}),
        Dialect::Claude => json!({"model": model, "max_tokens": 256, "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": QUESTION},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}]}]}),
        Dialect::Gemini => json!({"contents": [{"role": "user", "parts": [
            {"text": QUESTION}, {"inlineData": {"mimeType": "image/png", "data": data}}]}]}),
    };
    Some(body.to_string())
}

fn turn(dialect: Dialect, role: &str, text: &str) -> Value {
    match dialect {
        Dialect::Chat | Dialect::Completions => json!({"role": role, "content": text}),
        Dialect::Responses => {
            let part = if role == "user" {
                "input_text"
            } else {
                "output_text"
            };
            json!({"type": "message", "role": role, "content": [{"type": part, "text": text}]})
        }
        Dialect::Claude => json!({"role": role, "content": [{"type": "text", "text": text}]}),
        Dialect::Gemini => {
            let role = if role == "user" { role } else { "model" };
            json!({"role": role, "parts": [{"text": text}]})
        }
    }
}

fn tool(dialect: Dialect, index: usize) -> Value {
    let name = format!("read_lines_{index}");
    let description = "Reads some lines of a file in the workspace. The path is below its root.";
    let schema = json!({
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "The file, from the root of the workspace"},
            "first": {"type": "integer", "minimum": 1, "description": "The first line"},
            "kind": {"type": "string", "enum": ["text", "binary"]},
            "marks": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["path"],
    });
    match dialect {
        Dialect::Chat | Dialect::Completions => json!({"type": "function", "function": {
            "name": name, "description": description, "parameters": schema}}),
        Dialect::Responses => json!({"type": "function", "name": name, "description": description,
            "parameters": schema, "strict": false}),
        Dialect::Claude => {
            json!({"name": name, "description": description, "input_schema": schema})
        }
        Dialect::Gemini => json!({"name": name, "description": description, "parameters": schema}),
    }
}

#[cfg(test)]
mod tests {
    use super::super::MODEL;
    use super::*;

    #[test]
    fn a_conversation_has_its_size_and_ends_with_the_user() {
        for dialect in Dialect::CLIENTS {
            let body = conversation(dialect, MODEL, 200, 1 << 20, 30);
            let size = 1_000_000..1_100_000;
            assert!(size.contains(&body.len()), "{dialect:?}: {}", body.len());
            let body: Value = serde_json::from_str(&body).unwrap();
            let list = ["messages", "input", "contents"];
            let Some(turns) = list.iter().find_map(|key| body[key].as_array()) else {
                assert_eq!(dialect, Dialect::Completions);
                continue;
            };
            let system = usize::from(dialect == Dialect::Chat);
            assert_eq!(turns.len(), 199 + system);
            assert_eq!(turns[system]["role"], "user");
            assert_eq!(turns[198 + system]["role"], "user");
            assert_eq!(body.to_string().matches("\"read_lines_").count(), 30);
        }
    }

    #[test]
    fn a_picture_has_its_size_in_every_dialect_but_completions() {
        for dialect in Dialect::CLIENTS {
            let body = picture(dialect, MODEL, 18_000);
            assert_eq!(body.is_none(), dialect == Dialect::Completions);
            assert!(body.is_none_or(|body| (24_000..25_000).contains(&body.len())));
        }
    }
}
