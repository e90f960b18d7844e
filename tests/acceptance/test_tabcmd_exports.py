"""What tabcmd and our tabcmd ask a server for when they export views and change extracts, seen by a proxy between.

The server under test draws nothing yet and makes no extracts, so the proxy answers those requests itself, in the shape
of the reference; everything else goes through to a real server. Requests must agree in method, path, parameters and
body, files in every byte.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from lxml import etree

from conftest import ADMIN, ADMIN_PASSWORD, _finish
from support import content
from support.differential.proxy import Proxy, Request, made
from support.rest import Rest
from support.tabcmd import runs

pytestmark = pytest.mark.slow

CUSTOM = "11111111-2222-4333-8444-555555555555"
JOB = '<job id="99999999-2222-4333-8444-555555555555" mode="Asynchronous" type="{}" createdAt="2024-01-01T00:00:00Z" />'


@dataclass(frozen=True)
class Line:
    """A line, tabcmd's exit code where it is not 0, ours, and what in tabcmd's request is a slip that ours mends."""

    line: str
    theirs: int = 0
    ours: int = 0
    # Parameters of the request that differ: (theirs, ours).
    differ: dict[str, tuple[str | None, str | None]] | None = None
    # Names of files where they are not the same: (theirs, ours).
    files: tuple[str, str] | None = None
    # Whether the requests cannot be compared, because tabcmd never sends one or another.
    apart: bool = False
    why: str = ""


VIEW = "Größe100/TwoThree"

EXPORTS = [
    Line(f"export {VIEW} --pdf"),
    Line(f"export /{VIEW} --png"),
    Line(f"export {VIEW} --csv"),
    Line(f"export {VIEW} --fullpdf"),
    Line(f"export {VIEW} --pdf -f 'my file & more.pdf'"),
    Line(f"export {VIEW} --png -f bild.png --resolution standard"),
    Line(f"export {VIEW} --png --resolution HIGH --width 1024 --height 768"),
    Line(f"export {VIEW} --pdf --pagelayout Landscape --pagesize A4"),
    Line(f"export {VIEW} --fullpdf --pagelayout portrait --pagesize unspecified -f all.pdf"),
    Line(f"export {VIEW} --csv --language de --country de -f deutsch.csv"),
    Line(f"export {VIEW} --pdf --language JA"),
    Line(f"export {VIEW} --csv --filter 'Region=West'"),
    Line(f"export {VIEW} --csv --filter 'Region=Nord & Süd'", 1, 1, why="an ampersand ends a filter"),
    Line(f"export {VIEW} --png --filter 'Stadt=São Paulo&Größe=100% + 1/2&名前=数据 🎉&Q=\"x\"'"),
    Line(f"export '{VIEW}?Region=West%20%26%20East&Name=a%2Bb&Ort=K%C3%B6ln&:refresh=yes' --csv"),
    Line(f"export '{VIEW}?Parameters.Top%20N=10&:iid=2' --pdf"),
    Line(f"export '{VIEW}?Region=West&:refresh=no' --png --filter 'Region=East'"),
    Line(f"export '{VIEW}?Rule=a%3Db' --csv", differ={"vf_Rule": ("a", "a=b")}, why="tabcmd cuts values at ="),
    Line(
        f"export '{VIEW}?:size=640,480' --png",
        differ={"vizWidth": ("800", "640"), "vizHeight": ("600", "480")},
        why="tabcmd lets its defaults win over the address",
    ),
    Line(f"export '{VIEW}?:size=640,480' --png --width 900 --height 700"),
    Line(f"export {VIEW}/{CUSTOM}/Mine --pdf"),
    Line(f"export {VIEW}/{CUSTOM}/Mine --png -f mine.png"),
    Line(f"export '{VIEW}/{CUSTOM}/Mine?Region=West' --csv"),
    Line(f"export {VIEW}/nonsense/Mine --pdf", 1, 1),
    Line(f"export Other/Sheet1/{CUSTOM}/Mine --pdf", 1, 1),
    Line("export Nothing/Here --pdf", 1, 1),
    Line("export Nothing --pdf", 1, 1),
    Line("export 'With Space/Here' --pdf", 1, 1),
    Line(f"get views/{VIEW}.pdf"),
    Line(f"get /views/{VIEW}.png -f bild.png"),
    Line(f"get views/{VIEW}.csv"),
    Line(f"get views/{VIEW} -f daten.csv"),
    Line(f"get 'views/{VIEW}.png?:refresh=yes&Ort=K%C3%B6ln%20%2B%201'"),
    Line(
        f"get 'views/{VIEW}.png?:size=640,480' -f sized.png",
        differ={"vizWidth": ("480", "640"), "vizHeight": ("640", "480")},
        why="tabcmd takes the height for the width",
    ),
    Line(f"get views/{VIEW}/{CUSTOM}/Mine.pdf"),
    Line(f"get views/{VIEW}.twbx", 1, 1),
    Line("get views/Nothing/Here.png", 1, 1),
    Line(
        f"export {VIEW.replace('TwoThree', 'UpDown')} --png",
        1,
        0,
        files=("", "Up_Down.png"),
        apart=True,
        why="a slash in the view's name is no folder",
    ),
]

EXTRACTS = [
    Line("createextracts -d Orders"),
    Line("createextracts -d Orders --encrypt"),
    Line("createextracts -w 'Größe + 100%' --include-all"),
    Line("createextracts --workbook 'Größe + 100%' --include-all --encrypt"),
    Line("createextracts --url Größe100 --include-all"),
    Line("createextracts -w 'Größe + 100%'", 1, 1),
    Line("createextracts -w Nothing --include-all", 1, 1),
    Line("deleteextracts -w 'Größe + 100%' --include-all"),
    Line("deleteextracts --url Größe100 --include-all"),
    Line("deleteextracts -d Orders", 2, 0, why="tabcmd asks for the id of a job that there is none of"),
    Line("deleteextracts -d Orders --project 'No such project'", 1, 1),
    Line("createextracts -d Deep --project Nested --parent-project-path 'Sales & Ops'"),
    Line("createextracts -d Deep --project Nested", 1, 1),
    Line("deleteextracts -w 'Deep book' --include-all --project Nested --parent-project-path 'Sales & Ops'"),
    Line("createextracts -w Live --embedded-datasources Orders", 1, 0, apart=True, why="tabcmd hands the names on as a text"),
    Line("deleteextracts -w Live --embedded-datasources Orders", 1, 0, apart=True, why="the same"),
    Line("encryptextracts default", 2, 0, why="tabcmd asks for the id of a job that there is none of"),
    Line("decryptextracts default", 2, 0, why="the same"),
    Line("reencryptextracts default", 2, 0, apart=True, why="tabcmd calls the method that encrypts"),
    Line("encryptextracts nowhere", 1, 1),
    Line("refreshextracts -d Waiting", 2, 0, why="tabcmd asks for the id of a job that there is none of"),
    Line("refreshextracts -w 'Größe + 100%'"),
    Line("refreshextracts -d Orders --incremental"),
]


@pytest.fixture(scope="module")
def server(_servers):
    """A server with a workbook and data sources of hard names."""
    server = _servers(store="sqlite").start()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    rest.publish_workbook("Größe + 100%", content.twb("One", "Two & Three", "Up/Down")).ok(201)
    rest.publish_workbook("Other", content.twb()).ok(201)
    for name in ("Orders", "Waiting"):
        rest.publish_datasource(name, content.tds()).ok(201)
    above = rest.new_project("Sales & Ops")
    nested = rest.new_project("Nested", above)
    rest.publish_datasource("Deep", content.tds(), project=nested).ok(201)
    rest.publish_workbook("Deep book", content.twb(), project=nested).ok(201)
    rest.publish_workbook("Live", content.twb("One", connections=[content.Connection()])).ok(201)
    yield server
    _finish(server)


def answers(server) -> list:
    """What the server cannot answer yet."""
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    # A session for looking only.
    url = VIEW.replace("/", "/sheets/")
    view = rest.get("/sites/{site}/views", params={"filter": f"contentUrl:eq:{url}"}).get("views/view", "id")
    waiting = rest.get("/sites/{site}/datasources", params={"filter": "name:eq:Waiting"}).get("datasources/datasource", "id")
    custom = f'<customView id="{CUSTOM}" name="Mine"><view id="{view}" name="Two &amp; Three" /><workbook id="{view}" name="x" /></customView>'
    busy = '<error code="409093"><summary>Conflict</summary><detail>A refresh waits already.</detail></error>'
    one = r"/sites/[^/]+/(workbooks|datasources)/[^/]+"
    return [
        made("GET", rf"/sites/[^/]+/customviews/{CUSTOM}", custom),
        made("GET", r"/sites/[^/]+/.*/(pdf|image|data)", body=b"%PNG,\x00\xff\r\n1,2\n", kind="application/octet-stream"),
        made("POST", rf"{one}/createExtract", JOB.format("CreateExtract"), status=202),
        made("POST", r"/sites/[^/]+/workbooks/[^/]+/deleteExtract", JOB.format("DeleteExtract"), status=202),
        made("POST", r"/sites/[^/]+/datasources/[^/]+/deleteExtract", status=204),
        made("POST", r"/sites/[^/]+/(en|de|reen)crypt-extracts", status=204),
        made("POST", rf"/sites/[^/]+/datasources/{waiting}/refresh", busy, status=409),
        made("POST", rf"{one}/refresh", JOB.format("RefreshExtract"), status=202),
    ]


@pytest.fixture(scope="module")
def sides(server, client_binary, tabcmd_program, tmp_path_factory):
    """Both programs, each behind a proxy of its own and signed in."""
    found = {}
    for side, program in (("theirs", runs.theirs(tabcmd_program)), ("ours", runs.ours(client_binary))):
        proxy, home = Proxy(server.url), tmp_path_factory.mktemp(side)
        (home / "pw").write_text(ADMIN_PASSWORD)
        words = ["login", "-s", proxy.url, "-u", ADMIN, "--password-file", str(home / "pw"), "--no-prompt"]
        result = program.run(words, home)
        assert result.returncode == 0, result.stderr
        found[side] = (program, proxy, home)
    yield found
    for _, proxy, _ in found.values():
        proxy.stop()


def the_request(kept: list) -> Request | None:
    """The request that does what the line is for: the last that is neither a session's nor a lookup."""
    wanted = re.compile(r"/(pdf|image|data|createExtract|deleteExtract|refresh|\w+crypt-extracts)$")
    found = [one.request for one in kept if wanted.search(one.request.path)]
    assert len(found) <= 1, [str(one) for one in found]
    return found[0] if found else None


