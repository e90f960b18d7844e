//! The feature list of the Python library `tableau_tools`, item by item: each edit with its whole difference.
//! What `edits` shows already is not repeated here.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use vivant_document::edit::{
    ColumnChange, ConnectionChange, ConnectionMatch, Domain, FilterScope, JoinKind, JoinOn, Literal,
    NewCalculation, NewConnection, NewDatasource, NewExtract, NewFilter, NewJoin, NewParameter,
    ParameterChange, Period, PublishedChange, RelativeDate, TableSource,
};
use vivant_document::{Document, FileKind, Head, Limits, PackageFile, datasources_end};

use crate::edits::{FERRY, PUBLISHED, TERADATA, check, check_in, difference, parse, refuse};
use crate::support::{package, read, sample};

fn text(value: &str) -> Literal {
    Literal::Text(value.to_owned())
}

fn date(value: &str) -> Literal {
    Literal::Date(value.to_owned())
}

fn some(value: &str) -> Option<String> {
    Some(value.to_owned())
}

// --- Files ----------------------------------------------------------------------------------------

#[test]
fn the_head_of_a_large_workbook_takes_the_same_edits() {
    let book = sample();
    let change = ConnectionChange {
        server: some("prod"),
        ..ConnectionChange::default()
    };
    let mut whole = parse(&book);
    whole
        .change_connections(&ConnectionMatch::default(), &change)
        .unwrap();
    let end = datasources_end(book.as_bytes(), &Limits::default())
        .unwrap()
        .unwrap();
    let mut head = Head::parse(book.as_bytes()[..end as usize].to_vec(), &Limits::default()).unwrap();
    head.document
        .change_connections(&ConnectionMatch::default(), &change)
        .unwrap();
    let mut bytes = Vec::new();
    head.into_reader(book.as_bytes()).read_to_end(&mut bytes).unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        String::from_utf8(whole.to_bytes()).unwrap()
    );
}

/// Every entry of a package: name and unpacked bytes, in order.
fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

