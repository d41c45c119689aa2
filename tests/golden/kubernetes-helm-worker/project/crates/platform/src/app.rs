//! The handler of the business and what the platform adds to it, put together.

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
    Config, Environment, Handler, Lifecycle, Phase, Queue,
    heartbeat::Heartbeat,
    lifecycle::Draining,
    metrics::Metrics,
    panics::{Panicked, catch_panic},
    probes,
    process::Process,
    work::Worker,
};

pub type Error = Box<dyn std::error::Error + Send + Sync>;
type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;
type Preparation = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// What is left for closing pools and the like when messages and tasks took all the time there was.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// What the business may use while it builds its handler.
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
    /// `worker` can also wait for it itself.
    pub fn before_ready<F>(&mut self, task: F)
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.preparations.push(Box::pin(task));
    }

    /// Starts work beside the messages, such as renewing a token.
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

    /// Completes when the service stops receiving, so that tasks take no more work.
    #[must_use]
    pub fn draining(&self) -> Draining {
        Draining(self.lifecycle.clone())
    }

    /// Adds work for the very end, when no message and no task is under way any more, such as closing
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

/// A worker that is complete except for its queue and its listener, so that tests can use it directly.
pub struct App<H> {
    pub config: Config,
    pub lifecycle: Lifecycle,
    pub admin: Router,
    handler: Arc<H>,
    metrics: Metrics,
    heartbeat: Heartbeat,
    hooks: Vec<Hook>,
}

impl<H: Handler> App<H> {
    /// Reads the configuration of the platform and of the business, and builds the handler.
    ///
    /// # Errors
    ///
    /// Every mistake in the environment, or why there is no handler.
    pub async fn new(
        environment: Environment,
        worker: impl AsyncFnOnce(&mut Setup) -> Result<H, Error>,
    ) -> Result<Self, Vec<String>> {
        Start::new(environment).into_app(worker).await
    }

    /// Handles the messages of `queue` until the drain, and finishes those in hand within its deadline.
    ///
    /// # Errors
    ///
    /// When the queue has answered no request for messages since the start.
    pub fn work<Q: Queue>(
        &self,
        queue: Q,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<Q, H> {
        let worker = Worker {
            queue,
            handler: Arc::clone(&self.handler),
            config: self.config.clone(),
            lifecycle: self.lifecycle.clone(),
            metrics: self.metrics.clone(),
            heartbeat: self.heartbeat.clone(),
        };
        Arc::new(worker).work()
    }

    /// Waits for the tasks, and then does what is left to do, when no message is under way any more.
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

/// A worker whose handler is not there yet, and which answers its probes all the same.
pub(crate) struct Start {
    pub config: Config,
    pub lifecycle: Lifecycle,
    pub admin: Router,
    setup: Setup,
    registry: Arc<OnceLock<Registry>>,
    heartbeat: Heartbeat,
}

impl Start {
    pub(crate) fn new(mut environment: Environment) -> Self {
        let config = Config::read(&mut environment);
        let lifecycle = Lifecycle::new();
        let registry = Arc::default();
        let heartbeat = Heartbeat::new(config.stall());
        let admin = probes::admin(lifecycle.clone(), Arc::clone(&registry), heartbeat.clone());
        Self {
            config,
            admin,
            heartbeat,
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

    pub(crate) async fn into_app<H: Handler>(
        self,
        worker: impl AsyncFnOnce(&mut Setup) -> Result<H, Error>,
    ) -> Result<App<H>, Vec<String>> {
        let (config, lifecycle, mut setup) = (self.config, self.lifecycle, self.setup);
        // If there is a mistake already, this only collects the others, and waits for no database.
        let limit = if setup.environment.check().is_ok() {
            Duration::MAX
        } else {
            Duration::ZERO
        };
        let prepared = catch_panic(prepare(worker, &mut setup));
        let handler = timeout(limit, prepared).await;
        for warning in setup.environment.warnings() {
            tracing::warn!("{warning}");
        }
        setup.environment.check().map_err(|mistakes| mistakes.0)?;
        let handler = match handler {
            Ok(Ok(Ok(handler))) => handler,
            Ok(Ok(Err(error))) => return Err(vec![format!("cannot start: {error}")]),
            Ok(Err(Panicked)) => return Err(vec!["cannot start: `worker` panicked".to_owned()]),
            Err(elapsed) => return Err(vec![format!("cannot start: {elapsed}")]),
        };
        let metrics = Metrics::register(&mut setup.metrics);
        register_process(&mut setup.metrics, &config);
        let _ = self.registry.set(setup.metrics);
        Ok(App {
            config,
            lifecycle,
            admin: self.admin,
            handler: Arc::new(handler),
            metrics,
            heartbeat: self.heartbeat,
            hooks: setup.hooks,
        })
    }
}

/// Makes the handler, and does what must be done before the first message.
async fn prepare<H>(
    worker: impl AsyncFnOnce(&mut Setup) -> Result<H, Error>,
    setup: &mut Setup,
) -> Result<H, Error> {
    let handler = worker(setup).await?;
    // With a mistake in the environment nothing begins.
    setup.environment.check()?;
    for preparation in mem::take(&mut setup.preparations) {
        preparation.await?;
    }
    Ok(handler)
}

fn register_process(registry: &mut Registry, config: &Config) {
    let build = Info::new([("revision", config.revision.clone())]);
    registry.register("build", "What the service was built from", build);
    registry.register_collector(Box::new(Process::new()));
}
