//! The configuration file.

use modelgate_config::paths::ConfigPath;
use modelgate_config::{Config, ConfigError, Overrides, Problem, TEMPLATE, load, parse};

use super::report::{Area, Report};
use crate::context::{Context, shown};

const HERE: Area = Area::Configuration;

/// The configuration that would count; none where it is broken.
pub(super) fn check(context: &Context, report: &mut Report) -> Option<Config> {
    let found = context.config_path();
    let path = shown(found.path());
    let loaded = match &found {
        ConfigPath::Existing(path) => load(path, &context.environment),
        ConfigPath::Missing(path) => parse(TEMPLATE, path, &context.environment),
    };
    let resolved = loaded.and_then(|loaded| loaded.resolve(&Overrides::default()));
    let (config, warnings) = match resolved {
        Ok(resolved) => (Some(resolved.config), resolved.warnings),
        Err(error) => (None, mistakes(context, &error, report)),
    };
    for warning in &warnings {
        report.warning(
            HERE,
            told(warning),
            warning.hint.clone().unwrap_or_default(),
        );
    }
    match (&config, &found) {
        (None, _) => {}
        (Some(_), ConfigPath::Existing(_)) => report.ok(HERE, format!("{path} can be used")),
        (Some(_), ConfigPath::Missing(_)) => {
            let flag = context.config_flag();
            report.note(
                HERE,
                format!("there is no file yet at {path}; the defaults count"),
                Some(format!(
                    "modelgate config init{flag}, or the first `modelgate serve`, writes one"
                )),
            );
        }
    }
    config
}

/// Reports every mistake, and gives back the warnings beside them.
fn mistakes(context: &Context, error: &ConfigError, report: &mut Report) -> Vec<Problem> {
    if let ConfigError::Invalid { problems, warnings } = error {
        for problem in problems {
            report.broken(
                HERE,
                told(problem),
                problem.hint.clone().unwrap_or_default(),
            );
        }
        return warnings.clone();
    }
    let source = std::error::Error::source(error);
    let why = source.map(|source| format!(": {source}"));
    let what = format!("{error}{}", why.unwrap_or_default());
    let flag = context.config_flag();
    report.broken(
        HERE,
        what,
        format!("modelgate config path{flag} tells which file counts"),
    );
    Vec::new()
}

/// The problem without its hint, which stands in a line of its own.
fn told(problem: &Problem) -> String {
    let bare = Problem {
        hint: None,
        ..problem.clone()
    };
    bare.to_string()
}
