//! Nothing is lost silently (`dialects.md` section 5, 5): every leaf of a request is found in what was written, or named
//! among the losses, or it is one of the spellings below that mean the same without being there.

use std::collections::BTreeSet;

use modelgate_dialects::json::{Document, Kind, Value};
use modelgate_dialects::{Dialect, encode_request};
use proptest::prelude::*;

use crate::golden::{Fixture, fixtures};
use crate::support::arbitrary::plan::plan;
use crate::support::{cases, drive, targets};

/// Paths whose value is said in another way, or is what the target does anyway, each with the reason. `*` is any number.
const NEUTRAL: &[(&str, &str)] = &[
    ("model", "the upstream has its own name"),
    ("stream", "Gemini's URL says it"),
    ("logprobs", "Gemini has another name for it"),
    ("modalities[*]", "in capitals in Gemini"),
    ("output_config.effort", "a level of Gemini"),
    (
        "thinking.display",
        "`includeThoughts`, or what happens anyway",
    ),
    (
        "messages[*].content[*].content[*].content[*].type",
        "the other dialect has another word",
    ),
    (
        "contents[*].parts[*].fileData.mimeType",
        "the address says it",
    ),
    (
        "contents[*].parts[*].thoughtSignature",
        "state of a provider goes to that provider only",
    ),
    (
        "contents[*].parts[*].thought",
        "the other dialect has another word",
    ),
    (
        "generateContentRequest.model",
        "the upstream has its own name",
    ),
    (
        "generationConfig.responseMimeType",
        "the other dialect has another word",
    ),
    ("generationConfig.responseLogprobs", "`logprobs`"),
    (
        "generationConfig.responseModalities[*]",
        "in small letters elsewhere",
    ),
    (
        "generationConfig.thinkingConfig.thinkingBudget",
        "an effort, or another form of thinking",
    ),
    (
        "generationConfig.thinkingConfig.thinkingLevel",
        "an effort, or another form of thinking",
    ),
    (
        "generationConfig.thinkingConfig.includeThoughts",
        "a way to show it",
    ),
    (
        "toolConfig.functionCallingConfig.mode",
        "the other dialect has another word",
    ),
    ("contents[*].role", "the other dialect has another word"),
    (
        "contents[*].parts[*].inlineData.mimeType",
        "part of a data address",
    ),
    (
        "messages[*].role",
        "a tool's message is a block of the user, the system prompt a field",
    ),
    (
        "messages[*].content[*].type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].content[*].type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].content[*].source.type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.content[*].type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.content[*].source.type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.media_type",
        "part of a data address, or the document is sent as text",
    ),
    (
        "messages[*].content[*].source.content[*].source.media_type",
        "part of a data address",
    ),
    (
        "messages[*].content[*].content[*].source.media_type",
        "part of a data address",
    ),
    (
        "messages[*].tool_calls[*].type",
        "the other dialect has another word",
    ),
    ("tools[*].type", "functions need no word in Claude"),
    ("tool_choice", "the other dialect has another word"),
    ("tool_choice.type", "the other dialect has another word"),
    (
        "tool_choice.allowed_tools.mode",
        "the other dialect has another word",
    ),
    (
        "tool_choice.allowed_tools.tools[*].type",
        "the other dialect has another word",
    ),
    (
        "tool_choice.disable_parallel_tool_use",
        "`parallel_tool_calls`, the other way round",
    ),
    (
        "parallel_tool_calls",
        "`disable_parallel_tool_use`, the other way round",
    ),
    (
        "response_format.type",
        "another word, and free text is what happens anyway",
    ),
    ("output_config.format.type", "another word"),
    ("reasoning_effort", "a budget, or thinking switched off"),
    ("thinking.type", "an effort"),
    ("thinking.budget_tokens", "an effort"),
    ("stream_options.include_usage", "Claude always tells"),
    (
        "echo",
        "the answer begins with the prompt, whoever gives it",
    ),
    ("service_tier", "another word, or what happens anyway"),
    ("speed", "another word, or what happens anyway"),
    (
        "messages[*].content[*].is_error",
        "false is what happens anyway; true is reported",
    ),
    (
        "messages[*].content[*].prompt_cache_breakpoint.mode",
        "a mark of the other dialect",
    ),
    (
        "messages[*].content[*].prompt_cache_breakpoint.ttl",
        "another lifetime of the same kind",
    ),
    (
        "messages[*].content[*].cache_control.type",
        "the same mark on another level",
    ),
    ("web_search_options.user_location.type", "flat in Claude"),
    ("tools[*].function.strict", "false is what happens anyway"),
    ("functions[*].name", "checked through its tool"),
    ("messages[*].tool_call_id", "made fit, as the call's"),
    ("messages[*].tool_calls[*].id", "made fit, as the result's"),
    (
        "messages[*].tool_calls[*].function.arguments",
        "an object; empty text is the empty object",
    ),
    ("system[*].type", "one block is a text"),
    (
        "messages[*].function_call.arguments",
        "an object; empty text is the empty object",
    ),
    (
        "messages[*].content[*].signature",
        "state of a provider goes to that provider only",
    ),
    (
        "messages[*].reasoning_details[*].type",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].index",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].text",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].signature",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].data",
        "read as reasoning, named as `reasoning_content`",
    ),
];

