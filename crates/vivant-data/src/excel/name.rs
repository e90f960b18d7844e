//! Names of sheets and ranges: `Orders$`, `'My Sheet$'`, `Orders$A1:D20`, `Named`.

/// A rectangle of cells, counted from 0; what is open is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub first_row: Option<u32>,
    pub last_row: Option<u32>,
    pub first_column: Option<u32>,
    pub last_column: Option<u32>,
}

impl Area {
    /// Tells whether a cell is inside.
    pub fn has(&self, row: u32, column: u32) -> bool {
        self.first_row.is_none_or(|first| row >= first)
            && self.last_row.is_none_or(|last| row <= last)
            && self.first_column.is_none_or(|first| column >= first)
            && self.last_column.is_none_or(|last| column <= last)
    }
}

/// What the name of a table means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SheetName {
    pub sheet: String,
    /// Whether the name can only be a sheet's.
    pub is_sheet: bool,
    pub area: Option<Area>,
}

impl SheetName {
    /// Reads a name without its brackets.
    pub fn parse(name: &str) -> Self {
        let name = unquote(name);
        if let Some((sheet, rest)) = name.rsplit_once('$') {
            let area = (!rest.is_empty()).then(|| cells(rest)).flatten();
            if rest.is_empty() || area.is_some() {
                return Self {
                    sheet: unquote(sheet),
                    is_sheet: true,
                    area,
                };
            }
        }
        Self {
            sheet: name,
            is_sheet: false,
            area: None,
        }
    }
}

/// Finds a sheet: exactly, in any case, or as the driver writes names.
pub(crate) fn find(sheets: &[String], name: &str) -> Option<String> {
    let driver = |name: &str| name.trim().replace('.', "#").replace('!', "_").to_lowercase();
    sheets
        .iter()
        .find(|sheet| *sheet == name)
        .or_else(|| sheets.iter().find(|sheet| driver(sheet) == driver(name)))
        .cloned()
}

/// Reads `Sheet1!$A$1:$D$20`.
pub(crate) fn reference(meaning: &str) -> Option<(String, Area)> {
    let (sheet, range) = meaning.trim_start_matches('=').rsplit_once('!')?;
    Some((unquote(sheet), cells(&range.replace('$', ""))?))
}

/// Reads the start of `A1:U9995:no:A1:U9995:0`; rows stay open.
pub(crate) fn origin(grid: &str) -> Option<Area> {
    let mut parts = grid.split(':');
    let (row, column) = cell(parts.next()?)?;
    Some(Area {
        first_row: Some(row?),
        first_column: Some(column?),
        ..Area::default()
    })
}

/// Reads `A1:D20`, `A:D` or `1:20`.
fn cells(range: &str) -> Option<Area> {
    let (start, end) = range.split_once(':').unwrap_or((range, range));
    let ((first_row, first_column), (last_row, last_column)) = (cell(start)?, cell(end)?);
    Some(Area {
        first_row,
        last_row,
        first_column,
        last_column,
    })
}

/// Reads `D20`, `D` or `20`.
fn cell(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let split = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(split);
    if text.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut column = 0_u32;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    }
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    Some((row, column.checked_sub(1)))
}

fn unquote(name: &str) -> String {
    match name.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(inside) => inside.replace("''", "'"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(rows: (u32, u32), columns: (u32, u32)) -> Area {
        Area {
            first_row: Some(rows.0),
            last_row: Some(rows.1),
            first_column: Some(columns.0),
            last_column: Some(columns.1),
        }
    }

    #[test]
    fn names_of_tables_are_read() {
        let read = |name| {
            let found = SheetName::parse(name);
            (found.sheet, found.is_sheet, found.area)
        };
        assert_eq!(read("Orders$"), ("Orders".to_owned(), true, None));
        assert_eq!(read("'It''s here$'"), ("It's here".to_owned(), true, None));
        assert_eq!(
            read("Orders$B2:AA10"),
            ("Orders".to_owned(), true, Some(area((1, 9), (1, 26))))
        );
        assert_eq!(
            read("Cost in $ total"),
            ("Cost in $ total".to_owned(), false, None)
        );
        assert_eq!(read("Totals"), ("Totals".to_owned(), false, None));
    }

    #[test]
    fn references_are_read() {
        assert_eq!(
            reference("'My Sheet'!$A$1:$C$3"),
            Some(("My Sheet".to_owned(), area((0, 2), (0, 2))))
        );
        assert_eq!(reference("OFFSET(Sheet1!$A$1,0,0)"), None);
        let start = origin("B3:U9995:no:A1:U9995:0").unwrap();
        assert_eq!(
            (start.first_row, start.first_column, start.last_row),
            (Some(2), Some(1), None)
        );
    }
}
