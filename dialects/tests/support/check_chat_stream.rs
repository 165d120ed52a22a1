//! The invariants of a Chat stream (`dialects.md` 1.1), and what the stream says.

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
    pub(crate) refusal: String,
    pub(crate) reasoning: String,
    /// In the order of their index.
    pub(crate) calls: Vec<Call>,
    pub(crate) finish: Option<String>,
}

/// What a client understands of one call.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
    pub(crate) custom: bool,
}

impl Said {
    /// Whether a choice has calls and says that it merely ended.
    pub(crate) fn hides_calls(&self) -> bool {
        let hides =
            |choice: &Choice| !choice.calls.is_empty() && choice.finish.as_deref() == Some("stop");
        self.choices.values().any(hides)
    }
}

/// Reads a client's stream, or names the first invariant it breaks.
pub(crate) fn check(stream: &[u8], include_usage: bool) -> Result<Said, String> {
    let text = std::str::from_utf8(stream).map_err(|error| error.to_string())?;
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(':'))
    {
        if !line.starts_with("data: ") {
            return Err(format!("a line that is no data: {line:?}"));
        }
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
    usage_seen: bool,
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
        if chunk.text_of("object").as_deref() != Some("chat.completion.chunk") {
            return Err("no chunk".into());
        }
        let head = ["id", "created", "model"].map(|key| {
            chunk
                .get(key)
                .map_or_else(String::new, |value| value.source().into())
        });
        if head.iter().any(|value| value.is_empty() || value == "\"\"") {
            return Err(format!("an empty head {head:?}"));
        }
        if *self.head.get_or_insert_with(|| head.clone()) != head {
            return Err("another id, time or model".into());
        }
        if self.usage_seen {
            return Err("a chunk behind the usage".into());
        }
        let choices = chunk
            .get("choices")
            .filter(|choices| choices.is_array())
            .ok_or("no choices")?;
        match chunk.get("usage") {
            None if self.include_usage => {
                return Err("no usage field although it was asked for".into());
            }
            Some(_) if !self.include_usage => {
                return Err("usage although it was not asked for".into());
            }
            Some(usage) if !usage.is_null() => {
                if choices.items().next().is_some() {
                    return Err("usage beside choices".into());
                }
                self.usage_seen = true;
                self.said.usage = Some(usage.source().into());
            }
            _ if choices.items().next().is_none() => return Err("neither choices nor usage".into()),
            _ => {}
        }
        choices.items().try_for_each(|choice| self.choice(choice))
    }

    fn choice(&mut self, choice: Value<'_>) -> Result<(), String> {
        let index = choice
            .get("index")
            .and_then(Value::as_u64)
            .ok_or("a choice without index")?;
        let delta = choice
            .get("delta")
            .filter(|delta| delta.is_object())
            .ok_or("no delta")?;
        let first = !self.said.choices.contains_key(&index);
        if first != (delta.text_of("role").as_deref() == Some("assistant")) {
            return Err("a role that is not in the first delta and only there".into());
        }
        let said = self.said.choices.entry(index).or_default();
        if said.finish.is_some() {
            return Err("something behind the finish reason".into());
        }
        for (key, into) in [
            ("content", &mut said.text),
            ("refusal", &mut said.refusal),
            ("reasoning_content", &mut said.reasoning),
        ] {
            into.push_str(&delta.text_of(key).unwrap_or_default());
        }
        if let Some(calls) = delta.field("tool_calls") {
            if calls.items().next().is_none() {
                return Err("an empty list of calls".into());
            }
            calls
                .items()
                .try_for_each(|call| call_delta(call, &mut said.calls))?;
        }
        let finish = choice
            .get("finish_reason")
            .ok_or("no finish_reason, not even null")?;
        if !finish.is_null() {
            let reason = finish.text().ok_or("a finish reason that is no text")?;
            if ![
                "stop",
                "length",
                "tool_calls",
                "content_filter",
                "function_call",
            ]
            .contains(&&*reason)
            {
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
        if self.said.error.is_some() {
            return Ok(self.said);
        }
        if self.said.choices.is_empty() {
            return Err("no choice".into());
        }
        for (index, choice) in &self.said.choices {
            let finish = choice
                .finish
                .as_deref()
                .ok_or_else(|| format!("choice {index} has no finish reason"))?;
            if finish == "tool_calls" && choice.calls.is_empty() {
                return Err("finish reason tool_calls although there are none".into());
            }
            if let Some(call) = choice
                .calls
                .iter()
                .find(|call| call.arguments.is_empty() && !call.custom)
            {
                return Err(format!(
                    "the arguments of {} are no JSON text but nothing",
                    call.name
                ));
            }
        }
        Ok(self.said)
    }
}

fn call_delta(call: Value<'_>, calls: &mut Vec<Call>) -> Result<(), String> {
    let index = call
        .get("index")
        .and_then(Value::as_u64)
        .ok_or("a call without index")?;
    let index = usize::try_from(index).map_err(|error| error.to_string())?;
    let custom =
        call.text_of("type").as_deref() == Some("custom") || call.field("custom").is_some();
    let (inner, text) = if custom {
        ("custom", "input")
    } else {
        ("function", "arguments")
    };
    let inner = call.field(inner);
    let fragment = inner
        .and_then(|inner| inner.text_of(text))
        .unwrap_or_default();
    let name = inner.and_then(|inner| inner.text_of("name"));
    let head = [call.text_of("id"), call.text_of("type"), name];
    match (index.cmp(&calls.len()), head) {
        (std::cmp::Ordering::Equal, [Some(id), Some(_), Some(name)]) if !id.is_empty() => {
            calls.push(Call {
                id: id.to_string(),
                name: name.to_string(),
                arguments: fragment.to_string(),
                custom,
            });
            Ok(())
        }
        (std::cmp::Ordering::Less, [None, None, None]) => {
            calls[index].arguments.push_str(&fragment);
            Ok(())
        }
        _ => Err("a call whose id, type and name are not in its first delta and only there".into()),
    }
}
