//! Bodies in paused time: keep-alive, silence, the end, and who is let go when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use http::HeaderMap;
use modelgate_dialects::ir::Error;
use modelgate_management::Event;
use modelgate_providers::Upstream;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::*;
use crate::error::Failure;
use crate::request::RequestId;
use crate::telemetry::Telemetry;

const SECOND: Duration = Duration::from_secs(1);
const DONE: &str = "data: [DONE]\n\n";
const CHUNK: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";

type Sender = mpsc::Sender<Result<Bytes, CallError>>;

/// Tells when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn relay() -> (Sender, Relay, Arc<AtomicBool>) {
    let (sender, receiver) = mpsc::channel(100);
    let gone = Arc::new(AtomicBool::new(false));
    let guard = Dropped(Arc::clone(&gone));
    let body = stream::unfold((receiver, guard), |(mut receiver, guard)| async move {
        Some((receiver.recv().await?, (receiver, guard)))
    });
    let upstream = Upstream {
        headers: HeaderMap::new(),
        body: Box::pin(body),
    };
    let source = Source {
        provider: Str::from_static("test"),
        tag: Str::from_static("chat:test"),
        dialect: Dialect::Chat,
        client: Dialect::Chat,
        idle: 60 * SECOND,
        limit: 1 << 20,
    };
    let conduit = Conduit::pass(Dialect::Chat, None, 1 << 20);
    (
        sender,
        Relay {
            upstream,
            conduit,
            held: Vec::new(),
            source,
            over: false,
            trying: None,
            transcript: crate::logs::Transcript::default(),
        },
        gone,
    )
}

fn record() -> Record {
    Record::new(
        RequestId::new(),
        std::time::Instant::now(),
        Dialect::Chat,
        Arc::default(),
    )
}

fn flowing() -> (Sender, Body, Arc<AtomicBool>) {
    let (sender, relay, gone) = relay();
    (
        sender,
        Body::flowing(Dialect::Chat, relay, record(), Some(15 * SECOND), None),
        gone,
    )
}

async fn next(body: &mut Body) -> Option<String> {
    body.next()
        .await
        .map(|Ok(bytes)| String::from_utf8(bytes.to_vec()).unwrap())
}

