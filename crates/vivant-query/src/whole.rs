//! Arithmetic of whole numbers that has no value where the result does not fit.
//!
//! Plans let sums begin again at the other end. Tableau stops with an error there; null is what all other
//! impossible values are, too.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::kernels::numeric::{add, mul, sub};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Makes a sum, difference or product of whole numbers.
pub fn whole(left: Expr, operator: Operator, right: Expr) -> Expr {
    let function = Whole {
        operator,
        signature: Signature::exact(vec![DataType::Int64, DataType::Int64], Volatility::Immutable),
    };
    ScalarUDF::new_from_impl(function).call(vec![left, right])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Whole {
    operator: Operator,
    signature: Signature,
}

impl ScalarUDFImpl for Whole {
    fn name(&self) -> &str {
        match self.operator {
            Operator::Plus => "whole_add",
            Operator::Minus => "whole_subtract",
            _ => "whole_multiply",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays = args.args.iter().map(|value| value.to_array(rows));
        let arrays: Vec<ArrayRef> = arrays.collect::<Result<_>>()?;
        let (left, right) = (&arrays[0], &arrays[1]);
        let quick = match self.operator {
            Operator::Plus => add(left, right),
            Operator::Minus => sub(left, right),
            _ => mul(left, right),
        };
        // Only where some result does not fit each is looked at.
        let found = quick.unwrap_or_else(|_| Arc::new(self.one_by_one(left, right)));
        Ok(ColumnarValue::Array(found))
    }
}

impl Whole {
    fn one_by_one(&self, left: &ArrayRef, right: &ArrayRef) -> Int64Array {
        let (left, right) = (
            left.as_primitive::<Int64Type>(),
            right.as_primitive::<Int64Type>(),
        );
        let pairs = left.iter().zip(right.iter());
        pairs
            .map(|(left, right)| match self.operator {
                Operator::Plus => left?.checked_add(right?),
                Operator::Minus => left?.checked_sub(right?),
                _ => left?.checked_mul(right?),
            })
            .collect()
    }
}
