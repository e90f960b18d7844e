"""Every error row of jobs, of refreshing at once, and of publishing as a job, provoked in XML and in JSON.

The table is like that of `test_http_errors.py`: what is asserted is what the reference prints, or where that is
a slip, the value that its note says to serve. `UNPROVOKED` lists the rows that no call can bring about.
"""

from __future__ import annotations

import csv
from typing import Callable

import pytest

from support import content, tables
from support.rest import MIXED, NOBODY, Answer, element, multipart, ts_request
from support.server import wait_until
from support.world import Row, World

OPERATIONS: dict[str, tuple[str, str, str]] = {
    "Query Job": ("GET", "/sites/{site}/jobs/{job}", "POST"),
    "Query Jobs": ("GET", "/sites/{site}/jobs", "POST"),
    "Cancel Job": ("PUT", "/sites/{site}/jobs/{job}", "POST"),
    "Update Workbook Now": ("POST", "/sites/{site}/workbooks/{workbook}/refresh", "GET"),
    "Update Data Source Now": ("POST", "/sites/{site}/datasources/{datasource}/refresh", "GET"),
}

UNPROVOKED: dict[tuple[str, str, str], str] = {}

EMPTY = b"<tsRequest/>"


class Queue(World):
    """A server with a job that has ended, and items whose refresh takes a while."""

    def __init__(self, url: str):
        super().__init__(url)
        payload = ts_request(element("workbook", element("project", id=self.project), name="As a job"))
        form = multipart(
            (None, "request_payload", None, "text/xml", payload), (None, "tableau_workbook", "b.twb", None, content.twb())
        )
        answer = self.admin.post("/sites/{site}/workbooks", form, headers=MIXED, params={"asJob": "true"}).ok(202)
        self.job = answer.get("job", "id")
        wait_until(lambda: self.admin.get(f"/sites/{{site}}/jobs/{self.job}").get("job", "completedAt"))
        # What Cora may not look at.
        deny = element("capability", name="Read", mode="Deny")
        grantee = element("granteeCapabilities", [element("user", id=self.people["cora"]), element("capabilities", deny)])
        self.admin.put(
            f"/sites/{{site}}/workbooks/{self.workbook}/permissions", ts_request(element("permissions", grantee))
        ).ok(200)

    def slow(self, kind: str) -> str:
        """An item whose refresh is still under way when it is asked for again."""
        rows = tables.CSV + b"".join(b"%d,North,1.5\r\n" % number for number in range(400_000))
        make = tables.workbook if kind == "workbook" else tables.datasource
        data = tables.packed(make(tables.CSV_FILE), {tables.CSV_FILE: rows})
        publish = self.admin.publish_workbook if kind == "workbook" else self.admin.publish_datasource
        return publish(self.fresh("Slow"), data, self.project).ok(201).get(kind, "id")

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        if operation not in OPERATIONS:
            return super().ask(operation, body, who=who, verb=verb, **options)
        method, path, _ = OPERATIONS[operation]
        place = {"job": self.job, "workbook": self.workbook, "datasource": self.datasource, **options.pop("place", {})}
        for name, value in place.items():
            path = path.replace("{" + name + "}", value)
        session = options.pop("session", None) or self.session(who)
        session = session.as_json() if self.form == "json" else session
        return session.call(verb or method, path, body, **options)


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call: Callable[[Queue], Answer]):
    ROWS.append(Row(operation, status, code, condition, call))


for one, (method, path, wrong) in OPERATIONS.items():
    some = EMPTY if method == "POST" else None
    row(one, 405, "405000", "Invalid request method", lambda w, one=one, verb=wrong: w.ask(one, verb=verb))
    row(one, 404, "404000", "Site not found", lambda w, one=one, b=some: w.ask(one, b, place={"site": NOBODY}))
    unsigned = {"X-Tableau-Auth": None}
    row(one, 401, "401000", "Unauthorized access", lambda w, one=one, b=some, h=unsigned: w.ask(one, b, headers=h))
    stale = {"X-Tableau-Auth": "stale"}
    row(one, 401, "401002", "Unauthorized access", lambda w, one=one, b=some, h=stale: w.ask(one, b, headers=h))

# Jobs

