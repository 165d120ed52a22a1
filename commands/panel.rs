//! `modelgate panel`.

use std::fmt::Write as _;

use modelgate_config::Secret;
use modelgate_config::management::SECRET_KEY;
use modelgate_config::paths::state_dir;
use modelgate_management::Runtime;
use serde_json::json;

use crate::browser;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::output::{FAINT, STRONG};
use crate::remote::Remote;

/// Open the control panel, the gateway's page for browsers
///
/// The page asks for a management key. For the gateway on this machine the key of its present run is printed, which opens
/// from this machine only and until the gateway stops; `remote-management.secret-key` is one that stays. With --json:
/// {"url", "key"}; nothing is opened then, and a key that is not known is absent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate panel
  modelgate panel --no-browser
  modelgate panel --url https://gateway.example.com")]
pub(crate) struct Args {
    /// Only print where it is and what opens it
    #[arg(long)]
    no_browser: bool,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let gateway = args.remote.open(context)?;
    let Some(url) = gateway.wait(gateway.client.panel())? else {
        let error = anyhow::anyhow!(
            "the gateway at {} shows no control panel",
            inert(gateway.client.url())
        );
        return Err(CommandError::failed(error).hint(
            "`modelgate config get remote-management.disable-control-panel` tells whether it is switched off",
        ));
    };
    let key = args
        .remote
        .is_local(context)
        .then(|| token(context))
        .flatten();
    if context.output.is_json() {
        let mut told = json!({ "url": url });
        if let Some(key) = &key {
            told["key"] = json!(key.expose());
        }
        return context.output.json(&told);
    }
    context.output.data(&told(&url, key.as_ref()))?;
    if !args.no_browser {
        browser::open(context, &url);
    }
    Ok(())
}

/// The key of the run of the gateway on this machine.
fn token(context: &Context) -> Option<Secret> {
    let (state, config) = (state_dir(&context.environment), context.config_path());
    Runtime::find(&state, config.path()).map(|runtime| runtime.token)
}

fn told(url: &str, key: Option<&Secret>) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#}\n", inert(url));
    let _ = match key {
        Some(key) => writeln!(
            text,
            "  {FAINT}key{FAINT:#} {}\n  {FAINT}it opens from this machine only, until the gateway stops{FAINT:#}",
            key.expose()
        ),
        None => writeln!(
            text,
            "  {FAINT}it asks for the gateway's `{SECRET_KEY}`{FAINT:#}"
        ),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(key: Option<&str>) -> String {
        let key = key.map(Secret::from);
        let text = told("http://127.0.0.1:8317/management.html", key.as_ref());
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_key_of_this_run_is_told_where_it_is_known() {
        assert_eq!(
            shown(Some("0123")),
            "http://127.0.0.1:8317/management.html\n  key 0123\n  it opens from this machine only, until the gateway stops\n"
        );
        assert_eq!(
            shown(None),
            "http://127.0.0.1:8317/management.html\n  it asks for the gateway's `remote-management.secret-key`\n"
        );
    }
}
