//! The kept inputs of the fuzz targets, once each: what was found before is not found again.

#[path = "../../../../fuzz/checks/formula.rs"]
mod formula;
#[path = "../../../../fuzz/checks/package.rs"]
mod package;
#[path = "../../../../fuzz/checks/tree.rs"]
mod tree;

#[expect(
    clippy::print_stdout,
    reason = "the name of the input stands before what is said of it"
)]
fn replay(target: &str, check: fn(&[u8])) {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut inputs = 0;
    for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}")) {
        let path = entry.unwrap().path();
        let data = std::fs::read(&path).unwrap();
        println!("{}", path.display());
        check(&data);
        inputs += 1;
    }
    assert!(inputs > 4, "{folder}");
}

#[test]
fn documents_of_the_fuzzer() {
    replay("tree", tree::check);
}

#[test]
fn packages_of_the_fuzzer() {
    replay("package", package::check);
}

#[test]
fn formulas_of_the_fuzzer() {
    replay("formula", formula::check);
}
