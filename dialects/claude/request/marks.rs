//! Cache marks: Claude takes four (`dialects.md` 2.5).

use super::messages::{Block, Content, Message};
use crate::claude::wire::media::Source;
use crate::ir::CacheMark;
use crate::json::{RawJson, Str};
use crate::losses::Losses;

/// The most marks in one request.
const MOST: usize = 4;

/// A mark with a lifetime that Claude has: OpenAI's thirty minutes are its short one, longer ones its hour.
pub(super) fn fit(mark: &CacheMark) -> CacheMark {
    let ttl = mark.ttl.as_deref().and_then(|ttl| match ttl {
        "5m" | "30m" => Some("5m"),
        "1h" | "12h" | "24h" => Some("1h"),
        _ => None,
    });
    CacheMark {
        ttl: ttl.map(Str::from_static),
    }
}

/// Whether Claude takes a mark on such a block.
pub(super) fn is_markable(content: &Content<'_>) -> bool {
    !matches!(content, Content::Thinking(_) | Content::Raw(_))
}

/// Whether a raw value brings a mark of its own, which cannot be taken off.
pub(super) fn is_marked(raw: &RawJson) -> bool {
    memchr::memmem::find(raw.as_str().as_bytes(), b"\"cache_control\"").is_some()
}

/// Takes off the marks above the limit: those on tools and system prompt stay, of the others the latest. `fixed` marks
/// stand elsewhere.
pub(super) fn limit<'m>(
    prefix: impl Iterator<Item = &'m mut Option<CacheMark>>,
    messages: &mut [Message<'_>],
    fixed: usize,
    losses: &mut Losses,
) {
    let mut found = Found {
        marks: Vec::new(),
        fixed,
    };
    for message in messages {
        let blocks = message.results.iter_mut().chain(&mut message.blocks);
        blocks.for_each(|block| found.block(block));
    }
    let mut prefix: Vec<_> = prefix.filter(|mark| mark.is_some()).collect();
    let room = MOST.saturating_sub(found.fixed);
    let kept = prefix.len().min(room);
    let surplus = prefix.len() - kept;
    let later_surplus = found.marks.len().saturating_sub(room - kept);
    if surplus + later_surplus > 0 {
        let why =
            "Claude takes four cache marks; those on tools and system and the latest were kept";
        losses.quietly_dropped("cache_control", why);
    }
    let dropped = prefix.iter_mut().take(surplus);
    dropped.for_each(|mark| **mark = None);
    let dropped = found.marks.iter_mut().take(later_surplus);
    dropped.for_each(|mark| **mark = None);
}

struct Found<'m> {
    marks: Vec<&'m mut Option<CacheMark>>,
    fixed: usize,
}

impl<'m> Found<'m> {
    /// Gathers in the order the prompt is read: what stands inside a block comes before its own mark.
    fn block(&mut self, block: &'m mut Block<'_>) {
        match &mut block.content {
            Content::Result {
                content: blocks, ..
            }
            | Content::Media {
                source: Source::Blocks(blocks),
                ..
            } => blocks.iter_mut().for_each(|block| self.block(block)),
            Content::Raw(raw) => self.fixed += usize::from(is_marked(raw)),
            _ => {}
        }
        if block.cache.is_some() {
            self.marks.push(&mut block.cache);
        }
    }
}
