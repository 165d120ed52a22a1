//! The text of a file as a tree of values that know their line and column.
//!
//! Built from parser events in one pass. An alias shares the node it names instead of copying it, and
//! the size after expansion is counted, so neither a deep, a huge nor a self-multiplying file can
//! exhaust time or memory.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::error::Report;
use crate::secret::Secret;

/// Largest file that is read, in bytes.
pub(crate) const LARGEST: usize = 8 << 20;
/// Deepest nesting that is read; the schema needs eight levels.
const DEEPEST: usize = 64;
/// Most values after aliases are expanded.
const MOST: usize = 1_000_000;

/// Line and column, both counted from 1; zero stands for "not in the file".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// One value of the file.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) value: Value,
    /// A scalar that is text whatever it looks like: it is quoted, a block, or tagged so.
    pub(crate) quoted: bool,
    /// Values below and including this one, aliases expanded.
    size: usize,
}

/// What a value is. Scalars stay text: the schema decides whether `08` is a number.
#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Scalar(String),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

/// A key with its value, in file order.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) position: Position,
    pub(crate) value: Rc<Node>,
}

/// Reads `text`. `None` means that it cannot be understood at all; the reason is in the report.
pub(crate) fn parse(text: &str, report: &mut Report) -> Option<Rc<Node>> {
    if text.len() > LARGEST {
        report.problem(
            Position { line: 1, column: 1 },
            "",
            too_large(text.len() as u64),
            "is this the right file?",
        );
        return None;
    }
    let mut builder = Builder {
        frames: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        report,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let at = Position {
                    line: span.start.line(),
                    column: span.start.col() + 1,
                };
                builder.event(event, at)?;
            }
            Err(error) => {
                let marker = error.marker();
                let at = Position {
                    line: marker.line(),
                    column: marker.col() + 1,
                };
                let at = indenting_tab(text, at, error.info()).unwrap_or(at);
                builder.syntax_error(at, error.info());
                return None;
            }
        }
    }
    let empty = || {
        Rc::new(Node {
            position: Position { line: 1, column: 1 },
            value: Value::Null,
            quoted: false,
            size: 1,
        })
    };
    Some(builder.root.unwrap_or_else(empty))
}

pub(crate) fn too_large(bytes: u64) -> String {
    format!(
        "the file is too large for a configuration ({} MB; at most {} MB are read)",
        bytes >> 20,
        LARGEST >> 20
    )
}

struct Builder<'a> {
    frames: Vec<Frame>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
    report: &'a mut Report,
}

/// A list or mapping whose end has not been seen.
struct Frame {
    position: Position,
    anchor: usize,
    size: usize,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map {
        entries: Vec<Entry>,
        seen: HashMap<String, Position>,
        key: Option<(String, Position)>,
    },
}

impl Builder<'_> {
    /// `None` stops reading.
    fn event(&mut self, event: Event<'_>, at: Position) -> Option<()> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                let hint = "keep one document; delete this `---` and what belongs to the other";
                self.report
                    .problem(at, "", "a second YAML document starts here", hint);
                None
            }
            Event::Scalar(text, style, anchor, tag) => {
                let quoted =
                    style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                self.value(
                    Node {
                        position: at,
                        value: scalar(text.into_owned(), quoted),
                        quoted,
                        size: 1,
                    },
                    anchor,
                )
            }
            Event::SequenceStart(anchor, _) => self.open(at, anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.open(
                at,
                anchor,
                Content::Map {
                    entries: Vec::new(),
                    seen: HashMap::new(),
                    key: None,
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let node = Rc::clone(node);
                    self.place(node, at)
                }
                None => {
                    let key = self.key();
                    self.report.problem(
                        at,
                        &key,
                        "this alias stands inside the value it repeats",
                        "write the value out",
                    );
                    None
                }
            },
            _ => Some(()),
        }
    }

    fn open(&mut self, position: Position, anchor: usize, content: Content) -> Option<()> {
        if self.frames.len() >= DEEPEST {
            let key = self
                .frames
                .iter()
                .take(3)
                .map(Frame::step)
                .collect::<String>();
            let message = format!("nested more than {DEEPEST} levels deep");
            self.report
                .problem(position, key.trim_start_matches('.'), message, "");
            return None;
        }
        self.frames.push(Frame {
            position,
            anchor,
            size: 1,
            content,
        });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let Frame {
            position,
            anchor,
            size,
            content,
        } = self.frames.pop()?;
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, .. } => Value::Map(merged(entries)),
        };
        self.value(
            Node {
                position,
                value,
                quoted: false,
                size,
            },
            anchor,
        )
    }

    fn value(&mut self, node: Node, anchor: usize) -> Option<()> {
        let at = node.position;
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.place(node, at)
    }

    /// Puts a finished value where it belongs: root, list item, key or value of a mapping.
    fn place(&mut self, node: Rc<Node>, at: Position) -> Option<()> {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        frame.size = frame.size.saturating_add(node.size);
        if frame.size > MOST {
            let key = self.key();
            let message =
                format!("more than {MOST} values once the aliases (`*name`) are expanded");
            self.report
                .problem(at, &key, message, "write the repeated values out");
            return None;
        }
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map { key: Some(_), .. } => self.add_entry(node),
            Content::Map { key, .. } => match &node.value {
                Value::Scalar(name) => *key = Some((name.clone(), at)),
                Value::Null => *key = Some((String::new(), at)),
                Value::List(_) | Value::Map(_) => {
                    let message = "a key must be text, not a list or a mapping";
                    self.report.problem(at, "", message, "");
                    return None;
                }
            },
        }
        Some(())
    }

    /// Gives the pending key its value, unless the mapping has the key already.
    fn add_entry(&mut self, node: Rc<Node>) {
        let Some(Content::Map { seen, key, .. }) = self.frames.last().map(|frame| &frame.content)
        else {
            return;
        };
        if let Some((name, position)) = key
            && let Some(first) = seen.get(name)
        {
            let message = format!(
                "`{}` is already set on line {}",
                shown_key(name),
                first.line
            );
            let path = path(&self.frames);
            self.report
                .problem(*position, &path, message, "keep one of the two");
        }
        let Some(Content::Map { entries, seen, key }) =
            self.frames.last_mut().map(|frame| &mut frame.content)
        else {
            return;
        };
        if let Some((name, position)) = key.take()
            && !seen.contains_key(&name)
        {
            seen.insert(name.clone(), position);
            entries.push(Entry {
                key: name,
                position,
                value: node,
            });
        }
    }

    /// The dotted path of what is being read.
    fn key(&self) -> String {
        path(&self.frames)
    }

    fn syntax_error(&mut self, at: Position, info: &str) {
        let key = self.key();
        let (message, hint) = explain(info);
        self.report.problem(at, &key, message, hint);
    }
}

