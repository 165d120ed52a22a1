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

/// How often what was cleaned is cleaned again.
const ROUNDS: usize = 4;

/// Brings a JSON Schema into Google's subset; one that is there already keeps its bytes. What one round brings together may
/// want another: a list among alternatives whose items stood beside them, say.
pub(crate) fn clean(schema: &RawJson) -> Cleaned {
    let (mut cleaned, mut changed) = round(schema);
    for _ in 0..ROUNDS {
        if !changed {
            break;
        }
        let (again, more) = round(&cleaned.schema);
        cleaned.lost.extend(again.lost);
        cleaned.schema = again.schema;
        changed = more;
    }
    cleaned
}

/// One round, and whether it changed anything.
fn round(schema: &RawJson) -> (Cleaned, bool) {
    let document = schema.document();
    let read = read::read(document.root());
    let is_empty = read.node.allows_nothing();
    let cleaned = Cleaned {
        schema: if read.changed {
            RawJson::build(|writer| write::write(writer, &read.node))
        } else {
            schema.clone()
        },
        is_empty,
        lost: read.lost,
    };
    (cleaned, read.changed)
}

#[cfg(test)]
mod tests;
