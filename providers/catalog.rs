//! Which credential serves which model.

mod draft;
mod menus;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use modelgate_config::{Config, Pattern};
use modelgate_dialects::json::Document;
use modelgate_dialects::{Body, Dialect, Str, Target};

use crate::catalog::draft::Draft;
use crate::credential::Credential;
use crate::forge::Healths;
use crate::health::Standing;
use crate::lists::{self, ListSource, ModelLists};
use crate::moment::Moment;
use crate::route::Route;
use crate::{
    Account, Accounts, ProviderKind, Refresher, antigravity, chatgpt, claude, code_assist, codex,
    compatible, copilot, demo, gemini, iflow, kimi, kiro, models, qwen, vertex, xai,
};

/// Routes to names we do not list that are remembered: clients may ask for any.
const OPEN_ROUTES: usize = 64;
/// The name that stands for any model.
const AUTO: &str = "auto";

/// The models of one configuration and who serves them. Immutable but for whose turn it is; a new configuration makes a new
/// one.
#[derive(Debug, Default)]
pub struct Catalog {
    routes: HashMap<Str, Arc<Route>>,
    /// Providers that take names we do not list.
    open: Vec<OpenRoute>,
    /// Those of their routes that were asked for.
    opened: Mutex<HashMap<Str, Arc<Route>>>,
    listing: Vec<ModelListing>,
    credentials: Vec<Arc<Credential>>,
    lists: Vec<ListSource>,
}

/// Whether a provider speaks Responses for a model, where that is not its own dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Responses {
    /// It does not.
    Never,
    /// Beside its own dialect.
    Too,
    /// And does not speak its own dialect for this model.
    Only,
}

/// A credential that could serve a request, and what the upstream calls the model.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// How to be let in.
    pub credential: Arc<Credential>,
    /// The upstream's model and the provider's habits.
    pub target: Arc<Target>,
    /// Whether the provider speaks Responses for this model.
    pub responses: Responses,
}

/// A candidate as its route holds it.
#[derive(Debug, Clone, Copy)]
pub struct Member<'r> {
    /// How to be let in.
    pub credential: &'r Arc<Credential>,
    /// The upstream's model and the provider's habits.
    pub target: &'r Arc<Target>,
    /// Whether the provider speaks Responses for this model.
    pub responses: Responses,
}

impl Candidate {
    /// Whether the provider speaks a dialect for this model.
    #[must_use]
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.member().speaks(dialect)
    }

    /// The dialect to speak for a client's: where there is a choice, the client's own, then the one that carries more.
    #[must_use]
    pub fn dialect(&self, client: Dialect) -> Dialect {
        self.member().dialect(client)
    }

    /// Whether a request can be passed on to it as the client wrote it, but for what [`fit`](crate::fit) does.
    #[must_use]
    pub fn takes(&self, request: &Document) -> bool {
        match self.credential.kind {
            ProviderKind::ChatGpt => chatgpt::takes(request.root()),
            ProviderKind::Xai => xai::takes(request.root()),
            _ => true,
        }
    }

    /// Whether its number of the tokens of such a request, in its own dialect, is only about right.
    #[must_use]
    pub fn counts_roughly(&self, request: &Body) -> bool {
        let kind = self.credential.kind;
        matches!(kind, ProviderKind::Antigravity | ProviderKind::CodeAssist) && {
            let request = Document::outline(request.to_bytes()).unwrap_or_default();
            code_assist::counts_roughly(request.root())
        }
    }

    /// Whether the provider can keep an answer, so that its client goes on from it by its id, in the client's dialect.
    #[must_use]
    pub fn keeps_answers(&self, client: Dialect) -> bool {
        client == self.dialect(client) && self.credential.kind.keeps_answers()
    }

    fn member(&self) -> Member<'_> {
        Member {
            credential: &self.credential,
            target: &self.target,
            responses: self.responses,
        }
    }
}

impl Member<'_> {
    /// The same, to be kept.
    #[must_use]
    pub fn to_candidate(self) -> Candidate {
        Candidate {
            credential: Arc::clone(self.credential),
            target: Arc::clone(self.target),
            responses: self.responses,
        }
    }

    /// Whether the provider speaks a dialect for this model.
    #[must_use]
    pub fn speaks(self, dialect: Dialect) -> bool {
        let kind = self.credential.kind;
        match self.responses {
            Responses::Only => dialect == Dialect::Responses,
            Responses::Too if dialect == Dialect::Responses => true,
            _ => dialect == kind.dialect() || kind.second_dialect() == Some(dialect),
        }
    }

    /// The dialect to speak for a client's: where there is a choice, the client's own, then the one that carries more.
    #[must_use]
    pub fn dialect(self, client: Dialect) -> Dialect {
        let kind = self.credential.kind;
        if kind.second_dialect() == Some(client) && self.responses != Responses::Only {
            return client;
        }
        let of_chat = matches!(client, Dialect::Chat | Dialect::Completions);
        match self.responses {
            Responses::Only => Dialect::Responses,
            Responses::Too if !of_chat => Dialect::Responses,
            _ => kind.dialect(),
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
    /// What it reads and writes in one request, in tokens, where known.
    pub context_window: Option<u32>,
}

#[derive(Debug)]
struct OpenRoute {
    prefix: Option<String>,
    with_prefix_only: bool,
    accepts: Vec<Pattern>,
    excluded: Vec<Pattern>,
    credentials: Vec<Arc<Credential>>,
    responses: Responses,
}

/// The models that a provider of this name has where no list says otherwise; `None` for a name that is none.
#[must_use]
pub fn built_in(provider: &str) -> Option<&'static [String]> {
    match provider {
        "claude" | "anthropic" => Some(models::claude_catalogue()),
        "codex" | "openai" => Some(models::openai_catalogue()),
        "gemini" => Some(models::gemini_catalogue()),
        "vertex" => Some(models::vertex_catalogue()),
        _ => None,
    }
}

