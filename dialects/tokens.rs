//! A local estimate of input tokens, for upstreams that have no counter of their own.
//!
//! Deliberately a little high: clients decide by it when to compact a conversation (`dialects.md` 2.10).

use crate::ir::{Media, MediaKind, MediaSource, Part, Request, Tool, ToolKind};

/// Cost of a message's frame: role, separators.
const MESSAGE: u64 = 4;
/// Cost of a tool's frame.
const TOOL: u64 = 12;
/// Cost of a picture of the largest size that is not scaled down (Claude: width × height / 750).
const IMAGE: u64 = 1_600;
/// Bytes of base64 that make a token in documents and sound, and the least such a part costs.
const MEDIA_BYTES_PER_TOKEN: u64 = 32;
const MEDIA_LEAST: u64 = 1_500;

/// Tokens of everything the model reads: system prompt, tools, conversation, media.
#[must_use]
pub fn estimate_request(request: &Request) -> u64 {
    let system: u64 = request
        .system
        .iter()
        .map(|block| estimate_text(&block.text))
        .sum();
    let tools: u64 = request.tools.iter().map(tool).sum();
    let turns: u64 = request
        .turns
        .iter()
        .map(|turn| MESSAGE + turn.parts.iter().map(part).sum::<u64>())
        .sum();
    system + tools + turns
}

/// Tokens of a text: words by length, digits by threes, every sign by itself, CJK by character.
#[must_use]
pub fn estimate_text(text: &str) -> u64 {
    let mut estimate = Estimate::default();
    estimate.add(text);
    estimate.tokens()
}

/// The estimate of a text that comes in pieces: the same however it is cut.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Estimate {
    /// Tokens of the runs that are over.
    tokens: u64,
    /// The class and the length of the run that goes on.
    open: Option<(Class, u64)>,
}

impl Estimate {
    /// Takes the next piece.
    pub(crate) fn add(&mut self, text: &str) {
        for char in text.chars() {
            let class = Class::of(char);
            match &mut self.open {
                Some((open, length)) if *open == class && class.joins() => *length += 1,
                _ => {
                    self.tokens = self.tokens();
                    self.open = Some((class, 1));
                }
            }
        }
    }

    /// Tokens of all pieces.
    pub(crate) fn tokens(&self) -> u64 {
        let open = self.open.map_or(0, |(class, length)| class.tokens(length));
        self.tokens + open
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Newline,
    Letter,
    Digit,
    Sign,
    Ideograph,
    OtherLetter,
}

impl Class {
    fn of(char: char) -> Self {
        match char {
            '\n' | '\r' => Self::Newline,
            'a'..='z' | 'A'..='Z' => Self::Letter,
            '0'..='9' => Self::Digit,
            _ if char.is_whitespace() => Self::Space,
            '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{1f000}'.. => Self::Ideograph,
            _ if char.is_alphabetic() => Self::OtherLetter,
            _ => Self::Sign,
        }
    }

    fn joins(self) -> bool {
        !matches!(self, Self::Sign | Self::Ideograph)
    }

    /// A single space belongs to the word behind it; a run of them is indentation.
    fn tokens(self, length: u64) -> u64 {
        match self {
            Self::Space => length.saturating_sub(1).div_ceil(8),
            Self::Newline => 1,
            Self::Letter => length.div_ceil(6),
            Self::Digit => length.div_ceil(3),
            Self::OtherLetter => length.div_ceil(2),
            Self::Sign | Self::Ideograph => length,
        }
    }
}

fn tool(tool: &Tool) -> u64 {
    let description = tool.description.as_deref().map_or(0, estimate_text);
    let declaration = match &tool.kind {
        ToolKind::Function { schema } => schema
            .as_ref()
            .map_or(0, |schema| estimate_text(schema.as_str())),
        ToolKind::Custom { format } => format
            .as_ref()
            .map_or(0, |format| estimate_text(format.as_str())),
        ToolKind::Server { raw, .. } => estimate_text(raw.as_str()),
    };
    TOOL + estimate_text(&tool.name) + description + declaration
}

fn part(part: &Part) -> u64 {
    match part {
        Part::Text(text) => estimate_text(&text.text),
        Part::Refusal(text) => estimate_text(text),
        Part::Reasoning(reasoning) => estimate_text(&reasoning.text),
        Part::ToolCall(call) => {
            MESSAGE + estimate_text(&call.name) + estimate_text(&call.arguments.0)
        }
        Part::ToolResult(result) => MESSAGE + result.parts.iter().map(self::part).sum::<u64>(),
        Part::Media(media) => self::media(media),
        Part::Server(block) => estimate_text(block.raw.as_str()),
        Part::Unknown(block) => estimate_text(block.raw.as_str()),
    }
}

fn media(media: &Media) -> u64 {
    match (&media.source, media.kind) {
        (MediaSource::Text { text, .. }, _) => estimate_text(text),
        (MediaSource::Parts(parts), _) => parts.iter().map(part).sum(),
        (_, MediaKind::Image) => IMAGE,
        (MediaSource::Base64 { data, .. }, _) => {
            (data.len() as u64 / MEDIA_BYTES_PER_TOKEN).max(MEDIA_LEAST)
        }
        _ => MEDIA_LEAST,
    }
}

#[cfg(test)]
mod tests {
    use super::{Estimate, estimate_text};

    #[track_caller]
    fn check(text: &str, at_least: u64, at_most: u64) {
        let tokens = estimate_text(text);
        assert!(
            (at_least..=at_most).contains(&tokens),
            "{tokens} tokens for {text:?}"
        );
    }

    /// The lower bounds are the counts of common tokenisers.
    #[test]
    fn estimates_are_near_and_not_below_common_tokenisers() {
        check("", 0, 0);
        check("Hello, world!", 4, 5);
        check("The quick brown fox jumps over the lazy dog.", 10, 11);
        check("fn main() { println!(\"{}\", 12345); }", 16, 22);
        check("你好，世界", 5, 5);
        check("Здравствуй, мир", 4, 9);
        check("    indented\n\n\nlines", 4, 6);
    }

    #[test]
    fn an_estimate_does_not_depend_on_the_pieces() {
        let text = "fn main() {\n    println!(\"{}\", 12345);\n}\n\n你好，世界 Здравствуй";
        for (at, _) in text.char_indices() {
            let mut estimate = Estimate::default();
            estimate.add(&text[..at]);
            estimate.add(&text[at..]);
            assert_eq!(estimate.tokens(), estimate_text(text), "{at}");
        }
    }
}
