//! `GET /v1/responses` as a WebSocket: the way of asking that Codex prefers.
//!
//! A `response.create` message is the body of a `POST /v1/responses`, and goes the same way as one; the answer's events
//! come back as one text message each. What is special is in `lanes` (several conversations on one connection) and in
//! `memory` (a conversation can be gone on from by the id of its last answer, whatever the upstream keeps). Facts: the
//! vendor's "WebSocket mode" guide.

mod answer;
mod lanes;
mod memory;
mod turn;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderValue, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use modelgate_dialects::Dialect;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};
use warp::reply::Response;

use crate::error::{self, Failure};
use crate::request::Incoming;
use crate::state::State;
use crate::websocket::answer::Handshake;
use crate::websocket::lanes::Lanes;

/// How often the client is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);
/// A client that has said nothing for this long, not even to a ping, is gone.
const SILENCE: Duration = Duration::from_secs(100);
/// Buffer for reading, and size up to which small messages are written together.
const BUFFER: usize = 16 << 10;

/// Answers a request to open a connection.
pub(crate) fn open(state: Arc<State>, mut incoming: Box<Incoming>) -> Response {
    let upgrade = incoming.upgrade.take();
    let accepted = admit(&state, &incoming).and_then(|()| {
        let key = key(&incoming).ok_or_else(Failure::no_websocket)?;
        Ok((key, upgrade.ok_or_else(Failure::no_websocket)?))
    });
    let (key, upgrade) = match accepted {
        Ok(accepted) => accepted,
        Err(failure) => return refuse(&failure),
    };
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    let limits = state.snapshot().config.limits.clone();
    tracing::debug!(request_id = %incoming.id, "a WebSocket is opened");
    upgrade.hand_over(move |stream| async move {
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(limits.request_body))
            .max_frame_size(Some(limits.request_body));
        let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
        let lanes = Lanes::new(Handshake::new(state, incoming), limits.request_body);
        serve(stream, lanes).await;
    });
    response
}

/// The caller is looked at again for every request on the connection.
fn admit(state: &State, incoming: &Incoming) -> Result<(), Failure> {
    if state.is_draining() {
        return Err(Failure::draining());
    }
    let query = incoming.query.as_deref();
    let access = &state.snapshot().access;
    let caller = access.admit(&incoming.headers, query, incoming.peer, SystemTime::now());
    caller.map(|_| ())
}

/// The proof that a WebSocket was meant; none where the request is not one for it.
fn key(incoming: &Incoming) -> Option<HeaderValue> {
    let is = |name: &str, wanted: &str| {
        let value = incoming.header(name);
        value.is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    };
    let meant = is(UPGRADE.as_str(), "websocket") && is(SEC_WEBSOCKET_VERSION.as_str(), "13");
    let key = incoming.headers.get(SEC_WEBSOCKET_KEY).filter(|_| meant)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

fn refuse(failure: &Failure) -> Response {
    let mut response = error::answer(Dialect::Responses, failure);
    if response.status() == StatusCode::UPGRADE_REQUIRED {
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

/// Serves a connection until one of both ends leaves. Dropping it cancels what is being answered.
async fn serve(mut socket: WebSocketStream<TokioIo<Upgraded>>, mut lanes: Lanes) {
    let state = lanes.state();
    let mut stopping = std::pin::pin!(state.stopping());
    let mut stops = false;
    let mut heard = Instant::now();
    let mut ping = interval_at(heard + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ended = loop {
        if stops && lanes.is_idle() {
            break close(
                &mut socket,
                CloseCode::Restart,
                "modelgate is shutting down",
            )
            .await;
        }
        let sent = tokio::select! {
            message = socket.next() => {
                heard = Instant::now();
                match message {
                    None | Some(Ok(Message::Close(_))) => break Ok(()),
                    Some(Ok(Message::Text(text))) => say(&mut socket, lanes.on_message(text.into())).await,
                    Some(Ok(Message::Binary(bytes))) => say(&mut socket, lanes.on_message(bytes)).await,
                    Some(Ok(_)) => Ok(()),
                    Some(Err(Error::Capacity(_))) => {
                        break close(&mut socket, CloseCode::Size, "the message is too large").await;
                    }
                    Some(Err(error)) => Err(error),
                }
            }
            texts = lanes.next() => say(&mut socket, texts).await,
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    break Ok(());
                }
                socket.send(Message::Ping(Bytes::new())).await
            }
            () = &mut stopping, if !stops => {
                stops = true;
                Ok(())
            }
        };
        if let Err(error) = sent {
            break Err(error);
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a WebSocket ended early");
    }
}

/// Sends texts that came at once; one write for all of them if they are small.
async fn say(
    socket: &mut WebSocketStream<TokioIo<Upgraded>>,
    texts: Vec<Utf8Bytes>,
) -> Result<(), Error> {
    for text in texts {
        socket.feed(Message::Text(text)).await?;
    }
    socket.flush().await
}

async fn close(
    socket: &mut WebSocketStream<TokioIo<Upgraded>>,
    code: CloseCode,
    reason: &'static str,
) -> Result<(), Error> {
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::from_static(reason),
    };
    socket.close(Some(frame)).await
}
