//! Accounts that somebody logged in to, as their providers serve them: each below `/accounts/<provider>`, with a token of
//! its own, and with what that provider wants beside its dialect.

mod codex;
mod copilot;
mod kimi;
mod kiro;
mod vertex;

use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::record::Records;
use crate::script::Script;
use crate::server::{check_claude, enveloped, generate, or_refuse, parse, play};
use crate::{chat, code_assist, responses};
use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use serde_json::{Value, json};

/// A request below the place of a provider.
struct Asked<'a> {
    records: &'a Records,
    parts: &'a Parts,
    /// Without the place.
    path: &'a str,
    body: &'a Bytes,
}

/// The answer to a request by an account; nothing where the path is that of no account.
pub(crate) fn answer(records: &Records, parts: &Parts, body: &Bytes) -> Option<Script> {
    let path = parts.uri.path().strip_prefix("/accounts/")?;
    let (provider, path) = path.split_once('/')?;
    let asked = Asked {
        records,
        parts,
        path,
        body,
    };
    Some(match provider {
        "antigravity" | "gemini" => code_assist(&asked, provider),
        "claude" => claude(&asked),
        "codex" => codex::answer(&asked),
        "copilot" => copilot::answer(&asked),
        "iflow" => or_refuse(Dialect::Chat, iflow(&asked)),
        "kimi" => kimi::answer(&asked),
        "kiro" => kiro::answer(&asked),
        "qwen" => or_refuse(Dialect::Chat, qwen(&asked)),
        "vertex" => vertex::answer(&asked),
        "xai" => in_xais_words(or_refuse(Dialect::Chat, xai(&asked))),
        _ => return None,
    })
}

impl Asked<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        header(&self.parts.headers, name)
    }

    /// One token lets in, and no key beside it.
    fn admit(&self, token: &str) -> Result<(), Fault> {
        let keys = ["x-api-key", "x-goog-api-key", "api-key"];
        let bearer = self.header("authorization");
        let right = bearer.and_then(|value| value.strip_prefix("Bearer ")) == Some(token);
        if !right || keys.iter().any(|key| self.header(key).is_some()) {
            return Err(Fault::new(401, "This is not the token of the account."));
        }
        Ok(())
    }

    /// Only one path leads to answers.
    fn at(&self, path: &str) -> Result<(), Fault> {
        let method = self.parts.method.as_str();
        if (method, self.path) == ("POST", path) {
            return Ok(());
        }
        Err(Fault::new(
            404,
            format!("no such path: {method} {}", self.path),
        ))
    }

    /// Each of these headers must be there, with something in it.
    fn says(&self, names: &[&str]) -> Result<(), Fault> {
        let missing = |name: &&&str| self.header(name).is_none_or(str::is_empty);
        match names.iter().find(missing) {
            Some(name) => Err(Fault::invalid(format!("missing header: {name}"))),
            None => Ok(()),
        }
    }

    /// An answer in Chat Completions; the body in the words of OpenAI.
    fn chat(&self, body: &Value) -> Result<Script, Fault> {
        chat::check(body)?;
        let facts = chat::facts(body, self.body);
        Ok(play(self.records, Dialect::Chat, &facts))
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn refused_field(body: &Value, fields: &[&str]) -> Result<(), Fault> {
    match fields.iter().find(|field| body.get(**field).is_some()) {
        Some(field) => Err(Fault::invalid(format!("Unsupported parameter: {field}"))),
        None => Ok(()),
    }
}

/// The service itself tells its two kinds of clients apart by their envelopes.
fn code_assist(asked: &Asked<'_>, provider: &str) -> Script {
    let body: Value = serde_json::from_slice(asked.body).unwrap_or_default();
    let of_antigravity = body["requestId"].is_string();
    match asked.admit(&format!("token-{provider}")) {
        Err(fault) => code_assist::refuse(&fault),
        Ok(()) if of_antigravity != (provider == "antigravity") => {
            code_assist::refuse(&Fault::invalid("This is an envelope of somebody else's."))
        }
        Ok(()) => enveloped(
            asked.records,
            asked.parts,
            &format!("/{}", asked.path),
            asked.body,
        ),
    }
}

fn claude(asked: &Asked<'_>) -> Script {
    let betas = asked.header("anthropic-beta").unwrap_or_default();
    let facts = asked.at("v1/messages").and_then(|()| {
        asked.admit("token-claude")?;
        if !betas
            .split(',')
            .any(|beta| beta.trim() == "oauth-2025-04-20")
        {
            return Err(Fault::new(
                401,
                "OAuth authentication is currently not supported.",
            ));
        }
        check_claude(&asked.parts.headers, asked.body)
    });
    generate(asked.records, Dialect::Claude, facts)
}

/// The key that came with the account lets in, and not its token; an empty list of tools breaks streams.
fn iflow(asked: &Asked<'_>) -> Result<Script, Fault> {
    asked.at("v1/chat/completions")?;
    asked.admit("key-iflow")?;
    let body = parse(asked.body)?;
    if body["tools"].as_array().is_some_and(Vec::is_empty) {
        return Err(Fault::invalid("tools: is empty"));
    }
    asked.chat(&body)
}

/// A stream without counts is one that nobody can bill.
fn qwen(asked: &Asked<'_>) -> Result<Script, Fault> {
    asked.at("v1/chat/completions")?;
    asked.admit("token-qwen")?;
    let body = parse(asked.body)?;
    if body["stream"] == true && body["stream_options"]["include_usage"] != true {
        return Err(Fault::invalid("stream_options.include_usage: must be true"));
    }
    asked.chat(&body)
}

fn xai(asked: &Asked<'_>) -> Result<Script, Fault> {
    let speaks_responses = asked.path == "v1/responses";
    if !speaks_responses {
        asked.at("v1/chat/completions")?;
    }
    asked.admit("token-xai")?;
    let body = parse(asked.body)?;
    refused_field(
        &body,
        &["stop", "safety_identifier", "prompt_cache_retention"],
    )?;
    if asked.header("x-grok-conv-id") != body["prompt_cache_key"].as_str() {
        return Err(Fault::invalid(
            "x-grok-conv-id: is not the key of the conversation",
        ));
    }
    if speaks_responses {
        return xai_responses(asked, &body);
    }
    asked.chat(&body)
}

/// Nothing is kept, and OpenAI's own kinds of tools are not known.
fn xai_responses(asked: &Asked<'_>, body: &Value) -> Result<Script, Fault> {
    refused_field(body, &["previous_response_id", "stream_options"])?;
    if body["store"] != false {
        return Err(Fault::invalid("store: must be false"));
    }
    let foreign = ["custom", "namespace", "image_generation", "tool_search"];
    let mut tools = body["tools"].as_array().into_iter().flatten();
    if tools.any(|tool| foreign.iter().any(|kind| tool["type"] == *kind)) {
        return Err(Fault::invalid("tools: unknown type of a tool"));
    }
    responses::check(body)?;
    let facts = responses::facts(body, asked.body);
    Ok(play(asked.records, Dialect::Responses, &facts))
}

/// A failure whose `error` is a text.
fn in_xais_words(script: Script) -> Script {
    if script.status < 400 {
        return script;
    }
    let status = script.status;
    let said = script.text();
    let body: Value = serde_json::from_str(&said).unwrap_or_default();
    let error = &body["error"]["message"];
    let code = format!("Some code of {status}");
    let mut told = Script::json(status, &json!({"code": code, "error": error}));
    let waits = script
        .headers
        .into_iter()
        .filter(|(name, _)| name == "retry-after");
    told.headers.extend(waits);
    told
}

#[cfg(test)]
mod tests;
