//! Geometries in plans: well-known text, made of the well-known binary of files and databases.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use vivant_calc::kernel::geo::Geometry;

/// Makes the expression of the text of binary geometries; what is none is null.
pub fn geometry_text(binary: Expr) -> Expr {
    call(Step::Text, binary)
}

/// Makes the expression of one geometry of a list of texts.
pub fn collected(list: Expr) -> Expr {
    call(Step::Collected, list)
}

/// Writes binary geometries as text.
pub fn texts(binary: &ArrayRef) -> Result<StringArray> {
    let binary = cast(binary, &DataType::Binary)?;
    let mut builder = StringBuilder::new();
    for bytes in binary.as_binary::<i32>() {
        builder.append_option(bytes.and_then(|bytes| Some(Geometry::from_binary(bytes)?.to_text())));
    }
    Ok(builder.finish())
}

fn call(step: Step, expr: Expr) -> Expr {
    let function = Spatial {
        step,
        signature: Signature::any(1, Volatility::Immutable),
    };
    ScalarUDF::new_from_impl(function).call(vec![expr])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Text,
    Collected,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Spatial {
    step: Step,
    signature: Signature,
}

impl ScalarUDFImpl for Spatial {
    fn name(&self) -> &str {
        match self.step {
            Step::Text => "geometry_text",
            Step::Collected => "geometry_collected",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = args
            .args
            .first()
            .ok_or_else(|| exec_datafusion_err!("no geometry"))?;
        let array = value.to_array(args.number_rows)?;
        let found = match self.step {
            Step::Text => texts(&array)?,
            Step::Collected => together(&array)?,
        };
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}

fn together(lists: &ArrayRef) -> Result<StringArray> {
    let lists = lists
        .as_list_opt::<i32>()
        .ok_or_else(|| exec_datafusion_err!("lists are asked for, not {}", lists.data_type()))?;
    let mut builder = StringBuilder::new();
    for list in lists.iter() {
        let list = list.unwrap_or_else(|| Arc::new(StringArray::from(Vec::<&str>::new())));
        let texts = cast(&list, &DataType::Utf8)?;
        // Rows come in any order; the geometry is the same each time.
        let mut texts: Vec<&str> = texts.as_string::<i32>().iter().flatten().collect();
        texts.sort_unstable();
        let shapes = texts.into_iter().filter_map(Geometry::from_text);
        builder.append_option(Geometry::collected(shapes).map(|shape| shape.to_text()));
    }
    Ok(builder.finish())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{BinaryArray, ListBuilder};

    use super::*;

    #[test]
    fn binary_geometries_become_text() {
        let mut point = vec![1, 1, 0, 0, 0];
        point.extend([2.0_f64, -1.5].iter().flat_map(|number| number.to_le_bytes()));
        let array: ArrayRef = Arc::new(BinaryArray::from_opt_vec(vec![Some(&point), None, Some(b"x")]));
        let expected = StringArray::from(vec![Some("POINT(2 -1.5)"), None, None]);
        assert_eq!(texts(&array).unwrap(), expected);
    }

    #[test]
    fn lists_become_one_geometry() {
        let mut builder = ListBuilder::new(StringBuilder::new());
        builder.append_value([Some("POINT(1 2)"), None, Some("POINT(3 4)")]);
        builder.append_null();
        let lists: ArrayRef = Arc::new(builder.finish());
        let expected = StringArray::from(vec![Some("MULTIPOINT((1 2), (3 4))"), None]);
        assert_eq!(together(&lists).unwrap(), expected);
    }
}
