//! What an encoder must know beside the IR: the upstream it writes for, and the client it answers.

use crate::body::Body;
use crate::json::Str;
use crate::losses::Losses;
use crate::names::Names;

/// The profile of one upstream model: the provider's habits and the model's abilities.
#[derive(Debug, Clone)]
pub struct Target {
    /// The upstream's name of the model.
    pub model: Str,
    /// Tag of the provider, for reasoning state: only state with the same tag is sent.
    pub provider: Str,
    /// What the model can do.
    pub model_profile: ModelProfile,
    /// What a Chat upstream deviates in.
    pub chat: ChatProfile,
    /// What a Gemini upstream takes.
    pub gemini: GeminiProfile,
    /// What a Kiro upstream must be told.
    pub kiro: KiroProfile,
}

/// Abilities of a model, from the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelProfile {
    /// Most tokens the model writes; the default of Claude's required `max_tokens`.
    pub max_output: Option<u32>,
    /// How thinking is asked for.
    pub thinking: Thinking,
    /// `temperature`, `top_p`, `top_k` are accepted.
    pub sampling: bool,
    /// `temperature` and `top_p` are accepted together.
    pub sampling_pair: bool,
    /// A limit of the answer is accepted.
    pub output_limit: bool,
    /// A final assistant turn is continued.
    pub prefill: bool,
    /// `role: system` is accepted in the middle of a conversation.
    pub mid_system: bool,
    /// Structured output by schema (`output_config.format`) is accepted.
    pub json_schema: bool,
}

/// How a model is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// The model does not think.
    None,
    /// A budget in tokens, between the two.
    Budget {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
    },
    /// Levels only (Claude: `adaptive` with an effort). `xhigh` and `max` where listed.
    Levels {
        /// `xhigh` exists.
        xhigh: bool,
        /// `max` exists.
        max: bool,
    },
    /// Both ways are accepted.
    Both {
        /// Smallest budget.
        min: u32,
        /// Largest budget.
        max: u32,
    },
}

/// Habits of a Chat upstream (`dialects.md` 2.3, `providers.md` 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatProfile {
    /// Ask for usage in streams.
    pub stream_options: bool,
    /// Use `max_completion_tokens` for the output limit.
    pub max_completion_tokens: bool,
    /// The role `developer` is understood.
    pub developer_role: bool,
    /// `content` may be a list of text parts in every role; else texts are joined to one string.
    pub text_parts: bool,
    /// Image parts are accepted in `tool` messages.
    pub image_in_tool: bool,
    /// `cache_control` is accepted on parts and tools.
    pub cache_control: bool,
    /// Earlier reasoning is sent back as `reasoning_content`.
    pub replay_reasoning: bool,
    /// `reasoning_effort` is understood.
    pub reasoning_effort: bool,
    /// `reasoning_effort` is understood together with tools.
    pub reasoning_effort_with_tools: bool,
    /// Free-text tools (`type: custom`) are understood; else each goes as a function with one `input`.
    pub custom_tools: bool,
    /// In Responses: free-text tools and namespaces, which are OpenAI's own, are understood; else each tool goes as a function of
    /// its own.
    pub openai_tools: bool,
    /// `web_search_options` is understood.
    pub web_search: bool,
    /// Longest tool name.
    pub tool_name_limit: usize,
}

/// What a Gemini upstream and its model take (`dialects.md` 1.5 and 2.4). How to think is in [`ModelProfile::thinking`]:
/// a budget up to Gemini 2.5, levels from Gemini 3 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeminiProfile {
    /// Real JSON Schema is accepted (`parametersJsonSchema`, `responseJsonSchema`); else schemas are cleaned.
    pub json_schema: bool,
    /// Calls and results have ids; some versions of Vertex refuse them.
    pub call_ids: bool,
    /// The first call of every turn needs a signature (Gemini 3): a turn of another model gets the one Google documents
    /// for it.
    pub signatures: bool,
    /// Public addresses are accepted in `fileData`, those with TLS.
    pub addresses: bool,
    /// Pictures and files are accepted inside of `functionResponse` (Gemini 3); else they stand behind it.
    pub result_parts: bool,
    /// `mediaResolution` is accepted on parts (Gemini 3).
    pub media_resolution: bool,
    /// Functions are accepted together with Google's own tools and with a form of the answer; up to Gemini 2.5 they stand
    /// alone.
    pub mixed_tools: bool,
    /// Thinking can be switched off; 2.5 Pro and 3 Pro always think.
    pub thinking_off: bool,
    /// `thinkingLevel` has `MINIMAL`.
    pub minimal: bool,
    /// `thinkingLevel` has `LOW`; a model without it has `MINIMAL`.
    pub low: bool,
    /// `thinkingLevel` has `MEDIUM`.
    pub medium: bool,
    /// Longest tool name.
    pub tool_name_limit: usize,
}

