//! What is known of models by their names: a data file.

use std::sync::LazyLock;

use modelgate_config::Pattern;
use modelgate_dialects::target::{GeminiProfile, ModelProfile, Thinking};
use serde::Deserialize;

use crate::credential::Credential;
use crate::kind::ProviderKind;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("models.json"))
        .expect("models.json is checked by a test");
    Table {
        families: file
            .families
            .into_iter()
            .map(|family| (Pattern::new(&family.pattern), family))
            .collect(),
        windows: file.windows.into_iter().map(Windows::from).collect(),
        antigravity: file.catalogues.antigravity,
        chatgpt: file.catalogues.chatgpt,
        chatgpt_free: file.catalogues.chatgpt_free,
        claude: file.catalogues.claude,
        code_assist: file.catalogues.code_assist,
        openai: file.catalogues.openai,
        gemini: file.catalogues.gemini,
        vertex: file.catalogues.vertex,
        copilot: file.catalogues.copilot,
        iflow: file.catalogues.iflow,
        kimi: file.catalogues.kimi,
        kiro: file.catalogues.kiro,
        qwen: file.catalogues.qwen,
        xai: file.catalogues.xai,
        openai_reasoning: file
            .openai_reasoning
            .iter()
            .map(|pattern| Pattern::new(pattern))
            .collect(),
    }
});

struct Table {
    families: Vec<(Pattern, Family)>,
    windows: Vec<Windows>,
    antigravity: Vec<String>,
    chatgpt: Vec<String>,
    chatgpt_free: Vec<String>,
    claude: Vec<String>,
    code_assist: Vec<String>,
    openai: Vec<String>,
    gemini: Vec<String>,
    vertex: Vec<String>,
    copilot: Vec<String>,
    iflow: Vec<String>,
    kimi: Vec<String>,
    kiro: Vec<String>,
    qwen: Vec<String>,
    xai: Vec<String>,
    openai_reasoning: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    families: Vec<Family>,
    windows: Vec<FileWindows>,
    catalogues: Catalogues,
    openai_reasoning: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Catalogues {
    antigravity: Vec<String>,
    chatgpt: Vec<String>,
    chatgpt_free: Vec<String>,
    claude: Vec<String>,
    code_assist: Vec<String>,
    openai: Vec<String>,
    gemini: Vec<String>,
    vertex: Vec<String>,
    copilot: Vec<String>,
    iflow: Vec<String>,
    kimi: Vec<String>,
    kiro: Vec<String>,
    qwen: Vec<String>,
    xai: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Family {
    pattern: String,
    /// Missing where nobody told us.
    max_output: Option<u32>,
    /// Missing where nobody told us.
    thinking: Option<FamilyThinking>,
    #[serde(default = "yes")]
    sampling: bool,
    #[serde(default = "yes")]
    sampling_pair: bool,
    #[serde(default = "yes")]
    prefill: bool,
    #[serde(default)]
    mid_system: bool,
    #[serde(default = "yes")]
    json_schema: bool,
    #[serde(default)]
    gemini: FamilyGemini,
}

/// Models that have windows of one size with these providers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWindows {
    tokens: u32,
    at: Vec<String>,
    models: Vec<String>,
}

struct Windows {
    tokens: u32,
    at: Vec<String>,
    models: Vec<Pattern>,
}

impl From<FileWindows> for Windows {
    fn from(file: FileWindows) -> Self {
        let models = file.models.iter().map(|model| Pattern::new(model));
        Self {
            tokens: file.tokens,
            at: file.at,
            models: models.collect(),
        }
    }
}

/// What Gemini's models differ in (`providers.md` 5).
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct FamilyGemini {
    /// Gemini 3 and later.
    third: bool,
    thinking_off: bool,
    minimal: bool,
    low: bool,
    medium: bool,
}

impl Default for FamilyGemini {
    fn default() -> Self {
        Self {
            third: false,
            thinking_off: true,
            minimal: true,
            low: true,
            medium: true,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum FamilyThinking {
    None,
    Budget([u32; 2]),
    Both([u32; 2]),
    Levels(Vec<String>),
}

fn yes() -> bool {
    true
}

/// The abilities of a model; the widest habits for a name nobody told us about, but for Claude's: from 4.1 on its models
/// refuse `temperature` beside `top_p`, and an unknown one is rather a new one.
pub(crate) fn profile(model: &str) -> ModelProfile {
    family(model).map_or_else(ModelProfile::default, Family::profile)
}

/// What a model takes in Gemini's dialect.
pub(crate) fn gemini_profile(model: &str) -> GeminiProfile {
    family(model).map_or_else(GeminiProfile::default, |family| family.gemini.profile())
}

fn family(model: &str) -> Option<&'static Family> {
    let fits = |(pattern, _): &&(Pattern, Family)| pattern.matches(model);
    TABLE.families.iter().find(fits).map(|(_, family)| family)
}

/// What a model reads and writes in one request, in tokens, where that is known of it with this provider.
pub(crate) fn context_window(credential: &Credential, model: &str) -> Option<u32> {
    let at = match credential.kind {
        // Who speaks Chat is told apart by name.
        ProviderKind::Compatible => &*credential.provider,
        kind => kind.name(),
    };
    window_at(at, model)
}

fn window_at(provider: &str, model: &str) -> Option<u32> {
    let fits = |row: &&Windows| {
        let here = row.at.iter().any(|at| at == provider);
        here && row.models.iter().any(|pattern| pattern.matches(model))
    };
    TABLE.windows.iter().find(fits).map(|row| row.tokens)
}

/// The models of Google's Gemini API.
pub(crate) fn gemini_catalogue() -> &'static [String] {
    &TABLE.gemini
}

/// The models of Google's Vertex AI (`providers.md` 7).
pub(crate) fn vertex_catalogue() -> &'static [String] {
    &TABLE.vertex
}

/// Whether a model answers with words, as far as its name tells: not those that make vectors or pictures alone.
pub(crate) fn is_writer(model: &str) -> bool {
    !["embed", "imagen"].iter().any(|word| model.contains(word))
}

/// The models that Copilot accounts serve (`providers.md` 12).
pub(crate) fn copilot_catalogue() -> &'static [String] {
    &TABLE.copilot
}

