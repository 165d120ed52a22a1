//! Writing JSON straight into a buffer.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem;

use super::scan::next_special;
use super::{RawJson, Str};
use crate::body::{Draft, LONG, View};

/// Appends JSON to a caller's buffer. Commas are put by looking at what was written last.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    /// Where long texts are noted instead of copied. Such a body is read as a whole: nobody splits its lines.
    views: Option<&'b mut Vec<View>>,
}

impl<'b> Writer<'b> {
    /// A writer at the end of `out`.
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        Self { out, views: None }
    }

    /// A writer of a body for an upstream, which is read as a whole and not line by line.
    pub(crate) fn of_body(draft: &'b mut Draft) -> Self {
        Self {
            out: &mut draft.written,
            views: Some(&mut draft.views),
        }
    }

    fn separate(&mut self) {
        if !matches!(
            self.out.last(),
            None | Some(b'{' | b'[' | b':' | b'\n' | b' ')
        ) {
            self.out.push(b',');
        }
    }

    /// An object; `fill` writes its entries.
    pub fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.separate();
        self.out.push(b'{');
        fill(self);
        self.out.push(b'}');
    }

    /// A list; `fill` writes its items.
    pub fn array(&mut self, fill: impl FnOnce(&mut Self)) {
        self.separate();
        self.out.push(b'[');
        fill(self);
        self.out.push(b']');
    }

    /// A key of ours, which holds nothing that would be escaped; the value must follow.
    pub fn key(&mut self, key: &'static str) {
        debug_assert_eq!(next_special::<true>(key.as_bytes(), 0), key.len());
        // As many as a comma, the quotes and the colon are.
        self.out.reserve(key.len() + 4);
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A key that somebody else has chosen; the value must follow.
    pub fn foreign_key(&mut self, key: &str) {
        self.separate();
        write_string(self.out, key);
        self.out.push(b':');
    }

    /// The same with its value.
    pub fn foreign_field<T: ToJson + ?Sized>(&mut self, key: &str, value: &T) {
        self.foreign_key(key);
        value.write_json(self);
    }

    /// Any value.
    pub fn value<T: ToJson + ?Sized>(&mut self, value: &T) {
        value.write_json(self);
    }

    /// A key with its value.
    pub fn field<T: ToJson + ?Sized>(&mut self, key: &'static str, value: &T) {
        self.key(key);
        value.write_json(self);
    }

    /// A key with its value, or nothing when there is none.
    pub fn field_opt<T: ToJson>(&mut self, key: &'static str, value: Option<&T>) {
        if let Some(value) = value {
            self.field(key, value);
        }
    }

    /// A key with an object that `fill` writes.
    pub fn object_field(&mut self, key: &'static str, fill: impl FnOnce(&mut Self)) {
        self.key(key);
        self.object(fill);
    }

    /// A key with a list that `fill` writes.
    pub fn array_field(&mut self, key: &'static str, fill: impl FnOnce(&mut Self)) {
        self.key(key);
        self.array(fill);
    }

    /// A key with `null`.
    pub fn null_field(&mut self, key: &'static str) {
        self.key(key);
        self.verbatim("null");
    }

    /// Text that is one JSON value already.
    pub(crate) fn verbatim(&mut self, json: &str) {
        self.separate();
        self.out.extend_from_slice(json.as_bytes());
    }

    /// Text that is one JSON value already and that may be long.
    fn raw(&mut self, json: &Bytes) {
        self.separate();
        match &json[..] {
            // What was written last is looked at for the next comma, so the ends are written.
            [first, .., last] if self.keeps(json) => {
                self.out.push(*first);
                self.keep(json.slice(1..json.len() - 1));
                self.out.push(*last);
            }
            _ => self.out.extend_from_slice(json),
        }
    }

    /// A string that begins with `before` and goes on with `text`, which may be long.
    pub(crate) fn joined(&mut self, before: &str, text: &Str) {
        self.separate();
        self.out.push(b'"');
        write_inside(self.out, before);
        self.inside(text);
        self.out.push(b'"');
    }

    /// What stands between the quotes of a text.
    fn inside(&mut self, text: &Str) {
        let is_body = self.views.is_some();
        match text.spelling() {
            Some(spelling) if is_body || !breaks_lines(spelling) => self.spelling(spelling),
            None if is_body && text.len() >= LONG && is_plain(text) => {
                self.spelling(text.as_bytes());
            }
            _ => write_inside(self.out, text),
        }
    }

    fn spelling(&mut self, spelling: &Bytes) {
        if self.keeps(spelling) {
            self.keep(spelling.clone());
        } else {
            self.out.reserve(spelling.len() + 1);
            self.out.extend_from_slice(spelling);
        }
    }

    fn keeps(&self, bytes: &Bytes) -> bool {
        bytes.len() >= LONG && self.views.is_some()
    }

    fn keep(&mut self, bytes: Bytes) {
        let at = self.out.len();
        if let Some(views) = &mut self.views {
            views.push(View { at, bytes });
        }
    }

    /// The entries of a JSON object with nothing around it, within an object.
    pub(crate) fn entries(&mut self, object: &RawJson) {
        let inside = object.as_str().strip_prefix('{');
        let inside = inside.and_then(|rest| rest.strip_suffix('}'));
        if let Some(entries @ [_, ..]) = inside.map(str::as_bytes) {
            self.separate();
            self.out.extend_from_slice(entries);
        }
    }
}

