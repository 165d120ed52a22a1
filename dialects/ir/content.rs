//! What turns and answers are made of.

use super::{Delta, PARAGRAPH, ToolCall, ToolResult};
use crate::Dialect;
use crate::json::{RawJson, Str};

/// One piece of a turn or an answer; the order of pieces is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Visible text.
    Text(Text),
    /// An image, sound, film or document.
    Media(Box<Media>),
    /// A call of a tool.
    ToolCall(ToolCall),
    /// The outcome of a call.
    ToolResult(ToolResult),
    /// Thinking.
    Reasoning(Reasoning),
    /// A refusal's text.
    Refusal(Str),
    /// A block that only its own provider understands.
    Server(ServerBlock),
    /// A block of a kind we do not know.
    Unknown(Unknown),
}

impl Part {
    /// For how many parts to make room before `items` are read: for just those that come if they are few, since most messages
    /// have one and room for four would make a long conversation four times as large. On the word of a long list none is made
    /// for all of it: each item may be two bytes, and wrong.
    pub(crate) fn room_for<T>(items: impl Iterator<Item = T>) -> usize {
        items.take(FEW).count()
    }
}

/// Parts that room is made for at once.
const FEW: usize = 8;

/// Visible text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// The text.
    pub text: Str,
    /// Citations or annotations as their dialect wrote them.
    pub citations: Option<RawJson>,
    /// Prompt cache boundary after this part.
    pub cache: Option<CacheMark>,
    /// Unknown fields.
    pub extensions: Extensions,
}

impl Text {
    /// Text and nothing else.
    #[must_use]
    pub fn new(text: Str) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

/// An image, sound, film or document.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Where its bytes are.
    pub source: MediaSource,
    /// File name.
    pub name: Option<Str>,
    /// Title of a document.
    pub title: Option<Str>,
    /// Context of a document.
    pub context: Option<Str>,
    /// `detail` or resolution, in the words of Chat: `auto`, `low`, `high`, `original`.
    pub detail: Option<Str>,
    /// Citation settings of a document, raw.
    pub citations: Option<RawJson>,
    /// Prompt cache boundary after this part.
    pub cache: Option<CacheMark>,
    /// Unknown fields.
    pub extensions: Extensions,
}

impl Media {
    /// Media with nothing but its source.
    #[must_use]
    pub fn new(kind: MediaKind, source: MediaSource) -> Self {
        Self {
            kind,
            source,
            name: None,
            title: None,
            context: None,
            detail: None,
            citations: None,
            cache: None,
            extensions: Extensions::default(),
        }
    }
}

/// What a medium is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// Film.
    Video,
    /// PDF, plain text, a search result.
    Document,
}

/// Where the bytes of a medium are.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaSource {
    /// In the request; base64 is not decoded.
    Base64 {
        /// Media type, canonical (`image/jpeg`, not `image/jpg`).
        mime: Str,
        /// The base64 text.
        data: Str,
    },
    /// At a public address.
    Url(Str),
    /// At the provider, by id.
    FileId(Str),
    /// Plain text in the request.
    Text {
        /// Media type.
        mime: Str,
        /// The text.
        text: Str,
    },
    /// Parts inside a document.
    Parts(Vec<Part>),
    /// As its dialect wrote it.
    Raw(Dialect, RawJson),
}

/// Thinking.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reasoning {
    /// The text; may be empty while `opaque` is not.
    pub text: Str,
    /// Where in the text, in bytes, further parts of a summary begin; a blank line is before each (Responses).
    pub paragraphs: Vec<usize>,
    /// Provider-bound state that belongs to the text.
    pub opaque: Option<Opaque>,
    /// There is no text, only `opaque` (Claude's `redacted_thinking`).
    pub redacted: bool,
    /// Id of the item, where the dialect gives one.
    pub item_id: Option<Str>,
    /// Unknown fields.
    pub extensions: Extensions,
}

impl Reasoning {
    /// The text in its parts.
    pub(crate) fn parts(&self) -> Vec<Str> {
        if self.paragraphs.is_empty() {
            return vec![self.text.clone()];
        }
        let mut from = 0;
        let ends = self
            .paragraphs
            .iter()
            .map(|next| (next.saturating_sub(PARAGRAPH.len()), *next));
        let ends = ends.chain([(self.text.len(), self.text.len())]);
        let parts = ends.map(|(end, next)| {
            let part = self.text.get(from..end);
            from = next;
            part.map_or_else(Str::new, |part| self.text.slice_ref(part))
        });
        parts.collect()
    }

