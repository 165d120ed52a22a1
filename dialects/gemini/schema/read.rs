//! From JSON Schema to the nodes that Google's subset can say.

mod settle;

use std::collections::HashMap;

use super::Lost;
use super::node::Node;
use crate::json::{Kind, RawJson, Str, Value};

/// Levels of a schema that are read; what is below is any value.
const LEVELS: usize = 48;

/// Subschemas put in the place of references: a schema of a few lines can stand for millions.
const INLINED: usize = 4_000;

/// References that are looked up: each means a search.
const LOOKED_UP: usize = 256;

/// Alternatives, or schemas to be met together, at one place.
const BRANCHES: usize = 256;

/// Keywords that are said as they are.
pub(super) const PLAIN: [&str; 13] = [
    "title",
    "description",
    "default",
    "example",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "pattern",
];

/// Keywords that allow and forbid nothing.
const NOTES: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "$anchor",
    "$defs",
    "definitions",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// What was read of a whole schema.
pub(super) struct Read {
    pub(super) node: Node,
    pub(super) changed: bool,
    pub(super) lost: Vec<Lost>,
}

/// Reads a schema.
pub(super) fn read(root: Value<'_>) -> Read {
    let mut reader = Reader {
        root,
        path: Vec::new(),
        references: Vec::new(),
        targets: HashMap::new(),
        inlined: 0,
        changed: false,
        lost: Vec::new(),
    };
    let mut node = reader.node(root);
    reader.type_all_below(&mut node);
    Read {
        node,
        changed: reader.changed,
        lost: reader.lost,
    }
}

struct Reader<'d> {
    root: Value<'d>,
    /// The way from the root to here.
    path: Vec<String>,
    /// References that are being followed.
    references: Vec<Str>,
    /// What references lead to, by their text.
    targets: HashMap<Str, Option<Value<'d>>>,
    inlined: usize,
    changed: bool,
    lost: Vec<Lost>,
}

impl<'d> Reader<'d> {
    fn lose(&mut self, keyword: &str, why: &'static str) {
        let mut path = self.path.join(".");
        if !path.is_empty() && !keyword.is_empty() {
            path.push('.');
        }
        path.push_str(keyword);
        self.changed = true;
        self.lost.push(Lost {
            path,
            why,
            quiet: NOTES.contains(&keyword),
        });
    }

    fn below(&mut self, step: impl Into<String>, schema: Value<'d>) -> Node {
        self.path.push(step.into());
        let node = self.node(schema);
        self.path.pop();
        node
    }

    fn node(&mut self, schema: Value<'d>) -> Node {
        if !schema.is_object() {
            // `true` allows everything, as does nothing.
            self.changed = true;
            if schema.as_bool() == Some(false) {
                self.lose("", "Gemini cannot forbid every value");
                return Node::text();
            }
            return Node::default();
        }
        if !self.references.is_empty() {
            self.inlined += 1;
        }
        if self.path.len() >= 2 * LEVELS || self.inlined > INLINED {
            self.lose(
                "",
                "the schema is too deep or too large when its references are put in",
            );
            return Node::text();
        }
        let mut node = Node::default();
        let mut kinds: Vec<Str> = Vec::new();
        let mut exclusive = Vec::new();
        for (key, value) in schema.entries() {
            match &*crate::gemini::wire::camel(&key) {
                "type" => kinds = self.kinds(value, &mut node),
                "nullable" => node.nullable |= value.as_bool() == Some(true),
                "format" => node.format = value.text(),
                "enum" => self.words(value, &mut node),
                "const" => self.constant(value, &mut node, &mut kinds),
                "items" => node.items = self.items(value),
                "properties" => {
                    for (name, property) in value.entries() {
                        let property = self.below(format!("properties.{name}"), property);
                        node.put_property(Str::from(&*name), property);
                    }
                }
                "propertyOrdering" => node.ordering = Some(value.raw()),
                "required" => node.required = value.items().filter_map(Value::text).collect(),
                "anyOf" => self.alternatives("anyOf", value, &mut node),
                "oneOf" => {
                    self.changed = true;
                    self.alternatives("oneOf", value, &mut node);
                }
                "allOf" => self.all_of(value, &mut node),
                "$ref" => self.reference(value, &mut node),
                "exclusiveMinimum" => exclusive.push(("minimum", 1, value)),
                "exclusiveMaximum" => exclusive.push(("maximum", -1, value)),
                _ if value.is_null() && key != "default" => self.changed = true,
                keyword => match PLAIN.into_iter().find(|plain| *plain == keyword) {
                    Some(plain) => node.put_plain(plain, value.raw()),
                    None => self.lose(&key, "Gemini's schemas have no such keyword"),
                },
            }
        }
        self.settle_kind(kinds, &mut node);
        for (keyword, step, value) in exclusive {
            self.bound(keyword, step, value, &mut node);
        }
        self.settle(&mut node);
        node
    }

