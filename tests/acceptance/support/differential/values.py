"""Values that both clients read from one answer, compared one by one.

A table of an item says which property of Tableau's model is which part of the element, as `drive` prints it.
"""

from __future__ import annotations

import base64
from datetime import date, datetime, time
from typing import Any, Callable

Table = dict[str, str | Callable[[Any], Any]]


def plain(value: Any) -> Any:
    """A value as text, so that numbers, booleans and times of both compare."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(plain(one) for one in value)
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value if value is None else str(value)


def part(element: Any, path: str) -> Any:
    """A part of an element by a path of names; absent parts are None."""
    for name in path.split("."):
        if not isinstance(element, dict):
            return None
        element = element.get(name)
    return element


def compare(item: Any, element: Any, table: Table, where: str = "") -> None:
    """Fails unless every property of the table has the value of its part."""
    wrong = []
    for name, place in table.items():
        theirs = plain(getattr(item, name))
        ours = plain(place(element) if callable(place) else part(element, place))
        if theirs != ours:
            wrong.append(f"{where}{name}: Tableau's client read {theirs!r}, ours {ours!r}")
    assert not wrong, "\n".join(wrong + [f"ours read {element}"])


def one(table: Table, name: str) -> Callable[[Any, Any], None]:
    """Both read one item; ours under the name of its element."""
    return lambda theirs, ours: compare(theirs, ours[name], table)


def many(table: Table, get: Callable[[Any], Any] = lambda theirs: theirs) -> Callable[[Any, Any], None]:
    """Both read a list; `get` finds it in what Tableau's client gave. It must not be empty."""

    def same(theirs: Any, ours: Any) -> None:
        items = list(get(theirs))
        elements = ours.get("items", [])
        assert items, "an empty list proves nothing"
        assert len(items) == len(elements), f"Tableau's client read {len(items)} items, ours {len(elements)}: {ours}"
        for index, (item, element) in enumerate(zip(items, elements)):
            compare(item, element, table, f"[{index}].")

    return same


def page(table: Table) -> Callable[[Any, Any], None]:
    """Both read a page of a list and what it says about itself."""
    items = many(table, lambda theirs: theirs[0])

    def same(theirs: Any, ours: Any) -> None:
        items(theirs, ours)
        said = theirs[1]
        if said is not None and said.total_available is not None:
            assert plain([said.page_number, said.page_size, said.total_available]) == plain(
                [ours["page"]["number"], ours["page"]["size"], ours["page"]["total"]]
            )

    return same


def nothing(theirs: Any, ours: Any) -> None:
    """Both read nothing."""
    assert ours == {}, ours


def nothing_but_done(_: Any, ours: Any) -> None:
    """Ours reads nothing, Tableau's client gives the response as it came."""
    assert ours == {}, ours


def content(theirs: Any, ours: Any) -> None:
    """Both got the same bytes."""
    data = theirs if isinstance(theirs, bytes) else b"".join(theirs)
    assert data, "no bytes prove nothing"
    assert base64.b64decode(ours["content"]) == data


def text(name: str) -> Callable[[Any, Any], None]:
    """Both read one text; ours under the name."""

    def same(theirs: Any, ours: Any) -> None:
        assert plain(theirs) == plain(ours[name]), (theirs, ours)

    return same


def labels(element: Any) -> list[str]:
    """The labels in `tags`."""
    return sorted(tag["label"] for tag in part(element, "tags.tag") or [])
