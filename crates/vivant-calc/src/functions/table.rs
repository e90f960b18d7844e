//! The rows of the function table, in the order of their names.
//!
//! A form reads `Kind (name: TYPES @ Rule, ...; TYPES of further arguments) => result`.

use super::{Availability, Function, Group, Kind, Overload, Parameter, ResultType, Rule};
use crate::types::{DataType, TypeSet};
use ResultType::{Common, Is, Like};

/// Writes the rows out as constants.
macro_rules! functions {
    ($($name:ident $group:ident $where:ident $(($what:literal))? $summary:literal {
        $($kind:ident ($($parameter:ident: $types:ident $(@ $rule:ident)?),* $(; $rest:ident)?) => $result:expr;)+
    })+) => {
        /// Every function of the language, sorted by name.
        pub static FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            group: Group::$group,
            availability: Availability::$where $(($what))?,
            summary: $summary,
            overloads: &[$(Overload {
                kind: Kind::$kind,
                parameters: &[$(Parameter {
                    name: stringify!($parameter),
                    types: TypeSet::$types,
                    rule: functions!(@rule $($rule)?),
                }),*],
                rest: functions!(@rest $($rest)?),
                result: $result,
            }),+],
        }),+];
    };
    (@rule) => { Rule::Free };
    (@rule $rule:ident) => { Rule::$rule };
    (@rest) => { None };
    (@rest $types:ident) => { Some(TypeSet::$types) };
}

