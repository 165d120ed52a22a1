//! Putting turns in the order Claude asks for.

use std::collections::{HashMap, HashSet};

use super::{Block, Content, Message, Origin, Speaker};
use crate::claude::request::{marks, media, tools};
use crate::claude::wire::PROVIDER;
use crate::error::EncodeError;
use crate::ir::{
    Arguments, CallKind, Extensions, Part, Reasoning, Request, Role, Text, ToolCall, ToolResult,
    Turn,
};
use crate::json::{RawJson, Str};
use crate::losses::Losses;
use crate::names::Names;
use crate::target::Target;
use crate::{Dialect, ids};

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

struct Arranger<'r, 'l> {
    request: &'r Request,
    target: &'l Target,
    names: &'l mut Names,
    losses: &'l mut Losses,
    messages: Vec<Message<'r>>,
    leading: Vec<&'r Turn>,
    calls: Calls,
    /// The block put last: message, whether among the results, and position there.
    last: Option<(usize, bool, usize)>,
}

/// The calls of the last assistant message, and the ids used so far.
#[derive(Default)]
struct Calls {
    open: Vec<OpenCall>,
    /// The client's id to the calls that bear it, in order, and how many of them have a result.
    waiting: HashMap<Str, (Vec<usize>, usize)>,
    /// The message that holds their results.
    answers: Option<usize>,
    used: HashSet<Str>,
    repeated: HashMap<Str, usize>,
}

struct OpenCall {
    id: Str,
    origin: Origin,
    /// Position of its result.
    answer: Option<usize>,
}

impl Calls {
    /// An id for a call: legal (trap 2), and not used by an earlier call, as some clients begin anew in every turn.
    fn unique_id(&mut self, id: &Str) -> Str {
        let base = ids::sanitise(id, ids::CALL_ID_LIMIT);
        let mut unique = base.clone();
        while !self.used.insert(unique.clone()) {
            let count = self.repeated.entry(base.clone()).or_insert(1);
            *count += 1;
            let text = Str::from(format!("{base}_{count}"));
            unique = ids::sanitise(&text, ids::CALL_ID_LIMIT);
        }
        unique
    }

    fn open(&mut self, client_id: &Str, id: Str, origin: Origin) {
        let (calls, _) = self.waiting.entry(client_id.clone()).or_default();
        calls.push(self.open.len());
        self.open.push(OpenCall {
            id,
            origin,
            answer: None,
        });
    }

    /// The call a result belongs to: the first with its id that waits, else the last one.
    fn of_result(&mut self, client_id: &Str) -> Option<usize> {
        let (calls, answered) = self.waiting.get_mut(client_id)?;
        let call = calls.get(*answered).or(calls.last()).copied();
        *answered += 1;
        call
    }
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

    fn part(
        &mut self,
        origin: Origin,
        part: &'r Part,
        speaker: Speaker,
    ) -> Result<(), EncodeError> {
        let assistant = speaker == Speaker::Assistant;
        match part {
            Part::Text(text) => self.text(origin, text, speaker),
            Part::Refusal(text) => self.plain_text(origin, text.clone(), speaker),
            Part::Media(_) if assistant && self.request.dialect != Dialect::Claude => {
                self.drop_part(origin, "Claude takes no media in assistant messages");
            }
            Part::Media(medium) => {
                let content = media::content(medium, self.request, origin, self.losses)?;
                let path = || self.request.part_path(origin.turn, origin.part);
                report_foreign(self.losses, &medium.extensions, path);
                self.push(speaker, content, medium.cache.as_ref(), origin);
            }
            Part::ToolCall(call) if assistant => self.call(origin, call),
            Part::ToolCall(_) => self.drop_part(origin, "only the assistant calls tools"),
            Part::ToolResult(result) if !assistant => self.result(origin, result)?,
            Part::ToolResult(_) => self.drop_part(origin, "the assistant gives no results"),
            Part::Reasoning(reasoning) => self.reasoning(origin, reasoning, assistant),
            Part::Server(block) if block.dialect == Dialect::Claude => {
                self.push(speaker, Content::Raw(&block.raw), None, origin);
            }
            Part::Unknown(block) if block.dialect == Dialect::Claude => {
                self.push(speaker, Content::Raw(&block.raw), None, origin);
            }
            Part::Server(_) | Part::Unknown(_) => {
                self.drop_part(origin, "only the dialect it was written in understands it");
            }
        }
        Ok(())
    }

