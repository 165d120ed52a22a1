//! A provider of one's own: a server whose answers a function gives, and that keeps what it was asked.

use bytes::Bytes;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What the stand-in was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// What it says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// The body is sent in pieces of so many bytes.
    piece: usize,
    /// What each piece but the first waits for; without it, the length is told beforehand.
    gate: Option<Arc<Semaphore>>,
}

/// The server; it ends with the runtime.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    pub(crate) async fn start(answer: impl FnMut(&Asked) -> Said + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (keep, answer) = (Arc::clone(&asked), Arc::new(Mutex::new(answer)));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (keep, answer) = (Arc::clone(&keep), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some(asked) = read(&mut stream).await else {
                        return;
                    };
                    let said = answer.lock().unwrap()(&asked);
                    keep.lock().unwrap().push(asked);
                    said.write(&mut stream).await;
                });
            }
        });
        Self { url, asked }
    }

    /// Everything that was asked.
    pub(crate) fn everything(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Everything that was asked at a path, the first first.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        let at = asked.iter().filter(|asked| asked.path == path);
        at.cloned().collect()
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    /// The fields of a form.
    pub(crate) fn form(&self) -> HashMap<String, String> {
        let kind = self.header("content-type");
        assert_eq!(kind, Some("application/x-www-form-urlencoded"), "{self:?}");
        let fields = std::str::from_utf8(&self.body).unwrap();
        let url = reqwest::Url::parse(&format!("http://x.example/?{fields}")).unwrap();
        url.query_pairs().into_owned().collect()
    }

    pub(crate) fn user_agent(&self) -> &str {
        self.header("user-agent").unwrap_or_default()
    }
}

impl Said {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes("application/json", body.to_string().into_bytes()).with_status(status)
    }

    pub(crate) fn bytes(kind: &str, body: Vec<u8>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".into(), kind.into())],
            piece: body.len().max(1),
            gate: None,
            body,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn in_pieces(mut self, bytes: usize) -> Self {
        self.piece = bytes;
        self
    }

    /// Each piece but the first is sent when the gate has a permit for it.
    pub(crate) fn waiting_at(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }

    async fn write(self, stream: &mut TcpStream) {
        let mut head = format!("HTTP/1.1 {} Said\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.gate.is_none() {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("connection: close\r\n\r\n");
        // Whoever has left hears nothing.
        let _ = stream.write_all(head.as_bytes()).await;
        for (index, piece) in self.body.chunks(self.piece).enumerate() {
            if let Some(gate) = self.gate.as_ref().filter(|_| index > 0) {
                gate.acquire().await.unwrap().forget();
            }
            let _ = stream.write_all(piece).await;
            let _ = stream.flush().await;
            tokio::task::yield_now().await;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(asked) = parse(&seen) {
            return Some(asked);
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => seen.extend_from_slice(&piece[..read]),
        }
    }
}

fn parse(seen: &[u8]) -> Option<Asked> {
    let end = seen.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&seen[..end]).unwrap();
    let body = &seen[end + 4..];
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_owned(), value.trim().to_owned())
        })
        .collect();
    let mut asked = Asked {
        method: method.to_owned(),
        path: target.to_owned(),
        headers,
        body: Bytes::copy_from_slice(body),
    };
    let length = asked.header("content-length").unwrap_or("0");
    let length: usize = length.parse().unwrap();
    asked.body.truncate(length);
    (body.len() >= length).then_some(asked)
}
