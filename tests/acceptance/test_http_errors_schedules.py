"""Every error row of schedules and extract refresh tasks, provoked in XML and in JSON.

The table is like that of `test_http_errors.py`: what is asserted is what the reference prints, or where that is
a slip, the value that its note says to serve. `UNPROVOKED` lists the rows that no call can bring about.
"""

from __future__ import annotations

import csv
from typing import Callable

import pytest

from support import content
from support.rest import NOBODY, Answer, element, ts_request
from support.world import Row, World

ONE_TASK = "/sites/{site}/tasks/extractRefreshes/{task}"
# Operation -> (HTTP method, path, another HTTP method that nothing answers there).
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "Create Schedule": ("POST", "/schedules", "DELETE"),
    "Query Schedules": ("GET", "/schedules", "DELETE"),
    "Update Schedule": ("PUT", "/schedules/{schedule}", "POST"),
    "Delete Schedule": ("DELETE", "/schedules/{schedule}", "POST"),
    "Get Server Schedule": ("GET", "/schedules/{schedule}", "POST"),
    "Batch Update Schedule State": ("PUT", "/schedules", "DELETE"),
    "Add Workbook to Schedule": ("PUT", "/sites/{site}/schedules/{schedule}/workbooks", "GET"),
    "Add Data Source to Schedule": ("PUT", "/sites/{site}/schedules/{schedule}/datasources", "GET"),
    "Query Extract Refresh Tasks": ("GET", "/sites/{site}/schedules/{schedule}/extracts", "POST"),
    "Get Extract Refresh Tasks": ("GET", "/sites/{site}/tasks/extractRefreshes", "PUT"),
    "Get Extract Refresh Task": ("GET", ONE_TASK, "PUT"),
    "Run Extract Refresh Task": ("POST", ONE_TASK + "/runNow", "GET"),
    "Create Cloud Extract Refresh Task": ("POST", "/sites/{site}/tasks/extractRefreshes", "PUT"),
    "Update Cloud Extract Refresh Task": ("POST", ONE_TASK, "PUT"),
    "Delete Extract Refresh Task": ("DELETE", ONE_TASK, "PUT"),
}
# The methods that came after 3.1.
SINCE = {
    "Get Server Schedule": "3.8", "Batch Update Schedule State": "3.27", "Create Cloud Extract Refresh Task": "3.20",
    "Update Cloud Extract Refresh Task": "3.20", "Delete Extract Refresh Task": "3.6",
}  # fmt: skip

UNPROVOKED: dict[tuple[str, str, str], str] = {
    ("Create Schedule", "400064", "Error creating schedule"): "stands for failures without a name",
    ("Update Schedule", "400071", "Error updating schedule"): "stands for failures without a name",
    ("Delete Schedule", "400059", "Error deleting the schedule"): "stands for failures without a name",
    ("Run Extract Refresh Task", "403047", "Extract refresh error"): "all tasks here refresh extracts",
}


class Scheduled(World):
    """A server with a schedule of each kind, and Ada's data source on one of them."""

    def __init__(self, url: str):
        super().__init__(url)
        self.schedule = self.new_schedule()
        self.subscription = self.new_schedule(type="Subscription")
        self.mine = self.session("ada").publish_datasource("Mine", content.tdsx(), self.shared).ok(201).get("datasource", "id")
        added = self.admin.put(f"/sites/{{site}}/schedules/{self.schedule}/datasources", task("datasource", self.mine)).ok(200)
        self.task = added.get("task/extractRefresh", "id")

    def new_schedule(self, **attributes) -> str:
        body = schedule(self.fresh("schedule"), **attributes)
        return self.admin.post("/schedules", body).ok(200).get("schedule", "id")

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        method, path, _ = OPERATIONS[operation]
        place = {"schedule": self.schedule, "task": self.task, **options.pop("place", {})}
        for name, value in place.items():
            path = path.replace("{" + name + "}", value)
        options.setdefault("version", SINCE.get(operation))
        session = options.pop("session", None) or self.session(who)
        session = session.as_json() if self.form == "json" else session
        return session.call(verb or method, path, body, **options)


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call: Callable[[Scheduled], Answer]):
    ROWS.append(Row(operation, status, code, condition, call))


