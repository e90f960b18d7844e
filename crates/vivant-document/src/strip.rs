//! Writes a package again without its extracts.

use std::collections::HashSet;
use std::io::{self, BufReader, Read, Seek, Write};
use std::ops::Range;

use zip::write::ZipWriter;

use crate::error::{Diagnostics, Error, Place, Result};
use crate::facts::DatasourceFacts;
use crate::kind::FileKind;
use crate::limits::Limits;
use crate::package::{Package, translate};
use crate::xml::Xml;
use crate::{Inspected, read_document};

/// Writes the package `source` to `out` without its extracts.
///
/// Left out are the files that `extract` elements of the document name, unless a live connection reads the
/// same file, and these elements themselves; so the document asks for nothing that is no longer there.
/// Every other byte of the document stays, and so does every other entry: packed as it was, in its order,
/// with its times and attributes.
pub fn without_extract<R: Read + Seek, W: Write + Seek>(source: R, out: W, limits: &Limits) -> Result<()> {
    let mut package = Package::open(source, limits)?;
    let (kind, document) = find_document(&package)?;
    let name = package.members()[document].name.clone();
    let extracts = extract_members(&mut package, kind, document, limits)?;
    let spans = extract_spans(&mut package, document, limits).map_err(|error| error.within(&name))?;

    let mut writer = ZipWriter::new(out);
    let comment = package.archive().comment().into();
    writer.set_raw_comment(comment).map_err(translate)?;
    for index in 0..package.members().len() {
        let member = &package.members()[index];
        if extracts.contains(&member.name) {
            continue;
        }
        if index != document || spans.is_empty() {
            let file = package.archive().by_index_raw(index).map_err(translate)?;
            writer.raw_copy_file(file).map_err(translate)?;
            continue;
        }
        // The classic format counts to 4 GiB; the document without its extract is not larger than with it.
        let large = member.size >= u64::from(u32::MAX);
        let options = package
            .archive()
            .by_index_raw(index)
            .map_err(translate)?
            .options()
            .large_file(large);
        writer.start_file(name.as_str(), options).map_err(translate)?;
        let document = package.read(index)?;
        copy_without(document, &mut writer, &spans).map_err(|error| Error::from(error).within(&name))?;
    }
    let mut out = writer.finish().map_err(translate)?;
    out.flush()?;
    Ok(())
}

fn find_document<R: Read + Seek>(package: &Package<R>) -> Result<(FileKind, usize)> {
    let workbook = package.document("twb", &mut Diagnostics::default());
    match workbook {
        Ok(index) => Ok((FileKind::Twb, index)),
        Err(no_workbook) => match package.document("tds", &mut Diagnostics::default()) {
            Ok(index) => Ok((FileKind::Tds, index)),
            Err(_) => Err(no_workbook),
        },
    }
}

/// Names of the entries that only extracts use.
fn extract_members<R: Read + Seek>(
    package: &mut Package<R>,
    kind: FileKind,
    document: usize,
    limits: &Limits,
) -> Result<HashSet<String>> {
    let name = package.members()[document].name.clone();
    let reader = BufReader::new(package.read(document)?);
    let inspected = read_document(kind, reader, limits).map_err(|error| error.within(&name))?;
    let datasources: &[DatasourceFacts] = match &inspected {
        Inspected::Workbook(workbook) => &workbook.datasources,
        Inspected::Datasource(datasource) => std::slice::from_ref(datasource),
        Inspected::Extract | Inspected::Flow(_) => &[],
    };
    let names = package.names();
    let find = |path: Option<String>| {
        path.and_then(|path| names.find(&path))
            .map(|member| member.name.clone())
    };
    let extracts = datasources.iter().flat_map(|datasource| &datasource.extracts);
    let mut members: HashSet<String> = extracts
        .filter_map(|extract| find(extract.path.clone()))
        .collect();
    let connections = datasources.iter().flat_map(|datasource| &datasource.connections);
    for live in connections
        .filter(|connection| !connection.is_extract)
        .filter_map(|live| find(live.path()))
    {
        members.remove(&live);
    }
    // A document that names itself as its extract must not remove itself.
    members.remove(&name);
    Ok(members)
}

/// Bytes of the document that `extract` elements take, in order, on every branch of every feature.
fn extract_spans<R: Read + Seek>(
    package: &mut Package<R>,
    document: usize,
    limits: &Limits,
) -> Result<Vec<Range<u64>>> {
    let mut xml = Xml::new(BufReader::new(package.read(document)?), limits);
    let mut spans = Vec::new();
    if xml.root()?.name == "datasource" {
        spans_in_datasource(&mut xml, &mut spans)?;
    } else {
        while let Some((name, _)) = xml.raw_child()? {
            if name != "datasources" {
                xml.skip()?;
                continue;
            }
            while let Some((name, _)) = xml.raw_child()? {
                if name == "datasource" {
                    spans_in_datasource(&mut xml, &mut spans)?;
                } else {
                    xml.skip()?;
                }
            }
        }
    }
    xml.finish()?;
    Ok(spans)
}

fn spans_in_datasource<R: io::BufRead>(xml: &mut Xml<'_, R>, spans: &mut Vec<Range<u64>>) -> Result<()> {
    while let Some((name, begin)) = xml.raw_child()? {
        xml.skip()?;
        if name == "extract" {
            spans.push(begin..xml.position());
            xml.keep(size_of::<Range<u64>>())?;
        }
    }
    Ok(())
}

/// Copies all bytes but those in the spans, which are in order and do not overlap.
fn copy_without(mut source: impl Read, out: &mut impl Write, spans: &[Range<u64>]) -> io::Result<()> {
    let mut position = 0;
    for span in spans {
        let copied = io::copy(&mut source.by_ref().take(span.start - position), out)?;
        let passed = io::copy(&mut source.by_ref().take(span.end - span.start), &mut io::sink())?;
        position += copied + passed;
        if position != span.end {
            return Err(
                Error::damaged("the document changed while it was read", Place::from(position)).into(),
            );
        }
    }
    io::copy(&mut source, out)?;
    Ok(())
}
