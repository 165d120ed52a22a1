//! One validating pass over the text, without recursion.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use memchr::memchr;

use super::Str;
use super::scan::{near_end, next_special, skip_escaped_quotes};
use super::value::{Kind, Value};

/// Deepest nesting accepted; deeper input is refused with flat memory.
pub const MAX_DEPTH: usize = 128;

/// Longer strings are kept as they are spelt, until somebody looks into them.
pub(super) const LONG: usize = 64;

/// Where and why a text is not JSON. Line and column count from one, columns in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Line of the first wrong byte.
    pub line: usize,
    /// Column of the first wrong byte.
    pub column: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at line {} column {}",
            self.reason, self.line, self.column
        )
    }
}

impl std::error::Error for JsonError {}

/// One value, key or container: a span of the text, and where the next sibling's node is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) next: u32,
    pub(super) kind: Kind,
    pub(super) escaped: bool,
}

impl Node {
    /// Where a string stands between its quotes.
    #[inline]
    pub(super) fn spelling(self) -> Range<usize> {
        self.start as usize + 1..self.end as usize - 1
    }
}

/// A JSON text and where its values are.
#[derive(Debug, Default)]
pub struct Document {
    pub(super) bytes: Bytes,
    pub(super) nodes: Vec<Node>,
    /// A string was read that is none. Only an outline has such.
    pub(super) spoiled: Arc<AtomicBool>,
}

impl Document {
    /// Validates `bytes`; a leading byte-order mark is ignored.
    ///
    /// # Errors
    /// The first position at which the text is not JSON, not UTF-8, or nested deeper than [`MAX_DEPTH`].
    pub fn parse(bytes: Bytes) -> Result<Self, JsonError> {
        let shared = bytes.clone();
        let text = Str::try_from(bytes).map_err(|_| not_utf8(&shared))?;
        let mut document = Self::default();
        document.reparse(text)?;
        Ok(document)
    }

    /// Finds the values of `bytes` without looking into its strings, which takes a third of the time. What is wrong inside
    /// of a string (an unknown escape, bytes that are not UTF-8) is met when that string is read: it is no text then, and
    /// the document is [spoiled](Self::is_spoiled).
    ///
    /// # Errors
    /// As [`Document::parse`], but for what is inside of strings.
    pub fn outline(bytes: Bytes) -> Result<Self, JsonError> {
        let mut document = Self::default();
        document.read(bytes, false)?;
        Ok(document)
    }

    /// Validates another text, reusing the memory of this document.
    ///
    /// # Errors
    /// As [`Document::parse`]; the document is empty then.
    pub fn reparse(&mut self, text: Str) -> Result<(), JsonError> {
        self.read(text.into_bytes(), true)
    }

    /// The values of a text in which values were found before; `spoiled` is told of strings that are none.
    pub(super) fn reopen(bytes: Bytes, spoiled: Option<&Arc<AtomicBool>>) -> Self {
        let mut document = Self::default();
        let found = document.read(bytes, false);
        debug_assert!(found.is_ok(), "raw JSON is valid by construction");
        if let Some(spoiled) = spoiled {
            document.spoiled = Arc::clone(spoiled);
        }
        document
    }

    /// Whether a string was met that cannot be read: what was read from this outline is then not all that it holds, and
    /// [`Document::parse`] tells what is wrong.
    #[must_use]
    pub fn is_spoiled(&self) -> bool {
        self.spoiled.load(Ordering::Relaxed)
    }

    /// Whether some string, be it a key, begins with one of `prefixes`, which hold nothing that would be escaped.
    #[must_use]
    pub fn has_text_from(&self, prefixes: &[&str]) -> bool {
        self.nodes.iter().any(|node| {
            node.kind == Kind::String && {
                let text = &self.bytes[node.spelling()];
                let begins = |prefix: &&str| text.starts_with(prefix.as_bytes());
                prefixes.iter().any(begins)
            }
        })
    }

