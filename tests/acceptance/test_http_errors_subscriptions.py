"""Every error row of subscriptions, provoked in XML and in JSON.

The table is like that of `test_http_errors.py`: what is asserted is what the reference prints. `UNPROVOKED` lists
the rows that no call can bring about.
"""

from __future__ import annotations

import csv

import pytest

from support.rest import NOBODY, Answer, element, ts_request
from support.world import Row, World

ONE = "/sites/{site}/subscriptions/{subscription}"
# Operation -> (HTTP method, path, another HTTP method that nothing answers there).
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "Create Subscription": ("POST", "/sites/{site}/subscriptions", "DELETE"),
    "Query Subscriptions": ("GET", "/sites/{site}/subscriptions", "PUT"),
    "Query Subscription": ("GET", ONE, "POST"),
    "Update Subscription": ("PUT", ONE, "POST"),
    "Delete Subscription": ("DELETE", ONE, "POST"),
}

UNPROVOKED: dict[tuple[str, str, str], str] = {
    ("Delete Subscription", "400062", "Error deleting the subscription"): "an unstated failure; ours have their own codes",
    ("Update Subscription", "400133", "Invalid data condition type"): "data conditions belong to versions after 3.1",
}


class Shared(World):
    """A server with a schedule of each type and a subscription of Ada's; Grace has no address."""

    def __init__(self, url: str):
        super().__init__(url)
        self.view = self.first(f"/sites/{{site}}/workbooks/{self.workbook}/views", "views/view")
        self.schedule, self.extracts = self.new_schedule("Subscription"), self.new_schedule("Extract")
        address = ts_request(element("user", email="cora@example.com"))
        self.admin.put(f"/sites/{{site}}/users/{self.people['cora']}", address).ok(200)
        self.secret = self.named("workbooks", "Secret")
        made = self.admin.post("/sites/{site}/subscriptions", form(self)).ok(201)
        self.subscription = made.get("subscription", "id")

    def new_schedule(self, kind: str) -> str:
        details = element("frequencyDetails", start="07:00:00")
        schedule = element(
            "schedule", details, name=self.fresh("S"), type=kind, priority=50, frequency="Daily", executionOrder="Parallel"
        )
        return self.admin.post("/schedules", ts_request(schedule)).ok().get("schedule", "id")

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        method, path, _ = OPERATIONS[operation]
        for name, value in {"subscription": self.subscription, **options.pop("place", {})}.items():
            path = path.replace("{" + name + "}", value)
        return self.session(who).call(verb or method, path, body, **options)


def form(w: Shared, **changed: str | None) -> bytes:
    """A request that would do, but for what is changed; None leaves a part out."""
    parts = {
        "subject": "Errors", "type": "View", "id": w.view, "schedule": w.schedule, "user": w.people["ada"], **changed,
    }  # fmt: skip
    inner = [element("content", type=parts["type"], id=parts["id"])] if parts["id"] or parts["type"] else []
    inner += [element(tag, id=parts[tag]) for tag in ("schedule", "user") if parts[tag] is not None]
    return ts_request(element("subscription", inner, subject=parts["subject"]))


def change(inner: str = "", **attributes) -> bytes:
    return ts_request(element("subscription", inner, **attributes))


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call):
    ROWS.append(Row(operation, status, code, condition, call))


for one, (method, _, wrong) in OPERATIONS.items():
    some = b"<tsRequest/>" if method in ("PUT", "POST") else None
    row(one, 405, "405000", "Invalid request method", lambda w, o=one, verb=wrong: w.ask(o, verb=verb))
    row(one, 404, "404000", "Site not found", lambda w, o=one, b=some: w.ask(o, b, place={"site": NOBODY}))
    if some:
        for bad in (
            b"", b"<tsRequest>", b"no XML at all", b"<tsRequest/>", b"<tsRequest><subscription></tsRequest>", b"<other/>",
            b"<tsRequest>&nope;</tsRequest>",
        ):  # fmt: skip
            row(one, 400, "400000", "Bad request", lambda w, o=one, bad=bad: w.ask(o, bad))

# Create

CREATE = "Create Subscription"
for part in ("schedule", "user", "id", "type"):
    row(CREATE, 400, "400000", "Bad request", lambda w, part=part: w.ask(CREATE, form(w, **{part: None})))
row(CREATE, 400, "400000", "Bad request", lambda w: w.ask(CREATE, form(w, id=None, type=None)))
row(CREATE, 400, "400000", "Bad request", lambda w: w.ask(CREATE, form(w, user="no-id")))
for subject in (None, "", "   ", "x" * 1001):
    row(CREATE, 400, "400067", "Invalid subscription subject", lambda w, s=subject: w.ask(CREATE, form(w, subject=s)))
for kind in ("Datasource", "project", "Flow"):
    row(CREATE, 400, "400068", "Invalid subscription target", lambda w, k=kind: w.ask(CREATE, form(w, type=k)))
for kind in ("Elephant", ""):
    row(CREATE, 400, "400069", "Invalid subscription type", lambda w, k=kind: w.ask(CREATE, form(w, type=k)))
