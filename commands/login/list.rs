//! `modelgate login --list`.

use modelgate_config::Config;
use modelgate_providers::oauth;
use modelgate_providers::{AccountKind, Accounts};
use serde::Serialize;

use super::failed;
use crate::columns::columns;
use crate::context::Context;
use crate::error::CommandError;

#[derive(Debug, Serialize)]
struct View {
    providers: Vec<Provider>,
}

#[derive(Debug, Serialize)]
struct Provider {
    provider: &'static str,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    accounts: usize,
}

pub(super) fn run(context: &mut Context, config: &Config) -> Result<(), CommandError> {
    let accounts = Accounts::open(&config.auth_dir).map_err(|error| failed(error.into()))?;
    let accounts = accounts.snapshot();
    let provider = |kind: AccountKind| {
        let missing = oauth::ready(kind, None, &config.oauth).err();
        let of_kind = accounts.accounts().iter();
        Provider {
            provider: kind.name(),
            ready: missing.is_none(),
            missing: missing.map(|error| error.to_string()),
            accounts: of_kind.filter(|account| account.kind == kind).count(),
        }
    };
    let view = View {
        providers: oauth::kinds().map(provider).collect(),
    };
    if context.output.is_json() {
        return context.output.json(&view);
    }
    let rows = view.providers.iter().map(|provider| {
        [
            provider.provider.to_owned(),
            provider.accounts.to_string(),
            provider.missing.clone().unwrap_or("ready".to_owned()),
        ]
    });
    let table = columns(Some(["PROVIDER", "ACCOUNTS", "LOGIN"]), rows);
    context.output.data(&table.trim_fmt())
}
