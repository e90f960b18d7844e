"""Data and formulas that are made to harm: `vivant data` answers with a clear error, or rightly, in bounded memory."""

from __future__ import annotations

import io
import json
import os
import resource
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

# No address space beyond this, and no processor time: who needs more is stopped, and the test fails.
MEMORY = 6 << 30
SECONDS = 120

DEPTH = 10_000
FILE = "Data/rows.csv"
ROWS = b"region,amount\n" + b"".join(b"%s,%d\n" % (region, amount) for region in (b"East", b"West") for amount in range(1, 4))


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def ask(binary: Path, book: Path) -> tuple[int, str, str]:
    """Runs `vivant data` where memory and time are short; what crashes has a negative code."""
    done = subprocess.run([str(binary), "data", book.name, "--json"], cwd=book.parent, capture_output=True, preexec_fn=limited)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def document(calculations: dict[str, str], columns: dict[str, str] = {"region": "string", "amount": "integer"}, measure: str = "result") -> str:
    """A workbook of one sheet: a measure by region, if there is one."""
    types = "".join(f"<column datatype='{datatype}' name='{name}' ordinal='{at}' />" for at, (name, datatype) in enumerate(columns.items()))
    fields = "".join(
        f"<column datatype='real' name='[{name}]' role='measure' type='quantitative'><calculation class='tableau' formula={quoteattr(formula)} />"
        "</column>"
        for name, formula in calculations.items()
    )
    rows = "[ds].[none:region:nk]" if "region" in columns else ""
    return (
        "<?xml version='1.0' encoding='utf-8' ?>\n<workbook version='18.1'><datasources><datasource caption='Data' inline='true' name='ds'>"
        "<connection class='federated'><named-connections><named-connection caption='data' name='f'><connection class='textscan' "
        "directory='Data' filename='rows.csv' password='' server='' /></named-connection></named-connections><relation connection='f' "
        "name='rows.csv' table='[rows#csv]' type='table'><columns character-set='UTF-8' header='yes' locale='en_US' separator=','>"
        f"{types}</columns></relation></connection>{fields}</datasource></datasources><worksheets><worksheet name='S'><table><view>"
        "<datasources><datasource name='ds' /></datasources><datasource-dependencies datasource='ds'>"
        "<column-instance column='[region]' derivation='None' name='[none:region:nk]' pivot='key' type='nominal' />"
        f"<column-instance column='[{measure}]' derivation='Sum' name='[sum:{measure}:qk]' pivot='key' type='quantitative' />"
        "</datasource-dependencies><aggregation value='true' /></view><style /><panes><pane><mark class='Automatic' />"
        f"<encodings><text column='[ds].[sum:{measure}:qk]' /></encodings></pane></panes><rows>{rows}</rows><cols /></table></worksheet>"
        "</worksheets></workbook>\n"
    )


def package(path: Path, text: str, rows: bytes = ROWS) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Book.twb", text)
        archive.writestr(FILE, rows)
    return path


NESTED = {
    "brackets": "(" * DEPTH + "[amount]" + ")" * DEPTH,
    "signs": "-" * DEPTH + "[amount]",
    "not": "IIF(" + "NOT " * DEPTH + "TRUE, 1, 2)",
    "if": "IF TRUE THEN " * DEPTH + "[amount]" + " END" * DEPTH,
    "calls": "ABS(" * DEPTH + "[amount]" + ")" * DEPTH,
    "levels": "{FIXED [region] : SUM(" * DEPTH + "[amount]" + ")}" * DEPTH,
}
# What is long and not deep for who writes it has its value: East and West have 1, 2 and 3.
LONG = {
    "sum": ("[amount]" + " + [amount]" * DEPTH, 6 * (DEPTH + 1)),
    "or": ("IIF([amount] = 1" + " OR [amount] = 2" * DEPTH + ", 1, 0)", 2),
    "elseif": ("IF [amount] = 0 THEN 0" + "".join(f" ELSEIF [amount] = {at} THEN {at * 10}" for at in range(1, DEPTH)) + " END", 60),
    "text": ("LEN(''" + " + 'ab'" * DEPTH + ")", 3 * 2 * DEPTH),
}


@pytest.mark.parametrize("what", NESTED)
def test_a_formula_nested_too_deep(binary: Path, tmp_path: Path, what: str) -> None:
    code, _, error = ask(binary, package(tmp_path / "book.twbx", document({"result": NESTED[what]})))
    assert code == 1 and "nested deeper" in error, (code, error)


@pytest.mark.parametrize("what", LONG)
def test_a_formula_of_many_parts(binary: Path, tmp_path: Path, what: str) -> None:
    formula, expected = LONG[what]
    code, rows, error = ask(binary, package(tmp_path / "book.twbx", document({"result": formula})))
    assert code == 0, (code, error)
    assert [row["result"] for row in json.loads(rows)] == [expected, expected]


