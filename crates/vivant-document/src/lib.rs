//! Tableau workbooks, data sources, flows and packages: read, checked, compared and edited.
//!
//! Two ways in. [`inspect`] makes one pass over a file in bounded memory and returns the facts that a server
//! stores about it: sheets, data sources, connections, fields, thumbnails; [`without_extract`] writes a package
//! again without its extracts. [`Document`] holds a document as a lossless tree ([`tree`]) with typed views
//! ([`view`]) and edits ([`edit`]): what was not edited is written back byte for byte. [`PackageFile`] does the
//! same for packages. [`check::check`] finds what is broken, [`diff`] says what changed, [`canonical`] writes
//! a document so that versions compare well.
//!
//! Bytes come in and go out through `std::io`; no file is opened here, no clock is read, nothing is
//! asked over a network, and no data value inside an extract is looked at.
//!
//! Files come from anywhere: whatever a file says about itself is held against [`Limits`], entities are never
//! expanded, and paths inside a package cannot lead out of it.
//!
//! ```
//! use vivant_document::edit::{ConnectionChange, ConnectionMatch};
//! use vivant_document::{Document, Limits};
//!
//! let text = "<datasource formatted-name='Sales' version='10.5'>\
//!             <connection class='postgres' dbname='test' server='db' /></datasource>";
//! let mut document = Document::parse(text, &Limits::default())?;
//! let change = ConnectionChange { database: Some("prod".to_owned()), ..Default::default() };
//! document.change_connections(&ConnectionMatch::default(), &change)?;
//! assert_eq!(document.to_bytes(), text.replace("'test'", "'prod'").as_bytes());
//! # Ok::<(), vivant_document::Error>(())
//! ```

mod archive;
mod canonical;
pub mod check;
mod coverage;
mod datasource;
mod diff;
pub mod display;
pub mod edit;
mod error;
mod facts;
mod flow;
mod head;
mod kind;
mod language;
mod limits;
mod names;
mod package;
mod refs;
mod schema;
pub mod spec;
mod strip;
pub mod tree;
pub mod view;
mod words;
mod workbook;
mod xml;

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

pub use archive::{PackageEntry, PackageFile, pack, pack_with};
pub use canonical::{CanonicalOptions, canonical};
pub use coverage::{Coverage, Covered, coverage};
pub use diff::{Change, ChangeKind, diff};
pub use error::{Diagnostic, Error, Place, Result, Severity};
pub use facts::{
    ConnectionFacts, DatasourceFacts, ExtractFacts, FieldFacts, FieldRef, FlowFacts, FlowOutput, Inspected,
    ParameterFacts, PublishedReference, RepositoryLocation, SheetFacts, SheetKind, WorkbookFacts,
};
pub use head::{Head, HeadDepth, Rest, datasources_end};
pub use kind::{Content, FileKind, SNIFF_BYTES, sniff};
pub use limits::{Limit, Limits};
pub use names::{quote, unquote};
pub use schema::Schema;
pub use strip::without_extract;
pub use view::{Document, DocumentKind};

use error::{Diagnostics, shorten};
use package::{Package, document_extension};
use xml::Xml;

/// Reads the facts of a file whose extension says that it is of this kind.
pub fn inspect<R: Read + Seek>(kind: FileKind, mut source: R, limits: &Limits) -> Result<Inspected> {
    check_content(kind, &mut source)?;
    match kind {
        FileKind::Twb | FileKind::Tds => read_document(kind, BufReader::new(source), limits),
        FileKind::Twbx | FileKind::Tdsx => read_package(kind, source, limits),
        FileKind::Tfl | FileKind::Tflx => read_flow(source, limits),
        FileKind::Hyper | FileKind::Tde => Ok(Inspected::Extract),
        FileKind::Parquet => {
            // The description of the columns is at the end, so a file that was cut short shows here.
            let mut tail = [0; 4];
            if source.seek(SeekFrom::End(0))? < 12 {
                return Err(Error::damaged("the Parquet file ends early", Place::default()));
            }
            source.seek(SeekFrom::End(-4))?;
            source.read_exact(&mut tail)?;
            match &tail {
                b"PAR1" => Ok(Inspected::Extract),
                _ => Err(Error::damaged("the Parquet file ends early", Place::default())),
            }
        }
    }
}

/// Tells whether a file answers queries from an extract.
pub fn has_extract<R: Read + Seek>(kind: FileKind, source: R, limits: &Limits) -> Result<bool> {
    inspect(kind, source, limits).map(|inspected| inspected.has_extract())
}

/// Compares the first bytes with the kind, and goes back to the beginning.
fn check_content<R: Read + Seek>(kind: FileKind, source: &mut R) -> Result<()> {
    source.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    source.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
    source.seek(SeekFrom::Start(0))?;
    if head.is_empty() {
        return Err(Error::damaged("the file is empty", Place::default()));
    }
    match sniff(&head) {
        Some(content) if content == kind.content() => Ok(()),
        Some(content) => Err(Error::NotThisKind {
            expected: kind,
            found: format!("the file is {content}"),
        }),
        None => {
            let found = format!("the file is not {}", kind.content());
            Err(Error::NotThisKind {
                expected: kind,
                found,
            })
        }
    }
}

