//! Blends: each data source is asked on its own at the level of the links, and what the secondary ones give is
//! put beside the groups of the primary one.

use std::collections::{HashMap, HashSet};

use vivant_calc::kernel::text::Collation;
use vivant_calc::tree::NodeKind;
use vivant_calc::{Diagnostic, Level, Value};
use vivant_document::spec::{Aggregate, Derivation, FieldKind, FieldRef, FilterSpec};

use crate::asker::{Asker, Item, Wanted};
use crate::fields::unsupported;
use crate::frame::{ColumnRole, Frame, FrameColumn, MANY};
use crate::local::{self, key_text};
use crate::query::{Ask, RowFilters};

type Found<T> = Result<T, Box<Diagnostic>>;

/// A field of the primary and one of a secondary data source whose equal values belong together.
struct Link {
    own: Item,
    theirs: Item,
    /// Whether the field makes the level of detail; if not, several values may belong to a mark.
    in_view: bool,
}

impl Asker<'_> {
    /// Runs the queries of a level of detail over all data sources and puts their results together.
    pub(crate) async fn blended(
        &self,
        wanted: &Wanted,
        ask: Ask<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Frame> {
        if self.secondary.is_empty() {
            return self.queried(wanted, ask).await;
        }
        let own = &self.fields.source.name;
        let (mine, theirs): (Vec<Item>, Vec<Item>) = wanted
            .measures
            .iter()
            .cloned()
            .partition(|item| item.key.source == *own);
        let mut frame = self
            .queried(&Wanted::new(wanted.dimensions.clone(), mine), ask)
            .await?;
        for other in &self.secondary {
            let name = &other.fields.source.name;
            let items: Vec<Item> = theirs
                .iter()
                .filter(|item| item.key.source == *name)
                .cloned()
                .collect();
            let filters: Vec<&FilterSpec> = match ask.filters {
                RowFilters::All => other.row_filters().collect(),
                _ => Vec::new(),
            };
            if !items.is_empty() || !filters.is_empty() {
                self.join(&mut frame, wanted, other, items, &filters, diagnostics)
                    .await?;
            }
        }
        Ok(frame)
    }

    /// Puts what a secondary data source gives beside the groups.
    async fn join(
        &self,
        frame: &mut Frame,
        wanted: &Wanted,
        other: &Asker<'_>,
        items: Vec<Item>,
        filters: &[&FilterSpec],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<()> {
        let links = self.links(other, wanted)?;
        let mut dimensions: Vec<Item> = Vec::new();
        for link in &links {
            if !dimensions.iter().any(|known| known.key == link.theirs.key) {
                dimensions.push(link.theirs.clone());
            }
        }
        let asked = Wanted::new(dimensions.clone(), items.clone());
        let found = other.queried(&asked, Ask::GROUPS).await?;
        let ignores_case = |found: &Frame, key: &FieldRef| {
            let column = found.column(key);
            column.is_some_and(|column| column.ignores_case)
        };
        let folds: Vec<bool> = links
            .iter()
            .map(|link| ignores_case(&found, &link.theirs.key) || ignores_case(frame, &link.own.key))
            .collect();
        let keys_of = |frame: &Frame, theirs: bool| -> Vec<Option<String>> {
            let columns: Vec<Option<&FrameColumn>> = links
                .iter()
                .map(|link| frame.column(if theirs { &link.theirs.key } else { &link.own.key }))
                .collect();
            (0..frame.rows)
                .map(|row| link_key(&columns, &folds, row))
                .collect()
        };
        let places: HashMap<String, usize> = keys_of(&found, true)
            .into_iter()
            .enumerate()
            .filter_map(|(row, key)| Some((key?, row)))
            .collect();

        // The keys of each group: one, or, where links are outside of the view, all that its rows have.
        let mut keys: Vec<Vec<String>> = vec![Vec::new(); frame.rows];
        if links.iter().all(|link| link.in_view) {
            for (row, key) in keys_of(frame, false).into_iter().enumerate() {
                keys[row].extend(key);
            }
        } else {
            let mut level = wanted.dimensions.clone();
            let outside = links.iter().filter(|link| !link.in_view);
            level.extend(outside.map(|link| link.own.clone()));
            let finer = self.queried(&Wanted::new(level, Vec::new()), Ask::GROUPS).await?;
            let groups = local::row_places(frame, &wanted.dimensions);
            let finer_groups = local::row_keys(&finer, &wanted.dimensions);
            for ((group, key), _) in finer_groups.iter().zip(keys_of(&finer, false)).zip(0..) {
                if let (Some(rows), Some(key)) = (groups.get(group), key) {
                    for &row in rows {
                        keys[row].push(key.clone());
                    }
                }
            }
        }
        let matches: Vec<Vec<usize>> = keys
            .iter()
            .map(|keys| keys.iter().filter_map(|key| places.get(key).copied()).collect())
            .collect();
        for item in &items {
            let column = found.column(&item.key);
            let read = |row: usize| column.map_or(Value::Null, |column| column.values[row].clone());
            let is_single = matches.iter().all(|rows| rows.len() <= 1);
            let fold = Fold::of(other, item);
            if !is_single && fold.is_none() {
                let what = format!("{} over several values of a link", item.key);
                if wanted.rolled.is_empty() {
                    return Err(Box::new(
                        (*unsupported(&what)).hint("put the linking field into the view"),
                    ));
                }
                diagnostics.push(Diagnostic::warning(
                    "query.total",
                    format!("{what} has no total; it is left empty"),
                ));
            }
            let values = matches
                .iter()
                .map(|rows| match (&rows[..], fold) {
                    ([], _) => Value::Null,
                    ([one], _) => read(*one),
                    (rows, Some(fold)) => fold.all(rows.iter().map(|&row| read(row)).collect()),
                    (_, None) => Value::Null,
                })
                .collect();
            frame.columns.push(FrameColumn {
                key: item.key.clone(),
                role: ColumnRole::Measure,
                data_type: item.data_type,
                values,
                ignores_case: column.is_some_and(|column| column.ignores_case),
                bin: column.and_then(|column| column.bin),
            });
        }
        if filters.is_empty() || links.is_empty() {
            return Ok(());
        }
        // What a filter leaves out of the secondary data source takes the marks along. Those that never had a
        // partner have nothing to compare, which a filter may keep.
        let mut keeps_null = true;
        for filter in filters {
            // Conditions and ranks say nothing of what they never saw.
            keeps_null &= local::keeps(&filter.test, &Value::Null, false, &self.surroundings).unwrap_or(true);
        }
        let partners: HashSet<String> = match keeps_null {
            false => HashSet::new(),
            true => {
                let ask = Ask {
                    filters: RowFilters::None,
                    ..Ask::GROUPS
                };
                let all = other.queried(&Wanted::new(dimensions, Vec::new()), ask).await?;
                keys_of(&all, true).into_iter().flatten().collect()
            }
        };
        let kept: Vec<usize> = (0..frame.rows)
            .filter(|&row| {
                !matches[row].is_empty() || keeps_null && !keys[row].iter().any(|key| partners.contains(key))
            })
            .collect();
        if kept.len() < frame.rows {
            frame.take(&kept);
        }
        Ok(())
    }

    /// Finds the fields that link a secondary data source at a level of detail.
    ///
    /// Tableau: a link works where its field is in the view, or where it was turned on by hand.
    fn links(&self, other: &Asker<'_>, wanted: &Wanted) -> Found<Vec<Link>> {
        let (own, theirs) = (&self.fields.source.name, &other.fields.source.name);
        let pairs: Vec<(&FieldRef, &FieldRef)> = self
            .question
            .workbook
            .blends
            .iter()
            .filter_map(|(a, b)| match () {
                () if a.source == *own && b.source == *theirs => Some((a, b)),
                () if b.source == *own && a.source == *theirs => Some((b, a)),
                () => None,
            })
            .collect();
        let overrides = &self.question.sheet.links;
        let is_set = |item: &Item, include: bool| {
            overrides.iter().any(|(field, included)| {
                *included == include
                    && field.source == item.key.source
                    && (field.name == item.key.name || field.name == item.field)
            })
        };
        let mut links: Vec<Link> = Vec::new();
        let dimensions = wanted
            .dimensions
            .iter()
            .map(|item| (item, true))
            .chain(wanted.rolled.iter().map(|item| (item, false)));
        for (dimension, in_view) in dimensions {
            if dimension.key.source != *own {
                continue;
            }
            let partner = match pairs.is_empty() {
                true => other.same_caption(self, dimension),
                false => pairs.iter().find_map(|(a, b)| {
                    let found = self.item(a).ok()?;
                    let same = **a == dimension.key
                        || found.field == dimension.field && found.derivation == dimension.derivation;
                    same.then(|| other.item(b).ok()).flatten()
                }),
            };
            let Some(partner) = partner.filter(|item| item.level <= Level::Row) else {
                continue;
            };
            if is_set(dimension, false) || is_set(&partner, false) {
                continue;
            }
            links.push(Link {
                own: dimension.clone(),
                theirs: partner,
                in_view,
            });
        }
        for (a, b) in pairs {
            let (Ok(mine), Ok(partner)) = (self.item(a), other.item(b)) else {
                continue;
            };
            let by_hand = is_set(&partner, true) || is_set(&mine, true);
            // A field that was turned on as it is, is not turned on with all its parts.
            let plain = mine.derivation == Derivation::None
                || overrides.iter().any(|(field, _)| field == a || field == b);
            let known = links.iter().any(|link| link.own.field == mine.field);
            if by_hand && plain && !known && mine.level <= Level::Row && partner.level <= Level::Row {
                links.push(Link {
                    own: mine,
                    theirs: partner,
                    in_view: false,
                });
            }
        }
        Ok(links)
    }

    /// Finds the field of the same label for a dimension of another data source.
    fn same_caption(&self, of: &Asker<'_>, dimension: &Item) -> Option<Item> {
        let caption = &of.fields.get(&dimension.field)?.caption;
        let found = self
            .fields
            .source
            .fields
            .iter()
            .find(|field| field.caption == *caption)?;
        let own = self.fields.level(found);
        if own.1 > Level::Row || dimension.derivation.is_date() && !own.0.is_date() {
            return None;
        }
        Some(Item {
            key: FieldRef::new(
                self.fields.source.name.clone(),
                format!("\u{1f}link {}", dimension.key.name),
            ),
            field: found.name.clone(),
            data_type: dimension.derivation.result(own.0),
            derivation: dimension.derivation,
            pill: None,
            level: Level::Row,
            node: None,
            local: false,
            attribute: false,
        })
    }
}

/// Writes the values of links so that equal values are equal texts; missing values have no partner.
fn link_key(columns: &[Option<&FrameColumn>], folds: &[bool], row: usize) -> Option<String> {
    let mut key = String::new();
    for (column, &folds) in columns.iter().zip(folds) {
        let column = column.as_ref()?;
        match &column.values[row] {
            Value::Null => return None,
            // A day is the same whether it was written with a time or without.
            Value::Date(date) => key.push_str(&key_text(&Value::DateTime(date.midnight()))),
            // Two data sources may tell letter case apart differently; what is the same in one is the same.
            Value::String(text) if folds => key.push_str(&Collation::IgnoreCase.key(text)),
            other => key.push_str(&key_text(other)),
        }
        key.push('\u{1}');
    }
    Some(key)
}

/// How the values of several links become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    Sum,
    Min,
    Max,
    /// The one value that all have, or the mark of many.
    Same,
}

