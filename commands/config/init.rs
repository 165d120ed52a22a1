//! `modelgate config init`.

use std::path::Path;

use anyhow::anyhow;
use modelgate_config::paths::ConfigPath;
use modelgate_config::{ConfigError, Secret, TEMPLATE, edit, new_client_key, save};
use serde::Serialize;

use crate::context::{Context, shown};
use crate::error::CommandError;

/// Write a commented configuration file with one new client key
///
/// Prints the key, which is shown only this once; it stays in the file under `api-keys`. The file can be read by
/// nobody but you. With --json: {"path", "client_key"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate config init
  modelgate config init --config ./modelgate.yaml")]
pub(crate) struct Args {
    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct View<'a> {
    path: String,
    client_key: &'a str,
}

/// A configuration file that is not written yet.
pub(crate) struct NewFile {
    pub(crate) text: String,
    pub(crate) key: Secret,
}

impl NewFile {
    /// The template with a client key of its own.
    pub(crate) fn new() -> Result<Self, CommandError> {
        let key = new_client_key();
        let text = edit::set(TEMPLATE, "api-keys", &[key.expose()]).map_err(ConfigError::from)?;
        Ok(Self { text, key })
    }

    /// Writes the file.
    pub(crate) fn save(&self, path: &Path) -> Result<(), CommandError> {
        save(path, &self.text).map_err(|source| {
            let path = path.to_owned();
            CommandError::from(ConfigError::Write { path, source })
                .hint("choose a place that can be written to: --config <file>")
        })
    }
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let found = context.config_path();
    let path = found.path();
    if matches!(found, ConfigPath::Existing(_)) && !args.force {
        let error = anyhow!("{} exists already", shown(path));
        let hint = format!(
            "modelgate config show{} tells what it says; --force replaces it",
            context.config_flag()
        );
        return Err(CommandError::failed(error).hint(hint));
    }
    let file = NewFile::new()?;
    file.save(path)?;
    if context.output.is_json() {
        return context.output.json(&View {
            path: path.to_string_lossy().into_owned(),
            client_key: file.key.expose(),
        });
    }
    context.output.note(&format!("wrote {}", shown(path)));
    context
        .output
        .note("your client key, shown only this once (it stays in the file under `api-keys`):");
    context.output.data(file.key.expose())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use modelgate_config::{Environment, load};

    use super::*;
    use crate::output::testing::captured;

    #[test]
    fn a_file_is_written_once_and_replaced_only_by_force() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/config.yaml");
        let init = |force| {
            let (output, out, _) = captured(false);
            let mut context = Context::new(Environment::default(), Some(path.clone()), output);
            run(&mut context, &Args { force }).map(|()| out.text().trim().to_owned())
        };
        let first = init(false).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&first), "the printed key is in the file");
        assert!(text.contains("# The keys clients present"), "comments stay");
        let loaded = load(&path, &Environment::default()).unwrap();
        assert_eq!(loaded.config.client_keys.len(), 1);
        assert_eq!(loaded.warnings, []);

        let refused = init(false).unwrap_err();
        assert_eq!(refused.exit_code(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);

        assert_ne!(init(true).unwrap(), first);
    }
}
