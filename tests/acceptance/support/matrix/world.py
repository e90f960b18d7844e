"""The world of the matrix: one person for each role, one item for each relation, and fresh ones where a call spoils its item."""

from __future__ import annotations

import http.client
import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from support import content, custom_views
from support.content import Connection
from support.matrix.model import EVERYTHING, FOES, FRIENDS, PLACES, RELATIONS, ROLES, Place, Relation, Rules
from support.rest import MIXED, NOBODY, Rest, element, multipart, ts_request
from support.world import ADMIN, ADMIN_PASSWORD

# Who owns what is nobody's else, who gets rights that nobody asks after, and whom an item may be given to.
OTHER, SPARE = "other", "spare"

BOOK = content.twb("One", "Two", connections=[Connection()])
SOURCE = content.tds([Connection()])


def person(role: str) -> str:
    """The name of the person of a role."""
    return f"the {role}"


def label(relation: Relation, owned: bool, role: str) -> str:
    """The name of the item of a relation; each owner has one of his own."""
    return f"{relation.name} ({role})" if owned else relation.name


def everybody(capabilities) -> list[str]:
    return sorted(capabilities)


def rules_of(rules: Rules, roles: list[str]) -> list[dict[str, Any]]:
    """Rules in the form of a seed file, for the people of some roles."""
    written = [
        {"user": person(role), "allow": everybody(rules.allow), "deny": everybody(rules.deny)}
        for role in roles
        if rules.allow or rules.deny
    ]
    for group, allow, deny in ((FRIENDS, rules.friends, ()), (FOES, (), rules.foes)):
        if allow or deny:
            written.append({"group": group, "allow": everybody(allow), "deny": everybody(deny)})
    return written


def seed() -> dict[str, Any]:
    """The seed file."""
    people = [
        {
            "name": person(role),
            "siteRole": role,
            "email": f"{role.lower()}@example.com",
            "tokens": [{"name": "t", "value": f"token of {role}"}],
        }
        for role in ROLES
    ]
    others = [{"name": name, "siteRole": "Creator", "email": f"{name}@example.com"} for name in (OTHER, SPARE)]
    names = [one["name"] for one in people]

    def project(place: Place, name: str, owner: str, nested: list[Place]) -> dict[str, Any]:
        default = {kind: rules_of(Rules(friends=EVERYTHING[kind[:-1]]), ROLES) if place.defaults else [] for kind in ("workbooks", "datasources")}
        return {
            "name": name,
            "owner": owner,
            "contentPermissions": "LockedToProject" if place.locked else "ManagedByOwner",
            "permissions": rules_of(place.rules, ROLES),
            "defaultPermissions": {**default, "flows": []},
            "projects": [project(one, one.name, OTHER, []) for one in nested],
        }

    projects = []
    for place in PLACES.values():
        nested = [one for one in PLACES.values() if one.parent == place.name]
        for role in ROLES if place.owned else [""]:
            if place.parent is None:
                owner = person(role) if place.owned else OTHER
                projects.append(project(place, place_name(place, role), owner, nested))

    def items(kind: str, file: str) -> list[dict[str, Any]]:
        found = []
        for relation in RELATIONS[kind]:
            for role in ROLES if relation.owned else [""]:
                place = PLACES[relation.place]
                item = {
                    "file": file,
                    "name": label(relation, relation.owned, role),
                    "project": place.name if place.parent is None else f"{place.parent}/{place.name}",
                    "owner": person(role) if relation.owned else OTHER,
                }
                if relation.rules is not None:
                    item["permissions"] = rules_of(relation.rules, [role] if relation.owned else ROLES)
                found.append(item)
        return found

    site = {
        "name": "Default",
        "contentUrl": "",
        "users": [*people, *others],
        "groups": [{"name": FRIENDS, "users": names}, {"name": FOES, "users": names}],
        "projects": projects,
        "workbooks": items("workbook", "book.twb"),
        "datasources": items("datasource", "source.tds"),
    }
    return {"sites": [site]}


def place_name(place: Place, role: str) -> str:
    return f"{place.name} ({role})" if place.owned else place.name


def write_seed(folder: Path) -> Path:
    """Writes the seed and its files."""
    (folder / "book.twb").write_bytes(BOOK)
    (folder / "source.tds").write_bytes(SOURCE)
    path = folder / "seed.yaml"
    path.write_text(json.dumps(seed()))
    return path


