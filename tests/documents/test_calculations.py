"""The calculation suite of the engine, asked of Tableau's own: where a block says how, `hyperd` gives the same values."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tableauhyperapi import Connection, Date, HyperProcess, Telemetry, Timestamp

from support.program import ROOT

SUITE = ROOT / "crates" / "vivant-query" / "tests" / "calculations" / "suite"
FILES = sorted(SUITE.glob("*.cases"))

# Of a hundred cases, how many have a counterpart at least.
SHARE = 90

TYPES = {
    "integer": "BIGINT", "real": "DOUBLE PRECISION", "string": "TEXT", "boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMP",
}  # fmt: skip


@dataclass
class Block:
    settings: dict[str, str] = field(default_factory=dict)
    columns: list[tuple[str, str]] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)


def blocks(path: Path) -> Iterator[Block]:
    """Reads a file; `suite.rs` beside it says how it is written."""
    block = Block()
    for line in [*path.read_text().splitlines(), ""]:
        name, colon, value = line.partition(": ")
        if line.startswith("#"):
            continue
        if not line:
            if block.columns:
                yield block
            block = Block()
        elif not block.columns and colon:
            block.settings[name] = value
        elif not block.columns:
            block.columns = [tuple(column.rsplit(" ", 1)) for column in line.split(" | ")]
        else:
            block.lines.append(line.split(" | "))


def written(text: str, datatype: str) -> str:
    """A value in the language of the engine."""
    if datatype == "string" and text != "NULL":
        text = "'" + json.loads(text).replace("'", "''") + "'"
    elif datatype in ("date", "datetime") and text != "NULL":
        text = f"{TYPES[datatype]} '{text}'"
    return f"CAST({text} AS {TYPES[datatype]})"


def value(text: str, datatype: str) -> Any:
    """An expected value."""
    if text == "NULL":
        return None
    if datatype == "string":
        return json.loads(text)
    if datatype == "boolean":
        return text == "TRUE"
    if datatype in ("date", "datetime"):
        return datetime.datetime.fromisoformat(text)
    return float(text) if datatype == "real" else int(text)


def plain(found: Any) -> Any:
    """A value that the engine gave."""
    if isinstance(found, Timestamp):
        return found.to_datetime()
    if isinstance(found, Date):
        found = found.to_date()
        return datetime.datetime(found.year, found.month, found.day)
    return float(found) if isinstance(found, decimal.Decimal) else found


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, (int, float)) and isinstance(expected, (int, float)):
        return isinstance(found, bool) == isinstance(expected, bool) and math.isclose(found, expected, rel_tol=1e-11, abs_tol=1e-11)
    return found == expected


def insert(connection: Connection, block: Block) -> None:
    """Makes the table of a block."""
    name = block.settings["data"]
    types = ", ".join(f'"{column}" {TYPES[datatype]}' for column, datatype in block.columns)
    connection.execute_command(f'CREATE TEMPORARY TABLE "{name}" ({types})')
    rows = (", ".join(written(cell, datatype) for cell, (_, datatype) in zip(line, block.columns)) for line in block.lines)
    connection.execute_command(f'INSERT INTO "{name}" VALUES ' + ", ".join(f"({row})" for row in rows))


def asked(connection: Connection, block: Block) -> list[tuple[Any, Any]]:
    """What the engine gives for each line, and what is expected."""
    *inputs, (_, datatype) = block.columns
    expected = [value(line[-1], datatype) for line in block.lines]
    query = block.settings["hyper"]
    if "table" in block.settings:
        rows = connection.execute_list_query(query)
        found = {tuple(plain(cell) for cell in row[:-1]): plain(row[-1]) for row in rows}
        keys = [tuple(value(cell, kind) for cell, (_, kind) in zip(line, inputs)) for line in block.lines]
        assert set(found) == set(keys), query
        return [(found[key], one) for key, one in zip(keys, expected)]
    names = ", ".join(["row_number"] + [f'"{name}"' for name, _ in inputs])
    rows = (
        ", ".join([str(at)] + [written(cell, kind) for cell, (_, kind) in zip(line, inputs)]) for at, line in enumerate(block.lines)
    )
    values = ", ".join(f"({row})" for row in rows)
    rows = connection.execute_list_query(f"SELECT {query} FROM (VALUES {values}) t({names}) ORDER BY row_number")
    return [(plain(row[0]), one) for row, one in zip(rows, expected)]


@pytest.fixture(scope="module")
def engine() -> Iterator[HyperProcess]:
    # Without its log, which it would leave in the current folder.
    with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as process:
        yield process


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_tableaus_engine_gives_the_same_values(engine: HyperProcess, path: Path) -> None:
    differences = []
    with Connection(engine.endpoint) as connection:
        for block in blocks(path):
            if "data" in block.settings:
                insert(connection, block)
            elif "hyper" in block.settings:
                for line, (found, expected) in zip(block.lines, asked(connection, block)):
                    if not same(found, expected):
                        differences.append(f"{block.settings['formula']}: {line}: {found}")
    assert not differences, "\n".join(differences)


def test_most_cases_have_a_counterpart() -> None:
    found = [block for path in FILES for block in blocks(path) if "data" not in block.settings]
    cases = sum(len(block.lines) for block in found)
    asked = sum(len(block.lines) for block in found if "hyper" in block.settings)
    assert cases >= 1500 and asked * 100 >= cases * SHARE, (cases, asked)
