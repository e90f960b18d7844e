"""Error rows of permissions, favorites, tags, revisions and previews."""

from __future__ import annotations

from support import content
from support.rest import NOBODY, Answer, element, ts_request
from support.world import OPERATIONS, World, row

UNPROVOKED: dict[tuple[str, str, str], str] = {
    ("Add Tags to Workbook", "400049", "Error adding tags"): "stands for failures without a name",
    ("Add Tags to View", "400076", "Error adding tags"): "stands for failures without a name",
    ("Add Tags to Data Source", "400075", "Error adding tags"): "stands for failures without a name",
    ("Delete Tag from Workbook", "400051", "Error deleting tag"): "stands for failures without a name",
    ("Delete Tag from View", "400078", "Error deleting tag"): "stands for failures without a name",
    ("Delete Tag from Data Source", "400077", "Error deleting tag"): "stands for failures without a name",
    ("Add Tags to Workbook", "404009", "Workbook ID mismatch"): "the body that the page prints has no place for an id",
    ("Add Tags to View", "404009", "Workbook ID mismatch"): "the body that the page prints has no place for an id",
    ("Add Tags to Data Source", "404009", "Data source ID mismatch"): "the body that the page prints has no place for an id",
}

# What the kinds of content have alike: operation's name, path, code of "not found".
KINDS = {
    "Workbook": ("workbooks", "{workbook}", "404006"),
    "View": ("views", "{view}", "404011"),
    "Data Source": ("datasources", "{datasource}", "404004"),
    "Project": ("projects", "{project}", "404005"),
}

for name, (kind, place, _) in KINDS.items():
    path = f"/sites/{{site}}/{kind}/{place}"
    if name != "Project":
        OPERATIONS[f"Add Tags to {name}"] = ("PUT", f"{path}/tags", "POST")
        OPERATIONS[f"Delete Tag from {name}"] = ("DELETE", f"{path}/tags/{{tag}}", "POST")
    if name in ("Workbook", "Data Source"):
        OPERATIONS[f"Get {name} Revisions"] = ("GET", f"{path}/revisions", "POST")
        OPERATIONS[f"Download {name} Revision"] = ("GET", f"{path}/revisions/{{revision}}/content", "POST")
        OPERATIONS[f"Remove {name} Revision"] = ("DELETE", f"{path}/revisions/{{revision}}", "POST")
    if name != "View":
        OPERATIONS[f"Query {name} Permissions"] = ("GET", f"{path}/permissions", "POST")
        OPERATIONS[f"Add {name} Permissions"] = ("PUT", f"{path}/permissions", "POST")
        OPERATIONS[f"Delete {name} Permission"] = ("DELETE", f"{path}/permissions/{{grantee}}/{{capability}}/{{mode}}", "POST")
    OPERATIONS[f"Add {name} to Favorites"] = ("PUT", "/sites/{site}/favorites/{user}", "POST")
    OPERATIONS[f"Delete {name} from Favorites"] = ("DELETE", f"/sites/{{site}}/favorites/{{user}}/{kind}/{place}", "POST")
DEFAULTS = "/sites/{site}/projects/{project}/default-permissions/{content}"
OPERATIONS["Query Default Permissions"] = ("GET", DEFAULTS, "POST")
OPERATIONS["Add Default Permissions"] = ("PUT", DEFAULTS, "POST")
OPERATIONS["Delete Default Permission"] = ("DELETE", DEFAULTS + "/{grantee}/{capability}/{mode}", "POST")
OPERATIONS["Get Favorites for User"] = ("GET", "/sites/{site}/favorites/{user}", "POST")
OPERATIONS["Query View Preview Image"] = ("GET", "/sites/{site}/workbooks/{workbook}/views/{view}/previewImage", "POST")
OPERATIONS["Query Workbook Preview Image"] = ("GET", "/sites/{site}/workbooks/{workbook}/previewImage", "POST")


