//! Calls whose arguments come in pieces: Vertex streams them where `streamFunctionCallArguments` asks for it.
//!
//! A piece is a value for a path, `{jsonPath: "$.place.city", stringValue: "Ber", willContinue: true}`; texts for one path
//! follow one another. The call says `willContinue` until its last part, which often says nothing else.

use std::collections::HashMap;

use super::{field, text_of};
use crate::json::{RawJson, Value, Writer};

/// Steps of the longest path.
const DEPTH: usize = 64;

/// The call whose parts are still to come.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// The fields of its part, and of the call in it, that came first.
    part: Vec<(String, RawJson)>,
    call: Vec<(String, RawJson)>,
    arguments: Node,
}

/// Arguments so far.
#[derive(Debug)]
enum Node {
    Raw(RawJson),
    Text(String),
    Object(Fields),
    List(Vec<Node>),
}

/// The fields of an object in their order.
#[derive(Debug, Default)]
struct Fields {
    places: HashMap<String, usize>,
    list: Vec<(String, Node)>,
}

/// A path that is none, or leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPath;

enum Step {
    Key(String),
    Index(usize),
}

impl Pieces {
    /// Takes a part. Calls that are complete by it are appended to `whole`, as parts with all of their arguments; true when
    /// the part is one to be read behind them.
    ///
    /// # Errors
    /// When a piece leads nowhere.
    pub(crate) fn take(
        &mut self,
        part: Value<'_>,
        whole: &mut Vec<RawJson>,
    ) -> Result<bool, BadPath> {
        let Some(call) = field(part, "functionCall") else {
            // Parts without a word are sent between others.
            if !says_nothing(part) {
                whole.extend(self.finish());
            }
            return Ok(true);
        };
        let pieces = field(call, "partialArgs");
        let goes_on = field(call, "willContinue").and_then(Value::as_bool) == Some(true);
        let is_named = text_of(call, "name").is_some_and(|name| !name.is_empty());
        if is_named {
            whole.extend(self.finish());
            if pieces.is_none() && !goes_on {
                return Ok(true);
            }
        } else if self.open.is_none() {
            // The last word of a call that is complete.
            return Ok(call.entries().next().is_some());
        }
        let open = self.open.get_or_insert_with(Open::new);
        open.add(part, call);
        for piece in pieces.into_iter().flat_map(Value::items) {
            open.arguments.put(piece)?;
        }
        if !goes_on {
            whole.extend(self.finish());
        }
        Ok(false)
    }

    /// The call that is open, as far as it came.
    pub(crate) fn finish(&mut self) -> Option<RawJson> {
        let open = self.open.take()?;
        Some(RawJson::build(|writer| open.write(writer)))
    }
}

fn says_nothing(part: Value<'_>) -> bool {
    part.entries()
        .all(|(key, value)| key == "text" && value.text().is_some_and(|text| text.is_empty()))
}

impl Open {
    fn new() -> Self {
        Self {
            part: Vec::new(),
            call: Vec::new(),
            arguments: Node::default(),
        }
    }

    /// What the parts say beside the pieces; the first word counts.
    fn add(&mut self, part: Value<'_>, call: Value<'_>) {
        keep(&mut self.part, part, &["functionCall", "function_call"]);
        let pieces = [
            "partialArgs",
            "partial_args",
            "willContinue",
            "will_continue",
            "args",
        ];
        keep(&mut self.call, call, &pieces);
        for (key, value) in call.field("args").into_iter().flat_map(Value::entries) {
            if let Ok(place) = self.arguments.field(&key) {
                *place = Node::Raw(value.raw());
            }
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| {
            writer.object_field("functionCall", |writer| {
                for (key, raw) in &self.call {
                    writer.foreign_field(key, raw);
                }
                writer.key("args");
                self.arguments.write(writer);
            });
            for (key, raw) in &self.part {
                writer.foreign_field(key, raw);
            }
        });
    }
}

/// Keeps the fields that are new. They are few: a call has no more than some, and others are the same in every part.
fn keep(kept: &mut Vec<(String, RawJson)>, object: Value<'_>, without: &[&str]) {
    const MOST: usize = 16;
    for (key, value) in object.entries() {
        let is_new = kept.iter().all(|(known, _)| *known != key);
        let is_empty = value.text().is_some_and(|text| text.is_empty());
        if is_new && !is_empty && !without.contains(&&*key) && kept.len() < MOST {
            kept.push((key.into_owned(), value.raw()));
        }
    }
}

