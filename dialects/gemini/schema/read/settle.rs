//! What holds between the keywords of one level.

use std::collections::HashSet;

use super::{Node, Reader};
use crate::json::Str;

impl Reader<'_> {
    /// Brings the keywords of one level in line.
    pub(super) fn settle(&mut self, node: &mut Node) {
        let is = |kind: &str| {
            node.kind
                .as_ref()
                .is_some_and(|own| own.eq_ignore_ascii_case(kind))
        };
        if node.kind.is_none() && node.any_of.is_empty() && !node.properties.is_empty() {
            node.kind = Some(Str::from_static("object"));
            self.changed = true;
        } else if node.kind.is_none() && node.any_of.is_empty() && node.words.is_some() {
            // Only texts are listed, and Google wants the type all the same.
            node.kind = Some(Str::from_static("string"));
            self.changed = true;
        } else if is("array") && node.items.is_none() {
            node.items = Some(Box::new(Node::text()));
            self.changed = true;
        }
        self.settle_alternatives(node);
        self.settle_required(node);
        let known = ["enum", "date-time", "float", "double", "int32", "int64"];
        if node
            .format
            .as_deref()
            .is_some_and(|format| !known.contains(&format))
        {
            node.format = None;
            self.lose("format", "Gemini knows no such format");
        }
        if node.words.as_ref().is_some_and(Vec::is_empty) {
            node.words = None;
            self.changed = true;
        }
    }

    /// Google wants a type of everything below the root, and has none for any value: that is said as a text.
    pub(super) fn type_all_below(&mut self, node: &mut Node) {
        for (name, property) in &mut node.properties {
            self.path.push(format!("properties.{name}"));
            self.type_it(property);
            self.path.pop();
        }
        if let Some(items) = &mut node.items {
            self.path.push("items".to_owned());
            self.type_it(items);
            self.path.pop();
        }
        for (index, branch) in node.any_of.iter_mut().enumerate() {
            self.path.push(format!("anyOf[{index}]"));
            self.type_it(branch);
            self.path.pop();
        }
    }

    fn type_it(&mut self, node: &mut Node) {
        if node.kind.is_none() && node.any_of.is_empty() {
            node.kind = Some(Str::from_static("string"));
            self.lose("", "Gemini has no type for any value: it is said as a text");
        }
        self.type_all_below(node);
    }

    /// Gemini takes alternatives only alone: what stands beside them goes into each.
    fn settle_alternatives(&mut self, node: &mut Node) {
        if node.any_of.is_empty() {
            return;
        }
        if !node.properties.is_empty() {
            self.lose(
                "anyOf",
                "Gemini takes no alternatives beside properties: all are optional",
            );
            let mut branches = std::mem::take(&mut node.any_of);
            for branch in &mut branches {
                branch.required.clear();
                branch.kind = None;
            }
            node.merge(branches);
            node.kind.get_or_insert(Str::from_static("object"));
            return;
        }
        let (kind, nullable) = (node.kind.take(), std::mem::take(&mut node.nullable));
        self.changed |= kind.is_some() || nullable;
        for (index, branch) in node.any_of.iter_mut().enumerate() {
            branch.nullable |= nullable && index == 0;
            if branch.kind.is_none() && branch.any_of.is_empty() {
                branch.kind.clone_from(&kind);
            }
        }
    }

    /// Only properties can be required.
    fn settle_required(&mut self, node: &mut Node) {
        let before = (node.properties.len(), node.required.len());
        let mut seen = HashSet::new();
        node.properties
            .retain(|(name, _)| seen.insert(name.clone()));
        let mut known: HashSet<&Str> = node.properties.iter().map(|(name, _)| name).collect();
        // Each once.
        node.required.retain(|name| known.remove(name));
        self.changed |= (node.properties.len(), node.required.len()) != before;
    }
}
