//! Numbers for Prometheus.

use std::sync::Arc;

use modelgate_providers::Why;

use super::usage::Scene;
use super::*;
use crate::access::Caller;

/// Asks for the numbers.
async fn read(state: &State, key: Option<&str>) -> (u16, String) {
    let key = key.map(|key| (http::header::AUTHORIZATION, format!("Bearer {key}")));
    let headers = key.into_iter();
    let incoming = Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: Method::GET,
        path: "/metrics".to_owned(),
        query: None,
        headers: Arc::new(
            headers
                .map(|(name, value)| (name, value.parse().unwrap()))
                .collect(),
        ),
        peer: Some("127.0.0.1:5000".parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::empty()),
        transcript: Transcript::default(),
    };
    let (parts, body) = metrics(state, Box::new(incoming)).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status.as_u16(),
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn requests_tokens_and_cost_are_counted() {
    let scene = Scene::new("");
    scene.request(0, Some((1_000, 10)));
    scene.request(1, None);
    let (status, text) = read(&scene.state, Some(TOKEN)).await;
    assert_eq!(status, 200);
    let model = r#"provider="claude",model="claude-sonnet-4-6""#;
    for line in [
        format!(r#"modelgate_requests_total{{dialect="claude",{model},outcome="completed"}} 1"#),
        format!(r#"modelgate_requests_total{{dialect="claude",{model},outcome="failed"}} 1"#),
        format!(r#"modelgate_tokens_total{{{model},kind="input"}} 1000"#),
        format!(r#"modelgate_cost_dollars_total{{{model}}} 0.00315"#),
        r#"modelgate_attempts_total{provider="claude",credential="claude-api-key[0]",result="answered"} 1"#.to_owned(),
        r#"modelgate_request_seconds_count{dialect="claude",stream="false"} 2"#.to_owned(),
        "modelgate_own_seconds_count 2".to_owned(),
        "modelgate_open_requests 0".to_owned(),
        r#"modelgate_accounts{state="ready"} 1"#.to_owned(),
        "modelgate_ledger_lost_requests 0".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert_eq!(text.matches("# EOF").count(), 1);
    for secret in ["sk-ant", "mg-ann", TOKEN] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn clients_make_no_labels() {
    let scene = Scene::new("");
    let snapshot = scene.state.snapshot();
    for name in ["claude-made-up-1", "nobody's \"model\""] {
        let telemetry = Arc::clone(&scene.state.telemetry);
        let mut record = Record::new(RequestId::new(), Instant::now(), Dialect::Chat, telemetry);
        record.called_by(&Caller::Loopback);
        record.asked(&name.into(), false);
        record.listed(snapshot.catalog.is_listed(name));
        if let Some(route) = snapshot.catalog.route(name) {
            record.attempt(&route.member(0).to_candidate(), Why::Turn);
        }
    }
    let (_, text) = read(&scene.state, Some(TOKEN)).await;
    assert!(
        !text.contains("made-up") && !text.contains("nobody's"),
        "{text}"
    );
    for provider in ["claude", "none"] {
        let labels = format!(r#"provider="{provider}",model="other",outcome="aborted""#);
        assert!(text.contains(&labels), "{text}");
    }
}

#[tokio::test]
async fn only_who_may_manage_may_look() {
    let state = state(FILE);
    assert_eq!(read(&state, None).await.0, 401);
    assert_eq!(read(&state, Some("wrong")).await.0, 401);
    assert_eq!(read(&state, Some(TOKEN)).await.0, 200);
}
