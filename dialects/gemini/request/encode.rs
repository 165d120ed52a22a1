//! From the request to an upstream's body.

use super::contents::{self, Arranged};
use super::fields::{self, Fields};
use super::tools::Tools;
use crate::Dialect;
use crate::body;
use crate::error::EncodeError;
use crate::gemini::wire::write_rest;
use crate::ir::{Extensions, Request};
use crate::json::{Str, Writer};
use crate::losses::Losses;
use crate::names::Names;
use crate::target::{Asked, Encoded, GeminiProfile, Target};

/// Begins the system block that Claude Code adds for its own vendor (trap 42).
const BILLING_BLOCK: &str = "x-anthropic-billing-header:";

/// Writes a request. The model and whether to stream go into the URL.
///
/// # Errors
/// What Gemini cannot say without a wrong answer: a call without its result, a file that only its provider can read.
pub fn encode(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    let (draft, scope) = Draft::of(request, target)?;
    let mut body = request.draft();
    Writer::of_body(&mut body).object(|writer| {
        draft.write_prompt(writer);
        draft.fields.write(writer, request);
    });
    Ok(scope.encoded(body))
}

/// Writes the body of `countTokens`: the prompt, with the model since it is a whole request inside of another.
///
/// # Errors
/// As [`encode`].
pub fn encode_count(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    let (draft, scope) = Draft::of(request, target)?;
    let mut body = request.draft();
    Writer::of_body(&mut body).object(|writer| {
        writer.object_field("generateContentRequest", |writer| {
            let bare = target
                .model
                .strip_prefix("models/")
                .unwrap_or(&target.model);
            writer.field("model", &format!("models/{bare}"));
            draft.write_prompt(writer);
        });
    });
    Ok(scope.encoded(body))
}

/// What every part of the encoder needs.
pub(super) struct Scope<'r> {
    pub(super) request: &'r Request,
    pub(super) target: &'r Target,
    /// The client speaks Gemini too.
    pub(super) native: bool,
    pub(super) names: Names,
    pub(super) losses: Losses,
}

impl Scope<'_> {
    pub(super) fn profile(&self) -> GeminiProfile {
        self.target.gemini
    }

    /// Reports the fields that only another dialect has. Reasoning that its own dialect could not type is nobody else's.
    pub(super) fn foreign(&mut self, extensions: &Extensions, path: impl Fn() -> String) {
        for extension in extensions.foreign(Dialect::Gemini) {
            let level = path();
            let dot = if level.is_empty() { "" } else { "." };
            let path = format!("{level}{dot}{}", extension.key);
            let why = "Gemini has no such field";
            match &*extension.key {
                "reasoning_details" | "reasoning" | "extra_content" | "annotations" | "caller"
                | "id" | "status" | "phase" => {
                    self.losses.quietly_dropped(path, why);
                }
                _ if extension.is_idle() => self.losses.quietly_dropped(path, why),
                _ => self.losses.dropped(path, why),
            }
        }
    }

    /// Gemini caches by itself.
    pub(super) fn unmark(&mut self, marked: bool, path: impl FnOnce() -> String) {
        if marked {
            let path = format!("{}.cache_control", path());
            self.losses
                .quietly_dropped(path, "Gemini caches without being told");
        }
    }

    fn encoded(self, body: body::Draft) -> Encoded {
        Encoded {
            body: body.finish(),
            losses: self.losses,
            names: self.names,
            asked: Asked::default(),
        }
    }
}

/// A body before it is written.
struct Draft<'r> {
    system: Vec<System<'r>>,
    arranged: Arranged<'r>,
    tools: Tools<'r>,
    fields: Fields<'r>,
}

/// A text of the system prompt.
struct System<'r> {
    text: Str,
    /// Unknown fields of a part.
    extensions: Option<&'r Extensions>,
}

impl<'r> Draft<'r> {
    fn of(request: &'r Request, target: &'r Target) -> Result<(Self, Scope<'r>), EncodeError> {
        let mut scope = Scope {
            request,
            target,
            native: request.dialect == Dialect::Gemini,
            names: Names::default(),
            losses: Losses::default(),
        };
        fields::refuse(request)?;
        let tools = Tools::of(&mut scope)?;
        let arranged = contents::arrange(&mut scope)?;
        let mut system = system(&mut scope);
        system.extend(arranged.leading.iter().map(|text| System {
            text: text.clone(),
            extensions: None,
        }));
        let fields = Fields::of(&mut scope);
        system.extend(fields.instruction.clone().map(|text| System {
            text,
            extensions: None,
        }));
        let draft = Self {
            system,
            arranged,
            tools,
            fields,
        };
        Ok((draft, scope))
    }

    fn write_prompt(&self, writer: &mut Writer<'_>) {
        if !self.system.is_empty() {
            writer.object_field("systemInstruction", |writer| {
                writer.array_field("parts", |writer| {
                    for block in &self.system {
                        writer.object(|writer| {
                            writer.field("text", &block.text);
                            if let Some(extensions) = block.extensions {
                                write_rest(writer, extensions);
                            }
                        });
                    }
                });
            });
        }
        writer.array_field("contents", |writer| self.arranged.write(writer));
        self.tools.write(writer);
    }
}

fn system<'r>(scope: &mut Scope<'r>) -> Vec<System<'r>> {
    let request = scope.request;
    let mut texts = Vec::new();
    for (index, message, part, block) in request.system_blocks() {
        let path = || request.system_block_path(index, message, part);
        if !scope.native && block.text.begins_with(BILLING_BLOCK) {
            let why = "the billing block is for its own vendor only";
            scope.losses.quietly_dropped(path(), why);
            continue;
        }
        if block.name.is_some() {
            let path = format!("messages[{message}].name");
            scope.losses.dropped(path, "Gemini's contents have no name");
        }
        scope.foreign(&block.extensions, path);
        scope.unmark(block.cache.is_some(), path);
        if !block.text.is_empty() {
            texts.push(System {
                text: block.text.clone(),
                extensions: Some(&block.extensions),
            });
        }
    }
    texts
}
