//! The function table: every function of the language with its overloads, in one const table.
//!
//! The table feeds the type checker, the list of functions of an editor and the tests.
//! Operators, `IF`, `CASE`, `IN` and level of detail expressions are syntax, not functions.

mod table;

use crate::types::{DataType, TypeSet};
pub use table::FUNCTIONS;

/// A function of the language.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// The name in capitals; formulas may write it in any letter case.
    pub name: &'static str,
    /// The group under which an editor lists it.
    pub group: Group,
    /// Where it can be used.
    pub availability: Availability,
    /// What it does, in a sentence or two.
    pub summary: &'static str,
    /// The forms it has, most usual first.
    pub overloads: &'static [Overload],
}

/// One form of a function.
#[derive(Debug, PartialEq, Eq)]
pub struct Overload {
    /// What it does to levels.
    pub kind: Kind,
    /// The arguments, in order.
    pub parameters: &'static [Parameter],
    /// The types of any further arguments; `None` when there are none.
    pub rest: Option<TypeSet>,
    /// The type of the result.
    pub result: ResultType,
}

/// One argument of a form.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in lower case.
    pub name: &'static str,
    /// The types it takes.
    pub types: TypeSet,
    /// What else is asked of it.
    pub rule: Rule,
}

/// What a function does to levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The result has the level of the arguments.
    Scalar,
    /// Rows in, one value for each mark out.
    Aggregate,
    /// Computed over the marks of a partition.
    TableCalculation,
    /// A constant that depends on the signed-in user.
    User,
}

/// What is asked of an argument besides its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nothing.
    Free,
    /// It must be the same for all rows.
    Constant,
    /// It must be written as a literal.
    Literal,
    /// It must be constant and name a date part; a bare word is accepted.
    DatePart,
    /// It must be constant and name a day of the week.
    StartOfWeek,
    /// It must be `'asc'` or `'desc'`.
    SortOrder,
    /// It must be constant and name a unit of length.
    LengthUnit,
    /// It must be a constant from 0 to 9.
    GroupIndex,
    /// It must be a constant from 0 to 1.
    Fraction,
}

/// How the type of the result follows from the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResultType {
    /// Always this type.
    Is(DataType),
    /// The type of the argument with this index.
    Like(usize),
    /// The common type of the arguments from this index on.
    Common(usize),
}

/// The groups of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Numbers.
    Number,
    /// Text.
    String,
    /// Dates and times.
    Date,
    /// Casts.
    Type,
    /// Tests and choices.
    Logical,
    /// Aggregates.
    Aggregate,
    /// The signed-in user.
    User,
    /// Table calculations.
    TableCalculation,
    /// Models fitted on the marks.
    Predictive,
    /// Scripts and models that run on an outside service.
    Extension,
    /// SQL that goes to the database unread.
    Passthrough,
    /// Geometries.
    Spatial,
}

/// Where a function can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Availability {
    /// On extracts and on most connections.
    General,
    /// Only on connections of this kind.
    Connection(&'static str),
    /// Known to connectors and written by the product itself; not offered to authors.
    Internal,
}

/// Lengths that spatial functions know, with their size in metres.
pub const LENGTH_UNITS: [(&str, f64); 12] = [
    ("meters", 1.0),
    ("metres", 1.0),
    ("m", 1.0),
    ("kilometers", 1000.0),
    ("kilometres", 1000.0),
    ("km", 1000.0),
    ("miles", 1609.344),
    ("mile", 1609.344),
    ("mi", 1609.344),
    ("feet", 0.3048),
    ("foot", 0.3048),
    ("ft", 0.3048),
];

/// Functions of SQL and spreadsheets that authors reach for, with what to write instead.
const FOREIGN: [(&str, &str); 16] = [
    ("CAST", "use INT, FLOAT, STR, DATE or DATETIME"),
    ("COALESCE", "use IFNULL, nested for more than two values"),
    ("CONCAT", "join texts with +"),
    ("COUNTA", "use COUNT"),
    ("COUNTIF", "use SUM(IIF(condition, 1, 0))"),
    ("DATE_PART", "use DATEPART"),
    ("DATE_TRUNC", "use DATETRUNC"),
    ("EXTRACT", "use DATEPART"),
    ("INSTR", "use FIND"),
    ("NVL", "use IFNULL"),
    ("STRPOS", "use FIND"),
    ("SUBSTR", "use MID"),
    ("SUBSTRING", "use MID"),
    ("SUMIF", "use SUM(IF condition THEN value END)"),
    ("TO_DATE", "use DATEPARSE or DATE"),
    ("WEEKDAY", "use DATEPART('weekday', date)"),
];

/// Finds a function by its name, in any letter case.
pub fn find(name: &str) -> Option<&'static Function> {
    let name = name.to_ascii_uppercase();
    FUNCTIONS
        .binary_search_by(|function| function.name.cmp(name.as_str()))
        .ok()
        .map(|index| &FUNCTIONS[index])
}

/// Gives advice on a name that is not a function: what to write instead, or the closest name.
pub fn advice(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    if let Some((_, advice)) = FOREIGN.iter().find(|(foreign, _)| *foreign == name) {
        return Some((*advice).to_string());
    }
    closest(&name, FUNCTIONS.iter().map(|function| function.name))
        .map(|close| format!("did you mean {close}?"))
}

