use axum::{Router, routing::get};
use platform::Phase;

use crate::app;

#[tokio::test]
async fn probes_follow_the_phase() {
    let app = app(&[], Router::new().route("/", get(async || "hello"))).await;
    for (phase, startupz, readyz) in [
        (Phase::Starting, 503, 503),
        (Phase::Ready, 200, 200),
        (Phase::Draining, 200, 503),
        (Phase::Closing, 200, 503),
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