impl Catalog {
    /// The catalogue of a configuration and of accounts. With no provider at all it holds the built-in demo. `refresher` has
    /// the tokens of the accounts; without it nothing can be asked of them. `lists` are those that providers sent.
    #[must_use]
    pub fn build(
        config: &Config,
        accounts: &[Arc<Account>],
        refresher: Option<&Refresher>,
        healths: &Healths,
        lists: &ModelLists,
    ) -> Self {
        let mut draft = Draft::new(config, healths, lists);
        draft.fill(accounts, refresher);
        draft.finish()
    }

    /// The catalogue as it would be served, to look at: nothing can be asked of its accounts.
    #[must_use]
    pub fn preview(config: &Config) -> Self {
        let accounts = Accounts::open(&config.auth_dir);
        let snapshot = accounts
            .map(|accounts| accounts.snapshot())
            .unwrap_or_default();
        let lists = ModelLists::load(&lists::path(&config.state_dir)).unwrap_or_default();
        Self::build(
            config,
            snapshot.accounts(),
            None,
            &Healths::default(),
            &lists,
        )
    }

    /// The models of one account alone, as they would be served: nobody is asked for them.
    #[must_use]
    pub fn of_account(config: &Config, account: &Arc<Account>) -> Self {
        let lists = ModelLists::load(&lists::path(&config.state_dir)).unwrap_or_default();
        let healths = Healths::default();
        let mut draft = Draft::new(config, &healths, &lists);
        draft.add_account(account, None);
        draft.finish()
    }

    /// Who could serve `model`; none when nobody can.
    #[must_use]
    pub fn route(&self, model: &str) -> Option<Arc<Route>> {
        let listed = self.routes.get(model).cloned();
        listed.or_else(|| self.opened(model)).or_else(|| {
            // A model that is really called so was found above.
            (model == AUTO).then(|| self.any()).flatten()
        })
    }

    /// Whether a list names the model: that of the configuration, of its provider, or ours.
    #[must_use]
    pub fn is_listed(&self, model: &str) -> bool {
        self.routes.contains_key(model)
    }

    /// The route to a name that is not listed.
    fn opened(&self, model: &str) -> Option<Arc<Route>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = opened.get(model) {
            return Some(Arc::clone(route));
        }
        let members: Vec<_> = self
            .open
            .iter()
            .flat_map(|route| route.candidates(model))
            .collect();
        if members.is_empty() {
            return None;
        }
        if opened.len() >= OPEN_ROUTES {
            opened.clear();
        }
        let route = Arc::new(Route::new(members));
        opened.insert(Str::from(model), Arc::clone(&route));
        Some(route)
    }

    /// The route of the first model, by name, that writes and that somebody serves who is well; of the first of all otherwise.
    fn any(&self) -> Option<Arc<Route>> {
        let now = Moment::now();
        let is_well = |route: &&Arc<Route>| {
            let mut members = 0..route.len();
            members.any(|index| route.standing(index, now) == Standing::Free)
        };
        let mut routes = self
            .listing
            .iter()
            .filter(|model| models::is_writer(&model.id))
            .filter_map(|model| self.routes.get(&model.id));
        let first = routes.clone().next();
        routes.find(is_well).or(first).cloned()
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

    /// The lists that providers are asked for, each once.
    #[must_use]
    pub fn lists(&self) -> &[ListSource] {
        &self.lists
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
        if bare.is_none() && self.prefix.is_some() && self.with_prefix_only {
            return Vec::new();
        }
        if !self.accepts.iter().any(|pattern| pattern.matches(name))
            || is_excluded(&self.excluded, &[name])
        {
            return Vec::new();
        }
        let Some(first) = self.credentials.first() else {
            return Vec::new();
        };
        let target = Arc::new(target_of(first, name));
        let member = |credential: &Arc<Credential>| Candidate {
            credential: Arc::clone(credential),
            target: Arc::clone(&target),
            responses: self.responses,
        };
        self.credentials.iter().map(member).collect()
    }
}

fn is_excluded(patterns: &[Pattern], names: &[&str]) -> bool {
    patterns
        .iter()
        .any(|pattern| names.iter().any(|name| pattern.matches(name)))
}

/// What an encoder must know of a model; the same for all credentials of a provider.
fn target_of(credential: &Credential, model: &str) -> Target {
    match credential.kind {
        ProviderKind::Antigravity => antigravity::target(credential, model),
        ProviderKind::ChatGpt => chatgpt::target(credential, model),
        ProviderKind::Claude => claude::target(credential, model),
        ProviderKind::CodeAssist => code_assist::target(credential, model),
        ProviderKind::Codex => codex::target(credential, model),
        ProviderKind::Compatible => compatible::target(credential, model),
        ProviderKind::Copilot => copilot::target(credential, model),
        ProviderKind::Demo => demo::target(credential, model),
        ProviderKind::Gemini => gemini::target(credential, model),
        ProviderKind::Iflow => iflow::target(credential, model),
        ProviderKind::Kimi => kimi::target(credential, model),
        ProviderKind::Kiro => kiro::target(credential, model),
        ProviderKind::Qwen => qwen::target(credential, model),
        ProviderKind::Vertex => vertex::target(credential, model),
        ProviderKind::Xai => xai::target(credential, model),
    }
}
