//! Asking a provider for its list.

use std::time::{Duration, SystemTime};

use modelgate_config::model::{Proxy, Timeouts};
use tokio::time::timeout;
use url::Url;

use super::Names;
use super::page::{self, Listing};
use crate::credential::Credential;
use crate::{CallError, Clients, ProviderKind, antigravity, inquiry, kiro};

/// Longest time for all pages together.
const LIMIT: Duration = Duration::from_secs(30);
/// Most pages, and most models.
const PAGES: usize = 20;
const MODELS: usize = 5_000;

/// What a provider sent.
#[derive(Debug)]
pub struct Listed {
    /// What it says of its models. Never nothing.
    pub names: Names,
    /// The time on its clock, where it told it.
    pub date: Option<SystemTime>,
}

/// The names of a provider's models.
///
/// # Errors
/// When the provider refuses, takes too long, or sends no list.
pub async fn fetch(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
) -> Result<Listed, CallError> {
    let late = |_| {
        let provider = credential.provider.clone();
        CallError::timed_out(provider, "did not send its list of models", LIMIT)
    };
    let all = pages(clients, proxy, timeouts, credential);
    let (mut models, date) = timeout(LIMIT, all).await.map_err(late)??;
    models.sort_unstable();
    models.dedup_by(|one, other| one.name == other.name);
    models.truncate(MODELS);
    if models.is_empty() {
        return Err(broken(credential, "sent a list without any model"));
    }
    let only = models.iter().filter(|model| model.in_responses_only);
    let in_responses_only = only.map(|model| model.name.clone()).collect();
    let models = models.into_iter().map(|model| model.name).collect();
    let names = Names {
        models,
        in_responses_only,
    };
    Ok(Listed { names, date })
}

async fn pages(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
) -> Result<(Vec<Listing>, Option<SystemTime>), CallError> {
    let first = credential.list_url();
    let first = first.ok_or_else(|| broken(credential, "has no list of models"))?;
    let mut url = sized(credential.kind, first.clone());
    let (mut models, mut date) = (Vec::new(), None);
    for _ in 0..PAGES {
        let (body, now) = page(clients, proxy, timeouts, credential, url).await?;
        let page = page::read(&body);
        let page = page.ok_or_else(|| broken(credential, "sent no list of models"))?;
        models.extend(page.models);
        date = now;
        let Some((name, value)) = page.next.filter(|_| models.len() < MODELS) else {
            break;
        };
        url = sized(credential.kind, first.clone());
        url.query_pairs_mut().append_pair(name, &value);
    }
    Ok((models, date))
}

/// As much on a page as the provider gives.
fn sized(kind: ProviderKind, mut url: Url) -> Url {
    if let Some(size) = kind.page_size() {
        url.query_pairs_mut().append_pair(size, "1000");
    }
    url
}

async fn page(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
    url: Url,
) -> Result<(bytes::Bytes, Option<SystemTime>), CallError> {
    let shape = |request: &mut reqwest::Request| match credential.kind {
        ProviderKind::Antigravity => antigravity::ask_for_list(request),
        ProviderKind::Kiro => kiro::ask_for_list(credential, request),
        _ => {}
    };
    let answer = inquiry::ask(clients, proxy, timeouts, credential, url, shape).await?;
    Ok((answer.body, answer.date))
}

fn broken(credential: &Credential, what: &str) -> CallError {
    let provider = credential.provider.clone();
    let message = format!("{provider} {what}");
    CallError::broken(provider, message)
}
