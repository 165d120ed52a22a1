//! Token counts: the input includes the cache, the output includes thinking (`dialects.md` 2.7).

use crate::Dialect;
use crate::ir::Usage;
use crate::json::{RawJson, Value, Writer};
use crate::openai::counts::{Names, TOTAL};
use crate::openai::responses::wire::write_line;

const NAMES: Names = Names {
    input: "input_tokens",
    output: "output_tokens",
    input_details: "input_tokens_details",
    output_details: "output_tokens_details",
    write: write_line,
};

/// Reads `usage`; what is absent stays absent.
pub(crate) fn read(usage: Value<'_>) -> Usage {
    NAMES.read(usage).split(Dialect::Responses, usage)
}

/// Writes `usage`. Strict clients want both objects of details, whatever is known. Counts that only Responses has are
/// taken from its own object.
pub(crate) fn write(writer: &mut Writer<'_>, usage: &Usage) {
    let own = usage.own(Dialect::Responses).map(RawJson::document);
    let own = own.as_ref().map(|own| own.root());
    let input = usage.total_input().unwrap_or(0);
    let output = usage.total_output().unwrap_or(0);
    writer.object_field("usage", |writer| {
        writer.field(NAMES.input, &input);
        let counts = [
            ("cached_tokens", Some(usage.cache_read.unwrap_or(0))),
            ("cache_write_tokens", usage.cache_write),
        ];
        NAMES.write_details(writer, NAMES.input_details, &counts, own, true);
        writer.field(NAMES.output, &output);
        let counts = [("reasoning_tokens", Some(usage.reasoning.unwrap_or(0)))];
        NAMES.write_details(writer, NAMES.output_details, &counts, own, true);
        writer.field(TOTAL, &input.saturating_add(output));
        NAMES.write_rest(writer, own);
    });
}
