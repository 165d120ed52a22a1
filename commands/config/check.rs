//! `modelgate config check`.

use anyhow::anyhow;
use modelgate_config::paths::ConfigPath;
use modelgate_config::{ConfigError, Overrides, Problem, load};
use serde::Serialize;

use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::inert::inert;

/// Check the configuration file and list everything that is wrong with it
///
/// Exits with 2 if the file cannot be used. With --json: {"path", "valid", "problems", "warnings"}, each entry
/// {"line", "column", "key", "message", "hint"}; line and column are 0 for what is not in the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate config check
  modelgate config check --config new.yaml --json")]
pub(crate) struct Args {}

#[derive(Debug, Serialize)]
struct View {
    path: String,
    valid: bool,
    problems: Vec<Entry>,
    warnings: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    line: usize,
    column: usize,
    key: String,
    message: String,
    hint: Option<String>,
}

pub(crate) fn run(context: &mut Context, _args: &Args) -> Result<(), CommandError> {
    let path = match context.config_path() {
        ConfigPath::Existing(path) => path,
        ConfigPath::Missing(path) => {
            let error = anyhow!("there is no configuration file at {}", shown(&path));
            let hint = format!("modelgate config init{} writes one", context.config_flag());
            return Err(CommandError::usage(error).hint(hint));
        }
    };
    let loaded =
        load(&path, &context.environment).and_then(|loaded| loaded.resolve(&Overrides::default()));
    let (problems, warnings) = match loaded {
        Ok(loaded) => (Vec::new(), loaded.warnings),
        Err(ConfigError::Invalid { problems, warnings }) => (problems, warnings),
        Err(error) => return Err(error.into()),
    };
    let valid = problems.is_empty();
    if context.output.is_json() {
        context.output.json(&View {
            path: path.to_string_lossy().into_owned(),
            valid,
            problems: problems.into_iter().map(Entry::from).collect(),
            warnings: warnings.into_iter().map(Entry::from).collect(),
        })?;
    } else {
        let mut report = String::new();
        for (kind, list) in [("error", &problems), ("warning", &warnings)] {
            for problem in list {
                report.push_str(&format!("{kind}: {}\n", inert(&problem.to_string())));
            }
        }
        let verdict = verdict(problems.len(), warnings.len());
        report.push_str(&format!("{}: {verdict}\n", shown(&path)));
        context.output.data(&report)?;
    }
    if valid {
        Ok(())
    } else {
        Err(CommandError::reported())
    }
}

impl From<Problem> for Entry {
    fn from(problem: Problem) -> Self {
        Self {
            line: problem.line,
            column: problem.column,
            key: problem.key,
            message: problem.message,
            hint: problem.hint,
        }
    }
}

fn verdict(problems: usize, warnings: usize) -> String {
    let count = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    match (problems, warnings) {
        (0, 0) => "good".to_owned(),
        (0, warnings) => format!("usable, with {}", count(warnings, "warning")),
        (problems, _) => format!("cannot be used, {}", count(problems, "mistake")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use modelgate_config::Environment;

    use super::*;
    use crate::output::testing::captured;

    fn check(text: &str, json: bool) -> (Option<u8>, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.yaml");
        fs::write(&path, text).unwrap();
        let (output, out, _) = captured(json);
        let mut context = Context::new(Environment::default(), Some(path.clone()), output);
        let outcome = run(&mut context, &Args {});
        let printed = out.text().replace(path.to_str().unwrap(), "c.yaml");
        (outcome.err().map(|error| error.exit_code()), printed)
    }

    #[test]
    fn a_good_file() {
        let good = (None, "c.yaml: good\n".to_owned());
        assert_eq!(check("port: 8317\n", false), good);
    }

    #[test]
    fn every_mistake_is_listed() {
        let (code, printed) = check("port: many\nhost: \"a\\eb\"\n", false);
        assert_eq!(code, Some(2));
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines[0].starts_with("error: c.yaml:1:7: "), "{printed}");
        assert!(lines[1].starts_with("error: c.yaml:2:7: "), "{printed}");
        assert_eq!(lines[2], "c.yaml: cannot be used, 2 mistakes");
        assert!(!printed.contains('\u{1b}'));
    }

    #[test]
    fn an_open_door_is_a_mistake() {
        assert_eq!(check("host: 0.0.0.0\n", false).0, Some(2));
    }

    #[test]
    fn warnings_leave_the_file_usable() {
        let (code, printed) = check("prot: 1\n", false);
        assert_eq!(code, None);
        assert!(printed.starts_with("warning: c.yaml:1:1: "), "{printed}");
        assert!(printed.ends_with("c.yaml: usable, with 1 warning\n"));
    }

    #[test]
    fn scripts_get_places() {
        let (code, printed) = check("port: many\n", true);
        assert_eq!(code, Some(2));
        let value: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(value["valid"], false);
        assert_eq!(value["problems"][0]["line"], 1);
        assert_eq!(value["problems"][0]["key"], "port");
    }
}
