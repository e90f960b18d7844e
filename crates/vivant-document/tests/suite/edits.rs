//! Edits change what they name: each test shows the whole difference, line by line.

use std::collections::{BTreeMap, HashMap};

use vivant_document::edit::{
    ConnectionChange, ConnectionMatch, Domain, FilterScope, JoinKind, JoinOn, Literal, NewCalculation,
    NewConnection, NewDatasource, NewExtract, NewFilter, NewJoin, NewParameter, ParameterChange, Period,
    PublishedChange, RelativeDate, TableSource,
};
use vivant_document::{Document, Error, FileKind, Inspected, Limits};

use crate::support::{read, sample};

type Outcome<T> = Result<T, Error>;

pub fn parse(text: &str) -> Document {
    Document::parse(text, &Limits::default()).unwrap()
}

/// Lines that differ: `-` before, `+` after, without indentation.
pub fn difference(before: &str, after: &str) -> Vec<String> {
    let (a, b): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let mut table = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i][j] = if a[i] == b[j] {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || table[i + 1][j] >= table[i][j + 1]) {
            lines.push(format!("-{}", a[i].trim()));
            i += 1;
        } else {
            lines.push(format!("+{}", b[j].trim()));
            j += 1;
        }
    }
    lines
}

#[track_caller]
pub fn check_in<T>(before: &str, edit: impl FnOnce(&mut Document) -> Outcome<T>, expected: &[&str]) -> T {
    let mut document = parse(before);
    let result = edit(&mut document).unwrap();
    let after = String::from_utf8(document.to_bytes()).unwrap();
    assert_eq!(difference(before, &after), expected);
    // The comparison for people sees a change where there is one, and only there.
    let seen = vivant_document::diff(&parse(before), &document);
    assert_eq!(seen.is_empty(), expected.is_empty(), "{seen:#?}");
    // What was written is a document that the other reader understands too.
    let kind = if document.workbook().is_some() {
        FileKind::Twb
    } else {
        FileKind::Tds
    };
    read(kind, after.as_bytes()).unwrap();
    result
}

#[track_caller]
pub fn check<T>(edit: impl FnOnce(&mut Document) -> Outcome<T>, expected: &[&str]) -> T {
    check_in(&sample(), edit, expected)
}

#[track_caller]
pub fn refuse<T>(edit: impl FnOnce(&mut Document) -> Outcome<T>, part: &str) {
    let before = sample();
    let mut document = parse(&before);
    let Err(error) = edit(&mut document) else {
        panic!("not refused: {part}")
    };
    assert!(error.to_string().contains(part), "{error}");
    assert_eq!(
        document.to_bytes(),
        before.as_bytes(),
        "a refused edit changes nothing"
    );
}

pub const FERRY: &str = "Ferry trips";

#[test]
fn connections_are_changed_by_what_they_are() {
    let which = ConnectionMatch {
        class: Some("postgres".to_owned()),
        ..ConnectionMatch::default()
    };
    let change = ConnectionChange {
        server: Some("prod.example.org".to_owned()),
        port: Some(5434),
        database: Some("ships".to_owned()),
        username: Some("mate".to_owned()),
        sslmode: Some("require".to_owned()),
        initial_sql: Some("SET x = '1'".to_owned()),
        ..ConnectionChange::default()
    };
    let count = check(
        |document| document.change_connections(&which, &change),
        &[
            "-<connection authentication='username-password' class='postgres' dbname='boats' port='5433' schema='public' server='db.example.org' username='skipper' password='secret' />",
            "+<connection authentication='username-password' class='postgres' dbname='ships' port='5434' schema='public' server='prod.example.org' username='mate' password='secret' one-time-sql='SET x = &apos;1&apos;' sslmode='require' />",
        ],
    );
    assert_eq!(count, 1);
    let nothing = ConnectionMatch {
        server: Some("elsewhere".to_owned()),
        ..ConnectionMatch::default()
    };
    assert_eq!(
        check(|document| document.change_connections(&nothing, &change), &[]),
        0
    );
}

