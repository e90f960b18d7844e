"""Extracts created and deleted with the unmodified tableauserverclient and tabcmd: jobs, downloads, the data of views."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile

import pytest
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.exceptions import JobFailedException

from support import content, sheets, tables
from support.rest import Rest
from support.server import clean_env, wait_until
from support.sheets import Sheet, number, table, total
from support.tsc import connect, refused
from support.world import ADMIN, ADMIN_PASSWORD

ROWS = sheets.orders()
BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])


@pytest.fixture(scope="module")
def live(_servers, request, hyper):
    """A server that has the engine for `.hyper` files."""
    server = _servers(store=request.param, env={"HYPERD_PATH": str(hyper.engine)}).start()
    yield server
    assert server.stop() == 0 and "panicked at" not in server.output(), server.output()
    server.check()


@pytest.fixture
def book(tsc, project, name):
    """Publishes a workbook."""

    def publish(data: bytes) -> TSC.WorkbookItem:
        item = TSC.WorkbookItem(project_id=project, name=name)
        return tsc.workbooks.publish(item, io.BytesIO(data), "Overwrite")

    return publish


@pytest.fixture
def source(tsc, project, name, tmp_path):
    """Publishes a data source."""

    def publish(data: bytes, kind: str = "tdsx") -> TSC.DatasourceItem:
        path = tmp_path / f"source.{kind}"
        path.write_bytes(data)
        return tsc.datasources.publish(TSC.DatasourceItem(project_id=project, name=name), str(path), "CreateNew")

    return publish


def ended(tsc: TSC.Server, job: TSC.JobItem) -> str:
    """Waits for a job and returns its notes."""
    return " ".join(tsc.jobs.wait_for_job(job, timeout=60).notes)


def saved(endpoint, item) -> zipfile.ZipFile:
    """Downloads an item that is a package."""
    buffer = io.BytesIO()
    endpoint.download(item.id, buffer)
    return zipfile.ZipFile(buffer)


def document(package: zipfile.ZipFile) -> str:
    (name,) = [name for name in package.namelist() if name.endswith((".twb", ".tds"))]
    return package.read(name).decode()


def rows(hyper, package: zipfile.ZipFile, folder) -> dict[str, dict[str, list[dict]]]:
    """What Tableau's own library reads of each extract that the document of a package names."""
    found = {}
    for path in re.findall(r"<extract\b.*?dbname=['\"]([^'\"]+)['\"]", document(package), re.S):
        file = folder / f"{len(found)}.hyper"
        file.write_bytes(package.read(path))
        found[path] = hyper.read(file)
    return found


def deleted(tsc: TSC.Server, item: TSC.DatasourceItem) -> None:
    """Deletes the extract of a data source. The answer comes at once and names no job."""
    tsc.datasources.delete_extract(item)
    wait_until(lambda: not tsc.datasources.get_by_id(item.id).has_extracts, 60, "the end of the extract")


def shown(tsc: TSC.Server, item: TSC.WorkbookItem, name: str = "By Region") -> dict[str, float]:
    tsc.workbooks.populate_views(item)
    (view,) = [view for view in item.views if view.name == name]
    tsc.views.populate_csv(view)
    _, lines = table(b"".join(view.csv))
    return {region: number(amount) for region, amount in lines}


def test_of_a_data_source(tsc, source, hyper, tmp_path):
    file = tables.CSV_FILE
    package = tables.packed(tables.datasource(file, extract=False), {file: tables.CSV})
    item = source(package)
    assert not tsc.datasources.get_by_id(item.id).has_extracts
    job = tsc.datasources.create_extract(item)
    assert (job.type, job.mode) == ("CreateExtract", "Asynchronous")
    assert "read 3 rows and 3 columns" in ended(tsc, job)
    assert tsc.datasources.get_by_id(item.id).has_extracts

    made = saved(tsc.datasources, item)
    assert made.read(file) == tables.CSV
    ((found),) = rows(hyper, made, tmp_path).values()
    assert found == {
        "Extract": [
            {"order": 1, "region": "North", "amount": 10.5},
            {"order": 2, "region": "South", "amount": 7.0},
            {"order": 3, "region": "East", "amount": 12.25},
        ]
    }
    with refused("409016"):
        tsc.datasources.create_extract(item)

    deleted(tsc, item)
    left = saved(tsc.datasources, item)
    assert sorted(left.namelist()) == sorted(zipfile.ZipFile(io.BytesIO(package)).namelist())
    assert document(left) == document(zipfile.ZipFile(io.BytesIO(package)))
    with refused("400000"):
        tsc.datasources.delete_extract(item)


