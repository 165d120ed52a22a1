//! What the dashboard is told, and what it wants done. Both are closed sets.

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use modelgate_management::{
    AccountAction, Accounts, ActionDone, ClientError, ClientKey, Event, KeyChange, LogLines,
    LoginBegun, LoginStatus, LoginWay, LoginWishes, Models, NewKey, RequestDetail, Requests,
    Secret, UsageSummary,
};
use serde_json::Value;

use crate::trial::Heard;

/// Something that has happened.
#[derive(Debug)]
pub(crate) enum Message {
    /// So late it is. Comes about once a second, and before what happens.
    Time(Timestamp),
    Key(KeyEvent),
    Mouse(MouseEvent),
    Pasted(String),
    /// Columns and rows.
    Resized(u16, u16),
    /// The address of the gateway.
    Place(String),
    /// How the gateway can be reached.
    Link(Link),
    /// What the gateway told, in its order.
    Events(Vec<Event>),
    /// Events that came faster than they could be taken in.
    Lost(u64),
    Answer(Answer),
    /// Why there is no answer.
    Failed(Fetch, Trouble),
    /// What became of a deed.
    Done(Deed, Result<Outcome, Trouble>),
    /// What is heard of the question with that number.
    Trial(u64, Heard),
    /// What became of something that is done on this machine.
    Told(Result<String, Trouble>),
}

/// How the gateway can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not known yet.
    Connecting,
    /// It tells what happens as it happens.
    Live,
    /// It is asked again and again, because it does not tell.
    Polling,
    /// It does not answer.
    Lost(Trouble),
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fetch {
    /// The latest requests.
    Requests,
    /// Everything about one.
    Request(String),
    Accounts,
    /// What was logged behind that place; the last lines where there is none.
    Logs {
        after: Option<String>,
    },
    Models,
    Keys,
    /// What was used with each client key.
    KeyUse,
    /// Sums of usage, by the words of the contract.
    Usage {
        by: &'static str,
        since: Option<String>,
        zone: Option<String>,
    },
    Settings,
    /// How the login with that state stands.
    Login(Secret),
    /// What was spent since a date, day by day, as days are in a time zone.
    Spent {
        since: String,
        zone: Option<String>,
    },
}

/// The answer to a [`Fetch`].
#[derive(Debug)]
pub(crate) enum Answer {
    Requests(Requests),
    Request(Box<RequestDetail>),
    Accounts(Accounts),
    Logs(LogLines),
    Models(Models),
    Keys(Vec<ClientKey>),
    KeyUse(UsageSummary),
    Usage(UsageSummary),
    Settings(Vec<(&'static str, Value)>),
    Login(Secret, LoginStatus),
    Spent(UsageSummary),
}

/// What can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    Account {
        id: String,
        action: AccountAction,
    },
    /// Makes a client key.
    AddKey(NewKey),
    /// Changes what a client key may do.
    ChangeKey {
        id: String,
        change: KeyChange,
    },
    /// Gives a client key another secret.
    RotateKey(ClientKey),
    /// Ends a client key.
    RevokeKey {
        id: String,
    },
    /// Gives a setting another value.
    Set {
        path: &'static str,
        value: Value,
    },
    BeginLogin {
        way: &'static LoginWay,
        wishes: LoginWishes,
    },
    /// Logs in with the cookie of the provider's page.
    LoginByCookie {
        way: &'static LoginWay,
        cookie: Secret,
        label: Option<String>,
    },
    /// Makes an account of the key of a service account, in a file of this machine.
    ImportKey {
        file: String,
        location: Option<String>,
        label: Option<String>,
    },
    /// Ends a login with what was pasted.
    EndLogin {
        state: Secret,
        pasted: Secret,
    },
    /// Calls a login off.
    CancelLogin(Secret),
}

/// What came of a [`Deed`].
#[derive(Debug)]
pub(crate) enum Outcome {
    Account(Box<ActionDone>),
    /// The new client key.
    Key(Secret),
    /// The login that has begun.
    Login(LoginBegun),
    /// There is an account, whose it is where that is told.
    LoggedIn(Option<String>),
    /// There is nothing to tell.
    Done,
}

/// What is to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    Quit,
    /// Back to the shell, until the person returns.
    Suspend,
    Fetch(Fetch),
    Do(Deed),
    /// Asks a model something, and nothing else meanwhile.
    Ask {
        number: u64,
        model: String,
        text: String,
    },
    /// Nobody wants to hear the answer any more.
    Hush,
    /// Writes sums to a file.
    Save {
        name: String,
        sums: Box<UsageSummary>,
    },
    /// Sends the person's browser there.
    Browse(String),
}

/// Why something did not work, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What does not work, and why.
    pub message: String,
    /// The next thing to do.
    pub hint: Option<String>,
}

impl From<&ClientError> for Trouble {
    fn from(error: &ClientError) -> Self {
        Self {
            message: causes(error),
            hint: error.hint().map(str::to_owned),
        }
    }
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::from(&error)
    }
}

impl Trouble {
    /// What nothing can be done about.
    pub(crate) fn of(message: String) -> Self {
        Self {
            message,
            hint: None,
        }
    }

    /// All of it in a line.
    pub(crate) fn line(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}; {hint}", self.message),
            None => self.message.clone(),
        }
    }
}

/// An error and everything behind it, in a line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    message
}
