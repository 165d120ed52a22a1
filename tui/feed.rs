//! The gateway: what it tells and answers becomes messages in one bounded channel, and what is wanted of it is done.

use std::sync::Arc;
use std::time::Duration;

use modelgate_management::{Client, ClientError, Event, Events, LogQuery, NewKey, UsageQuery};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::message::{Answer, Deed, Fetch, Link, Message, Outcome, Trouble};
use crate::settings;

/// Finds the gateway; again whenever it was lost, because another address and another token may be its own then.
pub type Connect = Arc<dyn Fn() -> Result<Client, ClientError> + Send + Sync>;

/// Messages that wait to be taken in.
const QUEUE: usize = 64;
/// Events that wait for a place in the queue; the oldest give way.
const WAITING: usize = 8_192;
/// The gateway gives a sign of life every 15 seconds; silence that long is none.
const SILENCE: Duration = Duration::from_secs(40);
/// The first and the longest pause between two tries to reach it.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(5);
/// After that long, a gateway that does not tell is asked again whether it does.
const AGAIN: Duration = Duration::from_secs(30);
/// Requests that are asked for at once.
const REQUESTS: usize = 500;
/// Lines of the log that are asked for at first.
const LOG_LINES: usize = 1_000;

/// The way to the gateway and back.
#[derive(Debug)]
pub(crate) struct Feed {
    client: watch::Receiver<Option<Client>>,
    messages: mpsc::Sender<Message>,
    /// Everything under way ends with the feed.
    tasks: JoinSet<()>,
}

impl Feed {
    /// Begins to look for the gateway, and to tell what happens in it.
    pub(crate) fn start(connect: Connect) -> (Self, mpsc::Receiver<Message>) {
        let (messages, receiver) = mpsc::channel(QUEUE);
        let (found, client) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn(follow(connect, found, messages.clone()));
        let feed = Self {
            client,
            messages,
            tasks,
        };
        (feed, receiver)
    }

    /// Asks something; the answer comes as a message.
    pub(crate) fn fetch(&mut self, fetch: Fetch) {
        self.work(async move |client| match answer(client, &fetch).await {
            Ok(answer) => Message::Answer(answer),
            Err(error) => Message::Failed(fetch, Trouble::from(&error)),
        });
    }

    /// Changes something; what came of it comes as a message.
    pub(crate) fn act(&mut self, deed: Deed) {
        self.work(async move |client| {
            let outcome = outcome(client, &deed).await;
            let outcome = outcome.map_err(|error| Trouble::from(&error));
            Message::Done(deed, outcome)
        });
    }

