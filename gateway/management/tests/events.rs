//! The stream of what happens.

use std::collections::VecDeque;

use http_body_util::BodyExt as _;
use modelgate_management::events::{Dropped, Lost};
use modelgate_management::{Event, LogLevel, LogLine};
use warp::reply::Response;

use super::*;
use crate::management::events::look;

/// A stream that is read, and what came with what was read of it.
struct Watch {
    response: Response,
    rest: VecDeque<Event>,
}

/// Opens a stream.
async fn open(state: &Arc<State>, query: &str) -> Watch {
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
    Watch {
        response: answer(state, Box::new(incoming), "events").await,
        rest: VecDeque::new(),
    }
}

/// What is sent next; comments are left out.
async fn next(stream: &mut Watch) -> Option<Event> {
    while stream.rest.is_empty() {
        let events = piece(stream).await?;
        stream.rest.extend(events);
    }
    stream.rest.pop_front()
}

/// The events that are sent at once.
async fn piece(stream: &mut Watch) -> Option<Vec<Event>> {
    let frame = stream.response.body_mut().frame().await?.unwrap();
    let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    let events = text.split_terminator("\n\n");
    let events = events.filter(|event| !event.starts_with(':')).map(|event| {
        let (name, data) = event.split_once('\n').unwrap();
        let event: Event = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name, format!("event: {}", event.name()));
        event
    });
    Some(events.collect())
}

#[tokio::test(start_paused = true)]
async fn what_happens_at_once_is_sent_at_once_and_the_rest_a_moment_later() {
    let state = state(FILE);
    let mut stream = open(&state, "").await;
    assert!(piece(&mut stream).await.unwrap().is_empty(), "a comment");
    remember(&state, "sonnet");
    remember(&state, "sonnet");
    let began = tokio::time::Instant::now();
    let names = |events: Vec<Event>| events.iter().map(Event::name).collect::<Vec<_>>();
    assert_eq!(
        names(piece(&mut stream).await.unwrap()),
        [
            "request_started",
            "request_ended",
            "request_started",
            "request_ended"
        ]
    );
    assert_eq!(began.elapsed().as_millis(), 0);
    remember(&state, "sonnet");
    assert_eq!(
        names(piece(&mut stream).await.unwrap()),
        ["request_started", "request_ended"]
    );
    assert_eq!(began.elapsed().as_millis(), 20);
}

