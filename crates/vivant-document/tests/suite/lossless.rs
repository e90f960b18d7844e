//! Reading and writing back gives the same bytes, for documents and packages.

use std::fs;
use std::io::{Cursor, Read, Write};

use vivant_document::edit::{ConnectionChange, ConnectionMatch};
use vivant_document::tree::{Parts, Tree};
use vivant_document::{Document, Error, FileKind, Head, HeadDepth, Limits, PackageFile, datasources_end};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::corpus::files;
use crate::support::{package, sample, sample_package};

/// Documents of the corpus, those in packages included.
pub fn documents() -> Vec<(String, Vec<u8>)> {
    let mut documents = vec![("sample".to_owned(), sample().into_bytes())];
    for (path, kind) in files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        match kind {
            FileKind::Twb | FileKind::Tds => documents.push((name, bytes)),
            FileKind::Twbx | FileKind::Tdsx => {
                let mut package = PackageFile::open(Cursor::new(bytes), &Limits::default()).unwrap();
                documents.push((name, package.read_document().unwrap()));
            }
            _ => {}
        }
    }
    documents
}

#[test]
fn every_document_is_written_as_it_was_read() {
    for (name, bytes) in documents() {
        let tree =
            Tree::parse(bytes.clone(), &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(tree.to_bytes() == bytes, "{name}");
        let parts = Parts {
            only: Some(&["datasources"]),
            ..Parts::default()
        };
        let part = Tree::parse_parts(bytes.clone(), parts, &Limits::default()).unwrap();
        assert!(part.to_bytes() == bytes, "{name}, in part");
    }
}

#[test]
fn every_package_is_saved_as_it_was_opened() {
    let mut packages = vec![("sample".to_owned(), sample_package())];
    for (path, kind) in files() {
        if matches!(kind, FileKind::Twbx | FileKind::Tdsx) {
            packages.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    for (name, bytes) in packages {
        let open = || PackageFile::open(Cursor::new(&bytes[..]), &Limits::default()).unwrap();
        let same = open().save(Cursor::new(Vec::new())).unwrap().into_inner();
        assert!(same == bytes, "{name}");

        // With the document edited, every other entry keeps its packed bytes and its headers.
        let mut edited = open();
        let document = edited.document_name().to_owned();
        let mut text = edited.read_document().unwrap();
        text.extend_from_slice(b"<!-- edited -->");
        edited.set_document(text.clone());
        let saved = edited.save(Cursor::new(Vec::new())).unwrap().into_inner();
        let mut before = zip::ZipArchive::new(Cursor::new(&bytes[..])).unwrap();
        let mut after = zip::ZipArchive::new(Cursor::new(&saved[..])).unwrap();
        assert_eq!(before.len(), after.len(), "{name}");
        assert_eq!(before.comment(), after.comment());
        for index in 0..before.len() {
            let (mut old, mut new) = (Vec::new(), Vec::new());
            let mut a = before.by_index_raw(index).unwrap();
            let mut b = after.by_index_raw(index).unwrap();
            assert_eq!(a.name_raw(), b.name_raw(), "{name}: the order stays");
            assert_eq!(a.last_modified(), b.last_modified());
            assert_eq!(a.unix_mode(), b.unix_mode());
            assert_eq!(a.comment(), b.comment());
            assert_eq!(a.compression(), b.compression());
            if a.name().unwrap() != document {
                assert_eq!(a.extra_data(), b.extra_data());
                assert_eq!(a.crc32(), b.crc32());
                a.read_to_end(&mut old).unwrap();
                b.read_to_end(&mut new).unwrap();
                assert!(old == new, "{name}: {}", a.name().unwrap());
            }
        }
        let mut read = Vec::new();
        after.by_name(&document).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == text, "{name}");
    }
}

#[test]
fn entries_are_replaced_added_and_removed() {
    let bytes = sample_package();
    let mut package = PackageFile::open(Cursor::new(&bytes[..]), &Limits::default()).unwrap();
    assert_eq!(package.document_name(), "Ferries.twb");
    assert_eq!(package.kind(), FileKind::Twb);
    assert_eq!(
        package.find("C:/Temp/ferry.hyper").as_deref(),
        Some("Data/Extracts/ferry.hyper")
    );
    package
        .replace("Data/ferry/trips.csv", b"Port\nBergen\n".to_vec())
        .unwrap();
    package.add_with("Data/new ü.csv", 5, &b"a,b\nc"[..]).unwrap();
    package.remove("Image/boat.png").unwrap();
    assert!(
        package.add("data/FERRY/trips.csv", Vec::new()).is_err(),
        "the name is taken"
    );
    assert!(package.add("../x", Vec::new()).is_err());
    assert!(package.remove("Ferries.twb").is_err());
    assert!(package.replace("Image/boat.png", Vec::new()).is_err());
    let saved = package.save(Cursor::new(Vec::new())).unwrap().into_inner();

    let mut after = PackageFile::open(Cursor::new(&saved[..]), &Limits::default()).unwrap();
    let names: Vec<_> = after.entries().map(|entry| entry.name.clone()).collect();
    assert_eq!(
        names,
        [
            "Data/Extracts/ferry.hyper",
            "Ferries.twb",
            "Data/ferry/trips.csv",
            "Data/new ü.csv"
        ]
    );
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        after.read(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(read("Data/ferry/trips.csv"), b"Port\nBergen\n");
    assert_eq!(read("Data/new ü.csv"), b"a,b\nc");
    assert_eq!(read("Ferries.twb"), sample().into_bytes());
}

#[test]
fn a_reader_that_gives_another_size_is_refused() {
    let bytes = sample_package();
    let mut package = PackageFile::open(Cursor::new(&bytes[..]), &Limits::default()).unwrap();
    package.add_with("x", 6, &b"four"[..]).unwrap();
    assert!(matches!(
        package.save(Cursor::new(Vec::new())),
        Err(Error::Edit(_))
    ));
}

#[test]
fn headers_for_large_archives_are_understood() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.start_file("a.twb", options.large_file(true)).unwrap();
    writer.write_all(sample().as_bytes()).unwrap();
    writer
        .start_file(
            "Data/b.csv",
            options
                .compression_method(CompressionMethod::Stored)
                .large_file(true),
        )
        .unwrap();
    writer.write_all(b"a,b").unwrap();
    writer.set_comment("kept").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let mut package = PackageFile::open(Cursor::new(&bytes[..]), &Limits::default()).unwrap();
    package.replace("Data/b.csv", b"c,d,e".to_vec()).unwrap();
    let saved = package.save(Cursor::new(Vec::new())).unwrap().into_inner();
    let mut after = zip::ZipArchive::new(Cursor::new(&saved[..])).unwrap();
    assert_eq!(after.comment(), b"kept");
    let mut text = String::new();
    after
        .by_name("Data/b.csv")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "c,d,e");
}

#[test]
fn damaged_packages_never_panic() {
    let bytes = package(&[("a.twb", sample().as_bytes()), ("Data/b.csv", b"a,b\n1,2\n")]);
    for at in 0..bytes.len() {
        for change in [0xff, 0x01, 0x80] {
            // Inside the packed document one in sixteen is enough.
            if at > 60 && at + 400 < bytes.len() && at % 16 != 0 {
                continue;
            }
            let mut broken = bytes.clone();
            broken[at] ^= change;
            if let Ok(mut package) = PackageFile::open(Cursor::new(&broken[..]), &Limits::default()) {
                let _ = package.read_document();
                package.set_document(b"<workbook/>".to_vec());
                let _ = package.save(Cursor::new(Vec::new()));
            }
        }
    }
    for length in (0..bytes.len()).step_by(7) {
        let _ = PackageFile::open(Cursor::new(&bytes[..length]), &Limits::default()).map(|_| ());
    }
}

/// The workbook of a head, as it is written.
fn joined(head: Head, file: &[u8]) -> Vec<u8> {
    let length = head.length(file.len() as u64);
    let mut bytes = Vec::new();
    std::io::copy(&mut head.into_reader(file), &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, length);
    bytes
}

#[test]
fn the_head_of_a_workbook_and_its_rest_are_the_workbook() {
    let (mut heads, mut quick) = (0, 0);
    for (name, bytes) in documents() {
        let Some(end) = datasources_end(&bytes[..], &Limits::default()).unwrap() else {
            continue;
        };
        heads += 1;
        let end = usize::try_from(end).unwrap();
        let mut head = Head::parse(bytes[..end].to_vec(), &Limits::default()).unwrap();
        assert!(joined(head.clone(), &bytes) == bytes, "{name}");
        // An edit of the head is the same edit of the whole.
        let mut whole = Document::parse(bytes.clone(), &Limits::default()).unwrap();
        let change = ConnectionChange {
            server: Some("elsewhere".to_owned()),
            ..ConnectionChange::default()
        };
        let which = ConnectionMatch::default();
        let count = whole.change_connections(&which, &change).unwrap();
        assert_eq!(head.document.change_connections(&which, &change).unwrap(), count);
        assert!(joined(head, &bytes) == whole.to_bytes(), "{name}, edited");
        // And so it is when only the connections are looked into and nothing after them is read.
        let depth = HeadDepth::Connections;
        let Some(mut head) = Head::read(&bytes[..], depth, &Limits::default()).unwrap() else {
            continue;
        };
        quick += 1;
        assert_eq!(head.end(), end as u64, "{name}");
        let before = head.document.clone();
        assert_eq!(head.document.change_connections(&which, &change).unwrap(), count);
        let seen = vivant_document::diff(&before, &head.document);
        assert_eq!(seen.is_empty(), !head.document.tree().is_edited(), "{name}");
        assert!(
            joined(head, &bytes) == whole.to_bytes(),
            "{name}, edited with only its connections"
        );
    }
    assert!(heads > 0 && quick > 0);
    // What only looks like the end of the data sources is none, and then all has to be looked at.
    for (odd, end) in [
        (
            "<workbook><!-- </datasources> --><datasources><datasource/></datasources></workbook>",
            Some(73),
        ),
        (
            "<workbook><worksheets><datasources></datasources></worksheets><datasources></datasources></workbook>",
            Some(89),
        ),
        ("<workbook><datasources/></workbook>", Some(24)),
        ("<workbook><worksheets/></workbook>", None),
        (
            "<workbook><datasources><datasource></datasources></workbook>",
            None,
        ),
        ("<datasource><datasources></datasources></datasource>", None),
        ("", None),
    ] {
        for depth in [HeadDepth::All, HeadDepth::Connections] {
            let read = Head::read(odd.as_bytes(), depth, &Limits::default()).unwrap();
            assert_eq!(read.map(|head| head.end()), end, "{odd}");
        }
    }
    assert!(Head::is_end(b"x</workbook>\r\n") && !Head::is_end(b"</workboo"));
    assert!(datasources_end(&b"<workbook><datasources/>"[..], &Limits::default()).is_err());
    assert_eq!(
        datasources_end(&b"<datasource/>"[..], &Limits::default()).unwrap(),
        None
    );
}
