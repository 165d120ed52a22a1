//! What holds for all accounts of a provider: `oauth-model-alias`, `oauth-excluded-models`, `oauth-request-scoped-errors`
//! (`management-api.md` 6.4, 6.6, 6.7).

use crate::error::Report;
use crate::model::{Channel, ModelAlias, ModelEntry};
use crate::pattern::Pattern;
use crate::routing;
use crate::view::View;

/// The channels of the file, each once.
pub(crate) fn read(root: &View, report: &mut Report) -> Vec<Channel> {
    let mut channels = Vec::new();
    // The older name of the first table counts too.
    for table in ["oauth-model-alias", "oauth-model-mappings"] {
        for (name, _, list) in root.get(table).entries() {
            let aliases = list.items();
            let aliases = aliases.iter().filter_map(|item| alias(item, report));
            let aliases: Vec<ModelAlias> = aliases.collect();
            channel(&mut channels, &name).aliases.extend(aliases);
        }
    }
    for (name, _, list) in root.get("oauth-excluded-models").entries() {
        let patterns = list.texts();
        let patterns = patterns.iter().map(|text| Pattern::new(text));
        channel(&mut channels, &name)
            .excluded_models
            .extend(patterns);
    }
    for (name, _, list) in root.get("oauth-request-scoped-errors").entries() {
        let rules = routing::error_rules(&list, report);
        channel(&mut channels, &name).error_rules.extend(rules);
    }
    channels
}

fn channel<'c>(channels: &'c mut Vec<Channel>, name: &str) -> &'c mut Channel {
    let name = name.trim().to_lowercase();
    let place = channels.iter().position(|channel| channel.name == name);
    let place = place.unwrap_or_else(|| {
        channels.push(Channel {
            name,
            ..Channel::default()
        });
        channels.len() - 1
    });
    &mut channels[place]
}

fn alias(item: &View, report: &mut Report) -> Option<ModelAlias> {
    let (name, alias) = (item.get("name"), item.get("alias"));
    if let (Some(name), Some(alias)) = (name.filled(), alias.filled()) {
        return Some(ModelAlias {
            entry: ModelEntry {
                name: name.to_owned(),
                alias: alias.to_owned(),
                responses: None,
            },
            fork: item.get("fork").bool().unwrap_or(false),
        });
    }
    let hint = "add `name:`, the provider's name of the model, and `alias:`, the clients'";
    report.problem(item.at, &item.key, "this alias is incomplete", hint);
    None
}
