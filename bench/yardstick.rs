//! The yardstick: a plain hyper reverse proxy that parses nothing and checks nothing.
//!
//! Server and pooled client are hyper's own with their defaults, and TCP_NODELAY on both sides.
//! It runs on the same kind of runtime as the gateway: tokio's multi-threaded one with its default
//! number of workers, which is the number of cores the process may use. Pinned to one core, both
//! have one worker.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

type Pool = Client<HttpConnector, Incoming>;
type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// Forwards everything that comes to `port` to the upstream, until the process is ended.
pub(crate) fn run(port: u16, upstream: SocketAddr) -> Result<()> {
    let authority: Authority = upstream.to_string().parse().context("upstream address")?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(serve(port, authority))
}

async fn serve(port: u16, upstream: Authority) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let pool: Pool = Client::builder(TokioExecutor::new()).build(connector);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (pool, upstream) = (pool.clone(), upstream.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| forward(&pool, &upstream, request));
            // A client that leaves is the ordinary end of a connection here.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn forward(
    pool: &Pool,
    upstream: &Authority,
    mut request: Request<Incoming>,
) -> Result<Answer, http::Error> {
    if request.uri().path() == "/healthz" {
        return Ok(Response::new(Either::Right(Full::from("ok"))));
    }
    let mut uri = std::mem::take(request.uri_mut()).into_parts();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(upstream.clone());
    *request.uri_mut() = Uri::from_parts(uri)?;
    request.headers_mut().remove(HOST);
    drop_hop_by_hop(request.headers_mut());
    match pool.request(request).await {
        Ok(mut response) => {
            drop_hop_by_hop(response.headers_mut());
            Ok(response.map(Either::Left))
        }
        Err(_) => Response::builder()
            .status(StatusCode::BAD_GATEWAY)
            .body(Either::Right(Full::default())),
    }
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    headers.remove(CONNECTION);
    headers.remove("keep-alive");
}
