//! The last step before use: what the command line says, and the rules that hold only after it.

use std::path::Path;

use crate::error::{ConfigError, Report};
use crate::file::Loaded;
use crate::providers;
use crate::tree::{self, Position};
use crate::values;
use crate::view::View;

/// What the command line says. Stronger than the file, and kept over reloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--host`
    pub host: Option<String>,
    /// `--port`
    pub port: Option<u16>,
    /// `--debug`
    pub debug: Option<bool>,
}

impl Loaded {
    /// Applies the command line, leaves out environment providers that point at this gateway, and refuses
    /// an address that others can reach when no client key guards it.
    pub fn resolve(mut self, overrides: &Overrides) -> Result<Self, ConfigError> {
        let mut report = Report::new(self.path.as_deref().unwrap_or(Path::new("")));
        let address = &mut self.config.server.address;
        if let Some(host) = &overrides.host {
            match values::host(host.trim()) {
                Ok(host) => address.set_ip(host),
                Err(complaint) => {
                    report.problem(
                        Position::default(),
                        "--host",
                        complaint.message,
                        complaint.hint,
                    );
                }
            }
        }
        if let Some(port) = overrides.port {
            address.set_port(port);
        }
        self.config.debug = overrides.debug.unwrap_or(self.config.debug);
        providers::environment::drop_own_address(&mut self.config, &mut report);
        self.refuse_open_door(overrides, &mut report);
        self.refuse_circle(&mut report);
        self.warnings.extend(report.finish()?);
        Ok(self)
    }

    fn refuse_open_door(&self, overrides: &Overrides, report: &mut Report) {
        let address = self.config.server.address;
        let guarded = self.config.client_keys.iter().any(|key| !key.disabled);
        if guarded || address.ip().is_loopback() || report.has_problems() {
            return;
        }
        let (at, key) = match overrides.host {
            Some(_) => (Position::default(), "--host"),
            None => (self.place_of("", "host"), "host"),
        };
        let message = format!(
            "refused to listen on {address}: without a client key everybody who reaches it could use your accounts"
        );
        report.problem(
            at,
            key,
            message,
            "add a key under `api-keys:`, or set `host: 127.0.0.1`",
        );
    }

    /// People point Amp at this gateway by the same word as they point the gateway at Amp's server.
    fn refuse_circle(&self, report: &mut Report) {
        let server = &self.config.server;
        let upstream = self.config.ampcode.upstream.as_ref();
        if upstream.is_some_and(|url| providers::environment::points_at(url, server)) {
            let at = self.place_of("ampcode", "upstream-url");
            let message = "this is modelgate itself, which would ask itself for ever";
            let hint = "write the address of Amp's own server: https://ampcode.com";
            report.problem(at, "ampcode.upstream-url", message, hint);
        }
    }

    /// The place of a key of the file, in a block where one is named.
    fn place_of(&self, block: &str, key: &str) -> Position {
        let root = tree::parse(&self.text, &mut Report::new(Path::new("")));
        root.map(|root| {
            let root = View::root(&root);
            let block = if block.is_empty() {
                root
            } else {
                root.get(block)
            };
            block.get(key).at
        })
        .unwrap_or_default()
    }
}
