//! Which crate may depend on which: the arrows between the rooms of the house.
//!
//! A new arrow, or a new room that names an outside crate, is a change of architecture: it is made here,
//! and its commit says why.

use std::path::Path;

use super::Finding;
use crate::files;
use crate::json::Json;

/// The workspace crates that each room may use, in its tests too. Rooms that are not built yet have their row.
const ARROWS: &[(&str, &[&str])] = &[
    ("vivant-model", &[]),
    ("vivant-wire", &["vivant-model"]),
    (
        "vivant-client",
        &["vivant-model", "vivant-wire", "vivant-document"],
    ),
    // People of an LDAP directory: the server signs them in, the tools make lists of them.
    ("vivant-directory", &["vivant-model"]),
    // Whole sites: what takes many calls, over the client alone, so that it works against any server.
    (
        "vivant-tools",
        &[
            "vivant-model",
            "vivant-wire",
            "vivant-document",
            "vivant-client",
            "vivant-directory",
        ],
    ),
    ("vivant-calc", &[]),
    ("vivant-document", &["vivant-calc"]),
    // Apart from query: the server refreshes extracts without building an engine.
    ("vivant-data", &["vivant-document", "vivant-calc"]),
    ("vivant-query", &["vivant-document", "vivant-calc", "vivant-data"]),
    ("vivant-render", &[]),
    // Names and outlines of places: sheets are geocoded below the engine's answer and drawn in viz.
    ("vivant-geo", &[]),
    (
        "vivant-viz",
        &["vivant-document", "vivant-render", "vivant-calc", "vivant-geo"],
    ),
    (
        "vivant",
        &[
            "vivant-document",
            "vivant-calc",
            "vivant-data",
            "vivant-query",
            "vivant-geo",
            "vivant-viz",
            "vivant-render",
        ],
    ),
    ("vivant-store", &["vivant-model"]),
    (
        "vivant-server",
        &[
            "vivant-model",
            "vivant-wire",
            "vivant-store",
            "vivant-document",
            "vivant-directory",
            "vivant",
        ],
    ),
    (
        "vivant-cli",
        &[
            "vivant-client",
            "vivant-tools",
            "vivant-wire",
            "vivant-document",
            "vivant-directory",
            "vivant-server",
            "vivant",
        ],
    ),
    // A tool of the benches: it measures the server from outside.
    ("vivant-bench", &[]),
    ("xtask", &[]),
];

/// Outside crates with one home. Only these rooms name them; others may in their tests.
const HOMES: &[(&str, &[&str])] = &[
    // The benches compare the server with a bare handler on the same libraries.
    ("axum", &["vivant-server", "vivant-bench"]),
    // Automations send mails without a server of ours, too.
    ("lettre", &["vivant-server", "vivant-tools"]),
    // A burst of exports as one document.
    ("lopdf", &["vivant-tools"]),
    ("ldap3", &["vivant-directory"]),
    ("rusqlite", &["vivant-store", "vivant-data", "vivant-bench"]),
    // The repository of a Tableau Server is a PostgreSQL that tools read.
    ("tokio-postgres", &["vivant-store", "vivant-data", "vivant-tools"]),
    ("object_store", &["vivant-store"]),
    ("reqwest", &["vivant-client"]),
    ("datafusion", &["vivant-query"]),
    ("calamine", &["vivant-data"]),
    ("sas7bdat", &["vivant-data"]),
    ("tiberius", &["vivant-data"]),
    ("rust_xlsxwriter", &["vivant"]),
    ("resvg", &["vivant-render"]),
    ("krilla", &["vivant-render"]),
    ("parquet", &["vivant-data"]),
    ("clap", &["vivant-cli"]),
    // Presentations are packages, too.
    ("zip", &["vivant-document", "vivant-data", "vivant-render"]),
];

/// What a room must stay free of, beyond the homes above.
const SHUT_OUT: &[(&str, &[&str])] = &[
    // Rules and nouns: how they are written down is the business of wire and store.
    ("vivant-model", &["serde", "serde_json", "tokio"]),
    // Bytes in, bytes out.
    ("vivant-document", &["tokio"]),
    // Tidy must build in seconds on a fresh clone.
    ("xtask", &["*"]),
];

/// A workspace crate, as its manifest describes it.
pub struct Package {
    name: String,
    manifest: String,
    manifest_text: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    for_tests: bool,
}

/// Reads the workspace's crates out of `cargo metadata`.
pub fn packages(root: &Path, metadata: &Json) -> Result<Vec<Package>, String> {
    let mut packages = Vec::new();
    for package in metadata.list("packages")? {
        let manifest = files::relative(root, Path::new(package.text("manifest_path")?));
        let mut dependencies = Vec::new();
        for dependency in package.list("dependencies")? {
            dependencies.push(Dependency {
                name: dependency.text("name")?.to_owned(),
                for_tests: dependency.text("kind").is_ok_and(|kind| kind == "dev"),
            });
        }
        packages.push(Package {
            name: package.text("name")?.to_owned(),
            manifest_text: files::read(root, &manifest)?,
            manifest,
            dependencies,
        });
    }
    Ok(packages)
}

