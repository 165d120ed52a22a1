//! The pieces of an answer, from their beginning to their end.

use std::collections::btree_map::Entry;

use super::Encoder;
use super::output::{Call, Kind, MESSAGE, Output, Piece, REASONING, Thought};
use crate::Dialect;
use crate::ir::{CallKind, Delta, ItemKind, ItemStart, Opaque, PARAGRAPH, Part};
use crate::json::{RawJson, Str, Writer};
use crate::openai::responses::response::{
    Content, Item, call_id, cited, item_id, logprobs, space, words,
};
use crate::openai::responses::wire::citation;

/// An item of the stream that has not ended.
#[derive(Debug)]
pub(super) struct Live {
    kind: LiveKind,
    /// Its place among the outputs, and in the message, once it has begun.
    place: Option<(usize, usize)>,
    /// State and citations that came before it began.
    opaque: Option<Opaque>,
    citations: Vec<RawJson>,
    logprobs: Vec<RawJson>,
    cited: bool,
    /// Bytes of text so far.
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LiveKind {
    Text { refusal: bool },
    Reasoning { redacted: bool },
    Call,
}

impl Live {
    fn new(kind: LiveKind) -> Self {
        Self {
            kind,
            place: None,
            opaque: None,
            citations: Vec::new(),
            logprobs: Vec::new(),
            cited: false,
            length: 0,
        }
    }
}

impl Encoder {
    pub(super) fn item_start(&mut self, start: ItemStart, out: &mut Vec<u8>) {
        let number = start.item;
        if start.choice != 0 {
            self.ignored.insert(number);
            return;
        }
        self.ignored.remove(&number);
        if self.live.contains_key(&number) {
            self.item_end(number, None, out);
        }
        let live = match start.kind {
            ItemKind::Text => Live::new(LiveKind::Text { refusal: false }),
            ItemKind::Refusal => Live::new(LiveKind::Text { refusal: true }),
            ItemKind::Reasoning { redacted } => Live::new(LiveKind::Reasoning { redacted }),
            ItemKind::ToolCall {
                id,
                name,
                custom,
                opaque,
            } => {
                let mut live = Live::new(LiveKind::Call);
                let id = call_id(&id, opaque.as_ref());
                live.place = Some((self.begin_call(id, &name, custom, out), 0));
                live
            }
            ItemKind::Whole(part) => return self.whole(*part, out),
        };
        self.live.insert(number, live);
    }

    pub(super) fn delta(&mut self, number: u32, delta: Delta, out: &mut Vec<u8>) {
        if self.ignored.contains(&number) {
            return;
        }
        // Text of an item that never began or has ended is not lost: it begins with it.
        if let Entry::Vacant(entry) = self.live.entry(number) {
            let kind = match delta {
                Delta::Text(_) => LiveKind::Text { refusal: false },
                Delta::Reasoning(_) => LiveKind::Reasoning { redacted: false },
                _ => return,
            };
            entry.insert(Live::new(kind));
        }
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Arguments(text) => {
                self.text(number, &text, out);
            }
            Delta::Paragraph => self.next_part(number, out),
            Delta::Opaque(opaque) => {
                if let Some(live) = self.live.get_mut(&number) {
                    live.opaque = Some(opaque);
                }
            }
            Delta::Citation(raw) => self.citation(number, raw, out),
            Delta::Logprobs(raw) => {
                if let Some(live) = self.live.get_mut(&number) {
                    live.logprobs.append(&mut logprobs(&raw));
                }
            }
        }
    }

    fn next_part(&mut self, number: u32, out: &mut Vec<u8>) {
        if let Some((place, LiveKind::Reasoning { .. })) = self.open(number, out)
            && let Some(live) = self.live.get_mut(&number)
        {
            live.length += PARAGRAPH.len();
            self.paragraph(place.0, out);
        }
    }

