//! What the person who asks adds to a sheet: filters by the labels of fields, and values of parameters.
//!
//! Tableau: a filter of an address takes the place of what is chosen for the field in the view, on every sheet;
//! a label that no field has is passed over, a value that does not occur leaves nothing.

use std::borrow::Cow;

use vivant_calc::{DataType, Value};
use vivant_document::display;
use vivant_document::spec::{
    DateUnit, Derivation, FieldRef, FieldSpec, FilterSpec, FilterTest, Literal, MemberSet, ParameterSpec,
    Pill, SheetSpec, WorkbookSpec,
};

use crate::answer::{AnswerError, Ask};

/// The values of parameters, by name.
type Parameters = Vec<(String, String)>;

/// Puts what is asked into a sheet; the rest are parameters.
pub(crate) fn put<'s>(
    workbook: &WorkbookSpec,
    sheet: &'s SheetSpec,
    ask: &Ask,
) -> Result<(Cow<'s, SheetSpec>, Parameters), AnswerError> {
    let mut parameters = Vec::new();
    for (label, value) in &ask.parameters {
        if let Some(parameter) = workbook.parameter(label) {
            parameters.push(set(parameter, value)?);
        }
    }
    let mut chosen = ask
        .chosen
        .iter()
        .filter(|(of, _)| *of == sheet.name)
        .map(|(_, filter)| filter)
        .peekable();
    if ask.filters.is_empty() && chosen.peek().is_none() {
        return Ok((Cow::Borrowed(sheet), parameters));
    }
    let mut changed = sheet.clone();
    for filter in chosen {
        choose(&mut changed, filter);
    }
    for (label, values) in &ask.filters {
        match Target::find(workbook, sheet, label) {
            Some(target) => target.filter(&mut changed, values),
            // Tableau: a parameter may go by its name alone where no field has it.
            None => {
                if let (Some(parameter), [value]) = (workbook.parameter(label), values.as_slice()) {
                    parameters.push(set(parameter, value)?);
                }
            }
        }
    }
    Ok((Cow::Owned(changed), parameters))
}

/// Puts what is asked into a workbook of which some sheets are shown: into their filters and parameters, and the
/// language that they are drawn in.
#[cfg(feature = "draw")]
pub(crate) fn put_all<'w>(
    workbook: &'w WorkbookSpec,
    sheets: &[&str],
    ask: &Ask,
) -> Result<Cow<'w, WorkbookSpec>, AnswerError> {
    let language = ask.language.unwrap_or(workbook.language);
    let asks_nothing = ask.filters.is_empty() && ask.parameters.is_empty() && ask.chosen.is_empty();
    if asks_nothing && language == workbook.language {
        return Ok(Cow::Borrowed(workbook));
    }
    let mut changed = workbook.clone();
    changed.language = language;
    for name in sheets {
        let Some(at) = workbook.sheets.iter().position(|sheet| sheet.name == *name) else {
            continue;
        };
        let (sheet, parameters) = put(workbook, &workbook.sheets[at], ask)?;
        changed.sheets[at] = sheet.into_owned();
        for (name, value) in parameters {
            let mut known = changed.parameters.iter_mut();
            if let Some(parameter) = known.find(|parameter| parameter.name == name) {
                let label = |(literal, _): &&(Literal, String)| {
                    literal
                        .value()
                        .is_some_and(|known| written(&known.clone().widened(parameter.data_type)) == value)
                };
                parameter.alias = parameter
                    .members
                    .iter()
                    .find(label)
                    .map(|(_, label)| label.clone());
                parameter.value = match self::value(&value, parameter.data_type) {
                    Some(value) => Literal::Value(value),
                    None => Literal::parse(&value),
                };
            }
        }
    }
    Ok(Cow::Owned(changed))
}

/// Puts a filter in the place of the sheet's own on the same field.
fn choose(sheet: &mut SheetSpec, filter: &FilterSpec) {
    sheet
        .filters
        .retain(|known| known.column != filter.column || known.hides != filter.hides);
    sheet.filters.push(filter.clone());
    if !sheet.pills.iter().any(|known| known.key == filter.column) {
        sheet.pills.extend(Pill::from_name(&filter.column));
    }
}

