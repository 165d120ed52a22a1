//! What every part of an encoder of requests needs, in Chat as in Responses.

use crate::body::Draft;
use crate::error::EncodeError;
use crate::ir::{CacheMark, Extensions, Request, Tool, ToolChoice};
use crate::json::{RawJson, Str, Writer};
use crate::losses::Losses;
use crate::names::Names;
use crate::target::{Asked, Encoded, Target};
use crate::{Dialect, tool_schema};

/// The dialect that is written, and how its losses tell of it.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) dialect: Dialect,
    /// Its name.
    pub(crate) name: &'static str,
    /// Who does what it does, in reasons.
    pub(crate) upstream: &'static str,
    /// Fields of others that steer how another vendor bills, caches or cuts its stream (traps 30 and 44).
    pub(crate) harmless: &'static [&'static str],
    /// Writes the unknown fields of its own.
    pub(crate) write_extensions: fn(&mut Writer<'_>, &Extensions, &[&str]),
}

/// A request on its way to an upstream.
pub(crate) struct Scope<'a> {
    pub(crate) request: &'a Request,
    pub(crate) target: &'a Target,
    pub(crate) side: &'static Side,
    /// The client speaks the same dialect.
    pub(crate) native: bool,
    /// Longest tool name.
    name_limit: usize,
    pub(crate) names: Names,
    pub(crate) losses: Losses,
    refused: Option<EncodeError>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(
        request: &'a Request,
        target: &'a Target,
        side: &'static Side,
        name_limit: usize,
    ) -> Self {
        Self {
            request,
            target,
            side,
            native: request.dialect == side.dialect,
            name_limit,
            names: Names::default(),
            losses: Losses::default(),
            refused: None,
        }
    }

    /// The whole, unless something was refused.
    pub(crate) fn finish(self, body: Draft) -> Result<Encoded, EncodeError> {
        match self.refused {
            Some(refused) => Err(refused),
            None => Ok(Encoded {
                body: body.finish(),
                losses: self.losses,
                names: self.names,
                asked: Asked::default(),
            }),
        }
    }

    /// The first refusal counts.
    pub(crate) fn refuse(&mut self, path: String, reason: &str) {
        self.refused
            .get_or_insert_with(|| EncodeError::new(path, reason));
    }

    /// A tool's name as the upstream takes it.
    pub(crate) fn name(&mut self, name: &Str) -> Str {
        self.names.upstream(name, self.name_limit)
    }

    /// The schema of the function at `index`. A client of the upstream's own dialect is believed.
    pub(crate) fn schema(&mut self, index: usize, given: Option<&RawJson>) -> Option<RawJson> {
        if self.native {
            return given.cloned();
        }
        Some(given.map_or_else(tool_schema::empty, |schema| {
            let (request, upstream) = (self.request, self.side.upstream);
            tool_schema::mended(request, index, schema, upstream, &mut self.losses)
        }))
    }

    /// Reports the fields that other dialects wrote at a level.
    pub(crate) fn foreign(&mut self, extensions: &Extensions, path: impl Fn() -> String) {
        for extension in extensions.foreign(self.side.dialect) {
            let level = path();
            // So Responses keeps the fields of a system message beside those of its text.
            let key = extension.key.strip_prefix("message.");
            let key = key.unwrap_or(&extension.key);
            let path = match level.is_empty() {
                true => key.to_owned(),
                false => format!("{level}.{key}"),
            };
            let name = self.side.name;
            if self.side.harmless.contains(&key) || extension.is_idle() {
                let why = format!("has no meaning for a {name} upstream");
                self.losses.quietly_dropped(path, why);
            } else {
                self.losses
                    .dropped(path, format!("{name} has no such field"));
            }
        }
    }

    /// Writes the dialect's own unknown fields at a level and reports the others.
    pub(crate) fn extensions(
        &mut self,
        writer: &mut Writer<'_>,
        extensions: &Extensions,
        below: &[&str],
        path: impl Fn() -> String,
    ) {
        (self.side.write_extensions)(writer, extensions, below);
        self.foreign(extensions, path);
    }

    /// The cache mark, where the upstream takes it. A mark with a lifetime of OpenAI's own came from a client that knows its
    /// upstream to take breakpoints.
    pub(crate) fn mark<'m>(
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

    /// Gives up a server tool of another vendor's, which is never passed off as a function (traps 31 and 94).
    pub(crate) fn lose_server_tool(&mut self, index: usize, tool: &Tool, kind: &str) {
        let path = self.request.tool_path(index);
        let choice = &self.request.tool_choice;
        let forced = matches!(choice, Some(ToolChoice::Named(name)) if *name == tool.name);
        if forced && !tool.name.is_empty() {
            let reason =
                format!("the upstream has no tool of type `{kind}`, and no other may be called");
            self.refuse(path, &reason);
        } else {
            let why = format!("the upstream has no tool of type `{kind}`");
            self.losses.dropped(path, why);
        }
    }

    /// Reports a choice that no tool is left for, unless it says nothing.
    pub(crate) fn lose_choice(&mut self) {
        if !matches!(
            self.request.tool_choice,
            None | Some(ToolChoice::Auto | ToolChoice::None)
        ) {
            let why = "no tool is left to choose";
            self.losses.dropped("tool_choice", why);
        }
    }
}