impl Fold {
    /// Tells how values of groups become one, if that is possible.
    fn of(asker: &Asker<'_>, item: &Item) -> Option<Fold> {
        if item.attribute || item.derivation == Derivation::Attribute {
            return Some(Fold::Same);
        }
        if let Derivation::Aggregate(aggregate) = item.derivation {
            return match aggregate {
                Aggregate::Sum | Aggregate::Count => Some(Fold::Sum),
                Aggregate::Min => Some(Fold::Min),
                Aggregate::Max => Some(Fold::Max),
                _ => None,
            };
        }
        let (formula, node) = match &item.node {
            Some((formula, node)) => (formula.clone(), *node),
            None => {
                let FieldKind::Calculation { formula, .. } = &asker.fields.get(&item.field)?.kind else {
                    return None;
                };
                let formula = asker.fields.formula(formula).ok()?;
                let root = formula.tree.root();
                (formula, root)
            }
        };
        match formula.tree.kind(formula.tree.unwrapped(node)) {
            NodeKind::Call {
                function: Some(function),
                arguments,
                ..
            } if arguments.len() == 1 => match function.name {
                "SUM" | "COUNT" => Some(Fold::Sum),
                "MIN" => Some(Fold::Min),
                "MAX" => Some(Fold::Max),
                "ATTR" => Some(Fold::Same),
                _ => None,
            },
            _ => None,
        }
    }

    fn all(self, values: Vec<Value>) -> Value {
        let by = match self {
            Fold::Sum => "SUM",
            Fold::Min => "MIN",
            Fold::Max => "MAX",
            Fold::Same => {
                let mut present = values.into_iter().filter(|value| !value.is_null());
                let Some(first) = present.next() else {
                    return Value::Null;
                };
                let same = present.all(|value| key_text(&value) == key_text(&first));
                return match (same, first) {
                    (true, first) => first,
                    (false, _) => Value::String(MANY.to_owned()),
                };
            }
        };
        local::aggregate(by, &values, None, 0.0)
    }
}