pub const TERADATA: &str = "<datasource formatted-name='sales' version='10.5'>
<connection class='federated'>
<named-connections><named-connection caption='td' name='teradata.1'>
<connection class='teradata' dbname='test_db' one-time-sql='DATABASE test_db' server='td' />
</named-connection></named-connections>
<_.fcp.F.false...relation connection='teradata.1' name='a' table='[test_db].[a]' type='table' />
<_.fcp.F.true...relation join='inner' type='join'>
<clause type='join'><expression op='='><expression op='[a].[k]' /><expression op='[q].[k]' /></expression></clause>
<relation connection='teradata.1' name='a' table='[test_db].[a]' type='table' />
<relation connection='teradata.1' name='q' type='text'>SELECT * FROM test_db.b</relation>
</_.fcp.F.true...relation>
<metadata-records><metadata-record class='column'><remote-name>k</remote-name><local-name>[k]</local-name><parent-name>[a]</parent-name><local-type>integer</local-type></metadata-record></metadata-records>
</connection>
</datasource>
";

#[test]
fn a_database_swap_rewrites_the_names_of_tables() {
    let report = check_in(
        TERADATA,
        |document| document.swap_database(None, "test_db", "prod_db"),
        &[
            "-<connection class='teradata' dbname='test_db' one-time-sql='DATABASE test_db' server='td' />",
            "+<connection class='teradata' dbname='prod_db' one-time-sql='DATABASE test_db' server='td' />",
            "-<_.fcp.F.false...relation connection='teradata.1' name='a' table='[test_db].[a]' type='table' />",
            "+<_.fcp.F.false...relation connection='teradata.1' name='a' table='[prod_db].[a]' type='table' />",
            "-<relation connection='teradata.1' name='a' table='[test_db].[a]' type='table' />",
            "+<relation connection='teradata.1' name='a' table='[prod_db].[a]' type='table' />",
        ],
    );
    assert_eq!(report.connections, 1);
    assert_eq!(
        report.tables,
        [("[test_db].[a]".to_owned(), "[prod_db].[a]".to_owned())]
    );
    assert_eq!(report.custom_sql, ["q"], "SQL that mentions it is reported");
    assert_eq!(report.initial_sql, ["td"]);
}

pub const PUBLISHED: &str = "<workbook version='18.1'><datasources>
<datasource caption='Boats' name='sqlproxy.1'>
<repository-location derived-from='https://host/t/a/datasources/boats?rev=1.0' id='boats' path='/t/a/datasources' revision='1.0' site='a' />
<connection channel='http' class='sqlproxy' dbname='boats' port='80' server='host' server-ds-friendly-name='Boats' />
</datasource></datasources></workbook>
";

#[test]
fn published_data_sources_move_between_sites() {
    let change = PublishedChange {
        site: Some("b".to_owned()),
        content_url: Some("ships".to_owned()),
        ..PublishedChange::default()
    };
    check_in(
        PUBLISHED,
        |document| document.set_published("Boats", &change),
        &[
            "-<repository-location derived-from='https://host/t/a/datasources/boats?rev=1.0' id='boats' path='/t/a/datasources' revision='1.0' site='a' />",
            "-<connection channel='http' class='sqlproxy' dbname='boats' port='80' server='host' server-ds-friendly-name='Boats' />",
            "+<repository-location derived-from='https://host/t/b/datasources/ships?rev=1.0' id='ships' path='/t/b/datasources' revision='1.0' site='b' />",
            "+<connection channel='http' class='sqlproxy' dbname='ships' port='80' server='host' server-ds-friendly-name='ships' />",
        ],
    );
    let default = PublishedChange {
        site: Some(String::new()),
        ..PublishedChange::default()
    };
    check_in(
        PUBLISHED,
        |document| document.set_published("Boats", &default),
        &[
            "-<repository-location derived-from='https://host/t/a/datasources/boats?rev=1.0' id='boats' path='/t/a/datasources' revision='1.0' site='a' />",
            "+<repository-location derived-from='https://host/datasources/boats?rev=1.0' id='boats' path='/datasources' revision='1.0' />",
        ],
    );
    refuse(
        |document| document.set_published(FERRY, &default),
        "not a published one",
    );
}

