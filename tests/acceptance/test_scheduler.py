"""Schedules that come due, by the clock that an ephemeral server lets tests set."""

from __future__ import annotations

import datetime
import io

import pytest
import requests
import tableauserverclient as TSC

from support import tables
from support.rest import Rest, element, ts_request
from support.server import Vivant, wait_until
from support.tsc import connect
from support.world import ADMIN, ADMIN_PASSWORD

UTC = datetime.timezone.utc


class Clock:
    """The clock of an ephemeral server."""

    def __init__(self, server: Vivant):
        self.server = server

    def ask(self, method: str, body: str | None = None, token: str | None = None) -> requests.Response:
        token = token or Rest(self.server.url).sign_in(ADMIN, ADMIN_PASSWORD).token
        return requests.request(method, self.server.url + "/vivant/clock", data=body, headers={"X-Tableau-Auth": token}, timeout=10)

    def set(self, moment: datetime.datetime) -> None:
        answer = self.ask("PUT", moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
        assert answer.status_code == 200, answer.text

    def now(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(self.ask("GET").text.strip().replace("Z", "+00:00"))


@pytest.fixture(scope="module")
def server(binary):
    with Vivant(binary, None, "--ephemeral", "--admin-name", ADMIN, env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD}) as server:
        yield server


@pytest.fixture
def clock(server):
    """The server's clock, at noon of a Wednesday."""
    clock = Clock(server)
    clock.set(datetime.datetime(2031, 1, 1, 12, 0, tzinfo=UTC))
    yield clock
    assert clock.ask("DELETE").status_code == 200


def on(day: int, hour: int, minute: int = 0) -> datetime.datetime:
    return datetime.datetime(2031, 1, day, hour, minute, tzinfo=UTC)


def scheduled(tsc, name: str, order: str, books: int, rows: bytes = tables.CSV) -> tuple[TSC.ScheduleItem, list[str]]:
    """Makes a daily schedule for 14:00 with a task for each of some new workbooks."""
    interval = TSC.DailyInterval(start_time=datetime.time(14, 0))
    item = TSC.ScheduleItem(name, 30, TSC.ScheduleItem.Type.Extract, order, interval)
    schedule = tsc.schedules.create(item)
    data = tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: rows})
    place = next(one.id for one in TSC.Pager(tsc.projects) if one.name == "Default")
    ids = []
    for number in range(books):
        book = TSC.WorkbookItem(project_id=place, name=f"{name} {number}")
        ids.append(tsc.workbooks.publish(book, io.BytesIO(data), "CreateNew").id)
        tsc.schedules.add_to_schedule(schedule.id, tsc.workbooks.get_by_id(ids[-1]))
    return schedule, ids


def jobs(server: Vivant, stem: str) -> list:
    """The jobs of a test, the oldest first."""
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    answer = rest.get("/sites/{site}/jobs", params={"filter": f"title:has:{stem}", "pageSize": 1000}).ok(200)
    found = answer.all("backgroundJobs/backgroundJob")
    return sorted(found, key=lambda one: (one.get("createdAt"), one.get("title")))


def all_ended(server: Vivant, stem: str, count: int) -> list:
    def look():
        found = jobs(server, stem)
        return found if len(found) >= count and all(one.get("endedAt") for one in found) else None

    found = wait_until(look, 60, f"{count} jobs of {stem}")
    assert len(found) == count
    return found


def settled(server: Vivant, stem: str, count: int) -> None:
    """Fails if more jobs come up while the scheduler has looked once more."""
    import time

    time.sleep(2.5)
    assert len(jobs(server, stem)) == count