def test_of_a_workbook(tsc, book, hyper, tmp_path):
    item = book(sheets.packed(sheets.workbook([BY_REGION]), ROWS))
    expected = {region: amount for (region,), amount in total(ROWS, ["region"]).items()}
    assert shown(tsc, item) == expected
    job = tsc.workbooks.create_extract(item)
    assert job.type == "CreateExtract"
    assert f"read {len(ROWS)} rows" in ended(tsc, job)
    assert shown(tsc, item) == expected
    (found,) = rows(hyper, saved(tsc.workbooks, item), tmp_path).values()
    amounts: dict[str, float] = {}
    for row in found["Extract"]:
        amounts[row["region"]] = amounts.get(row["region"], 0) + row["amount"]
    assert amounts == expected
    # What has an extract is left as it is, and that is said.
    with pytest.raises(JobFailedException) as failed:
        ended(tsc, tsc.workbooks.create_extract(item))
    assert "has an extract already" in failed.value.notes[0]

    assert "deleted the extract" in ended(tsc, tsc.workbooks.delete_extract(item))
    assert shown(tsc, item) == expected
    left = saved(tsc.workbooks, item)
    assert "<extract" not in document(left) and not [name for name in left.namelist() if name.endswith(".hyper")]


def test_of_some_data_sources_of_a_workbook(tsc, book, hyper, tmp_path):
    one = sheets.workbook([BY_REGION]).decode()
    (first,) = re.findall(r"<datasource caption='Orders' inline.*?</datasource>", one, re.S)
    second = first.replace("caption='Orders'", "caption='Orders too'", 1).replace("name='ds'", "name='ds2'", 1)
    item = book(sheets.packed(one.replace(first, first + second).encode(), ROWS))
    tsc.workbooks.populate_connections(item)
    ids = {one.datasource_name: one.datasource_id for one in item.connections}
    assert set(ids) == {"Orders", "Orders too"}

    def chosen(*names: str) -> list[TSC.DatasourceItem]:
        made = []
        for name in names:
            one = TSC.DatasourceItem("")
            one._id = ids[name]
            made.append(one)
        return made

    ended(tsc, tsc.workbooks.create_extract(item, includeAll=False, datasources=chosen("Orders too")))
    (path,) = rows(hyper, saved(tsc.workbooks, item), tmp_path)
    assert path == "Data/Datasources/Orders too.hyper"
    with pytest.raises(JobFailedException) as failed:
        ended(tsc, tsc.workbooks.create_extract(item, includeAll=False, datasources=chosen("Orders", "Orders too")))
    assert "`Orders too` has an extract already" in failed.value.notes[0]
    ended(tsc, tsc.workbooks.create_extract(item))
    assert len(rows(hyper, saved(tsc.workbooks, item), tmp_path)) == 2
    ended(tsc, tsc.workbooks.delete_extract(item, includeAll=False, datasources=chosen("Orders too")))
    assert list(rows(hyper, saved(tsc.workbooks, item), tmp_path)) == ["Data/Datasources/Orders.hyper"]
    with refused("404004"):
        wrong = TSC.DatasourceItem("")
        wrong._id = item.id
        tsc.workbooks.create_extract(item, includeAll=False, datasources=[wrong])


