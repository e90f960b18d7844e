//! Files broken at random places never cause a panic, and never more than an error.

use std::io::Cursor;

use vivant_document::{FileKind, Limits, inspect, without_extract};

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

#[test]
fn mutated_documents_do_not_panic() {
    let document = sample();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut readable = 0;
    for _ in 0..3_000 {
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
    for _ in 0..3_000 {
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
