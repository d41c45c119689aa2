//! The platform from outside: called in process, read from variables, reached over a listener.

mod answers;
mod clients;
mod environment;
mod pieces;
mod probes;
mod routes;
mod server;
mod versions;

use axum::{Router, body::Body, http::Request, response::Response};
use platform::{App, Environment, Setup};
use tower::ServiceExt;

async fn app(variables: &[(&str, &str)], routes: Router) -> App {
    let environment = variables.iter().copied().collect();
    let app = App::new(environment, async |_: &mut Setup| Ok(routes)).await;
    app.expect("the variables are valid")
}

async fn mistakes(environment: Environment) -> Vec<String> {
    let app = App::new(environment, |_: &mut Setup| Router::new()).await;
    app.err().unwrap_or_default()
}

async fn call(router: &Router, request: Request<Body>) -> Response {
    let Ok(response) = router.clone().oneshot(request).await;
    response
}

async fn get(router: &Router, path: &str) -> Response {
    call(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}
