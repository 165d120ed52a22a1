//! A request, whoever asked it.

use std::ops::Range;

use super::{CacheMark, Extensions, Namespaces, Part, Tool, ToolChoice};
use crate::Dialect;
use crate::body::Draft;
use crate::json::{RawJson, Str};

/// The spelling under which a decoder notes where in its list of tools a tool stood, where that is not its number.
pub(crate) const PLACE: &str = "@place";

/// A request in the words of no vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The dialect it was written in: decides the spelling of paths in losses.
    pub dialect: Dialect,
    /// The model as the client named it.
    pub model: Str,
    /// The client wants a stream.
    pub stream: bool,
    /// The client wants usage at the end of a stream (Chat); `None` where the dialect always sends it.
    pub include_usage: Option<bool>,
    /// The system prompt before the first turn, block by block.
    pub system: Vec<SystemBlock>,
    /// `system` was one bare string.
    pub system_bare: bool,
    /// The conversation; original message boundaries are kept.
    pub turns: Vec<Turn>,
    /// The conversation was one bare string.
    pub turns_bare: bool,
    /// Declared tools; those of a namespace stand beside the others, under names that tell them apart.
    pub tools: Vec<Tool>,
    /// Which of the tools belong to namespaces.
    pub namespaces: Namespaces,
    /// Which of them may or must be called.
    pub tool_choice: Option<ToolChoice>,
    /// Several calls in one answer are welcome.
    pub parallel_tool_calls: Option<bool>,
    /// How the next token is drawn.
    pub sampling: Sampling,
    /// Where the answer ends.
    pub limits: Limits,
    /// The form of the answer.
    pub output: Output,
    /// How much to think, and whether to show it.
    pub reasoning: ReasoningWish,
    /// Prompt caching beside the marks on parts.
    pub caching: Caching,
    /// Who asks, and with what priority.
    pub identity: Identity,
    /// What the provider is asked to remember.
    pub state: State,
    /// Chat's deprecated `functions` and `function_call` were used, and nothing of what replaced them.
    pub legacy_functions: bool,
    /// What only legacy completions have.
    pub legacy: Option<Legacy>,
    /// Unknown fields.
    pub extensions: Extensions,
    /// Bytes of the body that it was read from, as a guess at those of the body that it becomes.
    pub size: usize,
}

