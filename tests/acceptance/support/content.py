"""Workbooks, data sources and packages made up for the tests, small but shaped like the files that Tableau saves."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

DECLARATION = "<?xml version='1.0' encoding='utf-8' ?>\n"

# The first twelve bytes of every .hyper file, and the first four of every .tde file.
HYPER_MAGIC = bytes.fromhex("487970657208000001000000")
TDE_MAGIC = bytes.fromhex("20020162a01eab07")


@dataclass
class Connection:
    """One connection to a database, as a workbook names it."""

    kind: str = "postgres"
    server: str = "db.example.com"
    port: str = "5432"
    database: str = "sales"
    username: str = "reader"


@dataclass
class Sheet:
    """One tab of a workbook: a worksheet, a dashboard or a story."""

    name: str
    kind: str = "worksheet"
    hidden: bool = False


@dataclass
class Workbook:
    """What a made-up workbook holds; `sheets` stand in tab order."""

    sheets: list[Sheet] = field(default_factory=lambda: [Sheet("Sheet 1")])
    connections: list[Connection] = field(default_factory=list)
    caption: str = "Orders"
    published: str | None = None

    def xml(self) -> bytes:
        """Writes the `.twb`."""
        names = [sheet for sheet in self.sheets if sheet.kind == "worksheet"]
        # Tableau writes worksheets by name; the order of the tabs is that of the windows.
        worksheets = "".join(_worksheet(sheet.name) for sheet in sorted(names, key=lambda sheet: sheet.name))
        dashboards = "".join(_dashboard(sheet) for sheet in self.sheets if sheet.kind != "worksheet")
        windows = "".join(_window(sheet) for sheet in self.sheets)
        sources = _datasource(self.connections, self.caption)
        if self.published:
            sources += _published(self.published)
        return (
            DECLARATION
            + "<!-- build 20233.24.0117.1234                               -->\n"
            + "<workbook original-version='18.1' source-build='2023.3.2 (20233.24.0117.1234)' source-platform='mac' "
            + "version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>\n"
            + "  <document-format-change-manifest><WindowsPersistSimpleIdentifiers />"
            + "</document-format-change-manifest>\n"
            + f"  <datasources>{sources}</datasources>\n"
            + f"  <worksheets>{worksheets}</worksheets>\n"
            + (f"  <dashboards>{dashboards}</dashboards>\n" if dashboards else "")
            + f"  <windows>{windows}</windows>\n"
            + "</workbook>\n"
        ).encode()


def twb(*names: str, hidden: tuple[str, ...] = (), connections: list[Connection] | None = None) -> bytes:
    """Writes a workbook of worksheets with these names."""
    sheets = [Sheet(name, hidden=name in hidden) for name in names or ("Sheet 1",)]
    return Workbook(sheets, connections or []).xml()


def twbx(document: bytes | None = None, name: str = "Book.twb", files: dict[str, bytes] | None = None) -> bytes:
    """Packs a workbook with the files that belong to it."""
    if files is None:
        files = {"Data/Datasources/orders.csv": ORDERS}
    return package({name: document if document is not None else twb(), **files})


def tds(connections: list[Connection] | None = None, caption: str = "Orders") -> bytes:
    """Writes a data source file."""
    body = _datasource_body(connections or [Connection()])
    return (
        DECLARATION
        + f"<datasource formatted-name='federated.0tds' inline='true' caption={quoteattr(caption)} "
        + "source-platform='mac' version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>"
        + body
        + "</datasource>\n"
    ).encode()


def tdsx(document: bytes | None = None, files: dict[str, bytes] | None = None) -> bytes:
    """Packs a data source with its data."""
    if document is None:
        document = tds_with_extract()
    if files is None:
        files = {EXTRACT_PATH: hyper()}
    return package({"Orders.tds": document, **files})


EXTRACT_PATH = "Data/Extracts/orders.hyper"


def tds_with_extract() -> bytes:
    """Writes a data source file that names an extract inside its package."""
    text = tds().decode()
    extract = (
        "<extract count='-1' enabled='true' units='records'>"
        f"<connection class='hyper' dbname='{EXTRACT_PATH}' schema='Extract' tablename='Extract' username='' />"
        "</extract>"
    )
    return text.replace("</datasource>", extract + "</datasource>").encode()


def twb_with_extract(*names: str) -> bytes:
    """Writes a workbook whose data source names an extract inside its package."""
    text = twb(*names, connections=[Connection()]).decode()
    extract = (
        "<extract count='-1' enabled='true' units='records'>"
        f"<connection class='hyper' dbname='{EXTRACT_PATH}' schema='Extract' tablename='Extract' username='' />"
        "</extract>"
    )
    return text.replace("</datasource>", extract + "</datasource>", 1).encode()


def hyper(size: int = 65536, seed: int = 1) -> bytes:
    """Makes a file with the signature of a `.hyper` file; what follows is noise."""
    return HYPER_MAGIC + bytes(20) + noise(size - 32, seed)


def tde(size: int = 4096, seed: int = 1) -> bytes:
    """Makes a file with the signature of a `.tde` file."""
    return TDE_MAGIC + struct.pack("<I", 2) + noise(size - 12, seed)


def package(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Packs files as Tableau does, the document first."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def noise(size: int, seed: int) -> bytes:
    """Returns bytes that do not compress, the same for the same seed."""
    return random.Random(seed).randbytes(max(size, 0))


def big_twbx(path: Path, megabytes: int, seed: int = 7) -> str:
    """Writes a valid packaged workbook with a large incompressible file in it; returns its SHA-256."""
    generator = random.Random(seed)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Big.twb", twb("Big"), zipfile.ZIP_DEFLATED)
        info = zipfile.ZipInfo("Data/Datasources/noise.bin")
        info.compress_type = zipfile.ZIP_STORED
        block = generator.randbytes(1 << 20)
        with archive.open(info, "w", force_zip64=True) as member:
            for number in range(megabytes):
                member.write(struct.pack("<Q", number) + block[8:])
    return sha256_of(path)


def sha256_of(path: Path) -> str:
    """Returns the hash of a file without reading it into memory at once."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256(data: bytes) -> str:
    """Returns the hash of bytes."""
    return hashlib.sha256(data).hexdigest()