async fn send(sender: &Sender, text: &'static str) {
    sender
        .send(Ok(Bytes::from_static(text.as_bytes())))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn chunks_that_are_ready_are_sent_as_one() {
    let (sender, mut body, _) = flowing();
    for _ in 0..3 {
        send(&sender, CHUNK).await;
    }
    assert_eq!(next(&mut body).await, Some(CHUNK.repeat(3)));
    send(&sender, DONE).await;
    drop(sender);
    assert_eq!(next(&mut body).await.as_deref(), Some(DONE));
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_silent_line_is_kept_open_until_the_upstream_is_given_up() {
    let (_sender, mut body, _) = flowing();
    let start = Instant::now();
    for beat in 1..=3_u32 {
        assert_eq!(next(&mut body).await.as_deref(), Some(": keep-alive\n\n"));
        assert_eq!(start.elapsed().as_secs(), u64::from(15 * beat));
    }
    let last = next(&mut body).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 60);
    assert!(
        last.starts_with("data: {\"error\":") && last.contains("test sent nothing within 60 s"),
        "{last}"
    );
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn only_whole_events_are_sent_so_that_comments_and_errors_fit_between() {
    let (sender, mut body, _) = flowing();
    let (head, tail) = CHUNK.split_at(20);
    send(&sender, CHUNK).await;
    send(&sender, head).await;
    assert_eq!(next(&mut body).await.as_deref(), Some(CHUNK));
    assert_eq!(next(&mut body).await.as_deref(), Some(": keep-alive\n\n"));
    send(&sender, tail).await;
    assert_eq!(next(&mut body).await.as_deref(), Some(CHUNK));
    send(&sender, head).await;
    drop(sender);
    let last = next(&mut body).await.unwrap();
    assert!(last.starts_with("data: {\"error\":"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_complete_at_once_ends_at_once() {
    let (sender, mut relay, _) = relay();
    relay.held.push(
        relay
            .conduit
            .on_chunk(Bytes::from(format!("{CHUNK}{DONE}"))),
    );
    let mut body = Body::flowing(Dialect::Chat, relay, record(), Some(15 * SECOND), None);
    let start = Instant::now();
    assert_eq!(next(&mut body).await, Some(format!("{CHUNK}{DONE}")));
    assert_eq!(next(&mut body).await, None);
    assert_eq!(start.elapsed().as_millis(), LINGER.as_millis());
    drop(sender);
}

#[tokio::test(start_paused = true)]
async fn a_complete_answer_ends_though_the_upstream_holds_the_line() {
    let (sender, mut body, gone) = flowing();
    send(&sender, CHUNK).await;
    send(&sender, DONE).await;
    let start = Instant::now();
    assert_eq!(next(&mut body).await, Some(format!("{CHUNK}{DONE}")));
    assert_eq!(next(&mut body).await, None);
    assert_eq!(start.elapsed().as_millis(), LINGER.as_millis());
    assert!(gone.load(Ordering::SeqCst), "the upstream is let go");
}

#[tokio::test(start_paused = true)]
async fn a_broken_upstream_ends_in_an_error_event() {
    let (sender, mut body, _) = flowing();
    send(&sender, CHUNK).await;
    assert_eq!(next(&mut body).await.as_deref(), Some(CHUNK));
    let broken = CallError::broken(Str::from_static("test"), "connection reset");
    sender.send(Err(broken)).await.unwrap();
    let last = next(&mut body).await.unwrap();
    assert!(
        last.starts_with("data: {\"error\":") && last.ends_with("}\n\n"),
        "{last}"
    );
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_end_without_the_terminal_event_is_an_error_too() {
    let (sender, mut body, _) = flowing();
    send(&sender, CHUNK).await;
    drop(sender);
    let text = next(&mut body).await.unwrap();
    let error = text.strip_prefix(CHUNK).unwrap();
    assert!(error.starts_with("data: {\"error\":"), "{text}");
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn the_upstream_is_let_go_with_the_client() {
    let (sender, mut body, gone) = flowing();
    send(&sender, CHUNK).await;
    next(&mut body).await;
    assert!(!gone.load(Ordering::SeqCst));
    drop(body);
    assert!(gone.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_an_upstream_is_kept_company() {
    let (sender, relay, _) = relay();
    send(&sender, CHUNK).await;
    let opening: Opening = Box::pin(async move {
        sleep(40 * SECOND).await;
        (
            record(),
            Ok((
                Answer::Stream(Box::new(relay)),
                modelgate_dialects::Losses::default(),
            )),
        )
    });
    let start = Instant::now();
    let mut body = Body::opening(Dialect::Chat, opening, Some(15 * SECOND), None);
    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push((start.elapsed().as_secs(), next(&mut body).await.unwrap()));
    }
    let comments = heard
        .iter()
        .filter(|(_, text)| text == ": keep-alive\n\n")
        .count();
    assert_eq!(comments, 3, "{heard:?}");
    assert_eq!(heard[3].1, CHUNK);
    assert_eq!(start.elapsed().as_secs(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_client_of_gemini_is_sent_no_comments() {
    let opening: Opening = Box::pin(std::future::pending());
    let mut body = Body::opening(Dialect::Gemini, opening, Some(15 * SECOND), None);
    assert_eq!(next(&mut body).await.as_deref(), Some("\n\n"));
    let flowing = Conduit::pass(Dialect::Gemini, None, 1 << 20);
    assert_eq!(flowing.keep_alive().as_ref(), b"\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_search_that_fails_late_is_told_inside_the_stream() {
    let opening: Opening = Box::pin(async move {
        sleep(SECOND).await;
        (
            record(),
            Err(Failure::from(Error::new(
                ErrorKind::Overloaded,
                "no one is there",
            ))),
        )
    });
    let mut body = Body::opening(Dialect::Chat, opening, Some(15 * SECOND), None);
    assert_eq!(next(&mut body).await.as_deref(), Some(": keep-alive\n\n"));
    let last = next(&mut body).await.unwrap();
    assert!(
        last.starts_with("data: {\"error\":") && last.contains("no one is there"),
        "{last}"
    );
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn how_far_a_stream_has_come_is_told_once_in_a_second_to_whoever_watches() {
    let telemetry = Arc::new(Telemetry::default());
    let (sender, relay, _) = relay();
    let id = RequestId::new();
    let now = std::time::Instant::now();
    let record = Record::new(id.clone(), now, Dialect::Chat, Arc::clone(&telemetry));
    let mut body = Body::flowing(Dialect::Chat, relay, record, None, None);
    let mut watch = telemetry.feed.watch();
    for _ in 0..35 {
        send(&sender, CHUNK).await;
        next(&mut body).await;
        sleep(SECOND / 10).await;
    }
    let mut counts = Vec::new();
    let mut told = Vec::new();
    watch.take(None, usize::MAX, &mut told).unwrap();
    let told = String::from_utf8(told).unwrap();
    for data in told.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if let Event::RequestProgress(progress) = serde_json::from_str::<Event>(data).unwrap() {
            assert_eq!((&*progress.id, progress.tokens), (id.as_str(), None));
            assert_eq!(progress.bytes, progress.chunks * CHUNK.len() as u64);
            counts.push(progress.chunks);
        }
    }
    assert_eq!(counts, [11, 21, 31]);
}
