//! What is said when a login has succeeded.

use std::sync::Arc;

use modelgate_config::Config;
use modelgate_config::paths::state_dir;
use modelgate_management::Runtime;
use modelgate_providers::oauth::NewAccount;
use modelgate_providers::{Account, Catalog};
use serde::Serialize;

use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::inert::inert;

/// So many models are named; the others are counted.
const NAMED: usize = 3;

#[derive(Debug, Serialize)]
struct Done<'d> {
    account: View<'d>,
    next: String,
}

#[derive(Debug, Serialize)]
struct View<'d> {
    provider: &'d str,
    id: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<&'d str>,
    models: Vec<String>,
    other_names: Vec<String>,
    file: String,
}

/// What can be asked of an account.
#[derive(Debug, Default)]
struct Served {
    /// As lists of models call who serves them.
    provider: String,
    models: Vec<String>,
    /// Which other names are passed on.
    other_names: Vec<String>,
}

pub(super) fn tell(
    context: &mut Context,
    config: &Config,
    new: &NewAccount,
    account: &Arc<Account>,
) -> Result<(), CommandError> {
    let file = config.auth_dir.join(&*account.file);
    let settings = &account.settings;
    let served = Served::by(config, account);
    let flag = context.config_flag();
    let runs = runs(context);
    let next = match runs {
        true => format!("modelgate accounts{flag}"),
        false => format!("modelgate serve{flag}"),
    };
    if context.output.is_json() {
        return context.output.json_line(&Done {
            account: View {
                provider: account.kind.name(),
                id: account.id(),
                email: settings.email.as_deref(),
                label: settings.label.as_deref(),
                plan: new.plan(),
                project_id: settings.project_id.as_deref(),
                models: served.models,
                other_names: served.other_names,
                file: file.to_string_lossy().into_owned(),
            },
            next,
        });
    }
    let who = settings.email.as_deref().or(settings.label.as_deref());
    let who = inert(who.unwrap_or_else(|| account.id()));
    let plan = new.plan().map(|plan| format!(" ({})", inert(plan)));
    let plan = plan.unwrap_or_default();
    let output = &mut context.output;
    output.data(&format!("logged in to {} as {who}{plan}", account.kind))?;
    if let Some(projects) = &settings.project_id {
        output.note(&format!("for the projects: {}", inert(projects)));
    }
    if settings.disabled {
        output.note("it is switched off, as its file says");
    } else {
        output.note(&inert(&served.line(&flag)));
    }
    output.note(&format!("kept in {}", shown(&file)));
    output.note(&match runs {
        true => format!("next: `{next}`; the gateway that runs has it already"),
        false => format!("next: `{next}`"),
    });
    Ok(())
}

impl Served {
    fn by(config: &Config, account: &Arc<Account>) -> Self {
        let catalog = Catalog::of_account(config, account);
        let credential = catalog.credentials().first();
        let models = catalog.models().iter().map(|model| model.id.to_string());
        let patterns = catalog.other_names().flat_map(|(_, patterns)| patterns);
        Self {
            provider: credential.map_or_else(String::new, |one| one.provider.to_string()),
            models: models.collect(),
            other_names: patterns.map(ToString::to_string).collect(),
        }
    }

    /// In one line.
    fn line(&self, flag: &str) -> String {
        let named = self.models.iter().take(NAMED);
        let named = named.map(String::as_str).collect::<Vec<_>>().join(", ");
        let others = self.other_names.join(", ");
        match (self.models.len(), &*others) {
            (0, "") => "it serves no model, as its file or the configuration says".to_owned(),
            (0, others) => format!("it serves models whose names match {others}"),
            (1, _) => format!("it serves {named}"),
            (count, _) if count <= NAMED => format!("it serves {count} models: {named}"),
            (count, _) => format!(
                "it serves {count} models: {named} and others; `modelgate models {}{flag}` lists them",
                self.provider
            ),
        }
    }
}

/// Whether a gateway runs that has the account already.
fn runs(context: &Context) -> bool {
    let path = context.config_path();
    let runtime = Runtime::find(&state_dir(&context.environment), path.path());
    runtime.is_some_and(|runtime| runtime.serves(path.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(models: usize, others: &[&str]) -> String {
        let models = (1..=models).map(|number| format!("m-{number}"));
        let served = Served {
            provider: "qwen".to_owned(),
            models: models.collect(),
            other_names: others.iter().map(|&other| other.to_owned()).collect(),
        };
        served.line(" --config c")
    }

    #[test]
    fn a_few_models_are_named_and_the_others_counted() {
        assert_eq!(served(1, &["q*"]), "it serves m-1");
        assert_eq!(served(3, &[]), "it serves 3 models: m-1, m-2, m-3");
        assert_eq!(
            served(9, &["q*"]),
            "it serves 9 models: m-1, m-2, m-3 and others; `modelgate models qwen --config c` lists them"
        );
        assert_eq!(
            served(0, &["q*", "w*"]),
            "it serves models whose names match q*, w*"
        );
        assert_eq!(
            served(0, &[]),
            "it serves no model, as its file or the configuration says"
        );
    }
}
