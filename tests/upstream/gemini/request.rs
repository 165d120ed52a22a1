//! The top level of a Gemini request: which fields there are and what they may hold.

use super::fields::{COUNT, COUNT_VERTEX, GENERATE};
use super::route::Route;
use super::{check_json_schema, content, invalid, list, proto, thinking, tool};
use crate::fault::Fault;
use serde_json::Value;

/// What depends on the model and on the door.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// Gemini 3: signatures are demanded, names may be longer, results may hold files.
    pub(super) third: bool,
    /// Gemini 2 and older: no search and no form of the answer beside functions, no files from anywhere.
    pub(super) older: bool,
    /// Vertex AI: calls have no ids.
    pub(super) vertex: bool,
}

impl Rules {
    pub(super) fn of(route: &Route) -> Self {
        Self {
            third: route.model.starts_with("gemini-3"),
            older: ["gemini-1", "gemini-2"]
                .iter()
                .any(|old| route.model.starts_with(old)),
            vertex: route.vertex,
        }
    }
}

/// Refuses what the vendor refuses, and hands out the body in one spelling.
pub(crate) fn check(body: &Value, route: &Route) -> Result<Value, Fault> {
    let body = proto::read(body, &GENERATE)?;
    common(&body, route)?;
    formed(&body, route)?;
    match list(&body["contents"]).last() {
        Some(last) if last["role"] == "model" => Err(invalid(
            "Please ensure that multiturn requests end with a user role or a function response.",
        )),
        _ => Ok(body),
    }
}

/// The same for `countTokens`: contents, or a whole request around them. What is counted comes out.
pub(super) fn check_count(body: &Value, route: &Route) -> Result<Value, Fault> {
    if route.vertex {
        let body = proto::read(body, &COUNT_VERTEX)?;
        common(&body, route)?;
        return Ok(body);
    }
    let mut body = proto::read(body, &COUNT)?;
    match (
        body.get("contents").is_some(),
        body.get("generateContentRequest").is_some(),
    ) {
        (true, true) => Err(invalid(
            "* CountTokensRequest: contents and generate_content_request are mutually exclusive.",
        )),
        (_, true) => {
            let inner = body["generateContentRequest"].take();
            if inner["model"] != format!("models/{}", route.model) {
                return Err(invalid(
                    "* CountTokensRequest.generate_content_request.model: must be the model of the path",
                ));
            }
            common(&inner, route)?;
            Ok(inner)
        }
        _ => {
            common(&body, route)?;
            Ok(body)
        }
    }
}

fn common(body: &Value, route: &Route) -> Result<(), Fault> {
    let rules = Rules::of(route);
    if let Some(model) = body["model"].as_str()
        && model.rsplit('/').next() != Some(&route.model)
    {
        return Err(invalid(format!(
            "* GenerateContentRequest.model: {model} is not the model of the path"
        )));
    }
    if !route.vertex && body.get("labels").is_some() {
        return Err(proto::unknown("labels", ""));
    }
    cached(body)?;
    tool::check(body, rules)?;
    generation(&body["generationConfig"], &route.model, rules)?;
    content::check_system(&body["systemInstruction"])?;
    content::check(list(&body["contents"]), rules)
}

/// Older models cannot both call functions and answer in a form.
fn formed(body: &Value, route: &Route) -> Result<(), Fault> {
    let functions = |tool: &Value| tool.get("functionDeclarations").is_some();
    if Rules::of(route).older
        && body["generationConfig"]["responseMimeType"] == "application/json"
        && list(&body["tools"]).iter().any(functions)
    {
        return Err(invalid(
            "Function calling with a response mime type: 'application/json' is unsupported",
        ));
    }
    Ok(())
}

fn cached(body: &Value) -> Result<(), Fault> {
    let beside = ["systemInstruction", "tools", "toolConfig"];
    if body.get("cachedContent").is_some() && beside.iter().any(|key| body.get(key).is_some()) {
        return Err(invalid(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.",
        ));
    }
    Ok(())
}

fn generation(config: &Value, model: &str, rules: Rules) -> Result<(), Fault> {
    for (key, range) in [
        ("temperature", 0.0..=2.0),
        ("topP", 0.0..=1.0),
        ("topK", 1.0..=1000.0),
        ("maxOutputTokens", 1.0..=1_000_000.0),
        ("candidateCount", 1.0..=8.0),
        ("presencePenalty", -2.0..=2.0),
        ("frequencyPenalty", -2.0..=2.0),
        ("logprobs", 0.0..=20.0),
    ] {
        if config[key]
            .as_f64()
            .is_some_and(|value| !range.contains(&value))
        {
            return Err(invalid(format!(
                "* GenerateContentRequest.generation_config.{key}: {key} must be in the range [{}, {}].",
                range.start(),
                range.end()
            )));
        }
    }
    let stops = list(&config["stopSequences"]);
    if stops.len() > 5 || stops.iter().any(|stop| stop == "") {
        return Err(invalid(
            "* GenerateContentRequest.generation_config.stop_sequences: up to 5 non-empty sequences are allowed",
        ));
    }
    if config.get("logprobs").is_some() && config["responseLogprobs"] != true {
        return Err(invalid("logprobs needs response_logprobs to be true"));
    }
    output(config, rules)?;
    thinking::check(&config["thinkingConfig"], model)
}

fn output(config: &Value, rules: Rules) -> Result<(), Fault> {
    let schemas = ["responseSchema", "responseJsonSchema"];
    let given = schemas.iter().filter(|key| config.get(key).is_some());
    let mime = config["responseMimeType"].as_str();
    match (given.count(), mime) {
        (2, _) => Err(invalid(
            "* GenerateContentRequest.generation_config: response_schema and response_json_schema are mutually exclusive.",
        )),
        (1, None | Some("text/plain")) => Err(invalid(
            "* GenerateContentRequest.generation_config.response_schema: only allowed when response_mime_type is application/json",
        )),
        (_, None | Some("text/plain" | "application/json" | "text/x.enum")) => {
            let path = "GenerateContentRequest.generation_config";
            if let Some(schema) = config.get("responseSchema") {
                tool::check_schema(schema, &format!("{path}.response_schema"), rules)?;
            }
            match config.get("responseJsonSchema") {
                Some(schema) => check_json_schema(schema, &format!("{path}.response_json_schema")),
                None => Ok(()),
            }
        }
        (_, Some(_)) => Err(invalid(
            "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.",
        )),
    }
}

#[cfg(test)]
mod tests;
