//! Tool names made fit for a target, and the way back.

use std::collections::HashMap;

use crate::ids;
use crate::json::{RawJson, Str};

/// The tool names of one request: what each became upstream, and which tools were not functions.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Upstream name to client name, for those that differ.
    changed: HashMap<Str, Str>,
    /// Client names of free-text tools, which went upstream as functions with one `input`.
    custom: Vec<Str>,
    /// The client speaks of `functions`, not of tools.
    legacy_functions: bool,
    /// Client names of tools in namespaces, with namespace and name.
    spaces: HashMap<Str, (Str, Str)>,
    /// Settings that the client's dialect repeats in its answers.
    echo: Option<RawJson>,
}

impl Names {
    /// The upstream form of `name`: `[A-Za-z0-9_-]{1,limit}`. Remembers the way back.
    pub fn upstream(&mut self, name: &Str, limit: usize) -> Str {
        let fit = ids::sanitise(name, limit);
        if fit != *name {
            self.changed.insert(fit.clone(), name.clone());
        }
        fit
    }

    /// Remembers that the client's `name` became `fit` upstream, for dialects with rules of their own.
    pub fn remember(&mut self, fit: &Str, name: &Str) {
        if fit != name {
            self.changed.insert(fit.clone(), name.clone());
        }
    }

    /// The client's name of an upstream tool.
    #[must_use]
    pub fn client(&self, name: &Str) -> Str {
        self.changed.get(name).unwrap_or(name).clone()
    }

    /// Remembers that the client declared `name` as a free-text tool.
    pub fn mark_custom(&mut self, name: &Str) {
        self.custom.push(name.clone());
    }

    /// Remembers that the client used Chat's deprecated `functions`: it is answered with a `function_call`.
    pub fn mark_legacy_functions(&mut self) {
        self.legacy_functions = true;
    }

    /// Whether the client used Chat's deprecated `functions`.
    #[must_use]
    pub fn has_legacy_functions(&self) -> bool {
        self.legacy_functions
    }

    /// Remembers that the client knows the tool `name` as one of a namespace.
    pub fn mark_space(&mut self, name: &Str, inner: &(Str, Str)) {
        self.spaces.insert(name.clone(), inner.clone());
    }

    /// Namespace and name of a tool that the client knows by those.
    #[must_use]
    pub fn space(&self, name: &str) -> Option<&(Str, Str)> {
        self.spaces.get(name)
    }

    /// Remembers the settings that the client's dialect repeats in its answers (Responses), as one object.
    pub fn set_echo(&mut self, echo: RawJson) {
        self.echo = Some(echo);
    }

    /// The settings that the client's dialect repeats in its answers.
    #[must_use]
    pub fn echo(&self) -> Option<&RawJson> {
        self.echo.as_ref()
    }

    /// Whether the client declared `name` as a free-text tool.
    #[must_use]
    pub fn is_custom(&self, name: &str) -> bool {
        self.custom.iter().any(|custom| custom == name)
    }
}

#[cfg(test)]
mod tests;
