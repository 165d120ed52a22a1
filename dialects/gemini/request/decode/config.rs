//! `generationConfig`.

use crate::Dialect;
use crate::claude::wire::path::At;
use crate::error::DecodeError;
use crate::gemini::schema;
use crate::gemini::wire::{camel, count, word};
use crate::ir::{OutputFormat, ReasoningMode, Request};
use crate::json::{RawJson, Str, Value};

/// Begins the key of an unknown field of `generationConfig` among those of the request.
pub(in crate::gemini) const PREFIX: &str = "generationConfig.";

/// Reads the settings of an answer.
pub(super) fn config(value: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let at = At::key("generationConfig");
    if !value.is_object() {
        return Err(DecodeError::shape(at, "expected an object"));
    }
    let mut format = Format::default();
    for (key, value) in value.entries() {
        let key = camel(&key);
        if value.is_null() || sampling(request, &key, value, &at)? || format.take(&key, value) {
            continue;
        }
        match &*key {
            "thinkingConfig" => thinking(value, request, &at.field("thinkingConfig"))?,
            "responseModalities" => request.output.modalities = Some(modalities(value)),
            key => {
                let key = format!("{PREFIX}{key}");
                request.extensions.push(Dialect::Gemini, &key, value.raw());
            }
        }
    }
    format.finish(request);
    Ok(())
}

fn sampling(
    request: &mut Request,
    key: &str,
    value: Value<'_>,
    at: &At<'_>,
) -> Result<bool, DecodeError> {
    let sampling = &mut request.sampling;
    let whole = || count(value).ok_or_else(|| wrong(at, key, "a whole number"));
    let number = || value.as_f64().ok_or_else(|| wrong(at, key, "a number"));
    match key {
        "temperature" => sampling.temperature = Some(number()?),
        "topP" => sampling.top_p = Some(number()?),
        "topK" => sampling.top_k = Some(whole()?),
        "frequencyPenalty" => sampling.frequency_penalty = Some(number()?),
        "presencePenalty" => sampling.presence_penalty = Some(number()?),
        "seed" => sampling.seed = Some(value.raw()),
        "candidateCount" => sampling.n = Some(whole()?),
        "responseLogprobs" => {
            let wanted = value.as_bool();
            sampling.logprobs = Some(wanted.ok_or_else(|| wrong(at, key, "true or false"))?);
        }
        "logprobs" => sampling.top_logprobs = Some(whole()?),
        "maxOutputTokens" => request.limits.max_output = Some(whole()?),
        "stopSequences" => {
            let single = value.text();
            let texts = value.items().map(Value::text);
            let stop: Option<Vec<Str>> = single.map(Some).into_iter().chain(texts).collect();
            request.limits.stop = stop.ok_or_else(|| wrong(at, key, "a list of strings"))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn wrong(at: &At<'_>, key: &str, what: &str) -> DecodeError {
    DecodeError::shape(at.field(key), format_args!("expected {what}"))
}

/// In the words of the other dialects: `["text","image"]`.
fn modalities(value: Value<'_>) -> RawJson {
    let words = value.items().filter_map(Value::as_str);
    RawJson::build(|writer| {
        writer.array(|writer| {
            words.for_each(|word| writer.value(&word.to_ascii_lowercase()));
        });
    })
}

/// How to think: −1 is as much as the model sees fit, 0 not at all.
fn thinking(value: Value<'_>, request: &mut Request, at: &At<'_>) -> Result<(), DecodeError> {
    let wish = &mut request.reasoning;
    for (key, value) in value.entries() {
        if value.is_null() {
            continue;
        }
        match &*camel(&key) {
            "includeThoughts" => {
                let shown = value
                    .as_bool()
                    .ok_or_else(|| wrong(at, &key, "true or false"))?;
                let word = if shown { "summarized" } else { "omitted" };
                wish.display = Some(Str::from_static(word));
            }
            "thinkingBudget" => {
                let text = value.as_str().and_then(|text| text.trim().parse().ok());
                let budget = value.as_i64().or(text);
                let budget = budget.ok_or_else(|| wrong(at, &key, "a whole number"))?;
                wish.mode = Some(match budget {
                    0 => ReasoningMode::Off,
                    1.. => ReasoningMode::On,
                    _ => ReasoningMode::Adaptive,
                });
                wish.budget = u64::try_from(budget).ok().filter(|budget| *budget > 0);
            }
            "thinkingLevel" => {
                let level = word(value).ok_or_else(|| wrong(at, &key, "a string"))?;
                if level != "THINKING_LEVEL_UNSPECIFIED" {
                    wish.effort = Some(Str::from(level.to_ascii_lowercase()));
                }
            }
            key => wish.extensions.push(Dialect::Gemini, key, value.raw()),
        }
    }
    Ok(())
}

/// The fields that say the form of the answer together.
#[derive(Default)]
struct Format<'d> {
    mime: Option<Value<'d>>,
    schema: Option<Value<'d>>,
    json_schema: Option<Value<'d>>,
}

impl<'d> Format<'d> {
    fn take(&mut self, key: &str, value: Value<'d>) -> bool {
        let place = match key {
            "responseMimeType" => &mut self.mime,
            "responseSchema" => &mut self.schema,
            "responseJsonSchema" | "_responseJsonSchema" => &mut self.json_schema,
            _ => return false,
        };
        *place = Some(value);
        true
    }

    /// A schema in Google's own form is kept as it is beside the JSON Schema it amounts to.
    fn finish(self, request: &mut Request) {
        let mime = self.mime.and_then(Value::text).unwrap_or_default();
        let schema = match (self.json_schema, self.schema) {
            (Some(schema), _) => Some(schema.raw()),
            (None, Some(schema)) => {
                let key = format!("{PREFIX}responseSchema");
                let own = schema.raw();
                let json = schema::to_json_schema(&own);
                request.extensions.push_spelling(Dialect::Gemini, &key, own);
                Some(json)
            }
            (None, None) => None,
        };
        request.output.format = match (&*mime, schema) {
            ("", None) => None,
            ("text/plain", None) => Some(OutputFormat::Text),
            ("application/json", None) => Some(OutputFormat::JsonObject),
            ("application/json" | "", Some(schema)) => Some(OutputFormat::JsonSchema {
                name: None,
                description: None,
                schema,
                strict: None,
            }),
            _ => Some(OutputFormat::Raw(Dialect::Gemini, self.raw())),
        };
    }

    /// The fields as they came, for forms that only Gemini has (`text/x.enum`).
    fn raw(&self) -> RawJson {
        let fields = [
            ("responseMimeType", self.mime),
            ("responseSchema", self.schema),
            ("responseJsonSchema", self.json_schema),
        ];
        RawJson::build(|writer| {
            writer.object(|writer| {
                for (key, value) in fields {
                    writer.field_opt(key, value.map(Value::raw).as_ref());
                }
            });
        })
    }
}
