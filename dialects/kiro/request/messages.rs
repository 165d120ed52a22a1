//! From turns to the messages Kiro accepts: a user first and last, speakers alternating, all results of a message's calls in
//! the next one, no empty content (`providers.md` 9.3).

mod arrange;
mod parts;
mod write;

pub(super) use arrange::arrange;

use sha2::{Digest as _, Sha256};

use crate::json::{RawJson, Str};

/// What stands where Kiro wants words and nobody has said any: beside calls, results or pictures alone.
const NO_WORDS: &str = ".";

/// What a tool has given that gave nothing.
const NO_OUTPUT: &str = "(no output)";

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
            [] => Str::from_static(NO_WORDS),
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

    /// A UUID of what is said: of its length, its beginning and its end, which tell one request from another.
    pub(super) fn id(&self) -> Str {
        let mut hash = Sha256::new();
        hash.update(self.messages.len().to_be_bytes());
        for message in self.messages.iter().take(1).chain(self.messages.last()) {
            let results = message.results.iter().flat_map(|answer| &answer.texts);
            for text in message.texts.iter().chain(results) {
                hash.update(text.len().to_be_bytes());
                hash.update(text.as_bytes());
            }
        }
        let digits: String = hash
            .finalize()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        // The version and the variant of RFC 9562 for UUIDs of one's own making.
        Str::from(format!(
            "{}-{}-8{}-b{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[13..16],
            &digits[17..20],
            &digits[20..]
        ))
    }
}
