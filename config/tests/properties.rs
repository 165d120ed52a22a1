//! What holds for every text.

use proptest::prelude::*;

use std::path::Path;

use super::read;
use crate::error::Report;
use crate::tree::{self, Entry, Node, Value};
use crate::{ConfigError, TEMPLATE};

fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("api-keys:"),
        Just("port: "),
        Just("- "),
        Just("\n"),
        Just("  "),
        Just("\t"),
        Just("key: "),
        Just("*a"),
        Just("&a "),
        Just("[ "),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(","),
        Just("'"),
        Just("\""),
        Just("<<: "),
        Just("|\n"),
        Just("# c\n"),
        Just("---\n"),
        Just("é"),
        Just("\r\n"),
        Just("1"),
        Just("null"),
        Just("? "),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Whether the reader of positions and `serde_yaml`, which judges edits, understand the same. Every text is trimmed when read.
fn agree(node: &Node, value: &serde_yaml::Value) -> bool {
    match (&node.value, value) {
        (Value::Null, value) => value.is_null(),
        (Value::Scalar(text), serde_yaml::Value::String(other)) => text.trim() == other.trim(),
        (Value::Scalar(_), value) => value.is_bool() || value.is_number() || value.is_null(),
        (Value::List(items), serde_yaml::Value::Sequence(others)) => {
            items.len() == others.len()
                && items
                    .iter()
                    .zip(others)
                    .all(|(item, other)| agree(item, other))
        }
        (Value::Map(entries), serde_yaml::Value::Mapping(others)) => {
            let same = |(entry, other): (&Entry, &serde_yaml::Value)| agree(&entry.value, other);
            entries.len() == others.len() && entries.iter().zip(others.values()).all(same)
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in yaml_like()) {
        let _ = read(&text);
    }

    #[test]
    fn every_problem_points_into_the_text(text in yaml_like()) {
        if let Err(ConfigError::Invalid { problems, .. }) = read(&text) {
            let lines = text.split('\n').count();
            for problem in problems {
                prop_assert!((1..=lines + 1).contains(&problem.line), "{problem}");
                prop_assert!(problem.column >= 1, "{problem}");
            }
        }
    }

    #[test]
    fn both_parsers_understand_the_same(text in yaml_like().prop_map(|text| format!("a: {text}"))) {
        let mut report = Report::new(Path::new(""));
        let node = tree::parse(&text, &mut report).filter(|_| !report.has_problems());
        let value = serde_yaml::from_str::<serde_yaml::Value>(&text);
        if let (Some(node), Ok(value)) = (node, value) && value.is_mapping() && !text.contains("<<") {
            prop_assert!(agree(&node, &value), "{node:?}\n{value:?}");
        }
    }

    #[test]
    fn numbers_of_payload_rules_are_those_of_yaml(text in "[-+]?[0-9.][0-9.eExob_+-]{0,8}") {
        let rule = format!("payload: {{override: [{{models: [{{name: x}}], params: {{a: {text}}}}}]}}");
        if let Ok(loaded) = read(&rule) {
            let json = loaded.config.payload.overrides[0].params[0].value.as_str();
            let yaml: serde_yaml::Value = serde_yaml::from_str(&format!("[{text}]")).unwrap();
            // `serde_json` itself reads floats less exactly than they are written.
            prop_assert_eq!(json.parse::<f64>().ok(), yaml[0].as_f64(), "{}", text);
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            prop_assert_eq!(value.as_str(), yaml[0].as_str(), "{}", text);
        }
    }

    #[test]
    fn a_cut_template_never_panics(at in 0..TEMPLATE.len()) {
        let _ = read(TEMPLATE.get(..at).unwrap_or(""));
    }
}
