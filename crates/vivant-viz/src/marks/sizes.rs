//! How large marks are: by a field, and by the factor of the card.

use std::collections::HashMap;

use vivant_document::spec::{Encoding, FieldRef, PaneSpec, format};

use crate::color::{encoded, natural};
use crate::number::number;
use crate::rows::Table;

/// How sizes follow from a field.
pub(crate) struct Sizes {
    /// The field, where its numbers are areas or lengths.
    pub key: Option<FieldRef>,
    pub factor: f64,
    pub min: f64,
    pub max: f64,
    /// Whether the least number has the least size, rather than zero.
    by_range: bool,
    /// Diameters at the ends, as parts of the largest.
    ends: (f64, f64),
    reversed: bool,
    /// The numbers of the members of a discrete field.
    members: Option<(FieldRef, HashMap<String, usize>)>,
}

impl Sizes {
    pub fn of(table: &Table<'_>, card: &PaneSpec) -> Self {
        let key = encoded(card, "size").next().cloned();
        let encoding = key.as_ref().and_then(|key| size_encoding(table, key));
        let set = |name: &str| encoding.and_then(|encoding| crate::number::finite(encoding.get(name)?));
        let factor = format(&card.style, "mark", "size").and_then(crate::number::finite);
        let mut sizes = Self {
            key: None,
            factor: factor.unwrap_or(1.0).clamp(0.05, 20.0),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            by_range: encoding.is_some_and(|encoding| encoding.kind == "rangesize"),
            ends: (
                set("min-size").unwrap_or(0.0).clamp(0.0, 1.0),
                set("max-size").unwrap_or(1.0).clamp(0.0, 1.0),
            ),
            reversed: encoding.and_then(|encoding| encoding.get("reverse")) == Some("true"),
            members: None,
        };
        let Some(key) = key else { return sizes };
        if !table.is_continuous(&key) {
            let mut members = table.members(&key);
            if !table.sheet.sorts.iter().any(|sort| sort.column == key) {
                members.sort_by(natural);
            }
            let members = members.iter().enumerate();
            sizes.members = Some((
                key,
                members.map(|(at, value)| (format!("{value:?}"), at)).collect(),
            ));
            return sizes;
        }
        for row in table.rows.iter().filter(|row| !table.is_total(**row)) {
            if let Some(value) = number(&table.value(*row, &key)) {
                sizes.min = sizes.min.min(value);
                sizes.max = sizes.max.max(value);
            }
        }
        sizes.min = set("min").unwrap_or(sizes.min);
        sizes.max = set("max").unwrap_or(sizes.max);
        sizes.by_range |= sizes.min < 0.0 && sizes.max > 0.0;
        sizes.key = Some(key);
        sizes
    }

    /// Whether marks differ in size.
    pub fn vary(&self) -> bool {
        self.key.is_some() || self.members.is_some()
    }

    /// The part of the largest size that a mark has, by area; 1 without a field. `None` for what has no size.
    pub fn part(&self, table: &Table<'_>, row: usize) -> Option<f64> {
        if let Some((key, members)) = &self.members {
            const LEAST: f64 = 0.3;
            let value = table.value(table.rows[row], key);
            let at = *members.get(&format!("{value:?}"))?;
            let part = self.turned(at as f64 / (members.len().max(2) - 1) as f64);
            let low = if self.ends.0 > 0.0 { self.ends.0 } else { LEAST };
            let wide = low + (self.ends.1 - low) * part;
            return Some(wide * wide);
        }
        let Some(key) = &self.key else {
            return Some(1.0);
        };
        self.part_of(number(&table.value(table.rows[row], key))?)
    }

    /// The diameter of a circle for a value.
    pub fn diameter_of(&self, value: f64) -> f64 {
        super::points::diameter(self.part_of(value).unwrap_or(0.0), self.factor)
    }

    /// The part of the largest size that a value has.
    fn part_of(&self, value: f64) -> Option<f64> {
        let between = |part: f64| {
            let (low, high) = (self.ends.0 * self.ends.0, self.ends.1 * self.ends.1);
            low + (high - low) * self.turned(part.clamp(0.0, 1.0))
        };
        if self.by_range {
            return Some(match self.max - self.min {
                span if span > 0.0 => between((value - self.min) / span),
                _ => between(1.0),
            });
        }
        let reach = self.max.abs().max(self.min.abs());
        (reach > 0.0).then(|| between(value.abs() / reach))
    }

    fn turned(&self, part: f64) -> f64 {
        if self.reversed { 1.0 - part } else { part }
    }
}

/// The encoding that a document has for sizes of a field: that of the sheet, else that of its data source.
fn size_encoding<'t>(table: &Table<'t>, key: &FieldRef) -> Option<&'t Encoding> {
    let source = table.workbook.source(&key.source).map(|source| &source.style);
    let rules = source.into_iter().flatten().chain(&table.sheet.style);
    rules
        .flat_map(|rule| &rule.encodings)
        .rfind(|encoding| encoding.attr == "size" && encoding.fields == [key.clone()])
}