#[test]
fn files_of_a_package_are_replaced_and_added_one_by_one() {
    let before = package(&[
        ("Book.twb", sample().as_bytes()),
        ("Data/ferry/trips.csv", b"Port,Fare\n"),
        ("Image/boat.png", b"boat"),
    ]);
    let mut file = PackageFile::open(Cursor::new(&before[..]), &Limits::default()).unwrap();
    let new: &[u8] = b"Port,Fare\nOslo,2\n";
    file.replace_with("Data/ferry/trips.csv", new.len() as u64, new)
        .unwrap();
    file.add_with("Data/x.hyper", 1, &b"x"[..]).unwrap();
    let mut after = Cursor::new(Vec::new());
    file.save(&mut after).unwrap();
    let mut expected = entries(&before);
    expected[1].1 = new.to_vec();
    expected.push(("Data/x.hyper".to_owned(), b"x".to_vec()));
    assert_eq!(entries(after.get_ref()), expected);

    let mut file = PackageFile::open(Cursor::new(&before[..]), &Limits::default()).unwrap();
    for (name, part) in [("Data/none.csv", "Data/none.csv"), ("../up.csv", "../up.csv")] {
        let error = file.replace_with(name, 0, &b""[..]).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(file.add_with("../up.csv", 0, &b""[..]).is_err());
    assert!(file.add_with("Image/boat.png", 0, &b""[..]).is_err());
}

// --- Data source: connections ---------------------------------------------------------------------

/// A data source with one connection of a class.
fn with_connection(version: &str, connection: &str) -> String {
    let connection = if version.starts_with('9') {
        format!("{connection}\n<relation name='t' table='[s].[t]' type='table' />\n</connection>")
    } else {
        format!(
            "<connection class='federated'>\n<named-connections><named-connection caption='c' name='x.1'>\n\
             {connection}</connection>\n</named-connection></named-connections>\n\
             <relation connection='x.1' name='t' table='[s].[t]' type='table' />\n</connection>"
        )
    };
    format!("<datasource formatted-name='d' version='{version}'>\n{connection}\n</datasource>\n")
}

#[test]
fn every_setting_of_a_connection_is_changed_in_every_generation() {
    let change = ConnectionChange {
        server: some("new"),
        port: Some(2),
        database: some("prod"),
        username: some("u"),
        authentication: some("sspi"),
        initial_sql: some("SET x"),
        query_band: some("a=b;"),
        sslmode: some("require"),
        warehouse: some("w"),
        role: some("r"),
        service: some("s2"),
        filename: some("f"),
        directory: some("d"),
        attributes: vec![("class".to_owned(), "mysql".to_owned())],
        ..ConnectionChange::default()
    };
    for version in ["9.3", "10.2", "10.5", "18.1"] {
        check_in(
            &with_connection(
                version,
                "<connection authentication='auth-none' class='postgres' dbname='test' port='1' server='old' service='s1' username='me'>",
            ),
            |document| {
                let count = document.change_connections(&ConnectionMatch::default(), &change)?;
                assert_eq!(count, 1);
                let source = document.datasources()[0];
                let connection = source.connections()[0];
                assert!(connection.is_windows_auth());
                assert_eq!(connection.database().as_deref(), Some("prod"));
                assert_eq!(connection.class(), "mysql");
                Ok(())
            },
            &[
                "-<connection authentication='auth-none' class='postgres' dbname='test' port='1' server='old' service='s1' username='me'>",
                &format!(
                    "+<connection authentication='sspi' class='mysql' dbname='prod' directory='d' filename='f' one-time-sql='SET x' port='2' query-band-spec='a=b;' role='r' server='new' service='s2' sslmode='require' username='u' warehouse='w'>{}",
                    if version == "9.3" { "" } else { "</connection>" }
                ),
            ]
            .map(|line| {
                if version != "9.3" && line.starts_with('-') {
                    format!("{line}</connection>")
                } else {
                    line.to_owned()
                }
            })
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        );
    }
}

#[test]
fn where_the_connector_says_schema_the_database_is_written_there() {
    let change = ConnectionChange {
        database: some("PROD"),
        ..ConnectionChange::default()
    };
    check_in(
        &with_connection(
            "10.5",
            "<connection class='oracle' schema='TEST' server='o' service='x'>",
        ),
        |document| document.change_connections(&ConnectionMatch::default(), &change),
        &[
            "-<connection class='oracle' schema='TEST' server='o' service='x'></connection>",
            "+<connection class='oracle' schema='PROD' server='o' service='x'></connection>",
        ],
    );
}

#[test]
fn a_published_data_source_changes_host_and_label_too() {
    let change = PublishedChange {
        label: some("Ships & co"),
        server: some("prod"),
        port: Some(443),
        channel: some("https"),
        ..PublishedChange::default()
    };
    check_in(
        PUBLISHED,
        |document| document.set_published("Boats", &change),
        &[
            "-<connection channel='http' class='sqlproxy' dbname='boats' port='80' server='host' server-ds-friendly-name='Boats' />",
            "+<connection channel='https' class='sqlproxy' dbname='boats' port='443' server='prod' server-ds-friendly-name='Ships &amp; co' />",
        ],
    );
}

#[test]
fn fields_are_mapped_to_columns_of_tables() {
    check_in(
        TERADATA,
        |document| {
            document.map_column("sales", "k", "[a].[k]")?;
            document.map_column("sales", "k 2", "[q].[k]")?;
            document.map_column("sales", "k", "[q].[k]")
        },
        &[
            "+<cols>",
            "+<map key='[k]' value='[q].[k]' />",
            "+<map key='[k 2]' value='[q].[k]' />",
            "+</cols>",
        ],
    );
}

// --- Data source: columns -------------------------------------------------------------------------

#[test]
fn columns_change_type_role_and_kind_in_sheets_too() {
    let change = ColumnChange {
        datatype: some("integer"),
        role: some("dimension"),
        kind: some("ordinal"),
        aggregation: some("Avg"),
        hidden: Some(false),
        ..ColumnChange::default()
    };
    check(
        |document| document.change_column(FERRY, "Ticket price", &change),
        &[
            "-<column caption='Ticket price' datatype='real' hidden='true' name='[Fare]' role='dimension' type='ordinal'>",
            "+<column aggregation='Avg' caption='Ticket price' datatype='integer' name='[Fare]' role='dimension' type='ordinal'>",
            "-<column datatype='real' name='[Fare]' role='measure' type='quantitative' />",
            "+<column aggregation='Avg' datatype='integer' name='[Fare]' role='dimension' type='ordinal' />",
        ],
    );
    // A field that only the database knows gets a column.
    let place = ColumnChange {
        semantic_role: some("[City].[Name]"),
        hidden: Some(true),
        ..ColumnChange::default()
    };
    check(
        |document| document.change_column(FERRY, "Port", &place),
        &[
            "+<column datatype='string' hidden='true' name='[Port]' role='dimension' semantic-role='[City].[Name]' type='nominal' />",
        ],
    );
    let wrong = |change: ColumnChange, part: &str| {
        refuse(|document| document.change_column(FERRY, "Fare", &change), part);
    };
    wrong(
        ColumnChange {
            role: some("fact"),
            ..ColumnChange::default()
        },
        "no role `fact`",
    );
    wrong(
        ColumnChange {
            datatype: some("string"),
            kind: some("quantitative"),
            ..ColumnChange::default()
        },
        "cannot be quantitative",
    );
}

#[test]
fn captions_are_translated_as_a_whole_and_by_marks() {
    let book = sample()
        .replace("caption='Margin'", "caption='[[margin]] (%)'")
        .replace("caption='Top N'", "caption='[[top]] [[n]]'");
    let dictionary = BTreeMap::from([
        ("margin".to_owned(), "Marge".to_owned()),
        ("top".to_owned(), "Die besten".to_owned()),
        ("Margin".to_owned(), "wrong".to_owned()),
    ]);
    let done = check_in(
        &book,
        |document| document.translate(&dictionary),
        &[
            "-<column caption='[[top]] [[n]]' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>",
            "+<column caption='Die besten [[n]]' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>",
            "-<column caption='[[margin]] (%)' datatype='real' name='[Calculation_1]' role='measure' type='quantitative'>",
            "+<column caption='Marge (%)' datatype='real' name='[Calculation_1]' role='measure' type='quantitative'>",
        ],
    );
    assert_eq!(done.len(), 2);
}

#[test]
fn aliases_are_added_changed_and_removed() {
    check(
        |document| {
            document.set_alias(FERRY, "Port", &text("Oslo"), Some("Christiania"))?;
            document.set_alias(FERRY, "Port", &Literal::Null, Some("unknown"))?;
            document.set_alias(FERRY, "Port", &text("Oslo"), Some("Kristiania"))?;
            document.set_alias(FERRY, "Port", &text("Bergen"), Some("B"))?;
            document.set_alias(FERRY, "Port", &text("Bergen"), None)
        },
        &[
            "+<column datatype='string' name='[Port]' role='dimension' type='nominal'>",
            "+<aliases>",
            "+<alias key='&quot;Oslo&quot;' value='Kristiania' />",
            "+<alias key='%null%' value='unknown' />",
            "+</aliases>",
            "+</column>",
        ],
    );
}

#[test]
fn fields_join_and_leave_a_hierarchy() {
    let book = sample().replace(
        "      <extract ",
        "      <drill-paths>\n        <drill-path name='Where'>\n          <field>[Port]</field>\n          <field>[Day]</field>\n        </drill-path>\n      </drill-paths>\n      <extract ",
    );
    check_in(
        &book,
        |document| {
            assert_eq!(
                document.datasource(FERRY)?.hierarchies(),
                [("Where".to_owned(), vec!["[Port]".to_owned(), "[Day]".to_owned()])]
            );
            document.set_hierarchy(FERRY, "Where", &["Port", "Fare", "Day"])
        },
        &["+<field>[Fare]</field>"],
    );
    check_in(
        &book,
        |document| document.set_hierarchy(FERRY, "Where", &["Day"]),
        &["-<field>[Port]</field>"],
    );
    check_in(
        &book,
        |document| document.rename_hierarchy(FERRY, "Where", "Place"),
        &["-<drill-path name='Where'>", "+<drill-path name='Place'>"],
    );
}

#[test]
fn a_data_source_is_called_otherwise_wherever_sheets_link_to_it() {
    check(
        |document| document.set_datasource_caption(FERRY, "Boats"),
        &[
            "-<datasource caption='Ferry trips' inline='true' name='federated.0abc' version='18.1'>",
            "+<datasource caption='Boats' inline='true' name='federated.0abc' version='18.1'>",
            "-<datasources><datasource caption='Ferry trips' name='federated.0abc' /><datasource name='Parameters' /></datasources>",
            "+<datasources><datasource caption='Boats' name='federated.0abc' /><datasource name='Parameters' /></datasources>",
        ],
    );
}

// --- Data source: extracts ------------------------------------------------------------------------

#[test]
fn older_documents_get_the_older_extract() {
    let new = NewExtract {
        file: "sales.tde".to_owned(),
        increment_key: None,
    };
    let path = check_in(
        &TERADATA.replace("10.5", "10.3"),
        |document| document.add_extract("sales", &new),
        &[
            "+<extract count='-1' enabled='true' units='records'>",
            "+<connection class='dataengine' dbname='Data/Datasources/sales.tde' schema='Extract' tablename='Extract' update-time=''>",
            "+<relation name='Extract' table='[Extract].[Extract]' type='table' />",
            "+<calculations>",
            "+<calculation column='[Number of Records]' formula='1' />",
            "+</calculations>",
            "+<refresh increment-key='' incremental-updates='false' />",
            "+</connection>",
            "+</extract>",
        ],
    );
    assert_eq!(path, "Data/Datasources/sales.tde");
}

#[test]
fn extracts_name_the_table_of_the_model_in_the_spelling_of_the_document() {
    let new = NewExtract {
        file: "t".to_owned(),
        increment_key: None,
    };
    let with = |features: &str| {
        TERADATA.replace("10.5", "18.1").replacen(
            "<connection",
            &format!(
                "<document-format-change-manifest>\n{features}</document-format-change-manifest>\n<connection"
            ),
            1,
        )
    };
    let extract =
        |attribute: &str| format!("+<extract{attribute} count='-1' enabled='true' units='records'>");
    let prefixed = "_.fcp.ObjectModelExtractV2.true...";
    for (features, listed, attribute) in [
        ("<ObjectModelExtractV2 />\n", None, " object-id=''"),
        (
            "<_.fcp.A.true...A />\n<_.fcp.Z.true...Z />\n",
            Some(format!("+<{prefixed}ObjectModelExtractV2 />")),
            "prefixed",
        ),
        (&format!("<{prefixed}ObjectModelExtractV2 />\n"), None, "prefixed"),
    ] {
        let before = with(features);
        let mut document = parse(&before);
        document.add_extract("sales", &new).unwrap();
        let lines = difference(&before, &String::from_utf8(document.to_bytes()).unwrap());
        let attribute = match attribute {
            "prefixed" => format!(" {prefixed}object-id=''"),
            own => own.to_owned(),
        };
        // Attributes are sorted by name, and `_` comes before letters.
        let expected = if attribute.starts_with(" o") {
            "+<extract count='-1' enabled='true' object-id='' units='records'>".to_owned()
        } else {
            extract(&attribute)
        };
        let skip = usize::from(listed.is_some());
        assert_eq!(lines[..skip], listed.into_iter().collect::<Vec<_>>());
        assert_eq!(lines[skip], expected);
    }
}

#[test]
fn the_file_of_an_extract_has_the_columns_of_the_database_and_of_filters() {
    let columns = |document: &Document, source: &str| {
        let columns = document.stub_columns(source).unwrap();
        let pairs: Vec<_> = columns
            .iter()
            .map(|(name, datatype)| format!("{name}: {datatype}"))
            .collect();
        pairs.join(", ")
    };
    let document = parse(&sample());
    assert_eq!(columns(&document, FERRY), "Port: string, Fare: real, Day: date");
    // Where the database is not known, what filters need has to be there.
    let bare = "<datasource formatted-name='d' version='18.1'><connection class='postgres'>
<relation name='t' table='[t]' type='table' /></connection>
<column datatype='integer' name='[n]' role='measure' type='quantitative' />
<column caption='C' datatype='integer' name='[c]' role='measure' type='quantitative'><calculation class='tableau' formula='[n]' /></column>
</datasource>
";
    let mut document = parse(bare);
    assert_eq!(columns(&document, "d"), "Generic Field: string");
    let range = NewFilter::Range {
        min: Some(Literal::Integer(1)),
        max: None,
        include_null: false,
    };
    document
        .add_filter("d", FilterScope::Datasource, "n", &range)
        .unwrap();
    document
        .add_filter("d", FilterScope::Datasource, "C", &range)
        .unwrap();
    assert_eq!(columns(&document, "d"), "n: integer");
}

#[test]
fn refreshes_add_rows_by_a_field_or_read_all() {
    check(
        |document| document.set_increment_key(FERRY, Some("Port")),
        &[
            "-<refresh increment-key='[Day]' incremental-updates='true' />",
            "+<refresh increment-key='[Port]' incremental-updates='true' />",
        ],
    );
    check(
        |document| document.set_increment_key(FERRY, None),
        &[
            "-<refresh increment-key='[Day]' incremental-updates='true' />",
            "+<refresh increment-key='' incremental-updates='false' />",
        ],
    );
    let error = parse(TERADATA).set_increment_key("sales", None).unwrap_err();
    assert!(error.to_string().contains("no extract"), "{error}");
}

// --- Data source: filters -------------------------------------------------------------------------

#[test]
fn filters_by_members() {
    let filter = |values: Vec<Literal>, exclude, custom_list| NewFilter::Members {
        values,
        exclude,
        custom_list,
    };
    check(
        |document| {
            let one = filter(vec![Literal::Integer(3)], false, false);
            document.add_filter(FERRY, FilterScope::Extract, "Fare", &one)
        },
        &[
            "+<filter class='categorical' column='[Fare]' filter-group='2'>",
            "+<groupfilter function='member' level='[Fare]' member='3' user:ui-domain='database' user:ui-enumeration='inclusive' user:ui-marker='enumerate' />",
            "+</filter>",
        ],
    );
    check(
        |document| {
            let two = filter(vec![text("a"), Literal::Null], false, true);
            document.add_filter(FERRY, FilterScope::Datasource, "Port", &two)
        },
        &[
            "+<filter class='categorical' column='[Port]' filter-group='2'>",
            "+<groupfilter function='union' user:ui-domain='database' user:ui-enumeration='inclusive' user:ui-manual-selection='true' user:ui-manual-selection-all-when-empty='true' user:ui-marker='enumerate'>",
            "+<groupfilter function='member' level='[Port]' member='&quot;a&quot;' />",
            "+<groupfilter function='member' level='[Port]' member='%null%' />",
            "+</groupfilter>",
            "+</filter>",
        ],
    );
    refuse(
        |document| {
            document.add_filter(
                FERRY,
                FilterScope::Datasource,
                "Port",
                &filter(Vec::new(), true, false),
            )
        },
        "at least one",
    );
}

#[test]
fn filters_by_ranges_of_numbers_and_dates() {
    let instance = "+<column-instance column='[Fare]' derivation='None' name='[none:Fare:qk]' pivot='key' type='quantitative' />";
    let range = |min, max, include_null| NewFilter::Range {
        min,
        max,
        include_null,
    };
    check(
        |document| {
            let both = range(Some(Literal::Integer(1)), Some(Literal::Real(2.5)), true);
            document.add_filter(FERRY, FilterScope::Datasource, "Fare", &both)
        },
        &[
            instance,
            "+<filter class='quantitative' column='[none:Fare:qk]' filter-group='2' included-values='in-range-or-null'>",
            "+<min>1</min>",
            "+<max>2.5</max>",
            "+</filter>",
        ],
    );
    check(
        |document| {
            let until = range(None, Some(date("2024-01-01 12:00:00")), false);
            document.add_filter(FERRY, FilterScope::Extract, "Day", &until)
        },
        &[
            "+<column-instance column='[Day]' derivation='None' name='[none:Day:qk]' pivot='key' type='quantitative' />",
            "+<filter class='quantitative' column='[none:Day:qk]' filter-group='2' included-values='in-range'>",
            "+<max>#2024-01-01 12:00:00#</max>",
            "+</filter>",
        ],
    );
    refuse(
        |document| document.add_filter(FERRY, FilterScope::Datasource, "Fare", &range(None, None, false)),
        "least or a greatest",
    );
}

#[test]
fn filters_by_dates_around_today() {
    let relative = |relative: RelativeDate, expected: &str| {
        check(
            |document| {
                document.add_filter(
                    FERRY,
                    FilterScope::Datasource,
                    "Day",
                    &NewFilter::RelativeDate(relative),
                )
            },
            &[
                "+<column-instance column='[Day]' derivation='None' name='[none:Day:qk]' pivot='key' type='quantitative' />",
                &format!(
                    "+<filter class='relative-date' column='[none:Day:qk]' filter-group='2' {expected} />"
                ),
            ],
        );
    };
    relative(
        RelativeDate::previous(Period::Quarter, 2),
        "first-period='-2' include-future='true' include-null='false' last-period='-1' period-type-v2='quarter'",
    );
    relative(
        RelativeDate::next(Period::Day, 7),
        "first-period='1' include-future='true' include-null='false' last-period='7' period-type-v2='day'",
    );
    relative(
        RelativeDate::current(Period::Hour),
        "first-period='0' include-future='true' include-null='false' last-period='0' period-type-v2='hour'",
    );
    relative(
        RelativeDate::to_date(Period::Year),
        "first-period='0' include-future='false' include-null='false' last-period='0' period-type-v2='year'",
    );
    for period in Period::ALL {
        relative(
            RelativeDate::last(period, 1),
            &format!(
                "first-period='0' include-future='true' include-null='false' last-period='0' period-type-v2='{}'",
                period.as_str()
            ),
        );
    }
}

// --- Data source: calculations --------------------------------------------------------------------

#[test]
fn calculations_are_of_the_role_type_and_kind_that_is_asked_for() {
    let new = |role: &str, kind: &str, datatype: &str| NewCalculation {
        caption: "C".to_owned(),
        formula: "[Fare] * 2".to_owned(),
        role: some(role),
        kind: some(kind),
        datatype: some(datatype),
    };
    for (role, kind, datatype) in [
        ("measure", "quantitative", "real"),
        ("dimension", "ordinal", "integer"),
        ("dimension", "nominal", "string"),
        ("measure", "ordinal", "datetime"),
        ("dimension", "quantitative", "date"),
        ("dimension", "nominal", "boolean"),
    ] {
        let mut document = parse(&sample());
        let name = document
            .add_calculation(FERRY, &new(role, kind, datatype))
            .unwrap()
            .name;
        let after = String::from_utf8(document.to_bytes()).unwrap();
        assert_eq!(
            difference(&sample(), &after),
            [
                format!(
                    "+<column caption='C' datatype='{datatype}' name='{name}' role='{role}' type='{kind}'>"
                ),
                "+<calculation class='tableau' formula='[Fare] * 2' />".to_owned(),
                "+</column>".to_owned(),
            ]
        );
    }
    refuse(
        |document| document.add_calculation(FERRY, &new("fact", "ordinal", "real")),
        "fact",
    );
    refuse(
        |document| document.add_calculation(FERRY, &new("measure", "ordinal", "money")),
        "money",
    );
    // A name that is taken as a caption is refused, so that formulas stay unambiguous.
    let taken = NewCalculation {
        caption: "Margin".to_owned(),
        ..new("measure", "ordinal", "real")
    };
    refuse(|document| document.add_calculation(FERRY, &taken), "already");
}

// --- Data source: relations -----------------------------------------------------------------------

const ORDERS: &str = "<datasource formatted-name='d' version='10.5'>
<connection class='federated'>
<named-connections><named-connection caption='s' name='sqlserver.1'>
<connection class='sqlserver' dbname='db' server='s' />
</named-connection></named-connections>
<relation connection='sqlserver.1' name='orders' table='[dbo].[orders]' type='table' />
<metadata-records>
<metadata-record class='column'><remote-name>id</remote-name><local-name>[id]</local-name><parent-name>[orders]</parent-name><local-type>integer</local-type></metadata-record>
</metadata-records>
</connection>
</datasource>
";

fn on(left_table: &str, left: &str, operator: &str, right: &str) -> JoinOn {
    JoinOn {
        left_table: left_table.to_owned(),
        left: left.to_owned(),
        operator: operator.to_owned(),
        right: right.to_owned(),
    }
}

#[test]
fn every_join_is_written_and_every_condition() {
    let kinds = [
        (JoinKind::Inner, "inner"),
        (JoinKind::Left, "left"),
        (JoinKind::Right, "right"),
        (JoinKind::Full, "full"),
    ];
    for (kind, word) in kinds {
        let first = NewJoin {
            kind,
            table: TableSource::Table {
                schema: some("dbo"),
                table: "returns".to_owned(),
            },
            name: "returns".to_owned(),
            on: vec![on("orders", "id", "=", "id"), on("orders", "line", "<=", "line")],
            connection: None,
        };
        let second = NewJoin {
            kind: JoinKind::Inner,
            table: TableSource::Sql("SELECT 1 AS id".to_owned()),
            name: "extra".to_owned(),
            on: vec![on("returns", "id", "=", "id")],
            connection: some("sqlserver.1"),
        };
        let tag = format!("+<relation join='{word}' type='join'>");
        check_in(
            ORDERS,
            |document| {
                document.add_join("d", &first)?;
                document.add_join("d", &second)
            },
            &[
                "-<relation connection='sqlserver.1' name='orders' table='[dbo].[orders]' type='table' />",
                "+<relation join='inner' type='join'>",
                "+<clause type='join'>",
                "+<expression op='='>",
                "+<expression op='[returns].[id]' />",
                "+<expression op='[extra].[id]' />",
                "+</expression>",
                "+</clause>",
                &tag,
                "+<clause type='join'>",
                "+<expression op='AND'>",
                "+<expression op='='>",
                "+<expression op='[orders].[id]' />",
                "+<expression op='[returns].[id]' />",
                "+</expression>",
                "+<expression op='&lt;='>",
                "+<expression op='[orders].[line]' />",
                "+<expression op='[returns].[line]' />",
                "+</expression>",
                "+</expression>",
                "+</clause>",
                "+<relation connection='sqlserver.1' name='orders' table='[dbo].[orders]' type='table' />",
                "+<relation connection='sqlserver.1' name='returns' table='[dbo].[returns]' type='table' />",
                "+</relation>",
                "+<relation connection='sqlserver.1' name='extra' type='text'>SELECT 1 AS id</relation>",
                "+</relation>",
                "+<cols>",
                "+<map key='[id]' value='[orders].[id]' />",
                "+</cols>",
            ],
        );
    }
    let wrong = |join: NewJoin, part: &str| {
        let error = parse(ORDERS).add_join("d", &join).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    let join = |on: Vec<JoinOn>| NewJoin {
        kind: JoinKind::Inner,
        table: TableSource::Sql("SELECT 1".to_owned()),
        name: "x".to_owned(),
        on,
        connection: None,
    };
    wrong(join(Vec::new()), "at least one condition");
    wrong(join(vec![on("none", "a", "=", "b")]), "no relation `none`");
    wrong(join(vec![on("orders", "a", "like", "b")]), "no comparison");
}

#[test]
fn the_first_table_becomes_sql_or_a_procedure_and_back() {
    let before = "-<relation connection='sqlserver.1' name='orders' table='[dbo].[orders]' type='table' />";
    check_in(
        ORDERS,
        |document| {
            document.set_relation(
                "d",
                None,
                &TableSource::Sql("SELECT * FROM t WHERE a < 1".to_owned()),
            )
        },
        &[
            before,
            "+<relation connection='sqlserver.1' name='orders' type='text'>SELECT * FROM t WHERE a &lt;&lt; 1</relation>",
        ],
    );
    check_in(
        ORDERS,
        |document| {
            let procedure = TableSource::Procedure {
                schema: some("dbo"),
                name: "report".to_owned(),
            };
            document.set_relation("d", None, &procedure)?;
            document.set_procedure_value("d", "@from", &date("2024-02-29"))?;
            document.set_procedure_value("d", "@at", &date("2024-02-29 12:30:00"))?;
            document.set_procedure_value("d", "@name", &text("O'Neill"))?;
            document.set_procedure_value("d", "@from", &date("2024-03-01"))?;
            let relation = document.datasources()[0].all_relations()[0];
            let values: Vec<String> = relation
                .parameters()
                .into_iter()
                .map(|(_, value)| value)
                .collect();
            assert_eq!(
                values,
                ["#2024-03-01#", "#2024-02-29 12:30:00#", "\"O'Neill\""],
                "read back by name"
            );
            Ok(())
        },
        &[
            before,
            "+<relation connection='sqlserver.1' name='orders' stored-proc='[dbo].[report]' type='stored-proc'>",
            "+<actual-parameters>",
            "+<column name='@from' value='#2024-03-01#' />",
            "+<column name='@at' value='#2024-02-29 12:30:00#' />",
            "+<column name='@name' value='&quot;O&apos;Neill&quot;' />",
            "+</actual-parameters>",
            "+</relation>",
        ],
    );
    // What belonged to the SQL or the procedure goes with it.
    let table = TableSource::Table {
        schema: some("dbo"),
        table: "orders".to_owned(),
    };
    for other in [
        TableSource::Sql("x".to_owned()),
        TableSource::Procedure {
            schema: None,
            name: "p".to_owned(),
        },
    ] {
        let mut document = parse(ORDERS);
        document.set_relation("d", None, &other).unwrap();
        if matches!(other, TableSource::Procedure { .. }) {
            document
                .set_procedure_value("d", "@n", &Literal::Integer(1))
                .unwrap();
        }
        document.set_relation("d", Some("orders"), &table).unwrap();
        let after = String::from_utf8(document.to_bytes()).unwrap();
        // An element that held something keeps its end tag.
        let lines = difference(ORDERS, &after).concat().replace("</relation>", "");
        assert_eq!(
            lines.trim_end_matches('+'),
            format!("{before}{}", before.replace('-', "+").replace(" />", ">"))
        );
    }
}

// --- Data source: from scratch --------------------------------------------------------------------

#[test]
fn a_data_source_from_scratch_is_written_like_this() {
    let new = NewDatasource {
        name: "Facts & more".to_owned(),
        version: some("18.1"),
        connection: NewConnection {
            class: "PostgreSQL".to_owned(),
            server: some("pg.example.org"),
            port: Some(5432),
            database: some("demo"),
            schema: some("public"),
            username: some("me"),
            authentication: some("username-password"),
            initial_sql: some("SET ROLE x"),
            attributes: vec![("sslmode".to_owned(), "require".to_owned())],
        },
        table: TableSource::Table {
            schema: some("public"),
            table: "facts".to_owned(),
        },
        table_name: "facts".to_owned(),
        columns: vec![("id".to_owned(), "integer".to_owned())],
    };
    let document = Document::new_datasource(&new).unwrap();
    let written = String::from_utf8(document.to_bytes()).unwrap();
    let source = document.datasources()[0];
    let key = source.connections()[0].name().unwrap().into_owned();
    let number = key.strip_prefix("postgres.").unwrap();
    assert!(number.len() == 20 && number.bytes().all(|byte| byte.is_ascii_digit()));
    let expected = format!(
        "<?xml version='1.0' encoding='utf-8' ?>

<datasource formatted-name='Facts &amp; more' inline='true' version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>
  <document-format-change-manifest />
  <connection class='federated'>
    <named-connections>
      <named-connection caption='pg.example.org' name='{key}'>
        <connection authentication='username-password' class='postgres' dbname='demo' one-time-sql='SET ROLE x' port='5432' schema='public' server='pg.example.org' sslmode='require' username='me' />
      </named-connection>
    </named-connections>
    <relation connection='{key}' name='facts' table='[public].[facts]' type='table' />
    <metadata-records>
      <metadata-record class='column'>
        <remote-name>id</remote-name>
        <remote-type>20</remote-type>
        <local-name>[id]</local-name>
        <parent-name>[facts]</parent-name>
        <remote-alias>id</remote-alias>
        <ordinal>1</ordinal>
        <local-type>integer</local-type>
        <aggregation>Sum</aggregation>
        <contains-null>true</contains-null>
      </metadata-record>
    </metadata-records>
  </connection>
  <aliases enabled='yes' />
  <column datatype='integer' name='[id]' role='measure' type='quantitative' />
</datasource>
"
    );
    assert_eq!(written.replace("\r\n", "\n"), expected);
    // The same again, so that files in version control do not change by themselves.
    assert_eq!(
        Document::new_datasource(&new).unwrap().to_bytes(),
        document.to_bytes()
    );
}

#[test]
fn every_connector_makes_a_data_source_in_every_generation() {
    for connector in vivant_document::edit::CONNECTORS {
        for version in ["9.3", "10.2", "10.5", "18.1"] {
            let new = NewDatasource {
                name: connector.title.to_owned(),
                version: some(version),
                connection: NewConnection {
                    class: connector.title.to_owned(),
                    server: some("host"),
                    database: some("folder/db"),
                    ..NewConnection::default()
                },
                table: TableSource::Table {
                    schema: None,
                    table: "t".to_owned(),
                },
                table_name: "t".to_owned(),
                columns: Vec::new(),
            };
            let document = Document::new_datasource(&new).unwrap();
            let source = document.datasources()[0];
            assert_eq!(source.connections()[0].class(), connector.class);
            assert_eq!(source.is_federated(), !version.starts_with('9'));
            read(FileKind::Tds, &document.to_bytes()).unwrap();
        }
    }
}

// --- Parameters -----------------------------------------------------------------------------------

fn parameter(caption: &str, datatype: &str, value: Option<Literal>, domain: Domain) -> NewParameter {
    NewParameter {
        caption: caption.to_owned(),
        datatype: datatype.to_owned(),
        value,
        domain,
    }
}

#[test]
fn parameters_of_every_type_and_domain() {
    check(
        |document| {
            let all = parameter("Who", "string", Some(text("a \"b\"")), Domain::All);
            document.add_parameter(&all)
        },
        &[
            "+<column caption='Who' datatype='string' name='[Parameter 2]' param-domain-type='any' role='measure' type='nominal' value='&quot;a \\&quot;b\\&quot;&quot;'>",
            "+<calculation class='tableau' formula='&quot;a \\&quot;b\\&quot;&quot;' />",
            "+</column>",
        ],
    );
    check(
        |document| {
            let range = Domain::Range {
                min: Some(date("2024-01-01")),
                max: Some(date("2024-12-31")),
                step: Some(Literal::Integer(2)),
                period: some("week"),
            };
            document.add_parameter(&parameter("When", "date", Some(date("2024-06-01")), range))
        },
        &[
            "+<column caption='When' datatype='date' name='[Parameter 2]' param-domain-type='range' role='measure' type='quantitative' value='#2024-06-01#'>",
            "+<calculation class='tableau' formula='#2024-06-01#' />",
            "+<range granularity='2' max='#2024-12-31#' min='#2024-01-01#' period-type-v2='week' />",
            "+</column>",
        ],
    );
    check(
        |document| {
            let range = Domain::Range {
                min: Some(Literal::Integer(0)),
                max: None,
                step: None,
                period: None,
            };
            document.add_parameter(&parameter("Share", "real", Some(Literal::Real(0.25)), range))
        },
        &[
            "+<column caption='Share' datatype='real' name='[Parameter 2]' param-domain-type='range' role='measure' type='quantitative' value='0.25'>",
            "+<calculation class='tableau' formula='0.25' />",
            "+<range min='0' />",
            "+</column>",
        ],
    );
    check(
        |document| {
            let list = Domain::List(vec![
                (Literal::Boolean(true), None),
                (Literal::Boolean(false), None),
            ]);
            document.add_parameter(&parameter("On", "boolean", None, list))
        },
        &[
            "+<column caption='On' datatype='boolean' name='[Parameter 2]' param-domain-type='list' role='measure' type='nominal' value='true'>",
            "+<calculation class='tableau' formula='true' />",
            "+<members>",
            "+<member value='true' />",
            "+<member value='false' />",
            "+</members>",
            "+</column>",
        ],
    );
}

#[test]
fn a_parameter_is_renamed_and_bounded_anew() {
    let change = ParameterChange {
        caption: some("Best"),
        value: some("7"),
        domain: Some(Domain::List(vec![
            (Literal::Integer(5), some("five")),
            (Literal::Integer(7), some("seven")),
        ])),
    };
    check(
        |document| document.change_parameter("Top N", &change),
        &[
            "-<column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>",
            "-<calculation class='tableau' formula='10' /><range granularity='5' max='50' min='5' />",
            "+<column alias='seven' caption='Best' datatype='integer' name='[Parameter 1]' param-domain-type='list' role='measure' type='quantitative' value='7'>",
            "+<calculation class='tableau' formula='7' />",
            "+<aliases>",
            "+<alias key='5' value='five' />",
            "+<alias key='7' value='seven' />",
            "+</aliases>",
            "+<members>",
            "+<member alias='five' value='5' />",
            "+<member alias='seven' value='7' />",
            "+</members>",
        ],
    );
}

#[test]
fn the_next_free_number_names_a_parameter() {
    let book = sample().replace(
        "    </datasource>\n    <datasource caption='Ferry trips'",
        "      <column caption='Copy' datatype='integer' name='[Top N (copy)_1]' param-domain-type='any' role='measure' type='quantitative' value='1' />\n\
         <column caption='Three' datatype='integer' name='[Parameter 3]' param-domain-type='any' role='measure' type='quantitative' value='1' />\n    </datasource>\n    <datasource caption='Ferry trips'",
    );
    let mut document = parse(&book);
    let mut add = |caption: &str| {
        document
            .add_parameter(&parameter(
                caption,
                "integer",
                Some(Literal::Integer(1)),
                Domain::All,
            ))
            .unwrap()
    };
    assert_eq!(add("a"), "[Parameter 2]");
    assert_eq!(add("b"), "[Parameter 4]");
}

#[test]
fn a_workbook_without_parameters_gets_the_data_source_for_them() {
    let (name, again) = check_in(
        PUBLISHED,
        |document| {
            let new = parameter("P", "integer", Some(Literal::Integer(1)), Domain::All);
            let name = document.add_parameter(&new)?;
            document.delete_parameter("P", false)?;
            let again = document.add_parameter(&new)?;
            Ok((name, again))
        },
        &[
            "+<datasource hasconnection='false' inline='true' name='Parameters' version='18.1'>",
            "+<aliases enabled='yes' />",
            "+<column caption='P' datatype='integer' name='[Parameter 1]' param-domain-type='any' role='measure' type='quantitative' value='1'>",
            "+<calculation class='tableau' formula='1' />",
            "+</column>",
            "+</datasource>",
        ],
    );
    assert_eq!(
        (name.as_str(), again.as_str()),
        ("[Parameter 1]", "[Parameter 1]")
    );
}

// --- Beyond the list ------------------------------------------------------------------------------

#[test]
fn a_field_is_renamed_in_every_place_that_names_it() {
    let count = check(
        |document| document.rename_field(FERRY, "Fare", "Price ]"),
        &[
            "-<metadata-record class='column'><remote-name>Fare</remote-name><local-name>[Fare]</local-name><parent-name>[trips.csv]</parent-name><local-type>real</local-type><aggregation>Sum</aggregation></metadata-record>",
            "+<metadata-record class='column'><remote-name>Fare</remote-name><local-name>[Price ]]]</local-name><parent-name>[trips.csv]</parent-name><local-type>real</local-type><aggregation>Sum</aggregation></metadata-record>",
            "-<column caption='Ticket price' datatype='real' hidden='true' name='[Fare]' role='dimension' type='ordinal'>",
            "+<column caption='Ticket price' datatype='real' hidden='true' name='[Price ]]]' role='dimension' type='ordinal'>",
            "-<calculation class='tableau' formula='SUM([Fare])&#13;&#10; / 2' />",
            "+<calculation class='tableau' formula='SUM([Price ]]])&#13;&#10; / 2' />",
            "-<column datatype='integer' name='[Fare (bin)]' role='dimension' type='ordinal'><calculation class='bin' formula='[Fare]' /></column>",
            "+<column datatype='integer' name='[Fare (bin)]' role='dimension' type='ordinal'><calculation class='bin' formula='[Price ]]]' /></column>",
            "-<column datatype='real' name='[Fare]' role='measure' type='quantitative' />",
            "-<column-instance column='[Fare]' derivation='Sum' name='[sum:Fare:qk]' pivot='key' type='quantitative' />",
            "+<column datatype='real' name='[Price ]]]' role='measure' type='quantitative' />",
            "+<column-instance column='[Price ]]]' derivation='Sum' name='[sum:Price ]]:qk]' pivot='key' type='quantitative' />",
        ],
    );
    assert!(count >= 6, "{count}");
}
