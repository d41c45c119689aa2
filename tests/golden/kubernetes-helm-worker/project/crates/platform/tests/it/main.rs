//! The platform from outside: called in process, and read from variables.

mod environment;
mod versions;
mod work;

use axum::{Router, body::Body, http::Request, response::Response};
use platform::{App, Environment, Error, Handler, Message, Setup};
use tower::ServiceExt;

/// Fails, panics, waits or succeeds, as the message says.
struct Told;

impl Handler for Told {
    async fn handle(&self, message: &Message) -> Result<(), Error> {
        match message.body.split_once(' ') {
            Some(("wait", seconds)) => {
                let seconds = seconds.parse()?;
                tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
                Ok(())
            }
            Some(("fail", times)) if message.deliveries <= times.parse()? => Err("told to".into()),
            Some(("panic", times)) if message.deliveries <= times.parse()? => panic!("told to"),
            _ => Ok(()),
        }
    }
}

async fn app(variables: &[(&str, &str)]) -> App<Told> {
    let queue = ("QUEUE_URL", "http://localhost/queue");
    let environment = variables.iter().copied().chain([queue]).collect();
    let app = App::new(environment, async |_: &mut Setup| Ok(Told)).await;
    app.unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

async fn mistakes(environment: Environment) -> Vec<String> {
    let app = App::new(environment, async |_: &mut Setup| Ok(Told)).await;
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
