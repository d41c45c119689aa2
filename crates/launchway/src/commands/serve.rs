//! `launchway serve`: hands over to `launchway-portal`, the server, which is a program of its own so that this one stays small.

#![expect(clippy::disallowed_methods, reason = "the portal is launchway's own: it stands beside it, or on the path")]

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::failure::{Exit, Failure};

/// The program that serves.
const PORTAL: &str = "launchway-portal";

/// The arguments of `launchway serve`, which are those of the portal.
#[derive(Args)]
#[command(
    after_help = "`curl http://127.0.0.1:4747/` shows what can be asked. Ctrl-C ends it once every answer under way was sent."
)]
pub(super) struct ServeArgs {
    /// The port to listen on, 4747 without it; 0 takes one that is free
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Listens on every address of this machine instead of 127.0.0.1
    #[arg(long)]
    allow_remote: bool,
    /// A name by which browsers ask this server, beside `localhost` and addresses; may be repeated
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The folder with the page of the portal; without it browsers get a plain form
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl ServeArgs {
    fn words(&self) -> Vec<OsString> {
        let port = self.port.iter().map(|port| format!("--port={port}"));
        let remote = self.allow_remote.then(|| "--allow-remote".to_owned());
        let hosts = self.hosts.iter().map(|name| format!("--host={name}"));
        let words = port.chain(remote).chain(hosts).map(OsString::from);
        let folder = self.folder.iter().flat_map(|folder| ["--folder".into(), folder.into()]);
        words.chain(folder).collect()
    }
}

/// Becomes the portal; returns only if there is none.
pub(super) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let error = Command::new(portal()).args(args.words()).exec();
    if error.kind() == io::ErrorKind::NotFound {
        return Err(Failure::new(Exit::Io, format!("there is no `{PORTAL}` beside launchway or on the path"))
            .hint("it is the server, a program of its own: docs/serve.md says where to get it")
            .hint("without a server, `launchway new --archive FILE.zip` packs the same files"));
    }
    Err(Failure::new(Exit::Io, format!("cannot start `{PORTAL}`: {error}"))
        .hint("`launchway-portal --version` says whether it can be run")
        .caused_by(error))
}

/// The portal beside this program, or by its name alone wherever the path has it.
fn portal() -> OsString {
    let own = std::env::current_exe().ok();
    let beside = own.and_then(|own| Some(own.parent()?.join(PORTAL))).filter(|portal| portal.is_file());
    beside.map_or_else(|| OsStr::new(PORTAL).to_owned(), OsString::from)
}
