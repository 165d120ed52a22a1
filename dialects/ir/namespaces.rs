//! Tools in groups, in dialects that have such (Responses).
//!
//! A tool `run` of the namespace `shell` is the tool `shell__run` to everyone else (`dialects.md` 2.2).

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Extensions;
use crate::ids;
use crate::json::Str;

/// The namespaces of one request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Namespaces {
    /// The declared ones, in order.
    list: Vec<Namespace>,
    /// Flat name to namespace and name, declared or only called.
    names: HashMap<Str, (Str, Str)>,
    flat: HashMap<(Str, Str), Str>,
}

/// One namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Namespace {
    /// Its name.
    pub name: Str,
    /// What it is for.
    pub description: Option<Str>,
    /// Its tools, of all the request's.
    pub tools: Range<usize>,
    /// Its own place in the client's list.
    pub place: usize,
    /// Unknown fields.
    pub extensions: Extensions,
}

impl Namespaces {
    /// Declares a namespace whose tools are those numbered `tools` of the request. To be called in order.
    pub fn declare(
        &mut self,
        name: Str,
        description: Option<Str>,
        tools: Range<usize>,
        extensions: Extensions,
    ) {
        let place = match self.list.last() {
            Some(last) => last.place + 1 + tools.start.saturating_sub(last.tools.end),
            None => tools.start,
        };
        self.list.push(Namespace {
            name,
            description,
            tools,
            place,
            extensions,
        });
    }

    /// The name of a tool of a namespace among all tools; `taken` are the names outside of namespaces.
    pub fn flatten(&mut self, namespace: &Str, name: &Str, taken: &HashSet<Str>) -> Str {
        let inner = (namespace.clone(), name.clone());
        if let Some(flat) = self.flat.get(&inner) {
            return flat.clone();
        }
        let mut flat = Str::from(format!("{namespace}__{name}"));
        let is_taken = |flat: &Str| taken.contains(flat) || self.names.contains_key(flat);
        if is_taken(&flat) {
            let apart = ids::sanitise(&Str::from(format!("{namespace}.{name}")), 1 << 20);
            flat = apart;
        }
        while is_taken(&flat) {
            flat = Str::from(format!("{flat}_"));
        }
        self.names.insert(flat.clone(), inner.clone());
        self.flat.insert(inner, flat.clone());
        flat
    }

    /// Namespace and name of a tool that has one.
    #[must_use]
    pub fn inner(&self, flat: &str) -> Option<&(Str, Str)> {
        self.names.get(flat)
    }

    /// All flat names, with namespace and name.
    pub fn names(&self) -> impl Iterator<Item = (&Str, &(Str, Str))> {
        self.names.iter()
    }

    /// The declared namespaces, in order.
    #[must_use]
    pub fn declared(&self) -> &[Namespace] {
        &self.list
    }

    /// The entry of the client's list that a tool stood in, and its place in there if that was a namespace.
    #[must_use]
    pub fn place(&self, tool: usize) -> (usize, Option<usize>) {
        let after = self.list.partition_point(|space| space.tools.start <= tool);
        match after.checked_sub(1).map(|at| &self.list[at]) {
            None => (tool, None),
            Some(space) if space.tools.contains(&tool) => {
                (space.place, Some(tool - space.tools.start))
            }
            Some(space) => (space.place + 1 + tool - space.tools.end, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_found_where_they_stood() {
        let mut spaces = Namespaces::default();
        // tools: a, {ns: b, c}, d, {empty}, {ns: e}, f
        spaces.declare(Str::from("x"), None, 1..3, Extensions::default());
        spaces.declare(Str::from("y"), None, 4..4, Extensions::default());
        spaces.declare(Str::from("z"), None, 4..5, Extensions::default());
        let places: Vec<_> = (0..6).map(|tool| spaces.place(tool)).collect();
        let expected = [
            (0, None),
            (1, Some(0)),
            (1, Some(1)),
            (2, None),
            (4, Some(0)),
            (5, None),
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn flat_names_never_meet_others() {
        let mut spaces = Namespaces::default();
        let taken = HashSet::from([Str::from("a__b")]);
        let flat = spaces.flatten(&Str::from("a"), &Str::from("b"), &taken);
        assert!(flat != "a__b" && flat.starts_with("a_b_"), "{flat}");
        let again = spaces.flatten(&Str::from("a"), &Str::from("b"), &taken);
        assert_eq!(again, flat);
        let other = spaces.flatten(&Str::from("a"), &Str::from("b_"), &taken);
        assert_eq!(other, "a__b_");
        assert_eq!(
            spaces.inner(&other),
            Some(&(Str::from("a"), Str::from("b_")))
        );
        assert_eq!(spaces.inner("b"), None);
    }
}
