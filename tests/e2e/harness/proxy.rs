//! A proxy that does what it should and nothing else: HTTP (with and without a tunnel) and SOCKS5, with a password if it
//! wants one. It notes what it was asked for, and refuses what a real one would.
//!
//! Names are not resolved: every name is this machine, so that a name that only the proxy knows can be asked for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A running proxy; it is gone when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    visits: Arc<Mutex<Vec<Visit>>>,
    task: JoinHandle<()>,
}

/// What a proxy was asked for, once it was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) way: Way,
    /// `host:port` as the client said it.
    pub(crate) target: String,
}

/// How it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// HTTP with the whole address in the first line.
    Forward,
    /// HTTP `CONNECT`.
    Tunnel,
    /// SOCKS5 with a name.
    SocksName,
    /// SOCKS5 with an address.
    SocksAddress,
}

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Http,
    Socks5,
}

/// A user name and a password.
pub(crate) type Login = Option<(&'static str, &'static str)>;

impl Proxy {
    /// Starts a proxy on a free port. With a login, nobody else gets through.
    pub(crate) async fn start(kind: Kind, login: Login) -> Self {
        let (listener, address) = listen().await;
        let visits = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&visits);
        let task = tokio::spawn(accept(listener, move |stream| {
            let seen = Arc::clone(&seen);
            async move {
                match kind {
                    Kind::Http => http(stream, login, &seen).await,
                    Kind::Socks5 => socks5(stream, login, &seen).await,
                }
            }
        }));
        Self {
            address,
            visits,
            task,
        }
    }

    /// What it was asked for since it was last asked.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        std::mem::take(&mut self.visits.lock().unwrap())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// TLS in front of a port of this machine, with a certificate for `localhost` of its own; gone when dropped.
#[derive(Debug)]
pub(crate) struct Secured {
    pub(crate) address: SocketAddr,
    /// The certificate, for whoever is to trust it.
    pub(crate) pem: String,
    task: JoinHandle<()>,
}

impl Secured {
    pub(crate) async fn start(target: SocketAddr) -> Self {
        Self::speaking(&[], target).await
    }

    /// The same for those who speak one of these protocols (ALPN) only.
    pub(crate) async fn speaking(protocols: &[&str], target: SocketAddr) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().into())
            .collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (listener, address) = listen().await;
        let task = tokio::spawn(accept(listener, move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut client = acceptor.accept(stream).await?;
                let mut upstream = TcpStream::connect(target).await?;
                upstream.set_nodelay(true)?;
                copy_bidirectional(&mut client, &mut upstream).await?;
                Ok(())
            }
        }));
        Self {
            address,
            pem: made.cert.pem(),
            task,
        }
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves connections, and closes them all when it is dropped.
async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        connections.spawn(serve(stream));
    }
}

async fn http(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    login: Login,
    visits: &Mutex<Vec<Visit>>,
) -> io::Result<()> {
    let (head, rest) = head(&mut client).await?;
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let headers: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, "HTTP/1.1"] = words[..] else {
        return refuse(&mut client, "400 Bad Request").await;
    };
    let expected = login.map(|(user, password)| {
        format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("{user}:{password}"))
        )
    });
    if header(&headers, "proxy-authorization") != expected.as_deref() {
        return refuse(&mut client, "407 Proxy Authentication Required").await;
    }
    let (way, target, path) = if method == "CONNECT" {
        (Way::Tunnel, target, "")
    } else {
        let Some(bare) = target.strip_prefix("http://") else {
            return refuse(&mut client, "400 Bad Request").await;
        };
        let slash = bare.find('/').unwrap_or(bare.len());
        (Way::Forward, &bare[..slash], &bare[slash..])
    };
    let mut upstream = connect(target).await?;
    note(visits, way, target);
    if way == Way::Tunnel {
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    } else {
        // One request on each connection, which spares reading its body.
        let own = |line: &&&str| {
            let name = line
                .split(':')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            !matches!(
                &*name,
                "proxy-authorization" | "proxy-connection" | "connection"
            )
        };
        let kept: Vec<&str> = headers.iter().filter(own).copied().collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{}\r\nconnection: close\r\n\r\n",
            kept.join("\r\n")
        );
        upstream.write_all(head.as_bytes()).await?;
    }
    upstream.write_all(&rest).await?;
    copy_bidirectional(&mut client, &mut upstream).await?;
    Ok(())
}

