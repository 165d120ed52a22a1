//! What the demo model says.

use modelgate_dialects::ir::{
    Arguments, CallKind, Choice, Opaque, Part, Reasoning, ReasoningMode, Request, Response, Role,
    Stop, StopReason, Text, Tool, ToolCall, ToolChoice, ToolKind, Turn, Usage,
};
use modelgate_dialects::json::{RawJson, Value, Writer};
use modelgate_dialects::{Dialect, Str, ids, tokens};

/// Most characters of the question that are repeated.
const QUOTE: usize = 200;

/// The answer to a request.
pub(super) fn to(request: &Request) -> Response {
    let mut parts = Vec::new();
    if thinks(request) {
        parts.push(thought(request));
    }
    let call = wanted_tool(request).map(|tool| call(tool, request.turns.len()));
    let stop = match call {
        Some(call) => {
            parts.push(Part::Text(Text::new(Str::from(format!(
                "Let me ask the tool `{}`.",
                call.name
            )))));
            parts.push(Part::ToolCall(call));
            StopReason::ToolUse
        }
        None => {
            parts.push(Part::Text(Text::new(Str::from(text(request)))));
            StopReason::End
        }
    };
    let output = parts.iter().map(cost).sum();
    let mut response = Response::new(Dialect::Claude);
    response.id = Str::from_static("demo");
    response.model = request.model.clone();
    response.choices = vec![Choice {
        parts,
        stop: Some(Stop::new(stop)),
        ..Choice::default()
    }];
    let input = tokens::estimate_request(request);
    response.usage = Some(Usage {
        input: Some(input),
        output: Some(output),
        ..Usage::default()
    });
    response
}

fn cost(part: &Part) -> u64 {
    match part {
        Part::Text(text) => tokens::estimate_text(&text.text),
        Part::Reasoning(reasoning) => tokens::estimate_text(&reasoning.text),
        Part::ToolCall(call) => {
            tokens::estimate_text(&call.arguments.0) + tokens::estimate_text(&call.name)
        }
        _ => 0,
    }
}

fn thinks(request: &Request) -> bool {
    matches!(
        request.reasoning.mode,
        Some(ReasoningMode::On | ReasoningMode::Adaptive)
    )
}

fn thought(request: &Request) -> Part {
    let turns = request.turns.len();
    Part::Reasoning(Reasoning {
        text: Str::from(format!(
            "The conversation has {turns} messages. I am a demonstration, so I think this much."
        )),
        opaque: Some(Opaque {
            data: Str::from_static("ZGVtbw=="),
            provider: Str::from_static("claude"),
        }),
        ..Reasoning::default()
    })
}

/// The last thing that was asked.
fn question(request: &Request) -> &str {
    let asked = request
        .turns
        .iter()
        .rev()
        .find(|turn| turn.role == Role::User);
    asked.map_or("", |turn| texts(&turn.parts).last().unwrap_or_default())
}

fn texts(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(&*text.text),
        _ => None,
    })
}

fn text(request: &Request) -> String {
    let results: Vec<&str> = request.turns.last().map(results).unwrap_or_default();
    if !results.is_empty() {
        return format!("The tool answered: {}", results.join(" / "));
    }
    let question: String = question(request).chars().take(QUOTE).collect();
    format!(
        "Hello from modelgate! This is the built-in demo model, so your client and the gateway work. You said: \
         \"{question}\". For a real model set OPENAI_API_KEY or ANTHROPIC_API_KEY and start `modelgate serve` again."
    )
}

fn results(turn: &Turn) -> Vec<&str> {
    let mut found = Vec::new();
    for part in &turn.parts {
        if let Part::ToolResult(result) = part {
            found.push(texts(&result.parts).next().unwrap_or("nothing"));
        }
    }
    found
}

/// The tool to call: one that is forced, or one that the question names. Not directly after a result.
fn wanted_tool(request: &Request) -> Option<&Tool> {
    let mut functions = request
        .tools
        .iter()
        .filter(|tool| matches!(tool.kind, ToolKind::Function { .. }));
    if request
        .turns
        .last()
        .is_some_and(|turn| !results(turn).is_empty())
    {
        return None;
    }
    match &request.tool_choice {
        Some(ToolChoice::None) => None,
        Some(ToolChoice::Named(name)) => functions.find(|tool| tool.name == *name),
        Some(ToolChoice::Required) => functions.next(),
        _ => {
            let question = question(request);
            functions.find(|tool| question.contains(&*tool.name))
        }
    }
}

fn call(tool: &Tool, ordinal: usize) -> ToolCall {
    let schema = match &tool.kind {
        ToolKind::Function {
            schema: Some(schema),
        } => schema.clone(),
        _ => RawJson::empty_object(),
    };
    let arguments = RawJson::build(|writer| example(schema.document().root(), writer));
    ToolCall {
        id: ids::generated(&tool.name, ordinal),
        name: tool.name.clone(),
        kind: CallKind::Function,
        arguments: Arguments(arguments.to_text()),
        opaque: None,
        cache: None,
        extensions: modelgate_dialects::ir::Extensions::default(),
    }
}

/// A value that fits a schema, as far as its types go.
fn example(schema: Value<'_>, writer: &mut Writer<'_>) {
    if let Some(first) = schema
        .field("enum")
        .and_then(|values| values.items().next())
    {
        return writer.value(&first.raw());
    }
    match schema.text_of("type").as_deref() {
        Some("string") => writer.value("demo"),
        Some("number" | "integer") => writer.value(&1_u64),
        Some("boolean") => writer.value(&true),
        Some("array") => writer.array(|_| {}),
        _ => writer.object(|writer| {
            let required: Vec<Str> = schema
                .field("required")
                .into_iter()
                .flat_map(Value::items)
                .filter_map(Value::text)
                .collect();
            for (name, property) in schema
                .field("properties")
                .into_iter()
                .flat_map(Value::entries)
            {
                if required.iter().any(|key| **key == *name) {
                    writer.foreign_key(&name);
                    example(property, writer);
                }
            }
        }),
    }
}
