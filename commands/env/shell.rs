//! The words of shells for variables.

use std::fs;
use std::path::Path;

use clap::ValueEnum;
use modelgate_config::Environment;

/// A shell; `bash` stands for every shell that is like the Bourne shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    #[value(alias = "sh", alias = "dash", alias = "ksh")]
    Bash,
    Zsh,
    Fish,
    Elvish,
    #[value(alias = "pwsh")]
    Powershell,
}

impl Shell {
    /// The shell that has started this program, else the person's own.
    pub(super) fn in_use(environment: &Environment) -> Self {
        let parent = format!("/proc/{}/comm", std::os::unix::process::parent_id());
        let parent = fs::read_to_string(parent).ok();
        let own = environment.get("SHELL");
        let names = parent.as_deref().into_iter().chain(own);
        names
            .filter_map(Self::of_program)
            .next()
            .unwrap_or(Self::Bash)
    }

    /// The shell that a program is; a login shell has a dash before its name.
    fn of_program(program: &str) -> Option<Self> {
        let name = Path::new(program.trim()).file_name()?.to_str()?;
        Self::from_str(name.trim_start_matches('-'), true).ok()
    }

    /// Sets a variable for the programs that the shell starts.
    pub(super) fn set(self, name: &str, value: &str) -> String {
        let value = self.quoted(value);
        match self {
            Self::Bash | Self::Zsh => format!("export {name}={value}"),
            Self::Fish => format!("set -gx {name} {value}"),
            Self::Elvish => format!("set-env {name} {value}"),
            Self::Powershell => format!("$env:{name} = {value}"),
        }
    }

    /// Takes a variable away; that it is not there is no error.
    pub(super) fn unset(self, name: &str) -> String {
        match self {
            Self::Bash | Self::Zsh => format!("unset {name}"),
            Self::Fish => format!("set -e {name}"),
            Self::Elvish => format!("unset-env {name}"),
            Self::Powershell => {
                format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue")
            }
        }
    }

    /// A text as one word, whatever is in it.
    pub(super) fn quoted(self, text: &str) -> String {
        match self {
            Self::Bash | Self::Zsh => format!("'{}'", text.replace('\'', r"'\''")),
            Self::Fish => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
            Self::Elvish | Self::Powershell => format!("'{}'", text.replace('\'', "''")),
        }
    }

    /// How the lines for a client are put to use.
    pub(super) fn example(self, client: &str) -> String {
        match self {
            Self::Bash | Self::Zsh => format!("eval \"$(modelgate env {client})\""),
            Self::Fish => format!("modelgate env {client} | source"),
            Self::Elvish => format!("eval (modelgate env {client} | slurp)"),
            Self::Powershell => {
                format!("modelgate env {client} | Out-String | Invoke-Expression")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const ODD: &str = "a'b\"c$(d)`e`\\f\\\\ !g\nh;i#é";

    #[test]
    fn values_are_one_word_in_every_shell() {
        for (shell, expected) in [
            (Shell::Bash, r"export A='a'\''b\c'"),
            (Shell::Zsh, r"export A='a'\''b\c'"),
            (Shell::Fish, r"set -gx A 'a\'b\\c'"),
            (Shell::Elvish, r"set-env A 'a''b\c'"),
            (Shell::Powershell, r"$env:A = 'a''b\c'"),
        ] {
            assert_eq!(shell.set("A", r"a'b\c"), expected);
        }
        assert_eq!(Shell::Fish.unset("A"), "set -e A");
    }

    #[test]
    fn a_bourne_shell_reads_back_what_was_set() {
        let script = format!(
            "{}\n{}\nprintf %s \"$A${{B-gone}}\"",
            Shell::Bash.set("A", ODD),
            Shell::Bash.unset("B")
        );
        let mut command = Command::new("sh");
        let output = command
            .arg("-c")
            .arg(script)
            .env("B", "b")
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            format!("{ODD}gone")
        );
    }

    #[test]
    fn shells_are_known_by_their_programs() {
        for (program, expected) in [
            ("bash\n", Some(Shell::Bash)),
            ("-zsh", Some(Shell::Zsh)),
            ("/usr/bin/fish", Some(Shell::Fish)),
            ("dash", Some(Shell::Bash)),
            ("pwsh", Some(Shell::Powershell)),
            ("cargo", None),
            ("", None),
        ] {
            assert_eq!(Shell::of_program(program), expected, "{program}");
        }
    }
}
