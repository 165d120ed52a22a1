//! What happens in a gateway, as it tells it: the reader of `GET events`.

use reqwest::{Method, Response};

use super::{Client, ClientError, TRANSFER};
use crate::events::Event;

/// The longest line of an event; a longer one is from somebody else.
const LINE: usize = 1 << 20;

/// A stream of events that is open.
#[derive(Debug)]
pub struct Events {
    client: Client,
    answer: Response,
    lines: Lines,
}

impl Client {
    /// Everything that happens from now on, lines of the log among it.
    ///
    /// # Errors
    /// When the gateway does not tell, or too many others watch.
    pub async fn events(&self) -> Result<Events, ClientError> {
        let types = Event::TYPES.join(",");
        let request = self.prepare(Method::GET, &["events"], &[("types", &types)]);
        let answer = request.timeout(TRANSFER).send().await;
        let answer = answer.map_err(|error| self.silent(error))?;
        let status = answer.status();
        if !status.is_success() {
            let body = self.read(answer).await?;
            return Err(self.refused(status, &body));
        }
        Ok(Events {
            client: self.clone(),
            answer,
            lines: Lines::default(),
        })
    }
}

impl Events {
    /// The events that come together, none where it is only a sign of life; `None` at the end.
    ///
    /// # Errors
    /// When the stream breaks off, or is none of a gateway.
    pub async fn next(&mut self) -> Result<Option<Vec<Event>>, ClientError> {
        let piece = self.answer.chunk().await;
        let Some(piece) = piece.map_err(|error| self.client.silent(error))? else {
            return Ok(None);
        };
        let events = self.lines.feed(&piece);
        match events {
            Ok(events) => Ok(Some(events)),
            Err(reason) => Err(self.client.foreign(reason)),
        }
    }
}

/// Puts pieces together to lines, of which only the data matters: it says its own type.
#[derive(Debug, Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, String> {
        let mut events = Vec::new();
        let mut piece = piece;
        while let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(&piece[..end]);
            if let Some(data) = self.rest.strip_prefix(b"data:") {
                events.push(serde_json::from_slice(data).map_err(|error| error.to_string())?);
            }
            self.rest.clear();
            piece = &piece[end + 1..];
        }
        self.rest.extend_from_slice(piece);
        if self.rest.len() > LINE {
            return Err("an event that does not end".to_owned());
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": watching\n\nevent: dropped\ndata: {\"type\":\"dropped\",\"count\":3}\n\n: quiet\n\n\
        event: dream\ndata: {\"type\":\"dream\",\"of\":[\"sheep\"]}\r\n\nevent: account_removed\ndata: {\"type\":\"account_removed\",\"id\":\"grüße\"}\n\n";

    #[test]
    fn every_split_gives_the_same_events() {
        let whole = Lines::default().feed(STREAM.as_bytes()).unwrap();
        let names: Vec<&str> = whole.iter().map(Event::name).collect();
        assert_eq!(names, ["dropped", "unknown", "account_removed"]);
        for at in 0..STREAM.len() {
            let (left, right) = STREAM.as_bytes().split_at(at);
            let mut lines = Lines::default();
            let mut events = lines.feed(left).unwrap();
            events.extend(lines.feed(right).unwrap());
            assert_eq!(events, whole, "split at {at}");
        }
    }

    #[test]
    fn what_is_no_event_is_an_error_and_a_line_has_a_limit() {
        assert!(Lines::default().feed(b"data: <html>\n").is_err());
        let mut lines = Lines::default();
        let piece = vec![b'x'; LINE / 2 + 1];
        assert!(lines.feed(&piece).is_ok() && lines.feed(&piece).is_err());
    }
}
