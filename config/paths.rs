//! Where files live when nobody says otherwise.

use std::path::{Path, PathBuf};

use crate::environment::Environment;

/// The configuration file to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigPath {
    /// The file is there.
    Existing(PathBuf),
    /// There is none yet; this is where it belongs.
    Missing(PathBuf),
}

impl ConfigPath {
    /// The path, whether or not the file is there.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Existing(path) | Self::Missing(path) => path,
        }
    }
}

/// `--config`, else `$MODELGATE_CONFIG`, else `./modelgate.yaml` if it exists, else the user's own.
#[must_use]
pub fn config_file(explicit: Option<&Path>, environment: &Environment) -> ConfigPath {
    let named = explicit.map(Path::to_owned).or_else(|| {
        environment
            .get("MODELGATE_CONFIG")
            .map(|path| environment.expand(path))
    });
    if let Some(path) = named {
        return found(environment.working_dir().join(path));
    }
    match found(environment.working_dir().join("modelgate.yaml")) {
        existing @ ConfigPath::Existing(_) => existing,
        ConfigPath::Missing(_) => {
            found(base(environment, "XDG_CONFIG_HOME", ".config").join("config.yaml"))
        }
    }
}

/// The directory of accounts and the ledger.
#[must_use]
pub fn data_dir(environment: &Environment) -> PathBuf {
    base(environment, "XDG_DATA_HOME", ".local/share")
}

/// The directory of logs and the runtime file.
#[must_use]
pub fn state_dir(environment: &Environment) -> PathBuf {
    base(environment, "XDG_STATE_HOME", ".local/state")
}

/// The directory of log files when the file names none.
#[must_use]
pub fn logs_dir(environment: &Environment) -> PathBuf {
    state_dir(environment).join("logs")
}

/// The directory of account files when the file names none.
#[must_use]
pub fn default_auth_dir(environment: &Environment) -> PathBuf {
    data_dir(environment).join("auth")
}

/// XDG variables count only when absolute; without a home everything stays below the working directory.
fn base(environment: &Environment, variable: &str, below_home: &str) -> PathBuf {
    let named = environment
        .get(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let base = named.or_else(|| environment.home().map(|home| home.join(below_home)));
    match base {
        Some(base) => base.join("modelgate"),
        None => environment.working_dir().join(".modelgate"),
    }
}

fn found(path: PathBuf) -> ConfigPath {
    if path.exists() {
        ConfigPath::Existing(path)
    } else {
        ConfigPath::Missing(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_source_that_speaks_decides() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let home = at("home").to_string_lossy().into_owned();
        let environment =
            Environment::from_map([("HOME", home.as_str())]).with_working_dir(directory.path());

        let default = at("home").join(".config/modelgate/config.yaml");
        assert_eq!(
            config_file(None, &environment),
            ConfigPath::Missing(default.clone())
        );
        std::fs::create_dir_all(default.parent().unwrap()).unwrap();
        std::fs::write(&default, "").unwrap();
        assert_eq!(
            config_file(None, &environment),
            ConfigPath::Existing(default)
        );

        std::fs::write(at("modelgate.yaml"), "").unwrap();
        assert_eq!(
            config_file(None, &environment),
            ConfigPath::Existing(at("modelgate.yaml"))
        );

        let variables = [("HOME", home.as_str()), ("MODELGATE_CONFIG", "~/mine.yaml")];
        let environment = Environment::from_map(variables).with_working_dir(directory.path());
        assert_eq!(
            config_file(None, &environment),
            ConfigPath::Missing(at("home/mine.yaml"))
        );
        assert_eq!(
            config_file(Some(Path::new("x.yaml")), &environment),
            ConfigPath::Missing(at("x.yaml"))
        );
    }

    #[test]
    fn directories_follow_xdg() {
        let environment = Environment::from_map([
            ("HOME", "/h"),
            ("XDG_DATA_HOME", "/d"),
            ("XDG_STATE_HOME", "relative"),
        ]);
        assert_eq!(data_dir(&environment), PathBuf::from("/d/modelgate"));
        assert_eq!(
            default_auth_dir(&environment),
            PathBuf::from("/d/modelgate/auth")
        );
        assert_eq!(
            state_dir(&environment),
            PathBuf::from("/h/.local/state/modelgate")
        );
        assert_eq!(
            data_dir(&Environment::default()),
            PathBuf::from(".modelgate")
        );
    }
}
