//! Files made to do harm, and broken ones: a clear error each, in bounded memory.

use std::io::Cursor;

use vivant_document::{Error, FileKind, Limit, Limits, inspect, without_extract};

use crate::support::{package, patch, read, sample, sample_package};

/// Both ways into a package refuse it.
#[track_caller]
fn refuse(bytes: &[u8]) -> Error {
    let error = read(FileKind::Twbx, bytes).unwrap_err();
    let copy = without_extract(Cursor::new(bytes), Cursor::new(Vec::new()), &Limits::default()).unwrap_err();
    assert_eq!(
        std::mem::discriminant(&error),
        std::mem::discriminant(&copy),
        "{error} / {copy}"
    );
    error
}

#[test]
fn entities_never_expand() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]><workbook>&b;</workbook>";
    let file = "<!DOCTYPE workbook [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><workbook>&x;</workbook>";
    for document in [bomb, file] {
        let error = read(FileKind::Twb, document.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Hostile { .. }), "{error}");
        let error = refuse(&package(&[("Book.twb", document.as_bytes())]));
        assert!(error.to_string().contains("(`Book.twb`, byte"), "{error}");
    }
}

#[test]
fn deep_documents_are_refused() {
    for open in [
        "<zone>",
        "<relation>",
        "<datasources>",
        "<connection><named-connections><named-connection>",
    ] {
        let document = format!(
            "<workbook><datasources><datasource><connection>{}",
            open.repeat(10_000)
        );
        let error = read(FileKind::Twb, document.as_bytes()).unwrap_err();
        assert!(
            matches!(
                error,
                Error::TooLarge {
                    limit: Limit::ElementDepth,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_flood_of_facts_is_refused() {
    let limits = Limits {
        facts_bytes: 10_000,
        ..Limits::default()
    };
    let floods = [
        format!(
            "<workbook><worksheets>{}</worksheets></workbook>",
            "<worksheet name='a'/>".repeat(1_000)
        ),
        format!(
            "<workbook><windows>{}</windows></workbook>",
            "<window name='a'/>".repeat(1_000)
        ),
        format!(
            "<workbook><datasources><datasource>{}</datasource></datasources></workbook>",
            "<column name='[a]'/>".repeat(1_000)
        ),
    ];
    for document in floods {
        let error = inspect(FileKind::Twb, Cursor::new(document.as_bytes()), &limits).unwrap_err();
        assert!(
            matches!(
                error,
                Error::TooLarge {
                    limit: Limit::FactsBytes,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_zip_bomb_is_refused_by_its_directory() {
    let bomb = package(&[("Book.twb", &vec![b' '; 20 << 20])]);
    assert!(bomb.len() < 100_000);
    assert!(matches!(
        refuse(&bomb),
        Error::TooLarge {
            limit: Limit::CompressionRatio,
            ..
        }
    ));
}

#[test]
fn archives_are_held_against_the_limits() {
    let archive = sample_package();
    let cases = [
        (
            Limits {
                archive_entries: 3,
                ..Limits::default()
            },
            Limit::ArchiveEntries,
        ),
        (
            Limits {
                archive_bytes: 1_000,
                ..Limits::default()
            },
            Limit::ArchiveBytes,
        ),
        (
            Limits {
                path_bytes: 20,
                ..Limits::default()
            },
            Limit::PathBytes,
        ),
        (
            Limits {
                document_bytes: 1_000,
                ..Limits::default()
            },
            Limit::DocumentBytes,
        ),
    ];
    for (limits, expected) in cases {
        let error = inspect(FileKind::Twbx, Cursor::new(&archive), &limits).unwrap_err();
        assert!(
            matches!(&error, Error::TooLarge { limit, .. } if *limit == expected),
            "{error}"
        );
    }
}

#[test]
fn paths_out_of_the_package_are_refused() {
    for (plain, evil) in [
        ("xx/passwd", "../passwd"),
        ("a/x/b", "a/../"),
        ("xpasswd", "/passwd"),
        ("ab.txt", "C:.txt"),
        ("ab.txt", "a\\.txt"),
    ] {
        let evil = &format!("{evil}{}", &plain[evil.len().min(plain.len())..]);
        let mut bytes = package(&[("Book.twb", sample().as_bytes()), (plain, b"x")]);
        assert_eq!(patch(&mut bytes, plain.as_bytes(), evil.as_bytes()), 2, "{plain}");
        assert!(matches!(refuse(&bytes), Error::Hostile { .. }), "{evil}");
    }
}

#[test]
fn two_entries_of_one_name_are_refused() {
    for other in ["Book.twb", "BOOK.TWB"] {
        let mut bytes = package(&[("Book.twb", sample().as_bytes()), ("Bxxk.twb", b"<workbook/>")]);
        assert_eq!(patch(&mut bytes, b"Bxxk.twb", other.as_bytes()), 2);
        let error = refuse(&bytes);
        assert!(matches!(error, Error::Hostile { .. }), "{error}");
        assert!(error.to_string().contains("two entries with one name"), "{error}");
    }
}

/// Changes four bytes at an offset of the local and the central header of the only entry.
fn with_header(bytes: &mut [u8], offset: usize, value: &[u8]) {
    let places = [(b"PK\x03\x04", 0), (b"PK\x01\x02", 2)];
    for (magic, shift) in places {
        let at = (0..bytes.len())
            .find(|&at| bytes[at..].starts_with(magic))
            .unwrap()
            + offset
            + shift;
        bytes[at..at + value.len()].copy_from_slice(value);
    }
}

#[test]
fn sizes_that_lie_are_refused() {
    let document = sample();
    let size = u32::try_from(document.len()).unwrap();
    for lie in [size - 10, size + 10, 1, 0] {
        let mut bytes = package(&[("Book.twb", document.as_bytes())]);
        with_header(&mut bytes, 22, &lie.to_le_bytes());
        let error = refuse(&bytes);
        assert!(matches!(error, Error::Hostile { .. }), "{lie}: {error}");
    }
}

#[test]
fn a_wrong_checksum_is_damage() {
    let mut bytes = package(&[("Book.twb", sample().as_bytes())]);
    with_header(&mut bytes, 14, &[1, 2, 3, 4]);
    assert!(matches!(refuse(&bytes), Error::Damaged { .. }));
}

#[test]
fn encrypted_entries_are_refused() {
    let mut bytes = package(&[("Book.twb", sample().as_bytes())]);
    with_header(&mut bytes, 6, &[1, 0]);
    assert!(matches!(refuse(&bytes), Error::Hostile { .. }));
}

#[test]
fn entries_that_share_their_bytes_are_refused() {
    // The second entry's place in the directory is set to the first one's.
    let mut bytes = package(&[
        ("Book.twb", sample().as_bytes()),
        ("Cook.txt", sample().as_bytes()),
    ]);
    let second = (0..bytes.len())
        .rev()
        .find(|&at| bytes[at..].starts_with(b"PK\x01\x02"))
        .unwrap();
    bytes[second + 42..second + 46].copy_from_slice(&[0; 4]);
    assert!(matches!(refuse(&bytes), Error::Hostile { .. }));
}

#[test]
fn truncated_files_are_damaged() {
    let archive = sample_package();
    for length in [10, 100, archive.len() / 2, archive.len() - 1] {
        let error = refuse(&archive[..length]);
        assert!(matches!(error, Error::Damaged { .. }), "{length}: {error}");
    }
    let document = sample();
    for length in [1, 100, document.len() / 2, document.len() - 4] {
        let error = read(FileKind::Twb, &document.as_bytes()[..length]).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{length}: {error}");
    }
}

#[test]
fn empty_files_are_damaged() {
    for extension in [
        "twb", "twbx", "tds", "tdsx", "hyper", "tde", "parquet", "tfl", "tflx",
    ] {
        let kind = FileKind::from_extension(extension).unwrap();
        let error = read(kind, b"").unwrap_err();
        assert_eq!(
            error.to_string(),
            "damaged file: the file is empty; save or upload it again"
        );
    }
}

#[test]
fn a_package_needs_a_document() {
    let cases = [
        (None, "save it again"),
        (Some("readme.txt"), "save it again"),
        (Some("Data/Book.twb"), "pack the files themselves"),
        (Some("__MACOSX/._Book.twb"), "save it again"),
        (Some("._Book.twb"), "save it again"),
    ];
    for (name, hint) in cases {
        let entries: Vec<(&str, &[u8])> = name
            .map(|name| (name, b"<workbook/>".as_slice()))
            .into_iter()
            .collect();
        let error = refuse(&package(&entries));
        assert!(matches!(error, Error::NoDocument { .. }), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
    let error = read(FileKind::Tflx, &package(&[("x", b"y")])).unwrap_err();
    assert!(matches!(error, Error::NoDocument { .. }), "{error}");
}
