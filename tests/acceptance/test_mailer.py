"""`vivant mail` against a real mail server; exports come from a proxy that writes into them what was asked for."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import parse_qsl

import pytest

from support import content, pdfs
from support.differential.proxy import Answer, Proxy, Request
from support.mail import Mail, PostOffice
from support.program import Program
from support.rest import element, ts_request
from support.world import ADMIN, ADMIN_PASSWORD

USAGE, AUTHORIZATION, NOT_FOUND, PARTIAL, NETWORK = 2, 3, 4, 6, 7

HARD = "Größe & <b> 100% + \"x\", 数据 😀"


class Drawing(Proxy):
    """Lets everything through to the server but exports: these are a line of JSON that says what was asked for."""

    def __init__(self, upstream: str):
        super().__init__(upstream)
        self.exports: list[dict] = []
        self.refused: set[str] = set()
        self.as_pdf = False

    def answer(self, request: Request) -> Answer:
        parts = request.path.split("/")
        if request.method != "GET" or parts[-1] not in ("data", "pdf", "image"):
            return super().answer(request)
        asked = {"of": parts[-3], "id": parts[-2], "as": parts[-1], "query": dict(parse_qsl(request.query))}
        with self.lock:
            self.exports.append(asked)
        if asked["query"].get("vf_Region") in self.refused:
            body = b'<tsResponse xmlns="http://tableau.com/api"><error code="400000"><summary>No</summary><detail>no such region</detail></error></tsResponse>'
            return Answer(400, body, [("Content-Type", "application/xml;charset=utf-8")])
        if self.as_pdf:
            page = f"{asked['id'][:8]} {asked['query'].get('vf_Region')}"
            return Answer(200, pdfs.pdf(page), [("Content-Type", "application/pdf")])
        return Answer(200, json.dumps(asked).encode(), [("Content-Type", "application/octet-stream")])


@pytest.fixture(scope="module")
def drawing(live):
    proxy = Drawing(live.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def office():
    office = PostOffice().start()
    yield office
    office.stop()


@pytest.fixture
def mail(client_binary, drawing, tmp_path, office):
    """`vivant mail VERB` with a text, signed in at the server behind the proxy."""
    drawing.exports.clear()
    drawing.refused.clear()
    drawing.as_pdf = False
    program = Program(client_binary, tmp_path, VIVANT_SERVER=drawing.url, VIVANT_USERNAME=ADMIN, VIVANT_PASSWORD=ADMIN_PASSWORD)
    (tmp_path / "text.txt").write_text("Dear {to},\nsee {view}.\n")

    def run(verb: str, *arguments: str, server: PostOffice = office, host: str = "127.0.0.1", **variables: str):
        way = ["--smtp-host", host, "--smtp-port", str(server.port), "--smtp-tls", server.tls or "none"]
        way += ["--from", "Reports <reports@vivant.example>"]
        return program("mail", verb, "--text", "text.txt", *way, *arguments, **variables)

    run.folder = tmp_path
    run.program = program
    return run


@pytest.fixture
def book(rest, name):
    """A workbook of hard names: its name, its id and the ids of its views."""
    made = rest.publish_workbook(f"Book {name}", content.twb(HARD, "Plain")).ok(201).get("workbook", "id")
    views = rest.get(f"/sites/{{site}}/workbooks/{made}/views").ok(200).all("views/view")
    return f"Book {name}", made, {view.get("name"): view.get("id") for view in views}


def attached(mail: Mail) -> dict[str, bytes]:
    """The attachments by their names."""
    found = {}
    for part in mail.message.iter_attachments():
        found[part.get_filename()] = part.get_payload(decode=True)
    return found


def export_of(mail: Mail) -> dict:
    """What was asked for to make the first attachment."""
    return json.loads(next(iter(attached(mail).values())))


def test_a_file_from_templates(mail, office):
    folder = mail.folder
    (folder / "text.txt").write_text("Dear {name},\n{{kept}} { color: red }\n")
    (folder / "page.html").write_text("<style>p { color: red }</style><p title='{name}'>Dear {name}</p>")
    data = bytes(range(256)) * 400
    (folder / "Größe 数据.bin").write_bytes(data)
    (folder / "rows.csv").write_text("a,ü\r\n1,2\r\n")
    done = mail(
        "send", "--to", "Ada Lovelace <ada@example.com>", "--to", "bob@example.com", "--subject", "For {name}", "--html", "page.html",
        "--value", f"name={HARD}", "--attach", "Größe 数据.bin", "--attach", "rows.csv", "--reply-to", "help@vivant.example",
    ).ok()  # fmt: skip
    assert done.out == "1 mails sent\n"
    (got,) = office.mails
    assert (got.sender, got.recipients) == ("reports@vivant.example", ["ada@example.com", "bob@example.com"])
    assert got["Subject"] == f"For {HARD}" and got["Reply-To"] == "help@vivant.example"
    assert got["From"] == "Reports <reports@vivant.example>" and got["To"] == "Ada Lovelace <ada@example.com>, bob@example.com"
    assert got["Date"] and got["Message-ID"]
    assert got.text.splitlines() == [f"Dear {HARD},", "{kept} { color: red }"]
    escaped = HARD.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert got.html.strip() == f"<style>p {{ color: red }}</style><p title='{escaped}'>Dear {escaped}</p>"
    files = attached(got)
    assert files["Größe 数据.bin"] == data and files["rows.csv"].replace(b"\r\n", b"\n") == "a,ü\n1,2\n".encode()


@pytest.mark.parametrize("form, kind, ending", [("csv", "data", "csv"), ("pdf", "pdf", "pdf"), ("png", "image", "png")])
def test_the_export_of_a_view(mail, office, drawing, book, form, kind, ending):
    title, _, views = book
    path = f"/Default/{title}/{HARD}".replace("\\", "\\\\")
    more = ["--page", "a4", "--orientation", "landscape"] if form == "pdf" else []
    mail(
        "send", "--to", "ada@example.com", "--view", views[HARD], "--format", form, "--filter", f"Ort={HARD}", "--vf", "Region=West,East",
        "--parameter", "Top N=10", "--max-age", "5", "--file-name", "{view}/of {to}", "--value", "view=x", *more,
    ).ok()  # fmt: skip
    (got,) = office.mails
    asked = export_of(got)
    query = asked.pop("query")
    assert asked == {"of": "views", "id": views[HARD], "as": kind}
    expected = {"vf_Ort": HARD.replace(",", "\\,"), "vf_Region": "West,East", "vf_Parameters.Top N": "10", "maxAge": "5"}
    expected |= {"pdf": {"type": "a4", "orientation": "landscape"}, "png": {"resolution": "high"}, "csv": {}}[form]
    assert query == expected
    (name,) = attached(got)
    assert name.endswith(f"_of ada@example.com.{ending}") and "/" not in name
    # By its path, too.
    if form == "pdf":
        mail("send", "--to", "ada@example.com", "--view", f"/Default/{title}/Plain").ok()
        assert export_of(office.mails[1])["id"] == views["Plain"] and list(attached(office.mails[1])) == ["Plain.pdf"]
        assert office.mails[1]["Subject"] == "Plain" and "see Plain." in office.mails[1].text
        assert path not in office.mails[1].text


def test_several_views_are_one_pdf(mail, office, drawing, book):
    """Each reader's own filters hold for all views; the parts are small PDFs here, which another program reads joined."""
    _, _, views = book
    drawing.as_pdf = True
    several = ["--view", views["Plain"], "--view", views[HARD], "--subject", "{view}"]
    listed = write_list(mail.folder, [{"to": "a@example.com", "filter:Region": "West"}, {"to": "b@example.com", "filter:Region": "West"},
                                      {"to": "c@example.com", "filter:Region": "East"}])  # fmt: skip
    assert mail("burst", listed, *several, "--file-name", "all").ok().out == "3 mails sent\n"
    for got in office.mails:
        (data,) = attached(got).values()
        found = pdfs.read(data)
        region = "East" if got.recipients == ["c@example.com"] else "West"
        assert found.pages == [f"{views[name][:8]} {region}" for name in ("Plain", HARD)]
        assert found.bookmarks == [(0, "Plain", 1), (0, HARD, 2)]
        assert got["Subject"] == f"Plain, {HARD}" and list(attached(got)) == ["all.pdf"]
    assert len(drawing.exports) == 4, "equal documents are fetched once"
    assert "one PDF only" in mail("burst", listed, *several, "--format", "csv").ok(USAGE).err
    drawing.as_pdf = False
    assert "is no PDF" in mail("send", "--to", "a@example.com", *several).ok(1).err
    assert len(office.mails) == 3


