//! What a request asks for, found without parsing it.

use hyper::body::{Body, Incoming};
use memchr::memmem;
use std::future::poll_fn;
use std::pin::Pin;

use crate::wire::{MODEL_HELD, MODEL_PAUSED};

/// How much of each end of a body is looked at. A translated body may name its model last.
const WINDOW: usize = 2048;

/// How a stream is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// All chunks as fast as the socket takes them.
    AtOnce,
    /// One chunk, a pause, then all the others.
    Paused,
    /// One chunk, then silence until the client leaves.
    Held,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) stream: bool,
    pub(super) manner: Manner,
}

impl Asked {
    /// Reads the whole body, keeping only its two ends.
    pub(super) async fn read(mut body: Incoming) -> Result<Self, hyper::Error> {
        let mut ends = Ends::default();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            if let Ok(data) = frame?.into_data() {
                ends.push(&data);
            }
        }
        Ok(Self::from_ends(&ends))
    }

    fn from_ends(ends: &Ends) -> Self {
        let has = |needle: &str| {
            [&ends.head, &ends.tail]
                .iter()
                .any(|end| memmem::find(end, needle.as_bytes()).is_some())
        };
        let manner = if has(MODEL_HELD) {
            Manner::Held
        } else if has(MODEL_PAUSED) {
            Manner::Paused
        } else {
            Manner::AtOnce
        };
        Self {
            stream: has("\"stream\":true") || has("\"stream\": true"),
            manner,
        }
    }
}

/// The first bytes of a body and its last ones.
#[derive(Debug, Default)]
struct Ends {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Ends {
    fn push(&mut self, data: &[u8]) {
        let wanted = WINDOW.saturating_sub(self.head.len()).min(data.len());
        let (head, rest) = data.split_at(wanted);
        self.head.extend_from_slice(head);
        self.tail
            .extend_from_slice(&rest[rest.len().saturating_sub(WINDOW)..]);
        let surplus = self.tail.len().saturating_sub(WINDOW);
        self.tail.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chunks: &[&[u8]], stream: bool, manner: Manner) {
        let mut ends = Ends::default();
        for chunk in chunks {
            ends.push(chunk);
        }
        assert_eq!(Asked::from_ends(&ends), Asked { stream, manner });
    }

    #[test]
    fn model_and_stream_are_found_at_either_end_and_across_chunks() {
        let filler = [b'x'; 10_000];
        check(&[b"{\"model\":\"bench-model\"}"], false, Manner::AtOnce);
        check(
            &[b"{\"model\":\"bench-mo", b"del-held\",\"stream\":true"],
            true,
            Manner::Held,
        );
        check(
            &[
                b"{",
                &filler,
                b"\"stream\":true,\"model\":\"bench-mo",
                b"del-paused\"}",
            ],
            true,
            Manner::Paused,
        );
        check(
            &[&filler, b"\"stream\":true", &filler],
            false,
            Manner::AtOnce,
        );
    }
}