    /// The types beside null, which is a flag.
    fn kinds(&mut self, value: Value<'d>, node: &mut Node) -> Vec<Str> {
        if let Some(kind) = value.text() {
            return vec![kind];
        }
        self.changed = true;
        let all: Vec<Str> = value.items().filter_map(Value::text).collect();
        let mut kinds: Vec<Str> = Vec::new();
        for kind in &all {
            if kind.eq_ignore_ascii_case("null") {
                node.nullable = true;
            } else if !kinds.contains(kind) {
                kinds.push(kind.clone());
            }
        }
        if kinds.is_empty() {
            // Null alone is a type of its own.
            node.nullable = false;
            return all.into_iter().take(1).collect();
        }
        kinds
    }

    /// One type is the type; of several each is an alternative.
    fn settle_kind(&mut self, mut kinds: Vec<Str>, node: &mut Node) {
        if kinds.len() < 2 {
            node.kind = kinds.pop().or(node.kind.take());
            return;
        }
        if !node.any_of.is_empty() {
            self.lose("type", "Gemini takes no list of types beside alternatives");
            return;
        }
        for kind in kinds {
            let mut branch = Node::default();
            if kind.eq_ignore_ascii_case("array") {
                branch.items = node.items.take();
            } else if kind.eq_ignore_ascii_case("object") {
                branch.properties = std::mem::take(&mut node.properties);
                branch.required = std::mem::take(&mut node.required);
                branch.ordering = node.ordering.take();
            } else if kind.eq_ignore_ascii_case("string") {
                branch.words = node.words.take();
            }
            branch.kind = Some(kind);
            self.settle(&mut branch);
            node.any_of.push(branch);
        }
    }

    /// Only texts can be listed (trap 49); null is a flag.
    fn words(&mut self, value: Value<'d>, node: &mut Node) {
        let mut words = Vec::new();
        for item in value.items() {
            match item.text() {
                Some(word) => words.push(word),
                None if item.is_null() => {
                    self.changed = true;
                    node.nullable = true;
                }
                None => return self.lose("enum", "Gemini lists texts only"),
            }
        }
        node.words = Some(words);
    }

    fn constant(&mut self, value: Value<'d>, node: &mut Node, kinds: &mut Vec<Str>) {
        self.changed = true;
        let kind = match value.kind() {
            Kind::String => {
                node.words = value.text().map(|word| vec![word]);
                "string"
            }
            Kind::Number if value.as_i64().is_some() => "integer",
            Kind::Number => "number",
            Kind::Bool => "boolean",
            Kind::Null => "null",
            Kind::Array => "array",
            Kind::Object => "object",
        };
        if kinds.is_empty() && node.kind.is_none() {
            *kinds = vec![Str::from_static(kind)];
        }
        if !matches!(value.kind(), Kind::String | Kind::Null) {
            self.lose("const", "Gemini lists texts only");
        }
    }

