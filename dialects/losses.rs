//! What a translation could not carry, named.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// What happened to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The target has no place for it.
    Dropped,
    /// It was written in another way that is not quite the same.
    Changed,
    /// It was brought into the target's range.
    Clamped,
}

/// One field that did not arrive as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Path in the client's request, in the spelling of the client's dialect where one exists: `messages[2].name`.
    pub path: String,
    /// What happened.
    pub action: Action,
    /// Why, for a person.
    pub why: Cow<'static, str>,
    /// Harmless to the answer (a cache hint, say): shown in logs at debug level, not in the header.
    pub quiet: bool,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match self.action {
            Action::Dropped => "dropped",
            Action::Changed => "changed",
            Action::Clamped => "clamped",
        };
        write!(f, "{} {action}: {}", self.path, self.why)
    }
}

/// The losses of one translation, in the order they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    list: Vec<Loss>,
    /// What is in the list: a hostile request may lose a hundred thousand things.
    seen: HashSet<(String, Action)>,
}

impl Losses {
    /// A field the target has no place for.
    pub fn dropped(&mut self, path: impl Into<String>, why: impl Into<Cow<'static, str>>) {
        self.push(path.into(), Action::Dropped, why.into(), false);
    }

    /// A field that was written in another way.
    pub fn changed(&mut self, path: impl Into<String>, why: impl Into<Cow<'static, str>>) {
        self.push(path.into(), Action::Changed, why.into(), false);
    }

    /// A value that was brought into range.
    pub fn clamped(&mut self, path: impl Into<String>, why: impl Into<Cow<'static, str>>) {
        self.push(path.into(), Action::Clamped, why.into(), false);
    }

    /// A field that is gone but does not matter to the answer.
    pub fn quietly_dropped(&mut self, path: impl Into<String>, why: impl Into<Cow<'static, str>>) {
        self.push(path.into(), Action::Dropped, why.into(), true);
    }

    /// A field that was written in another way, as the target's own clients do.
    pub fn quietly_changed(&mut self, path: impl Into<String>, why: impl Into<Cow<'static, str>>) {
        self.push(path.into(), Action::Changed, why.into(), true);
    }

    /// Those of another part of the same request too.
    pub fn append(&mut self, others: Self) {
        for loss in others.list {
            self.push(loss.path, loss.action, loss.why, loss.quiet);
        }
    }

    fn push(&mut self, path: String, action: Action, why: Cow<'static, str>, quiet: bool) {
        if self.seen.insert((path.clone(), action)) {
            self.list.push(Loss {
                path,
                action,
                why,
                quiet,
            });
        }
    }

    /// Tells paths in the client's own words, where `spell` knows them. Two of ours may be one of the client's.
    pub(crate) fn respell(&mut self, spell: impl Fn(&str) -> Option<String>) {
        self.seen.clear();
        for loss in std::mem::take(&mut self.list) {
            let path = spell(&loss.path).unwrap_or(loss.path);
            self.push(path, loss.action, loss.why, loss.quiet);
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Loss> {
        self.list.iter()
    }

    /// Whether nothing was lost.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
