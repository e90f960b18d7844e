//! Titles of columns: those of headers and axes, and for table calculations along what they run.
//!
//! Tableau: the data of a view say it, as in `% Difference in Sales from the Previous along Table (Across)`.

use vivant_document::display::{self, Language};
use vivant_document::spec::{
    Addressing, Derivation, FieldKind, FieldSpec, Offset, Pill, SourceSpec, TableCalc, TableCalcKind,
};

/// Returns the title of a field or an instance of it.
pub(super) fn of(
    language: &Language,
    field: &FieldSpec,
    pill: Option<&Pill>,
    source: Option<&SourceSpec>,
) -> String {
    let title = display::title_in(language, field, pill);
    let of_pill = pill.and_then(|pill| pill.table_calcs.iter().rfind(|calc| calc.field.is_none()));
    let calc = of_pill.or(match &field.kind {
        FieldKind::Calculation { table_calcs, .. } => table_calcs.iter().find(|calc| calc.field.is_none()),
        _ => None,
    });
    match calc {
        Some(calc) => format!(
            "{title}{}{}",
            from(language, calc),
            along(language, &calc.addressing, source)
        ),
        None => title,
    }
}

/// Says from which cell a difference is.
fn from(language: &Language, calc: &TableCalc) -> &'static str {
    let compares = matches!(
        calc.kind,
        TableCalcKind::Difference | TableCalcKind::PctDiff | TableCalcKind::PctValue
    );
    match calc.offset {
        _ if !compares => "",
        Offset::Relative(1) => language.say(" from the Next"),
        Offset::First => language.say(" from the First"),
        Offset::Last => language.say(" from the Last"),
        Offset::Relative(_) => language.say(" from the Previous"),
    }
}

/// Says along what a calculation runs.
pub(super) fn along(language: &Language, addressing: &Addressing, source: Option<&SourceSpec>) -> String {
    let words = match addressing {
        Addressing::Rows => "Table (Across)",
        Addressing::Columns => "Table (Down)",
        Addressing::Table => "Table (Across then Down)",
        Addressing::TableCol => "Table (Down then Across)",
        Addressing::Pane => "Pane (Across then Down)",
        Addressing::PaneCol => "Pane (Down then Across)",
        Addressing::RowInPane => "Pane (Across)",
        Addressing::ColumnInPane => "Pane (Down)",
        Addressing::CellInPane => "Cell",
        Addressing::Fields(fields) => {
            let titles: Vec<String> = fields
                .iter()
                .map(|key| {
                    let pill = Pill::from_name(key).filter(|pill| pill.derivation != Derivation::None);
                    let name = Pill::from_name(key).map_or_else(|| key.name.clone(), |pill| pill.field);
                    let field = source.and_then(|source| source.field(&name));
                    field.map_or(name, |field| display::title_in(language, field, pill.as_ref()))
                })
                .collect();
            return match titles.is_empty() {
                true => String::new(),
                false => language.phrase(" along #", &[&titles.join(", ")]),
            };
        }
    };
    language.phrase(" along #", &[language.say(words)])
}

#[cfg(test)]
mod tests {
    use vivant_document::display::ENGLISH;
    use vivant_document::spec::FieldRef;

    use super::*;

    #[test]
    fn scopes_have_the_words_of_the_menu() {
        let fields = |names: &[&str]| {
            Addressing::Fields(names.iter().map(|name| FieldRef::new("ds", *name)).collect())
        };
        assert_eq!(along(ENGLISH, &Addressing::Columns, None), " along Table (Down)");
        assert_eq!(along(ENGLISH, &Addressing::CellInPane, None), " along Cell");
        assert_eq!(
            along(ENGLISH, &fields(&["none:Region:nk", "Order Date"]), None),
            " along Region, Order Date"
        );
        assert_eq!(along(ENGLISH, &fields(&[]), None), "");
    }

    #[test]
    fn differences_say_from_which_cell() {
        let calc = |kind, offset| TableCalc {
            field: None,
            kind,
            addressing: Addressing::Rows,
            restart: None,
            level: None,
            offset,
            sort: None,
        };
        assert_eq!(
            from(ENGLISH, &calc(TableCalcKind::PctDiff, Offset::Relative(-1))),
            " from the Previous"
        );
        assert_eq!(
            from(ENGLISH, &calc(TableCalcKind::Difference, Offset::First)),
            " from the First"
        );
        assert_eq!(from(ENGLISH, &calc(TableCalcKind::PctTotal, Offset::First)), "");
    }
}
