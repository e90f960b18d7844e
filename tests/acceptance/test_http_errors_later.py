"""Error rows of operations that the 3.1 reference does not have: views' permissions, flows' defaults and a few more.

No table of the reference stands behind these; what is asserted is what their siblings of 3.1 answer.
"""

from __future__ import annotations

from typing import Callable

import pytest

from support import content
from support.content import Connection
from support.rest import NOBODY, Answer, element, ts_request
from support.world import Row, World

VIEW = "/sites/{site}/views/{view}"
FLOWS = "/sites/{site}/projects/{project}/default-permissions/flows"
RULE = "/{word}/{grantee}/{capability}/{mode}"
# Operation -> (HTTP method, path, another HTTP method that nothing answers there, version that brought it).
OPERATIONS: dict[str, tuple[str, str, str, str]] = {
    "Get Current Server Session": ("GET", "/sessions/current", "POST", "3.1"),
    "Get View": ("GET", VIEW, "POST", "3.1"),
    "Download View Crosstab Excel": ("GET", VIEW + "/crosstab/excel", "POST", "3.8"),
    "Download Workbook PDF": ("GET", "/sites/{site}/workbooks/{workbook}/pdf", "POST", "3.4"),
    "Download Workbook PowerPoint": ("GET", "/sites/{site}/workbooks/{workbook}/powerpoint", "POST", "3.8"),
    "Query Permissions (views)": ("GET", VIEW + "/permissions", "POST", "3.2"),
    "Add Permissions (views)": ("PUT", VIEW + "/permissions", "POST", "3.2"),
    "Delete Permission (views)": ("DELETE", VIEW + "/permissions" + RULE, "POST", "3.2"),
    "Query Default Permissions (flow)": ("GET", FLOWS, "POST", "3.3"),
    "Add Default Permissions (flow)": ("PUT", FLOWS, "POST", "3.3"),
    "Delete Default Permission (flow)": ("DELETE", FLOWS + RULE, "POST", "3.3"),
    "Get Groups for a User": ("GET", "/sites/{site}/users/{user}/groups", "POST", "3.7"),
    "Delete from Favorites (generic)": ("DELETE", "/sites/{site}/favorites/{user}/{kind}/{item}", "POST", "3.15"),
    "Remove Users from Group (batch)": ("PUT", "/sites/{site}/groups/{group}/users/remove", "POST", "3.21"),
    "Update Data Source Connection (2.0 form)": ("PUT", "/sites/{site}/datasources/{datasource}/connection", "POST", "2.5"),
}

UNPROVOKED: dict[tuple[str, str, str], str] = {}


class Later(World):
    """A server with two workbooks, of which one shows its views as tabs."""

    def __init__(self, url: str):
        super().__init__(url)
        self.view = self.first(f"/sites/{{site}}/workbooks/{self.workbook}/views", "views/view")
        tabbed = self.admin.publish_workbook("Tabbed", content.twb("One", "Two"), self.project, attributes={"showTabs": True})
        self.tabbed_view = self.first(f"/sites/{{site}}/workbooks/{tabbed.ok(201).get('workbook', 'id')}/views", "views/view")
        hidden = element("granteeCapabilities", [
            element("user", id=self.people["cora"]),
            element("capabilities", element("capability", name="Read", mode="Deny")),
        ])  # fmt: skip
        self.admin.put(f"/sites/{{site}}/workbooks/{self.workbook}/permissions", ts_request(element("permissions", hidden))).ok(200)
        self.two = self.new_datasource(connections=[Connection(), Connection("mysql", "other.example.com", "3306", "shop", "me")])

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        method, path, _, since = OPERATIONS[operation]
        place = {
            "view": self.view, "workbook": self.workbook, "project": self.project, "user": self.people["grace"], "group": self.group,
            "datasource": self.datasource, "word": "users", "grantee": self.people["grace"], "capability": "Read",
            "mode": "Allow", "kind": "workbook", "item": self.workbook, **options.pop("place", {}),
        }  # fmt: skip
        for name, value in place.items():
            path = path.replace("{" + name + "}", value)
        return self.session(who).call(verb or method, path, body, version=since, **options)


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call: Callable[[Later], Answer]):
    ROWS.append(Row(operation, status, code, condition, call))


