"""Errors of custom views, provoked in XML and in JSON. The reference that lies beside has no rows for them."""

from __future__ import annotations

import pytest

from support import content
from support.custom_views import definition, form
from support.rest import MIXED, NOBODY, Answer, element, ts_request
from support.world import Row, World

ALL = "/sites/{site}/customviews"
ONE = ALL + "/{custom}"
# Operation -> (HTTP method, path, another HTTP method that nothing answers there).
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "List Custom Views": ("GET", ALL, "PUT"),
    "Get Custom View": ("GET", ONE, "POST"),
    "Update Custom View": ("PUT", ONE, "POST"),
    "Delete Custom View": ("DELETE", ONE, "POST"),
    "Get Custom View Image": ("GET", ONE + "/image", "POST"),
    "Get Custom View PDF": ("GET", ONE + "/pdf", "POST"),
    "Get Custom View Data": ("GET", ONE + "/data", "POST"),
    "Download Custom View definition": ("GET", "/api/exp" + ONE + "/content", "POST"),
    "Publish Custom View": ("POST", "/api/exp" + ALL, "DELETE"),
    "List Users with Custom View as Default": ("GET", ONE + "/default/users", "PUT"),
    "Set Custom View as Default for Users": ("POST", ONE + "/default/users", "PUT"),
}
UNPROVOKED: dict[tuple[str, str, str], str] = {}
PUBLISH = "Publish Custom View"


class Shared(World):
    """A server with a custom view of the administrator's."""

    def __init__(self, url: str):
        super().__init__(url)
        self.admin, self.book = self.admin.under("3.29"), self.new_workbook(data=content.twb("One"))
        self.sessions = {name: session.under("3.29") for name, session in self.sessions.items()}
        body = form(self.book, definition("One"))
        self.hidden = self.new_workbook(data=content.twb("One"))
        rule = element("granteeCapabilities", [
            element("user", id=self.people["cora"]), element("capabilities", element("capability", name="Read", mode="Deny")),
        ])
        self.admin.put(f"/sites/{{site}}/workbooks/{self.hidden}/permissions", ts_request(element("permissions", rule))).ok(200)
        self.custom = self.admin.call("POST", OPERATIONS[PUBLISH][1], body, headers=MIXED).ok(201).get("customView", "id")

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        method, path, _ = OPERATIONS[operation]
        for name, value in {"custom": self.custom, **options.pop("place", {})}.items():
            path = path.replace("{" + name + "}", value)
        return self.session(who).call(verb or method, path, body, **options)

    def publish(self, body: bytes, who: str = "admin", **options) -> Answer:
        return self.ask(PUBLISH, body, who=who, headers=MIXED, **options)


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call):
    ROWS.append(Row(operation, status, code, condition, call))


SOME = ts_request(element("customView", name="x"))
for one, (method, path, wrong) in OPERATIONS.items():
    some = SOME if method in ("PUT", "POST") else None
    row(one, 405, "405000", "Invalid request method", lambda w, o=one, verb=wrong: w.ask(o, verb=verb))
    row(one, 404, "404000", "Site not found", lambda w, o=one, b=some: w.ask(o, b, place={"site": NOBODY}))
    if "{custom}" in path:
        for id in (NOBODY, "no-id"):
            row(one, 404, "404048", "Custom view not found", lambda w, o=one, b=some, id=id: w.ask(o, b, place={"custom": id}))
        row(one, 403, "403004", "Not shared", lambda w, o=one, b=some: w.ask(o, b, who="cora"))

LIST = "List Custom Views"
row(LIST, 400, "400006", "Invalid page number", lambda w: w.ask(LIST, params={"pageNumber": "0"}))
row(LIST, 400, "400007", "Invalid page size", lambda w: w.ask(LIST, params={"pageSize": "0"}))
row(LIST, 400, "400065", "Invalid filter expression", lambda w: w.ask(LIST, params={"filter": "colour:eq:red"}))

UPDATE = "Update Custom View"
for bad in (b"", b"<tsRequest/>", ts_request(element("customView", name="  "))):
    row(UPDATE, 400, "400000", "Bad request", lambda w, bad=bad: w.ask(UPDATE, bad))
row(UPDATE, 404, "404002", "User not found",
    lambda w: w.ask(UPDATE, ts_request(element("customView", element("owner", id=NOBODY)))))

for one in ("Get Custom View Image", "Get Custom View PDF", "Get Custom View Data"):
    row(one, 400, "400008", "Invalid parameter", lambda w, o=one: w.ask(o, params={"maxAge": "x"}))

row(PUBLISH, 400, "400000", "Bad request", lambda w: w.publish(form(w.book, None)))
for bad in (b"", b"{}", b"[]", b"no JSON", definition("One")[:-9], definition("One").replace(b"tcv", b"xyz")):
    row(PUBLISH, 400, "400000", "Bad request", lambda w, bad=bad: w.publish(form(w.book, bad)))
row(PUBLISH, 400, "400000", "Bad request", lambda w: w.publish(form(w.book, definition("One"), name=" ")))
row(PUBLISH, 403, "403007", "Publish forbidden",
    lambda w: w.publish(form(w.book, definition("One"), owner=w.people["grace"]), who="ada"))
# Who may not look at the workbook is not told which views it has.
for view in ("One", "Two"):
    row(PUBLISH, 403, "403007", "Publish forbidden", lambda w, view=view: w.publish(form(w.hidden, definition(view)), who="cora"))
row(PUBLISH, 404, "404002", "User not found", lambda w: w.publish(form(w.book, definition("One"), owner=NOBODY)))
row(PUBLISH, 404, "404006", "Workbook not found", lambda w: w.publish(form(NOBODY, definition("One"))))
row(PUBLISH, 404, "404011", "View not found", lambda w: w.publish(form(w.book, definition("Two"))))
row(PUBLISH, 404, "404015", "Upload not found",
    lambda w: w.publish(form(w.book, None), params={"uploadSessionId": "1:abcdef-1:1"}))

SET = "Set Custom View as Default for Users"
for bad in (b"", b"<tsRequest/>", ts_request(element("users")), ts_request(element("users", element("user", name="x")))):
    row(SET, 400, "400000", "Bad request", lambda w, bad=bad: w.ask(SET, bad))


@pytest.fixture(scope="module")
def world(live) -> Shared:
    return Shared(live.url)


@pytest.mark.parametrize("form_of_answer", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form_of_answer: str):
    world.form = form_of_answer
    answer = one.call(world)
    answer.refused(one.status, one.code)
    assert answer.is_json == (form_of_answer == "json")
    # Nothing of it left a trace.
    world.form = "xml"
    found = world.ask(LIST).ok(200).all("customViews/customView")
    assert [(one.get("id"), one.get("name")) for one in found] == [(world.custom, "Mine")]


def test_token_errors_stand_before_everything(world):
    """Without a token nothing is told, not even whether a thing exists."""
    world.form = "xml"
    for operation, (method, _, _) in OPERATIONS.items():
        for token, code in ((None, "401000"), ("stale", "401002")):
            body = b"<tsRequest/>" if method in ("PUT", "POST") else None
            world.ask(operation, body, headers={"X-Tableau-Auth": token}, place={"custom": NOBODY}).refused(401, code)
