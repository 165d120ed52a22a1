//! The gateway as clients see it: an address, and a key of theirs.

use std::path::Path;
use std::time::SystemTime;

use anyhow::Context as _;
use modelgate_config::keys::{ListedKey, listed};
use modelgate_config::paths::{ConfigPath, state_dir};
use modelgate_config::{Overrides, Secret, read_file};
use modelgate_management::{Caller, Runtime};
use tokio::runtime::Builder;

use crate::clients::{Client, Setup, Wiring};
use crate::complete;
use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::inert::inert;
use crate::occupied::reachable;

/// What is presented where no key is asked for: clients do not start without one.
const UNUSED: &str = "unused";

/// Which gateway a client talks to, and as whom.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which gateway")]
pub(crate) struct Reach {
    /// Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,
    /// A client key, or the name or id of one in the configuration; without it, the first that can be read there.
    /// $MODELGATE_KEY says it without showing it in the list of processes
    #[arg(long, value_name = "KEY", add = complete::keys())]
    key: Option<String>,
}

/// Where a client reaches a gateway, and what it presents.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// Without anything behind the port or the path.
    pub(crate) url: String,
    pub(crate) key: Secret,
    /// Whose key it is, for a person.
    pub(crate) whose: String,
    /// Whether the runtime file of this machine led to it.
    pub(crate) local: bool,
}

impl Reach {
    /// The gateway at this address, else the one on this machine.
    pub(crate) fn at(url: Option<String>) -> Self {
        Self { url, key: None }
    }

    /// The gateway that is named, or the one on this machine; none where none runs.
    pub(crate) fn find(
        &self,
        context: &Context,
        model: Option<&str>,
    ) -> Result<Option<Endpoint>, CommandError> {
        if let Some(url) = self.named_url(context) {
            return self.elsewhere(context, url).map(Some);
        }
        let config = context.config_path();
        let runtime = Runtime::find(&state_dir(&context.environment), config.path());
        let meant = |runtime: &Runtime| !context.names_config() || runtime.serves(config.path());
        let Some(runtime) = runtime.filter(meant) else {
            return Ok(None);
        };
        let (key, whose) = self.key(context, &runtime.config, model)?;
        let scheme = if runtime.tls { "https" } else { "http" };
        Ok(Some(Endpoint {
            url: format!("{scheme}://{}", runtime.address),
            key,
            whose,
            local: true,
        }))
    }

    /// Where a gateway with the configuration of this machine would listen.
    pub(crate) fn configured(
        &self,
        context: &mut Context,
        model: Option<&str>,
    ) -> Result<Endpoint, CommandError> {
        let ConfigPath::Existing(path) = context.config_path() else {
            return Err(not_running());
        };
        let config = context.load()?.resolve(&Overrides::default())?.config;
        let (key, whose) = self.key(context, &path, model)?;
        let server = &config.server;
        let scheme = if server.tls.is_some() {
            "https"
        } else {
            "http"
        };
        Ok(Endpoint {
            url: format!("{scheme}://{}", reachable(server.address)),
            key,
            whose,
            local: true,
        })
    }

    fn named_url<'n>(&'n self, context: &'n Context) -> Option<&'n str> {
        let url = self.url.as_deref();
        url.or_else(|| context.environment.get("MODELGATE_URL"))
    }

    fn named_key<'n>(&'n self, context: &'n Context) -> Option<&'n str> {
        let key = self.key.as_deref();
        key.or_else(|| context.environment.get("MODELGATE_KEY"))
    }

    /// A gateway whose configuration is not ours to read.
    fn elsewhere(&self, context: &Context, url: &str) -> Result<Endpoint, CommandError> {
        let Some(key) = self.named_key(context) else {
            let error = anyhow::anyhow!("there is no client key for the gateway at {}", inert(url));
            return Err(CommandError::usage(error).hint(
                "set MODELGATE_KEY; `modelgate keys add` on the gateway's machine makes a key",
            ));
        };
        let key = Secret::from(key);
        let caller = Caller::new(url, &key, false)?;
        Ok(Endpoint {
            url: caller.url().to_owned(),
            key,
            whose: "the given key".to_owned(),
            local: false,
        })
    }