# The bodies of requests.


def when(*intervals: str, start: str | None = "18:30:00", end: str | None = None) -> str:
    """`frequencyDetails`; an interval is written as `hours=2 weekDay=Monday`."""
    written = [element("interval", **dict(pair.split("=") for pair in one.split())) for one in intervals]
    inside = element("intervals", written) if intervals else ""
    return element("frequencyDetails", inside, start=start, end=end)


def schedule(name: str | None = None, details: str | None = None, **attributes) -> bytes:
    given = {"type": "Extract", "frequency": "Daily", "priority": 50, "executionOrder": "Parallel", **attributes}
    return ts_request(element("schedule", details if details is not None else when(), name=name, **given))


def changes(details: str = "", **attributes) -> bytes:
    return ts_request(element("schedule", details, **attributes))


def task(kind: str, id: str | None, **attributes) -> bytes:
    return ts_request(element("task", element("extractRefresh", element(kind, id=id), **attributes)))


def own(kind: str, id: str | None, frequency: str, details: str, **attributes) -> bytes:
    return ts_request(
        element("extractRefresh", element(kind, id=id), **attributes), element("schedule", details, frequency=frequency)
    )


# The rows that many operations have alike.

HEADS = {
    "Create Schedule": "schedule", "Update Schedule": "schedule", "Batch Update Schedule State": "scheduleLuids",
    "Add Workbook to Schedule": "task", "Add Data Source to Schedule": "task",
    "Create Cloud Extract Refresh Task": "extractRefresh", "Update Cloud Extract Refresh Task": "schedule",
}  # fmt: skip
for one, (method, path, wrong) in OPERATIONS.items():
    title = "Invalid requests method" if "Task" in one and one != "Query Extract Refresh Tasks" else "Invalid request method"
    row(one, 405, "405000", title, lambda w, one=one, verb=wrong: w.ask(one, verb=verb))
    if path.startswith("/sites/"):
        some = b"<tsRequest/>" if method in ("PUT", "POST") else None
        row(one, 404, "404000", "Site not found", lambda w, one=one, b=some: w.ask(one, b, place={"site": NOBODY}))
    if tag := HEADS.get(one):
        for bad in (
            b"", b"<tsRequest>", b"no XML at all", f"<tsRequest><{tag}></tsRequest>".encode(), b"<other/>", b"<tsRequest/>",
            b"<tsRequest>&nope;</tsRequest>", b'<?xml version="1.0" encoding="utf-8"?><tsRequest>\xff\xfe</tsRequest>',
        ):  # fmt: skip
            row(one, 400, "400000", "Bad Request" if "Add " in one else "Bad request",
                lambda w, one=one, bad=bad: w.ask(one, bad, params={"state": "active"}))
    if "{schedule}" in path and "Add " not in one:
        some = changes(priority=3) if method == "PUT" else None
        for id in (NOBODY, "no-id"):
            row(one, 404, "404023", "Schedule not found", lambda w, one=one, b=some, id=id: w.ask(one, b, place={"schedule": id}))
    if "{task}" in path:
        some = own("datasource", NOBODY, "Daily", when("weekDay=Monday")) if "Update" in one else None
        for id in (NOBODY, "no-id"):
            row(one, 404, "404026", "Task not found", lambda w, one=one, b=some, id=id: w.ask(one, b, place={"task": id}))
        row(one, 403, "403004", "Operation unauthorized", lambda w, one=one, b=some: w.ask(one, b, who="cora"))
for one in ("Query Schedules", "Query Extract Refresh Tasks"):
    for number in ("0", "-1", "x", "", "1.5", "99999"):
        row(one, 400, "400006", "Invalid page number", lambda w, one=one, n=number: w.ask(one, params={"pageNumber": n}))
    for size in ("0", "-1", "x", ""):
        row(one, 400, "400007", "Invalid page size", lambda w, one=one, n=size: w.ask(one, params={"pageSize": n}))
    for size in ("1001", "99999999999999999999"):
        row(one, 403, "403014", "Page size limit exceeded", lambda w, one=one, n=size: w.ask(one, params={"pageSize": n}))

