"""Workbooks that try to reach with their connections what is not theirs: the server's own store, and files beside it."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
import tableauserverclient as TSC

from support import sheets
from support.content import package
from support.server import Vivant
from support.sheets import Sheet
from support.tsc import connect
from support.world import ADMIN, ADMIN_PASSWORD

SHEET = Sheet("Sheet", rows=[("region", "None")], text=[("amount", "Sum")])
MINE = "Data/mine.sqlite"
SECRET = "keep this to yourself"


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    """A server whose store is a file."""
    folder = tmp_path_factory.mktemp("hostile")
    arguments = ("--admin-name", ADMIN)
    with Vivant(binary, folder / "data", *arguments, env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD}) as server:
        (folder / "beside.csv").write_text(f"region,amount\n{SECRET},1\n")
        (folder / "data" / "inside.csv").write_text(f"region,amount\n{SECRET},1\n")
        yield server


def database(folder: Path) -> bytes:
    path = folder / "mine.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript("CREATE TABLE orders (region TEXT, amount REAL); INSERT INTO orders VALUES ('East', 2)")
    connection.close()
    return path.read_bytes()


def rows_of(server: Vivant, name: str, connection: str, relation: str, files: dict[str, bytes]) -> str:
    """Publishes a workbook with a connection and asks for its rows; gives them, or what the server says."""
    document = sheets.workbook([SHEET]).decode()
    start, end = document.index("<connection class='federated'>"), document.index("</relation></connection>")
    named = f"<named-connection caption='x' name='x'>{connection}</named-connection>"
    inside = f"<connection class='federated'><named-connections>{named}</named-connections>{relation}</connection>"
    document = document[:start] + inside + document[end + len("</relation></connection>") :]
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    (place,) = [one.id for one in TSC.Pager(tsc.projects) if one.name == "Default"]
    item = TSC.WorkbookItem(project_id=place, name=name)
    try:
        made = tsc.workbooks.publish(item, io.BytesIO(package({"Book.twb": document.encode(), **files})), "Overwrite")
        tsc.workbooks.populate_views(made)
        (view,) = made.views
        tsc.views.populate_csv(view)
        return b"".join(view.csv).decode()
    except (TSC.ServerResponseError, TSC.server.endpoint.exceptions.InternalServerError) as error:
        return f"refused: {error}"


def sql(statement: str) -> str:
    return f"<relation connection='x' name='Custom SQL' type='text'>{statement}</relation>"


def test_a_database_in_the_package_is_read(server, tmp_path):
    """What the others of this file differ from."""
    connection = f"<connection class='sqlite' dbname='{MINE}' />"
    found = rows_of(server, "Mine", connection, sql("SELECT region, amount FROM orders"), {MINE: database(tmp_path)})
    assert found.splitlines() == ["Region,Amount", "East,2"]


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH DATABASE '{store}' AS s",
        "SELECT name AS region, 1 AS amount FROM pragma_database_list; ATTACH DATABASE '{store}' AS s",
        "SELECT CAST(readfile('{store}') AS TEXT) AS region, 1 AS amount",
        "SELECT load_extension('{store}') AS region, 1 AS amount",
        "SELECT writefile('{store}', 'x') AS region, 1 AS amount",
        "VACUUM INTO '{store}.copy'",
    ],
)
def test_statements_do_not_leave_their_database(server, tmp_path, statement):
    store = server.data_dir / "vivant.db"
    connection = f"<connection class='sqlite' dbname='{MINE}' />"
    found = rows_of(server, "Statement", connection, sql(statement.format(store=store)), {MINE: database(tmp_path)})
    assert found.startswith("refused: ") and "SQLite format" not in found, found
    assert not Path(f"{store}.copy").exists()


@pytest.mark.parametrize("way", ["{store}", "file:{store}", "file://{store}?mode=ro", "../../vivant.db", "../vivant.db", "vivant.db"])
def test_the_store_is_no_database_of_a_workbook(server, way):
    connection = f"<connection class='sqlite' dbname={quoteattr(way.format(store=server.data_dir / 'vivant.db'))} />"
    found = rows_of(server, "Store", connection, sql("SELECT name AS region, 1 AS amount FROM sqlite_master"), {})
    assert found.startswith("refused: "), found


@pytest.mark.parametrize("directory", ["{data}", "{data}/..", "..", ".", "/proc/self/cwd", "Data/../../.."])
@pytest.mark.parametrize("file", ["inside.csv", "beside.csv", "vivant.key"])
def test_files_of_the_server_are_none_of_a_workbook(server, directory, file):
    where = quoteattr(directory.format(data=server.data_dir))
    connection = f"<connection class='textscan' directory={where} filename='{file}' password='' server='' />"
    types = "<column datatype='string' name='region' ordinal='0' /><column datatype='real' name='amount' ordinal='1' />"
    relation = (
        f"<relation connection='x' name='{file}' table='[{file.replace('.', '#')}]' type='table'>"
        f"<columns character-set='UTF-8' header='yes' locale='en_US' separator=','>{types}</columns></relation>"
    )
    found = rows_of(server, "File", connection, relation, {})
    assert found.startswith("refused: ") and SECRET not in found, found
