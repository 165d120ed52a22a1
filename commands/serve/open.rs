//! The configuration to serve with: the file, or on a first run a new one that is not written yet.

use std::path::PathBuf;

use modelgate_config::paths::ConfigPath;
use modelgate_config::{Loaded, load, parse};

use crate::config::NewFile;
use crate::context::Context;
use crate::error::CommandError;

/// A configuration and its file.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) loaded: Loaded,
    /// The file of a first run; written only once the server listens.
    pub(crate) new: Option<NewFile>,
}

/// Finds the file, or makes up a new one.
pub(crate) fn open(context: &Context) -> Result<Opened, CommandError> {
    let environment = &context.environment;
    match context.config_path() {
        ConfigPath::Existing(path) => Ok(Opened {
            loaded: load(&path, environment).map_err(|error| super::refused(context, error))?,
            path,
            new: None,
        }),
        ConfigPath::Missing(path) => {
            let file = NewFile::new()?;
            Ok(Opened {
                loaded: parse(&file.text, &path, environment)?,
                path,
                new: Some(file),
            })
        }
    }
}
