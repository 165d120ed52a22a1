//! The contents of a Gemini request, part by part; the order of turns is checked in `turn.rs`.

use super::fields::DATA;
use super::request::Rules;
use super::{FOREIGN_SIGNATURES, call_subject, invalid, list, proto, text_subject, tool, turn};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::shape::present;
use crate::signature;
use serde_json::Value;

pub(super) fn check(contents: &[Value], rules: Rules) -> Result<(), Fault> {
    if contents.is_empty() {
        return Err(invalid(
            "* GenerateContentRequest.contents: contents is not specified",
        ));
    }
    for (index, content) in contents.iter().enumerate() {
        let role = content["role"].as_str();
        // A single question may come without a role, but not to Vertex AI.
        let may_lack = contents.len() == 1 && !rules.vertex;
        let role = role.or(may_lack.then_some("user"));
        let Some(role @ ("user" | "model")) = role else {
            return Err(invalid("Please use a valid role: user, model."));
        };
        let path = format!("GenerateContentRequest.contents[{index}]");
        check_parts(content, role, &path, rules)?;
    }
    turn::check(contents, rules)
}

/// A system instruction is text.
pub(super) fn check_system(content: &Value) -> Result<(), Fault> {
    if content.is_null() {
        return Ok(());
    }
    let path = "GenerateContentRequest.system_instruction";
    check_parts(content, "system", path, Rules::default())
}

fn check_parts(content: &Value, role: &str, path: &str, rules: Rules) -> Result<(), Fault> {
    let parts = list(&content["parts"]);
    let says = |part: &Value| part["text"] != "" || part.get("thoughtSignature").is_some();
    if parts.is_empty() || !parts.iter().any(says) {
        return Err(invalid(format!(
            "* {path}.parts: contents.parts must not be empty."
        )));
    }
    let mut said = String::new();
    for (index, part) in parts.iter().enumerate() {
        check_part(part, role, &format!("{path}.parts[{index}]"), rules)?;
        check_signature(part, &said)?;
        if part["thought"] != true {
            said.push_str(part["text"].as_str().unwrap_or_default());
        }
    }
    Ok(())
}

fn check_part(part: &Value, role: &str, path: &str, rules: Rules) -> Result<(), Fault> {
    let mut given = DATA.iter().filter(|key| part.get(**key).is_some());
    let (Some(data), second) = (given.next(), given.next()) else {
        return Err(invalid(format!(
            "* {path}.data: required oneof field 'data' must have one initialized field"
        )));
    };
    if let Some(second) = second {
        return Err(invalid(format!(
            "Invalid value at '{path}' (oneof), oneof field 'data' is already set. Cannot set '{second}'"
        )));
    }
    let allowed = match *data {
        "text" => true,
        "inlineData" | "fileData" => role != "system",
        "functionResponse" => role == "user",
        _ => role == "model",
    };
    if !allowed {
        return Err(invalid(format!(
            "* {path}: '{data}' is not allowed in a content of role {role}"
        )));
    }
    if part["thought"] == true && role != "model" {
        return Err(invalid(format!("* {path}.thought: only a model thinks")));
    }
    let value = &part[*data];
    match *data {
        "inlineData" => media(value, "data", path),
        "fileData" => file(value, path, rules),
        "functionCall" => named(value, &format!("{path}.function_call"), rules),
        "functionResponse" => response(value, &format!("{path}.function_response"), rules),
        _ => Ok(()),
    }
}

/// Types that Google takes inline and by address, and the wrong names that clients have for some.
fn media(value: &Value, data: &str, path: &str) -> Result<(), Fault> {
    let mime = value["mimeType"].as_str().unwrap_or_default();
    let known = ["image/", "audio/", "video/", "text/", "application/"];
    let wrong = ["image/jpg", "audio/mp3"];
    if !known.iter().any(|kind| mime.starts_with(kind)) || wrong.contains(&mime) {
        return Err(invalid(format!("Unsupported MIME type: {mime}")));
    }
    match value[data].as_str() {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(invalid(format!("* {path}.{data}: must not be empty"))),
    }
}

/// Uploaded files, buckets and videos are taken by every model, other pages only by newer ones, and never without TLS.
fn file(value: &Value, path: &str, rules: Rules) -> Result<(), Fault> {
    media(value, "fileUri", path)?;
    let uri = value["fileUri"].as_str().unwrap_or_default();
    let known = [
        "gs://",
        "https://generativelanguage.googleapis.com/",
        "https://www.youtube.com/",
        "https://youtu.be/",
    ];
    let elsewhere = uri.starts_with("https://") && !rules.older;
    if elsewhere || known.iter().any(|known| uri.starts_with(known)) {
        return Ok(());
    }
    Err(invalid(format!("Unsupported file uri: {uri}")))
}

/// The name and the id of a call or a response.
fn named(value: &Value, path: &str, rules: Rules) -> Result<(), Fault> {
    let name = value["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(invalid(format!("* {path}.name: Name cannot be empty.")));
    }
    tool::check_name(name, path, rules)?;
    if rules.vertex && value.get("id").is_some() {
        return Err(proto::unknown("id", path));
    }
    Ok(())
}

fn response(value: &Value, path: &str, rules: Rules) -> Result<(), Fault> {
    named(value, path, rules)?;
    let object = value.as_object();
    if object.is_none_or(|object| present(object, "response").is_none()) {
        return Err(invalid(format!(
            "* {path}.response: Response cannot be empty."
        )));
    }
    if !rules.third && value.get("parts").is_some() {
        return Err(proto::unknown("parts", path));
    }
    for (index, part) in list(&value["parts"]).iter().enumerate() {
        let path = format!("{path}.parts[{index}]");
        match (part.get("inlineData"), part.get("fileData")) {
            (Some(blob), None) => media(blob, "data", &path)?,
            (None, Some(data)) => file(data, &path, rules)?,
            _ => {
                return Err(invalid(format!(
                    "* {path}.data: required oneof field 'data' must have one initialized field"
                )));
            }
        }
    }
    Ok(())
}

/// A signature must stand where it was issued, behind what was `said` then. That a call was answered with other arguments,
/// Google would not notice; here it is found out.
fn check_signature(part: &Value, said: &str) -> Result<(), Fault> {
    let Some(found) = part["thoughtSignature"].as_str() else {
        return Ok(());
    };
    let call = part.get("functionCall");
    let subject = match call {
        Some(call) => call_subject(call),
        None => text_subject(said, part["text"].as_str().unwrap_or_default()),
    };
    if FOREIGN_SIGNATURES.contains(&found) && call.is_some()
        || signature::is_issued(Dialect::Gemini, &subject, &super::standard(found))
    {
        return Ok(());
    }
    Err(invalid("Corrupted thought signature."))
}
