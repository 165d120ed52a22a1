//! The settings of sampling: their types and their ranges.

use super::request::{one_of, wrong_type};
use crate::fault::Fault;
use crate::shape::{Object, present};
use serde_json::Value;

pub(super) fn check(body: &Object) -> Result<(), Fault> {
    for (key, low, high) in [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("frequency_penalty", -2.0, 2.0),
        ("presence_penalty", -2.0, 2.0),
        ("top_logprobs", 0.0, 20.0),
        ("n", 1.0, 128.0),
    ] {
        let Some(value) = present(body, key) else {
            continue;
        };
        let number = value
            .as_f64()
            .ok_or_else(|| wrong_type(key, "a decimal number"))?;
        if !(low..=high).contains(&number) {
            return Err(Fault::invalid(format!(
                "Invalid '{key}': expected a value between {low} and {high}, but got {number} instead."
            ))
            .param(key));
        }
    }
    if present(body, "seed").is_some_and(|seed| !(seed.is_i64() || seed.is_u64())) {
        return Err(wrong_type("seed", "an integer"));
    }
    logprobs(body)?;
    bias(body)?;
    one_of(
        body,
        "reasoning_effort",
        &["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    )?;
    one_of(body, "verbosity", &["low", "medium", "high"])?;
    one_of(
        body,
        "service_tier",
        &["auto", "default", "flex", "scale", "priority", "fast"],
    )
}

/// Whether, and how many alternatives: in completions both are one number.
fn logprobs(body: &Object) -> Result<(), Fault> {
    let wanted = match present(body, "logprobs") {
        None => false,
        Some(Value::Bool(wanted)) => *wanted,
        Some(_) => return Err(wrong_type("logprobs", "a boolean")),
    };
    if present(body, "top_logprobs").is_some() && !wanted {
        return Err(Fault::invalid(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        )
        .param("top_logprobs"));
    }
    Ok(())
}

/// By the number of a token, from -100 to 100.
fn bias(body: &Object) -> Result<(), Fault> {
    let bias = match present(body, "logit_bias") {
        None => return Ok(()),
        Some(Value::Object(bias)) => bias,
        Some(_) => return Err(wrong_type("logit_bias", "an object")),
    };
    let legal = |(token, weight): (&String, &Value)| {
        token.bytes().all(|byte| byte.is_ascii_digit())
            && weight
                .as_f64()
                .is_some_and(|weight| (-100.0..=100.0).contains(&weight))
    };
    if bias.iter().all(legal) {
        return Ok(());
    }
    Err(
        Fault::invalid("Invalid 'logit_bias': expected tokens with values between -100 and 100.")
            .param("logit_bias"),
    )
}
