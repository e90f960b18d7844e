"""Every error row of tags, revisions, preview images, permissions and favorites, provoked in XML and in JSON.

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

# Operation -> (HTTP method, path, another HTTP method that nothing answers there).
OPERATIONS: dict[str, tuple[str, str, str]] = {}
for kind, name, word in (
    ("workbook", "Workbook", "Workbook"),
    ("view", "View", "View"),
    ("datasource", "Data Source", "Data Source"),
    ("project", "Project", "Project"),
):
    one = f"/sites/{{site}}/{kind}s/{{{kind}}}"
    rule = f"{one}/permissions/users/{{user}}/{{capability}}/{{mode}}"
    favorite = f"/sites/{{site}}/favorites/{{user}}/{kind}s/{{{kind}}}"
    OPERATIONS[f"Add {name} to Favorites"] = ("PUT", "/sites/{site}/favorites/{user}", "POST")
    OPERATIONS[f"Delete {name} from Favorites"] = ("DELETE", favorite, "POST")
    if kind != "project":
        OPERATIONS[f"Add Tags to {name}"] = ("PUT", f"{one}/tags", "POST")
        OPERATIONS[f"Delete Tag from {name}"] = ("DELETE", f"{one}/tags/{{tag}}", "POST")
    if kind != "view":
        OPERATIONS[f"Add {name} Permissions"] = ("PUT", f"{one}/permissions", "POST")
        OPERATIONS[f"Query {name} Permissions"] = ("GET", f"{one}/permissions", "POST")
        OPERATIONS[f"Delete {name} Permission"] = ("DELETE", rule, "POST")
    if kind in ("workbook", "datasource"):
        OPERATIONS[f"Get {name} Revisions"] = ("GET", f"{one}/revisions", "POST")
        OPERATIONS[f"Download {name} Revision"] = ("GET", f"{one}/revisions/{{revision}}/content", "POST")
        OPERATIONS[f"Remove {name} Revision"] = ("DELETE", f"{one}/revisions/{{revision}}", "POST")
DEFAULTS = "/sites/{site}/projects/{project}/default-permissions/{kind}"
OPERATIONS |= {
    "Get Favorites for User": ("GET", "/sites/{site}/favorites/{user}", "POST"),
    "Query Workbook Preview Image": ("GET", "/sites/{site}/workbooks/{workbook}/previewImage", "POST"),
    "Query View Preview Image": ("GET", "/sites/{site}/workbooks/{workbook}/views/{view}/previewImage", "POST"),
    "Query View Data": ("GET", "/sites/{site}/views/{view}/data", "POST"),
    "Query View Image": ("GET", "/sites/{site}/views/{view}/image", "POST"),
    "Query View PDF": ("GET", "/sites/{site}/views/{view}/pdf", "POST"),
    "Query Default Permissions": ("GET", DEFAULTS, "POST"),
    "Add Default Permissions": ("PUT", DEFAULTS, "POST"),
    "Delete Default Permission": ("DELETE", DEFAULTS + "/users/{user}/{capability}/{mode}", "POST"),
}

UNPROVOKED: dict[tuple[str, str, str], str] = {
    ("Query View Image", "403068", "Forbidden"): "no setting turns the method off",
    ("Query View Image", "404006", "Workbook not found"): "no workbook is in the address",
}


class Shared(World):
    """A server with an item of each kind; Grace may look at them, Cora may not."""

    def __init__(self, url: str):
        super().__init__(url)
        self.view = self.first(f"/sites/{{site}}/workbooks/{self.workbook}/views", "views/view")
        deny = element("capability", name="Read", mode="Deny"), element("capability", name="Connect", mode="Deny")
        for kind, item, rules in (
            ("workbooks", self.workbook, deny[:1]),
            ("datasources", self.datasource, deny),
            ("projects", self.project, deny[:1]),
        ):
            body = permissions(("user", self.people["cora"], "".join(rules)))
            self.admin.put(f"/sites/{{site}}/{kind}/{item}/permissions", body).ok(200)

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        method, path, _ = OPERATIONS[operation]
        place = {
            "project": self.project, "workbook": self.workbook, "datasource": self.datasource, "view": self.view,
            "user": self.people["grace"], "capability": "Write", "mode": "Allow", "tag": "gone", "revision": "7",
            "kind": "workbooks", **options.pop("place", {}),
        }  # fmt: skip
        if options.pop("group", False):
            path = path.replace("/users/{user}", "/groups/{user}")
        for name, value in place.items():
            path = path.replace("{" + name + "}", value)
        session = options.pop("session", None) or self.session(who)
        session = session.as_json() if self.form == "json" else session
        return session.call(verb or method, path, body, **options)

    def without_history(self):
        """A site that keeps no revisions, and an item of each kind there."""
        session = self.new_site(revisionHistoryEnabled=False)
        return session, {
            "workbook": session.publish_workbook("W", content.twb("One")).ok(201).get("workbook", "id"),
            "datasource": session.publish_datasource("D", content.tds()).ok(201).get("datasource", "id"),
        }


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call: Callable[[Shared], Answer]):
    ROWS.append(Row(operation, status, code, condition, call))


# The bodies of requests.


def permissions(*grantees: tuple[str, str, str], inner: str = "") -> bytes:
    """A body of rules; each is the kind of the grantee, its id, and the capabilities."""
    written = [
        element("granteeCapabilities", [element(kind, id=id), element("capabilities", capabilities)])
        for kind, id, capabilities in grantees
    ]
    return ts_request(element("permissions", [inner, *written]))


def allow(w: Shared, name: str = "Read", mode: str = "Allow", user: str | None = None, inner: str = "") -> bytes:
    capability = element("capability", name=name, mode=mode)
    return permissions(("user", user or w.people["vera"], capability), inner=inner)


def favorite(kind: str, id: str, label: str | None = "A label") -> bytes:
    return ts_request(element("favorite", element(kind, id=id), label=label))


def tags(*labels: str, inner: str = "") -> bytes:
    return ts_request(element("tags", [inner, *[element("tag", label=label) for label in labels]]))


# The rows that many operations have alike.

NAMES = {"workbook": "Workbook", "view": "View", "datasource": "Data Source", "project": "Project"}
MISSING = {"workbook": "404006", "view": "404011", "datasource": "404004", "project": "404005"}

for one, (method, path, wrong) in OPERATIONS.items():
    some = b"<tsRequest/>" if method == "PUT" else None
    row(one, 405, "405000", "Invalid request method", lambda w, one=one, verb=wrong: w.ask(one, verb=verb))
    row(one, 404, "404000", "Site not found", lambda w, one=one, b=some: w.ask(one, b, place={"site": NOBODY}))
    if method == "PUT":
        tag = "favorite" if "Favorites" in one else "tags" if "Tags" in one else "permissions"
        for bad in (
            b"", b"<tsRequest>", b"no XML at all", f"<tsRequest><{tag}></tsRequest>".encode(), b"<other/>",
            b"<tsRequest>&nope;</tsRequest>", b'<?xml version="1.0" encoding="utf-8"?><tsRequest>\xff\xfe</tsRequest>',
        ):  # fmt: skip
            row(one, 400, "400000", "Bad request", lambda w, one=one, bad=bad: w.ask(one, bad))

# Tags

for kind, adding, deleting in (
    ("workbook", "400049", "400051"), ("view", "400076", "400078"), ("datasource", "400075", "400077"),
):  # fmt: skip
    add, delete = f"Add Tags to {NAMES[kind]}", f"Delete Tag from {NAMES[kind]}"
    for bad in ("", "   ", ",", '""', '"  "', "x" * 256):
        row(add, 400, adding, "Error adding tags", lambda w, o=add, bad=bad: w.ask(o, tags("good", bad)))
    row(add, 400, adding, "Error adding tags",
        lambda w, o=add: w.ask(o, data_json={"tags": {"tag": [{"label": "a\0b"}]}}))
    row(add, 400, "400000", "Bad request", lambda w, o=add: w.ask(o, b"<tsRequest><tags><tag/></tags></tsRequest>"))
    for body in (tags("x"), tags()):
        row(add, 403, "403004", "Adding tags forbidden", lambda w, o=add, b=body: w.ask(o, b, who="cora"))
    named = "Data source ID mismatch" if kind == "datasource" else "Workbook ID mismatch"
    for inside in (True, False):
        def mismatch(w, o=add, kind=kind, inside=inside):
            other = element(kind, id=NOBODY)
            body = tags("x", inner=other) if inside else ts_request(other, element("tags", element("tag", label="x")))
            return w.ask(o, body)
        row(add, 404, "404009", named, mismatch)
    for id in (NOBODY, "no-id"):
        found = "View not found" if kind == "view" else f"{NAMES[kind].capitalize()} not found"
        row(add, 404, MISSING[kind], found, lambda w, o=add, k=kind, id=id: w.ask(o, tags("x"), place={k: id}))
        # For views the reference prints the code of workbooks here.
        code, found = ("404006", "Workbook not found") if kind == "view" else (MISSING[kind], found)
        row(delete, 404, code, found, lambda w, o=delete, k=kind, id=id: w.ask(o, place={k: id}))
    row(delete, 404, "404007", "Tag not found", lambda w, o=delete: w.ask(o))
    for bad in ("%20", "%22%22", "x" * 256):
        row(delete, 400, deleting, "Error deleting tag", lambda w, o=delete, bad=bad: w.ask(o, place={"tag": bad}))

    def foreign_tag(w: Shared, o=delete, a=add, who="grace") -> Answer:
        w.ask(a, tags("of-the-admin")).response.raise_for_status()
        return w.ask(o, who=who, place={"tag": "of-the-admin"})

    row(delete, 403, "403004", "Deleting tags forbidden", foreign_tag)
    row(delete, 403, "403004", "Deleting tags forbidden", lambda w, call=foreign_tag: call(w, who="cora"))

# Revisions

for kind, listed, loaded in (("workbook", "403056", "403019"), ("datasource", "403054", "403028")):
    name, found = NAMES[kind], f"{NAMES[kind].capitalize()} not found"
    get, load, remove = f"Get {name} Revisions", f"Download {name} Revision", f"Remove {name} Revision"
    for number in ("0", "-1", "x", "", "99"):
        row(get, 400, "400006", "Invalid page number", lambda w, o=get, n=number: w.ask(o, params={"pageNumber": n}))
    for size in ("0", "-1", "x", ""):
        row(get, 400, "400007", "Invalid page size", lambda w, o=get, n=size: w.ask(o, params={"pageSize": n}))
    row(get, 403, "403014", "Page size limit exceeded", lambda w, o=get: w.ask(o, params={"pageSize": "1001"}))
    for one in (get, load, remove):
        def no_history(w: Shared, o=one) -> Answer:
            session, place = w.without_history()
            return w.ask(o, session=session, place={**place, "revision": "1"})
        row(one, 403, "403053", "Version history not enabled", no_history)
    row(get, 403, listed, "(untitled) revision read forbidden", lambda w, o=get: w.ask(o, who="grace"))
    row(load, 403, loaded, "Read forbidden", lambda w, o=load: w.ask(o, who="grace"))
    row(remove, 403, "403004", "Deletion forbidden", lambda w, o=remove: w.ask(o, who="grace"))
    row(remove, 403, "403055", "Cannot delete head revision", lambda w, o=remove: w.ask(o, place={"revision": "1"}))
    for number in ("7", "0", "x", "99999999999999999999"):
        for one in (load, remove):
            gone = f"{NAMES[kind].capitalize()} revision not found"
            row(one, 404, "404024", gone, lambda w, o=one, n=number: w.ask(o, place={"revision": n}))
    # The current revision has an address of its own.
    row(load, 404, "404024", f"{NAMES[kind].capitalize()} revision not found",
        lambda w, o=load: w.ask(o, place={"revision": "1"}))
    for one in (get, load, remove):
        code = "404006" if one == remove else MISSING[kind]
        row(one, 404, code, found, lambda w, o=one, k=kind: w.ask(o, place={k: NOBODY}))

# Preview images

for one in ("Query Workbook Preview Image", "Query View Preview Image"):
    row(one, 403, "403004", "Read forbidden", lambda w, o=one: w.ask(o, who="cora"))
    row(one, 404, "404006", "Workbook not found", lambda w, o=one: w.ask(o, place={"workbook": NOBODY}))
    row(one, 404, "404003", "No picture", lambda w, o=one: w.ask(o))
row("Query View Preview Image", 404, "404011", "View not found",
    lambda w: w.ask("Query View Preview Image", place={"view": NOBODY}))
row("Query View Preview Image", 404, "404011", "View not found",
    lambda w: w.ask("Query View Preview Image", place={"workbook": w.new_workbook()}))

# Data

for id in (NOBODY, "no-id"):
    row("Query View Data", 400, "400080", "Bad Request", lambda w, id=id: w.ask("Query View Data", place={"view": id}))
row("Query View Data", 403, "403032", "Read forbidden", lambda w: w.ask("Query View Data", who="cora"))
row("Query View Data", 401, "401002", "Unauthorized", lambda w: w.ask("Query View Data", headers={"X-Tableau-Auth": "stale"}))
for bad in ({"maxAge": "x"}, {"maxAge": "-1"}, {"language": "tlh"}):
    row("Query View Data", 400, "400008", "Invalid parameter value", lambda w, bad=bad: w.ask("Query View Data", params=bad))

# Pictures

IMAGE, PDF = "Query View Image", "Query View PDF"
for id in (NOBODY, "no-id"):
    row(IMAGE, 404, "404011", "View not found", lambda w, id=id: w.ask(IMAGE, place={"view": id}))
    row(PDF, 400, "400080", "Bad Request", lambda w, id=id: w.ask(PDF, place={"view": id}))
row(IMAGE, 403, "403004", "Read forbidden", lambda w: w.ask(IMAGE, who="cora"))
row(PDF, 403, "403032", "Read forbidden", lambda w: w.ask(PDF, who="cora"))
row(PDF, 401, "401002", "Unauthorized", lambda w: w.ask(PDF, headers={"X-Tableau-Auth": "stale"}))
SIZES = ({"vizWidth": "9"}, {"vizWidth": "9", "vizHeight": "0"}, {"vizWidth": "10001", "vizHeight": "9"}, {"maxAge": "x"})
for one, more in ((IMAGE, ({"resolution": "HIGH"}, {"format": "gif"}, {"format": "svg"})), (PDF, ({"type": "A7"}, {"orientation": "up"}))):
    for bad in SIZES + more:
        row(one, 400, "400008", "Invalid parameter value", lambda w, o=one, bad=bad: w.ask(o, params=bad))

# Permissions


def forbidden_title(operation: str) -> str:
    return "No permissions to set permissions" if operation == "Add Data Source Permissions" else "Permissions setting forbidden"


RULED = {"Workbook": "workbook", "Data Source": "datasource", "Project": "project", "Default": "project"}
for name, kind in RULED.items():
    add, query = f"Add {name} Permissions", f"Query {name} Permissions"
    delete = f"Delete {name} Permission"
    found = f"{NAMES[kind].capitalize()} not found"
    for id in (NOBODY, "no-id"):
        place = {kind: id}
        row(query, 404, MISSING[kind], found, lambda w, o=query, p=place: w.ask(o, place=p))
        row(add, 404, MISSING[kind], found, lambda w, o=add, p=place: w.ask(o, allow(w), place=p))
        row(delete, 404, MISSING[kind], found, lambda w, o=delete, p=place: w.ask(o, place=p))
    row(add, 403, "403004", forbidden_title(add), lambda w, o=add: w.ask(o, allow(w), who="grace"))
    row(delete, 403, "403004", "Permissions setting forbidden", lambda w, o=delete: w.ask(o, who="grace"))
    for bad in ("Fly", "read", "", "AiAccess"):
        row(add, 404, "404013", "Capability not found", lambda w, o=add, bad=bad: w.ask(o, allow(w, bad)))
    row(delete, 404, "404013", "Capability not found", lambda w, o=delete: w.ask(o, place={"capability": "Fly"}))
    for bad in ("allow", "DENY", "", "Maybe"):
        row(add, 404, "404013", "Capability not found", lambda w, o=add, bad=bad: w.ask(o, allow(w, mode=bad)))
    row(delete, 404, "404013", "Capability not found", lambda w, o=delete: w.ask(o, place={"mode": "allow"}))
    for grantee in ("grace", "vera"):
        row(delete, 404, "404013", "Capability not assigned",
            lambda w, o=delete, who=grantee: w.ask(o, place={"user": w.people[who], "mode": "Deny"}))
    wrong = {"workbook": ["Connect", "ProjectLeader", "RunExplainData"], "project": ["ExportXml", "InheritedProjectLeader"]}
    wrong = wrong["workbook"] if name == "Default" else wrong.get(kind, ["Filter", "ChangeHierarchy", "ProjectLeader"])
    for bad in wrong:
        row(add, 400, "400009", "Invalid capability", lambda w, o=add, bad=bad: w.ask(o, allow(w, bad)))
        row(delete, 400, "400009", "Invalid capability", lambda w, o=delete, bad=bad: w.ask(o, place={"capability": bad}))
    row(add, 404, "404002", "User not found", lambda w, o=add: w.ask(o, allow(w, user=NOBODY)))
    row(delete, 404, "404002", "User not found", lambda w, o=delete: w.ask(o, place={"user": NOBODY}))
    read = element("capability", name="Read", mode="Allow")
    row(add, 404, "404012", "Group not found", lambda w, o=add, r=read: w.ask(o, permissions(("group", NOBODY, r))))
    row(delete, 404, "404012", "Group not found", lambda w, o=delete: w.ask(o, group=True, place={"user": NOBODY}))
    # Bodies that are whole and say nothing that could be done.
    for body in (
        "<granteeCapabilities/>",
        f"<granteeCapabilities><user id='{NOBODY}'/></granteeCapabilities>",
        f"<granteeCapabilities><user id='{NOBODY}'/><capabilities/></granteeCapabilities>",
        f"<granteeCapabilities><user id='{NOBODY}'/><group id='{NOBODY}'/><capabilities>{read}</capabilities></granteeCapabilities>",
        f"<granteeCapabilities><groupSet id='{NOBODY}'/><capabilities>{read}</capabilities></granteeCapabilities>",
        f"<granteeCapabilities><user id='{NOBODY}'/><capabilities><capability name='Read'/></capabilities></granteeCapabilities>",
        f"<granteeCapabilities><user id='{NOBODY}'/><capabilities>{read}<capability name='Read' mode='Deny'/></capabilities>"
        "</granteeCapabilities>",
    ):
        row(add, 400, "400000", "Bad request",
            lambda w, o=add, b=body: w.ask(o, f"<tsRequest><permissions>{b}</permissions></tsRequest>".encode()))
    mismatch = "Project ID mismatch" if kind == "project" else "ID mismatch"
    row(add, 404, "404009", mismatch,
        lambda w, o=add, k=kind: w.ask(o, allow(w, inner=element(k, id=NOBODY))))

row("Add Project Permissions", 400, "400009", "Invalid capability",
    lambda w: w.ask("Add Project Permissions", allow(w, "ProjectLeader", "Deny")))
row("Delete Project Permission", 400, "400009", "Invalid capability",
    lambda w: w.ask("Delete Project Permission", place={"capability": "ProjectLeader", "mode": "Deny"}))
for name, other in (("Workbook", "project"), ("Data Source", "workbook"), ("Data Source", "project"), ("Project", "datasource")):
    row(f"Add {name} Permissions", 400, "400000", "Bad request",
        lambda w, n=name, k=other: w.ask(f"Add {n} Permissions", allow(w, inner=element(k, id=getattr(w, k)))))
for other in ("workbook", "datasource"):
    row("Add Default Permissions", 400, "400042", "Malformed permissions qualifier",
        lambda w, k=other: w.ask("Add Default Permissions", allow(w, inner=element(k, id=getattr(w, k)))))
row("Query Default Permissions", 403, "403035", "Querying data source permissions forbidden",
    lambda w: w.ask("Query Default Permissions", who="grace", place={"kind": "datasources"}))
row("Query Default Permissions", 403, "403036", "Querying workbook permissions forbidden",
    lambda w: w.ask("Query Default Permissions", who="grace"))

# Favorites

GONE = {"workbook": "404006", "view": "404011", "datasource": "404011", "project": "404005"}
TITLES = {  # of 403004, in the words of each page
    "Add Workbook to Favorites": "Access to Favorites forbidden",
    "Add Project to Favorites": "Access to favorites denied",
    "Add View to Favorites": "Forbidden Favorites access",
    "Add Data Source to Favorites": "Forbidden favorites access",
    "Delete Workbook from Favorites": "Access to Favorites forbidden",
    "Delete Project from Favorites": "Forbidden favorites access",
    "Delete View from Favorites": "Forbidden Favorites access",
    "Delete Data Source from Favorites": "Forbidden favorites access",
}
for kind, name in NAMES.items():
    add, delete, found = f"Add {name} to Favorites", f"Delete {name} from Favorites", f"{name.capitalize()} not found"

    def own(w: Shared, kind=kind) -> str:
        return getattr(w, kind)

    for bad in ("", "   ", "\t", "x" * 256):
        row(add, 400, "400005", "Invalid label", lambda w, o=add, k=kind, i=own, bad=bad: w.ask(o, favorite(k, i(w), bad)))
    # Only JSON can hold such a letter, which PostgreSQL cannot.
    row(add, 400, "400005", "Invalid label",
        lambda w, o=add, k=kind, i=own: w.ask(o, data_json={"favorite": {"label": "a\0b", k: {"id": i(w)}}}))
    for bad in ("<favorite label='x'/>", "<favorite label='x'><dashboard id='1'/></favorite>", f"<favorite label='x'><{kind}/></favorite>"):
        row(add, 400, "400000", "Bad request", lambda w, o=add, bad=bad: w.ask(o, f"<tsRequest>{bad}</tsRequest>".encode()))
    row(add, 400, "400000", "Bad request", lambda w, o=add, k=kind, i=own: w.ask(o, favorite(k, i(w), None)))
    row(add, 403, "403004", TITLES[add], lambda w, o=add, k=kind, i=own: w.ask(o, favorite(k, i(w)), who="ada"))
    row(add, 403, "403004", TITLES[add],
        lambda w, o=add, k=kind, i=own: w.ask(o, favorite(k, i(w)), who="cora", place={"user": w.people["cora"]}))
    row(delete, 403, "403004", TITLES[delete], lambda w, o=delete: w.ask(o, who="ada"))
    row(add, 404, "404002", "User not found",
        lambda w, o=add, k=kind, i=own: w.ask(o, favorite(k, i(w)), place={"user": NOBODY}))
    row(delete, 404, "404002", "User not found", lambda w, o=delete: w.ask(o, place={"user": NOBODY}))
    for id in (NOBODY, "no-id"):
        row(add, 404, GONE[kind], found, lambda w, o=add, k=kind, id=id: w.ask(o, favorite(k, id)))
        row(delete, 404, GONE[kind], found, lambda w, o=delete, k=kind, id=id: w.ask(o, place={k: id}))
    if kind != "project":
        row(delete, 404, "404010", f"{name.capitalize()} not a favorite", lambda w, o=delete: w.ask(o))

OTHERS = {
    "workbook": World.new_workbook,
    "datasource": World.new_datasource,
    "view": lambda w: w.first(f"/sites/{{site}}/workbooks/{w.new_workbook()}/views", "views/view"),
}
for kind, new in OTHERS.items():
    def same_label(w: Shared, kind=kind, new=new) -> Answer:
        operation = f"Add {NAMES[kind]} to Favorites"
        label, first = w.fresh("label"), new(w)
        w.ask(operation, favorite(kind, first, label)).response.raise_for_status()
        answer = w.ask(operation, favorite(kind, new(w), label))
        assert first in answer.content.decode(), "a conflict names what is there"
        return answer
    row(f"Add {NAMES[kind]} to Favorites", 409, "409007", "Label conflict", same_label)
row("Get Favorites for User", 403, "403004", "Forbidden Favorites access", lambda w: w.ask("Get Favorites for User", who="ada"))
row("Get Favorites for User", 404, "404002", "User not found",
    lambda w: w.ask("Get Favorites for User", place={"user": NOBODY}))


@pytest.fixture(scope="module")
def world(live) -> Shared:
    return Shared(live.url)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form: str):
    world.form = form
    answer = one.call(world)
    answer.refused(one.status, (one.code, *one.also))
    assert answer.is_json == (form == "json")


def test_every_row_of_the_reference_is_here(spec):
    """Keeps the table whole: a row of one of these methods is provoked above or listed with a reason."""
    here = {(one.operation, code, one.condition) for one in ROWS for code in (one.code, *one.also)}
    missing = []
    with open(spec / "errors.tsv", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            key = (line["method"], line["error_code"] or "404004", line["condition_name"])
            if line["method"] in OPERATIONS and key not in here and key not in UNPROVOKED:
                missing.append(key)
    assert not missing


def test_token_errors_stand_before_everything(world):
    """Without a token nothing is told, not even whether a thing exists."""
    world.form = "xml"
    place = dict.fromkeys(("workbook", "datasource", "project", "view", "user"), NOBODY)
    for operation, (method, _, _) in OPERATIONS.items():
        for token, code in ((None, "401000"), ("stale", "401002")):
            body = b"<tsRequest/>" if method == "PUT" else None
            world.ask(operation, body, headers={"X-Tableau-Auth": token}, place=place).refused(401, code)


def test_an_unlicensed_user_changes_nothing(world):
    """Without a licence nobody looks at or changes anything of others."""
    world.form = "xml"
    bodies = {
        "Tags": tags("x"), "Permissions": allow(world), "Favorites": favorite("workbook", world.workbook),
    }  # fmt: skip
    for operation, (method, _, _) in OPERATIONS.items():
        body = next((b for word, b in bodies.items() if word in operation), None) if method == "PUT" else None
        answer = world.ask(operation, body, who="ulrich")
        assert answer.status == 403, str(answer)