    fn text(&mut self, origin: Origin, text: &'r Text, speaker: Speaker) {
        let path = || self.request.part_path(origin.turn, origin.part);
        report_foreign(self.losses, &text.extensions, path);
        if text.text.trim().is_empty() {
            return self.blank(origin, text);
        }
        let content = Content::Text {
            text: text.text.clone(),
            of: Some(text),
        };
        self.push(speaker, content, text.cache.as_ref(), origin);
    }

    /// Claude refuses texts without a word (traps 3 to 5); a mark on one moves to the block before.
    fn blank(&mut self, origin: Origin, text: &Text) {
        if !text.text.is_empty() {
            let path = self.request.part_path(origin.turn, origin.part);
            self.losses
                .quietly_dropped(path, "Claude refuses texts of white space only");
        }
        if let (Some(mark), Some(block)) = (&text.cache, self.last_block())
            && block.cache.is_none()
            && marks::is_markable(&block.content)
        {
            block.cache = Some(marks::fit(mark));
        }
    }

    fn plain_text(&mut self, origin: Origin, text: Str, speaker: Speaker) {
        if !text.trim().is_empty() {
            self.push(speaker, Content::Text { text, of: None }, None, origin);
        }
    }

    fn call(&mut self, origin: Origin, call: &'r ToolCall) {
        let path = || self.request.part_path(origin.turn, origin.part);
        report_foreign(self.losses, &call.extensions, path);
        let id = self.calls.unique_id(&call.id);
        let name = self
            .names
            .upstream(&call.name, tools::name_limit(self.request.dialect));
        let input = self.input(origin, call);
        self.calls.open(&call.id, id.clone(), origin);
        let content = Content::Call {
            call,
            id,
            name,
            input,
        };
        self.push(Speaker::Assistant, content, call.cache.as_ref(), origin);
    }

    /// Arguments as the object Claude asks for (traps 3 and 4).
    fn input(&mut self, origin: Origin, call: &ToolCall) -> RawJson {
        let Arguments(text) = &call.arguments;
        if call.kind == CallKind::Custom {
            return tools::free_text(text);
        }
        let path = || {
            let field = match self.request.dialect {
                Dialect::Chat => "function.arguments",
                Dialect::Claude => "input",
            };
            format!(
                "{}.{field}",
                self.request.part_path(origin.turn, origin.part)
            )
        };
        let Some(input) = call.arguments.to_object() else {
            let why = "the arguments are not JSON; Claude got an empty object";
            self.losses.changed(path(), why);
            return RawJson::empty_object();
        };
        if !text.trim().is_empty() && !text.trim_start().starts_with('{') {
            let why = "Claude takes objects only: the value is under `input`";
            self.losses.changed(path(), why);
        }
        input
    }

    fn reasoning(&mut self, origin: Origin, reasoning: &'r Reasoning, assistant: bool) {
        let usable = reasoning.opaque.as_ref().is_some_and(|state| {
            state.provider == self.target.provider
                && (!state.data.is_empty() || (state.provider != PROVIDER && !reasoning.redacted))
        });
        if usable && assistant {
            let content = Content::Thinking(reasoning);
            self.push(Speaker::Assistant, content, None, origin);
        } else {
            let path = self.request.part_path(origin.turn, origin.part);
            self.losses.quietly_dropped(
                path,
                "reasoning of another provider or without its signature",
            );
        }
    }

