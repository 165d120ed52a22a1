//! A request's body: read with a limit in size and time, and decompressed.

use std::io;
use std::time::Duration;

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use modelgate_dialects::buffer::Buffer;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::Failure;
use crate::request::BodyStream;

/// How long a refused body is still read, so that the client gets to see the refusal instead of a broken connection.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Largest buffer that is set aside on the word of the client alone. Memory that is never written to costs nothing, while a
/// buffer that grows is copied again and again.
const TRUSTED_LENGTH: usize = 8 << 20;

/// Reads the whole body. `limit` counts bytes after decompression; `patience` is the longest wait for the next piece.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: BodyStream,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, Failure> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) {
        // A client that asks before it sends is waiting for just this answer.
        if !headers.contains_key(EXPECT) {
            drain(body).await;
        }
        return Err(Failure::too_large(limit));
    }
    let packed = collect(&mut body, length, limit, patience).await;
    let packed = match packed {
        Err(failure) if failure.error.status == 413 => {
            drain(body).await;
            return Err(failure);
        }
        other => other?,
    };
    let Some(encoding) = headers.get(CONTENT_ENCODING) else {
        return Ok(packed);
    };
    let encoding = encoding.to_str().unwrap_or("?").trim().to_ascii_lowercase();
    unpack(&encoding, packed, limit).await
}

