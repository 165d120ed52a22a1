//! Server-sent events (`dialects.md` 1.6): any line end, comments, several data lines, a byte-order mark, any split.

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr2};

use crate::Dialect;
use crate::json::Str;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// Its name; empty when it has none.
    pub event: Str,
    /// Its data lines, joined by line feeds.
    pub data: Str,
}

/// An event or a line that is larger than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than {limit} bytes")]
pub struct FrameTooLarge {
    /// The limit.
    pub limit: usize,
}

/// Cuts a byte stream into events.
///
/// Bytes of a complete event are not copied. Lines are decoded only when they are whole, so UTF-8 may be cut anywhere.
#[derive(Debug)]
pub struct Framer {
    /// The beginning of an event whose end has not come yet.
    partial: BytesMut,
    /// How much of `partial` was searched for the end of the event.
    searched: usize,
    started: bool,
    limit: usize,
}

impl Framer {
    /// A framer that refuses events larger than `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            partial: BytesMut::new(),
            searched: 0,
            started: false,
            limit,
        }
    }

    /// Takes the next bytes; complete events are appended to `frames`.
    ///
    /// # Errors
    /// When an event outgrows the limit; the framer must not be used any more.
    pub fn feed(&mut self, chunk: Bytes, frames: &mut Vec<Frame>) -> Result<(), FrameTooLarge> {
        if self.partial.is_empty() && self.started {
            return self.cut(chunk, frames);
        }
        if !self.started {
            return self.start(chunk, frames);
        }
        self.partial.extend_from_slice(&chunk);
        while let Some((end, next)) = blank_line(&self.partial, self.searched, false) {
            self.searched = 0;
            let event = self.partial.split_to(next).freeze();
            self.complete(&event.slice(..end), frames)?;
        }
        self.wait()
    }

    /// Number of bytes taken that belong to an event whose end has not come yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.partial.len()
    }

    /// Skips a byte-order mark; waits while it cannot be told whether there is one.
    fn start(&mut self, chunk: Bytes, frames: &mut Vec<Frame>) -> Result<(), FrameTooLarge> {
        let begun = if self.partial.is_empty() {
            chunk
        } else {
            self.partial.extend_from_slice(&chunk);
            self.partial.split().freeze()
        };
        match strip_bom(&begun) {
            Some(begin) => {
                self.started = true;
                self.cut(begun.slice(begin..), frames)
            }
            None => {
                self.partial.extend_from_slice(&begun);
                Ok(())
            }
        }
    }

    /// Events of a chunk that begins with one: views into the chunk; only what is left over is copied.
    fn cut(&mut self, mut chunk: Bytes, frames: &mut Vec<Frame>) -> Result<(), FrameTooLarge> {
        while let Some((end, next)) = blank_line(&chunk, 0, false) {
            self.complete(&chunk.slice(..end), frames)?;
            chunk = chunk.slice(next..);
        }
        self.partial.extend_from_slice(&chunk);
        self.wait()
    }

    fn complete(&self, event: &Bytes, frames: &mut Vec<Frame>) -> Result<(), FrameTooLarge> {
        if event.len() > self.limit {
            return Err(FrameTooLarge { limit: self.limit });
        }
        frames.extend(frame(event));
        Ok(())
    }

    /// Remembers how far `partial` was searched. Up to three bytes at its end may be the beginning of its blank line:
    /// they neither count as searched nor for the limit.
    fn wait(&mut self) -> Result<(), FrameTooLarge> {
        self.searched = self.partial.len().saturating_sub(3);
        if self.searched > self.limit {
            return Err(FrameTooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// Ends the stream; an event without its blank line counts.
    pub fn finish(&mut self, frames: &mut Vec<Frame>) {
        self.searched = 0;
        let bytes = self.partial.split().freeze();
        match blank_line(&bytes, 0, true) {
            Some((end, _)) => frames.extend(frame(&bytes.slice(..end))),
            None => frames.extend(frame(&bytes)),
        }
    }
}

/// Where the text begins behind a byte-order mark; `None` while that cannot be told.
fn strip_bom(bytes: &[u8]) -> Option<usize> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    if bytes.starts_with(BOM) {
        return Some(BOM.len());
    }
    (!BOM.starts_with(bytes)).then_some(0)
}

/// The first blank line at or after `from`: where the event ends and where the next one begins. A carriage return at
/// the end of the bytes may be half a line end: that is waited for unless the stream is `over`.
fn blank_line(bytes: &[u8], mut from: usize, over: bool) -> Option<(usize, usize)> {
    while let Some(found) = memchr2(b'\n', b'\r', &bytes[from..]) {
        let end = from + found;
        let next = line_end(bytes, end, over)?;
        if let Some(b'\n' | b'\r') = bytes.get(next) {
            return Some((end, line_end(bytes, next, over)?));
        }
        if end == 0 {
            return Some((0, next));
        }
        from = next;
    }
    None
}

/// The offset behind the line end at `at`.
fn line_end(bytes: &[u8], at: usize, over: bool) -> Option<usize> {
    if bytes[at] == b'\n' {
        return Some(at + 1);
    }
    match bytes.get(at + 1) {
        Some(b'\n') => Some(at + 2),
        Some(_) => Some(at + 1),
        None => over.then_some(at + 1),
    }
}

/// The event in `bytes`; none when it has no data line.
fn frame(bytes: &Bytes) -> Option<Frame> {
    let mut event = Str::new();
    let mut first: Option<Bytes> = None;
    let mut joined: Option<BytesMut> = None;
    let mut rest: &[u8] = bytes;
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        rest = after;
        let (name, value) = split_field(line);
        match name {
            b"event" => event = text(&bytes.slice_ref(value)),
            b"data" => match (&first, &mut joined) {
                (None, _) => first = Some(bytes.slice_ref(value)),
                (Some(data), None) => {
                    let mut lines = BytesMut::from(&data[..]);
                    lines.extend_from_slice(b"\n");
                    lines.extend_from_slice(value);
                    joined = Some(lines);
                }
                (_, Some(lines)) => {
                    lines.extend_from_slice(b"\n");
                    lines.extend_from_slice(value);
                }
            },
            _ => {}
        }
    }
    let data = joined.map(BytesMut::freeze).or(first)?;
    Some(Frame {
        event,
        data: text(&data),
    })
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr2(b'\n', b'\r', bytes) {
        Some(end) if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') => {
            (&bytes[..end], &bytes[end + 2..])
        }
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

/// Name and value of a line; one space after the colon is not part of the value. Comments have an empty name.
fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b':', line) {
        Some(colon) => {
            let value = &line[colon + 1..];
            (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
        }
        None => (line, &line[line.len()..]),
    }
}

