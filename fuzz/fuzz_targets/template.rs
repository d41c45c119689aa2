//! What is held here stands in `launchway_hostile::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    launchway_hostile::template(data);
});
