//! Many requests at once, while upstreams fail by chance or go away.

use super::key;
use crate::harness::{Answer, Gateway, HELLO, Settings, Speaks, eventually};
use futures_util::StreamExt as _;
use modelgate_test_upstream::{Recorded, Script, Upstream};
use serde_json::{Value, json};
use std::sync::Mutex;

/// Every way to fail that the next credential can mend.
fn faults() -> Vec<Script> {
    let said = |status, kind: &str| {
        let body = json!({"error": {"message": "by chance", "type": kind}});
        Script::json(status, &body)
    };
    vec![
        said(401, "authentication_error"),
        said(402, "billing_error"),
        said(403, "permission_error"),
        said(404, "not_found_error"),
        said(408, "timeout"),
        said(429, "rate_limit_error"),
        said(429, "rate_limit_error").header("retry-after", "1"),
        said(500, "api_error"),
        said(503, "overloaded_error"),
        said(529, "overloaded_error"),
        Script::whole(502, "text/html", "<html>Bad Gateway</html>"),
        Script::whole(200, "text/html", "<html>Hello</html>"),
        Script::new(200).header("content-length", "0"),
        Script::new(200).abort(),
        Script::sse([": one moment\n\n"]),
    ]
}

/// What a request asks, so that the upstreams know it again.
fn mark(number: usize) -> String {
    format!("Question {number}.")
}

/// Asks `up-text`, expects the answer, and gives the id of the request.
async fn ask(gateway: &Gateway, number: usize, stream: bool) -> String {
    let client = Speaks::BOTH[number % 2];
    let mut body = client.question("up-text", stream);
    body["messages"][0]["content"] = mark(number).into();
    let answer = gateway.ask(client, &body).await;
    answer.expect_text(client, HELLO);
    answer.header("x-request-id").unwrap().to_owned()
}

/// What is remembered of a request.
async fn detail(gateway: &Gateway, id: &str) -> Value {
    let path = format!("/v0/management/requests/{id}");
    let ask = || {
        let request = gateway.keyless("GET", &path);
        Answer::read(request.bearer_auth(gateway.token()))
    };
    let mut answer = ask().await;
    // The record is written when the body is let go, a moment after its last byte.
    eventually("the request is over", async || {
        answer = ask().await;
        answer.status == 200
    })
    .await;
    answer.json()
}

/// An upstream, and the names that its keys have in the gateway.
struct Odd {
    upstream: Upstream,
    names: [&'static str; 2],
}

impl Odd {
    /// The credential that a request was made with.
    fn name(&self, request: &Recorded) -> &'static str {
        match &*key(&request.headers) {
            "sk-b" => self.names[1],
            _ => self.names[0],
        }
    }
}

/// A call as an upstream saw it.
#[derive(Debug)]
struct Seen {
    credential: &'static str,
    request: Recorded,
}

/// Checks that what is told of a request is what happened.
fn check(told: &Value, number: usize, calls: &[Seen]) {
    let asks = |seen: &&Seen| {
        let body = String::from_utf8_lossy(&seen.request.body);
        body.contains(&mark(number))
    };
    let mine: Vec<&Seen> = calls.iter().filter(asks).collect();
    let happened: Vec<(&str, Option<u64>)> = mine
        .iter()
        .map(|seen| (seen.credential, Some(seen.request.status.into())))
        .collect();
    let list = |name: &str| told[name].as_array().unwrap();
    let attempts: Vec<(&str, Option<u64>)> = list("attempts")
        .iter()
        .map(|attempt| {
            (
                attempt["credential"].as_str().unwrap(),
                attempt["status"].as_u64(),
            )
        })
        .collect();
    assert_eq!(attempts, happened, "{told:#}");
    let (last, failed) = list("attempts").split_last().unwrap();
    assert!(last["kind"].is_null(), "{told:#}");
    assert!(
        failed.iter().all(|attempt| attempt["kind"].is_string()),
        "{told:#}"
    );
    assert_eq!(told["served"]["credential"], last["credential"]);
    for candidate in list("candidates") {
        let name = candidate["credential"].as_str().unwrap();
        let asked = attempts.iter().any(|(credential, _)| *credential == name);
        match candidate["outcome"].as_str().unwrap() {
            "tried" => assert!(asked, "{told:#}"),
            "skipped" => {
                assert!(!asked, "{told:#}");
                let reason = candidate["reason"].as_str().unwrap();
                let because = |seen: &&Seen| {
                    let shown = format!("({}): ", seen.request.status);
                    // What had status 200 and was no answer is a bad gateway's fault.
                    let none = seen.request.status == 200 && reason.starts_with("broken (502): ");
                    seen.credential == name
                        && seen.request.arrived < mine[0].request.arrived
                        && (none || reason.contains(&shown))
                };
                assert!(calls.iter().any(|seen| because(&seen)), "{told:#}");
            }
            other => panic!("{other}: {told:#}"),
        }
    }
}

