//! One part of a turn.

use super::arrange::{Arranger, OpenCall};
use super::{Answer, Call, Image, Speaker};
use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::{Arguments, CallKind, Media, Part, Text, ToolCall, ToolResult};
use crate::json::{RawJson, Str};
use crate::kiro::request::media::{self, Form};

impl Arranger<'_, '_> {
    pub(super) fn part(
        &mut self,
        place: (usize, usize),
        part: &Part,
        speaker: Speaker,
    ) -> Result<(), EncodeError> {
        let assistant = speaker == Speaker::Assistant;
        match part {
            Part::Text(text) => self.text(place, text, speaker),
            Part::Refusal(text) => self.words(place, text, speaker),
            Part::Media(_) if assistant => {
                self.drop_part(place, "Kiro takes no media in the model's messages");
            }
            Part::Media(medium) => self.media(place, medium)?,
            Part::ToolCall(call) if assistant => self.call(place, call),
            Part::ToolCall(_) => self.drop_part(place, "only the model calls tools"),
            Part::ToolResult(result) if !assistant => self.result(place, result)?,
            Part::ToolResult(_) => self.drop_part(place, "the model gives no results"),
            Part::Reasoning(_) => {
                let path = self.scope.request.part_path(place.0, place.1);
                let why = "Kiro takes no thinking back";
                self.scope.losses.quietly_dropped(path, why);
            }
            Part::Server(block) => {
                let why = format!("a `{}` block means nothing to another vendor", block.kind);
                self.drop_part(place, why);
            }
            Part::Unknown(block) => {
                let why = format!("Kiro has no part of type `{}`", block.kind);
                self.drop_part(place, why);
            }
        }
        Ok(())
    }

    fn drop_part(&mut self, place: (usize, usize), why: impl Into<std::borrow::Cow<'static, str>>) {
        let path = self.scope.request.part_path(place.0, place.1);
        self.scope.losses.dropped(path, why);
    }

    fn text(&mut self, place: (usize, usize), text: &Text, speaker: Speaker) {
        let request = self.scope.request;
        let path = || request.part_path(place.0, place.1);
        self.scope.foreign(&text.extensions, path);
        self.scope.unmark(text.cache.is_some(), path);
        if text.citations.is_some() {
            let field = match request.dialect {
                Dialect::Responses => "annotations",
                _ => "citations",
            };
            let path = format!("{}.{field}", path());
            self.scope
                .losses
                .quietly_dropped(path, "Kiro takes no citations back");
        }
        self.words(place, &text.text, speaker);
    }

    /// Words of a speaker. The model refuses texts of white space alone.
    fn words(&mut self, place: (usize, usize), text: &Str, speaker: Speaker) {
        if !text.is_blank() {
            self.say(speaker, place.0, text.clone());
        } else if !text.is_empty() {
            let path = self.scope.request.part_path(place.0, place.1);
            let why = "Kiro takes no texts of white space only";
            self.scope.losses.quietly_dropped(path, why);
        }
    }

    fn media(&mut self, place: (usize, usize), medium: &Media) -> Result<(), EncodeError> {
        let request = self.scope.request;
        let path = || request.part_path(place.0, place.1);
        for form in media::forms(self.scope, medium, &path)? {
            match form {
                Form::Text(text) => self.words(place, &text, Speaker::User),
                Form::Image(image) => self.message(Speaker::User, place.0).images.push(image),
            }
        }
        Ok(())
    }

    fn call(&mut self, place: (usize, usize), call: &ToolCall) {
        let request = self.scope.request;
        let path = || request.part_path(place.0, place.1);
        self.scope.foreign(&call.extensions, path);
        self.scope.unmark(call.cache.is_some(), path);
        let name = self.scope.name(&call.name);
        let input = self.input(place, call);
        let id = self.calls.unique_id(&call.id);
        self.calls.open(OpenCall {
            client_id: call.id.clone(),
            id: id.clone(),
            place,
            answer: None,
        });
        let message = self.message(Speaker::Assistant, place.0);
        message.calls.push(Call { id, name, input });
    }

