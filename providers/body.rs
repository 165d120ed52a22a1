//! An answer's bytes as they come.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use modelgate_dialects::Str;

use crate::{CallError, client};

/// Bytes of an upstream's answer; dropping the stream ends the call.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, CallError>> + Send>>;

pub(crate) fn of_response(response: reqwest::Response, provider: Str) -> ByteStream {
    Box::pin(
        response
            .bytes_stream()
            .map(move |chunk| chunk.map_err(|error| client::describe(&provider, error))),
    )
}

/// The first `limit` bytes of a stream; what was read so far when it breaks.
pub(crate) async fn read_some(mut stream: ByteStream, limit: usize) -> Bytes {
    let mut all = Vec::new();
    while let Some(Ok(chunk)) = stream.next().await {
        let room = limit - all.len();
        all.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if all.len() == limit {
            break;
        }
    }
    Bytes::from(all)
}
