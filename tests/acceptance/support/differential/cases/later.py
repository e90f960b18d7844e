"""Alerts, metrics, webhooks, custom views, virtual connections, sets of groups and settings of sites.

No server here has them: the answers are our own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tableauserverclient as TSC

from support.differential import values
from support.differential.case import Case
from support.differential.cases.flows import ONE_PAGE, a_path, all_of, luid, paged, permissions, queries, tags
from support.differential.proxy import made

GROUPS = [
    "data_alerts",
    "metrics",
    "webhooks",
    "virtual_connections",
    "group_sets",
    "oidc",
    "extensions",
    "data_acceleration_report",
    "custom_views",
]

ID, USER, VIEW, WORKBOOK, PROJECT, GROUP, CONNECTION = (luid(n) for n in range(61, 68))
SITE = r"/sites/[^/]+"


def with_id(item: Any, **values_: Any) -> Any:
    item._id = ID
    for name, value in values_.items():
        setattr(item, name, value)
    return item


# Alerts and metrics.

ALERT: values.Table = {
    "id": "id",
    "subject": "subject",
    "frequency": "frequency",
    "public": "public",
    "creatorId": "creatorId",
    "createdAt": "createdAt",
    "updatedAt": "updatedAt",
    "owner_id": "owner.id",
    "owner_name": "owner.name",
    "view_id": "view.id",
    "view_name": "view.name",
    "workbook_id": "view.workbook.id",
    "workbook_name": "view.workbook.name",
    "project_id": "view.project.id",
    "project_name": "view.project.name",
    "recipients": lambda element: [one["id"] for one in values.part(element, "recipients.recipient") or []],
}
ALERT_XML = (
    f'<dataAlert id="{ID}" subject="Sales &lt; 5" creatorId="{USER}" createdAt="2026-01-02T03:04:05Z" '
    f'updatedAt="2026-01-02T03:04:05Z" frequency="Daily" public="true"><owner id="{USER}" name="Ann"/>'
    f'<view id="{VIEW}" name="V"><workbook id="{WORKBOOK}" name="W"/><project id="{PROJECT}" name="P"/></view>'
    f'<recipients><recipient id="{USER}" name="Ann"/><recipient id="{luid(70)}" name="Bo"/></recipients></dataAlert>'
)
ALERTS = f"{SITE}/dataAlerts"


def alert() -> TSC.DataAlertItem:
    return with_id(TSC.DataAlertItem(), subject="Sales < 5", frequency="Daily", public=True, _owner_id=USER)


ALERT_CASES = [
    Case(
        "data_alerts.get",
        lambda tsc, _: tsc.data_alerts.get(TSC.RequestOptions(1, 100)),
        lambda _: ("data_alerts", "list", ONE_PAGE),
        values.page(ALERT),
        made=[made("GET", ALERTS, paged("dataAlerts", ALERT_XML))],
    ),
    Case(
        "data_alerts.get_by_id",
        lambda tsc, _: tsc.data_alerts.get_by_id(ID),
        lambda _: ("data_alerts", "get", {"id": ID}),
        values.one(ALERT, "dataAlert"),
        made=[made("GET", f"{ALERTS}/{ID}", ALERT_XML)],
    ),
    Case(
        "data_alerts.update",
        lambda tsc, _: tsc.data_alerts.update(alert()),
        lambda _: (
            "data_alerts",
            "update",
            {"id": ID, "alert": {"subject": "Sales < 5", "frequency": "Daily", "public": True, "owner": {"id": USER}}},
        ),
        values.one(ALERT, "dataAlert"),
        made=[made("PUT", f"{ALERTS}/{ID}", ALERT_XML)],
    ),
    Case(
        "data_alerts.delete",
        lambda tsc, _: tsc.data_alerts.delete(ID),
        lambda _: ("data_alerts", "delete", {"id": ID}),
        values.nothing,
        made=[made("DELETE", f"{ALERTS}/{ID}", status=204)],
    ),
    Case(
        "data_alerts.add_user_to_alert",
        lambda tsc, _: tsc.data_alerts.add_user_to_alert(alert(), USER),
        lambda _: ("data_alerts", "add_user_to_alert", {"id": ID, "user": USER}),
        values.one({"id": "id", "name": "name"}, "user"),
        made=[made("POST", f"{ALERTS}/{ID}/users", f'<user id="{USER}" name="Ann" siteRole="Viewer"/>')],
    ),
    Case(
        "data_alerts.delete_user_from_alert",
        lambda tsc, _: tsc.data_alerts.delete_user_from_alert(ID, USER),
        lambda _: ("data_alerts", "delete_user_from_alert", {"id": ID, "user": USER}),
        values.nothing,
        made=[made("DELETE", f"{ALERTS}/{ID}/users/{USER}", status=204)],
    ),
]

METRIC: values.Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "webpage_url": "webpageUrl",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "suspended": "suspended",
    "project_id": "project.id",
    "project_name": "project.name",
    "owner_id": "owner.id",
    "view_id": "underlyingView.id",
    "tags": values.labels,
}
METRIC_XML = (
    f'<metric id="{ID}" name="Sales" description="per day" webpageUrl="https://x/m" createdAt="2026-01-02T03:04:05Z" '
    f'updatedAt="2026-01-02T03:04:05Z" suspended="true"><project id="{PROJECT}" name="P"/><owner id="{USER}"/>'
    f'<tags><tag label="a b"/></tags><underlyingView id="{VIEW}"/></metric>'
)
METRICS = f"{SITE}/metrics"

METRIC_CASES = [
    Case(
        "metrics.get",
        lambda tsc, _: tsc.metrics.get(TSC.RequestOptions(1, 100)),
        lambda _: ("metrics", "list", ONE_PAGE),
        values.page(METRIC),
        made=[made("GET", METRICS, paged("metrics", METRIC_XML))],
    ),
    Case(
        "metrics.filter",
        lambda tsc, _: all_of(tsc.metrics.filter(name="Sales", page_size=100)),
        lambda _: (
            "metrics",
            "list",
            {"options": {"page_size": 100, "filters": [{"field": "name", "operator": "eq", "value": "Sales"}]}},
        ),
        values.many(METRIC),
        made=[made("GET", METRICS, paged("metrics", METRIC_XML))],
    ),
    Case(
        "metrics.get_by_id",
        lambda tsc, _: tsc.metrics.get_by_id(ID),
        lambda _: ("metrics", "get", {"id": ID}),
        values.one(METRIC, "metric"),
        made=[made("GET", f"{METRICS}/{ID}", METRIC_XML)],
    ),
    Case(
        "metrics.update",
        lambda tsc, _: tsc.metrics.update(
            with_id(TSC.MetricItem("Sales & more"), description="d", suspended=True, project_id=PROJECT, owner_id=USER)
        ),
        lambda _: (
            "metrics",
            "update",
            {
                "id": ID,
                "metric": {
                    "id": ID,
                    "name": "Sales & more",
                    "description": "d",
                    "suspended": True,
                    "project": {"id": PROJECT},
                    "owner": {"id": USER},
                },
            },
        ),
        values.one(METRIC, "metric"),
        made=[made("PUT", f"{METRICS}/{ID}", METRIC_XML)],
    ),
    Case(
        "metrics.delete",
        lambda tsc, _: tsc.metrics.delete(ID),
        lambda _: ("metrics", "delete", {"id": ID}),
        values.nothing,
        made=[made("DELETE", f"{METRICS}/{ID}", status=204)],
    ),
    *queries("metrics", METRICS, paged("metrics", METRIC_XML), METRIC),
]

# Webhooks.


def event(element: Any) -> str | None:
    names = list(values.part(element, "webhook-source") or {})
    return names[0].removeprefix("webhook-source-event-") if names else None


WEBHOOK: values.Table = {
    "id": "id",
    "name": "name",
    "url": "webhook-destination.webhook-destination-http.url",
    "event": event,
    "owner_id": "owner.id",
}
WEBHOOK_XML = (
    f'<webhook id="{ID}" name="Tell me" isEnabled="true"><webhook-source><webhook-source-event-workbook-created/></webhook-source>'
    '<webhook-destination><webhook-destination-http method="POST" url="https://x/?a=1&amp;b=2"/></webhook-destination>'
    f'<owner id="{USER}" name="Ann"/></webhook>'
)
WEBHOOKS = f"{SITE}/webhooks"


def webhook() -> TSC.WebhookItem:
    item = TSC.WebhookItem()
    item.name, item.url, item.event = "Tell me", "https://x/?a=1&b=2", "workbook-created"
    return item


def tested(theirs: Any, ours: Any) -> None:
    assert theirs.status_code == 200 and ours["webhookTestResult"]["body"] == "fine"


WEBHOOK_CASES = [
    Case(
        "webhooks.get",
        lambda tsc, _: tsc.webhooks.get(),
        lambda _: ("webhooks", "list", {}),
        values.many(WEBHOOK, lambda theirs: theirs[0]),
        made=[made("GET", WEBHOOKS, f"<webhooks>{WEBHOOK_XML}</webhooks>")],
    ),
    Case(
        "webhooks.get_by_id",
        lambda tsc, _: tsc.webhooks.get_by_id(ID),
        lambda _: ("webhooks", "get", {"id": ID}),
        values.one(WEBHOOK, "webhook"),
        made=[made("GET", f"{WEBHOOKS}/{ID}", WEBHOOK_XML)],
    ),
    Case(
        "webhooks.create",
        lambda tsc, _: tsc.webhooks.create(webhook()),
        lambda _: ("webhooks", "create", {"name": "Tell me", "event": "workbook-created", "url": "https://x/?a=1&b=2"}),
        values.one(WEBHOOK, "webhook"),
        made=[made("POST", WEBHOOKS, WEBHOOK_XML, status=201)],
    ),
    Case(
        "webhooks.delete",
        lambda tsc, _: tsc.webhooks.delete(ID),
        lambda _: ("webhooks", "delete", {"id": ID}),
        values.nothing,
        made=[made("DELETE", f"{WEBHOOKS}/{ID}", status=204)],
    ),
    Case(
        "webhooks.test",
        lambda tsc, _: tsc.webhooks.test(ID),
        lambda _: ("webhooks", "test", {"id": ID}),
        tested,
        made=[
            made("GET", f"{WEBHOOKS}/{ID}/test", f'<webhookTestResult id="{ID}" status="200"><body>fine</body></webhookTestResult>')
        ],
    ),
]

# Custom views.

CUSTOM_VIEW: values.Table = {
    "id": "id",
    "name": "name",
    "content_url": "contentUrl",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "shared": "shared",
}
CUSTOM_VIEW_XML = (
    f'<customView id="{ID}" name="My &amp; view" createdAt="2026-01-02T03:04:05Z" updatedAt="2026-01-02T03:04:05Z" '
    f'contentUrl="w/sheets/v/u/c" shared="true"><view id="{VIEW}" name="V"/><workbook id="{WORKBOOK}" name="W"/>'
    f'<owner id="{USER}" name="Ann"/></customView>'
)
VIEWS, EXPERIMENTAL = f"{SITE}/customviews", f"/api/exp{SITE}/customviews"


def user(id_: str) -> TSC.UserItem:
    item = TSC.UserItem("ann", "Viewer")
    item._id = id_
    return item


def custom_view() -> TSC.CustomViewItem:
    item = with_id(TSC.CustomViewItem(ID, "My & view"))
    item.owner, item.shared = user(USER), True
    workbook = TSC.WorkbookItem(PROJECT)
    workbook._id = WORKBOOK
    item.workbook = workbook
    return item


def related(theirs: Any, ours: Any) -> None:
    """An item with what hangs on it."""
    element = ours["customView"]
    values.compare(theirs, element, CUSTOM_VIEW)
    for name in ("owner", "view", "workbook"):
        values.compare(getattr(theirs, name), element[name], {"id": "id"}, f"{name}.")


def definition(_: Any) -> dict[str, Any]:
    path = Path(a_path(".json"))
    path.write_text('[{"a": "ü"}]')
    return {"path": str(path)}


PDF = TSC.PDFRequestOptions
FILTERS = [{"field": "Größe & Art", "value": "a + b"}]


def filtered(options: Any) -> Any:
    for one in FILTERS:
        options.vf(one["field"], one["value"])
    return options


def exported(tsc: Any, kind: str, options: Any) -> Any:
    item = custom_view()
    getattr(tsc.custom_views, f"populate_{kind}")(item, options)
    return getattr(item, kind)


def saved(theirs: Any, ours: Any) -> None:
    values.content(Path(theirs).read_bytes(), ours)


CUSTOM_VIEW_CASES = [
    Case(
        "custom_views.get",
        lambda tsc, _: tsc.custom_views.get(TSC.RequestOptions(1, 100)),
        lambda _: ("custom_views", "list", ONE_PAGE),
        values.page(CUSTOM_VIEW),
        made=[made("GET", VIEWS, paged("customViews", CUSTOM_VIEW_XML))],
    ),
    Case(
        "custom_views.filter",
        lambda tsc, _: all_of(tsc.custom_views.filter(workbook_id=WORKBOOK, page_size=100)),
        lambda _: (
            "custom_views",
            "list",
            {"options": {"page_size": 100, "filters": [{"field": "workbookId", "operator": "eq", "value": WORKBOOK}]}},
        ),
        values.many(CUSTOM_VIEW),
        made=[made("GET", VIEWS, paged("customViews", CUSTOM_VIEW_XML))],
    ),
    Case(
        "custom_views.get_by_id",
        lambda tsc, _: tsc.custom_views.get_by_id(ID),
        lambda _: ("custom_views", "get", {"id": ID}),
        related,
        made=[made("GET", f"{VIEWS}/{ID}", CUSTOM_VIEW_XML)],
    ),
    Case(
        "custom_views.update",
        lambda tsc, _: tsc.custom_views.update(custom_view()),
        lambda _: ("custom_views", "update", {"id": ID, "view": {"name": "My & view", "owner": {"id": USER}}}),
        related,
        made=[made("PUT", f"{VIEWS}/{ID}", CUSTOM_VIEW_XML)],
    ),
    Case(
        "custom_views.delete",
        lambda tsc, _: tsc.custom_views.delete(ID),
        lambda _: ("custom_views", "delete", {"id": ID}),
        values.nothing,
        made=[made("DELETE", f"{VIEWS}/{ID}", status=204)],
    ),
    Case(
        "custom_views.download",
        lambda tsc, _: tsc.custom_views.download(custom_view(), a_path(".json")),
        lambda _: ("custom_views", "download", {"id": ID}),
        saved,
        made=[made("GET", f"{EXPERIMENTAL}/{ID}/content", body=b'[{"a": 1}]', kind="application/json")],
    ),
    Case(
        "custom_views.publish",
        lambda tsc, things: tsc.custom_views.publish(custom_view(), things["path"]),
        lambda things: (
            "custom_views",
            "publish",
            {"name": "My & view", "shared": True, "owner_id": USER, "workbook_id": WORKBOOK, "path": things["path"]},
        ),
        related,
        prepare=definition,
        made=[made("POST", EXPERIMENTAL, CUSTOM_VIEW_XML, status=201)],
    ),
    Case(
        "custom_views.populate_image",
        lambda tsc, _: exported(tsc, "image", filtered(TSC.ImageRequestOptions(imageresolution="high", maxage=5))),
        lambda _: ("custom_views", "image", {"id": ID, "max_age": 5, "high_resolution": True, "filters": FILTERS}),
        values.content,
        made=[made("GET", f"{VIEWS}/{ID}/image", body=b"\x89PNG picture", kind="image/png")],
    ),
    Case(
        "custom_views.populate_pdf",
        lambda tsc, _: exported(tsc, "pdf", filtered(TSC.PDFRequestOptions(PDF.PageType.A4, PDF.Orientation.Landscape, maxage=5))),
        lambda _: ("custom_views", "pdf", {"id": ID, "max_age": 5, "a4": True, "filters": FILTERS}),
        values.content,
        made=[made("GET", f"{VIEWS}/{ID}/pdf", body=b"%PDF-1.7 page", kind="application/pdf")],
    ),
    Case(
        "custom_views.populate_csv",
        lambda tsc, _: list(exported(tsc, "csv", filtered(TSC.CSVRequestOptions(maxage=5)))),
        lambda _: ("custom_views", "csv", {"id": ID, "max_age": 5, "filters": FILTERS}),
        values.content,
        made=[made("GET", f"{VIEWS}/{ID}/data", body=b"a,b\n1,2\n", kind="text/csv")],
    ),
    *queries("custom_views", VIEWS, paged("customViews", CUSTOM_VIEW_XML), CUSTOM_VIEW),
]

# Virtual connections.

VIRTUAL: values.Table = {
    "id": "id",
    "name": "name",
    "webpage_url": "webpageUrl",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "has_extracts": "hasExtracts",
    "is_certified": "isCertified",
    "certification_note": "certificationNote",
    "project_id": "project.id",
    "owner_id": "owner.id",
}
DATABASE: values.Table = {
    "id": "connectionId",
    "connection_type": "dbClass",
    "server_address": "server",
    "server_port": "port",
    "username": "username",
}
CONTENT = '{"policyCollection": {"a": "ü <b> & \\"c\\""}}'
VIRTUAL_XML = (
    f'<virtualConnection id="{ID}" name="All &amp; one" webpageUrl="https://x/v" createdAt="2026-01-02T03:04:05Z" '
    'updatedAt="2026-01-02T03:04:05Z" hasExtracts="false" isCertified="true" certificationNote="n">'
    f'<project id="{PROJECT}"/><owner id="{USER}"/><content>{CONTENT.replace("&", "&amp;").replace("<", "&lt;")}</content>'
    "</virtualConnection>"
)
DATABASE_XML = f'<connection connectionId="{CONNECTION}" dbClass="snowflake" server="s.example" port="443" username="u"/>'
VIRTUALS = f"{SITE}/virtualConnections"


def virtual(**changes: Any) -> TSC.VirtualConnectionItem:
    return with_id(TSC.VirtualConnectionItem("All & one"), **changes)


def database() -> TSC.ConnectionItem:
    item = TSC.ConnectionItem()
    item._id = CONNECTION
    item.server_address, item.server_port, item.username, item.password = "S.example", "443", "u", "p & w"
    return item


def connections_of(tsc: Any) -> list[Any]:
    return list(tsc.virtual_connections.populate_connections(virtual()).connections)


def same_definition(theirs: Any, ours: Any) -> None:
    assert json.loads(theirs) == json.loads(ours["text"]) == json.loads(CONTENT)


REVISION: values.Table = {
    "revision_number": "revisionNumber",
    "current": "current",
    "deleted": "deleted",
    "created_at": "publishedAt",
    "user_id": "publisher.id",
    "user_name": "publisher.name",
}

VIRTUAL_CASES = [
    Case(
        "virtual_connections.get",
        lambda tsc, _: tsc.virtual_connections.get(TSC.RequestOptions(1, 100)),
        lambda _: ("virtual_connections", "list", ONE_PAGE),
        values.page(VIRTUAL),
        made=[made("GET", VIRTUALS, paged("virtualConnections", VIRTUAL_XML))],
    ),
    Case(
        "virtual_connections.get_by_id",
        lambda tsc, _: tsc.virtual_connections.get_by_id(ID),
        lambda _: ("virtual_connections", "get", {"id": ID}),
        values.one({**VIRTUAL, "content": lambda element: json.loads(element["content"])}, "virtualConnection"),
        made=[made("GET", f"{VIRTUALS}/{ID}", VIRTUAL_XML)],
    ),
    Case(
        "virtual_connections.populate_connections",
        lambda tsc, _: connections_of(tsc),
        lambda _: ("virtual_connections", "connections", {"id": ID, "options": {"page_size": 100}}),
        values.many(DATABASE),
        made=[made("GET", f"{VIRTUALS}/{ID}/connections", paged("virtualConnectionConnections", DATABASE_XML))],
    ),
    Case(
        "virtual_connections.update_connection_db_connection",
        lambda tsc, _: tsc.virtual_connections.update_connection_db_connection(ID, database()),
        lambda _: (
            "virtual_connections",
            "update_connection_db_connection",
            {
                "id": ID,
                "connection_id": CONNECTION,
                "connection": {"serverAddress": "S.example", "serverPort": "443", "userName": "u", "password": "p & w"},
            },
        ),
        values.one(DATABASE, "connection"),
        made=[made("PUT", f"{VIRTUALS}/{ID}/connections/{CONNECTION}/modify", DATABASE_XML)],
    ),
    Case(
        "virtual_connections.download",
        lambda tsc, _: tsc.virtual_connections.download(ID),
        lambda _: ("virtual_connections", "download", {"id": ID}),
        same_definition,
        made=[made("GET", f"{VIRTUALS}/{ID}", VIRTUAL_XML)],
    ),
    Case(
        "virtual_connections.update",
        lambda tsc, _: tsc.virtual_connections.update(
            virtual(is_certified=True, certification_note="n", project_id=PROJECT, owner_id=USER)
        ),
        lambda _: (
            "virtual_connections",
            "update",
            {
                "id": ID,
                "connection": {
                    "name": "All & one",
                    "isCertified": True,
                    "certificationNote": "n",
                    "project": {"id": PROJECT},
                    "owner": {"id": USER},
                },
            },
        ),
        values.one(VIRTUAL, "virtualConnection"),
        made=[made("PUT", f"{VIRTUALS}/{ID}", VIRTUAL_XML)],
    ),
    Case(
        "virtual_connections.get_revisions",
        lambda tsc, _: tsc.virtual_connections.get_revisions(virtual(), TSC.RequestOptions(1, 100)),
        lambda _: ("virtual_connections", "revisions", {"id": ID, **ONE_PAGE}),
        values.page(REVISION),
        made=[
            made(
                "GET",
                f"{VIRTUALS}/{ID}/revisions",
                paged(
                    "revisions",
                    '<revision revisionNumber="2" publishedAt="2026-01-02T03:04:05Z" deleted="false" current="true">'
                    f'<publisher id="{USER}" name="Ann"/></revision>',
                ),
            )
        ],
    ),
    Case(
        "virtual_connections.download_revision",
        lambda tsc, _: tsc.virtual_connections.download_revision(virtual(), 2),
        lambda _: ("virtual_connections", "download_revision", {"id": ID, "revision": 2}),
        same_definition,
        made=[made("GET", f"{VIRTUALS}/{ID}/revisions/2", VIRTUAL_XML)],
    ),
    Case(
        "virtual_connections.delete",
        lambda tsc, _: tsc.virtual_connections.delete(ID),
        lambda _: ("virtual_connections", "delete", {"id": ID}),
        values.nothing,
        made=[made("DELETE", f"{VIRTUALS}/{ID}", status=204)],
    ),
    Case(
        "virtual_connections.publish",
        lambda tsc, _: tsc.virtual_connections.publish(
            virtual(project_id=PROJECT, owner_id=USER), CONTENT, "Overwrite", publish_as_draft=True
        ),
        lambda _: (
            "virtual_connections",
            "publish",
            {
                "name": "All & one",
                "project_id": PROJECT,
                "owner_id": USER,
                "definition": CONTENT,
                "overwrite": True,
                "draft": True,
            },
        ),
        values.one(VIRTUAL, "virtualConnection"),
        made=[made("POST", VIRTUALS, VIRTUAL_XML, status=201)],
    ),
    *permissions("virtual_connections", virtual, f"{VIRTUALS}/{ID}", update="add_permissions"),
    *tags("virtual_connections", virtual, f"{VIRTUALS}/{ID}"),
    *queries("virtual_connections", VIRTUALS, paged("virtualConnections", VIRTUAL_XML), VIRTUAL, known=False),
]

# Sets of groups.

SET: values.Table = {"id": "id", "name": "name", "group_count": "groupCount"}
SET_XML = f'<groupSet id="{ID}" name="Both &amp; more" groupCount="1"><group id="{GROUP}" name="g"/></groupSet>'
SETS = f"{SITE}/groupsets"


def group_set(name: str) -> TSC.GroupSetItem:
    item = TSC.GroupSetItem(name)
    item.id = ID
    return item


def with_groups(theirs: Any, ours: Any) -> None:
    values.compare(theirs, ours["groupSet"], SET)
    for one, element in zip(theirs.groups, ours["groupSet"]["group"], strict=True):
        values.compare(one, element, {"id": "id", "name": "name"})


SET_CASES = [
    Case(
        "group_sets.get",
        lambda tsc, _: tsc.group_sets.get(TSC.RequestOptions(1, 100), result_level="members"),
        lambda _: ("group_sets", "list", {"level": "members", **ONE_PAGE}),
        values.page(SET),
        made=[made("GET", SETS, paged("groupSets", SET_XML))],
    ),
    Case(
        "group_sets.filter",
        lambda tsc, _: all_of(tsc.group_sets.filter(name__in=["Both", "Other"], page_size=100)),
        lambda _: (
            "group_sets",
            "list",
            {"options": {"page_size": 100, "filters": [{"field": "name", "operator": "in", "value": ["Both", "Other"]}]}},
        ),
        values.many(SET),
        made=[made("GET", SETS, paged("groupSets", SET_XML))],
    ),
    Case(
        "group_sets.get_by_id",
        lambda tsc, _: tsc.group_sets.get_by_id(ID),
        lambda _: ("group_sets", "get", {"id": ID}),
        with_groups,
        made=[made("GET", f"{SETS}/{ID}", SET_XML)],
    ),
    Case(
        "group_sets.create",
        lambda tsc, _: tsc.group_sets.create(TSC.GroupSetItem("Both & more")),
        lambda _: ("group_sets", "create", {"name": "Both & more"}),
        with_groups,
        made=[made("POST", SETS, SET_XML, status=201)],
    ),
    Case(
        "group_sets.update",
        lambda tsc, _: tsc.group_sets.update(group_set("Both & more")),
        lambda _: ("group_sets", "update", {"id": ID, "name": "Both & more"}),
        with_groups,
        made=[made("PUT", f"{SETS}/{ID}", SET_XML)],
    ),
    Case(
        "group_sets.delete",
        lambda tsc, _: tsc.group_sets.delete(ID),
        lambda _: ("group_sets", "delete", {"id": ID}),
        values.nothing,
        made=[made("DELETE", f"{SETS}/{ID}", status=204)],
    ),
    Case(
        "group_sets.add_group",
        lambda tsc, _: tsc.group_sets.add_group(group_set("x"), GROUP),
        lambda _: ("group_sets", "add_group", {"id": ID, "group": GROUP}),
        values.nothing,
        made=[made("PUT", f"{SETS}/{ID}/groups/{GROUP}", status=204)],
    ),
    Case(
        "group_sets.remove_group",
        lambda tsc, _: tsc.group_sets.remove_group(group_set("x"), GROUP),
        lambda _: ("group_sets", "remove_group", {"id": ID, "group": GROUP}),
        values.nothing,
        made=[made("DELETE", f"{SETS}/{ID}/groups/{GROUP}", status=204)],
    ),
    *queries("group_sets", SETS, paged("groupSets", SET_XML), SET),
]

# Settings of sites.

PARTS = {
    "enabled": "enabled",
    "test_login_url": "testLoginUrl",
    "known_provider_alias": "knownProviderAlias",
    "allow_embedded_authentication": "allowEmbeddedAuthentication",
    "use_full_name": "useFullName",
    "idp_configuration_name": "idpConfigurationName",
    "idp_configuration_id": "idpConfigurationId",
    "client_id": "clientId",
    "client_secret": "clientSecret",
    "authorization_endpoint": "authorizationEndpoint",
    "token_endpoint": "tokenEndpoint",
    "userinfo_endpoint": "userinfoEndpoint",
    "jwks_uri": "jwksUri",
    "end_session_endpoint": "endSessionEndpoint",
    "custom_scope": "customScope",
    "essential_acr_values": "essentialAcrValues",
    "email_mapping": "emailMapping",
    "first_name_mapping": "firstNameMapping",
    "last_name_mapping": "lastNameMapping",
    "full_name_mapping": "fullNameMapping",
    "prompt": "prompt",
    "client_authentication": "clientAuthentication",
    "voluntary_acr_values": "voluntaryAcrValues",
}
FLAGS = {"enabled", "allow_embedded_authentication", "use_full_name"}
# What a request cannot say: the server finds it by itself, or it stands in the address.
TOLD = {"test_login_url", "known_provider_alias", "end_session_endpoint", "idp_configuration_id"}
OIDC_XML = "<siteOIDCConfiguration {} />".format(
    " ".join(f'{wire}="{"true" if name in FLAGS else f"{wire} &amp; x"}"' for name, wire in PARTS.items())
)
OIDC = f"{SITE}/site-oidc-configuration"


def configuration() -> TSC.SiteOIDCConfiguration:
    item = TSC.SiteOIDCConfiguration()
    for name, wire in PARTS.items():
        if name not in TOLD:
            setattr(item, name, True if name in FLAGS else f"{wire} & x")
    item.idp_configuration_id = "one"
    return item


WRITTEN = {wire: True if name in FLAGS else f"{wire} & x" for name, wire in PARTS.items() if name not in TOLD}

OIDC_CASES = [
    Case(
        "oidc.get",
        lambda tsc, _: tsc.oidc.get(),
        lambda _: ("oidc", "list", {}),
        values.many(
            {
                "auth_setting": "authSetting",
                "enabled": "enabled",
                "idp_configuration_id": "idpConfigurationId",
                "idp_configuration_name": "idpConfigurationName",
                "known_provider_alias": "knownProviderAlias",
            }
        ),
        made=[
            made(
                "GET",
                f"{SITE}/site-auth-configurations",
                '<siteAuthConfigurations><siteAuthConfiguration authSetting="OIDC" enabled="true" idpConfigurationId="one" '
                'idpConfigurationName="n &amp; m" knownProviderAlias="Google"/></siteAuthConfigurations>',
            )
        ],
    ),
    Case(
        "oidc.get_by_id",
        lambda tsc, _: tsc.oidc.get_by_id("one"),
        lambda _: ("oidc", "get", {"id": "one"}),
        values.one(PARTS, "configuration"),
        made=[made("GET", f"{OIDC}/one", OIDC_XML)],
    ),
    Case(
        "oidc.create",
        lambda tsc, _: tsc.oidc.create(configuration()),
        lambda _: ("oidc", "create", {"configuration": WRITTEN}),
        values.one(PARTS, "configuration"),
        made=[made("PUT", OIDC, OIDC_XML)],
    ),
    Case(
        "oidc.update",
        lambda tsc, _: tsc.oidc.update(configuration()),
        lambda _: ("oidc", "update", {"id": "one", "configuration": WRITTEN}),
        values.one(PARTS, "configuration"),
        made=[made("PUT", f"{OIDC}/one", OIDC_XML)],
    ),
    Case(
        "oidc.delete_configuration",
        lambda tsc, _: tsc.oidc.delete_configuration("one"),
        lambda _: ("oidc", "delete_configuration", {"id": "one"}),
        values.nothing,
        made=[made("PUT", f"{SITE}/disable-site-oidc-configuration", status=204)],
    ),
]

SERVER_SETTINGS = "/settings/extensions"
SERVER_XML = (
    "<extensionsServerSettings><extensionsGloballyEnabled>true</extensionsGloballyEnabled>"
    "<blockList>https://a/?b=1&amp;c=2</blockList><blockList>https://d</blockList></extensionsServerSettings>"
)
SITE_XML = (
    "<extensionsSiteSettings><extensionsEnabled>true</extensionsEnabled><useDefaultSetting>false</useDefaultSetting>"
    "<allowTrusted>true</allowTrusted><includeTableauBuilt>true</includeTableauBuilt>"
    "<includePartnerBuilt>false</includePartnerBuilt><includeSandboxed>true</includeSandboxed>"
    "<safeList><url>https://a</url><fullDataAllowed>true</fullDataAllowed><promptNeeded>false</promptNeeded></safeList>"
    "<safeList><url>https://b</url><fullDataAllowed>false</fullDataAllowed><promptNeeded>true</promptNeeded></safeList>"
    "</extensionsSiteSettings>"
)
ON_SERVER: values.Table = {"enabled": "extensionsGloballyEnabled", "block_list": "blockList"}
ON_SITE: values.Table = {
    "enabled": "extensionsEnabled",
    "use_default_setting": "useDefaultSetting",
    "allow_trusted": "allowTrusted",
    "include_tableau_built": "includeTableauBuilt",
    "include_partner_built": "includePartnerBuilt",
    "include_sandboxed": "includeSandboxed",
}
SAFE = [("https://a", True, False), ("https://b", False, True)]


def server_settings() -> TSC.ExtensionsServer:
    item = TSC.ExtensionsServer()
    item.enabled, item.block_list = True, ["https://a/?b=1&c=2", "https://d"]
    return item


def site_settings() -> TSC.ExtensionsSiteSettings:
    item = TSC.ExtensionsSiteSettings()
    item.enabled, item.use_default_setting = True, False
    item.allow_trusted, item.include_sandboxed = True, True
    item.include_tableau_built, item.include_partner_built = True, False
    item.safe_list = [TSC.SafeExtension(url, full, prompt) for url, full, prompt in SAFE]
    return item


def safe_ones(theirs: Any, ours: Any) -> None:
    values.compare(theirs, ours["settings"], ON_SITE)
    for one, element in zip(theirs.safe_list, ours["settings"]["safeList"], strict=True):
        values.compare(one, element, {"url": "url", "full_data_allowed": "fullDataAllowed", "prompt_needed": "promptNeeded"})


EXTENSION_CASES = [
    Case(
        "extensions.get_server_settings",
        lambda tsc, _: tsc.extensions.get_server_settings(),
        lambda _: ("extensions", "get_server_settings", {}),
        values.one(ON_SERVER, "settings"),
        made=[made("GET", SERVER_SETTINGS, SERVER_XML)],
    ),
    Case(
        "extensions.update_server_settings",
        lambda tsc, _: tsc.extensions.update_server_settings(server_settings()),
        lambda _: (
            "extensions",
            "update_server_settings",
            {"settings": {"extensionsGloballyEnabled": True, "blockList": ["https://a/?b=1&c=2", "https://d"]}},
        ),
        values.one(ON_SERVER, "settings"),
        made=[made("PUT", SERVER_SETTINGS, SERVER_XML)],
    ),
    Case(
        "extensions.get",
        lambda tsc, _: tsc.extensions.get(),
        lambda _: ("extensions", "get", {}),
        safe_ones,
        made=[made("GET", SITE + SERVER_SETTINGS, SITE_XML)],
    ),
    Case(
        "extensions.update",
        lambda tsc, _: tsc.extensions.update(site_settings()),
        lambda _: (
            "extensions",
            "update",
            {
                "settings": {
                    "extensionsEnabled": True,
                    "useDefaultSetting": False,
                    "allowTrusted": True,
                    "includeSandboxed": True,
                    "includeTableauBuilt": True,
                    "includePartnerBuilt": False,
                    "safeList": [{"url": url, "fullDataAllowed": full, "promptNeeded": prompt} for url, full, prompt in SAFE],
                }
            },
        ),
        safe_ones,
        made=[made("PUT", SITE + SERVER_SETTINGS, SITE_XML)],
    ),
]

ACCELERATION_CASES = [
    Case(
        "data_acceleration_report.get",
        lambda tsc, _: tsc.data_acceleration_report.get().comparison_records,
        lambda _: ("data_acceleration_report", "get", {}),
        values.many(
            {
                "site": "site",
                "sheet_uri": "sheetURI",
                "unaccelerated_session_count": "unacceleratedSessionCount",
                "avg_non_accelerated_plt": "averageNonAcceleratedPLT",
                "accelerated_session_count": "acceleratedSessionCount",
                "avg_accelerated_plt": "averageAcceleratedPLT",
            }
        ),
        made=[
            made(
                "GET",
                f"{SITE}/dataAccelerationReport",
                '<dataAccelerationReport><comparisonRecord site="s" sheetURI="/t/s/views/w/v" unacceleratedSessionCount="3" '
                'averageNonAcceleratedPLT="8.5" acceleratedSessionCount="2" averageAcceleratedPLT="0.5"/></dataAccelerationReport>',
            )
        ],
    ),
]

CASES = [
    *ALERT_CASES,
    *METRIC_CASES,
    *WEBHOOK_CASES,
    *CUSTOM_VIEW_CASES,
    *VIRTUAL_CASES,
    *SET_CASES,
    *OIDC_CASES,
    *EXTENSION_CASES,
    *ACCELERATION_CASES,
]
