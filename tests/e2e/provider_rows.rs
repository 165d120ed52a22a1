//! What section 16 of `providers.md` wants of every provider, for an account of each kind: answers, streams, calls, thoughts,
//! counts, refusals, failures within streams, ends that come too early, tokens and logins that are over, clients that leave.
//!
//! What only one provider has is in the tests of its name: [`super::logins`], [`super::kiro`], [`super::gemini`].

mod places;

use crate::harness::wire::{Wire, request};
use crate::harness::{HELLO, Speaks};
use places::{PLACES, Place, Scene, Tokens};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// Every account, asked by clients of both dialects, with and without a stream.
async fn each(scene: &Scene, check: impl AsyncFn(&Scene, &Place, Speaks, bool)) {
    for place in &PLACES {
        for dialect in Speaks::BOTH {
            for stream in [false, true] {
                eprintln!("{} {dialect:?} stream: {stream}", place.name);
                check(scene, place, dialect, stream).await;
            }
        }
    }
}

/// One place of an account of each kind.
fn kinds() -> impl Iterator<Item = &'static Place> {
    let mut seen = HashSet::new();
    PLACES.iter().filter(move |place| seen.insert(place.kind))
}

#[test]
fn every_kind_of_account_has_a_place() {
    assert_eq!(kinds().count(), 11);
}

#[tokio::test]
async fn it_answers() {
    let scene = Scene::start().await;
    each(&scene, async |scene, place, dialect, stream| {
        let answer = scene.ask(dialect, place, "up-text", stream).await;
        answer.expect_text(dialect, HELLO);
        assert_eq!(answer.is_stream(), stream);
        assert_eq!(answer.folded(dialect).model, place.model("up-text"));
    })
    .await;
}

#[tokio::test]
async fn it_calls_tools_and_reads_their_results() {
    let scene = Scene::start().await;
    let arguments = json!({"city": "Zürich", "days": 3, "exact": true});
    each(&scene, async |scene, place, dialect, stream| {
        let asked = dialect.tool_question(&place.model("up-tools"), stream);
        let answer = scene.gateway.ask(dialect, &asked).await;
        let called = answer.folded(dialect).calls;
        assert_eq!(called, [("forecast".to_owned(), arguments.clone())]);
        let body = dialect.continued(asked, &answer, "sunny");
        let answer = scene.gateway.ask(dialect, &body).await;
        answer.expect_text(dialect, "The tool said: sunny");
    })
    .await;
}

#[tokio::test]
async fn it_shows_its_thoughts() {
    let scene = Scene::start().await;
    each(&scene, async |scene, place, dialect, stream| {
        let asked = dialect.question(&place.model("up-thinking"), stream);
        let answer = scene.gateway.ask(dialect, &dialect.thinking(asked)).await;
        answer.expect_text(dialect, HELLO);
        let thought = answer.folded(dialect).thinking;
        assert!(thought.contains("I first think about it"), "{thought:?}");
    })
    .await;
}

#[tokio::test]
async fn what_it_used_is_recorded_with_what_came_out_of_a_cache() {
    let scene = Scene::start().await;
    each(&scene, async |scene, place, dialect, stream| {
        let answer = scene.ask(dialect, place, "up-usage-cache", stream).await;
        answer.expect_text(dialect, HELLO);
        let usage = answer.folded(dialect).usage;
        let cached = match dialect {
            Speaks::Chat => &usage["prompt_tokens_details"]["cached_tokens"],
            Speaks::Claude => &usage["cache_read_input_tokens"],
        };
        let expected = place.used(dialect);
        assert_eq!(cached, expected[1], "{usage}");
        let kept = scene.run(&["why", "--json"]).await;
        let used = &kept["requests"][0]["usage"];
        let seen = ["input", "cached", "output"].map(|name| used[name].clone());
        assert_eq!(seen, expected.map(Value::from), "{used}");
    })
    .await;
}

#[tokio::test]
async fn a_limit_is_told_with_its_wait_and_kept_to() {
    for dialect in Speaks::BOTH {
        let scene = Scene::start().await;
        for place in &PLACES {
            for (asked, least) in [(1, 7), (0, 1)] {
                scene.upstream.clear();
                let answer = scene.ask(dialect, place, "up-429", false).await;
                assert_eq!(answer.refusal(dialect).status, 429, "{}", place.name);
                let wait = answer.header("retry-after").unwrap_or_default();
                let told = wait.parse().is_ok_and(|wait| (least..=7).contains(&wait));
                assert!(told, "{} {wait:?}", place.name);
                assert_eq!(scene.statuses(), [429].repeat(asked), "{}", place.name);
            }
            // Its other models have nothing to do with it.
            let answer = scene.ask(dialect, place, "up-text", false).await;
            answer.expect_text(dialect, HELLO);
        }
    }
}

