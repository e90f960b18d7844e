//! Extracts created for the live data sources of a document, and deleted again.
//!
//! What comes out is the whole file anew: the document that says which data sources have an extract, and the
//! package that holds their rows as `.hyper`, so that whoever downloads it opens it as it is.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;
use vivant_data::hyper::{self, HyperEngine, NewTable};
use vivant_data::spec::SourceSpec;
use vivant_data::{COLLATION, DataError, DataFile, DataLimits, parquet};
use vivant_document::edit::NewExtract;
use vivant_document::view::Datasource;
use vivant_document::{Document, FileKind, Limits, PackageFile, pack_with};

use crate::document;
use crate::refresh::{
    Progress, RefreshError, RefreshMode, RefreshRequest, RefreshedExtract, Undo, refresh_chosen, tables,
};
use crate::world::World;

/// Which extracts to create or delete.
#[derive(Debug, Clone)]
pub struct ExtractRequest<'r> {
    /// The workbook or data source on disk.
    pub document: &'r Path,
    /// What it is: its name may not say.
    pub kind: FileKind,
    /// Names of the data sources; `None` means all that it can be done for.
    pub datasources: Option<&'r [String]>,
    /// Folder for what is written.
    pub out: &'r Path,
    /// Folder for what is unpacked on the way.
    pub spool: &'r Path,
    /// Bounds for the document and its package.
    pub document_limits: Limits,
    /// Bounds for data.
    pub data_limits: DataLimits,
}

/// What creating or deleting extracts made of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The file anew, in the folder asked for.
    pub document: PathBuf,
    /// What it is now: a document that was alone comes in a package once it has an extract.
    pub kind: FileKind,
    /// Names of the data sources whose extracts were created or deleted.
    pub datasources: Vec<String>,
    /// The rows of the extracts that were created, as Parquet.
    pub extracts: Vec<RefreshedExtract>,
    /// Whether any data source answers from an extract now.
    pub has_extract: bool,
    /// What was done, in sentences.
    pub notes: Vec<String>,
}

/// Creates extracts for live data sources. `progress` is told after every batch, and stops the work by returning
/// [`ControlFlow::Break`]. When it fails nothing is left in the folder.
pub fn create_extracts(
    request: &ExtractRequest<'_>,
    world: &dyn World,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Extracted, RefreshError> {
    let mut document = read(request)?;
    let chosen = choose(request, &document, "created", lacks_source)?;
    let mut paths = Vec::with_capacity(chosen.len());
    for name in &chosen {
        paths.push(add(request, &mut document, name, &paths)?);
    }
    let wanted = |datasource: &Datasource<'_>| chosen.iter().any(|name| datasource.name() == *name);
    let refresh = RefreshRequest {
        document: request.document,
        kind: request.kind,
        datasource: None,
        mode: RefreshMode::Full,
        live_files: false,
        previous: &[],
        out: request.out,
        spool: request.spool,
        document_limits: request.document_limits.clone(),
        data_limits: request.data_limits.clone(),
    };
    let refreshed = refresh_chosen(&refresh, &document, &wanted, world, progress)?;
    let mut undo = Undo::default();
    undo.files
        .extend(refreshed.extracts.iter().map(|extract| extract.file.clone()));
    let engine = world.hyper();
    let mut files = Vec::with_capacity(chosen.len());
    for (number, (name, path)) in chosen.iter().zip(paths).enumerate() {
        let of_it: Vec<&RefreshedExtract> = refreshed
            .extracts
            .iter()
            .filter(|extract| extract.datasource == *name)
            .collect();
        let file = request.spool.join(format!("created-{number}.hyper"));
        let tables: Vec<NewRows<'_>> = of_it.into_iter().map(|one| (one.table.clone(), one)).collect();
        write_hyper(engine.as_ref(), &file, &tables, &request.data_limits)
            .map_err(|source| of_extract(&document, name, source))?;
        files.push((path, file));
    }
    let (file, kind) = write_document(request, &document, &[], files)?;
    undo.keep();
    Ok(Extracted {
        document: file,
        kind,
        datasources: chosen,
        extracts: refreshed.extracts,
        has_extract: true,
        notes: refreshed.notes,
    })
}

/// Deletes the extracts of data sources, which read their connections again.
pub fn delete_extracts(request: &ExtractRequest<'_>) -> Result<Extracted, RefreshError> {
    let mut document = read(request)?;
    let chosen = choose(request, &document, "deleted", lacks_extract)?;
    let mut paths = Vec::new();
    let mut notes = Vec::with_capacity(chosen.len());
    for name in &chosen {
        let label = document.datasource(name)?.label().into_owned();
        paths.extend(document.remove_extracts(name)?);
        notes.push(format!("{label}: deleted the extract"));
    }
    let enabled = |datasource: &Datasource<'_>| {
        let extracts = datasource.extracts();
        extracts.into_iter().any(|extract| extract.is_enabled())
    };
    let has_extract = document.datasources().iter().any(enabled);
    let (file, kind) = write_document(request, &document, &paths, Vec::new())?;
    Ok(Extracted {
        document: file,
        kind,
        datasources: chosen,
        extracts: Vec::new(),
        has_extract,
        notes,
    })
}

