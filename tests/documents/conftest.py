"""Fixtures of the document tests: the built program, the samples, and real files where there are some."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.program import ROOT, Doc  # noqa: E402

SAMPLES = sorted(path for path in (ROOT / "samples").iterdir() if path.suffix in (".twb", ".twbx", ".tds", ".tdsx"))


@pytest.fixture(scope="session")
def binary() -> Path:
    """The program under test: VIVANT_BIN, else the debug build."""
    named = os.environ.get("VIVANT_BIN")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = Path(named).absolute() if named else target / "debug" / "vivant"
    if not path.exists():
        pytest.exit(f"no program at {path}: run scripts/documents, which builds it, or set VIVANT_BIN", returncode=3)
    return path


@pytest.fixture
def doc(binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doc:
    """`vivant doc` in a folder of its own; `tableau_tools` leaves files in the current folder, too."""
    monkeypatch.chdir(tmp_path)
    return Doc(binary, tmp_path)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real Tableau files: VIVANT_CORPUS, else ../shared/corpus. Skips where there is none."""
    folder = Path(os.environ.get("VIVANT_CORPUS", ROOT.parent / "shared" / "corpus")).absolute()
    if not (folder / "files").is_dir():
        pytest.skip(f"no corpus at {folder}")
    return folder


@pytest.fixture(scope="session")
def spec() -> Path:
    """The folder with Tableau's published schema: VIVANT_SPEC, else ../shared/spec. Skips where there is none."""
    folder = Path(os.environ.get("VIVANT_SPEC", ROOT.parent / "shared" / "spec")).absolute()
    if not (folder / "xsd").is_dir():
        pytest.skip(f"no specification at {folder}")
    return folder


@pytest.fixture(params=SAMPLES, ids=lambda path: path.name)
def sample(request: pytest.FixtureRequest, doc: Doc) -> Path:
    """A copy of each sample in turn."""
    copy = doc.folder / request.param.name
    copy.write_bytes(request.param.read_bytes())
    return copy
