//! The `vivant` program.

fn main() {}
