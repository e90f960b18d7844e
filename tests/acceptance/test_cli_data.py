"""`vivant data`: the rows of a view from the file alone."""

from __future__ import annotations

import io
import json
import subprocess

import pyarrow.parquet
import pytest

from support import sheets
from support.sheets import Sheet, number, table, total

ROWS = sheets.orders()
BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])
SCALED = Sheet("Scaled", rows=[("region", "None")], text=[("scaled", "Sum")])
CALCULATIONS = {"scaled": "[amount] * [Parameters].[Parameter 1]"}


@pytest.fixture
def ask(binary, tmp_path):
    """Runs `vivant data` in a folder of its own."""

    def ask(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run([str(binary), "data", *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    return ask


@pytest.fixture
def book(tmp_path):
    document = sheets.workbook(
        [BY_REGION, SCALED], dashboards={"Both": ["Scaled", "By Region"]}, calculations=CALCULATIONS, parameters=sheets.PARAMETER
    )
    (tmp_path / "book.twbx").write_bytes(sheets.packed(document, ROWS))
    return "book.twbx"


def numbers(data: bytes) -> dict[tuple, float]:
    _, lines = table(data)
    return {tuple(line[:-1]): number(line[-1]) for line in lines}


def test_csv_of_a_view(ask, book):
    expected = total(ROWS, ["region"])
    # The first tab, a tab by its name, and a dashboard, which gives its first sheet.
    for view in ([], ["--view", "By Region"], ["--view", "Both"]):
        assert numbers(ask(book, *view).stdout) == expected
    doubled = ask(book, "--view", "Scaled", "--parameter", "Factor=2").stdout
    assert numbers(doubled) == {key: 2 * value for key, value in expected.items()}


def test_filters(ask, book):
    expected = total(ROWS, ["region"])
    kept = numbers(ask(book, "--filter", 'Region=North,East\\, "far"', "--filter", "Region=South").stdout)
    assert kept == {key: expected[key] for key in [("North",), ('East, "far"',), ("South",)]}


def test_forms(ask, book, tmp_path):
    expected = {key[0]: value for key, value in total(ROWS, ["region"]).items()}
    assert {row["Region"]: row["Amount"] for row in json.loads(ask(book, "--json").stdout)} == expected
    ask(book, "-o", "rows.parquet")
    rows = pyarrow.parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    assert {row["Region"]: row["Amount"] for row in rows} == expected
    ask(book, "-o", "rows.xlsx")
    name, cells, _ = sheets.spreadsheet((tmp_path / "rows.xlsx").read_bytes())
    assert name == "By Region" and {cells[row, 0]: cells[row, 1] for row in range(1, 6)} == expected
    # Not a terminal: a pipe takes it.
    assert pyarrow.parquet.read_table(io.BytesIO(ask(book, "--parquet").stdout)).num_rows == 5


def test_a_published_data_source_lies_beside_the_workbook(ask, tmp_path):
    (tmp_path / "book.twb").write_bytes(sheets.workbook([BY_REGION], published="Orders"))
    failed = ask("book.twb", code=1).stderr
    assert b"Orders.tdsx" in failed
    mine = {"is mine": "USERNAME() = 'ann' OR ISMEMBEROF('all') OR [region] = 'North'"}
    source = sheets.datasource(calculations=mine, filters=sheets.only("is mine", source="federated.0tds"))
    (tmp_path / "Orders.tdsx").write_bytes(sheets.packed(source, ROWS))
    expected = total(ROWS, ["region"])
    assert numbers(ask("book.twb").stdout) == {("North",): expected["North",]}
    for user in (["--user", "ann"], ["--group", "all"]):
        assert numbers(ask("book.twb", *user).stdout) == expected


def test_what_cannot_be_asked(ask, book, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "damaged.twbx").write_bytes(b"PK\x03\x04 and no more")
    for arguments, code, says in (
        (["a.txt"], 2, b"a.txt"),
        (["gone.twb"], 4, b"gone.twb"),
        (["damaged.twbx"], 1, b"damaged.twbx"),
        ([book, "--view", "No Such"], 4, b"By Region"),
        ([book, "--filter", "Region"], 2, b"Region"),
        ([book, "--view", "Scaled", "--parameter", "Factor=two"], 1, b"Factor"),
        ([book, "--csv", "--json"], 2, b"--json"),
    ):
        assert says in ask(*arguments, code=code).stderr, arguments
    unsupported = sheets.workbook([BY_REGION]).replace(b"class='textscan'", b"class='saphana'")
    (tmp_path / "other.twb").write_bytes(unsupported)
    assert b"saphana" in ask("other.twb", code=1).stderr