def permissions(grantee: str, name: str = "Read", mode: str = "Allow", kind: str = "user") -> bytes:
    capabilities = element("capabilities", element("capability", name=name, mode=mode))
    return ts_request(element("permissions", element("granteeCapabilities", [element(kind, id=grantee), capabilities])))


for one, (method, path, wrong, _) in OPERATIONS.items():
    some = b"<tsRequest/>" if method == "PUT" else None
    row(one, 405, "405000", "Invalid request method", lambda w, o=one, verb=wrong: w.ask(o, verb=verb))
    row(one, 401, "401000", "Unauthorized access", lambda w, o=one, b=some: w.ask(o, b, headers={"X-Tableau-Auth": None}))
    row(one, 401, "401002", "Unauthorized access", lambda w, o=one, b=some: w.ask(o, b, headers={"X-Tableau-Auth": "stale"}))
    if "{site}" in path:
        row(one, 404, "404000", "Site not found", lambda w, o=one, b=some: w.ask(o, b, place={"site": NOBODY}))
    if method == "PUT":
        tag = "connection" if "Connection" in one else "users" if "Users" in one else "permissions"
        for bad in (b"", b"<tsRequest>", b"no XML at all", f"<tsRequest><{tag}></tsRequest>".encode(), b"<other/>"):
            row(one, 400, "400000", "Bad request", lambda w, o=one, bad=bad: w.ask(o, bad))

# Rules of views, and of flows by default.

for kind, end, missing in (("view", "Permissions (views)", "404011"), ("project", "Default Permissions (flow)", "404005")):
    query, add = f"Query {end}", f"Add {end}"
    delete = f"Delete {end.replace('Permissions', 'Permission')}"
    found = f"{kind.capitalize()} not found"
    row(query, 404, missing, found, lambda w, o=query, k=kind: w.ask(o, place={k: NOBODY}))
    row(add, 404, missing, found, lambda w, o=add, k=kind: w.ask(o, permissions(w.people["grace"]), place={k: NOBODY}))
    row(delete, 404, missing, found, lambda w, o=delete, k=kind: w.ask(o, place={k: "no-id"}))
    row(query, 403, "403004", "Permissions reading forbidden", lambda w, o=query: w.ask(o, who="grace"))
    row(add, 403, "403004", "Permissions setting forbidden", lambda w, o=add: w.ask(o, permissions(w.people["vera"]), who="grace"))
    row(delete, 403, "403004", "Permissions setting forbidden", lambda w, o=delete: w.ask(o, who="grace"))
    row(add, 404, "404013", "Capability not found", lambda w, o=add: w.ask(o, permissions(w.people["vera"], "Fly")))
    row(add, 404, "404013", "Capability not found", lambda w, o=add: w.ask(o, permissions(w.people["vera"], mode="Maybe")))
    row(delete, 404, "404013", "Capability not found", lambda w, o=delete: w.ask(o, place={"mode": "allow"}))
    row(delete, 404, "404013", "Capability not assigned", lambda w, o=delete: w.ask(o, place={"mode": "Deny"}))
    row(add, 400, "400009", "Invalid capability", lambda w, o=add: w.ask(o, permissions(w.people["vera"], "Connect")))
    row(delete, 400, "400009", "Invalid capability", lambda w, o=delete: w.ask(o, place={"capability": "Connect"}))
    row(add, 404, "404002", "User not found", lambda w, o=add: w.ask(o, permissions(NOBODY)))
    row(delete, 404, "404002", "User not found", lambda w, o=delete: w.ask(o, place={"grantee": NOBODY}))
    row(add, 404, "404012", "Group not found", lambda w, o=add: w.ask(o, permissions(NOBODY, kind="group")))
    row(delete, 404, "404012", "Group not found", lambda w, o=delete: w.ask(o, place={"grantee": NOBODY, "word": "groups"}))
row("Add Permissions (views)", 403, "403096", "View permissions follow the workbook",
    lambda w: w.ask("Add Permissions (views)", permissions(w.people["vera"]), place={"view": w.tabbed_view}))
row("Delete Permission (views)", 403, "403096", "View permissions follow the workbook",
    lambda w: w.ask("Delete Permission (views)", place={"view": w.tabbed_view}))

