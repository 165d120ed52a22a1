//! Reading parts, the same in requests and answers.

use std::collections::HashSet;

use super::{field, keep_rest, media, text_of};
use crate::claude::wire::path::{self, At};
use crate::error::DecodeError;
use crate::ir::{
    Arguments, CallKind, Extensions, Media, Opaque, Part, Reasoning, ServerBlock, Text, ToolCall,
    ToolResult, Unknown,
};
use crate::json::{Kind, RawJson, Str, Value, Writer};
use crate::{Dialect, ids};

/// The field of a part that holds the state of the model behind it.
pub(crate) const SIGNATURE: &str = "thoughtSignature";

/// Parts that only Google's servers write or read.
const SERVER: [&str; 4] = [
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// Reads the parts of one request or answer.
#[derive(Debug)]
pub(crate) struct Parts {
    origin: Origin,
    /// Calls seen, for the ids of those that came without one.
    calls: usize,
    /// The ids of an answer's calls.
    used: HashSet<Str>,
}

#[derive(Debug)]
enum Origin {
    /// A client's history: state may be wrapped, and otherwise is Google's.
    Client,
    /// An upstream's answer: state is the provider's own, whatever it looks like. Clients keep calls of many answers
    /// apart, so ids are made of the answer's.
    Upstream { provider: Str, answer: Str },
}

impl Parts {
    /// A reader of a client's request.
    pub(crate) fn of_client() -> Self {
        Self {
            origin: Origin::Client,
            calls: 0,
            used: HashSet::new(),
        }
    }

    /// A reader of an upstream's answer; `provider` is the tag of its reasoning state.
    pub(crate) fn of_upstream(provider: Str) -> Self {
        let answer = Str::new();
        Self {
            origin: Origin::Upstream { provider, answer },
            calls: 0,
            used: HashSet::new(),
        }
    }

    /// Tells the id of the answer, which the ids of its calls are made of.
    pub(crate) fn of_answer(&mut self, id: &Str) {
        if let Origin::Upstream { answer, .. } = &mut self.origin
            && answer.is_empty()
        {
            *answer = id.clone();
        }
    }

    /// Number of calls read so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls
    }

    /// Reads one part.
    pub(crate) fn part(&mut self, part: Value<'_>, at: &At<'_>) -> Result<Part, DecodeError> {
        if let Some(text) = part.text() {
            return Ok(Part::Text(Text::new(text)));
        }
        if !part.is_object() {
            return Err(DecodeError::shape(at, "expected an object"));
        }
        // Most are a text and nothing else.
        if let Some([text]) = part.exactly(["text"])
            && let Some(text) = text.text()
        {
            return Ok(Part::Text(Text::new(text)));
        }
        if let Some(call) = field(part, "functionCall") {
            return self.call(part, call, at).map(Part::ToolCall);
        }
        if let Some(response) = field(part, "functionResponse") {
            let at = at.field("functionResponse");
            return self.result(part, response, &at).map(Part::ToolResult);
        }
        if let Some(data) = field(part, "inlineData") {
            let found = media::inline(data, &at.field("inlineData"))?;
            return Ok(Part::Media(Box::new(self.finish_media(
                found,
                part,
                "inlineData",
            ))));
        }
        if let Some(data) = field(part, "fileData") {
            let found = media::file(data, &at.field("fileData"))?;
            return Ok(Part::Media(Box::new(
                self.finish_media(found, part, "fileData"),
            )));
        }
        if let Some(kind) = SERVER.into_iter().find(|kind| field(part, kind).is_some()) {
            return Ok(Part::Server(ServerBlock {
                dialect: Dialect::Gemini,
                kind: Str::from_static(kind),
                raw: part.raw(),
            }));
        }
        match path::optional_text(part, "text", at.field("text"))? {
            Some(text) => Ok(self.text(part, text)),
            None if text_of(part, SIGNATURE).is_some() => Ok(self.text(part, Str::new())),
            None => Ok(Part::Unknown(Unknown {
                dialect: Dialect::Gemini,
                kind: data_key(part),
                raw: part.raw(),
            })),
        }
    }

    /// Text or, by its flag and by nothing else (trap 72), thinking.
    fn text(&self, part: Value<'_>, text: Str) -> Part {
        let mut extensions = Extensions::default();
        keep_rest(part, &["text", "thought", SIGNATURE], &mut extensions);
        if field(part, "thought").and_then(Value::as_bool) == Some(true) {
            let (opaque, redacted) = self.thought_state(part);
            return Part::Reasoning(Reasoning {
                text,
                opaque,
                redacted,
                extensions,
                ..Reasoning::default()
            });
        }
        if let (Origin::Client, true, Some((state, _))) =
            (&self.origin, text.is_empty(), self.signed(part))
        {
            return late(state, extensions);
        }
        self.keep_signature(part, &mut extensions);
        Part::Text(Text {
            text,
            extensions,
            ..Text::default()
        })
    }

    /// An answer's thinking always says who thought it, since the client will send it back.
    fn thought_state(&self, part: Value<'_>) -> (Option<Opaque>, bool) {
        match (&self.origin, self.signed(part)) {
            (_, Some((state, redacted))) => (Some(state), redacted),
            (Origin::Client, None) => (None, false),
            (Origin::Upstream { provider, .. }, None) => {
                let provider = provider.clone();
                let data = Str::new();
                (Some(Opaque { data, provider }), false)
            }
        }
    }

    /// The state that stands beside the data of a part (trap 54: some senders put it inside of the call).
    pub(crate) fn state(&self, part: Value<'_>) -> Option<Opaque> {
        self.signed(part).map(|(state, _)| state)
    }

    fn signed(&self, part: Value<'_>) -> Option<(Opaque, bool)> {
        let inner = || text_of(field(part, "functionCall")?, SIGNATURE);
        let data = text_of(part, SIGNATURE).or_else(inner)?;
        if data.is_empty() {
            return None;
        }
        Some(match &self.origin {
            Origin::Client => super::state(&data),
            Origin::Upstream { provider, .. } => {
                let provider = provider.clone();
                (Opaque { data, provider }, false)
            }
        })
    }

    /// A client's signature on anything but a call or a thought goes back to where it stood; an answer's is told apart.
    fn keep_signature(&self, part: Value<'_>, extensions: &mut Extensions) {
        if let (Origin::Client, Some(signature)) = (&self.origin, field(part, SIGNATURE)) {
            extensions.push_spelling(Dialect::Gemini, SIGNATURE, signature.raw());
        }
    }

    fn finish_media(&self, mut media: Media, part: Value<'_>, data: &str) -> Media {
        keep_rest(part, &[data, SIGNATURE, "thought"], &mut media.extensions);
        if field(part, "thought").and_then(Value::as_bool) == Some(true) {
            let thought = RawJson::build(|writer| writer.value(&true));
            media
                .extensions
                .push_spelling(Dialect::Gemini, "thought", thought);
        }
        self.keep_signature(part, &mut media.extensions);
        media
    }

    fn call(
        &mut self,
        part: Value<'_>,
        call: Value<'_>,
        at: &At<'_>,
    ) -> Result<ToolCall, DecodeError> {
        let at = at.field("functionCall");
        let name = path::required_text(call, "name", &at)?;
        if name.is_empty() {
            return Err(DecodeError::shape(
                at.field("name"),
                "expected the name of a tool",
            ));
        }
        if field(call, "partialArgs").is_some() {
            let reason = "arguments in pieces were not asked for";
            return Err(DecodeError::shape(at.field("partialArgs"), reason));
        }
        let arguments = call.field("args").map(compact);
        let mut extensions = Extensions::default();
        keep_rest(
            part,
            &["functionCall", SIGNATURE, "thought"],
            &mut extensions,
        );
        keep_rest(call, &["name", "args", "id", SIGNATURE], &mut extensions);
        // Equal ids of parallel calls would hide one (trap 71).
        let upstream = matches!(self.origin, Origin::Upstream { .. });
        let given = text_of(call, "id").filter(|id| !id.is_empty());
        let given = given.filter(|id| !upstream || self.used.insert(id.clone()));
        self.calls += 1;
        let id = given.unwrap_or_else(|| self.made_up_id(&name));
        Ok(ToolCall {
            id,
            name,
            kind: CallKind::Function,
            arguments: Arguments(arguments.unwrap_or_else(|| Str::from_static("{}"))),
            opaque: self.state(part),
            cache: None,
            extensions,
        })
    }

    /// The id of a call that came without one, or with that of another call.
    fn made_up_id(&self, name: &str) -> Str {
        match &self.origin {
            Origin::Upstream { answer, .. } if !answer.is_empty() => {
                ids::generated(&format!("{name}_{answer}"), self.calls)
            }
            _ => ids::generated(name, self.calls),
        }
    }

    /// The outcome of a call. The caller finds the call where the id is empty.
    fn result(
        &mut self,
        part: Value<'_>,
        result: Value<'_>,
        at: &At<'_>,
    ) -> Result<ToolResult, DecodeError> {
        let mut extensions = Extensions::default();
        keep_rest(
            part,
            &["functionResponse", SIGNATURE, "thought"],
            &mut extensions,
        );
        keep_rest(
            result,
            &["name", "response", "id", "parts"],
            &mut extensions,
        );
        let call_id = text_of(result, "id").filter(|id| !id.is_empty());
        let response = result.field("response");
        let outcome = response.map(Outcome::read).unwrap_or_default();
        if let Some(response) = response.filter(|_| !outcome.usual) {
            extensions.push_spelling(Dialect::Gemini, "response", response.raw());
        }
        let mut parts: Vec<Part> = outcome
            .text
            .map(|text| Part::Text(Text::new(text)))
            .into_iter()
            .collect();
        let bare = result.field("parts").is_none();
        let at_parts = at.field("parts");
        let inner = path::optional_list(result, "parts", at_parts)?;
        for (index, part) in inner.into_iter().flat_map(Value::items).enumerate() {
            parts.push(self.part(part, &at_parts.item(index))?);
        }
        Ok(ToolResult {
            call_id: call_id.unwrap_or_default(),
            name: path::optional_text(result, "name", at.field("name"))?,
            parts,
            bare,
            is_error: outcome.is_error,
            cache: None,
            extensions,
        })
    }
}

