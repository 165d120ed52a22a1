//! What a file means, and what is said about its mistakes.

mod keys;
mod mistakes;
mod payload;
mod properties;
mod providers;
mod resolved;
mod routing;

use std::path::Path;

use crate::{Config, ConfigError, Environment, Loaded, Overrides, Problem, parse};

fn read(text: &str) -> Result<Loaded, ConfigError> {
    parse(text, Path::new("modelgate.yaml"), &Environment::default())
}

/// The configuration of a file that must be right, and about which there is nothing to say.
#[track_caller]
fn config(text: &str) -> Config {
    let loaded = read(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.warnings, [], "{text}");
    loaded.config
}

#[track_caller]
fn problems(text: &str) -> Vec<Problem> {
    match read(text) {
        Err(ConfigError::Invalid { problems, .. }) => problems,
        other => panic!(
            "expected problems, got {:?}",
            other.map(|loaded| loaded.config)
        ),
    }
}

fn resolve(
    text: &str,
    overrides: &Overrides,
    environment: &Environment,
) -> Result<Loaded, ConfigError> {
    parse(text, Path::new("modelgate.yaml"), environment)?.resolve(overrides)
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}
