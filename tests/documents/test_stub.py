"""Extract stubs: the `.hyper` file that `extract-stub` makes, read by the libraries that its maker publishes."""

from __future__ import annotations

import hashlib
import http.server
import json
import subprocess
import sysconfig
import threading
import zipfile
from pathlib import Path

import pytest
from tableauhyperapi import Connection, HyperProcess, TableName, Telemetry

from support import referees
from support.program import Doc

# The library brings the program that we ask, too.
HYPERD = Path(sysconfig.get_paths()["platlib"]) / "tableauhyperapi" / "bin" / "hyper" / "hyperd"

COLUMNS = ["--column", "name=string", "--column", "n=integer", "--column", "x=real", "--column", "day=date"]
COLUMNS += ["--column", "at=datetime", "--column", "ok=boolean"]


@pytest.fixture
def with_engine(doc: Doc, monkeypatch: pytest.MonkeyPatch) -> Doc:
    monkeypatch.setenv("HYPERD_PATH", str(HYPERD))
    return doc


def tables(file: Path) -> dict[str, list[tuple[str, str]]]:
    """The tables of a `.hyper` file with their columns, and no rows in them."""
    found = {}
    with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as process:
        with Connection(process.endpoint, str(file)) as connection:
            for table in connection.catalog.get_table_names("Extract"):
                definition = connection.catalog.get_table_definition(table)
                columns = [(column.name.unescaped, str(column.type)) for column in definition.columns]
                found[table.name.unescaped] = columns
                assert connection.execute_scalar_query(f"SELECT COUNT(*) FROM {table}") == 0
    return found


def member(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".hyper"))
        return Path(archive.extract(name, folder / "unpacked"))


def test_a_stub_has_the_columns_of_the_data_source(with_engine: Doc) -> None:
    doc = with_engine
    doc.run("new", "d.tds", "--class", "PostgreSQL", "--server", "s", "--database", "b", "--table", "t", *COLUMNS)
    report = json.loads(doc.run("extract-stub", "d.tds", "--name", "sales", "--output", "d.tdsx", "--json"))["report"]
    assert report["member"] == "Data/Datasources/sales.hyper"
    stub = member(doc.folder / "d.tdsx", doc.folder)
    assert tables(stub) == {
        "Extract": [
            ("name", "TEXT"),
            ("n", "BIG_INT"),
            ("x", "DOUBLE"),
            ("day", "DATE"),
            ("at", "TIMESTAMP"),
            ("ok", "BOOL"),
        ]
    }
    # And so does the other library that people use, which reads it as a frame without rows.
    import pantab

    frame = pantab.frame_from_hyper(stub, table=TableName("Extract", "Extract"), return_type="pyarrow")
    assert (frame.num_rows, frame.column_names) == (0, ["name", "n", "x", "day", "at", "ok"])
    # The document says that it has this extract.
    (tool,) = referees.tools(doc.folder / "d.tdsx")
    assert tool["extract"] == "Data/Datasources/sales.hyper"


def test_a_stub_of_an_unknown_database_has_what_filters_need(with_engine: Doc) -> None:
    doc = with_engine
    doc.run("new", "d.tds", "--class", "Teradata", "--server", "s", "--table", "t")
    doc.run("extract-stub", "d.tds", "--output", "bare.tdsx")
    assert tables(member(doc.folder / "bare.tdsx", doc.folder)) == {"Extract": [("Generic Field", "TEXT")]}


def test_a_workbook_becomes_a_package(with_engine: Doc, sample: Path) -> None:
    if sample.suffix != ".twb":
        pytest.skip("one plain workbook is enough")
    doc = with_engine
    source = doc.folder / "Prod.tds"
    fields = [one for one in doc.read("fields", sample) if not one["calculated"] and one["datatype"] != "table"]
    columns = [word for one in fields for word in ("--column", f"{one['name'].strip('[]')}={one['datatype']}")]
    doc.run("new", source, "--class", "MySQL", "--server", "s", "--table", "t", *columns)
    doc.edit("repoint", sample, "--to", source, "--allow-missing")
    doc.run("extract-stub", sample, "--output", "Book.twbx")
    (columns_there,) = tables(member(doc.folder / "Book.twbx", doc.folder)).values()
    assert {one["name"].strip("[]") for one in fields} <= {name for name, _ in columns_there}