/// The models that xAI accounts serve (`providers.md` 14).
pub(crate) fn xai_catalogue() -> &'static [String] {
    &TABLE.xai
}

/// The models that iFlow accounts serve (`providers.md` 10).
pub(crate) fn iflow_catalogue() -> &'static [String] {
    &TABLE.iflow
}

/// The models that accounts of Gemini's command line serve (`providers.md` 6.3).
pub(crate) fn code_assist_catalogue() -> &'static [String] {
    &TABLE.code_assist
}

/// The models that Antigravity accounts serve (`providers.md` 8).
pub(crate) fn antigravity_catalogue() -> &'static [String] {
    &TABLE.antigravity
}

/// The models that ChatGPT accounts of a plan serve (`providers.md` 3.4); where the plan is not known, those of all plans.
pub(crate) fn chatgpt_catalogue(plan: Option<&str>) -> &'static [String] {
    match plan {
        Some("free") => &TABLE.chatgpt_free,
        _ => &TABLE.chatgpt,
    }
}

/// The models that Kimi accounts serve (`providers.md` 13).
pub(crate) fn kimi_catalogue() -> &'static [String] {
    &TABLE.kimi
}

/// The models that Kiro accounts serve (`providers.md` 9.6).
pub(crate) fn kiro_catalogue() -> &'static [String] {
    &TABLE.kiro
}

/// The models of Qwen's accounts.
pub(crate) fn qwen_catalogue() -> &'static [String] {
    &TABLE.qwen
}

/// The models of OpenAI's API.
pub(crate) fn openai_catalogue() -> &'static [String] {
    &TABLE.openai
}

/// The models of Anthropic's API.
pub(crate) fn claude_catalogue() -> &'static [String] {
    &TABLE.claude
}

/// The models of a well-known Chat provider; empty for any other.
pub(crate) fn compatible_catalogue(provider: &str) -> &'static [String] {
    match provider {
        "openai" => &TABLE.openai,
        _ => &[],
    }
}

