//! The fields beside the prompt, and the names of those that Claude has no place for (`dialects.md` 2.3 and 2.5).

use crate::Dialect;
use crate::claude::request::closed;
use crate::claude::request::thinking::Plan;
use crate::claude::wire::write_without;
use crate::error::EncodeError;
use crate::ir::{OutputFormat, Request, Setting};
use crate::json::{RawJson, Str, Writer};
use crate::losses::Losses;
use crate::target::ModelProfile;

/// The fields beside the prompt.
#[derive(Debug)]
pub(super) struct Fields<'r> {
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u64>,
    stop: Vec<&'r Str>,
    format: Option<RawJson>,
    user: Option<&'r Str>,
    service_tier: Option<&'r Str>,
    speed: Option<Str>,
    /// What a model without structured output is told instead.
    pub(super) instruction: Option<Str>,
}

/// Refuses what would get a wrong answer.
pub(super) fn refuse(request: &Request) -> Result<(), EncodeError> {
    let refuse = |path: &str, reason: &str| Err(EncodeError::new(path, reason));
    if request.sampling.n.is_some_and(|n| n > 1) {
        return refuse("n", "Claude gives one answer; ask several times");
    }
    let modalities = request.output.modalities.as_ref();
    if modalities.is_some_and(|list| {
        let document = list.document();
        let mut words = document.root().items();
        words.any(|word| word.as_str().as_deref() != Some("text"))
    }) {
        return refuse("modalities", "Claude answers with text only");
    }
    if request.state.previous_response.is_some() {
        return refuse(
            "previous_response_id",
            "Claude keeps no answers; send the conversation itself",
        );
    }
    if request.state.conversation.is_some() {
        return refuse(
            "conversation",
            "Claude keeps no conversations; send the messages themselves",
        );
    }
    Ok(())
}

impl<'r> Fields<'r> {
    /// Makes the fields fit for the model.
    pub(super) fn of(
        request: &'r Request,
        profile: &ModelProfile,
        plan: &Plan,
        losses: &mut Losses,
    ) -> Self {
        report_placeless(request, losses);
        let mut fields = Self {
            temperature: request.sampling.temperature,
            top_p: request.sampling.top_p,
            top_k: request.sampling.top_k,
            stop: Vec::new(),
            format: None,
            user: None,
            service_tier: None,
            speed: request.identity.speed.clone(),
            instruction: None,
        };
        fields.fit_sampling(profile, plan, losses);
        fields.fit_stop(request, losses);
        fields.fit_format(request, profile, losses);
        fields.fit_identity(request, losses);
        fields
    }

    /// Sampling by the model's abilities (trap 11): none on new models, no pair from 4.1 on, and next to nothing while
    /// thinking.
    fn fit_sampling(&mut self, profile: &ModelProfile, plan: &Plan, losses: &mut Losses) {
        if !profile.sampling {
            let why = "this model takes no sampling settings";
            drop_if(&mut self.temperature, |_| true, "temperature", why, losses);
            drop_if(&mut self.top_p, |_| true, "top_p", why, losses);
            drop_if(&mut self.top_k, |_| true, "top_k", why, losses);
            return;
        }
        if let Some(temperature) = self.temperature.filter(|value| *value > 1.0) {
            let why = format!("Claude's temperature ends at 1, not {temperature}");
            losses.clamped("temperature", why);
            self.temperature = Some(1.0);
        }
        if plan.thinks() {
            let why = "Claude takes no other value while it thinks";
            drop_if(
                &mut self.temperature,
                |value| *value != 1.0,
                "temperature",
                why,
                losses,
            );
            drop_if(&mut self.top_p, |value| *value < 0.95, "top_p", why, losses);
            let why = "Claude takes none while it thinks";
            drop_if(&mut self.top_k, |_| true, "top_k", why, losses);
        }
        if !profile.sampling_pair && self.top_p.is_some() {
            // Its own default: Gemini CLI says it with every request.
            self.temperature = self.temperature.filter(|value| *value != 1.0);
        }
        if !profile.sampling_pair && self.temperature.is_some() {
            let why = "this model does not take it beside `temperature`";
            drop_if(&mut self.top_p, |_| true, "top_p", why, losses);
        }
    }

