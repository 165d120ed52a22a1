use super::*;

const STATE_ONLY: &str = r#""include":["reasoning.encrypted_content"]"#;
const ENDS: &str = r#""stream":true,"store":false"#;

#[track_caller]
fn fitted(operation: Operation, body: &str) -> (String, Losses) {
    let mut losses = Losses::default();
    let fitted = fit(
        operation,
        Bytes::copy_from_slice(body.as_bytes()),
        &mut losses,
    );
    (String::from_utf8(fitted.to_vec()).unwrap(), losses)
}

/// What becomes of a body, and what is named of it, quietly or not.
#[track_caller]
fn check(body: &str, expected: &str) -> Vec<(String, bool)> {
    let (fitted, losses) = fitted(Operation::Generate, body);
    assert_eq!(fitted, expected);
    let named = losses.iter().map(|loss| (loss.path.clone(), loss.quiet));
    named.collect()
}

#[test]
fn every_request_is_one_for_a_stream_that_nobody_stores() {
    let lost = check(
        r#"{"model":"gpt-5.5","stream":false,"store":true,"instructions":"Be \u0062rief","n":1.0,"input":[]}"#,
        &format!(
            r#"{{"model":"gpt-5.5",{ENDS},"instructions":"Be \u0062rief","n":1.0,"input":[],{STATE_ONLY}}}"#
        ),
    );
    assert_eq!(lost, [("store".to_owned(), true)]);
    check(
        r#"{"instructions":null,"include":null}"#,
        &format!(r#"{{"instructions":"",{STATE_ONLY},{ENDS}}}"#),
    );
}

#[test]
fn what_is_right_already_stays_as_it_is_spelt() {
    let right = format!(
        "{{ {ENDS} , \"instructions\" : \"\", {STATE_ONLY},\n \"input\": [ {{\"role\":\"user\"}} ], \"service_tier\": \"priority\"}}"
    );
    assert!(check(&right, &right).is_empty());
    for body in ["no JSON", "[]"] {
        check(body, body);
    }
}

#[test]
fn refused_fields_are_taken_out_and_named_where_they_count() {
    let loud = REFUSED.into_iter().map(|field| (field, false));
    let quiet = REFUSED_QUIETLY.into_iter().map(|field| (field, true));
    for (field, quiet) in loud.chain(quiet).chain([("service_tier", true)]) {
        let rest = format!(r#"{ENDS},"instructions":"x",{STATE_ONLY}"#);
        let lost = check(
            &format!(r#"{{"{field}":1,{rest}}}"#),
            &format!("{{{rest}}}"),
        );
        assert_eq!(lost, [(field.to_owned(), quiet)]);
    }
    let unsaid = check(
        &format!(r#"{{"temperature":null,{ENDS},"instructions":"",{STATE_ONLY}}}"#),
        &format!(r#"{{{ENDS},"instructions":"",{STATE_ONLY}}}"#),
    );
    assert!(unsaid.is_empty(), "{unsaid:?}");
}

/// The same for a field that stands before those that are always there.
#[track_caller]
fn check_field(field: &str, expected: &str) -> Vec<(String, bool)> {
    let rest = format!(r#"{ENDS},"instructions":"",{STATE_ONLY}"#);
    check(
        &format!("{{{field},{rest}}}"),
        &format!("{{{expected},{rest}}}"),
    )
}

#[test]
fn the_input_is_a_list_in_which_the_developer_speaks_for_the_system() {
    check_field(
        r#""input":"Hi \"you\"""#,
        r#""input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi \"you\""}]}]"#,
    );
    let lost = check_field(
        r#""input":[{"role":"system","content":"a"}, {"role":"user","content":"system"},{"content":1,"role":"system"}]"#,
        r#""input":[{"role":"developer","content":"a"},{"role":"user","content":"system"},{"content":1,"role":"developer"}]"#,
    );
    let paths: Vec<&str> = lost.iter().map(|(path, _)| &**path).collect();
    assert_eq!(paths, ["input[0].role", "input[2].role"]);
}

#[test]
fn marks_of_a_cache_are_taken_out_of_parts_and_tools() {
    let lost = check_field(
        r#""input":[{"content":[{"text":"a","prompt_cache_breakpoint":{}},{"text":"b"}]}],"tools":[{"name":"f","prompt_cache_breakpoint":{}}]"#,
        r#""input":[{"content":[{"text":"a"},{"text":"b"}]}],"tools":[{"name":"f"}]"#,
    );
    assert!(lost.iter().all(|(_, quiet)| *quiet));
    assert_eq!(lost[0].0, "input[0].content[0].prompt_cache_breakpoint");
}

#[test]
fn the_search_has_one_name() {
    check_field(
        r#""tools":[{"type":"web_search_preview_2025_03_11","x":1},{"type":"function"}],"tool_choice":{"type":"web_search_preview"}"#,
        r#""tools":[{"type":"web_search","x":1},{"type":"function"}],"tool_choice":{"type":"web_search"}"#,
    );
    check_field(
        r#""tools":[{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","tools":[{"type":"web_search_preview"}]}"#,
        r#""tools":[{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","tools":[{"type":"web_search"}]}"#,
    );
}

#[test]
fn reasoning_is_asked_for_and_parallel_calls_only_beside_tools() {
    check(
        &format!(
            r#"{{"instructions":"","include":["a"],"parallel_tool_calls":true,"tools":[],{ENDS}}}"#
        ),
        &format!(
            r#"{{"instructions":"","include":["a","reasoning.encrypted_content"],"tools":[],{ENDS}}}"#
        ),
    );
    let tools = r#""parallel_tool_calls":false,"tools":[{"type":"web_search"}]"#;
    check_field(tools, tools);
}

#[test]
fn a_compaction_says_nothing_of_a_stream() {
    let (body, losses) = fitted(
        Operation::Compact,
        r#"{"model":"m","stream":false,"store":false,"include":["x"],"input":"Hi","user":"u","previous_response_id":"r"}"#,
    );
    assert_eq!(
        body,
        r#"{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]}],"previous_response_id":"r","instructions":""}"#
    );
    assert_eq!(losses.iter().count(), 1);
}

#[test]
fn long_names_cannot_be_passed_on() {
    let taken = |name: usize| {
        let body = format!(
            r#"{{"tools":[{{"type":"web_search"}},{{"name":"{}"}}]}}"#,
            "x".repeat(name)
        );
        takes(json_document(&body).root())
    };
    assert!(taken(64) && !taken(65));
}

fn json_document(text: &str) -> modelgate_dialects::json::Document {
    modelgate_dialects::json::Document::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}
