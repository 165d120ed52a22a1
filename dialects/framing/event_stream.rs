//! AWS's event stream, `application/vnd.amazon.eventstream` (`providers.md` 9.4): binary frames with typed headers and two
//! checksums, CRC-32 as zip has it.
//!
//! ```text
//! total length u32 │ headers length u32 │ CRC of these 8 bytes u32 │ headers │ payload │ CRC of all before it u32
//! ```

use bytes::{Buf as _, Bytes, BytesMut};

use super::FrameError;
use super::sse::{Frame, FrameTooLarge};
use crate::json::Str;

/// The two lengths and their checksum.
const PRELUDE: usize = 12;
/// The checksum of a whole frame.
const TRAILER: usize = 4;
/// The largest frame that AWS sends.
const LARGEST: usize = 16 << 20;

/// Begins the name of a frame that is an exception, not an event; its type follows. No name of AWS's has a colon.
pub const EXCEPTION: &str = "exception:";

/// Begins the name of a frame that is an error without a shape; its code follows, and its data are the message.
pub const ERROR: &str = "error:";

/// Cuts a byte stream into frames. Payloads of complete frames are not copied.
///
/// A frame's name is its `:event-type`, or what [`EXCEPTION`] and [`ERROR`] begin; its data are the payload.
#[derive(Debug)]
pub struct Framer {
    /// The beginning of a frame whose end has not come yet.
    partial: BytesMut,
    /// The size of that frame, once its prelude was read.
    whole: Option<usize>,
    limit: usize,
}

impl Framer {
    /// A framer that refuses frames larger than `limit` bytes, and those larger than AWS sends.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            partial: BytesMut::new(),
            whole: None,
            limit: limit.min(LARGEST),
        }
    }

    /// Takes the next bytes; complete frames are appended to `frames`, those before a failure too.
    ///
    /// # Errors
    /// When a frame is larger than the limit, which its first bytes tell, or when a checksum or a length is wrong; the
    /// framer must not be used any more.
    pub fn feed(&mut self, mut chunk: Bytes, frames: &mut Vec<Frame>) -> Result<(), FrameError> {
        while !self.partial.is_empty() {
            let wanted = self.whole.unwrap_or(PRELUDE) - self.partial.len();
            let taken = chunk.split_to(wanted.min(chunk.len()));
            self.partial.extend_from_slice(&taken);
            if taken.len() < wanted {
                return Ok(());
            }
            match self.whole.take() {
                None => self.whole = Some(self.length(&self.partial)?),
                Some(_) => frames.push(frame(&self.partial.split().freeze())?),
            }
        }
        while chunk.len() >= PRELUDE {
            let length = self.length(&chunk)?;
            if chunk.len() < length {
                self.whole = Some(length);
                break;
            }
            frames.push(frame(&chunk.split_to(length))?);
        }
        self.partial.extend_from_slice(&chunk);
        Ok(())
    }

    /// Number of bytes taken that belong to a frame whose end has not come yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.partial.len()
    }

    /// The size of the frame that begins with `bytes`, of which at least the prelude is there.
    fn length(&self, bytes: &[u8]) -> Result<usize, FrameError> {
        if number(bytes, 8) != crc32fast::hash(&bytes[..8]) {
            return Err(FrameError::Damaged("the checksum of a prelude is wrong"));
        }
        let length = number(bytes, 0) as usize;
        if length > self.limit {
            return Err(FrameTooLarge { limit: self.limit }.into());
        }
        let headers = number(bytes, 4) as usize;
        match length.checked_sub(PRELUDE + TRAILER) {
            Some(room) if headers <= room => Ok(length),
            _ => Err(FrameError::Damaged("a frame has no room for its headers")),
        }
    }
}

/// Four bytes as a number; 0 where they are missing, which lengths that were checked rule out.
fn number(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_be_bytes)
}

/// The frame that is in `bytes`, whose lengths were checked.
fn frame(bytes: &Bytes) -> Result<Frame, FrameError> {
    let end = bytes.len() - TRAILER;
    if number(bytes, end) != crc32fast::hash(&bytes[..end]) {
        return Err(FrameError::Damaged("the checksum of a frame is wrong"));
    }
    let payload = PRELUDE + number(bytes, 4) as usize;
    let headers = Headers::read(bytes.slice(PRELUDE..payload))?;
    Ok(headers.frame(text(&bytes.slice(payload..end))))
}

/// The headers that say what a frame is.
#[derive(Default)]
struct Headers {
    message_type: Str,
    event_type: Str,
    exception_type: Str,
    error_code: Str,
    error_message: Str,
}

impl Headers {
    /// Reads all headers, and passes over those of another kind or purpose.
    fn read(mut bytes: Bytes) -> Result<Self, FrameError> {
        let mut headers = Self::default();
        while !bytes.is_empty() {
            let (name, value) = header(&mut bytes)
                .ok_or(FrameError::Damaged("a header ends behind all headers"))?;
            let place = match &name[..] {
                b":message-type" => &mut headers.message_type,
                b":event-type" => &mut headers.event_type,
                b":exception-type" => &mut headers.exception_type,
                b":error-code" => &mut headers.error_code,
                b":error-message" => &mut headers.error_message,
                _ => continue,
            };
            if let Some(value) = value {
                *place = text(&value);
            }
        }
        Ok(headers)
    }

    fn frame(self, payload: Str) -> Frame {
        let is = |word: &str, header: &Str| {
            self.message_type == word || (self.message_type.is_empty() && !header.is_empty())
        };
        if is("exception", &self.exception_type) {
            return Frame {
                event: Str::from(format!("{EXCEPTION}{}", self.exception_type)),
                data: payload,
            };
        }
        if is("error", &self.error_code) {
            return Frame {
                event: Str::from(format!("{ERROR}{}", self.error_code)),
                data: self.error_message,
            };
        }
        Frame {
            event: self.event_type,
            data: payload,
        }
    }
}

/// The next header: its name, and its value where that is text. `None` where its type is unknown or it has no end.
fn header(bytes: &mut Bytes) -> Option<(Bytes, Option<Bytes>)> {
    let length = usize::from(bytes.try_get_u8().ok()?);
    let name = take(bytes, length)?;
    let size = match bytes.try_get_u8().ok()? {
        // True and false are types of their own.
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        // A number, an instant.
        5 | 8 => 8,
        // Any bytes.
        6 => usize::from(bytes.try_get_u16().ok()?),
        7 => {
            let length = usize::from(bytes.try_get_u16().ok()?);
            return Some((name, Some(take(bytes, length)?)));
        }
        // A UUID.
        9 => 16,
        _ => return None,
    };
    take(bytes, size)?;
    Some((name, None))
}

fn take(bytes: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= bytes.len()).then(|| bytes.split_to(length))
}

fn text(bytes: &Bytes) -> Str {
    Str::try_from(bytes.clone())
        .unwrap_or_else(|_| Str::from(String::from_utf8_lossy(bytes).into_owned()))
}

#[cfg(test)]
mod tests;
