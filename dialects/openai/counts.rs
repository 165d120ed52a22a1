//! Token counts under the names of Chat and of Responses: the whole input includes the cache, the whole output includes
//! thinking (`dialects.md` 2.7).

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

/// A count, in `usage` itself or in an object of it.
pub(crate) fn count(object: Option<Value<'_>>, key: &str) -> Option<u64> {
    object?.field(key)?.as_u64()
}

impl Names {
    /// Reads `usage`; what is absent stays absent.
    pub(crate) fn read(&self, usage: Value<'_>) -> Usage {
        let input_details = usage.field(self.input_details);
        let reasoning = count(usage.field(self.output_details), "reasoning_tokens");
        let mut read = Usage {
            cache_read: count(input_details, "cached_tokens"),
            cache_write: count(input_details, "cache_write_tokens"),
            reasoning,
            raw: usage.is_object().then(|| usage.raw()),
            ..Usage::default()
        };
        self.split(&mut read, usage, count(Some(usage), self.output));
        read
    }

    /// Splits the whole input, and the whole output `all`, by the counts that are known of their parts.
    pub(crate) fn split(&self, read: &mut Usage, usage: Value<'_>, all: Option<u64>) {
        let parts = [read.cache_read, read.cache_write].map(Option::unwrap_or_default);
        let cached = parts[0].saturating_add(parts[1]);
        let input = count(Some(usage), self.input);
        read.input = input.map(|input| input.saturating_sub(cached));
        let thought = read.reasoning.unwrap_or(0);
        read.output = all.map(|all| all.saturating_sub(thought));
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
