//! Well-known text.

use super::{Geometry, MAX_DEPTH, Path, Point};

/// Reads well-known text, all of it.
pub(super) fn read(text: &str) -> Option<Geometry> {
    let mut reader = Reader { rest: text };
    let found = reader.geometry(MAX_DEPTH)?;
    reader.rest.trim_start().is_empty().then_some(found)
}

/// Writes well-known text.
pub(super) fn write(geometry: &Geometry) -> String {
    let mut out = String::new();
    put(geometry, &mut out);
    out
}

fn put(geometry: &Geometry, out: &mut String) {
    let point = |(x, y): &Point, out: &mut String| out.push_str(&format!("{x} {y}"));
    let in_brackets = |at: &Point, out: &mut String| {
        out.push('(');
        point(at, out);
        out.push(')');
    };
    let path = |path: &Path, out: &mut String| list(path, out, &point);
    let area = |area: &Vec<Path>, out: &mut String| list(area, out, &path);
    match geometry {
        Geometry::Points(points) => match &points[..] {
            [] => out.push_str("POINT EMPTY"),
            [one] => {
                out.push_str("POINT");
                in_brackets(one, out);
            }
            many => {
                out.push_str("MULTIPOINT");
                list(many, out, &in_brackets);
            }
        },
        Geometry::Lines(lines) => match &lines[..] {
            [] => out.push_str("LINESTRING EMPTY"),
            [one] => {
                out.push_str("LINESTRING");
                path(one, out);
            }
            many => {
                out.push_str("MULTILINESTRING");
                list(many, out, &path);
            }
        },
        Geometry::Areas(areas) => match &areas[..] {
            [] => out.push_str("POLYGON EMPTY"),
            [one] => {
                out.push_str("POLYGON");
                area(one, out);
            }
            many => {
                out.push_str("MULTIPOLYGON");
                list(many, out, &area);
            }
        },
        Geometry::Mixed(parts) if parts.is_empty() => out.push_str("GEOMETRYCOLLECTION EMPTY"),
        Geometry::Mixed(parts) => {
            out.push_str("GEOMETRYCOLLECTION");
            list(parts, out, &put);
        }
    }
}

fn list<T>(items: &[T], out: &mut String, put: &dyn Fn(&T, &mut String)) {
    out.push('(');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        put(item, out);
    }
    out.push(')');
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn geometry(&mut self, depth: usize) -> Option<Geometry> {
        let word = self.word().to_ascii_uppercase();
        // Marks of heights and measures.
        let before = self.rest;
        let next = self.word().to_ascii_uppercase();
        let is_empty = match &*next {
            "EMPTY" => true,
            "Z" | "M" | "ZM" => {
                let before = self.rest;
                let is_empty = self.word().eq_ignore_ascii_case("EMPTY");
                if !is_empty {
                    self.rest = before;
                }
                is_empty
            }
            _ => {
                self.rest = before;
                false
            }
        };
        Some(match (&*word, is_empty) {
            ("POINT" | "MULTIPOINT", true) => Geometry::Points(Vec::new()),
            ("LINESTRING" | "MULTILINESTRING", true) => Geometry::Lines(Vec::new()),
            ("POLYGON" | "MULTIPOLYGON", true) => Geometry::Areas(Vec::new()),
            ("GEOMETRYCOLLECTION", true) => Geometry::Mixed(Vec::new()),
            ("POINT", _) => Geometry::Points(self.list(&mut Self::point).filter(|all| all.len() == 1)?),
            ("MULTIPOINT", _) => Geometry::Points(self.list(&mut Self::bracketed)?),
            ("LINESTRING", _) => Geometry::Lines(vec![self.path()?]),
            ("MULTILINESTRING", _) => Geometry::Lines(self.list(&mut Self::path)?),
            ("POLYGON", _) => Geometry::Areas(vec![self.area()?]),
            ("MULTIPOLYGON", _) => Geometry::Areas(self.list(&mut Self::area)?),
            ("GEOMETRYCOLLECTION", _) => {
                let depth = depth.checked_sub(1)?;
                Geometry::Mixed(self.list(&mut |reader: &mut Self| reader.geometry(depth))?)
            }
            _ => return None,
        })
    }

    fn word(&mut self) -> &'t str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic());
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn eat(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(wanted)?;
        Some(())
    }

    fn list<T>(&mut self, item: &mut dyn FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.eat('(')?;
        let mut items = vec![item(self)?];
        while self.eat(',').is_some() {
            items.push(item(self)?);
        }
        self.eat(')')?;
        Some(items)
    }

    fn area(&mut self) -> Option<Vec<Path>> {
        self.list(&mut Self::path)
    }

    fn path(&mut self) -> Option<Path> {
        self.list(&mut Self::point)
    }

    fn bracketed(&mut self) -> Option<Point> {
        match self.eat('(') {
            None => self.point(),
            Some(()) => {
                let point = self.point()?;
                self.eat(')')?;
                Some(point)
            }
        }
    }

    fn point(&mut self) -> Option<Point> {
        let point = (self.number()?, self.number()?);
        while self.number().is_some() {}
        Some(point)
    }

    fn number(&mut self) -> Option<f64> {
        let text = self.rest.trim_start();
        let end = text
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')'))
            .unwrap_or(text.len());
        let found = text[..end].parse().ok()?;
        self.rest = &text[end..];
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        for text in [
            "POINT(-122.32 47.59)",
            "MULTIPOINT((1 2), (3 4))",
            "LINESTRING(0 0, 1.5 -1)",
            "MULTILINESTRING((0 0, 1 1), (2 2, 3 3))",
            "POLYGON((0 0, 1 0, 1 1, 0 0), (0.1 0.1, 0.2 0.1, 0.1 0.2, 0.1 0.1))",
            "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
            "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))",
            "POLYGON EMPTY",
        ] {
            assert_eq!(write(&read(text).unwrap()), text);
        }
        assert_eq!(read("point z (1 2 3)"), Some(Geometry::Points(vec![(1.0, 2.0)])));
        assert_eq!(read(" MultiPoint(1 2,3 4) ").unwrap().kind(), "MultiPoint");
    }

    #[test]
    fn damaged_texts_are_refused() {
        let deep = "GEOMETRYCOLLECTION(".repeat(50_000);
        for text in [
            "",
            "POINT",
            "POINT(1)",
            "POINT(1 2",
            "POINT(1 2, 3 4)",
            "CIRCLE(1 2)",
            "POINT(1 2) x",
            &deep,
        ] {
            assert_eq!(read(text), None, "{}", &text[..text.len().min(40)]);
        }
    }
}
