//! Captions that nobody has written: what a sheet shows, in sentences.

use vivant_document::spec::{
    Aggregate, DateUnit, Derivation, FieldRef, FilterSpec, FilterTest, Literal, MemberSet, PaneSpec,
    RangeNulls,
};

use crate::color::encoded;
use crate::dashboard::member_text;
use crate::layers::Drawn;
use crate::map;
use crate::marks::MarkKind;
use crate::rows::Table;

/// More members than these are not named one by one.
const MOST: usize = 10;

/// Says what a sheet shows, in Tableau's words: what is against what, what the marks stand for, and the filters.
pub(crate) fn automatic(table: &Table<'_>, layers: &[Drawn<'_>]) -> String {
    let mut sentences: Vec<String> = lead(table, layers).into_iter().collect();
    let mut cards: Vec<(&PaneSpec, Option<&FieldRef>)> = Vec::new();
    for layer in layers {
        if cards.iter().all(|(card, _)| card.id != layer.card.id) {
            let axes = [&layer.row_axis, &layer.col_axis].into_iter().flatten();
            let measure = axes.map(|axis| &axis.key).find(|key| table.is_measure(key));
            cards.push((layer.card, measure));
        }
    }
    let several = cards.len() > 1;
    for (card, measure) in cards {
        let mut own = encodings(table, card, is_text_table(table, layers));
        if let (true, Some(first), Some(key)) = (several, own.first_mut(), measure) {
            *first = format!("For pane {}:  {first}", capital(&name(table, key)));
        }
        sentences.append(&mut own);
    }
    let filters = filters(table);
    let (sentences, filters) = (sentences.join("  "), filters.join(" "));
    match sentences.is_empty() || filters.is_empty() {
        true => sentences + &filters,
        false => format!("{sentences} {filters}"),
    }
}

/// Whether cells hold text alone.
fn is_text_table(table: &Table<'_>, layers: &[Drawn<'_>]) -> bool {
    let has_shelves = !table.sheet.rows.is_empty() || !table.sheet.cols.is_empty();
    has_shelves && layers.iter().all(|layer| layer.kind == MarkKind::Text)
}

/// What is against what.
fn lead(table: &Table<'_>, layers: &[Drawn<'_>]) -> Option<String> {
    let (rows, cols) = (table.sheet.rows.fields(), table.sheet.cols.fields());
    if map::is_map(table) {
        let (x, y) = (cols.last()?, rows.last()?);
        return Some(format!("Map based on {} and {}.", name(table, x), name(table, y)));
    }
    let is_length = |key: &&&FieldRef| table.is_continuous(key) && table.is_measure(key);
    let is_split = |key: &&&FieldRef| !table.is_measure(key) && !key.is_measure_names();
    let pick = |keys: &[&FieldRef], wanted: &dyn Fn(&&&FieldRef) -> bool| -> Vec<FieldRef> {
        keys.iter()
            .filter(|key| wanted(key))
            .map(|key| (*key).clone())
            .collect()
    };
    let (high, wide) = (pick(&rows, &is_length), pick(&cols, &is_length));
    let (down, along) = (pick(&rows, &is_split), pick(&cols, &is_split));
    let all = |keys: &[FieldRef]| listed(&names(table, keys));
    let by = |keys: &[FieldRef]| match keys {
        [] => String::new(),
        keys => format!(" broken down by {}", all(keys)),
    };
    let (measures, across, beside) = match (high.as_slice(), wide.as_slice()) {
        ([], []) => {
            let mut written: Vec<FieldRef> = Vec::new();
            for key in layers.iter().flat_map(|layer| encoded(layer.card, "text")) {
                if !written.contains(key) {
                    written.push(key.clone());
                }
            }
            if !is_text_table(table, layers) {
                written.extend(along.iter().chain(&down).cloned());
                return (!written.is_empty()).then(|| format!("{}.", capital(&all(&written))));
            }
            let split = match (along.as_slice(), down.as_slice()) {
                ([], keys) | (keys, []) => by(keys),
                (along, down) => format!(" broken down by {} vs. {}", all(along), all(down)),
            };
            let words = format!("{}{split}", all(&written));
            return (!words.is_empty()).then(|| format!("{}.", capital(words.trim_start())));
        }
        (high, []) => (high, along, down),
        ([], wide) => (wide, down, along),
        (high, wide) => {
            let dimensions: Vec<FieldRef> = along.iter().chain(&down).cloned().collect();
            let words = format!("{} vs. {}{}.", all(wide), all(high), by(&dimensions));
            return Some(capital(&words));
        }
    };
    // The innermost field goes on along the axis; those around it split that.
    let (last, outer) = match across.split_last() {
        Some((last, outer)) => (Some(last.clone()), outer.to_vec()),
        None => (None, Vec::new()),
    };
    let splits: Vec<FieldRef> = outer.into_iter().chain(beside).collect();
    let plural = if names(table, measures).len() > 1 { "s" } else { "" };
    let measures = all(measures);
    let words = match (last, layers.first().map(|layer| layer.kind)) {
        (None, _) => format!("{measures}{}.", by(&splits)),
        (Some(last), Some(MarkKind::Line)) => {
            format!(
                "The trend{plural} of {measures} for {}{}.",
                name(table, &last),
                by(&splits)
            )
        }
        (Some(last), Some(MarkKind::Area)) => {
            format!(
                "The plot{plural} of {measures} for {}{}.",
                name(table, &last),
                by(&splits)
            )
        }
        (Some(last), _) => format!("{measures} for each {}{}.", name(table, &last), by(&splits)),
    };
    Some(capital(&words))
}