# Schedules


def create(w: Scheduled, details: str | None = None, name: str | None = None, version: str | None = None, **attributes) -> Answer:
    return w.ask("Create Schedule", schedule(name or w.fresh("n"), details, **attributes), version=version)


for attributes in (
    {"priority": 0}, {"priority": 101}, {"priority": -1}, {"priority": "high"}, {"priority": "99999999999999999999"},
    {"type": "Extracts"}, {"type": ""}, {"type": None}, {"executionOrder": "Random"}, {"state": "Asleep"},
    {"endScheduleAt": "tomorrow"}, {"name": " "}, {"name": "x" * 256}, {"name": "a\tb"},
):  # fmt: skip
    row("Create Schedule", 400, "400000", "Bad request", lambda w, a=attributes: create(w, **a))
row("Create Schedule", 400, "400000", "Bad request", lambda w: w.ask("Create Schedule", schedule(None)))

# Frequency, details, and what is wrong with them in the eyes of the 3.1 reference.
WRONG = [
    ("Sometimes", when()), ("", when()), ("daily", when()), (None, when()),
    ("Daily", ""), ("Daily", when(start=None)), ("Daily", when(start="25:00:00")), ("Daily", when(start="18:30")),
    ("Daily", when(start="noon")), ("Daily", when(start="")),
    ("Hourly", when("hours=2")), ("Hourly", when("hours=2", end="late")), ("Hourly", when(end="23:00:00")),
    ("Hourly", when("hours=2", "hours=4", end="23:00:00")), ("Hourly", when("hours=2", "minutes=15", end="23:00:00")),
    ("Hourly", when("hours=2 minutes=15", end="23:00:00")), ("Hourly", when("weekDay=Monday", end="23:00:00")),
    ("Hourly", when("monthDay=1", end="23:00:00")), ("Hourly", when("", end="23:00:00")),
    *[("Hourly", when(f"hours={n}", end="23:00:00")) for n in ("0", "3", "24", "-1", "x", "1.5", "")],
    *[("Hourly", when(f"minutes={n}", end="23:00:00")) for n in ("0", "5", "45", "60", "x", "")],
    ("Weekly", when()), ("Weekly", when("")), ("Weekly", when("hours=2")), ("Weekly", when("monthDay=1")),
    ("Weekly", when(*["weekDay=Monday"] * 8)), ("Weekly", when("weekDay=Mon")), ("Weekly", when("weekDay=")),
    ("Monthly", when()), ("Monthly", when("")), ("Monthly", when("weekDay=Monday")), ("Monthly", when("hours=2")),
    ("Monthly", when("monthDay=1", "monthDay=2")),
    *[("Monthly", when(f"monthDay={day}")) for day in ("0", "32", "-1", "lastday", "First", "Monday", "")],
]  # fmt: skip
for frequency, details in WRONG:
    row("Create Schedule", 400, "409004", "Bad request", lambda w, f=frequency, d=details: create(w, d, frequency=f))
    if frequency:
        row("Update Schedule", 400, "400008", "Invalid parameter",
            lambda w, f=frequency, d=details: w.ask("Update Schedule", changes(d, frequency=f if d else "Weekly")))
# And in those of later ones.
LATER = [
    ("Hourly", when("hours=3", end="23:00:00")), ("Hourly", when("hours=2", "hours=4", end="23:00:00")),
    ("Hourly", when("weekDay=Monday", end="23:00:00")), ("Hourly", when("hours=2", "monthDay=1", end="23:00:00")),
    ("Daily", when("hours=2")), ("Daily", when("minutes=15", end="23:00:00")), ("Daily", when("hours=5", end="23:00:00")),
    ("Daily", when("monthDay=5")), ("Weekly", when("hours=2")), ("Monthly", when("monthDay=First")),
    ("Monthly", when("monthDay=Monday")), ("Monthly", when("monthDay=1", "monthDay=First weekDay=Monday")),
    ("Monthly", when("monthDay=Customized Monthly".replace(" ", "+"))), ("Monthly", when("monthDay=LastDay weekDay=Monday")),
    ("Weekly", when(*["weekDay=Monday"] * 65)),
]  # fmt: skip
for frequency, details in LATER:
    row("Create Schedule", 400, "409004", "Bad request",
        lambda w, f=frequency, d=details: create(w, d, frequency=f, version="3.29"))
