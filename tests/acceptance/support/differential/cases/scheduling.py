"""Jobs, tasks, schedules, subscriptions, favorites."""

from __future__ import annotations

from datetime import time
from types import SimpleNamespace

import tableauserverclient as TSC
from lxml import etree

from support import content
from support.differential import values
from support.differential.case import Case
from support.differential.cases.content import book, common, with_schedule
from support.differential.items import BACKGROUND_JOB, EXTRACT, JOB, SCHEDULE, SUBSCRIPTION, one_by_one, schedule
from support.differential.proxy import made

GROUPS = ["jobs", "tasks", "schedules", "subscriptions", "favorites"]

PAGE = {"page": 1, "page_size": 100}
ID, OTHER = "2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c11", "2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c12"

# Jobs.

DONE = (
    f'<job id="{ID}" mode="Asynchronous" type="RefreshExtract" createdAt="2024-01-02T03:04:05Z" startedAt="2024-01-02T03:04:06Z" '
    'completedAt="2024-01-02T03:05:05Z" progress="100" finishCode="0"><extractRefreshJob><notes>Done &amp; dusted.</notes>'
    f'<workbook id="{OTHER}" name="A &amp; b"/></extractRefreshJob></job>'
)
RUNNING = f'<job id="{ID}" mode="Asynchronous" type="RefreshExtract" createdAt="2024-01-02T03:04:05Z" progress="10" finishCode="1"/>'


def refreshed(world) -> dict:
    """A job that refreshes an extract."""
    things = with_schedule(None, "workbooks")(world)
    answer = world.admin.under("3.29").post(f"/sites/{{site}}/workbooks/{things['id']}/refresh", b"<tsRequest/>").ok(202)
    return {"id": answer.get("job", "id")}


JOBS = [
    Case(
        "jobs.get",
        lambda tsc, _: tsc.jobs.get(req_options=TSC.RequestOptions(1, 100)),
        lambda _: ("jobs", "list", {"options": PAGE}),
        values.page(BACKGROUND_JOB),
        prepare=refreshed,
    ),
    Case(
        "jobs.all",
        lambda tsc, _: one_by_one(tsc.jobs.all(page_size=100)),
        lambda _: ("jobs", "list", {"options": {"page_size": 100}}),
        values.many(BACKGROUND_JOB),
        prepare=refreshed,
    ),
    Case(
        "jobs.filter",
        lambda tsc, _: one_by_one(tsc.jobs.filter(job_type="refresh_extracts", page_size=100)),
        lambda _: (
            "jobs",
            "list",
            {"options": {"page_size": 100, "filters": [{"field": "jobType", "operator": "eq", "value": "refresh_extracts"}]}},
        ),
        values.many(BACKGROUND_JOB),
        prepare=refreshed,
    ),
    Case(
        "jobs.get_by_id",
        lambda tsc, things: tsc.jobs.get_by_id(things["id"]),
        lambda things: ("jobs", "get", {"id": things["id"]}),
        values.one(JOB, "job"),
        prepare=refreshed,
    ),
    Case(
        "jobs.get_by_id",
        lambda tsc, _: tsc.jobs.get_by_id(ID),
        lambda _: ("jobs", "get", {"id": ID}),
        values.one({**JOB, "notes": lambda job: [values.part(job, "extractRefreshJob.notes")]}, "job"),
        made=[made("GET", "/sites/[^/]+/jobs/.*", DONE)],
        note="that has ended",
    ),
    Case(
        "jobs.cancel",
        lambda tsc, things: tsc.jobs.cancel(things["id"]),
        lambda things: ("jobs", "cancel", {"id": things["id"]}),
        values.nothing_but_done,
        prepare=refreshed,
    ),
    Case(
        "jobs.wait_for_job",
        lambda tsc, _: tsc.jobs.wait_for_job(ID, timeout=60),
        lambda _: ("jobs", "wait_for_job", {"id": ID}),
        values.one(JOB, "job"),
        made=[made("GET", "/sites/[^/]+/jobs/.*", DONE)],
    ),
]

# Tasks.

