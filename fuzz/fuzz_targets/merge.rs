//! What is held here stands in `launchway_hostile::merge`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let program = std::env::var_os("LAUNCHWAY_PROGRAM").expect("`LAUNCHWAY_PROGRAM` names the program to update with");
    launchway_hostile::merge(program.as_ref(), data);
});
