//! From an upstream's answer to the IR.

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{
    Arguments, CallKind, Choice, Extensions, Opaque, Part, Reasoning, Response, ServerBlock, Text,
    ToolCall, Unknown, Usage,
};
use crate::json::{RawJson, Str, Value};
use crate::openai::chat::response::made_up_id;
use crate::openai::responses::wire;

/// Reads an answer, with what it has `repeated` of its request if that is wanted.
///
/// # Errors
/// When it is no answer, or one that failed or has not ended.
pub fn decode(body: Value<'_>, provider: &Str, repeated: bool) -> Result<Response, DecodeError> {
    let keys = [
        "status",
        "error",
        "output",
        "id",
        "model",
        "created_at",
        "service_tier",
        "usage",
        "incomplete_details",
    ];
    let [
        status,
        error,
        output,
        id,
        model,
        created,
        tier,
        usage,
        details,
    ] = body.fields(keys);
    let text = |value: Option<Value<'_>>| value.and_then(Value::text);
    let status = text(status).unwrap_or_default();
    let error = error.filter(|error| error.is_object());
    if error.is_some() || status == "failed" {
        let message = super::in_stream(error.unwrap_or(body)).message;
        return Err(DecodeError::shape("error", message));
    }
    let Some(output) = output.filter(|output| output.is_array()) else {
        return Err(wire::expected("output", "a list"));
    };
    if !matches!(&*status, "" | "completed" | "incomplete") {
        let reason = format_args!("the answer is not complete: `{status}`");
        return Err(DecodeError::shape("status", reason));
    }
    let mut response = Response::new(Dialect::Responses);
    response.id = text(id).unwrap_or_default();
    response.model = text(model).unwrap_or_default();
    response.created = created.and_then(seconds);
    response.service_tier = text(tier);
    response.usage = usage
        .map(wire::usage)
        .filter(|usage: &Usage| !usage.is_empty());
    if repeated {
        response.extensions = answer_rest(body, &["service_tier"]);
    }
    let mut reader = Reader::new(provider.clone(), response.id.clone());
    let mut choice = Choice::default();
    for (place, item) in output.items().enumerate() {
        if reader.is_nameless(item) {
            let path = format_args!("output[{place}].name");
            return Err(wire::expected(path, "the name of a tool"));
        }
        reader.item(item, &mut choice.parts);
    }
    let called = choice
        .parts
        .iter()
        .any(|part| matches!(part, Part::ToolCall(_)));
    let refused = choice.parts.iter().any(refuses);
    choice.logprobs = logprobs(output);
    let reason = wire::stop_reason(&status, details);
    choice.stop = Some(wire::settled(reason, refused, called));
    response.choices.push(choice);
    Ok(response)
}

/// Whether a part is the text of a refusal.
pub(in crate::openai::responses) fn refuses(part: &Part) -> bool {
    matches!(part, Part::Refusal(text) if !text.is_empty())
}

/// Seconds; some servers write a fraction.
pub(in crate::openai::responses) fn seconds(value: Value<'_>) -> Option<u64> {
    value.as_u64().or_else(|| Some(value.as_f64()? as u64))
}

/// The fields of an answer without a typed place: above all the settings that it repeats.
pub(in crate::openai::responses) fn answer_rest(answer: Value<'_>, known: &[&str]) -> Extensions {
    let typed = [
        "id",
        "object",
        "created_at",
        "model",
        "status",
        "error",
        "incomplete_details",
        "output",
        "output_text",
        "usage",
    ];
    let mut rest = Extensions::default();
    for (key, value) in answer.entries() {
        let is_typed = typed.contains(&&*key) || known.contains(&&*key);
        if !is_typed && !value.is_null() {
            rest.push(Dialect::Responses, &key, value.raw());
        }
    }
    rest
}

/// The token probabilities of all texts, in Chat's form.
fn logprobs(output: Value<'_>) -> Option<RawJson> {
    let parts = || {
        output
            .items()
            .filter_map(|item| item.field("content"))
            .flat_map(Value::items)
            .filter_map(|part| part.field("logprobs"))
            .flat_map(Value::items)
    };
    parts().next()?;
    Some(token_list(parts()))
}

/// Token probabilities in Chat's form.
pub(in crate::openai::responses) fn token_list<'d>(
    tokens: impl Iterator<Item = Value<'d>>,
) -> RawJson {
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.array_field("content", |writer| {
                tokens.for_each(|token| writer.value(&token.raw()));
            });
            writer.null_field("refusal");
        });
    })
}

/// Reads the items of one answer, whole or streamed.
#[derive(Debug)]
pub(in crate::openai::responses) struct Reader {
    provider: Str,
    answer: Str,
    /// Number of the next call, for ids of calls that have none.
    ordinal: usize,
}

impl Reader {
    /// A reader of the answer with this id; `provider` is the tag of its reasoning state.
    pub(in crate::openai::responses) fn new(provider: Str, answer: Str) -> Self {
        Self {
            provider,
            answer,
            ordinal: 0,
        }
    }

    /// Appends the parts of an item.
    pub(in crate::openai::responses) fn item(&mut self, item: Value<'_>, parts: &mut Vec<Part>) {
        let kind = item.text_of("type").unwrap_or_default();
        match &*kind {
            "message" => {
                let content = item.field("content").into_iter().flat_map(Value::items);
                let first = parts.len();
                parts.extend(content.filter_map(|part| self.content(part)));
                if let Some(Part::Text(text)) = parts.get_mut(first) {
                    message_rest(item, text);
                }
            }
            "reasoning" => parts.push(Part::Reasoning(self.reasoning(item))),
            "function_call" | "custom_tool_call" => {
                parts.extend(self.call(item).map(Part::ToolCall));
            }
            _ => parts.push(whole(kind, item)),
        }
    }

