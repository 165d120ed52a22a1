//! Writes AWS's event stream, as an upstream that answers does.

/// A header's value, one for each type on the wire.
#[derive(Debug, Clone)]
pub(crate) enum Header {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    Bytes(Vec<u8>),
    Text(String),
    Timestamp(i64),
    Uuid([u8; 16]),
}

impl Header {
    fn write(&self, out: &mut Vec<u8>) {
        let mut sized = |kind: u8, bytes: &[u8]| {
            out.push(kind);
            out.extend_from_slice(&u16::try_from(bytes.len()).unwrap().to_be_bytes());
            out.extend_from_slice(bytes);
        };
        match self {
            Self::Bytes(bytes) => sized(6, bytes),
            Self::Text(text) => sized(7, text.as_bytes()),
            Self::Bool(true) => out.push(0),
            Self::Bool(false) => out.push(1),
            Self::I8(number) => {
                out.push(2);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::I16(number) => {
                out.push(3);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::I32(number) => {
                out.push(4);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::I64(number) | Self::Timestamp(number) => {
                out.push(if matches!(self, Self::I64(_)) { 5 } else { 8 });
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Uuid(bytes) => {
                out.push(9);
                out.extend_from_slice(bytes);
            }
        }
    }
}

/// A frame with these headers and this payload.
pub(crate) fn frame(headers: &[(&str, Header)], payload: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for (name, value) in headers {
        written.push(u8::try_from(name.len()).unwrap());
        written.extend_from_slice(name.as_bytes());
        value.write(&mut written);
    }
    raw(&written, payload)
}

/// A frame whose headers are any bytes.
pub(crate) fn raw(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let total = 16 + headers.len() + payload.len();
    let mut out = prelude(
        u32::try_from(total).unwrap(),
        u32::try_from(headers.len()).unwrap(),
    );
    out.extend_from_slice(headers);
    out.extend_from_slice(payload);
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_be_bytes());
    out
}

/// The beginning of a frame that says these lengths.
pub(crate) fn prelude(total: u32, headers: u32) -> Vec<u8> {
    let mut out = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_be_bytes());
    out
}

fn text(value: &str) -> Header {
    Header::Text(value.to_owned())
}

/// An event.
pub(crate) fn event(name: &str, payload: &str) -> Vec<u8> {
    let headers = [
        (":event-type", text(name)),
        (":content-type", text("application/json")),
        (":message-type", text("event")),
    ];
    frame(&headers, payload.as_bytes())
}

/// An exception.
pub(crate) fn exception(name: &str, payload: &str) -> Vec<u8> {
    let headers = [
        (":exception-type", text(name)),
        (":content-type", text("application/json")),
        (":message-type", text("exception")),
    ];
    frame(&headers, payload.as_bytes())
}

/// An error.
pub(crate) fn error(code: &str, message: &str) -> Vec<u8> {
    let headers = [
        (":error-code", text(code)),
        (":error-message", text(message)),
        (":message-type", text("error")),
    ];
    frame(&headers, b"")
}
