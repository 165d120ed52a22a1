//! `modelgate login --list`.

use modelgate_config::{Config, OAuth};
use modelgate_providers::oauth::{self, LoginError, Method};
use modelgate_providers::{AccountKind, Accounts};
use serde::Serialize;

use super::unusable;
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
    /// Whether one of the ways is.
    ready: bool,
    /// What the usual way lacks, where none is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    accounts: usize,
    ways: Vec<Way>,
}

/// How its accounts are logged in to.
#[derive(Debug, Serialize)]
struct Way {
    method: &'static str,
    /// What the command needs for it, where it is not the usual way.
    #[serde(skip_serializing_if = "Option::is_none")]
    flag: Option<&'static str>,
    #[serde(skip)]
    words: &'static str,
    ready: bool,
    #[serde(flatten)]
    lack: Option<Lack>,
}

/// What makes a way ready that is not.
#[derive(Debug, Serialize)]
struct Lack {
    setting: String,
    variable: String,
}

pub(super) fn run(context: &mut Context, config: &Config) -> Result<(), CommandError> {
    let accounts = Accounts::open(&config.auth_dir).map_err(unusable)?;
    let accounts = accounts.snapshot();
    let count = |kind: AccountKind| {
        let of_kind = accounts.accounts().iter();
        of_kind.filter(|account| account.kind == kind).count()
    };
    let view = view(&config.oauth, count);
    if context.output.is_json() {
        return context.output.json(&view);
    }
    context.output.data(&table(&view))
}

fn view(oauth: &OAuth, count: impl Fn(AccountKind) -> usize) -> View {
    let provider = |kind: AccountKind| {
        let ways = oauth::methods(kind).iter();
        let ways: Vec<Way> = ways.map(|method| way(kind, *method, oauth)).collect();
        let ready = ways.iter().any(|way| way.ready);
        let missing = oauth::ready(kind, None, oauth).err().filter(|_| !ready);
        Provider {
            provider: kind.name(),
            ready,
            missing: missing.map(|error| error.to_string()),
            accounts: count(kind),
            ways,
        }
    };
    View {
        providers: oauth::kinds().map(provider).collect(),
    }
}

fn way(kind: AccountKind, method: Method, oauth: &OAuth) -> Way {
    let usual = oauth::methods(kind).first() == Some(&method);
    let (method_name, words, flag) = match method {
        Method::Browser => ("browser", "in a browser", "--with"),
        Method::Device => ("device", "with a code to type there", "--device"),
        Method::Cookie => ("cookie", "with the cookie of its page", "--cookie"),
        Method::Import => ("import", "from a file", "--import"),
    };
    let ready = oauth::ready(kind, Some(method), oauth);
    Way {
        method: method_name,
        // Nobody imports without naming the file.
        flag: (!usual || method == Method::Import).then_some(flag),
        words,
        ready: ready.is_ok(),
        lack: match ready {
            Err(LoginError::Unset(unset)) => Some(Lack {
                setting: unset.key(),
                variable: unset.variable(),
            }),
            _ => None,
        },
    }
}

fn table(view: &View) -> String {
    let rows = view.providers.iter().map(|provider| {
        // What can be had at once comes first.
        let (ready, others): (Vec<&Way>, Vec<&Way>) =
            provider.ways.iter().partition(|way| way.ready);
        let ways = ready.into_iter().chain(others).map(Way::to_words);
        [
            provider.provider.to_owned(),
            provider.accounts.to_string(),
            if provider.ready { "yes" } else { "no" }.to_owned(),
            ways.collect::<Vec<_>>().join("; "),
        ]
    });
    columns(Some(["PROVIDER", "ACCOUNTS", "READY", "LOGIN"]), rows).trim_fmt()
}

impl Way {
    fn to_words(&self) -> String {
        let mut words = self.words.to_owned();
        if let Some(flag) = self.flag {
            words += &format!(" ({flag})");
        }
        if let Some(Lack { setting, variable }) = &self.lack {
            words += &format!(", once `{setting}` or {variable} is set");
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use modelgate_config::{Environment, parse};

    use super::*;

    fn view_with(environment: &[(&str, &str)]) -> View {
        let environment = Environment::from_map(environment.iter().copied());
        let loaded = parse("", Path::new("c.yaml"), &environment).unwrap();
        view(&loaded.config.oauth, |kind| {
            usize::from(kind == AccountKind::Claude)
        })
    }

    #[test]
    fn every_provider_says_how_and_what_is_missing() {
        let view = view_with(&[]);
        assert_eq!(view.providers.len(), 11);
        insta::assert_snapshot!("table", table(&view));
        insta::assert_json_snapshot!("json", view);
    }

    #[test]
    fn a_secret_that_is_set_makes_its_provider_ready() {
        let secrets = [
            ("MODELGATE_GEMINI_CLIENT_SECRET", "s-1"),
            ("MODELGATE_ANTIGRAVITY_CLIENT_SECRET", "s-2"),
            ("MODELGATE_IFLOW_CLIENT_SECRET", "s-3"),
        ];
        let view = view_with(&secrets);
        let mut ways = view.providers.iter().flat_map(|provider| &provider.ways);
        assert!(ways.all(|way| way.ready && way.lack.is_none()), "{view:?}");
        assert!(!table(&view).contains("once"));
    }
}
