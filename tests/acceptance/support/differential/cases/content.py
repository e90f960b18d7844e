"""Workbooks, views, data sources, labels, uploads."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import tableauserverclient as TSC

from support import content
from support.differential import values
from support.differential.case import Case
from support.differential.cases.projects import answer, ours_wanted, wanted
from support.differential.items import (
    CONNECTION, DATASOURCE, JOB, REVISION, VIEW, VIEW_OF_SITE, VIEW_WITH_USAGE, WORKBOOK, one_by_one, rules, same_rules,
)  # fmt: skip
from support.differential.proxy import made
from support.differential.queries import queries

GROUPS = ["workbooks", "views", "datasources", "fileuploads", "tags"]

FOLDER = Path(tempfile.mkdtemp(prefix="differential-"))
PNG = b"\x89PNG\r\n\x1a\n picture"
HARD = "Größe & Art + 100%=? #/'\"日本"


def file(name: str, data: bytes) -> str:
    path = FOLDER / name
    path.write_bytes(data)
    return str(path)


BOOK = file("Bücher & Co.twb", content.twb("One", "Two", connections=[content.Connection()]))
CHUNK = file("chunk.twb", content.twb("One"))
SOURCE = file("Quelle + Co.tds", content.tds())
HYPER = file("rows.hyper", content.hyper())
EMBEDDED = content.twbx(content.twb_with_extract("One"), files={"Data/Extracts/one.hyper": content.hyper()})


def common(world) -> dict:
    return {"project": world.project, "name": world.fresh("N ü & "), "user": world.people["ada"], "group": world.group}


def book(world) -> dict:
    things = {**common(world), "id": world.new_workbook()}
    views = world.admin.get(f"/sites/{{site}}/workbooks/{things['id']}/views").ok()
    connections = world.admin.get(f"/sites/{{site}}/workbooks/{things['id']}/connections").ok()
    return {**things, "view": views.get("views/view", "id"), "connection": connections.get("connections/connection", "id")}


def source(world) -> dict:
    things = {**common(world), "id": world.new_datasource()}
    connections = world.admin.get(f"/sites/{{site}}/datasources/{things['id']}/connections").ok()
    return {**things, "connection": connections.get("connections/connection", "id")}


def tagged(kind: str, prepare):
    """Content with the labels `old` and `a b`."""

    def make(world) -> dict:
        things = prepare(world)
        of = things["view"] if kind == "views" else things["id"]
        body = b'<tsRequest><tags><tag label="old"/><tag label="&quot;a b&quot;"/></tags></tsRequest>'
        world.admin.put(f"/sites/{{site}}/{kind}/{of}/tags", body).ok(200)
        return {**things, "item": of}

    return make


def ruled(kind: str, prepare):
    """Content with rules of a user and a group."""

    def make(world) -> dict:
        things = prepare(world)
        of = things["view"] if kind == "views" else things["id"]
        grants = "".join(
            f'<granteeCapabilities><{who} id="{things[who]}"/><capabilities>{pairs}</capabilities></granteeCapabilities>'
            for who, pairs in (
                ("user", '<capability name="Read" mode="Allow"/><capability name="Write" mode="Deny"/>'),
                ("group", '<capability name="Read" mode="Allow"/>'),
            )
        )
        body = f"<tsRequest><permissions>{grants}</permissions></tsRequest>".encode()
        if kind != "views":
            world.admin.under("3.29").put(f"/sites/{{site}}/{kind}/{of}/permissions", body).ok(200)
        return {**things, "item": of}

    return make


def item_of(kind: str, id_: str, **more):
    made_of = {"workbooks": TSC.WorkbookItem, "views": TSC.ViewItem, "datasources": TSC.DatasourceItem}[kind]
    item = made_of()
    item._id = id_
    for name, value in more.items():
        setattr(item, name, value)
    return item


def views_of(things: dict) -> str:
    return rf"/sites/[^/]+/views/{things['view']}"


def shared_cases(kind: str, prepare, id_name: str) -> list[Case]:
    """Permissions and labels, the same for every kind of content."""
    endpoint = lambda tsc: getattr(tsc, kind)  # noqa: E731
    with_rules = ruled(kind, prepare)
    # Sheets have the rules of their workbook here while it shows tabs or not; what sets some is answered by us.
    ours = kind == "views"

    def canned(method: str, path: str, status: int = 200):
        if not ours:
            return []
        return lambda things: [made(method, views_of(things) + "/permissions" + path, answer(things) if status == 200 else "", status=status)]

    def populate(tsc, things):
        item = item_of(kind, things["item"])
        endpoint(tsc).populate_permissions(item)
        return item.permissions

    def same_update(theirs, read):
        # That of data sources gives nothing back to the caller.
        same_rules(theirs, read) if theirs is not None else values_of(read)

    def update_tags(tsc, things):
        item = item_of(kind, things["item"])
        item._initial_tags, item.tags = {"old", "a b"}, {"a b", "new, one"}
        endpoint(tsc).update_tags(item)
        return item.tags

    return [
        Case(
            f"{kind}.populate_permissions",
            populate,
            lambda things: ("permissions", "get", {"of": kind, "id": things["item"]}),
            same_rules,
            prepare=with_rules,
            made=canned("GET", ""),
        ),
        Case(
            f"{kind}.update_permissions",
            lambda tsc, things: endpoint(tsc).update_permissions(item_of(kind, things[id_name]), wanted(things)),
            lambda things: ("permissions", "update", {"of": kind, "id": things[id_name], "rules": ours_wanted(things)}),
            same_update,
            prepare=prepare,
            made=canned("PUT", ""),
        ),
        Case(
            f"{kind}.delete_permission",
            lambda tsc, things: endpoint(tsc).delete_permission(item_of(kind, things["item"]), wanted(things)[0]),
            lambda things: ("permissions", "delete", {"of": kind, "id": things["item"], "rules": ours_wanted(things)[:1]}),
            values.nothing,
            prepare=with_rules,
            made=canned("DELETE", "/.*", 204),
        ),
        Case(
            f"{kind}.add_tags",
            lambda tsc, things: endpoint(tsc).add_tags(things[id_name], "x y, z"),
            lambda things: ("tags", "add", {"of": kind, "id": things[id_name], "labels": ["x y, z"]}),
            same_labels,
            prepare=prepare,
        ),
        Case(
            f"{kind}.delete_tags",
            lambda tsc, things: endpoint(tsc).delete_tags(things["item"], "a b"),
            lambda things: ("tags", "delete", {"of": kind, "id": things["item"], "labels": ["a b"]}),
            values.nothing,
            prepare=tagged(kind, prepare),
        ),
        Case(
            f"{kind}.update_tags",
            update_tags,
            lambda things: (
                "tags",
                "update",
                {"of": kind, "id": things["item"], "before": ["old", "a b"], "labels": ["a b", "new, one"]},
            ),
            same_labels,
            prepare=tagged(kind, prepare),
        ),
    ]


def values_of(read) -> None:
    assert rules(read["permissions"])


def same_labels(theirs, ours) -> None:
    assert theirs and sorted(theirs) == sorted(ours["labels"])


def downloaded(tsc_method, things, *arguments, **more) -> bytes:
    """What Tableau's client writes into a file object."""
    target = io.BytesIO()
    tsc_method(things["id"], *arguments, target, **more)
    return target.getvalue()


