"""The same command lines through Tableau's tabcmd and through ours, each on a server of its own.

Exit codes, the state that the servers end up in, the files that are written and the session that is kept must agree,
but for the slips of tabcmd that the tables of `support/tabcmd/lines.py` and docs/TABCMD.md name.
"""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import _finish
from support.tabcmd import runs
from support.tabcmd.lines import WORKS, Shown, Slip
from test_tabcmd_exports import EXPORTS, EXTRACTS

pytestmark = pytest.mark.slow

# tabcmd's start is what takes the time; more at once than processors gain nothing.
AT_ONCE = 4
# What both programs must remember alike.
REMEMBERED = ("username", "site_name", "last_login_using", "personal_access_token_name", "no_prompt", "timeout")


@pytest.fixture(scope="module")
def programs(client_binary, tabcmd_program):
    return {"theirs": runs.theirs(tabcmd_program), "ours": runs.ours(client_binary)}


@pytest.fixture(scope="module")
def sides(_servers, programs, tmp_path_factory):
    """Does all works on both sides at once; returns what came of each."""
    # Sites, and people without rights, are looked at from Default, where other works must not show.
    apart = [work for work in WORKS if work.on_default]
    shared = [work for work in WORKS if not work.on_default]
    servers = []

    def start(works):
        server = _servers(store="sqlite").start()
        runs.prepare(server, works)
        servers.append(server)
        return server

    tasks = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for side, program in programs.items():
            for works in [shared, *([work] for work in apart)]:
                server = start(works)
                for work in works:
                    home = tmp_path_factory.mktemp(f"{side}-home")
                    tasks[side, work.name] = pool.submit(runs.run, work, program, server, home)
        done = {key: task.result() for key, task in tasks.items()}
    yield done
    for server in servers:
        _finish(server)


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_the_same_comes_of_the_same_lines(sides, work):
    theirs, ours = sides["theirs", work.name], sides["ours", work.name]
    trouble = []
    known = {one.number: one for one in theirs.ended}
    for one in ours.ended:
        other = known.get(one.number)
        if other is None:
            if one.code != 0:
                trouble.append(f"tabcmd {one.line}: {one.code}\n{last(one.output)}")
            continue
        wanted = (one.step.theirs, one.step.ours) if isinstance(one.step, Slip) else (other.code, other.code)
        if (other.code, one.code) != wanted:
            trouble.append(
                f"tabcmd {one.line}\n  theirs {other.code}, ours {one.code}, wanted {wanted}\n"
                f"--- theirs\n{last(other.output)}\n--- ours\n{last(one.output)}"
            )
        if isinstance(one.step, Shown) and other.lists != one.lists:
            trouble.append(f"tabcmd {one.line}\n--- theirs\n" + "\n".join(other.lists) + "\n--- ours\n" + "\n".join(one.lists))
    for one in theirs.ended:
        if isinstance(one.step, runs.Theirs) and one.code != 0:
            trouble.append(f"their tabcmd {one.line}: {one.code}\n{last(one.output)}")
    for part in theirs.state:
        if theirs.state[part] != ours.state[part]:
            trouble.append(f"{part}\n--- theirs\n{theirs.state[part]}\n--- ours\n{ours.state[part]}")
    for side, apart in ((theirs, work.their_files), (ours, work.our_files)):
        for name in apart:
            if side.files.pop(name, None) is None:
                trouble.append(f"there is no file {name}")
    if theirs.files != ours.files:
        trouble.append(f"files\n--- theirs\n{theirs.files}\n--- ours\n{ours.files}")
    if (theirs.session is None) != (ours.session is None):
        trouble.append(f"session\n--- theirs\n{theirs.session}\n--- ours\n{ours.session}")
    elif theirs.session and ours.session:
        kept = [{name: one[name] for name in REMEMBERED} for one in (theirs.session, ours.session)]
        if kept[0] != kept[1] or theirs.session.keys() != ours.session.keys():
            trouble.append(f"session\n--- theirs\n{theirs.session}\n--- ours\n{ours.session}")
    assert not trouble, "\n\n".join(trouble)


def last(output: str) -> str:
    """The end of what was printed."""
    return "\n".join(output.rstrip().splitlines()[-6:])


def test_there_are_lines_enough(tabcmd_program):
    """Every command of tabcmd, as its own help lists them, and at least 120 lines."""
    lines = [runs.line_of(step) for work in WORKS for step in work.steps if not isinstance(step, runs.Ours)]
    lines += [line.line for line in EXPORTS + EXTRACTS]
    assert len(lines) >= 120
    printed = subprocess.run([tabcmd_program, "--help"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"^    (\w+) ", printed, re.MULTILINE))
    assert len(commands) >= 27
    assert commands <= {word for line in lines for word in line.split()}
