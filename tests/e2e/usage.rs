//! What requests used, over the end of the program and of its patience: stops, kills, disks that take nothing.

use crate::harness::process::Finished;
use crate::harness::{Gateway, HELLO, Home, KEY, Launch, Settings, Speaks, eventually, start};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a kill may cost: rows are written within a quarter of a second.
const LOST: Duration = Duration::from_secs(1);

async fn run(home: &Home, words: &[&str]) -> Finished {
    Launch::in_home(home).run(words).await
}

async fn usage(home: &Home, by: &str) -> Value {
    let finished = run(home, &["usage", "--by", by, "--json"]).await;
    finished.json()
}

/// A gateway in this home with the configuration that it had before.
async fn again(home: &Home) -> Gateway {
    let path = home.path("modelgate.yaml");
    let launch = Launch::in_home(home).arg("--config");
    launch.arg(path.to_str().unwrap()).start().await
}

#[tokio::test]
async fn a_stop_changes_nothing_of_the_past() {
    let (_upstream, mut gateway) = start(Speaks::Claude, "").await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(client, "up-text", stream).await;
            answer.expect_text(client, HELLO);
        }
    }
    let refused = gateway.question(Speaks::Chat, "up-503", false).await;
    assert_eq!(refused.status, 503);
    let before = usage(&gateway.home, "model").await;
    assert_eq!(before["total"]["requests"], 5);
    assert_eq!(before["total"]["failed"], 1);
    assert!(before["total"]["output"].as_u64().unwrap() > 0, "{before}");
    assert_eq!(before["groups"].as_array().unwrap().len(), 2, "{before}");
    let listed = run(&gateway.home, &["why", "--json"]).await.json();
    let newest = listed["requests"][0]["id"].as_str().unwrap().to_owned();

    gateway.signal("TERM");
    assert_eq!(gateway.exit_code().await, Some(0));
    let gateway = again(&gateway.home).await;
    let after = usage(&gateway.home, "model").await;
    assert_eq!(after["total"], before["total"]);
    assert_eq!(after["groups"], before["groups"]);
    let told = run(&gateway.home, &["why", &newest, "--json"]).await.json();
    assert_eq!(told["id"], *newest);
    assert_eq!(told["attempts"][0]["status"], 503, "{told}");
}

#[tokio::test]
async fn a_kill_costs_less_than_a_second_and_doubles_nothing() {
    let mut gateway = Launch::with(&format!("api-keys: [{KEY}]\n")).start().await;
    let ended = Arc::new(Mutex::new(Vec::new()));
    let mut clients = Vec::new();
    for _ in 0..8 {
        let request = || {
            gateway.post(
                Speaks::Chat,
                Speaks::Chat.question("demo", false).to_string(),
            )
        };
        let requests: Vec<_> = (0..250).map(|_| request()).collect();
        let ended = Arc::clone(&ended);
        clients.push(tokio::spawn(async move {
            for request in requests {
                let Ok(answer) = request.send().await else {
                    return;
                };
                let id = answer.headers()["x-request-id"]
                    .to_str()
                    .unwrap()
                    .to_owned();
                if answer.bytes().await.is_ok() {
                    ended.lock().unwrap().push((Instant::now(), id));
                }
            }
        }));
    }
    // In the middle of it, and when there is something that must not be lost.
    eventually("requests have ended long enough ago", async || {
        let ended = ended.lock().unwrap();
        let first = ended.first();
        ended.len() > 400 && first.is_some_and(|(at, _)| at.elapsed() > LOST + LOST / 2)
            || ended.len() == 2_000
    })
    .await;
    let killed = Instant::now();
    gateway.signal("KILL");
    gateway.exit_code().await;
    for client in clients {
        client.await.unwrap();
    }
    let gateway = again(&gateway.home).await;
    let exported = run(&gateway.home, &["usage", "export", "--format", "jsonl"]).await;
    let rows: Vec<Value> = exported
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let known: HashSet<&str> = rows
        .iter()
        .map(|row| row["request_id"].as_str().unwrap())
        .collect();
    assert_eq!(known.len(), rows.len(), "nothing is doubled");
    let ended = ended.lock().unwrap().clone();
    let safe = ended.iter().filter(|(at, _)| killed - *at > LOST);
    let missing = safe.filter(|(_, id)| !known.contains(&**id)).count();
    assert_eq!(
        missing,
        0,
        "of {} that ended, {} are known",
        ended.len(),
        rows.len()
    );
    let summed = usage(&gateway.home, "hour").await;
    assert_eq!(summed["total"]["requests"], rows.len());
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_costs_no_request() {
    let upstream = Upstream::start().await;
    let home = Home::new();
    fs::write(home.path("file"), "").unwrap();
    let path = home.path("file").join("ledger.db");
    let settings = Settings::upstream(Speaks::Chat, &upstream)
        .line(&format!("ledger: {{path: {}}}", path.display()));
    let gateway = settings.start().await;
    gateway
        .question(Speaks::Chat, "up-text", false)
        .await
        .expect_text(Speaks::Chat, HELLO);
    eventually("it is shouted", async || {
        gateway.log().contains("the ledger cannot be written")
    })
    .await;
    let finished = run(&gateway.home, &["usage"]).await;
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("usage statistics unavailable"),
        "{}",
        finished.stderr
    );
    let remembered = run(&gateway.home, &["why", "--json"]).await;
    assert_eq!(remembered.code, Some(0), "{}", remembered.stderr);
}