    fn text(&mut self, number: u32, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let Some((place, kind)) = self.open(number, out) else {
            return;
        };
        if let Some(live) = self.live.get_mut(&number) {
            live.length += text.len();
        }
        let Some(output) = self.outputs.get_mut(place.0) else {
            return;
        };
        let id = output.id.clone();
        let mut part = place.1;
        let field = match (&mut output.kind, kind) {
            (Kind::Message(parts), LiveKind::Text { refusal }) => {
                if let Some(part) = parts.get_mut(place.1) {
                    part.text.push_str(text);
                }
                match refusal {
                    true => "response.refusal.delta",
                    false => "response.output_text.delta",
                }
            }
            (Kind::Reasoning(thought), _) => {
                thought.text.push_str(text);
                part = thought.parts.len();
                "response.reasoning_summary_text.delta"
            }
            (Kind::Call(call), _) => {
                call.text.push_str(text);
                match (call.mapped, call.custom) {
                    (true, _) => return,
                    (false, true) => "response.custom_tool_call_input.delta",
                    (false, false) => "response.function_call_arguments.delta",
                }
            }
            _ => return,
        };
        self.event(field, out, |writer| {
            writer.field("item_id", &id);
            writer.field("output_index", &place.0);
            match kind {
                LiveKind::Text { .. } => writer.field("content_index", &part),
                LiveKind::Reasoning { .. } => writer.field("summary_index", &part),
                LiveKind::Call => {}
            }
            writer.field("delta", text);
            if kind == (LiveKind::Text { refusal: false }) {
                writer.array_field("logprobs", |_| {});
            }
        });
    }

    /// The place of an item, which begins if it has not yet.
    fn open(&mut self, number: u32, out: &mut Vec<u8>) -> Option<((usize, usize), LiveKind)> {
        let live = self.live.get(&number)?;
        let kind = live.kind;
        if let Some(place) = live.place {
            return Some((place, kind));
        }
        let place = match kind {
            LiveKind::Text { refusal } => self.begin_text(refusal, out),
            LiveKind::Reasoning { redacted } => (self.begin_reasoning(redacted, out), 0),
            LiveKind::Call => return None,
        };
        if !matches!(kind, LiveKind::Text { .. }) {
            self.summary_event(
                "response.reasoning_summary_part.added",
                place.0,
                "",
                true,
                out,
            );
        }
        self.live.get_mut(&number)?.place = Some(place);
        Some((place, kind))
    }

