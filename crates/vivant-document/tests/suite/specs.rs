//! Resolved workbooks: what engines ask for is there, on small documents, the samples and real files.

use std::path::{Path, PathBuf};

use vivant_calc::Value;
use vivant_document::spec::{
    Aggregate, Count, DateUnit, Derivation, FieldKind, FieldRef, FilterTest, Fit, Literal, MemberSet,
    RelationSpec, Shelf, Side, SortBy, TableCalcKind, WorkbookSpec, ZoneKind, workbook,
};
use vivant_document::{Document, FileKind, Limits, PackageFile};

const BOOK: &str = r##"<?xml version='1.0' encoding='utf-8' ?>
<workbook version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>
  <preferences><color-palette name='Ours' type='regular'><color>#112233</color></color-palette></preferences>
  <datasources>
    <datasource name='Parameters' hasconnection='false'>
      <column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='5'><calculation class='tableau' formula='5' /><range min='1' max='9' granularity='1' /></column>
    </datasource>
    <datasource caption='Ferries' name='federated.1'>
      <connection class='federated'>
        <named-connections><named-connection caption='f' name='textscan.1'><connection class='textscan' directory='Data' filename='f.csv' /></named-connection></named-connections>
        <relation join='left' type='join'>
          <clause type='join'><expression op='='><expression op='[trips].[boat]' /><expression op='[boats].[id]' /></expression></clause>
          <relation connection='textscan.1' name='trips' table='[f#csv]' type='table'><columns header='no' separator=';'><column datatype='date' name='day' ordinal='1' date-parse-format='d.M.y' /><column datatype='string' name='boat' ordinal='0' /></columns></relation>
          <relation connection='textscan.1' name='boats' table='[b#csv]' type='table' />
        </relation>
        <cols><map key='[id (boats)]' value='[boats].[id]' /></cols>
        <metadata-records>
          <metadata-record class='column'><remote-name>fare</remote-name><local-name>[fare]</local-name><parent-name>[trips]</parent-name><local-type>real</local-type><aggregation>Sum</aggregation></metadata-record>
          <metadata-record class='column'><remote-name>id</remote-name><local-name>[id (boats)]</local-name><parent-name>[boats]</parent-name><local-type>string</local-type><aggregation>Count</aggregation></metadata-record>
        </metadata-records>
      </connection>
      <column caption='Half' datatype='real' name='[Calculation_1]' role='measure' type='quantitative'><calculation class='tableau' formula='[fare]&#13;&#10;/ 2' /></column>
      <column datatype='string' name='[id (boats)]' role='dimension' type='nominal'><aliases><alias key='"a"' value='Albatross' /></aliases></column>
      <column datatype='integer' name='[fare (bin)]' role='dimension' type='ordinal'><calculation class='bin' formula='[fare]' size='5' peg='0' /></column>
      <group caption='Big' name='[Big]' user:ui-builder='filter-group'><groupfilter function='end' end='top' count='[Parameters].[Parameter 1]' units='records'><groupfilter function='order' direction='DESC' expression='SUM([fare])'><groupfilter function='level-members' level='[id (boats)]' /></groupfilter></groupfilter></group>
      <date-options start-of-week='monday' fiscal-year-start='april' />
    </datasource>
  </datasources>
  <shared-views><shared-view name='federated.1'><filter class='quantitative' column='[federated.1].[none:fare:qk]' included-values='in-range'><min>1</min></filter></shared-view></shared-views>
  <worksheets>
    <worksheet name='B'>
      <layout-options><title><formatted-text><run>Fares of &lt;[Parameters].[Parameter 1]&gt;</run></formatted-text></title></layout-options>
      <table>
        <view>
          <datasources><datasource name='federated.1' /><datasource name='Parameters' /></datasources>
          <datasource-dependencies datasource='federated.1'>
            <column-instance column='[fare]' derivation='Sum' name='[pcto:sum:fare:qk]' pivot='key' type='quantitative'><table-calc ordering-type='Columns' type='PctTotal' /></column-instance>
            <column-instance column='[id (boats)]' derivation='None' name='[none:id (boats):nk]' pivot='key' type='nominal' />
          </datasource-dependencies>
          <filter class='categorical' column='[federated.1].[none:id (boats):nk]' context='true'><groupfilter function='except'><groupfilter function='level-members' level='[none:id (boats):nk]' /><groupfilter function='union'><groupfilter function='member' level='[none:id (boats):nk]' member='&quot;a&quot;' /><groupfilter function='member' level='[none:id (boats):nk]' member='%null%' /></groupfilter></groupfilter></filter>
          <computed-sort column='[federated.1].[none:id (boats):nk]' direction='DESC' using='[federated.1].[sum:fare:qk]' />
          <slices><column>[federated.1].[none:id (boats):nk]</column><column>[federated.1].[none:fare:qk]</column></slices>
          <aggregation value='true' />
        </view>
        <style><style-rule element='axis'><encoding attr='space' class='0' field='[federated.1].[pcto:sum:fare:qk]' field-type='quantitative' max='1' min='0' range-type='fixed' scope='cols' type='space' /></style-rule></style>
        <panes><pane><view><breakdown value='off' /></view><mark class='Bar' /><encodings><color column='[federated.1].[tmn:day:ok]' /></encodings></pane></panes>
        <rows total='true'>[federated.1].[none:id (boats):nk]</rows>
        <cols>[federated.1].[pcto:sum:fare:qk]</cols>
      </table>
    </worksheet>
    <worksheet name='A'><table><view><datasources /></view><style /><panes /><rows>(</rows><cols /></table></worksheet>
  </worksheets>
  <dashboards><dashboard name='D'><size maxheight='600' maxwidth='800' minheight='600' minwidth='800' /><zones><zone h='100000' id='1' type-v2='layout-flow' param='horz' w='100000' x='0' y='0'><zone h='100000' id='2' name='B' show-title='false' w='50000' x='0' y='0' /></zone><zone id='3' type-v2='text' x='0' y='0' w='10' h='10'><formatted-text><run>Hi</run></formatted-text></zone></zones></dashboard></dashboards>
  <windows><window class='worksheet' name='B' hidden='true'><viewpoint><zoom type='entire-view' /></viewpoint></window><window class='worksheet' name='A' /><window class='dashboard' name='D'><viewpoints><viewpoint name='B'><zoom type='fit-width' /></viewpoint></viewpoints></window></windows>
</workbook>"##;

fn spec() -> WorkbookSpec {
    let document = Document::parse(BOOK, &Limits::default()).unwrap();
    let warned = workbook(&document);
    let codes: Vec<_> = warned.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(warned.diagnostics.len(), 1, "{codes:?}");
    assert_eq!(warned.diagnostics[0].code, "spec.not-understood");
    warned.value
}

#[test]
fn a_data_source_knows_its_tables_and_fields() {
    let spec = spec();
    let source = spec.source("federated.1").unwrap();
    assert_eq!(
        (source.week_start.as_deref(), source.fiscal_start),
        (Some("monday"), 4)
    );
    let RelationSpec::Join { left, condition, .. } = &source.objects[0].relation else {
        panic!("{:?}", source.objects);
    };
    assert_eq!(condition.formula(), "([trips].[boat] = [boats].[id])");
    let RelationSpec::Table(trips) = &**left else {
        panic!()
    };
    assert_eq!(trips.path, ["f#csv"]);
    assert!(!trips.file.as_ref().unwrap().header);
    let columns: Vec<_> = trips.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["boat", "day"]);
    assert_eq!(
        source
            .connection(trips.connection.as_deref())
            .unwrap()
            .path
            .as_deref(),
        Some("Data/f.csv")
    );

    let fare = source.field("fare").unwrap();
    assert!(!fare.discrete && fare.aggregation == Some(Derivation::Aggregate(Aggregate::Sum)));
    let boat = source.field("id (boats)").unwrap();
    assert_eq!(boat.aliases[0].1, "Albatross");
    let FieldKind::Column { table, column, .. } = &boat.kind else {
        panic!()
    };
    assert_eq!((table.as_deref(), column.as_str()), (Some("boats"), "id"));
    let FieldKind::Calculation { formula, .. } = &source.field("Calculation_1").unwrap().kind else {
        panic!()
    };
    assert_eq!(formula, "[fare]\n/ 2");
    assert!(
        matches!(&source.field("fare (bin)").unwrap().kind, FieldKind::Bin { field, .. } if field == "fare")
    );
    let FieldKind::Set {
        members: MemberSet::Top {
            count, formula, of, ..
        },
        ..
    } = &source.field("Big").unwrap().kind
    else {
        panic!()
    };
    assert_eq!(*count, Count::Parameter("Parameter 1".to_owned()));
    assert_eq!(
        (formula.as_str(), of.levels()),
        ("SUM([fare])", vec!["id (boats)".to_owned()])
    );
}