/// Three upstreams whose behaviour changes all the time, and a fourth that is well: no client sees a failure, and what is
/// told of the requests is true.
#[tokio::test]
async fn as_long_as_one_key_is_well_no_request_fails() {
    const REQUESTS: usize = 5_000;
    /// What is told of the last ones is checked: the upstreams remember no more.
    const CHECKED: usize = 1_500;
    let well = Upstream::start().await;
    let mut settings = Settings::new().line("routing: {max-cooldown: 1}").provider(
        Speaks::Chat,
        &well.url(),
        &["sk-good"],
        "",
    );
    let mut odd = Vec::new();
    for (dialect, names) in [
        (Speaks::Chat, ["chat1[0]", "chat1[1]"]),
        (Speaks::Claude, ["claude-api-key[0]", "claude-api-key[1]"]),
        (Speaks::Chat, ["chat2[0]", "chat2[1]"]),
    ] {
        let upstream = Upstream::start().await;
        settings = settings.provider(dialect, &upstream.url(), &["sk-a", "sk-b"], "");
        odd.push(Odd { upstream, names });
    }
    let gateway = settings.start().await;
    let faults = faults();
    let asked = |number: usize| {
        if number.is_multiple_of(20) {
            let odd = &odd[number / 20 % odd.len()];
            let fault = faults[number * 7 / 20 % faults.len()].clone();
            odd.upstream.script("up-text", fault);
        }
        ask(&gateway, number, number.is_multiple_of(3))
    };
    let asked = futures_util::stream::iter((0..REQUESTS).map(|number| {
        let (asked, gateway) = (asked(number), &gateway);
        async move {
            let id = asked.await;
            // The gateway remembers a thousand.
            let is_checked = number >= REQUESTS - CHECKED;
            let told = is_checked.then_some(detail(gateway, &id));
            match told {
                Some(told) => Some((number, told.await)),
                None => None,
            }
        }
    }));
    let told: Vec<Option<(usize, Value)>> = asked.buffer_unordered(20).collect().await;
    let log = gateway.log();
    assert_eq!(log.matches("status=200 complete=true").count(), REQUESTS);
    let failed = log.matches("attempt failed").count();
    assert!(failed > odd.len(), "the odd ones were asked too: {failed}");
    assert!(
        failed < REQUESTS / 4,
        "they were passed over most of the time: {failed}"
    );

    odd.push(Odd {
        upstream: well,
        names: ["chat0[0]", ""],
    });
    let mut calls: Vec<Seen> = Vec::new();
    for odd in &odd {
        let requests = odd.upstream.requests().into_iter();
        calls.extend(requests.map(|request| Seen {
            credential: odd.name(&request),
            request,
        }));
    }
    calls.sort_by_key(|seen| seen.request.arrived);
    let (mut moved, mut skipped) = (0, 0);
    for (number, told) in told.into_iter().flatten() {
        check(&told, number, &calls);
        moved += usize::from(told["attempts"].as_array().unwrap().len() > 1);
        let candidates = told["candidates"].as_array().unwrap().iter();
        skipped += candidates.filter(|one| one["outcome"] == "skipped").count();
    }
    assert!(moved > 0 && skipped > moved, "{moved} {skipped}");
}

/// Whole answers only: of a stream that was cut after its first byte the client must be told.
#[tokio::test]
async fn ten_keys_outlive_an_upstream_and_use_it_again_when_it_is_back() {
    const REQUESTS: usize = 3_000;
    let (stays, goes) = (Upstream::start().await, Upstream::start().await);
    let url = goes.url();
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let five = |letter: char| (0..5).map(move |number| format!("sk-{letter}{number}"));
    let mut settings = Settings::new()
        .line("routing: {max-cooldown: 1}")
        .line("transient-error-cooldown-seconds: 1");
    for (first, second) in five('a').zip(five('b')) {
        settings = settings
            .provider(Speaks::Claude, &stays.url(), &[&first], "")
            .provider(Speaks::Claude, &url, &[&second], "");
    }
    let gateway = settings.start().await;
    let mortal = Mutex::new(Some(goes));
    let asked = |number: usize| {
        if number == REQUESTS / 2 {
            let goes = mortal.lock().unwrap().take().unwrap();
            assert!(goes.requests().len() > REQUESTS / 8, "it had its share");
        }
        ask(&gateway, number, false)
    };
    let asked = futures_util::stream::iter((0..REQUESTS).map(asked));
    asked.buffer_unordered(32).collect::<Vec<_>>().await;
    let log = gateway.log();
    assert_eq!(log.matches("status=200 complete=true").count(), REQUESTS);
    let failed = log.matches("attempt failed").count();
    assert!(
        (5..REQUESTS / 10).contains(&failed),
        "noticed, and left alone: {failed}"
    );
    let mut back = None;
    eventually("its port is free", async || {
        back = Upstream::start_on(port).await.ok();
        back.is_some()
    })
    .await;
    let back = back.unwrap();
    let mut number = REQUESTS;
    eventually("every key of it is used again", async || {
        ask(&gateway, number, false).await;
        number += 1;
        let seen = back.requests();
        five('b').all(|wanted| seen.iter().any(|request| key(&request.headers) == wanted))
    })
    .await;
}
