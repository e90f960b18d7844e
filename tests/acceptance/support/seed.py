"""The world that `vivant serve --seed` builds for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support import content

ADA = ("ada", "ada's password")
GRACE = ("grace", "grace's password")
VERA = ("vera", "vera's password")
ULRICH = ("ulrich", "ulrich's password")
CORA = ("cora", "cora's password")
SITEADMIN = ("sophie", "sophie's password")
TOKEN = ("ci", "seeded-token-value-of-ada-4711")

WORLD: dict[str, Any] = {
    "sites": [
        {
            "name": "Default",
            "contentUrl": "",
            "users": [
                {
                    "name": ADA[0],
                    "password": ADA[1],
                    "siteRole": "Creator",
                    "fullName": "Ada Lovelace",
                    "email": "ada@example.com",
                    "tokens": [{"name": TOKEN[0], "value": TOKEN[1]}],
                },
                {"name": GRACE[0], "password": GRACE[1], "siteRole": "Explorer", "fullName": "Grace Hopper"},
                {"name": CORA[0], "password": CORA[1], "siteRole": "Creator"},
                {"name": VERA[0], "password": VERA[1], "siteRole": "Viewer"},
                {"name": ULRICH[0], "password": ULRICH[1], "siteRole": "Unlicensed"},
                {"name": SITEADMIN[0], "password": SITEADMIN[1], "siteRole": "SiteAdministratorCreator"},
            ],
            "groups": [{"name": "Analysts", "users": [ADA[0], GRACE[0], CORA[0]]}, {"name": "Empty"}],
            "projects": [
                {
                    "name": "Finance",
                    "description": "numbers & more",
                    "contentPermissions": "ManagedByOwner",
                    "owner": ADA[0],
                    "projects": [{"name": "Nested", "projects": [{"name": "Deep"}]}],
                },
                {
                    # Nobody but its owner, Ada, and administrators may see what is in here.
                    "name": "Closed",
                    "contentPermissions": "ManagedByOwner",
                    "owner": ADA[0],
                    "permissions": [{"group": "All Users", "deny": ["Read"]}],
                    "defaultPermissions": {
                        "workbooks": [{"group": "All Users", "deny": ["Read"]}],
                        "datasources": [{"group": "All Users", "deny": ["Read", "Connect"]}],
                    },
                },
                {
                    "name": "Shared",
                    "owner": ADA[0],
                    "permissions": [{"group": "Analysts", "allow": ["Read", "Write"]}],
                    "defaultPermissions": {
                        "workbooks": [{"group": "Analysts", "allow": ["Read", "ExportXml", "Write"]}],
                        "datasources": [{"group": "Analysts", "allow": ["Read", "Connect", "Write"]}],
                    },
                },
            ],
            "workbooks": [
                {
                    "file": "sales.twbx",
                    "name": "Sales Report",
                    "project": "Finance/Nested",
                    "owner": ADA[0],
                    "showTabs": True,
                    "tags": ["money", "weekly"],
                },
                {"file": "secret.twb", "name": "Secret", "project": "Closed", "owner": ADA[0]},
                {
                    "file": "shared.twb",
                    "name": "Shared Book",
                    "project": "Shared",
                    "owner": ADA[0],
                    # The rules of an item take the place of those it gets from its project.
                    "permissions": [
                        {"group": "Analysts", "allow": ["Read", "ExportXml", "Write"]},
                        {"user": GRACE[0], "deny": ["ExportXml"]},
                    ],
                },
            ],
            "datasources": [
                {"file": "orders.tdsx", "project": "Finance"},
                {"file": "hidden.tds", "name": "Shared Orders", "project": "Shared", "owner": ADA[0]},
                {"file": "hidden.tds", "name": "Hidden Orders", "project": "Closed", "owner": ADA[0]},
            ],
        },
        {
            "name": "Second Site",
            "contentUrl": "second",
            "users": [
                {"name": ADA[0], "password": ADA[1], "siteRole": "Creator"},
                {"name": "zoe", "password": "zoe's password", "siteRole": "SiteAdministratorExplorer"},
            ],
        },
        {"name": "Third Site", "contentUrl": "third"},
    ]
}

FILES = {
    "sales.twbx": content.twbx(content.twb("Overview", "By Region", "Notes", hidden=("Notes",)), "Sales.twb"),
    "secret.twb": content.twb("Secret Sheet"),
    "shared.twb": content.twb("Shared Sheet", "Second Sheet"),
    "orders.tdsx": content.tdsx(),
    "hidden.tds": content.tds(),
}


def write(folder: Path, world: dict[str, Any] | None = None, files: dict[str, bytes] | None = None) -> Path:
    """Writes the seed and the files it names; JSON is YAML, too."""
    place = folder / "seed"
    place.mkdir()
    for name, data in (FILES if files is None else files).items():
        (place / name).write_bytes(data)
    path = place / "seed.yaml"
    path.write_text(json.dumps(world or WORLD, indent=2))
    return path
