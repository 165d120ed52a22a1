use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{ERROR, EXCEPTION, Framer};
use crate::framing::FrameError;
use crate::framing::sse::{Frame, FrameTooLarge};
use crate::json::Str;

#[path = "../../tests/support/event_stream.rs"]
mod encoder;

use encoder::Header;

const LIMIT: usize = 1 << 20;

/// The frames of a stream in chunks, what went wrong, and how many bytes were left over.
fn cut(chunks: &[&[u8]], limit: usize) -> (Vec<Frame>, Result<usize, FrameError>) {
    let mut framer = Framer::new(limit);
    let mut frames = Vec::new();
    for chunk in chunks {
        if let Err(error) = framer.feed(Bytes::copy_from_slice(chunk), &mut frames) {
            return (frames, Err(error));
        }
    }
    (frames, Ok(framer.pending()))
}

fn whole(stream: &[u8]) -> (Vec<Frame>, Result<usize, FrameError>) {
    cut(&[stream], LIMIT)
}

/// Checks a stream in one piece, cut in two at every byte, and byte by byte.
#[track_caller]
fn check(stream: &[u8], expected: &[(&str, &str)], outcome: Result<usize, FrameError>) {
    let expected: Vec<Frame> = expected
        .iter()
        .map(|(event, data)| Frame {
            event: Str::from(*event),
            data: Str::from(*data),
        })
        .collect();
    let expected = (expected, outcome);
    assert_eq!(whole(stream), expected);
    for at in 0..=stream.len() {
        let (before, after) = stream.split_at(at);
        assert_eq!(cut(&[before, after], LIMIT), expected, "cut at {at}");
    }
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(cut(&single, LIMIT), expected, "byte by byte");
}

fn damaged(what: &'static str) -> Result<usize, FrameError> {
    Err(FrameError::Damaged(what))
}

const BAD_PRELUDE: &str = "the checksum of a prelude is wrong";
const BAD_FRAME: &str = "the checksum of a frame is wrong";
const NO_ROOM: &str = "a frame has no room for its headers";
const BAD_HEADER: &str = "a header ends behind all headers";

/// The smallest frame there is, as AWS's own tests have it: an encoder with the same mistake would not give it.
#[test]
fn the_checksums_are_those_of_zip() {
    let empty = [
        0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8,
        0xff,
    ];
    assert_eq!(encoder::raw(b"", b""), empty);
    check(&empty, &[("", "")], Ok(0));
}