TASK: values.Table = {
    "id": "id",
    "priority": "priority",
    "consecutive_failed_count": "consecutiveFailedCount",
    "last_run_at": "lastRunAt",
    "schedule_id": "schedule.id",
    "target_id": lambda task: values.part(task, "workbook.id") or values.part(task, "datasource.id"),
}


class Target:
    """A task of Tableau's client, with the id of its target."""

    def __init__(self, task):
        self.task = task

    def __getattr__(self, name):
        return self.task.target.id if name == "target_id" else getattr(self.task, name)


def scheduled(kind: str = "workbooks"):
    """Content with an extract on a schedule, and its task."""

    def make(world) -> dict:
        things = with_schedule(None, kind)(world)
        one = kind[:-1]
        body = f'<tsRequest><task><extractRefresh><{one} id="{things["id"]}"/></extractRefresh></task></tsRequest>'
        admin = world.admin.under("3.29")
        admin.put(f"/sites/{{site}}/schedules/{things['schedule']}/{kind}", body.encode()).ok(200)
        tasks = admin.get(f"/sites/{{site}}/schedules/{things['schedule']}/extracts").ok()
        return {**things, "task": tasks.get("extracts/extract", "id")}

    return make


def raw(element: str, *attributes: str):
    """Tableau's client gives the bytes of the answer, of which the attributes are compared."""

    def same(theirs, ours):
        node = etree.fromstring(theirs).find(f".//{{*}}{element}")
        assert {name: node.get(name) for name in attributes} == {name: values.plain(ours[element].get(name)) for name in attributes}

    return same


CLOUD = TSC.TaskItem(
    None, "FullRefresh", None, target=TSC.Target(ID, "workbook"),
    schedule_item=TSC.ScheduleItem(None, None, None, None, TSC.HourlyInterval(time(2), time(23), 4)),
)  # fmt: skip
CLOUD_SCHEDULE = {
    "frequency": "Hourly",
    "frequencyDetails": {"start": "02:00:00", "end": "23:00:00", "intervals": {"interval": [{"hours": "4"}]}},
}
CLOUD_XML = (
    f'<extractRefresh id="{ID}" priority="50" consecutiveFailedCount="0" type="FullRefresh"><schedule frequency="Hourly" '
    'nextRunAt="2030-01-02T03:04:05Z"><frequencyDetails start="02:00:00" end="23:00:00"><intervals><interval hours="4"/>'
    f'</intervals></frequencyDetails></schedule><workbook id="{ID}"/></extractRefresh>'
)
ACCELERATION = "dataAcceleration"

TASKS = [
    Case(
        "tasks.get",
        lambda tsc, _: [Target(task) for task in tsc.tasks.get()[0]],
        lambda _: ("tasks", "extract_refreshes", {}),
        values.many(TASK),
        prepare=scheduled(),
    ),
    Case(
        "tasks.get",
        lambda tsc, _: [Target(task) for task in tsc.tasks.get(task_type=ACCELERATION)[0]],
        lambda _: ("tasks", "data_acceleration", {}),
        values.many({name: TASK[name] for name in ("id", "priority", "consecutive_failed_count", "target_id")}),
        made=[
            made(
                "GET",
                "/sites/[^/]+/tasks/dataAcceleration",
                f'<tasks><task><dataAcceleration id="{ID}" priority="50" consecutiveFailedCount="1" type="MaterializeViewsTask">'
                f'<schedule id="{OTHER}" name="S"/><workbook id="{ID}"/></dataAcceleration></task></tasks>',
            )
        ],
        note="that accelerate",
    ),
    Case(
        "tasks.get_by_id",
        lambda tsc, things: Target(tsc.tasks.get_by_id(things["task"])),
        lambda things: ("tasks", "extract_refresh", {"id": things["task"]}),
        values.one(TASK, "extractRefresh"),
        prepare=scheduled("datasources"),
    ),
    Case(
        "tasks.create",
        lambda tsc, _: tsc.tasks.create(CLOUD),
        lambda _: ("tasks", "create", {"task": {"type": "FullRefresh", "workbook": {"id": ID}}, "schedule": CLOUD_SCHEDULE}),
        raw("extractRefresh", "id", "priority", "type", "consecutiveFailedCount"),
        made=[made("POST", "/sites/[^/]+/tasks/extractRefreshes", CLOUD_XML)],
    ),
    Case(
        "tasks.run",
        lambda tsc, things: tsc.tasks.run(SimpleNamespace(id=things["task"])),
        lambda things: ("tasks", "run_extract_refresh", {"id": things["task"]}),
        raw("job", "id", "type", "mode", "createdAt"),
        prepare=scheduled(),
    ),
    Case(
        "tasks.delete",
        lambda tsc, things: tsc.tasks.delete(things["task"]),
        lambda things: ("tasks", "delete", {"id": things["task"]}),
        values.nothing,
        prepare=scheduled(),
    ),
    Case(
        "tasks.delete",
        lambda tsc, _: tsc.tasks.delete(ID, ACCELERATION),
        lambda _: ("tasks", "delete_data_acceleration", {"id": ID}),
        values.nothing,
        made=[made("DELETE", "/sites/[^/]+/tasks/dataAcceleration/.*", status=204)],
        note="that accelerates",
    ),
]

