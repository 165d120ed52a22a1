//! From the IR to the body for an upstream.

mod content;
mod echo;
mod items;
mod pairing;
mod settings;
mod tools;

pub(crate) use echo::echo;
pub(in crate::openai::responses) use echo::unsaid;

use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::Request;
use crate::json::{Str, Writer};
use crate::openai::responses::wire;
use crate::openai::scope::{Scope, Side};
use crate::openai::settings::schema_hint;
use crate::target::{Encoded, Target};

const SIDE: Side = Side {
    dialect: Dialect::Responses,
    name: "Responses",
    upstream: "the upstream",
    harmless: &["caller", "reasoning_details", "reasoning", "extra_content"],
    write_extensions: wire::write_extensions,
};

/// Longest tool name.
const NAME_LIMIT: usize = 64;

/// Writes a request.
///
/// # Errors
/// What Responses cannot say without a wrong answer: a call without its result, a file that only its provider can read.
pub fn encode(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    write(request, target, settings::write)
}

/// Writes the body of `input_tokens`, which takes the prompt and what it depends on.
///
/// # Errors
/// As [`encode`].
pub fn encode_count(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    write(request, target, settings::write_counted)
}

fn write(
    request: &Request,
    target: &Target,
    settings: impl FnOnce(&mut Scope<'_>, &mut Writer<'_>),
) -> Result<Encoded, EncodeError> {
    settings::refuse(request)?;
    let mut scope = Scope::new(request, target, &SIDE, NAME_LIMIT);
    let plan = pairing::plan(&mut scope)?;
    let mut body = request.draft();
    Writer::of_body(&mut body).object(|writer| {
        writer.field("model", &target.model);
        let hint = schema_hint(&mut scope);
        items::write(&mut scope, writer, &plan, hint.as_deref());
        tools::write(&mut scope, writer);
        settings(&mut scope, writer);
    });
    scope.finish(body)
}

/// Whether the client's namespaces are known upstream.
fn knows_spaces(scope: &Scope<'_>) -> bool {
    scope.native && scope.target.chat.openai_tools
}

/// Writes the name of a tool, with its namespace where the client has such.
fn write_name(scope: &mut Scope<'_>, writer: &mut Writer<'_>, name: &Str) {
    let inner = scope.request.namespaces.inner(name);
    match inner.filter(|_| knows_spaces(scope)) {
        Some((space, inner)) => {
            let names = &mut scope.names;
            names.mark_space(name, &(space.clone(), inner.clone()));
            writer.field("namespace", space);
            writer.field("name", inner);
        }
        None => writer.field("name", &scope.name(name)),
    }
}
