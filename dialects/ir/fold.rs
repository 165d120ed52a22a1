//! From a stream to an answer and back, without I/O.

use super::{
    Arguments, CallKind, Choice, Delta, Error, Event, Extensions, ItemKind, ItemStart, PARAGRAPH,
    Part, Reasoning, Response, Stop, Text, ToolCall, Usage,
};
use crate::Dialect;
use crate::json::{Document, RawJson, Str, Value};

/// Both dialects that say it say it with this word, in a stream as a field of the answer.
const SERVICE_TIER: &str = "service_tier";

/// Gathers the events of one stream into the answer they amount to.
///
/// # Errors
/// The failure the stream ended with.
#[expect(clippy::result_large_err, reason = "once per stream, at its end")]
pub fn fold(dialect: Dialect, events: impl IntoIterator<Item = Event>) -> Result<Response, Error> {
    let mut folder = Folder::new(dialect);
    for event in events {
        folder.on(event)?;
    }
    Ok(folder.finish())
}

/// The same, one event at a time.
#[derive(Debug)]
pub struct Folder {
    response: Response,
    items: Vec<Item>,
    stops: Vec<(u32, Stop)>,
    logprobs: Vec<(u32, RawJson)>,
}

#[derive(Debug)]
struct Item {
    number: u32,
    choice: u32,
    kind: ItemKind,
    text: String,
    paragraphs: Vec<usize>,
    citations: Vec<RawJson>,
    opaque: Option<super::Opaque>,
    full: Option<Part>,
}

impl Folder {
    /// A folder that has seen nothing; the answer will say it came from `dialect`.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            response: Response::new(dialect),
            items: Vec::new(),
            stops: Vec::new(),
            logprobs: Vec::new(),
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// The failure, when the event is one.
    #[expect(clippy::result_large_err, reason = "once per stream, at its end")]
    pub fn on(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Start {
                id,
                model,
                created,
                usage,
                extensions,
            } => {
                self.start(id, model, created, extensions);
                self.usage(usage.map(|usage| *usage));
            }
            Event::ItemStart(start) => self.item_start(start),
            Event::Delta { item, delta } => self.delta(item, delta),
            Event::ItemEnd { item, full } => {
                if let (Some(item), Some(full)) = (self.item(item), full) {
                    item.full = Some(*full);
                }
            }
            Event::Usage(usage) => self.usage(Some(usage)),
            Event::Stop { choice, stop } => self.stops.push((choice, stop)),
            Event::Ping | Event::End => {}
            Event::Error(error) => return Err(error),
        }
        Ok(())
    }

    fn start(&mut self, id: Str, model: Str, created: Option<u64>, extensions: Extensions) {
        self.response.id = id;
        self.response.model = model;
        self.response.created = created;
        self.response.extensions = extensions;
        let dialect = self.response.dialect;
        let tier = self.response.extensions.take(dialect, SERVICE_TIER);
        self.response.service_tier = tier.and_then(|tier| tier.document().root().text());
    }

    fn usage(&mut self, usage: Option<Usage>) {
        if let Some(usage) = usage {
            let sum = self.response.usage.get_or_insert_with(Usage::default);
            sum.merge(usage);
        }
    }

    fn item(&mut self, number: u32) -> Option<&mut Item> {
        self.items
            .iter_mut()
            .rev()
            .find(|item| item.number == number)
    }

    fn item_start(&mut self, start: ItemStart) {
        self.items.push(Item {
            number: start.item,
            choice: start.choice,
            kind: start.kind,
            text: String::new(),
            paragraphs: Vec::new(),
            citations: Vec::new(),
            opaque: None,
            full: None,
        });
    }

    fn delta(&mut self, number: u32, delta: Delta) {
        let Some(item) = self.item(number) else {
            return;
        };
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Arguments(text) => {
                item.text.push_str(&text);
            }
            Delta::Paragraph => {
                item.text.push_str(PARAGRAPH);
                item.paragraphs.push(item.text.len());
            }
            Delta::Opaque(opaque) => item.opaque = Some(opaque),
            Delta::Citation(citation) => item.citations.push(citation),
            Delta::Logprobs(raw) => {
                let choice = item.choice;
                self.logprobs.push((choice, raw));
            }
        }
    }

    /// The answer.
    #[must_use]
    pub fn finish(mut self) -> Response {
        for item in self.items {
            let choice = choice(&mut self.response.choices, item.choice);
            choice.parts.push(item.into_part());
        }
        for (index, stop) in self.stops {
            choice(&mut self.response.choices, index).stop = Some(stop);
        }
        for (index, pieces) in by_choice(self.logprobs) {
            choice(&mut self.response.choices, index).logprobs = join_logprobs(pieces);
        }
        self.response.choices.sort_by_key(|choice| choice.index);
        self.response
    }
}

impl Item {
    fn into_part(self) -> Part {
        if let Some(full) = self.full {
            return full;
        }
        let text = Str::from(self.text);
        match self.kind {
            ItemKind::Text => Part::Text(Text {
                text,
                citations: list(&self.citations),
                ..Text::default()
            }),
            ItemKind::Reasoning { redacted } => Part::Reasoning(Reasoning {
                text,
                opaque: self.opaque,
                redacted,
                paragraphs: self.paragraphs,
                ..Reasoning::default()
            }),
            ItemKind::ToolCall {
                id,
                name,
                custom,
                opaque,
            } => Part::ToolCall(ToolCall {
                id,
                name,
                kind: if custom {
                    CallKind::Custom
                } else {
                    CallKind::Function
                },
                arguments: Arguments(text),
                opaque: self.opaque.or(opaque),
                cache: None,
                extensions: Extensions::default(),
            }),
            ItemKind::Refusal => Part::Refusal(text),
            ItemKind::Whole(part) => *part,
        }
    }
}