/// The head of a request, and what was read behind it.
async fn head(client: &mut (impl AsyncRead + Unpin)) -> io::Result<(String, Vec<u8>)> {
    let mut seen = Vec::new();
    loop {
        let end = seen.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let rest = seen.split_off(end + 4);
            let head = String::from_utf8(seen).map_err(io::Error::other)?;
            return Ok((head, rest));
        }
        let mut piece = [0; 4096];
        let read = client.read(&mut piece).await?;
        if read == 0 || seen.len() > 64 << 10 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        seen.extend_from_slice(&piece[..read]);
    }
}

fn header<'h>(headers: &[&'h str], name: &str) -> Option<&'h str> {
    let mut pairs = headers.iter().filter_map(|line| line.split_once(':'));
    let found = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim())
}

async fn refuse(client: &mut (impl AsyncWrite + Unpin), status: &str) -> io::Result<()> {
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    client.write_all(answer.as_bytes()).await
}

/// RFC 1928, with the user name and password of RFC 1929.
async fn socks5(mut client: TcpStream, login: Login, visits: &Mutex<Vec<Visit>>) -> io::Result<()> {
    let wrong = |what: &str| io::Error::other(what.to_owned());
    let [version, count] = [client.read_u8().await?, client.read_u8().await?];
    let methods = bytes(&mut client, count).await?;
    let method = if login.is_some() { 2 } else { 0 };
    if version != 5 || !methods.contains(&method) {
        client.write_all(&[5, 0xff]).await?;
        return Err(wrong("no method that both know"));
    }
    client.write_all(&[5, method]).await?;
    if let Some((user, password)) = login {
        let version = client.read_u8().await?;
        let length = client.read_u8().await?;
        let name = bytes(&mut client, length).await?;
        let length = client.read_u8().await?;
        let word = bytes(&mut client, length).await?;
        let right = version == 1 && name == user.as_bytes() && word == password.as_bytes();
        client.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Err(wrong("another login"));
        }
    }
    let [5, 1, 0, kind] = bytes(&mut client, 4).await?[..] else {
        return Err(wrong("not the command to connect"));
    };
    let (way, host) = match kind {
        1 => {
            let address: [u8; 4] = bytes(&mut client, 4).await?.try_into().unwrap();
            (Way::SocksAddress, Ipv4Addr::from(address).to_string())
        }
        3 => {
            let length = client.read_u8().await?;
            let name = String::from_utf8(bytes(&mut client, length).await?);
            (Way::SocksName, name.map_err(io::Error::other)?)
        }
        _ => return Err(wrong("no kind of address that is known here")),
    };
    let target = format!("{host}:{}", client.read_u16().await?);
    let mut upstream = connect(&target).await?;
    note(visits, way, &target);
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut upstream).await?;
    Ok(())
}

async fn bytes(client: &mut TcpStream, count: u8) -> io::Result<Vec<u8>> {
    let mut read = vec![0; count.into()];
    client.read_exact(&mut read).await?;
    Ok(read)
}

/// Whatever the name, it is a port of this machine.
async fn connect(target: &str) -> io::Result<TcpStream> {
    let port = target.rsplit(':').next().and_then(|port| port.parse().ok());
    let port: u16 = port.ok_or_else(|| io::Error::other("no port"))?;
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn note(visits: &Mutex<Vec<Visit>>, way: Way, target: &str) {
    let target = target.to_owned();
    visits.lock().unwrap().push(Visit { way, target });
}
