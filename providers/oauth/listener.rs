//! The place on this machine that a browser comes back to.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use modelgate_config::Secret;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use url::{Host, Url};

use super::page::{self, Page};
use super::{BrowserLogin, Callback, LoginError};

/// Connections at the same time; browsers open some ahead of need.
const CONNECTIONS: usize = 16;
/// A connection that sends nothing is closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens where a provider sends the browser back to, on the loopback addresses alone. `localhost` may be either of them.
#[derive(Debug)]
pub struct Listener {
    v4: TcpListener,
    v6: Option<TcpListener>,
    path: String,
}

impl Listener {
    /// Listens for the end of a login.
    ///
    /// # Errors
    /// When the port is in use, or the browser is sent elsewhere than to this machine.
    pub fn bind(login: &BrowserLogin) -> Result<Self, LoginError> {
        let redirect = login.redirect();
        if !is_here(redirect) {
            return Err(LoginError::Elsewhere);
        }
        let port = redirect.port_or_known_default().unwrap_or(80);
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => LoginError::PortBusy {
                port,
                kind: login.kind(),
            },
            _ => LoginError::NoListener { port, source },
        };
        let v4 = listen((Ipv4Addr::LOCALHOST, port).into()).map_err(refused)?;
        let v6 = match listen((Ipv6Addr::LOCALHOST, port).into()) {
            // Whoever has it would get the code.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(refused(error)),
            bound => bound.ok(),
        };
        let path = redirect.path().to_owned();
        Ok(Self { v4, v6, path })
    }

    /// Waits for the browser. Answers to other logins are told so, and waited past.
    ///
    /// # Errors
    /// When the provider or the person refused.
    pub async fn code(&self, login: &BrowserLogin) -> Result<Secret, LoginError> {
        self.serve(|request| answer(request, login)).await
    }

    /// Sends browsers on to another address with what they bring, for as long as somebody waits for it.
    pub async fn forward(self, to: Url) {
        let absurd: Infallible = self
            .serve(|request| (self.onward(request, &to), None))
            .await;
        match absurd {}
    }

    fn onward(&self, request: &Request<Incoming>, to: &Url) -> Response<Bytes> {
        let uri = request.uri();
        if request.method() != Method::GET || uri.path() != self.path {
            return Page::Absent.response();
        }
        let mut to = to.clone();
        to.set_query(uri.query());
        page::onward(&to)
    }

    /// Answers requests until one of them is what was waited for.
    async fn serve<T>(
        &self,
        answer: impl Fn(&Request<Incoming>) -> (Response<Bytes>, Option<T>),
    ) -> T {
        let mut open = FuturesUnordered::new();
        let mut seats = VecDeque::new();
        loop {
            tokio::select! {
                stream = self.accept() => {
                    let Ok(stream) = stream else { continue };
                    // Who has come first and said nothing yet gives way.
                    if seats.len() == CONNECTIONS {
                        seats.pop_front();
                    }
                    let (seat, gone) = oneshot::channel();
                    seats.push_back(seat);
                    open.push(one(stream, &answer, gone));
                }
                // A branch that does not match would leave the others alone until somebody else comes.
                Some(outcome) = open.next() => if let Some(outcome) = outcome {
                    return outcome;
                },
            }
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let Some(v6) = &self.v6 else {
            return self.v4.accept().await.map(|(stream, _)| stream);
        };
        tokio::select! {
            accepted = self.v4.accept() => accepted,
            accepted = v6.accept() => accepted,
        }
        .map(|(stream, _)| stream)
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => false,
    }
}

/// Answers one request; what it was, if it was waited for, once the browser has its page. Ends early when its seat is `gone`.
async fn one<T>(
    stream: TcpStream,
    answer: &impl Fn(&Request<Incoming>) -> (Response<Bytes>, Option<T>),
    gone: oneshot::Receiver<Infallible>,
) -> Option<T> {
    let outcome = Mutex::new(None);
    let service = service_fn(|request: Request<Incoming>| {
        let (response, end) = answer(&request);
        if end.is_some() {
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = end;
        }
        async { Ok::<_, Infallible>(response.map(Full::new)) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        served = connection => if let Err(error) = served {
            tracing::debug!(%error, "a browser's connection broke");
        },
        _ = gone => {}
    }
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn answer(
    request: &Request<Incoming>,
    login: &BrowserLogin,
) -> (Response<Bytes>, Option<Result<Secret, LoginError>>) {
    let uri = request.uri();
    if request.method() != Method::GET || uri.path() != login.redirect().path() {
        return (Page::Absent.response(), None);
    }
    let callback = Callback::from_query(uri.query().unwrap_or_default());
    let code = login.code(&callback);
    let page = Page::of(&code);
    (login.shown(page), (page != Page::Stray).then_some(code))
}

#[cfg(test)]
mod tests;
