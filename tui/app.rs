//! What the dashboard knows and where the person is in it: plain data, changed by `update` alone.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use modelgate_management::{ClientKey, Model, Models, NewKey, RequestDetail, Secret, UsageSummary};

use crate::accounts::Accounts;
use crate::keymap::Scope;
use crate::list::Cursor;
use crate::login::{Draft, Login};
use crate::logs::Logs;
use crate::message::{Deed, Fetch, Link, Trouble};
use crate::requests::{Requests, Row, Sort};
use crate::settings::{SETTINGS, Settings};
use crate::theme::Theme;
use crate::traffic::Traffic;
use crate::trial::Trial;
use crate::usage::Usage;

/// How long a toast is shown.
const TOAST: SignedDuration = SignedDuration::from_secs(6);
/// Toasts that are shown together.
const TOASTS: usize = 3;

/// Everything.
#[derive(Debug)]
pub(crate) struct App {
    /// The address of the gateway, once one was found.
    pub(crate) place: Option<String>,
    pub(crate) theme: Theme,
    pub(crate) zone: TimeZone,
    pub(crate) now: Timestamp,
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    pub(crate) link: Link,
    pub(crate) view: View,
    /// What lies over the view, the uppermost last.
    pub(crate) pages: Vec<Page>,
    /// What must be answered first.
    pub(crate) question: Option<Question>,
    /// The line that is typed.
    pub(crate) input: Option<Input>,
    pub(crate) toasts: Vec<Toast>,
    pub(crate) traffic: Traffic,
    pub(crate) requests: Requests,
    pub(crate) request_list: RequestList,
    pub(crate) accounts: Accounts,
    pub(crate) models: ModelList,
    pub(crate) keys: KeyList,
    pub(crate) usage: Usage,
    pub(crate) logs: Logs,
    pub(crate) settings: Settings,
    pub(crate) spent: Known<UsageSummary>,
    /// Events that were not taken in.
    pub(crate) lost: u64,
    /// When the latest requests were asked for last.
    pub(crate) polled: Option<Timestamp>,
    /// What was asked and is not answered yet, and when it was asked.
    pub(crate) asked: Vec<(Fetch, Timestamp)>,
    /// Requests that ended since what was spent was asked for.
    pub(crate) ended_since_spent: bool,
    /// Questions that were put to models.
    pub(crate) trials: u64,
    /// What has been said of a login that is about to begin.
    pub(crate) login: Draft,
}

/// A view, in the order of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Overview,
    Requests,
    Accounts,
    Models,
    Keys,
    Usage,
    Logs,
    Settings,
}

/// Something that lies over a view.
#[derive(Debug, Clone)]
pub(crate) enum Page {
    Help {
        scroll: usize,
    },
    Why(Box<Why>),
    /// A new client key, which is shown this once, what it may do, and the id of the one in whose place it is.
    NewKey {
        new: NewKey,
        key: Secret,
        replaces: Option<String>,
    },
    Login(Box<Login>),
    /// Everything about the account of that id.
    Account {
        id: String,
        scroll: usize,
    },
    Trial(Box<Trial>),
}

/// What became of a request.
#[derive(Debug, Clone)]
pub(crate) struct Why {
    pub(crate) id: String,
    pub(crate) detail: Known<RequestDetail>,
    pub(crate) scroll: usize,
}

/// The list of requests.
#[derive(Debug, Default)]
pub(crate) struct RequestList {
    pub(crate) cursor: Cursor,
    pub(crate) filter: String,
    pub(crate) sort: Sort,
    /// What is shown while the list is held still.
    pub(crate) held: Option<Requests>,
}

/// Whether something shall be done that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) deed: Deed,
}

/// The models that clients can ask for.
#[derive(Debug, Default)]
pub(crate) struct ModelList {
    pub(crate) known: Known<Models>,
    pub(crate) cursor: Cursor,
    pub(crate) filter: String,
}

/// The client keys, and what was used with each.
#[derive(Debug, Default)]
pub(crate) struct KeyList {
    pub(crate) known: Known<Vec<ClientKey>>,
    pub(crate) used: Known<UsageSummary>,
    pub(crate) cursor: Cursor,
    /// What has been said of a key that is being made or changed.
    pub(crate) draft: NewKey,
    /// The one that is changed.
    pub(crate) changed: Option<ClientKey>,
}

/// A line that is typed, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) purpose: Purpose,
    pub(crate) text: String,
    /// Why it was not accepted as it is.
    pub(crate) complaint: Option<String>,
}

impl Input {
    pub(crate) fn new(purpose: Purpose, text: impl Into<String>) -> Self {
        Self {
            purpose,
            text: text.into(),
            complaint: None,
        }
    }

    pub(crate) fn empty(purpose: Purpose) -> Self {
        Self::new(purpose, "")
    }
}

