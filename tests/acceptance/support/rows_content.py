"""Error rows of signing in, sites, people, projects, uploads, workbooks and data sources."""

from __future__ import annotations

from support import content
from support.rest import MIXED, NOBODY, Answer, Rest, element, multipart, ts_request
from support.content import Connection
from support.world import ADMIN, ADMIN_PASSWORD, OPERATIONS, World, row

UNPROVOKED: dict[tuple[str, str, str], str] = {
    ("Update User", "409000", "User conflict"): "the name of a user is not among what can be changed",
    ("Update User", "403009", "Guest update forbidden"): "no guest account exists",
    ("Remove User from Site", "400000", "Deletion failed"): "stands for failures without a name",
    ("Publish Workbook", "403007", "Problem connecting to data source"): "no connection is tried while publishing",
    ("Publish Data Source", "403007", "Problem connecting to data source"): "no connection is tried while publishing",
    ("Publish Workbook", "404006", "Workbook not found"): (
        "the same page says that overwrite=true creates what is not there, and clients rely on that"
    ),
    ("Query Views for Site", "403004", "Read forbidden"): "lists leave out what the caller may not read",
    ("Query Workbooks for Site", "403018", "Read forbidden"): "lists leave out what the caller may not read",
    ("Server Info", "404003", "Resource not found"): "an answer of servers without the method",
}

# The rows that every operation has alike.

PAGED = [
    "Query Sites", "Query Views for Site", "Query Projects", "Query Workbooks for Site", "Query Workbooks for User",
    "Query Data Sources", "Get Users on Site", "Query Groups", "Get Users in Group",
]  # fmt: skip
for one in PAGED:
    for number in ("0", "-1", "x", "", "1.5", "99999"):
        row(one, 400, "400006", "Invalid page number", lambda w, one=one, n=number: w.ask(one, params={"pageNumber": n}))
    for size in ("0", "-1", "x", ""):
        row(one, 400, "400007", "Invalid page size", lambda w, one=one, n=size: w.ask(one, params={"pageSize": n}))
    condition = "Page size exceeds upper limit" if "Workbooks" in one else "Page size limit exceeded"
    for size in ("1001", "99999999999999999999"):
        row(one, 403, "403014", condition, lambda w, one=one, n=size: w.ask(one, params={"pageSize": n}))

for one, (method, path, wrong) in OPERATIONS.items():
    some = None if method in ("GET", "DELETE") else b"<tsRequest/>"
    row(one, 405, "405000", "Invalid request method", lambda w, one=one, verb=wrong: w.ask(one, verb=verb))
    if path.startswith("/sites/{site}") and one not in ("Query Site", "Update Site", "Delete Site"):
        row(one, 404, "404000", "Site not found", lambda w, one=one, b=some: w.ask(one, b, place={"site": NOBODY}))

for one, tag in {
    "Switch Site": "site", "Create Site": "site", "Update Site": "site", "Create Project": "project",
    "Update Project": "project", "Update Workbook": "workbook", "Update Workbook Connection": "connection",
    "Update Data Source": "datasource", "Update Data Source Connection": "connection", "Add User to Site": "user",
    "Update User": "user", "Create Group": "group", "Update Group": "group", "Add User to Group": "user",
    "Sign In": "credentials",
}.items():  # fmt: skip
    for bad in (
        b"",
        b"<tsRequest>",
        b"no XML at all",
        f"<tsRequest><{tag}></tsRequest>".encode(),
        b"<other/>",
        f'<tsRequest><{tag} name="a" name="b"/></tsRequest>'.encode(),
        b"<tsRequest>&nope;</tsRequest>",
        b'<?xml version="1.0" encoding="utf-8"?><tsRequest>\xff\xfe</tsRequest>',
    ):
        row(one, 400, "400000", "Bad request", lambda w, one=one, bad=bad: w.ask(one, bad))

# Authentication


