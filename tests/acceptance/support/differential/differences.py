"""Where our requests differ from those of Tableau's client, each with the reason.

An entry turns Tableau's requests into what ours must be. Nothing else may differ; `test_client_differential.py` fails
for an entry that nothing needs any more.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Callable

from support.differential.canonical import Canonical


@dataclass
class Difference:
    """One documented difference."""

    name: str
    why: str
    methods: str
    """A pattern for the methods that it is about."""
    edit: Callable[[list[Canonical]], list[Canonical]]


USED: set[str] = set()
"""The entries that changed something in this run."""


def apply(method: str, requests: list[Canonical]) -> list[Canonical]:
    """What our requests must be, given Tableau's."""
    for entry in TABLE:
        if re.fullmatch(entry.methods, method):
            edited = entry.edit(copy.deepcopy(requests))
            if edited != requests:
                USED.add(entry.name)
            requests = edited
    return requests


def each(edit: Callable[[Canonical], None]) -> Callable[[list[Canonical]], list[Canonical]]:
    """Edits every request."""

    def edited(requests: list[Canonical]) -> list[Canonical]:
        for one in requests:
            edit(one)
        return requests

    return edited


def parameter(name: str, change: Callable[[str], str | None]) -> Callable[[list[Canonical]], list[Canonical]]:
    """Changes a parameter, or drops it."""

    def edit(one: Canonical) -> None:
        values = [(n, change(v) if n == name else v) for n, v in one.query]
        one.query = sorted((n, v) for n, v in values if v is not None)

    return each(edit)


def paged(one: Canonical) -> None:
    """Adds the page to a list for which Tableau's client names none."""
    names = {name for name, _ in one.query}
    if "pageSize" not in names:
        one.query = sorted([*one.query, ("pageNumber", "1"), ("pageSize", "1000")])


def without(name: str, value: str) -> Callable[[list[Canonical]], list[Canonical]]:
    """Drops a parameter that has a certain value."""
    return parameter(name, lambda given: None if given == value else given)


TABLE: list[Difference] = [
    Difference(
        "no samples",
        "Tableau's client always says whether samples are wanted; that none are is the server's own default.",
        r"projects\.(create|update|get_by_id)",
        without("publishSamples", "False"),
    ),
]
