//! Whose turn it is, cooling, and what failures mean.

use std::time::Duration;

use super::mistakes::check;
use super::{config, problems};
use crate::model::{ErrorAction, QuotaExceeded, Routing, Strategy};

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn strategies_have_their_names_and_short_ones() {
    let strategy = |text: &str| config(text).routing.strategy;
    assert_eq!(strategy(""), Strategy::RoundRobin);
    for (text, expected) in [
        ("round-robin", Strategy::RoundRobin),
        ("RR", Strategy::RoundRobin),
        ("weighted_round_robin", Strategy::WeightedRoundRobin),
        ("wrr", Strategy::WeightedRoundRobin),
        ("fill-first", Strategy::FillFirst),
        ("ff", Strategy::FillFirst),
    ] {
        assert_eq!(
            strategy(&format!("routing: {{strategy: {text}}}")),
            expected
        );
    }
    for strategy in [
        Strategy::RoundRobin,
        Strategy::WeightedRoundRobin,
        Strategy::FillFirst,
    ] {
        let text = format!("routing: {{strategy: {}}}", strategy.name());
        assert_eq!(config(&text).routing.strategy, strategy);
    }
    let text = "routing:\n  strategy: random";
    check(text, "2:13", "routing.strategy", "unknown strategy");
}

#[test]
fn sessions_stay_unless_that_is_switched_off() {
    let ttl = |text: &str| config(text).routing.session_affinity;
    assert_eq!(ttl(""), Some(seconds(3600)));
    assert_eq!(
        ttl("routing: {session-affinity-ttl: 5m}"),
        Some(seconds(300))
    );
    assert_eq!(ttl("routing: {session-affinity-ttl: 0}"), None);
    assert_eq!(ttl("routing: {session-affinity: false}"), None);
    assert_eq!(ttl("routing: {claude-code-session-affinity: false}"), None);
    let both = "routing: {session-affinity: true, claude-code-session-affinity: false}";
    assert_eq!(ttl(both), Some(seconds(3600)));
    let text = "routing:\n  session-affinity-ttl: 40d";
    check(text, "2:25", "routing.session-affinity-ttl", "too long");
}

#[test]
fn cooling_is_bounded() {
    let routing = |text: &str| config(text).routing;
    assert_eq!(
        routing("routing: {max-cooldown: 90}").max_cooldown,
        seconds(90)
    );
    let transient = |text: &str| routing(text).transient_cooldown;
    assert_eq!(
        transient("transient-error-cooldown-seconds: 0"),
        seconds(60)
    );
    assert_eq!(transient("transient-error-cooldown-seconds: 5"), seconds(5));
    assert_eq!(
        transient("transient-error-cooldown-seconds: -1"),
        seconds(0)
    );
    assert!(routing("disable-cooling: true").cooling_disabled);
    assert_eq!(routing("debug: false"), Routing::default());
}

#[test]
fn retries_are_counted() {
    let read = config("request-retry: 3\nmax-retry-credentials: 5\nmax-retry-interval: 30");
    assert_eq!(read.request_retry, 3);
    assert_eq!(read.max_retry_credentials, 5);
    assert_eq!(read.max_retry_interval, seconds(30));
    let text = "max-retry-interval: 4000";
    check(text, "1:21", "max-retry-interval", "too large");
}

#[test]
fn fallbacks_name_other_models() {
    let text = "routing:\n  fallbacks:\n    sonnet: [gpt-5, gemini-2.5-pro]\n    gpt-5: [sonnet]";
    let sonnet = vec!["gpt-5".to_owned(), "gemini-2.5-pro".to_owned()];
    let expected = [
        ("sonnet".to_owned(), sonnet),
        ("gpt-5".to_owned(), vec!["sonnet".to_owned()]),
    ];
    assert_eq!(config(text).routing.fallbacks, expected);
    let text = "routing:\n  fallbacks:\n    sonnet: [sonnet]";
    check(text, "3:5", "routing.fallbacks", "its own fallback");
}

#[test]
fn quotas_and_prefixes() {
    let read = config("quota-exceeded: {switch-preview-model: true}\nforce-model-prefix: true");
    let expected = QuotaExceeded {
        switch_project: false,
        switch_preview_model: true,
    };
    assert_eq!(read.quota_exceeded, expected);
    assert!(read.force_model_prefix);
}

