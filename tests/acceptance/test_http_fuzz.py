"""Random and bent requests to every operation: no failure of the server, no silence, and errors change nothing.

Of each operation so many are sent as `VIVANT_FUZZ_REQUESTS` says, a hundred unless it does; `VIVANT_FUZZ_SEED` makes
others of them. A failure prints the request; the same seed and number send it again.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import sqlite3
import time
from pathlib import Path

import pytest

from support import fuzz
from support.matrix.calls import CALLS
from support.matrix.model import RELATIONS
from support.matrix.world import SPARE, Caller, MatrixWorld, write_seed
from support.rest import NOBODY, Rest, ts_request, element
from test_permission_matrix import ELSEWHERE, ROWS, version

REQUESTS = int(os.environ.get("VIVANT_FUZZ_REQUESTS", "100"))
SEED = os.environ.get("VIVANT_FUZZ_SEED", "1")
# A valid request is made anew after so many bent ones, and sooner when its item is gone: making items takes longer.
KEPT = 200
GONE = 20
SLOWEST_SECONDS = 20
# With so many requests or fewer to each operation there is time to look at the whole store whenever it has changed.
LOOKED_AT = 200

# What changes by itself: when a session was used last, and objects on their way in or out, which `admin check` looks
# after at the end.
BY_ITSELF = {"session", "blob", "sqlite_sequence"}

# Sets of rules that nothing points to any more are swept; those that count are pointed to.
POINTED_TO = " UNION ".join((
    *(f"SELECT {column} FROM project" for column in ("acl_id", "workbook_acl_id", "datasource_acl_id", "flow_acl_id")),
    "SELECT acl_id FROM content", "SELECT acl_id FROM view",
))  # fmt: skip
ONLY = {"acl": f"WHERE id IN ({POINTED_TO})", "acl_rule": f"WHERE acl_id IN ({POINTED_TO})"}


class Store:
    """The database of a server, looked at from beside it."""

    def __init__(self, data_dir: Path):
        found = [path for path in data_dir.rglob("*") if path.is_file() and path.open("rb").read(16) == b"SQLite format 3\0"]
        assert len(found) == 1, found
        self.connection = sqlite3.connect(f"file:{found[0]}?mode=ro", uri=True, isolation_level=None)
        names = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        self.tables = sorted(name for (name,) in names if name not in BY_ITSELF)

    def version(self) -> int:
        """A number that changes with every change of another's."""
        return self.connection.execute("PRAGMA data_version").fetchone()[0]

    def digests(self) -> dict[str, str]:
        """What each table holds, in a few letters."""
        found = {}
        for table in self.tables:
            rows = sorted(map(repr, self.connection.execute(f'SELECT * FROM "{table}" {ONLY.get(table, "")}')))
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return found


class Fuzzed:
    """A seeded server, its store, and what is known of that."""

    def __init__(self, server):
        self.server = server
        self.world = MatrixWorld(server.url)
        # Ids of things that nobody misses when a bent request deletes them.
        nothing = next(one for one in RELATIONS["workbook"] if one.name == "nothing")
        books = [self.world.new_item("workbook", nothing, "Creator") for _ in range(3)]
        self.ids = [
            *books, *(sorted(self.world._views(book))[0] for book in books), self.world.new_item("datasource", nothing, "Creator"),
            self.world.admin.new_project("Spare"), self.world.new_group(), self.world.new_user(), self.world.new_schedule(),
            self.world.second_site, NOBODY,
        ]  # fmt: skip
        self.store = Store(server.data_dir)
        # What the tables hold, as long as that is known.
        self.known: dict[str, str] | None = None
        self.seen = self.store.version()
        self.sent = 0
        self.errors = 0
        self.changes = 0

    def sign_in(self) -> Caller:
        """A session of its own, since some operations end theirs."""
        session = Rest(self.server.url, "3.6").sign_in_with_token("t", "token of ServerAdministrator")
        return Caller(self.server.url, session.token)

    def is_touched(self) -> bool:
        """Whether anybody has written to the store since this was last asked. What it holds is not known then."""
        seen = self.store.version()
        touched, self.seen = seen != self.seen, seen
        if touched:
            self.known = None
        return touched

    def look(self) -> None:
        """Learns what the store holds; most requests write nothing, so this is seldom needed."""
        while self.known is None:
            self.seen = self.store.version()
            known = self.store.digests()
            # Unless somebody has written meanwhile.
            if self.store.version() == self.seen:
                self.known = known

    def changed(self, repeat) -> list[str]:
        """The tables that a request has changed, which `repeat` sends again and tells whether it is refused again.

        A number says whether anybody has written at all. Where somebody has, it may be the server by itself: then what
        the store held before is compared, and if that is not known, what the same request changes once more.
        """
        before = self.known
        if not self.is_touched():
            return []
        if before is None:
            self.look()
            before = self.known
            if not repeat() or not self.is_touched():
                return []
        self.look()
        return [table for table in self.known if self.known[table] != before[table]]


@pytest.fixture(scope="module")
def fuzzed(_servers, tmp_path_factory):
    seed = write_seed(tmp_path_factory.mktemp("fuzz"))
    # Without workers, so that nothing changes but by requests.
    server = _servers("--seed", str(seed), "--workers", "0", store="sqlite").start()
    yield Fuzzed(server)
    assert server.stop() == 0, server.output()
    assert "panicked at" not in server.output(), server.output()
    server.check()


CREDENTIALS = element("credentials", element("site", contentUrl=""), name="ada", password="x")


