//! One blocking HTTP/1.1 connection: sends bytes made beforehand, checks what comes back.
//!
//! Plain blocking sockets, because the load has to cost less than what it measures and because a
//! woken thread reads the clock sooner than a runtime's timer does.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;

/// No answer of this run may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// One keep-alive connection and the bytes read from it.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    /// The server will close this connection: the next request needs a new one.
    spent: bool,
    /// Bytes received and not yet consumed.
    input: Vec<u8>,
    /// The last answer's body, without its framing.
    body: Vec<u8>,
}

/// One answer: its status, and when its body began and ended. The body is [`Connection::body`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) first_chunk: Instant,
    pub(crate) end: Instant,
}

/// How the body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Connection {
    /// Connects, without Nagle's delay.
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).context("connecting")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            address,
            stream,
            spent: false,
            input: Vec::with_capacity(4096),
            body: Vec::with_capacity(4096),
        })
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Sends one request and reads its whole answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        if self.spent {
            *self = Self::open(self.address)?;
        }
        self.stream.write_all(request).context("sending")?;
        let (status, framing) = self.read_head()?;
        let mut first_chunk = None;
        match framing {
            Framing::Length(length) => {
                while self.input.len() < length {
                    ensure!(self.fill()? > 0, "the body was cut off");
                }
                first_chunk = Some(Instant::now());
                self.body.extend_from_slice(&self.input[..length]);
                self.input.drain(..length);
            }
            Framing::Chunked => while !self.read_chunk(&mut first_chunk)? {},
            Framing::UntilClose => {
                while self.fill()? > 0 {
                    first_chunk.get_or_insert_with(Instant::now);
                }
                self.body.append(&mut self.input);
            }
        }
        let end = Instant::now();
        Ok(Answer {
            status,
            first_chunk: first_chunk.unwrap_or(end),
            end,
        })
    }

    /// Sends one request and reads its answer up to the first bytes of the body that hold `marker`.
    pub(crate) fn begin(&mut self, request: &[u8], marker: &[u8]) -> Result<()> {
        self.stream.write_all(request).context("sending")?;
        let (status, _) = self.read_head()?;
        ensure!(status == 200, "status {status}");
        while memmem::find(&self.input, marker).is_none() {
            ensure!(self.fill()? > 0, "closed before the first chunk");
        }
        Ok(())
    }

    /// Reads what comes and forgets it; how many bytes those were, and 0 at the end.
    pub(crate) fn skip(&mut self) -> Result<usize> {
        self.input.clear();
        self.fill()
    }

    /// Reads the head; afterwards `input` holds what followed it, and `body` is empty.
    fn read_head(&mut self) -> Result<(u16, Framing)> {
        self.body.clear();
        loop {
            if let Some(head) = parse_head(&self.input)? {
                self.input.drain(..head.length);
                self.spent = head.closes;
                return Ok((head.status, head.framing));
            }
            ensure!(self.fill()? > 0, "closed before an answer");
        }
    }

    /// Moves every complete chunk of `input` to `body`; true once the last one was among them.
    fn read_chunk(&mut self, first_chunk: &mut Option<Instant>) -> Result<bool> {
        let mut consumed = 0;
        let mut ended = false;
        while let Some((size, start, end)) = next_chunk(&self.input[consumed..])? {
            let data = &self.input[consumed + start..consumed + start + size];
            self.body.extend_from_slice(data);
            consumed += end;
            if size == 0 {
                ended = true;
                break;
            }
        }
        if consumed > 0 && !self.body.is_empty() {
            first_chunk.get_or_insert_with(Instant::now);
        }
        self.input.drain(..consumed);
        if !ended {
            ensure!(self.fill()? > 0, "the body was cut off");
        }
        Ok(ended)
    }

    fn fill(&mut self) -> Result<usize> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(count) => {
                    self.input.extend_from_slice(&buffer[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    bail!("no byte for {} s", PATIENCE.as_secs())
                }
                Err(error) => return Err(error).context("receiving"),
            }
        }
    }
}

struct Head {
    length: usize,
    status: u16,
    framing: Framing,
    closes: bool,
}

fn parse_head(input: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(input).context("reading the head")?
    else {
        return Ok(None);
    };
    let mut framing = Framing::UntilClose;
    let mut closes = false;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            let text = std::str::from_utf8(header.value)?;
            framing = Framing::Length(text.parse().context("content-length")?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            framing = Framing::Chunked;
        } else if header.name.eq_ignore_ascii_case("connection") {
            closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    Ok(Some(Head {
        length,
        status: response.code.unwrap_or(0),
        framing,
        closes: closes || framing == Framing::UntilClose,
    }))
}

/// The next complete chunk: its size, where its data starts, and where the chunk after it starts.
/// Trailers are not understood: nothing in this run sends them.
fn next_chunk(input: &[u8]) -> Result<Option<(usize, usize, usize)>> {
    let Some(line) = memmem::find(input, b"\r\n") else {
        return Ok(None);
    };
    let size = std::str::from_utf8(&input[..line])?;
    let size = size.split(';').next().unwrap_or(size).trim();
    let size = usize::from_str_radix(size, 16).context("chunk size")?;
    let start = line + 2;
    let end = start + size + 2;
    if input.len() < end {
        return Ok(None);
    }
    ensure!(&input[end - 2..end] == b"\r\n", "chunk without its end");
    Ok(Some((size, start, end)))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Serves each text as one write, after one request was read.
    fn serve(writes: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            for write in writes {
                stream.write_all(write.as_bytes()).unwrap();
            }
        });
        address
    }

    #[track_caller]
    fn check(writes: &'static [&'static str], body: &str) {
        let mut connection = Connection::open(serve(writes)).unwrap();
        let answer = connection.exchange(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(connection.body(), body.as_bytes());
        assert!(answer.first_chunk <= answer.end);
    }

    #[test]
    fn bodies_are_read_in_every_framing() {
        check(
            &["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe", "llo"],
            "hello",
        );
        check(
            &[
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r",
                "\nhello\r\n1;x=y\r\n!",
                "\r\n0\r\n\r\n",
            ],
            "hello!",
        );
        check(&["HTTP/1.1 200 OK\r\n\r\nhel", "lo"], "hello");
    }

    #[test]
    fn a_cut_body_is_an_error() {
        let address = serve(&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel"]);
        let mut connection = Connection::open(address).unwrap();
        assert!(connection.exchange(b"GET / HTTP/1.1\r\n\r\n").is_err());
    }
}
