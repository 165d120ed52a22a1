//! Reading content blocks, the same in requests and answers.

use super::path::{self, At};
use super::{PROVIDER, cache_mark, is_server_block, keep_rest, media};
use crate::error::DecodeError;
use crate::ir::{
    Arguments, CallKind, Extensions, Opaque, Part, Reasoning, ServerBlock, Text, ToolCall,
    ToolResult, Unknown,
};
use crate::json::{Str, Value};
use crate::{Dialect, ids, opaque};

/// Reads the blocks of one request or answer.
#[derive(Debug)]
pub(crate) struct Blocks {
    origin: Origin,
    /// Calls seen, for the ids of those that came without one.
    calls: usize,
}

#[derive(Debug)]
enum Origin {
    /// A client's history: reasoning state may be wrapped, and otherwise is Anthropic's.
    Client,
    /// An upstream's answer: reasoning state is the provider's own, whatever it looks like.
    Upstream(Str),
}

impl Blocks {
    /// A reader of a client's request.
    pub(crate) fn of_client() -> Self {
        Self {
            origin: Origin::Client,
            calls: 0,
        }
    }

    /// A reader of an upstream's answer; `provider` is the tag of its reasoning state.
    pub(crate) fn of_upstream(provider: Str) -> Self {
        Self {
            origin: Origin::Upstream(provider),
            calls: 0,
        }
    }

    /// Reads a list of blocks.
    pub(crate) fn read(&mut self, list: Value<'_>, at: &At<'_>) -> Result<Vec<Part>, DecodeError> {
        let mut parts = Vec::with_capacity(Part::room_for(list.items()));
        for (index, block) in list.items().enumerate() {
            parts.push(self.block(block, &at.item(index))?);
        }
        Ok(parts)
    }

    /// Reads one block. A bare string is taken for text.
    pub(crate) fn block(&mut self, block: Value<'_>, at: &At<'_>) -> Result<Part, DecodeError> {
        if let Some(text) = block.text() {
            return Ok(Part::Text(Text::new(text)));
        }
        if !block.is_object() {
            return Err(DecodeError::shape(at, "expected an object"));
        }
        // Most are a text and nothing else.
        if let Some([kind, text]) = block.exactly(["type", "text"])
            && kind.as_str().as_deref() == Some("text")
            && let Some(text) = text.text()
        {
            return Ok(Part::Text(Text::new(text)));
        }
        let kind = path::required_text(block, "type", at)?;
        Ok(match &*kind {
            "text" => Part::Text(self.text(block, at)?),
            "thinking" => Part::Reasoning(self.thinking(block, at)?),
            "redacted_thinking" => Part::Reasoning(self.redacted(block, at)?),
            "tool_use" => Part::ToolCall(self.call(block, at)?),
            "tool_result" => Part::ToolResult(self.result(block, at)?),
            "image" => Part::Media(Box::new(media::image(block, at)?)),
            "document" => Part::Media(Box::new(media::document(self, block, at)?)),
            "search_result" => Part::Media(Box::new(media::search_result(self, block, at)?)),
            word if is_server_block(word) => Part::Server(ServerBlock {
                dialect: Dialect::Claude,
                kind,
                raw: block.raw(),
            }),
            _ => Part::Unknown(Unknown {
                dialect: Dialect::Claude,
                kind,
                raw: block.raw(),
            }),
        })
    }

    fn text(&self, block: Value<'_>, at: &At<'_>) -> Result<Text, DecodeError> {
        let text = match self.origin {
            Origin::Client => path::required_text(block, "text", at)?,
            Origin::Upstream(_) => block.text_of("text").unwrap_or_default(),
        };
        let known = ["type", "text", "citations", "cache_control"];
        Ok(Text {
            text,
            citations: block.field("citations").map(Value::raw),
            cache: cache_mark(block, at)?,
            extensions: rest(block, &known),
        })
    }

    fn thinking(&self, block: Value<'_>, at: &At<'_>) -> Result<Reasoning, DecodeError> {
        let text = path::optional_text(block, "thinking", at.field("thinking"))?;
        let signature = path::optional_text(block, "signature", at.field("signature"))?;
        Ok(Reasoning {
            text: text.unwrap_or_default(),
            opaque: self.state(signature),
            extensions: rest(block, &["type", "thinking", "signature"]),
            ..Reasoning::default()
        })
    }

    fn redacted(&self, block: Value<'_>, at: &At<'_>) -> Result<Reasoning, DecodeError> {
        let data = path::required_text(block, "data", at)?;
        Ok(Reasoning {
            opaque: self.state(Some(data)),
            redacted: true,
            extensions: rest(block, &["type", "data"]),
            ..Reasoning::default()
        })
    }

    /// An answer's thinking always says who thought it, since the client will send it back.
    fn state(&self, data: Option<Str>) -> Option<Opaque> {
        match &self.origin {
            Origin::Client => data.map(|data| opaque::unwrap(&data, &Str::from_static(PROVIDER))),
            Origin::Upstream(provider) => Some(Opaque {
                data: data.unwrap_or_default(),
                provider: provider.clone(),
            }),
        }
    }

    fn call(&mut self, block: Value<'_>, at: &At<'_>) -> Result<ToolCall, DecodeError> {
        let name = path::required_text(block, "name", at)?;
        let id = path::optional_text(block, "id", at.field("id"))?.filter(|id| !id.is_empty());
        self.calls += 1;
        let (id, opaque) = match (id, &self.origin) {
            (None, _) => (ids::generated(&name, self.calls), None),
            (Some(id), Origin::Client) => opaque::from_id(&id),
            (Some(id), Origin::Upstream(_)) => (id, None),
        };
        let input = block.field("input").map(|input| input.raw().to_text());
        let known = ["type", "id", "name", "input", "cache_control"];
        Ok(ToolCall {
            id,
            name,
            kind: CallKind::Function,
            arguments: Arguments(input.unwrap_or_else(|| Str::from_static("{}"))),
            opaque,
            cache: cache_mark(block, at)?,
            extensions: rest(block, &known),
        })
    }

    /// Content that is neither a string nor a list is kept as the text it is written with (trap 29).
    fn result(&mut self, block: Value<'_>, at: &At<'_>) -> Result<ToolResult, DecodeError> {
        let (parts, bare) = match block.field("content") {
            None => (Vec::new(), false),
            Some(content) if content.is_array() => {
                (self.read(content, &at.field("content"))?, false)
            }
            Some(content) => {
                let text = content.text().unwrap_or_else(|| content.raw().to_text());
                (vec![Part::Text(Text::new(text))], true)
            }
        };
        let known = [
            "type",
            "tool_use_id",
            "content",
            "is_error",
            "cache_control",
        ];
        Ok(ToolResult {
            call_id: opaque::from_id(&path::required_text(block, "tool_use_id", at)?).0,
            name: None,
            parts,
            bare,
            is_error: path::optional_bool(block, "is_error", at.field("is_error"))?,
            cache: cache_mark(block, at)?,
            extensions: rest(block, &known),
        })
    }
}

/// The fields of a block without a typed place.
pub(super) fn rest(block: Value<'_>, known: &[&str]) -> Extensions {
    let mut rest = Extensions::default();
    keep_rest(block, known, &mut rest);
    rest
}
