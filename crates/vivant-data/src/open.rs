//! Relations opened: each class of connection to its connector, and the few operations that need no engine.

use std::io::Read;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow_cast::cast;
use arrow_schema::{Field, Schema};

use vivant_document::{Content, SNIFF_BYTES, sniff};

use crate::batches::Batches;
use crate::error::{DataError, Result, known, shorten};
use crate::files::{DataFile, Place};
use crate::hyper::{self, HyperFile, HyperTable};
use crate::join::join;
use crate::live;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::{ConnectionSpec, FileColumn, PivotGroup, PivotTag, RelationSpec, SourceSpec, TableSpec};
use crate::{excel, json, parquet, spatial, stat, text};

/// Opens a table of a connection.
pub fn open(connection: &ConnectionSpec, table: &TableSpec, place: Place<'_>) -> Result<Batches> {
    let file = || {
        let path = connection.path().ok_or_else(|| DataError::FileMissing {
            path: connection.label(),
        })?;
        place.files.find(&path)
    };
    match connection.class.as_str() {
        "textscan" | "textclean" | "csv" => {
            let file = text_file(connection, table, place)?;
            text::open(&file, table, place.limits)
        }
        "excel-direct" | "excel" | "excel-reader" | "msexcel" => {
            let is_cleaned = connection.attribute("cleaning") == Some("yes");
            excel::open(&file()?, table, is_cleaned, place.limits)
        }
        "semistructpassivestore-direct" | "json" => json::open(&file()?, connection, table, place.limits),
        "ogrdirect" => spatial::open(&file()?, connection, table, place),
        "stat-direct" => stat::open(&file()?, table, place.limits),
        "parquet" => parquet::open(&file()?, place.limits),
        "hyper" | "dataengine" => {
            let file = file()?;
            if is_old_extract(&file)? {
                return Err(unsupported("dataengine"));
            }
            hyper::open(place.hyper, &file, connection, table, place.limits)
        }
        class => live::open(connection, table, place)?.ok_or_else(|| unsupported(class)),
    }
}

/// Lists the tables of a connection, as relations name them, without brackets.
pub fn tables(connection: &ConnectionSpec, place: Place<'_>) -> Result<Vec<String>> {
    let file = || {
        let path = connection.path().ok_or_else(|| DataError::FileMissing {
            path: connection.label(),
        })?;
        place.files.find(&path)
    };
    match connection.class.as_str() {
        "excel-direct" | "excel" | "excel-reader" | "msexcel" => excel::tables(&file()?, place.limits),
        "textscan" | "textclean" | "csv" | "parquet" => {
            let path = connection.path().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            Ok(vec![match name.rsplit_once('.') {
                Some((stem, extension)) => format!("{stem}#{extension}"),
                None => name.to_owned(),
            }])
        }
        "semistructpassivestore-direct" | "json" | "stat-direct" => {
            let path = connection.path().unwrap_or_default();
            Ok(vec![path.rsplit('/').next().unwrap_or_default().to_owned()])
        }
        "ogrdirect" => spatial::tables(&file()?, connection, place),
        "hyper" | "dataengine" => Ok(HyperFile::open(place.hyper, &file()?)?
            .tables()?
            .iter()
            .map(HyperTable::label)
            .collect()),
        class => Err(unsupported(class)),
    }
}

