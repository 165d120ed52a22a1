//! Putting turns in the order Gemini asks for.

use std::collections::HashMap;
use std::ops::Range;

use super::{Content, Form, Piece, Speaker};
use crate::Dialect;
use crate::error::EncodeError;
use crate::gemini::request::encode::Scope;
use crate::gemini::wire::FOREIGN_SIGNATURE;
use crate::ir::{Part, Role, Turn};
use crate::json::{Str, Writer};

/// The conversation as Gemini takes it.
pub(in crate::gemini::request) struct Arranged<'r> {
    contents: Vec<Content<'r>>,
    /// System turns before anybody spoke: they belong to the system prompt.
    pub(in crate::gemini::request) leading: Vec<Str>,
}

impl Arranged<'_> {
    pub(in crate::gemini::request) fn write(&self, writer: &mut Writer<'_>) {
        let contents = self.contents.iter();
        contents.for_each(|content| super::write::write(writer, content));
    }
}

/// Arranges the turns of a request.
pub(in crate::gemini::request) fn arrange<'r>(
    scope: &mut Scope<'r>,
) -> Result<Arranged<'r>, EncodeError> {
    let request = scope.request;
    let mut arranger = Arranger {
        scope,
        contents: Vec::new(),
        leading: Vec::new(),
        calls: Calls::default(),
        ordinal: 0,
    };
    for (index, turn) in request.turns.iter().enumerate() {
        arranger.turn(index, turn)?;
    }
    arranger.settle()?;
    Ok(arranger.finish())
}

pub(super) struct Arranger<'r, 's> {
    pub(super) scope: &'s mut Scope<'r>,
    pub(super) contents: Vec<Content<'r>>,
    leading: Vec<Str>,
    pub(super) calls: Calls,
    /// Calls so far, by which a made-up id is known.
    pub(super) ordinal: usize,
}

/// The calls of the last content of the model.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) open: Vec<OpenCall>,
    /// The client's id to the calls that bear it, in order, and how many of them have a result.
    waiting: HashMap<Str, (Vec<usize>, usize)>,
    /// The content that holds their results.
    answers: Option<usize>,
}

pub(super) struct OpenCall {
    pub(super) client_id: Str,
    pub(super) id: Option<Str>,
    pub(super) name: Str,
    /// Turn and part.
    pub(super) place: (usize, usize),
    /// Turn and part of its result, and its position among the results.
    pub(super) answer: Option<((usize, usize), usize)>,
}

impl Calls {
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

impl<'r> Arranger<'r, '_> {
    fn turn(&mut self, index: usize, turn: &'r Turn) -> Result<(), EncodeError> {
        let request = self.scope.request;
        match turn.role {
            Role::System | Role::Developer => self.system(index, turn),
            Role::Assistant => {
                if self.speaker() != Some(Speaker::Model) {
                    self.settle()?;
                }
                self.parts(index, turn, Speaker::Model)?;
            }
            Role::User | Role::Tool => self.parts(index, turn, Speaker::User)?,
        }
        let path = || request.turn_path(index);
        if turn.name.is_some() {
            let path = format!("{}.name", path());
            self.scope
                .losses
                .dropped(path, "Gemini's contents have no name");
        }
        self.scope.foreign(&turn.extensions, path);
        self.scope.unmark(turn.cache.is_some(), path);
        let has_own = turn.extensions.of(Dialect::Gemini).next().is_some();
        if let Some(content) = self.contents.last_mut().filter(|_| has_own) {
            content.extensions.push(&turn.extensions);
        }
        Ok(())
    }

    fn parts(&mut self, index: usize, turn: &'r Turn, speaker: Speaker) -> Result<(), EncodeError> {
        let early = match speaker {
            Speaker::Model if !self.scope.native => early_state(&turn.parts),
            _ => 0..0,
        };
        for (part_index, part) in turn.parts.iter().enumerate() {
            if part_index == early.end {
                self.states(index, turn, &early)?;
            }
            if !(early.contains(&part_index) && is_state(part)) {
                self.part((index, part_index), part, speaker)?;
            }
        }
        if turn.parts.len() == early.end {
            self.states(index, turn, &early)?;
        }
        Ok(())
    }

    /// The state among these parts.
    fn states(
        &mut self,
        index: usize,
        turn: &'r Turn,
        places: &Range<usize>,
    ) -> Result<(), EncodeError> {
        for place in places.clone().filter(|place| is_state(&turn.parts[*place])) {
            self.part((index, place), &turn.parts[place], Speaker::Model)?;
        }
        Ok(())
    }