#[test]
fn filters_of_every_kind_are_added_and_removed() {
    let members = NewFilter::Members {
        values: vec![Literal::Text("Oslo".to_owned()), Literal::Text("a\"b".to_owned())],
        exclude: true,
        custom_list: false,
    };
    check(
        |document| document.add_filter(FERRY, FilterScope::Datasource, "Port", &members),
        &[
            "+<filter class='categorical' column='[Port]' filter-group='2'>",
            "+<groupfilter function='except' user:ui-domain='database' user:ui-enumeration='exclusive' user:ui-marker='enumerate'>",
            "+<groupfilter function='level-members' level='[Port]' />",
            "+<groupfilter function='union'>",
            "+<groupfilter function='member' level='[Port]' member='&quot;Oslo&quot;' />",
            "+<groupfilter function='member' level='[Port]' member='&quot;a\\&quot;b&quot;' />",
            "+</groupfilter>",
            "+</groupfilter>",
            "+</filter>",
        ],
    );
    let range = NewFilter::Range {
        min: Some(Literal::Date("2024-01-01".to_owned())),
        max: None,
        include_null: false,
    };
    check(
        |document| document.add_filter(FERRY, FilterScope::Extract, "Day", &range),
        &[
            "+<column-instance column='[Day]' derivation='None' name='[none:Day:qk]' pivot='key' type='quantitative' />",
            "+<filter class='quantitative' column='[none:Day:qk]' filter-group='2' included-values='in-range'>",
            "+<min>#2024-01-01#</min>",
            "+</filter>",
        ],
    );
    let relative = NewFilter::RelativeDate(RelativeDate::last(Period::Month, 3));
    check(
        |document| {
            document.add_filter(FERRY, FilterScope::Datasource, "Day", &relative)?;
            let again = document.add_filter(FERRY, FilterScope::Datasource, "Day", &range);
            assert!(again.unwrap_err().to_string().contains("already"));
            Ok(())
        },
        &[
            "+<column-instance column='[Day]' derivation='None' name='[none:Day:qk]' pivot='key' type='quantitative' />",
            "+<filter class='relative-date' column='[none:Day:qk]' filter-group='2' first-period='-2' include-future='true' include-null='false' last-period='0' period-type-v2='month' />",
        ],
    );
    check(
        |document| {
            document.add_filter(FERRY, FilterScope::Datasource, "Port", &members)?;
            document.remove_filter(FERRY, FilterScope::Datasource, "[Port]")
        },
        &[],
    );
    refuse(
        |document| document.add_filter(FERRY, FilterScope::Datasource, "Port", &relative),
        "need dates",
    );
    refuse(
        |document| document.add_filter(FERRY, FilterScope::Datasource, "Prt", &members),
        "did you mean `Port`?",
    );
}

#[test]
fn calculations_get_internal_names() {
    let new = NewCalculation {
        caption: "Twice".to_owned(),
        formula: "[Ticket price] * 2 // [Fare]".to_owned(),
        ..NewCalculation::default()
    };
    let mut document = parse(&sample());
    let added = document.add_calculation(FERRY, &new).unwrap();
    assert!(added.name.starts_with("[Calculation_") && added.name.len() == "[Calculation_]".len() + 19);
    assert_eq!(
        added.formula, "[Fare] * 2 // [Fare]",
        "captions become internal names"
    );
    check(
        |document| document.add_calculation(FERRY, &new),
        &[
            &format!(
                "+<column caption='Twice' datatype='real' name='{}' role='measure' type='quantitative'>",
                added.name
            ),
            "+<calculation class='tableau' formula='[Fare] * 2 // [Fare]' />",
            "+</column>",
        ],
    );
    // A filter can refer to it by the name that came back.
    document
        .add_filter(
            FERRY,
            FilterScope::Datasource,
            &added.name,
            &NewFilter::Members {
                values: vec![Literal::Integer(1)],
                exclude: false,
                custom_list: true,
            },
        )
        .unwrap();
    let error = document
        .remove_calculation(FERRY, "Twice")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("is used in 1 places, first in data source 'Ferry trips' / filter"),
        "{error}"
    );
    document
        .remove_filter(FERRY, FilterScope::Datasource, "Twice")
        .unwrap();
    document.remove_calculation(FERRY, "Twice").unwrap();
    assert_eq!(document.to_bytes(), sample().into_bytes());

    for (formula, part) in [
        ("SUM([Nothing])", "[Nothing]"),
        ("1 +", "formula is wrong"),
        ("SUM(SUM([Fare]))", "formula is wrong"),
    ] {
        let wrong = NewCalculation {
            formula: formula.to_owned(),
            ..new.clone()
        };
        refuse(|document| document.add_calculation(FERRY, &wrong), part);
    }
    check(
        |document| document.set_formula(FERRY, "Margin", "AVG([Ticket price])\n/ 3"),
        &[
            "-<calculation class='tableau' formula='SUM([Fare])&#13;&#10; / 2' />",
            "+<calculation class='tableau' formula='AVG([Fare])&#13;&#10;/ 3' />",
        ],
    );
}

