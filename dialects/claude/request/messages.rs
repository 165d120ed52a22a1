//! From turns to the messages Claude accepts: a user first, roles alternating, all results of a turn's calls at the
//! beginning of the next user message, no empty text (`dialects.md` 1.4, 2.1 and 2.2).

mod arrange;
mod calls;
mod parts;
mod write;

pub(super) use arrange::{Arranged, arrange, report_foreign};
pub(super) use write::write;

use crate::claude::wire::media::{Form, Source};
use crate::ir::{CacheMark, Extensions, Media, Reasoning, Text, ToolCall, ToolResult};
use crate::json::{RawJson, Str};

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    User,
    Assistant,
    System,
}

/// One message of the body.
#[derive(Debug)]
pub(super) struct Message<'r> {
    pub(super) speaker: Speaker,
    /// What answers the calls of the message before; written first (trap 1).
    pub(super) results: Vec<Block<'r>>,
    pub(super) blocks: Vec<Block<'r>>,
    /// It is one turn whose content was a bare string.
    pub(super) bare: bool,
    pub(super) extensions: Vec<&'r Extensions>,
}

/// One block of a message.
#[derive(Debug)]
pub(super) struct Block<'r> {
    pub(super) content: Content<'r>,
    pub(super) cache: Option<CacheMark>,
    /// Turn and part it was made from.
    pub(super) origin: Origin,
}

/// A place in the request: turn and part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) turn: usize,
    pub(super) part: usize,
}

/// What a block holds.
#[derive(Debug)]
pub(super) enum Content<'r> {
    Text {
        text: Str,
        of: Option<&'r Text>,
    },
    Media {
        media: &'r Media,
        form: Form,
        source: Source<'r, Block<'r>>,
    },
    Call {
        call: &'r ToolCall,
        id: Str,
        name: Str,
        input: RawJson,
    },
    Result {
        result: &'r ToolResult,
        id: Str,
        content: Vec<Block<'r>>,
    },
    Thinking(&'r Reasoning),
    Raw(&'r RawJson),
}

impl<'r> Message<'r> {
    fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            results: Vec::new(),
            blocks: Vec::new(),
            bare: false,
            extensions: Vec::new(),
        }
    }

    /// A message of the gateway's own, where Claude wants one and the client has none.
    pub(super) fn of_text(speaker: Speaker, text: &'static str) -> Self {
        let mut message = Self::new(speaker);
        message.bare = true;
        message.blocks.push(Block {
            content: Content::Text {
                text: Str::from_static(text),
                of: None,
            },
            cache: None,
            origin: Origin {
                turn: usize::MAX,
                part: 0,
            },
        });
        message
    }
}
