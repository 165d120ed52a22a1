use std::sync::atomic::{AtomicUsize, Ordering};

use modelgate_management::{Event, Piece};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::message::{Answer, Outcome};
use crate::trial::{End, Heard};

/// A gateway that answers every connection with the next of these, and then only with the last.
async fn gateway(answers: &'static [&'static str]) -> Outside {
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
    outside(Arc::new(move || Ok(client.clone())))
}

/// A machine on which nothing can be done.
fn outside(connect: Connect) -> Outside {
    let trouble = || Trouble {
        message: "there is no client key".to_owned(),
        hint: None,
    };
    Outside {
        connect,
        caller: Arc::new(move |_| Err(trouble())),
        save: Arc::new(|name, _| Ok(format!("/home/ada/{name}"))),
        read: Arc::new(|name| match name {
            "key.json" => Ok("{}".into()),
            _ => Err(Trouble {
                message: format!("there is no {name}"),
                hint: None,
            }),
        }),
        browse: Arc::new(move |_| Err(trouble())),
    }
}

const STREAM: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n: watching\n\n\
    data: {\"type\":\"dropped\",\"count\":1}\n\ndata: {\"type\":\"dropped\",\"count\":2}\n\n";
const NONE: &str = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 51\r\n\r\n\
    {\"error\":{\"message\":\"no such route\",\"type\":\"x\"}}    ";
const WRONG: &str = "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 34\r\n\r\n\
    {\"error\":\"invalid management key\"}";
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
    let (mut feed, mut messages) = Feed::start(outside(connect));
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

/// A gateway lets nobody in any more who has presented a wrong key several times.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_is_not_presented_again_and_another_one_is() {
    let asked = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4096];
            let read = stream.read(&mut head).await.unwrap();
            let good = String::from_utf8_lossy(&head[..read]).contains("good");
            let answer = if good { STREAM } else { WRONG };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let looked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&looked);
    let connect: Connect = Arc::new(move || {
        let wrong = counted.fetch_add(1, Ordering::SeqCst) < 50;
        let key = if wrong { "bad" } else { "good" };
        Client::remote(&url, &key.into())
    });
    let (_feed, mut messages) = Feed::start(outside(connect));
    let told = messages.recv().await;
    assert!(
        matches!(&told, Some(Message::Link(Link::Lost(trouble))) if trouble.line().contains("management key")),
        "{told:?}"
    );
    assert!(matches!(messages.recv().await, Some(Message::Place(_))));
    assert_eq!(
        (looked.load(Ordering::SeqCst), asked.load(Ordering::SeqCst)),
        (51, 2)
    );
}

/// What comes next, but for what is told of the gateway itself.
async fn heard(messages: &mut mpsc::Receiver<Message>) -> Message {
    loop {
        match messages.recv().await.unwrap() {
            Message::Place(_) | Message::Link(_) | Message::Events(_) => {}
            other => return other,
        }
    }
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nx-request-id: r-1\r\nconnection: close\r\n\r\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"hel\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// Somebody with a client key, for a gateway that says this.
async fn caller(said: &'static str) -> Outside {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(said.as_bytes()).await;
        }
    });
    let caller = modelgate_management::Caller::new(&url, &"k".into(), false).unwrap();
    let mut outside = outside(Arc::new(|| Err(ClientError::NotRunning)));
    outside.caller = Arc::new(move |_| Ok(caller.clone()));
    outside
}

