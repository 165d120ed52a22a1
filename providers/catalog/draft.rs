//! From a configuration to its catalogue.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use modelgate_config::model::{CompatibleProvider, ModelEntry, ProviderEntry};
use modelgate_config::{Config, Pattern};
use modelgate_dialects::{Str, Target};

use super::menus::{Menus, Row};
use super::{Catalog, ModelListing, OpenRoute, Responses, is_excluded, target_of};
use crate::credential::{Credential, Login};
use crate::forge::{Forge, Healths};
use crate::lists::{ListKey, ListSource, ModelLists};
use crate::route::Route;
use crate::{
    Account, AccountKind, ProviderKind, Refresher, account, antigravity, chatgpt, claude,
    code_assist, codex, compatible, copilot, demo, gemini, iflow, kimi, kiro, models, qwen, vertex,
    xai,
};

/// Names of Google's models at Gemini and Vertex AI: of those that write, and of those that make pictures.
const GEMINI: &str = "gemini-*";
const IMAGEN: &str = "imagen-*";

/// A catalogue in the making.
pub(super) struct Draft<'c> {
    config: &'c Config,
    forge: Forge<'c>,
    known_lists: &'c ModelLists,
    lists: BTreeMap<ListKey, Vec<Arc<Credential>>>,
    menus: Menus,
    targets: HashMap<(ProviderKind, Str, Str), Arc<Target>>,
    open: Vec<OpenRoute>,
    credentials: Vec<Arc<Credential>>,
}

impl<'c> Draft<'c> {
    pub(super) fn new(config: &'c Config, healths: &'c Healths, lists: &'c ModelLists) -> Self {
        let mut forge = Forge::new(healths);
        forge.oauth = Some(&config.oauth);
        Self {
            config,
            forge,
            known_lists: lists,
            lists: BTreeMap::new(),
            menus: Menus::default(),
            targets: HashMap::new(),
            open: Vec::new(),
            credentials: Vec::new(),
        }
    }

    pub(super) fn fill(&mut self, accounts: &[Arc<Account>], refresher: Option<&Refresher>) {
        let config = self.config;
        for (index, key) in config.claude.iter().enumerate() {
            let credential = claude::credential(key, index, &mut self.forge);
            let catalogue = models::claude_catalogue();
            self.add_key(&key.entry, credential, catalogue, &["claude-*"]);
        }
        for (index, key) in config.codex.iter().enumerate() {
            let credential = codex::credential(key, index, &mut self.forge);
            let catalogue = models::openai_catalogue();
            self.add_key(&key.entry, credential, catalogue, &["gpt-*"]);
        }
        for (index, key) in config.gemini.iter().enumerate() {
            let credential = gemini::credential(key, index, &mut self.forge);
            let catalogue = models::gemini_catalogue();
            self.add_key(&key.entry, credential, catalogue, &[GEMINI, IMAGEN]);
        }
        for (index, key) in config.vertex.iter().enumerate() {
            let credential = vertex::credential(key, index, &mut self.forge);
            let catalogue = models::vertex_catalogue();
            self.add_key(&key.entry, credential, catalogue, &[GEMINI, IMAGEN]);
        }
        for provider in &config.compatible {
            self.add_compatible(provider);
        }
        for account in accounts.iter().filter(|account| !account.settings.disabled) {
            self.add_account(account, refresher);
        }
        if self.credentials.is_empty() {
            self.add_demo();
        }
    }

    /// One key with the models of its vendor. Names newer than our table are the vendor's too, if they look like it.
    fn add_key(
        &mut self,
        entry: &ProviderEntry,
        credential: Credential,
        catalogue: &[String],
        newer: &[&str],
    ) {
        let accepts = if entry.models.is_empty() {
            newer.iter().copied().map(Pattern::new).collect()
        } else {
            Vec::new()
        };
        let credentials = [Arc::new(credential)];
        let own = self.own_list(&credentials);
        let known = listed(entry, own.as_deref(), catalogue);
        self.add(entry, &credentials, &known, accepts, Responses::Never);
    }

