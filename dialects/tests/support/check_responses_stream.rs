//! The invariants of a Responses stream (`dialects.md` 1.3), and what the stream says.

use std::collections::BTreeSet;

use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::json::{Document, Value};

use super::drive;

/// What a client understands of a stream.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Said {
    pub(crate) outputs: Vec<Output>,
    /// `completed`, `incomplete` or `failed`.
    pub(crate) status: String,
    /// The reason of an incomplete answer.
    pub(crate) reason: Option<String>,
    /// The usage of the final answer, as written.
    pub(crate) usage: Option<String>,
    /// The message of the failure that ended the stream.
    pub(crate) error: Option<String>,
    /// The final answer, as written.
    pub(crate) answer: String,
}

/// What a client understands of one item.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Output {
    pub(crate) kind: String,
    id: String,
    /// Parts of a message, or of a summary.
    pub(crate) parts: Vec<Part>,
    /// Arguments or free text of a call.
    pub(crate) arguments: String,
    pub(crate) call_id: String,
    pub(crate) name: String,
    /// The whole item, as written when it was done.
    pub(crate) done: Option<String>,
    arguments_done: bool,
    streamed: bool,
}

/// What a client understands of one part.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Part {
    pub(crate) refusal: bool,
    pub(crate) text: String,
    annotations: usize,
    text_done: bool,
    done: bool,
}

impl Said {
    fn texts(&self, kind: &str, refusal: bool) -> String {
        let outputs = self.outputs.iter().filter(|output| output.kind == kind);
        let parts = outputs.flat_map(|output| &output.parts);
        let parts = parts.filter(|part| part.refusal == refusal);
        parts.map(|part| part.text.as_str()).collect()
    }

    pub(crate) fn text(&self) -> String {
        self.texts("message", false)
    }

    pub(crate) fn refusal(&self) -> String {
        self.texts("message", true)
    }

