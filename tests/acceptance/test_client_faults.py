"""`vivant-client` behind a proxy that loses requests and answers: a thousand calls end right, and none is done twice.

`crates/vivant-client/examples/mixed.rs` makes the calls, and says what must be on the server then.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.faults import FATES, FaultProxy
from support.rest import Rest
from support.server import Vivant, clean_env
from support.services import ROOT

CALLS = 1000
SEED = int(os.environ.get("VIVANT_FAULTS_SEED", "20261122"))
PASSWORD = "faults-only-password"


def program() -> Path:
    """The example: VIVANT_MIXED, else that of the debug build, which is made or brought up to date."""
    if named := os.environ.get("VIVANT_MIXED"):
        return Path(named)
    built = ["cargo", "build", "--quiet", "--package", "vivant-client", "--example", "mixed"]
    subprocess.run(built, cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "examples" / "mixed"


@pytest.fixture(scope="module")
def mixed() -> Path:
    return program()


@pytest.fixture(scope="module")
def run(binary, mixed, tmp_path_factory):
    """Makes the calls once; gives the server, what the program said, and what the proxy did."""
    server = Vivant(
        binary, tmp_path_factory.mktemp("faults") / "data", "--log", "error", env={"VIVANT_ADMIN_PASSWORD": PASSWORD}
    )
    with server:
        with FaultProxy(server.url, SEED) as proxy:
            done = subprocess.run(
                [str(mixed), proxy.url, "admin", str(CALLS), str(SEED)],
                capture_output=True,
                text=True,
                timeout=300,
                env=clean_env({"VIVANT_PASSWORD": PASSWORD, "NO_PROXY": "127.0.0.1"}),
            )
            counts = dict(proxy.counts)
        assert done.returncode == 0, f"{done.stderr}\n{counts}"
        yield server, json.loads(done.stdout), counts
        assert server.alive()
    server.check()


def listed(rest: Rest, path: str, plural: str, single: str) -> list[dict[str, str]]:
    """Everything of a list, as attributes."""
    items, page = [], 1
    while True:
        answer = rest.get(f"/sites/{{site}}/{path}", params={"pageSize": 1000, "pageNumber": page}).ok(200)
        items += [dict(item.attrib) for item in answer.all(f"{plural}/{single}")]
        if len(items) >= int(answer.get("pagination", "totalAvailable")):
            return items
        page += 1


def test_every_fault_was_met(run):
    _, said, counts = run
    assert sum(said["made"].values()) == CALLS
    assert len(said["made"]) == 17, said["made"]
    assert set(FATES) <= set(counts), counts
    assert sum(counts.get(fate, 0) for fate in FATES) > CALLS / 4, counts


def test_every_call_ended_right(run):
    _, said, _ = run
    assert not said["wrong"], "\n".join(said["wrong"])


def test_the_server_holds_what_was_asked_and_nothing_twice(run):
    server, said, _ = run
    rest = Rest(server.url).sign_in("admin", PASSWORD)

    def same(present, wanted) -> None:
        """Compares as lists, so that two of one kind show."""
        assert sorted(map(json.dumps, present)) == sorted(map(json.dumps, wanted))

    projects = listed(rest, "projects", "projects", "project")
    same([[p["name"], p.get("description", "")] for p in projects if p["name"] not in ("Default", "default", "Samples")],
         [[p["name"], p["description"]] for p in said["projects"]])

    users = {user["name"]: user for user in listed(rest, "users", "users", "user")}
    same([name for name in users if name.startswith("user.")], [user["name"] for user in said["users"]])
    for user in said["users"]:
        shown = rest.get(f"/sites/{{site}}/users/{users[user['name']]['id']}").ok(200).get("user", "fullName")
        assert (shown or user["name"]) == user["fullName"]

    groups = [group for group in listed(rest, "groups", "groups", "group") if group["name"] != "All Users"]
    same([group["name"] for group in groups], [group["name"] for group in said["groups"]])
    members = {group["name"]: group["users"] for group in said["groups"]}
    for group in groups:
        same([user["name"] for user in listed(rest, f"groups/{group['id']}/users", "users", "user")], members[group["name"]])

    books = listed(rest, "workbooks", "workbooks", "workbook")
    wanted = {book["name"]: book for book in said["workbooks"]}
    same([book["name"] for book in books], list(wanted))
    for book in books:
        content = rest.get(f"/sites/{{site}}/workbooks/{book['id']}/content").ok(200).content
        assert f"<!-- {wanted[book['name']]['content']} ".encode() in content[:200]
        assert content.rstrip().endswith(b"</workbook>")
        revisions = rest.get(f"/sites/{{site}}/workbooks/{book['id']}/revisions").ok(200).all("revisions/revision")
        numbers = [int(revision.get("revisionNumber")) for revision in revisions]
        # One revision for each time it was published.
        assert max(numbers) == wanted[book["name"]]["revisions"], book["name"]


def test_programs_share_one_token_without_ending_each_other(binary, mixed, tmp_path):
    """Four programs under one personal access token, where a sign-in ends the session before it, as in Tableau."""
    server = Vivant(
        binary, tmp_path / "data", "--log", "error", "--strict-tokens", "true", env={"VIVANT_ADMIN_PASSWORD": PASSWORD}
    )
    with server:
        token = server.admin("create-token", "admin", "shared").stdout.split()[-1]
        with FaultProxy(server.url, SEED, {"expired": 15, "delayed": 100}) as proxy:
            environment = clean_env(
                {"VIVANT_TOKEN_VALUE": token, "VIVANT_SESSIONS": str(tmp_path / "sessions"), "NO_PROXY": "127.0.0.1"}
            )
            programs = [
                subprocess.Popen(
                    [str(mixed), proxy.url, "shared", "60", str(SEED), str(100 * number)],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=environment,
                )
                for number in range(1, 5)
            ]
            said = [program.communicate(timeout=300) for program in programs]
            counts = dict(proxy.counts)
    assert [program.returncode for program in programs] == [0] * 4, said
    assert [json.loads(out)["wrong"] for out, _ in said] == [[]] * 4
    # Nobody signs in but where a session ended, and the last one signs out.
    assert counts["expired"] > 3
    assert counts["signin"] <= counts["expired"] + counts.get("signout", 0), counts
    assert counts["signout"] >= 1
    assert not any(path.suffix == "" and len(path.name) == 64 for path in (tmp_path / "sessions").iterdir())
