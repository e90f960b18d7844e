"""Jobs with the unmodified tableauserverclient: publishing in the background, refreshes, lists, cancelling."""

from __future__ import annotations

import datetime
import io
import time

import pyarrow
import pyarrow.parquet
import pytest
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.exceptions import JobCancelledException, JobFailedException

from support import content, seed, tables
from support.rest import Rest, element, ts_request
from support.server import wait_until
from support.tsc import connect, options, refused
from support.world import ADMIN, ADMIN_PASSWORD

CREATE, OVERWRITE, APPEND = "CreateNew", "Overwrite", "Append"


@pytest.fixture
def book(tsc, project):
    """Publishes bytes as a workbook, at once or as a job."""

    def publish(name: str, data: bytes, mode: str = CREATE, **more):
        item = TSC.WorkbookItem(project_id=project, name=name)
        return tsc.workbooks.publish(item, io.BytesIO(data), mode, **more)

    return publish


@pytest.fixture
def source(tsc, project, tmp_path):
    """Publishes bytes as a data source, at once or as a job."""

    def publish(name: str, data: bytes, kind: str = "tdsx", mode: str = CREATE, **more):
        path = tmp_path / f"source.{kind}"
        path.write_bytes(data)
        return tsc.datasources.publish(TSC.DatasourceItem(project_id=project, name=name), str(path), mode, **more)

    return publish


def by_name(endpoint, name: str):
    (found,) = [one for one in TSC.Pager(endpoint) if one.name == name]
    return found


# Publishing


def test_publish_a_workbook_as_job(tsc, book, name, tmp_path):
    data = content.twbx(content.twb("Überblick", "Details"))
    job = book(name, data, as_job=True)
    assert (job.type, job.mode, job.completed_at) == ("PublishWorkbook", "Asynchronous", None)
    assert isinstance(job.created_at, datetime.datetime)

    done = tsc.jobs.wait_for_job(job, timeout=30)
    assert (done.id, done.finish_code, done.progress) == (job.id, 0, "100")
    assert done.started_at >= done.created_at and done.completed_at >= done.started_at and done.updated_at
    found = by_name(tsc.workbooks, name)
    saved = tsc.workbooks.download(found.id, str(tmp_path / "saved"))
    assert open(saved, "rb").read() == data
    tsc.workbooks.populate_views(found)
    assert [view.name for view in found.views] == ["Überblick", "Details"]


def test_publish_a_data_source_as_job(tsc, source, name):
    credentials = TSC.ConnectionCredentials("writer", "hush-hush", embed=True)
    job = source(name, content.tds(), "tds", as_job=True, connection_credentials=credentials)
    assert job.type == "PublishDatasource"
    tsc.jobs.wait_for_job(job, timeout=30)
    found = by_name(tsc.datasources, name)
    tsc.datasources.populate_connections(found)
    assert [(one.username, one.embed_password) for one in found.connections] == [("writer", True)]


def test_publish_in_chunks_as_job(tsc, book, name, monkeypatch):
    monkeypatch.setenv("TSC_FILESIZE_LIMIT_MB", "1")
    monkeypatch.setenv("TSC_CHUNK_SIZE_MB", "1")
    data = content.twbx(content.twb("One"), files={"Data/noise.bin": content.noise(3 << 20, 3)})
    tsc.jobs.wait_for_job(book(name, data, as_job=True), timeout=60)
    buffer = io.BytesIO()
    tsc.workbooks.download(by_name(tsc.workbooks, name).id, buffer)
    assert content.sha256(buffer.getvalue()) == content.sha256(data)


def test_a_job_overwrites_under_the_same_id(tsc, book, name):
    first = book(name, content.twb("One"))
    with refused(("403007", "403130")):
        book(name, content.twb("Two"), as_job=True)
    tsc.jobs.wait_for_job(book(name, content.twb("Two"), OVERWRITE, as_job=True), timeout=30)
    second = tsc.workbooks.get_by_id(first.id)
    tsc.workbooks.populate_views(second)
    assert [view.name for view in second.views] == ["Two"]


def test_a_file_that_is_no_workbook_fails_the_job(tsc, book, name):
    job = book(name, content.twb("One").replace(b"</workbook>", b""), as_job=True)
    with pytest.raises(JobFailedException) as failed:
        tsc.jobs.wait_for_job(job, timeout=30)
    assert failed.value.job.finish_code == 1
    assert "cannot be published" in failed.value.notes[0]
    assert not [one for one in TSC.Pager(tsc.workbooks) if one.name == name]


