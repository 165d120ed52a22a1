//! JSON that is carried, not read.

use super::{Document, JsonError, Str, Writer};

/// A valid JSON text whose spelling is kept: key order, number text, white space.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawJson(Str);

impl RawJson {
    /// For text that a [`Document`] or [`Writer`] has vouched for.
    pub(crate) fn trusted(text: Str) -> Self {
        Self(text)
    }

    /// The empty object.
    #[must_use]
    pub const fn empty_object() -> Self {
        Self(Str::from_static("{}"))
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
        let mut out = Vec::new();
        write(&mut Writer::new(&mut out));
        Self(
            String::from_utf8(out)
                .map(Str::from)
                .unwrap_or_else(|_| Str::from_static("null")),
        )
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, sharing its bytes.
    #[must_use]
    pub fn to_text(&self) -> Str {
        self.0.clone()
    }

    /// Opens the text for reading.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut document = Document::default();
        let checked = document.reparse(self.0.clone());
        debug_assert!(checked.is_ok(), "raw JSON is valid by construction");
        document
    }

    /// Whether the text is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.0.trim_start().starts_with('{')
    }
}

#[cfg(test)]
mod tests;
