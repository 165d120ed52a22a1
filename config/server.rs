//! The blocks that are not about keys or providers: listening, streaming, limits, timeouts, translation.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::environment::Environment;
use crate::error::Report;
use crate::model::{Limits, Proxy, ResponsesStore, Server, Streaming, Timeouts, Tls};
use crate::values;
use crate::view::View;

/// The family's port.
pub(crate) const DEFAULT_PORT: u16 = 8317;
/// Most rounds over all credentials after the first one.
pub(crate) const MOST_ROUNDS: u32 = 100;

/// OpenAI itself keeps responses for 30 days.
const LONGEST_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(crate) fn server(root: &View, environment: &Environment, report: &mut Report) -> Server {
    let host = root.get("host");
    let host = host
        .text()
        .and_then(|text| report.accept(&host, values::host(text)));
    let port = port(&root.get("port"), report);
    let address = SocketAddr::new(host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), port);
    Server {
        address,
        tls: tls(&root.get("tls"), environment, report),
    }
}

fn port(view: &View, report: &mut Report) -> u16 {
    let Some(number) = view.integer() else {
        return DEFAULT_PORT;
    };
    u16::try_from(number).unwrap_or_else(|_| {
        report.problem(
            view.at,
            &view.key,
            format!("there is no port {number}"),
            "write a number from 1 to 65535",
        );
        DEFAULT_PORT
    })
}

fn tls(block: &View, environment: &Environment, report: &mut Report) -> Option<Tls> {
    if !block.get("enable").bool().unwrap_or(false) {
        return None;
    }
    let mut path = |name: &str| {
        let view = block.get(name);
        if view.filled().is_none() {
            let hint = format!("add `{name}: /path/to/{name}.pem`, or set `enable: false`");
            report.problem(
                view.at,
                &view.key,
                format!("TLS is on, but `tls.{name}` is not set"),
                hint,
            );
        }
        view.filled().map(|path| environment.expand(path))
    };
    let (cert, key) = (path("cert"), path("key"));
    Some(Tls {
        cert: cert?,
        key: key?,
    })
}

pub(crate) fn streaming(block: &View, report: &mut Report) -> Streaming {
    let default = Streaming::default();
    let keepalive = match count(&block.get("keepalive-seconds"), 24 * 60 * 60, report) {
        Some(0) => None,
        Some(seconds) => Some(Duration::from_secs(u64::from(seconds))),
        None => default.keepalive,
    };
    let retries = count(&block.get("bootstrap-retries"), 100, report);
    Streaming {
        keepalive,
        bootstrap_retries: retries.unwrap_or(default.bootstrap_retries),
    }
}

pub(crate) fn limits(block: &View, report: &mut Report) -> Limits {
    let default = Limits::default();
    let mut size = |name: &str, default: usize| {
        let view = block.get(name);
        view.text()
            .and_then(|text| report.accept(&view, values::size(text)))
            .unwrap_or(default)
    };
    let (request_body, response_body) = (
        size("request-body", default.request_body),
        size("response-body", default.response_body),
    );
    let view = block.get("connections");
    let connections = match view.integer() {
        Some(number @ 1..=1_000_000) => usize::try_from(number).unwrap_or(default.connections),
        Some(_) => {
            let hint = "write a number from 1 to 1000000";
            report.problem(
                view.at,
                &view.key,
                "this number of connections makes no sense",
                hint,
            );
            default.connections
        }
        None => default.connections,
    };
    Limits {
        request_body,
        response_body,
        connections,
    }
}

pub(crate) fn timeouts(block: &View, report: &mut Report) -> Timeouts {
    let default = Timeouts::default();
    let mut wait = |name: &str, default: Duration| {
        let view = block.get(name);
        let Some(text) = view.text() else {
            return default;
        };
        let Some(duration) = report.accept(&view, values::duration(text)) else {
            return default;
        };
        if duration.is_zero() && name != "drain" {
            let hint = "every wait has an end; write a longer time, such as `10m`";
            report.problem(
                view.at,
                &view.key,
                "a time-out of zero refuses everything",
                hint,
            );
        }
        duration
    };
    Timeouts {
        connect: wait("connect", default.connect),
        first_byte: wait("first-byte", default.first_byte),
        idle: wait("idle", default.idle),
        header: wait("header", default.header),
        body: wait("body", default.body),
        drain: wait("drain", default.drain),
    }
}

pub(crate) fn strict_translation(view: &View, report: &mut Report) -> bool {
    match view.text().unwrap_or_default().to_lowercase().as_str() {
        "" | "lenient" => false,
        "strict" => true,
        _ => {
            let hint = "write `lenient` (losses are reported) or `strict` (they are refused)";
            report.problem(view.at, &view.key, "unknown kind of translation", hint);
            false
        }
    }
}

/// `None` when one of the bounds leaves no room for any response.
pub(crate) fn responses_store(block: &View, report: &mut Report) -> Option<ResponsesStore> {
    let default = ResponsesStore::default();
    let mut number = |name: &str, most: u32, default: usize| {
        let number = count(&block.get(name), most, report);
        number.map_or(default, |number| number as usize)
    };
    let max_entries = number("max-entries", 1_000_000, default.max_entries);
    let megabytes = number("max-size-mb", 4_095, default.max_size >> 20);
    let ttl = block.get("ttl");
    let ttl = ttl
        .filled()
        .and_then(|text| report.accept(&ttl, values::duration_within(text, LONGEST_TTL, "30d")))
        .unwrap_or(default.ttl);
    let empty = max_entries == 0 || megabytes == 0 || ttl.is_zero();
    (!empty).then_some(ResponsesStore {
        max_entries,
        max_size: megabytes << 20,
        ttl,
    })
}

pub(crate) fn proxy(view: &View, report: &mut Report) -> Proxy {
    view.text()
        .and_then(|text| report.accept(view, values::proxy(text)))
        .unwrap_or_default()
}

/// A small number; the family's files clamp negative ones to zero.
pub(crate) fn count(view: &View, most: u32, report: &mut Report) -> Option<u32> {
    let number = view.integer()?.max(0);
    match u32::try_from(number) {
        Ok(number) if number <= most => Some(number),
        _ => {
            report.problem(
                view.at,
                &view.key,
                "this number is too large",
                format!("write at most {most}"),
            );
            None
        }
    }
}
