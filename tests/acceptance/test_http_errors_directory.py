"""Every error row that needs a directory behind the server, provoked in XML and in JSON.

The table is like that of `test_http_errors.py`; what the methods do besides is in `test_tsc_groups_directory.py`.
"""

from __future__ import annotations

import pytest

from conftest import _finish
from support.rest import Answer, element, ts_request
from support.world import OPERATIONS as OF_THE_WORLD
from support.world import Row, World

# Operation -> (HTTP method, path, another HTTP method that nothing answers there).
OPERATIONS: dict[str, tuple[str, str, str]] = {
    **{name: OF_THE_WORLD[name] for name in ("Create Group", "Update Group", "Add User to Site", "Sign In")},
    "List Server Active Directory Domains": ("GET", "/domains", "POST"),
    "Update Server Active Directory Domain": ("PUT", "/domains", "POST"),
    "Update Server Active Directory Domain (id in the address)": ("PUT", "/domains/{domain}", "POST"),
}
DOMAINS = [name for name in OPERATIONS if "Directory" in name]
UPDATES = DOMAINS[1:]

UNPROVOKED: dict[tuple[str, str, str], str] = {}


class WithDirectory(World):
    """A server with a directory, a group of which is imported."""

    def __init__(self, url: str):
        super().__init__(url)
        self.imported = self.admin.post("/sites/{site}/groups", group("Empty")).ok(201).get("group", "id")
        listed = self.admin.get("/domains", version="3.7").ok().all("domainList/domain")
        self.domain = next(one.get("id") for one in listed if one.get("name") == "example.lan")

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        method, path, _ = OPERATIONS[operation]
        place = {"group": self.imported, "domain": self.domain, **options.pop("place", {})}
        for name, value in place.items():
            path = path.replace("{" + name + "}", value)
        if operation in DOMAINS:
            options.setdefault("version", "3.7")
        return self.session(who).call(verb or method, path, body, **options)


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call, also: tuple[str, ...] = ()) -> None:
    ROWS.append(Row(operation, status, code, condition, call, also))


def group(name: str | None, **attributes) -> bytes:
    attributes = {"source": "ActiveDirectory", "domainName": "example.lan", "siteRole": "Viewer", **attributes}
    return ts_request(element("group", element("import", **attributes), name=name))


def domain(**attributes) -> bytes:
    return ts_request(element("domain", **attributes))


for one in ("Create Group", "Update Group"):
    for query in ({}, {"asJob": "true"}):
        for wrong in ("nowhere.lan", "", "dc=example,dc=lan", "*"):
            row(one, 404, "404016", "Domain not found",
                lambda w, one=one, d=wrong, q=query: w.ask(one, group("Empty", domainName=d), params=q))
        row(one, 404, "404017", "Active Directory group not found",
            lambda w, one=one, q=query: w.ask(one, group("Empty", domainName="other.lan"), params=q))
        for wrong in ({"source": None}, {"source": "LDAP"}, {"domainName": None}, {"siteRole": None}):
            row(one, 400, "400019", "Malformed import element",
                lambda w, one=one, x=wrong, q=query: w.ask(one, group("Empty", **x), params=q))
for name in ("*", "Nothing", "Empty)(cn=*"):
    row("Create Group", 404, "404017", "Active Directory group not found", lambda w, n=name: w.ask("Create Group", group(n)))
for name in ("Empty", "EMPTY"):
    row("Create Group", 409, "409009", "Group name conflict", lambda w, n=name: w.ask("Create Group", group(n)))
for body in (group("Other"), ts_request(element("group", name="Other"))):
    row("Update Group", 403, "403020", "Imported group name update forbidden", lambda w, b=body: w.ask("Update Group", b))
for name in ("nobody", "example.lan\\nobody", "nobody@example.lan", "nowhere\\ada", "*", "EXAMPLE\\ad*"):
    row("Add User to Site", 404, "404002", "User not found",
        lambda w, n=name: w.ask("Add User to Site", ts_request(element("user", name=n, siteRole="Viewer"))))

for one in DOMAINS:
    body = None if one not in UPDATES else domain(name="x")
    row(one, 401, "401000", "Unauthorized Access", lambda w, one=one, b=body: w.ask(one, b, headers={"X-Tableau-Auth": None}))
    row(one, 401, "401002", "Unauthorized Access", lambda w, one=one, b=body: w.ask(one, b, headers={"X-Tableau-Auth": "stale"}))
    for who in ("ada", "sophie"):
        row(one, 403, "403004", "Forbidden", lambda w, one=one, b=body, who=who: w.ask(one, b, who=who))
    row(one, 404, "404001", "Endpoint unavailable", lambda w, one=one, b=body: w.ask(one, b, version="3.6"))
    row(one, 405, "405000", "Invalid request method", lambda w, one=one: w.ask(one, b"", verb=OPERATIONS[one][2]))
for one in UPDATES:
    for broken in (b"", b"<tsRequest", ts_request("<site/>")):
        row(one, 400, "400000", "Bad request", lambda w, one=one, b=broken: w.ask(one, b))
    # Name and nickname are settings of the server.
    for told in ({"name": "new.lan"}, {"shortName": "NEW"}):
        row(one, 400, "400000", "Bad request", lambda w, one=one, t=told: w.ask(one, domain(id=w.domain, **t)))
row("Update Server Active Directory Domain", 404, "404016", "Domain not found",
    lambda w: w.ask("Update Server Active Directory Domain", domain(id="12345", name="x")))
row("Update Server Active Directory Domain (id in the address)", 404, "404016", "Domain not found",
    lambda w: w.ask("Update Server Active Directory Domain (id in the address)", domain(name="x"), place={"domain": "12345"}))


@pytest.fixture(scope="module")
def live(_servers, request, directory):
    server = _servers(*directory.options(), store=request.param, env=directory.env()).start()
    yield server
    _finish(server)


@pytest.fixture(scope="module")
def world(live) -> WithDirectory:
    return WithDirectory(live.url)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form: str):
    world.form = form
    answer = one.call(world)
    answer.refused(one.status, (one.code, *one.also))
    assert answer.is_json == (form == "json")