#[test]
fn parameters_are_made_changed_and_deleted() {
    let list = NewParameter {
        caption: "Semester".to_owned(),
        datatype: "date".to_owned(),
        value: None,
        domain: Domain::List(vec![
            (Literal::Date("2018-02-01".to_owned()), Some("Spring".to_owned())),
            (Literal::Date("2018-09-01".to_owned()), Some("Fall".to_owned())),
        ]),
    };
    let name = check(
        |document| document.add_parameter(&list),
        &[
            "+<column alias='Spring' caption='Semester' datatype='date' name='[Parameter 2]' param-domain-type='list' role='measure' type='quantitative' value='#2018-02-01#'>",
            "+<calculation class='tableau' formula='#2018-02-01#' />",
            "+<aliases>",
            "+<alias key='#2018-02-01#' value='Spring' />",
            "+<alias key='#2018-09-01#' value='Fall' />",
            "+</aliases>",
            "+<members>",
            "+<member alias='Spring' value='#2018-02-01#' />",
            "+<member alias='Fall' value='#2018-09-01#' />",
            "+</members>",
            "+</column>",
        ],
    );
    assert_eq!(name, "[Parameter 2]");
    let change = |value: &str| ParameterChange {
        value: Some(value.to_owned()),
        ..ParameterChange::default()
    };
    check(
        |document| document.change_parameter("Top N", &change("25")),
        &[
            "-<column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>",
            "-<calculation class='tableau' formula='10' /><range granularity='5' max='50' min='5' />",
            "+<column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='25'>",
            "+<calculation class='tableau' formula='25' /><range granularity='5' max='50' min='5' />",
        ],
    );
    let mut document = parse(&sample());
    document.add_parameter(&list).unwrap();
    document.change_parameter("Semester", &change("Fall")).unwrap();
    let semester = document.parameter("Semester").unwrap();
    assert_eq!(
        semester.value().unwrap(),
        "#2018-09-01#",
        "the current value is set by its label"
    );
    assert_eq!(semester.alias().unwrap(), "Fall");
    document.delete_parameter("Semester", false).unwrap();
    assert_eq!(document.to_bytes(), sample().into_bytes());
    refuse(
        |document| document.change_parameter("Top N", &change("99")),
        "none that the parameter may have",
    );
    refuse(
        |document| document.change_parameter("Top N", &change("1.5")),
        "is no integer",
    );
    refuse(
        |document| document.delete_parameter("Top N", false),
        "used in 1 places",
    );
    let all = ParameterChange {
        domain: Some(Domain::All),
        ..ParameterChange::default()
    };
    check(
        |document| document.change_parameter("Top N", &all),
        &[
            "-<column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>",
            "-<calculation class='tableau' formula='10' /><range granularity='5' max='50' min='5' />",
            "+<column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='any' role='measure' type='quantitative' value='10'>",
            "+<calculation class='tableau' formula='10' />",
        ],
    );
    // A workbook without parameters gets the data source that holds them, before the others.
    let mut bare = parse(PUBLISHED);
    bare.add_parameter(&list).unwrap();
    assert!(bare.all_datasources()[0].is_parameters());
    assert_eq!(bare.parameters()[0].name(), "[Parameter 1]");
}

