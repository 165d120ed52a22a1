//! What must be true of any bytes. The fuzz targets and the properties run the same functions.

use bytes::Bytes;
use modelgate_dialects::embeddings::{self, Shape};
use modelgate_dialects::framing::json_array::ArrayFramer;
use modelgate_dialects::ir::fold::fold;
use modelgate_dialects::ir::{
    Delta, Error, ErrorKind, Event, Extensions, ItemKind, ItemStart, Opaque, Stop, StopReason,
    Usage,
};
use modelgate_dialects::json::Document;
use modelgate_dialects::{
    Dialect, Str, decode_error, decode_request, decode_response, encode_error, encode_request,
    encode_response,
};

use super::event_stream::{self, Header};
use super::{
    check_chat_stream, check_claude_stream, check_completions_stream, check_gemini_stream,
    check_responses_stream, drive, kiro_stream, targets,
};

/// The dialect that the first byte chooses, and what is left of the byte.
fn dialect(choice: u8) -> (Dialect, u8) {
    let count = Dialect::ALL.len() as u8;
    let dialect = Dialect::ALL[usize::from(choice % count)];
    (dialect, choice / count)
}

/// An upstream's stream, whatever it is: frames do not depend on the split, there is one terminal and it is the last
/// event, and both clients get a well-formed stream.
pub(crate) fn sse_bytes(data: &[u8]) {
    let Some((&choice, stream)) = data.split_first() else {
        return;
    };
    let (dialect, choice) = dialect(choice);
    let frames = drive::frames(stream);
    assert_eq!(
        frames,
        drive::frames_of(stream.chunks(1 + usize::from(choice) % 7))
    );
    let cut = |size: usize| {
        let mut framer = ArrayFramer::new(64 << 20);
        let mut items = Vec::new();
        for chunk in stream.chunks(size) {
            framer.feed(chunk, &mut items).unwrap();
        }
        framer.finish(&mut items);
        items
    };
    assert_eq!(cut(1), cut(1 << 16), "items of a list depend on the split");
    let events = drive::events(dialect, &frames, choice % 2 == 0);
    let is_terminal = |event: &Event| matches!(event, Event::End | Event::Error(_));
    assert_eq!(
        events.iter().position(is_terminal),
        Some(events.len() - 1),
        "one terminal, last"
    );
    drop(fold(dialect, events.iter().cloned()));
    well_formed(&events);
}

/// An upstream's binary stream, whatever it is: the bytes themselves, and frames that are made of them with the right
/// checksums. Frames do not depend on the split, there is one terminal and it is the last event, and all clients get a
/// well-formed stream.
pub(crate) fn event_stream_bytes(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    // No header is longer than this.
    let text = String::from_utf8_lossy(&data[..data.len().min(20_000)]);
    let mut frames = every_header();
    frames.extend(kiro_stream::bytes(&text));
    for stream in [data, &*frames] {
        let cut = |size: usize| drive::upstream_frames(Dialect::Kiro, stream.chunks(size));
        let (frames, whole) = cut(1 << 20);
        let size = 1 + usize::from(choice) % 23;
        assert_eq!(cut(size), (frames.clone(), whole));
        let events = drive::events(Dialect::Kiro, &frames, whole);
        let is_terminal = |event: &Event| matches!(event, Event::End | Event::Error(_));
        assert_eq!(
            events.iter().position(is_terminal),
            Some(events.len() - 1),
            "one terminal, last"
        );
        drop(fold(Dialect::Kiro, events.iter().cloned()));
        well_formed(&events);
    }
}

/// A frame that has a header of every type.
fn every_header() -> Vec<u8> {
    let headers = [
        Header::Bool(true),
        Header::Bool(false),
        Header::I8(1),
        Header::I16(2),
        Header::I32(3),
        Header::I64(4),
        Header::Bytes(vec![5]),
        Header::Text("6".to_owned()),
        Header::Timestamp(7),
        Header::Uuid([8; 16]),
    ];
    event_stream::frame(&headers.map(|value| ("header", value)), b"{}")
}

