//! The command line: `launchway serve` hands its own on as it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use clap::Parser;

/// Serves what `new` makes over HTTP, for browsers, curl and CI
#[derive(Debug, Parser)]
#[command(name = "launchway-portal", bin_name = "launchway serve", version)]
pub(crate) struct Arguments {
    /// The port to listen on, 4747 without it; 0 takes one that is free
    #[arg(long, value_name = "N", default_value_t = 4747, hide_default_value = true)]
    pub(crate) port: u16,
    /// Listens on every address of this machine instead of 127.0.0.1
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// A name by which browsers ask this server, beside `localhost` and addresses; may be repeated
    #[arg(long = "host", value_name = "NAME", value_parser = name)]
    pub(crate) hosts: Vec<String>,
    /// The folder with the page of the portal; without it browsers get a plain form
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

impl Arguments {
    /// The addresses to try, the best one first.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        if self.allow_remote {
            // The first one takes IPv4, too, unless the kernel has no IPv6.
            vec![Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()]
        } else {
            vec![Ipv4Addr::LOCALHOST.into()]
        }
    }
}

/// Takes the name of a machine, without a scheme or a port.
fn name(text: &str) -> Result<String, String> {
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
    if !text.is_empty() && text.chars().all(is_of_name) {
        return Ok(text.to_owned());
    }
    Err("a name has neither a scheme nor a port, for example `portal.example.com`".to_owned())
}