#[test]
fn joins_wrap_what_is_there_on_every_branch() {
    let join = NewJoin {
        kind: JoinKind::Left,
        table: TableSource::Table {
            schema: Some("dbo".to_owned()),
            table: "rights".to_owned(),
        },
        name: "Rights".to_owned(),
        on: vec![
            JoinOn {
                left_table: "trips.csv".to_owned(),
                left: "Port".to_owned(),
                operator: "=".to_owned(),
                right: "port".to_owned(),
            },
            JoinOn {
                left_table: "trips.csv".to_owned(),
                left: "Day".to_owned(),
                operator: ">=".to_owned(),
                right: "since".to_owned(),
            },
        ],
        connection: None,
    };
    let mut document = parse(&sample());
    document.add_join(FERRY, &join).unwrap();
    let source = document.datasource(FERRY).unwrap();
    assert_eq!(
        source.relations()[0].describe(),
        "([trips#csv] left join [dbo].[rights]) on [trips.csv].[Port] = [Rights].[port] AND [trips.csv].[Day] >= [Rights].[since]"
    );
    assert_eq!(
        source.relations()[0].relations()[0].columns().len(),
        1,
        "the columns of the file stay"
    );
    let text = String::from_utf8(document.to_bytes()).unwrap();
    for branch in ["true", "false"] {
        let tag = format!("<_.fcp.ObjectModelEncapsulateLegacy.{branch}...relation join='left' type='join'>");
        assert!(text.contains(&tag), "{text}");
    }
    assert!(text.contains("<map key='[Port]' value='[trips.csv].[Port]' />"));
    read(FileKind::Twb, text.as_bytes()).unwrap();
    // Several joins one after another: the second joins to the first.
    let second = NewJoin {
        name: "More".to_owned(),
        on: vec![JoinOn {
            left_table: "Rights".to_owned(),
            left: "id".to_owned(),
            operator: "=".to_owned(),
            right: "id".to_owned(),
        }],
        kind: JoinKind::Inner,
        table: TableSource::Sql("SELECT 1 < 2".to_owned()),
        connection: None,
    };
    document.add_join(FERRY, &second).unwrap();
    let described = document.datasource(FERRY).unwrap().relations()[0].describe();
    assert!(
        described.contains("inner join custom SQL: SELECT 1 < 2"),
        "{described}"
    );
    refuse(
        |document| document.add_join(FERRY, &second),
        "no relation `Rights`",
    );
}

#[test]
fn a_table_of_another_connection_is_joined() {
    let other = NewConnection {
        class: "MySQL".to_owned(),
        server: Some("my.example.org".to_owned()),
        ..NewConnection::default()
    };
    let mut document = parse(&sample());
    let key = document.add_connection(FERRY, &other).unwrap();
    let tag = format!("+<named-connection caption='my.example.org' name='{key}'>");
    check(
        |document| document.add_connection(FERRY, &other),
        &[
            &tag,
            "+<connection class='mysql' server='my.example.org' />",
            "+</named-connection>",
        ],
    );
    let join = NewJoin {
        kind: JoinKind::Inner,
        table: TableSource::Table {
            schema: None,
            table: "ports".to_owned(),
        },
        name: "ports".to_owned(),
        on: vec![JoinOn {
            left_table: "trips.csv".to_owned(),
            left: "Port".to_owned(),
            operator: "=".to_owned(),
            right: "name".to_owned(),
        }],
        connection: Some(key.clone()),
    };
    document.add_join(FERRY, &join).unwrap();
    let source = document.datasource(FERRY).unwrap();
    let tables = source.relations()[0].relations();
    assert_eq!(tables[1].connection().as_deref(), Some(&*key));
    assert_eq!(source.column_maps()[0].1, "[trips.csv].[Port]");
    refuse(
        |document| document.add_join(FERRY, &join),
        "there is no connection",
    );
}

#[test]
fn tables_sql_and_procedures_are_set() {
    let sql = TableSource::Sql("SELECT *\nFROM t".to_owned());
    let mut document = parse(TERADATA);
    document.set_relation("sales", Some("q"), &sql).unwrap();
    let source = document.datasources()[0];
    assert_eq!(
        source.all_relations()[2].sql().unwrap(),
        "SELECT *\r\nFROM t".replace("\r\n", "\n")
    );
    check_in(
        TERADATA,
        |document| {
            document.set_relation(
                "sales",
                None,
                &TableSource::Table {
                    schema: None,
                    table: "b]".to_owned(),
                },
            )
        },
        &[
            "-<_.fcp.F.false...relation connection='teradata.1' name='a' table='[test_db].[a]' type='table' />",
            "+<_.fcp.F.false...relation connection='teradata.1' name='a' table='[b]]]' type='table' />",
            "-<relation connection='teradata.1' name='a' table='[test_db].[a]' type='table' />",
            "+<relation connection='teradata.1' name='a' table='[b]]]' type='table' />",
        ],
    );
    let procedure = "<datasource formatted-name='p' version='10.5'><connection class='sqlserver'>
<relation name='p' stored-proc='[dbo].[p]' type='stored-proc'>
<actual-parameters>
<column name='@from' value='#2023-01-01#' />
</actual-parameters>
</relation></connection></datasource>
";
    check_in(
        procedure,
        |document| {
            document.set_procedure_value("p", "@from", &Literal::Date("2024-01-01".to_owned()))?;
            document.set_procedure_value("p", "@n", &Literal::Integer(5))
        },
        &[
            "-<column name='@from' value='#2023-01-01#' />",
            "+<column name='@from' value='#2024-01-01#' />",
            "+<column name='@n' value='5' />",
        ],
    );
}