def credentials(*children: str, **attributes: str) -> bytes:
    return ts_request(element("credentials", list(children) or [element("site", contentUrl="")], **attributes))


row("Sign In", 400, "400000", "Bad request", lambda w: w.ask(
    "Sign In", credentials(name=ADMIN, password=ADMIN_PASSWORD, personalAccessTokenName="ci", personalAccessTokenSecret="x")))
row("Sign In", 400, "400000", "Bad request", lambda w: w.ask("Sign In", credentials()))
row("Sign In", 401, "401001", "Login error", lambda w: w.ask("Sign In", credentials(name="ada", password="wrong")))
row("Sign In", 401, "401001", "Login error", lambda w: w.ask("Sign In", credentials(name="nobody", password="wrong")))
row("Sign In", 401, "401001", "Login error", lambda w: w.ask(
    "Sign In", credentials(element("site", contentUrl="nowhere"), name=ADMIN, password=ADMIN_PASSWORD)))
row("Sign In", 401, "401001", "Login error", lambda w: w.ask(
    "Sign In", credentials(personalAccessTokenName="ci", personalAccessTokenSecret="wrong"), version="3.6"))
row("Sign In", 404, "404002", "User not found", lambda w: w.ask(
    "Sign In",
    credentials(element("site", contentUrl=""), element("user", id=NOBODY), name=ADMIN, password=ADMIN_PASSWORD)))
row("Switch Site", 401, "401000", "Unauthorized access", lambda w: w.ask(
    "Switch Site", ts_request(element("site", contentUrl="second")), headers={"X-Tableau-Auth": None}))
row("Switch Site", 401, "401002", "Unauthorized access", lambda w: w.ask(
    "Switch Site", ts_request(element("site", contentUrl="second")), headers={"X-Tableau-Auth": "stale"}))
row("Switch Site", 401, "401003", "Unauthorized access", lambda w: w.ask(
    "Switch Site", ts_request(element("site", contentUrl="nowhere"))))
row("Switch Site", 401, "401003", "Unauthorized access", lambda w: w.ask(
    "Switch Site", ts_request(element("site", contentUrl="third")), who="ada"))
row("Switch Site", 403, "403070", "Forbidden", lambda w: w.ask("Switch Site", ts_request(element("site", contentUrl=""))))
row("Server Info", 404, "404001", "Endpoint unavailable", lambda w: w.ask("Server Info", version="9.9"), also=("404003",))

# Sites


def site(**attributes) -> bytes:
    return ts_request(element("site", **attributes))


def new_site(w: World, **attributes) -> bytes:
    name = w.fresh("site")
    return site(**{"name": name, "contentUrl": name, **attributes})


for bad in ("0", "-7", "much"):
    row("Create Site", 400, "400000", "Invalid storage quota",
        lambda w, bad=bad: w.ask("Create Site", new_site(w, storageQuota=bad)))
    row("Create Site", 400, "400000", "Invalid user quota", lambda w, bad=bad: w.ask("Create Site", new_site(w, userQuota=bad)))
for bad in ("Anarchy", "", " "):
    row("Create Site", 400, "400013", "Invalid administrator mode",
        lambda w, bad=bad: w.ask("Create Site", new_site(w, adminMode=bad)))
    row("Update Site", 400, "400013", "Invalid administrator mode",
        lambda w, bad=bad: w.ask("Update Site", site(adminMode=bad), place={"site": w.new_site().site_id}))
row("Create Site", 409, "409001", "Site name conflict", lambda w: w.ask("Create Site", new_site(w, name="SECOND site")))
row("Create Site", 409, "409002", "Site URL conflict", lambda w: w.ask("Create Site", new_site(w, contentUrl="SECOND")))
row("Create Site", 409, "409004", "Administrator mode or user quota conflict",
    lambda w: w.ask("Create Site", new_site(w, adminMode="ContentOnly", userQuota="5")))
