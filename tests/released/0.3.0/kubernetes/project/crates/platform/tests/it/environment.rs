use std::{env, fs, process};

use platform::{Config, Environment};

use crate::mistakes;

#[test]
fn all_mistakes_are_reported_at_once() {
    let environment = Environment::from_iter([
        ("PORT", "70000"),
        ("LOG_LEVEL", "loud"),
        ("MAX_IN_FLIGHT", "0"),
        ("KEEP_ALIVE_SECONDS", "0"),
        ("REQUEST_TIMEOUT_SECONDS", "30"),
        ("ADMIN_PORT_FILE", "/nowhere"),
    ]);
    let mistakes = mistakes(environment).join("\n");
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

#[test]
fn variables_of_kubernetes_services_and_empty_ones_count_as_absent() {
    let environment = Environment::from_iter([("ADMIN_PORT", "tcp://10.0.0.1:80"), ("PORT", "")]);
    let config = Config::read(&mut environment.clone());
    let defaults = Config::read(&mut Environment::default());
    assert_eq!(
        (config.admin_port, config.port),
        (defaults.admin_port, defaults.port)
    );
    assert_eq!(mistakes(environment), [""; 0]);
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
    assert_eq!(environment.check(), Err(vec![both]));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_required_variable_that_is_absent_is_a_mistake() {
    let mut environment = Environment::default();
    environment.required::<u16>("SIZE");
    assert_eq!(
        environment.check(),
        Err(vec!["`SIZE` is missing".to_owned()])
    );
}
