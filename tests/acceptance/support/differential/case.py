"""What a case of the comparison is, and how it is run.

A case makes one call with each client. It runs in three steps:

1. Tableau's client calls through the recording proxy, which asks a real server (or gives answers of our own, where
   no server here has them).
2. Our client makes the same call, and the proxy plays what was recorded. The requests must agree, up to the table in
   `differences.py`, and both clients must have read the same values from the same bytes.
3. Where a real server answered, our client makes the call once more with things of its own, and the server must take it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

from support.differential import differences
from support.differential.canonical import Canonical, canonical
from support.differential.driver import Drive
from support.differential.proxy import Made, Proxy

Things = dict[str, Any]


@dataclass
class Case:
    """One call, as both clients make it."""

    method: str
    """Tableau's name, such as `workbooks.get_by_id`; several cases may prove one method."""

    tsc: Callable[[Any, Things], Any]
    """Makes the call with Tableau's client, from the session and the things."""

    ours: Callable[[Things], tuple[str, str, dict[str, Any]]]
    """Group, method and arguments of the same call for `drive`."""

    same: Callable[[Any, Any], None]
    """Compares what both read: see `values.py`."""

    prepare: Callable[[Any], Things] = lambda world: {}
    """Makes what the call needs, on the server and unrecorded; once for each of the live calls."""

    made: list[Made] | Callable[[Things], list[Made]] = field(default_factory=list)
    """Answers of our own; with any, no server is asked and the third step is left out."""

    note: str = ""
    """Tells several cases of one method apart."""

    live: bool = True
    """Whether the third step is made; without it, say why in a comment."""

    own_session: bool = False
    """The call ends or changes the session, so that both clients need one of their own."""

    def __str__(self) -> str:
        return f"{self.method} {self.note}".strip()


@dataclass
class Bench:
    """Everything that cases run on."""

    world: Any
    proxy: Proxy
    connect: Callable[[], Any]
    """Signs Tableau's client in, through the proxy."""
    drive: Callable[[], Drive]
    """Signs ours in, through the proxy."""

    def __post_init__(self) -> None:
        self.tsc, self.ours = self.connect(), self.drive()


def run(case: Case, bench: Bench) -> None:
    """Runs a case; fails with what differs."""
    proxy = bench.proxy
    tsc = bench.connect() if case.own_session else bench.tsc
    ours = bench.drive() if case.own_session else bench.ours
    try:
        things = case.prepare(bench.world)
        made = case.made(things) if callable(case.made) else case.made
        theirs = proxy.record(made)
        result = case.tsc(tsc, things)
        recorded = list(theirs)
        assert recorded, f"{case.method}: Tableau's client sent nothing"
        asked = proxy.record(script=recorded)
        read = ours.call(*case.ours(things))
        proxy.rest()
        compare(case.method, [canonical(one.request) for one in recorded], [canonical(one.request) for one in asked])
        case.same(result, read)
        if case.live and not made and not case.own_session:
            ours.call(*case.ours(case.prepare(bench.world)))
    finally:
        proxy.rest()
        if case.own_session:
            ours.stop()


def compare(method: str, theirs: list[Canonical], ours: list[Canonical]) -> None:
    """Fails unless our requests are theirs, up to the documented differences."""
    expected = differences.apply(method, theirs)
    if all(one.method == "GET" for one in [*expected, *ours]):
        # Nothing hangs on the order of reads; ours asks for pages side by side.
        expected, ours = sorted(expected, key=str), sorted(ours, key=str)
    told = "\n".join(["Tableau's:", *map(str, theirs), "", "ours:", *map(str, ours)])
    assert len(expected) == len(ours), f"{method}: {len(ours)} requests for {len(expected)}\n{told}"
    for wanted, got in zip(expected, ours):
        assert got == wanted, f"{method}: the requests differ\n{told}\n\nwanted by the table of differences:\n{wanted}"
