//! How much each family of models may be told to think (`providers.md` 1.8 and 5).

use super::invalid;
use crate::fault::Fault;
use serde_json::Value;
use std::ops::RangeInclusive;

/// What a family takes. A budget of -1, the model's own choice, is taken wherever budgets are.
struct Family {
    /// How the names of its models begin.
    names: &'static [&'static str],
    /// Empty when it knows no levels.
    levels: &'static [&'static str],
    /// None when it does not think at all.
    budgets: Option<RangeInclusive<i64>>,
    /// Whether a budget of 0 turns thinking off.
    off: bool,
}

/// The first family whose name fits counts.
static FAMILIES: &[Family] = &[
    Family {
        names: &["gemini-2.5-flash-image"],
        levels: &[],
        budgets: None,
        off: true,
    },
    Family {
        names: &["gemini-2.5-flash-lite", "gemini-flash-lite-latest"],
        levels: &[],
        budgets: Some(512..=24_576),
        off: true,
    },
    Family {
        names: &["gemini-2.5-flash", "gemini-flash-latest"],
        levels: &[],
        budgets: Some(1..=24_576),
        off: true,
    },
    Family {
        names: &["gemini-2.5-pro", "gemini-pro-latest"],
        levels: &[],
        budgets: Some(128..=32_768),
        off: false,
    },
    Family {
        names: &["gemini-3-pro"],
        levels: &["LOW", "HIGH"],
        budgets: Some(128..=32_768),
        off: false,
    },
    Family {
        names: &["gemini-3.1-pro"],
        levels: &["LOW", "MEDIUM", "HIGH"],
        budgets: Some(128..=32_768),
        off: false,
    },
    Family {
        names: &["gemini-3.1-flash-lite", "gemini-3.1-flash-image"],
        levels: &["MINIMAL", "HIGH"],
        budgets: Some(1..=32_768),
        off: true,
    },
    Family {
        names: &["gemini-3"],
        levels: &["MINIMAL", "LOW", "MEDIUM", "HIGH"],
        budgets: Some(1..=32_768),
        off: true,
    },
    Family {
        names: &["gemini-1", "gemini-2"],
        levels: &[],
        budgets: Some(1..=32_768),
        off: true,
    },
    // Models that are named after scenarios only take whatever any takes.
    Family {
        names: &[""],
        levels: &["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"],
        budgets: Some(1..=32_768),
        off: true,
    },
];

/// Checks a `thinkingConfig`.
pub(super) fn check(config: &Value, model: &str) -> Result<(), Fault> {
    let budget = config["thinkingBudget"].as_i64();
    // Clients send the unspecified level to every model.
    let level = config["thinkingLevel"]
        .as_str()
        .filter(|level| *level != "THINKING_LEVEL_UNSPECIFIED");
    if budget.is_some() && config.get("thinkingLevel").is_some() {
        return Err(invalid(
            "You can only set only one of thinking budget and thinking level.",
        ));
    }
    let fits = |family: &&Family| family.names.iter().any(|name| model.starts_with(name));
    let Some(family) = FAMILIES.iter().find(fits) else {
        return Ok(());
    };
    let shown = config["includeThoughts"] == true;
    let Some(budgets) = &family.budgets else {
        return if shown || level.is_some() || budget.is_some_and(|tokens| tokens != 0) {
            Err(invalid("Thinking is not supported for this model."))
        } else {
            Ok(())
        };
    };
    self::level(level, family)?;
    self::budget(budget, budgets, family.off)?;
    if budget == Some(0) && shown {
        return Err(invalid(
            "Thinking_config.include_thoughts is only enabled when thinking is enabled.",
        ));
    }
    Ok(())
}

fn level(level: Option<&str>, family: &Family) -> Result<(), Fault> {
    match level {
        Some(_) if family.levels.is_empty() => {
            Err(invalid("Thinking level is not supported for this model."))
        }
        Some(level) if !family.levels.contains(&level) => Err(invalid(format!(
            "Thinking level {level} is not supported for this model. Please retry with other thinking level."
        ))),
        _ => Ok(()),
    }
}

fn budget(budget: Option<i64>, budgets: &RangeInclusive<i64>, off: bool) -> Result<(), Fault> {
    match budget {
        None | Some(-1) => Ok(()),
        Some(0) if off => Ok(()),
        Some(0) => Err(invalid(
            "Budget 0 is invalid. This model only works in thinking mode.",
        )),
        Some(budget) if budgets.contains(&budget) => Ok(()),
        Some(budget) => {
            let (least, most) = (budgets.start(), budgets.end());
            Err(invalid(format!(
                "The thinking budget {budget} is invalid. Please choose a value between {least} and {most}."
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn takes(model: &str, key: &str, values: &[Value], served: bool) {
        for value in values {
            let checked = check(&json!({key: value}), model);
            assert_eq!(checked.is_ok(), served, "{model} {value}");
        }
    }

    #[test]
    fn each_family_has_its_own_budgets() {
        for (model, served, refused) in [
            (
                "gemini-2.5-pro-up-text",
                vec![-1, 128, 32_768],
                vec![-2, 0, 1, 127, 32_769],
            ),
            (
                "gemini-2.5-flash-up-text",
                vec![-1, 0, 1, 24_576],
                vec![24_577],
            ),
            (
                "gemini-2.5-flash-lite-up-text",
                vec![-1, 0, 512],
                vec![1, 511, 24_577],
            ),
            ("gemini-2.5-flash-image-up-text", vec![0], vec![1, 1024]),
            ("gemini-3-pro-preview-up-text", vec![-1, 128], vec![0, 127]),
            ("gemini-pro-latest-up-text", vec![128], vec![0]),
            ("up-text", vec![-1, 0, 32_768], vec![-2, 40_000]),
        ] {
            let budgets =
                |numbers: Vec<i64>| numbers.into_iter().map(Value::from).collect::<Vec<_>>();
            takes(model, "thinkingBudget", &budgets(served), true);
            takes(model, "thinkingBudget", &budgets(refused), false);
        }
    }

    #[test]
    fn each_family_has_its_own_levels() {
        const ALL: [&str; 5] = ["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"];
        for (model, levels) in [
            ("gemini-2.5-flash-up-text", vec![]),
            ("gemini-flash-latest-up-text", vec![]),
            ("gemini-3-pro-preview-up-text", vec!["LOW", "HIGH"]),
            (
                "gemini-3.1-pro-preview-up-text",
                vec!["LOW", "MEDIUM", "HIGH"],
            ),
            (
                "gemini-3.1-flash-lite-preview-up-text",
                vec!["MINIMAL", "HIGH"],
            ),
            (
                "gemini-3-flash-up-text",
                vec!["MINIMAL", "LOW", "MEDIUM", "HIGH"],
            ),
            ("up-text", ALL.to_vec()),
        ] {
            for level in ALL {
                takes(
                    model,
                    "thinkingLevel",
                    &[json!(level)],
                    levels.contains(&level),
                );
            }
            takes(
                model,
                "thinkingLevel",
                &[json!("THINKING_LEVEL_UNSPECIFIED")],
                true,
            );
        }
    }

    #[test]
    fn a_budget_and_a_level_exclude_each_other() {
        let both = json!({"thinkingBudget": 1, "thinkingLevel": "LOW"});
        assert!(check(&both, "gemini-3-flash-up-text").is_err());
        let hidden = json!({"thinkingBudget": 0, "includeThoughts": true});
        assert!(check(&hidden, "up-text").is_err());
    }
}