def test_a_schedule_fires_once_each_time(server, clock):
    schedule, books = scheduled(connect(server, ADMIN, ADMIN_PASSWORD), "Daily", "Parallel", 2)
    settled(server, "Daily", 0)
    clock.set(on(1, 14, 0))
    first = all_ended(server, "Daily", 2)
    assert {(one.get("status"), one.get("jobType"), one.get("priority")) for one in first} == {("Success", "refresh_extracts", "30")}
    assert {one.get("createdAt")[:16] for one in first} == {"2031-01-01T14:00"}
    settled(server, "Daily", 2)
    clock.set(on(2, 13, 59))
    settled(server, "Daily", 2)
    clock.set(on(2, 14, 1))
    all_ended(server, "Daily", 4)

    # Ten days without a server would be ten times; what was missed is made good once.
    clock.set(on(12, 15, 0))
    all_ended(server, "Daily", 6)
    settled(server, "Daily", 6)
    # Signed in anew: the old session ended in those ten days.
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    tasks, _ = tsc.tasks.get()
    mine = [task for task in tasks if task.target.id in books]
    assert [task.consecutive_failed_count for task in mine] == [0, 0]
    found = next(one for one in TSC.Pager(tsc.schedules) if one.id == schedule.id)
    assert found.next_run_at == on(13, 14, 0)
    tsc.schedules.delete(schedule.id)
    clock.set(on(14, 0, 0))
    settled(server, "Daily", 6)


def test_a_suspended_schedule_rests(server, clock):
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    schedule, _ = scheduled(tsc, "Resting", "Parallel", 1)
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    rest.put(f"/schedules/{schedule.id}", ts_request(element("schedule", state="Suspended"))).ok(200)
    clock.set(on(3, 14, 30))
    settled(server, "Resting", 0)
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    rest.put(f"/schedules/{schedule.id}", ts_request(element("schedule", state="Active"))).ok(200)
    settled(server, "Resting", 0)
    clock.set(on(4, 14, 0))
    all_ended(server, "Resting", 1)


def test_a_serial_schedule_runs_one_job_after_the_other(server, clock):
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    # Times are told to the second, so each job is to take longer than that.
    many = tables.CSV + b"".join(b"%d,North,1.5\r\n" % number for number in range(1_500_000))
    scheduled(tsc, "Serial", "Serial", 4, many)
    clock.set(on(1, 14, 0))
    found = all_ended(server, "Serial", 4)
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    spans = []
    for one in found:
        job = rest.get(f"/sites/{{site}}/jobs/{one.get('id')}").ok(200).find("job")
        spans.append((one.get("title"), job.get("startedAt"), job.get("completedAt")))
    # In the order in which the tasks were made, and none begun before the one before had ended.
    in_time = sorted(spans, key=lambda span: (span[1], span[2], span[0]))
    assert [title for title, *_ in in_time] == [f"Serial {number}" for number in range(4)]
    assert all(start < end for _, start, end in spans), f"too quick to tell: {spans}"
    assert all(before[2] <= after[1] for before, after in zip(in_time, in_time[1:])), in_time


def test_a_failing_task_is_counted(server, clock):
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    schedule, (book,) = scheduled(tsc, "Failing", "Parallel", 1)
    data = tables.packed(tables.workbook(tables.CSV_FILE), {"Data/other.csv": tables.CSV})
    item = tsc.workbooks.get_by_id(book)
    tsc.workbooks.publish(TSC.WorkbookItem(project_id=item.project_id, name=item.name), io.BytesIO(data), "Overwrite")

    def count() -> int:
        tasks, _ = connect(server, ADMIN, ADMIN_PASSWORD).tasks.get()
        return next(task.consecutive_failed_count for task in tasks if task.target.id == book)

    for day in (1, 2):
        clock.set(on(day, 14, 0))
        found = all_ended(server, "Failing", day)
        assert {one.get("status") for one in found} == {"Failed"}
        assert count() == day


def test_the_clock(server, clock, new_server):
    assert abs(clock.now() - on(1, 12)) < datetime.timedelta(seconds=30)
    assert clock.ask("PUT", "tomorrow").status_code == 400
    assert clock.ask("POST", "2031-01-01T00:00:00Z").status_code == 405
    stranger = requests.put(server.url + "/vivant/clock", data="2031-01-01T00:00:00Z", timeout=10)
    assert stranger.status_code == 403
    # A server that keeps something has the system's clock alone.
    lasting = new_server(seeded=False).start()
    assert Clock(lasting).ask("PUT", "2031-01-01T00:00:00Z").status_code == 404
