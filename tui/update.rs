//! From what the dashboard knows and what has happened to what it knows then: pure, without a clock and without a network.

mod answers;
mod client_keys;
mod keys;
mod logins;
mod mouse;
mod schedule;
mod typing;

use modelgate_management::events::Lost;
use modelgate_management::{Event, RequestSummary};

pub(crate) use self::answers::spent;
use crate::app::{App, Page};
use crate::message::{Effect, Fetch, Link, Message};
use crate::requests::has_failed;
use crate::traffic::Ended;

/// Takes in a message, and tells what is to be done.
pub(crate) fn update(app: &mut App, message: Message) -> Vec<Effect> {
    match message {
        Message::Time(now) => {
            app.now = now;
            app.traffic.pass(now.as_second());
            app.requests.pass(now);
            app.expire();
            schedule::due(app)
        }
        Message::Key(event) => keys::pressed(app, &event),
        Message::Mouse(event) => mouse::moved(app, event),
        Message::Pasted(text) => typing::pasted(app, &text),
        Message::Resized(columns, rows) => {
            app.size = (columns, rows);
            Vec::new()
        }
        Message::Place(place) => {
            app.place = Some(place);
            Vec::new()
        }
        Message::Link(link) => linked(app, link),
        Message::Events(events) => {
            let effects = events.into_iter().map(|event| happened(app, event));
            effects.flatten().collect()
        }
        Message::Lost(count) => lost(app, count),
        Message::Answer(answer) => answers::answered(app, answer),
        Message::Failed(fetch, trouble) => answers::failed(app, &fetch, trouble),
        Message::Done(deed, outcome) => answers::done(app, deed, outcome),
        Message::Trial(number, heard) => {
            for page in &mut app.pages {
                if let Page::Trial(trial) = page
                    && trial.number == number
                {
                    trial.hear(heard);
                    break;
                }
            }
            Vec::new()
        }
        Message::Told(Ok(words)) => {
            app.toast(words, false);
            Vec::new()
        }
        Message::Told(Err(trouble)) => {
            app.toast(trouble.line(), true);
            Vec::new()
        }
    }
}

fn linked(app: &mut App, link: Link) -> Vec<Effect> {
    let reachable = |link: &Link| matches!(link, Link::Live | Link::Polling);
    let found = reachable(&link) && !reachable(&app.link);
    if found {
        // What went on meanwhile is not known.
        app.requests.forget_open();
        app.asked.clear();
        app.logs.forget();
    }
    app.link = link;
    if found {
        schedule::everything(app)
    } else {
        Vec::new()
    }
}

fn lost(app: &mut App, count: u64) -> Vec<Effect> {
    app.lost = app.lost.saturating_add(count);
    app.requests.doubt();
    schedule::ask(app, Fetch::Requests).into_iter().collect()
}

fn happened(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::RequestStarted(started) => {
            app.traffic.started(app.second());
            app.requests.start(started, app.now);
        }
        Event::RequestFirstByte(first) => app.requests.first_byte(first),
        Event::RequestProgress(progress) => app.requests.progress(&progress),
        Event::RequestEnded(summary) => {
            let at = app.second();
            over(app, summary, at);
        }
        Event::AccountChanged(account) => app.accounts.change(*account),
        Event::AccountRemoved(removed) => app.accounts.remove(&removed.id),
        Event::ConfigChanged(_) => {
            return schedule::ask(app, Fetch::Accounts).into_iter().collect();
        }
        Event::ConfigRefused(refused) => {
            app.toast(
                format!("the configuration file is not used: {}", refused.message),
                true,
            );
        }
        Event::Log(line) => app.logs.hear(&line),
        // Lines that are read from a file are not lost.
        Event::Dropped(dropped) if dropped.of == Lost::Lines => {}
        Event::Dropped(dropped) => return lost(app, dropped.count),
        Event::Unknown => {}
    }
    Vec::new()
}

/// Takes in a request that ended in that second.
fn over(app: &mut App, summary: RequestSummary, at: i64) {
    let ended = Ended {
        at,
        took_ms: summary.total_ms,
        first_ms: summary.first_byte_ms,
        tokens: summary.usage.output.unwrap_or(0),
        cost: summary
            .cost
            .as_ref()
            .and_then(|cost| cost.nanodollars)
            .unwrap_or(0),
        failed: has_failed(&summary),
    };
    let id = summary.id.clone();
    if !app.requests.end(summary, app.now) {
        return;
    }
    app.traffic.ended(ended);
    app.ended_since_spent = true;
    // A page that was opened too early can be filled now.
    for page in &mut app.pages {
        if let Page::Why(why) = page
            && why.id == id
        {
            why.detail.asked = None;
        }
    }
}

#[cfg(test)]
mod tests;
