//! Questions that only a person answers.

use std::io::{self, BufRead as _, IsTerminal as _};

use crate::context::Context;
use crate::error::CommandError;
use crate::prompt::answered;

/// Asks a person; nobody else can say yes by accident. `--yes` must be a flag of the command.
pub(crate) fn confirm(context: &mut Context, question: &str) -> Result<(), CommandError> {
    if !io::stdin().is_terminal() {
        let error = anyhow::anyhow!("nobody is there to confirm it");
        return Err(CommandError::usage(error).hint("--yes confirms it"));
    }
    context.output.question(&format!("{question} [y/N] "));
    let answer = answered(|| {
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer)
    })?;
    if is_yes(&answer) {
        Ok(())
    } else {
        Err(CommandError::failed(anyhow::anyhow!("nothing was changed")))
    }
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