#[tokio::test]
async fn a_stream_is_counted_whether_or_not_its_client_asks() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let mut body = Speaks::Chat.question("up-text", true);
    body.as_object_mut().unwrap().remove("stream_options");
    let answer = gateway.ask(Speaks::Chat, &body).await;
    answer.expect_text(Speaks::Chat, HELLO);
    assert!(!answer.text().contains("\"usage\":{"), "{}", answer.text());
    let asked: Value = serde_json::from_slice(&upstream.last_request().body).unwrap();
    assert_eq!(asked["stream_options"], json!({"include_usage": true}));
    let counted = usage(&gateway.home, "model").await;
    assert_eq!(counted["total"]["uncounted"], 0, "{counted}");
    assert!(counted["total"]["input"].as_u64().unwrap() > 0, "{counted}");
}

#[tokio::test]
async fn sums_are_shown_to_people_and_to_spreadsheets() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    gateway.question(Speaks::Chat, "up-text", false).await;
    let shown = run(&gateway.home, &["usage"]).await;
    assert!(shown.stdout.starts_with("MODEL "), "{}", shown.stdout);
    assert!(shown.stdout.contains("up-text"), "{}", shown.stdout);
    let csv = run(&gateway.home, &["usage", "--by", "provider", "--csv"]).await;
    let lines: Vec<&str> = csv.stdout.lines().collect();
    assert!(lines[0].starts_with("name,of,requests") && lines[1].starts_with("chat0,,1,0"));
    let none = run(&gateway.home, &["usage", "--until", "2020-01-01"]).await;
    assert_eq!((none.code, &*none.stdout), (Some(0), ""));
    assert!(none.stderr.contains("no requests"), "{}", none.stderr);
    let wrong = run(&gateway.home, &["usage", "--since", "soon"]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("36h, 7d"), "{}", wrong.stderr);

    let exported = run(&gateway.home, &["usage", "export"]).await.stdout;
    fs::write(gateway.home.path("export.json"), exported).unwrap();
    let file = gateway.home.path("export.json");
    let words = ["usage", "import", file.to_str().unwrap(), "--json"];
    let imported = run(&gateway.home, &words).await.json();
    assert_eq!(
        (&imported["added"], &imported["skipped"]),
        (&json!(0), &json!(1))
    );
    let missing = run(&gateway.home, &["usage", "import", "nowhere.json"]).await;
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.stderr.contains("nowhere.json"),
        "{}",
        missing.stderr
    );
}
