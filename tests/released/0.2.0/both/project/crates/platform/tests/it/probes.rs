use axum::{Router, routing::get};
use platform::{App, Environment, Phase};

use crate::app;

#[tokio::test]
async fn probes_follow_the_phase() {
    let app = app(&[], Router::new().route("/", get(async || "hello")));
    for (phase, startupz, readyz) in [
        (Phase::Starting, 503, 503),
        (Phase::Ready, 200, 200),
        (Phase::Draining, 200, 503),
    ] {
        app.lifecycle.enter(phase);
        for (router, path, status) in [
            (&app.admin, "/livez", 200),
            (&app.admin, "/startupz", startupz),
            (&app.admin, "/readyz", readyz),
            (&app.traffic, "/readyz", readyz),
            (&app.traffic, "/", 200),
            (&app.traffic, "/livez", 404),
            (&app.traffic, "/metrics", 404),
        ] {
            let response = crate::get(router, path).await;
            assert_eq!(response.status(), status, "{path} while {phase:?}");
        }
    }
}

#[tokio::test]
async fn work_before_the_service_is_ready_must_succeed() {
    let app = App::new(Environment::default(), |setup| {
        setup.before_ready(async { Err("the cache is cold".into()) });
        Router::new()
    });
    let failure = app.unwrap().start().await.unwrap_err();
    assert_eq!(failure.to_string(), "the cache is cold");
}
