//! The dashboard: a gateway watched and looked after in a terminal.
//!
//! State is plain data (`app`), `update` is pure and tells what is to be done, `view` is pure and draws; `feed` and
//! `terminal` do what touches the world. Never calls an upstream, never reads a file, never imports the gateway: all it
//! knows comes over `/v0/management`. Start at `message`, then read `update`.

mod accounts;
mod app;
mod feed;
#[cfg(test)]
mod fixtures;
mod format;
mod keymap;
mod list;
mod login;
mod logs;
mod message;
mod outside;
mod requests;
mod settings;
mod table;
mod terminal;
mod text;
mod theme;
mod traffic;
mod trial;
mod update;
mod usage;
mod view;

use std::future::pending;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::app::App;
use crate::feed::Feed;
pub use crate::message::Trouble;
use crate::message::{Effect, Message};
pub use crate::outside::{AskAs, Browse, Connect, Outside, Read, Save};
use crate::terminal::Screen;
pub use crate::theme::Theme;
use crate::update::update;

/// The shortest time between two frames: 30 in a second.
const FRAME: Duration = Duration::from_millis(34);
/// So often time passes when nothing else happens.
const SECOND: Duration = Duration::from_secs(1);
/// How exactly the time is known when something happens.
const TIME: Duration = Duration::from_millis(100);
/// Messages that are taken in before the next frame.
const BATCH: usize = 256;

/// Shows the dashboard until the person quits, or the program is told to end.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn run(outside: Outside, theme: Theme) -> io::Result<()> {
    let mut screen = Screen::open()?;
    let (feed, mut messages) = Feed::start(outside);
    let app = App::new(theme, TimeZone::system(), Timestamp::now(), screen.size()?);
    let mut dashboard = Dashboard {
        app,
        feed,
        dirty: true,
        quits: false,
        suspends: false,
        told_time: Instant::now(),
    };
    let mut input = EventStream::new();
    let mut signals = Signals::listen()?;
    let mut clock = interval(SECOND);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_frame = Instant::now();
    while !dashboard.quits {
        if screen.was_left() {
            screen.resume()?;
            let words = "a part of this program has failed; what it said stands in the terminal when you quit";
            dashboard.app.toast(words, true);
            dashboard.dirty = true;
        }
        if dashboard.suspends {
            dashboard.suspends = false;
            screen.suspend()?;
            dashboard.dirty = true;
        }
        if dashboard.dirty && Instant::now() >= next_frame {
            // The terminal may have changed while this process was stopped.
            let (columns, rows) = screen.size()?;
            if (columns, rows) != dashboard.app.size {
                dashboard.take(Message::Resized(columns, rows));
            }
            screen.draw(&dashboard.app)?;
            dashboard.dirty = false;
            next_frame = Instant::now() + FRAME;
        }
        tokio::select! {
            event = input.next() => match event {
                Some(event) => dashboard.input(event?),
                // The terminal is gone.
                None => return Ok(()),
            },
            message = messages.recv() => if let Some(message) = message {
                dashboard.take(message);
                for _ in 1..BATCH {
                    let Ok(message) = messages.try_recv() else { break };
                    dashboard.take(message);
                }
            },
            _ = clock.tick() => {
                // Where no signal tells that it is gone.
                if !io::stdout().is_terminal() {
                    return Ok(());
                }
                dashboard.time();
            },
            () = sleep_until(next_frame), if dashboard.dirty => {}
            signal = signals.next() => match signal {
                Signal::End => return Ok(()),
                Signal::Continue => {
                    screen.resume()?;
                    dashboard.dirty = true;
                }
            },
        }
    }
    Ok(())
}

/// The state, and what connects it to the world.
struct Dashboard {
    app: App,
    feed: Feed,
    /// Something changed since the last frame.
    dirty: bool,
    quits: bool,
    suspends: bool,
    told_time: Instant,
}

impl Dashboard {
    fn input(&mut self, event: Input) {
        match event {
            Input::Key(key) => self.take(Message::Key(key)),
            Input::Mouse(mouse) => self.take(Message::Mouse(mouse)),
            Input::Paste(text) => self.take(Message::Pasted(text)),
            Input::Resize(columns, rows) => self.take(Message::Resized(columns, rows)),
            Input::FocusGained | Input::FocusLost => {}
        }
    }

    fn take(&mut self, message: Message) {
        if self.told_time.elapsed() >= TIME {
            self.time();
        }
        self.step(message);
    }

    fn time(&mut self) {
        self.told_time = Instant::now();
        self.step(Message::Time(Timestamp::now()));
    }

    fn step(&mut self, message: Message) {
        self.dirty = true;
        for effect in update(&mut self.app, message) {
            match effect {
                Effect::Quit => self.quits = true,
                Effect::Suspend => self.suspends = true,
                Effect::Fetch(fetch) => self.feed.fetch(fetch),
                Effect::Do(deed) => self.feed.act(deed),
                Effect::Ask {
                    number,
                    model,
                    text,
                } => self.feed.ask(number, model, text),
                Effect::Hush => self.feed.hush(),
                Effect::Save { name, sums } => self.feed.save(name, sums),
                Effect::Browse(url) => self.feed.browse(url),
            }
        }
    }
}

/// What the system says.
enum Signal {
    End,
    /// The process was stopped and goes on.
    Continue,
}

#[cfg(unix)]
struct Signals {
    ends: [tokio::signal::unix::Signal; 3],
    continues: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            ends: [
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
                signal(SignalKind::interrupt())?,
            ],
            continues: signal(SignalKind::from_raw(CONTINUE))?,
        })
    }

    async fn next(&mut self) -> Signal {
        let [terminate, hangup, interrupt] = &mut self.ends;
        tokio::select! {
            Some(()) = terminate.recv() => Signal::End,
            Some(()) = hangup.recv() => Signal::End,
            Some(()) = interrupt.recv() => Signal::End,
            Some(()) = self.continues.recv() => Signal::Continue,
            else => pending().await,
        }
    }
}

/// `SIGCONT`, which has no name in the library.
#[cfg(unix)]
const CONTINUE: i32 = rustix::process::Signal::CONT.as_raw();

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        pending().await
    }
}
