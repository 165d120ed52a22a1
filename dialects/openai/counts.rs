//! Token counts under the names of Chat and of Responses: the whole input includes the cache, the whole output includes
//! thinking (`dialects.md` 2.7).

use crate::Dialect;
use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};

/// What a dialect calls its counts.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) input: &'static str,
    pub(crate) output: &'static str,
    pub(crate) input_details: &'static str,
    pub(crate) output_details: &'static str,
    /// Writes a raw value.
    pub(crate) write: fn(&mut Writer<'_>, &RawJson),
}

/// The sum of both.
pub(crate) const TOTAL: &str = "total_tokens";

/// Counts as they stand in a `usage`: the whole input and the whole output, and what is known of their parts.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) input: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) cache_read: Option<u64>,
    cache_write: Option<u64>,
    reasoning: Option<u64>,
}

impl Counts {
    /// The same without overlap. `usage` is what they were read from.
    pub(crate) fn split(self, dialect: Dialect, usage: Value<'_>) -> Usage {
        let parts = [self.cache_read, self.cache_write].map(Option::unwrap_or_default);
        let cached = parts[0].saturating_add(parts[1]);
        let thought = self.reasoning.unwrap_or(0);
        Usage {
            input: self.input.map(|input| input.saturating_sub(cached)),
            output: self.output.map(|output| output.saturating_sub(thought)),
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            reasoning: self.reasoning,
            own: usage.is_object().then(|| (dialect, usage.raw())),
            ..Usage::default()
        }
    }
}

impl Names {
    /// Reads `usage`; what is absent stays absent.
    pub(crate) fn read(&self, usage: Value<'_>) -> Counts {
        let keys = [
            self.input,
            self.output,
            self.input_details,
            self.output_details,
        ];
        let [input, output, of_input, of_output] = usage.fields(keys);
        let keys = ["cached_tokens", "cache_write_tokens"];
        let [cache_read, cache_write] = of_input.map_or([None; 2], |details| details.fields(keys));
        let reasoning = of_output.and_then(|details| details.field("reasoning_tokens"));
        let number = |value: Option<Value<'_>>| value?.as_u64();
        Counts {
            input: number(input),
            output: number(output),
            cache_read: number(cache_read),
            cache_write: number(cache_write),
            reasoning: number(reasoning),
        }
    }

    /// Writes an object of details: the known `counts`, then what the dialect's own `usage` has beside them. Where nothing
    /// is known it is left out, unless it is `wanted`.
    pub(crate) fn write_details(
        &self,
        writer: &mut Writer<'_>,
        key: &'static str,
        counts: &[(&'static str, Option<u64>)],
        own: Option<Value<'_>>,
        wanted: bool,
    ) {
        let own = own.and_then(|own| own.field(key));
        let unknown = own.is_none() && counts.iter().all(|(_, count)| count.is_none());
        if unknown && !wanted {
            return;
        }
        writer.object_field(key, |writer| {
            for (key, count) in counts {
                writer.field_opt(key, count.as_ref());
            }
            let known = |key: &str| counts.iter().any(|(name, _)| *name == key);
            self.write_others(writer, own, known);
        });
    }

    /// Writes the counts that only the dialect has, from its own `usage`.
    pub(crate) fn write_rest(&self, writer: &mut Writer<'_>, own: Option<Value<'_>>) {
        let known = [
            self.input,
            self.output,
            TOTAL,
            self.input_details,
            self.output_details,
        ];
        self.write_others(writer, own, |key| known.contains(&key));
    }

    fn write_others(
        &self,
        writer: &mut Writer<'_>,
        own: Option<Value<'_>>,
        known: impl Fn(&str) -> bool,
    ) {
        for (key, value) in own.into_iter().flat_map(Value::entries) {
            if !known(&key) {
                writer.foreign_key(&key);
                (self.write)(writer, &value.raw());
            }
        }
    }
}