def populated(kind: str, what: str, method: str | None = None, *arguments, **more):
    """Calls `populate_…` of an item and reads the property."""

    def call(tsc, things):
        item = item_of(kind, things["view"] if kind == "views" else things["id"])
        if kind == "views":
            item._workbook_id = things["id"]
        getattr(getattr(tsc, kind), f"populate_{method or what}")(item, *arguments, **more)
        found = getattr(item, what)
        return b"".join(found) if what in ("csv", "excel") else found

    return call


JOB_XML = (
    '<job id="2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c11" mode="Asynchronous" type="{type}" createdAt="2024-01-02T03:04:05Z" '
    'progress="0"/>'
)


def job(method: str, path: str, kind: str):
    return lambda things: [made(method, rf"/sites/[^/]+/{path.format(**things)}", JOB_XML.format(type=kind), status=202)]


def listed(method: str, of: str, table, more: dict | None = None) -> list[Case]:
    """A page of a list, a filtered query and the whole list."""
    given = more or {}
    return [
        Case(
            f"{method}.get",
            lambda tsc, _: getattr(tsc, method).get(TSC.RequestOptions(1, 100)),
            lambda _: (of, "list", {"options": {"page": 1, "page_size": 100}}),
            values.page(table),
        ),
        Case(
            f"{method}.all",
            lambda tsc, _: one_by_one(getattr(tsc, method).all(page_size=20)),
            lambda _: (of, "list", {"options": {"page_size": 20}}),
            values.many(table),
            note="in pages",
        ),
        Case(
            f"{method}.filter",
            lambda tsc, _: one_by_one(getattr(tsc, method).filter(**given["theirs"], page_size=100).order_by("-name")),
            lambda _: (
                of,
                "list",
                {
                    "options": {
                        "page_size": 100,
                        "filters": given["ours"],
                        "sort": [{"field": "name", "descending": True}],
                    }
                },
            ),
            values.many(table),
        ),
    ]