def tags(*labels: str) -> bytes:
    return ts_request(element("tags", [element("tag", label=label) for label in labels]))


def permissions(
    w: World, *capabilities: tuple[str, str], grantee: str | None = None, inner: str = "", who: str = "user"
) -> bytes:
    """A body that gives capabilities to a grantee, Grace unless another is named."""
    given = [element("capability", name=name, mode=mode) for name, mode in capabilities]
    rule = element("granteeCapabilities", [element(who, id=grantee or w.people["grace"]), element("capabilities", given)])
    return ts_request(element("permissions", [inner, rule]))


def favorite(tag: str, item: str, label: str = "mine") -> bytes:
    return ts_request(element("favorite", element(tag, id=item), label=label))


# A well-formed body for each operation that takes one, for the rows in which something else is wrong.
BODIES = {
    "tags": lambda w: tags("x"),
    "permissions": lambda w: permissions(w, ("Read", "Allow")),
    "default-permissions": lambda w: permissions(w, ("Read", "Allow")),
}


def body_of(w: World, operation: str) -> bytes | None:
    method, path, _ = OPERATIONS[operation]
    if method != "PUT":
        return None
    if "favorites" in path:
        tag = {"Workbook": "workbook", "View": "view", "Data": "datasource", "Project": "project"}[operation.split()[1]]
        return favorite(tag, getattr(w, tag))
    return BODIES["tags" if path.endswith("/tags") else "permissions"](w)


NEW = [one for one in OPERATIONS if any(word in one for word in ("Tag", "Revision", "Permission", "Favorites", "Preview"))]
for one in NEW:
    method, path, wrong = OPERATIONS[one]
    row(one, 405, "405000", "Invalid request method", lambda w, one=one, verb=wrong: w.ask(one, verb=verb))
    row(one, 404, "404000", "Site not found", lambda w, one=one: w.ask(one, body_of(w, one), place={"site": NOBODY}))
    if method == "PUT":
        for bad in (b"", b"<tsRequest>", b"no XML at all", b"<tsRequest/>", b"<tsRequest><other/></tsRequest>"):
            row(one, 400, "400000", "Bad request", lambda w, one=one, bad=bad: w.ask(one, bad))

# Tags

for name, (kind, place, code) in KINDS.items():
    if name == "Project":
        continue
    variable = place.strip("{}")
    secret = {"workbooks": "Secret", "views": "Secret Sheet", "datasources": "Hidden Orders"}[kind]
    condition = f"{name.capitalize()} not found"
    row(f"Add Tags to {name}", 404, code, condition,
        lambda w, n=name, v=variable: w.ask(f"Add Tags to {n}", tags("x"), place={v: NOBODY}))
    row(f"Add Tags to {name}", 403, "403004", "Adding tags forbidden",
        lambda w, n=name, v=variable, k=kind, s=secret: w.ask(
            f"Add Tags to {n}", tags("x"), who="grace", place={v: w.named(k, s)}))
    row(f"Add Tags to {name}", 403, "403004", "Adding tags forbidden",
        lambda w, n=name, v=variable, k=kind, s=secret: w.ask(
            f"Add Tags to {n}", tags(), who="grace", place={v: w.named(k, s)}))
    row(f"Delete Tag from {name}", 404, "404007", "Tag not found",
        lambda w, n=name: w.ask(f"Delete Tag from {n}", place={"tag": "nobody-has-this"}))
    row(f"Delete Tag from {name}", 403, "403004", "Deleting tags forbidden",
        lambda w, n=name, v=variable, k=kind, s=secret: w.ask(
            f"Delete Tag from {n}", who="grace", place={v: w.named(k, s), "tag": "x"}))
# The page of the view says "workbook" where it means the view.
row("Delete Tag from Workbook", 404, "404006", "Workbook not found",
    lambda w: w.ask("Delete Tag from Workbook", place={"workbook": NOBODY, "tag": "x"}))
