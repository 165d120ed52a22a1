//! What a reload did, as log lines, and for whoever watches the gateway.

use modelgate_config::{ConfigError, Problem, Reloaded};
use modelgate_gateway::State;

use crate::inert::inert;

/// Tells the outcome of a reload: what changed, what is still to be done, or every reason why nothing changed.
pub(crate) fn report(state: &State, outcome: &Result<Reloaded, ConfigError>) {
    match outcome {
        Ok(reloaded) => {
            for warning in &reloaded.warnings {
                tracing::warn!("{}", line(warning));
            }
            if reloaded.changed {
                tracing::info!("configuration reloaded");
            } else {
                tracing::info!("the configuration file says what is already in use");
                state.config_used();
            }
            for key in &reloaded.needs_restart {
                tracing::warn!("a new `{key}` counts only after a restart");
            }
        }
        Err(error) => {
            for problem in error.problems() {
                tracing::error!("{}", line(problem));
            }
            if error.problems().is_empty() {
                tracing::error!("{}", cause(error));
            }
            tracing::warn!("the configuration was not reloaded; the one in use stays");
            state.config_refused(error);
        }
    }
}

fn line(problem: &Problem) -> String {
    inert(&problem.to_string()).into_owned()
}

/// The error with everything behind it.
fn cause(error: &ConfigError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    inert(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use modelgate_config::{Environment, load};

    use super::*;

    #[test]
    fn an_error_is_told_with_its_cause_in_one_line() {
        let path = Path::new("/nonexistent/a\nb.yaml");
        let error = load(path, &Environment::default()).unwrap_err();
        let text = cause(&error);
        assert!(
            text.starts_with(r"cannot read /nonexistent/a\nb.yaml: "),
            "{text}"
        );
    }
}
