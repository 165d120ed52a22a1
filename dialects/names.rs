//! Tool names made fit for a target, and the way back.

use std::collections::HashMap;

use crate::ids;
use crate::json::Str;

/// The tool names of one request: what each became upstream, and which tools were not functions.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Upstream name to client name, for those that differ.
    changed: HashMap<Str, Str>,
    /// Client names of free-text tools, which went upstream as functions with one `input`.
    custom: Vec<Str>,
    /// The client speaks of `functions`, not of tools.
    legacy_functions: bool,
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

    /// Whether the client declared `name` as a free-text tool.
    #[must_use]
    pub fn is_custom(&self, name: &str) -> bool {
        self.custom.iter().any(|custom| custom == name)
    }
}

#[cfg(test)]
mod tests;
