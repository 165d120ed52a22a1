//! The fields beside the prompt, and the names of those that Gemini has no place for (`dialects.md` 2.3 and 2.5).

use super::encode::Scope;
use super::thinking::{self, Plan};
use super::tools::report_schema;
use crate::Dialect;
use crate::error::EncodeError;
use crate::gemini::schema;
use crate::ir::{OutputFormat, Request, Setting, Tool, ToolKind};
use crate::json::{RawJson, Str, Value, Writer};

/// Most stop texts of a request.
const STOP_LIMIT: usize = 5;

/// Begins the key of an unknown field of `generationConfig` among those of the request.
const CONFIG: &str = "generationConfig.";

/// The fields beside the prompt.
pub(super) struct Fields<'r> {
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u64>,
    max_output: Option<u64>,
    stop: &'r [Str],
    /// What says the form of the answer: keys and values.
    format: Vec<(Str, RawJson)>,
    modalities: Option<RawJson>,
    plan: Plan,
    service_tier: Option<Str>,
    /// What a model without structured output is told instead.
    pub(super) instruction: Option<Str>,
}

/// Refuses what would get a wrong answer.
pub(super) fn refuse(request: &Request) -> Result<(), EncodeError> {
    let refuse = |path: &str, reason: &str| Err(EncodeError::new(path, reason));
    if request.state.previous_response.is_some() {
        let reason = "Gemini keeps no answers; send the conversation itself";
        return refuse("previous_response_id", reason);
    }
    if request.state.conversation.is_some() {
        let reason = "Gemini keeps no conversations; send the messages themselves";
        return refuse("conversation", reason);
    }
    Ok(())
}

/// Refuses what only Google can answer, for every other vendor: the answer would not know what it is about.
///
/// # Errors
/// Where the request goes on from something that Google keeps.
pub(crate) fn refuse_elsewhere(request: &Request) -> Result<(), EncodeError> {
    for key in ["cachedContent", "continuationToken"] {
        if request.extensions.get(Dialect::Gemini, key).is_some() {
            let reason = "it is kept by Google and known to nobody else; send the content itself";
            return Err(EncodeError::new(key, reason));
        }
    }
    Ok(())
}

impl<'r> Fields<'r> {
    /// Makes the fields fit for the model.
    pub(super) fn of(scope: &mut Scope<'r>) -> Self {
        let request = scope.request;
        report_placeless(scope);
        let plan = thinking::plan(scope);
        let mut fields = Self {
            temperature: request.sampling.temperature,
            top_p: request.sampling.top_p,
            top_k: request.sampling.top_k,
            // Claude's 0 only warms its cache.
            max_output: request.limits.max_output.map(|limit| limit.max(1)),
            stop: &request.limits.stop,
            format: Vec::new(),
            modalities: None,
            plan,
            service_tier: None,
            instruction: None,
        };
        fields.fit_sampling(scope);
        fields.fit_limit(scope);
        fields.fit_stop(scope);
        fields.fit_format(scope);
        fields.fit_modalities(scope);
        fields.fit_tier(scope);
        fields
    }

    fn fit_sampling(&mut self, scope: &mut Scope<'_>) {
        if scope.target.model_profile.sampling {
            return;
        }
        let why = "this model takes no sampling settings";
        let given = [
            ("temperature", self.temperature.take().is_some()),
            ("top_p", self.top_p.take().is_some()),
            ("top_k", self.top_k.take().is_some()),
        ];
        for (path, _) in given.into_iter().filter(|(_, given)| *given) {
            scope.losses.dropped(path, why);
        }
    }

    fn fit_limit(&mut self, scope: &mut Scope<'_>) {
        if !scope.target.model_profile.output_limit && self.max_output.take().is_some() {
            let path = scope.request.setting_path(Setting::MaxOutput);
            let why = "this model takes no limit of its answer";
            scope.losses.dropped(path, why);
        }
    }

    fn fit_stop(&mut self, scope: &mut Scope<'_>) {
        let path = scope.request.setting_path(Setting::Stop);
        if self.stop.len() > STOP_LIMIT {
            let why = format!("only the first {STOP_LIMIT} stop texts are sent");
            scope.losses.clamped(path, why);
            self.stop = &self.stop[..STOP_LIMIT];
        }
    }

