//! `.hyper` files written and read through `hyperd`, where `HYPERD_PATH` says that there is one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::SchemaRef;
use vivant_data::hyper::{HyperEngine, HyperFile, NewTable, append, create};
use vivant_data::spec::{ConnectionSpec, TableSpec};
use vivant_data::{Batches, Column, ColumnType, DataError, DataFile, DataLimits, NoFiles, open, schema_of};

use crate::{One, place};

fn engine() -> Option<HyperEngine> {
    HyperEngine::find(std::env::var_os("HYPERD_PATH").map(PathBuf::from).as_deref(), &[])
}

const KINDS: [(&str, ColumnType); 7] = [
    ("id", ColumnType::Integer),
    ("fare", ColumnType::Real),
    ("na\"me", ColumnType::String),
    ("paid", ColumnType::Boolean),
    ("day", ColumnType::Date),
    ("at", ColumnType::DateTime),
    ("place", ColumnType::Spatial),
];

fn schema() -> SchemaRef {
    schema_of(&KINDS.map(|(name, kind)| Column {
        name: name.to_owned(),
        kind,
    }))
}

/// A point as well-known binary.
fn point(x: f64, y: f64) -> Vec<u8> {
    [&[1, 1, 0, 0, 0], &x.to_le_bytes()[..], &y.to_le_bytes()].concat()
}

fn rows() -> RecordBatch {
    let point = point(1.0, 2.5);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None])),
        Arc::new(Float64Array::from(vec![Some(0.1), None])),
        Arc::new(StringArray::from(vec![Some("Zü \"x\" 'y' \\"), None])),
        Arc::new(BooleanArray::from(vec![Some(true), None])),
        Arc::new(Date32Array::from(vec![Some(-1), None])),
        Arc::new(TimestampMicrosecondArray::from(vec![
            Some(1_709_288_430_123_456),
            None,
        ])),
        Arc::new(BinaryArray::from(vec![Some(point.as_slice()), None])),
    ];
    RecordBatch::try_new(schema(), columns).expect("rows")
}

fn table(name: &str) -> NewTable {
    NewTable {
        schema: "Extract".to_owned(),
        name: name.to_owned(),
        columns: schema(),
        collations: vec![None, None, Some("en_US_CI".to_owned())],
    }
}

fn stream(batches: Vec<RecordBatch>) -> Batches {
    Batches::new(schema(), batches.into_iter().map(Ok))
}

fn read(engine: &HyperEngine, path: &Path, name: &str) -> Vec<RecordBatch> {
    let mut file = HyperFile::open(Some(engine), &DataFile::new("x.hyper", path)).expect("the file");
    let tables = file.tables().expect("its tables");
    let table = tables.iter().find(|table| table.name == name).expect("the table");
    file.read(table, &DataLimits::default())
        .expect("the rows")
        .collect::<Result<_, _>>()
        .expect("the rows")
}

