//! `modelgate config path`.

use modelgate_config::paths::ConfigPath;
use serde::Serialize;

use crate::context::{Context, shown};
use crate::error::CommandError;

/// Print where the configuration file is, or would be
///
/// With --json: {"path", "exists"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate config path
  cp \"$(modelgate config path)\" backup.yaml")]
pub(crate) struct Args {}

#[derive(Serialize)]
struct View {
    path: String,
    exists: bool,
}

pub(crate) fn run(context: &mut Context, _args: &Args) -> Result<(), CommandError> {
    let path = context.config_path();
    let exists = matches!(path, ConfigPath::Existing(_));
    if context.output.is_json() {
        let path = path.path().to_string_lossy().into_owned();
        return context.output.json(&View { path, exists });
    }
    context.output.data(&shown(path.path()))?;
    if !exists {
        let flag = context.config_flag();
        let note = format!("there is no file yet; `modelgate config init{flag}` writes it");
        context.output.note(&note);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use modelgate_config::Environment;

    use super::*;
    use crate::output::testing::captured;

    #[test]
    fn a_missing_file_has_a_path_too() {
        for (json, expected) in [
            (false, "/nonexistent/c.yaml\n"),
            (
                true,
                "{\n  \"path\": \"/nonexistent/c.yaml\",\n  \"exists\": false\n}\n",
            ),
        ] {
            let (output, out, err) = captured(json);
            let path = Some("/nonexistent/c.yaml".into());
            let mut context = Context::new(Environment::default(), path, output);
            run(&mut context, &Args {}).unwrap();
            assert_eq!(out.text(), expected);
            assert_eq!(
                err.text()
                    .contains("modelgate config init --config /nonexistent/c.yaml"),
                !json
            );
        }
    }
}
