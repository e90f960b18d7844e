//! Data frames of R: `.rds` with one, `.rdata` with several, in R's binary form, plain or packed with gzip.

use std::io::{BufReader, Cursor, Read};
use std::sync::Arc;

use flate2::read::GzDecoder;
use vivant_calc::civil::{Date, DateTime};

use super::{typed, unsupported};
use crate::batches::Batches;
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result, known, shorten};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::TableSpec;

/// Objects inside one another deeper than this are not read.
const DEPTH: usize = 64;
/// What a number costs that is held as a text, about.
const TEXT: u64 = 64;
/// What stands for no value among integers.
const NA_INTEGER: i32 = i32::MIN;
/// The lower half of the number that stands for no value.
const NA_REAL: u32 = 1954;

/// Opens a data frame. R keeps columns one after another, so the frame is held in memory.
pub(super) fn open(file: &DataFile, table: &TableSpec, limits: &DataLimits) -> Result<Batches> {
    let mut input = BufReader::with_capacity(256 << 10, file.open()?);
    let mut head = [0; 2];
    input
        .read_exact(&mut head)
        .map_err(|error| DataError::damaged(file.name(), error))?;
    let source: Box<dyn Read> = match head {
        [0x1f, 0x8b] => Box::new(GzDecoder::new(Cursor::new(head).chain(input))),
        _ => Box::new(Cursor::new(head).chain(input)),
    };
    let mut reader = Reader {
        input: BufReader::with_capacity(256 << 10, source),
        name: file.name().to_owned(),
        symbols: Vec::new(),
        left: limits.old_spreadsheet_bytes,
        limit: limits.old_spreadsheet_bytes,
    };
    let mut frames = Vec::new();
    for (name, object) in reader.objects()? {
        if let Some(frame) = Frame::of(object) {
            frames.push((name, frame));
        }
    }
    let wanted = table.parts().pop().unwrap_or_default();
    let at = frames.iter().position(|(name, _)| *name == wanted);
    let frame = match (at, frames.len()) {
        (Some(at), _) => frames.swap_remove(at).1,
        (None, 1) => frames.swap_remove(0).1,
        (None, 0) => return Err(DataError::damaged(file.name(), "it has no data frame")),
        (None, _) => {
            return Err(DataError::NoTable {
                table: shorten(&wanted),
                place: file.name().to_owned(),
                known: known(frames.iter().map(|(name, _)| name)),
            });
        }
    };
    let columns = frame
        .columns
        .iter()
        .map(|(name, values)| Column {
            name: name.clone(),
            kind: values.kind(),
        })
        .collect();
    let columns = typed(columns, table, file.name(), limits)?;
    let schema = schema_of(&columns);
    let mut builder = BatchBuilder::new(schema.clone(), &columns, &[]);
    let limits = limits.clone();
    let mut row = 0;
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || {
            while row < frame.rows && !builder.is_full(&limits) {
                let each = builder.columns.iter_mut().zip(&columns).zip(&frame.columns);
                let bytes = each
                    .map(|((builder, column), (_, values))| values.push(row, builder, column.kind))
                    .sum();
                builder.end_row(bytes);
                row += 1;
            }
            (builder.rows() > 0).then(|| builder.finish())
        }),
    ))
}

/// A value of R, as far as data frames consist of them.
enum Object {
    Null,
    Symbol(Arc<str>),
    Text(Option<Arc<str>>),
    Integers(Vec<i32>, Attributes),
    Logicals(Vec<i32>),
    Reals(Vec<f64>, Attributes),
    Texts(Vec<Option<Arc<str>>>),
    List(Vec<Object>, Attributes),
    /// A linked list, which attributes and the contents of `.rdata` are.
    Pairs(Attributes),
    Other,
}

type Attributes = Vec<(Arc<str>, Object)>;

fn attribute<'a>(attributes: &'a [(Arc<str>, Object)], name: &str) -> Option<&'a Object> {
    attributes
        .iter()
        .find_map(|(key, value)| (&**key == name).then_some(value))
}

fn has_class(attributes: &[(Arc<str>, Object)], wanted: &str) -> bool {
    match attribute(attributes, "class") {
        Some(Object::Texts(classes)) => classes.iter().flatten().any(|class| &**class == wanted),
        _ => false,
    }
}

struct Reader {
    input: BufReader<Box<dyn Read>>,
    name: String,
    symbols: Vec<Arc<str>>,
    left: u64,
    limit: u64,
}

impl Reader {
    fn damaged(&self, message: impl ToString) -> DataError {
        DataError::damaged(&self.name, message)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.spend(N as u64)?;
        let mut bytes = [0; N];
        self.input
            .read_exact(&mut bytes)
            .map_err(|error| DataError::damaged(&self.name, error))?;
        Ok(bytes)
    }

