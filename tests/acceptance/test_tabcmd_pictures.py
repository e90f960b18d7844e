"""Views exported with Tableau's own tabcmd, unmodified: pictures, pages, data."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import pdfs, pictures
from test_tabcmd import tabcmd  # noqa: F401

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture(scope="module")
def penguins(tabcmd):  # noqa: F811
    """A published sample; gives the beginning of the addresses of its views."""
    tabcmd("createproject", "--name", "Pictures")
    tabcmd("publish", str(SAMPLES / "Palmer Penguins.twbx"), "--project", "Pictures", "--name", "Cold Birds")
    return "ColdBirds"


def test_export(tabcmd, penguins):  # noqa: F811
    view, home = f"{penguins}/PenguinsbyIsland", tabcmd.home
    tabcmd("export", view, "--png", "-f", "plain.png", "--width", "700", "--height", "500", "--resolution", "standard")
    assert pictures.size((home / "plain.png").read_bytes()) == (700, 500)
    tabcmd("export", f"{view}?Island=Biscoe", "--png", "-f", "one.png", "--resolution", "standard")
    tabcmd("export", view, "--png", "-f", "all.png", "--resolution", "standard")
    assert (home / "one.png").read_bytes() != (home / "all.png").read_bytes()
    tabcmd("export", view, "--pdf", "-f", "page.pdf", "--pagelayout", "landscape", "--pagesize", "a4")
    page = pdfs.read((home / "page.pdf").read_bytes())
    assert page.sizes == {(842, 595)} and "Biscoe" in page.pages[0]
    tabcmd("export", view, "--csv", "-f", "rows.csv")
    assert "Biscoe" in (home / "rows.csv").read_text()
    tabcmd("export", view, "--fullpdf", "-f", "book.pdf")
    assert len(pdfs.read((home / "book.pdf").read_bytes()).pages) == 8


def test_get(tabcmd, penguins):  # noqa: F811
    for ending, start in (("png", b"\x89PNG"), ("pdf", b"%PDF-"), ("csv", b"")):
        tabcmd("get", f"views/{penguins}/SummaryTable.{ending}", "--filename", f"got.{ending}")
        data = (tabcmd.home / f"got.{ending}").read_bytes()
        assert data.startswith(start) and data
