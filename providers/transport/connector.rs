//! One connection: directly or through a proxy, and encrypted where the address says so.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use humantime::format_duration;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use modelgate_config::model::Proxy;
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::net::lookup_host;
use tokio::time::timeout;
use tower::{Service, service_fn};

use super::SetupError;
use crate::client::install_tls;

/// Silence after which the other side is asked whether it is still there, how long it has for its answer, and how often.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_TRIES: u32 = 3;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Makes connections; its copies share what it knows.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    http: HttpConnector,
    /// With providers, which may speak HTTP/2.
    tls: Arc<ClientConfig>,
    /// With proxies.
    tls_proxy: Arc<ClientConfig>,
    /// Which addresses have a proxy; none where no address has one.
    proxies: Option<Arc<Matcher>>,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(proxy: &Proxy, limit: Duration) -> Result<Self, SetupError> {
        install_tls();
        let tls_proxy = ClientConfig::with_platform_verifier()?;
        let mut tls = tls_proxy.clone();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut http = HttpConnector::new();
        // What is encrypted is a connection to it as well.
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(limit));
        http.set_keepalive(Some(KEEP_ALIVE));
        http.set_keepalive_interval(Some(KEEP_ALIVE));
        http.set_keepalive_retries(Some(KEEP_ALIVE_TRIES));
        Ok(Self {
            http,
            tls: Arc::new(tls),
            tls_proxy: Arc::new(tls_proxy),
            proxies: proxies(proxy)?.map(Arc::new),
            limit,
        })
    }

    /// What lets a request for an address that is not encrypted through an HTTP proxy.
    pub(crate) fn login(&self, to: &Uri) -> Option<HeaderValue> {
        let proxy = self.proxies.as_ref()?.intercept(to)?;
        proxy.basic_auth().cloned()
    }

    async fn connect(self, to: Uri) -> Result<Wire, Failure> {
        let proxies = self.proxies.as_ref();
        let Some(proxy) = proxies.and_then(|proxies| proxies.intercept(&to)) else {
            return Ok(Wire::new(self.secured(self.http.clone()).call(to).await?));
        };
        match proxy.uri().scheme_str() {
            Some(scheme @ ("socks4" | "socks4a")) => {
                let at = at(&to, scheme == "socks4").await?;
                let mut socks = SocksV4::new(proxy.uri().clone(), self.http.clone());
                let socks = service_fn(move |_| socks.call(at.clone()));
                Ok(Wire::new(self.secured(socks).call(to).await?))
            }
            Some(scheme @ ("socks5" | "socks5h")) => {
                let at = at(&to, scheme == "socks5").await?;
                let mut socks = SocksV5::new(proxy.uri().clone(), self.http.clone());
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                let socks = service_fn(move |_| socks.call(at.clone()));
                Ok(Wire::new(self.secured(socks).call(to).await?))
            }
            _ => self.connect_by_http(&proxy, to).await,
        }
    }

    /// Through an HTTP proxy: in a tunnel, or where nothing is encrypted by asking the proxy itself.
    async fn connect_by_http(&self, proxy: &Intercept, to: Uri) -> Result<Wire, Failure> {
        let tls = Arc::clone(&self.tls_proxy);
        let mut there = HttpsConnector::from((self.http.clone(), tls));
        if to.scheme() != Some(&Scheme::HTTPS) {
            return Ok(Wire {
                is_proxy: true,
                ..Wire::new(there.call(proxy.uri().clone()).await?)
            });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), there);
        if let Some(login) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(login.clone());
        }
        Ok(Wire::new(self.secured(tunnel).call(to).await?))
    }

    /// With TLS where the address says so.
    fn secured<T>(&self, connector: T) -> HttpsConnector<T> {
        HttpsConnector::from((connector, Arc::clone(&self.tls)))
    }
}

/// The proxies of a setting; none where there are none.
fn proxies(proxy: &Proxy) -> Result<Option<Matcher>, SetupError> {
    let proxies = match proxy {
        Proxy::Direct => return Ok(None),
        Proxy::Inherit => return Ok(is_environment_set().then(Matcher::from_env)),
        Proxy::Url(url) => Matcher::builder().all(url.expose()).build(),
    };
    // An address that it does not understand would be no proxy at all.
    let understood = |to| proxies.intercept(&Uri::from_static(to)).is_some();
    if !understood("http://a") || !understood("https://a") {
        return Err(SetupError::Proxy);
    }
    Ok(Some(proxies))
}

/// Whether a proxy is set in the environment, as the matcher reads it: with none, no request need be matched.
fn is_environment_set() -> bool {
    let names = ["http_proxy", "https_proxy", "all_proxy"];
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    names
        .iter()
        .any(|name| set(name) || set(&name.to_ascii_uppercase()))
}

/// What a SOCKS proxy is asked for: the name, or the address that it has here.
async fn at(to: &Uri, resolve: bool) -> Result<Uri, Failure> {
    let host = to.host().ok_or("the address has no host")?;
    let usual = if to.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    let port = to.port_u16().unwrap_or(usual);
    let authority = if resolve {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = lookup_host((bare, port)).await?.next();
        found.ok_or("the name has no address")?.to_string()
    } else {
        format!("{host}:{port}")
    };
    Ok(authority.parse()?)
}

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let limit = connector.limit;
            match timeout(limit, connector.connect(to)).await {
                Ok(connected) => connected,
                Err(_) => Err(format!("no connection within {}", format_duration(limit)).into()),
            }
        })
    }
}

/// A connection, whatever it goes through.
pub(crate) struct Wire {
    duplex: Box<dyn Duplex>,
    /// The other end is a proxy that is told whom each request is for.
    is_proxy: bool,
}

/// Both directions of a connection.
trait Duplex: Read + Write + Connection + Send + Unpin {}

impl<T: Read + Write + Connection + Send + Unpin> Duplex for T {}

impl Wire {
    fn new(duplex: impl Duplex + 'static) -> Self {
        Self {
            duplex: Box::new(duplex),
            is_proxy: false,
        }
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        self.duplex.connected().proxy(self.is_proxy)
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.duplex).poll_read(cx, buffer)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.duplex).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.duplex).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.duplex).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.duplex.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.duplex).poll_write_vectored(cx, pieces)
    }
}
