"""pandas as a referee: worksheets that a seed makes up, over the penguins and the flights of the samples."""

from __future__ import annotations

import json
import math
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas
import pytest

from support import worksheets
from support.worksheets import FLIGHTS, PENGUINS, Sheet

SEED = 6
COUNTS = {"penguins": (PENGUINS, 60), "flights": (FLIGHTS, 40)}


def plain(value: Any) -> Any:
    """A value of either side in one form."""
    if value is None or value is pandas.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pandas.Timestamp):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, str):
        return value.replace("T", " ").removesuffix(" 00:00:00") if value[:2].isdigit() else value
    return float(value)


def order(row: list) -> list:
    return [(value is not None, str(type(value)), value if value is not None else 0) for value in row]


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    return found == expected


def difference(binary: Path, book: Path, sheet: Sheet) -> str | None:
    """Asks for the rows of a sheet and says how they differ from those of pandas."""
    done = subprocess.run([str(binary), "data", book.name, "--view", sheet.name, "--json"], cwd=book.parent, capture_output=True)
    if done.returncode or done.stderr:
        return done.stderr.decode()
    found = [[plain(value) for value in row.values()] for row in json.loads(done.stdout)]
    expected = [[plain(value) for value in row] for row in sheet.expected.itertuples(index=False)]
    by = len(sheet.dimensions)
    found.sort(key=lambda row: order(row[:by]))
    expected.sort(key=lambda row: order(row[:by]))
    if [row[:by] for row in found] != [row[:by] for row in expected]:
        return f"groups: {[row[:by] for row in found][:9]} … ({len(found)}) against {[row[:by] for row in expected][:9]} … ({len(expected)})"
    for ours, theirs in zip(found, expected):
        if len(ours) != len(theirs) or not all(map(same, ours, theirs)):
            return f"{ours} against {theirs}"
    return None


@pytest.mark.parametrize("name", COUNTS)
def test_worksheets_show_what_pandas_computes(binary: Path, tmp_path: Path, name: str) -> None:
    source, count = COUNTS[name]
    sheets = worksheets.made(SEED, source, count)
    book = tmp_path / f"{name}.twbx"
    book.write_bytes(worksheets.workbook(source, sheets))
    with ThreadPoolExecutor(2) as both:
        differences = list(both.map(lambda sheet: difference(binary, book, sheet), sheets))
    said = [
        f"{sheet.name} by {sheet.dimensions}, {[one.formula or (one.field, one.derivation, one.quick) for one in sheet.measures]}, "
        f"{sheet.filters}: {message}"
        for sheet, message in zip(sheets, differences)
        if message
    ]
    assert not said, f"{len(said)} of {count} differ:\n" + "\n".join(said)


def test_the_referee_sees_a_wrong_number(binary: Path, tmp_path: Path) -> None:
    (sheet,) = worksheets.made(SEED, PENGUINS, 1)
    book = tmp_path / "book.twbx"
    book.write_bytes(worksheets.workbook(PENGUINS, [sheet]))
    assert difference(binary, book, sheet) is None
    sheet.expected.iloc[0, -1] += 1
    assert difference(binary, book, sheet) is not None
