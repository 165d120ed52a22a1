//! What must be true of every stream (`dialects.md` section 5, 13, 14, 16, 17, 19).

mod held;
mod thinking;

use modelgate_dialects::framing::json_array::{ArrayFramer, ArrayWriter};
use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::ir::fold::{fold, unfold};
use modelgate_dialects::ir::{Delta, Event, ItemKind};
use modelgate_dialects::{Dialect, EventDecoder, EventEncoder};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::golden::{Fixture, fixtures};
use crate::support::arbitrary::events::{Sample, sample};
use crate::support::check_claude_stream::Block;
use crate::support::{
    cases, check_chat_stream, check_claude_stream, check_completions_stream, check_gemini_stream,
    check_responses_stream, drive, targets,
};

fn chat(
    events: impl IntoIterator<Item = Event>,
    include_usage: bool,
) -> Result<check_chat_stream::Said, String> {
    let mut reply = targets::reply();
    reply.include_usage = include_usage;
    let stream = drive::stream(Dialect::Chat, events, reply);
    check_chat_stream::check(&stream, include_usage)
        .map_err(|fault| format!("{fault}\n{}", String::from_utf8_lossy(&stream)))
}

fn claude(events: impl IntoIterator<Item = Event>) -> Result<check_claude_stream::Said, String> {
    let stream = drive::stream(Dialect::Claude, events, targets::reply());
    check_claude_stream::check(&stream)
        .map_err(|fault| format!("{fault}\n{}", String::from_utf8_lossy(&stream)))
}

fn gemini(events: impl IntoIterator<Item = Event>) -> Result<check_gemini_stream::Said, String> {
    let stream = drive::stream(Dialect::Gemini, events, targets::reply());
    check_gemini_stream::check(&stream)
        .map_err(|fault| format!("{fault}\n{}", String::from_utf8_lossy(&stream)))
}

fn responses(
    events: impl IntoIterator<Item = Event>,
) -> Result<check_responses_stream::Said, String> {
    let stream = drive::stream(Dialect::Responses, events, targets::reply());
    check_responses_stream::check(&stream)
        .map_err(|fault| format!("{fault}\n{}", String::from_utf8_lossy(&stream)))
}

/// All text of the items of a kind in one choice; in the order it was streamed this is the same bytes, sorted.
fn sorted(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters
}

fn said_of(sample: &Sample, choice: u32, wanted: impl Fn(&ItemKind) -> bool) -> String {
    let items = sample
        .items
        .iter()
        .filter(|item| item.choice == choice && wanted(&item.kind));
    items.map(|item| item.said.as_str()).collect()
}

/// Arguments of the calls of one choice, in the order they began.
fn arguments_of(sample: &Sample, choice: u32) -> Vec<String> {
    let calls = sample
        .items
        .iter()
        .filter(|item| item.choice == choice && matches!(item.kind, ItemKind::ToolCall { .. }));
    calls
        .map(|call| {
            if call.said.is_empty() {
                "{}".to_owned()
            } else {
                call.said.clone()
            }
        })
        .collect()
}

fn chat_says_all(sample: &Sample, include_usage: bool) {
    let said = chat(sample.events.clone(), include_usage)
        .unwrap_or_else(|fault| panic!("{fault}\n{sample:#?}"));
    assert_eq!(said.error.is_some(), sample.failed);
    for choice in 0..2 {
        let heard = said
            .choices
            .get(&u64::from(choice))
            .cloned()
            .unwrap_or_default();
        let text = said_of(sample, choice, |kind| *kind == ItemKind::Text);
        assert_eq!(sorted(&heard.text), sorted(&text), "{sample:#?}");
        assert_eq!(
            sorted(&heard.refusal),
            sorted(&said_of(sample, choice, |kind| *kind == ItemKind::Refusal))
        );
        let reasoning = said_of(sample, choice, |kind| {
            matches!(kind, ItemKind::Reasoning { .. })
        });
        assert_eq!(sorted(&heard.reasoning), sorted(&reasoning));
        let arguments: Vec<String> = heard
            .calls
            .iter()
            .map(|call| call.arguments.clone())
            .collect();
        if !sample.failed {
            assert_eq!(arguments, arguments_of(sample, choice), "{sample:#?}");
        }
    }
}