    /// Stop texts need a word in them (trap 9).
    fn fit_stop(&mut self, request: &'r Request, losses: &mut Losses) {
        let blank = |stop: &&Str| stop.trim().is_empty();
        if request.limits.stop.iter().any(|stop| blank(&stop)) {
            let path = request.setting_path(Setting::Stop);
            losses.dropped(path, "Claude refuses stop texts of white space only");
        }
        self.stop = request
            .limits
            .stop
            .iter()
            .filter(|stop| !blank(stop))
            .collect();
    }

    fn fit_format(&mut self, request: &Request, profile: &ModelProfile, losses: &mut Losses) {
        let path = request.setting_path(Setting::Format);
        let schema = match &request.output.format {
            None | Some(OutputFormat::Text) => return,
            Some(OutputFormat::Raw(Dialect::Claude, raw)) => {
                self.format = Some(raw.clone());
                return;
            }
            Some(OutputFormat::Raw(..)) => {
                return losses.dropped(path, "Claude has no such form of answers");
            }
            Some(OutputFormat::JsonObject) => None,
            Some(OutputFormat::JsonSchema { schema, .. }) => Some(schema),
        };
        report_format_details(request, losses);
        if let (true, Some(schema)) = (profile.json_schema, schema) {
            let schema = closed_schema(request, schema, losses);
            self.format = Some(RawJson::build(|writer| {
                writer.object(|writer| {
                    writer.field("type", "json_schema");
                    writer.field("schema", &schema);
                });
            }));
            return;
        }
        // An object that may hold anything is no schema that Claude enforces.
        let why = if profile.json_schema {
            "Claude enforces no JSON without a schema: it is told so in the system prompt"
        } else {
            "this model enforces no schemas: it is told so in the system prompt"
        };
        losses.changed(path, why);
        self.instruction = Some(match schema {
            None => Str::from_static("Answer with one JSON object and nothing else."),
            Some(schema) => Str::from(format!(
                "Answer with one JSON value and nothing else. It must satisfy this JSON Schema:\n{}",
                schema.as_str()
            )),
        });
    }

    fn fit_identity(&mut self, request: &'r Request, losses: &mut Losses) {
        let identity = &request.identity;
        self.user = identity
            .user
            .as_ref()
            .or(identity.safety_identifier.as_ref());
        if request.dialect == Dialect::Claude {
            self.service_tier = identity.service_tier.as_ref();
            return;
        }
        match identity.service_tier.as_deref() {
            None | Some("auto" | "default") => {}
            Some("priority" | "fast") => self.speed = Some(Str::from_static("fast")),
            Some(tier) => {
                losses.dropped("service_tier", format!("Claude has no tier like `{tier}`"));
            }
        }
        if identity.user.is_some() && identity.safety_identifier.is_some() {
            losses.dropped("safety_identifier", "Claude takes one id: that of `user`");
        }
        if identity.metadata.is_some() {
            losses.dropped("metadata", "Claude's metadata holds the user's id only");
        }
    }

    /// Writes the fields.
    pub(super) fn write(&self, writer: &mut Writer<'_>, plan: &Plan, request: &Request) {
        writer.field_opt("temperature", self.temperature.as_ref());
        writer.field_opt("top_p", self.top_p.as_ref());
        writer.field_opt("top_k", self.top_k.as_ref());
        if !self.stop.is_empty() {
            writer.array_field("stop_sequences", |writer| {
                self.stop.iter().for_each(|stop| writer.value(*stop));
            });
        }
        self.write_output_config(writer, plan, request);
        self.write_metadata(writer, request);
        writer.field_opt("service_tier", self.service_tier);
        writer.field_opt("speed", self.speed.as_ref());
        writer.field_opt("container", request.state.container.as_ref());
        for extension in request.extensions.of(Dialect::Claude) {
            if extension.key != "output_config" {
                writer.foreign_field(&extension.key, &extension.value);
            }
        }
    }

