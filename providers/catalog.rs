//! Which credential serves which model.

use std::collections::HashMap;
use std::sync::Arc;

use modelgate_config::model::{CompatibleProvider, ModelEntry, ProviderEntry};
use modelgate_config::{Config, Pattern};
use modelgate_dialects::{Dialect, Str, Target};

use crate::credential::Credential;
use crate::{ProviderKind, claude, codex, compatible, demo, gemini, models, vertex};

/// The models of one configuration and who serves them. Immutable; a new configuration makes a new one.
#[derive(Debug, Default)]
pub struct Catalog {
    routes: HashMap<Str, Vec<Candidate>>,
    /// Providers that take names we do not list.
    open: Vec<OpenRoute>,
    listing: Vec<ModelListing>,
    credentials: Vec<Arc<Credential>>,
}

/// A credential that could serve a request, and what the upstream calls the model.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// How to be let in.
    pub credential: Arc<Credential>,
    /// The upstream's model and the provider's habits.
    pub target: Arc<Target>,
    /// The provider speaks Responses for this model beside its own dialect.
    pub responses: bool,
}

impl Candidate {
    /// Whether the provider speaks a dialect for this model.
    #[must_use]
    pub fn speaks(&self, dialect: Dialect) -> bool {
        dialect == self.credential.kind.dialect()
            || (dialect == Dialect::Responses && self.responses)
    }

    /// The dialect to speak for a client's: where there is a choice, the client's own, then the one that carries more.
    #[must_use]
    pub fn dialect(&self, client: Dialect) -> Dialect {
        let of_chat = matches!(client, Dialect::Chat | Dialect::Completions);
        if self.responses && !of_chat {
            Dialect::Responses
        } else {
            self.credential.kind.dialect()
        }
    }
}

/// A model as listed to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelListing {
    /// The name clients use.
    pub id: Str,
    /// The providers that serve it, in the order they are tried.
    pub providers: Vec<Str>,
    /// Largest answer in tokens, where known.
    pub max_output: Option<u32>,
}

#[derive(Debug)]
struct OpenRoute {
    prefix: Option<String>,
    accepts: Vec<Pattern>,
    excluded: Vec<Pattern>,
    credentials: Vec<Arc<Credential>>,
    responses: bool,
}

impl Catalog {
    /// The catalogue of a configuration. With no provider at all it holds the built-in demo.
    #[must_use]
    pub fn build(config: &Config) -> Self {
        let mut catalog = Self::default();
        for (index, key) in config.claude.iter().enumerate() {
            let credential = Arc::new(claude::credential(key, index));
            catalog.add_key(
                &key.entry,
                credential,
                models::claude_catalogue(),
                "claude-*",
            );
        }
        for (index, key) in config.codex.iter().enumerate() {
            let credential = Arc::new(codex::credential(key, index));
            catalog.add_key(&key.entry, credential, models::openai_catalogue(), "gpt-*");
        }
        for (index, key) in config.gemini.iter().enumerate() {
            let credential = Arc::new(gemini::credential(key, index));
            catalog.add_key(
                &key.entry,
                credential,
                models::gemini_catalogue(),
                "gemini-*",
            );
        }
        for (index, key) in config.vertex.iter().enumerate() {
            let credential = Arc::new(vertex::credential(key, index));
            catalog.add_key(
                &key.entry,
                credential,
                models::gemini_catalogue(),
                "gemini-*",
            );
        }
        for provider in &config.compatible {
            catalog.add_compatible(provider);
        }
        if catalog.credentials.is_empty() {
            catalog.add_demo();
        }
        catalog.finish();
        catalog
    }

    /// One key with the models of its vendor. Names newer than our table are the vendor's too, if they look like it.
    fn add_key(
        &mut self,
        entry: &ProviderEntry,
        credential: Arc<Credential>,
        catalogue: &[String],
        newer: &str,
    ) {
        let accepts = if entry.models.is_empty() {
            vec![Pattern::new(newer)]
        } else {
            Vec::new()
        };
        self.add(
            entry,
            &[credential],
            &listed(entry, catalogue),
            accepts,
            false,
        );
    }

