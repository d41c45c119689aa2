//! `launchway-portal`, which `launchway serve` starts: the portal over HTTP.

#[cfg(panic = "abort")]
compile_error!(
    "a request that panics would end the server for everybody: build it with `--profile server`, which unwinds"
);

mod arguments;
mod call;
mod connection;
mod form;
mod guard;
mod home;
mod lifecycle;
mod limits;
mod pages;
mod problem;
mod routes;
mod server;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use launchway_portal::{Portal, Translation};
use tokio::net::TcpListener;
use tokio::runtime;

use arguments::Arguments;
use guard::Guard;
use lifecycle::Lifecycle;
use pages::Pages;

/// The exit codes of `launchway`, as far as they occur here.
const USAGE: u8 = 2;
const IO: u8 = 74;

/// Why the server does not run, and the line that helps.
struct Failure {
    said: String,
    hint: String,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let said = error.render().to_string();
            let said = said.split("\n\nFor more information").next().unwrap_or_default().trim_end();
            return fail(said, "`launchway serve --help` shows what it takes", USAGE);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { said, hint }) => fail(&format!("error: {said}"), &hint, IO),
    }
}

fn fail(said: &str, hint: &str, code: u8) -> ExitCode {
    // If even this cannot be written, the exit code has to do.
    let _ = writeln!(io::stderr(), "{said}\n  hint: {hint}");
    ExitCode::from(code)
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let pages = arguments.folder.as_deref().map(pages).transpose()?.unwrap_or_default();
    let portal = portal(&pages)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure {
        said: format!("cannot start threads: {error}"),
        hint: "without a server, `launchway new --archive FILE.zip` packs the same files".to_owned(),
    })?;
    let served =
        runtime.block_on(serve(arguments, portal, pages)).map_err(|error| cannot_listen(arguments.port, &error));
    // What is still rendered for nobody must not hold up the end.
    runtime.shutdown_background();
    served
}

fn pages(folder: &Path) -> Result<Pages, Failure> {
    Pages::read(folder).map_err(|error| Failure {
        said: format!("cannot read `{}`: {error}", folder.display()),
        hint: "name the folder of the page, or none: `launchway serve`".to_owned(),
    })
}

/// The program's own Korean.
const KOREAN: [&str; 2] = [
    include_str!("../../launchway/src/language/ko.toml"),
    include_str!("../../launchway/src/language/messages.ko.toml"),
];

/// Offers the built-in templates, and those that come with the page.
fn portal(pages: &Pages) -> Result<Portal, Failure> {
    let mut portal = Portal::builtin();
    portal.speak_korean(korean());
    let offers = pages.offers().map_err(|fault| Failure {
        said: format!("cannot offer the templates of the page: {fault}"),
        hint: "make the folder anew, or serve the built-in templates alone: `launchway serve`".to_owned(),
    })?;
    for offer in offers {
        portal.offer(offer);
    }
    Ok(portal)
}

fn korean() -> Translation {
    type Tables = BTreeMap<String, BTreeMap<String, String>>;
    let [whole, messages] = KOREAN.map(|file| {
        let tables: Tables = toml::from_str(file).expect("a test of the program reads both files");
        tables.into_values().flatten().collect()
    });
    Translation::new(whole, messages)
}

fn cannot_listen(port: u16, error: &io::Error) -> Failure {
    let hint = match (error.kind(), port.checked_add(1)) {
        (io::ErrorKind::AddrInUse, Some(next)) => {
            format!("choose another port: `launchway serve --port {next}`, or 0 for one that is free")
        }
        _ => "choose another port: `launchway serve --port 4747`, or 0 for one that is free".to_owned(),
    };
    Failure { said: format!("cannot listen on port {port}: {error}"), hint }
}

async fn serve(arguments: &Arguments, portal: Portal, pages: Pages) -> io::Result<()> {
    // Before the first connection, so that none is lost.
    let lifecycle = Lifecycle::start(arguments.allow_remote)?;
    let listener = listen(arguments).await?;
    announce(&listener)?;
    let router = routes::router(lifecycle.clone(), portal, pages);
    let guard = Guard::new(router, lifecycle.clone(), arguments.hosts.clone());
    server::serve(listener, Arc::new(guard), lifecycle.closing()).await;
    Ok(())
}

async fn listen(arguments: &Arguments) -> io::Result<TcpListener> {
    let mut refused = io::ErrorKind::AddrNotAvailable.into();
    for address in arguments.addresses() {
        match TcpListener::bind((address, arguments.port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Says where the server is, on stdout for a script that started it.
fn announce(listener: &TcpListener) -> io::Result<()> {
    let port = listener.local_addr()?.port();
    let mut stdout = io::stdout();
    // Who has closed it does not want to know.
    let _ = writeln!(stdout, "http://127.0.0.1:{port}/").and_then(|()| stdout.flush());
    Ok(())
}
