//! A response body that plays the steps of a script.

use crate::record::OpenAnswer;
use crate::script::Step;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::time::Duration;

/// The body of every answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Long enough for what was written before to leave the process, short enough not to be felt.
const BEFORE_ABORT: Duration = Duration::from_millis(20);

/// Plays `steps`; the answer counts as open until the body is dropped.
pub(crate) fn play(steps: Vec<Step>, open: Option<OpenAnswer>) -> Body {
    let frames = stream::unfold(
        (VecDeque::from(steps), open),
        |(mut steps, open)| async move {
            let frame = next(&mut steps).await?;
            Some((frame.map(Frame::data), (steps, open)))
        },
    );
    StreamBody::new(frames).boxed_unsync()
}

/// Waits out the steps that write nothing, before the head.
pub(crate) async fn wait(steps: Vec<Step>) {
    let mut steps = VecDeque::from(steps);
    while next(&mut steps).await.is_some() {}
}

async fn next(steps: &mut VecDeque<Step>) -> Option<io::Result<Bytes>> {
    loop {
        match steps.pop_front()? {
            Step::Chunk(bytes) => {
                // Being pending once makes hyper flush, so that each chunk is a write of its own.
                tokio::task::yield_now().await;
                return Some(Ok(bytes));
            }
            Step::Repeat { times: 0, .. } => {}
            Step::Repeat { bytes, times } => {
                tokio::task::yield_now().await;
                steps.push_front(Step::Repeat {
                    bytes: bytes.clone(),
                    times: times - 1,
                });
                return Some(Ok(bytes));
            }
            Step::Wait(wait) => tokio::time::sleep(wait).await,
            Step::Abort => {
                tokio::time::sleep(BEFORE_ABORT).await;
                return Some(Err(io::ErrorKind::ConnectionAborted.into()));
            }
            Step::Hang => pending().await,
        }
    }
}