#[test]
fn a_sheet_knows_its_pills_filters_sorts_and_axes() {
    let spec = spec();
    let names: Vec<_> = spec.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    assert_eq!(names, ["B", "A"], "the order of the tabs");
    let sheet = spec.sheet("B").unwrap();
    assert_eq!(sheet.primary(), Some("federated.1"));
    assert_eq!(
        sheet.rows,
        Shelf::Field(FieldRef::new("federated.1", "none:id (boats):nk"))
    );
    let pill = sheet
        .pill(&FieldRef::new("federated.1", "pcto:sum:fare:qk"))
        .unwrap();
    assert_eq!(pill.table_calcs[0].kind, TableCalcKind::PctTotal);
    let month = sheet.pill(&FieldRef::new("federated.1", "tmn:day:ok")).unwrap();
    assert_eq!(month.derivation, Derivation::Trunc(DateUnit::Month));

    assert_eq!(sheet.filters.len(), 2, "its own and the shared one");
    assert!(sheet.filters[0].context);
    let FilterTest::Members(MemberSet::Except(_, out)) = &sheet.filters[0].test else {
        panic!()
    };
    let out: Vec<_> = out.listed().unwrap().into_iter().cloned().collect();
    assert_eq!(
        out,
        [
            Literal::Value(Value::String("a".to_owned())),
            Literal::Value(Value::Null)
        ]
    );
    let FilterTest::Range { min, max, .. } = &sheet.filters[1].test else {
        panic!()
    };
    assert_eq!((min, max), (&Some(Literal::Value(Value::Integer(1))), &None));
    assert!(
        matches!(&sheet.sorts[0].by, SortBy::Field(by) if by.name == "sum:fare:qk")
            && sheet.sorts[0].descending
    );
    assert_eq!(sheet.totals.row, Some(false));
    assert_eq!(sheet.axes[0].side, Side::Cols);
    assert_eq!(sheet.panes[0].stacked, Some(false));
    assert_eq!(
        sheet.title.as_ref().unwrap().plain(),
        "Fares of <[Parameters].[Parameter 1]>"
    );
    assert_eq!(
        spec.parameter("Top N").unwrap().value,
        Literal::Value(Value::Integer(5))
    );
}