def connection_item(things: dict) -> TSC.ConnectionItem:
    connection = TSC.ConnectionItem()
    connection._id, connection._connection_type = things["connection"], "postgres"
    connection.server_address, connection.server_port = "db2.example.com", "5433"
    connection.username, connection.password, connection.embed_password = "ann", "p&ss", True
    return connection


CHANGED = {"serverAddress": "db2.example.com", "serverPort": "5433", "userName": "ann", "password": "p&ss", "embedPassword": True}


def publish_connection() -> TSC.ConnectionItem:
    connection = TSC.ConnectionItem()
    connection.server_address, connection.server_port = "db.example.com", "5432"
    connection.connection_credentials = TSC.ConnectionCredentials("reader", "s&cret", embed=True)
    return connection


OURS_CONNECTION = {
    "server_address": "db.example.com", "server_port": "5432", "user_name": "reader", "password": "s&cret", "embed": True,
}  # fmt: skip


def connection_cases(kind: str, prepare) -> list[Case]:
    endpoint = lambda tsc: getattr(tsc, kind)  # noqa: E731
    answered = (
        '<connections><connection id="{connection}" type="postgres" serverAddress="db" serverPort="1" userName="ann" '
        'authenticationType="auth-user-pass" embedPassword="true" dbName="sales"/></connections>'
    )
    return [
        Case(
            f"{kind}.populate_connections",
            populated(kind, "connections"),
            lambda things: (kind, "connections", {"id": things["id"]}),
            # Of a data source, Tableau's client fills in the one that it asked for.
            values.many({n: p for n, p in CONNECTION.items() if kind == "workbooks" or not n.startswith("datasource")}),
            prepare=prepare,
        ),
        Case(
            f"{kind}.update_connection",
            lambda tsc, things: endpoint(tsc).update_connection(item_of(kind, things["id"]), connection_item(things)),
            lambda things: (
                kind,
                "update_connection",
                {"id": things["id"], "connection_id": things["connection"], "connection": CHANGED},
            ),
            values.one(CONNECTION, "connection"),
            prepare=prepare,
        ),
        Case(
            f"{kind}.update_connections",
            lambda tsc, things: list(
                endpoint(tsc).update_connections(
                    item_of(kind, things["id"]), [things["connection"]], "auth-user-pass", "ann", "p&ss", True
                )
            ),
            lambda things: (
                kind,
                "update_connections",
                {
                    "id": things["id"],
                    "ids": [things["connection"]],
                    "connection": {
                        "authenticationType": "auth-user-pass", "userName": "ann", "password": "p&ss", "embedPassword": True,
                    },
                },
            ),  # fmt: skip
            values.many(CONNECTION),
            prepare=prepare,
            made=lambda things: [
                made("PUT", rf"/sites/[^/]+/{kind}/{things['id']}/connections", answered.format(**things))
            ],
        ),
    ]


def revision_cases(kind: str, prepare) -> list[Case]:
    endpoint = lambda tsc: getattr(tsc, kind)  # noqa: E731
    data = {"workbooks": content.twb("Newer", connections=[content.Connection()]), "datasources": content.tds()}[kind]

    def twice(world) -> dict:
        """Content that was published three times."""
        things = prepare(world)
        name = world.admin.get(f"/sites/{{site}}/{kind}/{things['id']}").ok().get(kind[:-1], "name")
        publish = world.admin.publish_workbook if kind == "workbooks" else world.admin.publish_datasource
        for _ in range(2):
            publish(name, data, things["project"], params={"overwrite": "true"}).ok(201)
        return things

    return [
        Case(
            f"{kind}.populate_revisions",
            populated(kind, "revisions"),
            lambda things: ("revisions", "list", {"of": kind, "id": things["id"]}),
            values.many(REVISION),
            prepare=twice,
        ),
        Case(
            f"{kind}.download_revision",
            lambda tsc, things: downloaded(endpoint(tsc).download_revision, things, "1"),
            lambda things: ("revisions", "download", {"of": kind, "id": things["id"], "revision": 1}),
            values.content,
            prepare=twice,
        ),
        Case(
            f"{kind}.delete_revision",
            lambda tsc, things: endpoint(tsc).delete_revision(things["id"], "1"),
            lambda things: ("revisions", "delete", {"of": kind, "id": things["id"], "revision": 1}),
            values.nothing,
            prepare=twice,
        ),
        Case(
            f"{kind}.download",
            lambda tsc, things: downloaded(endpoint(tsc).download, things),
            lambda things: (kind, "download", {"id": things["id"]}),
            values.content,
            prepare=prepare,
        ),
        Case(
            f"{kind}.download",
            lambda tsc, things: downloaded(endpoint(tsc).download, things, include_extract=False),
            lambda things: (kind, "download", {"id": things["id"], "without_extract": True}),
            values.content,
            prepare=prepare,
            note="without extract",
        ),
    ]