/// Holds every crate against the tables above.
pub fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        let folder = if name == "xtask" {
            "xtask".to_owned()
        } else {
            format!("crates/{name}")
        };
        if package.manifest != format!("{folder}/Cargo.toml") {
            findings.push(package.finding("name", format!("the crate `{name}` must lie in `{folder}`")));
        }
        let Some(allowed) = row(ARROWS, name) else {
            findings.push(package.finding(
                "name",
                format!("the crate `{name}` has no row in the arrow table of xtask/src/tidy/arrows.rs"),
            ));
            continue;
        };
        for dependency in &package.dependencies {
            if let Some(message) = objection(name, allowed, dependency) {
                findings.push(package.finding(&dependency.name, message));
            }
        }
    }
    findings
}

/// Why this crate may not have this dependency, if so.
fn objection(room: &str, allowed: &[&str], dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if row(ARROWS, name).is_some() {
        return (!allowed.contains(&name)).then(|| match allowed {
            [] => format!("`{room}` may use no crate of the workspace, but names `{name}`"),
            _ => format!("`{room}` may not use `{name}`, only {}", list(allowed)),
        });
    }
    let shut_out = row(SHUT_OUT, room).unwrap_or_default();
    if shut_out.contains(&name) || shut_out.contains(&"*") {
        return Some(format!("`{room}` must stay free of `{name}`"));
    }
    let homes = row(HOMES, name)?;
    (!homes.contains(&room) && !dependency.for_tests)
        .then(|| format!("`{room}` may not name `{name}`: its home is {}", list(homes)))
}

fn row<'t>(table: &'t [(&str, &'t [&'t str])], key: &str) -> Option<&'t [&'t str]> {
    table
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, values)| *values)
}

fn list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl Package {
    /// A finding at the manifest's line that names `key`, or at its start.
    fn finding(&self, key: &str, message: String) -> Finding {
        let named = |line: &str| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
                || line.ends_with(&format!("dependencies.{key}]"))
        };
        let line = self
            .manifest_text
            .lines()
            .position(|line| named(line.trim()))
            .map_or(1, |at| at + 1);
        Finding::new(&self.manifest, line, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks one crate with these dependencies; a name that starts with `dev:` is one of the tests'.
    fn check_one(name: &str, dependencies: &[&str]) -> Vec<String> {
        let named = |d: &&str| d.strip_prefix("dev:").unwrap_or(d).to_owned();
        let lines: Vec<String> = dependencies
            .iter()
            .map(|d| format!("{}.workspace = true\n", named(d)))
            .collect();
        let package = Package {
            name: name.to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            manifest_text: format!(
                "[package]\nname = \"{name}\"\n\n[dependencies]\n{}",
                lines.concat()
            ),
            dependencies: dependencies
                .iter()
                .map(|d| Dependency {
                    name: named(d),
                    for_tests: d.starts_with("dev:"),
                })
                .collect(),
        };
        check(&[package]).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn an_allowed_arrow_is_silent() {
        assert_eq!(check_one("vivant-wire", &["vivant-model", "quick-xml"]), [""; 0]);
    }

    #[test]
    fn a_new_arrow_is_found_where_it_is_drawn() {
        assert_eq!(
            check_one("vivant-cli", &["clap", "vivant-store"]),
            [
                "crates/vivant-cli/Cargo.toml:6: `vivant-cli` may not use `vivant-store`, only `vivant-client`, \
                 `vivant-tools`, `vivant-wire`, `vivant-document`, `vivant-directory`, `vivant-server`, `vivant`"
            ]
        );
    }

    #[test]
    fn tests_draw_arrows_too() {
        assert_eq!(
            check_one("vivant-model", &["dev:vivant-wire"]),
            [
                "crates/vivant-model/Cargo.toml:5: `vivant-model` may use no crate of the workspace, but names `vivant-wire`"
            ]
        );
    }

    #[test]
    fn an_outside_crate_has_one_home() {
        assert_eq!(check_one("vivant-server", &["axum", "dev:reqwest"]), [""; 0]);
        assert_eq!(
            check_one("vivant-wire", &["axum"]),
            [
                "crates/vivant-wire/Cargo.toml:5: `vivant-wire` may not name `axum`: its home is `vivant-server`, `vivant-bench`"
            ]
        );
    }

    #[test]
    fn a_pure_room_stays_pure() {
        assert_eq!(
            check_one("vivant-model", &["serde"]),
            ["crates/vivant-model/Cargo.toml:5: `vivant-model` must stay free of `serde`"]
        );
    }

    #[test]
    fn an_unknown_room_is_found() {
        assert!(check_one("vivant-common", &[])[0].contains("`vivant-common` has no row in the arrow table"));
    }

    #[test]
    fn the_tables_agree_and_have_no_cycle() {
        let mut known: Vec<&str> = Vec::new();
        let mut waiting: Vec<_> = ARROWS.to_vec();
        while !waiting.is_empty() {
            let (ready, blocked): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|(_, uses)| uses.iter().all(|used| known.contains(used)));
            assert!(!ready.is_empty(), "a cycle or an unknown name among {blocked:?}");
            known.extend(ready.iter().map(|(name, _)| *name));
            waiting = blocked;
        }
        for room in HOMES
            .iter()
            .flat_map(|(_, homes)| *homes)
            .chain(SHUT_OUT.iter().map(|(room, _)| room))
        {
            assert!(known.contains(room), "`{room}` has no row in the arrow table");
        }
    }
}
