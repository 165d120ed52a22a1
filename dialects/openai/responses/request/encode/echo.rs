//! What an answer repeats of its request.

use super::{NAME_LIMIT, SIDE, settings, tools};
use crate::Dialect;
use crate::ir::{Request, SystemRole};
use crate::json::{RawJson, Str};
use crate::openai::responses::wire;
use crate::openai::scope::Scope;
use crate::target::{ChatProfile, GeminiProfile, KiroProfile, ModelProfile, Target};

/// The settings of a Responses request that its answer repeats (`dialects.md` 1.3), as one object.
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
    let echo = RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field_opt("instructions", instructions.map(|block| &block.text));
            writer.field_opt("max_output_tokens", request.limits.max_output.as_ref());
            writer.field_opt(
                "previous_response_id",
                request.state.previous_response.as_ref(),
            );
            let wish = &request.reasoning;
            writer.object_field("reasoning", |writer| {
                wire::nullable(writer, "effort", wish.effort.as_deref());
                wire::nullable(writer, "summary", wish.display.as_deref());
            });
            writer.field_opt("temperature", request.sampling.temperature.as_ref());
            if request.output.format.is_some() {
                settings::text(&mut scope, writer);
            }
            tools::write(&mut scope, writer);
            writer.field_opt("top_p", request.sampling.top_p.as_ref());
            writer.field_opt("top_logprobs", request.sampling.top_logprobs.as_ref());
            for key in ["truncation", "max_tool_calls"] {
                writer.field_opt(key, request.extensions.get(Dialect::Responses, key));
            }
            let identity = &request.identity;
            writer.field_opt("user", identity.user.as_ref());
            writer.field_opt("safety_identifier", identity.safety_identifier.as_ref());
            writer.field_opt("prompt_cache_key", request.caching.key.as_ref());
            writer.field_opt("metadata", identity.metadata.as_ref());
        });
    });
    echo.on_one_line()
}
