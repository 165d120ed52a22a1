//! Everything beside messages and tools.

use crate::Dialect;
use crate::ir::{OutputFormat, Request, Setting};
use crate::json::Writer;
use crate::openai::chat::wire::{self, STOP_LIMIT};
use crate::openai::scope::Scope;
use crate::openai::settings::{
    effort, highest, write_caching, write_identity, write_sampling_pair, write_schema,
};
use crate::target::Thinking;

/// Writes the settings of a request.
pub(super) fn write(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    limits(scope, writer);
    sampling(scope, writer);
    output(scope, writer);
    reasoning(scope, writer);
    caching(scope, writer);
    identity(scope, writer);
    stream(scope, writer);
    let request = scope.request;
    let below = ["stream_options"];
    scope.extensions(writer, &request.extensions, &below, String::new);
}

fn limits(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let limits = &scope.request.limits;
    if let Some(max) = limits.max_output {
        // Claude's 0 only warms its cache.
        let max = max.max(1);
        if limits.max_output == Some(0) {
            let why = "the upstream must write at least one token";
            let path = scope.request.setting_path(Setting::MaxOutput);
            scope.losses.clamped(path, why);
        }
        // The client's own spelling is kept unless the upstream is known to refuse the older one.
        let newer =
            scope.target.chat.max_completion_tokens || (scope.native && !limits.legacy_spelling);
        let key = if newer {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        writer.field(key, &max);
    }
    if limits.stop.is_empty() {
        return;
    }
    if limits.stop.len() > STOP_LIMIT {
        let path = scope.request.setting_path(Setting::Stop);
        let why = format!("only the first {STOP_LIMIT} stop texts are sent");
        scope.losses.clamped(path, why);
    }
    writer.array_field("stop", |writer| {
        let stops = limits.stop.iter().take(STOP_LIMIT);
        stops.for_each(|stop| writer.value(stop));
    });
}

fn sampling(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    write_sampling_pair(scope, writer);
    let sampling = &scope.request.sampling;
    match sampling.top_k {
        Some(top_k) if scope.native => writer.field("top_k", &top_k),
        Some(_) => scope.losses.dropped("top_k", "Chat has no top_k"),
        None => {}
    }
    writer.field_opt("frequency_penalty", sampling.frequency_penalty.as_ref());
    writer.field_opt("presence_penalty", sampling.presence_penalty.as_ref());
    writer.field_opt("logit_bias", sampling.logit_bias.as_ref());
    writer.field_opt("seed", sampling.seed.as_ref());
    writer.field_opt("n", sampling.n.as_ref());
    // Elsewhere alternatives are asked for alone.
    let implied = (!scope.native && sampling.top_logprobs.is_some()).then_some(true);
    writer.field_opt("logprobs", sampling.logprobs.or(implied).as_ref());
    writer.field_opt("top_logprobs", sampling.top_logprobs.as_ref());
}

fn output(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let output = &scope.request.output;
    match &output.format {
        None => {}
        Some(OutputFormat::Text) => simple_format(writer, "text"),
        Some(OutputFormat::JsonObject) => simple_format(writer, "json_object"),
        Some(OutputFormat::JsonSchema { .. }) if !scope.target.model_profile.json_schema => {
            simple_format(writer, "json_object");
        }
        Some(OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        }) => writer.object_field("response_format", |writer| {
            writer.field("type", "json_schema");
            writer.object_field("json_schema", |writer| {
                write_schema(writer, name.as_ref(), description.as_ref(), schema, *strict);
            });
        }),
        Some(OutputFormat::Raw(Dialect::Chat, raw)) => writer.field("response_format", raw),
        Some(OutputFormat::Raw(..)) => {
            let why = "Chat has no such form of output";
            let path = scope.request.setting_path(Setting::Format);
            scope.losses.dropped(path, why);
        }
    }
    writer.field_opt("verbosity", output.verbosity.as_ref());
    writer.field_opt("modalities", output.modalities.as_ref());
    writer.field_opt("audio", output.audio.as_ref());
    writer.field_opt("prediction", output.prediction.as_ref());
}

