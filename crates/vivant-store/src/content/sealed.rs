//! Objects that are encrypted where they lie.
//!
//! Each has a data key of its own, which stands at its beginning, encrypted with the installation key and bound to
//! the object's name. Behind it come pieces of 64 KiB, each encrypted for itself and bound to its place and to whether
//! it is the last: any stretch can be read without what is before it, and none can be left out, moved or cut off.
//! That an object is encrypted stands in its name, so nobody can pass an own file off as one.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::ops::Range;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::ContentStream;
use crate::secrets::{Vault, random};
use crate::{Error, Result};

/// What the name of an encrypted object ends with.
pub(crate) const MARK: char = 's';

const MAGIC: &[u8; 8] = b"VVSEAL01";
/// A data key of 32 bytes as the vault writes it: a nonce and a tag more.
const KEY: usize = 24 + 32 + 16;
/// Bytes before the first piece.
pub(super) const HEAD: u64 = (MAGIC.len() + KEY) as u64;
/// Bytes of a piece, and what encryption adds to it.
const PIECE: u64 = 64 << 10;
const TAG: u64 = 16;

/// Returns whether an object of this name is encrypted.
pub(crate) fn is_sealed(key: &str) -> bool {
    key.ends_with(MARK)
}

/// The data key of an object.
pub(super) struct DataKey(LessSafeKey);

impl DataKey {
    /// Makes a key, and the beginning of the object that it is for.
    pub(super) fn create(vault: &Vault, name: &str) -> Result<(Self, Vec<u8>)> {
        let key = Zeroizing::new(random::<32>()?);
        let mut head = MAGIC.to_vec();
        head.extend(vault.encrypt(&bound(name), key.as_slice())?);
        Ok((Self::new(key.as_slice())?, head))
    }

    /// Reads the key from the beginning of an object.
    pub(super) fn read(vault: &Vault, name: &str, head: &[u8]) -> Result<Self> {
        let sealed = head
            .strip_prefix(MAGIC.as_slice())
            .ok_or_else(|| damaged(name, "it does not begin as an encrypted object does"))?;
        let key = vault
            .decrypt(&bound(name), sealed)
            .ok_or_else(|| damaged(name, "its data key does not read back with the installation key"))?;
        Self::new(&key)
    }

    fn new(key: &[u8]) -> Result<Self> {
        let key =
            UnboundKey::new(&AES_256_GCM, key).map_err(|_| Error::backend("a data key of a wrong length"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    fn seal(&self, place: u64, last: bool, piece: &mut Vec<u8>) -> Result<()> {
        self.0
            .seal_in_place_append_tag(nonce(place, last), Aad::empty(), piece)
            .map_err(|_| Error::backend("encrypting an object"))
    }

    fn open<'p>(&self, place: u64, last: bool, piece: &'p mut [u8]) -> Option<&'p [u8]> {
        let opened = self.0.open_in_place(nonce(place, last), Aad::empty(), piece);
        opened.ok().map(|plain| &*plain)
    }
}

/// No two pieces of a key have the same: it is used for one object, which is written once.
fn nonce(place: u64, last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..8].copy_from_slice(&place.to_be_bytes());
    nonce[NONCE_LEN - 1] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}

fn bound(name: &str) -> String {
    format!("object {name}")
}

pub(super) fn damaged(name: &str, why: &str) -> Error {
    Error::Damaged(format!("encrypted object {name}: {why}"))
}

/// How many bytes an encrypted object has for so many of a file.
pub(super) fn size_of(plain: u64) -> u64 {
    HEAD + plain + pieces(plain) * TAG
}

/// How many bytes of a file an encrypted object of this size holds; `None` where none has this size.
pub(super) fn size_within(sealed: u64) -> Option<u64> {
    let body = sealed.checked_sub(HEAD)?;
    let plain = body.checked_sub(body.div_ceil(PIECE + TAG).max(1) * TAG)?;
    (size_of(plain) == sealed).then_some(plain)
}

/// An empty file has one piece, too.
fn pieces(plain: u64) -> u64 {
    plain.div_ceil(PIECE).max(1)
}

/// Writes a file as an encrypted object.
pub(super) fn write(key: &DataKey, head: &[u8], from: &Path, to: File) -> Result<()> {
    let io = |e: &std::io::Error| Error::io("encrypting a file", e);
    let mut from = File::open(from).map_err(|e| io(&e))?;
    let size = from.metadata().map_err(|e| io(&e))?.len();
    let mut to = BufWriter::with_capacity(1 << 20, to);
    to.write_all(head).map_err(|e| io(&e))?;
    let count = pieces(size);
    for place in 0..count {
        let mut piece = Vec::with_capacity((PIECE + TAG) as usize);
        let length = PIECE.min(size - place * PIECE);
        let read = (&mut from).take(length).read_to_end(&mut piece);
        if read.map_err(|e| io(&e))? as u64 != length {
            return Err(Error::backend("a file became shorter while it was encrypted"));
        }
        key.seal(place, place + 1 == count, &mut piece)?;
        to.write_all(&piece).map_err(|e| io(&e))?;
    }
    to.flush().map_err(|e| io(&e))
}

/// Which bytes of an encrypted object a range of its file is in.
pub(super) fn stretch(plain: &Range<u64>, sealed: u64) -> Range<u64> {
    let (first, last) = (plain.start / PIECE, plain.end.saturating_sub(1) / PIECE);
    let at = |piece: u64| HEAD + piece * (PIECE + TAG);
    at(first)..at(last + 1).min(sealed)
}