impl Request {
    /// An empty request of a dialect.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            model: Str::new(),
            stream: false,
            include_usage: None,
            system: Vec::new(),
            system_bare: false,
            turns: Vec::new(),
            turns_bare: false,
            tools: Vec::new(),
            namespaces: Namespaces::default(),
            tool_choice: None,
            parallel_tool_calls: None,
            sampling: Sampling::default(),
            limits: Limits::default(),
            output: Output::default(),
            reasoning: ReasoningWish::default(),
            caching: Caching::default(),
            identity: Identity::default(),
            state: State::default(),
            legacy_functions: false,
            legacy: None,
            extensions: Extensions::default(),
            size: 0,
        }
    }

    /// A body for the request in some dialect, large enough not to grow: that would copy a long one several times over.
    #[must_use]
    pub(crate) fn draft(&self) -> Draft {
        Draft::with_capacity(512 + self.size + self.size / 16)
    }

    /// Where a turn stands in the client's own body, for losses: `messages[3]`.
    #[must_use]
    pub fn turn_path(&self, turn: usize) -> String {
        let before = match self.dialect {
            Dialect::Completions => return "prompt".to_owned(),
            Dialect::Gemini => {
                let first = self.turns.get(turn).map(|turn| turn.place.first);
                return format!("contents[{}]", first.unwrap_or(turn));
            }
            Dialect::Chat => self
                .system
                .iter()
                .filter(|block| block.starts_message)
                .count(),
            Dialect::Claude | Dialect::Kiro => 0,
            Dialect::Responses => return self.item_path(turn),
        };
        format!("messages[{}]", before + turn)
    }

    /// Where a part of a turn stands there: `messages[3].content[1]`, for Chat also `messages[3].tool_calls[0]`.
    #[must_use]
    pub fn part_path(&self, turn: usize, part: usize) -> String {
        let path = self.turn_path(turn);
        let Some(turn) = self.turns.get(turn) else {
            return path;
        };
        // Chat's decoder puts reasoning first and calls last, so nothing need be counted: a hostile turn may have a
        // hundred thousand parts, each with something to report.
        match (self.dialect, turn.parts.get(part)) {
            (Dialect::Completions, _) => path,
            (Dialect::Chat, Some(Part::ToolCall(_))) => {
                let is_earlier = |part: &Part| !matches!(part, Part::ToolCall(_));
                let first = turn.parts.partition_point(is_earlier);
                format!("{path}.tool_calls[{}]", part.saturating_sub(first))
            }
            (Dialect::Chat, Some(Part::Reasoning(_))) => format!("{path}.reasoning_content"),
            (Dialect::Chat, Some(Part::Refusal(_))) if turn.bare => format!("{path}.refusal"),
            (Dialect::Chat, Some(Part::ToolResult(_))) => format!("{path}.content"),
            (Dialect::Responses, _) => self.item_part_path(turn, part),
            _ if turn.bare => format!("{path}.content"),
            (Dialect::Chat, _) => {
                let is_earlier = |part: &Part| matches!(part, Part::Reasoning(_));
                let first = turn.parts.partition_point(is_earlier);
                format!("{path}.content[{}]", part.saturating_sub(first))
            }
            (Dialect::Claude | Dialect::Kiro, _) => format!("{path}.content[{part}]"),
            (Dialect::Gemini, _) => format!("{path}.parts[{part}]"),
        }
    }

    /// Where the message of a turn stands in Responses' list of items, or the first item of a turn without one.
    fn item_path(&self, turn: usize) -> String {
        if self.turns_bare {
            return "input".to_owned();
        }
        let place = self.turns.get(turn).map(|turn| &turn.place);
        let item = place.map_or(turn, |place| place.first + place.message.start);
        format!("input[{item}]")
    }

    /// The same of a part, which is in the message or an item of its own.
    fn item_part_path(&self, turn: &Turn, part: usize) -> String {
        if self.turns_bare {
            return "input".to_owned();
        }
        let Place { first, message } = &turn.place;
        if message.contains(&part) {
            let item = first + message.start;
            return match turn.bare {
                true => format!("input[{item}].content"),
                false => format!("input[{item}].content[{}]", part - message.start),
            };
        }
        // All parts of the message are one item.
        let joined = match part >= message.end {
            true => message.len().saturating_sub(1),
            false => 0,
        };
        format!("input[{}]", (first + part).saturating_sub(joined))
    }

    /// Where the `message`th message of the system stands there, of which the `block`th block is one.
    #[must_use]
    pub fn system_path(&self, block: usize, message: usize) -> String {
        match self.dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Kiro => format!("messages[{message}]"),
            Dialect::Claude => format!("system[{block}]"),
            Dialect::Gemini => format!("systemInstruction.parts[{block}]"),
            Dialect::Responses => {
                let first = self.system.first().map(|block| block.role);
                let apart = usize::from(first == Some(SystemRole::Instructions));
                match message.checked_sub(apart) {
                    None => "instructions".to_owned(),
                    Some(item) => format!("input[{item}]"),
                }
            }
        }
    }

    /// Where the block itself stands, which is the `part`th of its message.
    #[must_use]
    pub fn system_block_path(&self, block: usize, message: usize, part: usize) -> String {
        let path = self.system_path(block, message);
        let bare = self.system.get(block).is_none_or(|block| block.bare);
        match self.dialect {
            Dialect::Chat | Dialect::Responses if !bare => format!("{path}.content[{part}]"),
            _ => path,
        }
    }

    /// The blocks of the system prompt, each with its number, that of its message, and its place in the message.
    pub(crate) fn system_blocks(
        &self,
    ) -> impl Iterator<Item = (usize, usize, usize, &SystemBlock)> {
        let (mut message, mut part) = (0, 0);
        self.system.iter().enumerate().map(move |(index, block)| {
            (message, part) = match block.starts_message {
                true if index > 0 => (message + 1, 0),
                true => (0, 0),
                false => (message, part + 1),
            };
            (index, message, part, block)
        })
    }

    /// What the answer must begin with: the prompt, where its client wants to read it again. For [`Reply::echo`].
    ///
    /// [`Reply::echo`]: crate::Reply::echo
    #[must_use]
    pub fn echoed(&self) -> Option<Str> {
        let wanted = self.legacy.as_ref().is_some_and(|legacy| legacy.echo);
        match self.turns.first()?.parts.first()? {
            Part::Text(prompt) if wanted && !prompt.text.is_empty() => Some(prompt.text.clone()),
            _ => None,
        }
    }

    /// Where a tool stands there: `tools[2]`, in a namespace `tools[2].tools[0]`, for Gemini
    /// `tools[0].functionDeclarations[2]`.
    #[must_use]
    pub fn tool_path(&self, tool: usize) -> String {
        let noted = || {
            let extensions = &self.tools.get(tool)?.extensions;
            extensions
                .get(self.dialect, PLACE)?
                .document()
                .root()
                .text()
        };
        if let Some(place) = noted() {
            return place.to_string();
        }
        let (outer, inner) = self.namespaces.place(tool);
        match inner {
            None => format!("tools[{outer}]"),
            Some(inner) => format!("tools[{outer}].tools[{inner}]"),
        }
    }
}

