//! Levels of effort and budgets of tokens for thinking: the wide table of `dialects.md` 2.4.

/// The budget that stands for a level. A word nobody knows is `high`.
pub(crate) fn budget_of_effort(effort: &str) -> u64 {
    match effort {
        "none" => 0,
        "minimal" => 512,
        "low" => 1024,
        "medium" => 8192,
        "xhigh" => 32_768,
        "max" => 128_000,
        _ => 24_576,
    }
}

/// The level that stands for a budget.
pub(crate) fn effort_of_budget(budget: u64) -> &'static str {
    match budget {
        0 => "none",
        1..=512 => "minimal",
        513..=1024 => "low",
        1025..=8192 => "medium",
        8193..=24_576 => "high",
        _ => "xhigh",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_and_its_budget_stand_for_each_other() {
        for level in ["none", "minimal", "low", "medium", "high", "xhigh"] {
            assert_eq!(effort_of_budget(budget_of_effort(level)), level);
        }
        assert_eq!(effort_of_budget(budget_of_effort("max")), "xhigh");
    }
}
