//! What a request says, apart from how its dialect says it.

use modelgate_dialects::ir::{MediaSource, Part, Request, Role, ToolKind};
use serde_json::Value as Json;

/// What must survive the way through a foreign dialect and back.
#[derive(Debug, PartialEq)]
pub(crate) struct Facts {
    /// The system prompt without its white space: one string or several is a matter of spelling.
    system: String,
    /// Runs of one speaker; a tool's results count as the user's.
    turns: Vec<Turn>,
    tools: Vec<(String, Option<String>, Json)>,
    max_output: Option<u64>,
    pub(crate) stop: Vec<String>,
    stream: bool,
}

#[derive(Debug, PartialEq, Default)]
struct Turn {
    assistant: bool,
    text: String,
    /// Id, name, arguments as a value.
    calls: Vec<(String, String, Json)>,
    /// Id and text.
    results: Vec<(String, String)>,
    images: Vec<String>,
}

/// The facts of a request.
pub(crate) fn facts(request: &Request) -> Facts {
    let mut turns: Vec<Turn> = Vec::new();
    for turn in &request.turns {
        let assistant = turn.role == Role::Assistant;
        if turns.last().is_none_or(|last| last.assistant != assistant) {
            turns.push(Turn {
                assistant,
                ..Turn::default()
            });
        }
        let last = turns.last_mut().expect("one was pushed");
        turn.parts.iter().for_each(|part| last.take(part));
    }
    // Where a conversation may not end with the model, a user asks for more.
    let asks = Turn {
        text: "(continue)".to_owned(),
        ..Turn::default()
    };
    turns.pop_if(|last| *last == asks);
    let system: String = request.system.iter().map(|block| &*block.text).collect();
    Facts {
        system: system.split_whitespace().collect(),
        turns,
        tools: request
            .tools
            .iter()
            .map(|tool| {
                let schema = match &tool.kind {
                    ToolKind::Function {
                        schema: Some(schema),
                    } => json(schema.as_str()),
                    _ => Json::Null,
                };
                (
                    tool.name.to_string(),
                    tool.description.as_ref().map(|text| text.to_string()),
                    schema,
                )
            })
            .collect(),
        max_output: request.limits.max_output,
        stop: request
            .limits
            .stop
            .iter()
            .map(|stop| stop.to_string())
            .collect(),
        stream: request.stream,
    }
}

impl Turn {
    fn take(&mut self, part: &Part) {
        match part {
            Part::Text(text) => self.text.push_str(&text.text),
            Part::Refusal(text) => self.text.push_str(text),
            Part::ToolCall(call) => {
                let arguments = json(&call.arguments.to_text());
                self.calls
                    .push((call.id.to_string(), call.name.to_string(), arguments));
            }
            Part::ToolResult(result) => {
                let mut inner = Self::default();
                result.parts.iter().for_each(|part| inner.take(part));
                self.results.push((result.call_id.to_string(), inner.text));
                self.images.append(&mut inner.images);
            }
            Part::Media(media) => match &media.source {
                MediaSource::Base64 { mime, data } => self.images.push(format!("{mime} {data}")),
                other => self.images.push(format!("{other:?}")),
            },
            Part::Reasoning(_) | Part::Server(_) | Part::Unknown(_) => {}
        }
    }
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}
