//! Packages, and packages without their extracts.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use vivant_document::{FileKind, Inspected, Limits, has_extract, without_extract};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime, ZipArchive};

use crate::support::{package, read, sample, sample_package};

fn strip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    without_extract(Cursor::new(bytes), &mut out, &Limits::default()).unwrap();
    out.into_inner()
}

fn entries(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

/// Strips a workbook with these entries and returns the names that are left, in order, and the document.
#[track_caller]
fn check(document: &str, others: &[&str], left: &[&str]) -> String {
    let mut all: Vec<(&str, &[u8])> = vec![("Book.twb", document.as_bytes())];
    all.extend(others.iter().map(|name| (*name, b"data".as_slice())));
    let out = strip(&package(&all));
    let archive = ZipArchive::new(Cursor::new(&out)).unwrap();
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert_eq!(names, left);
    assert!(!has_extract(FileKind::Twbx, Cursor::new(&out), &Limits::default()).unwrap());
    String::from_utf8(entries(&out).remove("Book.twb").unwrap()).unwrap()
}

#[test]
fn a_package_says_where_its_extract_is() {
    let Inspected::Workbook(facts) = read(FileKind::Twbx, &sample_package()).unwrap() else {
        panic!()
    };
    assert_eq!(facts.document.as_deref(), Some("Ferries.twb"));
    assert_eq!(
        facts.datasources[1].extracts[0].member.as_deref(),
        Some("Data/Extracts/ferry.hyper")
    );
    assert!(
        !facts
            .diagnostics
            .iter()
            .any(|remark| remark.message.contains("does not hold"))
    );

    let Inspected::Workbook(facts) =
        read(FileKind::Twbx, &package(&[("a.twb", sample().as_bytes())])).unwrap()
    else {
        panic!()
    };
    assert!(facts.has_extract && facts.datasources[1].extracts[0].member.is_none());
    assert!(
        facts
            .diagnostics
            .iter()
            .any(|remark| remark.message.contains("does not hold the extract"))
    );
}

#[test]
fn a_data_source_without_a_name_takes_that_of_its_document() {
    let archive = package(&[("World Indicators.TDS", b"<datasource/>")]);
    let Inspected::Datasource(facts) = read(FileKind::Tdsx, &archive).unwrap() else {
        panic!()
    };
    assert_eq!(facts.name, "World Indicators");
}

#[test]
fn the_first_of_two_documents_is_read() {
    let archive = package(&[
        ("b.twb", b"<workbook version='2'/>"),
        ("a.twb", b"<workbook version='1'/>"),
    ]);
    let Inspected::Workbook(facts) = read(FileKind::Twbx, &archive).unwrap() else {
        panic!()
    };
    assert_eq!(facts.version, "2");
    assert_eq!(facts.diagnostics[0].place, "a.twb");
}

#[test]
fn a_package_loses_its_extract_and_nothing_else() {
    let before = entries(&sample_package());
    let after = entries(&strip(&sample_package()));
    let names: Vec<_> = after.keys().map(String::as_str).collect();
    assert_eq!(names, ["Data/ferry/trips.csv", "Ferries.twb", "Image/boat.png"]);
    let document = sample();
    let (begin, end) = (
        document.find("<extract ").unwrap(),
        document.find("</extract>").unwrap() + "</extract>".len(),
    );
    let expected = format!("{}{}", &document[..begin], &document[end..]);
    assert_eq!(String::from_utf8_lossy(&after["Ferries.twb"]), expected);
    assert_eq!(after["Image/boat.png"], before["Image/boat.png"]);
}

#[test]
fn stripping_twice_changes_nothing_more() {
    let once = strip(&sample_package());
    assert_eq!(entries(&strip(&once)), entries(&once));
}

#[test]
fn extracts_are_found_under_old_and_absolute_paths() {
    let document = |path: &str| {
        format!(
            "<workbook><datasources><datasource name='a'><connection class='mysql'/><extract enabled='false'><connection class='dataengine' dbname='{path}'/></extract></datasource></datasources></workbook>"
        )
    };
    let others = ["Data/Book.twb Files/x y.tde", "Data/z.hyper"];
    for path in [
        "Data/Book.twb Files/x y.tde",
        "Data\\Book.twb Files\\x y.tde",
        "C:/Users/me/Temp/x y.tde",
    ] {
        let left = check(&document(path), &others, &["Book.twb", "Data/z.hyper"]);
        assert_eq!(
            left,
            "<workbook><datasources><datasource name='a'><connection class='mysql'/></datasource></datasources></workbook>"
        );
    }
    check(
        &document("Data/lost.tde"),
        &others,
        &["Book.twb", others[0], others[1]],
    );
}

#[test]
fn a_file_that_a_live_connection_reads_stays() {
    let document = "<workbook><datasources>
        <datasource name='a'><connection class='hyper' dbname='Data/x.hyper'/></datasource>
        <datasource name='b'><connection class='mysql'/><extract><connection class='hyper' dbname='Data/x.hyper'/></extract></datasource>
        <datasource name='c'><extract><connection class='hyper' dbname='Data/y.hyper'/></extract></datasource>
      </datasources></workbook>";
    check(
        document,
        &["Data/x.hyper", "Data/y.hyper"],
        &["Book.twb", "Data/x.hyper"],
    );
}

#[test]
fn only_extracts_of_data_sources_are_taken_out() {
    let document = "<workbook><datasources><datasource name='a'><connection class='mysql'/><_.fcp.X.false...extract/><_.fcp.X.true...extract></_.fcp.X.true...extract><x><extract/></x></datasource></datasources><extract/></workbook>";
    let left = check(document, &[], &["Book.twb"]);
    assert_eq!(
        left,
        "<workbook><datasources><datasource name='a'><connection class='mysql'/><x><extract/></x></datasource></datasources><extract/></workbook>"
    );
}

#[test]
fn a_byte_order_mark_does_not_shift_the_cut() {
    let document = "\u{feff}<workbook><datasources><datasource name='a'><extract/></datasource></datasources></workbook>";
    let left = check(document, &[], &["Book.twb"]);
    assert_eq!(
        left,
        "\u{feff}<workbook><datasources><datasource name='a'></datasource></datasources></workbook>"
    );
}

#[test]
fn a_data_source_package_is_stripped_too() {
    let document = "<datasource formatted-name='d'><connection class='mysql'/><extract><connection class='hyper' dbname='Data/x.hyper'/></extract></datasource>";
    let out = strip(&package(&[
        ("d.tds", document.as_bytes()),
        ("Data/x.hyper", b"Hyper"),
    ]));
    let left = entries(&out);
    assert_eq!(left.len(), 1);
    assert_eq!(
        left["d.tds"],
        b"<datasource formatted-name='d'><connection class='mysql'/></datasource>"
    );
}

#[test]
fn entries_are_copied_as_they_were_packed() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let time = DateTime::from_date_and_time(2021, 2, 3, 4, 5, 6).unwrap();
    let options = SimpleFileOptions::default()
        .last_modified_time(time)
        .unix_permissions(0o640);
    writer
        .start_file(
            "Image/å.png",
            options.compression_method(CompressionMethod::Stored),
        )
        .unwrap();
    writer.write_all(b"picture").unwrap();
    writer.start_file("Data/x.hyper", options).unwrap();
    writer.write_all(b"Hyper").unwrap();
    writer.add_directory("Data/empty/", options).unwrap();
    writer.start_file("Book.twb", options).unwrap();
    writer.write_all(b"<workbook><datasources><datasource name='a'><extract><connection class='hyper' dbname='Data/x.hyper'/></extract></datasource></datasources></workbook>").unwrap();
    writer.set_comment("made by hand").unwrap();
    let before = writer.finish().unwrap().into_inner();

    let after = strip(&before);
    let mut archive = ZipArchive::new(Cursor::new(&after)).unwrap();
    assert_eq!(archive.comment(), b"made by hand");
    assert_eq!(archive.len(), 3);
    for (index, name) in ["Image/å.png", "Data/empty/", "Book.twb"].iter().enumerate() {
        let file = archive.by_index_raw(index).unwrap();
        assert_eq!(file.name().unwrap(), *name);
        assert_eq!(file.last_modified(), Some(time), "{name}");
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o640, "{name}");
    }
    assert_eq!(
        archive.by_index_raw(0).unwrap().compression(),
        CompressionMethod::Stored
    );
}