/// State that a client sends back in a part without text: no text for anybody, and no thought either.
fn late(state: Opaque, mut extensions: Extensions) -> Part {
    let not = RawJson::build(|writer| writer.value(&false));
    extensions.push_spelling(Dialect::Gemini, "thought", not);
    Part::Reasoning(Reasoning {
        opaque: Some(state),
        extensions,
        ..Reasoning::default()
    })
}

/// What a call gave.
#[derive(Debug, Default)]
struct Outcome {
    text: Option<Str>,
    /// Whether it is a failure.
    is_error: Option<bool>,
    /// It stands as it is written for a result of any other dialect.
    usual: bool,
}

impl Outcome {
    /// `output` or `result` alone is its text, `error` alone the text of a failure, and any other object its JSON
    /// (`dialects.md` 2.2).
    fn read(response: Value<'_>) -> Self {
        let mut entries = response.entries();
        let sole = entries.next().filter(|_| entries.next().is_none());
        let is_text = |value: Value<'_>| value.kind() == Kind::String;
        let (text, is_error, usual) = match sole {
            Some((key, value)) if key == "error" => (plain(value), Some(true), is_text(value)),
            Some((key, value)) if key == "output" && is_text(value) => (plain(value), None, true),
            Some((key, value)) if key == "result" && is_text(value) => (plain(value), None, false),
            None if response.is_object() && response.entries().next().is_none() => {
                return Self::default();
            }
            _ => (plain(response), None, false),
        };
        Self {
            text: Some(text),
            is_error,
            usual,
        }
    }
}

