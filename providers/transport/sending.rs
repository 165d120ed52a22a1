//! A request's body on its way out.

use std::io::IoSlice;

use bytes::{Buf, Bytes};
use http_body_util::Full;
use modelgate_dialects::Body;

/// The rest of a body that is being sent. A connection takes many of its pieces at once, so that they are never put together.
#[derive(Debug)]
pub(crate) enum Sending {
    /// What is in one piece, as most are: it is handed on often, so it is kept small.
    Whole(Bytes),
    Pieces(Box<Rest>),
}

/// What is left of a body in several pieces.
#[derive(Debug)]
pub(crate) struct Rest {
    body: Body,
    /// The piece that is next, and how much of it is gone.
    piece: usize,
    gone: usize,
    left: usize,
}

impl Sending {
    /// A body for a request.
    pub(super) fn of(body: Body) -> Full<Self> {
        Full::new(Self::from(body))
    }
}

impl From<Body> for Sending {
    fn from(body: Body) -> Self {
        match body.pieces() {
            [whole] => Self::Whole(whole.clone()),
            _ => Self::Pieces(Box::new(Rest {
                left: body.len(),
                body,
                piece: 0,
                gone: 0,
            })),
        }
    }
}

impl Buf for Sending {
    fn remaining(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Pieces(rest) => rest.left,
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Pieces(rest) => {
                let first = rest.pieces().first();
                first.map_or(&[], |piece| &piece[rest.gone..])
            }
        }
    }

    fn chunks_vectored<'a>(&'a self, out: &mut [IoSlice<'a>]) -> usize {
        match self {
            Self::Whole(bytes) => bytes.chunks_vectored(out),
            Self::Pieces(rest) => rest.chunks_vectored(out),
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Whole(bytes) => bytes.advance(count),
            Self::Pieces(rest) => rest.advance(count),
        }
    }
}

impl Rest {
    fn pieces(&self) -> &[Bytes] {
        self.body.pieces().get(self.piece..).unwrap_or_default()
    }

    fn chunks_vectored<'a>(&'a self, out: &mut [IoSlice<'a>]) -> usize {
        let mut gone = self.gone;
        let mut count = 0;
        for (slot, piece) in out.iter_mut().zip(self.pieces()) {
            *slot = IoSlice::new(&piece[gone..]);
            gone = 0;
            count += 1;
        }
        count
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.left, "a body has no more than its length");
        self.left -= count;
        while let Some(piece) = self.pieces().first() {
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
        Sending::from(pieces.collect::<Body>())
    }

    #[test]
    fn a_body_goes_out_in_steps_of_any_size() {
        for pieces in [&["ab", "", "cdefg", "h", "i"][..], &["abcdefghi"], &[]] {
            let whole = pieces.concat();
            for step in 1..=9 {
                let mut sending = sending(pieces);
                let mut sent = Vec::new();
                while sending.has_remaining() {
                    assert_eq!(sending.remaining(), whole.len() - sent.len());
                    let mut slices = [IoSlice::new(&[]); 4];
                    let count = sending.chunks_vectored(&mut slices);
                    let seen: Vec<u8> = slices[..count]
                        .iter()
                        .flat_map(|it| it.iter())
                        .copied()
                        .collect();
                    assert_eq!(seen, whole.as_bytes()[sent.len()..], "{step}");
                    assert_eq!(sending.chunk(), &*slices[0]);
                    let step = step.min(seen.len());
                    sent.extend_from_slice(&seen[..step]);
                    sending.advance(step);
                }
                assert_eq!(sent, whole.as_bytes());
                assert_eq!(sending.chunk(), b"");
                assert_eq!(sending.chunks_vectored(&mut [IoSlice::new(&[])]), 0);
            }
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
        sending(&["ab", "c"]).advance(4);
    }
}
