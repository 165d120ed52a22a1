//! The programs that people run through the gateway, as they speak. `clients.md` lists what is known of them and what shows
//! that it is so ([`crate::maps`]); [`facts`] are single facts, [`sessions`] whole conversations, and every other file plays a
//! client.

mod ai_sdk;
mod claude_code;
mod codex;
mod facts;
mod gemini_cli;
mod qwen_code;
mod sessions;

use crate::harness::Gateway;
use crate::responses::socket::Socket;
use serde_json::Value;

/// A client that has whole conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    ClaudeCode,
    Codex,
    /// The same over one connection.
    CodexSocket,
    GeminiCli,
    QwenCode,
    AiSdk,
}

/// What a client has heard: what it puts into its history, the text, and the ids and names of the calls.
struct Heard {
    turn: Vec<Value>,
    text: String,
    calls: Vec<(Value, Value)>,
    /// What the gateway says that it has left out.
    dropped: String,
}

/// A conversation with one model.
struct Talk<'g> {
    client: Client,
    gateway: &'g Gateway,
    model: String,
    history: Vec<Value>,
    calls: Vec<(Value, Value)>,
    socket: Option<codex::Line>,
}

impl Client {
    const ALL: [Self; 6] = [
        Self::ClaudeCode,
        Self::Codex,
        Self::CodexSocket,
        Self::GeminiCli,
        Self::QwenCode,
        Self::AiSdk,
    ];

    /// The body of a request.
    fn body(self, model: &str, history: &[Value]) -> Value {
        match self {
            Self::ClaudeCode => claude_code::body(model, history),
            Self::Codex | Self::CodexSocket => codex::body(model, history),
            Self::GeminiCli => gemini_cli::body(history),
            Self::QwenCode => qwen_code::body(model, history),
            Self::AiSdk => ai_sdk::body(model, history),
        }
    }

    /// The request, with everything that comes with it.
    fn request(self, gateway: &Gateway, model: &str, body: &Value) -> reqwest::RequestBuilder {
        match self {
            Self::ClaudeCode => claude_code::request(gateway, body),
            Self::Codex | Self::CodexSocket => codex::request(gateway, body),
            Self::GeminiCli => gemini_cli::request(gateway, model, body),
            Self::QwenCode => qwen_code::request(gateway, body),
            Self::AiSdk => ai_sdk::request(gateway, body),
        }
    }

    /// The items of the history that somebody's words are.
    fn words(self, text: &str, is_first: bool) -> Vec<Value> {
        match self {
            Self::ClaudeCode => claude_code::words(text, is_first),
            Self::Codex | Self::CodexSocket => codex::words(text, is_first),
            Self::GeminiCli => vec![gemini_cli::words(text)],
            Self::QwenCode => qwen_code::words(text, is_first),
            Self::AiSdk => vec![ai_sdk::words(text)],
        }
    }

    /// The items that the results of calls are, and the words of somebody who did not want to wait for them.
    fn results(self, results: &[(&(Value, Value), String)], words: Option<&str>) -> Vec<Value> {
        match self {
            Self::ClaudeCode => vec![claude_code::results(results, words)],
            Self::Codex | Self::CodexSocket | Self::AiSdk => codex::results(results, words),
            Self::GeminiCli => gemini_cli::results(results, words),
            Self::QwenCode => qwen_code::results(results, words),
        }
    }
}

impl<'g> Talk<'g> {
    async fn begin(client: Client, gateway: &'g Gateway, model: &str) -> Self {
        Self {
            client,
            gateway,
            model: model.to_owned(),
            history: Vec::new(),
            calls: Vec::new(),
            socket: match client {
                Client::CodexSocket => Some(codex::Line::new(Socket::open(gateway).await)),
                _ => None,
            },
        }
    }

    /// Says something, and hears the answer.
    async fn says(&mut self, text: &str) -> Heard {
        let is_first = self.history.is_empty();
        self.history.extend(self.client.words(text, is_first));
        self.hear().await
    }

    /// Says something, and is gone when the answer has begun.
    async fn leaves(&mut self, text: &str) {
        let before = self.history.clone();
        self.history.extend(self.client.words(text, false));
        if self.socket.is_none() {
            let mut response = self.request().send().await.unwrap();
            assert!(response.chunk().await.unwrap().is_some());
        }
        self.history = before;
    }

    /// Gives the results of the calls that are open, and hears the answer.
    async fn results(&mut self, result: impl Fn(usize) -> String, words: Option<&str>) -> Heard {
        let calls = std::mem::take(&mut self.calls);
        let results = calls.iter().enumerate();
        let results: Vec<_> = results.map(|(place, call)| (call, result(place))).collect();
        self.history.extend(self.client.results(&results, words));
        self.hear().await
    }

    /// The request of this moment.
    fn request(&self) -> reqwest::RequestBuilder {
        let body = self.client.body(&self.model, &self.history);
        self.client.request(self.gateway, &self.model, &body)
    }

    async fn hear(&mut self) -> Heard {
        let body = self.client.body(&self.model, &self.history);
        let heard = match &mut self.socket {
            Some(line) => line.hear(body, &self.history).await,
            None => {
                let answer = crate::harness::Answer::read(self.request()).await;
                match self.client {
                    Client::ClaudeCode => claude_code::hear(&answer),
                    Client::Codex | Client::CodexSocket => codex::hear(&answer),
                    Client::GeminiCli => gemini_cli::hear(&answer),
                    Client::QwenCode => qwen_code::hear(&answer),
                    Client::AiSdk => ai_sdk::hear(&answer),
                }
            }
        };
        self.history.extend(heard.turn.iter().cloned());
        self.calls.clone_from(&heard.calls);
        heard
    }
}

fn dropped(answer: &crate::harness::Answer) -> String {
    let dropped = answer.header("x-modelgate-dropped");
    dropped.unwrap_or_default().to_owned()
}
