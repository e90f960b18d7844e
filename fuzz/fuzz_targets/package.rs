//! Feeds `checks/package.rs` with what libFuzzer finds.

#![no_main]

#[path = "../checks/package.rs"]
mod package;

libfuzzer_sys::fuzz_target!(|data: &[u8]| package::check(data));
