//! Files broken at random places never cause a panic, and never more than an error.

use std::collections::HashMap;
use std::io::Cursor;

use vivant_document::check::{CheckOptions, check};
use vivant_document::edit::{
    ConnectionChange, ConnectionMatch, Domain, FilterScope, JoinKind, JoinOn, Literal, NewCalculation,
    NewFilter, NewJoin, NewParameter, TableSource,
};
use vivant_document::{
    CanonicalOptions, Document, FileKind, Limits, canonical, diff, inspect, without_extract,
};

use crate::support::{sample, sample_package};

/// Small generator (xorshift), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap()
    }
}

/// Makes one to four changes: a byte, a cut, a piece left out, a piece twice, a piece of markup.
fn mutate(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    const PIECES: [&[u8]; 12] = [
        b"<",
        b">",
        b"'",
        b"&",
        b"</",
        b"<![CDATA[",
        b"<!--",
        b"<?",
        b"&#0;",
        b"_.fcp.X.false...",
        b"\0\xff",
        b"PK\x01\x02",
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len());
        let end = (at + dice.roll(200)).min(bytes.len());
        match dice.roll(6) {
            0 if !bytes.is_empty() => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            1 if dice.roll(4) == 0 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => drop(bytes.splice(at..at, PIECES[dice.roll(PIECES.len())].iter().copied())),
            _ if !bytes.is_empty() => bytes[at] ^= 1 << dice.roll(8),
            _ => {}
        }
    }
    bytes
}

/// How often a test rolls the dice: a little, or as often as `VIVANT_MUTATIONS` says.
fn rounds(usual: usize) -> usize {
    std::env::var("VIVANT_MUTATIONS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(usual)
}

#[test]
fn mutated_documents_do_not_panic() {
    let document = sample();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut readable = 0;
    for _ in 0..rounds(3_000) {
        let bytes = mutate(document.as_bytes(), &mut dice);
        for kind in [FileKind::Twb, FileKind::Tds] {
            readable += usize::from(inspect(kind, Cursor::new(&bytes), &Limits::default()).is_ok());
        }
    }
    assert!(
        readable > 100,
        "mutations should leave some documents readable, not {readable}"
    );
}

#[test]
fn mutated_packages_do_not_panic() {
    let archive = sample_package();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for _ in 0..rounds(3_000) {
        let bytes = mutate(&archive, &mut dice);
        let _ = inspect(FileKind::Twbx, Cursor::new(&bytes), &Limits::default());
        let mut out = Cursor::new(Vec::new());
        if without_extract(Cursor::new(&bytes), &mut out, &Limits::default()).is_ok() {
            let again = inspect(FileKind::Twbx, Cursor::new(out.get_ref()), &Limits::default());
            assert!(!again.is_ok_and(|facts| facts.has_extract()));
        }
    }
}

#[test]
fn every_cut_is_an_error() {
    let document = sample();
    let document = document.trim_end().as_bytes();
    for length in (0..document.len()).step_by(7) {
        assert!(
            inspect(
                FileKind::Twb,
                Cursor::new(&document[..length]),
                &Limits::default()
            )
            .is_err(),
            "{length}"
        );
    }
    let archive = sample_package();
    for length in 0..archive.len() {
        assert!(
            inspect(
                FileKind::Twbx,
                Cursor::new(&archive[..length]),
                &Limits::default()
            )
            .is_err(),
            "{length}"
        );
    }
}

#[test]
fn mutated_documents_survive_views_checks_and_edits() {
    let document = sample();
    let mut dice = Dice(0x1234_5678_9abc_def1);
    let mut readable = 0;
    for _ in 0..rounds(1_500) {
        let bytes = mutate(document.as_bytes(), &mut dice);
        let Ok(mut broken) = Document::parse(bytes.clone(), &Limits::default()) else {
            continue;
        };
        readable += 1;
        assert!(broken.to_bytes() == bytes, "written as it was read");
        let original = broken.clone();
        let _ = check(&broken, &CheckOptions::default());
        edit_everything(&mut broken);
        let written = broken.to_bytes();
        let again = Document::parse(written, &Limits::default()).expect("an edited document can be read");
        let text = canonical(&again, &CanonicalOptions::default());
        Document::parse(text, &Limits::default()).expect("canonical text can be read");
        let _ = diff(&original, &broken);
        assert!(original.to_bytes() == bytes, "a copy is not edited");
    }
    assert!(readable > 100, "{readable} documents could be read");
}

/// Tries one edit of each kind; those that cannot be done say so.
fn edit_everything(document: &mut Document) {
    let source = document
        .datasources()
        .last()
        .map(|source| source.name().into_owned())
        .unwrap_or_default();
    let change = ConnectionChange {
        server: Some("<&'\">".to_owned()),
        ..ConnectionChange::default()
    };
    let _ = document.change_connections(&ConnectionMatch::default(), &change);
    let _ = document.swap_database(None, "boats", "ships]");
    let _ = document.add_calculation(
        &source,
        &NewCalculation {
            caption: "New".to_owned(),
            formula: "SUM([Fare]) + 1".to_owned(),
            ..NewCalculation::default()
        },
    );
    let members = NewFilter::Members {
        values: vec![Literal::Text("x".to_owned())],
        exclude: true,
        custom_list: true,
    };
    let _ = document.add_filter(&source, FilterScope::Extract, "Port", &members);
    let _ = document.add_parameter(&NewParameter {
        caption: "P".to_owned(),
        datatype: "string".to_owned(),
        value: Some(Literal::Text("]]>".to_owned())),
        domain: Domain::All,
    });
    let _ = document.add_join(
        &source,
        &NewJoin {
            kind: JoinKind::Full,
            table: TableSource::Sql("SELECT <".to_owned()),
            name: "new".to_owned(),
            on: vec![JoinOn {
                left_table: "trips.csv".to_owned(),
                left: "Port".to_owned(),
                operator: "=".to_owned(),
                right: "x".to_owned(),
            }],
            connection: None,
        },
    );
    let _ = document.set_caption(&source, "Port", Some("Harbour"));
    let _ = document.set_hierarchy(&source, "H", &["Port"]);
    let _ = document.rename_field(&source, "Fare", "x:y]");
    let _ = document.set_sheet_hidden("Fares", true);
    let _ = document.delete_sheet("Secret", true);
    let other = Document::new_published(
        "n",
        "h",
        80,
        "http",
        "",
        "c",
        &[("A".to_owned(), "real".to_owned())],
    );
    let _ = document.repoint(&source, &other.expect("a sound data source"), &HashMap::new());
}
