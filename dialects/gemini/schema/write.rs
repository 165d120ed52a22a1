//! Writing a schema of Google's subset.

use super::node::Node;
use crate::json::Writer;

/// Writes a node and what is below it.
pub(super) fn write(writer: &mut Writer<'_>, node: &Node) {
    writer.object(|writer| {
        writer.field_opt("type", node.kind.as_ref());
        writer.field_opt("format", node.format.as_ref());
        if node.nullable {
            writer.field("nullable", &true);
        }
        for (keyword, value) in &node.plain {
            writer.field(keyword, value);
        }
        if let Some(words) = &node.words {
            writer.array_field("enum", |writer| {
                words.iter().for_each(|word| writer.value(word));
            });
        }
        if let Some(items) = &node.items {
            writer.key("items");
            write(writer, items);
        }
        if !node.properties.is_empty() {
            writer.object_field("properties", |writer| {
                for (name, property) in &node.properties {
                    writer.foreign_key(name);
                    write(writer, property);
                }
            });
        }
        writer.field_opt("propertyOrdering", node.ordering.as_ref());
        if !node.required.is_empty() {
            writer.array_field("required", |writer| {
                node.required.iter().for_each(|name| writer.value(name));
            });
        }
        if !node.any_of.is_empty() {
            writer.array_field("anyOf", |writer| {
                node.any_of.iter().for_each(|branch| write(writer, branch));
            });
        }
    });
}
