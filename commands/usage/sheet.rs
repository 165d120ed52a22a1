//! Sums as CSV (RFC 4180).

use modelgate_management::{UsageGroup, UsageSummary};

use crate::inert::inert;

const NAMES: &str = "name,of,requests,failed,aborted,uncounted,unpriced,estimated,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,reasoning_tokens,tokens,cost_nanodollars,latency_ms,first_byte_ms,first_bytes,bytes_in,bytes_out";

/// The groups below their headings.
pub(crate) fn csv(summary: &UsageSummary) -> String {
    let mut text = format!("{NAMES}\r\n");
    for group in &summary.groups {
        text.push_str(&line(group));
    }
    text
}

fn line(group: &UsageGroup) -> String {
    let t = &group.totals;
    let numbers = [
        t.requests,
        t.failed,
        t.aborted,
        t.uncounted,
        t.unpriced,
        t.estimated,
        t.input,
        t.cache_read,
        t.cache_write,
        t.output,
        t.reasoning,
        t.tokens,
        t.cost_nanodollars,
        t.latency_ms,
        t.first_byte_ms,
        t.first_bytes,
        t.bytes_in,
        t.bytes_out,
    ];
    let names = [&group.name, &group.of].map(|name| cell(name.as_deref().unwrap_or_default()));
    let numbers = numbers.map(|number| number.to_string());
    format!("{},{}\r\n", names.join(","), numbers.join(","))
}

/// A cell that no spreadsheet takes for a formula, and no terminal for a command.
fn cell(text: &str) -> String {
    let text = inert(text);
    let formula = text.starts_with(['=', '+', '-', '@']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.into_owned()
    };
    if text.contains(['"', ',']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_as_many_cells_as_the_head() {
        let group = UsageGroup {
            name: Some("m".to_owned()),
            of: None,
            totals: Default::default(),
        };
        let commas = |text: &str| text.matches(',').count();
        assert_eq!(commas(&line(&group)), commas(NAMES));
    }

    #[test]
    fn names_are_no_formulas_and_break_no_line() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("@a", "'@a"),
            ("a,b", "\"a,b\""),
            ("-\"\n", r#""'-""\n""#),
            ("\r=\u{1b}[2J", r"\r=\u{1b}[2J"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