#[test]
fn captions_translations_aliases_and_hierarchies() {
    check(
        |document| document.set_caption(FERRY, "Fare", Some("Price & more")),
        &[
            "-<column caption='Ticket price' datatype='real' hidden='true' name='[Fare]' role='dimension' type='ordinal'>",
            "+<column caption='Price &amp; more' datatype='real' hidden='true' name='[Fare]' role='dimension' type='ordinal'>",
            "-<column datatype='real' name='[Fare]' role='measure' type='quantitative' />",
            "+<column caption='Price &amp; more' datatype='real' name='[Fare]' role='measure' type='quantitative' />",
        ],
    );
    check(
        |document| document.set_caption(FERRY, "Port", Some("Harbour")),
        &["+<column caption='Harbour' datatype='string' name='[Port]' role='dimension' type='nominal' />"],
    );
    refuse(
        |document| document.set_caption(FERRY, "Port", Some("Margin")),
        "already",
    );
    let dictionary = BTreeMap::from([
        ("Ticket price".to_owned(), "Fahrpreis".to_owned()),
        ("Top N".to_owned(), "Die ersten".to_owned()),
    ]);
    let done = check(
        |document| document.translate(&dictionary),
        &[
            "-<column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>",
            "+<column caption='Die ersten' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>",
            "-<column caption='Ticket price' datatype='real' hidden='true' name='[Fare]' role='dimension' type='ordinal'>",
            "+<column caption='Fahrpreis' datatype='real' hidden='true' name='[Fare]' role='dimension' type='ordinal'>",
            "-<column datatype='real' name='[Fare]' role='measure' type='quantitative' />",
            "+<column caption='Fahrpreis' datatype='real' name='[Fare]' role='measure' type='quantitative' />",
        ],
    );
    assert_eq!(done.len(), 2);
    check(
        |document| document.set_alias(FERRY, "Margin", &Literal::Integer(3), Some("three")),
        &["+<aliases>", "+<alias key='3' value='three' />", "+</aliases>"],
    );
    check(
        |document| {
            document.set_hierarchy(FERRY, "Place", &["Port", "Ticket price"])?;
            document.rename_hierarchy(FERRY, "Place", "Where")
        },
        &[
            "+<drill-paths>",
            "+<drill-path name='Where'>",
            "+<field>[Port]</field>",
            "+<field>[Fare]</field>",
            "+</drill-path>",
            "+</drill-paths>",
        ],
    );
    check(
        |document| {
            document.set_hierarchy(FERRY, "Place", &["Port"])?;
            document.set_hierarchy(FERRY, "Place", &[])
        },
        &[],
    );
}

#[test]
fn extracts_are_added_once_and_with_the_format_of_their_time() {
    let new = NewExtract {
        file: "sales".to_owned(),
        increment_key: Some("k".to_owned()),
    };
    let path = check_in(
        TERADATA,
        |document| document.add_extract("sales", &new),
        &[
            "+<extract count='-1' enabled='true' units='records'>",
            "+<connection access_mode='readonly' authentication='auth-none' author-locale='en_US' class='hyper' dbname='Data/Datasources/sales.hyper' default-settings='yes' schema='Extract' sslmode='' tablename='Extract' update-time='' username='tableau_internal_user'>",
            "+<relation name='Extract' table='[Extract].[Extract]' type='table' />",
            "+<calculations>",
            "+<calculation column='[Number of Records]' formula='1' />",
            "+</calculations>",
            "+<refresh increment-key='[k]' incremental-updates='true' />",
            "+</connection>",
            "+</extract>",
        ],
    );
    assert_eq!(path, "Data/Datasources/sales.hyper");
    let mut old = parse(&TERADATA.replace("10.5", "10.3"));
    assert_eq!(
        old.add_extract("sales", &new).unwrap(),
        "Data/Datasources/sales.tde"
    );
    refuse(
        |document| document.add_extract(FERRY, &new),
        "has an extract already",
    );
    let bad = NewExtract {
        file: "../x".to_owned(),
        increment_key: None,
    };
    assert!(parse(TERADATA).add_extract("sales", &bad).is_err());
}

