//! `modelgate man`.

use crate::cli;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;

/// Print a manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate man | man -l -
  modelgate man config check | man -l -")]
pub(crate) struct Args {
    /// The command the page is about; without it, modelgate itself
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let mut root = cli::command();
    root.build();
    let mut command = &root;
    for name in &args.command {
        let Some(child) = command.find_subcommand(name) else {
            let message = anyhow::anyhow!("there is no command `{}`", inert(name));
            return Err(CommandError::usage(message).hint("modelgate --help lists the commands"));
        };
        command = child;
    }
    let page = page(command)?;
    context.output.data(&page)
}

fn page(command: &clap::Command) -> Result<String, CommandError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .source("modelgate")
        .render(&mut page)
        .map_err(|error| CommandError::failed(error.into()))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completions::tests::check;
    use crate::output::testing::captured;
    use modelgate_config::Environment;

    fn check_all(command: &clap::Command) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        check(&format!("man/{name}.1"), &page(command).unwrap());
        command
            .get_subcommands()
            .filter(|child| child.get_name() != "help")
            .for_each(check_all);
    }

    #[test]
    fn the_kept_pages_are_up_to_date() {
        let mut root = cli::command();
        root.build();
        check_all(&root);
    }

    #[test]
    fn a_page_of_a_command_within_a_command() {
        let (output, out, _) = captured(false);
        let mut context = Context::new(Environment::default(), None, output);
        let page = |words: &[&str]| Args {
            command: words.iter().map(ToString::to_string).collect(),
        };
        run(&mut context, &page(&["config", "check"])).unwrap();
        assert!(
            out.text().contains("modelgate-config-check"),
            "{}",
            out.text()
        );
        let error = run(&mut context, &page(&["config", "chekc"])).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
