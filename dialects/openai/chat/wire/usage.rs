//! Token counts: Chat's prompt includes the cache, its completion includes thinking (`dialects.md` 2.7).

use crate::Dialect;
use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};
use crate::openai::counts::{Names, TOTAL};

const NAMES: Names = Names {
    input: "prompt_tokens",
    output: "completion_tokens",
    input_details: "prompt_tokens_details",
    output_details: "completion_tokens_details",
    write: |writer, raw| writer.value(raw),
};

/// Reads `usage`; what is absent stays absent.
pub(crate) fn read(usage: Value<'_>) -> Usage {
    let mut counts = NAMES.read(usage);
    // DeepSeek and Kimi have it one level up.
    let keys = [TOTAL, "prompt_cache_hit_tokens", "cached_tokens"];
    let [total, hit, cached] = usage.fields(keys).map(|value| value?.as_u64());
    counts.cache_read = counts.cache_read.or(hit).or(cached);
    // Some servers leave thinking out of the completion, but not out of the total.
    let rest = total.map(|total| total.saturating_sub(counts.input.unwrap_or(total)));
    counts.output = counts.output.map(|output| output.max(rest.unwrap_or(0)));
    counts.split(Dialect::Chat, usage)
}

/// Writes `usage`. Counts that only Chat has are taken from its own object.
pub(crate) fn write(writer: &mut Writer<'_>, usage: &Usage) {
    let own = usage.own(Dialect::Chat).map(RawJson::document);
    let own = own.as_ref().map(|own| own.root());
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
