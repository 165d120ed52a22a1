//! Google's Code Assist, which answers as the Gemini API does, in an envelope. A request with a `requestId` is one of
//! Antigravity's, which wants more.

use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::gemini::{Method, Route, json};
use crate::script::{Script, Step};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value, json};

/// What stands in an envelope, of whom, and where it is asked.
pub(crate) struct Opened {
    pub(crate) route: Route,
    pub(crate) body: Bytes,
}

/// Whether a path is one of the service's methods for models.
pub(crate) fn is_method(path: &str) -> bool {
    path.starts_with("/v1internal:")
}

/// Accounts only: a token, and no key. A token `fail-<status>` is always answered with that status.
pub(crate) fn authenticate(headers: &HeaderMap) -> Result<(), Fault> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let failing = token.and_then(|token| token.strip_prefix("fail-")?.parse().ok());
    match (token, failing) {
        (_, Some(status)) => Err(Fault::new(status, "This token always fails.")),
        (Some(_), None) if header("x-goog-api-key").is_none() => Ok(()),
        _ => Err(Fault::new(
            401,
            "API keys are not supported by this API. Expected OAuth2 access token.",
        )),
    }
}

/// Opens the envelope of a request.
pub(crate) fn open(path: &str, query: &str, body: &Bytes) -> Result<Opened, Fault> {
    let missing = || Fault::new(404, "Requested entity was not found.");
    let method = match path.strip_prefix("/v1internal:") {
        Some("generateContent") => Method::Generate,
        Some("streamGenerateContent") => Method::Stream,
        Some("countTokens") => Method::Count,
        _ => return Err(missing()),
    };
    let envelope = json(body)?;
    let request = envelope["request"].clone();
    if !request.is_object() {
        return Err(Fault::invalid("Invalid value at 'request'."));
    }
    let envelope = envelope.as_object().cloned().unwrap_or_default();
    let (model, request) = match method {
        Method::Count => counted(&envelope, request)?,
        _ => {
            let mut request = request;
            conversation(&mut request, envelope.contains_key("requestId"))?;
            (generated(&envelope, &request)?, request)
        }
    };
    let route = Route {
        model,
        method,
        vertex: false,
        events: query == "alt=sse",
    };
    Ok(Opened {
        route,
        body: request.to_string().into(),
    })
}

fn generated(envelope: &Map<String, Value>, request: &Value) -> Result<String, Fault> {
    const KNOWN: [&str; 7] = [
        "model",
        "project",
        "request",
        "requestId",
        "userAgent",
        "requestType",
        "user_prompt_id",
    ];
    known(envelope, &KNOWN)?;
    let text = |name: &str| {
        envelope
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match text("project") {
        "p-used-up" => return Err(Fault::new(429, "You have exhausted your capacity on this model. Your quota will reset after 1h16m0.6s.").code("QUOTA_EXHAUSTED")),
        project if project.starts_with("p-") => {}
        project => {
            let message = format!("Permission denied on resource project {project}.");
            return Err(Fault::new(403, message));
        }
    }
    let model = text("model");
    if envelope.contains_key("requestId") {
        wanted(text("requestId"), text("requestType"), model)?;
        return antigravity(model, request);
    }
    Ok(model.to_owned())
}

/// The number of a request of Antigravity's begins with what is wanted.
fn wanted(id: &str, kind: &str, model: &str) -> Result<(), Fault> {
    let fits = match kind {
        "agent" | "web_search" => id.starts_with("agent-") && !model.contains("image"),
        "image_gen" => id.starts_with("image_gen/") && model.contains("image"),
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Fault::invalid(format!(
            "Unexpected requestType {kind:?} of {id:?}."
        )))
    }
}

/// Takes the number of the conversation out of a request; Antigravity wants a negative one.
fn conversation(request: &mut Value, antigravity: bool) -> Result<(), Fault> {
    let request = request.as_object_mut().expect("it was looked at");
    let names = ["sessionId", "session_id"];
    let named = names.into_iter().find_map(|name| request.remove(name));
    let number = named
        .as_ref()
        .and_then(|named| named.as_str()?.parse::<i64>().ok());
    if antigravity && number.is_none_or(|number| number >= 0) {
        return Err(Fault::invalid("Invalid value at 'request.session_id'."));
    }
    Ok(())
}