row("Create Schedule", 409, "409021", "Schedule name conflict", lambda w: create(w, name="SATURDAY night"))
row("Update Schedule", 409, "409021", "Schedule name conflict",
    lambda w: w.ask("Update Schedule", changes(name="saturday NIGHT")))
for attributes in (
    {"priority": 0}, {"priority": 101}, {"type": "Subscription"}, {"executionOrder": "Random"}, {"state": "active"},
    {"name": ""}, {"name": "x" * 256},
):  # fmt: skip
    row("Update Schedule", 400, "400008", "Invalid parameter", lambda w, a=attributes: w.ask("Update Schedule", changes(**a)))
row("Batch Update Schedule State", 400, "400008", "Invalid parameter",
    lambda w: w.ask("Batch Update Schedule State", ts_request(element("scheduleLuids")), params={"state": "asleep"}))
row("Batch Update Schedule State", 400, "400008", "Invalid parameter",
    lambda w: w.ask("Batch Update Schedule State", params={"state": "active", "updateAll": "perhaps"}))
row("Batch Update Schedule State", 400, "400000", "Bad request",
    lambda w: w.ask("Batch Update Schedule State", ts_request(element("scheduleLuids")), params={"state": "active"}))
for id in (NOBODY, "no-id", ""):
    row("Batch Update Schedule State", 404, "404023", "Schedule not found",
        lambda w, id=id: w.ask("Batch Update Schedule State",
            ts_request(element("scheduleLuids", f"<scheduleLuid>{id}</scheduleLuid>")), params={"state": "active"}))
row("Query Extract Refresh Tasks", 400, "400047", "Invalid schedule type",
    lambda w: w.ask("Query Extract Refresh Tasks", place={"schedule": w.subscription}))

# Tasks

for kind, name, missing in (("workbook", "Workbook", "404006"), ("datasource", "Data Source", "404004")):
    add = f"Add {name} to Schedule"

    def item(w: Scheduled, kind=kind) -> bytes:
        return task(kind, getattr(w, kind))

    for bad in (
        "<task/>", "<task><extractRefresh/></task>", f"<task><extractRefresh><{kind}/></extractRefresh></task>",
        "<task><extractRefresh><flow id='x'/></extractRefresh></task>",
        f"<task><extractRefresh type='Half'><{kind} id='{NOBODY}'/></extractRefresh></task>",
    ):  # fmt: skip
        row(add, 400, "400000", "Bad Request", lambda w, o=add, bad=bad: w.ask(o, f"<tsRequest>{bad}</tsRequest>".encode()))
    row(add, 401, "401002", "Unauthorized Access",
        lambda w, o=add, i=item: w.ask(o, i(w), headers={"X-Tableau-Auth": "stale"}))
    for who in ("cora", "vera", "ulrich"):
        row(add, 403, "403032", "Update Forbidden", lambda w, o=add, i=item, who=who: w.ask(o, i(w), who=who))
    row(add, 404, missing, "Resource not found", lambda w, o=add, k=kind: w.ask(o, task(k, NOBODY)))
    for id in (NOBODY, "no-id"):
        row(add, 500, "500000", "Internal Server Error", lambda w, o=add, i=item, id=id: w.ask(o, i(w), place={"schedule": id}))
    row(add, 400, "400047", "Invalid schedule type",
        lambda w, o=add, i=item: w.ask(o, i(w), place={"schedule": w.subscription}))