#[test]
fn an_entry_can_have_its_own_rounds_and_rest() {
    let text = "claude-api-key: [{api-key: a, request-retry: 2, disable-cooling: true}, {api-key: b, disable_cooling: false}]\nopenai-compatibility: [{name: p, base-url: http://h, request-retry: 0}]\n";
    let config = config(text);
    let told = |entry: &crate::model::ProviderEntry| (entry.request_retry, entry.cooling_disabled);
    assert_eq!(told(&config.claude[0].entry), (Some(2), Some(true)));
    assert_eq!(told(&config.claude[1].entry), (None, Some(false)));
    assert_eq!(told(&config.compatible[0].entry), (Some(0), None));
}

#[test]
fn weights_are_numbers() {
    let text = "claude-api-key: [{api-key: a, weight: 5}, {api-key: b, weight: -1}, {api-key: c}]";
    let weights: Vec<i64> = config(text)
        .claude
        .iter()
        .map(|key| key.entry.weight)
        .collect();
    assert_eq!(weights, [5, -1, 1]);
    let text = "openai-compatibility: [{name: n, base-url: 'http://h/v1', api-key-entries: [{api-key: a, weight: 7}, {api-key: b}]}]";
    let weights: Vec<i64> = config(text).compatible[0]
        .keys
        .iter()
        .map(|key| key.weight)
        .collect();
    assert_eq!(weights, [7, 1]);
    let text = "claude-api-key:\n  - api-key: a\n    weight: 1000001";
    check(text, "3:13", "claude-api-key[0].weight", "too large");
}

#[test]
fn rules_say_what_failures_mean() {
    let text = "claude-api-key:\n  - api-key: a\n    request-scoped-errors:\n      - {status: 429, match: [daily, weekly], action: stop}\n      - {status: 400, match-regexr: 'mod.l busy', action: continue_and_cooldown}\n      - {status: 500, action: continue}";
    let read = config(text);
    let rules = &read.claude[0].entry.error_rules;
    assert_eq!(rules[0].action, ErrorAction::Stop);
    assert!(rules[0].applies(429, "the weekly limit"));
    assert!(!rules[0].applies(429, "the limit") && !rules[0].applies(428, "daily"));
    assert_eq!(rules[1].action, ErrorAction::ContinueAndCooldown);
    assert!(rules[1].applies(400, "the model busy now") && !rules[1].applies(400, "busy"));
    assert!(rules[2].applies(500, ""));
    let rule = |rule: &str| {
        format!("claude-api-key:\n  - api-key: a\n    request-scoped-errors:\n      - {rule}")
    };
    let key = "claude-api-key[0].request-scoped-errors[0]";
    for (text, place, name, message) in [
        (
            "{status: 200, action: stop}",
            "4:18",
            "status",
            "about no status",
        ),
        (
            "{status: 429, action: wait}",
            "4:31",
            "action",
            "unknown action",
        ),
        (
            "{status: 429, match-regexr: '(', action: stop}",
            "4:37",
            "match-regexr",
            "no regular expression",
        ),
    ] {
        check(&rule(text), place, &format!("{key}.{name}"), message);
    }
    assert_eq!(problems(&rule("{match: x}")).len(), 2);
}

#[test]
fn accounts_of_a_provider_have_things_in_common() {
    let text = "oauth-model-alias:\n  claude: [{name: claude-sonnet-5, alias: sonnet, fork: true}]\noauth-model-mappings:\n  Claude: [{name: a, alias: b}]\noauth-excluded-models:\n  claude: ['*-haiku-*']\noauth-request-scoped-errors:\n  codex: [{status: 400, match: x, action: continue}]";
    let channels = config(text).channels;
    assert_eq!(channels.len(), 2);
    assert_eq!(channels[0].name, "claude");
    let aliases: Vec<_> = channels[0]
        .aliases
        .iter()
        .map(|alias| (alias.entry.alias.as_str(), alias.fork))
        .collect();
    assert_eq!(aliases, [("sonnet", true), ("b", false)]);
    assert!(channels[0].excluded_models[0].matches("claude-haiku-4-5"));
    assert_eq!(channels[1].error_rules[0].action, ErrorAction::Continue);
    let text = "oauth-model-alias:\n  claude:\n    - name: m";
    check(text, "3:7", "oauth-model-alias.claude[0]", "incomplete");
}
