//! Reading values by name. Wrong types were reported by `check.rs`; here they read as "not set".

use std::rc::Rc;

use crate::check::{boolean, integer};
use crate::schema::same_key;
use crate::tree::{Node, Position, Value};

/// A value, or the place where it would stand.
#[derive(Debug, Clone)]
pub(crate) struct View {
    node: Option<Rc<Node>>,
    /// Where a message about this value points: the value if it is a scalar, else its key or first line.
    pub(crate) at: Position,
    /// The dotted path.
    pub(crate) key: String,
}

impl View {
    pub(crate) fn root(node: &Rc<Node>) -> Self {
        Self {
            node: Some(Rc::clone(node)),
            at: node.position,
            key: String::new(),
        }
    }

    /// The value of a known key; snake_case counts too.
    pub(crate) fn get(&self, name: &str) -> Self {
        let key = if self.key.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.key)
        };
        let entry = match self.value() {
            Some(Value::Map(entries)) => entries.iter().find(|entry| same_key(&entry.key, name)),
            _ => None,
        };
        match entry {
            Some(entry) => Self::new(&entry.value, entry.position, key),
            None => Self {
                node: None,
                at: self.at,
                key,
            },
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Vec<Self> {
        let Some(Value::List(items)) = self.value() else {
            return Vec::new();
        };
        let view = |(index, node): (usize, &Rc<Node>)| {
            Self::new(node, node.position, format!("{}[{index}]", self.key))
        };
        items.iter().enumerate().map(view).collect()
    }

    /// The entries of a mapping with free keys: name, place of the name, value.
    pub(crate) fn entries(&self) -> Vec<(String, Position, Self)> {
        let Some(Value::Map(entries)) = self.value() else {
            return Vec::new();
        };
        let view = |entry: &crate::tree::Entry| {
            let key = format!("{}.{}", self.key, entry.key);
            (
                entry.key.clone(),
                entry.position,
                Self::new(&entry.value, entry.position, key),
            )
        };
        entries.iter().map(view).collect()
    }

    /// The value as it stands, for a reader of any shape.
    pub(crate) fn node(&self) -> Option<&Node> {
        self.node.as_deref()
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value(), Some(Value::Map(_)))
    }

    /// The text, trimmed.
    pub(crate) fn text(&self) -> Option<&str> {
        match self.value() {
            Some(Value::Scalar(text)) => Some(text.trim()),
            _ => None,
        }
    }

    /// The text, trimmed, if anything is left of it.
    pub(crate) fn filled(&self) -> Option<&str> {
        self.text().filter(|text| !text.is_empty())
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        boolean(self.text()?)
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        integer(self.text()?)
    }

    /// The filled texts of a list.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.items()
            .iter()
            .filter_map(|item| item.filled().map(str::to_owned))
            .collect()
    }

    fn new(node: &Rc<Node>, name: Position, key: String) -> Self {
        let at = match node.value {
            Value::List(_) | Value::Map(_) => name,
            Value::Null | Value::Scalar(_) => node.position,
        };
        Self {
            node: Some(Rc::clone(node)),
            at,
            key,
        }
    }

    fn value(&self) -> Option<&Value> {
        self.node.as_ref().map(|node| &node.value)
    }
}
