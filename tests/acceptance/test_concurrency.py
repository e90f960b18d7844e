"""Many callers at once: one wins where one must, and nobody ever sees half of anything."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

from conftest import ADMIN, ADMIN_PASSWORD
from support import content
from support.rest import Answer, Rest, element, ts_request

CALLERS = 8


def at_once(calls) -> list:
    """Runs the calls together, as far as threads allow."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def codes(answers: list[Answer]) -> list[tuple[int, str | None]]:
    return sorted((answer.status, answer.code) for answer in answers)


def test_one_publisher_of_a_name_wins(rest, project, name):
    answers = at_once([lambda n=n: rest.publish_workbook(name, content.twb(f"Of {n}"), project) for n in range(CALLERS)])
    assert codes(answers) == [(201, None)] + [(403, "403007")] * (CALLERS - 1)
    winner = next(answer for answer in answers if answer.status == 201)
    found = rest.get("/sites/{site}/workbooks", params={"filter": f"name:eq:{name}"}).ok().all("workbooks/workbook")
    assert [one.get("id") for one in found] == [winner.get("workbook", "id")]


def test_content_urls_stay_apart(rest, name):
    """The same name in many projects at once: each gets a content URL of its own."""
    places = [rest.new_project(f"{name} {number}") for number in range(CALLERS)]
    answers = at_once([lambda place=place: rest.publish_workbook(name, content.twb(), place) for place in places])
    urls = [answer.ok(201).get("workbook", "contentUrl") for answer in answers]
    assert len(set(urls)) == CALLERS


def test_names_are_given_once(rest, name):
    for kind, body, code in (
        ("projects", element("project", name=name), "409006"),
        ("groups", element("group", name=name), "409009"),
        ("users", element("user", name=name, siteRole="Viewer"), "409000"),
    ):
        answers = at_once([lambda kind=kind, body=body: rest.post(f"/sites/{{site}}/{kind}", ts_request(body))] * CALLERS)
        assert codes(answers) == [(201, None)] + [(409, code)] * (CALLERS - 1)


def test_a_user_of_two_sites_is_one_account(rest, live, name):
    sites = []
    for number in range(4):
        url = re.sub(r"\W", "", f"{name}{number}")
        rest.post("/sites", ts_request(element("site", name=url, contentUrl=url))).ok(201)
        sites.append(Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD, url))
    ids = {user for user in at_once([lambda site=site: site.new_user(name, "Viewer") for site in sites])}
    assert len(ids) == 1


def test_group_members_are_added_once(rest, name):
    group = rest.post("/sites/{site}/groups", ts_request(element("group", name=name))).get("group", "id")
    user = rest.new_user(name)
    path = f"/sites/{{site}}/groups/{group}/users"
    answers = at_once([lambda: rest.post(path, ts_request(element("user", id=user)))] * CALLERS)
    assert codes(answers) == [(200, None)] + [(409, "409011")] * (CALLERS - 1)


def test_overwrites_leave_one_whole_version(rest, project, name):
    versions = {n: content.twbx(content.twb(*[f"Sheet {n}.{k}" for k in range(n + 1)])) for n in range(CALLERS)}
    book = rest.publish_workbook(name, versions[0], project).ok(201).get("workbook", "id")
    answers = at_once(
        [lambda n=n: rest.publish_workbook(name, versions[n], project, params={"overwrite": "true"}) for n in versions]
    )
    assert {answer.ok(201).get("workbook", "id") for answer in answers} == {book}
    saved = rest.get(f"/sites/{{site}}/workbooks/{book}/content").ok(200).content
    (number,) = [n for n, data in versions.items() if data == saved]
    views = [view.get("name") for view in rest.get(f"/sites/{{site}}/workbooks/{book}/views").ok(200).all("views/view")]
    assert views == [f"Sheet {number}.{k}" for k in range(number + 1)]


