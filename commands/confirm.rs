//! Questions that only a person answers.

use std::io::{self, BufRead as _, IsTerminal as _};

use crate::context::Context;
use crate::error::CommandError;

/// Asks a person; nobody else can say yes by accident. `--yes` must be a flag of the command.
pub(crate) fn confirm(context: &mut Context, question: &str) -> Result<(), CommandError> {
    let read = || line().map_err(|error| CommandError::failed(error.into()));
    confirm_by(context, question, read)
}

/// The same with a way of one's own to read the [`line`] of an answer.
pub(crate) fn confirm_by(
    context: &mut Context,
    question: &str,
    read: impl FnOnce() -> Result<String, CommandError>,
) -> Result<(), CommandError> {
    if !io::stdin().is_terminal() {
        let error = anyhow::anyhow!("nobody is there to confirm it");
        return Err(CommandError::usage(error).hint("--yes confirms it"));
    }
    context.output.question(&format!("{question} [y/N] "));
    if is_yes(&read()?) {
        Ok(())
    } else {
        Err(CommandError::failed(anyhow::anyhow!("nothing was changed")))
    }
}

/// What a person types.
pub(crate) fn line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

fn is_yes(answer: &str) -> bool {
    matches!(&*answer.trim().to_ascii_lowercase(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (answer, expected) in [
            ("y\n", true),
            (" YES \n", true),
            ("\n", false),
            ("", false),
            ("n\n", false),
            ("yesterday\n", false),
        ] {
            assert_eq!(is_yes(answer), expected, "{answer:?}");
        }
    }
}