row(CREATE, 400, "400069", "Invalid subscription type", lambda w: w.ask(CREATE, form(w, schedule=w.extracts)))
row(CREATE, 403, "403060", "No permissions to create subscription",
    lambda w: w.ask(CREATE, form(w), who="cora"))
row(CREATE, 403, "403060", "No permissions to create subscription",
    lambda w: w.ask(CREATE, form(w, type="Workbook", id=w.secret, user=w.people["cora"]), who="cora"))
for who in ("cora", "ulrich"):
    row(CREATE, 403, "403063", "No user permissions for content",
        lambda w, who=who: w.ask(CREATE, form(w, type="Workbook", id=w.secret, user=w.people[who])))
row(CREATE, 403, "403064", "No user email address", lambda w: w.ask(CREATE, form(w, user=w.people["grace"])))


def unusable_address(w: Shared) -> Answer:
    user = w.admin.new_user(w.fresh("odd"))
    w.admin.put(f"/sites/{{site}}/users/{user}", ts_request(element("user", email="nobody..at@home"))).response.raise_for_status()
    return w.ask(CREATE, form(w, user=user))


row(CREATE, 403, "403064", "No user email address", unusable_address)
row(CREATE, 404, "404002", "User not found", lambda w: w.ask(CREATE, form(w, user=NOBODY)))
for id in (NOBODY, "no-id"):
    row(CREATE, 404, "404006", "Workbook not found", lambda w, id=id: w.ask(CREATE, form(w, type="Workbook", id=id)))
    row(CREATE, 404, "404011", "View not found", lambda w, id=id: w.ask(CREATE, form(w, id=id)))
    row(CREATE, 404, "404023", "Schedule not found", lambda w, id=id: w.ask(CREATE, form(w, schedule=id)))
row(CREATE, 404, "404006", "Workbook not found", lambda w: w.ask(CREATE, form(w, type="Workbook")))
row(CREATE, 404, "404011", "View not found", lambda w: w.ask(CREATE, form(w, id=w.workbook)))

# Query

LIST = "Query Subscriptions"
for number in ("0", "-1", "x", "", "99"):
    row(LIST, 400, "400006", "Invalid page number", lambda w, n=number: w.ask(LIST, params={"pageNumber": n}))
for size in ("0", "-1", "x", ""):
    row(LIST, 400, "400007", "Invalid page size", lambda w, n=size: w.ask(LIST, params={"pageSize": n}))
row(LIST, 403, "403014", "Page size limit exceeded", lambda w: w.ask(LIST, params={"pageSize": "1001"}))
row("Query Subscription", 403, "403058", "Unauthorized", lambda w: w.ask("Query Subscription", who="cora"))
for one in ("Query Subscription", "Update Subscription", "Delete Subscription"):
    for id in (NOBODY, "no-id"):
        row(one, 404, "404025", "Subscription not found",
            lambda w, o=one, id=id: w.ask(o, change(subject="x") if "Update" in o else None, place={"subscription": id}))

# Update

UPDATE = "Update Subscription"
for subject in ("", "   ", "x" * 1001):
    row(UPDATE, 400, "400067", "Invalid subscription subject", lambda w, s=subject: w.ask(UPDATE, change(subject=s)))
row(UPDATE, 400, "400069", "Invalid subscription type",
    lambda w: w.ask(UPDATE, change(element("content", type="Elephant"))))
row(UPDATE, 400, "400069", "Invalid schedule type", lambda w: w.ask(UPDATE, change(element("schedule", id=w.extracts))))
row(UPDATE, 403, "403065", "No permissions to update subscription",
    lambda w: w.ask(UPDATE, change(subject="x"), who="cora"))
for id in (NOBODY, "no-id"):
    row(UPDATE, 404, "404023", "Schedule not found", lambda w, id=id: w.ask(UPDATE, change(element("schedule", id=id))))

# Delete

DELETE = "Delete Subscription"
row(DELETE, 401, "401002", "User not authenticated", lambda w: w.ask(DELETE, headers={"X-Tableau-Auth": "stale"}))
row(DELETE, 403, "403059", "Delete forbidden", lambda w: w.ask(DELETE, who="cora"))


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
    found = world.ask("Query Subscriptions").ok(200).all("subscriptions/subscription")
    assert [(one.get("id"), one.get("subject")) for one in found] == [(world.subscription, "Errors")]


def test_every_row_of_the_reference_is_here(spec):
    """Keeps the table whole: a row of one of these methods is provoked above or listed with a reason."""
    here = {(one.operation, one.code, one.condition) for one in ROWS}
    missing = []
    with open(spec / "errors.tsv", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            key = (line["method"], line["error_code"], line["condition_name"])
            if line["method"] in OPERATIONS and key not in here and key not in UNPROVOKED:
                missing.append(key)
    assert not missing


def test_token_errors_stand_before_everything(world):
    """Without a token nothing is told, not even whether a thing exists."""
    world.form = "xml"
    for operation, (method, _, _) in OPERATIONS.items():
        for token, code in ((None, "401000"), ("stale", "401002")):
            body = b"<tsRequest/>" if method in ("PUT", "POST") else None
            world.ask(operation, body, headers={"X-Tableau-Auth": token}, place={"subscription": NOBODY}).refused(401, code)
