//! Logs of requests in one file, one after the other: each under a line with its name and its length, so that nothing in one log
//! can pass for the next.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};

use super::names::{self, Kind};

/// What the line above a log begins and ends with.
const MARK: &str = "#####";
/// The longest such line, in bytes.
const HEAD: u64 = 512;

/// Appends a log.
pub(crate) fn push(out: &mut Vec<u8>, name: &str, text: &str) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "{MARK} {name}, {} bytes {MARK}", text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Logs that are to be written.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Gathered {
    pub(super) fn push(&mut self, name: &str, text: &str) {
        push(&mut self.bytes, name, text);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many bytes they are.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Whole logs, at least one at a time and no more than fit into so many bytes.
    pub(super) fn pieces(&self, most: usize) -> impl Iterator<Item = &[u8]> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let ends = &self.ends[self.ends.partition_point(|end| *end <= from)..];
            let fit = ends.partition_point(|end| *end - from <= most);
            let to = *ends.get(fit.saturating_sub(1))?;
            let piece = &self.bytes[from..to];
            from = to;
            Some(piece)
        })
    }

    /// The memory of logs that are written, for the next ones.
    pub(super) fn again(mut self, kept: usize) -> Self {
        self.bytes.clear();
        self.bytes.shrink_to(kept);
        self.ends.clear();
        self
    }
}

/// A log in a file of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Where it begins in the file, and its length, in bytes.
    pub(crate) at: u64,
    pub(crate) length: u64,
}

/// The whole logs in a file, in their order.
#[derive(Debug)]
pub(crate) struct Entries {
    reader: BufReader<File>,
    at: u64,
    end: u64,
}

impl Entries {
    /// Those in a file that is read from its beginning.
    pub(crate) fn of(file: File) -> io::Result<Self> {
        let end = file.metadata()?.len();
        Ok(Self {
            reader: BufReader::new(file),
            at: 0,
            end,
        })
    }

    /// Whether the file holds nothing else: no log that was cut off when the disk was full, or the program killed.
    pub(super) fn are_all(mut self) -> io::Result<bool> {
        while self.step()?.is_some() {}
        Ok(self.at == self.end)
    }

    /// The next log; none at the end, or where something else begins.
    fn step(&mut self) -> io::Result<Option<Entry>> {
        let mut line = Vec::new();
        (&mut self.reader).take(HEAD).read_until(b'\n', &mut line)?;
        let Some((name, length)) = head(&line) else {
            return Ok(None);
        };
        let at = self.at + line.len() as u64;
        let end = at.checked_add(length).filter(|end| *end <= self.end);
        let (Some(end), Ok(skipped)) = (end, i64::try_from(length)) else {
            return Ok(None);
        };
        self.reader.seek_relative(skipped)?;
        self.at = end;
        let name = name.to_owned();
        Ok(Some(Entry { name, at, length }))
    }
}

impl Iterator for Entries {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

/// The name and the length that the line above a log tells.
fn head(line: &[u8]) -> Option<(&str, u64)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let line = line.strip_prefix(MARK)?.strip_suffix(MARK)?;
    let line = line.strip_prefix(' ')?.strip_suffix(" bytes ")?;
    let (name, length) = line.rsplit_once(", ")?;
    let is_log = matches!(names::kind(name), Some(Kind::Request { .. }));
    is_log.then_some((name, length.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    const ONE: &str = "v1-messages-2026-03-04T050607-0a.log";
    const TWO: &str = "v1-responses-2026-03-04T050608-0b.log";

    fn file(home: &Path, bytes: &[u8]) -> PathBuf {
        let path = home.join("requests.log");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn entries(path: &Path) -> Vec<Entry> {
        let entries = Entries::of(File::open(path).unwrap()).unwrap();
        entries.collect::<io::Result<_>>().unwrap()
    }

    fn are_all(path: &Path) -> bool {
        let entries = Entries::of(File::open(path).unwrap()).unwrap();
        entries.are_all().unwrap()
    }

    #[test]
    fn logs_are_found_whatever_is_in_them() {
        let mut bytes = Vec::new();
        // What a client wrote into its request to hide another's.
        let mut text = b"=== REQUEST INFO ===\n".to_vec();
        push(&mut text, TWO, "forged\n");
        let text = String::from_utf8(text).unwrap();
        push(&mut bytes, ONE, &text);
        let long = "\u{e9}".repeat(100_000);
        push(&mut bytes, TWO, &long);
        push(&mut bytes, ONE, "");
        let home = tempfile::tempdir().unwrap();
        let path = file(home.path(), &bytes);
        let found = entries(&path);
        let names: Vec<&str> = found.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, [ONE, TWO, ONE]);
        for (entry, text) in found.iter().zip([&*text, &long, ""]) {
            let at = usize::try_from(entry.at).unwrap();
            let length = usize::try_from(entry.length).unwrap();
            assert_eq!(&bytes[at..at + length], text.as_bytes());
        }
        assert!(are_all(&path));
    }

    #[test]
    fn logs_are_written_whole_in_pieces_of_a_size() {
        let mut gathered = Gathered::default();
        assert_eq!(gathered.pieces(100).count(), 0);
        for length in [10, 10, 300, 10] {
            gathered.push(ONE, &"x".repeat(length));
        }
        let sizes = |most| {
            let pieces: Vec<&[u8]> = gathered.pieces(most).collect();
            assert_eq!(pieces.concat(), gathered.bytes);
            pieces.iter().map(|piece| piece.len()).collect::<Vec<_>>()
        };
        let (short, long) = (gathered.ends[0], gathered.ends[2] - gathered.ends[1]);
        assert_eq!(sizes(usize::MAX), [3 * short + long]);
        assert_eq!(sizes(2 * short + long), [2 * short + long, short]);
        assert_eq!(sizes(2 * short), [2 * short, long, short]);
        assert_eq!(sizes(0), [short, short, long, short]);
        let again = gathered.again(8);
        assert!(again.is_empty() && again.bytes.capacity() <= 8);
    }

    #[test]
    fn a_log_that_was_cut_off_is_none_and_is_noticed() {
        let mut whole = Vec::new();
        push(&mut whole, ONE, "first\n");
        let first = whole.len();
        push(&mut whole, TWO, "second\n");
        let home = tempfile::tempdir().unwrap();
        for end in 0..=whole.len() {
            let path = file(home.path(), &whole[..end]);
            let expected = usize::from(end >= first) + usize::from(end == whole.len());
            assert_eq!(entries(&path).len(), expected, "{end}");
            let is_end = [0, first, whole.len()].contains(&end);
            assert_eq!(are_all(&path), is_end, "{end}");
        }
    }

    #[test]
    fn what_is_no_line_above_a_log_ends_the_search() {
        let home = tempfile::tempdir().unwrap();
        let huge = u64::MAX;
        for head in [
            format!("##### {ONE}, {huge} bytes #####\n"),
            format!("##### {ONE}, -1 bytes #####\n"),
            format!("##### {ONE}, 0 bytes #####"),
            "##### main.log, 0 bytes #####\n".to_owned(),
            "##### ../x, 0 bytes #####\n".to_owned(),
            "#####\n".to_owned(),
            "\n".repeat(2_000),
            "#".repeat(2_000),
        ] {
            let path = file(home.path(), head.as_bytes());
            assert_eq!((entries(&path), are_all(&path)), (vec![], false), "{head}");
        }
    }
}