impl Node {
    /// Puts the value of a piece at its path.
    fn put(&mut self, piece: Value<'_>) -> Result<(), BadPath> {
        let path = text_of(piece, "jsonPath").ok_or(BadPath)?;
        let path = steps(&path)?;
        let value = if let Some(text) = text_of(piece, "stringValue") {
            Node::Text(text.to_string())
        } else if let Some(value) = ["numberValue", "boolValue"]
            .iter()
            .find_map(|key| field(piece, key))
        {
            Node::Raw(value.raw())
        } else {
            // `NULL_VALUE`, or `null`.
            let key = |key: &str| matches!(key, "nullValue" | "null_value");
            if !piece.entries().any(|(name, _)| key(&name)) {
                return Ok(());
            }
            Node::Raw(RawJson::build(|writer| writer.verbatim("null")))
        };
        self.set(&path, value)
    }

    /// Sets a value, or adds to a text. What stands in the way is replaced.
    fn set(&mut self, path: &[Step], value: Self) -> Result<(), BadPath> {
        let mut node = self;
        for step in path {
            node = match step {
                Step::Key(key) => node.field(key)?,
                Step::Index(index) => node.item(*index)?,
            };
        }
        match (node, value) {
            (Self::Text(text), Self::Text(more)) => text.push_str(&more),
            (node, value) => *node = value,
        }
        Ok(())
    }

    fn field(&mut self, key: &str) -> Result<&mut Self, BadPath> {
        if !matches!(self, Self::Object(_)) {
            *self = Self::default();
        }
        match self {
            Self::Object(fields) => fields.get(key).ok_or(BadPath),
            _ => Err(BadPath),
        }
    }

    /// Items come one after the other: a number out of the blue would be a list of gaps.
    fn item(&mut self, index: usize) -> Result<&mut Self, BadPath> {
        if !matches!(self, Self::List(_)) {
            *self = Self::List(Vec::new());
        }
        let Self::List(items) = self else {
            return Err(BadPath);
        };
        if index == items.len() {
            items.push(Self::default());
        }
        items.get_mut(index).ok_or(BadPath)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Node::Raw(raw) => writer.value(raw),
            Node::Text(text) => writer.value(text),
            Node::Object(fields) => writer.object(|writer| {
                for (key, node) in &fields.list {
                    writer.foreign_key(key);
                    node.write(writer);
                }
            }),
            Node::List(nodes) => {
                writer.array(|writer| nodes.iter().for_each(|node| node.write(writer)));
            }
        }
    }
}

impl Fields {
    /// The value of a key, which is new unless it was there.
    fn get(&mut self, key: &str) -> Option<&mut Node> {
        let place = match self.places.get(key) {
            Some(place) => *place,
            None => {
                let place = self.list.len();
                self.places.insert(key.to_owned(), place);
                self.list.push((key.to_owned(), Node::default()));
                place
            }
        };
        self.list.get_mut(place).map(|(_, node)| node)
    }
}

impl Default for Node {
    fn default() -> Self {
        Self::Object(Fields::default())
    }
}

/// The steps of a path: `$.place.names[0]`, `$['a key']`.
fn steps(path: &str) -> Result<Vec<Step>, BadPath> {
    let mut rest = path.strip_prefix('$').ok_or(BadPath)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == DEPTH {
            return Err(BadPath);
        }
        let step;
        (step, rest) = match rest.strip_prefix('.') {
            Some(name) => {
                let (key, rest) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
                (Step::Key(key.to_owned()), rest)
            }
            None => bracketed(rest.strip_prefix('[').ok_or(BadPath)?)?,
        };
        steps.push(step);
    }
    Ok(steps)
}

/// What stands in brackets: a number, or a name in quotes.
fn bracketed(inner: &str) -> Result<(Step, &str), BadPath> {
    let quote = inner
        .chars()
        .next()
        .filter(|first| matches!(first, '\'' | '"'));
    let Some(quote) = quote else {
        let (index, rest) = inner.split_once(']').ok_or(BadPath)?;
        return Ok((Step::Index(index.parse().map_err(|_| BadPath)?), rest));
    };
    let mut key = String::new();
    let mut chars = inner.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => key.push(chars.next().ok_or(BadPath)?.1),
            char if char == quote => {
                let rest = inner[at + 1..].strip_prefix(']').ok_or(BadPath)?;
                return Ok((Step::Key(key), rest));
            }
            char => key.push(char),
        }
    }
    Err(BadPath)
}

#[cfg(test)]
mod tests;
