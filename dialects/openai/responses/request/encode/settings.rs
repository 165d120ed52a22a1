//! Everything beside items and tools.

use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::{OutputFormat, ReasoningMode, Request, Setting};
use crate::json::{RawJson, Writer};
use crate::openai::responses::wire::{self, INCLUDE_LOGPROBS, INCLUDE_STATE};
use crate::openai::scope::Scope;
use crate::openai::settings::{
    effort, highest, write_caching, write_identity, write_sampling_pair, write_schema,
};
use crate::target::Thinking;

/// The smallest output limit that OpenAI takes.
const SMALLEST_OUTPUT: u64 = 16;

/// Refuses what would get a wrong answer.
pub(super) fn refuse(request: &Request) -> Result<(), EncodeError> {
    let refuse = |path: &str, reason: &str| Err(EncodeError::new(path, reason));
    if request.sampling.n.is_some_and(|n| n > 1) {
        return refuse("n", "the upstream gives one answer; ask several times");
    }
    let modalities = request.output.modalities.as_ref();
    if modalities.is_some_and(|list| {
        let document = list.document();
        let mut words = document.root().items();
        words.any(|word| word.as_str().as_deref() != Some("text"))
    }) {
        return refuse("modalities", "the upstream answers with text only");
    }
    let legacy = request.legacy.as_ref();
    if legacy.is_some_and(|legacy| legacy.suffix.is_some()) {
        return refuse("suffix", "the upstream fills no gaps");
    }
    Ok(())
}

/// Writes the settings of a request.
pub(super) fn write(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    report_placeless(scope);
    limits(scope, writer);
    sampling(scope, writer);
    text(scope, writer);
    reasoning(scope, writer);
    include(scope, writer);
    write_caching(request, writer);
    write_identity(scope, writer);
    state(scope, writer);
    if request.stream {
        writer.field("stream", &true);
        if wire::has_inner(&request.extensions, "stream_options") {
            writer.object_field("stream_options", |writer| {
                wire::write_inner(writer, &request.extensions, "stream_options");
            });
        }
    }
    let below = ["text", "stream_options"];
    scope.extensions(writer, &request.extensions, &below, String::new);
}

/// Writes those that `input_tokens` takes.
pub(super) fn write_counted(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    text(scope, writer);
    reasoning(scope, writer);
    let previous = request.state.previous_response.as_ref();
    writer.field_opt("previous_response_id", previous);
    writer.field_opt("conversation", request.state.conversation.as_ref());
    let truncation = request.extensions.get(Dialect::Responses, "truncation");
    writer.field_opt("truncation", truncation);
}

/// Names the settings that Responses has no place for. Those that hold their default change nothing and are named quietly.
fn report_placeless(scope: &mut Scope<'_>) {
    let request = scope.request;
    let sampling = &request.sampling;
    let zero = |value: Option<f64>| value == Some(0.0);
    let output = &request.output;
    let legacy = request.legacy.as_ref();
    // Path, whether it was given, whether its value makes no difference.
    let fields = [
        ("top_k", sampling.top_k.is_some(), false),
        (
            "frequency_penalty",
            sampling.frequency_penalty.is_some(),
            zero(sampling.frequency_penalty),
        ),
        (
            "presence_penalty",
            sampling.presence_penalty.is_some(),
            zero(sampling.presence_penalty),
        ),
        ("logit_bias", sampling.logit_bias.is_some(), false),
        ("seed", sampling.seed.is_some(), false),
        ("n", sampling.n.is_some(), true),
        ("logprobs", sampling.logprobs == Some(false), true),
        (
            request.setting_path(Setting::Stop),
            !request.limits.stop.is_empty(),
            false,
        ),
        ("modalities", output.modalities.is_some(), true),
        ("audio", output.audio.is_some(), false),
        ("prediction", output.prediction.is_some(), true),
        ("cache_control", request.caching.mark.is_some(), true),
        ("container", request.state.container.is_some(), false),
        (
            "best_of",
            legacy.is_some_and(|legacy| legacy.best_of.is_some()),
            false,
        ),
        ("echo", legacy.is_some_and(|legacy| legacy.echo), false),
    ];
    for (path, given, harmless) in fields {
        let why = "Responses has no such setting";
        match (given, harmless) {
            (false, _) => {}
            (true, true) => scope.losses.quietly_dropped(path, why),
            (true, false) => scope.losses.dropped(path, why),
        }
    }
}

fn limits(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let Some(max) = scope.request.limits.max_output else {
        return;
    };
    if !scope.target.model_profile.output_limit {
        let path = scope.request.setting_path(Setting::MaxOutput);
        let why = "the upstream takes no limit of its answer";
        return scope.losses.dropped(path, why);
    }
    let mut limit = max;
    if max < SMALLEST_OUTPUT && !scope.native {
        limit = SMALLEST_OUTPUT;
        let path = scope.request.setting_path(Setting::MaxOutput);
        let why = format!("the smallest limit of the upstream is {SMALLEST_OUTPUT}");
        scope.losses.clamped(path, why);
    }
    writer.field("max_output_tokens", &limit);
}

