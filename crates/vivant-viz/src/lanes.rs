//! Lanes: what a shelf makes of its side of the table, one for each innermost header or axis.

use std::cell::Cell;
use std::collections::HashMap;

use vivant_calc::Value;
use vivant_document::spec::{AxisSpec, FieldRef, SheetSpec, Shelf, Side};

use crate::color::natural;
use crate::rows::{Row, Table};

/// A row or column of panes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lane {
    /// Its headers, outermost first.
    pub headers: Vec<Header>,
    /// Its axis; two that share the pane.
    pub axes: Vec<Axis>,
    /// The marks in it, by their number.
    pub rows: Vec<usize>,
}

/// A member of a field on a shelf.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    pub key: FieldRef,
    pub value: Value,
    pub text: String,
    /// Whether it stands for a total over all members.
    pub total: bool,
}

/// A continuous pill on a shelf.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Axis {
    pub key: FieldRef,
    /// Which occurrence of the pill on the shelf.
    pub index: usize,
}

impl Axis {
    /// What a document says of this axis.
    pub fn spec<'s>(&self, sheet: &'s SheetSpec, side: Side) -> Option<&'s AxisSpec> {
        self.specs(sheet, side).next()
    }

    /// Whether it is drawn in the pane of the one before it.
    pub fn is_dual(&self, sheet: &SheetSpec, side: Side) -> bool {
        self.specs(sheet, side).any(|spec| spec.dual)
    }

    fn specs<'s>(&self, sheet: &'s SheetSpec, side: Side) -> impl Iterator<Item = &'s AxisSpec> {
        let own =
            move |spec: &&AxisSpec| spec.side == side && spec.field == self.key && spec.index == self.index;
        sheet.axes.iter().filter(own)
    }
}

/// More lanes than these cannot be told from one another. Each has a mark, so whoever counts those says so.
const MOST_LANES: usize = 2_000_000;

/// Numbers lanes so that those of one kind have the number of the first of them.
pub(crate) fn groups(lanes: &[Lane], kind: impl Fn(&Lane) -> String) -> Vec<usize> {
    let mut first = HashMap::new();
    let number = |(at, lane)| *first.entry(kind(lane)).or_insert(at);
    lanes.iter().enumerate().map(number).collect()
}

/// The headers around the innermost one, to tell panes apart.
pub(crate) fn outer(lane: &Lane) -> String {
    format!("{:?}", &lane.headers[..lane.headers.len().saturating_sub(1)])
}

/// Spreads a shelf. Without a pill it has one lane.
pub(crate) fn lanes(table: &Table<'_>, side: Side) -> Vec<Lane> {
    let shelf = match side {
        Side::Rows => &table.sheet.rows,
        Side::Cols => &table.sheet.cols,
    };
    let all: Vec<usize> = (0..table.rows.len()).collect();
    let mut spread = Spread {
        table,
        side,
        seen: HashMap::new(),
        left: Cell::new(MOST_LANES),
    };
    let indices = spread.index(shelf);
    let mut at = 0;
    spread.shelf(shelf, &indices, &mut at, all)
}

struct Spread<'s, 't> {
    table: &'s Table<'t>,
    side: Side,
    seen: HashMap<FieldRef, usize>,
    /// How many more lanes there may be.
    left: Cell<usize>,
}

impl Spread<'_, '_> {
    /// The occurrence of each pill, in the order of the shelf.
    fn index(&mut self, shelf: &Shelf) -> Vec<usize> {
        shelf
            .fields()
            .into_iter()
            .map(|key| {
                let seen = self.seen.entry(key.clone()).or_default();
                *seen += 1;
                *seen - 1
            })
            .collect()
    }

    /// The lanes of a part of the shelf over some marks. `at` counts the pills gone by.
    fn shelf(&self, shelf: &Shelf, indices: &[usize], at: &mut usize, rows: Vec<usize>) -> Vec<Lane> {
        match shelf {
            Shelf::Empty => vec![Lane {
                rows,
                ..Lane::default()
            }],
            Shelf::Field(key) => {
                let index = indices[*at];
                *at += 1;
                self.field(key, index, rows)
            }
            Shelf::Nest(parts) | Shelf::Cross(parts) => self.nested(parts, indices, at, rows),
            Shelf::Concat(parts) => {
                let mut lanes: Vec<Lane> = Vec::new();
                for part in parts {
                    let mut next = self.shelf(part, indices, at, rows.clone());
                    // The second of two axes may share the pane of the first.
                    let joins = next.len() == 1
                        && next[0].headers.is_empty()
                        && next[0].axes.len() == 1
                        && next[0].axes[0].is_dual(self.table.sheet, self.side)
                        && lanes
                            .last()
                            .is_some_and(|last| last.headers.is_empty() && last.axes.len() == 1);
                    match lanes.last_mut().filter(|_| joins) {
                        Some(last) => last.axes.append(&mut next[0].axes),
                        None => lanes.append(&mut next),
                    }
                }
                lanes
            }
        }
    }

