//! Token counts: Gemini's prompt includes the cache, its candidates exclude thoughts (`dialects.md` 2.7).

use super::{count, field, fields};
use crate::Dialect;
use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};

/// The counts that are written from their typed places.
const COUNTS: [&str; 6] = [
    "promptTokenCount",
    "cachedContentTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
    "totalTokenCount",
];

/// Reads `usageMetadata`; what is absent stays absent. The results of the provider's own tools are input too.
pub(crate) fn read(usage: Value<'_>) -> Usage {
    let counts = fields(usage, COUNTS).map(|value| value.and_then(count));
    let [prompt, cached, candidates, thoughts, tools, total] = counts;
    // Some servers count the answer in the total only.
    let others = [prompt, tools, thoughts].into_iter().flatten();
    let others = others.fold(0u64, u64::saturating_add);
    let rest = total.map(|total| total.saturating_sub(others));
    let output = match (candidates, rest) {
        (Some(candidates), Some(rest)) if prompt.is_some() => Some(candidates.max(rest)),
        (Some(candidates), _) => Some(candidates),
        (None, rest) => rest.filter(|_| prompt.is_some()),
    };
    let input = prompt.map(|prompt| {
        let uncached = prompt.saturating_sub(cached.unwrap_or(0));
        uncached.saturating_add(tools.unwrap_or(0))
    });
    Usage {
        input: input.or(tools),
        cache_read: cached,
        output,
        reasoning: thoughts,
        own: usage.is_object().then(|| (Dialect::Gemini, usage.raw())),
        ..Usage::default()
    }
}

/// Writes the fields of `usageMetadata`. Counts that only Gemini has are taken from its own object.
pub(crate) fn write(writer: &mut Writer<'_>, usage: &Usage) {
    let own = usage.own(Dialect::Gemini).map(RawJson::document);
    let own = own.as_ref().map(|own| own.root());
    let tools = own
        .and_then(|own| field(own, "toolUsePromptTokenCount"))
        .and_then(count);
    let input = usage.total_input();
    let prompt = input.map(|input| input.saturating_sub(tools.unwrap_or(0)));
    writer.field_opt("promptTokenCount", prompt.as_ref());
    writer.field_opt("cachedContentTokenCount", usage.cache_read.as_ref());
    writer.field_opt("candidatesTokenCount", usage.output.as_ref());
    writer.field_opt("thoughtsTokenCount", usage.reasoning.as_ref());
    writer.field_opt("toolUsePromptTokenCount", tools.as_ref());
    let output = usage.total_output().unwrap_or(0);
    let total = input.unwrap_or(0).saturating_add(output);
    writer.field("totalTokenCount", &total);
    for (key, value) in own.into_iter().flat_map(Value::entries) {
        if !COUNTS.contains(&&*super::camel(&key)) && !value.is_null() {
            writer.foreign_key(&key);
            value.write_compact(writer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Str;

    #[track_caller]
    fn check(json: &'static str, expected: [Option<u64>; 4]) {
        let raw = RawJson::parse(Str::from_static(json)).expect("JSON");
        let usage = read(raw.document().root());
        let found = [usage.input, usage.cache_read, usage.output, usage.reasoning];
        assert_eq!(found, expected, "{json}");
    }

    #[test]
    fn counts_are_made_disjoint() {
        check(
            r#"{"promptTokenCount":100,"cachedContentTokenCount":30,"candidatesTokenCount":50,"thoughtsTokenCount":20,"totalTokenCount":170}"#,
            [Some(70), Some(30), Some(50), Some(20)],
        );
        check(
            r#"{"promptTokenCount":"100","toolUsePromptTokenCount":7,"candidatesTokenCount":5,"totalTokenCount":112}"#,
            [Some(107), None, Some(5), None],
        );
        check(
            r#"{"prompt_token_count":10,"total_token_count":25}"#,
            [Some(10), None, Some(15), None],
        );
        check(
            r#"{"promptTokenCount":10,"thoughtsTokenCount":5,"totalTokenCount":15}"#,
            [Some(10), None, Some(0), Some(5)],
        );
        check(
            r#"{"promptTokenCount":10,"cachedContentTokenCount":30}"#,
            [Some(0), Some(30), None, None],
        );
        check("{}", [None; 4]);
    }
}
