//! What a client calls a setting, for losses.

use super::{Request, Tool};
use crate::Dialect;

/// A setting that dialects have different words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The form of the answer.
    Format,
    /// The schema of the answer and what belongs to it.
    Schema,
    /// How hard to think, as a level.
    Effort,
    /// Whether and how much to think.
    Thinking,
    /// How thinking is shown.
    Display,
    /// How many words the answer has.
    Verbosity,
    /// The output limit.
    MaxOutput,
    /// Token probabilities.
    Logprobs,
    /// Texts that end the answer.
    Stop,
}

impl Request {
    /// The path of the schema of the function at `tool`.
    pub(crate) fn schema_path(&self, tool: usize) -> String {
        let spelt = |tool: &Tool| tool.extensions.get(Dialect::Gemini, "parameters").is_some();
        let field = match self.dialect {
            Dialect::Claude => "input_schema",
            Dialect::Gemini if !self.tools.get(tool).is_some_and(spelt) => "parametersJsonSchema",
            Dialect::Chat
            | Dialect::Completions
            | Dialect::Gemini
            | Dialect::Kiro
            | Dialect::Responses => "parameters",
        };
        self.tool_field_path(tool, field)
    }

    /// The path of a setting in the client's own words.
    #[must_use]
    pub const fn setting_path(&self, setting: Setting) -> &'static str {
        let [chat, claude, gemini, responses] = match setting {
            Setting::Format => [
                "response_format",
                "output_config.format",
                "generationConfig.responseSchema",
                "text.format",
            ],
            Setting::Schema => [
                "response_format.json_schema",
                "output_config.format",
                "generationConfig.responseSchema",
                "text.format",
            ],
            Setting::Effort => [
                "reasoning_effort",
                "output_config.effort",
                "generationConfig.thinkingConfig.thinkingLevel",
                "reasoning.effort",
            ],
            Setting::Thinking => [
                "reasoning_effort",
                "thinking",
                "generationConfig.thinkingConfig",
                "reasoning",
            ],
            Setting::Display => [
                "reasoning",
                "thinking.display",
                "generationConfig.thinkingConfig.includeThoughts",
                "reasoning.summary",
            ],
            Setting::Verbosity => ["verbosity", "verbosity", "verbosity", "text.verbosity"],
            Setting::MaxOutput => [
                "max_tokens",
                "max_tokens",
                "generationConfig.maxOutputTokens",
                "max_output_tokens",
            ],
            Setting::Logprobs => [
                "logprobs",
                "logprobs",
                "generationConfig.responseLogprobs",
                "include",
            ],
            Setting::Stop => [
                "stop",
                "stop_sequences",
                "generationConfig.stopSequences",
                "stop",
            ],
        };
        match self.dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Kiro => chat,
            Dialect::Claude => claude,
            Dialect::Gemini => gemini,
            Dialect::Responses => responses,
        }
    }
}
