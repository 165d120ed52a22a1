//! `modelgate serve`.

mod banner;
mod files;
mod log;
mod open;
mod reload;
mod running;
mod signals;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use modelgate_config::{Config, ConfigError, Overrides, Problem, Secret, Store};
use modelgate_gateway::{Logs, Server, StartError, State};
use modelgate_providers::Catalog;
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use self::banner::{Banner, Key};
use self::log::{Filter, Stderr};
use self::open::Opened;
use self::signals::Signals;
use crate::context::{Context, shown};
use crate::dashboard::Dashboard;
use crate::error::CommandError;
use crate::inert::inert;
use crate::occupied;

/// Threads for what blocks: looking up names, reading the configuration file.
const BLOCKING_THREADS: usize = 16;
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Start the gateway
///
/// Without a configuration file, writes a commented one with one new client key and prints the key, once. Provider
/// keys are taken from the file and from ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY and OPENROUTER_API_KEY;
/// without any, the built-in model `demo` answers. Edits of the file count within a second.
///
/// Ctrl-C or SIGTERM stops taking requests and waits for the open ones; a second one cuts them. SIGHUP reads the
/// configuration again. With --json, prints one line when requests are taken: {"address", "url", "pid", "version",
/// "config", "providers", "models"}, and "client_key" on the run that made it.
///
/// With --tui the dashboard is shown meanwhile, and log lines go to the log file only (`logging-to-file`). Quitting it stops
/// the gateway, as a signal does.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate serve
  ANTHROPIC_API_KEY=sk-ant-… modelgate serve --log debug
  modelgate serve --config ./modelgate.yaml --port 0 --json")]
pub(crate) struct Args {
    /// IP address to listen on, instead of `host` in the configuration
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port to listen on, instead of `port` in the configuration; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// What to log: off, error, warn, info, debug or trace, or directives such as warn,modelgate_gateway=debug
    #[arg(
        long,
        value_name = "LEVEL",
        env = "MODELGATE_LOG",
        hide_env_values = true
    )]
    log: Option<Filter>,
    /// Show the dashboard while the gateway serves
    #[arg(long)]
    tui: bool,
    /// Password of the program that starts the gateway: it manages it from this machine, and the gateway ends when nobody
    /// has asked /keep-alive with it for ten seconds; $MODELGATE_PASSWORD says it without showing it in the list of
    /// processes
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct View<'a> {
    address: String,
    url: &'a str,
    pid: u32,
    version: &'a str,
    config: String,
    providers: &'a [String],
    models: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_key: Option<&'a str>,
}

pub(crate) fn run(context: &mut Context, args: Args) -> Result<(), CommandError> {
    let overrides = Overrides {
        host: args.host,
        port: args.port,
        debug: None,
    };
    let dashboard = match args.tui {
        true => Some(Dashboard::local(context)?),
        false => None,
    };
    let password = password(context, args.password)?;
    let opened = open::open(context)?;
    let store =
        Store::new(opened.loaded.clone(), overrides).map_err(|error| refused(context, error))?;
    print_warnings(context, &store.warnings());
    let files = Logs::new(&store.snapshot().logs);
    let stderr = match (&dashboard, context.output.colored_err()) {
        (Some(_), _) => Stderr::Silent,
        (None, true) => Stderr::Colored,
        (None, false) => Stderr::Plain,
    };
    let debug = store.snapshot().debug;
    let log = log::start(args.log, debug, stderr, files.clone());
    files::raise_limit(store.snapshot().limits.connections);
    let runtime = runtime()
        .context("cannot start the runtime")
        .map_err(CommandError::failed)?;
    let serving = serve(context, &opened, &store, log, &files, dashboard, password);
    let hurried = runtime.block_on(serving);
    // Name look-ups that are still under way must not hold up the end.
    runtime.shutdown_background();
    files.flush();
    match hurried? {
        true => Err(CommandError::interrupted()),
        false => Ok(()),
    }
}

/// The password of whoever starts the gateway, if there is one.
fn password(context: &Context, flag: Option<String>) -> Result<Option<Secret>, CommandError> {
    let given = flag.or_else(|| Some(context.environment.get("MODELGATE_PASSWORD")?.to_owned()));
    // Presented in a header, it would lose its blanks.
    match given.as_deref().map(str::trim) {
        None => Ok(None),
        Some("") => {
            let blank = anyhow::anyhow!("the password of --password is blank");
            let hint = "leave --password out, or give it a text that is hard to guess";
            Err(CommandError::usage(blank).hint(hint))
        }
        Some(password) => Ok(Some(Secret::from(password))),
    }
}

