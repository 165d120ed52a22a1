use std::sync::atomic::{AtomicUsize, Ordering};

use modelgate_management::Event;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A gateway that answers every connection with the next of these, and then only with the last.
async fn gateway(answers: &'static [&'static str]) -> Connect {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        for at in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let answer = answers[at.min(answers.len() - 1)];
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let key = "k".into();
    let client = Client::remote(&url, &key).unwrap();
    Arc::new(move || Ok(client.clone()))
}

const STREAM: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n: watching\n\n\
    data: {\"type\":\"dropped\",\"count\":1}\n\ndata: {\"type\":\"dropped\",\"count\":2}\n\n";
const NONE: &str = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 51\r\n\r\n\
    {\"error\":{\"message\":\"no such route\",\"type\":\"x\"}}    ";
const EMPTY: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 15\r\n\r\n{\"requests\":[]}";

#[tokio::test]
async fn events_come_in_their_order_and_their_end_is_told() {
    let (_feed, mut messages) = Feed::start(gateway(&[STREAM]).await);
    assert!(matches!(messages.recv().await, Some(Message::Place(_))));
    assert!(matches!(
        messages.recv().await,
        Some(Message::Link(Link::Live))
    ));
    let mut counts = Vec::new();
    loop {
        match messages.recv().await.unwrap() {
            Message::Events(events) => counts.extend(events.into_iter().map(|event| match event {
                Event::Dropped(dropped) => dropped.count,
                _ => 0,
            })),
            Message::Link(Link::Lost(_)) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(counts, [1, 2]);
    // It is found again.
    assert!(matches!(messages.recv().await, Some(Message::Place(_))));
}

#[tokio::test]
async fn a_gateway_that_does_not_tell_is_asked() {
    let (mut feed, mut messages) = Feed::start(gateway(&[NONE, EMPTY]).await);
    assert!(matches!(messages.recv().await, Some(Message::Place(_))));
    assert!(matches!(
        messages.recv().await,
        Some(Message::Link(Link::Polling))
    ));
    feed.fetch(Fetch::Requests);
    let answer = messages.recv().await;
    assert!(
        matches!(&answer, Some(Message::Answer(Answer::Requests(requests))) if requests.requests.is_empty()),
        "{answer:?}"
    );
    feed.fetch(Fetch::Accounts);
    let failed = messages.recv().await;
    assert!(
        matches!(failed, Some(Message::Failed(Fetch::Accounts, _))),
        "{failed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_gateway_it_is_looked_for_again_less_and_less_often() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let connect: Connect = Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Err(ClientError::NotRunning)
    });
    let began = tokio::time::Instant::now();
    let (mut feed, mut messages) = Feed::start(connect);
    for _ in 0..10 {
        let message = messages.recv().await;
        assert!(
            matches!(&message, Some(Message::Link(Link::Lost(trouble))) if trouble.hint.is_some()),
            "{message:?}"
        );
    }
    assert_eq!(tries.load(Ordering::SeqCst), 10);
    let waited = began.elapsed();
    assert!(waited > LONGEST * 5 && waited < LONGEST * 10, "{waited:?}");
    // Nobody is there to be asked.
    feed.fetch(Fetch::Accounts);
    assert_eq!(feed.tasks.len(), 1);
}
