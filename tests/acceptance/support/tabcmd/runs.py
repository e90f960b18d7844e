"""Runs command lines through both programs, each on its own server, and reads what the servers are like afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import seed
from support.rest import Rest, element, ts_request
from support.server import Vivant, clean_env
from support.tabcmd.lines import Ours, Shown, Slip, Step, Theirs, Work
from support.world import ADMIN, ADMIN_PASSWORD

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VERSION = "3.19"


@dataclass
class Program:
    """A tabcmd: how it is started, and whether it is ours."""

    start: list[str]
    ours: bool

    def run(self, words: list[str], home: Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs one command line in a home folder, which is where it works, too."""
        return subprocess.run(
            [*self.start, *words],
            cwd=home,
            env=clean_env({"HOME": str(home), "LANG": "en_US.UTF-8", "COLUMNS": "200"}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            # Without a terminal: nobody is there to be asked for a password.
            start_new_session=True,
        )


@dataclass
class Ended:
    """What came of a step."""

    number: int
    step: Step
    line: str
    code: int
    output: str
    lists: list[str]


@dataclass
class Side:
    """What came of a work on one side."""

    ended: list[Ended] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    session: dict[str, Any] | None = None


def line_of(step: Step) -> str:
    """The command line of a step."""
    return step if isinstance(step, str) else step.line


def site_of(work: Work) -> str:
    """The content URL of a work's own site."""
    return "" if work.on_default else "w-" + re.sub(r"\W", "-", work.name)


def prepare(server: Vivant, works: list[Work]) -> None:
    """Makes the sites of works."""
    admin = Rest(server.url, VERSION).sign_in(ADMIN, ADMIN_PASSWORD)
    for work in works:
        if site_of(work):
            body = element("site", name=site_of(work), contentUrl=site_of(work), adminMode="ContentAndUsers")
            admin.post("/sites", ts_request(body)).ok(201)


def run(work: Work, program: Program, server: Vivant, home: Path) -> Side:
    """Does a work with one program on one server."""
    values = {
        "{url}": server.url,
        "{site}": site_of(work),
        "{SITE}": site_of(work).upper(),
        "{password}": ADMIN_PASSWORD,
        "{ada}": seed.ADA[1].replace("'", "'\\''"),
        "{vera}": seed.VERA[1].replace("'", "'\\''"),
        "{token}": seed.TOKEN[1],
    }

    def filled(text: str, bare: bool = False) -> str:
        for name, value in values.items():
            text = text.replace(name, value.replace("'\\''", "'") if bare else value)
        return text

    for name, data in work.files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else filled(data, bare=True).encode())
    given = {path.relative_to(home) for path in home.rglob("*") if path.is_file()}
    if work.login:
        (home / "admin.pw").write_text(ADMIN_PASSWORD)
        words = ["login", "-s", server.url, "-u", ADMIN, "--password-file", str(home / "admin.pw"), "--no-prompt"]
        words += ["--site", site_of(work)] if site_of(work) else []
        result = program.run(words, home)
        assert result.returncode == 0, f"{program.start}: {result.stdout}{result.stderr}"
    side = Side()
    for number, step in enumerate(work.steps):
        if isinstance(step, Theirs if program.ours else Ours):
            continue
        result = program.run(shlex.split(filled(line_of(step))), home)
        output = result.stdout + result.stderr
        side.ended.append(Ended(number, step, line_of(step), result.returncode, output, lists(output)))
    side.state = state(server, work)
    produced = {path.relative_to(home) for path in home.rglob("*") if path.is_file()} - given
    side.files = {
        str(path): hashlib.sha256((home / path).read_bytes()).hexdigest()
        for path in produced
        if not re.fullmatch(r"tabcmd\.log.*|tableau_auth\.json|admin\.pw", path.name)
    }
    file = home / "tableau_auth.json"
    side.session = json.loads(file.read_text())["tableau_auth"][0] if file.exists() else None
    if program.ours and file.exists():
        assert file.stat().st_mode & 0o777 == 0o600, "others may read the session"
    return side