def with_schedule(prepare, kind: str):
    """Content with an extract, and a schedule."""

    def make(world) -> dict:
        things = common(world)
        if kind == "workbooks":
            answer_ = world.admin.publish_workbook(world.fresh("X"), EMBEDDED, world.project)
        else:
            answer_ = world.admin.publish_datasource(world.fresh("X"), content.tdsx(), world.project)
        body = (
            f'<tsRequest><schedule name="{world.fresh("S")}" priority="50" type="Extract" frequency="Daily" '
            'executionOrder="Parallel"><frequencyDetails start="04:00:00"/></schedule></tsRequest>'
        )
        schedule = world.admin.post("/schedules", body.encode()).ok().get("schedule", "id")
        return {**things, "id": answer_.ok(201).get(kind[:-1], "id"), "schedule": schedule}

    return make


def refresh_cases(kind: str, prepare) -> list[Case]:
    endpoint = lambda tsc: getattr(tsc, kind)  # noqa: E731
    extracted = with_schedule(prepare, kind)
    return [
        Case(
            f"{kind}.refresh",
            lambda tsc, things: endpoint(tsc).refresh(item_of(kind, things["id"])),
            lambda things: (kind, "refresh", {"id": things["id"]}),
            values.one(JOB, "job"),
            prepare=extracted,
        ),
        Case(
            f"{kind}.refresh",
            lambda tsc, things: endpoint(tsc).refresh(things["id"], incremental=True),
            lambda things: (kind, "refresh", {"id": things["id"], "incremental": True}),
            values.one(JOB, "job"),
            prepare=extracted,
            made=job("POST", kind + "/{id}/refresh", "RefreshExtract"),
            note="incremental",
        ),
        Case(
            f"{kind}.refresh",
            lambda tsc, things: endpoint(tsc).refresh(things["id"]),
            lambda things: (kind, "refresh", {"id": things["id"]}),
            lambda theirs, ours: (theirs, ours) == (None, {}) or (_ for _ in ()).throw(AssertionError((theirs, ours))),
            prepare=extracted,
            made=lambda things: [
                made(
                    "POST",
                    rf"/sites/[^/]+/{kind}/{things['id']}/refresh",
                    '<error code="409093"><summary>Conflict</summary><detail>It waits.</detail></error>',
                    status=409,
                )
            ],
            note="that waits already",
        ),
        Case(
            f"{kind}.schedule_extract_refresh",
            lambda tsc, things: endpoint(tsc).schedule_extract_refresh(things["schedule"], item_of(kind, things["id"])),
            lambda things: (kind, "schedule_extract_refresh", {"schedule": things["schedule"], "id": things["id"]}),
            lambda theirs, ours: (len(theirs), len(ours.get("items", []))) == (0, 0)
            or (_ for _ in ()).throw(AssertionError((theirs, ours))),
            prepare=extracted,
        ),
    ]


def export(options, **more):
    for name, value in more.items():
        setattr(options, name, value)
    return options.vf("Region", "East").vf(HARD, HARD).vf("Region", "West").parameter("Top N", "1 & 2")


FILTERS = {
    "filters": [{"name": "Region", "value": "East"}, {"name": HARD, "value": HARD}, {"name": "Region", "value": "West"}],
    "parameters": [{"name": "Top N", "value": "1 & 2"}],
}


