"""Flows, their runs, and the tasks that run them. No server here has them: the answers are our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tableauserverclient as TSC

from support.differential import values
from support.differential.case import Case
from support.differential.proxy import made

GROUPS = ["flows", "flow_runs", "flow_tasks", "linked_tasks"]


def luid(number: int) -> str:
    return f"77777777-7777-4777-8777-{number:012}"


FLOW_ID, PROJECT_ID, OWNER_ID, CONNECTION_ID, RUN_ID, TASK_ID, SCHEDULE_ID = map(luid, range(1, 8))

FLOW: values.Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "webpage_url": "webpageUrl",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "project_id": "project.id",
    "project_name": "project.name",
    "owner_id": "owner.id",
    "tags": values.labels,
}

CONNECTION: values.Table = {
    "id": "id",
    "connection_type": "type",
    "server_address": "serverAddress",
    "server_port": "serverPort",
    "username": "userName",
    "embed_password": "embedPassword",
}

RUN: values.Table = {
    "id": "id",
    "flow_id": "flowId",
    "status": "status",
    "started_at": "startedAt",
    "completed_at": "completedAt",
    "progress": "progress",
    "background_job_id": "backgroundJobId",
}

JOB: values.Table = {"id": "id", "mode": "mode", "type": "type", "created_at": "createdAt"}

WARNING: values.Table = {
    "id": "id",
    "content_id": "contentId",
    "content_type": "contentType",
    "owner_display_name": "userDisplayName",
    "owner_id": "owner.id",
    "message": "message",
    "warning_type": "type",
    "active": "isActive",
    "severe": "isSevere",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
}

FLOW_XML = (
    f'<flow id="{FLOW_ID}" name="Clean &amp; join &quot;ü&quot;" description="Two&#10;lines" webpageUrl="https://x/#/flows/1" '
    f'fileType="tflx" createdAt="2026-01-02T03:04:05Z" updatedAt="2026-02-03T04:05:06Z">'
    f'<project id="{PROJECT_ID}" name="Prep"/><owner id="{OWNER_ID}"/>'
    '<tags><tag label="a b"/><tag label="c"/></tags></flow>'
)
CONNECTION_XML = (
    f'<connection id="{CONNECTION_ID}" type="postgres" serverAddress="db.example" serverPort="5432" userName="reader" '
    'embedPassword="true"/>'
)
RUN_XML = (
    f'id="{RUN_ID}" flowId="{FLOW_ID}" status="Success" startedAt="2026-01-02T03:04:05Z" '
    f'completedAt="2026-01-02T03:05:05Z" progress="100" backgroundJobId="{luid(20)}"'
)
JOB_XML = f'<job id="{luid(21)}" mode="Asynchronous" type="RunFlow" createdAt="2026-01-02T03:04:05Z"/>'
SCHEDULE_XML = (
    f'<schedule id="{SCHEDULE_ID}" name="Nightly" state="Active" priority="50" createdAt="2026-01-02T03:04:05Z" '
    'updatedAt="2026-01-02T03:04:05Z" type="Flow" frequency="Daily" nextRunAt="2026-01-03T02:00:00Z"/>'
)
STEPS_XML = (
    f'<linkedTaskSteps><linkedTaskSteps id="{luid(31)}" stepNumber="1" stopDownstreamTasksOnFailure="true"><task>'
    f'<flowRun id="{TASK_ID}" priority="50" consecutiveFailedCount="2" type="RunFlowTask"><flow id="{FLOW_ID}" name="f"/>'
    "</flowRun></task></linkedTaskSteps></linkedTaskSteps>"
)
LINKED_XML = f'id="{luid(30)}" numSteps="1">{SCHEDULE_XML}{STEPS_XML}'
PAGE = '<pagination pageNumber="1" pageSize="100" totalAvailable="1"/>'
ONE_PAGE = {"options": {"page": 1, "page_size": 100}}
FLOWS = r"/sites/[^/]+/flows"


def paged(plural: str, items: str) -> str:
    return f"{PAGE}<{plural}>{items}</{plural}>"


def flow(**changes: Any) -> TSC.FlowItem:
    item = TSC.FlowItem(PROJECT_ID, "A flow")
    item._id = FLOW_ID
    for name, value in changes.items():
        setattr(item, name, value)
    return item


def all_of(found: Any) -> list[Any]:
    """What a query finds; `list` would ask for its length first."""
    return [one for one in found]


def first_of(found: Any) -> list[Any]:
    """The first that a query finds, where the server does not say how many there are.

    Tableau's client would go on until an empty page, or take the largest number for the length.
    """
    return [next(iter(found))]


def queries(group: str, path: str, answer: str, table: values.Table, *, known: bool = True, take: Any = all_of) -> list[Case]:
    """The ways to ask for a list of a group; `known` are those whose names can be filtered and sorted by the reference."""
    made_ = [made("GET", path, answer)]
    named = {"field": "name", "operator": "eq", "value": "A & b", "unchecked": not known}

    def case(method: str, theirs: Any, options: dict[str, Any]) -> Case:
        def ours(_: Any) -> tuple[str, str, dict[str, Any]]:
            return (group, "list", {"options": {"page_size": 100, **options}})

        return Case(f"{group}.{method}", lambda tsc, _: take(theirs(getattr(tsc, group))), ours, values.many(table), made=made_)

    sort = ["-name"] if known else []
    return [
        case("all", lambda found: found.all(page_size=100), {}),
        case("filter", lambda found: found.filter(page_size=100, name="A & b"), {"filters": [named]}),
        case("find_by_name", lambda found: found.filter(name="A & b") if take is first_of else found.find_by_name("A & b"), {"filters": [named]}),
        case("paginate", lambda found: found.paginate(page_size=100), {}),
        case("order_by", lambda found: found.order_by(*sort), {"sort": [{"field": "name", "descending": True}] if known else []}),
        case("fields", lambda found: found.fields("name"), {"fields": "_default_,name"}),
        case("only_fields", lambda found: found.only_fields("name"), {"fields": "name"}),
    ]


def populated(tsc: Any, method: str, item: Any, name: str) -> Any:
    """What a method that fills a property brought."""
    getattr(tsc, method)(item)
    return getattr(item, name)


def package(_: Any) -> dict[str, Any]:
    """A file that is called a flow; nobody here reads it."""
    import tempfile

    path = Path(tempfile.mkdtemp()) / "Clean up.tflx"
    path.write_bytes(b"PK\x03\x04 flow")
    return {"path": str(path)}


def downloaded(theirs: Any, ours: Any) -> None:
    values.content(Path(theirs).read_bytes(), ours)
    assert Path(theirs).name.rsplit(".", 1)[-1] == ours["file_name"].rsplit(".", 1)[-1]


def linked(theirs: Any, element: Any) -> None:
    values.compare(theirs, element, {"id": "id", "num_steps": "numSteps"})
    values.compare(theirs.schedule, element["schedule"], {"id": "id", "name": "name", "state": "state", "priority": "priority"})


def linked_page(theirs: Any, ours: Any) -> None:
    assert len(theirs[0]) == len(ours["items"]) == 1
    linked(theirs[0][0], ours["items"][0])
    assert theirs[1].total_available == ours["page"]["total"]


def a_path(suffix: str) -> str:
    import tempfile

    return str(Path(tempfile.mkdtemp()) / f"got{suffix}")


def warning(kind: str, message: str) -> TSC.DQWItem:
    return TSC.DQWItem(kind, message, active=True, severe=False)


def warning_xml(kind: str, content: str) -> str:
    return (
        f'<dataQualityWarning id="{luid(40)}" userDisplayName="Ann &amp; Bo" contentId="{content}" contentType="{kind}" '
        'message="Careful: &lt;old&gt;" type="STALE" isActive="true" isSevere="false" createdAt="2026-01-02T03:04:05Z" '
        f'updatedAt="2026-01-02T03:04:05Z"><owner id="{OWNER_ID}"/></dataQualityWarning>'
    )


def quality_warnings(group: str, ours: str, kind: str, item: Any, content: str) -> list[Case]:
    """The cases of quality warnings for a group; `item` makes Tableau's item."""
    path = rf"/sites/[^/]+/dataQualityWarnings/{kind}/{content}"
    listed = f"<dataQualityWarningList>{warning_xml(kind, content)}</dataQualityWarningList>"
    sent = {"type": "STALE", "message": "Careful: <old>", "active": True, "severe": False}
    return [
        Case(
            f"{group}.populate_dqw",
            lambda tsc, _: populated(getattr(tsc, group), "populate_dqw", item(), "dqws"),
            lambda _: (ours, "dqws", {"id": content}),
            values.many(WARNING),
            made=[made("GET", path, listed)],
        ),
        Case(
            f"{group}.add_dqw",
            lambda tsc, _: getattr(tsc, group).add_dqw(item(), warning("STALE", "Careful: <old>")),
            lambda _: (ours, "add_dqw", {"id": content, "warning": sent}),
            values.many(WARNING),
            made=[made("POST", path, listed)],
        ),
        Case(
            f"{group}.update_dqw",
            lambda tsc, _: getattr(tsc, group).update_dqw(item(), warning("STALE", "Careful: <old>")),
            lambda _: (ours, "update_dqw", {"id": content, "warning": sent}),
            values.many(WARNING),
            made=[made("PUT", path, warning_xml(kind, content))],
        ),
        Case(
            f"{group}.delete_dqw",
            lambda tsc, _: getattr(tsc, group).delete_dqw(item()),
            lambda _: (ours, "delete_dqw", {"id": content}),
            values.nothing,
            made=[made("DELETE", path, status=204)],
        ),
    ]


