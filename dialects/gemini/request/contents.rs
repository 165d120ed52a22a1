//! From turns to the contents Gemini accepts: a user first, speakers alternating, all results of a content's calls in the
//! next one and in their order, no empty part (`dialects.md` 1.5, 2.1 and 2.2).

mod arrange;
mod parts;
mod results;
mod write;

pub(super) use arrange::{Arranged, arrange};

use super::media::Source;
use crate::ir::{Extensions, Media, ToolCall, ToolResult};
use crate::json::{RawJson, Str};

/// Who speaks in a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Model,
}

/// One content of the body.
#[derive(Debug)]
struct Content<'r> {
    speaker: Speaker,
    /// What answers the calls of the content before, by the number of the call.
    results: Vec<(usize, Piece<'r>)>,
    pieces: Vec<Piece<'r>>,
    extensions: Vec<&'r Extensions>,
}

/// One part of a content.
#[derive(Debug)]
struct Piece<'r> {
    form: Form<'r>,
    /// `thoughtSignature`.
    signature: Option<Str>,
    /// Unknown fields of the part.
    extensions: Option<&'r Extensions>,
    /// The turn it was made from.
    turn: usize,
}

#[derive(Debug)]
enum Form<'r> {
    Text(Str),
    Thought(Str),
    Media {
        media: &'r Media,
        source: Source,
    },
    Call {
        call: &'r ToolCall,
        id: Option<Str>,
        name: Str,
        args: RawJson,
    },
    Result {
        result: &'r ToolResult,
        id: Option<Str>,
        name: Str,
        text: Str,
        /// Pictures and files.
        media: Vec<Piece<'r>>,
    },
    Raw(&'r RawJson),
}

impl<'r> Content<'r> {
    fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            results: Vec::new(),
            pieces: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// A content of the gateway's own, where Gemini wants one and the client has none.
    fn of_text(speaker: Speaker, text: &'static str) -> Self {
        let mut content = Self::new(speaker);
        let text = Form::Text(Str::from_static(text));
        content.pieces.push(Piece::new(text, usize::MAX));
        content
    }

    fn is_empty(&self) -> bool {
        self.results.is_empty() && self.pieces.is_empty()
    }
}

impl<'r> Piece<'r> {
    fn new(form: Form<'r>, turn: usize) -> Self {
        Self {
            form,
            signature: None,
            extensions: None,
            turn,
        }
    }
}
