//! What is written to files beside the ledger.

use std::path::PathBuf;

/// Log files, and the logs of single requests among them (`management-api.md` 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// Lines are also written to a file.
    pub to_file: bool,
    /// The directory of all of them.
    pub directory: PathBuf,
    /// Largest size of all of them together, in bytes; `None`: no limit.
    pub max_bytes: Option<u64>,
    /// Which requests leave a log of their own.
    pub requests: RequestLogs,
    /// Logs of failed requests that are kept; `None`: all.
    pub error_files: Option<usize>,
}

/// Which requests leave a log of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestLogs {
    /// None.
    Off,
    /// Those of which a provider's answer was an error.
    #[default]
    Failed,
    /// Every request for an answer.
    All,
}
