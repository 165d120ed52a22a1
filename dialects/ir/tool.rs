//! Tools, calls and results.

use super::{CacheMark, Extensions, Opaque, Part};
use crate::Dialect;
use crate::json::{RawJson, Str};

/// A tool the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name; empty for server tools without one.
    pub name: Str,
    /// What it does.
    pub description: Option<Str>,
    /// How it is called.
    pub kind: ToolKind,
    /// Arguments must follow the schema.
    pub strict: Option<bool>,
    /// Prompt cache boundary after this tool.
    pub cache: Option<CacheMark>,
    /// Unknown fields.
    pub extensions: Extensions,
}

/// How a tool is called.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolKind {
    /// With a JSON object.
    Function {
        /// Its JSON Schema; absent when the client gave none.
        schema: Option<RawJson>,
    },
    /// With free text.
    Custom {
        /// Grammar or format, raw.
        format: Option<RawJson>,
    },
    /// By the provider itself.
    Server {
        /// The dialect that declared it.
        dialect: Dialect,
        /// Its `type`.
        kind: Str,
        /// The whole declaration.
        raw: RawJson,
    },
}

/// Which tools may or must be called.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(Str),
    /// Only these.
    Allowed {
        /// At least one of them must be called.
        required: bool,
        /// Their names.
        names: Vec<Str>,
    },
    /// As its dialect wrote it.
    Raw(Dialect, RawJson),
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Id that the result refers to. Never empty: decoders give one where the sender did not.
    pub id: Str,
    /// Name of the tool, as the client knows it.
    pub name: Str,
    /// How it is called.
    pub kind: CallKind,
    /// With what.
    pub arguments: Arguments,
    /// Provider-bound state of the call (Gemini's thought signature).
    pub opaque: Option<Opaque>,
    /// Prompt cache boundary after this part.
    pub cache: Option<CacheMark>,
    /// Unknown fields.
    pub extensions: Extensions,
}

/// How a tool is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallKind {
    /// With a JSON object.
    #[default]
    Function,
    /// With free text.
    Custom,
}

impl ToolCall {
    /// The arguments as an object. Text that is none (free text, or cut off by the output limit) is kept under `input`, as
    /// an empty object would be another call.
    pub(crate) fn object(&self) -> RawJson {
        let object = match self.kind {
            CallKind::Function => self.arguments.to_object(),
            CallKind::Custom => None,
        };
        object.unwrap_or_else(|| {
            RawJson::build(|writer| {
                writer.object(|writer| writer.field("input", &self.arguments.0));
            })
        })
    }
}

/// The arguments of a call: JSON text as the model wrote it (perhaps cut off), or free text for custom tools.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments(pub Str);

impl Arguments {
    /// The arguments as a JSON object, for dialects that take one: empty text is `{}`, another JSON value is wrapped
    /// as `{"input": value}`, and text that is not JSON is `None`.
    #[must_use]
    pub fn to_object(&self) -> Option<RawJson> {
        if self.0.trim().is_empty() {
            return Some(RawJson::empty_object());
        }
        let value = RawJson::parse(self.0.clone()).ok()?;
        if value.is_object() {
            return Some(value);
        }
        Some(RawJson::build(|writer| {
            writer.object(|writer| writer.field("input", &value));
        }))
    }

    /// The arguments as JSON text for dialects that take text: empty text is `{}`.
    #[must_use]
    pub fn to_text(&self) -> Str {
        if self.0.trim().is_empty() {
            Str::from_static("{}")
        } else {
            self.0.clone()
        }
    }
}

/// The outcome of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// Id of the call.
    pub call_id: Str,
    /// Name of the tool, where the dialect gives one.
    pub name: Option<Str>,
    /// The outcome; empty when the sender gave none.
    pub parts: Vec<Part>,
    /// The content was one bare string, not a list of parts.
    pub bare: bool,
    /// The tool failed.
    pub is_error: Option<bool>,
    /// Prompt cache boundary after this part.
    pub cache: Option<CacheMark>,
    /// Unknown fields.
    pub extensions: Extensions,
}
