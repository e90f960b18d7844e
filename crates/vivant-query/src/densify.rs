//! Rows for what is not in the data: steps between dates and bins that are there, members without rows, and the
//! cells that table calculations run over.

use vivant_calc::civil::{Date, DateTime};
use vivant_calc::{DataType, Diagnostic, Value};
use vivant_document::spec::{DateUnit, Derivation, FieldKind, FieldRef, Side};

use crate::asker::{Asker, Item, Wanted, on_shelf};
use crate::frame::{Frame, compare};
use crate::local::{self, Group};
use crate::query::{Ask, RowFilters};

type Found<T> = Result<T, Box<Diagnostic>>;

impl Asker<'_> {
    /// Tells whether a sheet shows rows beyond its data whatever is computed.
    pub(crate) fn is_densified(&self, wanted: &Wanted) -> bool {
        let sheet = self.question.sheet;
        let is_shown = |item: &Item| item.is_discrete(self.fields) && self.shows_missing(item);
        let (empty_rows, empty_cols) = sheet.totals.show_empty;
        sheet.aggregated && (empty_rows || empty_cols || wanted.dimensions.iter().any(is_shown))
    }

    /// Whether members of a field are shown that the data do not have.
    fn shows_missing(&self, item: &Item) -> bool {
        let shown = &self.question.sheet.show_missing;
        let own = FieldRef::new(item.key.source.clone(), item.field.clone());
        shown.contains(&item.key) || shown.contains(&own)
    }

    /// Adds the rows that the sheet shows beyond its data.
    pub(crate) async fn densify(&self, frame: &mut Frame, wanted: &Wanted, over_table: bool) -> Found<()> {
        let sheet = self.question.sheet;
        if !sheet.aggregated {
            return Ok(());
        }
        let most = self.question.most_values;
        let all: Vec<&FieldRef> = wanted.dimensions.iter().map(|item| &item.key).collect();
        let without = |out: &[&FieldRef]| -> Vec<FieldRef> {
            let kept = all.iter().filter(|key| !out.contains(key));
            kept.map(|key| (*key).clone()).collect()
        };
        // Headers need a row for each, marks only where something is computed for them.
        let on_cards: Vec<FieldRef> = match over_table {
            true => Vec::new(),
            false => {
                let shelves = [Side::Rows, Side::Cols].map(|side| on_shelf(sheet, side, wanted));
                let on_cards = all
                    .iter()
                    .filter(|key| !shelves.iter().flatten().any(|on| on == *key));
                on_cards.map(|key| (*key).clone()).collect()
            }
        };
        let without = |out: &[&FieldRef]| -> Vec<FieldRef> {
            let mut kept = without(out);
            kept.retain(|key| !on_cards.contains(key));
            kept
        };
        for item in &wanted.dimensions {
            // Tableau: an axis has all its values anyway. Only what is computed over them needs rows.
            if !self.shows_missing(item) || !over_table && !item.is_discrete(self.fields) {
                continue;
            }
            let missing = self.steps(item, frame, most)?;
            let groups = [
                Group::new(vec![item.key.clone()], missing),
                Group::new(without(&[&item.key]), Vec::new()),
            ];
            local::fill(frame, &groups, most)?;
        }
        let (empty_rows, empty_cols) = sheet.totals.show_empty;
        for (side, is_on) in [(Side::Rows, empty_rows), (Side::Cols, empty_cols)] {
            let keys = on_shelf(sheet, side, wanted);
            if !is_on || keys.is_empty() {
                continue;
            }
            let domain = self.domain(wanted, &keys).await?;
            let own: Vec<FieldRef> = keys.iter().map(|key| (*key).clone()).collect();
            let others = without(&keys);
            let is_alone = frame.rows == 0 || others.is_empty();
            let groups = match is_alone {
                // Nothing else has a member that the rows could stand beside.
                true if !others.is_empty() => continue,
                true => vec![Group::new(own, domain)],
                false => vec![Group::new(own, domain), Group::new(others, Vec::new())],
            };
            local::fill(frame, &groups, most)?;
        }
        // Tableau: table calculations run over all cells of a table that has headers on both sides.
        if over_table {
            let (rows, cols) = (
                on_shelf(sheet, Side::Rows, wanted),
                on_shelf(sheet, Side::Cols, wanted),
            );
            let is_headed = |keys: &[&FieldRef]| {
                let mut items = wanted.dimensions.iter().filter(|item| keys.contains(&&item.key));
                items.any(|item| item.is_discrete(self.fields))
            };
            if is_headed(&rows) && is_headed(&cols) {
                let own = |keys: &[&FieldRef]| keys.iter().map(|key| (*key).clone()).collect();
                let rest = without(&[rows.clone(), cols.clone()].concat());
                let mut groups = vec![
                    Group::new(own(&rows), Vec::new()),
                    Group::new(own(&cols), Vec::new()),
                ];
                if !rest.is_empty() {
                    groups.push(Group::new(rest, Vec::new()));
                }
                local::fill(frame, &groups, most)?;
            }
        }
        Ok(())
    }

    /// Finds the members that fields have where nothing but the filters of the data source, those in context and
    /// their own hold.
    async fn domain(&self, wanted: &Wanted, keys: &[&FieldRef]) -> Found<Vec<Vec<Value>>> {
        let items: Vec<Item> = wanted
            .dimensions
            .iter()
            .filter(|item| keys.contains(&&item.key))
            .cloned()
            .collect();
        let fields: Vec<String> = items.iter().map(|item| item.field.clone()).collect();
        let ask = Ask {
            filters: RowFilters::Of(&fields),
            ..Ask::GROUPS
        };
        let found = self.queried(&Wanted::new(items, Vec::new()), ask).await?;
        let tuples = (0..found.rows).map(|row| {
            let columns = keys.iter().map(|key| found.value(key, row));
            columns.collect()
        });
        Ok(tuples.collect())
    }

    /// Lists the steps between the least and the greatest member of a dimension.
    fn steps(&self, item: &Item, frame: &Frame, most: usize) -> Found<Vec<Vec<Value>>> {
        let Some(column) = frame.column(&item.key) else {
            return Ok(Vec::new());
        };
        let present = || column.values.iter().filter(|value| !value.is_null());
        let (Some(first), Some(last)) = (
            present().min_by(|a, b| compare(a, b)),
            present().max_by(|a, b| compare(a, b)),
        ) else {
            return Ok(Vec::new());
        };
        let is_bin = self
            .fields
            .get(&item.field)
            .is_some_and(|field| matches!(field.kind, FieldKind::Bin { .. }));
        let step = match item.derivation {
            Derivation::Part(_) => Step::Number(1),
            Derivation::MonthYear => Step::YearMonth,
            Derivation::MonthDayYear => Step::YearMonthDay,
            Derivation::Trunc(unit) => match Step::of(unit) {
                Some(step) => step,
                None => return Ok(Vec::new()),
            },
            Derivation::None if is_bin => Step::Number(1),
            Derivation::None if item.data_type == DataType::Date => Step::Days(1),
            _ => return Ok(Vec::new()),
        };
        let mut steps = Vec::new();
        let mut here = first.clone();
        while compare(&here, last).is_le() {
            if steps.len() >= most {
                return Err(local::too_large(most));
            }
            let next = step.after(&here);
            steps.push(vec![here]);
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        Ok(steps)
    }
}