    fn write_output_config(&self, writer: &mut Writer<'_>, plan: &Plan, request: &Request) {
        let rest = request.extensions.get(Dialect::Claude, "output_config");
        if plan.effort.is_none() && self.format.is_none() && rest.is_none() {
            return;
        }
        writer.object_field("output_config", |writer| {
            writer.field_opt("effort", plan.effort.as_ref());
            writer.field_opt("format", self.format.as_ref());
            if let Some(rest) = rest {
                write_without(writer, rest, &[]);
            }
        });
    }

    fn write_metadata(&self, writer: &mut Writer<'_>, request: &Request) {
        let own = request.dialect == Dialect::Claude;
        let rest = request.identity.metadata.as_ref().filter(|_| own);
        if self.user.is_none() && rest.is_none() {
            return;
        }
        writer.object_field("metadata", |writer| {
            writer.field_opt("user_id", self.user);
            if let Some(rest) = rest {
                write_without(writer, rest, &[]);
            }
        });
    }
}

fn drop_if<T>(
    field: &mut Option<T>,
    wrong: impl FnOnce(&T) -> bool,
    path: &str,
    why: &'static str,
    losses: &mut Losses,
) {
    if field.as_ref().is_some_and(wrong) {
        *field = None;
        losses.dropped(path, why);
    }
}

/// The schema as Claude enforces it; a Claude client's own is its own affair.
fn closed_schema(request: &Request, schema: &RawJson, losses: &mut Losses) -> RawJson {
    let base = match request.dialect {
        Dialect::Claude => return schema.clone(),
        Dialect::Chat | Dialect::Completions | Dialect::Kiro => {
            "response_format.json_schema.schema"
        }
        Dialect::Gemini => "generationConfig.responseJsonSchema",
        Dialect::Responses => "text.format.schema",
    };
    closed::enforced(schema, base, losses)
}

/// The schema's name matters to nobody but the client, which knows it.
fn report_format_details(request: &Request, losses: &mut Losses) {
    let Some(OutputFormat::JsonSchema {
        name,
        description,
        strict,
        ..
    }) = &request.output.format
    else {
        return;
    };
    let base = request.setting_path(Setting::Schema);
    let fields = [
        ("name", name.is_some()),
        ("description", description.is_some()),
        ("strict", strict.is_some()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, given)| *given) {
        let why = "Claude takes the schema alone";
        losses.quietly_dropped(format!("{base}.{field}"), why);
    }
}

/// Names the fields that Claude has no place for. Those that hold their default change nothing and are named quietly.
fn report_placeless(request: &Request, losses: &mut Losses) {
    let sampling = &request.sampling;
    let zero = |value: Option<f64>| value == Some(0.0);
    let frequency = sampling.frequency_penalty;
    let presence = sampling.presence_penalty;
    let (output, caching) = (&request.output, &request.caching);
    // Path, whether it was given, whether its value makes no difference.
    let fields = [
        ("n", sampling.n.is_some(), true),
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
        (
            "store",
            request.state.store.is_some(),
            request.state.store == Some(false),
        ),
    ];
    let why = "Claude has no such setting";
    for (path, given, harmless) in fields {
        match (given, harmless) {
            (false, _) => {}
            (true, true) => losses.quietly_dropped(path, why),
            (true, false) => losses.dropped(path, why),
        }
    }
    for extension in request.extensions.foreign(Dialect::Claude) {
        match extension.is_idle() {
            true => losses.quietly_dropped(&*extension.key, why),
            false => losses.dropped(&*extension.key, why),
        }
    }
}
