//! The terminal: taken over as a whole, and given back as it was on every way out, a panic included.

use std::io::{self, Stdout, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::Print;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::app::App;
use crate::view;

/// The program says itself where letters are: terminals that reorder right-to-left text must not (ECMA-48, BDSM).
const KEEP_ORDER: &str = "\u{1b}[8l";
const MAY_REORDER: &str = "\u{1b}[8h";

/// It is taken over. It is given back once: terminals go back to where their cursor was whenever they are asked to, and what a
/// panic has said would be written over.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// A panic has given the terminal back. Whoever panicked may be another thread, and the dashboard goes on.
static LEFT: AtomicBool = AtomicBool::new(false);

/// The terminal while the dashboard has it.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes it over.
    pub(crate) fn open() -> io::Result<Self> {
        restore_on_panic();
        // Made before anything is changed, so that what fails later is undone.
        let screen = Self {
            terminal: Terminal::new(CrosstermBackend::new(io::stdout()))?,
        };
        enter()?;
        Ok(screen)
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    pub(crate) fn draw(&mut self, app: &App) -> io::Result<()> {
        self.terminal.draw(|frame| view::render(app, frame))?;
        Ok(())
    }

    /// Gives the terminal back to the shell until the person returns.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        leave()?;
        stop()?;
        self.resume()
    }

    /// Whether a panic elsewhere in this process has given the terminal back since this was last asked.
    pub(crate) fn was_left(&self) -> bool {
        LEFT.swap(false, Ordering::SeqCst)
    }

    /// Takes the terminal over again; nothing of what it shows is believed.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        enter()?;
        // Clearing alone would ask the terminal for its cursor, and wait for keys to be read by somebody else.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = leave();
    }
}

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut out = io::stdout();
    queue!(
        out,
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste,
        Print(KEEP_ORDER),
        SetTitle("modelgate"),
        Hide
    )?;
    out.flush()
}

fn leave() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let shown = execute!(
        io::stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        Print(MAY_REORDER),
        LeaveAlternateScreen,
        Show
    );
    // Also where nothing can be written any more.
    disable_raw_mode().and(shown)
}

/// Stops this process and those it was started with, as Ctrl-Z does; returns when they go on.
#[cfg(unix)]
fn stop() -> io::Result<()> {
    rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
    Ok(())
}

#[cfg(not(unix))]
fn stop() -> io::Result<()> {
    Ok(())
}

/// What a panic says must not be lost on a screen that goes away.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let say = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let _ = leave();
            say(panic);
            LEFT.store(true, Ordering::SeqCst);
        }));
    });
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
