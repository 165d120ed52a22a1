//! Bodies: large ones, compressed ones, and compressed ones that are large.

use crate::harness::{Answer, Gateway, Speaks, start};
use async_compression::tokio::bufread::{BrotliEncoder, ZstdEncoder};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use futures_util::stream;
use std::convert::Infallible;
use std::io::Write as _;
use tokio::io::AsyncReadExt as _;

/// Sends a body as it is and reads the answer.
async fn post(gateway: &Gateway, dialect: Speaks, body: impl Into<reqwest::Body>) -> Answer {
    Answer::read(gateway.post(dialect, body)).await
}

/// A request whose size can be chosen.
fn sized(dialect: Speaks, size: usize) -> String {
    let mut body = dialect.question("up-text", false);
    body["messages"][0]["content"] = "x".repeat(size).into();
    body.to_string()
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_however_it_is_sent() {
    let (upstream, gateway) = start(Speaks::Chat, "limits: {request-body: 64KB}").await;
    for (dialect, kind) in [
        (Speaks::Chat, "invalid_request_error"),
        (Speaks::Claude, "request_too_large"),
    ] {
        let fits = post(&gateway, dialect, sized(dialect, 60 << 10)).await;
        assert_eq!(fits.status, 200);
        let body = sized(dialect, 1 << 20);
        let pieces: Vec<_> = body.as_bytes().chunks(10_000).map(<[u8]>::to_vec).collect();
        let chunked =
            reqwest::Body::wrap_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)));
        upstream.clear();
        for body in [body.into(), chunked] {
            let answer = post(&gateway, dialect, body).await;
            answer.expect_refusal(dialect, 413, kind, "request_too_large");
        }
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_compressed_bomb_is_a_413_and_costs_no_memory() {
    let (_upstream, gateway) = start(Speaks::Chat, "limits: {request-body: 1MB}").await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    (0..256).for_each(|_| encoder.write_all(&zeros).unwrap());
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let warm = gateway.question(Speaks::Chat, "up-text", false).await;
    assert_eq!(warm.status, 200);
    let before = gateway.memory().unwrap();
    for dialect in Speaks::BOTH {
        let request = gateway
            .post(dialect, bomb.clone())
            .header("content-encoding", "gzip");
        assert_eq!(Answer::read(request).await.refusal(dialect).status, 413);
    }
    let grown = gateway.memory().unwrap().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
}

#[tokio::test]
async fn compressed_bodies_are_understood() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for dialect in Speaks::BOTH {
        let body = sized(dialect, 10_000);
        let bytes = body.as_bytes();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(bytes).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(bytes).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(bytes).unwrap();
        let (mut brotli, mut zstd) = (Vec::new(), Vec::new());
        BrotliEncoder::new(bytes)
            .read_to_end(&mut brotli)
            .await
            .unwrap();
        ZstdEncoder::new(bytes)
            .read_to_end(&mut zstd)
            .await
            .unwrap();
        for (encoding, packed) in [
            ("gzip", gzip.finish().unwrap()),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("br", brotli),
            ("zstd", zstd),
            ("identity", bytes.to_vec()),
        ] {
            let request = gateway
                .post(dialect, packed)
                .header("content-encoding", encoding);
            let answer = Answer::read(request).await;
            assert_eq!(answer.status, 200, "{encoding} {:?}", answer.body);
            let arrived = upstream.last_request();
            assert_eq!(arrived.header("content-encoding"), None);
            if dialect == Speaks::Chat {
                assert_eq!(arrived.body, body);
            }
        }
        for (encoding, body, status) in [
            ("rot13", "{}", 415),
            ("gzip, br", "{}", 415),
            ("gzip", "this is no gzip", 400),
        ] {
            let request = gateway
                .post(dialect, body)
                .header("content-encoding", encoding);
            let refusal = Answer::read(request).await.refusal(dialect);
            assert_eq!(
                (refusal.status, &*refusal.kind),
                (status, "invalid_request_error")
            );
        }
    }
}