def exported(kind: str, what: str, path: str, ours: str, options, given: dict, note: str = "with options") -> list[Case]:
    """An export without and with options; no server here draws, so that the answer is ours."""
    of = "view" if kind == "views" else "id"
    prepare = book

    def canned(things):
        return [
            made("GET", rf"/sites/[^/]+/{kind}/{things[of]}{path}", body=PNG, headers={"Content-Disposition": 'name="x"; filename="x.bin"'})
        ]

    return [
        Case(
            f"{kind}.populate_{what}",
            populated(kind, what),
            lambda things: ("exports", ours, {"id": things[of]}),
            values.content,
            prepare=prepare,
            made=canned,
        ),
        Case(
            f"{kind}.populate_{what}",
            lambda tsc, things: populated(kind, what, None, options())(tsc, things),
            lambda things: ("exports", ours, {"id": things[of], "export": given, "save": True}),
            values.content,
            prepare=prepare,
            made=canned,
            note=note,
        ),
    ]


IMAGE = {**FILTERS, "max_age": 5, "language": "de", "high": True, "format": "SVG", "width": 800, "height": 600}
PDF = {**FILTERS, "max_age": 0, "page_type": "a3", "orientation": "landscape", "width": 800, "height": 600}

EXPORTS = [
    *exported(
        "views", "image", "/image", "view_image",
        lambda: export(TSC.ImageRequestOptions("high", 5, 600, 800, "SVG"), language="de"), IMAGE,
    ),
    *exported(
        "views", "pdf", "/pdf", "view_pdf", lambda: export(TSC.PDFRequestOptions("a3", "landscape", 0, 600, 800)), PDF
    ),
    *exported("views", "csv", "/data", "view_csv", lambda: export(TSC.CSVRequestOptions(240)), {**FILTERS, "max_age": 240}),
    *exported("views", "excel", "/crosstab/excel", "view_excel", lambda: export(TSC.ExcelRequestOptions(1)), {**FILTERS, "max_age": 1}),
    *exported("workbooks", "pdf", "/pdf", "workbook_pdf", lambda: export(TSC.PDFRequestOptions("a3", "landscape", 0, 600, 800)), PDF),
    *exported("workbooks", "powerpoint", "/powerpoint", "workbook_powerpoint", lambda: TSC.PPTXRequestOptions(3), {"max_age": 3}),
]  # fmt: skip


def new_book(things: dict, **more) -> TSC.WorkbookItem:
    item = TSC.WorkbookItem(things["project"], things["name"], show_tabs=more.get("show_tabs", False))
    item.description = more.get("description")
    item.hidden_views = more.get("hidden_views")
    return item


def changed_book(things: dict) -> TSC.WorkbookItem:
    item = item_of("workbooks", things["id"], name=things["name"], show_tabs=True, description="d & e")
    item.owner_id, item.project_id = things["user"], things["project"]
    item._initial_tags = item.tags = set()
    return item


OURS_CHANGED = lambda things: {  # noqa: E731
    "name": things["name"],
    "showTabs": True,
    "description": "d & e",
    "owner": {"id": things["user"]},
    "project": {"id": things["project"]},
}

