"""`vivant render`: pictures of views from the file alone."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from support import pdfs, pictures, sheets, slides
from support.sheets import Sheet

ROWS = sheets.orders()
BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])
SCALED = Sheet("Scaled / 2", rows=[("customer", "None")], text=[("scaled", "Sum")])
BROKEN = Sheet("Broken", rows=[("region", "None")], text=[("odd", "Sum")])
CALCULATIONS = {"scaled": "[amount] * [Parameters].[Parameter 1]", "odd": "SCRIPT_REAL('1', [amount])"}


@pytest.fixture
def render(binary, tmp_path):
    """Runs `vivant render` in a folder of its own."""

    def render(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run([str(binary), "render", *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == code, (done.returncode, done.stdout[:500], done.stderr)
        return done

    return render


def write(path: Path, views: list[Sheet]) -> None:
    document = sheets.workbook(views, calculations=CALCULATIONS, parameters=sheets.PARAMETER)
    path.write_bytes(sheets.packed(document, ROWS))


@pytest.fixture
def book(tmp_path):
    write(tmp_path / "book.twbx", [BY_REGION, SCALED])
    return "book.twbx"


def test_a_picture_of_a_view(render, book, tmp_path):
    first = render(book).stdout
    assert pictures.size(first)[0] == 784
    assert render(book, "--view", "By Region").stdout == first
    width, height = pictures.size(first)
    assert pictures.size(render(book, "--scale", "2").stdout) == (2 * width, 2 * height)
    render(book, "--view", "Scaled / 2", "--width", "500", "--height", "400", "-o", "out.png")
    assert pictures.size((tmp_path / "out.png").read_bytes()) == (500, 400)
    assert render(book, "--filter", "Region=North,South").stdout != first
    one, two = (render(book, "--view", "Scaled / 2", "--parameter", f"Factor={factor}").stdout for factor in (1, 2))
    assert one != two


def test_the_name_of_the_file_says_what_is_written(render, book, tmp_path):
    for name in ("out.svg", "out.pdf", "out.pptx"):
        render(book, "-o", name)
    assert (tmp_path / "out.svg").read_text().startswith("<svg")
    assert "North" in pdfs.read((tmp_path / "out.pdf").read_bytes()).pages[0]
    (slide,) = slides.read((tmp_path / "out.pptx").read_bytes())
    assert slide.title == "By Region"
    assert render(book, "--format", "svg").stdout == (tmp_path / "out.svg").read_bytes()
    paper = render(book, "--format", "pdf", "--paper", "a5", "--orientation", "landscape").stdout
    assert pdfs.read(paper).sizes == {(595, 420)}


def test_a_picture_in_another_language(render, tmp_path):
    write(tmp_path / "book.twbx", [Sheet("By Month", rows=[("day", "Month")], text=[("amount", "Avg")])])
    for code, month in (("en", "January"), ("pt-BR", "janeiro"), ("ko", "1월")):
        done = render("book.twbx", "--language", code, "--format", "svg")
        assert f">{month}<" in done.stdout.decode()
        assert (b"fonts of pictures" in done.stderr) == (code == "ko")
    assert b"de_DE" in render("book.twbx", "--language", "tlh", code=2).stderr


def test_fonts_of_a_folder(render, book, tmp_path):
    own = Path(__file__).resolve().parents[2] / "crates/vivant-render/fonts"
    assert render(book, "--font-folder", str(own)).stdout == render(book).stdout, "the program's own letters stay"
    (tmp_path / "empty").mkdir()
    assert b"empty has no .ttf" in render(book, "--font-folder", "empty", code=1).stderr
    assert b"missing" in render(book, "--font-folder", "missing", code=1).stderr


def test_all_views_as_pages_and_slides(render, book, tmp_path):
    render(book, "--all", "-o", "all.pdf")
    assert len(pdfs.read((tmp_path / "all.pdf").read_bytes()).pages) == 2
    render(book, "--all", "-o", "all.pptx")
    assert [slide.title for slide in slides.read((tmp_path / "all.pptx").read_bytes())] == ["By Region", "Scaled / 2"]


class Page(HTMLParser):
    """What a page shows and leads to."""

    def __init__(self, text: str):
        super().__init__()
        self.images, self.links, self.ids = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids.append(found.get("id"))
        if tag == "img":
            self.images.append(found["src"])
        if tag == "a":
            self.links.append(found["href"])
        assert tag != "script"


def test_a_page_shows_all_views(render, tmp_path):
    write(tmp_path / "book.twbx", [BY_REGION, BROKEN, SCALED])
    done = render("--all", "book.twbx", "-o", "out", "--json-diagnostics", code=6)
    by_view = {one["view"]: one for one in json.loads(done.stderr)}
    assert list(by_view) == ["By Region", "Broken", "Scaled / 2"]
    assert by_view["Broken"]["error"] and by_view["By Region"] == {"view": "By Region", "error": None, "diagnostics": []}
    folder = tmp_path / "out"
    assert {path.name for path in folder.iterdir()} == {"index.html", "By-Region.png", "Scaled-2.png"}
    text = (folder / "index.html").read_text()
    page = Page(text)
    assert set(page.images) == {"By-Region.png", "Scaled-2.png"}
    for link in page.links:
        assert link.removeprefix("#") in page.ids if link.startswith("#") else (folder / link).exists(), link
    assert "3 views" in text and "Broken" in text and "http" not in text


def test_mistakes_have_their_codes(render, book, tmp_path):
    assert b"no file" in render("missing.twbx", code=4).stderr
    (tmp_path / "a.txt").write_text("x")
    render("a.txt", code=2)
    assert b"Scaled / 2" in render(book, "--view", "Nothing", code=4).stderr
    for wrong in (["--width", "0"], ["--paper", "a7"], ["--all"], ["--all", "-o", "-"], ["--filter", "Region"], ["--scale", "9"]):
        render(book, *wrong, code=2)
    assert not list(tmp_path.glob("*.png"))
