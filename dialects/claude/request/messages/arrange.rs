//! Putting turns in the order Claude asks for.

use super::calls::Calls;
use super::{Block, Content, Message, Origin, Speaker};
use crate::Dialect;
use crate::claude::request::marks;
use crate::error::EncodeError;
use crate::ir::{Extensions, Part, Request, Role, Text, Turn};
use crate::json::Str;
use crate::losses::Losses;
use crate::names::Names;
use crate::target::Target;

/// The conversation as Claude takes it.
#[derive(Debug)]
pub(in crate::claude::request) struct Arranged<'r> {
    pub(in crate::claude::request) messages: Vec<Message<'r>>,
    /// System turns before anybody spoke: they belong to the system prompt.
    pub(in crate::claude::request) leading: Vec<&'r Turn>,
}

/// Arranges the turns of a request.
pub(in crate::claude::request) fn arrange<'r>(
    request: &'r Request,
    target: &Target,
    names: &mut Names,
    losses: &mut Losses,
) -> Result<Arranged<'r>, EncodeError> {
    let mut arranger = Arranger {
        request,
        target,
        names,
        losses,
        messages: Vec::new(),
        leading: Vec::new(),
        calls: Calls::default(),
        last: None,
    };
    for (index, turn) in request.turns.iter().enumerate() {
        arranger.turn(index, turn)?;
    }
    arranger.settle()?;
    Ok(arranger.finish())
}

pub(super) struct Arranger<'r, 'l> {
    pub(super) request: &'r Request,
    pub(super) target: &'l Target,
    pub(super) names: &'l mut Names,
    pub(super) losses: &'l mut Losses,
    pub(super) messages: Vec<Message<'r>>,
    leading: Vec<&'r Turn>,
    pub(super) calls: Calls,
    /// The block put last: message, whether among the results, and position there.
    pub(super) last: Option<(usize, bool, usize)>,
}