#[test]
fn events_exceptions_and_errors_are_told_apart() {
    let stream = [
        encoder::event("assistantResponseEvent", r#"{"content":"é漢😀"}"#),
        encoder::exception("ThrottlingException", r#"{"message":"slow"}"#),
        encoder::error("InternalFailure", "it broke"),
        encoder::event("", ""),
    ];
    let expected = [
        ("assistantResponseEvent", r#"{"content":"é漢😀"}"#),
        ("exception:ThrottlingException", r#"{"message":"slow"}"#),
        ("error:InternalFailure", "it broke"),
        ("", ""),
    ];
    assert!(expected[1].0.starts_with(EXCEPTION) && expected[2].0.starts_with(ERROR));
    check(&stream.concat(), &expected, Ok(0));
}

#[test]
fn a_kind_that_is_not_said_follows_from_the_headers() {
    let text = |text: &str| Header::Text(text.to_owned());
    let exception = encoder::frame(&[(":exception-type", text("A"))], b"{}");
    let error = encoder::frame(&[(":error-code", text("B"))], b"");
    let odd = encoder::frame(
        &[(":message-type", text("other")), (":event-type", text("C"))],
        b"{}",
    );
    let expected = [("exception:A", "{}"), ("error:B", ""), ("C", "{}")];
    check(&[exception, error, odd].concat(), &expected, Ok(0));
}

#[test]
fn headers_of_every_type_are_passed_over() {
    let headers = [
        ("true", Header::Bool(true)),
        ("false", Header::Bool(false)),
        ("byte", Header::I8(-1)),
        ("short", Header::I16(-2)),
        ("", Header::I32(-3)),
        ("long", Header::I64(-4)),
        (":event-type", Header::Bytes(b"not text".to_vec())),
        ("bytes", Header::Bytes(Vec::new())),
        ("text", Header::Text("é".repeat(30_000))),
        ("instant", Header::Timestamp(1_700_000_000_000)),
        ("uuid", Header::Uuid([7; 16])),
        (":event-type", Header::Text("last".to_owned())),
    ];
    let stream = encoder::frame(&headers, b"payload");
    assert_eq!(
        whole(&stream),
        (
            vec![Frame {
                event: Str::from_static("last"),
                data: Str::from_static("payload"),
            }],
            Ok(0)
        )
    );
    // Short enough to be cut at every byte.
    let stream = encoder::frame(&[&headers[..8], &headers[9..]].concat(), b"payload");
    check(&stream, &[("last", "payload")], Ok(0));
}

#[test]
fn headers_that_do_not_end_are_refused() {
    for headers in [
        &b"\x05abc"[..],
        b"\x01a",
        b"\x01a\x07",
        b"\x01a\x07\0",
        b"\x01a\x07\0\x05text",
        b"\x01a\x06\xff\xff",
        b"\x01a\x09\0\0\0",
        b"\x01a\x04\0",
        b"\x01a\x0a",
        b"\x01a\xff\0\0",
    ] {
        check(&encoder::raw(headers, b"{}"), &[], damaged(BAD_HEADER));
    }
}

#[test]
fn a_wrong_checksum_ends_the_stream_behind_the_frames_before() {
    let good = encoder::event("a", "{}");
    let stream = |spoilt: usize| {
        let mut bad = encoder::event("b", "{}");
        bad[spoilt] ^= 0x10;
        [good.clone(), bad, good.clone()].concat()
    };
    let length = good.len();
    for at in [0, 3, 7, 8, 11] {
        check(&stream(at), &[("a", "{}")], damaged(BAD_PRELUDE));
    }
    for at in [12, 20, length - 5, length - 4, length - 1] {
        check(&stream(at), &[("a", "{}")], damaged(BAD_FRAME));
    }
}

#[test]
fn bytes_behind_the_last_whole_frame_are_left_over() {
    let good = encoder::event("a", "{}");
    let next = encoder::event("b", "{}");
    for length in 0..next.len() {
        let stream = [&good[..], &next[..length]].concat();
        check(&stream, &[("a", "{}")], Ok(length));
    }
}

/// The first twelve bytes tell; nothing is waited for or kept.
#[test]
fn a_frame_that_is_too_long_is_refused_at_its_beginning() {
    let too_large = |limit| Err(FrameTooLarge { limit }.into());
    check(&encoder::prelude(u32::MAX, 0), &[], too_large(LIMIT));
    let limit = LIMIT as u32;
    check(&encoder::prelude(limit + 1, 0), &[], too_large(LIMIT));
    check(&encoder::prelude(limit, limit - 16), &[], Ok(12));
    // However much a caller allows, AWS sends no more than this.
    let largest = 16 << 20;
    let beginning = encoder::prelude((largest + 1) as u32, 0);
    assert_eq!(cut(&[&beginning], usize::MAX).1, too_large(largest));
}

#[test]
fn hostile_lengths_are_refused() {
    for (total, headers) in [
        (0, 0),
        (12, 0),
        (15, 0),
        (16, 1),
        (100, 85),
        (16, u32::MAX),
        (100, u32::MAX),
    ] {
        check(&encoder::prelude(total, headers), &[], damaged(NO_ROOM));
    }
}

#[test]
fn payloads_are_views_into_the_bytes_they_came_in() {
    let stream = Bytes::from(encoder::event("a", r#"{"content":"text"}"#));
    let mut framer = Framer::new(LIMIT);
    let mut frames = Vec::new();
    framer.feed(stream.clone(), &mut frames).unwrap();
    let range = stream.as_ptr_range();
    assert!(range.contains(&frames[0].data.as_bytes().as_ptr()));
}

fn header() -> impl Strategy<Value = Header> {
    prop_oneof![
        any::<bool>().prop_map(Header::Bool),
        any::<i8>().prop_map(Header::I8),
        any::<i16>().prop_map(Header::I16),
        any::<i32>().prop_map(Header::I32),
        any::<i64>().prop_map(Header::I64),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Header::Bytes),
        any::<String>().prop_map(Header::Text),
        any::<i64>().prop_map(Header::Timestamp),
        any::<[u8; 16]>().prop_map(Header::Uuid),
    ]
}

/// A frame with a name among any other headers.
fn sent() -> impl Strategy<Value = (Vec<u8>, Frame)> {
    let headers = prop::collection::vec(("[a-z]{0,9}", header()), 0..5);
    (headers, any::<Index>(), "[a-zA-Z]{0,9}", any::<String>()).prop_map(
        |(mut headers, at, name, payload)| {
            let at = at.index(headers.len() + 1);
            headers.insert(at, (":event-type".to_owned(), Header::Text(name.clone())));
            let headers: Vec<(&str, Header)> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            let bytes = encoder::frame(&headers, payload.as_bytes());
            let frame = Frame {
                event: Str::from(name),
                data: Str::from(payload),
            };
            (bytes, frame)
        },
    )
}

proptest! {
    #[test]
    fn what_was_written_is_read_however_it_is_cut(
        sent in prop::collection::vec(sent(), 0..6),
        cuts in prop::collection::vec(any::<Index>(), 0..9),
        lost in 0usize..40,
    ) {
        let (bytes, frames): (Vec<Vec<u8>>, Vec<Frame>) = sent.into_iter().unzip();
        let stream = bytes.concat();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        ends.extend([0, stream.len()]);
        ends.sort_unstable();
        let chunks: Vec<&[u8]> = ends.windows(2).map(|end| &stream[end[0]..end[1]]).collect();
        prop_assert_eq!(cut(&chunks, LIMIT), (frames.clone(), Ok(0)));
        // A stream that is cut off gives the frames before the cut.
        let kept = &stream[..stream.len().saturating_sub(lost)];
        let (given, rest) = whole(kept);
        prop_assert_eq!(&given[..], &frames[..given.len()]);
        let read: usize = bytes[..given.len()].iter().map(Vec::len).sum();
        prop_assert_eq!(rest, Ok(kept.len() - read));
    }

    #[test]
    fn one_wrong_bit_is_noticed(sent in sent(), at in any::<Index>(), bit in 0u8..8) {
        let (mut bytes, frame) = sent;
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let (given, outcome) = whole(&bytes);
        prop_assert!(given.is_empty() && outcome.is_err(), "{:?} {:?} {:?}", given, outcome, frame);
    }

    #[test]
    fn noise_gives_the_same_however_it_is_cut(bytes in prop::collection::vec(any::<u8>(), 0..80), size in 1usize..20) {
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(cut(&chunks, LIMIT), whole(&bytes));
    }
}
