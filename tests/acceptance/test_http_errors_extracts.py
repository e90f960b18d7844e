"""Every error row of the methods that create and delete extracts, provoked in XML and in JSON.

The reference has no table for them; the rows say what they have in common with refreshing at once, and what is theirs.
"""

from __future__ import annotations

from typing import Callable

import pytest

from support import content, tables
from support.rest import NOBODY, Answer, element, ts_request
from support.world import Row, World

OPERATIONS: dict[str, tuple[str, str, str]] = {
    "Create Extract for Data Source": ("datasource", "createExtract", "404004"),
    "Delete Extract from Data Source": ("datasource", "deleteExtract", "404004"),
    "Create Extracts for Embedded Data Sources": ("workbook", "createExtract", "404006"),
    "Delete Extracts of Embedded Data Sources": ("workbook", "deleteExtract", "404006"),
}

OF_SITE: dict[str, str] = {
    "Encrypt Extracts in a Site": "encrypt-extracts",
    "Decrypt Extracts in a Site": "decrypt-extracts",
    "Reencrypt Extracts in a Site": "reencrypt-extracts",
}

UNPROVOKED: dict[tuple[str, str, str], str] = {}

EMPTY = b"<tsRequest/>"
ALL = ts_request(element("datasources", includeAll=True))


class Extracts(World):
    """A server without the engine for `.hyper` files, which comes into play after everything else was checked."""

    def item(self, kind: str, extract: bool) -> str:
        """An item that has an extract, or none yet."""
        make = tables.workbook if kind == "workbook" else tables.datasource
        data = tables.packed(make(tables.CSV_FILE, extract), {tables.CSV_FILE: tables.CSV})
        publish = self.admin.publish_workbook if kind == "workbook" else self.admin.publish_datasource
        return publish(self.fresh("Extracts"), data, self.project).ok(201).get(kind, "id")

    def of_site(self, operation: str, *, who: str = "admin", verb: str = "POST", site: str = "{site}", **options) -> Answer:
        """Calls a method about all extracts of a site."""
        session = options.pop("session", None) or self.session(who)
        session = (session.as_json() if self.form == "json" else session).under(options.pop("version", "3.5"))
        return session.call(verb, f"/sites/{site}/{OF_SITE[operation]}", **options)

    def ask(self, operation: str, body: bytes | None = None, *, who: str = "admin", verb: str | None = None, **options) -> Answer:
        if operation not in OPERATIONS:
            return super().ask(operation, body, who=who, verb=verb, **options)
        kind, method, _ = OPERATIONS[operation]
        place = {"site": None, kind: self.workbook if kind == "workbook" else self.datasource, **options.pop("place", {})}
        site = place["site"] or "{site}"
        session = options.pop("session", None) or self.session(who)
        session = session.as_json() if self.form == "json" else session
        session = session.under(options.pop("version", "3.5"))
        return session.call(verb or "POST", f"/sites/{site}/{kind}s/{place[kind]}/{method}", body, **options)


ROWS: list[Row] = []


def row(operation: str, status: int, code: str, condition: str, call: Callable[[Extracts], Answer]):
    ROWS.append(Row(operation, status, code, condition, call))