/// Tells whether a file is an extract from before Tableau 10.5, whatever it is called: old connections may
/// name a file that was upgraded.
fn is_old_extract(file: &DataFile) -> Result<bool> {
    let mut head = Vec::new();
    file.open()?
        .take(SNIFF_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
    Ok(sniff(&head) == Some(Content::Tde))
}

/// Finds the file of a text table: one connection may read several files of a folder.
fn text_file(connection: &ConnectionSpec, table: &TableSpec, place: Place<'_>) -> Result<DataFile> {
    let path = connection.path();
    let part = table.parts().pop().unwrap_or_default();
    // Tableau: the last dot of a file's name is `#` in the name of its table; older drivers add a `$`.
    let named = part
        .trim_end_matches('$')
        .rsplit_once('#')
        .map(|(stem, extension)| format!("{stem}.{extension}"));
    let file_name = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    match (path, named) {
        (Some(path), Some(named)) if file_name(&path) != file_name(&named) => {
            let folder = connection
                .attribute("directory")
                .unwrap_or_default()
                .replace('\\', "/");
            let sibling = match (named.contains(['/', '\\']), folder.trim_end_matches('/')) {
                (true, _) | (false, "") => named.replace('\\', "/"),
                (false, folder) => format!("{folder}/{named}"),
            };
            // The table decides; a renamed copy in the package is found by the connection.
            place.files.find(&sibling).or_else(|_| place.files.find(&path))
        }
        (Some(path), _) => place.files.find(&path),
        (None, Some(named)) => place.files.find(&named),
        (None, None) => Err(DataError::FileMissing {
            path: connection.label(),
        }),
    }
}

/// Says what can be done about a class that no connector reads.
fn unsupported(class: &str) -> DataError {
    let hint = match class {
        "sqlproxy" => "it stands for a published data source; refresh that one",
        "dataengine" => {
            "`.tde` extracts are from before Tableau 10.5; refresh the extract from its source, or open and save \
             the workbook with a newer Tableau"
        }
        "msaccess" => "export the tables as text files or a spreadsheet",
        "google-sheets" | "cloudfile:googledrive-excel-direct" | "box" | "dropbox" | "onedrive" => {
            "download the file and publish it inside the package"
        }
        _ => "there is no connector for it yet; publish the data source with an extract",
    };
    DataError::UnsupportedClass {
        class: shorten(class),
        hint: hint.to_owned(),
    }
}

/// Opens a relation of a data source. Columns keep the names they have in their tables, so a join may have two of
/// one name; [`table_of`] tells them apart.
pub fn open_relation(source: &SourceSpec, relation: &RelationSpec, place: Place<'_>) -> Result<Batches> {
    match relation {
        RelationSpec::Table(table) => {
            let batches = open(connection(source, &table.connection)?, table, place)?;
            Ok(of_table(batches, &table.name))
        }
        RelationSpec::Sql {
            name,
            connection: key,
            sql,
        } => Ok(of_table(
            live::open_sql(connection(source, key)?, sql, place)?,
            name,
        )),
        RelationSpec::Procedure {
            name,
            connection: key,
            procedure,
            arguments,
        } => Ok(of_table(
            live::open_procedure(connection(source, key)?, procedure, arguments, place)?,
            name,
        )),
        RelationSpec::Union {
            name,
            columns,
            tables,
        } => Ok(of_table(union(source, columns, tables, place)?, name)),
        RelationSpec::Pivot {
            name,
            tags,
            groups,
            inside,
        } => {
            let inside = with_pivoted(inside, groups);
            let batches = open_relation(source, &inside, place)?;
            Ok(of_table(pivot(batches, tags, groups)?, name))
        }
        RelationSpec::Join {
            kind,
            left,
            right,
            on,
        } => join(
            *kind,
            open_relation(source, left, place)?,
            open_relation(source, right, place)?,
            on,
            place.limits,
        ),
        RelationSpec::Other { kind } => Err(DataError::NeedsEngine { what: kind.clone() }),
    }
}

/// The key under which a field of a schema says which relation its column is of.
const TABLE: &str = "vivant.table";

/// Returns the relation that a column of an opened relation is of.
pub fn table_of(field: &Field) -> Option<&str> {
    field.metadata().get(TABLE).map(String::as_str)
}

/// Says of all columns that they are of this relation.
pub(crate) fn of_table(batches: Batches, table: &str) -> Batches {
    let fields: Vec<Field> = batches
        .schema()
        .fields()
        .iter()
        .map(|field| {
            let mut metadata = field.metadata().clone();
            metadata.insert(TABLE.to_owned(), table.to_owned());
            field.as_ref().clone().with_metadata(metadata)
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let target = Arc::clone(&schema);
    Batches::new(
        schema,
        batches.map(move |batch| {
            let batch = batch?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(
                Arc::clone(&target),
                batch.columns().to_vec(),
                &options,
            )?)
        }),
    )
}

fn connection<'s>(source: &'s SourceSpec, name: &str) -> Result<&'s ConnectionSpec> {
    source.connection(name).ok_or_else(|| {
        DataError::damaged(
            &source.label,
            format!(
                "a table names the connection `{}`, which is not there",
                shorten(name)
            ),
        )
    })
}

