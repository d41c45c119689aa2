use std::{env, fs, process};

use platform::{App, Config, Environment, Mistakes};

use crate::mistakes;

#[tokio::test]
async fn all_mistakes_are_reported_at_once() {
    let environment = Environment::from_iter([
        ("PORT", "70000"),
        ("LOG_LEVEL", "loud"),
        ("MAX_IN_FLIGHT", "0"),
        ("KEEP_ALIVE_SECONDS", "0"),
        ("REQUEST_TIMEOUT_SECONDS", "30"),
        ("ADMIN_PORT_FILE", "/nowhere"),
    ]);
    let mistakes = mistakes(environment).await.join("\n");
    for part in [
        "`PORT` is not valid",
        "`ADMIN_PORT_FILE` names `/nowhere`",
        "`LOG_LEVEL` is not valid",
        "`MAX_IN_FLIGHT` is not valid",
        "`KEEP_ALIVE_SECONDS` is not valid",
        "`DRAIN_TIMEOUT_SECONDS` must not be less",
    ] {
        assert!(mistakes.contains(part), "{part} is not in {mistakes}");
    }
    assert_eq!(mistakes.lines().count(), 6, "{mistakes}");
}

#[tokio::test]
async fn variables_of_kubernetes_services_and_empty_ones_count_as_absent() {
    let environment = Environment::from_iter([("ADMIN_PORT", "tcp://10.0.0.1:80"), ("PORT", "")]);
    let config = Config::read(&mut environment.clone());
    let defaults = Config::read(&mut Environment::default());
    assert_eq!(
        (config.admin_port, config.port),
        (defaults.admin_port, defaults.port)
    );
    assert_eq!(mistakes(environment).await, [""; 0]);
}

#[test]
fn a_secret_comes_from_its_variable_or_from_its_file_but_not_from_both() {
    let path = env::temp_dir().join(format!("token-{}", process::id()));
    fs::write(&path, "secret\n").unwrap();
    let file = ("TOKEN_FILE", path.to_str().unwrap());
    let mut environment = Environment::from_iter([file]);
    assert_eq!(environment.required::<String>("TOKEN"), "secret");
    assert_eq!(environment.check(), Ok(()));
    let mut environment = Environment::from_iter([file, ("TOKEN", "other")]);
    environment.required::<String>("TOKEN");
    let both = "`TOKEN` and `TOKEN_FILE` are both set".to_owned();
    assert_eq!(environment.check(), Err(Mistakes(vec![both])));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_required_variable_that_is_absent_or_empty_is_a_mistake() {
    for variables in [None, Some(("SIZE", "")), Some(("SIZE_FILE", "/dev/null"))] {
        let mut environment = Environment::from_iter(variables);
        environment.required::<String>("SIZE");
        assert_eq!(
            environment.check(),
            Err(Mistakes(vec!["`SIZE` is missing".to_owned()]))
        );
    }
}

#[test]
fn a_file_without_end_is_a_mistake() {
    let mut environment = Environment::from_iter([("TOKEN_FILE", "/dev/zero")]);
    environment.required::<String>("TOKEN");
    let mistakes = environment.check().unwrap_err().0;
    assert!(
        mistakes.len() == 1 && mistakes[0].contains("more than"),
        "{mistakes:?}"
    );
}

#[tokio::test]
async fn a_number_that_makes_no_sense_is_a_mistake_and_no_panic() {
    let keys = [
        "DRAIN_DELAY_SECONDS",
        "DRAIN_TIMEOUT_SECONDS",
        "KEEP_ALIVE_SECONDS",
        "MAX_BODY_BYTES",
        "MAX_BODY_BYTES_IN_FLIGHT",
        "MAX_CONNECTIONS",
        "MAX_IN_FLIGHT",
        "PORT",
        "ADMIN_PORT",
        "REQUEST_TIMEOUT_SECONDS",
        "TOKIO_WORKER_THREADS",
    ];
    for key in keys {
        for number in [
            "-1",
            " 8",
            "1e3",
            "4294967295",
            "9223372036854775807",
            "18446744073709551615",
        ] {
            let mistakes = mistakes(Environment::from_iter([(key, number)])).await;
            let is_size = key.contains("BYTES") && number == "4294967295";
            assert!(
                is_size || mistakes[0].contains(&format!("`{key}` is not valid: it must be from")),
                "{key}={number}: {mistakes:?}"
            );
        }
    }
}

#[tokio::test]
async fn levels_are_set_by_crate_too() {
    for (levels, is_valid) in [
        ("info,sqlx=warn", true),
        ("off", true),
        ("info,sqlx", false),
        ("info,", false),
        ("sqlx=", false),
        ("info, sqlx=warn", true),
        ("sqlx=loud", false),
        ("WARN", true),
        ("0", false),
        ("info,sqlx=3", false),
    ] {
        let mistakes = mistakes(Environment::from_iter([("LOG_LEVEL", levels)])).await;
        assert_eq!(mistakes.is_empty(), is_valid, "{levels}: {mistakes:?}");
    }
}

#[tokio::test]
async fn with_a_mistake_nothing_is_waited_for() {
    let environment = Environment::from_iter([("PORT", "a")]);
    let routes = async |setup: &mut platform::Setup| {
        setup.environment.required::<u16>("SIZE");
        std::future::pending().await
    };
    let mistakes = App::new(environment, routes).await.err().unwrap();
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
}