    fn add_compatible(&mut self, provider: &CompatibleProvider) {
        let credentials: Vec<_> = (0..provider.keys.len())
            .map(|index| Arc::new(compatible::credential(provider, index)))
            .collect();
        let known = listed(
            &provider.entry,
            models::compatible_catalogue(&provider.name),
        );
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
            provider.responses,
        );
    }

    fn add_demo(&mut self) {
        let credential = Arc::new(demo::credential());
        self.credentials.push(Arc::clone(&credential));
        self.route(
            demo::MODEL.into(),
            candidate(&credential, demo::MODEL, false),
        );
    }

    fn add(
        &mut self,
        entry: &ProviderEntry,
        credentials: &[Arc<Credential>],
        known: &[ModelEntry],
        accepts: Vec<Pattern>,
        responses: bool,
    ) {
        self.credentials.extend(credentials.iter().cloned());
        let served =
            |model: &ModelEntry| !is_excluded(&entry.excluded_models, &[&model.name, &model.alias]);
        for model in known.iter().filter(|model| served(model)) {
            for credential in credentials {
                let responses = model.responses.unwrap_or(responses);
                let candidate = candidate(credential, &model.name, responses);
                if let Some(prefix) = &entry.prefix {
                    self.route(
                        Str::from(format!("{prefix}/{}", model.alias)),
                        candidate.clone(),
                    );
                }
                self.route(Str::from(model.alias.as_str()), candidate);
            }
        }
        if !accepts.is_empty() {
            self.open.push(OpenRoute {
                prefix: entry.prefix.clone(),
                accepts,
                excluded: entry.excluded_models.clone(),
                credentials: credentials.to_vec(),
                responses,
            });
        }
    }

    fn route(&mut self, model: Str, candidate: Candidate) {
        self.routes.entry(model).or_default().push(candidate);
    }

    /// Orders candidates by priority (file order within one) and lists the models by name.
    fn finish(&mut self) {
        for candidates in self.routes.values_mut() {
            candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.credential.priority));
        }
        self.open.sort_by_key(|route| {
            std::cmp::Reverse(route.credentials.first().map(|first| first.priority))
        });
        let listing = self.routes.iter().map(|(id, candidates)| ModelListing {
            id: id.clone(),
            providers: providers(candidates),
            max_output: candidates
                .first()
                .and_then(|first| first.target.model_profile.max_output),
        });
        self.listing = listing.collect();
        self.listing.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// Who could serve `model`, in the order to try them; empty when nobody can.
    #[must_use]
    pub fn candidates(&self, model: &str) -> Vec<Candidate> {
        if let Some(candidates) = self.routes.get(model) {
            return candidates.clone();
        }
        self.open
            .iter()
            .flat_map(|route| route.candidates(model))
            .collect()
    }

    /// The models that are known by name, in the order of their names.
    #[must_use]
    pub fn models(&self) -> &[ModelListing] {
        &self.listing
    }

    /// The providers that take names beside those of their list, and which.
    pub fn other_names(&self) -> impl Iterator<Item = (&Str, &[Pattern])> {
        self.open.iter().filter_map(|route| {
            let first = route.credentials.first()?;
            Some((&first.provider, &*route.accepts))
        })
    }

    /// Every credential, in the order of the configuration.
    #[must_use]
    pub fn credentials(&self) -> &[Arc<Credential>] {
        &self.credentials
    }

    /// Up to three listed names that look like `model`.
    #[must_use]
    pub fn nearest(&self, model: &str) -> Vec<&str> {
        let wanted = model.to_lowercase();
        let mut scored: Vec<(f64, &str)> = self
            .listing
            .iter()
            .map(|listing| {
                (
                    strsim::jaro_winkler(&wanted, &listing.id.to_lowercase()),
                    &*listing.id,
                )
            })
            .filter(|(score, _)| *score > 0.75)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored.into_iter().take(3).map(|(_, id)| id).collect()
    }
}

impl OpenRoute {
    fn candidates(&self, model: &str) -> Vec<Candidate> {
        let bare = self
            .prefix
            .as_ref()
            .and_then(|prefix| model.strip_prefix(prefix.as_str())?.strip_prefix('/'));
        let name = bare.unwrap_or(model);
        if !self.accepts.iter().any(|pattern| pattern.matches(name))
            || is_excluded(&self.excluded, &[name])
        {
            return Vec::new();
        }
        self.credentials
            .iter()
            .map(|credential| candidate(credential, name, self.responses))
            .collect()
    }
}

fn is_excluded(patterns: &[Pattern], names: &[&str]) -> bool {
    patterns
        .iter()
        .any(|pattern| names.iter().any(|name| pattern.matches(name)))
}

/// The models an entry serves by name: its own list, or the provider's catalogue.
fn listed(entry: &ProviderEntry, catalogue: &[String]) -> Vec<ModelEntry> {
    if !entry.models.is_empty() {
        return entry.models.clone();
    }
    catalogue
        .iter()
        .map(|name| ModelEntry {
            name: name.clone(),
            alias: name.clone(),
            responses: None,
        })
        .collect()
}

fn candidate(credential: &Arc<Credential>, model: &str, responses: bool) -> Candidate {
    let target = match credential.kind {
        ProviderKind::Claude => claude::target(credential, model),
        ProviderKind::Codex => codex::target(credential, model),
        ProviderKind::Compatible => compatible::target(credential, model),
        ProviderKind::Demo => demo::target(credential, model),
        ProviderKind::Gemini => gemini::target(credential, model),
        ProviderKind::Vertex => vertex::target(credential, model),
    };
    Candidate {
        credential: Arc::clone(credential),
        target: Arc::new(target),
        responses,
    }
}

fn providers(candidates: &[Candidate]) -> Vec<Str> {
    let mut names: Vec<Str> = Vec::new();
    for candidate in candidates {
        if !names.contains(&candidate.credential.provider) {
            names.push(candidate.credential.provider.clone());
        }
    }
    names
}
