//! What the gateway exports, as a terminal may have it: names in it are those that clients and providers have chosen.

use std::io::{self, Write};

use super::transfer::Format;
use crate::inert::{inert, inert_json};

/// A line of CSV that is longer is not waited for to its end.
const LONGEST: usize = 1 << 20;

/// Writes an export that arrives in pieces. JSON says the same as before; in CSV each request is one line.
#[derive(Debug)]
pub(super) struct Harmless<W> {
    out: W,
    format: Format,
    /// The beginning of what is not there as a whole yet: a character, or a line of CSV.
    held: Vec<u8>,
    /// Whether the line of CSV that was last written ended within quotes.
    quoted: bool,
}

impl<W: Write> Harmless<W> {
    pub(super) fn new(format: Format, out: W) -> Self {
        Self {
            out,
            format,
            held: Vec::new(),
            quoted: false,
        }
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.held.extend_from_slice(piece);
        let rest = self.held.split_off(self.whole());
        let text = std::mem::replace(&mut self.held, rest);
        self.print(&text)
    }

    /// Writes what was held too.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.held);
        self.print(&text)?;
        self.out.flush()
    }

    /// How much of what is held can be written.
    fn whole(&self) -> usize {
        if self.format == Format::Csv && self.held.len() <= LONGEST {
            let end = self.held.iter().rposition(|byte| *byte == b'\n');
            return end.map_or(0, |end| end + 1);
        }
        match std::str::from_utf8(&self.held) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Ok(_) | Err(_) => self.held.len(),
        }
    }

    fn print(&mut self, text: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(text);
        if self.format != Format::Csv {
            return self.out.write_all(inert_json(&text).as_bytes());
        }
        for (at, part) in text.split('"').enumerate() {
            if at > 0 {
                self.out.write_all(b"\"")?;
                self.quoted = !self.quoted;
            }
            self.cells(part)?;
        }
        Ok(())
    }

    /// Writes what stands between two quotation marks; within quotes a line does not end.
    fn cells(&mut self, part: &str) -> io::Result<()> {
        if self.quoted {
            return self.out.write_all(inert(part).as_bytes());
        }
        for line in part.split_inclusive("\r\n") {
            let cells = line.trim_end_matches("\r\n");
            self.out.write_all(inert(cells).as_bytes())?;
            self.out.write_all(&line.as_bytes()[cells.len()..])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written of an export that arrives in pieces of so many bytes.
    fn written(format: Format, text: &str, size: usize) -> String {
        let mut out = Vec::new();
        let mut harmless = Harmless::new(format, &mut out);
        for piece in text.as_bytes().chunks(size) {
            harmless.write(piece).unwrap();
        }
        harmless.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_export_is_the_same_however_it_arrives() {
        let json = "{\"a\":\"é\u{9b}5m\u{202e}🙂\"}\n{\"b\":1}";
        let csv = "name,more\r\n\u{9b}x,\"a\r\n\u{1b}[2J\"\"\nb\"\r\né,\u{202e}";
        for size in 1..=64 {
            assert_eq!(
                written(Format::Jsonl, json, size),
                "{\"a\":\"é\\u009b5m\\u202e🙂\"}\n{\"b\":1}"
            );
            assert_eq!(
                written(Format::Csv, csv, size),
                "name,more\r\n\\u{9b}x,\"a\\r\\n\\u{1b}[2J\"\"\\nb\"\r\né,\\u{202e}"
            );
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut out = Vec::new();
        let mut harmless = Harmless::new(Format::Csv, &mut out);
        harmless
            .write("é\u{1b}".repeat(LONGEST).as_bytes())
            .unwrap();
        assert!(harmless.held.len() < 4);
    }
}