    /// Puts a result beside its call's others. The last of several results for one call counts (trap 14); a result
    /// without a call is told as text.
    fn result(&mut self, origin: Origin, result: &'r ToolResult) -> Result<(), EncodeError> {
        let path = || self.request.part_path(origin.turn, origin.part);
        report_foreign(self.losses, &result.extensions, path);
        let content = self.result_content(origin, result)?;
        let Some(call) = self.calls.of_result(&result.call_id) else {
            let why = "no call before it has this id: told as the user's words";
            self.losses.changed(path(), why);
            self.orphan(origin, result, content);
            return Ok(());
        };
        let block = Block {
            content: Content::Result {
                result,
                id: self.calls.open[call].id.clone(),
                content,
            },
            cache: result.cache.as_ref().map(marks::fit),
            origin,
        };
        let at = self.answers();
        let results = &mut self.messages[at].results;
        let position = match self.calls.open[call].answer {
            Some(position) => {
                let earlier = std::mem::replace(&mut results[position], block).origin;
                self.drop_part(earlier, "a later result for the same call counts");
                position
            }
            None => {
                results.push(block);
                results.len() - 1
            }
        };
        self.calls.open[call].answer = Some(position);
        self.last = Some((at, true, position));
        Ok(())
    }

    fn orphan(&mut self, origin: Origin, result: &ToolResult, content: Vec<Block<'r>>) {
        let intro = Str::from(format!("[result of the call {}]", result.call_id));
        self.plain_text(origin, intro, Speaker::User);
        for block in content {
            let cache = block.cache;
            self.push(Speaker::User, block.content, cache.as_ref(), origin);
        }
    }

    fn result_content(
        &mut self,
        origin: Origin,
        result: &'r ToolResult,
    ) -> Result<Vec<Block<'r>>, EncodeError> {
        let mut blocks = Vec::new();
        for part in &result.parts {
            let (content, cache) = match part {
                Part::Text(text) if text.text.trim().is_empty() && !result.bare => continue,
                Part::Text(text) if text.text.is_empty() => continue,
                Part::Text(text) => {
                    let path = || self.request.part_path(origin.turn, origin.part);
                    report_foreign(self.losses, &text.extensions, path);
                    let content = Content::Text {
                        text: text.text.clone(),
                        of: Some(text),
                    };
                    (content, text.cache.as_ref())
                }
                Part::Media(medium) => {
                    let path = || self.request.part_path(origin.turn, origin.part);
                    report_foreign(self.losses, &medium.extensions, path);
                    let content = media::content(medium, self.request, origin, self.losses)?;
                    (content, medium.cache.as_ref())
                }
                Part::Server(block) if block.dialect == Dialect::Claude => {
                    (Content::Raw(&block.raw), None)
                }
                Part::Unknown(block) if block.dialect == Dialect::Claude => {
                    (Content::Raw(&block.raw), None)
                }
                _ => {
                    self.drop_part(origin, "Claude's results hold texts, images and documents");
                    continue;
                }
            };
            blocks.push(Block {
                content,
                cache: cache.map(marks::fit),
                origin,
            });
        }
        Ok(blocks)
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
                Part::Text(text) if !text.text.trim().is_empty() => Some(text),
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

    fn drop_part(&mut self, origin: Origin, why: &'static str) {
        let path = self.request.part_path(origin.turn, origin.part);
        self.losses.dropped(path, why);
    }

    fn speaker(&self) -> Option<Speaker> {
        self.messages.last().map(|message| message.speaker)
    }

    /// The message for the results of the open calls; it directly follows them.
    fn answers(&mut self) -> usize {
        if let Some(at) = self.calls.answers {
            return at;
        }
        self.messages.push(Message::new(Speaker::User));
        let at = self.messages.len() - 1;
        self.calls.answers = Some(at);
        at
    }

    fn push(
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
        blocks.push(Block {
            content,
            cache: cache.map(marks::fit),
            origin,
        });
        self.last = Some((at, false, blocks.len() - 1));
    }

    fn last_block(&mut self) -> Option<&mut Block<'r>> {
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
        self.calls.answers = None;
        self.calls.waiting.clear();
        for call in self.calls.open.drain(..) {
            if call.answer.is_none() {
                let path = self.request.part_path(call.origin.turn, call.origin.part);
                let reason = format!(
                    "the call `{}` has no result; every call needs one before the conversation goes on",
                    call.id
                );
                return Err(EncodeError::new(path, reason));
            }
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
        let path = format!("{}.{}", path(), extension.key);
        let why = "Claude has no such field";
        match &*extension.key {
            "reasoning_details" | "reasoning" | "extra_content" | "annotations" => {
                losses.quietly_dropped(path, why);
            }
            _ => losses.dropped(path, why),
        }
    }
}
