//! From events to a client's frames, of which there is but one.

use crate::framing::sse;
use crate::ir::Event;
use crate::kiro::response::{encode_error, no_client};
use crate::target::Reply;

/// Refuses a stream: no client reads this dialect.
#[derive(Debug)]
pub struct Encoder {
    told: bool,
}

impl Encoder {
    /// An encoder at the beginning of a stream.
    #[must_use]
    pub fn new(_: Reply) -> Self {
        Self { told: false }
    }

    /// Writes the failure, once.
    pub fn on(&mut self, _: Event, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.told, true) {
            sse::write_data(out, |out| encode_error(&no_client(), out));
        }
    }

    /// Writes nothing: nobody waits.
    pub fn keep_alive(&self, _: &mut Vec<u8>) {}
}
