"""Schedules and their tasks with the unmodified tableauserverclient."""

import io
import time
from datetime import datetime, time as clock, timezone

import pytest
import tableauserverclient as TSC
from lxml import etree

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.rest import NOBODY
from support.tsc import connect, options, refused

EXTRACT, SUBSCRIPTION = TSC.ScheduleItem.Type.Extract, TSC.ScheduleItem.Type.Subscription
PARALLEL, SERIAL = TSC.ScheduleItem.ExecutionOrder.Parallel, TSC.ScheduleItem.ExecutionOrder.Serial

INTERVALS = {
    **{
        f"every {hours} hours": (TSC.HourlyInterval(clock(2, 30), clock(23), hours), (str(hours),), "Hourly")
        for hours in (1, 2, 4, 6, 8, 12)
    },
    "every 15 minutes": (TSC.HourlyInterval(clock(6), clock(18), 0.25), (0.25,), "Hourly"),
    "every 30 minutes": (TSC.HourlyInterval(clock(6), clock(18), 0.5), (0.5,), "Hourly"),
    "hourly on two days": (TSC.HourlyInterval(clock(6), clock(18), (2, "Monday", "Friday")), ("2", "Monday", "Friday"), "Hourly"),
    "daily": (TSC.DailyInterval(clock(5)), (), "Daily"),
    "daily on weekdays": (TSC.DailyInterval(clock(5), 24, "Monday", "Tuesday"), (24.0, "Monday", "Tuesday"), "Daily"),
    "weekly": (TSC.WeeklyInterval(clock(19, 15), "Monday", "Wednesday", "Friday"), ("Monday", "Wednesday", "Friday"), "Weekly"),
    "monthly": (TSC.MonthlyInterval(clock(23, 30), 15), ("15",), "Monthly"),
    "last day": (TSC.MonthlyInterval(clock(23, 30), "LastDay"), ("LastDay",), "Monthly"),
    "two days of the month": (TSC.MonthlyInterval(clock(1), (1, 31)), ("1", "31"), "Monthly"),
    "first Monday": (TSC.MonthlyInterval(clock(1), ("First", "Monday")), ("First", "Monday"), "Monthly"),
}  # fmt: skip


@pytest.fixture
def schedule(tsc, name):
    """A schedule for refreshes, every day."""
    item = TSC.ScheduleItem(name, 50, EXTRACT, PARALLEL, TSC.DailyInterval(clock(4)))
    return tsc.schedules.create(item)


@pytest.fixture
def book(tsc, project, name):
    """A workbook with an extract."""
    data = content.twbx(content.twb_with_extract("One"), files={"Data/Extracts/one.hyper": content.hyper()})
    return tsc.workbooks.publish(TSC.WorkbookItem(project_id=project, name=name), io.BytesIO(data), "CreateNew")


@pytest.fixture
def source(tsc, project, name):
    """A data source with an extract."""
    return tsc.datasources.publish(TSC.DatasourceItem(project_id=project, name=name), io.BytesIO(content.tdsx()), "CreateNew")


def tasks_of(server, schedule) -> list:
    return [task for task in server.tasks.get()[0] if task.schedule_id == schedule.id]


def test_a_new_server_has_the_schedules_of_tableau(tsc):
    found, pages = tsc.schedules.get(options(pagesize=1000))
    kinds = {item.name: item.schedule_type for item in found}
    expected = {
        "Saturday night": EXTRACT, "Weekday early mornings": EXTRACT, "End of the month": EXTRACT,
        "Monday morning": SUBSCRIPTION, "Weekday mornings": SUBSCRIPTION,
    }  # fmt: skip
    assert kinds.items() >= expected.items()
    assert pages.total_available == len(found)
    for item in found:
        if item.name in expected:
            assert item.next_run_at > datetime.now(timezone.utc)
            assert (item.priority, item.state) == (50, "Active")
    night = tsc.schedules.get_by_id(next(item.id for item in found if item.name == "Saturday night"))
    assert (night.interval_item.interval, night.interval_item.start_time) == (("Saturday",), clock(23))
    assert (night.next_run_at.weekday(), night.next_run_at.hour) == (5, 23)