/// What colour, size, shape, labels and details of a card show.
fn encodings(table: &Table<'_>, card: &PaneSpec, texts: bool) -> Vec<String> {
    let of = |channel: &str| -> Vec<FieldRef> { encoded(card, channel).cloned().collect() };
    let mut found = Vec::new();
    for (channel, word) in [("color", "Color"), ("size", "Size"), ("shape", "Shape")] {
        let keys = of(channel);
        let words = listed(&names(table, &keys));
        match keys.as_slice() {
            [] => {}
            [key] if table.is_measure(key) => found.push(format!("{word} shows {words}.")),
            _ => found.push(format!("{word} shows details about {words}.")),
        }
    }
    let said = |channel: &str| Some(listed(&names(table, &of(channel)))).filter(|words| !words.is_empty());
    if let Some(words) = said("text").filter(|_| !texts) {
        found.push(format!("The marks are labeled by {words}."));
    }
    if let Some(words) = said("lod") {
        found.push(format!("Details are shown for {words}."));
    }
    found
}

/// What the filters keep: first those before all others, then those of fields that the view does not show.
fn filters(table: &Table<'_>) -> Vec<String> {
    let mut shown: Vec<&FieldRef> = table.sheet.rows.fields();
    shown.extend(table.sheet.cols.fields());
    shown.extend(
        table
            .sheet
            .panes
            .iter()
            .flat_map(|card| card.encodings.iter().map(|(_, key)| key)),
    );
    let mut groups: [Vec<(String, String)>; 3] = Default::default();
    for filter in &table.sheet.filters {
        let key = &filter.column;
        if key.is_measure_names() || key.is_measure_values() || filter.hides {
            continue;
        }
        let group = match () {
            () if filter.context => 0,
            () if shown.contains(&key) => 2,
            () => 1,
        };
        if let Some(words) = kept(table, filter) {
            groups[group].push((name(table, key), words));
        }
    }
    let mut found = Vec::new();
    for (what, group) in ["The context", "The data", "The view"].into_iter().zip(groups) {
        match group.as_slice() {
            [] => {}
            [(name, words)] => found.push(format!("{what} is filtered on {name}, which {words}.")),
            several => {
                let names: Vec<String> = several.iter().map(|(name, _)| name.clone()).collect();
                found.push(format!("{what} is filtered on {}.", listed(&names)));
                let each = several.iter();
                found.extend(each.map(|(name, words)| format!("The {name} filter {words}.")));
            }
        }
    }
    found
}

