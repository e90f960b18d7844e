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
        write_hyper(engine.as_ref(), &file, &of_it, &request.data_limits)
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

/// Writes a package again with the rows of extracts that were refreshed; returns the file, `None` where there is
/// nothing to write.
///
/// That is done for extracts that were created here alone. Others say column by column what their file holds, and may
/// hold more than what their connections give.
pub fn renew_package(
    request: &ExtractRequest<'_>,
    extracts: &[RefreshedExtract],
    world: &dyn World,
) -> Result<Option<PathBuf>, RefreshError> {
    let engine = world.hyper();
    if !request.kind.is_package() || engine.is_none() {
        return Ok(None);
    }
    let document = read(request)?;
    let mut package = open_package(request)?;
    let mut renewed = false;
    for (number, datasource) in document.datasources().into_iter().enumerate() {
        let name = datasource.name();
        let of_it: Vec<&RefreshedExtract> = extracts.iter().filter(|one| one.datasource == name).collect();
        let Some(entry) = created_here(datasource).and_then(|path| package.find(&path)) else {
            continue;
        };
        if of_it.is_empty() {
            continue;
        }
        let file = request.spool.join(format!("renewed-{number}.hyper"));
        write_hyper(engine.as_ref(), &file, &of_it, &request.data_limits)
            .map_err(|source| of_extract(&document, &name, source))?;
        let (size, file) = sized(&file).map_err(of_document)?;
        package.replace_with(&entry, size, file)?;
        renewed = true;
    }
    if !renewed {
        return Ok(None);
    }
    let mut file = new_document(request, request.kind)?;
    package.save(BufWriter::with_capacity(1 << 20, file.as_file_mut()))?;
    keep(file).map(Some)
}

/// Returns the path of an extract that was created here: it does not say which columns its file has.
fn created_here(datasource: Datasource<'_>) -> Option<String> {
    let extracts = datasource.extracts();
    let [extract] = &extracts[..] else { return None };
    let connection = extract.connection()?;
    let describes = connection.tree().child(connection.node(), "metadata-records");
    extract
        .path()
        .filter(|path| path.ends_with(".hyper") && describes.is_none())
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
    extracts: &[&RefreshedExtract],
    limits: &DataLimits,
) -> Result<(), DataError> {
    let mut tables = Vec::with_capacity(extracts.len());
    for extract in extracts {
        let batches = parquet::open(&DataFile::new("the new extract", &extract.file), limits)?;
        let columns = Arc::clone(batches.schema());
        let fields = columns.fields().iter();
        let collations = fields
            .map(|field| field.metadata().get(COLLATION).cloned())
            .collect();
        let table = NewTable {
            schema: "Extract".to_owned(),
            name: extract.table.clone(),
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

    #[test]
    fn labels_become_names_of_files() {
        assert_eq!(file_stem("Überblick 2024/25: *all*"), "Überblick 2024_25_ _all_");
        assert_eq!(file_stem("  "), "extract");
    }
}
