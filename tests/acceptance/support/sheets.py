"""Workbooks with worksheets that show something: fields on rows, columns and the marks card, over a file in the package."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from support.content import DECLARATION, package

USER = "xmlns:user='http://www.tableausoftware.com/xml/user'"
FILE = "Data/orders.csv"

# Fields: data type, role, and how they are counted.
FIELDS = {
    "region": ("string", "dimension", "nominal"),
    "customer": ("string", "dimension", "nominal"),
    "day": ("date", "dimension", "ordinal"),
    "units": ("integer", "measure", "quantitative"),
    "amount": ("real", "measure", "quantitative"),
}
CAPTIONS = {"region": "Region", "customer": "Customer", "day": "Order Day", "units": "Units", "amount": "Amount"}

CODES = {
    "None": "none", "Sum": "sum", "Avg": "avg", "Min": "min", "Max": "max", "Count": "cnt", "CountD": "ctd",
    "Year": "yr", "Month": "mn",
}  # fmt: skip

REGIONS = ["North", "South", 'East, "far"', "Öst\nline", "West"]
CUSTOMERS = ["Ann", "Bob", "Cid", "Дана", "日本", "a=b&c+d#e%"]


@dataclass(frozen=True)
class Order:
    region: str
    customer: str
    day: str
    units: int
    amount: float


def orders(count: int = 200, seed: int = 1) -> list[Order]:
    """Makes rows, the same for the same seed. Amounts are quarters, so that sums have no rounding."""
    pick = random.Random(seed)
    return [
        Order(
            pick.choice(REGIONS),
            pick.choice(CUSTOMERS),
            f"{pick.choice((2022, 2023, 2024))}-{pick.randint(1, 12):02}-{pick.randint(1, 28):02}",
            pick.randint(1, 9),
            pick.randint(0, 4000) / 4,
        )
        for _ in range(count)
    ]


def text(rows: list[Order]) -> bytes:
    """Writes rows as a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    for row in rows:
        writer.writerow([row.region, row.customer, row.day, row.units, f"{row.amount:.2f}"])
    return out.getvalue().encode()


def pill(name: str, derivation: str = "None", source: str = "ds") -> str:
    """The reference of a field as a sheet uses it."""
    return f"[{source}].[{_instance(name, derivation)}]"


def _instance(name: str, derivation: str) -> str:
    kind = "qk" if derivation in ("Sum", "Avg", "Min", "Max", "Count", "CountD") else "ok" if name == "day" else "nk"
    return f"{CODES[derivation]}:{name}:{kind}"


@dataclass
class Sheet:
    """A worksheet: pills on its shelves as `(field, derivation)`, several on a shelf inside one another."""

    name: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    cols: list[tuple[str, str]] = field(default_factory=list)
    text: list[tuple[str, str]] = field(default_factory=list)
    view: str = ""
    measure_names: list[tuple[str, str]] = field(default_factory=list)

    def xml(self, source: str, calculations: dict[str, str]) -> str:
        used = dict.fromkeys(self.rows + self.cols + self.text + self.measure_names)
        instances = "".join(
            f"<column-instance column='[{name}]' derivation='{derivation}' name='[{_instance(name, derivation)}]' "
            f"pivot='key' type='{'quantitative' if _instance(name, derivation).endswith('qk') else 'nominal'}' />"
            for name, derivation in used
            if name not in calculations
        ) + "".join(
            f"<column-instance column='[{name}]' derivation='{derivation}' name='[{_instance(name, derivation)}]' "
            "pivot='key' type='quantitative' />"
            for name, derivation in used
            if name in calculations
        )

        def shelf(pills: list[tuple[str, str]], more: list[str] = []) -> str:
            names = [pill(name, derivation, source) for name, derivation in pills] + more
            joined = names[0] if names else ""
            for name in names[1:]:
                joined = f"({joined} / {name})"
            return joined

        view, names, values = self.view, [], ""
        if self.measure_names:
            members = "".join(
                "<groupfilter function='member' level='[:Measure Names]' member="
                + quoteattr(f'"{pill(name, derivation, source)}"') + " />"
                for name, derivation in self.measure_names
            )  # fmt: skip
            view += (
                f"<filter class='categorical' column='[{source}].[:Measure Names]'>"
                f"<groupfilter function='union'>{members}</groupfilter></filter>"
            )
            names, values = [f"[{source}].[:Measure Names]"], f"<text column='[{source}].[Multiple Values]' />"
        encodings = values + "".join(f"<text column='{pill(name, derivation, source)}' />" for name, derivation in self.text)
        return (
            f"<worksheet name={quoteattr(self.name)}><table><view>"
            f"<datasources><datasource caption='Orders' name='{source}' /></datasources>"
            f"<datasource-dependencies datasource='{source}'>{instances}</datasource-dependencies>"
            f"{view}<aggregation value='true' /></view><style />"
            "<panes><pane><view><breakdown value='auto' /></view><mark class='Automatic' />"
            f"<encodings>{encodings}</encodings></pane></panes>"
            f"<rows>{shelf(self.rows)}</rows><cols>{shelf(self.cols, names)}</cols></table></worksheet>"
        )


