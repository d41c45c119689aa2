use std::process::ExitCode;

use inventory_reservation_and_allocation_api::routes;

fn main() -> ExitCode {
    platform::main(env!("CARGO_PKG_NAME"), routes)
}