@pytest.mark.parametrize("kind", INTERVALS)
def test_every_kind_of_interval(tsc, name, kind):
    interval, shown, frequency = INTERVALS[kind]
    made = tsc.schedules.create(TSC.ScheduleItem(name, 7, SUBSCRIPTION, SERIAL, interval))
    got = tsc.schedules.get_by_id(made.id)
    for item in (made, got):
        assert (item.name, item.priority, item.state) == (name, 7, "Active")
        assert (item.schedule_type, item.execution_order) == (SUBSCRIPTION, SERIAL)
        assert item.interval_item._frequency == frequency
        assert item.interval_item.start_time == interval.start_time
        assert item.interval_item.interval == shown
        assert item.next_run_at > datetime.now(timezone.utc)
        if frequency == "Hourly":
            assert item.interval_item.end_time == interval.end_time
    # What came back can be sent again.
    got.name = f"{name} again"
    tsc.schedules.update(got)
    again = tsc.schedules.get_by_id(made.id)
    assert (again.name, again.interval_item.interval, again.next_run_at) == (got.name, shown, got.next_run_at)
    tsc.schedules.delete(made.id)
    with refused("404023"):
        tsc.schedules.get_by_id(made.id)


def test_updating(tsc, schedule, name):
    schedule.name, schedule.priority, schedule.execution_order = f"{name} two", 3, SERIAL
    schedule.interval_item = TSC.WeeklyInterval(clock(1, 2, 3), "Sunday")
    tsc.schedules.update(schedule)
    got = tsc.schedules.get_by_id(schedule.id)
    assert (got.name, got.priority, got.execution_order) == (f"{name} two", 3, SERIAL)
    assert (got.interval_item.start_time, got.interval_item.interval) == (clock(1, 2, 3), ("Sunday",))
    assert (got.next_run_at.weekday(), got.next_run_at.time()) == (6, clock(1, 2, 3))
    assert got.updated_at >= schedule.created_at

    got.state = TSC.ScheduleItem.State.Suspended
    tsc.schedules.update(got)
    rests = tsc.schedules.get_by_id(schedule.id)
    assert (rests.state, rests.next_run_at) == ("Suspended", got.next_run_at)
    rests.state = TSC.ScheduleItem.State.Active
    tsc.schedules.update(rests)
    assert tsc.schedules.get_by_id(schedule.id).state == "Active"

    # A schedule out of a list does not know its intervals, and its update leaves them alone.
    [listed] = [item for item in TSC.Pager(tsc.schedules) if item.id == schedule.id]
    assert listed.interval_item is None
    listed.priority = 99
    tsc.schedules.update(listed)
    got = tsc.schedules.get_by_id(schedule.id)
    assert (got.priority, got.interval_item.interval) == (99, ("Sunday",))


def test_names_are_unique(tsc, schedule, name):
    again = TSC.ScheduleItem(name.upper(), 50, SUBSCRIPTION, PARALLEL, TSC.DailyInterval(clock(4)))
    with refused("409021") as caught:
        tsc.schedules.create(again)
    assert schedule.id in str(caught.value)
    other = tsc.schedules.create(TSC.ScheduleItem(f"{name} 2", 50, EXTRACT, PARALLEL, TSC.DailyInterval(clock(4))))
    other.name = name
    with refused("409021"):
        tsc.schedules.update(other)


def test_states_of_several(tsc, schedule, name):
    other = tsc.schedules.create(TSC.ScheduleItem(f"{name} 2", 50, EXTRACT, PARALLEL, TSC.DailyInterval(clock(4))))
    both = [schedule, other.id]
    assert sorted(tsc.schedules.batch_update_state(both, "suspended")) == sorted([schedule.id, other.id])
    assert {tsc.schedules.get_by_id(one.id).state for one in (schedule, other)} == {"Suspended"}
    tsc.schedules.batch_update_state([other], "active")
    assert tsc.schedules.get_by_id(schedule.id).state == "Suspended"
    assert tsc.schedules.get_by_id(other.id).state == "Active"
    with refused("404023"):
        tsc.schedules.batch_update_state([schedule, NOBODY], "active")
    assert tsc.schedules.get_by_id(schedule.id).state == "Suspended"
    everything = {item.id for item in TSC.Pager(tsc.schedules)}
    assert set(tsc.schedules.batch_update_state(None, "suspended", update_all=True)) == everything
    assert {item.state for item in TSC.Pager(tsc.schedules)} == {"Suspended"}
    assert set(tsc.schedules.batch_update_state(None, "active", update_all=True)) == everything
    assert {item.state for item in TSC.Pager(tsc.schedules)} == {"Active"}