    /// A part of a message; an empty text is none (trap 85).
    pub(in crate::openai::responses) fn content(&self, part: Value<'_>) -> Option<Part> {
        let kind = part.text_of("type").unwrap_or_default();
        match &*kind {
            "output_text" | "text" => {
                let text = part.text_of("text").filter(|text| !text.is_empty())?;
                let mut extensions = Extensions::default();
                let known = ["type", "text", "annotations", "logprobs"];
                wire::keep_unknown(&mut extensions, part, "", &known);
                let annotations = part.field("annotations");
                let filled = annotations.filter(|list| list.items().next().is_some());
                Some(Part::Text(Text {
                    citations: filled.map(Value::raw),
                    extensions,
                    ..Text::new(text)
                }))
            }
            "refusal" => {
                let text = part.text_of("refusal").filter(|text| !text.is_empty())?;
                Some(Part::Refusal(text))
            }
            _ => Some(Part::Unknown(Unknown {
                dialect: Dialect::Responses,
                kind,
                raw: part.raw(),
            })),
        }
    }

    /// Thinking says whose it is, even without state.
    pub(in crate::openai::responses) fn reasoning(&self, item: Value<'_>) -> Reasoning {
        let mut extensions = Extensions::default();
        let known = [
            "type",
            "id",
            "status",
            "summary",
            "content",
            "encrypted_content",
        ];
        wire::keep_unknown(&mut extensions, item, "", &known);
        let (text, paragraphs) = wire::thinking(item);
        Reasoning {
            text,
            paragraphs,
            opaque: Some(self.state(item)),
            redacted: false,
            item_id: item.text_of("id"),
            extensions,
        }
    }

    /// The state of thinking, which is the provider's own whatever it looks like.
    pub(in crate::openai::responses) fn state(&self, item: Value<'_>) -> Opaque {
        Opaque {
            data: item.text_of("encrypted_content").unwrap_or_default(),
            provider: self.provider.clone(),
        }
    }

    /// A call without a name and without arguments is none.
    pub(in crate::openai::responses) fn call(&mut self, item: Value<'_>) -> Option<ToolCall> {
        let head = self.call_head(item)?;
        let mut extensions = Extensions::default();
        let known = [
            "type",
            "id",
            "status",
            "call_id",
            "name",
            "namespace",
            "arguments",
            "input",
        ];
        wire::keep_unknown(&mut extensions, item, "", &known);
        Some(ToolCall {
            id: head.id,
            name: head.name,
            kind: match head.custom {
                true => CallKind::Custom,
                false => CallKind::Function,
            },
            arguments: Arguments(arguments(item).unwrap_or_default()),
            opaque: None,
            cache: None,
            extensions,
        })
    }

    /// What is known of a call at its beginning.
    pub(in crate::openai::responses) fn call_head(&mut self, item: Value<'_>) -> Option<CallHead> {
        let present = |text: &Str| !text.is_empty();
        let name = item.text_of("name").filter(present)?;
        let name = match item.text_of("namespace").filter(present) {
            Some(space) => Str::from(format!("{space}__{name}")),
            None => name,
        };
        let id = item
            .text_of("call_id")
            .filter(present)
            .or_else(|| item.text_of("id").filter(present))
            .unwrap_or_else(|| made_up_id(&name, &self.answer, self.ordinal));
        self.ordinal += 1;
        let kind = item.text_of("type");
        Some(CallHead {
            id,
            name,
            custom: kind.as_deref() == Some("custom_tool_call"),
        })
    }

    /// Whether an item is a call with arguments but without a name: nobody could answer it, and without it the answer
    /// would look complete.
    pub(in crate::openai::responses) fn is_nameless(&self, item: Value<'_>) -> bool {
        let kind = item.text_of("type");
        let is_call = matches!(kind.as_deref(), Some("function_call" | "custom_tool_call"));
        let filled = arguments(item).is_some_and(|text| !text.trim().is_empty());
        is_call && filled && item.text_of("name").is_none_or(|name| name.is_empty())
    }
}

/// Id, name and kind of a call.
#[derive(Debug, Clone)]
pub(in crate::openai::responses) struct CallHead {
    pub(in crate::openai::responses) id: Str,
    pub(in crate::openai::responses) name: Str,
    pub(in crate::openai::responses) custom: bool,
}

/// The arguments of a call, or its free text. Some servers send an object.
pub(in crate::openai::responses) fn arguments(item: Value<'_>) -> Option<Str> {
    let value = item.field("arguments").or_else(|| item.field("input"))?;
    Some(value.text().unwrap_or_else(|| value.raw().to_text()))
}

/// Keeps the unknown fields of a message (`phase`) with its first text.
pub(in crate::openai::responses) fn message_rest(item: Value<'_>, text: &mut Text) {
    let known = ["type", "id", "status", "role", "content"];
    wire::keep_unknown(&mut text.extensions, item, "message", &known);
}

/// An item that only Responses' own clients understand.
pub(in crate::openai::responses) fn whole(kind: Str, item: Value<'_>) -> Part {
    Part::Server(ServerBlock {
        dialect: Dialect::Responses,
        kind,
        raw: item.raw(),
    })
}
