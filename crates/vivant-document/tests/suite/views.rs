//! Typed views say what the elements mean.

use std::collections::BTreeMap;

use vivant_document::check::{CheckOptions, check};
use vivant_document::view::{FilterKind, RelationKind};
use vivant_document::{CanonicalOptions, Document, DocumentKind, Error, Limits, canonical, diff};

use crate::lossless::documents;
use crate::support::sample;

fn parse(text: &str) -> Document {
    Document::parse(text, &Limits::default()).unwrap()
}

#[test]
fn the_sample_reads_as_it_is_meant() {
    let document = parse(&sample());
    assert_eq!(document.kind(), DocumentKind::Workbook);
    let workbook = document.workbook().unwrap();
    assert_eq!(workbook.source_build().unwrap(), "2023.3.2 (20233.24.0117.1234)");
    assert_eq!(document.all_datasources().len(), 2);
    let source = document.datasource("Ferry trips").unwrap();
    assert_eq!(source.name(), "federated.0abc");
    assert!(document.datasource("nothing").is_err());
    let connections = source.connections();
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[1].class(), "postgres");
    assert_eq!(connections[1].database().unwrap(), "boats");
    assert_eq!(connections[1].caption().unwrap(), "db");
    assert_eq!(connections[0].path().unwrap(), "Data/ferry/trips.csv");
    assert!(source.is_federated() && !source.is_published());
    assert_eq!(source.relations().len(), 1, "one branch is read");
    assert_eq!(source.relations()[0].kind(), RelationKind::Table);
    let margin = source.column("Margin").unwrap();
    assert_eq!(margin.name(), "[Calculation_1]");
    let calculation = margin.calculation().unwrap();
    assert_eq!(calculation.formula().unwrap(), "SUM([Fare])\n / 2");
    let parsed = calculation.parsed().unwrap();
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(parsed.value.to_sexpr(), "(/ (SUM [Fare]) 2)");
    assert_eq!(
        source.column("[Fare]").unwrap().description().unwrap(),
        "What a passenger pays"
    );
    assert_eq!(source.metadata_records().len(), 3);
    assert_eq!(source.extracts()[0].path().unwrap(), "Data/Extracts/ferry.hyper");
    let parameter = document.parameters()[0];
    assert_eq!(parameter.label(), "Top N");
    assert_eq!(parameter.range().unwrap()[1].as_deref(), Some("50"));
    assert_eq!(
        workbook.worksheets()[0].datasources(),
        ["federated.0abc", "Parameters"]
    );
    assert_eq!(workbook.dashboards()[0].zones().len(), 4);
    assert_eq!(
        workbook.dashboards()[0].zones()[0].kind().unwrap(),
        "layout-basic"
    );
    assert!(workbook.dashboards()[1].is_story());
    assert_eq!(
        workbook.dashboards()[1].story_points()[0].sheet().as_deref(),
        Some("All")
    );
    assert!(workbook.is_hidden("Secret") && !workbook.is_hidden("Fares"));
    assert_eq!(workbook.thumbnails().len(), 2);
}

#[test]
fn relations_of_every_kind_are_described() {
    let document = parse(
        "<datasource formatted-name='x' version='18.1'><connection class='federated'>\
         <relation join='left' type='join'><clause type='join'><expression op='='><expression op='[a].[k]'/>\
         <expression op='[b].[k]'/></expression></clause><relation name='a' table='[s].[a]' type='table'/>\
         <relation name='b' type='text'>SELECT * FROM b\r\nWHERE n &lt;&lt; 5</relation></relation>\
         <relation name='p' stored-proc='[dbo].[p]' type='stored-proc'><actual-parameters>\
         <column name='@d' value='#2024-01-01#'/></actual-parameters></relation></connection></datasource>",
    );
    let source = document.datasources()[0];
    let relations = source.relations();
    assert_eq!(
        relations[0].describe(),
        "([s].[a] left join custom SQL: SELECT * FROM b WHERE n < 5) on [a].[k] = [b].[k]"
    );
    assert_eq!(
        relations[1].describe(),
        "stored procedure [dbo].[p](@d = #2024-01-01#)"
    );
    assert_eq!(source.all_relations().len(), 4);
}