/// A value that knows its JSON form.
pub trait ToJson {
    /// Writes the value.
    fn write_json(&self, writer: &mut Writer<'_>);
}

impl ToJson for str {
    fn write_json(&self, writer: &mut Writer<'_>) {
        writer.separate();
        write_string(writer.out, self);
    }
}

impl ToJson for Str {
    fn write_json(&self, writer: &mut Writer<'_>) {
        writer.separate();
        writer.out.push(b'"');
        writer.inside(self);
        writer.out.push(b'"');
    }
}

impl ToJson for String {
    fn write_json(&self, writer: &mut Writer<'_>) {
        self.as_str().write_json(writer);
    }
}

impl ToJson for Cow<'_, str> {
    fn write_json(&self, writer: &mut Writer<'_>) {
        (**self).write_json(writer);
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write_json(&self, writer: &mut Writer<'_>) {
        (**self).write_json(writer);
    }
}

impl ToJson for RawJson {
    fn write_json(&self, writer: &mut Writer<'_>) {
        writer.raw(self.as_bytes());
    }
}

impl ToJson for bool {
    fn write_json(&self, writer: &mut Writer<'_>) {
        writer.verbatim(if *self { "true" } else { "false" });
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl ToJson for $integer {
            fn write_json(&self, writer: &mut Writer<'_>) {
                writer.verbatim(itoa::Buffer::new().format(*self));
            }
        }
    )*};
}
integers!(u32, u64, i64, usize);

impl ToJson for f64 {
    /// Whole numbers are written without a fraction, values that JSON cannot hold as `null`.
    fn write_json(&self, writer: &mut Writer<'_>) {
        if self.fract() == 0.0 && self.abs() < 9_007_199_254_740_992.0 {
            (*self as i64).write_json(writer);
        } else if self.is_finite() {
            writer.verbatim(zmij::Buffer::new().format_finite(*self));
        } else {
            writer.verbatim("null");
        }
    }
}

/// Whether nothing in a text must be escaped.
fn is_plain(text: &str) -> bool {
    next_special::<false>(text.as_bytes(), 0) == text.len()
}

/// Whether U+2028 or U+2029 stands in a spelling (`clients.md` 2.7).
fn breaks_lines(spelling: &[u8]) -> bool {
    static BEGIN: LazyLock<memmem::Finder<'_>> = LazyLock::new(|| memmem::Finder::new(b"\xe2\x80"));
    BEGIN
        .find_iter(spelling)
        .any(|at| matches!(spelling.get(at + 2), Some(0xa8 | 0xa9)))
}

/// Appends `text` as a JSON string. U+2028 and U+2029 are escaped, since at least one client's line
/// splitter breaks on them (`clients.md` 2.7).
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    write_inside(out, text);
    out.push(b'"');
}

/// The same without its quotes.
fn write_inside(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    match next_special::<true>(bytes, 0) {
        // Keys and most values.
        at if at == bytes.len() => out.extend_from_slice(bytes),
        at => write_escaped(out, bytes, at),
    }
}

/// Appends a text whose first special byte is at `at`.
fn write_escaped(out: &mut Vec<u8>, bytes: &[u8], mut at: usize) {
    let mut clean = 0;
    while at < bytes.len() {
        match escape_at(bytes, at) {
            None => at += 1,
            Some((length, escape)) => {
                out.extend_from_slice(&bytes[clean..at]);
                out.extend_from_slice(escape.as_bytes());
                at += length;
                clean = at;
            }
        }
        at = next_special::<true>(bytes, at);
    }
    out.extend_from_slice(&bytes[clean..]);
}

/// What must be written instead of the bytes at `at`, and how many they are.
fn escape_at(bytes: &[u8], at: usize) -> Option<(usize, Cow<'static, str>)> {
    let fixed = |text: &'static str| Some((1, Cow::Borrowed(text)));
    match bytes[at] {
        b'"' => fixed("\\\""),
        b'\\' => fixed("\\\\"),
        b'\n' => fixed("\\n"),
        b'\r' => fixed("\\r"),
        b'\t' => fixed("\\t"),
        8 => fixed("\\b"),
        12 => fixed("\\f"),
        control @ 0..0x20 => Some((1, Cow::Owned(format!("\\u{control:04x}")))),
        0xe2 if bytes[at..].starts_with("\u{2028}".as_bytes()) => {
            Some((3, Cow::Borrowed("\\u2028")))
        }
        0xe2 if bytes[at..].starts_with("\u{2029}".as_bytes()) => {
            Some((3, Cow::Borrowed("\\u2029")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