    pub(crate) fn reasoning(&self) -> String {
        self.texts("reasoning", false)
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Output> {
        self.outputs
            .iter()
            .filter(|output| output.kind == "function_call" || output.kind == "custom_tool_call")
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
    if !reader.over {
        return Err("no terminal".into());
    }
    Ok(reader.said)
}

#[derive(Default)]
struct Reader {
    said: Said,
    next: u64,
    head: Option<[String; 3]>,
    ids: BTreeSet<String>,
    over: bool,
}

fn text(value: Value<'_>, key: &str) -> Result<String, String> {
    let text = value.text_of(key);
    text.map(|text| text.to_string())
        .ok_or_else(|| format!("no {key}"))
}

fn index(value: Value<'_>, key: &str) -> Result<usize, String> {
    let index = value.field(key).and_then(Value::as_u64);
    index
        .map(|index| index as usize)
        .ok_or_else(|| format!("no {key}"))
}

fn ensure(truth: bool, fault: &str) -> Result<(), String> {
    truth.then_some(()).ok_or_else(|| fault.to_owned())
}

impl Reader {
    fn frame(&mut self, frame: &Frame) -> Result<(), String> {
        ensure(!self.over, "something behind the terminal")?;
        let document =
            Document::parse(frame.data.clone().into_bytes()).map_err(|error| error.to_string())?;
        let event = document.root();
        let kind = text(event, "type")?;
        ensure(
            kind == *frame.event,
            "the name of the event is not its type",
        )?;
        let number = event.get("sequence_number").and_then(Value::as_u64);
        ensure(number == Some(self.next), "sequence_number")?;
        match (self.next, kind.as_str()) {
            (_, "error") => {}
            (0, kind) => ensure(kind == "response.created", "does not begin with created")?,
            (1, kind) => ensure(
                kind == "response.in_progress",
                "in_progress does not follow created",
            )?,
            (_, kind) => ensure(
                kind != "response.created" && kind != "response.in_progress",
                "it begins twice",
            )?,
        }
        self.next += 1;
        self.event(&kind, event)
    }

    fn event(&mut self, kind: &str, event: Value<'_>) -> Result<(), String> {
        match kind {
            "error" => {
                self.over = true;
                ensure(event.get("code").is_some(), "no code")?;
                ensure(event.get("param").is_some(), "no param")?;
                self.said.error = Some(text(event, "message")?);
                Ok(())
            }
            "response.created" | "response.in_progress" => {
                let answer = event.field("response").ok_or("no response")?;
                ensure(text(answer, "status")? == "in_progress", "status")?;
                let output = answer.field("output").ok_or("no output")?;
                ensure(output.items().next().is_none(), "output at the beginning")?;
                self.answer(answer)
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.terminal(&kind["response.".len()..], event)
            }
            "response.output_item.added" => self.added(event),
            "response.output_item.done" => self.item_done(event),
            "response.content_part.added" => self.part_added(event, "content_index"),
            "response.reasoning_summary_part.added" => self.part_added(event, "summary_index"),
            "response.output_text.delta" | "response.refusal.delta" => {
                let part = self.part(event, "content_index")?;
                let refusal = kind == "response.refusal.delta";
                ensure(
                    part.refusal == refusal && !part.text_done,
                    "a delta of no part",
                )?;
                ensure(refusal || event.get("logprobs").is_some(), "no logprobs")?;
                part.text.push_str(&text(event, "delta")?);
                Ok(())
            }
            "response.reasoning_summary_text.delta" => {
                let part = self.part(event, "summary_index")?;
                ensure(!part.text_done, "a delta of no part")?;
                part.text.push_str(&text(event, "delta")?);
                Ok(())
            }
            "response.output_text.annotation.added" => {
                let part = self.part(event, "content_index")?;
                let number = index(event, "annotation_index")?;
                ensure(number == part.annotations, "annotation_index")?;
                part.annotations += 1;
                ensure(event.field("annotation").is_some(), "no annotation")
            }
            "response.output_text.done" => self.text_done(event, "content_index", "text"),
            "response.refusal.done" => self.text_done(event, "content_index", "refusal"),
            "response.reasoning_summary_text.done" => {
                self.text_done(event, "summary_index", "text")
            }
            "response.content_part.done" => self.part_done(event, "content_index"),
            "response.reasoning_summary_part.done" => self.part_done(event, "summary_index"),
            "response.function_call_arguments.delta" => self.arguments(event, "function_call"),
            "response.custom_tool_call_input.delta" => self.arguments(event, "custom_tool_call"),
            "response.function_call_arguments.done" => self.arguments_done(event, "arguments"),
            "response.custom_tool_call_input.done" => self.arguments_done(event, "input"),
            other => Err(format!("an event of type {other}")),
        }
    }

    fn answer(&mut self, answer: Value<'_>) -> Result<(), String> {
        let head = ["id", "created_at", "model"].map(|key| {
            let value = answer.get(key);
            value.map_or_else(String::new, |value| value.source().to_owned())
        });
        ensure(head.iter().all(|value| !value.is_empty()), "an empty head")?;
        let same = *self.head.get_or_insert_with(|| head.clone()) == head;
        ensure(same, "another id, time or model")?;
        for field in [
            "object",
            "error",
            "incomplete_details",
            "instructions",
            "metadata",
            "parallel_tool_calls",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
            "usage",
        ] {
            let count = answer.entries().filter(|(key, _)| key == field).count();
            ensure(count == 1, &format!("{field} is there {count} times"))?;
        }
        Ok(())
    }

    fn terminal(&mut self, status: &str, event: Value<'_>) -> Result<(), String> {
        self.over = true;
        let answer = event.field("response").ok_or("no response")?;
        ensure(text(answer, "status")? == status, "status")?;
        self.answer(answer)?;
        self.said.answer = answer.source().to_owned();
        self.said.status = status.to_owned();
        self.said.reason = answer
            .field("incomplete_details")
            .and_then(|details| details.text_of("reason"))
            .map(|reason| reason.to_string());
        ensure(
            self.said.reason.is_some() == (status == "incomplete"),
            "incomplete_details",
        )?;
        let error = answer.field("error");
        ensure(error.is_some() == (status == "failed"), "error")?;
        if let Some(error) = error {
            text(error, "code")?;
            self.said.error = Some(text(error, "message")?);
        }
        if let Some(usage) = answer.field("usage") {
            for key in ["input_tokens", "output_tokens", "total_tokens"] {
                index(usage, key)?;
            }
            let details = |key| usage.field(key).filter(|details| details.is_object());
            ensure(details("input_tokens_details").is_some(), "input details")?;
            ensure(details("output_tokens_details").is_some(), "output details")?;
            self.said.usage = Some(usage.source().to_owned());
        }
        let output: Vec<Value<'_>> = answer.field("output").ok_or("no output")?.items().collect();
        ensure(output.len() == self.said.outputs.len(), "items are missing")?;
        for (item, told) in output.iter().zip(&self.said.outputs) {
            match &told.done {
                Some(done) => ensure(done == item.source(), "not the item that was done")?,
                None => {
                    ensure(status == "failed", "an item that is not done")?;
                    ensure(text(*item, "id")? == told.id, "another id")?;
                }
            }
        }
        Ok(())
    }

    fn added(&mut self, event: Value<'_>) -> Result<(), String> {
        let item = event.field("item").ok_or("no item")?;
        let place = index(event, "output_index")?;
        ensure(place == self.said.outputs.len(), "output_index")?;
        let kind = text(item, "type").unwrap_or_default();
        let streamed = matches!(
            kind.as_str(),
            "message" | "reasoning" | "function_call" | "custom_tool_call"
        ) && text(item, "status").as_deref() == Ok("in_progress");
        let mut output = Output {
            kind,
            streamed,
            id: text(item, "id").unwrap_or_default(),
            ..Output::default()
        };
        if streamed {
            ensure(self.ids.insert(output.id.clone()), "an id twice")?;
            ensure(!output.id.is_empty(), "an empty id")?;
        }
        if streamed && output.kind.ends_with("_call") {
            output.call_id = text(item, "call_id")?;
            output.name = text(item, "name")?;
            ensure(output.call_id != output.id, "call_id is id")?;
        }
        self.said.outputs.push(output);
        Ok(())
    }

    /// The open item that an event speaks of.
    fn output(&mut self, event: Value<'_>) -> Result<&mut Output, String> {
        let place = index(event, "output_index")?;
        let output = self.said.outputs.get_mut(place).ok_or("no such item")?;
        ensure(text(event, "item_id")? == output.id, "item_id")?;
        ensure(output.done.is_none(), "the item is done")?;
        Ok(output)
    }

    fn part(&mut self, event: Value<'_>, key: &str) -> Result<&mut Part, String> {
        let place = index(event, key)?;
        let output = self.output(event)?;
        let part = output.parts.get_mut(place).ok_or("no such part")?;
        ensure(!part.done, "the part is done")?;
        Ok(part)
    }

    fn part_added(&mut self, event: Value<'_>, key: &str) -> Result<(), String> {
        let place = index(event, key)?;
        let part = event.field("part").ok_or("no part")?;
        let kind = text(part, "type").unwrap_or_default();
        let output = self.output(event)?;
        ensure(place == output.parts.len(), key)?;
        output.parts.push(Part {
            refusal: kind == "refusal",
            ..Part::default()
        });
        Ok(())
    }

    fn text_done(&mut self, event: Value<'_>, key: &str, field: &str) -> Result<(), String> {
        let whole = text(event, field)?;
        let part = self.part(event, key)?;
        ensure(part.text == whole, "not what the deltas said")?;
        part.text_done = true;
        Ok(())
    }

    fn part_done(&mut self, event: Value<'_>, key: &str) -> Result<(), String> {
        let whole = event.field("part").ok_or("no part")?;
        let part = self.part(event, key)?;
        part.done = true;
        if !part.text_done {
            return Ok(()); // a part that came whole
        }
        let field = match part.refusal {
            true => "refusal",
            false => "text",
        };
        ensure(text(whole, field)? == part.text, "not what the deltas said")
    }

    fn arguments(&mut self, event: Value<'_>, kind: &str) -> Result<(), String> {
        let delta = text(event, "delta")?;
        let output = self.output(event)?;
        ensure(output.kind == kind, "another kind of item")?;
        ensure(!output.arguments_done, "the arguments are done")?;
        output.arguments.push_str(&delta);
        Ok(())
    }

    fn arguments_done(&mut self, event: Value<'_>, field: &str) -> Result<(), String> {
        let whole = text(event, field)?;
        let output = self.output(event)?;
        ensure(output.arguments == whole, "not what the deltas said")?;
        output.arguments_done = true;
        Ok(())
    }

    fn item_done(&mut self, event: Value<'_>) -> Result<(), String> {
        let item = event.field("item").ok_or("no item")?;
        let place = index(event, "output_index")?;
        let output = self.said.outputs.get_mut(place).ok_or("no such item")?;
        ensure(output.done.is_none(), "done twice")?;
        output.done = Some(item.source().to_owned());
        if !output.streamed {
            return Ok(());
        }
        ensure(text(item, "id")? == output.id, "another id")?;
        ensure(text(item, "type")? == output.kind, "another type")?;
        let status = text(item, "status")?;
        ensure(status == "completed" || status == "incomplete", "status")?;
        ensure(
            output.parts.iter().all(|part| part.done),
            "a part that is not done",
        )?;
        let told: String = output.parts.iter().map(|part| part.text.as_str()).collect();
        let key = match output.kind.as_str() {
            "message" => "content",
            "reasoning" => "summary",
            kind => {
                let field = match kind {
                    "function_call" => "arguments",
                    _ => "input",
                };
                ensure(output.arguments_done, "the arguments are not done")?;
                ensure(text(item, field)? == output.arguments, "not what was said")?;
                let empty = output.arguments.is_empty() && kind == "function_call";
                return ensure(!empty || status == "incomplete", "arguments are no JSON");
            }
        };
        let parts: Vec<Value<'_>> = item.field(key).into_iter().flat_map(Value::items).collect();
        ensure(parts.len() == output.parts.len(), "parts are missing")?;
        ensure(key == "summary" || !parts.is_empty(), "an empty message")?;
        let whole: String = parts
            .iter()
            .filter_map(|part| part.text_of("text").or_else(|| part.text_of("refusal")))
            .map(|text| text.to_string())
            .collect();
        let is_raw = output.parts.iter().any(|part| !part.text_done);
        ensure(is_raw || whole == told, "not what was said")
    }
}
