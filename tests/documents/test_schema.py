"""What validated against Tableau's published schema before an edit does so after it, and so does what we make."""

from __future__ import annotations

import json
import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from conftest import SAMPLES
from support.program import ROOT, Doc, document
from support.schema import PARSER, Schema

BOOKS = [path for path in SAMPLES if path.suffix.startswith(".twb")]


@pytest.fixture(scope="module")
def schema(spec: Path, tmp_path_factory) -> Schema:
    return Schema(spec, tmp_path_factory.mktemp("schema"))


def test_samples_are_valid(schema: Schema) -> None:
    frame = document(ROOT / "samples" / "Penguins.twb")
    for path in SAMPLES:
        if path in BOOKS:
            assert not schema.errors(document(path)), path.name
        else:
            assert not schema.errors_of_datasource(document(path), frame), path.name


def test_the_slip_is_the_only_thing_that_is_mended(spec: Path, tmp_path: Path) -> None:
    """Against the schema as it is published, our workbooks miss the one element that no workbook has."""
    published = Schema(spec, tmp_path, mend=False)
    for path in BOOKS:
        (only,) = published.errors(document(path))
        assert re.search(r"Element 'workbook': Missing child element.*explain-data", only), only


SCRATCH = {
    "table": ["--class", "PostgreSQL", "--server", "pg", "--database", "d", "--table", "t", "--port", "5432"],
    "columns": ["--class", "Snowflake", "--server", "s", "--database", "d", "--table", "t", "--warehouse", "w"]
    + ["--column", "a=string", "--column", "b=integer", "--column", "c=real", "--column", "d=date"]
    + ["--column", "e=datetime", "--column", "f=boolean", "--role", "r"],
    "sql": ["--class", "Oracle", "--server", "s", "--service", "x", "--database", "D", "--sql", "SELECT 1\nFROM t"],
    "file": ["--class", "Text file", "--database", "Data/a.csv", "--table", "a#csv", "--table-name", "a.csv"],
    "excel": ["--class", "Microsoft Excel", "--database", "Data/a.xlsx", "--table", "Sheet1$", "--table-name", "Sheet1"],
    "hyper": ["--class", "Hyper", "--database", "Data/a.hyper", "--table-schema", "Extract", "--table", "Extract"],
    "initial": ["--class", "Teradata", "--server", "t", "--database", "d", "--table", "t", "--authentication", "LDAP"]
    + ["--initial-sql", "SET x;", "--query-band", "a=b;", "--username", "me"],
}


@pytest.mark.parametrize("version", ["10.5", "18.1"])
@pytest.mark.parametrize("kind", SCRATCH)
def test_data_sources_from_scratch_are_valid(doc: Doc, schema: Schema, kind: str, version: str) -> None:
    path = doc.folder / "New.tds"
    doc.run("new", path, *SCRATCH[kind], "--format", version)
    frame = document(ROOT / "samples" / "Penguins.twb")
    assert not schema.errors_of_datasource(document(path), frame)
    # And with everything that can be added to it. Extracts of the older generation are not what it describes.
    if version == "18.1":
        doc.edit("extract-stub", path, "--name", "x", "--no-file")
        doc.edit("set-refresh", path)
    if "--column" in SCRATCH[kind]:
        doc.edit("add-filter", path, "a", "--value", "x", "--value", "y", "--exclude")
        doc.edit("add-filter", path, "b", "--min", "1", "--max", "2")
        doc.edit("add-filter", path, "d", "--last", "3", "--period", "month")
        doc.edit("add-filter", path, "e", "--to-date", "--period", "year")
        if version == "18.1":
            doc.edit("add-filter", path, "e", "--extract", "--to-date", "--period", "year")
            doc.edit("set-refresh", path, "d")
        doc.edit("add-calculation", path, "Twice", "[b] * 2")
        doc.edit("set-alias", path, "a", "x", "the x")
        doc.edit("set-hierarchy", path, "H", "a", "b")
        doc.edit("set-column", path, "b", "--role", "dimension", "--type", "ordinal", "--hidden", "true")
        doc.edit("map-column", path, "a", "[t].[a]")
    if kind == "columns":
        doc.edit("add-connection", path, "--class", "MySQL", "--server", "my")
        doc.edit("add-join", path, "--kind", "left", "--table", "u", "--name", "u", "--on", "t", "a", "=", "a")
        doc.edit("add-join", path, "--sql", "SELECT 1", "--name", "v", "--on", "u", "a", "<=", "a")
    assert not schema.errors_of_datasource(document(path), frame)


