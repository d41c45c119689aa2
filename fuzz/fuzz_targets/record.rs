//! What is held here stands in `launchway_hostile::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    launchway_hostile::record(data);
});
