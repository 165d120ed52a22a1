//! The running gateway that a command talks to.

use std::convert::Infallible;

use modelgate_config::Secret;
use modelgate_config::paths::state_dir;
use modelgate_management::{Client, ClientError};
use tokio::runtime::{Builder, Runtime};

use crate::context::Context;
use crate::endpoint::Reach;
use crate::error::CommandError;
use crate::target::Target;

/// Which gateway a command talks to.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which gateway")]
pub(crate) struct Remote {
    /// Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine
    #[arg(long, global = true, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,
    /// Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes
    #[arg(long, global = true, value_name = "KEY")]
    key: Option<String>,
}

/// A gateway that can be asked.
#[derive(Debug)]
pub(crate) struct Gateway {
    runtime: Runtime,
    pub(crate) client: Client,
}

impl Remote {
    /// The gateway that is named, else the one on this machine.
    pub(crate) fn open(&self, context: &Context) -> Result<Gateway, CommandError> {
        Gateway::new(self.client(context)?)
    }

    /// The configuration of the gateway that is named, of the one on this machine, or the file where none is running. A
    /// file that is named with `--config` is meant, and not that of another gateway.
    pub(crate) fn target(&self, context: &Context) -> Result<Target, CommandError> {
        let environment = &context.environment;
        if !self.is_local(context) {
            return Ok(Target::Gateway(self.open(context)?));
        }
        let (state, config) = (state_dir(environment), context.config_path());
        let client = if context.names_config() {
            Client::local_with(&state, config.path())
        } else {
            Client::local(&state, config.path())
        };
        match client {
            Ok(client) => Ok(Target::Gateway(Gateway::new(client)?)),
            Err(ClientError::NotRunning) => Target::file(context),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds the gateway that is named, else the one on this machine, whenever it is called: that one may come, go, and
    /// have another address then.
    pub(crate) fn finder(
        &self,
        context: &Context,
    ) -> Result<impl Fn() -> Result<Client, ClientError> + Send + Sync + use<>, CommandError> {
        let named = if self.is_local(context) {
            None
        } else {
            Some(self.client(context)?)
        };
        let state = state_dir(&context.environment);
        let config = context.config_path().path().to_owned();
        let only = context.names_config();
        Ok(move || match &named {
            Some(client) => Ok(client.clone()),
            None if only => Client::local_with(&state, &config),
            None => Client::local(&state, &config),
        })
    }

    /// The same gateway, for somebody with a client key.
    pub(crate) fn as_client(&self) -> Reach {
        Reach::at(self.url.clone())
    }

    /// Whether no gateway is named.
    pub(crate) fn is_local(&self, context: &Context) -> bool {
        self.url.is_none()
            && self.key.is_none()
            && context.environment.get("MODELGATE_URL").is_none()
    }

    fn client(&self, context: &Context) -> Result<Client, CommandError> {
        let environment = &context.environment;
        let url = self
            .url
            .as_deref()
            .or_else(|| environment.get("MODELGATE_URL"));
        let Some(url) = url else {
            if self.key.is_some() {
                let error = anyhow::anyhow!("--key is for a gateway that is named");
                return Err(CommandError::usage(error)
                    .hint("name it with --url; the gateway on this machine needs no key"));
            }
            let config = context.config_path();
            return Ok(Client::local(&state_dir(environment), config.path())?);
        };
        let key = self
            .key
            .as_deref()
            .or_else(|| environment.get("MODELGATE_MANAGEMENT_KEY"));
        Ok(Client::remote(url, &Secret::from(key.unwrap_or_default()))?)
    }
}

impl Gateway {
    fn new(client: Client) -> Result<Self, CommandError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CommandError::failed(error.into()))?;
        Ok(Self { runtime, client })
    }

    /// Waits for an answer.
    pub(crate) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, CommandError> {
        Ok(self.runtime.block_on(answer)?)
    }

    /// Does what has no end, until it fails or the person wants to stop; tells which.
    pub(crate) fn until_interrupted(
        &self,
        work: impl Future<Output = Result<Infallible, CommandError>>,
    ) -> CommandError {
        self.runtime.block_on(async {
            tokio::select! {
                // First, so that it counts from the beginning.
                biased;
                Ok(()) = tokio::signal::ctrl_c() => CommandError::interrupted(),
                Err(error) = work => error,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use modelgate_config::Environment;

    use super::*;
    use crate::output::testing::captured;

    /// What opening says; the address it found, or the error and its exit code.
    fn open(
        flags: (Option<&str>, Option<&str>),
        variables: &[(&str, &str)],
    ) -> Result<String, (u8, String)> {
        let home = tempfile::tempdir().unwrap();
        let home = ("HOME", home.path().to_str().unwrap());
        let variables = variables.iter().copied().chain([home]);
        let environment = Environment::from_map(variables);
        let (output, _, _) = captured(false);
        let context = Context::new(environment, None, output);
        let remote = Remote {
            url: flags.0.map(str::to_owned),
            key: flags.1.map(str::to_owned),
        };
        remote
            .client(&context)
            .map(|client| client.url().to_owned())
            .map_err(|error| (error.exit_code(), error.message().unwrap()))
    }

    #[test]
    fn flags_come_before_variables_and_both_before_this_machine() {
        let variables = [
            ("MODELGATE_URL", "http://variable:1"),
            ("MODELGATE_MANAGEMENT_KEY", "k"),
        ];
        let flag = open((Some("http://flag:1"), None), &variables);
        assert_eq!(flag.unwrap(), "http://flag:1");
        assert_eq!(open((None, None), &variables).unwrap(), "http://variable:1");
        let (code, message) = open((None, None), &[]).unwrap_err();
        assert_eq!((code, &*message), (1, "no gateway is running here"));
    }

    #[test]
    fn half_a_gateway_is_wrong_usage() {
        for (flags, expected) in [
            ((Some("x:1"), None), "there is no management key"),
            ((Some("ftp://x"), Some("k")), "no address of a gateway"),
            ((None, Some("k")), "--key is for a gateway that is named"),
        ] {
            let (code, message) = open(flags, &[]).unwrap_err();
            assert_eq!(code, 2);
            assert!(message.contains(expected), "{message}");
        }
    }
}
