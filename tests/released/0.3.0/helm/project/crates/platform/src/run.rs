//! The life of the process, from its arguments to its exit status.

use std::{
    env,
    future::pending,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use axum::Router;
use tokio::{
    net::TcpListener,
    runtime, select,
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use crate::{
    App, Config, Environment, Error, Lifecycle, Phase, Setup,
    healthcheck::healthcheck,
    logs,
    server::{Limits, serve},
};

/// Runs the service, or what the arguments ask for instead, and returns the exit status.
pub fn main(service: &str, routes: impl FnOnce(&mut Setup) -> Router) -> ExitCode {
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
    eprintln!("{message}");
    ExitCode::from(status)
}

fn run(
    service: &str,
    environment: Environment,
    routes: impl FnOnce(&mut Setup) -> Router,
) -> ExitCode {
    // Logs come first, with what can be read, so that mistakes are events like all others.
    logs::start(service, &Config::read(&mut environment.clone()));
    let app = match App::new(environment, routes) {
        Ok(app) => app,
        Err(mistakes) => {
            for mistake in mistakes {
                tracing::error!("{mistake}");
            }
            return ExitCode::FAILURE;
        }
    };
    match block_on(app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "cannot run");
            ExitCode::FAILURE
        }
    }
}

fn block_on(app: App) -> Result<(), Error> {
    runtime::Builder::new_multi_thread()
        .worker_threads(app.config.worker_threads.get())
        .enable_all()
        .build()?
        .block_on(live(app))
}

/// Starts, serves, drains.
async fn live(mut app: App) -> Result<(), Error> {
    // Before the first bind: whoever can reach the service can also stop it in good order.
    let mut signals = Signals::install()?;
    let limits = Limits {
        head: app.config.request_timeout,
        keep_alive: app.config.keep_alive,
        drain: app.config.drain_timeout,
    };
    let admin = bind(app.config.admin_port).await?;
    let admin_port = admin.local_addr()?.port();
    // It answers probes to the very end, and ends with the runtime.
    tokio::spawn(serve(admin, app.admin.clone(), limits, pending()));
    select! {
        started = app.start() => started?,
        _ = signals.first() => return Ok(()),
    }
    let traffic = bind(app.config.port).await?;
    let port = traffic.local_addr()?.port();
    app.lifecycle.enter(Phase::Ready);
    tracing::info!(port, admin_port, "listening");
    let stop = signals.drained(&app.lifecycle, app.config.drain_delay);
    serve(traffic, app.traffic, limits, stop).await;
    tracing::info!("stopped");
    Ok(())
}

/// Listens on all interfaces: IPv6 with IPv4, or IPv4 alone where the kernel has no IPv6.
async fn bind(port: u16) -> io::Result<TcpListener> {
    let addresses = [
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
    ];
    TcpListener::bind(&addresses[..]).await.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot listen on port {port}: {error}"),
        )
    })
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the first signal and tells whether it leaves time for load balancers to notice.
    async fn first(&mut self) -> bool {
        select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
        }
    }

    /// Completes when the service must stop accepting. An interrupt, as of Ctrl-C, skips the delay.
    async fn drained(mut self, lifecycle: &Lifecycle, delay: Duration) {
        let patient = self.first().await;
        lifecycle.enter(Phase::Draining);
        if patient {
            select! {
                () = sleep(delay) => {}
                _ = self.interrupt.recv() => {}
            }
        }
    }
}