/// Reads a document of its own or from a package; `kind` is `Twb` or `Tds`.
fn read_document<R: BufRead>(kind: FileKind, source: R, limits: &Limits) -> Result<Inspected> {
    let mut xml = Xml::new(source, limits);
    let mut diagnostics = Diagnostics::default();
    let root = xml.root()?;
    let inspected = match (root.name.as_str(), kind) {
        ("workbook", FileKind::Twb) => {
            Inspected::Workbook(workbook::workbook(&mut xml, &root, limits, &mut diagnostics)?)
        }
        ("datasource", FileKind::Tds) => {
            let mut datasource = datasource::datasource(&mut xml, &root, &mut diagnostics)?.facts;
            // Tableau: a .tds has the name that was typed; the key it has in a workbook is not its own.
            if let Some(name) = root.own("formatted-name") {
                datasource.name = name;
            }
            datasource.source_build = datasource.source_build.or_else(|| xml.build().map(str::to_owned));
            Inspected::Datasource(datasource)
        }
        ("workbook", _) => return Err(not_this(kind, "the document is a workbook")),
        ("datasource", _) => return Err(not_this(kind, "the document is a data source")),
        (other, _) => {
            return Err(not_this(
                kind,
                &format!("the root element is `{}`", shorten(other)),
            ));
        }
    };
    // The rest is read too: a second root element or a wrong checksum shows only there.
    xml.finish()?;
    Ok(with_diagnostics(inspected, diagnostics))
}

fn not_this(kind: FileKind, found: &str) -> Error {
    Error::NotThisKind {
        expected: kind,
        found: found.to_owned(),
    }
}

fn with_diagnostics(mut inspected: Inspected, diagnostics: Diagnostics) -> Inspected {
    match &mut inspected {
        Inspected::Workbook(workbook) => workbook.diagnostics.extend(diagnostics.into_vec()),
        Inspected::Datasource(datasource) => datasource.diagnostics.extend(diagnostics.into_vec()),
        Inspected::Flow(flow) => flow.diagnostics.extend(diagnostics.into_vec()),
        Inspected::Extract => {}
    }
    inspected
}

fn read_package<R: Read + Seek>(kind: FileKind, source: R, limits: &Limits) -> Result<Inspected> {
    let mut package = Package::open(source, limits)?;
    let mut diagnostics = Diagnostics::default();
    let document = package.document(document_extension(kind), &mut diagnostics)?;
    let name = package.members()[document].name.clone();
    let reader = BufReader::new(package.read(document)?);
    let mut inspected = read_document(kind.plain(), reader, limits).map_err(|error| error.within(&name))?;

    let names = package.names();
    let mut place = |datasource: &mut DatasourceFacts| {
        for extract in &mut datasource.extracts {
            extract.member = extract
                .path
                .as_deref()
                .and_then(|path| names.find(path))
                .map(|found| found.name.clone());
            if extract.member.is_none() {
                let path = shorten(extract.path.as_deref().unwrap_or_default());
                let label = datasource.caption.as_deref().unwrap_or(&datasource.name);
                // Normal when an old extract was upgraded.
                diagnostics.info(label, format!("the package does not hold the extract `{path}`"));
            }
        }
    };
    match &mut inspected {
        Inspected::Workbook(workbook) => workbook.datasources.iter_mut().for_each(&mut place),
        Inspected::Datasource(datasource) => {
            if datasource.name.is_empty() {
                datasource.name = name
                    .rsplit_once('.')
                    .map_or(name.as_str(), |(stem, _)| stem)
                    .to_owned();
            }
            place(datasource);
        }
        Inspected::Extract | Inspected::Flow(_) => {}
    }
    match &mut inspected {
        Inspected::Workbook(workbook) => workbook.document = Some(name),
        Inspected::Datasource(datasource) => datasource.document = Some(name),
        Inspected::Extract | Inspected::Flow(_) => {}
    }
    Ok(with_diagnostics(inspected, diagnostics))
}

fn read_flow<R: Read + Seek>(source: R, limits: &Limits) -> Result<Inspected> {
    let mut package = Package::open(source, limits)?;
    let Some(index) = package.position("flow") else {
        return Err(Error::NoDocument {
            expected: "flow",
            hint: "; save it again with Tableau Prep".to_owned(),
        });
    };
    let size = package.members()[index].size;
    if size > limits.flow_bytes {
        return Err(Error::too_large(
            Limit::FlowBytes,
            limits.flow_bytes,
            Place::member("flow"),
        ));
    }
    let mut document = Vec::new();
    package
        .read(index)?
        .read_to_end(&mut document)
        .map_err(|error| Error::from(error).within("flow"))?;
    flow::flow(&document)
        .map(Inspected::Flow)
        .map_err(|error| error.within("flow"))
}
