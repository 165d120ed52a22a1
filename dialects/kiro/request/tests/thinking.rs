use super::*;

/// The tags of a request, and the paths of what was lost.
fn asked(dialect: Dialect, wish: &Json, change: impl FnOnce(&mut Target)) -> (String, Vec<String>) {
    let mut sent = match dialect {
        Dialect::Responses => json!({"model": "m", "input": "?"}),
        Dialect::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": "?"}]}]}),
        _ => json!({"model": "m", "max_tokens": 64_000, "messages": [user("?")]}),
    };
    for (key, value) in wish.as_object().unwrap() {
        sent[key] = value.clone();
    }
    let mut target = target();
    change(&mut target);
    let request = request(dialect, &sent);
    let encoded = codec::encode_request(Dialect::Kiro, &request, &target).unwrap();
    let content = &body(&encoded)["conversationState"]["currentMessage"]["userInputMessage"];
    let content = content["content"].as_str().unwrap();
    let tags = content.strip_suffix('?').unwrap().trim().to_owned();
    let losses = encoded.losses.iter().filter(|loss| !loss.quiet);
    (tags, losses.map(|loss| loss.path.clone()).collect())
}

#[track_caller]
fn check(dialect: Dialect, wish: &Json, length: Option<u64>, lost: &[&str]) {
    let (tags, losses) = asked(dialect, wish, |_| {});
    let expected = length.map_or_else(String::new, |length| {
        format!("<thinking_mode>interleaved</thinking_mode><max_thinking_length>{length}</max_thinking_length>")
    });
    assert_eq!(
        (tags, losses),
        (expected, lost.iter().map(ToString::to_string).collect()),
        "{wish}"
    );
}

#[test]
fn a_wish_to_think_becomes_tags_with_a_length() {
    use Dialect::*;
    check(Chat, &json!({}), None, &[]);
    check(Chat, &json!({"reasoning_effort": "none"}), None, &[]);
    check(Chat, &json!({"reasoning_effort": "low"}), Some(4_000), &[]);
    check(
        Chat,
        &json!({"reasoning_effort": "medium"}),
        Some(16_000),
        &[],
    );
    check(
        Chat,
        &json!({"reasoning_effort": "high"}),
        Some(32_000),
        &[],
    );
    let nearest = ["reasoning_effort"];
    check(
        Chat,
        &json!({"reasoning_effort": "minimal"}),
        Some(4_000),
        &nearest,
    );
    check(
        Chat,
        &json!({"reasoning_effort": "max"}),
        Some(32_000),
        &nearest,
    );
    check(
        Responses,
        &json!({"reasoning": {"effort": "low"}}),
        Some(4_000),
        &[],
    );
    let budget = |tokens: u64| json!({"thinking": {"type": "enabled", "budget_tokens": tokens}});
    check(Claude, &budget(5_000), Some(5_000), &[]);
    check(Claude, &budget(1), Some(1_024), &["thinking.budget_tokens"]);
    check(
        Claude,
        &json!({"thinking": {"type": "disabled"}}),
        None,
        &[],
    );
    check(
        Claude,
        &json!({"thinking": {"type": "adaptive"}}),
        Some(32_000),
        &[],
    );
    let config = json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 2_000}}});
    check(Gemini, &config, Some(2_000), &[]);
    let hidden = json!({"thinking": {"type": "adaptive", "display": "omitted"}});
    check(Claude, &hidden, Some(32_000), &["thinking.display"]);
}

#[test]
fn thinking_leaves_room_for_the_answer() {
    let with = |limit: u64, wish: &Json| {
        let mut wish = wish.clone();
        wish["max_tokens"] = json!(limit);
        wish
    };
    let high = json!({"reasoning_effort": "high"});
    check(
        Dialect::Chat,
        &with(10_000, &high),
        Some(5_000),
        &["reasoning_effort"],
    );
    check(
        Dialect::Chat,
        &with(1_000, &high),
        None,
        &["reasoning_effort"],
    );
    let budget = json!({"thinking": {"type": "enabled", "budget_tokens": 9_000}});
    check(
        Dialect::Claude,
        &with(5_000, &budget),
        Some(4_999),
        &["thinking"],
    );
}

#[test]
fn a_model_that_does_not_think_is_not_told_to() {
    let high = json!({"reasoning_effort": "high"});
    let never = |target: &mut Target| target.model_profile.thinking = Thinking::None;
    let (tags, losses) = asked(Dialect::Chat, &high, never);
    assert_eq!((&*tags, &*losses[0]), ("", "reasoning_effort"));
    let little = |target: &mut Target| {
        target.model_profile.thinking = Thinking::Budget {
            min: 1024,
            max: 8_000,
        };
    };
    let (tags, _) = asked(Dialect::Chat, &high, little);
    assert!(tags.contains(">8000<"), "{tags}");
}

/// The tags are the last of the system prompt, not words of the user.
#[test]
fn the_tags_stand_behind_the_system_prompt() {
    let sent = json!({"model": "m", "reasoning_effort": "low", "messages":
        [{"role": "system", "content": "Be brief."}, user("a"), assistant("b"), user("c")]});
    let said = contents(&sent);
    assert!(
        said[0].starts_with("Be brief.\n<thinking_mode>"),
        "{said:?}"
    );
    assert!(said[0].ends_with("</max_thinking_length>\n\na"), "{said:?}");
    assert_eq!(said[1..], ["b", "c"]);
}
