//! The accept loop: connections with limits in number and time, TLS, and an orderly end.
//!
//! warp's own server has no connection limit, no time limits and no TLS (`crates.md` section 2), so its service is
//! driven by hyper here.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use modelgate_dialects::buffer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower::Service;
use tower::util::MapRequest;

use crate::eager::Eager;
use crate::management::events::follow_accounts;
use crate::request::{Head, Seat};
use crate::routes::routes;
use crate::state::State;
use crate::{cooldowns, lists, quotas, tls};

/// Pause after an accept that failed for want of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Largest size of an HTTP/1 head, and of hyper's buffers.
const BUFFER: usize = 64 << 10;
/// Seconds after which the memory of buffers is unused.
const UNUSED: u32 = 10;
/// Streams that one HTTP/2 connection may have open.
const STREAMS: u32 = 256;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use {}: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A server that listens but does not answer yet.
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    state: Arc<State>,
    limits: Limits,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .finish_non_exhaustive()
    }
}

/// The settings that count for as long as the server runs.
#[derive(Debug, Clone, Copy)]
struct Limits {
    connections: usize,
    header: Duration,
    drain: Duration,
}

impl Server {
    /// Listens on the configured address.
    ///
    /// # Errors
    /// When the address is taken or not ours, or the certificate cannot be used.
    pub async fn bind(state: Arc<State>) -> Result<Self, StartError> {
        let snapshot = state.snapshot();
        let server = &snapshot.config.server;
        let tls = server.tls.as_ref().map(tls::acceptor).transpose()?;
        let listener = listen(server.address)
            .await
            .map_err(|source| StartError::Bind {
                address: server.address,
                source,
            })?;
        // The first one counts.
        let _ = state
            .address
            .set(listener.local_addr().unwrap_or(server.address));
        let limits = Limits {
            connections: snapshot.config.limits.connections,
            header: snapshot.config.timeouts.header,
            drain: snapshot.config.timeouts.drain,
        };
        drop(snapshot);
        Ok(Self {
            listener,
            tls,
            state,
            limits,
        })
    }

    /// The address that is listened on: the real port where the configured one is 0.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is ready, or whoever gave a password falls silent, then lets open requests end within the configured time. `hurry` cuts that short.
    pub async fn run(self, stop: impl Future<Output = ()>, hurry: impl Future<Output = ()>) {
        let Self {
            listener,
            tls,
            state,
            limits,
        } = self;
        state.telemetry.open(&state.snapshot().config);
        let warm = Arc::clone(&state);
        let warming = tokio::task::spawn_blocking(move || warm.warm_up());
        let following = tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                tokio::join!(
                    state.follow(),
                    cooldowns::follow(&state),
                    lists::follow(&state),
                    quotas::follow(&state),
                    follow_accounts(&state)
                )
            }
        });
        let ticking = tokio::spawn(tick());
        let open = TaskTracker::new();
        let acceptor = Acceptor {
            tls,
            limits,
            builder: builder(limits.header),
            state: Arc::clone(&state),
            open: open.clone(),
        };
        tokio::select! {
            () = stop => {}
            () = state.abandoned() => {
                tracing::warn!("nobody asks /keep-alive any more: no new requests are taken, and the gateway ends");
            }
            () = acceptor.accept(&listener) => {}
        }
        drop(listener);
        state.drain();
        open.close();
        if !open.is_empty() {
            tracing::info!(open = open.len(), within = ?limits.drain, "waiting for open connections");
        }
        tokio::select! {
            () = open.wait() => tracing::info!("every request has ended"),
            () = sleep(limits.drain) => tracing::warn!("requests were still open at the deadline and are cut"),
            () = hurry => tracing::warn!("asked a second time to stop; open requests are cut"),
        }
        if timeout(limits.drain, state.settled()).await.is_err() {
            tracing::warn!("an account was still being renewed at the deadline");
        }
        ticking.abort();
        following.abort();
        if let Err(error) = cooldowns::keep(&state).await {
            tracing::warn!(%error, "cooldowns cannot be kept");
        }
        warming.abort();
        let telemetry = Arc::clone(&state.telemetry);
        // An error would mean that it panicked, which is logged.
        let _ = tokio::task::spawn_blocking(move || telemetry.close()).await;
    }
}

