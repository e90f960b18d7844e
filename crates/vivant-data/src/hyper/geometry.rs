//! Geometries between the two forms that everyone reads: well-known text and well-known binary.

use crate::error::{DataError, Result, shorten};

/// Geometries inside one another deeper than this are not read.
const DEPTH: usize = 8;

const NAMES: [(&str, u32); 7] = [
    ("POINT", 1),
    ("LINESTRING", 2),
    ("POLYGON", 3),
    ("MULTIPOINT", 4),
    ("MULTILINESTRING", 5),
    ("MULTIPOLYGON", 6),
    ("GEOMETRYCOLLECTION", 7),
];

/// Writes text as binary, little-endian.
pub(crate) fn to_binary(text: &str) -> Result<Vec<u8>> {
    let mut reader = Text { rest: text.trim() };
    let mut out = Vec::with_capacity(text.len());
    reader
        .geometry(&mut out, DEPTH)
        .filter(|()| reader.rest.trim().is_empty())
        .ok_or_else(|| DataError::damaged("a geometry", shorten(text)))?;
    Ok(out)
}

/// Writes binary as text.
pub(crate) fn to_text(binary: &[u8]) -> Result<String> {
    let mut reader = Binary { rest: binary };
    let mut out = String::with_capacity(binary.len());
    reader
        .geometry(&mut out, DEPTH)
        .filter(|()| reader.rest.is_empty())
        .ok_or_else(|| DataError::damaged("a geometry", "it is not well-known binary"))?;
    Ok(out)
}

struct Text<'t> {
    rest: &'t str,
}

impl Text<'_> {
    fn eat(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.trim_start();
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    fn is_next(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.starts_with(wanted)
    }

    fn word(&mut self) -> &str {
        self.rest = self.rest.trim_start();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn geometry(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        let word = self.word().to_ascii_uppercase();
        let (_, code) = NAMES.iter().find(|(name, _)| *name == word)?;
        out.push(1);
        out.extend_from_slice(&code.to_le_bytes());
        if self
            .rest
            .trim_start()
            .get(..5)
            .is_some_and(|next| next.eq_ignore_ascii_case("empty"))
        {
            self.word();
            match code {
                // There is no empty point in binary but this.
                1 => out.extend_from_slice(&[f64::NAN.to_le_bytes(), f64::NAN.to_le_bytes()].concat()),
                _ => out.extend_from_slice(&0_u32.to_le_bytes()),
            }
            return Some(());
        }
        match code {
            1 => {
                self.eat('(')?;
                self.point(out)?;
                self.eat(')')
            }
            2 => self.points(out),
            3 => self.list(out, &mut |text, out| text.points(out)),
            4 => self.list(out, &mut |text, out| {
                header(out, 1);
                let bracketed = text.is_next('(');
                if bracketed {
                    text.eat('(')?;
                }
                text.point(out)?;
                if bracketed { text.eat(')') } else { Some(()) }
            }),
            5 => self.list(out, &mut |text, out| {
                header(out, 2);
                text.points(out)
            }),
            6 => self.list(out, &mut |text, out| {
                header(out, 3);
                text.list(out, &mut |text, out| text.points(out))
            }),
            _ => {
                let depth = depth.checked_sub(1)?;
                self.list(out, &mut |text, out| text.geometry(out, depth))
            }
        }
    }

    fn points(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.list(out, &mut |text, out| text.point(out))
    }

    /// Reads `( item , item … )` and puts the count before the items.
    fn list(
        &mut self,
        out: &mut Vec<u8>,
        item: &mut dyn FnMut(&mut Self, &mut Vec<u8>) -> Option<()>,
    ) -> Option<()> {
        self.eat('(')?;
        let at = out.len();
        out.extend_from_slice(&[0; 4]);
        let mut count = 0_u32;
        loop {
            item(self, out)?;
            count = count.checked_add(1)?;
            if self.is_next(',') {
                self.eat(',')?;
            } else {
                break;
            }
        }
        self.eat(')')?;
        out[at..at + 4].copy_from_slice(&count.to_le_bytes());
        Some(())
    }

    fn point(&mut self, out: &mut Vec<u8>) -> Option<()> {
        for _ in 0..2 {
            self.rest = self.rest.trim_start();
            let end = self
                .rest
                .find(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')'))
                .unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at(end);
            out.extend_from_slice(&number.parse::<f64>().ok()?.to_le_bytes());
            self.rest = rest;
        }
        Some(())
    }
}

