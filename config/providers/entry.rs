//! What every provider entry has.

use crate::error::Report;
use crate::model::{ModelEntry, ProviderEntry};
use crate::pattern::Pattern;
use crate::secret::Secret;
use crate::values;
use crate::view::View;

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
    let models = models(&item.get("models"), report);
    let headers = headers(&item.get("headers"), report);
    Some(ProviderEntry {
        origin: item.key.clone(),
        base_url: url?,
        prefix,
        priority,
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