def switched_off(w: Scheduled, operation: str) -> Answer:
    """A site that lets nobody but administrators run refreshes at once, and the owner of a task there."""
    site = w.new_site()
    site.new_user("runner", "Creator", "runner's password")
    own = type(site)(w.url).sign_in("runner", "runner's password", site.get("/sites/{site}").get("site", "contentUrl"))
    source = own.publish_datasource("Mine", content.tdsx(), site.project()).ok(201).get("datasource", "id")
    path = f"/sites/{{site}}/schedules/{w.schedule}/datasources"
    added = own.put(path, task("datasource", source)).ok(200).get("task/extractRefresh", "id")
    site.under("3.6").put("/sites/{site}", ts_request(element("site", runNowEnabled=False))).ok(200)
    other = w.new_schedule()
    body = ts_request(element("task", element("extractRefresh", element("datasource", id=source)), runNow=True))
    place = {"task": added, "schedule": other}
    answer = w.ask(operation, body if "Add" in operation else b"<tsRequest/>", session=own, place=place)
    assert not site.get("/sites/{site}/jobs").ok(200).all("backgroundJobs/backgroundJob")
    assert len(own.get("/sites/{site}/tasks/extractRefreshes").ok(200).all("tasks/task")) == 1
    return answer


row("Run Extract Refresh Task", 403, "403004", "Operation unauthorized", lambda w: switched_off(w, "Run Extract Refresh Task"))
row("Add Data Source to Schedule", 403, "403032", "Update Forbidden", lambda w: switched_off(w, "Add Data Source to Schedule"))

CREATE, UPDATE = "Create Cloud Extract Refresh Task", "Update Cloud Extract Refresh Task"
for frequency, details in (
    ("Hourly", when("hours=1", end="23:00:00")), ("Daily", when()), ("Daily", when("hours=24")),
    ("Hourly", when("hours=1", "weekDay=Monday")), *WRONG[:7], *LATER,
):  # fmt: skip
    # JSON has nothing that could be left out twice.
    row(CREATE, 400, "409004", "Bad request",
        lambda w, f=frequency, d=details: w.ask(CREATE, own("datasource", w.datasource, f, d)))
    row(UPDATE, 400, "409004", "Bad request", lambda w, f=frequency, d=details: w.ask(UPDATE, own("datasource", None, f, d)))
MONDAYS = ("Weekly", when("weekDay=Monday"))
row(CREATE, 400, "400000", "Bad request", lambda w: w.ask(CREATE, own("flow", w.datasource, *MONDAYS)))
row(CREATE, 400, "400000", "Bad request", lambda w: w.ask(CREATE, own("datasource", w.datasource, *MONDAYS, type="Half")))
row(CREATE, 400, "400000", "Bad request", lambda w: w.ask(CREATE, task("datasource", w.datasource)))
row(CREATE, 404, "404004", "Data source not found", lambda w: w.ask(CREATE, own("datasource", NOBODY, *MONDAYS)))
row(CREATE, 404, "404006", "Workbook not found", lambda w: w.ask(CREATE, own("workbook", NOBODY, *MONDAYS)))
row(CREATE, 403, "403004", "Forbidden", lambda w: w.ask(CREATE, own("datasource", w.datasource, *MONDAYS), who="cora"))
row(UPDATE, 400, "400000", "Bad request", lambda w: w.ask(UPDATE, own("datasource", None, *MONDAYS, type="Half")))
row(UPDATE, 400, "400000", "Bad request", lambda w: w.ask(UPDATE, ts_request(element("extractRefresh"))))


@pytest.fixture(scope="module")
def world(live) -> Scheduled:
    return Scheduled(live.url)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form: str):
    world.form = form
    answer = one.call(world)
    answer.refused(one.status, (one.code, *one.also))
    assert answer.is_json == (form == "json")


