use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const QUESTION: Question<'static> = Question {
    model: "m",
    system: Some("short"),
    text: "hello",
};

/// What came of an answer: its pieces, how it ended, and the request that was sent.
#[derive(Debug)]
struct Told {
    request: String,
    text: String,
    thinking: String,
    outcome: Result<Outcome, AskError>,
}

/// Puts the question to somebody who answers so.
async fn told(answer: &[u8]) -> Told {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let caller = Caller::new(&url, &Secret::from("mg-key"), true).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 8192];
        let mut length = 0;
        while !request[..length].ends_with(b"}") {
            length += stream.read(&mut request[length..]).await.unwrap();
        }
        stream.write_all(answer).await.unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap()
    };
    let (mut text, mut thinking) = (String::new(), String::new());
    let ask = async {
        let mut answer = caller.ask(QUESTION).await?;
        while let Some(piece) = answer.next().await? {
            match piece {
                Piece::Text(said) => text.push_str(&said),
                Piece::Thinking(thought) => thinking.push_str(&thought),
            }
        }
        Ok(answer.outcome.clone())
    };
    let (request, outcome) = tokio::join!(serve, ask);
    Told {
        request,
        text,
        thinking,
        outcome,
    }
}

fn streamed(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: r1\r\nconnection: close\r\n\r\n";
    format!("{head}{body}").into_bytes()
}

const WHOLE: &str = concat!(
    ": keep-alive\n\n",
    "data: {\"model\":\"m-2\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
    "data:{\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\r\n\r\n",
    "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"Grü\\u001b[31mße\"}}]}\n\n",
    "event: odd\ndata: no json\n\n",
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n",
    "data: [DONE]\n\n",
);

#[tokio::test]
async fn an_answer_is_read_to_its_end() {
    let told = told(&streamed(WHOLE)).await;
    assert_eq!((&*told.text, &*told.thinking), ("Grü\u{1b}[31mße", "hm"));
    let outcome = told.outcome.unwrap();
    assert_eq!(outcome.model.as_deref(), Some("m-2"));
    assert_eq!(outcome.finish_reason.as_deref(), Some("stop"));
    assert_eq!((outcome.input, outcome.output), (Some(7), Some(3)));
    let request = told.request;
    assert!(
        request.starts_with("POST /v1/chat/completions "),
        "{request}"
    );
    assert!(
        request.contains("authorization: Bearer mg-key"),
        "{request}"
    );
    for words in [
        r#""model":"m""#,
        r#"{"role":"system","content":"short"},{"role":"user","content":"hello"}"#,
        r#""include_usage":true"#,
    ] {
        assert!(request.contains(words), "{words}: {request}");
    }
}

#[test]
fn any_split_gives_the_same_events() {
    let events = |pieces: &[&[u8]]| {
        let (mut lines, mut events) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.feed(piece);
            events.extend(std::iter::from_fn(|| lines.next_event()));
        }
        events
    };
    let whole = events(&[WHOLE.as_bytes()]);
    assert_eq!(whole.len(), 7);
    for at in 0..WHOLE.len() {
        let (one, other) = WHOLE.as_bytes().split_at(at);
        assert_eq!(events(&[one, other]), whole, "{at}");
    }
}

#[tokio::test]
async fn a_stream_without_its_end_is_cut() {
    let begun = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n";
    let told = told(&streamed(begun)).await;
    assert_eq!(told.text, "half");
    assert!(
        matches!(&told.outcome, Err(AskError::Cut { request_id: Some(id) }) if id == "r1"),
        "{:?}",
        told.outcome
    );
}

#[tokio::test]
async fn failures_are_told_in_the_gateways_words() {
    let refusal = r#"{"error":{"message":"no provider serves the model `m`","type":"not_found_error","code":"model_not_found"}}"#;
    let length = refusal.len();
    let head = format!(
        "HTTP/1.1 404 Not Found\r\nx-request-id: r2\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let begun = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\n";
    for (answer, expected) in [
        (
            format!("{head}{refusal}").into_bytes(),
            (Some(404), "no provider serves the model `m`", "r2"),
        ),
        (streamed(begun), (None, "overloaded", "r1")),
    ] {
        match told(&answer).await.outcome {
            Err(AskError::Refused {
                status,
                message,
                request_id,
            }) => assert_eq!((status, &*message, &*request_id.unwrap()), expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn somebody_else_is_no_gateway() {
    let page = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy";
    let outcome = told(page).await.outcome;
    assert!(
        matches!(outcome, Err(AskError::Client(ClientError::Stranger { .. }))),
        "{outcome:?}"
    );
    assert!(Caller::new("ftp://x", &Secret::from("k"), false).is_err());
    assert!(Caller::new("x:1", &Secret::from("a\nb"), false).is_err());
}