/// One block of the leading system prompt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SystemBlock {
    /// Its text.
    pub text: Str,
    /// The word it was introduced with.
    pub role: SystemRole,
    /// It begins a new message (Chat: several system messages); false for further parts of the same one.
    pub starts_message: bool,
    /// It was the one bare string of its message (Chat), not a list of parts.
    pub bare: bool,
    /// `name` of its message.
    pub name: Option<Str>,
    /// Prompt cache boundary after this block.
    pub cache: Option<CacheMark>,
    /// Unknown fields.
    pub extensions: Extensions,
}

/// The word that introduces a system prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SystemRole {
    /// `system`
    #[default]
    System,
    /// `developer`
    Developer,
    /// None: it stood beside the conversation, in a field of its own.
    Instructions,
}

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// A system prompt after the first turn.
    System,
    /// The same under its newer name.
    Developer,
    /// A message that holds nothing but one tool result (Chat).
    Tool,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// `name` of the speaker.
    pub name: Option<Str>,
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// The content was one bare string, not a list of parts.
    pub bare: bool,
    /// Id of the item, where the dialect gives one.
    pub item_id: Option<Str>,
    /// Where it stood, in dialects whose list has entries that are no messages.
    pub place: Place,
    /// Prompt cache boundary of the whole message.
    pub cache: Option<CacheMark>,
    /// Unknown fields.
    pub extensions: Extensions,
}

/// Where a turn stood in a list of items (Responses), of which calls and thinking are some, or of contents (Gemini), of
/// which several may be one turn: for paths only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Number of the first item or content.
    pub first: usize,
    /// Those of the turn's parts that were one message; every other part was an item of its own.
    pub message: Range<usize>,
}

impl Turn {
    /// A turn of some parts.
    #[must_use]
    pub fn new(role: Role, parts: Vec<Part>) -> Self {
        Self {
            role,
            name: None,
            parts,
            bare: false,
            item_id: None,
            place: Place::default(),
            cache: None,
            extensions: Extensions::default(),
        }
    }
}

