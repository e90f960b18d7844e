//! Well-known binary, with the additions of PostGIS for heights and coordinate systems.

use super::{Geometry, MAX_DEPTH, Path, Point};

/// Reads well-known binary, all of it.
pub(super) fn read(bytes: &[u8]) -> Option<Geometry> {
    let mut reader = Reader { rest: bytes };
    let found = reader.geometry(MAX_DEPTH)?;
    reader.rest.is_empty().then_some(found)
}

struct Reader<'b> {
    rest: &'b [u8],
}

/// How the numbers of a geometry are written.
#[derive(Clone, Copy)]
struct Order {
    little: bool,
    /// Numbers of each place.
    width: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    fn whole(&mut self, order: Order) -> Option<u32> {
        let bytes = self.take::<4>()?;
        Some(match order.little {
            true => u32::from_le_bytes(bytes),
            false => u32::from_be_bytes(bytes),
        })
    }

    fn real(&mut self, order: Order) -> Option<f64> {
        let bytes = self.take::<8>()?;
        Some(match order.little {
            true => f64::from_le_bytes(bytes),
            false => f64::from_be_bytes(bytes),
        })
    }

    fn head(&mut self) -> Option<(u32, Order)> {
        let little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            _ => return None,
        };
        let mut order = Order { little, width: 2 };
        let code = self.whole(order)?;
        // Thousands, or high bits, say that there are heights and measures.
        let (kind, more) = (code & 0xFFFF, code >> 28);
        order.width += match kind / 1000 {
            0 => (more >> 3 & 1) as usize + (more >> 2 & 1) as usize,
            1 | 2 => 1,
            3 => 2,
            _ => return None,
        };
        if more & 2 != 0 {
            self.whole(order)?;
        }
        Some((kind % 1000, order))
    }

    fn geometry(&mut self, depth: usize) -> Option<Geometry> {
        let (kind, order) = self.head()?;
        Some(match kind {
            1 => {
                let point = self.point(order)?;
                // There is no other empty point.
                let is_empty = point.0.is_nan() && point.1.is_nan();
                Geometry::Points(if is_empty { Vec::new() } else { vec![point] })
            }
            2 => Geometry::Lines(vec![self.path(order)?]),
            3 => {
                let area = self.area(order)?;
                Geometry::Areas(if area.is_empty() { Vec::new() } else { vec![area] })
            }
            4..=7 => {
                let depth = depth.checked_sub(1)?;
                let count = self.whole(order)?;
                let mut parts = Vec::new();
                for _ in 0..count {
                    parts.push(self.geometry(depth)?);
                }
                match kind {
                    4 => Geometry::Points(only(parts, |one| match one {
                        Geometry::Points(points) => Some(points),
                        _ => None,
                    })?),
                    5 => Geometry::Lines(only(parts, |one| match one {
                        Geometry::Lines(lines) => Some(lines),
                        _ => None,
                    })?),
                    6 => Geometry::Areas(only(parts, |one| match one {
                        Geometry::Areas(areas) => Some(areas),
                        _ => None,
                    })?),
                    _ => Geometry::Mixed(parts),
                }
            }
            _ => return None,
        })
    }

    fn point(&mut self, order: Order) -> Option<Point> {
        let point = (self.real(order)?, self.real(order)?);
        for _ in 2..order.width {
            self.real(order)?;
        }
        Some(point)
    }

    /// Reads places; a count that lies ends with the bytes and asks for no memory before.
    fn path(&mut self, order: Order) -> Option<Path> {
        let count = self.whole(order)?;
        (0..count).map(|_| self.point(order)).collect()
    }

    fn area(&mut self, order: Order) -> Option<Vec<Path>> {
        let count = self.whole(order)?;
        (0..count).map(|_| self.path(order)).collect()
    }
}

fn only<T>(parts: Vec<Geometry>, of: impl Fn(Geometry) -> Option<Vec<T>>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(of(part)?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(parts: &[(u32, &[f64])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (code, numbers) in parts {
            out.push(1);
            out.extend(code.to_le_bytes());
            out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
        out
    }

    #[test]
    fn points_have_heights_and_systems_or_not() {
        let point = Some(Geometry::Points(vec![(1.0, 2.0)]));
        assert_eq!(read(&bytes(&[(1, &[1.0, 2.0])])), point);
        assert_eq!(read(&bytes(&[(1001, &[1.0, 2.0, 9.0])])), point);
        assert_eq!(read(&bytes(&[(0x8000_0001, &[1.0, 2.0, 9.0])])), point);
        let mut with_system = vec![1];
        with_system.extend(0x2000_0001_u32.to_le_bytes());
        with_system.extend(4326_u32.to_le_bytes());
        with_system.extend([1.0_f64, 2.0].iter().flat_map(|number| number.to_le_bytes()));
        assert_eq!(read(&with_system), point);
        let empty = bytes(&[(1, &[f64::NAN, f64::NAN])]);
        assert_eq!(read(&empty), Some(Geometry::Points(Vec::new())));
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let good = bytes(&[(1, &[1.0, 2.0])]);
        for end in 0..good.len() {
            assert_eq!(read(&good[..end]), None);
        }
        // A line of four thousand million places that are not there.
        assert_eq!(read(&[1, 2, 0, 0, 0, 255, 255, 255, 255]), None);
        assert_eq!(read(&[1, 6, 0, 0, 0, 255, 255, 255, 255]), None);
        assert_eq!(read(&[2, 1, 0, 0, 0]), None);
    }
}