class Caller:
    """One person's session over one kept connection: thousands of calls need no more of HTTP."""

    def __init__(self, url: str, token: str):
        self.address = urlsplit(url).netloc
        self.token = token
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str | None, bytes]:
        """Sends a request and returns status, error code and body."""
        sent = {"X-Tableau-Auth": self.token, **(headers or {})}
        if body is not None:
            sent.setdefault("Content-Type", "text/xml")
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address, timeout=60)
            try:
                self.connection.request(method, path, body, sent)
                response = self.connection.getresponse()
                data = response.read()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The server may close a kept connection at any time between two requests.
                self.connection = None
                if attempt == 2:
                    raise
        found = re.search(rb'<error code="(\d+)"', data[:400]) if response.status >= 400 else None
        return response.status, found and found.group(1).decode(), data


class MatrixWorld:
    """The seeded server, and the ids of what is on it."""

    def __init__(self, url: str):
        self.url = url
        self.store = "sqlite"
        self.admin = Rest(url, "3.6").sign_in(ADMIN, ADMIN_PASSWORD)
        self.root = Caller(url, self.admin.token)
        self.counter = itertools.count(1)
        self.fresh_names: dict[str, str] = {}
        self.subscriptions: dict[str, str] = {}
        self.customized: dict[str, str] = {}
        self.looked_at: dict[str, tuple[str, str]] = {}
        sessions = {role: Rest(url, "3.6").sign_in_with_token("t", f"token of {role}") for role in ROLES}
        self.callers = {role: Caller(url, session.token) for role, session in sessions.items()}
        self.users = self._ids("users", "user")
        self.groups = self._ids("groups", "group")
        self.items = {
            "workbook": self._ids("workbooks", "workbook"),
            "datasource": self._ids("datasources", "datasource"),
            "project": self._ids("projects", "project"),
        }
        # A second revision of everything, so that there is an old one to fetch.
        for kind in ("workbook", "datasource"):
            for relation in RELATIONS[kind]:
                for role in ROLES if relation.owned else [""]:
                    self._republish(kind, relation, role)
        self.all_views = {name: self._views(id) for name, id in self.items["workbook"].items()}
        self.views = {name: sorted(ids)[0] for name, ids in self.all_views.items()}
        self.connections = {
            kind: {name: self.connection(kind, id) for name, id in self.items[kind].items()}
            for kind in ("workbook", "datasource")
        }
        # The administrator gets the subscriptions that others look at.
        self._root("PUT", f"/api/3.6/sites/{self.admin.site_id}/users/{self.admin.user_id}",
                   ts_request(element("user", email="admin@example.com")))  # fmt: skip
        self.schedules = {kind: self.new_schedule(kind) for kind in ("Extract", "Subscription")}
        self.group = self._made("/groups", element("group", name="Of the matrix"), "group")
        self.second_site = self.new_site()

    # Finding things.

    def _all(self, kind: str, tag: str) -> list:
        answer = self.admin.get(f"/sites/{{site}}/{kind}", params={"pageSize": 1000}).ok(200)
        return answer.all(f"{kind}/{tag}")

    def _ids(self, kind: str, tag: str) -> dict[str, str]:
        return {one.get("name"): one.get("id") for one in self._all(kind, tag)}

    def _views(self, workbook: str) -> set[str]:
        data = self._root("GET", f"/api/3.6/sites/{self.admin.site_id}/workbooks/{workbook}/views")
        return {id.decode() for id in re.findall(rb'<view id="([^"]+)"', data)}

    def connection(self, kind: str, item: str) -> str:
        """The connection of an item."""
        data = self._root("GET", f"/api/3.6/sites/{self.admin.site_id}/{kind}s/{item}/connections")
        return re.search(rb'<connection id="([^"]+)"', data)[1].decode()

    def _made(self, path: str, body: str, what: str) -> str:
        return self.admin.post(f"/sites/{{site}}{path}", ts_request(body)).ok(201).get(what, "id")

    # Making things.

    def fresh(self, stem: str = "fresh") -> str:
        """A name that nothing has."""
        return f"{stem} {next(self.counter)}"

    def new_site(self) -> str:
        """An empty site."""
        name = self.fresh("site").replace(" ", "-")
        body = ts_request(element("site", name=name, contentUrl=name))
        return self.admin.post("/sites", body).ok(201).get("site", "id")

    def new_user(self) -> str:
        """An account without rights."""
        return self._made("/users", element("user", name=self.fresh("user"), siteRole="Unlicensed"), "user")

    def new_schedule(self, kind: str = "Extract") -> str:
        """A schedule that is not due for years, so that nothing happens by itself."""
        details = element("frequencyDetails", element("intervals", element("interval", monthDay="31")), start="03:00:00")
        body = element(
            "schedule", details, name=self.fresh("schedule"), type=kind, frequency="Monthly", priority=50, executionOrder="Parallel"
        )
        data = self._root("POST", "/api/3.6/schedules", ts_request(body))
        return re.search(rb'<schedule id="([^"]+)"', data)[1].decode()

    def task(self, kind: str, item: str) -> str:
        """The refresh of an item; it is made where there is none."""
        refresh = element("task", element("extractRefresh", element(kind, id=item)))
        path = f"/api/3.6/sites/{self.admin.site_id}/schedules/{self.schedules['Extract']}/{kind}s"
        return re.search(rb'<extractRefresh id="([^"]+)"', self._root("PUT", path, ts_request(refresh)))[1].decode()

    def kept_subscription(self, kind: str, item: str) -> str:
        """The administrator's subscription to an item, which no call deletes."""
        if item not in self.subscriptions:
            self.subscriptions[item] = self.subscription(kind, item)
        return self.subscriptions[item]

    def subscription(self, kind: str, item: str) -> str:
        """A new subscription of the administrator's to an item."""
        inside = [
            element("content", type=kind.capitalize(), id=item),
            element("schedule", id=self.schedules["Subscription"]),
            element("user", id=self.admin.user_id),
        ]
        path = f"/api/3.6/sites/{self.admin.site_id}/subscriptions"
        data = self._root("POST", path, ts_request(element("subscription", inside, subject="For the matrix")))
        return re.search(rb'<subscription id="([^"]+)"', data)[1].decode()

    def custom_view(self, view: str, owner: str | None = None) -> str:
        """A new shared custom view of a view, of the administrator's or somebody's."""
        name, workbook = self._view(view)
        body = custom_views.form(workbook, custom_views.definition(name), owner=owner, shared=True)
        data = self._root("POST", f"/api/exp/sites/{self.admin.site_id}/customviews", body, MIXED)
        return re.search(rb'<customView id="([^"]+)"', data)[1].decode()

    def view_name(self, view: str) -> str:
        """The name of a view."""
        return self._view(view)[0]

    def _view(self, view: str) -> tuple[str, str]:
        """The name of a view, and its workbook."""
        if view not in self.looked_at:
            found = self._root("GET", f"/api/3.6/sites/{self.admin.site_id}/views/{view}")
            name = re.search(rb'<view id="[^"]+" name="([^"]+)"', found)[1].decode()
            self.looked_at[view] = (name, re.search(rb'<workbook id="([^"]+)"', found)[1].decode())
        return self.looked_at[view]

    def kept_custom_view(self, view: str) -> str:
        """The administrator's custom view of a view, which no call deletes."""
        if view not in self.customized:
            self.customized[view] = self.custom_view(view)
        return self.customized[view]

    def job(self) -> str:
        """A job of the administrator's."""
        path = f"/api/3.6/sites/{self.admin.site_id}/workbooks/{self.items['workbook']['locked']}/refresh"
        status, _, data = self.root.call("POST", path, b"<tsRequest/>")
        found = re.search(rb'<job id="([^"]+)"', data)
        if found is None:
            assert status == 409, data
            listed = self._root("GET", f"/api/3.6/sites/{self.admin.site_id}/jobs")
            found = re.search(rb'<backgroundJob id="([^"]+)"', listed)
        return found[1].decode()

    def new_group(self) -> str:
        """An empty group."""
        return self._made("/groups", element("group", name=self.fresh("group")), "group")

    def _republish(self, kind: str, relation: Relation, role: str) -> None:
        name = label(relation, relation.owned, role)
        self._publish(kind, name, relation, owner=person(role) if relation.owned else OTHER, overwrite=True)

    def _publish(self, kind: str, name: str, relation: Relation, owner: str, overwrite: bool) -> str:
        body, headers = form(kind, name, self.items["project"][relation.place])
        path = f"/api/3.6/sites/{self.admin.site_id}/{kind}s"
        data = self._root("POST", f"{path}?overwrite={str(overwrite).lower()}", body, headers)
        id = re.search(rb'<%b id="([^"]+)"' % kind.encode(), data)[1].decode()
        # Whoever publishes is the owner then.
        self._root("PUT", f"{path}/{id}", ts_request(element(kind, element("owner", id=self.users[owner]))))
        return id

    def _root(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        """A call of the administrator that must succeed."""
        status, _, data = self.root.call(method, path, body, headers)
        assert status in (200, 201, 204), data
        return data

    def new_item(self, kind: str, relation: Relation, role: str) -> str:
        """An item like that of the relation, to be spoiled."""
        if kind == "project":
            return self._new_project(PLACES[relation.place], role)
        owner = person(role) if relation.owned else OTHER
        name = self.fresh()
        id = self._publish(kind, name, relation, owner, overwrite=False)
        self.fresh_names[id] = name
        if relation.rules is not None:
            self._rule(f"/{kind}s/{id}/permissions", relation.rules, role)
        return id

    def _new_project(self, place: Place, role: str) -> str:
        parent = self.items["project"][place.parent] if place.parent else None
        id = self.admin.new_project(self.fresh(), parent)
        # A new project has the rules of its parent, or of the Default project.
        permissions = self.admin.get(f"/sites/{{site}}/projects/{id}/permissions").ok(200)
        for grantee in permissions.all("permissions/granteeCapabilities"):
            holder = grantee[0]
            kind = "users" if holder.tag.endswith("user") else "groups"
            for capability in grantee[1]:
                name, mode = capability.get("name"), capability.get("mode")
                if name != "InheritedProjectLeader":
                    self.admin.delete(f"/sites/{{site}}/projects/{id}/permissions/{kind}/{holder.get('id')}/{name}/{mode}").ok(204)
        self._rule(f"/projects/{id}/permissions", place.rules, role)
        owner = person(role) if place.owned else OTHER
        locked = "LockedToProject" if place.locked else "ManagedByOwner"
        body = element("project", element("owner", id=self.users[owner]), contentPermissions=locked)
        self.admin.put(f"/sites/{{site}}/projects/{id}", ts_request(body)).ok(200)
        return id

    def _rule(self, path: str, rules: Rules, role: str) -> None:
        written = []
        for one in rules_of(rules, [role]):
            grantee = element("user", id=self.users[one["user"]]) if "user" in one else element("group", id=self.groups[one["group"]])
            capabilities = [element("capability", name=name, mode="Allow") for name in one["allow"]]
            capabilities += [element("capability", name=name, mode="Deny") for name in one["deny"]]
            written.append(element("granteeCapabilities", [grantee, element("capabilities", capabilities)]))
        if written:
            self._root("PUT", f"/api/3.6/sites/{self.admin.site_id}{path}", ts_request(element("permissions", written)))

    # Asking.

    def place_of(self, kind: str | None, relation: Relation | None, role: str, item: str | None = None) -> dict[str, str]:
        """What the variable parts of an address stand for."""
        place = {
            "site-id": self.admin.site_id,
            "user-id": self.users[person(role)],
            "group-id": self.group,
            "upload-session-id": "1:abcdef-1:1",
        }
        if kind is None:
            return place
        if kind == "project":
            name = place_name(PLACES[relation.place], role)
        else:
            name = label(relation, relation.owned, role)
        stored = "workbook" if kind == "view" else kind
        id = item or self.items[stored][name]
        place[f"{stored}-id"] = id
        if stored == "workbook":
            place["view-id"] = self.views[name] if item is None else sorted(self._views(id))[0] if kind == "view" else NOBODY
        if stored in self.connections:
            place["connection-id"] = "" if item else self.connections[stored][name]
        place["item"] = place["view-id"] if kind == "view" else id
        if kind != "project":
            place["name"], place["project"] = self.fresh_names.get(id, name), self.items["project"][relation.place]
        return place

    def ask(self, caller: Caller, method: str, path: str, version: str, place: dict[str, str], body=None, params=None, headers=None):
        """Sends a call with the variable parts of its address filled."""
        for name, value in place.items():
            path = path.replace("{" + name + "}", value)
        assert "{" not in path, path
        query = "?" + urlencode(params) if params else ""
        # Addresses of what may still change have no version.
        base = "" if path.startswith("/api/") else f"/api/{version}"
        return caller.call(method, f"{base}{path}{query}", body, headers)


def form(kind: str, name: str, project: str) -> tuple[bytes, dict[str, str]]:
    """A publishing form."""
    payload = ts_request(element(kind, element("project", id=project), name=name))
    file, data = ("book.twb", BOOK) if kind == "workbook" else ("source.tds", SOURCE)
    part = "tableau_workbook" if kind == "workbook" else "tableau_datasource"
    return multipart((None, "request_payload", None, "text/xml", payload), (None, part, file, None, data)), MIXED
