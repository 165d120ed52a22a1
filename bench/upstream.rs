//! The stand-in upstream: answers at once with what it made when it started.
//!
//! It speaks every client dialect, so that a plain proxy can be asked the same. How it answers is named by the model in the
//! request, since a gateway passes that on whatever it rewrites: see [`Manner`]. `GET /stats`
//! tells how many held streams are open.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use self::asked::{Asked, Manner};
use self::reply::{OpenGuard, Pace, Reply};
use crate::wire::{Dialect, PAUSE, answer};

mod asked;
mod reply;

/// Answers on `port` until the process is ended; one thread, so that it stays on its core.
pub(crate) fn run(port: u16) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(serve(port))
}

/// Everything the upstream can answer, and the count of streams it holds open.
struct Upstream {
    answers: [(Dialect, Answers); 5],
    open: Arc<AtomicUsize>,
}

impl Upstream {
    /// The dialect at a path, and what is answered there.
    fn answers(&self, path: &str) -> Option<&(Dialect, Answers)> {
        let asked = Dialect::at(path)?;
        self.answers.iter().find(|(dialect, _)| *dialect == asked)
    }
}

/// One dialect's answers, framed once.
struct Answers {
    whole: Arc<[Bytes]>,
    stream: Arc<[Bytes]>,
}

impl Answers {
    fn of(dialect: Dialect) -> Self {
        Self {
            whole: Arc::new([Bytes::from(answer::whole(dialect))]),
            stream: answer::stream(dialect)
                .into_iter()
                .map(Bytes::from)
                .collect(),
        }
    }
}

async fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let upstream = Arc::new(Upstream {
        answers: Dialect::CLIENTS.map(|dialect| (dialect, Answers::of(dialect))),
        open: Arc::default(),
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let upstream = Arc::clone(&upstream);
        tokio::spawn(async move {
            let service = service_fn(|request| respond(&upstream, request));
            // Copying small frames into one write is cheaper than gathering them.
            let _ = hyper::server::conn::http1::Builder::new()
                .writev(false)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn respond(
    upstream: &Upstream,
    request: Request<Incoming>,
) -> Result<Response<Reply>, Infallible> {
    match request.uri().path() {
        "/healthz" => return Ok(plain(StatusCode::OK, Bytes::from_static(b"ok"))),
        "/stats" => {
            let open = upstream.open.load(Ordering::Relaxed);
            return Ok(plain(StatusCode::OK, Bytes::from(format!("{open}\n"))));
        }
        _ => {}
    }
    let Some((dialect, answers)) = upstream.answers(request.uri().path()) else {
        return Ok(plain(StatusCode::NOT_FOUND, Bytes::new()));
    };
    // Gemini says in the path whether it is to stream.
    let streams = *dialect == Dialect::Gemini && request.uri().query().is_some();
    let Ok(asked) = Asked::read(request.into_body()).await else {
        return Ok(plain(StatusCode::BAD_REQUEST, Bytes::new()));
    };
    if !(asked.stream || streams) {
        let reply = Reply::new(Arc::clone(&answers.whole), Pace::AtOnce);
        return Ok(with_type(reply, "application/json"));
    }
    let pace = match asked.manner {
        Manner::AtOnce => Pace::AtOnce,
        Manner::Paused => Pace::pause(PAUSE),
        Manner::Held => Pace::Held {
            _open: OpenGuard::new(&upstream.open),
        },
    };
    let reply = Reply::new(Arc::clone(&answers.stream), pace);
    let mut response = with_type(reply, "text/event-stream");
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

fn with_type(reply: Reply, content_type: &'static str) -> Response<Reply> {
    let mut response = Response::new(reply);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn plain(status: StatusCode, body: Bytes) -> Response<Reply> {
    let mut response = with_type(Reply::new(Arc::new([body]), Pace::AtOnce), "text/plain");
    *response.status_mut() = status;
    response
}