RULES_XML = (
    f'<permissions><granteeCapabilities><user id="{OWNER_ID}"/><capabilities><capability name="Read" mode="Allow"/>'
    '<capability name="Write" mode="Deny"/></capabilities></granteeCapabilities><granteeCapabilities>'
    f'<group id="{luid(45)}"/><capabilities><capability name="Read" mode="Allow"/></capabilities></granteeCapabilities>'
    f'<granteeCapabilities><groupSet id="{luid(46)}"/><capabilities><capability name="Delete" mode="Deny"/></capabilities>'
    "</granteeCapabilities></permissions>"
)
WRITTEN_RULES = [
    {
        "user": {"id": OWNER_ID},
        "capabilities": {"capability": [{"name": "Read", "mode": "Allow"}, {"name": "Write", "mode": "Deny"}]},
    },
    {"group": {"id": luid(45)}, "capabilities": {"capability": [{"name": "Read", "mode": "Allow"}]}},
]


def rules() -> list[TSC.PermissionsRule]:
    return [
        TSC.PermissionsRule(TSC.UserItem.as_reference(OWNER_ID), {"Read": "Allow", "Write": "Deny"}),
        TSC.PermissionsRule(TSC.GroupItem.as_reference(luid(45)), {"Read": "Allow"}),
    ]


