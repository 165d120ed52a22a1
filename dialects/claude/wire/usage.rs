//! Token counts: Claude's input excludes the cache, its output includes thinking (`dialects.md` 2.7).

use crate::Dialect;
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
    let [input, created, read, by, output, details] = usage.fields(COUNTS);
    let count = |value: Option<Value<'_>>| value?.as_u64();
    let keys = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"];
    let [written_5m, written_1h] = by.map_or([None; 2], |by| by.fields(keys).map(count));
    let by_lifetime = match (written_5m, written_1h) {
        (None, None) => None,
        (short, long) => Some(short.unwrap_or(0).saturating_add(long.unwrap_or(0))),
    };
    let reasoning = count(details.and_then(|details| details.field("thinking_tokens")));
    Usage {
        input: count(input),
        cache_read: count(read),
        cache_write: count(created).or(by_lifetime),
        cache_write_5m: written_5m,
        cache_write_1h: written_1h,
        output: count(output).map(|all| all.saturating_sub(reasoning.unwrap_or(0))),
        reasoning,
        estimated: false,
        own: usage.is_object().then(|| (Dialect::Claude, usage.raw())),
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
    if let Some(own) = usage.own(Dialect::Claude) {
        write_details(writer, own);
    }
}

/// What only Claude counts (server tool requests, tier, speed).
fn write_details(writer: &mut Writer<'_>, own: &RawJson) {
    for (key, value) in own.document().root().rest(&COUNTS) {
        if !value.is_null() {
            writer.foreign_key(&key);
            value.write_compact(writer);
        }
    }
}