#[test]
fn a_dashboard_knows_its_zones() {
    let spec = spec();
    let dashboard = spec.dashboard("D").unwrap();
    let mut shown = Vec::new();
    dashboard.walk(&mut |zone| {
        if let ZoneKind::Sheet { sheet, .. } = &zone.kind {
            shown.push(sheet.as_str());
        }
    });
    assert_eq!(shown, ["B"]);
    assert_eq!(dashboard.size.max, (Some(800.0), Some(600.0)));
    assert!(!dashboard.zones[0].floating && dashboard.zones[1].floating);
    assert!(matches!(
        dashboard.zones[0].kind,
        ZoneKind::Flow { horizontal: true, .. }
    ));
    assert_eq!(dashboard.zones[1].text.as_ref().unwrap().plain(), "Hi");
    assert_eq!(
        (spec.fit("B", "B"), spec.fit("D", "B")),
        (Fit::Entire, Fit::Width)
    );
    assert!(spec.tabs[0].hidden);
    assert_eq!(spec.palettes[0].0, "Ours");
}

/// Reads the document of a file or package.
fn document(path: &Path) -> Option<Document> {
    let kind = FileKind::from_extension(path.extension()?.to_str()?)?;
    let bytes = std::fs::read(path).unwrap();
    let limits = Limits::default();
    match kind {
        FileKind::Twb | FileKind::Tds => Document::parse(bytes, &limits).ok(),
        FileKind::Twbx | FileKind::Tdsx => {
            let mut package = PackageFile::open(std::io::Cursor::new(bytes), &limits).ok()?;
            Document::parse(package.read_document().ok()?, &limits).ok()
        }
        _ => None,
    }
}