/// What became of a package after a refresh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renewed {
    /// The package anew; `None` where nothing in it changes.
    pub file: Option<PathBuf>,
    /// Which extracts in it stay as they were, and why, in sentences.
    pub notes: Vec<String>,
}

/// Writes a package again with the rows of extracts that were refreshed.
///
/// An extract that says column by column what its file holds is renewed where the new rows have all these columns;
/// it may hold more than what its connections give, such as calculations.
pub fn renew_package(
    request: &ExtractRequest<'_>,
    extracts: &[RefreshedExtract],
    world: &dyn World,
) -> Result<Renewed, RefreshError> {
    let engine = world.hyper();
    if !request.kind.is_package() || engine.is_none() {
        return Ok(Renewed::default());
    }
    let document = read(request)?;
    let mut package = open_package(request)?;
    let mut renewed = Renewed::default();
    let mut is_new = false;
    for (number, datasource) in document.datasources().into_iter().enumerate() {
        let name = datasource.name();
        let of_it: Vec<&RefreshedExtract> = extracts.iter().filter(|one| one.datasource == name).collect();
        if of_it.is_empty() || datasource.extracts().is_empty() {
            continue;
        }
        let (path, tables) = match renewable(datasource, &of_it) {
            Ok(found) => found,
            Err(why) => {
                let label = datasource.label();
                renewed
                    .notes
                    .push(format!("{label}: the file in the package stays as it was, {why}"));
                continue;
            }
        };
        // An extract that is not in its package is not downloaded either.
        let Some(entry) = package.find(&path) else {
            continue;
        };
        let file = request.spool.join(format!("renewed-{number}.hyper"));
        write_hyper(engine.as_ref(), &file, &tables, &request.data_limits)
            .map_err(|source| of_extract(&document, &name, source))?;
        let (size, file) = sized(&file).map_err(of_document)?;
        package.replace_with(&entry, size, file)?;
        is_new = true;
    }
    if is_new {
        let mut file = new_document(request, request.kind)?;
        package.save(BufWriter::with_capacity(1 << 20, file.as_file_mut()))?;
        renewed.file = Some(keep(file)?);
    }
    Ok(renewed)
}

/// A table of a `.hyper` file, and the rows that it gets.
type NewRows<'e> = (String, &'e RefreshedExtract);

