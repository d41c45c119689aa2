use std::process::ExitCode;

use orders::routes;

fn main() -> ExitCode {
    platform::main(env!("CARGO_PKG_NAME"), routes)
}
