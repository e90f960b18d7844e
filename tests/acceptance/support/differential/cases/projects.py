"""Projects, their permissions and default permissions."""

from __future__ import annotations

import tableauserverclient as TSC
from tableauserverclient import Permission, PermissionsRule

from support.differential import values
from support.differential.case import Case
from support.differential.items import PROJECT, one_by_one, same_rules
from support.differential.proxy import made
from support.differential.queries import queries

GROUPS = ["projects"]

MODES = Permission.Mode
NAME = "P ü & 'q' \"日本\" "


def fresh(world) -> dict:
    return {"name": world.fresh(NAME)}


def existing(world) -> dict:
    name = world.fresh("Own ")
    return {"name": name, "id": world.admin.new_project(name, description="one"), "user": world.people["ada"], "group": world.group}


def item(things: dict) -> TSC.ProjectItem:
    return TSC.ProjectItem(id=things["id"])


def wanted(things: dict) -> list[PermissionsRule]:
    user, group = TSC.UserItem(), TSC.GroupItem("g")
    user._id, group._id = things["user"], things["group"]
    return [
        PermissionsRule(user, {Permission.Capability.Read: MODES.Allow, Permission.Capability.Write: MODES.Deny}),
        PermissionsRule(group, {Permission.Capability.Read: MODES.Allow}),
    ]


def ours_wanted(things: dict) -> list[dict]:
    def capabilities(*pairs):
        return {"capability": [{"name": name, "mode": mode} for name, mode in pairs]}

    return [
        {"user": {"id": things["user"]}, "capabilities": capabilities(("Read", "Allow"), ("Write", "Deny"))},
        {"group": {"id": things["group"]}, "capabilities": capabilities(("Read", "Allow"))},
    ]


def ruled(world) -> dict:
    """A project with rules and default rules of a user and a group."""
    things = existing(world)
    rules = "".join(
        f'<granteeCapabilities><{kind} id="{things[kind]}"/><capabilities>'
        + "".join(f'<capability name="{name}" mode="{mode}"/>' for name, mode in pairs)
        + "</capabilities></granteeCapabilities>"
        for kind, pairs in (("user", [("Read", "Allow"), ("Write", "Deny")]), ("group", [("Read", "Allow")]))
    )
    body = f"<tsRequest><permissions>{rules}</permissions></tsRequest>".encode()
    session = world.admin.under("3.29")
    for place in ("permissions", *(f"default-permissions/{kind}" for kind in ("workbooks", "datasources", "flows"))):
        session.put(f"/sites/{{site}}/projects/{things['id']}/{place}", body).ok(200)
    return things


def answer(things: dict) -> str:
    """The rules as a server answers them, for kinds of content that none here has."""
    return (
        f'<permissions><project id="{things["id"]}" name="P"/><granteeCapabilities><user id="{things["user"]}"/><capabilities>'
        '<capability name="Read" mode="Allow"/><capability name="Write" mode="Deny"/></capabilities></granteeCapabilities>'
        f'<granteeCapabilities><group id="{things["group"]}"/><capabilities><capability name="Read" mode="Allow"/>'
        "</capabilities></granteeCapabilities></permissions>"
    )


def default_cases(word: str, content: str, served: bool) -> list[Case]:
    """Reading, adding and deleting default permissions for one kind of content."""
    arguments = {"of": "projects", "content": content}

    def made_for(method: str, path: str, xml: bool = True):
        if served:
            return []
        return lambda things: [
            made(method, rf"/sites/[^/]+/projects/{things['id']}/default-permissions/{content}{path}",
                 answer(things) if xml else "", status=200 if xml else 204)
        ]

    def populate(tsc, things):
        project = item(things)
        getattr(tsc.projects, f"populate_{word}_default_permissions")(project)
        return getattr(project, f"default_{word}_permissions")

    return [
        Case(
            f"projects.populate_{word}_default_permissions",
            populate,
            lambda things: ("default_permissions", "get", {**arguments, "id": things["id"]}),
            same_rules,
            prepare=ruled,
            made=made_for("GET", ""),
        ),
        Case(
            f"projects.update_{word}_default_permissions",
            lambda tsc, things: getattr(tsc.projects, f"update_{word}_default_permissions")(item(things), wanted(things)),
            lambda things: ("default_permissions", "update", {**arguments, "id": things["id"], "rules": ours_wanted(things)}),
            same_rules,
            prepare=existing,
            made=made_for("PUT", ""),
        ),
        Case(
            f"projects.delete_{word}_default_permissions",
            lambda tsc, things: getattr(tsc.projects, f"delete_{word}_default_permissions")(item(things), wanted(things)[0]),
            lambda things: ("default_permissions", "delete", {**arguments, "id": things["id"], "rules": ours_wanted(things)[:1]}),
            values.nothing,
            prepare=ruled,
            made=made_for("DELETE", "/.*", False),
        ),
    ]