row("Delete Tag from View", 404, "404006", "Workbook not found",
    lambda w: w.ask("Delete Tag from View", place={"view": NOBODY, "tag": "x"}), also=("404011",))
row("Delete Tag from Data Source", 404, "404004", "Data source not found",
    lambda w: w.ask("Delete Tag from Data Source", place={"datasource": NOBODY, "tag": "x"}))

# Revisions


def without_history(w: World, operation: str, kind: str) -> Answer:
    """A site that keeps no history."""
    session = w.new_site(revisionHistoryEnabled=False)
    publish = session.publish_workbook if kind == "workbook" else session.publish_datasource
    data = content.twb() if kind == "workbook" else content.tds()
    item = publish("W", data).ok(201).get(kind, "id")
    return w.ask(operation, session=session, place={kind: item, "revision": "1"})


for name, kind, code, hidden, forbidden in (
    ("Workbook", "workbook", "404006", "Secret", "403056"),
    ("Data Source", "datasource", "404004", "Hidden Orders", "403054"),
):
    get, download, remove = f"Get {name} Revisions", f"Download {name} Revision", f"Remove {name} Revision"
    for number in ("0", "x", "99999"):
        row(get, 400, "400006", "Invalid page number", lambda w, o=get, n=number: w.ask(o, params={"pageNumber": n}))
    for size in ("0", "x"):
        row(get, 400, "400007", "Invalid page size", lambda w, o=get, n=size: w.ask(o, params={"pageSize": n}))
    row(get, 403, "403014", "Page size limit exceeded", lambda w, o=get: w.ask(o, params={"pageSize": "1001"}))
    row(get, 403, forbidden, "(untitled) revision read forbidden",
        lambda w, o=get, k=kind, h=hidden: w.ask(o, who="grace", place={k: w.named(k + "s", h)}))
    for operation in (get, download, remove):
        row(operation, 403, "403053", "Version history not enabled", lambda w, o=operation, k=kind: without_history(w, o, k))
        # Removing a revision of an unknown data source has another code than its siblings.
        missing = "404006" if operation == remove else code
        row(operation, 404, missing, f"{name.capitalize()} not found",
            lambda w, o=operation, k=kind: w.ask(o, place={k: NOBODY, "revision": "1"}))
        if operation != get:
            for number in ("77", "0"):
                row(operation, 404, "404024", f"{name.capitalize()} revision not found",
                    lambda w, o=operation, n=number: w.ask(o, place={"revision": n}))
    row(download, 403, "403019" if kind == "workbook" else "403028", "Read forbidden",
        lambda w, o=download, k=kind, h=hidden: w.ask(o, who="grace", place={k: w.named(k + "s", h), "revision": "1"}))
    row(remove, 403, "403004", "Deletion forbidden",
        lambda w, o=remove, k=kind, h=hidden: w.ask(o, who="grace", place={k: w.named(k + "s", h), "revision": "1"}))
    row(remove, 403, "403055", "Cannot delete head revision", lambda w, o=remove: w.ask(o, place={"revision": "1"}))

# Previews

for operation in ("Query Workbook Preview Image", "Query View Preview Image"):
    row(operation, 404, "404006", "Workbook not found", lambda w, o=operation: w.ask(o, place={"workbook": NOBODY}))
    row(operation, 403, "403004", "Read forbidden", lambda w, o=operation: w.ask(
        o, who="grace", place={"workbook": w.named("workbooks", "Secret"), "view": w.named("views", "Secret Sheet")}))
row("Query View Preview Image", 404, "404011", "View not found",
    lambda w: w.ask("Query View Preview Image", place={"view": NOBODY}))

# Permissions

# A capability that exists, but not for this kind of content.
FOREIGN = {"Workbook": "Connect", "Data Source": "Filter", "Project": "ExportImage", "Default": "Connect"}

