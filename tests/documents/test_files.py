"""Files that other programs write: JSON, spatial and statistical ones, asked through `vivant data`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from support.program import ROOT


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    venv = subprocess.run([str(ROOT / "scripts" / "files-env")], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    script = Path(__file__).parent / "support" / "write_files.py"
    subprocess.run([f"{venv}/bin/python", str(script), str(folder)], check=True)
    return folder


def workbook(klass: str, file: str, table: str, columns: dict[str, str], inside: str = "") -> str:
    """A workbook with one sheet that shows the columns side by side."""
    records, instances, shelf = "", "", ""
    for at, (name, datatype) in enumerate(columns.items()):
        records += (
            f"<metadata-record class='column'><remote-name>{name}</remote-name><local-name>[{name}]</local-name>"
            f"<parent-name>[{table}]</parent-name><ordinal>{at}</ordinal><local-type>{datatype}</local-type></metadata-record>"
        )
        instances += f"<column-instance column='[{name}]' derivation='None' name='[none:{name}:ok]' pivot='key' type='ordinal' />"
        pill = f"[ds].[none:{name}:ok]"
        shelf = f"({shelf} / {pill})" if shelf else pill
    return (
        "<?xml version='1.0' encoding='utf-8' ?>\n<workbook version='18.1'><datasources><datasource caption='Data' inline='true' name='ds'>"
        "<connection class='federated'><named-connections><named-connection caption='data' name='file.0'>"
        f"<connection class='{klass}' directory='.' filename={quoteattr(file)} password='' server=''>{inside}</connection></named-connection>"
        f"</named-connections><relation connection='file.0' name='{table}' table='[{table}]' type='table' />"
        f"<metadata-records>{records}</metadata-records></connection></datasource></datasources>"
        "<worksheets><worksheet name='Sheet'><table><view><datasources><datasource name='ds' /></datasources>"
        f"<datasource-dependencies datasource='ds'>{instances}</datasource-dependencies><aggregation value='false' /></view>"
        f"<style /><panes><pane><view><breakdown value='auto' /></view><mark class='Automatic' /></pane></panes><rows>{shelf}</rows><cols />"
        "</table></worksheet></worksheets></workbook>\n"
    )


def rows(binary: Path, folder: Path, book: str) -> list[list]:
    (folder / "book.twb").write_text(book)
    done = subprocess.run([str(binary), "data", "book.twb", "--json"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [[shown(value) for value in row.values()] for row in json.loads(done.stdout)]


def shown(value: object) -> object:
    if isinstance(value, str):
        return value.strip().replace("T", " ").removesuffix(" 00:00:00")
    return round(value, 9) if isinstance(value, float) else value


LONG = ("a much longer name than the others " * 12).strip()
PEOPLE = {
    1: ["Zoë", 1.75, "1970-01-01", "2024-03-01 10:20:30"],
    2: ["Bob", None, "2024-02-29", None],
    3: ["", -2.5, None, "1969-12-31 23:59:59"],
    4: [LONG, 250, "1899-12-31", "2000-01-01"],
}


@pytest.mark.parametrize("file", ["people.sav", "packed.zsav", "people.rds", "people.rdata"])
def test_statistical_files_are_read(binary: Path, files: Path, file: str) -> None:
    kinds = {"id": "real", "name": "string", "height": "real", "born": "date", "seen": "datetime"}
    found = rows(binary, files, workbook("stat-direct", file, file, kinds))
    assert len(found) == len(PEOPLE)
    assert {row[0]: [value if value is not None or at else "" for at, value in enumerate(row[1:])] for row in found} == PEOPLE


@pytest.mark.parametrize("file", ["places.shp", "places.zip"])
def test_shapefiles_are_read(binary: Path, files: Path, file: str) -> None:
    kinds = {"NAME": "string", "COUNT": "integer", "SHARE": "real", "SINCE": "date", "OPEN": "boolean"}
    found = rows(binary, files, workbook("ogrdirect", file, "places", kinds))
    assert sorted(found) == [["Zürich", 12, 0.125, "2024-02-29", True], ["nowhere", None, None, None, None]]


def test_json_files_are_read(binary: Path, tmp_path: Path) -> None:
    documents = [
        {"id": 1, "name": "Widget", "at": {"x": 1.5}, "tags": ["a", "b"], "ok": True},
        {"id": 2, "name": "Gädget", "at": {"x": None}, "tags": [], "ok": False},
    ]
    (tmp_path / "products.json").write_text(json.dumps(documents))
    levels = "<semistruct-schemas><semistruct-schema table='[products.json]'>{}</semistruct-schema></semistruct-schemas>"
    root = "<map key='{root}' value='true' />"
    kinds = {"id": "real", "name": "string", "at.x": "real", "ok": "boolean"}
    klass, file = "semistructpassivestore-direct", "products.json"
    found = rows(binary, tmp_path, workbook(klass, file, file, kinds, levels.format(root)))
    assert sorted(found, key=str) == [[1, "Widget", 1.5, True], [2, "Gädget", None, False]]
    inner = levels.format(root + "<map key='{root}.{tags}' value='true' />")
    found = rows(binary, tmp_path, workbook(klass, file, file, {"id": "real", "tags": "string"}, inner))
    assert sorted(found, key=str) == [[1, "a"], [1, "b"], [2, None]]


def test_geojson_is_read(binary: Path, tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Point", "coordinates": [at, 2]}}
        for at, name in enumerate(["a", "b"])
    ]
    (tmp_path / "x.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = rows(binary, tmp_path, workbook("ogrdirect", "x.geojson", "x", {"name": "string"}))
    assert sorted(found) == [["a"], ["b"]]


def test_columns_that_a_pivot_turns_are_read_though_only_the_others_are_listed(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("Country,2023,2024\nZürich,1,2\nBern,,4\n")
    turned = [("2023", "[wide.csv].[2023]"), ("2024", "[wide.csv].[2024]")]
    listed = "<columns character-set='UTF-8' header='yes' separator=','><column datatype='string' name='Country' ordinal='0' /></columns>"
    years = "".join(f"<value name='[{year}]' />" for year, _ in turned)
    fields = "".join(f"<field name='{field}' />" for _, field in turned)
    pivot = (
        "<relation name='Pivot' type='pivot'><columns><column datatype='integer' name='Year' /><column datatype='integer' name='Count' /></columns>"
        f"<tag name='Year'>{years}</tag><groups><group name='Count'>{fields}</group></groups>"
        f"<relation connection='file.0' name='wide.csv' table='[wide#csv]' type='table'>{listed}</relation></relation>"
    )
    book = workbook("textscan", "wide.csv", "Pivot", {"Country": "string", "Year": "integer", "Count": "integer"})
    flat = "<relation connection='file.0' name='Pivot' table='[Pivot]' type='table' />"
    assert flat in book
    # Columns that stay keep the name of their own table.
    own = "<local-name>[Country]</local-name><parent-name>[{}]</parent-name>"
    book = book.replace(flat, pivot).replace(own.format("Pivot"), own.format("wide.csv"))
    found = rows(binary, tmp_path, book)
    assert sorted(found, key=str) == [["Bern", 2023, None], ["Bern", 2024, 4], ["Zürich", 2023, 1], ["Zürich", 2024, 2]]
    # A column that is gone is named.
    (tmp_path / "wide.csv").write_text("Country,2023\nZürich,1\n")
    done = subprocess.run([str(binary), "data", "book.twb"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "2024" in done.stderr, done.stderr
