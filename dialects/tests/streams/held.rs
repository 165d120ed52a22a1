//! No text waits for the next frame (`dialects.md` section 5, 17).

use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::{Dialect, EventDecoder, EventEncoder};

use crate::support::{drive, targets};

/// What a client has seen when each frame of the upstream has been handled.
fn steps(from: Dialect, to: Dialect, stream: &str) -> Vec<String> {
    let mut decoder = EventDecoder::new(from, targets::provider(from));
    let mut encoder = EventEncoder::new(to, targets::reply());
    let step = |frame: &Frame| {
        let (mut events, mut out) = (Vec::new(), Vec::new());
        decoder.on_frame(frame, &mut events);
        events
            .into_iter()
            .for_each(|event| encoder.on(event, &mut out));
        String::from_utf8(out).unwrap()
    };
    drive::frames(stream.as_bytes()).iter().map(step).collect()
}

#[test]
fn no_text_is_held_longer_than_its_frame() {
    let chat = |delta: &str| {
        let head = r#""id":"c","object":"chat.completion.chunk","created":1,"model":"m""#;
        format!(
            "data: {{{head},\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]}}\n\n"
        )
    };
    let call = |json: &str| chat(&format!(r#"{{"tool_calls":[{json}]}}"#));
    let chat_stream = [
        chat(r#"{"role":"assistant","content":"ONE"}"#),
        chat(r#"{"content":"TWO"}"#),
        chat(r#"{"reasoning_content":"THREE"}"#),
        chat(r#"{"content":"FOUR"}"#),
        call(r#"{"index":0,"id":"a","type":"function","function":{"name":"FIVE","arguments":""}}"#),
        call(r#"{"index":0,"function":{"arguments":"{\"SIX\""}}"#),
        call(r#"{"index":0,"function":{"arguments":":\"SEVEN\"}"}}"#),
    ];
    let claude = |index: u32, delta: &str| {
        format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{delta}}}\n\n"
        )
    };
    let open = |index: u32, block: &str| {
        format!(
            "event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":{index},\"content_block\":{block}}}\n\n"
        )
    };
    let close = |index: u32| {
        format!(
            "event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":{index}}}\n\n"
        )
    };
    let claude_stream = [
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"m\",\"usage\":{}}}\n\n".to_owned(),
        open(0, r#"{"type":"text","text":""}"#) + &claude(0, r#"{"type":"text_delta","text":"ONE"}"#),
        claude(0, r#"{"type":"text_delta","text":"TWO"}"#) + &close(0),
        open(1, r#"{"type":"thinking","thinking":""}"#) + &claude(1, r#"{"type":"thinking_delta","thinking":"THREE"}"#),
        claude(1, r#"{"type":"signature_delta","signature":"s"}"#) + &close(1),
        open(2, r#"{"type":"text","text":""}"#) + &claude(2, r#"{"type":"text_delta","text":"FOUR"}"#) + &close(2),
        open(3, r#"{"type":"tool_use","id":"a","name":"FIVE","input":{}}"#),
        claude(3, r#"{"type":"input_json_delta","partial_json":"{\"SIX\""}"#),
        claude(3, r#"{"type":"input_json_delta","partial_json":":\"SEVEN\"}"}"#),
    ];
    let gemini = |part: &str| {
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"role\":\"model\",\"parts\":[{part}]}},\"index\":0}}],\"modelVersion\":\"m\",\"responseId\":\"r\"}}\n\n"
        )
    };
    let gemini_stream = [
        gemini(r#"{"text":"ONE"}"#),
        gemini(r#"{"text":"TWO"}"#),
        gemini(r#"{"text":"THREE","thought":true}"#),
        gemini(r#"{"text":"FOUR"}"#),
        gemini(r#"{"functionCall":{"name":"FIVE","args":{"SIX":"SEVEN"}}}"#),
    ];
    let item = |kind: &str, index: u32, rest: &str| {
        format!(
            "event: response.{kind}\ndata: {{\"type\":\"response.{kind}\",\"output_index\":{index},{rest}}}\n\n"
        )
    };
    let text = |index, delta: &str| {
        item(
            "output_text.delta",
            index,
            &format!(r#""content_index":0,"delta":"{delta}""#),
        )
    };
    let argument = |delta: &str| {
        let delta = serde_json::Value::from(delta);
        item(
            "function_call_arguments.delta",
            3,
            &format!(r#""delta":{delta}"#),
        )
    };
    let responses_stream = [
        text(0, "ONE"),
        text(0, "TWO")
            + &item(
                "output_item.done",
                0,
                r#""item":{"type":"message","content":[{"type":"output_text","text":"ONETWO"}]}"#,
            ),
        item(
            "reasoning_summary_text.delta",
            1,
            r#""summary_index":0,"delta":"THREE""#,
        ),
        item(
            "output_item.done",
            1,
            r#""item":{"type":"reasoning","summary":[{"type":"summary_text","text":"THREE"}]}"#,
        ),
        text(2, "FOUR")
            + &item(
                "output_item.done",
                2,
                r#""item":{"type":"message","content":[{"type":"output_text","text":"FOUR"}]}"#,
            ),
        item(
            "output_item.added",
            3,
            r#""item":{"type":"function_call","call_id":"a","name":"FIVE","arguments":""}"#,
        ),
        argument(r#"{"SIX""#),
        argument(r#":"SEVEN"}"#),
    ];
    let kiro = |event: &str, payload: &str| format!("event: {event}\ndata: {payload}\n\n");
    let piece = |input: &str| {
        let input = serde_json::Value::from(input);
        kiro(
            "toolUseEvent",
            &format!(r#"{{"toolUseId":"a","name":"FIVE","input":{input}}}"#),
        )
    };
    let kiro_stream = [
        kiro("assistantResponseEvent", r#"{"content":"ONE"}"#),
        kiro("assistantResponseEvent", r#"{"content":"TWO"}"#),
        kiro("reasoningContentEvent", r#"{"text":"THREE"}"#),
        kiro("assistantResponseEvent", r#"{"content":"FOUR"}"#),
        piece(""),
        piece(r#"{"SIX""#),
        piece(r#":"SEVEN"}"#),
    ];
    for (from, stream) in [
        (Dialect::Chat, chat_stream.concat()),
        (Dialect::Claude, claude_stream.concat()),
        (Dialect::Gemini, gemini_stream.concat()),
        (Dialect::Responses, responses_stream.concat()),
        (Dialect::Kiro, kiro_stream.concat()),
    ] {
        for to in Dialect::CLIENT {
            let frames = drive::frames(stream.as_bytes());
            let steps = steps(from, to, &stream);
            // Gemini's clients take whole calls only.
            let whole = to == Dialect::Gemini && from != Dialect::Gemini;
            let words: &[&str] = match to {
                // Text alone.
                Dialect::Completions => &["ONE", "TWO", "FOUR"],
                _ if whole => &["ONE", "TWO", "THREE", "FOUR"],
                _ => &["ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN"],
            };
            for word in words {
                let sent = frames
                    .iter()
                    .position(|frame| frame.data.contains(word))
                    .unwrap();
                assert!(
                    steps[sent].contains(word),
                    "{from} to {to}: {word} in {steps:#?}"
                );
            }
        }
    }
}
