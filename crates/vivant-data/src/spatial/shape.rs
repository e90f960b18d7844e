//! Shapefiles: geometries in `.shp`, attributes in `.dbf`, the coordinate system in `.prj`.

use std::fs::File;
use std::io::{BufReader, Read};

use super::GEOMETRY;
use super::dbf::Table;
use super::geometry::{Geometry, Point};
use super::projection::Projection;
use crate::batches::Batches;
use crate::build::BatchBuilder;
use crate::error::{DataError, Result};
use crate::files::{DataFile, Files};
use crate::limits::DataLimits;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::TableSpec;

/// Bytes of a description that is held in memory.
const TEXT_BYTES: u64 = 64 << 10;

/// Opens a shapefile; the files that belong to it have its name.
pub(super) fn open(
    file: &DataFile,
    path: &str,
    table: &TableSpec,
    files: &dyn Files,
    limits: &DataLimits,
) -> Result<Batches> {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let beside = |extension: &str| {
        let upper = extension.to_ascii_uppercase();
        files
            .find(&format!("{stem}.{extension}"))
            .or_else(|_| files.find(&format!("{stem}.{upper}")))
    };
    let text = |extension: &str| -> Result<Option<String>> {
        let Ok(file) = beside(extension) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.open()?
            .take(TEXT_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    };
    let projection = match text("prj")? {
        Some(text) => Projection::parse(&text, file.name())?,
        // Without a description places are longitudes and latitudes.
        None => None,
    };
    let attributes = Table::open(&beside("dbf")?, text("cpg")?.as_deref(), limits)?;
    let mut columns = attributes.columns();
    for column in &mut columns {
        if let Some(wanted) = table
            .columns
            .iter()
            .find(|wanted| wanted.column.name == column.name)
        {
            column.kind = wanted.column.kind;
        }
    }
    let kinds: Vec<ColumnType> = columns.iter().map(|column| column.kind).collect();
    let is_taken = columns.iter().any(|column| column.name == GEOMETRY);
    columns.push(Column {
        name: if is_taken {
            format!("{GEOMETRY}1")
        } else {
            GEOMETRY.to_owned()
        },
        kind: ColumnType::Spatial,
    });
    let schema = schema_of(&columns);
    let mut builder = BatchBuilder::new(schema.clone(), &columns, &[]);
    let mut reading = Reading {
        shapes: Shapes::open(file, limits)?,
        attributes,
        kinds,
        projection,
        limits: limits.clone(),
    };
    let mut done = false;
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            match reading.fill(&mut builder) {
                Ok(more) => done = !more,
                Err(error) => {
                    done = true;
                    return Some(Err(error));
                }
            }
            (builder.rows() > 0).then(|| builder.finish())
        }),
    ))
}

struct Reading {
    shapes: Shapes,
    attributes: Table,
    kinds: Vec<ColumnType>,
    projection: Option<Projection>,
    limits: DataLimits,
}

impl Reading {
    /// Adds rows until the batch is full; `false` at the end.
    fn fill(&mut self, builder: &mut BatchBuilder) -> Result<bool> {
        while !builder.is_full(&self.limits) {
            let Some(is_there) = self.attributes.read()? else {
                return Ok(false);
            };
            // A row without a shape has attributes all the same.
            let geometry = self.shapes.read()?.flatten();
            if !is_there {
                continue;
            }
            let last = self.kinds.len();
            self.attributes.push(&mut builder.columns[..last], &self.kinds);
            let binary = geometry.map(|mut geometry| {
                if let Some(projection) = &self.projection {
                    geometry.unproject(projection);
                }
                geometry.to_binary()
            });
            match &binary {
                Some(binary) => builder.columns[last].push_bytes(binary),
                None => builder.columns[last].push_null(),
            }
            builder.end_row(self.attributes.width() + binary.map_or(0, |binary| binary.len()));
        }
        Ok(true)
    }
}

/// The records of a `.shp` file.
struct Shapes {
    name: String,
    input: BufReader<File>,
    record: Vec<u8>,
    limit: usize,
}

impl Shapes {
    fn open(file: &DataFile, limits: &DataLimits) -> Result<Self> {
        let mut input = BufReader::with_capacity(256 << 10, file.open()?);
        let mut head = [0; 100];
        input
            .read_exact(&mut head)
            .map_err(|error| DataError::damaged(file.name(), error))?;
        if head[..4] != 9994_u32.to_be_bytes() {
            return Err(DataError::damaged(file.name(), "it is no shapefile"));
        }
        Ok(Self {
            name: file.name().to_owned(),
            input,
            record: Vec::new(),
            limit: limits.record_bytes,
        })
    }