for name in ("Workbook", "Data Source", "Project", "Default"):
    add = "Add Default Permissions" if name == "Default" else f"Add {name} Permissions"
    delete = "Delete Default Permission" if name == "Default" else f"Delete {name} Permission"
    query = "Query Default Permissions" if name == "Default" else f"Query {name} Permissions"
    kind, place, code = KINDS["Project" if name == "Default" else name]
    variable = place.strip("{}")
    condition = f"{'Project' if name == 'Default' else name.capitalize()} not found"
    shared = {"Workbook": "Shared Book", "Data Source": "Shared Orders", "Project": "Shared", "Default": "Shared"}[name]
    foreign = FOREIGN[name]

    row(add, 400, "400009", "Invalid capability", lambda w, o=add, c=foreign: w.ask(o, permissions(w, (c, "Allow"))))
    for bad in (("Fly", "Allow"), ("Read", "allow"), ("Read", "Maybe"), ("read", "Allow")):
        row(add, 404, "404013", "Capability not found", lambda w, o=add, bad=bad: w.ask(o, permissions(w, bad)))
    # The page of data sources gives the refusal another title than its siblings.
    title = "No permissions to set permissions" if name == "Data Source" else "Permissions setting forbidden"
    row(add, 403, "403004", title,
        lambda w, o=add, v=variable, k=kind, s=shared: w.ask(
            o, permissions(w, ("Read", "Deny")), who="grace", place={v: w.named(k, s)}))
    row(add, 404, code, condition, lambda w, o=add, v=variable: w.ask(o, permissions(w, ("Read", "Allow")), place={v: NOBODY}))
    row(add, 404, "404002", "User not found", lambda w, o=add: w.ask(o, permissions(w, ("Read", "Allow"), grantee=NOBODY)))
    row(add, 404, "404012", "Group not found",
        lambda w, o=add: w.ask(o, permissions(w, ("Read", "Allow"), grantee=NOBODY, who="group")))
    if name in ("Project", "Default"):
        row(add, 404, "404009", "Project ID mismatch",
            lambda w, o=add: w.ask(o, permissions(w, ("Read", "Allow"), inner=element("project", id=w.shared))))
    row(query, 404, code, condition, lambda w, o=query, v=variable: w.ask(o, place={v: NOBODY}))

    def delete_with(w: World, operation: str, who: str = "admin", **place: str) -> Answer:
        return w.ask(operation, who=who, place={"capability": "Read", "mode": "Allow", **place})

    row(delete, 400, "400009", "Invalid capability", lambda w, o=delete, c=foreign: delete_with(w, o, capability=c))
    for bad in (dict(capability="Fly"), dict(mode="allow"), dict(mode="Maybe")):
        row(delete, 404, "404013", "Capability not found", lambda w, o=delete, bad=bad: delete_with(w, o, **bad))
    row(delete, 404, "404013", "Capability not assigned",
        lambda w, o=delete: delete_with(w, o, grantee=f"users/{w.spare}"))
    row(delete, 403, "403004", "Permissions setting forbidden",
        lambda w, o=delete, v=variable, k=kind, s=shared: delete_with(w, o, "grace", **{v: w.named(k, s)}))
    row(delete, 404, code, condition, lambda w, o=delete, v=variable: delete_with(w, o, **{v: NOBODY}))
    row(delete, 404, "404002", "User not found", lambda w, o=delete: delete_with(w, o, grantee=f"users/{NOBODY}"))
    row(delete, 404, "404012", "Group not found", lambda w, o=delete: delete_with(w, o, grantee=f"groups/{NOBODY}"))

for operation in ("Add Project Permissions",):
    row(operation, 400, "400009", "Invalid capability",
        lambda w, o=operation: w.ask(o, permissions(w, ("ProjectLeader", "Deny"))))
for tag in ("workbook", "datasource"):
    row("Add Default Permissions", 400, "400042", "Malformed permissions qualifier", lambda w, tag=tag: w.ask(
        "Add Default Permissions", permissions(w, ("Read", "Allow"), inner=element(tag, id=getattr(w, tag)))))