    /// The key to present to a gateway with this configuration, and whose it is.
    fn key(
        &self,
        context: &Context,
        config: &Path,
        model: Option<&str>,
    ) -> Result<(Secret, String), CommandError> {
        let text = read_file(config)?;
        let keys = listed(&text, config)?;
        if let Some(wanted) = self.named_key(context) {
            return match keys.iter().find(|key| key.is_called(wanted)) {
                Some(key) => clear(key).ok_or_else(|| hashed(wanted)),
                None => Ok((Secret::from(wanted), "the given key".to_owned())),
            };
        }
        if keys.is_empty() {
            return Ok((Secret::from(UNUSED), "no key".to_owned()));
        }
        let now = SystemTime::now();
        let fits =
            |key: &&ListedKey| key.is_good(now) && model.is_none_or(|model| key.may_use(model));
        let mut good = keys.iter().filter(fits);
        good.find_map(clear)
            .ok_or_else(|| nothing_to_present(config, &keys, model))
    }
}

impl Endpoint {
    /// How a client is told to ask there. Files that it needs are written; `models` is whether the gateway can be asked for
    /// their list.
    pub(crate) fn setup(
        &self,
        context: &Context,
        client: Client,
        model: Option<&str>,
        models: bool,
    ) -> Result<Setup, CommandError> {
        let models = match models && client.wants_models() {
            true => self.models()?,
            false => Vec::new(),
        };
        let setup = client.setup(Wiring {
            url: &self.url,
            key: &self.key,
            model,
            models: &models,
            directory: &state_dir(&context.environment),
        });
        if let Some(file) = &setup.file {
            file.write()
                .context("cannot write settings for the client")
                .map_err(CommandError::failed)?;
        }
        Ok(setup)
    }

    /// The models of the gateway, as a client will see them.
    fn models(&self) -> Result<Vec<String>, CommandError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| CommandError::failed(error.into()))?;
        Ok(runtime.block_on(self.caller()?.models())?)
    }

    /// Somebody who asks there.
    pub(crate) fn caller(&self) -> Result<Caller, CommandError> {
        Ok(Caller::new(&self.url, &self.key, self.local)?)
    }
}

/// The key where the file shows it, and its name.
fn clear(key: &ListedKey) -> Option<(Secret, String)> {
    let name = key.entry.name.as_ref().unwrap_or(&key.entry.id);
    let whose = format!("the client key {}", inert(name));
    Some((key.clear.clone()?, whose))
}

fn hashed(name: &str) -> CommandError {
    let error = anyhow::anyhow!(
        "the configuration keeps only the hash of the client key {}",
        inert(name)
    );
    CommandError::failed(error).hint(format!(
        "say the key itself in MODELGATE_KEY, or make a new one: modelgate keys rotate {}",
        inert(name)
    ))
}

fn nothing_to_present(config: &Path, keys: &[ListedKey], model: Option<&str>) -> CommandError {
    let hashes = keys.iter().all(|key| key.clear.is_none());
    let why = match model {
        _ if hashes => "the file keeps only hashes".to_owned(),
        Some(model) => format!("none that can be read is good for {}", inert(model)),
        None => "those that can be read are disabled or have expired".to_owned(),
    };
    let error = anyhow::anyhow!("there is no client key to use in {}: {why}", shown(config));
    CommandError::failed(error)
        .hint("say one in MODELGATE_KEY; `modelgate keys add` makes a new one and shows it, once")
}