def same_rules(theirs: Any, ours: Any) -> None:
    """Whom each rule is about, and what it says."""
    read = []
    for rule in ours["permissions"]["granteeCapabilities"]:
        (kind, grantee), = ((name, rule[name]) for name in ("user", "group", "groupSet") if name in rule)
        modes = {one["name"]: one["mode"] for one in rule["capabilities"]["capability"]}
        read.append((kind, grantee["id"], modes))
    assert read == [(rule.grantee.tag_name, rule.grantee.id, rule.capabilities) for rule in theirs]


def same_kept_rules(theirs: Any, ours: Any) -> None:
    """Where Tableau's client keeps nothing of what it read."""
    assert theirs is None and len(ours["permissions"]["granteeCapabilities"]) == 3


def permissions(group: str, item: Any, path: str, update: str = "update_permissions", same: Any = same_rules) -> list[Case]:
    """The cases of the rules of a group's items; `item` makes Tableau's item."""
    deleted = rf"{path}/permissions/(users|groups)/[^/]+/[^/]+/(Allow|Deny)"
    return [
        Case(
            f"{group}.populate_permissions",
            lambda tsc, _: populated(getattr(tsc, group), "populate_permissions", item(), "permissions"),
            lambda _: (group, "permissions", {"id": item().id}),
            same_rules,
            made=[made("GET", f"{path}/permissions", RULES_XML)],
        ),
        Case(
            f"{group}.{update}",
            lambda tsc, _: getattr(getattr(tsc, group), update)(item(), rules()),
            lambda _: (group, "update_permissions", {"id": item().id, "rules": WRITTEN_RULES}),
            same,
            made=[made("PUT", f"{path}/permissions", RULES_XML)],
        ),
        Case(
            f"{group}.delete_permission",
            lambda tsc, _: getattr(tsc, group).delete_permission(item(), rules()),
            lambda _: (group, "delete_permission", {"id": item().id, "rules": WRITTEN_RULES}),
            values.nothing,
            made=[made("DELETE", deleted, status=204)],
        ),
    ]


def labels(theirs: Any, ours: Any) -> None:
    assert sorted(theirs) == ours["labels"] and ours["labels"]


