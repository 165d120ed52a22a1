//! Frames on the wire: how they are dressed, split into writes, and compressed.

use crate::script::Step;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::time::Duration;

/// One server-sent event, and what part of the answer it is.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) part: Part,
    pub(crate) text: String,
}

/// Where in the answer a frame belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Opening,
    Content,
    Finish,
    Terminal,
}

/// A legal but unusual spelling of the same events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dress {
    Plain,
    /// CR LF line ends.
    Crlf,
    /// Comment lines, unknown fields, and no space after the colon.
    Comments,
}

/// How bytes are grouped into writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// One write per frame.
    Frames,
    /// Writes of 1, 2, 3, 5, 7 and 11 bytes in turn, which end inside frames and UTF-8 sequences.
    Ragged,
    /// One byte per write.
    Bytes,
    /// One write per frame with a pause before each.
    Slow(Duration),
    /// One write per frame, with a pause before the first one and one in the middle.
    Late(Duration),
}

impl Dress {
    pub(crate) fn dress(self, frame: &str) -> String {
        match self {
            Self::Plain => frame.to_owned(),
            Self::Crlf => frame.replace('\n', "\r\n"),
            // No `id:` line: the official SDKs then take the blank line after a comment for an event.
            Self::Comments => format!(
                ": keep-alive\n\n:\nretry: 3000\nunknown: field\n{}",
                frame
                    .replace("data: ", "data:")
                    .replace("event: ", "event:"),
            ),
        }
    }
}

pub(crate) fn deliver(delivery: Delivery, frames: &[String]) -> Vec<Step> {
    let owned = |text: &String| Step::Chunk(Bytes::copy_from_slice(text.as_bytes()));
    match delivery {
        Delivery::Frames => frames.iter().map(owned).collect(),
        Delivery::Slow(wait) => frames
            .iter()
            .flat_map(|frame| [Step::Wait(wait), owned(frame)])
            .collect(),
        Delivery::Late(wait) => {
            let (begun, rest) = frames.split_at(frames.len() / 2);
            let pause = || std::iter::once(Step::Wait(wait));
            let begun = pause().chain(begun.iter().map(owned));
            begun.chain(pause()).chain(rest.iter().map(owned)).collect()
        }
        Delivery::Bytes => split(frames.concat().into(), &[1]),
        Delivery::Ragged => split(frames.concat().into(), &[1, 2, 3, 5, 7, 11]),
    }
}

fn split(mut bytes: Bytes, sizes: &[usize]) -> Vec<Step> {
    let mut steps = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        steps.push(Step::Chunk(bytes.split_to((*size).min(bytes.len()))));
    }
    steps
}

pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
        .into()
}
