"""The libraries that people use today open what `vivant doc` writes and read the same values from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from support import referees
from support.program import Doc, document


def label(source: dict, name: str) -> str:
    return source["caption"] or name


def agree(doc: Doc, path: Path) -> None:
    """Holds what `vivant doc` says of a file against what the two libraries read from it."""
    api = referees.api(path)
    sources = {label(source, name): source for name, source in api["datasources"].items() if name != "Parameters"}

    ours = doc.read("connections", path)
    theirs = [(name, one) for name, source in sources.items() for one in source["connections"]]
    # tableaudocumentapi lists the connection of a published data source after the others.
    key = lambda one: tuple(str(value) for value in one)  # noqa: E731
    assert sorted(
        [
            (one["datasource"], one["class"], one["server"] or None, one["port"], one["username"] or None)
            for one in ours
        ],
        key=key,
    ) == sorted(
        [(name, one["class"], one["server"] or None, one["port"], one["username"] or None) for name, one in theirs],
        key=key,
    )

    # Sets are fields that tableaudocumentapi does not list.
    sets = {group.get("name") for group in etree.fromstring(document(path)).iter("group")}
    fields = {(one["datasource"], one["name"]): one for one in doc.read("fields", path) if one["name"] not in sets}
    formulas = {(one["datasource"], one["name"]): one["formula"] for one in doc.read("formulas", path)}
    for name, source in sources.items():
        for field_id, field in source["fields"].items():
            ours_here = fields.get((name, field_id))
            if ours_here is None:
                # tableaudocumentapi takes columns of files and copies in other places for fields.
                continue
            if field["datatype"]:
                assert ours_here["datatype"] == field["datatype"], (name, field_id)
            if field["role"]:
                assert ours_here["role"] == field["role"], (name, field_id)
            if field["caption"]:
                assert ours_here["caption"] == field["caption"], (name, field_id)
            if field["formula"] and (name, field_id) in formulas:
                assert formulas[name, field_id].splitlines() == field["formula"].splitlines(), (name, field_id)
        known = {field_id for field_id in source["fields"]}
        missing = {field_id for owner, field_id in fields if owner == name} - known
        assert not missing, f"{name}: tableaudocumentapi does not see {sorted(missing)}"

    tools = [source for source in referees.tools(path) if "connections" in source]
    assert sorted(
        (one["class"], one["server"] or "", one["port"] or "") for source in tools for one in source["connections"]
    ) == sorted((one["class"], one["server"] or "", one["port"] or "") for one in ours)
    columns = {column["name"] for source in tools for column in source["columns"]}
    assert {name.strip("[]") for _, name in formulas} <= {name.strip("[]") for name in columns}


def test_of_every_sample_the_same_is_read(doc: Doc, sample: Path) -> None:
    agree(doc, sample)


SCRATCH = {
    "federated": (
        ["--class", "PostgreSQL", "--server", "pg.example.org", "--port", "5432", "--database", "demo", "--username", "me"]
        + ["--table-schema", "public", "--table", "facts", "--column", "id=integer", "--column", "day=date"]
        + ["--format", "18.1", "--initial-sql", "SET ROLE x", "--sslmode", "require"],
        ("postgres", "pg.example.org", "5432", "demo"),
        [("table", "facts", "[public].[facts]")],
    ),
    "sql": (
        ["--class", "Microsoft SQL Server", "--server", "ms", "--database", "d", "--authentication", "sspi"]
        + ["--sql", "SELECT 1 AS one FROM t WHERE a < 2"],
        ("sqlserver", "ms", None, "d"),
        [("text", "Custom SQL Query", "SELECT 1 AS one FROM t WHERE a << 2")],
    ),
    "old": (
        ["--class", "MySQL", "--server", "my", "--port", "3306", "--database", "d", "--table", "t", "--format", "9.3"],
        ("mysql", "my", "3306", "d"),
        [("table", "t", "[t]")],
    ),
    "file": (
        ["--class", "Text file", "--database", "Data/a.csv", "--table", "a.csv", "--column", "x=real"],
        ("textscan", "", None, None),
        [("table", "a.csv", "[a.csv]")],
    ),
}


@pytest.mark.parametrize("kind", SCRATCH)
def test_of_data_sources_from_scratch_the_same_is_read(doc: Doc, kind: str) -> None:
    arguments, connection, tables = SCRATCH[kind]
    path = doc.folder / "Made up.tds"
    doc.run("new", path, *arguments)
    agree(doc, path)
    (source,) = referees.api(path)["datasources"].values()
    (found,) = source["connections"]
    assert (found["class"], found["server"] or "", found["port"], found["database"]) == connection
    (tool,) = referees.tools(path)
    assert tool["tables"] == tables
    assert bool(tool["connections"][0]["sspi"]) == (kind == "sql")


BOOK = """<?xml version='1.0' encoding='utf-8' ?>

