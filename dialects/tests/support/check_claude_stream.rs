//! The invariants of a Claude stream (`dialects.md` 1.4), and what the stream says.

use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::json::{Document, Value};

use super::drive;

/// What a client understands of a stream.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Said {
    pub(crate) blocks: Vec<Block>,
    pub(crate) stop: Option<String>,
    /// The usage of the `message_delta`, as written.
    pub(crate) usage: Option<String>,
    /// The message of the error that ended the stream.
    pub(crate) error: Option<String>,
}

/// One content block.
#[derive(Debug, PartialEq, Clone)]
pub(crate) enum Block {
    Text(String),
    Thinking {
        text: String,
        signature: String,
    },
    Call {
        id: String,
        name: String,
        input: String,
    },
    /// Redacted thinking, server blocks: the block as written.
    Whole(String),
}

impl Said {
    /// All visible text.
    pub(crate) fn text(&self) -> String {
        let texts = self.blocks.iter().map(|block| match block {
            Block::Text(text) => text.as_str(),
            _ => "",
        });
        texts.collect()
    }

    /// Whether there are calls, and the stream says that it merely ended.
    pub(crate) fn hides_calls(&self) -> bool {
        let calls = self
            .blocks
            .iter()
            .any(|block| matches!(block, Block::Call { .. }));
        calls && self.stop.as_deref() == Some("end_turn")
    }
}

/// Reads a client's stream, or names the first invariant it breaks.
pub(crate) fn check(stream: &[u8]) -> Result<Said, String> {
    std::str::from_utf8(stream).map_err(|error| error.to_string())?;
    let mut reader = Reader::default();
    for frame in drive::frames(stream) {
        reader
            .frame(&frame)
            .map_err(|fault| format!("{fault} in {}", frame.data))?;
    }
    reader.end()
}

#[derive(Default)]
struct Reader {
    said: Said,
    started: bool,
    open: bool,
    stopped: bool,
    over: bool,
}

impl Reader {
    fn frame(&mut self, frame: &Frame) -> Result<(), String> {
        if self.over {
            return Err("something behind the terminal".into());
        }
        let document =
            Document::parse(frame.data.clone().into_bytes()).map_err(|error| error.to_string())?;
        let data = document.root();
        if data.text_of("type").as_deref() != Some(&*frame.event) {
            return Err(format!("the event is called {:?}", frame.event));
        }
        if !self.started && !["message_start", "error"].contains(&&*frame.event) {
            return Err("something before message_start".into());
        }
        if self.stopped && !["message_stop", "ping"].contains(&&*frame.event) {
            return Err("something behind message_delta".into());
        }
        match &*frame.event {
            "message_start" => self.start(data.field("message").ok_or("no message")?),
            "ping" => Ok(()),
            "content_block_start" => self.block(data),
            "content_block_delta" => self.delta(data),
            "content_block_stop" => {
                self.index(data, "content_block_stop")?;
                self.open = false;
                Ok(())
            }
            "message_delta" => self.message_delta(data),
            "message_stop" if self.stopped => {
                self.over = true;
                Ok(())
            }
            "error" => {
                let error = data.field("error").ok_or("no error")?;
                error.text_of("type").ok_or("an error without a type")?;
                self.said.error = Some(
                    error
                        .text_of("message")
                        .ok_or("an error without a message")?
                        .to_string(),
                );
                self.over = true;
                Ok(())
            }
            _ => Err("an unknown or misplaced event".into()),
        }
    }

    fn start(&mut self, message: Value<'_>) -> Result<(), String> {
        if std::mem::replace(&mut self.started, true) {
            return Err("message_start twice".into());
        }
        for (key, expected) in [
            ("type", "\"message\""),
            ("role", "\"assistant\""),
            ("content", "[]"),
            ("stop_reason", "null"),
        ] {
            if message.get(key).map(Value::source) != Some(expected) {
                return Err(format!("{key} is not {expected}"));
            }
        }
        if message.text_of("id").is_none_or(|id| id.is_empty())
            || message
                .text_of("model")
                .is_none_or(|model| model.is_empty())
        {
            return Err("no id or model".into());
        }
        counts(message.field("usage").ok_or("no usage")?)
    }

