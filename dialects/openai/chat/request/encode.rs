//! From the IR to the body for an upstream.

mod content;
mod messages;
mod pairing;
mod settings;
mod tools;

pub(in crate::openai) use settings::highest;

use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::{Extensions, Request};
use crate::json::{Str, Writer};
use crate::losses::Losses;
use crate::names::Names;
use crate::openai::chat::wire;
use crate::target::{Encoded, Target};

/// Writes a request.
///
/// # Errors
/// What Chat cannot say without a wrong answer: a call without its result, a file that only its provider can read.
pub fn encode(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    let mut scope = Scope {
        request,
        target,
        native: request.dialect == Dialect::Chat,
        names: Names::default(),
        losses: Losses::default(),
        refused: None,
    };
    let plan = pairing::plan(&mut scope)?;
    let mut body = Vec::with_capacity(4096);
    Writer::new(&mut body).object(|writer| {
        writer.field("model", &target.model);
        let hint = settings::schema_hint(&mut scope);
        messages::write(&mut scope, writer, &plan, hint);
        tools::write(&mut scope, writer);
        settings::write(&mut scope, writer);
    });
    match scope.refused {
        Some(refused) => Err(refused),
        None => Ok(Encoded {
            body: body.into(),
            losses: scope.losses,
            names: scope.names,
        }),
    }
}

/// What every part of the encoder needs.
struct Scope<'a> {
    request: &'a Request,
    target: &'a Target,
    /// The client speaks Chat too.
    native: bool,
    names: Names,
    losses: Losses,
    refused: Option<EncodeError>,
}

impl Scope<'_> {
    /// The first refusal counts.
    fn refuse(&mut self, path: String, reason: &str) {
        self.refused
            .get_or_insert_with(|| EncodeError::new(path, reason));
    }

    /// A tool's name as the upstream takes it.
    fn name(&mut self, name: &Str) -> Str {
        self.names.upstream(name, self.target.chat.tool_name_limit)
    }

    /// Reports the fields that other dialects wrote at a level.
    fn foreign(&mut self, extensions: &Extensions, path: impl Fn() -> String) {
        for extension in extensions.foreign(Dialect::Chat) {
            let level = path();
            let key = extension.key.strip_prefix("message.");
            let key = key.unwrap_or(&extension.key);
            let path = if level.is_empty() {
                key.to_owned()
            } else {
                format!("{level}.{key}")
            };
            // Trap 44: fields that steer how another vendor bills, caches or cuts its stream.
            let quiet = matches!(
                key,
                "eager_input_streaming" | "caller" | "id" | "status" | "phase"
            );
            if quiet {
                self.losses
                    .quietly_dropped(path, "has no meaning for a Chat upstream");
            } else {
                self.losses.dropped(path, "Chat has no such field");
            }
        }
    }

    /// Writes the fields of Chat at a level and reports the others.
    fn extensions(
        &mut self,
        writer: &mut Writer<'_>,
        extensions: &Extensions,
        below: &[&str],
        path: impl Fn() -> String,
    ) {
        wire::write_extensions(writer, extensions, below);
        self.foreign(extensions, path);
    }
}
