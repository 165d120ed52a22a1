//! The blocks about choosing credentials and about what their failures mean.

use std::time::Duration;

use regex::Regex;

use crate::error::Report;
use crate::model::{ErrorAction, ErrorRule, QuotaExceeded, Routing, Strategy};
use crate::server::count;
use crate::values;
use crate::view::View;

/// Weights beyond this are as good as this (`management-api.md` 6.2).
const HEAVIEST: i64 = 1_000_000;
/// Longest cooldown, and longest stay of a session.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// `routing`, and the older keys about cooling beside it.
pub(crate) fn routing(root: &View, report: &mut Report) -> Routing {
    let block = root.get("routing");
    let default = Routing::default();
    let long = |name: &str, default: Duration, report: &mut Report| {
        let view = block.get(name);
        let text = view.filled();
        let read = |text| report.accept(&view, values::duration_within(text, LONGEST, "30d"));
        text.and_then(read).unwrap_or(default)
    };
    let ttl = long("session-affinity-ttl", Duration::from_secs(60 * 60), report);
    let switches = ["session-affinity", "claude-code-session-affinity"];
    let mut switches = switches.iter().filter_map(|name| block.get(name).bool());
    let sticky = switches.next().unwrap_or(true) && !ttl.is_zero();
    let max_cooldown = long("max-cooldown", default.max_cooldown, report);
    Routing {
        strategy: strategy(&block.get("strategy"), report),
        session_affinity: sticky.then_some(ttl),
        max_cooldown,
        transient_cooldown: transient(&root.get("transient-error-cooldown-seconds"), report),
        cooling_disabled: root.get("disable-cooling").bool().unwrap_or(false),
        save_cooldowns: root.get("save-cooldown-status").bool().unwrap_or(false),
        fallbacks: fallbacks(&block.get("fallbacks"), report),
    }
}

/// `quota-exceeded`
pub(crate) fn quota_exceeded(block: &View) -> QuotaExceeded {
    let flag = |name: &str| block.get(name).bool().unwrap_or(false);
    QuotaExceeded {
        switch_project: flag("switch-project"),
        switch_preview_model: flag("switch-preview-model"),
    }
}

fn strategy(view: &View, report: &mut Report) -> Strategy {
    strategy_named(view.text().unwrap_or_default()).unwrap_or_else(|| {
        let hint = "write `round-robin`, `weighted-round-robin` or `fill-first`";
        report.problem(view.at, &view.key, "unknown strategy", hint);
        Strategy::default()
    })
}

/// The strategy of a word (`management-api.md` 6.2).
pub(crate) fn strategy_named(text: &str) -> Option<Strategy> {
    let word = text.trim().to_lowercase().replace('_', "-");
    match word.as_str() {
        "" | "round-robin" | "roundrobin" | "rr" => Some(Strategy::RoundRobin),
        "weighted-round-robin" | "weightedroundrobin" | "wrr" => Some(Strategy::WeightedRoundRobin),
        "fill-first" | "fillfirst" | "ff" => Some(Strategy::FillFirst),
        _ => None,
    }
}

/// 0 is the usual time, and less is none.
fn transient(view: &View, report: &mut Report) -> Duration {
    let usual = Routing::default().transient_cooldown;
    match view.integer() {
        Some(number) if number < 0 => Duration::ZERO,
        None | Some(0) => usual,
        Some(_) => count(view, 86_400, report).map_or(usual, |s| Duration::from_secs(s.into())),
    }
}

fn fallbacks(table: &View, report: &mut Report) -> Vec<(String, Vec<String>)> {
    let mut fallbacks = Vec::new();
    for (model, at, others) in table.entries() {
        let others = others.texts();
        if others.contains(&model) {
            let message = format!("`{model}` is its own fallback");
            report.problem(at, &table.key, message, "name other models");
        }
        fallbacks.push((model, others));
    }
    fallbacks
}

/// The `weight` of an entry or key.
pub(crate) fn weight(view: &View, report: &mut Report) -> i64 {
    match view.integer() {
        None => 1,
        Some(weight) if weight <= HEAVIEST => weight,
        Some(_) => {
            let hint = format!("write at most {HEAVIEST}");
            report.problem(view.at, &view.key, "this weight is too large", hint);
            1
        }
    }
}

/// The rules of a `request-scoped-errors` list.
pub(crate) fn error_rules(list: &View, report: &mut Report) -> Vec<ErrorRule> {
    let rules = list.items();
    rules
        .iter()
        .filter_map(|rule| error_rule(rule, report))
        .collect()
}

fn error_rule(rule: &View, report: &mut Report) -> Option<ErrorRule> {
    let status = rule.get("status");
    let number = status
        .integer()
        .and_then(|number| u16::try_from(number).ok());
    let known = number.filter(|number| (400..600).contains(number));
    if known.is_none() {
        let hint = "add `status:` and a number from 400 to 599";
        report.problem(status.at, &status.key, "this rule is about no status", hint);
    }
    let action = error_action(&rule.get("action"), report);
    let mut patterns = Vec::new();
    let expressions = rule.get("match-regexr");
    for (expression, at) in one_or_more(&expressions) {
        match Regex::new(&expression) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim().to_owned();
                let message = "this is no regular expression";
                report.problem(at, &expressions.key, message, reason);
            }
        }
    }
    let texts = one_or_more(&rule.get("match"))
        .into_iter()
        .map(|(text, _)| text);
    Some(ErrorRule {
        status: known?,
        texts: texts.collect(),
        patterns,
        action: action?,
    })
}

fn error_action(view: &View, report: &mut Report) -> Option<ErrorAction> {
    let word = view
        .text()
        .unwrap_or_default()
        .to_lowercase()
        .replace('_', "-");
    Some(match word.as_str() {
        "stop" => ErrorAction::Stop,
        "stop-and-cooldown" => ErrorAction::StopAndCooldown,
        "continue" => ErrorAction::Continue,
        "continue-and-cooldown" => ErrorAction::ContinueAndCooldown,
        _ => {
            let hint = "write `stop`, `stop-and-cooldown`, `continue` or `continue-and-cooldown`";
            report.problem(view.at, &view.key, "unknown action", hint);
            return None;
        }
    })
}

/// A text, or a list of them.
fn one_or_more(view: &View) -> Vec<(String, crate::tree::Position)> {
    if let Some(text) = view.filled() {
        return vec![(text.to_owned(), view.at)];
    }
    let items = view.items();
    let filled = items
        .iter()
        .filter_map(|item| Some((item.filled()?.to_owned(), item.at)));
    filled.collect()
}
