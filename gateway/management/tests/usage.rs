//! Usage from a ledger of its own.

use std::sync::Arc;

use modelgate_dialects::ir::{Error, Usage};
use modelgate_management::{UsageSummary, UsageTotals};
use modelgate_providers::Why;
use tempfile::TempDir;

use super::*;
use crate::access::Caller;

const MODEL: &str = "claude-sonnet-4-6";

/// A gateway with a ledger.
pub(super) struct Scene {
    _home: TempDir,
    pub(super) state: Arc<State>,
}

impl Scene {
    pub(super) fn new(more: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let text = format!(
            "ledger: {{path: {}}}
api-keys: [{{key: mg-ann-0123456789, name: ann}}, mg-bob-0123456789]
claude-api-key: [{{api-key: sk-ant-0123456789abcdef}}]
{more}",
            home.path().join("ledger.db").display()
        );
        let state = super::state(&text);
        state.telemetry.open(&state.snapshot().config);
        Self { _home: home, state }
    }

    /// A request of the key of that place; without counts it has failed.
    pub(super) fn request(&self, key: usize, counts: Option<(u64, u64)>) -> String {
        let snapshot = self.state.snapshot();
        let route = snapshot.catalog.route(MODEL).unwrap();
        let id = RequestId::new();
        let telemetry = Arc::clone(&self.state.telemetry);
        let mut record = Record::new(id.clone(), Instant::now(), Dialect::Claude, telemetry);
        let key = snapshot.config.client_keys[key].clone();
        record.called_by(&Caller::Key(Arc::new(key)));
        record.asked(&MODEL.into(), false);
        record.listed(snapshot.catalog.is_listed(MODEL));
        record.attempt(&route.member(0).to_candidate(), Why::Turn);
        match counts {
            Some((input, output)) => {
                record.attempted(None);
                record.used(Usage {
                    input: Some(input),
                    output: Some(output),
                    ..Usage::default()
                });
                record.answered(10);
            }
            None => record.failed(&Error::new(ErrorKind::Overloaded, "too much to do")),
        }
        id.to_string()
    }

    async fn json(&self, ask: &str) -> Value {
        view(&self.state, ask).await
    }

    async fn refused(&self, ask: &str, body: &str) -> (u16, Value) {
        let (status, _, body) = sent(&self.state, ask, &[KEY], body).await;
        (status, serde_json::from_slice(&body).unwrap())
    }
}

