//! `GET /v1/responses` as a WebSocket.

use super::{PATH, Said, Scene, THOUGHT, question, tool_question};
use crate::harness::settings::KEY;
use crate::harness::{Gateway, HELLO, PATIENCE, Speaks, eventually, start};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// A client of the connection.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn open(gateway: &Gateway) -> Self {
        Self(connect(gateway, &format!("Bearer {KEY}")).await.unwrap())
    }

    async fn send(&mut self, text: impl ToString) {
        self.0.send(Message::text(text.to_string())).await.unwrap();
    }

    /// Asks for an answer.
    pub(crate) async fn create(&mut self, mut body: Value) {
        body["type"] = json!("response.create");
        body.as_object_mut().unwrap().remove("stream");
        self.send(body).await;
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            let next = timeout(PATIENCE, self.0.next()).await.expect("a message");
            match next {
                Some(Ok(Message::Ping(_))) => {}
                next => return next.map(Result::unwrap),
            }
        }
    }

    async fn event(&mut self) -> Value {
        let message = self.next().await.expect("an event");
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    /// The events of one answer.
    pub(crate) async fn events(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            events.push(self.event().await);
            let kind = events.last().unwrap()["type"].as_str().unwrap();
            if matches!(
                kind,
                "response.completed" | "response.incomplete" | "response.failed" | "error"
            ) {
                return events;
            }
        }
    }

    async fn said(&mut self) -> Said {
        let last = self.events().await.pop().unwrap();
        assert_eq!(last["type"], "response.completed", "{last}");
        Said::of(last["response"].clone())
    }

    async fn error(&mut self) -> (u64, String) {
        let event = self.events().await.pop().unwrap();
        assert_eq!(event["type"], "error", "{event}");
        let code = event["error"]["code"].as_str().unwrap_or_default();
        assert!(event["error"]["message"].is_string(), "{event}");
        (event["status"].as_u64().unwrap(), code.to_owned())
    }
}

async fn connect(gateway: &Gateway, key: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = format!("ws://{}{PATH}", gateway.address).into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("authorization", key.parse().unwrap());
    headers.insert(
        "openai-beta",
        "responses_websockets=2026-02-06".parse().unwrap(),
    );
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    client_async(request, stream)
        .await
        .map(|(socket, _)| socket)
}