def test_every_row_of_the_reference_is_here(spec):
    """Keeps the table whole: a row of one of these methods is provoked above or listed with a reason."""
    here = {(one.operation, one.code, one.condition) for one in ROWS}
    slips = {"40500": "405000", "404": "404023"}
    missing = []
    with open(spec / "errors.tsv", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            code = slips.get(line["error_code"], line["error_code"])
            key = (line["method"], code, line["condition_name"])
            if line["method"] in OPERATIONS and key not in here and key not in UNPROVOKED:
                missing.append(key)
    assert not missing


def test_token_errors_stand_before_everything(world):
    """Without a token nothing is told, not even whether a thing exists."""
    world.form = "xml"
    for operation, (method, _, _) in OPERATIONS.items():
        for token, code in ((None, "401000"), ("stale", "401002")):
            body = b"<tsRequest/>" if method in ("PUT", "POST") else None
            place = {"schedule": NOBODY, "task": NOBODY}
            world.ask(operation, body, headers={"X-Tableau-Auth": token}, place=place).refused(401, code)


def test_a_refused_change_changes_nothing(world):
    """No row above left anything behind."""
    world.form = "xml"
    names = [one.get("name") for one in world.admin.get("/schedules", params={"pageSize": 1000}).all("schedules/schedule")]
    expected = {"Saturday night", "Weekday early mornings", "End of the month", "Monday morning", "Weekday mornings"}
    assert {name for name in names if not name.startswith("schedule")} == expected
    shown = world.ask("Get Server Schedule").ok(200)
    assert (shown.get("schedule", "state"), shown.get("schedule", "priority")) == ("Active", "50")
    assert shown.get("schedule/frequencyDetails", "start") == "18:30:00"
    tasks = world.ask("Get Extract Refresh Tasks").ok(200).all("tasks/task/extractRefresh")
    assert [one.get("id") for one in tasks] == [world.task]


# The forms of the answers


def test_a_schedule_as_the_reference_prints_it(world):
    body = schedule("hourly-schedule-1", when("hours=2", end="23:00:00"), frequency="Hourly")
    answer = world.admin.post("/schedules/", body).ok(200)
    made = answer.find("schedule")
    assert list(made.attrib) == [
        "id", "name", "state", "priority", "createdAt", "updatedAt", "type", "frequency", "nextRunAt", "executionOrder",
    ]  # fmt: skip
    assert dict(answer.find("schedule/frequencyDetails").attrib) == {"start": "18:30:00", "end": "23:00:00"}
    assert [dict(one.attrib) for one in answer.all("schedule/frequencyDetails/intervals/interval")] == [{"hours": "2"}]
    # Daily ones have no intervals, whatever was sent.
    body = schedule("daily-schedule-1", when("hours=5", end="later"))
    answer = world.admin.post("/schedules", body).ok(200)
    assert dict(answer.find("schedule/frequencyDetails").attrib) == {"start": "18:30:00"}
    assert answer.find("schedule/frequencyDetails/intervals") is None
    # Later versions say 201, and where it is.
    answer = world.admin.under("3.8").post("/schedules", schedule("daily-schedule-2")).ok(201)
    assert answer.headers["Location"] == f"/api/3.8/schedules/{answer.get('schedule', 'id')}"
    # Lists say when in general.
    listed = world.admin.get("/schedules", params={"filter": "name:eq:hourly-schedule-1"}).ok(200)
    assert list(listed.find("schedules/schedule").attrib) == [
        "id", "name", "state", "priority", "createdAt", "updatedAt", "type", "frequency", "nextRunAt",
    ]  # fmt: skip
    assert not len(listed.find("schedules/schedule"))
    for name in ("hourly-schedule-1", "daily-schedule-1", "daily-schedule-2"):
        found = world.admin.get("/schedules", params={"filter": f"name:eq:{name}"}).get("schedules/schedule", "id")
        assert world.admin.delete(f"/schedules/{found}").ok(204).content == b""


def test_a_task_as_the_reference_prints_it(world):
    added = world.admin.put(f"/sites/{{site}}/schedules/{world.schedule}/workbooks", task("workbook", world.workbook)).ok(200)
    made = added.find("task/extractRefresh")
    assert dict(made.attrib) == {
        "id": made.get("id"), "priority": "50", "consecutiveFailedCount": "0", "type": "RefreshExtractTask",
    }  # fmt: skip
    assert list(added.find("task/extractRefresh/schedule").attrib) == ["id", "name", "state"]
    assert added.get("task/extractRefresh/workbook", "id") == world.workbook
    # The workbook has no extract; the old form has no place to say so.
    assert added.find("warnings") is None
    path = f"/sites/{{site}}/schedules/{world.schedule}/workbooks"
    again = world.admin.under("3.6").put(path, task("workbook", world.workbook)).ok(200)
    assert [one.tag.split("}")[1] for one in again.xml] == ["task", "warnings"]
    assert len(again.all("warnings/warning")) == 2
    shown = world.admin.get(f"/sites/{{site}}/tasks/extractRefreshes/{made.get('id')}").ok(200)
    assert list(shown.find("task/extractRefresh/schedule").attrib) == [
        "id", "name", "state", "priority", "createdAt", "updatedAt", "type", "frequency", "nextRunAt",
    ]  # fmt: skip
    listed = world.admin.get("/sites/{site}/tasks/extractRefreshes").ok(200)
    assert listed.find("pagination") is None
    assert len(listed.all("tasks/task/extractRefresh")) == 2
    paged = world.admin.get("/sites/{site}/tasks/extractRefreshes", params={"pageSize": 1}).ok(200)
    assert (paged.get("pagination", "totalAvailable"), len(paged.all("tasks/task"))) == ("2", 1)
    world.admin.get("/sites/{site}/tasks/extractRefreshes", params={"pageSize": 1, "pageNumber": 3}).refused(400, "400006")
    extracts = world.admin.get(f"/sites/{{site}}/schedules/{world.schedule}/extracts").ok(200)
    assert {(one.get("priority"), one.get("type")) for one in extracts.all("extracts/extract")} == {("50", "FullRefresh")}
    world.admin.under("3.6").delete(f"/sites/{{site}}/tasks/extractRefreshes/{made.get('id')}").ok(204)


def test_a_task_is_incremental_or_runs_at_once_where_asked(world):
    path = f"/sites/{{site}}/schedules/{world.schedule}/datasources"
    source = world.new_datasource()
    body = ts_request(element("task", element("extractRefresh", element("datasource", id=source), incremental=True), runNow=True))
    added = world.admin.under("3.6").put(path, body).ok(200)
    made = added.find("task/extractRefresh")
    assert made.get("type") == "IncrementExtractTask"
    jobs = world.admin.get("/sites/{site}/jobs", params={"pageSize": 1000}).ok(200).all("backgroundJobs/backgroundJob")
    assert "increment_extracts" in {job.get("jobType") for job in jobs}
    world.admin.under("3.6").delete(f"/sites/{{site}}/tasks/extractRefreshes/{made.get('id')}").ok(204)


def test_both_forms_say_the_same(world):
    for path in (f"/schedules/{world.schedule}", "/schedules", "/sites/{site}/tasks/extractRefreshes"):
        rest = world.admin.under("3.8")
        xml, json = rest.get(path).ok(200), rest.as_json().get(path).ok(200)
        names = {child.tag.split("}")[1] for child in xml.xml}
        assert set(json.json) == names


def test_a_suspended_schedule_tells_when_it_would_run(world):
    id = world.new_schedule()
    before = world.ask("Get Server Schedule", place={"schedule": id}).get("schedule", "nextRunAt")
    answer = world.ask("Update Schedule", changes(state="Suspended"), place={"schedule": id}).ok(200)
    assert (answer.get("schedule", "state"), answer.get("schedule", "nextRunAt")) == ("Suspended", before)


def test_a_schedule_that_has_ended_runs_no_more(world):
    id = world.new_schedule(endScheduleAt="2001-01-01T00:00:00Z")
    shown = world.ask("Get Server Schedule", place={"schedule": id}).ok(200).find("schedule")
    assert (shown.get("endScheduleAt"), shown.get("nextRunAt")) == ("2001-01-01T00:00:00Z", None)
    answer = world.ask("Update Schedule", changes(endScheduleAt="2999-01-01T00:00:00Z"), place={"schedule": id}).ok(200)
    assert answer.get("schedule", "nextRunAt")
