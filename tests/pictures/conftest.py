"""Fixtures of the picture tests: the built program, and every view of a sample in every format."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ["Palmer Penguins.twbx", "Flights from New York.twbx", "Office Supplies.twbx"]


@dataclass
class Drawn:
    """The views of a sample: files by name of the view, and one PDF of all."""

    folder: Path
    pdf: Path

    @property
    def svgs(self) -> list[Path]:
        return sorted(self.folder.glob("*.svg"))


@pytest.fixture(scope="session")
def binary() -> Path:
    """The program under test: VIVANT_BIN, else the debug build."""
    named = os.environ.get("VIVANT_BIN")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = Path(named).absolute() if named else target / "debug" / "vivant"
    if not path.exists():
        pytest.exit(f"no program at {path}: run scripts/pictures, which builds it, or set VIVANT_BIN", returncode=3)
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Headless Chromium: VIVANT_CHROMIUM, which has to be there, else what is found."""
    named = os.environ.get("VIVANT_CHROMIUM")
    found = shutil.which(named) if named else shutil.which("chromium") or shutil.which("google-chrome")
    if named and not found:
        pytest.fail(f"VIVANT_CHROMIUM names `{named}`, which is not there")
    if not found:
        pytest.skip("there is no Chromium")
    return found


def run(*command: str | Path) -> None:
    ran = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{command}: {ran.returncode}\n{ran.stderr}"


@pytest.fixture(scope="session", params=SAMPLES)
def drawn(request: pytest.FixtureRequest, binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Each sample in turn, drawn as SVG, PNG and PDF."""
    book = ROOT / "samples" / request.param
    folder = tmp_path_factory.mktemp("drawn")
    for ending in ("svg", "png"):
        run(binary, "render", book, "--all", "--format", ending, "-o", folder)
    pdf = folder / "all.pdf"
    run(binary, "render", book, "--all", "--format", "pdf", "--paper", "unspecified", "-o", pdf)
    return Drawn(folder, pdf)
