//! From turns to the messages Kiro accepts: a user first and last, speakers alternating, all results of a message's calls in
//! the next one, no empty content (`providers.md` 9.3).

mod arrange;
mod parts;
mod write;

pub(super) use arrange::arrange;

use crate::json::{RawJson, Str};

/// What stands where Kiro wants words and nobody has said any: beside calls, results or pictures alone.
const NO_WORDS: Str = Str::from_static(".");

/// What a tool has given that gave nothing.
const NO_OUTPUT: Str = Str::from_static("(no output)");

/// The conversation as Kiro takes it.
#[derive(Debug)]
pub(super) struct Conversation {
    messages: Vec<Message>,
    /// System turns before anybody spoke: they belong to the system prompt.
    pub(super) leading: Vec<Str>,
}

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Assistant,
}

/// One message of the body.
#[derive(Debug)]
struct Message {
    speaker: Speaker,
    /// What is said, text by text.
    texts: Vec<Str>,
    /// A user's.
    images: Vec<Image>,
    results: Vec<Answer>,
    /// An assistant's.
    calls: Vec<Call>,
    /// The turn it ends with.
    turn: usize,
}

/// A picture.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) format: &'static str,
    /// Base64.
    pub(super) data: Str,
}

#[derive(Debug)]
struct Call {
    id: Str,
    name: Str,
    input: RawJson,
}

/// The result of a call.
#[derive(Debug)]
struct Answer {
    id: Str,
    failed: bool,
    texts: Vec<Str>,
}

impl Message {
    fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            texts: Vec::new(),
            images: Vec::new(),
            results: Vec::new(),
            calls: Vec::new(),
            turn: 0,
        }
    }

    /// `content`: texts are apart by a blank line (`dialects.md` 2.1).
    fn content(&self) -> Str {
        match &self.texts[..] {
            [] => NO_WORDS,
            [one] => one.clone(),
            texts => Str::from(texts.join("\n\n")),
        }
    }
}

impl Conversation {
    /// Puts the system prompt before the user's first words.
    pub(super) fn settle(&mut self, system: Vec<Str>) {
        if let Some(first) = self.messages.first_mut() {
            first.texts.splice(0..0, system);
        }
    }
}
