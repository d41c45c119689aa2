//! The life of the process, from its arguments to its exit status.

use std::{
    env,
    io::{self, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::{Duration, Instant},
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::TcpListener, runtime, select};

use crate::{
    App, Config, Environment, Error, Handler, Phase, Setup, Sqs,
    app::Start,
    healthcheck::healthcheck,
    logs,
    server::{Limits, serve},
    shutdown,
};

/// What probes and metrics need.
const ADMIN: Limits = Limits {
    slow_client: Duration::from_secs(10),
    keep_alive: Duration::from_secs(75),
    drain: Duration::ZERO,
    connections: 64,
};
/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Runs the worker, or what the arguments ask for instead, and returns the exit status.
pub fn main<H: Handler>(
    service: &str,
    worker: impl AsyncFnOnce(&mut Setup) -> Result<H, Error>,
) -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let mut environment = Environment::of_process();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(service, environment, worker),
        ["healthcheck"] => {
            let result = healthcheck(Config::read_admin_port(&mut environment));
            result.map_or_else(
                |error| fail(&format!("not alive: {error}"), 1),
                |()| ExitCode::SUCCESS,
            )
        }
        _ => fail(&format!("usage: {service} [healthcheck]"), 2),
    }
}

fn fail(message: &str, status: u8) -> ExitCode {
    // If even this cannot be written, the status has to do.
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::from(status)
}

/// Runs the worker until it is told to stop.
pub fn run<H: Handler>(
    service: &str,
    environment: Environment,
    worker: impl AsyncFnOnce(&mut Setup) -> Result<H, Error>,
) -> ExitCode {
    // Logs come first, with what can be read, so that mistakes are events like all others.
    if let Err(error) = logs::start(service, &Config::read(&mut environment.clone())) {
        return fail(&format!("cannot log: {error}"), 1);
    }
    let status = match start(environment, worker) {
        Ok(status) => status,
        Err(error) => {
            tracing::error!(error, "cannot run");
            ExitCode::FAILURE
        }
    };
    logs::flush();
    status
}

fn start<H: Handler>(
    environment: Environment,
    worker: impl AsyncFnOnce(&mut Setup) -> Result<H, Error>,
) -> Result<ExitCode, Error> {
    let start = Start::new(environment);
    // Before the first bind: from the first connection on, the service can be stopped in an orderly way.
    shutdown::watch(
        start.lifecycle.clone(),
        shutdown::Limits {
            delay: Duration::ZERO,
            drain: start.config.drain_timeout,
        },
    )?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(start.config.worker_threads)
        .enable_all()
        .build()?;
    let status = runtime.block_on(live(start, worker));
    // A handler that blocks its thread must not hold up the end.
    runtime.shutdown_background();
    status
}

/// Starts, works, drains.
async fn live<H: Handler>(
    start: Start,
    worker: impl AsyncFnOnce(&mut Setup) -> Result<H, Error>,
) -> Result<ExitCode, Error> {
    let lifecycle = start.lifecycle.clone();
    let drain = start.config.drain_timeout;
    let mut admin_port = 0;
    if start.is_valid() {
        let admin = bind(start.config.admin_port)?;
        admin_port = admin.local_addr()?.port();
        // It answers probes to the very end, and ends with the runtime.
        tokio::spawn(serve(
            admin,
            start.admin.clone(),
            ADMIN,
            std::future::pending(),
        ));
    }
    let app = select! {
        app = start.into_app(worker) => app,
        () = lifecycle.reached(Phase::Draining) => {
            // A task that has begun may finish.
            lifecycle.enter(Phase::Closing);
            lifecycle.tasks_ended(drain).await;
            return Ok(status(lifecycle.has_failed()));
        }
    };
    let app = match app {
        Ok(app) => app,
        Err(mistakes) => {
            for mistake in mistakes {
                tracing::error!("{mistake}");
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    tracing::info!(admin_port, "listening");
    let queue = Sqs::new(&app.config).await;
    work(app, queue).await?;
    tracing::info!("stopped");
    Ok(status(lifecycle.has_failed()))
}

async fn work<H: Handler>(app: App<H>, queue: Sqs) -> Result<(), Error> {
    let closing = async {
        app.lifecycle.reached(Phase::Closing).await;
        Instant::now()
    };
    let working = async {
        let worked = app.work(queue).await;
        if worked.is_err() {
            app.lifecycle.fail();
        }
        worked
    };
    let (worked, began) = tokio::join!(working, closing);
    let left = app.config.drain_timeout.saturating_sub(began.elapsed());
    app.shut_down(left).await;
    worked
}

fn status(has_failed: bool) -> ExitCode {
    if has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Listens on all interfaces: IPv6 with IPv4, or IPv4 alone where the kernel has no IPv6.
fn bind(port: u16) -> io::Result<TcpListener> {
    let listener = listen((Ipv6Addr::UNSPECIFIED, port).into())
        .or_else(|error| match error.kind() {
            io::ErrorKind::AddrInUse => Err(error),
            _ => listen((Ipv4Addr::UNSPECIFIED, port).into()),
        })
        .map_err(|error| {
            let message = format!("cannot listen on port {port}: {error}");
            io::Error::new(error.kind(), message)
        })?;
    TcpListener::from_std(listener.into())
}

fn listen(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        // Whatever the default of the machine is.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}