def body(request: Request) -> str:
    """The body, as a tree without namespaces; nothing and an empty request are the same."""
    if not request.body.strip():
        return ""
    tree = etree.fromstring(request.body)
    text = etree.tostring(tree, method="c14n").decode()
    return "" if not len(tree) else re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)


def one_line(side, line: Line, answered) -> tuple[int, str, Request | None, dict[str, bytes]]:
    program, proxy, home = side
    before = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    kept = proxy.record(answered)
    result = program.run(shlex.split(line.line), home)
    after = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    new = {
        path.name: data
        for path, data in after.items()
        if path not in before and not path.name.startswith(("tabcmd.log", "tableau_auth"))
    }
    for path in set(after) - set(before):
        if path.name in new:
            path.unlink()
    return result.returncode, result.stdout + result.stderr, the_request(kept), new


@pytest.fixture(scope="module")
def outcomes(sides, server):
    """What came of all lines on both sides, each side in a thread."""
    from concurrent.futures import ThreadPoolExecutor

    answered = answers(server)
    with ThreadPoolExecutor(2) as pool:
        def whole(name):
            return [one_line(sides[name], line, answered) for line in EXPORTS + EXTRACTS]

        both = {name: pool.submit(whole, name) for name in sides}
        return {name: task.result() for name, task in both.items()}


