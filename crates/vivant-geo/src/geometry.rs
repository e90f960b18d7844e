//! Geometries as databases and extracts hold them: well-known binary.

/// A geometry in degrees east and north.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geometry {
    /// Single points.
    pub points: Vec<(f64, f64)>,
    /// Lines.
    pub lines: Vec<Vec<(f64, f64)>>,
    /// Rings of areas; holes are told by the even-odd rule.
    pub rings: Vec<Vec<(f64, f64)>>,
}

/// How deep collections may hold collections.
const DEPTH: usize = 16;

/// Reads a geometry; `None` for what is not well-known binary. Third and further numbers of points are left out.
pub fn geometry(data: &[u8]) -> Option<Geometry> {
    let mut reader = Reader(data);
    let mut out = Geometry::default();
    reader.geometry(&mut out, DEPTH)?;
    Some(out)
}

struct Reader<'d>(&'d [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self, little: bool) -> Option<u32> {
        let bytes = self.bytes::<4>()?;
        Some(match little {
            true => u32::from_le_bytes(bytes),
            false => u32::from_be_bytes(bytes),
        })
    }

    fn real(&mut self, little: bool) -> Option<f64> {
        let bytes = self.bytes::<8>()?;
        Some(match little {
            true => f64::from_le_bytes(bytes),
            false => f64::from_be_bytes(bytes),
        })
    }

    fn point(&mut self, little: bool, width: usize) -> Option<(f64, f64)> {
        let (x, y) = (self.real(little)?, self.real(little)?);
        for _ in 2..width {
            self.real(little)?;
        }
        Some((x, y))
    }

    fn points(&mut self, little: bool, width: usize) -> Option<Vec<(f64, f64)>> {
        let count = self.number(little)? as usize;
        // A count that the bytes cannot hold must not take memory.
        if count > self.0.len() / (8 * width) {
            return None;
        }
        (0..count).map(|_| self.point(little, width)).collect()
    }

    fn geometry(&mut self, out: &mut Geometry, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let little = self.bytes::<1>()? == [1];
        let mut kind = self.number(little)?;
        let mut width = 2;
        // Flags of one dialect, thousands of the other.
        if kind & 0x2000_0000 != 0 {
            self.number(little)?;
        }
        width += usize::from(kind & 0x8000_0000 != 0) + usize::from(kind & 0x4000_0000 != 0);
        kind &= 0x0fff_ffff;
        width += match kind / 1000 {
            1 | 2 => 1,
            3 => 2,
            _ => 0,
        };
        match kind % 1000 {
            1 => {
                let (x, y) = self.point(little, width)?;
                if x.is_finite() && y.is_finite() {
                    out.points.push((x, y));
                }
            }
            2 => {
                let line = self.points(little, width)?;
                out.lines.push(line);
            }
            3 => {
                for _ in 0..self.number(little)? {
                    let ring = self.points(little, width)?;
                    out.rings.push(ring);
                }
            }
            4..=7 => {
                for _ in 0..self.number(little)? {
                    self.geometry(out, depth)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f64, y: f64) -> Vec<u8> {
        let mut out = vec![1, 1, 0, 0, 0];
        out.extend(x.to_le_bytes());
        out.extend(y.to_le_bytes());
        out
    }

    #[test]
    fn points_and_collections_are_read() {
        assert_eq!(geometry(&point(13.0, 52.0)).unwrap().points, [(13.0, 52.0)]);
        let mut many = vec![1, 7, 0, 0, 0, 2, 0, 0, 0];
        many.extend(point(1.0, 2.0));
        many.extend(point(3.0, 4.0));
        assert_eq!(geometry(&many).unwrap().points, [(1.0, 2.0), (3.0, 4.0)]);
    }

    #[test]
    fn damaged_geometries_are_refused() {
        let whole = point(13.0, 52.0);
        for end in 0..whole.len() {
            assert_eq!(geometry(&whole[..end]), None);
        }
        // A line that claims four billion points, and collections without end.
        assert_eq!(geometry(&[1, 2, 0, 0, 0, 255, 255, 255, 255, 0]), None);
        let deep: Vec<u8> = std::iter::repeat_n([1, 7, 0, 0, 0, 1, 0, 0, 0], 1000)
            .flatten()
            .collect();
        assert_eq!(geometry(&deep), None);
    }
}
