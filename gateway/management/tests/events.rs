//! The stream of what happens.

use http_body_util::BodyExt as _;
use modelgate_management::Event;
use modelgate_management::events::Dropped;
use warp::reply::Response;

use super::*;
use crate::management::events::tell_changes;

/// Opens a stream.
async fn open(state: &State, query: &str) -> Response {
    let incoming = Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: Method::GET,
        path: "/v0/management/events".to_owned(),
        query: (!query.is_empty()).then(|| query.to_owned()),
        headers: Arc::new(HeaderMap::from_iter([(
            http::HeaderName::from_static(KEY.0),
            KEY.1.parse().unwrap(),
        )])),
        peer: Some("127.0.0.1:5000".parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::empty()),
        transcript: Transcript::default(),
    };
    answer(state, incoming, "events").await
}

/// What is sent next; comments are left out.
async fn next(stream: &mut Response) -> Option<Event> {
    loop {
        let frame = stream.body_mut().frame().await?.unwrap();
        let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
        if text.starts_with(':') {
            continue;
        }
        let (name, data) = text.trim_end().split_once('\n').unwrap();
        let event: Event = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name, format!("event: {}", event.name()));
        return Some(event);
    }
}

#[tokio::test]
async fn a_request_is_told_at_its_beginning_and_at_its_end() {
    let state = state(FILE);
    let mut all = open(&state, "").await;
    assert_eq!(all.headers()["content-type"], "text/event-stream");
    let mut ends = open(&state, "types=request_ended,%20dropped").await;
    let id = remember(&state, "sonnet");
    let Some(Event::RequestStarted(started)) = next(&mut all).await else {
        panic!("it has not begun")
    };
    assert_eq!((&*started.id, &*started.model), (&*id, "sonnet"));
    for stream in [&mut all, &mut ends] {
        let Some(Event::RequestEnded(ended)) = next(stream).await else {
            panic!("it has not ended")
        };
        assert_eq!((ended.id, ended.status), (id.clone(), 499));
    }
    state.drain();
    assert_eq!(next(&mut all).await, None, "the gateway stops");
}

#[tokio::test]
async fn who_is_too_slow_is_told_what_is_missing() {
    let state = state(FILE);
    let mut slow = open(&state, "types=request_ended").await;
    for _ in 0..600 {
        remember(&state, "sonnet");
    }
    // Two events for each, and as many are kept as a power of two.
    let dropped = Event::Dropped(Dropped {
        count: 1_200 - 1_024,
    });
    assert_eq!(next(&mut slow).await, Some(dropped));
    assert!(matches!(
        next(&mut slow).await,
        Some(Event::RequestEnded(_))
    ));
}

#[tokio::test]
async fn there_are_so_many_watchers_and_no_more() {
    let state = state(FILE);
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(open(&state, "").await);
    }
    assert_eq!(open(&state, "").await.status(), 503);
    streams.pop();
    assert_eq!(open(&state, "").await.status(), 200);
    let wrong = open(&state, "types=request_ended,news").await;
    assert_eq!(wrong.status(), 400);
}

#[tokio::test]
async fn accounts_are_told_when_more_than_a_count_has_changed() {
    let state = state(FILE);
    let mut stream = open(&state, "").await;
    let accounts = views::accounts(&state).accounts.into_iter();
    let known: std::collections::HashMap<_, _> =
        accounts.map(|one| (one.id.clone(), one)).collect();
    let mut now = known.clone();
    now.get_mut("deep/er[0]").unwrap().succeeded = Some(7);
    let changed = now.get_mut("deep/er[1]").unwrap();
    changed.reason = Some("rate limited".to_owned());
    let expected = changed.clone();
    now.remove("claude-api-key[0]");
    tell_changes(&state, &known, &now);
    assert_eq!(
        next(&mut stream).await,
        Some(Event::AccountChanged(expected))
    );
    let Some(Event::AccountRemoved(removed)) = next(&mut stream).await else {
        panic!("it is still there")
    };
    assert_eq!(removed.id, "claude-api-key[0]");
}
