"""The page of parity: everything that Tableau's clients offer, what stands for it here, and the test that proves it.

`python -m support.parity` writes docs/parity.md, with VIVANT_BIN and VIVANT_TABCMD in the environment; `test_parity.py`
fails when that is not what it would write. What there is to
match is asked of the clients themselves, as installed: the methods of `tableauserverclient`, the commands and flags of
`tabcmd`. The list of `tableau_tools` is `parity_tableau_tools.tsv`.
"""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import os
import pkgutil
import re
import shlex
import subprocess
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import tableauserverclient as TSC
from tableauserverclient.server.endpoint.endpoint import Endpoint

from support.differential import cases as differential
from support.services import ROOT
from support.tabcmd import lines
from test_tabcmd_exports import EXPORTS, EXTRACTS

TOOLS = Path(__file__).with_name("parity_tableau_tools.tsv")
BY_CASES = "test_client_differential.py"
BY_LINES = "test_tabcmd_differential.py"
BY_REQUESTS = "test_tabcmd_exports.py"


@dataclass
class Row:
    """One thing to match; without `ours` it is missing."""

    theirs: str
    ours: str
    proof: str


class _Anything(dict):
    """Stands for whatever a case takes, to ask which call it makes."""

    def __missing__(self, key):
        return _Anything()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()

    def __call__(self, *_, **__):
        return _Anything()

    def __str__(self):
        return "x"

    def __add__(self, _):
        return "x"

    __radd__ = __add__

    def __hash__(self):
        return 0


def methods_of_tsc() -> list[str]:
    """Every public method of an endpoint group, as `group.method`."""
    server = TSC.Server("http://localhost")
    found = []
    for group, endpoint in sorted(vars(server).items()):
        if group.startswith("_") or not isinstance(endpoint, Endpoint):
            continue
        inherited = set(dir(Endpoint))
        for name in dir(type(endpoint)):
            what = getattr(type(endpoint), name)
            if not name.startswith("_") and name not in inherited and callable(what) and not isinstance(what, type):
                found.append(f"{group}.{name}")
    return found


def tsc() -> list[Row]:
    """The methods of the Python client."""
    proven: dict[str, set[str]] = defaultdict(set)
    for module in pkgutil.iter_modules(differential.__path__):
        for case in importlib.import_module(f"{differential.__name__}.{module.name}").CASES:
            group, method, _ = case.ours(_Anything())
            proven[case.method].add(f"{group}().{method}")
    return [Row(name, ", ".join(sorted(proven.get(name, ()))), BY_CASES) for name in methods_of_tsc()]


@dataclass
class Command:
    """A command, with the groups of names that each of its flags has."""

    name: str
    flags: list[set[str]]


def _help(program: list[str], *arguments: str) -> str:
    done = subprocess.run([*program, *arguments, "--help"], capture_output=True, text=True, timeout=60, env=_plain())
    return done.stdout


def _plain() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "400", "LANG": "en_US.UTF-8"}


def commands_of_tabcmd(program: list[str]) -> list[Command]:
    """The commands of Tableau's tabcmd with their flags; the first stands for what all commands share."""
    overall = _help(program)
    names = re.findall(r"^ {4}([a-z][a-z]+)(?: |$)", overall.split("List of Tabcmd commands", 1)[1], re.M)
    shared = Command("", _flags(overall))
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda name: _help(program, name), names))
    known = [flag for names in shared.flags for flag in names]
    return [shared] + [
        Command(name, [flag for flag in _flags(text) if not flag & set(known)]) for name, text in zip(names, texts)
    ]


def _flags(text: str) -> list[set[str]]:
    """The flags that a help text explains, each with all of its names."""
    found = []
    for line in text.splitlines():
        if match := re.match(r" {2,8}(-.*)", line):
            # What is behind two spaces explains.
            names = set(re.findall(r"(?<![\w-])(--?[A-Za-z][\w-]*)", re.split(r" {2,}", match[1])[0]))
            if names:
                found.append(names)
    return found


