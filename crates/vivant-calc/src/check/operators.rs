//! Types of operators, conditions, branches and memberships.

use super::{Checker, Info, Mixing};
use crate::diag::Span;
use crate::tree::{BinaryOperator, Members, NodeId, UnaryOperator};
use crate::types::DataType;

impl Checker<'_> {
    /// Types an operator with one operand.
    pub(super) fn unary(&mut self, operator: UnaryOperator, operand: NodeId, span: Span) -> Info {
        let info = self.info(operand);
        let fits = match operator {
            UnaryOperator::Not => info.data_type == DataType::Boolean,
            UnaryOperator::Minus | UnaryOperator::Plus => info.data_type.is_number(),
        };
        if !fits && !info.data_type.is_open() {
            let (what, wanted) = match operator {
                UnaryOperator::Not => ("NOT", "boolean"),
                UnaryOperator::Minus => ("a minus sign", "number"),
                UnaryOperator::Plus => ("a plus sign", "number"),
            };
            self.error(
                "calc.type",
                format!("{what} needs a {wanted}, found {}", info.data_type),
                span,
            );
            return Info {
                data_type: DataType::Unknown,
                ..info
            };
        }
        let data_type = if operator == UnaryOperator::Not {
            DataType::Boolean
        } else {
            info.data_type
        };
        Info { data_type, ..info }
    }

    /// Types an operator with two operands.
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        span: Span,
        left: NodeId,
        right: NodeId,
    ) -> Info {
        let (a, b) = (self.info(left).data_type, self.info(right).data_type);
        let data_type = match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                for operand in [left, right] {
                    let found = self.info(operand).data_type;
                    if found != DataType::Boolean && !found.is_open() {
                        let message =
                            format!("{} needs boolean conditions, found {found}", operator.as_str());
                        let place = self.tree.span(operand);
                        self.error("calc.type", message, place);
                    }
                }
                DataType::Boolean
            }
            _ if operator.is_comparison() => {
                let equality = matches!(operator, BinaryOperator::Equal | BinaryOperator::NotEqual);
                self.comparable(left, right, equality, span);
                DataType::Boolean
            }
            _ => arithmetic(operator, a, b).unwrap_or_else(|| {
                let verb = match operator {
                    BinaryOperator::Add => "add",
                    BinaryOperator::Subtract => "subtract",
                    BinaryOperator::Multiply => "multiply",
                    BinaryOperator::Divide => "divide",
                    BinaryOperator::Remainder => "take the remainder of",
                    _ => "raise to a power",
                };
                let text = a == DataType::String || b == DataType::String;
                let hint = (operator == BinaryOperator::Add && text)
                    .then(|| "turn the other value into text with STR".to_string());
                self.error("calc.type", format!("can't {verb} {a} and {b} values"), span)
                    .hint = hint;
                DataType::Unknown
            }),
        };
        let whole = self.tree.span(left).to(self.tree.span(right));
        Info {
            data_type,
            ..self.joined(&[left, right], whole, Mixing::Arguments)
        }
    }

    /// Requires that two values can be compared.
    pub(super) fn comparable(&mut self, left: NodeId, right: NodeId, equality: bool, span: Span) {
        let (a, b) = (self.info(left).data_type, self.info(right).data_type);
        if !can_compare(a, b, equality) {
            let hint = match (a, b) {
                (DataType::String, b) if b.is_date() => Some("write the date as a literal, #2024-01-31#"),
                (a, DataType::String) if a.is_date() => Some("write the date as a literal, #2024-01-31#"),
                (DataType::String, _) | (_, DataType::String) => Some("make both sides text with STR"),
                _ => None,
            };
            self.error("calc.type", format!("can't compare {a} and {b} values"), span)
                .hint = hint.map(str::to_string);
        }
    }

    /// Requires that a value can be looked for in a list or a set.
    pub(super) fn membership(&mut self, value: NodeId, members: &Members, _word: &str) {
        if let Members::List(nodes) = members {
            for node in nodes {
                self.comparable(value, *node, true, self.tree.span(*node));
            }
        }
    }

    /// Requires that a test is boolean.
    pub(super) fn condition(&mut self, test: NodeId, word: &str) {
        let found = self.info(test).data_type;
        if found != DataType::Boolean && !found.is_open() {
            let span = self.tree.span(test);
            self.error(
                "calc.type",
                format!("expected a boolean condition in {word}, found {found}"),
                span,
            );
        }
    }

    /// Finds the common type of results and reports the first that does not fit.
    pub(super) fn result_type(&mut self, results: &[NodeId], word: &str) -> DataType {
        let mut common = DataType::Null;
        for result in results {
            let found = self.info(*result).data_type;
            match common.common(found) {
                Some(both) => common = both,
                None => {
                    let span = self.tree.span(*result);
                    let message = format!(
                        "expected type {common}, found {found}; result types from '{word}' expressions must match"
                    );
                    self.error("calc.type", message, span);
                    return DataType::Unknown;
                }
            }
        }
        common
    }
}

/// Gives the type of a sum, difference, product, quotient, remainder or power, if there is one.
fn arithmetic(operator: BinaryOperator, a: DataType, b: DataType) -> Option<DataType> {
    use DataType::{Date, DateTime, Integer, Null, Real, String, Unknown};
    let number = |data_type: DataType| data_type.is_number() || data_type.is_open();
    match operator {
        BinaryOperator::Divide | BinaryOperator::Power => (number(a) && number(b)).then_some(Real),
        BinaryOperator::Multiply | BinaryOperator::Remainder => {
            if number(a) && number(b) {
                a.common(b)
            } else {
                None
            }
        }
        BinaryOperator::Add => match (a, b) {
            (Unknown, _) | (_, Unknown) => Some(Unknown),
            _ if number(a) && number(b) => a.common(b),
            (String, String | Null) | (Null, String) => Some(String),
            (Date, Integer | Null) | (Integer | Null, Date) => Some(Date),
            (Date, Real) | (Real, Date) => Some(DateTime),
            (DateTime, other) | (other, DateTime) if number(other) => Some(DateTime),
            _ => None,
        },
        BinaryOperator::Subtract => match (a, b) {
            (Unknown, _) | (_, Unknown) => Some(Unknown),
            _ if number(a) && number(b) => a.common(b),
            (Date, Date) | (Null, Date) => Some(Integer),
            (Date, Integer | Null) => Some(Date),
            (Date, Real) => Some(DateTime),
            (DateTime, Integer | Real | Null) => Some(DateTime),
            (Null | Date | DateTime, DateTime) | (DateTime, Date) => Some(Real),
            _ => None,
        },
        _ => None,
    }
}

/// Tells whether two types can be compared, for equality or for order.
pub(crate) fn can_compare(a: DataType, b: DataType, equality: bool) -> bool {
    use DataType::{Boolean, DateTime, Integer, Spatial, String, Table};
    match (a, b) {
        _ if a.is_open() || b.is_open() => true,
        (Table | Spatial, _) | (_, Table | Spatial) => false,
        (Boolean, Boolean | Integer) | (Integer, Boolean) => equality,
        // The connector tests compare text with datetimes; the editor rejects text beside dates.
        (String, String | DateTime) | (DateTime, String) => true,
        _ => (a.is_number() && b.is_number()) || (a.is_date() && b.is_date()),
    }
}
