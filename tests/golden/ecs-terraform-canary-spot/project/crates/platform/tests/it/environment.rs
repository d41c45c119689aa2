use std::{
    env, fs,
    os::unix::fs::symlink,
    path::Path,
    process::{self, Command},
};

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
    let path = env::temp_dir().join(format!("empty-{}", process::id()));
    fs::write(&path, "\n").unwrap();
    let empty = ("SIZE_FILE", path.to_str().unwrap());
    for variables in [None, Some(("SIZE", "")), Some(empty)] {
        let mut environment = Environment::from_iter(variables);
        environment.required::<String>("SIZE");
        assert_eq!(
            environment.check(),
            Err(Mistakes(vec!["`SIZE` is missing".to_owned()]))
        );
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn a_file_that_is_too_large_or_no_file_is_a_mistake() {
    let folder = env::temp_dir().join(format!("files-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let [large, pipe, link] = ["large", "pipe", "link"].map(|name| folder.join(name));
    let file = fs::File::create(&large).unwrap();
    file.set_len(2 * 1024 * 1024).unwrap();
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    symlink(&pipe, &link).unwrap();
    for (path, fault) in [
        (large.as_path(), "more than"),
        (Path::new("/dev/zero"), "not a regular file"),
        (&pipe, "not a regular file"),
        (&link, "not a regular file"),
        (&folder, "not a regular file"),
    ] {
        let path = path.to_str().unwrap();
        let mut environment = Environment::from_iter([("TOKEN_FILE", path)]);
        environment.required::<String>("TOKEN");
        let mistakes = environment.check().unwrap_err().0.join("\n");
        let is_named = mistakes.contains(path) && mistakes.contains(fault);
        assert!(is_named && !mistakes.contains('\n'), "{path}: {mistakes}");
    }
    fs::remove_dir_all(folder).unwrap();
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
