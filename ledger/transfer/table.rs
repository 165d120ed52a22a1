//! Rows as JSON lines and as CSV: the same columns under the same names.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::query::Range;
use crate::record::{Attempt, Row};
use crate::{Ledger, LedgerError, sqlite};

/// Rows that are read at once.
const AT_ONCE: usize = 1_000;

/// A cell of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell<'a> {
    Text(&'a str),
    Number(u64),
    Flag(bool),
    Absent,
}

impl Ledger {
    /// Writes the requests of a stretch of time, the oldest first, each as a line of JSON. What is not known is null. Costs
    /// are nanodollars, times milliseconds.
    ///
    /// # Errors
    /// When the ledger cannot be read or the output not written.
    pub fn write_lines(&self, range: &Range, out: &mut impl Write) -> Result<(), LedgerError> {
        self.each(range, |row| {
            serde_json::to_writer(&mut *out, &line(row))
                .map_err(|error| LedgerError::Io(error.into()))?;
            out.write_all(b"\n")?;
            Ok(())
        })
    }

    /// Writes the requests of a stretch of time, the oldest first, as CSV with a head (RFC 4180). What is not known is
    /// empty. A cell that a spreadsheet would take for a formula begins with an apostrophe. Attempts are only counted.
    ///
    /// # Errors
    /// When the ledger cannot be read or the output not written.
    pub fn write_csv(&self, range: &Range, out: &mut impl Write) -> Result<(), LedgerError> {
        write!(out, "{},attempts\r\n", NAMES.join(","))?;
        self.each(range, |row| {
            with_cells(row, |cells| {
                for cell in cells {
                    write!(out, "{},", csv(*cell))?;
                }
                write!(out, "{}\r\n", row.attempts.len())
            })?;
            Ok(())
        })
    }

    fn each(
        &self,
        range: &Range,
        mut each: impl FnMut(&Row) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let (mut from, to) = range.ids();
        loop {
            let rows = self.ask(|reader| reader.oldest((from, to), AT_ONCE))?;
            rows.iter().try_for_each(&mut each)?;
            match rows.last() {
                Some(last) if rows.len() == AT_ONCE => from = last.id.next(),
                _ => return Ok(()),
            }
        }
    }
}

const NAMES: [&str; 32] = [
    "time",
    "request_id",
    "key_id",
    "key_name",
    "credential",
    "provider",
    "requested_model",
    "served_model",
    "client_dialect",
    "upstream_dialect",
    "stream",
    "status",
    "outcome",
    "error",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "tool_use_tokens",
    "tokens_estimated",
    "latency_ms",
    "first_byte_ms",
    "upstream_ms",
    "cost_nanodollars",
    "cost_basis",
    "bytes_in",
    "bytes_out",
    "losses",
    "imported",
];

fn with_cells<T>(row: &Row, with: impl FnOnce(&[Cell<'_>; 32]) -> T) -> T {
    fn text(text: Option<&std::sync::Arc<str>>) -> Cell<'_> {
        text.map_or(Cell::Absent, |text| Cell::Text(text))
    }
    let number = |number: Option<u64>| number.map_or(Cell::Absent, Cell::Number);
    let millis = |time: Option<std::time::Duration>| number(time.map(|t| sqlite::millis(t).into()));
    let (time, id) = (row.time().to_string(), row.id.to_string());
    let key = row.key.as_ref();
    let tokens = &row.tokens;
    let status = (row.status != 0).then_some(row.status.into());
    with(&[
        Cell::Text(&time),
        Cell::Text(&id),
        text(key.map(|key| &key.id)),
        text(key.and_then(|key| key.name.as_ref())),
        text(row.credential.as_ref()),
        text(row.provider.as_ref()),
        text(row.requested_model.as_ref()),
        text(row.served_model.as_ref()),
        text(row.client_dialect.as_ref()),
        text(row.upstream_dialect.as_ref()),
        Cell::Flag(row.stream),
        number(status),
        Cell::Text(row.outcome.name()),
        text(row.error.as_ref()),
        number(tokens.input),
        number(tokens.cache_read),
        number(tokens.cache_write),
        number(tokens.cache_write_5m),
        number(tokens.cache_write_1h),
        number(tokens.output),
        number(tokens.reasoning),
        number(tokens.tool_use),
        Cell::Flag(tokens.estimated),
        millis(Some(row.latency)),
        millis(row.first_byte),
        millis(row.upstream),
        number(row.cost.nanodollars()),
        Cell::Text(row.cost.basis()),
        Cell::Number(row.bytes_in),
        Cell::Number(row.bytes_out),
        Cell::Number(row.losses.into()),
        Cell::Flag(row.imported.is_some()),
    ])
}

fn line(row: &Row) -> Value {
    let mut line: Map<String, Value> = with_cells(row, |cells| {
        let cells = NAMES.iter().zip(cells);
        let cells = cells.map(|(name, cell)| ((*name).to_owned(), value(*cell)));
        cells.collect()
    });
    let attempts = row.attempts.iter().map(attempt).collect();
    line.insert("attempts".to_owned(), Value::Array(attempts));
    Value::Object(line)
}

fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Text(text) => text.into(),
        Cell::Number(number) => number.into(),
        Cell::Flag(flag) => flag.into(),
        Cell::Absent => Value::Null,
    }
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "credential": *attempt.credential,
        "provider": *attempt.provider,
        "status": (attempt.status != 0).then_some(attempt.status),
        "error": attempt.error.as_deref(),
        "after_ms": sqlite::millis(attempt.after),
        "took_ms": attempt.took.map(sqlite::millis),
    })
}

fn csv(cell: Cell<'_>) -> String {
    let text = match cell {
        Cell::Text(text) => text,
        Cell::Number(number) => return number.to_string(),
        Cell::Flag(flag) => return flag.to_string(),
        Cell::Absent => return String::new(),
    };
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        let cases = [
            ("gpt-5", "gpt-5"),
            ("", ""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@sum", "'@sum"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("a,b", "\"a,b\""),
            ("say \"a\"\n", "\"say \"\"a\"\"\n\""),
            ("=\"a\"", "\"'=\"\"a\"\"\""),
        ];
        for (text, expected) in cases {
            assert_eq!(csv(Cell::Text(text)), expected);
        }
        assert_eq!(csv(Cell::Number(7)), "7");
        assert_eq!(csv(Cell::Absent), "");
    }
}