/// How the next token is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampling {
    /// 0 to 2 (Claude: to 1).
    pub temperature: Option<f64>,
    /// Nucleus.
    pub top_p: Option<f64>,
    /// Shortlist.
    pub top_k: Option<u64>,
    /// −2 to 2.
    pub frequency_penalty: Option<f64>,
    /// −2 to 2.
    pub presence_penalty: Option<f64>,
    /// Token to bias.
    pub logit_bias: Option<RawJson>,
    /// For repeatable draws.
    pub seed: Option<RawJson>,
    /// Number of answers.
    pub n: Option<u64>,
    /// Token probabilities are wanted.
    pub logprobs: Option<bool>,
    /// How many alternatives of each.
    pub top_logprobs: Option<u64>,
}

/// Where the answer ends.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Most tokens of the answer, thinking included.
    pub max_output: Option<u64>,
    /// Chat spelled it `max_tokens`; kept for the same dialect.
    pub legacy_spelling: bool,
    /// Texts that end the answer.
    pub stop: Vec<Str>,
}

/// The form of the answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Output {
    /// Free text or JSON.
    pub format: Option<OutputFormat>,
    /// `low`, `medium`, `high`.
    pub verbosity: Option<Str>,
    /// `["text","audio"]`, raw.
    pub modalities: Option<RawJson>,
    /// Voice and format of spoken answers, raw.
    pub audio: Option<RawJson>,
    /// Predicted output, raw.
    pub prediction: Option<RawJson>,
}

/// Free text or JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputFormat {
    /// Free text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON of a schema.
    JsonSchema {
        /// Name of the schema.
        name: Option<Str>,
        /// What it is for.
        description: Option<Str>,
        /// The schema.
        schema: RawJson,
        /// The schema must be followed to the letter.
        strict: Option<bool>,
    },
    /// As its dialect wrote it.
    Raw(Dialect, RawJson),
}

/// How much to think, and whether to show it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReasoningWish {
    /// Whether at all.
    pub mode: Option<ReasoningMode>,
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`, or a newer word.
    pub effort: Option<Str>,
    /// Most tokens of thinking.
    pub budget: Option<u64>,
    /// How thinking is shown: `summarized`, `omitted`, … in Claude's words; `auto`, `concise`, `detailed` in OpenAI's.
    pub display: Option<Str>,
    /// The provider's state of thinking is to be given, so that the client can send it back.
    pub keep_state: bool,
    /// Unknown fields.
    pub extensions: Extensions,
}

/// Whether to think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReasoningMode {
    /// No.
    Off,
    /// Yes, within the budget.
    On,
    /// As much as the model sees fit.
    Adaptive,
    /// A newer word.
    Other(Str),
}

/// Prompt caching beside the marks on parts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Caching {
    /// `prompt_cache_key`.
    pub key: Option<Str>,
    /// `prompt_cache_options`, raw.
    pub options: Option<RawJson>,
    /// `prompt_cache_retention`.
    pub retention: Option<Str>,
    /// A mark on the whole request (Claude's top-level `cache_control`).
    pub mark: Option<CacheMark>,
}

/// Who asks, and with what priority.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Identity {
    /// `user`, or Claude's `metadata.user_id`.
    pub user: Option<Str>,
    /// `safety_identifier`.
    pub safety_identifier: Option<Str>,
    /// The `metadata` map (for Claude: what it holds beside `user_id`), raw.
    pub metadata: Option<RawJson>,
    /// `service_tier` in the request's own words.
    pub service_tier: Option<Str>,
    /// Claude's `speed`.
    pub speed: Option<Str>,
}

/// What the provider is asked to remember.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// Keep the answer for later.
    pub store: Option<bool>,
    /// Id of the answer this request goes on from.
    pub previous_response: Option<Str>,
    /// Conversation it belongs to, raw.
    pub conversation: Option<RawJson>,
    /// Claude's `container`, raw.
    pub container: Option<RawJson>,
}

/// What only legacy completions have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Legacy {
    /// Text after the gap.
    pub suffix: Option<Str>,
    /// Repeat the prompt in the answer.
    pub echo: bool,
    /// Draw this many and give the best.
    pub best_of: Option<u64>,
}