def tabcmd(theirs: list[str], ours: list[str]) -> list[Row]:
    """The commands and flags of tabcmd."""
    of_works = [step if isinstance(step, str) else step.line for work in lines.WORKS for step in work.steps]
    used = _used(of_works)
    seen = _used([line.line for line in EXPORTS + EXTRACTS])
    wanted = commands_of_tabcmd(theirs)
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda command: _help(ours, *([command.name] if command.name else [])), wanted))
    rows = []
    for command, text in zip(wanted, texts):
        there = {name for names in _flags(text) for name in names}
        if command.name:
            knows = re.search(rf"\b{command.name}\b", text) is not None
            by = _by(command.name in used, command.name in seen)
            rows.append(Row(command.name, f"vivant tabcmd {command.name}" if knows else "", by))
        for names in command.flags:
            shown = ", ".join(sorted(names, key=lambda name: (not name.startswith("--"), name)))
            matched = sorted(names & there)
            label = f"{command.name} {shown}".strip()
            by = _by(bool(names & used[command.name]), bool(names & seen[command.name]))
            rows.append(Row(label, f"`{', '.join(matched)}`".strip("`") if names <= there else "", by))
    return rows


def _used(written: list[str]) -> dict[str, set[str]]:
    """The flags that stand in lines beside each word; under no word those of all lines."""
    used: dict[str, set[str]] = defaultdict(set)
    for line in written:
        words = shlex.split(re.sub(r"\{\w+\}", "x", line))
        flags = {word.split("=", 1)[0] for word in words if word.startswith("-")}
        for word in words:
            if not word.startswith("-"):
                used[word] |= flags
        used[""] |= flags
    return used


def _by(by_lines: bool, by_requests: bool) -> str:
    if by_lines:
        return BY_LINES
    return BY_REQUESTS if by_requests else "test_parity.py (accepted)"


def tools() -> list[Row]:
    """What tableau_tools offers."""
    with TOOLS.open(newline="") as file:
        return [Row(row["theirs"], row["ours"], row["proof"]) for row in csv.DictReader(file, delimiter="\t")]


def missing(rows: list[Row]) -> list[str]:
    """What nothing stands for."""
    return [row.theirs for row in rows if not row.ours]


def page(theirs: list[str], ours: list[str]) -> str:
    """The page as it should be."""
    out = [
        "# Parity",
        "",
        "What Tableau's clients offer, what stands for it here, and the test that proves it; tests are in `tests/acceptance` "
        "unless a path says otherwise.",
        "This page is written by `support/parity.py` there from the clients as installed and the tables of the tests.",
    ]
    parts = [
        ("tableauserverclient", f"Version {importlib.metadata.version('tableauserverclient')}. Ours are methods of `vivant_client::Site`.", tsc()),
        ("tabcmd", "Commands and flags; all are taken by `vivant tabcmd`, or by the program under the name `tabcmd`.", tabcmd(theirs, ours)),
        ("tableau_tools", "By what the library is for; see also [TOOLS.md](TOOLS.md) and [DOCUMENTS.md](DOCUMENTS.md).", tools()),
    ]
    for title, about, rows in parts:
        out += ["", f"## {title}", "", about, "", f"| {title} | here | proven by |", "|---|---|---|"]
        out += [f"| {_cell(row.theirs)} | {_cell(row.ours) if row.ours else 'missing'} | {_proof(row.proof)} |" for row in rows]
    return "\n".join(out) + "\n"


def _cell(text: str) -> str:
    return text if " " in text and "`" in text else f"`{text}`"


def _proof(text: str) -> str:
    return f"`{text}`" if text and " " not in text else text


if __name__ == "__main__":
    written = page([os.environ["VIVANT_TABCMD"]], [os.environ["VIVANT_BIN"], "tabcmd"])
    (ROOT / "docs" / "parity.md").write_text(written)
