//! Levels, budgets and the output limit (`dialects.md` 2.4).

use super::*;
use crate::target::Thinking;

const BUDGET: Thinking = Thinking::Budget {
    min: 1024,
    max: 100_000,
};
const LEVELS: Thinking = Thinking::Levels {
    xhigh: false,
    max: true,
};
const BOTH: Thinking = Thinking::Both {
    min: 1024,
    max: 128_000,
};

fn enabled(budget: u64) -> Value {
    json!({"type": "enabled", "budget_tokens": budget})
}

struct Row {
    thinking: Thinking,
    fields: Value,
    expected: Value,
    effort: Value,
    max_tokens: u64,
    lost: &'static [&'static str],
}

#[track_caller]
fn check(dialect: Dialect, row: &Row) {
    let target = target_with(|profile| {
        profile.thinking = row.thinking;
        profile.max_output = Some(64_000);
    });
    let written = write(dialect, &with(row.fields.clone()), &target);
    let body = &written.body;
    let case = &row.fields;
    assert_eq!(body["thinking"], row.expected, "{case}");
    assert_eq!(body["output_config"]["effort"], row.effort, "{case}");
    assert_eq!(body["max_tokens"], row.max_tokens, "{case}");
    assert_eq!(written.lost(), row.lost, "{case}");
}

fn row(
    thinking: Thinking,
    fields: Value,
    expected: Value,
    effort: Value,
    max_tokens: u64,
    lost: &'static [&'static str],
) -> Row {
    Row {
        thinking,
        fields,
        expected,
        effort,
        max_tokens,
        lost,
    }
}

#[test]
fn chat_levels_become_what_the_model_takes() {
    let effort = |word: &str| json!({ "reasoning_effort": word });
    let limited =
        |word: &str, limit: u64| json!({"reasoning_effort": word, "max_completion_tokens": limit});
    let (no, adaptive, off) = (
        Value::Null,
        json!({"type": "adaptive"}),
        json!({"type": "disabled"}),
    );
    let lost: &[&str] = &["reasoning_effort"];
    for row in [
        row(LEVELS, json!({}), no.clone(), no.clone(), 64_000, &[]),
        row(
            LEVELS,
            effort("minimal"),
            adaptive.clone(),
            json!("low"),
            64_000,
            lost,
        ),
        row(
            LEVELS,
            effort("medium"),
            adaptive.clone(),
            json!("medium"),
            64_000,
            &[],
        ),
        row(
            LEVELS,
            effort("xhigh"),
            adaptive.clone(),
            json!("max"),
            64_000,
            lost,
        ),
        row(
            LEVELS,
            effort("max"),
            adaptive.clone(),
            json!("max"),
            64_000,
            &[],
        ),
        row(LEVELS, effort("none"), off.clone(), no.clone(), 64_000, &[]),
        row(BOTH, effort("high"), adaptive, json!("high"), 64_000, &[]),
        row(BUDGET, effort("none"), off, no.clone(), 64_000, &[]),
        row(
            BUDGET,
            effort("minimal"),
            enabled(1024),
            no.clone(),
            64_000,
            &[],
        ),
        row(
            BUDGET,
            effort("medium"),
            enabled(8192),
            no.clone(),
            64_000,
            &[],
        ),
        row(
            BUDGET,
            effort("xhigh"),
            enabled(32_768),
            no.clone(),
            64_000,
            &[],
        ),
        row(
            BUDGET,
            effort("max"),
            enabled(32_000),
            no.clone(),
            64_000,
            lost,
        ),
        // trap 10
        row(
            BUDGET,
            limited("high", 4000),
            enabled(2000),
            no.clone(),
            4000,
            lost,
        ),
        row(
            BUDGET,
            limited("high", 1100),
            enabled(1024),
            no.clone(),
            1100,
            lost,
        ),
        row(
            BUDGET,
            limited("high", 1024),
            no.clone(),
            no.clone(),
            1024,
            lost,
        ),
        row(
            Thinking::None,
            effort("high"),
            no.clone(),
            no.clone(),
            64_000,
            lost,
        ),
        row(Thinking::None, effort("none"), no.clone(), no, 64_000, &[]),
    ] {
        check(Dialect::Chat, &row);
    }
}

