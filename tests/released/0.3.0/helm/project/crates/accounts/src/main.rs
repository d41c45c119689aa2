use std::process::ExitCode;

use accounts::routes;

fn main() -> ExitCode {
    platform::main(env!("CARGO_PKG_NAME"), routes)
}
