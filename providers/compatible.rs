//! Servers that speak OpenAI Chat Completions (`providers.md` 4).

use modelgate_config::Secret;
use modelgate_config::model::{CompatibleProvider, MaxTokensField};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Str, Target};

use crate::credential::{self, Credential, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::{ProviderKind, models};

/// The credential of one key of an `openai-compatibility` entry.
pub(crate) fn credential(
    provider: &CompatibleProvider,
    index: usize,
    forge: &mut Forge<'_>,
) -> Credential {
    let key = &provider.keys[index];
    let api_key = key.api_key.as_ref();
    let raw = Raw {
        id: format!("{}[{index}]", provider.name),
        kind: ProviderKind::Compatible,
        provider: &provider.name,
        entry: &provider.entry,
        secret: api_key.map_or("", Secret::expose),
        weight: key.weight,
        proxy: &key.proxy,
        quirks: provider.quirks,
        auth: api_key.and_then(credential::bearer),
        account: None,
    };
    forge.make(raw, urls(provider), credential::common_headers())
}

fn urls(provider: &CompatibleProvider) -> Urls {
    let base = &provider.entry.base_url;
    let responses = provider.responses || {
        let mut models = provider.entry.models.iter();
        models.any(|model| model.responses == Some(true))
    };
    let responses = |path: &[&str]| responses.then(|| credential::join(base, path));
    Urls::Operations(Box::new(Operations {
        generate: Some(credential::join(base, &["chat", "completions"])),
        responses: responses(&["responses"]),
        messages: None,
        count_tokens: responses(&["responses", "input_tokens"]),
        compact: responses(&["responses", "compact"]),
        embed: Some(credential::join(base, &["embeddings"])),
        models: Some(credential::join(base, &["models"])),
    }))
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    let quirks = credential.quirks;
    Target {
        model: Str::from(model),
        provider: tag(&credential.provider),
        model_profile: models::profile(model),
        chat: ChatProfile {
            stream_options: quirks.stream_options,
            max_completion_tokens: match quirks.max_tokens {
                MaxTokensField::Auto => models::is_openai_reasoning(model),
                MaxTokensField::MaxTokens => false,
                MaxTokensField::MaxCompletionTokens => true,
            },
            developer_role: quirks.developer_role,
            image_in_tool: quirks.image_in_tool,
            cache_control: quirks.cache_control,
            replay_reasoning: quirks.replay_reasoning,
            reasoning_effort: quirks.reasoning_effort,
            // They came with GPT-5, and nobody else took them over.
            custom_tools: models::is_openai_reasoning(model),
            // The models made for it have it in their names; others refuse the request.
            web_search: model.contains("search"),
            ..ChatProfile::default()
        },
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

/// Whose reasoning state a provider accepts. OpenAI's is the same in both of its dialects.
fn tag(provider: &Str) -> Str {
    if **provider == *"openai" {
        provider.clone()
    } else {
        Str::from(format!("chat:{provider}"))
    }
}
