//! Bare sockets, for clients that do what no HTTP library would.

use super::{Gateway, PATIENCE, Speaks};
use crate::harness::KEY;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// One connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    /// Everything that was read.
    pub(crate) seen: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(gateway: &Gateway) -> Self {
        let stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            seen: Vec::new(),
        }
    }

    /// Connects and sends these bytes.
    pub(crate) async fn sending(gateway: &Gateway, bytes: impl AsRef<[u8]>) -> Self {
        let mut wire = Self::connect(gateway).await;
        wire.send(bytes).await;
        wire
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends as long as the other side takes it; false when it does not.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Whether the other side closes within a moment.
    pub(crate) async fn is_closed(&mut self, moment: Duration) -> bool {
        timeout(moment, async { while self.more().await {} })
            .await
            .is_ok()
    }

    /// Reads until `word` was seen.
    ///
    /// # Panics
    ///
    /// When it does not come.
    pub(crate) async fn until(&mut self, word: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.has(word) {
            let left = end.saturating_duration_since(Instant::now());
            let read = timeout(left, self.more()).await;
            assert!(
                matches!(read, Ok(true)) || self.has(word),
                "no {word:?} came, only {:?}",
                self.text()
            );
        }
    }

    /// Reads until the gateway closes the connection; tells how long that took.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub(crate) async fn until_closed(&mut self) -> Duration {
        let begin = Instant::now();
        let closed = timeout(PATIENCE, async { while self.more().await {} });
        closed.await.expect("the connection is closed");
        begin.elapsed()
    }

    /// Whether nothing comes for a moment.
    pub(crate) async fn is_silent(&mut self, moment: Duration) -> bool {
        timeout(moment, self.more()).await.is_err()
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        let word = word.as_bytes();
        self.seen.windows(word.len()).any(|window| window == word)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Reads what is there next; false at the end.
    async fn more(&mut self) -> bool {
        let mut buffer = vec![0; 16 * 1024];
        match self.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen.extend_from_slice(&buffer[..count]);
                true
            }
        }
    }
}

/// A request as bytes, with the test's key.
pub(crate) fn request(dialect: Speaks, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = head(dialect, &format!("content-length: {}\r\n", body.len()));
    (head + &body).into_bytes()
}

/// The head of a request with further header lines.
pub(crate) fn head(dialect: Speaks, more: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n{more}\r\n",
        dialect.path()
    )
}
