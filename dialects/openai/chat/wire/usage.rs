//! Token counts: Chat's prompt includes the cache, its completion includes thinking (`dialects.md` 2.7).

use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};
use crate::openai::counts::{Names, TOTAL, count};

const NAMES: Names = Names {
    input: "prompt_tokens",
    output: "completion_tokens",
    input_details: "prompt_tokens_details",
    output_details: "completion_tokens_details",
    write: |writer, raw| writer.value(raw),
};

/// Reads `usage`; what is absent stays absent.
pub(crate) fn read(usage: Value<'_>) -> Usage {
    let whole = Some(usage);
    let mut read = NAMES.read(usage);
    // DeepSeek and Kimi have it one level up.
    let above = ["prompt_cache_hit_tokens", "cached_tokens"];
    let above = || above.iter().find_map(|key| count(whole, key));
    read.cache_read = read.cache_read.or_else(above);
    let prompt = count(whole, NAMES.input);
    let total = count(whole, TOTAL);
    let completion = count(whole, NAMES.output).map(|completion| {
        // Some servers leave thinking out of the completion, but not out of the total.
        let rest = total.map(|total| total.saturating_sub(prompt.unwrap_or(total)));
        completion.max(rest.unwrap_or(0))
    });
    NAMES.split(&mut read, usage, completion);
    read
}

/// Writes `usage`. Counts that only Chat has are taken from its own object.
pub(crate) fn write(writer: &mut Writer<'_>, usage: &Usage) {
    let raw = usage.raw.as_ref().map(RawJson::document);
    let own = raw.as_ref().map(|raw| raw.root());
    let own = own.filter(|raw| raw.field(NAMES.input).is_some());
    let prompt = usage.total_input().unwrap_or(0);
    let completion = usage.total_output().unwrap_or(0);
    writer.object_field("usage", |writer| {
        writer.field(NAMES.input, &prompt);
        writer.field(NAMES.output, &completion);
        writer.field(TOTAL, &prompt.saturating_add(completion));
        let counts = [
            ("cached_tokens", usage.cache_read),
            ("cache_write_tokens", usage.cache_write),
        ];
        NAMES.write_details(writer, NAMES.input_details, &counts, own, false);
        let counts = [("reasoning_tokens", usage.reasoning)];
        NAMES.write_details(writer, NAMES.output_details, &counts, own, false);
        NAMES.write_rest(writer, own);
    });
}
