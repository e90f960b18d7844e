"""All that is on a site, read by plain REST and written down without ids, so that two sites can be compared."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from support.rest import Answer, Rest


def listed(rest: Rest, path: str, plural: str, singular: str, **params: str) -> list[Any]:
    """Every element of a list, over all pages."""
    found: list[Any] = []
    page = 1
    while True:
        answer = rest.get(path, params={"pageSize": 1000, "pageNumber": page, **params}).ok(200)
        found += answer.all(f"{plural}/{singular}")
        pagination = answer.find("pagination")
        if pagination is None or page * 1000 >= int(pagination.get("totalAvailable")):
            return found
        page += 1


def child(element: Any, name: str) -> Any:
    return next((one for one in element if one.tag.rsplit("}", 1)[-1] == name), None)


def children(element: Any, name: str) -> list[Any]:
    return [] if element is None else [one for one in element if one.tag.rsplit("}", 1)[-1] == name]


class Mirror:
    """One site, without ids."""

    def __init__(self, rest: Rest):
        self.rest = rest.under("3.20")
        self.pool = ThreadPoolExecutor(6)
        self.users = listed(self.rest, "/sites/{site}/users", "users", "user", fields="_all_")
        self.groups = listed(self.rest, "/sites/{site}/groups", "groups", "group")
        self.projects = {one.get("id"): one for one in listed(self.rest, "/sites/{site}/projects", "projects", "project")}
        self.workbooks = listed(self.rest, "/sites/{site}/workbooks", "workbooks", "workbook")
        self.datasources = listed(self.rest, "/sites/{site}/datasources", "datasources", "datasource")
        self.names = {one.get("id"): one.get("name") for one in [*self.users, *self.groups]}

    def path(self, project: str) -> str:
        one = self.projects[project]
        parent = one.get("parentProjectId")
        return (self.path(parent) if parent else "") + "/" + one.get("name")

    def place(self, item: Any) -> str:
        return self.path(child(item, "project").get("id")) + "/" + item.get("name")

    def rules(self, address: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for entry in self.rest.get(f"/sites/{{site}}/{address}").ok(200).all("permissions/granteeCapabilities"):
            whom = child(entry, "user") if child(entry, "user") is not None else child(entry, "group")
            said = [f"{one.get('name')}:{one.get('mode')}" for one in children(child(entry, "capabilities"), "capability")]
            found[self.names[whom.get("id")]] = sorted(said)
        return found

    def document(self, kind: str, item: Any) -> str:
        """The document inside, without the places that have to differ."""
        data = self.rest.get(f"/sites/{{site}}/{kind}/{item.get('id')}/content").ok(200).content
        if data[:2] == b"PK":
            package = zipfile.ZipFile(BytesIO(data))
            name = next(one for one in package.namelist() if one.endswith((".twb", ".tds")))
            others = sorted((one.filename, one.CRC) for one in package.infolist() if one.filename != name)
            return strip(package.read(name).decode()) + repr(others)
        return strip(data.decode())

    def content(self, kind: str, items: list[Any]) -> dict[str, Any]:
        def one(item: Any) -> tuple[str, Any]:
            about = {
                "description": item.get("description") or "",
                "owner": self.names.get(child(item, "owner").get("id")),
                "tags": sorted(tag.get("label") for tag in children(child(item, "tags"), "tag")),
                "showTabs": item.get("showTabs"),
                "certified": (item.get("isCertified"), item.get("certificationNote") or ""),
                "rules": self.rules(f"{kind}/{item.get('id')}/permissions"),
                "document": self.document(kind, item),
                "uses": self.uses(kind, item),
            }
            return self.place(item), about

        return named(self.pool.map(one, items))

    def uses(self, kind: str, item: Any) -> list[str]:
        """The published data sources that a workbook uses, by their paths."""
        if kind != "workbooks":
            return []
        text = self.rest.get(f"/sites/{{site}}/{kind}/{item.get('id')}/content").ok(200).content
        by_url = {one.get("contentUrl"): self.place(one) for one in self.datasources}
        if text[:2] == b"PK":
            return []
        return sorted(by_url[url] for url in re.findall(r"class='sqlproxy' dbname='([^']*)'", text.decode()))

    def view(self, view: Any) -> tuple[list[str], dict[str, list[str]]]:
        """Tags, and rules where the view has its own."""
        tags = sorted(tag.get("label") for tag in children(child(view, "tags"), "tag"))
        book = next(one for one in self.workbooks if one.get("id") == child(view, "workbook").get("id"))
        return tags, {} if book.get("showTabs") == "true" else self.rules(f"views/{view.get('id')}/permissions")

    def read(self) -> dict[str, Any]:
        users = named(
            (one.get("name"), (one.get("siteRole"), one.get("fullName"), one.get("email") or ""))
            for one in self.users
            if one.get("siteRole") != "ServerAdministrator"
        )

        def members(group: Any) -> tuple[str, list[str]]:
            of = listed(self.rest, f"/sites/{{site}}/groups/{group.get('id')}/users", "users", "user")
            return group.get("name"), sorted(one.get("name") for one in of)

        def project(item: tuple[str, Any]) -> tuple[str, Any]:
            id, one = item
            about = {
                "description": one.get("description") or "",
                "contentPermissions": one.get("contentPermissions"),
                "owner": self.names.get(child(one, "owner").get("id")),
                "rules": self.rules(f"projects/{id}/permissions"),
                "workbooks": self.rules(f"projects/{id}/default-permissions/workbooks"),
                "datasources": self.rules(f"projects/{id}/default-permissions/datasources"),
            }
            return self.path(id), about

        def schedule(one: Any) -> tuple[str, list[Any]]:
            details = self.rest.get(f"/schedules/{one.get('id')}").ok(200).find("schedule/frequencyDetails")
            when = [(part.tag.rsplit("}", 1)[-1], sorted(part.attrib.items())) for part in details.iter()]
            return one.get("name"), [one.get(key) for key in ("state", "type", "frequency", "priority", "executionOrder")] + when

        groups = named(self.pool.map(members, self.groups))
        projects = named(self.pool.map(project, self.projects.items()))
        schedules = listed(self.rest, "/schedules", "schedules", "schedule")
        by_id = {one.get("id"): self.place(one) for one in [*self.workbooks, *self.datasources]}
        views = listed(self.rest, "/sites/{site}/views", "views", "view")
        for view in views:
            by_id[view.get("id")] = by_id[child(view, "workbook").get("id")] + "/" + view.get("name")
        tasks = self.rest.get("/sites/{site}/tasks/extractRefreshes").ok(200).all("tasks/task/extractRefresh")
        subscriptions = listed(self.rest, "/sites/{site}/subscriptions", "subscriptions", "subscription")
        return {
            "users": users,
            "groups": groups,
            "projects": projects,
            "datasources": self.content("datasources", self.datasources),
            "workbooks": self.content("workbooks", self.workbooks),
            "views": named(self.pool.map(lambda view: (by_id[view.get("id")], self.view(view)), views)),
            "schedules": named(self.pool.map(schedule, schedules)),
            "tasks": sorted((child(one, "schedule").get("name"), by_id[item_of(one)]) for one in tasks),
            "subscriptions": sorted(
                (
                    one.get("subject"),
                    self.names[child(one, "user").get("id")],
                    by_id[child(one, "content").get("id")],
                    child(one, "schedule").get("name"),
                )
                for one in subscriptions
            ),
        }


def named(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of what has a name or path of its own; that anything is there twice must not be hidden."""
    found: dict[str, Any] = {}
    for name, about in pairs:
        assert name not in found, f"`{name}` is there twice"
        found[name] = about
    return found


def item_of(task: Any) -> str:
    found = child(task, "workbook")
    return (found if found is not None else child(task, "datasource")).get("id")


def strip(document: str) -> str:
    """Leaves out where a document says that published data sources are."""
    document = re.sub(r"<repository-location [^>]*/>", "<repository-location/>", document)
    return re.sub(r"<connection [^>]*class='sqlproxy'[^>]*>", "<connection sqlproxy>", document)


def create(answer: Answer, tag: str) -> str:
    """The id of what was just made."""
    return answer.ok().get(tag, "id")
