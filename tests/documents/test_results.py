"""What Tableau itself found: the results that it cached in real workbooks, asked again through `vivant data`."""

from __future__ import annotations

import json
import math
import subprocess
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

from tableauhyperapi import HyperProcess, Telemetry

from support import results
from support.results import Query, Unclear

HYPERD = Path(sysconfig.get_paths()["platlib"]) / "tableauhyperapi" / "bin" / "hyper" / "hyperd"


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, (int, float)) and isinstance(expected, (int, float)):
        return math.isclose(found, expected, rel_tol=1e-9)
    return found == expected


def order(row: list) -> list:
    return [(value is not None, str(type(value)), value if isinstance(value, str) else 0) for value in row]


def difference(query: Query, found: list[list], expected: list[list]) -> str | None:
    """Says how two results differ; where the query has no order, there is none."""
    if not query.ordered:
        # Texts tell rows of one result apart.
        found, expected = sorted(found, key=order), sorted(expected, key=order)
    if len(found) != len(expected):
        return f"{len(found)} rows, expected {len(expected)}"
    for ours, theirs in zip(found, expected):
        if len(ours) != len(theirs) or not all(map(same, ours, theirs)):
            return f"{ours}, expected {theirs}"
    return None


def test_cached_results_are_found_again(binary: Path, corpus: Path, tmp_path: Path) -> None:
    unclear: Counter[str] = Counter()
    differences, equal = [], 0
    with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as process:
        for path in sorted((corpus / "results").glob("*.json")):
            result = json.loads(path.read_text())
            (package,) = (corpus / "files").glob(f"{path.name.split('__')[0]}__*")
            try:
                data = results.extract(package, result["connection"])
                query = Query(result["query"])
                copy = tmp_path / "extract.hyper"
                copy.write_bytes(data)
                book = results.workbook(query, results.columns(process, copy, query.table), result["columns"], data)
            except Unclear as reason:
                unclear[str(reason)] += 1
                continue
            (tmp_path / "book.twbx").write_bytes(book)
            done = subprocess.run(
                [str(binary), "data", "book.twbx", "--json", "--hyperd-path", str(HYPERD)], cwd=tmp_path, capture_output=True, text=True
            )
            if done.returncode or done.stderr:
                differences.append(f"{path.name}: {done.stderr}")
                continue
            message = difference(query, results.in_order_of(query, json.loads(done.stdout)), result["rows"])
            equal += message is None
            if message:
                differences.append(f"{path.name}: {message}")
    print(f"{equal} results are equal; {dict(unclear)}")
    assert not differences, "\n".join(differences)
    # What cannot be asked again is what nobody but Tableau can read.
    assert equal and not [reason for reason in unclear if "before Hyper" not in reason], unclear
