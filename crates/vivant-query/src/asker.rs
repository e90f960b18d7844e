//! What a sheet asks for: its pills as items, its marks cards as levels of detail, and the table of each.

use std::collections::HashMap;
use std::sync::Arc;

use vivant_calc::tree::NodeId;
use vivant_calc::{DataType, Diagnostic, Level};
use vivant_document::spec::{
    Addressing, Aggregate, Derivation, FieldKind, FieldRef, FilterSpec, FilterTest, OBJECT_PART, Offset,
    PaneSpec, Pill, SheetSpec, Side, SortBy, TableCalc, TableCalcKind,
};

use crate::calc::{Fields, level_of};
use crate::engine::{Engine, Question};
use crate::fields::{unknown_field, unsupported};
use crate::frame::{ColumnRole, Frame};
use crate::local;
use crate::query::{Ask, is_all, sources_in};
use crate::rows::{Formula, Surroundings};

type Found<T> = Result<T, Box<Diagnostic>>;

/// A pill or field that a query asks for.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its key.
    pub key: FieldRef,
    /// The field.
    pub field: String,
    /// What is taken of it.
    pub derivation: Derivation,
    /// The pill, if it is one.
    pub pill: Option<Pill>,
    /// Its level.
    pub level: Level,
    /// The type of its values.
    pub data_type: DataType,
    /// A part of a formula in place of the field.
    pub node: Option<(Arc<Formula>, NodeId)>,
    /// Whether it is computed over the finished groups: table calculations, and formulas over several data
    /// sources or logical tables.
    pub local: bool,
    /// Whether it is a dimension of a secondary data source: marks show the one value that they have of it.
    pub attribute: bool,
}

impl Item {
    /// Tells whether it has headers.
    pub fn is_discrete(&self, fields: &Fields<'_>) -> bool {
        match &self.pill {
            Some(pill) => pill.discrete,
            None => fields.get(&self.field).is_some_and(|field| field.discrete),
        }
    }
}

/// What a marks card asks for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What makes its level of detail, in the order of shelves.
    pub dimensions: Vec<Item>,
    /// What is computed for each mark.
    pub measures: Vec<Item>,
    /// What orders the marks, the outermost first: dimensions, and what else has headers.
    pub heads: Vec<FieldRef>,
    /// Dimensions of the view that a total leaves out.
    pub rolled: Vec<Item>,
}

impl Wanted {
    /// Asks for measures at a level of detail.
    pub fn new(dimensions: Vec<Item>, measures: Vec<Item>) -> Wanted {
        Wanted {
            heads: dimensions.iter().map(|item| item.key.clone()).collect(),
            dimensions,
            measures,
            rolled: Vec::new(),
        }
    }

    /// Takes in what another card of the same level asks for.
    pub fn merge(&mut self, other: Wanted) {
        for item in other.measures {
            if !self.measures.iter().any(|known| known.key == item.key) {
                self.measures.push(item);
            }
        }
        for head in other.heads {
            if !self.heads.contains(&head) {
                self.heads.push(head);
            }
        }
    }
}

/// Asks for one sheet.
pub struct Asker<'a> {
    /// The engine.
    pub(crate) engine: &'a Engine<'a>,
    /// What is asked.
    pub(crate) question: &'a Question<'a>,
    /// The fields of the data source.
    pub fields: &'a Fields<'a>,
    /// What formulas depend on.
    pub(crate) surroundings: Arc<Surroundings>,
    /// Those who ask the secondary data sources, if this is the primary one.
    pub(crate) secondary: Vec<Asker<'a>>,
}

