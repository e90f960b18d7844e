"""A data folder with very many workbooks, made in seconds: some are published, their rows are multiplied.

Benches start servers on it. By hand: `VIVANT_BIN=… python -m support.library FOLDER --workbooks 100000`.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from support import content, seed
from support.server import Vivant, run

ADMIN = "admin"
PASSWORD = "the password of everybody here"
READER = "reader"
"""An Explorer who owns nothing and sees every workbook by the rules of one group."""
MEMBER = "owner007"
"""A Creator who sees the own workbooks and those of one project in twenty."""
NEWCOMER = "newcomer"
"""A Creator in no team, who owns one workbook in a thousand and sees no other."""
AUDITOR = "auditor"
"""An Explorer who owns nothing and sees what the rules of very many groups allow, once `rule` has made them."""

FIELDS = ["Finance", "Sales", "Marketing", "Logistics", "Research", "Support", "Purchasing", "Quality", "Legal", "Facilities"]
PLACES = ["Europe", "Americas"]
SUBJECTS = ["Revenue", "Orders", "Forecast", "Churn", "Stock", "Headcount", "Budget & Actuals", "Returns", "Pipeline", "Costs"]
PERIODS = ["by Month", "by Region", "<daily>", "of the Quarter", "at a Glance"]
TAGS = [[], ["weekly"], ["board", "money"], [], ["certified", "daily", "Q3 & Q4"]]

YEARS_MS = 2 * 365 * 24 * 3600 * 1000


def make(binary: Path, folder: Path, workbooks: int, owners: int = 50, name: str = "data") -> Vivant:
    """Makes the data folder `name` in a folder and returns its server, not running; `vivant admin check` passed it."""
    server = Vivant(binary, folder / name, "--admin-name", ADMIN, env={"VIVANT_ADMIN_PASSWORD": PASSWORD})
    templates = _world(folder, owners, min(workbooks, len(FIELDS) * len(PLACES)))
    server.arguments += ["--seed", str(templates)]
    server.start()
    server.stop()
    del server.arguments[-2:]
    multiply(server.data_dir, workbooks)
    server.check()
    return server


def _world(folder: Path, owners: int, templates: int) -> Path:
    """Writes the seed: owners, one team and one project for each field and place, and a workbook in each."""
    users = [
        {"name": f"owner{number:03}", "password": PASSWORD, "siteRole": "Creator", "fullName": f"Owner the {number}th"}
        for number in range(owners)
    ]
    users.append({"name": READER, "password": PASSWORD, "siteRole": "Explorer"})
    users.append({"name": NEWCOMER, "password": PASSWORD, "siteRole": "Creator"})
    users.append({"name": AUDITOR, "password": PASSWORD, "siteRole": "Explorer"})
    teams = [f"{field} {place}" for place in PLACES for field in FIELDS]
    groups = [{"name": "Readers", "users": [READER]}]
    for at, team in enumerate(teams):
        groups.append({"name": team, "users": [f"owner{n:03}" for n in range(at, owners, len(teams))]})
    projects = [
        {
            "name": team,
            "description": f"What {team} looks at",
            "permissions": [{"group": "All Users", "allow": ["Read"]}, {"group": team, "allow": ["Read", "Write"]}],
            "defaultPermissions": {
                "workbooks": [
                    {"group": "Readers", "allow": ["Read", "Filter", "ViewComments", "ExportImage", "ExportData"]},
                    {"group": team, "allow": ["Read", "Filter", "ExportXml", "Write"]},
                ]
            },
        }
        for team in teams
    ]
    files, books = {}, []
    for number in range(templates):
        sheets = [content.Sheet(f"{SUBJECTS[(number + n) % 10]} {PERIODS[n]}") for n in range(1 + number % 4)]
        sheets.append(content.Sheet("Overview", "dashboard"))
        name = f"template{number}.twb"
        files[name] = content.Workbook(sheets, [content.Connection(database=f"warehouse{number}")]).xml()
        books.append(
            {
                "file": name,
                "name": f"{SUBJECTS[number % len(SUBJECTS)]} {PERIODS[number % len(PERIODS)]} {number}",
                "description": f"Numbers that {teams[number]} looks at every week" if number % 2 else None,
                "project": teams[number],
                "owner": f"owner{number % owners:03}",
                "showTabs": number % 3 == 0,
                "tags": TAGS[number % len(TAGS)],
            }
        )
    site = {"name": "Default", "contentUrl": "", "users": users, "groups": groups, "projects": projects, "workbooks": books}
    return seed.write(folder, {"sites": [site]}, files)


def multiply(data_dir: Path, workbooks: int) -> None:
    """Copies the workbooks of a folder without server, with all their rows and files, until there are so many.

    Columns that are not named here keep the values of the workbook that a copy is made of.
    """
    dice = random.Random(4711)
    with closing(sqlite3.connect(data_dir / "vivant.db")) as db, db:
        db.execute("PRAGMA synchronous = OFF")
        db.create_function("key", 1, str.lower, deterministic=True)
        db.create_function("luid", 0, lambda: _luid(dice))
        templates = db.execute(
            "SELECT id, name, created_at FROM content WHERE kind = 'workbook' ORDER BY created_at, id"
        ).fetchall()
        owners = [row[0] for row in db.execute("SELECT id FROM account WHERE name LIKE 'owner%' ORDER BY name")]
        newcomer = db.execute("SELECT id FROM account WHERE name = ?", (NEWCOMER,)).fetchone()[0]
        rows = []
        for number in range(len(templates), workbooks):
            template, name, created = templates[number % len(templates)]
            name = f"{name.rsplit(' ', 1)[0]} {number}"
            # The copies are older than what was published, the later the number the younger.
            made = created - int(YEARS_MS * (workbooks - number) / workbooks)
            changed = dice.randint(made, created)
            url = "".join(sign for sign in name if sign.isalnum() or sign in "-_")
            id_, blob = _luid(dice), dice.randbytes(16).hex()
            owner = newcomer if number % 1000 == 500 and workbooks > 1000 else dice.choice(owners)
            rows.append((number, template, id_, blob, name, url, owner, made, changed))
        db.execute(
            "CREATE TEMP TABLE copy (number INTEGER PRIMARY KEY, template, id, blob, name, url, owner, made, changed)"
        )
        db.executemany("INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute(
            "CREATE TEMP TABLE sheet AS SELECT n.number, v.id AS template, luid() AS id "
            "FROM copy n JOIN view v ON v.content_id = n.template ORDER BY n.number, v.position"
        )
        db.execute("CREATE INDEX temp.sheet_of ON sheet (number, template)")
        of_content = "copy n JOIN {0} t ON t.content_id = n.template"
        of_sheet = "sheet s JOIN copy n ON n.number = s.number JOIN {0} t ON t.view_id = s.template"
        revision = "copy n JOIN revision r ON r.content_id = n.template"
        # Indexes that grow entry by entry take most of the time.
        indexes = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name IN ('blob', 'content', 'revision', 'view', 'content_tag', 'connection')"
        ).fetchall()
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        _copy(db, "blob", f"{revision} JOIN blob t ON t.key = r.blob_key", key="n.blob", changed_at="n.made")
        _copy(
            db, "content", "copy n JOIN content t ON t.id = n.template",
            id="n.id", owner_id="n.owner", name="n.name", name_key="key(n.name)", content_url="n.url",
            content_url_key="key(n.url)", created_at="n.made", updated_at="n.changed",
            default_view_id="(SELECT s.id FROM sheet s WHERE s.number = n.number AND s.template = t.default_view_id)",
        )  # fmt: skip
        _copy(
            db, "revision", of_content.format("revision"),
            content_id="n.id", blob_key="n.blob", publisher_id="n.owner", created_at="n.made",
        )  # fmt: skip
        _copy(
            db, "view", "sheet s JOIN copy n ON n.number = s.number JOIN view t ON t.id = s.template",
            id="s.id", content_id="n.id", content_url="n.url || '/sheets/' || t.url_name",
            content_url_key="key(n.url || '/sheets/' || t.url_name)", created_at="n.made", updated_at="n.changed",
        )  # fmt: skip
        for table in ("content_tag", "content_field", "content_table"):
            _copy(db, table, of_content.format(table), content_id="n.id")
        _copy(db, "connection", of_content.format("connection"), content_id="n.id", id="luid()")
        for table in ("view_field", "view_tag", "thumbnail"):
            _copy(db, table, of_sheet.format(table), view_id="s.id")
        db.execute(
            "UPDATE site SET storage_bytes = (SELECT COALESCE(SUM(r.size_bytes), 0) FROM revision r "
            "JOIN content c ON c.id = r.content_id WHERE c.site_id = site.id)"
        )
        for _, sql in indexes:
            db.execute(sql)
        files = db.execute("SELECT r.blob_key, n.blob FROM copy n JOIN revision r ON r.content_id = n.template").fetchall()
    for original, copy in files:
        place = _object(data_dir, copy)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(_object(data_dir, original), place)


def rule(data_dir: Path, groups: int, rules: int) -> None:
    """Puts the auditor into so many groups, and gives the workbooks of a folder without server so many sets of rules.

    Each set is that of the workbook's project and one rule for one of the groups: two in four allow to see, one
    denies, one says nothing of it.
    """
    dice = random.Random(4712)
    with closing(sqlite3.connect(data_dir / "vivant.db")) as db, db:
        db.execute("PRAGMA synchronous = OFF")
        (auditor,) = db.execute("SELECT id FROM account WHERE name = ?", (AUDITOR,)).fetchone()
        (model, site) = db.execute("SELECT id, site_id FROM user_group WHERE name = 'Readers'").fetchone()
        circles = [_luid(dice) for _ in range(groups)]
        db.execute("CREATE TEMP TABLE circle (id, name)")
        db.executemany("INSERT INTO circle VALUES (?, ?)", [(id_, f"Circle {n}") for n, id_ in enumerate(circles)])
        source = f"circle n JOIN user_group t ON t.id = '{model}'"
        _copy(db, "user_group", source, id="n.id", name="n.name", name_key="lower(n.name)")
        db.executemany("INSERT INTO group_member VALUES (?, ?)", [(id_, auditor) for id_ in circles])
        books = db.execute("SELECT id, acl_id FROM content WHERE kind = 'workbook' ORDER BY id").fetchall()
        originals = sorted({acl for _, acl in books})
        sets: dict[str, list[str]] = {acl: [] for acl in originals}
        for number in range(rules):
            original, id_ = originals[number % len(originals)], _luid(dice)
            allow, deny = ((1, 0), (0, 1), (1, 0), (0, 0))[number % 4]
            db.execute("INSERT INTO acl VALUES (?, ?, ?)", (id_, site, f"set {number}"))
            db.execute(
                "INSERT INTO acl_rule SELECT ?, grantee_kind, grantee_id, allow, deny FROM acl_rule WHERE acl_id = ?",
                (id_, original),
            )
            db.execute("INSERT INTO acl_rule VALUES (?, 1, ?, ?, ?)", (id_, circles[number % groups], allow, deny))
            sets[original].append(id_)
        db.executemany("UPDATE content SET acl_id = ? WHERE id = ?", [(dice.choice(sets[acl]), id_) for id_, acl in books])


def _copy(db: sqlite3.Connection, table: str, source: str, **columns: str) -> None:
    """Inserts a row for each row of `source`, where `t` is the row copied and `columns` says what differs."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    unknown = set(columns) - set(names)
    if unknown:
        raise SystemExit(f"the table {table} has no column {', '.join(sorted(unknown))}: the schema has changed")
    values = ", ".join(columns.get(name, f"t.{name}") for name in names)
    db.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {source}")


def _object(data_dir: Path, key: str) -> Path:
    return data_dir / "content" / "objects" / key[:2] / key[2:4] / key


def _luid(dice: random.Random) -> str:
    text = dice.randbytes(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a data folder with many workbooks, FOLDER/data.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workbooks", type=int, default=1000)
    parser.add_argument("--owners", type=int, default=50)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    server = make(Path(os.environ["VIVANT_BIN"]), options.folder.resolve(), options.workbooks, options.owners)
    print(run(server.binary, "admin", "check", *server.admin_options()).stdout)


if __name__ == "__main__":
    main()
