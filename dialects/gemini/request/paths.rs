//! Where a Gemini client finds in its own body what another dialect's encoder names in general words.

use crate::error::EncodeError;
use crate::target::Encoded;

/// The general word for a field, and where it stands.
const FIELDS: &[(&str, &str)] = &[
    ("temperature", "generationConfig.temperature"),
    ("top_p", "generationConfig.topP"),
    ("top_k", "generationConfig.topK"),
    ("max_tokens", "generationConfig.maxOutputTokens"),
    ("max_completion_tokens", "generationConfig.maxOutputTokens"),
    ("max_output_tokens", "generationConfig.maxOutputTokens"),
    ("stop", "generationConfig.stopSequences"),
    ("stop_sequences", "generationConfig.stopSequences"),
    ("n", "generationConfig.candidateCount"),
    ("frequency_penalty", "generationConfig.frequencyPenalty"),
    ("presence_penalty", "generationConfig.presencePenalty"),
    ("seed", "generationConfig.seed"),
    ("logprobs", "generationConfig.responseLogprobs"),
    ("top_logprobs", "generationConfig.logprobs"),
    ("modalities", "generationConfig.responseModalities"),
    ("response_format", "generationConfig.responseSchema"),
    ("output_config.format", "generationConfig.responseSchema"),
    ("text.format", "generationConfig.responseSchema"),
    (
        "reasoning_effort",
        "generationConfig.thinkingConfig.thinkingLevel",
    ),
    (
        "output_config.effort",
        "generationConfig.thinkingConfig.thinkingLevel",
    ),
    (
        "reasoning.effort",
        "generationConfig.thinkingConfig.thinkingLevel",
    ),
    (
        "thinking.budget_tokens",
        "generationConfig.thinkingConfig.thinkingBudget",
    ),
    (
        "thinking.display",
        "generationConfig.thinkingConfig.includeThoughts",
    ),
    ("thinking", "generationConfig.thinkingConfig"),
    ("tool_choice", "toolConfig.functionCallingConfig"),
    ("service_tier", "serviceTier"),
    ("system", "systemInstruction.parts"),
];

/// The place of a path in the client's body; nothing where it is one already.
fn spell(path: &str) -> Option<String> {
    FIELDS.iter().find_map(|(general, place)| {
        let rest = path.strip_prefix(general)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then(|| format!("{place}{rest}"))
    })
}

/// A translation whose losses, or whose refusal, are told in the client's words.
pub(crate) fn respelt(encoded: Result<Encoded, EncodeError>) -> Result<Encoded, EncodeError> {
    match encoded {
        Ok(mut encoded) => {
            encoded.losses.respell(spell);
            Ok(encoded)
        }
        Err(mut error) => {
            error.path = spell(&error.path).unwrap_or(error.path);
            Err(error)
        }
    }
}
