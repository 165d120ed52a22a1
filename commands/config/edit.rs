//! `modelgate config edit`.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use modelgate_config::paths::state_dir;
use modelgate_config::save;

use crate::confirm::confirm;
use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::remote::Remote;
use crate::target::warn;

/// Change the configuration file in your editor
///
/// $VISUAL, else $EDITOR, else vi, gets a copy. The file is replaced when the editor ends, if the copy is a valid
/// configuration and nobody changed the file meanwhile, and a running gateway puts it to use at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate config edit
  VISUAL='code --wait' modelgate config edit")]
pub(crate) struct Args {
    #[command(flatten)]
    remote: Remote,
}

/// The copy that is edited; it holds secrets, and goes when this goes unless it is kept.
struct Copy {
    path: PathBuf,
    keep: bool,
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.keep {
            fs::remove_file(&self.path).ok();
        }
    }
}

pub(super) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let target = args.remote.target(context)?;
    let read = target.read()?;
    let name = format!("edit-{}.yaml", std::process::id());
    let mut copy = Copy {
        path: state_dir(&context.environment).join(name),
        keep: false,
    };
    save(&copy.path, read.text()).map_err(|error| failed(&copy.path, error))?;
    loop {
        open(context, &copy.path)?;
        let text = fs::read_to_string(&copy.path).map_err(|error| failed(&copy.path, error))?;
        if text == read.text() {
            context.output.note("nothing was changed");
            return Ok(());
        }
        let error = match target.replace(&read, text) {
            Ok(warnings) => {
                warn(context, &warnings);
                context.output.note(&format!("changed {}", target.name()));
                return Ok(());
            }
            Err(error) => error,
        };
        let again = io::stdin().is_terminal() && !error.is_stale();
        if again {
            context.output.error(&error);
        }
        if !again || confirm(context, "Edit it again?").is_err() {
            copy.keep = true;
            let hint = format!("your changes are still in {}", shown(&copy.path));
            return Err(error.hint(hint));
        }
    }
}

/// Waits until the editor has ended.
fn open(context: &Context, path: &Path) -> Result<(), CommandError> {
    let environment = &context.environment;
    let editor = environment
        .get("VISUAL")
        .or_else(|| environment.get("EDITOR"));
    let editor = editor.unwrap_or("vi");
    // As people write it, with arguments: `code --wait`.
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("editor")
        .arg(path);
    let status = command.status().map_err(|error| failed(path, error))?;
    if status.success() {
        return Ok(());
    }
    let error = anyhow::anyhow!("the editor `{editor}` failed, so nothing was changed");
    Err(CommandError::failed(error).hint("set VISUAL or EDITOR to the editor you like"))
}

fn failed(path: &Path, error: io::Error) -> CommandError {
    CommandError::failed(
        anyhow::Error::new(error).context(format!("cannot edit {}", path.display())),
    )
}
