//! The accept loop: connections with limits in number and time, TLS, and an orderly end.
//!
//! warp's own server has no connection limit, no time limits and no TLS (`crates.md` section 2), so its service is
//! driven by hyper here.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::Service;
use tower::util::MapRequest;

use crate::request::Peer;
use crate::routes::routes;
use crate::state::State;
use crate::tls;

/// Pause after an accept that failed for want of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Largest size of an HTTP/1 head, and of hyper's buffers.
const BUFFER: usize = 64 << 10;
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

    /// Serves until `stop` is ready, then lets open requests end within the configured time. `hurry` cuts that short.
    pub async fn run(self, stop: impl Future<Output = ()>, hurry: impl Future<Output = ()>) {
        let Self {
            listener,
            tls,
            state,
            limits,
        } = self;
        let warm = Arc::clone(&state);
        let warming = tokio::task::spawn_blocking(move || warm.warm_up());
        let following = tokio::spawn({
            let state = Arc::clone(&state);
            async move { state.follow().await }
        });
        let graceful = GracefulShutdown::new();
        let acceptor = Acceptor {
            tls,
            limits,
            builder: builder(limits.header),
            state: Arc::clone(&state),
        };
        tokio::select! {
            () = stop => {}
            () = acceptor.accept(&listener, &graceful) => {}
        }
        drop(listener);
        state.drain();
        let open = graceful.count();
        if open > 0 {
            tracing::info!(open, within = ?limits.drain, "waiting for open connections");
        }
        tokio::select! {
            () = graceful.shutdown() => tracing::info!("every request has ended"),
            () = sleep(limits.drain) => tracing::warn!("requests were still open at the deadline and are cut"),
            () = hurry => tracing::warn!("asked a second time to stop; open requests are cut"),
        }
        following.abort();
        warming.abort();
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
}

impl Acceptor {
    async fn accept(&self, listener: &TcpListener, graceful: &GracefulShutdown) {
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
            let service = MapRequest::new(
                service.clone(),
                move |mut request: http::Request<Incoming>| {
                    request.extensions_mut().insert(Peer(peer));
                    request
                },
            );
            self.serve(stream, peer, service, permit, graceful);
        }
    }

    /// Serves one connection in a task of its own; the watcher and the permit end with it.
    fn serve<S>(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        service: S,
        permit: OwnedSemaphorePermit,
        graceful: &GracefulShutdown,
    ) where
        S: Service<http::Request<Incoming>, Response = warp::reply::Response, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let watcher = graceful.watcher();
        let builder = self.builder.clone();
        let tls = self.tls.clone();
        let patience = self.limits.header;
        tokio::spawn(async move {
            let _permit = permit;
            // Answers are small and streams are written in pieces: waiting to fill packets only costs time.
            let _ = stream.set_nodelay(true);
            let service = TowerToHyperService::new(service);
            let served = match tls {
                None => match first_byte(&stream, patience).await {
                    true => watcher.watch(connection(&builder, stream, service)).await,
                    false => return,
                },
                Some(tls) => match timeout(patience, tls.accept(stream)).await {
                    Ok(Ok(stream)) => watcher.watch(connection(&builder, stream, service)).await,
                    Ok(Err(error)) => {
                        tracing::debug!(%peer, %error, "no TLS connection came about");
                        return;
                    }
                    Err(_) => return,
                },
            };
            if let Err(error) = served {
                tracing::debug!(%peer, error, "connection ended early");
            }
        });
    }
}

/// hyper's own header limit begins with the first byte: a client that connects and says nothing is sent away here.
async fn first_byte(stream: &TcpStream, patience: Duration) -> bool {
    matches!(timeout(patience, stream.readable()).await, Ok(Ok(())))
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

fn connection<I, S>(
    builder: &Builder<TokioExecutor>,
    stream: I,
    service: TowerToHyperService<S>,
) -> hyper_util::server::conn::auto::Connection<
    'static,
    TokioIo<I>,
    TowerToHyperService<S>,
    TokioExecutor,
>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<http::Request<Incoming>, Response = warp::reply::Response, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    builder
        .serve_connection(TokioIo::new(stream), service)
        .into_owned()
}
