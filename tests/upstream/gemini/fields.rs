//! The messages of Google's API as far as clients send them (`dialects.md` 1.5).

use super::proto::{Kind, Message};
use Kind::{Any, Bool, Bytes, Enum, Int, Many, Map, Number, Of, Struct, Text};

pub(super) static GENERATE: Message = Message(&[
    // Also in the path; `countTokens` and the batch methods need it here.
    ("model", Text),
    ("contents", Many(&Of(&CONTENT))),
    ("systemInstruction", Of(&CONTENT)),
    ("tools", Many(&Of(&TOOL))),
    ("toolConfig", Of(&TOOL_CONFIG)),
    ("generationConfig", Of(&GENERATION_CONFIG)),
    ("safetySettings", Many(&Of(&SAFETY))),
    ("cachedContent", Text),
    ("labels", Map(&Text)),
    (
        "serviceTier",
        Enum(&["UNSPECIFIED", "FLEX", "STANDARD", "PRIORITY"]),
    ),
    ("store", Bool),
    ("continuationToken", Text),
]);

pub(super) static COUNT: Message = Message(&[
    ("contents", Many(&Of(&CONTENT))),
    ("generateContentRequest", Of(&GENERATE)),
]);

/// Vertex AI counts the fields themselves.
pub(super) static COUNT_VERTEX: Message = Message(&[
    ("model", Text),
    ("instances", Many(&Any)),
    ("contents", Many(&Of(&CONTENT))),
    ("systemInstruction", Of(&CONTENT)),
    ("tools", Many(&Of(&TOOL))),
    ("generationConfig", Of(&GENERATION_CONFIG)),
]);

pub(super) static EMBED: Message = Message(&[
    ("model", Text),
    ("content", Of(&CONTENT)),
    (
        "taskType",
        Enum(&[
            "TASK_TYPE_UNSPECIFIED",
            "RETRIEVAL_QUERY",
            "RETRIEVAL_DOCUMENT",
            "SEMANTIC_SIMILARITY",
            "CLASSIFICATION",
            "CLUSTERING",
            "QUESTION_ANSWERING",
            "FACT_VERIFICATION",
            "CODE_RETRIEVAL_QUERY",
        ]),
    ),
    ("title", Text),
    ("outputDimensionality", Int),
    ("embedContentConfig", Struct),
]);

pub(super) static EMBED_BATCH: Message = Message(&[("requests", Many(&Of(&EMBED)))]);

static CONTENT: Message = Message(&[("role", Text), ("parts", Many(&Of(&PART)))]);

/// The fields of a part that are its data; a part has exactly one of them.
pub(super) const DATA: &[&str] = &[
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

static PART: Message = Message(&[
    ("text", Text),
    ("inlineData", Of(&BLOB)),
    ("fileData", Of(&FILE)),
    ("functionCall", Of(&FUNCTION_CALL)),
    ("functionResponse", Of(&FUNCTION_RESPONSE)),
    ("executableCode", Struct),
    ("codeExecutionResult", Struct),
    ("toolCall", Struct),
    ("toolResponse", Struct),
    ("thought", Bool),
    // Its padding and its issuer are checked later, with better words.
    ("thoughtSignature", Text),
    ("partMetadata", Struct),
    ("videoMetadata", Struct),
    ("mediaResolution", Any),
]);

static BLOB: Message = Message(&[("mimeType", Text), ("data", Bytes), ("displayName", Text)]);

static FILE: Message = Message(&[("mimeType", Text), ("fileUri", Text), ("displayName", Text)]);

static FUNCTION_CALL: Message = Message(&[("name", Text), ("args", Struct), ("id", Text)]);

static FUNCTION_RESPONSE: Message = Message(&[
    ("name", Text),
    ("response", Struct),
    ("id", Text),
    ("parts", Many(&Of(&RESPONSE_PART))),
    ("willContinue", Bool),
    ("scheduling", Text),
]);

static RESPONSE_PART: Message = Message(&[("inlineData", Of(&BLOB)), ("fileData", Of(&FILE))]);

static TOOL: Message = Message(&[
    ("functionDeclarations", Many(&Of(&DECLARATION))),
    ("googleSearch", Struct),
    ("googleSearchRetrieval", Struct),
    ("urlContext", Struct),
    ("codeExecution", Struct),
    ("fileSearch", Struct),
    ("googleMaps", Struct),
    ("computerUse", Struct),
    ("mcpServers", Many(&Struct)),
]);

static DECLARATION: Message = Message(&[
    ("name", Text),
    ("description", Text),
    ("parameters", Of(&SCHEMA)),
    ("parametersJsonSchema", Struct),
    ("response", Of(&SCHEMA)),
    ("responseJsonSchema", Struct),
    (
        "behavior",
        Enum(&["UNSPECIFIED", "BLOCKING", "NON_BLOCKING"]),
    ),
]);

static SCHEMA: Message = Message(&[
    (
        "type",
        Enum(&[
            "TYPE_UNSPECIFIED",
            "STRING",
            "NUMBER",
            "INTEGER",
            "BOOLEAN",
            "ARRAY",
            "OBJECT",
            "NULL",
        ]),
    ),
    ("format", Text),
    ("title", Text),
    ("description", Text),
    ("nullable", Bool),
    ("default", Any),
    ("example", Any),
    ("enum", Many(&Text)),
    ("items", Of(&SCHEMA)),
    ("minItems", Int),
    ("maxItems", Int),
    ("properties", Map(&Of(&SCHEMA))),
    ("propertyOrdering", Many(&Text)),
    ("required", Many(&Text)),
    ("minProperties", Int),
    ("maxProperties", Int),
    ("minimum", Number),
    ("maximum", Number),
    ("minLength", Int),
    ("maxLength", Int),
    ("pattern", Text),
    ("anyOf", Many(&Of(&SCHEMA))),
]);

static TOOL_CONFIG: Message = Message(&[
    ("functionCallingConfig", Of(&CALLING)),
    ("retrievalConfig", Struct),
    ("includeServerSideToolInvocations", Bool),
]);

static CALLING: Message = Message(&[
    (
        "mode",
        Enum(&["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]),
    ),
    ("allowedFunctionNames", Many(&Text)),
    ("streamFunctionCallArguments", Bool),
]);

static GENERATION_CONFIG: Message = Message(&[
    ("temperature", Number),
    ("topP", Number),
    ("topK", Int),
    ("maxOutputTokens", Int),
    ("candidateCount", Int),
    ("stopSequences", Many(&Text)),
    ("seed", Int),
    ("presencePenalty", Number),
    ("frequencyPenalty", Number),
    ("responseLogprobs", Bool),
    ("logprobs", Int),
    ("responseMimeType", Text),
    ("responseSchema", Of(&SCHEMA)),
    ("responseJsonSchema", Struct),
    (
        "responseModalities",
        Many(&Enum(&["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"])),
    ),
    ("thinkingConfig", Of(&THINKING)),
    ("speechConfig", Struct),
    ("imageConfig", Struct),
    ("mediaResolution", Text),
    ("enableEnhancedCivicAnswers", Bool),
    ("audioTimestamp", Bool),
]);

static THINKING: Message = Message(&[
    ("includeThoughts", Bool),
    ("thinkingBudget", Int),
    (
        "thinkingLevel",
        Enum(&[
            "THINKING_LEVEL_UNSPECIFIED",
            "MINIMAL",
            "LOW",
            "MEDIUM",
            "HIGH",
            "XHIGH",
        ]),
    ),
]);

static SAFETY: Message = Message(&[("category", Text), ("threshold", Text)]);