/// What a typed line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Words that requests must have.
    Filter,
    /// Words that lines of the log must have.
    Search,
    /// What models or their providers are called.
    FilterModels,
    /// Whose a client key is that is made or changed, what models it may use, and until when.
    NameKey,
    KeyModels,
    KeyExpires,
    /// What an account shall be called that somebody logs in to, and the projects that it is for.
    Label,
    Projects,
    /// The cookie of a provider's page.
    Cookie,
    /// The file of the key of a service account, and where its models are.
    KeyFile,
    Location,
    /// The end of a login.
    Callback,
    /// What the chosen model is asked.
    Ask,
    /// The name of a file for the sums that are shown.
    Export,
    /// The value of a setting, by its place in the table.
    Setting(usize),
    /// What shall be done; the chosen line of what is told by the words.
    Palette(usize),
    /// Whose account is logged in to; the chosen line of the ways that have the words.
    Way(usize),
}

impl Purpose {
    /// Characters that the line may have.
    pub(crate) const fn longest(self) -> usize {
        match self {
            // Addresses that browsers end on are long, and so may questions be.
            Self::Callback | Self::Ask | Self::Cookie => 8_000,
            // Lists of models, and paths.
            Self::KeyModels | Self::KeyFile => 2_000,
            _ => 200,
        }
    }

    /// Whether nobody who looks on shall read it.
    pub(crate) const fn is_secret(self) -> bool {
        matches!(self, Self::Cookie)
    }

    /// Which line of a choice is chosen, where there is a choice.
    pub(crate) fn chosen(&mut self) -> Option<&mut usize> {
        match self {
            Self::Palette(chosen) | Self::Way(chosen) => Some(chosen),
            _ => None,
        }
    }
}

/// Something to be read in passing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) bad: bool,
    until: Timestamp,
}

/// An answer of the gateway: the latest one, and why there is none later.
#[derive(Debug, Clone)]
pub(crate) struct Known<T> {
    pub(crate) value: Option<T>,
    pub(crate) trouble: Option<Trouble>,
    /// When it was asked for last.
    pub(crate) asked: Option<Timestamp>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            value: None,
            trouble: None,
            asked: None,
        }
    }
}

impl<T> Known<T> {
    pub(crate) fn learn(&mut self, value: T) {
        self.value = Some(value);
        self.trouble = None;
    }

    /// Whether it is time to ask again.
    pub(crate) fn is_older(&self, than: SignedDuration, now: Timestamp) -> bool {
        self.asked
            .is_none_or(|asked| now.duration_since(asked) >= than)
    }
}

impl App {
    pub(crate) fn new(theme: Theme, zone: TimeZone, now: Timestamp, size: (u16, u16)) -> Self {
        Self {
            place: None,
            theme,
            zone,
            now,
            size,
            link: Link::Connecting,
            view: View::Overview,
            pages: Vec::new(),
            question: None,
            input: None,
            toasts: Vec::new(),
            traffic: Traffic::default(),
            requests: Requests::default(),
            request_list: RequestList::default(),
            accounts: Accounts::default(),
            models: ModelList::default(),
            keys: KeyList::default(),
            usage: Usage::default(),
            logs: Logs::default(),
            settings: Settings::default(),
            spent: Known::default(),
            lost: 0,
            polled: None,
            asked: Vec::new(),
            ended_since_spent: false,
            trials: 0,
            login: Draft::default(),
        }
    }

