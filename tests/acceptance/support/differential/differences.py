"""Where our requests differ from those of Tableau's client, each with the reason.

An entry turns Tableau's requests into what ours must be. Nothing else may differ; `test_client_differential.py` fails
for an entry that nothing needs any more.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Callable

from tableauserverclient import SiteItem
from tableauserverclient.server import RequestFactory

from support.differential.canonical import Canonical, xml


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


def inside(name: str, change: Callable[[dict], list[dict]]) -> Callable[[list[Canonical]], list[Canonical]]:
    """Replaces every element of a name by others."""

    def walked(node: dict) -> dict:
        if "children" in node:
            found = [new for child in node["children"] for new in (change(child) if child["name"] == name else [walked(child)])]
            node = {**node, "children": sorted(found, key=lambda child: child["name"])}
        return node

    def edit(one: Canonical) -> None:
        if isinstance(one.body, dict) and "name" in one.body:
            one.body = walked(one.body)

    return each(edit)


def one_by_one(node: dict) -> list[dict]:
    """Several lists of one instead of one list in which nothing belongs together."""
    named = {name: [child for child in node["children"] if child["name"] == name] for name in {c["name"] for c in node["children"]}}
    count = max(len(found) for found in named.values())
    return [{**node, "children": [named[name][index] for name in sorted(named)]} for index in range(count)]


def small_booleans(one: Canonical) -> None:
    """Writes the booleans of Python in small letters."""
    one.query = sorted((name, value.lower() if value in ("True", "False") else value) for name, value in one.query)


def only_set(one: Canonical) -> None:
    """Drops the settings of a site that are as in an item that nobody has touched."""
    untouched = xml(RequestFactory.Site.create_req(SiteItem("x", "x")))["children"][0]["attributes"]
    for node in (one.body or {}).get("children", []):
        node["attributes"] = {
            name: value
            for name, value in node["attributes"].items()
            if name in ("name", "contentUrl") or untouched.get(name, "").lower() != value.lower()
        }


def user_files(one: Canonical) -> None:
    """Gives files of users our name and type."""
    for name in ("tableau_user_import", "tableau_user_delete"):
        if name in one.body:
            one.body[name].update(filename="users.csv", type="application/octet-stream")


def file_names(one: Canonical) -> None:
    """Gives chunks the name of the file that the case uploads."""
    if isinstance(one.body, dict) and "tableau_file" in one.body:
        one.body["tableau_file"]["filename"] = "chunk.twb"


def no_empty_acceleration(one: Canonical) -> None:
    """Drops `dataAccelerationConfig` where nothing stands in it."""
    for node in (one.body or {}).get("children", []):
        node["children"] = [child for child in node.get("children", []) if child != {"name": "dataAccelerationConfig"}]


def attribute_dropped(element: str, name: str, value: str) -> Callable[[list[Canonical]], list[Canonical]]:
    """Drops an attribute that has a certain value from the elements of a request."""

    def edit(one: Canonical) -> None:
        for node in (one.body or {}).get("children", []):
            attributes = node.get("attributes", {})
            if node["name"] == element and attributes.get(name) == value:
                del attributes[name]
                if not attributes:
                    del node["attributes"]

    return each(edit)


TABLE: list[Difference] = [
    Difference(
        "no samples",
        "Tableau's client always says whether samples are wanted; that none are is the server's own default.",
        r"projects\.(create|update|get_by_id)",
        without("publishSamples", "False"),
    ),
    Difference(
        "booleans",
        "Tableau's client writes booleans in addresses as Python does; the reference, and we, in small letters.",
        r"(projects\.create|workbooks\.(create_extract|update)|datasources\.create_extract|groups\.update)",
        each(small_booleans),
    ),
    Difference(
        "settings that nobody set",
        "Tableau's client sends what its item holds from the beginning, and so sets settings back that it never read.",
        r"sites\.(create|update)",
        each(only_set),
    ),
    Difference(
        "no access token",
        "Tableau's client says of a JSON web token that it is no unified access token, which is the server's default.",
        r"auth\.sign_in_with_json_web_token",
        attribute_dropped("credentials", "isUat", "false"),
    ),
    Difference(
        "files of users",
        "Tableau's client gives the file a name of its own and 'file' for its type; the reference has neither.",
        r"users\.bulk_(add|remove)",
        each(user_files),
    ),
    Difference(
        "larger pages",
        "Where no size of pages is given, we ask for 1,000 items at once, Tableau's client for 100.",
        r"projects\.get_by_path",
        parameter("pageSize", lambda given: "1000"),
    ),
    Difference(
        "pages of all lists",
        "Tableau's client asks for these lists without a page, and so reads no more than the server's first.",
        r"((workbooks|datasources)\.populate_revisions|users\.populate_favorites)",
        each(paged),
    ),
    Difference(
        "no mode for new data sources",
        "Tableau's client says createnew; the reference has no such parameter, and it is what the server does anyway.",
        r"datasources\.publish",
        without("createnew", "true"),
    ),
    Difference(
        "names of chunks",
        "Tableau's client calls every chunk 'file'; ours keeps the file's name, which servers leave unread.",
        r"fileuploads\.upload",
        each(file_names),
    ),
    Difference(
        "no empty acceleration",
        "Tableau's client sends an element without anything in it, which says nothing.",
        r"workbooks\.update",
        each(no_empty_acceleration),
    ),
    Difference(
        "certification only where it is set",
        "Tableau's client sends isCertified with every update, and so takes a certification away that it did not read.",
        r"datasources\.update",
        attribute_dropped("datasource", "isCertified", "false"),
    ),
    Difference(
        "asked once",
        "Making a list of a query, Tableau's client asks for its length first, and then for the same page again.",
        r".*\.find_by_name",
        lambda requests: [one for index, one in enumerate(requests) if index == 0 or one != requests[index - 1]],
    ),
    Difference(
        "flow runs on schedules",
        "Tableau's schema calls the task of a flow flowRun in requests, too; its client sends runFlow, the word of addresses.",
        r"(flows\.schedule_flow_run|schedules\.add_to_schedule)",
        inside("runFlow", lambda node: [{**node, "name": "flowRun"}]),
    ),
    Difference(
        "flow runs with schedules of their own",
        "Here the schema wants the flowRun within a task, too, and its type is plain by its name.",
        r"flow_tasks\.create",
        inside("runFlow", lambda node: [{"name": "task", "children": [{"name": "flowRun", "children": node["children"]}]}]),
    ),
    Difference(
        "extensions one by one",
        "Tableau's client puts all extensions of a site into one list, where nobody can tell which part belongs to which.",
        r"extensions\.update",
        inside("safeList", one_by_one),
    ),
]
