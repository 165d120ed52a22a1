//! Prompts that a person can leave with Ctrl-C, as everything else.

use std::io;
use std::thread;

use dialoguer::console::Term;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::error::CommandError;

/// What a person answers where the asking blocks. With Ctrl-C there is no answer, and the terminal is as it was before. From
/// then on Ctrl-C ends nothing by itself: whoever asks so must listen for it. Must not be called in a runtime.
pub(crate) fn answered<T: Send + 'static>(
    ask: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, CommandError> {
    let failed = |error: io::Error| CommandError::failed(error.into());
    let before = tcgetattr(io::stdin()).ok();
    let runtime = Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(failed)?.block_on(async {
        let (sender, answer) = oneshot::channel();
        let asking = async {
            // The thread ends with the program: a read cannot be called off.
            thread::spawn(move || sender.send(ask()).ok());
            answer.await
        };
        tokio::select! {
            // Whoever asks is not killed by a Ctrl-C any more once this has been looked at.
            biased;
            signal = tokio::signal::ctrl_c() => signal.map(|()| None),
            answer = asking => answer.unwrap_or_else(|lost| Err(io::Error::other(lost))).map(Some),
        }
    });
    match outcome {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(left(before)),
        // A prompt that reads keys itself, Ctrl-C among them.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(left(before)),
        Err(error) => Err(failed(error)),
    }
}

/// Gives the terminal back.
fn left(before: Option<Termios>) -> CommandError {
    if let Some(before) = before {
        tcsetattr(io::stdin(), OptionalActions::Now, &before).ok();
        let terminal = Term::stderr();
        terminal
            .show_cursor()
            .and_then(|()| terminal.write_line(""))
            .ok();
    }
    CommandError::interrupted()
}