/// What a filter keeps or leaves out; `None` where that is everything.
fn kept(table: &Table<'_>, filter: &FilterSpec) -> Option<String> {
    let write = |literal: &Literal| {
        literal
            .value()
            .map(|value| member_text(table.workbook, table.sheet, &filter.column, value))
    };
    let members = |set: &MemberSet| -> Option<Vec<String>> { set.listed()?.into_iter().map(write).collect() };
    let told = |word: &str, texts: Vec<String>| match texts.len() {
        count if count > MOST => format!("{word} {count} members"),
        _ => format!("{word} {}", listed(&texts)),
    };
    Some(match &filter.test {
        FilterTest::All
        | FilterTest::Range {
            nulls: RangeNulls::All,
            ..
        } => return None,
        FilterTest::Members(set) if set.is_all() => return None,
        FilterTest::Members(MemberSet::Except(all, out)) if all.is_all() => match members(out) {
            Some(texts) if texts.is_empty() => return None,
            Some(texts) => told("excludes", texts),
            None => "has multiple members selected".to_owned(),
        },
        FilterTest::Members(set) => match members(set) {
            Some(texts) if texts.is_empty() => "keeps no members".to_owned(),
            Some(texts) => told("keeps", texts),
            None => "has multiple members selected".to_owned(),
        },
        FilterTest::Range {
            nulls: RangeNulls::NonNull,
            ..
        } => "keeps non-Null values".to_owned(),
        FilterTest::Range {
            nulls: RangeNulls::NullOnly,
            ..
        } => "keeps Null values".to_owned(),
        FilterTest::Range { min, max, .. } => {
            let (min, max) = (min.as_ref().and_then(write), max.as_ref().and_then(write));
            match (min, max) {
                (Some(min), Some(max)) => format!("ranges from {min} to {max}"),
                (Some(min), None) => format!("includes values greater than or equal to {min}"),
                (None, Some(max)) => format!("includes values less than or equal to {max}"),
                (None, None) => return None,
            }
        }
        FilterTest::Relative { .. } | FilterTest::Other(_) => "has multiple members selected".to_owned(),
    })
}

/// Fields by name; the list of measures stands for these.
fn names(table: &Table<'_>, keys: &[FieldRef]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for key in keys {
        let listed = key.is_measure_names() || key.is_measure_values();
        match listed && !table.data.measure_names.is_empty() {
            true => found.extend(table.data.measure_names.iter().map(|key| name(table, key))),
            false => found.push(name(table, key)),
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found
}

/// A field with what is taken of it: `sum of Sales`, `Order Date Month`.
fn name(table: &Table<'_>, key: &FieldRef) -> String {
    let Some(pill) = table.pill(key).filter(|pill| pill.table_calcs.is_empty()) else {
        return table.title(key);
    };
    let source = table.workbook.source(&key.source);
    let Some(field) = source.and_then(|source| source.field(&pill.field)) else {
        return table.title(key);
    };
    match pill.derivation {
        Derivation::Aggregate(aggregate) => match word(aggregate) {
            Some(word) => format!("{word} of {}", field.caption),
            None => table.title(key),
        },
        Derivation::Part(unit) | Derivation::Trunc(unit) => match unit_word(unit) {
            Some(unit) => format!("{} {unit}", field.caption),
            None => table.title(key),
        },
        Derivation::None | Derivation::Attribute => field.caption.clone(),
        _ => table.title(key),
    }
}

fn word(aggregate: Aggregate) -> Option<&'static str> {
    Some(match aggregate {
        Aggregate::Sum => "sum",
        Aggregate::Avg => "average",
        Aggregate::Min => "minimum",
        Aggregate::Max => "maximum",
        Aggregate::Count => "count",
        Aggregate::CountD => "distinct count",
        Aggregate::Median => "median",
        Aggregate::Stdev => "standard deviation",
        Aggregate::Var => "variance",
        _ => return None,
    })
}

fn unit_word(unit: DateUnit) -> Option<&'static str> {
    Some(match unit {
        DateUnit::Year => "Year",
        DateUnit::Quarter => "Quarter",
        DateUnit::Month => "Month",
        DateUnit::Week => "Week",
        DateUnit::Weekday => "Weekday",
        DateUnit::Day => "Day",
        DateUnit::Hour => "Hour",
        DateUnit::Minute => "Minute",
        DateUnit::Second => "Second",
        _ => return None,
    })
}

/// Joins names as a sentence does.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// Begins a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