/// What every request to Kiro says of who asks (`providers.md` 9.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KiroProfile {
    /// The product whose quota is used: `AI_EDITOR` or `CLI`. It must be that of the URL and of `x-amz-target`.
    pub origin: Str,
    /// The conversation that a request belongs to, a UUID: Kiro wants one, though every request tells the whole
    /// conversation. Without one the encoder makes it of what is said, the same for the same request.
    pub conversation: Option<Str>,
    /// ARN of the account's profile, for social logins only: Builder IDs have none.
    pub profile_arn: Option<Str>,
    /// `inferenceConfig` (output limit and temperature) is sent.
    pub inference_config: bool,
    /// Longest description of a tool, in bytes.
    pub tool_description_limit: usize,
    /// Longest tool name.
    pub tool_name_limit: usize,
}

impl Default for KiroProfile {
    fn default() -> Self {
        Self {
            origin: Str::from_static("AI_EDITOR"),
            conversation: None,
            profile_arn: None,
            inference_config: true,
            tool_description_limit: 10_240,
            tool_name_limit: 64,
        }
    }
}

impl Default for GeminiProfile {
    fn default() -> Self {
        Self {
            json_schema: true,
            call_ids: false,
            signatures: false,
            addresses: false,
            result_parts: false,
            media_resolution: false,
            mixed_tools: true,
            thinking_off: true,
            minimal: true,
            low: true,
            medium: true,
            tool_name_limit: 64,
        }
    }
}

impl Default for ChatProfile {
    fn default() -> Self {
        Self {
            stream_options: true,
            max_completion_tokens: false,
            developer_role: false,
            text_parts: true,
            image_in_tool: false,
            cache_control: false,
            replay_reasoning: false,
            reasoning_effort: true,
            reasoning_effort_with_tools: true,
            custom_tools: true,
            openai_tools: true,
            web_search: true,
            tool_name_limit: 64,
        }
    }
}

impl Default for ModelProfile {
    /// A model we know nothing about: the widest habits of older models.
    fn default() -> Self {
        Self {
            max_output: None,
            thinking: Thinking::Both {
                min: 1024,
                max: 128_000,
            },
            sampling: true,
            sampling_pair: true,
            output_limit: true,
            prefill: true,
            mid_system: false,
            json_schema: true,
        }
    }
}

/// A request in the target's dialect.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The JSON body.
    pub body: Body,
    /// What could not be carried.
    pub losses: Losses,
    /// The way back for tool names.
    pub names: Names,
    /// What whoever reads the answer must know.
    pub asked: Asked,
}

/// What an answer does not say of its own request, in dialects that leave it to the reader (Kiro). Nothing elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// An estimate of the tokens of the prompt, which counts where the upstream gives no number.
    pub input: Option<u64>,
    /// The model was asked to think in its text, between tags.
    pub thinking: bool,
}

/// What an answer needs that the upstream does not say.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The model as the client named it.
    pub model: Str,
    /// A unique part for ids; each dialect puts its own prefix before it.
    pub unique: Str,
    /// Seconds since 1970.
    pub created: u64,
    /// Whether a client of OpenAI's asked for the usage chunk.
    pub include_usage: bool,
    /// The way back for tool names.
    pub names: Names,
    /// What every choice begins with: the prompt, where a client of legacy completions wants to read it again
    /// ([`Request::echoed`](crate::ir::Request::echoed)).
    pub echo: Option<Str>,
}
