//! Shelves: the expressions over pills that make rows and columns.
//!
//! ```text
//! shelf := nothing | field | '(' shelf op shelf ')'        op := '/' | '*' | '+'
//! ```
//! `/` nests headers (only combinations that occur), `*` crosses headers with axes, `+` puts axes one after
//! another.

use super::pill::FieldRef;

/// What lies on rows or columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Shelf {
    /// Nothing.
    #[default]
    Empty,
    /// One pill.
    Field(FieldRef),
    /// Headers inside headers, the outermost first.
    Nest(Vec<Shelf>),
    /// Headers crossed with axes.
    Cross(Vec<Shelf>),
    /// One after another.
    Concat(Vec<Shelf>),
}

/// Why a shelf could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfError {
    /// The byte where reading stopped.
    pub at: usize,
}

/// Shelves nested deeper than this are not read.
const MAX_DEPTH: usize = 200;

impl Shelf {
    /// Reads a shelf. Operators without parentheses are read too, `/` before `*` before `+`.
    pub fn parse(text: &str) -> Result<Shelf, ShelfError> {
        let mut reader = Reader { text, at: 0 };
        reader.blanks();
        if reader.at == text.len() {
            return Ok(Shelf::Empty);
        }
        let shelf = reader.expression(0)?;
        reader.blanks();
        if reader.at < text.len() {
            return Err(ShelfError { at: reader.at });
        }
        Ok(shelf)
    }

    /// Returns the pills in order, the outermost first; one may occur twice.
    pub fn fields(&self) -> Vec<&FieldRef> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'s>(&'s self, found: &mut Vec<&'s FieldRef>) {
        match self {
            Shelf::Empty => {}
            Shelf::Field(field) => found.push(field),
            Shelf::Nest(parts) | Shelf::Cross(parts) | Shelf::Concat(parts) => {
                for part in parts {
                    part.collect(found);
                }
            }
        }
    }

    /// Tells whether nothing lies on the shelf.
    pub fn is_empty(&self) -> bool {
        *self == Shelf::Empty
    }

    /// Joins two parts, flat where a part is of the same kind.
    fn join(operator: u8, left: Shelf, right: Shelf) -> Shelf {
        let mut parts = Vec::new();
        for part in [left, right] {
            match (operator, part) {
                (b'/', Shelf::Nest(inner)) | (b'*', Shelf::Cross(inner)) | (b'+', Shelf::Concat(inner)) => {
                    parts.extend(inner);
                }
                (_, other) => parts.push(other),
            }
        }
        match operator {
            b'/' => Shelf::Nest(parts),
            b'*' => Shelf::Cross(parts),
            _ => Shelf::Concat(parts),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn expression(&mut self, depth: usize) -> Result<Shelf, ShelfError> {
        if depth > MAX_DEPTH {
            return Err(ShelfError { at: self.at });
        }
        // Parts and the operators between them; the operators that bind closer are joined first.
        let mut parts = vec![self.part(depth)?];
        let mut operators = Vec::new();
        loop {
            self.blanks();
            match self.text.as_bytes().get(self.at) {
                Some(&operator @ (b'/' | b'*' | b'+')) => {
                    self.at += 1;
                    operators.push(operator);
                    parts.push(self.part(depth)?);
                }
                _ => break,
            }
        }
        for operator in *b"/*+" {
            while let Some(found) = operators.iter().position(|&one| one == operator) {
                operators.remove(found);
                let right = parts.remove(found + 1);
                let left = std::mem::take(&mut parts[found]);
                parts[found] = Shelf::join(operator, left, right);
            }
        }
        Ok(parts.remove(0))
    }

    fn part(&mut self, depth: usize) -> Result<Shelf, ShelfError> {
        self.blanks();
        match self.text.as_bytes().get(self.at) {
            Some(b'(') => {
                self.at += 1;
                let inside = self.expression(depth + 1)?;
                self.blanks();
                if self.text.as_bytes().get(self.at) != Some(&b')') {
                    return Err(ShelfError { at: self.at });
                }
                self.at += 1;
                Ok(inside)
            }
            Some(b'[') => {
                let start = self.at;
                let found = crate::names::find_names(&self.text[start..])
                    .into_iter()
                    .next()
                    .filter(|found| found.range.start == 0)
                    .ok_or(ShelfError { at: start })?;
                self.at += found.range.end;
                let text = &self.text[start..self.at];
                FieldRef::parse(text, "")
                    .map(Shelf::Field)
                    .ok_or(ShelfError { at: start })
            }
            _ => Err(ShelfError { at: self.at }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Shelf {
        Shelf::Field(FieldRef::new("d", name))
    }

    #[test]
    fn shelves_of_every_shape_are_read() {
        assert_eq!(Shelf::parse("  "), Ok(Shelf::Empty));
        assert_eq!(Shelf::parse("[d].[a:b (c)]"), Ok(field("a:b (c)")));
        let shelf = Shelf::parse("(([d].[a] / ([d].[b] / [d].[c])) * ([d].[x] + [d].[y]))").unwrap();
        let expected = Shelf::Cross(vec![
            Shelf::Nest(vec![field("a"), field("b"), field("c")]),
            Shelf::Concat(vec![field("x"), field("y")]),
        ]);
        assert_eq!(shelf, expected);
        assert_eq!(
            Shelf::parse("[d].[a] / [d].[b] / [d].[c] * [d].[x] + [d].[y]")
                .unwrap()
                .fields()
                .len(),
            5
        );
    }

    #[test]
    fn broken_shelves_are_errors() {
        for text in [
            "(",
            "[d].[a] +",
            "SUM([d].[x])",
            "[open",
            "([d].[a]",
            "[d].[a] [d].[b]",
        ] {
            assert!(Shelf::parse(text).is_err(), "{text}");
        }
        assert!(Shelf::parse(&"(".repeat(100_000)).is_err());
    }
}
