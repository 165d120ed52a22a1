//! From the IR to the body for an upstream.

mod content;
mod echo;
mod items;
mod pairing;
mod settings;
mod tools;

pub(crate) use echo::echo;

use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::{CacheMark, Extensions, Request};
use crate::json::{Str, Writer};
use crate::losses::Losses;
use crate::names::Names;
use crate::openai::responses::wire;
use crate::target::{Encoded, Target};

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
    let mut scope = Scope::of(request, target);
    let plan = pairing::plan(&mut scope)?;
    let mut body = Vec::with_capacity(4096);
    Writer::new(&mut body).object(|writer| {
        writer.field("model", &target.model);
        let hint = settings::schema_hint(&mut scope);
        items::write(&mut scope, writer, &plan, hint.as_deref());
        tools::write(&mut scope, writer);
        settings(&mut scope, writer);
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
    /// The client speaks Responses too.
    native: bool,
    names: Names,
    losses: Losses,
    refused: Option<EncodeError>,
}

impl<'a> Scope<'a> {
    fn of(request: &'a Request, target: &'a Target) -> Self {
        Self {
            request,
            target,
            native: request.dialect == Dialect::Responses,
            names: Names::default(),
            losses: Losses::default(),
            refused: None,
        }
    }

    /// The first refusal counts.
    fn refuse(&mut self, path: String, reason: &str) {
        self.refused
            .get_or_insert_with(|| EncodeError::new(path, reason));
    }

    /// A tool's name as the upstream takes it.
    fn name(&mut self, name: &Str) -> Str {
        self.names.upstream(name, NAME_LIMIT)
    }

    /// Writes the name of a tool, with its namespace where the client has such.
    fn write_name(&mut self, writer: &mut Writer<'_>, name: &Str) {
        match self.request.namespaces.inner(name).filter(|_| self.native) {
            Some((space, inner)) => {
                self.names.mark_space(name, &(space.clone(), inner.clone()));
                writer.field("namespace", space);
                writer.field("name", inner);
            }
            None => writer.field("name", &self.name(name)),
        }
    }

    /// Reports the fields that other dialects wrote at a level.
    fn foreign(&mut self, extensions: &Extensions, path: impl Fn() -> String) {
        for extension in extensions.foreign(Dialect::Responses) {
            let level = path();
            let path = match level.is_empty() {
                true => extension.key.to_string(),
                false => format!("{level}.{}", extension.key),
            };
            // Traps 30 and 44: thinking of others, and fields that steer how another vendor bills, caches or cuts its stream.
            let quiet = matches!(
                &*extension.key,
                "eager_input_streaming"
                    | "caller"
                    | "reasoning_details"
                    | "reasoning"
                    | "extra_content"
            );
            if quiet {
                let why = "has no meaning for a Responses upstream";
                self.losses.quietly_dropped(path, why);
            } else {
                self.losses.dropped(path, "Responses has no such field");
            }
        }
    }

    /// Writes the fields of Responses at a level and reports the others.
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

    /// The cache mark, where the upstream takes it. A mark with a lifetime of OpenAI's own came from a client that knows its
    /// upstream to take breakpoints.
    fn mark<'m>(
        &mut self,
        mark: Option<&'m CacheMark>,
        path: impl Fn() -> String,
    ) -> Option<&'m CacheMark> {
        let mark = mark?;
        let breakpoint = self.native && matches!(mark.ttl.as_deref(), Some("30m" | "12h"));
        if self.target.chat.cache_control || breakpoint {
            return Some(mark);
        }
        self.losses.quietly_dropped(
            format!("{}.cache_control", path()),
            "the upstream takes no cache marks",
        );
        None
    }
}
