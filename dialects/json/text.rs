//! Text of the wire.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::Utf8Error;
use std::sync::{Arc, LazyLock, OnceLock, atomic};

use bytes::Bytes;
use bytestring::ByteString;
use memchr::memmem;

use super::value::unescape;

/// Text that is a view into the bytes it was read from.
///
/// A long string of a [`Document`](super::Document) is taken as it is spelt there. Its escapes are undone when somebody
/// looks into it; where it is only written into another document, which is what happens to nearly all of a conversation,
/// its spelling goes there.
#[derive(Clone)]
pub struct Str(Repr);

#[derive(Clone)]
enum Repr {
    Plain(ByteString),
    Spelt(Arc<Spelt>),
}

/// A string between its quotes.
struct Spelt {
    source: Bytes,
    text: OnceLock<ByteString>,
    /// Told when the string turns out to be none.
    spoiled: Arc<atomic::AtomicBool>,
}

impl Spelt {
    fn text(&self) -> &ByteString {
        self.text.get_or_init(|| {
            read(&self.source).unwrap_or_else(|| {
                self.spoiled.store(true, atomic::Ordering::Relaxed);
                ByteString::new()
            })
        })
    }
}

/// The text of a string; `None` when it has a wrong escape or is not UTF-8.
fn read(source: &Bytes) -> Option<ByteString> {
    let text = ByteString::try_from(source.clone()).ok()?;
    if memchr::memchr(b'\\', source).is_none() {
        return Some(text);
    }
    unescape(&text).map(ByteString::from)
}

impl Str {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::Plain(ByteString::new()))
    }

    /// A constant.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Plain(ByteString::from_static(text)))
    }

    /// The string that is spelt `source` between its quotes; not empty. `spoiled` is set when it turns out to be none.
    pub(super) fn spelt(source: Bytes, spoiled: &Arc<atomic::AtomicBool>) -> Self {
        Self(Repr::Spelt(Arc::new(Spelt {
            source,
            text: OnceLock::new(),
            spoiled: Arc::clone(spoiled),
        })))
    }

    /// Whether there is no text; does not look into it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::Plain(text) => text.is_empty(),
            Repr::Spelt(spelt) => spelt.source.is_empty(),
        }
    }

    /// Whether there is nothing but white space; decodes the text only where its spelling does not tell.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        let spelt = match &self.0 {
            Repr::Plain(_) => None,
            Repr::Spelt(spelt) => spelling_is_blank(&spelt.source),
        };
        spelt.unwrap_or_else(|| self.trim().is_empty())
    }

    /// Whether the text begins with `prefix`, in which is no backslash; decodes it only where its spelling does not tell.
    pub(crate) fn begins_with(&self, prefix: &str) -> bool {
        if let Repr::Spelt(spelt) = &self.0 {
            let same = spelt.source.iter().zip(prefix.as_bytes());
            match same.take_while(|(own, wanted)| own == wanted).count() {
                whole if whole == prefix.len() => return true,
                // Behind an escape anything may follow.
                at if spelt.source.get(at).is_some_and(|other| *other != b'\\') => return false,
                _ => {}
            }
        }
        self.starts_with(prefix)
    }

    fn plain(&self) -> &ByteString {
        match &self.0 {
            Repr::Plain(text) => text,
            Repr::Spelt(spelt) => spelt.text(),
        }
    }

    /// The text as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        self.plain().as_bytes()
    }

    /// The text as bytes that outlive it.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Repr::Plain(text) => text.into_bytes(),
            Repr::Spelt(spelt) => spelt.text().as_bytes().clone(),
        }
    }

    /// A part of this text, as a view into the same bytes.
    ///
    /// # Panics
    /// When `part` is no part of this text.
    #[must_use]
    pub fn slice_ref(&self, part: &str) -> Self {
        Self(Repr::Plain(self.plain().slice_ref(part)))
    }

    /// A copy of the beginning, of at most so many bytes, that does not keep the body alive which the text was read from: for
    /// whatever outlives a request.
    #[must_use]
    pub fn excerpt(&self, bytes: usize) -> Self {
        let mut ends = (0..=bytes.min(self.len())).rev();
        let end = ends.find(|end| self.is_char_boundary(*end));
        Self::from(&self[..end.unwrap_or_default()])
    }

    /// The spelling of the text, if it means the same in any document: an escape may be half a character.
    pub(super) fn spelling(&self) -> Option<&Bytes> {
        match &self.0 {
            Repr::Spelt(spelt) if units_are_whole(&spelt.source) => Some(&spelt.source),
            Repr::Spelt(_) | Repr::Plain(_) => None,
        }
    }
}

impl Default for Str {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Str {
    type Target = str;

    fn deref(&self) -> &str {
        self.plain()
    }
}

impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Str {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self(Repr::Plain(ByteString::from(text)))
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self(Repr::Plain(ByteString::from(text)))
    }
}

impl TryFrom<Bytes> for Str {
    type Error = Utf8Error;

    fn try_from(bytes: Bytes) -> Result<Self, Utf8Error> {
        ByteString::try_from(bytes).map(|text| Self(Repr::Plain(text)))
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Str {}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<Str> for str {
    fn eq(&self, other: &Str) -> bool {
        *self == **other
    }
}

impl PartialEq<Str> for &str {
    fn eq(&self, other: &Str) -> bool {
        **self == **other
    }
}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// Whether no `\uXXXX` in a spelling is half a character without its other half. False also where that would take a closer
/// look.
fn units_are_whole(spelling: &[u8]) -> bool {
    static UNIT: LazyLock<memmem::Finder<'_>> = LazyLock::new(|| memmem::Finder::new(b"\\u"));
    let mut rest = spelling;
    while let Some(at) = UNIT.find(rest) {
        let (before, digits) = (&rest[..at], &rest[at + 2..]);
        rest = match half(digits) {
            None => digits,
            // A backslash before it may make it plain text.
            Some(Half::First) if !before.ends_with(b"\\") => {
                let next = digits.get(4..).and_then(|rest| rest.strip_prefix(b"\\u"));
                match next {
                    Some(next) if half(next) == Some(Half::Second) => next,
                    _ => return false,
                }
            }
            Some(_) => return false,
        };
    }
    true
}

/// Half of a character.
#[derive(Debug, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// Which half the code unit is whose digits these are.
fn half(digits: &[u8]) -> Option<Half> {
    match digits {
        [b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => Some(Half::First),
        [b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..] => Some(Half::Second),
        _ => None,
    }
}

/// Whether the spelling of a text amounts to white space; `None` at a character that has to be decoded first.
fn spelling_is_blank(mut spelling: &[u8]) -> Option<bool> {
    loop {
        spelling = match spelling {
            [] => return Some(true),
            [b' ', rest @ ..] | [b'\\', b'n' | b'r' | b't' | b'f', rest @ ..] => rest,
            [b'\\', b'u', ..] => return None,
            [first, ..] if first.is_ascii_graphic() => return Some(false),
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests;