impl<'a> Asker<'a> {
    /// Finds who asks a data source.
    pub(crate) fn of(&self, source: &str) -> Found<&Asker<'a>> {
        if self.fields.source.name.eq_ignore_ascii_case(source) {
            return Ok(self);
        }
        let found = self
            .secondary
            .iter()
            .find(|other| other.fields.source.name.eq_ignore_ascii_case(source));
        found.ok_or_else(|| {
            Box::new(Diagnostic::error(
                "query.no-source",
                format!("the sheet does not read the data source '{source}' that it names"),
            ))
        })
    }

    /// Tells what a reference of the sheet is.
    pub fn item(&self, key: &FieldRef) -> Found<Item> {
        if key.source == PARAMETERS {
            return self.parameter(key);
        }
        if key.source != self.fields.source.name {
            let mut item = self.of(&key.source)?.item(key)?;
            if item.level <= Level::Row {
                item.level = Level::Aggregate;
                item.attribute = true;
            }
            return Ok(item);
        }
        let sheet = self.question.sheet;
        let pill = sheet
            .pill(key)
            .or_else(|| self.fields.source.pills.iter().find(|pill| pill.key == *key))
            .cloned()
            .or_else(|| match self.fields.get(&key.name) {
                None => Pill::from_name(key),
                Some(_) => None,
            });
        let (field, derivation) = match &pill {
            Some(pill) => (pill.field.clone(), pill.derivation),
            None => (key.name.clone(), Derivation::None),
        };
        let is_indicator = field == INDICATOR && self.fields.get(&field).is_none();
        if sheet.forecast.is_some()
            && (is_indicator || pill.as_ref().is_some_and(|pill| pill.forecast_of.is_some()))
        {
            return Err(Box::new(
                (*unsupported("forecasts")).hint("turn the forecast off to see the values that there are"),
            ));
        }
        if is_indicator {
            // Without a forecast every mark is one of the data.
            let formula = self.fields.formula("'Actual'")?;
            let root = formula.tree.root();
            return Ok(Item {
                key: key.clone(),
                field,
                derivation,
                pill,
                level: Level::Row,
                data_type: DataType::String,
                node: Some((formula, root)),
                local: false,
                attribute: false,
            });
        }
        let spec = self.fields.get(&field).ok_or_else(|| unknown_field(&field))?;
        let own = self.fields.level(spec);
        let mut level = level_of(derivation, own);
        if pill.as_ref().is_some_and(Pill::has_table_calc) {
            level = Level::TableCalculation;
        }
        // An instance of a calculation that aggregates is not aggregated again.
        if own.1 >= Level::Aggregate {
            level = level.max(own.1);
        }
        Ok(Item {
            key: key.clone(),
            data_type: derivation.result(own.0),
            local: level == Level::TableCalculation || level == Level::Aggregate && self.crosses(&field),
            field,
            derivation,
            pill,
            level,
            node: None,
            attribute: false,
        })
    }

    /// Makes a parameter a dimension of one member.
    fn parameter(&self, key: &FieldRef) -> Found<Item> {
        let pill = self
            .question
            .sheet
            .pill(key)
            .cloned()
            .or_else(|| Pill::from_name(key));
        let name = pill.as_ref().map_or(&key.name, |pill| &pill.field).clone();
        let formula = self
            .fields
            .formula(&format!("[{PARAMETERS}].[{}]", name.replace(']', "]]")))?;
        let root = formula.tree.root();
        Ok(Item {
            key: key.clone(),
            data_type: formula.checked.of(root).data_type,
            field: name,
            derivation: Derivation::None,
            pill,
            level: Level::Row,
            node: Some((formula, root)),
            local: false,
            attribute: false,
        })
    }

    /// Tells whether the formula of a field puts together what is computed apart: aggregates of another data source,
    /// or of several logical tables, each of which is aggregated over its own rows.
    pub(crate) fn crosses(&self, field: &str) -> bool {
        let aggregates = self.fields.get(field).is_some_and(|spec| {
            matches!(spec.kind, FieldKind::Calculation { .. })
                && self.fields.level(spec).1 == Level::Aggregate
        });
        if aggregates && self.fields.source.objects.len() > 1 && self.objects(field).len() > 1 {
            return true;
        }
        let own = &self.fields.source.name;
        let mut seen = Vec::new();
        let mut todo = vec![field.to_owned()];
        while let Some(name) = todo.pop() {
            let Some(spec) = self.fields.get(&name) else {
                continue;
            };
            let FieldKind::Calculation { formula, .. } = &spec.kind else {
                continue;
            };
            if seen.contains(&spec.name.as_str()) {
                continue;
            }
            seen.push(&spec.name);
            let Ok(formula) = self.fields.formula(formula) else {
                continue;
            };
            let others = sources_in(&formula.tree, formula.tree.root());
            if others.iter().any(|source| !source.eq_ignore_ascii_case(own)) {
                return true;
            }
            todo.extend(crate::query::names_in(&formula.tree));
        }
        false
    }

    /// Collects what a marks card asks for.
    pub(crate) fn wanted(
        &self,
        pane: &PaneSpec,
        measure_names: &[FieldRef],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Wanted {
        let sheet = self.question.sheet;
        let mut wanted = Wanted::default();
        let shelves = sheet.rows.fields().into_iter().chain(sheet.cols.fields());
        let keys = shelves
            .map(|key| (key, Place::Shelf))
            .chain(sheet.pages.iter().map(|key| (key, Place::Card)))
            .chain(pane.encodings.iter().map(|(name, key)| match name.as_str() {
                "tooltip" => (key, Place::Tooltip),
                _ => (key, Place::Card),
            }))
            .chain(measure_names.iter().map(|key| (key, Place::Card)));
        for (key, place) in keys {
            if key.is_measure_names() || key.is_measure_values() || key.is_generated() {
                continue;
            }
            let found = self.item(key).and_then(|item| self.share(item));
            let item = match found {
                Ok(item) => item,
                Err(error) => {
                    diagnostics.push(*error);
                    continue;
                }
            };
            let list = match item.level {
                // A dimension on tooltip alone does not make marks.
                Level::Constant | Level::Row if place == Place::Tooltip => continue,
                Level::Constant | Level::Row => &mut wanted.dimensions,
                _ => &mut wanted.measures,
            };
            if list.iter().any(|known| known.key == item.key) {
                continue;
            }
            let orders = match item.level {
                Level::Constant | Level::Row => true,
                _ if item.attribute => true,
                // Tableau: values with headers order what is inside of them.
                _ => place == Place::Shelf && item.is_discrete(self.fields),
            };
            if orders {
                wanted.heads.push(item.key.clone());
            }
            list.push(item);
        }
        wanted
    }

    /// Makes a measure the share of a total where the sheet shows all of them so.
    fn share(&self, mut item: Item) -> Found<Item> {
        let Some(mode) = &self.question.sheet.percentages else {
            return Ok(item);
        };
        let is_measure = item.level == Level::Aggregate && !item.attribute && item.data_type.is_number();
        if !is_measure || item.derivation == Derivation::Attribute {
            return Ok(item);
        }
        let addressing = match mode.as_str() {
            "table" => Addressing::Table,
            "row" => Addressing::Rows,
            "column" => Addressing::Columns,
            "pane" => Addressing::Pane,
            "row-in-pane" => Addressing::RowInPane,
            "column-in-pane" => Addressing::ColumnInPane,
            "cell" | "cell-in-pane" => Addressing::CellInPane,
            other => return Err(unsupported(&format!("percentages of '{other}'"))),
        };
        let mut pill = item.pill.take().unwrap_or(Pill {
            key: item.key.clone(),
            field: item.field.clone(),
            derivation: item.derivation,
            discrete: false,
            ordinal: false,
            table_calcs: Vec::new(),
            forecast_of: None,
            visual_total: None,
        });
        pill.table_calcs.push(TableCalc {
            field: None,
            kind: TableCalcKind::PctTotal,
            addressing,
            restart: None,
            level: None,
            offset: Offset::Relative(-1),
            sort: None,
        });
        item.pill = Some(pill);
        item.level = Level::TableCalculation;
        item.local = true;
        Ok(item)
    }

    /// Tells whether sums and counts of marks add up to those of their rows.
    pub(crate) fn adds_up(&self) -> bool {
        let is_aggregate = |filter: &FilterSpec| {
            !filter.column.is_measure_names()
                && !is_all(&filter.test)
                && self
                    .item(&filter.column)
                    .is_ok_and(|item| item.level == Level::Aggregate)
        };
        self.fields.source.objects.len() <= 1 && !self.question.sheet.filters.iter().any(is_aggregate)
    }

    /// Gives the rows of a level of detail as the sheet shows them.
    pub(crate) async fn body(
        &self,
        wanted: &Wanted,
        orders: &local::Orders,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Frame> {
        let late = self.late(diagnostics)?;
        let asked = late.iter().filter_map(|(_, item)| item.clone()).collect();
        let filters: Vec<&FilterSpec> = late.into_iter().map(|(filter, _)| filter).collect();
        let ask = Ask::body(self.question.sheet);
        self.table(wanted, asked, ask, &filters, orders, diagnostics)
            .await
    }

    /// Lists the filters of what is there only when the groups are, with what they need.
    pub(crate) fn late(&self, diagnostics: &mut Vec<Diagnostic>) -> Found<Vec<(&FilterSpec, Option<Item>)>> {
        let mut late = Vec::new();
        for filter in &self.question.sheet.filters {
            if filter.column.is_measure_names() || is_all(&filter.test) {
                continue;
            }
            if filter.hides {
                late.push((filter, None));
                continue;
            }
            if filter.column.is_generated() {
                // Ranges are for those who look places up, which is not done here.
                if !matches!(filter.test, FilterTest::Range { .. }) {
                    let what = format!("the filter on {} is passed over: it is no range", filter.column);
                    diagnostics.push(Diagnostic::warning("query.unsupported", what));
                }
                continue;
            }
            let item = self.item(&filter.column)?;
            let is_foreign = filter.column.source != self.fields.source.name;
            if item.local || is_foreign && !item.attribute {
                late.push((filter, Some(item)));
            }
        }
        Ok(late)
    }

    /// Gives the finished table of a level of detail. `late` are filters of the table, `asked` what they need.
    pub(crate) async fn table(
        &self,
        wanted: &Wanted,
        more: Vec<Item>,
        ask: Ask<'_>,
        late: &[&FilterSpec],
        orders: &local::Orders,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Frame> {
        let sheet = self.question.sheet;
        let mut measures = wanted.measures.clone();
        for item in more {
            if !measures.iter().any(|known| known.key == item.key) {
                measures.push(item);
            }
        }
        let (computed, mut asked): (Vec<Item>, Vec<Item>) = measures.into_iter().partition(|item| item.local);
        let mut calculations = Vec::with_capacity(computed.len());
        for item in &computed {
            calculations.push(local::Calculation::new(self, item, &mut asked)?);
        }
        let asked = Wanted {
            measures: asked,
            ..wanted.clone()
        };
        let mut frame = self.blended(&asked, ask, diagnostics).await?;
        let is_body = ask.having;
        if is_body {
            let over_table = calculations.iter().any(local::Calculation::is_over_table);
            self.densify(&mut frame, wanted, over_table).await?;
        }
        let is_known = |key: &&FieldRef| !computed.iter().any(|item| item.key == **key);
        let known: Vec<&FieldRef> = wanted.heads.iter().filter(is_known).collect();
        local::sort(&mut frame, sheet, &known, orders);
        let extra = self.extra(&calculations, wanted, diagnostics).await?;
        for calculation in &calculations {
            calculation.run(&mut frame, sheet, wanted, &self.surroundings, &extra, diagnostics)?;
        }
        for filter in late {
            local::filter(&mut frame, &filter.column, &filter.test, &self.surroundings)?;
        }
        if known.len() < wanted.heads.len() {
            let all: Vec<&FieldRef> = wanted.heads.iter().collect();
            local::sort(&mut frame, sheet, &all, orders);
        }
        // Values with headers order members in another way in each of them.
        if known.len() == wanted.heads.len() {
            frame.members = local::members(&frame, sheet, &wanted.dimensions, orders);
        }
        let shown: Vec<&Item> = wanted.dimensions.iter().chain(&wanted.measures).collect();
        let place = |key: &FieldRef| shown.iter().position(|item| item.key == *key);
        frame.columns.retain(|column| place(&column.key).is_some());
        frame.columns.sort_by_key(|column| place(&column.key));
        for column in &mut frame.columns {
            if place(&column.key).is_some_and(|at| shown[at].attribute) {
                column.role = ColumnRole::Dimension;
            }
        }
        Ok(frame)
    }

    /// Asks for what calculations need besides the table: totals over rows, and orders of their own.
    async fn extra(
        &self,
        calculations: &[local::Calculation],
        wanted: &Wanted,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<local::Extra> {
        let mut extra = local::Extra::new();
        let sheet = self.question.sheet;
        let mut needs = Vec::new();
        for calculation in calculations {
            needs.extend(calculation.needs(self, sheet, wanted)?);
        }
        for (item, by) in needs {
            let key = (item.key.clone(), by.clone());
            if extra.contains_key(&key) {
                continue;
            }
            let (kept, rolled): (Vec<Item>, Vec<Item>) = wanted
                .dimensions
                .iter()
                .cloned()
                .partition(|dimension| by.contains(&dimension.key));
            let part = Wanted {
                rolled: rolled.into_iter().chain(wanted.rolled.clone()).collect(),
                ..Wanted::new(kept, vec![item])
            };
            extra.insert(key, self.blended(&part, Ask::GROUPS, diagnostics).await?);
        }
        Ok(extra)
    }

    /// Finds the order of members of dimensions that are sorted by a field.
    pub(crate) async fn orders(
        &self,
        wanted: &Wanted,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<local::Orders> {
        let mut orders = HashMap::new();
        for dimension in &wanted.dimensions {
            let sheet = self.question.sheet;
            let sort = sheet.sorts.iter().find(|sort| sort.column == dimension.key);
            let Some(sort) = sort else { continue };
            let SortBy::Field(using) = &sort.by else { continue };
            let measure = self.item(using).map(|mut item| {
                if item.level <= Level::Row {
                    // Members are ordered by the least value that they have.
                    item.derivation = Derivation::Aggregate(Aggregate::Min);
                    item.level = Level::Aggregate;
                }
                item
            });
            let measure = match measure {
                Ok(item) => item,
                Err(_) => {
                    diagnostics.push(Diagnostic::warning(
                        "query.sort",
                        format!("the order by {using} is not supported; the natural order is used"),
                    ));
                    continue;
                }
            };
            // A table calculation runs as it does in the view; members are ordered by what they have there in all.
            let over_view = measure.local && wanted.dimensions.len() > 1;
            let level = match over_view {
                true => wanted.dimensions.clone(),
                false => vec![dimension.clone()],
            };
            let asked = Wanted::new(level, vec![measure.clone()]);
            let none = HashMap::new();
            let mut found = self
                .table(&asked, Vec::new(), Ask::GROUPS, &[], &none, diagnostics)
                .await?;
            if over_view {
                found = local::summed(&found, &dimension.key, &measure.key);
            }
            orders.insert(
                dimension.key.clone(),
                local::ranks(&found, &dimension.key, &measure.key, sort.descending),
            );
        }
        Ok(orders)
    }
}

/// The field that tells estimates from what is in the data.
const INDICATOR: &str = "Forecast Indicator";

/// The data source of parameters.
const PARAMETERS: &str = "Parameters";

/// Where a pill lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Shelf,
    Card,
    Tooltip,
}

/// Lists the dimensions of a level of detail that lie on a shelf, in its order.
pub(crate) fn on_shelf<'w>(sheet: &SheetSpec, side: Side, wanted: &'w Wanted) -> Vec<&'w FieldRef> {
    let of = |side: Side| match side {
        Side::Rows => sheet.rows.fields(),
        Side::Cols => sheet.cols.fields(),
    };
    let (here, rows) = (of(side), of(Side::Rows));
    let keys = wanted.dimensions.iter().map(|item| &item.key);
    // What lies on both is a row.
    keys.filter(|key| here.contains(key) && (side == Side::Rows || !rows.contains(key)))
        .collect()
}

/// Writes the name of a field as [`Fields`] knows it.
pub(crate) fn field_key(name: &vivant_calc::names::FieldName) -> String {
    match &name.source {
        Some(source) if source == OBJECT_PART => format!("{OBJECT_PART}].[{}", name.name),
        _ => name.name.clone(),
    }
}
