use axum::{Router, routing::get};
use platform::{App, Environment, Error, Setup};

fn plain(setup: &mut Setup) -> Router {
    if setup.environment.or("CACHE", true) {
        setup.before_ready(async { Ok(()) });
    } else {
        setup.before_ready(async { Err("the cache is cold".into()) });
    }
    Router::new().route("/", get(async || "hello"))
}

async fn awaited(setup: &mut Setup) -> Result<Router, Error> {
    Ok(plain(setup))
}

async fn failing(_: &mut Setup) -> Result<Router, Error> {
    Err("no database".into())
}

fn panicking(_: &mut Setup) -> Router {
    panic!("on purpose")
}

#[tokio::test]
async fn routes_may_be_awaited_or_not() {
    let plain = App::new(Environment::default(), plain).await;
    let awaited = App::new(Environment::default(), awaited).await;
    for app in [plain, awaited] {
        let response = crate::get(&app.unwrap().traffic, "/").await;
        assert_eq!(response.status(), 200);
    }
}

#[tokio::test]
async fn what_must_succeed_before_the_start_can_stop_it() {
    let cold = || Environment::from_iter([("CACHE", "false")]);
    let said = [
        App::new(cold(), plain).await.err().unwrap(),
        App::new(cold(), awaited).await.err().unwrap(),
        App::new(cold(), failing).await.err().unwrap(),
        App::new(cold(), panicking).await.err().unwrap(),
    ];
    let expected = [
        "cannot start: the cache is cold",
        "cannot start: the cache is cold",
        "cannot start: no database",
        "cannot start: `routes` panicked",
    ];
    assert_eq!(said.concat(), expected);
}

#[tokio::test]
async fn with_a_mistake_nothing_is_prepared() {
    let environment = Environment::from_iter([("PORT", "a"), ("CACHE", "false")]);
    let mistakes = App::new(environment, plain).await.err().unwrap();
    assert!(
        mistakes.len() == 1 && mistakes[0].contains("PORT"),
        "{mistakes:?}"
    );
}
