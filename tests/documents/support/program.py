"""`vivant doc` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Doc:
    """The command in a folder."""

    binary: Path
    folder: Path

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """Runs a command, which has to end with a code, and returns what it printed."""
        ran = subprocess.run(
            [str(self.binary), "doc", *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode == code, f"doc {' '.join(map(str, arguments))}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran.stdout if code == 0 else ran.stderr

    def attempt(self, *arguments: str | Path) -> str | None:
        """Runs a command that may be refused, which must say so and not fail otherwise."""
        ran = subprocess.run(
            [str(self.binary), "doc", *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode in (0, 2), f"doc {' '.join(map(str, arguments))}: {ran.returncode}\n{ran.stderr}"
        return ran.stdout if ran.returncode == 0 else None

    def read(self, command: str, file: Path, *more: str):
        """Runs a command that prints JSON."""
        return json.loads(self.run(command, file, *more, "--json"))

    def edit(self, command: str, file: Path, *more: str | Path) -> dict:
        """Runs an edit over a file and returns its report."""
        return json.loads(self.run(command, file, *more, "--in-place", "--json"))

    def file(self, name: str, content: str | bytes) -> Path:
        """Writes a file into the folder."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def document(path: Path) -> bytes:
    """The document of a file: its bytes, or those of the document in a package."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if "/" not in name and name.lower().endswith((".twb", ".tds")):
                return archive.read(name)
    raise AssertionError(f"{path.name} holds no document")
