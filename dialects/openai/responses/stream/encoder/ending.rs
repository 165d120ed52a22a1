//! What is said at the end of a piece: it is told once more whole, and with what had to wait.

use super::Encoder;
use super::output::{Kind, Piece, Thought};
use crate::ir::Opaque;
use crate::json::{RawJson, Str};
use crate::openai::responses::response::{Content, words, write_logprobs, write_summary};
use crate::openai::responses::wire::citation;

impl Encoder {
    pub(super) fn annotation(&mut self, place: (usize, usize), raw: RawJson, out: &mut Vec<u8>) {
        let document = raw.document();
        let Some(part) = self.piece(place) else {
            return;
        };
        let number = part.annotations.len();
        let length = match citation::knows_its_place(document.root()) {
            true => 0,
            false => part.text.chars().count(),
        };
        part.annotations.push(raw);
        let id = self.outputs[place.0].id.clone();
        self.event("response.output_text.annotation.added", out, |writer| {
            writer.field("item_id", &id);
            writer.field("output_index", &place.0);
            writer.field("content_index", &place.1);
            writer.field("annotation_index", &number);
            writer.key("annotation");
            citation::write(writer, document.root(), length);
        });
    }

    pub(super) fn text_end(
        &mut self,
        place: (usize, usize),
        citations: Vec<RawJson>,
        logprobs: Vec<RawJson>,
        out: &mut Vec<u8>,
    ) {
        for raw in citations {
            self.annotation(place, raw, out);
        }
        let Some(part) = self.piece(place) else {
            return;
        };
        part.logprobs = logprobs;
        let content = part.take();
        let (kind, field) = match &content {
            Content::Refusal(_) => ("response.refusal.done", "refusal"),
            Content::Text { .. } | Content::Raw(_) => ("response.output_text.done", "text"),
        };
        let id = self.outputs[place.0].id.clone();
        self.event(kind, out, |writer| {
            writer.field("item_id", &id);
            writer.field("output_index", &place.0);
            writer.field("content_index", &place.1);
            match &content {
                Content::Text { text, logprobs, .. } => {
                    writer.field(field, text);
                    write_logprobs(writer, logprobs);
                }
                Content::Refusal(text) => writer.field(field, text),
                Content::Raw(_) => {}
            }
        });
        self.part_event("response.content_part.done", place, &content, out);
        if let Some(part) = self.piece(place) {
            part.done = Some(content);
        }
    }

    pub(super) fn piece(&mut self, place: (usize, usize)) -> Option<&mut Piece> {
        match &mut self.outputs.get_mut(place.0)?.kind {
            Kind::Message(parts) => parts.get_mut(place.1),
            Kind::Reasoning(_) | Kind::Call(_) | Kind::Whole => None,
        }
    }

    /// Writes an event that holds a whole part of a message.
    pub(super) fn part_event(
        &mut self,
        kind: &str,
        place: (usize, usize),
        content: &Content,
        out: &mut Vec<u8>,
    ) {
        let id = self.outputs[place.0].id.clone();
        self.event(kind, out, |writer| {
            writer.field("item_id", &id);
            writer.field("output_index", &place.0);
            writer.field("content_index", &place.1);
            writer.key("part");
            content.write(writer);
        });
    }

    pub(super) fn thought(&mut self, index: usize) -> Option<&mut Thought> {
        match &mut self.outputs.get_mut(index)?.kind {
            Kind::Reasoning(thought) => Some(thought),
            Kind::Message(_) | Kind::Call(_) | Kind::Whole => None,
        }
    }

    pub(super) fn reasoning_end(
        &mut self,
        index: usize,
        opaque: Option<Opaque>,
        out: &mut Vec<u8>,
    ) {
        let Some(thought) = self.thought(index) else {
            return;
        };
        thought.opaque = opaque;
        if !thought.text.is_empty() || !thought.parts.is_empty() {
            self.summary_end(index, out);
        }
    }

    /// The part of a summary that goes on ends, and another begins.
    pub(super) fn paragraph(&mut self, index: usize, out: &mut Vec<u8>) {
        self.summary_end(index, out);
        if let Some(thought) = self.thought(index) {
            thought.turn_page();
            let added = "response.reasoning_summary_part.added";
            self.summary_event(added, index, "", true, out);
        }
    }

    fn summary_end(&mut self, index: usize, out: &mut Vec<u8>) {
        let Some(thought) = self.thought(index) else {
            return;
        };
        let text = std::mem::take(&mut thought.text);
        let done = "response.reasoning_summary_text.done";
        self.summary_event(done, index, &text, false, out);
        let done = "response.reasoning_summary_part.done";
        self.summary_event(done, index, &text, true, out);
        if let Some(thought) = self.thought(index) {
            thought.text = text;
        }
    }

    /// Ends an item of the answer, with the status it has.
    pub(super) fn finish(&mut self, index: usize, status: &'static str, out: &mut Vec<u8>) {
        let Some(output) = self
            .outputs
            .get_mut(index)
            .filter(|output| !output.is_done())
        else {
            return;
        };
        if let Kind::Call(call) = &mut output.kind {
            let id = output.id.clone();
            let written = call.text.len();
            call.settle(status == "incomplete");
            let (custom, text) = (call.custom, call.text.clone());
            let pending = match call.mapped {
                true => text.as_str(),
                false => text.get(written..).unwrap_or_default(),
            };
            self.call_done(index, &id, custom, pending, &text, out);
        }
        let Some(output) = self.outputs.get_mut(index) else {
            return;
        };
        output.complete(status);
        let sequence = &mut self.sequence;
        if let Some((item, status)) = output.done() {
            super::write_event(sequence, "response.output_item.done", out, |writer| {
                writer.field("output_index", &index);
                writer.key("item");
                item.write(writer, status);
            });
        }
    }

    pub(super) fn call_done(
        &mut self,
        index: usize,
        id: &Str,
        custom: bool,
        pending: &str,
        text: &str,
        out: &mut Vec<u8>,
    ) {
        let (delta, done) = match custom {
            true => (
                "response.custom_tool_call_input.delta",
                "response.custom_tool_call_input.done",
            ),
            false => (
                "response.function_call_arguments.delta",
                "response.function_call_arguments.done",
            ),
        };
        let (_, _, field) = words(custom);
        let mut pieces = vec![(done, field, text)];
        if !pending.is_empty() {
            pieces.insert(0, (delta, "delta", pending));
        }
        for (kind, field, text) in pieces {
            self.event(kind, out, |writer| {
                writer.field("item_id", id);
                writer.field("output_index", &index);
                writer.field(field, text);
            });
        }
    }

    /// Writes an event of the part of a summary that goes on.
    pub(super) fn summary_event(
        &mut self,
        kind: &str,
        index: usize,
        text: &str,
        as_part: bool,
        out: &mut Vec<u8>,
    ) {
        let id = self.outputs[index].id.clone();
        let part = self.thought(index).map_or(0, |thought| thought.parts.len());
        self.event(kind, out, |writer| {
            writer.field("item_id", &id);
            writer.field("output_index", &index);
            writer.field("summary_index", &part);
            match as_part {
                true => {
                    writer.key("part");
                    write_summary(writer, text);
                }
                false => writer.field("text", text),
            }
        });
    }
}