/// Puts tables one after another; columns are matched by name, what a table lacks is null.
fn union(
    source: &SourceSpec,
    columns: &[Column],
    tables: &[RelationSpec],
    place: Place<'_>,
) -> Result<Batches> {
    let mut parts = Vec::with_capacity(tables.len());
    for table in tables {
        let label = table.name().unwrap_or_default().to_owned();
        let (sheet, path) = match table {
            RelationSpec::Table(table) => {
                let part = table.parts().pop().unwrap_or_default();
                let path = source
                    .connection(&table.connection)
                    .and_then(ConnectionSpec::path);
                (part.trim_end_matches('$').to_owned(), path.unwrap_or_default())
            }
            _ => (String::new(), String::new()),
        };
        parts.push((open_relation(source, table, place)?, label, sheet, path));
    }
    let columns: Vec<Column> = match columns {
        [] => {
            // Without a list the columns of all tables, in the order in which they turn up.
            let mut all: Vec<Column> = Vec::new();
            for (batches, ..) in &parts {
                for field in batches.schema().fields() {
                    if !all.iter().any(|column| column.name == *field.name()) {
                        all.push(Column {
                            name: field.name().clone(),
                            kind: ColumnType::of_arrow(field.data_type()).unwrap_or(ColumnType::String),
                        });
                    }
                }
            }
            all
        }
        columns => columns.to_vec(),
    };
    let schema = schema_of(&columns);
    let target = Arc::clone(&schema);
    let batches = parts.into_iter().flat_map(move |(batches, label, sheet, path)| {
        let target = Arc::clone(&target);
        let found: Vec<Option<usize>> = target
            .fields()
            .iter()
            .map(|field| index_of(&batches, field.name()))
            .collect();
        batches.map(move |batch| {
            let batch = batch?;
            let rows = batch.num_rows();
            let constant = |text: &str| -> ArrayRef {
                Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))
            };
            let arrays = target
                .fields()
                .iter()
                .zip(&found)
                .map(|(field, found)| -> Result<ArrayRef> {
                    Ok(match found {
                        Some(index) => cast(batch.column(*index), field.data_type())?,
                        // Tableau: every union has columns that say where a row comes from.
                        None => match field.name().as_str() {
                            "Table Name" => cast(&constant(&label), field.data_type())?,
                            "Sheet" => cast(&constant(&sheet), field.data_type())?,
                            "Path" => cast(&constant(&path), field.data_type())?,
                            _ => new_null_array(field.data_type(), rows),
                        },
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            Ok(RecordBatch::try_new_with_options(
                Arc::clone(&target),
                arrays,
                &options,
            )?)
        })
    });
    Ok(Batches::new(schema, batches))
}

/// Finds a column by name, exactly or else in any case.
pub(crate) fn index_of(batches: &Batches, name: &str) -> Option<usize> {
    let fields = batches.schema().fields();
    fields.iter().position(|field| field.name() == name).or_else(|| {
        let name = name.trim().to_lowercase();
        fields
            .iter()
            .position(|field| field.name().trim().to_lowercase() == name)
    })
}

/// Adds the columns that a pivot reads to its table: the product lists only those that stay.
fn with_pivoted(relation: &RelationSpec, groups: &[PivotGroup]) -> RelationSpec {
    let mut relation = relation.clone();
    if let RelationSpec::Table(table) = &mut relation
        && !table.columns.is_empty()
    {
        for group in groups {
            for field in &group.fields {
                if !table.columns.iter().any(|column| column.column.name == *field) {
                    table.columns.push(FileColumn {
                        column: Column {
                            name: field.clone(),
                            kind: group.column.kind,
                        },
                        ordinal: None,
                        date_format: None,
                    });
                }
            }
        }
    }
    relation
}

/// Makes of every row one row for each tag; columns that are not pivoted are repeated.
fn pivot(batches: Batches, tags: &[PivotTag], groups: &[PivotGroup]) -> Result<Batches> {
    let times = groups.first().map_or(0, |group| group.fields.len());
    let even = groups.iter().all(|group| group.fields.len() == times)
        && tags.iter().all(|tag| tag.values.len() == times);
    if times == 0 || !even {
        return Err(DataError::damaged(
            "a pivot",
            "its columns and labels are not as many as each other",
        ));
    }
    let mut sources = Vec::with_capacity(groups.len());
    for group in groups {
        let places = group
            .fields
            .iter()
            .map(|field| {
                index_of(&batches, field).ok_or_else(|| DataError::NoColumn {
                    column: shorten(field),
                    table: "a pivot".to_owned(),
                    known: known(batches.schema().fields().iter().map(|field| field.name().clone())),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        sources.push(places);
    }
    let kept: Vec<usize> = (0..batches.schema().fields().len())
        .filter(|index| !sources.iter().any(|places| places.contains(index)))
        .collect();
    let mut columns: Vec<Column> = tags
        .iter()
        .map(|tag| tag.column.clone())
        .chain(groups.iter().map(|group| group.column.clone()))
        .collect();
    for index in &kept {
        let field = batches.schema().field(*index);
        columns.push(Column {
            name: field.name().clone(),
            kind: ColumnType::of_arrow(field.data_type()).unwrap_or(ColumnType::String),
        });
    }
    let schema = schema_of(&columns);
    let target = Arc::clone(&schema);
    let labels: Vec<Vec<String>> = tags.iter().map(|tag| tag.values.clone()).collect();
    let out = batches.flat_map(move |batch| {
        let pieces: Vec<Result<RecordBatch>> = match batch {
            Err(error) => vec![Err(error)],
            Ok(batch) => (0..times)
                .map(|turn| {
                    let rows = batch.num_rows();
                    let arrays = labels
                        .iter()
                        .map(|labels| -> ArrayRef {
                            let label = labels[turn].as_str();
                            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(label, rows)))
                        })
                        .chain(
                            sources
                                .iter()
                                .map(|places| Arc::clone(batch.column(places[turn]))),
                        )
                        .chain(kept.iter().map(|index| Arc::clone(batch.column(*index))))
                        .zip(target.fields())
                        .map(|(array, field)| cast(&array, field.data_type()))
                        .collect::<std::result::Result<Vec<_>, _>>()?;
                    let options = RecordBatchOptions::new().with_row_count(Some(rows));
                    Ok(RecordBatch::try_new_with_options(
                        Arc::clone(&target),
                        arrays,
                        &options,
                    )?)
                })
                .collect(),
        };
        pieces
    });
    Ok(Batches::new(schema, out))
}
