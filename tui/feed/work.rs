//! What is asked of the gateway and done with it, in its own calls.

use modelgate_management::{AskError, Caller, Client, ClientError, LogQuery, Question, UsageQuery};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::message::{Answer, Deed, Fetch, Message, Outcome, Trouble, causes};
use crate::outside::Read;
use crate::settings;
use crate::trial::{End, Heard, Whole};

/// Requests that are asked for at once.
const REQUESTS: usize = 500;
/// Lines of the log that are asked for at first.
const LOG_LINES: usize = 1_000;

pub(super) async fn answer(client: Client, fetch: &Fetch) -> Result<Answer, ClientError> {
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
        Fetch::Login(state) => {
            let status = client.login_status(state).await?;
            Answer::Login(state.clone(), status)
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

pub(super) async fn outcome(client: Client, deed: &Deed, read: Read) -> Result<Outcome, Trouble> {
    Ok(match deed {
        Deed::Account { id, action } => Outcome::Account(Box::new(client.act(id, *action).await?)),
        Deed::AddKey(new) => Outcome::Key(client.add_key(new).await?),
        Deed::ChangeKey { id, change } => {
            client.change_key(id, change).await?;
            Outcome::Done
        }
        Deed::RotateKey(key) => Outcome::Key(client.rotate_key(&key.id).await?),
        Deed::RevokeKey { id } => {
            client.revoke_key(id).await?;
            Outcome::Done
        }
        Deed::Set { path, value } => {
            client.set(path, value).await?;
            Outcome::Done
        }
        Deed::BeginLogin { way, wishes } => Outcome::Login(client.begin_login(way, wishes).await?),
        Deed::LoginByCookie { way, cookie, label } => {
            Outcome::LoggedIn(client.login_by_cookie(way, cookie, label).await?)
        }
        Deed::ImportKey {
            file,
            location,
            label,
        } => {
            let (name, unread) = (file.clone(), format!("{file} cannot be read"));
            let key = spawn_blocking(move || read(&name)).await;
            let key = key.map_err(|_| Trouble::of(unread))??;
            Outcome::LoggedIn(client.import_key_file(&key, location, label).await?)
        }
        Deed::EndLogin { pasted, .. } => {
            client.end_login(pasted).await?;
            Outcome::Done
        }
        Deed::CancelLogin(state) => {
            client.cancel_login(state).await?;
            Outcome::Done
        }
    })
}

/// Puts a question to a model, and tells what is heard, to its end.
pub(super) async fn trial(
    caller: Result<Caller, Trouble>,
    number: u64,
    model: &str,
    text: &str,
    messages: &mpsc::Sender<Message>,
) {
    let end = match caller {
        Ok(caller) => heard(&caller, number, model, text, messages).await,
        Err(trouble) => Err((trouble, None)),
    };
    let end = end.unwrap_or_else(|(trouble, request_id)| End::Failed {
        trouble,
        request_id,
    });
    // The dashboard may be gone.
    let _ = messages.send(Message::Trial(number, Heard::End(end))).await;
}

async fn heard(
    caller: &Caller,
    number: u64,
    model: &str,
    text: &str,
    messages: &mpsc::Sender<Message>,
) -> Result<End, (Trouble, Option<String>)> {
    let began = Instant::now();
    let question = Question {
        model,
        system: None,
        text,
    };
    let mut answer = caller.ask(question).await.map_err(explained)?;
    while let Some(piece) = answer.next().await.map_err(explained)? {
        let heard = Message::Trial(number, Heard::Piece(piece));
        let _ = messages.send(heard).await;
    }
    let took = began.elapsed().as_millis();
    Ok(End::Whole(Box::new(Whole {
        outcome: answer.outcome,
        request_id: answer.request_id,
        dropped: answer.dropped,
        took_ms: u64::try_from(took).unwrap_or(u64::MAX),
    })))
}

/// What went wrong, what to do about it, and which request it was.
fn explained(error: AskError) -> (Trouble, Option<String>) {
    let (status, request_id) = match error {
        AskError::Client(error) => return (Trouble::from(&error), None),
        AskError::Refused {
            status,
            ref request_id,
            ..
        } => (status, request_id.clone()),
        AskError::Cut { ref request_id } => (None, request_id.clone()),
    };
    let hint = match status {
        Some(401 | 403) => {
            "say a client key that may use the model in MODELGATE_KEY, and start the dashboard again"
        }
        Some(429 | 503) => "the list of models tells who is resting",
        _ if request_id.is_some() => "Enter tells what became of the request",
        _ => "the log of the gateway may tell more",
    };
    let trouble = Trouble {
        message: causes(&error),
        hint: Some(hint.to_owned()),
    };
    (trouble, request_id)
}
