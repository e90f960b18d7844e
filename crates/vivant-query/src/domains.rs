//! All members of the fields on colour, also those that a sheet leaves out: a member keeps its colour whatever
//! the filters of the sheet show.

use std::collections::HashMap;

use vivant_calc::{Diagnostic, Level, Value};
use vivant_document::spec::{FieldRef, Literal, PaneSpec};

use crate::asker::{Asker, Wanted};
use crate::flow::natural;
use crate::frame::{Frame, compare};
use crate::local::key_in;
use crate::query::{Ask, RowFilters, is_all};

/// The most members of a field that are asked for; palettes are long gone round by then.
const MOST: usize = 10_000;

impl Asker<'_> {
    /// Gives the members of the fields on colour of a card, as they are without the filters of the sheet.
    pub(crate) async fn domains(
        &self,
        pane: &PaneSpec,
        wanted: &Wanted,
        frame: &Frame,
        known: &mut Vec<(FieldRef, Vec<Value>)>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let sheet = self.question.sheet;
        let filtered = sheet
            .filters
            .iter()
            .any(|filter| !filter.column.is_measure_names() && !filter.context && !is_all(&filter.test));
        if !filtered {
            return;
        }
        let mut colors = pane
            .encodings
            .iter()
            .filter(|(name, _)| name == "color")
            .map(|(_, key)| key);
        let (Some(key), None) = (colors.next(), colors.next()) else {
            return;
        };
        let item = wanted.dimensions.iter().find(|item| item.key == *key);
        let Some(item) =
            item.filter(|item| item.level <= Level::Row && !item.attribute && item.node.is_none())
        else {
            return;
        };
        let is_known = known.iter().any(|(other, _)| other == key);
        if is_known || !item.is_discrete(self.fields) || self.all_mapped(key, frame) {
            return;
        }
        let ask = Ask {
            filters: RowFilters::None,
            ..Ask::GROUPS
        };
        match self
            .first(&Wanted::new(vec![item.clone()], Vec::new()), ask)
            .await
        {
            Ok(mut members) => {
                respell(&mut members, key, frame);
                known.push((key.clone(), members));
            }
            // The rows are there all the same; colours go by them alone.
            Err(error) => diagnostics.push(Diagnostic::warning("query.domains", error.message)),
        }
    }

    /// Gives the first members of a dimension, in order; the plan keeps no more of them.
    async fn first(&self, wanted: &Wanted, ask: Ask<'_>) -> Result<Vec<Value>, Box<Diagnostic>> {
        let Some(plan) = self.planned(wanted, ask).await? else {
            return Ok(Vec::new());
        };
        let heads = self.heads(&plan, wanted);
        let plan = plan.first(MOST, |index, expr| natural(&heads[index], expr))?;
        let found = self.collected(plan, wanted).await?;
        let mut columns = found.columns.into_iter();
        let mut members = columns.next().map(|column| column.values).unwrap_or_default();
        members.sort_by(compare);
        Ok(members)
    }

    /// Whether the document gives a colour to each member that is shown.
    fn all_mapped(&self, key: &FieldRef, frame: &Frame) -> bool {
        let rules = self.question.sheet.style.iter().chain(&self.fields.source.style);
        let encoding = rules
            .filter(|rule| rule.element == "mark")
            .flat_map(|rule| &rule.encodings)
            .rfind(|encoding| encoding.attr == "color" && encoding.fields == [key.clone()]);
        let (Some(encoding), Some(column)) = (encoding, frame.column(key)) else {
            return false;
        };
        column.values.iter().all(|value| {
            encoding.map.iter().any(|(from, _)| {
                from.iter()
                    .any(|one| matches!(one, Literal::Value(own) if own == value))
            })
        })
    }
}

/// Spells members as the rows do, where letter case does not matter.
fn respell(members: &mut [Value], key: &FieldRef, frame: &Frame) {
    let Some(column) = frame.column(key).filter(|column| column.ignores_case) else {
        return;
    };
    let shown: HashMap<String, &Value> = column
        .values
        .iter()
        .map(|value| (key_in(column, value), value))
        .collect();
    for member in members {
        if let Some(value) = shown.get(&key_in(column, member)) {
            *member = (*value).clone();
        }
    }
}
