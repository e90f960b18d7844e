//! Columns and their types, as Tableau names them and as Arrow holds them.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// A signed 64-bit integer.
    Integer,
    /// A double.
    Real,
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A calendar day.
    Date,
    /// A day with a time of day, without a time zone.
    DateTime,
    /// A geometry, as well-known binary.
    Spatial,
}

impl ColumnType {
    /// Reads the name that documents use.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "integer" => Self::Integer,
            "real" => Self::Real,
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "spatial" => Self::Spatial,
            _ => return None,
        })
    }

    /// Returns the name that documents use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Real => "real",
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Spatial => "spatial",
        }
    }

    /// Returns the Arrow type that holds such values.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Integer => DataType::Int64,
            Self::Real => DataType::Float64,
            Self::String => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Spatial => DataType::Binary,
        }
    }

    /// Returns the type as which Tableau sees Arrow values; nested values have none.
    pub fn of_arrow(data_type: &DataType) -> Option<Self> {
        use DataType as A;
        Some(match data_type {
            A::Int8 | A::Int16 | A::Int32 | A::Int64 | A::UInt8 | A::UInt16 | A::UInt32 | A::UInt64 => {
                Self::Integer
            }
            A::Float16 | A::Float32 | A::Float64 => Self::Real,
            A::Decimal32(_, scale) | A::Decimal64(_, scale) | A::Decimal128(_, scale) if *scale <= 0 => {
                Self::Integer
            }
            A::Decimal32(..) | A::Decimal64(..) | A::Decimal128(..) | A::Decimal256(..) => Self::Real,
            A::Utf8 | A::LargeUtf8 | A::Utf8View => Self::String,
            A::Boolean => Self::Boolean,
            A::Date32 | A::Date64 => Self::Date,
            A::Timestamp(..) | A::Time32(_) | A::Time64(_) => Self::DateTime,
            A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_) => Self::Spatial,
            A::Dictionary(_, values) => return Self::of_arrow(values),
            _ => return None,
        })
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name in the table.
    pub name: String,
    /// Type.
    pub kind: ColumnType,
}

/// The key under which a field says how its texts are compared, where that is not byte by byte; extracts keep it.
pub const COLLATION: &str = "vivant.collation";

/// Makes the Arrow schema of columns; every column may hold nulls.
pub fn schema_of(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(
        columns
            .iter()
            .map(|column| field_of(&column.name, column.kind))
            .collect::<Vec<_>>(),
    ))
}

/// The key under which a field says what its bytes mean, and what geometries say there: the names of GeoArrow.
const EXTENSION: (&str, &str) = ("ARROW:extension:name", "geoarrow.wkb");

/// Makes the field of a column; one of geometries says that it has well-known binary.
pub(crate) fn field_of(name: &str, kind: ColumnType) -> Field {
    let field = Field::new(name, kind.arrow(), true);
    match kind {
        ColumnType::Spatial => field.with_metadata([(EXTENSION.0.to_owned(), EXTENSION.1.to_owned())].into()),
        _ => field,
    }
}