# Schedules.


def new_schedule(name: str, interval, kind: str = "Extract") -> TSC.ScheduleItem:
    return TSC.ScheduleItem(name, 50, kind, TSC.ScheduleItem.ExecutionOrder.Parallel, interval)


def schedule_name(world) -> dict:
    return {"name": world.fresh("S & ü ")}


def own_schedule(kind: str = "Extract"):
    def make(world) -> dict:
        name = world.fresh("Sched ")
        body = (
            f'<tsRequest><schedule name="{name}" priority="50" type="{kind}" frequency="Daily" executionOrder="Parallel">'
            '<frequencyDetails start="04:00:00"/></schedule></tsRequest>'
        )
        made_ = world.admin.post("/schedules", body.encode()).ok()
        return {**common(world), "name": name, "schedule": made_.get("schedule", "id")}

    return make


# Kinds of intervals, as both clients say them.
INTERVALS = {
    "hourly": (
        TSC.HourlyInterval(time(2, 30), time(23), 2),
        "Hourly",
        {"start": "02:30:00", "end": "23:00:00", "intervals": {"interval": [{"hours": "2"}]}},
    ),
    "every quarter of an hour": (
        TSC.HourlyInterval(time(6), time(18), 0.25),
        "Hourly",
        {"start": "06:00:00", "end": "18:00:00", "intervals": {"interval": [{"minutes": "15"}]}},
    ),
    "daily": (TSC.DailyInterval(time(5)), "Daily", {"start": "05:00:00"}),
    "weekly": (
        TSC.WeeklyInterval(time(19, 15), "Monday", "Friday"),
        "Weekly",
        {"start": "19:15:00", "intervals": {"interval": [{"weekDay": "Monday"}, {"weekDay": "Friday"}]}},
    ),
    "monthly": (
        TSC.MonthlyInterval(time(23, 30), "LastDay"),
        "Monthly",
        {"start": "23:30:00", "intervals": {"interval": [{"monthDay": "LastDay"}]}},
    ),
}


def ours_new(name: str, frequency: str, details: dict) -> dict:
    return {
        "name": name, "priority": 50, "type": "Extract", "executionOrder": "Parallel", "frequency": frequency,
        "frequencyDetails": details,
    }  # fmt: skip


def changed_schedule(things: dict) -> TSC.ScheduleItem:
    item = new_schedule(things["name"] + "2", TSC.WeeklyInterval(time(1), "Sunday"))
    item._id, item._state = things["schedule"], "Suspended"
    return item


def warned(theirs, ours) -> None:
    """Both read the same warnings: those of Tableau's client come in its answer to what did not go smoothly."""
    read = [warning["message"] for warning in values.part(ours, "warnings.warning") or []]
    assert [text for answer in theirs for text in answer.warnings or []] == read


WARNINGS = (
    f'<task><extractRefresh id="{ID}" priority="50" type="RefreshExtractTask"><schedule id="{OTHER}"/></extractRefresh></task>'
    '<warnings><warning message="The schedule is suspended &amp; does nothing."/></warnings>'
)

