//! Statistical files: `stat-direct`. SAS (`.sas7bdat`), SPSS (`.sav`, `.zsav`) and R (`.rds`, `.rdata`).

mod r;
#[cfg(feature = "sas")]
mod sas;
mod spss;

use std::io::Read;

use crate::batches::Batches;
use crate::error::{DataError, Result, shorten};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::schema::{Column, ColumnType};
use crate::spec::TableSpec;

/// What SAS data sets have in their first bytes, from the thirteenth on.
const SAS: [u8; 4] = [0xc2, 0xea, 0x81, 0x60];

/// Opens a file as a table: what it holds says what it is, whatever it is called.
pub(crate) fn open(file: &DataFile, table: &TableSpec, limits: &DataLimits) -> Result<Batches> {
    let size = file.size()?;
    if size > limits.file_bytes {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.file_bytes,
            unit: "bytes",
        });
    }
    let mut head = Vec::new();
    file.open()?
        .take(128)
        .read_to_end(&mut head)
        .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
    match head.as_slice() {
        [b'$', b'F', b'L', ..] => spss::open(file, table, limits),
        #[cfg(feature = "sas")]
        _ if head.get(12..16) == Some(&SAS) => sas::open(file, table, limits),
        #[cfg(not(feature = "sas"))]
        _ if head.get(12..16) == Some(&SAS) => Err(unsupported(
            "SAS data set",
            "this program was built without it; export the table as text, SPSS or Parquet",
        )),
        [0x1f, 0x8b, ..] | [b'R', b'D', ..] | [b'X' | b'A' | b'B', b'\n', ..] => r::open(file, table, limits),
        [b'B', b'Z', b'h', ..] | [0xfd, b'7', b'z', ..] => Err(unsupported(
            "R file packed with bzip2 or xz",
            "save it with `compress = \"gzip\"`",
        )),
        _ => Err(unsupported(
            &format!("format of {}", file.name()),
            "SAS (.sas7bdat), SPSS (.sav) and R (.rds, .rdata) are read; export the table as text or Parquet",
        )),
    }
}

fn unsupported(what: &str, hint: &str) -> DataError {
    DataError::UnsupportedSetting {
        setting: "the statistical file",
        value: shorten(what),
        hint: hint.to_owned(),
    }
}

/// Takes the types that the document gives.
fn typed(
    mut columns: Vec<Column>,
    table: &TableSpec,
    name: &str,
    limits: &DataLimits,
) -> Result<Vec<Column>> {
    if columns.len() > limits.columns {
        return Err(DataError::TooLarge {
            what: name.to_owned(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    for column in &mut columns {
        if let Some(wanted) = table
            .columns
            .iter()
            .find(|wanted| wanted.column.name == column.name)
            && wanted.column.kind != ColumnType::Spatial
        {
            column.kind = wanted.column.kind;
        }
    }
    Ok(columns)
}