def columns(calculations: dict[str, str] | None = None) -> str:
    """The fields of the data source; calculations by name, with their formula."""
    plain = "".join(
        f"<column caption={quoteattr(CAPTIONS[name])} datatype='{datatype}' name='[{name}]' role='{role}' type='{kind}' />"
        for name, (datatype, role, kind) in FIELDS.items()
    )
    return plain + "".join(
        f"<column caption={quoteattr(name.title())} datatype='{'boolean' if name.startswith('is') else 'real'}' name='[{name}]' "
        f"role='{'dimension' if name.startswith('is') else 'measure'}' type='{'nominal' if name.startswith('is') else 'quantitative'}'>"
        f"<calculation class='tableau' formula={quoteattr(formula)} /></column>"
        for name, formula in (calculations or {}).items()
    )


def connection(file: str = FILE) -> str:
    """The connection to a text file in the package, and its one table."""
    folder, name = file.rsplit("/", 1)
    types = "".join(
        f"<column datatype='{datatype}' name='{field}' ordinal='{at}' />" for at, (field, (datatype, *_)) in enumerate(FIELDS.items())
    )
    return (
        "<connection class='federated'><named-connections><named-connection caption='orders' name='file.0'>"
        f"<connection class='textscan' directory='{folder}' filename='{name}' password='' server='' /></named-connection>"
        f"</named-connections><relation connection='file.0' name='{name}' table='[{name.replace('.', '#')}]' type='table'>"
        f"<columns character-set='UTF-8' header='yes' locale='en_US' separator=','>{types}</columns></relation></connection>"
    )


EXTRACT = (
    "<extract count='-1' enabled='true' units='records'>"
    "<connection class='hyper' dbname='Data/Extracts/orders.hyper' schema='Extract' tablename='Extract' username=''>"
    "<refresh /></connection></extract>"
)


def workbook(
    sheets: list[Sheet],
    dashboards: dict[str, list[str]] | None = None,
    calculations: dict[str, str] | None = None,
    filters: str = "",
    published: str | None = None,
    extract: bool = False,
    parameters: str = "",
) -> bytes:
    """Writes a `.twb`; `published` is the content URL of the data source in place of a file."""
    name = "sqlproxy.1" if published else "ds"
    body = columns(calculations) + (EXTRACT if extract else "") + filters
    if published:
        body = (
            f"<repository-location id={quoteattr(published)} path='/datasources' revision='1.0' site='' />"
            f"<connection channel='https' class='sqlproxy' dbname={quoteattr(published)} directory='/dataserver' port='443' "
            "server='tableau.example.com' username=''><relation name='sqlproxy' table='[sqlproxy]' type='table' /></connection>"
        ) + body
    else:
        body = connection() + body
    zones = {
        dashboard: "".join(
            f"<zone h='50000' id='{at}' name={quoteattr(sheet)} w='50000' x='0' y='0' />" for at, sheet in enumerate(inside, 2)
        )
        for dashboard, inside in (dashboards or {}).items()
    }
    return (
        DECLARATION
        + f"<workbook original-version='18.1' source-build='2023.3.2 (20233.24.0117.1234)' version='18.1' {USER}>"
        + f"<datasources>{parameters}<datasource caption='Orders' inline='true' name='{name}' version='18.1'>{body}</datasource></datasources>"
        + f"<worksheets>{''.join(sheet.xml(name, calculations or {}) for sheet in sheets)}</worksheets>"
        + (
            "<dashboards>"
            + "".join(
                f"<dashboard name={quoteattr(dashboard)}><style /><size maxheight='800' maxwidth='1000' minheight='800' minwidth='1000' />"
                f"<zones><zone h='100000' id='1' type-v2='layout-basic' w='100000' x='0' y='0'>{inside}</zone></zones></dashboard>"
                for dashboard, inside in zones.items()
            )
            + "</dashboards>"
            if zones
            else ""
        )
        + "<windows>"
        + "".join(f"<window class='worksheet' name={quoteattr(sheet.name)}><viewpoint /></window>" for sheet in sheets)
        + "".join(f"<window class='dashboard' name={quoteattr(name)}><viewpoint /></window>" for name in zones)
        + "</windows></workbook>\n"
    ).encode()