/// The client's stream of any events is well-formed in every dialect.
fn well_formed(events: &[Event]) {
    let chat = drive::stream(Dialect::Chat, events.iter().cloned(), targets::reply());
    if let Err(fault) = check_chat_stream::check(&chat, true) {
        panic!("{fault}\n{}\n{events:#?}", String::from_utf8_lossy(&chat));
    }
    let responses = drive::stream(Dialect::Responses, events.iter().cloned(), targets::reply());
    if let Err(fault) = check_responses_stream::check(&responses) {
        let stream = String::from_utf8_lossy(&responses);
        panic!("{fault}\n{stream}\n{events:#?}");
    }
    let claude = drive::stream(Dialect::Claude, events.iter().cloned(), targets::reply());
    if let Err(fault) = check_claude_stream::check(&claude) {
        panic!("{fault}\n{}\n{events:#?}", String::from_utf8_lossy(&claude));
    }
    let text = drive::stream(
        Dialect::Completions,
        events.iter().cloned(),
        targets::reply(),
    );
    if let Err(fault) = check_completions_stream::check(&text, true) {
        panic!("{fault}\n{}\n{events:#?}", String::from_utf8_lossy(&text));
    }
    let gemini = drive::stream(Dialect::Gemini, events.iter().cloned(), targets::reply());
    if let Err(fault) = check_gemini_stream::check(&gemini) {
        panic!("{fault}\n{}\n{events:#?}", String::from_utf8_lossy(&gemini));
    }
}

/// A client's request or an upstream's answer, whatever it is: it is read or refused, and what was read can be written
/// in every dialect, the same way each time.
pub(crate) fn json_request(data: &[u8]) {
    let Some((&choice, body)) = data.split_first() else {
        return;
    };
    let (dialect, choice) = dialect(choice);
    let status = [400, 401, 429, 500, 529, 200][usize::from(choice) % 6];
    let body = Bytes::copy_from_slice(body);
    let error = decode_error(dialect, status, &body);
    assert!(
        !error.message.is_empty() && error.message.len() < 10_000,
        "{:?}",
        error.message
    );
    assert!(
        !error
            .message
            .contains(|char: char| char.is_control() && char != '\n'),
        "{:?}",
        error.message
    );
    for to in Dialect::ALL {
        drive::document(&encode_error(to, &error));
    }
    let Ok(document) = Document::parse(body) else {
        return;
    };
    vectors(&document);
    if let Ok(request) = decode_request(dialect, &document) {
        for to in Dialect::ALL {
            let target = targets::plain(to);
            let first = encode_request(to, &request, &target);
            let second = encode_request(to, &request, &target);
            if let (Ok(first), Ok(second)) = (first, second) {
                drive::document(&first.body.to_bytes());
                assert_eq!(first.body.to_bytes(), second.body.to_bytes());
                assert_eq!(first.losses, second.losses);
            }
        }
        // Schemas that must be cleaned.
        let older = targets::named(Dialect::Gemini, "subset_schemas");
        if let Ok(encoded) = encode_request(Dialect::Gemini, &request, &older) {
            drive::document(&encoded.body.to_bytes());
        }
    }
    if let Ok(response) = decode_response(dialect, &document, &targets::provider(dialect)) {
        for to in Dialect::ALL {
            drive::document(&encode_response(to, &response, &targets::reply()));
        }
    }
}

