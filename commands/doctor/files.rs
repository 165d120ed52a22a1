//! Who may read the files, and whether they can be written.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use modelgate_config::Config;
use modelgate_config::paths::{ConfigPath, data_dir, default_auth_dir, state_dir};

use super::report::{Area, Report};
use crate::context::{Context, quoted, shown};

const HERE: Area = Area::Files;
/// Group and others.
const STRANGERS: u32 = 0o077;
/// So many files are named; a directory may hold thousands.
const NAMED: usize = 5;

pub(super) fn check(context: &Context, config: Option<&Config>, report: &mut Report) {
    let before = report.checks.len();
    if let ConfigPath::Existing(path) = context.config_path() {
        private(&path, "600", report);
    }
    let environment = &context.environment;
    let accounts = match config {
        Some(config) => config.auth_dir.clone(),
        None => default_auth_dir(environment),
    };
    private(&accounts, "700", report);
    of_accounts(&accounts, report);
    let mut written = vec![state_dir(environment), data_dir(environment), accounts];
    if let Some(config) = config {
        if let Some(directory) = config
            .ledger
            .path
            .parent()
            .filter(|_| config.ledger.enabled)
        {
            written.push(directory.to_owned());
        }
        if let Some(tls) = &config.server.tls {
            readable(&tls.cert, report);
            readable(&tls.key, report);
        }
    }
    written.sort();
    written.dedup();
    for directory in written {
        writable(&directory, report);
    }
    if report.checks.len() == before {
        report.ok(
            HERE,
            "they can be written, and nobody else can read secrets",
        );
    }
}

/// A file or directory with secrets is for its owner.
fn private(path: &Path, mode: &str, report: &mut Report) {
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    let now = metadata.permissions().mode() & 0o777;
    if now & STRANGERS != 0 {
        report.warning(
            HERE,
            format!(
                "others on this machine may get at {} (mode {now:o})",
                shown(path)
            ),
            format!("chmod {mode} {}", quoted(path)),
        );
    }
}

fn of_accounts(directory: &Path, report: &mut Report) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let open = entries.filter(|entry| {
        let json = entry.path().extension().is_some_and(|end| end == "json");
        let mode = entry.metadata().map(|metadata| metadata.mode());
        json && mode.is_ok_and(|mode| mode & STRANGERS != 0)
    });
    let mut open: Vec<PathBuf> = open.map(|entry| entry.path()).collect();
    if open.is_empty() {
        return;
    }
    open.sort();
    let named: Vec<String> = open.iter().take(NAMED).map(|path| quoted(path)).collect();
    let more = open.len() - named.len();
    let and = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    report.warning(
        HERE,
        format!(
            "others on this machine may read the tokens of {} accounts",
            open.len()
        ),
        format!("chmod 600 {}{and}", named.join(" ")),
    );
}

fn readable(path: &Path, report: &mut Report) {
    if let Err(error) = File::open(path) {
        let what = format!("{} cannot be read: {error}", shown(path));
        report.broken(HERE, what, "correct `tls:` in the configuration");
    }
}

/// A directory that is not there yet is made when something is written.
fn writable(directory: &Path, report: &mut Report) {
    if let Err(error) = try_to_write(directory) {
        report.broken(
            HERE,
            format!("nothing can be written in {}: {error}", shown(directory)),
            format!("make it yours: chown -R \"$USER\" {}", quoted(directory)),
        );
    }
}

fn try_to_write(directory: &Path) -> io::Result<()> {
    if !directory.try_exists()? {
        return Ok(());
    }
    let path = directory.join(format!(".doctor-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).open(&path)?;
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use modelgate_config::Environment;

    use super::super::report::State;
    use super::*;
    use crate::output::testing::captured;

    /// What is found in a home that was made so.
    fn found(make: impl FnOnce(&Path)) -> Vec<(State, String, String)> {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        for directory in [".config/modelgate", ".local/share/modelgate/auth"] {
            fs::create_dir_all(at(directory)).unwrap();
        }
        let config = at(".config/modelgate/config.yaml");
        fs::write(&config, "port: 1\n").unwrap();
        mode(&config, 0o600);
        mode(&at(".local/share/modelgate/auth"), 0o700);
        make(home.path());
        let environment = Environment::from_map([("HOME", home.path().to_str().unwrap())])
            .with_working_dir(home.path());
        let (output, _, _) = captured(false);
        let context = Context::new(environment, None, output);
        let mut report = Report::default();
        check(&context, None, &mut report);
        let home = home.path().to_str().unwrap().to_owned();
        let told = |text: String| text.replace(&home, "~");
        report
            .checks
            .into_iter()
            .map(|check| {
                (
                    check.state,
                    told(check.what),
                    told(check.hint.unwrap_or_default()),
                )
            })
            .collect()
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_home_as_it_should_be() {
        let found = found(|_| {});
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, State::Ok, "{found:?}");
    }

    #[test]
    fn files_that_others_may_read_are_named_with_the_remedy() {
        let found = found(|home| {
            mode(&home.join(".config/modelgate/config.yaml"), 0o644);
            let account = home.join(".local/share/modelgate/auth/claude-a b.json");
            fs::write(&account, "{}").unwrap();
            mode(&account, 0o640);
        });
        let states: Vec<State> = found.iter().map(|check| check.0).collect();
        assert_eq!(states, [State::Warning, State::Warning], "{found:?}");
        assert!(found[0].1.contains("config.yaml (mode 644)"), "{found:?}");
        assert_eq!(found[0].2, "chmod 600 ~/.config/modelgate/config.yaml");
        assert_eq!(
            found[1].2,
            "chmod 600 '~/.local/share/modelgate/auth/claude-a b.json'"
        );
    }

    #[test]
    fn a_directory_that_is_none_cannot_be_written() {
        let found = found(|home| {
            let state = home.join(".local/state");
            fs::create_dir_all(&state).unwrap();
            symlink("/dev/null", state.join("modelgate")).unwrap();
        });
        assert_eq!(found[0].0, State::Broken, "{found:?}");
        assert!(found[0].1.contains("~/.local/state/modelgate"), "{found:?}");
    }
}
