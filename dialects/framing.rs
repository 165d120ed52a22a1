//! From bytes to frames and back, wherever the bytes were cut.

pub mod event_stream;
pub mod json_array;
pub mod sse;

use bytes::Bytes;

use crate::Dialect;
use sse::{Frame, FrameTooLarge};

/// Why a stream cannot be cut into frames any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A frame is larger than allowed.
    #[error(transparent)]
    TooLarge(#[from] FrameTooLarge),
    /// The bytes are not those that were sent.
    #[error("the stream is damaged: {0}")]
    Damaged(&'static str),
}

/// Cuts an upstream's stream into frames, in the form that its dialect has.
#[derive(Debug)]
pub enum Framer {
    /// Server-sent events.
    Sse(sse::Framer),
    /// AWS's event stream.
    EventStream(event_stream::Framer),
}

impl Framer {
    /// A framer for the streams of `dialect`, which refuses frames larger than `limit` bytes.
    #[must_use]
    pub fn new(dialect: Dialect, limit: usize) -> Self {
        match dialect {
            Dialect::Chat
            | Dialect::Claude
            | Dialect::Gemini
            | Dialect::Responses
            | Dialect::Completions => Self::Sse(sse::Framer::new(limit)),
            Dialect::Kiro => Self::EventStream(event_stream::Framer::new(limit)),
        }
    }

    /// Takes the next bytes; complete frames are appended to `frames`, those before a failure too.
    ///
    /// # Errors
    /// When a frame outgrows the limit or is damaged; the framer must not be used any more.
    pub fn feed(&mut self, chunk: Bytes, frames: &mut Vec<Frame>) -> Result<(), FrameError> {
        match self {
            Self::Sse(framer) => Ok(framer.feed(chunk, frames)?),
            Self::EventStream(framer) => framer.feed(chunk, frames),
        }
    }

    /// Ends the stream, and tells whether it ended between two frames. An event of [`sse`] ends with the stream; a frame
    /// of [`event_stream`] whose end has not come was cut.
    #[must_use]
    pub fn finish(&mut self, frames: &mut Vec<Frame>) -> bool {
        match self {
            Self::Sse(framer) => {
                framer.finish(frames);
                true
            }
            Self::EventStream(framer) => framer.pending() == 0,
        }
    }
}
