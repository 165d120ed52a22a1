//! Reading a validated document.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::Ordering;

use memchr::{memchr, memchr2};

use super::parse::{Document, LONG, Node};
use super::raw::RawJson;
use super::scan::next_special;
use super::{Str, Writer};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// Any number; its text is kept.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// An object; keys keep their order.
    Object,
}

/// One value of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Value<'d> {
    document: &'d Document,
    at: u32,
}

impl<'d> Value<'d> {
    pub(super) fn new(document: &'d Document, at: u32) -> Self {
        Self { document, at }
    }

    #[inline]
    fn node(self) -> Node {
        let node = self.document.nodes.get(self.at as usize).copied();
        // A document without a text.
        node.unwrap_or(Node {
            start: 0,
            end: 0,
            next: 0,
            kind: Kind::Null,
            escaped: false,
        })
    }

    /// The exact text of the value; empty where an outline holds bytes that are not UTF-8.
    #[must_use]
    pub fn source(self) -> &'d str {
        let text = std::str::from_utf8(self.source_bytes()).ok();
        self.document.readable(text).unwrap_or_default()
    }

    /// The exact bytes of the value.
    #[must_use]
    pub fn source_bytes(self) -> &'d [u8] {
        &self.document.bytes[self.span()]
    }

    /// Byte range of the value in the document's text.
    #[must_use]
    pub fn span(self) -> Range<usize> {
        let node = self.node();
        node.start as usize..node.end as usize
    }

    /// What the value is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// Whether the value is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Whether the value is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// Whether the value is a list.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// The exact text of the value, as a view that outlives the document.
    #[must_use]
    pub fn raw(self) -> RawJson {
        let text = Str::try_from(self.document.bytes.slice(self.span())).ok();
        let text = self.document.readable(text);
        let text = text.filter(|text| !text.is_empty());
        let text = text.unwrap_or_else(|| Str::from_static("null"));
        RawJson::part(text, &self.document.spoiled)
    }

    /// The value of `true` or `false`.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.source() == "true")
    }

    /// A whole, non-negative number; `5.0` and `5e0` count as `5`.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        if self.kind() != Kind::Number {
            return None;
        }
        self.source().parse().ok().or_else(|| {
            let number = self.as_f64()?;
            // Beyond 2^53 a float no longer names one integer.
            ((0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0)
                .then_some(number as u64)
        })
    }

    /// A whole number; `-1.0` counts as `-1`.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        if self.kind() != Kind::Number {
            return None;
        }
        self.source().parse().ok().or_else(|| {
            let number = self.as_f64()?;
            (number.abs() <= 9_007_199_254_740_992.0 && number.fract() == 0.0)
                .then_some(number as i64)
        })
    }

    /// Any number that is finite as a float.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        if self.kind() != Kind::Number {
            return None;
        }
        self.source()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
    }

    /// A string without its escapes. Surrogates without a partner become U+FFFD.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        self.document.string(self.node())
    }

    /// A string, as a view that outlives the document.
    #[must_use]
    pub fn text(self) -> Option<Str> {
        let node = self.node();
        if node.kind != Kind::String {
            return None;
        }
        let bytes = self.document.bytes.slice(node.spelling());
        if node.escaped && bytes.len() > LONG {
            return Some(Str::spelt(bytes, &self.document.spoiled));
        }
        let text = Str::try_from(bytes).ok();
        self.document.readable(text.and_then(|text| {
            if node.escaped {
                return unescape(&text).map(Str::from);
            }
            Some(text)
        }))
    }

    /// The items of a list; nothing for other kinds.
    pub fn items(self) -> impl Iterator<Item = Value<'d>> {
        let Range { start: mut at, end } = self.nodes_inside(Kind::Array);
        let document = self.document;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let value = Value::new(document, at);
                at = value.node().next;
                value
            })
        })
    }

    /// The entries of an object in their order, repeated keys included; nothing for other kinds.
    pub fn entries(self) -> impl Iterator<Item = (Cow<'d, str>, Value<'d>)> {
        let pairs = self.pairs();
        pairs.map(|(key, value)| (key.as_str().unwrap_or_default(), value))
    }

    /// The entries whose keys are none of `known`, in their order.
    pub(crate) fn rest(self, known: &[&str]) -> impl Iterator<Item = (Cow<'d, str>, Value<'d>)> {
        let pairs = self.pairs();
        pairs
            .filter(|(key, _)| !known.iter().any(|known| key.is(known)))
            .map(|(key, value)| (key.as_str().unwrap_or_default(), value))
    }

    /// Where the keys and the values of an object stand; nothing for other kinds.
    pub(super) fn spans(self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let span = |node: Node| node.start as usize..node.end as usize;
        let pairs = self.pairs();
        pairs.map(move |(key, value)| (span(key.node), value.span()))
    }

    /// The keys and the values of an object; nothing for other kinds.
    fn pairs(self) -> impl Iterator<Item = (Key<'d>, Value<'d>)> {
        let Range { start: mut at, end } = self.nodes_inside(Kind::Object);
        let document = self.document;
        std::iter::from_fn(move || {
            // A key is one node.
            let [node, value] = *document.nodes[..end as usize]
                .get(at as usize..)?
                .first_chunk()?;
            let pair = (Key { document, node }, Value::new(document, at + 1));
            at = value.next;
            Some(pair)
        })
    }

    /// The nodes inside of a container of this kind; none for other kinds.
    fn nodes_inside(self, kind: Kind) -> Range<u32> {
        let node = self.node();
        match node.kind == kind {
            true => self.at + 1..node.next,
            false => 0..0,
        }
    }

    /// The value of a key; the last one where a key is repeated.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Value<'d>> {
        let mut found = None;
        self.look(
            |length| length == key.len(),
            |name, value| {
                if name.is(key) {
                    found = Some(value);
                }
            },
        );
        found
    }

    /// The values of several keys, each as by [`Value::field`], in one pass.
    pub(crate) fn fields<const N: usize>(self, keys: [&str; N]) -> [Option<Value<'d>>; N] {
        self.fields_beside(keys, |_, _| ())
    }

    /// The values of an object that has all of these keys and no other.
    pub(crate) fn exactly<const N: usize>(self, keys: [&str; N]) -> Option<[Value<'d>; N]> {
        let mut others = false;
        let found = self.fields_beside(keys, |_, _| others = true);
        let mut values = [self; N];
        for (value, found) in values.iter_mut().zip(found) {
            *value = found.filter(|_| !others)?;
        }
        Some(values)
    }

    /// The values of several keys, each as by [`Value::field`], in one pass; `other` is shown every other entry.
    pub(crate) fn fields_beside<const N: usize>(
        self,
        keys: [&str; N],
        mut other: impl FnMut(Key<'d>, Value<'d>),
    ) -> [Option<Value<'d>>; N] {
        let mut found = [None; N];
        for (key, value) in self.pairs() {
            let name = key.spelling();
            match keys.iter().position(|key| key.as_bytes() == &*name) {
                Some(place) => found[place] = (!value.is_null()).then_some(value),
                None => other(key, value),
            }
        }
        found
    }

    /// As [`Value::field`]; where there is no such key, the last one that is longer and that is `alike`, as bytes.
    pub(crate) fn field_or(self, key: &str, alike: impl Fn(&[u8]) -> bool) -> Option<Value<'d>> {
        let (mut found, mut other) = (None, None);
        self.look(
            |length| length >= key.len(),
            |name, value| {
                if name.is(key) {
                    found = Some(value);
                } else if !value.is_null() && alike(&name.spelling()) {
                    other = Some(value);
                }
            },
        );
        found.filter(|value| !value.is_null()).or(other)
    }

    /// Looks at the entries whose keys have lengths that fit, and at those whose lengths are not known. Reading a document is
    /// mostly this, and nearly all keys are told from the one that is looked for by their lengths.
    #[inline]
    fn look(self, fits: impl Fn(usize) -> bool, mut visit: impl FnMut(Key<'d>, Value<'d>)) {
        let document = self.document;
        let Range { start: mut at, end } = self.nodes_inside(Kind::Object);
        let nodes = &document.nodes[..end as usize];
        while let Some(&[node, value]) = nodes.get(at as usize..).and_then(<[Node]>::first_chunk) {
            if node.escaped || fits((node.end - node.start) as usize - 2) {
                visit(Key { document, node }, Value::new(document, at + 1));
            }
            at = value.next;
        }
    }

    /// As [`Value::get`], with `null` counted as absent.
    #[must_use]
    pub fn field(self, key: &str) -> Option<Value<'d>> {
        self.get(key).filter(|value| !value.is_null())
    }

    /// The string of a key.
    #[must_use]
    pub fn text_of(self, key: &str) -> Option<Str> {
        self.field(key)?.text()
    }

    /// Writes the value without insignificant white space; numbers and escapes keep their spelling.
    pub fn write_compact(self, writer: &mut Writer<'_>) {
        match self.kind() {
            Kind::Array => {
                writer.array(|writer| self.items().for_each(|item| item.write_compact(writer)));
            }
            Kind::Object => writer.object(|writer| {
                for (key, value) in self.entries() {
                    writer.foreign_key(&key);
                    value.write_compact(writer);
                }
            }),
            // Only an outline has such.
            Kind::String if memchr2(b'\n', b'\r', self.source_bytes()).is_some() => {
                writer.value(&self.as_str().unwrap_or_default());
            }
            _ => writer.verbatim(self.source()),
        }
    }
}