    /// Arguments as the object that `input` must be (traps 3 and 4).
    fn input(&mut self, place: (usize, usize), call: &ToolCall) -> RawJson {
        let Arguments(text) = &call.arguments;
        if call.kind == CallKind::Custom {
            return RawJson::build(|writer| writer.object(|writer| writer.field("input", text)));
        }
        let request = self.scope.request;
        let path = || request.arguments_path(place.0, place.1);
        let Some(input) = call.arguments.to_object() else {
            let why = "the arguments are not JSON; Kiro got an empty object";
            self.scope.losses.changed(path(), why);
            return RawJson::empty_object();
        };
        if !text.trim().is_empty() && !text.trim_start().starts_with('{') {
            let why = "Kiro takes objects only: the value is under `input`";
            self.scope.losses.changed(path(), why);
        }
        input
    }

    /// Puts a result beside its call's others. The last of several results for one call counts (trap 14), so that no id is
    /// there twice; a result without a call is told as text.
    fn result(&mut self, place: (usize, usize), result: &ToolResult) -> Result<(), EncodeError> {
        let request = self.scope.request;
        let path = || request.part_path(place.0, place.1);
        self.scope.foreign(&result.extensions, path);
        self.scope.unmark(result.cache.is_some(), path);
        let (texts, images) = self.outcome(place, result)?;
        let Some(call) = self.calls.of_result(&result.call_id) else {
            let why = "no call before it has this id: told as the user's words";
            self.scope.losses.changed(path(), why);
            let intro = format!("[result of the call {}]", result.call_id);
            let told: Vec<Str> = [Str::from(intro)].into_iter().chain(texts).collect();
            self.say(Speaker::User, place.0, Str::from(told.join("\n")));
            let message = self.message(Speaker::User, place.0);
            message.images.extend(images);
            return Ok(());
        };
        let answer = Answer {
            id: self.calls.open[call].id.clone(),
            failed: result.is_error == Some(true),
            texts,
        };
        let earlier = self.calls.open[call].answer;
        let message = self.message(Speaker::User, place.0);
        message.images.extend(images);
        let position = match earlier {
            Some((_, position)) => {
                message.results[position] = answer;
                position
            }
            None => {
                message.results.push(answer);
                message.results.len() - 1
            }
        };
        self.calls.open[call].answer = Some((place, position));
        if let Some((earlier, _)) = earlier {
            self.drop_part(earlier, "a later result for the same call counts");
        }
        Ok(())
    }

    /// The texts of an outcome, and its pictures, which stand beside it.
    fn outcome(
        &mut self,
        place: (usize, usize),
        result: &ToolResult,
    ) -> Result<(Vec<Str>, Vec<Image>), EncodeError> {
        let request = self.scope.request;
        let (mut texts, mut images) = (Vec::new(), Vec::new());
        let before = self.images();
        for (index, part) in result.parts.iter().enumerate() {
            let path = || request.result_part_path(place.0, place.1, index, result.bare);
            match part {
                Part::Text(text) => {
                    self.scope.foreign(&text.extensions, path);
                    self.scope.unmark(text.cache.is_some(), path);
                    texts.push(text.text.clone());
                }
                Part::Media(medium) => {
                    for form in media::forms(self.scope, medium, &path)? {
                        match form {
                            Form::Text(text) => texts.push(text),
                            Form::Image(image) => {
                                images.push(image);
                                let number = before + images.len();
                                texts.push(Str::from(format!("[image {number} of this message]")));
                            }
                        }
                    }
                }
                _ => {
                    let why = "Kiro's results hold texts and images";
                    self.scope.losses.dropped(path(), why);
                }
            }
        }
        texts.retain(|text| !text.is_empty());
        Ok((texts, images))
    }
}
