//! Token counts: Chat's prompt includes the cache, its completion includes thinking (`dialects.md` 2.7).

use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};

/// The counts that are written from their typed places.
const COUNTS: [&str; 5] = [
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
];

/// Reads `usage`; what is absent stays absent.
pub(crate) fn read(usage: Value<'_>) -> Usage {
    let count = |object: Option<Value<'_>>, key: &str| object?.field(key)?.as_u64();
    let whole = Some(usage);
    let prompt_details = usage.field("prompt_tokens_details");
    let completion_details = usage.field("completion_tokens_details");
    let cache_read = count(prompt_details, "cached_tokens")
        // DeepSeek and Kimi have it one level up.
        .or_else(|| count(whole, "prompt_cache_hit_tokens"))
        .or_else(|| count(whole, "cached_tokens"));
    let cache_write = count(prompt_details, "cache_write_tokens");
    let reasoning = count(completion_details, "reasoning_tokens");
    let prompt = count(whole, "prompt_tokens");
    let cached = cache_read
        .unwrap_or(0)
        .saturating_add(cache_write.unwrap_or(0));
    let total = count(whole, "total_tokens");
    let completion = count(whole, "completion_tokens").map(|completion| {
        // Some servers leave thinking out of the completion, but not out of the total.
        let rest = total.map(|total| total.saturating_sub(prompt.unwrap_or(total)));
        completion.max(rest.unwrap_or(0))
    });
    Usage {
        input: prompt.map(|prompt| prompt.saturating_sub(cached)),
        cache_read,
        cache_write,
        cache_write_5m: None,
        cache_write_1h: None,
        output: completion.map(|all| all.saturating_sub(reasoning.unwrap_or(0))),
        reasoning,
        raw: usage.is_object().then(|| usage.raw()),
    }
}

/// Writes `usage`. Counts that only Chat has are taken from its own object.
pub(crate) fn write(writer: &mut Writer<'_>, usage: &Usage) {
    let raw = usage.raw.as_ref().map(RawJson::document);
    let own = raw
        .as_ref()
        .map(|raw| raw.root())
        .filter(|raw| raw.field("prompt_tokens").is_some());
    let (prompt, completion) = (
        usage.total_input().unwrap_or(0),
        usage.total_output().unwrap_or(0),
    );
    writer.object_field("usage", |writer| {
        writer.field("prompt_tokens", &prompt);
        writer.field("completion_tokens", &completion);
        writer.field("total_tokens", &prompt.saturating_add(completion));
        let counts = [
            ("cached_tokens", usage.cache_read),
            ("cache_write_tokens", usage.cache_write),
        ];
        details(writer, "prompt_tokens_details", &counts, own);
        let counts = [("reasoning_tokens", usage.reasoning)];
        details(writer, "completion_tokens_details", &counts, own);
        for (key, value) in own.into_iter().flat_map(Value::entries) {
            if !COUNTS.contains(&&*key) {
                writer.field(&key, &value.raw());
            }
        }
    });
}

fn details(
    writer: &mut Writer<'_>,
    key: &str,
    counts: &[(&str, Option<u64>)],
    own: Option<Value<'_>>,
) {
    let own = own.and_then(|own| own.field(key));
    if own.is_none() && counts.iter().all(|(_, count)| count.is_none()) {
        return;
    }
    writer.object_field(key, |writer| {
        for (key, count) in counts {
            writer.field_opt(key, count.as_ref());
        }
        for (key, value) in own.into_iter().flat_map(Value::entries) {
            let known = counts.iter().any(|(name, _)| *name == key);
            if !known {
                writer.field(&key, &value.raw());
            }
        }
    });
}
