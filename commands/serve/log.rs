//! Log lines on stderr, and in files where that is wanted.

mod file;
mod said;

use std::io;
use std::str::FromStr;

use modelgate_gateway::Logs;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use self::file::ToFile;
use self::said::Inert;

/// Our crates all begin with it.
const OURS: &str = "modelgate";

/// What is logged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    targets: Targets,
    /// Where a line comes from is of use when much is logged, or when directives are being written.
    with_target: bool,
}

/// Changes what is logged while the gateway runs.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    /// `None` when the command line has decided.
    filter: Option<reload::Handle<Targets, Registry>>,
}

/// What lines on stderr look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stderr {
    Plain,
    Colored,
    /// There are none: the screen is somebody else's.
    Silent,
}

/// Starts logging. Without `wanted`, the `debug` setting decides, also later.
pub(crate) fn start(wanted: Option<Filter>, debug: bool, stderr: Stderr, files: Logs) -> Handle {
    let decided = wanted.is_some();
    let filter = wanted.unwrap_or_else(|| Filter::of_setting(debug));
    let (layer, handle) = reload::Layer::new(filter.targets);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(stderr == Stderr::Colored)
        .with_target(filter.with_target)
        .fmt_fields(Inert);
    // Fails only when somebody else has set up logging, as tests do.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with((stderr != Stderr::Silent).then_some(lines))
        .with(ToFile(files))
        .try_init();
    Handle {
        filter: (!decided).then_some(handle),
    }
}

impl Handle {
    /// Takes over the `debug` setting of a new configuration.
    pub(crate) fn follow(&self, debug: bool) {
        if let Some(handle) = &self.filter {
            // Fails only when logging has ended.
            let _ = handle.reload(Filter::of_setting(debug).targets);
        }
    }
}

impl Filter {
    fn of_setting(debug: bool) -> Self {
        Self::of_level(if debug {
            LevelFilter::DEBUG
        } else {
            LevelFilter::INFO
        })
    }

    /// One level for us; what libraries have to say matters only when it is a warning.
    fn of_level(level: LevelFilter) -> Self {
        let others = level.min(LevelFilter::WARN);
        Self {
            targets: Targets::new().with_default(others).with_target(OURS, level),
            with_target: level >= LevelFilter::DEBUG,
        }
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(level) = level(text) {
            return Ok(Self::of_level(level));
        }
        for directive in text.split(',').filter(|part| !part.contains('=')) {
            level(directive.trim())?;
        }
        let targets = Targets::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self {
            targets,
            with_target: true,
        })
    }
}

fn level(word: &str) -> Result<LevelFilter, String> {
    match word.to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(format!(
            "`{}` is no level; use off, error, warn, info, debug or trace, or target=level",
            crate::inert::inert(word)
        )),
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn logs(filter: &str, target: &str, level: Level) -> bool {
        let filter = Filter::from_str(filter).unwrap();
        filter.targets.would_enable(target, &level)
    }

    #[test]
    fn a_level_is_for_us_and_libraries_only_warn() {
        assert!(logs("debug", "modelgate_gateway::relay", Level::DEBUG));
        assert!(!logs("debug", "hyper::proto", Level::INFO));
        assert!(logs("debug", "hyper::proto", Level::WARN));
        assert!(logs("ERROR", "hyper::proto", Level::ERROR));
        assert!(!logs("error", "hyper::proto", Level::WARN));
        assert!(!logs("off", "modelgate_gateway", Level::ERROR));
    }

    #[test]
    fn directives_name_targets() {
        let directives = "warn,modelgate_providers=trace";
        assert!(logs(directives, "modelgate_providers::call", Level::TRACE));
        assert!(!logs(directives, "modelgate_gateway", Level::INFO));
    }

    #[test]
    fn a_slip_is_not_taken_for_a_target() {
        for text in ["loud", "", "info,loud", "modelgate=loud"] {
            assert!(Filter::from_str(text).is_err(), "{text}");
        }
    }
}