def test_a_job_publishes_under_the_rights_of_its_maker(live, tsc, rest, project, name):
    maker = connect(live, *seed.ADA)
    # Whoever may publish sees the own job, and no other one.
    granted = element("capability", name="Write", mode="Allow"), element("capability", name="Read", mode="Allow")
    rules = element("granteeCapabilities", [element("user", id=maker.user_id), element("capabilities", list(granted))])
    rest.put(f"/sites/{{site}}/projects/{project}/permissions", ts_request(element("permissions", rules))).ok(200)
    item = TSC.WorkbookItem(project_id=project, name=name)
    job = maker.workbooks.publish(item, io.BytesIO(content.twb()), CREATE, as_job=True)
    assert maker.jobs.wait_for_job(job, timeout=30).finish_code == 0
    assert by_name(tsc.workbooks, name).owner_id == maker.user_id
    with refused("403004"):
        connect(live, *seed.GRACE).jobs.get_by_id(job.id)


# Refreshes


PACKAGES = {
    "csv": (tables.CSV_FILE, tables.CSV, 3),
    "xlsx": (tables.XLSX_FILE, tables.xlsx(tables.ROWS), 4),
}


@pytest.mark.parametrize("kind", PACKAGES)
@pytest.mark.parametrize("what", ["workbook", "datasource"])
def test_refresh(tsc, book, source, name, what, kind):
    file, data, rows = PACKAGES[kind]
    if what == "workbook":
        package = tables.packed(tables.workbook(file), {file: data})
        item, endpoint = book(name, package), tsc.workbooks
    else:
        package = tables.packed(tables.datasource(file), {file: data})
        item, endpoint = source(name, package), tsc.datasources
    before = endpoint.get_by_id(item.id).updated_at
    job = endpoint.refresh(item)
    assert (job.type, job.mode) == ("RefreshExtract", "Asynchronous")
    done = tsc.jobs.wait_for_job(job, timeout=60)
    assert f"read {rows} rows and 3 columns" in done.notes[0]
    assert (done.workbook_id, done.datasource_id) == ((item.id, None) if what == "workbook" else (None, item.id))
    assert name in (done.workbook_name, done.datasource_name)
    after = endpoint.get_by_id(item.id)
    assert after.updated_at >= before
    # What is downloaded stays what was published.
    buffer = io.BytesIO()
    endpoint.download(item.id, buffer)
    assert content.sha256(buffer.getvalue()) == content.sha256(package)
    (listed,) = tsc.jobs.get(options(filters=[("title", "eq", name), ("jobType", "eq", "refresh_extracts")]))[0]
    assert (listed.id, listed.status, listed.type) == (job.id, "Success", "refresh_extracts")


def test_refresh_without_the_file_fails(tsc, book, name):
    item = book(name, tables.packed(tables.workbook(tables.CSV_FILE), {"Data/other.csv": b"x\r\n1\r\n"}))
    with pytest.raises(JobFailedException) as failed:
        tsc.jobs.wait_for_job(tsc.workbooks.refresh(item), timeout=30)
    assert "orders.csv" in failed.value.notes[0] and "not in the package" in failed.value.notes[0]
    assert failed.value.job.progress == "100"


def test_refresh_never_reads_files_of_the_server(tsc, book, name):
    item = book(name, tables.workbook("/etc/passwd.csv"))
    outside = tables.workbook("/etc/orders.csv").replace(b"filename='orders.csv'", b"filename='passwd'")
    item = book(name + "2", outside)
    with pytest.raises(JobFailedException) as failed:
        tsc.jobs.wait_for_job(tsc.workbooks.refresh(item), timeout=30)
    assert "root:" not in " ".join(failed.value.notes)


def test_a_live_database_cannot_be_refreshed(tsc, book, name):
    item = book(name, content.twb("One", connections=[content.Connection()]))
    with pytest.raises(JobFailedException) as failed:
        tsc.jobs.wait_for_job(tsc.workbooks.refresh(item), timeout=30)
    assert "no extract" in failed.value.notes[0]


def test_incremental_refresh(tsc, source, name):
    def packed(rows: bytes) -> bytes:
        return tables.packed(tables.datasource(tables.CSV_FILE, increment="order"), {tables.CSV_FILE: rows})

    item = source(name, packed(tables.CSV))
    first = tsc.jobs.wait_for_job(tsc.datasources.refresh(item, incremental=True), timeout=60)
    assert "read 3 rows" in first.notes[0] and "in full" in first.notes[0]
    again = tsc.jobs.wait_for_job(tsc.datasources.refresh(item, incremental=True), timeout=60)
    assert "read 0 rows" in again.notes[0] and "newer by `order`" in again.notes[0]
    (listed,) = tsc.jobs.get(options(filters=[("title", "eq", name), ("jobType", "eq", "increment_extracts")], pagesize=1))[0]
    assert listed.id == again.id


