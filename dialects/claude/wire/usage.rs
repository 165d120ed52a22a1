//! Token counts: Claude's input excludes the cache, its output includes thinking (`dialects.md` 2.7).

use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};

/// The counts that are written from their typed places.
const COUNTS: [&str; 6] = [
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation",
    "output_tokens",
    "output_tokens_details",
];

/// Reads `usage`; what is absent stays absent.
pub(crate) fn read(usage: Value<'_>) -> Usage {
    let count = |object: Value<'_>, key: &str| object.field(key).and_then(Value::as_u64);
    let created = |key| usage.field("cache_creation").and_then(|by| count(by, key));
    let written_5m = created("ephemeral_5m_input_tokens");
    let written_1h = created("ephemeral_1h_input_tokens");
    let by_lifetime = match (written_5m, written_1h) {
        (None, None) => None,
        (short, long) => Some(short.unwrap_or(0).saturating_add(long.unwrap_or(0))),
    };
    let reasoning = usage
        .field("output_tokens_details")
        .and_then(|details| count(details, "thinking_tokens"));
    Usage {
        input: count(usage, "input_tokens"),
        cache_read: count(usage, "cache_read_input_tokens"),
        cache_write: count(usage, "cache_creation_input_tokens").or(by_lifetime),
        cache_write_5m: written_5m,
        cache_write_1h: written_1h,
        output: count(usage, "output_tokens").map(|all| all.saturating_sub(reasoning.unwrap_or(0))),
        reasoning,
        estimated: false,
        raw: usage.is_object().then(|| usage.raw()),
    }
}

/// `earlier` with every field that `later` has: what `message_delta` leaves out keeps its value from `message_start`.
pub(crate) fn join(earlier: &RawJson, later: Value<'_>) -> RawJson {
    let earlier = earlier.document();
    RawJson::build(|writer| {
        writer.object(|writer| {
            for (key, value) in earlier.root().entries() {
                if later.field(&key).is_none() {
                    writer.foreign_field(&key, &value.raw());
                }
            }
            for (key, value) in later.entries() {
                if !value.is_null() || earlier.root().get(&key).is_none() {
                    writer.foreign_field(&key, &value.raw());
                }
            }
        });
    })
}

/// Writes the fields of `usage`. A Claude client reads numbers: what is unknown is 0.
pub(crate) fn write(writer: &mut Writer<'_>, usage: &Usage) {
    let known = |count: Option<u64>| count.unwrap_or(0);
    writer.field("input_tokens", &known(usage.input));
    writer.field("cache_creation_input_tokens", &known(usage.cache_write));
    writer.field("cache_read_input_tokens", &known(usage.cache_read));
    if usage.cache_write_5m.is_some() || usage.cache_write_1h.is_some() {
        writer.object_field("cache_creation", |writer| {
            writer.field("ephemeral_5m_input_tokens", &known(usage.cache_write_5m));
            writer.field("ephemeral_1h_input_tokens", &known(usage.cache_write_1h));
        });
    }
    writer.field("output_tokens", &known(usage.total_output()));
    if let Some(thinking) = usage.reasoning {
        writer.object_field("output_tokens_details", |writer| {
            writer.field("thinking_tokens", &thinking);
        });
    }
    if let Some(raw) = &usage.raw {
        write_details(writer, raw);
    }
}

/// What only Claude counts (server tool requests, tier, speed). OpenAI's and Google's objects have totals, Claude's never.
fn write_details(writer: &mut Writer<'_>, raw: &RawJson) {
    let document = raw.document();
    let root = document.root();
    let foreign = [
        "total_tokens",
        "prompt_tokens",
        "completion_tokens",
        "totalTokenCount",
        "promptTokenCount",
        "total_token_count",
        "prompt_token_count",
    ];
    if foreign.iter().any(|key| root.get(key).is_some()) {
        return;
    }
    for (key, value) in root.entries() {
        if !COUNTS.contains(&&*key) && !value.is_null() {
            writer.foreign_key(&key);
            value.write_compact(writer);
        }
    }
}
