"""What people may not do to each other: no way up the ladder of roles, none from site to site."""

import re

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.rest import NOBODY, Rest, element, ts_request


@pytest.fixture
def sophie(live) -> Rest:
    """The administrator of the Default site."""
    return Rest(live.url).sign_in(*seed.SITEADMIN)


def user(**attributes) -> bytes:
    return ts_request(element("user", **attributes))


def id_of(rest: Rest, name: str) -> str:
    return rest.get("/sites/{site}/users", params={"filter": f"name:eq:{name}"}).ok(200).get("users/user", "id")


def new_site(rest: Rest, name: str, **attributes) -> tuple[str, Rest]:
    url = re.sub(r"\W", "", name)
    rest.post("/sites", ts_request(element("site", name=url, contentUrl=url, **attributes))).ok(201)
    return url, Rest(rest.url).sign_in(ADMIN, ADMIN_PASSWORD, url)


def test_site_administrators_do_not_touch_server_administrators(rest, sophie, live):
    """Neither password nor role nor membership: each would be a way to become one."""
    path = f"/sites/{{site}}/users/{rest.user_id}"
    for change in (
        dict(password="taken over"),
        dict(email="thief@example.com"),
        dict(siteRole="Viewer"),
        dict(fullName="Somebody"),
    ):
        answer = sophie.put(path, user(**change))
        assert answer.status == 403, str(answer)
    assert sophie.delete(path).status == 403
    Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)


def test_nobody_makes_server_administrators_but_they(rest, sophie, name):
    answer = sophie.post("/sites/{site}/users", user(name=name, siteRole="ServerAdministrator"))
    assert answer.status in (400, 403), str(answer)
    victim = sophie.new_user(f"{name}-2", "Viewer")
    answer = sophie.put(f"/sites/{{site}}/users/{victim}", user(siteRole="ServerAdministrator"))
    assert answer.status in (400, 403), str(answer)
    assert rest.get(f"/sites/{{site}}/users/{victim}").get("user", "siteRole") == "Viewer"
    path = f"/sites/{{site}}/users/{sophie.user_id}"
    assert sophie.put(path, user(siteRole="ServerAdministrator")).status in (400, 403)


def test_site_administrators_do_not_change_people_of_other_sites(rest, sophie, name, live):
    """A password is for the whole server, so whoever is on two sites belongs to neither's administrator."""
    shared = sophie.new_user(name, "Viewer", "original password")
    _, inside = new_site(rest, name)
    inside.post("/sites/{site}/users", user(name=name, siteRole="Viewer")).ok(201)
    answer = sophie.put(f"/sites/{{site}}/users/{shared}", user(password="another password"))
    assert answer.status == 403, str(answer)
    answer = sophie.put(f"/sites/{{site}}/users/{shared}", user(email="thief@example.com"))
    assert answer.status == 403, str(answer)
    Rest(live.url).sign_in(name, "original password")
    # The role is this site's own affair.
    sophie.put(f"/sites/{{site}}/users/{shared}", user(siteRole="Explorer")).ok(200)


def test_a_user_added_from_another_site_keeps_the_password(rest, sophie, name, live):
    """Adding somebody who has an account elsewhere must not reset it."""
    url, inside = new_site(rest, name)
    inside.new_user(name, "Viewer", "original password")
    sophie.post("/sites/{site}/users", user(name=name, siteRole="Viewer", password="stolen password")).ok(201)
    Rest(live.url).sign_in(name, "original password", url)


def test_site_administrators_where_only_content_is_theirs(rest, name, live):
    """adminMode ContentOnly leaves people to server administrators."""
    url, inside = new_site(rest, name, adminMode="ContentOnly")
    inside.new_user(name, "SiteAdministratorExplorer", "a password")
    theirs = Rest(live.url).sign_in(name, "a password", url)
    answer = theirs.post("/sites/{site}/users", user(name=f"{name}-x", siteRole="Viewer"))
    assert answer.status == 403, str(answer)
    victim = inside.new_user(f"{name}-y", "Viewer")
    assert theirs.delete(f"/sites/{{site}}/users/{victim}").status == 403
    # Content they may.
    theirs.new_project("Theirs")


def test_rights_end_at_the_site(rest, sophie, name):
    """An administrator of one site is nobody on another, whatever ids they know."""
    _, inside = new_site(rest, name)
    book = inside.publish_workbook("Far", content.twb()).ok(201).get("workbook", "id")
    place, group = (
        inside.new_project("Far"),
        inside.post("/sites/{site}/groups", ts_request(element("group", name="Far"))).get("group", "id"),
    )
    for site in (inside.site_id, sophie.site_id):
        for method, path in (
            ("GET", f"workbooks/{book}"), ("GET", f"workbooks/{book}/content"), ("DELETE", f"workbooks/{book}"),
            ("GET", f"workbooks/{book}/views"), ("DELETE", f"projects/{place}"), ("DELETE", f"groups/{group}"),
            ("GET", f"groups/{group}/users"),
        ):  # fmt: skip
            answer = sophie.call(method, f"/sites/{site}/{path}")
            assert answer.status in (403, 404), str(answer)
    # Nor may things of one site be put together with things of another.
    here = sophie.publish_workbook(f"Here {name}", content.twb()).ok(201).get("workbook", "id")
    for child in (element("project", id=place),):
        answer = sophie.put(f"/sites/{{site}}/workbooks/{here}", ts_request(element("workbook", child)))
        answer.refused(404, "404005")
    sophie.publish_workbook("There", content.twb(), place).refused(404, "404005")
    answer = sophie.post("/sites/{site}/projects", ts_request(element("project", name=name, parentProjectId=place)))
    answer.refused(404, "404005")
    stranger = inside.new_user(f"{name}-far")
    answer = sophie.put(f"/sites/{{site}}/workbooks/{here}", ts_request(element("workbook", element("owner", id=stranger))))
    answer.refused(404, "404002")
    mine = sophie.post("/sites/{site}/groups", ts_request(element("group", name=name))).ok(201).get("group", "id")
    sophie.post(f"/sites/{{site}}/groups/{mine}/users", user(id=stranger)).refused(404, "404002")
    assert inside.get(f"/sites/{{site}}/workbooks/{book}").status == 200


