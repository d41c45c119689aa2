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
    assert!(read("Cargo.toml").contains(&format!("rust-version = \"{version}\"")));
}
