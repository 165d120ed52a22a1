//! How much to think: a budget up to Gemini 2.5, a level from Gemini 3 on, never both (`dialects.md` 2.4, trap 56).

use super::encode::Scope;
use crate::Dialect;
use crate::effort::{budget_of_effort, effort_of_budget};
use crate::gemini::wire::write_rest;
use crate::ir::{ReasoningMode, ReasoningWish, Setting};
use crate::json::{Str, Writer};
use crate::target::Thinking;

/// The largest budget that any of Google's models takes.
const MOST: u32 = 32_768;

/// What `thinkingConfig` says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// `includeThoughts`.
    pub(super) shown: Option<bool>,
    pub(super) amount: Option<Amount>,
}

/// How much to think.
#[derive(Debug, PartialEq)]
pub(super) enum Amount {
    /// −1 is as much as the model sees fit.
    Budget(i64),
    Level(Str),
}

impl Plan {
    /// Writes `thinkingConfig`.
    pub(super) fn write(&self, writer: &mut Writer<'_>, wish: &ReasoningWish) {
        let has_own = wish.extensions.of(Dialect::Gemini).next().is_some();
        if *self == Self::default() && !has_own {
            return;
        }
        writer.object_field("thinkingConfig", |writer| {
            writer.field_opt("includeThoughts", self.shown.as_ref());
            match &self.amount {
                None => {}
                Some(Amount::Budget(budget)) => writer.field("thinkingBudget", budget),
                Some(Amount::Level(level)) => writer.field("thinkingLevel", level),
            }
            write_rest(writer, &wish.extensions);
        });
    }
}

/// Plans the thinking of a request.
pub(super) fn plan(scope: &mut Scope<'_>) -> Plan {
    let wish = &scope.request.reasoning;
    let path = match scope.request.dialect {
        Dialect::Chat => "thinking",
        _ => scope.request.setting_path(Setting::Thinking),
    };
    scope.foreign(&wish.extensions, || path.to_owned());
    let off = match wish.mode {
        Some(ReasoningMode::Off) => true,
        None => wish.effort.as_deref() == Some("none") || wish.budget == Some(0),
        Some(_) => false,
    };
    let wanted = wish.mode.is_some() || wish.budget.is_some() || wish.effort.is_some();
    let mut planner = Planner { scope, wish };
    let thinking = planner.scope.target.model_profile.thinking;
    if thinking == Thinking::None {
        if wanted && !off {
            planner.drop_all("this model does not think");
        } else if wish.display.is_some() {
            let path = planner.path();
            planner
                .scope
                .losses
                .quietly_dropped(path, "this model does not think");
        }
        return Plan::default();
    }
    let amount = match (off, wanted) {
        (true, _) => Some(planner.off(thinking)),
        (false, true) => planner.amount(thinking),
        (false, false) => None,
    };
    Plan {
        shown: planner.shown(wanted && !off),
        amount,
    }
}

struct Planner<'s, 'r> {
    scope: &'s mut Scope<'r>,
    wish: &'r ReasoningWish,
}

impl Planner<'_, '_> {
    /// Thoughts are shown as the client wishes them, not by how much is thought.
    fn shown(&self, thinks: bool) -> Option<bool> {
        match self.wish.display.as_deref() {
            Some("omitted") => self.scope.native.then_some(false),
            Some(_) => Some(true),
            None if self.scope.native => None,
            None => thinks.then_some(true),
        }
    }

    fn off(&mut self, thinking: Thinking) -> Amount {
        let profile = self.scope.profile();
        let min = match thinking {
            Thinking::Levels { .. } => {
                let least = if profile.minimal { "MINIMAL" } else { "LOW" };
                if !profile.minimal {
                    let why = "this model always thinks: as little as it can";
                    self.scope.losses.changed(self.path(), why);
                }
                return Amount::Level(Str::from_static(least));
            }
            Thinking::Budget { min, .. } => min,
            Thinking::Both { .. } | Thinking::None => 128,
        };
        if profile.thinking_off {
            return Amount::Budget(0);
        }
        let why = "this model always thinks: as little as it can";
        self.scope.losses.changed(self.path(), why);
        Amount::Budget(i64::from(min.max(128)))
    }