/// Finds the candidate that differs from `name` by the fewest letters, if it is close at all.
///
/// Names longer than 64 characters have no close one; letter case does not matter.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    if name.is_empty() || name.len() > 64 {
        return None;
    }
    let allowed = 1 + name.len() / 4;
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= candidate.len().min(4 + allowed))
        .map(|candidate| {
            (
                distance(&name, &candidate.to_lowercase().chars().collect::<Vec<_>>()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Counts the letters to insert, delete, replace or swap to make one name of the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, x) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, y) in b.iter().enumerate() {
            let mut best = (above[column] + usize::from(x != y))
                .min(above[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && *x == b[column - 1] && a[row - 1] == *y {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[b.len()]
}

impl Function {
    /// Tells what the usual form does to levels.
    pub fn kind(&self) -> Kind {
        self.overloads
            .first()
            .map_or(Kind::Scalar, |overload| overload.kind)
    }

    /// Tells what the form with this number of arguments does to levels: `MAX` of two is scalar.
    pub fn kind_for(&self, count: usize) -> Option<Kind> {
        self.overloads
            .iter()
            .find(|overload| overload.accepts(count))
            .map(|overload| overload.kind)
    }

    /// Tells whether a form accepts this number of arguments.
    pub fn accepts(&self, count: usize) -> bool {
        self.overloads.iter().any(|overload| overload.accepts(count))
    }

    /// Describes the numbers of arguments, for messages: `1`, `2 or 3`, `at least 1`.
    pub fn argument_counts(&self) -> String {
        if let Some(open) = self.overloads.iter().find(|overload| overload.rest.is_some()) {
            return format!("at least {}", open.parameters.len());
        }
        let mut counts: Vec<usize> = self
            .overloads
            .iter()
            .map(|overload| overload.parameters.len())
            .collect();
        counts.sort_unstable();
        counts.dedup();
        counts
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(" or ")
    }
}

impl Overload {
    /// Tells whether the form accepts this number of arguments.
    pub fn accepts(&self, count: usize) -> bool {
        count == self.parameters.len() || (self.rest.is_some() && count > self.parameters.len())
    }

    /// Gives the types of the argument with this index.
    pub fn types(&self, index: usize) -> Option<TypeSet> {
        self.parameters
            .get(index)
            .map(|parameter| parameter.types)
            .or(self.rest)
    }

    /// Tells what it takes to call the form with these types: the number of implicit casts, or
    /// `None` if they do not fit.
    pub fn cost(&self, arguments: &[DataType]) -> Option<u32> {
        if !self.accepts(arguments.len()) {
            return None;
        }
        arguments
            .iter()
            .enumerate()
            .try_fold(0, |sum, (index, data_type)| {
                Some(sum + self.types(index)?.cost(*data_type)?)
            })
    }

    /// Writes the form as authors see it: `LEFT(text: string, count: float)`.
    pub fn signature(&self, name: &str) -> String {
        let mut parts: Vec<String> = self
            .parameters
            .iter()
            .map(|parameter| format!("{}: {}", parameter.name, parameter.types))
            .collect();
        if let Some(rest) = self.rest {
            parts.push(format!("{rest}..."));
        }
        format!("{name}({})", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        for pair in FUNCTIONS.windows(2) {
            assert!(
                pair[0].name < pair[1].name,
                "{} before {}",
                pair[0].name,
                pair[1].name
            );
        }
    }

    #[test]
    fn every_row_is_well_formed() {
        for function in FUNCTIONS {
            let name = function.name;
            assert!(
                name.chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
                "{name}"
            );
            assert!(!function.overloads.is_empty(), "{name}");
            assert!(
                function.summary.ends_with('.') && function.summary.len() > 10,
                "{name}"
            );
            assert!(
                crate::lex::Keyword::from_word(name).is_none(),
                "{name} is a keyword"
            );
            for (index, overload) in function.overloads.iter().enumerate() {
                assert!(
                    !function.overloads[..index].contains(overload),
                    "{name} has the same form twice"
                );
                match overload.result {
                    ResultType::Is(result) => assert!(!result.is_open(), "{name}"),
                    ResultType::Like(at) | ResultType::Common(at) => {
                        assert!(
                            at < overload.parameters.len(),
                            "{name} takes its type from a missing argument"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn functions_are_found_in_any_letter_case() {
        assert_eq!(find("sUm").map(|function| function.name), Some("SUM"));
        assert_eq!(find("SU"), None);
        assert_eq!(find("ſum"), None);
    }

    #[test]
    fn wrong_names_get_advice() {
        let check =
            |name: &str, expected: Option<&str>| assert_eq!(advice(name).as_deref(), expected, "{name}");
        check("SUMM", Some("did you mean SUM?"));
        check("datetrnuc", Some("did you mean DATETRUNC?"));
        check("RUNNINGSUM", Some("did you mean RUNNING_SUM?"));
        check("coalesce", Some("use IFNULL, nested for more than two values"));
        check("XYZZY", None);
        check(&"A".repeat(100_000), None);
    }

    #[test]
    fn argument_counts_are_described() {
        let check = |name: &str, expected: &str| assert_eq!(find(name).unwrap().argument_counts(), expected);
        check("LEFT", "2");
        check("FIND", "2 or 3");
        check("RAWSQL_INT", "at least 1");
        check("WINDOW_SUM", "1 or 3");
    }
}