/// A request for vectors, or an answer with them, whatever it is.
fn vectors(document: &Document) {
    let shapes = [Shape::OpenAi, Shape::GeminiOne, Shape::GeminiBatch];
    for from in shapes {
        let Ok(request) = embeddings::decode_request(from, document) else {
            continue;
        };
        for to in shapes {
            if let Ok(encoded) = embeddings::encode_request(to, &request, "m") {
                drive::document(&encoded.body);
            }
        }
    }
    let one = drive::document(br#"{"model":"m","input":"x","encoding_format":"base64"}"#);
    let request = embeddings::decode_request(Shape::OpenAi, &one).unwrap();
    for from in shapes {
        if let Ok(answer) = embeddings::decode_answer(from, document, &request) {
            drive::document(&embeddings::encode_answer(&answer, &request, "m"));
        }
    }
}

/// Any events in any order, made of the bytes: both clients get a well-formed stream.
pub(crate) fn event_sequence(data: &[u8]) {
    let mut kinds = Vec::new();
    let mut events = Vec::new();
    for pair in data.chunks(2) {
        let event = event(pair[0], pair.get(1).copied().unwrap_or_default(), &kinds);
        if let Event::ItemStart(start) = &event {
            kinds.push(start.kind.clone());
        }
        events.push(event);
    }
    events.push(Event::End);
    drop(fold(Dialect::Chat, events.iter().cloned()));
    well_formed(&events);
}

/// One event. Items are numbered in the order they begin, and text that is added to one suits its kind, as in every
/// decoder; anything else may happen.
fn event(what: u8, which: u8, kinds: &[ItemKind]) -> Event {
    const TEXTS: [&str; 8] = [
        "",
        "a",
        " ",
        "{\"a\":",
        "1}",
        "é漢😀",
        "\n\ndata: [DONE]\n\n",
        "{}",
    ];
    let at = usize::from(which) % (kinds.len() + 1);
    let item = at as u32;
    let text = || Str::from_static(TEXTS[usize::from(which >> 2) % TEXTS.len()]);
    let next = kinds.len() as u32;
    let begin = |kind| {
        Event::ItemStart(ItemStart {
            item: next,
            choice: u32::from(which >> 7),
            kind,
        })
    };
    let delta = |delta| Event::Delta { item, delta };
    match what % 16 {
        0 => begin(ItemKind::Text),
        1 => begin(ItemKind::Reasoning {
            redacted: which & 4 != 0,
        }),
        2 | 3 => begin(ItemKind::ToolCall {
            id: Str::from(format!("call.{}", which >> 2)),
            name: Str::from_static("weather"),
            custom: which & 0x40 != 0,
            opaque: (which & 0x20 != 0).then(|| Opaque {
                data: Str::from_static("sig"),
                provider: Str::from_static("gemini"),
            }),
        }),
        4 => begin(ItemKind::Refusal),
        5..=10 => delta(match kinds.get(at) {
            Some(ItemKind::ToolCall { .. }) => Delta::Arguments(text()),
            Some(ItemKind::Reasoning { .. }) if which & 0x80 != 0 => Delta::Paragraph,
            Some(ItemKind::Reasoning { .. }) => Delta::Reasoning(text()),
            _ => Delta::Text(text()),
        }),
        11 => delta(Delta::Opaque(Opaque {
            data: text(),
            provider: Str::from_static("claude"),
        })),
        12 => Event::ItemEnd { item, full: None },
        13 => Event::Usage(Usage {
            input: Some(u64::from(which)),
            output: Some(u64::MAX),
            reasoning: (which & 1 == 0).then_some(u64::MAX),
            ..Usage::default()
        }),
        14 => Event::Stop {
            choice: u32::from(which >> 7),
            stop: Stop::new(match which % 5 {
                0 => StopReason::End,
                1 => StopReason::ToolUse,
                2 => StopReason::Length,
                3 => StopReason::Refusal,
                _ => StopReason::Other(text()),
            }),
        },
        _ => match which % 8 {
            0 => Event::Error(Error::new(ErrorKind::Server, "broken")),
            1 => Event::End,
            2 | 3 => Event::Ping,
            _ => Event::Start {
                id: text(),
                model: text(),
                created: None,
                usage: None,
                extensions: Extensions::default(),
            },
        },
    }
}
