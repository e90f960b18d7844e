//! Refreshes of documents made here: what is read, what is written, what is refused.

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use vivant::{
    Asker, ConnectionSpec, Credentials, DataError, DataFile, DataLimits, Folders, HyperEngine,
    PreviousExtract, RefreshError, RefreshMode, RefreshRequest, Refreshed, World, refresh,
};
use vivant_calc::civil::{Date, DateTime};
use vivant_document::{FileKind, Limits};

struct Closed(Folders);

/// The engine, where the environment has one.
fn engine() -> Option<HyperEngine> {
    HyperEngine::find(std::env::var_os("HYPERD_PATH").map(PathBuf::from).as_deref(), &[])
}

impl World for Closed {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        self.0.find(path)
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

/// A folder with a package in it.
struct Bench {
    folder: tempfile::TempDir,
    package: PathBuf,
}

impl Bench {
    fn new(document: &str, files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let package = folder.path().join("source.tdsx");
        let mut zip = zip::ZipWriter::new(File::create(&package).expect("a file"));
        let options = zip::write::SimpleFileOptions::default();
        for (name, bytes) in [("source.tds", document.as_bytes())].iter().chain(files) {
            zip.start_file(*name, options).expect("an entry");
            zip.write_all(bytes).expect("its bytes");
        }
        zip.finish().expect("the end");
        std::fs::create_dir(folder.path().join("out")).expect("a folder");
        std::fs::create_dir(folder.path().join("spool")).expect("a folder");
        Self { folder, package }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn run(&self, mode: RefreshMode, previous: &[PreviousExtract]) -> Result<Refreshed, RefreshError> {
        self.run_until(mode, previous, u64::MAX)
    }

    fn run_until(
        &self,
        mode: RefreshMode,
        previous: &[PreviousExtract],
        most: u64,
    ) -> Result<Refreshed, RefreshError> {
        let request = RefreshRequest {
            document: &self.package,
            kind: FileKind::Tdsx,
            datasource: None,
            mode,
            live_files: true,
            previous,
            out: &self.out(),
            spool: &self.folder.path().join("spool"),
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        refresh(&request, &Closed(Folders::default()), &mut |progress| {
            if progress.rows >= most {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    }

    fn files_left(&self) -> usize {
        let count = |folder: &Path| std::fs::read_dir(folder).expect("a folder").count();
        count(&self.out()) + count(&self.folder.path().join("spool"))
    }
}

/// A data source over one text file.
fn source(columns: &str, extra: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='utf-8' ?>
<datasource formatted-name='ferries' version='18.1'>
  <connection class='federated'>
    <named-connections><named-connection caption='trips' name='textscan.1'>
      <connection class='textscan' directory='Data/ferry' filename='trips.csv' />
    </named-connection></named-connections>
    <relation connection='textscan.1' name='trips.csv' table='[trips#csv]' type='table'>
      <columns character-set='UTF-8' header='yes' locale='en_US' separator=','>{columns}</columns>
    </relation>
  </connection>
  {extra}
</datasource>"
    )
}

const COLUMNS: &str = "<column datatype='integer' name='id' ordinal='0' />
    <column datatype='date' name='day' ordinal='1' />
    <column datatype='real' name='fare' ordinal='2' />";
const EXTRACT: &str = "<extract enabled='true' count='-1' units='records'>
    <connection class='hyper' dbname='Data/Extracts/x.hyper' /></extract>";

#[test]
fn a_text_file_is_read_and_written() {
    let bench = Bench::new(
        &source(COLUMNS, EXTRACT),
        &[(
            "Data/ferry/trips.csv",
            b"id,day,fare\n1,3/1/2024,\"$1,200.50\"\n2,3/2/2024,\n",
        )],
    );
    let refreshed = bench.run(RefreshMode::Full, &[]).expect("a refresh");
    let [extract] = refreshed.extracts.as_slice() else {
        panic!("one extract, not {:?}", refreshed.extracts)
    };
    assert_eq!(
        (extract.rows, extract.added, extract.table.as_str()),
        (2, 2, "Extract")
    );
    assert_eq!(extract.datasource, "ferries");
    let kinds: Vec<_> = extract
        .columns
        .iter()
        .map(|column| (column.field.as_str(), column.kind.name()))
        .collect();
    assert_eq!(kinds, [("id", "integer"), ("day", "date"), ("fare", "real")]);
    assert_eq!(
        refreshed.notes,
        ["ferries: read 2 rows and 3 columns of `trips.csv` from `trips` (textscan)"]
    );
    assert_eq!(bench.files_left(), 1);
}

#[test]
fn an_incremental_refresh_adds_what_is_newer() {
    let document = source(COLUMNS, EXTRACT);
    let first = Bench::new(
        &document,
        &[(
            "Data/ferry/trips.csv",
            b"id,day,fare\n1,3/1/2024,1\n2,3/2/2024,2\n",
        )],
    );
    let before = first.run(RefreshMode::Full, &[]).expect("a refresh");
    let second = Bench::new(
        &document,
        // A row of the past has changed, one is new and one has no day.
        &[(
            "Data/ferry/trips.csv",
            b"id,day,fare\n1,3/1/2024,9\n3,3/5/2024,3\n4,,4\n",
        )],
    );
    let previous = [PreviousExtract {
        datasource: "ferries".to_owned(),
        table: "Extract".to_owned(),
        file: before.extracts[0].file.clone(),
    }];
    let mode = RefreshMode::Incremental {
        field: Some("day".to_owned()),
    };
    let grown = second.run(mode.clone(), &previous).expect("a refresh");
    assert_eq!((grown.extracts[0].rows, grown.extracts[0].added), (3, 1));
    // Without an extract before, everything is read.
    let whole = second.run(mode, &[]).expect("a refresh");
    assert_eq!((whole.extracts[0].rows, whole.extracts[0].added), (3, 3));
    // Without a field nothing can be known to be new.
    let none = second.run(RefreshMode::Incremental { field: None }, &previous);
    assert!(none.unwrap_err().to_string().contains("names no field"));
}

#[test]
fn fields_name_the_columns() {
    let records = "<metadata-records>
      <metadata-record class='column'><remote-name>id</remote-name><local-name>[Trip]</local-name>
        <parent-name>[trips.csv]</parent-name><local-type>string</local-type></metadata-record>
    </metadata-records>";
    let document = source(COLUMNS, EXTRACT).replace(
        "</connection>\n  <extract",
        &format!("{records}</connection>\n  <extract"),
    );
    let bench = Bench::new(
        &document,
        &[("Data/ferry/trips.csv", b"id,day,fare\n1,3/1/2024,1\n")],
    );
    let refreshed = bench.run(RefreshMode::Full, &[]).expect("a refresh");
    let first = &refreshed.extracts[0].columns[0];
    assert_eq!(
        (first.field.as_str(), first.column.as_str(), first.kind.name()),
        ("Trip", "id", "string")
    );
}

#[test]
fn what_fails_says_which_connection_and_leaves_nothing() {
    let missing = Bench::new(&source(COLUMNS, EXTRACT), &[]);
    assert_eq!(
        missing.run(RefreshMode::Full, &[]).unwrap_err().to_string(),
        "data source `ferries`, connection `trips` (textscan): the file `Data/ferry/trips.csv` is not in the \
         package and cannot be reached here; publish it inside the package"
    );
    let changed = Bench::new(
        &source(COLUMNS, EXTRACT),
        &[("Data/ferry/trips.csv", b"id,fare\n1,2\n")],
    );
    let message = changed.run(RefreshMode::Full, &[]).unwrap_err().to_string();
    assert!(
        message.ends_with("there is no column `day` in `Data/ferry/trips.csv`; there are `id`, `fare`"),
        "{message}"
    );
    assert_eq!(changed.files_left(), 0);
}

#[test]
fn a_refresh_can_be_stopped() {
    let bench = Bench::new(
        &source(COLUMNS, EXTRACT),
        &[("Data/ferry/trips.csv", b"id,day,fare\n1,3/1/2024,1\n")],
    );
    let stopped = bench.run_until(RefreshMode::Full, &[], 1);
    assert!(matches!(stopped, Err(RefreshError::Cancelled)));
    assert_eq!(bench.files_left(), 0);
}

#[test]
fn connections_do_not_lead_out_of_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.csv");
    std::fs::write(&secret, "id,day,fare\n1,3/1/2024,1\n").unwrap();
    for directory in [folder.path().to_str().unwrap(), "../../../../../../../etc"] {
        let document = source(COLUMNS, EXTRACT)
            .replace("Data/ferry", directory)
            .replace("trips.csv' />", "secret.csv' />")
            .replace("[trips#csv]", "[secret#csv]");
        let bench = Bench::new(&document, &[]);
        let error = bench.run(RefreshMode::Full, &[]).unwrap_err();
        assert!(
            matches!(
                &error,
                RefreshError::Data { source, .. }
                    if matches!(**source, DataError::FileRefused { .. } | DataError::FileMissing { .. })
            ),
            "{error}"
        );
    }
}

#[test]
fn extracts_that_need_an_engine_are_refused() {
    let filtered = EXTRACT.replace(
        "</extract>",
        "<filter class='categorical' column='[id]' /></extract>",
    );
    let bench = Bench::new(
        &source(COLUMNS, &filtered),
        &[("Data/ferry/trips.csv", b"id,day,fare\n1,3/1/2024,1\n")],
    );
    let message = bench.run(RefreshMode::Full, &[]).unwrap_err().to_string();
    assert!(
        message.contains("an extract with filters needs the query engine"),
        "{message}"
    );
}