SCHEDULES = [
    Case(
        "schedules.get",
        lambda tsc, _: tsc.schedules.get(TSC.RequestOptions(1, 100)),
        lambda _: ("schedules", "list", {"options": PAGE}),
        # Lists say when a schedule runs without its details.
        values.page({n: p for n, p in SCHEDULE.items() if n not in ("start", "frequency")}),
    ),
    Case(
        "schedules.get_by_id",
        lambda tsc, things: schedule(tsc.schedules.get_by_id(things["schedule"])),
        lambda things: ("schedules", "get", {"id": things["schedule"]}),
        values.one(SCHEDULE, "schedule"),
        prepare=own_schedule(),
    ),
    *(
        Case(
            "schedules.create",
            lambda tsc, things, interval=interval: schedule(tsc.schedules.create(new_schedule(things["name"], interval))),
            lambda things, frequency=frequency, details=details: (
                "schedules",
                "create",
                {"schedule": ours_new(things["name"], frequency, details)},
            ),
            values.one(SCHEDULE, "schedule"),
            prepare=schedule_name,
            note=note,
        )
        for note, (interval, frequency, details) in INTERVALS.items()
    ),
    Case(
        "schedules.update",
        lambda tsc, things: schedule(tsc.schedules.update(changed_schedule(things))),
        lambda things: (
            "schedules",
            "update",
            {
                "id": things["schedule"],
                "schedule": {
                    "name": things["name"] + "2", "priority": 50, "executionOrder": "Parallel", "state": "Suspended",
                    "frequency": "Weekly",
                    "frequencyDetails": {"start": "01:00:00", "intervals": {"interval": [{"weekDay": "Sunday"}]}},
                },
            },
        ),  # fmt: skip
        values.one({"name": "name", "execution_order": "executionOrder", "priority": "priority"}, "schedule"),
        prepare=own_schedule(),
    ),
    Case(
        "schedules.delete",
        lambda tsc, things: tsc.schedules.delete(things["schedule"]),
        lambda things: ("schedules", "delete", {"id": things["schedule"]}),
        values.nothing,
        prepare=own_schedule(),
    ),
    *(
        Case(
            "schedules.add_to_schedule",
            lambda tsc, things, one=one: tsc.schedules.add_to_schedule(things["schedule"], **{one: SimpleNamespace(id=things["id"])}),
            lambda things, one=one: ("schedules", "add_to_schedule", {"id": things["schedule"], one: things["id"]}),
            warned,
            prepare=with_schedule(None, one + "s"),
            note=one,
        )
        for one in ("workbook", "datasource")
    ),
    Case(
        "schedules.add_to_schedule",
        lambda tsc, _: tsc.schedules.add_to_schedule(OTHER, flow=SimpleNamespace(id=ID)),
        lambda _: ("schedules", "add_to_schedule", {"id": OTHER, "flow": ID}),
        warned,
        made=[made("PUT", "/sites/[^/]+/schedules/[^/]+/flows", WARNINGS)],
        note="flow, with a warning",
    ),
    Case(
        "schedules.get_extract_refresh_tasks",
        lambda tsc, things: tsc.schedules.get_extract_refresh_tasks(things["schedule"], TSC.RequestOptions(1, 100)),
        lambda things: ("schedules", "extract_refresh_tasks", {"id": things["schedule"], "options": PAGE}),
        values.page(EXTRACT),
        prepare=scheduled(),
    ),
    Case(
        "schedules.batch_update_state",
        lambda tsc, things: tsc.schedules.batch_update_state([things["schedule"]], "suspended"),
        lambda things: ("schedules", "batch_update_state", {"ids": [things["schedule"]], "state": "suspended"}),
        lambda theirs, ours: values.text("ids")(theirs, ours),
        prepare=own_schedule(),
    ),
    Case(
        "schedules.batch_update_state",
        lambda tsc, _: tsc.schedules.batch_update_state([], "active", update_all=True),
        lambda _: ("schedules", "update_state_of_all", {"state": "active"}),
        lambda theirs, ours: values.text("ids")(theirs, ours),
        made=[made("PUT", "/schedules", f"<scheduleLuids><scheduleLuid>{ID}</scheduleLuid></scheduleLuids>")],
        note="all",
    ),
]

# Subscriptions.


def subscribable(world) -> dict:
    """A view, a schedule, and somebody with an address."""
    things = {**book(world), **own_schedule("Subscription")(world)}
    body = b'<tsRequest><user email="ada@example.com"/></tsRequest>'
    world.admin.put(f"/sites/{{site}}/users/{things['user']}", body).ok(200)
    return {**book(world), "schedule": things["schedule"]}


