//! Files of settings for clients that take something from nowhere else.

use std::io;
use std::path::{Path, PathBuf};

use modelgate_config::save;
use serde_json::json;

/// What whoever runs the machine has settled for Gemini CLI; it is not ours to displace.
const OF_THE_MACHINE: [&str; 2] = [
    "/etc/gemini-cli/settings.json",
    "/Library/Application Support/GeminiCli/settings.json",
];

/// A file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(super) path: PathBuf,
    text: String,
}

impl File {
    /// Writes it where it is to be.
    pub(crate) fn write(&self) -> io::Result<()> {
        save(&self.path, &self.text)
    }
}

/// The login of Gemini CLI with a key; none where the machine has settings of its own.
pub(super) fn of_gemini(directory: &Path) -> Option<File> {
    if OF_THE_MACHINE.iter().any(|path| Path::new(path).exists()) {
        return None;
    }
    let settings = json!({"security": {"auth": {"selectedType": super::GEMINI_LOGIN}}});
    Some(File {
        path: directory.join("gemini-settings.json"),
        text: format!("{settings:#}\n"),
    })
}