    /// Adds an item to the answer. The one before it is done, if it has ended.
    fn add(
        &mut self,
        output: Output,
        out: &mut Vec<u8>,
        item: impl FnOnce(&mut Writer<'_>),
    ) -> usize {
        if let Some(last) = self.outputs.len().checked_sub(1)
            && self.outputs[last].live == 0
        {
            self.finish(last, "completed", out);
        }
        let index = self.outputs.len();
        self.outputs.push(output);
        self.event("response.output_item.added", out, |writer| {
            writer.field("output_index", &index);
            writer.key("item");
            item(writer);
        });
        index
    }

    /// A text joins the message before it, when that is the last item and its texts have ended.
    fn begin_text(&mut self, refusal: bool, out: &mut Vec<u8>) -> (usize, usize) {
        self.refused |= refusal;
        let part = Piece::new(refusal);
        let (index, place) = self.begin_part(part, out);
        let Some(output) = self.outputs.get_mut(index) else {
            return (index, place);
        };
        output.live += 1;
        let id = output.id.clone();
        self.event("response.content_part.added", out, |writer| {
            writer.field("item_id", &id);
            writer.field("output_index", &index);
            writer.field("content_index", &place);
            writer.object_field("part", |writer| match refusal {
                true => {
                    writer.field("type", "refusal");
                    writer.field("refusal", "");
                }
                false => {
                    writer.field("type", "output_text");
                    writer.field("text", "");
                    writer.array_field("annotations", |_| {});
                    writer.array_field("logprobs", |_| {});
                }
            });
        });
        (index, place)
    }

    fn begin_part(&mut self, part: Piece, out: &mut Vec<u8>) -> (usize, usize) {
        let last = self.outputs.len().saturating_sub(1);
        if let Some(output) = self.outputs.last_mut()
            && output.live == 0
            && !output.is_done()
            && let Kind::Message(parts) = &mut output.kind
        {
            parts.push(part);
            return (last, parts.len() - 1);
        }
        let id = item_id(MESSAGE, &self.reply, self.outputs.len());
        let output = Output::new(id.clone(), Kind::Message(vec![part]));
        let index = self.add(output, out, |writer| {
            writer.object(|writer| {
                writer.field("id", &id);
                writer.field("type", "message");
                writer.field("status", "in_progress");
                writer.field("role", "assistant");
                writer.array_field("content", |_| {});
            });
        });
        (index, 0)
    }

    fn begin_reasoning(&mut self, redacted: bool, out: &mut Vec<u8>) -> usize {
        let id = item_id(REASONING, &self.reply, self.outputs.len());
        let thought = Thought {
            redacted,
            ..Thought::default()
        };
        let mut output = Output::new(id.clone(), Kind::Reasoning(thought));
        output.live = 1;
        self.add(output, out, |writer| {
            writer.object(|writer| {
                writer.field("id", &id);
                writer.field("type", "reasoning");
                writer.field("status", "in_progress");
                writer.array_field("summary", |_| {});
            });
        })
    }

    fn begin_call(&mut self, call_id: Str, name: &Str, custom: bool, out: &mut Vec<u8>) -> usize {
        let name = self.reply.names.client(name);
        let mapped = !custom && self.reply.names.is_custom(&name);
        let call = Call {
            call_id,
            space: space(&self.reply.names, &name),
            name,
            custom: custom || mapped,
            mapped,
            text: String::new(),
            extensions: Default::default(),
        };
        let id = item_id(words(call.custom).0, &self.reply, self.outputs.len());
        let begun = call.item(&id, Str::new());
        let mut output = Output::new(id, Kind::Call(call));
        output.live = 1;
        self.add(output, out, |writer| begun.write(writer, "in_progress"))
    }

    /// An item that comes whole. Texts that do are told as if they came in pieces.
    fn whole(&mut self, part: Part, out: &mut Vec<u8>) {
        let item = match part {
            Part::Server(block) if block.dialect == Dialect::Responses => Item::Raw(block.raw),
            Part::Media(media) => match Item::image(&media, &self.reply, self.outputs.len()) {
                Some(item) => item,
                None => return,
            },
            Part::Unknown(block) if block.dialect == Dialect::Responses => {
                return self.raw_part(block.raw, out);
            }
            Part::Text(text) => return self.at_once(ItemKind::Text, Part::Text(text), out),
            Part::Refusal(text) => {
                return self.at_once(ItemKind::Refusal, Part::Refusal(text), out);
            }
            _ => return,
        };
        let index = self.outputs.len();
        let output = Output::whole(item, "completed");
        let mut written = Vec::new();
        if let Some((item, _)) = output.done() {
            item.write(&mut Writer::new(&mut written), "completed");
        }
        let written = String::from_utf8(written).unwrap_or_default();
        self.add(output, out, |writer| writer.verbatim(&written));
        self.event("response.output_item.done", out, |writer| {
            writer.field("output_index", &index);
            writer.key("item");
            writer.verbatim(&written);
        });
    }

    fn raw_part(&mut self, raw: RawJson, out: &mut Vec<u8>) {
        let content = Content::Raw(raw.clone());
        let place = self.begin_part(Piece::whole(content), out);
        let content = Content::Raw(raw);
        for kind in ["response.content_part.added", "response.content_part.done"] {
            self.part_event(kind, place, &content, out);
        }
    }

    fn at_once(&mut self, kind: ItemKind, part: Part, out: &mut Vec<u8>) {
        let Some(number) = (0..=u32::MAX)
            .rev()
            .find(|number| !self.live.contains_key(number))
        else {
            return;
        };
        let choice = 0;
        let item = number;
        self.item_start(ItemStart { item, choice, kind }, out);
        self.item_end(number, Some(part), out);
    }

    /// A citation that knows its place is told at once, one that stands for its whole text at the end of it.
    fn citation(&mut self, number: u32, raw: RawJson, out: &mut Vec<u8>) {
        let Some(live) = self.live.get_mut(&number) else {
            return;
        };
        if live.kind != (LiveKind::Text { refusal: false })
            || !citation::is_annotation(raw.document().root())
        {
            return;
        }
        live.cited = true;
        match live.place {
            Some(place) if citation::knows_its_place(raw.document().root()) => {
                self.annotation(place, raw, out);
            }
            _ => live.citations.push(raw),
        }
    }

    pub(super) fn item_end(&mut self, number: u32, full: Option<Part>, out: &mut Vec<u8>) {
        if let Some(full) = full {
            self.take_over(number, full, out);
        }
        let Some(live) = self.live.get(&number) else {
            return;
        };
        let has_state = live
            .opaque
            .as_ref()
            .is_some_and(|opaque| !opaque.data.is_empty());
        if live.place.is_none()
            && has_state
            && let LiveKind::Reasoning { redacted } = live.kind
        {
            let index = self.begin_reasoning(redacted, out);
            if let Some(live) = self.live.get_mut(&number) {
                live.place = Some((index, 0));
            }
        }
        let Some(live) = self.live.remove(&number) else {
            return;
        };
        let Some(place) = live.place else {
            return;
        };
        match live.kind {
            LiveKind::Text { .. } => self.text_end(place, live.citations, live.logprobs, out),
            LiveKind::Reasoning { .. } => self.reasoning_end(place.0, live.opaque, out),
            LiveKind::Call => {}
        }
        let is_last = place.0 + 1 == self.outputs.len();
        if let Some(output) = self.outputs.get_mut(place.0) {
            output.live = output.live.saturating_sub(1);
            if output.live == 0 && !is_last {
                self.finish(place.0, "completed", out);
            }
        }
    }

    /// What the whole piece has beyond its deltas.
    fn take_over(&mut self, number: u32, full: Part, out: &mut Vec<u8>) {
        let Some(live) = self.live.get_mut(&number) else {
            return;
        };
        let rest = |text: &Str| {
            text.get(live.length..)
                .map(str::to_owned)
                .unwrap_or_default()
        };
        let (rest, mut extensions) = match full {
            Part::Text(text) => {
                if let Some(list) = text.citations.filter(|_| !live.cited) {
                    let (mut at_once, mut later) = cited(&list);
                    live.citations.append(&mut at_once);
                    live.citations.append(&mut later);
                }
                (rest(&text.text), text.extensions)
            }
            Part::Refusal(text) => (rest(&text), Default::default()),
            Part::Reasoning(reasoning) => {
                let deltas = reasoning.deltas(live.length);
                live.opaque = live.opaque.take().or(reasoning.opaque);
                let extensions = reasoning.extensions;
                deltas
                    .into_iter()
                    .for_each(|delta| self.delta(number, delta, out));
                (String::new(), extensions)
            }
            Part::ToolCall(call) => {
                let rest = rest(&call.arguments.0);
                if let Some((index, _)) = live.place
                    && call.kind == CallKind::Custom
                    && let Some(Kind::Call(begun)) =
                        self.outputs.get_mut(index).map(|output| &mut output.kind)
                {
                    begun.mapped = false;
                }
                (rest, call.extensions)
            }
            _ => return,
        };
        self.text(number, &rest, out);
        let place = self.live.get(&number).and_then(|live| live.place);
        let Some((index, part)) = place else {
            return;
        };
        let kind = self.outputs.get_mut(index).map(|output| &mut output.kind);
        let into = match kind {
            Some(Kind::Message(parts)) => parts.get_mut(part).map(|part| &mut part.extensions),
            Some(Kind::Reasoning(thought)) => Some(&mut thought.extensions),
            Some(Kind::Call(call)) => Some(&mut call.extensions),
            Some(Kind::Whole) | None => None,
        };
        if let Some(into) = into {
            std::mem::swap(into, &mut extensions);
        }
    }
}
