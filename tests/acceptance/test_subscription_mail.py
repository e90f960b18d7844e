"""Mails of subscriptions: a schedule fires on a server whose clock is set, and a real mail server takes what is sent."""

from __future__ import annotations

import html
import re
import socket
import sqlite3
import time
import urllib.parse

import pg8000.native
import pytest
import requests

from support import content, pdfs, pictures, seed, sheets
from support.mail import PostOffice, certificate, free_port
from support.rest import Rest, element, ts_request
from support.server import ServerFailed, Vivant, run, wait_until
from support.world import ADMIN, ADMIN_PASSWORD

ROWS = sheets.orders()
BY_REGION = sheets.Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])

# The clock goes ahead by hours, and nobody signs in again.
LONG = ["--token-idle-minutes", "100000000"]


class Mailing:
    """A server that sends mail, and its administrator."""

    def __init__(self, binary, folder, *arguments: str, env: dict[str, str] | None = None):
        world = {"sites": [{"name": "Default", "contentUrl": "", "users": []}]}
        self.server = Vivant(
            binary, None, "--ephemeral", "--seed", str(seed.write(folder, world, {})), "--admin-name", ADMIN, *LONG, *arguments,
            env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD, **(env or {})},
        ).start()  # fmt: skip
        self.url = self.server.url
        self.admin = Rest(self.url).sign_in(ADMIN, ADMIN_PASSWORD)
        self.number = 0

    @classmethod
    def over(cls, server: Vivant, admin: Rest) -> Mailing:
        """The same over a server that is there."""
        made = cls.__new__(cls)
        made.server, made.url, made.admin, made.number = server, server.url, admin, 0
        return made

    def stop(self) -> None:
        assert self.server.stop() == 0, self.server.output()
        assert "panicked at" not in self.server.output(), self.server.output()

    def fresh(self, stem: str) -> str:
        self.number += 1
        return f"{stem} {self.number}"

    def person(self, address: str = "", full_name: str | None = None, there: Rest | None = None) -> tuple[str, str]:
        """A user who may look at things; gives id and address."""
        there = there or self.admin
        name = self.fresh("person")
        address = address or f"{name.replace(' ', '.')}@example.com"
        user = there.new_user(name)
        there.put(f"/sites/{{site}}/users/{user}", ts_request(element("user", email=address, fullName=full_name))).ok(200)
        return user, address

    def book(
        self, *names: str, hidden: tuple[str, ...] = (), images: dict[str, bytes] | None = None, there: Rest | None = None,
        document: bytes | None = None,
    ):  # fmt: skip
        """A workbook; gives its id and the ids of its views by name."""
        data = document or content.twb(*names, hidden=hidden)
        data = pictures.with_thumbnails(data, images) if images else data
        there = there or self.admin
        form = {"attributes": {"showTabs": False}}
        book = there.publish_workbook(self.fresh("Book"), data, **form).ok(201).get("workbook", "id")
        views = there.get(f"/sites/{{site}}/workbooks/{book}/views").ok(200).all("views/view")
        return book, {view.get("name"): view.get("id") for view in views}

    def schedule(self, name: str = "") -> str:
        """A schedule that nothing else hangs on."""
        details = element(
            "frequencyDetails", element("intervals", element("interval", hours=1)), start="00:00:00", end="23:00:00"
        )
        schedule = element(
            "schedule", details, name=name or self.fresh("Hourly"), type="Subscription", priority=50, frequency="Hourly",
            executionOrder="Parallel",
        )  # fmt: skip
        return self.admin.post("/schedules", ts_request(schedule)).ok().get("schedule", "id")

    def subscribe(self, schedule: str, user: str, item: str, kind: str = "View", subject: str = "", there: Rest | None = None, **more):
        there = (there or self.admin).under("3.10")
        inner = [element("content", type=kind, id=item, sendIfViewEmpty=more.pop("sendIfViewEmpty", None)), element("schedule", id=schedule), element("user", id=user)]
        body = ts_request(element("subscription", inner, subject=subject or self.fresh("Subject"), **more))
        return there.post("/sites/{site}/subscriptions", body).ok(201).get("subscription", "id")

    def subscription(self, id: str):
        return self.admin.under("3.10").get(f"/sites/{{site}}/subscriptions/{id}")

    def change(self, id: str, **attributes) -> None:
        body = ts_request(element("subscription", **attributes))
        self.admin.under("3.10").put(f"/sites/{{site}}/subscriptions/{id}", body).ok(200)

    def jobs(self, there: Rest | None = None) -> list[str]:
        """The ids of all jobs, the latest first."""
        found = (there or self.admin).get("/sites/{site}/jobs", params={"pageSize": 1000}).ok(200)
        return [job.get("id") for job in found.all("backgroundJobs/backgroundJob")]

    def fire(self, schedule: str, there: Rest | None = None, count: int = 1) -> list[tuple[str, str]]:
        """Sets the clock to the schedule's next time; gives state and notes of the jobs once they have ended."""
        before = set(self.jobs(there))
        # The last page holds it, whatever else there is.
        found = self.admin.get("/schedules", params={"pageSize": 1000}).ok(200)
        (due,) = [one.get("nextRunAt") for one in found.all("schedules/schedule") if one.get("id") == schedule]
        self.set_clock(due)
        new = wait_until(lambda: len(made := set(self.jobs(there)) - before) >= count and made, 30, "jobs of the schedule")
        assert len(new) == count
        return [self.end(job, there) for job in new]

    def fire_nothing(self, schedule: str, there: Rest | None = None) -> None:
        """The same where no job must come of it."""
        before = self.jobs(there)
        self.fire_time(schedule)
        assert self.jobs(there) == before

    def fire_time(self, schedule: str) -> None:
        def next_run():
            found = self.admin.get("/schedules", params={"pageSize": 1000}).ok(200)
            return [one.get("nextRunAt") for one in found.all("schedules/schedule") if one.get("id") == schedule][0]

        due = next_run()
        self.set_clock(due)
        wait_until(lambda: next_run() != due, 30, "the schedule to fire")

    def set_clock(self, time: str) -> None:
        answer = requests.put(
            f"{self.url}/vivant/clock", data=time, headers={"X-Tableau-Auth": self.admin.token}, timeout=30
        )
        assert answer.status_code == 200, answer.text

    def end(self, job: str, there: Rest | None = None) -> tuple[str, str]:
        def ended():
            answer = (there or self.admin).get(f"/sites/{{site}}/jobs/{job}").ok(200)
            return answer if answer.get("job", "completedAt") else None

        answer = wait_until(ended, 60, "the end of the job")
        state = {"0": "Success", "1": "Failed", "2": "Cancelled"}[answer.get("job", "finishCode")]
        notes = answer.find("job/notes")
        return state, (notes.text or "") if notes is not None else ""

    def deny(self, kind: str, item: str, user: str, capability: str = "Read", there: Rest | None = None) -> None:
        rule = element("capabilities", element("capability", name=capability, mode="Deny"))
        body = ts_request(element("permissions", element("granteeCapabilities", [element("user", id=user), rule])))
        (there or self.admin).under("3.2").put(f"/sites/{{site}}/{kind}/{item}/permissions", body).ok(200)