row("Create Site", 409, "409004", "Administrator mode or user quota conflict",
    lambda w: w.ask("Create Site", new_site(w, adminMode="ContentOnly", tierCreatorCapacity="5")))
row("Update Site", 404, "404000", "Site not found", lambda w: w.ask("Update Site", site(name="x"), place={"site": NOBODY}))
row("Update Site", 409, "409001", "Site name conflict",
    lambda w: w.ask("Update Site", site(name="Second Site"), place={"site": w.new_site().site_id}))
row("Update Site", 409, "409002", "Site URL conflict",
    lambda w: w.ask("Update Site", site(contentUrl="second"), place={"site": w.new_site().site_id}))
row("Update Site", 409, "409004", "Administrator mode or user quota conflict",
    lambda w: w.ask("Update Site", site(adminMode="ContentOnly", userQuota="5"), place={"site": w.new_site().site_id}))
row("Delete Site", 403, "403002", "Deletion not allowed", lambda w: w.ask("Delete Site"))
row("Delete Site", 404, "404000", "Site not found", lambda w: w.ask("Delete Site", place={"site": NOBODY}))
for key in ("name", "contentUrl"):
    row("Delete Site", 404, "404000", "Site not found",
        lambda w, key=key: w.ask("Delete Site", place={"site": "nowhere"}, params={"key": key}))
    row("Query Site", 404, "404000", "Site not found",
        lambda w, key=key: w.ask("Query Site", place={"site": "nowhere"}, params={"key": key}))
row("Query Site", 404, "404000", "Site not found", lambda w: w.ask("Query Site", place={"site": NOBODY}))
row("Query Views for Site", 400, "400008", "Invalid parameter value",
    lambda w: w.ask("Query Views for Site", params={"includeUsageStatistics": "maybe"}))

# Projects


def project(**attributes) -> bytes:
    return ts_request(element("project", **attributes))


def full_site(w: World) -> Rest:
    """A site with one megabyte, used up."""
    session = w.new_site(storageQuota=1)
    noise = content.twbx(files={"noise.bin": content.noise((1 << 20) - 4096, 3)})
    session.publish_workbook("Full", noise).ok(201)
    return session


row("Create Project", 409, "409006", "Project name conflict", lambda w: w.ask("Create Project", project(name="FINANCE")))
row("Create Project", 403, "403008", "Insufficient storage on site", lambda w: w.ask(
    "Create Project", project(name="P"), params={"publishSamples": "true"}, session=full_site(w)))
row("Update Project", 400, "400008", "Invalid parameter value",
    lambda w: w.ask("Update Project", project(contentPermissions="LockedToProjectWithoutNested"), version="3.1"))
row("Update Project", 403, "403005", "Forbidden",
    lambda w: w.ask("Update Project", project(name="Other"), place={"project": w.admin.project("Default")}))
row("Update Project", 403, "403004", "Update forbidden",
    lambda w: w.ask("Update Project", project(name="Other"), who="cora", place={"project": w.shared}))


def samples_on_a_full_site(w: World) -> Answer:
    session = full_site(w)
    place = {"project": session.new_project("P")}
    return w.ask("Update Project", project(), params={"publishSamples": "true"}, session=session, place=place)


row("Update Project", 403, "403008", "Insufficient storage on site", samples_on_a_full_site)
row("Update Project", 404, "404005", "Project not found",
    lambda w: w.ask("Update Project", project(name="x"), place={"project": NOBODY}))
row("Update Project", 404, "404009", "Project ID mismatch",
    lambda w: w.ask("Update Project", project(id=w.shared, name="x")))
row("Update Project", 409, "409006", "Project name conflict", lambda w: w.ask("Update Project", project(name="finance")))
row("Delete Project", 403, "403003", "Deletion forbidden",
    lambda w: w.ask("Delete Project", place={"project": w.admin.project("Default")}))
row("Delete Project", 404, "404005", "Project not found", lambda w: w.ask("Delete Project", place={"project": NOBODY}))

