"""Real files that Tableau saved: each publishes, lists its views under the names in the file, and comes back unchanged.

What the file says is read here, in Python, apart from the server's own reader.
"""

from __future__ import annotations

import base64
import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from conftest import ADMIN, ADMIN_PASSWORD
from support.services import ROOT
from support.rest import Rest, element, ts_request

# Files that are no valid workbook or data source, and what is wrong with them: these must be refused.
# Files are named by the start of their SHA-256, as in the corpus.
REFUSED: dict[str, str] = {}


def _files() -> list[Path]:
    folder = Path(os.environ.get("VIVANT_CORPUS", ROOT.parent / "shared" / "corpus")) / "files"
    kinds = {".twb", ".twbx", ".tds", ".tdsx", ".hyper", ".tde"}
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in kinds) if folder.is_dir() else []


FILES = _files()


PARSER = etree.XMLParser(huge_tree=True, resolve_entities=False)


def document_of(path: Path) -> etree._Element:
    """The XML inside a workbook, packed or not."""
    data = path.read_bytes()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            (name,) = [name for name in package.namelist() if name.lower().endswith(".twb")][:1]
            data = package.read(name)
    return etree.fromstring(data, PARSER)


FEATURE = re.compile(r"^_\.fcp\.\w+\.(true|false)\.\.\.(.*)$")


def children(node: etree._Element, *names: str) -> list[etree._Element]:
    """The children of these names, feature prefixes resolved: true branches are read, false ones dropped."""
    found = []
    for child in node:
        if not isinstance(child.tag, str):
            continue
        tag, dropped = child.tag, False
        while match := FEATURE.match(tag):
            dropped |= match.group(1) == "false"
            tag = match.group(2)
        if tag in names and not dropped:
            found.append(child)
    return found


def sheets_of(root: etree._Element) -> tuple[list[str], list[str]]:
    """The names of the sheets in tab order: shown, hidden."""
    kinds = (("worksheets", "worksheet"), ("dashboards", "dashboard"), ("dashboards", "story"))
    sheets = [one.get("name") for group, kind in kinds for parent in children(root, group) for one in children(parent, kind)]
    shown, hidden = [], []
    for parent in children(root, "windows"):
        for window in children(parent, "window"):
            name = window.get("name")
            if name in sheets and name not in shown and name not in hidden:
                out = window.get("hidden") == "true" or window.get("class") == "hidden-worksheet"
                (hidden if out else shown).append(name)
    shown += [name for name in sheets if name not in shown and name not in hidden]
    return shown, hidden


def check_previews(session: Rest, item: str, views: list[etree._Element], root: etree._Element) -> None:
    """The preview of a view is the picture that Tableau saved of it in the file."""
    saved = {
        picture.get("name"): base64.b64decode(picture.text)
        for parent in children(root, "thumbnails")
        for picture in children(parent, "thumbnail")
        if picture.text and picture.text.strip()
    }
    for view in views:
        if view.get("name") in saved:
            answer = session.get(f"/sites/{{site}}/workbooks/{item}/views/{view.get('id')}/previewImage").ok(200)
            assert answer.headers["Content-Type"] == "image/png"
            assert answer.content == saved[view.get("name")]


def check_without_extract(full: bytes, slim: bytes) -> None:
    """Only extracts are gone from a slim package; what is left is the same, the document too where nothing went."""
    with zipfile.ZipFile(io.BytesIO(full)) as before, zipfile.ZipFile(io.BytesIO(slim)) as after:
        assert after.testzip() is None
        gone = set(before.namelist()) - set(after.namelist())
        assert set(after.namelist()) <= set(before.namelist())
        # Not every extract is called one: the document says which files are.
        named = {
            connection.get("dbname")
            for name in before.namelist()
            if name.lower().endswith((".twb", ".tds"))
            for connection in etree.fromstring(before.read(name), PARSER).xpath("//*[contains(name(), 'extract')]/*")
        }
        assert all(name.lower().endswith((".hyper", ".tde")) or name in named for name in gone), gone
        for name in after.namelist():
            if not (gone and name.lower().endswith((".twb", ".tds"))):
                assert after.read(name) == before.read(name), name


@pytest.fixture(scope="module")
def session(live) -> Rest:
    return Rest(live.url, "3.29").sign_in(ADMIN, ADMIN_PASSWORD)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file(session, path):
    workbook = path.suffix.lower() in (".twb", ".twbx")
    kind = "workbook" if workbook else "datasource"
    data = path.read_bytes()
    place = session.new_project(path.name)
    payload = ts_request(element(kind, element("project", id=place), name=path.stem))
    filename = path.name.split("__", 1)[1]
    answer = session.publish(kind + "s", payload, filename, data)
    if path.name[:12] in REFUSED:
        answer.refused(400, ("400011", "400000"))
        return
    item = answer.ok(201).get(kind, "id")

    if workbook:
        shown, hidden = sheets_of(document_of(path))
        views = session.get(f"/sites/{{site}}/workbooks/{item}/views").ok(200).all("views/view")
        listed = [view.get("name") for view in views if view.get("hidden") != "true"]
        assert listed == shown
        assert {view.get("name") for view in views if view.get("hidden") == "true"} <= set(hidden)
        urls = [view.get("contentUrl") for view in views]
        assert len(set(url.lower() for url in urls)) == len(urls)
        check_previews(session, item, views, document_of(path))
    connections = session.get(f"/sites/{{site}}/{kind}s/{item}/connections").ok(200).all("connections/connection")
    assert all(one.get("type") for one in connections)

    saved = session.get(f"/sites/{{site}}/{kind}s/{item}/content").ok(200)
    assert saved.content == data
    assert f'filename="{path.stem}' in saved.headers["Content-Disposition"] or '"' in path.stem
    slim = session.get(f"/sites/{{site}}/{kind}s/{item}/content", params={"includeExtract": "False"})
    assert slim.status == 200, str(slim)
    if data[:2] == b"PK":
        check_without_extract(data, slim.content)
    else:
        # A plain document has no extract in it; an extract alone is nothing without itself.
        assert slim.content == data
    session.delete(f"/sites/{{site}}/{kind}s/{item}").ok(204)


def test_the_corpus_is_read(corpus):
    """Where there is a corpus, it is not silently empty."""
    assert len(FILES) > 100
