"""Every operation, for every site role, in every relation to the item: the answer is what a plain model says.

`support/matrix/model.py` holds the model, `calls.py` who may call what; an operation that the server has and the
table has not fails the test.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlencode

import pytest

from support.matrix.calls import CALLS, Call
from support.matrix.model import OLD, PLACES, RELATIONS, ROLES, Standing
from support.matrix.world import MatrixWorld, label, person, place_name, write_seed
from support.services import ROOT

# The operations that the matrix leaves out, with the reason.
ELSEWHERE = {
    "Sign In": "without a session there is no role; test_http_rights.py",
    "Sign Out": "ends the session; everybody may, and test_http_errors.py does",
    "Switch Site": "ends the session; test_http_errors.py",
}

COUNTED: Counter[str] = Counter()


def implemented() -> list[tuple[str, str, str, str]]:
    """The rows of docs/endpoints.md that the server has: operation, method, path, version."""
    rows = []
    for line in (ROOT / "docs" / "endpoints.md").read_text().splitlines():
        found = re.match(r"\| [^|]+ \| ([^|]+) \| (\w+) \| `([^`]+)` \| ([\d.]+) \| implemented \|", line)
        if found:
            rows.append((found[1].strip(), found[2], found[3], found[4]))
    assert len(rows) > 90, "docs/endpoints.md has another form than this test reads"
    return rows


ROWS = implemented()


def row_of(call: Call) -> tuple[str, str, str, str]:
    """The address of a call."""
    rows = [row for row in ROWS if row[0] == call.operation and call.where in row[2]]
    assert len(rows) == 1, f"{call} stands for {rows}"
    return rows[0]


def version(since: str) -> str:
    """The version to ask under: that of the reference, or the first that has the operation."""
    return max("3.1", since, key=lambda text: tuple(map(int, text.split("."))))


@pytest.fixture(scope="module")
def world(_servers, request, tmp_path_factory, binary):
    seed = write_seed(tmp_path_factory.mktemp("matrix"))
    # Jobs are put into the queue and stay there.
    server = _servers("--seed", str(seed), "--workers", "0", store=request.param).start()
    world = MatrixWorld(server.url)
    world.store = request.param
    yield world
    assert server.stop() == 0, server.output()
    assert "panicked at" not in server.output(), server.output()
    server.check()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "world" in metafunc.fixturenames:
        store = metafunc.config.getoption("--store")
        metafunc.parametrize("world", ["sqlite", "postgres"] if store == "both" else [store], indirect=True, scope="module")


def test_every_operation_has_its_row():
    """Whoever adds a route says here who may call it."""
    known = {row_of(call) for call in CALLS}
    missing = [row for row in ROWS if row not in known and row[0] not in ELSEWHERE]
    assert not missing, "say in support/matrix/calls.py who may call these"


# An account that still has a name of 2.x differs from one with the new name in nothing but that.
FOR_OLD_NAMES = ("owner", "direct allow", "group deny", "Owned", "Direct allow", "Group deny")

# Items that a call spoils are new each time, so administrators, who may everything, are asked less.
FOR_ADMINISTRATORS = ("nothing", "locked", "Shut")

# What decides over one item is the same code on both stores, which only bring it the facts.
FOR_POSTGRES = (
    "owner", "owner in a locked project", "leader", "leader of the parent", "direct allow", "direct deny", "group allow", "group deny",
    "locked", "locked, with everything by default", "nothing", "Open", "Led", "Below", "Locked", "Locked and led", "Owned", "Shut",
    "Direct allow", "Direct deny", "Group deny",
)  # fmt: skip


def standings(store: str, kind: str | None, role: str):
    """The relations in which a role is asked."""
    if kind is None:
        return [(None, Standing(role))]
    relations = [one for one in RELATIONS[kind] if role not in OLD or one.name in FOR_OLD_NAMES]
    if store == "postgres":
        relations = [one for one in relations if one.name in FOR_POSTGRES]
    return [(relation, Standing(role, kind, relation)) for relation in relations]


# What people see, before calls have made new items.


def listed(world: MatrixWorld, role: str, path: str, tag: str) -> tuple[set[str], int]:
    """The names in a list, over all pages, and the total that it tells."""
    names: list[str] = []
    page = 1
    while True:
        query = urlencode({"pageSize": 20, "pageNumber": page})
        status, code, data = world.callers[role].call("GET", f"/api/3.1{path}?{query}")
        assert status == 200, (role, path, data)
        total = int(re.search(rb'totalAvailable="(\d+)"', data)[1])
        names += [one.decode() for one in re.findall(rb"<%b [^>]*?\bid=\"([^\"]+)\"" % tag.encode(), data)]
        if page * 20 >= total:
            assert len(names) == len(set(names)) == total, f"{role}: {path} tells {total} and lists {len(names)}"
            return set(names), total
        page += 1


@pytest.mark.parametrize("role", ROLES)
def test_lists_hold_what_may_be_seen_and_count_nothing_else(world: MatrixWorld, role: str):
    site = f"/sites/{world.admin.site_id}"
    sees = {
        "workbook": lambda s: s.may("Read"),
        "view": lambda s: s.may("Read"),
        "datasource": lambda s: s.may("Connect") or s.may("Read"),
        "project": lambda s: s.may("Read"),
    }
    for kind, path in (("workbook", "workbooks"), ("view", "views"), ("datasource", "datasources"), ("project", "projects")):
        expected = set()
        for relation in RELATIONS[kind]:
            owned = PLACES[relation.place].owned if kind == "project" else relation.owned
            for owner in ROLES if owned else [role]:
                # What is another's is nobody's business but an administrator's.
                standing = Standing(role, kind, relation)
                if not (sees[kind](standing) if owner == role else standing.admin):
                    continue
                if kind == "project":
                    expected.add(world.items["project"][place_name(PLACES[relation.place], owner)])
                elif kind == "view":
                    expected |= world.all_views[label(relation, relation.owned, owner)]
                else:
                    expected.add(world.items[kind][label(relation, relation.owned, owner)])
        if kind == "project" and Standing(role).role != "Unlicensed":
            expected.add(world.items["project"]["Default"])
        found, _ = listed(world, role, f"{site}/{path}", kind)
        assert found == expected, f"{role} of {path}: too many {names(world, found - expected)}, too few {names(world, expected - found)}"
        COUNTED["seen or not seen"] += len(world.items.get(kind, world.views))
        if kind == "workbook":
            found, _ = listed(world, role, f"{site}/users/{world.users[person(role)]}/workbooks", kind)
            assert found == expected
            # An administrator sees what the user would.
            if role != "ServerAdministrator":
                whole = f"{site}/users/{world.users[person(role)]}/workbooks"
                found, _ = listed(world, "ServerAdministrator", whole, kind)
                assert found == expected


def names(world: MatrixWorld, ids: set[str]) -> list[str]:
    back = {id: name for kind in world.items.values() for name, id in kind.items()}
    back |= {id: f"view of {name}" for name, all_ in world.all_views.items() for id in all_}
    return sorted(back.get(id, id) for id in ids)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_call(world: MatrixWorld, call: Call):
    _, method, path, since = row_of(call)
    wrong = []
    for role in ROLES:
        for relation, standing in standings(world.store, call.kind, role):
            allowed = call.allowed(standing)
            if allowed and call.spoils and standing.admin and relation and relation.name not in FOR_ADMINISTRATORS:
                continue
            expected = call.answers if allowed else [(403, code) for code in call.refused]
            item = world.new_item(call.kind, relation, role) if allowed and call.spoils and call.kind else None
            place = world.place_of(call.kind, relation, role, item)
            if call.place:
                place |= call.place(world, place)
            if call.before and (allowed or call.always):
                call.before(world, place, world.callers[role])
            body = call.body(world, place) if call.body else None
            headers = call.headers(world, place) if call.headers else None
            answer = world.ask(
                world.callers[role], method, path, call.version or version(since), place, body, call.params, headers
            )
            COUNTED["calls"] += 1
            if answer[:2] not in expected:
                wrong.append(f"{role}, {relation.name if relation else 'site'}: {answer[:2]} for {expected}")
    assert not wrong, f"{len(wrong)} answers of {method} {path}:\n" + "\n".join(wrong[:20])


def test_lists_of_tasks_and_subscriptions_hold_what_one_looks_after(world: MatrixWorld):
    """Of each item that is an administrator's, the owner's and the leaders' alone."""
    site = f"/api/3.6/sites/{world.admin.site_id}"
    tasks, subscriptions = {}, {}
    for relation in RELATIONS["workbook"]:
        for owner in ROLES if relation.owned else [""]:
            item = world.items["workbook"][label(relation, relation.owned, owner)]
            tasks[world.task("workbook", item)] = subscriptions[world.subscription("workbook", item)] = (relation, owner)
    for role in ROLES:
        for path, tag, made in (
            ("tasks/extractRefreshes", b"extractRefresh", tasks),
            ("subscriptions", b"subscription", subscriptions),
        ):
            expected = set()
            for id, (relation, owner) in made.items():
                standing = Standing(role, "workbook", relation)
                mine = standing.admin or standing.leads or (relation.owned and owner == role)
                if mine:
                    expected.add(id)
            found: set[str] = set()
            for page in range(1, 100):
                # Tasks come without pages, and so all at once.
                query = f"?pageSize=1000&pageNumber={page}" if path == "subscriptions" else ""
                status, _, data = world.callers[role].call("GET", f"{site}/{path}{query}")
                assert status == 200, data
                found |= {id.decode() for id in re.findall(rb'<%b id="([^"]+)"' % tag, data)}
                total = re.search(rb'totalAvailable="(\d+)"', data)
                if total is None or page * 1000 >= int(total[1]):
                    break
            found &= set(made)
            assert found == expected, (role, path, [made[id] for id in found ^ expected][:5])
            COUNTED["seen or not seen"] += len(made)


def test_thousands_of_cases():
    """The matrix is a matrix: one call for each role and relation."""
    assert COUNTED["calls"] > 5000 or len(COUNTED) < 2, COUNTED
    print(dict(COUNTED))