def test_readers_see_whole_versions_while_writers_write(rest, project, name):
    datas = {n: content.twbx(content.twb(f"V {n}"), files={"n.bin": content.noise(200_000, n)}) for n in range(6)}
    versions = {content.sha256(data): n for n, data in datas.items()}
    book = rest.publish_workbook(name, datas[0], project).ok(201).get("workbook", "id")
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            saved = rest.get(f"/sites/{{site}}/workbooks/{book}/content").ok(200).content
            assert content.sha256(saved) in versions, f"{len(saved)} bytes that nobody published"
            seen.append(versions[content.sha256(saved)])
            views = rest.get(f"/sites/{{site}}/workbooks/{book}/views").ok(200).all("views/view")
            assert len(views) == 1

    def write() -> None:
        try:
            for data in [*datas.values()] * 2:
                rest.publish_workbook(name, data, project, params={"overwrite": "true"}).ok(201)
        finally:
            done.set()

    at_once([write, read, read, read])
    assert len(set(seen)) > 1


def test_deletes_beside_downloads(rest, project, name):
    """A download that began is finished, or there is nothing; never an error of the server."""
    data = content.twbx(files={"n.bin": content.noise(2_000_000, 3)})
    for number in range(3):
        book = rest.publish_workbook(f"{name} {number}", data, project).ok(201).get("workbook", "id")
        path = f"/sites/{{site}}/workbooks/{book}"
        answers = at_once([lambda path=path: rest.get(path + "/content")] * 4 + [lambda path=path: rest.delete(path)] * 2)
        downloads, deletes = answers[:4], answers[4:]
        for answer in downloads:
            assert answer.status in (200, 404), str(answer)[:300]
            assert answer.status != 200 or answer.content == data
        assert codes(deletes) == [(204, None), (404, "404006")]


def test_projects_do_not_swallow_each_other(rest, name):
    """Two moves that together would make a circle: one of them fails."""
    a, b = rest.new_project(f"A {name}"), rest.new_project(f"B {name}")
    answers = at_once(
        [
            lambda: rest.put(f"/sites/{{site}}/projects/{a}", ts_request(element("project", parentProjectId=b))),
            lambda: rest.put(f"/sites/{{site}}/projects/{b}", ts_request(element("project", parentProjectId=a))),
        ]
    )
    statuses = sorted(answer.status for answer in answers)
    assert statuses[0] == 200 and 400 <= statuses[1] < 500, [str(answer) for answer in answers]


def test_chunks_of_many_uploads(rest, project, name):
    """Uploads beside each other do not mix."""

    def upload(number: int) -> tuple[bytes, bytes]:
        data = content.twbx(files={"n.bin": content.noise(300_000, number)})
        session = rest.start_upload()
        for start in range(0, len(data), 100_000):
            rest.append(session, data[start : start + 100_000]).ok(200)
        payload = ts_request(element("workbook", element("project", id=project), name=f"{name} {number}"))
        answer = rest.publish_uploaded("workbooks", payload, session, "twbx").ok(201)
        return data, rest.get(f"/sites/{{site}}/workbooks/{answer.get('workbook', 'id')}/content").ok(200).content

    for sent, saved in at_once([lambda n=n: upload(n) for n in range(CALLERS)]):
        assert sent == saved


def test_last_license_goes_once(rest, live, name):
    """One seat, many who want it."""
    url = re.sub(r"\W", "", name)
    rest.post("/sites", ts_request(element("site", name=url, contentUrl=url, tierCreatorCapacity=1))).ok(201)
    inside = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD, url)
    users = [inside.new_user(f"{name}-{number}", "Unlicensed") for number in range(CALLERS)]
    body = ts_request(element("user", siteRole="Creator"))
    answers = at_once([lambda user=user: inside.put(f"/sites/{{site}}/users/{user}", body) for user in users])
    assert codes(answers) == [(200, None)] + [(409, "409014")] * (CALLERS - 1)


def test_last_megabyte_goes_once(rest, live, name):
    """Storage for one workbook, and many that come at once."""
    url = re.sub(r"\W", "", name)
    rest.post("/sites", ts_request(element("site", name=url, contentUrl=url, storageQuota=3))).ok(201)
    inside = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD, url)
    data = content.twbx(files={"n.bin": content.noise(2 << 20, 1)})
    place = inside.project()
    answers = at_once([lambda n=n: inside.publish_workbook(f"W {n}", data, place) for n in range(4)])
    assert codes(answers) == [(201, None)] + [(403, "403008")] * 3