functions! {
    ABS Number General "Absolute value; keeps the type." {
        Scalar (number: NUMBER) => Like(0);
    }
    ACOS Number General "Arc cosine in radians; null outside -1 to 1." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    AREA Spatial General "Surface of a polygon." {
        Scalar (polygon: SPATIAL, units: STRING @ LengthUnit) => Is(DataType::Real);
    }
    ASCII String General "Code point of the first character; null for empty text." {
        Scalar (text: STRING) => Is(DataType::Integer);
    }
    ASIN Number General "Arc sine in radians; null outside -1 to 1." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    ATAN Number General "Arc tangent in radians." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    ATAN2 Number General "Angle of the point (x, y) in radians; y comes first." {
        Scalar (y: REAL, x: REAL) => Is(DataType::Real);
    }
    ATTR Aggregate General "The value if all rows agree, otherwise an asterisk, which is null in expressions." {
        Aggregate (value: VALUE) => Like(0);
    }
    AVG Aggregate General "Mean of the values; always real." {
        Aggregate (value: REAL) => Is(DataType::Real);
    }
    BUFFER Spatial General "The area within a distance of a geometry." {
        Scalar (geometry: SPATIAL, distance: REAL, units: STRING @ LengthUnit) => Is(DataType::Spatial);
    }
    CEILING Number General "Smallest integer that is not less than the number." {
        Scalar (number: NUMBER) => Is(DataType::Integer);
    }
    CHAR String General "The character with a code point; null if there is none." {
        Scalar (code: WHOLE) => Is(DataType::String);
    }
    COLLECT Spatial General "Union of geometries." {
        Aggregate (geometry: SPATIAL) => Is(DataType::Spatial);
    }
    CONTAINS String General "Whether the text holds the other text; an empty one is always held." {
        Scalar (text: STRING, sub: STRING) => Is(DataType::Boolean);
    }
    CORR Aggregate General "Pearson correlation; pairs with a null are dropped." {
        Aggregate (x: REAL, y: REAL) => Is(DataType::Real);
    }
    COS Number General "Cosine of an angle in radians." {
        Scalar (angle: REAL) => Is(DataType::Real);
    }
    COT Number General "Cotangent of an angle in radians; null at 0." {
        Scalar (angle: REAL) => Is(DataType::Real);
    }
    COUNT Aggregate General "Number of values that are not null, or of the rows of a table." {
        Aggregate (value: ANY) => Is(DataType::Integer);
    }
    COUNTD Aggregate General "Number of distinct values that are not null." {
        Aggregate (value: VALUE) => Is(DataType::Integer);
    }
    COVAR Aggregate General "Sample covariance." {
        Aggregate (x: REAL, y: REAL) => Is(DataType::Real);
    }
    COVARP Aggregate General "Population covariance." {
        Aggregate (x: REAL, y: REAL) => Is(DataType::Real);
    }
    DATE Type General "Text, a number of days since 1900-01-01 or a datetime as a date; null if that fails." {
        Scalar (value: STRING) => Is(DataType::Date);
        Scalar (value: DAY) => Is(DataType::Date);
        Scalar (value: NUMBER) => Is(DataType::Date);
    }
    DATEADD Date General "Adds a number of date parts; months and years cut the day to the length of the month. Gives a datetime." {
        Scalar (date_part: STRING @ DatePart, interval: WHOLE, date: DAY) => Is(DataType::DateTime);
    }
    DATEDIFF Date General "Counts the borders of a date part between two dates, not elapsed time." {
        Scalar (date_part: STRING @ DatePart, start: DAY, end: DAY) => Is(DataType::Integer);
        Scalar (date_part: STRING @ DatePart, start: DAY, end: DAY, start_of_week: STRING @ StartOfWeek) => Is(DataType::Integer);
    }
    DATENAME Date General "A date part as text; months and weekdays by name." {
        Scalar (date_part: STRING @ DatePart, date: DAY) => Is(DataType::String);
        Scalar (date_part: STRING @ DatePart, date: DAY, start_of_week: STRING @ StartOfWeek) => Is(DataType::String);
    }
    DATEPARSE Date General "Reads text by a pattern such as yyyy-MM-dd; null if it does not match as a whole." {
        Scalar (format: STRING @ Constant, text: STRING) => Is(DataType::DateTime);
    }
    DATEPART Date General "A date part as a number." {
        Scalar (date_part: STRING @ DatePart, date: DAY) => Is(DataType::Integer);
        Scalar (date_part: STRING @ DatePart, date: DAY, start_of_week: STRING @ StartOfWeek) => Is(DataType::Integer);
    }
    DATETIME Type General "Text, a number of days since 1900-01-01 or a date as a datetime; null if that fails." {
        Scalar (value: STRING) => Is(DataType::DateTime);
        Scalar (value: DAY) => Is(DataType::DateTime);
        Scalar (value: NUMBER) => Is(DataType::DateTime);
    }
    DATETRUNC Date General "The first moment of the date part that holds the date. Gives a datetime." {
        Scalar (date_part: STRING @ DatePart, date: DAY) => Is(DataType::DateTime);
        Scalar (date_part: STRING @ DatePart, date: DAY, start_of_week: STRING @ StartOfWeek) => Is(DataType::DateTime);
    }
    DAY Date General "Day of the month." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    DEGREES Number General "Turns radians into degrees." {
        Scalar (radians: REAL) => Is(DataType::Real);
    }
    DIFFERENCE Spatial General "The part of one geometry outside another." {
        Scalar (a: SPATIAL, b: SPATIAL) => Is(DataType::Spatial);
    }
    DISTANCE Spatial General "Distance of two points on the earth's ellipsoid." {
        Scalar (a: SPATIAL, b: SPATIAL, units: STRING @ LengthUnit) => Is(DataType::Real);
    }
    DIV Number General "Integer quotient, cut toward zero; null for a divisor of 0." {
        Scalar (a: INTEGER, b: INTEGER) => Is(DataType::Integer);
    }
    DOMAIN String Connection("Google BigQuery") "Registered domain of a URL." {
        Scalar (url: STRING) => Is(DataType::String);
    }
    ENDSWITH String General "Whether the text ends with the other text." {
        Scalar (text: STRING, sub: STRING) => Is(DataType::Boolean);
    }
    EXP Number General "The number e raised to a power." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    FIND String General "Position of the other text from 1, at or after a start; 0 if it is not there." {
        Scalar (text: STRING, sub: STRING) => Is(DataType::Integer);
        Scalar (text: STRING, sub: STRING, start: WHOLE) => Is(DataType::Integer);
    }
    FINDNTH String General "Position of the n-th hit that does not overlap the one before; 0 if there are fewer." {
        Scalar (text: STRING, sub: STRING, n: WHOLE) => Is(DataType::Integer);
    }
    FIRST TableCalculation General "Rows from this one to the first of the partition: 0, -1, -2, ..." {
        TableCalculation () => Is(DataType::Integer);
    }
    FLOAT Type General "A number, text, truth value or date as a real; null if that fails." {
        Scalar (value: SIMPLE) => Is(DataType::Real);
    }
    FLOOR Number General "Largest integer that is not greater than the number." {
        Scalar (number: NUMBER) => Is(DataType::Integer);
    }
    FULLNAME User General "Full name of the signed-in user." {
        User () => Is(DataType::String);
    }
    GET_JSON_OBJECT String Connection("Hadoop Hive") "The part of a JSON text at a path." {
        Scalar (json: STRING, path: STRING) => Is(DataType::String);
    }
    GROUP_CONCAT Aggregate Connection("Google BigQuery") "The values joined with commas." {
        Aggregate (text: STRING) => Is(DataType::String);
    }
    HEXBINX Number General "x of the centre of the hexagon that holds the point; hexagons have side 1 and flat tops." {
        Scalar (x: REAL, y: REAL) => Is(DataType::Real);
    }
    HEXBINY Number General "y of the centre of the hexagon that holds the point, see HEXBINX." {
        Scalar (x: REAL, y: REAL) => Is(DataType::Real);
    }
    HOST String Connection("Google BigQuery") "Host of a URL." {
        Scalar (url: STRING) => Is(DataType::String);
    }
    IFNULL Logical General "The first value, or the second if the first is null." {
        Scalar (a: VALUE, b: VALUE) => Common(0);
    }
    IIF Logical General "One of two values by a test; a null test gives the fourth argument or null." {
        Scalar (test: BOOLEAN, value: VALUE, otherwise: VALUE) => Common(1);
        Scalar (test: BOOLEAN, value: VALUE, otherwise: VALUE, unknown: VALUE) => Common(1);
    }
    INDEX TableCalculation General "Position in the partition, from 1." {
        TableCalculation () => Is(DataType::Integer);
    }
    INT Type General "A number, text, truth value or date as an integer, cut toward zero; null if that fails." {
        Scalar (value: SIMPLE) => Is(DataType::Integer);
    }
    INTERSECTION Spatial General "The part shared by two geometries." {
        Scalar (a: SPATIAL, b: SPATIAL) => Is(DataType::Spatial);
    }
    INTERSECTS Spatial General "Whether two geometries overlap." {
        Scalar (a: SPATIAL, b: SPATIAL) => Is(DataType::Boolean);
    }
    ISDATE Date General "Whether DATE could read the text." {
        Scalar (text: STRING) => Is(DataType::Boolean);
    }
    ISFULLNAME User General "Whether the signed-in user has this full name." {
        User (name: STRING @ Literal) => Is(DataType::Boolean);
    }
    ISMEMBEROF User General "Whether the signed-in user is in this group; null when nobody is signed in." {
        User (group: STRING @ Literal) => Is(DataType::Boolean);
    }
    ISNULL Logical General "Whether the value is null; empty text is not." {
        Scalar (value: VALUE) => Is(DataType::Boolean);
    }
    ISOQUARTER Date General "Number of the ISO quarter." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    ISOWEEK Date General "Number of the ISO week." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    ISOWEEKDAY Date General "ISO weekday, Monday is 1." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    ISOYEAR Date General "Year of the ISO week." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    ISUSERNAME User General "Whether the signed-in user has this name." {
        User (name: STRING @ Literal) => Is(DataType::Boolean);
    }
    LAST TableCalculation General "Rows from this one to the last of the partition: ..., 2, 1, 0." {
        TableCalculation () => Is(DataType::Integer);
    }
    LEFT String General "The first characters; null for a negative count." {
        Scalar (text: STRING, count: WHOLE) => Is(DataType::String);
    }
    LEN String General "Number of characters." {
        Scalar (text: STRING) => Is(DataType::Integer);
    }
    LENGTH Spatial General "Length of the lines of a geometry on the earth's ellipsoid." {
        Scalar (geometry: SPATIAL, units: STRING @ LengthUnit) => Is(DataType::Real);
    }
    LN Number General "Natural logarithm; null for 0 and less." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    LOG Number General "Logarithm to base 10 or to the base given; null where there is none." {
        Scalar (number: REAL) => Is(DataType::Real);
        Scalar (number: REAL, base: REAL) => Is(DataType::Real);
    }
    LOG2 Number Connection("big data") "Logarithm to base 2." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    LOOKUP TableCalculation General "The value of an expression some rows away; null outside the partition." {
        TableCalculation (expression: VALUE, offset: WHOLE) => Like(0);
        TableCalculation (expression: VALUE) => Like(0);
    }
    LOWER String General "The text in lower case." {
        Scalar (text: STRING) => Is(DataType::String);
    }
    LTRIM String General "The text without leading white space." {
        Scalar (text: STRING) => Is(DataType::String);
    }
    LTRIM_THIS String Connection("Google BigQuery") "The text without a given leading text." {
        Scalar (text: STRING, chars: STRING) => Is(DataType::String);
    }
    MAKEDATE Date General "Builds a date; months and days outside their range roll over." {
        Scalar (year: INTEGER, month: INTEGER, day: INTEGER) => Is(DataType::Date);
    }
    MAKEDATETIME Date General "The day of one value with the time of the other." {
        Scalar (date: DAY, time: DATETIME) => Is(DataType::DateTime);
        Scalar (date: STRING, time: DATETIME) => Is(DataType::DateTime);
    }
    MAKELINE Spatial General "A line between two points." {
        Scalar (a: SPATIAL, b: SPATIAL) => Is(DataType::Spatial);
    }
    MAKEPOINT Spatial General "A point from latitude and longitude, or from x, y and the number of a coordinate system." {
        Scalar (latitude: REAL, longitude: REAL) => Is(DataType::Spatial);
        Scalar (x: REAL, y: REAL, srid: INTEGER) => Is(DataType::Spatial);
    }
    MAKETIME Date General "Builds a time on 1899-12-30; values outside their range roll over." {
        Scalar (hour: INTEGER, minute: INTEGER, second: INTEGER) => Is(DataType::DateTime);
    }
    MAX Aggregate General "Largest value of the rows, or the larger of two; two give null if one is null." {
        Aggregate (value: SIMPLE) => Like(0);
        Scalar (a: ORDERED, b: ORDERED) => Common(0);
    }
    MEDIAN Aggregate General "Middle value, or the mean of the two in the middle." {
        Aggregate (value: REAL) => Is(DataType::Real);
    }
    MID String General "The characters from a position on, counted from 1, all of them or a number of them." {
        Scalar (text: STRING, start: WHOLE) => Is(DataType::String);
        Scalar (text: STRING, start: WHOLE, length: WHOLE) => Is(DataType::String);
    }
    MIN Aggregate General "Smallest value of the rows, or the smaller of two; two give null if one is null." {
        Aggregate (value: SIMPLE) => Like(0);
        Scalar (a: ORDERED, b: ORDERED) => Common(0);
    }
    MOD Number Internal "Remainder of integers, as the operator %." {
        Scalar (a: INTEGER, b: INTEGER) => Is(DataType::Integer);
    }
    MODEL_EXTENSION_BOOL Extension General "Calls a model on an outside service and gives a boolean." {
        TableCalculation (model: STRING @ Literal, arguments: STRING @ Literal; SIMPLE) => Is(DataType::Boolean);
    }
    MODEL_EXTENSION_INT Extension General "Calls a model on an outside service and gives an integer." {
        TableCalculation (model: STRING @ Literal, arguments: STRING @ Literal; SIMPLE) => Is(DataType::Integer);
    }
    MODEL_EXTENSION_REAL Extension General "Calls a model on an outside service and gives a real." {
        TableCalculation (model: STRING @ Literal, arguments: STRING @ Literal; SIMPLE) => Is(DataType::Real);
    }
    MODEL_EXTENSION_STR Extension General "Calls a model on an outside service and gives a string." {
        TableCalculation (model: STRING @ Literal, arguments: STRING @ Literal; SIMPLE) => Is(DataType::String);
    }
    MODEL_PERCENTILE Predictive General "Probability of a value up to the one observed, by a model fitted on the marks." {
        TableCalculation (target: SIMPLE, predictor: SIMPLE; SIMPLE) => Is(DataType::Real);
    }
    MODEL_QUANTILE Predictive General "Value at a quantile, by a model fitted on the marks." {
        TableCalculation (quantile: SIMPLE, target: SIMPLE, predictor: SIMPLE; SIMPLE) => Is(DataType::Real);
    }
    MONTH Date General "Number of the month." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    NOW Date General "The current date and time." {
        Scalar () => Is(DataType::DateTime);
    }
    NULLIF Logical Internal "The first value, or null if both are equal; the product has no such function, but takes files that use it." {
        Scalar (a: VALUE, b: VALUE) => Like(0);
    }
    OUTLINE Spatial General "The rings of a polygon as lines." {
        Scalar (polygon: SPATIAL) => Is(DataType::Spatial);
    }
    PARSE_URL String Connection("Hadoop Hive") "A named part of a URL." {
        Scalar (url: STRING, part: STRING) => Is(DataType::String);
    }
    PARSE_URL_QUERY String Connection("Hadoop Hive") "The value of a query parameter of a URL." {
        Scalar (url: STRING, key: STRING) => Is(DataType::String);
    }
    PERCENTILE Aggregate General "Value at a fraction of the sorted values, with linear interpolation." {
        Aggregate (value: REAL, k: REAL @ Fraction) => Is(DataType::Real);
    }
    PI Number General "The number pi." {
        Scalar () => Is(DataType::Real);
    }
    POWER Number General "A number raised to a power, as the operator ^; always real." {
        Scalar (base: REAL, exponent: REAL) => Is(DataType::Real);
    }
    PREVIOUS_VALUE TableCalculation General "The result of this calculation in the row before, or the given value in the first row." {
        TableCalculation (initial: VALUE) => Like(0);
    }
    PROPER String General "The text with a capital at the start of each word and lower case elsewhere." {
        Scalar (text: STRING) => Is(DataType::String);
    }
    QUARTER Date General "Number of the quarter." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    RADIANS Number General "Turns degrees into radians." {
        Scalar (degrees: REAL) => Is(DataType::Real);
    }
    RANK TableCalculation General "Rank in the partition, largest first unless 'asc' is given; equal values rank 1, 2, 2, 4." {
        TableCalculation (expression: SIMPLE) => Is(DataType::Integer);
        TableCalculation (expression: SIMPLE, order: STRING @ SortOrder) => Is(DataType::Integer);
    }
    RANK_DENSE TableCalculation General "Rank in the partition, largest first unless 'asc' is given; equal values rank 1, 2, 2, 3." {
        TableCalculation (expression: SIMPLE) => Is(DataType::Integer);
        TableCalculation (expression: SIMPLE, order: STRING @ SortOrder) => Is(DataType::Integer);
    }
    RANK_MODIFIED TableCalculation General "Rank in the partition, largest first unless 'asc' is given; equal values rank 1, 3, 3, 4." {
        TableCalculation (expression: SIMPLE) => Is(DataType::Integer);
        TableCalculation (expression: SIMPLE, order: STRING @ SortOrder) => Is(DataType::Integer);
    }
    RANK_PERCENTILE TableCalculation General "Share of the partition below the value, from 0 to 1; smallest first unless 'desc' is given." {
        TableCalculation (expression: SIMPLE) => Is(DataType::Real);
        TableCalculation (expression: SIMPLE, order: STRING @ SortOrder) => Is(DataType::Real);
    }
    RANK_UNIQUE TableCalculation General "Rank in the partition, largest first unless 'asc' is given; equal values rank 1, 2, 3, 4." {
        TableCalculation (expression: SIMPLE) => Is(DataType::Integer);
        TableCalculation (expression: SIMPLE, order: STRING @ SortOrder) => Is(DataType::Integer);
    }
    RAWSQLAGG_BOOL Passthrough General "An aggregate in SQL for the database; gives a boolean." {
        Aggregate (sql: STRING @ Literal; VALUE) => Is(DataType::Boolean);
    }
    RAWSQLAGG_DATE Passthrough General "An aggregate in SQL for the database; gives a date." {
        Aggregate (sql: STRING @ Literal; VALUE) => Is(DataType::Date);
    }
    RAWSQLAGG_DATETIME Passthrough General "An aggregate in SQL for the database; gives a datetime." {
        Aggregate (sql: STRING @ Literal; VALUE) => Is(DataType::DateTime);
    }
    RAWSQLAGG_INT Passthrough General "An aggregate in SQL for the database; gives an integer." {
        Aggregate (sql: STRING @ Literal; VALUE) => Is(DataType::Integer);
    }
    RAWSQLAGG_REAL Passthrough General "An aggregate in SQL for the database; gives a real." {
        Aggregate (sql: STRING @ Literal; VALUE) => Is(DataType::Real);
    }
    RAWSQLAGG_STR Passthrough General "An aggregate in SQL for the database; gives a string." {
        Aggregate (sql: STRING @ Literal; VALUE) => Is(DataType::String);
    }
    RAWSQL_BOOL Passthrough General "SQL for the database, with %1, %2, ... for the arguments; gives a boolean." {
        Scalar (sql: STRING @ Literal; VALUE) => Is(DataType::Boolean);
    }
    RAWSQL_DATE Passthrough General "SQL for the database, with %1, %2, ... for the arguments; gives a date." {
        Scalar (sql: STRING @ Literal; VALUE) => Is(DataType::Date);
    }
    RAWSQL_DATETIME Passthrough General "SQL for the database, with %1, %2, ... for the arguments; gives a datetime." {
        Scalar (sql: STRING @ Literal; VALUE) => Is(DataType::DateTime);
    }
    RAWSQL_INT Passthrough General "SQL for the database, with %1, %2, ... for the arguments; gives an integer." {
        Scalar (sql: STRING @ Literal; VALUE) => Is(DataType::Integer);
    }
    RAWSQL_REAL Passthrough General "SQL for the database, with %1, %2, ... for the arguments; gives a real." {
        Scalar (sql: STRING @ Literal; VALUE) => Is(DataType::Real);
    }
    RAWSQL_SPATIAL Passthrough General "SQL for the database, with %1, %2, ... for the arguments; gives a geometry." {
        Scalar (sql: STRING @ Literal; VALUE) => Is(DataType::Spatial);
    }
    RAWSQL_STR Passthrough General "SQL for the database, with %1, %2, ... for the arguments; gives a string." {
        Scalar (sql: STRING @ Literal; VALUE) => Is(DataType::String);
    }
    REAL Type Internal "The same as FLOAT." {
        Scalar (value: SIMPLE) => Is(DataType::Real);
    }
    REGEXP_EXTRACT String General "First capturing group of the first match; null without a match or without a group." {
        Scalar (text: STRING, pattern: STRING) => Is(DataType::String);
    }
    REGEXP_EXTRACT_NTH String General "A capturing group of the first match by number, 0 for the whole match." {
        Scalar (text: STRING, pattern: STRING, index: INTEGER @ GroupIndex) => Is(DataType::String);
    }
    REGEXP_MATCH String General "Whether a part of the text matches; an empty pattern does not." {
        Scalar (text: STRING, pattern: STRING) => Is(DataType::Boolean);
    }
    REGEXP_REPLACE String General "Replaces all matches; $1 to $9 stand for groups." {
        Scalar (text: STRING, pattern: STRING, replacement: STRING) => Is(DataType::String);
    }
    REPLACE String General "Replaces all hits of the other text; an empty one changes nothing." {
        Scalar (text: STRING, sub: STRING, replacement: STRING) => Is(DataType::String);
    }
    RIGHT String General "The last characters; null for a negative count." {
        Scalar (text: STRING, count: WHOLE) => Is(DataType::String);
    }
    ROUND Number General "Rounds half away from zero, to an integer or to a number of decimals; negative decimals round to tens and more." {
        Scalar (number: NUMBER) => Like(0);
        Scalar (number: REAL, decimals: WHOLE) => Is(DataType::Real);
    }
    RTRIM String General "The text without trailing white space." {
        Scalar (text: STRING) => Is(DataType::String);
    }
    RTRIM_THIS String Connection("Google BigQuery") "The text without a given trailing text." {
        Scalar (text: STRING, chars: STRING) => Is(DataType::String);
    }
    RUNNING_AVG TableCalculation General "Mean from the first row of the partition to this one." {
        TableCalculation (expression: REAL) => Is(DataType::Real);
    }
    RUNNING_COUNT TableCalculation General "Number of values from the first row of the partition to this one." {
        TableCalculation (expression: VALUE) => Is(DataType::Integer);
    }
    RUNNING_MAX TableCalculation General "Largest value from the first row of the partition to this one." {
        TableCalculation (expression: SIMPLE) => Like(0);
    }
    RUNNING_MIN TableCalculation General "Smallest value from the first row of the partition to this one." {
        TableCalculation (expression: SIMPLE) => Like(0);
    }
    RUNNING_SUM TableCalculation General "Sum from the first row of the partition to this one." {
        TableCalculation (expression: NUMBER) => Like(0);
    }
    SCRIPT_BOOL Extension General "Runs a script on an outside service and gives a boolean." {
        TableCalculation (script: STRING @ Literal; SIMPLE) => Is(DataType::Boolean);
    }
    SCRIPT_INT Extension General "Runs a script on an outside service and gives an integer." {
        TableCalculation (script: STRING @ Literal; SIMPLE) => Is(DataType::Integer);
    }
    SCRIPT_REAL Extension General "Runs a script on an outside service and gives a real." {
        TableCalculation (script: STRING @ Literal; SIMPLE) => Is(DataType::Real);
    }
    SCRIPT_STR Extension General "Runs a script on an outside service and gives a string." {
        TableCalculation (script: STRING @ Literal; SIMPLE) => Is(DataType::String);
    }
    SHAPETYPE Spatial General "Name of the kind of a geometry." {
        Scalar (geometry: SPATIAL) => Is(DataType::String);
    }
    SIGN Number General "-1, 0 or 1." {
        Scalar (number: NUMBER) => Is(DataType::Integer);
    }
    SIN Number General "Sine of an angle in radians." {
        Scalar (angle: REAL) => Is(DataType::Real);
    }
    SIZE TableCalculation General "Number of rows in the partition." {
        TableCalculation () => Is(DataType::Integer);
    }
    SPACE String General "Text of blanks; null for a negative count." {
        Scalar (count: WHOLE) => Is(DataType::String);
    }
    SPLIT String General "A token of a text cut at a delimiter, counted from the left (1, 2, ...) or from the right (-1, -2, ...); empty when there is none." {
        Scalar (text: STRING, delimiter: STRING @ Constant, token: INTEGER @ Constant) => Is(DataType::String);
    }
    SQRT Number General "Square root; null for negative numbers." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    SQUARE Number General "A number times itself; keeps the type." {
        Scalar (number: NUMBER) => Like(0);
    }
    STARTSWITH String General "Whether the text begins with the other text." {
        Scalar (text: STRING, sub: STRING) => Is(DataType::Boolean);
    }
    STDEV Aggregate General "Sample standard deviation." {
        Aggregate (value: REAL) => Is(DataType::Real);
    }
    STDEVP Aggregate General "Population standard deviation." {
        Aggregate (value: REAL) => Is(DataType::Real);
    }
    STR Type General "A value as text." {
        Scalar (value: SIMPLE) => Is(DataType::String);
    }
    SUM Aggregate General "Sum of the values; null without any." {
        Aggregate (value: NUMBER) => Like(0);
    }
    SYMDIFFERENCE Spatial General "The parts in exactly one of two geometries." {
        Scalar (a: SPATIAL, b: SPATIAL) => Is(DataType::Spatial);
    }
    SYS_NUMBIN Number Internal "Index of the bin of a number, for bins whose size is a parameter." {
        Scalar (value: NUMBER, size: NUMBER) => Is(DataType::Integer);
    }
    TAN Number General "Tangent of an angle in radians." {
        Scalar (angle: REAL) => Is(DataType::Real);
    }
    TIMESTAMP_TO_USEC Date Connection("Google BigQuery") "Microseconds since 1970-01-01." {
        Scalar (timestamp: DATETIME) => Is(DataType::Integer);
    }
    TLD String Connection("Google BigQuery") "Top-level domain of a URL." {
        Scalar (url: STRING) => Is(DataType::String);
    }
    TODAY Date General "The current date." {
        Scalar () => Is(DataType::Date);
    }
    TOTAL TableCalculation General "The aggregate computed again over all rows behind the partition." {
        TableCalculation (expression: VALUE) => Like(0);
    }
    TRIM String General "The text without white space at both ends." {
        Scalar (text: STRING) => Is(DataType::String);
    }
    TRUNC Number Internal "Cuts the fraction off." {
        Scalar (number: REAL) => Is(DataType::Real);
    }
    UPPER String General "The text in upper case." {
        Scalar (text: STRING) => Is(DataType::String);
    }
    USEC_TO_TIMESTAMP Date Connection("Google BigQuery") "A datetime from microseconds since 1970-01-01." {
        Scalar (microseconds: INTEGER) => Is(DataType::DateTime);
    }
    USERATTRIBUTE User General "An attribute of the signed-in user." {
        User (attribute: STRING @ Literal) => Is(DataType::String);
    }
    USERATTRIBUTEINCLUDES User General "Whether an attribute of the signed-in user has this value." {
        User (attribute: STRING @ Literal, value: STRING) => Is(DataType::Boolean);
    }
    USERDOMAIN User General "Domain of the signed-in user." {
        User () => Is(DataType::String);
    }
    USERNAME User General "Name of the signed-in user." {
        User () => Is(DataType::String);
    }
    VALIDATE Spatial General "The geometry if it is valid, otherwise null." {
        Scalar (geometry: SPATIAL) => Is(DataType::Spatial);
    }
    VAR Aggregate General "Sample variance." {
        Aggregate (value: REAL) => Is(DataType::Real);
    }
    VARP Aggregate General "Population variance." {
        Aggregate (value: REAL) => Is(DataType::Real);
    }
    WEEK Date General "Number of the week; week 1 begins on January 1." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    WINDOW_AVG TableCalculation General "Mean over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: REAL) => Is(DataType::Real);
        TableCalculation (expression: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_CORR TableCalculation General "Pearson correlation over the rows from start to end, or over the partition." {
        TableCalculation (x: REAL, y: REAL) => Is(DataType::Real);
        TableCalculation (x: REAL, y: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_COUNT TableCalculation General "Number of values over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: VALUE) => Is(DataType::Integer);
        TableCalculation (expression: VALUE, start: WHOLE, end: WHOLE) => Is(DataType::Integer);
    }
    WINDOW_COVAR TableCalculation General "Sample covariance over the rows from start to end, or over the partition." {
        TableCalculation (x: REAL, y: REAL) => Is(DataType::Real);
        TableCalculation (x: REAL, y: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_COVARP TableCalculation General "Population covariance over the rows from start to end, or over the partition." {
        TableCalculation (x: REAL, y: REAL) => Is(DataType::Real);
        TableCalculation (x: REAL, y: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_MAX TableCalculation General "Largest value over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: SIMPLE) => Like(0);
        TableCalculation (expression: SIMPLE, start: WHOLE, end: WHOLE) => Like(0);
    }
    WINDOW_MEDIAN TableCalculation General "Median over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: REAL) => Is(DataType::Real);
        TableCalculation (expression: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_MIN TableCalculation General "Smallest value over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: SIMPLE) => Like(0);
        TableCalculation (expression: SIMPLE, start: WHOLE, end: WHOLE) => Like(0);
    }
    WINDOW_PERCENTILE TableCalculation General "Percentile with linear interpolation over the rows from start to end, or over the partition." {
        TableCalculation (expression: REAL, k: REAL) => Is(DataType::Real);
        TableCalculation (expression: REAL, k: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_STDEV TableCalculation General "Sample standard deviation over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: REAL) => Is(DataType::Real);
        TableCalculation (expression: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_STDEVP TableCalculation General "Population standard deviation over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: REAL) => Is(DataType::Real);
        TableCalculation (expression: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_SUM TableCalculation General "Sum over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: NUMBER) => Like(0);
        TableCalculation (expression: NUMBER, start: WHOLE, end: WHOLE) => Like(0);
    }
    WINDOW_VAR TableCalculation General "Sample variance over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: REAL) => Is(DataType::Real);
        TableCalculation (expression: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    WINDOW_VARP TableCalculation General "Population variance over the rows from start to end, relative to this one, or over the partition." {
        TableCalculation (expression: REAL) => Is(DataType::Real);
        TableCalculation (expression: REAL, start: WHOLE, end: WHOLE) => Is(DataType::Real);
    }
    XPATH_BOOLEAN String Connection("Hadoop Hive") "Evaluates an XPath on XML text and gives a boolean." {
        Scalar (xml: STRING, xpath: STRING) => Is(DataType::Boolean);
    }
    XPATH_DOUBLE String Connection("Hadoop Hive") "Evaluates an XPath on XML text and gives a double." {
        Scalar (xml: STRING, xpath: STRING) => Is(DataType::Real);
    }
    XPATH_FLOAT String Connection("Hadoop Hive") "Evaluates an XPath on XML text and gives a float." {
        Scalar (xml: STRING, xpath: STRING) => Is(DataType::Real);
    }
    XPATH_INT String Connection("Hadoop Hive") "Evaluates an XPath on XML text and gives an integer." {
        Scalar (xml: STRING, xpath: STRING) => Is(DataType::Integer);
    }
    XPATH_LONG String Connection("Hadoop Hive") "Evaluates an XPath on XML text and gives a long integer." {
        Scalar (xml: STRING, xpath: STRING) => Is(DataType::Integer);
    }
    XPATH_SHORT String Connection("Hadoop Hive") "Evaluates an XPath on XML text and gives a short integer." {
        Scalar (xml: STRING, xpath: STRING) => Is(DataType::Integer);
    }
    XPATH_STRING String Connection("Hadoop Hive") "Evaluates an XPath on XML text and gives text." {
        Scalar (xml: STRING, xpath: STRING) => Is(DataType::String);
    }
    YEAR Date General "Number of the year." {
        Scalar (date: DAY) => Is(DataType::Integer);
    }
    ZN Number General "The number, or 0 instead of null." {
        Scalar (value: INTEGER) => Is(DataType::Integer);
        Scalar (value: REAL) => Is(DataType::Real);
    }
}