/// A leaf of a request: where it is, and its value as text.
struct Leaf {
    path: String,
    text: String,
    is_text: bool,
}

fn leaves(value: Value<'_>, path: &str, into: &mut Vec<Leaf>) {
    match value.kind() {
        Kind::Object => {
            for (key, value) in value.entries() {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{key}"), into);
            }
        }
        Kind::Array => {
            let items = value.items().enumerate();
            items.for_each(|(number, item)| leaves(item, &format!("{path}[{number}]"), into));
        }
        Kind::Null => {}
        _ => into.push(Leaf {
            path: path.to_owned(),
            text: value
                .as_str()
                .map_or_else(|| value.source().to_owned(), |text| text.into_owned()),
            is_text: value.kind() == Kind::String,
        }),
    }
}

impl Leaf {
    /// A truth says something only together with its name.
    fn named(&self) -> String {
        match &*self.text {
            "true" | "false" if !self.is_text => {
                let name = self.path.rsplit('.').next().unwrap_or_default();
                format!("{name}={}", self.text)
            }
            other => other.to_owned(),
        }
    }
}

/// What was written: all texts (text in text counts, as in arguments and data addresses) and all other values.
struct Written {
    texts: Vec<String>,
    others: Vec<String>,
}

impl Written {
    fn of(body: Value<'_>) -> Self {
        let mut found = Vec::new();
        leaves(body, "", &mut found);
        // Arguments are JSON in a text.
        for number in 0..found.len() {
            let text = found[number].text.clone();
            if let Ok(document) = Document::parse(text.into_bytes().into()) {
                leaves(document.root(), "", &mut found);
            }
        }
        let (texts, others): (Vec<Leaf>, Vec<Leaf>) =
            found.into_iter().partition(|leaf| leaf.is_text);
        Self {
            texts: texts.into_iter().map(|leaf| leaf.text).collect(),
            others: others.iter().map(Leaf::named).collect(),
        }
    }

    fn has(&self, leaf: &Leaf) -> bool {
        if leaf.is_text {
            let text = leaf.text.trim();
            return self
                .texts
                .iter()
                .any(|written| written.contains(text) || is_inside(text, written));
        }
        let number = |text: &str| text.parse::<f64>().ok();
        let value = leaf.named();
        let same = |written: &String| {
            *written == value || (number(written).is_some() && number(written) == number(&value))
        };
        self.others.iter().any(same)
    }
}

/// Whether the text is a part of a longer one that was sent apart: `data:image/png;base64,…`.
fn is_inside(text: &str, written: &str) -> bool {
    let payload = text.rsplit_once(',').map_or(text, |(_, payload)| payload);
    text.get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
        && written.contains(payload)
}

fn is_neutral(path: &str) -> bool {
    let mut general = String::new();
    let mut digits = false;
    for char in path.chars() {
        match char {
            '[' => general.push_str("[*"),
            _ if char.is_ascii_digit() && (general.ends_with("[*") || digits) => digits = true,
            _ => {
                digits = false;
                general.push(char);
            }
        }
    }
    NEUTRAL.iter().any(|(neutral, _)| *neutral == general)
}

