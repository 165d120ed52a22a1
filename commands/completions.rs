//! `modelgate completions`.

use std::io;

use clap_complete::Shell;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::context::Context;
use crate::error::CommandError;

/// The variable in which a shell asks this program what to offer.
const VARIABLE: &str = "COMPLETE";
const NAME: &str = "modelgate";

/// Print a completion script for a shell
///
/// The script asks modelgate itself what to offer, so models, accounts, keys and requests are those of now. That starts
/// nothing, asks no provider, and gives up after less than half a second. Print it anew after an update.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate completions bash > ~/.local/share/bash-completion/completions/modelgate
  modelgate completions zsh > \"${fpath[1]}/_modelgate\"
  modelgate completions fish > ~/.config/fish/completions/modelgate.fish")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let script = script(args.shell).map_err(|error| CommandError::failed(error.into()))?;
    context.output.data(&script)
}

fn script(shell: Shell) -> io::Result<String> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        other => return Err(io::Error::other(format!("there is no script for {other}"))),
    };
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, NAME, NAME, NAME, &mut script)?;
    let mut script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // Bash breaks words also where names of models and accounts have `:` and `@`.
        Shell::Bash => script.push_str(WHOLE_WORDS),
        // A file in `fpath` is read when it is first needed, and has to answer then.
        Shell::Zsh => script.push_str(ANSWER_AT_ONCE),
        _ => {}
    }
    Ok(script)
}

const WHOLE_WORDS: &str = r#"
_modelgate_whole_words() {
    local rest=$COMP_LINE word i
    local -a words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $i -eq 0 || $rest == [[:blank:]]* ]]; then
            words+=("$word")
            rest=${rest#"${rest%%[![:blank:]]*}"}
        else
            words[${#words[@]}-1]+=$word
        fi
        rest=${rest#"$word"}
    done
    local last=${words[${#words[@]}-1]}
    local -a COMP_WORDS=("${words[@]}")
    local COMP_CWORD=$((${#words[@]} - 1))
    _clap_complete_modelgate "$1" "$last" "$3"
    COMPREPLY=("${COMPREPLY[@]#"${last%"$2"}"}")
}
_modelgate_complete=$(complete -p modelgate)
eval "${_modelgate_complete/_clap_complete_modelgate/_modelgate_whole_words}"
unset _modelgate_complete
"#;

const ANSWER_AT_ONCE: &str = r#"
if [[ "$funcstack[1]" == "_modelgate" ]]; then
    _clap_dynamic_completer_modelgate "$@"
fi
"#;

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
            check(&shell.file_name(NAME), &script(*shell).unwrap());
        }
    }
}