for one, (kind, method, missing) in OPERATIONS.items():
    body = ALL if kind == "workbook" else EMPTY
    row(one, 405, "405000", "Invalid request method", lambda w, one=one: w.ask(one, verb="GET"))
    row(one, 404, "404000", "Site not found", lambda w, one=one, b=body: w.ask(one, b, place={"site": NOBODY}))
    # TSC deletes those of a workbook under 3.3 already.
    early = "3.2" if one.startswith("Delete Extracts") else "3.4"
    row(one, 404, "404001", "Method of a later version", lambda w, one=one, b=body, v=early: w.ask(one, b, version=v))
    unsigned, stale = {"X-Tableau-Auth": None}, {"X-Tableau-Auth": "stale"}
    row(one, 401, "401000", "Unauthorized access", lambda w, one=one, b=body, h=unsigned: w.ask(one, b, headers=h))
    row(one, 401, "401002", "Unauthorized access", lambda w, one=one, b=body, h=stale: w.ask(one, b, headers=h))
    for id in (NOBODY, "no-id", "%00"):
        found = "Workbook not found" if kind == "workbook" else "Data source not found"
        row(one, 404, missing, found, lambda w, one=one, b=body, k=kind, id=id: w.ask(one, b, place={k: id}))
    for who in ("grace", "vera"):
        row(one, 403, "403004", "Forbidden", lambda w, one=one, b=body, who=who: w.ask(one, b, who=who))
    for bad in (
        b"<tsRequest>", b"no XML at all", b"<other/>", b"<tsRequest>&nope;</tsRequest>",
        b'<?xml version="1.0" encoding="utf-8"?><tsRequest>\xff\xfe</tsRequest>',
    ):  # fmt: skip
        row(one, 400, "400000", "Bad request", lambda w, one=one, bad=bad: w.ask(one, bad))
    if method == "createExtract":
        live = lambda w, k=kind: {k: w.item(k, extract=False)}  # noqa: E731
        row(one, 400, "400008", "Invalid encrypt", lambda w, one=one, b=body: w.ask(one, b, params={"encrypt": "maybe"}))
        row(one, 400, "400000", "Encryption is disabled on the site", lambda w, one=one, b=body, live=live: w.ask(
            one, b, place=live(w), params={"encrypt": "True"}))  # fmt: skip
        row(one, 501, "501000", "No engine for .hyper files", lambda w, one=one, b=body, live=live: w.ask(one, b, place=live(w)))
    else:
        bare = lambda w, k=kind: {k: w.item(k, extract=False)}  # noqa: E731
        row(one, 400, "400000", "No extract", lambda w, one=one, b=body, bare=bare: w.ask(one, b, place=bare(w)))

row("Create Extract for Data Source", 409, "409016", "Extract exists already", lambda w: w.ask(
    "Create Extract for Data Source", EMPTY, place={"datasource": w.item("datasource", extract=True)}))  # fmt: skip
for one in ("Create Extracts for Embedded Data Sources", "Delete Extracts of Embedded Data Sources"):
    with_extract = lambda w: {"workbook": w.item("workbook", extract=True)}  # noqa: E731
    for bad in (b"", EMPTY, ts_request(element("datasources")), ts_request(element("datasources", element("datasource")))):
        row(one, 400, "400000", "Bad request", lambda w, one=one, bad=bad, p=with_extract: w.ask(one, bad, place=p(w)))
    other = ts_request(element("datasources", element("datasource", id=NOBODY)))
    row(one, 404, "404004", "Data source not found", lambda w, one=one, b=other, p=with_extract: w.ask(one, b, place=p(w)))


for one in OF_SITE:
    row(one, 405, "405000", "Invalid request method", lambda w, one=one: w.of_site(one, verb="GET"))
    for id in (NOBODY, "no-id", "%00"):
        row(one, 404, "404000", "Site not found", lambda w, one=one, id=id: w.of_site(one, site=id))
    row(one, 404, "404001", "Method of a later version", lambda w, one=one: w.of_site(one, version="3.4"))
    unsigned, stale = {"X-Tableau-Auth": None}, {"X-Tableau-Auth": "stale"}
    row(one, 401, "401000", "Unauthorized access", lambda w, one=one, h=unsigned: w.of_site(one, headers=h))
    row(one, 401, "401002", "Unauthorized access", lambda w, one=one, h=stale: w.of_site(one, headers=h))
    for who in ("grace", "vera", "ulrich"):
        row(one, 403, "403004", "Forbidden", lambda w, one=one, who=who: w.of_site(one, who=who))
    if one.startswith("Decrypt"):
        enforced = lambda w: w.new_site(extractEncryptionMode="enforced")  # noqa: E731
        row(one, 400, "400000", "Encryption is enforced on the site", lambda w, one=one, s=enforced: w.of_site(one, session=s(w)))
    else:
        row(one, 400, "400000", "Encryption is disabled on the site", lambda w, one=one: w.of_site(one))


@pytest.fixture(scope="module")
def world(live) -> Extracts:
    return Extracts(live.url)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form: str):
    world.form = form
    answer = one.call(world)
    answer.refused(one.status, one.code)
    assert answer.is_json == (form == "json")


def test_the_extract_that_is_all_there_is_stays(world):
    """A published table file has no connection to go back to, which is said before there is a job."""
    world.form = "xml"
    published = world.admin.publish_datasource(world.fresh("Bare"), content.hyper(), world.project).ok(201)
    place = {"datasource": published.get("datasource", "id")}
    answer = world.ask("Delete Extract from Data Source", EMPTY, place=place).refused(400, "400000")
    assert "no connections" in answer.find("error/detail").text
