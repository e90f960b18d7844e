//! Tables as they lie in the program: deflated, numbers as few bytes as they need.

use std::io::Read;

/// Unpacks a table. The tables are part of the program, so they are whole.
pub(crate) fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(packed.len() * 3);
    flate2::read::ZlibDecoder::new(packed)
        .read_to_end(&mut out)
        .expect("a table of the program is whole");
    out
}

/// Unpacks a table of text.
pub(crate) fn unpack_text(packed: &[u8]) -> String {
    String::from_utf8(unpack(packed)).expect("a table of the program is text")
}

/// Reads numbers one after the other.
pub(crate) struct Numbers<'d>(std::slice::Iter<'d, u8>);

impl<'d> Numbers<'d> {
    pub fn new(data: &'d [u8]) -> Self {
        Self(data.iter())
    }

    /// A byte as it is.
    pub fn byte(&mut self) -> u8 {
        *self.0.next().expect("a table of the program is whole")
    }

    /// A number: seven bits a byte, least first; odd ones are negative.
    pub fn number(&mut self) -> i64 {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte();
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                break;
            }
            shift += 7;
        }
        match value & 1 {
            0 => (value >> 1) as i64,
            _ => -((value >> 1) as i64) - 1,
        }
    }

    /// A number of things.
    pub fn count(&mut self) -> usize {
        usize::try_from(self.number()).expect("a table of the program counts from zero")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_script_writes_them() {
        let mut numbers = Numbers::new(&[0, 1, 2, 0x80 | 0x2c, 2, 7]);
        assert_eq!(numbers.number(), 0);
        assert_eq!(numbers.number(), -1);
        assert_eq!(numbers.number(), 1);
        assert_eq!(numbers.number(), 150);
        assert_eq!(numbers.byte(), 7);
    }
}
