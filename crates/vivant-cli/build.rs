//! Makes the program start quicker: a release on Linux with glibc stands at a fixed address.
//!
//! Some 230,000 pointers in its tables would otherwise be put right at every start, page by page, which takes
//! three quarters of the time of `vivant --version`. Heap, stacks and libraries still lie at random addresses;
//! whoever wants the program there too builds with `VIVANT_PIE=1`. Then the relocations are packed at least.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=VIVANT_PIE");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    let glibc = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if glibc && is("PROFILE", "release") {
        println!(
            "cargo::rustc-link-arg-bins={}",
            match is("VIVANT_PIE", "1") {
                true => "-Wl,-z,pack-relative-relocs",
                false => "-no-pie",
            }
        );
    }
}