/// A key of an object.
#[derive(Clone, Copy)]
pub(crate) struct Key<'d> {
    document: &'d Document,
    node: Node,
}

impl<'d> Key<'d> {
    pub(crate) fn as_str(self) -> Option<Cow<'d, str>> {
        self.document.string(self.node)
    }

    fn is(self, text: &str) -> bool {
        if self.node.escaped {
            return self.as_str().is_some_and(|own| own == text);
        }
        let own = &self.document.bytes[self.node.spelling()];
        // Keys of one length mostly begin differently.
        own.first() == text.as_bytes().first() && own == text.as_bytes()
    }

    /// Its bytes, without escapes.
    pub(crate) fn spelling(self) -> Cow<'d, [u8]> {
        if !self.node.escaped {
            return Cow::Borrowed(&self.document.bytes[self.node.spelling()]);
        }
        match self.as_str().unwrap_or_default() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }
}

impl Document {
    /// The text of a string; `None` for other kinds.
    fn string(&self, node: Node) -> Option<Cow<'_, str>> {
        if node.kind != Kind::String {
            return None;
        }
        let bytes = &self.bytes[node.spelling()];
        let text = std::str::from_utf8(bytes).ok();
        self.readable(text.and_then(|text| {
            if node.escaped && memchr(b'\\', bytes).is_some() {
                return unescape(text).map(Cow::Owned);
            }
            Some(Cow::Borrowed(text))
        }))
    }

    /// What was read, if it could be: only an outline has strings that cannot.
    fn readable<T>(&self, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.spoiled.store(true, Ordering::Relaxed);
        }
        read
    }
}