/// No gateway runs on this machine.
pub(crate) fn not_running() -> CommandError {
    CommandError::failed(anyhow::anyhow!("no gateway is running here"))
        .hint("start it with: modelgate serve; or name another one with --url and MODELGATE_KEY")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use modelgate_config::Environment;

    use super::*;
    use crate::output::testing::captured;

    const FILE: &str = "\
port: 8400
api-keys:
  - {key-hash: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', name: abc}
  - {key: mg-old-0123456789, name: old, expires: 2020-01-01}
  - {key: mg-ann-0123456789, name: ann, models: ['claude-*']}
  - mg-all-0123456789
";

    /// The key that is chosen from a file, or the exit code and the error.
    fn chosen(
        text: &str,
        key: Option<&str>,
        model: Option<&str>,
    ) -> Result<(String, String), (u8, String)> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("c.yaml");
        fs::write(&path, text).unwrap();
        let environment = Environment::from_map([("HOME", home.path().to_str().unwrap())]);
        let (output, _, _) = captured(false);
        let mut context = Context::new(environment, Some(path), output);
        let reach = Reach {
            url: None,
            key: key.map(str::to_owned),
        };
        let endpoint = reach.configured(&mut context, model);
        endpoint
            .map(|endpoint| {
                let port = if text.contains("8400") { 8400 } else { 8317 };
                assert_eq!(endpoint.url, format!("http://127.0.0.1:{port}"));
                (endpoint.key.expose().to_owned(), endpoint.whose)
            })
            .map_err(|error| (error.exit_code(), error.message().unwrap()))
    }

    fn told(key: &str, whose: &str) -> Result<(String, String), (u8, String)> {
        Ok((key.to_owned(), whose.to_owned()))
    }

    #[test]
    fn the_first_good_key_that_can_be_read_is_chosen() {
        let ann = told("mg-ann-0123456789", "the client key ann");
        assert_eq!(chosen(FILE, None, None), ann);
        assert_eq!(chosen(FILE, None, Some("claude-x")), ann);
        let all = chosen(FILE, None, Some("gpt-5")).unwrap();
        assert_eq!(all.0, "mg-all-0123456789");
        let none = chosen("port: 8400\n", None, None);
        assert_eq!(none, told("unused", "no key"));
    }

    #[test]
    fn a_key_is_given_by_name_or_as_it_is() {
        assert_eq!(
            chosen(FILE, Some("ann"), Some("gpt-5")),
            told("mg-ann-0123456789", "the client key ann")
        );
        assert_eq!(
            chosen(FILE, Some("mg-other"), None),
            told("mg-other", "the given key")
        );
        let (code, message) = chosen(FILE, Some("abc"), None).unwrap_err();
        assert!(code == 1 && message.contains("only the hash"), "{message}");
    }

    #[test]
    fn hashes_cannot_be_presented_and_that_is_said() {
        let hash = "api-keys: [{key-hash: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'}]\n";
        let old = "api-keys: [{key: mg-old-0123456789, expires: 2020-01-01}]\n";
        let ann = "api-keys: [{key: mg-ann-0123456789, models: ['claude-*']}]\n";
        for (text, model, expected) in [
            (hash, None, "only hashes"),
            (old, None, "have expired"),
            (ann, Some("gpt-5"), "good for gpt-5"),
        ] {
            let (code, message) = chosen(text, None, model).unwrap_err();
            assert!(code == 1 && message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_named_gateway_needs_a_key() {
        let open = |variables: &[(&str, &str)]| {
            let environment = Environment::from_map(variables.iter().copied());
            let (output, _, _) = captured(false);
            let context = Context::new(environment, None, output);
            let found = Reach::default().find(&context, None);
            found
                .map(|endpoint| endpoint.unwrap().url)
                .map_err(|error| (error.exit_code(), error.message().unwrap()))
        };
        let (code, message) = open(&[("MODELGATE_URL", "http://x:1")]).unwrap_err();
        assert!(code == 2 && message.contains("no client key"), "{message}");
        let url = open(&[("MODELGATE_URL", "x:1/"), ("MODELGATE_KEY", "k")]);
        assert_eq!(url.unwrap(), "http://x:1");
        let bad = open(&[("MODELGATE_URL", "ftp://x"), ("MODELGATE_KEY", "k")]);
        assert_eq!(bad.unwrap_err().0, 2);
    }
}