# Appending


@pytest.fixture
def parquet(tmp_path):
    """Writes a Parquet file, by a library that is not ours."""
    def write(orders: list[int], **columns) -> bytes:
        table = pyarrow.table({"order": pyarrow.array(orders, pyarrow.int64()), "region": ["North"] * len(orders), **columns})
        path = tmp_path / "rows.parquet"
        pyarrow.parquet.write_table(table, path)
        return path.read_bytes()

    return write


def test_append(tsc, source, name, parquet):
    first = source(name, parquet([1, 2]), "parquet")
    second = source(name, parquet([3]), "parquet", APPEND)
    assert second.id == first.id
    job = source(name, parquet([4, 5]), "parquet", APPEND, as_job=True)
    assert "Appended 2 rows" in tsc.jobs.wait_for_job(job, timeout=30).notes[0]


def test_append_wants_the_same_columns(source, name, parquet):
    source(name, parquet([1, 2]), "parquet")
    with refused("400011") as caught:
        source(name, parquet([3], amount=[1.5]), "parquet", APPEND)
    assert "no column `amount`" in caught.value.detail


def test_append_of_a_hyper_file_says_what_is_missing(source, name, parquet):
    source(name, parquet([1]), "parquet")
    with pytest.raises(Exception, match="Hyper engine"):
        source(name, content.hyper(), "hyper", APPEND)
    with refused("404004"):
        source(name + " not there", parquet([1]), "parquet", APPEND)


def test_append_of_a_hyper_file(new_server, hyper, tmp_path):
    """With Tableau's engine at hand, rows of a `.hyper` file land in the extract; a broken file changes nothing."""
    live = new_server(env={"HYPERD_PATH": str(hyper.engine)}).start()
    tsc = connect(live, ADMIN, ADMIN_PASSWORD)
    project = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD).new_project("Appended")

    def send(data: bytes, mode: str = APPEND):
        path = tmp_path / "sent.hyper"
        path.write_bytes(data)
        return tsc.datasources.publish(TSC.DatasourceItem(project_id=project, name="Orders"), str(path), mode, as_job=True)

    def notes(job) -> str:
        return " ".join(tsc.jobs.wait_for_job(job, timeout=60).notes or [])

    first = hyper.write(tmp_path / "first.hyper", {"order": [1, 2], "region": ["North", "Süd"]})
    notes(send(first, CREATE))
    more = hyper.write(tmp_path / "more.hyper", {"order": [3, 4, 5], "region": ["East", None, "West"]})
    assert "Appended 3 rows" in notes(send(more))
    assert "Appended 3 rows" in notes(send(more))
    with pytest.raises(JobFailedException) as failed:
        tsc.jobs.wait_for_job(send(content.hyper()), timeout=60)
    assert "cannot be read" in " ".join(failed.value.notes)
    other = hyper.write(tmp_path / "other.hyper", {"order": [6], "amount": [1.5]})
    with pytest.raises(JobFailedException) as failed:
        tsc.jobs.wait_for_job(send(other), timeout=60)
    assert "lacks its column `region`" in " ".join(failed.value.notes)
    tsc.auth.sign_out()


# Lists


@pytest.fixture(scope="module")
def finished(tsc, _admin_session, live):
    """Three jobs that ended: two published a workbook, one failed."""
    place = _admin_session.new_project("Listed jobs")
    ids = {}
    for title, data in {"Listed one": content.twb(), "Listed two": content.twb(), "Listed broken": b"<?xml version='1.0'?><workbook>"}.items():
        item = TSC.WorkbookItem(project_id=place, name=title)
        job = tsc.workbooks.publish(item, io.BytesIO(data), CREATE, as_job=True)
        ids[title] = job.id
        wait_until(lambda: tsc.jobs.get_by_id(job.id).completed_at, 30)
    return ids


def titles(tsc, *filters: tuple[str, str, object], **more) -> list[str]:
    jobs, _ = tsc.jobs.get(options(filters=[("title", "has", "Listed"), *filters], **more))
    return [job.title for job in jobs]


