//! A request's body for an upstream, in one piece or in several.
//!
//! Most of a long request are texts that stand in the client's own body just as the upstream is to read them. They are not
//! copied: the body is what was written for the upstream, and between that views into the client's bytes.

use std::slice;
use std::sync::Arc;

use bytes::Bytes;

use crate::buffer::Buffer;

/// Shorter texts are copied, in bytes: to keep a view of them would cost more.
pub(crate) const LONG: usize = 1024;

/// A body; its copies share its bytes.
#[derive(Debug, Clone)]
pub struct Body(Form);

#[derive(Debug, Clone)]
enum Form {
    Whole(Bytes),
    Pieces(Arc<Pieces>),
}

#[derive(Debug)]
struct Pieces {
    list: Vec<Bytes>,
    len: usize,
}

impl Body {
    /// Bytes of all pieces.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Whole(bytes) => bytes.len(),
            Form::Pieces(pieces) => pieces.len,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it consists of, one after the other.
    #[must_use]
    pub fn pieces(&self) -> &[Bytes] {
        match &self.0 {
            Form::Whole(bytes) => slice::from_ref(bytes),
            Form::Pieces(pieces) => &pieces.list,
        }
    }

    /// In one piece, for whoever has to read it; copies what is in several.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match &self.0 {
            Form::Whole(bytes) => bytes.clone(),
            Form::Pieces(pieces) => {
                let mut whole = Buffer::with_capacity(pieces.len);
                for piece in &pieces.list {
                    whole.extend_from_slice(piece);
                }
                whole.freeze()
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Form::Whole(bytes))
    }
}

impl FromIterator<Bytes> for Body {
    fn from_iter<T: IntoIterator<Item = Bytes>>(pieces: T) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        let list: Vec<Bytes> = pieces.collect();
        let len = list.iter().map(Bytes::len).sum();
        Self(Form::Pieces(Arc::new(Pieces { list, len })))
    }
}

/// A body that is being written.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) written: Buffer,
    pub(crate) views: Vec<View>,
}

/// Bytes that belong before the byte at `at` of what was written.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) at: usize,
    pub(crate) bytes: Bytes,
}

impl Draft {
    /// An empty one; if nothing is a view, `capacity` bytes can be written before it grows.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            written: Buffer::with_capacity(capacity),
            views: Vec::new(),
        }
    }

    /// Adds bytes as they are.
    pub(crate) fn add(&mut self, bytes: Bytes) {
        if bytes.len() < LONG {
            self.written.extend_from_slice(&bytes);
        } else {
            let at = self.written.len();
            self.views.push(View { at, bytes });
        }
    }

    /// What was written.
    pub(crate) fn finish(self) -> Body {
        let written = self.written.freeze();
        if self.views.is_empty() {
            return Body::from(written);
        }
        let begins = std::iter::once(0).chain(self.views.iter().map(|view| view.at));
        let ends = self.views.iter().map(|view| view.at);
        let ends = ends.chain([written.len()]);
        let own: Vec<Bytes> = begins.zip(ends).map(|(a, b)| written.slice(a..b)).collect();
        let mut views = self.views.into_iter().map(|view| view.bytes);
        own.into_iter()
            .flat_map(|own| std::iter::once(own).chain(views.next()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Str;
    use crate::json::{Document, RawJson, Writer};

    fn text(document: &Document, key: &str) -> Str {
        document.root().text_of(key).unwrap()
    }

    #[test]
    fn long_texts_and_values_are_not_copied() {
        let line = r#"say \"grüße\" \u00fc \ud83d\ude00\n"#.repeat(LONG);
        let plain = "abc".repeat(LONG);
        let client = format!(r#"{{"a":"{line}","b":"short","c":[1,"{plain}"],"d":"{plain}"}}"#);
        let client = Bytes::from(client);
        let document = Document::outline(client.clone()).unwrap();
        let mut draft = Draft::with_capacity(client.len());
        Writer::of_body(&mut draft).object(|writer| {
            writer.field("text", &text(&document, "a"));
            writer.field("list", &document.root().get("c").unwrap().raw());
            writer.field("short", &text(&document, "b"));
            writer.field("plain", &text(&document, "d"));
            writer.key("joined");
            writer.joined("data:\"x\",", &text(&document, "d"));
            writer.array_field("own", |writer| {
                writer.value(&Str::from(plain.clone()));
                writer.value(&RawJson::build(|writer| writer.value(&plain)));
                writer.value(&7u32);
            });
        });
        let body = draft.finish();
        assert_eq!(
            body.to_bytes(),
            format!(
                r#"{{"text":"{line}","list":[1,"{plain}"],"short":"short","plain":"{plain}","joined":"data:\"x\",{plain}","own":["{plain}","{plain}",7]}}"#
            )
        );
        assert_eq!(body.len(), body.to_bytes().len());
        let range = client.as_ptr_range();
        let views = body.pieces().iter();
        let views = views.filter(|piece| range.contains(&piece.as_ptr()));
        assert_eq!(views.count(), 4);
        assert_eq!(body.pieces().len(), 13);
    }

    #[test]
    fn what_is_short_is_one_piece() {
        let mut draft = Draft::with_capacity(64);
        Writer::of_body(&mut draft).object(|writer| writer.field("a", &Str::from("b")));
        let body = draft.finish();
        assert_eq!(body.pieces(), [Bytes::from_static(br#"{"a":"b"}"#)]);
        assert!(!body.is_empty() && Body::from(Bytes::new()).is_empty());
    }
}