@pytest.fixture(scope="module")
def post():
    office = PostOffice().start()
    yield office
    office.stop()


@pytest.fixture(scope="module")
def mailing(binary, post, tmp_path_factory):
    server = Mailing(
        binary, tmp_path_factory.mktemp("mailing"), *post.options(), "--smtp-reply-to", "help@vivant.example",
        "--public-url", "https://vivant.example.com/",
    )  # fmt: skip
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def no_faults(post):
    post.answers.clear()


@pytest.fixture
def schedule(mailing):
    made = mailing.schedule()
    yield made
    # Those of other tests would fire along.
    mailing.admin.delete(f"/schedules/{made}").ok(204)


def local(mailing, address: str) -> str:
    """The address on this machine of one in a mail, which begins with the public address."""
    assert address.startswith("https://vivant.example.com/"), address
    return address.replace("https://vivant.example.com", mailing.url)


def test_a_view_arrives(mailing, post, schedule):
    picture = pictures.png(60, 40)
    user, address = mailing.person(full_name="Ada Lovelace")
    book, views = mailing.book("Sales & Profit", "Other", images={"Sales & Profit": picture, "Other": pictures.png(2, 2)})
    id = mailing.subscribe(
        schedule, user, views["Sales & Profit"], subject="Weekly <sales> & more", message="Good morning,\n<b>Ada</b>!"
    )
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Success" and "250 2.0.0 kept" in notes
    (mail,) = post.to(address)
    assert mail.recipients == [address] and mail.sender == "reports@vivant.example"
    assert mail["Subject"] == "Weekly <sales> & more"
    assert mail["From"] == "Vivant Reports <reports@vivant.example>"
    assert mail["To"] == f"Ada Lovelace <{address}>"
    assert mail["Reply-To"] == "help@vivant.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(rf"<{id}\.[-0-9a-f]{{36}}@vivant\.example>", mail["Message-ID"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.message.iter_parts()] == ["text/plain", "multipart/related"]
    # The picture stands in the mail under the name that the page calls it by.
    ((cid, data),) = mail.pictures.items()
    assert data == picture and f'src="cid:{cid}" width="60" height="40"' in mail.html
    saved = [part.get_filename() for part in mail.message.walk() if part.get_content_type() == "image/png"]
    assert saved == ["Sales & Profit.png"]
    link = "https://vivant.example.com/#/views/Book"
    assert link in mail.text and f'href="{link}' in mail.html
    name = mailing.admin.get(f"/sites/{{site}}/workbooks/{book}").get("workbook", "name")
    for part in (name, "Default", "Sales & Profit", "Good morning,", "Unsubscribe"):
        assert part in mail.text and html.escape(part, quote=False) in mail.html, part
    assert "<b>Ada</b>" in mail.text and "<b>" not in mail.html
    assert mail.unsubscribe in mail.text and mail.unsubscribe in mail.html
    # Nothing is loaded from elsewhere: no tracking, and nothing that mail programs block.
    assert not re.search(r'(src|background)="https?:', mail.html)