    fn fit_format(&mut self, scope: &mut Scope<'_>) {
        let json = || RawJson::build(|writer| writer.value("application/json"));
        let mime = Str::from_static("responseMimeType");
        let base = scope.request.setting_path(Setting::Format);
        let schema = match &scope.request.output.format {
            None => return,
            Some(OutputFormat::Text) => {
                if scope.native {
                    let text = RawJson::build(|writer| writer.value("text/plain"));
                    self.format.push((mime, text));
                }
                return;
            }
            Some(OutputFormat::Raw(Dialect::Gemini, raw)) => {
                let document = raw.document();
                let entries = document.root().entries();
                self.format
                    .extend(entries.map(|(key, value)| (Str::from(&*key), value.raw())));
                return;
            }
            Some(OutputFormat::Raw(..)) => {
                return scope
                    .losses
                    .dropped(base, "Gemini has no such form of answers");
            }
            Some(OutputFormat::JsonObject) => None,
            Some(OutputFormat::JsonSchema { schema, .. }) => Some(schema),
        };
        report_format_details(scope);
        if let Some(why) = only_told(scope) {
            scope.losses.changed(base, why);
            self.instruction = Some(instruction(schema));
            return;
        }
        self.format.push((mime, json()));
        let own = format!("{CONFIG}responseSchema");
        if let Some(own) = scope.request.extensions.get(Dialect::Gemini, &own) {
            self.format
                .push((Str::from_static("responseSchema"), own.clone()));
        } else if let Some(schema) = schema {
            // Never both (trap 58).
            if scope.profile().json_schema {
                self.format
                    .push((Str::from_static("responseJsonSchema"), schema.clone()));
                return;
            }
            let cleaned = schema::clean(schema);
            let path = match scope.request.dialect {
                Dialect::Chat | Dialect::Completions | Dialect::Kiro => {
                    "response_format.json_schema.schema"
                }
                Dialect::Claude => "output_config.format.schema",
                Dialect::Gemini => "generationConfig.responseJsonSchema",
                Dialect::Responses => "text.format.schema",
            };
            report_schema(scope, path, cleaned.lost);
            self.format
                .push((Str::from_static("responseSchema"), cleaned.schema));
        }
    }

    /// Text alone is what happens anyway.
    fn fit_modalities(&mut self, scope: &mut Scope<'_>) {
        let Some(list) = &scope.request.output.modalities else {
            return;
        };
        let document = list.document();
        let words: Vec<String> = document
            .root()
            .items()
            .filter_map(Value::as_str)
            .map(|word| word.to_ascii_uppercase())
            .collect();
        if !scope.native && words.iter().all(|word| word == "TEXT") {
            return scope
                .losses
                .quietly_dropped("modalities", "text is what Gemini answers with");
        }
        self.modalities = Some(RawJson::build(|writer| {
            writer.array(|writer| words.iter().for_each(|word| writer.value(word)));
        }));
    }

    fn fit_tier(&mut self, scope: &mut Scope<'_>) {
        let identity = &scope.request.identity;
        if scope.native {
            self.service_tier = identity.service_tier.clone();
            return;
        }
        let word = match (identity.service_tier.as_deref(), identity.speed.as_deref()) {
            (Some("priority" | "fast"), _) | (_, Some("fast")) => "priority",
            (Some("flex"), _) => "flex",
            (None | Some("auto" | "default" | "standard_only"), _) => return,
            (Some(tier), _) => {
                let why = format!("Gemini has no tier like `{tier}`");
                return scope.losses.dropped("service_tier", why);
            }
        };
        self.service_tier = Some(Str::from_static(word));
    }

    /// Writes the fields.
    pub(super) fn write(&self, writer: &mut Writer<'_>, request: &Request) {
        let mut config = Vec::new();
        Writer::new(&mut config).object(|writer| self.write_config(writer, request));
        if config != b"{}" {
            let config = String::from_utf8(config).map(Str::from).unwrap_or_default();
            writer.key("generationConfig");
            writer.verbatim(&config);
        }
        writer.field_opt("serviceTier", self.service_tier.as_ref());
        let own = request.dialect == Dialect::Gemini;
        writer.field_opt("store", request.state.store.as_ref().filter(|_| own));
        let nested = |key: &str| key.starts_with(CONFIG) || key.starts_with("toolConfig.");
        let kept = request
            .extensions
            .of(Dialect::Gemini)
            .filter(|kept| !kept.spelling);
        for extension in kept.filter(|kept| !nested(&kept.key)) {
            writer.foreign_field(&extension.key, &extension.value);
        }
    }