for id in (NOBODY, "no-id", "%00", "9" * 300):
    row("Query Job", 404, "404018", "Job not found", lambda w, id=id: w.ask("Query Job", place={"job": id}))
    row("Cancel Job", 404, "404018", "Job not found", lambda w, id=id: w.ask("Cancel Job", place={"job": id}))
for who in ("ada", "grace", "vera"):
    row("Query Job", 403, "403004", "Forbidden", lambda w, who=who: w.ask("Query Job", who=who))
    row("Query Jobs", 403, "403004", "Forbidden", lambda w, who=who: w.ask("Query Jobs", who=who))
    row("Cancel Job", 403, "403032", "Update forbidden", lambda w, who=who: w.ask("Cancel Job", who=who))
row("Cancel Job", 403, "403091", "Job already complete", lambda w: w.ask("Cancel Job"))
row("Query Job", 404, "404001", "Method of a later version", lambda w: w.ask("Query Jobs", version="3.0"))
row("Query Job", 404, "404018", "Job not found", lambda w: w.ask(
    "Query Job", session=w.new_site(), place={"job": w.job}))  # fmt: skip

for number in ("0", "-1", "x", "", "99999"):
    row("Query Jobs", 400, "400006", "Invalid page number", lambda w, n=number: w.ask("Query Jobs", params={"pageNumber": n}))
for size in ("0", "-1", "x", ""):
    row("Query Jobs", 400, "400007", "Invalid page size", lambda w, n=size: w.ask("Query Jobs", params={"pageSize": n}))
row("Query Jobs", 403, "403014", "Page size limit exceeded", lambda w: w.ask("Query Jobs", params={"pageSize": "1001"}))
for bad in ("payload:eq:x", "createdAt:gt:yesterday", "priority:eq:high", "progress:has:1", "jobType", "jobType:eq", "title:like:x"):
    row("Query Jobs", 400, "400065", "Invalid filter", lambda w, bad=bad: w.ask("Query Jobs", params={"filter": bad}))
for bad in ("payload:asc", "createdAt:up", ":asc"):
    row("Query Jobs", 400, "400065", "Invalid sort", lambda w, bad=bad: w.ask("Query Jobs", params={"sort": bad}))

# Refreshing at once

for one, kind, code in (("Update Workbook Now", "workbook", "404006"), ("Update Data Source Now", "datasource", "404004")):
    for bad in (
        b"", b"<tsRequest>", b"no XML at all", b"<tsRequest><extractRefresh></tsRequest>", b"<other/>",
        b"<tsRequest>&nope;</tsRequest>", b"<tsRequest><extractRefresh incremental='maybe'/></tsRequest>",
        b'<?xml version="1.0" encoding="utf-8"?><tsRequest>\xff\xfe</tsRequest>',
    ):  # fmt: skip
        row(one, 400, "400000", "Bad request", lambda w, one=one, bad=bad: w.ask(one, bad))
    for id in (NOBODY, "no-id"):
        missing = f"{'Workbook' if kind == 'workbook' else 'Data source'} not found"
        row(one, 404, code, missing, lambda w, one=one, k=kind, id=id: w.ask(one, EMPTY, place={k: id}))
    row(one, 403, "403032", "Update forbidden", lambda w, one=one: w.ask(one, EMPTY, who="grace"))

    def again(w: Queue, one=one, kind=kind) -> Answer:
        place = {kind: w.slow(kind)}
        w.ask(one, EMPTY, place=place).ok(202)
        return w.ask(one, EMPTY, place=place)

    row(one, 409, "409093", "Duplicate refresh", again)

    def switched_off(w: Queue, one=one, kind=kind) -> Answer:
        session = w.new_site()
        who = "runner"
        session.new_user(who, "Creator", "runner's password")
        own = type(session)(w.url).sign_in(who, "runner's password", site_url(w, session))
        publish = own.publish_workbook if kind == "workbook" else own.publish_datasource
        data = content.twb() if kind == "workbook" else content.tds()
        item = publish("Mine", data, session.project()).ok(201).get(kind, "id")
        session.under("3.6").put("/sites/{site}", ts_request(element("site", runNowEnabled=False))).ok(200)
        return w.ask(one, EMPTY, session=own, place={kind: item})

    row(one, 403, "403032", "Update forbidden", switched_off)