def test_without_an_engine_the_command_says_how_to_get_one(doc: Doc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HYPERD_PATH", raising=False)
    doc.run("new", "d.tds", "--class", "MySQL", "--server", "s", "--table", "t")
    said = doc.run("extract-stub", "d.tds", code=2)
    assert "vivant engine install" in said
    assert sorted(path.name for path in doc.folder.iterdir()) == ["d.tds"], "and nothing is left behind"
    doc.run("extract-stub", "d.tds", "--no-file", "--in-place")


def test_old_documents_are_told_apart(with_engine: Doc) -> None:
    with_engine.run("new", "d.tds", "--class", "MySQL", "--server", "s", "--table", "t", "--format", "10.2")
    assert ".tde" in with_engine.run("extract-stub", "d.tds", code=2)


# --- The engine itself ----------------------------------------------------------------------------


def engine(doc: Doc, *arguments: str | Path, code: int = 0) -> str:
    ran = subprocess.run(
        [str(doc.binary), "engine", *map(str, arguments)], cwd=doc.folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == code, f"{ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran.stdout if code == 0 else ran.stdout + ran.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """A wheel like that of the maker, out of what pip has installed here."""
    path = tmp_path_factory.mktemp("wheel") / "tableauhyperapi-0.0.26963-py3-none-manylinux2014_x86_64.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(HYPERD.parent.rglob("*")):
            if file.is_file():
                archive.write(file, f"tableauhyperapi/bin/hyper/{file.relative_to(HYPERD.parent)}")
    return path


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_wheel_is_installed_and_used(doc: Doc, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HYPERD_PATH", raising=False)
    assert "engine install" in engine(doc, "status", "--data-dir", "data", code=4)
    said = engine(doc, "install", "--wheel", wheel, "--sha256", "0" * 64, "--data-dir", "data", code=1)
    assert "checksum" in said
    assert "no hyperd" in engine(doc, "status", "--data-dir", "data", code=4)
    installed = json.loads(engine(doc, "install", "--wheel", wheel, "--sha256", checksum(wheel), "--data-dir", "data", "--json"))
    assert installed["version"] == "0.0.26963"
    status = json.loads(engine(doc, "status", "--data-dir", "data", "--json"))
    assert (doc.folder / status["program"]).samefile(installed["program"])
    doc.run("new", "d.tds", "--class", "MySQL", "--server", "s", "--table", "t", *COLUMNS)
    doc.run("extract-stub", "d.tds", "--data-dir", "data", "--output", "d.tdsx")
    assert len(tables(member(doc.folder / "d.tdsx", doc.folder))["Extract"]) == 6


class Index(http.server.BaseHTTPRequestHandler):
    """A package index that answers what a test puts into `answer`."""

    answer: tuple[int, bytes] = (200, b"")

    def do_GET(self) -> None:
        status, body = self.answer
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture
def index():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/json"
    server.shutdown()
    server.server_close()


def described(url: str) -> bytes:
    files = [
        {"filename": f"tableauhyperapi-1.0-py3-none-{tag}.whl", "url": url, "digests": {"sha256": "0" * 64}, "size": 1}
        for tag in ("manylinux2014_x86_64", "manylinux2014_aarch64", "macosx_11_0_arm64", "win_amd64")
    ]
    return json.dumps({"info": {"version": "1.0"}, "urls": files}).encode()


@pytest.mark.parametrize(
    ("answer", "code", "part"),
    [
        ((404, b""), 4, "404"),
        ((500, b""), 8, "500"),
        ((200, b"<html>"), 1, "package index"),
        ((200, b'{"info": {"version": "1"}, "urls": []}'), 1, "publishes none"),
        # What is unpacked and run comes over an encrypted connection only.
        ((200, described("http://127.0.0.1:9/x.whl")), 1, "no address"),
        ((200, described("https://127.0.0.1:9/x.whl")), 7, "127.0.0.1:9"),
    ],
)
def test_an_index_that_does_not_help_is_said_to(doc: Doc, index: str, answer, code: int, part: str) -> None:
    Index.answer = answer
    said = engine(doc, "install", "--index", index, "--data-dir", "data", code=code)
    assert part in said
    assert not list(doc.folder.rglob("hyperd"))


def test_an_index_that_is_not_there_is_said_to(doc: Doc) -> None:
    assert "127.0.0.1:9" in engine(doc, "install", "--index", "http://127.0.0.1:9/", "--data-dir", "data", code=7)
    assert "address" in engine(doc, "install", "--index", "file:///etc/passwd", "--data-dir", "data", code=2)