def untaught(tsc: Any, group: str, item: Any) -> Any:
    """What `update_tags` would do, had Tableau's client not left it open for the group."""
    with pytest.raises(NotImplementedError):
        getattr(tsc, group).update_tags(item)
    getattr(tsc, group).delete_tags(item, ["old"])
    return getattr(tsc, group).add_tags(item, ["a b"])


def tags(group: str, item: Any, path: str, update: Any = untaught) -> list[Case]:
    """The cases of the labels of a group's items."""
    answer = '<tags><tag label="a b"/><tag label="c"/></tags>'
    return [
        Case(
            f"{group}.update_tags",
            lambda tsc, _: update(tsc, group, item()),
            lambda _: (group, "update_tags", {"id": item().id, "before": ["c", "old"], "labels": ["c", "a b"]}),
            labels,
            made=[made("DELETE", f"{path}/tags/old", status=204), made("PUT", f"{path}/tags", answer)],
        ),
        Case(
            f"{group}.add_tags",
            lambda tsc, _: getattr(tsc, group).add_tags(item(), ["a b"]),
            lambda _: (group, "add_tags", {"id": item().id, "labels": ["a b"]}),
            labels,
            made=[made("PUT", f"{path}/tags", answer)],
        ),
        Case(
            f"{group}.delete_tags",
            lambda tsc, _: getattr(tsc, group).delete_tags(item(), ["ü/b c"]),
            lambda _: (group, "delete_tags", {"id": item().id, "labels": ["ü/b c"]}),
            values.nothing,
            made=[made("DELETE", rf"{path}/tags/[^/]+", status=204)],
        ),
    ]


def retagged(tsc: Any, _: str, item: Any) -> Any:
    item.tags, item._initial_tags = {"c", "a b"}, {"c", "old"}
    tsc.flows.update_tags(item)
    return item.tags


def daily() -> TSC.TaskItem:
    from datetime import time

    task = TSC.TaskItem(None, "RunFlowTask", None, target=TSC.Target(FLOW_ID, "flow"))
    task.schedule_item = TSC.ScheduleItem(None, None, None, None, TSC.DailyInterval(start_time=time(2, 30)))
    return task


def nothing_read(theirs: Any, ours: Any) -> None:
    """Tableau's client gives the bytes of the answer; ours reads the task."""
    assert theirs and ours["flowRun"]["id"] == TASK_ID and ours["flowRun"]["schedule"]["frequency"] == "Daily"


def scheduled(theirs: Any, ours: Any) -> None:
    assert theirs == [] and ours == {}