def subscribed(world) -> dict:
    things = subscribable(world)
    body = (
        f'<tsRequest><subscription subject="S"><content type="View" id="{things["view"]}"/><schedule id="{things["schedule"]}"/>'
        f'<user id="{things["user"]}"/></subscription></tsRequest>'
    )
    made_ = world.admin.under("3.29").post("/sites/{site}/subscriptions", body.encode()).ok()
    return {**things, "subscription": made_.get("subscription", "id")}


def new_subscription(things: dict) -> TSC.SubscriptionItem:
    item = TSC.SubscriptionItem("S & s", things["schedule"], things["user"], TSC.Target(things["view"], "View"))
    item.attach_image, item.attach_pdf, item.message = True, True, "M & m"
    item.page_orientation, item.page_size_option, item.send_if_view_empty = "LANDSCAPE", "A4", True
    return item


def changed_subscription(things: dict) -> TSC.SubscriptionItem:
    item = TSC.SubscriptionItem("Neu & alt", things["schedule"], things["user"], TSC.Target(things["view"], "View"))
    item._id = things["subscription"]
    item.attach_image, item.attach_pdf, item.suspended = True, False, True
    return item


SUBSCRIPTIONS = [
    Case(
        "subscriptions.get",
        lambda tsc, _: tsc.subscriptions.get(TSC.RequestOptions(1, 100)),
        lambda _: ("subscriptions", "list", {"options": PAGE}),
        values.page(SUBSCRIPTION),
        prepare=subscribed,
    ),
    Case(
        "subscriptions.get_by_id",
        lambda tsc, things: tsc.subscriptions.get_by_id(things["subscription"]),
        lambda things: ("subscriptions", "get", {"id": things["subscription"]}),
        values.one(SUBSCRIPTION, "subscription"),
        prepare=subscribed,
    ),
    Case(
        "subscriptions.create",
        lambda tsc, things: tsc.subscriptions.create(new_subscription(things)),
        lambda things: (
            "subscriptions",
            "create",
            {
                "subscription": {
                    "subject": "S & s", "attachImage": True, "attachPdf": True, "message": "M & m",
                    "pageOrientation": "LANDSCAPE", "pageSizeOption": "A4",
                    "content": {"id": things["view"], "type": "View", "sendIfViewEmpty": True},
                    "schedule": {"id": things["schedule"]}, "user": {"id": things["user"]},
                }
            },
        ),  # fmt: skip
        values.one(SUBSCRIPTION, "subscription"),
        prepare=subscribable,
    ),
    Case(
        "subscriptions.update",
        lambda tsc, things: tsc.subscriptions.update(changed_subscription(things)),
        lambda things: (
            "subscriptions",
            "update",
            {
                "id": things["subscription"],
                "subscription": {
                    "subject": "Neu & alt", "attachImage": True, "attachPdf": False, "suspended": True,
                    "schedule": {"id": things["schedule"]}, "content": {"sendIfViewEmpty": True},
                },
            },
        ),  # fmt: skip
        values.one(SUBSCRIPTION, "subscription"),
        prepare=subscribed,
    ),
    Case(
        "subscriptions.delete",
        lambda tsc, things: tsc.subscriptions.delete(things["subscription"]),
        lambda things: ("subscriptions", "delete", {"id": things["subscription"]}),
        values.nothing,
        prepare=subscribed,
    ),
]

# Favorites.

KINDS = {"workbook": True, "view": True, "datasource": True, "project": True, "flow": False, "metric": False}


def favored(kind: str, add: bool):
    """A user, an item, and whether the item is a favorite already."""

    def make(world) -> dict:
        made_ = book(world)
        item = {
            "workbook": made_["id"],
            "view": made_["view"],
            "datasource": world.new_datasource() if kind == "datasource" else None,
            "project": world.project,
        }.get(kind, ID)
        things = {"user": world.admin.new_user(f"local\\{world.fresh('fan')}"), "item": item, "kind": kind}
        if add and KINDS[kind]:
            body = f'<tsRequest><favorite label="L"><{kind} id="{item}"/></favorite></tsRequest>'
            world.admin.under("3.29").put(f"/sites/{{site}}/favorites/{things['user']}", body.encode()).ok(200)
        return things

    return make


