//! Answers of Amp's server that are compressed and do not say so (`providers.md` 15).

use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::GzipDecoder;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use modelgate_providers::{ByteStream, CallError, Forwarded};
use tokio_util::io::{ReaderStream, StreamReader};

/// How what is compressed begins.
const MAGIC: &[u8] = &[0x1f, 0x8b];

/// The bytes of an answer for the client; dropping them ends the call.
pub(super) type Body = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// An answer as it is meant.
pub(super) struct Unpacked {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

/// Takes off what an answer does not speak of. A stream of events goes through as it comes; of anything else the first bytes
/// are waited for.
///
/// # Errors
/// When the answer breaks off before them.
pub(super) async fn unpack(answer: Forwarded) -> Result<Unpacked, CallError> {
    let Forwarded {
        status,
        mut headers,
        body,
    } = answer;
    let (head, body) = if may_be_packed(status, &headers) {
        begin(body).await?
    } else {
        (Bytes::new(), body)
    };
    let packed = head.starts_with(MAGIC);
    let held = (!head.is_empty()).then_some(Ok(head));
    let body = stream::iter(held).chain(body.map_err(io::Error::other));
    let body: Body = if packed {
        headers.remove(CONTENT_LENGTH);
        let mut decoder = GzipDecoder::new(StreamReader::new(body));
        decoder.multiple_members(true);
        Box::pin(ReaderStream::new(decoder))
    } else {
        Box::pin(body)
    };
    Ok(Unpacked {
        status,
        headers,
        body,
    })
}

fn may_be_packed(status: StatusCode, headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .map_or("", |kind| kind.to_str().unwrap_or_default());
    let kind = kind.trim_start().to_ascii_lowercase();
    // An archive is meant as it is.
    let as_it_is = [
        "text/event-stream",
        "application/gzip",
        "application/x-gzip",
        "application/octet-stream",
    ];
    status.is_success()
        && !headers.contains_key(CONTENT_ENCODING)
        && !as_it_is.iter().any(|known| kind.starts_with(known))
}

/// The beginning of a body, and the rest of it.
async fn begin(mut body: ByteStream) -> Result<(Bytes, ByteStream), CallError> {
    let mut head = BytesMut::new();
    while head.len() < MAGIC.len()
        && let Some(piece) = body.next().await
    {
        let piece = piece?;
        if head.is_empty() && piece.len() >= MAGIC.len() {
            return Ok((piece, body));
        }
        head.extend_from_slice(&piece);
    }
    Ok((head.freeze(), body))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const TEXT: &str = r#"{"ok":true,"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

    fn packed() -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(TEXT.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn answer(status: u16, kind: &str, body: &[u8], piece: usize) -> Forwarded {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        headers.insert(CONTENT_LENGTH, body.len().into());
        let pieces: Vec<_> = body
            .chunks(piece)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        Forwarded {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Box::pin(stream::iter(pieces)),
        }
    }

    async fn read(answer: Forwarded) -> (Vec<u8>, bool) {
        let unpacked = unpack(answer).await.unwrap();
        let sized = unpacked.headers.contains_key(CONTENT_LENGTH);
        let pieces: Vec<Bytes> = unpacked.body.try_collect().await.unwrap();
        (pieces.concat(), sized)
    }

    #[tokio::test]
    async fn what_does_not_say_that_it_is_packed_is_unpacked() {
        for piece in [1, 2, 3, 1000] {
            let (body, sized) = read(answer(200, "application/json", &packed(), piece)).await;
            assert_eq!(body, TEXT.as_bytes(), "{piece}");
            assert!(!sized, "the length was another one");
        }
    }

    #[tokio::test]
    async fn all_else_stays_as_it_is() {
        let plain = TEXT.as_bytes();
        for (status, kind, body) in [
            (200, "application/json", plain),
            (200, "application/json", b"\x1f"),
            (200, "text/plain", b""),
            (200, "text/event-stream; charset=utf-8", &packed()),
            (200, "application/gzip", &packed()),
            (404, "application/json", &packed()),
        ] {
            let read = read(answer(status, kind, body, 1)).await;
            assert_eq!(read, (body.to_vec(), true), "{status} {kind}");
        }
    }

    #[tokio::test]
    async fn what_breaks_off_ends_in_an_error() {
        let half = &packed()[..20];
        let unpacked = unpack(answer(200, "application/json", half, 5))
            .await
            .unwrap();
        let read: Result<Vec<Bytes>, _> = unpacked.body.try_collect().await;
        assert!(read.is_err());
    }

    #[tokio::test]
    async fn events_are_not_waited_for() {
        let mut events = answer(200, "text/event-stream", b"", 1);
        events.body = Box::pin(stream::pending());
        assert_eq!(unpack(events).await.unwrap().status, 200);
    }
}
