//! What holds for every text.

use proptest::prelude::*;

use super::read;
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in yaml_like()) {
        let _ = read(&text);
    }

    #[test]
    fn every_problem_points_into_the_text(text in yaml_like()) {
        if let Err(ConfigError::Invalid(problems)) = read(&text) {
            let lines = text.split('\n').count();
            for problem in problems {
                prop_assert!((1..=lines + 1).contains(&problem.line), "{problem}");
                prop_assert!(problem.column >= 1, "{problem}");
            }
        }
    }

    #[test]
    fn a_cut_template_never_panics(at in 0..TEMPLATE.len()) {
        let _ = read(TEMPLATE.get(..at).unwrap_or(""));
    }
}