/// Gives a parameter a value: one of its type, or the label of one in its list.
fn set(parameter: &ParameterSpec, text: &str) -> Result<(String, String), AnswerError> {
    let labelled = parameter.members.iter().find(|(_, label)| label == text);
    let found = match labelled {
        Some((literal, _)) => literal.value().cloned(),
        None => value(text, parameter.data_type),
    };
    let wanted = |wanted: &str| AnswerError::Parameter {
        name: parameter.caption.clone(),
        value: text.to_owned(),
        wanted: wanted.to_owned(),
    };
    let found = found.ok_or_else(|| wanted(&format!("a {}", parameter.data_type.as_str())))?;
    if !parameter.members.is_empty() {
        let listed = |literal: &Literal| {
            literal
                .value()
                .is_some_and(|known| known.clone().widened(parameter.data_type) == found)
        };
        if !parameter.members.iter().any(|(literal, _)| listed(literal)) {
            let known: Vec<&str> = parameter
                .members
                .iter()
                .map(|(_, label)| label.as_str())
                .collect();
            return Err(wanted(&format!("one of {}", known.join(", "))));
        }
    }
    Ok((parameter.name.clone(), written(&found)))
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Date(_) | Value::DateTime(_) => value.to_literal().trim_matches('#').to_owned(),
        other => other.to_literal(),
    }
}

/// Reads a value of a type as people write it.
fn value(text: &str, data_type: DataType) -> Option<Value> {
    let literal = match data_type {
        DataType::String => return Some(Value::String(text.to_owned())),
        DataType::Boolean => Literal::parse(&text.to_lowercase()),
        DataType::Date | DataType::DateTime => Literal::parse(&format!("#{text}#")),
        _ => Literal::parse(text),
    };
    let found = literal.value()?.clone().widened(data_type);
    let fits = match data_type {
        DataType::Boolean => matches!(found, Value::Boolean(_)),
        DataType::Integer => matches!(found, Value::Integer(_)),
        DataType::Real => matches!(found, Value::Real(_)),
        DataType::Date => matches!(found, Value::Date(_)),
        DataType::DateTime => matches!(found, Value::DateTime(_)),
        _ => true,
    };
    fits.then_some(found)
}

/// What a label stands for.
struct Target<'t> {
    key: FieldRef,
    field: &'t FieldSpec,
    derivation: Derivation,
    pill: Option<Pill>,
}