row("Update Workbook Now", 403, "403004", "Forbidden", lambda w: w.ask("Update Workbook Now", EMPTY, who="cora"))


def site_url(w: Queue, session) -> str:
    """The content URL of a session's site."""
    return session.get("/sites/{site}").ok(200).get("site", "contentUrl")


@pytest.fixture(scope="module")
def world(live) -> Queue:
    return Queue(live.url)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form: str):
    world.form = form
    answer = one.call(world)
    answer.refused(one.status, one.code)
    assert answer.is_json == (form == "json")


def test_every_row_of_the_reference_is_here(spec):
    """Keeps the table whole: a row of these methods is provoked above or listed with a reason."""
    here = {(one.operation, one.code, one.condition) for one in ROWS}
    missing = []
    with open(spec / "errors.tsv", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            key = (line["method"], line["error_code"], line["condition_name"])
            if line["method"] in OPERATIONS and key not in here and key not in UNPROVOKED:
                missing.append(key)
    assert not missing


@pytest.mark.parametrize("form", ["xml", "json"])
def test_publishing_as_a_job_checks_the_request_at_once(world, form):
    world.form = form
    job = {"asJob": "true"}
    for operation, kind, tag in (("Publish Workbook", "twb", "workbook"), ("Publish Data Source", "tds", "datasource")):
        name = world.fresh("Taken")
        world.publish(operation, name=name).ok(201)
        world.publish(operation, name=name, params=job).refused(403, "403007")
        world.publish(operation, project=NOBODY, params=job).refused(404, "404005")
        world.publish(operation, who="vera", params=job).refused(403, "403007")
        world.publish(operation, params={"asJob": "perhaps"}).refused(400, "400008")
        wrong = "400020" if tag == "workbook" else "400010"
        world.publish(operation, file="book.pdf", params=job).refused(400, wrong)
        world.publish(operation, payload=b"<tsRequest/>", params=job).refused(400, "400000")
        answer = world.publish(operation, params={"asJob": "True"}).ok(202)
        assert answer.is_json == (form == "json")


def test_the_shapes_of_a_job(world):
    """What answers hold, version by version."""
    data = tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: tables.CSV})
    book = world.admin.publish_workbook("Shapes", data, world.project).ok(201).get("workbook", "id")
    begun = world.admin.post(f"/sites/{{site}}/workbooks/{book}/refresh", EMPTY).ok(202).find("job")
    assert set(begun.keys()) == {"id", "mode", "type", "createdAt"}
    assert (begun.get("mode"), begun.get("type")) == ("Asynchronous", "RefreshExtract")
    path = f"/sites/{{site}}/jobs/{begun.get('id')}"
    wait_until(lambda: world.admin.get(path).get("job", "completedAt"))
    done = world.admin.get(path).ok(200)
    job = done.find("job")
    assert set(job.keys()) == {
        "id", "mode", "type", "progress", "createdAt", "startedAt", "updatedAt", "completedAt", "finishCode",
    }  # fmt: skip
    assert (job.get("progress"), job.get("finishCode")) == ("100", "0")
    assert "read 3 rows" in done.find("job/extractRefreshJob/notes").text
    assert done.find("job/extractRefreshJob/workbook").attrib == {"id": book, "name": "Shapes"}
    shaped = world.admin.as_json().get(path).ok(200).json["job"]
    assert shaped["extractRefreshJob"]["workbook"] == {"id": book, "name": "Shapes"}
    assert shaped["finishCode"] == "0"

    listed = world.admin.get("/sites/{site}/jobs", params={"filter": "title:eq:Shapes"}).ok(200)
    assert listed.get("pagination", "totalAvailable") == "1"
    attributes = listed.find("backgroundJobs/backgroundJob").attrib
    assert dict(attributes) | {"createdAt": "", "startedAt": "", "endedAt": ""} == {
        "id": begun.get("id"), "status": "Success", "createdAt": "", "startedAt": "", "endedAt": "",
        "priority": "50", "jobType": "refresh_extracts", "title": "Shapes", "subtitle": "Workbook",
    }  # fmt: skip
    raw = world.admin.put(path).refused(403, "403091")
    assert raw.get("error", "code") == "403091"