/// Serves until a signal says stop, and tells whether open requests were cut by a second one.
async fn serve(
    context: &mut Context,
    opened: &Opened,
    store: &Store,
    log: log::Handle,
    files: &Logs,
    dashboard: Option<Dashboard>,
    password: Option<Secret>,
) -> Result<bool, CommandError> {
    let token = modelgate_management::new_token()
        .context("the system has no randomness to give")
        .map_err(CommandError::failed)?;
    let mut state = State::new(store.clone()).managed_with(&token);
    if let Some(password) = &password {
        state = state.kept_alive_with(password);
    }
    let state = Arc::new(state.logging_to(files.clone()));
    let bound = Server::bind(Arc::clone(&state)).await;
    let server = bound.map_err(|error| not_started(context, &opened.path, error))?;
    let address = server.address();
    let address = address
        .context("cannot tell the address")
        .map_err(CommandError::failed)?;
    // Nothing is left behind by a first run that could not start.
    if let Some(file) = &opened.new {
        file.save(&opened.path)?;
    }
    let signals = Signals::listen(store.clone(), Arc::clone(&state))
        .context("cannot listen for signals")
        .map_err(CommandError::failed)?;
    let watched = Arc::clone(&state);
    let watcher = modelgate_config::watch(store, move |outcome| reload::report(&watched, &outcome));
    let following = tokio::spawn(follow(store.clone(), log));
    if let Err(error) = &watcher {
        tracing::warn!(
            error = %format!("{error:#}"),
            "edits of the configuration file are not noticed; send SIGHUP after an edit"
        );
    }
    let runtime = running::tell(&context.environment, &opened.path, store, address, token);
    announce(context, opened, &store.snapshot(), &state, address)?;
    let (_, shown) = tokio::join!(
        server.run(signals.stop(), signals.hurry()),
        show(dashboard, &signals)
    );
    following.abort();
    drop((watcher, runtime));
    shown.map(|()| signals.hurried())
}

/// Shows the dashboard, if there is one; the gateway stops with it.
async fn show(dashboard: Option<Dashboard>, signals: &Signals) -> Result<(), CommandError> {
    let Some(dashboard) = dashboard else {
        return Ok(());
    };
    let shown = dashboard.show().await;
    signals.quit();
    shown
}

/// Logs as every new configuration says, whoever made it.
async fn follow(store: Store, log: log::Handle) {
    let mut configs = store.subscribe();
    while configs.changed().await.is_ok() {
        log.follow(configs.borrow_and_update().debug);
    }
}

fn announce(
    context: &mut Context,
    opened: &Opened,
    config: &Config,
    state: &State,
    address: SocketAddr,
) -> Result<(), CommandError> {
    let new_key = opened.new.as_ref().map(|file| file.key.expose());
    let providers = state.providers();
    let banner = Banner {
        version: env!("CARGO_PKG_VERSION"),
        address,
        tls: config.server.tls.is_some(),
        config: shown(&opened.path),
        key: match new_key {
            Some(key) => Key::New(key),
            None if config.client_keys.is_empty() => Key::None,
            None => Key::InFile,
        },
        providers: &providers,
        models: state.model_count(),
        model: example_model(config),
        demo: providers == ["demo"],
    };
    if context.output.is_json() {
        return context.output.json_line(&View {
            address: address.to_string(),
            url: &banner.url(),
            pid: std::process::id(),
            version: banner.version,
            config: opened.path.to_string_lossy().into_owned(),
            providers: &providers,
            models: banner.models,
            client_key: new_key,
        });
    }
    context.output.note(&banner.to_string());
    if banner.demo {
        context
            .output
            .warning("no provider is set up, so only the built-in model `demo` answers");
        context.output.hint(&format!(
            "set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY and start again, or add a provider to {}",
            banner.config
        ));
    }
    Ok(())
}

/// A model for the example. Names are listed in their order, and newer models of a family come later in it.
fn example_model(config: &Config) -> Option<String> {
    let catalog = Catalog::preview(config);
    let model = catalog.models().last()?;
    Some(model.id.to_string())
}

fn print_warnings(context: &mut Context, warnings: &[Problem]) {
    for warning in warnings {
        context.output.warning(&inert(&warning.to_string()));
    }
}

/// Mistakes on the command line are explained where they are listed; those of the file can be checked again.
fn refused(context: &Context, error: ConfigError) -> CommandError {
    let of_file = error.problems().iter().any(|problem| problem.line > 0);
    let error = CommandError::from(error);
    if !of_file {
        return error;
    }
    let flag = context.config_flag();
    error.hint(format!(
        "correct it, then check it with: modelgate config check{flag}"
    ))
}

/// Why the server did not start, and what to change.
fn not_started(context: &Context, config: &Path, error: StartError) -> CommandError {
    let config = shown(config);
    let StartError::Bind { address, source } = error else {
        let hint = format!("correct `tls:` in {config}");
        return CommandError::usage(error.into()).hint(hint);
    };
    let flag = context.config_flag();
    let (reason, hint) = match source.kind() {
        io::ErrorKind::AddrInUse => {
            let other = address.port().checked_add(1).unwrap_or(8317);
            (
                occupied::holder(address).to_owned(),
                format!("modelgate serve{flag} --port {other}, or change `port:` in {config}"),
            )
        }
        io::ErrorKind::AddrNotAvailable => (
            "this machine does not have the address".to_owned(),
            format!("modelgate serve{flag} --host 127.0.0.1, or change `host:` in {config}"),
        ),
        io::ErrorKind::PermissionDenied => (
            "the system does not allow it".to_owned(),
            format!(
                "ports below 1024 are reserved; modelgate serve{flag} --port 8317, or change `port:` in {config}"
            ),
        ),
        _ => (
            source.to_string(),
            format!("change `host:` or `port:` in {config}"),
        ),
    };
    CommandError::failed(anyhow::anyhow!("cannot listen on {address}: {reason}")).hint(hint)
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(1, usize::from))
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_KEEP_ALIVE)
        .thread_name("modelgate")
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests;
