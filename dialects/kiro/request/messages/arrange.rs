//! Putting turns in the order Kiro asks for.

use std::collections::{HashMap, HashSet};

use super::{Conversation, Message, Speaker};
use crate::error::EncodeError;
use crate::ids;
use crate::ir::{Part, Role, Turn};
use crate::json::Str;
use crate::kiro::request::encode::Scope;

/// Arranges the turns of a request.
pub(in crate::kiro::request) fn arrange(
    scope: &mut Scope<'_>,
) -> Result<Conversation, EncodeError> {
    let request = scope.request;
    let mut arranger = Arranger {
        scope,
        messages: Vec::new(),
        leading: Vec::new(),
        calls: Calls::default(),
    };
    for (index, turn) in request.turns.iter().enumerate() {
        arranger.turn(index, turn)?;
    }
    arranger.settle()?;
    Ok(arranger.finish())
}

pub(super) struct Arranger<'r, 's> {
    pub(super) scope: &'s mut Scope<'r>,
    messages: Vec<Message>,
    leading: Vec<Str>,
    pub(super) calls: Calls,
}

/// The calls of the last assistant message, and the ids used so far.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) open: Vec<OpenCall>,
    /// The client's id to the calls that bear it, in order, and how many of them have a result.
    waiting: HashMap<Str, (Vec<usize>, usize)>,
    used: HashSet<Str>,
    repeated: HashMap<Str, usize>,
}

pub(super) struct OpenCall {
    pub(super) client_id: Str,
    pub(super) id: Str,
    /// Turn and part.
    pub(super) place: (usize, usize),
    /// Turn and part of its result, and its position among the results.
    pub(super) answer: Option<((usize, usize), usize)>,
}

impl Calls {
    /// An id for a call: legal, and not used by an earlier call, as some clients begin anew in every turn.
    pub(super) fn unique_id(&mut self, id: &Str) -> Str {
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

    pub(super) fn open(&mut self, call: OpenCall) {
        let (calls, _) = self.waiting.entry(call.client_id.clone()).or_default();
        calls.push(self.open.len());
        self.open.push(call);
    }

    /// The call a result belongs to: the first with its id that waits, else the last one.
    pub(super) fn of_result(&mut self, client_id: &Str) -> Option<usize> {
        let (calls, answered) = self.waiting.get_mut(client_id)?;
        let call = calls.get(*answered).or(calls.last()).copied();
        *answered += 1;
        call
    }
}

impl Arranger<'_, '_> {
    fn turn(&mut self, index: usize, turn: &Turn) -> Result<(), EncodeError> {
        let request = self.scope.request;
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
        let path = || request.turn_path(index);
        if turn.name.is_some() {
            let path = format!("{}.name", path());
            let why = "Kiro's messages have no name";
            self.scope.losses.dropped(path, why);
        }
        self.scope.foreign(&turn.extensions, path);
        self.scope.unmark(turn.cache.is_some(), path);
        Ok(())
    }

    fn parts(&mut self, index: usize, turn: &Turn, speaker: Speaker) -> Result<(), EncodeError> {
        for (part_index, part) in turn.parts.iter().enumerate() {
            self.part((index, part_index), part, speaker)?;
        }
        Ok(())
    }

    /// A system prompt between turns keeps its place, as the user's words in a marker (`dialects.md` 2.1).
    fn system(&mut self, index: usize, turn: &Turn) {
        let request = self.scope.request;
        let mut texts: Vec<&str> = Vec::new();
        for (part_index, part) in turn.parts.iter().enumerate() {
            let path = || request.part_path(index, part_index);
            match part {
                Part::Text(text) => {
                    self.scope.foreign(&text.extensions, path);
                    self.scope.unmark(text.cache.is_some(), path);
                    texts.extend((!text.text.is_blank()).then_some(&*text.text));
                }
                _ => {
                    let why = "system messages hold text only";
                    self.scope.losses.dropped(path(), why);
                }
            }
        }
        if texts.is_empty() {
            return;
        }
        let path = request.turn_path(index);
        if self.messages.is_empty() {
            let why = "Kiro has no system prompt: it stands before the user's first words";
            self.scope.losses.quietly_changed(path, why);
            self.leading.extend(texts.into_iter().map(Str::from));
            return;
        }
        let text = format!(
            "<system-reminder>\n{}\n</system-reminder>",
            texts.join("\n\n")
        );
        self.say(Speaker::User, index, Str::from(text));
        let why = "Kiro takes no system messages: told as a system reminder of the user";
        self.scope.losses.changed(path, why);
    }

    fn speaker(&self) -> Option<Speaker> {
        self.messages.last().map(|message| message.speaker)
    }

    /// The message of a speaker at the end of the conversation; adjacent ones of one speaker are one.
    pub(super) fn message(&mut self, speaker: Speaker, turn: usize) -> &mut Message {
        let same = self.speaker() == Some(speaker);
        let at = match same {
            true => self.messages.len() - 1,
            false => {
                self.messages.push(Message::new(speaker));
                self.messages.len() - 1
            }
        };
        let message = &mut self.messages[at];
        message.turn = turn;
        message
    }

    /// Pictures that the user's message has so far.
    pub(super) fn images(&self) -> usize {
        let last = self.messages.last();
        let last = last.filter(|message| message.speaker == Speaker::User);
        last.map_or(0, |message| message.images.len())
    }

    /// Adds a text that says something.
    pub(super) fn say(&mut self, speaker: Speaker, turn: usize, text: Str) {
        self.message(speaker, turn).texts.push(text);
    }

    /// Before the assistant speaks again, every call must have its result.
    fn settle(&mut self) -> Result<(), EncodeError> {
        self.calls.waiting.clear();
        let unanswered = self.calls.open.drain(..).find(|call| call.answer.is_none());
        let Some(call) = unanswered else {
            return Ok(());
        };
        let path = self.scope.request.part_path(call.place.0, call.place.1);
        let reason = format!(
            "the call `{}` has no result; every call needs one before the conversation goes on",
            call.client_id
        );
        Err(EncodeError::new(path, reason))
    }

    /// The conversation begins and ends with the user, as Kiro answers nobody else.
    fn finish(mut self) -> Conversation {
        if self.speaker() == Some(Speaker::Assistant) {
            let last = self.messages.last().map_or(0, |message| message.turn);
            let path = self.scope.request.turn_path(last);
            let why = "Kiro does not continue its own messages: a user's `(continue)` was added";
            self.scope.losses.changed(path, why);
            self.say(Speaker::User, last, Str::from_static("(continue)"));
        }
        let first = self.messages.first().map(|message| message.speaker);
        if first != Some(Speaker::User) {
            self.messages.insert(0, Message::new(Speaker::User));
        }
        Conversation {
            messages: self.messages,
            leading: self.leading,
        }
    }
}
