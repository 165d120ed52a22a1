//! The paths below `/__`, for a driver in another process. They are not recorded.

use crate::record::{Recorded, Records};
use crate::script::Script;
use http::Method;
use serde_json::{Value, json};

/// Answers a control request, or nothing when the path is not one.
pub(crate) fn answer(records: &Records, method: &Method, path: &str) -> Option<Script> {
    let body = match (method.as_str(), path) {
        ("GET", "/__requests") => {
            Value::Array(records.requests().iter().map(Recorded::to_json).collect())
        }
        ("GET", "/__open") => json!({"open": records.open()}),
        ("POST", "/__reset") => {
            records.clear();
            json!({})
        }
        _ => return None,
    };
    Some(Script::json(200, &body))
}