def templates(row) -> list:
    """The valid calls of an operation, as the matrix makes them."""
    operation, _, path, _ = row
    found = [one for one in CALLS if one.operation == operation and one.where in path]
    assert found or operation in ELSEWHERE, operation
    return found


def valid(fuzzed: Fuzzed, row, bender: fuzz.Bender):
    """A valid request: the variable parts of its address, its body and its headers."""
    world, calls = fuzzed.world, templates(row)
    if not calls:
        body = ts_request(CREDENTIALS) if row[0] == "Sign In" else ts_request(element("site", contentUrl=world.fresh()))
        return {}, body if row[0] != "Sign Out" else None, {}, {}
    call = bender.dice.choice(calls)
    relation = next((one for one in RELATIONS[call.kind] if one.name in ("nothing", "Open")), None) if call.kind else None
    role = "ServerAdministrator"
    # All of its own, since a bent request may delete it.
    item = world.new_item("workbook" if call.kind == "view" else call.kind, relation, role) if call.kind else None
    place = world.place_of(call.kind, relation, role, item)
    if call.kind in ("workbook", "datasource"):
        place["connection-id"] = world.connection(call.kind, item)
    place["group-id"] = world.new_group()
    if call.place:
        place |= call.place(world, place)
    if place.get("user-id") == world.users[SPARE]:
        place["user-id"] = world.new_user()
    if place.get("schedule-id") in world.schedules.values():
        place["schedule-id"] = world.new_schedule()
    if row[0] == "Update Site":
        place["site-id"] = world.second_site
    body = call.body(world, place) if call.body else None
    headers = call.headers(world, place) if call.headers else {}
    return place, body, headers, call.params


def send(caller: Caller, request: fuzz.Request) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Sends a request over the kept connection, or a new one."""
    for attempt in (1, 2):
        if caller.connection is None:
            caller.connection = http.client.HTTPConnection(caller.address, timeout=SLOWEST_SECONDS)
        try:
            caller.connection.request(
                request.method, request.path, request.body, {"X-Tableau-Auth": caller.token, **request.headers}
            )
            response = caller.connection.getresponse()
            return response.status, response.headers, response.read()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            caller.connection.close()
            caller.connection = None
            if attempt == 2:
                raise
        except BaseException:
            caller.connection.close()
            caller.connection = None
            raise
    raise AssertionError("not reached")


def wrong(request: fuzz.Request, status: int, headers, data: bytes) -> str | None:
    """What is wrong with an answer by itself."""
    if status in (200, 201, 202, 204, 206, 304):
        return None
    if request.method in ("HEAD", "TRACE"):
        return None if status < 500 or status == 501 else "a failure of the server"
    if "/api/" not in request.path[:6]:
        return None if status < 500 else "a failure of the server"
    found = re.search(rb'"code":\s*"(\d{6})"|<error code="(\d{6})"', data)
    if found is None:
        return "an error without a code"
    code = (found[1] or found[2]).decode()
    # The reference gives an unknown schedule the code of a failure, in these two operations.
    if code == "500000" and re.search(r"/schedules/[^/]*/(workbooks|datasources)", request.path, re.IGNORECASE):
        return None
    if status >= 500 and code != "501000":
        return "a failure of the server"
    return None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_bent_requests(fuzzed: Fuzzed, row):
    operation, method, path, since = row
    bender = fuzz.Bender(f"{SEED} {operation} {path}", fuzzed.ids)
    caller = fuzzed.sign_in()
    template, age = None, 0
    for number in range(REQUESTS):
        if template is None or age >= KEPT:
            template, age = valid(fuzzed, row, bender), 0
        age += 1
        fuzzed.is_touched()
        if REQUESTS <= LOOKED_AT:
            fuzzed.look()
        place, body, headers, params = template
        address = path + ("?" + "&".join(f"{name}={value}" for name, value in params.items()) if params else "")
        request = bender.request(method, version(since), address, place, body, headers)
        begin = time.monotonic()
        try:
            status, answered, data = send(caller, request)
        except (http.client.InvalidURL, UnicodeError, ValueError):
            continue  # The client itself does not send this.
        except (http.client.HTTPException, OSError) as error:
            pytest.fail(f"request {number}: {error!r} for {request}\n{fuzzed.server.output()[-3000:]}")
        taken = time.monotonic() - begin
        fuzzed.sent += 1
        problem = wrong(request, status, answered, data)
        assert problem is None, f"request {number}: {problem}: {request} -> {status} {data[:600]!r}\n{fuzzed.server.output()[-3000:]}"
        assert taken < SLOWEST_SECONDS, f"request {number} took {taken:.1f} s: {request}"
        if status >= 400:
            fuzzed.errors += 1
            changed = fuzzed.changed(lambda: send(caller, request)[0] >= 400)
            assert not changed, f"request {number}: {request} -> {status} {data[:600]!r} has changed {changed}"
            if status == 401 and "X-Tableau-Auth" not in request.headers:
                caller = fuzzed.sign_in()
            continue
        fuzzed.changes += fuzzed.is_touched()
        if request.method == "DELETE":
            age = max(age, KEPT - GONE)


def test_so_many_were_sent(fuzzed: Fuzzed):
    print({"sent": fuzzed.sent, "answered by an error": fuzzed.errors, "changed the store": fuzzed.changes})
    if fuzzed.sent > 1000:
        assert fuzzed.errors > fuzzed.sent // 10, "hardly a request was wrong in any way"
        assert fuzzed.changes > fuzzed.sent // 50, "changes of the store are not seen"
    assert fuzzed.server.alive()
