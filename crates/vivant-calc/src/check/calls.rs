//! Types of calls: the choice of the overload and the rules for single arguments.

use super::{Checker, Info, Mixing};
use crate::civil::Weekday;
use crate::datepart::{DATE_PARTS, DatePart};
use crate::diag::{Diagnostic, Span};
use crate::functions::{self, Availability, Function, Kind, LENGTH_UNITS, Overload, ResultType, Rule};
use crate::tree::{NodeId, NodeKind, Tree};
use crate::types::{DataType, Level};

/// Tells whether an argument is a word without quotes that names a date part or a weekday.
pub(super) fn is_word(tree: &Tree, function: &Function, index: usize, argument: NodeId) -> bool {
    let NodeKind::Field(field) = tree.kind(tree.unwrapped(argument)) else {
        return false;
    };
    let names = |rule: Rule| match rule {
        Rule::DatePart => DatePart::from_name(&field.name.name).is_some(),
        Rule::StartOfWeek => Weekday::from_name(&field.name.name).is_some(),
        _ => false,
    };
    let rules = function
        .overloads
        .iter()
        .filter_map(|overload| overload.parameters.get(index));
    field.bare && rules.into_iter().any(|parameter| names(parameter.rule))
}

impl Checker<'_> {
    /// Types a call.
    pub(super) fn call(
        &mut self,
        name: &str,
        name_span: Span,
        function: Option<&'static Function>,
        arguments: &[NodeId],
        span: Span,
    ) -> Info {
        let Some(function) = function else {
            let message = format!("unknown function {} called", name.to_uppercase());
            self.suggestions += 1;
            let hint = (self.suggestions <= super::MAX_SUGGESTIONS)
                .then(|| functions::advice(name))
                .flatten();
            self.error("calc.unknown-function", message, name_span).hint = hint;
            return Info::unknown();
        };
        if let Availability::Connection(connection) = function.availability {
            let message = format!("{} works on connections to {connection} only", function.name);
            self.report(Diagnostic::warning("calc.availability", message).at(name_span));
        }
        if !function.accepts(arguments.len()) {
            let given = match arguments.len() {
                1 => "1 argument".to_string(),
                count => format!("{count} arguments"),
            };
            let message = format!(
                "wrong number of arguments for {}: found {given}, expected {}",
                function.name,
                function.argument_counts()
            );
            let hint = function
                .overloads
                .first()
                .map(|overload| overload.signature(function.name));
            self.error("calc.arguments", message, span).hint = hint;
            return Info::unknown();
        }
        let types: Vec<DataType> = arguments
            .iter()
            .map(|argument| self.info(*argument).data_type)
            .collect();
        let Some(overload) = choose(function, &types) else {
            self.wrong_types(function, &types, span);
            let kind = function
                .overloads
                .iter()
                .find(|overload| overload.accepts(types.len()));
            let level = self.call_level(function, kind.unwrap_or(&function.overloads[0]), arguments, span);
            return Info {
                data_type: DataType::Unknown,
                ..level
            };
        };
        for (parameter, argument) in overload.parameters.iter().zip(arguments) {
            self.rule(function, parameter.rule, parameter.name, *argument);
        }
        self.pattern_rules(function, arguments);
        let data_type = match overload.result {
            ResultType::Is(data_type) => data_type,
            ResultType::Like(index) => types.get(index).copied().unwrap_or(DataType::Unknown),
            ResultType::Common(from) => {
                let common = types[from..].iter().try_fold(DataType::Null, |a, b| a.common(*b));
                common.unwrap_or_else(|| {
                    if function.name == "IIF" {
                        self.result_type(&arguments[from..], function.name);
                    } else {
                        self.wrong_types(function, &types, span);
                    }
                    DataType::Unknown
                })
            }
        };
        Info {
            data_type,
            ..self.call_level(function, overload, arguments, span)
        }
    }

    /// Reports that no overload takes these types.
    fn wrong_types(&mut self, function: &Function, types: &[DataType], span: Span) {
        let found: Vec<&str> = types.iter().map(|data_type| data_type.as_str()).collect();
        let fitting = |overload: &&Overload| {
            let fits = |(index, data_type): (usize, &DataType)| {
                overload
                    .types(index)
                    .is_some_and(|set| set.cost(*data_type).is_some())
            };
            types
                .iter()
                .enumerate()
                .filter(|argument| fits(*argument))
                .count()
        };
        // Of equally good forms the first one is the most usual.
        let best = function
            .overloads
            .iter()
            .filter(|overload| overload.accepts(types.len()))
            .rev()
            .max_by_key(fitting);
        let wanted: Vec<String> = (0..types.len())
            .filter_map(|index| best.and_then(|overload| overload.types(index)))
            .map(|set| set.to_string())
            .collect();
        let message = format!(
            "{} is being called with ({}), did you mean ({})?",
            function.name,
            found.join(", "),
            wanted.join(", ")
        );
        self.error("calc.type", message, span);
    }

    /// Finds the level of a call and reports arguments on the wrong level.
    fn call_level(
        &mut self,
        function: &Function,
        overload: &Overload,
        arguments: &[NodeId],
        span: Span,
    ) -> Info {
        match overload.kind {
            Kind::Scalar | Kind::User => self.joined(arguments, span, Mixing::Arguments),
            Kind::Aggregate => {
                let mut quiet = false;
                for argument in arguments {
                    let info = self.info(*argument);
                    quiet |= info.quiet;
                    if !info.quiet && info.level.is_aggregated() {
                        let message = format!(
                            "argument to {} (an aggregate function) is already an aggregation, \
                             and cannot be further aggregated",
                            function.name
                        );
                        self.error("calc.level", message, self.tree.span(*argument));
                        quiet = true;
                    }
                }
                let attr = function.name == "ATTR";
                Info {
                    quiet,
                    attr,
                    ..Info::new(DataType::Unknown, Level::Aggregate)
                }
            }
            Kind::TableCalculation => {
                let (mut quiet, mut attr) = (false, false);
                for argument in arguments {
                    let info = self.info(*argument);
                    quiet |= info.quiet;
                    attr |= info.attr;
                    if !info.quiet && info.level == Level::Row {
                        let message =
                            "all fields must be aggregate or constant when using table calculation functions";
                        self.error("calc.level", message, self.tree.span(*argument)).hint =
                            Some("wrap the field in an aggregate such as SUM or ATTR".to_string());
                        quiet = true;
                    }
                }
                Info {
                    quiet,
                    attr,
                    ..Info::new(DataType::Unknown, Level::TableCalculation)
                }
            }
        }
    }

    /// Applies the rule of one argument.
    fn rule(&mut self, function: &Function, rule: Rule, name: &str, argument: NodeId) {
        if rule == Rule::Free {
            return;
        }
        let tree = self.tree;
        let span = tree.span(argument);
        let info = self.info(argument);
        let what = name.replace('_', " ");
        let literal = tree.is_literal(argument);
        if rule == Rule::Literal {
            if !literal && info.data_type != DataType::Unknown {
                let message = format!("the {what} of {} must be written as a literal", function.name);
                self.error("calc.constant", message, span);
            }
            return;
        }
        if info.level != Level::Constant && !info.quiet {
            let message = format!("the {what} of {} must be a constant", function.name);
            self.error("calc.constant", message, span);
            return;
        }
        // What a parameter holds is known only when the formula runs.
        let Some(text) = tree.word(argument) else {
            self.number_rule(rule, argument, span);
            return;
        };
        let known: Option<String> = match rule {
            Rule::DatePart if DatePart::from_name(text).is_none() => {
                Some(DATE_PARTS.map(|(name, _)| name).join(", "))
            }
            Rule::StartOfWeek if Weekday::from_name(text).is_none() => {
                Some(Weekday::ALL.map(Weekday::as_str).join(", "))
            }
            Rule::SortOrder
                if !["asc", "desc"]
                    .iter()
                    .any(|order| order.eq_ignore_ascii_case(text)) =>
            {
                Some("asc, desc".to_string())
            }
            Rule::LengthUnit
                if !LENGTH_UNITS
                    .iter()
                    .any(|(unit, _)| unit.eq_ignore_ascii_case(text)) =>
            {
                Some(LENGTH_UNITS.map(|(unit, _)| unit).join(", "))
            }
            _ => None,
        };
        if let Some(known) = known {
            let kind = match rule {
                Rule::DatePart => "date part",
                Rule::StartOfWeek => "day of the week",
                Rule::SortOrder => "sort order",
                _ => "unit of length",
            };
            self.error("calc.word", format!("'{text}' is not a valid {kind}"), span)
                .hint = Some(format!("write one of {known}"));
        }
    }

    /// Applies the rules for literal numbers.
    fn number_rule(&mut self, rule: Rule, argument: NodeId, span: Span) {
        let value = match self.tree.kind(self.tree.unwrapped(argument)) {
            NodeKind::Integer(value) => *value as f64,
            NodeKind::Real(value) => *value,
            _ => return,
        };
        match rule {
            Rule::GroupIndex if value > 9.0 => {
                self.error(
                    "calc.value",
                    "no more than 9 capture groups can be specified",
                    span,
                );
            }
            Rule::Fraction if !(0.0..=1.0).contains(&value) => {
                self.error("calc.value", "a percentile must be between 0 and 1", span);
            }
            _ => {}
        }
    }

    /// Looks at literal patterns, which are either readable for every row or for none.
    fn pattern_rules(&mut self, function: &Function, arguments: &[NodeId]) {
        let index = match function.name {
            "DATEPARSE" => 0,
            "REGEXP_EXTRACT" | "REGEXP_EXTRACT_NTH" | "REGEXP_MATCH" | "REGEXP_REPLACE" => 1,
            _ => return,
        };
        let Some(argument) = arguments.get(index).copied() else {
            return;
        };
        let Some(text) = self.tree.string_literal(argument) else {
            return;
        };
        let problem = if index == 0 {
            crate::dateparse::Pattern::new(text).err()
        } else {
            crate::regex::Regex::new(text).err()
        };
        if let Some(problem) = problem {
            let span = self.tree.span(argument);
            self.report(problem.at(span));
        }
    }
}

/// Chooses the form that takes the fewest casts; of equally good forms the first.
fn choose(function: &'static Function, types: &[DataType]) -> Option<&'static Overload> {
    function
        .overloads
        .iter()
        .filter_map(|overload| Some((overload.cost(types)?, overload)))
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, overload)| overload)
}
