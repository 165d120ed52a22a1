//! From an upstream's frames to events.

mod block;

use std::collections::BTreeMap;

use crate::claude::response::decode::{message_rest, stop};
use crate::claude::response::decode_error;
use crate::claude::wire::{self, usage};
use crate::framing::sse::Frame;
use crate::ir::{Error, Event, Extensions, Stop, StopReason, Usage};
use crate::json::{Document, RawJson, Str, Value};

use block::Block;

/// Reads a stream.
#[derive(Debug)]
pub struct Decoder {
    provider: Str,
    document: Document,
    started: bool,
    /// Blocks that have not ended, by the upstream's index.
    open: BTreeMap<u64, Block>,
    /// Items given so far.
    items: u32,
    calls: usize,
    /// All of the usage objects in one, as later ones leave out what has not changed.
    usage: Option<RawJson>,
    stopped: bool,
    over: bool,
}

impl Decoder {
    /// A decoder at the beginning of a stream; `provider` is the tag of its reasoning state.
    #[must_use]
    pub fn new(provider: Str) -> Self {
        Self {
            provider,
            document: Document::default(),
            started: false,
            open: BTreeMap::new(),
            items: 0,
            calls: 0,
            usage: None,
            stopped: false,
            over: false,
        }
    }

    /// Takes the next frame.
    pub fn on_frame(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        if self.over {
            return;
        }
        let data = frame.data.trim();
        match &*frame.event {
            "ping" => return events.push(Event::Ping),
            "error" => return self.on_error(&frame.data, events),
            _ if data.is_empty() => return,
            // Some compatible servers end like OpenAI does.
            _ if data == "[DONE]" => {
                if self.stopped {
                    self.end(events);
                }
                return;
            }
            _ => {}
        }
        let mut document = std::mem::take(&mut self.document);
        match document.reparse(frame.data.clone()) {
            Ok(()) => self.on_value(document.root(), frame, events),
            Err(_) => {
                let error = Error::of_upstream("the upstream sent an event that is not JSON");
                self.fail(error, events);
            }
        }
        self.document = document;
    }

    /// Ends the stream: well when the answer was complete and the connection did not break.
    pub fn finish(&mut self, clean: bool, events: &mut Vec<Event>) {
        if self.over {
            return;
        }
        if clean && self.stopped {
            self.end(events);
        } else {
            let error = Error::cut_short();
            self.fail(error.with_code("upstream_cut"), events);
        }
    }

    fn on_value(&mut self, root: Value<'_>, frame: &Frame, events: &mut Vec<Event>) {
        let kind = root.field("type").and_then(Value::as_str);
        match kind.as_deref().unwrap_or(&frame.event) {
            "message_start" => self.on_start(root, events),
            "content_block_start" => self.on_block_start(root, events),
            "content_block_delta" => self.on_block_delta(root, events),
            "content_block_stop" => self.on_block_stop(root, events),
            "message_delta" => self.on_message_delta(root, events),
            "message_stop" => self.end(events),
            "ping" => events.push(Event::Ping),
            "error" => self.on_error(&frame.data, events),
            _ if root.field("error").is_some() => self.on_error(&frame.data, events),
            _ => {}
        }
    }

    fn on_start(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        let message = root.field("message").unwrap_or(root);
        if self.started {
            return;
        }
        self.started = true;
        let counts = message.field("usage");
        self.usage = counts.map(Value::raw);
        events.push(Event::Start {
            id: message.text_of("id").unwrap_or_default(),
            model: message.text_of("model").unwrap_or_default(),
            created: None,
            usage: counts.map(|counts| Box::new(wire::usage(counts))),
            extensions: message_rest(message),
        });
    }

    /// Content before `message_start` is content all the same.
    fn ensure_started(&mut self, events: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            events.push(Event::Start {
                id: Str::new(),
                model: Str::new(),
                created: None,
                usage: None,
                extensions: Extensions::default(),
            });
        }
    }

    fn on_block_start(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        self.ensure_started(events);
        let index = index(root);
        if let Some(block) = self.open.remove(&index) {
            self.close(block, events);
        }
        let Some(content) = root.field("content_block") else {
            return;
        };
        if is_nameless_call(content) {
            let error = Error::nameless_call();
            return self.fail(error, events);
        }
        if let Some(block) = Block::start(content, self.items, &mut self.calls, events) {
            self.items += 1;
            self.open.insert(index, block);
        }
    }

    fn on_block_delta(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        self.ensure_started(events);
        let Some(delta) = root.field("delta") else {
            return;
        };
        let index = index(root);
        if !self.open.contains_key(&index) {
            let Some(block) = Block::start_by_delta(delta, self.items, events) else {
                return;
            };
            self.items += 1;
            self.open.insert(index, block);
        }
        if let Some(block) = self.open.get_mut(&index) {
            block.delta(delta, events);
        }
    }

    fn on_block_stop(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        if let Some(block) = self.open.remove(&index(root)) {
            self.close(block, events);
        }
    }

    fn on_message_delta(&mut self, root: Value<'_>, events: &mut Vec<Event>) {
        self.ensure_started(events);
        if let Some(counts) = root.field("usage").filter(|counts| counts.is_object()) {
            events.push(Event::Usage(self.merged_usage(counts)));
        }
        let stop = root.field("delta").and_then(stop);
        if let Some(stop) = stop {
            self.close_all(events);
            self.stop(stop, events);
        }
    }

    fn merged_usage(&mut self, counts: Value<'_>) -> Usage {
        let Some(earlier) = &self.usage else {
            self.usage = Some(counts.raw());
            return wire::usage(counts);
        };
        let joined = usage::join(earlier, counts);
        let merged = wire::usage(joined.document().root());
        self.usage = Some(joined);
        merged
    }

    fn stop(&mut self, stop: Stop, events: &mut Vec<Event>) {
        if !self.stopped {
            self.stopped = true;
            events.push(Event::Stop {
                choice: 0,
                stop: stop.settled(self.calls > 0),
            });
        }
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        self.ensure_started(events);
        self.close_all(events);
        self.stop(Stop::new(StopReason::End), events);
        self.over = true;
        events.push(Event::End);
    }

    fn on_error(&mut self, data: &Str, events: &mut Vec<Event>) {
        let error = decode_error(200, data.as_bytes());
        self.fail(error, events);
    }

    fn fail(&mut self, error: crate::ir::Error, events: &mut Vec<Event>) {
        self.over = true;
        events.push(Event::Error(error));
    }

    fn close_all(&mut self, events: &mut Vec<Event>) {
        for block in std::mem::take(&mut self.open).into_values() {
            self.close(block, events);
        }
    }

    fn close(&self, block: Block, events: &mut Vec<Event>) {
        block.close(&self.provider, events);
    }
}

/// A call that nobody could answer: leaving it out would make the answer look complete.
fn is_nameless_call(block: Value<'_>) -> bool {
    let is_call = block.text_of("type").is_some_and(|kind| kind == "tool_use");
    is_call && block.text_of("name").is_none_or(|name| name.is_empty())
}

fn index(root: Value<'_>) -> u64 {
    root.field("index").and_then(Value::as_u64).unwrap_or(0)
}