def test_a_workbook_is_a_pdf(mail, office, book):
    title, id, _ = book
    mail("send", "--to", "ada@example.com", "--workbook", title).ok()
    assert export_of(office.mails[0]) == {"of": "workbooks", "id": id, "as": "pdf", "query": {}}
    assert "PDF" in mail("send", "--to", "ada@example.com", "--workbook", title, "--format", "csv").ok(USAGE).err
    assert len(office.mails) == 1


def write_list(folder, rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / "list.csv").write_text(out.getvalue())
    return "list.csv"


def test_a_burst_filters_each_reader_s_own(mail, office, drawing, book):
    title, _, views = book
    regions = ["Nord & Süd", "West, far", "Nord & Süd", ""]
    rows = [
        {"to": f"reader{i}@example.com", "name": f"Reader <{i}>", "filter:Region": region, "parameter:Top N": str(i % 2)}
        for i, region in enumerate(regions)
    ]
    rows[1]["to"] += "; second@example.com"
    listed = write_list(mail.folder, rows)
    (mail.folder / "text.txt").write_text("{name}: {Region} {Top N} {file}\n")
    arguments = ["burst", listed, "--view", views["Plain"], "--format", "csv", "--subject", "Sales of {Region}", "--filter", "Region=all", "--filter", "Year=2026"]
    plan = mail(*arguments, "--dry-run").ok().out
    assert "4 mails; nothing was sent" in plan and "Region = West, far" in plan
    assert office.mails == [] and drawing.exports == []
    assert mail(*arguments).ok().out == "4 mails sent\n"
    assert len(office.mails) == 4
    for i, row in enumerate(rows):
        (got,) = office.to(f"reader{i}@example.com")
        region = row["filter:Region"]
        query = export_of(got)["query"]
        assert query == {"vf_Region": (region or "all").replace(",", "\\,"), "vf_Year": "2026", "vf_Parameters.Top N": str(i % 2)}
        assert got.text.strip() == f"Reader <{i}>: {region} {i % 2} Plain.csv"
        assert got["Subject"] == f"Sales of {region}".strip()
    assert office.to("second@example.com") == office.to("reader1@example.com")
    # Readers of the same export share it.
    assert len(drawing.exports) == 3


