use std::fs;

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_image_is_built_by_the_toolchain_that_ran_the_tests() {
    let toolchain = read("rust-toolchain.toml");
    let version = toolchain
        .split('"')
        .nth(1)
        .expect("the channel comes first");
    assert!(read("Dockerfile").contains(&format!("FROM rust:{version}-")));
}

/// The least version may stay behind: a library that others build may need it.
#[test]
fn the_toolchain_is_not_older_than_the_crates_allow() {
    let numbers = |text: &str, before: &str| -> Vec<u32> {
        let version = text.split_once(before).unwrap().1.split('"').next();
        let parts = version.unwrap().split('.');
        parts.map(|part| part.parse().unwrap()).collect()
    };
    let toolchain = numbers(&read("rust-toolchain.toml"), "channel = \"");
    assert!(toolchain >= numbers(&read("Cargo.toml"), "rust-version = \""));
}