impl<'r> Arranger<'r, '_> {
    fn turn(&mut self, index: usize, turn: &'r Turn) -> Result<(), EncodeError> {
        self.last = None;
        match turn.role {
            Role::System | Role::Developer => self.system(index, turn),
            Role::Assistant => {
                if self.speaker() != Some(Speaker::Assistant) {
                    self.settle()?;
                }
                self.parts(index, turn, Speaker::Assistant)?;
            }
            Role::User | Role::Tool => self.parts(index, turn, Speaker::User)?,
        }
        if turn.name.is_some() {
            let path = format!("{}.name", self.request.turn_path(index));
            self.losses.dropped(path, "Claude's messages have no name");
        }
        let path = || self.request.turn_path(index);
        report_foreign(self.losses, &turn.extensions, path);
        self.mark_turn(turn);
        Ok(())
    }

    fn parts(&mut self, index: usize, turn: &'r Turn, speaker: Speaker) -> Result<(), EncodeError> {
        for (part_index, part) in turn.parts.iter().enumerate() {
            let origin = Origin {
                turn: index,
                part: part_index,
            };
            self.part(origin, part, speaker)?;
        }
        if let Some((message, ..)) = self.last {
            let message = &mut self.messages[message];
            let alone = message.blocks.len() == 1 && message.results.is_empty();
            message.bare = turn.bare && alone;
            if turn.extensions.of(Dialect::Claude).next().is_some() {
                message.extensions.push(&turn.extensions);
            }
        }
        Ok(())
    }

    /// A system prompt between turns keeps its place (trap 7): under its own role where the model knows it, else as
    /// the user's words in a marker.
    fn system(&mut self, index: usize, turn: &'r Turn) {
        if self.messages.is_empty() {
            self.leading.push(turn);
            return;
        }
        let texts: Vec<&Text> = turn
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) if !text.text.is_blank() => Some(text),
                _ => None,
            })
            .collect();
        for (part, _) in turn
            .parts
            .iter()
            .enumerate()
            .filter(|(_, part)| !matches!(part, Part::Text(_)))
        {
            let origin = Origin { turn: index, part };
            self.drop_part(origin, "system messages hold text only");
        }
        if texts.is_empty() {
            return;
        }
        // Nothing may stand between calls and their results.
        if !self.calls.open.is_empty() {
            self.answers();
        }
        let origin = |part| Origin { turn: index, part };
        if self.target.model_profile.mid_system {
            for (part, text) in texts.into_iter().enumerate() {
                let content = Content::Text {
                    text: text.text.clone(),
                    of: Some(text),
                };
                self.push(Speaker::System, content, text.cache.as_ref(), origin(part));
            }
            if let Some(message) = self.messages.last_mut() {
                message.bare = turn.bare && message.blocks.len() == 1;
            }
            return;
        }
        let joined: Vec<&str> = texts.iter().map(|text| &*text.text).collect();
        let text = Str::from(format!(
            "<system-reminder>\n{}\n</system-reminder>",
            joined.join("\n\n")
        ));
        let cache = texts.iter().rev().find_map(|text| text.cache.as_ref());
        let content = Content::Text { text, of: None };
        self.push(Speaker::User, content, cache, origin(0));
        let why = "this model takes no system messages between turns: told as a system reminder of the user";
        self.losses.changed(self.request.turn_path(index), why);
    }

    pub(super) fn drop_part(&mut self, origin: Origin, why: &'static str) {
        let path = self.request.part_path(origin.turn, origin.part);
        self.losses.dropped(path, why);
    }

    fn speaker(&self) -> Option<Speaker> {
        self.messages.last().map(|message| message.speaker)
    }

    /// The message for the results of the open calls; it directly follows them.
    pub(super) fn answers(&mut self) -> usize {
        if let Some(at) = self.calls.answers {
            return at;
        }
        self.messages.push(Message::new(Speaker::User));
        let at = self.messages.len() - 1;
        self.calls.answers = Some(at);
        at
    }

    pub(super) fn push(
        &mut self,
        speaker: Speaker,
        content: Content<'r>,
        cache: Option<&crate::ir::CacheMark>,
        origin: Origin,
    ) {
        if speaker == Speaker::User && !self.calls.open.is_empty() {
            self.answers();
        }
        if self.speaker() != Some(speaker) {
            self.messages.push(Message::new(speaker));
        }
        let at = self.messages.len() - 1;
        let blocks = &mut self.messages[at].blocks;
        if blocks.is_empty() {
            // Most messages have no more.
            blocks.reserve_exact(1);
        }
        blocks.push(Block {
            content,
            cache: cache.map(marks::fit),
            origin,
        });
        self.last = Some((at, false, blocks.len() - 1));
    }

    pub(super) fn last_block(&mut self) -> Option<&mut Block<'r>> {
        let (message, in_results, position) = self.last?;
        let message = self.messages.get_mut(message)?;
        let blocks = if in_results {
            &mut message.results
        } else {
            &mut message.blocks
        };
        blocks.get_mut(position)
    }

    /// A mark on a whole message is one on its last block, unless that has its own.
    fn mark_turn(&mut self, turn: &Turn) {
        if let (Some(mark), Some(block)) = (&turn.cache, self.last_block())
            && block.cache.is_none()
            && marks::is_markable(&block.content)
        {
            block.cache = Some(marks::fit(mark));
        }
    }

    /// Before the assistant speaks again, every call must have its result.
    fn settle(&mut self) -> Result<(), EncodeError> {
        if let Some(call) = self.calls.settle() {
            let path = self.request.part_path(call.origin.turn, call.origin.part);
            let reason = format!(
                "the call `{}` has no result; every call needs one before the conversation goes on",
                call.id
            );
            return Err(EncodeError::new(path, reason));
        }
        Ok(())
    }

    fn finish(mut self) -> Arranged<'r> {
        let mut messages: Vec<Message<'r>> = Vec::with_capacity(self.messages.len() + 1);
        for mut message in std::mem::take(&mut self.messages) {
            self.trim_thinking(&mut message);
            if message.results.is_empty() && message.blocks.is_empty() {
                continue;
            }
            match messages.last_mut() {
                Some(last) if last.speaker == message.speaker => {
                    last.bare = false;
                    last.results.append(&mut message.results);
                    last.blocks.append(&mut message.blocks);
                    last.extensions.append(&mut message.extensions);
                }
                _ => messages.push(message),
            }
        }
        match messages.first() {
            // A system prompt alone is no question (trap 6).
            None => messages.push(Message::of_text(Speaker::User, ".")),
            Some(first) if first.speaker != Speaker::User => {
                messages.insert(0, Message::of_text(Speaker::User, "(continued)"));
            }
            Some(_) => {}
        }
        Arranged {
            messages,
            leading: self.leading,
        }
    }

    /// An assistant message may not end with thinking.
    fn trim_thinking(&mut self, message: &mut Message<'r>) {
        while let Some(Block {
            content: Content::Thinking(_),
            origin,
            ..
        }) = message.blocks.last()
        {
            let path = self.request.part_path(origin.turn, origin.part);
            self.losses
                .quietly_dropped(path, "thinking that nothing followed");
            message.blocks.pop();
        }
    }
}

/// Names the fields that only another dialect has. Reasoning that its own dialect could not type is nobody else's.
pub(in crate::claude::request) fn report_foreign(
    losses: &mut Losses,
    extensions: &Extensions,
    path: impl Fn() -> String,
) {
    for extension in extensions.foreign(Dialect::Claude) {
        let key = extension.key.strip_prefix("message.");
        let key = key.unwrap_or(&extension.key);
        let path = format!("{}.{key}", path());
        let why = "Claude has no such field";
        match key {
            "reasoning_details" | "reasoning" | "extra_content" | "annotations" | "id"
            | "status" | "phase" => {
                losses.quietly_dropped(path, why);
            }
            _ if extension.is_idle() => losses.quietly_dropped(path, why),
            _ => losses.dropped(path, why),
        }
    }
}