def fan(things: dict) -> TSC.UserItem:
    user = TSC.UserItem()
    user._id = things["user"]
    return user


def thing(things: dict) -> SimpleNamespace:
    return SimpleNamespace(id=things["item"], name="L & l")


def adding(kind: str, generic: bool = False) -> Case:
    name = "add_favorite" if generic else f"add_favorite_{kind}"
    arguments = [kind] if generic else []
    return Case(
        f"favorites.{name}",
        lambda tsc, things: getattr(tsc.favorites, name)(fan(things), *arguments, thing(things)) and None,
        lambda things: ("favorites", "add", {"user": things["user"], "label": "L & l", "kind": kind, "id": things["item"]}),
        # Tableau's client does not look into the answer.
        lambda theirs, ours: None,
        prepare=favored(kind, False),
        made=[] if KINDS[kind] else [made("PUT", "/sites/[^/]+/favorites/.*", f'<favorites><favorite label="L"><{kind} id="{ID}"/></favorite></favorites>')],
    )


def deleting(kind: str, generic: bool = False) -> Case:
    name = "delete_favorite" if generic else f"delete_favorite_{kind}"
    # The generic one wants the kind as addresses have it.
    arguments = [kind + "s"] if generic else []
    return Case(
        f"favorites.{name}",
        lambda tsc, things: getattr(tsc.favorites, name)(fan(things), *arguments, thing(things)),
        lambda things: ("favorites", "delete", {"user": things["user"], "kind": kind, "id": things["item"]}),
        values.nothing,
        prepare=favored(kind, True),
        made=[] if KINDS[kind] else [made("DELETE", "/sites/[^/]+/favorites/.*", status=204)],
    )


def favorites_of(tsc, things):
    user = fan(things)
    tsc.favorites.get(user, TSC.RequestOptions(1, 100))
    return user.favorites[things["kind"] + "s"]


FAVORITES = [
    *(
        Case(
            "favorites.get",
            favorites_of,
            lambda things: ("favorites", "list", {"user": things["user"], "options": {"page_size": 100}}),
            values.many({"id": f"{kind}.id", "name": f"{kind}.name"}),
            prepare=favored(kind, True),
            note=kind,
        )
        for kind in ("workbook", "view", "datasource", "project")
    ),
    *(adding(kind) for kind in KINDS),
    *(deleting(kind) for kind in KINDS),
    adding("workbook", True),
    deleting("workbook", True),
]

JOB_LIST = made(
    "GET",
    "/sites/[^/]+/jobs",
    '<pagination pageNumber="1" pageSize="100" totalAvailable="1"/><backgroundJobs><backgroundJob id="'
    f'{ID}" status="Success" createdAt="2024-01-02T03:04:05Z" priority="50" jobType="refresh_extracts" title="A &amp; b"/>'
    "</backgroundJobs>",
)

# No server lists jobs by these; the answers are our own.
QUERIES = [
    Case(
        f"jobs.{method}",
        lambda tsc, _, query=query: one_by_one(query(tsc.jobs)),
        lambda _, options=options: ("jobs", "list", {"options": {"page_size": 100, **options}}),
        values.many(BACKGROUND_JOB),
        made=[JOB_LIST],
    )
    for method, query, options in (
        ("order_by", lambda jobs: jobs.order_by("-created_at"), {"sort": [{"field": "createdAt", "descending": True}]}),
        ("paginate", lambda jobs: jobs.paginate(page_size=3), {"page_size": 3}),
        ("fields", lambda jobs: jobs.fields("title"), {"fields": "_default_,title"}),
        ("only_fields", lambda jobs: jobs.only_fields("title"), {"fields": "title"}),
        (
            "find_by_name",
            lambda jobs: jobs.find_by_name("A & b"),
            {"filters": [{"field": "name", "operator": "eq", "value": "A & b", "unchecked": True}]},
        ),
    )
]

CASES = [*JOBS, *QUERIES, *TASKS, *SCHEDULES, *SUBSCRIPTIONS, *FAVORITES]
