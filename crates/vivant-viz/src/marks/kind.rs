//! Which kind of mark a card draws.

use vivant_document::spec::{Derivation, FieldRef, PaneSpec};

use crate::color::encoded;
use crate::lanes::Axis;
use crate::rows::Table;

/// A kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Bar,
    Line,
    Area,
    Circle,
    Square,
    Shape,
    Text,
    Pie,
    Gantt,
    Polygon,
    Density,
    Map,
}

impl MarkKind {
    /// The kind that a card draws between two axes; where it follows from the fields, Tableau's rules decide.
    pub fn of(table: &Table<'_>, card: &PaneSpec, row: Option<&Axis>, col: Option<&Axis>) -> Self {
        Self::named(&card.mark).unwrap_or_else(|| Self::automatic(table, card, row, col))
    }

    /// The kind of a class of marks.
    pub fn named(class: &str) -> Option<Self> {
        Some(match class {
            "bar" => Self::Bar,
            "line" => Self::Line,
            "area" => Self::Area,
            "circle" => Self::Circle,
            "square" => Self::Square,
            "shape" => Self::Shape,
            "text" => Self::Text,
            "pie" => Self::Pie,
            "ganttbar" | "gantt" => Self::Gantt,
            "polygon" => Self::Polygon,
            "heatmap" | "density" => Self::Density,
            "multipolygon" | "map" => Self::Map,
            _ => return None,
        })
    }

    fn automatic(table: &Table<'_>, card: &PaneSpec, row: Option<&Axis>, col: Option<&Axis>) -> Self {
        let geographic =
            |axis: Option<&Axis>| axis.is_some_and(|axis| crate::map::coordinate(table, &axis.key).is_some());
        if geographic(row) && geographic(col) && crate::map::is_map(table) {
            return match encoded(card, "geometry").next() {
                Some(_) => Self::Map,
                None => Self::Circle,
            };
        }
        match (row, col) {
            (None, None) => {
                let bare = table.sheet.rows.is_empty() && table.sheet.cols.is_empty();
                let measured = |channel: &str| encoded(card, channel).any(|key| table.is_measure(key));
                let has = |channel: &str| encoded(card, channel).next().is_some();
                match bare {
                    true if has("size") => Self::Square,
                    // Tableau: a number that is shown by colour or size alone fills the cells of a table.
                    false if !has("text") && (measured("color") || measured("size")) => Self::Square,
                    _ => Self::Text,
                }
            }
            (Some(one), None) => Self::beside(table, one, table.sheet.cols.fields().last().copied()),
            (None, Some(one)) => Self::beside(table, one, table.sheet.rows.fields().last().copied()),
            (Some(row), Some(col)) => {
                let (row_date, col_date) = (table.is_date(&row.key), table.is_date(&col.key));
                let (row_measure, col_measure) = (table.is_measure(&row.key), table.is_measure(&col.key));
                match (row_measure, col_measure) {
                    (true, true) if row_date || col_date => Self::Line,
                    (true, true) => Self::Shape,
                    (false, false) => Self::Gantt,
                    _ if table.is_bin(&row.key) || table.is_bin(&col.key) => Self::Bar,
                    _ => Self::Line,
                }
            }
        }
    }

    /// The kind of an axis beside headers.
    fn beside(table: &Table<'_>, axis: &Axis, header: Option<&FieldRef>) -> Self {
        if !table.is_measure(&axis.key) {
            return Self::Gantt;
        }
        match header {
            Some(key) if table.is_date_part(key) => Self::Line,
            _ => Self::Bar,
        }
    }

    /// Its name, for those who read the picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bar => "bar",
            Self::Line => "line",
            Self::Area => "area",
            Self::Circle => "circle",
            Self::Square => "square",
            Self::Shape => "shape",
            Self::Text => "text",
            Self::Pie => "pie",
            Self::Gantt => "gantt",
            Self::Polygon => "polygon",
            Self::Density => "density",
            Self::Map => "map",
        }
    }

    /// Whether marks start at the zero of their axis.
    pub fn stands_on_zero(self) -> bool {
        matches!(self, Self::Bar | Self::Area)
    }
}

impl Table<'_> {
    pub fn is_measure(&self, key: &FieldRef) -> bool {
        if key.is_measure_values() {
            return true;
        }
        self.data
            .frames
            .iter()
            .find_map(|frame| frame.column(key))
            .is_none_or(|column| !column.dimension)
    }

    pub fn is_date(&self, key: &FieldRef) -> bool {
        matches!(
            self.data_type(key),
            vivant_calc::DataType::Date | vivant_calc::DataType::DateTime
        )
    }

    fn is_date_part(&self, key: &FieldRef) -> bool {
        self.is_date(key)
            || self.pill(key).is_some_and(|pill| {
                matches!(
                    pill.derivation,
                    Derivation::Part(_)
                        | Derivation::Trunc(_)
                        | Derivation::MonthYear
                        | Derivation::MonthDayYear
                )
            })
    }

    fn is_bin(&self, key: &FieldRef) -> bool {
        let Some(name) = self.pill(key).map(|pill| pill.field.as_str()) else {
            return false;
        };
        self.workbook
            .source(&key.source)
            .and_then(|source| source.field(name))
            .is_some_and(|field| matches!(field.kind, vivant_document::spec::FieldKind::Bin { .. }))
    }
}
