"""The table of error rows, `errors.tsv` beside the tests: what the reference lists, and the test that provokes it.

`python tests/acceptance/support/error_table.py` writes it anew from the rows of the test modules; `cargo xtask codegen`
makes `docs/errors.md` and a column of `docs/endpoints.md` of it. The facts of the reference (operation, code, title)
are kept in the table itself; where the specification lies beside the workspace, they are read from there.
"""

from __future__ import annotations

import csv
import importlib
import os
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
ROOT = FOLDER.parents[1]
TABLE = FOLDER / "errors.tsv"
SPEC = Path(os.environ.get("VIVANT_SPEC", ROOT.parent / "shared" / "spec"))
COLUMNS = ("operation", "status", "code", "condition", "test", "reason")

Key = tuple[str, str, str]


def modules() -> dict[str, object]:
    """Every test module that holds rows of errors, by its file name."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    found = {}
    for path in sorted(FOLDER.glob("test_http_errors*.py")):
        module = importlib.import_module(path.stem)
        assert module.ROWS and isinstance(module.UNPROVOKED, dict), path
        found[path.name] = module
    return found


def facts_of_the_reference() -> list[tuple[str, int, str, str]] | None:
    """The rows as the reference prints them, slips put right as their notes say; None without the specification."""
    if not (SPEC / "errors.tsv").exists():
        return None
    facts = []
    with open(SPEC / "errors.tsv", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            code, status, note = line["error_code"], int(line["http_status"]), line["note"]
            if len(code) != 6:
                # No code, or not a whole one: the note ends with, or names, the one to serve.
                code = re.findall(r"\b\d{6}\b", note)[-1]
            served = re.search(r"serve (?:HTTP )?(\d{3})\b(?!\d)", note)
            facts.append((line["method"], int(served[1]) if served else status, code, line["condition_name"]))
    return facts


def read() -> list[dict[str, str]]:
    """The table as it stands."""
    with open(TABLE, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def rows() -> list[dict[str, str]]:
    """The table as it should be: the reference's rows and those of operations that came later, by operation and code.

    The order is the same with and without the specification beside the workspace.
    """
    provoked: dict[Key, tuple[int, str]] = {}
    reasons: dict[Key, str] = {}
    for name, module in modules().items():
        for one in module.ROWS:
            for code in (one.code, *one.also):
                provoked.setdefault((one.operation, code, one.condition), (one.status, name))
        reasons |= module.UNPROVOKED
    both = [key for key in reasons if key in provoked]
    assert not both, f"provoked, and listed as what nothing can provoke: {both}"
    facts = facts_of_the_reference()
    if facts is None:
        facts = [(row["operation"], int(row["status"]), row["code"], row["condition"]) for row in read()]
    known = {fact[0] for fact in facts}
    later = [(key[0], status, *key[1:]) for key, (status, _) in provoked.items() if key[0] not in known]
    table = []
    for operation, status, code, condition in sorted([*facts, *set(later)]):
        key = (operation, code, condition)
        status, test = provoked.get(key, (status, ""))
        row = (operation, str(status), code, condition, test, reasons.get(key, ""))
        table.append(dict(zip(COLUMNS, row)))
    return table


def text(table: list[dict[str, str]]) -> str:
    """The table as its file holds it."""
    lines = ["\t".join(COLUMNS), *("\t".join(row[name] for name in COLUMNS) for row in table)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text(rows()))
    print(f"wrote {TABLE.relative_to(ROOT)}; now run `cargo xtask codegen`")
