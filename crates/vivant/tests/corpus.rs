//! Every file connection of the real packages, where the corpus is at hand: opens, and gives the rows that
//! an independent count found.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use vivant::{
    Asker, ConnectionSpec, Credentials, DataError, DataFile, DataLimits, Folders, HyperEngine, PackageFiles,
    World,
};
use vivant_calc::civil::{Date, DateTime};
use vivant_data::spec::{RelationSpec, SourceSpec, TableSpec};
use vivant_data::{Place, open, open_relation};
use vivant_document::{Document, FileKind, Limits, PackageFile};

struct Closed;

/// The engine, where the environment has one.
fn engine() -> Option<HyperEngine> {
    HyperEngine::find(std::env::var_os("HYPERD_PATH").map(PathBuf::from).as_deref(), &[])
}

impl World for Closed {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        Folders::default().find(path)
    }

    fn credentials(&self, _: &ConnectionSpec) -> Option<Credentials> {
        None
    }

    fn hyper(&self) -> Option<HyperEngine> {
        engine()
    }

    fn asker(&self) -> Option<Asker> {
        None
    }

    fn now(&self) -> DateTime {
        Date::new(2024, 3, 1).expect("a day").midnight()
    }
}

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("VIVANT_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    folder.join("files").is_dir().then_some(folder)
}

/// Goes through the tables of a relation that read files.
fn tables<'r>(relation: &'r RelationSpec, found: &mut Vec<&'r TableSpec>) {
    match relation {
        RelationSpec::Table(table) => found.push(table),
        RelationSpec::Join { left, right, .. } => {
            tables(left, found);
            tables(right, found);
        }
        RelationSpec::Union { tables: all, .. } => all.iter().for_each(|one| tables(one, found)),
        RelationSpec::Pivot { inside, .. } => tables(inside, found),
        _ => {}
    }
}

