//! The scripted upstream as a program: `modelgate-test-upstream [--port N]`.
//!
//! The first line on standard output is `listening on http://127.0.0.1:PORT`; then it serves until it is killed.
//! `GET /__requests`, `GET /__open` and `POST /__reset` are for whoever drives it.
#![expect(clippy::print_stdout, reason = "the address is this program's output")]

use modelgate_test_upstream::Upstream;
use std::io;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port = port(std::env::args().skip(1))?;
    let upstream = Upstream::start_on(port).await?;
    println!("listening on {}", upstream.url());
    std::future::pending::<()>().await;
    Ok(())
}

fn port(mut arguments: impl Iterator<Item = String>) -> io::Result<u16> {
    let usage = || io::Error::other("usage: modelgate-test-upstream [--port N]");
    match (
        arguments.next().as_deref(),
        arguments.next(),
        arguments.next(),
    ) {
        (None, None, None) => Ok(0),
        (Some("--port"), Some(number), None) => number.parse().map_err(|_| usage()),
        _ => Err(usage()),
    }
}