def lists(output: str) -> list[str]:
    """The lines of lists in what was printed, without ids and in one order."""
    lines = [UUID.sub("#", line).rstrip() for line in output.splitlines()]
    return sorted(line for line in lines if re.match(r"ID\b|#|\d+ total|  NAME:", line))


def state(server: Vivant, work: Work) -> dict[str, Any]:
    """What a site is like, as anybody can read it over REST: no ids, no times."""
    rest = Rest(server.url, VERSION).sign_in(ADMIN, ADMIN_PASSWORD, site_of(work))
    _await_jobs(rest)

    def items(path: str, plural: str, tag: str) -> list[Any]:
        answer = rest.get(path, params={"pageSize": 1000}).ok(200)
        return answer.all(f"{plural}/{tag}")

    def child(item: Any, tag: str, attribute: str) -> str | None:
        found = item.find(f"{{*}}{tag}")
        return None if found is None else found.get(attribute)

    found: dict[str, Any] = {}
    found["users"] = {
        one.get("name"): (one.get("siteRole"), one.get("authSetting")) for one in items("/sites/{site}/users", "users", "user")
    }
    found["groups"] = {
        one.get("name"): sorted(
            user.get("name") for user in items(f"/sites/{{site}}/groups/{one.get('id')}/users", "users", "user")
        )
        for one in items("/sites/{site}/groups", "groups", "group")
    }
    projects = {one.get("id"): one for one in items("/sites/{site}/projects", "projects", "project")}

    def path_of(project: str | None) -> str:
        one = projects[project]
        parent = one.get("parentProjectId")
        return (path_of(parent) + "//" if parent else "") + one.get("name")

    found["projects"] = {
        path_of(id): (one.get("description"), one.get("contentPermissions")) for id, one in projects.items()
    }
    for kind in ("workbook", "datasource"):
        found[f"{kind}s"] = contents = {}
        for one in items(f"/sites/{{site}}/{kind}s", f"{kind}s", kind):
            address = f"/sites/{{site}}/{kind}s/{one.get('id')}"
            connections = rest.get(f"{address}/connections").ok(200).all("connections/connection")
            facts = {
                "contentUrl": one.get("contentUrl"),
                "tabs": one.get("showTabs"),
                "bridge": one.get("useRemoteQueryAgent"),
                "connections": sorted(
                    str((c.get("type"), c.get("serverAddress"), c.get("userName"), c.get("embedPassword"))) for c in connections
                ),
                "content": hashlib.sha256(rest.get(f"{address}/content").ok(200).content).hexdigest(),
            }
            if kind == "workbook":
                facts["views"] = [view.get("name") for view in rest.get(f"{address}/views").ok(200).all("views/view")]
            contents[f"{path_of(child(one, 'project', 'id'))}//{one.get('name')}"] = facts
    found["jobs"] = sorted(
        str((one.get("jobType"), one.get("status"))) for one in items("/sites/{site}/jobs", "backgroundJobs", "backgroundJob")
    )
    if work.on_default:
        found["sites"] = {
            one.get("name"): [one.get(name) for name in ("contentUrl", "adminMode", "userQuota", "storageQuota", "state")]
            for one in items("/sites", "sites", "site")
        }
    # What a work's extracts consist of is written anew by every refresh.
    if found["jobs"]:
        for kind in ("workbooks", "datasources"):
            for facts in found[kind].values():
                facts.pop("content")
    return found


def _await_jobs(rest: Rest, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        jobs = rest.get("/sites/{site}/jobs", params={"pageSize": 1000}).ok(200).all("backgroundJobs/backgroundJob")
        if not any(job.get("status") in ("Pending", "InProgress") for job in jobs):
            return
        assert time.monotonic() < end, "jobs go on and on"
        time.sleep(0.05)


def ours(binary: Path) -> Program:
    """Our program."""
    return Program([str(binary), "tabcmd"], True)


def theirs(tabcmd: Path) -> Program:
    """Tableau's."""
    return Program([os.fspath(tabcmd)], False)


__all__ = ["Ended", "Ours", "Program", "Shown", "Side", "Slip", "Theirs", "line_of", "ours", "prepare", "run", "theirs"]