FLOW_CASES = [
    Case(
        "flows.get",
        lambda tsc, _: tsc.flows.get(TSC.RequestOptions(1, 100)),
        lambda _: ("flows", "list", ONE_PAGE),
        values.page(FLOW),
        made=[made("GET", FLOWS, paged("flows", FLOW_XML))],
    ),
    Case(
        "flows.filter",
        lambda tsc, _: all_of(tsc.flows.filter(name="Clean & join", created_at__gt="2026-01-01T00:00:00Z", page_size=100)),
        lambda _: (
            "flows",
            "list",
            {
                "options": {
                    "page_size": 100,
                    "filters": [
                        {"field": "createdAt", "operator": "gt", "value": "2026-01-01T00:00:00Z"},
                        {"field": "name", "operator": "eq", "value": "Clean & join"},
                    ],
                }
            },
        ),
        values.many(FLOW),
        made=[made("GET", FLOWS, paged("flows", FLOW_XML))],
    ),
    Case(
        "flows.get_by_id",
        lambda tsc, _: tsc.flows.get_by_id(FLOW_ID),
        lambda _: ("flows", "get", {"id": FLOW_ID}),
        values.one(FLOW, "flow"),
        made=[made("GET", f"{FLOWS}/{FLOW_ID}", FLOW_XML)],
    ),
    Case(
        "flows.populate_connections",
        lambda tsc, _: populated(tsc.flows, "populate_connections", flow(), "connections"),
        lambda _: ("flows", "connections", {"id": FLOW_ID}),
        values.many(CONNECTION),
        made=[made("GET", f"{FLOWS}/{FLOW_ID}/connections", f"<connections>{CONNECTION_XML}</connections>")],
    ),
    Case(
        "flows.delete",
        lambda tsc, _: tsc.flows.delete(FLOW_ID),
        lambda _: ("flows", "delete", {"id": FLOW_ID}),
        values.nothing,
        made=[made("DELETE", f"{FLOWS}/{FLOW_ID}", status=204)],
    ),
    Case(
        "flows.download",
        lambda tsc, _: tsc.flows.download(FLOW_ID, a_path("")),
        lambda _: ("flows", "download", {"id": FLOW_ID}),
        downloaded,
        made=[
            made(
                "GET",
                f"{FLOWS}/{FLOW_ID}/content",
                body=b"PK\x03\x04 content",
                headers={"Content-Disposition": 'name="tableau_flow"; filename="Clean up.tflx"'},
            )
        ],
    ),
    Case(
        "flows.update",
        lambda tsc, _: tsc.flows.update(flow(owner_id=OWNER_ID)),
        lambda _: ("flows", "update", {"id": FLOW_ID, "flow": {"project": {"id": PROJECT_ID}, "owner": {"id": OWNER_ID}}}),
        lambda theirs, ours: values.compare(
            theirs, ours["flow"], {"id": "id", "updated_at": "updatedAt", "project_id": "project.id", "owner_id": "owner.id"}
        ),
        made=[made("PUT", f"{FLOWS}/{FLOW_ID}", FLOW_XML)],
    ),
    Case(
        "flows.update_connection",
        lambda tsc, _: tsc.flows.update_connection(flow(), connection()),
        lambda _: (
            "flows",
            "update_connection",
            {
                "id": FLOW_ID,
                "connection_id": CONNECTION_ID,
                "connection": {
                    "serverAddress": "db.example",
                    "serverPort": "5432",
                    "userName": "reader",
                    "password": "p & w",
                    "embedPassword": True,
                },
            },
        ),
        values.one(CONNECTION, "connection"),
        made=[made("PUT", f"{FLOWS}/{FLOW_ID}/connections/{CONNECTION_ID}", CONNECTION_XML)],
    ),
    Case(
        "flows.refresh",
        lambda tsc, _: tsc.flows.refresh(FLOW_ID),
        lambda _: ("flows", "refresh", {"id": FLOW_ID}),
        values.one(JOB, "job"),
        made=[made("POST", f"{FLOWS}/{FLOW_ID}/run", JOB_XML)],
    ),
    Case(
        "flows.publish",
        lambda tsc, things: tsc.flows.publish(TSC.FlowItem(PROJECT_ID, "Named & new"), things["path"], "Overwrite"),
        lambda things: (
            "flows",
            "publish",
            {"name": "Named & new", "project_id": PROJECT_ID, "mode": "Overwrite", "path": things["path"]},
        ),
        values.one(FLOW, "flow"),
        prepare=package,
        made=[made("POST", FLOWS, FLOW_XML, status=201)],
    ),
    Case(
        "flows.publish",
        lambda tsc, things: tsc.flows.publish(TSC.FlowItem(PROJECT_ID), things["path"], "CreateNew"),
        lambda things: ("flows", "publish", {"project_id": PROJECT_ID, "mode": "CreateNew", "path": things["path"]}),
        values.one(FLOW, "flow"),
        prepare=package,
        made=[made("POST", FLOWS, FLOW_XML, status=201)],
        note="named after its file",
    ),
    Case(
        "flows.schedule_flow_run",
        lambda tsc, _: tsc.flows.schedule_flow_run(SCHEDULE_ID, flow()),
        lambda _: ("flows", "schedule_flow_run", {"schedule": SCHEDULE_ID, "id": FLOW_ID}),
        scheduled,
        made=[made("PUT", rf"/sites/[^/]+/schedules/{SCHEDULE_ID}/flows", f'<task><flowRun id="{TASK_ID}"/></task>')],
    ),
    *quality_warnings("flows", "flows", "flow", flow, FLOW_ID),
    *permissions("flows", flow, f"{FLOWS}/{FLOW_ID}", same=same_kept_rules),
    *tags("flows", flow, f"{FLOWS}/{FLOW_ID}", retagged),
    *queries("flows", FLOWS, paged("flows", FLOW_XML), FLOW),
]


def connection() -> TSC.ConnectionItem:
    item = TSC.ConnectionItem()
    item._id = CONNECTION_ID
    item.server_address, item.server_port = "db.example", "5432"
    item.username, item.password, item.embed_password = "reader", "p & w", True
    return item


RUNS = rf"{FLOWS}/runs"

