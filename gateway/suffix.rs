//! How much to think, said in the model's name: `model(high)`, `model(8192)` (`management-api.md` 6.10).

use modelgate_dialects::Str;
use modelgate_dialects::ir::{ReasoningMode, ReasoningWish};

const LEVELS: [&str; 6] = ["minimal", "low", "medium", "high", "xhigh", "max"];

/// What stands in the brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// `none`, `0`
    Off,
    /// `auto`, `-1`
    Auto,
    /// Tokens.
    Budget(u64),
    /// One of [`LEVELS`].
    Level(&'static str),
    /// Empty, or a word without a meaning: the name is meant without it.
    Unsaid,
}

impl Suffix {
    /// The name of a model and what stands in the brackets at its end; `None` when there are none.
    pub(crate) fn split(model: &str) -> Option<(&str, Self)> {
        let (name, value) = model.strip_suffix(')')?.rsplit_once('(')?;
        let value = value.trim().to_ascii_lowercase();
        let level = LEVELS.into_iter().find(|level| *level == value);
        let suffix = match (&*value, level) {
            (_, Some(level)) => Self::Level(level),
            ("none", _) => Self::Off,
            ("auto" | "-1", _) => Self::Auto,
            _ => match value.parse() {
                Ok(0) => Self::Off,
                Ok(budget) => Self::Budget(budget),
                Err(_) => Self::Unsaid,
            },
        };
        (!name.is_empty()).then_some((name, suffix))
    }

    /// Puts this in the place of what the body of the request says.
    pub(crate) fn overrule(&self, wish: &mut ReasoningWish) {
        let (mode, effort, budget) = match self {
            Self::Off => (ReasoningMode::Off, None, None),
            Self::Auto => (ReasoningMode::Adaptive, None, None),
            Self::Budget(budget) => (ReasoningMode::On, None, Some(*budget)),
            Self::Level(level) => (ReasoningMode::Adaptive, Some(*level), None),
            Self::Unsaid => return,
        };
        wish.mode = Some(mode);
        wish.effort = effort.map(Str::from_static);
        wish.budget = budget;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(model: &str, expected: &Option<(&str, Suffix)>) {
        assert_eq!(&Suffix::split(model), expected, "{model}");
    }

    #[test]
    fn brackets_at_the_end_of_a_name_are_a_suffix() {
        check("gpt-5(high)", &Some(("gpt-5", Suffix::Level("high"))));
        check("gpt-5(xHigh)", &Some(("gpt-5", Suffix::Level("xhigh"))));
        check("m(8192)", &Some(("m", Suffix::Budget(8192))));
        check("m(0064)", &Some(("m", Suffix::Budget(64))));
        check("m(0)", &Some(("m", Suffix::Off)));
        check("m(none)", &Some(("m", Suffix::Off)));
        check("m(-1)", &Some(("m", Suffix::Auto)));
        check("m( auto )", &Some(("m", Suffix::Auto)));
        check("m(x)(low)", &Some(("m(x)", Suffix::Level("low"))));
        check("m()", &Some(("m", Suffix::Unsaid)));
        check("m(often)", &Some(("m", Suffix::Unsaid)));
        check("m(99999999999999999999)", &Some(("m", Suffix::Unsaid)));
        for name in ["m", "m(high) ", "m)", "(high)", ""] {
            check(name, &None);
        }
    }

    #[test]
    fn a_suffix_overrules_the_body() {
        let mut wish = ReasoningWish {
            mode: Some(ReasoningMode::On),
            budget: Some(5000),
            display: Some(Str::from_static("omitted")),
            ..ReasoningWish::default()
        };
        Suffix::Unsaid.overrule(&mut wish);
        assert_eq!(wish.budget, Some(5000));
        Suffix::Level("low").overrule(&mut wish);
        assert_eq!(wish.effort.as_deref(), Some("low"));
        assert_eq!(
            (wish.budget, &wish.mode),
            (None, &Some(ReasoningMode::Adaptive))
        );
        assert_eq!(wish.display.as_deref(), Some("omitted"));
        Suffix::Off.overrule(&mut wish);
        assert_eq!((wish.effort, wish.mode), (None, Some(ReasoningMode::Off)));
    }
}
