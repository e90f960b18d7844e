//! Real files, when they are there: every fact that their catalogue also has must agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufReader, Cursor, Read};
use std::path::PathBuf;

use vivant_document::{
    DatasourceFacts, FileKind, Inspected, Limits, SheetKind, WorkbookFacts, inspect, without_extract,
};
use zip::ZipArchive;

/// Folder of real files: `VIVANT_CORPUS`, else beside the workspace.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("VIVANT_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
        PathBuf::from,
    );
    folder.join("catalogue.csv").is_file().then_some(folder)
}

struct Case {
    path: PathBuf,
    kind: FileKind,
    row: BTreeMap<String, String>,
}

impl Case {
    fn get(&self, column: &str) -> &str {
        self.row
            .get(column)
            .unwrap_or_else(|| panic!("the catalogue has no column {column}"))
    }

    fn number(&self, column: &str) -> usize {
        self.get(column)
            .parse()
            .unwrap_or_else(|_| panic!("{}: {column}", self.get("file")))
    }

    fn open(&self) -> BufReader<File> {
        BufReader::new(File::open(&self.path).unwrap())
    }

    fn inspect(&self) -> Inspected {
        inspect(self.kind, self.open(), &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", self.get("file")))
    }
}

fn cases() -> Vec<Case> {
    let Some(folder) = corpus() else { return Vec::new() };
    let mut rows = csv::Reader::from_path(folder.join("catalogue.csv")).unwrap();
    let cases: Vec<Case> = rows
        .deserialize::<BTreeMap<String, String>>()
        .map(|row| {
            let row = row.unwrap();
            let kind = FileKind::from_extension(&row["kind"]).unwrap();
            Case {
                path: folder.join("files").join(&row["file"]),
                kind,
                row,
            }
        })
        .collect();
    assert!(!cases.is_empty());
    cases
}

/// Every file of the corpus with its kind.
pub fn files() -> Vec<(PathBuf, FileKind)> {
    cases().into_iter().map(|case| (case.path, case.kind)).collect()
}

fn datasources(inspected: &Inspected) -> Vec<&DatasourceFacts> {
    match inspected {
        Inspected::Workbook(workbook) => workbook.datasources.iter().collect(),
        Inspected::Datasource(datasource) => vec![datasource],
        Inspected::Extract | Inspected::Flow(_) => Vec::new(),
    }
}

#[test]
fn every_file_agrees_with_its_catalogue() {
    for case in cases() {
        let inspected = case.inspect();
        let file = case.get("file");
        match &inspected {
            Inspected::Workbook(workbook) => check_workbook(&case, workbook),
            Inspected::Datasource(datasource) => {
                assert!(case.kind.is_datasource());
                assert!(
                    !datasource.name.is_empty() || case.kind == FileKind::Tds,
                    "{file}"
                );
            }
            Inspected::Extract => assert!(case.kind.is_extract(), "{file}"),
            Inspected::Flow(_) => assert!(case.kind.is_flow(), "{file}"),
        }
        if case.kind.is_workbook() || case.kind.plain() == FileKind::Tds {
            check_datasources(&case, &inspected);
        }
    }
}

fn check_workbook(case: &Case, facts: &WorkbookFacts) {
    let file = case.get("file");
    let count = |kind: SheetKind| facts.sheets.iter().filter(|sheet| sheet.kind == kind).count();
    assert_eq!(
        count(SheetKind::Worksheet),
        case.number("worksheets"),
        "{file}: worksheets"
    );
    assert_eq!(
        count(SheetKind::Dashboard),
        case.number("dashboards"),
        "{file}: dashboards"
    );
    assert_eq!(count(SheetKind::Story), case.number("stories"), "{file}: stories");
    let hidden = facts.sheets.iter().filter(|sheet| sheet.hidden).count();
    if facts.version.starts_with(['8', '9']) {
        // The catalogue counts the attribute `hidden` only, not the window class of that time.
        assert!(hidden >= case.number("hidden_worksheets"), "{file}: hidden");
        let shown = facts.sheets.iter().filter(|sheet| !sheet.hidden);
        let pictures = shown.filter(|sheet| sheet.thumbnail.is_some()).count();
        assert_eq!(
            facts
                .sheets
                .iter()
                .filter(|sheet| sheet.thumbnail.is_some())
                .count(),
            pictures,
            "{file}"
        );
    } else {
        assert_eq!(hidden, case.number("hidden_worksheets"), "{file}: hidden");
    }
    assert_eq!(facts.version, case.get("version"), "{file}: version");
    if let Some(build) = Some(case.get("source_build")).filter(|build| !build.is_empty()) {
        let build = build.strip_prefix("build ").unwrap_or(build);
        assert_eq!(facts.source_build.as_deref(), Some(build), "{file}: build");
    }
    assert_eq!(
        facts.parameters.len(),
        case.number("parameters"),
        "{file}: parameters"
    );
    // A dashboard shows sheets that exist, and a worksheet uses data sources that exist.
    let sheets: BTreeSet<&str> = facts.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    let sources: BTreeSet<&str> = facts
        .datasources
        .iter()
        .map(|source| source.name.as_str())
        .collect();
    for sheet in &facts.sheets {
        assert!(!sheet.name.is_empty(), "{file}");
        for source in &sheet.datasources {
            assert!(
                sources.contains(source.as_str()),
                "{file}: `{}` uses `{source}`",
                sheet.name
            );
        }
        if case.get("synthetic") == "no" {
            for shown in &sheet.sheets {
                assert!(
                    sheets.contains(shown.as_str()),
                    "{file}: `{}` shows `{shown}`",
                    sheet.name
                );
            }
        }
    }
}

fn check_datasources(case: &Case, inspected: &Inspected) {
    let file = case.get("file");
    let sources = datasources(inspected);
    let real: Vec<_> = sources.iter().filter(|source| !source.is_parameters).collect();
    assert_eq!(real.len(), case.number("datasources"), "{file}: data sources");

    // `federatedx2;hyperx1` counts definitions, extracts among them.
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    for part in case.get("connections").split(';').filter(|part| !part.is_empty()) {
        let (class, count) = part.rsplit_once('x').unwrap();
        if class != "federated" {
            expected.insert(class, count.parse().unwrap());
        }
    }
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for source in &real {
        let live = source
            .connections
            .iter()
            .filter(|connection| !connection.is_extract);
        let extracts = source.extracts.iter().map(|extract| extract.class.as_str());
        for class in live.map(|connection| connection.class.as_str()).chain(extracts) {
            *found.entry(class).or_default() += 1;
        }
        assert_eq!(
            source.published.is_some(),
            source
                .connections
                .iter()
                .any(|connection| connection.class == "sqlproxy"),
            "{file}"
        );
    }
    assert_eq!(found, expected, "{file}: connections");

    let calculated = real
        .iter()
        .flat_map(|source| &source.fields)
        .filter(|field| field.is_calculated && field.name != "Number of Records")
        .count();
    assert_eq!(calculated, case.number("calc_fields"), "{file}: calculations");
    for field in real.iter().flat_map(|source| &source.fields) {
        assert!(
            !field.name.is_empty() && !field.datatype.is_empty() && !field.role.is_empty(),
            "{file}: {field:?}"
        );
    }
}

#[test]
fn thumbnails_belong_to_their_sheets() {
    let Some(folder) = corpus() else { return };
    // `<first 12 of the hash>__<sheet>.png`, with characters that no file name may have written otherwise,
    // and with `~2` behind the name that differs from another in such a character only.
    let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let mut pictures: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(folder.join("thumbnails")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (hash, sheet) = name.strip_suffix(".png").unwrap().split_once("__").unwrap();
        pictures
            .entry(hash.to_owned())
            .or_default()
            .insert(plain(sheet.split('~').next().unwrap()));
    }
    let mut compared = 0;
    for case in cases().into_iter().filter(|case| case.kind.is_workbook()) {
        let Inspected::Workbook(facts) = case.inspect() else {
            panic!("{}", case.get("file"))
        };
        let ours: BTreeSet<String> = facts
            .sheets
            .iter()
            .filter(|sheet| sheet.thumbnail.is_some())
            .map(|sheet| plain(&sheet.name))
            .collect();
        let theirs = pictures.remove(&case.get("sha256")[..12]).unwrap_or_default();
        // Some pictures are of sheets that were deleted or renamed since.
        let names: BTreeSet<String> = facts.sheets.iter().map(|sheet| plain(&sheet.name)).collect();
        for sheet in theirs.intersection(&names) {
            assert!(
                ours.contains(sheet),
                "{}: no thumbnail of `{sheet}` among {ours:?}",
                case.get("file")
            );
            compared += 1;
        }
        for picture in facts.sheets.iter().filter_map(|sheet| sheet.thumbnail.as_ref()) {
            assert!(picture.starts_with(b"\x89PNG"));
        }
    }
    assert!(compared > 300, "{compared}");
}

/// Entries by name: packed bytes and unpacked bytes.
fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let (mut packed, mut unpacked) = (Vec::new(), Vec::new());
            archive
                .by_index_raw(index)
                .unwrap()
                .read_to_end(&mut packed)
                .unwrap();
            let mut file = archive.by_index(index).unwrap();
            file.read_to_end(&mut unpacked).unwrap();
            (file.name().unwrap().into_owned(), packed, unpacked)
        })
        .collect()
}