    /// Counts what is held in memory.
    fn spend(&mut self, bytes: u64) -> Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| DataError::TooLarge {
            what: self.name.clone(),
            limit: self.limit,
            unit: "bytes",
        })?;
        Ok(())
    }

    fn integer(&mut self) -> Result<i32> {
        self.bytes().map(i32::from_be_bytes)
    }

    fn length(&mut self) -> Result<usize> {
        match self.integer()? {
            // Longer than an integer can say.
            -1 => {
                let (high, low) = (self.integer()?, self.integer()?);
                let length = (i64::from(high) << 32) | i64::from(low.cast_unsigned());
                usize::try_from(length).map_err(|_| self.damaged("a vector has no length"))
            }
            length => usize::try_from(length).map_err(|_| self.damaged("a vector has no length")),
        }
    }

    /// Reads the named objects of the file.
    fn objects(&mut self) -> Result<Vec<(String, Object)>> {
        let mut head = self.bytes::<2>()?;
        let is_image = head == *b"RD";
        if is_image {
            let _ = self.bytes::<3>()?;
            head = self.bytes::<2>()?;
        }
        if head != *b"X\n" {
            return Err(unsupported(
                &format!("form of {}", self.name),
                "save it with `ascii = FALSE`",
            ));
        }
        let version = self.integer()?;
        self.integer()?;
        self.integer()?;
        match version {
            2 => {}
            3 => {
                let length = self.integer()?;
                for _ in 0..length.clamp(0, 1_024) {
                    let _ = self.bytes::<1>()?;
                }
            }
            other => {
                return Err(unsupported(
                    &format!("version {other} of {}", self.name),
                    "save it with `version = 3`",
                ));
            }
        }
        let object = self.object(DEPTH)?;
        Ok(match object {
            Object::Pairs(pairs) if is_image => pairs
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
            other => vec![(String::new(), other)],
        })
    }

    fn attributes(&mut self, is_there: bool, depth: usize) -> Result<Attributes> {
        if !is_there {
            return Ok(Vec::new());
        }
        match self.object(depth)? {
            Object::Pairs(pairs) => Ok(pairs),
            _ => Ok(Vec::new()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Object> {
        let flags = self.integer()?;
        self.object_of(flags, depth)
    }

    fn object_of(&mut self, flags: i32, depth: usize) -> Result<Object> {
        let depth = depth
            .checked_sub(1)
            .ok_or_else(|| self.damaged("its objects are nested too deep"))?;
        let has_attributes = flags & 0x200 != 0;
        let has_tag = flags & 0x400 != 0;
        Ok(match flags & 0xff {
            254 | 253 | 242 | 241 | 251 | 252 | 247 => Object::Null,
            // A symbol.
            1 => {
                let name = match self.object(depth)? {
                    Object::Text(Some(name)) => name,
                    _ => Arc::from(""),
                };
                self.symbols.push(Arc::clone(&name));
                Object::Symbol(name)
            }
            // A symbol that was there before.
            255 => {
                let index = match flags >> 8 {
                    0 => self.integer()?,
                    packed => packed,
                };
                let found = usize::try_from(index.saturating_sub(1))
                    .ok()
                    .and_then(|index| self.symbols.get(index));
                Object::Symbol(found.cloned().unwrap_or_else(|| Arc::from("")))
            }
            // A linked list: its items follow one another.
            2 | 6 => {
                let mut pairs = Vec::new();
                let (mut attributes, mut tag) = (has_attributes, has_tag);
                loop {
                    self.spend(32)?;
                    self.attributes(attributes, depth)?;
                    let name = match tag {
                        true => match self.object(depth)? {
                            Object::Symbol(name) => name,
                            _ => Arc::from(""),
                        },
                        false => Arc::from(""),
                    };
                    pairs.push((name, self.object(depth)?));
                    let next = self.integer()?;
                    match next & 0xff {
                        2 | 6 => {
                            attributes = next & 0x200 != 0;
                            tag = next & 0x400 != 0;
                        }
                        _ => {
                            self.object_of(next, depth)?;
                            break;
                        }
                    }
                }
                Object::Pairs(pairs)
            }
            9 => {
                let length = self.integer()?;
                let Ok(length) = u64::try_from(length) else {
                    return Ok(Object::Text(None));
                };
                self.spend(length + 16)?;
                let mut bytes = Vec::new();
                (&mut self.input)
                    .take(length)
                    .read_to_end(&mut bytes)
                    .map_err(|error| DataError::damaged(&self.name, error))?;
                if (bytes.len() as u64) < length {
                    return Err(self.damaged("it ends early"));
                }
                // Bit 2 of the levels says Latin 1.
                let text = match flags >> 12 & 4 {
                    0 => String::from_utf8_lossy(&bytes).into_owned(),
                    _ => encoding_rs::WINDOWS_1252.decode(&bytes).0.into_owned(),
                };
                Object::Text(Some(Arc::from(text)))
            }
            kind @ (10 | 13) => {
                let length = self.length()?;
                let mut values = Vec::new();
                for _ in 0..length {
                    values.push(self.integer()?);
                }
                let attributes = self.attributes(has_attributes, depth)?;
                match kind {
                    10 => Object::Logicals(values),
                    _ => Object::Integers(values, attributes),
                }
            }
            14 => {
                let length = self.length()?;
                let mut values = Vec::new();
                for _ in 0..length {
                    values.push(f64::from_be_bytes(self.bytes()?));
                }
                Object::Reals(values, self.attributes(has_attributes, depth)?)
            }
            16 => {
                let length = self.length()?;
                let mut values = Vec::new();
                for _ in 0..length {
                    values.push(match self.object(depth)? {
                        Object::Text(text) => text,
                        _ => return Err(self.damaged("a text is none")),
                    });
                }
                self.attributes(has_attributes, depth)?;
                Object::Texts(values)
            }
            19 | 20 => {
                let length = self.length()?;
                let mut values = Vec::new();
                for _ in 0..length {
                    self.spend(16)?;
                    values.push(self.object(depth)?);
                }
                Object::List(values, self.attributes(has_attributes, depth)?)
            }
            24 => {
                let length = self.length()?;
                for _ in 0..length {
                    let _ = self.bytes::<1>()?;
                }
                self.attributes(has_attributes, depth)?;
                Object::Other
            }
            15 => {
                let length = self.length()?;
                for _ in 0..length {
                    let _ = self.bytes::<16>()?;
                }
                self.attributes(has_attributes, depth)?;
                Object::Other
            }
            // A compact form: a description, a state, attributes.
            238 => {
                let description = self.object(depth)?;
                let state = self.object(depth)?;
                self.object(depth)?;
                self.compact(description, state)?
            }
            other => {
                return Err(unsupported(
                    &format!("object of kind {other} in {}", self.name),
                    "save a data frame of vectors alone",
                ));
            }
        })
    }

    /// Unfolds a compact form: ranges of numbers, and texts that wait for their numbers.
    fn compact(&mut self, description: Object, state: Object) -> Result<Object> {
        let class = match description {
            Object::Pairs(pairs) => match pairs.into_iter().next() {
                Some((_, Object::Symbol(name))) => name,
                _ => Arc::from(""),
            },
            _ => Arc::from(""),
        };
        match (&*class, state) {
            ("compact_intseq" | "compact_realseq", Object::Reals(values, _)) => {
                let [length, first, step] = values.as_slice() else {
                    return Err(self.damaged("a range has no ends"));
                };
                if !(0.0..=4e9).contains(length) {
                    return Err(self.damaged("a range has no length"));
                }
                self.spend(*length as u64 * 8)?;
                let numbers = (0..*length as u64).map(|index| first + step * index as f64);
                Ok(match &*class {
                    "compact_intseq" => {
                        Object::Integers(numbers.map(|number| number as i32).collect(), Vec::new())
                    }
                    _ => Object::Reals(numbers.collect(), Vec::new()),
                })
            }
            ("deferred_string", Object::Pairs(pairs)) => {
                let texts: Vec<Option<Arc<str>>> = match pairs.into_iter().next() {
                    Some((_, Object::Integers(values, _))) => {
                        self.spend(values.len() as u64 * TEXT)?;
                        let text = |value: i32| (value != NA_INTEGER).then(|| Arc::from(value.to_string()));
                        values.into_iter().map(text).collect()
                    }
                    Some((_, Object::Reals(values, _))) => {
                        let mut texts = Vec::with_capacity(values.len());
                        for value in values {
                            let text = (!value.is_nan()).then(|| value.to_string());
                            // The largest are written with all their digits.
                            let length = text.as_ref().map_or(0, String::len) as u64;
                            self.spend(TEXT.max(length))?;
                            texts.push(text.map(Arc::from));
                        }
                        texts
                    }
                    _ => return Err(self.damaged("a text has no number")),
                };
                Ok(Object::Texts(texts))
            }
            (_, Object::Pairs(pairs)) if class.starts_with("wrap_") => {
                Ok(pairs.into_iter().next().map_or(Object::Null, |(_, value)| value))
            }
            (_, Object::List(items, _)) if class.starts_with("wrap_") => {
                Ok(items.into_iter().next().unwrap_or(Object::Null))
            }
            _ => Err(unsupported(
                &format!("compact form {class} in {}", self.name),
                "save a data frame of plain vectors",
            )),
        }
    }
}

/// The values of a column.
enum Values {
    Integers(Vec<i32>),
    Logicals(Vec<i32>),
    Reals(Vec<f64>),
    Days(Vec<f64>),
    Seconds(Vec<f64>),
    Texts(Vec<Option<Arc<str>>>),
    Factor(Vec<i32>, Vec<Option<Arc<str>>>),
}

struct Frame {
    columns: Vec<(String, Values)>,
    rows: usize,
}

impl Frame {
    fn of(object: Object) -> Option<Self> {
        let Object::List(items, attributes) = object else {
            return None;
        };
        if !has_class(&attributes, "data.frame") {
            return None;
        }
        let names = match attribute(&attributes, "names") {
            Some(Object::Texts(names)) => names.clone(),
            _ => Vec::new(),
        };
        let mut columns = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let name = names.get(index).cloned().flatten();
            let name = name.map_or_else(|| format!("F{}", index + 1), |name| name.to_string());
            // A column of lists or matrices shows nothing.
            if let Some(values) = Values::of(item) {
                columns.push((name, values));
            }
        }
        let rows = columns.iter().map(|(_, values)| values.len()).min().unwrap_or(0);
        Some(Self { columns, rows })
    }
}

impl Values {
    fn of(object: Object) -> Option<Self> {
        Some(match object {
            Object::Integers(values, mut attributes) if has_class(&attributes, "factor") => {
                let at = attributes.iter().position(|(key, _)| &**key == "levels")?;
                match attributes.swap_remove(at).1 {
                    Object::Texts(levels) => Values::Factor(values, levels),
                    _ => return None,
                }
            }
            Object::Integers(values, attributes) if has_class(&attributes, "Date") => {
                let days = values.into_iter().map(|day| match day {
                    NA_INTEGER => f64::NAN,
                    day => f64::from(day),
                });
                Values::Days(days.collect())
            }
            Object::Integers(values, _) => Values::Integers(values),
            Object::Logicals(values) => Values::Logicals(values),
            Object::Reals(values, attributes) if has_class(&attributes, "Date") => Values::Days(values),
            Object::Reals(values, attributes) if has_class(&attributes, "POSIXct") => Values::Seconds(values),
            Object::Reals(values, _) => Values::Reals(values),
            Object::Texts(values) => Values::Texts(values),
            _ => return None,
        })
    }

    fn len(&self) -> usize {
        match self {
            Values::Integers(values) | Values::Logicals(values) | Values::Factor(values, _) => values.len(),
            Values::Reals(values) | Values::Days(values) | Values::Seconds(values) => values.len(),
            Values::Texts(values) => values.len(),
        }
    }

    fn kind(&self) -> ColumnType {
        match self {
            Values::Integers(_) => ColumnType::Integer,
            Values::Logicals(_) => ColumnType::Boolean,
            Values::Reals(_) => ColumnType::Real,
            Values::Days(_) => ColumnType::Date,
            Values::Seconds(_) => ColumnType::DateTime,
            Values::Texts(_) | Values::Factor(..) => ColumnType::String,
        }
    }

    /// Adds a value and says about how many bytes it has.
    fn push(&self, row: usize, column: &mut ColumnBuilder, kind: ColumnType) -> usize {
        let text = |column: &mut ColumnBuilder, text: Option<&Arc<str>>| {
            match text {
                None => column.push_null(),
                Some(text) if kind == ColumnType::String => column.push_string(text),
                Some(text) => column.push_text(text, &Locale::default()),
            }
            text.map_or(0, |text| text.len()) + 8
        };
        match self {
            Values::Integers(values) => match values[row] {
                NA_INTEGER => column.push_null(),
                value => column.push_integer(i64::from(value)),
            },
            Values::Logicals(values) => match values[row] {
                NA_INTEGER => column.push_null(),
                value => column.push_boolean(value != 0),
            },
            Values::Reals(values) => match values[row] {
                value if value.is_nan() && value.to_bits() as u32 == NA_REAL => column.push_null(),
                value => column.push_number(value),
            },
            Values::Days(values) => match values[row] {
                value if value.is_finite() => {
                    let day = Date::from_days(value.floor() as i64).map(Date::midnight);
                    column.push_moment(day, value);
                }
                _ => column.push_null(),
            },
            Values::Seconds(values) => match values[row] {
                value if value.is_finite() => {
                    column.push_moment(DateTime::from_micros((value * 1e6).round() as i64), value);
                }
                _ => column.push_null(),
            },
            Values::Texts(values) => return text(column, values[row].as_ref()),
            Values::Factor(values, levels) => {
                let level = usize::try_from(values[row])
                    .ok()
                    .and_then(|level| level.checked_sub(1));
                return text(
                    column,
                    level.and_then(|level| levels.get(level)).and_then(Option::as_ref),
                );
            }
        }
        8
    }
}