#[test]
fn packaged_files_open_with_the_rows_that_are_known() {
    let Some(corpus) = corpus() else { return };
    let limits = Limits::default();
    let data_limits = DataLimits::default();
    let mut wrong: Vec<String> = Vec::new();
    let hyper = engine();
    let mut opened: BTreeMap<String, usize> = BTreeMap::new();
    let mut entries: Vec<PathBuf> = std::fs::read_dir(corpus.join("files"))
        .expect("the corpus")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for path in entries {
        let kind = match path.extension().and_then(|extension| extension.to_str()) {
            Some("twbx") => FileKind::Twbx,
            Some("tdsx") => FileKind::Tdsx,
            _ => continue,
        };
        let spool = tempfile::tempdir().expect("a folder");
        let mut package = PackageFile::open(File::open(&path).expect("a file"), &limits).expect("a package");
        let document = Document::parse_datasources(package.read_document().expect("a document"), &limits)
            .expect("a document");
        let files =
            PackageFiles::new(&path, kind, &Closed, spool.path(), &limits, 1 << 30).expect("a folder");
        let place = Place {
            hyper: hyper.as_ref(),
            guard: &|_| Ok(()),
            files: &files,
            credentials: &|_| None,
            limits: &data_limits,
        };
        for datasource in document.datasources() {
            let source = SourceSpec::new(datasource, 64).expect("a source");
            for logical in &source.tables {
                let mut all = Vec::new();
                tables(&logical.relation, &mut all);
                for table in all {
                    let Some(connection) = source.connection(&table.connection) else {
                        continue;
                    };
                    if !matches!(
                        connection.class.as_str(),
                        "textscan" | "textclean" | "excel-direct" | "excel"
                    ) {
                        continue;
                    }
                    let label = format!("{} {}", path.file_name().unwrap().to_string_lossy(), table.table);
                    let count = open(connection, table, place).and_then(|batches| {
                        batches
                            .map(|batch| batch.map(|batch| batch.num_rows()))
                            .sum::<Result<usize, _>>()
                    });
                    match count {
                        Ok(rows) => {
                            opened.insert(label, rows);
                        }
                        Err(DataError::FileMissing { .. } | DataError::FileRefused { .. }) => {}
                        Err(error) => wrong.push(format!("{label}: {error}")),
                    }
                }
                match open_relation(&source, &logical.relation, place) {
                    Ok(batches) => {
                        if let Err(error) = batches.collect::<Result<Vec<_>, _>>() {
                            wrong.push(format!("{} {}: {error}", path.display(), logical.caption));
                        }
                    }
                    Err(DataError::FileMissing { .. } | DataError::FileRefused { .. }) => {}
                    Err(error) => eprintln!("{} {}: {error}", path.display(), logical.caption),
                }
            }
        }
    }
    for (label, rows) in &opened {
        eprintln!("{rows:>8} {label}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads the row counts that the catalogue has of the files in packages: name of the package, member, rows.
fn catalogue(corpus: &Path) -> Vec<(String, String, u64)> {
    let mut reader = csv::Reader::from_path(corpus.join("catalogue.csv")).expect("the catalogue");
    let headers = reader.headers().expect("headers").clone();
    let place = |name: &str| {
        headers
            .iter()
            .position(|header| header == name)
            .expect("a column")
    };
    let (file, detail) = (place("file"), place("embedded_detail"));
    let mut found = Vec::new();
    for row in reader.records() {
        let row = row.expect("a row");
        for part in row[detail].split("; ") {
            if let Some((member, rows)) = part.rsplit_once('=')
                && let Ok(rows) = rows.parse()
            {
                found.push((row[file].to_owned(), member.to_owned(), rows));
            }
        }
    }
    found
}

#[test]
fn files_have_the_rows_that_the_catalogue_counted() {
    let Some(corpus) = corpus() else { return };
    let limits = Limits::default();
    let data_limits = DataLimits::default();
    let hyper = engine();
    let _running = hyper
        .as_ref()
        .map(|engine| engine.keep_running().expect("the engine"));
    let mut wrong: Vec<String> = Vec::new();
    let mut right = 0;
    for (name, member, expected) in catalogue(&corpus) {
        let path = corpus.join("files").join(&name);
        let extension = member.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let class = match extension.as_str() {
            "hyper" if hyper.is_some() => "hyper",
            "csv" | "txt" => "textscan",
            "xls" | "xlsx" => "excel-direct",
            _ => continue,
        };
        let kind = match path.extension().and_then(|extension| extension.to_str()) {
            Some("twbx") => FileKind::Twbx,
            Some("tdsx") => FileKind::Tdsx,
            _ => continue,
        };
        let spool = tempfile::tempdir().expect("a folder");
        let files =
            PackageFiles::new(&path, kind, &Closed, spool.path(), &limits, 1 << 30).expect("a folder");
        let place = Place {
            hyper: hyper.as_ref(),
            guard: &|_| Ok(()),
            files: &files,
            credentials: &|_| None,
            limits: &data_limits,
        };
        let attribute = if class == "hyper" { "dbname" } else { "filename" };
        let connection = ConnectionSpec::of_class(class).with(attribute, member.clone());
        let mut sheets = 0;
        let mut count = || -> Result<usize, DataError> {
            let mut rows = 0;
            for table in vivant_data::tables(&connection, place)? {
                // Named ranges show rows of sheets once more.
                if class == "excel-direct" && !table.ends_with('$') {
                    continue;
                }
                sheets += 1;
                let table = match class {
                    "hyper" => table,
                    _ => format!("[{}]", table.replace(']', "]]")),
                };
                for batch in open(&connection, &TableSpec::of_table(table), place)? {
                    rows += batch?.num_rows();
                }
            }
            Ok(rows)
        };
        match count() {
            Ok(rows) if rows as u64 == expected => right += 1,
            // Whether the first row is a header is a guess in both counts where no document says.
            Ok(rows) if class == "excel-direct" && (rows as u64).abs_diff(expected) <= sheets => right += 1,
            Ok(rows) => wrong.push(format!("{name}: {member}: {rows} rows, not {expected}")),
            Err(error) => wrong.push(format!("{name}: {member}: {error}")),
        }
    }
    eprintln!("{right} files have the rows that were counted");
    assert!(wrong.is_empty(), "{right} right, but\n{}", wrong.join("\n"));
}
