//! What is held here stands in `launchway_hostile::structure`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = launchway_hostile::structure(data);
});