/// What follows a call of a tool: its result, and nothing of what was before.
fn result(said: &Said, model: &str) -> Value {
    let output = said.response["output"].as_array().unwrap();
    let call = output
        .iter()
        .find(|item| item["type"] == "function_call")
        .unwrap();
    let mut body = tool_question(model, true);
    body["store"] = json!(false);
    body["previous_response_id"] = said.response["id"].clone();
    body["input"] =
        json!([{"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}]);
    body
}

#[tokio::test]
async fn an_answer_comes_in_the_events_of_a_stream() {
    let scene = Scene::start().await;
    let (_chat, over_chat) = start(Speaks::Chat, "").await;
    for gateway in [&scene.gateway, &over_chat] {
        let mut socket = Socket::open(gateway).await;
        for model in ["up-text", "up-one-byte", "up-unicode", "up-thinking"] {
            socket.create(question(model, true)).await;
            let events = socket.events().await;
            let answer = super::ask(gateway, &question(model, true)).await;
            let streamed = super::events(&answer);
            let kinds = |events: &[Value]| -> Vec<Value> {
                events.iter().map(|event| event["type"].clone()).collect()
            };
            assert_eq!(kinds(&events), kinds(&streamed), "{model}");
            let said = Said::of(events.last().unwrap()["response"].clone());
            let expected = Said::read(&answer);
            assert_eq!(
                (said.text, said.thinking),
                (expected.text, expected.thinking)
            );
        }
    }
    let sent = scene.upstream.last_request();
    assert_eq!(sent.path, PATH);
    assert_eq!(sent.header("openai-beta"), None, "it is for connections");
    assert_eq!(sent.header("sec-websocket-key"), None);
}

#[tokio::test]
async fn a_conversation_goes_on_by_its_id_although_nothing_is_stored() {
    let scene = Scene::start().await;
    let (chat, over_chat) = start(Speaks::Chat, "").await;
    let (claude, over_claude) = start(Speaks::Claude, "").await;
    for (upstream, gateway) in [
        (&scene.upstream, &scene.gateway),
        (&chat, &over_chat),
        (&claude, &over_claude),
    ] {
        let mut socket = Socket::open(gateway).await;
        let mut first = tool_question("up-thinking-tools", true);
        first["store"] = json!(false);
        first["include"] = json!(["reasoning.encrypted_content"]);
        first["reasoning"] = json!({"effort": "high", "summary": "auto"});
        socket.create(first).await;
        let said = socket.said().await;
        assert_eq!(said.thinking, THOUGHT);
        socket.create(result(&said, "up-text")).await;
        let second = socket.said().await;
        assert_eq!(second.text, HELLO);
        let sent = String::from_utf8(upstream.last_request().body.to_vec()).unwrap();
        assert!(sent.contains("What is the weather?"), "{sent}");
        assert!(
            sent.contains("sunny") && sent.contains("forecast"),
            "{sent}"
        );
        assert!(!sent.contains("previous_response_id"), "{sent}");
        let mut third = question("up-text", true);
        third["previous_response_id"] = second.response["id"].clone();
        socket.create(third).await;
        assert_eq!(socket.said().await.text, HELLO);
        let sent = String::from_utf8(upstream.last_request().body.to_vec()).unwrap();
        assert_eq!(sent.matches("What is the weather?").count(), 2);
        assert!(sent.contains(HELLO), "{sent}");
    }
}

#[tokio::test]
async fn a_conversation_is_not_known_to_another_connection() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let mut socket = Socket::open(&gateway).await;
    let mut body = question("up-text", true);
    body["store"] = json!(false);
    socket.create(body.clone()).await;
    let said = socket.said().await;
    let mut other = Socket::open(&gateway).await;
    body["previous_response_id"] = said.response["id"].clone();
    other.create(body).await;
    let (status, code) = other.error().await;
    assert_eq!((status, &*code), (400, "previous_response_not_found"));
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_request_can_only_prepare_a_conversation() {
    let scene = Scene::start().await;
    let mut socket = Socket::open(&scene.gateway).await;
    let mut body = question("up-text", true);
    body["generate"] = json!(false);
    socket.create(body).await;
    let said = socket.said().await;
    assert_eq!(said.response["output"], json!([]));
    assert_eq!(said.response["model"], "up-text");
    assert_eq!(scene.upstream.requests().len(), 0);
    let mut body = question("up-text", true);
    body["input"] = json!("And tomorrow?");
    body["previous_response_id"] = said.response["id"].clone();
    socket.create(body).await;
    assert_eq!(socket.said().await.text, HELLO);
    let sent = scene.upstream.last_request().json();
    assert_eq!(sent["input"].as_array().unwrap().len(), 2);
    assert_eq!(sent["generate"], Value::Null);
}

#[tokio::test]
async fn failures_are_messages_and_the_connection_goes_on() {
    let scene = Scene::start().await;
    let (_chat, over_chat) = start(Speaks::Chat, "").await;
    for gateway in [&scene.gateway, &over_chat] {
        let mut socket = Socket::open(gateway).await;
        for (model, status) in [
            ("nobodys", 404),
            ("up-400", 400),
            ("up-429", 429),
            ("up-500", 500),
        ] {
            socket.create(question(model, true)).await;
            let (told, _) = socket.error().await;
            assert_eq!(told, status, "{model}");
        }
        for model in ["up-error-first", "up-error-in-stream", "up-cut"] {
            socket.create(question(model, true)).await;
            let last = socket.events().await.pop().unwrap();
            match last["type"].as_str().unwrap() {
                "response.failed" => assert!(last["response"]["error"].is_object(), "{last}"),
                "error" => {
                    assert!(
                        (500..504).contains(&last["status"].as_u64().unwrap()),
                        "{last}"
                    );
                    assert!(last["error"]["message"].is_string(), "{last}");
                }
                kind => panic!("{model}: {kind}"),
            }
        }
        for (text, code) in [
            ("{", ""),
            ("[]", "unknown_event_type"),
            (r#"{"type":"response.steer"}"#, "unknown_event_type"),
            (
                r#"{"type":"response.create","stream_id":""}"#,
                "invalid_stream_id",
            ),
            (r#"{"type":"response.create"}"#, ""),
        ] {
            socket.send(text).await;
            assert_eq!(socket.error().await, (400, code.to_owned()), "{text}");
        }
        socket.send(r#"{"type":"response.processed"}"#).await;
        socket.create(question("up-text", true)).await;
        assert_eq!(socket.said().await.text, HELLO);
    }
}

#[tokio::test]
async fn lanes_are_answered_beside_each_other_and_each_in_its_order() {
    let scene = Scene::start().await;
    let mut socket = Socket::open(&scene.gateway).await;
    let on = |lane: &str, model: &str| {
        let mut body = question(model, true);
        body["stream_id"] = json!(lane);
        body
    };
    socket.create(on("slow", "up-hang-mid")).await;
    socket.create(on("slow", "up-text")).await;
    socket.create(on("quick", "up-text")).await;
    let mut waited = Vec::new();
    let quick = loop {
        let event = socket.event().await;
        let lane = event["stream_id"].as_str().unwrap().to_owned();
        if lane == "quick" && event["type"] == "response.completed" {
            break Said::of(event["response"].clone());
        }
        waited.push((lane, event["type"].clone()));
    };
    assert_eq!(quick.text, HELLO);
    let is_slow_end =
        |(lane, kind): &(String, Value)| lane == "slow" && kind == "response.completed";
    assert!(!waited.iter().any(is_slow_end), "{waited:?}");
    // A lane can be begun from what was said on another one.
    let mut fork = on("fork", "up-text");
    fork["previous_response_id"] = quick.response["id"].clone();
    socket.create(fork).await;
    loop {
        let event = socket.event().await;
        if event["stream_id"] == "fork" && event["type"] == "response.completed" {
            break;
        }
    }
    let sent = scene.upstream.last_request().json();
    assert_eq!(sent["input"].as_array().unwrap().len(), 3);
    assert_eq!(sent["stream_id"], Value::Null);
    let asked = scene.upstream.requests().len();
    assert_eq!(asked, 3, "the second of the slow lane waits");
    drop(socket);
    eventually("the upstream is let go", async || {
        scene.upstream.open_streams() == 0
    })
    .await;
    assert_eq!(scene.upstream.requests().len(), 3);
}

#[tokio::test]
async fn a_connection_has_at_most_32_named_lanes() {
    let scene = Scene::start().await;
    let mut socket = Socket::open(&scene.gateway).await;
    for lane in 0..33 {
        let mut body = question("up-text", true);
        body["stream_id"] = json!(format!("lane-{lane}"));
        body["generate"] = json!(false);
        socket.create(body).await;
        if lane < 32 {
            assert_eq!(socket.said().await.response["output"], json!([]));
        }
    }
    let (status, code) = socket.error().await;
    assert_eq!((status, &*code), (400, "websocket_stream_limit_reached"));
}

#[tokio::test]
async fn who_may_not_call_gets_no_connection() {
    let scene = Scene::start().await;
    match connect(&scene.gateway, "Bearer wrong").await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 401),
        other => panic!("{other:?}"),
    }
    let answer = scene.gateway.request("GET", PATH).send().await.unwrap();
    assert_eq!(answer.status(), 426);
    assert_eq!(answer.headers()["upgrade"], "websocket");
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "upgrade_required");
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_the_connection() {
    let upstream = modelgate_test_upstream::Upstream::start().await;
    let lines = format!(
        "{}\nlimits:\n  request-body: 1MiB\n",
        super::provider(&upstream)
    );
    let gateway = crate::harness::Settings::new().line(&lines).start().await;
    let mut socket = Socket::open(&gateway).await;
    let mut body = question("up-text", true);
    body["input"] = json!("x".repeat(2 << 20));
    body["type"] = json!("response.create");
    let _ = socket.0.send(Message::text(body.to_string())).await;
    match socket.0.next().await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(frame.code, CloseCode::Size),
        // What was not read any more may have broken the line before the word came.
        Some(Err(Error::Io(_) | Error::Protocol(_))) | None => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stop_waits_for_an_answer_and_closes_the_connection() {
    let mut scene = Scene::start().await;
    let mut socket = Socket::open(&scene.gateway).await;
    let mut idle = Socket::open(&scene.gateway).await;
    socket.create(question("up-slow", true)).await;
    assert_eq!(socket.event().await["type"], "response.created");
    scene.gateway.signal("TERM");
    match idle.next().await {
        Some(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Restart),
        other => panic!("{other:?}"),
    }
    socket.said().await;
    match socket.next().await {
        Some(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Restart),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.gateway.exit_code().await, Some(0));
}
