"""What `vivant tabcmd` does that tabcmd 2 does not: commands of the classic program, the mended slips, sessions."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed, tables
from support.rest import Rest, element, ts_request
from support.server import clean_env
from support.tabcmd import runs


@pytest.fixture
def command(client_binary, live, tmp_path):
    """Our tabcmd, signed in as administrator, in a home folder of its own."""
    (tmp_path / "pw").write_text(ADMIN_PASSWORD)

    def command(*words: str, code: int = 0) -> str:
        result = runs.ours(client_binary).run(list(words), tmp_path)
        printed = result.stdout + result.stderr
        assert result.returncode == code, f"tabcmd {words}: {result.returncode}\n{printed}"
        return printed

    command("login", "-s", live.url, "-u", ADMIN, "--password-file", "pw", "--no-prompt")
    return command


@pytest.fixture
def file(tmp_path):
    def file(name: str, data: bytes | str) -> str:
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return name

    return file


def test_under_its_own_name(client_binary, tmp_path):
    link = tmp_path / "tabcmd"
    link.symlink_to(client_binary)
    for words, code in (["--version"], 0), (["help", "publish"], 0), (["--frobnicate"], 2), ([], 0):
        result = subprocess.run([link, *words], capture_output=True, text=True, cwd=tmp_path, env=clean_env({"HOME": str(tmp_path)}))
        assert result.returncode == code, result.stdout + result.stderr


def test_users_get_all_that_the_file_says(command, live, rest, file):
    command("createsiteusers", file("users.csv", 'detail,"s3cret, long","Doe, Jane",viewer,none,no,jane@example.com\n'))
    user = rest.get("/sites/{site}/users", params={"filter": "name:eq:detail", "fields": "_all_"}).ok().find("users/user")
    assert (user.get("fullName"), user.get("siteRole")) == ("Doe, Jane", "Viewer")
    Rest(live.url).sign_in("detail", "s3cret, long")


def test_publishing_is_a_role_for_true_and_1(command, rest, file):
    command("createsiteusers", file("users.csv", "pub-true,,,creator,none,true,\npub-one,,,explorer,none,1,\n"))
    users = rest.get("/sites/{site}/users", params={"pageSize": 1000}).ok().all("users/user")
    roles = {one.get("name"): one.get("siteRole") for one in users}
    assert (roles["pub-true"], roles["pub-one"]) == ("Creator", "ExplorerCanPublish")


def test_many_users_in_few_requests(command, rest, file):
    names = [f"many-{number}" for number in range(120)]
    command("createsiteusers", file("many.csv", "".join(f"{name}\n" for name in names)))
    command("creategroup", "Many")
    command("addusers", "Many", "--users", "many.csv")
    group = rest.get("/sites/{site}/groups", params={"filter": "name:eq:Many"}).get("groups/group", "id")
    members = rest.get(f"/sites/{{site}}/groups/{group}/users", params={"pageSize": 1000}).ok().all("users/user")
    assert {one.get("name") for one in members} == set(names)
    command("deletesiteusers", "many.csv")
    assert not rest.get(f"/sites/{{site}}/groups/{group}/users").ok().all("users/user")


def test_workbooks_get_credentials(command, rest, file):
    book = file("Live Book.twb", content.twb("One", connections=[content.Connection()]))
    for options, name in (["--db-username", "me", "--db-password", "hush", "--save-db-password"], "me"), (["--oauth-username", "them"], "them"):
        command("publish", book, *options, "--overwrite")
        id = rest.get("/sites/{site}/workbooks", params={"filter": "name:eq:Live Book"}).get("workbooks/workbook", "id")
        connection = rest.get(f"/sites/{{site}}/workbooks/{id}/connections").ok().find("connections/connection")
        assert connection.get("userName") == name


def test_a_project_that_several_have_the_name_of(command, rest):
    first, second = rest.new_project("Holds 1"), rest.new_project("Holds 2")
    for parent in (first, second):
        rest.new_project("Same", parent)
    assert "--parent-project-path" in command("deleteproject", "Same", code=1)
    command("deleteproject", "Same", "--parent-project-path", "Holds 1")
    command("deleteproject", "Same")


def test_a_schedule_runs(command, rest, file):
    data = tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: tables.CSV})
    command("publish", file("Scheduled.twbx", data))
    details = element("frequencyDetails", element("intervals", element("interval", weekDay="Monday")), start="03:00:00")
    body = element("schedule", details, name="Every & Monday", priority=50, type="Extract", frequency="Weekly", executionOrder="Parallel")
    schedule = rest.post("/schedules", ts_request(body)).ok().get("schedule", "id")
    book = rest.get("/sites/{site}/workbooks", params={"filter": "name:eq:Scheduled"}).get("workbooks/workbook", "id")
    task = element("task", element("extractRefresh", element("workbook", id=book)))
    rest.put(f"/sites/{{site}}/schedules/{schedule}/workbooks", ts_request(task)).ok(200)
    assert "1 tasks" in command("runschedule", "Every & Monday")
    jobs = rest.get("/sites/{site}/jobs", params={"filter": "title:eq:Scheduled"}).ok().all("backgroundJobs/backgroundJob")
    assert len(jobs) == 1


def test_users_leave_the_server(command, live, rest, file):
    second = Rest(live.url, "3.1").sign_in(ADMIN, ADMIN_PASSWORD, "second")
    for session in (rest, second):
        session.new_user("leaver")
    command("deleteusers", file("leavers.csv", "leaver\nnever-was\n"))
    for session in (rest, second):
        assert not session.get("/sites/{site}/users", params={"filter": "name:eq:leaver"}).ok().all("users/user")
    # The session that the command went through the sites with is over, and the next one notices.
    command("list", "projects")
    assert "sites or more" in command("createusers", "leavers.csv", code=1)


def test_a_session_is_gone_on_with(command, live, tmp_path):
    file = tmp_path / "tableau_auth.json"
    token = json.loads(file.read_text())["tableau_auth"][0]["auth_token"]
    command("list", "projects")
    assert json.loads(file.read_text())["tableau_auth"][0]["auth_token"] == token
    # Ended elsewhere, it is begun anew with the password file, from any folder.
    Rest(live.url, token=token).post("/auth/signout").ok(204)
    command("list", "projects", "--no-prompt")
    renewed = json.loads(file.read_text())["tableau_auth"][0]["auth_token"]
    assert renewed != token
    command("logout")
    assert not file.exists()
    Rest(live.url, token=renewed).get("/sites").refused(401, "401002")
    command("list", "projects", "--no-prompt", code=1)


def test_secrets_stay_out_of_the_log(command, live, tmp_path):
    command("login", "-s", live.url, "-u", "ada", "-p", seed.ADA[1], "-l", "DEBUG")
    command("list", "projects", "-l", "TRACE")
    written = (tmp_path / "tabcmd.log").read_text()
    token = json.loads((tmp_path / "tableau_auth.json").read_text())["tableau_auth"][0]["auth_token"]
    assert "Listing projects" in written
    for secret in (seed.ADA[1], token, ADMIN_PASSWORD):
        assert secret not in written


def test_each_goes_on_with_the_sessions_of_the_other(client_binary, tabcmd_program, live, tmp_path):
    programs = [runs.theirs(tabcmd_program), runs.ours(client_binary)]
    (tmp_path / "pw").write_text(ADMIN_PASSWORD)
    for one, other in (programs, programs[::-1]):
        words = ["login", "-s", live.url, "-u", ADMIN, "--password-file", str(tmp_path / "pw"), "--no-prompt"]
        assert one.run(words, tmp_path).returncode == 0
        result = other.run(["list", "projects", "--no-prompt"], tmp_path)
        assert result.returncode == 0, result.stdout + result.stderr
        assert Path(tmp_path / "tableau_auth.json").exists()