fn claude_says_all(sample: &Sample) {
    let said = claude(sample.events.clone()).unwrap_or_else(|fault| panic!("{fault}\n{sample:#?}"));
    assert_eq!(said.error.is_some(), sample.failed);
    if sample.failed {
        // What waited behind an open block is given up with the stream.
        return;
    }
    let visible = |kind: &ItemKind| matches!(kind, ItemKind::Text | ItemKind::Refusal);
    assert_eq!(
        sorted(&said.text()),
        sorted(&said_of(sample, 0, visible)),
        "{sample:#?}"
    );
    let thinking = said.blocks.iter().filter_map(|block| match block {
        Block::Thinking { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let expected = said_of(sample, 0, |kind| matches!(kind, ItemKind::Reasoning { .. }));
    assert_eq!(
        sorted(&thinking.collect::<String>()),
        sorted(&expected),
        "{sample:#?}"
    );
    let inputs = said.blocks.iter().filter_map(|block| match block {
        Block::Call { input, .. } if input.is_empty() => Some("{}".to_owned()),
        Block::Call { input, .. } => Some(input.clone()),
        _ => None,
    });
    assert_eq!(
        inputs.collect::<Vec<String>>(),
        arguments_of(sample, 0),
        "{sample:#?}"
    );
}

fn gemini_says_all(sample: &Sample) {
    let said = gemini(sample.events.clone()).unwrap_or_else(|fault| panic!("{fault}\n{sample:#?}"));
    assert_eq!(said.error.is_some(), sample.failed);
    for choice in 0..2 {
        let heard = said
            .candidates
            .get(&u64::from(choice))
            .cloned()
            .unwrap_or_default();
        let visible = |kind: &ItemKind| matches!(kind, ItemKind::Text | ItemKind::Refusal);
        let text = said_of(sample, choice, visible);
        assert_eq!(sorted(&heard.text), sorted(&text), "{sample:#?}");
        let thoughts = said_of(sample, choice, |kind| {
            matches!(kind, ItemKind::Reasoning { .. })
        });
        assert_eq!(sorted(&heard.thoughts), sorted(&thoughts), "{sample:#?}");
        // Calls that were not complete are given up with the stream.
        if !sample.failed {
            let args = heard.calls.iter().map(|call| call.args.clone());
            let expected: Vec<String> = arguments_of(sample, choice);
            assert_eq!(args.collect::<Vec<String>>(), expected, "{sample:#?}");
        }
    }
}

fn responses_says_all(sample: &Sample) {
    let said =
        responses(sample.events.clone()).unwrap_or_else(|fault| panic!("{fault}\n{sample:#?}"));
    assert_eq!(
        said.error.is_some(),
        said.status != "completed" && said.status != "incomplete"
    );
    if sample.failed {
        assert!(said.error.is_some());
    }
    let text = said_of(sample, 0, |kind| *kind == ItemKind::Text);
    assert_eq!(sorted(&said.text()), sorted(&text), "{sample:#?}");
    let refusal = said_of(sample, 0, |kind| *kind == ItemKind::Refusal);
    assert_eq!(sorted(&said.refusal()), sorted(&refusal));
    let reasoning = said_of(sample, 0, |kind| matches!(kind, ItemKind::Reasoning { .. }));
    assert_eq!(sorted(&said.reasoning()), sorted(&reasoning));
    let arguments: Vec<String> = said.calls().map(|call| call.arguments.clone()).collect();
    if said.status == "completed" {
        assert_eq!(arguments, arguments_of(sample, 0), "{sample:#?}");
    }
}

fn completions(
    events: impl IntoIterator<Item = Event>,
    include_usage: bool,
) -> Result<check_completions_stream::Said, String> {
    let mut reply = targets::reply();
    reply.include_usage = include_usage;
    let stream = drive::stream(Dialect::Completions, events, reply);
    check_completions_stream::check(&stream, include_usage)
        .map_err(|fault| format!("{fault}\n{}", String::from_utf8_lossy(&stream)))
}

/// Visible text and nothing else, in the order it was streamed.
fn completions_says_all_text(sample: &Sample, include_usage: bool) {
    let said = completions(sample.events.clone(), include_usage)
        .unwrap_or_else(|fault| panic!("{fault}\n{sample:#?}"));
    assert_eq!(said.error.is_some(), sample.failed);
    for choice in 0..2 {
        let heard = said.choices.get(&u64::from(choice)).cloned();
        let heard = heard.unwrap_or_default().text;
        let visible = |kind: &ItemKind| matches!(kind, ItemKind::Text | ItemKind::Refusal);
        let text = said_of(sample, choice, visible);
        assert_eq!(sorted(&heard), sorted(&text), "{sample:#?}");
    }
}

/// The same stream as other senders write it.
fn respelt(stream: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8(stream.to_vec())
        .unwrap()
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n");
    let joined = |with: &str| text.replace('\n', with).into_bytes();
    vec![
        joined("\r\n"),
        joined("\r"),
        format!(
            "\u{feff}: hello\n\n{}",
            text.replace("\n\n", "\n\n: ping\n\n\n")
        )
        .into_bytes(),
        format!("\n{text}")
            .replace("\ndata: ", "\nid: 7\nretry: 10\ndata:")
            .into_bytes(),
        text.trim_end().as_bytes().to_vec(),
    ]
}

fn events_of(fixture: &Fixture, frames: &[Frame]) -> Vec<Event> {
    drive::events(fixture.dialect, frames, fixture.profile != "broken")
}

#[test]
fn events_do_not_depend_on_how_a_stream_is_spelt_or_cut() {
    for fixture in fixtures("streams") {
        let expected = events_of(&fixture, &fixture.frames());
        assert_eq!(
            events_of(&fixture, &fixture.frames_of(fixture.bytes.chunks(1))),
            expected,
            "{}",
            fixture.name
        );
        if fixture.dialect == Dialect::Kiro {
            continue; // Only text has spellings.
        }
        for stream in respelt(&fixture.bytes) {
            let spelt = String::from_utf8_lossy(&stream).into_owned();
            assert_eq!(
                events_of(&fixture, &drive::frames(&stream)),
                expected,
                "{}: {spelt}",
                fixture.name
            );
            assert_eq!(
                events_of(&fixture, &drive::frames_of(stream.chunks(3))),
                expected,
                "{}: {spelt}",
                fixture.name
            );
        }
    }
}

#[test]
fn every_fixture_gives_well_formed_streams_in_every_dialect() {
    for fixture in fixtures("streams") {
        let events = events_of(&fixture, &fixture.frames());
        for include_usage in [true, false] {
            let said = chat(events.clone(), include_usage)
                .unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
            assert!(!said.hides_calls(), "{}", fixture.name);
            completions(events.clone(), include_usage)
                .unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
        }
        gemini(events.clone()).unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
        let said =
            claude(events.clone()).unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
        assert!(!said.hides_calls(), "{}", fixture.name);
        let said = responses(events).unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
        assert_eq!(
            said.error.is_some(),
            said.status.is_empty() || said.status == "failed"
        );
    }
}

/// The last event of a Responses stream holds the answer that a client gets who asked for no stream.
#[test]
fn the_final_answer_of_a_stream_is_the_whole_answer() {
    for fixture in fixtures("streams") {
        let events = events_of(&fixture, &fixture.frames());
        let Ok(whole) = fold(Dialect::Responses, events.iter().cloned()) else {
            continue;
        };
        let said = responses(unfold(whole.clone())).unwrap();
        let whole = drive::answer(Dialect::Responses, &whole);
        let json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
        assert_eq!(
            json(said.answer.as_bytes()),
            json(&whole),
            "{}",
            fixture.name
        );
    }
}

/// An answer that was cut off is an error for every client, unless its finish reason was seen and the body ended cleanly.
#[test]
fn no_prefix_of_a_stream_passes_for_the_whole() {
    for fixture in fixtures("streams") {
        let frames = fixture.frames();
        let whole = events_of(&fixture, &frames);
        for length in 0..frames.len() {
            for clean in [true, false] {
                let events = drive::events(fixture.dialect, &frames[..length], clean);
                let ended = matches!(events.last(), Some(Event::End));
                let stopped = events
                    .iter()
                    .any(|event| matches!(event, Event::Stop { .. }));
                let terminal_seen = {
                    let mut decoder =
                        EventDecoder::new(fixture.dialect, targets::provider(fixture.dialect));
                    let mut events = Vec::new();
                    frames[..length]
                        .iter()
                        .for_each(|frame| decoder.on_frame(frame, &mut events));
                    matches!(events.last(), Some(Event::End))
                };
                assert!(
                    !ended || terminal_seen || (clean && stopped),
                    "{} after {length} frames",
                    fixture.name
                );
                let said = claude(events.clone())
                    .unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
                assert_eq!(
                    said.error.is_some(),
                    !ended,
                    "{} after {length} frames",
                    fixture.name
                );
                let said = gemini(events.clone())
                    .unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
                assert_eq!(
                    said.error.is_some(),
                    !ended,
                    "{} after {length} frames",
                    fixture.name
                );
                let said = responses(events.clone())
                    .unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
                assert_eq!(
                    said.error.is_some(),
                    !ended || said.status == "failed",
                    "{} after {length} frames",
                    fixture.name
                );
                let said =
                    chat(events, true).unwrap_or_else(|fault| panic!("{}: {fault}", fixture.name));
                assert_eq!(
                    said.error.is_some(),
                    !ended,
                    "{} after {length} frames",
                    fixture.name
                );
            }
        }
        assert!(matches!(whole.last(), Some(Event::End | Event::Error(_))));
    }
}

#[test]
fn keep_alives_are_no_events_and_come_only_where_they_may() {
    for dialect in Dialect::CLIENT {
        let encoder = EventEncoder::new(dialect, targets::reply());
        let mut out = Vec::new();
        encoder.keep_alive(&mut out);
        let expected: &[u8] = match dialect {
            // Its SDKs know no comments.
            Dialect::Gemini => b"\n\n",
            _ => b":",
        };
        assert!(
            out.starts_with(expected) && out.ends_with(b"\n\n"),
            "{dialect:?} before the start"
        );
        assert!(drive::frames(&out).is_empty());
    }
    let mut encoder = EventEncoder::new(Dialect::Claude, targets::reply());
    let mut out = Vec::new();
    let frames = drive::frames(
        &fixtures("streams")
            .into_iter()
            .find(|fixture| fixture.dialect == Dialect::Claude)
            .unwrap()
            .bytes,
    );
    let events = drive::events(Dialect::Claude, &frames, true);
    encoder.on(events[0].clone(), &mut out);
    out.clear();
    encoder.keep_alive(&mut out);
    assert_eq!(out, b"event: ping\ndata: {\"type\":\"ping\"}\n\n");
}

#[test]
fn a_decoder_says_nothing_behind_its_terminal() {
    for fixture in fixtures("streams") {
        let frames = fixture.frames();
        let mut decoder = EventDecoder::new(fixture.dialect, targets::provider(fixture.dialect));
        let mut events = Vec::new();
        frames
            .iter()
            .for_each(|frame| decoder.on_frame(frame, &mut events));
        decoder.finish(true, &mut events);
        let length = events.len();
        frames
            .iter()
            .for_each(|frame| decoder.on_frame(frame, &mut events));
        decoder.finish(false, &mut events);
        assert_eq!(events.len(), length, "{}", fixture.name);
    }
}

/// A text that needs no unescaping is handed on as a view into the bytes it came in.
#[test]
fn the_text_of_an_event_shares_the_bytes_of_its_frame() {
    for fixture in fixtures("streams")
        .iter()
        .filter(|fixture| fixture.name == "text")
    {
        let frames = fixture.frames();
        let texts = events_of(fixture, &frames)
            .into_iter()
            .filter_map(|event| match event {
                Event::Delta {
                    delta: Delta::Text(text),
                    ..
                } => Some(text),
                _ => None,
            });
        let mut seen = 0;
        for text in texts {
            let within = |frame: &Frame| {
                frame
                    .data
                    .as_bytes()
                    .as_ptr_range()
                    .contains(&text.as_bytes().as_ptr())
            };
            assert!(frames.iter().any(within), "{text:?} was copied");
            seen += 1;
        }
        assert!(seen > 1, "{}", fixture.dialect);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_chat_client_hears_everything_of_any_stream(sample in sample(2), include_usage in any::<bool>()) {
        chat_says_all(&sample, include_usage);
    }

    #[test]
    fn a_claude_client_hears_everything_of_any_stream(sample in sample(1)) {
        claude_says_all(&sample);
    }

    #[test]
    fn a_gemini_client_hears_everything_of_any_stream(sample in sample(2)) {
        gemini_says_all(&sample);
    }

    #[test]
    fn a_completions_client_hears_all_text_of_any_stream(sample in sample(2), include_usage in any::<bool>()) {
        completions_says_all_text(&sample, include_usage);
    }

    #[test]
    fn a_list_gives_the_events_of_the_frames(fixture in any::<Index>(), size in 1usize..40) {
        let fixtures: Vec<Fixture> = fixtures("streams")
            .into_iter()
            .filter(|fixture| fixture.dialect == Dialect::Gemini)
            .collect();
        let fixture = &fixtures[fixture.index(fixtures.len())];
        let frames = fixture.frames();
        let mut writer = ArrayWriter::new();
        let mut list = Vec::new();
        for frame in &frames {
            writer.item(&mut list, |out| out.extend_from_slice(frame.data.as_bytes()));
        }
        writer.finish(&mut list);
        let mut framer = ArrayFramer::new(1 << 20);
        let mut cut = Vec::new();
        for chunk in list.chunks(size) {
            framer.feed(chunk, &mut cut).unwrap();
        }
        framer.finish(&mut cut);
        // What is no JSON is no item of a list.
        let is_list = frames.iter().all(|frame| frame.data.starts_with('{') && frame.data.ends_with('}'));
        if is_list {
            prop_assert_eq!(events_of(fixture, &cut), events_of(fixture, &frames));
        }
    }

    #[test]
    fn a_responses_client_hears_everything_of_any_stream(sample in sample(1)) {
        responses_says_all(&sample);
    }

    #[test]
    fn a_fixture_cut_anywhere_gives_the_same_events(
        fixture in any::<Index>(),
        cuts in prop::collection::vec(any::<Index>(), 1..8),
    ) {
        let fixtures = fixtures("streams");
        let fixture = &fixtures[fixture.index(fixtures.len())];
        let bytes = &fixture.bytes;
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        prop_assert_eq!(events_of(fixture, &fixture.frames_of(chunks)), events_of(fixture, &fixture.frames()));
    }
}