fn text(bytes: &Bytes) -> Str {
    Str::try_from(bytes.clone())
        .unwrap_or_else(|_| Str::from(String::from_utf8_lossy(bytes).into_owned()))
}

/// Appends a frame without a name; `data` writes one line of JSON.
pub fn write_data(out: &mut Vec<u8>, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"data: ");
    data(out);
    out.extend_from_slice(b"\n\n");
}

/// Appends a named frame; `data` writes one line of JSON.
pub fn write_event(out: &mut Vec<u8>, event: &str, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.as_bytes());
    out.extend_from_slice(b"\n");
    write_data(out, data);
}

/// Appends a comment that keeps the line open.
pub fn write_comment(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b": ");
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"\n\n");
}

/// Appends what keeps the line of a client of this dialect open: a comment, or for Gemini's clients a blank line that ends
/// no event. Google's SDKs for Python and Go take every other line for the answer and fail over it.
pub fn write_keep_alive(out: &mut Vec<u8>, dialect: Dialect) {
    match dialect {
        Dialect::Gemini => out.extend_from_slice(b"\n\n"),
        Dialect::Chat | Dialect::Claude | Dialect::Responses | Dialect::Completions => {
            write_comment(out, "keep-alive");
        }
        // Nobody waits for it.
        Dialect::Kiro => {}
    }
}

#[cfg(test)]
mod tests;