    /// What tells the text behind its first `told` bytes.
    pub(crate) fn deltas(&self, told: usize) -> Vec<Delta> {
        if told == 0 && self.paragraphs.is_empty() {
            return vec![Delta::Reasoning(self.text.clone())];
        }
        let mut deltas = Vec::new();
        let piece = |text: Option<&str>| {
            let text = text.filter(|text| !text.is_empty())?;
            Some(Delta::Reasoning(self.text.slice_ref(text)))
        };
        let mut from = told;
        for &next in self.paragraphs.iter().filter(|next| **next > told) {
            let end = next.saturating_sub(PARAGRAPH.len());
            deltas.extend(piece(self.text.get(from..end)));
            deltas.push(Delta::Paragraph);
            from = next;
        }
        deltas.extend(piece(self.text.get(from..)));
        deltas
    }
}

/// State that only one provider can read: a signature, encrypted content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Opaque {
    /// The provider's bytes, untouched.
    pub data: Str,
    /// Who made it: the tag of [`Target::provider`](crate::Target::provider).
    pub provider: Str,
}

/// A block that only its own provider understands: web search, code execution, compaction, …
#[derive(Debug, Clone, PartialEq)]
pub struct ServerBlock {
    /// The dialect that wrote it.
    pub dialect: Dialect,
    /// Its `type`.
    pub kind: Str,
    /// The whole block.
    pub raw: RawJson,
}

/// A block of a kind we do not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// The dialect that wrote it.
    pub dialect: Dialect,
    /// Its `type`, or empty.
    pub kind: Str,
    /// The whole block.
    pub raw: RawJson,
}

/// A prompt cache boundary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheMark {
    /// How long the prefix is kept: `5m`, `1h`, …
    pub ttl: Option<Str>,
}

/// A field without a typed place.
#[derive(Debug, Clone, PartialEq)]
pub struct Extension {
    /// The dialect that wrote it.
    pub dialect: Dialect,
    /// Its key.
    pub key: Str,
    /// Its value.
    pub value: RawJson,
    /// It only says how its dialect wrote what has a typed place as well: of no interest to another dialect.
    pub spelling: bool,
}

impl Extension {
    /// Whether it changes no answer, wherever it is left out: it tells who asks, or how pieces are to be sent. Codex and Claude
    /// Code say these with every request.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(&*self.key, "client_metadata" | "eager_input_streaming")
    }
}

/// The fields without a typed place, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extensions(Vec<Extension>);

impl Extensions {
    /// Keeps a field.
    pub fn push(&mut self, dialect: Dialect, key: &str, value: RawJson) {
        self.0.push(Extension {
            dialect,
            key: Str::from(key),
            value,
            spelling: false,
        });
    }

    /// Keeps how `dialect` wrote something that has a typed place as well, so that it can write it the same way again.
    pub fn push_spelling(&mut self, dialect: Dialect, key: &str, value: RawJson) {
        self.push(dialect, key, value);
        if let Some(last) = self.0.last_mut() {
            last.spelling = true;
        }
    }

    /// The fields that `dialect` wrote.
    pub fn of(&self, dialect: Dialect) -> impl Iterator<Item = &Extension> {
        self.0
            .iter()
            .filter(move |extension| extension.dialect == dialect)
    }

    /// The fields that other dialects wrote: to be reported.
    pub fn foreign(&self, dialect: Dialect) -> impl Iterator<Item = &Extension> {
        self.0
            .iter()
            .filter(move |extension| extension.dialect != dialect && !extension.spelling)
    }

    /// The value of one field that `dialect` wrote.
    #[must_use]
    pub fn get(&self, dialect: Dialect, key: &str) -> Option<&RawJson> {
        self.of(dialect)
            .find(|extension| extension.key == key)
            .map(|extension| &extension.value)
    }

    /// Takes out one field that `dialect` wrote; the last one where it is repeated.
    pub fn take(&mut self, dialect: Dialect, key: &str) -> Option<RawJson> {
        let found =
            |extension: &mut Extension| extension.dialect == dialect && extension.key == key;
        self.0.extract_if(.., found).last().map(|found| found.value)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_for_few_parts_only() {
        assert_eq!(Part::room_for(0..3), 3);
        assert_eq!(Part::room_for(0..1_000_000), FEW);
    }

    #[test]
    fn of_a_repeated_field_the_last_one_is_taken_and_none_is_left() {
        let number = |number: u64| RawJson::build(|writer| writer.value(&number));
        let mut extensions = Extensions::default();
        for (dialect, key, value) in [
            (Dialect::Chat, "a", 1),
            (Dialect::Claude, "a", 2),
            (Dialect::Chat, "b", 3),
            (Dialect::Chat, "a", 4),
        ] {
            extensions.push(dialect, key, number(value));
        }
        assert_eq!(extensions.take(Dialect::Chat, "a"), Some(number(4)));
        assert_eq!(extensions.take(Dialect::Chat, "a"), None);
        let left: Vec<_> = extensions
            .of(Dialect::Chat)
            .map(|left| &*left.key)
            .collect();
        assert_eq!(left, ["b"]);
        assert!(extensions.get(Dialect::Claude, "a").is_some());
    }
}
