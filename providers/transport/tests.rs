use std::io::Write as _;
use std::net::SocketAddr;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use http::header::CONTENT_ENCODING;
use http_body_util::BodyExt as _;
use modelgate_config::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const LIMIT: Duration = Duration::from_secs(5);

fn request(to: SocketAddr) -> Request<Body> {
    let mut request = Request::new(Bytes::from_static(b"{}").into());
    *request.uri_mut() = format!("http://{to}/v1").parse().unwrap();
    request
}

fn direct() -> Transport {
    Transport::new(&Proxy::Direct, LIMIT).unwrap()
}

/// A server that answers each connection once, and ends it.
async fn answering(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

/// A server of HTTP/2 that refuses the first requests of each connection unseen.
async fn refusing(count: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let mut left = count;
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            if left > 0 {
                left -= 1;
                respond.send_reset(h2::Reason::REFUSED_STREAM);
            } else {
                respond.send_response(Response::new(()), true).unwrap();
            }
        }
    });
    address
}

async fn ask_refusing(count: usize) -> Result<StatusCode, legacy::Error> {
    let mut builder = builder();
    builder.http2_only(true);
    let connector = Connector::new(&Proxy::Direct, LIMIT).unwrap();
    let transport = Transport::over(&builder, connector);
    let address = refusing(count).await;
    let answer = transport.exchange(request(address), AGAIN).await?;
    Ok(answer.status())
}

#[tokio::test]
async fn what_was_refused_unseen_is_sent_again() {
    assert_eq!(ask_refusing(AGAIN).await.unwrap(), StatusCode::OK);
    let error = ask_refusing(AGAIN + 1).await.unwrap_err();
    assert!(is_unseen(&error), "{error:?}");
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(b"hello").unwrap();
    let packed = packed.finish().unwrap();
    let length = packed.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
    let address = answering([head.into_bytes(), packed].concat()).await;
    let answer = direct().send(request(address)).await.unwrap();
    assert!(!answer.headers().contains_key(CONTENT_ENCODING));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "hello");
}

/// The lines of a request in which the server is named, as the server reads them.
async fn named(listener: &TcpListener, request: Request<Body>) -> Vec<String> {
    tokio::spawn(async move { direct().send(request).await.is_ok() });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = [0; 4096];
    let length = stream.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
    let lines = head.lines().filter(|line| line.starts_with("host"));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_server_is_told_its_name_once_and_without_what_lets_in() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    for before in ["", "user:secret@"] {
        let mut request = request(server);
        *request.uri_mut() = format!("http://{before}{server}/v1").parse().unwrap();
        let expected = [format!("host: {server}")];
        assert_eq!(named(&listener, request).await, expected, "{before}");
    }
    // The operator may give it another one.
    let mut request = request(server);
    let given = HeaderValue::from_static("given.example");
    request.headers_mut().insert(HOST, given);
    assert_eq!(named(&listener, request).await, ["host: given.example"]);
}

#[tokio::test]
async fn a_connection_that_has_ended_is_not_used_again() {
    let address = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec()).await;
    let transport = direct();
    for _ in 0..20 {
        let answer = transport.send(request(address)).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "ok");
    }
}

#[tokio::test]
async fn a_broken_body_names_the_provider() {
    let address = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok".to_vec()).await;
    let answer = direct().send(request(address)).await.unwrap();
    let mut body = stream(answer.into_body(), "p".into());
    assert_eq!(body.next().await.unwrap().unwrap(), "ok");
    let error = body.next().await.unwrap().unwrap_err();
    let message = &error.error.message;
    assert!(
        message.starts_with("the connection to p failed: "),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_comes_about_in_time() {
    // The system accepts it, and nobody greets.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut request = request(listener.local_addr().unwrap());
    let uri = request.uri().to_string().replace("http:", "https:");
    *request.uri_mut() = uri.parse().unwrap();
    let error = direct().send(request).await.err().unwrap();
    let failure = failure(&"p".into(), &Proxy::Direct, &error);
    assert_eq!(failure.kind.name(), "unreachable");
    assert_eq!(
        failure.error.message,
        "cannot reach p: no connection within 5s"
    );
}

#[test]
fn a_proxy_that_is_not_understood_is_not_left_out() {
    let proxy = Proxy::Url(Secret::from("ftp://user:secret@proxy"));
    let error = Transport::new(&proxy, LIMIT).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

/// A body in so many pieces of different sizes, and all of it.
fn pieces(count: usize) -> (Body, Vec<u8>) {
    let piece = |index: usize| Bytes::from(vec![b'a' + (index % 26) as u8; index * 37 % 5000 + 1]);
    let body: Body = (0..count).map(piece).collect();
    let whole = body.to_bytes().to_vec();
    (body, whole)
}

#[tokio::test]
async fn a_body_in_pieces_arrives_whole() {
    let (body, whole) = pieces(300);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut request = request(listener.local_addr().unwrap());
    *request.body_mut() = body;
    let sent = tokio::spawn(async move { direct().send(request).await.is_ok() });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(&whole) {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "it broke off");
    }
    let head = String::from_utf8_lossy(&read[..read.len() - whole.len()]).to_lowercase();
    assert!(head.contains(&format!("content-length: {}\r\n", whole.len())));
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    assert!(sent.await.unwrap());
}

#[tokio::test]
async fn a_body_in_pieces_arrives_whole_by_http_2() {
    let (body, whole) = pieces(300);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut request = request(listener.local_addr().unwrap());
    *request.body_mut() = body;
    let mut builder = builder();
    builder.http2_only(true);
    let connector = Connector::new(&Proxy::Direct, LIMIT).unwrap();
    let transport = Transport::over(&builder, connector);
    let sent = tokio::spawn(async move { transport.exchange(request, AGAIN).await.is_ok() });
    let (stream, _) = listener.accept().await.unwrap();
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let (request, mut respond) = connection.accept().await.unwrap().unwrap();
    let serving = tokio::spawn(async move { while connection.accept().await.is_some() {} });
    let mut incoming = request.into_body();
    let mut read = Vec::new();
    while let Some(data) = incoming.data().await {
        let data = data.unwrap();
        incoming
            .flow_control()
            .release_capacity(data.len())
            .unwrap();
        read.extend_from_slice(&data);
    }
    assert!(
        read == whole,
        "{} bytes came of {}",
        read.len(),
        whole.len()
    );
    respond.send_response(Response::new(()), true).unwrap();
    assert!(sent.await.unwrap());
    serving.abort();
}
