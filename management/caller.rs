//! A caller: somebody with a client key, who asks the gateway what its clients ask. Two things, for the commands that try a
//! model or set up a client: the list of models, and one question in the Chat dialect with its answer as a stream.

mod stream;

use std::collections::VecDeque;
use std::time::Duration;

use modelgate_config::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Method, Response};
use serde_json::{Value as Json, json};
use url::Url;

use self::stream::{Lines, Step};
use crate::client::{self, ClientError};
use crate::error;

/// The longest silence: while a provider thinks, the gateway keeps the line open.
const SILENCE: Duration = Duration::from_secs(10 * 60);
/// The longest wait for a list.
const LIST: Duration = Duration::from_secs(20);
/// Larger answers to a list, and larger refusals, are from somebody else.
const LARGEST: usize = 8 << 20;

/// Asks one gateway as its clients do.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    base: Url,
    key: HeaderValue,
}

/// What a model is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The model, as clients name it.
    pub model: &'q str,
    /// What the model is told before.
    pub system: Option<&'q str>,
    /// The question.
    pub text: &'q str,
}

/// An answer that arrives.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    lines: Lines,
    ready: VecDeque<Piece>,
    ended: bool,
    /// What `x-request-id` says: the name of the request for `modelgate why`.
    pub request_id: Option<String>,
    /// What could not be carried to the provider, as `x-modelgate-dropped` names it.
    pub dropped: Option<String>,
    /// What is known of it when it is whole.
    pub outcome: Outcome,
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What the model says.
    Text(String),
    /// What it thinks.
    Thinking(String),
}

/// How an answer ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The model, as the provider names it.
    pub model: Option<String>,
    /// Why it ended: `stop`, `length`.
    pub finish_reason: Option<String>,
    /// Tokens of the question, where they were counted.
    pub input: Option<u64>,
    /// Tokens of the answer, thoughts included.
    pub output: Option<u64>,
}

/// Why there is no answer, or no whole one.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The gateway cannot be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The gateway, or the provider through it, said no.
    #[error("{message}")]
    Refused {
        /// The HTTP status; none where the answer had begun.
        status: Option<u16>,
        /// In its words.
        message: String,
        /// The name of the request.
        request_id: Option<String>,
    },
    /// The answer is not whole.
    #[error("the answer broke off")]
    Cut {
        /// The name of the request.
        request_id: Option<String>,
    },
}

impl Caller {
    /// Somebody with a client key. `local` is a gateway that the runtime file of this machine has led to.
    ///
    /// # Errors
    /// When the address or the key cannot be used.
    pub fn new(url: &str, key: &Secret, local: bool) -> Result<Self, ClientError> {
        let base = client::address(url)?;
        let key = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
        let mut key =
            key.map_err(|_| ClientError::BadKey("the client key cannot be sent in a header"))?;
        key.set_sensitive(true);
        let builder = if local {
            client::local_builder()
        } else {
            client::builder()
        };
        let http = builder.read_timeout(SILENCE).build();
        Ok(Self {
            http: http.map_err(ClientError::Setup)?,
            base,
            key,
        })
    }

    /// Where the gateway is.
    #[must_use]
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The names of every model that this key may use.
    ///
    /// # Errors
    /// When the gateway does not answer, or not with a list.
    pub async fn models(&self) -> Result<Vec<String>, AskError> {
        let request = self.prepare(Method::GET, "models").timeout(LIST);
        let mut response = self.send(request).await?;
        let body = client::read(&mut response, LARGEST).await;
        let body = body.map_err(|error| self.silent(error))?;
        let list: Option<Json> = serde_json::from_slice(&body.unwrap_or_default()).ok();
        let list = list.as_ref().and_then(|list| list["data"].as_array());
        let list = list.ok_or_else(|| self.foreign("it sends no list of models"))?;
        let names = list.iter().filter_map(|model| model["id"].as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// Puts a question. The answer is there as soon as it begins.
    ///
    /// # Errors
    /// When the gateway does not answer, or says no.
    pub async fn ask(&self, question: Question<'_>) -> Result<Answer, AskError> {
        let system = question
            .system
            .map(|text| json!({"role": "system", "content": text}));
        let user = json!({"role": "user", "content": question.text});
        let messages: Vec<Json> = system.into_iter().chain([user]).collect();
        let body = json!({
            "model": question.model,
            "messages": messages,
            "stream": true,
            "stream_options": {"include_usage": true},
        });
        // An answer has no longest time, only a longest silence.
        let request = self
            .prepare(Method::POST, "chat/completions")
            .timeout(Duration::MAX)
            .header(ACCEPT, "text/event-stream")
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let response = self.send(request).await?;
        Ok(Answer {
            request_id: header(&response, "x-request-id"),
            dropped: header(&response, "x-modelgate-dropped"),
            response,
            lines: Lines::default(),
            ready: VecDeque::new(),
            ended: false,
            outcome: Outcome::default(),
        })
    }

    fn prepare(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path.split('/'));
        }
        let request = self.http.request(method, url);
        request.header(AUTHORIZATION, self.key.clone())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, AskError> {
        let response = request.send().await;
        let mut response = response.map_err(|error| self.silent(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = client::read(&mut response, LARGEST).await;
        let body = body.map_err(|error| self.silent(error))?;
        match error::read(&body.unwrap_or_default()) {
            Some(refused) => Err(AskError::Refused {
                status: Some(status.as_u16()),
                message: refused.message,
                request_id: header(&response, "x-request-id"),
            }),
            None => Err(self.foreign(&format!("it answers with status {}", status.as_u16()))),
        }
    }

    fn silent(&self, error: reqwest::Error) -> AskError {
        let url = self.url().to_owned();
        let source = error.without_url();
        ClientError::Silent { url, source }.into()
    }

    fn foreign(&self, reason: &str) -> AskError {
        let (url, reason) = (self.url().to_owned(), reason.to_owned());
        ClientError::Stranger { url, reason }.into()
    }
}

impl Answer {
    /// The next piece; none when the answer is whole.
    ///
    /// # Errors
    /// When it broke off, or the gateway reports that it cannot go on.
    pub async fn next(&mut self) -> Result<Option<Piece>, AskError> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Ok(Some(piece));
            }
            if self.ended {
                return Ok(None);
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.take(&bytes)?,
                // An end is a good one only behind the reason for it.
                Ok(None) if self.outcome.finish_reason.is_some() => self.ended = true,
                Ok(None) | Err(_) => return Err(self.cut()),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), AskError> {
        self.lines.feed(bytes);
        while let Some(data) = self.lines.next_event() {
            match stream::read(&data, &mut self.outcome, &mut self.ready) {
                Step::Goes => {}
                Step::Done => self.ended = true,
                Step::Failed(message) => {
                    return Err(AskError::Refused {
                        status: None,
                        message,
                        request_id: self.request_id.clone(),
                    });
                }
            }
        }
        if self.lines.is_too_long() {
            return Err(self.cut());
        }
        Ok(())
    }

    fn cut(&self) -> AskError {
        let request_id = self.request_id.clone();
        AskError::Cut { request_id }
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.to_str().ok()?.to_owned())
}

#[cfg(test)]
mod tests;
