//! The `modelgate` program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    modelgate_commands::main()
}
