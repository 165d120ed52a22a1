//! Answers in AWS's event stream: frames with lengths, headers and two checksums.

use crate::answer::{Answer, Block, Finish, fragments, pieces};
use crate::plan::Ending;
use crate::script::Script;
use flate2::Crc;
use serde_json::{Value, json};

/// How many frames come before one that ends an answer early.
const BEFORE_END: usize = 2;

/// The frames of an answer. What was thought stands in the text, between tags.
pub(super) fn events(answer: &Answer) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for block in &answer.blocks {
        match block {
            Block::Thinking(thought) => {
                say(&mut frames, &format!("<thinking>{thought}</thinking>\n\n"));
            }
            Block::Text(text) | Block::Refusal(text) => say(&mut frames, text),
            Block::Redacted => {}
            Block::Call(call) => {
                let id = format!("tooluse_{}", call.number);
                let part = |more: Value| {
                    let mut part = json!({"toolUseId": id, "name": call.name});
                    let fields = part.as_object_mut().expect("it is an object");
                    fields.extend(more.as_object().expect("it is an object").clone());
                    event("toolUseEvent", &part)
                };
                let inputs = fragments(&call.arguments);
                frames.extend(
                    inputs
                        .into_iter()
                        .map(|input| part(json!({"input": input}))),
                );
                frames.push(part(json!({"stop": true})));
            }
        }
    }
    let reason = match answer.finish {
        Finish::Calls => "tool_use",
        Finish::Length => "max_tokens",
        _ => "end_turn",
    };
    frames.push(event("messageStopEvent", &json!({"stopReason": reason})));
    let usage = answer.usage;
    let counts = json!({
        "uncachedInputTokens": usage.input, "cacheReadInputTokens": usage.cache_read, "outputTokens": usage.output,
    });
    frames.push(event("metadataEvent", &json!({"tokenUsage": counts})));
    frames
}

/// The frames as they are sent, as far as this ending lets them.
pub(super) fn ended(mut frames: Vec<Vec<u8>>, ending: Ending) -> Script {
    let begun = match ending {
        Ending::Complete | Ending::NoTerminal | Ending::NoFinish => frames.len(),
        Ending::ErrorFirst => 0,
        Ending::Flood => 1,
        Ending::Cut | Ending::CutClean | Ending::Error | Ending::Hang => BEFORE_END,
    };
    let rest = frames.split_off(begun);
    match ending {
        Ending::Error | Ending::ErrorFirst => frames.push(exception()),
        // Where a frame ends, an answer may end too.
        Ending::CutClean => frames.push(rest[0][..rest[0].len() / 2].to_vec()),
        _ => {}
    }
    let head = Script::new(200).header("content-type", "application/vnd.amazon.eventstream");
    let bytes = frames.concat();
    if ending == Ending::Flood {
        return head.chunk(bytes).flood();
    }
    // No write ends where a frame does.
    let pieces = bytes.chunks(97);
    let script = pieces.fold(head, |script, piece| script.chunk(piece.to_vec()));
    match ending {
        Ending::Cut => script.abort(),
        Ending::Hang => script.hang(),
        _ => script,
    }
}

fn exception() -> Vec<u8> {
    let payload = json!({"message": "Encountered an unexpected error when processing the request, please try again."});
    let kind = (":exception-type", "InternalServerException");
    frame(&[kind, (":message-type", "exception")], &payload)
}

fn say(frames: &mut Vec<Vec<u8>>, text: &str) {
    let pieces = pieces(text).into_iter();
    frames.extend(pieces.map(|piece| event("assistantResponseEvent", &json!({"content": piece}))));
}

fn event(name: &str, payload: &Value) -> Vec<u8> {
    let kind = (":event-type", name);
    frame(&[kind, (":message-type", "event")], payload)
}

fn frame(said: &[(&str, &str)], payload: &Value) -> Vec<u8> {
    let mut headers = Vec::new();
    for (key, value) in said.iter().chain(&[(":content-type", "application/json")]) {
        let length = u16::try_from(value.len()).expect("a name is short");
        headers.push(u8::try_from(key.len()).expect("a name is short"));
        headers.extend_from_slice(key.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&length.to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let payload = payload.to_string();
    let size = |length: usize| {
        u32::try_from(length)
            .expect("a frame is short")
            .to_be_bytes()
    };
    let total = 16 + headers.len() + payload.len();
    let mut frame = [size(total), size(headers.len())].concat();
    frame.extend_from_slice(&checksum(&frame));
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&checksum(&frame));
    frame
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Step;

    #[test]
    fn a_frame_says_its_lengths_and_checks() {
        let frame = event("e", &json!({}));
        let number = |at: usize| {
            let bytes = frame[at..at + 4].try_into().expect("four bytes");
            usize::try_from(u32::from_be_bytes(bytes)).expect("it is small")
        };
        assert_eq!(number(0), frame.len());
        assert_eq!(frame[12 + number(4)..frame.len() - 4], *b"{}");
        assert_eq!(frame[8..12], checksum(&frame[..8]));
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926_u32.to_be_bytes());
    }

    #[test]
    fn an_answer_can_end_early() {
        let frames = || vec![vec![1], vec![2], vec![3, 4], vec![5]];
        let sent = |ending| ended(frames(), ending).steps;
        let chunk = |bytes: &[u8]| Step::Chunk(bytes.to_vec().into());
        assert_eq!(sent(Ending::Complete), [chunk(&[1, 2, 3, 4, 5])]);
        assert_eq!(sent(Ending::CutClean), [chunk(&[1, 2, 3])]);
        assert_eq!(sent(Ending::Cut), [chunk(&[1, 2]), Step::Abort]);
        assert_eq!(sent(Ending::Hang), [chunk(&[1, 2]), Step::Hang]);
        let failed = ended(frames(), Ending::Error).text();
        assert!(failed.starts_with("\u{1}\u{2}") && failed.contains("InternalServerException"));
        assert!(
            !ended(frames(), Ending::ErrorFirst)
                .text()
                .starts_with("\u{1}")
        );
    }
}