ORDERS = b"order,region,amount\r\n1,North,10.5\r\n2,South,7\r\n3,East,12.25\r\n"


def _datasource(connections: list[Connection], caption: str) -> str:
    return (
        f"<datasource caption={quoteattr(caption)} inline='true' name='federated.0wb' version='18.1'>"
        + _datasource_body(connections)
        + "</datasource>"
    )


def _datasource_body(connections: list[Connection]) -> str:
    named = "".join(
        f"<named-connection caption={quoteattr(one.server)} name='{one.kind}.{number}'>"
        f"<connection authentication='username-password' class='{one.kind}' dbname={quoteattr(one.database)} "
        f"port='{one.port}' schema='public' server={quoteattr(one.server)} username={quoteattr(one.username)} />"
        "</named-connection>"
        for number, one in enumerate(connections)
    )
    relation = f"{connections[0].kind}.0" if connections else "textscan.0"
    table = "[public].[orders]" if connections else "[orders#csv]"
    if not connections:
        named = (
            "<named-connection caption='orders' name='textscan.0'><connection class='textscan' "
            "directory='Data/Datasources' filename='orders.csv' password='' server='' /></named-connection>"
        )
    return (
        f"<connection class='federated'><named-connections>{named}</named-connections>"
        f"<relation connection='{relation}' name='orders' table='{table}' type='table' />"
        "</connection>"
        "<column datatype='integer' name='[order]' role='dimension' type='ordinal' />"
        "<column datatype='string' name='[region]' role='dimension' type='nominal' />"
        "<column caption='Amount' datatype='real' name='[amount]' role='measure' type='quantitative' />"
    )


def _published(content_url: str) -> str:
    return (
        f"<datasource caption={quoteattr(content_url)} inline='true' name='sqlproxy.0pub' version='18.1'>"
        f"<repository-location id={quoteattr(content_url)} path='/datasources' revision='1.0' site='' />"
        f"<connection channel='https' class='sqlproxy' dbname={quoteattr(content_url)} directory='/dataserver' "
        "port='443' server='tableau.example.com' username=''>"
        "<relation name='sqlproxy' table='[sqlproxy]' type='table' /></connection></datasource>"
    )


def _worksheet(name: str) -> str:
    return (
        f"<worksheet name={quoteattr(name)}><table><view>"
        "<datasources><datasource caption='Orders' name='federated.0wb' /></datasources>"
        "<aggregation value='true' /></view><style /><panes><pane><view><breakdown value='auto' /></view>"
        "<mark class='Automatic' /></pane></panes><rows /><cols /></table></worksheet>"
    )


def _dashboard(sheet: Sheet) -> str:
    story = " type='storyboard'" if sheet.kind == "story" else ""
    return (
        f"<dashboard name={quoteattr(sheet.name)}{story}><style /><size maxheight='800' maxwidth='1000' "
        "minheight='800' minwidth='1000' /><zones><zone h='100000' id='1' type-v2='layout-basic' w='100000' "
        "x='0' y='0' /></zones></dashboard>"
    )


def _window(sheet: Sheet) -> str:
    kind = "worksheet" if sheet.kind == "worksheet" else "dashboard"
    hidden = " hidden='true'" if sheet.hidden else ""
    return f"<window class='{kind}'{hidden} name={quoteattr(sheet.name)}><viewpoint /></window>"
