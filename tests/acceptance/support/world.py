"""The table of errors: operations, the world in which they are asked, and rows that say what must come of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Callable

from support import content, seed
from support.content import Connection
from support.rest import MIXED, Answer, Rest, element, multipart, ts_request

ADMIN = "admin"
ADMIN_PASSWORD = "correct horse battery staple"

# Operation -> (HTTP method, path, another HTTP method that nothing answers there).
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "Sign In": ("POST", "/auth/signin", "GET"),
    "Sign Out": ("POST", "/auth/signout", "GET"),
    "Switch Site": ("POST", "/auth/switchSite", "GET"),
    "Server Info": ("GET", "/serverinfo", "POST"),
    "Create Site": ("POST", "/sites", "DELETE"),
    "Query Sites": ("GET", "/sites", "PUT"),
    "Query Site": ("GET", "/sites/{site}", "POST"),
    "Update Site": ("PUT", "/sites/{site}", "POST"),
    "Delete Site": ("DELETE", "/sites/{site}", "POST"),
    "Query Views for Site": ("GET", "/sites/{site}/views", "POST"),
    "Create Project": ("POST", "/sites/{site}/projects", "DELETE"),
    "Query Projects": ("GET", "/sites/{site}/projects", "PUT"),
    "Update Project": ("PUT", "/sites/{site}/projects/{project}", "POST"),
    "Delete Project": ("DELETE", "/sites/{site}/projects/{project}", "POST"),
    "Publish Workbook": ("POST", "/sites/{site}/workbooks", "DELETE"),
    "Query Workbooks for Site": ("GET", "/sites/{site}/workbooks", "PUT"),
    "Query Workbooks for User": ("GET", "/sites/{site}/users/{user}/workbooks", "POST"),
    "Query Workbook": ("GET", "/sites/{site}/workbooks/{workbook}", "POST"),
    "Update Workbook": ("PUT", "/sites/{site}/workbooks/{workbook}", "POST"),
    "Delete Workbook": ("DELETE", "/sites/{site}/workbooks/{workbook}", "POST"),
    "Download Workbook": ("GET", "/sites/{site}/workbooks/{workbook}/content", "POST"),
    "Query Views for Workbook": ("GET", "/sites/{site}/workbooks/{workbook}/views", "POST"),
    "Query Workbook Connections": ("GET", "/sites/{site}/workbooks/{workbook}/connections", "POST"),
    "Update Workbook Connection": ("PUT", "/sites/{site}/workbooks/{workbook}/connections/{connection}", "POST"),
    "Publish Data Source": ("POST", "/sites/{site}/datasources", "DELETE"),
    "Query Data Sources": ("GET", "/sites/{site}/datasources", "PUT"),
    "Query Data Source": ("GET", "/sites/{site}/datasources/{datasource}", "POST"),
    "Update Data Source": ("PUT", "/sites/{site}/datasources/{datasource}", "POST"),
    "Delete Data Source": ("DELETE", "/sites/{site}/datasources/{datasource}", "POST"),
    "Download Data Source": ("GET", "/sites/{site}/datasources/{datasource}/content", "POST"),
    "Query Data Source Connections": ("GET", "/sites/{site}/datasources/{datasource}/connections", "POST"),
    "Update Data Source Connection": ("PUT", "/sites/{site}/datasources/{datasource}/connections/{connection}", "POST"),
    "Add User to Site": ("POST", "/sites/{site}/users", "DELETE"),
    "Get Users on Site": ("GET", "/sites/{site}/users", "PUT"),
    "Query User On Site": ("GET", "/sites/{site}/users/{user}", "POST"),
    "Update User": ("PUT", "/sites/{site}/users/{user}", "POST"),
    "Remove User from Site": ("DELETE", "/sites/{site}/users/{user}", "POST"),
    "Create Group": ("POST", "/sites/{site}/groups", "DELETE"),
    "Query Groups": ("GET", "/sites/{site}/groups", "PUT"),
    "Update Group": ("PUT", "/sites/{site}/groups/{group}", "POST"),
    "Delete Group": ("DELETE", "/sites/{site}/groups/{group}", "POST"),
    "Add User to Group": ("POST", "/sites/{site}/groups/{group}/users", "DELETE"),
    "Get Users in Group": ("GET", "/sites/{site}/groups/{group}/users", "PUT"),
    "Remove User from Group": ("DELETE", "/sites/{site}/groups/{group}/users/{user}", "POST"),
    "Initiate File Upload": ("POST", "/sites/{site}/fileUploads", "GET"),
    "Append to File Upload": ("PUT", "/sites/{site}/fileUploads/{upload}", "GET"),
}


class World:
    """A server with content and people, and the form in which answers are asked for."""

    def __init__(self, url: str):
        self.url = url
        self.form = "xml"
        self.admin = Rest(url).sign_in(ADMIN, ADMIN_PASSWORD)
        self.sessions = {
            who[0]: Rest(url).sign_in(*who)
            for who in (seed.ADA, seed.GRACE, seed.CORA, seed.VERA, seed.ULRICH, seed.SITEADMIN)
        }
        self.sessions["admin"] = self.admin
        self.counter = itertools.count(1)
        people = self.admin.get("/sites/{site}/users").ok().all("users/user")
        self.people = {one.get("name"): one.get("id") for one in people}
        self.project = self.admin.new_project("Errors")
        self.closed = self.admin.project("Closed")
        self.shared = self.admin.project("Shared")
        self.workbook = self.new_workbook()
        self.datasource = self.new_datasource()
        self.group = self.admin.post("/sites/{site}/groups", ts_request(element("group", name="Errors"))).get("group", "id")
        # Said in full, since with a directory a name alone is one of the directory's.
        self.spare = self.admin.new_user("local\\spare")
        self.workbook_connection = self.first(f"/sites/{{site}}/workbooks/{self.workbook}/connections", "connections/connection")
        self.datasource_connection = self.first(
            f"/sites/{{site}}/datasources/{self.datasource}/connections", "connections/connection"
        )

    def first(self, path: str, what: str, **options) -> str:
        return self.admin.get(path, **options).ok().get(what, "id")

    def named(self, kind: str, name: str) -> str:
        """The id of seeded content."""
        return self.first(f"/sites/{{site}}/{kind}", f"{kind}/{kind[:-1]}", params={"filter": f"name:eq:{name}"})

    def fresh(self, stem: str = "x") -> str:
        """A name that nothing has."""
        return f"{stem}{next(self.counter)}"

    def new_workbook(self, project: str | None = None, data: bytes | None = None) -> str:
        data = data or content.twb("One", connections=[Connection()])
        return self.admin.publish_workbook(self.fresh("W"), data, project or self.project).ok(201).get("workbook", "id")

    def new_datasource(self, project: str | None = None, connections: list[Connection] | None = None) -> str:
        answer = self.admin.publish_datasource(self.fresh("D"), content.tds(connections), project or self.project)
        return answer.ok(201).get("datasource", "id")

    def new_site(self, **attributes) -> Rest:
        """A scratch site, and a session of the administrator there."""
        name = self.fresh("scratch")
        self.admin.post("/sites", ts_request(element("site", name=name, contentUrl=name, **attributes))).ok(201)
        return Rest(self.url).sign_in(ADMIN, ADMIN_PASSWORD, name)

    def session(self, who: str) -> Rest:
        session = self.sessions[who]
        return session.as_json() if self.form == "json" else session

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        """Calls an operation; `place` fills variable parts of its path."""
        method, path, _ = OPERATIONS[operation]
        place = {
            "project": self.project,
            "workbook": self.workbook,
            "datasource": self.datasource,
            "group": self.group,
            "user": self.people["grace"],
            "upload": "1:abcdef-1:1",
            "connection": self.datasource_connection if "datasources" in path else self.workbook_connection,
            **options.pop("place", {}),
        }
        for name, value in place.items():
            path = path.replace("{" + name + "}", value)
        session = options.pop("session", None)
        if session is not None and self.form == "json":
            session = session.as_json()
        return (session or self.session(who)).call(verb or method, path, body, **options)

    def form_of(self, kind: str, payload: bytes, *files: tuple[str, bytes]) -> dict:
        """A publishing form as options of `ask`."""
        part = "tableau_workbook" if kind == "workbooks" else "tableau_datasource"
        parts = [(None, "request_payload", None, "text/xml", payload)]
        parts += [(None, part, name, None, data) for name, data in files]
        return {"body": multipart(*parts), "headers": MIXED}

    def publish(self, operation: str, *, name: str | None = None, file: str | None = None, data: bytes | None = None,
                project: str | None = None, payload: bytes | None = None, files=None, inner: str = "", **options) -> Answer:
        """Publishes with whatever is wrong about it."""
        workbook = operation == "Publish Workbook"
        tag = "workbook" if workbook else "datasource"
        name = name or self.fresh("P")
        if payload is None:
            payload = ts_request(element(tag, [inner, element("project", id=project or self.project)], name=name))
        if files is None:
            data = data if data is not None else content.twb() if workbook else content.tds()
            files = [(file or f"{name}.{'twb' if workbook else 'tds'}", data)]
        return self.ask(operation, **self.form_of(tag + "s", payload, *files), **options)

    def uploaded(self, data: bytes) -> str:
        """An upload session of the administrator that holds the bytes."""
        session = self.admin.start_upload()
        self.admin.append(session, data).ok(200)
        return session


@dataclass(frozen=True)
class Row:
    operation: str
    status: int
    code: str
    condition: str
    call: Callable[[World], Answer]
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.operation} {self.code} {self.condition}"


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call: Callable[[World], Answer], also: tuple[str, ...] = ()):
    """Adds a row; `also` names codes that the reference gives for the same thing on the same page."""
    ROWS.append(Row(operation, status, code, condition, call, also))