/// What Antigravity refuses, and the model behind a name of another vendor.
fn antigravity(model: &str, request: &Value) -> Result<String, Fault> {
    let refused = |what: &str| Fault::invalid(format!("Unexpected {what}."));
    let claude = model.starts_with("claude-");
    let config = &request["generationConfig"];
    if request.get("safetySettings").is_some() {
        return Err(refused("safetySettings"));
    }
    if !claude {
        return match config.get("maxOutputTokens") {
            Some(_) => Err(refused("maxOutputTokens")),
            None => Ok(model.to_owned()),
        };
    }
    let budget = config["thinkingConfig"]["thinkingBudget"].as_u64();
    let limit = config["maxOutputTokens"].as_u64().unwrap_or(u64::MAX);
    if budget.is_some_and(|budget| budget < 1024 || budget >= limit) {
        return Err(refused("thinkingBudget"));
    }
    let tools = request["tools"].as_array().into_iter().flatten();
    let functions = tools.flat_map(|tool| {
        tool["functionDeclarations"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    });
    for function in functions {
        let schema = &function["parameters"];
        if schema["required"].as_array().is_none_or(Vec::is_empty) {
            return Err(refused("parameters"));
        }
        let words = [
            "\"$ref\":",
            "\"anyOf\":",
            "\"minItems\":",
            "\"exclusiveMinimum\":",
            "\"additionalProperties\":",
        ];
        if words.iter().any(|word| schema.to_string().contains(word)) {
            return Err(refused("schema"));
        }
        if request["toolConfig"]["functionCallingConfig"]["mode"] != "VALIDATED" {
            return Err(refused("functionCallingConfig"));
        }
    }
    Ok(behind(model).to_owned())
}

/// A count says neither model nor project beside its request, and in it nothing but contents.
fn counted(envelope: &Map<String, Value>, mut request: Value) -> Result<(String, Value), Fault> {
    known(envelope, &["request"])?;
    let inner = request.as_object_mut().expect("it was looked at");
    known(inner, &["model", "contents"])?;
    let model = inner.remove("model");
    let model = model
        .as_ref()
        .and_then(|model| model.as_str()?.strip_prefix("models/"));
    let model = model.ok_or_else(|| Fault::invalid("Invalid value at 'request.model'."))?;
    Ok((behind(model).to_owned(), request))
}

/// The model behind a name of another vendor.
fn behind(model: &str) -> &str {
    let scenario = model.find("-up-").filter(|_| model.starts_with("claude-"));
    scenario.map_or(model, |place| &model[place + 1..])
}

fn known(object: &Map<String, Value>, names: &[&str]) -> Result<(), Fault> {
    match object.keys().find(|key| !names.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Fault::invalid(format!(
            "Invalid JSON payload received. Unknown name \"{key}\": Cannot find field."
        ))),
    }
}

/// Puts an answer in its envelope: every frame of a stream, or the whole. A failure has none.
pub(crate) fn wrap(mut script: Script) -> Script {
    if script.status != 200 {
        return script;
    }
    let mut steps = Vec::new();
    let mut run = Run::default();
    for step in std::mem::take(&mut script.steps) {
        match step {
            Step::Chunk(bytes) => run.push(&bytes),
            Step::Repeat { bytes, times } => {
                run.end(&mut steps);
                run.push(&bytes);
                run.end(&mut steps);
                if let Some(Step::Chunk(bytes)) = steps.pop() {
                    steps.push(Step::Repeat { bytes, times });
                }
            }
            other => {
                run.end(&mut steps);
                steps.push(other);
            }
        }
    }
    run.end(&mut steps);
    for (name, value) in &mut script.headers {
        if name == "content-length" {
            let length = steps.iter().map(|step| match step {
                Step::Chunk(bytes) => bytes.len(),
                _ => 0,
            });
            *value = length.sum::<usize>().to_string();
        }
    }
    script.steps = steps;
    script
}

/// Writes without a pause between them.
#[derive(Default)]
struct Run {
    bytes: Vec<u8>,
    /// The smallest write.
    piece: Option<usize>,
}

impl Run {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        let piece = self.piece.unwrap_or(usize::MAX);
        self.piece = Some(piece.min(bytes.len().max(1)));
    }

    fn end(&mut self, steps: &mut Vec<Step>) {
        let run = std::mem::take(self);
        let text = match String::from_utf8(run.bytes) {
            Ok(text) => text,
            Err(other) => return steps.push(Step::Chunk(other.into_bytes().into())),
        };
        if text.is_empty() {
            return;
        }
        let wrapped: String = match serde_json::from_str::<Value>(&text) {
            Ok(whole) => enveloped(&whole),
            Err(_) => text.split_inclusive('\n').map(line).collect(),
        };
        // One byte at a time stays one byte at a time.
        let piece = run.piece.filter(|piece| *piece == 1);
        let size = piece.unwrap_or(wrapped.len());
        let pieces = wrapped.as_bytes().chunks(size);
        steps.extend(pieces.map(|piece| Step::Chunk(Bytes::copy_from_slice(piece))));
    }
}

fn line(line: &str) -> String {
    let data = line.strip_prefix("data: ").map(str::trim_end);
    match data.and_then(|data| serde_json::from_str(data).ok()) {
        Some(data) => format!("data: {}\n", enveloped(&data)),
        None => line.to_owned(),
    }
}

fn enveloped(answer: &Value) -> String {
    if answer.get("error").is_some() {
        return answer.to_string();
    }
    json!({"traceId": "trace-1", "response": answer}).to_string()
}