fn simple_format(writer: &mut Writer<'_>, kind: &str) {
    writer.object_field("response_format", |writer| writer.field("type", kind));
}

fn reasoning(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let wish = &scope.request.reasoning;
    let mut own = wish.extensions.of(Dialect::Chat).peekable();
    if own.peek().is_some() {
        // One of the de-facto forms: as it came, since this upstream is of the client's choosing.
        own.for_each(|extension| writer.foreign_field(&extension.key, &extension.value));
        return;
    }
    let request = scope.request;
    let level = || request.setting_path(Setting::Thinking).to_owned();
    scope.foreign(&wish.extensions, level);
    if wish.display.is_some() {
        let why = "Chat has no wish for how thinking is shown";
        let path = request.setting_path(Setting::Display);
        scope.losses.quietly_dropped(path, why);
    }
    let Some(effort) = effort(scope) else {
        return;
    };
    let path = request.setting_path(match wish.effort {
        Some(_) => Setting::Effort,
        None => Setting::Thinking,
    });
    let profile = &scope.target.model_profile;
    let chat = &scope.target.chat;
    if effort == "none" && (profile.thinking == Thinking::None || !chat.reasoning_effort) {
        return;
    }
    let obstacle = if profile.thinking == Thinking::None {
        Some("the model does not think")
    } else if !chat.reasoning_effort {
        Some("the upstream takes no reasoning_effort")
    } else if !chat.reasoning_effort_with_tools && !scope.request.tools.is_empty() {
        // Trap 41.
        Some("the upstream takes no reasoning_effort beside tools")
    } else {
        None
    };
    if let Some(why) = obstacle {
        scope.losses.dropped(path, why);
        if !scope.native && wish.mode.is_some() {
            let path = request.setting_path(Setting::Thinking);
            scope.losses.dropped(path, why);
        }
    } else {
        let openai = request.dialect != Dialect::Claude;
        let highest = highest(profile.thinking, openai, effort);
        if highest != effort {
            let why = format!("`{highest}` is the highest effort of the model");
            scope.losses.clamped(path, why);
        }
        writer.field("reasoning_effort", highest);
    }
}

fn caching(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let caching = &scope.request.caching;
    write_caching(scope.request, writer);
    match &caching.mark {
        Some(mark) if scope.native => wire::write_cache_mark(writer, mark),
        Some(_) => {
            let why = "Chat has no cache mark for a whole request";
            scope.losses.quietly_dropped("cache_control", why);
        }
        None => {}
    }
}

fn identity(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    write_identity(scope, writer);
    match request.state.store {
        // Compatible servers refuse what they do not know, even where it changes nothing.
        Some(false) if !scope.native => {
            let why = "what Chat does without being told";
            scope.losses.quietly_dropped("store", why);
        }
        store => writer.field_opt("store", store.as_ref()),
    }
    if request.state.container.is_some() {
        scope
            .losses
            .dropped("container", "a container belongs to its own vendor");
    }
}

/// Usage is always asked for where the upstream can give it (`dialects.md` 2.8): the gateway counts.
fn stream(scope: &mut Scope<'_>, writer: &mut Writer<'_>) {
    let request = scope.request;
    if !request.stream {
        return;
    }
    writer.field("stream", &true);
    if scope.target.chat.stream_options {
        writer.object_field("stream_options", |writer| {
            writer.field("include_usage", &true);
            wire::write_inner(writer, &request.extensions, "stream_options");
        });
    } else if request.include_usage == Some(true) || has_inner(request, "stream_options.") {
        let why = "the upstream takes no stream_options";
        scope.losses.dropped("stream_options", why);
    }
}

fn has_inner(request: &Request, prefix: &str) -> bool {
    let mut own = request.extensions.of(Dialect::Chat);
    own.any(|extension| extension.key.starts_with(prefix))
}