/// Keeps a timer near at all times. Whoever sets the nearest timer wakes the runtime's driver with a system call, and
/// without this one that would be every request. Now and then, what lies unused is given back.
async fn tick() {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        for _ in 0..UNUSED {
            ticks.tick().await;
        }
        buffer::release_unused();
    }
}

/// Listens on an address. All interfaces are those of IPv4 where the machine has no IPv6.
async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Err(error) if address.ip() == Ipv6Addr::UNSPECIFIED && !in_use(&error) => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        bound => bound,
    }
}

fn in_use(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

struct Acceptor {
    tls: Option<TlsAcceptor>,
    limits: Limits,
    builder: Builder<TokioExecutor>,
    state: Arc<State>,
    /// The connections, and what they have become.
    open: TaskTracker,
}

impl Acceptor {
    async fn accept(&self, listener: &TcpListener) {
        let service = warp::service(routes(Arc::clone(&self.state)));
        let permits = Arc::new(Semaphore::new(self.limits.connections));
        loop {
            // At the limit new connections wait in the system's queue.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                return;
            };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let begun = Arc::new(Notify::new());
            let begins = Arc::clone(&begun);
            let seat = Seat {
                open: self.open.clone(),
                permit: Arc::new(permit),
            };
            let service = MapRequest::new(
                service.clone(),
                move |mut request: http::Request<Incoming>| {
                    begins.notify_one();
                    let head = Head::take(&mut request, peer, &seat);
                    request.extensions_mut().insert(head);
                    request
                },
            );
            let connection = Connection {
                stream,
                peer,
                tls: self.tls.clone(),
                builder: self.builder.clone(),
                state: Arc::clone(&self.state),
            };
            let unused = unused(begun, self.limits.header, Arc::clone(&self.state));
            self.open.spawn(Eager::new(async move {
                tokio::select! {
                    biased;
                    () = connection.serve(service) => {}
                    () = unused => tracing::debug!(%peer, "a connection without a request is closed"),
                }
            }));
        }
    }
}

/// Ends when a connection is not worth keeping: no request has begun within `patience`, or none before the stop. hyper
/// has no limit for that: not before it has told HTTP/1 from HTTP/2, not after a TLS greeting, not before the first
/// headers of HTTP/2.
async fn unused(begun: Arc<Notify>, patience: Duration, state: Arc<State>) {
    tokio::select! {
        () = begun.notified() => std::future::pending().await,
        () = sleep(patience) => {}
        () = state.stopping() => {}
    }
}

/// One client's connection.
struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    builder: Builder<TokioExecutor>,
    state: Arc<State>,
}

impl Connection {
    async fn serve<S>(self, service: S)
    where
        S: Service<http::Request<Incoming>, Response = warp::reply::Response, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let Self {
            stream,
            peer,
            tls,
            builder,
            state,
        } = self;
        // Answers are small and streams are written in pieces: waiting to fill packets only costs time.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(service);
        // In boxes, as one of the two is larger.
        let served = match tls {
            None => Box::pin(http(&builder, stream, service, &state)).await,
            Some(tls) => match Box::pin(tls.accept(stream)).await {
                Ok(stream) => Box::pin(http(&builder, stream, service, &state)).await,
                Err(error) => {
                    tracing::debug!(%peer, %error, "no TLS connection came about");
                    return;
                }
            },
        };
        if let Err(error) = served {
            tracing::debug!(%peer, error, "connection ended early");
        }
    }
}

fn builder(header: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header)
        .max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .adaptive_window(true)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Serves a connection to its end; once the gateway stops, to the end of the requests that are open.
async fn http<I, S>(
    builder: &Builder<TokioExecutor>,
    stream: I,
    service: TowerToHyperService<S>,
    state: &State,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<http::Request<Incoming>, Response = warp::reply::Response, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let mut connection =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    tokio::select! {
        biased;
        served = connection.as_mut() => return served,
        () = state.stopping() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}