KINDS = [
    ("workbook", "workbooks", True),
    ("datasource", "datasources", True),
    ("flow", "flows", True),
    ("metric", "metrics", False),
    ("lens", "lenses", False),
    ("datarole", "dataroles", False),
    ("virtualconnection", "virtualConnections", False),
    ("database", "databases", False),
    ("table", "tables", False),
]


def populated(tsc, things):
    project = item(things)
    tsc.projects.populate_permissions(project)
    return project.permissions


def nested(world) -> dict:
    name = world.fresh("Path ")
    top = world.admin.new_project(name)
    world.admin.new_project("In & out", parent=top)
    return {"path": [name, "In & out"]}


CASES = [
    Case(
        "projects.get",
        lambda tsc, _: tsc.projects.get(TSC.RequestOptions(1, 100)),
        lambda _: ("projects", "list", {"options": {"page": 1, "page_size": 100}}),
        values.page(PROJECT),
    ),
    Case(
        "projects.filter",
        lambda tsc, things: one_by_one(tsc.projects.filter(name=things["name"], page_size=100)),
        lambda things: (
            "projects",
            "list",
            {"options": {"page_size": 100, "filters": [{"field": "name", "operator": "eq", "value": things["name"]}]}},
        ),
        values.many(PROJECT),
        prepare=existing,
    ),
    Case(
        "projects.all",
        lambda tsc, _: one_by_one(tsc.projects.all(page_size=100)),
        lambda _: ("projects", "list", {"options": {"page_size": 100}}),
        values.many(PROJECT),
    ),
    Case(
        "projects.get_by_id",
        lambda tsc, things: tsc.projects.get_by_id(things["id"]),
        lambda things: ("projects", "get", {"id": things["id"]}),
        values.one(PROJECT, "project"),
        prepare=existing,
    ),
    Case(
        "projects.get_by_path",
        lambda tsc, things: tsc.projects.get_by_path("/".join(things["path"])),
        lambda things: ("projects", "get_by_path", {"path": things["path"]}),
        values.one(PROJECT, "project"),
        prepare=nested,
    ),
    Case(
        "projects.create",
        lambda tsc, things: tsc.projects.create(TSC.ProjectItem(things["name"], "a & <b>", "ManagedByOwner")),
        lambda things: (
            "projects",
            "create",
            {"project": {"name": things["name"], "description": "a & <b>", "contentPermissions": "ManagedByOwner"}},
        ),
        values.one(PROJECT, "project"),
        prepare=fresh,
    ),
    Case(
        "projects.create",
        lambda tsc, things: tsc.projects.create(TSC.ProjectItem(things["name"]), samples=True),
        lambda things: ("projects", "create_with_samples", {"project": {"name": things["name"]}}),
        values.one(PROJECT, "project"),
        prepare=fresh,
        note="with samples",
    ),
    Case(
        "projects.update",
        lambda tsc, things: tsc.projects.update(_changed(things)),
        lambda things: (
            "projects",
            "update",
            {"id": things["id"], "project": {"name": things["name"] + " ß", "description": "two"}},
        ),
        values.one(PROJECT, "project"),
        prepare=existing,
    ),
    Case(
        "projects.delete",
        lambda tsc, things: tsc.projects.delete(things["id"]),
        lambda things: ("projects", "delete", {"id": things["id"]}),
        values.nothing,
        prepare=existing,
    ),
    Case(
        "projects.populate_permissions",
        populated,
        lambda things: ("permissions", "get", {"of": "projects", "id": things["id"]}),
        same_rules,
        prepare=ruled,
    ),
    Case(
        "projects.update_permissions",
        lambda tsc, things: tsc.projects.update_permissions(item(things), wanted(things)),
        lambda things: ("permissions", "update", {"of": "projects", "id": things["id"], "rules": ours_wanted(things)}),
        same_rules,
        prepare=existing,
    ),
    Case(
        "projects.delete_permission",
        lambda tsc, things: tsc.projects.delete_permission(item(things), wanted(things)),
        lambda things: ("permissions", "delete", {"of": "projects", "id": things["id"], "rules": ours_wanted(things)}),
        values.nothing,
        prepare=ruled,
    ),
    *(case for kind in KINDS for case in default_cases(*kind)),
    *queries("projects", PROJECT, "Finance"),
]


def _changed(things: dict) -> TSC.ProjectItem:
    project = item(things)
    project.name, project.description = things["name"] + " ß", "two"
    return project