<workbook source-build='2023.3.0 (20233.23.1017.0948)' source-platform='win' version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>
  <datasources>
    <datasource hasconnection='false' inline='true' name='Parameters' version='18.1'>
      <aliases enabled='yes' />
      <column caption='Top' datatype='integer' name='[Parameter 1]' param-domain-type='any' role='measure' type='quantitative' value='10'>
        <calculation class='tableau' formula='10' />
      </column>
    </datasource>
    <datasource caption='Trips' inline='true' name='federated.0abc' version='18.1'>
      <connection class='federated'>
        <named-connections>
          <named-connection caption='db.example.org' name='teradata.1'>
            <connection authentication='Teradata' class='teradata' dbname='test' port='1025' schema='test' server='db.example.org' username='me' />
          </named-connection>
        </named-connections>
        <relation connection='teradata.1' name='trips' table='[test].[trips]' type='table' />
        <metadata-records>
          <metadata-record class='column'>
            <remote-name>fare</remote-name>
            <remote-type>5</remote-type>
            <local-name>[fare]</local-name>
            <parent-name>[trips]</parent-name>
            <remote-alias>fare</remote-alias>
            <ordinal>1</ordinal>
            <local-type>real</local-type>
            <aggregation>Sum</aggregation>
            <contains-null>true</contains-null>
          </metadata-record>
          <metadata-record class='column'>
            <remote-name>port</remote-name>
            <remote-type>129</remote-type>
            <local-name>[port]</local-name>
            <parent-name>[trips]</parent-name>
            <remote-alias>port</remote-alias>
            <ordinal>2</ordinal>
            <local-type>string</local-type>
            <aggregation>Count</aggregation>
            <contains-null>true</contains-null>
          </metadata-record>
        </metadata-records>
      </connection>
      <aliases enabled='yes' />
      <column caption='Fare' datatype='real' name='[fare]' role='measure' type='quantitative' />
      <column caption='Twice' datatype='real' name='[Calculation_1]' role='measure' type='quantitative'>
        <calculation class='tableau' formula='[fare] * 2' />
      </column>
    </datasource>
    <datasource caption='Boats' inline='true' name='sqlproxy.1' version='18.1'>
      <repository-location derived-from='https://host/t/a/datasources/boats?rev=1.0' id='boats' path='/t/a/datasources' revision='1.0' site='a' />
      <connection channel='https' class='sqlproxy' dbname='boats' port='443' server='host' server-ds-friendly-name='Boats' username=''>
        <relation name='sqlproxy' table='[sqlproxy]' type='table' />
      </connection>
      <aliases enabled='yes' />
    </datasource>
  </datasources>
  <worksheets>
    <worksheet name='Fares'>
      <table>
        <view>
          <datasources>
            <datasource caption='Trips' name='federated.0abc' />
          </datasources>
          <datasource-dependencies datasource='federated.0abc'>
            <column caption='Fare' datatype='real' name='[fare]' role='measure' type='quantitative' />
            <column-instance column='[fare]' derivation='Sum' name='[sum:fare:qk]' pivot='key' type='quantitative' />
          </datasource-dependencies>
        </view>
        <rows>[federated.0abc].[sum:fare:qk]</rows>
        <cols />
      </table>
    </worksheet>
    <worksheet name='More'>
      <table>
        <view />
      </table>
    </worksheet>
  </worksheets>
  <windows>
    <window class='worksheet' name='Fares' />
    <window class='worksheet' name='More' />
  </windows>
