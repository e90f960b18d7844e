//! The types and levels of expressions.

use std::fmt;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataType {
    /// True or false.
    Boolean,
    /// A signed 64-bit integer.
    Integer,
    /// A double.
    Real,
    /// Text.
    String,
    /// A calendar day.
    Date,
    /// A day with a time of day, without a time zone.
    DateTime,
    /// A geometry.
    Spatial,
    /// A table of the data source; the only thing to do with it is to count its rows.
    Table,
    /// The literal `NULL` and what is made of it alone; fits every type.
    Null,
    /// Not known, because of an error that was reported already; fits every type.
    Unknown,
}

impl DataType {
    /// Gives the name as the product's messages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            DataType::Boolean => "boolean",
            DataType::Integer => "integer",
            // Tableau: a real is called float in messages and real in files.
            DataType::Real => "float",
            DataType::String => "string",
            DataType::Date => "date",
            DataType::DateTime => "datetime",
            DataType::Spatial => "spatial",
            DataType::Table => "table",
            DataType::Null => "null",
            DataType::Unknown => "unknown",
        }
    }

    /// Tells whether the type is integer or real.
    pub fn is_number(self) -> bool {
        matches!(self, DataType::Integer | DataType::Real)
    }

    /// Tells whether the type is date or datetime.
    pub fn is_date(self) -> bool {
        matches!(self, DataType::Date | DataType::DateTime)
    }

    /// Tells whether the type fits everywhere: null and unknown.
    pub fn is_open(self) -> bool {
        matches!(self, DataType::Null | DataType::Unknown)
    }

    /// Gives the type that holds values of both, as the branches of `IF` need it: integers widen to
    /// real, dates to datetime, null fits anything. Other pairs have none.
    pub fn common(self, other: DataType) -> Option<DataType> {
        use DataType::{Date, DateTime, Integer, Real, Unknown};
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Unknown, b) => Some(b),
            (a, Unknown) => Some(a),
            (DataType::Null, b) => Some(b),
            (a, DataType::Null) => Some(a),
            (Integer, Real) | (Real, Integer) => Some(Real),
            (Date, DateTime) | (DateTime, Date) => Some(DateTime),
            _ => None,
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A set of types that a function accepts for an argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeSet(u16);

impl TypeSet {
    /// Boolean only.
    pub const BOOLEAN: TypeSet = TypeSet::of(DataType::Boolean);
    /// Integer only.
    pub const INTEGER: TypeSet = TypeSet::of(DataType::Integer);
    /// Real only; an integer widens.
    pub const REAL: TypeSet = TypeSet::of(DataType::Real);
    /// String only.
    pub const STRING: TypeSet = TypeSet::of(DataType::String);
    /// Date only.
    pub const DATE: TypeSet = TypeSet::of(DataType::Date);
    /// Datetime only; a date widens.
    pub const DATETIME: TypeSet = TypeSet::of(DataType::DateTime);
    /// Geometries only.
    pub const SPATIAL: TypeSet = TypeSet::of(DataType::Spatial);
    /// Integer or real.
    pub const NUMBER: TypeSet = TypeSet::INTEGER.or(TypeSet::REAL);
    /// A count or a position: a real is accepted and loses its fraction.
    pub const WHOLE: TypeSet = TypeSet::NUMBER;
    /// Date or datetime.
    pub const DAY: TypeSet = TypeSet::DATE.or(TypeSet::DATETIME);
    /// What has an order for `MIN` and `MAX` of two: numbers, strings, dates.
    pub const ORDERED: TypeSet = TypeSet::NUMBER.or(TypeSet::STRING).or(TypeSet::DAY);
    /// Every type but geometries and tables.
    pub const SIMPLE: TypeSet = TypeSet::ORDERED.or(TypeSet::BOOLEAN);
    /// Every type of value.
    pub const VALUE: TypeSet = TypeSet::SIMPLE.or(TypeSet::SPATIAL);
    /// Every type, tables included.
    pub const ANY: TypeSet = TypeSet::VALUE.or(TypeSet::of(DataType::Table));

    /// Makes a set of one type.
    pub const fn of(data_type: DataType) -> TypeSet {
        TypeSet(1 << data_type as u16)
    }

    /// Joins two sets.
    pub const fn or(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }

    /// Tells whether the type is in the set; no widening is taken into account.
    pub const fn contains(self, data_type: DataType) -> bool {
        self.0 & TypeSet::of(data_type).0 != 0
    }

    /// Tells what it takes to pass a value of the type: 0 as it is, 1 with an implicit cast, `None`
    /// if it does not fit.
    pub fn cost(self, data_type: DataType) -> Option<u32> {
        match data_type {
            _ if self.contains(data_type) || data_type.is_open() => Some(0),
            DataType::Integer if self.contains(DataType::Real) => Some(1),
            DataType::Date if self.contains(DataType::DateTime) => Some(1),
            _ => None,
        }
    }
}

impl fmt::Display for TypeSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            TypeSet::ANY | TypeSet::VALUE | TypeSet::SIMPLE => "any",
            TypeSet::ORDERED => "float, string or date",
            TypeSet::NUMBER => "float",
            TypeSet::DAY => "date",
            TypeSet::BOOLEAN => "boolean",
            TypeSet::INTEGER => "integer",
            TypeSet::REAL => "float",
            TypeSet::STRING => "string",
            TypeSet::DATE => "date",
            TypeSet::DATETIME => "datetime",
            TypeSet::SPATIAL => "spatial",
            _ => "other",
        };
        out.write_str(name)
    }
}

impl fmt::Debug for TypeSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TypeSet({self})")
    }
}

/// How far an expression is from the rows; the order is from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The same everywhere: literals, parameters, the user, today. Mixes with every level.
    Constant,
    /// A value for each row.
    Row,
    /// A value for each mark, aggregated from its rows.
    Aggregate,
    /// A value for each mark, computed over the marks.
    TableCalculation,
}

impl Level {
    /// Gives the level as messages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Constant => "constant",
            Level::Row => "row",
            Level::Aggregate => "aggregate",
            Level::TableCalculation => "table calculation",
        }
    }

    /// Tells whether the level is that of marks: aggregate or table calculation.
    pub fn is_aggregated(self) -> bool {
        self >= Level::Aggregate
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
