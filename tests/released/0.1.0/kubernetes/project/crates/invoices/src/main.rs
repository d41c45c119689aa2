use std::process::ExitCode;

use invoices::routes;

fn main() -> ExitCode {
    platform::main(env!("CARGO_PKG_NAME"), routes)
}