def test_jobs_are_listed_the_latest_first(tsc, finished):
    assert titles(tsc) == ["Listed broken", "Listed two", "Listed one"]
    jobs, paging = tsc.jobs.get(options(filters=[("title", "has", "Listed")], pagesize=2))
    assert (len(jobs), paging.total_available) == (2, 3)
    assert {job.id for job in TSC.Pager(tsc.jobs, options(filters=[("title", "has", "Listed")], pagesize=1))} == set(finished.values())
    job = jobs[1]
    assert (job.status, job.type, job.title, job.subtitle) == ("Success", "publish_workbook", "Listed two", "Workbook")
    assert job.ended_at >= job.started_at >= job.created_at and int(job.priority) == 50


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (("status", "eq", "Failed"), ["Listed broken"]),
        (("status", "eq", "Success"), ["Listed two", "Listed one"]),
        (("status", "eq", "Pending"), []),
        (("title", "eq", "Listed one"), ["Listed one"]),
        (("subtitle", "eq", "Workbook"), ["Listed broken", "Listed two", "Listed one"]),
        (("subtitle", "has", "book"), ["Listed broken", "Listed two", "Listed one"]),
        (("jobType", "eq", "publish_workbook"), ["Listed broken", "Listed two", "Listed one"]),
        (("jobType", "in", ["refresh_extracts", "publish_datasource"]), []),
        (("notes", "has", "cannot be published"), ["Listed broken"]),
        (("priority", "lte", 49), []),
        (("priority", "gt", 49), ["Listed broken", "Listed two", "Listed one"]),
        (("progress", "lte", 0), None),
        (("createdAt", "gt", "2018-04-18T00:00:00Z"), ["Listed broken", "Listed two", "Listed one"]),
        (("completedAt", "lt", "2018-04-18T00:00:00Z"), []),
        (("startedAt", "gte", "2018-04-18T00:00:00Z"), ["Listed broken", "Listed two", "Listed one"]),
    ],
    ids=str,
)
def test_filters(tsc, finished, rule, expected):
    found = titles(tsc, rule)
    assert expected is None or found == expected


def test_sorting(tsc, finished):
    assert titles(tsc, sort=[("createdAt", "asc")]) == ["Listed one", "Listed two", "Listed broken"]
    assert titles(tsc, sort=[("title", "asc")]) == ["Listed broken", "Listed one", "Listed two"]


def test_jobs_of_other_sites_are_not_seen(live, tsc, finished):
    elsewhere = connect(live, ADMIN, ADMIN_PASSWORD, "second")
    assert not [job for job in TSC.Pager(elsewhere.jobs) if job.id in finished.values()]
    with refused("404018"):
        elsewhere.jobs.get_by_id(finished["Listed one"])
    with refused("403004"):
        connect(live, *seed.ADA).jobs.get()


# Cancelling


def test_cancel_what_waits(new_server, tmp_path):
    """With a node that runs no jobs everything waits."""
    server = new_server("--workers", "0").start()
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    place = next(one.id for one in TSC.Pager(tsc.projects) if one.name == "Default")
    job = tsc.workbooks.publish(TSC.WorkbookItem(project_id=place, name="Waits"), io.BytesIO(content.twb()), CREATE, as_job=True)
    waiting = tsc.jobs.get_by_id(job.id)
    assert (waiting.progress, waiting.started_at, waiting.completed_at) == ("0", None, None)
    assert [one.status for one in tsc.jobs.get()[0]] == ["Pending"]
    with refused("403032"):
        connect(server, *seed.ADA).jobs.cancel(job.id)
    tsc.jobs.cancel(job.id)
    with pytest.raises(JobCancelledException):
        tsc.jobs.wait_for_job(job.id, timeout=5)
    assert tsc.jobs.get_by_id(job.id).finish_code == 2
    with refused("403091"):
        tsc.jobs.cancel(job.id)


def test_a_second_refresh_is_not_queued(new_server):
    server = new_server("--workers", "0").start()
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    place = next(one.id for one in TSC.Pager(tsc.projects) if one.name == "Default")
    data = tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: tables.CSV})
    item = tsc.workbooks.publish(TSC.WorkbookItem(project_id=place, name="Book"), io.BytesIO(data), CREATE)
    job = tsc.workbooks.refresh(item)
    assert job is not None and tsc.workbooks.refresh(item) is None
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    rest.post(f"/sites/{{site}}/workbooks/{item.id}/refresh", b"<tsRequest/>").refused(409, "409093")
    tsc.jobs.cancel(job.id)
    assert tsc.workbooks.refresh(item) is not None


def test_cancel_what_runs(tsc, book, name):
    rows = b"order,region,amount\r\n" + b"".join(b"%d,North,1.5\r\n" % number for number in range(3_000_000))
    item = book(name, tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: rows}))
    job = tsc.workbooks.refresh(item)
    wait_until(lambda: tsc.jobs.get_by_id(job.id).started_at, 30)
    time.sleep(0.2)
    tsc.jobs.cancel(job.id)
    with pytest.raises(JobCancelledException):
        tsc.jobs.wait_for_job(job.id, timeout=30)
    (listed,) = tsc.jobs.get(options(filters=[("title", "eq", name), ("jobType", "eq", "refresh_extracts")]))[0]
    assert listed.status == "Cancelled"
