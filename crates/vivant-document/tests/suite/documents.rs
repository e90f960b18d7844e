//! Strings in, facts out.

use vivant_document::{Content, Error, FileKind, Inspected, SheetKind, sniff};

use crate::support::{PNG, datasource, read, sample, workbook};

#[track_caller]
fn check_connections(document: &str, expected: &[&str]) {
    let facts = datasource(document);
    let found: Vec<String> = facts
        .connections
        .iter()
        .map(|connection| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let port = connection.port.map_or(String::new(), |port| format!(":{port}"));
            format!(
                "{} {} {}{port} {}",
                connection.id.as_deref().unwrap_or("-"),
                connection.class,
                text(&connection.server),
                connection.path().unwrap_or_else(|| text(&connection.dbname)),
            )
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn sheets_come_in_the_order_of_their_tabs() {
    let facts = workbook(&sample());
    let sheets: Vec<_> = facts
        .sheets
        .iter()
        .map(|s| (s.name.as_str(), s.kind, s.hidden))
        .collect();
    assert_eq!(
        sheets,
        [
            ("All", SheetKind::Dashboard, false),
            ("Secret", SheetKind::Worksheet, true),
            ("Tale", SheetKind::Story, false),
            ("Fares", SheetKind::Worksheet, false),
        ]
    );
    assert_eq!(facts.sheets[0].sheets, ["Fares", "Secret"]);
    assert_eq!(facts.sheets[2].sheets, ["All"]);
    let fares = &facts.sheets[3];
    assert_eq!(
        fares.title.as_deref(),
        Some("Fares of <[Parameters].[Parameter 1]>")
    );
    assert_eq!(fares.uuid.as_deref(), Some("{0001}"));
    assert_eq!(fares.datasources, ["federated.0abc"]);
    assert_eq!(fares.fields.len(), 1);
    assert_eq!(fares.fields[0].field, "Fare");
    assert_eq!(fares.thumbnail.as_deref(), Some(PNG));
    assert!(facts.sheets[0].thumbnail.is_none());
    assert!(
        facts
            .diagnostics
            .iter()
            .any(|remark| remark.message.contains("sheets that the workbook does not have"))
    );
}

#[test]
fn the_frame_of_a_workbook() {
    let facts = workbook(&sample());
    assert_eq!(facts.version, "18.1");
    assert_eq!(
        facts.source_build.as_deref(),
        Some("2023.3.2 (20233.24.0117.1234)")
    );
    assert_eq!(facts.source_platform.as_deref(), Some("mac"));
    assert_eq!(facts.repository.unwrap().site.as_deref(), Some("dock"));
    assert!(facts.has_extract);
    assert_eq!(facts.parameters.len(), 1);
    let parameter = &facts.parameters[0];
    assert_eq!(
        (parameter.name.as_str(), parameter.label()),
        ("Parameter 1", "Top N")
    );
    assert_eq!(
        (parameter.domain.as_str(), parameter.value.as_deref()),
        ("range", Some("10"))
    );
    assert!(facts.datasources[0].is_parameters && facts.datasources[0].fields.is_empty());
}

#[test]
fn the_build_comment_stands_in_for_the_attribute() {
    let facts =
        workbook("<!-- build 20233.24.0117.1234  --><workbook version='18.1'><datasources/></workbook>");
    assert_eq!(facts.source_build.as_deref(), Some("20233.24.0117.1234"));
    let facts =
        workbook("<workbook version='8.1'>\n<!-- build 8000.13.0120.2115 --><datasources/></workbook>");
    assert_eq!(facts.source_build.as_deref(), Some("8000.13.0120.2115"));
}

#[test]
fn sheets_without_tabs_come_last_and_are_not_hidden() {
    let facts = workbook(
        "<workbook><worksheets><worksheet name='a'/><worksheet name='b'/><worksheet name='old'/></worksheets>
         <windows><window class='hidden-worksheet' name='old'/><window class='worksheet' name='b'/></windows></workbook>",
    );
    let sheets: Vec<_> = facts.sheets.iter().map(|s| (s.name.as_str(), s.hidden)).collect();
    assert_eq!(sheets, [("old", true), ("b", false), ("a", false)]);
    assert_eq!(facts.diagnostics.len(), 1);
}

#[test]
fn fields_merge_columns_over_metadata() {
    let facts = workbook(&sample());
    let fields: Vec<_> = facts.datasources[1]
        .fields
        .iter()
        .map(|f| {
            (
                f.name.as_str(),
                f.label(),
                f.datatype.as_str(),
                f.role.as_str(),
                f.kind.as_str(),
            )
        })
        .collect();
    assert_eq!(
        fields,
        [
            ("Port", "Port", "string", "dimension", "nominal"),
            ("Fare", "Ticket price", "real", "dimension", "ordinal"),
            ("Day", "Day", "date", "dimension", "ordinal"),
            ("Calculation_1", "Margin", "real", "measure", "quantitative"),
            ("Fare (bin)", "Fare (bin)", "integer", "dimension", "ordinal"),
        ]
    );
    let fields = &facts.datasources[1].fields;
    assert!(fields[1].hidden && !fields[0].hidden);
    assert_eq!(fields[1].description.as_deref(), Some("What a passenger pays"));
    assert_eq!(fields[1].remote_name.as_deref(), Some("Fare"));
    assert_eq!(fields[1].table.as_deref(), Some("trips.csv"));
    assert!(fields[3].is_calculated);
    assert_eq!(fields[3].formula.as_deref(), Some("SUM([Fare])\n / 2"));
    assert!(!fields[4].is_calculated);
    assert_eq!(fields[4].calculation_class.as_deref(), Some("bin"));
}

#[test]
fn names_may_hold_brackets() {
    let facts = datasource(
        "<datasource><column name='[a]]b]' datatype='string' role='dimension' type='nominal'/></datasource>",
    );
    assert_eq!(facts.fields[0].name, "a]b");
}

#[test]
fn file_tables_without_metadata_give_their_columns() {
    let facts = datasource(
        "<datasource><connection class='federated'><relation type='join'>
           <relation type='table'><columns><column name='Id' datatype='integer'/></columns></relation>
           <relation type='table'><columns><column name='Name' datatype='string'/></columns></relation>
         </relation></connection></datasource>",
    );
    let names: Vec<_> = facts
        .fields
        .iter()
        .map(|f| (f.name.as_str(), f.role.as_str()))
        .collect();
    assert_eq!(names, [("Id", "measure"), ("Name", "dimension")]);
}

#[test]
fn federated_connections_are_listed_one_each() {
    let facts = workbook(&sample());
    let connections = &facts.datasources[1].connections;
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[0].id.as_deref(), Some("textscan.1xy"));
    assert_eq!(connections[0].caption.as_deref(), Some("ferries"));
    assert_eq!(connections[0].path().as_deref(), Some("Data/ferry/trips.csv"));
    assert_eq!(
        (connections[0].port, connections[0].server.as_deref()),
        (None, None)
    );
    assert!(!connections[0].has_embedded_credentials);
    let db = &connections[1];
    assert_eq!(
        (db.class.as_str(), db.port, db.schema.as_deref()),
        ("postgres", Some(5433), Some("public"))
    );
    assert_eq!(
        (db.username.as_deref(), db.authentication.as_deref()),
        (Some("skipper"), Some("username-password"))
    );
    assert!(db.has_embedded_credentials);
    assert!(
        !format!("{db:?}").contains("skipper"),
        "user names stay out of logs"
    );
    let extract = &facts.datasources[1].extracts[0];
    assert_eq!((extract.class.as_str(), extract.enabled), ("hyper", true));
    assert_eq!(extract.path.as_deref(), Some("Data/Extracts/ferry.hyper"));
    assert_eq!(extract.increment_key.as_deref(), Some("Day"));
}

#[test]
fn the_older_generation_has_one_connection_without_a_name() {
    check_connections(
        "<datasource version='9.3'><connection class='sqlserver' dbname='TestV1' server='mssql' port=''/></datasource>",
        &["- sqlserver mssql TestV1"],
    );
    check_connections(
        "<datasource version='8.1'><connection class='excel' filename='C:\\Data\\Toys.xlsx'/></datasource>",
        &["- excel  C:/Data/Toys.xlsx"],
    );
    check_connections(
        "<datasource><connection class='federated'><named-connections>
           <named-connection name='mysql.1'><connection class='mysql' server='m' port='3306' dbname='d'/></named-connection>
           <named-connection name='sqlserver.2'><connection class='sqlserver' server='s' dbname='e'/></named-connection>
         </named-connections></connection></datasource>",
        &["mysql.1 mysql m:3306 d", "sqlserver.2 sqlserver s e"],
    );
}

#[test]
fn the_extract_is_a_connection_only_when_there_is_no_other() {
    let extract = "<extract enabled='true'><connection class='dataengine' dbname='Data\\x.tde'/></extract>";
    let document = format!("<datasource>{extract}</datasource>");
    check_connections(&document, &["- dataengine  Data/x.tde"]);
    assert!(datasource(&document).connections[0].is_extract);
    check_connections(
        &format!("<datasource><connection class='excel' filename='a.xls'/>{extract}</datasource>"),
        &["- excel  a.xls"],
    );
}

#[test]
fn a_disabled_extract_does_not_count() {
    let facts = datasource(
        "<datasource><connection class='mysql'/><extract enabled='false'><connection class='hyper' dbname='x'/></extract></datasource>",
    );
    assert!(!facts.has_extract);
    assert_eq!(facts.extracts.len(), 1);
}

#[test]
fn fields_of_an_extract_stand_in_for_lost_metadata() {
    let facts = datasource(
        "<datasource><connection class='excel' filename='a.xls'/><extract><connection class='dataengine' dbname='x.tde'>
           <metadata-records><metadata-record class='column'><local-name>[A]</local-name><local-type>integer</local-type></metadata-record></metadata-records>
         </connection></extract></datasource>",
    );
    assert_eq!(
        (facts.fields[0].name.as_str(), facts.fields[0].role.as_str()),
        ("A", "measure")
    );
}

#[test]
fn a_published_data_source_is_referred_to() {
    let document = |place: &str| {
        format!(
            "<datasource caption='Orders' name='sqlproxy.1'>{place}<connection channel='https' class='sqlproxy' dbname='Orders'
               directory='/dataserver' port='443' server='host' server-ds-friendly-name='All orders'/></datasource>"
        )
    };
    let facts = datasource(&document(
        "<repository-location id='Orders' path='/t/dock/datasources' revision='1.2' site='dock'/>",
    ));
    assert!(!facts.is_embedded());
    let published = facts.published.unwrap();
    assert_eq!(
        (published.content_url.as_str(), published.site.as_deref()),
        ("Orders", Some("dock"))
    );
    assert_eq!(
        (published.server.as_deref(), published.port),
        (Some("host"), Some(443))
    );
    assert_eq!(
        (published.label.as_deref(), published.channel.as_deref()),
        (Some("All orders"), Some("https"))
    );
    assert_eq!(facts.connections[0].path(), None, "`/dataserver` is no folder");

    let site = |place: &str| datasource(&document(place)).published.unwrap().site;
    assert_eq!(
        site("<repository-location id='x' path='/t/pier/datasources'/>").as_deref(),
        Some("pier")
    );
    assert_eq!(site("<repository-location id='x' path='/datasources'/>"), None);
    assert_eq!(site(""), None);
    assert!(
        datasource("<datasource><repository-location id='x'/><connection class='mysql'/></datasource>")
            .published
            .is_none()
    );
}

#[test]
fn a_data_source_document_is_named_by_its_formatted_name() {
    let facts = datasource("<datasource formatted-name='World' name='federated.1' version='18.1'/>");
    assert_eq!(
        (facts.name.as_str(), facts.version.as_deref()),
        ("World", Some("18.1"))
    );
    assert_eq!(datasource("<datasource name='federated.1'/>").name, "federated.1");
}

#[test]
fn a_port_that_is_no_number_is_remarked_on() {
    let facts = datasource("<datasource><connection class='mysql' port='many'/></datasource>");
    assert_eq!(facts.connections[0].port, None);
    assert!(facts.diagnostics[0].message.contains("`many`"));
}

#[test]
fn text_that_looks_like_a_document_stays_text() {
    let facts = datasource(
        "<datasource><connection class='mysql'><metadata-records><metadata-record class='capability'>
           <attributes><attribute>&quot;<![CDATA[<datasource><connection class='sqlproxy'/></datasource>]]>&quot;</attribute></attributes>
         </metadata-record></metadata-records></connection></datasource>",
    );
    assert_eq!(facts.connections.len(), 1);
    assert!(facts.published.is_none());
}

#[test]
fn odd_thumbnails_are_left_out() {
    let facts = workbook(
        "<workbook><worksheets><worksheet name='a'/><worksheet name='b'/></worksheets><thumbnails>
           <thumbnail name='a'>?</thumbnail><thumbnail name='b'>R0lGODlh</thumbnail></thumbnails></workbook>",
    );
    assert!(facts.sheets.iter().all(|sheet| sheet.thumbnail.is_none()));
    assert_eq!(facts.diagnostics.len(), 2);
}

#[test]
fn bare_extracts_are_known_by_their_first_bytes() {
    assert_eq!(
        read(FileKind::Hyper, b"Hyper\x08\0\0\0").unwrap(),
        Inspected::Extract
    );
    assert_eq!(
        read(FileKind::Tde, b"\x20\x02\x01\x62\xa0\x1e\xab\x07\0").unwrap(),
        Inspected::Extract
    );
    assert_eq!(
        read(FileKind::Parquet, b"PAR1 and so on PAR1").unwrap(),
        Inspected::Extract
    );
    assert!(matches!(
        read(FileKind::Parquet, b"PAR1 and so on"),
        Err(Error::Damaged { .. })
    ));
    assert!(matches!(
        read(FileKind::Parquet, b"PAR1"),
        Err(Error::Damaged { .. })
    ));
}

#[test]
fn files_under_a_wrong_name_are_told_apart() {
    let package = crate::support::sample_package();
    assert_eq!(sniff(&package), Some(Content::Zip));
    let sample = sample();
    let cases: [(FileKind, &[u8], &str); 8] = [
        (
            FileKind::Twb,
            &package,
            "not a .twb file: the file is a ZIP archive",
        ),
        (
            FileKind::Twbx,
            sample.as_bytes(),
            "not a .twbx file: the file is an XML document",
        ),
        (
            FileKind::Tds,
            sample.as_bytes(),
            "not a .tds file: the document is a workbook",
        ),
        (
            FileKind::Twb,
            b"<datasource/>",
            "not a .twb file: the document is a data source",
        ),
        (
            FileKind::Twb,
            b"<html><body/></html>",
            "not a .twb file: the root element is `html`",
        ),
        (
            FileKind::Hyper,
            b"\x20\x02\x01\x62\xa0\x1e\xab\x07",
            "not a .hyper file: the file is a .tde extract",
        ),
        (
            FileKind::Twbx,
            b"Hyper\0",
            "not a .twbx file: the file is a Hyper extract",
        ),
        (
            FileKind::Twb,
            b"a,b\n1,2\n",
            "not a .twb file: the file is not an XML document",
        ),
    ];
    for (kind, bytes, expected) in cases {
        let error = read(kind, bytes).unwrap_err();
        assert!(matches!(error, Error::NotThisKind { .. }), "{error}");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
