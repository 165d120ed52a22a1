//! One part of a turn as blocks.

use super::arrange::{Arranger, report_foreign};
use super::{Block, Content, Origin, Speaker};
use crate::Dialect;
use crate::claude::request::{marks, media, tools};
use crate::claude::wire::PROVIDER;
use crate::error::EncodeError;
use crate::ir::{Arguments, CallKind, Part, Reasoning, Text, ToolCall, ToolResult};
use crate::json::{RawJson, Str};

impl<'r> Arranger<'r, '_> {
    pub(super) fn part(
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
        if text.citations.is_some() && self.request.dialect != Dialect::Claude {
            let path = format!("{}.annotations", path());
            let why = "annotations of another vendor mean nothing in a request";
            self.losses.dropped(path, why);
        }
        if text.text.is_blank() {
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
            let path = format!("{}.content", self.request.turn_path(origin.turn));
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
        let path = || self.request.arguments_path(origin.turn, origin.part);
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
                Part::Text(text) if text.text.is_blank() && !result.bare => continue,
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
}
