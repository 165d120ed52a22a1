//! The real binary, end to end: started as a person starts it, called as clients call it, in front of a scripted
//! upstream. One file per concern; [`harness`] starts the program, asks it, and reads what it answers.
//!
//! Nothing here leaves the machine, and nothing waits longer than it must: what has to happen is polled for.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says on stderr what it saw"
)]

mod harness;

mod access;
mod accounts;
mod amp;
mod ask;
mod bodies;
mod cancel;
mod clients;
mod colours;
mod commands;
mod completions;
mod connections;
mod dashboard;
mod doctor;
mod endless;
mod error_forms;
mod errors;
mod exit_codes;
mod failover;
mod first_run;
mod gemini;
mod hostile;
mod kiro;
mod launch;
mod lifecycle;
mod lists;
mod login;
mod logins;
mod management;
mod maps;
mod openai;
mod passthrough;
mod provider_rows;
mod proxies;
mod reload;
mod responses;
mod routing;
mod shapes;
mod tls;
mod translation;
mod upstream_faults;
mod usage;
mod waiting;
mod wishes;
