//! Texts whose letter case does not matter: what they are compared, grouped and ordered by.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use datafusion::arrow::buffer::Buffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use vivant_calc::kernel::text::Collation;

/// Makes the expression that is equal for texts that count as equal.
pub fn same_key(expr: Expr) -> Expr {
    call(Step::Same, expr)
}

/// Makes the expression whose plain order is that of the texts.
pub fn order_key(expr: Expr) -> Expr {
    call(Step::Order, expr)
}

/// Makes the expression whose plain order is that of the texts, and which has the text in it for [`spelled`].
pub fn ordered(expr: Expr) -> Expr {
    call(Step::Ordered, expr)
}

/// Makes the expression of the text in what [`ordered`] made.
pub fn spelled(expr: Expr) -> Expr {
    call(Step::Spelled, expr)
}

fn call(step: Step, expr: Expr) -> Expr {
    let function = Collate {
        step,
        signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable),
    };
    ScalarUDF::new_from_impl(function).call(vec![expr])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Same,
    Order,
    Ordered,
    Spelled,
}

/// Between the key of a text and the text; no key has it.
const BEFORE_TEXT: char = '\0';

#[derive(Debug, PartialEq, Eq, Hash)]
struct Collate {
    step: Step,
    signature: Signature,
}

impl ScalarUDFImpl for Collate {
    fn name(&self) -> &str {
        match self.step {
            Step::Same => "text_same",
            Step::Order => "text_order",
            Step::Ordered => "text_ordered",
            Step::Spelled => "text_spelled",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = args.args.into_iter().next();
        let value = value.ok_or_else(|| exec_datafusion_err!("no text"))?;
        // What is the same for all rows stays one value.
        let (array, is_one) = match &value {
            ColumnarValue::Array(array) => (Arc::clone(array), false),
            ColumnarValue::Scalar(scalar) => (scalar.to_array()?, true),
        };
        let texts = array
            .as_string_opt::<i32>()
            .ok_or_else(|| exec_datafusion_err!("texts are asked for, not {}", array.data_type()))?;
        let found: ArrayRef = Arc::new(self.step.of(texts));
        Ok(match is_one {
            true => ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&found, 0)?),
            false => ColumnarValue::Array(found),
        })
    }
}

impl Step {
    fn of(self, texts: &StringArray) -> StringArray {
        let ignore = Collation::IgnoreCase;
        match self {
            Step::Same if texts.values().is_ascii() => in_lower_case(texts),
            Step::Same => each(texts, |text, out| out.push_str(&ignore.key(text))),
            Step::Order => each(texts, |text, out| out.push_str(&ignore.order_key(text))),
            Step::Ordered => each(texts, |text, out| {
                out.push_str(&ignore.order_key(text).replace(BEFORE_TEXT, "\u{1}"));
                out.push(BEFORE_TEXT);
                out.push_str(text);
            }),
            Step::Spelled => each(texts, |text, out| {
                out.push_str(text.split_once(BEFORE_TEXT).map_or(text, |(_, text)| text));
            }),
        }
    }
}

/// Puts all letters into lower case at once.
fn in_lower_case(texts: &StringArray) -> StringArray {
    let letters: Vec<u8> = texts.value_data().to_ascii_lowercase();
    let offsets = texts.offsets().clone();
    StringArray::try_new(offsets, Buffer::from_vec(letters), texts.nulls().cloned())
        .unwrap_or_else(|_| texts.clone())
}

fn each(texts: &StringArray, write: impl Fn(&str, &mut String)) -> StringArray {
    let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    let mut out = String::new();
    for text in texts {
        match text {
            None => builder.append_null(),
            Some(text) => {
                out.clear();
                write(text, &mut out);
                builder.append_value(&out);
            }
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_keys_and_come_back() {
        let texts = StringArray::from(vec![Some("Ann"), None, Some("ÄB"), Some("")]);
        let of = |step: Step, texts: &StringArray| -> Vec<Option<String>> {
            step.of(texts)
                .iter()
                .map(|text| text.map(str::to_owned))
                .collect()
        };
        let expected = [Some("ann"), None, Some("äb"), Some("")].map(|text| text.map(str::to_owned));
        assert_eq!(of(Step::Same, &texts), expected);
        let ascii = StringArray::from(vec![Some("Ann"), None, Some("BOB")]).slice(1, 2);
        assert_eq!(of(Step::Same, &ascii), [None, Some("bob".to_owned())]);
        let back = Step::Spelled.of(&Step::Ordered.of(&texts));
        assert_eq!(back, texts);
    }
}