#[tokio::test]
async fn a_model_is_asked_and_heard_to_its_end() {
    let (mut feed, mut messages) = Feed::start(caller(ANSWER).await);
    feed.ask(7, "m".to_owned(), "hi".to_owned());
    let mut text = String::new();
    let whole = loop {
        match heard(&mut messages).await {
            Message::Trial(7, Heard::Piece(Piece::Text(piece))) => text.push_str(&piece),
            Message::Trial(7, Heard::End(End::Whole(whole))) => break whole,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        (&*text, whole.request_id.as_deref()),
        ("hello", Some("r-1"))
    );
}

#[tokio::test]
async fn a_question_that_cannot_be_put_says_why() {
    const NO: &str = "HTTP/1.1 401 Unauthorized\r\nx-request-id: r-2\r\nconnection: close\r\n\r\n\
        {\"error\":{\"message\":\"no\",\"type\":\"x\"}}";
    let without = outside(Arc::new(|| Err(ClientError::NotRunning)));
    for (outside, expected, id) in [
        (without, "there is no client key", None),
        (caller(NO).await, "no", Some("r-2")),
    ] {
        let (mut feed, mut messages) = Feed::start(outside);
        feed.ask(1, "m".to_owned(), "hi".to_owned());
        let Message::Trial(
            1,
            Heard::End(End::Failed {
                trouble,
                request_id,
            }),
        ) = heard(&mut messages).await
        else {
            panic!("it was put")
        };
        assert_eq!((&*trouble.message, request_id.as_deref()), (expected, id));
    }
}

#[tokio::test]
async fn who_does_not_want_to_hear_it_leaves_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let caller = modelgate_management::Caller::new(&url, &"k".into(), false).unwrap();
    let mut outside = outside(Arc::new(|| Err(ClientError::NotRunning)));
    outside.caller = Arc::new(move |_| Ok(caller.clone()));
    let (mut feed, _messages) = Feed::start(outside);
    feed.ask(1, "m".to_owned(), "hi".to_owned());
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = [0; 4096];
    assert!(stream.read(&mut head).await.unwrap() > 0);
    feed.hush();
    let ended = timeout(Duration::from_secs(5), async {
        while stream.read(&mut head).await.is_ok_and(|read| read > 0) {}
    });
    ended.await.unwrap();
}

#[tokio::test]
async fn what_is_done_on_this_machine_is_told() {
    let (mut feed, mut messages) = Feed::start(outside(Arc::new(|| Err(ClientError::NotRunning))));
    let sums = crate::fixtures::read(crate::fixtures::hours());
    feed.save("a.csv".to_owned(), Box::new(sums));
    let told = heard(&mut messages).await;
    assert!(matches!(&told, Message::Told(Ok(words)) if words.ends_with("/a.csv")));
    feed.browse("https://login.example".to_owned());
    assert!(matches!(heard(&mut messages).await, Message::Told(Err(_))));
}

#[tokio::test]
async fn a_login_is_begun_at_the_gateway() {
    const BEGUN: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\
        {\"status\":\"ok\",\"url\":\"https://p/x\",\"state\":\"s-1\"}";
    let (mut feed, mut messages) = Feed::start(gateway(&[STREAM, BEGUN]).await);
    assert!(matches!(messages.recv().await, Some(Message::Place(_))));
    let deed = Deed::BeginLogin {
        way: crate::login::ways("claude")[0],
        wishes: Default::default(),
    };
    feed.act(deed.clone());
    let Message::Done(done, Ok(Outcome::Login(begun))) = heard(&mut messages).await else {
        panic!("it has not begun")
    };
    assert_eq!((done, &*begun.url), (deed, "https://p/x"));
}

#[tokio::test]
async fn a_key_file_is_read_here_and_taken_by_the_gateway() {
    const MADE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\
        {\"status\":\"ok\",\"email\":\"robot@p.example\"}";
    let (mut feed, mut messages) = Feed::start(gateway(&[STREAM, MADE]).await);
    assert!(matches!(messages.recv().await, Some(Message::Place(_))));
    for (file, read) in [("none.json", false), ("key.json", true)] {
        feed.act(Deed::ImportKey {
            file: file.to_owned(),
            location: None,
            label: None,
        });
        let done = loop {
            if let Message::Done(_, outcome) = heard(&mut messages).await {
                break outcome;
            }
        };
        match done {
            Ok(Outcome::LoggedIn(Some(email))) => assert!(read && email == "robot@p.example"),
            Err(trouble) => assert!(!read && trouble.message == "there is no none.json"),
            other => panic!("{other:?}"),
        }
    }
}