def test_lists_are_filtered_and_sorted(tsc, name):
    for priority in (30, 10, 20):
        tsc.schedules.create(TSC.ScheduleItem(f"{name} {priority}", priority, EXTRACT, PARALLEL, TSC.DailyInterval(clock(4))))
    wanted = options(filters=[("priority", "lt", 25), ("type", "eq", "Extract")], sort=[("priority", "desc")], pagesize=1000)
    found = [item.name for item in tsc.schedules.get(wanted)[0] if item.name.startswith(name)]
    assert found == [f"{name} 20", f"{name} 10"]


def test_tasks(tsc, schedule, book, source):
    assert tsc.schedules.add_to_schedule(schedule.id, workbook=book) == []
    assert tsc.schedules.add_to_schedule(schedule.id, datasource=source) == []
    # The same once more is what it is already, and says so.
    [again] = tsc.schedules.add_to_schedule(schedule.id, workbook=book)
    assert (again.error, again.task_created) == (None, True)
    assert "already" in again.warnings[0]

    tasks = tasks_of(tsc, schedule)
    assert {(task.target.type, task.target.id) for task in tasks} == {("workbook", book.id), ("datasource", source.id)}
    for task in tasks:
        assert (task.task_type, task.priority, task.consecutive_failed_count) == ("extractRefresh", 50, 0)
        assert (task.schedule_item.name, task.schedule_item.id) == (schedule.name, schedule.id)
        assert task.schedule_item.next_run_at == schedule.next_run_at
        one = tsc.tasks.get_by_id(task.id)
        assert (one.id, one.target.id, one.schedule_id) == (task.id, task.target.id, schedule.id)

    extracts, pages = tsc.schedules.get_extract_refresh_tasks(schedule.id)
    assert pages.total_available == 2
    assert {(one.id, one.workbook_id or one.datasource_id) for one in extracts} == {(t.id, t.target.id) for t in tasks}
    assert {one.priority for one in extracts} == {50}
    first, pages = tsc.schedules.get_extract_refresh_tasks(schedule.id, options(pagesize=1))
    assert (len(first), pages.total_available) == (1, 2)

    tsc.tasks.delete(tasks[0].id)
    assert [task.id for task in tasks_of(tsc, schedule)] == [tasks[1].id]
    with refused("404026"):
        tsc.tasks.delete(tasks[0].id)
    with refused("404026"):
        tsc.tasks.get_by_id(tasks[0].id)


def test_tasks_go_with_what_they_hang_on(tsc, schedule, book, source):
    tsc.schedules.add_to_schedule(schedule.id, workbook=book)
    tsc.schedules.add_to_schedule(schedule.id, datasource=source)
    tsc.workbooks.delete(book.id)
    assert [task.target.id for task in tasks_of(tsc, schedule)] == [source.id]
    tsc.schedules.delete(schedule.id)
    assert tasks_of(tsc, schedule) == []
    assert tsc.datasources.get_by_id(source.id)


def test_an_item_without_an_extract_is_added_with_a_warning(tsc, schedule, project, name):
    plain = tsc.workbooks.publish(
        TSC.WorkbookItem(project_id=project, name=f"{name} plain"), io.BytesIO(content.twb("One")), "CreateNew"
    )
    [added] = tsc.schedules.add_to_schedule(schedule.id, workbook=plain)
    assert (added.error, added.task_created) == (None, True)
    assert "no extract" in added.warnings[0]
    # Older answers have one element, and the task is there all the same.
    old = connect_as_admin(tsc, "3.1")
    assert old.schedules.add_to_schedule(schedule.id, workbook=plain) == []


def connect_as_admin(tsc, version: str) -> TSC.Server:
    """The session of the administrator under another version."""
    server = TSC.Server(tsc.server_address)
    server.version = version
    server._set_auth(tsc.site_id, tsc.user_id, tsc.auth_token, "")
    return server