WORKBOOKS = [
    *listed(
        "workbooks", "workbooks", WORKBOOK,
        {"theirs": {"name__in": ["Sales Report", "Secret"]}, "ours": [{"field": "name", "operator": "in", "value": ["Sales Report", "Secret"]}]},
    ),
    Case(
        "workbooks.get_by_id",
        lambda tsc, things: tsc.workbooks.get_by_id(things["id"]),
        lambda things: ("workbooks", "get", {"id": things["id"]}),
        values.one(WORKBOOK, "workbook"),
        prepare=book,
    ),
    Case(
        "workbooks.delete",
        lambda tsc, things: tsc.workbooks.delete(things["id"]),
        lambda things: ("workbooks", "delete", {"id": things["id"]}),
        values.nothing,
        prepare=book,
    ),
    Case(
        "workbooks.update",
        lambda tsc, things: tsc.workbooks.update(changed_book(things)),
        lambda things: ("workbooks", "update", {"id": things["id"], "workbook": OURS_CHANGED(things)}),
        # Tableau's client takes little from the answer; what it does take it shows.
        values.one({name: WORKBOOK[name] for name in ("id", "name", "project_id", "show_tabs", "updated_at")}, "workbook"),
        prepare=book,
    ),
    Case(
        "workbooks.update",
        lambda tsc, things: tsc.workbooks.update(changed_book(things), include_view_acceleration_status=True),
        lambda things: ("workbooks", "update_with_acceleration_status", {"id": things["id"], "workbook": OURS_CHANGED(things)}),
        values.one({"id": "id", "name": "name"}, "workbook"),
        prepare=book,
        note="with the state of acceleration",
    ),
    Case(
        "workbooks.populate_views",
        populated("workbooks", "views"),
        lambda things: ("workbooks", "views", {"id": things["id"]}),
        values.many(VIEW),
        prepare=book,
    ),
    Case(
        "workbooks.populate_views",
        populated("workbooks", "views", None, usage=True),
        lambda things: ("workbooks", "views_with_usage", {"id": things["id"]}),
        values.many({**VIEW, "total_views": "usage.totalViewCount"}),
        prepare=book,
        note="with usage",
    ),
    Case(
        "workbooks.populate_preview_image",
        populated("workbooks", "preview_image"),
        lambda things: ("exports", "workbook_preview", {"id": things["id"]}),
        values.content,
        prepare=book,
        made=lambda things: [made("GET", rf"/sites/[^/]+/workbooks/{things['id']}/previewImage", body=PNG, kind="image/png")],
    ),
    Case(
        "workbooks.create_extract",
        lambda tsc, things: tsc.workbooks.create_extract(item_of("workbooks", things["id"]), encrypt=True),
        lambda things: ("workbooks", "create_extract", {"id": things["id"], "encrypt": True}),
        values.one(JOB, "job"),
        prepare=book,
        made=job("POST", "workbooks/{id}/createExtract", "CreateExtract"),
    ),
    Case(
        "workbooks.create_extract",
        lambda tsc, things: tsc.workbooks.create_extract(
            item_of("workbooks", things["id"]), includeAll=False, datasources=[item_of("datasources", things["view"])]
        ),
        lambda things: ("workbooks", "create_extract", {"id": things["id"], "datasources": [things["view"]]}),
        values.one(JOB, "job"),
        prepare=book,
        made=job("POST", "workbooks/{id}/createExtract", "CreateExtract"),
        note="of one data source",
    ),
    Case(
        "workbooks.delete_extract",
        lambda tsc, things: tsc.workbooks.delete_extract(item_of("workbooks", things["id"])),
        lambda things: ("workbooks", "delete_extract", {"id": things["id"]}),
        values.one(JOB, "job"),
        prepare=book,
        made=job("POST", "workbooks/{id}/deleteExtract", "DeleteExtract"),
    ),
    Case(
        "workbooks.publish",
        lambda tsc, things: tsc.workbooks.publish(new_book(things), BOOK, "CreateNew"),
        lambda things: ("workbooks", "publish", {"name": things["name"], "project": things["project"], "file": BOOK}),
        values.one(WORKBOOK, "workbook"),
        prepare=common,
    ),
    Case(
        "workbooks.publish",
        lambda tsc, things: tsc.workbooks.publish(
            new_book(things, show_tabs=True, description="d & e", hidden_views=["Two"]),
            BOOK, "Overwrite", connections=[publish_connection()], skip_connection_check=True,
        ),
        lambda things: (
            "workbooks",
            "publish",
            {
                "name": things["name"], "project": things["project"], "file": BOOK, "overwrite": True, "show_tabs": True,
                "description": "d & e", "hidden_views": ["Two"], "skip_connection_check": True, "connections": [OURS_CONNECTION],
            },
        ),
        values.one(WORKBOOK, "workbook"),
        prepare=common,
        note="with everything",
    ),  # fmt: skip
    Case(
        "workbooks.publish",
        lambda tsc, things: tsc.workbooks.publish(new_book(things), BOOK, "CreateNew", as_job=True),
        lambda things: ("workbooks", "publish_as_job", {"name": things["name"], "project": things["project"], "file": BOOK}),
        values.one(JOB, "job"),
        prepare=common,
        note="as a job",
    ),
]