@pytest.mark.parametrize("first", ["[amount]", "SUM([amount])"])
def test_calculations_that_build_on_one_another(binary: Path, tmp_path: Path, first: str) -> None:
    def chain(count: int, step: str) -> dict[str, str]:
        names = [*(f"c{at}" for at in range(count)), "result"]
        return {name: step.format(before) for name, before in zip(names, [first, *(f"[{name}]" for name in names)])}

    code, rows, error = ask(binary, package(tmp_path / "some.twbx", document(chain(40, "{} + 1"))))
    # Rows have their own summands, and groups one of all.
    assert code == 0, error
    assert [row["result"] for row in json.loads(rows)] == [6 + 41 * (3 if first == "[amount]" else 1)] * 2
    code, _, error = ask(binary, package(tmp_path / "many.twbx", document(chain(DEPTH, "{} + 1"))))
    assert code == 1 and "one on another" in error, (code, error)
    # Each twice in the next one: as many parts as two to the power of forty.
    code, rows, error = ask(binary, package(tmp_path / "twice.twbx", document(chain(40, "{0} + {0}"))))
    if first == "[amount]":
        assert code == 0 and [row["result"] for row in json.loads(rows)] == [6 * 2**41] * 2, (code, error)
    else:
        assert code == 1 and "parts" in error, (code, error)


def test_a_hundred_thousand_columns(binary: Path, tmp_path: Path) -> None:
    names = [f"c{at}" for at in range(100_000)]
    rows = (",".join(names) + "\n" + ",".join("1" * len(names)) + "\n").encode()
    few = {name: "integer" for name in names[:3]}
    code, _, error = ask(binary, package(tmp_path / "few.twbx", document({}, few, "c1"), rows))
    assert code == 1 and "columns" in error, (code, error)
    code, _, error = ask(binary, package(tmp_path / "all.twbx", document({}, {name: "integer" for name in names}, "c1"), rows))
    assert code == 1 and "columns" in error, (code, error)


def test_a_large_crosstab(binary: Path, tmp_path: Path) -> None:
    count = 100_000
    rows = b"region,amount\n" + b"".join(b"Region %07d,%d\n" % (at, at) for at in range(count))
    book = package(tmp_path / "book.twbx", document({"result": "[amount] * 2"}), rows)

    def peak(kind: str) -> int:
        """The memory that writing such a file takes, in bytes."""
        out = tmp_path / f"out.{kind}"
        process = subprocess.Popen([str(binary), "data", book.name, "-o", str(out)], cwd=tmp_path, preexec_fn=limited)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss * 1024

    lines, table = peak("csv"), peak("xlsx")
    # The answer and its headers are held, some 300 bytes a row; the cells of the page, 1,000 and more, are not.
    assert table - lines < 600 * count, (lines, table)
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert page.count("<row ") == count + 1
    last = page[page.rindex("<row ") :]
    assert f"Region {count - 1:07}" in last and f"<v>{2 * (count - 1)}</v>" in last


def combined(first: int, second: int, length: int) -> int:
    """The checksum of two texts one after the other, from theirs and the length of the second."""

    def times(matrix: list[int], vector: int) -> int:
        total, at = 0, 0
        while vector:
            if vector & 1:
                total ^= matrix[at]
            vector >>= 1
            at += 1
        return total

    matrix = [0xEDB88320] + [1 << at for at in range(31)]
    for _ in range(3):
        matrix = [times(matrix, row) for row in matrix]
    while length:
        if length & 1:
            first = times(matrix, first)
        matrix = [times(matrix, row) for row in matrix]
        length >>= 1
    return first ^ second


def bomb(head: bytes, block: bytes, count: int) -> tuple[bytes, int, int]:
    """A member that unpacks to a block many times: its packed bytes, size and checksum."""

    def packed(data: bytes, end: int) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush(end)

    checksum, of_block = zlib.crc32(head), zlib.crc32(block)
    for _ in range(count):
        checksum = combined(checksum, of_block, len(block))
    data = packed(head, zlib.Z_FULL_FLUSH) + packed(block, zlib.Z_FULL_FLUSH) * count + packed(b"", zlib.Z_FINISH)
    return data, len(head) + len(block) * count, checksum


def with_bomb(path: Path, text: str, member: tuple[bytes, int, int]) -> Path:
    """A package with a member that is longer than the tools of the language write in little time."""
    data, size, checksum = member
    out, name = io.BytesIO(), FILE.encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Book.twb", text)
        info = zipfile.ZipInfo(FILE, (1980, 1, 1, 0, 0, 0))
        info.compress_type, info.CRC, info.compress_size, info.file_size = zipfile.ZIP_DEFLATED, checksum, len(data), size
        info.header_offset, info.create_version, info.extract_version = out.tell(), 45, 45
        extra = struct.pack("<HHQQ", 1, 16, size, len(data))
        out.write(struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 8, 0, 33, checksum, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra)) + name + extra + data)
        archive.filelist.append(info)
        archive.NameToInfo[FILE] = info
        archive.start_dir = out.tell()
        archive._didModify = True
    path.write_bytes(out.getvalue())
    return path


def test_the_bombs_are_packages(tmp_path: Path) -> None:
    path = with_bomb(tmp_path / "small.twbx", "<workbook />", bomb(b"a\n", b"1\n" * 1000, 50))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and archive.read(FILE) == b"a\n" + b"1\n" * 50_000


@pytest.mark.parametrize("what", ["many lines", "one line"])
def test_ten_gigabytes_in_a_package(binary: Path, tmp_path: Path, what: str) -> None:
    block = b"x" * (1 << 24) if what == "one line" else b"North,1\n" * (1 << 21)
    head = b"region,amount\n"
    path = with_bomb(tmp_path / "bomb.twbx", document({"result": "[amount]"}), bomb(head, block, (10 << 30) // len(block)))
    code, _, error = ask(binary, path)
    assert code == 1 and "large" in error, (code, error)
    assert not list(tmp_path.glob("**/*.csv"))