# People and groups


def user(**attributes) -> bytes:
    return ts_request(element("user", **attributes))


def group(*children: str, **attributes) -> bytes:
    return ts_request(element("group", list(children), **attributes))


for bad in ("Emperor", "", "creator", "SupportUser"):
    row("Add User to Site", 400, "400013", "Invalid site role",
        lambda w, bad=bad: w.ask("Add User to Site", user(name=w.fresh("u"), siteRole=bad)))
row("Update User", 400, "400013", "Invalid site role",
    lambda w: w.ask("Update User", user(siteRole="Emperor"), place={"user": w.spare}))
row("Add User to Site", 409, "409000", "User conflict",
    lambda w: w.ask("Add User to Site", user(name="GRACE", siteRole="Viewer")))
row("Add User to Site", 409, "409005", "Guest user conflict",
    lambda w: w.ask("Add User to Site", user(name=w.fresh("u"), siteRole="Guest")))
for bad in ("no address", "a@b@c", "@example.com"):
    row("Update User", 400, "400000", "Invalid email address",
        lambda w, bad=bad: w.ask("Update User", user(email=bad), place={"user": w.spare}))
row("Update User", 403, "403009", "Licensing update on self forbidden",
    lambda w: w.ask("Update User", user(siteRole="Viewer"), who="sophie", place={"user": w.people["sophie"]}))


def one_creator_too_many(w: World) -> Answer:
    session = w.new_site(tierCreatorCapacity=1)
    session.new_user(w.fresh("u"), "Creator")
    place = {"user": session.new_user(w.fresh("u"), "Unlicensed")}
    return w.ask("Update User", user(siteRole="Creator"), session=session, place=place)


row("Update User", 409, "409014", "Licensing conflict", one_creator_too_many)
row("Query User On Site", 404, "404002", "User not found", lambda w: w.ask("Query User On Site", place={"user": NOBODY}))
row("Update User", 404, "404002", "User not found",
    lambda w: w.ask("Update User", user(fullName="x"), place={"user": NOBODY}))
row("Remove User from Site", 404, "404002", "User not found", lambda w: w.ask("Remove User from Site", place={"user": NOBODY}))
row("Remove User from Site", 409, "409003", "User asset conflict",
    lambda w: w.ask("Remove User from Site", place={"user": w.people["ada"]}))
row("Query Workbooks for User", 404, "404002", "User not found",
    lambda w: w.ask("Query Workbooks for User", place={"user": NOBODY}))
row("Query Workbooks for User", 403, "403018", "Read forbidden",
    lambda w: w.ask("Query Workbooks for User", who="grace", place={"user": w.people["ada"]}))

for operation in ("Create Group", "Update Group"):
    row(operation, 400, "400013", "Invalid site role",
        lambda w, o=operation: w.ask(o, group(name=w.fresh("G"), minimumSiteRole="Emperor"), version="3.8"))
    for bad in (
        dict(source="LDAP", domainName="example", siteRole="Viewer"),
        dict(domainName="example", siteRole="Viewer"),
        dict(source="ActiveDirectory", siteRole="Viewer"),
        dict(source="ActiveDirectory", domainName="example"),
    ):
        row(operation, 400, "400019", "Malformed import element",
            lambda w, o=operation, bad=bad: w.ask(o, group(element("import", **bad), name=w.fresh("G"))))
directory = element("import", source="ActiveDirectory", domainName="example", siteRole="Viewer")
row("Create Group", 403, "403011", "ActiveDirectory is not configured",
    lambda w: w.ask("Create Group", group(directory, name=w.fresh("G"))))
