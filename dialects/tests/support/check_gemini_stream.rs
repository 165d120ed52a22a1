//! The invariants of a Gemini stream (`dialects.md` 1.5), and what the stream says.

use std::collections::BTreeMap;

use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::json::{Document, Value};

use super::drive;

/// What a client understands of a stream.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Said {
    /// By index.
    pub(crate) candidates: BTreeMap<u64, Candidate>,
    /// The usage of the last frame, as written.
    pub(crate) usage: Option<String>,
    /// The message of the error that ended the stream.
    pub(crate) error: Option<String>,
    /// Why the prompt was blocked.
    pub(crate) blocked: Option<String>,
}

/// What a client understands of one candidate.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Candidate {
    pub(crate) text: String,
    pub(crate) thoughts: String,
    pub(crate) calls: Vec<Call>,
    pub(crate) finish: Option<String>,
}

/// What a client understands of one call.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) args: String,
}

const DATA: [&str; 9] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// Reads a client's stream, or names the first invariant it breaks.
pub(crate) fn check(stream: &[u8]) -> Result<Said, String> {
    let text = std::str::from_utf8(stream).map_err(|error| error.to_string())?;
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(':'))
    {
        if !line.starts_with("data: ") {
            return Err(format!("a line that is no data: {line:?}"));
        }
    }
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
    head: Option<[String; 2]>,
    over: bool,
}

impl Reader {
    fn frame(&mut self, frame: &Frame) -> Result<(), String> {
        if self.over {
            return Err("something behind the last frame".into());
        }
        let document =
            Document::parse(frame.data.clone().into_bytes()).map_err(|error| error.to_string())?;
        let answer = document.root();
        if let Some(error) = answer.field("error") {
            let message = error
                .text_of("message")
                .ok_or("an error without a message")?;
            let has_code = error.field("code").and_then(Value::as_u64).is_some();
            if !has_code || error.text_of("status").is_none() {
                return Err("an error without a code or status".into());
            }
            self.said.error = Some(message.to_string());
            self.over = true;
            return Ok(());
        }
        let head = ["modelVersion", "responseId"].map(|key| {
            answer
                .text_of(key)
                .map_or_else(String::new, |text| text.to_string())
        });
        if head.iter().any(String::is_empty) {
            return Err(format!("an empty head {head:?}"));
        }
        if *self.head.get_or_insert_with(|| head.clone()) != head {
            return Err("another model or id".into());
        }
        let candidates = answer
            .field("candidates")
            .into_iter()
            .flat_map(Value::items);
        let mut ended = 0;
        for candidate in candidates {
            ended += usize::from(self.candidate(candidate)?);
        }
        if let Some(feedback) = answer.field("promptFeedback") {
            self.said.blocked = feedback
                .text_of("blockReason")
                .map(|reason| reason.to_string());
        }
        // The last frame is the one that says why the answer ended.
        self.over =
            ended > 0 || (self.said.blocked.is_some() && answer.get("candidates").is_none());
        match answer.field("usageMetadata") {
            Some(usage) if self.over => {
                if usage
                    .field("totalTokenCount")
                    .and_then(Value::as_u64)
                    .is_none()
                {
                    return Err("usage without a total".into());
                }
                self.said.usage = Some(usage.source().into());
            }
            Some(_) => return Err("usage before the last frame".into()),
            None => {}
        }
        Ok(())
    }

    /// True when the candidate ended.
    fn candidate(&mut self, candidate: Value<'_>) -> Result<bool, String> {
        let index = candidate
            .field("index")
            .and_then(Value::as_u64)
            .ok_or("no index")?;
        let said = self.said.candidates.entry(index).or_default();
        if said.finish.is_some() {
            return Err("something behind the finish reason".into());
        }
        if let Some(content) = candidate.field("content") {
            if content.text_of("role").as_deref() != Some("model") {
                return Err("a content that is not the model's".into());
            }
            let parts = content.field("parts").ok_or("a content without parts")?;
            if parts.items().next().is_none() {
                return Err("no part".into());
            }
            parts.items().try_for_each(|part| self::part(part, said))?;
        }
        let Some(reason) = candidate.field("finishReason") else {
            return Ok(false);
        };
        let reason = reason.text().ok_or("a finish reason that is no text")?;
        // Newer words of Google's own are handed on.
        let is_word = |byte: u8| byte == b'_' || byte.is_ascii_uppercase();
        if reason.is_empty() || !reason.bytes().all(is_word) {
            return Err(format!("finish reason {reason:?}"));
        }
        said.finish = Some(reason.to_string());
        Ok(true)
    }

    fn end(self) -> Result<Said, String> {
        if !self.over {
            return Err("no last frame".into());
        }
        if self.said.error.is_some() || self.said.blocked.is_some() {
            return Ok(self.said);
        }
        if self.said.candidates.is_empty() {
            return Err("no candidate".into());
        }
        match self
            .said
            .candidates
            .iter()
            .find(|(_, candidate)| candidate.finish.is_none())
        {
            Some((index, _)) => Err(format!("candidate {index} has no finish reason")),
            None => Ok(self.said),
        }
    }
}

fn part(part: Value<'_>, said: &mut Candidate) -> Result<(), String> {
    let data: Vec<&str> = DATA
        .into_iter()
        .filter(|key| part.field(key).is_some())
        .collect();
    let known = [
        "thought",
        "thoughtSignature",
        "partMetadata",
        "videoMetadata",
        "mediaResolution",
    ];
    let mut others = part
        .entries()
        .filter(|(key, _)| !DATA.contains(&&**key) && !known.contains(&&**key));
    // A part of a newer kind is handed on as it is.
    if data.len() != 1 && others.next().is_none() {
        return Err(format!("a part with {data:?}"));
    }
    if let Some(text) = part.field("text") {
        let text = text.text().ok_or("a text that is none")?;
        match part.field("thought").and_then(Value::as_bool) {
            Some(true) => said.thoughts.push_str(&text),
            _ => said.text.push_str(&text),
        }
    }
    if let Some(call) = part.field("functionCall") {
        let args = call.field("args").filter(|args| args.is_object());
        let args = args.ok_or("arguments that are no object")?;
        said.calls.push(Call {
            id: call
                .text_of("id")
                .ok_or("a call without an id")?
                .to_string(),
            name: call
                .text_of("name")
                .ok_or("a call without a name")?
                .to_string(),
            args: args.source().into(),
        });
    }
    Ok(())
}