#[test]
fn every_package_can_do_without_its_extract() {
    let mut removed = 0;
    for case in cases()
        .into_iter()
        .filter(|case| matches!(case.kind, FileKind::Twbx | FileKind::Tdsx))
    {
        let file = case.get("file");
        let inspected = case.inspect();
        let sources = datasources(&inspected);
        let document = match &inspected {
            Inspected::Workbook(facts) => facts.document.clone(),
            Inspected::Datasource(facts) => facts.document.clone(),
            Inspected::Extract | Inspected::Flow(_) => None,
        };
        let extracts: BTreeSet<_> = sources
            .iter()
            .flat_map(|source| &source.extracts)
            .filter_map(|extract| extract.member.clone())
            .collect();

        let before = fs::read(&case.path).unwrap();
        let mut out = Cursor::new(Vec::new());
        without_extract(Cursor::new(&before), &mut out, &Limits::default())
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let out = out.into_inner();

        let again = inspect(case.kind, Cursor::new(&out), &Limits::default())
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(!again.has_extract(), "{file}");
        assert!(
            datasources(&again)
                .iter()
                .all(|source| source.extracts.is_empty()),
            "{file}"
        );

        let after = entries(&out);
        let mut rest = after.iter();
        for (name, packed, unpacked) in entries(&before) {
            let is_document = document.as_deref() == Some(name.as_str());
            match rest.clone().next().filter(|(found, ..)| *found == name) {
                Some((_, copy, _)) if !is_document || extracts.is_empty() => {
                    // A document without extracts is packed anew only if it has an `extract` element.
                    assert!(is_document || *copy == packed, "{file}: `{name}` is not the same");
                    rest.next();
                }
                Some((_, _, copy)) => {
                    assert!(copy.len() <= unpacked.len(), "{file}");
                    rest.next();
                }
                None => {
                    assert!(extracts.contains(&name), "{file}: `{name}` is lost");
                    removed += 1;
                }
            }
        }
        assert!(
            rest.next().is_none(),
            "{file}: entries that were not there before, or in another order"
        );
    }
    assert!(corpus().is_none() || removed > 50, "{removed}");
}