row("Update Group", 403, "403011", "ActiveDirectory not configured", lambda w: w.ask("Update Group", group(directory, name="Errors")))
row("Create Group", 409, "409009", "Group name conflict", lambda w: w.ask("Create Group", group(name="ANALYSTS")))
row("Update Group", 409, "409009", "Group name conflict", lambda w: w.ask("Update Group", group(name="analysts")))
for operation, body in {
    "Update Group": group(name="x"), "Delete Group": None, "Get Users in Group": None,
    "Add User to Group": user(id=NOBODY), "Remove User from Group": None,
}.items():  # fmt: skip
    row(operation, 404, "404012", "Group not found",
        lambda w, o=operation, body=body: w.ask(o, body, place={"group": NOBODY}))
row("Add User to Group", 409, "409011", "User conflict", lambda w: w.ask(
    "Add User to Group", user(id=w.people["grace"]),
    place={"group": w.first("/sites/{site}/groups", "groups/group", params={"filter": "name:eq:Analysts"})}))
row("Remove User from Group", 404, "404002", "User not found", lambda w: w.ask("Remove User from Group", place={"user": NOBODY}))

# Uploads

row("Initiate File Upload", 400, "400000", "Bad request", lambda w: w.ask("Initiate File Upload", b"<tsRequest>"))
row("Initiate File Upload", 403, "403015", "Access to Favorites forbidden", lambda w: w.ask("Initiate File Upload", who="vera"))


def append(w: World, *parts, upload: str | None = None, **options) -> Answer:
    body = multipart(*parts)
    return w.ask("Append to File Upload", body, headers=MIXED, place={"upload": upload or w.admin.start_upload()}, **options)


EMPTY = (None, "request_payload", None, "text/xml", b"")
CHUNK = (None, "tableau_file", "chunk", None, b"some bytes")
for bad in (b"", b"no form at all"):
    row("Append to File Upload", 400, "400000", "Bad request", lambda w, bad=bad: w.ask(
        "Append to File Upload", bad, headers=MIXED, place={"upload": w.admin.start_upload()}))
row("Append to File Upload", 400, "400016", "File size too large",
    lambda w: append(w, EMPTY, (None, "tableau_file", "chunk", None, bytes(65 << 20))))
row("Append to File Upload", 400, "400019", "Malformed request body",
    lambda w: append(w, (None, "request_payload", None, "text/xml", b"<tsRequest/>"), CHUNK))
row("Append to File Upload", 400, "400020", "Missing file data", lambda w: append(w, EMPTY))
row("Append to File Upload", 403, "403007", "Not a publisher", lambda w: append(w, EMPTY, CHUNK, who="vera"))
for unknown in ("1:abcdef-1:1", "7:0-0:0"):
    row("Append to File Upload", 404, "404015", "File upload not found",
        lambda w, unknown=unknown: append(w, EMPTY, CHUNK, upload=unknown))

# Publishing, what workbooks and data sources have alike

