use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use futures_util::stream;
use modelgate_config::{Config, Environment, parse};
use modelgate_dialects::{Dialect, Str};
use modelgate_providers::{Catalog, Operation};
use tempfile::TempDir;

use super::super::bundle::{Entries, Entry};
use super::super::names::{self, Kind};
use super::super::{REPORT_BYTES, SMALL};
use super::*;

const CLIENT: &str = "client-key-0123456789";
const PROVIDER: &str = "provider-key-0123456789";

struct Scene {
    home: TempDir,
    config: Config,
    logs: Logs,
}

impl Scene {
    fn new(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let text = format!(
            "logs-dir: {}\nclaude-api-key: [{{api-key: {PROVIDER}, models: [{{name: m}}]}}]\n{text}",
            home.path().display()
        );
        let loaded = parse(&text, Path::new("c.yaml"), &Environment::default()).unwrap();
        let logs = Logs::new(&loaded.config.logs);
        logs.follow(&loaded.config, &[]);
        Self {
            home,
            config: loaded.config,
            logs,
        }
    }

    fn begin(&self, method: Method, path: &str) -> Transcript {
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {CLIENT}");
        headers.insert("authorization", bearer.parse().unwrap());
        headers.insert("user-agent", "curl/8".parse().unwrap());
        self.logs.transcript(&Incoming {
            id: RequestId::new(),
            started: Instant::now(),
            method,
            path: path.to_owned(),
            query: Some(format!("beta=true&key={CLIENT}")),
            headers: Arc::new(headers),
            peer: None,
            upgrade: None,
            amp: None,
            body: Box::pin(stream::empty()),
            transcript: Transcript::default(),
        })
    }

    fn ask(&self) -> Transcript {
        self.begin(Method::POST, "/v1/messages")
    }

    /// Hands a call with this body to `see`.
    fn call(&self, body: &Bytes, see: impl FnOnce(&Call<'_>)) {
        let catalog = Catalog::preview(&self.config);
        let credential = &catalog.credentials()[0];
        see(&Call {
            credential,
            operation: Operation::Generate,
            dialect: Dialect::Claude,
            id: "r-1",
            model: "m",
            stream: false,
            body: body.clone().into(),
            query: None,
            client_headers: None,
            limit: 1 << 20,
        });
    }

    /// The logs of requests, by name.
    fn written(&self) -> Vec<(String, String)> {
        self.logs.flush();
        let entries = fs::read_dir(self.home.path()).unwrap();
        let mut logs: Vec<(String, String)> = entries
            .flat_map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                match names::kind(&name) {
                    Some(Kind::Current(names::Series::Requests)) => together(&path),
                    _ => vec![(name, fs::read_to_string(path).unwrap())],
                }
            })
            .collect();
        logs.sort();
        logs
    }
}

/// The logs in a file of several.
fn together(path: &Path) -> Vec<(String, String)> {
    let whole = fs::read_to_string(path).unwrap();
    let entries = Entries::of(fs::File::open(path).unwrap()).unwrap();
    let logs = entries.map(|entry| {
        let Entry { name, at, length } = entry.unwrap();
        let (at, length) = (
            usize::try_from(at).unwrap(),
            usize::try_from(length).unwrap(),
        );
        (name, whole[at..at + length].to_owned())
    });
    logs.collect()
}

fn refused(message: &str) -> CallError {
    let message = Str::from(message.to_owned());
    let error =
        modelgate_dialects::ir::Error::new(modelgate_dialects::ir::ErrorKind::RateLimit, message);
    CallError::answered(Str::from_static("claude"), error).with_status(429)
}

fn sections(text: &str) -> Vec<&str> {
    let names = text.lines().filter_map(|line| line.strip_prefix("=== "));
    names.filter_map(|name| name.strip_suffix(" ===")).collect()
}

async fn read(response: Response) -> (http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    (parts, body.collect().await.unwrap().to_bytes())
}

fn json(text: &'static str) -> Response {
    crate::reply::json(http::StatusCode::OK, text)
}

