//! Frames do not depend on where the bytes were cut; a naive reading of the standard is the oracle.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const LIMIT: usize = 1 << 20;

/// The standard, line by line over the whole text, with the last event counted although its blank line is missing.
fn oracle(bytes: &[u8]) -> Vec<(String, String)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (mut lines, mut line, mut at) = (Vec::new(), Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\n' | b'\r' => {
                if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') {
                    at += 1;
                }
                lines.push(std::mem::take(&mut line));
            }
            byte => line.push(byte),
        }
        at += 1;
    }
    lines.extend([line, Vec::new()]);
    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut name), std::mem::take(&mut data));
            if !data.is_empty() {
                events.push((lossy(&name), lossy(&data.join(&b'\n'))));
            }
            continue;
        }
        let colon = line
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value).to_vec();
        match &line[..colon] {
            b"event" => name = value,
            b"data" => data.push(value),
            _ => {}
        }
    }
    events
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn frames<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<(String, String)> {
    let mut framer = Framer::new(LIMIT);
    let mut frames = Vec::new();
    for chunk in chunks {
        framer
            .feed(Bytes::copy_from_slice(chunk), &mut frames)
            .unwrap();
    }
    framer.finish(&mut frames);
    frames
        .into_iter()
        .map(|frame| (frame.event.to_string(), frame.data.to_string()))
        .collect()
}

/// The whole text at once, each byte alone, and cut in two at every place.
#[track_caller]
fn check(bytes: &[u8], expected: &[(&str, &str)]) {
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(event, data)| ((*event).to_owned(), (*data).to_owned()))
        .collect();
    assert_eq!(oracle(bytes), expected, "the oracle");
    assert_eq!(frames([bytes]), expected, "at once");
    assert_eq!(frames(bytes.chunks(1)), expected, "byte by byte");
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        assert_eq!(frames([head, tail]), expected, "cut at {cut}");
    }
}

#[test]
fn every_line_end_ends_a_line() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["event: a", "data: 1", "", "data: 2", "", ""].join(end);
        check(text.as_bytes(), &[("a", "1"), ("", "2")]);
    }
    check(
        b"data: 1\r\n\ndata: 2\n\r\ndata: 3\r\r\ndata: 4\n\rdata: 5\r\n\r\n",
        &[("", "1"), ("", "2"), ("", "3"), ("", "4"), ("", "5")],
    );
}

#[test]
fn a_last_event_without_its_blank_line_counts() {
    for ending in [
        "", "\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\r\n\r", "\n\r",
    ] {
        check(
            format!("data: 1\n\ndata: 2{ending}").as_bytes(),
            &[("", "1"), ("", "2")],
        );
    }
}

#[test]
fn data_lines_are_joined_by_line_feeds() {
    check(
        b"data: a\ndata: b\r\ndata:\rdata: c\n\n",
        &[("", "a\nb\n\nc")],
    );
    check(b"data: {\"a\":\ndata:  1}\n\n", &[("", "{\"a\":\n 1}")]);
}

#[test]
fn one_space_after_the_colon_is_not_part_of_the_value() {
    check(
        b"data:x\n\ndata: x\n\ndata:  x\n\ndata:\tx\n\n",
        &[("", "x"), ("", "x"), ("", " x"), ("", "\tx")],
    );
    check(b"event:ping\ndata:a:b\n\n", &[("ping", "a:b")]);
}

#[test]
fn empty_data_is_an_event_and_no_data_is_none() {
    check(
        b"data\n\ndata:\n\ndata: \n\n",
        &[("", ""), ("", ""), ("", "")],
    );
    check(b"event: a\n\nid: 7\n\n\n\n: x\n\n", &[]);
}

#[test]
fn an_event_name_does_not_leak_into_the_next_event() {
    check(
        b"event: a\n\ndata: 1\n\nevent: b\nevent: c\ndata: 2\n\n",
        &[("", "1"), ("c", "2")],
    );
}

#[test]
fn comments_and_unknown_fields_are_ignored() {
    check(
        b": hello\n\n:\n:x\nid: 1\nretry: 10\nfoo: bar\nbaz\ndata: 1\n: in between\ndata: 2\n\n: ping\n\n",
        &[("", "1\n2")],
    );
    check(b" data: 1\nDATA: 2\ndata : 3\ndata: 4\n\n", &[("", "4")]);
}

