//! Token counts: the input includes the cache, the output includes thinking (`dialects.md` 2.7).

use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};
use crate::openai::responses::wire::write_line;

/// The counts that are written from their typed places.
const COUNTS: [&str; 5] = [
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "input_tokens_details",
    "output_tokens_details",
];

/// Reads `usage`; what is absent stays absent.
pub(crate) fn read(usage: Value<'_>) -> Usage {
    let count = |object: Option<Value<'_>>, key: &str| object?.field(key)?.as_u64();
    let whole = Some(usage);
    let input_details = usage.field("input_tokens_details");
    let output_details = usage.field("output_tokens_details");
    let cache_read = count(input_details, "cached_tokens");
    let cache_write = count(input_details, "cache_write_tokens");
    let reasoning = count(output_details, "reasoning_tokens");
    let cached = cache_read
        .unwrap_or(0)
        .saturating_add(cache_write.unwrap_or(0));
    Usage {
        input: count(whole, "input_tokens").map(|input| input.saturating_sub(cached)),
        cache_read,
        cache_write,
        cache_write_5m: None,
        cache_write_1h: None,
        output: count(whole, "output_tokens").map(|all| all.saturating_sub(reasoning.unwrap_or(0))),
        reasoning,
        raw: usage.is_object().then(|| usage.raw()),
    }
}

/// Writes `usage`. Strict clients want both objects of details, whatever is known. Counts that only Responses has are
/// taken from its own object.
pub(crate) fn write(writer: &mut Writer<'_>, usage: &Usage) {
    let raw = usage.raw.as_ref().map(RawJson::document);
    let own = raw
        .as_ref()
        .map(|raw| raw.root())
        .filter(|raw| raw.field("input_tokens").is_some() && raw.field("total_tokens").is_some());
    let (input, output) = (
        usage.total_input().unwrap_or(0),
        usage.total_output().unwrap_or(0),
    );
    writer.object_field("usage", |writer| {
        writer.field("input_tokens", &input);
        let counts = [
            ("cached_tokens", Some(usage.cache_read.unwrap_or(0))),
            ("cache_write_tokens", usage.cache_write),
        ];
        details(writer, "input_tokens_details", &counts, own);
        writer.field("output_tokens", &output);
        let counts = [("reasoning_tokens", Some(usage.reasoning.unwrap_or(0)))];
        details(writer, "output_tokens_details", &counts, own);
        writer.field("total_tokens", &input.saturating_add(output));
        for (key, value) in own.into_iter().flat_map(Value::entries) {
            if !COUNTS.contains(&&*key) {
                writer.key(&key);
                write_line(writer, &value.raw());
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
    writer.object_field(key, |writer| {
        for (key, count) in counts {
            writer.field_opt(key, count.as_ref());
        }
        for (key, value) in own.into_iter().flat_map(Value::entries) {
            let known = counts.iter().any(|(name, _)| *name == key);
            if !known {
                writer.key(&key);
                write_line(writer, &value.raw());
            }
        }
    });
}
