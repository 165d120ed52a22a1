//! Streams.

use crate::framing::sse::Frame;
use crate::ir::Event;
use crate::json::Str;
use crate::target::Reply;

/// Reads a stream.
#[derive(Debug)]
pub struct Decoder {}

impl Decoder {
    /// At the beginning.
    pub fn new(_provider: Str) -> Self {
        Self {}
    }

    /// Next frame.
    pub fn on_frame(&mut self, _frame: &Frame, _events: &mut Vec<Event>) {
        todo!()
    }

    /// End.
    pub fn finish(&mut self, _clean: bool, _events: &mut Vec<Event>) {
        todo!()
    }
}

/// Writes a stream.
#[derive(Debug)]
pub struct Encoder {}

impl Encoder {
    /// At the beginning.
    pub fn new(_reply: Reply) -> Self {
        Self {}
    }

    /// Next event.
    pub fn on(&mut self, _event: Event, _out: &mut Vec<u8>) {
        todo!()
    }

    /// Keep-alive.
    pub fn keep_alive(&self, _out: &mut Vec<u8>) {
        todo!()
    }
}
