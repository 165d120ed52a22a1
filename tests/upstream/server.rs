//! The listener, and the way of a request through it: record, authenticate, check, plan, play.

use crate::aside::Aside;
use crate::body::{self, Body};
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::fault::Fault;
use crate::gemini::{Method, Route};
use crate::plan::Plan;
use crate::record::{OpenAnswer, Recorded, Records};
use crate::script::Script;
use crate::{
    accounts, chat, claude, code_assist, control, embeddings, gemini, responses, scenario,
};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{self, JoinHandle, JoinSet};

/// A running scripted upstream; dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    records: Arc<Records>,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Starts on a free loopback port.
    ///
    /// # Panics
    ///
    /// When loopback has no free port.
    pub async fn start() -> Self {
        Self::start_on(0).await.expect("loopback has a free port")
    }

    /// Starts on the given loopback port; 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the port cannot be bound.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let records = Arc::new(Records::default());
        let task = tokio::spawn(accept(listener, Arc::clone(&records)));
        Ok(Self {
            address,
            records,
            task,
        })
    }

    /// The base address without path: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that arrived, oldest first, refused requests included.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.records.requests()
    }

    /// The newest request.
    ///
    /// # Panics
    ///
    /// When nothing arrived.
    #[must_use]
    pub fn last_request(&self) -> Recorded {
        self.records.requests().pop().expect("a request arrived")
    }

    /// Forgets what was recorded and starts every counter anew; ad-hoc scripts stay.
    pub fn clear(&self) {
        self.records.clear();
    }

    /// How many model answers are not finished: waiting, streaming or hanging.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.records.open()
    }

    /// Waits until no answer is open; `false` when that takes longer than `within`.
    pub async fn drained(&self, within: Duration) -> bool {
        let closed = async {
            while self.open_streams() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(within, closed).await.is_ok()
    }

    /// Plays a Chat server that needs no key, as local ones do.
    pub fn allow_keyless(&self) {
        self.records.allow_keyless();
    }

    /// Answers a model with `script` (the request is still checked). Several scripts for one model are played in
    /// order; the last one is repeated.
    pub fn script(&self, model: &str, script: Script) {
        self.records.add_script(model, script);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, records: Arc<Records>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, Arc::clone(&records)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, records: Arc<Records>) {
    // A client that leaves, or a script that aborts, ends a connection with an error: both are wanted.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, Arc::clone(&records)));
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    records: Arc<Records>,
) -> Result<Response<Body>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let path = parts.uri.path();
    if let Some(script) = control::answer(&records, &parts.method, path) {
        return Ok(respond(script, None).await);
    }
    let arrived = Instant::now();
    // A big answer takes seconds to write in a debug build; the others are not to wait for it.
    let dispatched = task::spawn_blocking(move || {
        let script = dispatch(&records, &parts, &body);
        // What a gateway looks up when it has time for it, as lists of models, is no model's answer.
        let answers = parts.method == http::Method::POST && script.status < 400;
        let open = answers.then(|| records.open_answer());
        records.push(Recorded {
            arrived,
            status: script.status,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            method: parts.method,
            headers: parts.headers,
            body,
        });
        (script, open)
    });
    let (script, open) = dispatched
        .await
        .expect("a request is dispatched without a panic");
    Ok(respond(script, open).await)
}

/// The answer to a request, whatever it is about.
fn dispatch(records: &Records, parts: &Parts, body: &Bytes) -> Script {
    if let Some(script) = accounts::answer(records, parts, body) {
        return script;
    }
    let path = parts.uri.path();
    match (parts.method.as_str(), path) {
        ("POST", "/v1/chat/completions") => {
            let facts = check_chat(records, &parts.headers, body);
            generate(records, Dialect::Chat, facts)
        }
        ("POST", "/v1/messages") => {
            let facts = check_claude(&parts.headers, body);
            generate(records, Dialect::Claude, facts)
        }
        ("POST", "/v1/messages/count_tokens") => {
            let counted = claude::count(&parts.headers, body);
            beside(records, Dialect::Claude, counted)
        }
        ("POST", "/v1/responses") => {
            let facts = check_responses(records, &parts.headers, body);
            generate(records, Dialect::Responses, facts)
        }
        ("POST", "/v1/responses/input_tokens") => {
            let counted = responses::count(&parts.headers, body);
            beside(records, Dialect::Responses, counted)
        }
        ("POST", "/v1/responses/compact") => {
            let compacted = responses::compact(&parts.headers, body);
            beside(records, Dialect::Responses, compacted)
        }
        ("POST", "/v1/embeddings") => {
            let vectors = embed(records, &parts.headers, body);
            beside(records, Dialect::Chat, vectors)
        }
        ("GET", "/v1/models") if parts.headers.contains_key("anthropic-version") => or_refuse(
            Dialect::Claude,
            claude::models(&parts.headers, parts.uri.query().unwrap_or_default()),
        ),
        ("GET", "/v1/models") => or_refuse(Dialect::Chat, chat::models(&parts.headers)),
        ("GET", "/v1beta/models") => or_refuse(
            Dialect::Gemini,
            gemini::models(&parts.headers, parts.uri.query().unwrap_or_default()),
        ),
        ("POST", path) if is_google(path) => google(records, parts, body),
        ("POST", path) if code_assist::is_method(path) => {
            match code_assist::authenticate(&parts.headers) {
                Ok(()) => enveloped(records, parts, path, body),
                Err(fault) => code_assist::refuse(&fault),
            }
        }
        (method, path) if is_google(path) => Fault::new(
            404,
            format!("Requested entity was not found ({method} {path})."),
        )
        .to_script(Dialect::Gemini),
        (method, path) => {
            Fault::new(404, format!("Invalid URL ({method} {path})")).to_script(Dialect::Chat)
        }
    }
}

