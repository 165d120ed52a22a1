//! The body of an answer: frames made beforehand, and the pace at which they leave.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// Frames of one answer on their way out.
pub(super) struct Reply {
    frames: Arc<[Bytes]>,
    sent: usize,
    pace: Pace,
}

/// When the next frame may leave.
pub(super) enum Pace {
    /// Every frame at once.
    AtOnce,
    /// The first at once, the others after the pause.
    Pause(Pin<Box<Sleep>>),
    /// The first at once, then none until the client leaves.
    Held {
        /// Alive as long as the stream, to be counted.
        _open: OpenGuard,
    },
}

/// Counts one held stream for as long as it is alive.
pub(super) struct OpenGuard(Arc<AtomicUsize>);

impl Reply {
    /// A reply of `frames` at `pace`.
    pub(super) fn new(frames: Arc<[Bytes]>, pace: Pace) -> Self {
        Self {
            frames,
            sent: 0,
            pace,
        }
    }
}

impl Pace {
    /// A pause of this length, counted from now, after the first frame.
    pub(super) fn pause(length: Duration) -> Self {
        Self::Pause(Box::pin(tokio::time::sleep(length)))
    }
}

impl OpenGuard {
    /// Adds one to `open` until it is dropped.
    pub(super) fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let reply = &mut *self;
        let Some(frame) = reply.frames.get(reply.sent) else {
            return Poll::Ready(None);
        };
        if reply.sent > 0 {
            match &mut reply.pace {
                Pace::AtOnce => {}
                Pace::Pause(sleep) => {
                    ready!(sleep.as_mut().poll(context));
                    reply.pace = Pace::AtOnce;
                }
                // Nothing wakes this: the server drops the body when the client's socket closes.
                Pace::Held { .. } => return Poll::Pending,
            }
        }
        reply.sent += 1;
        Poll::Ready(Some(Ok(Frame::data(frame.clone()))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent == self.frames.len()
    }

    /// Exact for a whole answer, so that it has a `Content-Length`; streams are chunked.
    fn size_hint(&self) -> SizeHint {
        match self.frames.as_ref() {
            [whole] if self.sent == 0 => SizeHint::with_exact(whole.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
