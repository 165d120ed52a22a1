//! From an upstream's frames to events, of which there is but one.

use crate::framing::sse::Frame;
use crate::ir::{Error, ErrorKind, Event};
use crate::json::Str;
use crate::openai::completions::response::NO_UPSTREAM;

/// Refuses a stream: no upstream answers in this dialect.
#[derive(Debug)]
pub struct Decoder {
    told: bool,
}

impl Decoder {
    /// A decoder at the beginning of a stream.
    #[must_use]
    pub fn new(_: Str) -> Self {
        Self { told: false }
    }

    /// Gives the failure, once.
    pub fn on_frame(&mut self, _: &Frame, events: &mut Vec<Event>) {
        self.tell(events);
    }

    /// Gives the failure, once.
    pub fn finish(&mut self, _: bool, events: &mut Vec<Event>) {
        self.tell(events);
    }

    fn tell(&mut self, events: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.told, true) {
            events.push(Event::Error(Error::new(ErrorKind::Server, NO_UPSTREAM)));
        }
    }
}
