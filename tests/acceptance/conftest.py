"""Fixtures of the acceptance tests: real `vivant serve` processes, driven from outside only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import content, seed, tsc as tsc_client  # noqa: E402
from support.hyper import Hyper  # noqa: E402
from support.rest import Rest  # noqa: E402
from support.server import Vivant  # noqa: E402
from support.services import ROOT, S3, Ldap, Postgres  # noqa: E402
from support.world import ADMIN, ADMIN_PASSWORD  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=["sqlite", "postgres", "both"],
        default="both",
        help="the store under the servers of tests that do not name one themselves; with `both`, the default, "
        "the API is asked on each of the two and the rest on SQLite",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than a few seconds (runs by default)")


# What the two stores could answer differently.
ON_BOTH_STORES = re.compile(r"test_(tsc_(?!large)\w+|http_errors\w*|http_forms|concurrency)$")
# What looks at the objects themselves, so that it matters where they lie.
IN_A_BUCKET = re.compile(r"test_tsc_encryption$")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs the tests of the API once for each store."""
    if "live" not in metafunc.fixturenames:
        return
    store = metafunc.config.getoption("--store")
    if store == "both":
        module = metafunc.module.__name__
        stores = ["sqlite", "postgres"] if ON_BOTH_STORES.fullmatch(module) else ["sqlite"]
        stores += ["s3"] if IN_A_BUCKET.fullmatch(module) else []
        metafunc.parametrize("live", stores, indirect=True, scope="module")
    else:
        metafunc.parametrize("live", [store], indirect=True, scope="module")


@pytest.fixture(scope="session")
def binary(tmp_path_factory) -> Path:
    """The program under test: VIVANT_BIN, else the debug build."""
    named = os.environ.get("VIVANT_BIN")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = Path(named) if named else target / "debug" / "vivant"
    if not path.exists():
        pytest.exit(f"no program at {path}: run scripts/acceptance, which builds it, or set VIVANT_BIN", returncode=3)
    # A private copy, because a build beside the tests replaces the program between two starts.
    copy = tmp_path_factory.mktemp("program") / "vivant"
    shutil.copy2(path, copy)
    return copy