def test_running_now(tsc, schedule, source):
    tsc.schedules.add_to_schedule(schedule.id, datasource=source)
    [task] = tasks_of(tsc, schedule)
    answer = etree.fromstring(tsc.tasks.run(task))
    job = answer.find("{*}job")
    assert (job.get("type"), job.get("mode")) == ("RefreshExtract", "Asynchronous")
    assert job.find("{*}extractRefreshJob/{*}datasource").get("id") == source.id
    # The file has an extract that nothing can be read from, so the job ends with words, and the task counts it.
    deadline = time.monotonic() + 60
    while (state := tsc.jobs.get_by_id(job.get("id"))).completed_at is None:
        assert time.monotonic() < deadline, state
        time.sleep(0.2)
    assert state.finish_code in (0, 1) and state.notes
    ran = tsc.tasks.get_by_id(task.id)
    assert ran.consecutive_failed_count == state.finish_code
    assert ran.last_run_at is not None


def test_a_task_with_a_schedule_of_its_own(tsc, source, rest):
    interval = TSC.HourlyInterval(clock(6), clock(20), (1, "Monday", "Thursday"))
    own = TSC.ScheduleItem(None, None, None, None, interval)
    target = TSC.Target(source.id, "datasource")
    answer = etree.fromstring(tsc.tasks.create(TSC.TaskItem(None, "FullRefresh", None, schedule_item=own, target=target)))
    made = answer.find("{*}extractRefresh")
    assert (made.get("type"), made.find("{*}datasource").get("id")) == ("FullRefresh", source.id)
    assert answer.find("{*}schedule").get("frequency") == "Hourly"
    [task] = [one for one in tsc.tasks.get()[0] if one.id == made.get("id")]
    assert task.schedule_item.interval_item.interval == ("1", "Monday", "Thursday")
    assert task.schedule_item.next_run_at is not None
    # It is nobody else's.
    before = tsc.schedules.get()[1].total_available

    moved = {"schedule": {"frequency": "Weekly", "frequencyDetails": {
        "start": "06:30:00", "intervals": {"interval": [{"weekDay": "Sunday"}, {"weekDay": "Saturday"}]}}}}  # fmt: skip
    path = f"/sites/{{site}}/tasks/extractRefreshes/{task.id}"
    answer = rest.under("3.29").as_json().post(path, data_json=moved).ok(200).json
    assert answer["extractRefresh"]["id"] == task.id
    assert answer["schedule"]["frequencyDetails"]["start"] == "06:30:00"
    days = [one["weekDay"] for one in answer["schedule"]["frequencyDetails"]["intervals"]["interval"]]
    assert days == ["Sunday", "Saturday"]
    assert tsc.tasks.get_by_id(task.id).schedule_item.interval_item.interval == ("Sunday", "Saturday")
    assert tsc.schedules.get()[1].total_available == before
    tsc.tasks.delete(task.id)
    with refused("404026"):
        tsc.tasks.get_by_id(task.id)


def test_a_task_leaves_the_schedule_of_the_server(tsc, schedule, source, rest):
    tsc.schedules.add_to_schedule(schedule.id, datasource=source)
    [task] = tasks_of(tsc, schedule)
    moved = {"extractRefresh": {"type": "IncrementalRefresh"}, "schedule": {"frequency": "Daily", "frequencyDetails": {
        "start": "06:30:00", "end": "18:30:00",
        "intervals": {"interval": [{"hours": "4"}, {"weekDay": "Sunday"}]}}}}  # fmt: skip
    path = f"/sites/{{site}}/tasks/extractRefreshes/{task.id}"
    answer = rest.under("3.20").as_json().post(path, data_json=moved).ok(200).json
    assert (answer["extractRefresh"]["id"], answer["extractRefresh"]["type"]) == (task.id, "IncrementalRefresh")
    assert tasks_of(tsc, schedule) == []
    assert tsc.schedules.get_by_id(schedule.id).name == schedule.name
    assert tsc.tasks.get_by_id(task.id).schedule_item.interval_item.interval == (4.0, "Sunday")


# Rights


@pytest.fixture(scope="module")
def people(live):
    servers = {who[0]: connect(live, *who) for who in (seed.ADA, seed.CORA, seed.VERA, seed.SITEADMIN)}
    yield servers
    for server in servers.values():
        server.auth.sign_out()


