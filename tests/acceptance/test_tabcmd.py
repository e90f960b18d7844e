"""Tableau's own tabcmd, unmodified, against a live server: effects and exit codes."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed, tables
from support.rest import element, ts_request
from support.server import clean_env

pytestmark = pytest.mark.slow


@dataclass
class Tabcmd:
    """tabcmd with a home folder of its own, where it keeps its session."""

    program: Path
    home: Path
    url: str

    def __call__(self, *arguments: str, code: int | None = 0, url: str | None = None) -> str:
        """Runs one command, checks its exit code, returns what it printed."""
        result = subprocess.run(
            [self.program, *arguments],
            cwd=self.home,
            env=clean_env({"HOME": str(self.home), "LANG": "en_US.UTF-8"}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        printed = result.stdout + result.stderr
        assert code is None or result.returncode == code, f"tabcmd {arguments}: {result.returncode}\n{printed}"
        return printed


@pytest.fixture(scope="module")
def tabcmd(tabcmd_program, live, tmp_path_factory):
    """A tabcmd that is signed in as server administrator; later commands read the password from the file."""
    home = tmp_path_factory.mktemp("tabcmd")
    (home / "password").write_text(ADMIN_PASSWORD)
    command = Tabcmd(tabcmd_program, home, live.url)
    printed = command(
        "login", "--server", live.url, "--username", ADMIN, "--password-file", str(home / "password"), "--no-prompt"
    )
    assert ADMIN_PASSWORD not in printed
    return command


@pytest.fixture
def place(tabcmd, name) -> str:
    """A fresh project."""
    place = "P" + re.sub(r"\W", "", name)
    tabcmd("createproject", "--name", place, "--description", "made by tabcmd")
    return place


@pytest.fixture
def file(tabcmd):
    """Writes a file where tabcmd finds it."""

    def file(name: str, data: bytes | str) -> str:
        path = tabcmd.home / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    return file


# Signing in


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--username", "ADA", "--password", seed.ADA[1]], 0),
        (["--username", "ada", "--password", seed.ADA[1], "--site", "SECOND"], 0),
        (["--token-name", seed.TOKEN[0], "--token-value", seed.TOKEN[1]], 0),
        (["--username", "ada", "--password", "wrong"], 1),
        (["--token-name", seed.TOKEN[0], "--token-value", "wrong"], 1),
        (["--username", "ada", "--password", seed.ADA[1], "--site", "nowhere"], 1),
        (["--no-such-flag"], 2),
    ],
    ids=["password", "site in capitals", "token", "wrong password", "wrong token", "unknown site", "unknown flag"],
)
def test_login(tabcmd_program, live, tmp_path, options, code):
    command = Tabcmd(tabcmd_program, tmp_path, live.url)
    command("login", "--server", live.url, *options, "--no-prompt", code=code)


def test_logout(tabcmd_program, live, tmp_path):
    command = Tabcmd(tabcmd_program, tmp_path, live.url)
    command("login", "--server", live.url, "--username", "ada", "--password", seed.ADA[1])
    command("logout")
    command("list", "workbooks", "--no-prompt", code=1)


def test_server_down(tabcmd_program, tmp_path):
    command = Tabcmd(tabcmd_program, tmp_path, "")
    command("login", "--server", "http://127.0.0.1:9", "--username", "a", "--password", "b", code=1)


# Sites


def test_listsites(tabcmd):
    printed = tabcmd("listsites")
    assert "Default" in printed and "Second Site" in printed


def test_site_from_birth_to_death(tabcmd, rest):
    tabcmd("createsite", "tabsite", "--storage-quota", "100")
    made = rest.get("/sites/tabsite", params={"key": "name"}).ok().find("site")
    assert (made.get("contentUrl"), made.get("adminMode"), made.get("storageQuota")) == ("tabsite", "ContentOnly", "100")
    tabcmd("createsite", "tabsite", code=1)
    tabcmd("createsite", "tabsite", "--continue-if-exists")
    tabcmd("editsite", "tabsite", "--storage-quota", "250")
    assert rest.get("/sites/tabsite", params={"key": "name"}).get("site", "storageQuota") == "250"
    # tabcmd deletes the site alone that it is signed in to, and remembers which that was.
    tabcmd("deletesite", "tabsite", "--site", "tabsite")
    rest.get("/sites/tabsite", params={"key": "name"}).refused(404, "404000")
    tabcmd("deletesite", "tabsite", "--site", "default", code=1)


# Projects


def test_nested_projects(tabcmd, rest, place):
    tabcmd("createproject", "--name", "Inner", "--parent-project-path", place)
    tabcmd("createproject", "--name", "Innermost", "--parent-project-path", f"{place}/Inner")
    tabcmd("createproject", "--name", "Inner", "--parent-project-path", place, code=1)
    tabcmd("createproject", "--name", "Inner", "--parent-project-path", place, "--continue-if-exists")
    tabcmd("createproject", "--name", "Lost", "--parent-project-path", "no/such/place", code=1)
    inner = rest.project("Inner", rest.project(place))
    assert rest.project("Innermost", inner)

    printed = tabcmd("list", "projects", "--name")
    assert place in printed and "Innermost" in printed

    tabcmd("deleteproject", "Innermost", "--parent-project-path", f"{place}/Inner")
    tabcmd("deleteproject", "Innermost", "--parent-project-path", f"{place}/Inner", code=1)
    tabcmd("deleteproject", place)
    assert not rest.get("/sites/{site}/projects", params={"filter": "name:eq:Inner"}).all("projects/project")


def test_publishsamples(tabcmd, rest, place):
    tabcmd("publishsamples", "--name", place)
    assert rest.get("/sites/{site}/workbooks", params={"filter": f"projectName:eq:{place}"}).all("workbooks/workbook")
    tabcmd("publishsamples", "--name", "no such project", code=1)


# Content


@pytest.mark.parametrize("kind", ["twb", "twbx"])
def test_workbook_there_and_back(tabcmd, rest, place, file, kind):
    data = content.twb("One", "Two") if kind == "twb" else content.twbx(content.twb("One", "Two"))
    path = file(f"Book {kind}.{kind}", data)
    printed = tabcmd("publish", path, "--project", place)
    assert re.search(r"https?://\S+", printed), "no address of the published workbook"
    tabcmd("publish", path, "--project", place, code=1)

    changed = content.twb("Three") if kind == "twb" else content.twbx(content.twb("Three"))
    file(f"Book {kind}.{kind}", changed)
    tabcmd("publish", path, "--project", place, "--overwrite", "--tabbed")

    url = rest.get("/sites/{site}/workbooks", params={"filter": f"name:eq:Book {kind},projectName:eq:{place}"}).get(
        "workbooks/workbook", "contentUrl"
    )
    saved = tabcmd.home / f"saved-{kind}"
    tabcmd("get", f"workbooks/{url}.{kind}", "--filename", str(saved))
    assert saved.with_suffix(f".{kind}").read_bytes() == changed

    printed = tabcmd("list", "workbooks", "--name", "--details", "--address")
    assert f"Book {kind}" in printed and "Three" in printed and url in printed
    tabcmd("delete", f"Book {kind}", "--workbook", "--project", place)
    tabcmd("delete", f"Book {kind}", "--workbook", "--project", place, code=1)
    tabcmd("get", f"workbooks/{url}.{kind}", code=1)


def test_workbook_into_a_nested_project(tabcmd, rest, place, file):
    tabcmd("createproject", "--name", "Inner", "--parent-project-path", place)
    path = file("Nested.twb", content.twb())
    tabcmd("publish", path, "--project", "Inner", "--parent-project-path", place, "--name", "Other Name")
    inner = rest.project("Inner", rest.project(place))
    books = rest.get("/sites/{site}/workbooks", params={"filter": "name:eq:Other Name"}).ok()
    assert books.get("workbooks/workbook/project", "id") == inner
    tabcmd("delete", "Other Name", "--workbook", "--project", "Inner", "--parent-project-path", place)


def test_workbook_into_the_default_project(tabcmd, rest, file):
    tabcmd("publish", file("At Home.twb", content.twb()))
    tabcmd("delete", "At Home")
    tabcmd("delete", "At Home", code=1)


def test_datasource_there_and_back(tabcmd, rest, place, file):
    data = content.tdsx()
    tabcmd("publish", file("Tab Orders.tdsx", data), "--project", place)
    tabcmd("publish", file("Tab Orders.tdsx", data), "--project", place, code=1)
    tabcmd("publish", file("Tab Orders.tdsx", data), "--project", place, "--overwrite")
    assert "Tab Orders" in tabcmd("list", "datasources", "--name")
    saved = tabcmd.home / "saved-source"
    tabcmd("get", "datasources/TabOrders.tdsx", "--filename", str(saved))
    assert saved.with_suffix(".tdsx").read_bytes() == data
    tabcmd("delete", "Tab Orders", "--datasource", "--project", place)
    tabcmd("get", "datasources/TabOrders.tdsx", code=1)


def test_datasource_with_credentials(tabcmd, rest, place, file):
    path = file("Live.tds", content.tds())
    tabcmd("publish", path, "--project", place, "--db-username", "me", "--db-password", "hush-tab", "--save-db-password")
    source = rest.get("/sites/{site}/datasources", params={"filter": "name:eq:Live"}).get("datasources/datasource", "id")
    connection = rest.get(f"/sites/{{site}}/datasources/{source}/connections").ok().find("connections/connection")
    assert connection.get("userName") == "me"


def test_refreshing_extracts(tabcmd, rest, place, file):
    kinds = {"workbook": ("twbx", tables.workbook), "datasource": ("tdsx", tables.datasource)}
    for kind, (extension, write) in kinds.items():
        name, where = f"Fresh {kind}", ["--project", place]
        data = tables.packed(write(tables.CSV_FILE), {tables.CSV_FILE: tables.CSV})
        tabcmd("publish", file(f"{name}.{extension}", data), *where)
        tabcmd("refreshextracts", f"--{kind}", name, *where, "--synchronous")
        jobs = rest.get("/sites/{site}/jobs", params={"filter": f"title:eq:{name}"}).ok().all("backgroundJobs/backgroundJob")
        assert [(job.get("jobType"), job.get("status")) for job in jobs] == [("refresh_extracts", "Success")]
        # A job that fails is a failure of the command that waits for it.
        data = tables.packed(write(tables.CSV_FILE), {})
        tabcmd("publish", file(f"{name}.{extension}", data), *where, "--overwrite")
        tabcmd("refreshextracts", f"--{kind}", name, *where, "--synchronous", code=1)
    tabcmd("refreshextracts", "--workbook", "No such book", "--project", place, code=1)


def test_rows_are_appended(tabcmd, rest, place, file):
    data = tables.packed(tables.datasource(tables.CSV_FILE), {tables.CSV_FILE: tables.CSV})
    where = ["--project", place]
    tabcmd("publish", file("Tab Rows.tdsx", data), *where, "--append", code=1)
    tabcmd("publish", file("Tab Rows.tdsx", data), *where)
    source = rest.get("/sites/{site}/datasources", params={"filter": "name:eq:Tab Rows"}).get("datasources/datasource", "id")
    tabcmd("publish", file("Tab Rows.tdsx", data), *where, "--append")
    again = rest.get("/sites/{site}/datasources", params={"filter": "name:eq:Tab Rows"}).ok().all("datasources/datasource")
    assert [one.get("id") for one in again] == [source]


def test_a_site_gets_another_address(tabcmd, rest):
    tabcmd("createsite", "tabmover", "--url", "tabmover")
    tabcmd("editsite", "tabmover", "--url", "tabmoved", "--storage-quota", "70")
    site = rest.get("/sites/tabmoved", params={"key": "contentUrl"}).ok().find("site")
    assert (site.get("name"), site.get("storageQuota")) == ("tabmover", "70")
    tabcmd("deletesite", "tabmover", "--site", "tabmoved")
    # It would go on signing in to the site that is gone.
    tabcmd("listsites", "--site", "default")


def test_somebody_who_owns_content_stays(tabcmd, rest, place, file):
    """The command says that a line failed; what is owned is not lost."""
    tabcmd("createsiteusers", file("owner.csv", "tab-owner,,Owner,creator,none,yes,owner@example.com\n"))
    owner = rest.get("/sites/{site}/users", params={"filter": "name:eq:tab-owner"}).get("users/user", "id")
    book = rest.publish_workbook("Owned", content.twb(), rest.project(place)).ok(201).get("workbook", "id")
    rest.put(f"/sites/{{site}}/workbooks/{book}", ts_request(element("workbook", element("owner", id=owner)))).ok(200)
    tabcmd("deletesiteusers", file("owner.csv", "tab-owner\n"))
    assert rest.get(f"/sites/{{site}}/workbooks/{book}").ok(200).get("workbook/owner", "id") == owner
    tabcmd("delete", "Owned", "--workbook", "--project", place)
    tabcmd("deletesiteusers", file("owner.csv", "tab-owner\n"))
    rest.get(f"/sites/{{site}}/users/{owner}").refused(404, "404002")


def test_folder_of_files(tabcmd, rest, place):
    folder = tabcmd.home / "many"
    folder.mkdir()
    for number in range(3):
        (folder / f"Many {number}.twbx").write_bytes(content.twbx())
    (folder / "Source.tdsx").write_bytes(content.tdsx())
    tabcmd("publish", str(folder), "--project", place)
    rule = {"filter": f"projectName:eq:{place}"}
    assert len(rest.get("/sites/{site}/workbooks", params=rule).all("workbooks/workbook")) == 3
    assert len(rest.get("/sites/{site}/datasources", params=rule).all("datasources/datasource")) == 1


def test_broken_file(tabcmd, rest, place, file):
    tabcmd("publish", file("Broken.twbx", b"PK\x03\x04 not a package"), "--project", place, code=1)
    rule = {"filter": f"projectName:eq:{place}"}
    assert not rest.get("/sites/{site}/workbooks", params=rule).all("workbooks/workbook")


# People


def test_people_and_groups(tabcmd, rest, file):
    users = file(
        "users.csv",
        "tab-ann,,Ann,creator,none,yes,ann@example.com\n"
        "tab-bob,,Bob,explorer,site,no,\n"
        "tab-cyd,,Cyd,viewer,none,no,\n"
        "tab-dan\n",
    )
    tabcmd("createsiteusers", users)

    def roles() -> dict[str, str]:
        answer = rest.get("/sites/{site}/users", params={"pageSize": 1000}).ok()
        return {one.get("name"): one.get("siteRole") for one in answer.all("users/user") if one.get("name").startswith("tab-")}

    assert roles() == {
        "tab-ann": "Creator",
        "tab-bob": "SiteAdministratorExplorer",
        "tab-cyd": "Viewer",
        "tab-dan": "Unlicensed",
    }
    # Lines that fail are counted and printed, the exit code stays 0: so is tabcmd.
    assert "1" in tabcmd("createsiteusers", file("again.csv", "tab-ann\n"), "--role", "Viewer")
    assert roles()["tab-ann"] == "Creator"

    tabcmd("creategroup", "Tab Group")
    tabcmd("creategroup", "Tab Group", code=1)
    tabcmd("creategroup", "Tab Group", "--continue-if-exists")
    members = file("members.csv", "tab-ann\ntab-bob\n")
    tabcmd("addusers", "Tab Group", "--users", members)
    group = rest.get("/sites/{site}/groups", params={"filter": "name:eq:Tab Group"}).get("groups/group", "id")

    def names() -> set[str]:
        return {one.get("name") for one in rest.get(f"/sites/{{site}}/groups/{group}/users").ok().all("users/user")}

    assert names() == {"tab-ann", "tab-bob"}
    tabcmd("removeusers", "Tab Group", "--users", file("leaver.csv", "tab-ann\n"))
    assert names() == {"tab-bob"}
    tabcmd("deletegroup", "Tab Group")
    tabcmd("deletegroup", "Tab Group", code=1)

    tabcmd("deletesiteusers", file("all.csv", "tab-ann\ntab-bob\ntab-cyd\ntab-dan\n"))
    assert roles() == {}


def test_somebody_without_rights(tabcmd_program, live, tmp_path):
    command = Tabcmd(tabcmd_program, tmp_path, live.url)
    command("login", "--server", live.url, "--username", "vera", "--password", seed.VERA[1])
    who = ["--username", "vera", "--password", seed.VERA[1]]
    (tmp_path / "Book.twb").write_bytes(content.twb())
    command("createproject", "--name", "Vera's", *who, code=1)
    command("publish", "Book.twb", *who, code=1)
    command("creategroup", "Vera's", *who, code=1)
    assert "Secret" not in command("list", "workbooks", "--name", *who)
