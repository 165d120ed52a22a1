//! Reads the facts out of an accepted Gemini request.

use super::list;
use super::request::Rules;
use super::route::{Method, Route};
use crate::facts::Facts;
use crate::shape::Image;
use serde_json::{Map, Value};

/// `body` is what [`super::check`] handed out.
pub(crate) fn facts(body: &Value, route: &Route, raw: &[u8]) -> Facts {
    let contents = list(&body["contents"]);
    let last_model = contents
        .iter()
        .rposition(|content| content["role"] == "model");
    let recent = &contents[last_model.map_or(0, |index| index + 1)..];
    let model_turn = last_model.map_or(&Value::Null, |index| &contents[index]);
    let parts: Vec<&Value> = recent
        .iter()
        .flat_map(|content| list(&content["parts"]))
        .collect();
    let responses = parts
        .iter()
        .map(|part| &part["functionResponse"])
        .filter(|response| response.is_object());
    let attached = responses
        .clone()
        .flat_map(|response| list(&response["parts"]));
    let config = &body["generationConfig"];
    let thinking = &config["thinkingConfig"];
    Facts {
        model: route.model.clone(),
        stream: route.method == Method::Stream,
        list: route.is_list(),
        signed: Rules::of(route).third,
        include_usage: true,
        tools: tools(body),
        one_call_only: false,
        calls: contents
            .iter()
            .flat_map(|content| list(&content["parts"]))
            .filter(|part| part["functionCall"].is_object())
            .count(),
        results: responses.map(result).collect(),
        images: parts
            .iter()
            .copied()
            .chain(attached)
            .filter_map(image)
            .collect(),
        // Models think unless told not to; whether they show it is another question.
        thinking: thinking["thinkingBudget"] != 0,
        hide_thinking: thinking["includeThoughts"] != true,
        reasoning_replayed: list(&model_turn["parts"])
            .iter()
            .any(|part| part.get("thoughtSignature").is_some()),
        stop: config["stopSequences"][0].as_str().map(str::to_owned),
        format: format(config),
        raw: String::from_utf8_lossy(raw).into_owned(),
        ..Facts::default()
    }
}

fn tools(body: &Value) -> Vec<String> {
    let config = &body["toolConfig"]["functionCallingConfig"];
    if config["mode"] == "NONE" {
        return Vec::new();
    }
    let allowed = list(&config["allowedFunctionNames"]);
    list(&body["tools"])
        .iter()
        .flat_map(|tool| list(&tool["functionDeclarations"]))
        .filter_map(|declaration| declaration["name"].as_str())
        .filter(|name| allowed.is_empty() || allowed.iter().any(|allowed| allowed == name))
        .map(str::to_owned)
        .collect()
}

/// The keys `output` and `error` are understood; any other object is taken whole.
fn result(response: &Value) -> String {
    let response = &response["response"];
    match (response["output"].as_str(), response["error"].as_str()) {
        (Some(text), _) => text.to_owned(),
        (_, Some(text)) => format!("error: {text}"),
        _ => response.to_string(),
    }
}

fn image(part: &Value) -> Option<Image> {
    let (blob, file) = (&part["inlineData"], &part["fileData"]);
    match (blob["mimeType"].as_str(), file["fileUri"].as_str()) {
        (Some(mime), _) if mime.starts_with("image/") => {
            Image::from_base64(mime, &super::standard(blob["data"].as_str()?))
        }
        (_, Some(address)) => Image::from_url(address),
        _ => None,
    }
}

/// The wishes for the form of the output, as they were spelled.
fn format(config: &Value) -> Value {
    let keys = ["responseMimeType", "responseSchema", "responseJsonSchema"];
    let given: Map<String, Value> = keys
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), config.get(key)?.clone())))
        .collect();
    if given.is_empty() {
        Value::Null
    } else {
        Value::Object(given)
    }
}