/// How far it is from one member to the next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Number(i64),
    Months(i64),
    Days(i64),
    Micros(i64),
    /// Numbers such as 202412.
    YearMonth,
    /// Numbers such as 20241231.
    YearMonthDay,
}

impl Step {
    fn of(unit: DateUnit) -> Option<Step> {
        Some(match unit {
            DateUnit::Year => Step::Months(12),
            DateUnit::Quarter => Step::Months(3),
            DateUnit::Month => Step::Months(1),
            DateUnit::Week | DateUnit::IsoWeek => Step::Days(7),
            DateUnit::Day => Step::Days(1),
            DateUnit::Hour => Step::Micros(3_600_000_000),
            DateUnit::Minute => Step::Micros(60_000_000),
            DateUnit::Second => Step::Micros(1_000_000),
            _ => return None,
        })
    }

    fn after(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Step::Number(step), Value::Integer(value)) => value.checked_add(step).map(Value::Integer),
            (Step::YearMonth, Value::Integer(value)) => match value % 100 {
                12 => Some(Value::Integer(value + 89)),
                _ => Some(Value::Integer(value + 1)),
            },
            (Step::YearMonthDay, Value::Integer(value)) => {
                let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
                let next = Date::new(year, month, day)?.plus_days(1)?;
                let (year, month, day) = next.ymd();
                Some(Value::Integer(year * 10_000 + month * 100 + day))
            }
            (Step::Months(step), Value::Date(date)) => date.plus_months(step).map(Value::Date),
            (Step::Days(step), Value::Date(date)) => date.plus_days(step).map(Value::Date),
            (Step::Months(step), Value::DateTime(moment)) => of_day(*moment, |day| day.plus_months(step)),
            (Step::Days(step), Value::DateTime(moment)) => of_day(*moment, |day| day.plus_days(step)),
            (Step::Micros(step), Value::DateTime(moment)) => moment.plus_micros(step).map(Value::DateTime),
            _ => None,
        }
    }
}

fn of_day(moment: DateTime, next: impl FnOnce(Date) -> Option<Date>) -> Option<Value> {
    let day = next(moment.date())?.midnight();
    day.plus_micros(moment.time()).map(Value::DateTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_over_the_ends_of_months_and_years() {
        let next = |step: Step, value: i64| step.after(&Value::Integer(value));
        assert_eq!(next(Step::YearMonth, 202_412), Some(Value::Integer(202_501)));
        assert_eq!(
            next(Step::YearMonthDay, 20_240_229),
            Some(Value::Integer(20_240_301))
        );
        assert_eq!(next(Step::Number(1), i64::MAX), None);
        let moment = Value::from_literal("#2024-01-31 00:00:00#").value;
        let after = Value::from_literal("#2024-02-07 00:00:00#").value;
        assert_eq!(Step::Days(7).after(&moment), Some(after));
    }
}