    /// Reads the next shape; the outer `None` at the end, the inner one where there is no place.
    fn read(&mut self) -> Result<Option<Option<Geometry>>> {
        let mut head = [0; 8];
        let mut got = 0;
        while got < head.len() {
            match self.input.read(&mut head[got..]) {
                Ok(0) if got == 0 => return Ok(None),
                Ok(0) => return Err(DataError::damaged(&self.name, "it ends inside a shape")),
                Ok(read) => got += read,
                Err(error) => return Err(DataError::io(format!("`{}`", self.name), error)),
            }
        }
        let words = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let size = usize::try_from(words).unwrap_or(usize::MAX).saturating_mul(2);
        if size > self.limit {
            return Err(DataError::TooLarge {
                what: self.name.clone(),
                limit: self.limit as u64,
                unit: "bytes in one shape",
            });
        }
        self.record.clear();
        let read = (&mut self.input)
            .take(size as u64)
            .read_to_end(&mut self.record)
            .map_err(|error| DataError::io(format!("`{}`", self.name), error))?;
        if read < size {
            return Err(DataError::damaged(&self.name, "it ends inside a shape"));
        }
        match shape(&self.record) {
            Some(found) => Ok(Some(found)),
            None => Err(DataError::damaged(&self.name, "a shape is none that is known")),
        }
    }
}

/// Reads a shape; heights and measures, which come after the points, are left out.
fn shape(record: &[u8]) -> Option<Option<Geometry>> {
    let mut at = Bytes { rest: record };
    Some(match at.integer()? {
        0 => None,
        1 | 11 | 21 => Some(Geometry::Point(at.point()?)),
        8 | 18 | 28 => {
            at.skip(32)?;
            let count = at.count()?;
            Some(Geometry::Points(at.points(count)?))
        }
        kind @ (3 | 13 | 23 | 5 | 15 | 25) => {
            at.skip(32)?;
            let (parts, points) = (at.count()?, at.count()?);
            let mut starts = Vec::new();
            for _ in 0..parts {
                starts.push(at.count()?);
            }
            let points = at.points(points)?;
            starts.push(points.len());
            let mut lines = Vec::with_capacity(parts);
            for pair in starts.windows(2) {
                lines.push(points.get(pair[0]..pair[1])?.to_vec());
            }
            match kind % 10 {
                5 => Geometry::of_rings(lines),
                _ if lines.len() == 1 => lines.pop().map(Geometry::Line),
                _ => (!lines.is_empty()).then_some(Geometry::Lines(lines)),
            }
        }
        _ => return None,
    })
}

struct Bytes<'b> {
    rest: &'b [u8],
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }

    fn integer(&mut self) -> Option<i32> {
        self.take().map(i32::from_le_bytes)
    }

    /// Reads a count, which cannot be larger than what follows.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.integer()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    fn point(&mut self) -> Option<Point> {
        Some([f64::from_le_bytes(self.take()?), f64::from_le_bytes(self.take()?)])
    }

    fn points(&mut self, count: usize) -> Option<Vec<Point>> {
        if count.checked_mul(16)? > self.rest.len() {
            return None;
        }
        (0..count).map(|_| self.point()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_lie_are_refused() {
        let line = |parts: i32, points: i32| {
            let mut record = [3_i32.to_le_bytes().to_vec(), vec![0; 32]].concat();
            for number in [parts, points, 0] {
                record.extend_from_slice(&number.to_le_bytes());
            }
            for number in [0.0_f64, 0.0, 1.0, 1.0] {
                record.extend_from_slice(&number.to_le_bytes());
            }
            record
        };
        assert_eq!(
            shape(&line(1, 2)),
            Some(Some(Geometry::Line(vec![[0.0, 0.0], [1.0, 1.0]])))
        );
        assert_eq!(shape(&line(1, 3)), None);
        assert_eq!(shape(&line(i32::MAX, 2)), None);
        assert_eq!(shape(&line(1, -1)), None);
        assert_eq!(shape(&0_i32.to_le_bytes()), Some(None));
        assert_eq!(shape(&31_i32.to_le_bytes()), None);
        assert_eq!(shape(&[1]), None);
    }
}