/// Returns the path of an extract and the tables of its file, or why new rows cannot take the place of the old.
fn renewable<'e>(
    datasource: Datasource<'_>,
    extracts: &[&'e RefreshedExtract],
) -> Result<(String, Vec<NewRows<'e>>), String> {
    let found = datasource.extracts();
    let [extract] = &found[..] else {
        return Err("it has several extracts".to_owned());
    };
    let path = extract.path().filter(|path| path.ends_with(".hyper"));
    let path = path.ok_or("it is no .hyper file")?;
    let connection = extract.connection().ok_or("it has no connection")?;
    let schema = connection.tree().value(connection.node(), "schema");
    if schema.is_some_and(|schema| schema != "Extract") {
        return Err("its tables are in another schema".to_owned());
    }
    let described = described(connection);
    let named = |extract: &'e RefreshedExtract| -> Result<NewRows<'e>, String> {
        let columns: Vec<&(String, String)> = match extracts {
            // The one table may be called otherwise in the file.
            [_] => described.iter().collect(),
            _ => described
                .iter()
                .filter(|(table, _)| *table == extract.table)
                .collect(),
        };
        let Some((table, _)) = columns.first() else {
            return match described.is_empty() {
                true => Ok((extract.table.clone(), extract)),
                false => Err(format!("it has no table `{}`", extract.table)),
            };
        };
        for (of, column) in &columns {
            if of != table || !extract.columns.iter().any(|known| known.field == *column) {
                return Err(format!("its column `{column}` is not in what was read"));
            }
        }
        Ok((table.clone(), extract))
    };
    let tables = extracts
        .iter()
        .map(|extract| named(extract))
        .collect::<Result<Vec<NewRows<'e>>, _>>()?;
    // The file is written anew: what nobody read would be gone.
    let left = described
        .iter()
        .find(|(table, _)| !tables.iter().any(|(renewed, _)| renewed == table));
    match left {
        Some((table, _)) => Err(format!("its table `{table}` was not read")),
        None => Ok((path, tables)),
    }
}

/// Reads which columns an extract says that its file has: table and column.
fn described(connection: vivant_document::view::Connection<'_>) -> Vec<(String, String)> {
    let tree = connection.tree();
    let Some(records) = tree.child(connection.node(), "metadata-records") else {
        return Vec::new();
    };
    tree.named(records, "metadata-record")
        .filter(|record| tree.value(*record, "class").is_none_or(|class| class == "column"))
        .map(|record| {
            let text = |name: &str| {
                tree.child(record, name)
                    .map(|child| tree.text(child).into_owned())
                    .unwrap_or_default()
            };
            (
                vivant_document::unquote(&text("parent-name")),
                text("remote-name"),
            )
        })
        .collect()
}

fn read(request: &ExtractRequest<'_>) -> Result<Document, RefreshError> {
    if !matches!(request.kind.plain(), FileKind::Twb | FileKind::Tds) {
        return Err(RefreshError::NoDocument(request.kind));
    }
    let bytes = document::bytes(request.document, request.kind, &request.document_limits)?;
    Ok(Document::parse(bytes, &request.document_limits)?)
}

