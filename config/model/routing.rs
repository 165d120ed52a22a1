//! Whose turn it is, and what failures mean.

use std::time::Duration;

use regex::Regex;

/// The `routing` block, and the older keys around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// How credentials take turns.
    pub strategy: Strategy,
    /// How long a session stays at its credential after its last request; `None`: it does not.
    pub session_affinity: Option<Duration>,
    /// Longest time a credential is barred, whatever its provider says.
    pub max_cooldown: Duration,
    /// Longest time after overloads and lost connections; zero: none.
    pub transient_cooldown: Duration,
    /// Nothing is ever barred.
    pub cooling_disabled: bool,
    /// Bars outlive the program.
    pub save_cooldowns: bool,
    /// Models to ask when nobody serves the first one, by its name; in the order of the file.
    pub fallbacks: Vec<(String, Vec<String>)>,
}

/// How credentials take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// One after the other.
    #[default]
    RoundRobin,
    /// In proportion to their weights.
    WeightedRoundRobin,
    /// The first one until it cannot be used.
    FillFirst,
}

impl Strategy {
    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round-robin",
            Self::WeightedRoundRobin => "weighted-round-robin",
            Self::FillFirst => "fill-first",
        }
    }
}

/// The `quota-exceeded` block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotaExceeded {
    /// Another project of the same account is asked.
    pub switch_project: bool,
    /// The preview of the same model is asked.
    pub switch_preview_model: bool,
}

/// A rule of `request-scoped-errors`: what a failure means where the operator knows better.
#[derive(Debug, Clone)]
pub struct ErrorRule {
    /// The status it is about.
    pub status: u16,
    /// Any of these texts is in the answer; empty together with `patterns`: every answer.
    pub texts: Vec<String>,
    /// Or any of these expressions fits it.
    pub patterns: Vec<Regex>,
    /// What to do.
    pub action: ErrorAction,
}

/// What to do after a failure that a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorAction {
    /// Shows it to the client at once.
    Stop,
    /// The same, and bars the credential.
    StopAndCooldown,
    /// Asks the next credential, and bars nothing.
    Continue,
    /// Asks the next credential, and bars this one.
    ContinueAndCooldown,
}

impl ErrorRule {
    /// Whether the rule is about an answer.
    #[must_use]
    pub fn applies(&self, status: u16, body: &str) -> bool {
        let any = self.texts.is_empty() && self.patterns.is_empty();
        self.status == status
            && (any
                || self.texts.iter().any(|text| body.contains(text))
                || self.patterns.iter().any(|pattern| pattern.is_match(body)))
    }
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            session_affinity: Some(Duration::from_secs(60 * 60)),
            max_cooldown: Duration::from_secs(30 * 60),
            transient_cooldown: Duration::from_secs(60),
            cooling_disabled: false,
            save_cooldowns: false,
            fallbacks: Vec::new(),
        }
    }
}
