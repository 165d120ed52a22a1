//! The gateway: what it tells and answers becomes messages in one bounded channel, and what is wanted of it, or of this
//! machine, is done.

mod work;

use std::sync::Arc;
use std::time::Duration;

use modelgate_management::{Client, ClientError, Event, Events, UsageSummary};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use self::work::{answer, outcome, trial};
use crate::message::{Deed, Fetch, Link, Message, Trouble};
use crate::outside::{Connect, Outside};

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
/// The way to the gateway and back.
#[derive(Debug)]
pub(crate) struct Feed {
    client: watch::Receiver<Option<Client>>,
    messages: mpsc::Sender<Message>,
    outside: Outside,
    /// Everything under way ends with the feed.
    tasks: JoinSet<()>,
    /// The model that is asked something.
    asking: Option<AbortHandle>,
}

impl Feed {
    /// Begins to look for the gateway, and to tell what happens in it.
    pub(crate) fn start(outside: Outside) -> (Self, mpsc::Receiver<Message>) {
        let (messages, receiver) = mpsc::channel(QUEUE);
        let (found, client) = watch::channel(None);
        let mut tasks = JoinSet::new();
        let connect = Arc::clone(&outside.connect);
        tasks.spawn(follow(connect, found, messages.clone()));
        let feed = Self {
            client,
            messages,
            outside,
            tasks,
            asking: None,
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
        let read = Arc::clone(&self.outside.read);
        self.work(async move |client| {
            let outcome = outcome(client, &deed, read).await;
            Message::Done(deed, outcome)
        });
    }

    /// Asks a model; what it says comes as messages. Whatever was asked before is not heard any more.
    pub(crate) fn ask(&mut self, number: u64, model: String, text: String) {
        self.hush();
        let (caller, messages) = (Arc::clone(&self.outside.caller), self.messages.clone());
        let asking = self.tasks.spawn(async move {
            let caller = {
                let model = model.clone();
                spawn_blocking(move || caller(&model)).await
            };
            if let Ok(caller) = caller {
                trial(caller, number, &model, &text, &messages).await;
            }
        });
        self.asking = Some(asking);
    }

    /// Leaves the answer, and with it the request.
    pub(crate) fn hush(&mut self) {
        if let Some(asking) = self.asking.take() {
            asking.abort();
        }
    }

    /// Writes sums to a file.
    pub(crate) fn save(&mut self, name: String, sums: Box<UsageSummary>) {
        let save = Arc::clone(&self.outside.save);
        self.have_done(move || save(&name, &sums).map(|place| format!("written to {place}")));
    }

    /// Sends the person's browser somewhere.
    pub(crate) fn browse(&mut self, url: String) {
        let browse = Arc::clone(&self.outside.browse);
        self.have_done(move || browse(&url).map(|()| "the browser was sent there".to_owned()));
    }

    /// Has something done on this machine, and tells what came of it.
    fn have_done(&mut self, deed: impl FnOnce() -> Result<String, Trouble> + Send + 'static) {
        let messages = self.messages.clone();
        self.tasks.spawn(async move {
            if let Ok(told) = spawn_blocking(deed).await {
                let _ = messages.send(Message::Told(told)).await;
            }
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

/// Finds the gateway, tells what happens in it, and finds it again when it was lost, for ever. A key that it does not know
/// is not presented again.
async fn follow(
    connect: Connect,
    found: watch::Sender<Option<Client>>,
    messages: mpsc::Sender<Message>,
) {
    let (mut pause, mut refused) = (PAUSE, None::<Client>);
    loop {
        let connect = Arc::clone(&connect);
        let connected = tokio::task::spawn_blocking(move || connect()).await;
        let Ok(connected) = connected else {
            return;
        };
        let known = |client: &Client| refused.as_ref().is_some_and(|known| known.is_same(client));
        let end = match connected {
            Err(error) => End::Silent(Trouble::from(&error)),
            Ok(client) if known(&client) => {
                sleep(LONGEST).await;
                continue;
            }
            Ok(client) => {
                let began = tokio::time::Instant::now();
                let end = tell(&client, &found, &messages).await;
                if began.elapsed() > LONGEST {
                    pause = PAUSE;
                }
                if let End::Refused(_) = &end {
                    found.send_replace(None);
                    refused = Some(client);
                }
                end
            }
        };
        let (End::Silent(trouble) | End::Refused(trouble)) = end else {
            continue;
        };
        let lost = Message::Link(Link::Lost(trouble));
        if messages.send(lost).await.is_err() {
            return;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// How a gateway has ended to tell what happens.
enum End {
    /// It is to be asked again whether it tells.
    Again,
    Silent(Trouble),
    /// It does not know the key.
    Refused(Trouble),
}

impl From<&ClientError> for End {
    fn from(error: &ClientError) -> Self {
        if error.is_wrong_key() {
            let hint = "quit (q) and say the right one with --key or MODELGATE_MANAGEMENT_KEY";
            return Self::Refused(Trouble {
                message: "wrong management key".to_owned(),
                hint: Some(hint.to_owned()),
            });
        }
        Self::Silent(Trouble::from(error))
    }
}

/// Tells what happens until that ends.
async fn tell(
    client: &Client,
    found: &watch::Sender<Option<Client>>,
    messages: &mpsc::Sender<Message>,
) -> End {
    let say = async |link| {
        found.send_replace(Some(client.clone()));
        // Without a receiver the task is about to be ended.
        let _ = messages.send(Message::Place(client.url().to_owned())).await;
        let _ = messages.send(Message::Link(link)).await;
    };
    match client.events().await {
        Ok(events) => {
            say(Link::Live).await;
            End::Silent(pass_on(events, messages).await)
        }
        Err(ClientError::Refused { status, .. }) if status != 401 && status != 403 => {
            if let Err(error) = client.requests(1).await {
                return End::from(&error);
            }
            say(Link::Polling).await;
            sleep(AGAIN).await;
            End::Again
        }
        Err(error) => End::from(&error),
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
