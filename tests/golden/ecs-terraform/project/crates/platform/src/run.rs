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
    App, Config, Environment, Error, Phase, Routes,
    app::Start,
    healthcheck::healthcheck,
    logs, process,
    server::{Limits, serve},
    shutdown,
};

/// Probes and metrics need no more connections.
const ADMIN_CONNECTIONS: usize = 64;
/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Runs the service, or what the arguments ask for instead, and returns the exit status.
pub fn main<Kind>(service: &str, routes: impl Routes<Kind>) -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let mut environment = Environment::of_process();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(service, environment, routes),
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

/// Runs the service until it is told to stop.
pub fn run<Kind>(service: &str, environment: Environment, routes: impl Routes<Kind>) -> ExitCode {
    // Logs come first, with what can be read, so that mistakes are events like all others.
    if let Err(error) = logs::start(service, &Config::read(&mut environment.clone())) {
        return fail(&format!("cannot log: {error}"), 1);
    }
    let status = match start(environment, routes) {
        Ok(status) => status,
        Err(error) => {
            tracing::error!(error, "cannot run");
            ExitCode::FAILURE
        }
    };
    logs::flush();
    status
}

fn start<Kind>(environment: Environment, routes: impl Routes<Kind>) -> Result<ExitCode, Error> {
    let start = Start::new(environment);
    // Before the first bind: from the first connection on, the service can be stopped in an orderly way.
    shutdown::watch(
        start.lifecycle.clone(),
        shutdown::Limits {
            delay: start.config.drain_delay,
            drain: start.config.drain_timeout,
        },
    )?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(start.config.worker_threads)
        .enable_all()
        .build()?;
    let status = runtime.block_on(live(start, routes));
    // A handler that blocks its thread must not hold up the end.
    runtime.shutdown_background();
    status
}

/// Starts, serves, drains.
async fn live<Kind>(start: Start, routes: impl Routes<Kind>) -> Result<ExitCode, Error> {
    let lifecycle = start.lifecycle.clone();
    let limits = limits(&start.config);
    let mut admin_port = 0;
    if start.is_valid() {
        let admin = bind(start.config.admin_port)?;
        admin_port = admin.local_addr()?.port();
        let few = Limits {
            connections: limits.connections.min(ADMIN_CONNECTIONS),
            ..limits
        };
        // It answers probes to the very end, and ends with the runtime.
        tokio::spawn(serve(
            admin,
            start.admin.clone(),
            few,
            std::future::pending(),
        ));
    }
    let app = select! {
        app = start.into_app(routes) => app,
        () = lifecycle.reached(Phase::Draining) => {
            // No client was served yet, so none needs the delay; a task that has begun may finish.
            lifecycle.enter(Phase::Closing);
            lifecycle.tasks_ended(limits.drain).await;
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
    let traffic = bind(app.config.port)?;
    let port = traffic.local_addr()?.port();
    lifecycle.enter(Phase::Ready);
    tracing::info!(port, admin_port, "listening");
    serve_traffic(app, traffic, limits).await;
    tracing::info!("stopped");
    Ok(status(lifecycle.has_failed()))
}

async fn serve_traffic(app: App, listener: TcpListener, limits: Limits) {
    let closing = async {
        app.lifecycle.reached(Phase::Closing).await;
        Instant::now()
    };
    let mut began = None;
    let stop = async { began = Some(closing.await) };
    serve(listener, app.traffic.clone(), limits, stop).await;
    let spent = began.map_or(Duration::ZERO, |began| began.elapsed());
    app.shut_down(limits.drain.saturating_sub(spent)).await;
}

fn status(has_failed: bool) -> ExitCode {
    if has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn limits(config: &Config) -> Limits {
    // Files and connections to others need descriptors too.
    let most = process::max_descriptors().map_or(usize::MAX, |most| most - (most / 2).min(64));
    Limits {
        slow_client: config.request_timeout,
        keep_alive: config.keep_alive,
        drain: config.drain_timeout,
        connections: config.max_connections.min(most).max(1),
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
