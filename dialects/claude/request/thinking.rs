//! How much to think, and the output limit that depends on it (`dialects.md` 2.4).

use crate::Dialect;
use crate::effort::{budget_of_effort, effort_of_budget};
use crate::ir::{ReasoningMode, Request, Setting};
use crate::json::{Str, Writer};
use crate::losses::Losses;
use crate::target::{ModelProfile, Thinking};

use crate::claude::wire::write_rest;

/// The output limit where neither the client nor the catalogue knows one.
const DEFAULT_MAX_TOKENS: u64 = 8192;

/// The smallest budget Claude takes.
const SMALLEST: u64 = 1024;

/// What the body says about thinking and its limit.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) max_tokens: u64,
    pub(super) mode: Mode,
    pub(super) effort: Option<Str>,
}

/// The forms of `thinking`.
#[derive(Debug, PartialEq)]
pub(super) enum Mode {
    /// Nothing is said.
    Unsaid,
    Disabled,
    Budget(u64),
    Adaptive,
    /// A newer word.
    Other(Str),
}

/// What else in the request forbids thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A tool must be called.
    ForcedTool,
    /// The tool loop that goes on began with thinking that is lost (trap 12).
    LostThinking,
}

impl Plan {
    /// The model will think.
    pub(super) fn thinks(&self) -> bool {
        matches!(self.mode, Mode::Budget(_) | Mode::Adaptive)
    }

    /// Writes `thinking`.
    pub(super) fn write(&self, writer: &mut Writer<'_>, request: &Request) {
        let (word, budget) = match &self.mode {
            Mode::Unsaid => return,
            Mode::Disabled => ("disabled", None),
            Mode::Budget(budget) => ("enabled", Some(*budget)),
            Mode::Adaptive => ("adaptive", None),
            Mode::Other(word) => (&**word, request.reasoning.budget),
        };
        writer.object_field("thinking", |writer| {
            writer.field("type", word);
            writer.field_opt("budget_tokens", budget.as_ref());
            if !matches!(self.mode, Mode::Disabled) {
                writer.field_opt("display", display(request).as_ref());
            }
            write_rest(writer, &request.reasoning.extensions);
        });
    }
}

/// How thinking is shown, in Claude's words: OpenAI's are lengths of a summary.
fn display(request: &Request) -> Option<&str> {
    let display = request.reasoning.display.as_deref()?;
    Some(match (request.dialect, display) {
        (Dialect::Responses, _) => "summarized",
        (_, display) => display,
    })
}

/// Plans the thinking of a request.
pub(super) fn plan(
    request: &Request,
    profile: &ModelProfile,
    obstacle: Option<Obstacle>,
    losses: &mut Losses,
) -> Plan {
    // Chat's extensions are spellings of what was read; these are not.
    for extension in request.reasoning.extensions.of(Dialect::Gemini) {
        let path = format!("thinking.{}", extension.key);
        losses.dropped(path, "Claude has no such field");
    }
    let default_limit = profile.max_output.map_or(DEFAULT_MAX_TOKENS, u64::from);
    let mut planner = Planner {
        request,
        profile,
        losses,
        max_tokens: request.limits.max_output.unwrap_or(default_limit),
    };
    let (mode, effort) = planner.mode(obstacle);
    let plan = Plan {
        max_tokens: planner.max_tokens,
        mode,
        effort,
    };
    let foreign = request.dialect != Dialect::Claude;
    if foreign && request.reasoning.display.is_some() && !plan.thinks() {
        let why = "there is no thinking to be shown";
        losses.quietly_dropped(request.setting_path(Setting::Display), why);
    }
    plan
}

struct Planner<'r, 'l> {
    request: &'r Request,
    profile: &'r ModelProfile,
    losses: &'l mut Losses,
    max_tokens: u64,
}

impl Planner<'_, '_> {
    fn mode(&mut self, obstacle: Option<Obstacle>) -> (Mode, Option<Str>) {
        let wish = &self.request.reasoning;
        let foreign = self.request.dialect != Dialect::Claude;
        let effort = wish.effort.as_deref();
        let off = match wish.mode {
            Some(ReasoningMode::Off) => true,
            None => effort == Some("none") || wish.budget == Some(0),
            Some(_) => false,
        };
        if off {
            let mode = match self.profile.thinking {
                Thinking::None => Mode::Unsaid,
                _ => Mode::Disabled,
            };
            return (mode, self.own_effort());
        }
        // In Claude's own dialect effort is not a wish to think: it stands for itself.
        let shown = self.request.dialect == Dialect::Responses && wish.display.is_some();
        let wanted =
            wish.mode.is_some() || wish.budget.is_some() || (foreign && effort.is_some()) || shown;
        if !wanted {
            return (Mode::Unsaid, self.own_effort());
        }
        let newer = matches!(wish.mode, Some(ReasoningMode::Other(_)));
        let why = match obstacle {
            _ if self.profile.thinking == Thinking::None => "this model does not think",
            // What a newer word asks for, only the model knows.
            Some(_) if newer => return self.thinking(),
            Some(Obstacle::ForcedTool) => "Claude does not think when a tool must be called",
            Some(Obstacle::LostThinking) => {
                "the thinking that began this tool loop is not Claude's or was not sent back"
            }
            None => return self.thinking(),
        };
        self.losses.dropped(self.path(), why);
        (Mode::Unsaid, self.own_effort())
    }