/// Decrypts a stretch as it comes and gives of it what was asked for, piece by piece.
pub(super) fn read(
    name: &str,
    key: DataKey,
    size: u64,
    range: Range<u64>,
    bytes: ContentStream,
) -> ContentStream {
    let reading = Reading {
        name: name.to_owned(),
        key,
        place: range.start / PIECE,
        size,
        range,
        bytes,
        rest: BytesMut::new(),
    };
    stream::try_unfold(reading, |mut reading| async move {
        let piece = reading.next().await?;
        Ok(piece.map(|piece| (piece, reading)))
    })
    .boxed()
}

struct Reading {
    name: String,
    key: DataKey,
    /// The number of the piece that comes next.
    place: u64,
    /// Of the file.
    size: u64,
    range: Range<u64>,
    bytes: ContentStream,
    rest: BytesMut,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let begins = self.place * PIECE;
        if begins >= self.range.end {
            return Ok(None);
        }
        let plain = PIECE.min(self.size - begins);
        let length = (plain + TAG) as usize;
        while self.rest.len() < length {
            match self.bytes.next().await {
                Some(more) => self.rest.extend_from_slice(&more?),
                None => return Err(damaged(&self.name, "it is cut off")),
            }
        }
        let mut piece = self.rest.split_to(length);
        let last = self.place + 1 == pieces(self.size);
        if self.key.open(self.place, last, &mut piece).is_none() {
            return Err(damaged(&self.name, "its bytes are not those that were written"));
        }
        self.place += 1;
        let within = |at: u64| at.saturating_sub(begins).min(plain) as usize;
        Ok(Some(
            piece
                .freeze()
                .slice(within(self.range.start)..within(self.range.end)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "00112233445566778899aabbccddeeffs";

    fn vault() -> Vault {
        Vault::new(&[7; 32])
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        std::fs::write(&from, plain).unwrap();
        let (key, head) = DataKey::create(&vault(), NAME).unwrap();
        write(&key, &head, &from, File::create(&to).unwrap()).unwrap();
        std::fs::read(&to).unwrap()
    }

    /// Reads a range, of which the storage gives a few bytes at a time.
    async fn opened(object: &[u8], range: Range<u64>) -> Result<Vec<u8>> {
        let size = size_within(object.len() as u64).ok_or_else(|| damaged(NAME, "size"))?;
        let key = DataKey::read(&vault(), NAME, &object[..HEAD as usize])?;
        let stretch = stretch(&range, object.len() as u64);
        let part = object[stretch.start as usize..stretch.end as usize].to_vec();
        let bytes: Vec<Result<Bytes>> = part
            .chunks(50_001)
            .map(|some| Ok(Bytes::copy_from_slice(some)))
            .collect();
        let mut found = Vec::new();
        let mut pieces = read(NAME, key, size, range, stream::iter(bytes).boxed());
        while let Some(piece) = pieces.next().await {
            found.extend_from_slice(&piece?);
        }
        Ok(found)
    }

    fn text(length: u64) -> Vec<u8> {
        (0..length).map(|n| (n % 251) as u8).collect()
    }

    #[tokio::test]
    async fn any_range_reads_back() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17] {
            let plain = text(length);
            let object = sealed(&plain);
            assert_eq!(object.len() as u64, size_of(length));
            assert_eq!(size_within(object.len() as u64), Some(length));
            for range in [
                0..length,
                length / 2..length,
                0..length / 3,
                length / 3..length / 2,
            ] {
                if range.start < range.end {
                    let wanted = &plain[range.start as usize..range.end as usize];
                    assert_eq!(
                        opened(&object, range.clone()).await.unwrap(),
                        wanted,
                        "{range:?} of {length}"
                    );
                }
            }
            assert!(length < 8 || !object.windows(8).any(|some| some == &plain[..8]));
        }
    }

    #[tokio::test]
    async fn what_was_changed_does_not_read_back() {
        let length = 2 * PIECE + 100;
        let object = sealed(&text(length));
        let piece = (PIECE + TAG) as usize;
        let head = HEAD as usize;
        let mut flipped = object.clone();
        flipped[head + 5] ^= 1;
        assert!(opened(&flipped, 0..10).await.is_err());
        // Another piece is whole.
        assert!(opened(&flipped, PIECE..PIECE + 10).await.is_ok());
        let mut swapped = object.clone();
        let (first, second) = swapped[head..].split_at_mut(piece);
        first.swap_with_slice(&mut second[..piece]);
        assert!(opened(&swapped, 0..10).await.is_err());
        // Cut off between two pieces.
        let cut = &object[..head + 2 * piece];
        assert!(opened(cut, 0..2 * PIECE).await.is_err());
        assert!(opened(&object[..object.len() - 1], 0..length).await.is_err());
        let mut other = object.clone();
        other[20] ^= 1;
        assert!(opened(&other, 0..10).await.is_err());
    }

    #[test]
    fn a_data_key_is_for_one_object() {
        let object = sealed(b"content");
        let head = &object[..HEAD as usize];
        assert!(DataKey::read(&vault(), NAME, head).is_ok());
        assert!(DataKey::read(&vault(), "ffs", head).is_err());
        assert!(DataKey::read(&Vault::new(&[8; 32]), NAME, head).is_err());
        assert_ne!(sealed(b"content"), object);
        assert_eq!(size_within(HEAD), None);
        assert_eq!(size_within(HEAD + TAG), Some(0));
    }
}
