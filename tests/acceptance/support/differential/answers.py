"""Answers of servers as Tableau's client ships them with its source: fetched from PyPI, never kept in this repository."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

PACKAGE = "tableauserverclient"


def source() -> Path:
    """The source package of the release that is installed, beside the Python environment."""
    wanted = version(PACKAGE)
    folder = Path(sys.prefix).parent / "sdist"
    path = folder / f"{PACKAGE}-{wanted}.tar.gz"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        download += ["--no-deps", "--no-binary", ":all:", "--dest", str(folder), f"{PACKAGE}=={wanted}"]
        done = subprocess.run(download, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
        if not path.exists():
            unreachable = re.search("NewConnectionError|ConnectTimeout|NameResolutionError|ProxyError|ReadTimeout", done.stderr)
            (pytest.skip if unreachable else pytest.fail)(f"PyPI does not give {path.name}:\n{done.stderr}")
    return path


def unpacked(folder: Path) -> list[Path]:
    """The answers in XML, written into a folder under names of their own; nothing else is looked at."""
    found = []
    with tarfile.open(source()) as package:
        for member in package:
            if not member.isfile() or not member.name.endswith(".xml"):
                continue
            data = package.extractfile(member).read()
            if b"<tsResponse" in data:
                path = folder / member.name.replace("/", "_")
                path.write_bytes(data)
                found.append(path)
    return found
