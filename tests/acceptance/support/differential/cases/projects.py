"""Projects."""

from __future__ import annotations

import tableauserverclient as TSC

from support.differential import values
from support.differential.case import Case

PROJECT: values.Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "content_permissions": "contentPermissions",
    "parent_id": "parentProjectId",
    "owner_id": "owner.id",
    "top_level_project": "topLevelProject",
    "writeable": "writeable",
}

GROUPS: list[str] = []

CASES = [
    Case(
        "projects.get",
        lambda tsc, _: tsc.projects.get(TSC.RequestOptions(1, 100)),
        lambda _: ("projects", "list", {"options": {"page": 1, "page_size": 100}}),
        values.page(PROJECT),
    ),
    Case(
        "projects.create",
        lambda tsc, made: tsc.projects.create(TSC.ProjectItem(made["name"], "a & <b>", "ManagedByOwner")),
        lambda made: (
            "projects",
            "create",
            {"project": {"name": made["name"], "description": "a & <b>", "contentPermissions": "ManagedByOwner"}},
        ),
        values.one(PROJECT, "project"),
        prepare=lambda world: {"name": world.fresh("P ü & 'q' ")},
    ),
]
