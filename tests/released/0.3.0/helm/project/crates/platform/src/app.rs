//! The routes of the business and those of the platform, put together.

use std::pin::Pin;

use axum::Router;
use prometheus_client::registry::Registry;

use crate::{Config, Environment, Lifecycle, guard, metrics::Metrics, probes};

pub type Error = Box<dyn std::error::Error + Send + Sync>;
type Task = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// What the business may use while it builds its routes.
#[derive(Default)]
pub struct Setup {
    pub environment: Environment,
    pub metrics: Registry,
    tasks: Vec<Task>,
}

impl Setup {
    /// Adds work that must succeed before the service is ready, such as warming a cache.
    pub fn before_ready<F>(&mut self, task: F)
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.tasks.push(Box::pin(task));
    }
}

/// A service that is complete except for its listeners, so that tests can call it directly.
pub struct App {
    pub config: Config,
    pub lifecycle: Lifecycle,
    pub traffic: Router,
    pub admin: Router,
    tasks: Vec<Task>,
}

impl App {
    /// Reads the configuration of the platform and of the business.
    ///
    /// # Errors
    ///
    /// Every mistake in the environment.
    pub fn new(
        environment: Environment,
        routes: impl FnOnce(&mut Setup) -> Router,
    ) -> Result<Self, Vec<String>> {
        let mut setup = Setup {
            environment,
            ..Setup::default()
        };
        let config = Config::read(&mut setup.environment);
        let routes = routes(&mut setup);
        for warning in setup.environment.warnings() {
            tracing::warn!("{warning}");
        }
        setup.environment.check()?;
        let lifecycle = Lifecycle::new();
        let metrics = Metrics::register(&mut setup.metrics);
        let guarded = guard::protect(routes, &config, metrics);
        // As the fallback, not merged: of two fallbacks a merge keeps one, and the guard's must stay.
        let traffic = probes::readiness(lifecycle.clone()).fallback_service(guarded);
        let admin = probes::admin(lifecycle.clone(), setup.metrics);
        Ok(Self {
            config,
            traffic: guard::envelop(traffic, lifecycle.clone()),
            admin: guard::envelop(admin, lifecycle.clone()),
            lifecycle,
            tasks: setup.tasks,
        })
    }

    /// Does what must succeed before the service is ready.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub async fn start(&mut self) -> Result<(), Error> {
        for task in self.tasks.drain(..) {
            task.await?;
        }
        Ok(())
    }
}