@pytest.fixture(scope="session")
def client_binary(binary) -> Path:
    """The program whose commands drive a server: VIVANT_CLIENT_BIN, else the program under test."""
    named = os.environ.get("VIVANT_CLIENT_BIN")
    return Path(named) if named else binary


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL: VIVANT_TEST_POSTGRES_URL, else one started by scripts/postgres."""
    service = Postgres()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def s3():
    """An S3 bucket: VIVANT_TEST_S3_…, else one started by scripts/s3."""
    service = S3()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def directory():
    """An LDAP directory: VIVANT_TEST_LDAP_…, else one started by scripts/ldap."""
    service = Ldap()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def tabcmd_program() -> Path:
    """Tableau's own tabcmd: VIVANT_TABCMD, else from the environment of scripts/tabcmd-env."""
    named = os.environ.get("VIVANT_TABCMD")
    if named:
        return Path(named)
    folder = subprocess.run(
        [str(ROOT / "scripts" / "tabcmd-env")], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    return Path(folder) / "bin" / "tabcmd"


@pytest.fixture(scope="session")
def clients() -> Path:
    """Other people's clients and old releases: VIVANT_CLIENTS, else the environment of scripts/clients-env."""
    named = os.environ.get("VIVANT_CLIENTS")
    if named:
        return Path(named)
    folder = subprocess.run(
        [str(ROOT / "scripts" / "clients-env")], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    return Path(folder)


@pytest.fixture(scope="session")
def hyper() -> Hyper:
    """Tableau's own library for `.hyper` files and its engine: VIVANT_HYPER, else the environment of scripts/documents-env."""
    named = os.environ.get("VIVANT_HYPER")
    if named:
        return Hyper(Path(named))
    folder = subprocess.run(
        [str(ROOT / "scripts" / "documents-env")], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    return Hyper(Path(folder))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real Tableau files: VIVANT_CORPUS, else ../shared/corpus. Skips where there is none."""
    folder = Path(os.environ.get("VIVANT_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not (folder / "files").is_dir():
        pytest.skip(f"no corpus at {folder}")
    return folder


@pytest.fixture(scope="session")
def spec() -> Path:
    """The folder with what is known of the API: VIVANT_SPEC, else ../shared/spec. Skips where there is none."""
    folder = Path(os.environ.get("VIVANT_SPEC", ROOT.parent / "shared" / "spec"))
    if not folder.is_dir():
        pytest.skip(f"no specification at {folder}")
    return folder


@pytest.fixture(scope="session")
def _servers(binary, request, tmp_path_factory):
    """Makes servers, and stops and checks whatever is left of them."""
    made: list[Vivant] = []

    def make(*arguments: str, seeded: bool = True, store: str | None = None, env: dict[str, str] | None = None) -> Vivant:
        folder = tmp_path_factory.mktemp("server")
        options = list(arguments)
        if seeded and "--seed" not in options:
            options += ["--seed", str(seed.write(folder))]
        if (store or request.config.getoption("--store")) == "postgres" and "--database-url" not in options:
            options += ["--database-url", request.getfixturevalue("postgres").database()]
        environment = {"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD, **(env or {})}
        server = Vivant(binary, folder / "data", "--admin-name", ADMIN, *options, env=environment)
        made.append(server)
        return server

    yield make
    for server in made:
        if server.alive():
            server.kill()


def _finish(server: Vivant) -> None:
    """Stops a server and looks at what it leaves: no panic in its log, nothing for `admin check` to find."""
    if not server.alive():
        pytest.fail(f"the server ended by itself\n{server.output()}")
    code = server.stop()
    assert code == 0, f"exit code {code} after SIGTERM\n{server.output()}"
    assert "panicked at" not in server.output(), server.output()
    server.check()


@pytest.fixture
def new_server(_servers):
    """Makes a server of the test's own, not yet started, with an empty data folder; it is checked at the end."""
    made: list[Vivant] = []

    def make(*arguments: str, **options) -> Vivant:
        server = _servers(*arguments, **options)
        made.append(server)
        return server

    yield make
    for server in made:
        if server.alive():
            _finish(server)
        shutil.rmtree(server.data_dir, ignore_errors=True)


@pytest.fixture(scope="module")
def live(_servers, request):
    """One seeded server for the tests of a module, checked at the end."""
    server = _servers(store=request.param).start()
    yield server
    _finish(server)
    shutil.rmtree(server.data_dir, ignore_errors=True)


@pytest.fixture(scope="module")
def _admin_session(live) -> Rest:
    return Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)


@pytest.fixture
def rest(_admin_session) -> Rest:
    """A plain session of the server administrator on the Default site, under version 3.1.

    One sign-in serves all tests of a module, since each costs a password hash; whoever signs out makes an own one.
    """
    return _admin_session.under("3.1")


@pytest.fixture(scope="module")
def tsc(live):
    """A session of the current tableauserverclient as server administrator, under the server's newest version."""
    server = tsc_client.connect(live, ADMIN, ADMIN_PASSWORD)
    yield server
    server.auth.sign_out()


@pytest.fixture
def name(request) -> str:
    """A name that no other test uses."""
    name.count = getattr(name, "count", 0) + 1
    stem = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:40]
    return f"{stem}-{os.getpid()}-{name.count}"


@pytest.fixture
def project(rest, name) -> str:
    """The id of a fresh top-level project."""
    return rest.new_project(f"P {name}")


@pytest.fixture
def twb() -> bytes:
    """A workbook of two worksheets."""
    return content.twb("Overview", "Details")


@pytest.fixture(autouse=True)
def _no_leaked_settings(monkeypatch, tmp_path):
    """Keeps a person's own settings out: proxies, client limits, session files in the home folder."""
    for variable in ("TSC_PAGE_SIZE", "TSC_CHUNK_SIZE_MB", "TSC_FILESIZE_LIMIT_MB"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