#[test]
fn what_is_written_is_read_again() {
    let Some(engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's \"x\".hyper");
    let tables = [
        (table("Extract"), Some(stream(vec![rows()]))),
        (table("an empty one"), None),
    ];
    assert_eq!(create(Some(&engine), &path, tables).unwrap(), [2, 0]);

    let found = read(&engine, &path, "Extract");
    assert_eq!(found.len(), 1);
    for (index, (before, after)) in rows().columns().iter().zip(found[0].columns()).enumerate() {
        assert_eq!(before, after, "column {}", KINDS[index].0);
    }
    assert!(read(&engine, &path, "an empty one").is_empty());

    let mut file = HyperFile::open(Some(&engine), &DataFile::new("x.hyper", &path)).unwrap();
    let tables = file.tables().unwrap();
    let label: Vec<String> = tables.iter().map(vivant_data::hyper::HyperTable::label).collect();
    assert_eq!(label, ["[Extract].[Extract]", "[Extract].[an empty one]"]);
    let column = &tables[0].columns[2];
    assert_eq!(
        (column.name.as_str(), column.collation.as_deref()),
        ("na\"me", Some("en_US_CI"))
    );
}

#[test]
fn rows_are_added_or_nothing_is() {
    let Some(engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.hyper");
    create(
        Some(&engine),
        &path,
        [(table("Extract"), Some(stream(vec![rows()])))],
    )
    .unwrap();
    let file = DataFile::new("x.hyper", &path);

    assert_eq!(
        append(
            Some(&engine),
            &file,
            "Extract",
            "Extract",
            stream(vec![rows(), rows()])
        )
        .unwrap(),
        4
    );
    let broken = Batches::new(schema(), [Ok(rows()), Err(DataError::Cancelled)].into_iter());
    assert!(append(Some(&engine), &file, "Extract", "Extract", broken).is_err());
    let other = Batches::new(
        schema_of(&[Column {
            name: "more".to_owned(),
            kind: ColumnType::Integer,
        }]),
        std::iter::empty(),
    );
    let message = append(Some(&engine), &file, "Extract", "Extract", other)
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("there is no column `more`"), "{message}");
    let count: usize = read(&engine, &path, "Extract")
        .iter()
        .map(RecordBatch::num_rows)
        .sum();
    assert_eq!(count, 6);
}

#[test]
fn many_rows_stream_in_pieces() {
    let Some(engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.hyper");
    let schema = schema_of(&[Column {
        name: "n".to_owned(),
        kind: ColumnType::Integer,
    }]);
    let columns = Arc::clone(&schema);
    let batches = Batches::new(
        Arc::clone(&schema),
        (0..30_i64).map(move |part| {
            let numbers: Int64Array = (part * 10_000..(part + 1) * 10_000).collect();
            Ok(RecordBatch::try_new(
                Arc::clone(&columns),
                vec![Arc::new(numbers)],
            )?)
        }),
    );
    let table = NewTable {
        schema: "public".to_owned(),
        name: "n".to_owned(),
        columns: schema,
        collations: Vec::new(),
    };
    create(Some(&engine), &path, [(table, Some(batches))]).unwrap();
    let limits = DataLimits::default();
    let found = read(&engine, &path, "n");
    assert!(found.iter().all(|batch| batch.num_rows() <= limits.batch_rows));
    let sum: i64 = found
        .iter()
        .flat_map(|batch| {
            batch
                .column(0)
                .as_primitive::<Int64Type>()
                .iter()
                .flatten()
                .collect::<Vec<_>>()
        })
        .sum();
    assert_eq!(sum, 299_999 * 300_000 / 2);
}

#[test]
fn a_stream_outlives_everything_else() {
    let Some(engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.hyper");
    create(
        Some(&engine),
        &path,
        [(table("Extract"), Some(stream(vec![rows()])))],
    )
    .unwrap();
    let mut file = HyperFile::open(Some(&engine), &DataFile::new("x.hyper", &path)).unwrap();
    let tables = file.tables().unwrap();
    let batches = file.read(&tables[0], &DataLimits::default()).unwrap();
    drop(engine);
    assert_eq!(batches.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 2);
}

#[test]
fn what_is_no_hyper_file_is_refused() {
    let Some(engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.hyper");
    std::fs::write(&path, b"Hyper is not all that it takes").unwrap();
    let found = HyperFile::open(Some(&engine), &DataFile::new("x.hyper", &path));
    let message = found.err().expect("an error").to_string();
    assert!(message.starts_with("`x.hyper` cannot be read: "), "{message}");
    assert!(!message.contains(folder.path().to_str().unwrap()), "{message}");
}

#[test]
fn old_extracts_and_missing_engines_name_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("x.tde");
    let new = folder.path().join("x.hyper");
    // The marks by which the two formats are told apart.
    std::fs::write(&old, marked("tde")).unwrap();
    std::fs::write(&new, marked("hyper")).unwrap();
    let limits = DataLimits::default();
    let connection = ConnectionSpec::of_class("dataengine").with("dbname", "x");
    let refused = |path: &Path| {
        let files = One(DataFile::new("x", path));
        let place = place(&files, &limits);
        open(&connection, &TableSpec::of_table("[Extract].[Extract]"), place)
            .expect_err("an error")
            .to_string()
    };
    assert!(
        refused(&old).contains("refresh the extract from its source"),
        "{}",
        refused(&old)
    );
    assert!(
        refused(&new).contains("vivant engine install"),
        "{}",
        refused(&new)
    );
    let nowhere = place(&NoFiles, &limits);
    assert!(open(&connection, &TableSpec::of_table("[Extract].[Extract]"), nowhere).is_err());
}

fn marked(kind: &str) -> Vec<u8> {
    let mark: &[u8] = match kind {
        "hyper" => b"Hyper",
        _ => b"\x20\x02\x01\x62\xa0\x1e\xab\x07",
    };
    let mut bytes = mark.to_vec();
    bytes.resize(4096, 0);
    bytes
}