def datasource(calculations: dict[str, str] | None = None, filters: str = "", extract: bool = False) -> bytes:
    """Writes a `.tds` over the file."""
    return (
        DECLARATION
        + f"<datasource formatted-name='federated.0tds' inline='true' caption='Orders' version='18.1' {USER}>"
        + connection() + columns(calculations) + (EXTRACT if extract else "") + filters
        + "</datasource>\n"
    ).encode()  # fmt: skip


def packed(document: bytes, rows: list[Order]) -> bytes:
    """Packs a document with the file."""
    name = "Orders.twb" if b"<workbook" in document else "Orders.tds"
    return package({name: document, FILE: text(rows)})


PARAMETER = (
    "<datasource hasconnection='false' inline='true' name='Parameters' version='18.1'>"
    "<column caption='Factor' datatype='real' name='[Parameter 1]' param-domain-type='any' role='measure' type='quantitative' value='1.0'>"
    "<calculation class='tableau' formula='1.0' /></column></datasource>"
)


def only(field: str, member: str = "true", source: str = "ds") -> str:
    """A filter of the data source that keeps one member of a field."""
    return (
        f"<filter class='categorical' column='[{source}].[{field}]'>"
        f"<groupfilter function='member' level='[{field}]' member='{member}' /></filter>"
    )


# What answers should be, in plain Python.


def total(rows: list[Order], by: list[str], measure: str = "amount") -> dict[tuple, float]:
    """Adds up a measure by fields; `year` and `month` are parts of the day."""
    found: dict[tuple, float] = {}
    for row in rows:
        parts = {"year": int(row.day[:4]), "month": int(row.day[5:7])}
        key = tuple(parts[name] if name in parts else getattr(row, name) for name in by)
        found[key] = found.get(key, 0) + getattr(row, measure)
    return found


def number(value: str) -> float:
    """Reads a number as views show it."""
    return float(value.replace(",", ""))


def table(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Reads CSV: header and lines."""
    assert not data.startswith(b"\xef\xbb\xbf"), "a byte order mark"
    lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
    return (lines[0], lines[1:]) if lines else ([], [])


def spreadsheet(data: bytes) -> tuple[str, dict[tuple[int, int], object], list[str]]:
    """Reads the one page of an `.xlsx`: its name, its cells by row and column from 0, and its merged ranges."""
    import re
    import zipfile
    from xml.etree import ElementTree

    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        read = lambda name: ElementTree.fromstring(archive.read(name))  # noqa: E731
        shared = []
        if "xl/sharedStrings.xml" in archive.namelist():
            for item in read("xl/sharedStrings.xml").iter(f"{main}si"):
                shared.append("".join(part.text or "" for part in item.iter(f"{main}t")))
        (page,) = read("xl/workbook.xml").iter(f"{main}sheet")
        content = read("xl/worksheets/sheet1.xml")
    cells: dict[tuple[int, int], object] = {}
    for cell in content.iter(f"{main}c"):
        letters, row = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r")).groups()
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        value = cell.find(f"{main}v")
        if cell.get("t") == "inlineStr":
            cells[int(row) - 1, column - 1] = "".join(part.text or "" for part in cell.iter(f"{main}t"))
        elif value is not None:
            is_text = cell.get("t") == "s"
            cells[int(row) - 1, column - 1] = shared[int(value.text)] if is_text else float(value.text)
    return page.get("name"), cells, [one.get("ref") for one in content.iter(f"{main}mergeCell")]