def test_a_role_is_a_ceiling(rest, live, project, name):
    """Whatever the rules of the content say, a Viewer does not download and an unlicensed user sees nothing."""
    everything = ["Read", "Filter", "ExportImage", "ExportData", "ExportXml", "Write", "Delete", "ChangePermissions",
                  "ChangeHierarchy", "ViewUnderlyingData", "WebAuthoring"]  # fmt: skip
    book = rest.publish_workbook(name, content.twb(), project).ok(201).get("workbook", "id")
    path = f"/sites/{{site}}/workbooks/{book}"
    for who in ("vera", "ulrich"):
        grantee = element("user", id=id_of(rest, who))
        given = element("capabilities", [element("capability", name=one, mode="Allow") for one in everything])
        body = ts_request(element("permissions", element("granteeCapabilities", [grantee, given])))
        rest.put(f"{path}/permissions", body).ok(200)
    vera, ulrich = Rest(live.url).sign_in(*seed.VERA), Rest(live.url).sign_in(*seed.ULRICH)
    vera.get(path).ok(200)
    vera.get(path + "/content").refused(403, "403019")
    assert vera.put(path, ts_request(element("workbook", showTabs=True))).status == 403
    assert vera.delete(path).status == 403
    assert ulrich.get(path).status in (403, 404)
    assert ulrich.ids("workbooks") == set() and ulrich.ids("views") == set()


def test_licences_run_out(rest, name):
    """Beyond the capacity a user is added as Unlicensed, with 201."""
    _, inside = new_site(rest, name, tierCreatorCapacity=1)
    first = inside.post("/sites/{site}/users", user(name=f"{name}-1", siteRole="Creator")).ok(201)
    second = inside.post("/sites/{site}/users", user(name=f"{name}-2", siteRole="Creator")).ok(201)
    assert (first.get("user", "siteRole"), second.get("user", "siteRole")) == ("Creator", "Unlicensed")


def test_changes_of_role_count_at_once(rest, live, name):
    """A session that is open does not keep old rights."""
    person = rest.new_user(name, "SiteAdministratorExplorer", "a password")
    session = Rest(live.url).sign_in(name, "a password")
    session.new_project(f"P {name}")
    rest.put(f"/sites/{{site}}/users/{person}", user(siteRole="Viewer")).ok(200)
    session.post("/sites/{site}/projects", ts_request(element("project", name=f"Q {name}"))).refused(403, "403004")


def test_a_new_password_ends_old_sessions(rest, live, name):
    person = rest.new_user(name, "Viewer", "first password")
    session = Rest(live.url).sign_in(name, "first password")
    rest.put(f"/sites/{{site}}/users/{person}", user(password="second password")).ok(200)
    session.get("/sites/{site}/workbooks").refused(401, "401002")


def test_names_of_accounts_are_not_told(live):
    """A wrong name and a wrong password look alike."""
    answers = []
    for name in (ADMIN, "no-such-user"):
        body = ts_request(element("credentials", element("site", contentUrl=""), name=name, password="wrong"))
        answers.append(Rest(live.url).post("/auth/signin", body).refused(401, "401001"))
    assert answers[0].content == answers[1].content


def test_the_last_server_administrator_stays(rest, live):
    """Nobody locks everybody out."""
    answer = rest.put("/sites/{site}/users/{user}", user(siteRole="Unlicensed"))
    assert answer.status in (403, 409), str(answer)
    answer = rest.delete("/sites/{site}/users/{user}")
    assert answer.status in (204, 400, 403, 409), str(answer)
    Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD).get("/sites").ok(200)


def test_what_people_see_of_each_other(rest, live):
    """People may look up themselves; the e-mail addresses of others are for administrators."""
    grace = Rest(live.url).sign_in(*seed.GRACE)
    assert grace.get("/sites/{site}/users/{user}").ok(200).get("user", "name") == "grace"
    answer = grace.get(f"/sites/{{site}}/users/{id_of(rest, 'ada')}")
    if answer.status == 200:
        assert answer.find("user").get("email") in (None, "")
    else:
        assert answer.status == 403, str(answer)


def test_no_identifier_opens_by_guess(rest):
    """Ids of another shape are unknown, not a failure of the server."""
    for odd in ("1", "x", NOBODY[:-1], NOBODY + "0", "%00", "%2e%2e", "*", "' or '1'='1", NOBODY.replace("-", "")):
        for kind in ("workbooks", "datasources", "users", "views"):
            answer = rest.get(f"/sites/{{site}}/{kind}/{odd}")
            assert answer.status in (400, 404), str(answer)