fn header(out: &mut Vec<u8>, code: u32) {
    out.push(1);
    out.extend_from_slice(&code.to_le_bytes());
}

struct Binary<'b> {
    rest: &'b [u8],
}

impl Binary<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    fn head(&mut self) -> Option<(bool, u32)> {
        let little = match self.take::<1>()? {
            [1] => true,
            [0] => false,
            _ => return None,
        };
        Some((little, self.number(little)?))
    }

    fn number(&mut self, little: bool) -> Option<u32> {
        let bytes = self.take::<4>()?;
        Some(if little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn geometry(&mut self, out: &mut String, depth: usize) -> Option<()> {
        let (little, code) = self.head()?;
        let (name, _) = NAMES.iter().find(|(_, one)| *one == code)?;
        out.push_str(name);
        match code {
            1 => {
                out.push('(');
                self.point(out, little)?;
                out.push(')');
                Some(())
            }
            2 => self.list(out, little, &mut |binary, out| binary.point(out, little)),
            3 => self.rings(out, little),
            4..=6 => self.list(out, little, &mut |binary, out| {
                let (little, inner) = binary.head()?;
                match inner {
                    1 => {
                        out.push('(');
                        binary.point(out, little)?;
                        out.push(')');
                        Some(())
                    }
                    2 => binary.list(out, little, &mut |binary, out| binary.point(out, little)),
                    3 => binary.rings(out, little),
                    _ => None,
                }
            }),
            _ => {
                let depth = depth.checked_sub(1)?;
                self.list(out, little, &mut |binary, out| binary.geometry(out, depth))
            }
        }
    }

    fn rings(&mut self, out: &mut String, little: bool) -> Option<()> {
        self.list(out, little, &mut |binary, out| {
            binary.list(out, little, &mut |binary, out| binary.point(out, little))
        })
    }

    fn list(
        &mut self,
        out: &mut String,
        little: bool,
        item: &mut dyn FnMut(&mut Self, &mut String) -> Option<()>,
    ) -> Option<()> {
        let count = self.number(little)?;
        if count == 0 {
            out.push_str(" EMPTY");
            return Some(());
        }
        out.push('(');
        for index in 0..count {
            if index > 0 {
                out.push(',');
            }
            item(self, out)?;
        }
        out.push(')');
        Some(())
    }

    fn point(&mut self, out: &mut String, little: bool) -> Option<()> {
        for index in 0..2 {
            let bytes = self.take::<8>()?;
            let number = if little {
                f64::from_le_bytes(bytes)
            } else {
                f64::from_be_bytes(bytes)
            };
            if index > 0 {
                out.push(' ');
            }
            out.push_str(&number.to_string());
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_binary_say_the_same() {
        for text in [
            "POINT(1 -2.5)",
            "LINESTRING(0 0,1 1)",
            "POLYGON((0 0,1 0,1 1,0 0),(0.1 0.1,0.2 0.1,0.1 0.2,0.1 0.1))",
            "MULTIPOINT((1 2),(3 4))",
            "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
            "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
            "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
            "POLYGON EMPTY",
        ] {
            assert_eq!(to_text(&to_binary(text).unwrap()).unwrap(), text);
        }
        assert_eq!(
            to_text(&to_binary("multipoint (1 2, 3 4)").unwrap()).unwrap(),
            "MULTIPOINT((1 2),(3 4))"
        );
    }

    #[test]
    fn damaged_geometries_are_refused() {
        for text in [
            "",
            "POINT",
            "POINT(1)",
            "POINT(1 2",
            "CIRCLE(1 2)",
            "POINT(1 2) x",
        ] {
            assert!(to_binary(text).is_err(), "{text}");
        }
        let binary = to_binary("LINESTRING(0 0,1 1)").unwrap();
        for end in 0..binary.len() {
            assert!(to_text(&binary[..end]).is_err(), "{end}");
        }
        // A count that lies asks for no memory.
        assert!(to_text(&[1, 2, 0, 0, 0, 255, 255, 255, 255]).is_err());
    }
}