/// Chooses the data sources: all those that were named, or all those that it can be done for. `fault` says why it
/// cannot be done for one.
fn choose(
    request: &ExtractRequest<'_>,
    document: &Document,
    done: &'static str,
    fault: fn(Datasource<'_>) -> Option<&'static str>,
) -> Result<Vec<String>, RefreshError> {
    let all = document.datasources();
    let mut chosen = Vec::new();
    let mut faults = Vec::new();
    for datasource in &all {
        let name = datasource.name();
        if request
            .datasources
            .is_some_and(|wanted| !wanted.iter().any(|one| *one == name))
        {
            continue;
        }
        match fault(*datasource) {
            Some(fault) => faults.push(format!("`{}` {fault}", datasource.label())),
            None => chosen.push(name.into_owned()),
        }
    }
    let known = |wanted: &&String| all.iter().any(|one| one.name() == **wanted);
    if let Some(unknown) = request
        .datasources
        .unwrap_or_default()
        .iter()
        .find(|one| !known(one))
    {
        return Err(RefreshError::NoDatasource {
            name: unknown.clone(),
            known: all
                .iter()
                .map(|one| format!("`{}`", one.label()))
                .collect::<Vec<_>>()
                .join(", "),
        });
    }
    // What was asked for by name is not left out in silence.
    if chosen.is_empty() || (request.datasources.is_some() && !faults.is_empty()) {
        let why = match faults.is_empty() {
            true => "there are no data sources".to_owned(),
            false => faults.join(", "),
        };
        return Err(RefreshError::NoExtract { done, why });
    }
    Ok(chosen)
}

/// Why no extract can be created for a data source.
fn lacks_source(datasource: Datasource<'_>) -> Option<&'static str> {
    if datasource.is_published() {
        return Some("is published; create its extract there");
    }
    if !datasource.extracts().is_empty() {
        return Some("has an extract already");
    }
    if !has_live_connection(datasource) {
        return Some("has no connection but to an extract");
    }
    let has_tables = !datasource.objects().is_empty() || !datasource.relations().is_empty();
    (!has_tables).then_some("has no tables")
}

/// Why the extract of a data source cannot be deleted.
fn lacks_extract(datasource: Datasource<'_>) -> Option<&'static str> {
    if datasource.extracts().is_empty() {
        return Some("has no extract");
    }
    (!has_live_connection(datasource)).then_some("has no data but its extract")
}

fn has_live_connection(datasource: Datasource<'_>) -> bool {
    let connections = datasource.connections();
    connections
        .into_iter()
        .any(|connection| !matches!(&*connection.class(), "hyper" | "dataengine" | ""))
}

/// Adds the extract to the document, a table for each table of the model, and returns the path of its file.
fn add(
    request: &ExtractRequest<'_>,
    document: &mut Document,
    name: &str,
    taken: &[String],
) -> Result<String, RefreshError> {
    let datasource = document.datasource(name)?;
    let stem = file_stem(&datasource.label());
    let source = SourceSpec::new(datasource, request.data_limits.relation_depth)
        .map_err(|source| of_extract(document, name, source))?;
    let in_package: HashSet<String> = match request.kind.is_package() {
        true => {
            let package = open_package(request)?;
            package.names().into_iter().map(str::to_lowercase).collect()
        }
        false => HashSet::new(),
    };
    let is_taken = |file: &str| {
        let path = format!("Data/Datasources/{file}");
        let same = |other: &String| other.eq_ignore_ascii_case(&path);
        in_package.contains(&path.to_lowercase()) || taken.iter().any(same)
    };
    let file = vivant_document::edit::free_name(&stem, "hyper", is_taken);
    let new = NewExtract {
        file,
        increment_key: None,
    };
    let path = document.add_extract(name, &new)?;
    if !path.ends_with(".hyper") {
        let source = DataError::UnsupportedSetting {
            setting: "an extract in a document of this version",
            value: name.to_owned(),
            hint: "before Tableau 10.5 extracts were .tde files; save the document with a newer Tableau"
                .to_owned(),
        };
        return Err(of_extract(document, name, source));
    }
    let tables = tables(&source);
    if tables.len() > 1 {
        let tables: Vec<(String, String)> = tables
            .into_iter()
            .map(|table| (table.logical.id, table.key))
            .collect();
        document.set_extract_tables(name, &tables)?;
    }
    Ok(path)
}

/// Makes a file's name of a label: what file systems do not like becomes `_`.
fn file_stem(label: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_alphanumeric() => c,
        ' ' | '-' | '_' | '(' | ')' => c,
        _ => '_',
    };
    let stem: String = label.chars().take(60).map(plain).collect();
    match stem.trim() {
        "" => "extract".to_owned(),
        stem => stem.to_owned(),
    }
}

/// Writes the rows of one data source's extract as a `.hyper` file.
fn write_hyper(
    engine: Option<&HyperEngine>,
    path: &Path,
    extracts: &[NewRows<'_>],
    limits: &DataLimits,
) -> Result<(), DataError> {
    let mut tables = Vec::with_capacity(extracts.len());
    for (name, extract) in extracts {
        let batches = parquet::open(&DataFile::new("the new extract", &extract.file), limits)?;
        let columns = Arc::clone(batches.schema());
        let fields = columns.fields().iter();
        let collations = fields
            .map(|field| field.metadata().get(COLLATION).cloned())
            .collect();
        let table = NewTable {
            schema: "Extract".to_owned(),
            name: name.clone(),
            columns,
            collations,
        };
        tables.push((table, Some(batches)));
    }
    hyper::create(engine, path, tables).map(drop)
}

/// Writes the document into its package, without some files of extracts and with others.
fn write_document(
    request: &ExtractRequest<'_>,
    document: &Document,
    gone: &[String],
    added: Vec<(String, PathBuf)>,
) -> Result<(PathBuf, FileKind), RefreshError> {
    let bytes = document.to_bytes();
    let kind = match (request.kind, added.is_empty()) {
        (FileKind::Twb, false) => FileKind::Twbx,
        (FileKind::Tds, false) => FileKind::Tdsx,
        (kind, _) => kind,
    };
    let io = of_document;
    let mut file = new_document(request, kind)?;
    let mut out = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    let opened = |added: Vec<(String, PathBuf)>| -> io::Result<Vec<(String, u64, File)>> {
        let open = |(path, from): (String, PathBuf)| sized(&from).map(|(size, file)| (path, size, file));
        added.into_iter().map(open).collect()
    };
    if request.kind.is_package() {
        let mut package = open_package(request)?;
        for name in orphans(&package, document, gone) {
            package.remove(&name)?;
        }
        package.set_document(bytes);
        for (path, size, from) in opened(added).map_err(io)? {
            package.add_with(&path, size, from)?;
        }
        package.save(&mut out)?;
    } else if kind.is_package() {
        let name = match document.datasources().as_slice() {
            [only] => file_stem(&only.label()),
            _ => "Workbook".to_owned(),
        };
        let name = format!("{name}.{}", kind.plain().extension());
        let size = bytes.len() as u64;
        let first: (String, u64, Box<dyn Read>) = (name, size, Box::new(Cursor::new(bytes)));
        let rest = opened(added).map_err(io)?.into_iter();
        let rest = rest.map(|(path, size, from)| (path, size, Box::new(from) as Box<dyn Read>));
        pack_with(&mut out, std::iter::once(first).chain(rest))?;
    } else {
        out.write_all(&bytes).map_err(io)?;
    }
    out.flush().map_err(io)?;
    drop(out);
    Ok((keep(file)?, kind))
}

fn of_document(source: io::Error) -> RefreshError {
    RefreshError::Io {
        what: "the file with its extracts",
        source,
    }
}

fn sized(path: &Path) -> io::Result<(u64, File)> {
    let file = File::open(path)?;
    Ok((file.metadata()?.len(), file))
}

fn new_document(request: &ExtractRequest<'_>, kind: FileKind) -> Result<NamedTempFile, RefreshError> {
    tempfile::Builder::new()
        .prefix("document-")
        .suffix(&format!(".{}", kind.extension()))
        .tempfile_in(request.out)
        .map_err(of_document)
}

fn keep(file: NamedTempFile) -> Result<PathBuf, RefreshError> {
    let kept = file.into_temp_path().keep();
    kept.map_err(|error| of_document(error.error))
}

/// Finds the entries of a package that nothing but deleted extracts used.
fn orphans(package: &PackageFile<'_, File>, document: &Document, gone: &[String]) -> Vec<String> {
    let mut used: HashSet<String> = HashSet::new();
    for datasource in document.datasources() {
        let extracts = datasource
            .extracts()
            .into_iter()
            .filter_map(|extract| extract.path());
        let connections = datasource.connections().into_iter();
        let paths = extracts.chain(connections.filter_map(|connection| connection.path()));
        used.extend(paths.filter_map(|path| package.find(&path)));
    }
    // A document that names itself as its extract must not remove itself.
    used.insert(package.document_name().to_owned());
    let mut found: Vec<String> = gone.iter().filter_map(|path| package.find(path)).collect();
    found.sort();
    found.dedup();
    found.retain(|name| !used.contains(name));
    found
}

fn open_package<'c>(request: &ExtractRequest<'_>) -> Result<PackageFile<'c, File>, RefreshError> {
    let file = File::open(request.document).map_err(|source| RefreshError::Io {
        what: "the package",
        source,
    })?;
    Ok(PackageFile::open(file, &request.document_limits)?)
}

fn of_extract(document: &Document, name: &str, source: DataError) -> RefreshError {
    if matches!(source, DataError::Cancelled) {
        return RefreshError::Cancelled;
    }
    let label = document.datasource(name);
    let label = label.map_or_else(|_| name.to_owned(), |found| found.label().into_owned());
    RefreshError::Data {
        datasource: label.clone(),
        connection: label,
        class: "extract".to_owned(),
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use vivant_data::ColumnType;
    use vivant_data::extract::ExtractColumn;
    use vivant_document::pack;

    use super::*;
    use crate::world::Closed;

    const CSV: &str = "order,region\r\n1,North\r\n2,South\r\n";
    const PATH: &str = "Data/Extracts/orders.hyper";

    fn document(extract: bool) -> String {
        let stored = match extract {
            true => format!(
                "<extract count='-1' enabled='true' units='records'><connection class='hyper' dbname='{PATH}' \
                 schema='Extract' tablename='Extract' /></extract>"
            ),
            false => String::new(),
        };
        format!(
            "<datasource formatted-name='federated.1' caption='Orders' version='18.1'><connection class='federated'>\
             <named-connections><named-connection name='t'><connection class='textscan' directory='Data' \
             filename='orders.csv' /></named-connection></named-connections>\
             <relation connection='t' name='orders.csv' table='[orders#csv]' type='table' /></connection>{stored}\
             </datasource>"
        )
    }

    fn package(folder: &Path, extract: bool) -> PathBuf {
        let mut entries = vec![
            ("Orders.tds".to_owned(), document(extract).into_bytes()),
            ("Data/orders.csv".to_owned(), CSV.as_bytes().to_vec()),
        ];
        if extract {
            entries.push((PATH.to_owned(), b"Hyper".to_vec()));
        }
        let path = folder.join("source.tdsx");
        let bytes = pack(Cursor::new(Vec::new()), entries).unwrap().into_inner();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn request<'r>(
        document: &'r Path,
        folder: &'r Path,
        datasources: Option<&'r [String]>,
    ) -> ExtractRequest<'r> {
        ExtractRequest {
            document,
            kind: FileKind::Tdsx,
            datasources,
            out: folder,
            spool: folder,
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        }
    }

    #[test]
    fn a_deleted_extract_leaves_the_live_data_source() {
        let folder = tempfile::tempdir().unwrap();
        let source = package(folder.path(), true);
        let made = delete_extracts(&request(&source, folder.path(), None)).unwrap();
        assert_eq!((made.kind, made.has_extract), (FileKind::Tdsx, false));
        assert_eq!(made.datasources, ["federated.1"]);
        let mut left = PackageFile::open(File::open(&made.document).unwrap(), &Limits::default()).unwrap();
        assert_eq!(left.names(), ["Orders.tds", "Data/orders.csv"]);
        assert_eq!(left.read_document().unwrap(), document(false).into_bytes());
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let check = |extract: bool, delete: bool, names: Option<&[&str]>, expected: &str| {
            let folder = tempfile::tempdir().unwrap();
            let source = package(folder.path(), extract);
            let names: Option<Vec<String>> =
                names.map(|names| names.iter().map(|&name| name.to_owned()).collect());
            let request = request(&source, folder.path(), names.as_deref());
            let outcome = match delete {
                true => delete_extracts(&request),
                false => create_extracts(&request, &Closed, &mut |_| ControlFlow::Continue(())),
            };
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
            assert_eq!(left.len(), 1, "something is left behind");
        };
        check(
            true,
            false,
            None,
            "no extract can be created: `Orders` has an extract already",
        );
        check(
            false,
            true,
            None,
            "no extract can be deleted: `Orders` has no extract",
        );
        check(false, false, Some(&["other"]), "there is no data source `other`");
        // `Closed` has no engine, and nothing is written halfway.
        check(
            false,
            false,
            None,
            "the engine for `.hyper` files is not installed",
        );
    }

    fn check_renewable(records: &str, tables: &[(&str, &[&str])]) -> Result<Vec<String>, String> {
        let text = format!(
            "<datasource formatted-name='federated.1' version='18.1'><connection class='federated' /><extract enabled='true'>\
             <connection class='hyper' dbname='{PATH}' schema='Extract' tablename='Extract'>{records}</connection>\
             </extract></datasource>"
        );
        let document = Document::parse(text.into_bytes(), &Limits::default()).unwrap();
        let extracts: Vec<RefreshedExtract> = tables
            .iter()
            .map(|(table, columns)| RefreshedExtract {
                datasource: "federated.1".to_owned(),
                table: (*table).to_owned(),
                file: PathBuf::new(),
                bytes: 0,
                rows: 0,
                added: 0,
                columns: columns
                    .iter()
                    .map(|column| ExtractColumn {
                        field: (*column).to_owned(),
                        column: (*column).to_owned(),
                        table: String::new(),
                        kind: ColumnType::Integer,
                    })
                    .collect(),
            })
            .collect();
        let extracts: Vec<&RefreshedExtract> = extracts.iter().collect();
        let (path, tables) = renewable(document.datasources()[0], &extracts)?;
        assert_eq!(path, PATH);
        Ok(tables.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn extracts_of_tableau_are_renewed_where_all_their_columns_were_read() {
        let record = |table: &str, column: &str| {
            format!(
                "<metadata-record class='column'><remote-name>{column}</remote-name>\
                 <parent-name>[{table}]</parent-name></metadata-record>"
            )
        };
        let records = |all: &[(&str, &str)]| {
            let all: String = all.iter().map(|(table, column)| record(table, column)).collect();
            format!("<metadata-records><metadata-record class='capability' />{all}</metadata-records>")
        };
        let check = check_renewable;
        assert_eq!(check("", &[("Extract", &["a"])]), Ok(vec!["Extract".to_owned()]));
        let one = records(&[("Extract", "a"), ("Extract", "b")]);
        assert_eq!(
            check(&one, &[("Extract", &["b", "a", "c"])]),
            Ok(vec!["Extract".to_owned()])
        );
        // A calculation that was materialised.
        let error = check(&one, &[("Extract", &["a"])]).unwrap_err();
        assert!(error.contains("`b`"), "{error}");
        let other = records(&[("orders_1", "a")]);
        assert_eq!(
            check(&other, &[("Extract", &["a"])]),
            Ok(vec!["orders_1".to_owned()])
        );
        let two = records(&[("x_1", "a"), ("y_2", "b")]);
        assert_eq!(
            check(&two, &[("x_1", &["a"]), ("y_2", &["b"])]),
            Ok(vec!["x_1".to_owned(), "y_2".to_owned()])
        );
        assert!(check(&two, &[("x_1", &["a"]), ("z_3", &["b"])]).is_err());
    }

    #[test]
    fn labels_become_names_of_files() {
        assert_eq!(file_stem("Überblick 2024/25: *all*"), "Überblick 2024_25_ _all_");
        assert_eq!(file_stem("  "), "extract");
    }
}