for operation in ("Publish Workbook", "Publish Data Source"):
    workbook = operation == "Publish Workbook"
    kind = "workbookType" if workbook else "datasourceType"
    malformed = ("400000", "Malformed request body") if workbook else ("400000", "Bad request")
    for bad in (b"", b"<tsRequest>", b"<tsRequest/>", b"junk", b"<other/>"):
        row(operation, 400, *malformed, lambda w, o=operation, bad=bad: w.publish(o, payload=bad), also=("400019",))
    row(operation, 400, "400000", "Missing workbook" if workbook else "Missing data source",
        lambda w, o=operation: w.publish(o, files=[]))
    for bad in ("maybe", "1", ""):
        row(operation, 400, "400008", "Invalid overwrite value",
            lambda w, o=operation, bad=bad: w.publish(o, params={"overwrite": bad}))
    row(operation, 400, "400008", "Invalid embed value", lambda w, o=operation: w.publish(
        o, inner=element("connectionCredentials", name="a", password="b", embed="maybe")))
    row(operation, 400, "400011", "Publishing error",
        lambda w, o=operation: w.publish(o, file="x.twbx" if o == "Publish Workbook" else "x.tdsx", data=b"PK\x03\x04 cut off"))
    row(operation, 400, "400011", "Publishing error", lambda w, o=operation: w.publish(o, data=b"not XML"))
    for bad in ("x.txt", "x", "x.twb.exe", "x.tfl"):
        row(operation, 400, "400020" if workbook else "400010",
            "Invalid workbook file name" if workbook else "Invalid data source filename",
            lambda w, o=operation, bad=bad: w.publish(o, file=bad))
    for bad in ({}, {kind: "txt"}, {kind: ""}):
        row(operation, 400, "400035" if workbook else "400010", "Missing or invalid file type",
            lambda w, o=operation, bad=bad: w.publish(o, files=[], params={"uploadSessionId": w.uploaded(b"x"), **bad}))
    for extra in (1, 2):
        row(operation, 400, "400000" if workbook else "400010", "Unexpected attachments",
            lambda w, o=operation, k=kind, extra=extra: w.publish(
                o,
                files=[(f"a.{'twb' if o == 'Publish Workbook' else 'tds'}", content.twb())] * extra,
                params={"uploadSessionId": w.uploaded(b"x"), k: "twb" if o == "Publish Workbook" else "tds"} if extra == 1 else {}))
    row(operation, 403, "403007", "Insufficient publishing permission",
        lambda w, o=operation: w.publish(o, who="cora", project=w.closed))
    row(operation, 403, "403007", "Insufficient publishing permission",
        lambda w, o=operation: w.publish(o, who="vera", project=w.shared))
    row(operation, 403, "403007", "Unlicensed publishing forbidden",
        lambda w, o=operation: w.publish(o, who="ulrich", project=w.admin.project("Default")))
    row(operation, 403, "403008", "Insufficient storage quota", lambda w, o=operation: quota(w, o))
    row(operation, 404, "404005", "Project not found", lambda w, o=operation: w.publish(o, project=NOBODY))
    row(operation, 404, "404015", "File upload not found", lambda w, o=operation, k=kind: w.publish(
        o, files=[], params={"uploadSessionId": "1:abcdef-1:1", k: "twb" if o == "Publish Workbook" else "tds"}))


def quota(w: World, operation: str) -> Answer:
    session = w.new_site(storageQuota=1)
    workbook = operation == "Publish Workbook"
    files = {"noise.bin": content.noise(1 << 20, 3)}
    data = content.twbx(files=files) if workbook else content.tdsx(files=files)
    return w.publish(operation, session=session, project=session.project(), file="x.twbx" if workbook else "x.tdsx", data=data)


def twice(w: World, operation: str) -> Answer:
    name = w.fresh("Twice")
    form, w.form = w.form, "xml"
    w.publish(operation, name=name).ok(201)
    w.form = form
    return w.publish(operation, name=name.upper())


row("Publish Workbook", 403, "403007", "Overwrite forbidden", lambda w: twice(w, "Publish Workbook"))
row("Publish Data Source", 403, "403007", "Overwrite forbidden", lambda w: twice(w, "Publish Data Source"))
row("Publish Data Source", 400, "400019", "Malformed request body", lambda w: w.ask(
    "Publish Data Source", b"no form at all", headers=MIXED), also=("400000",))
for bad in ("maybe", "1"):
    row("Publish Data Source", 400, "400008", "Invalid append value",
        lambda w, bad=bad: w.publish("Publish Data Source", params={"append": bad}))
row("Publish Data Source", 400, "400055", "Incompatible overwrite and append values",
    lambda w: w.publish("Publish Data Source", params={"append": "true", "overwrite": "true"}))
row("Publish Data Source", 404, "404004", "Data source not found",
    lambda w: w.publish("Publish Data Source", file="x.hyper", data=content.hyper(), params={"append": "true"}))

# Workbooks