async fn collect(
    body: &mut BodyStream,
    length: Option<usize>,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, Failure> {
    let mut first = Bytes::new();
    let mut rest = Buffer::default();
    while let Some(piece) = timeout(patience, body.next())
        .await
        .map_err(|_| Failure::slow_body())?
    {
        let piece = piece.map_err(|error| {
            Failure::unreadable_body(format!("the request body broke off: {error}"))
        })?;
        if first.len() + rest.len() + piece.len() > limit {
            return Err(Failure::too_large(limit));
        }
        if first.is_empty() && rest.is_empty() {
            first = piece;
            continue;
        }
        if rest.is_empty() {
            let trusted = length.unwrap_or_default().min(TRUSTED_LENGTH);
            rest = Buffer::with_capacity(trusted.max(first.len() + piece.len()));
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&piece);
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

async fn drain(mut body: BodyStream) {
    let end = Instant::now() + DRAIN_TIME;
    while let Ok(Some(Ok(_))) = timeout_at(end, body.next()).await {}
}

async fn unpack(encoding: &str, packed: Bytes, limit: usize) -> Result<Bytes, Failure> {
    let bytes: &[u8] = &packed;
    match encoding {
        "" | "identity" => Ok(packed),
        "gzip" | "x-gzip" => inflate(GzipDecoder::new(bytes), limit).await,
        "br" => inflate(BrotliDecoder::new(bytes), limit).await,
        "zstd" => inflate(ZstdDecoder::new(bytes), limit).await,
        // The name means the zlib format, but some clients send the bare one.
        "deflate" if is_zlib(bytes) => inflate(ZlibDecoder::new(bytes), limit).await,
        "deflate" => inflate(DeflateDecoder::new(bytes), limit).await,
        other => Err(Failure::unknown_encoding(other)),
    }
}

fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, ..] if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

async fn inflate(decoder: impl AsyncRead + Unpin, limit: usize) -> Result<Bytes, Failure> {
    let mut out = Vec::new();
    // One byte more than allowed tells a full body from one that is too large.
    let read = decoder.take(limit as u64 + 1).read_to_end(&mut out).await;
    read.map_err(|error: io::Error| {
        Failure::unreadable_body(format!("the request body cannot be decompressed: {error}"))
    })?;
    if out.len() > limit {
        Err(Failure::too_large(limit))
    } else {
        Ok(Bytes::from(out))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use futures_util::stream;

    use super::*;

    async fn run(
        encoding: Option<&str>,
        pieces: Vec<Vec<u8>>,
        limit: usize,
    ) -> Result<String, u16> {
        let mut headers = HeaderMap::new();
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        }
        let body = stream::iter(pieces.into_iter().map(|piece| Ok(Bytes::from(piece))));
        let read = read(&headers, Box::pin(body), limit, Duration::from_secs(1)).await;
        read.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
            .map_err(|failure| failure.error.status)
    }

    const TEXT: &str =
        "one text, one text, one text, one text, one text, one text, one text, one text";

    fn packed<W: io::Write>(mut encoder: W, finish: impl FnOnce(W) -> Vec<u8>) -> Vec<u8> {
        encoder.write_all(TEXT.as_bytes()).unwrap();
        finish(encoder)
    }

    fn gzip() -> Vec<u8> {
        packed(
            GzEncoder::new(Vec::new(), Compression::default()),
            |encoder| encoder.finish().unwrap(),
        )
    }

    #[tokio::test]
    async fn pieces_are_joined() {
        let pieces = TEXT.as_bytes().chunks(7).map(<[u8]>::to_vec).collect();
        assert_eq!(run(None, pieces, 1000).await.as_deref(), Ok(TEXT));
        assert_eq!(run(None, vec![], 1000).await.as_deref(), Ok(""));
    }

    #[tokio::test]
    async fn every_encoding_is_understood() {
        let zlib = packed(
            ZlibEncoder::new(Vec::new(), Compression::default()),
            |encoder| encoder.finish().unwrap(),
        );
        let bare = packed(
            DeflateEncoder::new(Vec::new(), Compression::default()),
            |encoder| encoder.finish().unwrap(),
        );
        assert_eq!(
            run(Some("gzip"), vec![gzip()], 1000).await.as_deref(),
            Ok(TEXT)
        );
        assert_eq!(
            run(Some("GZIP"), vec![gzip()], 1000).await.as_deref(),
            Ok(TEXT)
        );
        assert_eq!(
            run(Some("deflate"), vec![zlib], 1000).await.as_deref(),
            Ok(TEXT)
        );
        assert_eq!(
            run(Some("deflate"), vec![bare], 1000).await.as_deref(),
            Ok(TEXT)
        );
        assert_eq!(
            run(Some("identity"), vec![TEXT.into()], 1000)
                .await
                .as_deref(),
            Ok(TEXT)
        );
        for (encoding, compress) in [("br", 0), ("zstd", 1)] {
            let mut out = Vec::new();
            if compress == 0 {
                let mut encoder =
                    async_compression::tokio::bufread::BrotliEncoder::new(TEXT.as_bytes());
                encoder.read_to_end(&mut out).await.unwrap();
            } else {
                let mut encoder =
                    async_compression::tokio::bufread::ZstdEncoder::new(TEXT.as_bytes());
                encoder.read_to_end(&mut out).await.unwrap();
            }
            assert_eq!(
                run(Some(encoding), vec![out], 1000).await.as_deref(),
                Ok(TEXT)
            );
        }
    }

    #[tokio::test]
    async fn sizes_are_limited_before_and_after_unpacking() {
        assert_eq!(
            run(None, vec![TEXT.into()], TEXT.len()).await.as_deref(),
            Ok(TEXT)
        );
        assert_eq!(run(None, vec![TEXT.into()], TEXT.len() - 1).await, Err(413));
        assert!(gzip().len() < TEXT.len());
        assert_eq!(
            run(Some("gzip"), vec![gzip()], TEXT.len() - 1).await,
            Err(413)
        );
        let bomb = packed_zeros(64 << 20);
        assert_eq!(run(Some("gzip"), vec![bomb], 1 << 20).await, Err(413));
    }

    fn packed_zeros(count: usize) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let zeros = vec![0; 65_536];
        for _ in 0..count / zeros.len() {
            encoder.write_all(&zeros).unwrap();
        }
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn broken_and_unknown_encodings_are_refused() {
        assert_eq!(run(Some("gzip"), vec![TEXT.into()], 1000).await, Err(400));
        assert_eq!(
            run(Some("gzip"), vec![gzip()[..20].to_vec()], 1000).await,
            Err(400)
        );
        assert_eq!(run(Some("rot13"), vec![TEXT.into()], 1000).await, Err(415));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let body: BodyStream = Box::pin(stream::pending());
        let failure = read(&HeaderMap::new(), body, 10, Duration::from_secs(30))
            .await
            .unwrap_err();
        assert_eq!(failure.error.status, 408);
    }
}
