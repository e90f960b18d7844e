//! Sets of members as tests of rows: lists, ranges, conditions, the first so many.

use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::count::count_all_window;
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, Operator, binary_expr, cast, lit, not};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{Count, FieldKind, FieldRef, Literal, MemberSet, Pill};

use crate::expr::{Typed, internal};
use crate::fields::{RowScope, in_list, unknown_field, unsupported};
use crate::filters::in_range;
use crate::level::Aggregation;
use crate::source::column;
use crate::values::arrow_type;

type Found<T> = Result<T, Box<Diagnostic>>;

impl RowScope<'_> {
    /// Makes a test of whether a row belongs to a set of members. It is true or false, never null.
    pub fn members(&mut self, set: &MemberSet) -> Found<Expr> {
        match set {
            MemberSet::All(_) => Ok(lit(true)),
            MemberSet::Empty(_) => Ok(lit(false)),
            MemberSet::Member { level, member } => {
                if let Literal::Tuple(values) = member {
                    return self.tuple(level, values);
                }
                let value = self.level(level)?;
                Ok(in_list(&value, std::iter::once(member)))
            }
            MemberSet::Range { level, from, to } => {
                let value = self.level(level)?;
                Ok(in_range(&value, from, to))
            }
            MemberSet::Union(parts) => self.union(parts),
            MemberSet::Intersection(parts) | MemberSet::Cross(parts) => {
                let mut all: Option<Expr> = None;
                for part in parts {
                    let test = self.members(part)?;
                    all = Some(match all {
                        None => test,
                        Some(before) => before.and(test),
                    });
                }
                Ok(all.unwrap_or(lit(true)))
            }
            MemberSet::Except(all, out) => {
                let (all, out) = (self.members(all)?, self.members(out)?);
                Ok(all.and(not(out)))
            }
            MemberSet::Where { formula, of } => {
                let inside = self.members(of)?;
                let read = self.fields.formula(formula)?;
                if read.checked.root().level <= Level::Row && !read.checked.depends_on_view {
                    let test = self.formula(&read)?;
                    return Ok(inside.and(test.expr.is_true()));
                }
                let chosen = self.chosen(
                    set,
                    of,
                    |frame, value, _| frame.filter(value.expr.clone()).map_err(internal),
                    formula,
                )?;
                Ok(inside.and(chosen))
            }
            MemberSet::Top {
                count,
                bottom,
                percent,
                formula,
                descending,
                of,
            } => {
                let count = self.count(count)?;
                // The order puts the first in front; the last so many are the first of the reverse.
                let descending = *descending != *bottom;
                let percent = *percent;
                let chosen = self.chosen(
                    set,
                    of,
                    move |frame, value, names| first_of(frame, value, names, count, percent, descending),
                    formula,
                )?;
                let inside = self.members(of)?;
                Ok(inside.and(chosen))
            }
            MemberSet::Set(name) => {
                let spec = self.fields.get(name).ok_or_else(|| unknown_field(name))?;
                match &spec.kind {
                    FieldKind::Set { members, .. } => self.members(members),
                    _ => Err(unknown_field(name)),
                }
            }
            MemberSet::Other(what) => Err(unsupported(&format!("sets made by '{what}'"))),
        }
    }

    fn union(&mut self, parts: &[MemberSet]) -> Found<Expr> {
        // Members of one level become one list.
        let mut lists: Vec<(String, Vec<&Literal>)> = Vec::new();
        let mut tests = Vec::new();
        for part in parts {
            match part {
                MemberSet::Member { level, member } if !matches!(member, Literal::Tuple(_)) => {
                    match lists.iter_mut().find(|(known, _)| known == level) {
                        Some((_, list)) => list.push(member),
                        None => lists.push((level.clone(), vec![member])),
                    }
                }
                other => tests.push(self.members(other)?),
            }
        }
        for (level, list) in lists {
            let value = self.level(&level)?;
            tests.push(in_list(&value, list.into_iter()));
        }
        Ok(tests.into_iter().reduce(Expr::or).unwrap_or(lit(false)))
    }

    /// Tests a member of several fields together: the level is a combined field.
    fn tuple(&mut self, level: &str, values: &[Literal]) -> Found<Expr> {
        let spec = self.fields.get(level).ok_or_else(|| unknown_field(level))?;
        let fields = match &spec.kind {
            FieldKind::Combined { fields, .. } => fields.clone(),
            FieldKind::Set { members, .. } => members.levels(),
            _ => return Err(unknown_field(level)),
        };
        let mut all = lit(true);
        for (field, value) in fields.iter().zip(values) {
            let typed = self.level(field)?;
            all = all.and(in_list(&typed, std::iter::once(value)));
        }
        Ok(all)
    }

    /// Gives the expression of a level: an instance or a field.
    pub fn level(&mut self, level: &str) -> Found<Typed> {
        if self.fields.get(level).is_some() {
            return self.row_field(level);
        }
        let key = FieldRef::new(self.fields.source.name.clone(), level);
        let pill = self.pill_of(&key).ok_or_else(|| unknown_field(level))?;
        self.pill(&pill)
    }

    /// Finds an instance among those of the source, else takes its name apart.
    fn pill_of(&self, key: &FieldRef) -> Option<Pill> {
        let known = self.fields.source.pills.iter().find(|pill| pill.key == *key);
        known.cloned().or_else(|| Pill::from_name(key))
    }

    /// Lists the levels of a set; another set that it builds on has its own.
    fn levels_of(&self, set: &MemberSet) -> Vec<String> {
        let (mut todo, mut seen) = (vec![set], Vec::new());
        while let Some(set) = todo.pop() {
            let levels = set.levels();
            if !levels.is_empty() {
                return levels;
            }
            match set {
                MemberSet::Set(name) if !seen.contains(&name) => {
                    seen.push(name);
                    if let Some(FieldKind::Set { members, .. }) = self.fields.get(name).map(|spec| &spec.kind)
                    {
                        todo.push(members);
                    }
                }
                MemberSet::Union(parts) | MemberSet::Intersection(parts) | MemberSet::Cross(parts) => {
                    todo.extend(parts.iter().rev());
                }
                MemberSet::Except(all, _) => todo.push(all),
                MemberSet::Where { of, .. } | MemberSet::Top { of, .. } => todo.push(of),
                _ => {}
            }
        }
        Vec::new()
    }

    fn count(&self, count: &Count) -> Found<usize> {
        let number = match count {
            Count::Number(number) => Some(*number),
            Count::Parameter(name) => match self.surroundings.parameters.get(&name.to_lowercase()) {
                Some(Value::Integer(number)) => Some(*number),
                Some(Value::Real(number)) => Some(*number as i64),
                _ => None,
            },
        };
        number
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| {
                Box::new(Diagnostic::error(
                    "query.parameter",
                    "the count of a top N filter is no number",
                ))
            })
    }

    /// Computes a formula for each member, lets `keep` choose among them, and makes a test of the chosen.
    fn chosen(
        &mut self,
        set: &MemberSet,
        of: &MemberSet,
        keep: impl FnOnce(DataFrame, &Typed, &[String]) -> Found<DataFrame>,
        formula: &str,
    ) -> Found<Expr> {
        let key = format!("{set:?}");
        if let Some(found) = self.remembered(&key) {
            return Ok(found.is_not_null());
        }
        let mut groups = Vec::new();
        for level in self.levels_of(of) {
            groups.push(self.level(&level)?);
        }
        if groups.is_empty() {
            return Err(unsupported("sets without a level"));
        }
        // Members outside of the set below do not compete.
        let inside = self.members(of)?;
        let read = self.fields.formula(formula)?;
        let whole = self.frame.clone();
        if inside != lit(true) {
            self.frame = whole.clone().filter(inside).map_err(internal)?;
        }
        let made = Aggregation::over(self, &groups, &read, read.tree.root());
        self.frame = whole;
        let (made, names, value) = made?;
        let kept = keep(made, &value, &names)?;
        let mark = self.fresh("m");
        let mut exprs: Vec<Expr> = names.iter().map(|name| column(name)).collect();
        exprs.push(lit(true).alias(&mark));
        let kept = kept.select(exprs).map_err(internal)?;
        let value = Typed::new(column(&mark), DataType::Boolean);
        let found = self.attach(&groups, &names, kept, value)?;
        self.remember(key, mark);
        Ok(found.expr.is_not_null())
    }
}

/// Keeps the first so many members, or so many per cent of them; what is equal comes in the order of members.
fn first_of(
    frame: DataFrame,
    value: &Typed,
    members: &[String],
    count: usize,
    percent: bool,
    descending: bool,
) -> Found<DataFrame> {
    let mut order = vec![value.expr.clone().sort(!descending, false)];
    order.extend(members.iter().map(|name| column(name).sort(true, true)));
    if !percent {
        let sorted = frame.sort(order).map_err(internal)?;
        return sorted.limit(0, Some(count)).map_err(internal);
    }
    let (place, size) = ("\u{1f}place", "\u{1f}size");
    let number = row_number().order_by(order).build().map_err(internal)?;
    let all = count_all_window();
    let numbered = frame
        .window(vec![number.alias(place)])
        .and_then(|frame| frame.window(vec![all.alias(size)]))
        .map_err(internal)?;
    // A part of a member is a member: places before the one at so many per cent are kept.
    let real = |name: &str| cast(column(name), arrow_type(DataType::Real));
    let before = binary_expr(real(place), Operator::Minus, lit(1.0));
    let share = binary_expr(real(size), Operator::Multiply, lit(count.min(100) as f64 / 100.0));
    numbered.filter(before.lt(share)).map_err(internal)
}