impl<'t> Target<'t> {
    /// Finds a field by its label or name; or a part of a date by its function, `YEAR(Order Date)`, or the title
    /// of its header, `Year of Order Date`.
    fn find(workbook: &'t WorkbookSpec, sheet: &'t SheetSpec, label: &str) -> Option<Target<'t>> {
        for name in &sheet.sources {
            let Some(source) = workbook.source(name) else {
                continue;
            };
            let local = sheet
                .local_fields
                .iter()
                .filter(|(of, _)| of == name)
                .map(|(_, field)| field);
            let fields: Vec<&FieldSpec> = source.fields.iter().chain(local).collect();
            let plain = fields
                .iter()
                .find(|field| field.caption == label)
                .or_else(|| fields.iter().find(|field| field.name == label));
            if let Some(field) = plain {
                return Some(Target {
                    key: FieldRef::new(name.clone(), field.name.clone()),
                    field,
                    derivation: Derivation::None,
                    pill: None,
                });
            }
            for field in fields.into_iter().filter(|field| field.data_type.is_date()) {
                if let Some((code, derivation)) = part_of(field, label) {
                    let key = FieldRef::new(name.clone(), format!("{code}:{}:ok", field.name));
                    return Some(Target {
                        pill: Pill::from_name(&key),
                        key,
                        field,
                        derivation,
                    });
                }
            }
        }
        None
    }

    /// Lets a sheet keep only these values.
    fn filter(&self, sheet: &mut SheetSpec, values: &[String]) {
        let key_of = |filter: &FilterSpec| match sheet.pills.iter().find(|pill| pill.key == filter.column) {
            Some(pill) => (pill.field.clone(), pill.derivation),
            None => (filter.column.name.clone(), Derivation::None),
        };
        let mut is_context = false;
        let mut kept = Vec::new();
        for filter in &sheet.filters {
            let (field, derivation) = key_of(filter);
            let same = filter.column.source == self.key.source
                && field == self.field.name
                && derivation == self.derivation;
            // What is more than a list that people choose from stays: it may keep rows from them.
            if same && is_choice(&filter.test) && !filter.hides {
                is_context |= filter.context;
            } else {
                kept.push(filter.clone());
            }
        }
        let level = self.key.name.clone();
        let members = values
            .iter()
            .flat_map(|text| self.literals(text))
            .map(|literal| MemberSet::Member {
                level: level.clone(),
                member: Literal::Value(literal),
            })
            .collect();
        kept.push(FilterSpec {
            column: self.key.clone(),
            test: FilterTest::Members(MemberSet::Union(members)),
            context: is_context,
            action: None,
            hides: false,
            group: None,
            totals: false,
        });
        sheet.filters = kept;
        if let Some(pill) = &self.pill
            && !sheet.pills.iter().any(|known| known.key == pill.key)
        {
            sheet.pills.push(pill.clone());
        }
    }

    /// Returns the values that a text may stand for; none for what the type does not have.
    fn literals(&self, text: &str) -> Vec<Value> {
        let aliased: Vec<Value> = self
            .field
            .aliases
            .iter()
            .filter(|(_, alias)| alias == text)
            .filter_map(|(literal, _)| literal.value().cloned())
            .collect();
        if !aliased.is_empty() {
            return aliased;
        }
        let mut found: Vec<Value> = match self.derivation {
            Derivation::Part(_) => self.part(text).into_iter().collect(),
            _ => value(text, self.field.data_type).into_iter().collect(),
        };
        if text == "Null" {
            found.push(Value::Null);
        }
        found
    }

    /// Reads a part of a date: a number, or what its header says.
    fn part(&self, text: &str) -> Option<Value> {
        let number = text.parse::<i64>().ok();
        let said = || {
            (1..=53).find(|&number| display::part_text(number, self.derivation).eq_ignore_ascii_case(text))
        };
        number.or_else(said).map(Value::Integer)
    }
}

/// Tells whether a test is a list of members, of those that are kept or of those that are not.
fn is_choice(test: &FilterTest) -> bool {
    match test {
        FilterTest::All => true,
        FilterTest::Members(members) => match members {
            MemberSet::Except(all, out) => all.is_all() && out.listed().is_some(),
            members => members.is_all() || members.listed().is_some(),
        },
        _ => false,
    }
}

/// The parts of dates that addresses can name: code, function and unit.
const PARTS: [(&str, &str, DateUnit); 6] = [
    ("yr", "YEAR", DateUnit::Year),
    ("qr", "QUARTER", DateUnit::Quarter),
    ("mn", "MONTH", DateUnit::Month),
    ("wk", "WEEK", DateUnit::Week),
    ("dy", "DAY", DateUnit::Day),
    ("wd", "WEEKDAY", DateUnit::Weekday),
];

fn part_of(field: &FieldSpec, label: &str) -> Option<(&'static str, Derivation)> {
    PARTS.iter().find_map(|(code, function, unit)| {
        let called = label
            .strip_prefix(function)
            .and_then(|rest| rest.strip_prefix('('))
            .and_then(|rest| rest.strip_suffix(')'));
        let word: String = function
            .chars()
            .enumerate()
            .map(|(at, char)| if at == 0 { char } else { char.to_ascii_lowercase() })
            .collect();
        let titled = label
            .strip_prefix(&word)
            .and_then(|rest| rest.strip_prefix(" of "));
        let named = called == Some(&field.caption)
            || called == Some(&field.name)
            || titled == Some(field.caption.as_str());
        named.then_some((*code, Derivation::Part(*unit)))
    })
}

/// Reads values with commas between them, as addresses write them: `\,` is a comma in a value, `\\` a backslash.
/// No text is no values.
pub fn values(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let (mut values, mut last) = (Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if matches!(chars.peek(), Some(',' | '\\')) => last.extend(chars.next()),
            ',' => values.push(std::mem::take(&mut last)),
            char => last.push(char),
        }
    }
    values.push(last);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_escape_commas_and_themselves_only() {
        assert_eq!(values(r"a\b,c\\,d\,e,"), [r"a\b", r"c\", "d,e", ""]);
        assert_eq!(values(""), [""; 0]);
    }
}