#[test]
fn data_sources_are_made_from_scratch() {
    let new = |version: Option<&str>, table| NewDatasource {
        name: "Facts & more".to_owned(),
        version: version.map(str::to_owned),
        connection: NewConnection {
            class: "PostgreSQL".to_owned(),
            server: Some("pg.example.org".to_owned()),
            port: Some(5432),
            database: Some("demo".to_owned()),
            authentication: Some("username-password".to_owned()),
            initial_sql: Some("SET ROLE x".to_owned()),
            ..NewConnection::default()
        },
        table,
        table_name: "Facts".to_owned(),
        columns: vec![
            ("id".to_owned(), "integer".to_owned()),
            ("day".to_owned(), "date".to_owned()),
        ],
    };
    let table = TableSource::Table {
        schema: Some("public".to_owned()),
        table: "fact_table".to_owned(),
    };
    for version in [None, Some("9.3"), Some("18.1")] {
        let document = Document::new_datasource(&new(version, table.clone())).unwrap();
        let source = document.datasources()[0];
        assert_eq!(source.is_federated(), version != Some("9.3"));
        assert_eq!(source.connections()[0].class(), "postgres");
        assert_eq!(source.connections()[0].initial_sql().unwrap(), "SET ROLE x");
        assert_eq!(source.relations()[0].table().unwrap(), "[public].[fact_table]");
        let Inspected::Datasource(facts) = read(FileKind::Tds, &document.to_bytes()).unwrap() else {
            panic!("not a data source")
        };
        assert_eq!(facts.name, "Facts & more");
        assert_eq!(facts.fields.len(), 2);
        assert_eq!(facts.fields[1].datatype, "date");
        assert_eq!(facts.connections[0].dbname.as_deref(), Some("demo"));
    }
    let sql = Document::new_datasource(&new(None, TableSource::Sql("SELECT 1".to_owned()))).unwrap();
    assert_eq!(sql.datasources()[0].relations()[0].sql().unwrap(), "SELECT 1");
}

#[test]
fn a_workbook_is_pointed_at_another_data_source() {
    let other = Document::new_datasource(&NewDatasource {
        name: "Prod".to_owned(),
        version: Some("18.1".to_owned()),
        connection: NewConnection {
            class: "snowflake".to_owned(),
            server: Some("x.snowflakecomputing.com".to_owned()),
            database: Some("PROD".to_owned()),
            ..NewConnection::default()
        },
        table: TableSource::Table {
            schema: None,
            table: "TRIPS".to_owned(),
        },
        table_name: "TRIPS".to_owned(),
        columns: vec![
            ("PORT".to_owned(), "string".to_owned()),
            ("AMOUNT".to_owned(), "integer".to_owned()),
        ],
    })
    .unwrap();
    let mut document = parse(&sample());
    let mapping = HashMap::from([("Fare".to_owned(), "AMOUNT".to_owned())]);
    let report = document.repoint(FERRY, &other, &mapping).unwrap();
    assert_eq!(
        report.renamed,
        [
            ("Port".to_owned(), "PORT".to_owned()),
            ("Fare".to_owned(), "AMOUNT".to_owned())
        ]
    );
    assert_eq!(report.missing, [("Day".to_owned(), Vec::new())]);
    assert!(report.is_complete());
    assert_eq!(
        report.types,
        [("Fare".to_owned(), "real".to_owned(), "integer".to_owned())]
    );
    let source = document.datasource(FERRY).unwrap();
    assert_eq!(source.connections()[0].class(), "snowflake");
    assert!(source.extracts().is_empty());
    assert_eq!(source.column("Ticket price").unwrap().name(), "[AMOUNT]");
    assert_eq!(
        source
            .column("Margin")
            .unwrap()
            .calculation()
            .unwrap()
            .formula()
            .unwrap(),
        "SUM([AMOUNT])\n / 2"
    );
    let text = String::from_utf8(document.to_bytes()).unwrap();
    assert!(text.contains("<column-instance column='[AMOUNT]' derivation='Sum' name='[sum:AMOUNT:qk]'"));
    assert!(!text.contains("[Fare]"), "{text}");
    read(FileKind::Twb, text.as_bytes()).unwrap();
    // To a published data source whose fields are not known, everything is kept.
    let published = Document::new_published("Boats", "host", 443, "https", "a", "boats", &[]).unwrap();
    let mut document = parse(&sample());
    let report = document.repoint(FERRY, &published, &HashMap::new()).unwrap();
    assert!(report.unknown_fields && report.is_complete());
    let source = document.datasource(FERRY).unwrap();
    assert_eq!(source.published_content_url().as_deref(), Some("boats"));
    assert_eq!(source.published_site().as_deref(), Some("a"));
    refuse(
        |document| {
            document.repoint(
                FERRY,
                &other,
                &HashMap::from([("No".to_owned(), "PORT".to_owned())]),
            )
        },
        "no field `No` to map",
    );
}

