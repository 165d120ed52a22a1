//! Records rows without end and says so, until it is killed.

use std::io::{self, Write};
use std::time::Duration;
use std::{env, thread};

use modelgate_ledger::Ledger;

mod plain;

fn main() -> io::Result<()> {
    let directory = env::args_os().nth(1).unwrap_or_default();
    let ledger = Ledger::open(plain::settings(directory.as_ref()))?;
    let mut out = io::stdout().lock();
    for number in 0.. {
        ledger.record(plain::row(plain::BEGINNING + number, number));
        let now = jiff::Timestamp::now().as_millisecond();
        writeln!(out, "{number} {now}")?;
        out.flush()?;
        if number % 8 == 7 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}