#[tokio::test]
async fn a_request_is_told_at_its_beginning_and_at_its_end() {
    let state = state(FILE);
    let mut all = open(&state, "").await;
    assert_eq!(all.response.headers()["content-type"], "text/event-stream");
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
    for _ in 0..1_200 {
        remember(&state, "sonnet");
    }
    // Two events for each, and as many are kept as a power of two.
    let dropped = Event::Dropped(Dropped {
        count: 2_400 - 2_048,
        of: Lost::Events,
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
    assert_eq!(open(&state, "").await.response.status(), 503);
    streams.pop();
    assert_eq!(open(&state, "").await.response.status(), 200);
    let wrong = open(&state, "types=request_ended,news").await;
    assert_eq!(wrong.response.status(), 400);
}

#[tokio::test]
async fn accounts_are_told_when_more_than_a_count_has_changed() {
    let state = state(FILE);
    let mut stream = open(&state, "").await;
    let snapshot = state.snapshot();
    let mut all = snapshot.catalog.credentials().iter();
    let mut health = |id: &str| &all.find(|one| one.id.as_str() == id).unwrap().health;
    // Both happen before the first look.
    health("deep/er[0]").on_success("chat");
    health("deep/er[1]").shut("no more".into(), modelgate_providers::Moment::now());
    look(&state);
    let Some(Event::AccountChanged(changed)) = next(&mut stream).await else {
        panic!("nothing has changed")
    };
    assert_eq!(changed.id, "deep/er[1]");
    assert!(changed.reason.unwrap().contains("no more"));
    look(&state);
    let none = tokio::time::timeout(std::time::Duration::from_millis(1), next(&mut stream)).await;
    assert!(none.is_err(), "nothing is told twice");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_gone_is_told_and_nobody_looks_while_nobody_watches() {
    let scene = super::table::Scene::new(super::table::SETTINGS);
    let mut stream = open(&scene.state, "types=account_removed").await;
    let (status, _, _) = sent(&scene.state, "DELETE claude-api-key?index=1", &[KEY], "").await;
    assert_eq!(status, 200);
    look(&scene.state);
    let Some(Event::AccountRemoved(removed)) = next(&mut stream).await else {
        panic!("it is still there")
    };
    assert_eq!(removed.id, "claude-api-key[1]");
    drop(stream);
    let following = crate::management::events::follow_accounts(&scene.state);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), following).await;
    assert!(format!("{:?}", scene.state.known_accounts).contains("None"));
}

/// Logs a line.
fn say(state: &State, level: LogLevel, target: &str, text: &str) {
    state.logs.line(LogLine {
        time: "2026-03-04T05:06:07Z".parse().unwrap(),
        request_id: Some("019c".to_owned()),
        level,
        target: target.to_owned(),
        text: text.to_owned(),
    });
}

/// The text of the line that comes next.
async fn line(stream: &mut Watch) -> String {
    match next(stream).await {
        Some(Event::Log(line)) => line.text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lines_of_the_log_come_where_they_are_asked_for_without_secrets() {
    let state = state(FILE);
    let ours = "modelgate_gateway::search";
    assert!(!state.logs.takes_lines(), "nobody listens");
    let mut all = open(&state, "").await;
    assert!(!state.logs.takes_lines(), "nobody listens to lines");
    let mut lines = open(&state, "types=log").await;
    let mut grave = open(&state, "types=log,request_ended&level=Warn").await;
    assert!(state.logs.takes_lines());
    let secret =
        "wrong key sk-ant-0123456789abcdef at https://u:p@h/?key=AIzaSyA0123456789abcdefghij";
    say(&state, LogLevel::Debug, ours, secret);
    say(&state, LogLevel::Warn, ours, "two\nlines");
    let told = line(&mut lines).await;
    assert!(told.starts_with("wrong key sk-a…cdef at "), "{told}");
    assert!(!told.contains("56789abcdef"), "{told}");
    let Some(Event::Log(second)) = next(&mut lines).await else {
        panic!("the second line is missing")
    };
    assert_eq!(second.text, "two\nlines");
    assert_eq!(
        (second.request_id.as_deref(), &*second.target),
        (Some("019c"), ours)
    );
    assert_eq!(
        line(&mut grave).await,
        "two\nlines",
        "the first is below the level"
    );
    let id = remember(&state, "sonnet");
    for stream in [&mut all, &mut grave] {
        loop {
            match next(stream).await {
                Some(Event::RequestEnded(ended)) => break assert_eq!(ended.id, id),
                Some(Event::RequestStarted(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    drop((lines, grave));
    assert!(!state.logs.takes_lines(), "nobody listens any more");
    assert_eq!(
        open(&state, "types=log&level=loud").await.response.status(),
        400
    );
}

#[tokio::test]
async fn what_libraries_log_of_a_stream_is_not_sent_in_it() {
    let state = state(FILE);
    let mut lines = open(&state, "types=log").await;
    say(
        &state,
        LogLevel::Trace,
        "hyper::proto::h1::io",
        "flushed 120 bytes",
    );
    say(
        &state,
        LogLevel::Debug,
        "h2::codec::framed_write",
        "send frame",
    );
    say(
        &state,
        LogLevel::Warn,
        "hyper::server",
        "something is wrong",
    );
    say(&state, LogLevel::Trace, "modelgate_gateway::relay", "ours");
    assert_eq!(line(&mut lines).await, "something is wrong");
    assert_eq!(line(&mut lines).await, "ours");
}

#[tokio::test]
async fn who_reads_lines_too_slowly_loses_lines_and_no_events() {
    let state = state(FILE);
    let mut slow = open(&state, "types=log,request_ended").await;
    for number in 0..1_100 {
        say(
            &state,
            LogLevel::Info,
            "modelgate",
            &format!("line {number}"),
        );
    }
    // The thread has told all of them.
    state.logs.flush();
    let id = remember(&state, "sonnet");
    let (mut texts, mut ended, mut lost) = (Vec::new(), None, 0);
    while texts.len() < 1_024 || ended.is_none() {
        match next(&mut slow).await {
            Some(Event::Log(line)) => texts.push(line.text),
            Some(Event::RequestEnded(request)) => ended = Some(request.id),
            Some(Event::Dropped(dropped)) => {
                assert_eq!(dropped.of, Lost::Lines);
                lost += dropped.count;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((lost, ended), (76, Some(id)));
    assert_eq!((&*texts[0], &*texts[1_023]), ("line 76", "line 1099"));
}

#[tokio::test]
async fn a_configuration_in_use_and_one_that_cannot_be_used_are_told() {
    let state = state(FILE);
    let mut stream = open(&state, "types=config_changed,config_refused").await;
    let error = parse("port: many", Path::new("c.yaml"), &Environment::default()).unwrap_err();
    state.config_refused(&error);
    let Some(Event::ConfigRefused(refused)) = next(&mut stream).await else {
        panic!("nothing was refused")
    };
    let places = refused.problems.iter();
    let places: Vec<_> = places
        .map(|problem| (problem.line, &*problem.key))
        .collect();
    assert_eq!(places, [(1, "port")]);
    assert!(!refused.message.is_empty());
    // The mistake was taken back.
    state.config_used();
    assert!(
        matches!(next(&mut stream).await, Some(Event::ConfigChanged(used)) if used.credentials == 3)
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_a_comment_even_while_other_types_come() {
    let state = state(FILE);
    let mut stream = open(&state, "types=config_changed").await;
    let frame = stream.response.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), ": watching\n\n");
    let busy = async {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            remember(&state, "sonnet");
        }
    };
    let begin = tokio::time::Instant::now();
    let frame = tokio::select! {
        frame = stream.response.body_mut().frame() => frame.unwrap().unwrap(),
        () = busy => unreachable!(),
    };
    assert_eq!(frame.into_data().unwrap(), ": quiet\n\n");
    assert_eq!(begin.elapsed().as_secs(), 15);
}

#[tokio::test]
async fn who_asks_is_told_by_the_id_and_the_name_of_its_key() {
    let state = state(&format!(
        "api-keys: [{{key: mg-ann-0123456789, name: ann}}]\n{FILE}"
    ));
    let mut stream = open(&state, "").await;
    let key = "Bearer mg-ann-0123456789".parse().unwrap();
    let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, key)]);
    let now = std::time::SystemTime::now();
    let caller = state.snapshot().access.admit(&headers, None, None, now);
    let telemetry = std::sync::Arc::clone(&state.telemetry);
    let mut record = Record::new(RequestId::new(), Instant::now(), Dialect::Chat, telemetry);
    record.called_by(&caller.unwrap());
    record.asked(&"sonnet".into(), false);
    drop(record);
    let Some(Event::RequestStarted(started)) = next(&mut stream).await else {
        panic!("it has not begun")
    };
    let Some(Event::RequestEnded(ended)) = next(&mut stream).await else {
        panic!("it has not ended")
    };
    assert_eq!(started.client_name.as_deref(), Some("ann"));
    assert_eq!(ended.client_name, started.client_name);
    assert_eq!(ended.client_key, started.client_key);
    assert!(
        !ended.client_key.unwrap().contains("mg-ann"),
        "an id is no key"
    );
}