fn files() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus =
        std::env::var_os("VIVANT_CORPUS").map_or_else(|| here.join("../../../shared/corpus"), PathBuf::from);
    [here.join("../../samples"), corpus.join("files")]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[test]
fn real_workbooks_resolve() {
    let (mut sheets, mut understood, mut used, mut lost) = (0, 0, 0, Vec::new());
    for path in files() {
        let Some(document) = document(&path) else { continue };
        let warned = workbook(&document);
        let spec = warned.value;
        for sheet in &spec.sheets {
            sheets += 1;
            let place = format!("worksheet '{}'", sheet.name);
            let doubtful = warned.diagnostics.iter().any(|one| {
                one.place
                    .path
                    .as_deref()
                    .is_some_and(|path| path.starts_with(&place))
            });
            understood += usize::from(!doubtful);
            for field in sheet.rows.fields().into_iter().chain(sheet.cols.fields()) {
                used += 1;
                let of_source = spec
                    .source(&field.source)
                    .and_then(|source| source.field(&field.name));
                let local = sheet
                    .local_fields
                    .iter()
                    .any(|(source, one)| *source == field.source && one.name == field.name);
                let known = sheet.pill(field).is_some()
                    || of_source.is_some()
                    || local
                    || field.is_measure_names()
                    || field.is_measure_values()
                    || field.is_generated();
                if !known {
                    lost.push(format!("{}: {} {field}", path.display(), sheet.name));
                }
                if let Some(pill) = sheet.pill(field) {
                    let source = spec.source(&field.source).unwrap();
                    let local = sheet
                        .local_fields
                        .iter()
                        .any(|(one, spec)| *one == field.source && spec.name == pill.field);
                    if source.field(&pill.field).is_none()
                        && !local
                        && !matches!(pill.field.as_str(), "Forecast Indicator" | ":Measure Names")
                        && !FieldRef::new("", pill.field.clone()).is_generated()
                    {
                        lost.push(format!("{}: {} field {}", path.display(), sheet.name, pill.field));
                    }
                }
            }
        }
    }
    assert!(sheets > 0);
    println!(
        "{sheets} sheets, {understood} understood, {used} pills, lost {}",
        lost.len()
    );
    assert!(understood * 100 >= sheets * 95, "{understood} of {sheets}");
    assert!(
        lost.len() * 200 <= used,
        "{} of {used}:\n{}",
        lost.len(),
        lost.join("\n")
    );
}

#[test]
fn a_tab_keeps_the_marks_that_were_selected() {
    let tuple = "<tuple-reference><tuple-descriptor><pane-descriptor><x-fields><field>[ds].[sum:x:qk]</field></x-fields>\
                 </pane-descriptor><columns><field>[ds].[none:k:nk]</field><field>[ds].[sum:x:qk]</field></columns>\
                 </tuple-descriptor><tuple><value>&quot;A&quot;</value><value>1.5</value></tuple>\
                 <tuple><value>&quot;B&quot;</value><value>2</value></tuple></tuple-reference>";
    let marks =
        format!("<selection-collection><tuple-selection>{tuple}</tuple-selection></selection-collection>");
    let header = "<selection-collection><node-selection select-tuples='false'><field>[ds].[none:k:nk]</field>\
                  </node-selection></selection-collection>";
    let text = format!(
        "<workbook><windows><window class='worksheet' name='S'><viewpoint>{marks}</viewpoint></window>\
         <window class='dashboard' name='D'><viewpoints><viewpoint name='S'>{header}</viewpoint>\
         <viewpoint name='T'>{marks}</viewpoint></viewpoints></window></windows></workbook>"
    );
    let spec = workbook(&Document::parse(text, &Limits::default()).unwrap()).value;
    let own = spec.selected("S", "S");
    assert_eq!(own.len(), 2);
    let name = |at: usize| (own[at][0].0.name.as_str(), own[at][0].1.value());
    assert_eq!(name(0), ("none:k:nk", Some(&Value::String("A".to_owned()))));
    assert_eq!(name(1), ("none:k:nk", Some(&Value::String("B".to_owned()))));
    assert!(
        spec.selected("D", "S").is_empty(),
        "a header takes no marks along"
    );
    assert_eq!(spec.selected("D", "T"), own);
}
