//! `modelgate completions`.

use clap_complete::Shell;

use crate::cli;
use crate::context::Context;
use crate::error::CommandError;

/// Print a completion script for a shell
///
/// For example: modelgate completions bash > ~/.local/share/bash-completion/completions/modelgate
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    context.output.data(&script(args.shell))
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "modelgate", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;
    use std::path::Path;

    use clap::ValueEnum;
    use clap_complete::Generator;

    use super::*;

    /// Compares a generated file with the one in `completions/`. `INSTA_UPDATE=always`, which also accepts
    /// snapshots, writes it instead.
    #[track_caller]
    pub(crate) fn check(name: &str, text: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../completions")
            .join(name);
        if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "completions/{name} is out of date; run INSTA_UPDATE=always cargo test -p modelgate-commands"
        );
    }

    #[test]
    fn the_kept_scripts_are_up_to_date() {
        for shell in Shell::value_variants() {
            check(&shell.file_name("modelgate"), &script(*shell));
        }
    }
}
