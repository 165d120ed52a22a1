//! What an answer repeats of its request.

use std::sync::LazyLock;

use super::{NAME_LIMIT, SIDE, settings, tools};
use crate::Dialect;
use crate::ir::{Request, SystemRole};
use crate::json::{RawJson, Str, ToJson, Writer};
use crate::openai::responses::wire;
use crate::openai::scope::Scope;
use crate::target::{ChatProfile, GeminiProfile, KiroProfile, ModelProfile, Target};

/// The settings that the answer to a Responses request repeats (`dialects.md` 1.3), as one object on one line: strict clients
/// want all of them, said or not.
pub(crate) fn echo(request: &Request) -> RawJson {
    let target = Target {
        model: request.model.clone(),
        provider: Str::new(),
        model_profile: ModelProfile::default(),
        chat: ChatProfile {
            cache_control: true,
            ..ChatProfile::default()
        },
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    };
    let mut scope = Scope::new(request, &target, &SIDE, NAME_LIMIT);
    let instructions = request.system.first();
    let instructions = instructions.filter(|block| block.role == SystemRole::Instructions);
    let sampling = &request.sampling;
    let identity = &request.identity;
    let wish = &request.reasoning;
    let own = |key: &str| request.extensions.get(Dialect::Responses, key);
    let echo = RawJson::build_in(512, |writer| {
        writer.object(|writer| {
            let text = instructions.map(|block| &block.text);
            or(writer, "instructions", text, "null");
            let limit = request.limits.max_output.as_ref();
            or(writer, "max_output_tokens", limit, "null");
            let previous = request.state.previous_response.as_ref();
            or(writer, "previous_response_id", previous, "null");
            writer.object_field("reasoning", |writer| {
                wire::nullable(writer, "effort", wish.effort.as_deref());
                wire::nullable(writer, "summary", wish.display.as_deref());
            });
            or(writer, "temperature", sampling.temperature.as_ref(), "null");
            match request.output.format {
                Some(_) => settings::text(&mut scope, writer),
                None => preset(writer, "text", r#"{"format":{"type":"text"}}"#),
            }
            tools::write(&mut scope, writer);
            if request.tools.is_empty() && request.namespaces.declared().is_empty() {
                preset(writer, "tools", "[]");
            }
            if request.tool_choice.is_none() {
                preset(writer, "tool_choice", r#""auto""#);
            }
            if request.parallel_tool_calls.is_none() {
                preset(writer, "parallel_tool_calls", "true");
            }
            or(writer, "top_p", sampling.top_p.as_ref(), "null");
            writer.field_opt("top_logprobs", sampling.top_logprobs.as_ref());
            or(writer, "truncation", own("truncation"), r#""disabled""#);
            writer.field_opt("max_tool_calls", own("max_tool_calls"));
            or(writer, "user", identity.user.as_ref(), "null");
            writer.field_opt("safety_identifier", identity.safety_identifier.as_ref());
            writer.field_opt("prompt_cache_key", request.caching.key.as_ref());
            or(writer, "metadata", identity.metadata.as_ref(), "{}");
            // Whatever was asked for: nothing is stored where it could be asked for.
            preset(writer, "store", "false");
        });
    });
    echo.on_one_line()
}

/// What the answer to a request that says nothing repeats.
pub(in crate::openai::responses) fn unsaid() -> &'static RawJson {
    static UNSAID: LazyLock<RawJson> = LazyLock::new(|| echo(&Request::new(Dialect::Responses)));
    &UNSAID
}

/// Writes what the request says, or what it means by not saying it.
fn or<T: ToJson>(
    writer: &mut Writer<'_>,
    key: &'static str,
    said: Option<&T>,
    unsaid: &'static str,
) {
    match said {
        Some(said) => writer.field(key, said),
        None => preset(writer, key, unsaid),
    }
}

fn preset(writer: &mut Writer<'_>, key: &'static str, json: &'static str) {
    writer.key(key);
    writer.verbatim(json);
}