fn is_google(path: &str) -> bool {
    let is_method = path.starts_with("/v1/models/") && path.contains(':');
    path.starts_with("/v1beta/") || path.starts_with("/v1/publishers/") || is_method
}

/// Answers what is asked of a Gemini model.
fn google(records: &Records, parts: &Parts, body: &Bytes) -> Script {
    let query = parts.uri.query().unwrap_or_default();
    let Some(route) = Route::read(parts.uri.path(), query) else {
        return Fault::new(404, "Requested entity was not found.").to_script(Dialect::Gemini);
    };
    let answer = gemini::authenticate(&parts.headers, query).and_then(|()| match route.method {
        Method::Count => gemini::count(body, &route).map(|aside| aside.play(records)),
        Method::Embed | Method::EmbedBatch => {
            gemini::embed(body, &route).map(|aside| aside.play(records))
        }
        Method::Generate | Method::Stream => {
            check_gemini(&route, body).map(|facts| play(records, Dialect::Gemini, &facts))
        }
    });
    match answer {
        Err(fault) if route.is_list() => fault.to_list(),
        answer => or_refuse(Dialect::Gemini, answer),
    }
}

/// Answers what is asked of Code Assist: the same in an envelope.
pub(crate) fn enveloped(records: &Records, parts: &Parts, path: &str, body: &Bytes) -> Script {
    let query = parts.uri.query().unwrap_or_default();
    let answer =
        code_assist::open(path, query, body).and_then(|opened| match opened.route.method {
            Method::Count => {
                gemini::count(&opened.body, &opened.route).map(|aside| aside.play(records))
            }
            _ => check_gemini(&opened.route, &opened.body)
                .map(|facts| play(records, Dialect::Gemini, &facts)),
        });
    match answer {
        Ok(script) => code_assist::wrap(script),
        Err(fault) => code_assist::refuse(&fault),
    }
}

pub(crate) fn generate(records: &Records, dialect: Dialect, facts: Result<Facts, Fault>) -> Script {
    or_refuse(dialect, facts.map(|facts| play(records, dialect, &facts)))
}

fn check_chat(records: &Records, headers: &HeaderMap, body: &Bytes) -> Result<Facts, Fault> {
    if headers.contains_key("authorization") || !records.keyless() {
        chat::authenticate(headers)?;
    }
    let json = parse(body)?;
    chat::check(&json)?;
    Ok(chat::facts(&json, body))
}

fn check_responses(records: &Records, headers: &HeaderMap, body: &Bytes) -> Result<Facts, Fault> {
    if headers.contains_key("authorization") || !records.keyless() {
        responses::authenticate(headers)?;
    }
    let json = parse(body)?;
    responses::check(&json)?;
    Ok(responses::facts(&json, body))
}

pub(crate) fn check_claude(headers: &HeaderMap, body: &Bytes) -> Result<Facts, Fault> {
    claude::authenticate(headers)?;
    let json = parse(body)?;
    claude::check(&json, headers)?;
    Ok(claude::facts(&json, body))
}

pub(crate) fn check_gemini(route: &Route, body: &Bytes) -> Result<Facts, Fault> {
    let json = gemini::check(&gemini::json(body)?, route)?;
    Ok(gemini::facts(&json, route, body))
}

pub(crate) fn parse(body: &Bytes) -> Result<Value, Fault> {
    serde_json::from_slice(body)
        .map_err(|_| Fault::invalid("We could not parse the JSON body of your request."))
}

pub(crate) fn play(records: &Records, dialect: Dialect, facts: &Facts) -> Script {
    if let Some(script) = records.script(&facts.model) {
        return script;
    }
    let earlier_calls = records.count_call(&facts.model);
    scenario::plan(dialect, facts, earlier_calls)
        .unwrap_or_else(|| Plan::Fault(scenario::unknown(dialect, &facts.model)))
        .to_script(dialect, facts)
}

/// Checks a request for vectors.
fn embed(records: &Records, headers: &HeaderMap, body: &Bytes) -> Result<Aside, Fault> {
    if !records.keyless() || headers.contains_key("authorization") {
        chat::authenticate(headers)?;
    }
    let json = parse(body)?;
    embeddings::check(&json)?;
    let vectors = embeddings::whole(&json);
    Ok(Aside::new(Dialect::Chat, &json["model"], &vectors))
}

fn beside(records: &Records, dialect: Dialect, aside: Result<Aside, Fault>) -> Script {
    or_refuse(dialect, aside.map(|aside| aside.play(records)))
}

pub(crate) fn or_refuse(dialect: Dialect, outcome: Result<Script, Fault>) -> Script {
    outcome.unwrap_or_else(|fault| fault.to_script(dialect))
}

async fn respond(script: Script, open: Option<OpenAnswer>) -> Response<Body> {
    body::wait(script.before_head).await;
    let mut response = Response::builder()
        .status(script.status)
        .header("x-request-id", "req_scripted")
        .header("request-id", "req_scripted");
    for (name, value) in &script.headers {
        response = response.header(name, value);
    }
    response
        .body(body::play(script.steps, open))
        .expect("a script's status and headers are valid HTTP")
}

#[cfg(test)]
mod gemini_tests;
#[cfg(test)]
mod tests;