    fn items(&mut self, value: Value<'d>) -> Option<Box<Node>> {
        if value.is_object() || value.as_bool().is_some() {
            return Some(Box::new(self.below("items", value)));
        }
        // The types of a tuple's places.
        let first = value.items().next()?;
        self.lose(
            "items",
            "Gemini knows one type for all items: that of the first",
        );
        Some(Box::new(self.below("items[0]", first)))
    }

    /// Alternatives; a null among them is a flag, and one alone is no alternative.
    fn alternatives(&mut self, keyword: &str, value: Value<'d>, node: &mut Node) {
        let mut branches: Vec<Node> = Vec::new();
        if value.items().nth(BRANCHES).is_some() {
            self.lose(keyword, "Gemini gets the first alternatives only");
        }
        for (index, branch) in value.items().take(BRANCHES).enumerate() {
            let branch = self.below(format!("{keyword}[{index}]"), branch);
            if branch.is_null() {
                self.changed = true;
                node.nullable = true;
            } else {
                branches.push(branch);
            }
        }
        if branches.len() == 1 {
            self.changed = true;
            if let Some(only) = branches.pop() {
                node.merge(vec![only]);
            }
        } else {
            node.any_of.extend(branches);
        }
    }

    fn all_of(&mut self, value: Value<'d>, node: &mut Node) {
        self.changed = true;
        if value.items().nth(BRANCHES).is_some() {
            self.lose("allOf", "Gemini gets the first of these schemas only");
        }
        let parts = value.items().take(BRANCHES).enumerate();
        let parts = parts.map(|(index, part)| self.below(format!("allOf[{index}]"), part));
        let parts: Vec<Node> = parts.collect();
        node.merge(parts);
    }

    fn reference(&mut self, value: Value<'d>, node: &mut Node) {
        self.changed = true;
        let name = value.text().unwrap_or_default();
        let Some(target) = self.target(&name) else {
            return self.lose("$ref", "the reference leads to nothing in this schema");
        };
        if self.references.contains(&name) {
            node.kind.get_or_insert(Str::from_static("object"));
            return self.lose("$ref", "the schema contains itself: cut here");
        }
        self.references.push(name);
        let inner = self.node(target);
        self.references.pop();
        node.merge(vec![inner]);
    }

    fn target(&mut self, name: &Str) -> Option<Value<'d>> {
        if let Some(known) = self.targets.get(name) {
            return *known;
        }
        let found = if self.targets.len() < LOOKED_UP {
            self.resolve(name)
        } else {
            None
        };
        self.targets.insert(name.clone(), found);
        found
    }

    /// A pointer into the schema itself: `#/$defs/a`, `#/definitions/a`, `#`.
    fn resolve(&self, name: &str) -> Option<Value<'d>> {
        let pointer = name.strip_prefix('#')?;
        let mut at = self.root;
        for step in pointer.split('/').skip(1).take(LEVELS) {
            let step = step.replace("~1", "/").replace("~0", "~");
            at = match step.parse::<usize>() {
                Ok(index) if at.is_array() => at.items().nth(index)?,
                _ => at.get(&step)?,
            };
        }
        Some(at)
    }

    /// Bounds that are not reached: the next integer is reached.
    fn bound(&mut self, keyword: &'static str, step: i64, value: Value<'d>, node: &mut Node) {
        self.changed = true;
        let is_integer = node
            .kind
            .as_ref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("integer"));
        let bound = match value.as_i64() {
            Some(bound) if is_integer => RawJson::build(|writer| {
                writer.value(&bound.saturating_add(step));
            }),
            // The boolean of older drafts sharpens the bound beside it.
            _ if value.as_f64().is_none() => return,
            _ => value.raw(),
        };
        if !node.plain.iter().any(|(known, _)| *known == keyword) {
            node.put_plain(keyword, bound);
        }
    }
}