    fn block(&mut self, data: Value<'_>) -> Result<(), String> {
        let index = data.get("index").and_then(Value::as_u64);
        if self.open || index != Some(self.said.blocks.len() as u64) {
            return Err("a block out of order".into());
        }
        self.open = true;
        let block = data.field("content_block").ok_or("no content_block")?;
        let text = |key: &str| block.text_of(key).map(|text| text.to_string());
        self.said.blocks.push(match text("type").as_deref() {
            Some("text") => Block::Text(text("text").ok_or("no text")?),
            Some("thinking") => Block::Thinking {
                text: text("thinking").ok_or("no thinking")?,
                signature: text("signature").unwrap_or_default(),
            },
            Some("tool_use") if block.get("input").map(Value::source) == Some("{}") => {
                Block::Call {
                    id: text("id").filter(|id| !id.is_empty()).ok_or("no id")?,
                    name: text("name")
                        .filter(|name| !name.is_empty())
                        .ok_or("no name")?,
                    input: String::new(),
                }
            }
            Some("tool_use") => return Err("a call that does not begin with an empty input".into()),
            Some(_) => Block::Whole(block.source().to_owned()),
            None => return Err("a block without type".into()),
        });
        Ok(())
    }

    fn index(&self, data: Value<'_>, what: &str) -> Result<(), String> {
        let index = data.get("index").and_then(Value::as_u64);
        if !self.open || index.map(|index| index + 1) != Some(self.said.blocks.len() as u64) {
            return Err(format!("a {what} of a block that is not open"));
        }
        Ok(())
    }

    fn delta(&mut self, data: Value<'_>) -> Result<(), String> {
        self.index(data, "delta")?;
        let delta = data.field("delta").ok_or("no delta")?;
        let text = |key: &str| delta.text_of(key).ok_or_else(|| format!("no {key}"));
        match (&*text("type")?, self.said.blocks.last_mut()) {
            ("text_delta", Some(Block::Text(into))) => into.push_str(&text("text")?),
            ("citations_delta", Some(Block::Text(_))) => {
                delta.field("citation").ok_or("no citation")?;
            }
            (
                "thinking_delta",
                Some(Block::Thinking {
                    text: into,
                    signature,
                }),
            ) if signature.is_empty() => {
                into.push_str(&text("thinking")?);
            }
            ("signature_delta", Some(Block::Thinking { signature, .. }))
                if signature.is_empty() =>
            {
                signature.push_str(&text("signature")?);
            }
            ("input_json_delta", Some(Block::Call { input, .. })) => {
                input.push_str(&text("partial_json")?);
            }
            _ => return Err("a delta that does not suit its block".into()),
        }
        Ok(())
    }

    fn message_delta(&mut self, data: Value<'_>) -> Result<(), String> {
        if self.open {
            return Err("message_delta within a block".into());
        }
        self.stopped = true;
        let reason = data
            .field("delta")
            .and_then(|delta| delta.text_of("stop_reason"))
            .ok_or("no stop_reason")?;
        const REASONS: [&str; 7] = [
            "end_turn",
            "max_tokens",
            "stop_sequence",
            "tool_use",
            "pause_turn",
            "refusal",
            "model_context_window_exceeded",
        ];
        if !REASONS.contains(&&*reason) {
            return Err(format!("stop reason {reason:?}"));
        }
        self.said.stop = Some(reason.to_string());
        let usage = data.field("usage").ok_or("no usage")?;
        self.said.usage = Some(usage.source().to_owned());
        usage
            .get("output_tokens")
            .and_then(Value::as_u64)
            .ok_or("usage without output_tokens")?;
        Ok(())
    }

    fn end(self) -> Result<Said, String> {
        if !self.over {
            return Err("no terminal".into());
        }
        let said = self.said;
        for block in &said.blocks {
            match block {
                Block::Text(text) if text.is_empty() && said.error.is_none() => {
                    return Err("an empty text block".into());
                }
                Block::Thinking { signature, .. }
                    if signature.is_empty() && said.error.is_none() =>
                {
                    return Err("thinking without a signature".into());
                }
                _ => {}
            }
        }
        let calls = said
            .blocks
            .iter()
            .any(|block| matches!(block, Block::Call { .. }));
        match said.stop.as_deref() {
            Some("tool_use") if !calls => {
                Err("stop reason tool_use although there are none".into())
            }
            _ => Ok(said),
        }
    }
}

fn counts(usage: Value<'_>) -> Result<(), String> {
    let number = |key: &str| usage.get(key).and_then(Value::as_u64);
    match (number("input_tokens"), number("output_tokens")) {
        (Some(_), Some(_)) => Ok(()),
        _ => Err("usage without input_tokens or output_tokens".into()),
    }
}