    fn nested(&self, parts: &[Shelf], indices: &[usize], at: &mut usize, rows: Vec<usize>) -> Vec<Lane> {
        let Some((first, rest)) = parts.split_first() else {
            return vec![Lane {
                rows,
                ..Lane::default()
            }];
        };
        let outer = self.shelf(first, indices, at, rows);
        if rest.is_empty() {
            return outer;
        }
        let begin = *at;
        let mut lanes = Vec::new();
        for lane in outer {
            *at = begin;
            for inner in self.nested(rest, indices, at, lane.rows.clone()) {
                let Some(left) = self.left.get().checked_sub(1) else {
                    return lanes;
                };
                self.left.set(left);
                let mut headers = lane.headers.clone();
                headers.extend(inner.headers);
                let mut axes = lane.axes.clone();
                axes.extend(inner.axes);
                lanes.push(Lane {
                    headers,
                    axes,
                    rows: inner.rows,
                });
            }
        }
        lanes
    }

    fn field(&self, key: &FieldRef, index: usize, rows: Vec<usize>) -> Vec<Lane> {
        if self.table.is_continuous(key) {
            let axis = Axis {
                key: key.clone(),
                index,
            };
            return vec![Lane {
                headers: Vec::new(),
                axes: vec![axis],
                rows,
            }];
        }
        let mut members: HashMap<String, Lane> = HashMap::new();
        let mut totals = Vec::new();
        let mut sequence = Vec::with_capacity(rows.len());
        for row in rows {
            let mark = self.table.rows[row];
            if self.table.is_total_over(mark, key) {
                totals.push(row);
                continue;
            }
            if !self.table.has(mark, key) {
                continue;
            }
            let value = self.table.value(mark, key);
            let name = format!("{value:?}");
            let lane = members.entry(name.clone()).or_insert_with(|| Lane {
                headers: vec![Header {
                    key: key.clone(),
                    text: self.table.text(mark, key),
                    value,
                    total: false,
                }],
                ..Lane::default()
            });
            lane.rows.push(row);
            sequence.push(name);
        }
        let order = merged(sequence);
        let mut lanes: Vec<Lane> = order.iter().filter_map(|name| members.remove(name)).collect();
        let sorted = self.table.sheet.sorts.iter().any(|sort| sort.column == *key);
        if !sorted {
            lanes.sort_by(|a, b| natural(&a.headers[0].value, &b.headers[0].value));
        }
        if key.is_measure_names() {
            lanes.sort_by_key(|lane| match lane.headers[0].value {
                Value::Integer(number) => number,
                _ => i64::MAX,
            });
        }
        if !totals.is_empty() {
            let first = match self.side {
                Side::Rows => self.table.sheet.totals.row,
                Side::Cols => self.table.sheet.totals.column,
            };
            let lane = Lane {
                headers: vec![self.total(key, self.table.rows[totals[0]])],
                axes: Vec::new(),
                rows: totals,
            };
            match first {
                Some(true) => lanes.insert(0, lane),
                _ => lanes.push(lane),
            }
        }
        lanes
    }

    /// The header of totals: what is written stands at the outermost field that they go over.
    fn total(&self, key: &FieldRef, mark: Row) -> Header {
        let shelf = match self.side {
            Side::Rows => &self.table.sheet.rows,
            Side::Cols => &self.table.sheet.cols,
        };
        let fields = shelf.fields();
        let outer = fields.iter().take_while(|field| **field != key);
        let parent = outer
            .filter(|field| !self.table.is_continuous(field) && !field.is_measure_names())
            .last();
        let words = match parent {
            None => self.table.workbook.language.say("Grand Total"),
            Some(parent) if self.table.is_total_over(mark, parent) => "",
            Some(_) => self.table.workbook.language.say("Total"),
        };
        Header {
            key: key.clone(),
            value: Value::Null,
            text: words.to_owned(),
            total: true,
        }
    }
}

/// The order of members that come again and again, each time in the same order but not all of them.
///
/// Takes time in proportion to the sequence: a sheet may have a member for each of its rows.
fn merged(sequence: Vec<String>) -> Vec<String> {
    // Names by number, in the order of their first coming.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut runs: Vec<Vec<usize>> = vec![Vec::new()];
    // In which run a name was seen last.
    let mut seen: Vec<usize> = Vec::new();
    for name in sequence {
        let fresh = numbers.len();
        let number = *numbers.entry(name).or_insert(fresh);
        if number == fresh {
            seen.push(usize::MAX);
        }
        let now = runs.len() - 1;
        if runs[now].last() == Some(&number) {
            continue;
        }
        if seen[number] == now {
            runs.push(Vec::new());
        }
        let now = runs.len() - 1;
        seen[number] = now;
        runs[now].push(number);
    }
    // A ring of names with the end at one place in it: who stands before and after each.
    let end = numbers.len();
    let mut before: Vec<usize> = (0..=end).collect();
    let mut after = before.clone();
    let mut known = vec![false; end];
    for run in runs {
        // Before the next one that is known; who has none after himself comes last.
        let mut next = end;
        for number in run.into_iter().rev() {
            if !known[number] {
                let last = before[next];
                (after[last], before[number], after[number], before[next]) = (number, last, next, number);
                known[number] = true;
            }
            next = number;
        }
    }
    let mut names: Vec<String> = vec![String::new(); end];
    for (name, number) in numbers {
        names[number] = name;
    }
    std::iter::successors(Some(after[end]), |&at| Some(after[at]))
        .take_while(|&at| at != end)
        .map(|at| std::mem::take(&mut names[at]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    #[test]
    fn orders_are_merged_from_their_parts() {
        assert_eq!(merged(names("acabcbd")).concat(), "abcd");
        assert_eq!(merged(names("aabbab")).concat(), "ab");
        assert_eq!(merged(names("bcabcabc")).len(), 3);
        assert_eq!(merged(Vec::new()).concat(), "");
    }
}