    fn amount(&mut self, thinking: Thinking) -> Option<Amount> {
        if let Some(ReasoningMode::Other(word)) = &self.wish.mode {
            let why = format!("Gemini has no thinking of type `{word}`");
            self.scope
                .losses
                .dropped(format!("{}.type", self.path()), why);
        }
        let wish = self.wish;
        match thinking {
            Thinking::Levels { .. } => self.level(thinking),
            // What is known of the model is nothing: the client's own form.
            Thinking::Both { .. } if wish.effort.is_some() && wish.budget.is_none() => {
                self.level(thinking)
            }
            Thinking::Both { max, .. } => self.budget(0, max.min(MOST)),
            Thinking::Budget { min, max } => self.budget(min, max),
            Thinking::None => None,
        }
    }

    /// A level the model has.
    fn level(&mut self, thinking: Thinking) -> Option<Amount> {
        let profile = self.scope.profile();
        let from_budget = self.wish.budget.map(effort_of_budget);
        let effort = match (&self.wish.effort, from_budget) {
            (Some(effort), _) => effort.clone(),
            (None, Some(effort)) => Str::from_static(effort),
            (None, None) => return None,
        };
        let xhigh = matches!(thinking, Thinking::Levels { xhigh: true, .. });
        let level = match &*effort {
            "none" | "minimal" if profile.minimal => "MINIMAL",
            "low" if !profile.low => "MINIMAL",
            "none" | "minimal" | "low" => "LOW",
            "medium" if profile.medium => "MEDIUM",
            "medium" | "high" => "HIGH",
            "xhigh" | "max" if xhigh => "XHIGH",
            "xhigh" | "max" => "HIGH",
            word if self.scope.native => {
                return Some(Amount::Level(Str::from(word.to_ascii_uppercase())));
            }
            _ => {
                let why = "Gemini has no such level: the model's default holds";
                self.scope.losses.dropped(self.effort_path(), why);
                return None;
            }
        };
        if self.wish.effort.is_some() && !level.eq_ignore_ascii_case(&effort) {
            let why = format!("the nearest level of this model is `{level}`");
            self.scope.losses.clamped(self.effort_path(), why);
        }
        if self.wish.budget.is_some() {
            let why = format!("this model takes levels only: `{level}`");
            self.scope.losses.changed(self.budget_path(), why);
        }
        Some(Amount::Level(Str::from_static(level)))
    }

    /// A budget within the model's bounds.
    fn budget(&mut self, min: u32, max: u32) -> Option<Amount> {
        let wish = self.wish;
        let wanted = match (wish.budget, wish.effort.as_deref()) {
            (Some(budget), _) => budget,
            (None, Some(effort)) => budget_of_effort(effort),
            (None, None) => return Some(Amount::Budget(-1)),
        };
        if wish.budget.is_some() && wish.effort.is_some() {
            let why = "a budget and a level exclude each other in Gemini";
            self.scope.losses.dropped(self.effort_path(), why);
        }
        let bounded = wanted.min(u64::from(max)).max(u64::from(min));
        if bounded != wanted && wish.budget.is_some() {
            let why = format!("this model thinks with {min} to {max} tokens");
            self.scope.losses.clamped(self.budget_path(), why);
        }
        Some(Amount::Budget(i64::try_from(bounded).unwrap_or(i64::MAX)))
    }

    fn drop_all(&mut self, why: &'static str) {
        if self.wish.effort.is_some() {
            self.scope.losses.dropped(self.effort_path(), why);
        }
        if self.wish.budget.is_some() || self.wish.mode.is_some() {
            let path = self.path();
            self.scope.losses.dropped(path, why);
        }
    }

    fn path(&self) -> &'static str {
        self.scope.request.setting_path(Setting::Thinking)
    }

    fn budget_path(&self) -> &'static str {
        match self.scope.request.dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Kiro => "thinking_budget",
            Dialect::Claude => "thinking.budget_tokens",
            Dialect::Gemini => "generationConfig.thinkingConfig.thinkingBudget",
            Dialect::Responses => "reasoning",
        }
    }

    fn effort_path(&self) -> &'static str {
        self.scope.request.setting_path(Setting::Effort)
    }
}
