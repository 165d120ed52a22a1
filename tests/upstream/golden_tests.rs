//! Two oracles against each other: what the translators are recorded to send (`dialects/tests/golden`) is a request that
//! this server accepts, unless it is listed here with a reason.

use crate::gemini::Route;
use crate::{chat, claude, gemini, responses};
use http::HeaderMap;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const RECORDS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../dialects/tests/golden/requests"
);

const INVENTED: &str = "the state in the fixture is invented, so nobody signed it";
const PAIR: &str = "the plain profile takes both, as older models do";
const CLIENTS: &str = "the client's own mistake, which its own vendor refuses too";
const MARKS: &str = "compatible servers take Claude's marks, the vendor does not";

/// Requests that are refused, by upstream and fixture.
const REFUSED: &[(&str, &str, &str)] = &[
    ("chat", "claude/extras_of_tools", CLIENTS),
    (
        "chat",
        "claude/system_blocks_with_cache_marks@cache_control",
        MARKS,
    ),
    ("chat", "responses/strict_in_three_ways", CLIENTS),
    ("claude", "chat/numbers_as_floats", PAIR),
    (
        "claude",
        "chat/tool_loop_with_wrapped_reasoning_state@budget",
        INVENTED,
    ),
    ("claude", "completions/everything_at_its_default", PAIR),
    ("claude", "completions/sampling", PAIR),
    ("claude", "gemini/system_and_settings", PAIR),
    (
        "claude",
        "gemini/wrapped_state_of_a_claude_upstream",
        INVENTED,
    ),
    (
        "claude",
        "responses/reasoning_of_claude_comes_back",
        INVENTED,
    ),
    ("claude", "responses/sampling_and_limits", PAIR),
    ("gemini", "chat/call_state_in_ids", INVENTED),
    ("gemini", "claude/call_and_text_state_of_gemini", INVENTED),
    (
        "gemini",
        "claude/state_of_an_empty_text_of_gemini",
        INVENTED,
    ),
    ("responses", "chat/answer_schema@subset_schemas", CLIENTS),
    (
        "responses",
        "chat/cache_marks_of_compatible_clients@cache_control",
        MARKS,
    ),
    ("responses", "chat/effort_hyper@levels", CLIENTS),
    (
        "responses",
        "chat/image_of_another_type_is_refused",
        CLIENTS,
    ),
    ("responses", "chat/strict_tool", CLIENTS),
    ("responses", "claude/extras_of_tools", CLIENTS),
    (
        "responses",
        "claude/system_blocks_with_cache_marks@cache_control",
        MARKS,
    ),
    ("claude", "chat/schema_keywords@subset_schemas", CLIENTS),
    ("responses", "chat/schema_keywords@subset_schemas", CLIENTS),
];

/// A request as it was recorded.
struct Record {
    upstream: String,
    fixture: String,
    body: Value,
}

fn records() -> Vec<Record> {
    let folders = fs::read_dir(RECORDS).expect("the records are there");
    let folders = folders.map(|folder| folder.expect("a folder").path());
    let mut records: Vec<Record> = folders.flat_map(|folder| read(&folder)).collect();
    records.sort_by_key(|record| (record.upstream.clone(), record.fixture.clone()));
    records
}

/// The bodies in a folder; what is recorded as refused by the translators has none.
fn read(folder: &Path) -> Vec<Record> {
    let client = folder.file_name().expect("a name").to_string_lossy();
    let files = fs::read_dir(folder).expect("a folder");
    let files = files.map(|file| file.expect("a file").path());
    files
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".snap")?;
            let (fixture, upstream) = name.rsplit_once('.')?;
            // Nobody here plays Kiro; what it is sent is checked beside its codec.
            if upstream == "kiro" {
                return None;
            }
            let text = fs::read_to_string(&path).expect("text");
            let record = text.splitn(3, "---\n").nth(2)?;
            let mut values = serde_json::Deserializer::from_str(record).into_iter();
            Some(Record {
                upstream: upstream.to_owned(),
                fixture: format!("{client}/{fixture}"),
                body: values.next()?.ok()?,
            })
        })
        .collect()
}

/// A model with the peculiarity that the fixture was recorded for.
fn model(fixture: &str) -> String {
    let peculiarity = fixture.split_once('@').map_or("", |(_, profile)| profile);
    match peculiarity {
        "mid_system" => "up-text-mid-system",
        "image_in_tool" => "up-text-tool-images",
        "no_sampling" => "up-text-no-sampling",
        "no_prefill" => "up-text-no-prefill",
        "effort_without_tools" => "up-text-effort-or-tools",
        "max_completion_tokens" => "up-text-reasoning-only-mct",
        "gemini_2_5_pro" => "gemini-2.5-pro-up-text",
        "gemini_2_5_flash" | "no_mixed_tools" => "gemini-2.5-flash-up-text",
        "gemini_3" => "gemini-3-pro-preview-up-text",
        _ => "up-text",
    }
    .to_owned()
}

/// Why a request is refused; empty when it is not.
fn refusal(record: &Record) -> String {
    let model = model(&record.fixture);
    let mut body = record.body.clone();
    let outcome = match record.upstream.as_str() {
        "gemini" => {
            // Only there are schemas said in Google's own words.
            let door = if record.fixture.ends_with("@subset_schemas") {
                "/v1/publishers/google"
            } else {
                "/v1beta"
            };
            let path = format!("{door}/models/{model}:generateContent");
            let route = Route::read(&path, "").expect("a route");
            gemini::check(&body, &route).map(|_| ())
        }
        upstream => {
            body["model"] = json!(model);
            match upstream {
                "chat" => chat::check(&body),
                "claude" => claude::check(&body, &HeaderMap::new()),
                "responses" => responses::check(&body),
                other => panic!("no upstream is called {other}"),
            }
        }
    };
    outcome.map_or_else(|fault| fault.message, |()| String::new())
}

#[test]
fn what_the_translators_send_is_accepted() {
    let records = records();
    assert!(records.len() > 800, "only {} records", records.len());
    let mut surprises = Vec::new();
    for record in &records {
        let why = refusal(record);
        let listed = REFUSED.iter().any(|(upstream, fixture, _)| {
            record.upstream == *upstream && record.fixture == *fixture
        });
        if listed == why.is_empty() {
            surprises.push(format!("{} {}: {why}", record.upstream, record.fixture));
        }
    }
    assert!(surprises.is_empty(), "\n{}", surprises.join("\n"));
    for (upstream, fixture, why) in REFUSED {
        let known = |record: &&Record| record.upstream == *upstream && record.fixture == *fixture;
        assert!(
            records.iter().find(known).is_some(),
            "no {fixture} for {upstream}: {why}"
        );
    }
}