#[test]
fn a_byte_order_mark_is_skipped_once_and_only_at_the_start() {
    check(b"\xef\xbb\xbfdata: 1\n\n", &[("", "1")]);
    check(
        b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n",
        &[("", "2")],
    );
    check(b"data: 0\n\n\xef\xbb\xbfdata: 1\n\n", &[("", "0")]);
    check(b"\xef\xbb", &[]);
    check(b"\xef\xbb\xbf", &[]);
    check(b"\xefdata: 1\n\n", &[]);
}

#[test]
fn blank_lines_at_the_start_are_no_events() {
    check(b"\n\r\n\r\r\ndata: 1\n\n", &[("", "1")]);
    check(b"\n", &[]);
    check(b"\r", &[]);
    check(b"", &[]);
}

#[test]
fn characters_cut_anywhere_stay_whole() {
    check(
        "event: 漢字\ndata: é漢😀\u{2028}x\n\ndata: 🏳️‍🌈\n\n".as_bytes(),
        &[("漢字", "é漢😀\u{2028}x"), ("", "🏳️‍🌈")],
    );
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_the_stream_goes_on() {
    check(
        b"data: a\xffb\n\ndata: \xe6\xbc\n\ndata: c\n\n",
        &[("", "a\u{fffd}b"), ("", "\u{fffd}"), ("", "c")],
    );
}

#[test]
fn only_a_line_feed_and_a_carriage_return_end_a_line() {
    check(
        "data: a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f\0g\n\n".as_bytes(),
        &[("", "a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f\0g")],
    );
}

#[test]
fn text_that_looks_like_a_frame_is_written_as_one_line_and_forges_nothing() {
    let text = "\n\ndata: [DONE]\n\r\n\revent: error\r\n: \u{2028}";
    let mut out = Vec::new();
    write_event(&mut out, "delta", |out| {
        crate::json::write_string(out, text);
    });
    write_comment(&mut out, "ping");
    write_data(&mut out, |out| out.extend_from_slice(b"[DONE]"));
    let frames = frames(out.chunks(1));
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].0, "delta");
    assert_eq!(serde_json::from_str::<String>(&frames[0].1).unwrap(), text);
    assert_eq!(frames[1], (String::new(), "[DONE]".to_owned()));
}

/// Everything of `dialects.md` 1.6 in one text.
const RICH: &str = "\u{feff}: welcome\r\n\r\nevent: message_start\ndata: {\"a\":\"é漢😀\"}\n\nid: 1\rretry: 5\rdata:x\r\r\
    data: 1\r\ndata: 2\r\n\r\n\n\n: ping\n\nevent:ping\r\ndata\r\n\r\nevent: only\n\ndata: [DONE]\r\n\r\ndata: last";

#[test]
fn a_rich_sample_cut_in_three_anywhere_gives_the_same_frames() {
    let bytes = RICH.as_bytes();
    let expected = oracle(bytes);
    assert_eq!(expected.len(), 6);
    check(
        bytes,
        &expected
            .iter()
            .map(|(event, data)| (&**event, &**data))
            .collect::<Vec<_>>(),
    );
    for first in (0..bytes.len()).step_by(3) {
        for second in first..=bytes.len() {
            assert_eq!(
                frames([&bytes[..first], &bytes[first..second], &bytes[second..]]),
                expected
            );
        }
    }
}

#[test]
fn frames_come_as_soon_as_their_blank_line_is_seen() {
    let mut framer = Framer::new(LIMIT);
    let mut frames = Vec::new();
    framer
        .feed(Bytes::from_static(b"data: 1\n"), &mut frames)
        .unwrap();
    assert!(frames.is_empty());
    framer
        .feed(Bytes::from_static(b"\ndata: 2\r\n\r\nda"), &mut frames)
        .unwrap();
    assert_eq!(frames.len(), 2);
}

#[test]
fn a_whole_frame_is_a_view_into_the_chunk_it_came_in() {
    let chunk = Bytes::from_static(b"data: 0\n\nevent: a\ndata: text\n\nda");
    let range = chunk.as_ptr_range();
    let mut frames = Vec::new();
    Framer::new(LIMIT).feed(chunk, &mut frames).unwrap();
    assert_eq!(frames.len(), 2);
    assert!(
        frames
            .iter()
            .all(|frame| range.contains(&frame.data.as_bytes().as_ptr()))
    );
}

/// The frames before an event that is too large, and whether it was refused.
fn limited(limit: usize, chunks: &[&[u8]]) -> (usize, bool) {
    let mut framer = Framer::new(limit);
    let mut frames = Vec::new();
    let refused = chunks.iter().any(|chunk| {
        framer
            .feed(Bytes::copy_from_slice(chunk), &mut frames)
            .is_err()
    });
    (frames.len(), refused)
}

