//! JSON that is carried, not read.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;

use super::{Document, JsonError, Str, Writer};

/// A valid JSON text whose spelling is kept: key order, number text, white space.
#[derive(Debug, Clone)]
pub struct RawJson {
    text: Str,
    /// Told when one of its strings turns out to be none: part of an outline, it is valid but for what is inside of them.
    spoiled: Option<Arc<AtomicBool>>,
}

impl RawJson {
    const fn valid(text: Str) -> Self {
        let spoiled = None;
        Self { text, spoiled }
    }

    /// For the text of a value that a document has found.
    pub(super) fn part(text: Str, spoiled: &Arc<AtomicBool>) -> Self {
        let spoiled = Some(Arc::clone(spoiled));
        Self { text, spoiled }
    }

    /// The empty object.
    #[must_use]
    pub const fn empty_object() -> Self {
        Self::valid(Str::from_static("{}"))
    }

    /// Checks `text`; white space around the value is dropped.
    ///
    /// # Errors
    /// Where the text is not JSON.
    pub fn parse(text: Str) -> Result<Self, JsonError> {
        let mut document = Document::default();
        document.reparse(text)?;
        Ok(document.root().raw())
    }

    /// JSON written by `write`.
    #[must_use]
    pub fn build(write: impl FnOnce(&mut Writer<'_>)) -> Self {
        Self::build_in(128, write)
    }

    /// The same with room for `capacity` bytes, for what is longer than most.
    #[must_use]
    pub(crate) fn build_in(capacity: usize, write: impl FnOnce(&mut Writer<'_>)) -> Self {
        let mut out = Vec::with_capacity(capacity);
        write(&mut Writer::new(&mut out));
        Self::valid(
            String::from_utf8(out)
                .map(Str::from)
                .unwrap_or_else(|_| Str::from_static("null")),
        )
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as bytes.
    pub(super) fn as_bytes(&self) -> &Bytes {
        self.text.as_bytes()
    }

    /// The text, sharing its bytes.
    #[must_use]
    pub fn to_text(&self) -> Str {
        self.text.clone()
    }

    /// Opens the text for reading.
    #[must_use]
    pub fn document(&self) -> Document {
        Document::reopen(self.text.as_bytes().clone(), self.spoiled.as_ref())
    }

    /// Whether the text is one line.
    #[must_use]
    pub(crate) fn is_one_line(&self) -> bool {
        memchr::memchr2(b'\n', b'\r', self.text.as_bytes()).is_none()
    }

    /// The same on one line, as frames of a stream need it.
    #[must_use]
    pub(crate) fn on_one_line(self) -> Self {
        match self.is_one_line() {
            true => self,
            false => Self::build(|writer| self.document().root().write_compact(writer)),
        }
    }

    /// Whether the text is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.text.trim_start().starts_with('{')
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RawJson {}

impl Hash for RawJson {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

#[cfg(test)]
mod tests;