    /// Where keys count now, the nearest first.
    pub(crate) fn scopes(&self) -> &'static [Scope] {
        if self.question.is_some() {
            return &[Scope::Question];
        }
        if self.input.is_some() {
            return &[Scope::Typing];
        }
        self.scopes_below()
    }

    /// Where keys would count if no line were typed.
    pub(crate) fn scopes_below(&self) -> &'static [Scope] {
        match (self.pages.last(), self.view) {
            (Some(Page::Login(login)), _) if login.code_alone => &[Scope::Code],
            (Some(Page::Login(login)), _) if login.begun().is_some() => {
                &[Scope::Login, Scope::Page]
            }
            (Some(Page::Trial(_)), _) => &[Scope::Trial, Scope::Page],
            (Some(Page::Account { .. }), _) => &[Scope::Page, Scope::Accounts],
            (Some(_), _) => &[Scope::Page],
            (None, View::Overview) => &[Scope::Everywhere],
            (None, View::Requests) => &[Scope::Requests, Scope::List, Scope::Everywhere],
            (None, View::Accounts) => &[Scope::Accounts, Scope::List, Scope::Everywhere],
            (None, View::Models) => &[Scope::Models, Scope::List, Scope::Everywhere],
            (None, View::Keys) => &[Scope::Keys, Scope::List, Scope::Everywhere],
            (None, View::Usage) => &[Scope::Usage, Scope::List, Scope::Everywhere],
            (None, View::Logs) => &[Scope::Logs, Scope::List, Scope::Everywhere],
            (None, View::Settings) => &[Scope::Settings, Scope::List, Scope::Everywhere],
        }
    }

    /// The ids of what the view lists, in the order of the list.
    pub(crate) fn ids(&self) -> Vec<String> {
        let ids = |ids: &mut dyn Iterator<Item = &String>| ids.cloned().collect();
        match self.view {
            View::Overview => Vec::new(),
            View::Requests => {
                let rows = self.listed_requests();
                ids(&mut rows.iter().map(|row| &row.summary.id))
            }
            View::Accounts => ids(&mut self.accounts.all().iter().map(|account| &account.id)),
            View::Models => ids(&mut self.listed_models().iter().map(|model| &model.id)),
            View::Keys => ids(&mut self.listed_keys().iter().map(|key| &key.id)),
            View::Usage => self.usage.groups().iter().map(Usage::name).collect(),
            View::Settings => {
                let paths = SETTINGS.iter().map(|setting| setting.path.to_owned());
                paths.collect()
            }
            View::Logs => ids(&mut self.logs.shown().iter().map(|line| &line.id)),
        }
    }

    /// Where the person is in the list of the view.
    pub(crate) fn cursor(&mut self) -> Option<&mut Cursor> {
        match self.view {
            View::Overview => None,
            View::Requests => Some(&mut self.request_list.cursor),
            View::Accounts => Some(&mut self.accounts.cursor),
            View::Models => Some(&mut self.models.cursor),
            View::Keys => Some(&mut self.keys.cursor),
            View::Usage => Some(&mut self.usage.cursor),
            View::Logs => Some(&mut self.logs.cursor),
            View::Settings => Some(&mut self.settings.cursor),
        }
    }

    /// Where the person is among the ids of the view's list.
    pub(crate) fn place_in(&self, ids: &[String]) -> Option<usize> {
        let cursor = match self.view {
            View::Overview => return None,
            View::Requests => &self.request_list.cursor,
            View::Accounts => &self.accounts.cursor,
            View::Models => &self.models.cursor,
            View::Keys => &self.keys.cursor,
            View::Usage => &self.usage.cursor,
            View::Logs => &self.logs.cursor,
            View::Settings => &self.settings.cursor,
        };
        Some(cursor.index(ids.iter().map(String::as_str))).filter(|place| *place < ids.len())
    }

    /// What is chosen in the list of the view, by its id.
    pub(crate) fn chosen(&self) -> Option<String> {
        let mut ids = self.ids();
        let place = self.place_in(&ids)?;
        Some(ids.swap_remove(place))
    }

    /// The requests of the list, as they are filtered, sorted and held.
    pub(crate) fn listed_requests(&self) -> Vec<&Row> {
        let list = &self.request_list;
        let requests = list.held.as_ref().unwrap_or(&self.requests);
        requests.list(&list.filter, list.sort)
    }

    /// The models whose name or provider has the words of the filter.
    pub(crate) fn listed_models(&self) -> Vec<&Model> {
        let filter = self.models.filter.to_lowercase();
        let models = self.models.known.value.iter();
        let models = models.flat_map(|models| &models.models);
        let has = |model: &&Model| {
            let mut names = std::iter::once(&model.id).chain(&model.providers);
            names.any(|name| name.to_lowercase().contains(&filter))
        };
        models.filter(has).collect()
    }

    pub(crate) fn listed_keys(&self) -> &[ClientKey] {
        self.keys.known.value.as_deref().unwrap_or_default()
    }

    /// What the owner of a client key calls it, where that is known.
    pub(crate) fn key_name<'a>(&'a self, id: &'a str) -> &'a str {
        let mut keys = self.listed_keys().iter();
        let named = keys.find(|key| key.id == id);
        named.and_then(|key| key.name.as_deref()).unwrap_or(id)
    }

    /// Who called: the name of the client key that was told with a request, or that is known of its id.
    pub(crate) fn client<'a>(
        &'a self,
        name: Option<&'a str>,
        key: Option<&'a str>,
    ) -> Option<&'a str> {
        name.or_else(|| key.map(|key| self.key_name(key)))
    }

    /// Seconds since 1970.
    pub(crate) fn second(&self) -> i64 {
        self.now.as_second()
    }

    /// Says something in passing.
    pub(crate) fn toast(&mut self, text: impl Into<String>, bad: bool) {
        if self.toasts.len() == TOASTS {
            self.toasts.remove(0);
        }
        self.toasts.push(Toast {
            text: text.into(),
            bad,
            until: self.now.saturating_add(TOAST).unwrap_or(self.now),
        });
    }

    /// Takes away what was said long enough.
    pub(crate) fn expire(&mut self) {
        let now = self.now;
        self.toasts.retain(|toast| toast.until > now);
    }
}

impl View {
    pub(crate) const ALL: [Self; 8] = [
        Self::Overview,
        Self::Requests,
        Self::Accounts,
        Self::Models,
        Self::Keys,
        Self::Usage,
        Self::Logs,
        Self::Settings,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Requests => "Requests",
            Self::Accounts => "Accounts",
            Self::Models => "Models",
            Self::Keys => "Keys",
            Self::Usage => "Usage",
            Self::Logs => "Logs",
            Self::Settings => "Settings",
        }
    }

    /// The view that many tabs further, around the end.
    pub(crate) fn beside(self, steps: isize) -> Self {
        let place = Self::ALL.iter().position(|view| *view == self);
        let count = Self::ALL.len() as isize;
        let next = (place.unwrap_or(0) as isize + steps).rem_euclid(count);
        Self::ALL[next as usize]
    }
}