@pytest.mark.parametrize("number", range(len(EXPORTS + EXTRACTS)), ids=lambda n: (EXPORTS + EXTRACTS)[n].line)
def test_the_same_is_asked_for(outcomes, number):
    line = (EXPORTS + EXTRACTS)[number]
    their_code, their_output, their_request, their_files = outcomes["theirs"][number]
    code, output, request, files = outcomes["ours"][number]
    said = f"--- theirs {their_code}\n{their_output[-1500:]}\n--- ours {code}\n{output[-1500:]}"
    assert (their_code, code) == (line.theirs, line.ours), said
    if line.files:
        assert (set(their_files), set(files)) == ({line.files[0]} - {""}, {line.files[1]} - {""}), said
    else:
        assert their_files == files, said
    if line.apart:
        assert request is not None, said
        return
    assert (their_request is None) == (request is None), f"{their_request}\n{request}\n{said}"
    if request is None or their_request is None:
        return
    assert (their_request.method, their_request.path) == (request.method, request.path)
    theirs, ours = (dict(parse_qsl(one.query, keep_blank_values=True)) for one in (their_request, request))
    for name, (wrong, right) in (line.differ or {}).items():
        assert (theirs.pop(name, None), ours.pop(name, None)) == (wrong, right), name
    # Words for true and false are read in any case of letters.
    lowered = [{name: value.lower() if value in ("True", "False") else value for name, value in one.items()} for one in (theirs, ours)]
    for one in lowered:
        if one.get("encrypt") == "false":
            del one["encrypt"]
    assert lowered[0] == lowered[1]
    assert body(their_request) == body(request)


def test_every_slip_says_why():
    for line in EXPORTS + EXTRACTS:
        assert line.why or (line.theirs == line.ours and not line.differ), line.line
    assert Path(__file__).name in (Path(__file__).parent / "README.md").read_text()