#[test]
fn claude_wishes_become_what_the_model_takes() {
    let wish = |thinking: Value| json!({"thinking": thinking, "max_tokens": 5000});
    let (no, adaptive) = (Value::Null, json!({"type": "adaptive"}));
    let omitted = json!({"type": "adaptive", "display": "omitted"});
    let budget: &[&str] = &["thinking.budget_tokens"];
    for row in [
        row(
            BUDGET,
            wish(enabled(2048)),
            enabled(2048),
            no.clone(),
            5000,
            &[],
        ),
        row(
            BOTH,
            wish(enabled(2048)),
            enabled(2048),
            no.clone(),
            5000,
            &[],
        ),
        row(
            BUDGET,
            wish(enabled(9000)),
            enabled(4999),
            no.clone(),
            5000,
            budget,
        ),
        row(
            BUDGET,
            wish(enabled(100)),
            enabled(1024),
            no.clone(),
            5000,
            budget,
        ),
        row(
            BUDGET,
            json!({"thinking": enabled(2048), "max_tokens": 900}),
            no.clone(),
            no.clone(),
            900,
            budget,
        ),
        row(
            LEVELS,
            wish(enabled(2048)),
            adaptive.clone(),
            json!("medium"),
            5000,
            budget,
        ),
        row(
            LEVELS,
            wish(omitted.clone()),
            omitted,
            no.clone(),
            5000,
            &[],
        ),
        row(
            BUDGET,
            wish(adaptive.clone()),
            enabled(2500),
            no.clone(),
            5000,
            &["thinking"],
        ),
        row(
            LEVELS,
            json!({"output_config": {"effort": "low"}, "max_tokens": 1}),
            no.clone(),
            json!("low"),
            1,
            &[],
        ),
        row(
            BUDGET,
            json!({"output_config": {"effort": "low"}, "max_tokens": 1}),
            no.clone(),
            no.clone(),
            1,
            &["output_config.effort"],
        ),
        row(
            LEVELS,
            wish(json!({"type": "between_tools"})),
            json!({"type": "between_tools"}),
            no.clone(),
            5000,
            &[],
        ),
        row(
            LEVELS,
            wish(json!({"type": "disabled"})),
            json!({"type": "disabled"}),
            no.clone(),
            5000,
            &[],
        ),
        row(
            Thinking::None,
            wish(adaptive),
            no.clone(),
            no,
            5000,
            &["thinking"],
        ),
    ] {
        check(Dialect::Claude, &row);
    }
}

#[test]
fn trap_10_the_limit_is_raised_where_the_client_gave_none() {
    let target = target_with(|profile| profile.thinking = BUDGET);
    let written = write(
        Dialect::Chat,
        &with(json!({"reasoning_effort": "high"})),
        &target,
    );
    assert_eq!(written.body["thinking"], enabled(24_576));
    assert_eq!(written.body["max_tokens"], 24_576 + 8192);
    assert!(written.lost().is_empty());
}

#[test]
fn trap_12_a_tool_loop_that_lost_its_thinking_goes_on_without() {
    let body = |reasoning: Value| {
        let mut body = messages(json!([
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": null, "tool_calls": [call("a", "{}")], "reasoning_details": reasoning},
            result("a", "1"),
        ]));
        body["reasoning_effort"] = json!("high");
        body
    };
    let written = from_chat(&body(Value::Null));
    assert_eq!(written.body["thinking"], Value::Null);
    assert_eq!(written.body["output_config"], Value::Null);
    assert_eq!(written.lost(), ["reasoning_effort"]);

    let signature = crate::opaque::wrap(&crate::ir::Opaque {
        data: Str::from_static("sig"),
        provider: Str::from_static("claude"),
    });
    let written = from_chat(&body(json!([
        {"type": "reasoning.text", "text": "t", "signature": &*signature, "index": 0},
    ])));
    assert_eq!(written.body["thinking"], json!({"type": "adaptive"}));
    assert_eq!(
        written.body["messages"][1]["content"][0]["type"],
        "thinking"
    );
    assert!(written.lost().is_empty());

    let mut finished = body(Value::Null);
    let list = finished["messages"].as_array_mut().unwrap();
    list.push(json!({"role": "assistant", "content": "done"}));
    list.push(json!({"role": "user", "content": "next"}));
    let written = from_chat(&finished);
    assert_eq!(written.body["thinking"], json!({"type": "adaptive"}));
}

#[test]
fn thinking_models_continue_nobody() {
    let mut body = messages(json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "So"},
    ]));
    body["reasoning_effort"] = json!("low");
    let written = from_chat(&body);
    assert_eq!(written.body["messages"][2]["content"], "(continue)");
}