def edits(doc: Doc, path: Path) -> list[list[str]]:
    """Edits that fit a workbook, each with what it needs to know of it."""
    found: list[list[str]] = [["set-connection", "--server", "prod", "--port", "1", "--username", "u"]]
    fields = doc.read("fields", path)
    by_source: dict[str, list[dict]] = {}
    for field in fields:
        by_source.setdefault(field["datasource"], []).append(field)
    labels = [source["caption"] or source["name"] for source in doc.read("info", path)["datasources"]]
    for source, of_source in list(by_source.items())[:2]:
        if labels.count(source) > 1:
            continue
        here = ["--datasource", source]
        plain = [field for field in of_source if not field["calculated"] and field["table"]]
        texts = [field["name"] for field in plain if field["datatype"] == "string"][:2]
        numbers = [field["name"] for field in plain if field["datatype"] in ("integer", "real")][:1]
        dates = [field["name"] for field in plain if field["datatype"] in ("date", "datetime")][:1]
        found.append(["rename-datasource", *here, source])
        for text in texts[:1]:
            found += [
                ["add-filter", *here, text, "--value", "a", "--value", "b"],
                ["set-alias", *here, text, "a", "the a"],
                ["set-column", *here, text, "--hidden", "true"],
                ["set-column", *here, text, "--hidden", "false"],
                ["set-hierarchy", *here, "A new hierarchy", *texts],
                ["set-caption", *here, text, "A new caption"],
                ["rename-field", *here, text, "renamed ] field"],
                ["extract-stub", *here, "--name", "stub", "--no-file"],
            ]
        for number in numbers:
            found += [
                ["add-filter", *here, number, "--min", "1"],
                ["add-calculation", *here, "A new calculation", f"SUM({number}) * 2"],
            ]
        for date in dates:
            found.append(["add-filter", *here, date, "--last", "2", "--period", "week"])
    found += [
        ["parameter add", "A new parameter", "--datatype", "date", "--min", "2024-01-01", "--max", "2024-12-31"]
        + ["--value", "2024-06-01", "--step", "1", "--period", "month"],
        ["parameter add", "Another", "--datatype", "string", "--member", "a=the a", "--member", "b"],
        ["parameter set", "Another", "--value", "b", "--any"],
        ["parameter delete", "Another"],
    ]
    sheets = [sheet["name"] for sheet in doc.read("info", path)["worksheets"]]
    if len(sheets) > 1:
        found += [["hide-sheet", sheets[0]], ["show-sheet", sheets[0]], ["delete-sheet", sheets[-1]]]
    return found


def stays_valid(doc: Doc, schema: Schema, original: Path) -> tuple[int, list[str]]:
    """Makes every edit on top of the others; returns how many there were, and what made the workbook invalid."""
    path = doc.folder / f"{original.stem}.twb"
    path.write_bytes(document(original))
    versions = []
    for command, *arguments in edits(doc, path):
        if doc.attempt(*command.split(), path, *arguments, "--in-place", "--json") is not None:
            versions.append((command, arguments, path.read_bytes()))
    if not schema.errors(versions[-1][2]):
        return len(versions), []
    for command, arguments, content in versions:
        if errors := schema.errors(content):
            return len(versions), [f"{original.name}: {command} {arguments}: {errors[:3]}"]
    return len(versions), []


@pytest.mark.parametrize("original", BOOKS, ids=lambda path: path.name)
def test_samples_stay_valid_whatever_is_edited(doc: Doc, schema: Schema, original: Path) -> None:
    done, wrong = stays_valid(doc, schema, original)
    assert not wrong
    assert done > 12


def test_samples_stay_valid_when_they_are_pointed_elsewhere(doc: Doc, schema: Schema) -> None:
    book = doc.file("Book.twb", document(ROOT / "samples" / "Office Supplies.twbx"))
    fields = [one for one in doc.read("fields", book) if not one["calculated"] and one["table"]]
    columns = [word for one in fields for word in ("--column", f"{one['name'].strip('[]')}={one['datatype']}")]
    doc.run("new", "Prod.tds", "--class", "Snowflake", "--server", "s", "--table", "ORDERS", *columns, "--format", "18.1")
    doc.edit("repoint", book, "--to", "Prod.tds", "--allow-missing")
    assert not schema.errors(book.read_bytes())


def test_real_workbooks_stay_valid_whatever_is_edited(doc: Doc, schema: Schema, corpus: Path) -> None:
    originals = [path for path in sorted((corpus / "files").iterdir()) if path.suffix in (".twb", ".twbx")]
    valid = [path for path in originals if not schema.errors(document(path))]
    assert len(valid) >= 50, "those that Tableau wrote since 2020.2"

    def one(path: Path) -> tuple[int, list[str]]:
        # A validator keeps the errors of its last run, so each thread has one of its own.
        return stays_valid(doc, schema.copy(), path)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(one, [path for path in valid if len(document(path)) < 1 << 19]))
    assert not [line for _, wrong in results for line in wrong]
    assert sum(done for done, _ in results) > 200


