//! The stream of an answer: server-sent events, each with a chunk of the Chat dialect (`dialects.md` 1.1).

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::{Outcome, Piece};

/// No event of an answer is longer.
const LONGEST: usize = 64 << 20;

/// Bytes that become events.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// The beginning of what is not read yet.
    begin: usize,
    /// The `data` of the event that is being read; none before its first line.
    data: Option<String>,
}

/// What came of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Goes,
    Done,
    Failed(String),
}

impl Lines {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.begin);
        self.begin = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether what is held is no event that a gateway sends.
    pub(super) fn is_too_long(&self) -> bool {
        self.bytes.len() - self.begin > LONGEST
    }

    /// The data of the next event that is whole.
    pub(super) fn next_event(&mut self) -> Option<String> {
        loop {
            let rest = &self.bytes[self.begin..];
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            self.begin += end + 1;
            let line = line.strip_suffix('\r').unwrap_or(&line);
            if line.is_empty() {
                if let Some(data) = self.data.take() {
                    return Some(data);
                }
            } else if let Some(text) = line.strip_prefix("data:") {
                let text = text.strip_prefix(' ').unwrap_or(text);
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(text);
                    }
                    None => self.data = Some(text.to_owned()),
                }
            }
        }
    }
}

/// Reads an event. What an answer has beside text, thoughts and its end is passed over.
pub(super) fn read(data: &str, outcome: &mut Outcome, ready: &mut VecDeque<Piece>) -> Step {
    if data.trim() == "[DONE]" {
        return Step::Done;
    }
    let Ok(chunk) = serde_json::from_str::<Json>(data) else {
        return Step::Goes;
    };
    if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
        let message = error["message"].as_str().or_else(|| error.as_str());
        return Step::Failed(message.unwrap_or("the answer failed").to_owned());
    }
    let text = |value: &Json| value.as_str().map(str::to_owned);
    if let Some(model) = text(&chunk["model"]).filter(|model| !model.is_empty()) {
        outcome.model = Some(model);
    }
    let usage = &chunk["usage"];
    outcome.input = usage["prompt_tokens"].as_u64().or(outcome.input);
    outcome.output = usage["completion_tokens"].as_u64().or(outcome.output);
    let choice = &chunk["choices"][0];
    let delta = &choice["delta"];
    let thought = text(&delta["reasoning_content"]).or_else(|| text(&delta["reasoning"]));
    let said = text(&delta["content"]).filter(|said| !said.is_empty());
    let said = said.or_else(|| text(&delta["refusal"]));
    let pieces = [thought.map(Piece::Thinking), said.map(Piece::Text)];
    let pieces = pieces.into_iter().flatten();
    ready.extend(pieces.filter(|piece| !piece.is_empty()));
    outcome.finish_reason = text(&choice["finish_reason"]).or(outcome.finish_reason.take());
    Step::Goes
}

impl Piece {
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) | Self::Thinking(text) => text.is_empty(),
        }
    }
}
