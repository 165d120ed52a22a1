//! The configuration that a command reads and changes.

use std::path::PathBuf;

use modelgate_config::paths::ConfigPath;
use modelgate_config::{Environment, change_file, read_file};
use modelgate_management::ConfigText;

use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::inert::inert;
use crate::remote::Gateway;

/// How often a change is made again because somebody else was quicker.
const TRIES: usize = 5;

/// Where the configuration is.
#[derive(Debug)]
pub(crate) enum Target {
    /// A running gateway has it.
    Gateway(Gateway),
    /// No gateway is running.
    File {
        path: PathBuf,
        environment: Environment,
    },
}

/// A text, and what it was read from.
#[derive(Debug)]
pub(crate) enum Read {
    Gateway(ConfigText),
    File(String),
}

impl Read {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Gateway(read) => &read.text,
            Self::File(text) => text,
        }
    }
}

impl Target {
    pub(crate) fn file(context: &Context) -> Result<Self, CommandError> {
        match context.config_path() {
            ConfigPath::Existing(path) => Ok(Self::File {
                path,
                environment: context.environment.clone(),
            }),
            ConfigPath::Missing(path) => {
                let path = shown(&path);
                let error =
                    anyhow::anyhow!("no gateway is running here, and there is no file {path}");
                let flag = context.config_flag();
                Err(CommandError::failed(error)
                    .hint(format!("modelgate config init{flag} writes one")))
            }
        }
    }

    /// Which configuration it is, for a person.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Gateway(gateway) => format!("the gateway at {}", inert(gateway.client.url())),
            Self::File { path, .. } => shown(path),
        }
    }

    /// The text of the file.
    pub(crate) fn read(&self) -> Result<Read, CommandError> {
        Ok(match self {
            Self::Gateway(gateway) => Read::Gateway(gateway.wait(gateway.client.config())?),
            Self::File { path, .. } => Read::File(read_file(path)?),
        })
    }

    /// Replaces the text that was read. What is told are the warnings.
    pub(crate) fn replace(&self, read: &Read, text: String) -> Result<Vec<String>, CommandError> {
        match (self, read) {
            (Self::Gateway(gateway), Read::Gateway(read)) => {
                let saved = gateway.wait(gateway.client.replace_config(read, text))?;
                Ok(told(saved.needs_restart, saved.warnings))
            }
            (Self::File { path, environment }, _) => {
                let warnings = change_file(path, environment, |old| {
                    if old == read.text() {
                        Ok(text)
                    } else {
                        Err(stale())
                    }
                });
                let warnings = warnings?;
                Ok(warnings.iter().map(ToString::to_string).collect())
            }
            (Self::Gateway(_), Read::File(_)) => Err(stale()),
        }
    }

    /// Makes a change, again where somebody else was quicker, and tells what came of it.
    pub(crate) fn change<T>(
        &self,
        context: &mut Context,
        change: impl Fn(&str) -> Result<(String, T), CommandError>,
    ) -> Result<T, CommandError> {
        for _ in 1..TRIES {
            let read = self.read()?;
            let (text, made) = change(read.text())?;
            if text == read.text() {
                return Ok(made);
            }
            match self.replace(&read, text) {
                Ok(warnings) => {
                    warn(context, &warnings);
                    return Ok(made);
                }
                Err(error) if error.is_stale() => {}
                Err(error) => return Err(error),
            }
        }
        Err(stale())
    }
}

/// Tells what is probably not meant.
pub(crate) fn warn(context: &mut Context, warnings: &[String]) {
    for warning in warnings {
        context.output.warning(&inert(warning));
    }
}

fn told(needs_restart: Vec<String>, warnings: Vec<String>) -> Vec<String> {
    let restart = needs_restart.into_iter();
    let restart = restart.map(|key| format!("a new `{key}` counts only after a restart"));
    restart.chain(warnings).collect()
}

fn stale() -> CommandError {
    CommandError::stale(anyhow::anyhow!(
        "the configuration was changed by somebody else meanwhile"
    ))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use super::*;
    use crate::output::testing::captured;

    #[test]
    fn a_change_is_made_again_where_somebody_was_quicker() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("c.yaml");
        fs::write(&path, "port: 1\n").unwrap();
        let target = Target::File {
            path: path.clone(),
            environment: Environment::default(),
        };
        let (output, _, _) = captured(false);
        let mut context = Context::new(Environment::default(), None, output);
        let quicker = Cell::new(2);
        let mut append = |line: &str| {
            target.change(&mut context, |text| {
                if quicker.get() > 0 {
                    quicker.set(quicker.get() - 1);
                    fs::write(&path, format!("{text}# {}\n", quicker.get())).unwrap();
                }
                Ok((format!("{text}{line}\n"), ()))
            })
        };
        append("debug: true").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "port: 1\n# 1\n# 0\ndebug: true\n");
        assert_eq!(append("host: [").unwrap_err().exit_code(), 2);
        quicker.set(100);
        let error = append("request-retry: 1").unwrap_err();
        assert!(error.is_stale() && error.exit_code() == 1);
        assert!(!fs::read_to_string(&path).unwrap().contains("request-retry"));
    }
}