VIEWS = [
    *listed("views", "views", VIEW_OF_SITE, {"theirs": {"name": "One"}, "ours": [{"field": "name", "operator": "eq", "value": "One"}]}),
    Case(
        "views.get",
        lambda tsc, _: tsc.views.get(TSC.RequestOptions(1, 100), usage=True),
        lambda _: ("views", "list_with_usage", {"options": {"page": 1, "page_size": 100}}),
        values.page(VIEW_WITH_USAGE),
        note="with usage",
    ),
    Case(
        "views.get_by_id",
        lambda tsc, things: tsc.views.get_by_id(things["view"]),
        lambda things: ("views", "get", {"id": things["view"]}),
        values.one(VIEW_OF_SITE, "view"),
        prepare=book,
    ),
    Case(
        "views.get_by_id",
        lambda tsc, things: tsc.views.get_by_id(things["view"], usage=True),
        lambda things: ("views", "get_with_usage", {"id": things["view"]}),
        values.one(VIEW_WITH_USAGE, "view"),
        prepare=book,
        note="with usage",
    ),
    Case(
        "views.populate_preview_image",
        populated("views", "preview_image"),
        lambda things: ("exports", "view_preview", {"id": things["view"], "workbook": things["id"]}),
        values.content,
        prepare=book,
        made=lambda things: [
            made("GET", rf"/sites/[^/]+/workbooks/{things['id']}/views/{things['view']}/previewImage", body=PNG, kind="image/png")
        ],
    ),
    Case(
        # Nothing of a view can be changed but its labels.
        "views.update",
        lambda tsc, things: tsc.views.update(_view_with_tags(things)).tags,
        lambda things: ("tags", "update", {"of": "views", "id": things["view"], "before": [], "labels": ["new"]}),
        same_labels,
        prepare=book,
    ),
    Case(
        "views.delete",
        lambda tsc, things: tsc.views.delete(things["view"]),
        lambda things: ("views", "delete", {"id": things["view"]}),
        values.nothing,
        prepare=book,
        made=lambda things: [made("DELETE", views_of(things), status=204)],
    ),
]


def _view_with_tags(things: dict) -> TSC.ViewItem:
    item = item_of("views", things["view"])
    item._initial_tags, item.tags = set(), {"new"}
    return item


def new_source(things: dict) -> TSC.DatasourceItem:
    return TSC.DatasourceItem(things["project"], things["name"])


def changed_source(things: dict) -> TSC.DatasourceItem:
    item = item_of("datasources", things["id"], name=things["name"], description="d & e", certified=False)
    item.owner_id, item.project_id = things["user"], things["project"]
    item._initial_tags = item.tags = set()
    return item


ACTIONS = [
    {
        "action": "update", "source-schema": "Extract", "source-table": "new", "target-schema": "Extract",
        "target-table": "orders", "condition": {"op": "eq", "target-col": "id", "source-col": "key"},
    }
]  # fmt: skip

DATASOURCES = [
    *listed(
        "datasources", "datasources", DATASOURCE,
        {"theirs": {"name": "Hidden Orders"}, "ours": [{"field": "name", "operator": "eq", "value": "Hidden Orders"}]},
    ),
    Case(
        "datasources.get_by_id",
        lambda tsc, things: tsc.datasources.get_by_id(things["id"]),
        lambda things: ("datasources", "get", {"id": things["id"]}),
        values.one(DATASOURCE, "datasource"),
        prepare=source,
    ),
    Case(
        "datasources.delete",
        lambda tsc, things: tsc.datasources.delete(things["id"]),
        lambda things: ("datasources", "delete", {"id": things["id"]}),
        values.nothing,
        prepare=source,
    ),
    Case(
        "datasources.update",
        lambda tsc, things: tsc.datasources.update(changed_source(things)),
        lambda things: (
            "datasources",
            "update",
            {
                "id": things["id"],
                "datasource": {
                    "name": things["name"], "description": "d & e", "owner": {"id": things["user"]},
                    "project": {"id": things["project"]},
                },
            },
        ),  # fmt: skip
        values.one({"id": "id", "name": "name", "owner_id": "owner.id", "project_id": "project.id"}, "datasource"),
        prepare=source,
    ),
    Case(
        "datasources.create_extract",
        lambda tsc, things: tsc.datasources.create_extract(things["id"]),
        lambda things: ("datasources", "create_extract", {"id": things["id"]}),
        values.one(JOB, "job"),
        prepare=source,
        made=job("POST", "datasources/{id}/createExtract", "CreateExtract"),
    ),
    Case(
        "datasources.delete_extract",
        lambda tsc, things: tsc.datasources.delete_extract(things["id"]),
        lambda things: ("datasources", "delete_extract", {"id": things["id"]}),
        values.nothing,
        prepare=source,
        made=lambda things: [made("POST", rf"/sites/[^/]+/datasources/{things['id']}/deleteExtract", status=200)],
    ),
    Case(
        "datasources.publish",
        lambda tsc, things: tsc.datasources.publish(new_source(things), SOURCE, "CreateNew"),
        lambda things: ("datasources", "publish", {"name": things["name"], "project": things["project"], "file": SOURCE}),
        values.one(DATASOURCE, "datasource"),
        prepare=common,
    ),
    Case(
        "datasources.publish",
        lambda tsc, things: tsc.datasources.publish(
            new_source(things), SOURCE, "Overwrite", connection_credentials=TSC.ConnectionCredentials("reader", "s&cret", embed=True)
        ),
        lambda things: (
            "datasources",
            "publish",
            {
                "name": things["name"], "project": things["project"], "file": SOURCE, "mode": "Overwrite",
                "credentials": {"user_name": "reader", "password": "s&cret", "embed": True},
            },
        ),  # fmt: skip
        values.one(DATASOURCE, "datasource"),
        prepare=common,
        note="with credentials",
    ),
    Case(
        "datasources.publish",
        lambda tsc, things: tsc.datasources.publish(new_source(things), SOURCE, "CreateNew", connections=[publish_connection()], as_job=True),
        lambda things: (
            "datasources",
            "publish_as_job",
            {"name": things["name"], "project": things["project"], "file": SOURCE, "connections": [OURS_CONNECTION]},
        ),
        values.one(JOB, "job"),
        prepare=common,
        note="as a job",
    ),
    Case(
        "datasources.update_hyper_data",
        lambda tsc, things: tsc.datasources.update_hyper_data(things["id"], request_id="r 1", actions=ACTIONS),
        lambda things: ("datasources", "update_hyper_data", {"id": things["id"], "request_id": "r 1"}),
        values.one(JOB, "job"),
        prepare=source,
        made=job("PATCH", "datasources/{id}/data", "UpdateUploadedFile"),
    ),
]