/// A refusal, as Google writes it.
pub(crate) fn refuse(fault: &Fault) -> Script {
    let used_up = fault.code == Some("QUOTA_EXHAUSTED");
    if !used_up {
        return fault.to_script(Dialect::Gemini);
    }
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "QUOTA_EXHAUSTED",
        "domain": "cloudcode-pa.googleapis.com", "metadata": {"quotaResetDelay": "1h16m0.6s"},
    });
    Script::json(
        429,
        &json!({"error": {"code": 429, "message": fault.message, "status": "RESOURCE_EXHAUSTED", "details": [info]}}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(method: &str, body: &Value) -> Result<(String, String), u16> {
        let path = format!("/v1internal:{method}");
        let opened = open(&path, "alt=sse", &Bytes::from(body.to_string()));
        let opened = opened.map_err(|fault| fault.status)?;
        let body = String::from_utf8(opened.body.to_vec()).expect("text");
        Ok((opened.route.model, body))
    }

    #[test]
    fn only_whole_envelopes_are_opened() {
        let good = json!({"model": "m", "project": "p-1", "request": {"contents": []}});
        let expected = Ok(("m".to_owned(), r#"{"contents":[]}"#.to_owned()));
        assert_eq!(opened("generateContent", &good), expected);
        assert_eq!(opened("streamGenerateContent", &good), expected);
        let with = |name: &str, value: Value| {
            let mut body = good.clone();
            body[name] = value;
            opened("generateContent", &body).map(drop)
        };
        assert_eq!(with("project", json!("somebody's")), Err(403));
        assert_eq!(with("project", json!("p-used-up")), Err(429));
        assert_eq!(with("contents", json!([])), Err(400));
        assert_eq!(with("request", json!(null)), Err(400));
        assert_eq!(opened("predict", &good), Err(404));
        let count = json!({"request": {"model": "models/m", "contents": []}});
        assert_eq!(opened("countTokens", &count), expected);
        assert_eq!(opened("countTokens", &good), Err(400));
    }

    #[test]
    fn antigravity_wants_more() {
        let with = |model: &str, request: Value| {
            let mut request = request;
            request["sessionId"] = json!("-7");
            let envelope = json!({"model": model, "project": "p-1", "requestId": "agent-1", "requestType": "agent", "request": request});
            opened("generateContent", &envelope).map(|(model, _)| model)
        };
        let config = json!({"generationConfig": {"maxOutputTokens": 2000}});
        assert_eq!(with("gemini-3-flash", config.clone()), Err(400));
        let claude = "claude-sonnet-4-5-up-text";
        assert_eq!(with(claude, config).as_deref(), Ok("up-text"));
        assert_eq!(with(claude, json!({"safetySettings": []})), Err(400));
        let budget =
            |budget| json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": budget}}});
        assert_eq!(with(claude, budget(1023)), Err(400));
        assert!(with(claude, budget(1024)).is_ok());
        let tool = |mode: &str, schema: Value| {
            json!({
                "tools": [{"functionDeclarations": [{"name": "f", "parameters": schema}]}],
                "toolConfig": {"functionCallingConfig": {"mode": mode}},
            })
        };
        let schema =
            json!({"type": "OBJECT", "required": ["a"], "properties": {"a": {"type": "STRING"}}});
        assert!(with(claude, tool("VALIDATED", schema.clone())).is_ok());
        assert_eq!(with(claude, tool("AUTO", schema.clone())), Err(400));
        let mut odd = schema;
        odd["properties"]["a"]["minItems"] = json!(1);
        assert_eq!(with(claude, tool("VALIDATED", odd)), Err(400));
        assert_eq!(
            with(claude, tool("VALIDATED", json!({"type": "OBJECT"}))),
            Err(400)
        );

        let envelope = |id: &str, kind: &str, session: &str| {
            let request = json!({"contents": [], "sessionId": session});
            let envelope = json!({"model": "m", "project": "p-1", "requestId": id, "requestType": kind, "request": request});
            opened("generateContent", &envelope).map(|(_, body)| body)
        };
        let expected = Ok(r#"{"contents":[]}"#.to_owned());
        assert_eq!(envelope("agent-1", "web_search", "-1"), expected);
        assert_eq!(envelope("agent-1", "", "-1"), Err(400));
        assert_eq!(envelope("agent-1", "image_gen", "-1"), Err(400));
        assert_eq!(envelope("agent-1", "agent", "1"), Err(400));
        assert_eq!(envelope("agent-1", "agent", "x"), Err(400));
    }

    #[test]
    fn frames_and_bodies_are_put_in_envelopes_and_failures_are_not() {
        let text = |script: Script| -> String {
            let bytes = script.steps.iter().map(|step| match step {
                Step::Chunk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                other => panic!("{other:?}"),
            });
            bytes.collect()
        };
        let whole = wrap(Script::json(200, &json!({"a": 1})));
        let expected = r#"{"traceId":"trace-1","response":{"a":1}}"#;
        let length = ("content-length".to_owned(), expected.len().to_string());
        assert!(whole.headers.contains(&length));
        assert_eq!(text(whole), expected);
        let stream = wrap(Script::sse([
            "data: {\"a\":1}\n\n",
            "data: {\"error\":1}\n\n",
        ]));
        let expected = format!("data: {expected}\n\ndata: {{\"error\":1}}\n\n");
        assert_eq!(text(stream), expected);
        let failure = json!({"error": {}});
        assert_eq!(text(wrap(Script::json(429, &failure))), failure.to_string());
    }
}
