"""`.hyper` files as Tableau's own library writes and reads them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

# Runs where the library is: the tests have an environment of their own, with other releases of what both need.
WRITE = """
import json, sys
import pantab, pyarrow
from tableauhyperapi import TableName
path, table = sys.argv[1:]
pantab.frame_to_hyper(pyarrow.table(json.load(sys.stdin)), path, table=TableName("Extract", table))
"""

READ = """
import json, sys
import pantab
frames = pantab.frames_from_hyper(sys.argv[1], return_type="pyarrow")
json.dump({name[-1]: frame.to_pylist() for name, frame in frames.items()}, sys.stdout, default=str)
"""


class Hyper:
    """The environment with the library, which brings the engine."""

    def __init__(self, environment: Path) -> None:
        self._python = environment / "bin" / "python"
        (self.engine,) = environment.glob("lib/*/site-packages/tableauhyperapi/bin/hyper/hyperd")

    def write(self, path: Path, columns: dict[str, list], table: str = "Extract") -> bytes:
        """Writes one table of the schema `Extract` and returns the file's bytes."""
        self._run(WRITE, str(path), table, input=json.dumps(columns))
        return path.read_bytes()

    def read(self, path: Path) -> dict[str, list[dict]]:
        """Returns the rows of each table of a file."""
        return json.loads(self._run(READ, str(path)))

    def _run(self, script: str, *arguments: str, input: str = "") -> str:
        done = subprocess.run(
            [str(self._python), "-c", script, *arguments], input=input, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
