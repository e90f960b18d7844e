"""Tableau's own tabcmd on a server with a directory: signing in, adding people, filling groups."""

import re

import pytest

from conftest import ADMIN, ADMIN_PASSWORD, _finish
from support.rest import Rest
from test_tabcmd import Tabcmd

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def live(_servers, request, directory):
    server = _servers(*directory.options(), store=request.param, env=directory.env()).start()
    yield server
    _finish(server)


@pytest.fixture
def tabcmd(tabcmd_program, live, tmp_path):
    """A tabcmd that is signed in as server administrator."""
    command = Tabcmd(tabcmd_program, tmp_path, live.url)
    login(command, ADMIN, ADMIN_PASSWORD)
    return command


def login(command: Tabcmd, name: str, password: str, code: int = 0) -> None:
    """Signs in; later commands read the password from the file again."""
    file = command.home / "password"
    file.write_text(password)
    command("login", "--server", command.url, "--username", name, "--password-file", str(file), "--no-prompt", code=code)


def test_people_and_groups(tabcmd, live):
    rest = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)

    def people() -> dict[str, tuple[str, str]]:
        found = rest.get("/sites/{site}/users", params={"pageSize": 1000}).ok().all("users/user")
        domain = lambda one: one.find("{*}domain").get("name")  # noqa: E731
        return {one.get("name"): (domain(one), one.get("siteRole")) for one in found if domain(one) != "local"}

    (tabcmd.home / "people.csv").write_text("example.lan\\grace,,,viewer,none,no,\nonly,,,creator,none,yes,\nlocal\\plain\n")
    tabcmd("createsiteusers", "people.csv")
    assert people() == {"grace": ("example.lan", "Viewer"), "only": ("other.lan", "Creator")}
    # Lines that fail are printed and counted; the exit code stays 0: so is tabcmd.
    (tabcmd.home / "wrong.csv").write_text("example.lan\\nobody,,,viewer,none,no,\n")
    assert re.search(r"users added: +0", tabcmd("createsiteusers", "wrong.csv"))
    assert set(people()) == {"grace", "only"}

    tabcmd("creategroup", "Mixed")
    (tabcmd.home / "members.csv").write_text("grace\nonly\nplain\n")
    tabcmd("addusers", "Mixed", "--users", "members.csv")
    group = rest.get("/sites/{site}/groups", params={"filter": "name:eq:Mixed"}).get("groups/group", "id")
    members = {one.get("name") for one in rest.get(f"/sites/{{site}}/groups/{group}/users").ok().all("users/user")}
    assert members >= {"only", "plain"}
    tabcmd("deletegroup", "Mixed")
    assert set(people()) == {"grace", "only"}


def test_login(tabcmd, live, tabcmd_program, tmp_path):
    (tabcmd.home / "star.csv").write_text("example.lan\\star,,,viewer,none,no,\n")
    tabcmd("createsiteusers", "star.csv")
    for number, name in enumerate(("example.lan\\star", "EXAMPLE\\star", "star@example.lan")):
        home = tmp_path / f"home{number}"
        home.mkdir()
        command = Tabcmd(tabcmd_program, home, live.url)
        login(command, name, "star")
        command("list", "workbooks")
        login(command, name, "wrong", code=1)