# The rest.

row("Get View", 404, "404011", "View not found", lambda w: w.ask("Get View", place={"view": NOBODY}))
row("Get View", 403, "403004", "Read forbidden", lambda w: w.ask("Get View", who="cora"))
CROSSTAB = "Download View Crosstab Excel"
row(CROSSTAB, 400, "400080", "Bad Request", lambda w: w.ask(CROSSTAB, place={"view": NOBODY}))
row(CROSSTAB, 400, "400008", "Invalid parameter value", lambda w: w.ask(CROSSTAB, params={"maxAge": "soon"}))
row(CROSSTAB, 403, "403032", "Read forbidden", lambda w: w.ask(CROSSTAB, who="cora"))
for one, bad in (("Download Workbook PDF", {"type": "A7"}), ("Download Workbook PowerPoint", {"maxAge": "soon"})):
    row(one, 404, "404006", "Workbook not found", lambda w, o=one: w.ask(o, place={"workbook": NOBODY}))
    row(one, 400, "400008", "Invalid parameter value", lambda w, o=one, bad=bad: w.ask(o, params=bad))
    row(one, 403, "403032", "Read forbidden", lambda w, o=one: w.ask(o, who="cora"))
row("Get Groups for a User", 404, "404002", "User not found", lambda w: w.ask("Get Groups for a User", place={"user": NOBODY}))
row("Get Groups for a User", 403, "403004", "Read forbidden", lambda w: w.ask("Get Groups for a User", who="ada"))
for number in ("0", "x", "99"):
    row("Get Groups for a User", 400, "400006", "Invalid page number",
        lambda w, n=number: w.ask("Get Groups for a User", params={"pageNumber": n}))
for size in ("0", "x"):
    row("Get Groups for a User", 400, "400007", "Invalid page size",
        lambda w, n=size: w.ask("Get Groups for a User", params={"pageSize": n}))
row("Get Groups for a User", 403, "403014", "Page size limit exceeded",
    lambda w: w.ask("Get Groups for a User", params={"pageSize": "1001"}))

GENERIC = "Delete from Favorites (generic)"
row(GENERIC, 403, "403004", "Access to Favorites forbidden", lambda w: w.ask(GENERIC, who="ada"))
row(GENERIC, 404, "404002", "User not found", lambda w: w.ask(GENERIC, place={"user": NOBODY}))
row(GENERIC, 404, "404006", "Workbook not found", lambda w: w.ask(GENERIC, place={"item": NOBODY}))
row(GENERIC, 404, "404010", "Workbook not a favorite", lambda w: w.ask(GENERIC))
row(GENERIC, 400, "400000", "Bad request", lambda w: w.ask(GENERIC, place={"kind": "schedule"}))
row(GENERIC, 501, "501000", "Not implemented", lambda w: w.ask(GENERIC, place={"kind": "flow"}))

BATCH = "Remove Users from Group (batch)"


def people(*ids: str) -> bytes:
    return ts_request(element("users", [element("user", id=id) for id in ids]))


row(BATCH, 403, "403004", "Update forbidden", lambda w: w.ask(BATCH, people(w.people["grace"]), who="ada"))
row(BATCH, 404, "404012", "Group not found", lambda w: w.ask(BATCH, people(w.people["grace"]), place={"group": NOBODY}))
row(BATCH, 400, "400000", "Bad request", lambda w: w.ask(BATCH, people()))

OLD = "Update Data Source Connection (2.0 form)"
CHANGE = ts_request(element("connection", userName="x"))
row(OLD, 404, "404004", "Data source not found", lambda w: w.ask(OLD, CHANGE, place={"datasource": NOBODY}))
row(OLD, 403, "403062", "Ambiguous connection", lambda w: w.ask(OLD, CHANGE, place={"datasource": w.two}))
row(OLD, 403, "403023", "Update forbidden", lambda w: w.ask(OLD, CHANGE, who="grace"))


@pytest.fixture(scope="module")
def world(live) -> Later:
    return Later(live.url)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form: str):
    world.form = form
    answer = one.call(world)
    answer.refused(one.status, (one.code, *one.also))
    assert answer.is_json == (form == "json")
