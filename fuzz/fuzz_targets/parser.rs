//! What is held here stands in `launchway_hostile::parser`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    launchway_hostile::parser(data);
});