def test_failures_leave_the_others_alone(mail, office, drawing, book):
    _, _, views = book
    drawing.refused.add("South")
    rows = [{"to": f"{region}{i}@example.com".lower(), "filter:Region": region} for i, region in enumerate(["West", "South", "South", "East"])]
    listed = write_list(mail.folder, rows)
    done = mail("burst", listed, "--view", views["Plain"], "--json").ok(PARTIAL)
    assert {mail_.recipients[0] for mail_ in office.mails} == {"west0@example.com", "east3@example.com"}
    outcomes = {one["line"]["name"]: one["error"] for one in done.json["outcomes"]}
    assert outcomes["west0@example.com"] is None and "no such region" in outcomes["south1@example.com"]
    assert "south2@example.com" in done.err and "south1@example.com" in done.err
    office.answers = ["550 5.1.1 no such mailbox"]
    done = mail("burst", write_list(mail.folder, [{"to": "a@example.com"}, {"to": "b@example.com"}]), "--parallel", "1").ok(USAGE)
    assert "{view}" in done.err
    (mail.folder / "text.txt").write_text("Dear {to}\n")
    done = mail("burst", "list.csv", "--subject", "x", "--parallel", "1").ok(PARTIAL)
    assert "no such mailbox" in done.err and "a@example.com" in done.err
    assert len(office.to("b@example.com")) == 1 and office.to("a@example.com") == []