def test_only_server_administrators_touch_schedules(people, schedule, name):
    for who, server in people.items():
        new = TSC.ScheduleItem(f"{name} {who}", 50, EXTRACT, PARALLEL, TSC.DailyInterval(clock(4)))
        with refused("403004"):
            server.schedules.create(new)
        with refused("403004"):
            server.schedules.update(schedule)
        with refused("403004"):
            server.schedules.delete(schedule.id)
        with refused("403004"):
            server.schedules.batch_update_state([schedule], "suspended")
    # Administrators of a site may look at them.
    assert people["sophie"].schedules.get_by_id(schedule.id).name == schedule.name
    assert people["sophie"].schedules.get()[1].total_available > 0
    for who in ("ada", "cora", "vera"):
        with refused("403004"):
            people[who].schedules.get()
        with refused("403004"):
            people[who].schedules.get_by_id(schedule.id)


def test_owners_leaders_and_administrators_manage_tasks(tsc, people, schedule, rest, name):
    place = tsc.projects.create(TSC.ProjectItem(name))
    place.owner_id = rest.get("/sites/{site}/users", params={"filter": "name:eq:cora"}).get("users/user", "id")
    tsc.projects.update(place)
    ada = people["ada"]
    own = ada.datasources.publish(TSC.DatasourceItem(project_id=place.id, name=name), io.BytesIO(content.tdsx()), "CreateNew")
    # Vera may look at it, no more.
    with refused("403032"):
        people["vera"].schedules.add_to_schedule(schedule.id, datasource=own)
    assert ada.schedules.add_to_schedule(schedule.id, datasource=own) == []
    [task] = tasks_of(ada, schedule)
    for who in ("ada", "cora", "sophie"):
        assert [one.id for one in tasks_of(people[who], schedule)] == [task.id], who
        assert people[who].tasks.get_by_id(task.id).id == task.id
    assert tasks_of(people["vera"], schedule) == []
    for call in (people["vera"].tasks.get_by_id, people["vera"].tasks.delete):
        with refused("403004"):
            call(task.id)
    with refused("403004"):
        people["vera"].tasks.run(task)
    with refused("403004"):
        people["ada"].schedules.get_extract_refresh_tasks(schedule.id)
    assert people["sophie"].schedules.get_extract_refresh_tasks(schedule.id)[1].total_available == 1
    people["cora"].tasks.delete(task.id)
    assert tasks_of(ada, schedule) == []
    # The owner of the project leads it, and may add again.
    assert people["cora"].schedules.add_to_schedule(schedule.id, datasource=own) == []


def test_tasks_of_another_site_do_not_exist(live, tsc, schedule, source):
    tsc.schedules.add_to_schedule(schedule.id, datasource=source)
    [task] = tasks_of(tsc, schedule)
    second = connect(live, *seed.ADA, site="second")
    with refused("404026"):
        second.tasks.get_by_id(task.id)
    with refused("404004"):
        second.schedules.add_to_schedule(schedule.id, datasource=source)
    second.auth.sign_out()


# The server's clock


def test_times_are_told_in_the_time_zone_of_the_server(new_server):
    """Schedules follow the server to another zone; what their names say stays true."""
    server = new_server("--time-zone", "America/Phoenix", seeded=False).start()

    def night() -> datetime:
        tsc = connect(server, ADMIN, ADMIN_PASSWORD)
        [found] = tsc.schedules.get(options(filters=[("name", "eq", "Saturday night")]))[0]
        tsc.auth.sign_out()
        return found.next_run_at

    first = night()
    assert (first.weekday(), first.hour) == (6, 6)  # 23:00 seven hours west of Greenwich
    assert night() == first
    server.arguments[server.arguments.index("America/Phoenix")] = "Asia/Tokyo"
    server.restart()
    moved = night()
    assert (moved.weekday(), moved.hour) == (5, 14)  # nine hours east


def test_deleted_schedules_stay_deleted(new_server):
    server = new_server(seeded=False).start()
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    for item in tsc.schedules.get()[0]:
        tsc.schedules.delete(item.id)
    server.restart()
    assert connect(server, ADMIN, ADMIN_PASSWORD).schedules.get()[0] == []