/// A loss covers its path and all below; one on a call covers what stands in it.
fn is_covered(path: &str, losses: &[String]) -> bool {
    losses.iter().any(|loss| {
        path.strip_prefix(loss.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// The paths that are neither written nor named nor neutral.
fn silent(body: Value<'_>, written: Value<'_>, losses: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    leaves(body, "", &mut found);
    let written = Written::of(written);
    let lost = |leaf: &Leaf| {
        let nothing = leaf.is_text && leaf.text.trim().is_empty();
        !nothing && !written.has(leaf) && !is_covered(&leaf.path, losses) && !is_neutral(&leaf.path)
    };
    found
        .into_iter()
        .filter(lost)
        .map(|leaf| leaf.path)
        .collect()
}

fn translate(
    from: Dialect,
    body: &[u8],
    to: Dialect,
    profile: &str,
) -> Option<(Vec<u8>, Vec<String>)> {
    let request = modelgate_dialects::decode_request(from, &drive::document(body)).ok()?;
    let encoded = encode_request(to, &request, &targets::named(to, profile)).ok()?;
    let losses = encoded
        .losses
        .iter()
        .map(|loss| loss.path.clone())
        .collect();
    Some((encoded.body.to_vec(), losses))
}

/// Fixtures in which the checker cannot see that nothing is lost.
const UNSEEN: &[(&str, &str)] = &[
    ("chat/custom_tool to claude", "the name is made fit"),
    (
        "chat/files_by_data to claude",
        "plain text is sent as text, not as base64",
    ),
    (
        "chat/tool_choice_allowed to claude",
        "a tool that is not allowed is not sent: `tool_choice` is named",
    ),
    (
        "chat/tool_choice_allowed_auto to claude",
        "a tool that is not allowed is not sent: `tool_choice` is named",
    ),
    (
        "chat/tool_names_made_fit to claude",
        "the names are made fit",
    ),
    (
        "claude/forced_web_search to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/only_server_tools to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/server_tools_are_named_not_sent to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/tool_names_longer_than_chat_takes to chat",
        "the names are made fit",
    ),
    ("chat/custom_tool to gemini", "the name is made fit"),
    (
        "chat/files_by_data to gemini",
        "plain text is sent as text, not as base64",
    ),
    (
        "chat/image_address to gemini",
        "the level of detail is another word",
    ),
    (
        "chat/names_of_mcp_tools to claude",
        "the names are made fit",
    ),
    (
        "chat/names_of_mcp_tools to gemini",
        "the names are made fit",
    ),
    ("chat/recursive_schema to gemini", "references are put in"),
    (
        "chat/schema_keywords to gemini",
        "the schema is said in other keywords",
    ),
    (
        "chat/tool_names_made_fit to gemini",
        "the names are made fit",
    ),
    (
        "claude/call_and_text_state_of_gemini to chat",
        "the state is taken out of the ids",
    ),
    (
        "claude/call_and_text_state_of_gemini to gemini",
        "the state is taken out of the ids",
    ),
    (
        "claude/forced_web_search to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/only_server_tools to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/search_beside_functions to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/search_fetch_and_code to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/search_fetch_and_code to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/server_tools_are_named_not_sent to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/tool_names_longer_than_chat_takes to gemini",
        "the names are made fit",
    ),
    (
        "gemini/response_schema to chat",
        "the types are in small letters",
    ),
    (
        "gemini/response_schema to claude",
        "the types are in small letters",
    ),
    (
        "gemini/snake_case_of_python to chat",
        "losses are named in camelCase",
    ),
    (
        "gemini/snake_case_of_python to claude",
        "losses are named in camelCase",
    ),
    (
        "gemini/tool_choice_allowed to claude",
        "a tool that is not allowed is not sent: the choice is named",
    ),
];

/// Every fixture with every dialect that it can be translated to.
fn pairs() -> impl Iterator<Item = (Fixture, Dialect)> {
    fixtures("requests").into_iter().flat_map(|fixture| {
        let others = drive::upstreams(fixture.dialect);
        others.map(move |to| (fixture.clone(), to))
    })
}

#[test]
fn every_leaf_of_every_fixture_arrives_or_is_named() {
    let mut silences = Vec::new();
    for (fixture, to) in pairs() {
        let Some((body, losses)) = translate(fixture.dialect, &fixture.bytes, to, &fixture.profile)
        else {
            continue;
        };
        let lost = silent(
            drive::document(&fixture.bytes).root(),
            drive::document(&body).root(),
            &losses,
        );
        let name = format!("{}/{} to {to}", fixture.dialect, fixture.name);
        if lost.is_empty() == UNSEEN.iter().any(|(unseen, _)| *unseen == name) {
            silences.push(format!(
                "{name}@{}: {lost:?}\n    {losses:?}",
                fixture.profile
            ));
        }
    }
    assert!(
        silences.is_empty(),
        "{} are silent:\n{}",
        silences.len(),
        silences.join("\n")
    );
}

#[test]
fn the_checker_notices_every_loss_that_is_not_named() {
    let mut noticed = BTreeSet::new();
    for (fixture, to) in pairs() {
        let Some((body, losses)) = translate(fixture.dialect, &fixture.bytes, to, &fixture.profile)
        else {
            continue;
        };
        let (source, written) = (drive::document(&fixture.bytes), drive::document(&body));
        for number in 0..losses.len() {
            let mut fewer = losses.clone();
            let path = fewer.remove(number);
            let lost = silent(source.root(), written.root(), &fewer);
            if lost
                .iter()
                .any(|lost| is_covered(lost, std::slice::from_ref(&path)))
            {
                noticed.insert(path);
            }
        }
    }
    for path in [
        "messages[1].name",
        "seed",
        "logit_bias",
        "temperature",
        "top_p",
        "top_k",
        "metadata",
        "safety_identifier",
        "response_format.json_schema.name",
        "web_search_options.search_context_size",
        "new_field",
        "messages[0].content[0].part_field",
        "tools[0].defer_loading",
        "tools[0].input_examples",
        "stop_sequences",
        "mcp_servers",
        "container",
        "messages[1].content[1]",
    ] {
        assert!(noticed.contains(path), "{path} could vanish: {noticed:#?}");
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn every_leaf_of_any_conversation_arrives_or_is_named(plan in plan()) {
        for from in Dialect::UPSTREAM {
            let told = plan.told(from);
            for to in drive::upstreams(from) {
                let (body, losses) = translate(from, &told, to, "").unwrap();
                let lost = silent(drive::document(&told).root(), drive::document(&body).root(), &losses);
                prop_assert!(lost.is_empty(), "{to} {:?}\n{}", lost, String::from_utf8_lossy(&body));
            }
        }
    }
}
