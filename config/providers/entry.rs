//! What every provider entry has.

use url::Url;

use crate::error::Report;
use crate::model::{ModelEntry, ProviderEntry, Proxy};
use crate::pattern::Pattern;
use crate::secret::Secret;
use crate::view::View;
use crate::{routing, server, values};

/// What every entry has that is one key.
pub(super) struct KeyEntry {
    pub(super) entry: ProviderEntry,
    pub(super) api_key: Secret,
    pub(super) proxy: Proxy,
}

/// `None` after a problem, and for an entry that is switched off. `example` begins like a real key.
pub(super) fn read_key(
    item: &View,
    default_url: &str,
    example: &str,
    report: &mut Report,
) -> Option<KeyEntry> {
    let api_key = item.get("api-key");
    if api_key.filled().is_none() {
        report.problem(
            item.at,
            &api_key.key,
            "this entry has no `api-key`",
            format!("add `api-key: {example}`, or remove the entry"),
        );
    }
    let entry = read(item, Some(default_url), report);
    let proxy = server::proxy(&item.get("proxy-url"), report);
    if item.get("disabled").bool().unwrap_or(false) {
        return None;
    }
    Some(KeyEntry {
        entry: entry?,
        api_key: Secret::from(api_key.filled()?),
        proxy,
    })
}

/// An entry that says nothing but where it comes from and whom it asks.
pub(super) fn plain(origin: &str, base_url: Url) -> ProviderEntry {
    ProviderEntry {
        origin: origin.to_owned(),
        base_url,
        prefix: None,
        priority: 0,
        weight: 1,
        error_rules: Vec::new(),
        request_retry: None,
        cooling_disabled: None,
        models: Vec::new(),
        fetch_models: true,
        excluded_models: Vec::new(),
        headers: Vec::new(),
    }
}

/// The paths of Google's APIs begin with a version, so that a base URL that ends with one has it twice.
pub(super) fn warn_of_version(item: &View, report: &mut Report) {
    let base_url = item.get("base-url");
    let last = base_url
        .text()
        .and_then(|text| text.trim_end_matches('/').rsplit('/').next());
    if let Some(version @ ("v1" | "v1alpha" | "v1beta" | "v1beta1")) = last {
        report.warning(
            base_url.at,
            &base_url.key,
            format!("the version `{version}` is added to this address, so it would be there twice"),
            format!("remove `/{version}` from its end"),
        );
    }
}

/// `None` after a problem with the base URL; other problems leave the entry usable for further checks.
pub(super) fn read(
    item: &View,
    default_url: Option<&str>,
    report: &mut Report,
) -> Option<ProviderEntry> {
    let base_url = item.get("base-url");
    let url = match base_url.filled().or(default_url) {
        Some(text) => report.accept(&base_url, values::base_url(text)),
        None => {
            let hint = "add `base-url:` and the address up to and including `/v1`";
            report.problem(item.at, &base_url.key, "this entry has no `base-url`", hint);
            None
        }
    };
    let prefix = item.get("prefix");
    let prefix = prefix
        .text()
        .and_then(|text| report.accept(&prefix, values::prefix(text)))
        .flatten();
    let priority = priority(&item.get("priority"), report);
    let weight = routing::weight(&item.get("weight"), report);
    let error_rules = routing::error_rules(&item.get("request-scoped-errors"), report);
    let request_retry = server::count(&item.get("request-retry"), server::MOST_ROUNDS, report);
    let models = models(&item.get("models"), report);
    let fetch_models = item.get("fetch-models").bool();
    let headers = headers(&item.get("headers"), report);
    Some(ProviderEntry {
        origin: item.key.clone(),
        base_url: url?,
        prefix,
        priority,
        weight,
        error_rules,
        request_retry,
        cooling_disabled: item.get("disable-cooling").bool(),
        fetch_models: fetch_models.unwrap_or(models.is_empty()),
        models,
        excluded_models: item
            .get("excluded-models")
            .texts()
            .iter()
            .map(|text| Pattern::new(text))
            .collect(),
        headers,
    })
}

fn priority(view: &View, report: &mut Report) -> i32 {
    let Some(number) = view.integer() else {
        return 0;
    };
    i32::try_from(number).unwrap_or_else(|_| {
        report.problem(
            view.at,
            &view.key,
            "this priority is too large",
            "small numbers such as 10 or -1 are enough",
        );
        0
    })
}

fn models(list: &View, report: &mut Report) -> Vec<ModelEntry> {
    let mut models = Vec::new();
    for item in list.items() {
        let (name, alias) = (item.get("name"), item.get("alias"));
        let (name, alias) = (name.filled(), alias.filled());
        let Some(upstream) = name.or(alias) else {
            let hint = "add `name:` and the upstream's name of the model";
            report.problem(
                item.at,
                &item.get("name").key,
                "this model has neither `name` nor `alias`",
                hint,
            );
            continue;
        };
        models.push(ModelEntry {
            name: upstream.to_owned(),
            alias: alias.unwrap_or(upstream).to_owned(),
            responses: item.get("responses").bool(),
        });
    }
    models
}

/// Pairs with a blank name or value are left out, as the family's files have them.
fn headers(table: &View, report: &mut Report) -> Vec<(String, Secret)> {
    let mut headers = Vec::new();
    for (name, at, value) in table.entries() {
        let Some(text) = value.filled() else { continue };
        if name.trim().is_empty() {
            continue;
        }
        let named = values::header_name(name.trim());
        if let Err(complaint) = named {
            report.problem(at, &value.key, complaint.message, complaint.hint);
        } else if report.accept(&value, values::header_value(text)).is_some() {
            headers.push((name.trim().to_owned(), Secret::from(text)));
        }
    }
    headers
}
