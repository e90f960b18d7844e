//! Builds files to test with.

use std::io::{Cursor, Write};

use vivant_document::{DatasourceFacts, Error, FileKind, Inspected, Limits, WorkbookFacts, inspect};
use zip::write::{SimpleFileOptions, ZipWriter};

/// Inspects bytes with the default limits.
pub fn read(kind: FileKind, bytes: &[u8]) -> Result<Inspected, Error> {
    inspect(kind, Cursor::new(bytes), &Limits::default())
}

#[track_caller]
pub fn workbook(document: &str) -> WorkbookFacts {
    match read(FileKind::Twb, document.as_bytes()).unwrap() {
        Inspected::Workbook(facts) => facts,
        other => panic!("not a workbook: {other:?}"),
    }
}

#[track_caller]
pub fn datasource(document: &str) -> DatasourceFacts {
    match read(FileKind::Tds, document.as_bytes()).unwrap() {
        Inspected::Datasource(facts) => facts,
        other => panic!("not a data source: {other:?}"),
    }
}

/// Packs entries in their order.
pub fn package(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Writes `new` over every `old` of the same length.
pub fn patch(bytes: &mut [u8], old: &[u8], new: &[u8]) -> usize {
    assert_eq!(old.len(), new.len());
    let places: Vec<usize> = (0..bytes.len())
        .filter(|&at| bytes[at..].starts_with(old))
        .collect();
    for &at in &places {
        bytes[at..at + new.len()].copy_from_slice(new);
    }
    places.len()
}

/// One pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot really";
/// The same in base64.
pub const PNG_BASE64: &str = "iVBORw0KGgpub3QgcmVhbGx5";

/// Workbook with two worksheets, a dashboard, a story, parameters and an extract.
pub fn sample() -> String {
    format!(
        r##"<?xml version='1.0' encoding='utf-8' ?>
<!-- build 20233.24.0117.1234                               -->
<workbook source-build='2023.3.2 (20233.24.0117.1234)' source-platform='mac' version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>
  <document-format-change-manifest><_.fcp.ObjectModelTableType.true...ObjectModelTableType /></document-format-change-manifest>
  <repository-location derived-from='https://host/t/dock/workbooks/Ferries?rev=1.3' id='Ferries' path='/t/dock/workbooks' revision='1.3' site='dock' />
  <datasources>
    <datasource hasconnection='false' inline='true' name='Parameters' version='18.1'>
      <column caption='Top N' datatype='integer' name='[Parameter 1]' param-domain-type='range' role='measure' type='quantitative' value='10'>
        <calculation class='tableau' formula='10' /><range granularity='5' max='50' min='5' />
      </column>
    </datasource>
    <datasource caption='Ferry trips' inline='true' name='federated.0abc' version='18.1'>
      <connection class='federated'>
        <named-connections>
          <named-connection caption='ferries' name='textscan.1xy'>
            <connection class='textscan' directory='Data/ferry' filename='trips.csv' password='' port='0' server='' />
          </named-connection>
          <named-connection caption='db' name='postgres.2xy'>
            <connection authentication='username-password' class='postgres' dbname='boats' port='5433' schema='public' server='db.example.org' username='skipper' password='secret' />
          </named-connection>
        </named-connections>
        <_.fcp.ObjectModelEncapsulateLegacy.false...relation connection='textscan.1xy' name='trips.csv' table='[trips#csv]' type='table' />
        <_.fcp.ObjectModelEncapsulateLegacy.true...relation connection='textscan.1xy' name='trips.csv' table='[trips#csv]' type='table'>
          <columns header='yes'><column datatype='string' name='Port' ordinal='0' /></columns>
        </_.fcp.ObjectModelEncapsulateLegacy.true...relation>
        <metadata-records>
          <metadata-record class='capability'><remote-name /></metadata-record>
          <metadata-record class='column'><remote-name>Port</remote-name><remote-type>129</remote-type><local-name>[Port]</local-name><parent-name>[trips.csv]</parent-name><local-type>string</local-type><aggregation>Count</aggregation></metadata-record>
          <metadata-record class='column'><remote-name>Fare</remote-name><local-name>[Fare]</local-name><parent-name>[trips.csv]</parent-name><local-type>real</local-type><aggregation>Sum</aggregation></metadata-record>
          <metadata-record class='column'><remote-name>Day</remote-name><local-name>[Day]</local-name><parent-name>[trips.csv]</parent-name><local-type>date</local-type><aggregation>Year</aggregation></metadata-record>
        </metadata-records>
      </connection>
      <aliases enabled='yes' />
      <column caption='Ticket price' datatype='real' hidden='true' name='[Fare]' role='dimension' type='ordinal'>
        <desc><formatted-text><run>What a</run><run> passenger pays</run></formatted-text></desc>
      </column>
      <column caption='Margin' datatype='real' name='[Calculation_1]' role='measure' type='quantitative'>
        <calculation class='tableau' formula='SUM([Fare])&#13;&#10; / 2' />
      </column>
      <column datatype='integer' name='[Fare (bin)]' role='dimension' type='ordinal'><calculation class='bin' formula='[Fare]' /></column>
      <column datatype='string' name='[:Measure Names]' role='dimension' type='nominal' />
      <_.fcp.ObjectModelTableType.true...column datatype='table' name='[__tableau_internal_object_id__].[t_1]' role='measure' type='quantitative' />
      <extract _.fcp.ObjectModelExtractV2.true...object-id='' count='-1' enabled='true' units='records'>
        <connection class='hyper' dbname='Data/Extracts/ferry.hyper' schema='Extract' tablename='Extract' update-time='03/01/2024 08:00:00 AM'>
          <refresh increment-key='[Day]' incremental-updates='true' />
        </connection>
      </extract>
    </datasource>
  </datasources>
  <worksheets>
    <worksheet name='Fares'>
      <layout-options><title><formatted-text><run>Fares of </run><run>&lt;[Parameters].[Parameter 1]&gt;</run></formatted-text></title></layout-options>
      <table>
        <view>
          <datasources><datasource caption='Ferry trips' name='federated.0abc' /><datasource name='Parameters' /></datasources>
          <datasource-dependencies datasource='federated.0abc'>
            <column datatype='real' name='[Fare]' role='measure' type='quantitative' />
            <column-instance column='[Fare]' derivation='Sum' name='[sum:Fare:qk]' pivot='key' type='quantitative' />
          </datasource-dependencies>
        </view>
        <style /><panes><pane><view><breakdown value='auto' /></view></pane></panes><rows /><cols />
      </table>
      <simple-id uuid='{{0001}}' />
    </worksheet>
    <worksheet name='Secret'><table><view /></table></worksheet>
  </worksheets>
  <dashboards>
    <dashboard name='All'>
      <zones><zone h='1' id='1' _.fcp.SetMembershipControl.true...type-v2='layout-basic' w='1' x='0' y='0'>
        <zone id='2' name='Fares' /><zone id='3' name='Secret' /><zone id='4' name='Fares' type-v2='filter' />
      </zone></zones>
      <devicelayouts><devicelayout name='Phone'><zones><zone id='2' name='Ghost' /></zones></devicelayout></devicelayouts>
    </dashboard>
    <dashboard name='Tale' type='storyboard'>
      <zones><zone id='5' type-v2='flipboard'><flipboard><story-points><story-point captured-sheet='All' id='1' /></story-points></flipboard></zone></zones>
    </dashboard>
  </dashboards>
  <windows>
    <window class='schema' />
    <window class='dashboard' maximized='true' name='All' />
    <window class='worksheet' hidden='true' name='Secret' />
    <window class='dashboard' name='Tale' />
    <window class='worksheet' name='Fares' />
  </windows>
  <thumbnails>
    <thumbnail height='192' name='Fares' width='192'>
      {PNG_BASE64}
    </thumbnail>
    <thumbnail name='Gone'>{PNG_BASE64}</thumbnail>
  </thumbnails>
</workbook>
"##
    )
}

/// The sample with what belongs to it.
pub fn sample_package() -> Vec<u8> {
    package(&[
        ("Data/Extracts/ferry.hyper", b"Hyper\x08\0\0 rows and rows"),
        ("Ferries.twb", sample().as_bytes()),
        ("Image/boat.png", PNG),
        ("Data/ferry/trips.csv", b"Port,Fare\nOslo,1\n"),
    ])
}
