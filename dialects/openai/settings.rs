//! Settings that more than one of OpenAI's dialects has under one name and one rule.

use super::scope::Scope;
use crate::Dialect;
use crate::effort::effort_of_budget;
use crate::error::DecodeError;
use crate::ids;
use crate::ir::{OutputFormat, ReasoningMode, Request, Sampling, Setting};
use crate::json::{RawJson, Str, Value, Writer};
use crate::openai::chat::wire;
use crate::target::Thinking;

/// Reads a field about who asks and what is kept; false for any other field.
pub(crate) fn read_identity(
    request: &mut Request,
    key: &str,
    value: Value<'_>,
) -> Result<bool, DecodeError> {
    let identity = &mut request.identity;
    match key {
        "user" => identity.user = Some(wire::text(value, key)?),
        "safety_identifier" => identity.safety_identifier = Some(wire::text(value, key)?),
        "metadata" => identity.metadata = Some(value.raw()),
        "service_tier" => identity.service_tier = Some(wire::text(value, key)?),
        "store" => request.state.store = Some(wire::boolean(value, key)?),
        "prompt_cache_key" => request.caching.key = Some(wire::text(value, key)?),
        "prompt_cache_options" => request.caching.options = Some(value.raw()),
        "prompt_cache_retention" => request.caching.retention = Some(wire::text(value, key)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Reads a sampling setting that Chat and legacy completions have alike; false for any other field.
pub(crate) fn read_sampling(
    sampling: &mut Sampling,
    key: &str,
    value: Value<'_>,
) -> Result<bool, DecodeError> {
    match key {
        "temperature" => sampling.temperature = Some(wire::number(value, key)?),
        "top_p" => sampling.top_p = Some(wire::number(value, key)?),
        "top_k" => match value.as_u64() {
            Some(top_k) => sampling.top_k = Some(top_k),
            // vLLM writes -1 for "no shortlist".
            None => return Ok(false),
        },
        "frequency_penalty" => sampling.frequency_penalty = Some(wire::number(value, key)?),
        "presence_penalty" => sampling.presence_penalty = Some(wire::number(value, key)?),
        "logit_bias" => sampling.logit_bias = Some(value.raw()),
        "seed" => sampling.seed = Some(value.raw()),
        "n" => sampling.n = Some(wire::count(value, key)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// The parts of a JSON schema as the form of an answer; `holder` has its `schema`.
pub(crate) fn read_schema(holder: Value<'_>, schema: Value<'_>) -> OutputFormat {
    OutputFormat::JsonSchema {
        name: holder.text_of("name"),
        description: holder.text_of("description"),
        schema: schema.raw(),
        strict: holder.field("strict").and_then(Value::as_bool),
    }
}

/// Writes them.
pub(crate) fn write_schema(
    writer: &mut Writer<'_>,
    name: Option<&Str>,
    description: Option<&Str>,
    schema: &RawJson,
    strict: Option<bool>,
) {
    writer.field("name", name.map_or("response", |name| &**name));
    writer.field_opt("description", description);
    writer.field("schema", schema);
    writer.field_opt("strict", strict.as_ref());
}

/// Writes `temperature` and `top_p`, as far as the model takes them.
pub(crate) fn write_sampling_pair(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let sampling = &scope.request.sampling;
    let profile = &scope.target.model_profile;
    let fields = [
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
    ];
    for (key, value) in fields {
        let Some(value) = value else { continue };
        if !profile.sampling {
            let why = "the model takes no sampling settings";
            scope.losses.dropped(key, why);
        } else if key == "top_p" && sampling.temperature.is_some() && !profile.sampling_pair {
            let why = "the model takes no top_p beside a temperature";
            scope.losses.dropped(key, why);
        } else {
            writer.field(key, &value);
        }
    }
}

/// What a model without structured output is told instead.
pub(crate) fn schema_hint(scope: &mut Scope<'_>) -> Option<String> {
    let Some(OutputFormat::JsonSchema { schema, .. }) = &scope.request.output.format else {
        return None;
    };
    if scope.target.model_profile.json_schema {
        return None;
    }
    let path = scope.request.setting_path(Setting::Format);
    let why = "the model takes no schema; it is asked in words to follow it";
    scope.losses.changed(path, why);
    Some(format!(
        "Answer with one JSON object that follows this JSON schema:\n{}",
        schema.as_str()
    ))
}

/// The wish as an effort, level to level where there is one, else by the wide table of `dialects.md` 2.4.
pub(crate) fn effort<'a>(scope: &mut Scope<'a>) -> Option<&'a str> {
    let wish = &scope.request.reasoning;
    let level = wish.effort.as_deref();
    let by_budget = || wish.budget.map(effort_of_budget);
    let effort = match &wish.mode {
        Some(ReasoningMode::Off) => "none",
        Some(ReasoningMode::On) => level.or_else(by_budget).unwrap_or("medium"),
        // Claude's own default.
        Some(ReasoningMode::Adaptive) => level.unwrap_or("high"),
        Some(ReasoningMode::Other(word)) => {
            let why = format!("{} has no thinking of type `{word}`", scope.side.name);
            scope.losses.dropped("thinking.type", why);
            level?
        }
        None => level.or_else(by_budget)?,
    };
    Some(effort)
}

/// The effort, or the highest the model has. Where its levels are not known, a client of OpenAI's is believed, and for others
/// `high` is what every thinking model has.
pub(crate) fn highest(thinking: Thinking, native: bool, effort: &str) -> &str {
    let (xhigh, max) = match thinking {
        Thinking::Levels { xhigh, max } => (xhigh, max),
        Thinking::None | Thinking::Budget { .. } | Thinking::Both { .. } => (native, native),
    };
    match effort {
        "max" if max => "max",
        "max" | "xhigh" if xhigh => "xhigh",
        "max" | "xhigh" => "high",
        other => other,
    }
}

/// Writes the keys of OpenAI's prompt cache.
pub(crate) fn write_caching(request: &Request, writer: &mut Writer<'_>) {
    let caching = &request.caching;
    writer.field_opt("prompt_cache_key", caching.key.as_ref());
    writer.field_opt("prompt_cache_options", caching.options.as_ref());
    writer.field_opt("prompt_cache_retention", caching.retention.as_ref());
}

/// Writes who asks, and how fast the answer is wanted.
pub(crate) fn write_identity(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let identity = &request.identity;
    let openai = request.dialect != Dialect::Claude;
    let upstream = scope.side.upstream;
    let user = match &identity.user {
        Some(user) if !scope.native => Some(ids::end_user(user)),
        user => user.clone(),
    };
    if user != identity.user {
        let path = if openai { "user" } else { "metadata.user_id" };
        let why = format!("{upstream} takes short names only: told as a hash");
        scope.losses.quietly_changed(path, why);
    }
    writer.field_opt("user", user.as_ref());
    writer.field_opt("safety_identifier", identity.safety_identifier.as_ref());
    match &identity.metadata {
        Some(metadata) if openai => writer.field("metadata", metadata),
        Some(metadata) => {
            for (key, _) in metadata.document().root().entries() {
                let path = format!("metadata.{key}");
                let why = format!("{upstream}'s metadata is for stored answers");
                scope.losses.dropped(path, why);
            }
        }
        None => {}
    }
    match (identity.service_tier.as_deref(), identity.speed.as_deref()) {
        (Some(tier), _) if openai => writer.field("service_tier", tier),
        (_, Some("fast")) => writer.field("service_tier", "priority"),
        (Some(tier), _) if tier != "auto" => {
            let why = format!("what {upstream} does without being told");
            scope.losses.quietly_dropped("service_tier", why);
        }
        _ => {}
    }
}
