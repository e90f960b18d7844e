//! Compares the function table with the shared list of functions.

mod shared;

use vivant_calc::functions::{self, Kind, ResultType};
use vivant_calc::types::DataType;

#[test]
fn every_function_of_the_list_is_in_the_table() {
    let rows = shared::table("functions.tsv").unwrap_or_default();
    for row in rows.iter().skip(1) {
        let [name, category, signature, result, kind] = &row[..5] else {
            continue;
        };
        let syntax = ["operator", "LOD"].contains(&category.as_str())
            || ["IF", "CASE", "IN", "AND", "OR", "NOT"].contains(&name.as_str());
        // The list lets a lenient implementation compute what some files use; it is not offered.
        if category == "not a Tableau function" {
            let offered = functions::find(name)
                .is_some_and(|function| function.availability != functions::Availability::Internal);
            assert!(!offered, "{name}");
            continue;
        }
        if syntax {
            assert!(functions::find(name).is_none(), "{name}");
            continue;
        }
        let function = functions::find(name).unwrap_or_else(|| panic!("{name} is missing"));
        let count = arguments(signature);
        let forms: Vec<_> = function
            .overloads
            .iter()
            .filter(|form| form.accepts(count))
            .collect();
        assert!(!forms.is_empty(), "{signature}");
        let expected = match kind.as_str() {
            "aggregate" => vec![Kind::Aggregate],
            "table calc" => vec![Kind::TableCalculation],
            // Constants without arguments take their level from having none.
            "constant" => vec![Kind::User, Kind::Scalar],
            _ => vec![Kind::Scalar],
        };
        assert!(
            forms.iter().any(|form| expected.contains(&form.kind)),
            "{signature} is {kind}"
        );
        let wanted = match result.as_str() {
            "int" => DataType::Integer,
            "real" => DataType::Real,
            "string" => DataType::String,
            "bool" => DataType::Boolean,
            "date" => DataType::Date,
            "datetime" => DataType::DateTime,
            "spatial" => DataType::Spatial,
            _ => continue,
        };
        let gives = |form: &&functions::Overload| match form.result {
            ResultType::Is(result) => result == wanted,
            ResultType::Like(at) | ResultType::Common(at) => {
                form.types(at).is_some_and(|types| types.contains(wanted))
            }
        };
        assert!(forms.iter().any(gives), "{signature} gives {result}");
    }
}

/// Counts the arguments of a signature; an open end counts as one, specs in brackets as none.
fn arguments(signature: &str) -> usize {
    let inner = signature
        .split_once('(')
        .map_or("", |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in inner.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(c),
        }
    }
    parts
        .iter()
        .filter(|part| !part.trim().is_empty() && !part.trim().starts_with('['))
        .count()
}
