"""`vivant export burst --join`: PDFs that a proxy answers in the server's place become one, read by another program."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from support import content, pdfs
from support.differential.proxy import Answer, Proxy, Request
from support.program import Program
from support.world import ADMIN, ADMIN_PASSWORD

USAGE, NOT_FOUND, CONFLICT, PARTIAL = 2, 4, 5, 6

HARD = "Größe & (x) 100% 数据 😀"


class Press(Proxy):
    """Lets everything through but PDFs of views: these have two pages that say what was asked for."""

    def __init__(self, upstream: str):
        super().__init__(upstream)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.spoilt: dict[str, Answer] = {}

    def answer(self, request: Request) -> Answer:
        parts = request.path.split("/")
        if request.method != "GET" or parts[-1] != "pdf":
            return super().answer(request)
        query = dict(parse_qsl(request.query))
        with self.lock:
            self.asked.append((parts[-2], query))
        region = query.get("vf_Region", "all").replace("\\,", ",")
        if region in self.spoilt:
            return self.spoilt[region]
        text = f"{parts[-2][:8]} {region.encode('utf-8').hex()}"
        return Answer(200, pdfs.pdf(f"{text} 1", f"{text} 2", version="1.6"), [("Content-Type", "application/pdf")])


@pytest.fixture(scope="module")
def press(live):
    proxy = Press(live.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def burst(client_binary, press, tmp_path):
    press.asked.clear()
    press.spoilt.clear()
    program = Program(client_binary, tmp_path, VIVANT_SERVER=press.url, VIVANT_USERNAME=ADMIN, VIVANT_PASSWORD=ADMIN_PASSWORD)

    def run(*arguments: str):
        return program("export", "burst", *arguments)

    run.folder = tmp_path
    return run


@pytest.fixture
def views(rest, name) -> dict[str, str]:
    """The ids of the views of a workbook, by their names."""
    made = rest.publish_workbook(f"Book {name}", content.twb(HARD, "Plain")).ok(201).get("workbook", "id")
    found = rest.get(f"/sites/{{site}}/workbooks/{made}/views").ok(200).all("views/view")
    return {view.get("name"): view.get("id") for view in found}


def pages(view: str, region: str) -> list[str]:
    return [f"{view[:8]} {region.encode().hex()} {page}" for page in (1, 2)]


def test_all_views_and_values_become_one_document(burst, press, views):
    """Pages stand in the order of the command, however late answers come; each view and value has a bookmark."""
    regions = [HARD, "North", "a,b"]
    asked = ["--view", views["Plain"], "--view", views[HARD], "--for", f"Region={HARD},North,a\\,b", "--page-type", "a4"]
    done = burst(*asked, "--join", "out/all.pdf", "--json").ok()
    document = pdfs.read((burst.folder / "out" / "all.pdf").read_bytes())
    order = [(title, region) for title in ("Plain", HARD) for region in regions]
    assert document.pages == [page for title, region in order for page in pages(views[title], region)]
    assert document.sizes == {(300.0, 100.0)}
    expected = []
    for number, title in enumerate(("Plain", HARD)):
        expected.append((0, title, number * 6 + 1))
        expected += [(1, region, number * 6 + 1 + place * 2) for place, region in enumerate(regions)]
    assert document.bookmarks == expected
    assert sorted(press.asked, key=str) == sorted(
        ((views[title], {"vf_Region": region.replace(",", "\\,"), "type": "a4"}) for title, region in order), key=str
    )
    steps = json.loads(done.out)
    assert len(json.dumps(steps).split('"done"')) - 1 == len(order) + 1

    # Views alone, in several fields, and over a file that is there.
    assert "--overwrite" in burst("--view", views["Plain"], "--join", "out/all.pdf").ok(CONFLICT).err
    burst("--view", views["Plain"], "--view", views[HARD], "--join", "out/all.pdf", "--overwrite").ok()
    document = pdfs.read((burst.folder / "out" / "all.pdf").read_bytes())
    assert document.bookmarks == [(0, "Plain", 1), (0, HARD, 3)]
    burst("--view", views["Plain"], "--for", "Region=North,South", "--for", "Year=2025,2026", "--join", "two.pdf").ok()
    document = pdfs.read((burst.folder / "two.pdf").read_bytes())
    assert document.bookmarks == [
        (0, "Plain", 1), (1, "North", 1), (2, "2025", 1), (2, "2026", 3), (1, "South", 5), (2, "2025", 5), (2, "2026", 7)
    ]  # fmt: skip
    assert sorted(one.name for one in burst.folder.iterdir() if not one.name.startswith(".")) == ["out", "two.pdf"]


def test_what_fails_is_left_out_and_told(burst, press, views):
    refusal = b'<tsResponse xmlns="http://tableau.com/api"><error code="400000"><summary>No</summary><detail>no such region</detail></error></tsResponse>'
    press.spoilt["South"] = Answer(400, refusal, [("Content-Type", "application/xml;charset=utf-8")])
    press.spoilt["West"] = Answer(200, b"<html>Sign in</html>", [("Content-Type", "application/pdf")])
    press.spoilt["East"] = Answer(200, pdfs.pdf("cut")[:200], [("Content-Type", "application/pdf")])
    done = burst("--view", views["Plain"], "--for", "Region=North,South,West,East,Mid", "--join", "some.pdf").ok(PARTIAL)
    assert "no such region" in done.err and "West is no PDF" in done.err and "East is no PDF" in done.err
    document = pdfs.read((burst.folder / "some.pdf").read_bytes())
    assert document.bookmarks == [(0, "Plain", 1), (1, "North", 1), (1, "Mid", 3)]
    assert document.pages == pages(views["Plain"], "North") + pages(views["Plain"], "Mid")
    burst("--view", views["Plain"], "--for", "Region=South,West", "--join", "none.pdf")
    assert not (burst.folder / "none.pdf").exists(), "there is nothing to write"


def test_a_dry_run_asks_for_nothing_and_slips_are_told(burst, press, views):
    planned = burst("--view", views["Plain"], "--for", "Region=North,South", "--join", "all.pdf", "--dry-run").ok().out
    assert "North" in planned and "all.pdf" in planned
    assert not press.asked and not (burst.folder / "all.pdf").exists()
    assert "PDF" in burst("--view", views["Plain"], "--join", "all.pdf", "--format", "csv").ok(USAGE).err
    assert "--folder" in burst("--view", views["Plain"], "--join", "all.pdf", "--folder", "x").ok(USAGE).err
    burst("--view", "no such view", "--join", "all.pdf").ok(NOT_FOUND)
