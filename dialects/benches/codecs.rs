//! What each codec costs by itself: a long stream and a long request, read and written.
//!
//! `cargo bench -p modelgate-dialects`; a word behind `--` chooses, as in `-- decode_stream`. The
//! material is one conversation and one answer, in every dialect, so that rows can be compared.

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use modelgate_dialects::framing::sse::Framer;
use modelgate_dialects::ir::Event;
use modelgate_dialects::json::Document;
use modelgate_dialects::{Dialect, EventDecoder, EventEncoder, decode_request, encode_request};

mod material;

/// The bytes a read from a socket brings at most.
const READ: usize = 16 * 1024;

fn main() {
    divan::main();
}

/// Bytes to frames to events.
#[divan::bench(args = Dialect::CLIENT)]
fn decode_stream(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let stream = Bytes::from(material::stream(dialect));
    bencher
        .counter(BytesCount::new(stream.len()))
        .bench_local(|| read(dialect, black_box(&stream)));
}

/// Events to bytes.
#[divan::bench(args = Dialect::CLIENT)]
fn encode_stream(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let events = material::events();
    let size = material::stream(dialect).len();
    bencher
        .counter(BytesCount::new(size))
        .with_inputs(|| events.clone())
        .bench_local_values(|events| write(dialect, events, size));
}

/// JSON of 1 MB to the model of a request, without a look into its strings, as the gateway reads it.
#[divan::bench(args = Dialect::CLIENT)]
fn decode_long_request(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let body = material::request_body(dialect);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| {
            let document = Document::outline(black_box(body.clone())).map_err(|_| ())?;
            decode_request(dialect, &document).map_err(|_| ())
        });
}

/// The same with a look into them.
#[divan::bench(args = Dialect::CLIENT)]
fn check_long_request(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let body = material::request_body(dialect);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| Document::parse(black_box(body.clone())).is_ok());
}

/// The model of a request of 1 MB to JSON.
#[divan::bench(args = Dialect::UPSTREAM)]
fn encode_long_request(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let request = material::request();
    let target = material::target(dialect);
    bencher
        .counter(BytesCount::new(material::request_body(dialect).len()))
        .bench_local(|| encode_request(dialect, black_box(&request), &target));
}

fn read(dialect: Dialect, stream: &Bytes) -> Vec<Event> {
    let mut framer = Framer::new(1 << 20);
    let mut decoder = EventDecoder::new(dialect, material::target(dialect).provider);
    let (mut frames, mut events) = (Vec::new(), Vec::new());
    let mut all = Vec::new();
    for start in (0..stream.len()).step_by(READ) {
        let end = (start + READ).min(stream.len());
        if framer.feed(stream.slice(start..end), &mut frames).is_err() {
            break;
        }
        for frame in frames.drain(..) {
            decoder.on_frame(&frame, &mut events);
        }
        all.append(&mut events);
    }
    decoder.finish(true, &mut all);
    all
}

fn write(dialect: Dialect, events: Vec<Event>, size: usize) -> Vec<u8> {
    let mut encoder = EventEncoder::new(dialect, material::reply());
    let mut out = Vec::with_capacity(size);
    for event in events {
        encoder.on(event, &mut out);
    }
    out
}
