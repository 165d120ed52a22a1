//! Streams of Kiro as people write them: one frame to a line, its name and its payload apart by a space.
//!
//! `exception Name {…}` and `error Code words` are frames of those kinds. `damaged` spoils the checksum of the frame before
//! it, and `cut` leaves out the last bytes of that frame. Empty lines and those that begin with `#` say nothing.

use super::event_stream;

/// The bytes of a stream.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let mut frames: Vec<Vec<u8>> = Vec::new();
    let lines = text.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let named = || rest.split_once(' ').unwrap_or((rest, ""));
        match name {
            "exception" => frames.push(event_stream::exception(named().0, named().1)),
            "error" => frames.push(event_stream::error(named().0, named().1)),
            "damaged" => {
                let last = frames.last_mut().and_then(|frame| frame.last_mut());
                last.into_iter().for_each(|byte| *byte ^= 1);
            }
            "cut" => {
                let last = frames.last_mut().into_iter();
                last.for_each(|frame| frame.truncate(frame.len().saturating_sub(5)));
            }
            name => frames.push(event_stream::event(name, rest)),
        }
    }
    frames.concat()
}
