//! What a service of the gateway costs, beside the same gateway without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};

use super::{Effort, cpu_at_once};
use crate::client::Connection;
use crate::contender::{Contender, Stage};
use crate::process::Process;
use crate::report::{Judge, Row, Series, Unit};
use crate::wire::{Dialect, MODEL};
use crate::workload::{Exchange, Goal};

/// The key of who watches.
const MANAGEMENT_KEY: &str = "bench-management-key";
/// Dashboards that watch.
const WATCHERS: usize = 2;

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// What requests used is written down, as it is unless somebody says otherwise.
    Recorded,
    /// The same, of answers in pieces.
    RecordedStreams,
    /// Two dashboards watch what happens.
    Watched,
    /// Each request leaves its log.
    Logged,
}

impl Service {
    /// Every service, in the order of measurement.
    pub(crate) const ALL: [Self; 4] = [
        Self::Recorded,
        Self::RecordedStreams,
        Self::Watched,
        Self::Logged,
    ];

    /// Its name in arguments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Recorded => "small-recorded",
            Self::RecordedStreams => "stream-recorded",
            Self::Watched => "small-watched",
            Self::Logged => "small-logged",
        }
    }

    /// Multiples of what the gateway needs without it.
    fn goal(self) -> Goal {
        match self {
            Self::Recorded | Self::RecordedStreams => Goal::new(1.05, 1.02),
            Self::Watched => Goal::new(1.1, 1.05),
            Self::Logged => Goal::new(1.5, 1.25),
        }
    }

    /// The lines of a configuration without the service, and with it.
    fn configurations(self) -> [String; 2] {
        let recording = |on: bool| format!("usage-statistics-enabled: {on}\n");
        match self {
            Self::Recorded | Self::RecordedStreams => [false, true].map(recording),
            Self::Watched => [
                String::new(),
                format!("remote-management: {{secret-key: {MANAGEMENT_KEY}}}\n"),
            ],
            Self::Logged => [String::new(), "request-log: true\n".to_owned()],
        }
    }

    /// What is asked for meanwhile.
    fn exchange(self) -> Exchange {
        match self {
            Self::RecordedStreams => Exchange::stream(Dialect::Chat, MODEL),
            Self::Recorded | Self::Watched | Self::Logged => Exchange::whole(Dialect::Chat, MODEL),
        }
    }
}

/// CPU time per request with the service, and without it as the yardstick.
pub(crate) fn beside(stage: &Stage, service: Service, effort: Effort) -> Row {
    let (name, goal) = (service.name(), Some(service.goal()));
    match measured(stage, service, effort) {
        Ok(series) => Row::new(name, Unit::Micros, Judge::Ratio, goal, &series),
        Err(error) => Row::failed(name, Unit::Micros, &error),
    }
}

fn measured(stage: &Stage, service: Service, effort: Effort) -> Result<Series> {
    let [without, with] = service.configurations();
    let without = stage.start_with(Contender::Gateway, &without)?;
    let with = stage.start_with(Contender::Gateway, &with)?;
    let heard = match service {
        Service::Watched => Some(watch(&with)?),
        Service::Recorded | Service::RecordedStreams | Service::Logged => None,
    };
    let running = [(Contender::Yardstick, without), (Contender::Gateway, with)];
    let exchange = service.exchange();
    let micros = cpu_at_once(&running, |_| &exchange, effort)?;
    if let Some(heard) = heard {
        ensure!(
            heard.load(Ordering::Relaxed) > 0,
            "who watched heard nothing"
        );
    }
    Ok(micros)
}

/// Watches what happens until the process ends; how many bytes were heard.
fn watch(process: &Process) -> Result<Arc<AtomicU64>> {
    let heard = Arc::new(AtomicU64::new(0));
    let request = format!(
        "GET /v0/management/events HTTP/1.1\r\nhost: 127.0.0.1\r\n\
         authorization: Bearer {MANAGEMENT_KEY}\r\n\r\n"
    );
    for _ in 0..WATCHERS {
        let mut connection = Connection::open(process.address)?;
        connection
            .begin(request.as_bytes(), b": watching")
            .context("watching")?;
        let heard = Arc::clone(&heard);
        thread::spawn(move || {
            while let Ok(count @ 1..) = connection.skip() {
                heard.fetch_add(count as u64, Ordering::Relaxed);
            }
        });
    }
    Ok(heard)
}
