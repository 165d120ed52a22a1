//! From events to a client's frames.
//!
//! Claude clients see one block at a time. The item that was first to say something has the open block; what other
//! items say meanwhile waits until it closes. Blocks open only when there is something in them (trap 36).

mod item;

use std::collections::{HashMap, HashSet, VecDeque};

use crate::claude::response::encode::{Said, write_head, write_stop};
use crate::claude::response::encode_error;
use crate::claude::wire::{self, write_rest};
use crate::framing::sse;
use crate::ir::{Delta, Error, Event, Extensions, ItemKind, ItemStart, Part, Stop, Usage};
use crate::json::{Str, Writer};
use crate::target::Reply;

use item::Item;

/// Writes a stream.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    started: bool,
    over: bool,
    usage: Usage,
    stop: Option<Stop>,
    said: Said,
    /// Items that have not ended.
    items: HashMap<u32, Item>,
    /// Those of them with something to say, the one with the open block first.
    queue: VecDeque<u32>,
    /// Items of other answers than the first; a Claude message has one.
    ignored: HashSet<u32>,
    /// Blocks opened so far.
    blocks: u32,
}

impl Encoder {
    /// An encoder at the beginning of a stream.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        Self {
            reply,
            started: false,
            over: false,
            usage: Usage::default(),
            stop: None,
            said: Said::default(),
            items: HashMap::new(),
            queue: VecDeque::new(),
            ignored: HashSet::new(),
            blocks: 0,
        }
    }

    /// Takes the next event and appends its frames. After `End` or `Error` nothing more is written.
    pub fn on(&mut self, event: Event, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        match event {
            Event::Ping if !self.started => return,
            Event::Error(error) => return self.fail(&error, out),
            Event::Start {
                usage, extensions, ..
            } => {
                if let Some(usage) = usage {
                    self.usage.merge(*usage);
                }
                return self.start(&extensions, out);
            }
            _ => self.start(&Extensions::default(), out),
        }
        match event {
            Event::Start { .. } | Event::Error(_) => {}
            Event::ItemStart(start) => self.item_start(start, out),
            Event::Delta { item, delta } => self.delta(item, delta, out),
            Event::ItemEnd { item, full } => self.item_end(item, full.map(|full| *full), out),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Stop { choice: 0, stop } => {
                self.stop.get_or_insert(stop);
            }
            Event::Stop { .. } => {}
            Event::Ping => write_ping(out),
            Event::End => self.end(out),
        }
    }

    /// Appends what keeps a silent line open: SDKs take a `ping` only after `message_start`.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        match (self.over, self.started) {
            (true, _) => {}
            (false, true) => write_ping(out),
            (false, false) => sse::write_comment(out, "ping"),
        }
    }

    fn start(&mut self, extensions: &Extensions, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        sse::write_event(out, "message_start", |out| {
            Writer::new(out).object(|writer| {
                writer.field("type", "message_start");
                writer.object_field("message", |writer| {
                    write_head(writer, &self.reply);
                    writer.array_field("content", |_| {});
                    writer.null_field("stop_reason");
                    writer.null_field("stop_sequence");
                    writer.object_field("usage", |writer| wire::usage::write(writer, &self.usage));
                    write_rest(writer, extensions);
                });
            });
        });
    }

    fn item_start(&mut self, start: ItemStart, out: &mut Vec<u8>) {
        let number = start.item;
        if start.choice != 0 {
            self.ignored.insert(number);
            return;
        }
        self.ignored.remove(&number);
        if self.items.contains_key(&number) {
            self.item_end(number, None, out);
            self.set_aside(number);
        }
        let mut item = Item::new(start.kind);
        self.said.calls |= item.is_call();
        if let ItemKind::Whole(part) = &item.kind {
            self.said.refused |= matches!(&**part, Part::Refusal(text) if !text.is_empty());
            item.ended = true;
        }
        let at_once = item.begins_at_once();
        self.items.insert(number, item);
        if at_once {
            self.enqueue(number, out);
        }
    }

    /// The number is used again while its first item still waits: that one keeps its place under another number.
    fn set_aside(&mut self, number: u32) {
        let Some(item) = self.items.remove(&number) else {
            return;
        };
        let mut alias = u32::MAX;
        while self.items.contains_key(&alias) {
            alias -= 1;
        }
        self.items.insert(alias, item);
        let waiting = self.queue.iter_mut().filter(|waiting| **waiting == number);
        waiting.for_each(|waiting| *waiting = alias);
    }

    fn delta(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        if self.ignored.contains(&number) {
            return;
        }
        if !self.items.contains_key(&number) {
            return self.late(number, delta, out);
        }
        if let Some(item) = self.items.get_mut(&number) {
            self.said.refused |= item.refuses(&delta);
            if self.queue.front() == Some(&number) && item.block.is_some() {
                item.write_delta(delta, out);
                return;
            }
            item.hold(delta);
            if !item.queued && item.says_something() {
                self.enqueue(number, out);
            }
        }
    }

    /// Text for an item that never began or has ended: a block of its own, so that no word is lost. Arguments cannot be
    /// added to a call that is closed.
    fn late(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        let kind = match delta {
            Delta::Text(_) => ItemKind::Text,
            Delta::Reasoning(_) => ItemKind::Reasoning { redacted: false },
            _ => return,
        };
        let mut item = Item::new(kind);
        item.hold(delta);
        if item.says_something() {
            item.ended = true;
            self.items.insert(number, item);
            self.enqueue(number, out);
        }
    }

    fn item_end(&mut self, number: u32, full: Option<Part>, out: &mut Vec<u8>) {
        let Some(item) = self.items.get_mut(&number) else {
            return;
        };
        item.ended = true;
        if let Some(full) = full {
            item.complete(full);
        }
        match (item.queued, item.says_something()) {
            (true, _) => self.advance(out),
            (false, true) => self.enqueue(number, out),
            (false, false) => {
                self.items.remove(&number);
            }
        }
    }

    fn enqueue(&mut self, number: u32, out: &mut Vec<u8>) {
        if let Some(item) = self.items.get_mut(&number) {
            item.queued = true;
            self.queue.push_back(number);
            self.advance(out);
        }
    }

    /// Lets the first item of the queue speak, and the next when it has ended.
    fn advance(&mut self, out: &mut Vec<u8>) {
        while let Some(number) = self.queue.front() {
            let Some(item) = self.items.get_mut(number) else {
                self.queue.pop_front();
                continue;
            };
            // State without text waits for what follows it: at the end of an answer it is left out, as where it is whole.
            if self.blocks > 0 && self.queue.len() == 1 && item.is_bare_state() {
                return;
            }
            if item.open(self.blocks, &self.reply.names, out) {
                self.blocks += 1;
            }
            item.flush(out);
            if !item.ended {
                return;
            }
            item.close(out);
            let number = *number;
            self.queue.pop_front();
            self.items.remove(&number);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        for number in &self.queue {
            if let Some(item) = self.items.get_mut(number) {
                item.ended = true;
            }
        }
        self.advance(out);
        self.over = true;
        let stop = self.said.settled(self.stop.take());
        sse::write_event(out, "message_delta", |out| {
            Writer::new(out).object(|writer| {
                writer.field("type", "message_delta");
                writer.object_field("delta", |writer| write_stop(writer, &stop));
                writer.object_field("usage", |writer| wire::usage::write(writer, &self.usage));
            });
        });
        sse::write_event(out, "message_stop", |out| {
            out.extend_from_slice(br#"{"type":"message_stop"}"#);
        });
    }

    /// A failure ends the stream, and nothing says that the answer is complete.
    fn fail(&mut self, error: &Error, out: &mut Vec<u8>) {
        self.over = true;
        sse::write_event(out, "error", |out| encode_error(error, out));
    }
}

fn write_ping(out: &mut Vec<u8>) {
    sse::write_event(out, "ping", |out| {
        out.extend_from_slice(br#"{"type":"ping"}"#);
    });
}

/// Writes a delta of one text: the frame that streams are made of.
fn write_delta(out: &mut Vec<u8>, block: u32, kind: &str, key: &str, text: &str) {
    out.extend_from_slice(
        b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
    );
    out.extend_from_slice(itoa::Buffer::new().format(block).as_bytes());
    out.extend_from_slice(b",\"delta\":{\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    crate::json::write_string(out, text);
    out.extend_from_slice(b"}}\n\n");
}

/// Writes the beginning of a block; `content` writes the block itself.
fn write_start(out: &mut Vec<u8>, block: u32, content: impl FnOnce(&mut Writer<'_>)) {
    sse::write_event(out, "content_block_start", |out| {
        Writer::new(out).object(|writer| {
            writer.field("type", "content_block_start");
            writer.field("index", &block);
            writer.key("content_block");
            content(writer);
        });
    });
}

/// Writes the end of a block.
fn write_end(out: &mut Vec<u8>, block: u32) {
    sse::write_event(out, "content_block_stop", |out| {
        Writer::new(out).object(|writer| {
            writer.field("type", "content_block_stop");
            writer.field("index", &block);
        });
    });
}

/// The signature that Claude's clients must find under thinking.
fn signature(item: &Item) -> Str {
    wire::signature(item.opaque.as_ref())
}
