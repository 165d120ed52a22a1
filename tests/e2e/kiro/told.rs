//! What Kiro tells of an account beside its models: profile, plan, and how long AWS knows modelgate.

use super::provider::{ARN, PROFILES, USAGE, over};
use super::{Scene, builder, social};
use crate::harness::stand_in::Said;
use crate::harness::{Speaks, eventually};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime};

const LOGIN: [&str; 5] = ["login", "kiro", "--no-browser", "--json", "--yes"];

async fn logged_in(scene: &Scene) -> Value {
    let login = scene.launch().run(&LOGIN).await;
    assert_eq!(login.code, Some(0), "{}", login.stderr);
    let last = login.stdout.lines().last().unwrap();
    serde_json::from_str::<Value>(last).unwrap()["account"].clone()
}

#[tokio::test]
async fn a_login_tells_the_plan_and_goes_by_the_name_of_the_profile() {
    let scene = Scene::start().await;
    scene
        .aws
        .knows(&json!({"profiles": [{"arn": ARN, "profileName": "x"}]}));
    let account = logged_in(&scene).await;
    assert_eq!(account["id"], "kiro-aws-ABC");
    assert_eq!(account["plan"], "KIRO PRO");
    let saved = scene.saved("kiro-aws-ABC");
    assert_eq!(saved["profile_arn"], ARN);
    assert_eq!(saved["client_secret_expires_at"], "4000000000");
    let asked = scene.aws.asked_about(PROFILES).pop().unwrap();
    assert_eq!(asked.json(), json!({"origin": "AI_EDITOR"}));
    assert_eq!(
        asked.header("content-type"),
        Some("application/x-amz-json-1.0")
    );
    assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
    let asked = scene.aws.asked_about(USAGE).pop().unwrap();
    let expected = json!({"origin": "AI_EDITOR", "resourceType": "AGENTIC_REQUEST"});
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn a_login_counts_where_nothing_is_told_of_it() {
    let scene = Scene::start().await;
    // Who may not see profiles may see what belongs to them.
    scene
        .aws
        .knows(&json!({"customizations": [], "profileArn": ARN}));
    assert_eq!(logged_in(&scene).await["id"], "kiro-aws-ABC");

    let scene = Scene::start().await;
    scene.aws.knows(&Value::Null);
    let account = logged_in(&scene).await;
    assert!(account.get("plan").is_none(), "{account}");
    let id = account["id"].as_str().unwrap();
    assert!(scene.saved(id).get("profile_arn").is_none());
}

#[tokio::test]
async fn how_much_of_a_plan_is_used_is_shown_with_its_account() {
    for (more, profile) in [(social(), Some(ARN)), (builder(), None)] {
        let scene = Scene::start().await;
        scene.account("kiro-a", &more);
        let gateway = scene.launch().start().await;
        eventually("the plan is told", async || {
            let accounts = scene.launch().run(&["accounts", "--json"]).await.json();
            accounts["accounts"][0]["quota"] != json!([])
        })
        .await;
        let accounts = scene.launch().run(&["accounts", "--json"]).await.json();
        let expected = json!([{"name": "KIRO PRO", "used_percent": 25.0, "resets_at": "2099-01-01T00:00:00Z"}]);
        assert_eq!(accounts["accounts"][0]["quota"], expected);
        let table = scene.launch().run(&["accounts"]).await.stdout;
        assert!(table.contains("KIRO PRO 25%"), "{table}");
        let asked = scene.aws.asked_about(USAGE);
        assert_eq!(asked.len(), 1, "it was not used since");
        assert_eq!(
            asked[0].json().get("profileArn").and_then(Value::as_str),
            profile
        );
        drop(gateway);
    }
}

/// Minutes until a moment in RFC 3339.
fn minutes_until(moment: &Value) -> u64 {
    let moment = humantime::parse_rfc3339(moment.as_str().unwrap()).unwrap();
    moment.duration_since(SystemTime::now()).unwrap().as_secs() / 60
}

#[tokio::test]
async fn tokens_of_which_no_life_is_told_are_good_for_an_hour() {
    for life in [json!(0), Value::Null] {
        let scene = Scene::start().await;
        scene.aws.says_of_life(&life);
        let id = logged_in(&scene).await["id"].clone();
        let saved = scene.saved(id.as_str().unwrap());
        let minutes = minutes_until(&saved["expired"]);
        assert!((58..60).contains(&minutes), "{saved}");

        for (name, mut more) in [("kiro-a", social()), ("kiro-b", builder())] {
            more["expires_at"] = json!(over());
            scene.account(name, &more);
        }
        let _gateway = scene.launch().start().await;
        for name in ["kiro-a", "kiro-b"] {
            let renewed = async || scene.saved(name)["access_token"] == "access-1";
            eventually("it is renewed", renewed).await;
            let saved = scene.saved(name);
            let minutes = minutes_until(&saved["expires_at"]);
            assert!((58..60).contains(&minutes), "{saved}");
        }
    }
}

#[tokio::test]
async fn a_month_that_is_used_up_rests_its_account_until_the_next_one() {
    let spent = || {
        let body =
            json!({"message": "You have reached the limit.", "reason": "MONTHLY_REQUEST_COUNT"});
        Said::json(402, &body)
    };
    for (known, least) in [(true, 29), (false, 4)] {
        let scene = Scene::start().await;
        if !known {
            scene.aws.knows(&Value::Null);
        }
        scene.account("kiro-a", &social());
        let gateway = scene.launch().start().await;
        let shown = async || {
            let accounts = scene.launch().run(&["accounts", "--json"]).await.json();
            accounts["accounts"][0].clone()
        };
        eventually("the plan is asked for", async || {
            let asked = !scene.aws.asked_about(USAGE).is_empty();
            asked && (shown().await["quota"] != json!([])) == known
        })
        .await;
        scene.aws.say(spent());
        let answer = gateway.question(Speaks::Claude, super::MODEL, false).await;
        assert_eq!(answer.status, 402, "{}", answer.text());
        let wait = answer
            .header("retry-after")
            .map(|wait| wait.parse::<u64>().unwrap());
        assert_eq!(
            wait.is_some_and(|wait| wait > 365 * 24 * 3600),
            known,
            "{wait:?}"
        );
        // As long as any hint of a provider counts (`routing.max-cooldown`), or as long as after any missing payment.
        let shown = shown().await;
        assert_eq!(shown["state"], "cooling");
        let minutes = minutes_until(&shown["next_try"]);
        assert!((least..=least + 1).contains(&minutes), "{shown}");
    }
}

#[tokio::test]
async fn trouble_of_kiros_is_waited_out_for_a_second() {
    let scene = Scene::start().await;
    let mut more = social();
    more["request_retry"] = json!(1);
    scene.account("kiro-a", &more);
    let gateway = scene.launch().start().await;
    let trouble = json!({"__type": "InternalServerException", "message": "Sorry."});
    scene.aws.say(Said::json(500, &trouble));
    scene.aws.say_stream(super::HELLO);
    let began = Instant::now();
    let answer = gateway.question(Speaks::Claude, super::MODEL, false).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_client_that_aws_has_forgotten_asks_for_a_new_login() {
    let scene = Scene::start().await;
    let mut more = builder();
    more["expires_at"] = json!(over());
    more["client_id"] = json!("client-0");
    more["client_secret_expires_at"] = json!("1590000000");
    scene.account("kiro-a", &more);
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, super::MODEL, false).await;
    let text = answer.text();
    assert_ne!(answer.status, 200);
    assert!(text.contains("modelgate login kiro"), "{text}");
    assert!(
        text.contains("AWS knew modelgate until 2020-05-20"),
        "{text}"
    );
    assert!(scene.aws.asked("/generateAssistantResponse").is_empty());
    // A new login registers modelgate anew.
    let account = logged_in(&scene).await;
    let saved = scene.saved(account["id"].as_str().unwrap());
    assert_eq!(
        (&saved["client_id"], &saved["client_secret_expires_at"]),
        (&json!("client-1"), &json!("4000000000"))
    );
    assert_eq!(scene.aws.asked("/client/register").len(), 1);
}
