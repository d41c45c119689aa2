use std::process::ExitCode;

use a1::routes;

fn main() -> ExitCode {
    platform::main(env!("CARGO_PKG_NAME"), routes)
}