    fn thinking(&mut self) -> (Mode, Option<Str>) {
        let wish = &self.request.reasoning;
        if let Some(ReasoningMode::Other(word)) = &wish.mode {
            return (Mode::Other(word.clone()), self.own_effort());
        }
        match self.profile.thinking {
            Thinking::None => (Mode::Unsaid, None),
            Thinking::Levels { .. } => self.levels(),
            Thinking::Both { .. } if wish.mode == Some(ReasoningMode::Adaptive) => self.levels(),
            Thinking::Both { .. } if wish.budget.is_none() => self.levels(),
            Thinking::Both { min, max } => {
                let mode = self.budget(min, max);
                (mode, self.own_effort())
            }
            Thinking::Budget { min, max } => {
                let mode = self.budget(min, max);
                if wish.effort.is_some() && wish.budget.is_some() {
                    let why = "this model takes a budget only";
                    self.losses.dropped(self.effort_path(), why);
                }
                (mode, None)
            }
        }
    }

    /// Levels instead of numbers: adaptive thinking with an effort; without one the model's own default holds.
    fn levels(&mut self) -> (Mode, Option<Str>) {
        let wish = &self.request.reasoning;
        let from_budget = wish
            .budget
            .filter(|_| wish.mode != Some(ReasoningMode::Adaptive));
        let effort = match (&wish.effort, from_budget) {
            (Some(effort), _) => self.level(effort),
            (None, Some(budget)) => Some(self.level_word(effort_of_budget(budget))),
            (None, None) => None,
        };
        if let Some(effort) = effort.as_ref().filter(|_| from_budget.is_some()) {
            let why = format!("this model takes levels of effort only: `{effort}`");
            self.losses.changed("thinking.budget_tokens", why);
        }
        (Mode::Adaptive, effort)
    }

    /// The effort of a Claude client, which is more than a wish to think.
    fn own_effort(&mut self) -> Option<Str> {
        if self.request.dialect != Dialect::Claude {
            return None;
        }
        let effort = self.request.reasoning.effort.as_ref()?;
        match self.profile.thinking {
            Thinking::Levels { .. } | Thinking::Both { .. } => self.level(effort),
            Thinking::None | Thinking::Budget { .. } => {
                let why = "this model has no levels of effort";
                self.losses.dropped(self.effort_path(), why);
                None
            }
        }
    }

    /// A level the model has. A word nobody knows is passed on in Claude's own dialect only.
    fn level(&mut self, effort: &Str) -> Option<Str> {
        let fit = match &**effort {
            "none" => return None,
            "minimal" | "low" | "medium" | "high" | "xhigh" | "max" => self.level_word(effort),
            _ if self.request.dialect == Dialect::Claude => return Some(effort.clone()),
            _ => {
                let why = "Claude has no such level: the model's default holds";
                self.losses.dropped(self.effort_path(), why);
                return None;
            }
        };
        if fit != *effort {
            let why = format!("the nearest level of this model is `{fit}`");
            self.losses.clamped(self.effort_path(), why);
        }
        Some(fit)
    }

    /// The two highest levels become the highest that the model has.
    fn level_word(&self, effort: &str) -> Str {
        let (xhigh, max) = match self.profile.thinking {
            Thinking::Levels { xhigh, max } => (xhigh, max),
            _ => (false, true),
        };
        Str::from_static(match effort {
            "minimal" | "low" => "low",
            "medium" => "medium",
            "xhigh" if xhigh => "xhigh",
            "xhigh" | "max" if max => "max",
            "max" if xhigh => "xhigh",
            _ => "high",
        })
    }

    /// A budget within the model's bounds and below the output limit (trap 10).
    fn budget(&mut self, min: u32, max: u32) -> Mode {
        let wish = &self.request.reasoning;
        let effort = wish.effort.as_deref().unwrap_or("high");
        let wanted = wish.budget.unwrap_or_else(|| budget_of_effort(effort));
        let least = u64::from(min).max(SMALLEST);
        let bounded = wanted.min(u64::from(max)).max(least);
        if bounded != wanted && wish.budget.is_some() {
            let why = format!("this model thinks with {least} to {max} tokens");
            self.losses.clamped("thinking.budget_tokens", why);
        }
        if self.request.limits.max_output.is_none() && bounded >= self.max_tokens {
            let most = self.profile.max_output.map_or(u64::MAX, u64::from);
            self.max_tokens = bounded.saturating_add(DEFAULT_MAX_TOKENS).min(most);
        }
        if bounded < self.max_tokens {
            return Mode::Budget(bounded);
        }
        // A number the client gave is taken as far as it goes; a level leaves half of the room for the answer.
        let room = match wish.budget {
            Some(_) => self.max_tokens.saturating_sub(1),
            None => (self.max_tokens / 2).max(least.min(self.max_tokens.saturating_sub(1))),
        };
        if room < least {
            let why = format!("the output limit leaves less than {least} tokens to think");
            self.losses.dropped(self.path(), why);
            return Mode::Unsaid;
        }
        let why = format!("thinking must end below the output limit: {room} tokens");
        self.losses.clamped(self.path(), why);
        Mode::Budget(room)
    }

    fn path(&self) -> &'static str {
        match self.request.dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Kiro => "reasoning_effort",
            Dialect::Claude | Dialect::Gemini if self.request.reasoning.budget.is_some() => {
                "thinking.budget_tokens"
            }
            Dialect::Claude | Dialect::Gemini => "thinking",
            Dialect::Responses if self.request.reasoning.effort.is_some() => "reasoning.effort",
            Dialect::Responses => "reasoning",
        }
    }

    fn effort_path(&self) -> &'static str {
        self.request.setting_path(Setting::Effort)
    }
}