    /// An account that somebody logged in to, with the models of its provider.
    pub(super) fn add_account(&mut self, account: &Arc<Account>, refresher: Option<&Refresher>) {
        let make: fn(&Account, &ProviderEntry, Login, &mut Forge<'_>) -> Credential;
        // Where names are those of other vendors, one that is not listed is not served.
        let (base_url, catalogue, newer) = match account.kind {
            AccountKind::Claude => {
                make = claude::account;
                let base_url = claude::BASE_URL.to_owned();
                (base_url, models::claude_catalogue(), Some("claude-*"))
            }
            AccountKind::Codex => {
                make = chatgpt::account;
                let base_url = chatgpt::BASE_URL.to_owned();
                (base_url, chatgpt::catalogue(account), Some("gpt-*"))
            }
            AccountKind::Qwen => {
                make = qwen::account;
                let base_url = qwen::base_url(account);
                (base_url, models::qwen_catalogue(), Some("qwen*"))
            }
            AccountKind::Copilot => {
                make = copilot::account;
                let base_url = copilot::BASE_URL.to_owned();
                (base_url, models::copilot_catalogue(), None)
            }
            AccountKind::Iflow => {
                make = iflow::account;
                let base_url = iflow::BASE_URL.to_owned();
                (base_url, models::iflow_catalogue(), None)
            }
            AccountKind::Kimi => {
                make = kimi::account;
                let base_url = kimi::BASE_URL.to_owned();
                (base_url, models::kimi_catalogue(), Some("kimi-*"))
            }
            AccountKind::Kiro => {
                make = kiro::account;
                (kiro::base_url(account), models::kiro_catalogue(), None)
            }
            AccountKind::Xai => {
                make = xai::account;
                let base_url = xai::BASE_URL.to_owned();
                (base_url, models::xai_catalogue(), Some("grok-*"))
            }
            AccountKind::Gemini | AccountKind::Antigravity => {
                return self.add_code_assist(account, refresher);
            }
            AccountKind::Vertex => {
                make = vertex::account;
                let Some(base_url) = vertex::base_url(account) else {
                    return;
                };
                (base_url, models::vertex_catalogue(), Some(GEMINI))
            }
        };
        let channel = account::channel(account.kind, &self.config.channels);
        let Some(entry) = account::entry(account, &base_url, channel) else {
            return;
        };
        let login = Login {
            file: Arc::clone(&account.file),
            refresher: refresher.cloned(),
        };
        let credentials = [Arc::new(make(account, &entry, login, &mut self.forge))];
        // Of the others it is not known that they have a list.
        let own = match account.kind {
            AccountKind::Claude
            | AccountKind::Codex
            | AccountKind::Copilot
            | AccountKind::Kiro
            | AccountKind::Xai => self.own_list(&credentials),
            _ => None,
        };
        let known = account::models(account, own.as_deref().unwrap_or(catalogue), channel);
        let pictures = (account.kind == AccountKind::Vertex).then_some(IMAGEN);
        let accepts = newer.into_iter().chain(pictures).map(Pattern::new);
        let accepts = accepts.collect();
        let responses = match account.kind {
            AccountKind::Xai => Responses::Too,
            _ => Responses::Never,
        };
        self.add(&entry, &credentials, &known, accepts, responses);
    }

    /// An account of Google's Code Assist: each of its projects is a credential.
    fn add_code_assist(&mut self, account: &Arc<Account>, refresher: Option<&Refresher>) {
        let service = self.config.oauth.service(account.kind.name());
        let channel = account::channel(account.kind, &self.config.channels);
        let base_url = code_assist::base_url(service).unwrap_or_default();
        let Some(entry) = account::entry(account, &base_url, channel) else {
            return;
        };
        let login = Login {
            file: Arc::clone(&account.file),
            refresher: refresher.cloned(),
        };
        let switch = self.config.quota_exceeded.switch_project;
        let forge = &mut self.forge;
        let made = code_assist::accounts(account, &entry, &login, service, switch, forge);
        let credentials: Vec<_> = made.into_iter().map(Arc::new).collect();
        let own = self.own_list(&credentials);
        let own = own.map(|own| -> Vec<String> {
            let names = own.iter().filter_map(|name| antigravity::public_name(name));
            names.map(str::to_owned).collect()
        });
        // Of Antigravity's names many are those of other vendors: one that it does not list is not its own.
        let (catalogue, newer) = match account.kind {
            AccountKind::Antigravity => (models::antigravity_catalogue(), None),
            _ => (models::code_assist_catalogue(), Some(GEMINI)),
        };
        let known = account::models(account, own.as_deref().unwrap_or(catalogue), channel);
        let accepts = newer.map(Pattern::new).into_iter().collect();
        self.add(&entry, &credentials, &known, accepts, Responses::Never);
    }

    fn add_compatible(&mut self, provider: &CompatibleProvider) {
        let keys = 0..provider.keys.len();
        let credentials: Vec<_> = keys
            .map(|index| Arc::new(compatible::credential(provider, index, &mut self.forge)))
            .collect();
        let own = self.own_list(&credentials);
        let catalogue = models::compatible_catalogue(&provider.name);
        let known = listed(&provider.entry, own.as_deref(), catalogue);
        // A list of models is the whole list.
        let accepts = if provider.entry.models.is_empty() {
            provider.accepts.clone()
        } else {
            Vec::new()
        };
        self.add(
            &provider.entry,
            &credentials,
            &known,
            accepts,
            match provider.responses {
                true => Responses::Too,
                false => Responses::Never,
            },
        );
    }

    fn add_demo(&mut self) {
        let credential = Arc::new(demo::credential(&mut self.forge));
        let row = Row {
            name: demo::MODEL.into(),
            target: self.target(&credential, demo::MODEL),
            responses: Responses::Never,
        };
        self.menus.add(vec![row], 0..1);
        self.credentials.push(credential);
    }

    fn add(
        &mut self,
        entry: &ProviderEntry,
        credentials: &[Arc<Credential>],
        known: &[ModelEntry],
        accepts: Vec<Pattern>,
        responses: Responses,
    ) {
        let begin = self.credentials.len();
        self.credentials.extend(credentials.iter().cloned());
        let Some(first) = credentials.first() else {
            return;
        };
        let served =
            |model: &ModelEntry| !is_excluded(&entry.excluded_models, &[&model.name, &model.alias]);
        let with_prefix_only = self.config.force_model_prefix;
        let elsewhere = self.elsewhere(first);
        let mut rows = Vec::with_capacity(known.len());
        for model in known.iter().filter(|model| served(model)) {
            let row = Row {
                name: Str::from(model.alias.as_str()),
                target: self.target(first, &model.name),
                responses: match model.responses {
                    _ if elsewhere.contains(&model.name) => Responses::Only,
                    Some(true) => Responses::Too,
                    Some(false) => Responses::Never,
                    None => responses,
                },
            };
            if let Some(prefix) = &entry.prefix {
                let name = Str::from(format!("{prefix}/{}", model.alias));
                rows.push(Row {
                    name,
                    ..row.clone()
                });
            }
            if entry.prefix.is_none() || !with_prefix_only {
                rows.push(row);
            }
        }
        self.menus.add(rows, begin..self.credentials.len());
        if !accepts.is_empty() {
            self.open.push(OpenRoute {
                prefix: entry.prefix.clone(),
                with_prefix_only,
                accepts,
                excluded: entry.excluded_models.clone(),
                credentials: credentials.to_vec(),
                responses,
            });
        }
    }

    /// Notes the list of a provider's models as one to ask for, and gives it where it has come already.
    fn own_list(&mut self, credentials: &[Arc<Credential>]) -> Option<Arc<[String]>> {
        let key = ListKey::of(credentials.first()?)?;
        let list = self.known_lists.of(&key);
        let askers = self.lists.entry(key).or_default();
        askers.extend(credentials.iter().cloned());
        list
    }

    /// The models that a provider lists as served in Responses only.
    fn elsewhere(&self, credential: &Credential) -> Arc<[String]> {
        let key = ListKey::of(credential).filter(|_| credential.kind.lists_dialects());
        key.map(|key| self.known_lists.in_responses_only(&key))
            .unwrap_or_default()
    }

    /// What an encoder must know of a model; keys of one provider share it.
    fn target(&mut self, credential: &Credential, model: &str) -> Arc<Target> {
        // What is told to Kiro is each account's own.
        if credential.kind == ProviderKind::Kiro {
            return Arc::new(target_of(credential, model));
        }
        let name = (
            credential.kind,
            credential.provider.clone(),
            Str::from(model),
        );
        let target = self.targets.entry(name);
        let target = target.or_insert_with(|| Arc::new(target_of(credential, model)));
        Arc::clone(target)
    }

    /// The models by name, each with its members by priority.
    pub(super) fn finish(self) -> Catalog {
        let mut open = self.open;
        open.sort_by_key(|route| {
            std::cmp::Reverse(route.credentials.first().map(|first| first.priority))
        });
        let mut catalog = Catalog {
            routes: self.menus.routes(&self.credentials),
            open,
            opened: Mutex::default(),
            listing: Vec::new(),
            credentials: self.credentials,
            lists: self
                .lists
                .into_iter()
                .map(|(key, credentials)| ListSource { key, credentials })
                .collect(),
        };
        let listing = catalog.routes.iter().map(|(id, route)| {
            let first = route.member(0);
            let target = first.target;
            ModelListing {
                id: id.clone(),
                providers: providers(route),
                max_output: target.model_profile.max_output,
                context_window: models::context_window(first.credential, &target.model),
            }
        });
        catalog.listing = listing.collect();
        catalog.listing.sort_by(|a, b| a.id.cmp(&b.id));
        catalog
    }
}

/// The models an entry serves by name: those of the entry, and those that the provider itself lists. Where there are
/// neither, those that we know of it.
fn listed(entry: &ProviderEntry, own: Option<&[String]>, catalogue: &[String]) -> Vec<ModelEntry> {
    let others = match own {
        Some(own) => own,
        None if entry.models.is_empty() => catalogue,
        None => &[],
    };
    let named = |name: &String| {
        let mut models = entry.models.iter();
        models.any(|model| model.name == *name || model.alias == *name)
    };
    let others = others.iter().filter(|name| !named(name));
    let others = others.map(|name| ModelEntry {
        name: name.clone(),
        alias: name.clone(),
        responses: None,
    });
    entry.models.iter().cloned().chain(others).collect()
}

fn providers(route: &Route) -> Vec<Str> {
    let mut names: Vec<Str> = Vec::new();
    for member in route.members() {
        if !names.contains(&member.credential.provider) {
            names.push(member.credential.provider.clone());
        }
    }
    names
}
