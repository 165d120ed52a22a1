//! What the dashboard has done on this machine.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path};
use std::sync::Arc;

use modelgate_config::Environment;
use modelgate_management::{Caller, Secret, UsageSummary};
use modelgate_tui::{Outside, Trouble};

use crate::context::{Context, shown};
use crate::endpoint::{Reach, not_running};
use crate::error::CommandError;
use crate::remote::Remote;
use crate::usage;

/// Larger than any key of a service account.
const LARGEST: u64 = 64 << 10;

pub(super) fn outside(context: &Context, remote: &Remote) -> Result<Outside, CommandError> {
    let (again, reach) = (context.again(), remote.as_client());
    let directory = context.environment.working_dir().to_owned();
    let environment = context.environment.clone();
    Ok(Outside {
        connect: Arc::new(remote.finder(context)?),
        caller: Arc::new(move |model| caller(&again(), &reach, model)),
        save: Arc::new(move |name, sums| save(&directory, name, sums)),
        read: Arc::new(move |name| read(&environment, name)),
        browse: Arc::new(browse),
    })
}

/// Somebody with a client key of the gateway that is shown.
fn caller(context: &Context, reach: &Reach, model: &str) -> Result<Caller, Trouble> {
    let endpoint = reach.find(context, Some(model));
    let endpoint = endpoint.and_then(|endpoint| endpoint.ok_or_else(not_running));
    let caller = endpoint.and_then(|endpoint| endpoint.caller());
    caller.map_err(|error| Trouble {
        message: error.message().unwrap_or_default(),
        hint: error.hints().first().cloned(),
    })
}

/// Writes sums to a new file in the directory where the dashboard was started.
fn save(directory: &Path, name: &str, sums: &UsageSummary) -> Result<String, Trouble> {
    let trouble = |message: String, hint: &str| Trouble {
        message,
        hint: Some(hint.to_owned()),
    };
    let mut parts = Path::new(name).components();
    let (Some(Component::Normal(_)), None) = (parts.next(), parts.next()) else {
        let message = format!("{name} is no name of a file in {}", shown(directory));
        return Err(trouble(message, "write a name without a directory"));
    };
    let path = directory.join(name);
    let text = match path.extension().and_then(|end| end.to_str()) {
        Some("csv") => usage::csv(sums),
        Some("json") => json(sums),
        _ => {
            let message = format!("{name} ends neither with .csv nor with .json");
            return Err(trouble(message, "the end of the name says what is written"));
        }
    };
    let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(shown(&path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(trouble(
            format!("{} is there already", shown(&path)),
            "choose another name",
        )),
        Err(error) => Err(trouble(
            format!("{} cannot be written: {error}", shown(&path)),
            "start the dashboard in a directory that you may write to",
        )),
    }
}

fn json(sums: &UsageSummary) -> String {
    // Fails for keys that are no text, and there are none.
    serde_json::to_string_pretty(sums).unwrap_or_default() + "\n"
}

/// Reads a small file; a path begins where the dashboard was started, or at home with `~/`.
fn read(environment: &Environment, name: &str) -> Result<Secret, Trouble> {
    let path = environment.working_dir().join(environment.expand(name));
    let trouble = |what: &str, hint: &str| Trouble {
        message: format!("{} {what}", shown(&path)),
        hint: Some(hint.to_owned()),
    };
    let mut text = String::new();
    // Whoever opens a pipe waits for its other end.
    let file = match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Err(io::ErrorKind::InvalidInput.into()),
        _ => File::open(&path),
    };
    let taken = file.and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    match taken {
        Ok(_) if text.len() as u64 > LARGEST => Err(trouble(
            "is too large for a key",
            "name the JSON file that Google gave with the service account",
        )),
        Ok(_) => Ok(Secret::from(text)),
        Err(error) => Err(trouble(
            &format!("cannot be read: {error}"),
            "begin again with the path of the file on this machine",
        )),
    }
}

fn browse(url: &str) -> Result<(), Trouble> {
    open::that_detached(url).map_err(|error| Trouble {
        message: format!("no browser could be opened: {error}"),
        hint: Some("copy the address to one".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::captured;

    fn sums() -> UsageSummary {
        let text = r#"{"by":"model","total":{"requests":2},"groups":[{"name":"=m","requests":2}],
            "ledger":{"recording":true,"open":true,"written":2,"queued":0,"lost":0}}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn sums_are_written_as_the_name_says_and_nothing_is_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let place = save(home.path(), "u.csv", &sums()).unwrap();
        assert_eq!(place, home.path().join("u.csv").display().to_string());
        let text = fs::read_to_string(home.path().join("u.csv")).unwrap();
        assert!(text.starts_with("name,of,requests") && text.contains("\r\n'=m,,2,"));
        save(home.path(), "u.json", &sums()).unwrap();
        let text = fs::read_to_string(home.path().join("u.json")).unwrap();
        let read: UsageSummary = serde_json::from_str(&text).unwrap();
        assert_eq!(read, sums());
        for (name, expected) in [
            ("u.csv", "is there already"),
            ("u.txt", "neither with .csv"),
            ("csv", "neither with .csv"),
            ("../u.csv", "no name of a file"),
            ("/elsewhere/u.csv", "no name of a file"),
            ("a/u.csv", "no name of a file"),
            ("..", "no name of a file"),
        ] {
            let trouble = save(home.path(), name, &sums()).unwrap_err();
            assert!(trouble.message.contains(expected), "{name}: {trouble:?}");
            assert!(trouble.hint.is_some());
        }
        let trouble = save(&home.path().join("none"), "u.csv", &sums()).unwrap_err();
        assert!(trouble.message.contains("cannot be written"), "{trouble:?}");
    }

    #[test]
    fn a_key_is_read_from_here_or_from_home_and_nothing_else_is() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::from_map([("HOME", home.path().to_str().unwrap())])
            .with_working_dir(home.path().join("here"));
        fs::create_dir(home.path().join("here")).unwrap();
        fs::write(home.path().join("key.json"), "{}").unwrap();
        fs::write(home.path().join("here/large"), "x".repeat(70_000)).unwrap();
        for name in ["~/key.json", "../key.json"] {
            assert_eq!(read(&environment, name).unwrap().expose(), "{}");
        }
        for (name, expected) in [
            ("none.json", "cannot be read"),
            ("~", "cannot be read"),
            ("large", "too large"),
        ] {
            let trouble = read(&environment, name).unwrap_err();
            assert!(trouble.message.contains(expected), "{name}: {trouble:?}");
            assert!(trouble.hint.is_some());
        }
    }

    #[test]
    fn who_has_no_client_key_is_told_how_to_get_one() {
        for (variables, expected) in [
            (&[][..], "no gateway is running"),
            (&[("MODELGATE_URL", "http://x:1")][..], "no client key"),
        ] {
            let home = tempfile::tempdir().unwrap();
            let home = ("HOME", home.path().to_str().unwrap());
            let environment = Environment::from_map(variables.iter().copied().chain([home]));
            let context = Context::new(environment, None, captured(false).0);
            let trouble = caller(&context, &Remote::default().as_client(), "m").unwrap_err();
            assert!(trouble.message.contains(expected), "{trouble:?}");
            assert!(trouble.hint.unwrap().contains("modelgate"));
        }
    }
}