def test_of_a_database(new_server, postgres, hyper, tmp_path):
    """A document alone becomes a package; what was deleted reads the database again."""
    # Not on PostgreSQL: a server keeps documents away from where its own tables are.
    server = new_server(store="sqlite", env={"HYPERD_PATH": str(hyper.engine)}).start()
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    project = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD).new_project("Live")
    url = postgres.database()
    database = postgres.connect(url)
    database.run("create table orders (\"order\" bigint, region text, amount numeric(10, 2), day date)")
    database.run("insert into orders values (1, 'Öst', 10.5, '2024-02-29'), (2, null, null, null)")
    database.close()
    parts = re.match(r"postgres(?:ql)?://([^:@]+)(?::([^@]*))?@([^:/]+)(?::(\d+))?/(.+)", url)
    user, password, host, port, dbname = parts.groups()
    one = content.Connection(server=host, port=port or "5432", database=dbname.split("?")[0], username=user)
    given = TSC.ConnectionItem()
    given.server_address, given.server_port = host, port or "5432"
    given.connection_credentials = TSC.ConnectionCredentials(user, password or "none", embed=True)
    path = tmp_path / "live.tds"
    path.write_bytes(content.tds([one]))
    item = TSC.DatasourceItem(project_id=project, name="Of a database")
    item = tsc.datasources.publish(item, str(path), "CreateNew", connections=[given])
    assert "read 2 rows and 4 columns" in ended(tsc, tsc.datasources.create_extract(item))
    made = saved(tsc.datasources, item)
    assert [name for name in made.namelist() if name.endswith(".tds")] == ["Orders.tds"]
    (found,) = rows(hyper, made, tmp_path).values()
    assert found["Extract"] == [
        {"order": 1, "region": "Öst", "amount": 10.5, "day": "2024-02-29"},
        {"order": 2, "region": None, "amount": None, "day": None},
    ]
    # The connection and its password are still there.
    tsc.datasources.populate_connections(item)
    assert [(one.connection_type, one.embed_password) for one in item.connections] == [("postgres", True)]
    # A refresh renews the download.
    database = postgres.connect(url)
    database.run("insert into orders values (3, 'West', 7, '2024-03-01')")
    database.close()
    assert "read 3 rows" in ended(tsc, tsc.datasources.refresh(item))
    (found,) = rows(hyper, saved(tsc.datasources, item), tmp_path).values()
    assert sorted(row["order"] for row in found["Extract"]) == [1, 2, 3]
    deleted(tsc, item)
    assert "<extract" not in document(saved(tsc.datasources, item))
    tsc.auth.sign_out()


def test_what_fails_changes_nothing(tsc, source):
    """A database that is not there: the job says so, and the data source is as it was."""
    data = content.tds([content.Connection(server="127.0.0.1", port="1")])
    item = source(data, "tds")
    with pytest.raises(JobFailedException) as failed:
        ended(tsc, tsc.datasources.create_extract(item))
    assert "127.0.0.1:1" in failed.value.notes[0]
    buffer = io.BytesIO()
    tsc.datasources.download(item.id, buffer)
    assert buffer.getvalue() == data


def test_with_tabcmd(tabcmd_program, live, tsc, rest, source, book, name, tmp_path):
    """Tableau's own tabcmd. Deleting the extract of a data source is begun, whereupon tabcmd asks for a job that it was not told."""
    (tmp_path / "password").write_text(ADMIN_PASSWORD)

    def tabcmd(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [tabcmd_program, *arguments], cwd=tmp_path, env=clean_env({"HOME": str(tmp_path), "LANG": "en_US.UTF-8"}),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def jobs(kind: str) -> list[str]:
        """The jobs of the kind and the name, once all have ended."""
        asked = {"filter": f"title:eq:{name},jobType:eq:{kind}"}
        found = rest.get("/sites/{site}/jobs", params=asked).ok().all("backgroundJobs/backgroundJob")
        for job in found:
            tsc.jobs.wait_for_job(job.get("id"), timeout=60)
        return [job.get("id") for job in found]

    file = tables.CSV_FILE
    of_source = source(tables.packed(tables.datasource(file, extract=False), {file: tables.CSV}))
    of_book = book(sheets.packed(sheets.workbook([BY_REGION]), ROWS))
    tabcmd("login", "--server", live.url, "--username", ADMIN, "--password-file", str(tmp_path / "password"), "--no-prompt")
    where = ("--project", f"P {name}")
    tabcmd("createextracts", "--datasource", name, *where)
    assert len(jobs("create_extracts")) == 1
    tabcmd("createextracts", "--workbook", name, "--include-all", *where)
    assert len(jobs("create_extracts")) == 2
    assert tsc.datasources.get_by_id(of_source.id).has_extracts
    assert ".hyper" in " ".join(saved(tsc.workbooks, of_book).namelist())
    tabcmd("createextracts", "--datasource", name, *where, code=1)
    tabcmd("deleteextracts", "--workbook", name, "--include-all", *where)
    assert len(jobs("delete_extracts")) == 1
    assert ".hyper" not in " ".join(saved(tsc.workbooks, of_book).namelist())
    tabcmd("deleteextracts", "--datasource", name, *where, code=2)
    assert len(jobs("delete_extracts")) == 2
    assert not tsc.datasources.get_by_id(of_source.id).has_extracts
    assert "400000" in tabcmd("encryptextracts", "Default", code=1)
