"""Our client, driven from Python: the example program `drive`, one call a line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from support.services import ROOT


def program() -> Path:
    """The example: VIVANT_DRIVE, else that of the debug build, which is made or brought up to date."""
    if named := os.environ.get("VIVANT_DRIVE"):
        return Path(named)
    built = ["cargo", "build", "--quiet", "--package", "vivant-client", "--example", "drive"]
    subprocess.run(built, cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "examples" / "drive"


class Refused(Exception):
    """Our client gave an error; `error` is what it said."""

    def __init__(self, error: dict[str, Any]):
        super().__init__(json.dumps(error, indent=2, ensure_ascii=False))
        self.error = error


class Drive:
    """One process of the program, signed in unless it has no server."""

    def __init__(self, path: Path, **session: Any):
        # Standard error goes where pytest catches it.
        self.process = subprocess.Popen([str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.session = self._send(session)

    def call(self, group: str, method: str, args: dict[str, Any]) -> Any:
        """Makes a call and returns what was read; raises what our client said otherwise."""
        return self._send({"group": group, "method": method, "args": args})

    def _send(self, line: dict[str, Any]) -> Any:
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the program ended with {self.process.wait(10)}"
        said = json.loads(answer)
        if "error" in said:
            raise Refused(said["error"])
        return said["ok"]

    def stop(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(30) == 0