#[test]
fn formulas_and_filters_of_the_corpus_are_understood() {
    let (mut formulas, mut broken, mut filters) = (0, BTreeMap::new(), 0);
    for (name, bytes) in documents() {
        let document = Document::parse(bytes, &Limits::default()).unwrap();
        for source in document.all_datasources() {
            for column in source.columns() {
                let Some(parsed) = column.calculation().and_then(|calculation| calculation.parsed()) else {
                    continue;
                };
                formulas += 1;
                if let Some(first) = parsed.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
                    broken.insert(format!("{name} {}", column.label()), first.to_string());
                }
            }
            for relation in source.all_relations() {
                assert!(!matches!(relation.kind(), RelationKind::Other(_)), "{name}");
            }
        }
        let Some(workbook) = document.workbook() else {
            continue;
        };
        for sheet in workbook.worksheets() {
            for filter in sheet.filters() {
                filters += 1;
                assert!(!matches!(filter.kind(), FilterKind::Other(_)), "{name}");
                let _ = filter.describe();
            }
        }
    }
    println!("{formulas} formulas, {filters} filters; broken: {broken:#?}");
    assert!(broken.len() * 100 <= formulas, "{broken:#?}");
}

#[test]
fn elements_as_deep_as_allowed_are_no_danger() {
    let nest =
        |open: &str, close: &str, inside: &str| format!("{}{inside}{}", open.repeat(480), close.repeat(480));
    let relations = nest(
        "<relation type='join' join='inner'>",
        "</relation>",
        "<relation name='t' type='table' table='[t]'/>",
    );
    let expressions = nest("<expression op='AND'>", "</expression>", "");
    let zones = nest("<zone id='1'>", "</zone>", "");
    let filters = nest("<groupfilter function='union'>", "</groupfilter>", "");
    for inside in [
        format!(
            "<datasources><datasource name='d'><connection class='federated'>{relations}</connection></datasource></datasources>"
        ),
        format!(
            "<datasources><datasource name='d'><connection class='federated'><relation type='join'><clause type='join'>\
             {expressions}</clause></relation></connection></datasource></datasources>"
        ),
        format!("<dashboards><dashboard name='b'><zones>{zones}</zones></dashboard></dashboards>"),
        format!(
            "<worksheets><worksheet name='w'><table><view><filter class='categorical'>{filters}</filter></view></table></worksheet></worksheets>"
        ),
    ] {
        let before = parse(&format!("<workbook>{inside}</workbook>"));
        let mut after = before.clone();
        let _ = check(&after, &CheckOptions::default());
        let _ = after.swap_database(None, "a", "b");
        let _ = after.delete_sheet("w", true);
        let _ = after.rename_field("d", "x", "y");
        let _ = diff(&before, &after);
        let text = canonical(&before, &CanonicalOptions::default());
        assert!(diff(&before, &parse(&text)).is_empty());
    }
    let limits = Limits {
        element_depth: 100,
        ..Limits::default()
    };
    assert!(Document::parse(format!("<workbook>{zones}</workbook>"), &limits).is_err());
}

#[test]
fn limits_hold_for_trees_too() {
    let check = |text: &str, limits: Limits| {
        let error = Document::parse(text, &limits).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    };
    let all = Limits::default;
    check(
        "<workbook a='12345678901'/>",
        Limits {
            attribute_bytes: 10,
            ..all()
        },
    );
    check(
        "<workbook a='1' b='2' c='3'/>",
        Limits {
            element_attributes: 2,
            ..all()
        },
    );
    check(
        "<workbook>12345678901234567890</workbook>",
        Limits {
            token_bytes: 15,
            ..all()
        },
    );
    check(
        "<workbook>12345678901234567890</workbook>",
        Limits {
            document_bytes: 20,
            ..all()
        },
    );
}