for operation in (
    "Query Workbook", "Update Workbook", "Delete Workbook", "Download Workbook", "Query Views for Workbook",
    "Query Workbook Connections", "Update Workbook Connection",
):  # fmt: skip
    tag = "connection" if "Connection" in operation else "workbook"
    row(operation, 404, "404006", "Workbook not found", lambda w, o=operation, tag=tag: w.ask(
        o, ts_request(element(tag, name="x")) if o.startswith("Update") else None, place={"workbook": NOBODY}))
for operation, code in {
    "Query Workbook": "403018", "Download Workbook": "403019", "Query Views for Workbook": "403004",
    "Query Workbook Connections": "403021",
}.items():  # fmt: skip
    row(operation, 403, code, "Read forbidden",
        lambda w, o=operation: w.ask(o, who="grace", place={"workbook": w.named("workbooks", "Secret")}))
row("Download Workbook", 403, "403019", "Read forbidden",
    lambda w: w.ask("Download Workbook", who="grace", place={"workbook": w.named("workbooks", "Shared Book")}))
row("Query Views for Workbook", 400, "400008", "Invalid parameter value",
    lambda w: w.ask("Query Views for Workbook", params={"includeUsageStatistics": "maybe"}))


def changed(tag: str, *children: str, **attributes) -> bytes:
    return ts_request(element(tag, list(children), **attributes))


# Cora may write what is in "Shared", but does not own or lead it; in "Closed" she may nothing.
row("Update Workbook", 403, "403027", "Owner change forbidden", lambda w: w.ask(
    "Update Workbook", changed("workbook", element("owner", id=w.people["cora"])), who="cora",
    place={"workbook": w.named("workbooks", "Shared Book")}))
row("Update Workbook", 403, "403027", "Update forbidden", lambda w: w.ask(
    "Update Workbook", changed("workbook", showTabs=True), who="grace", place={"workbook": w.named("workbooks", "Shared Book")}))
for code, condition, other in (("403025", "Update forbidden", "403004"), ("403004", "Publishing forbidden", "403025")):
    row("Update Workbook", 403, code, condition, lambda w: w.ask(
        "Update Workbook", changed("workbook", element("project", id=w.closed)), who="cora",
        place={"workbook": w.named("workbooks", "Shared Book")}), also=(other,))
row("Update Workbook", 404, "404002", "User not found",
    lambda w: w.ask("Update Workbook", changed("workbook", element("owner", id=NOBODY))))
row("Update Workbook", 404, "404005", "Project not found",
    lambda w: w.ask("Update Workbook", changed("workbook", element("project", id=NOBODY))))


def connection_of(w: World, kind: str, item: str) -> str:
    return w.first(f"/sites/{{site}}/{kind}/{item}/connections", "connections/connection")


def intrude(w: World, operation: str, kind: str, name: str) -> Answer:
    item = w.named(kind, name)
    place = {kind[:-1]: item, "connection": connection_of(w, kind, item)}
    return w.ask(operation, changed("connection", userName="x"), who="grace", place=place)


row("Update Workbook Connection", 403, "403029", "Update forbidden",
    lambda w: intrude(w, "Update Workbook Connection", "workbooks", "Shared Book"))
row("Update Workbook Connection", 404, "404020", "Connection not found", lambda w: w.ask(
    "Update Workbook Connection", changed("connection", userName="x"), place={"connection": NOBODY}))

# Data sources

for operation in (
    "Query Data Source", "Update Data Source", "Delete Data Source", "Download Data Source",
    "Query Data Source Connections", "Update Data Source Connection",
):  # fmt: skip
    tag = "connection" if "Connection" in operation else "datasource"
    # The reference gives this one method another code than its siblings.
    code = "404011" if operation == "Query Data Source Connections" else "404004"
    row(operation, 404, code, "Data source not found", lambda w, o=operation, tag=tag: w.ask(
        o, ts_request(element(tag, name="x")) if o.startswith("Update") else None, place={"datasource": NOBODY}))
row("Update Data Source Connection", 404, "404004", "Data source not found", lambda w: w.ask(
    "Update Data Source Connection", changed("connection", userName="x"), place={"connection": NOBODY}))