    fn write_config(&self, writer: &mut Writer<'_>, request: &Request) {
        let sampling = &request.sampling;
        writer.field_opt("temperature", self.temperature.as_ref());
        writer.field_opt("topP", self.top_p.as_ref());
        writer.field_opt("topK", self.top_k.as_ref());
        writer.field_opt("maxOutputTokens", self.max_output.as_ref());
        writer.field_opt("candidateCount", sampling.n.as_ref());
        if !self.stop.is_empty() {
            writer.array_field("stopSequences", |writer| {
                self.stop.iter().for_each(|stop| writer.value(stop));
            });
        }
        writer.field_opt("seed", sampling.seed.as_ref());
        writer.field_opt("presencePenalty", sampling.presence_penalty.as_ref());
        writer.field_opt("frequencyPenalty", sampling.frequency_penalty.as_ref());
        // Alternatives of tokens are refused unless tokens are asked for.
        let implied = sampling.top_logprobs.is_some().then_some(true);
        writer.field_opt("responseLogprobs", sampling.logprobs.or(implied).as_ref());
        writer.field_opt("logprobs", sampling.top_logprobs.as_ref());
        for (key, value) in &self.format {
            writer.foreign_field(key, value);
        }
        writer.field_opt("responseModalities", self.modalities.as_ref());
        self.plan.write(writer, &request.reasoning);
        let kept = request
            .extensions
            .of(Dialect::Gemini)
            .filter(|kept| !kept.spelling);
        for extension in kept {
            if let Some(key) = extension.key.strip_prefix(CONFIG) {
                writer.foreign_field(key, &extension.value);
            }
        }
    }
}

fn instruction(schema: Option<&RawJson>) -> Str {
    match schema {
        None => Str::from_static("Answer with one JSON object and nothing else."),
        Some(schema) => Str::from(format!(
            "Answer with one JSON value and nothing else. It must satisfy this JSON Schema:\n{}",
            schema.as_str()
        )),
    }
}

/// The schema's name matters to nobody but the client, which knows it.
/// Why the model is only told of the form of the answer, if it is.
fn only_told(scope: &Scope<'_>) -> Option<&'static str> {
    if !scope.target.model_profile.json_schema {
        return Some("this model enforces no schemas: it is told so in the system prompt");
    }
    let is_function = |tool: &Tool| {
        matches!(
            tool.kind,
            ToolKind::Function { .. } | ToolKind::Custom { .. }
        )
    };
    let alone = !scope.native && !scope.profile().mixed_tools;
    (alone && scope.request.tools.iter().any(is_function)).then_some(
        "this model takes no form of the answer beside functions: it is told so in the system prompt",
    )
}

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
        let why = "Gemini takes the schema alone";
        scope.losses.quietly_dropped(format!("{base}.{field}"), why);
    }
}

/// Names the fields that Gemini has no place for. Those that hold their default change nothing and are named quietly.
fn report_placeless(scope: &mut Scope<'_>) {
    let request = scope.request;
    let (sampling, output, caching) = (&request.sampling, &request.output, &request.caching);
    let (identity, state) = (&request.identity, &request.state);
    let user = match request.dialect {
        Dialect::Claude => "metadata.user_id",
        Dialect::Chat
        | Dialect::Completions
        | Dialect::Kiro
        | Dialect::Gemini
        | Dialect::Responses => "user",
    };
    // Path, whether it was given, whether it makes no difference to the answer.
    let fields = [
        ("logit_bias", sampling.logit_bias.is_some(), false),
        (
            request.setting_path(Setting::Verbosity),
            output.verbosity.is_some(),
            false,
        ),
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
        ("container", state.container.is_some(), false),
        (
            "store",
            state.store.is_some() && !scope.native,
            state.store == Some(false),
        ),
    ];
    let why = "Gemini has no such setting";
    for (path, given, harmless) in fields {
        match (given, harmless) {
            (false, _) => {}
            (true, true) => scope.losses.quietly_dropped(path, why),
            (true, false) => scope.losses.dropped(path, why),
        }
    }
    if request.limits.max_output == Some(0) {
        let why = "the model must write at least one token";
        scope.losses.clamped("max_tokens", why);
    }
    scope.foreign(&request.extensions, String::new);
}