#[tokio::test]
async fn a_whole_request_has_its_sections_in_order_and_no_secret() {
    let scene = Scene::new("request-log: true");
    let transcript = scene.ask();
    let body = Bytes::from(format!(r#"{{"model":"m","note":"{CLIENT}"}}"#));
    transcript.received(&body);
    scene.call(&body, |call| {
        transcript.calls(call);
        transcript.failed(call, &refused(&format!("your key {PROVIDER} is wrong")));
        transcript.calls(call);
    });
    let upstream = Upstream {
        headers: HeaderMap::new(),
        body: Box::pin(stream::iter([
            Ok(Bytes::from_static(b"{\"said\":")),
            Ok(Bytes::from_static(b"\"\x1b[2J\"}")),
        ])),
    };
    let mut upstream = transcript.hears(upstream);
    while upstream.body.next().await.is_some() {}
    let (parts, answer) = read(transcript.answers(json("{\"answer\":1}")).await).await;
    assert_eq!(
        (parts.status.as_u16(), &*answer),
        (200, &b"{\"answer\":1}"[..])
    );
    drop((transcript, upstream));

    let files = scene.written();
    let [(name, text)] = &files[..] else {
        panic!("{files:?}")
    };
    assert!(name.starts_with("v1-messages-"), "{name}");
    assert_eq!(
        sections(text),
        [
            "REQUEST INFO",
            "HEADERS",
            "REQUEST BODY",
            "API REQUEST",
            "API ERROR RESPONSE",
            "API REQUEST",
            "API RESPONSE",
            "RESPONSE"
        ]
    );
    for part in [
        "URL: /v1/messages?beta=true&key=clie…6789\nMethod: POST\n",
        "user-agent: curl/8",
        "authorization: Bearer clie…6789",
        "Upstream URL: https://api.anthropic.com/v1/messages\n",
        "Auth: provider=claude, id=claude-api-key[0]",
        "x-api-key: prov…6789",
        "HTTP Status: 429\nKind: rate_limited\nyour key prov…6789 is wrong",
        "{\"said\":\"\\u{1b}[2J\"}",
        "Status: 200\ncontent-type: application/json\n\n{\"answer\":1}\n",
    ] {
        assert!(text.contains(part), "{part}\n\n{text}");
    }
    assert!(!text.contains(CLIENT) && !text.contains(PROVIDER), "{text}");
}

#[tokio::test]
async fn otherwise_only_what_an_upstream_refused_leaves_a_log() {
    let scene = Scene::new("");
    let body = Bytes::from_static(b"{}");
    // One that succeeds, and one that was wrong before anybody was asked.
    let good = scene.ask();
    good.received(&body);
    scene.call(&body, |call| good.calls(call));
    drop((good.answers(json("{}")).await, good));
    let wrong = scene.ask();
    drop((wrong.answers(json("{}")).await, wrong));
    assert_eq!(scene.written(), []);

    let failed = scene.ask();
    failed.received(&body);
    scene.call(&body, |call| failed.failed(call, &refused("slow down")));
    drop((read(failed.answers(json("{\"no\":1}")).await).await, failed));
    let files = scene.written();
    let [(name, text)] = &files[..] else {
        panic!("{files:?}")
    };
    assert!(
        matches!(names::kind(name), Some(Kind::Request { failed: true, .. })),
        "{name}"
    );
    assert!(
        text.contains("slow down") && text.contains("{\"no\":1}"),
        "{text}"
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_a_log_too() {
    let scene = Scene::new("");
    let transcript = scene.ask();
    transcript.received(&Bytes::from("x".repeat(REST * 2)));
    let events = stream::iter([Ok(Bytes::from_static(b"data: 1\n\n"))]);
    let response = transcript.answers(crate::reply::events(events)).await;
    transcript.broke(&refused("the stream broke"));
    drop((read(response).await, transcript));
    let files = scene.written();
    let text = &files[0].1;
    assert!(
        text.contains("the stream broke") && text.contains("Status: 200"),
        "{text}"
    );
    let cut = format!("[cut: {REST} of {} bytes are shown]", REST * 2);
    assert!(text.contains(&cut), "{text}");
}

#[tokio::test]
async fn a_large_body_is_not_copied_before_it_must_be_nor_held_for_long() {
    for text in ["", "request-log: true"] {
        let scene = Scene::new(text);
        let transcript = scene.ask();
        let body = Bytes::from("a".repeat(3 << 20));
        transcript.received(&body);
        assert!(!body.is_unique(), "a view");
        let answer = transcript.answers(json("{}")).await;
        assert!(body.is_unique(), "once the answer begins, the rest is free");
        drop((read(answer).await, transcript));
    }
}

#[tokio::test]
async fn large_bodies_are_cut_and_that_is_said() {
    let scene = Scene::new("request-log: true");
    let transcript = scene.ask();
    transcript.received(&Bytes::from("a".repeat(3 << 20)));
    for _ in 0..20 {
        scene.call(&Bytes::from("b".repeat(1 << 20)), |call| {
            transcript.calls(call);
        });
    }
    let events = stream::iter((0..50).map(|_| Ok(Bytes::from(vec![b'c'; 100_000]))));
    let response = transcript.answers(crate::reply::events(events)).await;
    let (_, sent) = read(response).await;
    assert_eq!(sent.len(), 5_000_000, "the client gets everything");
    drop(transcript);
    // To write so much takes a busy machine longer than a flush waits.
    let mut tries = 0..20;
    let written = loop {
        let written = scene.written();
        if !written.is_empty() || tries.next().is_none() {
            break written;
        }
    };
    let text = &written[0].1;
    assert!(text.len() < ALL + (64 << 10), "{}", text.len());
    assert!(text.contains("[cut: 1048576 of 3145728 bytes are shown]"));
    assert_eq!(text.matches("=== API REQUEST ===").count(), CALLS);
}

#[tokio::test]
async fn what_is_no_request_to_a_provider_has_no_transcript() {
    let scene = Scene::new("request-log: true");
    for (method, path) in [
        (Method::GET, "/v1/models"),
        (Method::POST, "/v0/management/api-call"),
        (Method::PUT, "/v0/management/debug"),
        (Method::POST, "/api/event_logging/batch"),
    ] {
        let name = format!("{method} {path}");
        assert!(scene.begin(method, path).0.is_none(), "{name}");
    }
    assert!(scene.begin(Method::POST, "/api/provider/x").0.is_some());
    let commercial = Scene::new("request-log: true\ncommercial-mode: true");
    assert!(commercial.ask().0.is_none());
}

#[tokio::test]
async fn too_many_at_once_are_counted_and_nobody_waits() {
    let scene = Scene::new("request-log: true");
    let board = &scene.logs.0.board;
    // As if so much were waiting.
    board.report_bytes.store(REPORT_BYTES, Relaxed);
    let long = scene.ask();
    long.received(&Bytes::from("a".repeat(SMALL)));
    drop(long);
    assert_eq!(board.lost_reports.load(Relaxed), 1);
    board.gathered().push("waits", &"a".repeat(REPORT_BYTES));
    drop(scene.ask());
    assert_eq!(board.lost_reports.load(Relaxed), 2);
    drop(std::mem::take(&mut *board.gathered()));
    assert_eq!(scene.written(), []);
    assert_eq!(board.lost_reports.load(Relaxed), 0, "it is said");
}