fn path(frames: &[Frame]) -> String {
    let path: String = frames.iter().map(Frame::step).collect();
    path.trim_start_matches('.').to_owned()
}

impl Frame {
    fn step(&self) -> String {
        match &self.content {
            Content::List(items) => format!("[{}]", items.len()),
            Content::Map {
                key: Some((key, _)),
                ..
            } => format!(".{}", shown_key(key)),
            Content::Map { .. } => String::new(),
        }
    }
}

/// A key as it may be shown: a secret that slipped in front of a colon is masked.
pub(crate) fn shown_key(key: &str) -> String {
    let digits = key.bytes().any(|byte| byte.is_ascii_digit());
    if key.len() >= 16 && (digits || key.len() > 60) {
        Secret::from(key).mask()
    } else {
        key.to_owned()
    }
}

fn scalar(text: String, quoted: bool) -> Value {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" if !quoted => Value::Null,
        _ => Value::Scalar(text),
    }
}

/// Carries out merge keys: `<<: *defaults` adds what the mapping does not say itself.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.iter().all(|entry| entry.key != "<<") {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.key == "<<");
    let mut known: HashSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
    for merge in merges {
        let sources = match &merge.value.value {
            Value::List(items) => items.clone(),
            _ => vec![Rc::clone(&merge.value)],
        };
        for source in sources {
            let Value::Map(more) = &source.value else {
                continue;
            };
            own.extend(
                more.iter()
                    .filter(|entry| known.insert(entry.key.clone()))
                    .cloned(),
            );
        }
    }
    own
}

/// The tab an error is about: the parser points at the value before it.
fn indenting_tab(text: &str, at: Position, info: &str) -> Option<Position> {
    if !info.contains("tab") {
        return None;
    }
    let mut lines = text.lines().enumerate().skip(at.line.saturating_sub(1));
    lines.find_map(|(index, line)| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let column = 1 + indent.chars().position(|letter| letter == '\t')?;
        Some(Position {
            line: index + 1,
            column,
        })
    })
}

/// The parser's words, and what usually helps.
fn explain(info: &str) -> (String, &'static str) {
    let hint = if info.contains("mapping values") || info.contains("placement of ':'") {
        "put the value in quotes if it contains `: `, and check the indentation and brackets above"
    } else if info.contains("tab") {
        "indent with spaces"
    } else if info.contains("unexpected character") || info.contains("escape") {
        "put the value in single quotes"
    } else if info.contains("quoted scalar") {
        "close the quote, or double a quote that belongs to the value"
    } else if info.contains("unknown anchor") {
        "put the value in quotes if the `*` belongs to it"
    } else if info.contains("recursion limit") {
        return ("nested far too deep for a configuration".to_owned(), "");
    } else {
        "check the indentation of this line and the brackets and quotes above it"
    };
    (format!("this is not valid YAML: {info}"), hint)
}
