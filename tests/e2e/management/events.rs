//! What happens, as a dashboard is told.

use crate::harness::{Gateway, Launch, PATIENCE, Settings, Speaks, start};
use modelgate_test_upstream::Upstream;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// A stream of events that is being read.
struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(gateway: &Gateway, query: &str) -> Self {
        let path = format!("/v0/management/events{query}");
        let request = gateway.keyless("GET", &path).bearer_auth(gateway.token());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut events = Self {
            response,
            text: String::new(),
        };
        // The stream is open once it says so.
        while !events.text.contains(": watching\n\n") {
            events.read().await;
        }
        events.text.clear();
        events
    }

    async fn read(&mut self) {
        let chunk = timeout(PATIENCE, self.response.chunk()).await;
        let chunk = chunk.unwrap_or_else(|_| panic!("nothing came after {}", self.text));
        let chunk = chunk.unwrap().expect("the stream goes on");
        self.text.push_str(std::str::from_utf8(&chunk).unwrap());
    }

    async fn next(&mut self) -> Value {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some((name, data)) = frame.split_once('\n') {
                    let event: Value =
                        serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                    assert_eq!(name, format!("event: {}", event["type"].as_str().unwrap()));
                    return event;
                }
            } else {
                self.read().await;
            }
        }
    }

    /// The next event of a type; others are passed over.
    async fn until(&mut self, name: &str) -> Value {
        loop {
            let event = self.next().await;
            if event["type"] == name {
                return event;
            }
        }
    }
}

#[tokio::test]
async fn a_request_is_told_from_its_beginning_to_its_cost() {
    let (_upstream, gateway) = start(Speaks::Claude, "").await;
    let mut events = Events::open(&gateway, "").await;
    let answer = gateway.question(Speaks::Chat, "up-text", true).await;
    let id = answer.header("x-request-id").unwrap();
    let started = events.next().await;
    let first = events.next().await;
    let ended = events.next().await;
    let types = [&started, &first, &ended].map(|event| event["type"].as_str().unwrap());
    assert_eq!(
        types,
        ["request_started", "request_first_byte", "request_ended"]
    );
    for event in [&started, &first, &ended] {
        assert_eq!(event["id"], id, "{event}");
    }
    for (event, field, expected) in [
        (&started, "dialect", "chat"),
        (&started, "model", "up-text"),
        (&first, "credential", "claude-api-key[0]"),
        (&first, "provider", "claude"),
        (&first, "upstream_dialect", "claude"),
        (&first, "upstream_model", "up-text"),
        (&ended, "upstream_dialect", "claude"),
        (&ended, "credential", "claude-api-key[0]"),
    ] {
        assert_eq!(event[field], expected, "{field} in {event}");
    }
    assert_eq!(started["stream"], true);
    assert!(started["client_key"].is_string(), "{started}");
    assert_eq!(
        (&ended["status"], &ended["complete"]),
        (&200.into(), &true.into())
    );
    assert!(ended["usage"]["output"].as_u64() > Some(0), "{ended}");
    assert_eq!(ended["cost"]["basis"], "unpriced");
    assert!(
        ended["first_byte_ms"].as_u64() <= ended["total_ms"].as_u64(),
        "{ended}"
    );
}

#[tokio::test]
async fn accounts_and_configurations_that_change_are_told() {
    let upstream = Upstream::start().await;
    let settings = Settings::new().provider(Speaks::Chat, &upstream.url(), &["fail-429"], "");
    let gateway = settings.start().await;
    let mut events = Events::open(&gateway, "").await;
    gateway.question(Speaks::Chat, "up-text", false).await;
    let changed = events.until("account_changed").await;
    assert_eq!(changed["id"], "chat0[0]", "{changed}");
    let text = settings.text();
    gateway.rewrite(&format!("{text}request-retry: many\n"));
    let refused = events.until("config_refused").await;
    assert_eq!(refused["problems"][0]["key"], "request-retry", "{refused}");
    gateway.rewrite(&format!("{text}request-retry: 1\n"));
    let changed = events.until("config_changed").await;
    assert_eq!(changed["credentials"], 1, "{changed}");
}

#[tokio::test]
async fn lines_of_the_log_are_told_once_each_and_without_an_echo() {
    const OURS: &str = "sk-ours-0123456789abcdef";
    let upstream = Upstream::start().await;
    let settings = Settings::new().provider(Speaks::Chat, &upstream.url(), &[OURS], "");
    // Libraries that log what is sent would log the events that tell of it.
    let gateway = Launch::with(&settings.text())
        .arg("--log")
        .arg("trace,modelgate=debug")
        .start()
        .await;
    let mut lines = Events::open(&gateway, "?types=log").await;
    let answer = gateway.question(Speaks::Chat, "up-text", false).await;
    let id = answer.header("x-request-id").unwrap();
    let line = loop {
        let line = lines.until("log").await;
        if line["text"].as_str().unwrap().starts_with("request ") {
            break line;
        }
    };
    assert_eq!(
        (&line["request_id"], &line["level"]),
        (&id.into(), &"info".into())
    );
    assert_eq!(line["target"], "modelgate_gateway::record");
    assert!(!line.to_string().contains(OURS), "{line}");
    let mut echo = 0;
    while timeout(Duration::from_millis(300), lines.next())
        .await
        .is_ok()
    {
        echo += 1;
        assert!(echo < 50, "every line makes another");
    }
}
