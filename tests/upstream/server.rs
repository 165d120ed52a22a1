//! The listener, and the way of a request through it: record, authenticate, check, plan, play.

use crate::body::{self, Body};
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::fault::Fault;
use crate::plan::Plan;
use crate::record::{OpenAnswer, Recorded, Records};
use crate::script::Script;
use crate::{chat, claude, control, embeddings, responses, scenario};
use bytes::Bytes;
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
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

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
    records.push(Recorded {
        method: parts.method.clone(),
        path: path.to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    let open = records.open_answer();
    let script = match (parts.method.as_str(), path) {
        ("POST", "/v1/chat/completions") => {
            generate(&records, Dialect::Chat, &parts.headers, &body)
        }
        ("POST", "/v1/messages") => generate(&records, Dialect::Claude, &parts.headers, &body),
        ("POST", "/v1/messages/count_tokens") => {
            or_refuse(Dialect::Claude, claude::count(&parts.headers, &body))
        }
        ("POST", "/v1/responses") => generate(&records, Dialect::Responses, &parts.headers, &body),
        ("POST", "/v1/responses/input_tokens") => {
            or_refuse(Dialect::Responses, responses::count(&parts.headers, &body))
        }
        ("POST", "/v1/responses/compact") => or_refuse(
            Dialect::Responses,
            responses::compact(&parts.headers, &body),
        ),
        ("POST", "/v1/embeddings") => {
            or_refuse(Dialect::Chat, embed(&records, &parts.headers, &body))
        }
        ("GET", "/v1/models") if parts.headers.contains_key("anthropic-version") => {
            or_refuse(Dialect::Claude, claude::models(&parts.headers))
        }
        ("GET", "/v1/models") => or_refuse(Dialect::Chat, chat::models(&parts.headers)),
        (method, path) => {
            Fault::new(404, format!("Invalid URL ({method} {path})")).to_script(Dialect::Chat)
        }
    };
    Ok(respond(script, Some(open)).await)
}

fn generate(records: &Records, dialect: Dialect, headers: &HeaderMap, body: &Bytes) -> Script {
    or_refuse(
        dialect,
        check(records, dialect, headers, body).map(|facts| play(records, dialect, &facts)),
    )
}

fn check(
    records: &Records,
    dialect: Dialect,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Facts, Fault> {
    match dialect {
        Dialect::Chat | Dialect::Responses
            if records.keyless() && !headers.contains_key("authorization") => {}
        Dialect::Chat => chat::authenticate(headers)?,
        Dialect::Responses => responses::authenticate(headers)?,
        Dialect::Claude => claude::authenticate(headers)?,
    }
    let json: Value = serde_json::from_slice(body)
        .map_err(|_| Fault::invalid("We could not parse the JSON body of your request."))?;
    match dialect {
        Dialect::Chat => chat::check(&json)?,
        Dialect::Claude => claude::check(&json, headers)?,
        Dialect::Responses => responses::check(&json)?,
    }
    Ok(match dialect {
        Dialect::Chat => chat::facts(&json, body),
        Dialect::Claude => claude::facts(&json, body),
        Dialect::Responses => responses::facts(&json, body),
    })
}

fn play(records: &Records, dialect: Dialect, facts: &Facts) -> Script {
    if let Some(script) = records.script(&facts.model) {
        return script;
    }
    let earlier_calls = records.count_call(&facts.model);
    match scenario::plan(dialect, facts, earlier_calls) {
        Some(plan) => plan.to_script(dialect, facts),
        None => match dialect {
            Dialect::Chat | Dialect::Responses => Fault::new(
                404,
                format!(
                    "The model `{}` does not exist or you do not have access to it.",
                    facts.model
                ),
            )
            .code("model_not_found"),
            Dialect::Claude => Fault::new(404, format!("model: {}", facts.model)),
        }
        .to_script(dialect),
    }
}

/// Vectors from every model that would answer at all.
fn embed(records: &Records, headers: &HeaderMap, body: &Bytes) -> Result<Script, Fault> {
    if !records.keyless() || headers.contains_key("authorization") {
        chat::authenticate(headers)?;
    }
    let json: Value = serde_json::from_slice(body)
        .map_err(|_| Fault::invalid("We could not parse the JSON body of your request."))?;
    embeddings::check(&json)?;
    let facts = Facts {
        model: json["model"].as_str().unwrap_or_default().to_owned(),
        ..Facts::default()
    };
    if let Some(script) = records.script(&facts.model) {
        return Ok(script);
    }
    let earlier_calls = records.count_call(&facts.model);
    match scenario::plan(Dialect::Chat, &facts, earlier_calls) {
        Some(Plan::Reply(_)) => Ok(Script::json(200, &embeddings::whole(&json))),
        Some(plan) => Ok(plan.to_script(Dialect::Chat, &facts)),
        None => Err(
            Fault::new(404, format!("The model `{}` does not exist.", facts.model))
                .code("model_not_found"),
        ),
    }
}

fn or_refuse(dialect: Dialect, outcome: Result<Script, Fault>) -> Script {
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
mod tests;
