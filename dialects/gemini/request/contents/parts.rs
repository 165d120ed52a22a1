//! One part of a turn as parts of a content.

use super::arrange::{Arranger, OpenCall};
use super::{Form, Piece, Speaker};
use crate::error::EncodeError;
use crate::gemini::request::{media, tools};
use crate::gemini::wire::parts::SIGNATURE;
use crate::gemini::wire::{self, text_of};
use crate::ir::{Arguments, CallKind, Extensions, Media, Opaque, Part, Reasoning, Text, ToolCall};
use crate::json::{RawJson, Str};
use crate::{Dialect, ids};

impl<'r> Arranger<'r, '_> {
    pub(super) fn part(
        &mut self,
        place: (usize, usize),
        part: &'r Part,
        speaker: Speaker,
    ) -> Result<(), EncodeError> {
        match part {
            Part::Text(text) => self.text(place, text, speaker),
            Part::Refusal(text) if text.is_empty() => {}
            Part::Refusal(text) => {
                self.push(speaker, Piece::new(Form::Text(text.clone()), place.0));
            }
            Part::Media(medium) => {
                let request = self.scope.request;
                let path = || request.part_path(place.0, place.1);
                for piece in self.media(place, medium, &path)? {
                    self.push(speaker, piece);
                }
            }
            Part::ToolCall(call) if speaker == Speaker::Model => self.call(place, call),
            Part::ToolCall(_) => self.drop_part(place, "only the model calls tools"),
            Part::ToolResult(result) => self.result(place, result)?,
            Part::Reasoning(reasoning) => self.reasoning(place, reasoning, speaker),
            Part::Server(block) if block.dialect == Dialect::Gemini => {
                self.raw(place, &block.raw, speaker);
            }
            Part::Unknown(block) if block.dialect == Dialect::Gemini => {
                self.raw(place, &block.raw, speaker);
            }
            Part::Server(block) => {
                let why = format!("a `{}` block means nothing to another vendor", block.kind);
                self.drop_part(place, why);
            }
            Part::Unknown(block) => {
                let why = format!("Gemini has no part of type `{}`", block.kind);
                self.drop_part(place, why);
            }
        }
        Ok(())
    }

    pub(super) fn drop_part(
        &mut self,
        place: (usize, usize),
        why: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        let path = self.scope.request.part_path(place.0, place.1);
        self.scope.losses.dropped(path, why);
    }

    fn text(&mut self, place: (usize, usize), text: &'r Text, speaker: Speaker) {
        let request = self.scope.request;
        let path = || request.part_path(place.0, place.1);
        self.scope.foreign(&text.extensions, path);
        self.scope.unmark(text.cache.is_some(), path);
        if text.citations.is_some() {
            let why = "Gemini takes no citations back";
            let field = match self.scope.request.dialect {
                Dialect::Responses => "annotations",
                Dialect::Chat
                | Dialect::Completions
                | Dialect::Kiro
                | Dialect::Claude
                | Dialect::Gemini => "citations",
            };
            let path = format!("{}.{field}", path());
            self.scope.losses.quietly_dropped(path, why);
        }
        let signature = self.own_signature(&text.extensions);
        // Gemini refuses contents of empty texts only, and an empty text says nothing without state (trap 59).
        if text.text.is_empty() && signature.is_none() {
            return;
        }
        let piece = Piece {
            signature,
            extensions: Some(&text.extensions),
            ..Piece::new(Form::Text(text.text.clone()), place.0)
        };
        self.push(speaker, piece);
    }

    /// A medium as parts; a document of parts becomes these.
    pub(super) fn media(
        &mut self,
        place: (usize, usize),
        medium: &'r Media,
        path: &dyn Fn() -> String,
    ) -> Result<Vec<Piece<'r>>, EncodeError> {
        let mut pieces = Vec::new();
        let signature = self.own_signature(&medium.extensions);
        for form in media::forms(self.scope, medium, path)? {
            let form = match form {
                media::Form::Text(text) => Form::Text(text),
                media::Form::Media(media, source) => Form::Media { media, source },
            };
            pieces.push(Piece {
                signature: signature.clone(),
                extensions: Some(&medium.extensions),
                ..Piece::new(form, place.0)
            });
        }
        Ok(pieces)
    }

    /// The signature a Gemini client sent on a part, when it is this provider's.
    fn own_signature(&self, extensions: &Extensions) -> Option<Str> {
        let signature = extensions.get(Dialect::Gemini, SIGNATURE)?;
        let signature = signature.document().root().text()?;
        self.ours(Some(&wire::state(&signature).0))
    }

    /// State that this provider made; nobody else's is sent (trap 55).
    fn ours(&self, state: Option<&Opaque>) -> Option<Str> {
        let state = state.filter(|state| state.provider == self.scope.target.provider)?;
        (!state.data.is_empty()).then(|| wire::placed(&state.data).0)
    }

    fn call(&mut self, place: (usize, usize), call: &'r ToolCall) {
        let request = self.scope.request;
        let path = || request.part_path(place.0, place.1);
        self.scope.foreign(&call.extensions, path);
        self.scope.unmark(call.cache.is_some(), path);
        let name = tools::fit_name(self.scope, &call.name);
        let args = self.args(place, call);
        self.ordinal += 1;
        let id = self.id(call);
        self.calls.open(OpenCall {
            client_id: call.id.clone(),
            id: id.clone(),
            name: name.clone(),
            place,
            answer: None,
        });
        let form = Form::Call {
            call,
            id,
            name,
            args,
        };
        let piece = Piece {
            signature: self.ours(call.opaque.as_ref()),
            ..Piece::new(form, place.0)
        };
        self.push(Speaker::Model, piece);
    }

    /// A Gemini client's own ids are kept; others are written where the upstream takes any.
    fn id(&self, call: &ToolCall) -> Option<Str> {
        if self.scope.native {
            return (call.id != ids::generated(&call.name, self.ordinal)).then(|| call.id.clone());
        }
        let fit = || ids::sanitise(&call.id, ids::CALL_ID_LIMIT);
        self.scope.profile().call_ids.then(fit)
    }

    /// Arguments as the object Gemini asks for (traps 3 and 4).
    fn args(&mut self, place: (usize, usize), call: &ToolCall) -> RawJson {
        let Arguments(text) = &call.arguments;
        if call.kind == CallKind::Custom {
            return RawJson::build(|writer| writer.object(|writer| writer.field("input", text)));
        }
        let request = self.scope.request;
        let path = || request.arguments_path(place.0, place.1);
        let Some(args) = call.arguments.to_object() else {
            let why = "the arguments are not JSON; Gemini got an empty object";
            self.scope.losses.changed(path(), why);
            return RawJson::empty_object();
        };
        if !text.trim().is_empty() && !text.trim_start().starts_with('{') {
            let why = "Gemini takes objects only: the value is under `input`";
            self.scope.losses.changed(path(), why);
        }
        args
    }

    /// Thinking goes back to its provider only. State without text belongs to what stands before it, unless it stood alone:
    /// that is how clients of other dialects are told of a signed text.
    fn reasoning(&mut self, place: (usize, usize), reasoning: &'r Reasoning, speaker: Speaker) {
        let state = reasoning.opaque.as_ref();
        let native = self.scope.native && state.is_none();
        let own = native || state.is_some_and(|state| state.provider == self.scope.target.provider);
        let signature = self.ours(state);
        let says_nothing = reasoning.text.is_empty() && signature.is_none();
        if !own || speaker != Speaker::Model || reasoning.redacted && signature.is_none() {
            let path = self.scope.request.part_path(place.0, place.1);
            let why = "reasoning of another provider or without its signature";
            return self.scope.losses.quietly_dropped(path, why);
        }
        if says_nothing {
            return;
        }
        let alone = state.is_some_and(|state| wire::placed(&state.data).1);
        if reasoning.text.is_empty() && !self.scope.native && !alone {
            return self.late_signature(place, signature);
        }
        // A Gemini client sent it in a part that is no thought.
        let is_text = alone
            || reasoning
                .extensions
                .get(Dialect::Gemini, "thought")
                .is_some();
        let form = match is_text && reasoning.text.is_empty() {
            true => Form::Text(Str::new()),
            false => Form::Thought(reasoning.text.clone()),
        };
        let piece = Piece {
            signature,
            extensions: Some(&reasoning.extensions),
            ..Piece::new(form, place.0)
        };
        self.push(Speaker::Model, piece);
    }

    fn late_signature(&mut self, place: (usize, usize), signature: Option<Str>) {
        let last = self
            .contents
            .last_mut()
            .filter(|content| content.speaker == Speaker::Model);
        let piece = last.and_then(|content| content.pieces.last_mut());
        let unsigned = piece.filter(|piece| {
            let takes = matches!(piece.form, Form::Text(_) | Form::Media { .. });
            takes && piece.turn == place.0 && piece.signature.is_none()
        });
        match unsigned {
            Some(piece) => piece.signature = signature,
            None => {
                let piece = Piece {
                    signature,
                    ..Piece::new(Form::Text(Str::new()), place.0)
                };
                self.push(Speaker::Model, piece);
            }
        }
    }

    fn raw(&mut self, place: (usize, usize), raw: &'r RawJson, speaker: Speaker) {
        let signature = text_of(raw.document().root(), SIGNATURE);
        let signature = signature.and_then(|signature| self.ours(Some(&wire::state(&signature).0)));
        let piece = Piece {
            signature,
            ..Piece::new(Form::Raw(raw), place.0)
        };
        self.push(speaker, piece);
    }
}