@pytest.mark.parametrize(
    "rows, part",
    [
        ([{"to": "a@example.com", "x": "1"}, {"to": "nobody", "x": "2"}], "row 2"),
        ([{"to": "a@example.com", "x": "1"}, {"to": "", "x": "2"}], "row 2"),
        ([{"who": "a@example.com"}], "`to`"),
        ([{"to": "a@example.com", "filter:A": "1"}], "need a view"),
    ],
)
def test_a_slip_in_the_list_sends_nothing(mail, office, rows, part):
    (mail.folder / "text.txt").write_text("x\n")
    assert part in mail("burst", write_list(mail.folder, rows), "--subject", "x").ok(USAGE).err
    assert office.tried == []


def test_a_mail_for_each_subscription_of_a_schedule(mail, office, rest, book, name):
    _, id, views = book
    details = element("frequencyDetails", element("intervals", element("interval", weekDay="Monday")), start="08:00:00")
    schedule = element(
        "schedule", details, name=f"Mails {name}", type="Subscription", priority=50, frequency="Weekly", executionOrder="Parallel"
    )
    schedule = rest.post("/schedules", ts_request(schedule)).ok().get("schedule", "id")
    people = {}
    for one in ("one", "two"):
        people[one] = rest.new_user(f"{one} {name}")
        rest.put(f"/sites/{{site}}/users/{people[one]}", ts_request(element("user", email=f"{one}@example.com"))).ok(200)
    wanted = [
        ("one", "View", views["Plain"], "Plain for one"),
        ("two", "View", views[HARD], "Hard for two"),
        ("two", "Workbook", id, "All for two"),
    ]
    for person, kind, item, subject in wanted:
        inner = [element("content", type=kind, id=item), element("schedule", id=schedule), element("user", id=people[person])]
        rest.under("3.10").post("/sites/{site}/subscriptions", ts_request(element("subscription", inner, subject=subject))).ok(201)
    (mail.folder / "text.txt").write_text("{user} {view}\n")
    assert mail("burst", "--schedule", f"Mails {name}").ok().out == "3 mails sent\n"
    found = {got["Subject"]: (got.recipients, export_of(got)["id"], got.text.strip()) for got in office.mails}
    assert found == {
        "Plain for one": (["one@example.com"], views["Plain"], f"one {name} Plain"),
        "Hard for two": (["two@example.com"], views[HARD], f"two {name} {HARD}"),
        "All for two": (["two@example.com"], id, f"two {name} Book {name}"),
    }
    mail("burst", "--schedule", "no such schedule").ok(NOT_FOUND)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_encrypted_and_signed_in(mail, tmp_path, tls):
    office = PostOffice(tls=tls, login=("robot", "the secret"), folder=tmp_path).start()
    try:
        (mail.folder / "text.txt").write_text("x\n")
        way = ["send", "--to", "ada@example.com", "--subject", "x", "--smtp-user", "robot"]
        trusted = ["--smtp-ca", str(office.certificate)]
        mail(*way, *trusted, server=office, VIVANT_SMTP_PASSWORD="the secret").ok()
        assert len(office.mails) == 1 and office.names == ["robot"]
        wrong = mail(*way, *trusted, server=office, VIVANT_SMTP_PASSWORD="wrong one").ok(AUTHORIZATION)
        assert "wrong one" not in wrong.err
        mail(*way, server=office, VIVANT_SMTP_PASSWORD="the secret").ok(NETWORK)
        assert "VIVANT_SMTP_PASSWORD" in mail(*way, *trusted, server=office).ok(USAGE).err
        assert len(office.mails) == 1
    finally:
        office.stop()


def test_what_stands_in_the_way_is_told(mail, office, book):
    (mail.folder / "text.txt").write_text("x\n")
    send = ["send", "--to", "ada@example.com", "--subject", "x"]
    office.answers = ["554 5.7.1 not wanted"]
    assert "not wanted" in mail(*send).ok(1).err
    assert "unencrypted" in mail(*send, "--smtp-user", "x", host="mail.example.com", VIVANT_SMTP_PASSWORD="x").ok(USAGE).err
    assert "nobody" in mail("send", "--to", "nobody", "--subject", "x").ok(USAGE).err
    assert "no such.txt" in mail(*send, "--attach", "no such.txt").ok(USAGE).err
    assert "no such view" in mail(*send, "--view", "no such view").ok(NOT_FOUND).err
    office.stop()
    assert f"127.0.0.1:{office.port}" in mail(*send).ok(NETWORK).err
