//! From events to a client's frames.
//!
//! Whatever the order of the events, the frames obey `dialects.md` 1.3: numbered one by one, an item added before and done
//! after all that is said of it, its place that in the final answer. Items begin only when there is something in them, and
//! may interleave. How the last one ended is known only with the answer, so its `done` waits for the next item or the end.

mod ending;
mod item;
mod output;

use std::collections::{BTreeMap, HashSet};

use crate::framing::sse;
use crate::ir::{Error, Event, Extensions, Stop, Usage};
use crate::json::Writer;
use crate::openai::responses::response::{Answer, Items, encode_error_event, failure};
use crate::openai::responses::wire::Ending;
use crate::target::Reply;

use item::Live;
use output::Output;

/// Writes a stream.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    /// Number of the next event.
    sequence: u64,
    started: bool,
    over: bool,
    /// What an upstream of the same dialect says beside the answer.
    extensions: Extensions,
    usage: Usage,
    stop: Option<Stop>,
    refused: bool,
    /// Items that have not ended.
    live: BTreeMap<u32, Live>,
    /// Items of other answers than the first; a Responses answer has one.
    ignored: HashSet<u32>,
    /// The items of the answer, in order.
    outputs: Vec<Output>,
}

impl Encoder {
    /// An encoder at the beginning of a stream.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        Self {
            reply,
            sequence: 0,
            started: false,
            over: false,
            extensions: Extensions::default(),
            usage: Usage::default(),
            stop: None,
            refused: false,
            live: BTreeMap::new(),
            ignored: HashSet::new(),
            outputs: Vec::new(),
        }
    }

    /// Takes the next event and appends its frames. After `End` or `Error` nothing more is written.
    pub fn on(&mut self, event: Event, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        match event {
            Event::Ping => return,
            Event::Error(error) => return self.fail(&error, out),
            Event::Start {
                usage, extensions, ..
            } => {
                if let Some(usage) = usage {
                    self.usage.merge(*usage);
                }
                return self.start(extensions, out);
            }
            _ => self.start(Extensions::default(), out),
        }
        match event {
            Event::Start { .. } | Event::Error(_) | Event::Ping => {}
            Event::ItemStart(start) => self.item_start(start, out),
            Event::Delta { item, delta } => self.delta(item, delta, out),
            Event::ItemEnd { item, full } => self.item_end(item, full.map(|full| *full), out),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Stop { choice: 0, stop } => {
                self.stop.get_or_insert(stop);
            }
            Event::Stop { .. } => {}
            Event::End => self.end(out),
        }
    }

    /// Appends a comment, which every reader of the format skips.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        if !self.over {
            sse::write_comment(out, "ping");
        }
    }

    fn start(&mut self, extensions: Extensions, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        self.extensions = extensions;
        for kind in ["response.created", "response.in_progress"] {
            self.write_answer(kind, "in_progress", None, out);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let open: Vec<u32> = self.live.keys().copied().collect();
        for number in open {
            self.item_end(number, None, out);
        }
        let ending = Ending::of(self.stop.as_ref(), self.refused);
        if let Some(last) = self.outputs.len().checked_sub(1) {
            self.finish(last, ending.last_item(), out);
        }
        let kind = match ending {
            Ending::Completed => "response.completed",
            Ending::Incomplete(_) => "response.incomplete",
            Ending::Failed(_) => "response.failed",
        };
        let failed = failure(ending);
        self.write_answer(kind, ending.status(), Some((ending, failed.as_ref())), out);
        self.over = true;
    }

    /// A failure ends the stream, and nothing says that the answer is complete (trap 80). What was said so far stays.
    fn fail(&mut self, error: &Error, out: &mut Vec<u8>) {
        self.over = true;
        if !self.started {
            return encode_error_event(error, self.sequence, out);
        }
        for output in &mut self.outputs {
            output.abandon();
        }
        let ending = Ending::Failed("");
        self.write_answer(
            "response.failed",
            "failed",
            Some((ending, Some(error))),
            out,
        );
    }

    /// Writes an event that holds the answer as far as it is known.
    fn write_answer(
        &mut self,
        kind: &str,
        status: &str,
        ended: Option<(Ending, Option<&Error>)>,
        out: &mut Vec<u8>,
    ) {
        let (ending, failure) = ended.unwrap_or((Ending::Completed, None));
        let mut outputs = std::mem::take(&mut self.outputs);
        let items: Vec<_> = outputs.iter_mut().filter_map(Output::take_done).collect();
        let answer = Answer {
            reply: &self.reply,
            extensions: &self.extensions,
            status,
            ending,
            failure,
            items: Items::Streamed(&items),
            usage: ended
                .and(Some(&self.usage))
                .filter(|usage| !usage.is_empty()),
            service_tier: None,
        };
        write_event(&mut self.sequence, kind, out, |writer| {
            writer.key("response");
            answer.write(writer);
        });
    }

    fn event(&mut self, kind: &str, out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
        write_event(&mut self.sequence, kind, out, fill);
    }
}

/// Writes one event with its number.
fn write_event(
    sequence: &mut u64,
    kind: &str,
    out: &mut Vec<u8>,
    fill: impl FnOnce(&mut Writer<'_>),
) {
    sse::write_event(out, kind, |out| {
        Writer::new(out).object(|writer| {
            writer.field("type", kind);
            writer.field("sequence_number", sequence);
            fill(writer);
        });
    });
    *sequence += 1;
}
