//! Feeds `checks/formula.rs` with what libFuzzer finds.

#![no_main]

#[path = "../checks/formula.rs"]
mod formula;

libfuzzer_sys::fuzz_target!(|data: &[u8]| formula::check(data));
