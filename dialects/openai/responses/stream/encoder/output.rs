//! One item of the answer while it is written.

use crate::ids;
use crate::ir::{Arguments, Extensions, Opaque, Reasoning};
use crate::json::{RawJson, Str};
use crate::openai::responses::response::{Content, Item};
use crate::openai::responses::wire;

/// One item of the answer.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) id: Str,
    pub(super) kind: Kind,
    /// How many of its pieces have not ended.
    pub(super) live: u32,
    /// The whole, once it is done.
    done: Option<(Item, &'static str)>,
}

/// What an item is, with what was said so far.
#[derive(Debug)]
pub(super) enum Kind {
    Message(Vec<Piece>),
    Reasoning(Thought),
    Call(Call),
    /// It came whole.
    Whole,
}

/// A part of a message.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) refusal: bool,
    pub(super) text: String,
    pub(super) annotations: Vec<RawJson>,
    pub(super) logprobs: Vec<RawJson>,
    pub(super) extensions: Extensions,
    /// The whole part, once it has ended.
    pub(super) done: Option<Content>,
}

/// Thinking.
#[derive(Debug, Default)]
pub(super) struct Thought {
    /// Parts of its summary that are complete.
    pub(super) parts: Vec<String>,
    /// The part that goes on.
    pub(super) text: String,
    pub(super) opaque: Option<Opaque>,
    pub(super) redacted: bool,
    pub(super) extensions: Extensions,
}

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) call_id: Str,
    /// As the client knows it.
    pub(super) name: Str,
    pub(super) space: Option<(Str, Str)>,
    pub(super) custom: bool,
    /// Free text that the upstream writes as a JSON object: it can be told only from the whole.
    pub(super) mapped: bool,
    pub(super) text: String,
    pub(super) extensions: Extensions,
}

impl Piece {
    pub(super) fn new(refusal: bool) -> Self {
        Self {
            refusal,
            text: String::new(),
            annotations: Vec::new(),
            logprobs: Vec::new(),
            extensions: Extensions::default(),
            done: None,
        }
    }

    /// A part that came whole.
    pub(super) fn whole(content: Content) -> Self {
        Self {
            done: Some(content),
            ..Self::new(false)
        }
    }

    /// The whole part.
    pub(super) fn take(&mut self) -> Content {
        if let Some(done) = self.done.take() {
            return done;
        }
        let text = Str::from(std::mem::take(&mut self.text));
        if self.refusal {
            return Content::Refusal(text);
        }
        Content::Text {
            text,
            annotations: std::mem::take(&mut self.annotations),
            logprobs: std::mem::take(&mut self.logprobs),
            extensions: std::mem::take(&mut self.extensions),
        }
    }
}

impl Thought {
    /// The part that goes on ends, and another begins.
    pub(super) fn turn_page(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.parts.push(text);
    }

    fn take(&mut self, id: &Str) -> Item {
        let text = std::mem::take(&mut self.text);
        self.parts.push(text);
        let reasoning = Reasoning {
            opaque: self.opaque.take(),
            redacted: self.redacted,
            ..Reasoning::default()
        };
        Item::Reasoning {
            id: id.clone(),
            state: wire::state(&reasoning),
            parts: self.parts.drain(..).map(Str::from).collect(),
            extensions: std::mem::take(&mut self.extensions),
        }
    }
}

impl Call {
    /// What the arguments are in the end: the free text in them, or an object where nothing was written (unless the call
    /// was cut off).
    pub(super) fn settle(&mut self, cut: bool) {
        if self.mapped {
            let written = Arguments(Str::from(std::mem::take(&mut self.text)));
            self.text = wire::free_text(&written).to_string();
        } else if !self.custom && !cut && self.text.trim().is_empty() {
            // White space stays: it was told already.
            self.text.push_str("{}");
        }
    }

    pub(super) fn item(&self, id: &Str, text: Str) -> Item {
        Item::Call {
            id: id.clone(),
            call_id: self.call_id.clone(),
            name: self.name.clone(),
            space: self.space.clone(),
            custom: self.custom,
            text,
            extensions: self.extensions.clone(),
        }
    }
}

impl Output {
    pub(super) fn new(id: Str, kind: Kind) -> Self {
        Self {
            id,
            kind,
            live: 0,
            done: None,
        }
    }

    /// One that came whole.
    pub(super) fn whole(item: Item, status: &'static str) -> Self {
        Self {
            id: Str::new(),
            kind: Kind::Whole,
            live: 0,
            done: Some((item, status)),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.done.is_some()
    }

    /// The whole item, once it is done.
    pub(super) fn done(&self) -> Option<&(Item, &'static str)> {
        self.done.as_ref()
    }

    pub(super) fn take_done(&mut self) -> Option<(Item, &'static str)> {
        self.done.take()
    }

    /// Makes the item whole.
    pub(super) fn complete(&mut self, status: &'static str) {
        let item = match &mut self.kind {
            Kind::Message(parts) => Item::Message {
                id: self.id.clone(),
                parts: parts.iter_mut().map(Piece::take).collect(),
            },
            Kind::Reasoning(thought) => thought.take(&self.id),
            Kind::Call(call) => {
                let text = Str::from(std::mem::take(&mut call.text));
                call.item(&self.id, text)
            }
            Kind::Whole => return,
        };
        self.done = Some((item, status));
    }

    /// Makes the item whole as far as it came: whole if it had ended, cut off if not.
    pub(super) fn abandon(&mut self) {
        if !self.is_done() {
            let status = match self.live {
                0 => "completed",
                _ => "incomplete",
            };
            self.complete(status);
        }
    }
}

/// The beginning of the ids of each kind.
pub(super) const MESSAGE: &str = "msg_";
pub(super) const REASONING: &str = ids::REASONING_PREFIX;
