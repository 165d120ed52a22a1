//! `modelgate models`.

use comfy_table::CellAlignment;
use modelgate_config::{Config, Overrides};
use modelgate_providers::Catalog;
use serde::Serialize;

use crate::columns::columns;
use crate::complete;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;

/// List the models that clients can ask for
///
/// Reads the configuration and the provider keys of the environment; no gateway needs to run, and no provider is
/// asked. With --json: {"models": [{"id", "providers", "context_window", "max_output"}], "other_names":
/// [{"provider", "patterns"}]}; context_window (what a request and its answer may have together) and max_output are null where they
/// are not known, and other_names tells which providers take further names.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate models
  modelgate models claude
  modelgate models --json | jq -r '.models[].id'")]
pub(crate) struct Args {
    /// List only models whose name or provider contains this
    #[arg(value_name = "FILTER", add = complete::models())]
    filter: Option<String>,
}

#[derive(Debug, Serialize)]
struct View {
    models: Vec<Model>,
    other_names: Vec<OtherNames>,
}

#[derive(Debug, Serialize)]
struct Model {
    id: String,
    providers: Vec<String>,
    context_window: Option<u32>,
    max_output: Option<u32>,
}

/// A provider that passes on names it does not list.
#[derive(Debug, Serialize)]
struct OtherNames {
    provider: String,
    patterns: Vec<String>,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let loaded = context.load()?.resolve(&Overrides::default())?;
    let view = view(&loaded.config, args.filter.as_deref());
    if context.output.is_json() {
        return context.output.json(&view);
    }
    if !view.models.is_empty() {
        context.output.data(&table(&view.models))?;
    }
    match (view.models.is_empty(), &args.filter) {
        (true, Some(filter)) => {
            let note = format!("no listed model contains `{}`", inert(filter));
            context.output.note(&note);
        }
        (true, None) => context.output.note("no models are listed by name"),
        _ => {}
    }
    for other in &view.other_names {
        context.output.note(&format!(
            "{} also takes other names that match {}",
            inert(&other.provider),
            inert(&other.patterns.join(", "))
        ));
    }
    Ok(())
}

fn view(config: &Config, filter: Option<&str>) -> View {
    let filter = filter.map(str::to_lowercase).unwrap_or_default();
    let catalog = Catalog::preview(config);
    let models = catalog.models().iter().map(|model| Model {
        id: model.id.to_string(),
        providers: model.providers.iter().map(ToString::to_string).collect(),
        context_window: model.context_window,
        max_output: model.max_output,
    });
    let wanted = |model: &Model| {
        let mut names = std::iter::once(&model.id).chain(&model.providers);
        names.any(|name| name.to_lowercase().contains(&filter))
    };
    let other_names = catalog
        .other_names()
        .map(|(provider, patterns)| OtherNames {
            provider: provider.to_string(),
            patterns: patterns.iter().map(ToString::to_string).collect(),
        });
    View {
        models: models.filter(wanted).collect(),
        other_names: other_names.collect(),
    }
}

fn table(models: &[Model]) -> String {
    let rows = models.iter().map(|model| {
        let tokens =
            |tokens: Option<u32>| tokens.map_or("-".to_owned(), |tokens| tokens.to_string());
        [
            inert(&model.id).into_owned(),
            inert(&model.providers.join(", ")).into_owned(),
            tokens(model.context_window),
            tokens(model.max_output),
        ]
    });
    let mut table = columns(Some(["MODEL", "PROVIDERS", "CONTEXT", "MAX OUTPUT"]), rows);
    for number in [2, 3] {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use modelgate_config::{Environment, parse};

    use super::*;
    use crate::output::testing::captured;

    const FILE: &str = "\
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    models: [{name: claude-sonnet-4-5, alias: sonnet}]
openai-compatibility:
  - name: local
    base-url: http://127.0.0.1:11434/v1
  - name: deep
    base-url: https://api.example.com/v1
    api-key-entries: [{api-key: sk-0123456789abcdef}]
    models: [{name: \"deep\\u001b[31mchat\", alias: chat}, {name: sonnet-copy, alias: sonnet}]
";

    fn config(text: &str) -> Config {
        let loaded = parse(text, Path::new("c.yaml"), &Environment::default());
        loaded.unwrap().config
    }

    #[test]
    fn models_are_listed_with_their_providers() {
        let view = view(&config(FILE), None);
        insta::assert_snapshot!("table", table(&view.models));
        insta::assert_json_snapshot!("json", view);
    }

    #[test]
    fn the_filter_looks_at_names_and_providers() {
        let ids = |filter| -> Vec<String> {
            let models = view(&config(FILE), Some(filter)).models;
            models.into_iter().map(|model| model.id).collect()
        };
        assert_eq!(ids("SONN"), ["sonnet"]);
        assert_eq!(ids("deep"), ["chat", "sonnet"]);
        assert!(ids("nothing").is_empty());
    }

    #[test]
    fn nothing_configured_is_the_demo() {
        let view = view(&Config::default(), None);
        assert_eq!(view.models[0].id, "demo");
        assert!(view.other_names.is_empty());
    }

    #[test]
    fn a_filter_that_finds_nothing_is_no_error() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::from_map([("HOME", home.path().to_str().unwrap())])
            .with_working_dir(home.path());
        let (output, out, err) = captured(false);
        let mut context = Context::new(environment, None, output);
        let filter = Some("x\u{7}y".to_owned());
        run(&mut context, &Args { filter }).unwrap();
        assert_eq!(out.text(), "");
        assert!(err.text().contains(r"no listed model contains `x\u{7}y`"));
    }
}