def test_a_workbook_arrives_with_the_views_that_its_reader_may_see(mailing, post, schedule):
    images = {name: pictures.png(width, 10) for width, name in enumerate(("One", "Two", "Three", "Four"), 30)}
    book, views = mailing.book("One", "Two", "Three", "Four", hidden=("Four",), images=images)
    user, address = mailing.person()
    mailing.deny("views", views["Two"], user)
    mailing.subscribe(schedule, user, book, "Workbook")
    ((state, _),) = mailing.fire(schedule)
    assert state == "Success"
    (mail,) = post.to(address)
    assert list(mail.pictures.values()) == [images["One"], images["Three"]]
    assert "Two" not in mail.text and "Three" in mail.text and "Four" not in mail.text
    assert f"/#/workbooks/{book}" in mail.text


def test_without_a_picture_the_mail_still_arrives(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("Plain")
    mailing.subscribe(schedule, user, views["Plain"])
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Success" and "no picture" in notes
    (mail,) = post.to(address)
    assert not mail.pictures and "cid:" not in mail.html and "/views/" in mail.html


def test_pages_and_pictures_of_this_moment_are_enclosed(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("By Region", document=sheets.packed(sheets.workbook([BY_REGION]), ROWS))
    mailing.subscribe(schedule, user, views["By Region"], attachPdf=True, attachImage=True, pageSizeOption="A4",
                      pageOrientation="Landscape")  # fmt: skip
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Success" and "no PDF" not in notes and "no picture" not in notes
    (mail,) = post.to(address)
    ((_, picture),) = mail.pictures.items()
    assert pictures.size(picture)[0] == 784
    assert "saved with the workbook" not in mail.text
    assert mail.message.get_content_type() == "multipart/mixed"
    (file,) = [part for part in mail.message.walk() if part.get_content_type() == "application/pdf"]
    assert file.get_filename() == "By Region.pdf"
    read = pdfs.read(file.get_content())
    assert read.sizes == {(842, 595)} and all(region in read.pages[0] for region in ("North", "South", "West"))


def test_a_right_to_look_is_none_to_pictures(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("By Region", document=sheets.packed(sheets.workbook([BY_REGION]), ROWS))
    mailing.deny("views", views["By Region"], user, "ExportImage")
    mailing.subscribe(schedule, user, views["By Region"], attachPdf=True, attachImage=True)
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Success" and "ExportImage" in notes
    (mail,) = post.to(address)
    assert not mail.pictures and "could not be made" in mail.text


def test_an_empty_view_is_not_sent_where_nobody_wants_it(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("By Region", document=sheets.packed(sheets.workbook([BY_REGION]), []))
    mailing.subscribe(schedule, user, views["By Region"], sendIfViewEmpty=False)
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Success" and "the view is empty" in notes
    assert post.to(address) == []


def test_all_scripts_arrive(mailing, post, schedule):
    user, _ = mailing.person("leser@bücher.example", "Æsa Þórsdóttir, 田中")
    other, address = mailing.person("größe@example.com")
    _, views = mailing.book("売上 / Umsätze", images={"売上 / Umsätze": pictures.png(3, 3)})
    for one in (user, other):
        mailing.subscribe(schedule, one, views["売上 / Umsätze"], subject="Verkäufe 売上 📈 " + "lang " * 60, message="Grüße 🌍")
    assert {state for state, _ in mailing.fire(schedule, count=2)} == {"Success"}
    # Domains go in the spelling that every mail server knows; names before the @ need one that knows SMTPUTF8.
    (mail,) = post.to("leser@xn--bcher-kva.example")
    assert mail.message["To"].addresses[0].display_name == "Æsa Þórsdóttir, 田中"
    assert mail["Subject"].startswith("Verkäufe 売上 📈 lang") and len(mail["Subject"]) <= 250
    assert "売上 / Umsätze" in mail.text and "Grüße 🌍" in mail.html
    assert mail.raw.isascii() and max(map(len, mail.raw.splitlines())) <= 998
    assert [part.get_filename() for part in mail.message.walk() if part.get_filename()] == ["売上 - Umsätze.png"]
    (other_mail,) = post.to(address)
    assert other_mail.recipients == ["größe@example.com"]


def test_nothing_that_users_write_becomes_a_header(mailing, post, schedule):
    user, address = mailing.person(full_name="Eve\r\nBcc: all@example.com")
    _, views = mailing.book("Sheet\n.\r\nQUIT")
    subject = "Hello\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>"
    mailing.subscribe(schedule, user, list(views.values())[0], subject=subject.replace("\r\n", "&#13;&#10;").replace("&#", "&#"))
    data = {"subscription": {
        "subject": subject, "content": {"type": "View", "id": list(views.values())[0]}, "schedule": {"id": schedule},
        "user": {"id": user}, "message": ".\r\nQUIT\r\n",
    }}  # fmt: skip
    mailing.admin.post("/sites/{site}/subscriptions", data_json=data).ok(201)
    assert {state for state, _ in mailing.fire(schedule, count=2)} == {"Success"}
    for mail in post.wait_for(address, 2):
        assert mail.recipients == [address] and mail["Bcc"] is None
        assert "<script" not in mail.html
    subjects = {mail["Subject"] for mail in post.to(address)}
    assert "Hello Bcc: all@example.com <script>alert(1)</script>" in subjects


def test_unsubscribing_by_the_page(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    id = mailing.subscribe(schedule, user, views["Sheet"], subject="To be <ended>")
    other = mailing.subscribe(schedule, user, views["Sheet"])
    mailing.fire(schedule, count=2)
    (mail,) = [mail for mail in post.to(address) if mail["Subject"] == "To be <ended>"]
    page = local(mailing, mail.unsubscribe)
    # Looking changes nothing: mail filters open every link.
    for method in ("GET", "HEAD", "GET"):
        answer = requests.request(method, page, timeout=30)
        assert answer.status_code == 200
    assert "To be &lt;ended&gt;" in answer.text and '<form method="post">' in answer.text and address in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
    assert requests.put(page, timeout=30).status_code == 405
    mailing.subscription(id).ok(200)
    # The button does it, for this subscription alone.
    answer = requests.post(page, timeout=30)
    assert answer.status_code == 200 and "You are unsubscribed" in answer.text
    mailing.subscription(id).refused(404, "404025")
    mailing.subscription(other).ok(200)
    for method in ("GET", "POST"):
        answer = requests.request(method, page, timeout=30)
        assert answer.status_code == 404 and "leads nowhere" in answer.text
    mailing.fire(schedule)
    assert len(post.to(address)) == 3
    # The link is a secret, and the log is none.
    assert page.rsplit("/", 1)[1] not in mailing.server.output() and address not in mailing.server.output()


def test_unsubscribing_by_one_click_of_the_mail_program(mailing, post, schedule):
    """RFC 8058: a POST to the address in the header, without anything else."""
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    id = mailing.subscribe(schedule, user, views["Sheet"])
    mailing.fire(schedule)
    mailing.fire(schedule)
    first, second = post.to(address)
    assert first["Message-ID"] != second["Message-ID"]
    # The link of an older mail is as good as that of a newer one.
    answer = requests.post(local(mailing, first.unsubscribe), data={"List-Unsubscribe": "One-Click"}, timeout=30)
    assert answer.status_code == 200
    mailing.subscription(id).refused(404, "404025")


@pytest.mark.parametrize("token", ["x", "", "a/b", "%00", "..%2f..", "é", "A" * 5000])
def test_links_that_lead_nowhere(mailing, token):
    for method in ("GET", "POST"):
        answer = requests.request(method, f"{mailing.url}/vivant/unsubscribe/{token}", timeout=30)
        assert answer.status_code == 404 and "leads nowhere" in answer.text


def test_a_right_that_is_gone_stops_the_mail(mailing, post, schedule):
    user, address = mailing.person()
    book, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    mailing.subscribe(schedule, user, book, "Workbook")
    mailing.deny("workbooks", book, user)
    mailing.deny("views", views["Sheet"], user)
    for state, notes in mailing.fire(schedule, count=2):
        assert state == "Failed" and "may not look at the" in notes
    assert not post.to(address)


def test_an_address_that_is_gone_stops_the_mail(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    mailing.admin.put(f"/sites/{{site}}/users/{user}", ts_request(element("user", email="nobody..at@home"))).ok(200)
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Failed" and "address" in notes
    # A new one is used from the next time on.
    mailing.admin.put(f"/sites/{{site}}/users/{user}", ts_request(element("user", email="new@example.com"))).ok(200)
    ((state, _),) = mailing.fire(schedule)
    assert state == "Success" and post.to("new@example.com") and not post.to(address)


def test_suspended_subscriptions_are_not_sent(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    id = mailing.subscribe(schedule, user, views["Sheet"])
    mailing.change(id, suspended=True)
    mailing.fire_nothing(schedule)
    mailing.change(id, suspended=False)
    ((state, _),) = mailing.fire(schedule)
    assert state == "Success" and len(post.to(address)) == 1


def test_a_site_that_is_switched_off_sends_nothing(mailing, post, schedule):
    name = mailing.fresh("Off").replace(" ", "")
    mailing.admin.post("/sites", ts_request(element("site", name=name, contentUrl=name))).ok(201)
    there = Rest(mailing.url).sign_in(ADMIN, ADMIN_PASSWORD, name)
    user, address = mailing.person(there=there)
    _, views = mailing.book("Sheet", there=there)
    mailing.subscribe(schedule, user, views["Sheet"], there=there)
    ((state, _),) = mailing.fire(schedule, there)
    assert state == "Success"
    (mail,) = post.to(address)
    assert f"/#/site/{name}/views/" in mail.text
    there.put("/sites/{site}", ts_request(element("site", disableSubscriptions=True))).ok(200)
    mailing.fire_nothing(schedule, there)
    there.put("/sites/{site}", ts_request(element("site", disableSubscriptions=False, state="Suspended"))).ok(200)
    mailing.fire_nothing(schedule, there)
    there.put("/sites/{site}", ts_request(element("site", state="Active"))).ok(200)
    mailing.fire(schedule, there)
    assert len(post.to(address)) == 2


def test_a_site_has_its_own_sender_and_footer(mailing, post, schedule):
    name = mailing.fresh("Own").replace(" ", "")
    mailing.admin.post("/sites", ts_request(element("site", name=name, contentUrl=name))).ok(201)
    there = Rest(mailing.url, "3.10").sign_in(ADMIN, ADMIN_PASSWORD, name)
    body = ts_request(element(
        "site", customSubscriptionEmailEnabled=True, customSubscriptionEmail="own@site.example",
        customSubscriptionFooterEnabled=True, customSubscriptionFooter="Example <Ltd>", timeZone="Asia/Tokyo",
        useDefaultTimeZone=False,
    ))  # fmt: skip
    there.put("/sites/{site}", body).ok(200)
    user, address = mailing.person(there=there)
    _, views = mailing.book("Sheet", there=there)
    mailing.subscribe(schedule, user, views["Sheet"], there=there)
    mailing.fire(schedule, there)
    (mail,) = post.to(address)
    assert mail["From"] == "own@site.example" and mail.sender == "own@site.example"
    assert "Example <Ltd>" in mail.text and "Example &lt;Ltd&gt;" in mail.html
    assert re.search(r"Made \d+ \w+ \d{4}, \d\d:\d\d JST", mail.text)


# What goes wrong on the way


def test_a_passing_fault_is_tried_again_until_it_is_over(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    post.answers += ["451 4.7.1 come back later", "421 4.3.2 going down"]
    tried = len(post.tried)
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Success", notes
    assert "451" in notes and "come back later" in notes
    assert len(post.to(address)) == 1
    # Each try is the same mail.
    ids = {mail["Message-ID"] for mail in post.tried[tried:]}
    assert len(post.tried) - tried == 3 and len(ids) == 1


def test_a_refusal_is_final(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    post.answers += ["550 5.7.1 no such person"]
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Failed" and "no such person" in notes
    assert not post.to(address)
    ((state, _),) = mailing.fire(schedule)
    assert state == "Success" and len(post.to(address)) == 1


def test_five_failures_in_a_row_suspend(mailing, post, schedule):
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    id = mailing.subscribe(schedule, user, views["Sheet"])

    def fail():
        post.answers += ["550 5.7.1 go away"]
        ((state, notes),) = mailing.fire(schedule)
        assert state == "Failed"
        return notes

    # A delivery between begins the count anew.
    for _ in range(4):
        assert "suspended" not in fail()
    mailing.fire(schedule)
    for _ in range(4):
        assert "suspended" not in fail()
    assert mailing.subscription(id).get("subscription", "suspended") == "false"
    assert "suspended" in fail()
    assert mailing.subscription(id).get("subscription", "suspended") == "true"
    mailing.fire_nothing(schedule)
    mailing.change(id, suspended=False)
    assert "suspended" not in fail()
    mailing.fire(schedule)
    assert len(post.to(address)) == 2


def test_a_mail_server_that_is_away_is_waited_for(binary, tmp_path):
    office = PostOffice(port=free_port())
    mailing = Mailing(binary, tmp_path, *office.options())
    schedule = mailing.schedule()
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    mailing.fire_time(schedule)
    (job,) = mailing.jobs()
    wait_until(lambda: "did not take" in notes_of(mailing, job), 30, "the first try")
    office.start()
    state, _ = mailing.end(job)
    assert state == "Success"
    (mail,) = office.to(address)
    # Without --public-url links lead to the address that the server listens on.
    assert mail.unsubscribe.startswith(mailing.url + "/vivant/unsubscribe/")
    assert requests.get(mail.unsubscribe, timeout=30).status_code == 200
    mailing.stop()
    office.stop()


def notes_of(mailing: Mailing, job: str) -> str:
    found = mailing.admin.get(f"/sites/{{site}}/jobs/{job}").ok(200).find("job/notes")
    return (found.text or "") if found is not None else ""


def test_a_mail_server_that_says_nothing_is_not_waited_for_long(binary, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = ["--smtp-host", "127.0.0.1", "--smtp-port", str(silent.getsockname()[1]), "--smtp-tls", "none"]
        options += ["--smtp-from", "a@vivant.example", "--smtp-timeout-seconds", "1"]
        mailing = Mailing(binary, tmp_path, *options)
        schedule = mailing.schedule()
        user, _ = mailing.person()
        _, views = mailing.book("Sheet")
        mailing.subscribe(schedule, user, views["Sheet"])
        mailing.fire_time(schedule)
        (job,) = mailing.jobs()
        wait_until(lambda: "did not answer within 1 seconds" in notes_of(mailing, job), 30, "the first try")
        mailing.stop()


def test_without_a_mail_server_the_job_says_so(binary, tmp_path):
    mailing = Mailing(binary, tmp_path)
    schedule = mailing.schedule()
    user, _ = mailing.person()
    _, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Failed" and "--smtp-host" in notes
    mailing.stop()


# What survives


def make_due(server: Vivant, schedule: str) -> None:
    """Sets the next time of a schedule to the past; only the clock of an ephemeral server can be set."""
    database = dict(zip(server.arguments, server.arguments[1:])).get("--database-url")
    if database is None:
        with sqlite3.connect(server.data_dir / "vivant.db", timeout=30) as connection:
            connection.execute("UPDATE schedule SET next_run_at = 1 WHERE id = ?", (schedule,))
        connection.close()
    else:
        place = urllib.parse.urlsplit(database)
        connection = pg8000.native.Connection(
            place.username, place.hostname, place.path.lstrip("/"), place.port or 5432, place.password
        )
        connection.run("UPDATE schedule SET next_run_at = 1 WHERE id = :id", id=schedule)
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_server_that_is_killed_sends_the_mail_after_all(new_server, store):
    """Killed before the mail server has answered, the job comes back when its lease runs out, with the same mail."""
    office = PostOffice().start()
    server = new_server(*office.options(), "--public-url", "https://vivant.example.com", store=store).start()
    admin = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    mailing = Mailing.over(server, admin)
    schedule = mailing.schedule()
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    office.hold = True
    make_due(server, schedule)
    (tried,) = wait_until(lambda: office.tried, 30, "the first try")
    server.kill()
    assert not office.mails
    office.hold = False
    server.start()
    (mail,) = office.wait_for(address)
    assert mail["Message-ID"] == tried["Message-ID"]
    admin = mailing.admin = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    (job,) = mailing.jobs()
    state, notes = mailing.end(job)
    assert state == "Success", notes
    # Started once more, nothing is sent again.
    server.kill()
    server.start()
    time.sleep(3)
    assert office.to(address) == [mail]
    office.stop()


# TLS and signing in


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_through_tls_and_with_a_password(binary, tmp_path, tls):
    office = PostOffice(tls=tls, login=("vivant", "p4ss wörd"), folder=tmp_path).start()
    secret = tmp_path / "password"
    secret.write_text("# of the mail server\np4ss wörd\n")
    mailing = Mailing(binary, tmp_path, *office.options(), "--smtp-password-file", str(secret))
    schedule = mailing.schedule()
    user, address = mailing.person()
    _, views = mailing.book("Sheet")
    mailing.subscribe(schedule, user, views["Sheet"])
    ((state, notes),) = mailing.fire(schedule)
    assert state == "Success", notes
    assert len(office.to(address)) == 1 and office.names == ["vivant"]
    mailing.stop()
    assert "wörd" not in mailing.server.output()
    office.stop()


def test_mail_tests_from_the_command_line(binary, tmp_path):
    """`vivant admin test-mail` sends one mail and says what came of it."""
    office = PostOffice(tls="starttls", login=("vivant", "hush"), folder=tmp_path).start()
    good = {"VIVANT_SMTP_PASSWORD": "hush"}

    def send(*options: str, env=good, to: str = "ada@example.com"):
        return run(binary, "admin", "test-mail", to, *options, env=env)

    result = send(*office.options())
    assert result.returncode == 0 and "250" in result.stdout, result.stderr
    (mail,) = office.mails
    assert mail.recipients == ["ada@example.com"] and "Vivant" in mail["Subject"]
    result = send(*office.options(), "--json")
    assert result.returncode == 0 and '"to": "ada@example.com"' in result.stdout
    # A file of settings does as well.
    file = tmp_path / "vivant.toml"
    file.write_text(
        f"[smtp]\nhost = '127.0.0.1'\nport = {office.port}\nca = '{office.certificate}'\nuser = 'vivant'\n"
        "password = 'hush'\nfrom = 'file@vivant.example'\n"
    )
    result = send("--config", str(file), env={})
    assert result.returncode == 0, result.stderr
    assert office.mails[-1].sender == "file@vivant.example"
    count = len(office.mails)
    other, _ = certificate(tmp_path)
    for options, env, to, part in (
        ((), good, "ada@example.com", "--smtp-host"),
        (office.options(), {"VIVANT_SMTP_PASSWORD": "wrong"}, "ada@example.com", "refused"),
        (office.options(), good, "nobody", "no mail address"),
        ([*office.options(), "--smtp-ca", str(other)], good, "ada@example.com", "certificate"),
        ([*office.options(), "--smtp-tls", "tls"], good, "ada@example.com", "did not take"),
        ([*office.options(), "--smtp-tls", "none"], good, "ada@example.com", "did not take"),
    ):  # fmt: skip
        options = list(options)
        for name in ("--smtp-ca", "--smtp-tls"):
            # The last one counts.
            while options.count(name) > 1:
                del options[(at := options.index(name)) : at + 2]
        result = send(*options, env=env, to=to)
        assert result.returncode != 0 and part in result.stderr, (part, result.stdout, result.stderr)
        assert "hush" not in result.stderr
    assert len(office.mails) == count
    office.stop()


def test_settings_that_do_not_fit_stop_the_start(binary, tmp_path):
    def refused(*options: str, part: str, env=None):
        with pytest.raises(ServerFailed, match=part):
            Vivant(binary, None, "--ephemeral", *options, env=env).start()

    host = ["--smtp-host", "mail.example.com"]
    refused(*host, part="--smtp-from")
    refused("--smtp-from", "a@example.com", part="--smtp-host")
    refused(*host, "--smtp-from", "nobody", part="no mail address")
    refused(*host, "--smtp-from", "a@example.com", "--smtp-tls", "maybe", part="starttls, tls or none")
    refused(*host, "--smtp-from", "a@example.com", "--smtp-user", "a", part="VIVANT_SMTP_PASSWORD")
    secret = {"VIVANT_SMTP_PASSWORD": "hush"}
    refused(*host, "--smtp-from", "a@example.com", "--smtp-user", "a", "--smtp-tls", "none", part="readable", env=secret)
    refused(*host, "--smtp-from", "a@example.com", "--smtp-ca", str(tmp_path / "none.pem"), part="none.pem")
    (tmp_path / "empty.pem").write_text("nothing")
    refused(*host, "--smtp-from", "a@example.com", "--smtp-ca", str(tmp_path / "empty.pem"), part="certificate")
