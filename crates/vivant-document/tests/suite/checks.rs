//! Checks find what is broken, and leave real files alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

use vivant_calc::diag::Severity;
use vivant_document::check::{CheckOptions, check};
use vivant_document::{Document, FileKind, Limits, PackageFile};

use crate::corpus::files;
use crate::support::sample;

/// Codes of the findings, without remarks.
fn codes(text: &str) -> Vec<String> {
    let document = Document::parse(text, &Limits::default()).unwrap();
    check(&document, &CheckOptions::default())
        .into_iter()
        .filter(|finding| finding.severity != Severity::Info)
        .map(|finding| format!("{} ({})", finding.code, finding.place.path.unwrap_or_default()))
        .collect()
}

#[track_caller]
fn finds(change: impl Fn(String) -> String, expected: &str) {
    let before = codes(&clean());
    let changed = change(clean());
    assert_ne!(changed, clean(), "the change changes something");
    let after = codes(&changed);
    let new: Vec<_> = after.iter().filter(|code| !before.contains(code)).collect();
    assert!(
        new.iter().any(|code| code.starts_with(expected)),
        "{expected}: {after:#?}"
    );
}

/// The sample without what is wrong in it on purpose.
fn clean() -> String {
    sample().replace("name='Ghost'", "name='Fares'").replace(
        "</document-format-change-manifest>",
        "<ObjectModelEncapsulateLegacy /><ObjectModelExtractV2 /><SetMembershipControl />\
         </document-format-change-manifest>",
    )
}

#[test]
fn a_sound_document_has_no_findings() {
    assert_eq!(codes(&clean()), Vec::<String>::new());
}

#[test]
fn broken_documents_are_found_out() {
    let swap = |old: &'static str, new: &'static str| move |text: String| text.replacen(old, new, 1);
    finds(|_| sample(), "document.unknown-sheet (dashboard 'All' / zone 2");
    finds(
        swap("<rows />", "<rows>[federated.0abc].[sum:Fair:qk]</rows>"),
        "document.unknown-field (worksheet 'Fares' / rows",
    );
    finds(
        swap("<rows />", "<rows>[federated.gone].[sum:Fare:qk]</rows>"),
        "document.unknown-datasource (worksheet 'Fares'",
    );
    finds(
        swap("<rows />", "<rows>[Parameters].[Parameter 9]</rows>"),
        "document.unknown-parameter (worksheet 'Fares'",
    );
    finds(swap("SUM([Fare])", "SUM([Fair])"), "calc.");
    finds(swap("SUM([Fare])", "SUM(([Fare])"), "calc.");
    finds(
        swap(
            "connection='textscan.1xy' name='trips.csv' table='[trips#csv]' type='table'>",
            "connection='gone' name='trips.csv' table='[trips#csv]' type='table'>",
        ),
        "document.unknown-connection",
    );
    finds(
        swap("name='[Calculation_1]'", "name='[Fare]'"),
        "document.duplicate-field",
    );
    finds(
        swap(
            "caption='Ticket price' datatype='real' hidden='true'",
            "caption='Margin' datatype='real'",
        ),
        "document.duplicate-caption",
    );
    finds(
        swap("<worksheet name='Secret'>", "<worksheet name='Fares'>"),
        "document.duplicate-sheet",
    );
    finds(
        swap("<zone id='3' name='Secret' />", "<zone id='2' name='Secret' />"),
        "document.duplicate-id",
    );
    finds(
        swap("captured-sheet='All'", "captured-sheet='Al'"),
        "document.unknown-sheet (dashboard 'Tale'",
    );
    finds(
        swap("name='federated.0abc' version", "name='Parameters' version"),
        "document.duplicate-datasource",
    );
    finds(
        swap(
            "_.fcp.ObjectModelExtractV2.true...object-id",
            "_.fcp.NewThing.true...object-id",
        ),
        "document.feature-not-announced",
    );
    finds(
        swap(
            "<column datatype='integer' name='[Fare (bin)]'",
            "<column name='[Fare (bin)]'",
        ),
        "document.structure",
    );
}

#[test]
fn files_are_looked_for_in_the_package() {
    let document = Document::parse(sample(), &Limits::default()).unwrap();
    let nothing = |_: &str| false;
    let options = CheckOptions {
        has_file: Some(&nothing),
    };
    let codes: Vec<_> = check(&document, &options)
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert!(
        codes.contains(&"document.missing-extract") && codes.contains(&"document.missing-file"),
        "{codes:?}"
    );
    let all = |_: &str| true;
    let options = CheckOptions { has_file: Some(&all) };
    assert!(
        !check(&document, &options)
            .iter()
            .any(|finding| finding.code.contains("missing"))
    );
}

#[test]
fn real_files_have_few_findings() {
    let mut counts: BTreeMap<(Severity, &str), Vec<String>> = BTreeMap::new();
    for (path, kind) in files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let findings = match kind {
            FileKind::Twb | FileKind::Tds => {
                let document = Document::parse(std::fs::read(&path).unwrap(), &Limits::default()).unwrap();
                check(&document, &CheckOptions::default())
            }
            FileKind::Twbx | FileKind::Tdsx => {
                let source = BufReader::new(File::open(&path).unwrap());
                let mut package = PackageFile::open(source, &Limits::default()).unwrap();
                let document = Document::parse(package.read_document().unwrap(), &Limits::default()).unwrap();
                let has = |path: &str| package.find(path).is_some();
                check(&document, &CheckOptions { has_file: Some(&has) })
            }
            _ => continue,
        };
        for finding in findings {
            counts
                .entry((finding.severity, finding.code))
                .or_default()
                .push(format!("{}: {finding}", &name[..12.min(name.len())]));
        }
    }
    // Of those that were looked at by hand, what is left is true: fields of a data source that is not in the
    // workbook, and functions that do not exist.
    let errors: usize = counts
        .iter()
        .filter(|((severity, _), _)| *severity == Severity::Error)
        .map(|(_, findings)| findings.len())
        .sum();
    assert!(errors <= 7, "{counts:#?}");
    for ((severity, code), findings) in &counts {
        println!("{severity} {code}: {}", findings.len());
        for finding in findings
            .iter()
            .take(if *severity == Severity::Info { 2 } else { 12 })
        {
            println!("    {}", finding.chars().take(300).collect::<String>());
        }
    }
}