UPLOADS = [
    Case(
        "fileuploads.initiate",
        lambda tsc, _: tsc.fileuploads.initiate(),
        lambda _: ("file_uploads", "initiate", {}),
        lambda theirs, ours: values.text("uploadSessionId")(theirs, ours["fileUpload"]),
    ),
    Case(
        "fileuploads.append",
        lambda tsc, things: tsc.fileuploads.append(things["session"], *chunk(b"some bytes")),
        lambda things: ("file_uploads", "append", {"session": things["session"], "content": "some bytes"}),
        values.one({"upload_session_id": "uploadSessionId", "file_size": "fileSize"}, "fileUpload"),
        prepare=lambda world: {"session": world.admin.start_upload()},
    ),
    Case(
        "fileuploads.upload",
        lambda tsc, _: tsc.fileuploads.upload(CHUNK),
        lambda _: ("file_uploads", "upload", {"file": CHUNK}),
        values.text("session"),
    ),
]


def chunk(data: bytes):
    from tableauserverclient.server import RequestFactory

    return RequestFactory.Fileupload.chunk_req(data)


def tagged_items(things: dict) -> list:
    return [item_of("workbooks", things["id"])]


TAGS = [
    Case(
        f"tags.{name}",
        lambda tsc, things, name=name: getattr(tsc.tags, name)("a b", tagged_items(things)),
        lambda things, name=name: ("tags", name, {"labels": ["a b"], "items": [{"kind": "Workbook", "id": things["id"]}]}),
        same_labels,
        prepare=book,
        made=[
            made(
                "PUT",
                path,
                '<tagBatch><tags><tag label="a b"/></tags><contents>'
                '<content contentType="Workbook" id="2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c11"/></contents></tagBatch>',
            )
        ],
    )
    for name, path in (("batch_add", "/tags:batchCreate"), ("batch_delete", "/tags:batchDelete"))
]

CASES = [
    *WORKBOOKS,
    *VIEWS,
    *DATASOURCES,
    *EXPORTS,
    *UPLOADS,
    *TAGS,
    *queries("workbooks", WORKBOOK, "Secret"),
    *queries("views", VIEW_OF_SITE, "One"),
    *queries("datasources", DATASOURCE, "Hidden Orders"),
    *(case for kind, prepare, id_ in (("workbooks", book, "id"), ("views", book, "view"), ("datasources", source, "id")) for case in shared_cases(kind, prepare, id_)),
    *(case for kind, prepare in (("workbooks", book), ("datasources", source)) for case in connection_cases(kind, prepare)),
    *(case for kind, prepare in (("workbooks", book), ("datasources", source)) for case in revision_cases(kind, prepare)),
    *(case for kind, prepare in (("workbooks", book), ("datasources", source)) for case in refresh_cases(kind, prepare)),
]