fn sampling(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    write_sampling_pair(scope, writer);
    let sampling = &scope.request.sampling;
    writer.field_opt("top_logprobs", sampling.top_logprobs.as_ref());
}

/// `text`: format and verbosity. The format is flat (trap 89).
pub(super) fn text(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let output = &request.output;
    let format = match &output.format {
        Some(OutputFormat::Raw(Dialect::Responses, raw)) => Some(raw.clone()),
        Some(OutputFormat::Raw(..)) => {
            let path = request.setting_path(Setting::Format);
            let why = "Responses has no such form of output";
            scope.losses.dropped(path, why);
            None
        }
        Some(OutputFormat::JsonSchema { .. }) if !scope.target.model_profile.json_schema => {
            Some(simple_format("json_object"))
        }
        Some(OutputFormat::Text) => Some(simple_format("text")),
        Some(OutputFormat::JsonObject) => Some(simple_format("json_object")),
        Some(OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        }) => Some(RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field("type", "json_schema");
                write_schema(writer, name.as_ref(), description.as_ref(), schema, *strict);
            });
        })),
        None => None,
    };
    let has_rest = wire::has_inner(&request.extensions, "text");
    if format.is_none() && output.verbosity.is_none() && !has_rest {
        return;
    }
    writer.object_field("text", |writer| {
        writer.field_opt("format", format.as_ref());
        writer.field_opt("verbosity", output.verbosity.as_ref());
        wire::write_inner(writer, &request.extensions, "text");
    });
}

fn simple_format(kind: &str) -> RawJson {
    RawJson::build(|writer| writer.object(|writer| writer.field("type", kind)))
}

/// Whether a client of another dialect wants the model to think.
fn wants_thinking(request: &Request) -> bool {
    let wish = &request.reasoning;
    match (&wish.mode, wish.effort.as_deref(), wish.budget) {
        (Some(ReasoningMode::Off), ..) => false,
        (Some(_), ..) => true,
        (None, Some(effort), _) => effort != "none",
        (None, None, budget) => budget.is_some_and(|budget| budget > 0),
    }
}

fn reasoning(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let wish = &request.reasoning;
    if scope.native {
        let has_rest = wish.extensions.of(Dialect::Responses).next().is_some();
        if wish.effort.is_some() || wish.display.is_some() || has_rest {
            writer.object_field("reasoning", |writer| {
                writer.field_opt("effort", wish.effort.as_ref());
                writer.field_opt("summary", wish.display.as_ref());
                wire::write_extensions(writer, &wish.extensions, &[]);
            });
        }
        return;
    }
    // Chat's de-facto forms have been read; Claude's newer fields have no place.
    if request.dialect != Dialect::Chat {
        scope.foreign(&wish.extensions, || {
            request.setting_path(Setting::Thinking).to_owned()
        });
    }
    let effort = known_effort(scope);
    if scope.target.model_profile.thinking == Thinking::None {
        if effort.as_deref().is_some_and(|effort| effort != "none") {
            let why = "the model does not think";
            scope
                .losses
                .dropped(request.setting_path(Setting::Effort), why);
            scope
                .losses
                .dropped(request.setting_path(Setting::Thinking), why);
        }
        return;
    }
    let hidden = wish.display.as_deref() == Some("omitted");
    let summary = wants_thinking(request) && !hidden;
    if effort.is_none() && !summary {
        return;
    }
    writer.object_field("reasoning", |writer| {
        writer.field_opt("effort", effort.as_ref());
        if summary {
            writer.field("summary", "auto");
        }
    });
}

/// The wish as an effort that the model has.
fn known_effort(scope: &mut Scope<'_>) -> Option<String> {
    let request = scope.request;
    let effort = effort(scope)?;
    let openai = request.dialect == Dialect::Chat;
    let highest = highest(scope.target.model_profile.thinking, openai, effort);
    if highest != effort {
        let path = request.setting_path(Setting::Effort);
        let why = format!("`{highest}` is the highest effort of the model");
        scope.losses.clamped(path, why);
    }
    Some(highest.to_owned())
}

/// State of thinking must come back through a client that the provider does not store answers for (`dialects.md` 2.4).
fn include(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    let own = request.extensions.get(Dialect::Responses, "include");
    if own.is_some() {
        // Written with the other unknown fields.
        return;
    }
    let thinks = scope.target.model_profile.thinking != Thinking::None;
    let state = match scope.native {
        true => request.reasoning.keep_state,
        false => thinks && wants_thinking(request),
    };
    let logprobs = request.sampling.logprobs == Some(true);
    if !state && !logprobs {
        return;
    }
    writer.array_field("include", |writer| {
        if state {
            writer.value(INCLUDE_STATE);
        }
        if logprobs {
            writer.value(INCLUDE_LOGPROBS);
        }
    });
}

/// Nobody else's answers are stored by default, and an answer to them is not either.
fn state(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let state = &scope.request.state;
    let store = state.store.or((!scope.native).then_some(false));
    writer.field_opt("store", store.as_ref());
    writer.field_opt("previous_response_id", state.previous_response.as_ref());
    writer.field_opt("conversation", state.conversation.as_ref());
}