for operation, code in {
    "Query Data Source": "403004", "Download Data Source": "403028", "Query Data Source Connections": "403021",
}.items():  # fmt: skip
    row(operation, 403, code, "Read forbidden",
        lambda w, o=operation: w.ask(o, who="grace", place={"datasource": w.named("datasources", "Hidden Orders")}))
row("Delete Data Source", 403, "403004", "Deletion forbidden", lambda w: w.ask(
    "Delete Data Source", who="cora", place={"datasource": w.named("datasources", "Shared Orders")}))
row("Update Data Source", 400, "400129", "Invalid Ask Data enablement", lambda w: w.ask(
    "Update Data Source", changed("datasource", element("askData", enablement="Sometimes")), version="3.9"))
row("Update Data Source", 403, "403027", "Update forbidden", lambda w: w.ask(
    "Update Data Source", changed("datasource", element("owner", id=w.people["cora"])), who="cora",
    place={"datasource": w.named("datasources", "Shared Orders")}))
row("Update Data Source", 403, "403030", "Update forbidden", lambda w: w.ask(
    "Update Data Source", changed("datasource", element("project", id=w.closed)), who="cora",
    place={"datasource": w.named("datasources", "Shared Orders")}))
row("Update Data Source", 403, "403032", "Update forbidden", lambda w: w.ask(
    "Update Data Source", changed("datasource", isCertified=True, certificationNote="x"), who="grace",
    place={"datasource": w.named("datasources", "Shared Orders")}))
row("Update Data Source", 404, "404002", "User not found",
    lambda w: w.ask("Update Data Source", changed("datasource", element("owner", id=NOBODY))))
row("Update Data Source", 404, "404005", "Project not found",
    lambda w: w.ask("Update Data Source", changed("datasource", element("project", id=NOBODY))))


def onto_a_taken_name(w: World) -> Answer:
    name = w.fresh("Same")
    other = w.admin.new_project(w.fresh("Other"))
    w.admin.publish_datasource(name, content.tds(), other).ok(201)
    source = w.admin.publish_datasource(name.upper(), content.tds(), w.project).ok(201).get("datasource", "id")
    return w.ask("Update Data Source", changed("datasource", element("project", id=other)), place={"datasource": source})


row("Update Data Source", 409, "409015", "Data source name conflict", onto_a_taken_name)
row("Update Data Source Connection", 403, "403023", "Update forbidden",
    lambda w: intrude(w, "Update Data Source Connection", "datasources", "Shared Orders"), also=("403027",))
row("Update Data Source Connection", 403, "403027", "Update forbidden",
    lambda w: intrude(w, "Update Data Source Connection", "datasources", "Hidden Orders"), also=("403023",))


def two_connections(w: World) -> Answer:
    source = w.new_datasource(connections=[Connection(), Connection("mysql", "other.example.com", "3306", "shop", "me")])
    return w.session("admin").put(f"/sites/{{site}}/datasources/{source}/connection", changed("connection", userName="x"))


row("Update Data Source Connection", 403, "403062", "Ambiguous connection", two_connections)

# What remains of the tables of groups and uploads.

row("Remove User from Group", 400, "400032", "Deletion failed",
    lambda w: w.ask("Remove User from Group", place={"group": w.first("/sites/{site}/groups", "groups/group",
                                                                     params={"filter": "name:eq:All Users"})}))


def _too_much(w: World) -> Answer:
    small = w.new_site(storageQuota=1)
    upload = small.start_upload()
    small.append(upload, bytes(700_000)).ok(200)
    part = (None, "tableau_file", "chunk", "application/octet-stream", bytes(700_000))
    body = multipart((None, "request_payload", None, "text/xml", b""), part)
    return w.ask("Append to File Upload", body, headers=MIXED, session=small, place={"upload": upload})


row("Append to File Upload", 403, "403016", "Upload failure", _too_much)
