//! The fields beside the prompt, and the names of those that Kiro has no place for, which are most (`providers.md` 9.3).

use super::encode::Scope;
use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::{OutputFormat, Request, Setting};
use crate::json::{Str, Value, Writer};

/// The fields beside the prompt.
#[derive(Debug)]
pub(super) struct Fields {
    max_tokens: Option<u64>,
    temperature: Option<f64>,
    /// What the model is told of the form of its answer.
    pub(super) instruction: Option<Str>,
}

/// Refuses what would get a wrong answer.
pub(super) fn refuse(request: &Request) -> Result<(), EncodeError> {
    let refuse = |path: &str, reason: &str| Err(EncodeError::new(path, reason));
    if request.sampling.n.is_some_and(|n| n > 1) {
        return refuse("n", "Kiro gives one answer; ask several times");
    }
    let modalities = request.output.modalities.as_ref();
    if modalities.is_some_and(|list| {
        let document = list.document();
        let mut words = document.root().items().filter_map(Value::as_str);
        words.any(|word| !word.eq_ignore_ascii_case("text"))
    }) {
        return refuse("modalities", "Kiro answers with text only");
    }
    if request.state.previous_response.is_some() {
        let reason = "Kiro keeps no answers; send the conversation itself";
        return refuse("previous_response_id", reason);
    }
    if request.state.conversation.is_some() {
        let reason = "Kiro keeps no conversations; send the messages themselves";
        return refuse("conversation", reason);
    }
    Ok(())
}

impl Fields {
    /// Makes the fields fit for Kiro.
    pub(super) fn of(scope: &mut Scope<'_>) -> Self {
        report_placeless(scope);
        let request = scope.request;
        let mut fields = Self {
            max_tokens: request.limits.max_output,
            temperature: request.sampling.temperature,
            instruction: None,
        };
        fields.fit(scope);
        fields.fit_format(scope);
        fields
    }

    fn fit(&mut self, scope: &mut Scope<'_>) {
        let limit = scope.request.setting_path(Setting::MaxOutput);
        if !scope.target.kiro.inference_config {
            let why = "this upstream takes no such setting";
            if self.max_tokens.take().is_some() {
                scope.losses.dropped(limit, why);
            }
            if self.temperature.take().is_some() {
                scope.losses.dropped("temperature", why);
            }
            return;
        }
        if self.max_tokens == Some(0) {
            let why = "the model must write at least one token";
            scope.losses.clamped(limit, why);
            self.max_tokens = Some(1);
        }
        if !scope.target.model_profile.sampling && self.temperature.take().is_some() {
            let why = "this model takes no sampling settings";
            scope.losses.dropped("temperature", why);
        }
        if let Some(temperature) = self.temperature.filter(|value| *value > 1.0) {
            let why = format!("the temperature ends at 1, not {temperature}");
            scope.losses.clamped("temperature", why);
            self.temperature = Some(1.0);
        }
    }

    fn fit_format(&mut self, scope: &mut Scope<'_>) {
        let path = scope.request.setting_path(Setting::Format);
        let schema = match &scope.request.output.format {
            None | Some(OutputFormat::Text) => return,
            Some(OutputFormat::Raw(..)) => {
                let why = "Kiro has no such form of answers";
                return scope.losses.dropped(path, why);
            }
            Some(OutputFormat::JsonObject) => None,
            Some(OutputFormat::JsonSchema { schema, .. }) => Some(schema),
        };
        report_format_details(scope);
        let why = "Kiro enforces no form of answers: the model is told so in its prompt";
        scope.losses.changed(path, why);
        self.instruction = Some(match schema {
            None => Str::from_static("Answer with one JSON object and nothing else."),
            Some(schema) => Str::from(format!(
                "Answer with one JSON value and nothing else. It must satisfy this JSON Schema:\n{}",
                schema.as_str()
            )),
        });
    }

    /// Writes `inferenceConfig`.
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        if self.max_tokens.is_none() && self.temperature.is_none() {
            return;
        }
        writer.object_field("inferenceConfig", |writer| {
            writer.field_opt("maxTokens", self.max_tokens.as_ref());
            writer.field_opt("temperature", self.temperature.as_ref());
        });
    }
}

/// The schema's name matters to nobody but the client, which knows it.
fn report_format_details(scope: &mut Scope<'_>) {
    let Some(OutputFormat::JsonSchema {
        name,
        description,
        strict,
        ..
    }) = &scope.request.output.format
    else {
        return;
    };
    let base = scope.request.setting_path(Setting::Schema);
    let fields = [
        ("name", name.is_some()),
        ("description", description.is_some()),
        ("strict", strict.is_some()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, given)| *given) {
        let why = "the model is told the schema alone";
        scope.losses.quietly_dropped(format!("{base}.{field}"), why);
    }
}

/// Names the fields that Kiro has no place for. Those that hold their default change nothing and are named quietly.
fn report_placeless(scope: &mut Scope<'_>) {
    let request = scope.request;
    let (sampling, output, caching) = (&request.sampling, &request.output, &request.caching);
    let (identity, state) = (&request.identity, &request.state);
    let user = match request.dialect {
        Dialect::Claude => "metadata.user_id",
        _ => "user",
    };
    let zero = |value: Option<f64>| value == Some(0.0);
    let frequency = sampling.frequency_penalty;
    let presence = sampling.presence_penalty;
    let tier = identity.service_tier.as_deref();
    let usual = matches!(tier, Some("auto" | "default" | "standard_only"));
    // Path, whether it was given, whether its value makes no difference.
    let fields = [
        ("n", sampling.n.is_some(), true),
        (
            "top_p",
            sampling.top_p.is_some(),
            sampling.top_p == Some(1.0),
        ),
        ("top_k", sampling.top_k.is_some(), false),
        ("frequency_penalty", frequency.is_some(), zero(frequency)),
        ("presence_penalty", presence.is_some(), zero(presence)),
        ("logit_bias", sampling.logit_bias.is_some(), false),
        ("seed", sampling.seed.is_some(), false),
        (
            request.setting_path(Setting::Logprobs),
            sampling.logprobs.is_some(),
            sampling.logprobs == Some(false),
        ),
        ("top_logprobs", sampling.top_logprobs.is_some(), false),
        (
            request.setting_path(Setting::Stop),
            !request.limits.stop.is_empty(),
            false,
        ),
        (
            request.setting_path(Setting::Verbosity),
            output.verbosity.is_some(),
            false,
        ),
        ("modalities", output.modalities.is_some(), true),
        ("audio", output.audio.is_some(), false),
        ("prediction", output.prediction.is_some(), true),
        ("prompt_cache_key", caching.key.is_some(), true),
        ("prompt_cache_options", caching.options.is_some(), true),
        ("prompt_cache_retention", caching.retention.is_some(), true),
        ("cache_control", caching.mark.is_some(), true),
        (user, identity.user.is_some(), true),
        (
            "safety_identifier",
            identity.safety_identifier.is_some(),
            true,
        ),
        ("metadata", identity.metadata.is_some(), false),
        ("service_tier", tier.is_some(), usual),
        ("speed", identity.speed.is_some(), false),
        ("container", state.container.is_some(), false),
        ("store", state.store.is_some(), state.store == Some(false)),
    ];
    let why = "Kiro has no such setting";
    for (path, given, harmless) in fields {
        match (given, harmless) {
            (false, _) => {}
            (true, true) => scope.losses.quietly_dropped(path, why),
            (true, false) => scope.losses.dropped(path, why),
        }
    }
    scope.foreign(&request.extensions, String::new);
}
