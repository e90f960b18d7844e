"""Our client beside Tableau's: each method of `tableauserverclient` and the same call of `vivant-client`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.endpoint import Endpoint

from support.differential import answers, cases, differences
from support.differential.canonical import canonical
from support.differential.case import Bench, Case, run
from support.differential.driver import Drive, Refused, program
from support.differential.proxy import Proxy, made
from support.world import ADMIN, ADMIN_PASSWORD, World

VERSION = "3.29"


def modules():
    """The modules of cases, each with `CASES` and `GROUPS`, the groups of methods that it covers whole."""
    names = sorted(found.name for found in pkgutil.iter_modules(cases.__path__))
    return [importlib.import_module(f"{cases.__name__}.{name}") for name in names]


MODULES = modules()
CASES: list[Case] = [case for module in MODULES for case in module.CASES]


@pytest.fixture(scope="module")
def proxy(live):
    proxy = Proxy(live.url)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def bench(live, proxy):
    def connect() -> TSC.Server:
        server = TSC.Server(proxy.url)
        server.version = VERSION
        server.auth.sign_in(TSC.TableauAuth(ADMIN, ADMIN_PASSWORD))
        return server

    def drive() -> Drive:
        return Drive(program(), server=proxy.url, username=ADMIN, password=ADMIN_PASSWORD, version=VERSION)

    bench = Bench(World(live.url), proxy, connect, drive)
    yield bench
    bench.ours.stop()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_requests_agree_and_both_read_the_same(case, bench):
    run(case, bench)


def test_every_difference_is_needed(request):
    ran = {item.callspec.params["case"].method for item in request.session.items if "case" in getattr(item, "callspec", Empty).params}
    if ran < {case.method for case in CASES}:
        pytest.skip("only some cases were asked for")
    unused = [entry.name for entry in differences.TABLE if entry.name not in differences.USED]
    assert not unused, unused


class Empty:
    params: dict = {}


def test_every_method_of_a_covered_group_has_a_case():
    server = TSC.Server("http://localhost")
    proven = {case.method for case in CASES}
    inherited = set(dir(Endpoint))
    missing = []
    for group in sorted({group for module in MODULES for group in module.GROUPS}):
        endpoint = getattr(server, group)
        for name in dir(type(endpoint)):
            member = getattr(type(endpoint), name)
            if name.startswith("_") or name in inherited or inspect.isclass(member) or not callable(member):
                continue
            if f"{group}.{name}" not in proven:
                missing.append(f"{group}.{name}")
    assert not missing, "no case proves " + ", ".join(missing)


def test_our_client_reads_every_answer_in_the_source_of_tableaus(tmp_path):
    files = answers.unpacked(tmp_path)
    assert len(files) > 100, "the source package has no answers any more"
    drive = Drive(program())
    wrong = []
    for path in files:
        try:
            read = drive.call("read", "file", {"path": str(path)})
            assert read["root"] == "tsResponse"
        except Refused as refused:
            wrong.append(refused.error["message"])
    drive.stop()
    assert not wrong, "\n".join(wrong)


def test_methods_that_a_version_lacks_are_refused_before_anything_is_sent(proxy):
    """What Tableau's client refuses for its version, ours refuses for the one that the reference names."""
    old = Drive(program(), server=proxy.url, username=ADMIN, password=ADMIN_PASSWORD, version="2.3")
    calls = proxy.record()
    some = "2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c11"
    refused = {
        ("workbooks", "refresh"): "2.8",
        ("workbooks", "create_extract"): "3.5",
        ("views", "get"): "3.1",
        ("jobs", "list"): "3.1",
        ("exports", "view_excel"): "3.8",
        ("exports", "workbook_pdf"): "3.4",
        ("schedules", "get"): "3.8",
        ("tasks", "run_extract_refresh"): "2.6",
        ("users", "groups"): "3.7",
        ("groups", "remove_users"): "3.21",
        ("flows", "list"): "3.3",
    }
    for (group, method), since in refused.items():
        with pytest.raises(Refused) as caught:
            old.call(group, method, {"id": some})
        error = caught.value.error
        assert error["kind"] == "Unsupported" and since in error["message"], error
    old.stop()
    assert not calls, [str(one.request) for one in calls]
    proxy.rest()


def test_calls_that_tableaus_client_lacks(bench):
    """Favorites in order, changes of tasks with schedules of their own: what the reference says they are."""
    one, other = "2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c11", "2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c12"
    task = f'<extractRefresh id="{one}" priority="50" type="FullRefresh"><workbook id="{other}"/></extractRefresh>'
    asked = bench.proxy.record(
        [made("PUT", "/sites/[^/]+/orderFavorites/.*"), made("POST", "/sites/[^/]+/tasks/extractRefreshes/.*", task)]
    )
    bench.ours.call(
        "favorites", "organize", {"user": one, "kind": "workbook", "id": one, "after": {"kind": "view", "id": other}}
    )
    schedule = {"frequency": "Daily", "frequencyDetails": {"start": "04:00:00"}}
    read = bench.ours.call("tasks", "update", {"id": one, "task": {"type": "FullRefresh"}, "schedule": schedule})
    bench.proxy.rest()
    assert read["extractRefresh"]["workbook"] == {"id": other}
    bodies = [canonical(exchange.request).body["children"] for exchange in asked]
    moved = {
        "favoriteId": one, "favoriteIdMoveAfter": other, "favoriteType": "workbook", "favoriteTypeMoveAfter": "view",
    }  # fmt: skip
    assert bodies == [
        [{"name": "favoriteOrderings", "children": [{"name": "favoriteOrdering", "attributes": moved}]}],
        [
            {"name": "extractRefresh", "attributes": {"type": "FullRefresh"}},
            {
                "name": "schedule",
                "attributes": {"frequency": "Daily"},
                "children": [{"name": "frequencyDetails", "attributes": {"start": "04:00:00"}}],
            },
        ],
    ]
