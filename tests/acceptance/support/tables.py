"""Packages with data in them, as Tableau saves workbooks and data sources that read files."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import quoteattr, escape

from support.content import DECLARATION, package

CSV = b"order,region,amount\r\n1,North,10.5\r\n2,South,7\r\n3,East,12.25\r\n"


def xlsx(rows: list[list[object]], sheet: str = "Orders") -> bytes:
    """Writes a spreadsheet of one sheet, the first row its header."""

    def cell(column: int, row: int, value: object) -> str:
        place = f"{chr(65 + column)}{row + 1}"
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f'<c r="{place}"><v>{value}</v></c>'

    written = "".join(
        f'<row r="{number + 1}">{"".join(cell(at, number, value) for at, value in enumerate(row))}</row>'
        for number, row in enumerate(rows)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        f'<sheet name={quoteattr(sheet)} sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{written}</sheetData></worksheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return buffer.getvalue()


def _connection(file: str) -> tuple[str, str]:
    """The connection to a packaged file, and the relation of its one table."""
    if file.endswith(".xlsx"):
        connection = f"<connection class='excel-direct' cleaning='no' compat='no' filename={quoteattr(file)} interpretationMode='0' />"
        return connection, "<relation connection='file.0' name='Orders' table='[Orders$]' type='table' />"
    folder, name = file.rsplit("/", 1)
    connection = (
        f"<connection class='textscan' directory={quoteattr(folder)} filename={quoteattr(name)} password='' server='' />"
    )
    table = name.replace(".", "#")
    return connection, f"<relation connection='file.0' name={quoteattr(name)} table='[{table}]' type='table' />"


def _body(file: str, extract: bool, increment: str | None) -> str:
    connection, relation = _connection(file)
    key = f"<refresh increment-key='[{increment}]' incremental-updates='true' />" if increment else "<refresh />"
    stored = (
        "<extract count='-1' enabled='true' units='records'>"
        "<connection class='hyper' dbname='Data/Extracts/orders.hyper' schema='Extract' tablename='Extract' username=''>"
        f"{key}</connection></extract>"
    )
    return (
        "<connection class='federated'><named-connections>"
        f"<named-connection caption='orders' name='file.0'>{connection}</named-connection>"
        f"</named-connections>{relation}</connection>"
        "<column datatype='integer' name='[order]' role='dimension' type='ordinal' />"
        "<column datatype='string' name='[region]' role='dimension' type='nominal' />"
        "<column caption='Amount' datatype='real' name='[amount]' role='measure' type='quantitative' />"
        + (stored if extract else "")
    )


def workbook(file: str, extract: bool = True, increment: str | None = None) -> bytes:
    """Writes a `.twb` whose data source reads a file and keeps an extract of it."""
    return (
        DECLARATION
        + "<workbook original-version='18.1' source-build='2023.3.2 (20233.24.0117.1234)' version='18.1'>"
        + "<datasources><datasource caption='Orders' inline='true' name='federated.0wb' version='18.1'>"
        + _body(file, extract, increment)
        + "</datasource></datasources><worksheets><worksheet name='Sheet 1'><table><view>"
        + "<datasources><datasource caption='Orders' name='federated.0wb' /></datasources></view><rows /><cols /></table>"
        + "</worksheet></worksheets><windows><window class='worksheet' name='Sheet 1'><viewpoint /></window></windows>"
        + "</workbook>\n"
    ).encode()


def datasource(file: str, extract: bool = True, increment: str | None = None) -> bytes:
    """Writes a `.tds` that reads a file and keeps an extract of it."""
    return (
        DECLARATION
        + "<datasource formatted-name='federated.0tds' inline='true' caption='Orders' version='18.1'>"
        + _body(file, extract, increment)
        + "</datasource>\n"
    ).encode()


def packed(document: bytes, files: dict[str, bytes]) -> bytes:
    """Packs a document with its files."""
    name = "Orders.tds" if b"<workbook" not in document else "Orders.twb"
    return package({name: document, **files})


CSV_FILE, XLSX_FILE = "Data/orders.csv", "Data/orders.xlsx"

ROWS = [["order", "region", "amount"], [1, "North", 10.5], [2, "South", 7], [3, "East", 12.25], [4, "West", 0.5]]
