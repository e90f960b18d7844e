"""Our client beside Tableau's: each method of `tableauserverclient` and the same call of `vivant-client`."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import tableauserverclient as TSC

from support.differential import cases, differences
from support.differential.case import Bench, Case, run
from support.differential.driver import Drive, program
from support.differential.proxy import Proxy
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
    missing = []
    for group in sorted({group for module in MODULES for group in module.GROUPS}):
        endpoint = getattr(server, group)
        for name in dir(type(endpoint)):
            if not name.startswith("_") and callable(getattr(type(endpoint), name)) and f"{group}.{name}" not in proven:
                missing.append(f"{group}.{name}")
    assert not missing, "no case proves " + ", ".join(missing)