/// Whether the model is one of OpenAI's that refuse `max_tokens`.
pub(crate) fn is_openai_reasoning(model: &str) -> bool {
    TABLE
        .openai_reasoning
        .iter()
        .any(|pattern| pattern.matches(model))
}

impl Family {
    fn profile(&self) -> ModelProfile {
        ModelProfile {
            max_output: self.max_output,
            thinking: (self.thinking.as_ref())
                .map_or_else(|| ModelProfile::default().thinking, FamilyThinking::profile),
            sampling: self.sampling,
            sampling_pair: self.sampling_pair,
            output_limit: true,
            prefill: self.prefill,
            mid_system: self.mid_system,
            json_schema: self.json_schema,
        }
    }
}

impl FamilyThinking {
    fn profile(&self) -> Thinking {
        match self {
            Self::None => Thinking::None,
            Self::Budget([min, max]) => Thinking::Budget {
                min: *min,
                max: *max,
            },
            Self::Both([min, max]) => Thinking::Both {
                min: *min,
                max: *max,
            },
            Self::Levels(extra) => {
                let has = |level: &str| extra.iter().any(|known| known == level);
                Thinking::Levels {
                    xhigh: has("xhigh"),
                    max: has("max"),
                }
            }
        }
    }
}

impl FamilyGemini {
    fn profile(&self) -> GeminiProfile {
        GeminiProfile {
            signatures: self.third,
            result_parts: self.third,
            media_resolution: self.third,
            addresses: self.third,
            thinking_off: self.thinking_off,
            mixed_tools: self.third,
            minimal: self.minimal,
            low: self.low,
            medium: self.medium,
            ..GeminiProfile::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(model: &str, max_output: Option<u32>, thinking: Thinking) {
        let profile = profile(model);
        assert_eq!(
            (profile.max_output, profile.thinking),
            (max_output, thinking),
            "{model}"
        );
    }

    #[test]
    fn every_listed_claude_model_has_a_family() {
        for model in claude_catalogue() {
            assert!(profile(model).max_output.is_some(), "{model}");
        }
    }

    #[test]
    fn families_are_told_apart_by_their_names() {
        check("claude-3-5-haiku-20241022", Some(8192), Thinking::None);
        check(
            "claude-opus-4-20250514",
            Some(32_000),
            Thinking::Budget {
                min: 1024,
                max: 100_000,
            },
        );
        check(
            "claude-sonnet-4-5-20250929",
            Some(64_000),
            Thinking::Budget {
                min: 1024,
                max: 128_000,
            },
        );
        check(
            "claude-opus-4-6",
            Some(128_000),
            Thinking::Both {
                min: 1024,
                max: 128_000,
            },
        );
        check(
            "claude-sonnet-5",
            Some(128_000),
            Thinking::Levels {
                xhigh: true,
                max: true,
            },
        );
        check(
            "llama-4",
            None,
            Thinking::Both {
                min: 1024,
                max: 128_000,
            },
        );
    }

    #[test]
    fn a_claude_model_that_nobody_told_us_about_takes_one_of_the_pair() {
        for (model, pair) in [
            ("claude-next", false),
            ("claude-opus-4-9", false),
            ("claude-sonnet-4-7-20270101", false),
            ("claude-opus-4@20250514", false),
            ("anthropic/claude-sonnet-4.5", false),
            ("claude-3-7-sonnet-20250219", true),
            ("claude-opus-4-20250514", true),
            ("claude-sonnet-4-0", true),
            ("llama-4", true),
            ("gpt-4o", true),
        ] {
            assert_eq!(profile(model).sampling_pair, pair, "{model}");
        }
        let unknown = profile("claude-next");
        let wide = ModelProfile {
            sampling_pair: false,
            ..ModelProfile::default()
        };
        assert_eq!(unknown, wide);
    }

    #[test]
    fn every_listed_gemini_model_has_a_family() {
        let vertex = vertex_catalogue().iter().filter(|model| is_writer(model));
        let gemini = gemini_catalogue().iter().chain(code_assist_catalogue());
        for model in gemini.chain(vertex) {
            assert!(profile(model).max_output.is_some(), "{model}");
        }
    }

    #[test]
    fn what_chatgpt_lists_thinks_up_to_its_highest_level() {
        for model in chatgpt_catalogue(None) {
            let max = model.starts_with("gpt-5.6-");
            check(model, Some(128_000), Thinking::Levels { xhigh: true, max });
        }
        let (all, free) = (
            chatgpt_catalogue(Some("plus")),
            chatgpt_catalogue(Some("free")),
        );
        assert!(free.len() < all.len() && free.iter().all(|model| all.contains(model)));
    }

    #[test]
    fn windows_are_those_of_the_provider() {
        for (provider, model, tokens) in [
            ("claude", "claude-sonnet-4-5-20250929", Some(200_000)),
            ("claude", "claude-opus-4-6", Some(1_000_000)),
            ("claude", "claude-next", None),
            ("chatgpt", "gpt-5.5", Some(272_000)),
            ("openai", "gpt-5.5", None),
            ("openai", "gpt-5.4", Some(1_050_000)),
            ("github-copilot", "gpt-5.1", Some(200_000)),
            ("chatgpt", "gpt-5.1", Some(400_000)),
            ("gemini", "gemini-2.5-pro", Some(1_048_576)),
            ("gemini", "gemini-2.5-flash-image", None),
            ("kimi", "kimi-for-coding", Some(262_144)),
            ("groq", "gpt-5", None),
        ] {
            assert_eq!(window_at(provider, model), tokens, "{provider}: {model}");
        }
    }

    #[test]
    fn no_window_is_smaller_than_the_longest_answer_and_each_is_somebodys() {
        use ProviderKind::{
            Antigravity, ChatGpt, Claude, CodeAssist, Codex, Copilot, Gemini, Kimi, Kiro, Vertex,
            Xai,
        };
        let kinds = [
            Antigravity,
            ChatGpt,
            Claude,
            CodeAssist,
            Codex,
            Copilot,
            Gemini,
            Kimi,
            Kiro,
            Vertex,
            Xai,
        ];
        for row in &TABLE.windows {
            for at in &row.at {
                let mut names = kinds.iter().map(|kind| kind.name()).chain(["openai"]);
                assert!(names.any(|name| name == at), "{at}");
            }
            for pattern in &row.models {
                let longest = profile(&pattern.to_string()).max_output;
                assert!(longest.is_none_or(|longest| longest <= row.tokens));
            }
        }
    }

    #[test]
    fn generations_of_gemini_think_in_their_own_way() {
        let budget = |min, max| Thinking::Budget { min, max };
        check("gemini-2.5-pro", Some(65_536), budget(128, 32_768));
        check("gemini-2.5-flash", Some(65_536), budget(1, 24_576));
        check("gemini-2.5-flash-lite", Some(65_536), budget(512, 24_576));
        let levels = Thinking::Levels {
            xhigh: false,
            max: false,
        };
        check("gemini-3-pro-preview", Some(65_536), levels);
        let third = gemini_profile("gemini-3-pro-preview");
        assert!(third.signatures && !third.thinking_off && !third.medium);
        assert!(gemini_profile("gemini-3-flash-preview").medium);
        let second = gemini_profile("gemini-2.5-pro");
        assert!(!second.signatures && !second.mixed_tools);
        let small = gemini_profile("gemini-3.1-flash-lite-preview");
        assert!(small.minimal && !small.low && !small.medium);
        assert!(third.mixed_tools && third.low);
    }

    #[test]
    fn vectors_and_pictures_are_no_words() {
        for model in [
            "imagen-4.0-generate-001",
            "gemini-embedding-001",
            "text-embedding-3-small",
        ] {
            assert!(!is_writer(model), "{model}");
        }
        assert!(is_writer("gemini-3-pro-image") && is_writer("gpt-5"));
        assert!(vertex_catalogue().iter().any(|model| !is_writer(model)));
    }

    #[test]
    fn reasoning_models_of_openai_are_known() {
        assert!(is_openai_reasoning("o3-mini") && is_openai_reasoning("gpt-5.2"));
        assert!(!is_openai_reasoning("gpt-4o"));
    }
}