#[tokio::test]
async fn sums_are_told_by_every_part() {
    let scene = Scene::new("");
    scene.request(0, Some((1_000, 10)));
    scene.request(0, Some((1_000, 10)));
    scene.request(1, None);
    let summary: UsageSummary = view(&scene.state, "GET usage/summary?by=key&since=1h").await;
    assert_eq!((summary.total.requests, summary.total.failed), (3, 1));
    assert_eq!(summary.total.tokens, 2_020);
    assert_eq!(summary.total.cost_nanodollars, 2 * (3_000_000 + 150_000));
    let [ann, bob] = &summary.groups[..] else {
        panic!("{:?}", summary.groups)
    };
    assert_eq!(ann.of.as_deref(), Some("ann"));
    assert_eq!((ann.totals.requests, bob.totals.requests), (2, 1));
    assert_eq!(bob.totals.cost_nanodollars, 0);
    assert!(summary.ledger.recording && summary.ledger.open);
    assert_eq!((summary.ledger.written, summary.ledger.lost), (3, 0));
    for by in ["model", "provider", "credential", "hour", "day"] {
        let ask = format!("GET usage/summary?by={by}&zone=UTC");
        let summary: UsageSummary = view(&scene.state, &ask).await;
        assert_eq!(summary.by, by);
        assert_eq!(summary.groups.len(), 1, "{by}");
        assert_eq!(summary.groups[0].totals, summary.total, "{by}");
    }
    let old: UsageSummary = view(&scene.state, "GET usage/summary?until=2020-01-01").await;
    assert_eq!((old.total, old.groups.len()), (UsageTotals::default(), 0));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let scene = Scene::new("");
    for (ask, param) in [
        ("GET usage/summary?by=colour", "by"),
        ("GET usage/summary?since=soon", "since"),
        ("GET usage/summary?zone=Middle/Earth", "zone"),
        ("GET usage?details=some", "details"),
        ("GET usage/export?format=xls", "format"),
        ("GET requests?outcome=fine", "outcome"),
        ("GET requests?before=x", "before"),
    ] {
        let (status, told) = scene.refused(ask, "").await;
        assert_eq!(
            (status, &told["error"]["param"]),
            (400, &param.into()),
            "{ask}"
        );
    }
    let (status, told) = scene.refused("POST usage/import", "{").await;
    assert_eq!((status, &told["error"]), (400, &"invalid json".into()));
    let (status, told) = scene.refused("POST usage/import", r#"{"version":2}"#).await;
    assert_eq!(
        (status, &told["error"]),
        (400, &"unsupported version".into())
    );
    for ask in ["POST usage", "GET usage/import", "DELETE usage/summary"] {
        assert_eq!(scene.refused(ask, "").await.0, 405, "{ask}");
    }
    assert_eq!(scene.refused("GET usage/other", "").await.0, 404);
}

#[tokio::test]
async fn an_export_is_skipped_here_and_taken_elsewhere() {
    let scene = Scene::new("");
    scene.request(0, Some((5, 7)));
    scene.request(1, None);
    let usage = scene.json("GET usage").await;
    assert_eq!(usage["failed_requests"], 1);
    assert_eq!(usage["usage"]["total_requests"], 2);
    let details = &usage["usage"]["apis"]["ann"]["models"][MODEL]["details"];
    assert_eq!(details[0]["tokens"]["total_tokens"], 12);
    let none = scene.json("GET usage?details=0").await;
    assert_eq!(none["usage"]["total_requests"], 2);
    let export = scene.json("GET usage/export").await.to_string();
    let told = |told: (u16, Value)| {
        let count = |name: &str| told.1[name].as_u64().unwrap();
        (count("added"), count("skipped"), count("total_requests"))
    };
    let again = scene.refused("POST usage/import", &export).await;
    assert_eq!(told(again), (0, 2, 2));
    let other = Scene::new("");
    let first = other.refused("POST usage/import", &export).await;
    assert_eq!(told(first), (2, 0, 2));
}

#[tokio::test]
async fn rows_are_exported_in_two_forms() {
    let scene = Scene::new("");
    let id = scene.request(0, Some((5, 7)));
    let (_, headers, body) = asked(&scene.state, "GET usage/export?format=csv", Some(TOKEN)).await;
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(body).unwrap();
    assert!(
        text.starts_with("time,request_id,") && text.contains(&id),
        "{text}"
    );
    let line = scene.json("GET usage/export?format=jsonl").await;
    assert_eq!(line["request_id"], *id);
}

#[tokio::test]
async fn the_queue_tells_everything_once() {
    let scene = Scene::new("");
    let first = scene.request(0, Some((5, 7)));
    let second = scene.request(1, None);
    let told = scene.json("GET usage-queue").await;
    assert_eq!(told[0]["request_id"], *first);
    assert_eq!(told[0]["tokens"]["total_tokens"], 12);
    assert_eq!(told.as_array().unwrap().len(), 1);
    let told = scene.json("GET usage-queue?count=9").await;
    assert_eq!(
        (&told[0]["request_id"], told[0]["failed"].as_bool()),
        (&second.into(), Some(true))
    );
    assert_eq!(told[0]["fail"]["body"], "too much to do");
    assert!(!told.to_string().contains("mg-bob"));
    assert_eq!(
        scene.json("GET usage-queue").await,
        Value::Array(Vec::new())
    );
    for wrong in ["0", "-1", "many"] {
        let (status, told) = scene
            .refused(&format!("GET usage-queue?count={wrong}"), "")
            .await;
        let message = "count must be a positive integer";
        assert_eq!((status, &told["error"]), (400, &message.into()), "{wrong}");
    }
}

#[tokio::test]
async fn a_queue_that_keeps_nothing_tells_nothing() {
    let scene = Scene::new("redis-usage-queue-retention-seconds: 0\n");
    scene.request(0, Some((5, 7)));
    assert_eq!(
        scene.json("GET usage-queue").await,
        Value::Array(Vec::new())
    );
}

#[tokio::test]
async fn requests_of_earlier_runs_are_listed_after_those_of_this_one() {
    let scene = Scene::new("");
    let ids: Vec<String> = (0..3).map(|_| scene.request(0, Some((1, 1)))).collect();
    let newest: Requests = view(&scene.state, "GET requests?limit=2").await;
    let listed = |requests: &Requests| -> Vec<String> {
        requests.requests.iter().map(|one| one.id.clone()).collect()
    };
    assert_eq!(listed(&newest), [&*ids[2], &*ids[1]]);
    let cost = newest.requests[0].cost.as_ref().unwrap();
    assert_eq!((cost.nanodollars, &*cost.basis), (Some(18_000), "exact"));
    let ask = format!("GET requests?before={}", newest.next.unwrap());
    let rest: Requests = view(&scene.state, &ask).await;
    assert_eq!((listed(&rest), rest.next), (vec![ids[0].clone()], None));
    assert_eq!(rest.requests[0].cost, newest.requests[0].cost);

    // As after a restart: nothing is remembered.
    let mut scene = scene;
    Arc::get_mut(&mut scene.state).unwrap().telemetry = Arc::default();
    let config = &scene.state.snapshot().config;
    scene.state.telemetry.open(config);
    let all: Requests = view(&scene.state, "GET requests").await;
    assert_eq!(listed(&all), [&*ids[2], &*ids[1], &*ids[0]]);
    let one: RequestDetail = view(&scene.state, &format!("GET requests/{}", ids[1])).await;
    assert_eq!(
        (one.status, one.usage.input, one.attempts.len()),
        (200, Some(1), 1)
    );
    let filtered: Requests = view(&scene.state, "GET requests?outcome=failed").await;
    assert_eq!(filtered, Requests::default());
    let id = scene.request(1, None);
    let ask = "GET requests?outcome=failed&model=claude-sonnet-4-6";
    let filtered: Requests = view(&scene.state, ask).await;
    assert_eq!(listed(&filtered), [id]);
}

#[tokio::test]
async fn without_statistics_nothing_is_written_down() {
    let scene = Scene::new("usage-statistics-enabled: false\n");
    scene.request(0, Some((1, 1)));
    let summary: UsageSummary = view(&scene.state, "GET usage/summary").await;
    assert_eq!(summary.total.requests, 0);
    assert!(!summary.ledger.recording);
    assert_eq!(
        scene.json("GET usage-queue").await,
        Value::Array(Vec::new())
    );
    let remembered: Requests = view(&scene.state, "GET requests").await;
    assert_eq!(remembered.requests.len(), 1);
    let none = state(FILE);
    assert_eq!(asked(&none, "GET usage", Some(TOKEN)).await.0, 503);
}
