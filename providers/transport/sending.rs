//! A request's body on its way out.

use std::io::IoSlice;

use bytes::{Buf, Bytes};
use http_body_util::Full;
use modelgate_dialects::Body;

/// The rest of a body that is being sent. A connection takes many of its pieces at once, so that they are never put together.
#[derive(Debug)]
pub(crate) struct Sending {
    body: Body,
    /// The piece that is next, and how much of it is gone.
    piece: usize,
    gone: usize,
    left: usize,
}

impl Sending {
    /// A whole body.
    pub(super) fn of(body: Body) -> Full<Self> {
        Full::new(Self {
            left: body.len(),
            body,
            piece: 0,
            gone: 0,
        })
    }

    fn rest(&self) -> &[Bytes] {
        self.body.pieces().get(self.piece..).unwrap_or_default()
    }
}

impl Buf for Sending {
    fn remaining(&self) -> usize {
        self.left
    }

    fn chunk(&self) -> &[u8] {
        self.rest().first().map_or(&[], |piece| &piece[self.gone..])
    }

    fn chunks_vectored<'a>(&'a self, out: &mut [IoSlice<'a>]) -> usize {
        let mut gone = self.gone;
        let mut count = 0;
        for (slot, piece) in out.iter_mut().zip(self.rest()) {
            *slot = IoSlice::new(&piece[gone..]);
            gone = 0;
            count += 1;
        }
        count
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.left, "a body has no more than its length");
        self.left -= count;
        while let Some(piece) = self.rest().first() {
            let rest = piece.len() - self.gone;
            if count < rest {
                self.gone += count;
                return;
            }
            count -= rest;
            self.piece += 1;
            self.gone = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sending(pieces: &[&'static str]) -> Sending {
        let pieces = pieces
            .iter()
            .map(|piece| Bytes::from_static(piece.as_bytes()));
        let body: Body = pieces.collect();
        Sending {
            left: body.len(),
            body,
            piece: 0,
            gone: 0,
        }
    }

    #[test]
    fn a_body_goes_out_in_steps_of_any_size() {
        for step in 1..=9 {
            let mut sending = sending(&["ab", "", "cdefg", "h", "i"]);
            let mut sent = Vec::new();
            while sending.has_remaining() {
                assert_eq!(sending.remaining(), 9 - sent.len());
                let mut slices = [IoSlice::new(&[]); 4];
                let count = sending.chunks_vectored(&mut slices);
                let seen: Vec<u8> = slices[..count]
                    .iter()
                    .flat_map(|it| it.iter())
                    .copied()
                    .collect();
                assert_eq!(seen, b"abcdefghi"[sent.len()..], "{step}");
                assert_eq!(sending.chunk(), &*slices[0]);
                let step = step.min(seen.len());
                sent.extend_from_slice(&seen[..step]);
                sending.advance(step);
            }
            assert_eq!(sent, b"abcdefghi");
            assert_eq!(sending.chunk(), b"");
            assert_eq!(sending.chunks_vectored(&mut [IoSlice::new(&[])]), 0);
        }
    }

    #[test]
    fn no_more_is_told_than_there_is_room_for() {
        let sending = sending(&["ab", "cd", "ef"]);
        let mut slices = [IoSlice::new(&[]); 2];
        assert_eq!(sending.chunks_vectored(&mut slices), 2);
        assert_eq!(&*slices[1], b"cd");
    }

    #[test]
    #[should_panic(expected = "no more than its length")]
    fn nothing_is_left_out() {
        sending(&["ab"]).advance(3);
    }
}