#[test]
fn sheets_are_hidden_shown_and_deleted() {
    check(
        |document| document.set_sheet_hidden("Fares", true),
        &[
            "-<window class='worksheet' name='Fares' />",
            "+<window class='worksheet' hidden='true' name='Fares' />",
        ],
    );
    check(
        |document| document.set_sheet_hidden("Secret", false),
        &[
            "-<window class='worksheet' hidden='true' name='Secret' />",
            "+<window class='worksheet' name='Secret' />",
        ],
    );
    let report = check(
        |document| document.delete_sheet("Secret", false),
        &[
            "-<worksheet name='Secret'><table><view /></table></worksheet>",
            "-<zone id='2' name='Fares' /><zone id='3' name='Secret' /><zone id='4' name='Fares' type-v2='filter' />",
            "+<zone id='2' name='Fares' /><zone id='4' name='Fares' type-v2='filter' />",
            "-<window class='worksheet' hidden='true' name='Secret' />",
        ],
    );
    assert_eq!(report.zones, ["dashboard 'All' / zone 3"]);
    let mut document = parse(&sample());
    let report = document.delete_sheet("Fares", true).unwrap();
    assert_eq!(report.unused_datasources, ["federated.0abc"]);
    assert!(document.datasources().is_empty());
    assert_eq!(report.zones.len(), 2);
    let report = document.delete_sheet("All", false).unwrap();
    assert_eq!(report.story_points.len(), 1);
    refuse(
        |document| document.set_sheet_hidden("Fars", true),
        "did you mean `Fares`?",
    );
}

#[test]
fn edits_of_real_workbooks_touch_only_their_lines() {
    for (name, bytes) in crate::lossless::documents() {
        // Without optimisation the few large ones take longer than all others.
        if bytes.len() > 1 << 20 {
            continue;
        }
        let Ok(text) = String::from_utf8(bytes.clone()) else {
            continue;
        };
        let mut document = Document::parse(bytes, &Limits::default()).unwrap();
        let Some(source) = document
            .datasources()
            .first()
            .map(|source| source.name().into_owned())
        else {
            continue;
        };
        let Some(field) = document.datasources()[0]
            .calculations()
            .first()
            .map(|column| column.name().into_owned())
        else {
            continue;
        };
        let before = document.uses_of_field(&source, &field).unwrap_or_default().len();
        let old = vivant_document::unquote(&field);
        if document.rename_field(&source, &field, "Renamed ] field").is_err() {
            continue;
        }
        let after = document
            .uses_of_field(&source, "[Renamed ]] field]")
            .unwrap()
            .len();
        assert_eq!(before, after, "{name}: {field}");
        document
            .rename_field(&source, "[Renamed ]] field]", &old)
            .unwrap();
        let back = String::from_utf8(document.to_bytes()).unwrap();
        assert!(
            back == text,
            "{name}: {field} and back again: {:#?}",
            text.lines().zip(back.lines()).find(|(a, b)| a != b)
        );
    }
}