    /// A system prompt between turns keeps its place, as the user's words in a marker (`dialects.md` 2.1).
    fn system(&mut self, index: usize, turn: &'r Turn) {
        let mut texts: Vec<&str> = Vec::new();
        for (part_index, part) in turn.parts.iter().enumerate() {
            let path = || self.scope.request.part_path(index, part_index);
            match part {
                Part::Text(text) => {
                    let path = path();
                    self.scope.foreign(&text.extensions, || path.clone());
                    self.scope.unmark(text.cache.is_some(), || path.clone());
                    texts.extend((!text.text.trim().is_empty()).then_some(&*text.text));
                }
                _ => self
                    .scope
                    .losses
                    .dropped(path(), "system messages hold text only"),
            }
        }
        if texts.is_empty() {
            return;
        }
        if self.contents.is_empty() {
            self.leading.extend(texts.into_iter().map(Str::from));
            return;
        }
        let text = format!(
            "<system-reminder>\n{}\n</system-reminder>",
            texts.join("\n\n")
        );
        self.push(
            Speaker::User,
            Piece::new(Form::Text(Str::from(text)), index),
        );
        let why =
            "Gemini takes no system messages between turns: told as a system reminder of the user";
        let path = self.scope.request.turn_path(index);
        self.scope.losses.changed(path, why);
    }

    fn speaker(&self) -> Option<Speaker> {
        self.contents.last().map(|content| content.speaker)
    }

    /// The content for the results of the open calls; it directly follows them.
    pub(super) fn answers(&mut self) -> usize {
        if let Some(at) = self.calls.answers {
            return at;
        }
        self.contents.push(Content::new(Speaker::User));
        let at = self.contents.len() - 1;
        self.calls.answers = Some(at);
        at
    }

    pub(super) fn push(&mut self, speaker: Speaker, piece: Piece<'r>) {
        if speaker == Speaker::User && !self.calls.open.is_empty() {
            self.answers();
        }
        if self.speaker() != Some(speaker) {
            self.contents.push(Content::new(speaker));
        }
        if let Some(content) = self.contents.last_mut() {
            if content.pieces.is_empty() {
                // Most contents have no more.
                content.pieces.reserve_exact(1);
            }
            content.pieces.push(piece);
        }
    }

    /// Before the model speaks again, every call must have its result.
    fn settle(&mut self) -> Result<(), EncodeError> {
        self.calls.answers = None;
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

    fn finish(mut self) -> Arranged<'r> {
        let mut contents: Vec<Content<'r>> = Vec::with_capacity(self.contents.len() + 2);
        for mut content in std::mem::take(&mut self.contents) {
            if content.is_empty() {
                continue;
            }
            content.results.sort_by_key(|(call, _)| *call);
            match contents.last_mut() {
                Some(last) if last.speaker == content.speaker => {
                    last.results.append(&mut content.results);
                    last.pieces.append(&mut content.pieces);
                    last.extensions.append(&mut content.extensions);
                }
                _ => contents.push(content),
            }
        }
        if self.scope.profile().signatures {
            self.sign(&mut contents);
        }
        self.end(&mut contents);
        match contents.first() {
            // A system prompt alone is no question (trap 6).
            None => contents.push(Content::of_text(Speaker::User, ".")),
            Some(first) if first.speaker != Speaker::User => {
                contents.insert(0, Content::of_text(Speaker::User, "(continued)"));
            }
            Some(_) => {}
        }
        Arranged {
            contents,
            leading: self.leading,
        }
    }

    /// The first call of a turn that another model wrote gets the signature that Google documents for it; its siblings
    /// have none and must stay so (trap 53).
    fn sign(&self, contents: &mut [Content<'r>]) {
        for content in contents {
            let mut calls = content.pieces.iter_mut();
            let first = calls.find(|piece| matches!(piece.form, Form::Call { .. }));
            let Some(piece) = first.filter(|piece| piece.signature.is_none()) else {
                continue;
            };
            let stripped = matches!(&piece.form, Form::Call { call, .. } if call.opaque.is_some());
            if !self.scope.native || stripped {
                piece.signature = Some(Str::from_static(FOREIGN_SIGNATURE));
            }
        }
    }

    /// Google refuses a conversation that ends with the model, or answers nothing: a user asks for more (trap 63). What
    /// Google's own client ends with is its own affair.
    fn end(&mut self, contents: &mut Vec<Content<'r>>) {
        let Some(last) = contents.last() else {
            return;
        };
        if last.speaker != Speaker::Model || self.scope.native {
            return;
        }
        if let Some(piece) = last.pieces.last() {
            let path = self.scope.request.turn_path(piece.turn);
            let why = "Gemini does not continue its own messages: a user's `(continue)` was added";
            self.scope.losses.changed(path, why);
        }
        contents.push(Content::of_text(Speaker::User, "(continue)"));
    }
}

/// State without text: Gemini's is always that of something before it.
fn is_state(part: &Part) -> bool {
    matches!(part, Part::Reasoning(reasoning) if reasoning.text.is_empty() && !reasoning.redacted)
}

/// The parts up to the end of the first text of a turn, if there is state among them: it belongs behind that text. Chat has
/// one place for all that was thought, which is told before the text.
fn early_state(parts: &[Part]) -> Range<usize> {
    let is_text = |part: &Part| matches!(part, Part::Text(_));
    let text = parts.iter().position(is_text);
    match text.filter(|text| parts[..*text].iter().any(is_state)) {
        Some(text) => {
            let texts = parts[text..].iter().take_while(|part| is_text(part));
            0..text + texts.count()
        }
        None => 0..0,
    }
}
