use std::process::ExitCode;

use orders::worker;

fn main() -> ExitCode {
    platform::main(env!("CARGO_PKG_NAME"), worker)
}
