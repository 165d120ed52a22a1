//! JSON Schema and Google's `Schema`, a subset of OpenAPI 3.0 in which an unknown keyword makes the whole request a 400
//! (`dialects.md` 2.11, traps 45 to 49).
//!
//! Only keywords are touched: what stands below `properties` are names, whatever they look like (trap 46). References are
//! put in the place of what they refer to, and cut where they would never end (trap 47).

mod from;
mod node;
mod read;
mod write;

pub(crate) use from::to_json_schema;

use crate::json::RawJson;

/// A schema in Google's subset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cleaned {
    pub(crate) schema: RawJson,
    /// It allows no value but the empty object: older models refuse an object without properties.
    pub(crate) is_empty: bool,
    /// What could not be said.
    pub(crate) lost: Vec<Lost>,
}

/// A keyword that could not be said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lost {
    /// Where it stands below the schema's root: `properties.a.uniqueItems`.
    pub(crate) path: String,
    pub(crate) why: &'static str,
    /// It allows or forbids nothing.
    pub(crate) quiet: bool,
}

/// Brings a JSON Schema into Google's subset; one that is there already keeps its bytes.
pub(crate) fn clean(schema: &RawJson) -> Cleaned {
    let document = schema.document();
    let read = read::read(document.root());
    let is_empty = read.node.allows_nothing();
    Cleaned {
        schema: if read.changed {
            RawJson::build(|writer| write::write(writer, &read.node))
        } else {
            schema.clone()
        },
        is_empty,
        lost: read.lost,
    }
}

#[cfg(test)]
mod tests;