/// The text without its escapes; `None` when one is unknown, which only an outline can hold.
pub(super) fn unescape(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut clean = 0;
    loop {
        let at = next_special::<false>(bytes, clean);
        out.push_str(&text[clean..at]);
        if at == bytes.len() {
            return Some(out);
        }
        if bytes[at] != b'\\' {
            return None;
        }
        clean = at + 2;
        out.push(match bytes.get(at + 1)? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            plain @ (b'"' | b'\\' | b'/') => char::from(*plain),
            b'u' => {
                let after = unescape_unicode(&text[clean..], &mut out)?;
                clean = text.len() - after.len();
                continue;
            }
            _ => return None,
        });
    }
}

/// Reads the digits after `\u`, and the partner of a leading surrogate; returns what follows.
fn unescape_unicode<'t>(rest: &'t str, out: &mut String) -> Option<&'t str> {
    let (first, after) = unit(rest)?;
    if (0xd800..0xdc00).contains(&first)
        && let Some((low, after)) = after.strip_prefix("\\u").and_then(unit)
        && (0xdc00..0xe000).contains(&low)
    {
        let scalar = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        out.push(char::from_u32(scalar).unwrap_or('\u{fffd}'));
        return Some(after);
    }
    out.push(char::from_u32(first).unwrap_or('\u{fffd}'));
    Some(after)
}

/// Four hexadecimal digits and what follows them.
fn unit(text: &str) -> Option<(u32, &str)> {
    let (digits, after) = text.split_at_checked(4)?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let unit = u32::from_str_radix(digits, 16).ok()?;
    hexadecimal.then_some((unit, after))
}

#[cfg(test)]
mod tests;
