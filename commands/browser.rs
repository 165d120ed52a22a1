//! The person's browser.

use std::io;

use modelgate_config::Environment;

use crate::context::Context;

/// Sends it somewhere, if there is one.
pub(crate) fn open(context: &mut Context, url: &str) {
    let trouble = if is_elsewhere(&context.environment) {
        "the session comes over ssh, so no browser is opened here".to_owned()
    } else {
        match open::that_detached(url) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                "no browser was found here".to_owned()
            }
            Err(error) => format!("no browser could be opened ({error})"),
        }
    };
    let note = format!("{trouble}; open the address yourself");
    context.output.note(&note);
}

/// Whether the person sits at another machine, and sees nothing of this one but a terminal.
pub(crate) fn is_elsewhere(environment: &Environment) -> bool {
    let is_set = |name| environment.get(name).is_some();
    is_set("SSH_CONNECTION") && !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_over_ssh_without_a_screen_is_elsewhere() {
        let with = |variables: &[(&str, &str)]| {
            is_elsewhere(&Environment::from_map(variables.iter().copied()))
        };
        let ssh = ("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");
        assert!(with(&[ssh]) && with(&[ssh, ("DISPLAY", "")]));
        assert!(!with(&[]) && !with(&[ssh, ("DISPLAY", "localhost:10.0")]));
        assert!(!with(&[ssh, ("WAYLAND_DISPLAY", "wayland-0")]));
    }
}