for kind, code, condition in (
    ("workbooks", "403036", "Querying workbook permissions forbidden"),
    ("datasources", "403035", "Querying data source permissions forbidden"),
):
    row("Query Default Permissions", 403, code, condition, lambda w, k=kind: w.ask(
        "Query Default Permissions", who="grace", place={"project": w.closed, "content": k}))

# Favorites


def labelled(w: World, operation: str, tag: str, first: str, second: str) -> Answer:
    """Two things of a kind under one label."""
    label = w.fresh("Label")
    w.admin.put(f"/sites/{{site}}/favorites/{w.spare}", favorite(tag, first, label)).ok(200)
    return w.ask(operation, favorite(tag, second, label), place={"user": w.spare})


for name, (kind, place, code) in KINDS.items():
    tag = place.strip("{}")
    add, delete = f"Add {name} to Favorites", f"Delete {name} from Favorites"
    # Favorites have a code of their own for data sources.
    missing = "404011" if name == "Data Source" else code
    condition = f"{name.capitalize()} not found"
    secret = {"workbooks": "Secret", "views": "Secret Sheet", "datasources": "Hidden Orders", "projects": "Closed"}[kind]
    titles = {
        "Workbook": "Access to Favorites forbidden", "View": "Forbidden Favorites access",
        "Data Source": "Forbidden favorites access", "Project": "Access to favorites denied",
    }  # fmt: skip
    delete_title = titles[name] if name != "Project" else "Forbidden favorites access"
    for bad in ("", "   "):
        row(add, 400, "400005", "Invalid label",
            lambda w, o=add, t=tag, bad=bad: w.ask(o, favorite(t, getattr(w, t), bad), place={"user": w.spare}))
    row(add, 403, "403004", titles[name],
        lambda w, o=add, t=tag: w.ask(o, favorite(t, getattr(w, t)), who="grace", place={"user": w.people["ada"]}))
    row(add, 403, "403004", titles[name],
        lambda w, o=add, t=tag, k=kind, s=secret: w.ask(o, favorite(t, w.named(k, s)), who="grace"))
    row(add, 404, "404002", "User not found",
        lambda w, o=add, t=tag: w.ask(o, favorite(t, getattr(w, t)), place={"user": NOBODY}))
    row(add, 404, missing, condition, lambda w, o=add, t=tag: w.ask(o, favorite(t, NOBODY), place={"user": w.spare}))
    row(delete, 403, "403004", delete_title,
        lambda w, o=delete: w.ask(o, who="grace", place={"user": w.people["ada"]}))
    row(delete, 404, "404002", "User not found", lambda w, o=delete: w.ask(o, place={"user": NOBODY}))
    row(delete, 404, missing, condition, lambda w, o=delete, t=tag: w.ask(o, place={"user": w.spare, t: NOBODY}))
    if name != "Project":
        row(delete, 404, "404010", f"{name.capitalize()} not a favorite",
            lambda w, o=delete: w.ask(o, place={"user": w.people["vera"]}))
row("Get Favorites for User", 403, "403004", "Forbidden Favorites access",
    lambda w: w.ask("Get Favorites for User", who="grace", place={"user": w.people["ada"]}))
row("Get Favorites for User", 404, "404002", "User not found", lambda w: w.ask("Get Favorites for User", place={"user": NOBODY}))
row("Add Workbook to Favorites", 409, "409007", "Label conflict",
    lambda w: labelled(w, "Add Workbook to Favorites", "workbook", w.workbook, w.new_workbook()))
row("Add Data Source to Favorites", 409, "409007", "Label conflict",
    lambda w: labelled(w, "Add Data Source to Favorites", "datasource", w.datasource, w.new_datasource()))
row("Add View to Favorites", 409, "409007", "Label conflict",
    lambda w: labelled(w, "Add View to Favorites", "view", w.view, w.named("views", "Shared Sheet")))
