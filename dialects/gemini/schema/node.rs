//! One level of a schema in Google's subset.

use std::collections::HashSet;

use crate::json::{RawJson, Str};

/// What one level says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    pub(super) kind: Option<Str>,
    pub(super) format: Option<Str>,
    pub(super) nullable: bool,
    pub(super) plain: Vec<(&'static str, RawJson)>,
    pub(super) words: Option<Vec<Str>>,
    pub(super) items: Option<Box<Node>>,
    pub(super) properties: Vec<(Str, Node)>,
    pub(super) ordering: Option<RawJson>,
    pub(super) required: Vec<Str>,
    pub(super) any_of: Vec<Node>,
}

impl Node {
    /// Any text.
    pub(super) fn text() -> Self {
        Self {
            kind: Some(Str::from_static("string")),
            ..Self::default()
        }
    }

    /// Whether no value but the empty object was described.
    pub(super) fn allows_nothing(&self) -> bool {
        self.properties.is_empty() && self.any_of.is_empty() && self.items.is_none()
    }

    pub(super) fn is_null(&self) -> bool {
        self.kind
            .as_ref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("null"))
    }

    pub(super) fn put_plain(&mut self, keyword: &'static str, value: RawJson) {
        if !self.plain.iter().any(|(known, _)| *known == keyword) {
            self.plain.push((keyword, value));
        }
    }

    pub(super) fn put_property(&mut self, name: Str, property: Node) {
        self.properties.push((name, property));
    }

    /// Takes over what other schemas say of the same value; what is said already wins.
    pub(super) fn merge(&mut self, others: Vec<Self>) {
        let names = self.properties.iter().map(|(name, _)| name.clone());
        let mut known: HashSet<Str> = names.collect();
        for other in others {
            self.kind = self.kind.take().or(other.kind);
            self.format = self.format.take().or(other.format);
            self.nullable |= other.nullable;
            for (keyword, value) in other.plain {
                self.put_plain(keyword, value);
            }
            self.words = self.words.take().or(other.words);
            self.items = self.items.take().or(other.items);
            let new = other.properties.into_iter();
            self.properties
                .extend(new.filter(|(name, _)| known.insert(name.clone())));
            self.ordering = self.ordering.take().or(other.ordering);
            self.required.extend(other.required);
            self.any_of.extend(other.any_of);
        }
    }
}