</workbook>
"""

TRIPS = "datasources / federated.0abc"
CONNECTION = f"{TRIPS} / connections 0"

# Each edit with what the two libraries see of it, and nothing else.
EDITS = {
    "connection": (
        ["set-connection", "--class", "teradata", "--server", "prod", "--port", "2025", "--username", "you"]
        + ["--initial-sql", "SET x", "--query-band", "a=b;", "--service", "s", "--authentication", "LDAP"],
        [
            f"{CONNECTION} / server: 'db.example.org' -> 'prod'",
            f"{CONNECTION} / port: '1025' -> '2025'",
            f"{CONNECTION} / username: 'me' -> 'you'",
            f"{CONNECTION} / service: None -> 's'",
            f"{CONNECTION} / authentication: 'Teradata' -> 'LDAP'",
            f"{CONNECTION} / query band: None -> 'a=b;'",
            f"{CONNECTION} / initial SQL: None -> 'SET x'",
        ],
        [
            "0 / connections 0 / server: 'db.example.org' -> 'prod'",
            "0 / connections 0 / port: '1025' -> '2025'",
            "0 / connections 0 / authentication: 'Teradata' -> 'LDAP'",
            "0 / connections 0 / service: None -> 's'",
            "0 / connections 0 / username: 'me' -> 'you'",
        ],
    ),
    "database": (
        ["swap-database", "test", "prod"],
        [f"{CONNECTION} / database: 'test' -> 'prod'", f"{CONNECTION} / schema: 'test' -> 'prod'"],
        [
            "0 / connections 0 / database: 'test' -> 'prod'",
            "0 / tables 0: ('table', 'trips', '[test].[trips]') -> ('table', 'trips', '[prod].[trips]')",
        ],
    ),
    "published": (
        ["set-published", "--datasource", "Boats", "--content-url", "ships", "--server", "other", "--site", "b"],
        [
            "datasources / sqlproxy.1 / connections 0 / server: 'host' -> 'other'",
            "datasources / sqlproxy.1 / connections 0 / database: 'boats' -> 'ships'",
        ],
        [
            "1 / connections 0 / server: 'host' -> 'other'",
            "1 / connections 0 / database: 'boats' -> 'ships'",
        ],
    ),
    "caption": (
        ["set-caption", "--datasource", "Trips", "Fare", "Price & tip"],
        [f"{TRIPS} / fields / [fare] / caption: 'Fare' -> 'Price & tip'"],
        ["0 / columns 0 / caption: 'Fare' -> 'Price & tip'"],
    ),
    "column": (
        ["set-column", "--datasource", "Trips", "Fare", "--role", "dimension", "--type", "ordinal", "--datatype", "integer"],
        [
            f"{TRIPS} / fields / [fare] / datatype: 'real' -> 'integer'",
            f"{TRIPS} / fields / [fare] / role: 'measure' -> 'dimension'",
            f"{TRIPS} / fields / [fare] / type: 'quantitative' -> 'ordinal'",
        ],
        [
            "0 / columns 0 / datatype: 'real' -> 'integer'",
            "0 / columns 0 / role: 'measure' -> 'dimension'",
            "0 / columns 0 / type: 'quantitative' -> 'ordinal'",
        ],
    ),
    "alias": (
        ["set-alias", "--datasource", "Trips", "Fare", "1.5", "one and a half", "--datatype", "real"],
        [f"+ {TRIPS} / fields / [fare] / aliases / 1.5"],
        [],
    ),
    "formula": (
        ["set-formula", "--datasource", "Trips", "Twice", "[Fare] * 2 // < both & all"],
        [f"{TRIPS} / fields / [Calculation_1] / formula: '[fare] * 2' -> '[fare] * 2 // < both & all'"],
        [],
    ),
    "datasource": (
        ["rename-datasource", "--datasource", "Trips", "Journeys"],
        [f"{TRIPS} / caption: 'Trips' -> 'Journeys'"],
        ["0 / name: 'Trips' -> 'Journeys'"],
    ),
    "parameter": (
        ["parameter", "set", "Top", "--value", "25"],
        ["datasources / Parameters / fields / [Parameter 1] / formula: '10' -> '25'"],
        [],
    ),
    "hide": (["hide-sheet", "More"], [], []),
    "table": (
        ["set-table", "--datasource", "Trips", "--sql", "SELECT 1"],
        [],
        ["0 / tables 0: ('table', 'trips', '[test].[trips]') -> ('text', 'trips', 'SELECT 1')"],
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_read_as_what_it_names(doc: Doc, edit: str) -> None:
    command, of_api, of_tools = EDITS[edit]
    path = doc.file("Book.twb", BOOK)
    api, tools = referees.api(path), referees.tools(path)
    words = command[:2] if command[0] == "parameter" else command[:1]
    doc.run(*words, path, *command[len(words) :], "--in-place")
    assert referees.difference(api, referees.api(path)) == of_api
    assert referees.difference(tools, referees.tools(path)) == of_tools
    agree(doc, path)


def test_additions_are_read(doc: Doc) -> None:
    path = doc.file("Book.twb", BOOK)
    api, tools = referees.api(path), referees.tools(path)
    name = doc.edit("add-calculation", path, "--datasource", "Trips", "Half", "[Fare] / 2")["report"]["name"]
    added = [line for line in referees.difference(api, referees.api(path))]
    assert added == [f"+ {TRIPS} / fields / {name}"]
    field = referees.api(path)["datasources"]["federated.0abc"]["fields"][name]
    assert (field["caption"], field["formula"], field["role"]) == ("Half", "[fare] / 2", "measure")
    columns = referees.tools(path)[0]["columns"]
    assert columns[: len(tools[0]["columns"])] == tools[0]["columns"]
    assert columns[-1] == {"name": name, "caption": "Half", "datatype": "real", "role": "measure", "type": "quantitative"}

    doc.edit("add-connection", path, "--datasource", "Trips", "--class", "MySQL", "--server", "my")
    connections = referees.api(path)["datasources"]["federated.0abc"]["connections"]
    assert [(one["class"], one["server"]) for one in connections] == [("teradata", "db.example.org"), ("mysql", "my")]
    doc.edit(
        "add-join", path, "--datasource", "Trips", "--kind", "left", "--table", "ports", "--name", "ports",
        "--on", "trips", "port", "=", "name",
    )  # fmt: skip
    assert referees.tools(path)[0]["tables"] == [
        ("table", "trips", "[test].[trips]"),
        ("table", "ports", "[ports]"),
    ]
    doc.run("parameter", "add", path, "Since", "--datatype", "date", "--value", "2024-01-01", "--any", "--in-place")
    assert referees.tools(path)[-1] == {
        "parameters": {
            "Top": {"datatype": "integer", "allowed": "any"},
            "Since": {"datatype": "date", "allowed": "any"},
        }
    }
    agree(doc, path)


def test_filters_and_extracts_disturb_nothing(doc: Doc) -> None:
    path = doc.file("Book.twb", BOOK)
    api, tools = referees.api(path), referees.tools(path)
    doc.edit("add-filter", path, "--datasource", "Trips", "port", "--value", "Oslo", "--value", "Bergen")
    doc.edit("extract-stub", path, "--datasource", "Trips", "--name", "trips", "--no-file")
    assert referees.difference(api, referees.api(path)) == []
    after = referees.tools(path)
    assert after[0].pop("extract") == "Data/Datasources/trips.hyper"
    assert tools[0].pop("extract") is None
    assert after == tools


def test_a_workbook_pointed_elsewhere_is_read_there(doc: Doc) -> None:
    path = doc.file("Book.twb", BOOK)
    doc.run(
        "new", "Prod.tds", "--class", "Snowflake", "--server", "x.example.org", "--database", "PROD", "--table", "TRIPS",
        "--column", "AMOUNT=real", "--column", "PORT=string", "--format", "18.1",
    )  # fmt: skip
    doc.run("repoint", path, "--to", "Prod.tds", "--datasource", "Trips", "--map", "fare=AMOUNT", "--map", "port=PORT", "--in-place")
    (source,) = (one for one in referees.api(path)["datasources"].values() if one["caption"] == "Trips")
    assert [(one["class"], one["server"], one["database"]) for one in source["connections"]] == [
        ("snowflake", "x.example.org", "PROD")
    ]
    assert source["fields"]["[Calculation_1]"]["formula"] == "[AMOUNT] * 2"
    assert source["fields"]["[AMOUNT]"]["sheets"] == ["Fares"]
    agree(doc, path)


def test_a_package_that_is_packed_again_is_read_the_same(doc: Doc, sample: Path) -> None:
    if not sample.suffix.endswith("x"):
        pytest.skip("no package")
    before = referees.api(sample), referees.tools(sample)
    doc.run("unpack", sample, "folder")
    again = doc.folder / f"Again{sample.suffix}"
    doc.run("pack", "folder", again)
    assert document(again) == document(sample)
    assert (referees.api(again), referees.tools(again)) == before


def test_real_workbooks_are_read_the_same_after_an_edit(doc: Doc, corpus: Path) -> None:
    """Over real files: what the libraries read before they read after, but for the named change."""
    seen = 0
    for original in sorted((corpus / "files").iterdir()):
        if original.suffix not in (".twb", ".tds") or original.stat().st_size > 1 << 20:
            continue
        path = doc.file(f"Real{original.suffix}", original.read_bytes())
        try:
            before = referees.api(path)
        except Exception:
            # The library cannot read this file, with or without us.
            continue
        # The library does not see the single connection of some later files either.
        classes = {one["class"] for source in before["datasources"].values() for one in source["connections"]} - {"sqlproxy"}
        if not classes:
            continue
        one = sorted(classes)[0]
        doc.edit("set-connection", path, "--class", one, "--server", "vivant.example.org")
        lines = referees.difference(before, referees.api(path))
        assert lines and all(line.endswith("-> 'vivant.example.org'") for line in lines), (original.name, lines)
        seen += 1
    assert seen > 10