    fn read(&mut self, bytes: Bytes, strict: bool) -> Result<(), JsonError> {
        self.nodes.clear();
        // Keys and values of small texts are short, those of large ones long.
        self.nodes.reserve((bytes.len() / 8).clamp(16, 1024));
        if self.is_spoiled() {
            self.spoiled = Arc::default();
        }
        let outcome = Parser {
            bytes: &bytes,
            at: 0,
            nodes: &mut self.nodes,
            open: [0; MAX_DEPTH],
            depth: 0,
            strict,
            failure: (0, EARLY),
        }
        .run();
        if let Err((offset, reason)) = outcome {
            self.nodes.clear();
            self.bytes = Bytes::new();
            return Err(position(&bytes, offset, reason));
        }
        self.bytes = bytes;
        Ok(())
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        Value::new(self, 0)
    }
}

fn not_utf8(bytes: &[u8]) -> JsonError {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    position(bytes, valid, "the text is not UTF-8")
}

fn position(bytes: &[u8], offset: usize, reason: &'static str) -> JsonError {
    let before = &bytes[..offset.min(bytes.len())];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1) + 1;
    JsonError {
        line,
        column,
        reason,
    }
}

type Failure = (usize, &'static str);

/// Why a text that has begun is none.
const EARLY: &str = "the JSON text ends too early";

struct Parser<'t, 'n> {
    bytes: &'t [u8],
    at: usize,
    nodes: &'n mut Vec<Node>,
    /// The nodes of the containers that are open, the outermost first.
    open: [u32; MAX_DEPTH],
    depth: usize,
    /// Strings are looked into.
    strict: bool,
    /// What is wrong, once something is. There is an outcome for every token, and without this it is small.
    failure: Failure,
}

impl Parser<'_, '_> {
    fn run(mut self) -> Result<(), Failure> {
        if self.bytes.len() >= u32::MAX as usize {
            return Err((0, "the text is too long"));
        }
        if self.bytes.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        self.text().ok_or(self.failure)
    }

    /// One value and nothing behind it.
    fn text(&mut self) -> Option<()> {
        loop {
            let Some(byte) = self.next() else {
                return match self.nodes.is_empty() {
                    true => self.fail("expected a JSON value, found nothing"),
                    false => self.fail(EARLY),
                };
            };
            match byte {
                b'{' => {
                    self.open(Kind::Object)?;
                    if self.next() != Some(b'}') {
                        self.key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.open(Kind::Array)?;
                    if self.next() != Some(b']') {
                        continue;
                    }
                }
                b'"' => self.string()?,
                _ => self.word(byte)?,
            }
            if self.is_over()? {
                return Some(());
            }
        }
    }

    /// What follows a value, to where the next one begins; true when there is none.
    fn is_over(&mut self) -> Option<bool> {
        loop {
            let byte = self.next();
            let Some(container) = self.innermost() else {
                return match byte {
                    None => Some(true),
                    Some(_) => self.fail("unexpected text after the JSON value"),
                };
            };
            let is_object = self.nodes[container].kind == Kind::Object;
            match (byte, is_object) {
                (Some(b'}'), true) | (Some(b']'), false) => self.close(container),
                (Some(b','), true) => {
                    self.at += 1;
                    self.key()?;
                    return Some(false);
                }
                (Some(b','), false) => {
                    self.at += 1;
                    return Some(false);
                }
                (Some(_), true) => return self.fail("expected `,` or `}`"),
                (Some(_), false) => return self.fail("expected `,` or `]`"),
                (None, _) => return self.fail(EARLY),
            }
        }
    }

    /// The next byte that is no white space.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn fail<T>(&mut self, reason: &'static str) -> Option<T> {
        self.failure = (self.at, reason);
        None
    }

    fn open(&mut self, kind: Kind) -> Option<()> {
        let node = index(self.nodes.len());
        let Some(place) = self.open.get_mut(self.depth) else {
            return self.fail("the JSON text is nested too deeply");
        };
        *place = node;
        self.depth += 1;
        self.push(kind, self.at, self.at, false);
        self.at += 1;
        Some(())
    }

    /// The node of the container that was opened last.
    #[inline]
    fn innermost(&self) -> Option<usize> {
        let last = self.depth.checked_sub(1)?;
        self.open.get(last).map(|node| *node as usize)
    }

    fn close(&mut self, container: usize) {
        self.at += 1;
        self.depth -= 1;
        let next = index(self.nodes.len());
        let node = &mut self.nodes[container];
        node.end = index(self.at);
        node.next = next;
    }

    /// A key, to behind its colon.
    fn key(&mut self) -> Option<()> {
        match self.next() {
            Some(b'"') => self.string()?,
            Some(_) => return self.fail("expected a key in double quotes"),
            None => return self.fail(EARLY),
        }
        match self.next() {
            Some(b':') => self.at += 1,
            Some(_) => return self.fail("expected `:` after the key"),
            None => return self.fail(EARLY),
        }
        Some(())
    }

    #[inline]
    fn string(&mut self) -> Option<()> {
        // Keys and words, which nearly all strings are.
        match near_end(self.bytes, self.at + 1) {
            Some(end) => {
                self.push(Kind::String, self.at, end + 1, false);
                self.at = end + 1;
                Some(())
            }
            None if self.strict => self.checked_string(),
            None => self.skipped_string(),
        }
    }

    /// A string ends at the first quote with an even number of backslashes before it.
    #[inline(never)]
    fn skipped_string(&mut self) -> Option<()> {
        let start = self.at;
        let mut from = start + 1;
        loop {
            let Some(run) = memchr(b'"', &self.bytes[from..]) else {
                return self.endless_string();
            };
            let text = &self.bytes[start + 1..from + run];
            let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\');
            from += run + 1;
            if backslashes.count() % 2 == 0 {
                break;
            }
            // A text with one such quote often has very many.
            from = skip_escaped_quotes(self.bytes, from);
        }
        let text = &self.bytes[start + 1..from - 1];
        // Long texts nearly always hold an escape; whether they do is seen when they are read.
        let escaped = text.len() > LONG || memchr(b'\\', text).is_some();
        self.at = from;
        self.push(Kind::String, start, from, escaped);
        Some(())
    }

    #[inline(never)]
    fn checked_string(&mut self) -> Option<()> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            self.at = next_special::<false>(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) => return self.fail("control character in a string"),
                None => return self.endless_string(),
            }
        }
        self.at += 1;
        self.push(Kind::String, start, self.at, escaped);
        Some(())
    }

    fn endless_string(&mut self) -> Option<()> {
        self.at = self.bytes.len();
        self.fail("the JSON text ends inside a string")
    }

    fn escape(&mut self) -> Option<()> {
        match self.bytes.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 1..self.at + 5);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return self.fail("`\\u` needs four hexadecimal digits");
                }
                self.at += 5;
            }
            _ => return self.fail("unknown escape in a string"),
        }
        Some(())
    }

    /// A value of one word.
    fn word(&mut self, first: u8) -> Option<()> {
        match first {
            b't' => self.literal(b"true", Kind::Bool),
            b'f' => self.literal(b"false", Kind::Bool),
            b'n' => self.literal(b"null", Kind::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.fail("expected a JSON value"),
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Option<()> {
        let start = self.at;
        if !self.bytes[start..].starts_with(word) {
            return self.fail("expected a JSON value");
        }
        self.at += word.len();
        self.push(kind, start, self.at, false);
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        self.push(Kind::Number, start, self.at, false);
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.bytes.get(self.at) {
            self.at += 1;
        }
        if self.at == start {
            return self.fail("expected a digit");
        }
        Some(())
    }

    #[inline]
    fn push(&mut self, kind: Kind, start: usize, end: usize, escaped: bool) {
        let next = index(self.nodes.len() + 1);
        self.nodes.push(Node {
            start: index(start),
            end: index(end),
            next,
            kind,
            escaped,
        });
    }
}

/// Texts are shorter than 4 GiB, so every offset and node number fits.
fn index(value: usize) -> u32 {
    debug_assert!(u32::try_from(value).is_ok());
    value as u32
}

#[cfg(test)]
mod tests;
