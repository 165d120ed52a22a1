//! From the IR to the body for an upstream.

mod content;
mod messages;
mod pairing;
mod settings;
mod tools;

use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::Request;
use crate::json::Writer;
use crate::openai::chat::wire;
use crate::openai::scope::{Scope, Side};
use crate::openai::settings::schema_hint;
use crate::target::{Encoded, Target};

const SIDE: Side = Side {
    dialect: Dialect::Chat,
    name: "Chat",
    upstream: "Chat",
    harmless: &["caller", "id", "status", "phase"],
    write_extensions: wire::write_extensions,
};

/// Writes a request.
///
/// # Errors
/// What Chat cannot say without a wrong answer: a call without its result, a file that only its provider can read.
pub fn encode(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    let mut scope = Scope::new(request, target, &SIDE, target.chat.tool_name_limit);
    let plan = pairing::plan(&mut scope)?;
    let mut body = request.draft();
    Writer::of_body(&mut body).object(|writer| {
        writer.field("model", &target.model);
        let hint = schema_hint(&mut scope);
        messages::write(&mut scope, writer, &plan, hint);
        tools::write(&mut scope, writer);
        settings::write(&mut scope, writer);
    });
    scope.finish(body)
}