RUN_CASES = [
    Case(
        "flow_runs.get",
        lambda tsc, _: (tsc.flow_runs.get(TSC.RequestOptions(1, 100)), None),
        lambda _: ("flow_runs", "list", ONE_PAGE),
        values.page(RUN),
        made=[made("GET", RUNS, f"<flowRuns><flowRuns {RUN_XML}/></flowRuns>")],
    ),
    Case(
        "flow_runs.filter",
        lambda tsc, _: first_of(tsc.flow_runs.filter(flow_id=FLOW_ID, page_size=100)),
        lambda _: (
            "flow_runs",
            "list",
            {"options": {"page_size": 100, "filters": [{"field": "flowId", "operator": "eq", "value": FLOW_ID}]}},
        ),
        values.many(RUN),
        made=[made("GET", RUNS, f"<flowRuns><flowRuns {RUN_XML}/></flowRuns>")],
    ),
    Case(
        "flow_runs.get_by_id",
        lambda tsc, _: tsc.flow_runs.get_by_id(RUN_ID),
        lambda _: ("flow_runs", "get", {"id": RUN_ID}),
        values.one(RUN, "flowRun"),
        made=[made("GET", f"{RUNS}/{RUN_ID}", f"<flowRun {RUN_XML}/>")],
    ),
    Case(
        "flow_runs.cancel",
        lambda tsc, _: tsc.flow_runs.cancel(RUN_ID),
        lambda _: ("flow_runs", "cancel", {"id": RUN_ID}),
        values.nothing,
        made=[made("PUT", f"{RUNS}/{RUN_ID}", status=204)],
    ),
    Case(
        "flow_runs.wait_for_job",
        lambda tsc, _: tsc.flow_runs.wait_for_job(RUN_ID, timeout=60),
        lambda _: ("flow_runs", "wait_for_job", {"id": RUN_ID, "seconds": 60}),
        values.one(RUN, "flowRun"),
        made=[made("GET", f"{RUNS}/{RUN_ID}", f"<flowRun {RUN_XML}/>")],
    ),
    *queries("flow_runs", RUNS, f"<flowRuns><flowRuns {RUN_XML}/></flowRuns>", RUN, known=False, take=first_of),
]

LINKED = r"/sites/[^/]+/tasks/linked"

TASK_CASES = [
    Case(
        "flow_tasks.create",
        lambda tsc, _: tsc.flow_tasks.create(daily()),
        lambda _: (
            "flow_tasks",
            "create",
            {"flow": FLOW_ID, "schedule": {"frequency": "Daily", "frequencyDetails": {"start": "02:30:00"}}},
        ),
        nothing_read,
        made=[
            made(
                "POST",
                r"/sites/[^/]+/tasks/flows",
                f'<task><flowRun id="{TASK_ID}" priority="50" type="RunFlowTask"><flow id="{FLOW_ID}"/></flowRun></task>'
                '<schedule frequency="Daily"><frequencyDetails start="02:30:00"/></schedule>',
            )
        ],
    ),
    Case(
        "linked_tasks.get",
        lambda tsc, _: tsc.linked_tasks.get(TSC.RequestOptions(1, 100)),
        lambda _: ("linked_tasks", "list", ONE_PAGE),
        linked_page,
        made=[made("GET", LINKED, paged("linkedTasks", f"<linkedTasks {LINKED_XML}</linkedTasks>"))],
    ),
    Case(
        "linked_tasks.get_by_id",
        lambda tsc, _: tsc.linked_tasks.get_by_id(luid(30)),
        lambda _: ("linked_tasks", "get", {"id": luid(30)}),
        lambda theirs, ours: linked(theirs, ours["linkedTask"]),
        made=[made("GET", f"{LINKED}/{luid(30)}", f"<linkedTasks {LINKED_XML}</linkedTasks>")],
    ),
    Case(
        "linked_tasks.run_now",
        lambda tsc, _: tsc.linked_tasks.run_now(luid(30)),
        lambda _: ("linked_tasks", "run_now", {"id": luid(30)}),
        values.one({"id": "id", "linked_task_id": "linkedTaskId", "status": "status", "created_at": "createdAt"}, "linkedTaskJob"),
        made=[
            made(
                "POST",
                f"{LINKED}/{luid(30)}/runNow",
                f'<linkedTaskJob id="{luid(33)}" linkedTaskId="{luid(30)}" status="Pending" createdAt="2026-01-02T03:04:05Z"/>',
            )
        ],
    ),
]

TASK_CASES += queries(
    "linked_tasks",
    LINKED,
    paged("linkedTasks", f"<linkedTasks {LINKED_XML}</linkedTasks>"),
    {"id": "id", "num_steps": "numSteps"},
    known=False,
)

CASES = [*FLOW_CASES, *RUN_CASES, *TASK_CASES]
