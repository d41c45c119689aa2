//! The routes of the business and those of the platform, put together.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::Router;
use prometheus_client::{metrics::info::Info, registry::Registry};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    Config, Environment, Lifecycle, Phase, Routes,
    guard::Guard,
    layer,
    lifecycle::Draining,
    metrics::Metrics,
    panics::{Panicked, catch_panic},
    probes,
    process::Process,
};

pub type Error = Box<dyn std::error::Error + Send + Sync>;
type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;
type Preparation = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// What is left for closing pools and the like when requests and tasks took all the time there was.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// What the business may use while it builds its routes.
pub struct Setup {
    pub environment: Environment,
    pub metrics: Registry,
    lifecycle: Lifecycle,
    preparations: Vec<Preparation>,
    hooks: Vec<Hook>,
}

impl Setup {
    /// Adds work that must succeed before the service is ready, such as warming a cache.
    ///
    /// An asynchronous `routes` can also wait for it itself.
    pub fn before_ready<F>(&mut self, task: F)
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.preparations.push(Box::pin(task));
    }

    /// Starts work beside the requests, such as reading a queue.
    ///
    /// When it fails or panics, the service drains and exits with status 1. It may end by itself, and
    /// it should end soon after `draining`: the service waits for it until `DRAIN_TIMEOUT_SECONDS` are
    /// over, and drops what still runs then.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let lifecycle = self.lifecycle.clone();
        let running = lifecycle.begin_task();
        tokio::spawn(async move {
            let _running = running;
            match catch_panic(task).await {
                Ok(Ok(())) => tracing::debug!(task = name, "ended"),
                Ok(Err(error)) => {
                    tracing::error!(task = name, error, "failed");
                    lifecycle.fail();
                }
                Err(_) => lifecycle.fail(),
            }
        });
    }

    /// Completes when the service stops accepting, so that streams end and tasks take no more work.
    #[must_use]
    pub fn draining(&self) -> Draining {
        Draining(self.lifecycle.clone())
    }

    /// Adds work for the very end, when no request and no task is under way any more, such as closing
    /// a pool.
    ///
    /// It has the rest of `DRAIN_TIMEOUT_SECONDS`, and a second if nothing is left of it.
    pub fn on_shutdown<F>(&mut self, hook: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.push(Box::pin(hook));
    }
}

/// A service that is complete except for its listeners, so that tests can call it directly.
pub struct App {
    pub config: Config,
    pub lifecycle: Lifecycle,
    pub traffic: Router,
    pub admin: Router,
    hooks: Vec<Hook>,
}

impl App {
    /// Reads the configuration of the platform and of the business, and builds the routes.
    ///
    /// # Errors
    ///
    /// Every mistake in the environment, or why there are no routes.
    pub async fn new<Kind>(
        environment: Environment,
        routes: impl Routes<Kind>,
    ) -> Result<Self, Vec<String>> {
        Start::new(environment).into_app(routes).await
    }

    /// Waits for the tasks, and then does what is left to do, when no request is under way any more.
    pub async fn shut_down(self, limit: Duration) {
        let began = Instant::now();
        self.lifecycle.enter(Phase::Closing);
        self.lifecycle.tasks_ended(limit).await;
        let left = limit.saturating_sub(began.elapsed()).max(LAST_MOMENT);
        let mut hooks: JoinSet<()> = self.hooks.into_iter().collect();
        let all = async { while hooks.join_next().await.is_some() {} };
        if timeout(left, all).await.is_err() {
            tracing::warn!(hooks = hooks.len(), "not shut down in time");
        }
    }
}

/// A service whose routes are not there yet, and which answers its probes all the same.
pub(crate) struct Start {
    pub config: Config,
    pub lifecycle: Lifecycle,
    pub admin: Router,
    setup: Setup,
    registry: Arc<OnceLock<Registry>>,
}

impl Start {
    pub(crate) fn new(mut environment: Environment) -> Self {
        let config = Config::read(&mut environment);
        let lifecycle = Lifecycle::new();
        let registry = Arc::default();
        let admin = probes::admin(lifecycle.clone(), Arc::clone(&registry));
        Self {
            config,
            admin: layer::admin(admin, lifecycle.clone()),
            setup: Setup {
                environment,
                metrics: Registry::default(),
                lifecycle: lifecycle.clone(),
                preparations: Vec::new(),
                hooks: Vec::new(),
            },
            lifecycle,
            registry,
        }
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.setup.environment.check().is_ok()
    }

    pub(crate) async fn into_app<Kind>(
        self,
        routes: impl Routes<Kind>,
    ) -> Result<App, Vec<String>> {
        let (config, lifecycle, mut setup) = (self.config, self.lifecycle, self.setup);
        // If there is a mistake already, this only collects the others, and waits for no database.
        let limit = if setup.environment.check().is_ok() {
            Duration::MAX
        } else {
            Duration::ZERO
        };
        let prepared = catch_panic(prepare(routes, &mut setup));
        let routes = timeout(limit, prepared).await;
        for warning in setup.environment.warnings() {
            tracing::warn!("{warning}");
        }
        setup.environment.check().map_err(|mistakes| mistakes.0)?;
        let routes = match routes {
            Ok(Ok(Ok(routes))) => routes,
            Ok(Ok(Err(error))) => return Err(vec![format!("cannot start: {error}")]),
            Ok(Err(Panicked)) => return Err(vec!["cannot start: `routes` panicked".to_owned()]),
            Err(elapsed) => return Err(vec![format!("cannot start: {elapsed}")]),
        };
        let metrics = Metrics::register(&mut setup.metrics);
        register_process(&mut setup.metrics, &config);
        let _ = self.registry.set(setup.metrics);
        Ok(App {
            traffic: layer::traffic(routes, Guard::new(&config, lifecycle.clone(), metrics)),
            config,
            lifecycle,
            admin: self.admin,
            hooks: setup.hooks,
        })
    }
}

/// Makes the routes, and does what must be done before the first request.
async fn prepare<Kind>(routes: impl Routes<Kind>, setup: &mut Setup) -> Result<Router, Error> {
    let routes = routes.make(setup).await?;
    // With a mistake in the environment nothing begins.
    setup.environment.check()?;
    for preparation in mem::take(&mut setup.preparations) {
        preparation.await?;
    }
    Ok(routes)
}

fn register_process(registry: &mut Registry, config: &Config) {
    let build = Info::new([("revision", config.revision.clone())]);
    registry.register("build", "What the service was built from", build);
    registry.register_collector(Box::new(Process::new()));
}
