//! Says what of a picture is not as it should be.

use vivant_calc::Diagnostic;

use crate::rows::Table;

/// What is told of one worksheet or dashboard, each thing once.
#[derive(Default)]
pub(crate) struct Told {
    found: Vec<Diagnostic>,
}

impl Told {
    /// Tells that something of a place, such as `worksheet 'Sales'`, is not drawn as Tableau draws it.
    pub fn unsupported(&mut self, place: String, message: String) {
        self.add(Diagnostic::warning("viz.unsupported", message).within(place));
    }

    /// Tells that something of a worksheet is not drawn as Tableau draws it.
    pub fn of_sheet(&mut self, table: &Table<'_>, message: String) {
        self.unsupported(place(table), message);
    }

    /// Tells something else of a worksheet.
    pub fn warn(&mut self, table: &Table<'_>, code: &'static str, message: String) {
        self.add(Diagnostic::warning(code, message).within(place(table)));
    }

    /// Adds what was told elsewhere.
    pub fn add(&mut self, one: Diagnostic) {
        if !self.found.contains(&one) {
            self.found.push(one);
        }
    }

    /// What was told.
    pub fn all(self) -> Vec<Diagnostic> {
        self.found
    }
}

fn place(table: &Table<'_>) -> String {
    format!("worksheet '{}'", table.sheet.name)
}
