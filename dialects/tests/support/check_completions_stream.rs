//! The invariants of a legacy completions stream (`dialects.md` 1.2), and what the stream says.

use std::collections::BTreeMap;

use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::json::{Document, Value};

use super::drive;

/// What a client understands of a stream.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Said {
    /// By choice.
    pub(crate) choices: BTreeMap<u64, Choice>,
    /// The usage of the last chunk, as written.
    pub(crate) usage: Option<String>,
    /// The message of the error that ended the stream.
    pub(crate) error: Option<String>,
}

/// What a client understands of one choice.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Choice {
    pub(crate) text: String,
    pub(crate) finish: Option<String>,
}

/// Reads a client's stream, or names the first invariant it breaks.
pub(crate) fn check(stream: &[u8], include_usage: bool) -> Result<Said, String> {
    let text = std::str::from_utf8(stream).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    if let Some(line) =
        lines.find(|line| !line.is_empty() && !line.starts_with(':') && !line.starts_with("data: "))
    {
        return Err(format!("a line that is no data: {line:?}"));
    }
    let mut reader = Reader {
        include_usage,
        ..Reader::default()
    };
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
    head: Option<[String; 3]>,
    include_usage: bool,
    over: bool,
}

impl Reader {
    fn frame(&mut self, frame: &Frame) -> Result<(), String> {
        if self.over {
            return Err("something behind the terminal".into());
        }
        if frame.data == "[DONE]" {
            self.over = true;
            return Ok(());
        }
        let document =
            Document::parse(frame.data.clone().into_bytes()).map_err(|error| error.to_string())?;
        let chunk = document.root();
        if let Some(error) = chunk.field("error") {
            let message = error
                .text_of("message")
                .ok_or("an error without a message")?;
            if error.text_of("type").is_none() || error.get("code").is_none() {
                return Err("an error without a type or code".into());
            }
            self.said.error = Some(message.to_string());
            self.over = true;
            return Ok(());
        }
        self.chunk(chunk)
    }

    fn chunk(&mut self, chunk: Value<'_>) -> Result<(), String> {
        if chunk.text_of("object").as_deref() != Some("text_completion") {
            return Err("no text completion".into());
        }
        let source = |key| {
            chunk
                .get(key)
                .map_or_else(String::new, |value| value.source().into())
        };
        let head = ["id", "created", "model"].map(source);
        if !head[0].starts_with("\"cmpl-") || head[1].is_empty() || head[2].len() < 3 {
            return Err(format!("an empty head {head:?}"));
        }
        if *self.head.get_or_insert_with(|| head.clone()) != head {
            return Err("another id, time or model".into());
        }
        if self.said.usage.is_some() {
            return Err("a chunk behind the usage".into());
        }
        let choices = chunk.get("choices").filter(|choices| choices.is_array());
        let choices = choices.ok_or("no choices")?;
        let empty = choices.items().next().is_none();
        match chunk.get("usage") {
            None if self.include_usage => {
                return Err("no usage field although it was asked for".into());
            }
            Some(_) if !self.include_usage => {
                return Err("usage although it was not asked for".into());
            }
            Some(usage) if !usage.is_null() => {
                if !empty {
                    return Err("usage beside choices".into());
                }
                self.said.usage = Some(usage.source().into());
            }
            _ if empty => return Err("neither choices nor usage".into()),
            _ => {}
        }
        choices.items().try_for_each(|choice| self.choice(choice))
    }

    fn choice(&mut self, choice: Value<'_>) -> Result<(), String> {
        let index = choice.get("index").and_then(Value::as_u64);
        let said = self.said.choices.entry(index.ok_or("no index")?);
        let said = said.or_default();
        if said.finish.is_some() {
            return Err("something behind the finish reason".into());
        }
        said.text
            .push_str(&choice.text_of("text").ok_or("no text")?);
        if choice.get("logprobs").is_none() {
            return Err("no logprobs, not even null".into());
        }
        let finish = choice.get("finish_reason");
        let finish = finish.ok_or("no finish_reason, not even null")?;
        if !finish.is_null() {
            let reason = finish.text().ok_or("a finish reason that is no text")?;
            if !["stop", "length", "content_filter"].contains(&&*reason) {
                return Err(format!("finish reason {reason:?}"));
            }
            said.finish = Some(reason.to_string());
        }
        Ok(())
    }

    fn end(self) -> Result<Said, String> {
        if !self.over {
            return Err("no terminal".into());
        }
        if self.said.error.is_none() {
            if self.said.choices.is_empty() {
                return Err("no choice".into());
            }
            let open = |choice: &Choice| choice.finish.is_none();
            if self.said.choices.values().any(open) {
                return Err("a choice without a finish reason".into());
            }
        }
        Ok(self.said)
    }
}