/// The text of a string, the JSON of anything else.
fn plain(value: Value<'_>) -> Str {
    value.text().unwrap_or_else(|| compact(value))
}

/// A value on one line; answers that are not streamed are indented.
pub(crate) fn compact(value: Value<'_>) -> Str {
    let raw = value.raw();
    if raw.is_one_line() {
        return raw.to_text();
    }
    let mut out = Vec::with_capacity(raw.as_str().len());
    value.write_compact(&mut Writer::new(&mut out));
    String::from_utf8(out).map_or_else(|_| raw.to_text(), Str::from)
}

/// The key that says what an unknown part is.
fn data_key(part: Value<'_>) -> Str {
    let known = [
        "partMetadata",
        "videoMetadata",
        "mediaResolution",
        "thought",
    ];
    let mut keys = part
        .entries()
        .map(|(key, _)| super::camel(&key).into_owned());
    let key = keys.find(|key| !known.contains(&&**key));
    Str::from(key.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_the_same_way_again_is_usual() {
        let text = |text: &'static str| Some(Str::from_static(text));
        for (json, expected) in [
            (r#"{"output":"a\nb"}"#, (text("a\nb"), None, true)),
            (r#"{"error":"no"}"#, (text("no"), Some(true), true)),
            (r#"{"result":"x"}"#, (text("x"), None, false)),
            (
                r#"{"error":{"a":1}}"#,
                (text(r#"{"a":1}"#), Some(true), false),
            ),
            (r#"{"output":1}"#, (text(r#"{"output":1}"#), None, false)),
            (
                r#"{"output":"x","more":1}"#,
                (text(r#"{"output":"x","more":1}"#), None, false),
            ),
            (r#""x""#, (text("x"), None, false)),
            ("{}", (None, None, false)),
        ] {
            let raw = RawJson::parse(Str::from_static(json)).unwrap();
            let outcome = Outcome::read(raw.document().root());
            let found = (outcome.text, outcome.is_error, outcome.usual);
            assert_eq!(found, expected, "{json}");
        }
    }
}
