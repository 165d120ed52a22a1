//! A stream that is one JSON list, sent in pieces: what Gemini's `streamGenerateContent` is without `alt=sse`
//! (`dialects.md` 1.5).

use bytes::{Buf as _, Bytes, BytesMut};

use super::sse::{Frame, FrameTooLarge};
use crate::json::{Str, Strings};

/// Writes a list, item by item. An answer that never had an item is the empty list.
#[derive(Debug, Default)]
pub struct ArrayWriter {
    begun: bool,
    over: bool,
}

impl ArrayWriter {
    /// A writer at the beginning of a list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one item; `item` writes its JSON.
    pub fn item(&mut self, out: &mut Vec<u8>, item: impl FnOnce(&mut Vec<u8>)) {
        if self.over {
            return;
        }
        let first = !std::mem::replace(&mut self.begun, true);
        out.extend_from_slice(if first { b"[" } else { b",\n" });
        item(out);
    }

    /// Appends what an [`EventEncoder`](crate::EventEncoder) wrote: the data of whole frames as items, comments as
    /// [`keep_alive`](Self::keep_alive).
    pub fn frames(&mut self, frames: &[u8], out: &mut Vec<u8>) {
        for line in frames.split(|byte| *byte == b'\n') {
            if let Some(data) = line.strip_prefix(b"data: ") {
                self.item(out, |out| out.extend_from_slice(data));
            } else if line.starts_with(b":") {
                self.keep_alive(out);
            }
        }
    }

    /// Appends white space, which means nothing between items.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        if !self.over {
            out.push(b'\n');
        }
    }

    /// Ends the list; nothing is written after it.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        if !self.begun {
            out.push(b'[');
        }
        out.extend_from_slice(b"]\n");
    }
}

/// Cuts a list into frames, one for each item, wherever the bytes were cut. Tolerant: a single object is a list of one, as
/// failures are sometimes sent, and what stands between items is skipped.
#[derive(Debug)]
pub struct ArrayFramer {
    /// The beginning of an item whose end has not come yet.
    partial: BytesMut,
    /// How much of `partial` was looked at.
    searched: usize,
    /// Containers of the item that are open.
    depth: usize,
    strings: Strings,
    limit: usize,
}

impl ArrayFramer {
    /// A framer that refuses items larger than `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            partial: BytesMut::new(),
            searched: 0,
            depth: 0,
            strings: Strings::default(),
            limit,
        }
    }

    /// Takes the next bytes; complete items are appended to `frames`.
    ///
    /// # Errors
    /// When an item outgrows the limit; the framer must not be used any more.
    pub fn feed(&mut self, chunk: &[u8], frames: &mut Vec<Frame>) -> Result<(), FrameTooLarge> {
        self.partial.extend_from_slice(chunk);
        while self.searched < self.partial.len() {
            let byte = self.partial[self.searched];
            self.searched += 1;
            self.look(byte);
            let too_large = self.searched > self.limit && self.depth > 0;
            match byte {
                b'}' | b']' if self.depth == 0 && !self.strings.is_open() => self.complete(frames),
                // Outside of items nothing is kept.
                _ if self.depth == 0 && !self.strings.is_open() && is_between(byte) => {
                    self.partial.advance(self.searched);
                    self.searched = 0;
                }
                _ if too_large => return Err(FrameTooLarge { limit: self.limit }),
                _ => {}
            }
        }
        if self.partial.len() > self.limit {
            return Err(FrameTooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// Follows the containers of an item; the list around the items is none of them.
    fn look(&mut self, byte: u8) {
        if self.strings.take(byte) {
            return;
        }
        match byte {
            b'{' => self.depth += 1,
            b'[' if self.depth > 0 => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn complete(&mut self, frames: &mut Vec<Frame>) {
        let item = self.partial.split_to(self.searched).freeze();
        self.searched = 0;
        // The end of the list itself is no item.
        if item.first() == Some(&b'{') {
            frames.push(frame(&item));
        }
    }

    /// Number of bytes taken that belong to an item whose end has not come yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.partial.len()
    }

    /// Ends the stream. An item without its end is given as it is: whoever reads it sees that it is none.
    pub fn finish(&mut self, frames: &mut Vec<Frame>) {
        let rest = self.partial.split().freeze();
        self.searched = 0;
        if !rest.trim_ascii().is_empty() {
            frames.push(frame(&rest));
        }
    }
}

fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'[' | b',' | 0xef | 0xbb | 0xbf)
}

fn frame(item: &Bytes) -> Frame {
    let data = Str::try_from(item.clone())
        .unwrap_or_else(|_| Str::from(String::from_utf8_lossy(item).into_owned()));
    Frame {
        event: Str::new(),
        data,
    }
}

#[cfg(test)]
mod tests;