# --- `vivant doc check --schema` itself -----------------------------------------------------------


def judged(doc: Doc, spec: Path, path: Path) -> list[str]:
    """What `vivant doc check` finds that is not as the schema wants it."""
    ran = subprocess.run(
        [str(doc.binary), "doc", "check", "--json", "--schema", str(spec / "xsd" / "twb_2026.2.0.xsd"), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    return [finding["message"] for finding in json.loads(ran.stdout) if finding["code"].startswith("schema.")]


def agree(doc: Doc, schema: Schema, spec: Path, path: Path) -> bool:
    """Compares the two validators; returns whether they find the document valid."""
    theirs, ours = schema.errors(document(path)), judged(doc, spec, path)
    assert len(theirs) == len(ours), f"{path.name}: {theirs[:5]} but {ours[:5]}"
    return not theirs


def test_the_command_finds_what_the_other_validator_finds(doc: Doc, schema: Schema, spec: Path) -> None:
    for path in BOOKS:
        assert agree(doc, schema, spec, path)
    broken = document(ROOT / "samples" / "Penguins.twb")
    for before, after in [
        (b" version='18.1' ", b" "),
        (b"<worksheets>", b"<worksheets><odd />"),
        (b"class='worksheet'", b"class='sheet'"),
        (b"<rows>", b"<rows mood='good'>"),
        (b"<aliases enabled='yes' />", b"<aliases enabled='perhaps' />"),
        (b"hasconnection='false'", b"hasconnection='no'"),
        (b"<datasources>", b"<datasources>text"),
        (b"<simple-id uuid='{", b"<simple-id uuid='{x"),
        (b"<mapsources>", b"<mapsources><mapsources/>"),
    ]:
        if before not in broken:
            continue
        path = doc.file("Broken.twb", broken.replace(before, after, 1))
        assert not agree(doc, schema, spec, path), before


def test_the_command_agrees_over_documents_broken_at_random(doc: Doc, schema: Schema, spec: Path) -> None:
    dice = random.Random(7)
    original = document(ROOT / "samples" / "Office Supplies.twbx")
    invalid = 0
    for number in range(60):
        root = etree.fromstring(original, PARSER)
        elements = [element for element in root.iter() if isinstance(element.tag, str)]
        for _ in range(dice.randint(1, 3)):
            element, other = dice.choice(elements[1:]), dice.choice(elements)
            match dice.randint(0, 5):
                case 0 if element.attrib:
                    del element.attrib[dice.choice(list(element.attrib))]
                case 1 if element.attrib:
                    element.set(dice.choice(list(element.attrib)), dice.choice(["", "true", "7", "x", "[a]", "-1.5"]))
                case 2:
                    element.set(dice.choice(["name", "class", "odd", "type", "value"]), "x")
                case 3:
                    element.getparent().remove(element) if element.getparent() is not None else None
                case 4:
                    other.append(etree.Element(dice.choice(["column", "filter", "style", "odd", "zone"])))
                case _:
                    element.tag = dice.choice(["column", "filter", "style", "odd", "zone"])
        path = doc.file("Broken.twb", etree.tostring(root, encoding="utf-8", xml_declaration=True))
        theirs, ours = schema.errors(path.read_bytes()), judged(doc, spec, path)
        # How many follow from one may differ, since one mistake hides others in different ways.
        assert bool(theirs) == bool(ours), f"{number}: {theirs[:5]} but {ours[:5]}"
        invalid += bool(theirs)
    assert invalid > 20


def test_the_command_agrees_over_real_workbooks(doc: Doc, schema: Schema, spec: Path, corpus: Path) -> None:
    originals = [path for path in sorted((corpus / "files").iterdir()) if path.suffix in (".twb", ".twbx")]
    valid = [agree(doc, schema, spec, path) for path in originals]
    assert valid.count(True) >= 50 and valid.count(False) >= 10


def test_what_is_no_schema_is_refused(doc: Doc) -> None:
    book = doc.file("Book.twb", document(ROOT / "samples" / "Penguins.twb"))
    for content, part in [("<a/>", "no schema"), ("<xs:schema", "Schema.xsd"), ("", "empty")]:
        schema = doc.file("Schema.xsd", content)
        assert part in doc.run("check", book, "--schema", schema, code=2)
    assert "none.xsd" in doc.run("check", book, "--schema", "none.xsd", code=2)
