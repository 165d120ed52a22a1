mod answers;
mod requests;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::json::{Document, Str};
use crate::names::Names;
use crate::target::Reply;

fn document(json: &Json) -> Document {
    Document::parse(Bytes::from(json.to_string())).unwrap()
}

/// A client that wants to read its prompt again, where there is one.
fn reply(echo: Option<&'static str>) -> Reply {
    Reply {
        model: Str::from_static("alias"),
        unique: Str::from_static("u1"),
        created: 7,
        include_usage: true,
        names: Names::default(),
        echo: echo.map(Str::from_static),
    }
}