    fn work<F>(&mut self, work: impl FnOnce(Client) -> F + Send + 'static)
    where
        F: Future<Output = Message> + Send + 'static,
    {
        while self.tasks.try_join_next().is_some() {}
        let client = self.client.borrow().clone();
        let messages = self.messages.clone();
        // Before a gateway was found, nothing is asked.
        if let Some(client) = client {
            self.tasks.spawn(async move {
                let message = work(client).await;
                // The dashboard may be gone.
                let _ = messages.send(message).await;
            });
        }
    }
}

async fn answer(client: Client, fetch: &Fetch) -> Result<Answer, ClientError> {
    Ok(match fetch {
        Fetch::Requests => Answer::Requests(client.requests(REQUESTS).await?),
        Fetch::Request(id) => Answer::Request(Box::new(client.request(id).await?)),
        Fetch::Accounts => Answer::Accounts(client.accounts().await?),
        Fetch::Logs { after } => {
            let query = LogQuery {
                limit: after.is_none().then_some(LOG_LINES),
                cursor: after.clone(),
                ..LogQuery::default()
            };
            Answer::Logs(client.logs(&query).await?)
        }
        Fetch::Models => Answer::Models(client.models().await?),
        Fetch::Keys => Answer::Keys(client.client_keys().await?),
        Fetch::KeyUse => Answer::KeyUse(client.usage("key", &UsageQuery::default()).await?),
        Fetch::Usage { by, since, zone } => {
            let query = UsageQuery {
                since: since.clone(),
                until: None,
                zone: zone.clone(),
            };
            Answer::Usage(client.usage(by, &query).await?)
        }
        Fetch::Settings => Answer::Settings(settings::pick(&client.settings().await?)),
        Fetch::Spent { since, zone } => {
            let query = UsageQuery {
                since: Some(since.clone()),
                until: None,
                zone: zone.clone(),
            };
            Answer::Spent(client.usage("day", &query).await?)
        }
    })
}

async fn outcome(client: Client, deed: &Deed) -> Result<Outcome, ClientError> {
    Ok(match deed {
        Deed::Account { id, action } => Outcome::Account(Box::new(client.act(id, *action).await?)),
        Deed::AddKey { name } => {
            let new = NewKey {
                name: Some(name.clone()).filter(|name| !name.is_empty()),
                ..NewKey::default()
            };
            Outcome::Key(client.add_key(&new).await?)
        }
        Deed::RevokeKey { id } => {
            client.revoke_key(id).await?;
            Outcome::Done
        }
        Deed::Set { path, value } => {
            client.set(path, value).await?;
            Outcome::Done
        }
    })
}

/// Finds the gateway, tells what happens in it, and finds it again when it was lost, for ever.
async fn follow(
    connect: Connect,
    found: watch::Sender<Option<Client>>,
    messages: mpsc::Sender<Message>,
) {
    let mut pause = PAUSE;
    loop {
        let connect = Arc::clone(&connect);
        let connected = tokio::task::spawn_blocking(move || connect()).await;
        let Ok(connected) = connected else {
            return;
        };
        let trouble = match connected {
            Err(error) => Trouble::from(&error),
            Ok(client) => {
                found.send_replace(Some(client.clone()));
                let began = tokio::time::Instant::now();
                let told = tell(&client, &messages).await;
                if began.elapsed() > LONGEST {
                    pause = PAUSE;
                }
                match told {
                    Ok(()) => continue,
                    Err(trouble) => trouble,
                }
            }
        };
        let lost = Message::Link(Link::Lost(trouble));
        if messages.send(lost).await.is_err() {
            return;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// Tells what happens until that ends: in order where the gateway is to be asked again whether it tells.
async fn tell(client: &Client, messages: &mpsc::Sender<Message>) -> Result<(), Trouble> {
    let say = async |message| {
        // Without a receiver the task is about to be ended.
        let _ = messages.send(message).await;
    };
    match client.events().await {
        Ok(events) => {
            say(Message::Place(client.url().to_owned())).await;
            say(Message::Link(Link::Live)).await;
            Err(pass_on(events, messages).await)
        }
        Err(ClientError::Refused { status, .. }) if status != 401 && status != 403 => {
            let alive = client.requests(1).await;
            alive.map_err(|error| Trouble::from(&error))?;
            say(Message::Place(client.url().to_owned())).await;
            say(Message::Link(Link::Polling)).await;
            sleep(AGAIN).await;
            Ok(())
        }
        Err(error) => Err(Trouble::from(&error)),
    }
}

/// Passes events on as there is room for them, and tells why they end. Those that wait are passed on together.
async fn pass_on(mut events: Events, messages: &mpsc::Sender<Message>) -> Trouble {
    let mut waiting: Vec<Event> = Vec::new();
    let mut lost = 0_u64;
    loop {
        tokio::select! {
            permit = messages.reserve(), if !waiting.is_empty() => {
                let Ok(permit) = permit else {
                    return ended("nobody listens");
                };
                if lost > 0 {
                    permit.send(Message::Lost(std::mem::take(&mut lost)));
                } else {
                    permit.send(Message::Events(std::mem::take(&mut waiting)));
                }
            }
            piece = timeout(SILENCE, events.next()) => match piece {
                Err(_) => return ended("the gateway has fallen silent"),
                Ok(Err(error)) => return Trouble::from(&error),
                Ok(Ok(None)) => return ended("the gateway has stopped"),
                Ok(Ok(Some(piece))) => {
                    waiting.extend(piece);
                    if waiting.len() > WAITING {
                        let gone = waiting.len() - WAITING / 2;
                        waiting.drain(..gone);
                        lost += gone as u64;
                    }
                }
            },
        }
    }
}

fn ended(message: &str) -> Trouble {
    Trouble {
        message: message.to_owned(),
        hint: Some("trying again".to_owned()),
    }
}

#[cfg(test)]
mod tests;
