//! Takes the envelope off an answer while it comes (`providers.md` 6.2), so that whoever reads on reads Gemini's dialect.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use modelgate_dialects::Str;
use modelgate_dialects::framing::sse::{Frame, Framer};
use modelgate_dialects::gemini::envelope::{unwrap_frame, unwrap_response};

use crate::{ByteStream, CallError};

/// The answer without its envelope. `limit`: the largest event or whole answer, in bytes.
pub(crate) fn opened(body: ByteStream, provider: Str, limit: usize) -> ByteStream {
    let opening = Opening {
        body,
        provider,
        limit,
        form: None,
        framer: Framer::new(limit),
        frames: Vec::new(),
        held: BytesMut::new(),
        over: false,
    };
    Box::pin(stream::try_unfold(opening, Opening::next))
}

struct Opening {
    body: ByteStream,
    provider: Str,
    limit: usize,
    form: Option<Form>,
    framer: Framer,
    frames: Vec<Frame>,
    /// White space before the form is known, then an answer that is no stream.
    held: BytesMut,
    over: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Events,
    Whole,
}

impl Opening {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, CallError> {
        if self.over {
            return Ok(None);
        }
        // A piece of an event is nothing to read yet; whoever waits hears all the same that the upstream is alive.
        let bytes = match self.body.next().await {
            Some(chunk) => self.take(chunk?)?,
            None => self.finish(),
        };
        Ok(Some((bytes, self)))
    }

    fn take(&mut self, chunk: Bytes) -> Result<Bytes, CallError> {
        if self.form == Some(Form::Events) {
            return self.events(chunk);
        }
        if self.held.len() + chunk.len() > self.limit {
            return Err(self.too_large());
        }
        self.held.extend_from_slice(&chunk);
        if self.form.is_none() {
            self.form = form(&self.held);
            if self.form == Some(Form::Events) {
                let begin = self.held.split().freeze();
                return self.events(begin);
            }
        }
        Ok(Bytes::new())
    }

    fn events(&mut self, chunk: Bytes) -> Result<Bytes, CallError> {
        if self.framer.feed(chunk, &mut self.frames).is_err() {
            return Err(self.too_large());
        }
        Ok(Bytes::from(self.drain()))
    }

    fn finish(&mut self) -> Bytes {
        self.over = true;
        if self.form == Some(Form::Events) {
            self.framer.finish(&mut self.frames);
            return Bytes::from(self.drain());
        }
        unwrap_response(&self.held.split().freeze())
    }

    fn drain(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        for frame in self.frames.drain(..) {
            unwrap_frame(&frame, &mut out);
        }
        out
    }

    fn too_large(&self) -> CallError {
        let (provider, limit) = (&self.provider, self.limit);
        let message = format!("{provider} sent more than {limit} bytes");
        CallError::broken(provider.clone(), message)
    }
}

/// Told by the first byte: the service may answer either way.
fn form(begin: &[u8]) -> Option<Form> {
    match begin.trim_ascii_start().first()? {
        b'{' | b'[' | b'<' => Some(Form::Whole),
        _ => Some(Form::Events),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    async fn read(chunks: &[&str], limit: usize) -> Result<String, CallError> {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|chunk| Ok(Bytes::from((*chunk).to_owned())))
            .collect();
        let body: ByteStream = Box::pin(stream::iter(chunks));
        let opened: Vec<Bytes> = opened(body, "p".into(), limit).try_collect().await?;
        Ok(String::from_utf8(opened.concat()).unwrap())
    }

    #[tokio::test]
    async fn an_envelope_is_taken_off_wherever_the_bytes_are_cut() {
        let stream = "data: {\"response\":{\"a\":\"}é\"},\"traceId\":\"t\"}\r\n\r\ndata: {\"traceId\":\"t\",\"response\":{\"b\":2}}\n\n";
        let expected = "data: {\"a\":\"}é\"}\n\ndata: {\"b\":2}\n\n";
        assert_eq!(read(&[stream], 1000).await.unwrap(), expected);
        for at in (0..stream.len()).filter(|at| stream.is_char_boundary(*at)) {
            let (one, other) = stream.split_at(at);
            let said = read(&[one, other], 1000).await.unwrap();
            assert_eq!(said, expected, "{at}");
        }
        let whole = "\n {\"response\":{\"a\":1},\"traceId\":\"t\"}";
        for at in 0..whole.len() {
            let (one, other) = whole.split_at(at);
            let said = read(&[one, other], 1000).await.unwrap();
            assert_eq!(said.trim(), "{\"a\":1}", "{at}");
        }
    }

    #[tokio::test]
    async fn failures_comments_and_what_is_no_answer_stay_as_they_are() {
        for said in [
            "{\"error\":{\"code\":429}}",
            "<html>",
            "data: {\"error\":{\"code\":503}}\n\n",
        ] {
            assert_eq!(read(&[said], 1000).await.unwrap(), said);
        }
        assert_eq!(read(&[], 1000).await.unwrap(), "");
        // Google's clients take no comments.
        assert_eq!(read(&[": ping\n\n"], 1000).await.unwrap(), "");
    }

    #[tokio::test]
    async fn every_piece_is_heard_of_before_its_event_is_whole() {
        for pieces in [
            ["data: {\"response\":", "{\"a\":1}}\n", "\n", ": ping\n\n"],
            [" ", "{\"response\":", "{\"a\":", "1}}"],
        ] {
            let body = pieces.map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
            let body: ByteStream = Box::pin(stream::iter(body));
            let opened: Vec<Bytes> = opened(body, "p".into(), 1000).try_collect().await.unwrap();
            // The end of the body is one more.
            assert_eq!(opened.len(), pieces.len() + 1);
            assert!(
                String::from_utf8(opened.concat())
                    .unwrap()
                    .contains("{\"a\":1}")
            );
        }
    }

    #[tokio::test]
    async fn nothing_is_held_beyond_the_limit() {
        let long = format!("{{\"response\":\"{}\"}}", "x".repeat(100));
        assert!(read(&[&long], 50).await.is_err());
        assert!(read(&["data: ", &long, "\n\n"], 50).await.is_err());
    }
}