#[test]
fn an_event_at_the_limit_passes_and_a_larger_one_is_refused_for_any_split() {
    for end in ["\n\n", "\r\n\r\n", "\r\rx"] {
        for (length, refused) in [(99, false), (100, false), (101, true), (200, true)] {
            let text = format!("data: first\n\ndata: {}{end}", "x".repeat(length - 6));
            let bytes = text.as_bytes();
            let expected = (if refused { 1 } else { 2 }, refused);
            assert_eq!(limited(100, &[bytes]), expected, "{length} at once");
            assert_eq!(
                limited(100, &bytes.chunks(1).collect::<Vec<_>>()),
                expected,
                "{length} byte by byte"
            );
            for cut in 0..bytes.len() {
                assert_eq!(
                    limited(100, &[&bytes[..cut], &bytes[cut..]]),
                    expected,
                    "{length} cut at {cut}"
                );
            }
        }
    }
}

#[test]
fn an_endless_line_is_refused_before_it_fills_the_memory() {
    let mut framer = Framer::new(1000);
    let mut frames = Vec::new();
    let chunk = Bytes::from(vec![b'x'; 100]);
    let refused = (0..20).position(|_| framer.feed(chunk.clone(), &mut frames).is_err());
    assert_eq!(refused, Some(10));
    let error = framer.feed(chunk, &mut frames).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an event of the stream is larger than 1000 bytes"
    );
}

#[test]
fn an_event_of_fifty_megabytes_in_small_chunks_takes_linear_time() {
    // Copying what came before with every chunk would move 75 GB; the bound is generous and still far below that.
    let chunk = Bytes::from(vec![b'x'; 16 * 1024]);
    let mut framer = Framer::new(64 << 20);
    let mut frames = Vec::new();
    let begun = Instant::now();
    framer
        .feed(Bytes::from_static(b"data: "), &mut frames)
        .unwrap();
    for _ in 0..3200 {
        framer.feed(chunk.clone(), &mut frames).unwrap();
    }
    framer
        .feed(Bytes::from_static(b"\n\n"), &mut frames)
        .unwrap();
    assert_eq!(frames[0].data.len(), 3200 * 16 * 1024);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_framer_can_be_fed_after_its_end() {
    let mut framer = Framer::new(LIMIT);
    let mut frames = Vec::new();
    framer
        .feed(Bytes::from_static(b"data: cut off"), &mut frames)
        .unwrap();
    framer.finish(&mut frames);
    framer.feed(Bytes::from_static(b"\n"), &mut frames).unwrap();
    framer.finish(&mut frames);
    assert_eq!(frames.len(), 1);
}

/// Texts that are nearly streams.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"data",
        b"data:",
        b"data: ",
        b"event: ",
        b"id: ",
        b"retry: 1",
        b":",
        b": ping",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\r\r",
        b"\r\n\r\n",
        b"a",
        b" ",
        b"{\"a\":1}",
        b"[DONE]",
        b"\xef\xbb\xbf",
        b"\xe6\xbc\xa2",
        b"\xe6",
        b"\xff",
        b"\xf0\x9f\x98\x80",
        b"\0",
        b"ping",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_of_any_stream_gives_the_frames_of_the_oracle(
        bytes in any_stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let expected = oracle(&bytes);
        prop_assert_eq!(&frames([&*bytes]), &expected);
        prop_assert_eq!(&frames(bytes.chunks(1)), &expected);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        prop_assert_eq!(&frames(cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]])), &expected);
    }

    #[test]
    fn arbitrary_bytes_give_the_frames_of_the_oracle(bytes in prop::collection::vec(any::<u8>(), 0..80), size in 1usize..9) {
        prop_assert_eq!(frames(bytes.chunks(size)), oracle(&bytes));
    }

    #[test]
    fn what_is_written_is_read_back(texts in prop::collection::vec(any::<String>(), 0..5), size in 1usize..20) {
        let mut out = Vec::new();
        for text in &texts {
            write_event(&mut out, "e", |out| crate::json::write_string(out, text));
            write_comment(&mut out, "ping");
        }
        let read: Vec<String> = frames(out.chunks(size))
            .into_iter()
            .map(|(_, data)| serde_json::from_str(&data).unwrap())
            .collect();
        prop_assert_eq!(read, texts);
    }
}
