//! Answers that are written by a thread that may block, and sent while they are written.

use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use modelgate_ledger::LedgerError;
use sync_wrapper::SyncStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use warp::reply::{Reply as _, Response};

use super::refused::Refused;

/// What is sent at once.
const PIECE: usize = 64 << 10;
/// Pieces that wait for the client.
const WAITING: usize = 2;
/// How long a client may take for a piece: as long as it reads, old states of the ledger must be kept.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is written, in pieces. An answer that cannot be written to its end breaks off, so that nobody takes a part for the
/// whole.
struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
    runtime: Handle,
}

/// Answers with what `write` writes. What goes wrong before the first piece is told as what it is.
pub(super) async fn spilled(
    content_type: &'static str,
    write: impl FnOnce(&mut dyn Write) -> Result<(), LedgerError> + Send + 'static,
) -> Result<Response, Refused> {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let runtime = Handle::current();
    let written = tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces {
            sender,
            piece: Vec::with_capacity(PIECE),
            runtime,
        };
        let outcome = write(&mut pieces).and_then(|()| Ok(pieces.flush()?));
        if let Err(error) = &outcome {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "an answer about usage broke off"
            );
            let broken = io::Error::other("the ledger could not be read to its end");
            let _ = pieces.send(Err(broken));
        }
        outcome
    });
    let first = match receiver.recv().await {
        Some(Ok(first)) => first,
        Some(Err(_)) | None => {
            written.await??;
            Bytes::new()
        }
    };
    let first = futures_util::stream::iter([Ok(first)]);
    let rest = unfold(receiver, |mut receiver| async {
        Some((receiver.recv().await?, receiver))
    });
    let body = futures_util::StreamExt::chain(first, rest);
    let mut response = warp::reply::stream(SyncStream::new(body)).into_response();
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

impl Pieces {
    fn send(&self, piece: io::Result<Bytes>) -> io::Result<()> {
        let sent = self
            .runtime
            .block_on(async { timeout(PATIENCE, self.sender.send(piece)).await });
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.send(Ok(piece.into()))
    }
}