#[tokio::test]
async fn a_request_that_is_wrong_costs_the_account_nothing() {
    let scene = Scene::start().await;
    each(&scene, async |scene, place, dialect, stream| {
        scene.upstream.clear();
        for _ in 0..2 {
            let answer = scene.ask(dialect, place, "up-400", stream).await;
            let refusal = answer.refusal(dialect);
            assert_eq!(refusal.status, 400);
            let why = "The scripted upstream refuses this request.";
            assert!(refusal.message.contains(why), "{}", refusal.message);
        }
        assert_eq!(scene.statuses(), [400, 400], "it was asked again");
    })
    .await;
}

#[tokio::test]
async fn a_failure_within_an_answer_is_never_told_as_a_success() {
    for dialect in Speaks::BOTH {
        let scene = Scene::start().await;
        for place in &PLACES {
            eprintln!("{} {dialect:?}", place.name);
            scene.upstream.clear();
            // Nothing was told yet, so that the status can tell of it.
            let first = scene.ask(dialect, place, "up-error-first", true).await;
            assert!(!first.is_stream(), "{}", first.text());
            assert!(first.refusal(dialect).status >= 500, "{}", first.text());
            assert_eq!(scene.statuses(), [200], "it came in a stream");
            let later = scene.ask(dialect, place, "up-error-in-stream", true).await;
            later.expect_failed_stream(dialect);
        }
        // Where the provider is asked for a stream, whatever the client wants.
        let scene = Scene::start().await;
        for place in &PLACES {
            let answer = scene.ask(dialect, place, "up-error-in-stream", false).await;
            assert!(answer.refusal(dialect).status >= 500, "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn an_end_that_comes_too_early_is_never_told_as_a_success() {
    for dialect in Speaks::BOTH {
        for scenario in ["up-cut", "up-cut-clean"] {
            for stream in [true, false] {
                let scene = Scene::start().await;
                for place in &PLACES {
                    eprintln!("{} {dialect:?} {scenario} stream: {stream}", place.name);
                    let answer = scene.ask(dialect, place, scenario, stream).await;
                    match stream {
                        true => answer.expect_failed_stream(dialect),
                        false => assert_eq!(answer.refusal(dialect).status, 502),
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_is_over_is_renewed_once() {
    let scene = Scene::with(Tokens::Old).await;
    for place in kinds() {
        eprintln!("{}", place.name);
        let minted = matches!(place.kind, "github-copilot" | "vertex");
        scene.upstream.clear();
        for _ in 0..2 {
            let answer = scene.ask(Speaks::Chat, place, "up-text", true).await;
            answer.expect_text(Speaks::Chat, HELLO);
        }
        let statuses = scene.statuses();
        // Whose list is asked for at the start has been renewed for that.
        let listed = place.kind == "github-copilot" && statuses == [200, 200];
        assert!(
            listed || statuses == [401, 200, 200],
            "{} {statuses:?}",
            place.name
        );
        // The first one of those that are not kept is new to begin with.
        assert_eq!(scene.renewals(place.kind), 1 + usize::from(minted));
        if !minted {
            let saved = scene.saved(place.kind);
            let token = format!("token-{}", place.kind);
            assert_eq!(saved["access_token"], token, "{}", place.name);
            assert_eq!(saved["refresh_token"], "refresh-1", "{}", place.name);
        }
    }
}

#[tokio::test]
async fn a_login_that_is_over_is_said_and_left_alone() {
    let scene = Scene::with(Tokens::Ended).await;
    for place in kinds() {
        eprintln!("{}", place.name);
        for _ in 0..2 {
            let answer = scene.ask(Speaks::Chat, place, "up-text", false).await;
            assert!(answer.status >= 400, "{}", answer.text());
            let what_to_do = format!("modelgate login {}", place.kind);
            assert!(answer.text().contains(&what_to_do), "{}", answer.text());
            assert_eq!(scene.renewals(place.kind), 1, "it is final");
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_told_to_the_provider() {
    let scene = Scene::start().await;
    for place in &PLACES {
        for dialect in Speaks::BOTH {
            let body = dialect.question(&place.model("up-hang-mid"), true);
            // It says nothing but what it must.
            let mut wire = Wire::sending(&scene.gateway, request(dialect, &body)).await;
            wire.until("Hello").await;
            assert_eq!(scene.upstream.open_streams(), 1, "{}", place.name);
            drop(wire);
            let within = Duration::from_secs(2);
            assert!(scene.upstream.drained(within).await, "{}", place.name);
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_slows_the_provider_down() {
    let scene = Scene::start().await;
    let mut before = scene.gateway.memory().unwrap();
    for place in &PLACES {
        let body = Speaks::Claude.question(&place.model("up-flood"), true);
        let mut wire = Wire::sending(&scene.gateway, request(Speaks::Claude, &body)).await;
        wire.until("xxxx").await;
        // What is on its way fills the buffers of the system, and then nothing moves.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = scene.gateway.memory().unwrap();
        let grown = now.saturating_sub(before);
        eprintln!("{}: {} KiB", place.name, grown >> 10);
        assert!(grown < 24 << 20, "it waits for a client that reads nothing");
        assert_eq!(scene.upstream.open_streams(), 1, "the provider waits");
        drop(wire);
        assert!(scene.upstream.drained(Duration::from_secs(2)).await);
        before = before.max(now);
    }
}
