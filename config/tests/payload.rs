//! The `payload` rules.

use super::mistakes::check;
use super::{config, lines, problems, read};
use crate::payload::{Payload, PayloadProtocol, PayloadRule, PayloadSet};

#[track_caller]
fn payload(text: &str) -> Payload {
    config(&format!("payload:\n{text}")).payload
}

/// What the rules set, as `path = json`.
fn sets(rules: &[PayloadRule<PayloadSet>]) -> Vec<String> {
    rules
        .iter()
        .flat_map(|rule| &rule.params)
        .map(|set| format!("{} = {}", set.path, set.value))
        .collect()
}

#[test]
fn rules_keep_their_order_and_raw_ones_follow() {
    let payload = payload(
        "  default-raw:
    - models: [{name: a}]
      params: {response_format: '{\"type\": \"json_object\"}'}
  default:
    - models: [{name: a}]
      params:
        temperature: 0.70
        generationConfig.thinkingConfig: {thinkingBudget: -1, includeThoughts: true}
    - models: [{name: b}]
      params: {stop: [\"\\n\", 5, '5'], user: , seed: 007x}
  override_raw:
    - models: [{name: a}]
      params:
        tools.-1: |
          {\"type\": \"web_search\"}
        x: 'null'
  override:
    - {models: [{name: a}], params: {reasoning.effort: high, metadata.a\\.b: yes}}
  filter:
    - {models: [{name: a}], params: [logprobs, 'tools.0.strict']}
    - {models: [{name: b}], params: [user]}
",
    );
    assert_eq!(
        sets(&payload.defaults),
        [
            "temperature = 0.70",
            "generationConfig.thinkingConfig = {\"thinkingBudget\":-1,\"includeThoughts\":true}",
            "stop = [\"\\n\",5,\"5\"]",
            "user = null",
            "seed = \"007x\"",
            "response_format = {\"type\": \"json_object\"}",
        ]
    );
    assert_eq!(payload.defaults.len(), 3);
    assert_eq!(
        sets(&payload.overrides),
        [
            "reasoning.effort = \"high\"",
            "metadata.a\\.b = \"yes\"",
            "tools.-1 = {\"type\": \"web_search\"}",
            "x = null",
        ]
    );
    let removed: Vec<_> = payload
        .filters
        .iter()
        .flat_map(|rule| &rule.params)
        .map(ToString::to_string)
        .collect();
    assert_eq!(removed, ["logprobs", "tools.0.strict", "user"]);
    assert!(!payload.is_empty());
}

#[test]
fn no_rules_are_no_rules() {
    for text in [
        "payload:",
        "payload: {}",
        "payload: {default: , filter: []}",
    ] {
        assert_eq!(config(text).payload, Payload::default(), "{text}");
        assert!(config(text).payload.is_empty());
    }
}

#[test]
fn rules_apply_by_name_and_protocol() {
    let payload = payload(
        "  filter:
    - models:
        - {name: 'Gemini-*', protocol: gemini}
        - {name: gpt-5, protocol: ''}
        - {name: chat-*, protocol: OpenAI}
      params: [a]
",
    );
    let rule = &payload.filters[0];
    let rows = [
        (PayloadProtocol::Gemini, &["gemini-2.5-pro"][..], true),
        (PayloadProtocol::Gemini, &["upstream", "gemini-mine"], true),
        (PayloadProtocol::Claude, &["gemini-2.5-pro"], false),
        (PayloadProtocol::Gemini, &["gpt-5-mini"], false),
        (PayloadProtocol::Chat, &["gpt-5"], true),
        (PayloadProtocol::Claude, &["GPT-5"], true),
        (PayloadProtocol::Chat, &["chat-x"], true),
        (PayloadProtocol::Responses, &["chat-x"], false),
        (PayloadProtocol::Gemini, &[], false),
    ];
    for (protocol, names, expected) in rows {
        assert_eq!(
            rule.applies(protocol, names),
            expected,
            "{protocol:?} {names:?}"
        );
    }
}

#[test]
fn protocols_have_the_words_of_the_family() {
    let rows = [
        ("openai", PayloadProtocol::Chat),
        ("openai-response", PayloadProtocol::Responses),
        ("openai_responses", PayloadProtocol::Responses),
        ("responses", PayloadProtocol::Responses),
        ("codex", PayloadProtocol::Responses),
        ("Claude", PayloadProtocol::Claude),
        ("gemini", PayloadProtocol::Gemini),
    ];
    for (word, protocol) in rows {
        let text = format!("  filter: [{{models: [{{name: x, protocol: {word}}}], params: [a]}}]");
        let payload = payload(&text);
        assert_eq!(
            payload.filters[0].models[0].protocol,
            Some(protocol),
            "{word}"
        );
    }
}

#[test]
fn what_is_not_spoken_here_warns_and_never_applies() {
    for word in ["antigravity", "gemini-cli", "kiro", "interactions"] {
        let text = format!(
            "payload:\n  filter:\n  - models: [{{name: '*', protocol: {word}}}]\n    params: [a]"
        );
        let loaded = read(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            lines(&loaded.warnings),
            [format!(
                "modelgate.yaml:3:36: no provider is asked in `{word}`, so this never applies (hint: write `openai`, `openai-response`, `claude` or `gemini`; without it the rule is for all)"
            )]
        );
        let rule = &loaded.config.payload.filters[0];
        for protocol in [
            PayloadProtocol::Chat,
            PayloadProtocol::Responses,
            PayloadProtocol::Claude,
            PayloadProtocol::Gemini,
        ] {
            assert!(!rule.applies(protocol, &["x"]), "{word}");
        }
    }
}

#[test]
fn a_rule_with_an_unknown_condition_is_not_used_without_it() {
    for condition in [
        "from-protocol: claude",
        "headers: {X-A: '*'}",
        "match: [{a: b}]",
        "not-match: x",
        "exist: [a]",
        "not_exist: [a]",
    ] {
        let text = format!(
            "payload:\n  override:\n  - models: [{{name: a, {condition}}}, {{name: b}}]\n    params: {{x: 1}}"
        );
        let loaded = read(&text).unwrap_or_else(|error| panic!("{error}"));
        let name = condition.split(':').next().unwrap().replace('_', "-");
        assert_eq!(loaded.warnings.len(), 1, "{condition}");
        assert_eq!(
            loaded.warnings[0].message,
            format!("`{name}` is not supported, so the rule is not used for these models")
        );
        let rule = &loaded.config.payload.overrides[0];
        assert!(!rule.applies(PayloadProtocol::Chat, &["a"]));
        assert!(rule.applies(PayloadProtocol::Chat, &["b"]));
        let alone = text.replace(", {name: b}", "");
        assert!(read(&alone).unwrap().config.payload.is_empty());
    }
    config(
        "payload: {filter: [{models: [{name: a, match: [], headers: , exist: ''}], params: [a]}]}",
    );
}

#[test]
fn payload_mistakes() {
    let rule =
        |rest: &str| format!("payload:\n  default:\n    - models: [{{name: x}}]\n      {rest}");
    let raw = |value: &str| {
        format!(
            "payload:\n  override-raw:\n    - models: [{{name: x}}]\n      params:\n        a.b: {value}"
        )
    };
    let filter = |params: &str| {
        format!("payload:\n  filter:\n  - {{models: [{{name: x}}], params: {params}}}")
    };
    let rows = [
        ("payload: []", "1:10", "payload", "must be a mapping"),
        (
            "payload: {default: {a: b}}",
            "1:20",
            "payload.default",
            "must be a list",
        ),
        (
            "payload:\n  default:\n  - x",
            "3:5",
            "payload.default[0]",
            "must be a mapping",
        ),
        (
            "payload:\n  filter:\n  - params: [a]",
            "3:5",
            "payload.filter[0].models",
            "no `models`",
        ),
        (
            "payload:\n  filter:\n  - models: []\n    params: [a]",
            "3:5",
            "payload.filter[0].models",
            "no `models`",
        ),
        (
            "payload:\n  filter:\n  - models: [{protocol: gemini}]\n    params: [a]",
            "3:14",
            "payload.filter[0].models[0].name",
            "no `name`",
        ),
        (
            "payload:\n  filter:\n  - models: [x]\n    params: [a]",
            "3:14",
            "payload.filter[0].models[0]",
            "must be a mapping",
        ),
        (
            "payload:\n  filter:\n  - models: [{name: x, protocol: grpc}]\n    params: [a]",
            "3:34",
            "payload.filter[0].models[0].protocol",
            "unknown protocol",
        ),
        (&rule(""), "3:7", "payload.default[0].params", "no `params`"),
        (
            &rule("params: {}"),
            "4:7",
            "payload.default[0].params",
            "no `params`",
        ),
        (
            &rule("params: [a]"),
            "4:15",
            "payload.default[0].params",
            "must be a mapping",
        ),
        (
            &rule("params: {a..b: 1}"),
            "4:16",
            "payload.default[0].params.a..b",
            "is empty",
        ),
        (
            &rule("params: {'tools.#.x': 1}"),
            "4:16",
            "payload.default[0].params.tools.#.x",
            "`#` has no meaning",
        ),
        (
            &rule("params: {a: [1, {b: .inf}]}"),
            "4:27",
            "payload.default[0].params.a",
            "JSON has no such number",
        ),
        (
            &rule("params: {a: 1, a: 2}"),
            "4:22",
            "payload.default[0].params.a",
            "already set",
        ),
        (
            &raw("'{\"a\": }'"),
            "5:14",
            "payload.override-raw[0].params.a.b",
            "not valid JSON: expected value at line 1 column 7",
        ),
        (
            &raw("high"),
            "5:14",
            "payload.override-raw[0].params.a.b",
            "not valid JSON",
        ),
        (
            &raw("''"),
            "5:14",
            "payload.override-raw[0].params.a.b",
            "not valid JSON",
        ),
        (
            &filter("{a: b}"),
            "3:35",
            "payload.filter[0].params",
            "must be a list",
        ),
        (
            &filter("[a, b*]"),
            "3:39",
            "payload.filter[0].params[1]",
            "`*` has no meaning",
        ),
        (
            &filter("[a, '']"),
            "3:39",
            "payload.filter[0].params[1]",
            "path is empty",
        ),
        (
            &filter("[[a]]"),
            "3:36",
            "payload.filter[0].params[0]",
            "must be a single value",
        ),
    ];
    for (text, place, key, message) in rows {
        check(text, place, key, message);
    }
}

#[test]
fn all_payload_mistakes_are_reported_at_once() {
    let text = "payload:
  default:
    - models: [{name: '', protocol: grpc}]
      params: {.a: 1, b: 01}
  override-raw:
    - models: [{name: x}]
      params: {a.: nonsense}
  filter:
    - {}
";
    let places: Vec<_> = problems(text)
        .iter()
        .map(|problem| format!("{}:{}", problem.line, problem.column))
        .collect();
    assert_eq!(
        places,
        ["3:23", "3:37", "4:16", "4:26", "7:16", "7:20", "9:7", "9:7"]
    );
    for problem in problems(text) {
        assert!(problem.hint.is_some(), "{problem}");
    }
}

#[test]
fn rules_that_multiply_themselves_are_refused() {
    let long = "x".repeat(1 << 20);
    let text = format!(
        "x-long: &long [{}]\npayload:\n  override:\n  - models: [{{name: x}}]\n    params:\n{}",
        format!("{long}, ").repeat(3),
        (0..10_000)
            .map(|index| format!("      k{index}: *long\n"))
            .collect::<String>()
    );
    let start = std::time::Instant::now();
    let problems = problems(&text);
    assert!(problems[0].message.contains("too large"), "{}", problems[0]);
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
}
