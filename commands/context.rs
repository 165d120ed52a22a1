//! What every command is given: the environment, the global flags, and a place to print.

use std::path::{Path, PathBuf};

use modelgate_config::paths::{ConfigPath, config_file};
use modelgate_config::{Environment, Loaded, TEMPLATE, load, parse};

use crate::error::CommandError;
use crate::output::Output;

/// The surroundings of a command.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) output: Output,
    config: Option<PathBuf>,
}

impl Context {
    pub(crate) fn new(environment: Environment, config: Option<PathBuf>, output: Output) -> Self {
        Self {
            environment,
            output,
            config,
        }
    }

    /// Makes another context with the same surroundings, wherever one is needed.
    pub(crate) fn again(&self) -> impl Fn() -> Self + Send + Sync + use<> {
        let (environment, config) = (self.environment.clone(), self.config.clone());
        let settings = self.output.settings();
        move || {
            let output = Output::new(settings);
            Self::new(environment.clone(), config.clone(), output)
        }
    }

    /// The configuration file that counts, as an absolute path.
    pub(crate) fn config_path(&self) -> ConfigPath {
        match config_file(self.config.as_deref(), &self.environment) {
            ConfigPath::Existing(path) => ConfigPath::Existing(absolute(path)),
            ConfigPath::Missing(path) => ConfigPath::Missing(absolute(path)),
        }
    }

    /// Whether a file was named on the command line.
    pub(crate) fn names_config(&self) -> bool {
        self.config.is_some()
    }

    /// Whether the terminal says that it cannot place what it shows.
    pub(crate) fn is_dumb(&self) -> bool {
        self.environment.get("TERM") == Some("dumb")
    }

    /// The configuration, or the defaults while there is no file.
    pub(crate) fn load(&mut self) -> Result<Loaded, CommandError> {
        match self.config_path() {
            ConfigPath::Existing(path) => Ok(load(&path, &self.environment)?),
            ConfigPath::Missing(path) => {
                self.output.note(&format!(
                    "no configuration file yet at {}; these are the defaults",
                    shown(&path)
                ));
                Ok(parse(TEMPLATE, &path, &self.environment)?)
            }
        }
    }

    /// What to add to a command that shall read the same file.
    pub(crate) fn config_flag(&self) -> String {
        match &self.config {
            Some(path) => format!(" --config {}", quoted(path)),
            None => String::new(),
        }
    }
}

/// A path, safe to print.
pub(crate) fn shown(path: &Path) -> String {
    crate::inert::inert(&path.to_string_lossy()).into_owned()
}

/// A path as one word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    let text = shown(path);
    let plain = |char: char| char.is_ascii_alphanumeric() || "/._-+,@%:".contains(char);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::captured;

    #[test]
    fn without_a_file_the_defaults_count_and_that_is_said() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::from_map([
            ("HOME", home.path().to_str().unwrap()),
            ("OPENAI_API_KEY", "sk-0123456789"),
        ])
        .with_working_dir(home.path());
        let (output, _, err) = captured(false);
        let mut context = Context::new(environment, None, output);
        let loaded = context.load().unwrap();
        assert_eq!(loaded.config.server.address.port(), 8317);
        assert_eq!(loaded.config.compatible.len(), 1);
        assert!(err.text().contains("no configuration file yet"));
        assert_eq!(context.config_flag(), "");
    }

    #[test]
    fn paths_survive_a_shell() {
        for (path, expected) in [
            ("/a/b.yaml", "/a/b.yaml"),
            ("/a b", "'/a b'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }
}