fn choice(choices: &mut Vec<Choice>, index: u32) -> &mut Choice {
    let at = choices
        .iter()
        .position(|choice| choice.index == index)
        .unwrap_or_else(|| {
            choices.push(Choice {
                index,
                ..Choice::default()
            });
            choices.len() - 1
        });
    &mut choices[at]
}

fn list(values: &[RawJson]) -> Option<RawJson> {
    (!values.is_empty()).then(|| {
        RawJson::build(|writer| {
            writer.array(|writer| values.iter().for_each(|value| writer.value(value)));
        })
    })
}

fn by_choice(pieces: Vec<(u32, RawJson)>) -> Vec<(u32, Vec<RawJson>)> {
    let mut grouped: Vec<(u32, Vec<RawJson>)> = Vec::new();
    for (choice, raw) in pieces {
        match grouped.iter_mut().find(|(index, _)| *index == choice) {
            Some((_, pieces)) => pieces.push(raw),
            None => grouped.push((choice, vec![raw])),
        }
    }
    grouped
}

/// Chat streams `{"content":[…],"refusal":[…]}` piece by piece; the lists are joined, all at once so that a long
/// stream takes linear time. A single piece keeps its spelling.
fn join_logprobs(mut pieces: Vec<RawJson>) -> Option<RawJson> {
    if pieces.len() < 2 {
        return pieces.pop();
    }
    let documents: Vec<Document> = pieces.iter().map(RawJson::document).collect();
    Some(RawJson::build(|writer| {
        writer.object(|writer| {
            for key in ["content", "refusal"] {
                let lists = || documents.iter().filter_map(|piece| piece.root().field(key));
                if lists().next().is_none() {
                    writer.null_field(key);
                    continue;
                }
                writer.array_field(key, |writer| {
                    lists()
                        .flat_map(Value::items)
                        .for_each(|item| writer.value(&item.raw()));
                });
            }
        });
    }))
}

/// The events that amount to an answer: `fold(unfold(answer)) = answer`.
///
/// Streams have no place for unknown fields of a choice, nor for a choice that neither says anything nor ends.
#[must_use]
pub fn unfold(response: Response) -> Vec<Event> {
    let mut extensions = response.extensions;
    if let Some(tier) = response.service_tier {
        extensions.push(
            response.dialect,
            SERVICE_TIER,
            RawJson::build(|writer| writer.value(&tier)),
        );
    }
    let mut events = vec![Event::Start {
        id: response.id,
        model: response.model,
        created: response.created,
        usage: response.usage.as_ref().and_then(input_only),
        extensions,
    }];
    let mut item = 0;
    let mut stops = Vec::new();
    for choice in response.choices {
        let mut logprobs = choice.logprobs;
        let is_text = |part: &Part| matches!(part, Part::Text(_));
        let last = choice.parts.iter().rposition(is_text);
        let last = last.unwrap_or(choice.parts.len().saturating_sub(1));
        for (number, part) in choice.parts.into_iter().enumerate() {
            let logprobs = logprobs.take_if(|_| number == last);
            unfold_part(part, item, choice.index, logprobs, &mut events);
            item += 1;
        }
        stops.extend(choice.stop.map(|stop| Event::Stop {
            choice: choice.index,
            stop,
        }));
    }
    events.extend(response.usage.map(Event::Usage));
    events.append(&mut stops);
    events.push(Event::End);
    events
}

/// What is known before the first word.
fn input_only(usage: &Usage) -> Option<Box<Usage>> {
    let input = Usage {
        output: None,
        reasoning: None,
        own: None,
        ..usage.clone()
    };
    (!input.is_empty()).then(|| Box::new(input))
}

fn unfold_part(
    part: Part,
    item: u32,
    choice: u32,
    logprobs: Option<RawJson>,
    events: &mut Vec<Event>,
) {
    let full = Box::new(part.clone());
    let (kind, told) = match part {
        Part::Text(text) => (ItemKind::Text, vec![Delta::Text(text.text)]),
        Part::Refusal(text) => (ItemKind::Refusal, vec![Delta::Text(text)]),
        Part::Reasoning(reasoning) => (
            ItemKind::Reasoning {
                redacted: reasoning.redacted,
            },
            reasoning.deltas(0),
        ),
        Part::ToolCall(call) => {
            let custom = call.kind == CallKind::Custom;
            (
                ItemKind::ToolCall {
                    id: call.id,
                    name: call.name,
                    custom,
                    opaque: call.opaque,
                },
                vec![Delta::Arguments(call.arguments.0)],
            )
        }
        whole => (ItemKind::Whole(Box::new(whole)), Vec::new()),
    };
    events.push(Event::ItemStart(ItemStart { item, choice, kind }));
    let more = extras(&full);
    let deltas = told
        .into_iter()
        .chain(more)
        .chain(logprobs.map(Delta::Logprobs));
    events.extend(deltas.map(|delta| Event::Delta { item, delta }));
    events.push(Event::ItemEnd {
        item,
        full: Some(full),
    });
}

/// What a part carries beside its text and can stream.
fn extras(part: &Part) -> Vec<Delta> {
    match part {
        Part::Text(Text {
            citations: Some(citations),
            ..
        }) => {
            let citations = citations.document();
            let items = citations.root().items();
            items.map(|item| Delta::Citation(item.raw())).collect()
        }
        Part::Reasoning(Reasoning {
            opaque: Some(opaque),
            ..
        }) => vec![Delta::Opaque(opaque.clone())],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
